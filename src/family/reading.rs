//! The words of a call, read once: what its family made of them, behind one interface.

use super::call::Call;
use super::cx::Cx;
use super::invocation::Invocation;
use super::judge::Evaluation;
use crate::fail::Result;
use crate::world::World;

/// Why nobody has to be asked about a call, before its target is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// It was asked about before: it belongs to a change of packages, or to a `service` that was.
    Decided,
    /// It changes nothing.
    Reads,
    /// Whoever calls can change nothing on the machine, or it is the machine's own housekeeping.
    OfTheMachine,
    /// It takes nothing away, as the package manager's own plan says.
    TakesNothing,
}

/// A line of `guard explain`: its label, its text.
pub type Detail = (&'static str, String);

/// The words of a call as its family read them.
pub trait Reading {
    /// What all families have.
    fn invocation(&self) -> &Invocation;

    /// Carries the call through to a decision.
    ///
    /// # Errors
    /// The tool is not there, an input cannot be read, the tool would not do what was looked at.
    fn judge<'a>(&'a self, cx: Cx<'a>) -> Result<Evaluation<'a>>;

    /// The words taken apart, secrets replaced.
    fn details(&self) -> Vec<Detail> {
        Vec::new()
    }

    /// Whether nobody has to be asked, whatever the policy is.
    fn passes(&self, _call: &Call, _world: &World) -> Option<Pass> {
        None
    }

    /// Whether it takes nothing away, as the tool's own plan says. Asked where the policy cannot be read: a machine has to be
    /// able to get its updates, and what mends the policy's file.
    fn takes_nothing(&self, _call: &Call, _world: &World) -> bool {
        false
    }
}
