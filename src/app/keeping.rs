//! The copy in the path of a guarded call: promised on the screen, taken after the go-ahead, named in the record.

pub mod apt;

pub use apt::intend as intend_apt;

use super::call::Call;
use super::consent::given::Consent;
use super::judge::kube::{Lent, documents, held_words};
use super::judge::{How, Judged, dumb};
use super::kubectl::Kubectl;
use super::show;
use crate::audit;
use crate::engine::assess::Assessment;
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::fact::{Known, Why};
use crate::engine::impact::Impact;
use crate::engine::parse::{Parsed, parse};
use crate::engine::tool;
use crate::engine::tools::kubectl::TABLE;
use crate::exit::Exit;
use crate::fail::Fail;
use crate::keep::objects::Cluster;
use crate::keep::take::{LeftOut, Reason};
use crate::keep::{self, take};
use crate::probe;
use crate::prompt::progress::Progress;
use crate::resolve::Resolved;
use crate::ui::{ColourChoice, human, notice};
use crate::world::World;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

/// How long a person waits at most for the copy; what is not there by then stands in it as missing.
const DEADLINE: Duration = Duration::from_secs(10);
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
    Apt(Box<apt::Packages>),
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

/// Takes the id out of what is only looked at: nobody will find a copy by it.
pub fn nothing_is_run(judged: &mut Judged) {
    if let Promise::Copy(intent) = &mut judged.copy {
        intent.id.clear();
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
        What::Apt(packages) => return apt::clauses(intent, packages, world),
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

fn short(path: &std::path::Path, world: &World) -> String {
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

/// What became of the copy, for the audit record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// The id of a copy that is there.
    pub id: Option<String>,
    /// How many objects are in it.
    pub objects: u64,
    /// What is not in it, or why there is none.
    pub missing: Vec<String>,
    /// Why the command must not run after all: a dump of what it deletes was promised, and there is none.
    pub refuse: Option<Fail>,
}

fn complain(text: &str, world: &World, choice: ColourChoice) {
    let text = escape(text.as_bytes());
    super::out::complain(&format!("{}\n", notice::render_warning(&text, show::look(world, choice))));
}

/// Takes the copy that was promised. Nobody takes one without a go-ahead.
///
/// What the screen promised and then failed stops the command: whoever agreed to the deletion agreed to it with a way
/// back. What was known before the question to be missing, and what does not fit into a copy, is said and recorded.
pub fn take<T>(_: &Consent<T>, call: &Call, judged: &Judged, world: &World, choice: ColourChoice) -> Copied {
    let Some(intent) = judged.copy.intent() else { return Copied::default() };
    let secrets = match &intent.what {
        What::Kubernetes { secrets } => *secrets,
        What::Apt(packages) => return apt::take(intent, packages, call, world, choice),
    };
    let resolved = judged.resolved.as_ref().ok().and_then(Resolved::kube);
    let Some(resolved) = resolved else { return Copied::default() };
    let slices = judged.words.slices();
    let parsed = parse(&TABLE, &slices);
    let documents = documents(&judged.inputs);
    let lent = match Lent::of(&resolved.access) {
        Ok(lent) => lent,
        Err(fail) => return Copied { refuse: Some(fail), ..Copied::default() },
    };
    let held = held_words(&judged.inputs, call, lent.path());
    let request = probe::Request {
        parsed: &parsed,
        words: call.argv.get(1..).unwrap_or_default(),
        held: held.get(1..).unwrap_or_default(),
        stdin: judged.inputs.stdin(),
        target: &resolved.target,
        effective_kubeconfig: &resolved.access.effective,
        documents: &documents,
        kubectl: Kubectl::at(&judged.tool).for_dry_runs(),
        world,
        deadline: DEADLINE,
        verdict: &judged.words.verdict,
        plugins: (&resolved.access.plugin_policy).into(),
        kubeconfig: lent.path().map(std::path::Path::new),
    };
    let argv: Vec<String> = show::redacted(call).iter().map(|w| escape(w)).collect();
    let cluster = Cluster {
        name: judged.name.clone(),
        server: resolved.target.server.value.clone(),
        uid: match &resolved.target.uid {
            Known::Known(uid) => Some(uid.clone()),
            Known::Unknown(_) => None,
        },
        context: resolved.target.context.as_ref().map(|c| c.value.clone()),
    };
    let order = take::Order {
        request: &request,
        root: &intent.root,
        id: &intent.id,
        argv: &argv,
        cluster: &cluster,
        secrets,
        orphan: probe::orphans(&parsed),
        largest: take::LARGEST,
    };
    let taken = {
        let _progress = Progress::start("keeping a copy of the manifests", dumb(world));
        take::take(&order)
    };
    let warn = |text: &str| complain(text, world, choice);
    match taken {
        Ok(taken) => {
            let kept = taken.manifest;
            let missing: Vec<String> = kept.gaps.iter().map(|g| format!("{}: {}", g.what, g.why)).collect();
            let what = if kept.objects == 1 { "object" } else { "objects" };
            super::out::complain(&format!(
                "guard: kept the manifests of {} {what} in {}; back with: guard restore {}\n",
                human::number(kept.objects),
                escape(short(&taken.dir, world).as_bytes()),
                kept.id
            ));
            let known = |left: &LeftOut| match &left.why {
                // Rights do not change between question and copy, and nobody here can put them right.
                Reason::TooLarge | Reason::Unanswered(Why::Forbidden) => true,
                Reason::Unanswered(_) => judged.impact.gaps.iter().any(|gap| left.is(&gap.what)),
            };
            let broken = taken.left_out.iter().find(|left| !known(left)).map(LeftOut::missing);
            if !missing.is_empty() {
                let shown = missing.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
                let more = match missing.len().saturating_sub(3) {
                    0 => String::new(),
                    n => format!(" and {n} more"),
                };
                warn(&format!("the copy is INCOMPLETE: {shown}{more}"));
            }
            let refuse = broken.map(|gap| unkept(format!("{}: {}", gap.what, gap.why), call));
            Copied { id: Some(kept.id), objects: kept.objects, missing, refuse }
        }
        Err(fail) => {
            let why = match fail.because.first() {
                Some(because) => format!("{}: {because}", fail.what),
                None => fail.what,
            };
            let refuse = Some(unkept(why.clone(), call));
            Copied { id: None, objects: 0, missing: vec![why], refuse }
        }
    }
}

/// Refuses a command whose copy was promised and could not be taken.
fn unkept(why: String, call: &Call) -> Fail {
    Fail::new(Exit::Refused, "refused: the copy that was promised could not be taken")
        .because(why)
        .because(format!("{} was not run", call.tool))
        .help(format!("put it right, or set {VARIABLE}=off to do without a copy"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
