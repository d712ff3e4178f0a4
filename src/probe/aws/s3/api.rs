//! The `s3api` commands.

use super::super::cli::Cli;
use super::super::read;
use super::bucket::{self, Versions};
use super::{protects, subject};
use crate::engine::aws::{Hit, value};
use crate::engine::effect::Effect;
use crate::engine::human::counted;
use crate::engine::impact::{Data, Fate, Group, Impact};
use crate::probe::aws::generic;
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

pub(super) async fn look(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let Some(bucket) = hit.value("bucket") else { return generic::look(cli, hit, impact).await };
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
                generic::look(cli, hit, impact).await;
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
    match versions {
        Ok(answer) => {
            let any = ["/Versions", "/DeleteMarkers"];
            if answer.is_some_and(|a| any.iter().any(|at| !read::list(&a, at).is_empty())) {
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
    bucket::say_versions(hit, name, &bucket, impact);
    if hit.switch("bypass-governance-retention") == Some(true) {
        protects(impact, "Object Lock (governance)", "is removed by this command");
    }
    let size = match head {
        Ok(Some(head)) => {
            if let Some(subject) = impact.subjects.first_mut() {
                subject.age_s = read::age_s(&head, "/LastModified");
            }
            read::number(&head, "/ContentLength")
                .map(|n| format!(" ({})", read::bytes(n)))
                .unwrap_or_default()
        }
        // A delete marker is no object to `head`, but a version to delete.
        Ok(None) if version.is_none() => {
            impact.lower(Effect::Read, format!("no such object: {key}"));
            return;
        }
        Ok(None) => String::new(),
        Err(why) => {
            impact.gap(format!("object {key}"), why);
            String::new()
        }
    };
    gone(format!("object {key}{size}"), version.is_some(), &bucket.versions, impact);
}

/// What becomes of a deleted object, or of a version named by its id.
fn gone(what: String, by_version: bool, versions: &Versions, impact: &mut Impact) {
    let (fate, because) = match versions {
        _ if by_version => (Fate::Erased, "a version named by its id goes for good"),
        Versions::Enabled => (Fate::Kept, "older version, by versioning"),
        Versions::Suspended => (Fate::Erased, "versioning is suspended"),
        Versions::Never => (Fate::Erased, "no versioning"),
        Versions::Unknown(_) => (Fate::Unknown, "whether versions keep it could not be told"),
    };
    if fate == Fate::Kept {
        impact.lower(Effect::Disrupt, "versioning keeps what is deleted");
    }
    impact.data.push(Data { what, fate, because: because.to_owned() });
}

async fn delete_objects(cli: &Cli<'_>, hit: &Hit, name: &str, impact: &mut Impact) {
    subject(impact, "S3 bucket", name, "");
    let mut own = Impact::default();
    let Some(bucket) = bucket::ask(cli, name, &mut own).await else {
        *impact = own;
        return;
    };
    impact.absorb(own);
    bucket::say_versions(hit, name, &bucket, impact);
    let list = hit.value("delete").and_then(value::read).unwrap_or_default();
    let entries: Vec<(String, bool)> = read::list(&list, "/Objects")
        .iter()
        .map(|o| (read::owned(o, "/Key"), o.get("VersionId").is_some_and(|v| !v.is_null())))
        .collect();
    if entries.is_empty() || hit.unread {
        impact.data.push(Data {
            what: format!("objects in {name}"),
            fate: Fate::Unknown,
            because: "the list of objects could not be read".to_owned(),
        });
        return;
    }
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
            gone(
                format!("{} in {name}", counted(list.len() as u64, noun)),
                by_version,
                &bucket.versions,
                impact,
            );
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
    if hit.list("versioning-configuration").join(" ").contains("Suspended") {
        match bucket.versions {
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
    bucket::say_versions(hit, name, &bucket, impact);
    match current {
        Ok(Some(rules)) => {
            let n = read::list(&rules, "/Rules").len() as u64;
            impact.also.push(format!("it replaces {} of the bucket", counted(n, "lifecycle rule")));
        }
        Ok(None) => {}
        Err(why) => impact.gap(format!("lifecycle rules of {name}"), why),
    }
    let Some(new) = hit.value("lifecycle-configuration").and_then(value::read).filter(Value::is_object)
    else {
        impact.gap("what the new rules delete", crate::engine::fact::Why::Unsupported);
        return;
    };
    let expiring: Vec<&Value> = read::list(&new, "/Rules").iter().filter(|r| expires(r)).collect();
    if expiring.is_empty() {
        impact.lower(Effect::Mutate, "no rule of it deletes objects");
        return;
    }
    for rule in expiring {
        let prefix = ["/Prefix", "/Filter/Prefix", "/Filter/And/Prefix"]
            .iter()
            .find_map(|at| read::text(rule, at))
            .unwrap_or_default();
        let older = read::number(rule, "/Expiration/Days");
        let older = older.map(|d| format!(" older than {}", counted(d, "day"))).unwrap_or_default();
        let versions_only = rule.get("Expiration").is_none();
        let what = match (versions_only, prefix) {
            (true, _) => format!("older versions in {name}/{prefix}"),
            (false, "") => format!("every object of {name}{older}"),
            (false, prefix) => format!("every object under {name}/{prefix}{older}"),
        };
        let kept = !versions_only && bucket.versions == Versions::Enabled;
        let fate = if kept { Fate::Kept } else { Fate::Erased };
        let because = if kept { "older versions, by versioning" } else { "unattended, within a day" };
        impact.data.push(Data { what, fate, because: because.to_owned() });
    }
}

fn expires(rule: &Value) -> bool {
    let on = read::text(rule, "/Status") != Some("Disabled");
    let marker_only = rule.pointer("/Expiration/ExpiredObjectDeleteMarker").is_some();
    let deletes = rule.get("Expiration").is_some() && !marker_only;
    on && (deletes || rule.get("NoncurrentVersionExpiration").is_some())
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
        for (rule, want) in [
            (json!({"Status": "Enabled", "Expiration": {"Days": 1}}), true),
            (json!({"Status": "Disabled", "Expiration": {"Days": 1}}), false),
            (json!({"Status": "Enabled", "Expiration": {"ExpiredObjectDeleteMarker": true}}), false),
            (json!({"Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}), true),
            (json!({"Status": "Enabled", "Transitions": []}), false),
        ] {
            assert_eq!(expires(&rule), want, "{rule}");
        }
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(PARTS.is_sorted_by_key(|(name, ..)| name));
    }
}
