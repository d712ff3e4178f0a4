//! What runs backups by itself on this machine: timers of systemd and tables of cron. By its words alone something looks like a
//! backup, so that no more than a claim comes of it; and whether it ever ran, only a moment says that somebody has written down.

mod claims;
mod cron;
mod systemd;

pub use claims::{records, whence};

use super::Look;
use super::tool::{self, Account};
use crate::engine::backup::script::shell::{self, Values, file_of, is_plain};
use crate::engine::backup::script::{LONGEST, Looks, Words, look};
use crate::engine::backup::{Read, Source};
use crate::engine::fact::Why;
use crate::family::machine::links::below;
use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Instant;

/// So many of them are told.
const RUNNERS: usize = 32;
/// What is read where something is not.
const READABLE: &str = "what could be read";
/// So many scripts of one are read.
const SCRIPTS: usize = 4;

/// Something that runs a backup, as far as its words tell.
#[derive(Clone, PartialEq, Eq)]
pub struct Runner {
    /// As a person finds it: `pg-backup.timer`, `/etc/cron.d/pg-backup`.
    pub name: String,
    /// What starts it.
    pub how: How,
    /// What its words look like.
    pub looks: Looks,
    /// Variables it has, as far as their values stand there; `$(cat FILE)` where one is a file's content. They may be passwords.
    pub variables: Vec<(String, String)>,
    /// As whom it runs; nobody in particular is root.
    pub user: Option<String>,
    /// Its command lines and its scripts.
    pub texts: Vec<String>,
    /// How it ended the last time.
    pub last: Last,
}

impl fmt::Debug for Runner {
    /// Without anything that may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = f.debug_struct("Runner");
        told.field("name", &self.name).field("how", &self.how).field("program", &self.looks.program);
        told.field("user", &self.user).field("last", &self.last).finish_non_exhaustive()
    }
}

/// What starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A timer of systemd.
    Timer,
    /// cron, or anacron.
    Cron,
}

/// How something ended the last time it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Last {
    /// It never ran.
    Never,
    /// It ended.
    Ended {
        /// When, in seconds since 1970-01-01T00:00Z.
        at: i64,
        /// Whether well.
        ok: bool,
    },
    /// It runs now.
    Running,
    /// Nobody says, and why.
    Unknown(Why),
}

/// What one of the two sides of the source has.
#[derive(Debug, Default)]
struct Side {
    runners: Vec<Runner>,
    /// What kept something from being read, and what was read all the same.
    gaps: Vec<(&'static str, Why)>,
}

/// What runs backups here.
pub fn find(look: &Look<'_>) -> (Source, Vec<Runner>) {
    let (timers, tables) = (systemd::find(look), cron::find(look));
    let mut runners = timers.runners;
    runners.extend(tables.runners);
    let mut gaps = timers.gaps;
    gaps.extend(tables.gaps);
    if runners.len() > RUNNERS {
        gaps.push((READABLE, Why::Failed(format!("only {RUNNERS} were looked at"))));
        runners.truncate(RUNNERS);
    }
    let read = match gaps.first() {
        None => Read::All,
        Some((within, why)) => {
            let same = gaps.iter().all(|(other, _)| other == within);
            let within = if same { within } else { READABLE };
            Read::Partly { within: within.to_owned(), why: why.clone() }
        }
    };
    (Source { name: "timers", full: "timers and cron", read }, runners)
}

/// What is known of something before its words are looked at.
struct Candidate {
    name: String,
    how: How,
    lines: Vec<String>,
    variables: Values,
    user: Option<String>,
}

/// Reads the words of one, scripts included. `None` where they look like no backup; a script that cannot be read is a gap.
fn judge(look_at: &Look<'_>, of: Candidate, gaps: &mut Vec<(&'static str, Why)>) -> Option<Runner> {
    let mut texts = of.lines;
    for path in scripts(&texts) {
        match read_as(look_at, &path, of.user.as_deref()) {
            Ok(Some(text)) if is_script(&path, &text) => texts.push(text),
            Ok(_) => {}
            Err(why) => gaps.push((READABLE, why)),
        }
    }
    // What a script takes in stands before it: its variables are set there.
    for path in taken_in(&texts) {
        match read_as(look_at, &path, of.user.as_deref()) {
            Ok(Some(text)) if !text.contains('\0') => texts.insert(0, text),
            Ok(_) => {}
            Err(why) => gaps.push((READABLE, why)),
        }
    }
    let before: Vec<(String, String)> = of.variables.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let words =
        Words { names: vec![of.name.clone()], images: vec![], texts: texts.clone(), variables: before };
    let looks = look(&words).filter(|looks| !looks.by_name_only || !is_of_the_system(&of.name))?;
    let mut values = of.variables;
    shell::commands(&texts.join("\n"), &mut values);
    let variables = values.into_iter().filter_map(|(name, value)| match file_of(&value) {
        Some(file) => Some((name, format!("$(cat {file})"))),
        None => is_plain(&value).then_some((name, value)),
    });
    Some(Runner {
        name: of.name,
        how: of.how,
        looks,
        variables: variables.collect(),
        user: of.user,
        texts,
        last: Last::Unknown(Why::NotAsked),
    })
}

