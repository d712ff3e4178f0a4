//! The `s3api` commands.

use super::super::cli::Cli;
use super::bucket::{self, Bucket, Erasing, Versions};
use super::commands::lower_if_kept;
use super::copies::{By, Loss};
use super::lifecycle::{self, Reach};
use super::{protects, subject};
use crate::engine::aws::{Hit, value};
use crate::engine::effect::Effect;
use crate::engine::human::counted;
use crate::engine::impact::{Data, Fate, Group, Impact};
use crate::family::aws::probe::generic;
use crate::family::aws::probe::json;
use serde_json::Value;

/// Commands that take away, or replace, one part of a bucket's configuration, and the read that shows it.
const PARTS: &[(&str, &str, &str)] = &[
    ("delete-bucket-cors", "get-bucket-cors", "CORS rules"),
    ("delete-bucket-encryption", "get-bucket-encryption", "default encryption"),
    ("delete-bucket-lifecycle", "get-bucket-lifecycle-configuration", "lifecycle rules"),
    ("delete-bucket-ownership-controls", "get-bucket-ownership-controls", "ownership controls"),
    ("delete-bucket-policy", "get-bucket-policy", "bucket policy"),
    ("delete-bucket-replication", "get-bucket-replication", "replication rules"),
    ("delete-bucket-tagging", "get-bucket-tagging", "tags"),
    ("delete-bucket-website", "get-bucket-website", "website configuration"),
    ("delete-public-access-block", "get-public-access-block", "public access block"),
    ("put-bucket-policy", "get-bucket-policy", "bucket policy"),
    ("put-bucket-replication", "get-bucket-replication", "replication rules"),
];

pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let Some(bucket) = hit.value("bucket") else { return generic::probe_impact(cli, hit, impact).await };
    match hit.operation.as_str() {
        "delete-bucket" => delete_bucket(cli, bucket, impact).await,
        "delete-object" => delete_object(cli, hit, bucket, impact).await,
        "delete-objects" => delete_objects(cli, hit, bucket, impact).await,
        "put-bucket-versioning" => versioning(cli, hit, bucket, impact).await,
        "put-bucket-lifecycle" | "put-bucket-lifecycle-configuration" => {
            lifecycle(cli, hit, bucket, impact).await
        }
        operation => match PARTS.iter().find(|(name, ..)| *name == operation) {
            Some((_, reads, what)) => part(cli, hit, reads, what, impact).await,
            None => {
                generic::probe_impact(cli, hit, impact).await;
            }
        },
    }
}

async fn delete_bucket(cli: &Cli<'_>, name: &str, impact: &mut Impact) {
    subject(impact, "S3 bucket", name, "");
    let words = ["s3api", "list-object-versions", "--bucket", name, "--max-items", "1"];
    let mut own = Impact::default();
    let (bucket, versions) = tokio::join!(bucket::ask(cli, name, &mut own), cli.find(&words));
    let gone = bucket.is_none();
    if gone {
        *impact = own;
        return;
    }
    impact.absorb(own);
    // Only an empty one goes.
    impact.backups.looked = true;
    match versions {
        Ok(answer) => {
            let any = ["/Versions", "/DeleteMarkers"];
            if answer.is_some_and(|a| any.iter().any(|at| !json::list(&a, at).is_empty())) {
                impact.refused = Some("the bucket is not empty".to_owned());
            } else {
                impact.lower(Effect::Disrupt, "the bucket is empty: its name and configuration go");
            }
        }
        Err(why) => impact.gap(format!("objects in {name}"), why),
    }
}

