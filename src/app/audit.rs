//! `guard audit`: reading the log and checking its chain.

mod table;

use super::out;
use crate::audit::{self, Entry};
use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::ui::stderr;
use crate::world::World;
use jiff::{Span, SpanRelativeTo, Timestamp, civil};
use std::collections::VecDeque;
use std::fmt::Write;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Read the audit log, or check that nothing in it was changed
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard audit show                        the last 20 that were asked about or refused
  guard audit show --refused --since 7d
  guard audit show --target main/shop -v  what hit this namespace: who, why, the copy
  guard audit show --since 2d --json | jq .argv
  guard audit verify                      names the first line that was changed or torn

The log is ~/.local/state/guard/audit.jsonl, one line of JSON for each command. At 32 MiB it is
moved to audit.jsonl.1, and so on to .9; the oldest goes. Where the log has to last, let a
collector take the lines as they come.")]
pub struct Args {
    /// The log to read instead of the one in use
    #[arg(long, global = true, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands of `guard audit`.
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// Print records, oldest first
    Show(Show),
    /// Check that each line still names the line before it
    ///
    /// There is no key: the check finds changed, removed, moved and torn lines. Lines cut off at the end, and a log
    /// written anew as a whole, are found only with a head kept elsewhere (`--head`).
    Verify(Verify),
}

/// `guard audit show`.
#[derive(clap::Args, Debug)]
pub struct Show {
    /// Print the lines as they stand in the log (JSON Lines)
    #[arg(long)]
    pub json: bool,
    /// Only what is newer: 90m, 2h, 3d, 2026-11-20 or 2026-11-20T08:00:00Z
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// At most so many records, the newest [default: 20, without limit when --json or a filter is given]
    #[arg(long, value_name = "N")]
    pub last: Option<usize>,
    /// Only what went there: a cluster, account or host, `main/shop`, or any part of a target; `*` and `?` stand for others
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// Only what was refused
    #[arg(long)]
    pub refused: bool,
    /// Everything worth knowing of each record: who, the whole target, the decision, the reason, the copy
    #[arg(short, long, conflicts_with = "json")]
    pub verbose: bool,
}

/// `guard audit verify`.
#[derive(clap::Args, Debug)]
pub struct Verify {
    /// A head printed by an earlier check: it has to be in the log still
    #[arg(long, value_name = "SHA256")]
    pub head: Option<String>,
}

