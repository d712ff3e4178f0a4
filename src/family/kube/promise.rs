//! The copy of manifests that is promised before something is deleted, and the milder way.

use super::Kube;
use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::impact::{Fate, Impact};
use crate::engine::tool;
use crate::family::judge::Outcome;
use crate::family::kube::probe;
use crate::family::promise::{Intent, Promise, VARIABLE, root, short, wish};
use crate::keep;

/// So many volumes are named in the milder way.
const NAMED: usize = 5;

impl Kube<'_> {
    /// Whether a copy is taken: of deletions that lose something.
    pub(super) fn promised(&mut self, impact: &Impact, outcome: &Outcome) -> Promise {
        let cx = self.cx;
        let loses = outcome.assessment.effect >= Effect::Destroy && impact.refused.is_none();
        if self.resolved.is_err() || !cx.options.probe || !loses || !probe::selection::deletes(&self.parsed) {
            return Promise::Nothing;
        }
        let wish = wish(cx.world);
        if wish == b"off" {
            return Promise::None(format!("{VARIABLE}=off"));
        }
        let Some(root) = root(cx.world) else {
            return Promise::None(
                "there is no place for it: neither XDG_STATE_HOME nor HOME is set".to_owned(),
            );
        };
        if !self.seen {
            let why =
                impact.gaps.first().map(|gap| format!(" ({}: {})", gap.what, gap.why)).unwrap_or_default();
            return Promise::None(format!("what goes could not be seen{why}"));
        }
        if let Some(why) = keep::store::unwritable(&root) {
            return Promise::None(why);
        }
        self.secrets = wish != b"no-secrets";
        let mut intent = Intent::new(root, cx.options, cx.world);
        let secrets = if self.secrets { "Secrets included" } else { "without Secrets" };
        let mut text = format!(
            "manifests of all that goes, {secrets}, are kept in {}; back with: {}",
            short(&intent.root, cx.world),
            intent.back()
        );
        if impact.data.iter().any(|d| d.fate != Fate::Kept) {
            text.push_str("; data in volumes is not in it");
        }
        intent.clauses.push(text);
        Promise::Copy(intent)
    }
}

/// The command that makes the volumes outlive their claims, for the same target as the caller's words.
pub(super) fn safer(parsed: &Parsed<'_>, impact: &Impact) -> Option<String> {
    if impact.erased_volumes.is_empty() {
        return None;
    }
    let mut words = vec![tool::KUBECTL.name.to_owned()];
    for flag in ["kubeconfig", "context", "cluster", "user", "server"] {
        let value = parsed.last(flag).filter(|v| !v.is_empty());
        words.extend(value.map(|v| format!("--{flag}={}", String::from_utf8_lossy(v))));
    }
    words.extend(["patch".to_owned(), "pv".to_owned()]);
    words.extend(impact.erased_volumes.iter().take(NAMED).cloned());
    words.push("-p".to_owned());
    words.push(r#"{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}"#.to_owned());
    let more = match impact.erased_volumes.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(", and the same for {n} more volumes"),
    };
    Some(format!("keep the data first: {}{more}", shell_words::join(&words)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::grammar::cobra::parse;
    use crate::engine::kube::kubectl::TABLE;

    #[test]
    fn the_milder_way_goes_to_the_same_target() {
        let words: Vec<&[u8]> = ["--context", "my prod", "delete", "pvc", "a"].map(str::as_bytes).to_vec();
        let parsed = parse(&TABLE, &words);
        let mut impact = Impact::default();
        assert_eq!(safer(&parsed, &impact), None);
        impact.erased_volumes = vec!["pv-1".into()];
        assert_eq!(
            safer(&parsed, &impact).unwrap(),
            "keep the data first: kubectl '--context=my prod' patch pv pv-1 -p '{\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}'"
        );
        impact.erased_volumes = (0..8).map(|i| format!("pv-{i}")).collect();
        assert!(safer(&parsed, &impact).unwrap().ends_with("the same for 3 more volumes"));
    }
}
