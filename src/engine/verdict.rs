//! What the words of one command say: the answer of every family's classification.

use super::effect::Effect;

/// Whether a command goes to a cluster or an account at all, the likelier to first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goes {
    /// As far as the words tell.
    #[default]
    Out,
    /// It changes files of this machine that later ones go by (`kubectl config use-context`, `aws configure`).
    Switches,
    /// It is about files of this machine, prints help, or the tool refuses the words.
    Nowhere,
}

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
    /// Whether it goes to a place at all.
    pub goes: Goes,
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
        Verdict { effect, content: false, completion: false, goes: Goes::Out, because: Vec::new() }
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
    pub fn or_worse(self, other: Verdict) -> Verdict {
        let content = self.content || other.content;
        let goes = self.goes.min(other.goes);
        let mut worse = if other.effect > self.effect { other } else { self };
        worse.content = content;
        worse.goes = goes;
        worse.completion = false;
        worse
    }
}
