//! From the text of one policy file to a layer, with every mistake that can be found at once.

use super::keys::{self, TOP};
use super::tree::{self, Is, Node, Problem, labels, texts};
use super::{vocabulary, zone};
use crate::engine::backup::Evidence;
use crate::engine::backup::backed::{Demand, Unmet};
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::human::seconds;
use crate::engine::policy::agents::Agents;
use crate::engine::policy::place::{IdKind, Place, host_of, is_everywhere};
use crate::engine::policy::rule::{LabelTest, Rule, When};
use crate::engine::policy::window::{Window, Zone, days_of};
use crate::engine::policy::{Layer, Mode, OnFailure, Policy, UnknownAs};
use crate::engine::server::is_loopback;
use crate::engine::situation::{Actor, Level, Outcome};
use crate::engine::target::Environment;
use crate::engine::tool::{self, TargetKind};

/// A mistake at a node.
fn problem(node: &Node, what: impl Into<String>) -> Problem {
    Problem { at: node.at, what: what.into() }
}

/// Reads one file. All mistakes, in the order of the file.
pub fn read(text: &str, file: &str, layer: Layer) -> Result<Policy, Vec<Problem>> {
    let root = tree::parse(text).map_err(|p| vec![p])?;
    let mut problems = Vec::new();
    keys::check(&root, TOP, &mut problems);
    for rule in root.get("rules").map(Node::items).unwrap_or_default() {
        problems.extend(rule.get("reason").and_then(|reason| cut(reason, text)));
    }
    let mut policy = Policy::empty(layer, file);
    settings(&root, &mut policy, &mut problems);
    for (key, of) in LISTS {
        for item in root.get(key).map(Node::items).unwrap_or_default() {
            policy.places.extend(place(item, of, layer, &mut problems));
        }
    }
    let rules = root.get("rules").map(Node::items).unwrap_or_default();
    for item in rules {
        if let Some(rule) = rule(item, layer, &mut problems) {
            if policy.rules.iter().any(|r| r.id == rule.id) {
                let at = item.get("id").unwrap_or(item);
                problems
                    .push(problem(at, format!("a second rule with the id `{}`", escape(rule.id.as_bytes()))));
            }
            // Examples of a rule that could not be read as written would only add noise.
            let lines = item.at.line..=last_line(item);
            if !problems.iter().any(|p| lines.contains(&p.at.line)) {
                super::example::check(&rule, item, &mut problems);
            }
            policy.rules.push(rule);
        }
    }
    problems.sort_by_key(|p| (p.at.line, p.at.column));
    problems.dedup();
    if problems.is_empty() { Ok(policy) } else { Err(problems) }
}

/// A text without quotes ends where ` #` begins a comment, and nothing tells so: `reason: ask #pay`. What looks like a
/// comment, with a blank behind the sign, is one.
fn cut(node: &Node, text: &str) -> Option<Problem> {
    let line = text.lines().nth(usize::try_from(node.at.line.checked_sub(1)?).ok()?)?;
    let from = usize::try_from(node.at.column.checked_sub(1)?).ok()?;
    let value: String = line.chars().skip(from).collect();
    if value.starts_with(['"', '\'', '|', '>', '&', '*', '!']) {
        return None;
    }
    let rest = value.strip_prefix(node.text()?)?;
    let comment = rest.trim_start();
    let word =
        comment.strip_prefix('#').filter(|word| word.starts_with(|c: char| !c.is_whitespace() && c != '#'));
    (rest.len() > comment.len() && word.is_some()).then(|| {
        problem(node, "everything from ` #` on is a comment and was cut off; put the text into quotes")
    })
}

fn last_line(node: &Node) -> u32 {
    match &node.is {
        Is::Map(entries) => entries.iter().map(|(_, at, n)| at.line.max(last_line(n))).max(),
        Is::List(items) => items.iter().map(last_line).max(),
        _ => None,
    }
    .unwrap_or(node.at.line)
    .max(node.at.line)
}

fn word<T: Copy>(node: Option<&Node>, all: &[T], of: impl Fn(T) -> &'static str) -> Option<T> {
    let text = node?.text()?;
    all.iter().copied().find(|t| of(*t) == text)
}

