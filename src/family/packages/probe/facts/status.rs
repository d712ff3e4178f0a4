//! dpkg's status file, read once (deb-control(5), dpkg(1) "package states").

use super::State;
use crate::engine::fact::Why;
use crate::engine::packages::control;
use crate::engine::packages::plan::{Change, Kind};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// The packages dpkg knows.
#[derive(Debug)]
pub struct Status {
    packages: BTreeMap<String, Vec<Package>>,
    /// What goes, by name.
    going: Vec<String>,
    /// The same, by name and architecture.
    gone: Vec<(String, String)>,
    /// Whether the file could be read.
    pub whole: Result<(), Why>,
}

/// One paragraph of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its architecture.
    pub arch: String,
    /// Its version.
    pub version: String,
    /// What is there of it.
    pub state: State,
    /// `Essential`, `Protected`, `Important`.
    pub marks: Vec<&'static str>,
    /// The first line of its description.
    pub summary: Option<String>,
    /// What it depends on, as written.
    pub depends: String,
    /// Names that it answers to besides its own.
    pub provides: Vec<String>,
    /// Its settings files with the MD5 they had when they were installed.
    pub conffiles: Vec<(String, String)>,
}

impl Status {
    /// Reads the status file below `root`.
    pub fn read(root: &Path) -> Status {
        let file = root.join("var/lib/dpkg/status");
        let (text, whole) = match std::fs::read(&file) {
            Ok(bytes) => (bytes, Ok(())),
            Err(e) => (Vec::new(), Err(why(&e))),
        };
        let mut packages: BTreeMap<String, Vec<Package>> = BTreeMap::new();
        for paragraph in control::paragraphs(&text) {
            if let Some(package) = parse(paragraph) {
                packages.entry(package.name.clone()).or_default().push(package);
            }
        }
        Status { packages, going: Vec::new(), gone: Vec::new(), whole }
    }

    /// Tells what goes, so that it can be said what needs what.
    #[must_use]
    pub fn going(mut self, changes: &[&Change]) -> Status {
        self.going = changes.iter().filter(|c| c.kind != Kind::Install).map(|c| c.name.clone()).collect();
        let gone = changes.iter().filter(|c| c.kind != Kind::Install).filter_map(|c| self.find(c));
        self.gone = gone.map(|p| (p.name.clone(), p.arch.clone())).collect();
        self
    }

    /// The package a change is about: of the architecture named, else one that is installed.
    pub fn find(&self, change: &Change) -> Option<&Package> {
        let all = self.packages.get(&change.name)?;
        let of_arch = |arch: &String| all.iter().find(|p| p.arch == *arch);
        match &change.arch {
            Some(arch) => of_arch(arch).or_else(|| all.iter().find(|p| p.arch == "all")),
            None => {
                let native = self.native();
                let fits = |p: &&Package| p.state == State::Installed || change.version.is_none();
                let own =
                    all.iter().filter(fits).find(|p| Some(p.arch.as_str()) == native || p.arch == "all");
                own.or_else(|| all.iter().find(fits)).or_else(|| all.first())
            }
        }
    }

    /// Every package that is installed.
    pub fn installed(&self) -> impl Iterator<Item = &Package> {
        self.packages.values().flatten().filter(|p| p.state == State::Installed)
    }

    /// Packages that stay, with what goes that they cannot be without; also by way of others that stay. apt lets none
    /// stay so, dpkg only where its checks are off (`--force-depends`).
    pub fn broken(&self) -> Vec<(&Package, String)> {
        // What is lost, by the names it answers to, and of which package that goes it is a consequence.
        let mut lost: BTreeMap<&str, String> = BTreeMap::new();
        let goes = |p: &Package| self.gone.iter().any(|(name, arch)| *name == p.name && *arch == p.arch);
        for package in self.installed().filter(|p| goes(p)) {
            for name in std::iter::once(&package.name).chain(&package.provides) {
                lost.entry(name).or_insert_with(|| package.name.clone());
            }
        }
        let mut broken: Vec<(&Package, String)> = Vec::new();
        loop {
            let stays =
                |p: &&Package| !goes(p) && !broken.iter().any(|(b, _)| b.name == p.name && b.arch == p.arch);
            let there: Vec<&Package> = self.installed().filter(stays).collect();
            let names: BTreeSet<&str> = there
                .iter()
                .flat_map(|p| std::iter::once(&p.name).chain(&p.provides))
                .map(String::as_str)
                .collect();
            let mut more: Vec<(&Package, String)> = Vec::new();
            for package in there.iter().take_while(|_| !lost.is_empty()) {
                let cause = package.depends.split(',').find_map(|group| {
                    let alternatives: Vec<String> = group.split('|').map(name_of).collect();
                    let cause = alternatives.iter().find_map(|name| lost.get(name.as_str()))?;
                    (!alternatives.iter().any(|name| names.contains(name.as_str()))).then(|| cause.clone())
                });
                more.extend(cause.map(|cause| (*package, cause)));
            }
            if more.is_empty() || broken.len() >= BROKEN {
                return broken;
            }
            for (package, cause) in more {
                for name in std::iter::once(&package.name).chain(&package.provides) {
                    lost.entry(name).or_insert_with(|| cause.clone());
                }
                broken.push((package, cause));
            }
        }
    }

