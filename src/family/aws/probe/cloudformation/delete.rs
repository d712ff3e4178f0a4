//! `delete-stack`: what goes, what stays, and what stands in the way.

use super::super::cli::Cli;
use super::copies;
use super::stores::{self, Ask, Told, is_small, name_of, store_of};
use super::template::Policy;
use super::tree::{self, Resource, Tree};
use super::{no_such_stack, protection, protects, stack_name, subject};
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Group, Impact};
use crate::family::aws::probe::generic;
use crate::family::aws::probe::json;
use crate::family::aws::probe::safer_command::Form;
use crate::run::tasks::gather;
use serde_json::Value;

/// So many names stand with a group.
const NAMED: usize = 3;
/// So many resources are described one by one.
const DESCRIBED: usize = 10;
/// So many exports are asked after.
const EXPORTS: usize = 16;

pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let Some(name) = stack_name(hit) else { return generic::named(hit, impact) };
    let described = ["cloudformation", "describe-stacks", "--stack-name", name];
    let (mut guard_rail, mut imports) = (Impact::default(), Impact::default());
    let (stack, mut holds) = tokio::join!(
        async {
            let stack = cli.find(&described).await.map(|f| f.and_then(|f| f.pointer("/Stacks/0").cloned()));
            if let Ok(Some(stack)) = &stack {
                tokio::join!(
                    rail(cli, hit, stack, &mut guard_rail),
                    exports_in_use(cli, stack, &mut imports)
                );
            }
            stack
        },
        async {
            let tree = tree::read(cli, name, hit.list("retain-resources")).await;
            contents(cli, tree).await
        },
    );
    match stack {
        Err(why) => {
            generic::named(hit, impact);
            impact.gap(format!("stack {}", tree::short(name)), why);
        }
        Ok(None) => return no_such_stack(tree::short(name), impact),
        Ok(Some(stack)) => {
            impact.subjects = vec![subject(&stack, name)];
            impact.subjects_total = 1;
            match json::text(&stack, "/StackStatus").unwrap_or_default() {
                "DELETE_COMPLETE" => return no_such_stack(tree::short(name), impact),
                "DELETE_IN_PROGRESS" => {
                    impact.lower(Effect::Mutate, "it is being deleted already");
                    return;
                }
                status @ ("DELETE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED"
                | "REVIEW_IN_PROGRESS") => {
                    holds.also.insert(0, format!("its status is {status}"));
                }
                _ => {}
            }
        }
    }
    impact.absorb(guard_rail);
    impact.absorb(holds);
    impact.absorb(imports);
    if hit.value("deletion-mode") == Some("FORCE_DELETE_STACK") {
        impact.also.push(
            "what cannot be deleted is left behind and belongs to no stack (FORCE_DELETE_STACK)".into(),
        );
    }
}

/// Termination protection, on the root stack.
async fn rail(cli: &Cli<'_>, hit: &Hit, stack: &Value, impact: &mut Impact) {
    match protection(cli, stack).await {
        Ok((true, root)) => {
            protects(impact, "termination protection", format!("of {root} is ON: refuses the deletion"));
            impact.refused = Some(format!("termination protection of stack {root} is on"));
        }
        Ok((false, root)) => {
            let on = Form::new(hit, "cloudformation", "update-termination-protection")
                .on("enable-termination-protection")
                .with("stack-name", &[&root]);
            protects(impact, "termination protection", format!("is OFF; turn on: {}", on.text()));
        }
        Err(why) => impact.gap("termination protection of the root stack", why),
    }
    if let Some(parent) = json::text(stack, "/ParentId") {
        impact.also.push(format!("it is a nested stack of {}", tree::short(parent)));
    }
}

/// An export that another stack imports makes the deletion fail.
async fn exports_in_use(cli: &Cli<'_>, stack: &Value, impact: &mut Impact) {
    let exports: Vec<String> = json::list(stack, "/Outputs")
        .iter()
        .filter_map(|o| json::text(o, "/ExportName").map(str::to_owned))
        .collect();
    let beyond = exports.len().saturating_sub(EXPORTS);
    let asked = exports.into_iter().take(EXPORTS).map(|name| async move {
        let out = cli.ask(&["cloudformation", "list-imports", "--export-name", &name]).await;
        (name, out)
    });
    for (name, answer) in gather(asked).await {
        match answer {
            Ok(out) => {
                let out: Value = serde_json::from_slice(&out).unwrap_or_default();
                let users: Vec<&str> =
                    json::list(&out, "/Imports").iter().filter_map(Value::as_str).collect();
                if !users.is_empty() {
                    let users = users.join(", ");
                    impact
                        .also
                        .push(format!("its export {name} is used by {users}: the deletion stops there"));
                }
            }
            // AWS has no empty answer for this question.
            Err(refusal) if refusal.line.contains("is not imported by any stack") => {}
            Err(refusal) => impact.gap(format!("who imports {name}"), refusal.why),
        }
    }
    if beyond > 0 {
        impact.gap(format!("who imports {beyond} more exports"), Why::NotAsked);
    }
}

