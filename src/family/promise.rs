//! The copy that is promised on the screen: whether there will be one, and where.

use super::call::Options;
use crate::audit;
use crate::engine::escape::escape;
use crate::fail::Fail;
use crate::keep;
use crate::world::World;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// `off`, `no-secrets` for copies without what not everybody may read, or `all` for large ones too.
pub const VARIABLE: &str = "GUARD_KEEP";

/// Whether a copy is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Promise {
    /// Nothing goes of which one would be taken.
    #[default]
    Nothing,
    /// There will be none, and why: said before the question.
    None(String),
    /// One will be taken if the command runs; if it then cannot be, the command does not run.
    Copy(Intent),
}

/// A copy that will be taken if the command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// What `guard restore` will take; empty where nothing is run and so nothing kept.
    pub id: String,
    /// The directory of all copies.
    pub root: PathBuf,
    /// What the screen says of it, a clause each.
    pub clauses: Vec<String>,
}

impl Promise {
    /// The copy that is promised.
    pub fn intent(&self) -> Option<&Intent> {
        match self {
            Promise::Copy(intent) => Some(intent),
            Promise::Nothing | Promise::None(_) => None,
        }
    }

    /// The clauses on the screen.
    pub fn clauses(&self) -> Vec<String> {
        match self {
            Promise::Nothing => Vec::new(),
            Promise::None(why) => vec![format!("NONE: {why}")],
            Promise::Copy(intent) => intent.clauses.clone(),
        }
    }
}

impl Intent {
    /// A copy below this directory. What is only looked at gets no id: nobody would find a copy by it.
    pub(super) fn new(root: PathBuf, options: Options, world: &World) -> Intent {
        let id = if options.runs {
            let random = audit::entropy();
            keep::new_id(jiff::Timestamp::now(), [random[0], random[1], random[2], random[3]])
        } else {
            String::new()
        };
        Intent { id, root, clauses: misread(world).into_iter().collect() }
    }

    /// How to get it back: by the id, which there is none of before a command is really run.
    pub(super) fn back(&self) -> String {
        if self.id.is_empty() {
            "guard restore, by the id it gets then".to_owned()
        } else {
            format!("guard restore {}", self.id)
        }
    }
}

/// What became of the copy, for the audit record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// The id of a copy that is there.
    pub id: Option<String>,
    /// How many objects are in it.
    pub objects: u64,
    /// What is not in it, or why there is none.
    pub missing: Vec<String>,
    /// Why the command must not run after all: a copy that was promised could not be taken.
    pub refuse: Option<Fail>,
    /// The signal that ended the copy: it ends guard as well, as soon as that is on record.
    pub interrupted: Option<i32>,
}

/// The directory of all copies: beside the audit log, for the same reasons.
pub fn root(world: &World) -> Option<PathBuf> {
    audit::default_path(world)?.parent().map(|dir| dir.join("kept"))
}

/// What the person wants kept, as the variable says.
pub(super) fn wish(world: &World) -> &[u8] {
    world.set_var(VARIABLE).map(OsStrExt::as_bytes).unwrap_or_default()
}

/// What is said of a wish that nobody understands: it counts as none, and a slip is to be seen before the answer.
fn misread(world: &World) -> Option<String> {
    const KNOWN: [&[u8]; 4] = [b"", b"off", b"no-secrets", b"all"];
    let wish = wish(world);
    let text = || format!("{VARIABLE}={} counts as not set: off, no-secrets and all are known", escape(wish));
    (!KNOWN.contains(&wish)).then(text)
}

/// A path as people write it: below their home by `~`.
pub fn short(path: &Path, world: &World) -> String {
    match world.home().and_then(|home| path.strip_prefix(home).ok().map(|rest| rest.to_owned())) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_the_wish_is_said() {
        for (value, said) in
            [("", false), ("off", false), ("no-secrets", false), ("all", false), ("no-secret", true)]
        {
            let world = World::of(&[(VARIABLE, value)], "/");
            assert_eq!(misread(&world).is_some(), said, "{value}");
        }
        assert!(misread(&World::of(&[], "/")).is_none());
    }
}
