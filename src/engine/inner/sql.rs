//! What statements do, as far as one glance tells: literals and comments are taken out, each statement goes by its words.
//!
//! Servers do not agree about where a literal ends. A backslash hides a quote in MySQL, in Redshift and in PostgreSQL's
//! `E'…'`, and nowhere else; comments nest in PostgreSQL alone; `$$` quotes there and not in MySQL, where `#` begins a
//! comment and `--` does only before a blank. (PostgreSQL 17 documentation, 4.1; MySQL 8.4 manual, 11.1.1 and 11.7;
//! Redshift's string literals.) So a text is read in every way its server may read it, and the worst counts; where that
//! leaves a quote open, its words are read without any quoting.

use super::super::effect::Effect;
use crate::engine::inner::programs::{SELECT_ACTS, SELECT_DESTROYS};

/// Whose statements these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL, and what speaks like it.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// One of those, or another one: who runs them is not known.
    Any,
}

/// One way to read a text.
#[derive(Clone, Copy)]
struct Reading {
    /// A backslash takes the next character with it, in every literal.
    backslash: bool,
    /// `$$ … $$`, `$tag$ … $tag$`.
    dollar: bool,
    /// MySQL's comments: `#`, `-- ` before a blank, none inside another.
    mysql: bool,
    /// `/*! … */` and `/*M! … */` are carried out: MySQL and MariaDB do where their version is not below the number in there.
    versioned: bool,
}

const fn reading(backslash: bool, dollar: bool, mysql: bool, versioned: bool) -> Reading {
    Reading { backslash, dollar, mysql, versioned }
}

const POSTGRES: &[Reading] = &[reading(false, true, false, false), reading(true, true, false, false)];
const MYSQL: &[Reading] = &[
    reading(true, false, true, true),
    reading(false, false, true, true),
    reading(true, false, true, false),
    reading(false, false, true, false),
];
/// Nobody writes `$$` for MySQL but as a delimiter of its client, which is not at work here.
const ANY: &[Reading] = &[
    reading(false, true, false, false),
    reading(true, true, false, false),
    reading(true, true, true, true),
    reading(false, true, true, true),
    reading(true, true, true, false),
    reading(false, true, true, false),
];

/// How deep texts are followed that a statement runs itself: `do $$ … $$`, `execute '…'`.
const DEPTH: u8 = 2;

/// The worst of some statements. A backslash command of psql that only describes is a read; every other one is not known.
pub fn judge(text: &[u8], dialect: Dialect) -> Effect {
    classify_at(&text.to_ascii_lowercase(), dialect, DEPTH)
}

/// The tables that statements of PartiQL name, as they stand: `DELETE FROM "orders"."index" WHERE …`, `UPDATE orders SET …`,
/// `INSERT INTO orders VALUE …`, `EXISTS(SELECT * FROM orders …)` (DynamoDB's PartiQL reference). Comments stand between the
/// words as in SQL, and what a literal says is none of them.
#[cfg(feature = "cli")]
pub fn tables(text: &str) -> Vec<String> {
    let mut parts = read(text.as_bytes(), reading(false, false, false, false));
    if parts.odd {
        parts = unquoted(text.as_bytes());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut out = Vec::new();
    for pair in parts.parts.windows(2) {
        let [Part::Word(word), name] = pair else { continue };
        if !["from", "into", "update"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword.as_bytes())) {
            continue;
        }
        match name {
            Part::Word(name) => out.push(text(name)),
            Part::Quoted { whole, .. } => out.push(text(unquoted_name(whole)).replace("\"\"", "\"")),
            Part::Text(_) | Part::Open | Part::Close | Part::Mark | Part::End | Part::Meta(_) => {}
        }
    }
    out
}

fn classify_at(text: &[u8], dialect: Dialect, depth: u8) -> Effect {
    let readings = match dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::MySql => MYSQL,
        Dialect::Any => ANY,
    };
    let read = |how: &Reading| {
        let mut read = read(text, *how);
        // It hides words, and with them conditions: nothing goes by that reading.
        if read.odd {
            read = unquoted(text);
        }
        worst_of(&read, dialect, depth)
    };
    readings.iter().filter_map(read).max().unwrap_or(Effect::Disrupt)
}

