//! ECR: repositories and images. Whatever runs an image that is gone cannot start again elsewhere.

use super::cli::Cli;
use super::describe::{self, Named, Seen, first, merge, names};
use super::json;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Impact, Subject};
use serde_json::Value;

/// Looks at the repository and what of it goes.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let known =
        matches!(hit.operation.as_str(), "delete-repository" | "batch-delete-image" | "put-lifecycle-policy");
    if !known || hit.list("repository-name").is_empty() {
        return describe::probe_impact(cli, hit, impact).await;
    }
    let named = names(hit, "repository-name");
    let mut seen = Vec::new();
    for one in named.iter().take(1) {
        seen.push(repository(cli, hit, one).await);
    }
    merge("image repository", &named, seen, impact);
}

async fn repository(cli: &Cli<'_>, hit: &Hit, one: &Named) -> Seen {
    let service = hit.service.as_str();
    let registry = hit.value("registry-id").map(|id| ["--registry-id", id]);
    let with_registry = |words: &[&'_ str]| -> Vec<String> {
        words.iter().chain(registry.iter().flatten()).map(|w| (*w).to_owned()).collect()
    };
    let repository = with_registry(&[service, "describe-repositories", "--repository-names", &one.given]);
    let images = with_registry(&[service, "describe-images", "--repository-name", &one.given]);
    let mut images: Vec<&str> = images.iter().map(String::as_str).collect();
    if hit.operation == "batch-delete-image" {
        images.push("--image-ids");
        images.extend(hit.list("image-ids").iter().map(String::as_str));
    }
    let repository: Vec<&str> = repository.iter().map(String::as_str).collect();
    let (found, images) = tokio::join!(cli.find(&repository), cli.find(&images));
    let found = match found {
        Err(why) => return Seen::Unseen(why),
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(there) = found.pointer("/repositories/0") else { return Seen::Absent };
    let mut impact = Impact {
        subjects: vec![Subject {
            kind: "image repository".to_owned(),
            name: one.name.clone(),
            age_s: json::age_s(there, "/createdAt"),
            ..Subject::default()
        }],
        subjects_total: 1,
        ..Impact::default()
    };
    match images {
        Err(why) => unseen(hit, &one.name, why, &mut impact),
        Ok(answer) => told(hit, &one.name, &answer.unwrap_or_default(), &mut impact),
    }
    Seen::There(impact)
}

/// Images nobody may look at are still there.
fn unseen(hit: &Hit, name: &str, why: Why, impact: &mut Impact) {
    impact.gap(format!("images of {name}"), why);
    if hit.operation != "delete-repository" || hit.switch("force") == Some(true) {
        impact.data.push(Data {
            what: format!("images of {name}"),
            fate: Fate::Unknown,
            because: String::new(),
        });
    }
}

fn told(hit: &Hit, name: &str, answer: &Value, impact: &mut Impact) {
    let images = json::list(answer, "/imageDetails");
    let count = json::counted(images.len() as u64, "image");
    // Sizes of manifest lists are not told.
    let sizes: Vec<u64> = images.iter().filter_map(|i| json::number(i, "/imageSizeInBytes")).collect();
    let least = if sizes.len() < images.len() { "more than " } else { "" };
    let size = sizes.iter().fold(0, |all: u64, one| all.saturating_add(*one));
    let newest = |at: &str| images.iter().filter_map(|i| json::age_s(i, at)).min();
    let mut what = format!("{count} of {name}");
    if !sizes.is_empty() {
        what = format!("{what}, {least}{}", json::bytes(size));
    }
    if let Some(age) = newest("/imagePushedAt") {
        what = format!("{what}, newest pushed {} ago", json::span(age));
    }
    match hit.operation.as_str() {
        "delete-repository" if images.is_empty() => {
            return impact.lower(Effect::Disrupt, "it holds no image");
        }
        "batch-delete-image" if images.is_empty() => return impact.lower(Effect::Read, "no such image"),
        "delete-repository" if hit.switch("force") != Some(true) => {
            impact.refused = Some(format!("{count} still in it: --force is not given"));
        }
        "put-lifecycle-policy" => {
            impact.also.push(what);
            let text = "which of them the policy expires was not asked (start-lifecycle-policy-preview)";
            impact.also.push(text.to_owned());
            return;
        }
        _ => {}
    }
    impact.data.push(Data { what, fate: Fate::Erased, because: String::new() });
    let tags: Vec<&str> =
        images.iter().flat_map(|i| json::list(i, "/imageTags")).filter_map(Value::as_str).collect();
    if !tags.is_empty() {
        impact.also.push(format!("tags {}", first(&tags)));
    }
    impact.also.push(match newest("/lastRecordedPullTime") {
        Some(age) => format!("last pulled {} ago", json::span(age)),
        None => "no pull is recorded".to_owned(),
    });
}
