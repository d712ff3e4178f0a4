//! A package's own files in dpkg's books: its list of paths, its removal scripts, its questions.

use super::State;
use super::status::{Status, why};
use crate::engine::fact::Why;
use crate::engine::packages::plan::Change;
use crate::engine::packages::postrm::{Held, Script, Which};
use std::io;
use std::path::{Path, PathBuf};

/// What `/var/lib/dpkg/info/PACKAGE.*` says.
#[derive(Debug, Default)]
pub(super) struct Info {
    /// The package's name.
    pub name: String,
    /// Whether its files are installed.
    pub installed: bool,
    /// Every path it brought.
    pub paths: Vec<String>,
    /// What its removal scripts delete.
    pub script: Script,
    /// Its debconf templates.
    pub templates: String,
    /// Its settings files, as the books name them.
    pub conffiles: Vec<String>,
    /// What could not be read.
    pub gaps: Vec<(String, Why)>,
}

impl Info {
    /// Reads them.
    pub fn read(root: &Path, change: &Change, status: &Status) -> Info {
        let package = status.find(change);
        let arch = package.map(|p| p.arch.as_str()).or(change.arch.as_deref());
        let files = Files { dir: root.join("var/lib/dpkg/info"), name: &change.name, arch };
        let mut info = Info {
            name: change.name.clone(),
            installed: package.is_none_or(|p| p.state == State::Installed),
            conffiles: package.map(|p| p.conffiles.iter().map(|c| c.0.clone()).collect()).unwrap_or_default(),
            ..Info::default()
        };
        match files.read("list") {
            Ok(list) => info.paths = String::from_utf8_lossy(&list).lines().map(str::to_owned).collect(),
            Err(e) => info.gaps.push((format!("the files of {}", change.name), why(&e))),
        }
        let held = |path: &str| held(root, path);
        for (which, kind) in [(Which::Prerm, "prerm"), (Which::Postrm, "postrm")] {
            // Of what was removed before, the purge alone is left.
            if which == Which::Prerm && !info.installed {
                continue;
            }
            match files.read(kind) {
                Ok(script) => {
                    let read = Script::read_as(&script, &change.name, which, &held);
                    info.script = std::mem::take(&mut info.script).and(read);
                }
                // Without a script nothing is deleted but what the list says.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => {
                    info.gaps.push((format!("the {kind} script of {}", change.name), why(&e)));
                    let unread = format!("{kind}, which cannot be read");
                    info.script.unclear_at_removal.push(unread.clone());
                    info.script.unclear.push(unread);
                }
            }
        }
        if !info.script.questions().is_empty() {
            info.templates =
                files.read("templates").map_or(String::new(), |t| String::from_utf8_lossy(&t).into_owned());
        }
        info
    }

    /// What it has cron run (cron(8), anacron; `run-parts` takes every file of the daily directories).
    pub fn jobs(&self) -> Vec<String> {
        if !self.installed {
            return Vec::new();
        }
        let jobs = self.paths.iter().filter(|path| {
            let Some(rest) = path.strip_prefix("/etc/cron.") else { return false };
            rest.split_once('/').is_some_and(|(_, name)| !name.is_empty() && !name.starts_with('.'))
        });
        jobs.cloned().collect()
    }
}

/// Scripts that a script calls are shorter than this.
const LARGEST: u64 = 1 << 20;

/// What lies at a path that a script runs or reads in.
fn held(root: &Path, path: &str) -> Held {
    let place = root.join(path.trim_start_matches('/'));
    let meta = match std::fs::metadata(&place) {
        Ok(meta) => meta,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            // A link that leads nowhere seen from here may lead somewhere seen from there.
            let nothing = root == Path::new("/") || std::fs::symlink_metadata(&place).is_err();
            return if nothing { Held::Missing } else { Held::Unknown };
        }
        Err(_) => return Held::Unknown,
    };
    if !path.starts_with('/') || !meta.is_file() {
        return Held::Unknown;
    }
    if meta.len() > LARGEST {
        return Held::Program;
    }
    match std::fs::read(&place).map(String::from_utf8) {
        Ok(Ok(text)) if !text.contains('\0') => Held::Text(text),
        Ok(_) => Held::Program,
        Err(_) => Held::Unknown,
    }
}

/// The files of one package: `P.list`, or `P:arch.list` where it can be installed for several architectures.
struct Files<'a> {
    dir: PathBuf,
    name: &'a str,
    arch: Option<&'a str>,
}

impl Files<'_> {
    fn read(&self, kind: &str) -> io::Result<Vec<u8>> {
        if let Some(arch) = self.arch {
            match std::fs::read(self.dir.join(format!("{}:{arch}.{kind}", self.name))) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                done => return done,
            }
        }
        std::fs::read(self.dir.join(format!("{}.{kind}", self.name)))
    }
}
