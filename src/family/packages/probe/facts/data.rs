//! How much data lies where a removal script deletes, and in the package's own directories.
//!
//! Walks are done by threads of their own, so that a file system that does not answer holds nobody up; they stop at
//! the deadline and say "at least".

use super::info::Info;
use super::status::why;
use super::{End, PackageFacts, Size, Store, debconf};
use crate::engine::fact::Why;
use crate::engine::glob::{is_pattern, matches};
use crate::engine::packages::postrm::{Deletion, Links, Place, place};
use crate::family::machine::links::{behind, below, inner};
use crate::run::mounts::Mounts;
use std::collections::HashSet;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

/// One directory is not counted further than this.
const FILES: u64 = 200_000;
/// Nor longer.
const LONGEST: Duration = Duration::from_secs(2);
/// So many walks at once: disks answer several questions better than one.
const THREADS: usize = 2;
/// So many paths come of one pattern.
const MATCHES: usize = 64;
/// One file that a script deletes by its name counts from here on; smaller ones hold a state that comes back.
const SINGLE: u64 = 64 << 10;
/// So long past the deadline a walk may take to notice it.
const GRACE: Duration = Duration::from_millis(50);

/// What comes of one walk.
pub(super) type Ticket = Receiver<Result<Size, Why>>;

struct Job {
    paths: Vec<PathBuf>,
    names: Vec<String>,
    skip: HashSet<PathBuf>,
    /// Links to directories are gone through.
    through: bool,
    answer: Sender<Result<Size, Why>>,
}

/// Counts directories.
pub(super) struct Walker {
    jobs: Sender<Job>,
    mounts: Arc<Mounts>,
    until: Instant,
}

impl Walker {
    /// Starts its threads; they end by themselves.
    pub fn start(root: &Path, until: Instant) -> Walker {
        let (jobs, queue) = channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let mounts = Arc::new(Mounts::read());
        for _ in 0..THREADS {
            let (queue, mounts, root) = (Arc::clone(&queue), Arc::clone(&mounts), root.to_owned());
            // Without a thread nobody answers, and that is said.
            let _ = std::thread::Builder::new().name("walk".to_owned()).spawn(move || {
                loop {
                    let Ok(job) = queue.lock().map_err(|_| ()).and_then(|q| q.recv().map_err(|_| ())) else {
                        return;
                    };
                    let size = count(&root, &job, &mounts, until);
                    // Whoever asked may have gone on.
                    let _ = job.answer.send(size);
                }
            });
        }
        Walker { jobs, mounts, until }
    }

    /// Asks for the size of everything below these paths together; of files with one of these names only, if there are
    /// any; without the paths to skip.
    pub fn ask(&self, paths: Vec<PathBuf>, names: Vec<String>, skip: HashSet<PathBuf>) -> Ticket {
        self.send(paths, names, skip, false)
    }

    fn send(&self, paths: Vec<PathBuf>, names: Vec<String>, skip: HashSet<PathBuf>, through: bool) -> Ticket {
        let (answer, ticket) = channel();
        let _ = self.jobs.send(Job { paths, names, skip, through, answer });
        ticket
    }

    /// Waits for the answer.
    pub fn answer(&self, ticket: &Ticket) -> Result<Size, Why> {
        let left = (self.until + GRACE).saturating_duration_since(Instant::now());
        match ticket.recv_timeout(left) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(Why::TimedOut),
            Err(RecvTimeoutError::Disconnected) => Err(Why::Failed("nothing could look into it".to_owned())),
        }
    }
}

