//! Programs that are asked for their catalogues: as the user whose backups they are, never with a terminal to ask a person at,
//! and never past the deadline, not even where guard itself is ended before it.

use super::Look;
use crate::engine::fact::Why;
use crate::engine::redact::{REDACTED, without_userinfo};
use crate::run::child::{self, Done};
use crate::run::find;
use crate::run::self_path;
use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Where programs are looked for: what the caller's PATH holds is no business of whoever becomes somebody else.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Takes the terminal away (setsid(1)): a tool that wants a password opens `/dev/tty`, whatever its input is.
const SETSID: &str = "/usr/bin/setsid";
/// Ends it where guard cannot any more (timeout(1)).
const TIMEOUT: &str = "/usr/bin/timeout";

/// Somebody who runs programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The login name.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// Its group's.
    pub gid: u32,
    /// Its home directory.
    pub home: String,
}

/// The accounts of a system (passwd(5)).
pub fn accounts(root: &Path) -> Vec<Account> {
    const LARGEST: u64 = 4 << 20;
    let Ok(Some(text)) = read(&root.join("etc/passwd"), LARGEST) else { return Vec::new() };
    let account = |line: &str| {
        let mut fields = line.split(':');
        let (name, uid, gid) = (fields.next()?, fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Account { name: name.to_owned(), uid, gid, home: fields.nth(1)?.to_owned() })
    };
    text.lines().filter_map(account).collect()
}

/// A program to be run, as somebody.
pub struct Tool {
    program: PathBuf,
    /// Whom it becomes; nobody else where guard is not root.
    account: Option<Account>,
}

impl Tool {
    /// Finds a program of this machine.
    ///
    /// # Errors
    /// There is none, or the question is about another system, whose programs are not run.
    pub fn find(look: &Look<'_>, name: &'static str, account: Option<Account>) -> Result<Tool, Why> {
        if look.root != Path::new("/") {
            return Err(Why::Failed("it is another system".to_owned()));
        }
        let path = Some(OsStr::new(PATH));
        let program = find::find(name.as_bytes(), path, &self_path::selves())
            .map_err(|_| Why::Failed(format!("{name} is not installed")))?;
        Ok(Tool { program, account })
    }

    /// Runs it with these variables and nothing else of anybody's world; `longest` is what it may take of the time that is left.
    ///
    /// # Errors
    /// It could not be run, or did not end in time.
    pub fn ask(&self, args: &[&str], vars: &[(String, String)], until: Instant) -> Result<Done, Why> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Why::TimedOut);
        }
        if !Path::new(SETSID).exists() || !Path::new(TIMEOUT).exists() {
            return Err(Why::Failed("setsid(1) or timeout(1) is missing".to_owned()));
        }
        let mut command = Command::new(SETSID);
        // Whoever waits for it ends it first: this is for one that got away.
        let seconds = left.as_secs().saturating_add(3).to_string();
        command.args([TIMEOUT, "-s", "KILL", &seconds]).arg(&self.program).args(args);
        command.env_clear().envs([("PATH", PATH), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC")]).current_dir("/");
        command.envs(vars.iter().map(|(name, value)| (name, value)));
        if let Some(account) = &self.account {
            command.env("HOME", &account.home).env("USER", &account.name).env("LOGNAME", &account.name);
            if rustix::process::geteuid().is_root() && account.uid != 0 {
                command.gid(account.gid).uid(account.uid);
            }
        }
        let mut done = child::wait(command, None, left)?;
        done.err = without_secrets(&done.err, vars);
        Ok(done)
    }
}

/// What a tool says without logins, and without the values that it was handed: it may say them again. Where its copies are, and
/// in which file something stands, is no secret.
fn without_secrets(said: &[u8], vars: &[(String, String)]) -> Vec<u8> {
    const SHORT: usize = 4;
    let said = without_userinfo(said).unwrap_or_else(|| said.to_vec());
    let mut said = String::from_utf8_lossy(&said).into_owned();
    let redacted = String::from_utf8_lossy(REDACTED);
    let is_open = |name: &str| {
        matches!(name, "RESTIC_REPOSITORY" | "BORG_REPO")
            || ["_FILE", "_IS_OK", "_DOING"].iter().any(|end| name.ends_with(end))
    };
    for (_, value) in vars.iter().filter(|(name, value)| !value.is_empty() && !is_open(name)) {
        if value.len() >= SHORT {
            said = said.replace(value.as_str(), &redacted);
            continue;
        }
        // A short one stands in many words.
        let own = |c: char| !c.is_alphanumeric();
        let words = said.split_inclusive(own).map(|word| match word.strip_suffix(own) {
            Some(bare) if bare == value => word.replacen(value.as_str(), &redacted, 1),
            None if word == value => redacted.clone().into_owned(),
            _ => word.to_owned(),
        });
        said = words.collect();
    }
    said.into_bytes()
}

/// Why an answer is none, by what the tool said: the line that says it, cut off where nobody reads on.
pub fn why(done: &Done) -> Why {
    const LONGEST: usize = 120;
    let text = String::from_utf8_lossy(&done.err);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.iter().any(|line| line.contains("ermission denied")) {
        return Why::Forbidden;
    }
    let says = |line: &&&str| line.starts_with("Fatal:") || line.starts_with("ERROR");
    let said = traced(&text).or_else(|| lines.iter().find(says).or(lines.last()).copied());
    let line = said.unwrap_or("it gave no reason");
    let line = line.strip_prefix("Fatal: ").unwrap_or(line);
    let end = line.floor_char_boundary(LONGEST);
    Why::Failed(line.get(..end).unwrap_or_default().to_owned())
}

