//! How much lies under a prefix: counted as far as time allows, else by the daily metrics of the whole bucket.

use super::super::cli::Cli;
use super::copies::region;
use crate::engine::fact::Why;
use crate::engine::human::{counted, number};
use crate::family::aws::probe::json;
use serde_json::{Value, json};

/// So many objects are counted one by one.
const MOST: &str = "5000";

/// What lies under a prefix.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    pub(super) objects: u64,
    /// `None` when not every size was told.
    pub(super) bytes: Option<u64>,
    /// There is more than was counted.
    pub(super) more: bool,
    /// The figures are CloudWatch's of yesterday.
    pub(super) by_metric: bool,
    /// Seconds since the newest was written.
    pub(super) newest_s: Option<u64>,
}

impl Found {
    /// `12,345 objects, 231 MB`.
    pub(super) fn text(&self) -> String {
        let n = counted(self.objects, "object");
        match (self.by_metric, self.more, self.bytes.map(json::bytes)) {
            (true, _, Some(size)) => format!("about {n}, {size} (yesterday's metric)"),
            (true, _, None) => format!("about {n} (yesterday's metric)"),
            (false, true, Some(size)) => {
                format!("more than {} objects, more than {size}", number(self.objects))
            }
            (false, true, None) => format!("more than {} objects", number(self.objects)),
            (false, false, Some(size)) => format!("{n}, {size}"),
            (false, false, None) => format!("{n} of unknown size"),
        }
    }

    /// Whether there are more than `objects`: a listing that was cut off, a count of yesterday.
    pub(super) fn is_floor(&self) -> bool {
        self.more || self.by_metric
    }
}

/// Counts the objects under a prefix.
pub(super) async fn under(cli: &Cli<'_>, bucket: &str, prefix: &str) -> Result<Found, Why> {
    let mut words = vec!["s3api", "list-objects-v2", "--bucket", bucket, "--max-items", MOST];
    if !prefix.is_empty() {
        words.extend(["--prefix", prefix]);
    }
    let answer = cli.json(&words).await?;
    let more = json::is_cut_off(&answer);
    let mut found = Found { more, bytes: Some(0), ..Found::default() };
    for object in json::list(&answer, "/Contents") {
        found.objects += 1;
        let size = json::number(object, "/Size");
        found.bytes = found.bytes.zip(size).map(|(all, one)| all.saturating_add(one));
        let age = json::age_s(object, "/LastModified");
        found.newest_s = match (found.newest_s, age) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    if found.more
        && prefix.is_empty()
        && let Some((objects, bytes)) = metrics(cli, bucket).await
        // The metric lags a day behind; what was counted is there for certain, and more.
        && objects > found.objects
    {
        let bytes = bytes.filter(|b| found.bytes.is_some_and(|counted| *b >= counted));
        return Ok(Found { objects, bytes, by_metric: true, ..found });
    }
    Ok(found)
}

/// The classes of storage whose sizes CloudWatch keeps apart.
const STORAGE: &[&str] = &[
    "StandardStorage",
    "StandardIAStorage",
    "OneZoneIAStorage",
    "IntelligentTieringFAStorage",
    "IntelligentTieringIAStorage",
    "IntelligentTieringAAStorage",
    "IntelligentTieringAIAStorage",
    "IntelligentTieringDAAStorage",
    "ReducedRedundancyStorage",
    "GlacierInstantRetrievalStorage",
    "GlacierStorage",
    "DeepArchiveStorage",
];

/// Objects and bytes of the whole bucket by its daily metrics, which live in the bucket's own region. `None` when there
/// are none (a new bucket) or they cannot be had: they only refine a count that is there already.
async fn metrics(cli: &Cli<'_>, bucket: &str) -> Option<(u64, Option<u64>)> {
    let place = cli.json(&["s3api", "get-bucket-location", "--bucket", bucket]).await.ok()?;
    let region = region(&place);
    let query = |i: usize, name: &str, storage: &str| {
        let dimensions = json!([
            {"Name": "BucketName", "Value": bucket},
            {"Name": "StorageType", "Value": storage},
        ]);
        let metric = json!({"Namespace": "AWS/S3", "MetricName": name, "Dimensions": dimensions});
        json!({"Id": format!("m{i}"), "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": "Average"}})
    };
    let mut queries = vec![query(0, "NumberOfObjects", "AllStorageTypes")];
    queries.extend(STORAGE.iter().enumerate().map(|(i, s)| query(i + 1, "BucketSizeBytes", s)));
    let now = jiff::Timestamp::now();
    let then = now.checked_sub(jiff::SignedDuration::from_hours(72)).ok()?;
    let (then, now) = (then.to_string(), now.to_string());
    let queries = Value::Array(queries).to_string();
    let words = [
        "cloudwatch",
        "get-metric-data",
        "--metric-data-queries",
        &queries,
        "--start-time",
        &then,
        "--end-time",
        &now,
    ];
    let answer = cli.in_region(region).json(&words).await.ok()?;
    let newest = |result: &Value| json::list(result, "/Values").first().and_then(Value::as_f64);
    let (mut objects, mut bytes) = (None, None);
    for result in json::list(&answer, "/MetricDataResults") {
        match (json::text(result, "/Id"), newest(result)) {
            (Some("m0"), n) => objects = n,
            (_, Some(size)) => bytes = Some(bytes.unwrap_or(0.0) + size),
            (_, None) => {}
        }
    }
    // Counts below 2^53: exact in both forms.
    objects.map(|n: f64| (n.max(0.0) as u64, bytes.map(|b: f64| b.max(0.0) as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_counted_is_said() {
        let of = |objects, bytes, more, by_metric| Found { objects, bytes, more, by_metric, newest_s: None };
        for (found, want) in [
            (of(1, Some(5), false, false), "1 object, 5 B"),
            (of(0, Some(0), false, false), "0 objects, 0 B"),
            (of(1, None, false, false), "1 object of unknown size"),
            (of(5000, Some(2000), true, false), "more than 5,000 objects, more than 2 kB"),
            (of(5000, None, true, false), "more than 5,000 objects"),
            (of(5200, Some(2000), true, true), "about 5,200 objects, 2 kB (yesterday's metric)"),
            (of(5200, None, true, true), "about 5,200 objects (yesterday's metric)"),
        ] {
            assert_eq!(found.text(), want);
        }
    }
}
