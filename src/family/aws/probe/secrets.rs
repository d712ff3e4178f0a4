//! Secrets Manager: a secret, its replicas, and the window in which it can be had back.

use super::cli::Cli;
use super::describe;
use super::describe::{Named, Seen, first, merge, names};
use super::json;
use super::safer_command::Form;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::impact::{Data, Fate, Impact, Protection, Subject};
use serde_json::Value;

const KIND: &str = "secret";
const FORCE: &str = "force-delete-without-recovery";
const WINDOW: &str = "recovery-window-in-days";
/// Days of waiting where nothing else is said, and the most there are.
const LONGEST: u64 = 30;

/// Looks at the secret.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    if hit.list("secret-id").is_empty() {
        return describe::probe_impact(cli, hit, impact).await;
    }
    let named = names(hit, "secret-id");
    let mut seen = Vec::new();
    for one in named.iter().take(1) {
        seen.push(secret(cli, hit, one).await);
    }
    merge(KIND, &named, seen, impact);
}

/// The same deletion with the longest window.
pub(super) fn safer(hit: &Hit, impact: &Impact) -> Option<String> {
    let there = hit.operation == "delete-secret" && !impact.data.is_empty();
    if !there || (!forced(hit) && window(hit) >= LONGEST) {
        return None;
    }
    let form = Form::of(hit)?.without(FORCE).without("no-force-delete-without-recovery");
    Some(form.with(WINDOW, &[LONGEST.to_string()]).text())
}

fn forced(hit: &Hit) -> bool {
    hit.switch(FORCE) == Some(true)
}

fn window(hit: &Hit) -> u64 {
    hit.value(WINDOW).and_then(|d| d.parse().ok()).unwrap_or(LONGEST)
}

async fn secret(cli: &Cli<'_>, hit: &Hit, one: &Named) -> Seen {
    let secret = match cli.find(&["secretsmanager", "describe-secret", "--secret-id", &one.given]).await {
        Err(why) => {
            let mut impact = describe::unseen(KIND, one, why);
            if hit.operation == "delete-secret" {
                deletion(hit, &Value::Null, one, &mut impact);
            }
            return Seen::There(impact);
        }
        Ok(None) => return Seen::Absent,
        Ok(Some(secret)) => secret,
    };
    let mut impact = Impact::default();
    impact.subjects.push(Subject {
        kind: KIND.to_owned(),
        name: one.name.clone(),
        age_s: json::age_s(&secret, "/CreatedDate"),
        changed_s: json::age_s(&secret, "/LastChangedDate"),
        labels: json::tags(&secret, "/Tags"),
        ..Subject::default()
    });
    impact.subjects_total = 1;
    let called = json::owned(&secret, "/Name");
    impact.also.extend((!called.is_empty() && called != one.name).then(|| format!("called {called}")));
    let text = json::owned(&secret, "/Description");
    impact.also.extend((!text.is_empty()).then(|| format!("described as {text}")));
    impact.also.push(match json::age_s(&secret, "/LastAccessedDate") {
        // AWS gives the day, not the hour.
        Some(s) if s < 86_400 => "last read today or yesterday".to_owned(),
        Some(s) => format!("last read {} ago", json::span(s)),
        None => "no read of it is recorded".to_owned(),
    });
    if let Some(owner) = json::text(&secret, "/OwningService") {
        impact.also.push(format!("managed by {owner}"));
    }
    if json::truth(&secret, "/RotationEnabled") == Some(true) {
        impact.also.push("it is rotated".to_owned());
    }
    match hit.operation.as_str() {
        "delete-secret" => deletion(hit, &secret, one, &mut impact),
        "remove-regions-from-replication" => {
            let regions: Vec<&str> = hit.list("remove-replica-regions").iter().map(String::as_str).collect();
            impact.also.push(format!("readers in {} lose it at once", first(&regions)));
        }
        _ => {}
    }
    Seen::There(impact)
}

fn deletion(hit: &Hit, secret: &Value, one: &Named, impact: &mut Impact) {
    if secret.pointer("/DeletedDate").is_some_and(|d| !d.is_null()) && !forced(hit) {
        return impact.lower(Effect::Read, "its deletion is scheduled already");
    }
    let versions = secret.pointer("/VersionIdsToStages").and_then(Value::as_object).map_or(0, |v| v.len());
    let what = match versions {
        0 => format!("secret {}", one.name),
        n => format!("secret {}: {}", one.name, json::counted(n as u64, "version")),
    };
    let home = json::owned(secret, "/ARN").split(':').nth(3).unwrap_or_default().to_owned();
    let primary = json::owned(secret, "/PrimaryRegion");
    let replicas: Vec<&str> = json::list(secret, "/ReplicationStatus")
        .iter()
        .filter_map(|r| json::text(r, "/Region"))
        .filter(|r| *r != home)
        .collect();
    if !primary.is_empty() && primary != home {
        impact.also.push(format!("a replica, which goes at once; {primary} keeps the secret"));
        return;
    }
    if !replicas.is_empty() {
        impact.also.push(format!("AWS wants its replicas gone first: {}", first(&replicas)));
    }
    let (fate, because) = if forced(hit) {
        (Fate::Erased, format!("at once: --{FORCE}"))
    } else {
        let days = json::counted(window(hit), "day");
        impact.protections.push(Protection {
            what: format!("recovery window of {days}"),
            effect: "lets restore-secret take this back until then".to_owned(),
        });
        (Fate::Kept, format!("for {days}; nobody can read it meanwhile"))
    };
    impact.data.push(Data { what, fate, because });
}
