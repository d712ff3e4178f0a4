//! CloudWatch Logs: what a retention or a protection does to a log group that is there.

use super::cli::Cli;
use super::describe::{self, Named, Seen, command, merge, names, off};
use super::json;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::impact::{Data, Fate, Impact, Protection, Subject};
use serde_json::Value;

/// Looks at the log group.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let option = match hit.operation.as_str() {
        "put-retention-policy" => "log-group-name",
        "put-log-group-deletion-protection" => "log-group-identifier",
        _ => return describe::probe_impact(cli, hit, impact).await,
    };
    let named = names(hit, option);
    let mut seen = Vec::new();
    for one in named.iter().take(1) {
        seen.push(group(cli, hit, one).await);
    }
    merge("log group", &named, seen, impact);
}

async fn group(cli: &Cli<'_>, hit: &Hit, one: &Named) -> Seen {
    // An ARN names the group after `log-group:`, sometimes with `:*` behind.
    let name = one.given.split_once(":log-group:").map_or(one.given.as_str(), |(_, n)| n);
    let name = name.trim_end_matches(":*");
    let words = ["logs", "describe-log-groups", "--log-group-name-prefix", name, "--max-items", "50"];
    let answer = match cli.find(&words).await {
        Err(why) => return Seen::Unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let is_this = |g: &&Value| json::text(g, "/logGroupName") == Some(name);
    let Some(group) = json::list(&answer, "/logGroups").iter().find(is_this) else { return Seen::Absent };
    let mut impact = Impact {
        subjects: vec![Subject {
            kind: "log group".to_owned(),
            name: one.name.clone(),
            age_s: json::age_s(group, "/creationTime"),
            ..Subject::default()
        }],
        subjects_total: 1,
        ..Impact::default()
    };
    let stored = json::number(group, "/storedBytes");
    let stored = stored.map_or("an unknown number of bytes".to_owned(), json::bytes);
    if hit.operation == "put-retention-policy" {
        retention(hit, group, name, &stored, &mut impact);
    } else {
        impact.also.push(format!("{stored} stored"));
        protection(hit, group, name, &mut impact);
    }
    Seen::There(impact)
}

fn retention(hit: &Hit, group: &Value, name: &str, stored: &str, impact: &mut Impact) {
    let now = json::number(group, "/retentionInDays");
    let wanted = hit.value("retention-in-days").and_then(|d| d.parse::<u64>().ok());
    match (now, wanted) {
        (Some(now), Some(wanted)) if wanted >= now => {
            impact.lower(Effect::Mutate, format!("events are kept for {wanted} days, {now} so far"));
        }
        (now, Some(wanted)) => {
            let before = now.map_or("for ever".to_owned(), |n| format!("for {}", json::counted(n, "day")));
            impact.data.push(Data {
                what: format!(
                    "events of {name} older than {} ({stored} in all)",
                    json::counted(wanted, "day")
                ),
                fate: Fate::Erased,
                because: format!("kept {before} so far"),
            });
        }
        (_, None) => {}
    }
}

fn protection(hit: &Hit, group: &Value, name: &str, impact: &mut Impact) {
    let what = "deletion protection".to_owned();
    let on = json::truth(group, "/deletionProtectionEnabled") == Some(true);
    let effect = match (on, hit.switch("deletion-protection-enabled")) {
        (true, Some(false)) => "is removed by this command".to_owned(),
        (false, Some(false)) => {
            impact.lower(Effect::Read, "its deletion protection is off already");
            let words = ["logs", "put-log-group-deletion-protection", "--log-group-identifier", name];
            let words: Vec<&str> = words.into_iter().chain(["--deletion-protection-enabled"]).collect();
            off(&command(hit, &words))
        }
        (true, _) => "is on".to_owned(),
        (false, _) => "is OFF; this command turns it on".to_owned(),
    };
    impact.protections.push(Protection { what, effect });
}
