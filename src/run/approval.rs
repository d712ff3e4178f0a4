//! The approval that the shim leaves for apt's hook, so that a person is asked once: a small file that names what was
//! confirmed and the very process that may do it. The shim becomes apt by `execve`, so that its own process number and
//! start time are apt's.
//!
//! Nobody but root can leave one: the directory and everything above it belongs to root and is writable for nobody
//! else, and both are looked at on what was opened. It holds for one process, one boot, one set of packages, an hour,
//! and once. What does not match is no error: the hook asks then.

use super::proc_stat::Stat;
use crate::engine::escape::escape;
use crate::engine::packages::plan::{Change, Kind, Plan};
use crate::fail::{self, Fail, Result};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long an approval waits for apt's hook: between the two lies the download.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// A clock that was set back by no more than this does not matter.
const SLACK: Duration = Duration::from_secs(5);
/// No approval is longer; a machine has some thousand packages.
const LARGEST: u64 = 1 << 20;
const FIRST_LINE: &str = "guard approval 1";
const LAST_LINE: &str = "end";

/// What became of an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// It stands here.
    At(PathBuf),
    /// Only root can leave one that counts; the hook will ask.
    NotRoot,
    /// The system does not tell which process this is (no /proc); the hook will ask.
    NoProcess,
}

/// Leaves the approval of what `plan` removes for this process, which is about to become the tool. Without one the hook
/// asks again: a failure is no reason not to run the tool.
pub fn leave(plan: &Plan, now: SystemTime) -> Result<Left> {
    Store::system().leave(plan, now)
}

/// Where approvals are kept.
#[derive(Clone, Debug)]
pub struct Store {
    /// The directory above; it exists.
    base: PathBuf,
    /// To whom everything must belong.
    owner: u32,
    /// Who this process is.
    user: u32,
}

/// Which step an approval is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// The tool that was called: read by apt's hook, or by dpkg's where dpkg was called.
    Call,
    /// The dpkg runs that apt starts after its hook has agreed. It lasts as long as that apt.
    Dpkg,
}

impl For {
    const fn ending(self) -> &'static str {
        match self {
            For::Call => "call",
            For::Dpkg => "dpkg",
        }
    }
}

/// An approval that was found to be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The process it is for.
    pub process: Process,
    /// What may go, sorted.
    gone: Vec<Line>,
    path: PathBuf,
}

impl Approval {
    /// Whether it is for exactly this set. With `settled` unset the text said nothing about purge and remove, and the
    /// approval's own word counts.
    pub fn is_exactly(&self, removals: &[&Change], settled: bool) -> bool {
        let wanted = lines(removals.iter().copied());
        let bare = |lines: &[Line]| lines.iter().map(|line| line.package.clone()).collect::<Vec<_>>();
        if settled { self.gone == wanted } else { sorted(bare(&self.gone)) == sorted(bare(&wanted)) }
    }

    /// Whether each of these may go this way. What may be purged may be removed, too: apt does one after the other.
    pub fn covers(&self, removals: &[Change]) -> bool {
        lines(removals).iter().all(|wanted| {
            self.gone.iter().any(|may| may.package == wanted.package && may.kind.max(wanted.kind) == may.kind)
        })
    }

    /// The same changes, purged or removed as the approval says.
    pub fn settle(&self, plan: &mut Plan) {
        for change in plan.changes.iter_mut().filter(|c| c.kind != Kind::Install) {
            if let Some(line) = self.gone.iter().find(|line| line.package == change.full_name()) {
                change.kind = line.kind;
            }
        }
    }

    /// Takes it away: it counts once.
    pub fn spend(self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// One process, told apart from others that had or will have its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it was started, in clock ticks since the boot.
    pub start: u64,
}

/// What the system tells of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which one it is.
    pub process: Process,
    /// Its parent's number.
    pub parent: u32,
    /// The device number of its controlling terminal; 0 where it has none.
    pub terminal: i64,
}

impl Process {
    /// Looks a process up.
    pub fn of(pid: u32) -> Option<Seen> {
        let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let Stat { parent, terminal, start, .. } = Stat::of(&text)?;
        Some(Seen { process: Process { pid, start: start? }, parent, terminal })
    }

    /// Its name: the last part of the file it runs, the first 15 bytes of it.
    pub fn name(self) -> Option<Vec<u8>> {
        let mut name = fs::read(format!("/proc/{}/comm", self.pid)).ok()?;
        name.pop_if(|last| *last == b'\n');
        Some(name)
    }

    /// This process and those above it, nearest first.
    pub fn ancestors() -> impl Iterator<Item = Seen> {
        let mut next = Some(std::process::id());
        std::iter::from_fn(move || {
            let seen = Process::of(next.filter(|pid| *pid > 0)?)?;
            next = Some(seen.parent);
            Some(seen)
        })
    }
}

