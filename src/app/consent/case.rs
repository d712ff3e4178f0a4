//! What a go-ahead for a guarded call is for.

use crate::app::call::Call;
use crate::app::judge::Judged;

/// A call, and all that was judged of it.
pub struct Case<'c> {
    /// The caller's own words.
    pub call: &'c Call,
    /// What they come to.
    pub judged: Judged,
}
