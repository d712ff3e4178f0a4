//! The copy that is promised on the screen: whether there will be one, of what, and where.

pub mod packages;

use super::call::How;
use crate::audit;
use crate::engine::assess::Assessment;
use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::impact::Impact;
use crate::engine::tool;
use crate::keep;
use crate::probe;
use crate::world::World;
use packages::Packages;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// `off`, or `no-secrets` for copies without Secrets.
pub const VARIABLE: &str = "GUARD_KEEP";
/// So many volumes are named in the milder way.
const NAMED: usize = 5;

/// A copy that will be taken if the command runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// What `guard restore` will take; empty where nothing is run and so nothing kept.
    pub id: String,
    /// The directory of all copies.
    pub root: PathBuf,
    /// What is copied.
    pub what: What,
}

/// What is copied, by family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Objects of a cluster.
    Kubernetes {
        /// Whether Secrets go in.
        secrets: bool,
    },
    /// Packages of a host.
    Apt(Box<Packages>),
}

impl Intent {
    /// How to get it back: by the id, which there is none of before a command is really run.
    fn back(&self) -> String {
        if self.id.is_empty() {
            "guard restore, by the id it gets then".to_owned()
        } else {
            format!("guard restore {}", self.id)
        }
    }
}

fn new_id() -> String {
    let random = audit::entropy();
    keep::new_id(jiff::Timestamp::now(), [random[0], random[1], random[2], random[3]])
}

/// The directory of all copies: beside the audit log, for the same reasons.
pub fn root(world: &World) -> Option<PathBuf> {
    audit::default_path(world)?.parent().map(|dir| dir.join("kept"))
}

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

impl Promise {
    /// Takes the id out of what is only looked at: nobody will find a copy by it.
    pub fn is_not_run(&mut self) {
        if let Promise::Copy(intent) = self {
            intent.id.clear();
        }
    }

    /// The copy that is promised.
    pub fn intent(&self) -> Option<&Intent> {
        match self {
            Promise::Copy(intent) => Some(intent),
            Promise::Nothing | Promise::None(_) => None,
        }
    }
}

/// Whether a copy is taken: of deletions that lose something. `seen` says that the live system named what goes.
pub fn intend(
    parsed: &Parsed<'_>,
    impact: &Impact,
    assessment: &Assessment,
    seen: bool,
    how: How,
    world: &World,
) -> Promise {
    let loses = assessment.effect >= Effect::Destroy && impact.refused.is_none();
    if !how.probe || !loses || !probe::aim::deletes(parsed) {
        return Promise::Nothing;
    }
    let wish = world.set_var(VARIABLE).map(|v| v.as_bytes()).unwrap_or_default();
    if wish == b"off" {
        return Promise::None(format!("{VARIABLE}=off"));
    }
    let Some(root) = root(world) else {
        return Promise::None("there is no place for it: neither XDG_STATE_HOME nor HOME is set".to_owned());
    };
    if !seen {
        let why = impact.gaps.first().map(|gap| format!(" ({}: {})", gap.what, gap.why)).unwrap_or_default();
        return Promise::None(format!("what goes could not be seen{why}"));
    }
    if let Some(why) = keep::store::unwritable(&root) {
        return Promise::None(why);
    }
    let what = What::Kubernetes { secrets: wish != b"no-secrets" };
    Promise::Copy(Intent { id: new_id(), root, what })
}

/// The clauses on the screen.
pub fn clauses(promise: &Promise, impact: &Impact, world: &World) -> Vec<String> {
    let intent = match promise {
        Promise::Nothing => return Vec::new(),
        Promise::None(why) => return vec![format!("NONE: {why}")],
        Promise::Copy(intent) => intent,
    };
    let secrets = match &intent.what {
        What::Kubernetes { secrets } => *secrets,
        What::Apt(packages) => return packages::clauses(intent, packages, world),
    };
    let secrets = if secrets { "Secrets included" } else { "without Secrets" };
    let mut text = format!(
        "manifests of all that goes, {secrets}, are kept in {}; back with: {}",
        short(&intent.root, world),
        intent.back()
    );
    if impact.data.iter().any(|d| d.fate != crate::engine::impact::Fate::Kept) {
        text.push_str("; data in volumes is not in it");
    }
    vec![text]
}

/// A path as people write it: below their home by `~`.
pub fn short(path: &std::path::Path, world: &World) -> String {
    match world.home().and_then(|home| path.strip_prefix(home).ok().map(|rest| rest.to_owned())) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

/// The command that makes the volumes outlive their claims, for the same target as the caller's words.
pub fn safer(parsed: &Parsed<'_>, impact: &Impact) -> Option<String> {
    if impact.erased_volumes.is_empty() {
        return None;
    }
    let mut words = vec![tool::KUBECTL.name.to_owned()];
    for flag in ["kubeconfig", "context", "cluster", "user", "server"] {
        let value = parsed.last(flag).filter(|v| !v.is_empty());
        words.extend(value.map(|v| format!("--{flag}={}", String::from_utf8_lossy(v))));
    }
    words.extend(["patch".to_owned(), "pv".to_owned()]);
    words.extend(impact.erased_volumes.iter().take(NAMED).cloned());
    words.push("-p".to_owned());
    words.push(r#"{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}"#.to_owned());
    let more = match impact.erased_volumes.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(", and the same for {n} more volumes"),
    };
    Some(format!("keep the data first: {}{more}", shell_words::join(&words)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::grammar::cobra::parse;
    use crate::engine::kube::kubectl::TABLE;

    #[test]
    fn the_milder_way_goes_to_the_same_target() {
        let words: Vec<&[u8]> = ["--context", "my prod", "delete", "pvc", "a"].map(str::as_bytes).to_vec();
        let parsed = parse(&TABLE, &words);
        let mut impact = Impact::default();
        assert_eq!(safer(&parsed, &impact), None);
        impact.erased_volumes = vec!["pv-1".into()];
        assert_eq!(
            safer(&parsed, &impact).unwrap(),
            "keep the data first: kubectl '--context=my prod' patch pv pv-1 -p '{\"spec\":{\"persistentVolumeReclaimPolicy\":\"Retain\"}}'"
        );
        impact.erased_volumes = (0..8).map(|i| format!("pv-{i}")).collect();
        assert!(safer(&parsed, &impact).unwrap().ends_with("the same for 3 more volumes"));
    }
}
