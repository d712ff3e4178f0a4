//! The commands that only `oc` has, beside kubectl's: OpenShift's client takes kubectl's words and adds its own
//! (OpenShift CLI 4.x, `oc help` and "OpenShift CLI developer/administrator command reference"). What stands in neither
//! table is unknown, as with kubectl.

use super::classify::{Inside, classify_words};
use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};
use crate::engine::grammar::inline::{Inline, inline};
use crate::engine::kube::kubectl;
use crate::engine::verdict::Verdict;

/// The tool's name.
pub const NAME: &str = "oc";

/// So many words a command has at most.
const DEEPEST: usize = 3;

/// Judges the words when they name one of `oc`'s own commands.
pub fn classify(words: &[&[u8]], inside: Inside) -> Option<Verdict> {
    let operands = operands(words)?;
    if let [b"adm", command, ..] = operands.as_slice()
        && OF_KUBECTL.iter().any(|known| known.as_bytes() == *command)
    {
        let at = words.iter().position(|word| *word == b"adm")?;
        let rest: Vec<&[u8]> = [words.get(..at)?, words.get(at + 1..)?].concat();
        return Some(classify_words(&kubectl::TABLE, &rest, inside));
    }
    let path = |deep: usize| operands.get(..deep).map(|words| words.join(&b' '));
    let known = |path: Vec<u8>| COMMANDS.iter().find(|(name, _)| name.is(&path));
    let (name, effect) = (1..=DEEPEST).rev().find_map(|deep| path(deep).and_then(known))?;
    let before_dashes = || words.iter().take_while(|word| **word != b"--");
    if before_dashes().any(|word| matches!(*word, b"-h" | b"--help")) {
        return Some(Verdict::why(Read, "only prints help"));
    }
    let is_group = GROUPS.iter().any(|group| group.as_bytes() == name.bytes());
    if is_group && operands.len() > name.bytes().split(|b| *b == b' ').count() {
        return Some(Verdict::why(Unknown, "no command of oc that guard knows"));
    }
    // It only shows what would go until it is told otherwise.
    if name.bytes().starts_with(b"adm prune ")
        && before_dashes().any(|word| word.starts_with(b"--confirm") && *word != b"--confirm=false")
    {
        return Some(Verdict::why(Destroy, "--confirm deletes"));
    }
    let given = |names: [&[u8]; 2]| before_dashes().any(|word| names.contains(word));
    match name.bytes() {
        // `oc rsh POD CMD` does what the command does, or opens a shell.
        b"rsh" => {
            let pod = words.iter().rposition(|word| Some(word) == operands.get(1));
            let inner = pod.and_then(|pod| words.get(pod + 1..)).unwrap_or_default();
            let inner = inner.strip_prefix(&[&b"--"[..]]).unwrap_or(inner);
            Some(Verdict::of(*effect).or_worse(inside(inner)))
        }
        b"tag" if given([b"-d", b"--delete"]) => Some(Verdict::why(Destroy, "deletes the tag")),
        b"adm policy" if operands.get(2).is_some_and(|verb| verb.starts_with(b"remove-")) => {
            Some(Verdict::why(Disrupt, "takes rights away"))
        }
        _ => Some(Verdict::of(*effect)),
    }
}

/// Commands of kubectl that administrators' oc has below `adm`.
const OF_KUBECTL: [&str; 4] = ["cordon", "drain", "taint", "uncordon"];

/// Its own commands by their paths, as rules of a policy name them.
#[cfg(feature = "cli")]
pub fn commands() -> Vec<String> {
    COMMANDS.iter().map(|(name, _)| String::from_utf8_lossy(name.bytes()).into_owned()).collect()
}

/// The first words that are no options, and no values of options. `None` where an option stands before them that nobody knows: it
/// may have taken the word behind it.
fn operands<'a>(words: &[&'a [u8]]) -> Option<Vec<&'a [u8]>> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next()
        && found.len() < DEEPEST
    {
        let name = match word {
            [b'-', b'-'] => break,
            [b'-', b'-', name @ ..] | [b'-', name @ ..] if !name.is_empty() => name,
            _ => {
                found.push(*word);
                continue;
            }
        };
        if name.contains(&b'=') || matches!(name, b"h" | b"help") {
            continue;
        }
        match kubectl::TABLE.takes_word(name) {
            Some(true) => _ = words.next(),
            Some(false) => {}
            None if found.is_empty() => return None,
            None => break,
        }
    }
    Some(found)
}

/// Commands that only stand above others.
const GROUPS: [&str; 5] = ["adm", "adm prune", "adm release", "image", "registry"];

