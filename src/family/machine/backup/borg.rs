//! borg's own catalogue: `borg list --json` of a repository and `borg list --json-lines` of an archive (borg 1.2), of the
//! repositories that the scripts of this machine use, as whoever they run as.
//!
//! `borg info` would count the files of an archive, and first brings the user's own cache up to date and locks it: ended at a
//! deadline it could leave that lock behind for the next backup. So it is not asked. borg writes times without a zone; with `TZ=UTC`
//! they are of that (tried with 1.2.4).

use super::catalogue::{self, Catalogue};
use super::repository::{Use, first_line, shown_file};
use super::runners::Runner;
use super::snapshots::{self, Entry, Snapshot};
use super::tool::{self, Account, Tool};
use super::{DumpFile, Found, Look, Place, stored};
use crate::engine::backup::{Record, Stored};
use crate::engine::fact::Why;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// So many archives of one repository are looked at, the newest.
const ARCHIVES: &str = "16";
/// Variables that only say where something is.
const VARIABLES: &[&str] = &[
    "BORG_PASSPHRASE",
    "BORG_KEY_FILE",
    "BORG_KEYS_DIR",
    "BORG_BASE_DIR",
    "BORG_CONFIG_DIR",
    "BORG_SECURITY_DIR",
    "BORG_CACHE_DIR",
    "BORG_REMOTE_PATH",
    "BORG_HOST_ID",
];

/// What borg has of these places; `None` where nothing here runs it.
pub fn read(look: &Look<'_>, places: &[Place], runners: &[Runner], dumps: &[DumpFile]) -> Option<Found> {
    catalogue::read::<Repository>(look, places, runners, dumps)
}

/// A repository, and how it is asked.
struct Repository {
    address: String,
    account: Account,
    variables: Vec<(String, String)>,
}

impl Catalogue for Repository {
    const PROGRAM: &'static str = "borg";

    fn of(look: &Look<'_>, used: &Use<'_>) -> Result<Repository, Why> {
        if let Some(through) = used.through {
            return Err(Why::Failed(format!("it runs through {through}")));
        }
        let account = used.account(look)?;
        let named =
            used.words.iter().find_map(|word| word.split_once("::").map(|(repository, _)| repository));
        let named = named.filter(|repository| !repository.is_empty()).or_else(|| used.variable("BORG_REPO"));
        let address = named.filter(|address| !address.contains(['$', '\u{1}']));
        let address =
            address.ok_or_else(|| Why::Failed("its repository is not known".to_owned()))?.to_owned();
        let mut variables = used.variables(VARIABLES);
        variables.extend(secret(look, used, &account)?);
        // Nothing is agreed to, and nobody is asked.
        for question in [
            "BORG_RELOCATED_REPO_ACCESS_IS_OK",
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK",
            "BORG_CHECK_I_KNOW_WHAT_I_AM_DOING",
            "BORG_DELETE_I_KNOW_WHAT_I_AM_DOING",
        ] {
            variables.push((question.to_owned(), "no".to_owned()));
        }
        variables.push(("BORG_RSH".to_owned(), shell(used)?));
        Ok(Repository { address, account, variables })
    }

    fn is(&self, other: &Repository) -> bool {
        self.address == other.address && self.account == other.account
    }

    fn shown(&self) -> String {
        place_of(Path::new("/"), &self.address, None).at
    }

    fn list(&self, look: &Look<'_>, until: Instant) -> Result<Vec<Snapshot>, Why> {
        let format = "{start}{end}{hostname}{command_line}{NEWLINE}";
        let out =
            self.ask(look, &["--json", "--last", ARCHIVES, "--format", format, &self.address], until)?;
        archives_of(&out).ok_or_else(|| Why::Failed("an answer in another form".to_owned()))
    }

    fn records(
        &self,
        look: &Look<'_>,
        all: &[Snapshot],
        places: &[Place],
        dumps: &[DumpFile],
        until: Instant,
    ) -> Vec<(usize, Record)> {
        let mut records = Vec::new();
        for wanted in snapshots::wanted(all, places, dumps) {
            if snapshots::settled(look.now, dumps, &records) {
                break;
            }
            let Some(archive) = all.get(wanted.snapshot) else { continue };
            // The name is one word, whatever is in it.
            let name = format!("{}::{}", self.address, archive.id);
            let within = |dir: &PathBuf| Some(format!("pp:{}", dir.to_str()?.trim_start_matches('/')));
            let dirs: Vec<String> = wanted.dirs.iter().filter_map(within).collect();
            let mut args = vec!["--json-lines", name.as_str()];
            args.extend(dirs.iter().map(String::as_str));
            let listed = self.ask(look, &args, until).ok().map(|out| entries_of(&out));
            for (at, place) in places.iter().enumerate() {
                let stored = place_of(look.root, &self.address, Some(place));
                let told = snapshots::Told {
                    tool: "borg",
                    snapshot: archive,
                    before: None,
                    listed: listed.as_deref(),
                };
                let record = snapshots::record(look, told, (at, place), dumps, stored);
                records.extend(record.map(|record| (at, record)));
            }
        }
        records
    }
}

impl Repository {
    fn ask(&self, look: &Look<'_>, args: &[&str], until: Instant) -> Result<Vec<u8>, Why> {
        let tool = Tool::find(look, "borg", Some(self.account.clone()))?;
        let mut all = vec!["list", "--bypass-lock"];
        all.extend(args);
        let done = tool.ask(&all, &self.variables, until)?;
        if done.ok { Ok(done.out) } else { Err(why(&done)) }
    }
}