/// Runs the subcommand on the log at `path` (what policy says), or the default one.
pub fn run(args: &Args, world: &World, path: Option<&Path>) -> Result<Exit> {
    let default = || audit::default_path(world);
    let given = args.file.as_ref().map(|file| world.at(file));
    let Some(path) = given.or_else(|| path.map(Path::to_owned)).or_else(default) else {
        return Err(Fail::new(Kind::Usage, "there is no telling where the audit log is")
            .because("neither HOME nor XDG_STATE_HOME is set")
            .help("name the log with --file"));
    };
    match &args.command {
        Command::Show(show) => run_show(show, &path),
        Command::Verify(verify) => run_verify(verify, &path),
    }
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

fn unreadable((path, error): (PathBuf, std::io::Error)) -> Fail {
    let fail = Fail::new(Kind::Data, format!("{} cannot be read", shown(&path))).because(error.to_string());
    if error.kind() == ErrorKind::PermissionDenied { fail.help("run it as the file's owner") } else { fail }
}

fn run_show(args: &Show, path: &Path) -> Result<Exit> {
    let since = args.since.as_deref().map(|text| since(text, Timestamp::now())).transpose()?;
    let wanted = table::Wanted { since, refused: args.refused, target: args.target.clone() };
    let unlimited = args.json || !wanted.everything();
    let last = args.last.unwrap_or(if unlimited { usize::MAX } else { 20 });
    let mut kept: VecDeque<Entry> = VecDeque::new();
    audit::read(path, |entry| {
        if last > 0 && wanted.takes(&entry) {
            if kept.len() == last {
                kept.pop_front();
            }
            kept.push_back(entry);
        }
        true
    })
    .map_err(unreadable)?;
    if kept.is_empty() && !args.json {
        let which = if wanted.everything() { "" } else { "such " };
        stderr::complain(&format!("no {which}records in {}\n", shown(path)));
    }
    if args.json {
        let mut text = Vec::new();
        for entry in &kept {
            text.extend_from_slice(&entry.text);
            text.push(b'\n');
        }
        out::print_bytes(&text)?;
    } else if args.verbose {
        out::print(&kept.iter().map(table::in_full).collect::<String>())?;
    } else {
        out::print(&table::table(kept, out::columns()))?;
    }
    Ok(Exit::Ok)
}

/// A moment given as a span back from now, a date (UTC) or a time stamp.
fn since(text: &str, now: Timestamp) -> Result<Timestamp> {
    let span = || {
        let span: Span = text.parse().ok()?;
        let seconds = span.abs().total((jiff::Unit::Second, SpanRelativeTo::days_are_24_hours())).ok()?;
        now.checked_sub(jiff::SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
    };
    let date = || {
        let date: civil::Date = text.parse().ok()?;
        date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    // A time stamp first: jiff would read only the date of one.
    text.parse().ok().or_else(span).or_else(date).ok_or_else(|| {
        Fail::new(Kind::Usage, format!("`{}` is no point in time", escape(text.as_bytes())))
            .help("write 90m, 2h, 3d, 2026-11-20 or 2026-11-20T08:00:00Z")
    })
}

fn run_verify(args: &Verify, path: &Path) -> Result<Exit> {
    let verified = match audit::verify(path).map_err(unreadable)? {
        Ok(verified) => verified,
        Err(broken) => {
            return Err(Fail::new(
                Kind::Data,
                format!("the audit log is broken at {}:{}", shown(&broken.path), broken.line),
            )
            .because(broken.why)
            .help("compare it with a backup; the lines before this one are as they were written"));
        }
    };
    let Some(head) = &verified.head else {
        if args.head.is_some() {
            return Err(missing_head());
        }
        out::print(&format!("no records in {}\n", shown(path)))?;
        return Ok(Exit::Ok);
    };
    if let Some(wanted) = &args.head {
        let mut found = false;
        audit::read(path, |entry| {
            found = audit::line_hash(&entry.text).eq_ignore_ascii_case(wanted.trim());
            !found
        })
        .map_err(unreadable)?;
        if !found {
            return Err(missing_head());
        }
    }
    let files = if verified.files == 1 { String::new() } else { format!(" in {} files", verified.files) };
    let earlier = if verified.earlier_missing { "; older lines were rotated away" } else { "" };
    let plural = if verified.lines == 1 { "record" } else { "records" };
    let mut text = format!("ok: {} {plural}{files}, the chain holds{earlier}\n", verified.lines);
    for path in &verified.restarts {
        let _ = writeln!(
            text,
            "note: {} begins anew, as earlier guards left it when they were killed while they moved the log on; \
             whether lines are missing before it cannot be told",
            shown(path)
        );
    }
    let _ = writeln!(text, "head: {head}");
    out::print(&text)?;
    Ok(Exit::Ok)
}

fn missing_head() -> Fail {
    Fail::new(Kind::Data, "the head is not in the audit log")
        .because("the line it names was cut off, changed or rotated away")
        .help("compare the log with a backup")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_time() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for (text, wanted) in [
            ("90m", "2026-11-22T10:30:00Z"),
            ("2h", "2026-11-22T10:00:00Z"),
            ("3d", "2026-11-19T12:00:00Z"),
            ("1w", "2026-11-15T12:00:00Z"),
            ("2 hours ago", "2026-11-22T10:00:00Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z"),
            ("2026-11-20T08:00:00+02:00", "2026-11-20T06:00:00Z"),
        ] {
            assert_eq!(since(text, now).unwrap().to_string(), wanted, "{text}");
        }
        for text in ["", "yesterday", "3", "1mo", "\u{1b}[2J"] {
            let fail = since(text, now).unwrap_err();
            assert_eq!(fail.exit(), Exit::Usage);
            assert!(!fail.to_string().contains('\u{1b}'));
        }
    }
}
