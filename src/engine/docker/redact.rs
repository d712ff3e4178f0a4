//! The words with their secrets replaced, for records and screens.

use super::tables::Cli;
use super::words::{Given, Words};
use crate::engine::redact::{REDACTED, without_userinfo, without_value};
use crate::engine::tool::Tool;
use std::borrow::Cow;

/// What of a flag's value must not be written down.
enum Hidden {
    /// All of it.
    All,
    /// What stands behind the first `=`.
    Pair,
    /// What stands behind `password=` and the like, to the next comma.
    Options,
}

/// Which flags hold secrets: `docker login`, `run`, `build`, `swarm join`; podman's `--creds`.
fn hidden(given: &Given<'_>) -> Option<Hidden> {
    Some(match given.flag?.name {
        "password" | "creds" | "token" | "decryption-key" => Hidden::All,
        "env" | "env-add" | "build-arg" => Hidden::Pair,
        "opt" | "log-opt" | "driver-opts" | "driver-opt" | "mount" | "mount-add" | "storage-opt"
        | "secret" => Hidden::Options,
        _ => return None,
    })
}

/// The words with their secrets replaced. Words are never added or removed.
pub fn redact<'a>(tool: &Tool, words: &'a [&'a [u8]]) -> Vec<Cow<'a, [u8]>> {
    let read = Words::read(Cli::of(tool), words, false);
    let mut out: Vec<Cow<'a, [u8]>> = words.iter().map(|word| Cow::Borrowed(*word)).collect();
    for given in &read.given {
        let replaced = match hidden(given) {
            None => continue,
            Some(Hidden::All) if given.value.is_empty() => continue,
            Some(Hidden::All) => Some(REDACTED.to_vec()),
            Some(Hidden::Pair) => without_value(given.value),
            Some(Hidden::Options) => options(given.value),
        };
        let Some(replaced) = replaced else { continue };
        let at = given.value_at.unwrap_or(given.at);
        let kept = words.get(at).map_or(0, |word| word.len().saturating_sub(given.value.len()));
        if let Some(slot) = out.get_mut(at) {
            let mut word = slot.get(..kept).unwrap_or_default().to_vec();
            word.extend_from_slice(&replaced);
            *slot = Cow::Owned(word);
        }
    }
    // `docker plugin set NAME KEY=VALUE`
    let settings = read.row().is_some_and(|row| row.is("plugin", "set") || row.is("plugin", "install"));
    for (at, word) in read.operands.iter().skip(1).filter(|_| settings) {
        if let (Some(replaced), Some(slot)) = (without_value(word), out.get_mut(*at)) {
            *slot = Cow::Owned(replaced);
        }
    }
    if read.strange {
        // Where a flag is not known, another one may begin elsewhere than it seems.
        for (slot, word) in out.iter_mut().zip(words) {
            const NAMES: [&[u8]; 3] = [b"--password=", b"--creds=", b"--token="];
            let named = NAMES.iter().find(|name| word.starts_with(name));
            if let Some(name) = named {
                *slot = Cow::Owned([name, REDACTED].concat());
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

/// `o=username=anna,password=x,vers=3` with what is secret replaced.
fn options(value: &[u8]) -> Option<Vec<u8>> {
    const NAMES: [&[u8]; 4] = [b"password=", b"pass=", b"token=", b"secret="];
    let mut out: Vec<u8> = Vec::new();
    let mut found = false;
    for (nth, field) in value.split(|b| *b == b',').enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        let lower = field.to_ascii_lowercase();
        let behind = NAMES
            .iter()
            .find_map(|name| lower.windows(name.len()).position(|w| w == *name).map(|at| at + name.len()));
        match behind.and_then(|at| field.get(..at)) {
            Some(kept) => {
                found = true;
                out.extend_from_slice(kept);
                out.extend_from_slice(REDACTED);
            }
            None => out.extend_from_slice(field),
        }
    }
    found.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::tool;

    fn shown(tool: &Tool, line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let out = redact(tool, &words);
        out.iter().map(|w| String::from_utf8_lossy(w)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn secrets_are_replaced_wherever_they_stand() {
        for (line, want) in [
            (
                "run -e A=b -eC=d --env=E=f --env G=h i -e J=k",
                "run -e A=[redacted] -eC=[redacted] --env=E=[redacted] --env G=[redacted] i -e J=k",
            ),
            ("run -e A img", "run -e A img"),
            ("exec -ie A=b db ls", "exec -ie A=[redacted] db ls"),
            ("login -u anna -p x r", "login -u anna -p [redacted] r"),
            ("login -px r", "login -p[redacted] r"),
            ("login --password=x r", "login --password=[redacted] r"),
            ("login --password-stdin r", "login --password-stdin r"),
            ("build --build-arg T=x .", "build --build-arg T=[redacted] ."),
            ("-p x ps", "-p x ps"),
            ("run -p 80:80 img", "run -p 80:80 img"),
            ("swarm join --token x h:2377", "swarm join --token [redacted] h:2377"),
            ("compose exec -e A=b db ls", "compose exec -e A=[redacted] db ls"),
            ("compose -p shop ps", "compose -p shop ps"),
            ("service update --env-add A=b web", "service update --env-add A=[redacted] web"),
            (
                "volume create -o o=username=u,Password=x,vers=3 v",
                "volume create -o o=username=u,Password=[redacted],vers=3 v",
            ),
            ("run --log-opt splunk-token=x img", "run --log-opt splunk-token=[redacted] img"),
            ("plugin set p A=b", "plugin set p A=[redacted]"),
            ("-H tcp://u:p@h ps", "-H tcp://[redacted]@h ps"),
            ("login --frobnicate a --password=x", "login --frobnicate a --password=[redacted]"),
        ] {
            assert_eq!(shown(&tool::DOCKER, line), want, "{line}");
        }
        assert_eq!(shown(&tool::PODMAN, "pull --creds u:p img"), "pull --creds [redacted] img");
    }
}
