//! Examples: command lines a rule must or must not match, and what a whole policy must decide. Words are read by the
//! same engine that judges real calls; nothing is run and nothing is asked.

use super::tree::{Node, Problem, labels, texts};
use crate::engine::classify;
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::policy::place::{IdKind, Identity};
use crate::engine::policy::rule::{Rule, When};
use crate::engine::situation::{Actor, Situation};
use crate::engine::target::Environment;
use crate::engine::trail::Moved;

/// Checks the `match` and `no_match` examples of one rule.
pub fn check(rule: &Rule, item: &Node, problems: &mut Vec<Problem>) {
    for (key, want) in [("match", true), ("no_match", false)] {
        for example in item.get(key).map(Node::items).unwrap_or_default() {
            let line = example.text().or_else(|| example.get("command").and_then(Node::text));
            let at = example.get("command").unwrap_or(example).at;
            let Some(line) = line else { continue };
            match situation(line) {
                Err(why) => problems.push(Problem { at, what: why }),
                Ok(situation) => {
                    let (rule, s) = assume(rule, situation, example);
                    if s.effect == Effect::Read && want {
                        problems.push(Problem {
                            at,
                            what: "this only reads: reads always pass, no rule sees them".into(),
                        });
                    } else if (s.effect != Effect::Read && rule.matches(&s)) != want {
                        let not = if want { "does not match" } else { "matches" };
                        let (verb, effect) = (escape(s.verb.as_bytes()), s.effect);
                        let id = escape(rule.id.as_bytes());
                        problems.push(Problem {
                            at,
                            what: format!(
                                "the rule `{id}` {not} this command (verb `{verb}`, effect {effect})"
                            ),
                        });
                    }
                }
            }
        }
    }
}

/// The situation the words of a command line tell.
pub fn situation(line: &str) -> Result<Situation, String> {
    let words = shell_words::split(line).map_err(|e| format!("this command line cannot be read: {e}"))?;
    let mut words = words.iter().map(String::as_bytes);
    let tool = words.next().ok_or("an empty command line")?;
    let tool = tool.rsplit(|b| *b == b'/').next().unwrap_or(tool);
    let tool = crate::engine::line::guarded_tool(tool)
        .map_or_else(|| String::from_utf8_lossy(tool).into_owned(), |tool| tool.name.to_owned());
    Ok(classify::situation(&tool, &words.collect::<Vec<_>>()))
}

/// Adds what the example assumes; matchers over things nobody assumed are not looked at.
fn assume(rule: &Rule, mut s: Situation, example: &Node) -> (Rule, Situation) {
    let text = |key: &str| example.get(key).and_then(Node::text);
    let mut when: When = rule.when.clone();
    s.target_known = true;
    match text("environment").and_then(Environment::from_word) {
        Some(environment) => s.environment = environment,
        None => when.environment.clear(),
    }
    if let Some(effect) = text("effect").and_then(Effect::from_word) {
        s.effect = effect;
    }
    for kind in IdKind::ALL {
        match text(kind.word()) {
            Some(value) => s.identities.push(Identity::new(kind, value)),
            None => when.identity.retain(|(k, _)| *k != kind),
        }
    }
    match example.get("labels") {
        Some(given) => {
            let flat: Vec<(String, String)> = labels(Some(given))
                .into_iter()
                .map(|(k, values)| (k, values.into_iter().next().unwrap_or_default()))
                .collect();
            s.objects.iter_mut().for_each(|o| o.labels = Some(flat.clone()));
        }
        None => when.labels.clear(),
    }
    match example.get("local").and_then(Node::flag) {
        Some(local) => s.local = local,
        None => when.local = None,
    }
    match example.get("interactive").and_then(Node::flag) {
        Some(interactive) => s.interactive = interactive,
        None => when.interactive = None,
    }
    match Actor::ALL.into_iter().find(|a| texts(example.get("actor")).iter().any(|w| w == a.word())) {
        Some(actor) => s.actor = actor,
        None => when.actor.clear(),
    }
    match example.get("moved").and_then(Node::flag) {
        Some(moved) => s.moved = if moved { Moved::Yes } else { Moved::No },
        None => when.moved = None,
    }
    match text("now").and_then(moment) {
        Some(now) => s.now = Some(now),
        None => when.time = None,
    }
    (Rule { when, ..rule.clone() }, s)
}

/// A moment as text, in seconds since 1970-01-01T00:00Z.
pub fn moment(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(|t| t.as_second())
}
