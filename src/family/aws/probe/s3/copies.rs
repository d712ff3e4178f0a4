//! The copies of a bucket, or of what lies in it: replication, and what AWS Backup keeps of the bucket. Versions are no copy: they
//! are in the bucket itself, and said with what becomes of the objects.
//!
//! Shapes: botocore 1.44.5, data/s3/2006-03-01, `ReplicationConfiguration` and `HeadObjectOutput`. A rule without a `Filter` is of
//! the first version of the configuration, which replicates deletions ("Managing delete marker replication in Amazon S3", AWS
//! Storage Blog). The deletion of a version by its id, and one by a lifecycle rule, is not replicated in any.

use super::super::cli::Cli;
use super::bucket::Versions;
use super::lifecycle::{self, Reach};
use crate::engine::backup::{Backups, Covers, Evidence, Expiry, Fate, Outcome, Read, Record};
use crate::engine::fact::Why;
use crate::family::aws::probe::copies::{Copies, Copy};
use crate::family::aws::probe::json;
use serde_json::Value;

const NAME: &str = "replication";

/// What is deleted from a bucket.
pub(super) struct Loss<'a> {
    pub(super) bucket: &'a str,
    /// As a person calls it.
    pub(super) what: String,
    /// Where it lies.
    pub(super) reaches: Vec<Reach<'a>>,
    pub(super) by: By,
    /// What S3 says of the one object that goes, where it is one.
    pub(super) head: Option<&'a Value>,
    pub(super) versions: &'a Versions,
}

/// How it is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// By its name: a delete marker is put over it, which replication may copy.
    Name,
    /// By the id of a version, or by a lifecycle rule.
    Else,
}

impl<'a> Loss<'a> {
    /// Objects under a prefix, or all of them.
    pub(super) fn under(bucket: &'a str, prefix: &'a str, versions: &'a Versions) -> Loss<'a> {
        let what =
            if prefix.is_empty() { format!("bucket {bucket}") } else { format!("prefix {bucket}/{prefix}") };
        Loss { bucket, what, reaches: vec![Reach::Under(prefix)], by: By::Name, head: None, versions }
    }

    /// One object.
    pub(super) fn key(
        bucket: &'a str,
        key: &'a str,
        head: Option<&'a Value>,
        versions: &'a Versions,
    ) -> Loss<'a> {
        let what = format!("object {bucket}/{key}");
        Loss { bucket, what, reaches: vec![Reach::Key(key)], by: By::Name, head, versions }
    }

    /// What there is of it elsewhere. AWS Backup is asked beside the replication, which hardly ever settles it.
    pub(super) async fn copies(&self, cli: &Cli<'_>) -> Backups {
        let arn = self.arn(cli);
        let whole = self.reaches == [Reach::Under("")];
        let found = Copies::of(self.what.clone(), arn.as_deref().filter(|_| whole));
        self.copies_of(cli, found).await
    }

    /// The same for what was made for it already.
    pub(super) async fn copies_of(&self, cli: &Cli<'_>, mut found: Copies) -> Backups {
        let alone = self.head.is_some();
        let ((), points) = tokio::join!(self.replication(cli, &mut found), async {
            if alone { None } else { Some(self.points(cli).await) }
        });
        found.check(cli).await;
        if found.has_usable() {
            return found.done();
        }
        let (points, there) = match points {
            Some(points) => points,
            None => self.points(cli).await,
        };
        found.absorb(points);
        found.check(&there).await;
        found.done()
    }

