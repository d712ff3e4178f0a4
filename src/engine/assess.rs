//! Words and facts together: consequences, not words, set the level. Unknown facts never lower it.

use super::effect::Effect;
use super::impact::{Fate, Impact};

/// How bad a command really is, with the reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The level after the facts.
    pub effect: Effect,
    /// The level by words alone.
    pub words: Effect,
    /// The facts that moved it, in the words the person reads.
    pub because: Vec<String>,
    /// Whole namespaces, `--all`, a whole kind.
    pub whole_scope: bool,
}

/// Weighs the floor given by the words against what the live system said.
///
/// Raising facts always count. Lowering facts count only when nothing raised, nothing is unchecked and no data is
/// erased or of unknown fate: an unanswered question never makes a command look milder.
pub fn assess(words: Effect, impact: &Impact) -> Assessment {
    let mut effect = words;
    let mut because = Vec::new();
    for c in impact.consequences.iter().filter(|c| c.raises && c.effect > words) {
        effect = effect.max(c.effect);
        because.push(c.because.clone());
    }
    let certain = impact.gaps.is_empty() && impact.data.iter().all(|d| d.fate == Fate::Kept);
    if effect == words && certain {
        for c in impact.consequences.iter().filter(|c| !c.raises && c.effect < words) {
            effect = effect.min(c.effect);
            because.push(c.because.clone());
        }
    }
    Assessment { effect, words, because, whole_scope: impact.whole_scope }
}
