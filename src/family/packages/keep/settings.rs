//! A package's settings as they are now: what dpkg calls its settings files, what ucf and its own scripts look after,
//! what an administrator put beside its units. Copied file by file, for their owner alone, with mode and owner written
//! down: a tar archive would hold the same, and could be put back less selectively.

use super::manifest::{Is, Owner, Role, Settings, Unit};
use super::system::{Known, System};
use crate::family::machine::postgres::cluster::is_version;
use crate::keep::atomic_dir::hex;
use crate::keep::head::Missing;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Settings are text; what is larger than this together is something else.
pub const LARGEST: u64 = 64 << 20;
/// More files than any package's settings have.
const MOST: usize = 20_000;
/// Where the contents lie in a copy.
pub const FILES: &str = "files";
/// Where administrators' units lie (systemd.unit(5)).
const UNITS: &str = "/etc/systemd/system";

/// Directories that belong to many packages: never a package's own.
const SHARED: &[&str] = &[
    "alternatives",
    "apache2/conf-available",
    "apt",
    "bash_completion.d",
    "cron.d",
    "cron.daily",
    "cron.hourly",
    "cron.monthly",
    "cron.weekly",
    "dbus-1",
    "default",
    "dpkg",
    "init",
    "init.d",
    "ld.so.conf.d",
    "logrotate.d",
    "modprobe.d",
    "modules-load.d",
    "network",
    "pam.d",
    "profile.d",
    "rc0.d",
    "rc1.d",
    "rc2.d",
    "rc3.d",
    "rc4.d",
    "rc5.d",
    "rc6.d",
    "rcS.d",
    "rsyslog.d",
    "security",
    "skel",
    "ssl",
    "ssl/certs",
    "ssl/private",
    "sudoers.d",
    "sysctl.d",
    "systemd",
    "systemd/system",
    "systemd/user",
    "tmpfiles.d",
    "udev",
    "udev/rules.d",
    "ufw",
    "ufw/applications.d",
    "xdg",
    "X11",
];

/// Something to keep, and why.
pub type Wanted = BTreeMap<String, Role>;

/// Whether a directory may be kept whole: below /etc, and no package shares it.
fn own(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/etc/") else { return false };
    let rest = rest.trim_end_matches('/');
    !rest.is_empty() && !rest.split('/').any(|part| part == "..") && !SHARED.contains(&rest)
}

/// What the package's settings are.
pub fn wanted(system: &System, known: &Known, purged: bool) -> (Wanted, Vec<Unit>) {
    let mut wanted = Wanted::new();
    let mut add = |path: String, role: Role| {
        wanted.entry(path).or_insert(role);
    };
    for path in &known.conffiles {
        add(path.clone(), Role::Conffile);
    }
    add(format!("/etc/default/{}", known.name), Role::Settings);
    for path in system.ucf(&known.name) {
        add(path, Role::Settings);
    }
    let directory = format!("/etc/{}", known.name);
    if own(&directory) {
        add(directory, Role::Settings);
    }
    if purged {
        if let Some(version) = known.name.strip_prefix("postgresql-").filter(|v| is_version(v)) {
            add(format!("/etc/postgresql/{version}"), Role::Cluster);
        }
        for path in deleted(&system.info(known, "postrm").unwrap_or_default()) {
            add(path, Role::Settings);
        }
    }
    let (paths, units) = units(system, known);
    for path in paths {
        add(path, Role::Unit);
    }
    (wanted, units)
}

/// Paths below /etc that a script deletes, as far as it spells them out. A pattern stands for its directory.
fn deleted(script: &str) -> BTreeSet<String> {
    let joined = script.replace("\\\n", " ");
    let mut found = BTreeSet::new();
    for line in joined.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let deletes = line
            .split(|c: char| !(c.is_alphanumeric() || c == '-'))
            .any(|w| matches!(w, "rm" | "unlink" | "find" | "-delete"));
        if !deletes {
            continue;
        }
        for (at, _) in line.match_indices("/etc/") {
            // The end of a longer path (`$root/etc/x`) is another place.
            let before = line.get(..at).and_then(|head| head.chars().next_back());
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '}' | '_' | '.' | '-')) {
                continue;
            }
            let rest = line.get(at..).unwrap_or_default();
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "/._+@-".contains(c)));
            let (path, after) = rest.split_at(end.unwrap_or(rest.len()));
            let path = match after.chars().next() {
                // What the variable or pattern stands for lies in this directory.
                Some('*' | '?' | '[' | '{') => path.rsplit_once('/').map_or(path, |(dir, _)| dir),
                Some('$') => continue,
                _ => path,
            };
            // The path may end a sentence.
            let path = path.trim_end_matches('/').trim_end_matches('.').trim_end_matches('/');
            if own(path) && path.matches('/').count() >= 2 {
                found.insert(path.to_owned());
            }
        }
    }
    found
}