async fn delete_object(cli: &Cli<'_>, hit: &Hit, name: &str, impact: &mut Impact) {
    let key = hit.value("key").unwrap_or_default();
    let version = hit.value("version-id");
    subject(impact, if version.is_some() { "version of S3 object" } else { "S3 object" }, name, key);
    let mut words = vec!["s3api", "head-object", "--bucket", name, "--key", key];
    words.extend(version.into_iter().flat_map(|v| ["--version-id", v]));
    let mut own = Impact::default();
    let (bucket, head) = tokio::join!(bucket::ask(cli, name, &mut own), cli.find(&words));
    let Some(bucket) = bucket else {
        *impact = own;
        return;
    };
    impact.absorb(own);
    bucket::say_versions(hit, name, &bucket, Reach::Key(key), impact);
    if hit.switch("bypass-governance-retention") == Some(true) {
        protects(impact, "Object Lock (governance)", "is removed by this command");
    }
    impact.backups.looked = true;
    let size = match &head {
        Ok(Some(head)) => {
            if let Some(subject) = impact.subjects.first_mut() {
                subject.age_s = json::age_s(head, "/LastModified");
            }
            json::number(head, "/ContentLength").map(|n| format!(" ({})", json::bytes(n))).unwrap_or_default()
        }
        // A delete marker is no object to `head`, but a version to delete.
        Ok(None) if version.is_none() => {
            impact.lower(Effect::Read, format!("no such object: {key}"));
            return;
        }
        Ok(None) => String::new(),
        Err(why) => {
            impact.gap(format!("object {key}"), why.clone());
            String::new()
        }
    };
    // A delete marker holds nothing.
    if !matches!(head, Ok(None)) {
        let by = if version.is_some() { By::Else } else { By::Name };
        let head = head.as_ref().ok().and_then(Option::as_ref);
        let loss = Loss { by, ..Loss::key(name, key, head, &bucket.versions) };
        impact.backups = loss.copies(cli).await;
    }
    gone(format!("object {key}{size}"), version.is_some(), bucket.end_of(Reach::Key(key)), impact);
}

/// What becomes of a deleted object, or of a version named by its id. `end`: of one that is not named by it.
fn gone(what: String, by_version: bool, end: (Fate, String), impact: &mut Impact) {
    let (fate, because) = match by_version {
        true => (Fate::Erased, "a version named by its id goes for good".to_owned()),
        false => end,
    };
    lower_if_kept(fate, impact);
    impact.data.push(Data { what, fate, because });
}

async fn delete_objects(cli: &Cli<'_>, hit: &Hit, name: &str, impact: &mut Impact) {
    subject(impact, "S3 bucket", name, "");
    let mut own = Impact::default();
    let Some(bucket) = bucket::ask(cli, name, &mut own).await else {
        *impact = own;
        return;
    };
    impact.absorb(own);
    let list = hit.value("delete").and_then(value::read).unwrap_or_default();
    let entries: Vec<(String, bool)> = json::list(&list, "/Objects")
        .iter()
        .map(|o| (json::owned(o, "/Key"), o.get("VersionId").is_some_and(|v| !v.is_null())))
        .collect();
    // The worst end of any of them; of the whole bucket where they cannot be read.
    let ends = entries.iter().filter(|(_, version)| !version).map(|(key, _)| Reach::Key(key));
    let worst = ends.max_by_key(|reach| bucket.end_of(*reach).0).unwrap_or(Reach::Under(""));
    bucket::say_versions(hit, name, &bucket, worst, impact);
    let end = bucket.end_of(worst);
    if entries.is_empty() || hit.unread {
        impact.data.push(Data {
            what: format!("objects in {name}"),
            fate: Fate::Unknown,
            because: "the list of objects could not be read".to_owned(),
        });
        impact.backups = Loss::under(name, "", &bucket.versions).copies(cli).await;
        return;
    }
    let by_name = entries.iter().any(|(_, version)| !version);
    let loss = Loss {
        what: format!("{} of {name}", counted(entries.len() as u64, "object")),
        reaches: entries.iter().map(|(key, _)| Reach::Key(key)).collect(),
        by: if by_name { By::Name } else { By::Else },
        ..Loss::under(name, "", &bucket.versions)
    };
    impact.backups = loss.copies(cli).await;
    impact.groups.push(Group {
        kind: "object".to_owned(),
        count: entries.len() as u64,
        names: entries.iter().take(3).map(|(key, _)| key.clone()).collect(),
        ..Group::default()
    });
    let (versions, objects): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(_, version)| *version);
    for (list, by_version) in [(versions, true), (objects, false)] {
        if !list.is_empty() {
            let noun = if by_version { "object version" } else { "object" };
            gone(format!("{} in {name}", counted(list.len() as u64, noun)), by_version, end.clone(), impact);
        }
    }
}

async fn versioning(cli: &Cli<'_>, hit: &Hit, name: &str, impact: &mut Impact) {
    subject(impact, "S3 bucket", name, "");
    let mut own = Impact::default();
    let Some(bucket) = bucket::ask(cli, name, &mut own).await else {
        *impact = own;
        return;
    };
    impact.absorb(own);
    let wanted = hit.list("versioning-configuration").join(" ");
    // The device's code may be taken off besides.
    let unguards = bucket.mfa && wanted.contains("MFADelete") && wanted.contains("Disabled");
    if unguards {
        protects(impact, "MFA delete", "is removed by this command");
    }
    if wanted.contains("Suspended") {
        match bucket.versions {
            _ if unguards => {}
            Versions::Enabled => {
                protects(impact, "versioning", "is removed by this command: deletions become final")
            }
            Versions::Suspended | Versions::Never => impact.lower(Effect::Read, "versioning is off already"),
            Versions::Unknown(_) => {}
        }
    }
}

