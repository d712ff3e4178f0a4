//! Snapshots and automated backups: what they are of, and whether another copy is left.

use super::Way;
use crate::engine::fact::Why;
use crate::engine::human::number;
use crate::engine::impact::{Data, Fate, Impact, Subject};
use crate::family::aws::probe::describe::Seen;
use crate::family::aws::probe::json;
use serde_json::Value;

/// The words in which instances and clusters differ.
struct Words {
    describe: &'static str,
    by_name: &'static str,
    list: &'static str,
    of: &'static str,
    source: &'static str,
    describe_source: &'static str,
}

const INSTANCE: Words = Words {
    describe: "describe-db-snapshots",
    by_name: "--db-snapshot-identifier",
    list: "/DBSnapshots",
    of: "/DBInstanceIdentifier",
    source: "--db-instance-identifier",
    describe_source: "describe-db-instances",
};

const CLUSTER: Words = Words {
    describe: "describe-db-cluster-snapshots",
    by_name: "--db-cluster-snapshot-identifier",
    list: "/DBClusterSnapshots",
    of: "/DBClusterIdentifier",
    source: "--db-cluster-identifier",
    describe_source: "describe-db-clusters",
};

/// One snapshot that goes.
pub(super) async fn snapshot(way: &Way<'_>, of_cluster: bool) -> Seen {
    let words = if of_cluster { &CLUSTER } else { &INSTANCE };
    let found = match way.cli.find(&[way.service(), words.describe, words.by_name, &way.id]).await {
        Err(why) => return Seen::Unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(snapshot) = found.pointer(words.list).and_then(|l| l.get(0)) else { return Seen::Absent };
    let mut impact = Impact {
        subjects: vec![way.subject(snapshot, "/SnapshotCreateTime")],
        subjects_total: 1,
        ..Impact::default()
    };
    let source = json::owned(snapshot, words.of);
    let size = json::number(snapshot, "/AllocatedStorage").filter(|n| *n > 1);
    let size = size.map(|n| format!(", {} GiB", number(n))).unwrap_or_default();
    impact.data.push(Data {
        what: format!("{} {} of {source}{size}", way.kind, way.name),
        fate: Fate::Erased,
        because: String::new(),
    });
    if source.is_empty() {
        return Seen::There(impact);
    }
    let others = [way.service(), words.describe, words.source, &source];
    let database = [way.service(), words.describe_source, words.source, &source];
    let (others, database) = tokio::join!(way.cli.find(&others), way.cli.find(&database));
    others_of(way, words, &source, others, &mut impact);
    match database {
        Ok(Some(_)) => {}
        Ok(None) => impact.also.push(format!("its database {source} no longer exists")),
        Err(why) => impact.gap(format!("database {source}"), why),
    }
    Seen::There(impact)
}

fn others_of(
    way: &Way<'_>,
    words: &Words,
    source: &str,
    others: Result<Option<Value>, Why>,
    impact: &mut Impact,
) {
    let answer = match others {
        Ok(answer) => answer.unwrap_or_default(),
        Err(why) => return impact.gap(format!("other snapshots of {source}"), why),
    };
    let id = words.by_name.trim_start_matches("--");
    let id =
        if id == "db-snapshot-identifier" { "/DBSnapshotIdentifier" } else { "/DBClusterSnapshotIdentifier" };
    let others: Vec<&Value> = json::list(&answer, words.list)
        .iter()
        .filter(|s| json::text(s, id).is_some_and(|n| n != way.name && n != way.id))
        .collect();
    // A manual one outlives the database; automated ones go with it.
    let is_manual = |s: &Value| json::text(s, "/SnapshotType") != Some("automated");
    let newest = others
        .iter()
        .filter_map(|s| Some((!is_manual(s), json::age_s(s, "/SnapshotCreateTime")?, *s)))
        .min_by_key(|(automated, age, _)| (*automated, *age));
    match newest {
        Some((automated, age, other)) => impact.data.push(Data {
            what: format!("snapshot {} of {source}, {} old", json::owned(other, id), json::span(age)),
            fate: Fate::Kept,
            because: if automated { "an automated snapshot" } else { "a manual snapshot" }.to_owned(),
        }),
        None => impact.also.push(format!("no other snapshot of {source} exists")),
    }
}

/// The automated backups of one database, usually one that was deleted already.
pub(super) async fn automated(way: &Way<'_>, of_cluster: bool) -> Seen {
    let (describe, option, list, of) = if of_cluster {
        (
            "describe-db-cluster-automated-backups",
            "--db-cluster-resource-id",
            "/DBClusterAutomatedBackups",
            "/DBClusterIdentifier",
        )
    } else {
        (
            "describe-db-instance-automated-backups",
            "--dbi-resource-id",
            "/DBInstanceAutomatedBackups",
            "/DBInstanceIdentifier",
        )
    };
    let found = match way.cli.find(&[way.service(), describe, option, &way.id]).await {
        Err(why) => return Seen::Unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(backup) = found.pointer(list).and_then(|l| l.get(0)) else { return Seen::Absent };
    let source = json::owned(backup, of);
    let subject = Subject {
        kind: way.kind.to_owned(),
        name: way.name.clone(),
        ..way.subject(backup, "/InstanceCreateTime")
    };
    let mut impact = Impact { subjects: vec![subject], subjects_total: 1, ..Impact::default() };
    let span = match (
        json::age_s(backup, "/RestoreWindow/EarliestTime"),
        json::age_s(backup, "/RestoreWindow/LatestTime"),
    ) {
        (Some(first), Some(last)) => format!(" from {} to {} ago", json::span(first), json::span(last)),
        _ => String::new(),
    };
    impact.data.push(Data {
        what: format!("automated backups of {source}{span}"),
        fate: Fate::Erased,
        because: String::new(),
    });
    if json::text(backup, "/Status") == Some("retained") {
        impact.also.push(format!("{source} itself was deleted already"));
    }
    Seen::There(impact)
}