/// What an administrator did to the package's units, and which of them are on.
fn units(system: &System, known: &Known) -> (Vec<String>, Vec<Unit>) {
    let mut names: BTreeSet<String> = BTreeSet::from([format!("{}.service", known.name)]);
    let mut own: BTreeSet<String> = BTreeSet::new();
    for line in system.info(known, "list").unwrap_or_default().lines() {
        if let Some((dir, name)) = line.rsplit_once('/')
            && dir.ends_with("/systemd/system")
            && name.contains('.')
        {
            names.insert(name.to_owned());
            own.insert(name.to_owned());
        }
    }
    let is = |file: &str| {
        names.iter().any(|unit| match unit.split_once("@.") {
            Some((stem, kind)) => {
                file == unit
                    || (file.strip_prefix(stem).is_some_and(|rest| rest.starts_with('@'))
                        && file.ends_with(&format!(".{kind}")))
            }
            None => file == unit,
        })
    };
    let (mut paths, mut on) = (Vec::new(), BTreeSet::new());
    for entry in entries(&system.at(UNITS)) {
        if is(entry.strip_suffix(".d").unwrap_or(&entry)) {
            paths.push(format!("{UNITS}/{entry}"));
        }
        if entry.ends_with(".wants") || entry.ends_with(".requires") {
            on.extend(entries(&system.at(UNITS).join(&entry)).into_iter().filter(|unit| is(unit)));
        }
    }
    own.extend(on.iter().cloned());
    let unit = |name: String| Unit { enabled: on.contains(&name), name };
    (paths, own.into_iter().filter(|name| !name.contains("@.")).map(unit).collect())
}

fn entries(dir: &Path) -> Vec<String> {
    let all = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut names: Vec<String> = all.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Copies settings into a copy.
pub struct Keeper<'a> {
    system: &'a System,
    /// `files/` in the copy; `None` to count only.
    into: Option<&'a Path>,
    /// Leave out what not everybody may read.
    public_only: bool,
    users: BTreeMap<u32, String>,
    groups: BTreeMap<u32, String>,
    seen: BTreeSet<String>,
    /// What was kept.
    pub files: Vec<Settings>,
    /// What was not, and why.
    pub gaps: Vec<Missing>,
    /// Size of what was kept.
    pub bytes: u64,
    /// What was left out because not everybody may read it.
    pub private: usize,
}

