//! The command line as libapt reads it (`CommandLine::Parse` and `HandleOpt` in `apt-pkg/contrib/cmndline.cc`): options
//! anywhere, a sense before the name (`--no-x`, `--off-x`), after it (`--x=no`, `-x0`) or as the next word (`-x off`),
//! letters joined, and every option a setting of which the last one counts.

use crate::engine::packages::tables::apt::{
    COMMANDS, Command, Group, KEYS, Key, NONE, OPTIONS, Opt, Programs, Takes,
};

/// How options are read that no table knows: a newer apt may have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// They are on or off.
    Switch,
    /// They take a value: the rest of the word, or the next word.
    Value,
}

/// What a setting was set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// By a switch.
    Sense(bool),
    /// By a level.
    Level(i64),
    /// By `-o`, or an option with a value.
    Text(&'a [u8]),
}

/// One setting, in the order given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting<'a> {
    /// What is set.
    pub key: Key,
    /// Its name when it was given by `-o`.
    pub name: Option<&'a [u8]>,
    /// Set to this.
    pub value: Value<'a>,
    /// The word that set it.
    pub at: usize,
    /// The word that held the value, when it was one of its own.
    pub value_at: Option<usize>,
}

/// The words, read.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// The command that decides which options exist: the first word that is the name of one.
    pub context: Option<&'static Command>,
    /// The words that are no options; the first is the command that runs.
    pub args: Vec<(usize, &'a [u8])>,
    /// Every setting in order.
    pub settings: Vec<Setting<'a>>,
    /// The words that name configuration files, in order.
    pub files: Vec<Setting<'a>>,
    /// Where `--` stands; what follows is no option.
    pub dash: Option<usize>,
    /// Options that are not known here. apt refuses the whole call when it does not know them either.
    pub unknown: Vec<usize>,
    /// Words apt refuses: a value or sense that is missing or makes no sense.
    pub refused: bool,
}

/// Reads the words after the program's name.
pub fn read<'a>(program: Programs, words: &[&'a [u8]], unknown: Unknown) -> Line<'a> {
    let context = context(program, words);
    let mut line = Line {
        context,
        args: Vec::new(),
        settings: Vec::new(),
        files: Vec::new(),
        dash: None,
        unknown: Vec::new(),
        refused: false,
    };
    let group = context.map_or(NONE, |command| command.group);
    let mut at = 0;
    while let Some(word) = words.get(at).copied() {
        at = match word {
            b"--" => {
                line.dash = Some(at);
                let rest = words.iter().enumerate().skip(at + 1);
                line.args.extend(rest.map(|(i, w)| (i, *w)));
                break;
            }
            [b'-', b'-', body @ ..] => line.long(group, words, at, body, unknown),
            [b'-', letters @ ..] => line.shorts(group, words, at, letters, unknown),
            _ => {
                line.args.push((at, word));
                at
            }
        } + 1;
    }
    line
}

/// The command of this program with this name.
pub fn command(program: Programs, name: &[u8]) -> Option<&'static Command> {
    COMMANDS.iter().find(|c| c.of & program != 0 && c.name.is(name))
}

/// `CommandLine::GetCommand`: before `--` any word may be the command; without one before it, the word right after.
fn context(program: Programs, words: &[&[u8]]) -> Option<&'static Command> {
    match words.iter().position(|w| *w == b"--") {
        Some(dash) => {
            let after = words.get(dash + 1);
            words.iter().take(dash).chain(after).find_map(|w| command(program, w))
        }
        None => words.iter().filter(|w| !w.starts_with(b"-")).find_map(|w| command(program, w)),
    }
}

