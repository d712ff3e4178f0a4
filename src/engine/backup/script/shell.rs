//! The commands of a shell script as far as its own words tell: quotes taken off, variables put in where they are plain, what
//! goes into a file or a pipe. Not a shell: what depends on a run is marked, and nothing is ever run. Total.

use std::collections::{BTreeMap, BTreeSet};

/// Stands where something is put in that only a run knows: the output of a command, a variable nobody has set.
pub const VARIES: char = '\u{1}';
/// Behind that where it is one of several words, as a loop has them, or a word that the script is called with: names, more likely
/// than what a server is reached by.
pub const ITEM: char = '\u{2}';
/// Deeper than a script that anybody reads.
const DEEPEST: usize = 3;
/// More commands than a script that fits into the bound on its length does have.
const COMMANDS: usize = 2_000;
/// No value of a variable that is put in is longer.
const LONGEST_VALUE: usize = 4_096;

/// One command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// Its words.
    pub words: Vec<String>,
    /// Variables set for it alone.
    pub own: Vec<(String, String)>,
    /// The file its output goes to.
    pub out: Option<String>,
    /// Its output goes to the next command.
    pub piped: bool,
    /// Words of the commands it stands within: `su postgres -c`.
    pub outer: Vec<String>,
}

/// Values of variables.
pub type Values = BTreeMap<String, String>;

/// The commands of a text in their order. `values` are those of the environment, and afterwards those of the script too.
pub fn commands(text: &str, values: &mut Values) -> Vec<Command> {
    let mut all = Vec::new();
    let mut aside = Vec::new();
    Reader { values, all: &mut all, aside: &mut aside, assigned: BTreeSet::new(), depth: 0 }.read(text, &[]);
    all.append(&mut aside);
    all
}

/// What a value names that is read from a file: `$(cat FILE)` is a file's content.
pub fn file_of(value: &str) -> Option<&str> {
    value.strip_prefix(VARIES)?.strip_prefix('<')?.strip_suffix('>')
}

/// Whether a value is known without a run.
pub fn is_plain(value: &str) -> bool {
    !value.contains(VARIES)
}

/// Whether it begins with one of several names.
fn is_item(value: &str) -> bool {
    value.strip_prefix(VARIES).is_some_and(|rest| rest.starts_with(ITEM))
}

/// Whether what it begins with is not known at all: a name, or everything that a server is reached by.
pub fn is_unknown(value: &str) -> bool {
    value.starts_with(VARIES) && !is_item(value)
}

struct Reader<'a> {
    values: &'a mut Values,
    all: &'a mut Vec<Command>,
    /// Commands whose output is put in somewhere: no part of the pipes around them.
    aside: &'a mut Vec<Command>,
    /// Variables the script has set itself.
    assigned: BTreeSet<String>,
    depth: usize,
}

/// Words that only say when the command behind them runs.
const KEYWORDS: [&str; 14] =
    ["if", "then", "elif", "else", "fi", "do", "done", "while", "until", "esac", "time", "{", "}", "!"];

/// What the next word is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Word,
    Out,
    /// An input, or where messages go.
    Aside,
    /// The end of a text that stands in the script.
    Here,
}

