//! What of a work tree or a repository exists nowhere else, asked of the caller's own `git`.
//!
//! A repository is somebody's data, and git runs programs that it names: hooks, a file system monitor, filters for files, a way
//! to fetch what is missing (git-config(1)). All of these are switched off, git writes nothing and asks nobody; of a repository
//! that belongs to somebody else it refuses to answer by itself (`safe.directory`), which is a gap and no good news.

use crate::engine::fact::Why;
use crate::engine::files::scratch::is_made_again;
use crate::run::child::{self, Done};
use crate::run::{find, self_path};
use crate::world::World;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Switches that keep git from running anything, and from writing.
const QUIET: &[&str] = &[
    "--no-optional-locks",
    "--no-pager",
    "-c",
    "core.fsmonitor=",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.alternateRefsCommand=true",
    "-c",
    "protocol.allow=never",
    "-c",
    "submodule.recurse=false",
    "-c",
    "status.showUntrackedFiles=normal",
];

/// The caller's git.
pub(super) struct Git<'a> {
    program: PathBuf,
    world: &'a World,
    until: Instant,
}

/// What git says of the part of a work tree that would go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Below {
    /// Files that git keeps.
    pub tracked: u64,
    /// Files that are changed against what git keeps.
    pub changed: u64,
    /// Files or directories that git was never told about.
    pub untracked: u64,
    /// What git is told to ignore, and no build makes again.
    pub ignored: u64,
}

impl Below {
    /// Whether git has all of it.
    pub fn is_kept(&self) -> bool {
        self.tracked > 0 && self.changed + self.untracked + self.ignored == 0
    }

    /// What it has not, in words.
    pub fn told(&self) -> Vec<String> {
        let some = [(self.changed, "changed"), (self.untracked, "untracked"), (self.ignored, "ignored")];
        some.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect()
    }
}

/// What a whole repository has that no other place has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OnlyHere {
    /// Its work tree; changes that are in no commit.
    pub tree: Below,
    /// Commits that are on no remote, as of the last push or fetch.
    pub commits: u64,
    /// Stashed changes.
    pub stashes: u64,
    /// There is no remote at all.
    pub alone: bool,
}

impl OnlyHere {
    /// Whether all of it can be had again.
    pub fn is_elsewhere(&self) -> bool {
        let Below { changed, untracked, ignored, .. } = self.tree;
        !self.alone && self.commits + self.stashes + changed + untracked + ignored == 0
    }

    /// What cannot, in words.
    pub fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        if self.alone {
            told.push("no remote has any of it".to_owned());
        } else if self.commits > 0 {
            told.push(format!("{} commits on no remote", self.commits));
        }
        if self.stashes > 0 {
            told.push(format!("{} stashed", self.stashes));
        }
        told.extend(self.tree.told());
        told
    }
}

