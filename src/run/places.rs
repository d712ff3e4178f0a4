//! The list of places where `rm` is looked at, as the shim reads it on every call; and what the shim asks the system about a
//! path. Guard writes the list (`family::files::probe::places`): root's below `/run`, which is empty after a boot, a user's in the
//! directory for state.
//!
//! A list counts only where nobody but its reader and root can have written it, and for ten minutes: databases come and go. Without one
//! everything goes to the full guard, which writes it anew.

use crate::engine::files::pass::{self, Parent, Seen};
use crate::engine::files::places::Places;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::time::SystemTime;

/// The list, below `/run` or below the directory for state (XDG Base Directory Specification).
const PLACES: &[u8] = b"/guard/places";
/// No list is longer.
pub const LARGEST: u64 = 64 << 10;
/// A list is not believed for longer, in seconds: a database may have been made since.
const LIFETIME: i64 = 10 * 60;

/// Whether `rm` with these words may run without the full guard having looked. `var` is the caller's environment.
pub fn lets_through<'a>(words: &[&'a [u8]], var: impl Fn(&str) -> Option<&'a [u8]>) -> bool {
    let Some(me) = Me::look() else { return false };
    let text = me.place(&var).and_then(|path| me.read(&path, LIFETIME));
    let places = text.as_deref().and_then(Places::read);
    pass::passes(words, places, &mut Here::default())
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Me {
    /// Whom this process acts as.
    pub user: u32,
    /// Seconds since 1970.
    pub now: i64,
}

impl Me {
    /// This process's own entry in /proc belongs to the user it acts as (proc(5)). `None` where there is no /proc, and where the
    /// clock stands before 1970.
    pub fn look() -> Option<Me> {
        let own = Opened::at(b"/proc/self/stat", 0)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(Me { user: own.user, now: i64::try_from(now.as_secs()).ok()? })
    }

    /// Where this user's list stands; `None` when there is no place for it.
    pub fn place<'a>(&self, var: impl Fn(&str) -> Option<&'a [u8]>) -> Option<Vec<u8>> {
        let dir = |name| var(name).filter(|dir| dir.starts_with(b"/"));
        let (above, state): (&[u8], &[u8]) = match self.user {
            0 => (b"/run", b""),
            _ => match dir("XDG_STATE_HOME") {
                Some(state) => (state, b""),
                None => (dir("HOME")?, b"/.local/state"),
            },
        };
        Some([above, state, PLACES].concat())
    }

    /// The text of a list that may be believed, and is no older than this.
    pub fn read(&self, path: &[u8], oldest: i64) -> Option<Vec<u8>> {
        // A link or a pipe in its place is no list.
        let list = Opened::at(path, libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY)?;
        let fresh = (0..oldest).contains(&self.now.saturating_sub(list.written));
        let own = list.user == 0 || list.user == self.user;
        let plain = list.is_file && list.mode & 0o022 == 0;
        if !(fresh && own && plain && list.size <= LARGEST) {
            return None;
        }
        let mut text = vec![0; list.size as usize];
        // A list is put in its place whole.
        ((&list.file).read(&mut text).ok()? == text.len()).then_some(text)
    }
}

/// A file that was opened, and what matters of it here.
struct Opened {
    file: File,
    user: u32,
    is_file: bool,
    mode: u32,
    size: u64,
    /// When it was last written, in seconds since 1970.
    written: i64,
}

impl Opened {
    // One copy of the code: the shim is small.
    #[inline(never)]
    fn at(path: &[u8], flags: i32) -> Option<Opened> {
        let file = File::options().read(true).custom_flags(flags).open(OsStr::from_bytes(path)).ok()?;
        let meta = file.metadata().ok()?;
        let (user, mode, size, written) = (meta.uid(), meta.mode(), meta.size(), meta.mtime());
        Some(Opened { file, user, is_file: meta.is_file(), mode, size, written })
    }
}

#[inline(never)]
fn real(dir: &[u8]) -> Seen {
    match std::fs::canonicalize(OsStr::from_bytes(dir)) {
        Ok(path) => Seen::There(path.into_os_string().into_vec()),
        // A working directory that was deleted has no path, and its `..` leads somewhere all the same.
        Err(_) if !dir.starts_with(b"/") && std::env::current_dir().is_err() => Seen::Hidden,
        Err(e) if matches!(e.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR)) => Seen::Nothing,
        Err(_) => Seen::Hidden,
    }
}

/// The directory asked about last, as the words have it, and where it is: most operands have theirs in common.
struct Here<'w> {
    asked: &'w [u8],
    seen: Seen,
}

impl Default for Here<'_> {
    fn default() -> Self {
        // No directory has an empty name.
        Here { asked: b"", seen: Seen::Nothing }
    }
}

