//! Tables of cron and directories of run-parts (crontab(5), cron(8), anacron(8) and run-parts(8) of Debian 12). cron keeps no
//! status of anything it ran; anacron keeps the day.

use super::{Candidate, How, Last, READABLE, Runner, Side, in_time, judge};
use crate::engine::backup::script::shell::Values;
use crate::engine::fact::Why;
use crate::family::machine::backup::Look;
use crate::family::machine::backup::tool;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// So much of one table is read.
const LARGEST: u64 = 64 << 10;
/// So many files of one directory.
const FILES: usize = 256;
/// So many commands of one table.
const LINES: usize = 256;
/// Directories whose files are run, with the name of anacron's job that does it.
const PERIODS: [&str; 4] = ["cron.hourly", "cron.daily", "cron.weekly", "cron.monthly"];

/// What cron and anacron run that looks like a backup.
pub(super) fn find(look: &Look<'_>) -> Side {
    let mut side = Side::default();
    table(look, "/etc/crontab", Form::System, &mut side);
    for name in names(look, "/etc/cron.d", &mut side) {
        table(look, &format!("/etc/cron.d/{name}"), Form::System, &mut side);
    }
    for name in every_name(look, "/var/spool/cron/crontabs", &mut side) {
        table(look, &format!("/var/spool/cron/crontabs/{name}"), Form::Of(&name), &mut side);
    }
    table(look, "/etc/anacrontab", Form::Anacron, &mut side);
    for period in PERIODS {
        for name in names(look, &format!("/etc/{period}"), &mut side) {
            file(look, period, &name, &mut side);
        }
    }
    side
}

/// What stands before the command in a table.
#[derive(Clone, Copy)]
enum Form<'a> {
    /// Times and a user.
    System,
    /// Times; it is of this user.
    Of(&'a str),
    /// A period, a delay and the name of the job.
    Anacron,
}

/// One command of a table.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    number: usize,
    user: Option<String>,
    job: Option<String>,
    command: String,
    variables: Values,
}

fn table(look: &Look<'_>, path: &str, form: Form<'_>, side: &mut Side) {
    if !in_time(look) {
        side.gaps.push((READABLE, Why::TimedOut));
        return;
    }
    let text = match tool::read(&below(look, path), LARGEST) {
        Ok(text) => text.unwrap_or_default(),
        Err(why) => {
            side.gaps.push((READABLE, why));
            return;
        }
    };
    let lines = parse(&text, form);
    let several = lines.len() > 1;
    for line in lines {
        let name = if several { format!("{path}:{}", line.number) } else { path.to_owned() };
        let of = Candidate {
            name: name.clone(),
            how: How::Cron,
            lines: vec![line.command],
            variables: line.variables,
            user: line.user,
        };
        if let Some(runner) = judge(look, of, &mut side.gaps) {
            let last = Last::Unknown(no_result(look, line.job.as_deref()));
            side.runners.push(Runner { last, ..runner });
        }
    }
}

/// A file that run-parts runs.
fn file(look: &Look<'_>, period: &str, name: &str, side: &mut Side) {
    let path = format!("/etc/{period}/{name}");
    let runs = std::fs::metadata(below(look, &path)).is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0);
    if !runs || !in_time(look) {
        return;
    }
    let of = Candidate {
        name: path.clone(),
        how: How::Cron,
        lines: vec![path],
        variables: Values::new(),
        user: None,
    };
    if let Some(runner) = judge(look, of, &mut side.gaps) {
        let last = Last::Unknown(no_result(look, Some(period)));
        side.runners.push(Runner { last, ..runner });
    }
}

/// Why nobody knows how something ended, and the day on which anacron ran it.
fn no_result(look: &Look<'_>, job: Option<&str>) -> Why {
    let stamp = job.filter(|job| !job.contains('/')).and_then(|job| {
        let text = tool::read(&below(look, &format!("/var/spool/anacron/{job}")), 64).ok()??;
        let day = text.trim();
        let is_day = day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit());
        is_day.then(|| format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]))
    });
    match stamp {
        Some(day) => Why::Failed(format!("cron keeps no result; anacron ran it on {day}")),
        None => Why::Failed("cron keeps no result".to_owned()),
    }
}

/// Files that cron and run-parts take: of other names they take no notice (run-parts(8): letters, digits, `_` and `-`).
fn names(look: &Look<'_>, dir: &str, side: &mut Side) -> Vec<String> {
    let mut names = every_name(look, dir, side);
    names.retain(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')));
    names
}

fn every_name(look: &Look<'_>, dir: &str, side: &mut Side) -> Vec<String> {
    let path = below(look, dir);
    let entries = match std::fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(e) => {
            let within = if dir.starts_with("/var/") { "/etc and the timers" } else { READABLE };
            side.gaps.push((within, tool::of_io(&path, &e)));
            return Vec::new();
        }
    };
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    if names.len() > FILES {
        side.gaps.push((READABLE, Why::Failed(format!("only {FILES} files of {dir} were looked at"))));
        names.truncate(FILES);
    }
    names
}

