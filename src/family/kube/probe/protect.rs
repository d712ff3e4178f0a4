//! Marks by which people and controllers protect an object.

use super::http::Meta;
use crate::engine::impact::Protection;

/// Where the mark stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Label,
    Annotation,
}

/// Key, where it stands, the values that count (none: every value), and what the mark does.
type Row = (&'static str, Place, &'static [&'static str], &'static str);

const MARKS: &[Row] = &[
    (
        "policy.kruise.io/delete-protection",
        Place::Label,
        &["Always", "Cascading"],
        "Kruise refuses the deletion",
    ),
    ("helm.sh/resource-policy", Place::Annotation, &["keep"], "Helm keeps it; kubectl does not look at it"),
    (
        "argocd.argoproj.io/sync-options",
        Place::Annotation,
        &["Delete=false", "Prune=false"],
        "Argo CD keeps it; kubectl does not look at it",
    ),
    (
        "kustomize.toolkit.fluxcd.io/prune",
        Place::Annotation,
        &["disabled"],
        "Flux keeps it; kubectl does not look at it",
    ),
    (
        "kapp.k14s.io/delete-strategy",
        Place::Annotation,
        &["orphan"],
        "kapp keeps it; kubectl does not look at it",
    ),
    (
        "confirmation.gardener.cloud/deletion",
        Place::Annotation,
        &["true"],
        "its deletion has been confirmed to Gardener",
    ),
    ("cnrm.cloud.google.com/deletion-policy", Place::Annotation, &["abandon"], "the cloud resource stays"),
    ("services.k8s.aws/deletion-policy", Place::Annotation, &["retain"], "the cloud resource stays"),
    ("mongodb.com/atlas-resource-policy", Place::Annotation, &["keep"], "the Atlas resource stays"),
    (
        "karpenter.sh/do-not-disrupt",
        Place::Annotation,
        &["true"],
        "Karpenter leaves it alone; kubectl does not look at it",
    ),
    (
        "cluster-autoscaler.kubernetes.io/safe-to-evict",
        Place::Annotation,
        &["false"],
        "the autoscaler leaves it alone; kubectl does not look at it",
    ),
    ("rook.io/force-deletion", Place::Annotation, &["true"], "Rook deletes it although it is in use"),
    ("delete-date", Place::Annotation, &[], "Zalando's operator lets it be deleted on that day"),
    (
        "delete-clustername",
        Place::Annotation,
        &[],
        "Zalando's operator lets the cluster of that name be deleted",
    ),
];

/// Finalizers that only delay a deletion until nothing uses the object; everything has them.
const ORDINARY: &[&str] = &[
    "kubernetes.io/pvc-protection",
    "kubernetes.io/pv-protection",
    "kubernetes",
    "foregroundDeletion",
    "orphan",
];

/// Namespaces the server itself keeps (`NamespaceLifecycle` admission).
pub const KEPT_NAMESPACES: &[&str] = &["default", "kube-system", "kube-public"];

/// The marks on one object.
pub fn marks(meta: &Meta) -> Vec<Protection> {
    let mut found = Vec::new();
    for (key, place, values, effect) in MARKS {
        let map = if *place == Place::Label { &meta.labels } else { &meta.annotations };
        let Some(value) = map.get(*key) else { continue };
        // Argo CD joins several options with commas.
        let counts = values.is_empty() || value.split(',').any(|v| values.contains(&v.trim()));
        if counts {
            found.push(Protection { what: format!("{key}={value}"), effect: (*effect).to_owned() });
        }
    }
    for finalizer in meta.finalizers.iter().filter(|f| is_telling(f)) {
        found.push(Protection {
            what: format!("finalizer {finalizer}"),
            effect: "the deletion waits for its controller".into(),
        });
    }
    found
}

/// Whether a finalizer says more than that the object may be in use.
pub fn is_telling(finalizer: &str) -> bool {
    !ORDINARY.contains(&finalizer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_where_they_belong() {
        let mut meta = Meta::default();
        meta.labels.insert("policy.kruise.io/delete-protection".into(), "Always".into());
        meta.labels.insert("helm.sh/resource-policy".into(), "keep".into());
        meta.annotations
            .insert("argocd.argoproj.io/sync-options".into(), "Validate=false, Prune=false".into());
        meta.annotations.insert("kapp.k14s.io/delete-strategy".into(), "other".into());
        meta.finalizers = vec!["kubernetes.io/pvc-protection".into(), "example.com/cleanup".into()];
        let whats: Vec<_> = marks(&meta).into_iter().map(|p| p.what).collect();
        assert_eq!(
            whats,
            [
                "policy.kruise.io/delete-protection=Always",
                "argocd.argoproj.io/sync-options=Validate=false, Prune=false",
                "finalizer example.com/cleanup",
            ]
        );
    }
}
