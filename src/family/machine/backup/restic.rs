//! restic's own catalogue: `restic snapshots --json` and `restic ls --json` (restic 0.14 and later), of the repositories that the
//! scripts of this machine use, as whoever they run as. Nothing is locked there.

use super::catalogue::{self, Catalogue};
use super::repository::{Use, first_line, shown_file};
use super::runners::Runner;
use super::snapshots::{self, Entry, Snapshot};
use super::tool::{self, Account, Tool};
use super::{DumpFile, Found, Look, Place, stored};
use crate::engine::backup::{Fate, Record, Stored};
use crate::engine::fact::Why;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Variables that a repository may need: of its stores, and its own. What holds a command is never among them.
const VARIABLES: &[&str] = &["AWS_", "B2_", "AZURE_", "GOOGLE_", "OS_", "ST_", "RCLONE_", "RESTIC_REST_"];

/// What restic has of these places; `None` where nothing here runs it.
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
    const PROGRAM: &'static str = "restic";

    fn of(look: &Look<'_>, used: &Use<'_>) -> Result<Repository, Why> {
        if let Some(through) = used.through {
            return Err(Why::Failed(format!("it runs through {through}")));
        }
        let account = used.account(look)?;
        let plain = |value: &&str| !value.contains(['$', '\u{1}']);
        let address = match used.option(&["-r", "--repo"]) {
            Some(address) => Some(address),
            None => match used
                .option(&["--repository-file"])
                .or(used.variable("RESTIC_REPOSITORY_FILE").map(str::to_owned))
            {
                Some(file) => Some(first_line(look, &file, &account)?),
                None => used.variable("RESTIC_REPOSITORY").map(str::to_owned),
            },
        };
        let address = address.filter(|address| plain(&address.as_str()));
        let address = address.ok_or_else(|| Why::Failed("its repository is not known".to_owned()))?;
        let mut variables = used.variables(VARIABLES);
        variables.push(("RESTIC_REPOSITORY".to_owned(), address.clone()));
        variables.push(secret(used)?);
        Ok(Repository { address, account, variables })
    }

    fn is(&self, other: &Repository) -> bool {
        self.address == other.address && self.account == other.account
    }

    fn shown(&self) -> String {
        place_of(Path::new("/"), &self.address, None).at
    }

    fn list(&self, look: &Look<'_>, until: Instant) -> Result<Vec<Snapshot>, Why> {
        let out = self.ask(look, &["snapshots"], until)?;
        snapshots_of(&out).ok_or_else(|| Why::Failed("an answer in another form".to_owned()))
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
            let i = wanted.snapshot;
            let Some(snapshot) = all.get(i) else { continue };
            let mut args = vec!["ls", snapshot.id.as_str()];
            if wanted.deep {
                args.insert(1, "--recursive");
            }
            args.extend(wanted.dirs.iter().filter_map(|dir| dir.to_str()));
            let listed = self.ask(look, &args, until).ok().map(|out| entries_of(&out));
            let before = all.iter().skip(i + 1).find(|other| other.paths == snapshot.paths);
            for (at, place) in places.iter().enumerate() {
                let stored = place_of(look.root, &self.address, Some(place));
                let told = snapshots::Told { tool: "restic", snapshot, before, listed: listed.as_deref() };
                let record = snapshots::record(look, told, (at, place), dumps, stored);
                records.extend(record.map(|record| (at, record)));
            }
        }
        records
    }
}

impl Repository {
    fn path(&self) -> Option<&Path> {
        local(&self.address)
    }

    fn ask(&self, look: &Look<'_>, args: &[&str], until: Instant) -> Result<Vec<u8>, Why> {
        let tool = Tool::find(look, "restic", Some(self.account.clone()))?;
        let mut all = vec!["--no-lock", "--json"];
        // What lies here is fast enough; of what lies elsewhere the cache is what makes it fast.
        if self.path().is_some() {
            all.push("--no-cache");
        }
        all.extend(args);
        let done = tool.ask(&all, &self.variables, until)?;
        if done.ok { Ok(done.out) } else { Err(tool::why(&done)) }
    }
}

