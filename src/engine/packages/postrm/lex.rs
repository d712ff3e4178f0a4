//! The words of a shell script, as far as a removal script needs them: quotes, continued lines, comments, here
//! documents and redirections go; what is left are words and the signs between commands (POSIX.1-2017, XCU 2.3).

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands.
    Text(String),
    /// A variable: what stands between `${` and `}`, or the name behind `$`.
    Variable(String),
    /// The command of `$( … )` or of backquotes.
    Command(String),
}

/// A word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Its pieces.
    pub parts: Vec<Part>,
    /// A variable or command stands in it outside quotes: blanks in the value end the word.
    pub splits: bool,
    /// Some of it is quoted.
    pub quoted: bool,
}

impl Word {
    /// The word when it is plain text without quotes: what a keyword must be.
    pub fn bare(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] if !self.quoted => Some(text),
            _ => None,
        }
    }

    fn push(&mut self, c: char) {
        match self.parts.last_mut() {
            Some(Part::Text(text)) => text.push(c),
            _ => self.parts.push(Part::Text(c.to_string())),
        }
    }

    fn is_empty(&self) -> bool {
        self.parts.is_empty() && !self.quoted
    }
}

/// What a script is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A word.
    Word(Word),
    /// The end of a list of commands: a new line, `;`, `&`.
    End,
    /// `;;` and its kin.
    EndCase,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
    /// `>file`, which empties a file that is there. Any other redirection leaves no token.
    Into(Word),
    /// `(`
    Open,
    /// `)`
    Close,
}

/// Takes a script apart. Never fails: what is not understood ends up in a word.
pub fn tokens(script: &str) -> Vec<Token> {
    let chars: Vec<char> = script.replace("\r\n", "\n").chars().collect();
    let mut lexer =
        Lexer { chars, at: 0, out: Vec::new(), word: Word::default(), here: Vec::new(), test: false };
    lexer.run();
    lexer.out
}