    /// What AWS Backup has of the bucket, and the way to where that is: the bucket's own region.
    async fn points<'c>(&self, cli: &Cli<'c>) -> (Copies, Cli<'c>) {
        let mut points = Copies::of(String::new(), None);
        let place = location(cli, self.bucket, cli.account().await.as_deref()).await;
        let there = match &place {
            Ok(place) => cli.in_region(region(place)),
            Err(_) => cli.clone(),
        };
        points.recovery_points(&there, self.arn(cli).as_deref()).await;
        if let Err(why) = place {
            points.limit("the region of the command", &why);
        }
        points.hold(|record| self.is_in(record));
        (points, there)
    }

    /// Nobody's name for an access point says which bucket is behind it.
    fn arn(&self, cli: &Cli<'_>) -> Option<String> {
        let is_name = !self.bucket.starts_with("arn:");
        is_name.then(|| format!("arn:{}:s3:::{}", cli.partition(), self.bucket))
    }

    /// An object that was written after the bucket was copied is not in the copy.
    fn is_in(&self, record: &mut Record) {
        let written = self.head.and_then(|head| json::moment(head, "/LastModified"));
        if matches!((written, record.finished_at), (Some(written), Some(copied)) if copied < written) {
            record.covers = Covers::No;
            record.remarks.push("the object was written later".to_owned());
        }
    }

    async fn replication(&self, cli: &Cli<'_>, found: &mut Copies) {
        // S3 replicates between buckets with versions only, and refuses to suspend them while there is a rule (Amazon S3 User
        // Guide, "Requirements and considerations for replication").
        if matches!(self.versions, Versions::Never | Versions::Suspended) {
            return found.add(NAME, Vec::new());
        }
        let answer = match cli.find(&["s3api", "get-bucket-replication", "--bucket", self.bucket]).await {
            Ok(answer) => answer.unwrap_or_default(),
            Err(why) => return found.source(NAME, Read::Not(why)),
        };
        let account = cli.account().await;
        let rules = json::list(&answer, "/ReplicationConfiguration/Rules").iter();
        let mut copies: Vec<Copy> = Vec::new();
        for rule in rules.filter(|rule| json::text(rule, "/Status") == Some("Enabled")) {
            let Some(mut record) = self.of_rule(rule, account.as_deref()) else { continue };
            // Where it lies counts only for one that may be some use.
            let fit = record.outcome == Outcome::Ok && record.covers == Covers::Yes;
            if fit && record.stored.fate == Fate::Unknown {
                record.stored.fate = place(cli, self.bucket, destination(rule), account.as_deref()).await;
            }
            copies.push(record.into());
        }
        found.add(NAME, copies);
    }

    /// What one rule is worth; `None` where it reaches nothing of this.
    fn of_rule(&self, rule: &Value, account: Option<&str>) -> Option<Record> {
        let prefix = lifecycle::prefix(rule);
        if !self.reaches.iter().any(|reach| reach.is_met_by(prefix)) {
            return None;
        }
        let to = destination(rule);
        let mut record = Record { expires: Expiry::Never, ..Record::of("S3", NAME, Evidence::Recorded) };
        record.stored.at = format!("s3://{to}");
        let theirs = json::text(rule, "/Destination/Account");
        if matches!((theirs, account), (Some(theirs), Some(mine)) if theirs != mine) {
            record.stored.fate = Fate::Nothing;
        }
        let part = if !lifecycle::is_by_prefix(rule) {
            Some(format!("only objects that fit its filter are in s3://{to}"))
        } else if !self.reaches.iter().all(|reach| reach.is_within(prefix)) {
            Some(format!("only what begins with {prefix} is in s3://{to}"))
        } else {
            None
        };
        if self.by == By::Name && replicates_deletions(rule) {
            record.covers = Covers::No;
            record.stored.fate = Fate::Command;
            record.stored.because = "deletions are replicated".to_owned();
            record.remarks.push(format!("deletions are replicated to s3://{to}"));
            return Some(record);
        }
        // Objects older than the rule are not replicated, and failures are not told here.
        let Some(head) = self.head else {
            let vague = || format!("how much of it is in s3://{to} is not said");
            record.remarks.push(part.unwrap_or_else(vague));
            return Some(record);
        };
        record.finished_at = json::moment(head, "/LastModified");
        record.immutable_until = json::moment(head, "/ObjectLockRetainUntilDate")
            .filter(|_| json::text(head, "/ObjectLockMode") == Some("COMPLIANCE"));
        (record.covers, record.outcome) = match json::text(head, "/ReplicationStatus") {
            // To every destination there is.
            Some("COMPLETED") => (Covers::Yes, Outcome::Ok),
            Some("PENDING") => (Covers::Yes, Outcome::Running),
            Some("FAILED") => (Covers::Yes, Outcome::Failed("FAILED".to_owned())),
            _ => {
                record.remarks.push(format!("this object was never replicated to s3://{to}"));
                (Covers::No, Outcome::Unknown)
            }
        };
        Some(record)
    }
}

