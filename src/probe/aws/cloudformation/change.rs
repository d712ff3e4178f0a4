//! Updates of a stack: what a change set, or a new template, removes or replaces.

use super::super::cli::Cli;
use super::super::read;
use super::stores::{name_of, store_of};
use super::template::{Policy, Template};
use super::{stack, stack_name, tree};
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Group, Impact, Subject};
use crate::probe::aws::generic;
use serde_json::Value;

/// Nested change sets deeper than this are not followed.
const DEEPEST: u32 = 5;

/// `delete-change-set`: a plan is thrown away.
pub(super) fn discard(hit: &Hit, impact: &mut Impact) {
    generic::named(hit, impact);
    impact.lower(Effect::Mutate, "a change set is a plan: the stack and its resources stay as they are");
}

/// `execute-change-set`: the change set says itself what it removes.
pub(super) async fn execute(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    generic::named(hit, impact);
    let Some(set) = hit.value("change-set-name") else { return };
    let mut queue = vec![(set.to_owned(), stack_name(hit).map(str::to_owned), 0)];
    let (mut removed, mut changes) = (0, 0);
    while let Some((set, of, depth)) = queue.pop() {
        let mut words = vec!["cloudformation", "describe-change-set", "--change-set-name", &set];
        words.extend(of.iter().flat_map(|s| ["--stack-name", s.as_str()]));
        let answer = match cli.find(&words).await {
            Ok(Some(answer)) => answer,
            Ok(None) if depth == 0 => {
                impact.subjects.clear();
                impact.subjects_total = 0;
                impact.lower(Effect::Read, format!("no such change set: {}", read::tail(&set)));
                return;
            }
            Ok(None) => continue,
            Err(why) => {
                impact.gap(format!("change set {}", read::tail(&set)), why);
                return;
            }
        };
        if depth == 0 {
            impact.subjects = vec![Subject {
                kind: "CloudFormation stack".to_owned(),
                name: read::owned(&answer, "/StackName"),
                uid: read::text(&answer, "/StackId").map(str::to_owned),
                labels: read::tags(&answer, "/Tags"),
                ..Subject::default()
            }];
            impact.subjects_total = 1;
            impact.also.push(format!(
                "change set {}, made {} ago",
                read::tail(&read::owned(&answer, "/ChangeSetName")),
                read::age_s(&answer, "/CreationTime").map_or("an unknown time".to_owned(), read::span)
            ));
        }
        for change in read::list(&answer, "/Changes") {
            let Some(change) = change.get("ResourceChange") else { continue };
            changes += 1;
            removed += u64::from(weigh(change, impact));
            let nested = read::text(change, "/ResourceType") == Some("AWS::CloudFormation::Stack");
            match read::text(change, "/ChangeSetId") {
                Some(inner) if depth < DEEPEST => queue.push((inner.to_owned(), None, depth + 1)),
                Some(inner) => impact.gap(format!("nested change set {}", read::tail(inner)), Why::NotAsked),
                None if nested && read::text(change, "/Action") == Some("Modify") => {
                    let name = read::owned(change, "/LogicalResourceId");
                    impact.gap(format!("what changes in nested stack {name}"), Why::Unsupported);
                }
                None => {}
            }
        }
    }
    if removed == 0 {
        let lowest =
            format!("the change set ({}) removes and replaces nothing", read::counted(changes, "change"));
        impact.lower(Effect::Mutate, lowest);
    }
}

/// Notes one change; `true` when a resource goes with it.
fn weigh(change: &Value, impact: &mut Impact) -> bool {
    let kind = read::owned(change, "/ResourceType");
    let physical = read::text(change, "/PhysicalResourceId").unwrap_or_default();
    let name = if physical.is_empty() {
        read::owned(change, "/LogicalResourceId")
    } else {
        read::tail(physical).to_owned()
    };
    let goes = match (read::text(change, "/Action"), read::text(change, "/Replacement")) {
        (Some("Remove"), _) => "removed",
        (_, Some("True")) => "replaced by a new, empty one",
        (_, Some("Conditional")) => "perhaps replaced by a new, empty one",
        (Some("Add" | "Modify" | "Import"), _) => return false,
        // `Dynamic`, or an action newer than this: what happens is not known before it does.
        (action, _) => {
            let action = action.unwrap_or("none");
            impact.gap(
                format!("what becomes of {} {name}", name_of(&kind)),
                Why::Failed(format!("action {action}")),
            );
            return false;
        }
    };
    let group = format!("{} {}", name_of(&kind), goes.split(' ').next().unwrap_or_default());
    match impact.groups.iter_mut().find(|g| g.kind == group) {
        Some(known) => {
            known.count += 1;
            known.names.push(name.clone());
        }
        None => {
            impact.groups.push(Group { kind: group, count: 1, names: vec![name.clone()], ..Group::default() })
        }
    }
    if store_of(&kind).is_none() {
        return true;
    }
    // What the change set says becomes of the old one; without it the default is to delete.
    let policy = read::text(change, "/PolicyAction").unwrap_or_default();
    let (fate, because) = match policy {
        "Retain" | "ReplaceAndRetain" => (Fate::Kept, format!("{goes}; the old one stays ({policy})")),
        "Snapshot" | "ReplaceAndSnapshot" => (Fate::Kept, format!("{goes}; a snapshot is taken ({policy})")),
        _ if goes.starts_with("perhaps") => (Fate::Unknown, goes.to_owned()),
        _ => (Fate::Erased, goes.to_owned()),
    };
    let what = format!("{} {name}", name_of(&kind));
    if fate != Fate::Kept {
        impact.raise(Effect::Destroy, format!("{what} is {goes}"));
    }
    impact.data.push(Data { what, fate, because });
    true
}