/// What the stack holds, put in order: data first.
async fn contents(cli: &Cli<'_>, tree: Tree) -> Impact {
    let mut impact = Impact::default();
    for (what, why) in &tree.gaps {
        impact.gap(what.clone(), why.clone());
    }
    let holds = |r: &&Resource| store_of(&r.kind).is_some();
    let stores: Vec<&Resource> = tree.resources.iter().filter(holds).collect();
    let unseen = || Some(Told { unseen: true, ..Told::default() });
    // What stays, and what no read tells more of, needs no more words.
    let ask_of = |r: &Resource| {
        let stays = matches!(r.policy, Policy::Retain(_)) || r.physical.is_empty();
        store_of(&r.kind).map_or(Ask::Nothing, |s| if stays { Ask::Nothing } else { s.ask })
    };
    let mut asks = 0;
    let asked = stores.iter().map(|r| {
        let ask = ask_of(r);
        asks += usize::from(ask != Ask::Nothing);
        let beyond = ask != Ask::Nothing && asks > DESCRIBED;
        async move {
            match ask {
                Ask::Nothing => Ok(Some(Told::default())),
                _ if beyond => Ok(unseen()),
                ask => stores::ask(cli, ask, &r.physical).await,
            }
        }
    });
    let told = gather(asked).await;
    let beyond = asks.saturating_sub(DESCRIBED);
    if beyond > 0 {
        impact.gap(format!("what is in {beyond} more resources that hold data"), Why::NotAsked);
    }
    let mut found = Vec::new();
    for (resource, told) in stores.iter().zip(told) {
        let told = told.unwrap_or_else(|why| {
            impact.gap(format!("{} {}", name_of(&resource.kind), json::tail(&resource.physical)), why);
            unseen()
        });
        found.extend(told.map(|told| (*resource, told)));
    }
    impact.backups = copies::find(cli, &tree, &found).await;
    let found = found.iter().map(|(resource, told)| (*resource, data(resource, told))).collect();
    impact.data.extend(in_order(found));
    groups(&tree.resources, &mut impact);
    if tree.nested > 0 {
        impact.also.push(format!("{} inside it", json::counted(u64::from(tree.nested), "nested stack")));
    }
    let kept = tree.resources.iter().filter(|r| !holds(r) && matches!(r.policy, Policy::Retain(_))).count();
    if kept > 0 {
        impact
            .also
            .push(format!("{} without data stay (DeletionPolicy)", json::counted(kept as u64, "resource")));
    }
    impact
}

/// Databases, clusters and buckets first. Queues, logs and parameters come by the dozen: they are counted, so that they
/// do not stand in front of the database.
fn in_order(found: Vec<(&Resource, Data)>) -> Vec<Data> {
    let (small, mut out): (Vec<_>, Vec<_>) = found.into_iter().partition(|(r, _)| is_small(&r.kind));
    out.sort_by_key(|(r, _)| store_of(&r.kind).is_none_or(|s| s.ask == Ask::Nothing));
    let mut out: Vec<Data> = out.into_iter().map(|(_, data)| data).collect();
    let mut kinds: Vec<(String, Fate, String, Vec<String>)> = Vec::new();
    for (resource, data) in small {
        let kind = name_of(&resource.kind);
        match kinds.iter_mut().find(|k| k.0 == kind && k.1 == data.fate && k.2 == data.because) {
            Some(same) => same.3.push(data.what),
            None => kinds.push((kind, data.fate, data.because, vec![data.what])),
        }
    }
    out.extend(kinds.into_iter().map(|(kind, fate, because, mut whats)| {
        let what = if whats.len() == 1 { whats.remove(0) } else { json::counted(whats.len() as u64, &kind) };
        Data { what, fate, because }
    }));
    out
}

/// What becomes of one resource that holds data.
fn data(resource: &Resource, told: &Told) -> Data {
    let store = store_of(&resource.kind);
    let shown =
        if resource.physical.is_empty() { resource.logical.as_str() } else { json::tail(&resource.physical) };
    let mut what = format!("{} {shown}", name_of(&resource.kind));
    if !told.detail.is_empty() {
        what = format!("{what} ({})", told.detail);
    }
    let note = store.map_or("", |s| s.note);
    let (fate, because) = match &resource.policy {
        Policy::Retain(word) => (Fate::Kept, word.clone()),
        Policy::Snapshot { by_default } => {
            let by = if *by_default { "the default of its type" } else { "DeletionPolicy Snapshot" };
            (Fate::Kept, format!("in a snapshot: {by}"))
        }
        _ if told.refuses.is_some() => (Fate::Kept, told.refuses.clone().unwrap_or_default()),
        Policy::Unknown(why) => (Fate::Unknown, why.clone()),
        Policy::Delete => {
            let must_be_empty = matches!(store.map(|s| s.ask), Some(Ask::Bucket | Ask::Repository));
            match (must_be_empty, told.empty, resource.emptied) {
                (true, _, false) if told.unseen => {
                    (Fate::Unknown, "whether it is empty could not be told".to_owned())
                }
                (true, true, _) => (Fate::Erased, "it is empty".to_owned()),
                (true, false, false) => (Fate::Kept, "not empty: the deletion stops there".to_owned()),
                (true, false, true) => (Fate::Erased, "emptied by the stack itself".to_owned()),
                (false, ..) if note.is_empty() => (Fate::Erased, "DeletionPolicy Delete".to_owned()),
                (false, ..) => (Fate::Erased, note.to_owned()),
            }
        }
    };
    Data { what, fate, because }
}

