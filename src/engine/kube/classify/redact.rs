//! The words with their secrets replaced, for records and screens.

use crate::engine::grammar::cobra::parse;
use crate::engine::grammar::table::{Role, Table};
use crate::engine::redact::{REDACTED, without_userinfo, without_value};
use std::borrow::Cow;

/// The words with every value replaced that a table calls secret. Words are never added or removed, so that the record
/// still says what was typed where.
pub fn redact<'a>(tool: &'static Table, words: &'a [&'a [u8]]) -> Vec<Cow<'a, [u8]>> {
    let parsed = parse(tool, words);
    let mut out: Vec<Cow<'a, [u8]>> = words.iter().map(|word| Cow::Borrowed(*word)).collect();
    for given in &parsed.given {
        let Some(flag) = given.flag else { continue };
        let hidden = match flag.role {
            Role::Secret => Some(REDACTED.to_vec()),
            Role::SecretPair => without_value(given.value),
            _ => None,
        };
        let Some(hidden) = hidden else { continue };
        // A value of its own word, or the tail of the word that names the flag.
        let at = given.value_at.unwrap_or(given.at);
        let kept = words.get(at).map_or(0, |word| word.len().saturating_sub(given.value.len()));
        let prefix = if given.value_at.is_some() { 0 } else { kept };
        if let Some(slot) = out.get_mut(at) {
            let mut word = slot.get(..prefix).unwrap_or(&[]).to_vec();
            word.extend_from_slice(&hidden);
            *slot = Cow::Owned(word);
        }
    }
    for (nth, (at, arg)) in parsed.args.iter().enumerate() {
        let hidden = match parsed.path() {
            "set env" => without_value(arg),
            // `config set users.NAME.token VALUE`: the value follows a property that names a credential.
            "config set" if nth == 1 && parsed.args.first().is_some_and(|(_, key)| is_credential(key)) => {
                Some(REDACTED.to_vec())
            }
            _ => None,
        };
        if let (Some(hidden), Some(slot)) = (hidden, out.get_mut(*at)) {
            *slot = Cow::Owned(hidden);
        }
    }
    // Which kind a file holds is not known from the words.
    let by_file = || parsed.given.iter().any(|g| g.flag.is_some_and(|f| f.role == Role::Filename));
    if parsed.path() == "patch" && (parsed.args.iter().any(|(_, arg)| names_secret(arg)) || by_file()) {
        for given in parsed.all("patch") {
            let at = given.value_at.unwrap_or(given.at);
            let kept = words.get(at).map_or(0, |word| word.len().saturating_sub(given.value.len()));
            let prefix = if given.value_at.is_some() { 0 } else { kept };
            if let Some(slot) = out.get_mut(at) {
                let mut word = slot.get(..prefix).unwrap_or(&[]).to_vec();
                word.extend_from_slice(REDACTED);
                *slot = Cow::Owned(word);
            }
        }
    }
    for slot in &mut out {
        if let Some(word) = without_userinfo(slot) {
            *slot = Cow::Owned(word);
        }
    }
    out
}

fn is_credential(property: &[u8]) -> bool {
    let last = property.rsplit(|b| *b == b'.').next().unwrap_or(property);
    property.starts_with(b"users.")
        && [&b"token"[..], b"password", b"client-key-data", b"auth-provider"].contains(&last)
}

fn names_secret(arg: &[u8]) -> bool {
    let kind = arg.split(|b| matches!(*b, b'/' | b'.' | b',')).next().unwrap_or(arg);
    kind.eq_ignore_ascii_case(b"secret") || kind.eq_ignore_ascii_case(b"secrets")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::kube::kubectl::TABLE;

    fn shown(line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let out = redact(&TABLE, &words);
        out.iter().map(|w| String::from_utf8_lossy(w)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        for (line, want) in [
            ("--token abc get pods", "--token [redacted] get pods"),
            ("get pods --token=abc", "get pods --token=[redacted]"),
            ("get pods --password x --username u", "get pods --password [redacted] --username u"),
            (
                "create secret generic s --from-literal=a=b --from-literal c=d=e",
                "create secret generic s --from-literal=a=[redacted] --from-literal c=[redacted]",
            ),
            (
                "create secret docker-registry r --docker-password=p",
                "create secret docker-registry r --docker-password=[redacted]",
            ),
            ("config set-credentials me --token=abc", "config set-credentials me --token=[redacted]"),
            ("config set users.me.token abc", "config set users.me.token [redacted]"),
            ("config set contexts.a.namespace b", "config set contexts.a.namespace b"),
            ("set env deploy/web PASSWORD=x OTHER-", "set env deploy/web PASSWORD=[redacted] OTHER-"),
            ("run x --image=i --env=A=b", "run x --image=i --env=A=[redacted]"),
            ("patch secret s -p={}", "patch secret s -p=[redacted]"),
            ("patch secret/s -p {}", "patch secret/s -p [redacted]"),
            ("patch cm s -p {}", "patch cm s -p {}"),
            ("patch -f s.yaml -p {}", "patch -f s.yaml -p [redacted]"),
            ("-s https://u:p@h:6443/x get ns", "-s https://[redacted]@h:6443/x get ns"),
            ("get ns --server=https://u:p@h", "get ns --server=https://[redacted]@h"),
            (
                "apply -f https://t@h/a.yaml,https://h/b@c",
                "apply -f https://[redacted]@h/a.yaml,https://h/b@c",
            ),
            (
                "config set clusters.a.server https://u:p@h",
                "config set clusters.a.server https://[redacted]@h",
            ),
            (
                "config set-cluster a --proxy-url=http://u:p@h",
                "config set-cluster a --proxy-url=http://[redacted]@h",
            ),
            ("get pods -o name", "get pods -o name"),
        ] {
            assert_eq!(shown(line), want);
        }
    }
}
