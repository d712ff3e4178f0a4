//! That nobody has to be asked about a call. Only [`super`] says so, where it is found out.

/// That nobody has to be asked: the tool may run.
pub struct Unasked(());

/// Why not.
pub(super) enum Because {
    /// It was asked about before: it belongs to a change of packages, or to a `service` that was.
    Decided,
    /// It changes nothing.
    Reads,
    /// Whoever calls can change nothing on the machine, or it is the machine's own housekeeping.
    OfTheMachine,
    /// It takes nothing away, as the package manager's own plan says.
    TakesNothing,
}

impl Unasked {
    pub(super) fn because(why: Because) -> Unasked {
        match why {
            Because::Decided | Because::Reads | Because::OfTheMachine | Because::TakesNothing => Unasked(()),
        }
    }
}
