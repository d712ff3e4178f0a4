//! The way back: exactly the kept packages installed again by apt itself, settings, marks and holds as they were.
//!
//! Settings that dpkg knows are put in their place before the packages are, so that a service starts with its own and
//! not with those the package brings (`--force-confold` keeps them); everything else comes after, when the users it
//! belongs to exist again. Dumps are not loaded: which data is right, and into which cluster it goes, is for a person.

use super::Tools;
use super::manifest::{Cluster, Is, Manifest, Package, Role, Settings};
use super::put_settings::{Done, Putter, State, in_order};
use super::system::System;
use crate::engine::packages::plan::{Kind, Plan};
use crate::engine::packages::simulated;
use crate::fail::{self, Fail, Result};
use crate::family::machine::child;
use crate::keep::stored::inside;
use crate::run::uninterrupted::Uninterrupted;
use crate::world::World;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long apt may take to plan.
const PLANNING: Duration = Duration::from_secs(60);

/// A package to install again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'m> {
    /// As it was.
    pub package: &'m Package,
    /// Its file in the copy.
    pub deb: PathBuf,
    /// The version that is installed now.
    pub now: Option<String>,
}

/// What a copy comes to on the system as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way<'m> {
    /// To install.
    pub install: Vec<Item<'m>>,
    /// There already, in this version.
    pub there: Vec<&'m Package>,
    /// Not there, and not in the copy.
    pub without: Vec<&'m Package>,
    /// Settings that are otherwise than they were.
    pub settings: Vec<(&'m Settings, State)>,
}

/// Compares a copy with the system.
pub fn way<'m>(dir: &Path, manifest: &'m Manifest, root: &Path) -> io::Result<Way<'m>> {
    let system = System::read(root)?;
    let mut way = Way::default();
    for package in &manifest.packages {
        let Some(version) = &package.version else { continue };
        let now = system.find(&package.name, Some(&package.arch)).filter(|k| k.is_there());
        match (&package.deb, now) {
            (_, Some(now)) if now.version == *version && now.state == "installed" => way.there.push(package),
            (Some(deb), now) => way.install.push(Item {
                package,
                deb: inside(dir, &deb.file)?,
                now: now.map(|k| k.version.clone()),
            }),
            (None, _) => way.without.push(package),
        }
    }
    let putter = Putter::new(dir, root, PathBuf::new());
    for file in in_order(manifest) {
        // A file that cannot be looked at is dealt with, and told, when it is put back.
        let state = putter.state(file).unwrap_or(State::Differs);
        if state != State::Same && file.is != Is::Dir {
            way.settings.push((file, state));
        }
    }
    Ok(way)
}

/// The words after `apt-get` that install these files and nothing that was not asked for.
fn words(way: &Way<'_>, removing: bool) -> Vec<String> {
    let mut words: Vec<String> = [
        "install",
        "--allow-downgrades",
        "--no-install-recommends",
        "--no-purge",
        "-o",
        "APT::Get::AutomaticRemove=false",
        "-o",
        "Dpkg::Options::=--force-confold",
    ]
    .map(str::to_owned)
    .to_vec();
    if way.without.is_empty() {
        // Nobody but root may read the copy, and nothing has to be fetched.
        words.extend(["-o", "APT::Sandbox::User=root"].map(str::to_owned));
    }
    if !removing {
        words.push("--no-remove".to_owned());
    }
    words.push("--".to_owned());
    words.extend(way.install.iter().map(|item| item.deb.to_string_lossy().into_owned()));
    words.extend(way.without.iter().filter_map(|p| Some(format!("{}={}", p.name, p.version.as_ref()?))));
    words
}