/// The bucket a rule copies to.
fn destination(rule: &Value) -> &str {
    json::text(rule, "/Destination/Bucket").map_or("", |arn| arn.rsplit(':').next().unwrap_or(arn))
}

/// Whether a delete marker goes to the destination as well. Only the one word says that it does not.
fn replicates_deletions(rule: &Value) -> bool {
    let first_version = rule.get("Filter").is_none_or(Value::is_null);
    first_version || json::text(rule, "/DeleteMarkerReplication/Status") != Some("Disabled")
}

/// How far away the destination is. A rule names its account only where the copies become that account's own.
async fn place(cli: &Cli<'_>, bucket: &str, to: &str, account: Option<&str>) -> Fate {
    let Some(account) = account else { return Fate::Unknown };
    let (here, there) = tokio::join!(location(cli, bucket, Some(account)), location(cli, to, Some(account)));
    distance(&here, &there)
}

/// Where a bucket of this account is; whoever's, where the account is not known.
async fn location(cli: &Cli<'_>, bucket: &str, account: Option<&str>) -> Result<Value, Why> {
    let words = ["s3api", "get-bucket-location", "--bucket", bucket];
    let owner = account.map(|id| ["--expected-bucket-owner", id]);
    cli.json(&[&words[..], owner.as_ref().map_or(&[], |words| words.as_slice())].concat()).await
}

fn distance(here: &Result<Value, Why>, there: &Result<Value, Why>) -> Fate {
    match (here, there) {
        (Ok(here), Ok(there)) if region(here) == region(there) => Fate::Account,
        (Ok(_), Ok(_)) => Fate::Nothing,
        _ => Fate::Unknown,
    }
}

