//! Records of the audit log for people: one line each, or every thing worth knowing, and which of them are wanted.

use crate::audit::{Answer, Entry, Outcome, Record, Target};
use crate::engine::escape::escape;
use crate::engine::glob;
use jiff::Timestamp;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Which records are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only what is newer.
    pub since: Option<Timestamp>,
    /// Only what was refused.
    pub refused: bool,
    /// Only what went to a target like this: a part of it, or the target as the table shows it; `*` and `?` stand for others.
    pub target: Option<String>,
}

impl Wanted {
    /// Whether nothing is asked for but the newest.
    pub fn everything(&self) -> bool {
        self.since.is_none() && !self.refused && self.target.is_none()
    }

    /// Whether a line of the log is wanted. One that is no record is shown whatever is asked for, except for a place: it has none.
    pub fn takes(&self, entry: &Entry) -> bool {
        let Ok(record) = entry.record() else { return self.target.is_none() };
        let old = |since| record.ts.parse::<Timestamp>().is_ok_and(|ts| ts < since);
        if self.since.is_some_and(old) || (self.refused && record.outcome != Outcome::Refused) {
            return false;
        }
        self.target.as_ref().is_none_or(|pattern| record.target.as_ref().is_some_and(|t| is_at(pattern, t)))
    }
}

fn is_at(pattern: &str, target: &Target) -> bool {
    // `main` is all of the cluster, `main/shop` one namespace of it, as the table writes them.
    let place = place(target);
    let below = place.strip_prefix(pattern).is_some_and(|rest| rest.starts_with('/'));
    let parts = target.parts.values().map(|part| part.value.as_str());
    below || parts.chain([place.as_str()]).any(|text| glob::matches(pattern, text))
}

/// Where it went, in a word: `main/shop`, `acme-prod/eu-west-1`, `db1`.
fn place(target: &Target) -> String {
    let part =
        |keys: &[&str]| keys.iter().find_map(|key| target.parts.get(*key)).map(|part| part.value.as_str());
    let name = part(&["name", "alias", "cluster", "account", "endpoint", "host", "instance", "server"]);
    match (name, part(&["namespace", "region"])) {
        (Some(name), Some(within)) => format!("{name}/{within}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "-".to_owned(),
    }
}

/// The table: a line each, the columns as wide as what stands in them, cut at `columns` where a terminal has that many.
pub fn table(entries: impl IntoIterator<Item = Entry>, columns: Option<usize>) -> String {
    let rows: Vec<Result<[String; 6], String>> = entries.into_iter().map(|entry| cells(&entry)).collect();
    let mut widths = [0; 6];
    for row in rows.iter().flatten() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    // A long name of a place widens its own line, not everybody's.
    widths = widths.map(|width| width.min(WIDEST));
    let mut text = String::new();
    for row in rows {
        let one = match row {
            Err(no_record) => no_record,
            Ok(cells) => {
                let padded = cells
                    .iter()
                    .zip(widths)
                    .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width()))));
                padded.collect::<Vec<_>>().join("  ")
            }
        };
        let _ = writeln!(text, "{}", fitting(one.trim_end(), columns));
    }
    text
}

/// Columns of the table are at most this wide, the command's excepted.
const WIDEST: usize = 32;

/// Time, what became of it, the environment, the place, who, the command.
fn cells(entry: &Entry) -> Result<[String; 6], String> {
    let record = entry.record().map_err(|_| no_record(entry))?;
    let place = record.target.as_ref().map_or_else(|| "-".to_owned(), |target| line(&place(target)));
    let by = record.caller.sudo_user.clone().or_else(|| record.caller.user.clone());
    let by = by.unwrap_or_else(|| record.caller.uid.to_string());
    let agent = if is_agent(&record) { " (agent)" } else { "" };
    Ok([
        seconds(&record.ts),
        outcome(&record).to_owned(),
        environment(&record),
        place,
        format!("{}{agent}", line(&by)),
        command(&record),
    ])
}

