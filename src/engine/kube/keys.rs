//! Labels and annotations given as words: which of them lift a protection of the field.

use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::verdict::Verdict;

/// A key that protects objects from deletion, and when a change lifts it.
struct Protection {
    key: &'static [u8],
    lifted: Lifted,
}

/// What lifts a protection.
enum Lifted {
    /// The key removed, or any value but these.
    Without(&'static [&'static [u8]]),
    /// One of these values set.
    With(&'static [&'static [u8]]),
    /// Any value set.
    Set,
}

/// Sources: the projects' own documentation of each key.
const PROTECTIONS: &[Protection] = &[
    Protection { key: b"helm.sh/resource-policy", lifted: Lifted::Without(&[b"keep"]) },
    Protection {
        key: b"argocd.argoproj.io/sync-options",
        lifted: Lifted::Without(&[b"Delete=false,Prune=false", b"Prune=false,Delete=false"]),
    },
    Protection { key: b"kustomize.toolkit.fluxcd.io/prune", lifted: Lifted::Without(&[b"disabled"]) },
    Protection { key: b"kapp.k14s.io/delete-strategy", lifted: Lifted::Without(&[b"orphan"]) },
    Protection {
        key: b"policy.kruise.io/delete-protection",
        lifted: Lifted::Without(&[b"Always", b"Cascading"]),
    },
    Protection { key: b"confirmation.gardener.cloud/deletion", lifted: Lifted::With(&[b"true", b"1"]) },
    Protection { key: b"delete-date", lifted: Lifted::Set },
    Protection { key: b"delete-clustername", lifted: Lifted::Set },
    Protection { key: b"rook.io/force-deletion", lifted: Lifted::Set },
    Protection { key: b"cnrm.cloud.google.com/deletion-policy", lifted: Lifted::Without(&[b"abandon"]) },
    Protection { key: b"services.k8s.aws/deletion-policy", lifted: Lifted::Without(&[b"retain"]) },
    Protection { key: b"mongodb.com/atlas-resource-policy", lifted: Lifted::Without(&[b"keep"]) },
    Protection { key: b"karpenter.sh/do-not-disrupt", lifted: Lifted::Without(&[b"true"]) },
    Protection {
        key: b"cluster-autoscaler.kubernetes.io/safe-to-evict",
        lifted: Lifted::Without(&[b"false"]),
    },
];

/// Said of a change that lifts a protection.
pub(in crate::engine) const LIFTS: &str = "lifts a protection against deletion";

/// Whether a word of `label` or `annotate` is a change rather than an object (`GetResourcesAndPairs` in
/// `pkg/cmd/util/helpers.go`): `KEY=VALUE` or `KEY-`.
pub(in crate::engine) fn is_change(word: &[u8]) -> bool {
    word.iter().position(|b| *b == b'=').is_some_and(|at| at > 0) || (word.ends_with(b"-") && word != b"-")
}

/// Whether a change lifts a known protection. A protection that is set or renewed does not count.
pub(in crate::engine) fn lifts(change: &[u8]) -> bool {
    let (key, value) = match change.iter().position(|b| *b == b'=') {
        Some(at) => (change.get(..at).unwrap_or(&[]), change.get(at + 1..)),
        None => (change.strip_suffix(b"-").unwrap_or(change), None),
    };
    PROTECTIONS.iter().filter(|p| p.key == key).any(|p| match (&p.lifted, value) {
        (Lifted::Without(_), None) => true,
        (Lifted::Without(kept), Some(value)) => !kept.contains(&value),
        (Lifted::With(values), Some(value)) => values.contains(&value),
        (Lifted::Set, Some(_)) => true,
        (Lifted::With(_) | Lifted::Set, None) => false,
    })
}

/// Judges the changes of one `label` or `annotate`.
pub(in crate::engine) fn judge(parsed: &Parsed<'_>, verdict: &mut Verdict) {
    let mut changes = parsed.args.iter().filter(|(_, arg)| is_change(arg)).peekable();
    if changes.peek().is_none() && parsed.on("list") {
        *verdict = Verdict::why(Effect::Read, "only lists");
        return;
    }
    if changes.any(|(_, change)| lifts(change)) {
        verdict.content = true;
        verdict.raise(Effect::Disrupt, LIFTS);
    }
}

#[cfg(test)]
mod tests {
    use super::{LIFTS, lifts};
    use crate::engine::classify::classify;
    use crate::engine::effect::Effect;

    #[test]
    fn lifting_disrupts_by_words_and_says_why() {
        for line in [
            "annotate pvc data helm.sh/resource-policy-",
            "annotate --overwrite sts db karpenter.sh/do-not-disrupt=false",
            "label sts db policy.kruise.io/delete-protection-",
            "annotate shoot x confirmation.gardener.cloud/deletion=true",
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let verdict = classify(b"kubectl", &words);
            assert_eq!(
                (verdict.effect, verdict.because.as_slice()),
                (Effect::Disrupt, &[LIFTS][..]),
                "{line}"
            );
        }
    }

    #[test]
    fn removing_or_weakening_lifts_and_setting_does_not() {
        for change in [
            "policy.kruise.io/delete-protection-",
            "policy.kruise.io/delete-protection=Never",
            "confirmation.gardener.cloud/deletion=true",
            "helm.sh/resource-policy-",
            "argocd.argoproj.io/sync-options=Prune=true",
            "rook.io/force-deletion=true",
            "cluster-autoscaler.kubernetes.io/safe-to-evict=true",
        ] {
            assert!(lifts(change.as_bytes()), "{change}");
        }
        for change in [
            "policy.kruise.io/delete-protection=Always",
            "confirmation.gardener.cloud/deletion-",
            "helm.sh/resource-policy=keep",
            "argocd.argoproj.io/sync-options=Delete=false,Prune=false",
            "app=y",
            "app-",
        ] {
            assert!(!lifts(change.as_bytes()), "{change}");
        }
    }
}