fn number(node: Option<&Node>) -> Option<u32> {
    node?.text()?.parse().ok()
}

fn owned(node: Option<&Node>) -> Option<String> {
    node?.text().map(str::to_owned)
}

/// A tool by the name it has in records and situations: `kubectl` for `kubectl.exe`. Patterns stay as they are.
fn canonical(name: String) -> String {
    tool::called(name.as_bytes()).map_or(name, |tool| tool.name.to_owned())
}

fn settings(root: &Node, policy: &mut Policy, problems: &mut Vec<Problem>) {
    policy.mode = word(root.get("mode"), &Mode::ALL, Mode::word);
    policy.unknown = word(root.get("unknown"), &UnknownAs::ALL, UnknownAs::word);
    policy.builtin_floor = root.get("builtin_floor").and_then(Node::flag).unwrap_or(false);
    let at = |group: &str, key: &str| root.get(group).and_then(|g| g.get(key));
    policy.prompt_attempts = number(at("prompt", "attempts"));
    policy.prompt_timeout_s = number(at("prompt", "timeout_s"));
    policy.env_confirm = at("prompt", "env_confirm").and_then(Node::flag);
    policy.env_confirm_at_terminal = at("prompt", "env_confirm_at_terminal").and_then(Node::flag);
    policy.probe_timeout_ms = number(at("probe", "timeout_ms"));
    policy.credentials_timeout_ms = number(at("probe", "credentials_timeout_ms"));
    policy.probe_on_failure = word(at("probe", "on_failure"), &OnFailure::ALL, OnFailure::word);
    policy.audit_path = owned(at("audit", "path"));
    policy.audit_required = at("audit", "required").and_then(Node::text).and_then(|w| match w {
        "never" => Some(Effect::Read),
        other => Effect::from_word(other),
    });
    policy.copies_volumes_mib = number(at("copies", "volumes_mib"));
    let allows = |key: &str| at("agents", key).and_then(Node::text).map(|word| word == "allow");
    policy.agents = Agents { confirm: allows("confirm"), terminal: allows("terminal") };
    policy.housekeeping = texts(root.get("housekeeping"));
    policy.remember_terminals = root.get("remember_terminals").and_then(Node::flag);
    if let Some(Node { is: Is::Map(entries), .. }) = root.get("tools") {
        policy.tools =
            entries.iter().filter_map(|(name, _, n)| Some((name.clone(), owned(n.get("path"))?))).collect();
    }
    let tool_paths = match root.get("tools").map(|n| &n.is) {
        Some(Is::Map(entries)) => entries.iter().filter_map(|(_, _, n)| n.get("path")).collect(),
        _ => Vec::new(),
    };
    for path in at("audit", "path").into_iter().chain(tool_paths) {
        if path.text().is_some_and(|t| !t.is_empty() && !t.starts_with('/')) {
            problems.push(problem(path, "must be an absolute path"));
        }
    }
    let only = |problems: &mut Vec<Problem>, node: Option<&Node>, what: &str| {
        problems.extend(node.map(|n| problem(n, what)));
    };
    if policy.layer != Layer::System {
        only(problems, root.get("builtin_floor"), "`builtin_floor` belongs in the system's policy");
    }
    if policy.layer == Layer::Project {
        const WHY: &str =
            "a project's policy can only tighten; this belongs in the user's or the system's file";
        for node in [
            root.get("mode"),
            root.get("tools"),
            at("audit", "path"),
            at("copies", "volumes_mib"),
            at("probe", "timeout_ms"),
            at("probe", "credentials_timeout_ms"),
        ] {
            only(problems, node, WHY);
        }
        only(problems, root.get("housekeeping"), WHY);
        only(problems, root.get("remember_terminals"), WHY);
        only(problems, at("agents", "confirm").filter(|n| n.text() == Some("allow")), WHY);
    }
}

fn identities(node: &Node) -> Vec<(IdKind, Vec<String>)> {
    let of = |kind: IdKind| node.get(kind.word()).map(|n| (kind, texts(Some(n))));
    IdKind::ALL.into_iter().filter_map(of).filter(|(_, patterns)| !patterns.is_empty()).collect()
}

