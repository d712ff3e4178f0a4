//! `update-stack`, `deploy`: what the new template no longer has, and which stores of data it may replace. What it really
//! replaces only a change set tells.

use super::super::cli::Cli;
use super::address::{Next, fetch, follow};
use super::change::{called, removal, weigh};
use super::compare::{self, MayGo};
use super::parameters::Wanted;
use super::stores::{name_of, store_of};
use super::template::{Policy, Template};
use super::tree::{Resource, Tree};
use super::{MAY_HOLD, stack, stack_name, tree};
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Impact};
use crate::family::aws::probe::generic;
use std::collections::BTreeSet;

pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
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
    let mut untouched = BTreeSet::new();
    let new = match new_template(cli, hit).await {
        New::Same => tree.template.clone().ok_or("it could not be read".to_owned()),
        New::Read(new) if new.generated => {
            let words =
                ["cloudformation", "get-template", "--stack-name", name, "--template-stage", "Original"];
            match cli.json(&words).await {
                Ok(old) => {
                    let differing = wanted.differing(&new, stack.as_ref());
                    let old = old.get("TemplateBody").and_then(Template::read);
                    untouched = old.map(|old| compare::untouched(&old, &new, &differing)).unwrap_or_default();
                }
                Err(why) => impact.gap("the old template as it was written", why),
            }
            Err("it is made by macros".to_owned())
        }
        New::Read(new) => Ok(new),
        New::Unread(why) => {
            impact.gap("the new template", why);
            Err("it could not be read".to_owned())
        }
    };
    let differing = new.as_ref().map(|new| wanted.differing(new, stack.as_ref())).unwrap_or_default();
    let next = Next { untouched, ..follow(cli, &tree, new).await };
    compare_all(&tree, &next, &differing, impact);
    impact.gap("what else the update replaces (look at a change set first)", Why::NotAsked);
}

/// Weighs a stack's resources against the new template, or against the reason why there is none.
pub(super) fn compare_all(tree: &Tree, next: &Next, differing: &BTreeSet<String>, impact: &mut Impact) {
    let mut lost = Lost::default();
    weigh_stack(tree, next, differing, &mut lost, impact);
    lost.tell(impact);
    if tree.unread {
        impact.raise(Effect::Destroy, MAY_HOLD);
    }
}

fn is_store(resource: &&Resource) -> bool {
    store_of(&resource.kind).is_some()
}

/// One stack of the tree, and those nested in it.
fn weigh_stack(tree: &Tree, next: &Next, differing: &BTreeSet<String>, lost: &mut Lost, impact: &mut Impact) {
    let new = match &next.template {
        Ok(new) => new,
        Err(why) => {
            let because = format!("may be replaced or removed: the new template: {why}");
            let listed = from_template(tree).chain(tree.resources.iter().cloned());
            let stays = |r: &Resource| r.within.is_none() && next.untouched.contains(&r.logical);
            listed.filter(|r| is_store(&r) && !stays(r)).for_each(|r| lost.may(called(&r), because.clone()));
            return;
        }
    };
    let may = tree.template.as_ref().map(|old| compare::may_go(old, new, differing)).unwrap_or_default();
    let own = || tree.resources.iter().filter(|r| r.within.is_none());
    for resource in from_template(tree).chain(own().cloned()) {
        let logical = resource.logical.as_str();
        match &tree.template {
            _ if !new.has(logical) => {
                weigh(&removal(&resource), impact);
            }
            _ if store_of(&resource.kind).is_none() => {}
            None => {
                lost.may(called(&resource), "may be replaced: its old template could not be read".to_owned())
            }
            Some(old) => {
                if let Some(one) = may.iter().find(|m| m.logical == logical) {
                    lost.may_go(called(&resource), one, keeps(&resource, one, old, new), impact);
                }
            }
        }
    }
    for (logical, child) in &tree.children {
        let stays = own().any(|r| r.logical == *logical && matches!(r.policy, Policy::Retain(_)));
        let (old, inner) = (tree.template.as_ref(), next.inner.get(logical));
        let unread = |why: &str, lost: &mut Lost, impact: &mut Impact| {
            let why = Next { template: Err(format!("nested stack {logical}: {why}")), ..Next::unread() };
            weigh_stack(child, &why, &BTreeSet::new(), lost, impact);
        };
        match (old.zip(inner), inner.map(|i| i.template.as_ref())) {
            // It goes with its stack, unless that stays.
            _ if !new.has(logical) => {
                let goes = child.resources.iter().filter(is_store).filter(|_| !stays);
                goes.for_each(|resource| {
                    weigh(&removal(resource), impact);
                });
            }
            (Some((old, inner)), Some(Ok(inner_new))) => {
                let both = (child.template.as_ref(), inner_new);
                match compare::inner_parameters((old, new), differing, logical, both) {
                    Ok(differing) => weigh_stack(child, inner, &differing, lost, impact),
                    Err(why) => unread(&why, lost, impact),
                }
            }
            (_, Some(Err(why))) => unread(why, lost, impact),
            _ => unread("its old template could not be read", lost, impact),
        }
    }
}

