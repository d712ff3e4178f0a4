//! Any text as a policy file: a layer may say no less than the one below it, and mistakes are shown without control
//! characters.
#![no_main]
use guard::engine::policy::Layer;
use guard::policy::parse;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let path = std::path::Path::new("policy.yaml");
    let read = [Layer::Project, Layer::User, Layer::System].map(|layer| parse(text, path, layer));
    assert!(read.iter().map(Result::is_ok).is_sorted());
    for fail in read.iter().filter_map(|r| r.as_ref().err()) {
        assert!(!fail.to_string().contains(|c: char| c.is_control() && c != '\n'));
    }
});
