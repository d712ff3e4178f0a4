//! dpkg's own list of packages, as far as it takes to tell what a removal is about: which packages the words mean, and
//! which ones `--pending` means. Pure: the text of `/var/lib/dpkg/status` in, data out.

use super::control::{fields, paragraphs};
use super::dpkg;
use super::plan::{Change, Kind, Plan};
use crate::engine::packages::tables::dpkg::Kind as Opt;

/// One package of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Its architecture.
    pub arch: &'a [u8],
    /// Its version; what is left of a removed package has one, too.
    pub version: &'a [u8],
    /// What is wanted of it: `install`, `hold`, `deinstall`, `purge`.
    pub want: &'a [u8],
    /// What it is: `installed`, `config-files`, `not-installed` …
    pub state: &'a [u8],
}

impl Entry<'_> {
    /// Whether its files are there, if only in part.
    pub fn is_there(&self) -> bool {
        !matches!(self.state, b"not-installed" | b"config-files" | b"")
    }
}

/// Reads the list.
pub fn entries(text: &[u8]) -> Vec<Entry<'_>> {
    let read = |paragraph| {
        let mut entry = Entry::default();
        for (name, value) in fields(paragraph) {
            match name {
                b"Package" => entry.name = value,
                b"Architecture" => entry.arch = value,
                b"Version" => entry.version = value,
                b"Status" => {
                    let mut words = value.split(|b| *b == b' ');
                    entry.want = words.next().unwrap_or_default();
                    entry.state = words.nth(1).unwrap_or_default();
                }
                _ => {}
            }
        }
        (!entry.name.is_empty()).then_some(entry)
    };
    paragraphs(text).filter_map(read).collect()
}

/// What was removed a while ago and then selected to be purged (`apt-mark purge`, `dpkg --set-selections`): every apt
/// that purges anything ends with `dpkg --purge --pending`, which takes it along. apt puts the selections of what is
/// installed aside first, and leaves these as they are (`pkgDPkgPM::Go` in `apt-pkg/deb/dpkgpm.cc`).
pub fn armed(text: &[u8]) -> Vec<Change> {
    let all = entries(text);
    let native = all.iter().find(|e| e.name == b"dpkg").map(|e| e.arch).unwrap_or_default();
    let left = all.iter().filter(|e| e.want == b"purge" && e.state == b"config-files");
    left.map(|entry| {
        let own = entry.arch == native || entry.arch == b"all" || entry.arch.is_empty();
        Change {
            name: utf8(entry.name),
            arch: (!own).then(|| utf8(entry.arch)),
            version: None,
            kind: Kind::Purge,
            named: false,
            unused: false,
        }
    })
    .collect()
}

