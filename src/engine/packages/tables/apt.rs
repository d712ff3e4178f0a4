//! apt, apt-get, apt-cache, apt-mark, apt-config and apt-cdrom: their commands and options, one row each. All six read
//! their words with one parser (`apt-pkg/contrib/cmndline.cc`); which options exist depends on the command
//! (`apt-private/private-cmndline.cc`). Taken from apt 2.6 with what 3.x added; `tests/debian/apt_words.rs` holds the
//! rows against the real programs.

use crate::engine::grammar::inline::{Inline, inline};

/// A set of the programs below.
pub type Programs = u8;
/// `apt`.
pub const APT: Programs = 1;
/// `apt-get`.
pub const GET: Programs = 2;
/// `apt-cache`.
pub const CACHE: Programs = 4;
/// `apt-mark`.
pub const MARK: Programs = 8;
/// `apt-config`.
pub const CONFIG: Programs = 16;
/// `apt-cdrom`.
pub const CDROM: Programs = 32;

/// The programs that share the parser.
pub const PROGRAMS: [(Inline<12>, Programs); 6] = [
    (inline("apt"), APT),
    (inline("apt-get"), GET),
    (inline("apt-cache"), CACHE),
    (inline("apt-mark"), MARK),
    (inline("apt-config"), CONFIG),
    (inline("apt-cdrom"), CDROM),
];

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Looks only.
    Look,
    /// Changes files of apt's own: sources, the lists of packages, marks.
    Note,
    /// `update`: fetches the lists.
    Update,
    /// `download`: fetches into the working directory.
    Fetch,
    /// `source`: fetches, unpacks, builds.
    Source,
    /// `changelog`: shows; fetches into the working directory with `--download-only`.
    Changelog,
    /// `clean` and its like: the cache of fetched files.
    Clean,
    /// `apt-mark`: marks and selections. What is selected for removal goes at a later `dselect-upgrade`.
    Mark,
    /// `apt-cdrom add`.
    Disc,
    /// `install`, `reinstall`.
    Install,
    /// `upgrade`: never removes of itself.
    Upgrade,
    /// `dist-upgrade`, `dselect-upgrade`, `history-undo`: removes what the plan, the selections or the history say.
    Replan,
    /// `build-dep`.
    BuildDep,
    /// `satisfy`: as `build-dep` for relations given as words.
    Satisfy,
    /// `remove`: the packages named and everything that depends on them.
    Remove,
    /// `purge`: as `remove`, and every purge script runs.
    Purge,
    /// `autoremove`.
    Autoremove,
    /// `autopurge`.
    Autopurge,
}

/// A set of groups of commands that share options.
pub type Group = u16;
/// The commands that change packages.
pub const CHANGE: Group = 1;
/// `auto-remove`, which the first list of options forgot.
pub const AUTOREMOVE: Group = 1 << 1;
/// `build-dep` and `satisfy`.
pub const BUILD: Group = 1 << 2;
/// `update`.
pub const UPDATE: Group = 1 << 3;
/// `source`.
pub const SOURCE: Group = 1 << 4;
/// `clean`, `autoclean`, `distclean`, `check`.
pub const CLEAN: Group = 1 << 5;
/// The rest of apt-get: no options but the common ones.
pub const PLAIN: Group = 1 << 6;
/// Queries of apt-cache, some of apt's too.
pub const QUERY: Group = 1 << 7;
/// `apt list`, `show`, `search`, which only look: their own short options.
pub const LIST: Group = 1 << 8;
/// What apt-mark changes.
pub const MARKING: Group = 1 << 9;
/// What apt-mark shows.
pub const MARKED: Group = 1 << 10;
/// apt-config.
pub const SETTINGS: Group = 1 << 11;
/// apt-cdrom.
pub const DISC: Group = 1 << 12;
/// The history commands of apt 3.1.
pub const HISTORY: Group = 1 << 13;
/// `indextargets`.
pub const TARGETS: Group = 1 << 15;
/// No command was found in the words.
pub const NONE: Group = 1 << 14;
/// Every command whose options start with apt-get's common ones.
const COMMON: Group =
    CHANGE | AUTOREMOVE | BUILD | UPDATE | SOURCE | CLEAN | PLAIN | TARGETS | HISTORY | NONE;
