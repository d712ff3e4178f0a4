//! What apt tells the programs it calls before it starts dpkg (`DPkg::Pre-Install-Pkgs`, apt.conf(5)): its whole
//! configuration, a blank line, and one line for every package it is about to touch. Text in, [`Plan`] out; never a panic.
//!
//! The format is written by `pkgDPkgPM::SendPkgsInfo` in `apt-pkg/deb/dpkgpm.cc`. Version 3 has nine fields: name, old
//! version, its architecture and multi-arch kind, `<` `=` `>`, the same three for the new version, and what happens: the
//! path of a .deb, `**CONFIGURE**` or `**REMOVE**`. Version 2 leaves the four fields about architectures out. Version 1
//! is a bare list of .debs: what is removed does not stand there.

use super::plan::{Change, Kind, Plan};
use crate::engine::packages::operands::{Kind as NamedKind, named};
use std::fmt;

/// The version of the text that the hook asks apt for.
pub const VERSION: u32 = 3;

/// The name of the package that is never installed: a removal of it asks guard to prove that it was called.
pub const SELFTEST: &str = "guard-self-test";

/// Where guard's own programs and hooks are. None of them is a server: they ask, and end with the answer.
pub const OWN: &str = "/usr/lib/guard/";
/// Where guard's own programs lie that apt and dpkg call: the hook of apt, and that of dpkg.
pub const APT_HOOK: &str = "/usr/lib/guard/apt-hook";
/// The hook of dpkg: it asks again what dpkg is about to do, and is no reason against a rehearsal.
pub const DPKG_HOOK: &str = "/usr/lib/guard/dpkg-hook";

/// What apt said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What happens to the packages. Removals are [`Kind::Purge`] where `purge` does not say otherwise.
    pub plan: Plan,
    /// Packages that are taken away for a moment, to come back in another version in the same run, as dpkg names them.
    pub replaced: Vec<Change>,
    /// The words of the call, program first, where apt gave them. Quotes are gone by then, so that a word with blanks
    /// in it falls into several.
    pub command_line: Option<Vec<Vec<u8>>>,
    /// Whether what is removed is purged; `None` where the text cannot tell (aptitude, python-apt: both look the same).
    pub purge: Option<bool>,
    /// The system that is worked on, where it is not the one apt itself runs in.
    pub root: Option<Vec<u8>>,
}

/// Why the text says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// There is no text.
    Empty,
    /// It is a list of .debs: apt was not asked for version 3.
    NoVersion,
    /// A version that does not name what is removed, or that nobody has seen.
    Version(u32),
    /// The configuration does not end: the text was cut off.
    CutOff,
    /// A line about a package, from 1, that is not made of the fields it should have.
    Line(usize),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Empty => f.write_str("apt said nothing"),
            Unreadable::NoVersion => {
                f.write_str("apt lists only what it installs (version 1): removals would be invisible")
            }
            Unreadable::Version(v) => {
                write!(f, "apt speaks version {v} of its text: removals would be invisible")
            }
            Unreadable::CutOff => f.write_str("what apt said is cut off"),
            Unreadable::Line(n) => write!(f, "line {n} of what apt said is not understood"),
        }
    }
}

/// Reads the text.
pub fn read(text: &[u8]) -> Result<Told, Unreadable> {
    let mut lines = text.split(|b| *b == b'\n').enumerate();
    let version = match lines.next().map(|(_, line)| line) {
        None | Some(b"") => return Err(Unreadable::Empty),
        Some(line) => line.strip_prefix(b"VERSION ").and_then(number).ok_or(Unreadable::NoVersion)?,
    };
    if version != 2 && version != VERSION {
        return Err(Unreadable::Version(version));
    }
    let mut config = Config::default();
    loop {
        match lines.next() {
            // The text ends in a newline, so that a last, empty piece is no blank line.
            None => return Err(Unreadable::CutOff),
            Some((_, b"")) => break,
            Some((_, line)) => config.take(line),
        }
    }
    let mut told = Told {
        purge: config.command_line.as_ref().map(|_| config.purge),
        root: config.root(),
        command_line: config.command_line.as_deref().map(split),
        ..Told::default()
    };
    let gone = if told.purge == Some(false) { Kind::Remove } else { Kind::Purge };
    let mut ended = false;
    for (at, line) in lines {
        if line.is_empty() {
            ended = true;
            continue;
        }
        let row = if ended { None } else { Row::of(line, version) };
        told.take(&row.ok_or(Unreadable::Line(at + 1))?, gone, &config.architecture);
    }
    if !ended {
        return Err(Unreadable::CutOff);
    }
    if let Some((tool, words)) = told.command_line.as_ref().and_then(|words| words.split_first()) {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let tool = tool.rsplit(|b| *b == b'/').next().unwrap_or(tool);
        mark_named(&mut told.plan, tool, &words);
    }
    Ok(told)
}

