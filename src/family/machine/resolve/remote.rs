//! Another system than the one that runs: below another directory, in a container, on another machine.

use super::{apt_conf, read};
use crate::engine::fact::{Source, Sourced};
use crate::engine::grammar::getopt;
use crate::engine::packages::tables::aptitude::Means as Aptitude;
use crate::engine::packages::tables::dpkg::Kind;
use crate::engine::packages::{aptitude, dpkg, grammar, program};
use crate::engine::units;
use crate::engine::units::table::{Means, TRANSPORT_OPTIONS, TRANSPORTED};
use crate::world::World;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where the words lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// The root directory of the system that is changed.
    pub root: Option<Sourced<String>>,
    /// The directory with dpkg's database, where it is not below that root.
    pub database: Option<Sourced<String>>,
    /// The other machine or container, as written.
    pub remote: Option<Remote>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// Another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// As written.
    pub written: Sourced<String>,
    /// Its own name: without user, port and container.
    pub name: String,
    /// The container on it, or on this machine.
    pub container: Option<String>,
    /// Whether it is a container of this very machine.
    pub here: bool,
}

/// Reads where the words after `tool` lead.
pub fn named_by(world: &World, tool: &[u8], words: &[&[u8]]) -> Elsewhere {
    if tool == b"systemctl" {
        return of_systemctl(&units::systemctl(words));
    }
    if tool.starts_with(b"dpkg") || tool == b"dselect" {
        return of_dpkg(world, words);
    }
    if let Some(program) = program(tool) {
        let line = grammar::read(program, words, grammar::Unknown::Switch);
        let value = |setting: &grammar::Setting<'_>| match setting.value {
            grammar::Value::Text(text) => Some(text.to_owned()),
            _ => None,
        };
        let mut given: Vec<(usize, Given)> = Vec::new();
        for setting in &line.settings {
            if let (Some(name), Some(value)) = (setting.name, value(setting)) {
                given.push((setting.at, Given::Setting(name.to_owned(), value)));
            }
        }
        for file in &line.files {
            given.extend(value(file).map(|path| (file.at, Given::File(path))));
        }
        given.sort_by_key(|(at, _)| *at);
        return of_apt(world, given.into_iter().map(|(_, given)| given));
    }
    if matches!(tool, b"aptitude" | b"aptitude-curses") {
        let line = aptitude::parse(words);
        let settings = line.values(Aptitude::Setting).filter_map(|text| {
            let at = text.iter().position(|b| *b == b'=')?;
            Some(Given::Setting(text.get(..at)?.to_owned(), text.get(at + 1..)?.to_owned()))
        });
        return of_apt(world, settings);
    }
    if TRANSPORTED.iter().any(|name| name.is(tool)) {
        return of_systemctl(&getopt::read(TRANSPORT_OPTIONS, words, false));
    }
    Elsewhere::default()
}

fn of_systemctl(line: &units::Words<'_>) -> Elsewhere {
    let mut found = Elsewhere::default();
    // systemctl keeps the last of the two.
    let transport = line.given.iter().rev().find(|g| matches!(g.means, Some(Means::Host | Means::Container)));
    if let Some((means, value)) = transport.and_then(|g| Some((g.means?, g.value?))) {
        found.remote = remote(means == Means::Host, &text(value));
    }
    if let Some(root) = line.values(Means::Root).last() {
        found.root = Some(Sourced::new(text(root), Source::Flag("root".to_owned())));
    }
    found
}

/// `[user@]host[:port][/container]` (systemctl(1), `--host`), or `[user@]container` (`--machine`); `.host` is this very
/// machine, and so is a user alone.
fn remote(by_ssh: bool, written: &str) -> Option<Remote> {
    let from = Source::Flag(if by_ssh { "host" } else { "machine" }.to_owned());
    let sourced = Sourced::new(written.to_owned(), from);
    let after_user = written.rsplit_once('@').map_or(written, |(_, rest)| rest);
    if !by_ssh {
        let here = matches!(after_user, "" | ".host");
        return (!here).then(|| Remote {
            written: sourced,
            name: after_user.to_owned(),
            container: Some(after_user.to_owned()),
            here: true,
        });
    }
    let (address, container) = match after_user.split_once('/') {
        Some((address, container)) => (address, Some(container.to_owned())),
        None => (after_user, None),
    };
    let name = match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => v6,
        None => match address.split_once(':') {
            // More than one colon: an address without brackets.
            Some((name, rest)) if !rest.contains(':') => name,
            _ => address,
        },
    };
    Some(Remote { written: sourced, name: name.to_owned(), container, here: false })
}