/// Every command that takes `--simulate`, and those that refuse it: either way nothing happens.
const SIMULATED: Group = COMMON;
const ALL: Group = Group::MAX;

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// The programs that have it.
    pub of: Programs,
    /// Its name; compared byte for byte, never abbreviated.
    pub name: Inline<20>,
    /// What it does.
    pub act: Act,
    /// The group whose options it takes.
    pub group: Group,
}

const fn c(of: Programs, name: &str, act: Act, group: Group) -> Command {
    Command { of, name: inline(name), act, group }
}

const BOTH: Programs = APT | GET;

/// Every command (`cmdline/apt.cc`, `apt-get.cc`, `apt-cache.cc`, `apt-mark.cc`, `apt-config.cc`, `apt-cdrom.cc`).
pub const COMMANDS: &[Command] = &[
    c(BOTH, "install", Act::Install, CHANGE),
    c(BOTH, "reinstall", Act::Install, CHANGE),
    c(BOTH, "remove", Act::Remove, CHANGE),
    c(BOTH, "purge", Act::Purge, CHANGE),
    c(BOTH, "autoremove", Act::Autoremove, CHANGE),
    c(BOTH, "auto-remove", Act::Autoremove, AUTOREMOVE),
    c(BOTH, "autopurge", Act::Autopurge, CHANGE),
    c(BOTH, "upgrade", Act::Upgrade, CHANGE),
    c(BOTH, "full-upgrade", Act::Replan, CHANGE),
    c(BOTH, "dist-upgrade", Act::Replan, CHANGE),
    c(BOTH, "dselect-upgrade", Act::Replan, CHANGE),
    c(BOTH, "build-dep", Act::BuildDep, BUILD),
    c(BOTH, "satisfy", Act::Satisfy, BUILD),
    c(BOTH, "update", Act::Update, UPDATE),
    c(BOTH, "source", Act::Source, SOURCE),
    c(BOTH, "clean", Act::Clean, CLEAN),
    c(BOTH, "autoclean", Act::Clean, CLEAN),
    c(BOTH, "auto-clean", Act::Clean, CLEAN),
    c(BOTH, "distclean", Act::Clean, CLEAN),
    c(BOTH, "dist-clean", Act::Clean, CLEAN),
    c(BOTH, "check", Act::Look, CLEAN),
    c(BOTH, "download", Act::Fetch, PLAIN),
    c(BOTH, "changelog", Act::Changelog, PLAIN),
    c(BOTH, "indextargets", Act::Look, TARGETS),
    c(BOTH, "moo", Act::Look, PLAIN),
    c(BOTH | CACHE | MARK | CONFIG | CDROM, "help", Act::Look, PLAIN),
    c(BOTH, "markauto", Act::Note, PLAIN),
    c(BOTH, "unmarkauto", Act::Note, PLAIN),
    c(MARK, "markauto", Act::Mark, MARKING),
    c(MARK, "unmarkauto", Act::Mark, MARKING),
    // apt alone (`history-*` since 3.1, `modernize-sources` since 2.9, `why` since 3.0).
    c(APT, "edit-sources", Act::Note, PLAIN),
    c(APT, "modernize-sources", Act::Note, PLAIN),
    c(APT, "list", Act::Look, LIST),
    c(APT, "search", Act::Look, LIST),
    c(APT, "show", Act::Look, LIST),
    c(APT, "info", Act::Look, LIST),
    c(APT, "policy", Act::Look, QUERY),
    c(APT, "depends", Act::Look, QUERY),
    c(APT, "rdepends", Act::Look, QUERY),
    c(APT, "showsrc", Act::Look, QUERY),
    c(APT, "madison", Act::Look, QUERY),
    c(APT, "why", Act::Look, QUERY),
    c(APT, "why-not", Act::Look, QUERY),
    c(APT, "history-list", Act::Look, QUERY),
    c(APT, "history-info", Act::Look, QUERY),
    c(APT, "history-undo", Act::Replan, HISTORY),
    c(APT, "history-redo", Act::Replan, HISTORY),
    c(APT, "history-rollback", Act::Replan, HISTORY),
    c(APT, "rollback", Act::Replan, HISTORY),
    // apt-cache only looks, whatever the command.
    c(CACHE, "gencaches", Act::Look, QUERY),
    c(CACHE, "showpkg", Act::Look, QUERY),
    c(CACHE, "showsrc", Act::Look, QUERY),
    c(CACHE, "show", Act::Look, QUERY),
    c(CACHE, "info", Act::Look, QUERY),
    c(CACHE, "stats", Act::Look, QUERY),
    c(CACHE, "dump", Act::Look, QUERY),
    c(CACHE, "dumpavail", Act::Look, QUERY),
    c(CACHE, "unmet", Act::Look, QUERY),
    c(CACHE, "search", Act::Look, QUERY),
    c(CACHE, "depends", Act::Look, QUERY),
    c(CACHE, "rdepends", Act::Look, QUERY),
    c(CACHE, "pkgnames", Act::Look, QUERY),
    c(CACHE, "dotty", Act::Look, QUERY),
    c(CACHE, "xvcg", Act::Look, QUERY),
    c(CACHE, "policy", Act::Look, QUERY),
    c(CACHE, "madison", Act::Look, QUERY),
    c(CACHE, "showauto", Act::Look, QUERY),
    // apt-mark. `remove`, `deinstall` and `purge` only write the selection.
    c(MARK, "auto", Act::Mark, MARKING),
    c(MARK, "manual", Act::Mark, MARKING),
    c(MARK, "minimize-manual", Act::Mark, MARKING),
    c(MARK, "hold", Act::Mark, MARKING),
    c(MARK, "unhold", Act::Mark, MARKING),
    c(MARK, "install", Act::Mark, MARKING),
    c(MARK, "reinstall", Act::Mark, MARKING),
    c(MARK, "remove", Act::Mark, MARKING),
    c(MARK, "deinstall", Act::Mark, MARKING),
    c(MARK, "purge", Act::Mark, MARKING),
    c(MARK, "showauto", Act::Look, MARKED),
    c(MARK, "showmanual", Act::Look, MARKED),
    c(MARK, "showhold", Act::Look, MARKED),
    c(MARK, "showholds", Act::Look, MARKED),
    c(MARK, "showheld", Act::Look, MARKED),
    c(MARK, "showinstall", Act::Look, MARKED),
    c(MARK, "showinstalls", Act::Look, MARKED),
    c(MARK, "showremove", Act::Look, MARKED),
    c(MARK, "showremoves", Act::Look, MARKED),
    c(MARK, "showdeinstall", Act::Look, MARKED),
    c(MARK, "showdeinstalls", Act::Look, MARKED),
    c(MARK, "showpurge", Act::Look, MARKED),
    c(MARK, "showpurges", Act::Look, MARKED),
    c(CONFIG, "dump", Act::Look, SETTINGS),
    c(CONFIG, "shell", Act::Look, SETTINGS),
    c(CDROM, "add", Act::Disc, DISC),
    c(CDROM, "ident", Act::Look, DISC),
];

