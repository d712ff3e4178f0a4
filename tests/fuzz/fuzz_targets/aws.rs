//! Any words, NUL-separated as in /proc/PID/cmdline, and an alias file in front of them: reading, judging, expanding and
//! redacting them never panics, and no word is lost.
#![no_main]

use guard::engine::aws::{Documents, alias, classify_with, documents, grammar, hit, redact};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut words: Vec<&[u8]> = data.split(|b| *b == 0).collect();
    let file = String::from_utf8_lossy(words.remove(0)).into_owned();
    for major in [1, 2] {
        assert_eq!(grammar::parse(&words, major).words, words);
    }
    let mut read = Documents::none();
    for uri in documents::wanted(&words) {
        read.insert(uri, Ok(file.clone().into_bytes()));
    }
    classify_with(&words, &read);
    hit(&words, &read);
    assert_eq!(redact(&words).len(), words.len());
    if let Ok(aliases) = alias::Aliases::parse(&file) {
        alias::expand(&aliases, &words, None);
    }
});