/// Marks the packages that the words after a tool's name name one by one. A pattern names none.
pub fn mark_named(plan: &mut Plan, tool: &[u8], words: &[&[u8]]) {
    let things = named(tool, words).things;
    let is_named = |name: &str| {
        things.iter().any(|(kind, thing)| *kind == NamedKind::Package && thing.as_deref() == Some(name))
    };
    for change in &mut plan.changes {
        change.named |= is_named(&change.name);
    }
}

impl Told {
    /// Says what becomes of the settings and data of everything that goes, once it is known from elsewhere.
    pub fn settle(&mut self, purge: bool) {
        self.purge = Some(purge);
        let gone = if purge { Kind::Purge } else { Kind::Remove };
        for change in self.plan.changes.iter_mut().filter(|c| c.kind != Kind::Install) {
            change.kind = gone;
        }
    }

    /// Whether this is guard's own question whether it is called at all.
    pub fn is_selftest(&self) -> bool {
        let mut gone = self.plan.removals();
        gone.next().is_some_and(|c| c.name == SELFTEST) && gone.next().is_none()
    }

    fn take(&mut self, row: &Row<'_>, gone: Kind, native: &[u8]) {
        // Configured later in the run; what is configured alone changes nothing that is listed here.
        let kind = match row.action {
            b"**CONFIGURE**" => return,
            b"**REMOVE**" => gone,
            _ => Kind::Install,
        };
        let arch = row.old_arch.or(row.new_arch).filter(|arch| *arch != native && *arch != b"all");
        let change = Change {
            name: text(row.name),
            arch: arch.map(text),
            version: row.old.map(text),
            kind,
            named: false,
            unused: false,
        };
        let same = |c: &Change| c.name == change.name && c.arch == change.arch;
        if kind != Kind::Install && row.new.is_some() {
            // It comes back (or is kept in another version): dpkg takes it away only to break a circle.
            if !self.replaced.iter().any(same) {
                self.replaced.push(change);
            }
        } else if let Some(known) = self.plan.changes.iter_mut().find(|c| same(c)) {
            // What is both put in and taken away ends up away.
            known.kind = known.kind.max(kind);
        } else {
            self.plan.changes.push(change);
        }
    }
}

/// One line about a package.
struct Row<'a> {
    name: &'a [u8],
    old: Option<&'a [u8]>,
    old_arch: Option<&'a [u8]>,
    new: Option<&'a [u8]>,
    new_arch: Option<&'a [u8]>,
    action: &'a [u8],
}

impl<'a> Row<'a> {
    fn of(line: &'a [u8], version: u32) -> Option<Row<'a>> {
        // Only the last field, a path, may hold a blank.
        let count = if version == 2 { 5 } else { 9 };
        let mut fields = line.splitn(count, |b| *b == b' ');
        let mut field = || fields.next().filter(|f| !f.is_empty());
        let known = |f: &'a [u8]| Some(f).filter(|f| *f != b"-");
        let name = field()?;
        let old = known(field()?);
        let old_arch = if version == 2 { None } else { known(field().and_then(|a| field().map(|_| a))?) };
        matches!(field()?, b"<" | b"=" | b">").then_some(())?;
        let new = known(field()?);
        let new_arch = if version == 2 { None } else { known(field().and_then(|a| field().map(|_| a))?) };
        Some(Row { name, old, old_arch, new, new_arch, action: field()? })
    }
}

/// The settings that matter here.
#[derive(Default)]
struct Config {
    purge: bool,
    command_line: Option<Vec<u8>>,
    architecture: Vec<u8>,
    dir: Option<Vec<u8>>,
    root_dir: Option<Vec<u8>>,
    dpkg_root: Option<Vec<u8>>,
    chroot: Option<Vec<u8>>,
}

impl Config {
    fn take(&mut self, line: &[u8]) {
        let mut parts = line.splitn(2, |b| *b == b'=');
        let (Some(key), Some(value)) = (parts.next(), parts.next()) else { return };
        let is = |name: &str| key.eq_ignore_ascii_case(name.as_bytes());
        let elsewhere = |value: Vec<u8>| Some(value).filter(|v| !v.is_empty() && v != b"/");
        if is("APT::Get::Purge") {
            self.purge = is_true(value);
        } else if is("CommandLine::AsString") {
            self.command_line = Some(decode(value)).filter(|v| !v.is_empty());
        } else if is("APT::Architecture") {
            self.architecture = decode(value);
        } else if is("Dir") {
            self.dir = elsewhere(decode(value));
        } else if is("RootDir") {
            self.root_dir = elsewhere(decode(value));
        } else if is("DPkg::Chroot-Directory") {
            self.chroot = elsewhere(decode(value));
        } else if key.len() >= 15 && key.get(..15).is_some_and(|k| k.eq_ignore_ascii_case(b"DPkg::Options::"))
        {
            let value = decode(value);
            let root = value.strip_prefix(b"--root=").or_else(|| value.strip_prefix(b"--instdir="));
            self.dpkg_root = root.and_then(|r| elsewhere(r.to_vec())).or(self.dpkg_root.take());
        }
    }