/// A setting of apt's configuration that changes what a command does. Everything else is [`Key::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Nothing that matters here.
    Other,
    /// Prints help and exits.
    Help,
    /// Prints the version and exits.
    Version,
    /// Plans and prints, changes nothing.
    Simulate,
    /// The same in apt-mark.
    MarkSimulate,
    /// The same in apt-cdrom.
    DiscSimulate,
    /// Prints what would be fetched and stops.
    PrintUris,
    /// Fetches and stops.
    DownloadOnly,
    /// Answers its own questions with yes.
    AssumeYes,
    /// Answers them with no, unless it also answers with yes.
    AssumeNo,
    /// The old yes to everything.
    ForceYes,
    /// Output level; 2 and more imply yes.
    Quiet,
    /// Refuses what would have to be asked about.
    TrivialOnly,
    /// When off, refuses every plan that removes something.
    Remove,
    /// Runs the purge script of everything that goes.
    Purge,
    /// Removes what nothing needs any more.
    AutomaticRemove,
    /// Repairs broken dependencies, by removing if need be.
    FixBroken,
    /// Lets essential packages go.
    AllowRemoveEssential,
    /// Fetches the lists first, in a simulation too.
    Update,
    /// Works on another system's files.
    Root,
    /// Names a command that apt runs.
    Runs,
}