/// A text between double quotes, as the one word it is.
pub fn quoted(text: &str) -> Word {
    let chars = text.chars().collect();
    let mut lexer =
        Lexer { chars, at: 0, out: Vec::new(), word: Word::default(), here: Vec::new(), test: false };
    lexer.double();
    lexer.word
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    out: Vec<Token>,
    word: Word,
    /// The ends of here documents that begin on the next line.
    here: Vec<String>,
    /// Inside `[[ … ]]`, where the signs between commands are words.
    test: bool,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        Some(c)
    }

    fn flush(&mut self) {
        if !self.word.is_empty() {
            let word = std::mem::take(&mut self.word);
            self.test = match word.bare() {
                Some("[[") => self.test || self.at_command(),
                Some("]]") => false,
                _ => self.test,
            };
            self.out.push(Token::Word(word));
        }
    }

    /// Whether the next word is the first of a command.
    fn at_command(&self) -> bool {
        match self.out.last() {
            Some(Token::Word(word)) => matches!(
                word.bare(),
                Some("if" | "elif" | "while" | "until" | "then" | "else" | "do" | "{" | "!" | "time")
            ),
            Some(Token::Into(_)) => false,
            _ => true,
        }
    }

    /// One or two signs as a word of `[[ … ]]`.
    fn sign_word(&mut self, c: char) {
        self.flush();
        let mut text = c.to_string();
        if (c == '&' || c == '|') && self.peek(0) == Some(c) {
            self.at += 1;
            text.push(c);
        }
        self.out.push(Token::Word(Word { parts: vec![Part::Text(text)], ..Word::default() }));
    }

    /// Whether a line that ends here goes on with the same `[[ … ]]`.
    fn goes_on(&self) -> bool {
        let last = match self.out.last() {
            Some(Token::Word(word)) => word.bare(),
            _ => None,
        };
        self.test && matches!(last, Some("&&" | "||" | "[[" | "("))
    }

    fn sign(&mut self, token: Token) {
        self.flush();
        self.out.push(token);
    }

    fn run(&mut self) {
        while let Some(c) = self.next() {
            match c {
                '#' if self.word.is_empty() => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                '\n' => {
                    self.flush();
                    if self.goes_on() {
                        continue;
                    }
                    self.test = false;
                    self.sign(Token::End);
                    self.skip_here_documents();
                }
                ' ' | '\t' | '\r' => self.flush(),
                '&' | '|' | '(' | ')' | '<' | '>' if self.test && self.word.bare() != Some("]]") => {
                    self.sign_word(c);
                }
                ';' if self.peek(0) == Some(';') => {
                    self.at += 1;
                    if self.peek(0) == Some('&') {
                        self.at += 1;
                    }
                    self.sign(Token::EndCase);
                }
                ';' => {
                    self.sign(Token::End);
                    self.test = false;
                }
                '&' if self.peek(0) == Some('&') => {
                    self.at += 1;
                    self.sign(Token::And);
                }
                // `&>file`
                '&' if self.peek(0) == Some('>') => {
                    self.flush();
                    self.redirect();
                }
                '&' => self.sign(Token::End),
                '|' if self.peek(0) == Some('|') => {
                    self.at += 1;
                    self.sign(Token::Or);
                }
                '|' => self.sign(Token::Pipe),
                '(' => self.sign(Token::Open),
                ')' => self.sign(Token::Close),
                '<' | '>' => {
                    self.at -= 1;
                    // The number in front of a redirection is a part of it.
                    if self.word.bare().is_some_and(|w| w.bytes().all(|b| b.is_ascii_digit())) {
                        self.word = Word::default();
                    }
                    self.flush();
                    self.redirect();
                }
                c => self.one(c),
            }
        }
        self.flush();
    }

    /// One piece of a word, `c` its first character.
    fn one(&mut self, c: char) {
        match c {
            '\'' => {
                self.word.quoted = true;
                while let Some(c) = self.next().filter(|c| *c != '\'') {
                    self.word.push(c);
                }
            }
            '"' => {
                self.word.quoted = true;
                self.double();
            }
            '\\' if self.peek(0) == Some('\n') => self.at += 1,
            '\\' => {
                self.word.quoted = true;
                if let Some(c) = self.next() {
                    self.word.push(c);
                }
            }
            '$' | '`' => {
                self.word.splits = true;
                self.value(c);
            }
            c => self.word.push(c),
        }
    }

    fn double(&mut self) {
        while let Some(c) = self.next() {
            match c {
                '"' => break,
                '\\' if self.peek(0) == Some('\n') => self.at += 1,
                '\\' if self.peek(0).is_some_and(|c| "\\\"$`".contains(c)) => {
                    if let Some(c) = self.next() {
                        self.word.push(c);
                    }
                }
                '$' | '`' => self.value(c),
                c => self.word.push(c),
            }
        }
    }

    /// What `$` or a backquote begins.
    fn value(&mut self, c: char) {
        if c == '`' {
            let inner = self.until('`', None);
            self.word.parts.push(Part::Command(inner));
            return;
        }
        match self.peek(0) {
            Some('(') if self.peek(1) == Some('(') => {
                self.at += 2;
                self.until(')', Some('('));
                if self.peek(0) == Some(')') {
                    self.at += 1;
                }
                // A sum: nothing that names a path.
                self.word.parts.push(Part::Command(String::new()));
            }
            Some('(') => {
                self.at += 1;
                let inner = self.until(')', Some('('));
                self.word.parts.push(Part::Command(inner));
            }
            Some('{') => {
                self.at += 1;
                let inner = self.until('}', Some('{'));
                self.word.parts.push(Part::Variable(inner));
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let mut name = String::new();
                while let Some(c) = self.peek(0).filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(c);
                    self.at += 1;
                }
                self.word.parts.push(Part::Variable(name));
            }
            Some(c) if c.is_ascii_digit() || "@*#?$!-".contains(c) => {
                self.at += 1;
                self.word.parts.push(Part::Variable(c.to_string()));
            }
            _ => self.word.push('$'),
        }
    }

    /// Everything up to `end`, quotes and nested pairs skipped.
    fn until(&mut self, end: char, open: Option<char>) -> String {
        let (mut depth, mut out) = (0_usize, String::new());
        let mut quote = None;
        while let Some(c) = self.next() {
            match quote {
                Some(q) if c == q => quote = None,
                Some(_) => {}
                None if c == end && depth == 0 => break,
                None if c == end => depth -= 1,
                None if Some(c) == open => depth += 1,
                None if c == '\'' || c == '"' => quote = Some(c),
                None => {}
            }
            out.push(c);
            if c == '\\'
                && quote != Some('\'')
                && let Some(c) = self.next()
            {
                out.push(c);
            }
        }
        out
    }

    /// A redirection with its word; the end of a here document is noted.
    fn redirect(&mut self) {
        let start = self.at;
        while self.peek(0).is_some_and(|c| "<>&|-".contains(c)) && self.at - start < 3 {
            self.at += 1;
        }
        let sign: String = self.chars.get(start..self.at).unwrap_or_default().iter().collect();
        while self.peek(0).is_some_and(|c| c == ' ' || c == '\t') {
            self.at += 1;
        }
        let before = std::mem::take(&mut self.word);
        while let Some(c) = self.peek(0).filter(|c| !" \t\r\n;&|()<>".contains(*c)) {
            self.at += 1;
            self.one(c);
        }
        let target = std::mem::replace(&mut self.word, before);
        if (sign == ">" || sign == ">|") && !target.is_empty() {
            self.out.push(Token::Into(target.clone()));
        }
        if sign == "<<" || sign == "<<-" {
            let end = target.parts.iter().map(|p| match p {
                Part::Text(t) | Part::Variable(t) | Part::Command(t) => t.as_str(),
            });
            self.here.push(end.collect());
        }
    }

    fn skip_here_documents(&mut self) {
        for end in std::mem::take(&mut self.here) {
            while self.at < self.chars.len() {
                let rest = self.chars.get(self.at..).unwrap_or_default();
                let line: String = rest.iter().take_while(|c| **c != '\n').collect();
                self.at += line.chars().count() + 1;
                if line.trim_start_matches('\t') == end {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(script: &str) -> String {
        let part = |p: &Part| match p {
            Part::Text(t) => t.clone(),
            Part::Variable(v) => format!("${{{v}}}"),
            Part::Command(c) => format!("$({c})"),
        };
        let token = |t: &Token| match t {
            Token::Word(w) => format!("<{}>", w.parts.iter().map(part).collect::<String>()),
            Token::End => ";".to_owned(),
            Token::EndCase => ";;".to_owned(),
            Token::And => "&&".to_owned(),
            Token::Or => "||".to_owned(),
            Token::Pipe => "|".to_owned(),
            Token::Into(w) => format!(">{}", w.parts.iter().map(part).collect::<String>()),
            Token::Open => "(".to_owned(),
            Token::Close => ")".to_owned(),
        };
        tokens(script).iter().map(token).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn scripts_are_taken_apart() {
        for (script, want) in [
            ("rm -rf /var/lib/x # all", "<rm> <-rf> </var/lib/x>"),
            ("rm -rf /a \\\n  /b\n", "<rm> <-rf> </a> </b> ;"),
            ("a=\"$B/c d\" && x", "<a=${B}/c d> && <x>"),
            ("rm 'a b'\"c\"d\\ e", "<rm> <a bcd e>"),
            ("x 2>/dev/null >&2 || true", "<x> >/dev/null || <true>"),
            ("x > \"$f\" y", "<x> >${f} <y>"),
            ("x >>f 2>&1 <g; : >|h", "<x> ; <:> >h"),
            ("x &>/dev/null; y", "<x> >/dev/null ; <y>"),
            ("f() { rm $(readlink -f \"$P\") ; }", "<f> ( ) <{> <rm> <$(readlink -f \"$P\")> ; <}>"),
            ("case $1 in a|b) x;; esac", "<case> <${1}> <in> <a> | <b> ) <x> ;; <esac>"),
            ("cat <<EOF >f\nrm -rf /\nEOF\ny", "<cat> >f ; <y>"),
            ("cat <<-'E'\n\trm\n\tE\ny", "<cat> ; <y>"),
            ("n=$((1 + (2))) x", "<n=$()> <x>"),
            ("${V:-a b}${W##*-}", "<${V:-a b}${W##*-}>"),
            ("echo a#b '#' `cmd x`", "<echo> <a#b> <#> <$(cmd x)>"),
            ("echo $", "<echo> <$>"),
            ("[[ -d /x && a > b ]] && y", "<[[> <-d> </x> <&&> <a> <>> <b> <]]> && <y>"),
            (
                "if [[ a =~ ^(b|c)$ ||\n d ]]; then",
                "<if> <[[> <a> <=~> <^> <(> <b> <|> <c> <)> <$> <||> <d> <]]> ; <then>",
            ),
            ("([[ a ]]&&y)", "( <[[> <a> <]]> && <y> )"),
            ("echo [[ && y", "<echo> <[[> && <y>"),
            ("[[ a\nx && y", "<[[> <a> ; <x> && <y>"),
        ] {
            assert_eq!(shown(script), want, "{script}");
        }
    }

    #[test]
    fn nothing_makes_it_fail() {
        for script in ["'", "\"", "$(", "${", "`", "<<", "<<X\n", "\\", ">", "((", "$((", ";;&", "#"] {
            tokens(script);
            quoted(script);
        }
    }
}