/// Asks apt what it would do. Packages that are not in the copy are asked of a mirror; where none has them any more they
/// are given up, by `without` of the answer being moved out of the way.
pub fn rehearse<'m>(way: &mut Way<'m>, tools: &Tools, world: &World) -> Result<(Plan, Vec<&'m Package>)> {
    let ask = |way: &Way<'_>| {
        let mut simulate = child::tool(&tools.apt_get, world);
        simulate.args(["-qq", "-o", "APT::Get::Show-User-Simulation-Note=0", "-s"]).args(words(way, true));
        let (ended, text) = child::output(simulate, Instant::now() + PLANNING)?;
        if !ended.ok {
            return Err(ended.why());
        }
        simulated::apt(text.as_bytes()).map_err(|misread| format!("apt-get answered `{}`", misread.0))
    };
    let mut given_up = Vec::new();
    if way.install.is_empty() && way.without.is_empty() {
        return Ok((Plan::default(), given_up));
    }
    let mut answer = ask(way);
    if answer.is_err() && !way.without.is_empty() {
        given_up = std::mem::take(&mut way.without);
        if way.install.is_empty() {
            return Ok((Plan::default(), given_up));
        }
        answer = ask(way);
    }
    let plan = answer.map_err(|why| {
        Fail::new(fail::Kind::Unavailable, "apt cannot install the packages again").because(why).help(
            "nothing was changed; see what is in the way with `apt-get -s install` and the files of the copy",
        )
    })?;
    Ok((plan, given_up))
}

/// What came back and what did not. Texts are raw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Packages that are installed again.
    pub installed: Vec<String>,
    /// Packages that were there already.
    pub there: Vec<String>,
    /// Settings that were written.
    pub written: Vec<String>,
    /// Settings that took the place of others.
    pub replaced: Vec<String>,
    /// Where those others are.
    pub aside: Option<PathBuf>,
    /// Marks and holds that were set.
    pub marked: Vec<String>,
    /// What a person should know or do.
    pub notes: Vec<String>,
    /// What did not work out, and why.
    pub failed: Vec<(String, String)>,
    /// The signal that stopped it before it was done.
    pub interrupted: Option<i32>,
}

/// One way back, under way.
struct Work<'a> {
    manifest: &'a Manifest,
    way: &'a Way<'a>,
    tools: &'a Tools,
    world: &'a World,
    root: &'a Path,
    putter: Putter<'a>,
    report: Report,
}

