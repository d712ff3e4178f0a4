//! Any words, NUL-separated as in /proc/PID/cmdline: reading, judging and redacting them never panics.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let words: Vec<&[u8]> = data.split(|b| *b == 0).collect();
    assert_eq!(guard::engine::grammar::cobra::parse(&guard::engine::kube::kubectl::TABLE, &words).words, words);
    guard::engine::classify::classify(b"kubectl", &words);
    assert_eq!(
        guard::engine::classify::redact(&guard::engine::tool::KUBECTL, &words).len(),
        words.len()
    );
});