/// The lists of places, and what their entries speak of.
pub const LISTS: [(&str, TargetKind); 4] = [
    ("clusters", TargetKind::Cluster),
    ("accounts", TargetKind::Account),
    ("hosts", TargetKind::Machine),
    ("daemons", TargetKind::Daemon),
];

/// The identities that prove something of such a target: `server, uid or ca`.
fn proofs(of: TargetKind) -> String {
    let all: Vec<&str> =
        IdKind::ALL.into_iter().filter(|kind| kind.is_of(of) && kind.is_proof()).map(IdKind::word).collect();
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => all.concat(),
    }
}

/// An entry of one of them.
fn place(item: &Node, of: TargetKind, layer: Layer, problems: &mut Vec<Problem>) -> Option<Place> {
    if !matches!(item.is, Is::Map(_)) {
        return None;
    }
    let environment = word(item.get("environment"), &Environment::ALL, Environment::word);
    let place = Place {
        of,
        name: owned(item.get("name")),
        environment,
        identity: identities(item),
        line: Some(item.at.line),
    };
    let at = item.get("environment").or_else(|| item.get("name")).unwrap_or(item);
    if place.identity.is_empty() {
        problems.push(problem(at, format!("nothing here says how to recognise it: add {}", proofs(of))));
        return Some(place);
    }
    // A name with a star would be a proof for whatever is called so.
    for id in item.get("daemon").map(Node::items).unwrap_or_default() {
        let pattern = id.text().filter(|text| vocabulary::is_pattern(text));
        problems.extend(pattern.map(|_| {
            problem(id, "an ID is written out, `docker info -f '{{.ID}}'` says it: patterns are for rules")
        }));
    }
    for account in item.get("account").map(Node::items).unwrap_or_default() {
        // One digit lost, and the entry would never hold again.
        let short = account.text().filter(|id| id.bytes().all(|b| b.is_ascii_digit()) && id.len() != 12);
        problems.extend(short.map(|id| {
            problem(
                account,
                format!("`{id}` is no account id: these have twelve digits, zeros in front included"),
            )
        }));
    }
    if environment.is_none() && place.name.is_none() {
        problems.push(problem(item, "it has neither a name nor an environment"));
    }
    if layer == Layer::Project && place.name.is_some() {
        problems.extend(
            item.get("name")
                .map(|n| problem(n, "a project's policy names nothing: the name is what people type")),
        );
    }
    if environment.is_some_and(|e| e < Environment::Unclassified) {
        lowering(item, &place, at, problems);
    } else if place.name.is_some() && !place.identity.iter().any(|(k, _)| k.is_proof()) {
        problems.extend(
            item.get("name").map(|n| problem(n, format!("a name needs an identity: {}", proofs(of)))),
        );
    }
    Some(place)
}

/// What is wrong with a socket as a proof.
const NO_MACHINE: &str = "this proves nothing: every machine has such a socket, and tunnels end at a loopback address; add daemon or host";

/// What is said to be harmless has to be proven.
fn lowering(item: &Node, place: &Place, at: &Node, problems: &mut Vec<Problem>) {
    if !place.identity.iter().any(|(kind, _)| kind.is_proof()) {
        let what = if place.identity.iter().any(|(kind, _)| *kind == IdKind::Region) {
            "a region alone proves nothing: every account has it; add account"
        } else {
            "a name alone proves nothing: the same context can point anywhere; add server, uid or ca"
        };
        problems.push(problem(at, what));
        return;
    }
    let strong = place.identity.iter().any(|(k, _)| matches!(k, IdKind::Uid | IdKind::Ca));
    let other = place.identity.iter().any(|(k, _)| matches!(k, IdKind::Daemon | IdKind::Host));
    for (kind, patterns) in &place.identity {
        let nodes = item.get(kind.word()).map(Node::items).unwrap_or_default();
        for (pattern, node) in patterns.iter().zip(nodes) {
            if kind.is_proof() && pattern.chars().all(|c| !c.is_alphanumeric()) {
                problems.push(problem(node, "this matches everything"));
            }
            if *kind == IdKind::Server && !strong && is_loopback(host_of(pattern)) {
                problems.push(problem(
                    node,
                    "a loopback address proves nothing: tunnels end there; add uid or ca",
                ));
            }
            let is_daemons = *kind == IdKind::Endpoint && place.of == TargetKind::Daemon;
            if is_daemons && !other && is_everywhere(pattern) {
                problems.push(problem(node, NO_MACHINE));
            }
        }
    }
}

