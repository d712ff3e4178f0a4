//! The files that let apt and dpkg themselves ask guard before packages are removed: what they hold, how they are put
//! in place and taken away, and whether they still are as guard wrote them. Everything belongs to root, because apt
//! and dpkg run it as root; nothing that somebody else wrote or edited is overwritten or removed.

use super::links;
use crate::engine::escape::escape;
use crate::engine::packages::hook::{APT_HOOK, DPKG_HOOK};
use crate::engine::tool::{self, Linked, TOOLS, Tool};
use crate::fail::{Fail, Kind, Result};
use crate::run::names;
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where guard's own programs are that apt and dpkg run.
pub const PROGRAMS: &str = "/usr/lib/guard";
/// sudo's `secure_path` and root's PATH begin with it.
pub const SHIMS: &str = "/usr/local/sbin";
/// The two binaries; the second stands behind the shims.
pub const BINARIES: [&str; 2] = ["guard", "guard-shim"];

/// A text file of one of the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Where it stands.
    pub path: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    mode: u32,
    /// How a line of it says that it is a comment.
    comment: &'static str,
    body: &'static str,
}

/// Every text file. The programs come first and the files that make apt and dpkg call them last: there is no moment in
/// which something that is not there yet is called.
pub const TEXTS: [Text; 4] = [
    Text {
        path: APT_HOOK,
        what: "apt's hook",
        mode: 0o755,
        comment: "#",
        body: include_str!("layers/apt-hook.sh"),
    },
    Text {
        path: DPKG_HOOK,
        what: "dpkg's hook",
        mode: 0o755,
        comment: "#",
        body: include_str!("layers/dpkg-hook.sh"),
    },
    // Behind other programs' hooks: what they refuse needs no question any more.
    Text {
        path: "/etc/apt/apt.conf.d/99guard",
        what: "apt's setting",
        mode: 0o644,
        comment: "//",
        body: include_str!("layers/apt.conf"),
    },
    Text {
        path: "/etc/dpkg/dpkg.cfg.d/00guard",
        what: "dpkg's setting",
        mode: 0o644,
        comment: "#",
        body: include_str!("layers/dpkg.cfg"),
    },
];

/// What stands in the place of a text file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Missing,
    /// What this guard would write.
    Current,
    /// What another version of guard wrote.
    Other(String),
    /// guard's, and changed since.
    Edited,
    /// Something else.
    Foreign,
    /// It cannot be read.
    Unreadable(String),
}

const STAMP: &str = " Written by guard ";
const DIGEST: &str = "; sha256 of all the other lines: ";

impl Text {
    /// Whether this is what makes apt or dpkg call a hook, and not the hook.
    pub fn is_setting(&self) -> bool {
        self.path.starts_with("/etc/")
    }

    /// The whole file: a line with guard's version and the digest of the rest, so that an edit shows.
    pub fn content(&self) -> String {
        let stamp =
            format!("{}{STAMP}{}{DIGEST}{}\n", self.comment, env!("CARGO_PKG_VERSION"), digest(self.body));
        match self.body.strip_prefix("#!/bin/sh\n") {
            Some(rest) => format!("#!/bin/sh\n{stamp}{rest}"),
            None => format!("{stamp}{}", self.body),
        }
    }

    /// Looks at the file below `root`.
    pub fn state(&self, root: &Path) -> State {
        let path = below(root, self.path);
        match fs::symlink_metadata(&path) {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => State::Missing,
            Err(e) => State::Unreadable(e.to_string()),
            Ok(meta) if !meta.is_file() => State::Foreign,
            Ok(_) => match fs::read(&path) {
                Err(e) => State::Unreadable(e.to_string()),
                Ok(bytes) => self.judge(&bytes),
            },
        }
    }

