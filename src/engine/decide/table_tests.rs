//! The whole decision table on one page: `tests/decision-table.txt` is the product as people meet it.

use crate::engine::decide::{Cause, Decision, Nobody, decide};
use crate::engine::effect::Effect;
use crate::engine::policy::rule::{Rule, When};
use crate::engine::policy::{Layer, Merged, Mode, Policy};
use crate::engine::situation::{Actor, Outcome, Situation, Whole};
use crate::engine::target::Environment;
use std::fmt::Write as _;

fn word(decision: &Decision) -> String {
    match decision {
        Decision::Allow(a) => {
            let mut text = "pass".to_owned();
            for (on, extra) in [
                (a.notice, "+line"),
                (!a.warnings.is_empty(), "+warning"),
                (!a.stood_down.is_empty(), "+record"),
            ] {
                text.push_str(if on { extra } else { "" });
            }
            text
        }
        Decision::Confirm(a) if a.env_confirm => a_level(a.level).to_owned(),
        Decision::Confirm(a) => format!("{}!", a_level(a.level)),
        Decision::Deny(_) => "refuse".to_owned(),
    }
}

fn a_level(level: crate::engine::situation::Level) -> &'static str {
    match level {
        crate::engine::situation::Level::YesNo => "y/N",
        crate::engine::situation::Level::Typed => "type",
    }
}

fn policy(mode: Mode, env_confirm: bool) -> Merged {
    let mut user = Policy::empty(Layer::User, "user");
    user.mode = Some(mode);
    user.env_confirm = Some(env_confirm);
    Merged { user: Some(user), ..Merged::default() }
}

/// Rows: mode, terminal, GUARD_CONFIRM, target. Columns: effects, whole scopes for the two worst, disrupting a host, and a
/// stop there that
/// is known to serve nobody.
fn table() -> String {
    let columns: [(Effect, bool, &str, bool); 9] = [
        (Effect::Read, false, "kubectl", false),
        (Effect::Mutate, false, "kubectl", false),
        (Effect::Unknown, false, "kubectl", false),
        (Effect::Disrupt, false, "kubectl", false),
        (Effect::Disrupt, true, "kubectl", false),
        (Effect::Disrupt, false, "apt-get", false),
        (Effect::Disrupt, false, "systemctl", true),
        (Effect::Destroy, false, "kubectl", false),
        (Effect::Destroy, true, "kubectl", false),
    ];
    let mut out = String::new();
    let head = [
        "read",
        "mutate",
        "unknown",
        "disrupt",
        "disrupt all",
        "disrupt host",
        "light stop",
        "destroy",
        "destroy all",
    ];
    let _ = write!(out, "{:<8} {:<11} {:<13} {:<13}", "mode", "terminal", "GUARD_CONFIRM", "target");
    head.iter().for_each(|h| {
        let _ = write!(out, " {h:<20}");
    });
    let line = out.trim_end().to_owned();
    out = line + "\n";
    for mode in Mode::ALL {
        for (interactive, env_confirm) in [(true, true), (false, true), (false, false)] {
            for target in [
                None,
                Some(Environment::Production),
                Some(Environment::Unclassified),
                Some(Environment::Staging),
                Some(Environment::Development),
            ] {
                let mut row = format!(
                    "{:<8} {:<11} {:<13} {:<13}",
                    mode.word(),
                    if interactive { "terminal" } else { "no terminal" },
                    if env_confirm { "may answer" } else { "forbidden" },
                    target.map_or("not resolved", Environment::word)
                );
                for (effect, whole_scope, tool, light) in columns {
                    let s = Situation {
                        whole_scope: Whole::from(whole_scope),
                        light,
                        interactive,
                        target_known: target.is_some(),
                        environment: target.unwrap_or(Environment::Development),
                        ..Situation::of(tool, "delete", effect)
                    };
                    let _ = write!(row, " {:<20}", word(&decide(&s, &policy(mode, env_confirm))));
                }
                out.push_str(row.trim_end());
                out.push('\n');
            }
        }
    }
    out
}

/// `GUARD_BLESS=1 cargo test --test decide_table` writes it anew; read the difference.
#[test]
fn the_table_is_the_reviewed_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/decision-table.txt");
    if std::env::var_os("GUARD_BLESS").is_some() {
        std::fs::write(path, table()).unwrap();
    }
    let want = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(table(), want);
}

#[test]
fn without_any_file_it_is_the_enforced_part() {
    for environment in Environment::ALL {
        for effect in Effect::ALL {
            let s = Situation { environment, target_known: true, ..Situation::of("kubectl", "x", effect) };
            assert_eq!(decide(&s, &Merged::default()), decide(&s, &policy(Mode::Enforce, true)));
        }
    }
}

/// The kind of refusal is data; the names of the rules are for people.
#[test]
fn a_refusal_says_what_kind_it_is() {
    let destroy = || Situation::of("kubectl", "delete", Effect::Destroy);
    let known = || Situation { target_known: true, interactive: false, ..destroy() };
    let agent = |interactive| Situation { actor: Actor::Agent, interactive, ..known() };
    let system = Policy {
        rules: vec![Rule {
            id: "never".to_owned(),
            when: When::default(),
            then: Outcome::Deny,
            freeze: false,
            relax: false,
            justification: false,
            backup: None,
            show_diff: false,
            reason: None,
            line: None,
        }],
        ..Policy::empty(Layer::System, "system")
    };
    let forbidding = Merged { system: Some(system), ..Merged::default() };
    let mut no_agents = Merged { user: Some(Policy::empty(Layer::User, "user")), ..Merged::default() };
    no_agents.user.iter_mut().for_each(|user| user.agents.terminal = Some(false));
    let rows = [
        (destroy(), &Merged::default(), Cause::NoTarget),
        // Once the target is known the rule still refuses it: the target is not all there is to put right.
        (destroy(), &forbidding, Cause::Rules),
        (known(), &forbidding, Cause::Rules),
        (known(), &policy(Mode::Enforce, false), Cause::Nobody(Nobody::VariableForbidden)),
        (agent(false), &Merged::default(), Cause::Nobody(Nobody::OnlyAPerson)),
        (agent(true), &no_agents, Cause::Nobody(Nobody::AgentMayNot)),
    ];
    for (situation, policy, want) in rows {
        match decide(&situation, policy) {
            Decision::Deny(denied) => assert_eq!(denied.cause, want, "{denied:?}"),
            other => panic!("{want:?}: {other:?}"),
        }
    }
}
