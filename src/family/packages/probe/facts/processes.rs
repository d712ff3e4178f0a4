//! What of a package runs: by the program's file, by the script an interpreter was given, by the unit; and which other
//! processes have its libraries loaded.

use super::info::Info;
use super::units::{brought, template};
use super::{PackageFacts, Process};
use crate::engine::fact::Why;
use crate::engine::packages::hook;
use crate::run::proc::{self, Proc};
use std::collections::{HashMap, HashSet};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Programs that run other files; a version may follow the name.
const INTERPRETERS: &[&str] = &[
    "python", "perl", "ruby", "node", "nodejs", "php", "php-fpm", "java", "bash", "dash", "sh", "mono",
    "lua", "guile", "tclsh", "wish", "Rscript", "beam.smp", "raku", "deno",
];
/// So much of a command line is read.
const WORDS: u64 = 64 << 10;
/// So much of a memory map is read.
const MAP: u64 = 4 << 20;

/// Which package each file belongs to.
struct Owners {
    programs: HashMap<String, usize>,
    libraries: HashMap<String, usize>,
    units: HashMap<String, usize>,
}

impl Owners {
    fn of(infos: &[Info]) -> Owners {
        let mut owners =
            Owners { programs: HashMap::new(), libraries: HashMap::new(), units: HashMap::new() };
        for (n, info) in infos.iter().enumerate().filter(|(_, info)| info.installed) {
            for path in &info.paths {
                // The hook that asks whether guard's own package may go is nothing that stops with it.
                let none = ["/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/", "/etc/", hook::OWN];
                if none.iter().any(|dir| path.starts_with(dir)) {
                    continue;
                }
                let name = path.rsplit('/').next().unwrap_or_default();
                if name.ends_with(".so") || name.contains(".so.") {
                    owners.libraries.insert(merged(path), n);
                } else {
                    owners.programs.insert(merged(path), n);
                }
            }
            owners.units.extend(brought(info).map(|unit| (unit.to_owned(), n)));
        }
        owners
    }
}

/// `/bin/x` and `/usr/bin/x` are one file since the directories were merged; packages name either.
fn merged(path: &str) -> String {
    let old = ["/bin/", "/sbin/", "/lib/", "/lib64/", "/lib32/", "/libx32/"];
    if old.iter().any(|dir| path.starts_with(dir)) { format!("/usr{path}") } else { path.to_owned() }
}

/// Fills in processes, listeners and borrowers.
pub(super) fn fill(root: &Path, infos: &[Info], all: &mut [PackageFacts], until: Instant) {
    if !infos.iter().any(|info| info.installed) {
        return;
    }
    let table = Table::of(root);
    let processes = match table.proc.processes() {
        Ok(processes) => processes,
        Err(why) => return gap_for_all(infos, all, "running processes", &why),
    };
    let owners = Owners::of(infos);
    let own = std::process::id();
    let mut hidden = false;
    let mut pids: Vec<Vec<u32>> = vec![Vec::new(); infos.len()];
    let mut others = Vec::new();
    for process in &processes {
        if Instant::now() >= until {
            gap_for_all(infos, all, "running processes", &Why::TimedOut);
            break;
        }
        if process.pid == own {
            continue;
        }
        match table.owner(process, &owners, &mut hidden) {
            Some((n, name)) => {
                if let (Some(facts), Some(pids)) = (all.get_mut(n), pids.get_mut(n)) {
                    pids.push(process.pid);
                    facts.processes.push(shown(process, name));
                }
            }
            None => others.push(process),
        }
    }
    if hidden {
        gap_for_all(infos, all, "processes of other users", &Why::Forbidden);
    }
    for (facts, pids) in all.iter_mut().zip(&pids).filter(|(_, pids)| !pids.is_empty()) {
        match table.proc.listeners_of(pids) {
            Ok(listens) => facts.listens = listens,
            Err(why) => facts.gap(format!("connections to {}", facts.name), why),
        }
    }
    if !owners.libraries.is_empty() {
        borrowers(&table, &owners, &others, all, until);
    }
}