impl Reader<'_> {
    fn read(&mut self, text: &str, outer: &[String]) {
        let chars: Vec<char> = text.chars().collect();
        let mut now = Command { outer: outer.to_vec(), ..Command::default() };
        let (mut word, mut next): (Option<String>, Next) = (None, Next::Word);
        let mut here: Option<String> = None;
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            let ahead = chars.get(at).copied();
            match c {
                '\\' => {
                    if let Some(c) = ahead.filter(|c| *c != '\n') {
                        word.get_or_insert_default().push(c);
                    }
                    at += 1;
                }
                '\'' => {
                    let end = position(&chars, at, '\'');
                    word.get_or_insert_default().extend(chars.get(at..end).unwrap_or_default());
                    at = end.saturating_add(1);
                }
                '"' => at = self.quoted(&chars, at, word.get_or_insert_default()),
                '$' | '`' => at = self.put_in(&chars, at - 1, word.get_or_insert_default()),
                '#' if word.is_none() => at = position(&chars, at, '\n'),
                '>' | '<' => {
                    // `2>` is where messages go.
                    let number =
                        word.as_deref().filter(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit()));
                    let messages = number.is_some_and(|n| n != "1");
                    if number.is_some() {
                        word = None;
                    }
                    self.end_word(&mut now, &mut word, &mut next, &mut here);
                    next = if c == '>' && !messages { Next::Out } else { Next::Aside };
                    if c == '<' && ahead == Some('<') {
                        // `<<<` is a word.
                        next = if chars.get(at + 1) == Some(&'<') { Next::Aside } else { Next::Here };
                    }
                    while chars.get(at).is_some_and(|c| matches!(c, '>' | '<' | '|' | '-')) {
                        at += 1;
                    }
                    if chars.get(at) == Some(&'&') {
                        next = Next::Aside;
                        at += 1;
                    }
                }
                ';' | '&' | '|' | '\n' | '(' | ')' => {
                    if c == '&' && ahead == Some('>') {
                        continue;
                    }
                    self.end_word(&mut now, &mut word, &mut next, &mut here);
                    next = Next::Word;
                    let twice = ahead == Some(c);
                    now.piped = c == '|' && !twice;
                    if twice && c != '\n' {
                        at += 1;
                    }
                    self.end_command(&mut now, outer);
                    if c == '\n'
                        && let Some(end) = here.take()
                    {
                        at = behind(&chars, at, &end);
                    }
                }
                c if c.is_whitespace() => self.end_word(&mut now, &mut word, &mut next, &mut here),
                c => word.get_or_insert_default().push(c),
            }
        }
        self.end_word(&mut now, &mut word, &mut next, &mut here);
        self.end_command(&mut now, outer);
    }

    fn end_word(
        &mut self,
        now: &mut Command,
        word: &mut Option<String>,
        next: &mut Next,
        here: &mut Option<String>,
    ) {
        let Some(word) = word.take() else { return };
        match std::mem::replace(next, Next::Word) {
            Next::Word => match assignment(&word) {
                Some((name, value)) if now.words.is_empty() => {
                    now.own.push((name.to_owned(), value.to_owned()))
                }
                _ if now.words.is_empty() && KEYWORDS.contains(&word.as_str()) => {}
                _ => now.words.push(word),
            },
            Next::Out => now.out = Some(word),
            Next::Aside => {}
            Next::Here => *here = Some(word),
        }
    }

    fn end_command(&mut self, now: &mut Command, outer: &[String]) {
        let done = std::mem::replace(now, Command { outer: outer.to_vec(), ..Command::default() });
        const DECLARES: [&str; 5] = ["export", "readonly", "local", "declare", "typeset"];
        let declares = done.words.first().is_some_and(|word| DECLARES.contains(&word.as_str()));
        if done.words.is_empty() || declares {
            let declared = done.words.iter().filter_map(|word| assignment(word));
            let declared = declared.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let all: Vec<(String, String)> = done.own.iter().cloned().chain(declared).collect();
            all.into_iter().for_each(|(name, value)| self.set(name, value));
        }
        // A loop's variable has another value each time.
        if let [first, name, ..] = done.words.as_slice()
            && matches!(first.as_str(), "for" | "read")
        {
            self.values.insert(name.clone(), [VARIES, ITEM].iter().collect());
        }
        if (done.words.is_empty() && done.out.is_none()) || self.all.len() + self.aside.len() >= COMMANDS {
            return;
        }
        // What is handed to another shell is a script of its own, whose output goes where that of the shell does.
        if self.depth < DEEPEST {
            for (i, word) in
                done.words.iter().enumerate().filter(|(_, word)| word.contains(char::is_whitespace))
            {
                let outer = outer.iter().chain(done.words.get(..i).unwrap_or_default());
                let outer: Vec<String> = outer.cloned().collect();
                let before = self.all.len();
                self.depth += 1;
                self.read(word, &outer);
                self.depth -= 1;
                if let Some(last) = self.all.get_mut(before..).and_then(<[Command]>::last_mut) {
                    last.piped |= last.out.is_none() && (done.piped || done.out.is_some());
                }
            }
        }
        self.all.push(done);
    }

    /// What a variable has by two assignments depends on the run.
    fn set(&mut self, name: String, mut value: String) {
        value.truncate(value.floor_char_boundary(LONGEST_VALUE));
        let differs = self.values.get(&name).is_some_and(|have| *have != value);
        if !self.assigned.insert(name.clone()) && differs {
            let is_name = |value: &str| {
                is_item(value) || (is_plain(value) && !value.contains("://") && !value.contains('='))
            };
            let names = is_name(&value) && self.values.get(&name).is_none_or(|have| is_name(have));
            value = if names { [VARIES, ITEM].iter().collect() } else { VARIES.to_string() };
        }
        self.values.insert(name, value);
    }

    /// Reads up to the closing quote; answers with the place behind it.
    fn quoted(&mut self, chars: &[char], mut at: usize, word: &mut String) -> usize {
        while let Some(&c) = chars.get(at) {
            at += 1;
            match c {
                '"' => break,
                '\\' => {
                    if let Some(&c) = chars.get(at) {
                        if !matches!(c, '"' | '\\' | '$' | '`' | '\n') {
                            word.push('\\');
                        }
                        if c != '\n' {
                            word.push(c);
                        }
                    }
                    at += 1;
                }
                '$' | '`' => at = self.put_in(chars, at - 1, word),
                c => word.push(c),
            }
        }
        at
    }

    /// Puts in what stands at a `$` or a backquote; answers with the place behind it.
    fn put_in(&mut self, chars: &[char], at: usize, word: &mut String) -> usize {
        let inside =
            |from: usize, to: usize| chars.get(from..to).unwrap_or_default().iter().collect::<String>();
        let rest = chars.get(at..).unwrap_or_default();
        let end = match rest {
            ['`', ..] => position(chars, at + 1, '`'),
            ['$', '(', ..] => closing(chars, at + 1, '(', ')'),
            ['$', '{', ..] => closing(chars, at + 1, '{', '}'),
            ['$', c, ..] if c.is_ascii_alphabetic() || *c == '_' => {
                let long =
                    rest.iter().skip(1).take_while(|c| c.is_ascii_alphanumeric() || **c == '_').count();
                self.value(&inside(at + 1, at + 1 + long), word);
                return at + 1 + long;
            }
            ['$', c, ..] if c.is_ascii_digit() || "@*#?$!-".contains(*c) => {
                word.extend([VARIES, ITEM]);
                return at + 2;
            }
            _ => {
                word.push('$');
                return at + 1;
            }
        };
        match rest {
            ['$', '{', ..] => self.value(&inside(at + 2, end), word),
            ['`', ..] => self.output(&inside(at + 1, end), word),
            _ => self.output(&inside(at + 2, end), word),
        }
        end.saturating_add(1)
    }

    /// The output of a command is not known; which it is, is.
    fn output(&mut self, inner: &str, word: &mut String) {
        word.push(VARIES);
        let mut words = inner.split_whitespace();
        let file = match (words.next(), words.next(), words.next()) {
            (Some("cat" | "<"), Some(file), None) => Some(file),
            (Some(file), None, None) => file.strip_prefix('<'),
            _ => None,
        };
        let file = file.map(|file| file.trim_matches(['"', '\'']));
        if let Some(file) = file.filter(|file| file.starts_with('/') && !file.contains(['$', '`', '*', '>']))
        {
            word.push('<');
            word.push_str(file);
            word.push('>');
        } else if self.depth < DEEPEST {
            let around = std::mem::take(self.all);
            self.depth += 1;
            self.read(inner, &[]);
            self.depth -= 1;
            let mut inner = std::mem::replace(self.all, around);
            self.aside.append(&mut inner);
        }
    }

    /// `NAME`, or what stands between the braces: `NAME:-else`.
    fn value(&mut self, inner: &str, word: &mut String) {
        let long = inner.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (name, rest) = inner.split_at_checked(long).unwrap_or((inner, ""));
        let known = self.values.get(name).cloned();
        let instead =
            rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-')).or_else(|| rest.strip_prefix(":="));
        match (known, instead) {
            (Some(value), Some(_)) if !value.is_empty() => word.push_str(&value),
            (_, Some(instead)) if self.depth < DEEPEST => {
                let chars: Vec<char> = instead.chars().collect();
                self.depth += 1;
                self.quoted(&chars, 0, word);
                self.depth -= 1;
            }
            (Some(value), None) if rest.is_empty() => word.push_str(&value),
            _ => word.push(VARIES),
        }
        word.truncate(word.floor_char_boundary(LONGEST_VALUE));
    }
}

/// `NAME=VALUE`.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (starts && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')).then_some((name, value))
}

fn position(chars: &[char], from: usize, what: char) -> usize {
    let found = chars.iter().skip(from).position(|c| *c == what);
    found.map_or(chars.len(), |n| from.saturating_add(n))
}

/// Where the bracket that opens at `at` is closed.
fn closing(chars: &[char], at: usize, opens: char, closes: char) -> usize {
    let mut open = 0_usize;
    for (i, c) in chars.iter().enumerate().skip(at) {
        if *c == opens {
            open += 1;
        } else if *c == closes {
            open = open.saturating_sub(1);
            if open == 0 {
                return i;
            }
        }
    }
    chars.len()
}

/// The place behind a text that ends with this line.
fn behind(chars: &[char], mut at: usize, end: &str) -> usize {
    while at < chars.len() {
        let to = position(chars, at, '\n');
        let line: String = chars.get(at..to).unwrap_or_default().iter().collect();
        at = to.saturating_add(1);
        if line.trim_start_matches('\t') == end {
            break;
        }
    }
    at.min(chars.len())
}

#[cfg(test)]
mod tests;
