//! What statements do, as far as one glance tells: literals and comments are taken out, each statement goes by its words.
//!
//! Servers do not agree about where a literal ends. A backslash hides a quote in MySQL, in Redshift and in PostgreSQL's
//! `E'…'`, and nowhere else; comments nest in PostgreSQL alone; `$$` quotes there and not in MySQL, where `#` begins a
//! comment and `--` does only before a blank. (PostgreSQL 17 documentation, 4.1; MySQL 8.4 manual, 11.1.1 and 11.7;
//! Redshift's string literals.) So a text is read in every way its server may read it, and the worst counts; where that
//! leaves a quote open, its words are read without any quoting.

use super::super::effect::Effect;
use super::super::tools::programs::SELECT_ACTS;

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
}

const POSTGRES: &[Reading] = &[
    Reading { backslash: false, dollar: true, mysql: false },
    Reading { backslash: true, dollar: true, mysql: false },
];
const MYSQL: &[Reading] = &[
    Reading { backslash: true, dollar: false, mysql: true },
    Reading { backslash: false, dollar: false, mysql: true },
];
/// Nobody writes `$$` for MySQL but as a delimiter of its client, which is not at work here.
const ANY: &[Reading] = &[
    Reading { backslash: false, dollar: true, mysql: false },
    Reading { backslash: true, dollar: true, mysql: false },
    Reading { backslash: true, dollar: true, mysql: true },
    Reading { backslash: false, dollar: true, mysql: true },
];

/// How deep texts are followed that a statement runs itself: `do $$ … $$`, `execute '…'`.
const DEPTH: u8 = 2;

/// The worst of some statements. A backslash command of psql that only describes is a read; every other one is not known.
pub fn judge(text: &[u8], dialect: Dialect) -> Effect {
    judge_at(&text.to_ascii_lowercase(), dialect, DEPTH)
}

fn judge_at(text: &[u8], dialect: Dialect, depth: u8) -> Effect {
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
    /// A literal or a quoted name, without its quotes.
    Text(&'t [u8]),
    Open,
    Close,
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
                out.parts.push(Part::Text(inside));
                out.odd |= behind.is_none_or(|b| b.first().is_some_and(|b| is_word(*b)));
                behind.unwrap_or_default()
            }
            [b'#', ..] if how.mysql => line(after),
            [b'-', b'-'] => &[],
            [b'-', b'-', next, ..] if !how.mysql || next.is_ascii_whitespace() => line(after),
            // MySQL and MariaDB carry these out: `/*!50000 drop table t */`.
            [b'/', b'*', b'!', inner @ ..] | [b'/', b'*', b'm', b'!', inner @ ..] => {
                inner.get(inner.iter().take_while(|b| b.is_ascii_digit()).count()..).unwrap_or_default()
            }
            [b'/', b'*', inner @ ..] => {
                let behind = comment(inner, !how.mysql);
                out.odd |= behind.is_none();
                behind.unwrap_or_default()
            }
            [b'$', ..] if how.dollar => match dollar(rest) {
                Some((inside, behind)) => {
                    out.parts.push(Part::Text(inside));
                    out.odd |= behind.is_none();
                    behind.unwrap_or_default()
                }
                None => after,
            },
            [b'\\', ..] => meta(after, &mut out.parts),
            _ => plain(rest, after, &mut out.parts),
        };
    }
    out
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

