//! The `s3` commands: rb, rm, mv, cp, sync.

use super::super::cli::Cli;
use super::bucket::{self, Bucket, Versions};
use super::copies::Loss;
use super::lifecycle::Reach;
use super::listing::{self, Found};
use super::{split, subject};
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::human::counted;
use crate::engine::impact::{Data, Fate, Group, Impact};
use crate::family::aws::probe::generic;
use crate::family::aws::probe::json;

/// So many names are kept of what goes.
const NAMED: usize = 3;

pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let first = hit.operands.first().map_or("", String::as_str);
    match (hit.operation.as_str(), split(first)) {
        ("rb", Some((bucket, _))) => remove_bucket(cli, hit, bucket, impact).await,
        ("rm", Some((bucket, key))) => remove(cli, hit, bucket, key, impact).await,
        ("sync" | "mv" | "cp", _) => by_its_own_words(cli, hit, impact).await,
        _ => generic::probe_impact(cli, hit, impact).await,
    }
}

async fn remove_bucket(cli: &Cli<'_>, hit: &Hit, name: &str, impact: &mut Impact) {
    subject(impact, "S3 bucket", name, "");
    impact.whole_scope = true;
    let force = hit.switch("force") == Some(true);
    let versions = ["s3api", "list-object-versions", "--bucket", name, "--max-items", "1"];
    let mut own = Impact::default();
    let (bucket, listed, versions) =
        tokio::join!(bucket::ask(cli, name, &mut own), listing::under(cli, name, ""), cli.find(&versions));
    let Some(bucket) = bucket else {
        *impact = own;
        return;
    };
    impact.absorb(own);
    impact.backups.looked = true;
    bucket::say_versions(hit, name, &bucket, Reach::Under(""), impact);
    let loss = Loss::under(name, "", &bucket.versions);
    let any = ["/Versions", "/DeleteMarkers"];
    let holds = match &versions {
        Ok(answer) => answer.as_ref().is_some_and(|a| any.iter().any(|at| !json::list(a, at).is_empty())),
        Err(why) => {
            impact.gap(format!("versions in {name}"), why.clone());
            true
        }
    };
    match listed {
        Err(why) => {
            impact.gap(format!("objects in {name}"), why);
            impact.data.push(Data {
                what: format!("S3 bucket {name}"),
                fate: Fate::Unknown,
                because: "what is in it could not be listed".to_owned(),
            });
            // Without --force only an empty one goes.
            if force {
                impact.backups = loss.copies(cli).await;
            }
        }
        Ok(_) if !holds => {
            impact.lower(Effect::Disrupt, "the bucket is empty: its name and configuration go")
        }
        Ok(found) if !force && versions.is_ok() => {
            impact.refused = Some(if found.objects == 0 {
                "the bucket is not empty: it holds older versions".to_owned()
            } else {
                format!("the bucket is not empty: {}", found.text())
            });
        }
        Ok(found) => {
            erased(&found, name, &bucket, Reach::Under(""), impact);
            if found.objects > 0 {
                impact.backups = loss.copies(cli).await;
            }
        }
    }
    if force && holds && bucket.versions != Versions::Never {
        impact.also.push("older versions stay and stop the deletion of the bucket itself".to_owned());
    }
}

/// Objects that are deleted: gone, or kept as older versions.
fn erased(found: &Found, what: &str, bucket: &Bucket, reach: Reach<'_>, impact: &mut Impact) {
    if found.objects == 0 {
        return;
    }
    let name = format!("{} in {what}", found.text());
    let newest = found.newest_s.map(|s| format!("; the newest was written {} ago", json::span(s)));
    let (fate, mut because) = bucket.end_of(reach);
    if matches!(bucket.versions, Versions::Suspended | Versions::Never) {
        because.extend(newest);
    }
    lower_if_kept(fate, impact);
    let more = found.is_floor();
    impact.groups.push(Group { kind: "object".to_owned(), count: found.objects, more, ..Group::default() });
    impact.data.push(Data { what: name, fate, because });
}

/// What versions keep for good is not lost.
pub(super) fn lower_if_kept(fate: Fate, impact: &mut Impact) {
    if fate == Fate::Kept {
        impact.lower(Effect::Disrupt, "versioning keeps what is deleted");
    }
}

