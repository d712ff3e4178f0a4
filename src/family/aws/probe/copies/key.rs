//! Whether the KMS key of a copy still opens it. States: botocore 1.44.5, data/kms/2014-11-01, `KeyState`; which of them refuse
//! to decrypt: AWS KMS Developer Guide, "Key states of AWS KMS keys".

use super::Cli;
use crate::engine::fact::Why;
use crate::family::aws::probe::json;
use serde_json::Value;

/// What a key is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It opens what it has closed.
    Usable,
    /// It does not, in words.
    Dead(String),
    /// Nobody says.
    Unknown(Why),
}

/// States in which a key opens nothing.
const DEAD: &[(&str, &str)] = &[
    ("Disabled", "its key is disabled"),
    ("PendingDeletion", "its key is pending deletion"),
    ("PendingImport", "its key has no key material"),
    ("PendingReplicaDeletion", "its key is pending deletion"),
    ("Unavailable", "its key is unavailable"),
];

/// States in which it does.
const ALIVE: &[&str] = &["Enabled", "Updating"];

/// Asks, where the key is.
pub(super) async fn ask(cli: &Cli<'_>, key: &str) -> State {
    let words = ["kms", "describe-key", "--key-id", key];
    let answer = match region(key) {
        Some(region) => cli.in_region(region).ask(&words).await,
        None => cli.ask(&words).await,
    };
    match answer {
        Ok(out) => match serde_json::from_slice(&out) {
            Ok(answer) => state(&answer),
            Err(e) => State::Unknown(Why::Failed(e.to_string())),
        },
        Err(refusal) if refusal.code.as_deref() == Some("NotFoundException") => {
            State::Dead("its key is gone".to_owned())
        }
        Err(refusal) => State::Unknown(refusal.why),
    }
}

/// The region of `arn:aws:kms:REGION:ACCOUNT:key/ID`.
fn region(key: &str) -> Option<&str> {
    let mut parts = key.split(':');
    let region = parts.next().filter(|arn| *arn == "arn").and_then(|_| parts.nth(2))?;
    (!region.is_empty()).then_some(region)
}

fn state(answer: &Value) -> State {
    match json::text(answer, "/KeyMetadata/KeyState") {
        Some(word) if ALIVE.contains(&word) => State::Usable,
        Some(word) => match DEAD.iter().find(|(state, _)| *state == word) {
            Some((_, why)) => State::Dead((*why).to_owned()),
            None => State::Unknown(Why::Failed(format!("it is {word}"))),
        },
        None => State::Unknown(Why::Failed("the answer does not say".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_key_that_is_said_to_work_does() {
        let of = |word: &str| state(&json!({"KeyMetadata": {"KeyState": word}}));
        assert_eq!((of("Enabled"), of("Updating")), (State::Usable, State::Usable));
        for (word, why) in DEAD {
            assert_eq!(of(word), State::Dead((*why).to_owned()));
        }
        assert!(matches!(of("Creating"), State::Unknown(_)));
        assert!(matches!(state(&json!({})), State::Unknown(_)));
        assert!(DEAD.is_sorted_by_key(|(word, _)| word));
    }

    #[test]
    fn a_key_is_asked_where_it_is() {
        assert_eq!(region("arn:aws:kms:eu-west-1:1:key/k"), Some("eu-west-1"));
        assert_eq!((region("k"), region("alias/x"), region("arn:aws:kms")), (None, None, None));
    }
}
