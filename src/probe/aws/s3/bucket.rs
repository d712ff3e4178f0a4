//! A bucket's own facts: versions, locks, whose it is.

use super::super::cli::Cli;
use super::super::form::Form;
use super::super::read;
use super::protects;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;

/// Whether deleted objects stay as older versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Versions {
    /// They do.
    Enabled,
    /// They did once; now they do not.
    Suspended,
    /// They never did.
    Never,
    /// It could not be told.
    Unknown(Why),
}

/// What a bucket is like.
pub(super) struct Bucket {
    pub(super) versions: Versions,
    /// The default retention of its Object Lock: `GOVERNANCE 30 days`; empty when locks are on without a default.
    pub(super) lock: Option<String>,
}

/// Asks; `None` when there is no such bucket, which is then said.
pub(super) async fn ask(cli: &Cli<'_>, name: &str, impact: &mut Impact) -> Option<Bucket> {
    let versioning = ["s3api", "get-bucket-versioning", "--bucket", name];
    let lock = ["s3api", "get-object-lock-configuration", "--bucket", name];
    let (versioning, lock, owner) = tokio::join!(cli.find(&versioning), cli.find(&lock), owner(cli, name));
    let versions = match versioning {
        Ok(None) => {
            impact.subjects.clear();
            impact.subjects_total = 0;
            impact.lower(Effect::Read, format!("no such bucket: {name}"));
            return None;
        }
        Ok(Some(answer)) => match read::text(&answer, "/Status") {
            Some("Enabled") => Versions::Enabled,
            Some("Suspended") => Versions::Suspended,
            _ => Versions::Never,
        },
        Err(why) => {
            impact.gap(format!("versioning of {name}"), why.clone());
            Versions::Unknown(why)
        }
    };
    match owner {
        Owner::Same => {}
        // Denied with the account's own id, while the same question without it is answered.
        Owner::Denied(id) if !matches!(versions, Versions::Unknown(_)) => {
            impact.also.push(format!("the bucket belongs to another account than {id}"));
        }
        Owner::Denied(_) => impact.gap(format!("owner of {name}"), Why::Forbidden),
        Owner::Unknown(why) => impact.gap(format!("owner of {name}"), why),
    }
    let lock = match lock {
        Ok(None) => None,
        Ok(Some(answer)) => {
            let at = "/ObjectLockConfiguration/Rule/DefaultRetention";
            let span = ["Days", "Years"].iter().find_map(|unit| {
                let n = read::number(&answer, &format!("{at}/{unit}"))?;
                Some(format!("{n} {}", unit.to_lowercase()))
            });
            Some(
                format!("{} {}", read::owned(&answer, &format!("{at}/Mode")), span.unwrap_or_default())
                    .trim()
                    .to_owned(),
            )
        }
        Err(why) => {
            impact.gap(format!("Object Lock of {name}"), why);
            None
        }
    };
    Some(Bucket { versions, lock })
}

enum Owner {
    Same,
    Denied(String),
    Unknown(Why),
}

/// Whether the bucket belongs to the account that acts: the service refuses where it does not.
async fn owner(cli: &Cli<'_>, name: &str) -> Owner {
    let Some(id) = cli.account().await else { return Owner::Unknown(Why::NotAsked) };
    let words = ["s3api", "get-bucket-versioning", "--bucket", name, "--expected-bucket-owner", &id];
    match cli.ask(&words).await {
        Ok(_) => Owner::Same,
        Err(refusal) if refusal.is_absence() => Owner::Same,
        Err(refusal) if refusal.why == Why::Forbidden => Owner::Denied(id),
        Err(refusal) => Owner::Unknown(refusal.why),
    }
}

/// Says whether versions keep what is deleted, and how to have them do so.
pub(super) fn say_versions(hit: &Hit, name: &str, bucket: &Bucket, impact: &mut Impact) {
    match &bucket.versions {
        Versions::Enabled => protects(impact, "versioning", "keeps every deleted object as an older version"),
        Versions::Suspended | Versions::Never => {
            let on = Form::new(hit, "s3api", "put-bucket-versioning")
                .with("bucket", &[name])
                .with("versioning-configuration", &["Status=Enabled"]);
            protects(impact, "versioning", format!("is OFF; turn on: {}", on.text()));
        }
        Versions::Unknown(_) => {}
    }
    match bucket.lock.as_deref() {
        Some("") => protects(impact, "Object Lock", "refuses to erase locked versions"),
        Some(default) => {
            protects(impact, "Object Lock", format!("({default}) refuses to erase locked versions"))
        }
        None => {}
    }
}
