//! The words of one command as the AWS CLI reads them: three argparse parsers in a row.
//!
//! The first sees all words and takes the global options wherever they stand; the first free word is the service. What
//! is left goes to the service's parser, whose first free word is the operation, and the rest to the operation's own.
//! Options may be abbreviated on every level, `--opt=value` is one word, and each level strips one `--`. Sources:
//! `awscli/argparser.py` and `clidriver.py` of 1.46 and 2.36, `Lib/argparse.py` of Python 3.11.

use super::options::{Kind, Own};

/// A global option.
struct Global {
    name: &'static str,
    value: bool,
    /// The major version that has it; 0 for both.
    only: u8,
}

const fn switch(name: &'static str) -> Global {
    Global { name, value: false, only: 0 }
}

const fn value(name: &'static str) -> Global {
    Global { name, value: true, only: 0 }
}

/// `awscli/data/cli.json` of both versions.
const GLOBALS: &[Global] = &[
    switch("debug"),
    value("endpoint-url"),
    switch("no-verify-ssl"),
    switch("no-paginate"),
    value("output"),
    value("query"),
    value("profile"),
    value("region"),
    switch("version"),
    value("color"),
    switch("no-sign-request"),
    value("ca-bundle"),
    value("cli-read-timeout"),
    value("cli-connect-timeout"),
    Global { name: "v2-debug", value: false, only: 1 },
    Global { name: "cli-binary-format", value: true, only: 2 },
    Global { name: "no-cli-pager", value: false, only: 2 },
    Global { name: "cli-auto-prompt", value: false, only: 2 },
    Global { name: "no-cli-auto-prompt", value: false, only: 2 },
    Global { name: "cli-error-format", value: true, only: 2 },
];

/// Commands below which another word follows, besides `wait`: `SERVICE GROUP`.
const GROUPS: &[(&[u8], &[u8])] = &[
    (b"codecommit", b"credential-helper"),
    (b"dynamodb", b"wizard"),
    (b"events", b"wizard"),
    (b"iam", b"wizard"),
    (b"lambda", b"wizard"),
    (b"servicecatalog", b"generate"),
];

/// A word with its place among the words.
pub type At<'a> = (usize, &'a [u8]);

/// An option as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given<'a> {
    /// Its full name without dashes where the tables know it; as written otherwise.
    pub name: &'a [u8],
    /// What was written between the dashes and `=`.
    pub written: &'a [u8],
    /// The place of the word that names it.
    pub at: usize,
    /// Its values with their places: the same place as its own after `=`.
    pub values: Vec<At<'a>>,
    /// Whether the name is certain: written out, or a prefix of one option of a command whose options are all known.
    pub sure: bool,
}

/// Why the CLI would refuse the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// An abbreviation of several options.
    Ambiguous(usize),
    /// An option that needs a value and has none.
    MissingValue(usize),
    /// A switch with `=value`.
    UnwantedValue(usize),
    /// No service, or no operation where one is needed.
    Incomplete,
    /// Words the operation does not take.
    Unknown(usize),
}

/// What the words say.
#[derive(Clone, Debug, Default)]
pub struct Parsed<'a> {
    /// The words after `aws`, untouched.
    pub words: &'a [&'a [u8]],
    /// Global options in their order.
    pub globals: Vec<Given<'a>>,
    /// The first free word.
    pub service: Option<At<'a>>,
    /// The words of the operation: one, or two as in `wait stack-exists`.
    pub operation: Vec<At<'a>>,
    /// The operation's options in their order.
    pub options: Vec<Given<'a>>,
    /// Words that belong to no option.
    pub operands: Vec<At<'a>>,
    /// Places of the `--` words that were stripped.
    pub dashes: Vec<usize>,
    /// Whether the CLI only prints help, for certain.
    pub help: bool,
    /// Whether the operation's options are all known.
    pub known: bool,
    /// The first reason to refuse, if the CLI would.
    pub problem: Option<Problem>,
}