/// What goes, by type: what holds data first, then the most.
fn groups(resources: &[Resource], impact: &mut Impact) {
    let goes = resources.iter().filter(|r| !matches!(r.policy, Policy::Retain(_)));
    for resource in goes {
        let kind = name_of(&resource.kind);
        let name = if resource.physical.is_empty() { &resource.logical } else { &resource.physical };
        let name =
            if resource.kind == "AWS::CloudFormation::Stack" { tree::short(name) } else { json::tail(name) };
        match impact.groups.iter_mut().find(|g| g.kind == kind) {
            Some(group) => {
                group.count += 1;
                if group.names.len() < NAMED {
                    group.names.push(name.to_owned());
                }
            }
            None => {
                impact.groups.push(Group { kind, count: 1, names: vec![name.to_owned()], ..Group::default() })
            }
        }
    }
    let stores: Vec<String> =
        resources.iter().filter(|r| store_of(&r.kind).is_some()).map(|r| name_of(&r.kind)).collect();
    impact.groups.sort_by_key(|g| (!stores.contains(&g.kind), std::cmp::Reverse(g.count)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(kind: &str, physical: &str, policy: Policy) -> Resource {
        Resource {
            logical: "L".into(),
            physical: physical.into(),
            kind: kind.into(),
            policy,
            status: String::new(),
            age_s: None,
            within: None,
            emptied: false,
        }
    }

    #[test]
    fn queues_do_not_stand_in_front_of_the_database() {
        let gone = Policy::Delete;
        let all: Vec<Resource> = [
            ("AWS::SQS::Queue", "q0"),
            ("AWS::Kinesis::Stream", "events"),
            ("AWS::SQS::Queue", "q1"),
            ("AWS::RDS::DBInstance", "app-db"),
            ("AWS::Logs::LogGroup", "/app"),
        ]
        .map(|(kind, physical)| resource(kind, physical, gone.clone()))
        .into();
        let found = all.iter().map(|r| (r, data(r, &Told::default()))).collect();
        let shown: Vec<String> = in_order(found).into_iter().map(|d| d.what).collect();
        assert_eq!(shown, ["DB instance app-db", "Kinesis stream events", "2 SQS queues", "log group app"]);
    }

    #[test]
    fn fates() {
        let fate = |r: &Resource, told: &Told| {
            let d = data(r, told);
            (d.what, d.fate, d.because)
        };
        let told = Told { detail: "200 GiB postgres".into(), ..Told::default() };
        let db = |policy| resource("AWS::RDS::DBInstance", "app-db", policy);
        let what = "DB instance app-db (200 GiB postgres)".to_owned();
        assert_eq!(
            fate(&db(Policy::Delete), &told),
            (what.clone(), Fate::Erased, "DeletionPolicy Delete".into())
        );
        assert_eq!(
            fate(&db(Policy::Snapshot { by_default: true }), &told),
            (what.clone(), Fate::Kept, "in a snapshot: the default of its type".into())
        );
        let guarded = Told { refuses: Some("its own deletion protection refuses".into()), ..told.clone() };
        assert_eq!(fate(&db(Policy::Delete), &guarded).1, Fate::Kept);
        assert_eq!(fate(&db(Policy::Unknown("x".into())), &told).1, Fate::Unknown);
        let bucket = resource("AWS::S3::Bucket", "b", Policy::Delete);
        assert_eq!(fate(&bucket, &Told { empty: true, ..Told::default() }).2, "it is empty");
        assert_eq!(fate(&bucket, &Told::default()).1, Fate::Kept);
        let unseen = Told { unseen: true, ..Told::default() };
        assert_eq!(fate(&bucket, &unseen).1, Fate::Unknown);
        assert_eq!(fate(&db(Policy::Delete), &unseen).1, Fate::Erased);
        assert_eq!(fate(&Resource { emptied: true, ..bucket }, &Told::default()).1, Fate::Erased);
    }

    #[test]
    fn data_comes_first_then_the_most() {
        let topic = |n| resource("AWS::SNS::Topic", n, Policy::Delete);
        let all = [
            topic("arn:aws:sns:eu-west-1:1:a"),
            topic("b"),
            topic("c"),
            topic("d"),
            resource("AWS::DynamoDB::Table", "orders", Policy::Delete),
            resource("AWS::S3::Bucket", "kept", Policy::Retain("Retain".into())),
        ];
        let mut impact = Impact::default();
        groups(&all, &mut impact);
        let seen: Vec<(&str, u64, usize)> =
            impact.groups.iter().map(|g| (g.kind.as_str(), g.count, g.names.len())).collect();
        assert_eq!(seen, [("DynamoDB table", 1, 1), ("SNS Topic", 4, 3)]);
        assert_eq!(impact.groups[1].names, ["a", "b", "c"]);
    }
}
