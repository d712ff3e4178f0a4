//! EBS volumes.

use super::super::cli::Cli;
use super::super::generic;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Impact, Subject};
use crate::family::aws::probe::copies::Copies;
use crate::family::aws::probe::json;
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let Some(id) = hit.value("volume-id") else { return generic::named(hit, impact) };
    let deletes = hit.operation == "delete-volume";
    let (answer, snapshots, bin) = tokio::join!(
        async { cli.find(&["ec2", "describe-volumes", "--volume-ids", id]).await },
        async { if deletes { Some(snapshots(cli, &[id]).await) } else { None } },
        async { if deletes { recycle_bin(cli, "EBS_VOLUME").await } else { None } },
    );
    let volume = match answer {
        Ok(Some(answer)) => answer.pointer("/Volumes/0").cloned().unwrap_or_default(),
        Ok(None) => {
            impact.lower(Effect::Read, format!("no such volume: {id}"));
            return;
        }
        Err(why) => {
            generic::named(hit, impact);
            impact.gap(format!("volume {id}"), why);
            if deletes {
                let because = "it could not be described".to_owned();
                impact.data.push(Data { what: format!("volume {id}"), fate: Fate::Unknown, because });
            }
            return;
        }
    };
    let labels = json::tags(&volume, "/Tags");
    let name = json::name_tag(&labels).map(|n| format!(", called {n}")).unwrap_or_default();
    let size = json::number(&volume, "/Size").map(|n| format!("{n} GiB")).unwrap_or_default();
    impact.subjects = vec![Subject {
        kind: "EBS volume".to_owned(),
        name: id.to_owned(),
        age_s: json::age_s(&volume, "/CreateTime"),
        labels,
        ..Subject::default()
    }];
    impact.subjects_total = 1;
    let instance = json::text(&volume, "/Attachments/0/InstanceId");
    let device = json::text(&volume, "/Attachments/0/Device").unwrap_or_default();
    if !deletes {
        match instance {
            Some(instance) => impact.also.push(format!("it is {device} of {instance} ({size}{name})")),
            None => impact.lower(Effect::Read, "it is attached to nothing"),
        }
        return;
    }
    if let Some(instance) = instance {
        impact.refused = Some(format!("the volume is attached to {instance}"));
    }
    if let Some(snapshots) = &snapshots {
        let mut found = Copies::of(format!("volume {id}"), Some(id));
        found.of_volume(snapshots, id);
        found.check(cli).await;
        impact.backups = found.done();
    }
    let because = match snapshots {
        Some(Ok(found)) => newest(&found).get(id).cloned().unwrap_or_else(|| "no snapshot of it".to_owned()),
        Some(Err(why)) => {
            impact.gap(format!("snapshots of {id}"), why);
            "whether there is a snapshot could not be told".to_owned()
        }
        None => String::new(),
    };
    impact.data.push(Data { what: format!("volume {id} ({size}{name})"), fate: Fate::Erased, because });
    impact.also.extend(bin);
}

/// The snapshots of these volumes, as the service tells them.
pub(in crate::family::aws::probe) async fn snapshots(cli: &Cli<'_>, volumes: &[&str]) -> Result<Value, Why> {
    if volumes.is_empty() {
        return Ok(Value::Null);
    }
    let filter = format!("Name=volume-id,Values={}", volumes.join(","));
    cli.json(&["ec2", "describe-snapshots", "--owner-ids", "self", "--filters", &filter]).await
}

/// The newest finished snapshot of each volume, in words: `newest snapshot snap-1, 3 days old, stays`.
pub(super) fn newest(answer: &Value) -> BTreeMap<String, String> {
    let mut newest: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for snapshot in json::list(answer, "/Snapshots") {
        let age = json::age_s(snapshot, "/StartTime").unwrap_or(u64::MAX);
        let volume = json::owned(snapshot, "/VolumeId");
        let finished = json::text(snapshot, "/State") == Some("completed");
        if finished && newest.get(&volume).is_none_or(|(other, _)| age < *other) {
            newest.insert(volume, (age, json::owned(snapshot, "/SnapshotId")));
        }
    }
    let told = |(age, id): (u64, String)| format!("newest snapshot {id}, {} old, stays", json::span(age));
    newest.into_iter().map(|(volume, found)| (volume, told(found))).collect()
}

/// A Recycle Bin rule that may keep what is deleted, in words. What cannot be asked here adds nothing: the thing is
/// taken for lost then.
pub(super) async fn recycle_bin(cli: &Cli<'_>, kind: &str) -> Option<String> {
    let answer = cli.json(&["rbin", "list-rules", "--resource-type", kind]).await.ok()?;
    let rule = json::list(&answer, "/Rules").first()?.clone();
    let days = json::number(&rule, "/RetentionPeriod/RetentionPeriodValue")?;
    let unit = json::owned(&rule, "/RetentionPeriod/RetentionPeriodUnit").to_lowercase();
    let id = json::owned(&rule, "/Identifier");
    Some(format!("Recycle Bin rule {id} may keep it for {days} {unit}, if its tags fit"))
}
