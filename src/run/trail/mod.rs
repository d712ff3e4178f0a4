//! The memory of a terminal: one file for each, which every guarded call that goes somewhere adds 48 bytes to, and which a
//! question looks back at. Nothing readable is in it: a keyed hash of what the call said about where it goes, and which file
//! it went by.
//!
//! `$XDG_RUNTIME_DIR/guard/where/` (macOS: below `$TMPDIR`), 0700, made by `guard init`. Without the directory there is no
//! memory. It is in the machine's memory, never in the home, and gone with the last session of its user.
//!
//! | file | what |
//! | --- | --- |
//! | `TTY-SID-START` | the steps of one terminal: its device number, its session's leader and when that was started, so that a number that is given again is another terminal |
//! | the same with `.old` | the steps before those, when the file was full |
//! | `key` | 16 random bytes: without them the hashes say nothing |
//! | `names` | which place a hash and a file led to (only the full guard writes and reads it) |

pub mod leave;
#[cfg(feature = "cli")]
pub mod look;
#[cfg(feature = "cli")]
pub mod make;
#[cfg(feature = "cli")]
pub mod names;
mod place;
pub mod terminal;

pub use leave::leave;
pub use place::{Dir, VARIABLE};