/// Processes of others that have a package's libraries loaded.
fn borrowers(
    table: &Table,
    owners: &Owners,
    others: &[&proc::Process],
    all: &mut [PackageFacts],
    until: Instant,
) {
    for process in others {
        if Instant::now() >= until {
            return;
        }
        // Forbidden where the program itself was, and that is said already.
        let Ok(map) = read(&table.file(process.pid, "maps"), MAP) else { continue };
        let mut seen = HashSet::new();
        for line in map.lines().filter(|line| line.contains(".so")) {
            let Some(at) = line.find('/') else { continue };
            let path = line.get(at..).unwrap_or_default();
            if !seen.insert(path) {
                continue;
            }
            let path = path.strip_suffix(" (deleted)").unwrap_or(path);
            let Some(path) = table.inside(Path::new(path)) else { continue };
            let Some(n) = owners.libraries.get(&merged(&path)) else { continue };
            if !table.belongs(process.pid, &path) {
                break;
            }
            if let Some(facts) = all.get_mut(*n)
                && !facts.borrowers.iter().any(|b| b.pid == process.pid)
            {
                facts.borrowers.push(shown(process, None));
            }
        }
    }
}

fn gap_for_all(infos: &[Info], all: &mut [PackageFacts], what: &str, why: &Why) {
    for (facts, _) in all.iter_mut().zip(infos).filter(|(_, info)| info.installed) {
        facts.gap(what, why.clone());
    }
}

fn shown(process: &proc::Process, name: Option<String>) -> Process {
    Process {
        pid: process.pid,
        name: name.unwrap_or_else(|| process.name.clone()),
        unit: process.unit.clone(),
        since_s: process.age_s,
    }
}

/// The process table that shows the processes of a system.
struct Table {
    proc: Proc,
    /// Where it lies.
    dir: PathBuf,
    /// The system's root directory.
    root: PathBuf,
}

impl Table {
    /// The system's own; for a system below a directory without one that of the machine, which shows its processes too.
    fn of(root: &Path) -> Table {
        let dir = root.join("proc");
        if dir.join("self").exists() || dir.join("uptime").exists() {
            return Table { proc: Proc::at(root), dir, root: root.to_owned() };
        }
        Table { proc: Proc::at(Path::new("/")), dir: PathBuf::from("/proc"), root: root.to_owned() }
    }

    fn file(&self, pid: u32, name: &str) -> PathBuf {
        self.dir.join(pid.to_string()).join(name)
    }

    /// A path as the system itself names it; `None` for what lies elsewhere.
    fn inside(&self, path: &Path) -> Option<String> {
        let inner = path.strip_prefix(&self.root).ok()?;
        Some(format!("/{}", inner.to_str()?))
    }

    /// Whether a process is of this system, and not of a container whose files have the same names: its root directory
    /// is the system's, or the file it runs is the very file there (servers that lock themselves into a directory).
    fn belongs(&self, pid: u32, path: &str) -> bool {
        let identity = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
        let theirs = identity(&self.file(pid, "root/."));
        let ours = identity(&self.root);
        if theirs.is_none() || (theirs == ours) || self.root != Path::new("/") {
            return true;
        }
        let exe = identity(&self.file(pid, "exe"));
        exe.is_some() && exe == identity(&self.root.join(path.trim_start_matches('/')))
    }

    /// Whether a path is a link to this program.
    fn leads_to(&self, path: &str, exe: &str) -> bool {
        let at = |path: &str| std::fs::metadata(self.root.join(path.trim_start_matches('/')));
        let link = self.root.join(path.trim_start_matches('/'));
        let identity = |path: &str| at(path).ok().map(|m| (m.dev(), m.ino()));
        link.is_symlink() && identity(path).is_some_and(|found| Some(found) == identity(exe))
    }

    /// Whose a process is, and what it is called when its program is only an interpreter.
    fn owner(
        &self,
        process: &proc::Process,
        owners: &Owners,
        hidden: &mut bool,
    ) -> Option<(usize, Option<String>)> {
        let words = || {
            let line = read(&self.file(process.pid, "cmdline"), WORDS).unwrap_or_default();
            line.split('\0').map(str::to_owned).collect::<Vec<_>>()
        };
        let by_path = |path: &str| {
            let n = owners.programs.get(&merged(path))?;
            self.belongs(process.pid, path).then_some(*n)
        };
        let by_unit = || {
            let unit = process.unit.as_ref()?;
            owners.units.get(unit).or_else(|| owners.units.get(&template(unit)?)).copied()
        };
        let Some(exe) = &process.exe else {
            let words = words();
            let first = words.first().filter(|w| !w.is_empty())?;
            // Somebody else's, and this user is not root: what it calls itself is all there is.
            *hidden = true;
            return by_path(first).or_else(by_unit).map(|n| (n, None));
        };
        let exe = self.inside(exe)?;
        if let Some(n) = by_path(&exe) {
            // One program under several names (redis-server is a link into redis-tools): the one it was called by.
            let called = words().first().and_then(|w| by_path(w.split(' ').next()?));
            return Some((called.unwrap_or(n), None));
        }
        // The program is somebody else's, who stays; the name it was called by goes.
        let called = words().first().and_then(|w| w.split(' ').next().map(str::to_owned)).unwrap_or_default();
        if let Some(n) = by_path(&called)
            && self.leads_to(&called, &exe)
        {
            return Some((n, None));
        }
        let name = exe.rsplit('/').next().unwrap_or_default();
        let base = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        if INTERPRETERS.contains(&base) || INTERPRETERS.contains(&name) {
            for word in words().iter().skip(1).filter(|w| w.starts_with('/')) {
                if let Some(n) = by_path(word) {
                    return Some((n, word.rsplit('/').next().map(str::to_owned)));
                }
            }
        }
        by_unit().map(|n| (n, None))
    }
}