fn count(root: &Path, job: &Job, mounts: &Mounts, until: Instant) -> Result<Size, Why> {
    let now = SystemTime::now();
    let until = until.min(Instant::now() + LONGEST);
    let mut size = Size { whole: true, ..Size::default() };
    let mut linked = HashSet::new();
    let mut newest: Option<SystemTime> = None;
    let mut failed = None;
    for path in &job.paths {
        if let Some(mount) = mounts.of(path).filter(|mount| mount.is_elsewhere()) {
            let kind = &mount.kind;
            size.mounts.push(format!("{} ({kind})", path.display()));
            failed = Some(Why::Failed(format!("on another machine's file system ({kind})")));
            continue;
        }
        let passes = |path: &Path| is_nothing(root, path);
        // Below a directory of data there may be some that hold none; not where one was pointed there itself.
        let sifted = !passes(path);
        let mut todo = vec![path.clone()];
        // Links may lead back to where one came from.
        let mut entered = HashSet::new();
        while let Some(path) = todo.pop() {
            if Instant::now() >= until || size.files >= FILES {
                size.whole = false;
                break;
            }
            let entries = match std::fs::symlink_metadata(&path) {
                Ok(meta) if job.through && meta.is_dir() && !entered.insert((meta.dev(), meta.ino())) => {
                    continue;
                }
                Ok(meta) if meta.is_dir() => std::fs::read_dir(&path),
                Ok(meta) => {
                    add(&mut size, &mut newest, &mut linked, &meta, &path, job);
                    continue;
                }
                Err(e) => Err(e),
            };
            let entries = match entries {
                Ok(entries) => entries,
                // It went while it was looked at.
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => {
                    failed = Some(why(&e));
                    continue;
                }
            };
            for (n, entry) in entries.flatten().enumerate() {
                if n % 512 == 511 && Instant::now() >= until {
                    size.whole = false;
                    break;
                }
                let path = entry.path();
                if sifted && passes(&path) {
                    continue;
                }
                let kind = entry.file_type();
                if job.through && kind.as_ref().is_ok_and(std::fs::FileType::is_symlink) {
                    let (inside, outside) = behind(root, &inner(root, &path), mounts);
                    if outside {
                        size.mounts.push(inside.display().to_string());
                        failed =
                            Some(Why::Failed("behind a link to another machine's file system".to_owned()));
                    } else if below(root, &inside).is_dir() {
                        todo.push(below(root, &inside));
                    }
                    continue;
                }
                let is_dir = kind.is_ok_and(|t| t.is_dir());
                if !is_dir {
                    if let Ok(meta) = entry.metadata() {
                        add(&mut size, &mut newest, &mut linked, &meta, &path, job);
                    }
                    continue;
                }
                match mounts.on(&path) {
                    Some(mount) if mount.is_elsewhere() => {
                        let kind = &mount.kind;
                        size.mounts.push(format!("{} ({kind})", path.display()));
                        failed = Some(Why::Failed(format!("on another machine's file system ({kind})")));
                    }
                    Some(mount) => {
                        size.mounts.push(format!("{} ({})", path.display(), mount.kind));
                        todo.push(path);
                    }
                    None => todo.push(path),
                }
            }
        }
    }
    // A file written in the future was written just now.
    size.written_s = newest.map(|t| now.duration_since(t).unwrap_or_default().as_secs());
    match failed {
        Some(why) if size.files == 0 => Err(why),
        Some(_) => Ok(Size { whole: false, ..size }),
        None => Ok(size),
    }
}

/// Whether a file or directory is one that a restart makes again. No row of that table is deeper than this.
fn is_nothing(root: &Path, path: &Path) -> bool {
    const DEEPEST: usize = 4;
    let Ok(inner) = path.strip_prefix(root) else { return false };
    inner.components().count() <= DEEPEST && place(&format!("/{}", inner.display())) == Place::Nothing
}

