//! Access keys, console passwords, and the account's alias.

use super::Way;
use crate::engine::effect::Effect;
use crate::engine::impact::{Impact, Subject};
use crate::family::aws::probe::describe::Seen;
use crate::family::aws::probe::json;

pub(super) async fn access_key(way: &Way<'_>) -> Seen {
    let id = way.one.given.as_str();
    let used = ["get-access-key-last-used", "--access-key-id", id];
    let mut list = vec!["list-access-keys"];
    if let Some(user) = way.hit.value("user-name") {
        list.extend(["--user-name", user]);
    }
    let (used, keys) = tokio::join!(way.find(&used), way.find(&list));
    let keys = match keys {
        Err(why) => return Seen::Unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let all = json::list(&keys, "/AccessKeyMetadata");
    let Some(key) = all.iter().find(|k| json::text(k, "/AccessKeyId") == Some(id)) else {
        return Seen::Absent;
    };
    let mut impact = way.found(key);
    let user = json::owned(key, "/UserName");
    impact.also.push(format!("of user {user}"));
    match used {
        Err(why) => impact.gap("last use of the key", why),
        Ok(answer) => {
            let answer = answer.unwrap_or_default();
            impact.also.push(match json::age_s(&answer, "/AccessKeyLastUsed/LastUsedDate") {
                Some(s) => {
                    let service = json::owned(&answer, "/AccessKeyLastUsed/ServiceName");
                    let region = json::owned(&answer, "/AccessKeyLastUsed/Region");
                    format!("last used {} ago: {service} in {region}", json::span(s))
                }
                None => "no use of it is recorded".to_owned(),
            });
        }
    }
    let inactive = json::text(key, "/Status") == Some("Inactive");
    match (way.hit.operation.as_str(), way.hit.value("status")) {
        ("update-access-key", Some("Inactive")) if inactive => {
            impact.lower(Effect::Read, "it is inactive already");
        }
        ("update-access-key", Some("Active")) => impact.lower(Effect::Mutate, "it is switched on"),
        ("delete-access-key", _) if inactive => {
            impact.lower(Effect::Disrupt, "it is inactive: nothing can be using it");
        }
        _ => {}
    }
    let active = |k: &&serde_json::Value| json::text(k, "/Status") == Some("Active");
    if all.iter().filter(active).count() == 1 && !inactive {
        impact.also.push(format!("the only active key of {user}"));
    }
    Seen::There(impact)
}

pub(super) async fn account_alias(way: &Way<'_>) -> Seen {
    let answer = match way.find(&["list-account-aliases"]).await {
        Err(why) => return Seen::Unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let alias = way.one.given.as_str();
    if !json::list(&answer, "/AccountAliases").iter().any(|a| a.as_str() == Some(alias)) {
        return Seen::Absent;
    }
    let subject = Subject { kind: way.kind.to_owned(), name: way.one.name.clone(), ..Subject::default() };
    let mut impact = Impact { subjects: vec![subject], subjects_total: 1, ..Impact::default() };
    impact.also.push(format!("the sign-in address https://{alias}.signin.aws.amazon.com/console"));
    impact.also.push("the word that names this account here".to_owned());
    impact.also.push("anybody may take the name then".to_owned());
    Seen::There(impact)
}

pub(super) async fn password(way: &Way<'_>) -> Seen {
    let user = way.one.given.as_str();
    let login = ["get-login-profile", "--user-name", user];
    let get = ["get-user", "--user-name", user];
    let (login, found) = tokio::join!(way.find(&login), way.find(&get));
    let login = match login {
        Err(why) => return Seen::Unseen(why),
        Ok(None) => return Seen::Absent,
        Ok(Some(login)) => login,
    };
    let login = login.pointer("/LoginProfile").cloned().unwrap_or_default();
    let mut impact = way.found(&login);
    match found {
        Ok(answer) => {
            let used = answer.as_ref().and_then(|a| json::age_s(a, "/User/PasswordLastUsed"));
            impact.also.push(match used {
                Some(s) => format!("signed in {} ago", json::span(s)),
                None => "no sign-in is recorded".to_owned(),
            });
        }
        Err(why) => impact.gap("last sign-in", why),
    }
    Seen::There(impact)
}