/// Settings by name, as `-o` and configuration files write them; compared without regard to case
/// (`apt-pkg/contrib/configuration.cc`).
pub const KEYS: &[(Inline<34>, Key)] = &[
    (inline("help"), Key::Help),
    (inline("version"), Key::Version),
    (inline("apt::get::simulate"), Key::Simulate),
    (inline("apt::mark::simulate"), Key::MarkSimulate),
    (inline("apt::cdrom::noact"), Key::DiscSimulate),
    (inline("apt::get::print-uris"), Key::PrintUris),
    (inline("apt::get::download-only"), Key::DownloadOnly),
    (inline("apt::get::assume-yes"), Key::AssumeYes),
    (inline("apt::get::assume-no"), Key::AssumeNo),
    (inline("apt::get::force-yes"), Key::ForceYes),
    (inline("quiet"), Key::Quiet),
    (inline("apt::get::trivial-only"), Key::TrivialOnly),
    (inline("apt::get::remove"), Key::Remove),
    (inline("apt::get::purge"), Key::Purge),
    (inline("apt::get::automaticremove"), Key::AutomaticRemove),
    (inline("apt::get::fix-broken"), Key::FixBroken),
    (inline("apt::get::allow-remove-essential"), Key::AllowRemoveEssential),
    (inline("apt::update"), Key::Update),
    (inline("dir"), Key::Root),
    (inline("rootdir"), Key::Root),
    (inline("dir::state"), Key::Root),
    (inline("dir::state::status"), Key::Root),
    (inline("dpkg::chroot-directory"), Key::Root),
];

/// How an option takes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// On or off: attached, or the next word when that is one of apt's boolean words.
    Bool,
    /// A level: a number attached or next, else one more than before.
    Level,
    /// A value: attached, or the next word unless that begins with `-`.
    Value,
    /// A configuration file, read on the spot.
    File,
    /// `KEY=VALUE`.
    Item,
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Opt {
    /// Its letter, 0 when there is none.
    pub short: u8,
    /// Its name without dashes; compared without regard to case.
    pub long: Inline<36>,
    /// What it sets.
    pub key: Key,
    /// How it takes its value.
    pub takes: Takes,
    /// The groups that have it.
    pub on: Group,
}

const fn o(short: u8, long: &str, key: Key, takes: Takes, on: Group) -> Opt {
    Opt { short, long: inline(long), key, takes, on }
}

use Takes::{Bool, File, Item, Level, Value};

