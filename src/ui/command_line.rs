//! The command as it will run, for eyes: one line, escaped, words quoted where blanks would mislead.

use crate::engine::escape::escape;
use crate::engine::human::counted;

/// A command line that is safe to show. Made from the raw words; secrets are replaced by the caller before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    words: Vec<String>,
    /// How many more words there are: of a line that long nobody reads each.
    beyond: usize,
}

impl CommandLine {
    /// Escapes and quotes the words.
    pub fn of<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> CommandLine {
        const MOST: usize = 2048;
        let mut rest = words.into_iter();
        let words = rest.by_ref().take(MOST).map(|w| quoted(w.as_ref())).collect();
        CommandLine { words, beyond: rest.count() }
    }

    /// How many words stand behind [`CommandLine::words`].
    pub fn beyond(&self) -> u64 {
        self.beyond as u64
    }

    /// One line of it that fits on a screen or two: long words are cut, and words left out are counted.
    pub fn brief(&self) -> String {
        const LONGEST: usize = 1024;
        const LONGEST_WORD: usize = 240;
        let mut out = String::new();
        for (at, word) in self.words.iter().enumerate() {
            if out.len() > LONGEST {
                out.push_str(&and_more(self.words.len() - at + self.beyond));
                return out;
            }
            if at > 0 {
                out.push(' ');
            }
            match word.char_indices().nth(LONGEST_WORD).and_then(|(end, _)| word.get(..end)) {
                Some(head) => {
                    out.push_str(head);
                    out.push_str("[cut]");
                }
                None => out.push_str(word),
            }
        }
        out.push_str(&and_more(self.beyond));
        out
    }

    /// The words, each as shown.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

impl std::fmt::Display for CommandLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.words.join(" "), and_more(self.beyond))
    }
}

fn and_more(words: usize) -> String {
    match words as u64 {
        0 => String::new(),
        more => format!(" and {}", counted(more, "more word")),
    }
}

fn quoted(word: &[u8]) -> String {
    let bare = |b: &u8| b.is_ascii_alphanumeric() || b"_@%+=:,./-[]~^".contains(b) || *b >= 0x80;
    let shown = escape(word);
    if !word.is_empty() && word.iter().all(bare) {
        shown
    } else {
        format!("'{}'", shown.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_and_escaped() {
        let line = |words: &[&str]| CommandLine::of(words).to_string();
        assert_eq!(line(&["kubectl", "delete", "ns", "shop"]), "kubectl delete ns shop");
        assert_eq!(line(&["-l", "a in (b, c)", ""]), "-l 'a in (b, c)' ''");
        assert_eq!(line(&["it's"]), r"'it'\''s'");
        assert_eq!(line(&["a\x1b[2J", "b;c"]), "'a\\u{1b}[2J' 'b;c'");
        assert_eq!(line(&["größe"]), "größe");
    }

    #[test]
    fn a_line_for_a_notice_is_short_however_long_the_command_is() {
        let line = CommandLine::of(["kubectl", "delete", "cm", "a"]);
        assert_eq!(line.brief(), line.to_string());
        let many = CommandLine::of((0..10_000).map(|n| format!("name-{n}"))).brief();
        assert!(many.len() < 2048 && many.ends_with(" more words"), "{}", many.len());
        let long = CommandLine::of(["x".repeat(100_000)]).brief();
        assert!(long.len() < 512 && long.ends_with("[cut]"), "{}", long.len());
    }
}