/// Installs, puts back, marks. `removing` says that a person has agreed to what apt removes for it.
pub fn restore(
    dir: &Path,
    manifest: &Manifest,
    way: &Way<'_>,
    tools: &Tools,
    world: &World,
    removing: bool,
) -> Report {
    let root = Path::new("/");
    let aside = dir.join(format!("aside-{}", jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S")));
    let signals = Uninterrupted::start();
    let mut work = Work {
        manifest,
        way,
        tools,
        world,
        root,
        putter: Putter::new(dir, root, aside.clone()),
        report: Report::default(),
    };
    work.report.there.extend(way.there.iter().map(|p| p.full_name()));
    let done = work.carry_out(removing, &signals);
    let mut report = work.report;
    if done.is_none() {
        report.interrupted = signals.came();
    }
    if aside.exists() {
        report.aside = Some(aside);
    }
    report
}

impl Work<'_> {
    /// `None` when a signal stopped it. What comes after the packages takes no time, and is carried through.
    fn carry_out(&mut self, removing: bool, signals: &Uninterrupted) -> Option<()> {
        let early: Vec<&Settings> = in_order(self.manifest)
            .into_iter()
            .filter(|f| f.role == Role::Conffile)
            .filter(|f| matches!(self.putter.state(f), Ok(State::Gone)))
            .collect();
        let litter = self.litter();
        let absent = |f: &&Settings| f.is == Is::Dir && matches!(self.putter.state(f), Ok(State::Gone));
        let above: Vec<&Settings> = early.iter().copied().filter(absent).collect();
        if !self.way.install.is_empty() || !self.way.without.is_empty() {
            self.put(&early);
            self.install(removing);
            for path in self.litter().difference(&litter) {
                if let Err(e) = std::fs::remove_file(path) {
                    self.fail(&path.display().to_string(), e.to_string());
                }
            }
            if signals.came().is_some() {
                return None;
            }
            self.putter.again();
            for dir in above {
                if let Err(e) = self.putter.dress_again(dir) {
                    self.fail(&dir.path, e.to_string());
                }
            }
        }
        self.put(&in_order(self.manifest));
        self.marks();
        Some(())
    }

    fn fail(&mut self, what: &str, why: impl Into<String>) {
        self.report.failed.push((what.to_owned(), why.into()));
    }

    /// What dpkg lays beside a settings file that it did not overwrite.
    fn litter(&self) -> BTreeSet<PathBuf> {
        let beside = |f: &&Settings| {
            let path = self.root.join(f.path.trim_start_matches('/'));
            let mut name = path.file_name()?.to_owned();
            name.push(".dpkg-dist");
            let path = path.with_file_name(name);
            path.exists().then_some(path)
        };
        let conffiles = self.manifest.files.iter().filter(|f| f.role == Role::Conffile);
        conffiles.filter_map(|f| beside(&f)).collect()
    }

    fn put(&mut self, files: &[&Settings]) {
        for file in files {
            match self.putter.put(file) {
                Done::Same => {}
                Done::Written if file.is == Is::Dir => {}
                Done::Written => self.report.written.push(file.path.clone()),
                Done::Dressed if self.report.written.contains(&file.path) => {}
                Done::Dressed => self.report.written.push(file.path.clone()),
                Done::Replaced | Done::TakenAway => self.report.replaced.push(file.path.clone()),
                Done::Failed(why) => self.report.failed.push((file.path.clone(), why)),
            }
        }
    }

    /// Becomes nobody's guest: apt talks to the person itself.
    fn install(&mut self, removing: bool) {
        let mut install = Command::new(&self.tools.apt_get);
        install.env_clear();
        install
            .envs(self.world.vars().iter().rev().filter(|(k, _)| k != "GUARD_CONFIRM").map(|(k, v)| (k, v)));
        install.arg("-y").args(words(self.way, removing)).stdin(Stdio::inherit());
        let ended = install.status();
        let system = match System::read(self.root) {
            Ok(system) => system,
            Err(e) => return self.fail("what is installed now", e.to_string()),
        };
        let asked: Vec<&Package> =
            self.way.install.iter().map(|i| i.package).chain(self.way.without.iter().copied()).collect();
        for package in asked {
            let now = system.find(&package.name, Some(&package.arch));
            let state = now.map_or("not installed", |k| k.state.as_str());
            let version = package.version.as_deref().unwrap_or_default();
            if state == "installed" && now.is_some_and(|k| k.version == version) {
                self.report.installed.push(format!("{} {version}", package.full_name()));
            } else {
                let why = match &ended {
                    Ok(status) if status.success() => format!("it is {state}"),
                    Ok(status) => format!("apt-get ended with {status}; it is {state}"),
                    Err(e) => format!("{}: {e}", self.tools.apt_get.display()),
                };
                self.fail(&format!("{} {version}", package.full_name()), why);
            }
        }
    }

    /// Automatic and held packages are so again; a package that was there all the time keeps its marks.
    fn marks(&mut self) {
        let Ok(system) = System::read(self.root) else { return };
        let back: Vec<&Package> = self
            .way
            .install
            .iter()
            .map(|i| i.package)
            .chain(self.way.without.iter().copied())
            .chain(self.way.there.iter().copied())
            .filter(|p| system.find(&p.name, Some(&p.arch)).is_some_and(|k| k.is_there()))
            .collect();
        let differs =
            |p: &&&Package| system.find(&p.name, Some(&p.arch)).is_some_and(|k| system.is_auto(k) != p.auto);
        let named = |p: &&Package| p.full_name().trim_end_matches(":all").to_owned();
        let auto: Vec<String> = back.iter().filter(|p| p.auto).filter(differs).map(named).collect();
        let manual: Vec<String> = back.iter().filter(|p| !p.auto).filter(differs).map(named).collect();
        let held: Vec<String> = back
            .iter()
            .filter(|p| p.want == "hold")
            .filter(|p| system.find(&p.name, Some(&p.arch)).is_some_and(|k| k.want != "hold"))
            .map(named)
            .collect();
        for (verb, names) in [("auto", auto), ("manual", manual), ("hold", held)] {
            if names.is_empty() {
                continue;
            }
            let mut mark = child::tool(&self.tools.apt_mark, self.world);
            mark.arg(verb).arg("--").args(&names);
            let done = child::output(mark, Instant::now() + PLANNING);
            let why = match done {
                Ok((ended, _)) if ended.ok => None,
                Ok((ended, _)) => Some(ended.why()),
                Err(why) => Some(why),
            };
            match why {
                None => self.report.marked.push(format!("{verb}: {}", names.join(", "))),
                Some(why) => self.fail(&format!("apt-mark {verb} {}", names.join(" ")), why),
            }
        }
        self.units();
    }

    /// What has to be done about services, which are not touched.
    fn units(&mut self) {
        let changed: BTreeSet<&str> = {
            let paths: BTreeSet<&String> = self.report.written.iter().chain(&self.report.replaced).collect();
            let of = self.manifest.files.iter().filter(|f| paths.contains(&f.path));
            of.map(|f| f.package.as_str()).collect()
        };
        let on = self.manifest.packages.iter().filter(|p| changed.contains(p.name.as_str()));
        let restart: Vec<&str> =
            on.flat_map(|p| &p.units).filter(|u| u.enabled).map(|u| u.name.as_str()).collect();
        if !restart.is_empty() {
            self.report.notes.push(format!(
                "settings changed; have them read: systemctl daemon-reload && systemctl restart {}",
                restart.join(" ")
            ));
        }
        let mut enabled = Vec::new();
        let dir = self.root.join("etc/systemd/system");
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().ends_with(".wants") {
                let inside = std::fs::read_dir(entry.path()).into_iter().flatten().flatten();
                enabled.extend(inside.map(|e| e.file_name().to_string_lossy().into_owned()));
            }
        }
        let off = self.manifest.packages.iter().flat_map(|p| &p.units);
        let off: Vec<&str> =
            off.filter(|u| !u.enabled && enabled.contains(&u.name)).map(|u| u.name.as_str()).collect();
        if !off.is_empty() {
            self.report
                .notes
                .push(format!("not enabled before, and now: systemctl disable {}", off.join(" ")));
        }
    }
}

