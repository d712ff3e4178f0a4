//! One DB instance.

use super::{Way, clause, texts};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::human::number;
use crate::engine::impact::{Data, Impact};
use crate::family::aws::probe::copies::INSTANCE;
use crate::family::aws::probe::describe::{Seen, newest};
use crate::family::aws::probe::json;
use serde_json::Value;

pub(super) async fn probe_impact(way: &Way<'_>) -> Seen {
    let describe = [way.service(), "describe-db-instances", "--db-instance-identifier", &way.id];
    let snapshots = ["rds", "describe-db-snapshots", "--db-instance-identifier", &way.name];
    // DocumentDB and Neptune keep their snapshots by the cluster.
    let own_snapshots = way.deletes() && way.service() == "rds";
    let (found, snapshots) = tokio::join!(way.cli.find(&describe), async {
        match own_snapshots {
            true => {
                let words: Vec<&str> = snapshots.into_iter().chain(["--snapshot-type", "manual"]).collect();
                Some(way.cli.find(&words).await)
            }
            false => None,
        }
    });
    let found = match found {
        Err(why) => return way.unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(instance) = found.pointer("/DBInstances/0") else { return Seen::Absent };
    let mut impact = Impact::default();
    impact.subjects.push(way.subject(instance, "/InstanceCreateTime"));
    impact.subjects_total = 1;
    impact.also.push(build(instance));
    way.protection(instance, "modify-db-instance", "db-instance-identifier", &mut impact);
    copies(way, instance, snapshots.as_ref(), &mut impact).await;
    match way.hit.operation.as_str() {
        "delete-db-instance" => deletion(way, instance, snapshots, &mut impact).await,
        "modify-db-instance" => modification(way, instance, &mut impact),
        "stop-db-instance" => stop(way, instance, &mut impact),
        "promote-read-replica" => match json::text(instance, "/ReadReplicaSourceDBInstanceIdentifier") {
            Some(source) => impact.also.push(format!("it stops following {}", json::tail(source))),
            None => impact.lower(Effect::Read, "it is no read replica"),
        },
        _ => members(way, instance, &mut impact).await,
    }
    Seen::There(impact)
}

/// The newest copy of what is deleted or stopped. A member of a cluster and a read replica have no data of their own.
async fn copies(
    way: &Way<'_>,
    instance: &Value,
    snapshots: Option<&Result<Option<Value>, Why>>,
    impact: &mut Impact,
) {
    let ends = matches!(
        way.hit.operation.as_str(),
        "delete-db-instance" | "stop-db-instance" | "reboot-db-instance"
    );
    let elsewhere = [
        "/DBClusterIdentifier",
        "/ReadReplicaSourceDBInstanceIdentifier",
        "/ReadReplicaSourceDBClusterIdentifier",
    ];
    if !ends || way.service() != "rds" || elsewhere.iter().any(|at| json::text(instance, at).is_some()) {
        return;
    }
    impact.backups = way.copies(instance, snapshots, &INSTANCE).await;
}

/// What it is made of: `postgres 15.4, db.m5.large, 200 GiB, Multi-AZ`.
fn build(instance: &Value) -> String {
    let mut parts = vec![
        format!("{} {}", json::owned(instance, "/Engine"), json::owned(instance, "/EngineVersion")),
        json::owned(instance, "/DBInstanceClass"),
    ];
    parts.extend(gib(instance));
    if json::truth(instance, "/MultiAZ") == Some(true) {
        parts.push("Multi-AZ".to_owned());
    }
    let status = json::owned(instance, "/DBInstanceStatus");
    if !matches!(status.as_str(), "" | "available") {
        parts.push(status);
    }
    parts.retain(|p| !p.trim().is_empty());
    parts.join(", ")
}

/// Its storage. Members of Aurora, DocumentDB and Neptune clusters have none of their own and say 1.
fn gib(instance: &Value) -> Option<String> {
    json::number(instance, "/AllocatedStorage").filter(|n| *n > 1).map(|n| format!("{} GiB", number(n)))
}

async fn deletion(
    way: &Way<'_>,
    instance: &Value,
    snapshots: Option<Result<Option<Value>, Why>>,
    impact: &mut Impact,
) {
    clause(
        "read replicas lose their source:",
        &texts(instance, "/ReadReplicaDBInstanceIdentifiers", ""),
        impact,
    );
    if json::text(instance, "/DBClusterIdentifier").is_some() {
        return members(way, instance, impact).await;
    }
    let replica_of = json::text(instance, "/ReadReplicaSourceDBInstanceIdentifier")
        .or_else(|| json::text(instance, "/ReadReplicaSourceDBClusterIdentifier"))
        .map(json::tail);
    match replica_of {
        Some(source) => impact.lower(Effect::Disrupt, format!("a read replica: {source} keeps the data")),
        None => {
            let (fate, because) = way.last_copy(impact);
            let size = gib(instance).map(|g| format!(", {g}")).unwrap_or_default();
            let what = format!("{} {}{size}", way.kind, way.name);
            impact.data.push(Data { what, fate, because });
        }
    }
    if replica_of.is_none() || json::number(instance, "/BackupRetentionPeriod").is_some_and(|d| d > 0) {
        way.automated_backups(instance, impact);
    }
    match snapshots {
        Some(Ok(answer)) => {
            let answer = answer.unwrap_or_default();
            let all = json::list(&answer, "/DBSnapshots");
            if replica_of.is_none() || !all.is_empty() {
                let (time, name) = ("/SnapshotCreateTime", "/DBSnapshotIdentifier");
                newest(all, time, name, "manual snapshot", "manual snapshots stay", impact);
            }
        }
        Some(Err(why)) => impact.gap(format!("manual snapshots of {}", way.name), why),
        None => {}
    }
}

/// The cluster an instance belongs to holds the data; what matters is who still serves it.
async fn members(way: &Way<'_>, instance: &Value, impact: &mut Impact) {
    let Some(cluster) = json::text(instance, "/DBClusterIdentifier") else { return };
    let words = [way.service(), "describe-db-clusters", "--db-cluster-identifier", cluster];
    let answer = match way.cli.find(&words).await {
        Ok(answer) => answer.unwrap_or_default(),
        Err(why) => return impact.gap(format!("DB cluster {cluster}"), why),
    };
    let members = json::list(&answer, "/DBClusters/0/DBClusterMembers");
    let is_this = |m: &&Value| json::text(m, "/DBInstanceIdentifier") == Some(&way.name);
    let others = members.iter().filter(|m| !is_this(m)).count() as u64;
    let writes = members.iter().find(is_this).and_then(|m| json::truth(m, "/IsClusterWriter")) == Some(true);
    if writes {
        impact.also.push(format!("it is the writer of cluster {cluster}"));
    }
    match others {
        0 => impact.also.push(format!("the last instance of cluster {cluster}: nothing serves it then")),
        n => impact.also.push(format!("{} of cluster {cluster} left", json::counted(n, "other instance"))),
    }
    if way.deletes() && !members.is_empty() {
        impact.lower(Effect::Disrupt, format!("cluster {cluster} keeps the data"));
    }
}

fn modification(way: &Way<'_>, instance: &Value, impact: &mut Impact) {
    let hit = way.hit;
    way.retention_change(instance, impact);
    let now = json::owned(instance, "/DBInstanceClass");
    if let Some(class) = hit.value("db-instance-class").filter(|class| *class != now) {
        let when = if hit.switch("apply-immediately") == Some(true) {
            "at once"
        } else {
            "in the maintenance window"
        };
        impact.also.push(format!("restarts {when} to become {class}"));
    }
    if hit.has("master-user-password") {
        impact.also.push("whoever uses the old master password is locked out".to_owned());
    }
    if let Some(name) = hit.value("new-db-instance-identifier") {
        impact.also.push(format!("its address changes with its name {name}"));
    }
    clause("read replicas:", &texts(instance, "/ReadReplicaDBInstanceIdentifiers", ""), impact);
}

fn stop(way: &Way<'_>, instance: &Value, impact: &mut Impact) {
    let status = json::owned(instance, "/DBInstanceStatus");
    if status == "stopped" {
        return impact.lower(Effect::Read, "it is stopped already");
    }
    impact.also.push("AWS starts it again after 7 days".to_owned());
    if let Some(name) = way.hit.value("db-snapshot-identifier") {
        impact.also.push(format!("snapshot {name} is taken first"));
    }
}
