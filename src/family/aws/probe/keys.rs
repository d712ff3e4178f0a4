//! The very keys the CLI works with, as it hands them out itself: `configure export-credentials` of version 2
//! (`awscli/customizations/configure/exportcreds.py`). What is asked, looked at and run with them is one identity,
//! whatever a credential process, a login or a metadata service answers a moment later.

use super::json;
use serde_json::Value;
use std::ffi::{OsStr, OsString};

/// What asks for them.
pub(super) const WORDS: &[&str] = &["configure", "export-credentials", "--format", "process"];

/// Variables that would beat the keys, or say something of other ones: `EnvProvider` of `botocore/credentials.py` reads
/// the older name of the token first, and an end that belongs to other keys.
const OTHERS: &[&str] =
    &["AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID", "AWS_CREDENTIAL_SCOPE"];

/// An access key with its secret, for as long as one command takes.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    id: String,
    secret: String,
    token: Option<String>,
    /// The profile that `--profile` named. The option would make the CLI pass over keys of the environment, so the
    /// variable stands in its place: everything but the credentials still comes from that profile.
    profile: Option<String>,
}

impl std::fmt::Debug for Keys {
    /// The secret is for nobody.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Keys {
    /// Reads what the CLI printed.
    pub(super) fn read(out: &[u8], profile: Option<&str>) -> Option<Keys> {
        let value: Value = serde_json::from_slice(out).ok()?;
        let text = |at| json::text(&value, at).filter(|t| !t.is_empty()).map(str::to_owned);
        Some(Keys {
            id: text("/AccessKeyId")?,
            secret: text("/SecretAccessKey")?,
            token: text("/SessionToken"),
            profile: profile.filter(|p| !p.is_empty()).map(str::to_owned),
        })
    }

    /// The id of the key, which is no secret.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The variables that hand them to a CLI; `None` for one that has to be taken out.
    pub fn variables(&self) -> Vec<(&'static str, Option<&str>)> {
        let mut out = vec![
            ("AWS_ACCESS_KEY_ID", Some(self.id.as_str())),
            ("AWS_SECRET_ACCESS_KEY", Some(self.secret.as_str())),
            ("AWS_SESSION_TOKEN", self.token.as_deref()),
        ];
        out.extend(self.profile.as_deref().map(|profile| ("AWS_PROFILE", Some(profile))));
        out.extend(OTHERS.iter().map(|name| (*name, None)));
        out
    }
}

/// Whether one of guard's own words is `--profile=…`, which goes where keys are handed over.
pub(super) fn names_profile(word: &OsString) -> bool {
    let word: &OsStr = word;
    word.to_str().is_some_and(|w| w.starts_with("--profile="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_their_secrets_shown_to_nobody() {
        let out = br#"{"Version": 1, "AccessKeyId": "ASIA1", "SecretAccessKey": "not-shown", "SessionToken": "nor-this", "Expiration": "2026-01-01T00:00:00+00:00"}"#;
        let keys = Keys::read(out, Some("prod")).unwrap();
        let shown = format!("{keys:?}");
        assert!(
            shown.contains("ASIA1") && !shown.contains("not-shown") && !shown.contains("nor-this"),
            "{shown}"
        );
        let variables = keys.variables();
        for wanted in [
            ("AWS_ACCESS_KEY_ID", Some("ASIA1")),
            ("AWS_SECRET_ACCESS_KEY", Some("not-shown")),
            ("AWS_SESSION_TOKEN", Some("nor-this")),
            ("AWS_PROFILE", Some("prod")),
            ("AWS_SECURITY_TOKEN", None),
            ("AWS_CREDENTIAL_EXPIRATION", None),
        ] {
            assert!(variables.contains(&wanted), "{wanted:?}");
        }
        // Keys for good have no token: one that stands in the environment is somebody else's.
        let keys = Keys::read(br#"{"AccessKeyId": "AKIA1", "SecretAccessKey": "s"}"#, None).unwrap();
        assert!(keys.variables().contains(&("AWS_SESSION_TOKEN", None)));
        assert!(!keys.variables().iter().any(|(name, _)| *name == "AWS_PROFILE"));
    }

    #[test]
    fn what_is_no_key_is_none() {
        for out in
            ["", "{}", "null", r#"{"AccessKeyId": "", "SecretAccessKey": "s"}"#, r#"{"AccessKeyId": "a"}"#]
        {
            assert_eq!(Keys::read(out.as_bytes(), None), None, "{out}");
        }
    }
}