    /// Whether a package of this name goes.
    pub fn goes(&self, name: &str) -> bool {
        self.going.iter().any(|going| going == name)
    }

    /// The machine's own architecture: that of dpkg.
    fn native(&self) -> Option<&str> {
        self.packages.get("dpkg")?.first().map(|p| p.arch.as_str())
    }

    /// What goes that this package cannot be without; alternatives that stay count.
    pub fn needs(&self, package: &Package) -> Option<String> {
        package.depends.split(',').find_map(|group| {
            let names: Vec<String> = group.split('|').map(name_of).collect();
            let first = names.iter().find(|n| self.goes(n) && **n != package.name)?;
            let stays = |n: &String| {
                !self.goes(n)
                    && self.packages.get(n).is_some_and(|all| all.iter().any(|p| p.state == State::Installed))
            };
            (!names.iter().any(stays)).then(|| first.clone())
        })
    }
}

/// So many packages that stay broken are looked at.
const BROKEN: usize = 200;

/// The name in `name:any (>= 1) [amd64]`.
fn name_of(one: &str) -> String {
    one.trim().split([' ', ':', '(', '[']).next().unwrap_or_default().to_owned()
}

/// Why a file could not be read.
pub(super) fn why(error: &io::Error) -> Why {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Why::Forbidden,
        _ => Why::Failed(error.to_string()),
    }
}

fn parse(paragraph: &[u8]) -> Option<Package> {
    let mut package = Package::default();
    for (name, value) in control::fields(paragraph) {
        let text = || String::from_utf8_lossy(value).replace('\n', "");
        match name {
            b"Package" => package.name = text(),
            b"Architecture" => package.arch = text(),
            b"Version" => package.version = text(),
            b"Status" => package.state = state(&text()),
            b"Essential" if value == b"yes" => package.marks.push("Essential"),
            b"Protected" if value == b"yes" => package.marks.push("Protected"),
            b"Important" if value == b"yes" => package.marks.push("Important"),
            b"Description" => {
                let first = value.split(|b| *b == b'\n').next().unwrap_or_default();
                let first = String::from_utf8_lossy(first).trim_end().to_owned();
                package.summary = (!first.is_empty()).then_some(first);
            }
            b"Provides" => package.provides = text().split(',').map(name_of).collect(),
            b"Depends" | b"Pre-Depends" => {
                if !package.depends.is_empty() {
                    package.depends.push(',');
                }
                package.depends.push_str(&text());
            }
            b"Conffiles" => {
                let owned = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let files = control::conffiles(value).map(|(path, sum)| (owned(path), owned(sum)));
                package.conffiles = files.collect();
            }
            _ => {}
        }
    }
    (!package.name.is_empty()).then_some(package)
}