fn rule(item: &Node, layer: Layer, problems: &mut Vec<Problem>) -> Option<Rule> {
    let id = owned(item.get("id"))?;
    let backup = item.get("backup");
    if item.get("then").is_none() && backup.is_none() {
        problems.push(problem(item.get("id").unwrap_or(item), "missing key `then`: what follows"));
        return None;
    }
    // A demand stands by itself: where it is met, nothing follows.
    let then_node = item.get("then").or(backup)?;
    let then = item.get("then").map_or(Some("nothing"), Node::text)?;
    if id.starts_with("builtin/") || id.contains(|c: char| c.is_control() || c.is_whitespace()) {
        problems.extend(
            item.get("id").map(|n| problem(n, "an id has no blanks and does not start with builtin/")),
        );
    }
    let freeze = then == "freeze";
    let level = word(item.get("level"), &[Level::YesNo, Level::Typed], |l| match l {
        Level::YesNo => "yes-no",
        Level::Typed => "typed",
    });
    let outcome = match then {
        "allow" | "nothing" => Outcome::Allow,
        "warn" => Outcome::Warn,
        "confirm" => Outcome::Confirm(level.unwrap_or(Level::Typed)),
        "deny" | "freeze" => Outcome::Deny,
        _ => return None,
    };
    let relax = then == "allow" || item.get("relax").and_then(Node::flag) == Some(true);
    if then != "confirm" {
        for key in ["level", "justification", "show"] {
            problems.extend(
                item.get(key).map(|n| problem(n, format!("`{key}` needs a question: `then: confirm`"))),
            );
        }
    }
    if relax {
        let at = item.get("relax").unwrap_or(then_node);
        if layer != Layer::User {
            problems.push(problem(
                at,
                format!("the {} policy can only tighten; relaxing belongs in the user's file", layer.word()),
            ));
        }
        if outcome == Outcome::Deny {
            problems.push(problem(at, "a refusal relaxes nothing"));
        }
        for key in ["justification", "show", "backup"] {
            problems.extend(
                item.get(key)
                    .map(|n| problem(n, format!("`{key}` tightens; write a rule of its own for it"))),
            );
        }
    }
    let when_node = item.get("when");
    if let Some(when) = when_node {
        vocabulary::check(when, problems);
    }
    let mut when = when_node.map(|n| conditions(n, problems)).unwrap_or_default();
    if freeze {
        let effect = when_node.and_then(|n| n.get("effect"));
        problems.extend(
            effect.map(|n| problem(n, "a freeze leaves nothing but reads; use `then: deny` with an effect")),
        );
        when.effect = Some(Effect::Mutate);
    }
    Some(Rule {
        id,
        when,
        then: outcome,
        relax,
        freeze,
        reason: owned(item.get("reason")),
        justification: item.get("justification").is_some(),
        show_diff: item.get("show").is_some(),
        backup: backup.map(demand),
        line: Some(item.at.line),
    })
}

/// What is demanded of copies.
fn demand(node: &Node) -> Demand {
    Demand {
        max_age_s: node.get("max_age").and_then(Node::text).and_then(seconds),
        evidence: word(node.get("evidence"), &Evidence::ALL, Evidence::word).unwrap_or(Evidence::Recorded),
        other_domain: node.get("other_domain").is_some(),
        unmet: word(node.get("unmet"), &Unmet::ALL, Unmet::word).unwrap_or_default(),
    }
}