/// How a store stays that may go.
fn keeps(resource: &Resource, one: &MayGo, old: &Template, new: &Template) -> Option<&'static str> {
    if !one.removed {
        return compare::keeps_replaced(old, new, &one.logical);
    }
    match resource.policy {
        Policy::Retain(_) => Some("it stays then (DeletionPolicy)"),
        Policy::Snapshot { .. } => Some("a snapshot is taken then (DeletionPolicy)"),
        _ => None,
    }
}

/// The resources that a stack's template names, where no list of them could be had.
fn from_template(tree: &Tree) -> impl Iterator<Item = Resource> + '_ {
    let template = tree.template.as_ref().filter(|_| tree.resources.is_empty());
    template.into_iter().flat_map(|template| {
        template.resources().map(|(logical, kind)| Resource {
            logical: logical.clone(),
            physical: String::new(),
            kind: kind.to_owned(),
            policy: template.policy(logical, kind),
            status: String::new(),
            age_s: None,
            within: None,
            emptied: false,
        })
    })
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
    new: Result<Template, String>,
    differing: &BTreeSet<String>,
    impact: &mut Impact,
) {
    let Some(old) = old else {
        impact.raise(Effect::Destroy, MAY_HOLD);
        return;
    };
    let tree = Tree { template: Some(old.clone()), ..Tree::default() };
    compare_all(&tree, &Next { template: new, ..Next::unread() }, differing, impact);
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

/// Where the update's template comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source<'a> {
    Body(&'a str),
    /// `deploy` takes a path, no URI.
    File(&'a str),
    Url(&'a str),
    Previous,
    Unsaid,
}

fn source(hit: &Hit) -> Source<'_> {
    // A document may say false of it.
    let off = hit.value("use-previous-template").is_some_and(|v| v.eq_ignore_ascii_case("false"));
    match (hit.value("template-body"), hit.value("template-file"), hit.value("template-url")) {
        (Some(text), ..) => Source::Body(text),
        (_, Some(path), _) => Source::File(path),
        (_, _, Some(url)) => Source::Url(url),
        _ if hit.switch("use-previous-template") == Some(true) && !off => Source::Previous,
        _ => Source::Unsaid,
    }
}

/// The template the update brings.
pub(super) async fn new_template(cli: &Cli<'_>, hit: &Hit) -> New {
    let parse = |text: &str| {
        Template::parse(text)
            .map_or_else(|| New::Unread(Why::Failed("the template cannot be read".to_owned())), New::Read)
    };
    match source(hit) {
        Source::Body(text) => parse(text),
        // What was read with the words is what is compared with the file once more before the command runs.
        Source::File(path) => match hit.template.clone().unwrap_or_else(|| cli.file(path)) {
            Ok(text) => parse(&text),
            Err(why) => New::Unread(why),
        },
        Source::Url(url) => fetch(cli, url).await.map_or_else(New::Unread, New::Read),
        Source::Previous => New::Same,
        Source::Unsaid => New::Unread(Why::NotAsked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "
Parameters: { Name: { Type: String } }
Resources:
  Orders: { Type: AWS::DynamoDB::Table, Properties: { TableName: !Ref Name, KeySchema: a } }
  Kept: { Type: AWS::DynamoDB::Table, UpdateReplacePolicy: Retain, DeletionPolicy: Retain, Properties: { KeySchema: a } }
  Topic: { Type: AWS::SNS::Topic }
";

    fn tree(template: Option<&str>, listed: bool) -> Tree {
        let template = template.map(|t| Template::parse(t).unwrap());
        let all = Tree { template: template.clone().or(Template::parse(OLD)), ..Tree::default() };
        let known = template.is_some();
        let resources = from_template(&all).filter(|_| listed).map(|r| Resource {
            physical: r.logical.to_lowercase(),
            policy: if known { r.policy } else { Policy::Unknown("x".into()) },
            ..r
        });
        Tree { resources: resources.collect(), unread: !listed, template, ..Tree::default() }
    }

    /// What may go or goes, and what is said to move the level.
    fn of(tree: &Tree, new: Result<&str, &str>, differing: &[&str]) -> (Vec<String>, bool) {
        nested(tree, new, differing, &[])
    }

    /// The same with new templates of nested stacks.
    fn nested(
        tree: &Tree,
        new: Result<&str, &str>,
        differing: &[&str],
        inner: &[(&str, &str)],
    ) -> (Vec<String>, bool) {
        let mut impact = Impact::default();
        let template = |text: &str| Next { template: Ok(Template::parse(text).unwrap()), ..Next::unread() };
        let next = new.map_or_else(|why| Next { template: Err(why.into()), ..Next::unread() }, template);
        let inner = inner.iter().map(|(logical, text)| ((*logical).to_owned(), template(text))).collect();
        let differing = differing.iter().map(|d| (*d).to_owned()).collect();
        compare_all(tree, &Next { inner, ..next }, &differing, &mut impact);
        let gone = impact.data.iter().filter(|d| d.fate != Fate::Kept).map(|d| d.what.clone()).collect();
        let raised = impact.consequences.iter().any(|c| c.raises && c.effect == Effect::Destroy);
        (gone, raised)
    }

    fn gone(names: &[&str]) -> (Vec<String>, bool) {
        (names.iter().map(|n| format!("DynamoDB table {n}")).collect(), !names.is_empty())
    }

    #[test]
    fn the_template_that_is_given_counts() {
        let of = |options: &[(&str, &[&str])]| {
            let values = |v: &[&str]| v.iter().map(|v| (*v).to_owned()).collect();
            let options = options.iter().map(|(name, v)| ((*name).to_owned(), values(v))).collect();
            format!("{:?}", source(&Hit { options, ..Hit::default() }))
        };
        let previous = "use-previous-template";
        assert_eq!(of(&[(previous, &[])]), "Previous");
        assert_eq!(of(&[(previous, &["true"])]), "Previous");
        assert_eq!(of(&[(previous, &["false"])]), "Unsaid");
        assert_eq!(of(&[("no-use-previous-template", &[])]), "Unsaid");
        assert_eq!(of(&[(previous, &["false"]), ("template-body", &["x"])]), "Body(\"x\")");
        assert_eq!(of(&[(previous, &[]), ("template-url", &["u"])]), "Url(\"u\")");
        assert_eq!(of(&[("template-file", &["f"])]), "File(\"f\")");
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
        let inner = "
Parameters: { Name: { Type: String }, Size: { Type: String, Default: a } }
Resources: { Orders: { Type: AWS::DynamoDB::Table, Properties: { TableName: !Ref Name, KeySchema: !Ref Size } } }
";
        let outer = "
Parameters: { Name: { Type: String } }
Resources:
  Inner: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: 'https://x', Parameters: { Name: !Ref Name } } }
  T: { Type: AWS::SNS::Topic }
";
        let mut old = tree(Some(outer), true);
        let child = tree(Some(inner), true);
        let within = |r: Resource| Resource { within: Some("Inner".into()), ..r };
        old.resources.extend(child.resources.clone().into_iter().map(within));
        old.children.push(("Inner".into(), child));
        let is = |new: Result<&str, &str>, differing: &[&str], inner: &[(&str, &str)]| {
            nested(&old, new, differing, inner)
        };
        let same = [("Inner", inner)];
        assert_eq!(is(Ok(outer), &[], &same), gone(&[]));
        assert_eq!(is(Ok(outer), &["Name"], &same), gone(&["orders"]));
        assert_eq!(is(Ok(&outer.replace("!Ref Name }", "other }")), &[], &same), gone(&["orders"]));
        let default = inner.replace("Default: a", "Default: b");
        assert_eq!(is(Ok(outer), &[], &[("Inner", &default)]), gone(&["orders"]));
        assert_eq!(is(Ok(outer), &[], &[("Inner", &inner.replace("!Ref Size", "x"))]), gone(&["orders"]));
        assert_eq!(is(Ok(outer), &[], &[("Inner", "Resources: {}")]), gone(&["orders"]));
        // Not read: nothing is known of it.
        assert_eq!(is(Ok(outer), &[], &[]), gone(&["orders"]));
        assert_eq!(is(Err("no"), &[], &[]), gone(&["orders"]));
        let without = "Resources: { T: { Type: AWS::SNS::Topic } }";
        assert_eq!(is(Ok(without), &[], &[]), gone(&["orders"]));
        old.resources[0].policy = Policy::Retain("Retain".into());
        assert_eq!(nested(&old, Ok(without), &[], &[]), (vec![], false));
    }
}