    /// apt changes into its chroot before it calls the hook: the hook then already stands in the system worked on.
    fn root(&self) -> Option<Vec<u8>> {
        if self.chroot.is_some() {
            return None;
        }
        self.dpkg_root.as_ref().or(self.root_dir.as_ref()).or(self.dir.as_ref()).cloned()
    }
}

/// `StringToBool` in `apt-pkg/contrib/strutl.cc`.
fn is_true(value: &[u8]) -> bool {
    let words: [&[u8]; 5] = [b"yes", b"true", b"with", b"on", b"enable"];
    words.iter().any(|w| value.eq_ignore_ascii_case(w)) || number(value).is_some_and(|n| n != 0)
}

fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |n, d| n * 10 + u32::from(d - b'0')))
}

/// `DeQuoteString`: `%XX` is a byte; anything else stays.
fn decode(value: &[u8]) -> Vec<u8> {
    let hex = |at: usize| value.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(byte) = value.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

fn split(line: &[u8]) -> Vec<Vec<u8>> {
    line.split(|b| *b == b' ').filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As apt-get 2.6.1 wrote it, the configuration shortened.
    const PURGE: &str = "VERSION 3\nAPT::Architecture=amd64\nAPT::Get::Assume-Yes=1\nAPT::Get::Purge=1\nDir=/\n\
        DPkg::Pre-Install-Pkgs::=/usr/lib/guard/apt-hook%20pre-install\n\
        CommandLine::AsString=apt-get%20-y%20purge%20postgresql-client-15\nquiet=1\n\n\
        postgresql-15 15.20-0+deb12u1 amd64 none > - - none **REMOVE**\n\
        postgresql-client-15 15.20-0+deb12u1 amd64 foreign > - - none **REMOVE**\n\
        nano - - none < 7.2-1+deb12u1 amd64 none /var/cache/apt/archives/nano_7.2-1+deb12u1_amd64.deb\n\
        nano - - none < 7.2-1+deb12u1 amd64 none **CONFIGURE**\n\
        libssl3 3.0.20-1~deb12u2 i386 same < 3.0.22-1~deb12u2 i386 same /var/cache/apt/a b.deb\n";

    fn shown(plan: &Plan) -> Vec<String> {
        let mark = |c: &Change| match c.kind {
            Kind::Install => "+",
            Kind::Remove => "-",
            Kind::Purge => "_",
        };
        let named = |c: &Change| if c.named { "!" } else { "" };
        plan.changes.iter().map(|c| format!("{}{}{}", c.full_name(), mark(c), named(c))).collect()
    }

    #[test]
    fn a_purge_with_what_goes_along() {
        let told = read(PURGE.as_bytes()).unwrap();
        assert_eq!(shown(&told.plan), ["postgresql-15_", "postgresql-client-15_!", "nano+", "libssl3:i386+"]);
        assert_eq!(told.purge, Some(true));
        assert_eq!(told.root, None);
        assert_eq!(told.plan.changes[0].version.as_deref(), Some("15.20-0+deb12u1"));
        assert_eq!(told.plan.changes[2].version, None);
        let words = told.command_line.unwrap();
        assert_eq!(words, [&b"apt-get"[..], b"-y", b"purge", b"postgresql-client-15"]);
    }

    #[test]
    fn remove_and_purge_are_told_apart_by_the_settings_alone() {
        let remove = PURGE.replace("APT::Get::Purge=1\n", "");
        assert_eq!(read(remove.as_bytes()).unwrap().plan.changes[0].kind, Kind::Remove);
        let off = PURGE.replace("Purge=1", "purge=false");
        assert_eq!(read(off.as_bytes()).unwrap().purge, Some(false));
        for on in ["yes", "TRUE", "on", "enable", "with", "2"] {
            assert_eq!(
                read(PURGE.replace("Purge=1", &format!("Purge={on}")).as_bytes()).unwrap().purge,
                Some(true)
            );
        }
        // aptitude and python-apt: nothing tells, and the worse is assumed.
        let nobody = remove.replace("CommandLine", "Other");
        let mut told = read(nobody.as_bytes()).unwrap();
        assert_eq!((told.purge, told.plan.changes[0].kind), (None, Kind::Purge));
        told.settle(false);
        assert_eq!(shown(&told.plan), ["postgresql-15-", "postgresql-client-15-", "nano+", "libssl3:i386+"]);
    }

    #[test]
    fn what_comes_back_in_the_same_run_is_not_lost() {
        let text = "VERSION 3\nAPT::Architecture=amd64\n\nx 1 amd64 none < 2 amd64 none **REMOVE**\n\
            x 1 amd64 none < 2 amd64 none /x.deb\n";
        let told = read(text.as_bytes()).unwrap();
        assert!(!told.plan.removes());
        assert_eq!(told.replaced.len(), 1);
        assert_eq!(shown(&told.plan), ["x+"]);
    }

    #[test]
    fn version_2_names_no_architecture() {
        let told = read(b"VERSION 2\nAPT::Get::Purge=0\n\np 1 > - **REMOVE**\nq - < 2 /q r.deb\n").unwrap();
        assert_eq!(shown(&told.plan), ["p_", "q+"]);
    }

    #[test]
    fn another_system_is_noticed() {
        let root = |lines: &str| read(format!("VERSION 3\n{lines}\n\n").as_bytes()).unwrap().root;
        assert_eq!(root("Dir=/\nRootDir="), None);
        assert_eq!(root("Dir=/target/").as_deref(), Some(&b"/target/"[..]));
        assert_eq!(root("RootDir=/a%20b\nDir=/x").as_deref(), Some(&b"/a b"[..]));
        assert_eq!(
            root("DPkg::Options::=--force-confold\nDPkg::Options::=--root%3d/t").as_deref(),
            Some(&b"/t"[..])
        );
        assert_eq!(root("Dir=/target\nDPkg::Chroot-Directory=/target"), None);
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for (text, why) in [
            ("", Unreadable::Empty),
            ("\n", Unreadable::Empty),
            ("/var/cache/apt/archives/x.deb\n", Unreadable::NoVersion),
            ("VERSION x\n\n", Unreadable::NoVersion),
            ("VERSION 1\n\n", Unreadable::Version(1)),
            ("VERSION 4\n\n", Unreadable::Version(4)),
            ("VERSION 3", Unreadable::CutOff),
            ("VERSION 3\na=b", Unreadable::CutOff),
            ("VERSION 3\n\np 1 amd64 none > - - none **REMOVE**", Unreadable::CutOff),
            ("VERSION 3\n\np 1 amd64 none > - - **REMOVE**\n", Unreadable::Line(3)),
            ("VERSION 3\n\np 1 amd64 none ? - - none **REMOVE**\n", Unreadable::Line(3)),
            ("VERSION 3\n\np  amd64 none > - - none **REMOVE**\n", Unreadable::Line(3)),
            ("VERSION 3\n\n\np 1 amd64 none > - - none **REMOVE**\n", Unreadable::Line(4)),
        ] {
            assert_eq!(read(text.as_bytes()), Err(why), "{text:?}");
        }
        assert!(read(b"VERSION 3\n\n").unwrap().plan.changes.is_empty());
    }

    #[test]
    fn the_self_test_is_a_removal_of_one_package_and_nothing_else() {
        let line = |name: &str| format!("{name} 1 amd64 none > - - none **REMOVE**\n");
        let is = |lines: &str| read(format!("VERSION 3\n\n{lines}").as_bytes()).unwrap().is_selftest();
        assert!(is(&line(SELFTEST)));
        assert!(!is(&(line(SELFTEST) + &line("p"))));
        assert!(!is(&line("p")));
        assert!(!is(""));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
            let _ = read(&[b"VERSION 3\n\n", bytes.as_slice()].concat());
        }

        /// Nothing that stands in the text as a removal is missing from what comes out.
        #[test]
        fn every_removal_is_found(names in prop::collection::btree_set("[a-z][a-z0-9+.-]{1,8}", 1..20), purge in any::<bool>()) {
            let mut text = format!("VERSION 3\nAPT::Get::Purge={}\nCommandLine::AsString=apt-get%20x\n\n", u8::from(purge));
            for (i, name) in names.iter().enumerate() {
                let row = if i % 3 == 2 {
                    format!("{name} - - none < 1 amd64 none /x/{name}.deb\n")
                } else {
                    format!("{name} 1 amd64 none > - - none **REMOVE**\n")
                };
                text.push_str(&row);
            }
            let told = read(text.as_bytes()).unwrap();
            prop_assert_eq!(told.plan.changes.len(), names.len());
            prop_assert_eq!(told.plan.removals().count(), names.len() - names.len() / 3);
            let wanted = if purge { Kind::Purge } else { Kind::Remove };
            prop_assert!(told.plan.removals().all(|c| c.kind == wanted));
        }

        #[test]
        fn decoding_undoes_apts_quoting(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let quoted: String = bytes.iter().map(|b| format!("%{b:02x}")).collect();
            prop_assert_eq!(decode(quoted.as_bytes()), bytes);
        }
    }
}
