//! A mistyped service or operation: the AWS CLI will say that it does not know it, and nothing needs to be asked.

use crate::engine::aws::Hit;
use crate::run::child;
use crate::world::World;
use std::path::Path;
use std::time::Duration;

/// So long the CLI may take to say which there are; then it counts as one that knows the word.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the AWS CLI itself does not know the service or the operation.
///
/// It is asked with an operation that nobody has, and answers with the list of those there are; a version that gives no
/// list has said nothing. The word in question is never run: in a newer CLI it may be an operation.
pub(super) fn is_unknown_to(tool: &Path, hit: &Hit, world: &World) -> bool {
    let plain = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let operation = hit.operation.split(' ').next().unwrap_or_default();
    if !plain(&hit.service) || !(operation.is_empty() || plain(operation)) {
        return false;
    }
    let lists = |words: &[&str], wanted: &str| -> Option<bool> {
        let mut asked = child::command(tool, world);
        asked.args(words);
        let output = child::wait(asked, None, PATIENCE).ok()?;
        let text = String::from_utf8_lossy(&output.err).into_owned();
        let (_, choices) = text.split_once("valid choices are:")?;
        let mut choices =
            choices.split(|c: char| c == '|' || c.is_whitespace()).filter(|w| !w.is_empty()).peekable();
        choices.peek()?;
        Some(!output.ok && choices.any(|c| c == wanted))
    };
    match lists(&[NOBODYS], &hit.service) {
        Some(false) => true,
        Some(true) if !operation.is_empty() => lists(&[&hit.service, NOBODYS], operation) == Some(false),
        _ => false,
    }
}

/// A word that no tool has for a command.
const NOBODYS: &str = "guard-asks-which-there-are";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_operation_is_looked_for_among_those_the_cli_lists() {
        let dir = tempfile::tempdir().unwrap();
        let tool = dir.path().join("aws");
        let script = format!(
            "#!/bin/sh\ncase \"$1 $2\" in\n'{NOBODYS} ') list='ec2 | s3';;\n'ec2 {NOBODYS}') list='describe-instances      | run-instances';;\n*) echo RAN >&2; exit 0;;\nesac\necho \"aws: error: argument operation: Invalid choice, valid choices are:\" >&2\necho >&2\necho \"$list\" >&2\nexit 2\n"
        );
        fs::write(&tool, script).unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        let world = World::of(&[("PATH", "/usr/bin:/bin")], "/");
        let is_typo = |service: &str, operation: &str| {
            let hit = Hit { service: service.into(), operation: operation.into(), ..Hit::default() };
            is_unknown_to(&tool, &hit, &world)
        };
        assert!(is_typo("ec2", "describ-instances"));
        assert!(is_typo("ec", "describe-instances"));
        assert!(!is_typo("ec2", "run-instances"));
        assert!(!is_typo("ec2", "--help"), "nothing that could be an option is handed over");
        assert!(!is_typo("s3", "ls"), "no list, no answer");
    }
}
