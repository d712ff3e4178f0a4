//! What the files of a kubectl command hold.

use crate::engine::fact::Why;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::impact::Impact;
use crate::engine::kube::KubeTarget;
use crate::engine::kube::documents::Documents;
use crate::engine::kube::reach;
use crate::family::kube::inputs::{Inputs, Loose};

/// Everything the command's files hold, and what of it could not be read.
pub(super) fn of(inputs: &Inputs) -> Documents {
    let mut documents = Documents::default();
    for manifest in inputs.manifests() {
        if manifest.patch {
            documents.patches.push(manifest.bytes.clone());
        } else {
            documents.add(&manifest.name, &manifest.bytes);
        }
    }
    for loose in inputs.loose() {
        let (Loose::Kustomize(text) | Loose::Url(text) | Loose::Pattern(text)) = loose;
        let why = match loose {
            Loose::Url(_) => "not fetched before the answer",
            Loose::Kustomize(_) | Loose::Pattern(_) => "not read before the answer",
        };
        let what = text.to_string_lossy().into_owned();
        documents.leave(what, Why::Failed(why.to_owned()), matches!(loose, Loose::Url(_)));
    }
    documents
}

/// Where the live system could not say what is hit, what the files name is shown: it may well be there.
pub(super) fn name_from_files(
    parsed: &Parsed<'_>,
    documents: &Documents,
    target: &KubeTarget,
    impact: &mut Impact,
) {
    for unread in &documents.unread {
        impact.gap(unread.what.clone(), unread.why.clone());
    }
    if reach::from_files(parsed)
        && impact.subjects.is_empty()
        && impact.subjects_total == 0
        && !impact.gaps.is_empty()
    {
        (impact.subjects, impact.subjects_total) = reach::subjects(documents, target, impact);
    }
}
