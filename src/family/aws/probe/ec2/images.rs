//! Snapshots and images: the backups themselves.

use super::super::cli::Cli;
use super::super::describe::first;
use super::super::generic;
use super::protects;
use super::volumes::recycle_bin;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::human::counted;
use crate::engine::impact::{Data, Fate, Impact, Subject};
use crate::family::aws::probe::json;
use serde_json::Value;

pub(super) async fn snapshot(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let Some(id) = hit.value("snapshot-id") else { return generic::named(hit, impact) };
    let used = format!("Name=block-device-mapping.snapshot-id,Values={id}");
    let images = ["ec2", "describe-images", "--owners", "self", "--filters", &used];
    let (answer, images, bin) = tokio::join!(
        async { cli.find(&["ec2", "describe-snapshots", "--snapshot-ids", id]).await },
        cli.json(&images),
        recycle_bin(cli, "EBS_SNAPSHOT"),
    );
    let snapshot = match answer {
        Ok(Some(answer)) => answer.pointer("/Snapshots/0").cloned().unwrap_or_default(),
        Ok(None) => {
            impact.lower(Effect::Read, format!("no such snapshot: {id}"));
            return;
        }
        Err(why) => {
            generic::named(hit, impact);
            impact.gap(format!("snapshot {id}"), why);
            return;
        }
    };
    let labels = json::tags(&snapshot, "/Tags");
    let volume = json::owned(&snapshot, "/VolumeId");
    impact.subjects = vec![Subject {
        kind: "EBS snapshot".to_owned(),
        name: id.to_owned(),
        age_s: json::age_s(&snapshot, "/StartTime"),
        labels,
        ..Subject::default()
    }];
    impact.subjects_total = 1;
    match images {
        Ok(images) => {
            let names: Vec<&str> =
                json::list(&images, "/Images").iter().filter_map(|i| json::text(i, "/ImageId")).collect();
            if !names.is_empty() {
                impact.refused = Some(format!("the snapshot is in use by image {}", first(&names)));
            }
        }
        Err(why) => impact.gap(format!("images made of {id}"), why),
    }
    let filter = format!("Name=volume-id,Values={volume}");
    let others = cli.json(&["ec2", "describe-snapshots", "--owner-ids", "self", "--filters", &filter]).await;
    let because = match others {
        Ok(others) => match newest_other(&others, id) {
            Some((other, age)) => {
                format!("newest other snapshot of {volume}: {other}, {} old", json::span(age))
            }
            None => format!("it is the only snapshot of {volume}"),
        },
        Err(why) => {
            impact.gap(format!("other snapshots of {volume}"), why);
            "a backup".to_owned()
        }
    };
    let size = json::number(&snapshot, "/VolumeSize").map(|n| format!(" ({n} GiB)")).unwrap_or_default();
    impact.data.push(Data { what: format!("snapshot {id}{size}"), fate: Fate::Erased, because });
    impact.also.extend(
        json::text(&snapshot, "/Description").filter(|d| !d.is_empty()).map(|d| format!("described as {d}")),
    );
    impact.also.extend(bin);
}

fn newest_other(snapshots: &Value, id: &str) -> Option<(String, u64)> {
    json::list(snapshots, "/Snapshots")
        .iter()
        .filter(|s| json::text(s, "/SnapshotId") != Some(id) && json::text(s, "/State") == Some("completed"))
        .filter_map(|s| Some((json::owned(s, "/SnapshotId"), json::age_s(s, "/StartTime")?)))
        .min_by_key(|(_, age)| *age)
}

pub(super) async fn image(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let Some(id) = hit.value("image-id") else { return generic::named(hit, impact) };
    let running = format!("Name=image-id,Values={id}");
    let (answer, users, bin) = tokio::join!(
        async { cli.find(&["ec2", "describe-images", "--image-ids", id]).await },
        async { cli.json(&["ec2", "describe-instances", "--filters", &running]).await },
        recycle_bin(cli, "EC2_IMAGE"),
    );
    let image = match answer.map(|a| a.and_then(|a| a.pointer("/Images/0").cloned())) {
        Ok(Some(image)) => image,
        Ok(None) => {
            impact.lower(Effect::Read, format!("no such image: {id}"));
            return;
        }
        Err(why) => {
            generic::named(hit, impact);
            impact.gap(format!("image {id}"), why);
            return;
        }
    };
    impact.subjects = vec![Subject {
        kind: "machine image".to_owned(),
        name: id.to_owned(),
        age_s: json::age_s(&image, "/CreationDate"),
        labels: json::tags(&image, "/Tags"),
        ..Subject::default()
    }];
    impact.subjects_total = 1;
    impact.also.extend(json::text(&image, "/Name").map(|n| format!("called {n}")));
    if json::text(&image, "/DeregistrationProtection").is_some_and(|p| p.starts_with("enabled")) {
        protects(impact, "deregistration protection", "is ON: refuses the command");
        impact.refused = Some("deregistration protection is on".to_owned());
    }
    match users {
        Ok(users) => {
            let n = json::list(&users, "/Reservations")
                .iter()
                .map(|r| json::list(r, "/Instances").len())
                .sum::<usize>();
            if n > 0 {
                impact
                    .also
                    .push(format!("{} run from it; no new one can start", counted(n as u64, "instance")));
            }
        }
        Err(why) => impact.gap(format!("instances started from {id}"), why),
    }
    let with_snapshots = hit.switch("delete-associated-snapshots") == Some(true);
    let (fate, because) = if with_snapshots {
        (Fate::Erased, "--delete-associated-snapshots")
    } else {
        (Fate::Kept, "the image goes, its snapshots stay")
    };
    for mapping in json::list(&image, "/BlockDeviceMappings") {
        if let Some(snapshot) = json::text(mapping, "/Ebs/SnapshotId") {
            let size =
                json::number(mapping, "/Ebs/VolumeSize").map(|n| format!(" ({n} GiB)")).unwrap_or_default();
            impact.data.push(Data {
                what: format!("snapshot {snapshot}{size}"),
                fate,
                because: because.to_owned(),
            });
        }
    }
    impact.also.extend(bin);
}
