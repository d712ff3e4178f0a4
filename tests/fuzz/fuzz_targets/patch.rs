//! Any bytes as a patch and as a manifest: a finding and its reason go together, and no text in front of a document
//! makes its loss pass as a plain change.
#![no_main]
use guard::engine::kube::content::{PatchKind, classify_manifest, classify_patch};
use guard::engine::effect::Effect;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for kind in [PatchKind::Strategic, PatchKind::Merge, PatchKind::Json] {
        let judged = classify_patch(kind, bytes);
        assert_eq!(judged.because.is_empty(), judged.effect == Effect::Mutate);
    }
    let after = [bytes, b"\n---\n{kind: Pod, metadata: {finalizers: []}}\n"].concat();
    assert!(classify_manifest(&after).effect() >= Effect::Unknown);
});