/// One record in full: the line of what and where, and a line for each thing worth knowing.
pub fn in_full(entry: &Entry) -> String {
    let Ok(record) = entry.record() else { return format!("{}\n", no_record(entry)) };
    let mut text = format!(
        "{}  {:<7}  {:<12}  {}\n",
        line(&record.ts),
        outcome(&record),
        environment(&record),
        command(&record)
    );
    let by = record.caller.user.clone().unwrap_or_else(|| record.caller.uid.to_string());
    let sudo = record.caller.sudo_user.as_ref().map_or(String::new(), |user| format!(" (sudo by {user})"));
    let host = record.caller.host.as_ref().map_or(String::new(), |host| format!("@{host}"));
    let ci = record.caller.ci.as_ref().map_or(String::new(), |ci| format!(", {ci}"));
    let agent = if is_agent(&record) { ", an agent" } else { "" };
    let mut fact = |label: &str, value: &str| {
        let _ = writeln!(text, "    {label:<13} {}", line(value));
    };
    fact("by", &format!("{by}{sudo}{host}{ci}{agent}"));
    if let Some(target) = &record.target {
        let parts: Vec<String> =
            target.parts.iter().map(|(name, part)| format!("{name} {}", part.value)).collect();
        fact("target", &parts.join(", "));
    }
    let rules =
        if record.rules.is_empty() { String::new() } else { format!(" by {}", record.rules.join(", ")) };
    let decision = format!("{}{rules}; {}; {}", record.decision, record.operation.effect, answer(&record));
    fact("decision", &decision);
    for (label, value) in
        [("reason", &record.reason), ("justification", &record.justification), ("kept", &record.kept)]
    {
        if let Some(value) = value {
            fact(label, value);
        }
    }
    text
}

fn no_record(entry: &Entry) -> String {
    format!("{}:{}: no audit record", escape(entry.path.as_os_str().as_bytes()), entry.line)
}

fn outcome(record: &Record) -> &'static str {
    match record.outcome {
        Outcome::Exec => "ran",
        Outcome::Refused => "refused",
    }
}

fn answer(record: &Record) -> &'static str {
    match record.answer {
        Answer::NotAsked => "not asked",
        Answer::Matched => "confirmed",
        Answer::Mismatched => "something else was typed",
        Answer::Declined => "declined",
        Answer::TimedOut => "no answer in time",
        Answer::NoTerminal => "nobody to ask",
        Answer::Interrupted => "Ctrl-C",
        Answer::Variable => "confirmed by GUARD_CONFIRM",
    }
}

fn is_agent(record: &Record) -> bool {
    record.caller.actor.as_deref() == Some("agent")
}

fn environment(record: &Record) -> String {
    record.target.as_ref().map_or_else(|| "-".to_owned(), |target| line(&target.environment))
}

fn command(record: &Record) -> String {
    let words = std::iter::once(&record.tool).chain(&record.argv);
    line(&shell_words::join(words))
}

/// A time stamp to the second; another text as it is.
fn seconds(ts: &str) -> String {
    match ts.parse::<Timestamp>() {
        Ok(ts) => ts.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Err(_) => line(ts),
    }
}

/// Text from a log, made safe for the terminal. What guard wrote is escaped already, but the file is a file. Its
/// backslashes are not doubled again.
fn line(text: &str) -> String {
    text.split('\\').map(|part| escape(part.as_bytes())).collect::<Vec<_>>().join("\\")
}