/// Every rule there is gets replaced, and a rule that expires objects works unattended.
async fn lifecycle(cli: &Cli<'_>, hit: &Hit, name: &str, impact: &mut Impact) {
    subject(impact, "S3 bucket", name, "");
    let words = ["s3api", "get-bucket-lifecycle-configuration", "--bucket", name];
    let mut own = Impact::default();
    let (bucket, current) = tokio::join!(bucket::ask(cli, name, &mut own), cli.find(&words));
    let Some(bucket) = bucket else {
        *impact = own;
        return;
    };
    impact.absorb(own);
    let current = match current {
        Ok(rules) => rules.unwrap_or_default(),
        Err(why) => {
            impact.gap(format!("lifecycle rules of {name}"), why);
            Value::Null
        }
    };
    let n = json::list(&current, "/Rules").len() as u64;
    if n > 0 {
        impact.also.push(format!("it replaces {} of the bucket", counted(n, "lifecycle rule")));
    }
    // The legacy form has the same members where it matters here.
    let new = hit.value("lifecycle-configuration").and_then(value::read);
    let Some(new) = new.filter(|new| new.get("Rules").is_some_and(Value::is_array)) else {
        impact.gap("what the new rules delete", crate::engine::fact::Why::Unsupported);
        return;
    };
    // What keeps older versions is what is in force afterwards.
    let bucket = Bucket { erasing: Erasing::Rules(lifecycle::erasing(&new)), ..bucket };
    let ends = ends(name, &new, &current, &bucket);
    bucket::say_versions(hit, name, &bucket, Reach::Under(""), impact);
    if ends.is_empty() {
        impact.lower(Effect::Mutate, "no rule of it deletes more than the rules in force do");
    } else {
        let loss = Loss { by: By::Else, ..Loss::under(name, "", &bucket.versions) };
        impact.backups = loss.copies(cli).await;
    }
    impact.data.extend(ends);
}

/// What the new rules delete beyond those in force.
fn ends(name: &str, new: &Value, current: &Value, bucket: &Bucket) -> Vec<Data> {
    let mut out = Vec::new();
    let in_force = json::list(current, "/Rules");
    // A rule that stays as it is erases what it erased, while no other one takes the versions it leaves.
    let same_versions = lifecycle::erasing(new) == lifecycle::erasing(current);
    for rule in json::list(new, "/Rules").iter().filter(|r| expires(r) || erases_versions(r)) {
        if same_versions && in_force.contains(rule) {
            continue;
        }
        let prefix = lifecycle::prefix(rule);
        if expires(rule) {
            let of = if prefix.is_empty() { format!("of {name}") } else { format!("under {name}/{prefix}") };
            let older = match (json::number(rule, "/Expiration/Days"), json::text(rule, "/Expiration/Date")) {
                (Some(days), _) => format!(" older than {}", counted(days, "day")),
                (None, Some(date)) => format!(" from {date} on"),
                (None, None) => String::new(),
            };
            let (fate, because) = bucket.end_of(Reach::Under(prefix));
            let because = match bucket.versions {
                Versions::Suspended | Versions::Never => format!("unattended, within a day; {because}"),
                _ => because,
            };
            out.push(Data { what: format!("every object {of}{older}"), fate, because });
        }
        // A bucket that never had versions has no older ones.
        if erases_versions(rule) && bucket.versions != Versions::Never {
            let after = match json::number(rule, "/NoncurrentVersionExpiration/NoncurrentDays") {
                Some(days) => format!("unattended, {} after they are replaced", counted(days, "day")),
                None => "unattended".to_owned(),
            };
            let what = format!("older versions in {name}/{prefix}");
            out.push(Data { what, fate: Fate::Erased, because: after });
        }
    }
    out
}

/// Whether a rule deletes objects. One that only clears away markers without versions does not.
fn expires(rule: &Value) -> bool {
    let deletes =
        |e: &Value| e.as_object().is_none_or(|e| e.keys().any(|k| k != "ExpiredObjectDeleteMarker"));
    lifecycle::is_on(rule) && rule.get("Expiration").is_some_and(deletes)
}