/// `update-stack`, `deploy`: what the new template no longer has. What it replaces only a change set tells.
pub(super) async fn update(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let Some(name) = stack_name(hit) else { return generic::named(hit, impact) };
    let creates = hit.operation == "deploy";
    let (stack, tree) = tokio::join!(stack(cli, hit, impact), tree::read(cli, name, &[]));
    if stack.is_none() {
        if creates && impact.gaps.is_empty() {
            impact.consequences.clear();
            impact.lower(Effect::Mutate, "there is no such stack yet: it is created");
        }
        return;
    }
    for (what, why) in tree.gaps {
        impact.gap(what, why);
    }
    let unseen = "what the update removes or replaces (look at a change set first)";
    match new_template(cli, hit) {
        New::Same => impact.gap("what the update replaces (look at a change set first)", Why::NotAsked),
        New::Unread(why) => impact.gap(unseen, why),
        New::Read(new) if new.generated => {
            impact.gap(unseen, Why::Failed("the template is made by macros".to_owned()));
        }
        New::Read(new) => {
            for resource in tree.resources.iter().filter(|r| !new.has(&r.logical)) {
                let change = serde_json::json!({
                    "Action": "Remove",
                    "ResourceType": resource.kind,
                    "LogicalResourceId": resource.logical,
                    "PhysicalResourceId": resource.physical,
                    "PolicyAction": match &resource.policy {
                        Policy::Retain(_) => "Retain",
                        Policy::Snapshot { .. } => "Snapshot",
                        Policy::Delete | Policy::Unknown(_) => "Delete",
                    },
                });
                weigh(&change, impact);
            }
            if tree.resources.iter().any(|r| new.is_conditional(&r.logical)) {
                impact.gap("resources under a condition of the new template", Why::NotAsked);
            }
            impact.gap("what the update replaces (look at a change set first)", Why::NotAsked);
        }
    }
}

enum New {
    Same,
    Read(Template),
    Unread(Why),
}

/// The template the update brings.
fn new_template(cli: &Cli<'_>, hit: &Hit) -> New {
    let parse = |text: &str| {
        Template::parse(text)
            .map_or_else(|| New::Unread(Why::Failed("the template cannot be read".to_owned())), New::Read)
    };
    if hit.switch("use-previous-template") == Some(true) {
        return New::Same;
    }
    match (hit.value("template-body"), hit.value("template-file")) {
        (Some(text), _) => parse(text),
        // `deploy` takes a path, no URI.
        (None, Some(path)) => match cli.file(path) {
            Ok(text) => parse(&text),
            Err(why) => New::Unread(why),
        },
        (None, None) => New::Unread(Why::NotAsked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_change_takes_away() {
        let kind = "AWS::DynamoDB::Table";
        for (change, removed, fate, raises) in [
            (json!({"Action": "Remove"}), true, Some(Fate::Erased), 1),
            (json!({"Action": "Remove", "PolicyAction": "Retain"}), true, Some(Fate::Kept), 0),
            (json!({"Action": "Modify", "Replacement": "True"}), true, Some(Fate::Erased), 1),
            (json!({"Action": "Modify", "Replacement": "Conditional"}), true, Some(Fate::Unknown), 1),
            (
                json!({"Action": "Modify", "Replacement": "True", "PolicyAction": "ReplaceAndSnapshot"}),
                true,
                Some(Fate::Kept),
                0,
            ),
            (json!({"Action": "Modify", "Replacement": "False"}), false, None, 0),
            (json!({"Action": "Add"}), false, None, 0),
        ] {
            let mut change = change;
            change["ResourceType"] = json!(kind);
            change["LogicalResourceId"] = json!("Orders");
            let mut impact = Impact::default();
            assert_eq!(weigh(&change, &mut impact), removed, "{change}");
            assert_eq!(impact.data.first().map(|d| d.fate), fate, "{change}");
            assert_eq!((impact.consequences.len(), impact.gaps.len()), (raises, 0), "{change}");
        }
    }

    #[test]
    fn an_action_that_is_not_known_beforehand_is_a_gap() {
        for change in [json!({"Action": "Dynamic"}), json!({"Action": "Evaporate"}), json!({})] {
            let mut impact = Impact::default();
            assert!(!weigh(&change, &mut impact));
            assert_eq!(impact.gaps.len(), 1, "{change}");
        }
    }
}
