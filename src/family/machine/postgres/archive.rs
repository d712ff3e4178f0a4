//! An archive that pg_dump wrote (`-Fc`, `-Fd`, `-Ft`), read back by pg_restore: its list of contents, and every row of it.
//!
//! What is looked at (tried with PostgreSQL 15): `pg_restore --list` accepts an archive that was cut off, and a directory with a file
//! missing, so that the whole of it is read.

use super::server::programs;
use crate::engine::backup::content::{Contents, Table, Through};
use crate::engine::backup::sql_dump::{Part, Reader};
use crate::family::machine::child::{self, Ended, Out};
use crate::family::machine::postgres::cluster::is_version;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// An archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archive {
    /// The database it is of.
    pub database: Option<String>,
    /// The major version of the server it is of: `15`.
    pub version: Option<String>,
    /// When it was begun, as its own clock had it: `2026-11-30 02:15:12`.
    pub begun: Option<String>,
    /// What is in it.
    pub contents: Contents,
}

/// Reasons of pg_restore that are about itself and not about the archive (`pg_backup_archiver.c`, `compress_io.c`).
const OWN_FAULTS: &[&str] =
    &["unsupported version", "not built with", "this build does not support", "Permission denied"];

/// Entries that make nothing a row could go into: `--data-only` has them as well.
const NO_DEFINITIONS: &[&str] = &["SEQUENCE SET ", "DATABASE ", "DATABASE PROPERTIES ", "ACL ", "COMMENT "];
/// So many last bytes are looked at.
const TAIL: usize = 4 << 10;
/// The end of a tar.
const TAR_END: usize = 1024;
/// A length of nothing, in pg_dump's own format.
const NO_LENGTH: usize = 5;

/// The newest pg_restore that is installed: an older one does not read what a newer server wrote.
pub fn newest_restore() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut names: Vec<String> = versions.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| is_version(name) && programs(name).join("pg_restore").exists());
    names
        .sort_by_key(|name| name.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>());
    names.last().map(|name| programs(name).join("pg_restore"))
}

/// pg_restore on an archive, as the one it belongs to, with nothing of the caller's world.
fn restore(program: &Path, args: &[&str], archive: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("TZ", "UTC")]).current_dir("/");
    command.args(args).arg(archive);
    // What somebody else has written is not read as root.
    if rustix::process::geteuid().is_root()
        && let Ok(meta) = std::fs::metadata(archive)
        && meta.uid() != 0
    {
        command.gid(meta.gid()).uid(meta.uid());
    }
    command
}

/// Reads an archive. Its list has to come in time; where the rows do not, they are not known.
///
/// # Errors
/// Why nobody can tell whether it is any use.
pub fn read(program: &Path, archive: &Path, until: Instant) -> Result<Archive, String> {
    let (ended, list) = child::output(restore(program, &["--list"], archive), until)?;
    if !ended.ok {
        return broken(&ended).map(|read| Archive {
            contents: Contents { read, ..Contents::default() },
            ..Archive::default()
        });
    }
    let mut found = listed(&list);
    let mut reader = Reader::default();
    let all = child::run(
        restore(program, &["--data-only", "-f", "-"], archive),
        Out::To(&mut |some| reader.read(some)),
        until,
    );
    match all {
        Ok(ended) if ended.ok => match reader.finish(true) {
            // Of a tar that was cut off, pg_restore says nothing: the rows just end.
            Some(dump) => take(&mut found.contents, dump.parts),
            None => found.contents.read = Through::Listed { ends: ends_whole(archive, &list) },
        },
        Ok(ended) => found.contents.read = broken(&ended)?,
        Err(_) if Instant::now() >= until => {
            found.contents.read = Through::Listed { ends: ends_whole(archive, &list) };
        }
        Err(why) => return Err(why),
    }
    Ok(found)
}

/// Takes over what was read of the rows. A name stands there for certain, in the list it runs into that of its owner.
fn take(contents: &mut Contents, parts: Vec<Part>) {
    contents.read = Through::Whole;
    contents.tables.clear();
    for part in parts {
        if let Through::Broken(why) = part.contents.read {
            contents.read = Through::Broken(format!("it cannot be read back: {why}"));
        }
        contents.tables.extend(part.contents.tables);
    }
}

/// Whether an archive ends as a whole one does, where there is no time to read all of it. pg_dump's own format ends with a length of
/// nothing, behind the last piece of the last rows (`_EndData`, `_EndLOs` of `pg_backup_custom.c`: a sign and four bytes); a tar
/// with two blocks of zeros (`_CloseArchive` of `pg_backup_tar.c`); of a directory the list is written last, and names each file.
fn ends_whole(archive: &Path, list: &str) -> bool {
    if archive.is_dir() {
        let number = |line: &str| {
            let (number, _) = line.split_once(';')?;
            table_data(line).and(number.parse::<u64>().ok())
        };
        let is_there = |number: u64| {
            ["", ".gz", ".lz4", ".zst"].iter().any(|end| {
                let meta = std::fs::metadata(archive.join(format!("{number}.dat{end}")));
                meta.is_ok_and(|meta| meta.len() > 0)
            })
        };
        return list.lines().filter_map(number).all(is_there);
    }
    let Ok((tar, tail)) = both_ends(archive) else { return false };
    let zeros = tail.iter().rev().take_while(|byte| **byte == 0).count();
    // A file system that lost its end fills it with zeros, and with more of them.
    if tar { (TAR_END..TAIL).contains(&zeros) } else { (NO_LENGTH..TAIL / 2).contains(&zeros) }
}