fn add(
    size: &mut Size,
    newest: &mut Option<SystemTime>,
    linked: &mut HashSet<(u64, u64)>,
    meta: &std::fs::Metadata,
    path: &Path,
    job: &Job,
) {
    let named = || {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        job.names.iter().any(|pattern| matches(pattern, &name))
    };
    // Links and sockets hold nothing; two names of one file hold it once.
    let counts = meta.is_file()
        && (job.names.is_empty() || named())
        && !job.skip.contains(path)
        && (meta.nlink() == 1 || linked.insert((meta.dev(), meta.ino())));
    if !counts {
        return;
    }
    // What is allocated, as du(1) counts; file systems keep the smallest files elsewhere.
    let allocated = meta.blocks() * 512;
    size.bytes += if allocated == 0 && meta.len() <= 4096 { meta.len() } else { allocated };
    size.files += 1;
    *newest = (*newest).max(meta.modified().ok());
}

/// One place that was asked about.
pub(super) struct One {
    path: PathBuf,
    end: End,
    ticket: Ticket,
}

/// What was asked about one package.
#[derive(Default)]
pub(super) struct Asked {
    data: Vec<One>,
    settings: Vec<(PathBuf, Ticket)>,
    /// Settings files that are deleted by their names.
    files: Vec<PathBuf>,
}

/// Asks for everything a package's script deletes, and for what lies in the package's own directories.
pub(super) fn ask(root: &Path, info: &Info, walker: &Walker) -> Asked {
    let mut asked = Asked::default();
    let mut places: Vec<Found> = Vec::new();
    for deletion in &info.script.deletions {
        let end = end_of(root, info, deletion);
        for path in expand(root, &deletion.path) {
            let text = path.to_string_lossy().into_owned();
            // The clusters are looked at by themselves.
            let cluster = |dir: &str| text.starts_with(dir);
            if info.script.drops_clusters.is_some()
                && (cluster("/var/lib/postgresql/") || cluster("/etc/postgresql/"))
            {
                continue;
            }
            let through = deletion.links != Links::Not;
            let path = if through { behind(root, &path, &walker.mounts).0 } else { path };
            // What a link in `/etc` leads to may be data.
            let kind = match place(&text) {
                Place::Settings if place(&path.to_string_lossy()) == Place::Data => Place::Data,
                kind => kind,
            };
            match kind {
                Place::Nothing => {}
                Place::Settings => {
                    let real = below(root, &path);
                    if deletion.single || !deletion.names.is_empty() {
                        if made_here(root, info, &path) {
                            asked.files.push(path.clone());
                        }
                    } else if real.is_dir() {
                        let skip: HashSet<PathBuf> =
                            info.conffiles.iter().map(|p| below(root, Path::new(p))).collect();
                        asked.settings.push((path.clone(), walker.ask(vec![real], Vec::new(), skip)));
                    }
                }
                Place::Data if deletion.single && !counts_alone(&below(root, &path)) => {}
                Place::Data if !through && below(root, &path).is_symlink() => {
                    // Deleting a link leaves what it points to.
                    let (path, _) = behind(root, &path, &walker.mounts);
                    places.push(Found { path, end: End::Stays, names: Vec::new(), through: false });
                }
                Place::Data => places.push(Found {
                    path,
                    end: end.clone(),
                    names: deletion.names.clone(),
                    through: deletion.links == Links::Every,
                }),
            }
        }
    }
    keep_outermost(&mut places);
    let mut own: Vec<PathBuf> = Vec::new();
    if info.installed {
        own = own_directories(root, info);
        own.retain(|dir| !places.iter().any(|p| dir.starts_with(&p.path) || p.path.starts_with(dir)));
    }
    let brought: HashSet<PathBuf> = if own.is_empty() {
        HashSet::new()
    } else {
        info.paths.iter().map(|p| below(root, Path::new(p))).collect()
    };
    for Found { path, end, names, through } in places {
        let ticket = walker.send(vec![below(root, &path)], names, HashSet::new(), through);
        asked.data.push(One { path, end, ticket });
    }
    for path in own {
        let ticket = walker.ask(vec![below(root, &path)], Vec::new(), brought.clone());
        asked.data.push(One { path, end: End::Stays, ticket });
    }
    asked
}