async fn remove(cli: &Cli<'_>, hit: &Hit, name: &str, key: &str, impact: &mut Impact) {
    let recursive = hit.switch("recursive") == Some(true);
    let filtered = hit.has("exclude") || hit.has("include");
    // Without `--recursive` a bucket loses the empty objects that stand for its directories (`filegenerator.py`).
    if (recursive && filtered) || (!recursive && key.is_empty()) {
        return by_its_own_words(cli, hit, impact).await;
    }
    if !recursive {
        return remove_one(cli, hit, name, key, impact).await;
    }
    let key = &directory(key);
    subject(impact, if key.is_empty() { "S3 bucket" } else { "S3 prefix" }, name, key);
    impact.whole_scope = key.is_empty();
    let mut own = Impact::default();
    let (bucket, listed) = tokio::join!(bucket::ask(cli, name, &mut own), listing::under(cli, name, key));
    let Some(bucket) = bucket else {
        *impact = own;
        return;
    };
    impact.absorb(own);
    bucket::say_versions(hit, name, &bucket, Reach::Under(key), impact);
    impact.backups.looked = true;
    let loss = Loss::under(name, key, &bucket.versions);
    let shown = impact.subjects.first().map_or(name.to_owned(), |s| s.name.clone());
    match listed {
        Err(why) => {
            impact.gap(format!("objects in {shown}"), why);
            impact.data.push(Data {
                what: format!("objects in {shown}"),
                fate: Fate::Unknown,
                because: "they could not be listed".to_owned(),
            });
            impact.backups = loss.copies(cli).await;
        }
        Ok(found) if found.objects == 0 => {
            impact.lower(Effect::Read, format!("nothing lies under {shown}"));
        }
        Ok(found) => {
            erased(&found, &shown, &bucket, Reach::Under(key), impact);
            impact.backups = loss.copies(cli).await;
        }
    }
}

/// The prefix of a recursive command: the CLI adds the slash (`fileformat.py`, `s3_format`), so that `logs` is not
/// `logs-old` too.
fn directory(key: &str) -> String {
    if key.is_empty() || key.ends_with('/') { key.to_owned() } else { format!("{key}/") }
}

async fn remove_one(cli: &Cli<'_>, hit: &Hit, name: &str, key: &str, impact: &mut Impact) {
    subject(impact, "S3 object", name, key);
    let words = ["s3api", "head-object", "--bucket", name, "--key", key];
    let mut own = Impact::default();
    let (bucket, head) = tokio::join!(bucket::ask(cli, name, &mut own), cli.find(&words));
    let Some(bucket) = bucket else {
        *impact = own;
        return;
    };
    impact.absorb(own);
    impact.backups.looked = true;
    let reach = Reach::Key(key);
    bucket::say_versions(hit, name, &bucket, reach, impact);
    match head {
        Ok(None) => impact.lower(Effect::Read, format!("no such object: {key}")),
        Ok(Some(head)) => {
            let found = Found {
                objects: 1,
                bytes: json::number(&head, "/ContentLength"),
                newest_s: modified_s(&head),
                ..Found::default()
            };
            if let Some(subject) = impact.subjects.first_mut() {
                subject.age_s = found.newest_s;
            }
            erased(&found, &format!("{name}/{key}"), &bucket, reach, impact);
            impact.groups.clear();
            impact.backups = Loss::key(name, key, Some(&head), &bucket.versions).copies(cli).await;
        }
        // Without s3:ListBucket a missing object is a 403 too.
        Err(why) => {
            impact.gap(format!("object {key}"), why);
            let found = Found { objects: 1, ..Found::default() };
            erased(&found, &format!("{name}/{key}"), &bucket, reach, impact);
            impact.backups = Loss::key(name, key, None, &bucket.versions).copies(cli).await;
        }
    }
}

/// `Last-Modified` as the CLI shows it: ISO 8601 with an offset.
fn modified_s(head: &serde_json::Value) -> Option<u64> {
    json::age_s(head, "/LastModified")
}

