//! The phrase a person has to type: the target's own name.

/// What is asked, and what answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The exact text that answers a typed question and that `GUARD_CONFIRM` must equal.
    pub phrase: String,
    /// The kind of thing to type, as the question names it: `cluster/namespace`, `cluster`.
    pub kind: &'static str,
}

impl Challenge {
    /// Whether an answer matches: byte for byte, after one trailing newline is removed.
    pub fn accepts(&self, answer: &[u8]) -> bool {
        answer.strip_suffix(b"\n").unwrap_or(answer) == self.phrase.as_bytes()
    }
}
