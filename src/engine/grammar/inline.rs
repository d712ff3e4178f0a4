//! Short names kept inside the rows of a table. A `&str` would be one pointer each, and every pointer in a table is a
//! relocation that the start of a position-independent program pays for.

use std::fmt;

/// A name of at most `N` bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Inline<const N: usize>([u8; N]);

/// Makes a name at compile time; one that is too long does not compile.
pub const fn inline<const N: usize>(text: &str) -> Inline<N> {
    let (from, mut into, mut at) = (text.as_bytes(), [0; N], 0);
    while at < from.len() {
        into[at] = from[at];
        at += 1;
    }
    Inline(into)
}

impl<const N: usize> Inline<N> {
    /// The name's bytes.
    pub fn bytes(&self) -> &[u8] {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(N);
        self.0.get(..end).unwrap_or(&[])
    }

    /// Whether this is the name.
    pub fn is(&self, word: &[u8]) -> bool {
        // Most rows differ in the first byte.
        self.0.first() == Some(word.first().unwrap_or(&0)) && self.bytes() == word
    }
}

impl<const N: usize> fmt::Debug for Inline<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self.bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_itself() {
        const NAME: Inline<8> = inline("purge");
        assert_eq!(NAME.bytes(), b"purge");
        for (word, want) in
            [(&b"purge"[..], true), (b"purg", false), (b"purged", false), (b"", false), (b"purge\0", false)]
        {
            assert_eq!(NAME.is(word), want, "{word:?}");
        }
        const NONE: Inline<8> = inline("");
        assert!(NONE.is(b""));
        const FULL: Inline<5> = inline("purge");
        assert!(FULL.is(b"purge"));
    }
}
