//! `update-stack`, `deploy`: what the new template no longer has, and which stores of data it may replace. What it really
//! replaces only a change set tells.

use super::super::cli::Cli;
use super::change::{called, removal, weigh};
use super::compare::{self, MayGo};
use super::parameters::Wanted;
use super::stores::{name_of, store_of};
use super::template::Template;
use super::tree::{Resource, Tree};
use super::{MAY_HOLD, stack, stack_name, tree};
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Impact};
use crate::probe::aws::generic;
use std::collections::BTreeSet;

pub(super) async fn look(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let Some(name) = stack_name(hit) else {
        impact.raise(Effect::Destroy, MAY_HOLD);
        return generic::named(hit, impact);
    };
    let creates = hit.operation == "deploy";
    let (stack, tree) = tokio::join!(stack(cli, hit, impact), tree::read_all(cli, name));
    if stack.is_none() && impact.gaps.is_empty() {
        if creates {
            impact.consequences.clear();
            impact.lower(Effect::Mutate, "there is no such stack yet: it is created");
        }
        return;
    }
    for (what, why) in &tree.gaps {
        impact.gap(what.clone(), why.clone());
    }
    let wanted = if creates { Wanted::overrides(hit) } else { Wanted::structures(hit, "parameters") };
    let new = match new_template(cli, hit) {
        New::Same => tree.template.clone().ok_or("it could not be read"),
        New::Read(new) if new.generated => Err("it is made by macros"),
        New::Read(new) => Ok(new),
        New::Unread(why) => {
            impact.gap("the new template", why);
            Err("it could not be read")
        }
    };
    let differing = new.as_ref().map(|new| wanted.differing(new, stack.as_ref())).unwrap_or_default();
    compare_all(&tree, new.as_ref().map_err(|why| *why), &differing, impact);
    impact.gap("what else the update replaces (look at a change set first)", Why::NotAsked);
}

/// Weighs a stack's resources against the new template, or against the reason why there is none.
pub(super) fn compare_all(
    tree: &Tree,
    new: Result<&Template, &str>,
    differing: &BTreeSet<String>,
    impact: &mut Impact,
) {
    let is_store = |r: &&Resource| store_of(&r.kind).is_some();
    let own = || tree.resources.iter().filter(|r| r.within.is_none());
    let may = match (&tree.template, new) {
        (Some(old), Ok(new)) => compare::may_go(old, new, differing),
        _ => Vec::new(),
    };
    let mut lost = Lost::default();
    // Where the resources could not be listed the template names them.
    let listed: Vec<Resource> = match (&tree.template, own().next()) {
        (Some(template), None) => from_template(template),
        _ => own().cloned().collect(),
    };
    for resource in listed.iter().filter(is_store) {
        let logical = resource.logical.as_str();
        match (&tree.template, new) {
            (_, Err(why)) => {
                lost.may(called(resource), format!("may be replaced or removed: the new template: {why}"))
            }
            (_, Ok(new)) if !new.has(logical) => {
                weigh(&removal(resource), impact);
            }
            (None, Ok(_)) => {
                lost.may(called(resource), "may be replaced: its old template could not be read".to_owned())
            }
            (Some(old), Ok(new)) => {
                if let Some(one) = may.iter().find(|m| m.logical == logical) {
                    lost.may_go(called(resource), one, keeps(resource, one, old, new), impact);
                }
            }
        }
    }
    // Other resources that leave the stack.
    if let Ok(new) = new {
        for resource in own().filter(|r| !is_store(r) && !new.has(&r.logical)) {
            weigh(&removal(resource), impact);
        }
    }
    for resource in tree.resources.iter().filter(|r| r.within.is_some()).filter(is_store) {
        let nested = resource.within.as_deref().unwrap_or_default();
        match new {
            // It goes with its stack, unless that stays.
            Ok(new) if !new.has(nested) => {
                let stays = own()
                    .any(|r| r.logical == nested && matches!(r.policy, super::template::Policy::Retain(_)));
                if !stays {
                    weigh(&removal(resource), impact);
                }
            }
            _ => lost.may(
                called(resource),
                format!("may be replaced or removed: the new template of nested stack {nested} was not read"),
            ),
        }
    }
    lost.tell(impact);
    if tree.unread {
        impact.raise(Effect::Destroy, MAY_HOLD);
    }
}

