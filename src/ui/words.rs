//! The command as it will run, for eyes: one line, escaped, words quoted where blanks would mislead.

use crate::engine::escape::escape;

/// A command line that is safe to show. Made from the raw words; secrets are replaced by the caller before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    words: Vec<String>,
}

impl CommandLine {
    /// Escapes and quotes the words.
    pub fn of<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> CommandLine {
        CommandLine { words: words.into_iter().map(|w| quoted(w.as_ref())).collect() }
    }

    /// The words, each as shown.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

impl std::fmt::Display for CommandLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words.join(" "))
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
}