/// Without a pointer in them: the shim pays for each at every start.
#[rustfmt::skip]
const COMMANDS: &[(Inline<27>, Effect)] = &[
    (inline("adm"), Read),
    (inline("adm catalog"), Unknown),
    (inline("adm groups"), Unknown),
    (inline("adm inspect"), Read),
    (inline("adm migrate"), Disrupt),
    (inline("adm must-gather"), Mutate),
    (inline("adm new-project"), Mutate),
    (inline("adm node-logs"), Read),
    (inline("adm policy"), Mutate),
    (inline("adm prune"), Read),
    (inline("adm prune auth"), Read),
    (inline("adm prune builds"), Read),
    (inline("adm prune deployments"), Read),
    (inline("adm prune groups"), Read),
    (inline("adm prune images"), Read),
    (inline("adm release"), Read),
    (inline("adm release extract"), Read),
    (inline("adm release info"), Read),
    (inline("adm release mirror"), Unknown),
    (inline("adm release new"), Unknown),
    (inline("adm top"), Read),
    (inline("adm upgrade"), Disrupt),
    (inline("adm verify-image-signature"), Read),
    (inline("adm wait-for-stable-cluster"), Read),
    (inline("cancel-build"), Disrupt),
    (inline("ex"), Unknown),
    (inline("extract"), Read),
    (inline("get-token"), Read),
    (inline("idle"), Disrupt),
    (inline("image"), Read),
    (inline("image append"), Mutate),
    (inline("image extract"), Read),
    (inline("image info"), Read),
    (inline("image mirror"), Mutate),
    (inline("import-image"), Mutate),
    (inline("login"), Read),
    (inline("logout"), Read),
    (inline("new-app"), Mutate),
    (inline("new-build"), Mutate),
    (inline("new-project"), Mutate),
    (inline("observe"), Unknown),
    (inline("policy"), Mutate),
    (inline("process"), Read),
    (inline("project"), Read),
    (inline("projects"), Read),
    (inline("registry"), Read),
    (inline("registry info"), Read),
    (inline("registry login"), Read),
    (inline("request-project"), Mutate),
    (inline("rollback"), Disrupt),
    (inline("rsh"), Disrupt),
    (inline("rsync"), Disrupt),
    (inline("start-build"), Mutate),
    (inline("status"), Read),
    (inline("tag"), Mutate),
    (inline("whoami"), Read),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::classify::classify as of_tool;

    #[test]
    fn no_command_stands_twice_and_every_group_is_one() {
        for (name, _) in COMMANDS {
            assert_eq!(COMMANDS.iter().filter(|(other, _)| other == name).count(), 1, "{name:?}");
        }
        assert!(GROUPS.iter().all(|group| COMMANDS.iter().any(|(name, _)| name.is(group.as_bytes()))));
    }

    #[test]
    fn its_own_commands_and_kubectls() {
        let rows = [
            (Read, "login -u me https://api.example:6443"),
            (Read, "project shop"),
            (Read, "-n shop status --suggest"),
            (Read, "whoami -t"),
            (Read, "get pods"),
            (Read, "adm top nodes"),
            (Read, "adm prune builds --keep-complete=5"),
            (Destroy, "adm prune builds --keep-complete=5 --confirm"),
            (Destroy, "delete project shop"),
            (Destroy, "delete ns shop"),
            (Mutate, "new-project shop"),
            (Disrupt, "idle web"),
            (Disrupt, "rsh web-1 bash"),
            (Disrupt, "adm upgrade --to-latest"),
            (Unknown, "adm ocp-certificates regenerate-top-level"),
            (Unknown, "adm prune everything"),
            (Read, "adm"),
            (Read, "adm prune builds --confirm=false"),
            (Read, "idle --help"),
            (Unknown, "--what idle web"),
            (Disrupt, "--context prod idle web"),
            (Mutate, "tag a:1 b:2 --what-is-this"),
            (Disrupt, "adm drain n1"),
            (Disrupt, "-n x adm cordon n1"),
            (Destroy, "rsh web rm -rf /data"),
            (Disrupt, "rsh -c app web ls"),
            (Destroy, "tag -d shop/web:1"),
            (Disrupt, "adm policy remove-cluster-role-from-user admin anna"),
            (Unknown, "what-is-this"),
        ];
        for (want, line) in rows {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            assert_eq!(of_tool(NAME.as_bytes(), &words).effect, want, "{line}");
        }
        // Only oc has them.
        assert_eq!(of_tool(b"kubectl", &[b"login"]).effect, Unknown);
    }
}
