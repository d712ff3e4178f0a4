//! Which version of the CLI the command's own binary is. The two read one environment differently, so it has to be
//! known; asking costs a third of a second, so the answer is kept for as long as the very file stays the same.

use crate::run::child;
use crate::run::note;
use crate::world::World;
use sha2::{Digest as _, Sha256};
use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long `aws --version` may take: seconds on a busy machine, and without it the account cannot be pinned.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long `pyenv which aws` may take.
const SHORT_PATIENCE: Duration = Duration::from_secs(2);
/// More than a version, or the start of a script, ever has.
const ENOUGH: u64 = 4096;

/// A version as `aws --version` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) major: u8,
    /// `1.46.3`.
    pub(super) text: String,
}

/// Reads `aws-cli/2.15.30 Python/3.11.6 …`.
fn read(output: &[u8]) -> Option<Version> {
    let text = std::str::from_utf8(output).ok()?;
    let rest = text.split_ascii_whitespace().find_map(|word| word.strip_prefix("aws-cli/"))?;
    number(rest)
}

/// `1.46.3`, with whatever the maker put behind it.
fn number(text: &str) -> Option<Version> {
    let (major, rest) = text.split_once('.')?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".+-".contains(&b);
    let major = major.parse().ok().filter(|m| *m > 0)?;
    (rest.len() <= 32 && rest.bytes().all(plain)).then(|| Version { major, text: text.to_owned() })
}

/// The version of this binary, `None` when it cannot be had in time.
pub(super) fn of(world: &World, cli: &Path) -> Option<Version> {
    let key = Key::of(world, cli);
    let place = key.as_ref().and_then(|key| key.place(world));
    if let (Some(key), Some(place)) = (&key, &place)
        && let Some(known) = recall(place, key)
    {
        return Some(known);
    }
    let version = read(&ask(world, &[cli.as_os_str(), OsStr::new("--version")], &[], PATIENCE)?)?;
    if let (Some(key), Some(place)) = (&key, &place) {
        // Without the note the next call only takes longer.
        let _ = keep(place, key, &version);
    }
    Some(version)
}

/// The version of this binary where it was asked for before; no program is started.
pub(super) fn remembered(world: &World, cli: &Path) -> Option<Version> {
    let path = std::fs::canonicalize(cli).ok()?;
    let key = matches!(Kind::of(&path)?, Kind::Itself).then(|| Key::for_file(path))??;
    recall(&key.place(world)?, &key)
}

/// The file whose bytes decide the version.
struct Key {
    path: PathBuf,
    /// Device, inode, size and times, as they stand in the note.
    identity: String,
}

impl Key {
    /// `None` when some other file, or the environment, decides what really runs.
    fn of(world: &World, cli: &Path) -> Option<Key> {
        let path = std::fs::canonicalize(cli).ok()?;
        match Kind::of(&path)? {
            Kind::Itself => Key::for_file(path),
            Kind::Pyenv { pyenv, root } => {
                let words = [pyenv.as_os_str(), OsStr::new("which"), cli.file_name()?];
                let behind = ask(world, &words, &[("PYENV_ROOT", root.as_str())], SHORT_PATIENCE)?;
                let behind = Path::new(OsStr::from_bytes(behind.trim_ascii()));
                let path = std::fs::canonicalize(behind).ok().filter(|_| behind.is_absolute())?;
                matches!(Kind::of(&path)?, Kind::Itself).then(|| Key::for_file(path))?
            }
        }
    }

    fn for_file(path: PathBuf) -> Option<Key> {
        let m = std::fs::metadata(&path).ok()?;
        let identity = format!(
            "{} {} {} {}.{} {}.{}",
            m.dev(),
            m.ino(),
            m.size(),
            m.mtime(),
            m.mtime_nsec(),
            m.ctime(),
            m.ctime_nsec()
        );
        Some(Key { path, identity })
    }

