//! What dpkg and apt have written down about packages, read from their files below a root. No tool is asked: the files
//! are the same for every version of the tools, and reading them takes a hundredth of the time.
//!
//! Sources: deb-control(5), dpkg(1) FILES; `extended_states` is apt's (apt-mark(8)); ucf(1) for `/var/lib/ucf/registry`.

use crate::engine::packages::control::{self, field, paragraphs};
use crate::engine::packages::plan::Change;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A package as dpkg knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// Its architecture.
    pub arch: String,
    /// Its version.
    pub version: String,
    /// What dpkg was told to do with it: the first word of `Status:`.
    pub want: String,
    /// What it is: the last word of `Status:`.
    pub state: String,
    /// KiB of disk the installed files take, as the package says.
    pub size_kib: u64,
    /// Settings files, as dpkg knows them.
    pub conffiles: Vec<String>,
    /// The whole paragraph.
    pub paragraph: String,
}

impl Known {
    /// Whether its files are there; a leftover has settings alone.
    pub fn is_there(&self) -> bool {
        !matches!(self.state.as_str(), "config-files" | "not-installed")
    }
}

/// dpkg's and apt's records of a system.
#[derive(Clone, Debug, Default)]
pub struct System {
    root: PathBuf,
    native: String,
    known: HashMap<(String, String), Known>,
    auto: HashSet<(String, String)>,
}

fn known(paragraph: &[u8]) -> Option<Known> {
    let of = |name| lossy(field(paragraph, name).unwrap_or_default());
    let status = of("Status");
    let mut status = status.split_ascii_whitespace();
    let conffiles = field(paragraph, "Conffiles").unwrap_or_default();
    Some(Known {
        name: lossy(field(paragraph, "Package")?),
        arch: of("Architecture"),
        version: of("Version"),
        want: status.next().unwrap_or_default().to_owned(),
        state: status.next_back().unwrap_or_default().to_owned(),
        size_kib: of("Installed-Size").parse().unwrap_or(0),
        conffiles: control::conffiles(conffiles).map(|(path, _)| lossy(path)).collect(),
        paragraph: lossy(paragraph.trim_ascii_end()),
    })
}

