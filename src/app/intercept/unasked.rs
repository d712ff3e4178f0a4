//! That nobody has to be asked about a call. Only [`super`] says so, where it is found out.

use crate::family::reading::Pass;

/// That nobody has to be asked: the tool may run.
pub struct Unasked(());

impl Unasked {
    pub(super) fn because(why: Pass) -> Unasked {
        match why {
            Pass::Decided | Pass::Reads | Pass::OfTheMachine | Pass::TakesNothing => Unasked(()),
        }
    }
}