fn read(path: &Path, largest: u64) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(largest).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    struct Ended(Child);

    impl Drop for Ended {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn info(name: &str, paths: &[&str]) -> Info {
        Info {
            name: name.into(),
            installed: true,
            paths: paths.iter().map(|p| (*p).to_owned()).collect(),
            ..Info::default()
        }
    }

    fn look(infos: &[Info]) -> Vec<PackageFacts> {
        let mut all = vec![PackageFacts::default(); infos.len()];
        fill(Path::new("/"), infos, &mut all, Instant::now() + Duration::from_secs(20));
        all
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn programs_scripts_and_libraries_in_use() {
        let dir = tempfile::tempdir().unwrap();
        // A program of our own, so that no other process on this machine runs it.
        let program = dir.path().join("sleeper");
        // Another program writes the file that will be run: a child forked by another test at this moment would hold
        // it open for writing, and it could not be run.
        assert!(Command::new("cp").arg("/bin/sleep").arg(&program).status().unwrap().success());
        let script = dir.path().join("job.sh");
        std::fs::write(&script, "#!/bin/sh\nread line\n").unwrap();
        let start = |program: &Path, word: &str| {
            Ended(
                Command::new(program).arg(word).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap(),
            )
        };
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&program, &link).unwrap();
        let (one, two) = (start(&program, "60"), start(Path::new("/bin/sh"), script.to_str().unwrap()));
        let three = start(&link, "60");
        // It needs a moment to load its libraries, and the second one to become the shell.
        let deadline = Instant::now() + Duration::from_secs(60);
        let wait = || {
            assert!(Instant::now() < deadline, "they do not start");
            std::thread::sleep(Duration::from_millis(5));
        };
        let loaded = || {
            let maps = std::fs::read_to_string(format!("/proc/{}/maps", one.0.id())).unwrap();
            let mut paths = maps.lines().filter_map(|l| l.find('/').map(|at| &l[at..]));
            paths.find(|p| p.contains("/libc.")).map(str::to_owned)
        };
        let library = loop {
            match loaded() {
                Some(library) => break library,
                None => wait(),
            }
        };
        let infos = [
            info("a", &[program.to_str().unwrap()]),
            info("b", &[script.to_str().unwrap()]),
            info("c", &[&library]),
            info("d", &["/usr/bin/nothing"]),
            info("e", &[link.to_str().unwrap()]),
        ];
        let mut all = look(&infos);
        while ![0, 1, 4].iter().all(|n| all[*n].processes.len() == 1) {
            wait();
            all = look(&infos);
        }
        let alone = look(&[info("e", &[link.to_str().unwrap()])]);
        let found: Vec<u32> = alone[0].processes.iter().map(|p| p.pid).collect();
        assert_eq!(found, [three.0.id()], "though its program stays");
        let pids = |n: usize| all[n].processes.iter().map(|p| p.pid).collect::<Vec<_>>();
        assert_eq!((pids(0), pids(1), pids(3)), (vec![one.0.id()], vec![two.0.id()], vec![]));
        assert_eq!(pids(4), [three.0.id()], "by the name it was called by");
        assert_eq!(all[1].processes[0].name, "job.sh");
        assert!(all[2].processes.is_empty());
        assert!(!all[2].borrowers.is_empty(), "everything has the C library loaded");
        assert!(!all[2].borrowers.iter().any(|b| b.pid == one.0.id()), "its own processes go with it");
    }

    #[test]
    fn merged_directories_are_one() {
        assert_eq!(merged("/bin/sh"), "/usr/bin/sh");
        assert_eq!(merged("/lib/x86_64-linux-gnu/libc.so.6"), "/usr/lib/x86_64-linux-gnu/libc.so.6");
        assert_eq!(merged("/opt/bin/x"), "/opt/bin/x");
    }
}