/// One package that goes, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    package: String,
    kind: Kind,
}

fn lines<'a>(removals: impl IntoIterator<Item = &'a Change>) -> Vec<Line> {
    let gone = removals.into_iter().filter(|c| c.kind != Kind::Install);
    sorted(gone.map(|c| Line { package: c.full_name(), kind: c.kind }).collect())
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list.dedup();
    list
}

impl Store {
    /// The system's: `/run/guard`, which is empty after a boot.
    pub fn system() -> Store {
        // SAFETY: geteuid(2) has no preconditions and cannot fail.
        Store { base: PathBuf::from("/run"), owner: 0, user: unsafe { libc::geteuid() } }
    }

    /// Somewhere else, belonging to somebody else: for tests.
    pub fn at(base: impl Into<PathBuf>, owner: u32, user: u32) -> Store {
        Store { base: base.into(), owner, user }
    }

    /// The directory.
    pub fn directory(&self) -> PathBuf {
        self.base.join("guard")
    }

    /// As [`leave`].
    pub fn leave(&self, plan: &Plan, now: SystemTime) -> Result<Left> {
        if self.user != self.owner {
            return Ok(Left::NotRoot);
        }
        let Some(seen) = Process::of(std::process::id()) else { return Ok(Left::NoProcess) };
        self.write(For::Call, seen.process, &lines(plan.removals()), now)
    }

    /// Lets the dpkg runs of the apt that is `process` remove these. `replaced` are taken away for a moment only.
    pub fn pass_on(
        &self,
        process: Process,
        plan: &Plan,
        replaced: &[Change],
        now: SystemTime,
    ) -> Result<Left> {
        if self.user != self.owner {
            return Ok(Left::NotRoot);
        }
        let mut all = lines(plan.removals());
        all.extend(replaced.iter().map(|c| Line { package: c.full_name(), kind: Kind::Remove }));
        self.write(For::Dpkg, process, &sorted(all), now)
    }

    /// The valid approval for this step that this very process was given.
    pub fn find(&self, step: For, process: Process, now: SystemTime) -> Option<Approval> {
        if self.user != self.owner || self.trusted().is_err() {
            return None;
        }
        self.read(step, process, &boot()?, now)
    }

    fn path(&self, step: For, pid: u32) -> PathBuf {
        self.directory().join(format!("{pid}.{}", step.ending()))
    }

    fn read(&self, step: For, process: Process, boot: &str, now: SystemTime) -> Option<Approval> {
        let path = self.path(step, process.pid);
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(&path).ok()?;
        let meta = file.metadata().ok()?;
        let own = meta.is_file() && meta.uid() == self.owner && meta.nlink() == 1 && meta.mode() & 0o077 == 0;
        if !own || meta.len() > LARGEST {
            return None;
        }
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text).ok()?;
        let gone = parse(&text, step, process, boot, now)?;
        Some(Approval { process, gone, path })
    }

    fn write(&self, step: For, process: Process, gone: &[Line], now: SystemTime) -> Result<Left> {
        let Some(boot) = boot() else { return Ok(Left::NoProcess) };
        self.prepare()?;
        self.sweep();
        let path = self.path(step, process.pid);
        let text = render(process, &boot, gone, now);
        let written = remove_if_there(&path).and_then(|()| create(&path)).and_then(|mut file| {
            file.write_all(text.as_bytes()).inspect_err(|_| {
                let _ = fs::remove_file(&path);
            })
        });
        match written {
            Ok(()) => Ok(Left::At(path)),
            Err(e) => Err(cannot("write", &path, &e.to_string())),
        }
    }

    /// The directory is there and can be trusted, or why not.
    fn prepare(&self) -> Result<()> {
        let dir = self.directory();
        match DirBuilder::new().mode(0o700).create(&dir) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            Err(e) => return Err(cannot("create", &dir, &e.to_string())),
        }
        self.trusted()
    }

    /// Looks at both directories as they were opened: nobody else can then have put anything into them.
    pub fn trusted(&self) -> Result<()> {
        for (dir, forbidden) in [(&self.base, 0o022), (&self.directory(), 0o077)] {
            let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC;
            let meta = OpenOptions::new().read(true).custom_flags(flags).open(dir).and_then(|d| d.metadata());
            let meta = meta.map_err(|e| cannot("use", dir, &e.to_string()))?;
            if meta.uid() != self.owner {
                return Err(cannot("use", dir, &format!("it belongs to user {}", meta.uid())));
            }
            if meta.mode() & forbidden != 0 {
                let mode = meta.mode() & 0o7777;
                return Err(cannot("use", dir, &format!("others may use it, too (mode {mode:o})")));
            }
        }
        Ok(())
    }

    /// Takes away what processes that are gone have left.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(self.directory()) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let pid = name.to_str().and_then(|n| n.split_once('.')).and_then(|(pid, _)| pid.parse().ok());
            if pid.is_some_and(|pid: u32| Process::of(pid).is_none()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn create(path: &Path) -> std::io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_CLOEXEC;
    OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(flags).open(path)
}

