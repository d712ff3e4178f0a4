//! The words with their secrets replaced, for records and screens.

use super::grammar::{At, parse};
use crate::engine::classify::REDACTED;
use std::borrow::Cow;

/// Names, or parts of names between dashes, of options whose value must never be written down.
const SECRET: [&str; 11] = [
    "password",
    "passwords",
    "passphrase",
    "secret-string",
    "secret-binary",
    "client-secret",
    "private-key",
    "auth-token",
    "access-token",
    "secret-access-key",
    "plaintext",
];

/// Options with secrets under names that say nothing of it: `SERVICE OPERATION`, the option.
const ELSEWHERE: [(&[u8], &str); 12] = [
    (b"ssm put-parameter", "value"),
    (b"configure set", ""),
    (b"lambda update-function-configuration", "environment"),
    (b"lambda create-function", "environment"),
    (b"cognito-idp initiate-auth", "auth-parameters"),
    (b"cognito-idp admin-initiate-auth", "auth-parameters"),
    (b"acm import-certificate", "private-key"),
    (b"iam deactivate-mfa-device", ""),
    (b"kms encrypt", "plaintext"),
    (b"kms import-key-material", "encrypted-key-material"),
    (b"elasticache modify-replication-group", "auth-token"),
    (b"codebuild import-source-credentials", "token"),
];

/// The words after `aws` with every secret replaced. Words are never added or removed, so that the record still says what
/// was typed where. An option that may be an abbreviation of a secret's counts as one.
pub fn redact<'a>(words: &'a [&'a [u8]]) -> Vec<Cow<'a, [u8]>> {
    let mut out: Vec<Cow<'a, [u8]>> = words.iter().map(|word| Cow::Borrowed(*word)).collect();
    for major in [1, 2] {
        let parsed = parse(words, major);
        let command = parsed.command();
        for given in &parsed.options {
            let name = String::from_utf8_lossy(given.name);
            let listed = ELSEWHERE
                .iter()
                .any(|(of, option)| *of == command && !option.is_empty() && option.starts_with(&*name));
            let whole = listed || is_secret(&name) || (!given.sure && may_be_secret(&name));
            for value in &given.values {
                if whole && !is_file(value.1) {
                    hide(&mut out, words, *value, REDACTED.to_vec());
                } else if let Some(hidden) = inside(value.1) {
                    hide(&mut out, words, *value, hidden);
                }
            }
        }
        // `configure set aws_secret_access_key VALUE`
        if command == b"configure set"
            && let [(_, key), value, ..] = parsed.operands.as_slice()
            && [b"secret".as_slice(), b"token", b"access_key_id", b"password"]
                .iter()
                .any(|part| key.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part)))
        {
            hide(&mut out, words, *value, REDACTED.to_vec());
        }
    }
    out
}

/// Whether the name of an option says that its value is a secret.
pub fn is_secret(name: &str) -> bool {
    let whole = |part: &str| {
        name.match_indices(part).any(|(at, _)| {
            let before = name.get(..at).is_some_and(|head| head.is_empty() || head.ends_with('-'));
            let after =
                name.get(at + part.len()..).is_some_and(|tail| tail.is_empty() || tail.starts_with('-'));
            before && after
        })
    };
    // Flags and rules about passwords are none.
    let about =
        ["policy", "expiry", "reuse", "age", "length", "manage", "arn", "id", "type", "reset", "source"];
    SECRET.iter().any(|part| whole(part)) && !name.split('-').any(|word| about.contains(&word))
        || matches!(name, "token" | "session-token" | "secret-key")
}

/// Whether an abbreviation may stand for one: `--pass`, `--master-user-p`, `--secret-s`.
fn may_be_secret(name: &str) -> bool {
    const FULL: [&str; 9] = [
        "password",
        "passphrase",
        "secret-string",
        "secret-binary",
        "master-user-password",
        "old-password",
        "new-password",
        "private-key",
        "admin-password",
    ];
    name.len() > 3 && FULL.iter().any(|full| full.starts_with(name))
}

fn is_file(value: &[u8]) -> bool {
    value.starts_with(b"file://") || value.starts_with(b"fileb://")
}

/// A value with members whose names say that they are secrets (`{"MasterUserPassword": "x"}`, `Password=x`): the whole
/// value is hidden, so that nothing rests on reading it right.
fn inside(value: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(value).to_lowercase();
    let members = [
        "password",
        "secretstring",
        "secretbinary",
        "privatekey",
        "clientsecret",
        "authtoken",
        "secretaccesskey",
    ];
    let named = members.iter().any(|member| {
        text.match_indices(member).any(|(at, _)| {
            let rest = text.get(at + member.len()..).unwrap_or_default().trim_start_matches(['"', '\'', ' ']);
            rest.starts_with([':', '='])
        })
    });
    named.then(|| REDACTED.to_vec())
}

fn hide<'a>(out: &mut [Cow<'a, [u8]>], words: &[&'a [u8]], (at, value): At<'a>, hidden: Vec<u8>) {
    let Some(word) = words.get(at) else { return };
    // A value of its own word, or the tail of the word that names the option.
    let mut text = word.get(..word.len().saturating_sub(value.len())).unwrap_or(&[]).to_vec();
    text.extend_from_slice(&hidden);
    if let Some(slot) = out.get_mut(at) {
        *slot = Cow::Owned(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let out = redact(&words);
        out.iter().map(|w| String::from_utf8_lossy(w)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        for (line, want) in [
            (
                "rds modify-db-instance --db-instance-identifier d --master-user-password p",
                "rds modify-db-instance --db-instance-identifier d --master-user-password [redacted]",
            ),
            (
                "rds modify-db-instance --master-user-password=p",
                "rds modify-db-instance --master-user-password=[redacted]",
            ),
            (
                "rds modify-db-instance --master-user-pass p",
                "rds modify-db-instance --master-user-pass [redacted]",
            ),
            (
                "secretsmanager put-secret-value --secret-id s --secret-string x",
                "secretsmanager put-secret-value --secret-id s --secret-string [redacted]",
            ),
            (
                "secretsmanager put-secret-value --secret-string file://s",
                "secretsmanager put-secret-value --secret-string file://s",
            ),
            ("ssm put-parameter --name n --value v", "ssm put-parameter --name n --value [redacted]"),
            ("configure set aws_secret_access_key k", "configure set aws_secret_access_key [redacted]"),
            ("configure set region eu-west-1", "configure set region eu-west-1"),
            ("x create-y --cli-input-json {\"Password\":\"x\"}", "x create-y --cli-input-json [redacted]"),
            (
                "iam update-account-password-policy --max-password-age 3",
                "iam update-account-password-policy --max-password-age 3",
            ),
            (
                "iam create-login-profile --user-name u --password p --no-password-reset-required",
                "iam create-login-profile --user-name u --password [redacted] --no-password-reset-required",
            ),
            ("secretsmanager delete-secret --secret-id s", "secretsmanager delete-secret --secret-id s"),
            ("ec2 create-vpc --client-token t", "ec2 create-vpc --client-token t"),
        ] {
            assert_eq!(shown(line), want);
        }
    }
}
