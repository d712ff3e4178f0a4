//! Facts and where they come from. Nothing is assumed: what could not be learnt is a value of its own.

use std::fmt;

/// A value that is known, or the reason why it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// The value as the live system gave it.
    Known(T),
    /// Not known, and why.
    Unknown(Why),
}

impl<T> Known<T> {
    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Known::Known(v) => Some(v),
            Known::Unknown(_) => None,
        }
    }
}

/// Why something is not known. Shown to the person as "could not be checked: …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody asked (offline use, or not needed for this command).
    NotAsked,
    /// The server said 401 or 403.
    Forbidden,
    /// The deadline passed.
    TimedOut,
    /// No connection, or it broke.
    Unreachable(String),
    /// The server does not know the question (an old version, an API that is gone).
    Unsupported,
    /// An aggregated API that is down: discovery lists it as stale or not at all.
    Stale,
    /// Anything else, in the words of whoever failed.
    Failed(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::NotAsked => f.write_str("not asked"),
            Why::Forbidden => f.write_str("forbidden"),
            Why::TimedOut => f.write_str("timed out"),
            Why::Unreachable(why) if why.is_empty() => f.write_str("unreachable"),
            Why::Unreachable(why) => write!(f, "unreachable ({why})"),
            Why::Unsupported => f.write_str("not supported by the server"),
            Why::Stale => f.write_str("its API service is not answering"),
            Why::Failed(why) => f.write_str(why),
        }
    }
}

/// Where a value comes from; every part of a target remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A flag of the command line, by its long name without dashes.
    Flag(String),
    /// An environment variable.
    Env(String),
    /// A line (from 1) of a file.
    File {
        /// The path as it was opened.
        path: String,
        /// The line, from 1, where the value stands; `None` when the format has no lines to speak of.
        line: Option<u32>,
    },
    /// The pod this process runs in (service account mount and `KUBERNETES_SERVICE_*`).
    InCluster,
    /// The tool's own built-in value.
    Default,
    /// The live system.
    Probe,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Flag(name) => write!(f, "--{name}"),
            Source::Env(name) => write!(f, "${name}"),
            Source::File { path, line: Some(line) } => write!(f, "{path}:{line}"),
            Source::File { path, line: None } => f.write_str(path),
            Source::InCluster => f.write_str("this pod's service account"),
            Source::Default => f.write_str("built-in default"),
            Source::Probe => f.write_str("the live system"),
        }
    }
}

/// A value with the place it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its source.
    pub from: Source,
}

impl<T> Sourced<T> {
    /// Puts the two together.
    pub fn new(value: T, from: Source) -> Sourced<T> {
        Sourced { value, from }
    }
}