    fn judge(&self, bytes: &[u8]) -> State {
        let Ok(text) = std::str::from_utf8(bytes) else { return State::Foreign };
        if text == self.content() {
            return State::Current;
        }
        let stamped = text.lines().take(2).find_map(|line| {
            let rest = line.strip_prefix(self.comment)?.strip_prefix(STAMP)?;
            rest.split_once(DIGEST).map(|(version, digest)| (line, version, digest))
        });
        match stamped {
            None => State::Foreign,
            Some((line, version, written)) => {
                let rest = text.replacen(&format!("{line}\n"), "", 1);
                if digest(&rest) == written { State::Other(version.to_owned()) } else { State::Edited }
            }
        }
    }
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A path of the system below a root that may be `/`.
pub fn below(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

/// What was done with one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It is new.
    New(PathBuf),
    /// It was guard's, in another version.
    Replaced(PathBuf),
    /// It was there already, just so.
    Kept(PathBuf),
}

/// Puts everything in place below `root`; `from` is the directory of the binaries that are copied, `owner` to whom all
/// of it belongs. Every place is looked at first: either all is written or nothing is.
pub fn install(root: &Path, from: &Path, owner: u32) -> Result<Vec<Done>> {
    for text in TEXTS {
        let path = below(root, text.path);
        let why = match text.state(root) {
            State::Missing | State::Current | State::Other(_) => continue,
            State::Edited => "it was edited by hand".to_owned(),
            State::Foreign => "it is not guard's".to_owned(),
            State::Unreadable(why) => why,
        };
        return Err(stays(&path, &why));
    }
    look_at_programs(root)?;
    for dir in ["/etc/apt/apt.conf.d", "/etc/dpkg/dpkg.cfg.d"] {
        make_directory(&below(root, dir))?;
        safe(root, dir, owner)?;
    }
    let mut done = install_programs(root, from, owner)?;
    for text in TEXTS {
        let path = below(root, text.path);
        let (old, content) = (text.state(root), text.content());
        if old == State::Current && mode_of(&path) == Some(text.mode) {
            done.push(Done::Kept(path));
            continue;
        }
        write(&path, content.as_bytes(), text.mode)?;
        done.push(if old == State::Missing { Done::New(path) } else { Done::Replaced(path) });
    }
    Ok(done)
}

/// Copies guard's programs to where nobody but their owner writes; links of everybody's lead there.
pub fn install_programs(root: &Path, from: &Path, owner: u32) -> Result<Vec<Done>> {
    look_at_programs(root)?;
    make_directory(&below(root, PROGRAMS))?;
    safe(root, PROGRAMS, owner)?;
    BINARIES.iter().map(|name| copy(&from.join(name), &below(root, PROGRAMS).join(name))).collect()
}

fn look_at_programs(root: &Path) -> Result<()> {
    for name in BINARIES {
        let path = below(root, PROGRAMS).join(name);
        if fs::symlink_metadata(&path).is_ok() && !links::is_guard(&path) {
            return Err(stays(&path, "it is not guard's"));
        }
    }
    Ok(())
}

/// The tools whose shims go into [`SHIMS`]: those of the host that are installed below `root`.
pub fn host_tools(root: &Path) -> Vec<String> {
    let there = |tool: &str| {
        ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]
            .iter()
            .any(|dir| fs::symlink_metadata(below(root, dir).join(tool)).is_ok())
    };
    let host = TOOLS.iter().filter(|tool| tool.linked == Linked::BySystem && there(tool.name));
    host.map(|tool| tool.name.to_owned()).collect()
}

/// Whether a tool works on the machine itself.
pub fn is_host_tool(name: &str) -> bool {
    tool::called(name.as_bytes()).is_some_and(Tool::is_of_machine)
}

/// Whether root links a tool for everybody, and only when it is asked for by name.
pub fn is_for_everybody(name: &str) -> bool {
    tool::named(name).is_some_and(|tool| tool.is_of_machine() && tool.linked == Linked::WhenAsked)
}

/// Links tools in [`SHIMS`].
pub fn install_shims(root: &Path, owner: u32, tools: &[String]) -> Result<Vec<links::Made>> {
    let dir = below(root, SHIMS);
    make_directory(&dir)?;
    safe(root, SHIMS, owner)?;
    links::install(&dir, &Path::new(PROGRAMS).join("guard-shim"), tools)
}

/// What [`uninstall`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// What is gone.
    pub gone: Vec<PathBuf>,
    /// What stays, and why.
    pub left: Vec<(PathBuf, String)>,
}