fn conditions(node: &Node, problems: &mut Vec<Problem>) -> When {
    let environment = texts(node.get("environment"));
    let actor = texts(node.get("actor"));
    When {
        tool: texts(node.get("tool")).into_iter().map(canonical).collect(),
        verb: texts(node.get("verb")),
        effect: node.get("effect").and_then(Node::text).and_then(Effect::from_word),
        whole_scope: node.get("whole_scope").and_then(Node::flag),
        resource: texts(node.get("resource")),
        name: texts(node.get("name")),
        namespace: texts(node.get("namespace")),
        labels: labels(node.get("labels"))
            .into_iter()
            .map(|(key, values)| LabelTest { key, values: values.into_iter().filter(|v| v != "*").collect() })
            .collect(),
        environment: environment.iter().filter_map(|w| Environment::from_word(w)).collect(),
        identity: identities(node),
        local: node.get("local").and_then(Node::flag),
        interactive: node.get("interactive").and_then(Node::flag),
        actor: Actor::ALL.into_iter().filter(|a| actor.iter().any(|w| w == a.word())).collect(),
        time: node.get("time").and_then(|n| window(n, problems)),
        moved: node.get("moved").and_then(Node::flag),
    }
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn window(node: &Node, problems: &mut Vec<Problem>) -> Option<Window> {
    let mut part = |key: &str, want: &str, read: &dyn Fn(&str) -> Option<i64>| {
        let n = node.get(key)?;
        let value = n.text().and_then(read);
        if value.is_none() && n.text().is_some() {
            problems.push(problem(n, format!("`{key}` must be {want}")));
        }
        value
    };
    let from = part("from", "a time of day, HH:MM", &minutes);
    let to = part("to", "a time of day, HH:MM", &minutes);
    let first = part("first", "a date, YYYY-MM-DD", &date);
    let last = part("last", "a date, YYYY-MM-DD", &date);
    let (offset_min, zone) = node.get("tz").map_or((0, None), |tz| clocks(tz, problems));
    let pair = |a: &str, b: &str| node.get(a).is_some() != node.get(b).is_some();
    if pair("from", "to") || pair("first", "last") {
        problems.push(problem(node, "`from` needs `to`, and `first` needs `last`"));
    }
    if first.zip(last).is_some_and(|(first, last)| first > last) {
        problems.extend(node.get("last").map(|n| problem(n, "`last` lies before `first`")));
    }
    if let Is::Map(entries) = &node.is
        && entries.iter().all(|(k, _, _)| k == "tz")
    {
        problems.push(problem(node, "an empty window: give days, hours or dates"));
    }
    let days = texts(node.get("days"));
    Some(Window {
        days: (0u8..).zip(DAYS).filter(|(_, d)| days.iter().any(|w| w == d)).map(|(i, _)| i).collect(),
        hours: from.zip(to).map(|(from, to)| (from as u16, to as u16)),
        dates: first.zip(last),
        offset_min,
        zone,
    })
}

/// Clocks by their distance from UTC, or by the name of a place.
fn clocks(node: &Node, problems: &mut Vec<Problem>) -> (i32, Option<Zone>) {
    let Some(text) = node.text() else { return (0, None) };
    if let Some(minutes) = offset(text) {
        return (minutes as i32, None);
    }
    match zone::named(text) {
        Ok((first, zone)) => (first, Some(zone)),
        Err(why) => {
            problems.push(problem(node, why));
            (0, None)
        }
    }
}

fn digits(text: &str, len: usize) -> Option<i64> {
    (text.len() == len && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn minutes(text: &str) -> Option<i64> {
    let (h, m) = text.split_once(':')?;
    let (h, m) = (digits(h, 2)?, digits(m, 2)?);
    (h < 24 && m < 60).then_some(h * 60 + m)
}

fn date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (y, m, d) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() { None } else { days_of(y, m, d) }
}

fn offset(text: &str) -> Option<i64> {
    if matches!(text, "UTC" | "Z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let value = minutes(text.get(1..)?)?;
    (value <= 14 * 60).then_some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_about_another_name_of_a_tool_is_about_the_tool() {
        let text =
            "version: 1\nrules: [{id: x, when: {tool: [kubectl.exe, k, oc-4.18, 'apt*', helm]}, then: deny}]";
        let policy = read(text, "policy.yaml", Layer::User).unwrap();
        assert_eq!(policy.rules[0].when.tool, ["kubectl", "kubectl", "oc", "apt*", "helm"]);
    }
}
