//! Who called the package manager, as far as /proc tells: the hook itself is given no words, or words without quotes.

use crate::engine::tool;
use crate::family::call::Call;
use crate::run::approval::{Process, Seen};
use crate::run::names::basename;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// How far above the hook a package manager is looked for: two shells stand between.
const HEIGHT: usize = 6;

/// The process that runs the package manager.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// Which process it is; `None` where the system does not tell.
    pub process: Option<Process>,
    /// Its parent's number.
    pub parent: u32,
    /// Its words, as a call of a tool guard knows. A program that uses apt's library has a name and no words.
    pub call: Call,
    /// The program's own file, for tools guard knows.
    pub program: Option<PathBuf>,
}

/// The program that called apt's hook: the nearest one above that is no shell.
pub(super) fn of_apt() -> Caller {
    let found = above().find(|(_, argv)| !argv.first().is_some_and(is_shell));
    match found {
        Some((seen, argv)) => of(seen, argv),
        None => Caller {
            process: None,
            parent: 0,
            call: Call { tool: &tool::APT_GET, argv: vec!["apt".into()] },
            program: None,
        },
    }
}

/// The dpkg that called its hook.
pub(super) fn of_dpkg() -> Option<Caller> {
    let is_dpkg = |argv: &[OsString]| {
        argv.first().is_some_and(|word| basename(word.as_bytes()) == tool::DPKG.name.as_bytes())
    };
    let (seen, argv) = above().find(|(_, argv)| is_dpkg(argv))?;
    Some(of(seen, argv))
}

/// The processes above this one, nearest first, with their words.
fn above() -> impl Iterator<Item = (Seen, Vec<OsString>)> {
    Process::ancestors().skip(1).take(HEIGHT).filter_map(|seen| Some((seen, words(seen.process.pid)?)))
}

fn words(pid: u32) -> Option<Vec<OsString>> {
    let mut bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    if bytes.last() == Some(&0) {
        bytes.pop();
    }
    Some(bytes.split(|b| *b == 0).map(|word| OsString::from_vec(word.to_vec())).collect())
}

fn is_shell(word: &OsString) -> bool {
    matches!(basename(word.as_bytes()), b"sh" | b"dash" | b"bash" | b"busybox")
}

fn of(seen: Seen, argv: Vec<OsString>) -> Caller {
    let name = argv.first().map(|word| basename(word.as_bytes())).unwrap_or_default();
    let tool = tool::called(name).filter(|tool| tool.is_package_manager());
    let (call, program) = match tool {
        Some(tool) => {
            let program = fs::read_link(format!("/proc/{}/exe", seen.process.pid)).ok();
            (Call { tool, argv }, program)
        }
        None => (Call { tool: &tool::APT_GET, argv: vec![program_name(&argv)] }, None),
    };
    Caller { process: Some(seen.process), parent: seen.parent, call, program }
}

/// What to call a program that is no package manager: the script, where an interpreter runs one.
fn program_name(argv: &[OsString]) -> OsString {
    let interpreters: [&[u8]; 3] = [b"python", b"perl", b"ruby"];
    let name = |word: &OsString| basename(word.as_bytes()).to_vec();
    let first = argv.first().map(name).unwrap_or_default();
    let script = argv.iter().skip(1).find(|word| !word.as_bytes().starts_with(b"-")).map(name);
    let interpreted = interpreters.iter().any(|i| first.starts_with(i));
    OsString::from_vec(script.filter(|_| interpreted).unwrap_or(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(words: &str) -> Caller {
        let process = Process { pid: u32::MAX, start: 0 };
        of(Seen { process, parent: 1, terminal: 0 }, words.split(' ').map(OsString::from).collect())
    }

    #[test]
    fn tools_keep_their_words_and_others_have_a_name() {
        for (line, tool, first, count) in [
            ("apt-get -y remove x", "apt-get", "apt-get", 4),
            ("/usr/bin/apt purge x", "apt", "/usr/bin/apt", 3),
            ("aptitude-curses", "aptitude", "aptitude-curses", 1),
            ("/usr/bin/dpkg -P x", "dpkg", "/usr/bin/dpkg", 3),
            ("/usr/bin/python3 -u /usr/bin/unattended-upgrade --debug", "apt-get", "unattended-upgrade", 1),
            ("/usr/libexec/packagekitd", "apt-get", "packagekitd", 1),
            ("python3 -", "apt-get", "python3", 1),
            ("", "apt-get", "", 1),
        ] {
            let call = caller(line).call;
            assert_eq!(
                (call.tool.name, call.argv[0].to_str(), call.argv.len()),
                (tool, Some(first), count),
                "{line}"
            );
        }
    }

    #[test]
    fn this_test_has_somebody_above_it() {
        let (seen, argv) = above().next().unwrap();
        assert_eq!(seen.process.pid, std::os::unix::process::parent_id());
        assert!(!argv.is_empty());
        assert!(of_dpkg().is_none());
    }
}
