//! The audit log: JSON Lines, one line for every command that was asked about, refused or let through with a warning,
//! written before the tool runs (afterwards there is no guard left to write it).
//!
//! Each line carries the SHA-256 of the line before it, so that a changed, removed or reordered line is found by
//! [`verify`]. There is no key: whoever may write the file may also write it anew from some line on, and lines cut off
//! at the end leave no gap. The chain is against accidents and quiet edits, not against the owner of the file.

mod chain;
mod file;
mod process_info;
mod read;
mod record;

pub use chain::{Broken, Verified, verify};
pub use file::{append, check, default_path, line_hash};
pub use process_info::Caller;
pub use read::{Entry, generations, read};
pub use record::{Answer, ElapsedMs, Operation, Outcome, Part, Record, Target, entropy};
