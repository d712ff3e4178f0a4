//! The commands that only `oc` has, beside kubectl's: OpenShift's client takes kubectl's words and adds its own
//! (OpenShift CLI 4.x, `oc help` and "OpenShift CLI developer/administrator command reference"). What stands in neither
//! table is unknown, as with kubectl.

use super::classify::{Inside, classify_words};
use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};
use crate::engine::kube::kubectl;
use crate::engine::verdict::Verdict;

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
    let (name, effect) = (1..=DEEPEST).rev().find_map(|deep| known(&path(deep)?))?;
    let before_dashes = || words.iter().take_while(|word| **word != b"--");
    if before_dashes().any(|word| matches!(*word, b"-h" | b"--help")) {
        return Some(Verdict::why(Read, "only prints help"));
    }
    let is_group = GROUPS.contains(&name);
    if is_group && operands.len() > name.as_bytes().split(|b| *b == b' ').count() {
        return Some(Verdict::why(Unknown, "no command of oc that guard knows"));
    }
    // It only shows what would go until it is told otherwise.
    if name.as_bytes().starts_with(b"adm prune ")
        && before_dashes().any(|word| word.starts_with(b"--confirm") && *word != b"--confirm=false")
    {
        return Some(Verdict::why(Destroy, "--confirm deletes"));
    }
    let given = |names: [&[u8]; 2]| before_dashes().any(|word| names.contains(word));
    match name.as_bytes() {
        // `oc rsh POD CMD` does what the command does, or opens a shell.
        b"rsh" => {
            let pod = words.iter().rposition(|word| Some(word) == operands.get(1));
            let inner = pod.and_then(|pod| words.get(pod + 1..)).unwrap_or_default();
            let inner = inner.strip_prefix(&[&b"--"[..]]).unwrap_or(inner);
            Some(Verdict::of(effect).or_worse(inside(inner)))
        }
        b"tag" if given([b"-d", b"--delete"]) => Some(Verdict::why(Destroy, "deletes the tag")),
        b"adm policy" if operands.get(2).is_some_and(|verb| verb.starts_with(b"remove-")) => {
            Some(Verdict::why(Disrupt, "takes rights away"))
        }
        _ => Some(Verdict::of(effect)),
    }
}

/// Commands of kubectl that administrators' oc has below `adm`.
const OF_KUBECTL: [&str; 4] = ["cordon", "drain", "taint", "uncordon"];

/// The command with this path, and what it does.
fn known(path: &[u8]) -> Option<(&'static str, Effect)> {
    let find = |(effect, names): &(Effect, &'static str)| {
        names.split(',').find(|name| name.as_bytes() == path).map(|name| (name, *effect))
    };
    COMMANDS.iter().find_map(find)
}

/// Its own commands by their paths, as rules of a policy name them.
#[cfg(feature = "cli")]
pub fn commands() -> Vec<String> {
    COMMANDS.iter().flat_map(|(_, names)| names.split(',')).map(str::to_owned).collect()
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

/// The commands by what they do, their paths behind each other: lists of rows would be larger than what they say, and every pointer
/// in one costs the shim something at each start.
const COMMANDS: [(Effect, &str); 3] = [
    (
        Read,
        "adm,adm inspect,adm node-logs,adm prune,adm prune auth,adm prune builds,adm prune deployments,\
         adm prune groups,adm prune images,adm release,adm release extract,adm release info,adm top,\
         adm verify-image-signature,adm wait-for-stable-cluster,extract,get-token,image,image extract,\
         image info,login,logout,process,project,projects,registry,registry info,registry login,status,\
         whoami",
    ),
    (
        Mutate,
        "adm must-gather,adm new-project,adm policy,image append,image mirror,import-image,new-app,new-build,\
         new-project,policy,request-project,start-build,tag",
    ),
    (Disrupt, "adm migrate,adm upgrade,cancel-build,idle,rollback,rsh,rsync"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::classify::classify as of_tool;
    use crate::engine::tool::OC;

    #[test]
    fn no_command_stands_twice_and_every_group_is_one() {
        let all: Vec<&str> = COMMANDS.iter().flat_map(|(_, names)| names.split(',')).collect();
        for name in &all {
            assert_eq!(all.iter().filter(|other| *other == name).count(), 1, "{name:?}");
            assert!(name.trim() == *name && !name.is_empty(), "{name:?}");
        }
        assert!(all.len() > 40 && GROUPS.iter().all(|group| all.contains(group)));
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
            assert_eq!(of_tool(OC.name.as_bytes(), &words).effect, want, "{line}");
        }
        // Only oc has them.
        assert_eq!(of_tool(b"kubectl", &[b"login"]).effect, Unknown);
    }
}
