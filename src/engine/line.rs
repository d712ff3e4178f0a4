//! Command lines as people and agents write them: shell words, wrappers, pipelines, substitutions; the worst part counts.
//!
//! This is a reader, not a shell: it never expands what it cannot know, and what it cannot read is [`Effect::Unknown`],
//! never harmless. The shim underneath sees the real argv of every call; this reading serves `guard classify` and the
//! hooks that see a line before a shell does.

mod expand;
mod judge;
mod lex;
mod scope;
mod tables;
mod wrappers;

use super::effect::Effect;
use crate::engine::tool::Tool;

/// What one command line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineVerdict {
    /// The worst of all its parts, commands of tools guard does not know included (as `unknown` unless they are known
    /// to change nothing).
    pub effect: Effect,
    /// The worst among the commands of guarded tools; `None` when the line calls none.
    pub guarded: Option<Effect>,
    /// The worst among those calls of guarded tools that bring no phrase of their own (`GUARD_CONFIRM=main/shop kubectl …`,
    /// set for this one command).
    pub unconfirmed: Option<Effect>,
}

/// Judges a whole command line.
///
/// ```
/// use guard::engine::{effect::Effect, line::judge_line};
/// assert_eq!(judge_line(b"echo kubectl delete ns shop").effect, Effect::Read);
/// assert_eq!(judge_line(b"echo kubectl delete ns shop").guarded, None);
/// ```
pub fn judge_line(line: &[u8]) -> LineVerdict {
    judge::script(line)
}

/// The effect of a whole command line, from its words alone.
pub fn classify_line(line: &[u8]) -> Effect {
    judge_line(line).effect
}

/// Judges words that are already split (an argv), wrappers included.
pub fn judge_words(words: &[&[u8]]) -> LineVerdict {
    judge::words(words)
}

/// The tool of a cluster or an account that a command's base name stands for (`k` and `kubecolor` are kubectl).
pub fn guarded_tool(name: &[u8]) -> Option<&'static Tool> {
    tables::guarded(name)
}

#[cfg(test)]
mod hook_tests;
#[cfg(test)]
mod host_tests;
#[cfg(test)]
mod tests;