/// The third word says what is there: `install ok installed`, `deinstall ok config-files`.
fn state(value: &str) -> State {
    match value.split_whitespace().nth(2) {
        Some("config-files") => State::Leftover,
        None | Some("not-installed") => State::Absent,
        Some(_) => State::Installed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "\
Package: dpkg
Status: install ok installed
Architecture: amd64
Essential: yes
Version: 1.21

Package: server
Status: install ok installed
Architecture: amd64
Version: 2
Pre-Depends: libc
Depends: client (>= 1), tool:any | other,
 more
Conffiles:
 /etc/server.conf 0123 obsolete
 /etc/new newconffile
Description: serves
 and more

Package: client
Status: install ok installed
Architecture: amd64
Version: 1

Package: client
Status: deinstall ok config-files
Architecture: i386
Version: 1

Package: old
Status: deinstall ok config-files
Architecture: all
Version: 0
";

    fn change(name: &str, arch: Option<&str>, version: Option<&str>) -> Change {
        Change {
            name: name.into(),
            arch: arch.map(str::to_owned),
            version: version.map(str::to_owned),
            kind: Kind::Remove,
            named: true,
            unused: false,
        }
    }

    #[test]
    fn paragraphs_are_read() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("var/lib/dpkg")).unwrap();
        std::fs::write(root.path().join("var/lib/dpkg/status"), STATUS).unwrap();
        let (server, client) = (change("server", None, Some("2")), change("client", None, Some("1")));
        let status = Status::read(root.path()).going(&[&server, &client]);
        assert_eq!(status.whole, Ok(()));
        let found = status.find(&server).unwrap();
        assert_eq!(found.summary.as_deref(), Some("serves"));
        assert_eq!(
            found.conffiles,
            [("/etc/server.conf".into(), "0123".into()), ("/etc/new".into(), "newconffile".into())]
        );
        assert_eq!(status.needs(found).as_deref(), Some("client"));
        assert_eq!(status.find(&client).unwrap().arch, "amd64");
        assert_eq!(status.find(&change("client", Some("i386"), None)).unwrap().state, State::Leftover);
        assert_eq!(status.find(&change("old", None, None)).unwrap().state, State::Leftover);
        assert_eq!(status.find(&change("dpkg", None, Some("1.21"))).unwrap().marks, ["Essential"]);
        assert!(status.find(&change("nobody", None, None)).is_none());
        assert_eq!(status.installed().count(), 3);
    }

    #[test]
    fn what_stays_without_what_it_needs_is_found() {
        let books = [
            ("dpkg", "amd64", "", ""),
            ("lib", "amd64", "", ""),
            ("lib", "i386", "", ""),
            ("client", "amd64", "lib", "sql-client"),
            ("other", "amd64", "", "mail"),
            ("server", "amd64", "client (>= 1)", ""),
            ("app", "all", "server | none, mail", ""),
            ("tool", "all", "client | lib", ""),
            ("asks", "all", "sql-client", ""),
            ("mails", "all", "mail | app", ""),
        ];
        let text: String = books
            .iter()
            .map(|(name, arch, depends, provides)| {
                format!(
                    "Package: {name}\nStatus: install ok installed\nArchitecture: {arch}\nVersion: 1\n\
                     Depends: {depends}\nProvides: {provides}\n\n"
                )
            })
            .collect();
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("var/lib/dpkg")).unwrap();
        std::fs::write(root.path().join("var/lib/dpkg/status"), text).unwrap();
        for (goes, want) in [
            (vec![change("client", None, Some("1"))], "server<client asks<client app<client"),
            (vec![change("lib", Some("i386"), Some("1"))], ""),
            (vec![change("lib", None, Some("1"))], ""),
            (
                vec![change("lib", None, Some("1")), change("lib", Some("i386"), Some("1"))],
                "client<lib server<lib asks<lib app<lib tool<lib",
            ),
            (vec![change("other", None, Some("1"))], "app<other mails<other"),
            (vec![change("app", None, Some("1"))], ""),
            (vec![], ""),
        ] {
            let goes: Vec<&Change> = goes.iter().collect();
            let status = Status::read(root.path()).going(&goes);
            let mut shown: Vec<String> =
                status.broken().iter().map(|(p, cause)| format!("{}<{cause}", p.name)).collect();
            shown.sort();
            let mut want: Vec<&str> = want.split_whitespace().collect();
            want.sort_unstable();
            assert_eq!(shown, want);
        }
    }

    #[test]
    fn an_alternative_that_stays_is_enough() {
        let package = |name: &str, depends: &str| Package {
            name: name.into(),
            depends: depends.into(),
            state: State::Installed,
            ..Package::default()
        };
        let mut packages = BTreeMap::new();
        for one in [package("a", ""), package("b", "")] {
            packages.insert(one.name.clone(), vec![one]);
        }
        let status = Status { packages, going: vec!["a".into()], gone: Vec::new(), whole: Ok(()) };
        assert_eq!(status.needs(&package("x", "a | b")), None);
        assert_eq!(status.needs(&package("x", "c | a")).as_deref(), Some("a"));
        assert_eq!(status.needs(&package("a", "a")), None);
    }

    #[test]
    fn an_unreadable_file_is_said() {
        let root = tempfile::tempdir().unwrap();
        assert!(matches!(Status::read(root.path()).whole, Err(Why::Failed(_))));
    }
}
