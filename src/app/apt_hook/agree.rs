//! That packages may go. apt and dpkg are told so by [`Exit::HookAgrees`], which stands nowhere else in the app: whoever
//! wants to say it has to have an [`Agreed`], and each one is made here, of what shows that it may be.

use super::action::Action;
use crate::app::consent::Recorded;
use crate::engine::fact::Why;
use crate::engine::packages::dpkg::Line;
use crate::engine::packages::plan::{Change, Plan};
use crate::engine::packages::tables::dpkg::Kind;
use crate::exit::Exit;
use crate::run::approval::Approval;
use crate::ui::stderr;

/// That what is about to happen may happen.
#[must_use]
pub(super) struct Agreed(());

/// Why it is not known what has to make room for what dpkg unpacks.
pub(super) enum Unseen {
    /// dpkg's words cannot be read.
    NoWords,
    /// dpkg itself comes to nothing, and says so.
    DpkgRefuses,
    /// The rehearsal failed.
    Failed(Why),
}

impl Agreed {
    /// Nothing is removed.
    pub fn nothing_goes(plan: &Plan) -> Option<Agreed> {
        (!plan.removes()).then_some(Agreed(()))
    }

    /// dpkg calls its hooks in a rehearsal, too.
    pub fn rehearsal(line: &Line<'_>) -> Option<Agreed> {
        line.has(Kind::NoAct).then_some(Agreed(()))
    }

    /// What dpkg does neither takes away nor unpacks.
    pub fn by_action(action: Action) -> Option<Agreed> {
        (action == Action::Other).then_some(Agreed(()))
    }

    /// Something is unpacked, and nothing is known to go for it.
    pub fn unseen(why: Unseen) -> Agreed {
        if let Unseen::Failed(why) = why {
            stderr::complain(&format!(
                "guard: warning: what has to make room for this is not known: {why}\n"
            ));
        }
        Agreed(())
    }

    /// It was agreed to before that exactly this goes. With `settled` unset apt said nothing about purge and remove.
    pub fn to_exactly(approval: &Approval, plan: &Plan, settled: bool) -> Option<Agreed> {
        let removals: Vec<&Change> = plan.removals().collect();
        approval.is_exactly(&removals, settled).then_some(Agreed(()))
    }

    /// It was agreed to before that all of this goes.
    pub fn to_all(approvals: impl IntoIterator<Item = Approval>, plan: &Plan) -> Option<Agreed> {
        approvals.into_iter().any(|approval| approval.covers(&plan.changes)).then_some(Agreed(()))
    }

    /// It was asked about just now, and everything is done that has to be done before.
    pub fn recorded(_: Recorded<'_>) -> Agreed {
        Agreed(())
    }

    /// How apt and dpkg hear of it.
    pub fn exit(self) -> Exit {
        let Agreed(()) = self;
        Exit::HookAgrees
    }
}
