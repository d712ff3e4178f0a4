//! Lambda: functions, what calls them, and whether their code is anywhere else.

use super::cli::Cli;
use super::describe::{self, Named, Seen, first, merge, names};
use super::json;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Impact, Subject};
use serde_json::Value;

const KIND: &str = "Lambda function";
const KNOWN: &[&str] =
    &["delete-function", "put-function-concurrency", "update-function-code", "update-function-configuration"];

/// Looks at the function.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    if !KNOWN.contains(&hit.operation.as_str()) || hit.list("function-name").is_empty() {
        return describe::probe_impact(cli, hit, impact).await;
    }
    let named = names(hit, "function-name");
    let mut seen = Vec::new();
    for one in named.iter().take(1) {
        seen.push(function(cli, hit, one).await);
    }
    merge(KIND, &named, seen, impact);
}

async fn function(cli: &Cli<'_>, hit: &Hit, one: &Named) -> Seen {
    let about = |operation| ["lambda", operation, "--function-name", one.given.as_str()];
    let get = about("get-function");
    let mut get = get.to_vec();
    if let Some(qualifier) = hit.value("qualifier").filter(|_| hit.operation == "delete-function") {
        get.extend(["--qualifier", qualifier]);
    }
    let (sources, aliases, versions) =
        (about("list-event-source-mappings"), about("list-aliases"), about("list-versions-by-function"));
    let (found, sources, aliases, versions) =
        tokio::join!(cli.find(&get), cli.find(&sources), cli.find(&aliases), cli.find(&versions));
    let found = match found {
        Err(why) => return Seen::Unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(function) = found.pointer("/Configuration") else { return Seen::Absent };
    let mut impact = Impact {
        subjects: vec![Subject {
            kind: KIND.to_owned(),
            name: one.name.clone(),
            changed_s: json::age_s(function, "/LastModified"),
            labels: json::tags(&found, "/Tags"),
            ..Subject::default()
        }],
        subjects_total: 1,
        ..Impact::default()
    };
    let mut callers = Vec::new();
    tell(&one.name, "event sources", sources, &mut impact, |answer, _| {
        callers = json::list(answer, "/EventSourceMappings")
            .iter()
            .filter_map(|m| json::text(m, "/EventSourceArn"))
            .map(|arn| json::tail(arn).to_owned())
            .collect();
    });
    if !callers.is_empty() {
        impact.also.push(format!("called by {}", first(&callers)));
    }
    tell(&one.name, "aliases", aliases, &mut impact, |answer, impact| {
        let names: Vec<&str> =
            json::list(answer, "/Aliases").iter().filter_map(|a| json::text(a, "/Name")).collect();
        impact.also.extend((!names.is_empty()).then(|| format!("aliases {}", first(&names))));
    });
    let mut published = None;
    tell(&one.name, "versions", versions, &mut impact, |answer, _| {
        let versions = json::list(answer, "/Versions").iter();
        published = Some(versions.filter(|v| json::text(v, "/Version") != Some("$LATEST")).count() as u64);
    });
    match hit.operation.as_str() {
        "delete-function" => deletion(hit, function, &one.name, published, &mut impact),
        "put-function-concurrency" => concurrency(hit, &found, &mut impact),
        "update-function-code" => replaced(function, published, &mut impact),
        _ => configuration(hit, function, &mut impact),
    }
    Seen::There(impact)
}

fn tell(
    function: &str,
    what: &str,
    answer: Result<Option<Value>, Why>,
    impact: &mut Impact,
    tell: impl FnOnce(&Value, &mut Impact),
) {
    match answer {
        Ok(answer) => tell(&answer.unwrap_or_default(), impact),
        Err(why) => impact.gap(format!("{what} of {function}"), why),
    }
}

fn deletion(hit: &Hit, function: &Value, name: &str, published: Option<u64>, impact: &mut Impact) {
    let image = json::text(function, "/PackageType") == Some("Image");
    let size = json::number(function, "/CodeSize").filter(|n| *n > 0).map(json::bytes);
    let mut what = match hit.value("qualifier") {
        Some(version) => format!("version {version} of {name}"),
        None => format!("function {name}"),
    };
    let mut parts = vec![json::owned(function, "/Runtime")];
    parts.extend(size.map(|s| format!("{s} of code")));
    if hit.value("qualifier").is_none() {
        parts.extend(published.filter(|n| *n > 0).map(|n| json::counted(n, "published version")));
    }
    parts.retain(|p| !p.is_empty());
    if !parts.is_empty() {
        what = format!("{what}: {}", parts.join(", "));
    }
    let because = if image { "its image stays in ECR" } else { "Lambda keeps no copy of the code" };
    impact.data.push(Data { what, fate: Fate::Erased, because: because.to_owned() });
}

fn concurrency(hit: &Hit, function: &Value, impact: &mut Impact) {
    let now = json::number(function, "/Concurrency/ReservedConcurrentExecutions");
    let wanted = hit.value("reserved-concurrent-executions").and_then(|n| n.parse::<u64>().ok());
    match (now, wanted) {
        (Some(0), Some(0)) => impact.lower(Effect::Read, "it is stopped already"),
        (_, Some(0)) => impact.also.push("no call of it succeeds until this is taken back".to_owned()),
        (Some(now), Some(wanted)) if wanted >= now => {
            impact.lower(Effect::Mutate, format!("{now} reserved becomes {wanted}"));
        }
        (Some(now), Some(wanted)) => impact.also.push(format!("{now} reserved becomes {wanted}")),
        _ => {}
    }
}

fn replaced(function: &Value, published: Option<u64>, impact: &mut Impact) {
    let size = json::number(function, "/CodeSize").map(json::bytes).unwrap_or_default();
    match published {
        Some(0) => impact.also.push(format!("the code there now ({size}) was never published as a version")),
        Some(n) => impact.also.push(format!("{} to go back to", json::counted(n, "published version"))),
        None => {}
    }
}

/// `--environment` replaces all variables: those that go are named, never their values.
fn configuration(hit: &Hit, function: &Value, impact: &mut Impact) {
    let Some(given) = hit.has("environment").then(|| hit.list("environment").join(" ")) else { return };
    let now = function.pointer("/Environment/Variables").and_then(Value::as_object);
    let gone: Vec<&str> =
        now.into_iter().flatten().map(|(k, _)| k.as_str()).filter(|k| !names_key(&given, k)).collect();
    if gone.is_empty() {
        return;
    }
    impact.data.push(Data {
        what: format!("environment variable {}", first(&gone)),
        fate: Fate::Erased,
        because: "--environment replaces them all".to_owned(),
    });
}

/// Whether a shorthand or JSON text sets this variable.
fn names_key(text: &str, key: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(key).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + key.len()..].trim_start_matches('"').trim_start().chars().next();
        !before.is_some_and(is_word) && matches!(after, Some('=' | ':'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_found_in_both_spellings() {
        for (text, key, want) in [
            ("Variables={A=1,B=2}", "A", true),
            ("Variables={AB=1}", "A", false),
            ("Variables={BA=1}", "A", false),
            (r#"{"Variables":{"A" : "1"}}"#, "A", true),
            (r#"{"Variables":{"B":"A"}}"#, "A", false),
        ] {
            assert_eq!(names_key(text, key), want, "{text}");
        }
    }
}
