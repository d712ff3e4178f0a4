//! The phrase of a command that works on a host: its name, and where more goes than was named that also.

use super::aws::{Said, former};
use super::parts::short_digest;
use super::{Challenge, LONGEST};
use crate::engine::escape::escape;
use crate::engine::machine::HostTarget;

/// What a command does to a host, by the names a phrase has for it.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostScope<'a> {
    /// Data that is lost for good, what counts most first.
    pub lost: &'a [String],
    /// The machine itself goes down, or changes its state: `poweroff`, `reboot`, `rescue.target`.
    pub machine: Option<&'a str>,
    /// What goes or stops without having been named.
    pub unnamed: &'a [String],
    /// Not everything that goes or stops was seen.
    pub unseen: bool,
    /// Everything of this name goes, a project's; for an empty one whatever there is of a kind.
    pub whole: Option<&'a str>,
    /// What was named and goes or stops; the command's own word where it names nothing.
    pub stops: &'a [String],
}

/// The question for a command that works on a host: `db1`; `db1/postgresql-15` where more goes than was named, `db1/poweroff`,
/// `db1/15/main` where data goes; `db1/*` where not everything was seen or all of a kind goes, `db1/shop/*` for all of a
/// project. `GUARD_CONFIRM` always says what stops (`db1/cron`).
pub fn host_challenge(target: &HostTarget, policy_name: Option<&str>, scope: &HostScope<'_>) -> Challenge {
    let host = target.host_name(policy_name);
    let word = target.name_word(policy_name);
    if host.is_empty() {
        return Challenge::new("", word);
    }
    let said = Said::new(&host, word);
    let mut challenge = if let Some(of) = scope.whole {
        let mut said = said;
        if !of.is_empty() {
            said.name("project", of);
        }
        said.literal("*");
        said.challenge(None)
    } else if !scope.lost.is_empty() {
        several(said, scope.lost, "thing lost", "first lost")
    } else if let Some(how) = scope.machine {
        let mut said = said;
        said.literal(how);
        said.challenge(None)
    } else if scope.unseen {
        let mut said = said;
        said.literal("*");
        said.challenge(None)
    } else if !scope.unnamed.is_empty() {
        several(said, scope.unnamed, "not named by you", "first not named by you")
    } else {
        let mut challenge = said.challenge(None);
        if !scope.stops.is_empty() {
            let more = several(Said::new(&host, word), scope.stops, "what stops", "first that stops");
            challenge.variable = Some((more.variable().to_owned(), more.variable_pattern()));
        }
        challenge
    };
    challenge.natural = natural(&host, scope.lost, &challenge.phrase);
    challenge.former = vec![former(&host, scope.lost)];
    challenge
}

/// The phrase with the name as people write it, where nothing in it can be taken for something else.
fn natural(host: &str, lost: &[String], phrase: &str) -> Option<String> {
    let (first, others) = lost.split_first()?;
    let more = if others.is_empty() { String::new() } else { format!("+{}", others.len()) };
    let clear = escape(first.as_bytes()) == *first && first.trim() == first;
    let spelt = format!("{host}/{first}{more}");
    let odd = !first.is_ascii() || first.contains(' ');
    (clear && odd && spelt != phrase && spelt.len() <= LONGEST).then_some(spelt)
}

/// The thing, or the first of several and how many more, with a digest of those for the variable.
fn several(mut said: Said, things: &[String], one: &str, first: &str) -> Challenge {
    match things {
        [] => said.challenge(None),
        [thing] => {
            said.name(one, thing);
            said.challenge(None)
        }
        [thing, others @ ..] => {
            said.name(first, thing);
            said.more(others.len());
            let mut others = others.to_vec();
            others.sort_unstable();
            said.challenge(Some(short_digest(&others)))
        }
    }
}
