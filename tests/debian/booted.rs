//! What tests on a real, running systemd share.

use crate::support::chroot::Root;
use serde_json::Value;

/// A booted system of this name; ends the test where there is none.
macro_rules! booted {
    ($name:literal) => {
        match Root::booted($name) {
            Some(root) => root,
            None => return,
        }
    };
}

pub(crate) use booted;

/// `guard check --json` inside.
pub fn check(root: &Root, line: &str) -> Value {
    let out = root.run(&format!("guard check --json -- {line}"));
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| {
        panic!(
            "{line}: {e}: {}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        )
    })
}

/// A list of texts.
pub fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}