impl<'a> Git<'a> {
    /// The one on the caller's PATH.
    pub fn find(world: &'a World, until: Instant) -> Option<Git<'a>> {
        let program = find::find(b"git", world.var("PATH"), &self_path::selves()).ok()?;
        Some(Git { program, world, until })
    }

    /// Which of these paths of a work tree git is told to ignore, and keeps nothing of.
    pub fn ignored(&self, tree: &Path, paths: &[&Path]) -> Result<HashSet<PathBuf>, Why> {
        let mut input = Vec::new();
        for path in paths {
            input.extend_from_slice(path.as_os_str().as_bytes());
            input.push(0);
        }
        let done = self.run(tree, &["check-ignore", "-z", "--stdin"], &[], Some(&input))?;
        // 1: none of them.
        if !matches!(done.code, Some(0 | 1)) {
            return Err(failed(&done));
        }
        let mut found: HashSet<PathBuf> = HashSet::new();
        for path in done.out.split(|b| *b == 0).filter(|path| !path.is_empty()) {
            let path = PathBuf::from(OsString::from_vec(path.to_vec()));
            if self.tracked(tree, &path)? == 0 {
                found.insert(path);
            }
        }
        Ok(found)
    }

    fn tracked(&self, tree: &Path, path: &Path) -> Result<u64, Why> {
        let done = self.asked(tree, &["ls-files", "-z", "--"], &[path.as_os_str()])?;
        Ok(done.out.iter().filter(|b| **b == 0).count() as u64)
    }

    /// What git has of the part of a work tree at this path. With `staged` what was only added counts as changed: where the
    /// repository goes as well.
    pub fn below(&self, tree: &Path, path: &Path, staged: bool) -> Result<Below, Why> {
        let filters = self.filters(tree)?;
        let mut args: Vec<&OsStr> =
            filters.iter().flat_map(|set| [OsStr::new("-c"), set.as_os_str()]).collect();
        let status = [
            "status",
            "--porcelain=v1",
            "-z",
            "--ignored=traditional",
            "--untracked-files=normal",
            "--ignore-submodules=all",
            "--no-renames",
            "--",
        ];
        args.extend(status.iter().map(OsStr::new));
        args.push(path.as_os_str());
        let done = self.asked(tree, &[], &args)?;
        let mut below = Below { tracked: self.tracked(tree, path)?, ..Below::default() };
        for line in done.out.split(|b| *b == 0) {
            match line {
                [b'?', b'?', b' ', ..] => below.untracked += 1,
                [b'!', b'!', b' ', name @ ..] => {
                    let name = name.strip_suffix(b"/").unwrap_or(name);
                    let last = name.rsplit(|b| *b == b'/').next().unwrap_or(name);
                    below.ignored += u64::from(!is_made_again(last));
                }
                // What was deleted is not there to be lost.
                [index, tree, b' ', ..] => {
                    let changed = !matches!(tree, b' ' | b'D') || (staged && !matches!(index, b' ' | b'D'));
                    below.changed += u64::from(changed);
                }
                _ => {}
            }
        }
        Ok(below)
    }

    /// What a repository has that no other place has, if it goes together with everything below `top`.
    pub fn only_here(&self, dir: &Path, top: &Path) -> Result<OnlyHere, Why> {
        let bare = fs::symlink_metadata(dir.join(".git")).is_err();
        let mut only = OnlyHere::default();
        if !bare {
            only.tree = self.below(dir, dir, true)?;
        }
        // A linked work tree has its commits in a repository that stays.
        let done = self.asked(dir, &["rev-parse", "--path-format=absolute", "--git-common-dir"], &[])?;
        let common = PathBuf::from(OsString::from_vec(done.out.trim_ascii_end().to_vec()));
        let common = fs::canonicalize(&common).unwrap_or(common);
        if !common.starts_with(top) {
            return Ok(only);
        }
        only.alone = !self.has_remote(dir, top)?;
        only.commits = self
            .number(dir, &["rev-list", "--count", "--exclude=refs/stash", "--all", "--not", "--remotes"])?;
        let stash = self.run(dir, &["rev-parse", "--quiet", "--verify", "refs/stash"], &[], None)?;
        if stash.ok {
            only.stashes = self.number(dir, &["rev-list", "--walk-reflogs", "--count", "refs/stash"])?.max(1);
        }
        Ok(only)
    }

    /// Whether some remote lies elsewhere than in what goes.
    fn has_remote(&self, dir: &Path, top: &Path) -> Result<bool, Why> {
        let done = self.run(dir, &["config", "-z", "--get-regexp", "^remote\\..*\\.url$"], &[], None)?;
        if !matches!(done.code, Some(0 | 1)) {
            return Err(failed(&done));
        }
        let mut urls = done.out.split(|b| *b == 0).filter_map(|entry| {
            let at = entry.iter().position(|b| *b == b'\n')?;
            entry.get(at + 1..)
        });
        Ok(urls.any(|url| {
            let path = url.strip_prefix(b"file://").unwrap_or(url);
            if path.starts_with(b"/") || path.starts_with(b".") {
                let path = dir.join(OsStr::from_bytes(path));
                return fs::canonicalize(path).is_ok_and(|real| !real.starts_with(top));
            }
            !url.is_empty()
        }))
    }

    fn number(&self, dir: &Path, args: &[&str]) -> Result<u64, Why> {
        let done = self.asked(dir, args, &[])?;
        let text = String::from_utf8_lossy(&done.out);
        text.trim().parse().map_err(|_| Why::Failed("git: not understood".to_owned()))
    }

    /// The filters that a repository, or the caller, has configured for its files, as settings that switch them off. A file
    /// that goes through one then counts as changed where git is not sure: never as kept.
    fn filters(&self, dir: &Path) -> Result<Vec<OsString>, Why> {
        let done =
            self.run(dir, &["config", "-z", "--name-only", "--get-regexp", "^filter\\."], &[], None)?;
        if !matches!(done.code, Some(0 | 1)) {
            return Err(failed(&done));
        }
        let mut off: Vec<OsString> = Vec::new();
        for name in done.out.split(|b| *b == 0).filter(|name| !name.is_empty()) {
            let Some(dot) = name.iter().rposition(|b| *b == b'.') else { continue };
            let driver = name.get(..dot).unwrap_or_default();
            if driver.contains(&b'=') {
                return Err(Why::Failed("git: a filter of an odd name".to_owned()));
            }
            for (key, value) in [("clean", ""), ("smudge", ""), ("process", ""), ("required", "false")] {
                let set = [driver, b".", key.as_bytes(), b"=", value.as_bytes()].concat();
                let set = OsString::from_vec(set);
                if !off.contains(&set) {
                    off.push(set);
                }
            }
        }
        Ok(off)
    }

    fn asked(&self, dir: &Path, args: &[&str], more: &[&OsStr]) -> Result<Done, Why> {
        let done = self.run(dir, args, more, None)?;
        if !done.ok {
            return Err(failed(&done));
        }
        // What was cut was not all.
        if done.out.len() >= child::LARGEST { Err(Why::Failed("git: too much".to_owned())) } else { Ok(done) }
    }

    fn run(&self, dir: &Path, args: &[&str], more: &[&OsStr], input: Option<&[u8]>) -> Result<Done, Why> {
        let mut command = child::command(&self.program, self.world);
        // The caller's variables may mean another repository; and by SUDO_UID git would take that of the user behind sudo for
        // root's own.
        for (name, _) in self.world.vars() {
            if name.as_bytes().starts_with(b"GIT_") {
                command.env_remove(name);
            }
        }
        // What only reads lists of names may go by that user's word.
        if !matches!(args.first(), Some(&("check-ignore" | "ls-files"))) {
            command.env_remove("SUDO_UID").env_remove("SUDO_GID");
        }
        command.envs([("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("GIT_NO_LAZY_FETCH", "1")]);
        command.env("LC_ALL", "C").args(QUIET).arg("-C").arg(dir).args(args).args(more);
        let left = self.until.saturating_duration_since(Instant::now());
        if left < Duration::from_millis(1) {
            return Err(Why::TimedOut);
        }
        child::wait(command, input, left)
    }
}

/// The first line of what git says about it.
fn failed(done: &Done) -> Why {
    let text = String::from_utf8_lossy(&done.err);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no answer");
    let line = line.strip_prefix("fatal: ").unwrap_or(line);
    Why::Failed(format!("git: {}", line.chars().take(120).collect::<String>()))
}

/// The work tree that holds a path; `None` when there is none, or the path lies in the repository's own directory.
pub(super) fn tree_of(path: &Path) -> Option<PathBuf> {
    if path.components().any(|part| part.as_os_str() == ".git") {
        return None;
    }
    path.ancestors().skip(1).find(|dir| fs::symlink_metadata(dir.join(".git")).is_ok()).map(Path::to_owned)
}

#[cfg(test)]
mod tests;