/// What apt would remove or change besides what is asked for.
pub fn besides<'p>(plan: &'p Plan, way: &Way<'_>) -> Vec<&'p crate::engine::packages::plan::Change> {
    let ours = |name: &str| {
        way.install.iter().any(|i| i.package.name == name) || way.without.iter().any(|p| p.name == name)
    };
    plan.changes.iter().filter(|c| c.kind != Kind::Install || !ours(&c.name)).collect()
}

/// The commands that load a cluster's dumps, or put its directories back. Nothing here is run.
pub fn commands(dir: &Path, cluster: &Cluster, root: &Path) -> Vec<String> {
    let called = cluster.called();
    let there = root.join("etc/postgresql").join(&called).join("postgresql.conf").exists();
    let file = |name: &str| shell_words::quote(&dir.join(name).to_string_lossy()).into_owned();
    let owner = shell_words::quote(&cluster.owner).into_owned();
    let mut all = Vec::new();
    let pid = root.join(format!("run/postgresql/{}-{}.pid", cluster.version, cluster.name));
    if let Some(packed) = &cluster.directories {
        // A reinstalled server comes with an empty cluster of the same name.
        if there && pid.exists() {
            all.push(format!("pg_ctlcluster {} {} stop", cluster.version, shell_words::quote(&cluster.name)));
        }
        if there {
            all.push(format!(
                "pg_renamecluster {} {} {}",
                cluster.version,
                shell_words::quote(&cluster.name),
                shell_words::quote(&format!("{}_new", cluster.name))
            ));
        }
        all.push(format!(
            "tar --extract --numeric-owner --same-permissions --directory=/ --file {}",
            file(&packed.file)
        ));
        all.push(format!("pg_ctlcluster {} {} start", cluster.version, shell_words::quote(&cluster.name)));
        return all;
    }
    if there && !pid.exists() {
        all.push(format!("pg_ctlcluster {} {} start", cluster.version, shell_words::quote(&cluster.name)));
    }
    if !there {
        all.push(format!(
            "pg_createcluster {} {} --port {} --encoding {} --locale {} --start",
            cluster.version,
            shell_words::quote(&cluster.name),
            cluster.port,
            shell_words::quote(&cluster.encoding),
            shell_words::quote(&cluster.locale)
        ));
    }
    if let Some(globals) = &cluster.globals {
        all.push(format!(
            "runuser -u {owner} -- psql --cluster {called} -Xq -d postgres < {}",
            file(&globals.file)
        ));
    }
    for database in &cluster.databases {
        let target = match database.name.as_str() {
            // Every cluster has them.
            name @ ("postgres" | "template1") => format!("--clean --if-exists -d {name}"),
            _ => "--create -d postgres".to_owned(),
        };
        all.push(format!(
            "runuser -u {owner} -- pg_restore --cluster {called} {target} < {}",
            file(&database.dump.file)
        ));
    }
    all.push(format!(
        "diff -r {} /etc/postgresql/{called}",
        file(&format!("{}/etc/postgresql/{called}", super::settings::FILES))
    ));
    all
}

