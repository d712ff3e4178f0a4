//! dpkg 1.21 and the programs beside it: actions and options (`src/main/main.c`, `src/common/dpkg-db.h`; dpkg(1),
//! dpkg-deb(1), dpkg-query(1)).

use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read};
use crate::engine::grammar::inline::{Inline, inline};

/// What an option is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What is to be done, and how bad that is.
    Action(Effect),
    /// Installs or unpacks files: with `--auto-deconfigure` and conflicts others may have to go.
    Install,
    /// Reads selections from standard input.
    Selections,
    /// Runs nothing, prints what would be done.
    NoAct,
    /// Prints help and exits.
    Help,
    /// Lets packages be deconfigured that are in the way.
    AutoDeconfigure,
    /// `--pending`: everything that is marked for the action.
    Pending,
    /// Another system's files: `--root`, `--instdir`, `--admindir`.
    Elsewhere,
    /// Runs a command, in a dry run too.
    Hook,
    /// Directories are given in place of files.
    Recursive,
    /// Written for whoever called dpkg, on a descriptor that is open there.
    Reports,
    /// Nothing that matters here.
    Plain,
}

/// How an option takes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None; a `=` is refused.
    Nothing,
    /// `--name=V`, or the next word whatever it is.
    Value,
    /// `--name-V`, or the next word.
    Suffix,
}

/// One option or action.
#[derive(Clone, Copy, Debug)]
pub struct Opt {
    /// Its letter, 0 when there is none.
    pub short: u8,
    /// Its name without dashes; never shortened.
    pub long: Inline<32>,
    /// How it takes its value.
    pub takes: Takes,
    /// What it is.
    pub kind: Kind,
}

const fn o(short: u8, long: &str, takes: Takes, kind: Kind) -> Opt {
    Opt { short, long: inline(long), takes, kind }
}

const fn act(short: u8, long: &str, effect: Effect) -> Opt {
    o(short, long, Nothing, Kind::Action(effect))
}

use Takes::{Nothing, Suffix, Value};

/// dpkg's own, and the actions it hands on to dpkg-deb and dpkg-query.
pub const DPKG: &[Opt] = &[
    o(b'i', "install", Nothing, Kind::Install),
    o(0, "unpack", Nothing, Kind::Install),
    act(b'r', "remove", Disrupt),
    act(b'P', "purge", Destroy),
    act(0, "configure", Mutate),
    act(0, "triggers-only", Mutate),
    act(b'A', "record-avail", Mutate),
    act(0, "update-avail", Mutate),
    act(0, "merge-avail", Mutate),
    act(0, "clear-avail", Mutate),
    act(0, "forget-old-unavail", Mutate),
    // Marks everything for removal, removes nothing: that is what a later `-r --pending` does.
    act(0, "clear-selections", Mutate),
    o(0, "set-selections", Nothing, Kind::Selections),
    act(0, "add-architecture", Mutate),
    act(0, "remove-architecture", Mutate),
    act(b'V', "verify", Read),
    act(b'C', "audit", Read),
    act(0, "get-selections", Read),
    act(0, "yet-to-unpack", Read),
    act(0, "predep-package", Read),
    act(0, "print-architecture", Read),
    act(0, "print-installation-architecture", Read),
    act(0, "print-foreign-architectures", Read),
    act(0, "compare-versions", Read),
    o(0, "assert", Suffix, Kind::Action(Read)),
    o(0, "validate", Suffix, Kind::Action(Read)),
    // Handed on to dpkg-deb.
    act(b'b', "build", Mutate),
    act(b'x', "extract", Mutate),
    act(b'X', "vextract", Mutate),
    act(b'e', "control", Mutate),
    act(0, "raw-extract", Mutate),
    act(b'c', "contents", Read),
    act(b'I', "info", Read),
    act(b'f', "field", Read),
    act(0, "ctrl-tarfile", Read),
    act(0, "fsys-tarfile", Read),
    // Handed on to dpkg-query.
    act(b'l', "list", Read),
    act(b's', "status", Read),
    act(b'L', "listfiles", Read),
    act(b'S', "search", Read),
    act(b'p', "print-avail", Read),
    // Obsolete: reads more words from a descriptor.
    o(0, "command-fd", Value, Kind::Action(Effect::Unknown)),
    o(0, "no-act", Nothing, Kind::NoAct),
    o(0, "dry-run", Nothing, Kind::NoAct),
    o(0, "simulate", Nothing, Kind::NoAct),
    o(b'?', "help", Nothing, Kind::Help),
    o(b'h', "", Nothing, Kind::Help),
    o(0, "version", Nothing, Kind::Help),
    o(0, "force-help", Nothing, Kind::Help),
    o(0, "licence", Nothing, Kind::Help),
    o(0, "license", Nothing, Kind::Help),
    o(b'a', "pending", Nothing, Kind::Pending),
    o(b'B', "auto-deconfigure", Nothing, Kind::AutoDeconfigure),
    o(0, "pre-invoke", Value, Kind::Hook),
    o(0, "post-invoke", Value, Kind::Hook),
    o(0, "root", Value, Kind::Elsewhere),
    o(0, "instdir", Value, Kind::Elsewhere),
    o(0, "admindir", Value, Kind::Elsewhere),
    o(0, "force", Suffix, Kind::Plain),
    o(0, "no-force", Suffix, Kind::Plain),
    o(0, "refuse", Suffix, Kind::Plain),
    o(b'D', "debug", Value, Kind::Plain),
    o(b'R', "recursive", Nothing, Kind::Recursive),
    o(b'G', "", Nothing, Kind::Plain),
    o(b'O', "selected-only", Nothing, Kind::Plain),
    o(b'E', "skip-same-version", Nothing, Kind::Plain),
    o(0, "ignore-depends", Value, Kind::Plain),
    o(0, "abort-after", Value, Kind::Plain),
    o(0, "status-fd", Value, Kind::Reports),
    o(0, "status-logger", Value, Kind::Reports),
    o(0, "log", Value, Kind::Plain),
    o(0, "path-exclude", Value, Kind::Plain),
    o(0, "path-include", Value, Kind::Plain),
    o(0, "verify-format", Value, Kind::Plain),
    o(0, "no-debsig", Nothing, Kind::Plain),
    o(0, "no-triggers", Nothing, Kind::Plain),
    o(0, "triggers", Nothing, Kind::Plain),
    o(0, "no-pager", Nothing, Kind::Plain),
    o(0, "robot", Nothing, Kind::Plain),
];

