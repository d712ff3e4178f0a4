//! What the words of one command say: the answer of every family's classification.

use super::effect::Effect;

/// What the words of one command say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The floor.
    pub effect: Effect,
    /// True when what the command carries (a patch, a manifest, label or annotation changes) can destroy, so that the
    /// full guard has to read it even though the words alone say `mutate`. False once it has been read.
    pub content: bool,
    /// True for the shell completion entry points: pass untouched, print nothing.
    pub completion: bool,
    /// True for words that go nowhere: they are about files of this machine (`kubectl config view`, `aws configure`).
    pub stays: bool,
    /// Which words or flags made it so, for `guard explain`; `'static` rows of the rule table, no allocation on reads.
    pub because: Vec<&'static str>,
}

impl Default for Verdict {
    /// Nothing is known.
    fn default() -> Verdict {
        Verdict::of(Effect::Unknown)
    }
}

impl Verdict {
    pub(in crate::engine) const fn of(effect: Effect) -> Verdict {
        Verdict { effect, content: false, completion: false, stays: false, because: Vec::new() }
    }

    pub(in crate::engine) fn why(effect: Effect, because: &'static str) -> Verdict {
        Verdict { because: vec![because], ..Verdict::of(effect) }
    }

    /// Raises the effect (never lowers it) and remembers why.
    pub(in crate::engine) fn raise(&mut self, effect: Effect, because: &'static str) {
        self.effect = self.effect.max(effect);
        if !self.because.contains(&because) {
            self.because.push(because);
        }
    }

    /// The worse of two readings of the same words.
    pub(in crate::engine) fn or_worse(self, other: Verdict) -> Verdict {
        let content = self.content || other.content;
        let stays = self.stays && other.stays;
        let mut worse = if other.effect > self.effect { other } else { self };
        worse.content = content;
        worse.stays = stays;
        worse.completion = false;
        worse
    }
}
