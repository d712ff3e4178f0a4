//! Escaped text has nothing left to escape but its own backslashes, and no two inputs look the same.
#![no_main]
use guard::engine::escape::escape;

libfuzzer_sys::fuzz_target!(|parts: (&[u8], &[u8])| {
    let (one, other) = (escape(parts.0), escape(parts.1));
    assert_eq!(escape(one.as_bytes()), one.replace('\\', "\\\\"));
    assert!(!one.chars().any(char::is_control));
    assert_eq!(one == other, parts.0 == parts.1);
});