/// How a store stays that may go.
fn keeps(resource: &Resource, one: &MayGo, old: &Template, new: &Template) -> Option<&'static str> {
    use super::template::Policy::{Retain, Snapshot};
    if !one.removed {
        return compare::keeps_replaced(old, new, &one.logical);
    }
    match resource.policy {
        Retain(_) => Some("it stays then (DeletionPolicy)"),
        Snapshot { .. } => Some("a snapshot is taken then (DeletionPolicy)"),
        _ => None,
    }
}

/// The resources that a template names, where no list of them could be had.
fn from_template(template: &Template) -> Vec<Resource> {
    let of = |(logical, kind): (&String, &str)| Resource {
        logical: logical.clone(),
        physical: String::new(),
        kind: kind.to_owned(),
        policy: template.policy(logical, kind),
        within: None,
        emptied: false,
    };
    template.resources().map(of).collect()
}

/// Stores that may go.
#[derive(Default)]
struct Lost(Vec<Data>);

impl Lost {
    fn may(&mut self, what: String, because: String) {
        self.0.push(Data { what, fate: Fate::Unknown, because });
    }

    fn may_go(&mut self, what: String, one: &MayGo, kept: Option<&str>, impact: &mut Impact) {
        let how = if one.removed { "may be removed" } else { "may be replaced" };
        match kept {
            Some(kept) => {
                let because = format!("{how}: {}; {kept}", one.because);
                impact.data.push(Data { what, fate: Fate::Kept, because });
            }
            None => self.may(what, format!("{how}: {}", one.because)),
        }
    }

    fn tell(self, impact: &mut Impact) {
        let Some(first) = self.0.first() else { return };
        let more = match self.0.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        impact.raise(Effect::Destroy, format!("{}{more} may be replaced by a new, empty one", first.what));
        impact.data.extend(self.0);
    }
}

/// A stack set's stacks, which are in other accounts: its templates beside each other.
pub(super) fn compare_templates(
    old: Option<&Template>,
    new: Result<&Template, &str>,
    differing: &BTreeSet<String>,
    impact: &mut Impact,
) {
    let Some(old) = old else {
        impact.raise(Effect::Destroy, MAY_HOLD);
        return;
    };
    let tree = Tree { template: Some(old.clone()), ..Tree::default() };
    compare_all(&tree, new, differing, impact);
    for (logical, kind) in old.resources().filter(|(_, kind)| *kind == "AWS::CloudFormation::Stack") {
        impact.raise(Effect::Destroy, format!("{} {logical}: {MAY_HOLD}", name_of(kind)));
    }
}

pub(super) enum New {
    /// `--use-previous-template`.
    Same,
    Read(Template),
    Unread(Why),
}

