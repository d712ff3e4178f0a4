//! KMS keys. A key is the only way to what it encrypted; what that is, nobody can list.

use super::cli::Cli;
use super::describe;
use super::describe::{Named, Seen, first, merge, names};
use super::json;
use super::safer_command::Form;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Impact, Protection, Subject};
use serde_json::Value;

const KIND: &str = "KMS key";

/// Looks at the key.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    if hit.list("key-id").is_empty() {
        return describe::probe_impact(cli, hit, impact).await;
    }
    let named = names(hit, "key-id");
    let mut seen = Vec::new();
    for one in named.iter().take(1) {
        seen.push(key(cli, hit, one).await);
    }
    merge(KIND, &named, seen, impact);
}

/// The longest window, or the step before it: a disabled key comes back at once, with everything under it.
pub(super) fn safer(hit: &Hit, impact: &Impact) -> Option<String> {
    let goes = impact.data.iter().any(|d| d.fate == Fate::Erased);
    if hit.operation != "schedule-key-deletion" || !goes {
        return None;
    }
    match window(hit) {
        LONGEST => {
            let disable = Form::new(hit, "kms", "disable-key").with("key-id", hit.list("key-id"));
            Some(format!("{} (enable-key takes it back)", disable.text()))
        }
        _ => Some(Form::of(hit)?.with("pending-window-in-days", &["30"]).text()),
    }
}

/// Days of waiting where nothing else is said, and the most there are.
const LONGEST: u64 = 30;

fn window(hit: &Hit) -> u64 {
    hit.value("pending-window-in-days").and_then(|d| d.parse().ok()).unwrap_or(LONGEST)
}

async fn key(cli: &Cli<'_>, hit: &Hit, one: &Named) -> Seen {
    let id = one.given.as_str();
    let describe = ["kms", "describe-key", "--key-id", id];
    let aliases = ["kms", "list-aliases", "--key-id", id];
    let grants = ["kms", "list-grants", "--key-id", id];
    let usage = ["kms", "get-key-last-usage", "--key-id", id];
    let (found, aliases, grants, usage) =
        tokio::join!(cli.find(&describe), cli.find(&aliases), cli.find(&grants), cli.find(&usage));
    let found = match found {
        Err(why) => {
            let mut impact = describe::unseen(KIND, one, why);
            fate(hit, &Value::Null, &one.name, &mut impact);
            return Seen::There(impact);
        }
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(key) = found.pointer("/KeyMetadata") else { return Seen::Absent };
    let mut impact = Impact::default();
    impact.subjects.push(Subject {
        kind: KIND.to_owned(),
        name: one.name.clone(),
        age_s: json::age_s(key, "/CreationDate"),
        ..Subject::default()
    });
    impact.subjects_total = 1;
    let text = json::owned(key, "/Description");
    impact.also.extend((!text.is_empty()).then(|| format!("described as {text}")));
    told_of(&one.name, "aliases", aliases, &mut impact, |answer, impact| {
        let names: Vec<&str> =
            json::list(answer, "/Aliases").iter().filter_map(|a| json::text(a, "/AliasName")).collect();
        impact.also.extend((!names.is_empty()).then(|| format!("known as {}", first(&names))));
    });
    told_of(&one.name, "grants", grants, &mut impact, |answer, impact| {
        let all = json::list(answer, "/Grants");
        let whom: Vec<&str> =
            all.iter().filter_map(|g| json::text(g, "/GranteePrincipal")).map(json::tail).collect();
        let count = json::counted(all.len() as u64, "grant");
        impact.also.extend((!all.is_empty()).then(|| format!("{count}: {}", first(&whom))));
    });
    match usage {
        // Older than this question.
        Err(Why::Unsupported) => {}
        other => told_of(&one.name, "last use", other, &mut impact, |answer, impact| {
            let used = json::age_s(answer, "/KeyLastUsage/Timestamp");
            impact.also.extend(used.map(|s| format!("last used {} ago", json::span(s))));
        }),
    }
    several_regions(key, &mut impact);
    fate(hit, key, &one.name, &mut impact);
    Seen::There(impact)
}

fn told_of(
    key: &str,
    what: &str,
    answer: Result<Option<Value>, Why>,
    impact: &mut Impact,
    tell: impl FnOnce(&Value, &mut Impact),
) {
    match answer {
        Ok(answer) => tell(&answer.unwrap_or_default(), impact),
        Err(why) => impact.gap(format!("{what} of {key}"), why),
    }
}

fn several_regions(key: &Value, impact: &mut Impact) {
    let at = "/MultiRegionConfiguration";
    match json::text(key, &format!("{at}/MultiRegionKeyType")) {
        Some("PRIMARY") => {
            let all = json::list(key, &format!("{at}/ReplicaKeys"));
            let regions: Vec<&str> = all.iter().filter_map(|r| json::text(r, "/Region")).collect();
            if !regions.is_empty() {
                impact.also.push(format!("primary of a multi-Region key, replicas in {}", first(&regions)));
            }
        }
        Some("REPLICA") => {
            let primary = json::owned(key, &format!("{at}/PrimaryKey/Region"));
            impact.also.push(format!("replica of a multi-Region key whose primary is in {primary}"));
        }
        _ => {}
    }
}

fn fate(hit: &Hit, key: &Value, name: &str, impact: &mut Impact) {
    let state = json::owned(key, "/KeyState");
    if json::text(key, "/KeyManager") == Some("AWS") {
        impact.refused = Some(format!("{name} is managed by AWS"));
    }
    let pending = state == "PendingDeletion";
    match hit.operation.as_str() {
        "schedule-key-deletion" if pending => {
            return impact.lower(Effect::Read, "its deletion is scheduled already");
        }
        "disable-key" if state == "Disabled" => return impact.lower(Effect::Read, "it is disabled already"),
        "schedule-key-deletion" => {
            let days = window(hit);
            impact.data.push(Data {
                what: format!("everything encrypted under {name}"),
                fate: Fate::Erased,
                because: format!("unreadable at once, for ever after {}", json::counted(days, "day")),
            });
            impact.protections.push(Protection {
                what: format!("waiting period of {}", json::counted(days, "day")),
                effect: "lets cancel-key-deletion take this back until then".to_owned(),
            });
        }
        "delete-imported-key-material" => impact.data.push(Data {
            what: format!("everything encrypted under {name}"),
            fate: Fate::Unknown,
            because: "unreadable until the very same material is imported again".to_owned(),
        }),
        "disable-key" => impact.data.push(Data {
            what: format!("everything encrypted under {name}"),
            fate: Fate::Kept,
            because: "unreadable until enable-key".to_owned(),
        }),
        _ => return,
    }
    impact.gap(format!("what is encrypted under {name}"), Why::Failed("AWS keeps no list of it".to_owned()));
}