/// The passphrase, where one is known; without one the repository may have none.
fn secret(look: &Look<'_>, used: &Use<'_>, account: &Account) -> Result<Option<(String, String)>, Why> {
    let given = |value: String| Ok(Some(("BORG_PASSPHRASE".to_owned(), value)));
    // A passphrase goes before a command, and that before a descriptor (borg's documentation, "Environment Variables").
    if let Some(value) = used.variable("BORG_PASSPHRASE") {
        return match shown_file(value) {
            Some(file) => given(first_line(look, file, account)?),
            None => Ok(None),
        };
    }
    if let Some(command) = used.variable("BORG_PASSCOMMAND") {
        return match shown_file(command) {
            Some(file) => given(first_line(look, file, account)?),
            None => Err(Why::Failed("a command gives its passphrase".to_owned())),
        };
    }
    match used.variable("BORG_PASSPHRASE_FD") {
        Some(_) => Err(Why::Failed("its passphrase is handed over by its script".to_owned())),
        None => Ok(None),
    }
}

/// The remote shell: ssh with plain words alone, which never asks.
fn shell(used: &Use<'_>) -> Result<String, Why> {
    let own = used.option(&["--rsh"]).or_else(|| used.variable("BORG_RSH").map(str::to_owned));
    let given = own.unwrap_or_else(|| "ssh".to_owned());
    let plain = given.chars().all(|c| c.is_ascii_alphanumeric() || " /._-=@:,".contains(c));
    // What ssh itself would run is no plain word.
    let runs = ["proxycommand", "localcommand", "knownhostscommand"];
    let runs = runs.iter().any(|option| given.to_ascii_lowercase().contains(option));
    let mut words = given.split_whitespace();
    let is_ssh = matches!(words.next(), Some("ssh" | "/usr/bin/ssh"));
    if plain && is_ssh && !runs {
        return Ok(format!("{given} -oBatchMode=yes"));
    }
    Err(Why::Failed("it is reached by a command of its own".to_owned()))
}

/// Where a repository lies, by its address (`borg help` on URLs): a path, `user@host:path` or `ssh://`.
fn place_of(root: &Path, address: &str, of: Option<&Place>) -> Stored {
    let path = address.strip_prefix("file://").unwrap_or(address);
    if path.starts_with('/') {
        return match of {
            Some(of) => stored::in_path(root, Path::new(path), of),
            None => Stored { at: path.to_owned(), ..Stored::default() },
        };
    }
    if address.contains("://") {
        return stored::at_address(root, address, None);
    }
    match address.split_once(':') {
        Some((host, path)) => {
            let host = host.rsplit('@').next().unwrap_or_default();
            Stored { at: format!("{host}:{path}"), fate: stored::on_host(root, host), ..Stored::default() }
        }
        None => Stored::default(),
    }
}

/// Why there is no answer. That somebody would have been asked is said in other words than borg's.
fn why(done: &crate::run::child::Done) -> Why {
    let text = String::from_utf8_lossy(&done.err);
    for (says, told) in [
        ("can not acquire a passphrase", "its passphrase is not known here"),
        ("previously unknown unencrypted repository", "this user has never used it, and it is not encrypted"),
        ("was previously located at", "it was somewhere else before"),
    ] {
        if text.contains(says) {
            return Why::Failed(told.to_owned());
        }
    }
    tool::why(done)
}

/// The archives of this machine, the newest first.
fn archives_of(out: &[u8]) -> Option<Vec<Snapshot>> {
    let answer: Value = serde_json::from_slice(out).ok()?;
    let text = |of: &Value, at: &str| of.get(at).and_then(Value::as_str).map(str::to_owned);
    let mut all = Vec::new();
    for of in answer.get("archives")?.as_array()? {
        if !text(of, "hostname").is_some_and(|name| stored::is_own(&name)) {
            continue;
        }
        let name = text(of, "name")?;
        let words =
            of.get("command_line").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        // What stands behind the archive's name is what it was told to take.
        let taken =
            words.skip_while(|word| !word.contains("::")).skip(1).filter(|word| word.starts_with('/'));
        let mut paths: Vec<PathBuf> = taken.map(PathBuf::from).collect();
        let known = !paths.is_empty();
        if !known {
            // A list of patterns or names of here: it may be anything.
            paths.push(PathBuf::from("/"));
        }
        all.push(Snapshot {
            id: name.clone(),
            name,
            at: seconds(&text(of, "start")?)?,
            paths,
            told: known,
            counted: None,
        });
    }
    all.sort_by_key(|archive| std::cmp::Reverse(archive.at));
    Some(all)
}

/// What is in an archive, a line each; there paths begin at the root without its sign.
fn entries_of(out: &[u8]) -> Vec<Entry> {
    let entry = |line: &[u8]| {
        let of: Value = serde_json::from_slice(line).ok()?;
        let text = |at: &str| of.get(at).and_then(Value::as_str);
        Some(Entry {
            path: Path::new("/").join(text("path")?),
            is_dir: text("type") == Some("d"),
            size: of.get("size").and_then(Value::as_u64).unwrap_or(0),
            at: text("mtime").and_then(seconds),
        })
    };
    out.split(|b| *b == b'\n').filter_map(entry).collect()
}

/// A time without a zone, which is of UTC for want of another.
fn seconds(text: &str) -> Option<i64> {
    let time: jiff::civil::DateTime = text.parse().ok()?;
    time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_second())
}

#[cfg(test)]
mod tests;
