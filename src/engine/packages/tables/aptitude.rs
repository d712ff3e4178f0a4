//! aptitude 0.8: its commands and options (`src/main.cc`; aptitude(8)).

use crate::engine::grammar::getopt::{Opt, Takes};
use crate::engine::grammar::inline::{Inline, inline};

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Looks only.
    Look,
    /// Changes files of apt's or aptitude's own.
    Note,
    /// Fetches.
    Fetch,
    /// Cleans the cache of fetched files.
    Clean,
    /// Installs what is named.
    Install,
    /// `safe-upgrade`: removes nothing but what is not needed any more.
    Upgrade,
    /// `full-upgrade`: may remove.
    Replan,
    /// Marks, which are then carried out with everything that is pending.
    Mark,
    /// Removes.
    Remove,
    /// Removes, and every purge script runs.
    Purge,
}

/// Commands; compared without regard to case (`strcasecmp`), unlike apt's.
pub const COMMANDS: &[(Inline<24>, Act)] = &[
    (inline("install"), Act::Install),
    (inline("reinstall"), Act::Install),
    (inline("build-dep"), Act::Install),
    (inline("build-depends"), Act::Install),
    (inline("remove"), Act::Remove),
    (inline("purge"), Act::Purge),
    (inline("safe-upgrade"), Act::Upgrade),
    (inline("upgrade"), Act::Upgrade),
    (inline("full-upgrade"), Act::Replan),
    (inline("dist-upgrade"), Act::Replan),
    (inline("hold"), Act::Mark),
    (inline("unhold"), Act::Mark),
    (inline("keep"), Act::Mark),
    (inline("keep-all"), Act::Mark),
    (inline("markauto"), Act::Mark),
    (inline("unmarkauto"), Act::Mark),
    (inline("forbid-version"), Act::Mark),
    (inline("update"), Act::Fetch),
    (inline("download"), Act::Fetch),
    (inline("source"), Act::Fetch),
    (inline("clean"), Act::Clean),
    (inline("autoclean"), Act::Clean),
    (inline("forget-new"), Act::Clean),
    (inline("add-user-tag"), Act::Note),
    (inline("remove-user-tag"), Act::Note),
    (inline("extract-cache-subset"), Act::Note),
    (inline("search"), Act::Look),
    (inline("show"), Act::Look),
    (inline("showsrc"), Act::Look),
    (inline("versions"), Act::Look),
    (inline("why"), Act::Look),
    (inline("why-not"), Act::Look),
    (inline("changelog"), Act::Look),
    (inline("dump-resolver"), Act::Look),
    (inline("check-resolver"), Act::Look),
    (inline("help"), Act::Look),
    (inline("moo"), Act::Look),
];

/// What an option means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// Nothing that matters here.
    Plain,
    /// Prints help or the version and exits.
    Help,
    /// Shows the plan only.
    Simulate,
    /// Fetches and stops.
    DownloadOnly,
    /// Purges what is not needed any more.
    PurgeUnused,
    /// `KEY=VALUE` of apt's configuration.
    Setting,
    /// Repairs broken dependencies.
    FixBroken,
    /// Starts the full-screen program.
    Screen,
    /// Stores what is asked for, for a later call to carry out.
    Schedule,
}

const fn o(short: u8, long: &str, takes: Takes, means: Means) -> Opt<Means> {
    Opt { short, long: inline(long), takes, means }
}

use Takes::{Nothing, Optional, Value};

/// Options.
pub const OPTIONS: &[Opt<Means>] = &[
    o(b'h', "help", Nothing, Means::Help),
    o(0, "version", Nothing, Means::Help),
    o(b's', "simulate", Nothing, Means::Simulate),
    o(b'd', "download-only", Nothing, Means::DownloadOnly),
    o(0, "purge-unused", Nothing, Means::PurgeUnused),
    o(b'o', "", Value, Means::Setting),
    o(b'f', "", Nothing, Means::FixBroken),
    o(b'F', "display-format", Value, Means::Plain),
    o(b'q', "quiet", Optional, Means::Plain),
    o(b'w', "width", Value, Means::Plain),
    o(b'S', "", Value, Means::Plain),
    o(b'O', "sort", Value, Means::Plain),
    o(b't', "target-release", Value, Means::Plain),
    o(b'y', "assume-yes", Nothing, Means::Plain),
    o(b'v', "verbose", Nothing, Means::Plain),
    o(b'V', "show-versions", Nothing, Means::Plain),
    o(b'D', "show-deps", Nothing, Means::Plain),
    o(b'Z', "", Nothing, Means::Plain),
    o(b'W', "show-why", Nothing, Means::Plain),
    o(b'P', "prompt", Nothing, Means::Plain),
    o(b'u', "", Nothing, Means::Screen),
    o(b'i', "", Nothing, Means::Screen),
    o(b'r', "with-recommends", Nothing, Means::Plain),
    o(b'R', "without-recommends", Nothing, Means::Plain),
    o(0, "allow-untrusted", Nothing, Means::Plain),
    o(0, "disable-columns", Nothing, Means::Plain),
    o(0, "no-new-installs", Nothing, Means::Plain),
    o(0, "no-new-upgrades", Nothing, Means::Plain),
    o(0, "allow-new-installs", Nothing, Means::Plain),
    o(0, "allow-new-upgrades", Nothing, Means::Plain),
    o(0, "safe-resolver", Nothing, Means::Plain),
    o(0, "full-resolver", Nothing, Means::Plain),
    o(0, "show-resolver-actions", Nothing, Means::Plain),
    o(0, "no-show-resolver-actions", Nothing, Means::Plain),
    o(0, "visual-preview", Nothing, Means::Screen),
    o(0, "schedule-only", Nothing, Means::Schedule),
    o(0, "add-user-tag", Value, Means::Plain),
    o(0, "add-user-tag-to", Value, Means::Plain),
    o(0, "remove-user-tag", Value, Means::Plain),
    o(0, "remove-user-tag-from", Value, Means::Plain),
    o(0, "arch-only", Nothing, Means::Plain),
    o(0, "not-arch-only", Nothing, Means::Plain),
    o(0, "gui", Nothing, Means::Plain),
    o(0, "no-gui", Nothing, Means::Plain),
    o(0, "log-level", Value, Means::Plain),
    o(0, "log-file", Value, Means::Plain),
    o(0, "log-config-file", Value, Means::Plain),
    o(0, "log-resolver", Nothing, Means::Plain),
    o(0, "show-summary", Optional, Means::Plain),
    o(0, "group-by", Value, Means::Plain),
    o(0, "show-package-names", Value, Means::Plain),
    o(0, "show-size-changes", Nothing, Means::Plain),
];
