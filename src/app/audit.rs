//! `guard audit`: reading the log and checking its chain.

use super::out;
use crate::audit::{self, Answer, Entry, Outcome, Record};
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
  guard audit show                     the last 20 commands that were asked about or refused
  guard audit show --since 2d --json | jq .argv
  guard audit verify                   names the first line that was changed, removed or torn")]
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
    /// At most so many records, the newest [default: 20, without limit when --since or --json is given]
    #[arg(long, value_name = "N")]
    pub last: Option<usize>,
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
    let unlimited = args.json || since.is_some();
    let last = args.last.unwrap_or(if unlimited { usize::MAX } else { 20 });
    let mut kept: VecDeque<Entry> = VecDeque::new();
    audit::read(path, |entry| {
        let old = since.is_some_and(|since| {
            entry.record().ok().and_then(|r| r.ts.parse::<Timestamp>().ok()).is_some_and(|ts| ts < since)
        });
        if !old && last > 0 {
            if kept.len() == last {
                kept.pop_front();
            }
            kept.push_back(entry);
        }
        true
    })
    .map_err(unreadable)?;
    let mut text = Vec::new();
    for entry in &kept {
        if args.json {
            text.extend_from_slice(&entry.text);
            text.push(b'\n');
        } else {
            text.extend_from_slice(row(entry).as_bytes());
        }
    }
    out::print_bytes(&text)?;
    if kept.is_empty() && !args.json {
        stderr::complain(&format!("no records in {}\n", shown(path)));
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

/// One record for people: a line of what and where, and a line for each thing worth knowing.
fn row(entry: &Entry) -> String {
    let record = match entry.record() {
        Ok(record) => record,
        Err(_) => return format!("{}:{}: no audit record\n", shown(&entry.path), entry.line),
    };
    let outcome = match record.outcome {
        Outcome::Exec => "ran",
        Outcome::Refused => "refused",
    };
    let mut words = vec![record.tool.as_str()];
    words.extend(record.argv.iter().map(String::as_str));
    let mut text = format!("{}  {outcome:<7}  {:<12}  ", line(&record.ts), environment(&record));
    text.push_str(&line(&shell_words::join(words)));
    text.push('\n');
    let by = record.caller.user.clone().unwrap_or_else(|| record.caller.uid.to_string());
    let sudo = record.caller.sudo_user.as_ref().map_or(String::new(), |user| format!(" (sudo by {user})"));
    let host = record.caller.host.as_ref().map_or(String::new(), |host| format!("@{host}"));
    let ci = record.caller.ci.as_ref().map_or(String::new(), |ci| format!(", {ci}"));
    let agent = if record.caller.actor.as_deref() == Some("agent") { ", an agent" } else { "" };
    let mut fact = |label: &str, value: &str| {
        let _ = writeln!(text, "    {label:<13} {}", line(value));
    };
    fact("by", &format!("{by}{sudo}{host}{ci}{agent}"));
    if let Some(target) = &record.target {
        let parts: Vec<String> =
            target.parts.iter().map(|(name, part)| format!("{name} {}", part.value)).collect();
        fact("target", &parts.join(", "));
    }
    let answer = match record.answer {
        Answer::NotAsked => "not asked",
        Answer::Matched => "confirmed",
        Answer::Mismatched => "something else was typed",
        Answer::Declined => "declined",
        Answer::TimedOut => "no answer in time",
        Answer::NoTerminal => "nobody to ask",
        Answer::Interrupted => "Ctrl-C",
        Answer::Variable => "confirmed by GUARD_CONFIRM",
    };
    let rules =
        if record.rules.is_empty() { String::new() } else { format!(" by {}", record.rules.join(", ")) };
    fact("decision", &format!("{}{rules}; {}; {answer}", record.decision, record.operation.effect));
    for (label, value) in
        [("reason", &record.reason), ("justification", &record.justification), ("kept", &record.kept)]
    {
        if let Some(value) = value {
            fact(label, value);
        }
    }
    text
}

fn environment(record: &Record) -> String {
    record.target.as_ref().map_or_else(|| "-".to_owned(), |target| line(&target.environment))
}

/// Text from a log, made safe for the terminal. What guard wrote is escaped already, but the file is a file. Its
/// backslashes are not doubled again.
fn line(text: &str) -> String {
    text.split('\\').map(|part| escape(part.as_bytes())).collect::<Vec<_>>().join("\\")
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

    #[test]
    fn a_forged_line_cannot_reach_the_terminal() {
        assert_eq!(line("a\\u{1b}b"), "a\\u{1b}b");
        assert_eq!(line("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
    }
}
