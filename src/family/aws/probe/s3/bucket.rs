//! A bucket's own facts: versions and how long they stay, locks, whose it is.

use super::super::cli::Cli;
use super::lifecycle::{self, Reach, Rule};
use super::protects;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Fate, Impact};
use crate::family::aws::probe::json;
use crate::family::aws::probe::safer_command::Form;
use serde_json::Value;

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

/// What erases older versions by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Erasing {
    /// These rules, if any.
    Rules(Vec<Rule>),
    /// It could not be told, or was not asked.
    Unknown,
}

/// What a bucket is like.
pub(super) struct Bucket {
    pub(super) versions: Versions,
    /// The rules in force after the command.
    pub(super) erasing: Erasing,
    /// Versions go only with a code of the root user's device (MFA delete).
    pub(super) mfa: bool,
    /// The default retention of its Object Lock: `GOVERNANCE 30 days`; empty when locks are on without a default.
    pub(super) lock: Option<String>,
}

/// What becomes of deleted objects, and why.
impl Bucket {
    /// Says it of what is deleted without naming a version.
    pub(super) fn end_of(&self, reach: Reach<'_>) -> (Fate, String) {
        match (&self.versions, &self.erasing) {
            (Versions::Enabled, Erasing::Rules(rules)) => lifecycle::end_of(rules, reach)
                .unwrap_or_else(|| (Fate::Kept, "older versions, by versioning".to_owned())),
            (Versions::Enabled, Erasing::Unknown) => {
                (Fate::Unknown, "whether its lifecycle erases older versions could not be told".to_owned())
            }
            (Versions::Suspended, _) => (Fate::Erased, "versioning is suspended".to_owned()),
            (Versions::Never, _) => (Fate::Erased, "no versioning".to_owned()),
            (Versions::Unknown(_), _) => {
                (Fate::Unknown, "whether versions keep them could not be told".to_owned())
            }
        }
    }
}

/// Asks; `None` when there is no such bucket, which is then said. The lifecycle is asked for only where versions may keep
/// what is deleted.
pub(super) async fn ask(cli: &Cli<'_>, name: &str, impact: &mut Impact) -> Option<Bucket> {
    let words = ["s3api", "get-bucket-versioning", "--bucket", name];
    let rules = ["s3api", "get-bucket-lifecycle-configuration", "--bucket", name];
    let versions = async {
        let versioning = cli.find(&words).await;
        let on = |a: &Option<Value>| a.as_ref().and_then(|a| json::text(a, "/Status")) == Some("Enabled");
        let asks = versioning.as_ref().is_ok_and(on);
        (versioning, if asks { Some(cli.find(&rules).await) } else { None })
    };
    let ((versioning, rules), (lock, owner)) = tokio::join!(versions, lock_and_owner(cli, name));
    let erasing = match rules {
        Some(Ok(answer)) => Erasing::Rules(lifecycle::erasing(&answer.unwrap_or_default())),
        Some(Err(why)) => {
            impact.gap(format!("lifecycle rules of {name}"), why);
            Erasing::Unknown
        }
        None => Erasing::Unknown,
    };
    let mfa = versioning
        .as_ref()
        .is_ok_and(|a| a.as_ref().and_then(|a| json::text(a, "/MFADelete")) == Some("Enabled"));
    let versions = match versioning {
        Ok(None) => {
            impact.subjects.clear();
            impact.subjects_total = 0;
            impact.lower(Effect::Read, format!("no such bucket: {name}"));
            return None;
        }
        Ok(Some(answer)) => match json::text(&answer, "/Status") {
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
                let n = json::number(&answer, &format!("{at}/{unit}"))?;
                Some(format!("{n} {}", unit.to_lowercase()))
            });
            Some(
                format!("{} {}", json::owned(&answer, &format!("{at}/Mode")), span.unwrap_or_default())
                    .trim()
                    .to_owned(),
            )
        }
        Err(why) => {
            impact.gap(format!("Object Lock of {name}"), why);
            None
        }
    };
    Some(Bucket { versions, erasing, mfa, lock })
}

enum Owner {
    Same,
    Denied(String),
    Unknown(Why),
}

/// Its locks, and whether the bucket belongs to the account that acts, in one question: the service refuses where it does
/// not. Who may not read locks is refused as well; only then more is asked.
async fn lock_and_owner(cli: &Cli<'_>, name: &str) -> (Result<Option<Value>, Why>, Owner) {
    let plain = ["s3api", "get-object-lock-configuration", "--bucket", name];
    let Some(id) = cli.account().await else {
        return (cli.find(&plain).await, Owner::Unknown(Why::NotAsked));
    };
    let words = [plain.as_slice(), &["--expected-bucket-owner", &id]].concat();
    match cli.find(&words).await {
        Ok(lock) => (Ok(lock), Owner::Same),
        Err(Why::Forbidden) => match owner(cli, name, id).await {
            Owner::Same => (Err(Why::Forbidden), Owner::Same),
            owner => (cli.find(&plain).await, owner),
        },
        Err(why) => (Err(why.clone()), Owner::Unknown(why)),
    }
}

/// Whether the bucket belongs to this account, by what is asked of every bucket anyway.
async fn owner(cli: &Cli<'_>, name: &str, id: String) -> Owner {
    let words = ["s3api", "get-bucket-versioning", "--bucket", name, "--expected-bucket-owner", &id];
    match cli.ask(&words).await {
        Ok(_) => Owner::Same,
        Err(refusal) if refusal.is_absence() => Owner::Same,
        Err(refusal) if refusal.why == Why::Forbidden => Owner::Denied(id),
        Err(refusal) => Owner::Unknown(refusal.why),
    }
}

/// Says whether versions keep what is deleted, and how to have them do so.
pub(super) fn say_versions(hit: &Hit, name: &str, bucket: &Bucket, reach: Reach<'_>, impact: &mut Impact) {
    match (&bucket.versions, bucket.end_of(reach)) {
        (Versions::Enabled, (Fate::Kept, _)) => {
            protects(impact, "versioning", "keeps every deleted object as an older version");
        }
        (Versions::Enabled, (_, because)) => {
            protects(impact, "versioning", format!("keeps deleted objects as older versions, but {because}"));
        }
        (Versions::Suspended | Versions::Never, _) => {
            let on = Form::new(hit, "s3api", "put-bucket-versioning")
                .with("bucket", &[name])
                .with("versioning-configuration", &["Status=Enabled"]);
            protects(impact, "versioning", format!("is OFF; turn on: {}", on.text()));
        }
        (Versions::Unknown(_), _) => {}
    }
    if bucket.mfa {
        protects(impact, "MFA delete", "refuses to erase a version without a code of the root user's device");
    }
    match bucket.lock.as_deref() {
        Some("") => protects(impact, "Object Lock", "refuses to erase locked versions"),
        Some(default) => {
            protects(impact, "Object Lock", format!("({default}) refuses to erase locked versions"))
        }
        None => {}
    }
}
