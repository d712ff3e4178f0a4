//! `execute-change-set`: what a change set removes or replaces.

use super::super::cli::Cli;
use super::stores::{name_of, store_of};
use super::template::Policy;
use super::tree::{self, Resource};
use super::{MAY_HOLD, stack_name};
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Group, Impact, Subject};
use crate::family::aws::probe::generic;
use crate::family::aws::probe::json;
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
                impact.lower(Effect::Read, format!("no such change set: {}", json::tail(&set)));
                return;
            }
            Ok(None) => continue,
            Err(why) => {
                impact.gap(format!("change set {}", json::tail(&set)), why);
                impact.raise(Effect::Destroy, MAY_HOLD);
                return;
            }
        };
        if depth == 0 {
            impact.subjects = vec![Subject {
                kind: "CloudFormation stack".to_owned(),
                name: json::owned(&answer, "/StackName"),
                uid: json::text(&answer, "/StackId").map(str::to_owned),
                labels: json::tags(&answer, "/Tags"),
                ..Subject::default()
            }];
            impact.subjects_total = 1;
            impact.also.push(format!(
                "change set {}, made {} ago",
                json::tail(&json::owned(&answer, "/ChangeSetName")),
                json::age_s(&answer, "/CreationTime").map_or("an unknown time".to_owned(), json::span)
            ));
        }
        for change in json::list(&answer, "/Changes") {
            let Some(change) = change.get("ResourceChange") else { continue };
            changes += 1;
            removed += u64::from(weigh(change, impact));
            let nested = json::text(change, "/ResourceType") == Some("AWS::CloudFormation::Stack");
            match (json::text(change, "/ChangeSetId"), json::text(change, "/Action")) {
                (Some(inner), _) if depth < DEEPEST => queue.push((inner.to_owned(), None, depth + 1)),
                (Some(inner), _) => {
                    impact.gap(format!("nested change set {}", json::tail(inner)), Why::NotAsked);
                    impact.raise(Effect::Destroy, MAY_HOLD);
                }
                (None, Some("Add" | "Import")) => {}
                (None, _) if nested => removed += inside(cli, change, impact).await,
                (None, _) => {}
            }
        }
    }
    if removed == 0 {
        let lowest =
            format!("the change set ({}) removes and replaces nothing", json::counted(changes, "change"));
        impact.lower(Effect::Mutate, lowest);
    }
}

/// A nested stack that has no change set of its own: it goes with all it holds, or what changes in it is not known. How
/// many stores that are.
async fn inside(cli: &Cli<'_>, change: &Value, impact: &mut Impact) -> u64 {
    let logical = json::owned(change, "/LogicalResourceId");
    let goes =
        json::text(change, "/Action") == Some("Remove") || json::text(change, "/Replacement") == Some("True");
    if goes && json::text(change, "/PolicyAction").is_some_and(|p| p.ends_with("Retain")) {
        return 0;
    }
    let found = match json::text(change, "/PhysicalResourceId") {
        Some(id) if !id.is_empty() => tree::read_all(cli, id).await,
        _ => tree::Tree { unread: true, ..tree::Tree::default() },
    };
    for (what, why) in found.gaps {
        impact.gap(what, why);
    }
    if !goes {
        impact.gap(format!("what changes in nested stack {logical}"), Why::Unsupported);
    }
    if found.unread {
        impact.raise(Effect::Destroy, MAY_HOLD);
    }
    let mut stores = 0;
    for resource in found.resources.iter().filter(|r| store_of(&r.kind).is_some()) {
        stores += 1;
        if goes {
            weigh(&removal(resource), impact);
        } else {
            let what = called(resource);
            impact.raise(Effect::Destroy, format!("{what} may be replaced"));
            let because = format!("may be replaced: what changes in nested stack {logical} is not known");
            impact.data.push(Data { what, fate: Fate::Unknown, because });
        }
    }
    stores
}

/// What a person calls a resource.
pub(super) fn called(resource: &Resource) -> String {
    let name = if resource.physical.is_empty() { &resource.logical } else { &resource.physical };
    format!("{} {}", name_of(&resource.kind), json::tail(name))
}

/// A resource's removal, as a change set would have it.
pub(super) fn removal(resource: &Resource) -> Value {
    serde_json::json!({
        "Action": "Remove",
        "ResourceType": resource.kind,
        "LogicalResourceId": resource.logical,
        "PhysicalResourceId": resource.physical,
        "PolicyAction": match &resource.policy {
            Policy::Retain(_) => "Retain",
            Policy::Snapshot { .. } => "Snapshot",
            Policy::Delete | Policy::Unknown(_) => "Delete",
        },
    })
}

/// Notes one change; `true` when a resource goes with it.
pub(super) fn weigh(change: &Value, impact: &mut Impact) -> bool {
    let kind = json::owned(change, "/ResourceType");
    let physical = json::text(change, "/PhysicalResourceId").unwrap_or_default();
    let name = if physical.is_empty() {
        json::owned(change, "/LogicalResourceId")
    } else {
        json::tail(physical).to_owned()
    };
    let goes = match (json::text(change, "/Action"), json::text(change, "/Replacement")) {
        (Some("Remove"), _) => "removed",
        (_, Some("True")) => "replaced by a new, empty one",
        (_, Some("Conditional")) => "perhaps replaced by a new, empty one",
        (Some("Add" | "Import"), _) | (Some("Modify"), Some("False")) => return false,
        // Without a word about it nothing is replaced but what holds nothing.
        (Some("Modify"), None) if store_of(&kind).is_none() => return false,
        // `Dynamic`, or an action newer than this: what happens is not known before it does.
        (action, _) => {
            let action = action.unwrap_or("none");
            let what = format!("{} {name}", name_of(&kind));
            impact.gap(format!("what becomes of {what}"), Why::Failed(format!("action {action}")));
            if store_of(&kind).is_some() {
                impact.raise(Effect::Destroy, format!("{what} may be replaced"));
                let because = "whether it is replaced is not known beforehand".to_owned();
                impact.data.push(Data { what, fate: Fate::Unknown, because });
            }
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
    let policy = json::text(change, "/PolicyAction").unwrap_or_default();
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
            (json!({"Action": "Remove", "PolicyAction": "Delete"}), true, Some(Fate::Erased), 1),
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
            assert_eq!((impact.gaps.len(), impact.data.len()), (1, 0), "{change}");
            let mut change = change;
            change["ResourceType"] = json!("AWS::DynamoDB::Table");
            let mut impact = Impact::default();
            weigh(&change, &mut impact);
            assert_eq!((impact.gaps.len(), impact.data[0].fate), (1, Fate::Unknown), "{change}");
            assert_eq!(
                (impact.consequences[0].effect, impact.consequences[0].raises),
                (Effect::Destroy, true)
            );
        }
    }
}