    /// Where its note stands; `None` without a home.
    fn place(&self, world: &World) -> Option<PathBuf> {
        let cache = world.set_var("XDG_CACHE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
        let cache = cache.or_else(|| Some(world.home()?.join(".cache")).filter(|p| p.is_absolute()))?;
        let sum = Sha256::digest(self.path.as_os_str().as_bytes());
        let name: String = sum.iter().take(8).map(|b| format!("{b:02x}")).collect();
        Some(cache.join("guard").join(format!("aws-version-{name}")))
    }
}

enum Kind {
    /// The program itself, or a script of a Python that its first line names.
    Itself,
    /// A shim of pyenv: the program it calls, and what it sets `PYENV_ROOT` to.
    Pyenv { pyenv: PathBuf, root: String },
}

impl Kind {
    fn of(path: &Path) -> Option<Kind> {
        let mut head = Vec::new();
        std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
            .open(path)
            .and_then(|f| f.take(ENOUGH).read_to_end(&mut head))
            .ok()?;
        if !head.starts_with(b"#!") {
            // A program that answers to many names (mise, snap) says nothing about the version behind this one.
            let name = path.file_name()?.as_bytes();
            return name.starts_with(b"aws").then_some(Kind::Itself);
        }
        let mut lines = head.split(|b| *b == b'\n');
        let first = lines.next().unwrap_or_default();
        let interpreter = first.get(2..)?.trim_ascii().split(u8::is_ascii_whitespace).next()?;
        let name = interpreter.rsplit(|b| *b == b'/').next()?;
        if interpreter.starts_with(b"/") && name.starts_with(b"python") {
            return Some(Kind::Itself);
        }
        // pip's way round the limit on the length of that line.
        if name == b"sh" && lines.next().is_some_and(|l| l.starts_with(b"'''exec' ")) {
            return Some(Kind::Itself);
        }
        let text = std::str::from_utf8(&head).ok()?;
        let pyenv = text.split('"').find(|part| part.starts_with('/') && part.ends_with("/pyenv"))?;
        let root = text.split("export PYENV_ROOT=\"").nth(1)?.split('"').next()?;
        Some(Kind::Pyenv { pyenv: PathBuf::from(pyenv), root: root.to_owned() })
    }
}

fn recall(place: &Path, key: &Key) -> Option<Version> {
    let mut text = String::new();
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_CLOEXEC)
        .open(place)
        .ok()?;
    // Whoever else may write the note could make guard read the environment the wrong way.
    let meta = file.metadata().ok()?;
    if !meta.is_file() || meta.mode() & 0o022 != 0 || meta.uid() != rustix::process::geteuid().as_raw() {
        return None;
    }
    file.take(ENOUGH).read_to_string(&mut text).ok()?;
    let mut lines = text.lines();
    let same = lines.next()? == key.identity;
    let version = number(lines.next()?)?;
    (same && text.ends_with('\n') && lines.next().is_none()).then_some(version)
}

fn keep(place: &Path, key: &Key, version: &Version) -> std::io::Result<()> {
    note::write(place, format!("{}\n{}\n", key.identity, version.text).as_bytes())
}

