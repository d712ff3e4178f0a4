//! Copies of a whole server's files: pg_basebackup's directories, told apart by the server's own identifier, and mariadb-backup's.
//! One file alone is no such copy: what its own list names has to be there.

use super::dumps::Candidate;
use super::{Kind, Look, Place};
use crate::engine::backup::{Amount, Covers, Evidence, Expiry, Outcome, Record, Unit};
use crate::engine::human::{counted, number};
use crate::family::machine::links::below;
use crate::family::machine::postgres::cluster::system_id;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{DirEntry, File, read_dir};
use std::io::{BufRead as _, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Instant;

/// So much of a file that only tells is read.
const LARGEST: u64 = 64 << 10;
/// So many files of a manifest are looked for.
const FILES: usize = 20_000;
/// No line of a manifest is longer.
const LINE: u64 = 16 << 10;
/// So many names are told.
const NAMES: usize = 3;

/// The copies in a directory: a record for each place whose it may be.
pub fn read(look: &Look<'_>, candidate: &Candidate, places: &[Place]) -> Vec<(usize, Record)> {
    let dir = below(look.root, &candidate.path);
    if dir.join("backup_manifest").exists() {
        return base(look, &dir, candidate, places);
    }
    let info = ["xtrabackup_info", "mariadb_backup_info"].iter().find_map(|name| text(&dir.join(name)));
    match info {
        Some(info) => mariadb(look, &dir, &info, candidate, places),
        None => Vec::new(),
    }
}

fn text(path: &Path) -> Option<String> {
    let mut text = Vec::new();
    File::open(path).ok()?.take(LARGEST).read_to_end(&mut text).ok()?;
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
fn base(look: &Look<'_>, dir: &Path, candidate: &Candidate, places: &[Place]) -> Vec<(usize, Record)> {
    let named = || {
        let manifest = text(&dir.join("backup_manifest"))?;
        let (_, rest) = manifest.split_once("\"System-Identifier\":")?;
        let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    };
    let id = system_id(&dir.join("global/pg_control")).or_else(named);
    let (outcome, remark) = is_there(look, dir);
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
        record.outcome = outcome.clone();
        record.remarks.extend(remark.clone());
        if record.covers == Covers::Unknown {
            record.remarks.push("it does not say which server it is of".to_owned());
        }
        Some((n, record))
    };
    places.iter().enumerate().filter_map(of).collect()
}

/// Whether the files of a manifest are there, as long as they are in it; where they are packed, whether the packets are
/// (`backup_manifest.c`: a file a line; pg_basebackup(1), `--format`).
fn is_there(look: &Look<'_>, dir: &Path) -> (Outcome, Option<String>) {
    let Ok((files, whole)) = manifest(&dir.join("backup_manifest")) else { return (Outcome::Unknown, None) };
    if !whole {
        return (Outcome::Failed("its list of files is cut off".to_owned()), None);
    }
    let remark =
        (files.len() >= FILES).then(|| format!("only {} of its files were looked at", number(FILES as u64)));
    let names: Vec<String> = entries(dir).iter().map(name).collect();
    let packed = |stem: &str| {
        names
            .iter()
            .find(|name| name.strip_prefix(stem).is_some_and(|end| end == ".tar" || end.starts_with(".tar.")))
    };
    if packed("base").is_some() {
        return (packets(dir, &files, packed), remark);
    }
    let (mut missing, mut short) = (0, 0);
    for (n, (path, size)) in files.iter().enumerate() {
        if n % 256 == 0 && n > 0 && Instant::now() >= look.until {
            return (Outcome::Unknown, Some("there was no time to look for its files".to_owned()));
        }
        match std::fs::metadata(dir.join(path)) {
            Ok(meta) if meta.len() >= *size => {}
            Ok(_) => short += 1,
            Err(_) => missing += 1,
        }
    }
    let of = |n: u64, are: &str| {
        Outcome::Failed(format!("{} of {} {are}", number(n), counted(files.len() as u64, "file")))
    };
    let outcome = match (missing, short) {
        (0, 0) => Outcome::Ok,
        (0, n) => of(n, "are cut off"),
        (n, _) => of(n, "are not there"),
    };
    (outcome, remark)
}

/// Whether the packets are there that these files are in, and whether one is too short for them.
fn packets<'a>(dir: &Path, files: &[(String, u64)], packed: impl Fn(&str) -> Option<&'a String>) -> Outcome {
    /// More than this nothing is packed by deflate (RFC 1951).
    const MOST: u64 = 1_032;
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    for (path, size) in files {
        // Of a table space each has its own, called by its number.
        let stem = path.strip_prefix("pg_tblspc/").and_then(|rest| rest.split('/').next()).unwrap_or("base");
        let sum = sizes.entry(stem).or_default();
        *sum = sum.saturating_add(*size);
    }
    for (stem, size) in sizes {
        let Some(packet) = packed(stem) else { return Outcome::Failed(format!("{stem}.tar is not there")) };
        let least = if packet.ends_with(".tar") { size } else { size / MOST };
        let is_short = std::fs::metadata(dir.join(packet)).is_ok_and(|meta| meta.len() < least);
        if is_short && (packet.ends_with(".tar") || packet.ends_with(".gz")) {
            return Outcome::Failed(format!("{packet} is cut off"));
        }
    }
    Outcome::Ok
}