/// A number that is another one after each boot.
fn boot() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned()).filter(|id| !id.is_empty())
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map(|d| d.as_secs()).unwrap_or(0)
}

fn render(process: Process, boot: &str, gone: &[Line], now: SystemTime) -> String {
    let mut text = format!("{FIRST_LINE}\n{boot} {} {} {}\n", process.pid, process.start, seconds(now));
    for line in gone {
        let word = if line.kind == Kind::Purge { "purge" } else { "remove" };
        text.push_str(&format!("{word} {}\n", line.package));
    }
    text.push_str(LAST_LINE);
    text.push('\n');
    text
}

/// What the approval lets go, when it is whole and holds for this process now.
fn parse(text: &str, step: For, process: Process, boot: &str, now: SystemTime) -> Option<Vec<Line>> {
    let body = text.strip_prefix(FIRST_LINE)?.strip_prefix('\n')?.strip_suffix("\nend\n")?;
    let mut lines = body.split('\n');
    let mut head = lines.next()?.split(' ');
    if head.next()? != boot
        || head.next()? != process.pid.to_string()
        || head.next()? != process.start.to_string()
    {
        return None;
    }
    let left = head.next()?.parse::<u64>().ok()?;
    let now = seconds(now);
    let fresh = left <= now.saturating_add(SLACK.as_secs()) && now <= left.saturating_add(LIFETIME.as_secs());
    // dpkg may be at work for longer than that; its approval ends with the apt that it belongs to.
    if step == For::Call && !fresh {
        return None;
    }
    let gone = lines.map(|line| {
        let (word, package) = line.split_once(' ')?;
        let kind = match word {
            "remove" => Kind::Remove,
            "purge" => Kind::Purge,
            _ => return None,
        };
        Some(Line { package: package.to_owned(), kind })
    });
    gone.collect::<Option<Vec<_>>>().map(sorted)
}

