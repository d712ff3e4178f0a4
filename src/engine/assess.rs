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
/// Raising facts always count. Lowering facts count only when nothing is unchecked and no data is erased or of unknown
/// fate, and never below what a raising fact argues for: an unanswered question never makes a command look milder.
pub fn assess(words: Effect, impact: &Impact) -> Assessment {
    let raising = || impact.consequences.iter().filter(|c| c.raises);
    let lowering = || impact.consequences.iter().filter(|c| !c.raises && c.effect < words);
    let raised = raising().map(|c| c.effect).max().unwrap_or(Effect::Read);
    let mut effect = words.max(raised);
    let mut because: Vec<String> =
        raising().filter(|c| c.effect > words).map(|c| c.because.clone()).collect();
    let certain = impact.gaps.is_empty() && impact.data.iter().all(|d| d.fate == Fate::Kept);
    if let Some(lowest) = lowering().map(|c| c.effect).min()
        && certain
        && raised < words
    {
        effect = lowest.max(raised);
        because.extend(lowering().map(|c| c.because.clone()));
    }
    Assessment { effect, words, because, whole_scope: impact.whole_scope }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fact::Why;
    use crate::engine::impact::{Consequence, Data, Gap};

    fn fact(effect: Effect, raises: bool) -> Consequence {
        Consequence { effect, raises, because: format!("{effect} {raises}") }
    }

    fn of(consequences: Vec<Consequence>) -> Impact {
        Impact { consequences, ..Impact::default() }
    }

    #[test]
    fn table() {
        use Effect::{Destroy, Disrupt, Mutate, Read};
        for (words, facts, want) in [
            (Destroy, vec![], Destroy),
            (Destroy, vec![fact(Disrupt, false)], Disrupt),
            (Destroy, vec![fact(Disrupt, false), fact(Mutate, false)], Mutate),
            (Mutate, vec![fact(Destroy, true)], Destroy),
            (Disrupt, vec![fact(Destroy, true), fact(Mutate, false)], Destroy),
            // A fact that says "at least this bad" holds, even where the words already said so.
            (Destroy, vec![fact(Destroy, true), fact(Disrupt, false)], Destroy),
            (Destroy, vec![fact(Disrupt, true), fact(Read, false)], Disrupt),
            (Disrupt, vec![fact(Destroy, false)], Disrupt),
        ] {
            assert_eq!(assess(words, &of(facts.clone())).effect, want, "{words} {facts:?}");
        }
    }

    #[test]
    fn what_is_not_known_lowers_nothing() {
        let mut gap = of(vec![fact(Effect::Disrupt, false)]);
        gap.gaps.push(Gap { what: "volumes".to_owned(), why: Why::Forbidden });
        assert_eq!(assess(Effect::Destroy, &gap).effect, Effect::Destroy);
        for (fate, want) in
            [(Fate::Kept, Effect::Disrupt), (Fate::Unknown, Effect::Destroy), (Fate::Erased, Effect::Destroy)]
        {
            let mut data = of(vec![fact(Effect::Disrupt, false)]);
            data.data.push(Data { what: "claim a".to_owned(), fate, because: String::new() });
            assert_eq!(assess(Effect::Destroy, &data).effect, want, "{fate:?}");
        }
    }
}