/// The commands of a table, with the variables that stand above each. Total.
fn parse(text: &str, form: Form<'_>) -> Vec<Line> {
    let mut found = Vec::new();
    let mut variables = Values::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || found.len() >= LINES {
            continue;
        }
        if let Some((name, value)) = variable(line) {
            variables.insert(name, value);
            continue;
        }
        let times = match form {
            Form::Anacron => 2,
            _ if line.starts_with('@') => 1,
            _ => 5,
        };
        let Some(rest) = behind(line, times) else { continue };
        let (owner, job, command) = match form {
            Form::System => {
                let Some(command) = behind(rest, 1) else { continue };
                (rest.split_whitespace().next(), None, command)
            }
            Form::Of(user) => (Some(user), None, rest),
            Form::Anacron => {
                let Some(command) = behind(rest, 1) else { continue };
                (None, rest.split_whitespace().next(), command)
            }
        };
        found.push(Line {
            number: at + 1,
            user: owner.filter(|user| *user != "root").map(str::to_owned),
            job: job.map(str::to_owned),
            command: if matches!(form, Form::Anacron) { command.to_owned() } else { without_input(command) },
            variables: variables.clone(),
        });
    }
    found
}

/// `NAME = value`, quotes taken off.
fn variable(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let quoted = ['"', '\''].iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q));
    named.then(|| (name.to_owned(), quoted.unwrap_or(value).to_owned()))
}

/// What stands behind so many words.
fn behind(line: &str, words: usize) -> Option<&str> {
    let mut rest = line.trim_start();
    for _ in 0..words {
        rest = rest.split_once(char::is_whitespace)?.1.trim_start();
    }
    (!rest.is_empty()).then_some(rest)
}

/// A command up to its first `%`, behind which its input stands; `\%` is the sign itself.
fn without_input(command: &str) -> String {
    let mut out = String::new();
    let mut chars = command.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'%') => out.extend(chars.next()),
            '%' => break,
            c => out.push(c),
        }
    }
    out
}

fn below(look: &Look<'_>, path: &str) -> std::path::PathBuf {
    crate::family::machine::links::below(look.root, Path::new(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use proptest::prelude::*;
    use std::fs;
    use std::time::{Duration, Instant};

    #[test]
    fn lines_of_tables() {
        let text = "# x\nSHELL=/bin/sh\nPGPORT = \"5433\"\n17 3 * * * root run-parts /etc/x\n@daily postgres pg_dump x > /b/$(date +\\%F)%in\nbad\n";
        let told: Vec<(usize, Option<&str>, &str)> =
            vec![(4, None, "run-parts /etc/x"), (5, Some("postgres"), "pg_dump x > /b/$(date +%F)")];
        let lines = parse(text, Form::System);
        let got: Vec<_> = lines.iter().map(|l| (l.number, l.user.as_deref(), l.command.as_str())).collect();
        assert_eq!(got, told);
        assert_eq!(lines[0].variables.get("PGPORT").map(String::as_str), Some("5433"));
        let own = parse("0 1 * * 1-5 restic backup /home", Form::Of("anna"));
        assert_eq!((own[0].user.as_deref(), own[0].command.as_str()), (Some("anna"), "restic backup /home"));
        let job = parse("1 5 cron.daily run-parts /etc/cron.daily", Form::Anacron);
        assert_eq!(job[0].job.as_deref(), Some("cron.daily"));
    }

    #[test]
    fn what_looks_like_a_backup_is_found_and_its_end_is_unknown() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str, mode: u32| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        write("etc/crontab", "17 * * * * root cd / && run-parts /etc/cron.hourly\n", 0o644);
        write("etc/cron.d/pg-backup", "PGPORT=5433\n0 3 * * * postgres pg_dumpall > /b/all.sql\n", 0o644);
        write("etc/cron.d/pg.old", "0 3 * * * postgres pg_dumpall > /b/old.sql\n", 0o644);
        write("etc/cron.daily/shop", "#!/bin/sh\nmysqldump shop | gzip > /b/shop.gz\n", 0o755);
        write("etc/cron.daily/off", "#!/bin/sh\nmysqldump shop\n", 0o644);
        write("etc/cron.daily/dump.sh", "#!/bin/sh\nmysqldump shop\n", 0o755);
        write("var/spool/cron/crontabs/anna", "@daily restic backup /home\n", 0o600);
        write("var/spool/anacron/cron.daily", "20261129\n", 0o600);
        let world = World::of(&[], "/");
        let until = Instant::now() + Duration::from_secs(20);
        let look = Look { root: root.path(), world: &world, until, now: 0 };
        let side = find(&look);
        let told: Vec<(&str, Option<&str>, Option<&str>)> =
            side.runners.iter().map(|r| (r.name.as_str(), r.looks.program, r.user.as_deref())).collect();
        assert_eq!(
            told,
            [
                ("/etc/cron.d/pg-backup", Some("pg_dumpall"), Some("postgres")),
                ("/var/spool/cron/crontabs/anna", Some("restic"), Some("anna")),
                ("/etc/cron.daily/shop", Some("mysqldump"), None),
            ]
        );
        assert_eq!(side.runners[0].last, Last::Unknown(Why::Failed("cron keeps no result".into())));
        let day = "cron keeps no result; anacron ran it on 2026-11-29";
        assert_eq!(side.runners[2].last, Last::Unknown(Why::Failed(day.into())));
        assert!(side.gaps.is_empty(), "{:?}", side.gaps);
    }

    proptest! {
        #[test]
        fn any_table_is_read(text in "(\\* |@daily |root |A=|x|%|\\\\%|\n|#|é){0,30}") {
            for form in [Form::System, Form::Of("a"), Form::Anacron] {
                prop_assert!(parse(&text, form).len() <= LINES);
            }
        }
    }
}
