//! The words of a call as its tool will read them.

use crate::engine::effect::Effect;
use crate::engine::tool::Tool;
use crate::engine::verdict::Verdict;
use std::path::PathBuf;

/// What the words alone say, the tool's own preferences applied.
#[derive(Clone, Debug, Default)]
pub struct Invocation {
    /// The words as the tool will read them: aliases and defaults written out.
    pub words: Vec<Vec<u8>>,
    /// What they come to.
    pub verdict: Verdict,
    /// What the preferences did to them, for the screen: `alias bye`, `--namespace=b`; empty when they did nothing.
    pub rewritten: Vec<String>,
    /// The file that holds the preferences, when there is one.
    pub preferences: Option<PathBuf>,
}

impl Invocation {
    /// Whether the words alone say that nothing changes. What apt reads elsewhere may say yes to a removal that the words
    /// decline (`--assume-no`).
    pub fn only_reads(&self, tool: &Tool) -> bool {
        let Verdict { effect, content, completion, .. } = &self.verdict;
        *completion || (*effect == Effect::Read && !(*content && tool.is_of_machine()))
    }

    /// The words as slices, for parsers.
    pub fn slices(&self) -> Vec<&[u8]> {
        self.words.iter().map(Vec::as_slice).collect()
    }
}
