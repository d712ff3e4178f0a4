//! The blocks of the manual that take packages away, stop services or remove files, run in a Debian as they stand.

use crate::support::apt_stage::Bed;
use crate::support::manual::{Kind, pages, play};

#[test]
fn what_is_typed_does_what_the_manual_says() {
    let Some(bed) = Bed::whole("manual") else { return };
    bed.start("postgres");
    bed.start("redis");
    let run = |script: &str| {
        bed.root.write("/root/block.sh", script);
        bed.root.run("bash /root/block.sh")
    };
    let write = |name: &str, text: &str| bed.root.write(&format!("/root/{name}"), text);
    let mut played = 0;
    for page in pages().0.iter().filter(|page| page.blocks.iter().any(|b| b.kind == Kind::Run("debian"))) {
        played += play(page, "debian", &run, &write).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
    assert!(played > 0);
}