/// The beginning of a line that fits, with a sign that it goes on.
fn fitting(line: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns.filter(|columns| line.width() > *columns) else { return line.to_owned() };
    let mut used = 0;
    let head = line.chars().take_while(|c| {
        used += c.width().unwrap_or(0);
        used < columns.saturating_sub(1)
    });
    format!("{}..", head.collect::<String>().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Caller, Part, entropy};
    use std::path::PathBuf;

    fn record(words: &[&str], parts: &[(&str, &str)], outcome: Outcome) -> Record {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let ts = "2026-11-22T12:00:00.123Z".parse().unwrap();
        let caller = Caller { user: Some("anna".to_owned()), ..Caller::default() };
        let part = |(key, value): &(&str, &str)| {
            ((*key).to_owned(), Part { value: (*value).to_owned(), from: String::new() })
        };
        let target = Target { environment: "production".to_owned(), parts: parts.iter().map(part).collect() };
        let target = (!parts.is_empty()).then_some(target);
        Record { target, outcome, ..Record::new(ts, entropy(), caller, "kubectl", &words) }
    }

    fn entry(record: &Record) -> Entry {
        Entry { path: PathBuf::from("/a"), line: 7, text: serde_json::to_vec(record).unwrap(), ended: true }
    }

    #[test]
    fn a_record_is_one_line_whatever_is_in_it() {
        let kube = [("name", "main"), ("server", "https://10.0.0.1"), ("namespace", "shop")];
        let aws = [("account", "111111111111"), ("alias", "acme-prod"), ("region", "eu-west-1")];
        let odd = record(&["delete", "pod", "a\nb"], &[("host", "a\u{1b}[2J")], Outcome::Exec);
        let entries = [
            entry(&record(&["delete", "ns", "shop"], &kube, Outcome::Exec)),
            entry(&record(&["x"], &aws, Outcome::Refused)),
            entry(&odd),
            Entry { text: b"{".to_vec(), ..entry(&odd) },
            entry(&record(&["plugin"], &[], Outcome::Refused)),
        ];
        assert_eq!(
            table(entries, None),
            "2026-11-22T12:00:00Z  ran      production  main/shop            anna  kubectl delete ns shop\n\
             2026-11-22T12:00:00Z  refused  production  acme-prod/eu-west-1  anna  kubectl x\n\
             2026-11-22T12:00:00Z  ran      production  a\\u{1b}[2J           anna  kubectl delete pod 'a\\u{a}b'\n\
             /a:7: no audit record\n\
             2026-11-22T12:00:00Z  refused  -           -                    anna  kubectl plugin\n"
        );
    }

    #[test]
    fn a_terminal_gets_what_fits() {
        let one = || [entry(&record(&["delete", "ns", "shop"], &[], Outcome::Exec))];
        for columns in 20..70 {
            let cut = table(one(), Some(columns));
            assert!(cut.trim_end_matches('\n').width() <= columns, "{columns}: {cut}");
        }
        assert_eq!(table(one(), Some(30)), "2026-11-22T12:00:00Z  ran  -..\n");
        assert_eq!(fitting("字字字字", Some(6)), "字字..");
    }

    #[test]
    fn what_is_wanted() {
        let kube = [("name", "main"), ("cluster", "aws-main"), ("namespace", "shop")];
        let refused = entry(&record(&["delete"], &kube, Outcome::Refused));
        let ran = entry(&record(&["delete"], &kube, Outcome::Exec));
        let torn = Entry { text: b"{".to_vec(), ..entry(&record(&[], &[], Outcome::Exec)) };
        assert!(Wanted::default().everything() && Wanted::default().takes(&torn));
        let at = |pattern: &str| Wanted { target: Some(pattern.to_owned()), ..Wanted::default() };
        for (pattern, is) in [
            ("main", true),
            ("main/shop", true),
            ("shop", true),
            ("*/sh?p", true),
            ("aws-*", true),
            ("mai", false),
            ("main/sho", false),
            ("", false),
            ("other", false),
        ] {
            assert_eq!(at(pattern).takes(&ran), is, "{pattern}");
            assert!(!at(pattern).takes(&torn));
        }
        let only = Wanted { refused: true, ..Wanted::default() };
        assert!(only.takes(&refused) && !only.takes(&ran) && only.takes(&torn));
        let later = "2026-11-22T12:00:01Z".parse().ok();
        assert!(!Wanted { since: later, ..Wanted::default() }.takes(&ran));
    }

    #[test]
    fn a_forged_line_cannot_reach_the_terminal() {
        assert_eq!(line("a\\u{1b}b"), "a\\u{1b}b");
        assert_eq!(line("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
    }
}
