//! Any text as a command line: read without a panic, and what stands before a line is never softened by it.
#![no_main]
use guard::engine::effect::Effect;
use guard::engine::line::judge_line;

libfuzzer_sys::fuzz_target!(|line: &[u8]| {
    let verdict = judge_line(line);
    assert!(verdict.guarded.is_none_or(|guarded| guarded <= verdict.effect));
    let after = judge_line(&[b"kubectl delete namespace shop\n", line].concat());
    assert_eq!((after.effect, after.guarded), (Effect::Destroy, Some(Effect::Destroy)));
});
