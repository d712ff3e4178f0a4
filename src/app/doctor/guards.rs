//! Which guard is the one that `guard` starts, where several are installed: by a package, by cargo, by a script.

use super::report::Check;
use super::{Site, candidates, shown};
use crate::engine::escape::escape;
use crate::shim::{ask, links};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const NAME: &str = "guard on PATH";

/// One file that `guard` on PATH may be.
struct Found {
    /// Its name on PATH.
    path: PathBuf,
    /// The file behind it.
    file: PathBuf,
    /// What it says it is; `None` when it is no guard or does not answer.
    version: Option<String>,
}

impl Found {
    fn described(&self) -> String {
        match &self.version {
            Some(version) => format!("{} ({})", shown(&self.path), escape(version.as_bytes())),
            None => format!("{} (does not say its version)", shown(&self.path)),
        }
    }
}

/// Nothing where there is one guard or none.
pub(super) fn checks(site: &Site<'_>) -> Vec<Check> {
    let mut found: Vec<Found> = Vec::new();
    let mut other = None;
    for path in candidates(site.world, "guard") {
        let file = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if found.iter().any(|known| known.file == file) {
            continue;
        }
        if links::is_guard(&path) {
            found.push(Found { version: version(&path, site.patience), path, file });
        } else if found.is_empty() && other.is_none() {
            other = Some(path);
        }
    }
    // Other programs have the name, too: one for Ruby projects, for example.
    let foreign = other.map(|path| {
        let text = format!("`guard` is {}, another program of that name", shown(&path));
        let help = match found.first() {
            Some(own) => format!("put {} before it on PATH", shown(own.path.parent().unwrap_or(&own.path))),
            None => "put the directory of this guard before it on PATH".to_owned(),
        };
        Check::warn(NAME, text, help)
    });
    foreign.into_iter().chain(several(&found, lead_to(site).as_deref())).collect()
}

/// `shim` is the file that the tools' links lead to.
fn several(found: &[Found], shim: Option<&Path>) -> Option<Check> {
    let (first, behind) = found.split_first()?;
    if behind.is_empty() {
        return None;
    }
    let others: Vec<String> = behind.iter().map(Found::described).collect();
    let mut text = format!("`guard` is {}; behind it: {}", first.described(), others.join(", "));
    if let Some(shim) = shim {
        text.push_str(&format!("; the tools' links lead to {}", shown(shim)));
    }
    if behind.iter().all(|other| other.version == first.version) {
        return Some(Check::ok(NAME, text));
    }
    let help = "keep one of them: remove the other with what installed it (apt, cargo uninstall guard, install.sh --undo), \
                open a new shell, and run `guard install`";
    Some(Check::warn(NAME, text, help))
}

fn lead_to(site: &Site<'_>) -> Option<PathBuf> {
    let link = site.tools.iter().map(|tool| site.dir.join(tool));
    link.filter(|link| links::place(link) == links::Place::Ours).find_map(|link| fs::canonicalize(link).ok())
}

fn version(path: &Path, patience: Duration) -> Option<String> {
    let mut command = Command::new(path);
    command.arg("--version");
    let (said, ended) = ask::ask(command, patience);
    if ended != ask::Ended::Itself(Some(0)) {
        return None;
    }
    Some(said.lines().next()?.strip_prefix("guard ")?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    fn found(path: &str, version: Option<&str>) -> Found {
        Found { path: path.into(), file: path.into(), version: version.map(str::to_owned) }
    }

    #[test]
    fn one_guard_is_nothing_to_speak_of() {
        assert!(several(&[], None).is_none());
        assert!(several(&[found("/usr/bin/guard", Some("1.0.0"))], None).is_none());
    }

    #[test]
    fn the_first_wins_and_another_version_is_a_warning() {
        let cargo = || found("/root/.cargo/bin/guard", Some("0.9.0"));
        let check =
            several(&[cargo(), found("/usr/bin/guard", Some("1.0.0"))], Some(Path::new("/s"))).unwrap();
        assert_eq!(check.status, Status::Warn);
        assert_eq!(
            check.text,
            "`guard` is /root/.cargo/bin/guard (0.9.0); behind it: /usr/bin/guard (1.0.0); the tools' links lead to /s"
        );
        let same = several(&[cargo(), found("/usr/bin/guard", Some("0.9.0"))], None).unwrap();
        assert_eq!(same.status, Status::Ok);
        let silent = several(&[cargo(), found("/usr/bin/guard", None)], None).unwrap();
        assert_eq!(silent.status, Status::Warn);
        assert!(silent.text.contains("does not say its version"));
    }
}
