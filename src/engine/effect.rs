//! What a command does, judged from its words alone: a floor that facts from the live system may raise or lower.

use std::fmt;

/// The effect of a command. The order is the order of severity used when several parts are put together:
/// `Unknown` stands between what passes and what asks, so that a known disruption next to an unknown word stays one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Effect {
    /// Nothing changes.
    Read = 0,
    /// Something changes; nothing stops and nothing is lost.
    Mutate = 1,
    /// Cannot be told: a plugin, an unparsable line. Policy says how it is treated.
    Unknown = 2,
    /// Something stops or goes away; its data stays.
    Disrupt = 3,
    /// Data, or the only record of it, goes.
    Destroy = 4,
}

impl Effect {
    /// All effects, mildest first.
    pub const ALL: [Effect; 5] =
        [Effect::Read, Effect::Mutate, Effect::Unknown, Effect::Disrupt, Effect::Destroy];

    /// The word used in output, policy files and audit records.
    pub const fn word(self) -> &'static str {
        match self {
            Effect::Read => "read",
            Effect::Mutate => "mutate",
            Effect::Unknown => "unknown",
            Effect::Disrupt => "disrupt",
            Effect::Destroy => "destroy",
        }
    }

    /// The effect with this word.
    pub fn from_word(word: &str) -> Option<Effect> {
        Effect::ALL.into_iter().find(|e| e.word() == word)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