#[cfg(test)]
mod tests {
    use super::super::manifest::{Database, Deb};
    use super::super::system::tests::scratch;
    use super::*;
    use crate::keep::stored::Stored;

    fn package(name: &str, version: &str, deb: bool) -> Package {
        Package {
            name: name.into(),
            arch: "amd64".into(),
            version: Some(version.into()),
            deb: deb.then(|| Deb { file: format!("debs/{name}.deb"), ..Deb::default() }),
            ..Package::default()
        }
    }

    #[test]
    fn a_copy_is_compared_with_what_is_there() {
        let of = |name: &str, version: &str, state: &str| {
            format!(
                "Package: {name}\nStatus: install ok {state}\nArchitecture: amd64\nVersion: {version}\n\n"
            )
        };
        let status = [
            of("same", "1", "installed"),
            of("newer", "2", "installed"),
            of("left", "1", "config-files"),
            of("half", "1", "half-configured"),
        ]
        .concat();
        let dir = scratch(&status, "");
        let packages = vec![
            package("same", "1", true),
            package("newer", "1", true),
            package("left", "1", true),
            package("half", "1", true),
            package("lost", "1", false),
            Package { version: None, ..package("leftover", "1", false) },
        ];
        let manifest = Manifest { packages, ..Manifest::default() };
        let way = way(Path::new("/copy"), &manifest, dir.path()).unwrap();
        let install: Vec<(&str, Option<&str>)> =
            way.install.iter().map(|i| (i.package.name.as_str(), i.now.as_deref())).collect();
        assert_eq!(install, [("newer", Some("2")), ("left", None), ("half", Some("1"))]);
        assert_eq!(way.there.len(), 1);
        assert_eq!(way.without.len(), 1);
        let line = words(&way, false).join(" ");
        assert!(line.contains(" --no-remove -- /copy/debs/newer.deb /copy/debs/left.deb "), "{line}");
        assert!(line.ends_with(" lost=1") && !line.contains("Sandbox"), "{line}");
    }

    #[test]
    fn a_manifest_leads_nowhere_else() {
        let dir = scratch("", "");
        let mut bad = package("p", "1", true);
        bad.deb = Some(Deb { file: "../../evil.deb".into(), ..Deb::default() });
        let manifest = Manifest { packages: vec![bad], ..Manifest::default() };
        assert!(way(Path::new("/copy"), &manifest, dir.path()).is_err());
    }

    #[test]
    fn dumps_are_loaded_by_a_person() {
        let dir = tempfile::tempdir().unwrap();
        let database = |name: &str, n: u8| Database {
            name: name.into(),
            dump: Stored { file: format!("clusters/15-main/{n}.dump"), ..Stored::default() },
            ..Database::default()
        };
        let cluster = Cluster {
            version: "15".into(),
            name: "main".into(),
            owner: "postgres".into(),
            port: 5433,
            encoding: "UTF8".into(),
            locale: "C.UTF-8".into(),
            databases: vec![database("postgres", 0), database("prod", 1)],
            ..Cluster::default()
        };
        let all = commands(Path::new("/k/my id"), &cluster, dir.path());
        assert_eq!(all[0], "pg_createcluster 15 main --port 5433 --encoding UTF8 --locale C.UTF-8 --start");
        assert_eq!(
            all[2],
            "runuser -u postgres -- pg_restore --cluster 15/main --create -d postgres < '/k/my id/clusters/15-main/1.dump'"
        );
        assert!(all[1].contains("--clean --if-exists -d postgres <"));
    }
}
