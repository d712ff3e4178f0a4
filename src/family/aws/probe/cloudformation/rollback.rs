//! `cancel-update-stack`, `continue-update-rollback`, `rollback-stack`: what the failed creation or update has made is
//! removed again, with the data that came into it since.

use super::super::cli::Cli;
use super::change::called;
use super::stores::store_of;
use super::template::Policy;
use super::tree::{Resource, Tree};
use super::{MAY_HOLD, stack, stack_name, tree};
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::impact::{Data, Fate, Impact};
use crate::family::aws::probe::json;
use serde_json::Value;

pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let Some(name) = stack_name(hit) else {
        stack(cli, hit, impact).await;
        return;
    };
    let (stack, tree) = tokio::join!(stack(cli, hit, impact), tree::read_all(cli, name));
    if stack.is_none() && impact.gaps.is_empty() {
        return;
    }
    for (what, why) in &tree.gaps {
        impact.gap(what.clone(), why.clone());
    }
    weigh(hit, stack.as_ref(), &tree, impact);
    let skipped = hit.list("resources-to-skip");
    if !skipped.is_empty() {
        let what = super::super::describe::first(skipped);
        impact
            .also
            .push(format!("{what} stay as they are, whatever the template says (--resources-to-skip)"));
    }
}

fn weigh(hit: &Hit, stack: Option<&Value>, tree: &Tree, impact: &mut Impact) {
    if tree.unread || stack.is_none() {
        impact.raise(Effect::Destroy, MAY_HOLD);
    }
    let status = stack.map(|s| json::owned(s, "/StackStatus")).unwrap_or_default();
    let begun = stack.and_then(|s| json::age_s(s, "/LastUpdatedTime"));
    let made: Vec<&Resource> =
        tree.resources.iter().filter(|r| store_of(&r.kind).is_some() && is_new(r, &status, begun)).collect();
    for resource in &made {
        let what = called(resource);
        let (fate, because) = match &resource.policy {
            // `RetainExceptOnCreate` is about exactly this.
            Policy::Retain(word)
                if word == "Retain" && hit.switch("retain-except-on-create") != Some(true) =>
            {
                (Fate::Kept, "it stays (DeletionPolicy Retain)")
            }
            Policy::Unknown(_) => (Fate::Unknown, "made by what is rolled back"),
            _ => (Fate::Erased, "made by what is rolled back: it is removed again"),
        };
        if fate != Fate::Kept {
            impact.raise(Effect::Destroy, format!("{what} is removed again"));
        }
        impact.data.push(Data { what, fate, because: because.to_owned() });
    }
}

/// Whether a resource was made by the creation, or the update, that is rolled back. What cannot be dated may be.
fn is_new(resource: &Resource, status: &str, begun: Option<u64>) -> bool {
    if status.starts_with("CREATE_") || status.starts_with("ROLLBACK_") {
        return true;
    }
    let since = match (resource.age_s, begun) {
        // A moment lies between the two questions.
        (Some(age), Some(begun)) => age <= begun + 60,
        _ => true,
    };
    resource.status.starts_with("CREATE_") && since
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn store(name: &str, status: &str, age_s: u64, policy: Policy) -> Resource {
        Resource {
            logical: name.into(),
            physical: name.into(),
            kind: "AWS::DynamoDB::Table".into(),
            policy,
            status: status.into(),
            age_s: Some(age_s),
            within: None,
            emptied: false,
        }
    }

    #[test]
    fn what_the_update_made_goes_again() {
        let ago = |s: i64| (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(s)).to_string();
        let stack = |status: &str| json!({"StackStatus": status, "LastUpdatedTime": ago(1000)});
        let retain = || Policy::Retain("Retain".into());
        let except = || Policy::Retain("RetainExceptOnCreate".into());
        let tree = Tree {
            resources: vec![
                store("old", "CREATE_COMPLETE", 90_000, Policy::Delete),
                store("changed", "UPDATE_COMPLETE", 900, Policy::Delete),
                store("new", "CREATE_COMPLETE", 900, Policy::Delete),
                store("kept", "CREATE_COMPLETE", 900, retain()),
                store("except", "CREATE_COMPLETE", 900, except()),
            ],
            ..Tree::default()
        };
        let gone = |hit: &Hit, stack: Option<&Value>, tree: &Tree| {
            let mut impact = Impact::default();
            weigh(hit, stack, tree, &mut impact);
            let names = impact.data.iter().filter(|d| d.fate != Fate::Kept);
            let names: Vec<String> = names.map(|d| d.what.replace("DynamoDB table ", "")).collect();
            (names.join(" "), impact.consequences.iter().any(|c| c.raises))
        };
        let hit = Hit::default();
        let failed = stack("UPDATE_ROLLBACK_FAILED");
        assert_eq!(gone(&hit, Some(&failed), &tree), ("new except".into(), true));
        let all = Hit { options: vec![("retain-except-on-create".into(), vec![])], ..Hit::default() };
        assert_eq!(gone(&all, Some(&failed), &tree), ("new kept except".into(), true));
        assert_eq!(gone(&hit, Some(&stack("CREATE_FAILED")), &tree), ("old changed new except".into(), true));
        let quiet = Tree { resources: tree.resources[..2].to_vec(), ..Tree::default() };
        assert_eq!(gone(&hit, Some(&failed), &quiet), (String::new(), false));
        // Not read: nothing is taken for harmless.
        assert!(gone(&hit, None, &quiet).1);
        assert!(gone(&hit, Some(&failed), &Tree { unread: true, ..Tree::default() }).1);
    }
}
