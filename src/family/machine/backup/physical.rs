//! Copies of a whole server's files: pg_basebackup's directories, told apart by the server's own identifier, and mariadb-backup's.

use super::dumps::Candidate;
use super::{Kind, Look, Place};
use crate::engine::backup::{Amount, Covers, Evidence, Expiry, Outcome, Record, Unit};
use crate::family::machine::links::below;
use crate::family::machine::postgres::cluster::system_id;
use std::path::Path;

/// So much of a manifest is read.
const LARGEST: u64 = 64 << 10;

/// The copies in a directory: a record for each place whose it may be.
pub fn read(look: &Look<'_>, candidate: &Candidate, places: &[Place]) -> Vec<(usize, Record)> {
    let dir = below(look.root, &candidate.path);
    if dir.join("backup_manifest").exists() {
        return base(&dir, candidate, places);
    }
    let info = ["xtrabackup_info", "mariadb_backup_info"].iter().find_map(|name| text(&dir.join(name)));
    match info {
        Some(info) => mariadb(&dir, &info, candidate, places),
        None => Vec::new(),
    }
}

fn text(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut text = Vec::new();
    std::fs::File::open(path).ok()?.take(LARGEST).read_to_end(&mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

fn record(tool: &'static str, candidate: &Candidate) -> Record {
    let name = candidate.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut record = Record::of(tool, name, Evidence::Recorded);
    record.finished_at = Some(candidate.written_at);
    record.outcome = Outcome::Ok;
    record.expires = Expiry::Never;
    record
}

/// The manifest is written last, so that its time is the end (`basebackup.c`); it names the server since PostgreSQL 17.
fn base(dir: &Path, candidate: &Candidate, places: &[Place]) -> Vec<(usize, Record)> {
    let named = || {
        let manifest = text(&dir.join("backup_manifest"))?;
        let (_, rest) = manifest.split_once("\"System-Identifier\":")?;
        let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    };
    let id = system_id(&dir.join("global/pg_control")).or_else(named);
    let of = |(n, place): (usize, &Place)| {
        if place.kind != Kind::Postgres {
            return None;
        }
        let mut record = record("pg_basebackup", candidate);
        record.covers = match (id, place.system_id) {
            (Some(id), Some(own)) if id == own => Covers::Yes,
            (Some(_), Some(_)) => return None,
            _ => Covers::Unknown,
        };
        if record.covers == Covers::Unknown {
            record.remarks.push("it does not say which server it is of".to_owned());
        }
        Some((n, record))
    };
    places.iter().enumerate().filter_map(of).collect()
}

/// `end_time = 2026-11-30 02:15:12`, `partial = N` (mariadb-backup's manual, `xtrabackup_info`).
fn mariadb(dir: &Path, info: &str, candidate: &Candidate, places: &[Place]) -> Vec<(usize, Record)> {
    let value = |key: &str| {
        info.lines()
            .filter_map(|line| line.split_once('='))
            .find(|(k, _)| k.trim() == key)
            .map(|(_, v)| v.trim().to_owned())
    };
    let servers = places.iter().filter(|place| place.kind == Kind::MySql).count();
    let checkpoints = ["xtrabackup_checkpoints", "mariadb_backup_checkpoints"]
        .iter()
        .find_map(|name| text(&dir.join(name)));
    let kind = checkpoints
        .as_deref()
        .and_then(|text| text.lines().find_map(|line| line.split_once("backup_type = ")));
    let kind = kind.map(|(_, kind)| kind.trim().to_owned());
    let of = |(n, place): (usize, &Place)| {
        if place.kind != Kind::MySql {
            return None;
        }
        let mut record = record("mariadb-backup", candidate);
        // Nothing in it names the server.
        record.covers = if servers == 1 { Covers::Yes } else { Covers::Unknown };
        record.outcome = match (value("partial").as_deref(), value("end_time"), kind.as_deref()) {
            (Some("Y"), ..) => Outcome::Partial("only some databases".to_owned()),
            (_, None, _) => Outcome::Unknown,
            (_, _, Some("incremental")) => {
                Outcome::Partial("an increment, of no use without what it builds on".to_owned())
            }
            (_, _, None) => Outcome::Unknown,
            _ => Outcome::Ok,
        };
        if kind.as_deref() == Some("full-backuped") {
            record.remarks.push("not prepared yet".to_owned());
        }
        let files = std::fs::read_dir(dir).into_iter().flatten().count() as u64;
        record.amounts.push(Amount { n: files, unit: Unit::Files, live: None });
        Some((n, record))
    };
    places.iter().enumerate().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use std::time::Instant;

    fn place(kind: Kind, system_id: Option<u64>) -> Place {
        Place { kind, system_id, ..Place::default() }
    }

    #[test]
    fn copies_of_files_are_told_by_the_server_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::of(&[], "/");
        let look = Look { root: Path::new("/"), world: &world, until: Instant::now(), now: 0 };
        let candidate =
            Candidate { path: dir.path().to_owned(), is_dir: true, size: 0, written_at: 7, inode: 1 };
        std::fs::write(
            dir.path().join("backup_manifest"),
            "{ \"PostgreSQL-Backup-Manifest-Version\": 2,\n\"System-Identifier\": 18446744073709551615,\n",
        )
        .unwrap();
        let covers = |places: &[Place]| -> Vec<(usize, Covers)> {
            read(&look, &candidate, places).into_iter().map(|(n, record)| (n, record.covers)).collect()
        };
        let places =
            [place(Kind::Postgres, Some(u64::MAX)), place(Kind::Postgres, Some(5)), place(Kind::Redis, None)];
        assert_eq!(covers(&places), [(0, Covers::Yes)]);
        std::fs::write(dir.path().join("backup_manifest"), "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n")
            .unwrap();
        assert_eq!(covers(&places), [(0, Covers::Unknown), (1, Covers::Unknown)]);
    }

    #[test]
    fn mariadb_says_what_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::of(&[], "/");
        let look = Look { root: Path::new("/"), world: &world, until: Instant::now(), now: 0 };
        let candidate =
            Candidate { path: dir.path().to_owned(), is_dir: true, size: 0, written_at: 7, inode: 1 };
        let places = [place(Kind::MySql, None)];
        for (info, checkpoints, want) in [
            ("end_time = x\npartial = N\n", "backup_type = full-prepared\n", Outcome::Ok),
            (
                "end_time = x\npartial = Y\n",
                "backup_type = full-prepared\n",
                Outcome::Partial("only some databases".into()),
            ),
            ("partial = N\n", "backup_type = full-prepared\n", Outcome::Unknown),
            (
                "end_time = x\n",
                "backup_type = incremental\n",
                Outcome::Partial("an increment, of no use without what it builds on".into()),
            ),
            ("end_time = x\n", "", Outcome::Unknown),
        ] {
            std::fs::write(dir.path().join("xtrabackup_info"), info).unwrap();
            std::fs::write(dir.path().join("xtrabackup_checkpoints"), checkpoints).unwrap();
            let found = read(&look, &candidate, &places);
            assert_eq!((found[0].1.covers, &found[0].1.outcome), (Covers::Yes, &want), "{info}");
        }
    }
}
