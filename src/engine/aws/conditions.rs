//! What the arguments of a command change about its effect: rows of `tables/conditions.txt`, and what holds for every
//! command (a protection that is switched off).
//!
//! A row that raises needs no more than the possibility (an abbreviation that could be the option); one that lowers needs
//! certainty.

use super::opts::{Opt, Opts};
use super::protection::is_protection;
use super::{general, graph, remote, value};
use crate::engine::aws::tables;
use crate::engine::effect::Effect;
use crate::engine::inner::sql::{self, Dialect};
use crate::engine::verdict::Verdict;
use serde_json::Value;

/// Values that switch something off.
const OFF: [&str; 8] = ["false", "inactive", "disabled", "disable", "none", "off", "0", "no"];

/// Applies the rows of one command to its effect.
pub(super) fn apply(command: &[u8], opts: &Opts, certain: bool, verdict: &mut Verdict) {
    let rows: Vec<Row> = tables::conditions(command).filter_map(Row::read).collect();
    for row in rows.iter().filter(|row| row.lowers) {
        match row.test.surely(opts) {
            Some(true) if certain && row.effect < verdict.effect => {
                verdict.effect = row.effect;
                verdict.because = vec![row.because];
            }
            None => verdict.content = true,
            _ => {}
        }
    }
    for row in rows.iter().filter(|row| !row.lowers) {
        match row.test.possibly(opts) {
            Possible::Yes => verdict.raise(row.effect, row.because),
            Possible::Unread => verdict.raise(Effect::Unknown, "a document that cannot be read"),
            Possible::Pending => verdict.content = true,
            Possible::No => {}
        }
    }
    if verdict.effect < Effect::Disrupt && !makes(command) && unprotects(opts) {
        verdict.raise(Effect::Disrupt, "switches a protection off");
    }
    general::apply(command, opts, verdict);
}

/// A row of the table.
struct Row {
    effect: Effect,
    lowers: bool,
    test: Test,
    because: &'static str,
}