/// Whether one file is large enough to be missed.
fn counts_alone(file: &Path) -> bool {
    match std::fs::metadata(file) {
        Ok(meta) => meta.is_file() && meta.len() >= SINGLE,
        Err(e) => e.kind() != io::ErrorKind::NotFound,
    }
}

/// Whether a settings file is one that only this machine has: no conffile, of which dpkg knows what it was like, and
/// none that ucf(1) made and nobody has changed since.
fn made_here(root: &Path, info: &Info, path: &Path) -> bool {
    let real = below(root, path);
    let text = path.to_string_lossy();
    if !std::fs::symlink_metadata(&real).is_ok_and(|meta| meta.is_file())
        || info.conffiles.iter().any(|file| *file == text)
    {
        return false;
    }
    let sums = std::fs::read_to_string(root.join("var/lib/ucf/hashfile")).unwrap_or_default();
    let sum = sums.lines().filter_map(|line| line.split_once(char::is_whitespace));
    let sum = sum.filter(|(_, file)| Path::new(file.trim()) == path).map(|(sum, _)| sum).next_back();
    !sum.is_some_and(|sum| super::conffiles::is_as(&real, sum))
}

/// What becomes of what a deletion hits.
fn end_of(root: &Path, info: &Info, deletion: &Deletion) -> End {
    if deletion.needs.as_ref().is_some_and(|file| !below(root, Path::new(file)).exists()) {
        return End::Stays;
    }
    if deletion.remove {
        return End::Removal;
    }
    match &deletion.question {
        Some(question) => End::Asked {
            question: question.clone(),
            deletes: debconf::says_yes(root, &info.templates, question),
        },
        None => End::Purge,
    }
}

/// The worse of two ends first.
fn rank(end: &End) -> u8 {
    match end {
        End::Removal => 0,
        End::Purge => 1,
        End::Asked { deletes: true, .. } => 2,
        End::Asked { deletes: false, .. } => 3,
        End::Stays => 4,
    }
}

/// A place that a deletion hits.
struct Found {
    path: PathBuf,
    end: End,
    names: Vec<String>,
    /// Links below it are gone through.
    through: bool,
}

/// Leaves out what lies in a directory that ends the same way or worse, and the second of two equals.
fn keep_outermost(places: &mut Vec<Found>) {
    places.sort_by(|a, b| {
        let links = b.through.cmp(&a.through);
        rank(&a.end).cmp(&rank(&b.end)).then_with(|| a.path.cmp(&b.path)).then(links)
    });
    let mut kept: Vec<Found> = Vec::new();
    for one in places.drain(..) {
        let within =
            |k: &Found| one.path.starts_with(&k.path) && k.names.is_empty() && (k.through || !one.through);
        if !kept.iter().any(within) {
            kept.push(one);
        }
    }
    *places = kept;
}

/// The outermost directories of its own where data may lie.
fn own_directories(root: &Path, info: &Info) -> Vec<PathBuf> {
    // Directories that many share.
    const SHARED: &[&str] = &[
        "/.",
        "/home",
        "/mnt",
        "/opt",
        "/root",
        "/srv",
        "/media",
        "/var",
        "/var/lib",
        "/var/spool",
        "/var/mail",
        "/var/opt",
        "/var/local",
        "/var/backups",
        "/var/www",
        "/var/spool/cron",
        "/var/lib/dbus",
        // Its clusters are looked at by themselves.
        "/var/lib/postgresql",
    ];
    let mut dirs: Vec<PathBuf> = Vec::new();
    let wanted = info.paths.iter().filter(|p| !SHARED.contains(&p.as_str()) && place(p) == Place::Data);
    for path in wanted {
        let path = Path::new(path);
        if dirs.iter().any(|dir| path.starts_with(dir)) {
            continue;
        }
        if std::fs::symlink_metadata(below(root, path)).is_ok_and(|m| m.is_dir()) {
            dirs.push(path.to_owned());
        }
    }
    dirs
}