impl<'a> Keeper<'a> {
    /// Starts with nothing.
    pub fn new(system: &'a System, into: Option<&'a Path>, public_only: bool) -> Keeper<'a> {
        Keeper {
            system,
            into,
            public_only,
            users: names(&system.at("/etc/passwd")),
            groups: names(&system.at("/etc/group")),
            seen: BTreeSet::new(),
            files: Vec::new(),
            gaps: Vec::new(),
            bytes: 0,
            private: 0,
        }
    }

    /// Keeps everything of these packages. An error means that the copy cannot be written.
    pub fn keep(&mut self, packages: &[(&str, Wanted)]) -> io::Result<()> {
        // What dpkg calls settings is known as such, also where it lies in a directory that is kept whole.
        for first in [true, false] {
            for (package, wanted) in packages {
                for (path, role) in wanted.iter().filter(|(_, role)| (**role == Role::Conffile) == first) {
                    self.path(path, package, *role)?;
                }
            }
        }
        Ok(())
    }

    fn missing(&mut self, what: &str, why: impl Into<String>) {
        self.gaps.push(Missing { what: what.to_owned(), why: why.into() });
    }

    fn path(&mut self, path: &str, package: &str, role: Role) -> io::Result<()> {
        if self.seen.contains(path) {
            return Ok(());
        }
        let meta = match fs::symlink_metadata(self.system.at(path)) {
            Ok(meta) => meta,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                if role == Role::Conffile {
                    self.note(path, package, role, Is::Absent, None);
                }
                return Ok(());
            }
            Err(e) => {
                self.missing(path, e.to_string());
                return Ok(());
            }
        };
        if self.files.len() >= MOST {
            if self.files.len() == MOST {
                self.missing("settings after that", format!("there are more than {MOST} files"));
                self.seen.insert(path.to_owned());
            }
            return Ok(());
        }
        self.parents(path, package, role);
        let kind = meta.file_type();
        if kind.is_dir() {
            self.note(path, package, role, Is::Dir, Some(&meta));
            let dir = self.system.at(path);
            let list = match fs::read_dir(&dir) {
                Ok(list) => list,
                Err(e) => {
                    self.missing(path, e.to_string());
                    return Ok(());
                }
            };
            let mut inside = Vec::new();
            for entry in list.flatten() {
                match entry.file_name().into_string() {
                    Ok(name) => inside.push(name),
                    Err(name) => {
                        self.missing(&format!("{path}/{}", name.display()), "its name is no UTF-8");
                    }
                }
            }
            inside.sort();
            for name in inside {
                self.path(&format!("{}/{name}", path.trim_end_matches('/')), package, role)?;
            }
        } else if kind.is_symlink() {
            let target = fs::read_link(self.system.at(path)).map(|t| t.into_os_string().into_string());
            match target {
                Ok(Ok(target)) => {
                    self.note(path, package, role, Is::Link { target: target.clone() }, Some(&meta));
                    // dpkg follows a link to the settings file proper, and purges both.
                    if role == Role::Conffile {
                        let to = match target.strip_prefix('/') {
                            Some(_) => target,
                            None => format!("{}/{target}", path.rsplit_once('/').map_or("", |(dir, _)| dir)),
                        };
                        let file = fs::symlink_metadata(self.system.at(&to)).is_ok_and(|m| m.is_file());
                        if file && !to.split('/').any(|part| part == "..") {
                            self.path(&to, package, Role::Settings)?;
                        }
                    }
                }
                Ok(Err(_)) => self.missing(path, "its target is no UTF-8"),
                Err(e) => self.missing(path, e.to_string()),
            }
        } else if kind.is_file() {
            self.file(path, package, role, &meta)?;
        }
        Ok(())
    }

    fn file(&mut self, path: &str, package: &str, role: Role, meta: &Metadata) -> io::Result<()> {
        if self.public_only && meta.mode() & 0o004 == 0 {
            self.private += 1;
            self.seen.insert(path.to_owned());
            return Ok(());
        }
        if self.bytes + meta.len() > LARGEST {
            self.missing(path, format!("the settings would be larger than {} MiB", LARGEST >> 20));
            return Ok(());
        }
        let Some(into) = self.into else {
            self.bytes += meta.len();
            self.note(path, package, role, Is::File { bytes: meta.len(), sha256: String::new() }, Some(meta));
            return Ok(());
        };
        let from = match open(&self.system.at(path)) {
            Ok(file) => file,
            Err(e) => {
                self.missing(path, e.to_string());
                return Ok(());
            }
        };
        let place = into.join(path.trim_start_matches('/'));
        if let Some(dir) = place.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        let mut to = crate::keep::atomic_dir::create(&place)?;
        let (bytes, sha256) = match copy(&from, &mut to)? {
            Ok(done) => done,
            Err(e) => {
                fs::remove_file(&place)?;
                self.missing(path, e.to_string());
                return Ok(());
            }
        };
        to.sync_all()?;
        self.bytes += bytes;
        self.note(path, package, role, Is::File { bytes, sha256 }, Some(meta));
        Ok(())
    }

    /// The directories above, so that they come back with their modes when a purge takes them.
    fn parents(&mut self, path: &str, package: &str, role: Role) {
        let mut ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).skip(2).collect();
        ends.retain(|end| *end > 0);
        for end in ends {
            let Some(dir) = path.get(..end) else { continue };
            if self.seen.contains(dir) {
                continue;
            }
            if let Ok(meta) = fs::symlink_metadata(self.system.at(dir)).map_err(drop)
                && meta.is_dir()
            {
                self.note(dir, package, role, Is::Dir, Some(&meta));
                // It may yet be wanted whole.
                self.seen.remove(dir);
            }
        }
    }

    fn note(&mut self, path: &str, package: &str, role: Role, is: Is, meta: Option<&Metadata>) {
        self.seen.insert(path.to_owned());
        if is == Is::Dir && self.files.iter().any(|f| f.path == path) {
            return;
        }
        let owner = |id: u32, names: &BTreeMap<u32, String>| Owner { id, name: names.get(&id).cloned() };
        self.files.push(Settings {
            path: path.to_owned(),
            package: package.to_owned(),
            role,
            is,
            mode: format!("{:04o}", meta.map_or(0, |m| m.mode() & 0o7777)),
            owner: owner(meta.map_or(0, MetadataExt::uid), &self.users),
            group: owner(meta.map_or(0, MetadataExt::gid), &self.groups),
        });
    }
}