/// Runs a program that answers in a line, and ends it when it does not.
fn ask(world: &World, words: &[&OsStr], set: &[(&str, &str)], patience: Duration) -> Option<Vec<u8>> {
    let (program, words) = words.split_first()?;
    let mut command = child::command(program, world);
    let depth = world.var(crate::run::exec::DEPTH).and_then(OsStr::to_str).and_then(|d| d.parse().ok());
    command.env(crate::run::exec::DEPTH, depth.unwrap_or(0_u32).saturating_add(1).to_string());
    command.envs(set.iter().copied()).args(words);
    let done = child::wait(command, None, patience).ok()?;
    done.ok.then_some(done.out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Instant;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Place {
            Place(tempfile::tempdir().unwrap())
        }

        fn script(&self, name: &str, text: &str) -> PathBuf {
            let path = self.0.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let draft = path.with_extension("draft");
            std::fs::write(&draft, text).unwrap();
            // Another program writes the file that will be run: a child forked by another test at this moment would hold
            // it open for writing, and it could not be run.
            let made = std::process::Command::new("install")
                .args(["-m", "755"])
                .args([&draft, &path])
                .status()
                .unwrap();
            assert!(made.success());
            std::fs::remove_file(draft).unwrap();
            path
        }

        fn world(&self) -> World {
            World::of(&[("HOME", self.0.path().to_str().unwrap()), ("PATH", "/usr/bin:/bin")], "/")
        }

        fn notes(&self) -> Vec<PathBuf> {
            let dir = std::fs::read_dir(self.0.path().join(".cache/guard"));
            dir.map(|d| d.map(|e| e.unwrap().path()).collect()).unwrap_or_default()
        }
    }

    #[test]
    fn what_the_cli_says_of_itself() {
        let v = read(b"aws-cli/2.15.30 Python/3.11.6 Linux/6.1 exe/x86_64.debian.12 prompt/off\n").unwrap();
        assert_eq!((v.major, v.text.as_str()), (2, "2.15.30"));
        assert_eq!(read(b"aws-cli/1.46.3 Python/3.11.7").unwrap().major, 1);
        for bad in ["", "aws-cli/", "aws-cli/x.y", "aws-cli/0.1", "aws-cli/2", "aws-cli/2.1/x", "2.1"] {
            assert_eq!(read(bad.as_bytes()), None, "{bad}");
        }
    }

    /// A stand-in whose first line names a Python by its path, so that it counts as the program itself.
    fn python(place: &Place) -> PathBuf {
        std::os::unix::fs::symlink("/bin/sh", place.0.path().join("python3")).unwrap();
        let count = place.0.path().join("asked");
        let interpreter = place.0.path().join("python3");
        place.script(
            "aws",
            &format!(
                "#!{}\necho x >>{}\necho aws-cli/1.46.3 Python/3.11.7\n",
                interpreter.display(),
                count.display()
            ),
        )
    }

    #[test]
    fn the_same_file_is_asked_once() {
        let place = Place::new();
        let aws = python(&place);
        let asked = || std::fs::read_to_string(place.0.path().join("asked")).unwrap_or_default().len() / 2;
        for _ in 0..3 {
            assert_eq!(of(&place.world(), &aws).unwrap().text, "1.46.3");
        }
        assert_eq!(asked(), 1);
        let note = place.notes().pop().unwrap();
        assert_eq!(std::fs::metadata(&note).unwrap().mode() & 0o777, 0o600);

        // A damaged note, and one that others may write, are as good as none.
        for (text, mode) in [("", 0o600), ("x\n2.1.1\n", 0o600), ("\u{0}", 0o600)] {
            std::fs::write(&note, text).unwrap();
            std::fs::set_permissions(&note, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(of(&place.world(), &aws).unwrap().major, 1);
        }
        assert_eq!(asked(), 4);
        std::fs::set_permissions(&note, std::fs::Permissions::from_mode(0o622)).unwrap();
        of(&place.world(), &aws).unwrap();
        assert_eq!(asked(), 5);

        // Another file under the same name is asked anew.
        let text = std::fs::read_to_string(&aws).unwrap().replace("1.46.3", "2.0.1");
        std::fs::remove_file(&aws).unwrap();
        place.script("aws", &text);
        assert_eq!(of(&place.world(), &aws).unwrap().text, "2.0.1");
        assert_eq!(place.notes().len(), 1, "{:?}", place.notes());
    }

    #[test]
    fn without_a_home_nothing_is_kept() {
        let place = Place::new();
        let aws = python(&place);
        let world = World::of(&[("PATH", "/usr/bin:/bin")], "/");
        assert_eq!(of(&world, &aws).unwrap().major, 1);
        assert!(place.notes().is_empty());
    }

    #[test]
    fn a_script_that_may_run_anything_is_asked_each_time() {
        let place = Place::new();
        let aws = place.script("aws", "#!/bin/sh\necho aws-cli/2.1.0 Python/3\n");
        assert_eq!(of(&place.world(), &aws).unwrap().major, 2);
        let env = place.script("aws2", "#!/usr/bin/env python3\nprint('aws-cli/2.1.0')\n");
        assert!(Key::of(&place.world(), &env).is_none());
        assert!(place.notes().is_empty());
    }

    #[test]
    fn a_pyenv_shim_stands_for_what_it_runs() {
        let place = Place::new();
        let behind = python(&place);
        let pyenv = place.script(
            "bin/pyenv",
            &format!("#!/bin/sh\n[ \"$PYENV_ROOT $*\" = '/r which aws' ] && echo {}\n", behind.display()),
        );
        let shim = place.script(
            "shims/aws",
            &format!("#!/usr/bin/env bash\nset -e\nexport PYENV_ROOT=\"/r\"\nexec \"{}\" exec \"$program\" \"$@\"\n", pyenv.display()),
        );
        let key = Key::of(&place.world(), &shim).unwrap();
        assert_eq!(key.path, behind.canonicalize().unwrap());
    }

    #[test]
    fn one_that_does_not_answer_is_ended() {
        let place = Place::new();
        let slow = place.script("slow", "#!/bin/sh\nexec sleep 60\n");
        let start = Instant::now();
        assert_eq!(ask(&place.world(), &[slow.as_os_str()], &[], Duration::from_millis(200)), None);
        assert!(start.elapsed() < Duration::from_secs(50));
        let failing = place.script("failing", "#!/bin/sh\necho aws-cli/2.1.0\nexit 1\n");
        assert_eq!(ask(&place.world(), &[failing.as_os_str()], &[], PATIENCE), None);
    }
}