/// A text in parts. Everything is lower case.
#[derive(Default)]
struct Read<'t> {
    parts: Vec<Part<'t>>,
    /// A literal or a comment has no end, or a word begins where a literal ends (`'it's'`): no server takes that.
    odd: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part<'t> {
    Word(&'t [u8]),
    /// A literal, without its quotes.
    Text(&'t [u8]),
    /// A name in quotes, with them; when it is not `sure`, MySQL reads it as a literal unless `ansi_quotes` is set.
    Quoted {
        whole: &'t [u8],
        sure: bool,
    },
    Open,
    Close,
    /// The sign before a word that is put in from elsewhere: `:id`, `@id`, `$id`, `%(id)s`, `{id}`.
    Mark,
    /// The end of a statement.
    End,
    /// A command of psql, without its backslash, to the end of its line.
    Meta(&'t [u8]),
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || !b.is_ascii()
}

/// How many bytes of a word stand here.
fn word_length(text: &[u8]) -> usize {
    text.iter().position(|b| !is_word(*b) && *b != b'$').unwrap_or(text.len())
}

fn read(text: &[u8], how: Reading) -> Read<'_> {
    let mut out = Read::default();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = match rest {
            [b'\'' | b'"' | b'`', ..] => {
                // `E'…'` of PostgreSQL; its double quotes are names, in which a backslash is one.
                let escaped = matches!(out.parts.last(), Some(Part::Word(b"e"))) && joined(text, rest);
                let backslash = (how.backslash && *first != b'`') || (escaped && *first == b'\'');
                let (inside, behind) = quoted(after, *first, backslash);
                // `"t"."id"` is a name for everybody.
                let dotted = behind.is_some_and(|b| b.first() == Some(&b'.'))
                    || text.get(..text.len() - rest.len()).is_some_and(|before| before.ends_with(b"."));
                out.parts.push(match rest.get(..inside.len() + 2) {
                    Some(whole) if *first != b'\'' => {
                        let differs = behind.is_some_and(|b| is_another(inside, b));
                        Part::Quoted { whole, sure: *first == b'`' || !how.mysql || dotted || differs }
                    }
                    _ => Part::Text(inside),
                });
                out.odd |= behind.is_none_or(|b| b.first().is_some_and(|b| is_word(*b)));
                behind.unwrap_or_default()
            }
            [b'#', ..] if how.mysql => line(after),
            [b'-', b'-'] => &[],
            [b'-', b'-', next, ..] if !how.mysql || next.is_ascii_whitespace() => line(after),
            // MySQL and MariaDB carry these out: `/*!50000 drop table t */`.
            [b'/', b'*', b'!', inner @ ..] | [b'/', b'*', b'm', b'!', inner @ ..] if how.versioned => {
                inner.get(inner.iter().take_while(|b| b.is_ascii_digit()).count()..).unwrap_or_default()
            }
            [b'/', b'*', inner @ ..] => {
                // MySQL skips one comment inside of one whose version is too high.
                let skipped = matches!(inner, [b'!', ..] | [b'm', b'!', ..]);
                let levels = if how.mysql { 1 + usize::from(skipped) } else { usize::MAX };
                let behind = comment(inner, levels);
                out.odd |= behind.is_none();
                behind.unwrap_or_default()
            }
            [b'$', ..] if how.dollar => match dollar(rest) {
                Some((inside, behind)) => {
                    out.parts.push(Part::Text(inside));
                    out.odd |= behind.is_none();
                    behind.unwrap_or_default()
                }
                None => plain(rest, after, &mut out.parts),
            },
            [b'\\', ..] => meta(after, &mut out.parts),
            _ => plain(rest, after, &mut out.parts),
        };
    }
    out
}

/// Whether `= 'another'` follows a text in quotes: for a server to which both are literals, that is never so.
fn is_another(text: &[u8], behind: &[u8]) -> bool {
    let other = behind.trim_ascii_start().strip_prefix(b"=").map(<[u8]>::trim_ascii_start);
    match other.and_then(<[u8]>::split_first) {
        Some((quote @ (b'\'' | b'"'), rest)) => {
            let (other, end) = quoted(rest, *quote, false);
            end.is_some() && other != text && !other.contains(&b'\\')
        }
        _ => false,
    }
}

/// Whether nothing stands between the last word and this place.
fn joined(text: &[u8], rest: &[u8]) -> bool {
    text.len().checked_sub(rest.len() + 1).and_then(|at| text.get(at)).is_some_and(|b| is_word(*b))
}

