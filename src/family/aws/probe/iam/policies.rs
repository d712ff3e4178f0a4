//! Policies: whom they give rights to, and whether their text is anywhere else.

use super::{Way, holds_on, listed, members};
use crate::engine::effect::Effect;
use crate::engine::impact::{Data, Fate, Impact, Subject};
use crate::family::aws::probe::describe::{self, Seen, first};
use crate::family::aws::probe::json;
use serde_json::Value;

/// Everybody a managed policy is attached to.
fn entities(answer: &Value) -> Vec<String> {
    let of = |what: &str, list: &str, name: &str| -> Vec<String> {
        members(answer, list, name).into_iter().map(|n| format!("{what} {n}")).collect()
    };
    let mut all = of("role", "/PolicyRoles", "/RoleName");
    all.extend(of("user", "/PolicyUsers", "/UserName"));
    all.extend(of("group", "/PolicyGroups", "/GroupName"));
    all
}

pub(super) async fn managed(way: &Way<'_>) -> Seen {
    let arn = way.one.given.as_str();
    let get = ["get-policy", "--policy-arn", arn];
    let list = ["list-entities-for-policy", "--policy-arn", arn];
    let (found, whom) = tokio::join!(way.find(&get), way.find(&list));
    let found = match found {
        Err(why) => return Seen::Unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(policy) = found.pointer("/Policy") else { return Seen::Absent };
    let mut impact = way.found(policy);
    let count = json::number(policy, "/AttachmentCount").unwrap_or_default();
    let whom = match whom {
        Ok(answer) => entities(&answer.unwrap_or_default()),
        Err(why) => {
            impact.gap("whom the policy is attached to", why);
            Vec::new()
        }
    };
    let default = json::owned(policy, "/DefaultVersionId");
    let version = way.hit.value("version-id");
    match way.hit.operation.as_str() {
        "delete-policy" => {
            if count > 0 && whom.is_empty() {
                let text = format!("it is still attached to {}", json::counted(count, "principal"));
                impact.refused = Some(text);
            }
            holds_on("attachments:", &whom, &mut impact);
            impact.data.push(Data {
                what: format!("the text of {} in all its versions", way.one.name),
                fate: Fate::Erased,
                because: "IAM keeps no copy".to_owned(),
            });
        }
        "delete-policy-version" if version == Some(&default) => {
            impact.refused = Some(format!("{default} is the default version"));
        }
        "delete-policy-version" => {
            let version = version.unwrap_or("the version");
            impact.also.push(format!("{version} is not in force, {default} is"));
        }
        "set-default-policy-version" if version == Some(&default) => {
            impact.lower(Effect::Read, format!("{default} is the default version already"));
        }
        "create-policy-version" if way.hit.switch("set-as-default") != Some(true) => {
            impact.lower(Effect::Mutate, format!("{default} stays in force"));
        }
        _ if !whom.is_empty() => impact.also.push(format!("changes the rights of {}", first(&whom))),
        _ => {}
    }
    Seen::There(impact)
}

/// An inline policy stands nowhere but in its user, role or group.
pub(super) async fn inline(way: &Way<'_>) -> Seen {
    let holder = ["role", "user", "group"].into_iter().find(|h| way.hit.operation.contains(h));
    let Some(holder) = holder else { return Seen::Absent };
    let option = format!("{holder}-name");
    let owner = way.hit.value(&option).unwrap_or_default();
    let get = format!("get-{holder}-policy");
    let flag = format!("--{option}");
    let words = [get.as_str(), &flag, owner, "--policy-name", &way.one.given];
    let deletes = way.hit.operation.starts_with("delete-");
    let subject = Subject { kind: way.kind.to_owned(), name: way.one.name.clone(), ..Subject::default() };
    let mut impact = Impact { subjects: vec![subject], subjects_total: 1, ..Impact::default() };
    match way.find(&words).await {
        Err(why) => return Seen::Unseen(why),
        Ok(None) if deletes => return Seen::Absent,
        Ok(None) => impact.lower(Effect::Mutate, format!("{owner} has no policy of that name yet")),
        Ok(Some(_)) => impact.data.push(Data {
            what: format!("policy {} of {holder} {owner}", way.one.name),
            fate: Fate::Erased,
            because: "its text stands nowhere else".to_owned(),
        }),
    }
    Seen::There(impact)
}

/// A managed policy is taken from one user, role or group.
pub(super) async fn detach(way: &Way<'_>) -> Seen {
    let holder = ["role", "user", "group"].into_iter().find(|h| way.hit.operation.contains(h));
    let Some(holder) = holder else { return Seen::Absent };
    let option = format!("{holder}-name");
    let owner = way.hit.value(&option).unwrap_or_default().to_owned();
    let flag = format!("--{option}");
    let list = format!("list-attached-{holder}-policies");
    let words = [list.as_str(), &flag, &owner];
    let mut impact = Impact {
        subjects: vec![Subject {
            kind: way.kind.to_owned(),
            name: way.one.name.clone(),
            ..Subject::default()
        }],
        subjects_total: 1,
        ..Impact::default()
    };
    let before = impact.gaps.len();
    let answer = way.find(&words).await;
    let there = matches!(&answer, Ok(Some(_)));
    let attached = listed(
        &format!("policies of {holder} {owner}"),
        answer,
        "/AttachedPolicies",
        "/PolicyArn",
        &mut impact,
    );
    if impact.gaps.len() > before {
        return Seen::There(impact);
    }
    let name = describe::short(&way.one.given);
    if !there || !attached.iter().any(|p| p == name) {
        impact.lower(Effect::Read, format!("{name} is not attached to {holder} {owner}"));
        return Seen::There(impact);
    }
    impact.also.push(format!("{holder} {owner} loses it"));
    match attached.len() {
        1 => impact.also.push("its only attached policy".to_owned()),
        n => impact.also.push(format!("{} left", json::counted(n as u64 - 1, "other attached policy"))),
    }
    Seen::There(impact)
}