/// The files of a manifest and their sizes, and whether it ends with its checksum as a whole one does.
fn manifest(path: &Path) -> std::io::Result<(Vec<(String, u64)>, bool)> {
    let mut file = File::open(path)?;
    let mut tail = Vec::new();
    let end = file.metadata()?.len();
    file.seek(SeekFrom::Start(end.saturating_sub(256)))?;
    Read::by_ref(&mut file).take(256).read_to_end(&mut tail)?;
    let whole = String::from_utf8_lossy(&tail).contains("\"Manifest-Checksum\"");
    file.rewind()?;
    let mut lines = BufReader::new(file);
    let mut files = Vec::new();
    let mut line = Vec::new();
    while files.len() < FILES && Read::by_ref(&mut lines).take(LINE).read_until(b'\n', &mut line)? > 0 {
        files.extend(listed(&line));
        line.clear();
    }
    Ok((files, whole))
}

/// `{ "Path": "base/1/112", "Size": 8192, … },`: a name that is not UTF-8 is written in hexadecimal.
fn listed(line: &[u8]) -> Option<(String, u64)> {
    let text = std::str::from_utf8(line).ok()?.trim();
    // The first one may stand behind the name of the list.
    let text = text.get(text.rfind("{ \"")?..)?.trim_end_matches([',', ']']);
    let of: Value = serde_json::from_str(text).ok()?;
    let path = of.get("Path").and_then(Value::as_str)?;
    let within = !path.starts_with('/') && !path.split('/').any(|part| part == "..");
    Some((path.to_owned(), of.get("Size").and_then(Value::as_u64)?)).filter(|_| within)
}

fn entries(dir: &Path) -> Vec<DirEntry> {
    read_dir(dir).into_iter().flatten().flatten().take(FILES).collect()
}

fn name(entry: &DirEntry) -> String {
    entry.file_name().to_string_lossy().into_owned()
}

/// What a copy of a MariaDB's files cannot do without and does not have: its system table space, and a directory for each database
/// that there was when it ended.
fn lacks(look: &Look<'_>, dir: &Path, place: &Place, candidate: &Candidate, partial: bool) -> Vec<String> {
    let own: BTreeSet<String> = entries(dir).iter().map(name).collect();
    let settings = text(&dir.join("backup-my.cnf")).unwrap_or_default();
    let spaces = settings.lines().find_map(|line| line.strip_prefix("innodb_data_file_path="));
    let spaces = spaces.unwrap_or("ibdata1").split(';').filter_map(|space| space.split(':').next());
    let space = |space: &str| space.rsplit('/').next().unwrap_or_default().trim().to_owned();
    // Packed or an increment it has an end to its name.
    let is = |space: &String| own.iter().any(|name| name == space || name.starts_with(&format!("{space}.")));
    let mut missing: Vec<String> =
        spaces.map(space).filter(|space| !space.is_empty() && !is(space)).collect();
    let data = below(look.root, &place.data);
    if partial || place.data.as_os_str().is_empty() || !data.join("mysql").is_dir() {
        return missing;
    }
    let made = |entry: &DirEntry| {
        let at = entry.metadata().and_then(|meta| meta.created()).ok()?;
        let at = at.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(at.as_secs()).ok()
    };
    let databases = entries(&data).into_iter().filter(|entry| {
        let name = name(entry);
        let odd =
            name.starts_with(['#', '.']) || matches!(name.as_str(), "performance_schema" | "lost+found");
        !odd && entry.path().is_dir() && holds_tables(&entry.path())
    });
    let missed = databases.filter(|entry| {
        !own.contains(&name(entry)) && made(entry).is_some_and(|made| made < candidate.written_at)
    });
    missing.extend(missed.map(|entry| format!("{}/", name(&entry))));
    missing.sort();
    missing
}

/// Whether a directory is a database, by what the server puts into it.
fn holds_tables(dir: &Path) -> bool {
    let ends = ["opt", "frm", "ibd", "MYD", "MAD"];
    let of =
        |entry: DirEntry| entry.path().extension().is_some_and(|end| ends.iter().any(|known| end == *known));
    read_dir(dir).into_iter().flatten().flatten().take(64).any(of)
}

/// `end_time = 2026-11-30 02:15:12`, `partial = N` (mariadb-backup's manual, `xtrabackup_info`).
fn mariadb(
    look: &Look<'_>,
    dir: &Path,
    info: &str,
    candidate: &Candidate,
    places: &[Place],
) -> Vec<(usize, Record)> {
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
        let partial = value("partial");
        let lacks = lacks(look, dir, place, candidate, partial.as_deref() == Some("Y"));
        record.outcome = match (partial.as_deref(), value("end_time"), kind.as_deref()) {
            _ if !lacks.is_empty() => Outcome::Failed(not_there(&lacks)),
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
        let files = read_dir(dir).into_iter().flatten().count() as u64;
        record.amounts.push(Amount { n: files, unit: Unit::Files, live: None });
        Some((n, record))
    };
    places.iter().enumerate().filter_map(of).collect()
}