/// The error of a program in Python that it did not expect: the line behind the last list of calls, which are indented, without
/// the module (the Python Library Reference, `traceback`). What follows it describes the machine.
fn traced(text: &str) -> Option<&str> {
    let (_, behind) = text.rsplit_once("Traceback (most recent call last):")?;
    let line = behind.lines().find(|line| !line.is_empty() && !line.starts_with([' ', '\t']))?.trim();
    let class = line.split(": ").next()?;
    line.get(class.rfind('.').map_or(0, |dot| dot + 1)..)
}

/// Reads a regular file as text, of a larger one the beginning. `Ok(None)`: there is none. Never waits for a pipe.
///
/// # Errors
/// It could not be read.
pub fn read(path: &Path, largest: u64) -> Result<Option<String>, Why> {
    open(path)?.map(|(file, _)| text(file, largest)).transpose()
}

/// The same, with what the open file says of itself.
///
/// # Errors
/// It could not be read.
pub fn read_with_owner(path: &Path, largest: u64) -> Result<Option<(String, Metadata)>, Why> {
    match open(path)? {
        Some((file, meta)) => Ok(Some((text(file, largest)?, meta))),
        None => Ok(None),
    }
}

fn open(path: &Path) -> Result<Option<(File, Metadata)>, Why> {
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(e) => return Err(of_io(path, &e)),
    };
    let meta = file.metadata().map_err(|e| of_io(path, &e))?;
    Ok(meta.is_file().then_some((file, meta)))
}

fn text(file: File, largest: u64) -> Result<String, Why> {
    let mut bytes = Vec::new();
    file.take(largest).read_to_end(&mut bytes).map_err(|e| Why::Failed(e.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Why something of the file system is not known.
pub fn of_io(path: &Path, error: &std::io::Error) -> Why {
    match error.kind() {
        ErrorKind::PermissionDenied => Why::Forbidden,
        _ => Why::Failed(format!("{}: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use std::time::Duration;

    fn sh() -> Tool {
        let world = World::of(&[("SECRET", "x")], "/");
        let look = Look { root: Path::new("/"), world: &world, until: Instant::now(), now: 0 };
        Tool::find(&look, "sh", None).unwrap()
    }

    #[test]
    fn nothing_can_be_asked_and_nothing_outlives_the_deadline() {
        let soon = || Instant::now() + Duration::from_secs(20);
        let asks =
            "read x; echo \"[$x]\"; (: </dev/tty) 2>/dev/null || echo no terminal; echo \"$SECRET|$A\"";
        let done = sh().ask(&["-c", asks], &[("A".into(), "b".into())], soon()).unwrap();
        assert_eq!(String::from_utf8_lossy(&done.out), "[]\nno terminal\n|b\n");
        let start = Instant::now();
        let late = sh().ask(&["-c", "sleep 600 & wait"], &[], start + Duration::from_millis(300));
        assert_eq!(late.err(), Some(Why::TimedOut));
        assert!(start.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn programs_of_another_system_are_not_run() {
        let world = World::of(&[], "/");
        let look = Look { root: Path::new("/srv/other"), world: &world, until: Instant::now(), now: 0 };
        assert!(Tool::find(&look, "sh", None).is_err());
        let here = Look { root: Path::new("/"), ..look };
        assert!(Tool::find(&here, "no-such-tool", None).is_err());
    }

    #[test]
    fn what_a_tool_says_of_its_failure() {
        let of =
            |err: &str| why(&Done { ok: false, code: Some(1), out: vec![], err: err.as_bytes().to_vec() });
        assert_eq!(
            of("Fatal: wrong password or no key found\n"),
            Why::Failed("wrong password or no key found".into())
        );
        assert_eq!(of("open /x: permission denied\n"), Why::Forbidden);
        assert_eq!(of(""), Why::Failed("it gave no reason".into()));
    }

    #[test]
    fn a_traceback_is_told_by_its_error() {
        let of =
            |err: &str| why(&Done { ok: false, code: Some(2), out: vec![], err: err.as_bytes().to_vec() });
        let text = "Local Exception\nTraceback (most recent call last):\n  File \"/usr/lib/x.py\", line 5, in main\n    \
            exit_code = run()\nborg.helpers.errors.IntegrityError: Data integrity error: Segment entry checksum mismatch\n\n\
            Platform: Linux db1\nPID: 5  CWD: /\nSSH_ORIGINAL_COMMAND: None\n";
        let want = "IntegrityError: Data integrity error: Segment entry checksum mismatch";
        assert_eq!(of(text), Why::Failed(want.into()));
        assert_eq!(
            of("Traceback (most recent call last):\n  x\nKeyboardInterrupt\nPID: 5\n"),
            Why::Failed("KeyboardInterrupt".into())
        );
        assert_eq!(of("Traceback (most recent call last):\n  File"), Why::Failed("File".into()));
    }

    #[test]
    fn what_a_tool_was_handed_is_not_said_again() {
        let soon = Instant::now() + Duration::from_secs(20);
        let says = "echo \"Fatal: $RESTIC_REPOSITORY: $A: rest:https://u:pw9@h/ does not take [$B], abc\" >&2; exit 1";
        let vars = [("A", "hunter2"), ("B", "ab"), ("RESTIC_REPOSITORY", "/srv/r"), ("C", "")];
        let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let done = sh().ask(&["-c", says], &vars, soon).unwrap();
        let want = "/srv/r: [redacted]: rest:https://[redacted]@h/ does not take [[redacted]], abc";
        assert_eq!(why(&done), Why::Failed(want.into()));
    }
}