/// The region in the answer of `get-bucket-location`: none is the first one, and one has an old name.
pub(super) fn region(answer: &Value) -> &str {
    match json::text(answer, "/LocationConstraint") {
        None | Some("") => "us-east-1",
        Some("EU") => "eu-west-1",
        Some(region) => region,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const DAY: i64 = 86_400;

    fn rule(more: Value) -> Value {
        let mut rule = json!({"Status": "Enabled", "Filter": {"Prefix": ""}, "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": "arn:aws:s3:::copy"}});
        more.as_object().unwrap().iter().for_each(|(k, v)| rule[k] = v.clone());
        rule
    }

    fn head(status: &str) -> Value {
        json!({"LastModified": jiff::Timestamp::now().as_second() - DAY, "ReplicationStatus": status})
    }

    /// The end of it, and what is said of the copy first.
    fn end(loss: &Loss<'_>, rule: &Value) -> (&'static str, String) {
        let mut found = Copies::of(loss.what.clone(), None);
        found.add(NAME, loss.of_rule(rule, Some("1")).map(Copy::from).into_iter().collect());
        let all = found.done();
        let standing = all.standing(&all.holders[0]);
        let remark = standing.record().and_then(|record| record.remarks.first().cloned());
        (standing.word(), remark.unwrap_or_default())
    }

    #[test]
    fn a_rule_says_nothing_of_how_much_has_arrived() {
        let on = Versions::Enabled;
        let all = Loss::under("b", "", &on);
        let logs = Loss::under("b", "logs/", &on);
        let by = |prefix: &str| rule(json!({"Filter": {"Prefix": prefix}}));
        for (loss, rule, word, remark) in [
            (&all, by(""), "unknown", "how much of it is in s3://copy is not said"),
            (&all, by("logs/"), "unknown", "only what begins with logs/ is in s3://copy"),
            (&logs, by("logs/"), "unknown", "how much of it is in s3://copy is not said"),
            (&logs, by("other/"), "none", ""),
            (
                &all,
                rule(json!({"Filter": {"Tag": {"Key": "a", "Value": "b"}}})),
                "unknown",
                "only objects that fit its filter are in s3://copy",
            ),
            (
                &all,
                rule(json!({"DeleteMarkerReplication": {"Status": "Enabled"}})),
                "none",
                "deletions are replicated to s3://copy",
            ),
            (
                &all,
                rule(json!({"Filter": null, "Prefix": ""})),
                "none",
                "deletions are replicated to s3://copy",
            ),
        ] {
            assert_eq!(end(loss, &rule), (word, remark.to_owned()), "{rule}");
        }
        // What a lifecycle rule deletes stays in the destination.
        let unattended = Loss { by: By::Else, ..Loss::under("b", "", &on) };
        assert_eq!(
            end(&unattended, &rule(json!({"DeleteMarkerReplication": {"Status": "Enabled"}}))).0,
            "unknown"
        );
    }

    #[test]
    fn one_object_says_itself_whether_it_is_there() {
        let on = Versions::Enabled;
        let plain = rule(json!({}));
        for (status, word) in
            [("COMPLETED", "usable"), ("PENDING", "none"), ("FAILED", "none"), ("REPLICA", "none")]
        {
            let head = head(status);
            assert_eq!(end(&Loss::key("b", "a", Some(&head), &on), &plain).0, word, "{status}");
        }
        assert_eq!(end(&Loss::key("b", "a", None, &on), &plain).0, "unknown");
        let done = head("COMPLETED");
        let loss = Loss::key("b", "a", Some(&done), &on);
        assert_eq!(end(&loss, &rule(json!({"DeleteMarkerReplication": {"Status": "Enabled"}}))).0, "none");
        let fate = |account: &str| {
            let rule = rule(json!({"Destination": {"Bucket": "arn:aws:s3:::copy", "Account": account}}));
            loss.of_rule(&rule, Some("1")).unwrap().stored.fate
        };
        assert_eq!((fate("2"), fate("1")), (Fate::Nothing, Fate::Unknown));
        // Its retention goes with it to the destination.
        let locked = |mode: &str| {
            let mut head = head("COMPLETED");
            head["ObjectLockMode"] = mode.into();
            head["ObjectLockRetainUntilDate"] = json!("2100-01-01T00:00:00Z");
            Loss::key("b", "a", Some(&head), &on).of_rule(&plain, None).unwrap().immutable_until.is_some()
        };
        assert!(locked("COMPLIANCE") && !locked("GOVERNANCE"));
    }

    #[test]
    fn an_object_younger_than_the_copy_of_its_bucket_is_not_in_it() {
        let on = Versions::Enabled;
        let head = head("COMPLETED");
        let loss = Loss::key("b", "a", Some(&head), &on);
        let covers = |ago: u64| {
            let mut record = Copies::of(String::new(), None).record("AWS Backup", "v/p", Some(ago));
            loss.is_in(&mut record);
            record.covers
        };
        assert_eq!((covers(60), covers(2 * 86_400)), (Covers::Yes, Covers::No));
    }

    #[test]
    fn another_region_is_elsewhere() {
        let at = |region: Value| Ok(json!({"LocationConstraint": region}));
        for (here, there, fate) in [
            (at(json!("eu-west-1")), at(json!("EU")), Fate::Account),
            (at(Value::Null), at(json!("us-east-1")), Fate::Account),
            (at(json!("eu-west-1")), at(json!("us-east-2")), Fate::Nothing),
            (at(json!("eu-west-1")), Err(Why::Forbidden), Fate::Unknown),
            (Err(Why::TimedOut), at(json!("eu-west-1")), Fate::Unknown),
        ] {
            assert_eq!(distance(&here, &there), fate);
        }
    }
}
