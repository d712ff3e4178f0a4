//! Names of packages as people write them: with a sign that says what to do, an architecture, a version, a release, or as
//! a pattern.

use crate::engine::packages::tables::apt::NAMED_WITH_PLUS;

/// What a sign behind a package's name asks for, whatever the command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// None: what the command says.
    None,
    /// `P+`: install it.
    Plus,
    /// `P-`: remove it.
    Minus,
    /// `P_` (aptitude): purge it.
    Underscore,
    /// `P+M`, `P&M` (aptitude): mark it as installed automatically. It goes at once when nothing needs it.
    Automatic,
    /// `P=`, `P:`, `P&m`, `P&BD` (aptitude): a mark, nothing goes.
    Mark,
}

/// Takes apt's sign off a word (`VersionContainerInterface::FromModifierCommandLine` in `apt-pkg/cacheset.cc`).
///
/// A package whose own name ends in the sign is meant before the sign is. Words cannot tell whether there is one: where
/// the name of a real package is known to end so, or where the word is a pattern, a plus counts for nothing.
pub fn sign(word: &[u8]) -> (Sign, &[u8]) {
    match word {
        [name @ .., b'-'] if !name.is_empty() => (Sign::Minus, name),
        [name @ .., b'+'] if is_plain(name) && !name.ends_with(b"+") && !named_with_plus(word) => {
            (Sign::Plus, name)
        }
        word => (Sign::None, word),
    }
}

fn named_with_plus(word: &[u8]) -> bool {
    let name = word.split(|b| matches!(b, b':' | b'=' | b'/')).next().unwrap_or(word);
    NAMED_WITH_PLUS.iter().any(|p| p.is(name))
}

/// Whether a word is a package's name, perhaps with architecture, version or release, and no pattern.
pub fn is_plain(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_alphanumeric)
        && word.iter().all(|b| b.is_ascii_alphanumeric() || b"+-._:=/~".contains(b))
        && !word.contains(&b'^')
}

/// The bare name: without architecture, version and release.
pub fn name(word: &[u8]) -> &[u8] {
    word.split(|b| matches!(b, b':' | b'=' | b'/')).next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_is_taken_off_unless_it_may_be_the_name() {
        for (word, want) in [
            ("nano", (Sign::None, "nano")),
            ("nano-", (Sign::Minus, "nano")),
            ("nano+", (Sign::Plus, "nano")),
            ("nano=7.2-1-", (Sign::Minus, "nano=7.2-1")),
            ("nano:i386+", (Sign::Plus, "nano:i386")),
            ("g++", (Sign::None, "g++")),
            ("g++-", (Sign::Minus, "g++")),
            ("memtest86+", (Sign::None, "memtest86+")),
            ("^postgresql-15$-", (Sign::Minus, "^postgresql-15$")),
            ("postgres.+", (Sign::Plus, "postgres.")),
            ("postgres.*+", (Sign::None, "postgres.*+")),
            ("?name(x)+", (Sign::None, "?name(x)+")),
            ("-", (Sign::None, "-")),
            ("+", (Sign::None, "+")),
            ("", (Sign::None, "")),
        ] {
            let (sign, name) = sign(word.as_bytes());
            assert_eq!((sign, name), (want.0, want.1.as_bytes()), "{word}");
        }
    }

    #[test]
    fn names_lose_what_is_not_the_name() {
        for (word, want) in [("p:amd64", "p"), ("p=1.0", "p"), ("p/stable", "p"), ("p", "p"), ("", "")] {
            assert_eq!(name(word.as_bytes()), want.as_bytes());
        }
    }
}
