//! The effect of one command of one tool, from its words alone.

use super::effect::Effect;

/// What the words of one command say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The floor.
    pub effect: Effect,
    /// True when what the command carries (a patch, a manifest, label or annotation changes) can destroy, so that the
    /// full guard has to read it even though the words alone say `mutate`.
    pub content: bool,
    /// True for the shell completion entry points: pass untouched, print nothing.
    pub completion: bool,
    /// Which words or flags made it so, for `guard explain`; `'static` rows of the rule table, no allocation on reads.
    pub because: Vec<&'static str>,
}

/// Judges the words after the tool's name. `tool` is the basename of argv[0].
///
/// Never fails: words it cannot read are [`Effect::Unknown`] or the worse of the possible readings.
pub fn classify(tool: &[u8], words: &[&[u8]]) -> Verdict {
    let _ = (tool, words);
    Verdict { effect: Effect::Unknown, content: false, completion: false, because: Vec::new() }
}