/// What the command itself says it would do: the caller's own words with `--dryrun`.
async fn by_its_own_words(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let operation = hit.operation.as_str();
    let (from, to) = (hit.operands.first(), hit.operands.get(1));
    let goal = if operation == "rm" { from } else { to };
    let Some(goal) = goal else { return generic::named(hit, impact) };
    let whole = operation == "sync" || hit.switch("recursive") == Some(true);
    let remote =
        split(goal).map(|(bucket, key)| (bucket, if whole { directory(key) } else { key.to_owned() }));
    let remote = remote.as_ref().map(|(bucket, key)| (*bucket, key.as_str()));
    match remote {
        Some((bucket, key)) => {
            subject(impact, if key.is_empty() { "S3 bucket" } else { "S3 prefix" }, bucket, key);
        }
        None => {
            subject(impact, "local directory", goal, "");
        }
    }
    let mut own = Impact::default();
    let (plan, bucket) = tokio::join!(cli.dry_run(), async {
        match remote {
            Some((name, _)) => bucket::ask(cli, name, &mut own).await,
            None => None,
        }
    });
    // A bucket that is not there yet is the command's own error.
    own.consequences.clear();
    let (total, subjects) = (impact.subjects_total, std::mem::take(&mut impact.subjects));
    impact.absorb(own);
    (impact.subjects_total, impact.subjects) = (total, subjects);
    let reach = remote.map_or(Reach::Under(""), |(_, key)| Reach::Under(key));
    if let (Some((name, _)), Some(bucket)) = (remote, &bucket) {
        bucket::say_versions(hit, name, bucket, reach, impact);
    }
    let plan = match plan {
        Ok(plan) => Plan::read(&plan),
        Err(refusal) => {
            impact.gap("what it would delete (its own --dryrun)", refusal.why);
            impact.data.push(Data {
                what: format!("objects in {goal}"),
                fate: Fate::Unknown,
                because: "its own --dryrun gave no answer".to_owned(),
            });
            if let (Some((name, key)), Some(bucket)) = (remote, &bucket) {
                impact.backups = Loss::under(name, key, &bucket.versions).copies(cli).await;
            }
            return;
        }
    };
    if let (Some((name, key)), Some(bucket), 1..) = (remote, &bucket, plan.deleted) {
        impact.backups = Loss::under(name, key, &bucket.versions).copies(cli).await;
    }
    weigh(hit, goal, &plan, bucket.as_ref().map(|b| b.end_of(reach)), impact);
}

/// `end`: what becomes of an object that is deleted or written over, where the bucket could be asked.
fn weigh(hit: &Hit, goal: &str, plan: &Plan, end: Option<(Fate, String)>, impact: &mut Impact) {
    let deleted = plan.deleted;
    if deleted > 0 {
        let kind = if split(goal).is_some() { "object" } else { "local file" };
        impact.groups.push(Group {
            kind: kind.to_owned(),
            count: deleted,
            names: plan.first.clone(),
            ..Group::default()
        });
        let (fate, because) = match end.clone() {
            Some(end) => end,
            None if split(goal).is_some() => (Fate::Unknown, "the bucket could not be asked".to_owned()),
            None => (Fate::Erased, "files of this machine".to_owned()),
        };
        lower_if_kept(fate, impact);
        let what = format!("{} in {goal}", counted(deleted, kind));
        impact.data.push(Data { what, fate, because });
        if plan.written == 0 && hit.operation == "sync" {
            impact
                .also
                .push("nothing is copied: the source has nothing new, or is empty or wrong".to_owned());
        }
    }
    if plan.written > 0 {
        let what =
            format!("{} written to {goal}, over what is there by that name", counted(plan.written, "object"));
        impact.also.push(what);
    }
    if plan.moved > 0 {
        let goes =
            format!("{} moved to {goal}, over what is there by that name", counted(plan.moved, "object"));
        impact.also.push(goes);
        let kept = end.is_some_and(|(fate, _)| fate == Fate::Kept);
        impact.data.push(Data {
            what: counted(plan.moved, "object"),
            fate: Fate::Kept,
            because: "under its new name".to_owned(),
        });
        if kept {
            impact.lower(
                Effect::Disrupt,
                "what is moved stays under its new name, what is overwritten as a version",
            );
        }
    }
    if deleted + plan.moved == 0 {
        let lowest = if plan.written > 0 { Effect::Mutate } else { Effect::Read };
        impact.lower(lowest, "by its own --dryrun it deletes nothing");
    }
}

/// The lines of a `--dryrun`: `(dryrun) delete: s3://b/k`, `(dryrun) upload: ./x to s3://b/x`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    deleted: u64,
    written: u64,
    moved: u64,
    /// The first few names that are deleted.
    first: Vec<String>,
}

impl Plan {
    fn read(out: &[u8]) -> Plan {
        let mut plan = Plan::default();
        for line in String::from_utf8_lossy(out).lines() {
            let Some((verb, rest)) = line.strip_prefix("(dryrun) ").and_then(|l| l.split_once(": ")) else {
                continue;
            };
            match verb {
                "delete" => {
                    plan.deleted += 1;
                    if plan.first.len() < NAMED {
                        plan.first.push(json::tail(rest).to_owned());
                    }
                }
                "move" => plan.moved += 1,
                _ => plan.written += 1,
            }
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_is_counted() {
        let out = b"(dryrun) delete: s3://b/a/1\n(dryrun) upload: ./x: y to s3://b/x\nwarning: z\n(dryrun) move: s3://a/1 to s3://b/1\n";
        let plan = Plan::read(out);
        assert_eq!((plan.deleted, plan.written, plan.moved, plan.first), (1, 1, 1, vec!["1".to_owned()]));
    }
}
