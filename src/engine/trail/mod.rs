//! Where a terminal has been: what of a call says where it goes, the record a shim leaves of it, and what a row of such records
//! means for the command at hand. `crate::run::trail` reads and writes them.

#[cfg(feature = "cli")]
pub mod moved;
pub mod says;
pub mod step;

/// Whether a command goes elsewhere than its terminal has been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moved {
    /// It goes where the terminal has been, or there is no memory of any place.
    #[default]
    No,
    /// Where it has been, or where this goes, cannot be told: counts as elsewhere, and lowers nothing.
    Unknown,
    /// It does.
    Yes,
}