/// Whether any of the files is there that make apt and dpkg call the hooks. The hooks alone are nothing: a package brings
/// them, and nobody calls them until `guard install --apt`.
pub fn are_switched_on(root: &Path) -> bool {
    TEXTS.iter().filter(|text| text.is_setting()).any(|text| text.state(root) != State::Missing)
}

/// Whether a package brought this file: then it goes with the package.
pub fn packaged(root: &Path, path: &Path) -> bool {
    let Ok(inside) = path.strip_prefix(root) else { return false };
    let mut command = Command::new("/usr/bin/dpkg-query");
    command
        .arg("--admindir")
        .arg(below(root, "/var/lib/dpkg"))
        .arg("--search")
        .arg(Path::new("/").join(inside));
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Takes everything away again that guard wrote, and nothing else. `packaged` says whether a package owns a path.
pub fn uninstall(root: &Path, packaged: impl Fn(&Path) -> bool) -> Result<Removed> {
    let mut removed = Removed::default();
    // The settings first: what they call is there as long as they are.
    for text in TEXTS.iter().rev() {
        let path = below(root, text.path);
        match text.state(root) {
            State::Missing => {}
            _ if packaged(&path) => removed.left.push((path, "a package owns it".to_owned())),
            State::Current | State::Other(_) => remove(path, &mut removed)?,
            State::Edited => removed.left.push((path, "edited by hand".to_owned())),
            State::Foreign => removed.left.push((path, "not guard's".to_owned())),
            State::Unreadable(why) => removed.left.push((path, why)),
        }
    }
    let shim = Path::new(PROGRAMS).join("guard-shim");
    for name in names::all() {
        let link = below(root, SHIMS).join(name);
        if fs::read_link(&link).is_ok_and(|to| to == shim) {
            remove(link, &mut removed)?;
        }
    }
    for name in BINARIES {
        let path = below(root, PROGRAMS).join(name);
        match fs::symlink_metadata(&path) {
            Err(_) => {}
            _ if packaged(&path) => removed.left.push((path, "a package owns it".to_owned())),
            _ if links::is_guard(&path) => remove(path, &mut removed)?,
            _ => removed.left.push((path, "not guard's".to_owned())),
        }
    }
    // Only where nothing is left in it.
    let _ = fs::remove_dir(below(root, PROGRAMS));
    Ok(removed)
}

fn remove(path: PathBuf, removed: &mut Removed) -> Result<()> {
    fs::remove_file(&path).map_err(|e| cannot("remove", &path, &e))?;
    removed.gone.push(path);
    Ok(())
}

/// Why somebody other than `owner` could change what stands at a path, or one of the directories above it up to the
/// root; `None` when nobody can.
pub fn unsafe_at(root: &Path, path: &str, owner: u32) -> Option<String> {
    let mut at = below(root, path);
    loop {
        let meta = match fs::metadata(&at) {
            Ok(meta) => meta,
            Err(e) => return Some(format!("{}: {e}", shown(&at))),
        };
        if meta.uid() != owner {
            return Some(format!("{} belongs to user {}", shown(&at), meta.uid()));
        }
        if meta.mode() & 0o022 != 0 {
            let mode = meta.mode() & 0o7777;
            return Some(format!("others than its owner may write to {} (mode {mode:o})", shown(&at)));
        }
        if at == root || !at.pop() {
            return None;
        }
    }
}

fn safe(root: &Path, dir: &str, owner: u32) -> Result<()> {
    match unsafe_at(root, dir, owner) {
        None => Ok(()),
        Some(why) => Err(Fail::new(Kind::Refused, format!("{dir} is no safe place for what root runs"))
            .because(why)
            .help("let root own it and every directory above it, with mode 0755")),
    }
}

fn make_directory(dir: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(dir).map_err(|e| cannot("create", dir, &e))
}

fn mode_of(path: &Path) -> Option<u32> {
    Some(fs::metadata(path).ok()?.permissions().mode() & 0o7777)
}

fn copy(from: &Path, to: &Path) -> Result<Done> {
    let bytes = fs::read(from).map_err(|e| {
        cannot("read", from, &e).help("install guard with both of its binaries in one directory")
    })?;
    let old = fs::read(to).ok();
    if old.as_ref() == Some(&bytes) && mode_of(to) == Some(0o755) {
        return Ok(Done::Kept(to.to_owned()));
    }
    write(to, &bytes, 0o755)?;
    Ok(if old.is_none() { Done::New(to.to_owned()) } else { Done::Replaced(to.to_owned()) })
}

/// Another name first, then renamed over the place: what apt and dpkg run is there whole or not at all, also after the
/// machine went down.
fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // apt and dpkg leave out files whose names begin like this.
    let new = path.with_file_name(format!(".{name}.guard-{}", std::process::id()));
    let _ = fs::remove_file(&new);
    let fill = || -> std::io::Result<()> {
        let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(bytes)?;
        // Whatever the umask is.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    fill().map_err(|e| {
        let _ = fs::remove_file(&new);
        cannot("write", path, &e)
    })
}

