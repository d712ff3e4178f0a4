//! Any words, NUL-separated, the first the tool's name: reading, judging, naming and redacting them never panics.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let words: Vec<&[u8]> = data.split(|b| *b == 0).collect();
    let Some((tool, rest)) = words.split_first() else { return };
    let verdict = guard::engine::classify::classify_host(tool, rest);
    let named = guard::engine::packages::operands::named(tool, rest);
    assert!(verdict.is_some() || named.things.is_empty());
    assert_eq!(guard::engine::packages::redact(rest).len(), rest.len());
});