/// Every option. Where two rows share a letter in one group the first counts, as in apt.
pub const OPTIONS: &[Opt] = &[
    // The commands that change packages.
    o(0, "show-progress", Key::Other, Bool, CHANGE),
    o(b'f', "fix-broken", Key::FixBroken, Bool, CHANGE | BUILD),
    o(0, "purge", Key::Purge, Bool, CHANGE | BUILD | HISTORY),
    o(b'V', "verbose-versions", Key::Other, Bool, CHANGE),
    o(0, "autoremove", Key::AutomaticRemove, Bool, CHANGE),
    o(0, "auto-remove", Key::AutomaticRemove, Bool, CHANGE),
    o(0, "reinstall", Key::Other, Bool, CHANGE),
    o(0, "solver", Key::Other, Value, CHANGE | BUILD),
    o(0, "strict-pinning", Key::Other, Bool, CHANGE | BUILD),
    o(0, "planner", Key::Other, Value, CHANGE),
    o(b'U', "update", Key::Update, Bool, CHANGE | BUILD),
    o(0, "comment", Key::Other, Value, CHANGE | HISTORY),
    o(0, "new-pkgs", Key::Other, Bool, CHANGE),
    // update; since 2.7 also with --update.
    o(0, "list-cleanup", Key::Other, Bool, UPDATE | CHANGE),
    o(0, "allow-insecure-repositories", Key::Other, Bool, UPDATE | CHANGE),
    o(0, "allow-weak-repositories", Key::Other, Bool, UPDATE | CHANGE),
    o(0, "allow-releaseinfo-change", Key::Other, Bool, UPDATE | CHANGE),
    o(0, "allow-releaseinfo-change-origin", Key::Other, Bool, UPDATE | CHANGE),
    o(0, "allow-releaseinfo-change-label", Key::Other, Bool, UPDATE | CHANGE),
    o(0, "allow-releaseinfo-change-version", Key::Other, Bool, UPDATE | CHANGE),
    o(0, "allow-releaseinfo-change-codename", Key::Other, Bool, UPDATE | CHANGE),
    o(0, "allow-releaseinfo-change-suite", Key::Other, Bool, UPDATE | CHANGE),
    o(0, "allow-releaseinfo-change-defaultpin", Key::Other, Bool, UPDATE | CHANGE),
    o(b'e', "error-on", Key::Other, Value, UPDATE | CHANGE),
    // source, build-dep, satisfy.
    o(b'b', "compile", Key::Other, Bool, SOURCE),
    o(b'b', "build", Key::Other, Bool, SOURCE),
    o(b'P', "build-profiles", Key::Other, Value, SOURCE | BUILD),
    o(b'a', "host-architecture", Key::Other, Value, SOURCE | BUILD),
    o(0, "diff-only", Key::Other, Bool, SOURCE),
    o(0, "debian-only", Key::Other, Bool, SOURCE),
    o(0, "tar-only", Key::Other, Bool, SOURCE),
    o(0, "dsc-only", Key::Other, Bool, SOURCE),
    o(0, "arch-only", Key::Other, Bool, BUILD),
    o(0, "indep-only", Key::Other, Bool, BUILD),
    o(0, "format", Key::Other, Value, TARGETS | SETTINGS),
    o(0, "release-info", Key::Other, Bool, TARGETS),
    // Simulation.
    o(b's', "simulate", Key::Simulate, Bool, SIMULATED),
    o(b's', "just-print", Key::Simulate, Bool, SIMULATED),
    o(b's', "recon", Key::Simulate, Bool, SIMULATED),
    o(b's', "dry-run", Key::Simulate, Bool, SIMULATED),
    o(b's', "no-act", Key::Simulate, Bool, SIMULATED),
    // Common to every command of apt-get.
    o(b'd', "download-only", Key::DownloadOnly, Bool, COMMON),
    o(b'y', "yes", Key::AssumeYes, Bool, COMMON | MARKING),
    o(b'y', "assume-yes", Key::AssumeYes, Bool, COMMON | MARKING),
    o(0, "assume-no", Key::AssumeNo, Bool, COMMON | MARKING),
    o(b'u', "show-upgraded", Key::Other, Bool, COMMON),
    o(b'm', "ignore-missing", Key::Other, Bool, COMMON),
    o(b't', "target-release", Key::Other, Value, COMMON | QUERY | LIST),
    o(b't', "default-release", Key::Other, Value, COMMON | QUERY | LIST),
    o(b'S', "snapshot", Key::Other, Value, COMMON | QUERY | LIST),
    o(0, "download", Key::Other, Bool, COMMON),
    o(0, "fix-missing", Key::Other, Bool, COMMON),
    o(0, "ignore-hold", Key::Other, Bool, COMMON),
    o(0, "upgrade", Key::Other, Bool, COMMON),
    o(0, "only-upgrade", Key::Other, Bool, COMMON),
    o(0, "allow-change-held-packages", Key::Other, Bool, COMMON),
    o(0, "allow-remove-essential", Key::AllowRemoveEssential, Bool, COMMON),
    o(0, "allow-downgrades", Key::Other, Bool, COMMON),
    o(0, "force-yes", Key::ForceYes, Bool, COMMON),
    o(0, "print-uris", Key::PrintUris, Bool, COMMON),
    o(0, "trivial-only", Key::TrivialOnly, Bool, COMMON),
    o(0, "mark-auto", Key::Other, Bool, COMMON),
    o(0, "remove", Key::Remove, Bool, COMMON),
    o(0, "only-source", Key::Other, Bool, COMMON | QUERY),
    o(0, "allow-unauthenticated", Key::Other, Bool, COMMON),
    o(0, "install-recommends", Key::Other, Bool, COMMON),
    o(0, "install-suggests", Key::Other, Bool, COMMON),
    o(0, "fix-policy", Key::Other, Bool, COMMON),
    o(0, "with-source", Key::Other, Value, COMMON | QUERY | LIST | MARKING | MARKED),
    // Queries: only what takes a value matters, it may hide a word.
    o(b'i', "important", Key::Other, Bool, QUERY),
    o(0, "installed", Key::Other, Bool, QUERY | LIST),
    o(b'i', "installed", Key::Other, Bool, LIST),
    o(0, "pre-depends", Key::Other, Bool, QUERY),
    o(0, "depends", Key::Other, Bool, QUERY),
    o(0, "recommends", Key::Other, Bool, QUERY),
    o(0, "suggests", Key::Other, Bool, QUERY),
    o(0, "replaces", Key::Other, Bool, QUERY),
    o(0, "breaks", Key::Other, Bool, QUERY),
    o(0, "conflicts", Key::Other, Bool, QUERY),
    o(0, "enhances", Key::Other, Bool, QUERY),
    o(0, "recurse", Key::Other, Bool, QUERY),
    o(0, "implicit", Key::Other, Bool, QUERY),
    o(b'n', "names-only", Key::Other, Bool, QUERY | LIST),
    o(b'f', "full", Key::Other, Bool, QUERY | LIST),
    o(b'a', "all-versions", Key::Other, Bool, QUERY | LIST),
    o(0, "all-names", Key::Other, Bool, QUERY),
    o(b'g', "generate", Key::Other, Bool, QUERY),
    o(b'p', "pkg-cache", Key::Other, Value, QUERY | LIST),
    o(b's', "src-cache", Key::Other, Value, QUERY | LIST),
    o(0, "upgradeable", Key::Other, Bool, LIST),
    o(b'u', "upgradable", Key::Other, Bool, LIST),
    o(0, "manual-installed", Key::Other, Bool, LIST),
    o(b'v', "verbose", Key::Other, Bool, LIST | MARKING),
    // apt-mark, apt-config, apt-cdrom.
    o(b'f', "file", Key::Other, Value, MARKING | MARKED),
    o(b's', "simulate", Key::MarkSimulate, Bool, MARKING),
    o(b's', "just-print", Key::MarkSimulate, Bool, MARKING),
    o(b's', "recon", Key::MarkSimulate, Bool, MARKING),
    o(b's', "dry-run", Key::MarkSimulate, Bool, MARKING),
    o(b's', "no-act", Key::MarkSimulate, Bool, MARKING),
    o(0, "empty", Key::Other, Bool, SETTINGS),
    o(0, "auto-detect", Key::Other, Bool, DISC),
    o(b'd', "cdrom", Key::Other, Value, DISC),
    o(b'r', "rename", Key::Other, Bool, DISC),
    o(b'm', "no-mount", Key::Other, Bool, DISC),
    o(b'f', "fast", Key::Other, Bool, DISC),
    o(b'n', "just-print", Key::DiscSimulate, Bool, DISC),
    o(b'n', "recon", Key::DiscSimulate, Bool, DISC),
    o(b'n', "no-act", Key::DiscSimulate, Bool, DISC),
    o(b'a', "thorough", Key::Other, Bool, DISC),
    // General.
    o(b'h', "help", Key::Help, Bool, ALL),
    o(b'v', "version", Key::Version, Bool, ALL),
    o(b'q', "quiet", Key::Quiet, Level, ALL),
    o(b'q', "silent", Key::Quiet, Level, ALL),
    o(b'c', "config-file", Key::Other, File, ALL),
    o(b'o', "option", Key::Other, Item, ALL),
    o(0, "color", Key::Other, Bool, ALL),
    o(0, "pager", Key::Other, Bool, ALL),
];