fn stays(path: &Path, why: &str) -> Fail {
    Fail::new(Kind::Refused, format!("{} stays as it is, and nothing was written", shown(path)))
        .because(why)
        .help("look at it, move it away, and run this again")
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Fail {
    let fail = Fail::new(Kind::Refused, format!("cannot {verb} {}", shown(path))).because(error.to_string());
    if error.kind() == ErrorKind::PermissionDenied { fail.help("run it as root (sudo)") } else { fail }
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::packages::hook;
    use crate::exit::Exit;

    /// A root directory that belongs to whoever runs the tests, and a directory with two binaries.
    struct Stage {
        _dir: tempfile::TempDir,
        root: PathBuf,
        from: PathBuf,
        owner: u32,
    }

    fn stage() -> Stage {
        let dir = tempfile::tempdir().unwrap();
        let (root, from) = (dir.path().join("root"), dir.path().join("from"));
        for place in ["root/usr/bin", "root/etc/apt/apt.conf.d", "root/etc/dpkg/dpkg.cfg.d", "from"] {
            make_directory(&dir.path().join(place)).unwrap();
        }
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
        let own = crate::run::self_path::own_path().unwrap();
        for name in BINARIES {
            fs::copy(&own, from.join(name)).unwrap();
        }
        fs::write(root.join("usr/bin/apt-get"), "").unwrap();
        let owner = fs::metadata(&root).unwrap().uid();
        Stage { _dir: dir, root, from, owner }
    }

    impl Stage {
        fn install(&self) -> Result<Vec<Done>> {
            install(&self.root, &self.from, self.owner)
        }

        fn files(&self) -> Vec<PathBuf> {
            let mut found = Vec::new();
            let mut dirs = vec![self.root.clone()];
            while let Some(dir) = dirs.pop() {
                for entry in fs::read_dir(dir).unwrap().flatten() {
                    if entry.file_type().unwrap().is_dir() {
                        dirs.push(entry.path())
                    } else {
                        found.push(entry.path())
                    }
                }
            }
            found.sort();
            found
        }
    }

    #[test]
    fn everything_is_written_once_and_taken_away_again() {
        let stage = stage();
        let before = stage.files();
        let done = stage.install().unwrap();
        assert_eq!(done.len(), 6);
        assert!(done.iter().all(|d| matches!(d, Done::New(_))), "{done:?}");
        for text in TEXTS {
            assert_eq!(text.state(&stage.root), State::Current, "{}", text.path);
            assert_eq!(mode_of(&below(&stage.root, text.path)), Some(text.mode));
            assert_eq!(unsafe_at(&stage.root, text.path, stage.owner), None);
        }
        assert!(stage.install().unwrap().iter().all(|d| matches!(d, Done::Kept(_))));
        let shims = install_shims(&stage.root, stage.owner, &host_tools(&stage.root)).unwrap();
        let links: Vec<String> = host_tools(&stage.root);
        assert_eq!(shims.len(), links.len());
        let removed = uninstall(&stage.root, |_| false).unwrap();
        assert_eq!((removed.gone.len(), removed.left.len()), (6 + links.len(), 0), "{removed:?}");
        assert_eq!(stage.files(), before);
        assert_eq!(uninstall(&stage.root, |_| false).unwrap(), Removed::default());
    }

    #[test]
    fn what_was_edited_stays() {
        let stage = stage();
        stage.install().unwrap();
        let setting = below(&stage.root, "/etc/apt/apt.conf.d/99guard");
        let text = fs::read_to_string(&setting).unwrap().replace("-ne 77", "-eq 0");
        fs::write(&setting, &text).unwrap();
        let fail = stage.install().unwrap_err();
        assert!(fail.because[0].contains("edited by hand"), "{fail}");
        let removed = uninstall(&stage.root, |path| path.ends_with("guard-shim")).unwrap();
        assert_eq!(removed.left.len(), 2, "{removed:?}");
        assert_eq!(fs::read_to_string(&setting).unwrap(), text);
        // Not guard's at all: nothing is written, not even the other files.
        let stage = self::stage();
        fs::write(below(&stage.root, "/etc/dpkg/dpkg.cfg.d/00guard"), "pre-invoke=x\n").unwrap();
        let before = stage.files();
        assert!(stage.install().is_err());
        assert_eq!(stage.files(), before);
        make_directory(&below(&stage.root, PROGRAMS)).unwrap();
        fs::remove_file(below(&stage.root, "/etc/dpkg/dpkg.cfg.d/00guard")).unwrap();
        fs::write(below(&stage.root, "/usr/lib/guard/guard"), "#!/bin/sh\n").unwrap();
        assert!(stage.install().is_err());
    }

    #[test]
    fn another_versions_files_are_replaced() {
        let stage = stage();
        stage.install().unwrap();
        for text in TEXTS {
            let body = format!("{}{} more\n", text.body, text.comment);
            let older = Text { body: Box::leak(body.into_boxed_str()), ..text };
            let path = below(&stage.root, text.path);
            fs::write(&path, older.content().replace(env!("CARGO_PKG_VERSION"), "0.0.7")).unwrap();
            assert_eq!(text.state(&stage.root), State::Other("0.0.7".to_owned()));
        }
        let done = stage.install().unwrap();
        assert_eq!(done.iter().filter(|d| matches!(d, Done::Replaced(_))).count(), TEXTS.len());
    }

    #[test]
    fn no_place_that_others_may_write_to() {
        let stage = stage();
        let lib = stage.root.join("usr/lib");
        make_directory(&lib).unwrap();
        fs::set_permissions(&lib, fs::Permissions::from_mode(0o777)).unwrap();
        let fail = stage.install().unwrap_err();
        assert!(fail.because[0].contains("may write to"), "{fail}");
        assert!(!stage.root.join("usr/lib/guard/guard").exists());
        assert!(install(&stage.root, &stage.from, stage.owner + 1).is_err());
    }

    #[test]
    fn the_texts_say_what_the_code_says() {
        let texts: Vec<String> = TEXTS.iter().map(Text::content).collect();
        assert!(texts[0].starts_with("#!/bin/sh\n# Written by guard "));
        for (text, code) in [(&texts[0], Exit::HookAgrees), (&texts[1], Exit::HookAgrees)] {
            assert!(text.contains(&format!("\n{}) exit 0 ;;\n", code.code())));
            assert!(text.ends_with(&format!("\nexit {}\n", Exit::Refused.code())));
            let guards = [
                Exit::Usage,
                Exit::Data,
                Exit::Unavailable,
                Exit::Bug,
                Exit::Audit,
                Exit::Refused,
                Exit::Policy,
                Exit::Interrupted,
            ];
            let list: Vec<String> = guards.iter().map(|exit| exit.code().to_string()).collect();
            assert!(text.contains(&format!("\n{}) ;;\n", list.join(" | "))));
        }
        assert!(texts[2].contains(&format!("Version \"{}\";", hook::VERSION)));
        for (text, hook) in [(&texts[2], APT_HOOK), (&texts[3], DPKG_HOOK)] {
            let refused = Exit::Refused.code();
            assert!(
                text.contains(&format!("test ! -x {hook} || {hook} || test $? -ne {refused}\"")),
                "{text}"
            );
        }
    }
}
