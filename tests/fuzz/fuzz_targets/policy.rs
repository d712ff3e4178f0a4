//! Any text as a policy file: what a project may say its user may say too, and mistakes are shown without control
//! characters.
#![no_main]
use guard::engine::policy::Layer;
use guard::policy::parse;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let path = std::path::Path::new("policy.yaml");
    let read = [Layer::Project, Layer::User, Layer::System].map(|layer| parse(text, path, layer));
    assert!(read[0].is_err() || read[1].is_ok());
    for fail in read.iter().filter_map(|r| r.as_ref().err()) {
        assert!(!fail.to_string().contains(|c: char| c.is_control() && c != '\n'));
    }
});