/// dpkg-deb.
pub const DPKG_DEB: &[Opt] = &[
    act(b'b', "build", Mutate),
    act(b'x', "extract", Mutate),
    act(b'X', "vextract", Mutate),
    act(b'e', "control", Mutate),
    act(b'R', "raw-extract", Mutate),
    act(b'c', "contents", Read),
    act(b'I', "info", Read),
    act(b'f', "field", Read),
    act(b'W', "show", Read),
    act(0, "ctrl-tarfile", Read),
    act(0, "fsys-tarfile", Read),
    o(b'?', "help", Nothing, Kind::Help),
    o(0, "version", Nothing, Kind::Help),
    o(0, "showformat", Value, Kind::Plain),
    o(b'D', "debug", Nothing, Kind::Plain),
    o(b'v', "verbose", Nothing, Kind::Plain),
    o(b'z', "", Value, Kind::Plain),
    o(b'Z', "", Value, Kind::Plain),
    o(b'S', "", Value, Kind::Plain),
    o(0, "deb-format", Value, Kind::Plain),
    o(0, "nocheck", Nothing, Kind::Plain),
    o(0, "root-owner-group", Nothing, Kind::Plain),
    o(0, "uniform-compression", Nothing, Kind::Plain),
    o(0, "no-uniform-compression", Nothing, Kind::Plain),
    o(0, "threads-max", Value, Kind::Plain),
];

/// dpkg-divert.
pub const DPKG_DIVERT: &[Opt] = &[
    act(0, "add", Mutate),
    act(0, "remove", Mutate),
    act(0, "list", Read),
    act(0, "listpackage", Read),
    act(0, "truename", Read),
    o(0, "test", Nothing, Kind::NoAct),
    o(b'?', "help", Nothing, Kind::Help),
    o(0, "version", Nothing, Kind::Help),
    o(0, "package", Value, Kind::Plain),
    o(0, "divert", Value, Kind::Plain),
    o(0, "local", Nothing, Kind::Plain),
    o(0, "rename", Nothing, Kind::Plain),
    o(0, "no-rename", Nothing, Kind::Plain),
    o(0, "quiet", Nothing, Kind::Plain),
    o(0, "root", Value, Kind::Elsewhere),
    o(0, "instdir", Value, Kind::Elsewhere),
    o(0, "admindir", Value, Kind::Elsewhere),
];

/// dpkg-statoverride.
pub const DPKG_STATOVERRIDE: &[Opt] = &[
    act(0, "add", Mutate),
    act(0, "remove", Mutate),
    act(0, "list", Read),
    o(b'?', "help", Nothing, Kind::Help),
    o(0, "version", Nothing, Kind::Help),
    o(0, "update", Nothing, Kind::Plain),
    o(0, "force", Suffix, Kind::Plain),
    o(0, "no-force", Suffix, Kind::Plain),
    o(0, "quiet", Nothing, Kind::Plain),
    o(0, "root", Value, Kind::Elsewhere),
    o(0, "instdir", Value, Kind::Elsewhere),
    o(0, "admindir", Value, Kind::Elsewhere),
];
