//! A mistyped command is no plugin: kubectl will say that it does not know it, and nothing needs to be asked.

use crate::engine::aws::Hit;
use crate::engine::grammar::cobra::Parsed;
use crate::probe::child;
use crate::world::World;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// So long the tool may take to say that it does not know a word; then it counts as one that does.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the tool itself does not know the first word, as a command of a newer version or as a plugin.
///
/// No plugin is started to find out: the tool is asked only when no file on PATH could be one (`kubectl-WORD…`, dashes
/// in the word written as underscores; kubectl `pkg/cmd/plugin.go`).
pub fn is_unknown_to(tool: &Path, parsed: &Parsed<'_>, world: &World) -> bool {
    let Some(word) = parsed.words.first().filter(|_| parsed.command.is_none()) else { return false };
    // Words with an underscore in front are entry points for programs, not something people mistype.
    let plain = word.first().is_some_and(u8::is_ascii_alphanumeric)
        && word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !plain || may_be_plugin(word, world) {
        return false;
    }
    let mut asked = child::command(tool, world);
    asked.arg(OsStr::from_bytes(word)).arg("--help");
    let Ok(output) = child::wait(asked, None, PATIENCE) else { return false };
    let refused = format!("unknown command \"{}\"", String::from_utf8_lossy(word));
    !output.ok && String::from_utf8_lossy(&output.err).contains(&refused)
}

/// Whether the AWS CLI itself does not know the service or the operation.
///
/// It is asked with an operation that nobody has, and answers with the list of those there are; a version that gives no
/// list has said nothing. The word in question is never run: in a newer CLI it may be an operation.
pub fn is_unknown_to_aws(tool: &Path, hit: &Hit, world: &World) -> bool {
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

/// Whether some file on PATH is named as a plugin for this word would be. A directory that cannot be read may hold one.
fn may_be_plugin(word: &[u8], world: &World) -> bool {
    let mut prefix = b"kubectl-".to_vec();
    prefix.extend(word.iter().map(|b| if *b == b'-' { b'_' } else { *b }));
    let Some(path) = world.var("PATH") else { return false };
    std::env::split_paths(path).any(|dir| match std::fs::read_dir(world.at(&dir)) {
        Ok(mut entries) => entries.any(|e| e.map_or(true, |e| e.file_name().as_bytes().starts_with(&prefix))),
        Err(e) => e.kind() != std::io::ErrorKind::NotFound && e.kind() != std::io::ErrorKind::NotADirectory,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::grammar::cobra::parse;
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
            is_unknown_to_aws(&tool, &hit, &world)
        };
        assert!(is_typo("ec2", "describ-instances"));
        assert!(is_typo("ec", "describe-instances"));
        assert!(!is_typo("ec2", "run-instances"));
        assert!(!is_typo("ec2", "--help"), "nothing that could be an option is handed over");
        assert!(!is_typo("s3", "ls"), "no list, no answer");
    }

    #[test]
    fn only_what_the_tool_refuses_is_a_typo() {
        let dir = tempfile::tempdir().unwrap();
        let tool = dir.path().join("kubectl");
        let script = "#!/bin/sh\n[ \"$1\" = new ] && exit 0\necho \"error: unknown command \\\"$1\\\" for \\\"kubectl\\\"\" >&2; exit 1\n";
        fs::write(&tool, script).unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.path().join("kubectl-view_secret"), "").unwrap();
        let path = format!("{}:/usr/bin:/bin:/nowhere", dir.path().display());
        let world = World::of(&[("PATH", &path)], "/");
        let table = &crate::engine::kube::kubectl::TABLE;
        let is_typo = |line: &str| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            is_unknown_to(&tool, &parse(table, &words), &world)
        };
        assert!(is_typo("gte pods"));
        assert!(!is_typo("new pods"), "a command of a newer version");
        assert!(!is_typo("view-secret x"), "a plugin");
        assert!(!is_typo("delete ns x"), "a built-in command");
        assert!(!is_typo("__gte pods"), "an entry point");
        assert!(!is_typo("-n x gte"), "kubectl looks for no plugin behind flags, and neither do we");
    }
}