/// The password as restic takes it.
fn secret(used: &Use<'_>) -> Result<(String, String), Why> {
    let of = |name: &str| used.variable(name).map(str::to_owned);
    let given = |name: &str, value: String| Ok((name.to_owned(), value));
    let file = used.option(&["-p", "--password-file"]).or_else(|| of("RESTIC_PASSWORD_FILE"));
    if let Some(file) = file {
        return given("RESTIC_PASSWORD_FILE", file);
    }
    let command = used.option(&["--password-command"]).or_else(|| of("RESTIC_PASSWORD_COMMAND"));
    let password = of("RESTIC_PASSWORD");
    match (command, password) {
        (Some(command), _) => match shown_file(&command) {
            Some(file) => given("RESTIC_PASSWORD_FILE", file.to_owned()),
            None => Err(Why::Failed("a command gives its password".to_owned())),
        },
        (None, Some(password)) => match shown_file(&password) {
            Some(file) => given("RESTIC_PASSWORD_FILE", file.to_owned()),
            None => given("RESTIC_PASSWORD", password),
        },
        (None, None) => Err(Why::Failed("its password is not known here".to_owned())),
    }
}

/// The path of a repository in the file system.
fn local(address: &str) -> Option<&Path> {
    let path = address.strip_prefix("local:").unwrap_or(address);
    path.starts_with('/').then(|| Path::new(path))
}

/// Where a repository lies, by its address ("Preparing a new repository" in restic's documentation).
fn place_of(root: &Path, address: &str, of: Option<&Place>) -> Stored {
    if let Some(path) = local(address) {
        return match of {
            Some(of) => stored::in_path(root, path, of),
            None => Stored { at: path.display().to_string(), ..Stored::default() },
        };
    }
    let (kind, rest) = address.split_once(':').unwrap_or(("", address));
    let bucket = || rest.split([':', '/']).next().unwrap_or_default();
    match kind {
        "sftp" | "rest" if rest.contains("://") => stored::at_address(root, rest, None),
        "sftp" if !rest.starts_with("//") => {
            let host = rest.split(':').next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or_default();
            Stored { at: format!("sftp://{host}"), fate: stored::on_host(root, host), ..Stored::default() }
        }
        "sftp" => stored::at_address(root, address, None),
        "s3" => {
            let server = rest.split_once("://").map_or(rest, |(_, rest)| rest);
            let (host, path) = server.trim_start_matches('/').split_once('/').unwrap_or((server, ""));
            let name = path.split('/').next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or_default();
            let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
            Stored {
                at: format!("s3://{host}/{name}"),
                fate: stored::on_host(root, host),
                ..Stored::default()
            }
        }
        "b2" | "gs" | "azure" | "swift" => stored::at_address(root, &format!("{kind}://{}", bucket()), None),
        _ => Stored {
            at: if kind == "rclone" { "rclone".to_owned() } else { String::new() },
            fate: Fate::Unknown,
            ..Stored::default()
        },
    }
}

/// The snapshots of this machine, the newest first.
fn snapshots_of(out: &[u8]) -> Option<Vec<Snapshot>> {
    let answer: Value = serde_json::from_slice(out).ok()?;
    // A repository without any answers `null`.
    if answer.is_null() {
        return Some(Vec::new());
    }
    let text = |of: &Value, at: &str| of.get(at).and_then(Value::as_str).map(str::to_owned);
    let mut all = Vec::new();
    for of in answer.as_array()? {
        // One of another machine has other files by the same names.
        if !text(of, "hostname").is_some_and(|name| stored::is_own(&name)) {
            continue;
        }
        let number = |name: &str| of.pointer(&format!("/summary/{name}")).and_then(Value::as_u64);
        let paths = of.get("paths").and_then(Value::as_array)?;
        all.push(Snapshot {
            id: text(of, "id")?,
            name: text(of, "short_id")?,
            at: seconds(&text(of, "time")?)?,
            paths: paths.iter().filter_map(Value::as_str).map(PathBuf::from).collect(),
            told: true,
            counted: number("total_files_processed").zip(number("total_bytes_processed")),
        });
    }
    all.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.at));
    Some(all)
}

/// What is in a snapshot, a line each.
fn entries_of(out: &[u8]) -> Vec<Entry> {
    let entry = |line: &[u8]| {
        let of: Value = serde_json::from_slice(line).ok()?;
        let text = |at: &str| of.get(at).and_then(Value::as_str);
        (text("struct_type") == Some("node") || text("message_type") == Some("node")).then_some(())?;
        Some(Entry {
            path: text("path")?.into(),
            is_dir: text("type") == Some("dir"),
            size: of.get("size").and_then(Value::as_u64).unwrap_or(0),
            at: text("mtime").and_then(seconds),
        })
    };
    out.split(|b| *b == b'\n').filter_map(entry).collect()
}

fn seconds(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests;