/// Reads a script as whoever runs it could: what only root may read is not for a table of somebody else, whose programs are
/// asked with what stands in it.
fn read_as(look: &Look<'_>, path: &str, user: Option<&str>) -> Result<Option<String>, Why> {
    let path = below(look.root, Path::new(path));
    let user = user.filter(|_| rustix::process::geteuid().is_root());
    if let Some(user) = user.filter(|user| !matches!(*user, "root" | "0")) {
        let Ok(real) = std::fs::canonicalize(&path) else { return Ok(None) };
        let accounts = tool::accounts(look.root);
        let found = accounts.iter().find(|account| account.name == user || account.uid.to_string() == user);
        let account = found.ok_or_else(|| Why::Failed(format!("there is no user {user}")))?;
        let root = std::fs::canonicalize(look.root).unwrap_or_default();
        for place in real.ancestors().take_while(|place| place.starts_with(&root) && *place != root) {
            let meta = std::fs::metadata(place).map_err(|e| tool::of_io(place, &e))?;
            let bit = if meta.is_dir() { 0o1 } else { 0o4 };
            if !grants(bit, meta.mode(), (meta.uid(), meta.gid()), account) {
                return Err(Why::Forbidden);
            }
        }
        // The file that is open counts, whatever its name leads to by now.
        let Some((text, meta)) = tool::read_with_owner(&real, LONGEST as u64)? else { return Ok(None) };
        let granted = grants(0o4, meta.mode(), (meta.uid(), meta.gid()), account);
        return if granted { Ok(Some(text)) } else { Err(Why::Forbidden) };
    }
    tool::read(&path, LONGEST as u64)
}

/// Whether a mode grants this to an account.
fn grants(bit: u32, mode: u32, (uid, gid): (u32, u32), account: &Account) -> bool {
    let shift = match () {
        () if uid == account.uid => 6,
        () if gid == account.gid => 3,
        () => 0,
    };
    mode & (bit << shift) != 0
}

/// Files among the words of command lines.
fn scripts(lines: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for command in lines.iter().flat_map(|line| shell::commands(line, &mut Values::new())) {
        for word in command.words.into_iter().filter(|word| word.starts_with('/') && is_plain(word)) {
            if !found.contains(&word) && found.len() < SCRIPTS {
                found.push(word);
            }
        }
    }
    found
}

/// Files that scripts take in (`. FILE`, `source FILE`).
fn taken_in(texts: &[String]) -> Vec<String> {
    let commands = texts.iter().flat_map(|text| shell::commands(text, &mut Values::new()));
    let file = |command: shell::Command| match command.words.as_slice() {
        [word, file, ..] if matches!(word.as_str(), "." | "source") => Some(file.clone()),
        _ => None,
    };
    let files = commands.filter_map(file).filter(|file| file.starts_with('/') && is_plain(file));
    files.take(SCRIPTS).collect()
}