/// The paths that a pattern stands for; `~name` is a home directory.
fn expand(root: &Path, pattern: &str) -> Vec<PathBuf> {
    if let Some(user) = pattern.strip_prefix('~') {
        return match user.split_once('/') {
            None => home(root, user).into_iter().collect(),
            // Below a home directory, whosever it is; `~/` is that of root, who runs the script.
            Some((user, rest)) => {
                let user = if user.is_empty() { "root" } else { user };
                home_of(root, user).map_or_else(Vec::new, |home| expand(root, &format!("{home}/{rest}")))
            }
        };
    }
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|p| !p.is_empty()) {
        if !is_pattern(part) {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        }
        let mut next = Vec::new();
        for dir in &found {
            let Ok(entries) = std::fs::read_dir(below(root, dir)) else { continue };
            let mut names: Vec<_> = entries.flatten().map(|e| e.file_name()).collect();
            names.sort();
            let fits = |name: &&std::ffi::OsString| {
                let name = name.to_string_lossy();
                matches(part, &name) && (part.starts_with('.') || !name.starts_with('.'))
            };
            next.extend(names.iter().filter(fits).map(|name| dir.join(name)));
        }
        next.truncate(MATCHES);
        found = next;
    }
    found
}

/// A user's home directory, where it is one of its own.
fn home(root: &Path, user: &str) -> Option<PathBuf> {
    let home = home_of(root, user)?;
    let own = home.split('/').filter(|p| !p.is_empty()).count() >= 2 && place(&home) == Place::Data;
    own.then(|| PathBuf::from(home))
}

/// What passwd(5) has as a user's home directory.
fn home_of(root: &Path, user: &str) -> Option<String> {
    let text = std::fs::read_to_string(root.join("etc/passwd")).ok()?;
    let line = text.lines().find(|line| line.split(':').next() == Some(user))?;
    line.split(':').nth(5).filter(|home| home.starts_with('/')).map(str::to_owned)
}