impl<'a> Line<'a> {
    /// The command that runs: the first word that is no option.
    pub fn command(&self, program: Programs) -> Option<&'static Command> {
        self.args.first().and_then(|(_, name)| command(program, name))
    }

    /// The words after the command.
    pub fn operands(&self) -> &[(usize, &'a [u8])] {
        self.args.get(1..).unwrap_or(&[])
    }

    /// The last value of a setting.
    pub fn last(&self, key: Key) -> Option<&Setting<'a>> {
        self.settings.iter().rev().find(|s| s.key == key)
    }

    /// What a setting ends up as, as far as the words say (`Configuration::FindB`: text that is no boolean word, or
    /// empty, leaves the default).
    pub fn sense(&self, key: Key) -> Option<bool> {
        match self.last(key)?.value {
            Value::Sense(on) => Some(on),
            Value::Level(level) => Some(level != 0),
            Value::Text(b"") => None,
            Value::Text(text) => boolean(text),
        }
    }

    /// Whether the words turn it on, a configuration file named later aside.
    pub fn on(&self, key: Key) -> bool {
        self.sense(key) == Some(true)
    }

    /// Whether the words set it so, and no configuration file named after them can say otherwise.
    pub fn surely(&self, key: Key, sense: bool) -> bool {
        let last = self.last(key);
        let undone = self.files.last().is_some_and(|file| last.is_some_and(|set| set.at < file.at));
        self.sense(key) == Some(sense) && !undone
    }

    /// The output level the words ask for. From two on apt answers its own questions with yes.
    pub fn quiet(&self) -> i64 {
        match self.last(Key::Quiet).map(|s| s.value) {
            Some(Value::Level(level)) => level,
            Some(Value::Text(text)) => integer(text).unwrap_or(0),
            Some(Value::Sense(_)) | None => 0,
        }
    }

    /// `--name`, `--name=value`, `--sense-name`; answers with the index of the last word used.
    fn long(
        &mut self,
        group: Group,
        words: &[&'a [u8]],
        at: usize,
        body: &'a [u8],
        unknown: Unknown,
    ) -> usize {
        let split = body.iter().position(|b| *b == b'=');
        let name = split.and_then(|s| body.get(..s)).unwrap_or(body);
        let attached = split.and_then(|s| body.get(s + 1..));
        let rest = match attached {
            Some(value) => Rest::Value(value),
            None => Rest::Ends,
        };
        if let Some(opt) = by_long(group, name) {
            return self.give(opt, None, words, at, rest).0;
        }
        // The part before the first dash may be a sense; what follows a name, or a letter.
        let dash = name.iter().position(|b| *b == b'-');
        let (before, name) = match dash.and_then(|d| Some((name.get(..d)?, name.get(d + 1..)?))) {
            Some(parts) => parts,
            None => return self.strange(words, at, attached.is_some(), unknown),
        };
        let opt = by_long(group, name).or_else(|| match name {
            [letter] => by_short(group, *letter),
            _ => None,
        });
        match opt {
            Some(opt) if opt.takes == Takes::Bool => self.give(opt, Some(before), words, at, rest).0,
            Some(_) => {
                self.refused = true;
                at
            }
            None => self.strange(words, at, attached.is_some(), unknown),
        }
    }

    /// `-x`, `-xyz`, `-xVALUE`, `-x=VALUE`; answers with the index of the last word used.
    fn shorts(
        &mut self,
        group: Group,
        words: &[&'a [u8]],
        at: usize,
        letters: &'a [u8],
        unknown: Unknown,
    ) -> usize {
        let mut rest = letters;
        while let [letter, after @ ..] = rest {
            let Some(opt) = by_short(group, *letter) else {
                if unknown == Unknown::Value {
                    return self.strange(words, at, !after.is_empty(), unknown);
                }
                self.strange(words, at, true, unknown);
                rest = after;
                continue;
            };
            let (last, used) = match after {
                [] => self.give(opt, None, words, at, Rest::Ends),
                [b'=', value @ ..] => self.give(opt, None, words, at, Rest::Value(value)),
                after => self.give(opt, None, words, at, Rest::Joined(after)),
            };
            if used {
                return last;
            }
            rest = after;
        }
        at
    }

    /// An option nobody knows.
    fn strange(&mut self, words: &[&'a [u8]], at: usize, attached: bool, unknown: Unknown) -> usize {
        if self.unknown.last() != Some(&at) {
            self.unknown.push(at);
        }
        let eats = unknown == Unknown::Value
            && !attached
            && words.get(at + 1).is_some_and(|next| !next.starts_with(b"-"));
        if eats { at + 1 } else { at }
    }

    /// Takes the option's value and records the setting. The second part of the answer is true when the rest of the
    /// word, or the next word, was used.
    fn give(
        &mut self,
        opt: &'static Opt,
        before: Option<&'a [u8]>,
        words: &[&'a [u8]],
        at: usize,
        rest: Rest<'a>,
    ) -> (usize, bool) {
        let (argument, certain, next) = match rest {
            Rest::Value(value) => (Some(value), true, None),
            Rest::Joined(value) => (Some(value), false, None),
            Rest::Ends => {
                let next = words.get(at + 1).copied().filter(|next| !next.starts_with(b"-"));
                (next, false, next.map(|_| at + 1))
            }
        };
        let set = |value, value_at| Setting { key: opt.key, name: None, value, at, value_at };
        match opt.takes {
            Takes::Value | Takes::File | Takes::Item => {
                let Some(text) = argument else {
                    self.refused = true;
                    return (at, true);
                };
                let setting = set(Value::Text(text), next);
                match opt.takes {
                    Takes::File => self.files.push(setting),
                    Takes::Item => self.item(text, setting),
                    _ => self.settings.push(setting),
                }
                (next.unwrap_or(at), true)
            }
            Takes::Level => {
                let number = argument.and_then(integer);
                if let Some(level) = number {
                    self.settings.push(set(Value::Level(level), next));
                    return (next.unwrap_or(at), true);
                }
                self.refused |= certain;
                let level = self.quiet() + 1;
                self.settings.push(set(Value::Level(level), None));
                (at, certain)
            }
            Takes::Bool => {
                if let Some(sense) = argument.and_then(boolean) {
                    self.settings.push(set(Value::Sense(sense), next));
                    return (next.unwrap_or(at), true);
                }
                // A sense that was attached and means nothing stops apt.
                self.refused |= certain;
                let sense = before.map(boolean);
                self.refused |= sense == Some(None);
                self.settings.push(set(Value::Sense(sense.flatten().unwrap_or(true)), None));
                (at, certain)
            }
        }
    }

    /// `-o KEY=VALUE`.
    fn item(&mut self, text: &'a [u8], setting: Setting<'a>) {
        let split = text.iter().position(|b| *b == b'=');
        let Some((name, value)) = split.and_then(|s| Some((text.get(..s)?, text.get(s + 1..)?))) else {
            self.refused = true;
            self.settings.push(Setting { name: Some(text), ..setting });
            return;
        };
        let key = key(name);
        self.settings.push(Setting { key, name: Some(name), value: Value::Text(value), ..setting });
    }
}

/// What stands behind an option in its word.
#[derive(Clone, Copy)]
enum Rest<'a> {
    /// Nothing: the value may be the next word.
    Ends,
    /// `=` and a value.
    Value(&'a [u8]),
    /// More letters, or a value.
    Joined(&'a [u8]),
}

fn by_long(group: Group, name: &[u8]) -> Option<&'static Opt> {
    OPTIONS.iter().find(|o| o.on & group != 0 && o.long.bytes().eq_ignore_ascii_case(name))
}

fn by_short(group: Group, letter: u8) -> Option<&'static Opt> {
    OPTIONS.iter().find(|o| o.on & group != 0 && o.short == letter && letter != 0)
}

/// The setting with this name. One that names a command apt runs is recognised by its parts.
fn key(name: &[u8]) -> Key {
    let known = KEYS.iter().find(|(k, _)| k.bytes().eq_ignore_ascii_case(name)).map(|(_, key)| *key);
    known.unwrap_or_else(|| {
        let lower = name.to_ascii_lowercase();
        let has = |part: &[u8]| lower.windows(part.len()).any(|w| w == part);
        let runs = has(b"-invoke")
            || has(b"::invoke")
            || lower.starts_with(b"aptcli::hooks")
            || lower.starts_with(b"dir::bin")
            || lower.starts_with(b"dpkg::pre-install-pkgs")
            || has(b"proxyautodetect")
            || has(b"proxy-auto-detect");
        if runs { Key::Runs } else { Key::Other }
    })
}

/// `StringToBool` in `apt-pkg/contrib/strutl.cc`: a number that is 0 or 1, or one of the words. The empty text is read
/// as the number 0.
pub fn boolean(text: &[u8]) -> Option<bool> {
    match number(text) {
        Some(0) => return Some(false),
        Some(1) => return Some(true),
        _ => {}
    }
    let is = |words: &[&str]| words.iter().any(|w| w.as_bytes().eq_ignore_ascii_case(text));
    if is(&["no", "false", "without", "off", "disable"]) {
        Some(false)
    } else if is(&["yes", "true", "with", "on", "enable"]) {
        Some(true)
    } else {
        None
    }
}

/// The whole text as `strtol(…, 0)` reads it: blanks, a sign, `0x`, `0`, decimal; nothing is 0.
fn number(text: &[u8]) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (digits, negative) = signed(text)?;
    let (digits, base) = match digits {
        [b'0', b'x' | b'X', hex @ ..] if !hex.is_empty() => (hex, 16),
        [b'0', octal @ ..] if !octal.is_empty() => (octal, 8),
        digits => (digits, 10),
    };
    in_base(digits, base, negative)
}

/// The whole text as `strtol(…, 10)` reads it.
fn integer(text: &[u8]) -> Option<i64> {
    let (digits, negative) = signed(text)?;
    in_base(digits, 10, negative)
}

fn signed(text: &[u8]) -> Option<(&[u8], bool)> {
    let start = text.iter().position(|b| !b.is_ascii_whitespace() && *b != 0x0b)?;
    match text.get(start..)? {
        [b'-', digits @ ..] => Some((digits, true)),
        [b'+', digits @ ..] => Some((digits, false)),
        digits => Some((digits, false)),
    }
}

fn in_base(digits: &[u8], base: u32, negative: bool) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for digit in digits {
        let digit = char::from(*digit).to_digit(base)?;
        value = value.saturating_mul(i64::from(base)).saturating_add(i64::from(digit));
    }
    Some(if negative { -value } else { value })
}