/// What stands behind a comment.
fn comment(text: &[u8], nested: bool) -> Option<&[u8]> {
    let (mut depth, mut at) = (1_usize, 0);
    while let Some(pair) = text.get(at..at + 2) {
        match pair {
            b"*/" => depth -= 1,
            b"/*" if nested => depth += 1,
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
        Part::Text(text) => Some(judge_at(text, dialect, depth - 1)).filter(|e| *e == Effect::Destroy),
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
    let words: Vec<&[u8]> = parts
        .iter()
        .map(|part| match part {
            Part::Word(word) => *word,
            Part::Text(_) => b"'",
            Part::Open => b"(",
            Part::Close => b")",
            Part::End | Part::Meta(_) => b"",
        })
        .skip_while(|w| *w == b"(")
        .collect();
    if let [Part::Meta(command)] = parts {
        let describes = command.first() == Some(&b'd')
            || matches!(*command, b"l" | b"l+" | b"conninfo" | b"x" | b"timing");
        return if describes && !command.contains(&b'\\') { Effect::Read } else { Effect::Disrupt };
    }
    by_words(&words, dialect)
}

fn by_words(words: &[&[u8]], dialect: Dialect) -> Effect {
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
        b"alter" => destroys(any(&[b"drop", b"truncate", b"discard"])),
        b"reset" => destroys(any(&[b"master", b"slave", b"replica", b"binary"])),
        b"explain" if has(b"analyze") || has(b"analyse") => {
            const RUNS: [&[u8]; 7] =
                [b"select", b"insert", b"update", b"delete", b"merge", b"with", b"create"];
            let at = words.iter().position(|w| RUNS.contains(w));
            at.and_then(|at| words.get(at..)).map_or(Effect::Disrupt, |inner| by_words(inner, dialect))
        }
        b"explain" | b"show" | b"describe" | b"desc" | b"table" | b"values" => Effect::Read,
        b"select" => select(words),
        // `with d as (delete …)`
        b"with" if any(&[b"delete", b"truncate", b"drop"]) => Effect::Destroy,
        b"with" if has(b"update") => destroys(!is_limited(words)),
        b"with" if !has(b"insert") && !has(b"merge") => select(words),
        // Their words name what is allowed, said or made, and delete nothing now.
        b"grant" | b"revoke" | b"comment" => Effect::Disrupt,
        b"create" if !has(b"event") => Effect::Disrupt,
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

fn has_condition(update: &[&[u8]]) -> bool {
    let (mut depth, mut found) = (0_i32, false);
    for word in update {
        match *word {
            b"(" => depth += 1,
            // The end of the brackets around the update itself.
            b")" if depth == 0 => return false,
            b")" => depth -= 1,
            b"where" if depth == 0 => found = true,
            b"1" | b"true" | b"'" => {}
            _ if found => return true,
            _ => {}
        }
    }
    false
}

/// A query reads unless it calls a function that is known to do more.
fn select(words: &[&[u8]]) -> Effect {
    let acts = |w: &&[u8]| SELECT_ACTS.iter().any(|act| w.starts_with(act.bytes()));
    // `for update` locks rows; `for` and `into` as parts of longer names are columns.
    let exact = |w: &&[u8]| !matches!(w.get(..4), Some(b"fore" | b"form" | b"inte")) || w.len() <= 4;
    if words.iter().skip(1).any(|w| acts(w) && exact(w)) { Effect::Disrupt } else { Effect::Read }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::{Any, MySql, Postgres};
    use Effect::{Destroy, Disrupt, Read};

    fn check(rows: &[(Effect, Dialect, &str)]) {
        let wrong: Vec<String> = rows
            .iter()
            .map(|(want, dialect, text)| (want, judge(text.as_bytes(), *dialect), dialect, text))
            .filter(|(want, given, ..)| *want != given)
            .map(|(want, given, dialect, text)| {
                format!("{want} expected, {given} given ({dialect:?}): {text}")
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn literals_end_where_some_server_ends_them() {
        check(&[
            (Read, Any, "select 'drop table t'"),
            (Read, Any, "select 'it''s; drop table t'"),
            // A string for MySQL, two statements for PostgreSQL, and the other way round.
            (Destroy, Any, r"select 'a\'; drop table t; --'"),
            (Destroy, Postgres, r"select 'a\'; drop table t; --'"),
            (Destroy, Any, r"select 'it\'s'; drop table t; select 'x'"),
            (Destroy, MySql, r"select 'it\'s'; drop table t; select 'x'"),
            (Destroy, MySql, r#"select "\"", 'x'; delete from t; select '"'"#),
            (Destroy, Any, r#"insert into t values ("a\"b'"); truncate t -- '"#),
            (Read, Any, r"select 'c:\\temp'"),
            (Read, Postgres, r"select e'it\'s; drop table t'"),
            (Read, Postgres, r"select E'\\', 'drop table t'"),
            (Destroy, Postgres, r"select e'\\'; drop table t --'"),
            // A quote that stays open hides nothing.
            (Destroy, Any, "select 'it's; drop table t"),
            (Destroy, Any, "select \"a; drop table t"),
            (Destroy, MySql, "select `a; drop table t"),
            (Destroy, Any, "insert into t values ('it's'); delete from t"),
            (Destroy, Any, "insert into t values ('it's'); delete from t; select 'that's'"),
            (Read, Postgres, "select date'2026-01-01', n'x', _utf8'x', a.\"b\".c, 'a' 'b'"),
            (Destroy, Any, "select /* a; drop table t"),
            (Destroy, Any, "select $$a; drop table t"),
            (Read, Any, "select 'it's deleted"),
            (Disrupt, Any, r#"update t set a = 'c:\' where b = 1"#),
        ]);
    }

    #[test]
    fn comments_end_where_some_server_ends_them() {
        check(&[
            (Read, Any, "select 1 -- drop table t"),
            (Read, Any, "select 1 /* ; drop table t */"),
            (Read, Postgres, "select 1 /* ; drop /* x */ table t */"),
            (Destroy, Any, "select 1 -- x\n; drop table t"),
            (Destroy, Any, "/* /* */ drop table t; -- */"),
            (Destroy, MySql, "select 1 # it's\n; drop table t"),
            (Destroy, Any, "select 1 # it's\n; drop table t"),
            (Read, MySql, "select 1 # ; drop table t"),
            (Destroy, MySql, "select 2--1; drop table t"),
            (Destroy, Any, "select '/*'; drop table t; select '*/'"),
            (Destroy, MySql, "/*!50000 drop table t */"),
            (Destroy, Any, "/*!50000 drop table t */"),
            (Destroy, Any, "select 1; /*!drop table t*/"),
            (Destroy, Any, "/*M!100100 truncate t */"),
            (Destroy, MySql, "/*!40000 alter */ /*!40000 table t drop column a */"),
            (Read, MySql, "select /*! straight_join */ a from t"),
            (Read, Any, "select /*+ hint */ 1"),
            (Destroy, Any, "dr/**/op; drop/**/table/**/t"),
        ]);
    }

    #[test]
    fn dollars_quote_where_they_do() {
        check(&[
            (Read, Any, "select $$truncate t; drop table t$$"),
            (Read, Postgres, "select $a$ $$ ; drop table t; $$ $a$"),
            (Destroy, Any, "select $$it's$$; drop table t; select $$it's$$"),
            (Destroy, Postgres, "select $a$ ' $a$; drop table t; select '"),
            (Destroy, Any, "select $1; drop table t"),
            (Destroy, Postgres, "select a$b$c; drop table t; select a$b$c"),
            (Disrupt, Any, "comment on table t is $$drop me$$"),
            (Destroy, MySql, "delimiter $$\ndrop table t $$"),
        ]);
    }

    #[test]
    fn texts_that_are_run_count() {
        check(&[
            (Destroy, Postgres, "do $$ begin drop table t; end $$"),
            (Destroy, Any, "do $x$ begin execute 'truncate t'; end $x$"),
            (Disrupt, Postgres, "do $$ begin perform 1; end $$"),
            (Destroy, MySql, "set @s = 'drop table t'; prepare s from @s; execute s"),
            (Destroy, Any, "execute immediate 'delete from t'"),
            (Destroy, Postgres, "select 'drop table t' \\gexec"),
            (Destroy, Postgres, "select dblink_exec('c', 'drop table t')"),
            (Destroy, Postgres, "select cron.schedule('0 3 * * *', $$delete from t$$)"),
            (Disrupt, MySql, "set @s = 'drop table t'"),
        ]);
    }

    #[test]
    fn statements_go_by_their_words() {
        check(&[
            (Destroy, Any, "DELETE FROM t WHERE a = 1"),
            (Destroy, Any, "DELETE FROM \"Music\" WHERE pk = 'x'"),
            (Destroy, Any, "update t set a = 1"),
            (Destroy, Any, "update t set a = (select b from u where c = 1)"),
            (Destroy, Any, "update t set a = 1 where 1 = 1"),
            (Destroy, Any, "update t set a = 1 where true"),
            (Disrupt, Any, "update t set a = (select b from u) where c = 1"),
            (Destroy, Any, "with d as (update t set a = 1 returning b) select b from d where b = 1"),
            (Disrupt, Any, "with d as (select a from t for update) update t set a = 1 where b = 2"),
            (Disrupt, Any, "update t set a = 1 where id in (select id from u where true)"),
            (Destroy, Any, "merge into t using u on t.a = u.a when matched then delete"),
            (Disrupt, Any, "merge into t using u on t.a = u.a when matched then update set a = 1"),
            (Destroy, Postgres, "explain analyze delete from t"),
            (Destroy, Postgres, "explain (analyze, buffers) with d as (delete from t returning 1) select 1"),
            (Read, Postgres, "explain delete from t"),
            (Read, Postgres, "explain analyze select 1"),
            (Destroy, MySql, "alter table t truncate partition p0"),
            (Destroy, MySql, "reset master"),
            (Destroy, MySql, "purge binary logs to 'x'"),
            (Destroy, MySql, "select 1\\G drop table t\\G"),
            (Destroy, Postgres, "select 1 \\; drop table t"),
            (Destroy, Any, "begin delete from t; end"),
            (Destroy, MySql, "create event e on schedule every 1 day do delete from t"),
            (Disrupt, Any, "create table t (a int references u on delete cascade)"),
            (Disrupt, Any, "create trigger x before delete on t for each row execute function f()"),
            (Disrupt, Any, "grant select, delete, truncate on t to u"),
            (Disrupt, Any, "insert into t values (1)"),
            (Destroy, Any, "unload ('select 1') to 's3://b/x' cleanpath"),
            (Disrupt, Any, "unload ('select 1') to 's3://b/x'"),
            (Read, Any, "select truncate(price, 2), deleted from t"),
            (Read, Any, "(select 1) union (select 2)"),
            (Destroy, Any, "(select 1); drop index i"),
            (Disrupt, Postgres, "drop index i"),
            (Read, Postgres, "\\d orders\nselect 1"),
            (Disrupt, Postgres, "\\i drop.sql"),
            (Disrupt, Any, ""),
            (Disrupt, Any, "-- nothing"),
        ]);
    }

    #[test]
    fn long_texts_end() {
        for part in ["'", "$a$", "/*", "(", "\\", "$$", "--", "`\"", "do '"] {
            let text = part.repeat(20_000);
            let _ = judge(text.as_bytes(), Any);
        }
    }
}
