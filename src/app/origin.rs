//! Where a refusal comes from: the rules that made it, with their file and line, and when they stop to hold.

use crate::engine::decide::Denied;
use crate::engine::escape::escape;
use crate::engine::policy::Merged;
use crate::engine::policy::rule::Rule;
use crate::engine::situation::Outcome;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// One line for each rule of a policy file that refuses. `now` is the moment it was decided at.
pub fn lines(denied: &Denied, policy: &Merged, now: Option<i64>) -> Vec<String> {
    let mut lines = Vec::new();
    for layer in policy.layers() {
        let rules = layer.rules.iter().filter(|r| r.then == Outcome::Deny && denied.rules.contains(&r.id));
        for rule in rules {
            let line = rule.line.map_or(String::new(), |line| format!(":{line}"));
            let what = if rule.freeze { "freeze" } else { "rule" };
            let ends = now.and_then(|now| ends(rule, now));
            lines.push(format!(
                "{what} {} in {}{line}{}",
                escape(rule.id.as_bytes()),
                layer.file,
                ends.unwrap_or_default()
            ));
        }
    }
    lines
}

/// When a rule stops to hold, on the clocks it was written for.
fn ends(rule: &Rule, now: i64) -> Option<String> {
    let Some(window) = &rule.when.time else {
        return rule.freeze.then(|| "; it has no end".to_owned());
    };
    let end = window.ends(now)?;
    let offset = window.offset_at(end);
    let zone = TimeZone::fixed(Offset::from_seconds(offset.checked_mul(60)?).ok()?);
    let at = Timestamp::from_second(end).ok()?.to_zoned(zone);
    let place = window.zone.as_ref().map(|zone| escape(zone.name.as_bytes()));
    let place =
        place.unwrap_or_else(|| if offset == 0 { "UTC".to_owned() } else { at.strftime("%:z").to_string() });
    Some(format!("; it ends {} {place}", at.strftime("%Y-%m-%d %H:%M")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::decide::Cause;
    use crate::engine::policy::{Layer, Policy};
    use std::path::Path;

    fn denied(rules: &[&str]) -> Denied {
        Denied {
            reason: String::new(),
            cause: Cause::Rules,
            rules: rules.iter().map(|r| (*r).to_owned()).collect(),
            stood_down: Vec::new(),
        }
    }

    fn policy(text: &str) -> Policy {
        crate::policy::parse(text, Path::new("/etc/guard/policy.yaml"), Layer::System)
            .unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn rule_file_line_and_end_are_named() {
        let text = "version: 1\nrules:\n\
                    - {id: xmas, when: {time: {first: 2026-12-20, last: 2027-01-03, tz: '+01:00'}}, then: freeze}\n\
                    - {id: always, when: {namespace: pay}, then: deny}\n\
                    - {id: frozen, then: freeze}\n\
                    - {id: ask, then: confirm}\n";
        let merged = Merged { system: Some(policy(text)), ..Merged::default() };
        let now = crate::policy::example::moment("2026-12-24T18:00:00Z");
        let said = lines(&denied(&["xmas", "always", "frozen", "ask", "builtin/no-terminal"]), &merged, now);
        assert_eq!(
            said,
            [
                "freeze xmas in /etc/guard/policy.yaml:3; it ends 2027-01-04 00:00 +01:00",
                "rule always in /etc/guard/policy.yaml:4",
                "freeze frozen in /etc/guard/policy.yaml:5; it has no end",
            ]
        );
        assert_eq!(lines(&denied(&["builtin/no-target"]), &merged, now), Vec::<String>::new());
    }
}
