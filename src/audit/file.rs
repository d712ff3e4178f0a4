//! Opening the log safely and adding one line to it.

use super::record::Record;
use crate::engine::escape::escape;
use crate::fail::{Fail, Kind, Result};
use crate::world::World;
use rustix::fs::{FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A log that would grow beyond this becomes `.1`, `.1` becomes `.2` …
const LARGEST: u64 = 32 << 20;
/// Older logs kept beside the one being written.
pub(super) const GENERATIONS: u32 = 9;
/// How long another guard may hold the log before this one gives up.
const PATIENCE: Duration = Duration::from_secs(2);

/// The log of a user without a policy that says otherwise: `$XDG_STATE_HOME/guard/audit.jsonl`, else
/// `~/.local/state/guard/audit.jsonl`.
///
/// Root with somebody else's home (`sudo` that keeps `HOME`) writes `/var/log/guard/audit.jsonl`: a file of root's in
/// that home would lock its owner out of their own log, and following paths another user controls is no place for
/// root to write.
pub fn default_path(world: &World) -> Option<PathBuf> {
    default_path_for(world, rustix::process::geteuid().as_raw())
}

fn default_path_for(world: &World, uid: u32) -> Option<PathBuf> {
    let state = world.set_var("XDG_STATE_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    let base =
        state.or_else(|| world.home().filter(|h| h.is_absolute()).map(|home| home.join(".local/state")));
    if uid == 0 {
        let foreign = |dir: &Path| nearest(dir).is_some_and(|meta| meta.uid() != 0);
        if base.as_deref().is_none_or(foreign) {
            return Some(world.absolute("/var/log/guard/audit.jsonl"));
        }
    }
    base.map(|dir| dir.join("guard/audit.jsonl"))
}

/// What the path, or the closest parent of it that exists, is.
fn nearest(path: &Path) -> Option<std::fs::Metadata> {
    path.ancestors().find_map(|part| std::fs::metadata(part).ok())
}

/// Writes one record as one line with one `write(2)`, chained to the line before it.
///
/// Writers take turns by an exclusive lock on the file. What cannot be written whole is taken back and is an error
/// (exit code 74): the caller of a destructive command ends there.
pub fn append(record: &Record, path: &Path) -> Result<()> {
    append_to(record, path, LARGEST).map_err(|why| {
        let fail = Fail::new(Kind::Audit, format!("the audit record cannot be written to {}", shown(path)));
        fail.because(why.text).help(why.help)
    })
}

/// Does everything [`append`] does but the writing: the directory is made, the file opened, checked and locked.
pub fn check(path: &Path) -> Result<()> {
    prepare_directory(path).and_then(|()| open_locked(path).map(drop)).map_err(|why| {
        let fail = Fail::new(Kind::Audit, format!("audit records cannot be written to {}", shown(path)));
        fail.because(why.text).help(why.help)
    })
}

/// Why a record could not be written, and what to do.
struct Trouble {
    text: String,
    help: &'static str,
}

impl From<Errno> for Trouble {
    fn from(errno: Errno) -> Trouble {
        std::io::Error::from(errno).into()
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Trouble {
        let help = match Errno::from_io_error(&error) {
            Some(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => {
                "make room on that file system, then run the command again"
            }
            Some(Errno::ROFS | Errno::ACCESS | Errno::PERM) => {
                "make the directory writable for you, or set audit.path in the policy"
            }
            _ => "look at the file and its directory (`guard doctor`), or set audit.path in the policy",
        };
        Trouble { text: error.to_string(), help }
    }
}

fn refuse(text: impl Into<String>, help: &'static str) -> Trouble {
    Trouble { text: text.into(), help }
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

fn append_to(record: &Record, path: &Path, largest: u64) -> std::result::Result<(), Trouble> {
    prepare_directory(path)?;
    let mut record = record.clone();
    let (file, length, line) = loop {
        let file = open_locked(path)?;
        let length = file.metadata()?.len();
        let last = if length == 0 { last_of_older(path)? } else { last_line(&file)? };
        let line = chained(&mut record, &last)?;
        if length == 0 || length + line.len() as u64 <= largest {
            break (file, length, line);
        }
        // What comes next is a new, empty log, by whomever it is begun.
        move_on(path)?;
    };
    match (&file).write(&line) {
        Ok(n) if n == line.len() => Ok(()),
        Ok(n) => {
            file.set_len(length)?;
            Err(refuse(
                format!("only {n} of {} bytes fitted", line.len()),
                "make room on that file system, then run the command again",
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// The line to write, with its hash of the line before. A torn line before it (power cut, full disk under another
/// writer) is ended first, so that it stays visible as what it is and this line stays readable.
fn chained(record: &mut Record, last: &Last) -> std::result::Result<Vec<u8>, Trouble> {
    record.prev.clone_from(&last.sha256);
    let mut line = if last.torn { b"\n".to_vec() } else { Vec::new() };
    serde_json::to_writer(&mut line, record)
        .map_err(|e| refuse(e.to_string(), "report this as a bug in guard"))?;
    line.push(b'\n');
    Ok(line)
}

fn prepare_directory(path: &Path) -> std::result::Result<(), Trouble> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let Some(dir) = dir.filter(|_| path.is_absolute()) else {
        return Err(refuse("its path is not absolute", "set an absolute audit.path in the policy"));
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let meta = std::fs::metadata(dir)?;
    let own = rustix::process::geteuid().as_raw();
    if meta.uid() != own && meta.uid() != 0 {
        return Err(refuse(
            format!("its directory belongs to user {}, not to you ({own})", meta.uid()),
            "give the directory to the user who runs the command, or set audit.path in the policy",
        ));
    }
    // A directory everybody may write to is acceptable only where the sticky bit keeps others from replacing the file.
    if meta.mode() & 0o022 != 0 && meta.mode() & 0o1000 == 0 {
        return Err(refuse(
            format!("others may write to its directory (mode {:04o})", meta.mode() & 0o7777),
            "take the right away with chmod go-w, or set audit.path in the policy",
        ));
    }
    Ok(())
}

/// Opens the log, checks the open file (not its name) and locks it. A log that was rotated between opening and locking
/// is let go and the new one taken.
fn open_locked(path: &Path) -> std::result::Result<File, Trouble> {
    let until = Instant::now() + PATIENCE;
    loop {
        let file = open(path)?;
        lock(&file, until)?;
        let (open, named) = (file.metadata()?, std::fs::symlink_metadata(path));
        if named.is_ok_and(|named| (named.dev(), named.ino()) == (open.dev(), open.ino())) {
            return Ok(file);
        }
        if Instant::now() >= until {
            return Err(refuse("it is being replaced again and again", "find out which program rotates it"));
        }
    }
}

fn open(path: &Path) -> std::result::Result<File, Trouble> {
    // NONBLOCK so that a FIFO in its place is refused, not waited for.
    let flags = OFlags::RDWR
        | OFlags::APPEND
        | OFlags::CREATE
        | OFlags::CLOEXEC
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK;
    let fd = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR).map_err(|errno| match errno {
        Errno::LOOP => {
            refuse("it is a symbolic link", "remove the link, or set audit.path to where it points")
        }
        other => other.into(),
    })?;
    let stat = rustix::fs::fstat(&fd)?;
    let own = rustix::process::geteuid().as_raw();
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(refuse("it is not a regular file", "remove it, or set audit.path in the policy"));
    }
    if stat.st_uid != own {
        return Err(refuse(
            format!("it belongs to user {}, not to you ({own})", stat.st_uid),
            "give the file to the user who runs the command, or set audit.path in the policy",
        ));
    }
    if stat.st_mode & 0o077 != 0 {
        rustix::fs::fchmod(&fd, Mode::RUSR | Mode::WUSR)?;
    }
    Ok(File::from(fd))
}

fn lock(file: &File, until: Instant) -> std::result::Result<(), Trouble> {
    loop {
        match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(Errno::WOULDBLOCK) if Instant::now() < until => std::thread::sleep(Duration::from_millis(1)),
            Err(Errno::WOULDBLOCK) => {
                return Err(refuse(
                    format!("another process has held its lock for {} s", PATIENCE.as_secs()),
                    "find the process that holds it (`fuser` on the file) and end it",
                ));
            }
            Err(Errno::INTR) => {}
            // A file system without locks (some network mounts): the line is still one write at the end of the file;
            // two at the same moment would show in `guard audit verify`.
            Err(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
            Err(other) => return Err(other.into()),
        }
    }
}

/// What a log goes on from that holds nothing yet: the last line of the newest older one. So the chain runs through a
/// rotation, also when the guard that began it was killed before it wrote a line.
fn last_of_older(path: &Path) -> std::result::Result<Last, Trouble> {
    for number in 1..=GENERATIONS {
        let older = generation(path, number);
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = match rustix::fs::open(&older, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::NOENT) => continue,
            Err(errno) => return Err(older_trouble(&older, &std::io::Error::from(errno))),
        };
        // A directory or a device of that name is no log of guard's.
        if !file.metadata()?.is_file() {
            continue;
        }
        let last = last_line(&file)
            .map_err(|why| Trouble { text: format!("{}: {}", shown(&older), why.text), ..why })?;
        // An older log that was emptied says nothing about what came before it.
        if last.sha256.is_some() {
            return Ok(Last { torn: false, ..last });
        }
    }
    Ok(Last { sha256: None, torn: false })
}

fn older_trouble(path: &Path, error: &std::io::Error) -> Trouble {
    refuse(format!("{}: {error}", shown(path)), "make it readable for you, or move it away")
}

/// What the log ends with.
struct Last {
    /// SHA-256 of the last line, lower-case hex.
    sha256: Option<String>,
    /// The last line has no end.
    torn: bool,
}

fn last_line(file: &File) -> std::result::Result<Last, Trouble> {
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok(Last { sha256: None, torn: false });
    }
    let mut tail: Vec<u8> = Vec::new();
    let mut start = length;
    // Backwards until the line's own beginning is in the window; a line break at the very end belongs to the line.
    while start > 0 {
        let step = start.min(8192);
        start -= step;
        let mut block = vec![0; step as usize];
        file.read_exact_at(&mut block, start)?;
        block.extend_from_slice(&tail);
        tail = block;
        let body = tail.strip_suffix(b"\n").unwrap_or(&tail);
        if let Some(at) = body.iter().rposition(|b| *b == b'\n') {
            tail.drain(..=at);
            break;
        }
    }
    let torn = !tail.ends_with(b"\n");
    Ok(Last { sha256: Some(line_hash(tail.strip_suffix(b"\n").unwrap_or(&tail))), torn })
}

/// SHA-256 of a line without its end, in lower-case hex: what the next line carries as `prev`.
pub fn line_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The path of an older log: 0 is the current one.
pub(super) fn generation(path: &Path, number: u32) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}

/// Moves every log one number up, so that there is none to write to. The caller holds the lock of the current one, so
/// nobody else rotates at the same time.
fn move_on(path: &Path) -> std::result::Result<(), Trouble> {
    for number in (0..GENERATIONS).rev() {
        match std::fs::rename(generation(path, number), generation(path, number + 1)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Caller, verify};
    use super::*;
    use crate::exit::Exit;
    use std::os::unix::fs::PermissionsExt;

    fn record(word: &str) -> Record {
        Record::new(jiff::Timestamp::UNIX_EPOCH, [0; 10], Caller::default(), "kubectl", &[word.to_owned()])
    }

    fn lines(path: &Path) -> Vec<String> {
        std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_default_place() {
        let home = tempfile::tempdir().unwrap();
        let text = home.path().to_str().unwrap().to_owned();
        let own = rustix::process::geteuid().as_raw();
        for (vars, uid, wanted) in [
            (vec![("HOME", text.as_str())], own, Some(format!("{text}/.local/state/guard/audit.jsonl"))),
            (
                vec![("HOME", "/h"), ("XDG_STATE_HOME", text.as_str())],
                own,
                Some(format!("{text}/guard/audit.jsonl")),
            ),
            (
                vec![("HOME", text.as_str()), ("XDG_STATE_HOME", "relative")],
                own,
                Some(format!("{text}/.local/state/guard/audit.jsonl")),
            ),
            (vec![], 0, Some("/var/log/guard/audit.jsonl".to_owned())),
            (vec![], 1000, None),
        ] {
            let path = default_path_for(&World::of(&vars, "/"), uid).map(|p| p.to_str().unwrap().to_owned());
            assert_eq!(path, wanted, "{vars:?}");
        }
    }

    #[test]
    fn modes_are_private_and_each_line_names_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/guard/audit.jsonl");
        append(&record("a"), &path).unwrap();
        append(&record("b"), &path).unwrap();
        assert_eq!(std::fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let lines = lines(&path);
        let (a, b): (Record, Record) =
            (serde_json::from_str(&lines[0]).unwrap(), serde_json::from_str(&lines[1]).unwrap());
        assert_eq!((a.prev, b.prev), (None, Some(line_hash(lines[0].as_bytes()))));
    }

    #[test]
    fn a_log_others_can_read_is_closed_to_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
        append(&record("a"), &path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn links_devices_fifos_and_open_directories_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link.jsonl");
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &link).unwrap();
        let fail = append(&record("a"), &link).unwrap_err();
        assert_eq!((fail.exit(), fail.because[0].as_str()), (Exit::Audit, "it is a symbolic link"));
        assert!(!dir.path().join("elsewhere").exists());

        let fifo = dir.path().join("fifo.jsonl");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        assert_eq!(append(&record("a"), &fifo).unwrap_err().because[0], "it is not a regular file");
        assert_eq!(
            append(&record("a"), Path::new("relative")).unwrap_err().because[0],
            "its path is not absolute"
        );

        let open = dir.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, PermissionsExt::from_mode(0o777)).unwrap();
        let fail = append(&record("a"), &open.join("audit.jsonl")).unwrap_err();
        assert_eq!(fail.because[0], "others may write to its directory (mode 0777)");
    }

    #[test]
    fn a_torn_line_stays_visible_and_the_next_one_readable() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        append(&record("a"), &path).unwrap();
        let mut text = std::fs::read(&path).unwrap();
        text.truncate(text.len() - 20);
        std::fs::write(&path, &text).unwrap();
        append(&record("b"), &path).unwrap();
        let lines = lines(&path);
        assert_eq!(lines.len(), 2);
        assert_eq!(serde_json::from_str::<Record>(&lines[1]).unwrap().argv, ["b"]);
    }

    #[test]
    fn a_full_log_moves_on_and_the_chain_runs_through() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        for i in 0..40 {
            assert!(append_to(&record(&format!("word-{i}")), &path, 1200).is_ok());
        }
        assert!(generation(&path, GENERATIONS).exists() && !generation(&path, GENERATIONS + 1).exists());
        assert!((0..=GENERATIONS).all(|n| std::fs::metadata(generation(&path, n)).unwrap().len() <= 1200));
        let verified = verify(&path).unwrap().unwrap();
        assert_eq!(verified.files, u64::from(GENERATIONS) + 1);
        assert!(verified.earlier_missing, "the first of the 40 lines are gone");
    }

    /// A guard that is killed in the middle of a rotation leaves no log, or an empty one, and what a log that is moved
    /// one number at a time leaves: a gap.
    #[test]
    fn a_rotation_that_was_broken_off_is_gone_on_with() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        for killed in 0..=GENERATIONS + 1 {
            for i in 0..12 {
                assert!(append_to(&record(&format!("word-{i}")), &path, 1200).is_ok());
            }
            let before = verify(&path).unwrap().unwrap().lines;
            for number in (0..GENERATIONS).rev().take(killed as usize) {
                let _ = std::fs::rename(generation(&path, number), generation(&path, number + 1));
            }
            if killed > GENERATIONS {
                std::fs::write(&path, "").unwrap();
            }
            assert!(append_to(&record("after"), &path, 1200).is_ok());
            let verified = verify(&path).unwrap().unwrap();
            assert!(verified.restarts.is_empty(), "{killed} {verified:?}");
            assert!(verified.lines <= before + 1 && verified.lines + 8 > before, "{killed} {verified:?}");
        }
    }

    /// Two guards that find the log full at the same moment: one moves it, both write.
    #[test]
    fn many_rotations_at_once_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    for n in 0..10 {
                        let written = append_to(&record(&format!("{writer}-{n}")), path, 2400);
                        assert!(written.is_ok(), "{}", written.err().map(|e| e.text).unwrap_or_default());
                    }
                });
            }
        });
        let verified = verify(&path).unwrap().unwrap();
        assert!(verified.restarts.is_empty() && verified.lines >= 30, "{verified:?}");
    }

    #[test]
    fn a_lock_held_elsewhere_is_waited_for_and_then_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        let held = open(&path).map_err(|t| t.text).unwrap();
        rustix::fs::flock(&held, FlockOperation::LockExclusive).unwrap();
        let text = append(&record("a"), &path).unwrap_err();
        assert!(text.because[0].starts_with("another process has held its lock"), "{text}");
        drop(held);
        append(&record("a"), &path).unwrap();
    }
}
