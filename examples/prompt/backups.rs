//! Made-up copies of what holds data.

use super::{Scene, delete};
use guard::engine::backup::{
    Amount, Backups, Covers, Evidence, Expiry, Fate, Holder, Outcome, Read, Record, Source, Stored, Unit,
};
use guard::engine::fact::Why;
use guard::engine::impact::{Definition, Elsewhere};

/// 2026-11-30T12:00:00Z.
const NOW: i64 = 1_796_040_000;

fn source(name: &'static str, full: &'static str, read: Read) -> Source {
    Source { name, full, read }
}

fn read_all() -> Vec<Source> {
    [("velero", "velero.io"), ("snapshots", "snapshot.storage.k8s.io"), ("cronjobs", "batch")]
        .map(|(name, full)| source(name, full, Read::All))
        .into()
}

fn holder(name: &str, records: Vec<Record>) -> Holder {
    Holder { what: format!("claim {name}"), identity: None, records }
}

/// Claims of which nobody has a copy.
pub fn none(claims: &[&str]) -> Backups {
    Backups {
        holders: claims.iter().map(|name| holder(name, Vec::new())).collect(),
        sources: read_all(),
        ..looked()
    }
}

fn looked() -> Backups {
    Backups { now: NOW, looked: true, ..Backups::default() }
}

fn record(tool: &'static str, object: &str, ago: i64, evidence: Evidence) -> Record {
    Record {
        covers: Covers::Yes,
        finished_at: Some(NOW - ago),
        outcome: Outcome::Ok,
        expires: Expiry::Never,
        stored: Stored { at: "s3://acme-pg".to_owned(), fate: Fate::Nothing, ..Stored::default() },
        ..Record::of(tool, object, evidence)
    }
}

fn amount(n: u64, unit: Unit, live: Option<u64>) -> Amount {
    Amount { n, unit, live }
}

/// One claim with a copy of which everything is known, and a newer one that failed.
pub fn usable() -> Scene {
    let mut scene = delete();
    let good = Record {
        amounts: vec![amount(41, Unit::Tables, Some(41)), amount(1_234_567, Unit::Rows, None)],
        read_back_at: Some(NOW - 3 * 86_400),
        ..record("pgBackRest", "20261130-091512F", 10_260, Evidence::Verified)
    };
    let failed = Record {
        outcome: Outcome::Failed("no space left on device".to_owned()),
        ..record("pgBackRest", "20261130-110001I", 3_540, Evidence::Recorded)
    };
    scene.impact.backups =
        Backups { holders: vec![holder("pg-data-0", vec![good, failed])], sources: read_all(), ..looked() };
    let definition = |by: &str, count, at: &str, elsewhere| Definition {
        by: by.to_owned(),
        count,
        at: at.to_owned(),
        elsewhere,
    };
    let synced = Elsewhere::Yes("Synced".to_owned());
    let helm = Elsewhere::No("its release is in the cluster only".to_owned());
    scene.impact.definitions = vec![
        definition("Argo CD acoustid", 47, "https://github.com/acme/acoustid", synced),
        definition("Helm index", 3, "", helm),
    ];
    Scene { name: "backup", ..scene }
}

/// Every end that copies can come to but the usable one, the worst first.
pub fn every_end() -> Scene {
    let mut scene = delete();
    let empty = Record {
        amounts: vec![amount(0, Unit::Tables, Some(41)), amount(864, Unit::Bytes, None)],
        ..record("pg_dump", "shop-20261130.dump", 32_400, Evidence::Measured)
    };
    let stored = Stored { fate: Fate::Command, because: "class Delete".to_owned(), ..Stored::default() };
    let dies = Record { stored, ..record("VolumeSnapshot", "pg-1", 7_200, Evidence::Recorded) };
    let sources = vec![
        source("velero", "velero.io", Read::Partly { within: "acoustid".to_owned(), why: Why::Forbidden }),
        source("cronjobs", "batch", Read::All),
    ];
    let holders = vec![
        holder("pg-data-0", vec![dies]),
        holder("index-0", Vec::new()),
        holder("index-1", Vec::new()),
        holder("redis-0", vec![empty]),
        holder("queue-0", vec![record("Velero", "nightly-1", 600, Evidence::Recorded)]),
    ];
    scene.impact.backups = Backups { holders, sources, ..looked() };
    Scene { name: "backups", ..scene }
}
