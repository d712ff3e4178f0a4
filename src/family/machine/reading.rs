//! The words of a tool that works on the machine. It has no aliases, and what its configuration adds a simulation knows.

use crate::engine::classify::classify_tool;
use crate::family::call::Call;
use crate::family::invocation::Invocation;

/// Reads the words.
pub(in crate::family) fn read(call: &Call) -> Invocation {
    let words = call.words();
    Invocation {
        verdict: classify_tool(call.tool, &words),
        words: words.iter().map(|word| word.to_vec()).collect(),
        ..Invocation::default()
    }
}