/// What is no literal and no comment: words, brackets, ends.
fn plain<'t>(rest: &'t [u8], after: &'t [u8], parts: &mut Vec<Part<'t>>) -> &'t [u8] {
    match rest.first() {
        Some(b';') => parts.push(Part::End),
        Some(b'(') => parts.push(Part::Open),
        Some(b')') => parts.push(Part::Close),
        // `a::int` is a cast.
        Some(b':') if after.first() == Some(&b':') => return after.get(1..).unwrap_or_default(),
        Some(b':' | b'@' | b'$' | b'{') if after.first().is_some_and(|b| is_word(*b) || *b == b'{') => {
            parts.push(Part::Mark);
        }
        Some(b'%') if after.first() == Some(&b'(') => parts.push(Part::Mark),
        Some(b) if is_word(*b) => {
            let (word, behind) = rest.split_at_checked(word_length(rest)).unwrap_or((rest, &[]));
            parts.push(Part::Word(word));
            return behind;
        }
        _ => {}
    }
    after
}

/// The words without any quoting and without comments.
fn unquoted(text: &[u8]) -> Read<'_> {
    let mut out = Read::default();
    let mut rest = text;
    while let Some((_, after)) = rest.split_first() {
        rest = plain(rest, after, &mut out.parts);
    }
    out
}

/// The inside of a literal, and what stands behind it; `None` when it has no end. A doubled quote stands for one.
fn quoted(text: &[u8], quote: u8, backslash: bool) -> (&[u8], Option<&[u8]>) {
    let mut at = 0;
    while let Some(b) = text.get(at) {
        match *b {
            b'\\' if backslash => at += 1,
            b if b == quote && text.get(at + 1) == Some(&quote) => at += 1,
            b if b == quote => {
                return (text.get(..at).unwrap_or_default(), Some(text.get(at + 1..).unwrap_or_default()));
            }
            _ => {}
        }
        at += 1;
    }
    (text, None)
}

/// What stands behind this line.
fn line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|b| *b == b'\n').unwrap_or(text.len());
    text.get(end..).unwrap_or_default()
}

/// What stands behind a comment, in which others may stand up to so many levels.
fn comment(text: &[u8], levels: usize) -> Option<&[u8]> {
    let (mut depth, mut at) = (1_usize, 0);
    while let Some(pair) = text.get(at..at + 2) {
        match pair {
            b"*/" => depth -= 1,
            b"/*" if depth < levels => depth += 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return text.get(at..);
        }
    }
    None
}

/// `$tag$ … $tag$`: the inside, and what stands behind it. `None` where it is no quote (`$1`).
fn dollar(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let tag = text.get(1..)?.iter().position(|b| !is_word(*b)).and_then(|n| text.get(..n + 2))?;
    if tag.last() != Some(&b'$') || tag.get(1).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let inside = text.get(tag.len()..)?;
    Some(match inside.windows(tag.len()).position(|w| w == tag) {
        Some(at) => (inside.get(..at)?, Some(inside.get(at + tag.len()..)?)),
        None => (inside, None),
    })
}

/// A backslash outside of literals: `\g`, `\G` and `\;` end a statement, at its beginning a command of psql takes the line.
fn meta<'t>(after: &'t [u8], parts: &mut Vec<Part<'t>>) -> &'t [u8] {
    let name = after.get(..word_length(after)).unwrap_or_default();
    match name {
        b"" => after,
        b"g" | b"gx" | b"gset" | b"gdesc" | b"gexec" => {
            parts.push(Part::End);
            if name == b"gexec" {
                parts.extend([Part::Word(b"execute"), Part::End]);
            }
            after.get(name.len()..).unwrap_or_default()
        }
        _ if matches!(parts.last(), None | Some(Part::End | Part::Meta(_))) => {
            let behind = line(after);
            parts.push(Part::Meta(after.get(..after.len() - behind.len()).unwrap_or_default()));
            behind
        }
        _ => after,
    }
}

/// The worst of the statements; `None` when there are none.
fn worst_of(read: &Read<'_>, dialect: Dialect, depth: u8) -> Option<Effect> {
    let statements = || {
        read.parts
            .split_inclusive(|p| matches!(p, Part::End | Part::Meta(_)))
            .map(|s| s.strip_suffix(&[Part::End]).unwrap_or(s))
            .filter(|s| !s.is_empty())
    };
    let worst = statements().map(|parts| statement(parts, dialect)).max();
    if depth == 0 || worst == Some(Effect::Destroy) || !statements().any(runs_texts) {
        return worst;
    }
    let inside = read.parts.iter().filter_map(|part| match part {
        Part::Text(text) | Part::Quoted { whole: text, .. } => {
            Some(classify_at(unquoted_name(text), dialect, depth - 1)).filter(|e| *e == Effect::Destroy)
        }
        _ => None,
    });
    worst.max(inside.max())
}

