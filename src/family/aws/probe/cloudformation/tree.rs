//! A stack with its nested stacks: every resource, and what becomes of it.

use super::super::cli::Cli;
use super::template::{Policy, Template};
use crate::engine::fact::Why;
use crate::family::aws::probe::json;
use crate::run::tasks::gather;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use std::cell::Cell;

/// Deeper nesting than this is not followed.
const DEEPEST: usize = 5;
/// More nested stacks than this are not followed.
const MOST: u32 = 40;

/// One resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) logical: String,
    pub(super) physical: String,
    pub(super) kind: String,
    pub(super) policy: Policy,
    /// `CREATE_COMPLETE`, `UPDATE_FAILED` …
    pub(super) status: String,
    /// Seconds since it came to that.
    pub(super) age_s: Option<u64>,
    /// The nested stack of the root that it lies in, by its logical id; `None` for the root's own.
    pub(super) within: Option<String>,
    /// Whether the template has it emptied first; only told for what has to be empty.
    pub(super) emptied: bool,
}

/// All resources of a stack, its nested stacks' too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) resources: Vec<Resource>,
    /// How many nested stacks go with it.
    pub(super) nested: u32,
    /// The root's template.
    pub(super) template: Option<Template>,
    /// The nested stacks by their logical ids, where all are followed.
    pub(super) children: Vec<(String, Tree)>,
    /// There may be resources beside these.
    pub(super) unread: bool,
    /// Questions that got no answer.
    pub(super) gaps: Vec<(String, Why)>,
}

/// Reads a stack as it goes with its deletion: nested stacks that stay are not followed. `retained`: logical ids that
/// this very command leaves alone.
pub(super) async fn read(cli: &Cli<'_>, stack: &str, retained: &[String]) -> Tree {
    let left = Cell::new(MOST);
    one(cli, stack.to_owned(), retained, 0, Follow { left: &left, all: false }).await
}

/// Reads a stack with all that it holds.
pub(super) async fn read_all(cli: &Cli<'_>, stack: &str) -> Tree {
    let left = Cell::new(MOST);
    one(cli, stack.to_owned(), &[], 0, Follow { left: &left, all: true }).await
}

/// Which nested stacks are followed.
#[derive(Clone, Copy)]
struct Follow<'a> {
    /// So many more.
    left: &'a Cell<u32>,
    /// Those that would stay, too.
    all: bool,
}

fn one<'a>(
    cli: &'a Cli<'_>,
    stack: String,
    retained: &'a [String],
    depth: usize,
    follow: Follow<'a>,
) -> LocalBoxFuture<'a, Tree> {
    Box::pin(async move {
        let listed = ["cloudformation", "list-stack-resources", "--stack-name", &stack];
        let written =
            ["cloudformation", "get-template", "--stack-name", &stack, "--template-stage", "Processed"];
        let (listed, written) = tokio::join!(cli.find(&listed), cli.json(&written));
        let mut tree = Tree::default();
        let name = short(&stack);
        let listed = match listed {
            Ok(Some(listed)) => listed,
            // Not there: whoever asked says so.
            Ok(None) => return tree,
            Err(why) => {
                tree.gaps.push((format!("resources of {name}"), why));
                tree.unread = true;
                tree.template = written.ok().as_ref().and_then(|w| Template::read(w.get("TemplateBody")?));
                return tree;
            }
        };
        let template = match written {
            Ok(answer) => answer
                .get("TemplateBody")
                .and_then(Template::read)
                .ok_or_else(|| Why::Failed("it could not be read".to_owned())),
            Err(why) => Err(why),
        };
        if let Err(why) = &template {
            tree.gaps.push((format!("template of {name} (DeletionPolicy)"), why.clone()));
        }
        tree.resources = resources(&listed, template.as_ref().ok(), retained);
        tree.template = template.ok();
        let inner: Vec<(String, String)> = tree
            .resources
            .iter()
            .filter(|r| r.kind == "AWS::CloudFormation::Stack")
            .filter(|r| follow.all || !matches!(r.policy, Policy::Retain(_)))
            .map(|r| (r.logical.clone(), r.physical.clone()))
            .collect();
        tree.nested = u32::try_from(inner.len()).unwrap_or(u32::MAX);
        let mut followed = Vec::new();
        for (logical, id) in inner {
            if depth < DEEPEST && follow.left.get() > 0 {
                follow.left.set(follow.left.get() - 1);
                followed.push((logical, id));
            } else {
                tree.unread = true;
                tree.gaps.push((format!("resources of nested stack {}", short(&id)), Why::NotAsked));
            }
        }
        let asked = followed.iter().map(|(_, id)| one(cli, id.clone(), &[], depth + 1, follow));
        for (found, (logical, _)) in gather(asked).await.into_iter().zip(&followed) {
            if follow.all {
                tree.children.push((logical.clone(), found.clone()));
            }
            let within = |r: Resource| Resource { within: Some(logical.clone()), ..r };
            tree.resources.extend(found.resources.into_iter().map(within));
            tree.nested += found.nested;
            tree.unread |= found.unread;
            tree.gaps.extend(found.gaps);
        }
        tree
    })
}

