//! pgBackRest's own catalogue: `pgbackrest --output=json info` (pgBackRest 2.45, `src/command/info/info.c`).
//!
//! What it says of a repository that is not there (tried with 2.45): an empty list and status 0, the same as when nobody has ever
//! set it up. So a stanza that is configured and not listed is unknown, and never a database without a backup.

use super::stored;
use super::tool::{self, Tool};
use super::{Found, Kind, Look, Place};
use crate::engine::backup::{
    Amount, Covers, Evidence, Expiry, Fate, Outcome, Previous, Read, Record, Source, Stored, Unit,
};
use crate::engine::fact::Why;
use crate::family::machine::links::below;
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// So much of a configuration is read.
const LARGEST: u64 = 256 << 10;
/// So many files of a directory of them.
const FILES: usize = 64;
/// So many backups of one place are told.
const NEWEST: usize = 3;

/// What pgBackRest has of these places; `None` where it is not configured.
pub fn read(look: &Look<'_>, places: &[Place]) -> Option<Found> {
    let configured = match Configuration::read(look.root) {
        Ok(None) => return None,
        Ok(Some(configured)) => configured,
        Err(why) => return Some(unread(why)),
    };
    // A package that nobody has set up: its own file names no stanza.
    if configured.stanzas().next().is_none() {
        return Some(Found { source: source(Read::All), records: Vec::new() });
    }
    Some(match ask(look, places) {
        Ok(answer) => told(look.root, &answer, &configured, places),
        Err(why) => unread(why),
    })
}

fn source(read: Read) -> Source {
    Source { name: "pgbackrest", full: "pgBackRest", read }
}

fn unread(why: Why) -> Found {
    Found { source: source(Read::Not(why)), records: Vec::new() }
}

fn ask(look: &Look<'_>, places: &[Place]) -> Result<Value, Why> {
    // Whoever owns the data owns the repository; its files are nobody else's to read.
    let accounts = tool::accounts(look.root);
    let owner = places.iter().filter(|place| place.kind == Kind::Postgres).find_map(|place| {
        let uid = std::fs::metadata(below(look.root, &place.data)).ok()?.uid();
        accounts.iter().find(|account| account.uid == uid)
    });
    let owner = owner.or_else(|| accounts.iter().find(|account| account.name == "postgres"));
    let tool = Tool::find(look, "pgbackrest", owner.cloned())?;
    let args = [
        "--output=json",
        "--log-level-console=off",
        "--log-level-stderr=error",
        "--log-level-file=off",
        "info",
    ];
    let done = tool.ask(&args, &[], look.until)?;
    if !done.ok {
        return Err(tool::why(&done));
    }
    // A system identifier needs all of its 64 bits: it is read as the number it is.
    serde_json::from_slice(&done.out).map_err(|_| Why::Failed("an answer in another form".to_owned()))
}

/// The configuration: values by section and name.
#[derive(Debug, Default)]
struct Configuration(BTreeMap<(String, String), String>);

impl Configuration {
    /// Reads `/etc/pgbackrest.conf` or `/etc/pgbackrest/pgbackrest.conf` and the directory beside that (pgBackRest's own guide,
    /// "Command Line Options: --config"). `Ok(None)`: there is none.
    fn read(root: &Path) -> Result<Option<Configuration>, Why> {
        let mut files = Vec::new();
        let main = ["etc/pgbackrest/pgbackrest.conf", "etc/pgbackrest.conf"];
        for path in main {
            if let Some(text) = tool::read(&root.join(path), LARGEST)? {
                files.push(text);
                break;
            }
        }
        let dir = root.join("etc/pgbackrest/conf.d");
        match std::fs::read_dir(&dir) {
            Ok(entries) => {
                let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
                paths.retain(|path| path.extension().is_some_and(|end| end == "conf"));
                paths.sort();
                for path in paths.iter().take(FILES) {
                    files.extend(tool::read(path, LARGEST)?);
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(tool::of_io(&dir, &e)),
        }
        Ok((!files.is_empty()).then(|| Configuration::parse(&files.join("\n"))))
    }

    fn parse(text: &str) -> Configuration {
        let (mut all, mut section) = (BTreeMap::new(), String::new());
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.clone_into(&mut section);
            } else if let Some((name, value)) = line.split_once('=') {
                all.insert((section.clone(), name.trim().to_owned()), value.trim().to_owned());
            }
        }
        Configuration(all)
    }

