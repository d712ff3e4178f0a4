//! The copy in the path of a guarded call: taken after the go-ahead as it was promised, named in the record.

pub mod apt;

use super::call::Call;
use super::consent::given::Consent;
use super::judge::Judged;
use super::judge::kube::{Lent, documents, held_words};
use super::kubectl::Kubectl;
use super::out::{self, dumb};
use super::promise::{VARIABLE, What, short};
use super::show::look;
use crate::engine::escape::escape;
use crate::engine::fact::{Known, Why};
use crate::engine::grammar::cobra::parse;
use crate::engine::kube::kubectl::TABLE;
use crate::fail::{Fail, Kind};
use crate::keep::objects::Cluster;
use crate::keep::take;
use crate::keep::take::{LeftOut, Reason};
use crate::probe;
use crate::prompt::progress::Progress;
use crate::resolve::Resolved;
use crate::ui::{ColourChoice, human, notice};
use crate::world::World;
use std::time::Duration;

/// How long a person waits at most for the copy; what is not there by then stands in it as missing.
const DEADLINE: Duration = Duration::from_secs(10);
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
    out::complain(&format!("{}\n", notice::render_warning(&text, look(world, choice))));
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
    let argv: Vec<String> = call.redacted().iter().map(|w| escape(w)).collect();
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
            out::complain(&format!(
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
    Fail::new(Kind::Refused, "refused: the copy that was promised could not be taken")
        .because(why)
        .because(format!("{} was not run", call.tool))
        .help(format!("put it right, or set {VARIABLE}=off to do without a copy"))
}
