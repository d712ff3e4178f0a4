//! How much lies under a prefix: counted as far as time allows, else by the daily metrics of the whole bucket.

use super::super::cli::Cli;
use super::super::read;
use crate::engine::fact::Why;
use crate::engine::human::{counted, number};
use serde_json::{Value, json};

/// So many objects are counted one by one.
const MOST: &str = "5000";

/// What lies under a prefix.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    pub(super) objects: u64,
    pub(super) bytes: u64,
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
        let size = read::bytes(self.bytes);
        match (self.more, self.by_metric) {
            (_, true) => format!("about {n}, {size} (yesterday's metric)"),
            (true, false) => format!("more than {} objects, {size}", number(self.objects)),
            (false, false) => format!("{n}, {size}"),
        }
    }
}

/// Counts the objects under a prefix.
pub(super) async fn under(cli: &Cli<'_>, bucket: &str, prefix: &str) -> Result<Found, Why> {
    let mut words = vec!["s3api", "list-objects-v2", "--bucket", bucket, "--max-items", MOST];
    if !prefix.is_empty() {
        words.extend(["--prefix", prefix]);
    }
    let answer = cli.json(&words).await?;
    let mut found = Found { more: answer.get("NextToken").is_some_and(|t| !t.is_null()), ..Found::default() };
    for object in read::list(&answer, "/Contents") {
        found.objects += 1;
        found.bytes += read::number(object, "/Size").unwrap_or(0);
        let age = read::age_s(object, "/LastModified");
        found.newest_s = match (found.newest_s, age) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    if found.more
        && prefix.is_empty()
        && let Some((objects, bytes)) = metrics(cli, bucket).await
    {
        // The metric lags a day behind; what was counted is there for certain.
        let objects = objects.max(found.objects);
        return Ok(Found { objects, bytes: bytes.max(found.bytes), by_metric: true, ..found });
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
async fn metrics(cli: &Cli<'_>, bucket: &str) -> Option<(u64, u64)> {
    let place = cli.json(&["s3api", "get-bucket-location", "--bucket", bucket]).await.ok()?;
    let region = match read::text(&place, "/LocationConstraint") {
        None | Some("") => "us-east-1",
        Some("EU") => "eu-west-1",
        Some(region) => region,
    };
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
    let newest = |result: &Value| read::list(result, "/Values").first().and_then(Value::as_f64);
    let (mut objects, mut bytes) = (None, 0.0);
    for result in read::list(&answer, "/MetricDataResults") {
        match read::text(result, "/Id") {
            Some("m0") => objects = newest(result),
            _ => bytes += newest(result).unwrap_or(0.0),
        }
    }
    // Counts below 2^53: exact in both forms.
    objects.map(|n| (n.max(0.0) as u64, f64::max(bytes, 0.0) as u64))
}