fn cannot(verb: &str, path: &Path, why: &str) -> Fail {
    Fail::new(fail::Kind::Refused, format!("cannot {verb} {}", escape(path.as_os_str().as_bytes())))
        .because(why)
        .help("let root own it, with mode 0700")
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn change(name: &str, kind: Kind) -> Change {
        Change { name: name.into(), arch: None, version: None, kind, named: false, unused: false }
    }

    fn plan() -> Plan {
        let changes = vec![change("b", Kind::Remove), change("new", Kind::Install), change("a", Kind::Purge)];
        Plan { changes, ..Plan::default() }
    }

    /// A store that belongs to whoever runs the tests.
    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        // SAFETY: geteuid(2) has no preconditions.
        let me = unsafe { libc::geteuid() };
        let store = Store::at(dir.path(), me, me);
        (dir, store)
    }

    fn me() -> Process {
        Process::of(std::process::id()).unwrap().process
    }

    fn leave(store: &Store) -> PathBuf {
        match store.leave(&plan(), SystemTime::now()).unwrap() {
            Left::At(path) => path,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_approval_holds_for_exactly_its_set_and_once() {
        let (_dir, store) = store();
        leave(&store);
        let now = SystemTime::now();
        let found = store.find(For::Call, me(), now).unwrap();
        let plan = plan();
        let gone: Vec<&Change> = plan.removals().collect();
        assert!(found.is_exactly(&gone, true));
        assert!(!found.is_exactly(&gone[..1], true), "less");
        let more = change("c", Kind::Remove);
        assert!(!found.is_exactly(&[&gone[..], &[&more]].concat(), true), "more");
        let (a, b) = (change("a", Kind::Purge), change("b", Kind::Purge));
        assert!(!found.is_exactly(&[&a, &b], true), "purged instead of removed");
        assert!(found.is_exactly(&[&a, &b], false), "nobody said which");
        let mut other = Plan { changes: vec![b], ..Plan::default() };
        found.settle(&mut other);
        assert_eq!(other.changes[0].kind, Kind::Remove);
        found.spend();
        assert_eq!(store.find(For::Call, me(), now), None);
    }

    #[test]
    fn dpkg_may_do_what_apt_may_and_no_more() {
        let (_dir, store) = store();
        store.pass_on(me(), &plan(), &[change("r", Kind::Install)], SystemTime::now()).unwrap();
        let late = SystemTime::now() + 10 * LIFETIME;
        let found = store.find(For::Dpkg, me(), late).unwrap();
        assert!(found.covers(&[change("a", Kind::Remove), change("b", Kind::Remove)]));
        assert!(found.covers(&[change("a", Kind::Purge), change("r", Kind::Remove)]));
        assert!(!found.covers(&[change("b", Kind::Purge)]));
        assert!(!found.covers(&[change("r", Kind::Purge)]));
        assert!(!found.covers(&[change("a", Kind::Remove), change("z", Kind::Remove)]));
        assert_eq!(store.find(For::Call, me(), late), None);
    }

    #[test]
    fn it_ends() {
        let (_dir, store) = store();
        leave(&store);
        assert!(store.find(For::Call, me(), SystemTime::now() + LIFETIME - SLACK).is_some());
        assert_eq!(store.find(For::Call, me(), SystemTime::now() + LIFETIME + 2 * SLACK), None);
        assert_eq!(store.find(For::Call, me(), SystemTime::now() - 3 * SLACK), None, "from the future");
    }

    #[test]
    fn another_process_boot_or_text_is_refused() {
        let (_dir, store) = store();
        let path = leave(&store);
        let good = fs::read_to_string(&path).unwrap();
        let me = Process::of(std::process::id()).unwrap();
        let (boot, parent, me) = (boot().unwrap(), me.parent, me.process);
        assert_eq!(
            good,
            format!("{FIRST_LINE}\n{boot} {} {} {}\npurge a\nremove b\nend\n", me.pid, me.start, {
                good.split(' ').nth(5).unwrap().split('\n').next().unwrap()
            })
        );
        for bad in [
            good.replace(&boot, "00000000-0000-0000-0000-000000000000"),
            good.replace(&format!(" {} ", me.start), &format!(" {} ", me.start + 1)),
            good.replace(&format!(" {} ", me.pid), &format!(" {parent} ")),
            good.replace("end\n", ""),
            good.replace("\nend", ""),
            good.replace("remove b", "keep b"),
            good.replace("approval 1", "approval 2"),
            String::new(),
        ] {
            fs::write(&path, &bad).unwrap();
            assert_eq!(store.find(For::Call, me, SystemTime::now()), None, "{bad:?}");
        }
        fs::write(&path, &good).unwrap();
        assert!(store.find(For::Call, me, SystemTime::now()).is_some());
        let above = Process::of(parent).unwrap().process;
        fs::copy(&path, store.path(For::Call, parent)).unwrap();
        assert_eq!(store.find(For::Call, above, SystemTime::now()), None, "lent");
        // The parent finds no approval of its own, and a process that is gone leaves nothing behind.
        let gone = store.path(For::Call, u32::MAX);
        fs::write(&gone, &good).unwrap();
        leave(&store);
        assert!(!gone.exists() && path.exists());
    }

    #[test]
    fn what_others_could_have_written_does_not_count() {
        let (dir, store) = store();
        let path = leave(&store);
        let now = SystemTime::now();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let counts = || store.find(For::Call, me(), now).is_some();
        assert!(counts());
        for (place, bad, good) in [
            (path.clone(), 0o644, 0o600),
            (store.directory(), 0o755, 0o700),
            (dir.path().into(), 0o777, 0o755),
        ] {
            set(&place, bad);
            assert!(!counts(), "{} {bad:o}", place.display());
            set(&place, good);
            assert!(counts());
        }
        fs::hard_link(&path, dir.path().join("second")).unwrap();
        assert!(!counts(), "it has a second name");
        fs::remove_file(dir.path().join("second")).unwrap();
        fs::rename(&path, dir.path().join("real")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("real"), &path).unwrap();
        assert!(!counts(), "it is a link");
        // Somebody else's, and nobody but the owner may ask.
        let (process, me) = (me(), store.owner);
        assert_eq!(Store::at(dir.path(), me + 1, me + 1).find(For::Call, process, now), None);
        assert_eq!(Store::at(dir.path(), me, me + 1).find(For::Call, process, now), None);
        assert_eq!(Store::at(dir.path(), me, me + 1).leave(&plan(), now), Ok(Left::NotRoot));
        assert!(Store::at(dir.path(), me + 1, me + 1).leave(&plan(), now).is_err());
    }

    #[test]
    fn processes_are_told_apart() {
        let me = Process::of(std::process::id()).unwrap();
        assert_eq!(me.parent, std::os::unix::process::parent_id());
        let above: Vec<Seen> = Process::ancestors().take(2).collect();
        assert_eq!((above[0], above[1].process.pid), (me, me.parent));
        assert_eq!(Process::of(u32::MAX), None);
    }
}
