//! A mistyped command is no plugin: kubectl will say that it does not know it, and nothing needs to be asked.

use crate::engine::grammar::cobra::Parsed;
use crate::run::child;
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
pub(super) fn is_unknown_to(tool: &Path, parsed: &Parsed<'_>, world: &World) -> bool {
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