/// `ibdata1, shop/ are not there`
fn not_there(all: &[String]) -> String {
    let first: Vec<&str> = all.iter().take(NAMES).map(String::as_str).collect();
    let more = all.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let are = if all.len() == 1 { "is" } else { "are" };
    format!("{}{more} {are} not there", first.join(", "))
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
        std::fs::write(dir.path().join("ibdata1"), "").unwrap();
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

    /// A directory with a list of these files, all but the last of which are there.
    fn copied(dir: &Path, files: &[(&str, usize)], end: &str) {
        let line = |(path, size): &(&str, usize)| {
            format!(
                "{{ \"Path\": \"{path}\", \"Size\": {size}, \"Last-Modified\": \"2026-12-01 01:01:01 GMT\" }}"
            )
        };
        let lines: Vec<String> = files.iter().map(line).collect();
        let text = format!(
            "{{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [\n{}\n],\n{end}",
            lines.join(",\n")
        );
        std::fs::write(dir.join("backup_manifest"), text).unwrap();
    }

    #[test]
    fn the_list_of_files_alone_is_no_copy() {
        const END: &str = "\"WAL-Ranges\": [],\n\"Manifest-Checksum\": \"0\"}\n";
        let dir = tempfile::tempdir().unwrap();
        let world = World::of(&[], "/");
        let until = Instant::now() + std::time::Duration::from_secs(60);
        let look = Look { root: Path::new("/"), world: &world, until, now: 0 };
        let files = [("PG_VERSION", 3), ("base/1/112", 10), ("pg_tblspc/7/x", 1)];
        copied(dir.path(), &files, END);
        let outcome = || is_there(&look, dir.path()).0;
        let failed = |why: &str| Outcome::Failed(why.to_owned());
        assert_eq!(outcome(), failed("3 of 3 files are not there"));
        std::fs::create_dir_all(dir.path().join("base/1")).unwrap();
        std::fs::create_dir_all(dir.path().join("pg_tblspc/7")).unwrap();
        std::fs::write(dir.path().join("PG_VERSION"), "15\n").unwrap();
        std::fs::write(dir.path().join("base/1/112"), "0123456789").unwrap();
        assert_eq!(outcome(), failed("1 of 3 files are not there"));
        std::fs::write(dir.path().join("pg_tblspc/7/x"), "x").unwrap();
        assert_eq!(outcome(), Outcome::Ok);
        std::fs::write(dir.path().join("base/1/112"), "0").unwrap();
        assert_eq!(outcome(), failed("1 of 3 files are cut off"));
        copied(dir.path(), &files, "");
        assert_eq!(outcome(), failed("its list of files is cut off"));
        // Packed, each table space by itself.
        copied(dir.path(), &files, END);
        std::fs::write(dir.path().join("base.tar"), [0; 40]).unwrap();
        assert_eq!(outcome(), failed("7.tar is not there"));
        std::fs::write(dir.path().join("7.tar.gz"), "x").unwrap();
        assert_eq!(outcome(), Outcome::Ok);
        std::fs::write(dir.path().join("base.tar"), [0; 12]).unwrap();
        assert_eq!(outcome(), failed("base.tar is cut off"));
    }

    #[test]
    fn what_a_copy_of_mariadb_lacks() {
        let (dir, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let world = World::of(&[], "/");
        let look = Look { root: Path::new("/"), world: &world, until: Instant::now(), now: 0 };
        for name in ["mysql", "shop", "later", "no database"] {
            std::fs::create_dir(data.path().join(name)).unwrap();
            if name != "no database" {
                std::fs::write(data.path().join(name).join("db.opt"), "").unwrap();
            }
        }
        let candidate = |written_at| Candidate {
            path: dir.path().to_owned(),
            is_dir: true,
            size: 0,
            written_at,
            inode: 1,
        };
        let place = Place { data: data.path().to_owned(), ..place(Kind::MySql, None) };
        let of = |at, partial| lacks(&look, dir.path(), &place, &candidate(at), partial);
        assert_eq!(of(i64::MAX, false), ["ibdata1", "later/", "mysql/", "shop/"]);
        assert_eq!(of(i64::MAX, true), ["ibdata1"]);
        assert_eq!(of(0, false), ["ibdata1"], "those were made later");
        std::fs::write(dir.path().join("ibdata1.qp"), "").unwrap();
        for name in ["mysql", "shop", "later"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        assert!(of(i64::MAX, false).is_empty());
        std::fs::write(
            dir.path().join("backup-my.cnf"),
            "[mysqld]\ninnodb_data_file_path=a:1M;b:1M:autoextend\n",
        )
        .unwrap();
        assert_eq!(not_there(&of(0, false)), "a, b are not there");
    }
}
