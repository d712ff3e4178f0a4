//! Stack sets: the same stack in many accounts and regions.

use super::super::cli::Cli;
use super::parameters::Wanted;
use super::template::Template;
use super::update::{New, compare_templates, new_template};
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Group, Impact, Subject};
use crate::family::aws::probe::generic;
use crate::family::aws::probe::json;
use serde_json::Value;

/// So many stack instances are listed.
const MOST: &str = "2000";

pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let Some(name) = hit.value("stack-set-name") else { return generic::named(hit, impact) };
    let call_as = hit.value("call-as");
    let mut words =
        vec!["cloudformation", "list-stack-instances", "--stack-set-name", name, "--max-items", MOST];
    words.extend(call_as.into_iter().flat_map(|c| ["--call-as", c]));
    let changes = hit.operation.starts_with("update-");
    let mut described = vec!["cloudformation", "describe-stack-set", "--stack-set-name", name];
    described.extend(call_as.into_iter().flat_map(|c| ["--call-as", c]));
    let (listed, set) = tokio::join!(cli.find(&words), async {
        if changes { Some(cli.find(&described).await) } else { None }
    });
    let answer = match listed {
        Ok(Some(answer)) => answer,
        Ok(None) => {
            impact.lower(Effect::Read, format!("no such stack set: {name}"));
            return;
        }
        Err(why) => {
            generic::named(hit, impact);
            impact.gap(format!("instances of stack set {name}"), why);
            if let Some(set) = set {
                stores(cli, hit, set, impact).await;
            }
            return;
        }
    };
    impact.subjects =
        vec![Subject { kind: "stack set".to_owned(), name: name.to_owned(), ..Subject::default() }];
    impact.subjects_total = 1;
    let more = json::is_cut_off(&answer);
    if more {
        impact.gap(format!("stack instances beyond the first {MOST}"), Why::NotAsked);
    }
    let all = json::list(&answer, "/Summaries");
    let hit_ones: Vec<&Value> = all.iter().filter(|i| is_hit(hit, i)).collect();
    let hit_ones = if hit.operation.ends_with("-instances") { hit_ones } else { all.iter().collect() };
    let accounts = distinct(&hit_ones, "/Account");
    let regions = distinct(&hit_ones, "/Region");
    let count = hit_ones.len() as u64;
    let spread = format!(
        "{}{} in {} and {}",
        if more { "more than " } else { "" },
        json::counted(count, "stack"),
        json::counted(accounts.len() as u64, "account"),
        json::counted(regions.len() as u64, "region")
    );
    match hit.operation.as_str() {
        "delete-stack-set" if count > 0 => {
            impact.refused =
                Some(format!("the stack set still has {}", json::counted(count, "stack instance")));
        }
        "delete-stack-set" => impact.lower(Effect::Disrupt, "the stack set has no instances"),
        _ if count == 0 => impact.lower(Effect::Read, "no stack instance is hit"),
        "delete-stack-instances" => {
            groups(&accounts, count, more, impact);
            if hit.switch("retain-stacks") == Some(true) {
                impact.lower(Effect::Mutate, "the stacks stay where they are (--retain-stacks)");
            } else {
                impact.whole_scope = true;
                impact.data.push(Data {
                    what: spread,
                    fate: Fate::Unknown,
                    because: "other accounts cannot be looked into from here".to_owned(),
                });
            }
        }
        _ => {
            groups(&accounts, count, more, impact);
            impact.also.push(format!("it changes {spread}"));
            impact.gap("what the change removes or replaces there", Why::NotAsked);
            if let Some(set) = set {
                stores(cli, hit, set, impact).await;
            }
        }
    }
}

/// `--accounts`, `--regions` choose; organisational units are not resolved, so that every account counts then.
fn is_hit(hit: &Hit, instance: &Value) -> bool {
    let chosen = |option: &str, at: &str| {
        let list = hit.list(option);
        list.is_empty() || json::text(instance, at).is_some_and(|v| list.iter().any(|l| l == v))
    };
    chosen("accounts", "/Account") && chosen("regions", "/Region")
}

fn distinct(instances: &[&Value], at: &str) -> Vec<String> {
    let mut all: Vec<String> = instances.iter().map(|i| json::owned(i, at)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Stores of data that the change may take away in every one of the stacks.
async fn stores(cli: &Cli<'_>, hit: &Hit, set: Result<Option<Value>, Why>, impact: &mut Impact) {
    let set = match set {
        Ok(set) => set.unwrap_or_default(),
        Err(why) => {
            impact.gap("the stack set's template", why);
            Value::Null
        }
    };
    let old = set.pointer("/StackSet/TemplateBody").and_then(Template::read);
    if hit.operation == "update-stack-set" {
        let wanted = Wanted::structures(hit, "parameters");
        let new = match new_template(cli, hit).await {
            New::Same => old.clone().ok_or("it could not be read".to_owned()),
            New::Read(new) if new.generated => Err("it is made by macros".to_owned()),
            New::Read(new) => Ok(new),
            New::Unread(why) => {
                impact.gap("the new template", why);
                Err("it could not be read".to_owned())
            }
        };
        let now = set.pointer("/StackSet");
        let differing = new.as_ref().map(|new| wanted.differing(new, now)).unwrap_or_default();
        compare_templates(old.as_ref(), new, &differing, impact);
        return;
    }
    // Each stack has values of its own, which what is not named here may take back.
    let wanted = Wanted::structures(hit, "parameter-overrides");
    let differing = old.as_ref().map(|t| wanted.all_but_previous(t)).unwrap_or_default();
    compare_templates(old.as_ref(), old.clone().ok_or_else(String::new), &differing, impact);
}

fn groups(accounts: &[String], count: u64, more: bool, impact: &mut Impact) {
    let names = accounts.iter().take(3).map(|a| format!("account {a}")).collect();
    impact.groups.push(Group { kind: "stack".to_owned(), count, names, more, ..Group::default() });
}