/// Packages of Debian 12 whose own name ends in one `+` (those that end in two are recognised by that): `remove NAME`
/// removes them, where the sign after any other name means the opposite.
pub const NAMED_WITH_PLUS: &[Inline<28>] = &[
    inline("elpa-ghub+"),
    inline("elpa-ido-completing-read+"),
    inline("elpa-ox-texinfo+"),
    inline("memtest86+"),
    inline("minisat+"),
    inline("ncbi-blast+"),
    inline("wmweather+"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_contradicts_another() {
        for (at, c) in COMMANDS.iter().enumerate() {
            let twin = COMMANDS.iter().skip(at + 1).find(|d| d.name == c.name && d.of & c.of != 0);
            assert!(twin.is_none(), "{c:?} {twin:?}");
        }
        for (at, o) in OPTIONS.iter().enumerate() {
            let twin = OPTIONS.iter().skip(at + 1).find(|p| p.long == o.long && p.on & o.on != 0);
            assert!(twin.is_none_or(|twin| twin.takes == o.takes && twin.key == o.key), "{o:?} {twin:?}");
        }
    }

    #[test]
    fn names_of_settings_are_written_in_small_letters() {
        assert!(KEYS.iter().all(|(name, _)| !name.bytes().iter().any(u8::is_ascii_uppercase)));
    }
}
