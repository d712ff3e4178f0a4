//! Auto Scaling groups: how many instances end.

use super::cli::Cli;
use super::json;
use super::safer_command::Form;
use super::{describe, generic};
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::human::counted;
use crate::engine::impact::{Group, Impact, Protection, Subject};
use serde_json::Value;

/// Looks at what the command hits.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    if hit.operation == "terminate-instance-in-auto-scaling-group" {
        return one_instance(cli, hit, impact).await;
    }
    let Some(name) = hit.value("auto-scaling-group-name") else {
        return describe::probe_impact(cli, hit, impact).await;
    };
    let words = ["autoscaling", "describe-auto-scaling-groups", "--auto-scaling-group-names", name];
    let group = match cli.json(&words).await {
        Ok(answer) => match answer.pointer("/AutoScalingGroups/0") {
            Some(group) => group.clone(),
            None => {
                impact.lower(Effect::Read, format!("no such Auto Scaling group: {name}"));
                return;
            }
        },
        Err(why) => {
            generic::named(hit, impact);
            impact.gap(format!("Auto Scaling group {name}"), why);
            return;
        }
    };
    impact.subjects = vec![Subject {
        kind: "Auto Scaling group".to_owned(),
        name: name.to_owned(),
        age_s: json::age_s(&group, "/CreatedTime"),
        labels: json::tags(&group, "/Tags"),
        ..Subject::default()
    }];
    impact.subjects_total = 1;
    let running = json::list(&group, "/Instances").len() as u64;
    impact.also.push(format!("{} in it now", counted(running, "instance")));
    match hit.operation.as_str() {
        "delete-auto-scaling-group" => delete(hit, &group, name, running, impact),
        "set-desired-capacity" | "update-auto-scaling-group" => scale(hit, &group, running, impact),
        "suspend-processes" => {
            let which = hit.list("scaling-processes");
            let which = if which.is_empty() { "all processes".to_owned() } else { which.join(", ") };
            impact.also.push(format!("stops: {which}"));
        }
        "start-instance-refresh" => goes(&group, running, impact),
        _ => {}
    }
}

/// The safer form of the same command: a group without `--force-delete` refuses while it has instances.
pub(super) fn safer(hit: &Hit, _impact: &Impact) -> Option<String> {
    let forced = hit.operation == "delete-auto-scaling-group" && hit.switch("force-delete") == Some(true);
    forced.then(|| Form::of(hit).map(|form| form.without("force-delete").text())).flatten()
}

fn delete(hit: &Hit, group: &Value, name: &str, running: u64, impact: &mut Impact) {
    let force = hit.switch("force-delete") == Some(true);
    let protection = json::text(group, "/DeletionProtection").unwrap_or("none");
    let refuses = protection == "prevent-all-deletion" || (protection == "prevent-force-deletion" && force);
    if refuses {
        protects(impact, "deletion protection", format!("({protection}) is ON: refuses the deletion"));
        impact.refused = Some(format!("deletion protection of {name} is {protection}"));
    } else if group.get("DeletionProtection").is_some() {
        let on = Form::new(hit, "autoscaling", "update-auto-scaling-group")
            .with("auto-scaling-group-name", &[name])
            .with("deletion-protection", &["prevent-all-deletion"]);
        protects(impact, "deletion protection", format!("is OFF; turn on: {}", on.text()));
    }
    if force {
        goes(group, running, impact);
    } else if running > 0 {
        impact.refused.get_or_insert(format!("the group still has {}", counted(running, "instance")));
    } else {
        impact.lower(Effect::Disrupt, "the group has no instances");
    }
}

/// The instances that end, of those that are not protected from scaling in.
fn goes(group: &Value, count: u64, impact: &mut Impact) {
    if count > 0 {
        let names =
            json::list(group, "/Instances").iter().take(3).map(|i| json::owned(i, "/InstanceId")).collect();
        impact.groups.push(Group { kind: "EC2 instance".to_owned(), count, names, ..Group::default() });
    }
}

fn scale(hit: &Hit, group: &Value, running: u64, impact: &mut Impact) {
    let option = |name: &str| hit.value(name).and_then(|v| v.parse::<u64>().ok());
    let member = |at: &str| json::number(group, at).unwrap_or(0);
    if hit.value("deletion-protection") == Some("none")
        && json::text(group, "/DeletionProtection").is_some_and(|p| p != "none")
    {
        protects(impact, "deletion protection", "is removed by this command");
    }
    let most = option("max-size").unwrap_or_else(|| member("/MaxSize"));
    let wanted = option("desired-capacity").unwrap_or_else(|| member("/DesiredCapacity")).min(most);
    let ends = running.saturating_sub(wanted);
    if ends == 0 {
        if impact.protections.is_empty() {
            impact.lower(Effect::Mutate, format!("no instance ends: {wanted} wanted, {running} there"));
        }
        return;
    }
    let safe = json::list(group, "/Instances")
        .iter()
        .filter(|i| json::truth(i, "/ProtectedFromScaleIn") == Some(true))
        .count();
    if safe > 0 {
        let text = format!("keeps {} from scaling in", counted(safe as u64, "instance"));
        protects(impact, "scale-in protection", text);
    }
    let names = if ends == running {
        json::list(group, "/Instances").iter().take(3).map(|i| json::owned(i, "/InstanceId")).collect()
    } else {
        // Which ones is the group's own choice.
        Vec::new()
    };
    impact.groups.push(Group { kind: "EC2 instance".to_owned(), count: ends, names, ..Group::default() });
    impact.also.push(format!("from {running} to {wanted}; what is on them goes with them"));
    impact.whole_scope = wanted == 0;
}

/// One member: another takes its place, unless the group is made smaller.
async fn one_instance(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    generic::named(hit, impact);
    let Some(id) = hit.value("instance-id") else { return };
    for subject in &mut impact.subjects {
        "EC2 instance".clone_into(&mut subject.kind);
    }
    match cli.json(&["autoscaling", "describe-auto-scaling-instances", "--instance-ids", id]).await {
        Ok(answer) => match answer.pointer("/AutoScalingInstances/0") {
            Some(member) => {
                let group = json::owned(member, "/AutoScalingGroupName");
                impact.also.push(format!("member of Auto Scaling group {group}"));
                if hit.switch("should-decrement-desired-capacity") == Some(false) {
                    impact.lower(Effect::Disrupt, format!("Auto Scaling group {group} replaces it"));
                }
            }
            None => impact.lower(Effect::Read, format!("{id} is in no Auto Scaling group")),
        },
        Err(why) => impact.gap(format!("the group of {id}"), why),
    }
}

fn protects(impact: &mut Impact, what: &str, effect: impl Into<String>) {
    impact.protections.push(Protection { what: what.to_owned(), effect: effect.into() });
}
