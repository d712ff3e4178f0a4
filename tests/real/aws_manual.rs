//! The blocks of the manual that need an account, run against the AWS CLI and moto as they stand.

use crate::support::aws_stage::Scene;
use crate::support::manual::{Kind, pages, play};
use std::path::Path;

#[test]
fn what_is_typed_does_what_the_manual_says() {
    let Some(s) = Scene::new("manual") else { return };
    s.small_stack("app");
    s.small_stack("preview-42");
    let guard = Path::new(env!("CARGO_BIN_EXE_guard")).parent().unwrap();
    let run = |script: &str| {
        let mut command = s.stage.command("/bin/bash", &["-c", script]);
        command.env("PATH", format!("{}:{}", s.stage.path(), guard.display()));
        s.stage.alone(command, b"")
    };
    let write = |name: &str, text: &str| drop(s.stage.file(name, text));
    let mut played = 0;
    for page in pages().0.iter().filter(|page| page.blocks.iter().any(|b| b.kind == Kind::Run("aws"))) {
        played += play(page, "aws", &run, &write).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
    assert!(played > 0);
    assert!(
        s.has_stack("app") && !s.has_stack("preview-42"),
        "what was refused is there, what was confirmed is gone"
    );
}
