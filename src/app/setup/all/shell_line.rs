//! The line of a shell's start-up file that puts guard first on PATH.

use super::super::write;
use super::{Act, Edit, Plan, Step, at_home, read};
use crate::app::init::{self, StartUp};
use crate::engine::escape::escape;
use crate::fail::Result;
use crate::policy::files::shown;
use crate::shim::shells::{self, Start};
use crate::shim::{self, links};
use crate::world::World;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Stands behind every line that is written, so that it can be found again.
const MARK: &str = " # added by guard setup";
/// Every start-up file that a line may have been written to, below the home directory.
const FILES: [&str; 10] = [
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".profile",
    ".zshrc",
    ".config/fish/config.fish",
    ".config/nushell/config.nu",
    "Library/Application Support/nushell/config.nu",
    ".kshrc",
    ".mkshrc",
];

/// What a new shell of this user's says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct New {
    /// It finds `guard` by its name.
    pub(super) knows_guard: bool,
    /// A tool that is linked does not pass through guard there.
    pub(super) goes_past: bool,
}

/// Starts one and asks.
pub(super) fn ask_a_new_one(world: &World) -> New {
    let linked = shim::directory(world, None).map(|dir| links::linked(&dir)).unwrap_or_default();
    let tools: Vec<&str> = linked.first().copied().into_iter().collect();
    let said = world
        .set_var("SHELL")
        .map(PathBuf::from)
        .and_then(|shell| shells::inspect(world, &shell, Start::Interactive, &tools, PATIENCE).ok());
    let Some(said) = said else { return New::default() };
    New { knows_guard: said.knows_guard, goes_past: said.tools.iter().any(|tool| tool.answer.is_none()) }
}

/// How long it has to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What has to be added to which file. A file that has such a line, wherever it came from, is left alone, unless a new shell goes
/// past guard all the same.
pub(super) fn plans(world: &World, new: New) -> Result<Vec<Plan>> {
    let Some(shell) = world.set_var("SHELL").map(PathBuf::from) else {
        return Ok(vec![Plan::Cannot(
            "left     the shell's start-up file: SHELL is not set; see `guard init --help`".to_owned(),
        )]);
    };
    if !init::is_known(&shell) {
        let name = escape(shell.to_string_lossy().as_bytes());
        return Ok(vec![Plan::Cannot(format!(
            "left     the start-up file of {name}: see `guard init --help`"
        ))]);
    }
    // A new shell may find `guard` by its name, or not.
    let lines = init::start_up(world, &shell, new.knows_guard);
    lines.into_iter().filter_map(|line| plan(world, line, new).transpose()).collect()
}

fn plan(world: &World, line: StartUp, new: New) -> Result<Option<Plan>> {
    let Some(path) = at_home(world, &line.file) else { return Ok(None) };
    let old = read(&path)?;
    let works = line.sign == init::READS_BASHRC || !new.goes_past;
    if old.as_deref().is_some_and(|text| has(text, line.sign) && !undone(text, &line) && works) {
        return Ok(Some(Plan::Done(format!("present  the line in {}", shown(&path)))));
    }
    if let Some(why) = write::locked(&path) {
        let text = escape(line.text.as_bytes());
        return Ok(Some(Plan::Cannot(format!(
            "left     {}: {why}; it needs this line: {text}",
            shown(&path)
        ))));
    }
    let edit = Edit { new: Some(with(old.as_deref().unwrap_or(""), &line.text)), old, path };
    Ok(Some(Plan::Do(Step {
        what: format!("Add this line to {}", shown(&edit.path)),
        shown: edit.shown(),
        act: Act::Edit(edit),
    })))
}

/// Whether a line that counts has this in it.
fn has(text: &str, sign: &str) -> bool {
    text.lines().any(|line| line.contains(sign) && !line.trim_start().starts_with('#'))
}

/// Whether `PATH` is set behind a line that has ~/.bashrc read. Debian's ~/.profile does so for ~/bin; what stands in ~/.bashrc itself
/// is left as it is, and the first prompt tells.
fn undone(text: &str, line: &StartUp) -> bool {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let behind = lines.skip_while(|text| !text.contains(line.sign)).collect::<Vec<_>>();
    let last = behind.iter().rposition(|text| text.contains(line.sign)).unwrap_or_default();
    line.sign == init::READS_BASHRC && behind.iter().skip(last + 1).any(|text| text.contains("PATH="))
}

fn with(old: &str, line: &str) -> String {
    let end = match old.trim_end_matches('\n') {
        "" => "",
        // Its last line goes on in the next one.
        text if text.ends_with('\\') => "\n\n",
        _ if old.ends_with('\n') => "",
        _ => "\n",
    };
    format!("{old}{end}{line}{MARK}\n")
}

/// The files without the lines that were added.
pub(super) fn back(world: &World) -> Result<Vec<Edit>> {
    let mut edits = Vec::new();
    for path in FILES.iter().filter_map(|file| at_home(world, file)) {
        edits.extend(without(&path)?);
    }
    Ok(edits)
}

fn without(path: &Path) -> Result<Option<Edit>> {
    let Some(old) = read(path)? else { return Ok(None) };
    let kept: String = old.split_inclusive('\n').filter(|line| !line.trim_end().ends_with(MARK)).collect();
    Ok((kept != old).then(|| Edit {
        path: path.to_owned(),
        // A file that held nothing else was made for the line.
        new: (!kept.is_empty()).then_some(kept),
        old: Some(old),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_goes_on_with_path_reads_bashrc_once_more() {
        let line =
            StartUp { file: ".profile".to_owned(), text: ". ~/.bashrc".to_owned(), sign: init::READS_BASHRC };
        let debian = "if [ -n \"$BASH_VERSION\" ]; then\n. \"$HOME/.bashrc\"\nfi\nPATH=\"$HOME/bin:$PATH\"\n";
        assert!(has(debian, line.sign) && undone(debian, &line));
        assert!(!undone(&with(debian, &line.text), &line), "once");
        assert!(!undone("PATH=/x\n. ~/.bashrc\n# PATH=\n", &line));
    }

    #[test]
    fn a_line_is_added_once_and_taken_away_alone() {
        for old in ["", "a\n", "a", "a\n# guard init\n"] {
            let new = with(old, "eval \"$(guard init bash)\"");
            assert!(has(&new, "guard init") && !has(old, "guard init"), "{new}");
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("rc");
            std::fs::write(&path, &new).unwrap();
            let edit = without(&path).unwrap().unwrap();
            assert_eq!(edit.new.unwrap_or_default().trim_end(), old.trim_end());
            std::fs::write(&path, "eval \"$(guard init bash)\"\n").unwrap();
            assert!(without(&path).unwrap().is_none(), "a line that somebody wrote stays");
        }
    }
}
