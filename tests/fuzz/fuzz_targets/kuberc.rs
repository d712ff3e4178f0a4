//! Any bytes as kubectl's preferences, then words after the first NUL byte: what was typed comes through whole.
#![no_main]
use guard::engine::kube::kuberc::expand;
use guard::engine::kube::kubectl::TABLE;
use guard::family::kube::resolve::kuberc::load;
use guard::world::World;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|b| *b == 0);
    let text = parts.next().unwrap_or_default();
    let words: Vec<&[u8]> = parts.collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, text).unwrap();
    let world = World::of(&[("KUBERC", file.path().to_str().unwrap())], "/");
    let Ok(Some(loaded)) = load(&world, &[b"get"]) else { return };
    let expanded = expand(&TABLE, &loaded.kuberc, &words);
    let typed = if expanded.alias.is_none() { &words[..] } else { &[] };
    assert!(
        expanded.words.ends_with(&typed.iter().map(|w| std::borrow::Cow::Borrowed(*w)).collect::<Vec<_>>())
    );
    assert_eq!(expanded.is_changed(), expanded.words != words);
});