/// Opens what has just been seen to be a file; a pipe or link that took its place meanwhile is not waited for.
fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is no file any more")) }
}

/// Copies, counting and hashing. The outer error is the copy's, the inner one the original's.
pub fn copy(mut from: &File, to: &mut File) -> io::Result<io::Result<(u64, String)>> {
    let (mut hash, mut bytes, mut some) = (Sha256::new(), 0_u64, vec![0_u8; 64 << 10]);
    loop {
        match from.read(&mut some) {
            Ok(0) => return Ok(Ok((bytes, hex(&hash.finalize())))),
            Ok(n) => {
                let part = some.get(..n).unwrap_or_default();
                hash.update(part);
                to.write_all(part)?;
                bytes += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Ok(Err(e)),
        }
    }
}

/// Numbers and names of passwd(5) or group(5).
pub fn names(path: &Path) -> BTreeMap<u32, String> {
    let text = fs::read(path).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
    let of = |line: &str| {
        let mut parts = line.split(':');
        let name = parts.next()?.to_owned();
        Some((parts.nth(1)?.parse().ok()?, name))
    };
    // The first name of a number counts, as for getpwuid(3).
    let mut names = BTreeMap::new();
    for (id, name) in text.lines().filter_map(of) {
        names.entry(id).or_insert(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::system::tests::scratch;
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    const STATUS: &str = "\
Package: web
Status: install ok installed
Architecture: amd64
Version: 2
Conffiles:
 /etc/web/web.conf 0123456789abcdef0123456789abcdef
 /etc/web/gone.conf 0123456789abcdef0123456789abcdef
 /etc/web/link.conf 0123456789abcdef0123456789abcdef
";

    fn put(root: &Path, path: &str, text: &str, mode: u32) {
        let at = root.join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(&at, text).unwrap();
        fs::set_permissions(&at, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn settings_are_kept_as_they_are() {
        let dir = scratch(STATUS, "");
        let root = dir.path();
        put(root, "etc/web/web.conf", "listen 80\n", 0o640);
        put(root, "etc/web/extra/more.conf", "x\n", 0o600);
        put(root, "srv/link.conf", "linked\n", 0o644);
        put(root, "etc/default/web", "OPTS=1\n", 0o644);
        put(root, "etc/webkeys/key", "k\n", 0o600);
        put(root, "etc/systemd/system/web.service.d/override.conf", "[Service]\n", 0o644);
        put(root, "etc/systemd/system/other.service.d/override.conf", "[Service]\n", 0o644);
        put(root, "etc/passwd", "root:x:0:0:::\n", 0o644);
        put(
            root,
            "var/lib/dpkg/info/web.postrm",
            "rm -rf /etc/webkeys \\\n  /etc/default\nrm -f $r/etc/no /etc/x$y\n# rm /etc/init\n",
            0o755,
        );
        put(root, "var/lib/dpkg/info/web.list", "/lib/systemd/system/web.service\n/etc/web\n", 0o644);
        symlink("/srv/link.conf", root.join("etc/web/link.conf")).unwrap();
        fs::create_dir_all(root.join("etc/systemd/system/multi-user.target.wants")).unwrap();
        symlink("/x", root.join("etc/systemd/system/multi-user.target.wants/web.service")).unwrap();

        let system = System::read(root).unwrap();
        let (wanted, units) = wanted(&system, system.find("web", None).unwrap(), true);
        assert_eq!(units, [Unit { name: "web.service".into(), enabled: true }]);
        let into = root.join("copy");
        let mut keeper = Keeper::new(&system, Some(&into), false);
        keeper.keep(&[("web", wanted.clone())]).unwrap();
        let mut paths: Vec<(&str, char)> = keeper
            .files
            .iter()
            .map(|f| {
                let is = match &f.is {
                    Is::File { .. } => 'f',
                    Is::Link { .. } => 'l',
                    Is::Dir => 'd',
                    Is::Absent => '-',
                };
                (f.path.as_str(), is)
            })
            .filter(|(_, is)| *is != 'd')
            .collect();
        paths.sort_unstable();
        assert_eq!(
            paths,
            [
                ("/etc/default/web", 'f'),
                ("/etc/systemd/system/web.service.d/override.conf", 'f'),
                ("/etc/web/extra/more.conf", 'f'),
                ("/etc/web/gone.conf", '-'),
                ("/etc/web/link.conf", 'l'),
                ("/etc/web/web.conf", 'f'),
                ("/etc/webkeys/key", 'f'),
                ("/srv/link.conf", 'f'),
            ]
        );
        let conf = keeper.files.iter().find(|f| f.path == "/etc/web/web.conf").unwrap();
        assert_eq!((conf.mode.as_str(), conf.role), ("0640", Role::Conffile));
        let stored = into.join("etc/web/web.conf");
        assert_eq!(fs::read_to_string(&stored).unwrap(), "listen 80\n");
        assert_eq!(fs::metadata(&stored).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(into.join("etc/web")).unwrap().mode() & 0o777, 0o700);
        assert_eq!(crate::keep::stored::digest(&stored).unwrap().0, 10);
        assert!(keeper.gaps.is_empty(), "{:?}", keeper.gaps);

        // Without what not everybody may read.
        let mut keeper = Keeper::new(&system, None, true);
        keeper.keep(&[("web", wanted.clone())]).unwrap();
        assert_eq!(keeper.private, 3);
        assert!(!keeper.files.iter().any(|f| f.path.ends_with("web.conf")));
    }

    #[test]
    fn scripts_are_read_for_what_they_delete() {
        let of = |text: &str| deleted(text).into_iter().collect::<Vec<_>>().join(" ");
        for (script, want) in [
            ("rm -rf /etc/redis", "/etc/redis"),
            ("  rm -rf /var/lib/redis /etc/redis/ || true", "/etc/redis"),
            ("rm -f /etc/ssh/ssh_host_*", "/etc/ssh"),
            ("rm -f /etc/init.d/*", ""),
            ("rm -rf \"/etc/postgresql/$VERSION\"", ""),
            ("rm -f ${x}/etc/foo", ""),
            ("if [ -d /etc/foo ]; then", ""),
            ("find /etc/ldap/slapd.d -type f -exec rm {} +", "/etc/ldap/slapd.d"),
            ("rm -f /etc/logrotate.d/foo", "/etc/logrotate.d/foo"),
            ("rm -rf /etc", ""),
            ("rm -rf /etc/foo/../..", ""),
            ("farm /etc/foo", ""),
        ] {
            assert_eq!(of(script), want, "{script}");
        }
    }

    #[test]
    fn templates_have_instances() {
        let dir = scratch(STATUS, "");
        put(dir.path(), "var/lib/dpkg/info/web.list", "/lib/systemd/system/web@.service\n", 0o644);
        put(dir.path(), "etc/systemd/system/web@15-main.service.d/a.conf", "", 0o644);
        put(dir.path(), "etc/systemd/system/website.service.d/a.conf", "", 0o644);
        let system = System::read(dir.path()).unwrap();
        let (paths, _) = units(&system, system.find("web", None).unwrap());
        assert_eq!(paths, ["/etc/systemd/system/web@15-main.service.d"]);
    }
}
