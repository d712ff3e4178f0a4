//! CloudFormation: what a stack holds, and what of it stays.

mod address;
mod change;
mod compare;
mod copies;
mod delete;
mod parameters;
mod rollback;
mod sets;
mod stores;
mod template;
mod tree;
mod update;

use super::cli::Cli;
use super::generic;
use super::json;
use super::safer_command::Form;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Impact, Protection, Subject};
use serde_json::Value;

/// What is said where nobody could look into a stack.
const MAY_HOLD: &str = "what it holds could not be read: a store of data may be removed or replaced";

/// Looks at what the command hits.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    match hit.operation.as_str() {
        "delete-stack" => delete::probe_impact(cli, hit, impact).await,
        "delete-change-set" => change::discard(hit, impact),
        "execute-change-set" => change::execute(cli, hit, impact).await,
        "update-stack" | "deploy" => update::probe_impact(cli, hit, impact).await,
        "delete-stack-instances" | "delete-stack-set" | "update-stack-instances" | "update-stack-set" => {
            sets::probe_impact(cli, hit, impact).await;
        }
        "update-termination-protection" => unprotect(cli, hit, impact).await,
        "cancel-update-stack" | "continue-update-rollback" | "rollback-stack" => {
            rollback::probe_impact(cli, hit, impact).await;
        }
        "set-stack-policy" | "signal-resource" => {
            stack(cli, hit, impact).await;
        }
        _ => generic::probe_impact(cli, hit, impact).await,
    }
}

/// The safer form of the same command.
pub(super) fn safer(hit: &Hit, _impact: &Impact) -> Option<String> {
    match hit.operation.as_str() {
        // The same words with the change set only made, to be looked at.
        "deploy" => Some(Form::of(hit)?.without("execute-changeset").on("no-execute-changeset").text()),
        "update-stack" => {
            // Options that `create-change-set` does not know.
            const ONLY_UPDATE: &[&str] = &[
                "stack-policy-body",
                "stack-policy-url",
                "stack-policy-during-update-body",
                "stack-policy-during-update-url",
                "disable-rollback",
                "no-disable-rollback",
                "retain-except-on-create",
                "no-retain-except-on-create",
            ];
            let form = Form::of(hit)?.operation("create-change-set");
            let form = ONLY_UPDATE.iter().fold(form, |form, option| form.without(option));
            Some(form.with("change-set-name", &["look-first"]).text())
        }
        _ => None,
    }
}

/// The stack a command names.
fn stack_name(hit: &Hit) -> Option<&str> {
    hit.value("stack-name").filter(|name| !name.is_empty())
}

/// The stack itself as the subject, without what it holds. `None` when it is not there, or could not be read.
async fn stack(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) -> Option<Value> {
    let name = stack_name(hit)?;
    match cli.find(&["cloudformation", "describe-stacks", "--stack-name", name]).await {
        Ok(found) => match found.and_then(|f| f.pointer("/Stacks/0").cloned()) {
            Some(stack) => {
                impact.subjects = vec![subject(&stack, name)];
                impact.subjects_total = 1;
                Some(stack)
            }
            None => {
                no_such_stack(name, impact);
                None
            }
        },
        Err(why) => {
            generic::named(hit, impact);
            impact.gap(format!("stack {}", json::tail(name)), why);
            None
        }
    }
}

fn no_such_stack(name: &str, impact: &mut Impact) {
    impact.subjects_total = 0;
    impact.lower(Effect::Read, format!("no such stack: {}", json::tail(name)));
}

fn subject(stack: &Value, asked: &str) -> Subject {
    let age_s = json::age_s(stack, "/CreationTime");
    Subject {
        kind: "CloudFormation stack".to_owned(),
        name: json::text(stack, "/StackName").unwrap_or(asked).to_owned(),
        uid: json::text(stack, "/StackId").map(str::to_owned),
        age_s,
        changed_s: json::age_s(stack, "/LastUpdatedTime").filter(|c| age_s.is_none_or(|a| *c <= a)),
        labels: json::tags(stack, "/Tags"),
        ..Subject::default()
    }
}

/// Termination protection of a stack; a nested stack has that of its root.
async fn protection(cli: &Cli<'_>, stack: &Value) -> Result<(bool, String), Why> {
    let own = || json::text(stack, "/StackName").unwrap_or_default().to_owned();
    let on = |stack: &Value| json::truth(stack, "/EnableTerminationProtection").unwrap_or(false);
    let Some(root) = json::text(stack, "/RootId") else { return Ok((on(stack), own())) };
    let answer = cli.json(&["cloudformation", "describe-stacks", "--stack-name", root]).await?;
    let root = answer.pointer("/Stacks/0").unwrap_or(&Value::Null);
    Ok((on(root), json::owned(root, "/StackName")))
}

/// `update-termination-protection`: the guard rail goes.
async fn unprotect(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let Some(stack) = stack(cli, hit, impact).await else { return };
    if hit.switch("enable-termination-protection") != Some(false) {
        return;
    }
    if json::truth(&stack, "/EnableTerminationProtection") == Some(false) {
        impact.lower(Effect::Read, "termination protection is off already");
        return;
    }
    protects(impact, "termination protection", "is removed by this command");
}

fn protects(impact: &mut Impact, what: &str, effect: impl Into<String>) {
    impact.protections.push(Protection { what: what.to_owned(), effect: effect.into() });
}