impl System {
    /// Reads the records below a root.
    pub fn read(root: &Path) -> io::Result<System> {
        let text = fs::read(root.join("var/lib/dpkg/status"))?;
        let all: Vec<Known> = paragraphs(&text).filter_map(known).collect();
        let native = all.iter().find(|k| k.name == "dpkg").map(|k| k.arch.clone()).unwrap_or_default();
        let auto = match fs::read(root.join("var/lib/apt/extended_states")) {
            Ok(bytes) => paragraphs(&bytes)
                .filter(|p| field(p, "Auto-Installed") == Some(b"1"))
                .filter_map(|p| Some((lossy(field(p, "Package")?), lossy(field(p, "Architecture")?))))
                .collect(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => HashSet::new(),
            Err(e) => return Err(e),
        };
        let known = all.into_iter().map(|k| ((k.name.clone(), k.arch.clone()), k)).collect();
        Ok(System { root: root.to_owned(), native, known, auto })
    }

    /// The root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path of this system as it is reached from outside.
    pub fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The package a change is about.
    pub fn of(&self, change: &Change) -> Option<&Known> {
        self.find(&change.name, change.arch.as_deref())
    }

    /// The package with this name; without an architecture the native one, as the tools have it.
    pub fn find(&self, name: &str, arch: Option<&str>) -> Option<&Known> {
        let of = |arch: &str| self.known.get(&(name.to_owned(), arch.to_owned()));
        match arch {
            Some(arch) => of(arch),
            None => of(&self.native).or_else(|| of("all")).or_else(|| {
                self.known.values().filter(|k| k.name == name).min_by(|a, b| a.arch.cmp(&b.arch))
            }),
        }
    }

    /// Whether apt has it marked as installed automatically. Packages for every architecture stand there as native ones.
    pub fn is_auto(&self, known: &Known) -> bool {
        let marked = |arch: &str| self.auto.contains(&(known.name.clone(), arch.to_owned()));
        marked(&known.arch) || (known.arch == "all" && marked(&self.native))
    }

    /// One of dpkg's own files about a package: `list`, `postrm`. Packages that may be there for several architectures
    /// have theirs in the name.
    pub fn info(&self, known: &Known, what: &str) -> Option<String> {
        let dir = self.root.join("var/lib/dpkg/info");
        let names = [format!("{}:{}.{what}", known.name, known.arch), format!("{}.{what}", known.name)];
        names.iter().find_map(|name| fs::read(dir.join(name)).ok()).map(|bytes| lossy(&bytes))
    }

    /// Files that ucf(1) looks after for a package: `PACKAGE PATH` a line.
    pub fn ucf(&self, package: &str) -> Vec<String> {
        let text = fs::read(self.root.join("var/lib/ucf/registry")).map(|b| lossy(&b)).unwrap_or_default();
        let of = |line: &str| {
            let (owner, path) = line.split_once(char::is_whitespace)?;
            (owner == package && path.trim().starts_with('/')).then(|| path.trim().to_owned())
        };
        text.lines().filter_map(of).collect()
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A system with these paragraphs.
    pub fn scratch(status: &str, extended: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for sub in ["var/lib/dpkg/info", "var/lib/apt", "var/lib/ucf", "var/cache/apt/archives", "etc"] {
            fs::create_dir_all(dir.path().join(sub)).unwrap();
        }
        fs::write(dir.path().join("var/lib/dpkg/status"), status).unwrap();
        fs::write(dir.path().join("var/lib/apt/extended_states"), extended).unwrap();
        dir
    }

    const STATUS: &str = "\
Package: dpkg
Status: install ok installed
Architecture: amd64
Version: 1.21.22

Package: web
Status: hold ok installed
Architecture: all
Version: 1:2.0-1
Installed-Size: 12
Conffiles:
 /etc/web.conf 0123456789abcdef0123456789abcdef
 /etc/with blank/a 0123456789abcdef0123456789abcdef
 /etc/old 0123456789abcdef0123456789abcdef obsolete
Description: serves
 Conffiles: /etc/not-this 0
 .
 more

Package: lib
Status: install ok installed
Architecture: i386
Version: 3

Package: lib
Status: deinstall ok config-files
Architecture: amd64
Version: 3
";

    #[test]
    fn records_are_read() {
        let states = "Package: web\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: lib\nArchitecture: i386\nAuto-Installed: 0\n";
        let dir = scratch(STATUS, states);
        let system = System::read(dir.path()).unwrap();
        let web = system.find("web", None).unwrap();
        assert_eq!((web.version.as_str(), web.want.as_str(), web.size_kib), ("1:2.0-1", "hold", 12));
        assert_eq!(web.conffiles, ["/etc/web.conf", "/etc/with blank/a", "/etc/old"]);
        assert!(system.is_auto(web) && web.is_there() && web.paragraph.ends_with("more"));
        let lib = system.find("lib", None).unwrap();
        assert_eq!((lib.arch.as_str(), lib.is_there()), ("amd64", false));
        let foreign = system.find("lib", Some("i386")).unwrap();
        assert!(foreign.is_there() && !system.is_auto(foreign));
        assert!(system.find("none", None).is_none());
    }

    #[test]
    fn files_by_architecture_come_first() {
        let dir = scratch(STATUS, "");
        let info = dir.path().join("var/lib/dpkg/info");
        fs::write(info.join("lib.list"), "/a\n").unwrap();
        fs::write(info.join("lib:i386.list"), "/b\n").unwrap();
        fs::write(dir.path().join("var/lib/ucf/registry"), "web\t/etc/ucf.conf\nweb2 /etc/x\n").unwrap();
        let system = System::read(dir.path()).unwrap();
        let of = |arch| system.info(system.find("lib", Some(arch)).unwrap(), "list");
        assert_eq!((of("i386").as_deref(), of("amd64").as_deref()), (Some("/b\n"), Some("/a\n")));
        assert_eq!(system.ucf("web"), ["/etc/ucf.conf"]);
    }
}
