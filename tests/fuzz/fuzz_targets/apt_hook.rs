//! What apt tells its hooks: never a panic, and no line that removes a package is lost on the way.
#![no_main]

use guard::engine::packages::hook::read;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let _ = read(text);
    // The same bytes behind a head that lets them be read as lines about packages.
    let whole = [b"VERSION 3\n\n", text, b"\np 1 amd64 none > - - none **REMOVE**\n"].concat();
    if let Ok(told) = read(&whole) {
        assert!(told.plan.removals().any(|gone| gone.name == "p"));
    }
});
