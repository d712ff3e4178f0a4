//! Databases behind the RDS interface: RDS, Aurora, DocumentDB, Neptune. What they hold, which copies stay, what refuses.

mod backup;
mod cluster;
mod instance;

use super::cli::Cli;
use super::copies::{Copies, Database, Loss};
use super::describe;
use super::describe::{Named, Seen, first, last_name, merge, names, off};
use super::json;
use super::safer_command::Form;
use crate::engine::aws::Hit;
use crate::engine::backup::Backups;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Impact, Protection, Subject};
use serde_json::Value;

/// What the operation is about, and the option that names it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Instance,
    Cluster,
    Global,
    Snapshot,
    ClusterSnapshot,
    InstanceBackups,
    ClusterBackups,
}

impl About {
    const ALL: &[(About, &'static str, &'static str)] = &[
        (About::Snapshot, "db-snapshot-identifier", "DB snapshot"),
        (About::ClusterSnapshot, "db-cluster-snapshot-identifier", "DB cluster snapshot"),
        (About::InstanceBackups, "dbi-resource-id", "automated backups"),
        (About::ClusterBackups, "db-cluster-resource-id", "automated backups"),
        (About::Global, "global-cluster-identifier", "global cluster"),
        (About::Cluster, "db-cluster-identifier", "DB cluster"),
        (About::Instance, "db-instance-identifier", "DB instance"),
    ];

    /// By the operation's own words, so that an option that names something else beside it is not taken for the target.
    fn of(operation: &str) -> Option<About> {
        // What these make is not there yet.
        let makes = ["create-", "restore-", "copy-", "purchase-", "start-", "add-", "describe-", "wait "];
        if makes.iter().any(|m| operation.starts_with(m)) {
            return None;
        }
        let has = |part: &str| operation.contains(part);
        Some(match operation {
            "promote-read-replica" => About::Instance,
            "promote-read-replica-db-cluster" => About::Cluster,
            _ if has("automated-backup") && has("cluster") => About::ClusterBackups,
            _ if has("automated-backup") => About::InstanceBackups,
            _ if has("db-cluster-snapshot") => About::ClusterSnapshot,
            _ if has("db-snapshot") => About::Snapshot,
            _ if has("global-cluster") => About::Global,
            _ if has("db-cluster") && !has("parameter") => About::Cluster,
            _ if has("db-instance") => About::Instance,
            _ => return None,
        })
    }
}

/// Looks at the databases or backups the command names.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let known = About::of(&hit.operation)
        .and_then(|about| About::ALL.iter().find(|(a, ..)| *a == about))
        .filter(|(_, option, _)| !hit.list(option).is_empty());
    let Some((about, option, kind)) = known else { return describe::probe_impact(cli, hit, impact).await };
    let named = names(hit, option);
    let one = |named: &Named| {
        let way = Way { cli, hit, id: named.given.clone(), name: named.name.clone(), kind };
        async move {
            match about {
                About::Instance => instance::probe_impact(&way).await,
                About::Cluster => cluster::probe_impact(&way).await,
                About::Global => cluster::global(&way).await,
                About::Snapshot | About::ClusterSnapshot => {
                    backup::snapshot(&way, *about == About::ClusterSnapshot).await
                }
                About::InstanceBackups | About::ClusterBackups => {
                    backup::automated(&way, *about == About::ClusterBackups).await
                }
            }
        }
    };
    // Every one of these operations takes a single name.
    let mut seen: Vec<Seen> = Vec::new();
    for named in named.iter().take(1) {
        seen.push(one(named).await);
    }
    merge(kind, &named, seen, impact);
}

/// The same command with a final snapshot, where it skips one or names none.
pub(super) fn safer(hit: &Hit, impact: &Impact) -> Option<String> {
    let deletes = hit.is(&hit.service, &["delete-db-instance", "delete-db-cluster"]);
    let wanted = deletes && hit.value(FINAL).is_none() && impact.data.iter().any(|d| d.fate == Fate::Erased);
    let name = impact.subjects.first().filter(|_| wanted && keeps_nothing(impact))?.name.clone();
    let form = Form::of(hit)?.without("skip-final-snapshot").without("no-skip-final-snapshot");
    Some(form.with(FINAL, &[last_name(&name)]).text())
}

/// Whether the data itself goes: a read replica or a member of a cluster has none of its own.
fn keeps_nothing(impact: &Impact) -> bool {
    impact.consequences.iter().all(|c| c.raises)
}

const FINAL: &str = "final-db-snapshot-identifier";

/// One look at one thing.
struct Way<'a> {
    cli: &'a Cli<'a>,
    hit: &'a Hit,
    /// As it was given.
    id: String,
    /// As the phrase has it.
    name: String,
    kind: &'static str,
}