    /// Stanzas, each once. What holds for one command of one is behind a colon.
    fn stanzas(&self) -> impl Iterator<Item = &str> {
        let mut seen: Vec<&str> =
            self.0.keys().filter_map(|(section, _)| section.split(':').next()).collect();
        seen.dedup();
        seen.into_iter().filter(|name| !name.is_empty() && *name != "global")
    }

    /// The value that holds for a stanza.
    fn of(&self, stanza: &str, name: &str) -> Option<&str> {
        let at = |section: &str| self.0.get(&(section.to_owned(), name.to_owned()));
        at(stanza).or_else(|| at("global")).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a stanza's data on this machine is that of a place; `None` where it does not say.
    fn is_of(&self, stanza: &str, place: &Place) -> Option<bool> {
        let mut paths = Vec::new();
        for n in 1..=8 {
            // Data on another machine is none of this one's.
            if self.of(stanza, &format!("pg{n}-host")).is_none() {
                paths.extend(self.of(stanza, &format!("pg{n}-path")));
            }
        }
        (!paths.is_empty()).then(|| paths.iter().any(|path| Path::new(path) == place.data))
    }

    /// Where a repository lies (`repo1-type`, "Repository Options").
    fn stored(&self, root: &Path, stanza: &str, repo: u64, place: &Place) -> Stored {
        let of = |name: &str| self.of(stanza, &format!("repo{repo}-{name}"));
        let path = of("path").unwrap_or("/var/lib/pgbackrest");
        let bucket = |scheme: &str, name: &str, endpoint: Option<&str>| {
            let address = format!("{scheme}://{}", of(name).unwrap_or_default());
            stored::at_address(root, &address, endpoint)
        };
        match (of("type").unwrap_or("posix"), of("host")) {
            ("s3", _) => {
                let host = of("storage-host").or_else(|| of("s3-endpoint"));
                bucket("s3", "s3-bucket", host.map(|host| host.split(':').next().unwrap_or(host)))
            }
            ("azure", _) => bucket("azure", "azure-container", of("storage-host")),
            ("gcs", _) => bucket("gs", "gcs-bucket", of("storage-host")),
            ("sftp", _) => {
                let host = of("sftp-host").unwrap_or_default();
                Stored {
                    at: format!("sftp://{host}{path}"),
                    fate: stored::on_host(root, host),
                    ..Stored::default()
                }
            }
            (_, Some(host)) => Stored {
                at: format!("{host}:{path}"),
                fate: stored::on_host(root, host),
                ..Stored::default()
            },
            ("posix" | "cifs", None) => stored::in_path(root, Path::new(path), place),
            _ => Stored { at: path.to_owned(), fate: Fate::Unknown, ..Stored::default() },
        }
    }
}

/// What an answer says of these places.
fn told(root: &Path, answer: &Value, configured: &Configuration, places: &[Place]) -> Found {
    let Some(listed) = answer.as_array() else {
        return unread(Why::Failed("an answer in another form".to_owned()));
    };
    let name = |stanza: &Value| stanza.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut gaps: Vec<String> = listed.iter().flat_map(gaps).collect();
    for stanza in configured.stanzas().filter(|stanza| !listed.iter().any(|one| name(one) == **stanza)) {
        gaps.push(format!(
            "no stanza {stanza} in {}",
            configured.of(stanza, "repo1-path").unwrap_or("its repository")
        ));
    }
    let mut records = Vec::new();
    for (at, place) in places.iter().enumerate().filter(|(_, place)| place.kind == Kind::Postgres) {
        let mut of_place: Vec<Record> = listed
            .iter()
            .flat_map(|stanza| of_stanza(root, stanza, &name(stanza), configured, places, place))
            .collect();
        of_place.sort_by_key(|record| std::cmp::Reverse(record.finished_at));
        of_place.truncate(NEWEST);
        records.extend(of_place.into_iter().map(|record| (at, record)));
    }
    gaps.sort();
    gaps.dedup();
    let why = Why::Failed(gaps.join(", "));
    let why = if gaps.iter().any(|gap| gap.contains("Permission denied")) { Why::Forbidden } else { why };
    let read = match (gaps.is_empty(), records.is_empty()) {
        (true, _) => Read::All,
        (false, true) => Read::Not(why),
        (false, false) => Read::Partly { within: "the repositories that answered".to_owned(), why },
    };
    Found { source: source(read), records }
}

/// What could not be read of a stanza, by the status of each of its repositories (`info.c`: 0 is well, 2 is read and without a
/// backup, 4 says that they differ; of the others nothing is known).
fn gaps(stanza: &Value) -> Vec<String> {
    let bad = |status: &Value| {
        let code = status.get("code").and_then(Value::as_u64);
        let message = status.get("message").and_then(Value::as_str).unwrap_or("no status");
        (!matches!(code, Some(0 | 2 | 4))).then(|| message.to_owned())
    };
    let repos = stanza.get("repo").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<String> =
        repos.iter().filter_map(|repo| bad(repo.get("status").unwrap_or(&Value::Null))).collect();
    if found.is_empty() {
        found.extend(bad(stanza.get("status").unwrap_or(&Value::Null)));
    }
    found
}

fn of_stanza(
    root: &Path,
    stanza: &Value,
    name: &str,
    configured: &Configuration,
    places: &[Place],
    place: &Place,
) -> Vec<Record> {
    let list = |key: &str| stanza.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let number = |of: &Value, at: &str| of.pointer(at).and_then(Value::as_u64);
    let time = |of: &Value| of.pointer("/timestamp/stop").and_then(Value::as_i64);
    let database =
        |backup: &Value| (number(backup, "/database/id"), number(backup, "/database/repo-key").unwrap_or(1));
    let system_id = |backup: &Value| {
        let key = database(backup);
        let of = |db: &&Value| (number(db, "/id"), number(db, "/repo-key").unwrap_or(1)) == key;
        number(list("db").iter().find(of)?, "/system-id")
    };
    // A clone has the identifier of what it was cloned from: then the path tells them apart.
    let twins =
        places.iter().filter(|other| other.system_id.is_some() && other.system_id == place.system_id).count()
            > 1;
    let mut records = Vec::new();
    for backup in list("backup") {
        let by_path = configured.is_of(name, place);
        let covers = match (system_id(backup), place.system_id) {
            (Some(a), Some(b)) if a != b => continue,
            (Some(_), Some(_)) if twins && by_path == Some(false) => continue,
            (Some(_), Some(_)) if twins && by_path.is_none() => Covers::Unknown,
            (Some(_), Some(_)) => Covers::Yes,
            // Nobody knows the identifier: the same path may have held another cluster then.
            _ if by_path == Some(false) => continue,
            _ => Covers::Unknown,
        };
        let label = backup.get("label").and_then(Value::as_str).unwrap_or("without a label");
        let repo = database(backup).1;
        let same = |other: &&Value| database(other) == database(backup) && time(other) < time(backup);
        let before = list("backup").iter().filter(same).max_by_key(|other| time(other));
        let previous = before
            .and_then(|other| Some(Previous { finished_at: time(other)?, n: number(other, "/info/size")? }));
        let amounts = number(backup, "/info/size").map(|n| Amount { n, unit: Unit::Bytes, live: None });
        let kind = backup.get("type").and_then(Value::as_str).unwrap_or_default();
        records.push(Record {
            covers,
            finished_at: time(backup),
            outcome: outcome(backup, list("backup")),
            amounts: amounts.into_iter().collect(),
            previous,
            expires: Expiry::Unknown,
            stored: configured.stored(root, name, repo, place),
            remarks: [kind]
                .into_iter()
                .filter(|kind| matches!(*kind, "full" | "diff" | "incr"))
                .map(str::to_owned)
                .collect(),
            ..Record::of("pgBackRest", label, Evidence::Recorded)
        });
    }
    records
}

fn outcome(backup: &Value, all: &[Value]) -> Outcome {
    if backup.get("error").and_then(Value::as_bool) == Some(true) {
        return Outcome::Partial("page checksum errors".to_owned());
    }
    let has = |label: &str| all.iter().any(|other| other.get("label").and_then(Value::as_str) == Some(label));
    let needs = backup.get("reference").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match needs.iter().filter_map(Value::as_str).find(|label| !has(label)) {
        Some(label) => Outcome::Partial(format!("it needs {label}, which is gone")),
        None => Outcome::Ok,
    }
}

#[cfg(test)]
mod tests;