fn erases_versions(rule: &Value) -> bool {
    lifecycle::is_on(rule) && rule.get("NoncurrentVersionExpiration").is_some_and(|e| !e.is_null())
}

async fn part(cli: &Cli<'_>, hit: &Hit, reads: &str, what: &str, impact: &mut Impact) {
    let name = hit.value("bucket").unwrap_or_default();
    subject(impact, "S3 bucket", name, "");
    match cli.find(&["s3api", reads, "--bucket", name]).await {
        Ok(None) => impact.lower(Effect::Mutate, format!("the bucket has no {what}")),
        Ok(Some(_)) => {
            let goes = if hit.operation.starts_with("put-") { "replaced" } else { "lost" };
            impact.also.push(format!("what the bucket has now of {what} is {goes}: see s3api {reads}"));
        }
        Err(why) => impact.gap(format!("{what} of {name}"), why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_that_delete() {
        for (rule, objects, versions) in [
            (json!({"Status": "Enabled", "Expiration": {"Days": 1}}), true, false),
            (json!({"Status": "Disabled", "Expiration": {"Days": 1}}), false, false),
            (json!({"Status": "Enabled", "Expiration": {"ExpiredObjectDeleteMarker": true}}), false, false),
            (
                json!({"Status": "Enabled", "Expiration": {"ExpiredObjectDeleteMarker": false, "Days": 1}}),
                true,
                false,
            ),
            (json!({"Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}), false, true),
            (json!({"Status": "Enabled", "Transitions": []}), false, false),
        ] {
            assert_eq!((expires(&rule), erases_versions(&rule)), (objects, versions), "{rule}");
        }
    }

    #[test]
    fn new_rules_go_by_what_is_in_force_afterwards() {
        let rule = |prefix: &str, more: Value| {
            let mut rule = json!({"ID": prefix, "Status": "Enabled", "Filter": {"Prefix": prefix}});
            more.as_object().unwrap().iter().for_each(|(k, v)| rule[k] = v.clone());
            rule
        };
        let objects = json!({"Expiration": {"Days": 30}});
        let old_ones = json!({"NoncurrentVersionExpiration": {"NoncurrentDays": 7}});
        let both = json!({"Expiration": {"Days": 30}, "NoncurrentVersionExpiration": {"NoncurrentDays": 7}});
        let none = json!({});
        let set = |rules: &[Value]| json!({"Rules": rules});
        let told = |versions: Versions, new: &Value, current: &Value| {
            let erasing = Erasing::Rules(lifecycle::erasing(new));
            let bucket = Bucket { versions, erasing, mfa: false, lock: None };
            let ends = ends("b", new, current, &bucket);
            ends.into_iter().map(|d| (d.what, d.fate, d.because)).collect::<Vec<_>>()
        };
        let on = || Versions::Enabled;
        let end = |what: &str, fate, because: &str| (what.to_owned(), fate, because.to_owned());
        let by_rule = "its lifecycle erases older versions 7 days after";
        assert_eq!(
            told(on(), &set(&[rule("", objects.clone())]), &none),
            [end("every object of b older than 30 days", Fate::Kept, "older versions, by versioning")]
        );
        // One rule that does both, or two of them.
        let after = "unattended, 7 days after they are replaced";
        assert_eq!(
            told(on(), &set(&[rule("a/", both)]), &none),
            [
                end("every object under b/a/ older than 30 days", Fate::Erased, by_rule),
                end("older versions in b/a/", Fate::Erased, after)
            ]
        );
        let two = set(&[rule("a/", objects.clone()), rule("", old_ones.clone())]);
        assert_eq!(told(on(), &two, &none)[0].1, Fate::Erased);
        let apart = set(&[rule("a/", objects.clone()), rule("x/", old_ones.clone())]);
        assert_eq!(told(on(), &apart, &none)[0].1, Fate::Kept);
        // What is in force already is no news; a rule beside it may be.
        assert_eq!(told(on(), &two, &two), []);
        assert_eq!(told(on(), &two, &set(&[rule("a/", objects.clone())])).len(), 2);
        // Without versions there are no older ones.
        assert_eq!(told(Versions::Never, &set(&[rule("", old_ones.clone())]), &none), []);
        assert_eq!(told(Versions::Suspended, &set(&[rule("", old_ones)]), &none)[0].1, Fate::Erased);
        assert_eq!(
            told(Versions::Never, &set(&[rule("", objects)]), &none)[0].2,
            "unattended, within a day; no versioning"
        );
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(PARTS.is_sorted_by_key(|(name, ..)| name));
    }
}
