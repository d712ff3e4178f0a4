//! What a kubectl plugin does, when it is a well-known one.

use super::{Inside, classify_words};
use crate::engine::effect::Effect;
use crate::engine::grammar::table::Table;
use crate::engine::kube::kubectl::plugins::{READS, VERBS};
use crate::engine::verdict::Verdict;

const UNKNOWN: &str = "no command of this tool: a plugin or an alias would run";
const KNOWN: &str = "a well-known plugin";

/// Judges words of which the first names no command of the tool.
pub(super) fn judge(words: &[&[u8]], inside: Inside) -> Verdict {
    let Some((plugin, rest)) = words.split_first() else { return Verdict::why(Effect::Unknown, UNKNOWN) };
    // kubectl looks for a file in whose name dashes are underscores, too.
    let name: Vec<u8> = plugin.iter().map(|b| if *b == b'_' { b'-' } else { *b }).collect();
    if name == b"sudo" {
        return looked_through(rest, inside);
    }
    let helps = || rest.iter().take_while(|w| **w != b"--").any(|w| matches!(*w, b"-h" | b"--help"));
    if name == b"ctx" {
        return contexts(rest);
    }
    if READS.iter().any(|p| p.is(&name)) {
        return Verdict::why(Effect::Read, KNOWN);
    }
    let mut rows = VERBS.iter().filter(|(p, ..)| p.is(&name)).peekable();
    if rows.peek().is_none() {
        return Verdict::why(Effect::Unknown, UNKNOWN);
    }
    if helps() {
        return Verdict::why(Effect::Read, "only prints help");
    }
    let operands = operands(rest);
    let Some(verb) = operands.first() else { return Verdict::why(Effect::Read, "only prints help") };
    let two = [verb, &b" "[..], operands.get(1).copied().unwrap_or_default()].concat();
    let found = rows.find(|(_, v, _)| v.is(b"*") || v.is(verb) || v.is(&two));
    match found {
        Some((_, _, effect)) => Verdict::why(*effect, KNOWN),
        None => Verdict::why(Effect::Unknown, "a plugin whose verb is not known"),
    }
}

/// `kubectl sudo CMD` runs kubectl with the rights of a group. What a file or patch holds is not looked into there.
fn looked_through(words: &[&[u8]], inside: Inside) -> Verdict {
    let again = words.iter().take_while(|w| **w == b"sudo").count();
    let words = words.get(again..).unwrap_or_default();
    let mut verdict = classify_words(kubectl(), words, inside);
    if verdict.content {
        verdict.raise(Effect::Unknown, "what it carries is not read behind a plugin");
    }
    verdict.completion = false;
    verdict
}

fn kubectl() -> &'static Table {
    &crate::engine::kube::kubectl::TABLE
}

/// kubectx: it shows and switches; `-d` deletes contexts, `NEW=OLD` renames one.
fn contexts(words: &[&[u8]]) -> Verdict {
    if words.iter().any(|w| matches!(*w, b"-d" | b"--delete")) {
        Verdict::why(Effect::Disrupt, "deletes contexts from the kubeconfig")
    } else if words.iter().any(|w| w.contains(&b'=')) {
        Verdict::why(Effect::Mutate, "renames a context")
    } else {
        Verdict::why(Effect::Read, KNOWN)
    }
}

/// The words that are no options, and no values of the options kubectl and its plugins share.
fn operands<'a>(words: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let mut out = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word {
            [b'-', b'-', name @ ..] if !name.is_empty() => {
                if !name.contains(&b'=') && kubectl().takes_word(name) == Some(true) {
                    rest.next();
                }
            }
            [b'-', letter] => {
                if matches!(letter, b'n' | b'o' | b'l' | b's') {
                    rest.next();
                }
            }
            [b'-', _, ..] => {}
            word => out.push(*word),
        }
        if out.len() > 1 {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::engine::classify::classify;
    use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};

    #[test]
    fn rows() {
        let rows: &[(Effect, &str)] = &[
            (Read, "ctx"),
            (Read, "ctx prod"),
            (Read, "ctx -"),
            (Disrupt, "ctx -d prod"),
            (Mutate, "ctx new=old"),
            (Read, "ns shop"),
            (Read, "neat get -- pod x"),
            (Read, "tree deploy web -n shop"),
            (Read, "who-can delete pods"),
            (Read, "who_can delete pods"),
            (Read, "view-secret db password"),
            (Destroy, "sudo delete ns shop"),
            (Destroy, "sudo sudo delete ns shop"),
            (Read, "sudo get pods"),
            (Unknown, "sudo apply -f x.yaml"),
            (Unknown, "sudo frobnicate"),
            (Read, "cnpg status main"),
            (Read, "cnpg -n shop status main"),
            (Read, "cnpg --namespace shop status main"),
            (Destroy, "cnpg destroy main 2"),
            (Destroy, "cnpg -n shop destroy main 2"),
            (Destroy, "cnpg --context=prod destroy main 2"),
            (Disrupt, "cnpg promote main 2"),
            (Disrupt, "cnpg fencing on main '*'"),
            (Mutate, "cnpg fencing off main '*'"),
            (Mutate, "cnpg backup main"),
            (Read, "cnpg"),
            (Read, "cnpg destroy --help"),
            (Unknown, "cnpg frobnicate main"),
            (Read, "argo rollouts get rollout web"),
            (Disrupt, "argo rollouts abort web"),
            (Disrupt, "argo rollouts undo web -n shop"),
            (Unknown, "argo frobnicate"),
            (Mutate, "krew install ctx"),
            (Destroy, "velero backup delete nightly"),
            (Disrupt, "node-shell n1"),
            (Unknown, "frobnicate"),
            (Unknown, "frobnicate get pods"),
            // kubectl refuses flags before a plugin's name.
            (Unknown, "-n shop tree deploy web"),
        ];
        let effect = |line: &str| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            classify(b"kubectl", &words).effect
        };
        let wrong: Vec<String> = rows
            .iter()
            .filter(|(want, line)| effect(line) != *want)
            .map(|(want, line)| format!("{want} expected, {} given: {line}", effect(line)))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn many_plugins_inside_each_other_end() {
        let words: Vec<&[u8]> = [&b"sudo"[..]].repeat(100_000);
        assert_eq!(classify(b"kubectl", &words).effect, Read);
    }
}