impl<'a> Parsed<'a> {
    /// Whether a global option was given.
    pub fn global_on(&self, name: &str) -> bool {
        self.globals.iter().any(|g| g.name == name.as_bytes())
    }

    /// `SERVICE OPERATION`, as the tables write it.
    pub fn command(&self) -> Vec<u8> {
        let words = self.service.iter().chain(&self.operation).map(|(_, word)| *word);
        words.collect::<Vec<_>>().join(&b' ')
    }

    fn trouble(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }
}

/// How a word looks to one parser.
#[derive(Clone, Copy, Debug)]
enum Look {
    /// An option this parser knows, and how many bytes of the word are its name.
    Mine(usize, usize),
    /// An option it does not know.
    Foreign,
    /// A free word or a value.
    Free,
    /// The first `--`.
    Dashes,
}

/// What a parser finds under a name.
enum Found {
    Nothing,
    One(usize),
    Many,
}

/// Where a parser notes what it strips and dislikes.
struct Trouble<'t> {
    dashes: &'t mut Vec<usize>,
    problem: &'t mut Option<Problem>,
}

impl Trouble<'_> {
    fn trouble(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }
}

/// One parser's answer: its own options are handed to `mine`, the rest is returned.
struct Level<'a> {
    positional: Option<At<'a>>,
    rest: Vec<At<'a>>,
}

/// What the first parser makes of the words.
#[derive(Clone, Debug, Default)]
pub struct Main<'a> {
    /// Global options in their order.
    pub globals: Vec<Given<'a>>,
    /// The first free word.
    pub service: Option<At<'a>>,
    /// What is left for the service's parser.
    pub rest: Vec<At<'a>>,
    /// Places of the `--` words that were stripped.
    pub dashes: Vec<usize>,
    /// The first reason to refuse, if the CLI would.
    pub problem: Option<Problem>,
}

/// The first of the three parsers alone.
pub fn main<'a>(words: &[&'a [u8]], major: u8) -> Main<'a> {
    let all: Vec<At<'a>> = words.iter().copied().enumerate().collect();
    let mut out = Main::default();
    let row = |index| GLOBALS.get(index).map_or((b"".as_slice(), Kind::Switch), global_row);
    let mut trouble = Trouble { dashes: &mut out.dashes, problem: &mut out.problem };
    let level =
        level(&mut trouble, &all, |name, exact| global(name, exact, major), row, &mut out.globals, true);
    out.service = level.positional;
    out.rest = level.rest;
    out
}

/// The places of every word that says `--profile`, abbreviated or not, with its value.
pub fn profile_places(words: &[&[u8]], major: u8) -> Vec<usize> {
    let globals = main(words, major).globals;
    let places = globals
        .iter()
        .filter(|given| given.name == b"profile")
        .flat_map(|given| std::iter::once(given.at).chain(given.values.iter().map(|(at, _)| *at)));
    let mut places: Vec<usize> = places.collect();
    places.dedup();
    places
}