/// The two directories dpkg works with.
#[derive(Clone, Debug, Default)]
struct Dirs {
    /// Where files go (`--instdir`).
    files: Option<Sourced<String>>,
    /// Where its database is (`--admindir`).
    database: Option<Sourced<String>>,
}

impl Dirs {
    fn set(&mut self, name: &str, value: &str, from: &Source) {
        let sourced = || Sourced::new(value.to_owned(), from.clone());
        match name {
            "root" => {
                let below = format!("{}/var/lib/dpkg", value.trim_end_matches('/'));
                self.files = Some(sourced());
                self.database = Some(Sourced::new(below, from.clone()));
            }
            "instdir" => self.files = Some(sourced()),
            "admindir" => self.database = Some(sourced()),
            _ => {}
        }
    }

    /// `--name=value`.
    fn set_word(&mut self, word: &str, from: &Source) {
        if let Some((name, value)) = word.strip_prefix("--").and_then(|w| w.split_once('=')) {
            self.set(name, value, from);
        }
    }
}

/// dpkg's surroundings: `DPKG_ROOT` and `DPKG_ADMINDIR`, then its configuration (dpkg.cfg(5)).
fn dpkg_surroundings(world: &World) -> Dirs {
    let mut dirs = Dirs::default();
    for (name, means) in [("DPKG_ROOT", "root"), ("DPKG_ADMINDIR", "admindir")] {
        if let Some(value) = world.set_var(name) {
            dirs.set(means, &value.to_string_lossy(), &Source::Env(name.to_owned()));
        }
    }
    let part = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let mut files = parts(&world.absolute("/etc/dpkg/dpkg.cfg.d"), part);
    files.push(world.absolute("/etc/dpkg/dpkg.cfg"));
    files.extend(world.home().map(|home| home.join(".dpkg.cfg")));
    for path in files {
        let Ok(Some(found)) = read::file(&path, LARGEST_CONF) else { continue };
        let all = String::from_utf8_lossy(&found.bytes);
        for (at, line) in all.lines().enumerate() {
            let line = line.trim();
            let Some(end) = line.find(|c: char| c.is_whitespace() || c == '=') else { continue };
            let (name, value) = line.split_at(end);
            let value = value.trim_start_matches(|c: char| c.is_whitespace() || c == '=').trim();
            let quoted = value.strip_prefix(['"', '\'']).and_then(|v| v.strip_suffix(['"', '\'']));
            let line = u32::try_from(at + 1).ok();
            dirs.set(name, quoted.unwrap_or(value), &Source::File { path: path.display().to_string(), line });
        }
    }
    dirs
}

const LARGEST_CONF: u64 = 1 << 20;

fn of_dpkg(world: &World, words: &[&[u8]]) -> Elsewhere {
    let mut dirs = dpkg_surroundings(world);
    let line = dpkg::parse(words);
    for given in line.given.iter().filter(|g| g.kind == Some(Kind::Elsewhere)) {
        let word = words.get(given.at).map(|w| text(w)).unwrap_or_default();
        let name = word.trim_start_matches("--").split('=').next().unwrap_or_default();
        if let Some(value) = given.value {
            dirs.set(name, &text(value), &Source::Flag(name.to_owned()));
        }
    }
    let mut found = Elsewhere::default();
    settle(&mut found, dirs, "");
    found
}

/// Something that configures apt, in the order it counts.
enum Given {
    Setting(Vec<u8>, Vec<u8>),
    File(Vec<u8>),
}

/// apt's settings that say which system is meant.
#[derive(Debug, Default)]
struct Apt {
    /// `RootDir`: goes before every other directory.
    root: Option<Sourced<String>>,
    /// `Dir`, `Dir::State`, `Dir::State::status`: which packages apt plans by.
    plans: Option<Sourced<String>>,
    /// `DPkg::Chroot-Directory`: where dpkg is run.
    chroot: Option<Sourced<String>>,
    /// `DPkg::Options`.
    options: Vec<Sourced<String>>,
    notes: Vec<String>,
}

impl Apt {
    fn set(&mut self, key: &str, value: &str, from: Source) {
        let set = |slot: &mut Option<Sourced<String>>| {
            *slot = (!is_root(value)).then(|| Sourced::new(value.to_owned(), from.clone()));
        };
        match key {
            "rootdir" => set(&mut self.root),
            "dir" => set(&mut self.plans),
            "dir::state::status" if value == "/var/lib/dpkg/status" => {}
            "dir::state::status" => set(&mut self.plans),
            "dpkg::chroot-directory" => set(&mut self.chroot),
            key if key.starts_with("dpkg::options::") => {
                self.options.push(Sourced::new(value.to_owned(), from));
            }
            _ => {}
        }
    }

