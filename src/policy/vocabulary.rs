//! The words a policy may use where guard knows all there are: commands and tools. What is none of them would make a rule
//! that never counts.

use super::tree::{Node, Problem, did_you_mean};
use crate::engine::aws::tables;
use crate::engine::classify::{has_verb, verbs};
use crate::engine::escape::escape;
use crate::engine::glob;
use crate::engine::tool::{self, FamilyId, TOOLS};

/// Whether a text is a pattern, which may match what nobody knows yet.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// Every tool a rule can speak about.
fn all_tools() -> Vec<&'static str> {
    let mut all: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
    all.sort_unstable();
    all
}

/// Checks `tool` and `verb` of one rule.
pub fn check(when: &Node, problems: &mut Vec<Problem>) {
    let texts = |key: &str| when.get(key).map(Node::items).unwrap_or_default();
    let said = |node: &Node, what: &str, near: Option<&str>, else_: &str| {
        let shown = escape(node.text().unwrap_or_default().as_bytes());
        let near = near.map_or_else(|| else_.to_owned(), |near| format!("did you mean `{near}`?"));
        Problem { at: node.at, what: format!("{what} `{shown}`; {near}") }
    };
    let known = all_tools();
    let mut tools: Vec<&'static str> = Vec::new();
    let mut unlisted = false;
    for node in texts("tool") {
        let Some(text) = node.text() else { continue };
        let named: Vec<&str> = known.iter().copied().filter(|tool| glob::matches(text, tool)).collect();
        if named.is_empty() && !is_pattern(text) && tool::kind_of(text).is_none() {
            let near = did_you_mean(text, known.iter().copied());
            problems.push(said(
                node,
                "guard stands in front of no tool called",
                near,
                &format!("it knows {}", known.join(", ")),
            ));
        }
        unlisted |= named.is_empty();
        tools.extend(named);
    }
    // Of some tools guard knows the name alone.
    if unlisted {
        return;
    }
    if tools.is_empty() {
        tools = known;
    }
    let of = |family: FamilyId| move |name: &&str| tool::named(name).is_some_and(|t| t.family == family);
    if tools.iter().all(of(FamilyId::Aws)) {
        // The service stands in front, and there are only so many.
        let service =
            |text: &str| text.split(' ').next().map(str::to_owned).filter(|service| !is_pattern(service));
        for node in texts("verb").iter().filter(|node| node.text().is_some_and(is_pattern)) {
            if let Some(service) = node.text().and_then(service).filter(|s| !tables::is_service(s.as_bytes()))
            {
                let what = format!("no service of aws is called `{}`", escape(service.as_bytes()));
                problems.push(Problem { at: node.at, what });
            }
        }
    }
    for node in texts("verb") {
        let Some(text) = node.text().filter(|text| !is_pattern(text)) else { continue };
        if is_verb(text, &tools) {
            continue;
        }
        // A plugin may be called anything; what is nearly a command is a command that was mistyped.
        let all = all_verbs(&tools);
        let same = all.iter().map(String::as_str).find(|known| known.eq_ignore_ascii_case(text));
        if let Some(near) = same.or_else(|| did_you_mean(text, all.iter().map(String::as_str))) {
            problems.push(said(node, "no command is called", Some(near), ""));
        } else if !tools.iter().any(of(FamilyId::Kube)) {
            let whose = format!("no command of {} is called", tools.join(", "));
            let shown = escape(text.as_bytes());
            problems.push(Problem { at: node.at, what: format!("{whose} `{shown}`") });
        }
    }
}

/// Whether one of these tools has such a command, or a group of commands.
pub fn is_verb(verb: &str, tools: &[&str]) -> bool {
    tools.iter().filter_map(|name| tool::named(name)).any(|tool| has_verb(tool, verb))
}

/// The commands of these tools, but for those that have too many, as rules name them. Groups stand for themselves.
fn all_verbs(tools: &[&str]) -> Vec<String> {
    tools.iter().filter_map(|name| tool::named(name)).filter_map(verbs).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tree;

    fn problems(when: &str) -> Vec<String> {
        let mut problems = Vec::new();
        check(&tree::parse(when).unwrap(), &mut problems);
        problems.into_iter().map(|p| p.what).collect()
    }

    #[test]
    fn words_guard_knows_pass() {
        for when in [
            "{verb: delete}",
            "{verb: [rollout, rollout restart, apply]}",
            "{tool: kubectl, verb: delete}",
            "{tool: [apt, apt-get], verb: [remove, purge, autoremove]}",
            "{tool: aws, verb: [rds, rds delete-db-instance, s3 rb, 'iam delete-*', '* delete-account-*']}",
            "{tool: systemctl, verb: [stop, restart]}",
            "{tool: dpkg, verb: [purge, remove]}",
            "{tool: reboot, verb: reboot}",
            "{tool: 'apt*', verb: upgrade}",
            // Plugins.
            "{tool: kubectl, verb: [ctx, ns, tree, neat, view-secret]}",
            "{verb: cnpg}",
            "{tool: helm, verb: uninstall}",
            "{tool: 'hel*'}",
        ] {
            assert_eq!(problems(when), Vec::<String>::new(), "{when}");
        }
    }

    #[test]
    fn mistyped_words_are_named_with_the_near_one() {
        for (when, near) in [
            ("{verb: delet}", "did you mean `delete`?"),
            ("{verb: DELETE}", "did you mean `delete`?"),
            ("{tool: kubectl, verb: rollot restart}", "did you mean `rollout restart`?"),
            ("{tool: apt-get, verb: purgee}", "did you mean `purge`?"),
            ("{tool: systemctl, verb: stopp}", "did you mean `stop`?"),
            ("{tool: kubctl, verb: delete}", "did you mean `kubectl`?"),
            ("{tool: aws, verb: rds delete-db-instanc}", "no command of aws is called"),
            ("{tool: aws, verb: 'ec3 *'}", "no service of aws is called `ec3`"),
            ("{tool: aws, verb: ['ec2 *', 'ec3 terminate-*']}", "no service of aws is called `ec3`"),
            ("{tool: apt, verb: nonsense}", "no command of apt is called"),
            ("{tool: kubernetes}", "guard stands in front of no tool called"),
        ] {
            let said = problems(when);
            assert!(said.len() == 1 && said[0].contains(near), "{when}: {said:?}");
        }
    }
}