impl Way<'_> {
    /// The service the caller speaks to: rds, docdb and neptune have the same operations.
    fn service(&self) -> &str {
        &self.hit.service
    }

    fn deletes(&self) -> bool {
        self.hit.operation.starts_with("delete-")
    }

    /// The thing as a subject.
    fn subject(&self, thing: &Value, created: &str) -> Subject {
        Subject {
            kind: self.kind.to_owned(),
            name: self.name.clone(),
            age_s: json::age_s(thing, created),
            labels: json::tags(thing, "/TagList"),
            ..Subject::default()
        }
    }

    /// Deletion protection: on, off, or taken away by this very command.
    fn protection(&self, thing: &Value, modify: &str, option: &str, impact: &mut Impact) {
        let Some(on) = json::truth(thing, "/DeletionProtection") else { return };
        let turn_on = || {
            Form::new(self.hit, self.service(), modify)
                .with(option, &[&self.id])
                .on("deletion-protection")
                .text()
        };
        let removes = self.hit.operation == modify && self.hit.switch("deletion-protection") == Some(false);
        let effect = match (on, removes) {
            (true, true) => "is removed by this command".to_owned(),
            (true, false) if self.deletes() => {
                impact.refused = Some(format!("deletion protection of {} is on", self.name));
                "is ON: refuses the deletion".to_owned()
            }
            (true, false) => "is on".to_owned(),
            (false, true) => "is OFF already".to_owned(),
            (false, false) if self.hit.switch("deletion-protection") == Some(true) => {
                "is OFF; this command turns it on".to_owned()
            }
            (false, false) => off(&turn_on()),
        };
        impact.protections.push(Protection { what: "deletion protection".to_owned(), effect });
    }

    /// The newest copies of what is deleted or stopped; `snapshots` are those that were asked for already.
    async fn copies(
        &self,
        thing: &Value,
        snapshots: Option<&Result<Option<Value>, Why>>,
        of: &Database,
    ) -> Backups {
        let found = Copies::of(format!("{} {}", self.kind, self.name), json::text(thing, of.id));
        let kept = self.hit.switch("delete-automated-backups") == Some(false);
        let automated_go = self.deletes() && !kept;
        let loss = Loss { service: self.service(), of, name: &self.name, automated_go, snapshots };
        loss.copies(self.cli, found, thing).await
    }

    /// What becomes of the data itself when the thing is deleted.
    fn last_copy(&self, impact: &mut Impact) -> (Fate, String) {
        match (self.hit.value(FINAL), self.hit.switch("skip-final-snapshot")) {
            (Some(name), Some(true)) => {
                impact.refused = Some("both a final snapshot and --skip-final-snapshot are given".to_owned());
                (Fate::Kept, format!("final snapshot {name}"))
            }
            (Some(name), _) => (Fate::Kept, format!("final snapshot {name}")),
            (None, Some(true)) => (Fate::Erased, "no final snapshot: --skip-final-snapshot".to_owned()),
            (None, _) => {
                impact.refused = Some(format!("neither --{FINAL} nor --skip-final-snapshot is given"));
                (Fate::Erased, "no final snapshot".to_owned())
            }
        }
    }

    /// A database nobody may look at: what becomes of its data stands in the words all the same.
    fn unseen(&self, why: Why) -> Seen {
        let one = Named { given: self.id.clone(), name: self.name.clone() };
        let mut impact = describe::unseen(self.kind, &one, why);
        if matches!(self.hit.operation.as_str(), "delete-db-instance" | "delete-db-cluster") {
            let (fate, because) = self.last_copy(&mut impact);
            // A replica, a member of a cluster or what is not there at all needs no such word.
            impact.refused = None;
            impact.data.push(Data { what: format!("{} {}", self.kind, self.name), fate, because });
        }
        Seen::There(impact)
    }

    /// Automated backups, which go with a deletion unless the caller says otherwise.
    fn automated_backups(&self, thing: &Value, impact: &mut Impact) {
        let days = match json::number(thing, "/BackupRetentionPeriod") {
            Some(0) => return impact.also.push("it has no automated backups".to_owned()),
            Some(days) => days,
            None => {
                let unsaid = Why::Failed("the answer does not say".to_owned());
                return impact.gap(format!("automated backups of {}", self.name), unsaid);
            }
        };
        let newest = json::age_s(thing, "/LatestRestorableTime")
            .map(|s| format!(", newest {} old", json::span(s)))
            .unwrap_or_default();
        let what = format!("automated backups of {}{newest}", json::counted(days, "day"));
        let (fate, because) = match self.hit.switch("delete-automated-backups") {
            Some(false) => (Fate::Kept, "--no-delete-automated-backups".to_owned()),
            _ => (Fate::Erased, "they go too unless --no-delete-automated-backups".to_owned()),
        };
        impact.data.push(Data { what, fate, because });
    }

    /// `--backup-retention-period` of a modification: 0 deletes every automated backup, less shortens them.
    fn retention_change(&self, thing: &Value, impact: &mut Impact) {
        let wanted = self.hit.value("backup-retention-period").and_then(|v| v.parse::<u64>().ok());
        let (Some(wanted), Some(now)) = (wanted, json::number(thing, "/BackupRetentionPeriod")) else {
            return;
        };
        if wanted >= now {
            return;
        }
        if wanted == 0 {
            impact.data.push(Data {
                what: format!("automated backups of {}", json::counted(now, "day")),
                fate: Fate::Erased,
                because: "--backup-retention-period 0".to_owned(),
            });
            impact.raise(Effect::Destroy, "all automated backups go");
        } else {
            let text = format!("automated backups shrink from {now} to {}", json::counted(wanted, "day"));
            impact.also.push(text);
        }
    }
}

/// Several names after a clause, when there are any.
fn clause(text: &str, names: &[&str], impact: &mut Impact) {
    if !names.is_empty() {
        impact.also.push(format!("{text} {}", first(names)));
    }
}

/// The texts of a list, each its last part.
fn texts<'v>(value: &'v Value, at: &str, member: &str) -> Vec<&'v str> {
    json::list(value, at).iter().filter_map(|v| json::text(v, member)).map(json::tail).collect()
}
