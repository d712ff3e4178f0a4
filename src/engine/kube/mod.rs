//! What is known of Kubernetes without asking a cluster: its built-in kinds, the documents a command brings along, and
//! how far the command reaches by them.

#[cfg(feature = "cli")]
pub mod builtin;
pub mod classify;
#[cfg(feature = "cli")]
pub mod content;
#[cfg(feature = "cli")]
pub mod documents;
pub(in crate::engine) mod keys;
pub mod kinds;
pub mod kubectl;
pub mod kuberc;
pub mod makes;
pub mod oc;
#[cfg(feature = "cli")]
pub mod reach;
mod situation;
mod target;
pub mod whereto;

pub use situation::{NODE_COMMANDS, is_plain_path, pods_of, situation};
pub use target::KubeTarget;

use super::tool::{OC, Tool};
use super::verdict::Verdict;
use crate::engine::kube::kubectl::TABLE;
use std::borrow::Cow;

/// Judges the words after the name of a tool of this family: kubectl's commands, and before them those that only `oc` has.
pub fn classify(tool: &Tool, words: &[&[u8]], inside: classify::Inside) -> Verdict {
    let own = if tool.is(&OC) { oc::classify(words, inside) } else { None };
    own.unwrap_or_else(|| classify::classify_words(&TABLE, words, inside))
}

/// The commands of a tool of this family, as rules of a policy name them; groups stand for themselves.
#[cfg(feature = "cli")]
pub fn verbs(tool: &Tool) -> Vec<String> {
    let own = if tool.is(&OC) { oc::commands() } else { Vec::new() };
    let mut all: Vec<String> = Vec::new();
    for path in TABLE.commands.iter().map(|command| command.path.to_owned()).chain(own) {
        let groups: Vec<String> =
            path.match_indices(' ').map(|(at, _)| path.get(..at).unwrap_or_default().to_owned()).collect();
        all.push(path);
        all.extend(groups);
    }
    all
}

/// The words with their secrets replaced.
pub fn redact<'a>(words: &'a [&'a [u8]]) -> Vec<Cow<'a, [u8]>> {
    classify::redact(&TABLE, words)
}