/// What dpkg, called with these words, is about to take away. `purges` is what it says of itself: it removes or purges.
/// Packages that are not there are left out: dpkg says so itself.
///
/// `--pending` is what `enqueue_pending` in `src/main/packages.c` makes of it: everything that is there and of which
/// `deinstall` or `purge` is wanted, or everything of which `purge` is wanted.
pub fn going(text: &[u8], words: &[&[u8]], purges: bool) -> Plan {
    let all = entries(text);
    let native = all.iter().find(|e| e.name == b"dpkg").map(|e| e.arch).unwrap_or_default();
    let line = dpkg::parse(words);
    let concerned = |e: &Entry<'_>| if purges { e.state != b"not-installed" } else { e.is_there() };
    let mut plan = Plan::default();
    let mut add = |entry: &Entry<'_>, named: bool| {
        let own = entry.arch == native || entry.arch == b"all" || entry.arch.is_empty();
        let change = Change {
            name: utf8(entry.name),
            arch: (!own).then(|| utf8(entry.arch)),
            version: entry.is_there().then(|| utf8(entry.version)),
            kind: if purges { Kind::Purge } else { Kind::Remove },
            named,
            unused: false,
        };
        if !plan.changes.contains(&change) {
            plan.changes.push(change);
        }
    };
    if line.has(Opt::Pending) {
        let wanted = |e: &&Entry<'_>| e.want == b"purge" || (!purges && e.want == b"deinstall");
        all.iter().filter(wanted).filter(|e| concerned(e)).for_each(|e| add(e, false));
        return plan;
    }
    for (_, word) in &line.args {
        let mut parts = word.splitn(2, |b| *b == b':');
        let (name, arch) = (parts.next().unwrap_or_default(), parts.next());
        let same = all.iter().filter(|e| e.name == name && concerned(e));
        let own = |e: &&Entry<'_>| e.arch == native || e.arch == b"all";
        match arch {
            Some(arch) => same.filter(|e| e.arch == arch).for_each(|e| add(e, true)),
            // The machine's own where there are several.
            None if same.clone().any(|e| own(&e)) => same.filter(own).for_each(|e| add(e, true)),
            None => same.for_each(|e| add(e, true)),
        }
    }
    plan
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STATUS: &str = "Package: dpkg\nEssential: yes\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n\
        Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2\nDescription: x\n Status: no\n\n\
        Package: a\nStatus: install ok installed\nArchitecture: i386\nVersion: 1:2\n\n\
        Package: b\nStatus: deinstall ok installed\nArchitecture: all\nVersion: 3\n\n\
        Package: c\nStatus: purge ok config-files\nArchitecture: amd64\nVersion: 4\n\n\
        Package: d\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 5\n\n\
        Package: e\nStatus: purge ok half-installed\nArchitecture: i386\nVersion: 6\n\n\
        Package: f\nStatus: unknown ok not-installed\n";

    #[test]
    fn what_words_and_pending_mean() {
        for (line, purges, want) in [
            ("-r a", false, "a"),
            ("-r a:i386", false, "a:i386"),
            ("-r e", false, "e:i386"),
            ("-r c d f nobody", false, ""),
            (
                "--status-fd 19 --no-triggers --force-depends --abort-after=1 --remove a:amd64 b:all",
                false,
                "a b",
            ),
            ("-P a c d f", true, "a c d"),
            ("-P -- a a", true, "a"),
            ("--remove --pending", false, "b e:i386"),
            ("--status-fd 19 --purge --pending", true, "c e:i386"),
            ("-aP", true, "c e:i386"),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let plan = going(STATUS.as_bytes(), &words, purges);
            let names: Vec<String> = plan.changes.iter().map(Change::full_name).collect();
            assert_eq!(names.join(" "), want, "{line}");
            let kind = if purges { Kind::Purge } else { Kind::Remove };
            assert!(plan.changes.iter().all(|c| c.kind == kind));
            let pending = line.contains("--pending") || line.contains("-aP");
            assert!(plan.changes.iter().all(|c| c.named != pending));
        }
        let plan = going(STATUS.as_bytes(), &[b"-P", b"a", b"c"], true);
        assert_eq!(plan.changes[0].version.as_deref(), Some("1:2"));
        assert_eq!(plan.changes[1].version, None);
    }

    #[test]
    fn what_was_selected_a_while_ago_goes_with_every_purge() {
        let names = |plan: &Plan| plan.changes.iter().map(Change::full_name).collect::<Vec<_>>().join(" ");
        let armed = armed(STATUS.as_bytes());
        assert_eq!(armed.iter().map(Change::full_name).collect::<Vec<_>>(), ["c"]);
        assert!(armed.iter().all(|c| c.kind == Kind::Purge && !c.named && c.version.is_none()));
        let plan = |words: &str, purges| {
            going(STATUS.as_bytes(), &words.split(' ').map(str::as_bytes).collect::<Vec<_>>(), purges)
        };
        let mut purge = plan("-P a", true);
        purge.add_armed(&armed);
        assert_eq!(names(&purge), "a c");
        let mut named = plan("-P a c", true);
        named.add_armed(&armed);
        assert_eq!((names(&named), named.changes[1].named), ("a c".to_owned(), true));
        let mut remove = plan("-r a", false);
        remove.add_armed(&armed);
        assert_eq!(names(&remove), "a");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), pending in any::<bool>()) {
            let words: &[&[u8]] = if pending { &[b"-P", b"-a"] } else { &[b"-P", b"x"] };
            let _ = (going(&bytes, words, pending), armed(&bytes));
            let _ = going(&[b"Package: x\n", bytes.as_slice()].concat(), words, pending);
        }
    }
}
