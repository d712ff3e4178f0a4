//! Clusters: Aurora, Multi-AZ DB clusters, DocumentDB, Neptune, and the global ones above them.

use super::{Way, clause, texts};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::human::number;
use crate::engine::impact::{Data, Fate, Group, Impact};
use crate::family::aws::probe::copies::CLUSTER;
use crate::family::aws::probe::describe::{Seen, newest};
use crate::family::aws::probe::json;
use serde_json::Value;

pub(super) async fn probe_impact(way: &Way<'_>) -> Seen {
    let describe = [way.service(), "describe-db-clusters", "--db-cluster-identifier", &way.id];
    let (found, snapshots) = tokio::join!(way.cli.find(&describe), async {
        match way.deletes() {
            true => {
                let service = way.service();
                let words = [service, "describe-db-cluster-snapshots", "--db-cluster-identifier", &way.name];
                let words: Vec<&str> = words.into_iter().chain(["--snapshot-type", "manual"]).collect();
                Some(way.cli.find(&words).await)
            }
            false => None,
        }
    });
    let found = match found {
        Err(why) => return way.unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(cluster) = found.pointer("/DBClusters/0") else { return Seen::Absent };
    let mut impact = Impact::default();
    impact.subjects.push(way.subject(cluster, "/ClusterCreateTime"));
    impact.subjects_total = 1;
    impact.also.push(build(cluster));
    way.protection(cluster, "modify-db-cluster", "db-cluster-identifier", &mut impact);
    copies(way, cluster, snapshots.as_ref(), &mut impact).await;
    match way.hit.operation.as_str() {
        "delete-db-cluster" => deletion(way, cluster, snapshots, &mut impact),
        "modify-db-cluster" => modification(way, cluster, &mut impact),
        "backtrack-db-cluster" => backtrack(way, cluster, &mut impact),
        "stop-db-cluster" if json::text(cluster, "/Status") == Some("stopped") => {
            impact.lower(Effect::Read, "it is stopped already");
        }
        "stop-db-cluster" => {
            impact.also.push("AWS starts it again after 7 days".to_owned());
            serving(cluster, &mut impact);
        }
        _ => serving(cluster, &mut impact),
    }
    Seen::There(impact)
}

/// The newest copy of what is deleted or stopped.
async fn copies(
    way: &Way<'_>,
    cluster: &Value,
    snapshots: Option<&Result<Option<Value>, Why>>,
    impact: &mut Impact,
) {
    let ends = ["delete-db-cluster", "stop-db-cluster", "reboot-db-cluster"];
    if !ends.contains(&way.hit.operation.as_str()) {
        return;
    }
    impact.backups = way.copies(cluster, snapshots, &CLUSTER).await;
}

fn build(cluster: &Value) -> String {
    let mut parts =
        vec![format!("{} {}", json::owned(cluster, "/Engine"), json::owned(cluster, "/EngineVersion"))];
    // Aurora's storage grows by itself and stands here as 1.
    parts.extend(
        json::number(cluster, "/AllocatedStorage").filter(|n| *n > 1).map(|n| format!("{} GiB", number(n))),
    );
    if let Some(zones) = json::number(cluster, "/MultiAZ").or(json::truth(cluster, "/MultiAZ").map(u64::from))
        && zones > 0
    {
        parts.push("Multi-AZ".to_owned());
    }
    let status = json::owned(cluster, "/Status");
    if !matches!(status.as_str(), "" | "available") {
        parts.push(status);
    }
    parts.retain(|p| !p.trim().is_empty());
    parts.join(", ")
}

/// Who serves it, the writer first.
fn serving(cluster: &Value, impact: &mut Impact) {
    let members = json::list(cluster, "/DBClusterMembers");
    let writer = members.iter().find(|m| json::truth(m, "/IsClusterWriter") == Some(true));
    if let Some(writer) = writer {
        impact.also.push(format!("the writer is {}", json::owned(writer, "/DBInstanceIdentifier")));
    }
    if !members.is_empty() {
        impact.also.push(format!("{} in it", json::counted(members.len() as u64, "instance")));
    }
}

fn deletion(
    way: &Way<'_>,
    cluster: &Value,
    snapshots: Option<Result<Option<Value>, Why>>,
    impact: &mut Impact,
) {
    let members = texts(cluster, "/DBClusterMembers", "/DBInstanceIdentifier");
    if !members.is_empty() {
        // Aurora, DocumentDB and Neptune want their instances gone first; Multi-AZ DB clusters take theirs along.
        let engine = json::owned(cluster, "/Engine");
        if engine.starts_with("aurora") || matches!(engine.as_str(), "docdb" | "neptune") {
            // One that is being deleted is still listed, so this is no certain refusal.
            impact.also.push("AWS wants its instances deleted first".to_owned());
        }
        impact.groups.push(Group {
            kind: "DB instance".to_owned(),
            count: members.len() as u64,
            names: members.iter().take(3).map(|m| (*m).to_owned()).collect(),
            ..Group::default()
        });
    }
    clause("replicas lose their source:", &texts(cluster, "/ReadReplicaIdentifiers", ""), impact);
    let (fate, because) = way.last_copy(impact);
    impact.data.push(Data { what: format!("{} {}", way.kind, way.name), fate, because });
    way.automated_backups(cluster, impact);
    match snapshots {
        Some(Ok(answer)) => {
            let answer = answer.unwrap_or_default();
            let all = json::list(&answer, "/DBClusterSnapshots");
            let (time, name) = ("/SnapshotCreateTime", "/DBClusterSnapshotIdentifier");
            newest(all, time, name, "manual snapshot", "manual snapshots stay", impact);
        }
        Some(Err(why)) => impact.gap(format!("manual snapshots of {}", way.name), why),
        None => {}
    }
}

fn modification(way: &Way<'_>, cluster: &Value, impact: &mut Impact) {
    way.retention_change(cluster, impact);
    if way.hit.has("master-user-password") {
        impact.also.push("whoever uses the old master password is locked out".to_owned());
    }
    if let Some(name) = way.hit.value("new-db-cluster-identifier") {
        impact.also.push(format!("its address changes with its name {name}"));
    }
    serving(cluster, impact);
}

fn backtrack(way: &Way<'_>, cluster: &Value, impact: &mut Impact) {
    // AWS leaves the member out where it is off (`DBCluster`, "BacktrackWindow").
    if json::number(cluster, "/BacktrackWindow").unwrap_or_default() == 0 {
        impact.refused = Some(format!("backtracking is off for {}", way.name));
    }
    let to = way.hit.value("backtrack-to").unwrap_or("that point");
    impact.data.push(Data {
        what: format!("everything written to {} after {to}", way.name),
        fate: Fate::Erased,
        because: "backtracking forward again is possible inside the window only".to_owned(),
    });
    serving(cluster, impact);
}

/// A global cluster: clusters in several regions, one of which is written to.
pub(super) async fn global(way: &Way<'_>) -> Seen {
    let words = [way.service(), "describe-global-clusters", "--global-cluster-identifier", &way.id];
    let found = match way.cli.find(&words).await {
        Err(why) => return way.unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(global) = found.pointer("/GlobalClusters/0") else { return Seen::Absent };
    let mut impact = Impact::default();
    impact.subjects.push(way.subject(global, "/CreateTime"));
    impact.subjects_total = 1;
    impact.also.push(build(global));
    way.protection(global, "modify-global-cluster", "global-cluster-identifier", &mut impact);
    let members = json::list(global, "/GlobalClusterMembers");
    // An ARN is told with its region: that is what sets the members apart.
    let named = |m: &Value| {
        let arn = json::owned(m, "/DBClusterArn");
        let region = arn.split(':').nth(3).unwrap_or_default().to_owned();
        format!("{} ({region})", json::tail(&arn))
    };
    let writer = members.iter().find(|m| json::truth(m, "/IsWriter") == Some(true)).map(named);
    impact.also.extend(writer.map(|w| format!("the writer is {w}")));
    let readers: Vec<String> =
        members.iter().filter(|m| json::truth(m, "/IsWriter") == Some(false)).map(named).collect();
    let readers: Vec<&str> = readers.iter().map(String::as_str).collect();
    clause("secondary clusters:", &readers, &mut impact);
    if way.hit.operation == "delete-global-cluster" {
        match members.len() as u64 {
            0 => impact.lower(Effect::Disrupt, "no cluster is in it"),
            n => {
                impact.refused = Some(format!("{} still in it", json::counted(n, "cluster")));
            }
        }
    }
    if way.hit.switch("allow-data-loss") == Some(true) {
        impact.data.push(Data {
            what: "writes that no secondary has yet".to_owned(),
            fate: Fate::Erased,
            because: "--allow-data-loss".to_owned(),
        });
        impact.raise(Effect::Destroy, "unreplicated writes are lost");
    }
    Seen::There(impact)
}