    fn file(&mut self, path: &Path) {
        let name = path.display().to_string();
        match read::file(path, LARGEST_CONF) {
            Ok(Some(found)) => {
                let conf = apt_conf::parse(&found.bytes);
                for item in conf.items {
                    let from = Source::File { path: name.clone(), line: Some(item.line) };
                    self.set(&item.key, &item.value, from);
                }
                if conf.includes {
                    self.notes.push(format!("{name} takes in other files, which were not read"));
                }
            }
            Ok(None) => {}
            Err(why) => self.notes.push(format!("{name} was not read: {why}")),
        }
    }
}

/// libapt's order (`pkgInitConfig` in `apt-pkg/init.cc`): the file in `APT_CONFIG`, the parts, the main file, then the words.
fn of_apt(world: &World, given: impl Iterator<Item = Given>) -> Elsewhere {
    let mut apt = Apt::default();
    if let Some(path) = world.set_var("APT_CONFIG") {
        apt.file(&world.at(path));
    }
    let part = |name: &str| {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        plain && (!name.contains('.') || name.ends_with(".conf"))
    };
    for path in parts(&world.absolute("/etc/apt/apt.conf.d"), part) {
        apt.file(&path);
    }
    apt.file(&world.absolute("/etc/apt/apt.conf"));
    for one in given {
        match one {
            Given::Setting(name, value) => {
                let name = text(&name);
                let from = Source::Flag(format!("option {name}"));
                apt.set(&name.to_ascii_lowercase(), &text(&value), from);
            }
            Given::File(path) => apt.file(&world.at(OsStr::from_bytes(&path))),
        }
    }
    let mut dirs = dpkg_surroundings(world);
    for option in &apt.options {
        dirs.set_word(&option.value, &option.from);
    }
    let mut found = Elsewhere { notes: apt.notes, ..Elsewhere::default() };
    // `FindDir` puts RootDir before the directory dpkg is run in, too.
    let base = match (apt.root, apt.chroot) {
        (Some(root), Some(chroot)) => Some(Sourced::new(
            format!("{}/{}", root.value.trim_end_matches('/'), chroot.value.trim_start_matches('/')),
            chroot.from,
        )),
        (root, chroot) => root.or(chroot),
    };
    let below = base.as_ref().map(|b| b.value.trim_end_matches('/').to_owned()).unwrap_or_default();
    found.root = base;
    settle(&mut found, dirs, &below);
    if let Some(plans) = apt.plans {
        let changed = found.root.as_ref().map_or("/", |root| root.value.as_str());
        // `Dir` moves only what apt reads and writes itself: dpkg is called as ever, without `--root`.
        if !plans.value.starts_with(changed.trim_end_matches('/')) || changed == "/" {
            found.notes.push(format!(
                "{} ({}) moves what apt plans by; dpkg still changes {}",
                plans.value,
                plans.from,
                if changed == "/" { "this system" } else { changed },
            ));
        }
    }
    found
}

/// Puts what dpkg is told into the answer; `below` is the directory dpkg itself runs in.
fn settle(found: &mut Elsewhere, dirs: Dirs, below: &str) {
    let deeper = |dir: Sourced<String>| Sourced::new(format!("{below}{}", dir.value), dir.from);
    if let Some(files) = dirs.files.filter(|d| !is_root(&d.value)) {
        found.root = Some(deeper(files));
    }
    let root = found.root.as_ref().map_or("", |r| r.value.trim_end_matches('/'));
    let usual = format!("{root}/var/lib/dpkg");
    let database = dirs.database.map(deeper).filter(|d| d.value.trim_end_matches('/') != usual);
    if let Some(database) = &database {
        found.notes.push(format!(
            "dpkg's database is {} ({}); files go from {}",
            database.value,
            database.from,
            if root.is_empty() { "this system" } else { root },
        ));
    }
    found.database = database;
}

/// Whether a directory is the root directory however it is written.
fn is_root(dir: &str) -> bool {
    dir.split('/').all(|part| part.is_empty() || part == ".") && (dir.is_empty() || dir.starts_with('/'))
}

/// The files of a directory whose names count, in the order of their bytes.
fn parts(dir: &Path, counts: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().and_then(OsStr::to_str).is_some_and(&counts))
        .collect();
    paths.sort();
    paths
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
