//! The copy of manifests, taken after the go-ahead as it was promised.

use super::Kube;
use super::lent::{self, Lent};
use crate::engine::escape::escape;
use crate::engine::fact::{Known, Why};
use crate::fail::{Fail, Kind};
use crate::family::call::Call;
use crate::family::judge::Evaluation;
use crate::family::kube::keep::capture::{self, LeftOut, Reason};
use crate::family::kube::keep::objects::Cluster;
use crate::family::kube::probe;
use crate::family::promise::{Copied, Intent, VARIABLE, short};
use crate::prompt::progress::Progress;
use crate::ui::stderr::{complain, is_dumb, warn};
use crate::ui::{ColourChoice, human};
use std::time::Duration;

/// How long a person waits at most for the copy; what is not there by then stands in it as missing.
const DEADLINE: Duration = Duration::from_secs(10);

impl Kube<'_> {
    /// Takes the copy that was promised.
    ///
    /// What the screen promised and then failed stops the command: whoever agreed to the deletion agreed to it with a way
    /// back. What was known before the question to be missing, and what does not fit into a copy, is said and recorded.
    pub(super) fn back_up(&self, judged: &Evaluation<'_>, intent: &Intent, choice: ColourChoice) -> Copied {
        let (call, world) = (self.cx.call, self.cx.world);
        let Ok(resolved) = &self.resolved else { return Copied::default() };
        let lent = match Lent::of(&resolved.access) {
            Ok(lent) => lent,
            Err(fail) => return Copied { refuse: Some(fail), ..Copied::default() },
        };
        let held = lent::held_words(&self.inputs, call, &self.raw, lent.path());
        let request = self.request(resolved, &lent, &held, DEADLINE);
        let argv: Vec<String> = call.redacted().iter().map(|w| escape(w)).collect();
        let cluster = Cluster {
            name: judged.outcome.name.clone(),
            server: resolved.target.server.value.clone(),
            uid: match &resolved.target.uid {
                Known::Known(uid) => Some(uid.clone()),
                Known::Unknown(_) => None,
            },
            context: resolved.target.context.as_ref().map(|c| c.value.clone()),
        };
        let order = capture::Order {
            request: &request,
            root: &intent.root,
            id: &intent.id,
            argv: &argv,
            cluster: &cluster,
            secrets: self.secrets,
            orphan: probe::orphans(&self.parsed),
            largest: capture::LARGEST,
        };
        let taken = {
            let _progress = Progress::start("keeping a copy of the manifests", is_dumb(world));
            capture::take(&order)
        };
        match taken {
            Ok(taken) => {
                let kept = taken.manifest;
                let missing: Vec<String> =
                    kept.gaps.iter().map(|g| format!("{}: {}", g.what, g.why)).collect();
                let what = if kept.objects == 1 { "object" } else { "objects" };
                complain(&format!(
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
                    warn(&format!("the copy is INCOMPLETE: {shown}{more}"), world, choice);
                }
                let refuse = broken.map(|gap| unkept(format!("{}: {}", gap.what, gap.why), call));
                Copied { id: Some(kept.id), objects: kept.objects, missing, refuse, interrupted: None }
            }
            Err(fail) => {
                let why = match fail.because.first() {
                    Some(because) => format!("{}: {because}", fail.what),
                    None => fail.what,
                };
                let refuse = Some(unkept(why.clone(), call));
                Copied { id: None, objects: 0, missing: vec![why], refuse, interrupted: None }
            }
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