/// Whether a file is a script whose commands are its own. Debian's `/usr/bin/pg_dump` is one in Perl that finds the right program.
fn is_script(path: &str, text: &str) -> bool {
    let shells = ["sh", "bash", "dash", "ash", "ksh", "zsh"];
    let first = text.lines().next().unwrap_or_default();
    let mut words = first.strip_prefix("#!").unwrap_or_default().split_whitespace();
    let shell = words.any(|word| shells.contains(&word.rsplit('/').next().unwrap_or_default()));
    let packaged =
        ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/", "/usr/lib/"].iter().any(|dir| path.starts_with(dir));
    !text.contains('\0') && first.starts_with("#!") && (shell || !packaged)
}

/// What Debian 12 itself runs and only sounds like a backup: dpkg's of its own database (dpkg-db-backup.timer).
fn is_of_the_system(name: &str) -> bool {
    ["dpkg-db-backup.timer", "/etc/cron.daily/dpkg"].contains(&name)
}

/// Whether there is time left.
fn in_time(look: &Look<'_>) -> bool {
    Instant::now() < look.until
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use std::fs;

    fn candidate(line: &str) -> Candidate {
        Candidate {
            name: "x.timer".into(),
            how: How::Timer,
            lines: vec![line.into()],
            variables: Values::from([("A".to_owned(), "1".to_owned())]),
            user: None,
        }
    }

    #[test]
    fn what_only_others_may_read_is_not_read_for_somebody() {
        let anna = Account { name: "anna".into(), uid: 1000, gid: 100, home: "/".into() };
        for (mode, uid, gid, want) in [
            (0o700, 0, 0, false),
            (0o750, 0, 100, true),
            (0o755, 0, 0, true),
            (0o700, 1000, 0, true),
            (0o044, 1000, 100, false),
        ] {
            assert_eq!(grants(0o4, mode, (uid, gid), &anna), want, "{mode:o}");
        }
    }

    #[test]
    fn scripts_are_read_and_their_variables_with_them() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "usr/local/bin/nightly",
            "#!/bin/bash\n. /etc/nightly.env\nexport RESTIC_REPOSITORY=/srv/$WHERE RESTIC_PASSWORD=$(cat /root/p) N=$(date)\nrestic backup /etc\n",
        );
        write("etc/nightly.env", "WHERE=r\n");
        write("usr/bin/pg_dump", "#!/usr/bin/perl -wT\n# pg_dump\n");
        let world = World::of(&[], "/");
        let look = Look { root: root.path(), world: &world, until: Instant::now(), now: 0 };
        let mut gaps = Vec::new();
        let runner = judge(&look, candidate("/bin/bash /usr/local/bin/nightly --quiet"), &mut gaps).unwrap();
        assert_eq!(runner.looks.program, Some("restic"));
        let of = |name: &str| runner.variables.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!((of("A"), of("RESTIC_REPOSITORY")), (Some("1"), Some("/srv/r")));
        assert_eq!((of("RESTIC_PASSWORD"), of("N")), (Some("$(cat /root/p)"), None));
        assert!(!format!("{runner:?}").contains("/root/p"));
        let dump = judge(&look, candidate("/usr/bin/pg_dump -f /b/x shop"), &mut gaps).unwrap();
        assert_eq!((dump.texts.len(), dump.looks.program), (1, Some("pg_dump")));
        assert!(judge(&look, candidate("/bin/true"), &mut gaps).is_none());
        assert!(gaps.is_empty());
        let own = Candidate {
            name: "dpkg-db-backup.timer".into(),
            ..candidate("/usr/libexec/dpkg/dpkg-db-backup")
        };
        assert!(judge(&look, own, &mut gaps).is_none());
    }
}