/// What has to be so.
enum Test {
    /// The option is given, and its opposite does not follow.
    Given(&'static str),
    /// It is given, and besides it only these.
    Only(&'static str, Vec<&'static str>),
    /// Its value is this, that of another option is this, and besides them only these are given.
    Sets(&'static str, &'static str, &'static str, &'static str, Vec<&'static str>),
    /// Its value is this, in any case.
    Is(&'static str, &'static str),
    /// A member of its value has this name.
    Has(&'static str, &'static str),
    /// A member of its value of this name has this value.
    Member(&'static str, &'static str, &'static str),
    /// Every member of this name has this value, and there is one.
    Every(&'static str, &'static str, &'static str),
    /// No member's name holds this.
    Lacks(&'static str, &'static str),
    /// All these members are true.
    AllTrue(&'static str, Vec<&'static str>),
    /// Its text is SQL that deletes.
    Sql(&'static str),
    /// Its text is a query of a graph that deletes.
    Graph(&'static str),
    /// A value holds this text, in any case.
    Part(&'static str, &'static str),
    /// Its value, or the members whose names begin so, are lines for a shell with this effect.
    Line(&'static str, &'static str, Effect),
    /// The option is given, and something else is so.
    With(&'static str, Box<Test>),
}

/// What is known of a condition that raises.
enum Possible {
    Yes,
    No,
    /// A document has to be read first.
    Pending,
    /// A document that matters cannot be read.
    Unread,
}

impl Row {
    /// `EFFECT`, `TEST`, why, separated by tabs; `=` before an effect that lowers.
    fn read(line: &'static str) -> Option<Row> {
        let mut fields = line.split('\t');
        let effect = fields.next()?;
        let test = Test::read(fields.next()?)?;
        let lowers = effect.starts_with('=');
        let effect = Effect::from_word(effect.trim_start_matches('='))?;
        Some(Row { effect, lowers, test, because: fields.next()? })
    }
}

impl Test {
    fn read(text: &'static str) -> Option<Test> {
        let mut words = text.split(' ');
        let (kind, option) = (words.next()?, words.next()?);
        Some(match kind {
            "given" => Test::Given(option),
            "only" => Test::Only(option, words.collect()),
            "sets" => Test::Sets(option, words.next()?, words.next()?, words.next()?, words.collect()),
            "is" => Test::Is(option, words.next()?),
            "has" => Test::Has(option, words.next()?),
            "value" => Test::Member(option, words.next()?, words.next()?),
            "every" => Test::Every(option, words.next()?, words.next()?),
            "lacks" => Test::Lacks(option, words.next()?),
            "all-true" => Test::AllTrue(option, words.collect()),
            "sql" => Test::Sql(option),
            "graph" => Test::Graph(option),
            "part" => Test::Part(option, words.next()?),
            "line" => Test::Line(option, words.next()?, Effect::from_word(words.next()?)?),
            "with" => Test::With(option, Box::new(Test::read(text.splitn(3, ' ').nth(2)?)?)),
            _ => return None,
        })
    }

    fn option(&self) -> &'static str {
        match self {
            Test::Given(o)
            | Test::Only(o, _)
            | Test::Sets(o, ..)
            | Test::Is(o, _)
            | Test::Has(o, _)
            | Test::Member(o, ..) => o,
            Test::Every(o, ..) | Test::Lacks(o, _) | Test::AllTrue(o, _) | Test::Sql(o) => o,
            Test::Graph(o) | Test::Part(o, _) | Test::Line(o, ..) | Test::With(o, _) => o,
        }
    }

    /// Whether it may hold.
    fn possibly(&self, opts: &Opts) -> Possible {
        if let Test::With(name, other) = self {
            return match Test::Given(name).possibly(opts) {
                Possible::Yes => other.possibly(opts),
                answer => answer,
            };
        }
        let last = last(opts, self.option());
        let holds = match self {
            Test::Given(name) => last.is_some() && !negated(opts, name),
            _ => last.is_some_and(|opt| self.fits(opt)),
        };
        match last {
            _ if holds => Possible::Yes,
            Some(opt) if opt.pending && !matches!(self, Test::Given(_)) => Possible::Pending,
            Some(opt) if opt.unread && !matches!(self, Test::Given(_)) => Possible::Unread,
            None if opts.pending => Possible::Pending,
            None if opts.unread => Possible::Unread,
            _ => Possible::No,
        }
    }

    /// Whether it surely holds; `None` when a document has to be read first.
    fn surely(&self, opts: &Opts) -> Option<bool> {
        if let Test::With(name, other) = self {
            return match Test::Given(name).surely(opts) {
                Some(true) => other.surely(opts),
                answer => answer,
            };
        }
        let Some(opt) = last(opts, self.option()) else {
            return if opts.pending { None } else { Some(false) };
        };
        if opts.pending || opt.pending {
            return None;
        }
        if !opt.sure || opt.unread || opts.unread {
            return Some(false);
        }
        Some(match self {
            Test::Given(name) => !negated(opts, name),
            Test::Sets(name, want, other, value, others) => {
                let only = |opt: &Opt| {
                    opt.sure
                        && (opt.name == *name || opt.name == *other || others.contains(&opt.name.as_str()))
                };
                let is = |name: &str, want: &str| {
                    let given: Vec<&Opt> = opts.list.iter().filter(|opt| opt.name == name).collect();
                    !given.is_empty()
                        && given
                            .iter()
                            .flat_map(|opt| &opt.values)
                            .all(|v| v.trim().eq_ignore_ascii_case(want))
                };
                is(name, want) && is(other, value) && opts.list.iter().all(only)
            }
            Test::Only(name, others) => {
                !negated(opts, name)
                    && opts
                        .list
                        .iter()
                        .all(|o| o.sure && (o.name == *name || others.contains(&o.name.as_str())))
                    && !opt.values.iter().any(|v| off(v) || value::read(v).is_none_or(|v| has_off(&v)))
            }
            _ => self.fits(opt),
        })
    }

    /// Whether the option's values are as wanted. What cannot be read as data is searched as text by the tests that raise.
    fn fits(&self, opt: &Opt) -> bool {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b) || (b == "0" && a.parse::<f64>() == Ok(0.0));
        let inside = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
        let data: Vec<Option<Value>> = opt.values.iter().map(|v| value::read(v)).collect();
        let each = |seen: &mut dyn FnMut(&str, &Value)| {
            for value in data.iter().flatten() {
                value::members(value, &mut |key, value| seen(key, value));
            }
        };
        let unreadable = || opt.values.iter().zip(&data).filter(|(_, d)| d.is_none()).map(|(v, _)| v);
        match self {
            Test::Given(_) | Test::Only(..) | Test::With(..) => true,
            Test::Sets(_, want, ..) => opt.values.iter().all(|v| same(v.trim(), want)),
            Test::Part(_, part) => opt.values.iter().any(|text| inside(text, part)),
            Test::Graph(_) => opt.values.iter().any(|text| graph::deletes(text)),
            Test::Line(_, member, want) => remote::effect(&opt.values, member) == Some(*want),
            Test::Is(_, want) => opt.values.iter().any(|v| {
                same(v.trim(), want)
                    || value::read(v).is_some_and(|v| {
                        let mut found = false;
                        value::members(&v, &mut |key, v| {
                            found |= key.eq_ignore_ascii_case("value")
                                && value::scalar(v).is_some_and(|v| same(&v, want));
                        });
                        found
                    })
            }),
            Test::Has(_, key) => {
                let mut found = unreadable().any(|text| inside(text, key));
                each(&mut |have, _| found |= have.eq_ignore_ascii_case(key));
                found
            }
            Test::Member(_, key, want) => {
                let mut found = unreadable().any(|text| inside(text, key) && inside(text, want));
                each(&mut |have, value| {
                    found |= have.eq_ignore_ascii_case(key)
                        && value::scalar(value).is_some_and(|v| same(&v, want));
                });
                found
            }
            Test::Every(_, key, want) => {
                let (mut some, mut all) = (false, data.iter().all(Option::is_some));
                each(&mut |have, value| {
                    if have.eq_ignore_ascii_case(key) {
                        some = true;
                        all &= value::scalar(value).is_some_and(|v| same(&v, want));
                    }
                });
                some && all
            }
            Test::Lacks(_, part) => {
                let mut lacks = data.iter().all(|d| matches!(d, Some(Value::Object(_) | Value::Array(_))));
                each(&mut |have, _| lacks &= !inside(have, part));
                lacks && !opt.values.is_empty()
            }
            Test::AllTrue(_, keys) => {
                let mut seen = vec![false; keys.len()];
                let mut all = data.iter().all(Option::is_some);
                each(&mut |have, value| {
                    let yes = value::scalar(value).is_some_and(|v| v.eq_ignore_ascii_case("true"));
                    if let Some(slot) = keys
                        .iter()
                        .position(|key| have.eq_ignore_ascii_case(key))
                        .and_then(|at| seen.get_mut(at))
                    {
                        *slot = yes;
                        all &= yes;
                    }
                });
                all && seen.iter().all(|yes| *yes)
            }
            Test::Sql(_) => {
                // Broken JSON: its quotes are not SQL's.
                let mut deletes = unreadable().any(|text| sql_deletes(&text.replace('"', " ")));
                for value in data.iter().flatten() {
                    value::texts(value, &mut |text| deletes |= sql_deletes(text));
                }
                deletes
            }
        }
    }
}

/// The last option that may be the one of this name.
fn last<'a>(opts: &'a Opts, name: &str) -> Option<&'a Opt> {
    opts.list.iter().rev().find(|opt| opt.may_be(name))
}

/// Whether the opposite of a switch surely comes last.
fn negated(opts: &Opts, name: &str) -> bool {
    let opposite = match name.strip_prefix("no-") {
        Some(positive) => positive.to_owned(),
        None => format!("no-{name}"),
    };
    let at = |wanted: &str| opts.list.iter().rposition(|opt| opt.name == wanted);
    at(&opposite) > opts.list.iter().rposition(|opt| opt.may_be(name))
}

fn off(value: &str) -> bool {
    OFF.iter().any(|o| value.trim().eq_ignore_ascii_case(o))
}

fn has_off(value: &Value) -> bool {
    let mut found = false;
    value::members(value, &mut |_, v| found |= value::scalar(v).is_some_and(|v| off(&v)));
    found
}

/// Whether the command makes something new, which nothing protected before: `rds create-db-instance`.
fn makes(command: &[u8]) -> bool {
    let operation = command.rsplit(|b| *b == b' ').next().unwrap_or_default();
    [b"create-".as_slice(), b"restore-", b"copy-", b"run-"].iter().any(|verb| operation.starts_with(verb))
}

/// Whether an option switches a protection off, whatever the command: `--no-deletion-protection`,
/// `--deletion-protection INACTIVE`, `Key=deletion_protection.enabled,Value=false`, `{"DeletionProtection": false}`.
fn unprotects(opts: &Opts) -> bool {
    let switched = |opt: &Opt| {
        let full = opt.name.strip_prefix("no-").is_some_and(is_protection);
        // `--no-del` of an operation whose options are not known.
        let maybe = !opt.sure
            && opt.name.len() > 4
            && ["no-deletion-protection", "no-termination-protected", "no-enable-termination-protection"]
                .iter()
                .any(|name| name.starts_with(&opt.name));
        full || maybe
    };
    let later =
        |at: usize, name: &str| opts.list.iter().skip(at + 1).any(|opt| format!("no-{}", opt.name) == name);
    opts.list.iter().enumerate().any(|(at, opt)| {
        if switched(opt) && !later(at, &opt.name) {
            return true;
        }
        let named = is_protection(&opt.name)
            || (!opt.sure && opt.name.len() > 2 && "deletion-protection".starts_with(opt.name.as_str()));
        opt.values.iter().any(|text| {
            let Some(data) = value::read(text) else {
                let text = text.to_lowercase();
                return is_protection(&text) && OFF.iter().any(|o| text.contains(o));
            };
            let mut found = named && (value::scalar(&data).is_some_and(|v| off(&v)) || has_off(&data));
            value::members(&data, &mut |key, v| {
                found |= is_protection(key) && (value::scalar(v).is_some_and(|v| off(&v)) || has_off(v));
            });
            value::objects(&data, &mut |object| {
                let of = |name: &str| {
                    object
                        .iter()
                        .find(|(key, _)| key.eq_ignore_ascii_case(name))
                        .and_then(|(_, v)| value::scalar(v))
                };
                found |= of("key").or_else(|| of("attributename")).is_some_and(|key| is_protection(&key))
                    && of("value").or_else(|| of("attributevalue")).is_some_and(|v| off(&v));
            });
            found
        })
    })
}

/// Whether SQL (or PartiQL) deletes, whichever engine reads it.
fn sql_deletes(text: &str) -> bool {
    sql::judge(text.as_bytes(), Dialect::Any) == Effect::Destroy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_read() {
        for line in tables::all_conditions() {
            let rest = line.split_once('\t').map(|(_, rest)| rest).unwrap_or_default();
            assert!(Row::read(rest).is_some(), "{line}");
        }
    }

    #[test]
    fn sql_is_read_outside_texts() {
        for (sql, want) in [
            ("delete from t where a = 1", true),
            ("DROP TABLE t", true),
            ("truncate t", true),
            ("select 'drop table t'", false),
            ("select 1 -- drop table t", false),
            ("select 1 /* drop */", false),
            ("select 1 -- x\n; drop table t", true),
            ("update t set a = 1 where id = 2", false),
            ("update t set a = 1", true),
            ("insert into t values (1)", false),
            ("create table t (a int references u on delete cascade)", false),
            ("select deleted from t", false),
            ("drop index i", true),
            (r"select 'a\'; drop table t; --'", true),
            (r"insert into t values ('it\'s'); delete from t", true),
            ("/*!50000 drop table t */", true),
            ("select $$it's$$; truncate t; select $$it's$$", true),
            ("select $$drop table t$$", false),
            ("insert into t values ('it's'); drop table t", true),
            ("UPDATE \"Music\" SET a = 1 WHERE pk = 'where'", false),
            ("DELETE FROM \"Music\" WHERE pk = 'x'", true),
            ("grant delete on t to u", false),
            ("select a from t where b = 'delete'", false),
        ] {
            assert_eq!(sql_deletes(sql), want, "{sql}");
        }
    }
}
