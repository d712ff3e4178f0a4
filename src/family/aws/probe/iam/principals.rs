//! Roles, users, instance profiles: those who act.

use super::{Way, holds_on, listed};
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::family::aws::probe::describe::{Seen, first};
use crate::family::aws::probe::json;

pub(super) async fn role(way: &Way<'_>) -> Seen {
    let name = way.one.given.as_str();
    let deletes = way.hit.operation == "delete-role";
    let get = ["get-role", "--role-name", name];
    let attached = ["list-attached-role-policies", "--role-name", name];
    let inline = ["list-role-policies", "--role-name", name];
    let profiles = ["list-instance-profiles-for-role", "--role-name", name];
    let (found, attached, inline, profiles) =
        tokio::join!(way.find(&get), way.find(&attached), way.find(&inline), way.find(&profiles));
    let found = match found {
        Err(why) => return Seen::Unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(role) = found.pointer("/Role") else { return Seen::Absent };
    let mut impact = way.found(role);
    impact.also.push(match json::age_s(role, "/RoleLastUsed/LastUsedDate") {
        Some(s) => {
            let region = json::owned(role, "/RoleLastUsed/Region");
            format!("last used {} ago in {region}", json::span(s))
        }
        // AWS keeps the last 400 days.
        None => "no use of it is recorded in 400 days".to_owned(),
    });
    let attached = listed("policies of the role", attached, "/AttachedPolicies", "/PolicyName", &mut impact);
    let inline = listed("inline policies of the role", inline, "/PolicyNames", "", &mut impact);
    let profiles = listed(
        "instance profiles of the role",
        profiles,
        "/InstanceProfiles",
        "/InstanceProfileName",
        &mut impact,
    );
    if deletes {
        holds_on("attached policies", &attached, &mut impact);
        holds_on("inline policies", &inline, &mut impact);
        holds_on("instance profiles", &profiles, &mut impact);
        impact.also.push(
            "a new role of that name is another principal: policies that name it stay broken".to_owned(),
        );
    } else {
        told("attached policies", &attached, &mut impact);
        told("instance profiles", &profiles, &mut impact);
    }
    Seen::There(impact)
}

fn told(what: &str, names: &[String], impact: &mut Impact) {
    if !names.is_empty() {
        impact.also.push(format!("{what} {}", first(names)));
    }
}

pub(super) async fn user(way: &Way<'_>) -> Seen {
    let name = way.one.given.as_str();
    let of = |operation| [operation, "--user-name", name];
    let (get, keys, groups, attached, inline, login) = (
        of("get-user"),
        of("list-access-keys"),
        of("list-groups-for-user"),
        of("list-attached-user-policies"),
        of("list-user-policies"),
        of("get-login-profile"),
    );
    let (found, keys, groups, attached, inline, login) = tokio::join!(
        way.find(&get),
        way.find(&keys),
        way.find(&groups),
        way.find(&attached),
        way.find(&inline),
        way.find(&login)
    );
    let found = match found {
        Err(why) => return Seen::Unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(user) = found.pointer("/User") else { return Seen::Absent };
    let mut impact = way.found(user);
    if let Some(s) = json::age_s(user, "/PasswordLastUsed") {
        impact.also.push(format!("signed in {} ago", json::span(s)));
    }
    let list = |what, answer, list, name, impact: &mut Impact| listed(what, answer, list, name, impact);
    let keys = list("access keys of the user", keys, "/AccessKeyMetadata", "/AccessKeyId", &mut impact);
    let groups = list("groups of the user", groups, "/Groups", "/GroupName", &mut impact);
    let attached = list("policies of the user", attached, "/AttachedPolicies", "/PolicyName", &mut impact);
    let inline = list("inline policies of the user", inline, "/PolicyNames", "", &mut impact);
    holds_on("access keys", &keys, &mut impact);
    match login {
        Ok(None) => {}
        Ok(Some(_)) => holds_on("a console password", &[String::new()], &mut impact),
        Err(why) => impact.gap("console password of the user", why),
    }
    holds_on("groups", &groups, &mut impact);
    holds_on("attached policies", &attached, &mut impact);
    holds_on("inline policies", &inline, &mut impact);
    Seen::There(impact)
}

pub(super) async fn instance_profile(way: &Way<'_>) -> Seen {
    let get = ["get-instance-profile", "--instance-profile-name", &way.one.given];
    let found = match way.find(&get).await {
        Err(why) => return Seen::Unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(profile) = found.pointer("/InstanceProfile") else { return Seen::Absent };
    let mut impact = way.found(profile);
    let roles = super::members(profile, "/Roles", "/RoleName");
    if way.hit.operation == "delete-instance-profile" {
        holds_on("roles", &roles, &mut impact);
    } else {
        told("hands out the role", &roles, &mut impact);
    }
    instances(way, &json::owned(profile, "/Arn"), &mut impact).await;
    Seen::There(impact)
}

/// Running machines that get their credentials from it, in this region only.
async fn instances(way: &Way<'_>, arn: &str, impact: &mut Impact) {
    if arn.is_empty() {
        return;
    }
    let by_profile = format!("Name=iam-instance-profile.arn,Values={arn}");
    let words = ["ec2", "describe-instances", "--filters", &by_profile];
    match way.cli.find(&words).await {
        Ok(answer) => {
            let answer = answer.unwrap_or_default();
            let names: Vec<&str> = json::list(&answer, "/Reservations")
                .iter()
                .flat_map(|r| json::list(r, "/Instances"))
                .filter(|i| json::text(i, "/State/Name") != Some("terminated"))
                .filter_map(|i| json::text(i, "/InstanceId"))
                .collect();
            match names.is_empty() {
                true => impact.also.push("no instance in this region uses it".to_owned()),
                false => impact.also.push(format!("used by {} in this region", first(&names))),
            }
        }
        Err(Why::Unsupported) => {}
        Err(why) => impact.gap("instances that use it", why),
    }
}