/// Whether a statement runs a text as statements: what deletes in there deletes.
fn runs_texts(parts: &[Part<'_>]) -> bool {
    if matches!(parts.first(), Some(Part::Word(b"do"))) {
        return true;
    }
    // `begin execute immediate '…'`, `select dblink_exec('…')`, `select cron.schedule('…', '…')`
    parts.iter().any(|p| match p {
        Part::Word(b"execute" | b"exec" | b"prepare" | b"schedule" | b"sp_executesql") => true,
        Part::Word(word) => word.starts_with(b"dblink"),
        _ => false,
    })
}

/// What one statement does.
fn statement(parts: &[Part<'_>], dialect: Dialect) -> Effect {
    let is_text = |at: Option<usize>| {
        matches!(at.and_then(|at| parts.get(at)), Some(Part::Text(_) | Part::Quoted { sure: false, .. }))
    };
    let words: Vec<&[u8]> = parts
        .iter()
        .enumerate()
        .map(|(at, part)| match part {
            Part::Word(word) => *word,
            // Compared with another literal it is one itself where it may be one.
            Part::Quoted { whole, sure }
                if *sure || !(is_text(at.checked_sub(1)) || is_text(Some(at + 1))) =>
            {
                whole
            }
            Part::Text(_) | Part::Quoted { .. } => b"'",
            Part::Open => b"(",
            Part::Close => b")",
            Part::Mark => b":",
            Part::End | Part::Meta(_) => b"",
        })
        .skip_while(|w| matches!(*w, b"(" | b":"))
        .collect();
    if let [Part::Meta(command)] = parts {
        let describes = command.first() == Some(&b'd')
            || matches!(*command, b"l" | b"l+" | b"conninfo" | b"x" | b"timing");
        return if describes && !command.contains(&b'\\') { Effect::Read } else { Effect::Disrupt };
    }
    by_words(&words, dialect)
}

fn by_words(words: &[&[u8]], dialect: Dialect) -> Effect {
    let effect = by_verb(words, dialect);
    if effect < Effect::Destroy && !only_speaks_of_functions(words) && calls(words).any(is_destroyer) {
        return Effect::Destroy;
    }
    effect
}

/// Whether the names of functions in a statement are called by nobody now.
fn only_speaks_of_functions(words: &[&[u8]]) -> bool {
    match words.first() {
        Some(
            &(b"create" | b"alter" | b"drop" | b"grant" | b"revoke" | b"comment" | b"show" | b"describe"
            | b"desc"),
        ) => true,
        Some(&b"explain") => !words.contains(&&b"analyze"[..]) && !words.contains(&&b"analyse"[..]),
        _ => false,
    }
}

/// The names behind which an argument list stands. Those of tables and of what a query calls its parts are none.
fn calls<'w, 't>(words: &'w [&'t [u8]]) -> impl Iterator<Item = &'t [u8]> + 'w {
    words.windows(3).filter_map(|w| match w {
        // `with to_delete (id) as (…)`, `insert into drop_queue (a) values`
        [b"with" | b"recursive" | b"into", _, b"("] => None,
        [_, name, b"("] => Some(unquoted_name(name)),
        _ => None,
    })
}

/// Whether a function deletes what it names.
fn is_destroyer(name: &[u8]) -> bool {
    SELECT_DESTROYS.iter().any(|known| known.bytes() == name)
}

/// A name without its quotes.
fn unquoted_name(word: &[u8]) -> &[u8] {
    match word {
        [open @ (b'"' | b'`'), inside @ .., close] if open == close => inside,
        _ => word,
    }
}

fn by_verb(words: &[&[u8]], dialect: Dialect) -> Effect {
    let has = |word: &[u8]| words.contains(&word);
    let [first, second, ..] = words else {
        return match words {
            [b"show" | b"select" | b"commit" | b"begin" | b"rollback"] => Effect::Read,
            [b"truncate" | b"delete" | b"drop"] => Effect::Destroy,
            _ => Effect::Disrupt,
        };
    };
    let any = |wanted: &[&[u8]]| wanted.iter().any(|w| has(w));
    let destroys = |yes: bool| if yes { Effect::Destroy } else { Effect::Disrupt };
    match *first {
        b"truncate" | b"delete" | b"purge" => Effect::Destroy,
        // A row that is there with the same key goes.
        b"replace" => {
            destroys(!matches!(*second, b"view" | b"procedure" | b"function" | b"macro" | b"trigger"))
        }
        // What can be made anew from its text. Who runs it is not known: a view may hold data.
        b"drop" => match *second {
            b"index" | b"view" | b"function" | b"trigger" | b"procedure"
                if dialect != Dialect::Any && !has(b"cascade") =>
            {
                Effect::Disrupt
            }
            _ => Effect::Destroy,
        },
        b"update" => destroys(!is_limited(words)),
        b"alter" => destroys(any(&[b"truncate", b"discard"]) || drops_data(words) || moves_data(words)),
        b"reset" => destroys(any(&[b"master", b"slave", b"replica", b"binary"])),
        b"explain" if has(b"analyze") || has(b"analyse") => {
            const RUNS: [&[u8]; 7] =
                [b"select", b"insert", b"update", b"delete", b"merge", b"with", b"create"];
            let at = words.iter().position(|w| RUNS.contains(w));
            at.and_then(|at| words.get(at..)).map_or(Effect::Disrupt, |inner| by_verb(inner, dialect))
        }
        b"explain" | b"show" | b"describe" | b"desc" | b"table" | b"values" => Effect::Read,
        b"select" => select(words),
        // `with d as (delete …)`
        b"with" if any(&[b"delete", b"truncate", b"drop"]) => Effect::Destroy,
        b"with" if has(b"update") => destroys(!is_limited(words)),
        b"with" if !has(b"insert") && !has(b"merge") => select(words),
        // Their words name what is allowed, said or made, and delete nothing now.
        b"grant" | b"revoke" | b"comment" => Effect::Disrupt,
        b"create" if replaces_data(words) => Effect::Destroy,
        b"create" if !has(b"event") => Effect::Disrupt,
        _ if moves_data(words) => Effect::Destroy,
        // `begin delete …`, `declare … drop …`, `merge … then delete`, `create event … do delete …`
        _ => destroys(words.iter().enumerate().any(|(at, word)| {
            // `cleanpath`: Redshift's `unload` removes the files at its goal first.
            matches!(*word, b"delete" | b"drop" | b"truncate" | b"cleanpath")
                // `on delete cascade` is part of a table's definition.
                && at.checked_sub(1).and_then(|at| words.get(at)).is_none_or(|before| *before != b"on")
        })),
    }
}

/// Whether every `update` here has a condition of its own that is no mere truth (`where 1 = 1`).
fn is_limited(words: &[&[u8]]) -> bool {
    let mut before: &[u8] = b"";
    for (at, word) in words.iter().enumerate() {
        // `select … for update`, `on conflict do update`, `when matched then update`, `on duplicate key update`
        let own = *word == b"update" && !matches!(before, b"for" | b"do" | b"then" | b"key" | b"on");
        if own && !has_condition(words.get(at..).unwrap_or_default()) {
            return false;
        }
        before = word;
    }
    true
}

/// Whether some `drop` in an `alter` takes more than a rule: `drop not null`, `drop default`, `drop constraint c`,
/// `alter column c drop identity`.
fn drops_data(words: &[&[u8]]) -> bool {
    let at = |index: Option<usize>| index.and_then(|i| words.get(i)).copied().unwrap_or_default();
    words.iter().enumerate().any(|(index, word)| {
        let rule = match (at(index.checked_add(1)), at(index.checked_add(2))) {
            (b"default" | b"constraint", _) | (b"not", b"null") => true,
            // Without `alter c` before it this is a column's name.
            (b"identity" | b"expression", _) => matches!(at(index.checked_sub(2)), b"alter" | b"column"),
            _ => false,
        };
        *word == b"drop" && !rule
    })
}

/// Whether two words beside each other take rows away that are somewhere: `insert overwrite` of Hive and Spark,
/// `load data … replace into`, Redshift's `alter table a append from b`, which empties `b`.
fn moves_data(words: &[&[u8]]) -> bool {
    words.windows(2).any(|pair| {
        matches!(
            pair,
            [b"insert", b"overwrite"]
                | [b"replace", b"into"]
                | [b"append", b"from"]
                | [b"exchange", b"partition"]
        )
    })
}

/// `create or replace table t`: what was in it goes.
fn replaces_data(words: &[&[u8]]) -> bool {
    let [_, b"or", b"replace", kind @ ..] = words else { return false };
    let table = kind.iter().find(|w| !matches!(**w, b"transient" | b"external" | b"hybrid" | b"iceberg"));
    matches!(table, Some(&(b"table" | b"database" | b"schema")))
}

/// Whether an update has a condition that limits it.
fn has_condition(update: &[&[u8]]) -> bool {
    let (mut depth, mut from, mut to) = (0_i32, None, update.len());
    for (at, word) in update.iter().enumerate() {
        match *word {
            b"(" => depth += 1,
            // The end of the brackets around the update itself.
            b")" if depth == 0 => {
                to = at;
                break;
            }
            b")" => depth -= 1,
            b"where" if depth == 0 && from.is_none() => from = Some(at + 1),
            b"order" | b"limit" | b"returning" | b"option" if depth == 0 && from.is_some() => {
                to = at;
                break;
            }
            _ => {}
        }
    }
    from.and_then(|from| update.get(from..to)).is_some_and(|condition| limits(condition, BRACKETS))
}

/// How deep brackets are followed around conditions.
const BRACKETS: u8 = 16;

/// Whether a condition leaves rows out: each side of an `or` does, and of an `and` one is enough.
fn limits(condition: &[&[u8]], depth: u8) -> bool {
    sides(condition, b"or").all(|side| sides(side, b"and").any(|part| compares(part, depth)))
}

/// The parts of a condition between these words, outside of brackets.
fn sides<'w, 't>(condition: &'w [&'t [u8]], between: &'static [u8]) -> impl Iterator<Item = &'w [&'t [u8]]> {
    let mut depth = 0_i32;
    condition.split(move |word| {
        match *word {
            b"(" => depth += 1,
            b")" => depth -= 1,
            _ => {}
        }
        depth == 0 && *word == between
    })
}

/// Whether a comparison speaks of a name, and not of the same one on both sides.
fn compares(part: &[&[u8]], depth: u8) -> bool {
    let part = match part.iter().position(|w| *w != b"not") {
        Some(at) => part.get(at..).unwrap_or_default(),
        None => return false,
    };
    if let [b"(", inside @ .., b")"] = part
        && depth > 0
        && closes_last(inside)
    {
        return limits(inside, depth - 1);
    }
    let names: Vec<&[u8]> = part.iter().filter(|w| is_name(w)).map(|w| unquoted_name(w)).collect();
    let (left, right) = names.split_at_checked(names.len() / 2).unwrap_or_default();
    !names.is_empty() && left != right
}

/// Whether brackets around these words would be one pair.
fn closes_last(inside: &[&[u8]]) -> bool {
    let mut depth = 0_i32;
    inside.iter().all(|word| {
        match *word {
            b"(" => depth += 1,
            b")" => depth -= 1,
            _ => {}
        }
        depth >= 0
    })
}

/// Whether a word of a condition names something: no number, no literal, none of SQL's own words.
fn is_name(word: &[u8]) -> bool {
    !word.first().is_none_or(u8::is_ascii_digit)
        && !matches!(
            word,
            b"'" | b"("
                | b")"
                | b"not"
                | b"is"
                | b"null"
                | b"true"
                | b"false"
                | b"in"
                | b"like"
                | b"between"
                | b"and"
                | b"or"
                | b"xor"
                | b"exists"
                | b"select"
                | b"distinct"
                | b"unknown"
        )
}

/// A query reads unless it calls a function that is known to do more.
fn select(words: &[&[u8]]) -> Effect {
    let acts = |w: &&[u8]| SELECT_ACTS.iter().any(|act| w.starts_with(act.bytes()));
    // `for update` locks rows; `for` and `into` as parts of longer names are columns.
    let exact = |w: &&[u8]| !matches!(w.get(..4), Some(b"fore" | b"form" | b"inte")) || w.len() <= 4;
    if calls(words).any(takes) || words.iter().skip(1).any(|w| acts(w) && exact(w)) {
        return Effect::Disrupt;
    }
    Effect::Read
}

/// Whether a function is one that takes something away by its name. `truncate(price, 2)` is arithmetic.
fn takes(name: &[u8]) -> bool {
    name != b"truncate"
        && name
            .split(|b| *b == b'_')
            .any(|word| matches!(word, b"drop" | b"delete" | b"purge" | b"truncate" | b"unlink"))
}

#[cfg(test)]
mod tests;
