//! The copies of a database behind the RDS interface, asked for one after another, as long as none is any use.

use super::{Cli, Copies, Copy, key_of};
use crate::engine::backup::{Backups, Covers, Fate, Outcome, Read};
use crate::engine::fact::Why;
use crate::family::aws::probe::json;
use serde_json::Value;

/// How the copies of one kind of database are told.
pub(in crate::family::aws::probe) struct Database {
    /// Its id, which its snapshots have by the same name.
    pub(in crate::family::aws::probe) id: &'static str,
    pub(super) arn: &'static str,
    pub(super) made: &'static str,
    /// The operation that lists its snapshots, and the option that names it there.
    pub(super) describe: &'static str,
    pub(super) by_name: &'static str,
    pub(super) list: &'static str,
    pub(super) called: &'static str,
}

/// An instance.
pub(in crate::family::aws::probe) const INSTANCE: Database = Database {
    id: "/DbiResourceId",
    arn: "/DBInstanceArn",
    made: "/InstanceCreateTime",
    describe: "describe-db-snapshots",
    by_name: "--db-instance-identifier",
    list: "/DBSnapshots",
    called: "/DBSnapshotIdentifier",
};

/// A cluster.
pub(in crate::family::aws::probe) const CLUSTER: Database = Database {
    id: "/DbClusterResourceId",
    arn: "/DBClusterArn",
    made: "/ClusterCreateTime",
    describe: "describe-db-cluster-snapshots",
    by_name: "--db-cluster-identifier",
    list: "/DBClusterSnapshots",
    called: "/DBClusterSnapshotIdentifier",
};

/// What ends a database.
pub(in crate::family::aws::probe) struct Loss<'a> {
    /// The service that is asked: rds, docdb and neptune have the same operations.
    pub(in crate::family::aws::probe) service: &'a str,
    pub(in crate::family::aws::probe) of: &'a Database,
    /// As it is called there.
    pub(in crate::family::aws::probe) name: &'a str,
    /// Whether its automated backups go along.
    pub(in crate::family::aws::probe) automated_go: bool,
    /// Its manual snapshots, where they were asked for already.
    pub(in crate::family::aws::probe) snapshots: Option<&'a Result<Option<Value>, Why>>,
}

impl Loss<'_> {
    /// The copies of the database that is `thing`.
    pub(in crate::family::aws::probe) async fn copies(
        &self,
        cli: &Cli<'_>,
        mut found: Copies,
        thing: &Value,
    ) -> Backups {
        found.automated(thing, self.automated_go);
        if !self.automated_go {
            found.replicated(cli, thing).await;
        }
        match self.snapshots {
            Some(snapshots) => found.snapshots(snapshots, self.of, thing),
            // Where they were not asked for, they are only where nothing else is there.
            None if found.has_usable() => {}
            None => {
                let (describe, by_name) = (self.of.describe, self.of.by_name);
                let words = [self.service, describe, by_name, self.name, "--snapshot-type", "manual"];
                found.snapshots(&cli.find(&words).await, self.of, thing);
            }
        }
        found.finish(cli, json::text(thing, self.of.arn)).await
    }
}

/// Where automated backups are replicated to: the ARNs that the instance itself lists.
pub(super) fn replicas(thing: &Value) -> impl Iterator<Item = (&str, &str)> {
    let all = json::list(thing, "/DBInstanceAutomatedBackupsReplications").iter();
    let arns = all.filter_map(|one| json::text(one, "/DBInstanceAutomatedBackupsArn"));
    arns.filter_map(|arn| Some((arn, arn.split(':').nth(3)?)))
}

impl Copies {
    /// Automated backups in another region. Only that region knows how new they are; what becomes of them when the instance
    /// goes is nowhere documented, so that they are asked for only where it stays, or its own do.
    async fn replicated(&mut self, cli: &Cli<'_>, thing: &Value) {
        const NAME: &str = "replicated automated backups";
        let Some((arn, region)) = replicas(thing).next() else { return };
        let words = ["rds", "describe-db-instance-automated-backups", "--db-instance-automated-backups-arn"];
        match cli.in_region(region).find(&[&words[..], &[arn]].concat()).await {
            Ok(answer) => {
                let copies = self.of_replica(&answer.unwrap_or_default(), thing, region);
                self.add(NAME, copies);
            }
            Err(why) => self.source(NAME, Read::Not(why)),
        }
    }

    pub(super) fn of_replica(&self, answer: &Value, thing: &Value, region: &str) -> Vec<Copy> {
        let mine = json::text(thing, "/DbiResourceId");
        let all = json::list(answer, "/DBInstanceAutomatedBackups").iter();
        let of = |one: &Value| {
            let newest = json::age_s(one, "/RestoreWindow/LatestTime");
            let mut record = self.record("RDS", &format!("automated backups in {region}"), newest);
            record.outcome = if newest.is_some() { Outcome::Ok } else { Outcome::Unknown };
            record.stored.fate = Fate::Nothing;
            // One that does not say whose it is may be anybody's.
            if json::text(one, "/DbiResourceId").is_none() {
                record.covers = Covers::Unknown;
            }
            Copy { key: key_of(one), ..record.into() }
        };
        let theirs = |one: &&Value| json::text(one, "/DbiResourceId").is_none_or(|id| Some(id) == mine);
        all.filter(theirs).map(of).collect()
    }
}