/// The template the update brings.
pub(super) fn new_template(cli: &Cli<'_>, hit: &Hit) -> New {
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
    use crate::probe::aws::cloudformation::template::Policy;

    const OLD: &str = "
Parameters: { Name: { Type: String } }
Resources:
  Orders: { Type: AWS::DynamoDB::Table, Properties: { TableName: !Ref Name, KeySchema: a } }
  Kept: { Type: AWS::DynamoDB::Table, UpdateReplacePolicy: Retain, DeletionPolicy: Retain, Properties: { KeySchema: a } }
  Topic: { Type: AWS::SNS::Topic }
";

    fn tree(template: Option<&str>, listed: bool) -> Tree {
        let template = template.map(|t| Template::parse(t).unwrap());
        let resources = match (&template, listed) {
            (Some(template), true) => from_template(template),
            (None, true) => from_template(&Template::parse(OLD).unwrap())
                .into_iter()
                .map(|r| Resource { policy: Policy::Unknown("x".into()), ..r })
                .collect(),
            (_, false) => Vec::new(),
        };
        let resources = resources.into_iter().map(|r| Resource { physical: r.logical.to_lowercase(), ..r });
        Tree { resources: resources.collect(), unread: !listed, template, ..Tree::default() }
    }

    /// What may go or goes, and what is said to move the level.
    fn of(tree: &Tree, new: Result<&str, &str>, differing: &[&str]) -> (Vec<String>, bool) {
        let mut impact = Impact::default();
        let new = new.map(|text| Template::parse(text).unwrap());
        let differing = differing.iter().map(|d| (*d).to_owned()).collect();
        compare_all(tree, new.as_ref().map_err(|why| *why), &differing, &mut impact);
        let gone = impact.data.iter().filter(|d| d.fate != Fate::Kept).map(|d| d.what.clone()).collect();
        let raised = impact.consequences.iter().any(|c| c.raises && c.effect == Effect::Destroy);
        (gone, raised)
    }

    fn gone(names: &[&str]) -> (Vec<String>, bool) {
        (names.iter().map(|n| format!("DynamoDB table {n}")).collect(), !names.is_empty())
    }

    #[test]
    fn a_store_that_differs_may_go() {
        let old = tree(Some(OLD), true);
        assert_eq!(of(&old, Ok(OLD), &[]), gone(&[]));
        assert_eq!(of(&old, Ok(OLD), &["Name"]), gone(&["orders"]));
        assert_eq!(of(&old, Ok(&OLD.replace("KeySchema: a", "KeySchema: b")), &[]), gone(&["orders"]));
        // What leaves the template goes by its DeletionPolicy.
        assert_eq!(of(&old, Ok("Resources: { Topic: { Type: AWS::SNS::Topic } }"), &[]), gone(&["orders"]));
        // A policy that the new template no longer has.
        let bare =
            OLD.replace("UpdateReplacePolicy: Retain, ", "").replace("{ KeySchema: a", "{ KeySchema: b");
        assert_eq!(of(&old, Ok(&bare), &[]), gone(&["kept"]));
    }

    #[test]
    fn what_was_not_read_may_go() {
        let old = tree(Some(OLD), true);
        assert_eq!(of(&old, Err("no"), &[]), gone(&["orders", "kept"]));
        assert_eq!(of(&tree(None, true), Ok(OLD), &[]), gone(&["orders", "kept"]));
        assert_eq!(of(&tree(None, true), Err("no"), &[]), gone(&["orders", "kept"]));
        // Neither list nor template: nothing can be named, and nothing is taken for harmless.
        assert_eq!(of(&tree(None, false), Ok(OLD), &[]), (vec![], true));
        let by_template = of(&tree(Some(OLD), false), Ok(OLD), &["Name"]);
        assert_eq!(by_template, (vec!["DynamoDB table Orders".to_owned()], true));
    }

    #[test]
    fn a_stack_without_stores_has_nothing_to_lose() {
        let topics = "Resources: { A: { Type: AWS::SNS::Topic, Properties: { TopicName: a } }, F: { Type: AWS::Lambda::Function } }";
        let old = tree(Some(topics), true);
        for new in [Ok(topics), Err("no"), Ok("Resources: { B: { Type: AWS::SNS::Topic } }")] {
            assert_eq!(of(&old, new, &[]), (vec![], false), "{new:?}");
        }
    }

    #[test]
    fn nested_stores_go_by_their_stack() {
        let outer =
            "Resources: { Inner: { Type: AWS::CloudFormation::Stack }, T: { Type: AWS::SNS::Topic } }";
        let mut old = tree(Some(outer), true);
        old.resources.push(Resource {
            logical: "Orders".into(),
            physical: "inner-orders".into(),
            kind: "AWS::DynamoDB::Table".into(),
            policy: Policy::Delete,
            within: Some("Inner".into()),
            emptied: false,
        });
        assert_eq!(of(&old, Ok(outer), &[]), gone(&["inner-orders"]));
        assert_eq!(of(&old, Ok("Resources: { T: { Type: AWS::SNS::Topic } }"), &[]), gone(&["inner-orders"]));
        old.resources[0].policy = Policy::Retain("Retain".into());
        assert_eq!(of(&old, Ok("Resources: { T: { Type: AWS::SNS::Topic } }"), &[]), (vec![], false));
    }
}