/// Takes the answers.
pub(super) fn fill(facts: &mut PackageFacts, info: &Info, asked: Asked, walker: &Walker) {
    for One { path, end, ticket } in asked.data {
        match walker.answer(&ticket) {
            Ok(size) if size.bytes > 0 || !size.whole => facts.stores.push(Store { path, size, end }),
            Ok(_) => {}
            Err(why) => facts.gap(format!("{} of {}", path.display(), info.name), why),
        }
    }
    facts.stores.sort_by_key(|s| (rank(&s.end), std::cmp::Reverse(s.size.bytes)));
    facts.deleted_settings.extend(asked.files.iter().map(|path| path.display().to_string()));
    for (path, ticket) in asked.settings {
        match walker.answer(&ticket) {
            Ok(size) if size.files > 0 => facts.deleted_settings.push(path.display().to_string()),
            Ok(_) => {}
            Err(why) => facts.gap(format!("{} of {}", path.display(), info.name), why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::packages::postrm::Script;

    fn scratch(files: &[(&str, usize)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, vec![b'x'; *bytes]).unwrap();
        }
        root
    }

    fn look(root: &Path, script: &str, paths: &[&str]) -> PackageFacts {
        let info = Info {
            name: "p".into(),
            installed: true,
            paths: paths.iter().map(|p| (*p).to_owned()).collect(),
            script: Script::read(format!("#!/bin/sh\n{script}\n").as_bytes(), "p"),
            ..Info::default()
        };
        let walker = Walker::start(root, Instant::now() + Duration::from_secs(20));
        let asked = ask(root, &info, &walker);
        let mut facts = PackageFacts::default();
        fill(&mut facts, &info, asked, &walker);
        facts
    }

    fn shown(facts: &PackageFacts) -> String {
        let one = |s: &Store| format!("{} {} {:?}", s.path.display(), s.size.files, s.end);
        facts.stores.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn what_the_script_deletes_is_counted() {
        let root =
            scratch(&[("var/lib/a/x", 5000), ("var/lib/a/d/y", 10), ("var/lib/b/z", 7), ("var/lib/c/e", 0)]);
        let facts = look(
            root.path(),
            "if [ $1 = purge ]; then rm -rf /var/lib/a /var/lib/none /var/lib/c; fi; rm -rf /var/lib/b",
            &[],
        );
        assert_eq!(shown(&facts), "/var/lib/b 1 Removal; /var/lib/a 2 Purge");
        let size = &facts.stores.last().unwrap().size;
        assert!(size.whole && size.bytes >= 5010 && size.written_s.is_some_and(|s| s < 60), "{size:?}");
    }

    #[test]
    fn own_directories_hold_what_nobody_brought() {
        let root = scratch(&[("var/lib/a/brought", 10), ("var/lib/a/new", 10), ("var/lib/nginx/tmp", 10)]);
        let paths =
            ["/.", "/var", "/var/lib", "/var/lib/a", "/var/lib/a/brought", "/var/lib/nginx", "/usr/bin/a"];
        assert_eq!(shown(&look(root.path(), "", &paths)), "/var/lib/a 1 Stays");
        std::fs::remove_file(root.path().join("var/lib/a/new")).unwrap();
        assert_eq!(shown(&look(root.path(), "", &paths)), "");
    }

    #[test]
    fn patterns_names_homes_and_links() {
        let root = scratch(&[
            ("var/snap/x/common/f", 10),
            ("var/snap/y/common/f", 10),
            ("var/snap/y/other/f", 10),
            ("srv/m/a.rrd", 10),
            ("srv/m/b.txt", 10),
            ("var/lib/z/f", 10),
            ("data/l/f", 10),
            ("etc/passwd", 0),
        ]);
        std::fs::write(
            root.path().join("etc/passwd"),
            "root:x:0:0::/root:/bin/sh\nz:x:5:5::/var/lib/z:/bin/sh\n",
        )
        .unwrap();
        std::os::unix::fs::symlink("/data/l", root.path().join("var/lib/l")).unwrap();
        let facts = look(
            root.path(),
            "[ $1 = purge ] || exit 0; rm -rf \"/var/snap/$UNSET/common\"; find /srv/m -name '*.rrd' -delete; \
             userdel -r z; userdel -r root; rm -rf /var/lib/l",
            &[],
        );
        assert_eq!(
            shown(&facts),
            "/srv/m 1 Purge; /var/lib/z 1 Purge; /var/snap/x/common 1 Purge; /var/snap/y/common 1 Purge; /data/l 1 Stays"
        );
    }

    #[test]
    fn what_lies_behind_a_link_goes_when_the_link_is_gone_through() {
        let root = scratch(&[
            ("data/l/f", 10),
            ("data/l/g", 10),
            ("data/more/h", 10),
            ("srv/files/f", 10),
            ("etc/passwd", 0),
            ("home/z/x/f", 10),
        ]);
        std::fs::write(root.path().join("etc/passwd"), "z:x:5:5::/home/z:/bin/sh\n").unwrap();
        let link = |to: &str, at: &str| {
            std::fs::create_dir_all(root.path().join(at).parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(to, root.path().join(at)).unwrap();
        };
        link("../../data/l", "var/lib/l");
        link("l", "var/lib/chain");
        link("/data/more", "data/l/more");
        link("/data/l", "data/l/round");
        link("/srv/files", "etc/p");
        for (script, want) in [
            ("rm -rf /var/lib/l", "/data/l 2 Stays"),
            ("rm -rf /var/lib/chain", "/data/l 2 Stays"),
            ("rm -rf /var/lib/l/", "/data/l 2 Purge"),
            ("rm -rf /var/lib/chain/", "/data/l 2 Purge"),
            ("rm -rf /var/lib/l /var/lib/l/", "/data/l 2 Purge"),
            // The names below the link are not behind another one; links among them stay what they are.
            (
                "rm -rf /var/lib/l/*",
                "/var/lib/l/f 1 Purge; /var/lib/l/g 1 Purge; /data/l 2 Stays; /data/more 1 Stays",
            ),
            ("find -H /var/lib/l -delete", "/data/l 2 Purge"),
            ("find -L /var/lib/l -delete", "/data/l 3 Purge"),
            ("find /var/lib/l/ -name g -delete", "/data/l 1 Purge"),
            ("rm -rf /etc/p/", "/srv/files 1 Purge"),
            ("rm -rf /etc/p", ""),
            ("rm -rf ~z/x/", "/home/z/x 1 Purge"),
        ] {
            let facts = look(root.path(), &format!("[ $1 = purge ] || exit 0; {script}"), &[]);
            assert_eq!(shown(&facts), want, "{script}");
        }
    }

    #[test]
    fn a_nuke_without_its_script_deletes_nothing() {
        let root = scratch(&[("var/lib/d/layer", 10)]);
        let script = "[ $1 = purge ] && [ -x /var/lib/d/nuke.sh ] && /var/lib/d/nuke.sh /var/lib/d";
        assert_eq!(shown(&look(root.path(), script, &[])), "/var/lib/d 1 Stays");
        std::fs::write(root.path().join("var/lib/d/nuke.sh"), "x").unwrap();
        assert_eq!(shown(&look(root.path(), script, &[])), "/var/lib/d 2 Purge");
    }

    #[test]
    fn settings_that_nobody_brought_are_told() {
        let root = scratch(&[("etc/p/mine", 10), ("etc/q/conf", 10)]);
        let info = Info {
            name: "p".into(),
            conffiles: vec!["/etc/q/conf".into()],
            script: Script::read(b"#!/bin/sh\n[ $1 = purge ] && rm -rf /etc/p /etc/q", "p"),
            ..Info::default()
        };
        let walker = Walker::start(root.path(), Instant::now() + Duration::from_secs(20));
        let asked = ask(root.path(), &info, &walker);
        let mut facts = PackageFacts::default();
        fill(&mut facts, &info, asked, &walker);
        assert_eq!(facts.deleted_settings, ["/etc/p"]);
    }

    #[test]
    fn a_walk_ends_at_the_deadline_and_says_so() {
        let root = scratch(&[("a/x", 10)]);
        let walker = Walker::start(root.path(), Instant::now());
        let size = walker.answer(&walker.ask(vec![root.path().join("a")], Vec::new(), HashSet::new()));
        assert!(!size.is_ok_and(|s| s.whole));
    }

    #[test]
    fn directories_that_hold_nothing_are_not_counted() {
        let root =
            scratch(&[("var/spool/postfix/etc/resolv.conf", 10), ("var/spool/postfix/deferred/A/x", 10)]);
        let script = "[ $1 = purge ] && rm -rf /var/spool/postfix";
        assert_eq!(shown(&look(root.path(), script, &[])), "/var/spool/postfix 1 Purge");
        std::fs::remove_dir_all(root.path().join("var/spool/postfix/deferred")).unwrap();
        assert_eq!(shown(&look(root.path(), script, &[])), "", "an empty queue");
    }

    #[test]
    fn two_names_of_one_file_count_once() {
        let root = scratch(&[("a/x", 10_000)]);
        std::fs::hard_link(root.path().join("a/x"), root.path().join("a/y")).unwrap();
        let walker = Walker::start(root.path(), Instant::now() + Duration::from_secs(20));
        let size =
            walker.answer(&walker.ask(vec![root.path().join("a")], Vec::new(), HashSet::new())).unwrap();
        assert_eq!(size.files, 1);
    }
}
