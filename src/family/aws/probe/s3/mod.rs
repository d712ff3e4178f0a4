//! S3: buckets and what lies in them.

mod bucket;
mod commands;
mod copies;
mod lifecycle;
mod listing;
mod s3api;

use super::cli::Cli;
use super::copies::Copies;
use super::safer_command::Form;
use crate::engine::aws::Hit;
use crate::engine::backup::Backups;
use crate::engine::fact::Why;
use crate::engine::impact::{Impact, Protection, Subject};

/// Looks at what the command hits.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    match hit.service.as_str() {
        "s3" => commands::probe_impact(cli, hit, impact).await,
        _ => s3api::probe_impact(cli, hit, impact).await,
    }
}

/// The safer form of the same command: what it would do, without doing it.
pub(super) fn safer(hit: &Hit, _impact: &Impact) -> Option<String> {
    let tells = hit.is("s3", &["cp", "mv", "rm", "sync"]) && hit.switch("dryrun") != Some(true);
    tells.then(|| Form::of(hit).map(|form| form.on("dryrun").text())).flatten()
}

/// The copies of a bucket of a stack that empties it before it goes. Nobody has asked it for anything yet.
pub(super) async fn copies(cli: &Cli<'_>, found: Copies, bucket: &str) -> Backups {
    let unasked = bucket::Versions::Unknown(Why::NotAsked);
    copies::Loss::under(bucket, "", &unasked).copies_of(cli, found).await
}

/// `s3://bucket/key`: the bucket, or the access point's ARN, and the key.
fn split(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("s3://")?;
    if rest.starts_with("arn:") {
        // arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME/KEY
        let (head, tail) = rest.split_once('/')?;
        let name = tail.split('/').next().unwrap_or(tail);
        let bucket = rest.get(..head.len() + 1 + name.len())?;
        return Some((bucket, rest.get(bucket.len() + 1..).unwrap_or_default()));
    }
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    (!bucket.is_empty()).then_some((bucket, key))
}

fn subject(impact: &mut Impact, kind: &str, bucket: &str, key: &str) {
    let name = if key.is_empty() { bucket.to_owned() } else { format!("{bucket}/{key}") };
    impact.subjects = vec![Subject { kind: kind.to_owned(), name, ..Subject::default() }];
    impact.subjects_total = 1;
}

fn protects(impact: &mut Impact, what: &str, effect: impl Into<String>) {
    impact.protections.push(Protection { what: what.to_owned(), effect: effect.into() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        assert_eq!(split("s3://b/a/c"), Some(("b", "a/c")));
        assert_eq!(split("s3://b"), Some(("b", "")));
        assert_eq!(split("s3://b/"), Some(("b", "")));
        assert_eq!(
            split("s3://arn:aws:s3:eu-west-1:1:accesspoint/ap/k/x"),
            Some(("arn:aws:s3:eu-west-1:1:accesspoint/ap", "k/x"))
        );
        assert_eq!((split("./local"), split("s3://")), (None, None));
    }
}