/// Whether it is a tar, and its last bytes.
fn both_ends(archive: &Path) -> std::io::Result<(bool, Vec<u8>)> {
    let mut file = std::fs::File::open(archive)?;
    let mut head = [0; 5];
    file.read_exact(&mut head)?;
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL as u64)))?;
    let mut tail = Vec::new();
    file.take(TAIL as u64).read_to_end(&mut tail)?;
    Ok((&head != b"PGDMP", tail))
}

/// Why pg_restore refused an archive. Whatever ended it without a word was not the archive.
///
/// # Errors
/// Where the reason is none of the archive's.
fn broken(ended: &Ended) -> Result<Through, String> {
    let why = ended.why();
    let why = why.trim_start_matches("pg_restore: ").trim_start_matches("error: ");
    if ended.said.trim().is_empty() || OWN_FAULTS.iter().any(|fault| why.contains(fault)) {
        return Err(why.to_owned());
    }
    Ok(Through::Broken(format!("it cannot be read back: {why}")))
}

/// What `pg_restore --list` says (`PrintTOCSummary`).
fn listed(list: &str) -> Archive {
    let mut found = Archive::default();
    found.contents.defined = Some(0);
    for line in list.lines() {
        if let Some(header) = line.strip_prefix(';') {
            let header = header.trim();
            let value = |key: &str| header.strip_prefix(key).map(str::trim);
            if let Some(name) = value("dbname:") {
                found.database = Some(name.to_owned());
            } else if let Some(version) = value("Dumped from database version:") {
                let major = version.split(['.', ' ']).next().unwrap_or_default();
                // `9.6.24` is of 9.6.
                let major = match version.split('.').collect::<Vec<_>>().as_slice() {
                    ["9", minor, ..] => format!("9.{minor}"),
                    _ => major.to_owned(),
                };
                found.version = Some(major);
            } else if let Some(begun) = value("Archive created at") {
                found.begun = begun.get(..19).map(str::to_owned);
            }
        } else if let Some(name) = table_data(line) {
            found.contents.tables.push(Table { name, rows: None });
        } else if is_other_data(line) {
            found.contents.others += 1;
        } else if described(line).is_some_and(|rest| !NO_DEFINITIONS.iter().any(|no| rest.starts_with(no))) {
            found.contents.defined = found.contents.defined.map(|n| n + 1);
        }
    }
    found
}

/// `3355; 0 16385 TABLE DATA public t postgres` → `public.t`
fn table_data(line: &str) -> Option<String> {
    let rest = described(line)?.strip_prefix("TABLE DATA ")?;
    let (schema, rest) = rest.split_once(' ')?;
    let (name, _owner) = rest.rsplit_once(' ')?;
    Some(format!("{schema}.{name}"))
}

fn is_other_data(line: &str) -> bool {
    let kinds = ["BLOB ", "BLOBS ", "BLOB METADATA ", "MATERIALIZED VIEW DATA "];
    described(line).is_some_and(|rest| kinds.iter().any(|kind| rest.starts_with(kind)))
}

/// What stands behind the three numbers of an entry.
fn described(line: &str) -> Option<&str> {
    let (number, rest) = line.split_once("; ")?;
    number.parse::<u64>().ok()?;
    let (_, rest) = rest.split_once(' ')?;
    Some(rest.split_once(' ')?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_contents() {
        let found = listed(
            ";\n; Archive created at 2026-11-30 02:15:12 UTC\n;     dbname: shop\n;     Dumped from database version: 15.18 (Debian 15.18-0+deb12u1)\n;\n\
             215; 1259 16385 TABLE public DATA postgres\n3355; 0 16385 TABLE DATA public t postgres\n3356; 0 16386 TABLE DATA sales Order Items alice\n\
             3357; 0 0 BLOBS - BLOBS \n3358; 0 1 MATERIALIZED VIEW DATA public v postgres\n",
        );
        let names: Vec<&str> = found.contents.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["public.t", "sales.Order Items"]);
        assert_eq!((found.database.as_deref(), found.version.as_deref()), (Some("shop"), Some("15")));
        assert_eq!((found.begun.as_deref(), found.contents.others), (Some("2026-11-30 02:15:12"), 2));
        assert_eq!(listed(";     Dumped from database version: 9.6.24\n").version.as_deref(), Some("9.6"));
    }

    #[test]
    fn faults_of_its_own_are_none_of_the_archives() {
        let said = |said: &str| broken(&Ended { ok: false, said: said.to_owned() });
        assert!(said("pg_restore: error: unsupported version (1.16) in file header").is_err());
        assert!(said("").is_err(), "whoever ended it said nothing of the archive");
        assert_eq!(
            said("pg_restore: error: could not read from input file: end of file").unwrap(),
            Through::Broken("it cannot be read back: could not read from input file: end of file".to_owned())
        );
    }
}