impl<'w> Parent<'w> for Here<'w> {
    fn parent(&mut self, dir: &'w [u8]) -> &Seen {
        if self.asked != dir {
            self.seen = real(dir);
            self.asked = dir;
        }
        &self.seen
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::engine::files::places::written;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    fn me() -> Me {
        Me::look().unwrap()
    }

    struct Stage {
        dir: tempfile::TempDir,
        list: PathBuf,
    }

    impl Stage {
        fn new() -> Stage {
            let dir = tempfile::tempdir().unwrap();
            for path in ["work/sub", "pg/15"] {
                fs::create_dir_all(dir.path().join(path)).unwrap();
            }
            for path in ["work/a", "work/sub/b", "pg/15/PG_VERSION"] {
                fs::write(dir.path().join(path), "x").unwrap();
            }
            symlink("../pg/15", dir.path().join("work/link")).unwrap();
            let list = dir.path().join("places");
            let real = dir.path().canonicalize().unwrap();
            fs::write(&list, written(&[real.join("pg/15").as_os_str().as_bytes().to_vec()], None)).unwrap();
            fs::set_permissions(&list, fs::Permissions::from_mode(0o600)).unwrap();
            Stage { dir, list }
        }

        fn passes(&self, operands: &[&str]) -> bool {
            let paths: Vec<PathBuf> = operands.iter().map(|o| self.dir.path().join(o)).collect();
            let words: Vec<&[u8]> = paths.iter().map(|p| p.as_os_str().as_bytes()).collect();
            let text = self.read(me());
            let mut here = Here::default();
            pass::passes(&words, text.as_deref().and_then(Places::read), &mut here)
        }

        fn read(&self, me: Me) -> Option<Vec<u8>> {
            me.read(self.list.as_os_str().as_bytes(), LIFETIME)
        }
    }

    #[test]
    fn real_paths_decide() {
        let stage = Stage::new();
        for operands in [
            &["work/a"][..],
            &["work/a", "work/sub/b"],
            &["work/link"],
            &["none"],
            &["none/x"],
            &["work/a/x"],
        ] {
            assert!(stage.passes(operands), "{operands:?}");
        }
        for operands in [
            &["pg/15/PG_VERSION"][..],
            &["work/link/PG_VERSION"],
            &["work/../pg/15/x"],
            &["work/sub/../link/x"],
            &["pg"],
            &["work/a", "pg/15/PG_VERSION"],
            &["work/link/"],
        ] {
            assert!(!stage.passes(operands), "{operands:?}");
        }
    }

    #[test]
    fn a_list_of_anybody_elses_making_is_none() {
        let stage = Stage::new();
        let mode = |mode| fs::set_permissions(&stage.list, fs::Permissions::from_mode(mode)).unwrap();
        for (bits, want) in [(0o600, true), (0o644, true), (0o620, false), (0o602, false), (0o666, false)] {
            mode(bits);
            assert_eq!(stage.read(me()).is_some(), want, "{bits:o}");
        }
        mode(0o600);
        // Root's own counts for anybody; this test may be root or not.
        let own = fs::metadata(&stage.list).unwrap().uid();
        assert_eq!(me().user, own);
        assert_eq!(stage.read(Me { user: own + 1, ..me() }).is_some(), own == 0);
        let link = stage.dir.path().join("to");
        symlink(&stage.list, &link).unwrap();
        let read = |path: &Path| me().read(path.as_os_str().as_bytes(), LIFETIME);
        assert!(read(&link).is_none() && read(stage.dir.path()).is_none());
        assert!(read(&stage.dir.path().join("none")).is_none());
        let file = File::options().write(true).open(&stage.list).unwrap();
        for (age, want) in [(60, true), (LIFETIME as u64 - 60, true), (LIFETIME as u64 + 60, false)] {
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
            assert_eq!(stage.read(me()).is_some(), want, "{age}");
        }
        file.set_modified(SystemTime::now() + Duration::from_secs(3600)).unwrap();
        assert!(stage.read(me()).is_none(), "out of the future");
        file.set_modified(SystemTime::now() - Duration::from_secs(1)).unwrap();
        file.set_len(LARGEST + 1).unwrap();
        assert!(stage.read(me()).is_none(), "too long");
        fs::remove_file(&stage.list).unwrap();
        assert!(!stage.passes(&["work/a"]), "without a list nothing passes");
    }

    #[test]
    fn now_is_now() {
        let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
        assert!((clock - me().now).abs() < 300, "{} {}", clock, me().now);
    }

    #[test]
    fn lists_stand_where_their_readers_may_write() {
        let of = |user, vars: &[(&str, &str)]| {
            let var = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_bytes());
            Me { user, now: 0 }.place(var).map(|path| String::from_utf8_lossy(&path).into_owned())
        };
        let home = ("HOME", "/home/a");
        assert_eq!(of(0, &[home]).as_deref(), Some("/run/guard/places"));
        assert_eq!(of(7, &[home]).as_deref(), Some("/home/a/.local/state/guard/places"));
        assert_eq!(of(7, &[home, ("XDG_STATE_HOME", "/s")]).as_deref(), Some("/s/guard/places"));
        assert_eq!(
            of(7, &[home, ("XDG_STATE_HOME", "s")]).as_deref(),
            Some("/home/a/.local/state/guard/places")
        );
        assert_eq!(of(7, &[("HOME", "")]), None);
    }

    /// The kernel refuses what the rule does not look for.
    #[test]
    fn a_mount_point_cannot_be_removed_plainly() {
        use std::process::Command;
        let dir = tempfile::tempdir().unwrap();
        for name in ["f", "onto", "d", "empty"] {
            let at = dir.path().join(name);
            if name.len() > 2 && name != "onto" || name == "d" {
                fs::create_dir(at).unwrap()
            } else {
                fs::write(at, "x").unwrap()
            }
        }
        let script = "mount --bind f onto && mount --bind d empty || exit 9; rm -f onto; rm -d empty; exit 0";
        let done = Command::new("unshare").args(["-m", "sh", "-c", script]).current_dir(dir.path()).output();
        match done {
            Ok(done) if done.status.success() => {
                let said = String::from_utf8_lossy(&done.stderr).into_owned();
                assert_eq!(said.matches("busy").count(), 2, "{said}");
                assert!(dir.path().join("onto").exists() && dir.path().join("empty").exists());
            }
            _ => eprintln!("skipped: nothing can be mounted here"),
        }
    }

    /// The real tool, on files of this test's own, agrees about what the words mean.
    #[test]
    fn the_real_rm_reads_words_as_the_table_does() {
        use crate::engine::files::grammar::Rm;
        use std::process::{Command, Stdio};
        let Ok(version) = Command::new("rm").arg("--version").output() else { return };
        if !String::from_utf8_lossy(&version.stdout).contains("GNU coreutils") {
            return;
        }
        for (line, posixly) in [
            ("-f a", false),
            ("--rec d", false),
            ("--r d", false),
            ("a -r d", false),
            ("d", false),
            ("-d e", false),
            ("-d d", false),
            ("--dir e", false),
            ("-r -- -x a", false),
            ("a -f", true),
            ("a --help", true),
            ("--help a", false),
            ("a --help", false),
            ("--vers a", false),
            ("--ver a", false),
            ("--interactive=n a", false),
            ("--interactive=x a", false),
            ("--int=al a", false),
            ("-f -i a", false),
            ("-i -f a", false),
            ("-x a", false),
            ("--no-pres a", false),
            ("--preserve-root=al a", false),
            ("--- a", false),
            ("-rf l", false),
            ("-rf l/", false),
            ("-rf d/.", false),
            ("-rf .", false),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let at = |name: &str| dir.path().join(name);
            for name in ["d", "e", "t"] {
                fs::create_dir(at(name)).unwrap();
            }
            for name in ["a", "-f", "-x", "--help", "d/in", "t/in"] {
                fs::write(at(name), "x").unwrap();
            }
            symlink("t", at("l")).unwrap();
            let before = names(dir.path());
            let words: Vec<&str> = line.split(' ').collect();
            let mut rm = Command::new("rm");
            rm.args(&words).current_dir(dir.path()).stdin(Stdio::null()).env_remove("POSIXLY_CORRECT");
            if posixly {
                rm.env("POSIXLY_CORRECT", "1");
            }
            rm.output().unwrap();
            let gone: Vec<String> =
                before.into_iter().filter(|n| at(n).symlink_metadata().is_err()).collect();
            let slices: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
            let read = Rm::read(&slices, posixly);
            // What goes was read as an operand that may go.
            for name in &gone {
                let top = name.split('/').next().unwrap();
                let within = |o: &&&[u8]| o.split(|b| *b == b'/').next() == Some(top.as_bytes());
                let by_link = |o: &&&[u8]| o.starts_with(b"l/") && top == "t";
                assert!(read.operands.iter().any(|o| within(&o) || by_link(&o)), "{line}: {name} went");
                let was_dir = ["d", "t"].contains(&top);
                assert!(!was_dir || read.recursive, "{line}: {name} went");
            }
            let would =
                !read.prints && !read.strange && read.asks != crate::engine::files::grammar::Asks::Always;
            if gone.is_empty() {
                let refused = ["d", "-d d", "-rf d/.", "-rf .", "--no-pres a"].contains(&line);
                assert!(!would || refused, "{line}: nothing went");
            } else {
                assert!(would, "{line}: {gone:?} went");
            }
        }
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut all = Vec::new();
        let mut todo = vec![dir.to_owned()];
        while let Some(next) = todo.pop() {
            for entry in fs::read_dir(next).unwrap().map(|e| e.unwrap()) {
                if entry.file_type().unwrap().is_dir() {
                    todo.push(entry.path());
                }
                all.push(entry.path().strip_prefix(dir).unwrap().display().to_string());
            }
        }
        all
    }
}