/// Reads the words after `aws` as one major version of the CLI does. Never fails: what the CLI would refuse is in
/// [`Parsed::problem`].
pub fn parse<'a>(words: &'a [&'a [u8]], major: u8) -> Parsed<'a> {
    let Main { globals, service, mut rest, dashes, problem } = main(words, major);
    let mut parsed = Parsed { words, globals, service, dashes, problem, ..Parsed::default() };
    let Some((_, service)) = parsed.service else {
        parsed.trouble(Problem::Incomplete);
        return leave(parsed, rest);
    };
    // What `help` means is each level's own business: `aws help`, `aws ec2 help`, `aws ec2 wait help`.
    if service == b"help" {
        parsed.help = true;
        return leave(parsed, rest);
    }
    loop {
        let mut trouble = Trouble { dashes: &mut parsed.dashes, problem: &mut parsed.problem };
        let none = |_: usize| (b"".as_slice(), Kind::Switch);
        let below = level(&mut trouble, &rest, |_, _| Found::Nothing, none, &mut Vec::new(), true);
        let Some(word) = below.positional else {
            parsed.trouble(Problem::Incomplete);
            return leave(parsed, below.rest);
        };
        parsed.operation.push(word);
        rest = below.rest;
        if word.1 == b"help" {
            parsed.help = true;
            return leave(parsed, rest);
        }
        let group = word.1 == b"wait" || GROUPS.contains(&(service, word.1));
        if parsed.operation.len() > 1 || !group {
            break;
        }
    }
    operation(parsed, &rest)
}

/// The rest of the words belongs to the operation.
fn operation<'a>(mut parsed: Parsed<'a>, rest: &[At<'a>]) -> Parsed<'a> {
    if let [(at, b"help")] = rest {
        parsed.operands.push((*at, b"help"));
        parsed.help = true;
        return parsed;
    }
    let Some(own) = Own::of(&parsed.command()) else { return unlisted(parsed, rest) };
    parsed.known = true;
    let mut options = Vec::new();
    let mut trouble = Trouble { dashes: &mut parsed.dashes, problem: &mut parsed.problem };
    let find = |name: &[u8], exact| own_found(&own, name, exact);
    let left = level(&mut trouble, rest, find, |index| own.row(index), &mut options, false);
    parsed.options = options;
    // A service's operations take one free word: `help`, which is then all they do, whatever else is left.
    match left.rest.iter().find(|(_, word)| !is_option(word)) {
        Some((_, b"help")) if own.is_api() => parsed.help = parsed.problem.is_none(),
        _ if own.is_api() => {
            if let Some((at, _)) = left.rest.first() {
                parsed.trouble(Problem::Unknown(*at));
            }
        }
        _ => {}
    }
    leave(parsed, left.rest)
}

/// A command whose options are in no list: every option takes all free words behind it.
fn unlisted<'a>(mut parsed: Parsed<'a>, rest: &[At<'a>]) -> Parsed<'a> {
    let mut open: Option<usize> = None;
    let mut after = false;
    for &(at, word) in rest {
        if !after && word == b"--" {
            parsed.dashes.push(at);
            (after, open) = (true, None);
        } else if !after && is_option(word) {
            let written = name_of(word);
            let mut values = Vec::new();
            if let Some(value) = word.get(2 + written.len() + 1..) {
                values.push((at, value));
            }
            open = values.is_empty().then_some(parsed.options.len());
            parsed.options.push(Given { name: written, written, at, values, sure: common(written) });
        } else if let Some(given) = open.and_then(|index| parsed.options.get_mut(index)) {
            given.values.push((at, word));
        } else {
            parsed.operands.push((at, word));
        }
    }
    // `--x=y help`: nothing can swallow the word.
    parsed.help = matches!(parsed.operands.as_slice(), [(_, b"help")]) && parsed.dashes.is_empty();
    parsed
}

/// Options every operation of a service has: written out, they are certain.
fn common(written: &[u8]) -> bool {
    matches!(
        written,
        b"generate-cli-skeleton"
            | b"cli-input-json"
            | b"cli-input-yaml"
            | b"dry-run"
            | b"no-dry-run"
            | b"dryrun"
    )
}

/// What nobody took.
fn leave<'a>(mut parsed: Parsed<'a>, rest: Vec<At<'a>>) -> Parsed<'a> {
    for (at, word) in rest {
        if is_option(word) {
            let written = name_of(word);
            let values = word.get(2 + written.len() + 1..).map(|value| (at, value)).into_iter().collect();
            parsed.options.push(Given { name: written, written, at, values, sure: false });
        } else {
            parsed.operands.push((at, word));
        }
    }
    parsed
}

/// One argparse parser over words that are left. `take` says whether its first free word names a command.
fn level<'a>(
    parsed: &mut Trouble<'_>,
    words: &[At<'a>],
    find: impl Fn(&[u8], bool) -> Found,
    row: impl Fn(usize) -> (&'static [u8], Kind),
    mine: &mut Vec<Given<'a>>,
    take: bool,
) -> Level<'a> {
    let mut looks = Vec::with_capacity(words.len());
    let mut after = false;
    for &(at, word) in words {
        looks.push(match word {
            _ if after => Look::Free,
            b"--" => {
                after = true;
                Look::Dashes
            }
            _ => look(parsed, at, word, &find),
        });
    }
    let mut out = Level { positional: None, rest: Vec::new() };
    let free = |index: usize| matches!(looks.get(index), Some(Look::Free));
    let mut index = 0;
    while let (Some(&(at, word)), Some(look)) = (words.get(index), looks.get(index)) {
        index += 1;
        match *look {
            Look::Foreign => out.rest.push((at, word)),
            Look::Free if take && out.positional.is_none() => {
                out.positional = Some((at, word));
                // The `--` right behind it belongs to it.
                if let (Some(Look::Dashes), Some(&(at, _))) = (looks.get(index), words.get(index)) {
                    parsed.dashes.push(at);
                    index += 1;
                }
            }
            Look::Free => out.rest.push((at, word)),
            Look::Dashes if take && out.positional.is_none() && free(index) => parsed.dashes.push(at),
            Look::Dashes if !take => parsed.dashes.push(at),
            Look::Dashes => out.rest.push((at, word)),
            Look::Mine(which, length) => {
                let (name, kind) = row(which);
                let written = word.get(2..length).unwrap_or(&[]);
                let mut given = Given { name, written, at, values: Vec::new(), sure: true };
                let explicit = word.get(length + 1..);
                match (kind, explicit) {
                    (Kind::Switch, Some(value)) => {
                        given.values.push((at, value));
                        given.sure = false;
                        parsed.trouble(Problem::UnwantedValue(at));
                    }
                    (Kind::Switch, None) => {}
                    (_, Some(value)) => given.values.push((at, value)),
                    (Kind::Value | Kind::Maybe, None) if free(index) => {
                        given.values.extend(words.get(index).copied());
                        index += 1;
                    }
                    (Kind::Value, None) => parsed.trouble(Problem::MissingValue(at)),
                    (Kind::Maybe, None) => {}
                    (Kind::List, None) => {
                        while free(index) {
                            given.values.extend(words.get(index).copied());
                            index += 1;
                        }
                    }
                }
                mine.push(given);
            }
        }
    }
    out
}

/// argparse's `_parse_optional`.
fn look(parsed: &mut Trouble<'_>, at: usize, word: &[u8], find: &impl Fn(&[u8], bool) -> Found) -> Look {
    if word.first() != Some(&b'-') || word.len() == 1 {
        return Look::Free;
    }
    if let Some(name) = word.strip_prefix(b"--") {
        if let Found::One(which) = find(name, true) {
            return Look::Mine(which, word.len());
        }
        let written = name_of(word);
        if written.len() < name.len()
            && let Found::One(which) = find(written, true)
        {
            return Look::Mine(which, written.len() + 2);
        }
        match find(written, false) {
            Found::One(which) => return Look::Mine(which, written.len() + 2),
            Found::Many => {
                parsed.trouble(Problem::Ambiguous(at));
                return Look::Foreign;
            }
            Found::Nothing => {}
        }
    }
    if is_negative_number(word) || word.contains(&b' ') { Look::Free } else { Look::Foreign }
}

/// Whether a parser that does not know it takes the word for an option.
fn is_option(word: &[u8]) -> bool {
    word.len() > 2 && word.starts_with(b"--") && !word.contains(&b' ') || is_option_with_space(word)
}

/// `--description="a b"` is one word with a space in it, and an option all the same to the parser that knows its name.
fn is_option_with_space(word: &[u8]) -> bool {
    let Some(name) = word.strip_prefix(b"--") else { return false };
    let written = name_of(word);
    written.len() < name.len()
        && written.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && written.first().is_some_and(u8::is_ascii_alphanumeric)
}

/// `^-\d+$|^-\d*\.\d+$`
fn is_negative_number(word: &[u8]) -> bool {
    let Some(digits) = word.strip_prefix(b"-") else { return false };
    let mut parts = digits.splitn(2, |b| *b == b'.');
    let whole = parts.next().unwrap_or(&[]);
    let numeric = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    match parts.next() {
        Some(fraction) => numeric(whole) && !fraction.is_empty() && numeric(fraction),
        None => !whole.is_empty() && numeric(whole),
    }
}

/// What stands between the dashes and `=`.
fn name_of(word: &[u8]) -> &[u8] {
    let name = word.strip_prefix(b"--").unwrap_or(word);
    name.split(|b| *b == b'=').next().unwrap_or(name)
}

fn global_row(row: &Global) -> (&'static [u8], Kind) {
    (row.name.as_bytes(), if row.value { Kind::Value } else { Kind::Switch })
}

fn global(name: &[u8], exact: bool, major: u8) -> Found {
    let mut found = Found::Nothing;
    for (index, row) in GLOBALS.iter().enumerate() {
        let fits = if exact { row.name.as_bytes() == name } else { row.name.as_bytes().starts_with(name) };
        if fits && (row.only == 0 || row.only == major) {
            found = match found {
                Found::Nothing => Found::One(index),
                _ => return Found::Many,
            };
        }
    }
    found
}

fn own_found(own: &Own, name: &[u8], exact: bool) -> Found {
    let mut found = Found::Nothing;
    for index in 0..own.count() {
        let row = own.row(index).0;
        if if exact { row == name } else { row.starts_with(name) } {
            found = match found {
                Found::Nothing => Found::One(index),
                _ => return Found::Many,
            };
        }
    }
    found
}

/// What follows the dashes of the words that may be a global option of one major version only.
fn of_one_version<'a>(words: &'a [&'a [u8]]) -> impl Iterator<Item = &'a [u8]> {
    // `cli-…`, `no-cli-…`, `v2-debug`: a look at one letter spares the many words of a harmless call the table.
    words
        .iter()
        .filter_map(|word| word.strip_prefix(b"--"))
        .filter(|name| matches!(name.first(), Some(b'c' | b'n' | b'v')))
}

/// The only major version that carries these words out, where a global option of one version is written out: the other
/// refuses every word it does not know (`Unknown options`), wherever it stands before a `--`.
pub fn only_version(words: &[&[u8]]) -> Option<u8> {
    let mut only = 0;
    for word in of_one_version(words) {
        let written = word.split(|b| *b == b'=').next().unwrap_or(word);
        let explicit = written.len() < word.len();
        for row in GLOBALS.iter().filter(|row| row.only != 0 && row.name.as_bytes() == written) {
            if (only != 0 && only != row.only) || (explicit && !row.value) {
                return None;
            }
            only = row.only;
        }
    }
    (only != 0 && !words.contains(&b"--".as_slice())).then_some(only)
}

/// Whether the two major versions may read these words differently.
pub fn versions_differ(words: &[&[u8]]) -> bool {
    of_one_version(words).any(|word| {
        let name = word.split(|b| *b == b'=').next().unwrap_or(word);
        GLOBALS.iter().any(|row| row.only != 0 && !name.is_empty() && row.name.as_bytes().starts_with(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_profile_is_found() {
        let places = |line: &str| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            profile_places(&words, 2)
        };
        for (line, want) in [
            ("s3 rm s3://b/k", &[][..]),
            ("--profile prod s3 rm s3://b/k", &[0, 1]),
            ("s3 --profile=prod rm s3://b/k", &[1]),
            ("s3 rm s3://b/k --prof prod", &[3, 4]),
            ("--profile a s3 rm s3://b/k --pro=b", &[0, 1, 5]),
            // Behind `--` it is a word like any other; other options are not touched.
            ("iam delete-user -- --profile x", &[]),
            ("iam delete-instance-profile --instance-profile-name x", &[]),
        ] {
            assert_eq!(places(line), want, "{line}");
        }
    }
}
