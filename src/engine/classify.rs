//! What the words of a command say, whatever tool it is: the one place of the engine that chooses the family. No wildcard
//! chooses one here, so a family that is forgotten does not compile.

use super::effect::Effect;
use super::tool::{self, FamilyId, Tool};
use super::verdict::Verdict;
use super::{aws, inner, kube};
use crate::engine::{packages, units};
use std::borrow::Cow;

/// Judges the words after the tool's name. `name` is the basename of `argv[0]`: that of a tool, or of one of the smaller
/// programs that are judged and never stood in front of (`pg_ctlcluster`, `journalctl`).
///
/// Never fails: words it cannot read are [`Effect::Unknown`] or the worse of the possible readings.
pub fn classify(name: &[u8], words: &[&[u8]]) -> Verdict {
    let judged = match tool::called(name) {
        Some(tool) => Some(classify_tool(tool, words)),
        None => classify_program(name, words),
    };
    judged.unwrap_or_else(|| Verdict::why(Effect::Unknown, "a tool guard does not know"))
}

/// Judges the words after the name of a tool.
pub fn classify_tool(tool: &Tool, words: &[&[u8]]) -> Verdict {
    let judged = match tool.family {
        FamilyId::Kube => Some(kube::classify(tool, words, inner::judge)),
        FamilyId::Aws => Some(aws::classify(words)),
        FamilyId::Packages => packages::classify(tool.name.as_bytes(), words),
        FamilyId::Units => units::classify(tool.name.as_bytes(), words),
    };
    judged.unwrap_or_default()
}

/// Judges the words after the name of a program that works on the machine itself, a tool or a smaller one; `None` for
/// others.
pub fn classify_host(name: &[u8], words: &[&[u8]]) -> Option<Verdict> {
    match tool::called(name) {
        Some(tool) => tool.is_of_machine().then(|| classify_tool(tool, words)),
        None => classify_program(name, words),
    }
}

/// Judges the words after the name of a program that no shim stands in front of; `None` when nobody knows it.
fn classify_program(name: &[u8], words: &[&[u8]]) -> Option<Verdict> {
    packages::classify(name, words).or_else(|| units::classify(name, words))
}

/// The words with their secrets replaced, for records and screens. Words are never added or removed.
pub fn redact<'a>(tool: &Tool, words: &'a [&'a [u8]]) -> Vec<Cow<'a, [u8]>> {
    match tool.family {
        FamilyId::Kube => kube::redact(words),
        FamilyId::Aws => aws::redact(words),
        FamilyId::Packages | FamilyId::Units => packages::redact(words),
    }
}