/// The stack's name out of its id.
pub(super) fn short(stack: &str) -> &str {
    match stack.split_once(":stack/") {
        Some((_, rest)) => rest.split('/').next().unwrap_or(rest),
        None => stack,
    }
}

fn resources(listed: &Value, template: Option<&Template>, retained: &[String]) -> Vec<Resource> {
    let all = json::list(listed, "/StackResourceSummaries");
    let kinds: Vec<&str> = all.iter().filter_map(|r| json::text(r, "/ResourceType")).collect();
    let there = |r: &&Value| {
        let status = json::text(r, "/ResourceStatus").unwrap_or_default();
        status != "DELETE_COMPLETE" && status != "DELETE_SKIPPED"
    };
    all.iter()
        .filter(there)
        .map(|r| {
            let (logical, kind) = (json::owned(r, "/LogicalResourceId"), json::owned(r, "/ResourceType"));
            let policy = if retained.contains(&logical) {
                Policy::Retain("--retain-resources".to_owned())
            } else {
                template.map_or_else(
                    || Policy::Unknown("its DeletionPolicy could not be read".to_owned()),
                    |t| t.policy(&logical, &kind),
                )
            };
            let ask = super::stores::store_of(&kind).map(|s| s.ask);
            Resource {
                emptied: ask.is_some_and(|ask| super::stores::is_emptied(ask, &logical, template, &kinds)),
                physical: json::owned(r, "/PhysicalResourceId"),
                policy,
                logical,
                kind,
                status: json::owned(r, "/ResourceStatus"),
                age_s: json::age_s(r, "/LastUpdatedTimestamp"),
                within: None,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_gone_already_is_left_out_and_named_ones_stay() {
        let listed = json!({"StackResourceSummaries": [
            {"LogicalResourceId": "A", "PhysicalResourceId": "a", "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_COMPLETE"},
            {"LogicalResourceId": "B", "PhysicalResourceId": "b", "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "DELETE_COMPLETE"},
            {"LogicalResourceId": "C", "PhysicalResourceId": "c", "ResourceType": "AWS::SNS::Topic", "ResourceStatus": "DELETE_FAILED"},
            {"LogicalResourceId": "D", "PhysicalResourceId": "d", "ResourceType": "Custom::S3AutoDeleteObjects", "ResourceStatus": "CREATE_COMPLETE"},
        ]});
        let template =
            Template::parse("Resources: {A: {Type: 'AWS::S3::Bucket'}, C: {Type: 'AWS::SNS::Topic'}}")
                .unwrap();
        let found = resources(&listed, Some(&template), &["C".to_owned()]);
        let policies: Vec<(&str, &Policy, bool)> =
            found.iter().map(|r| (r.logical.as_str(), &r.policy, r.emptied)).collect();
        assert_eq!(policies[0], ("A", &Policy::Delete, true));
        assert_eq!(policies[1], ("C", &Policy::Retain("--retain-resources".into()), false));
        assert!(matches!(policies[2], ("D", Policy::Unknown(_), false)) && policies.len() == 3);
        assert!(matches!(resources(&listed, None, &[])[0].policy, Policy::Unknown(_)));
    }

    #[test]
    fn a_stack_id_is_shortened_to_its_name() {
        assert_eq!(short("arn:aws:cloudformation:eu-west-1:1:stack/app-Net-1X/5a-b"), "app-Net-1X");
        assert_eq!(short("app"), "app");
    }
}
