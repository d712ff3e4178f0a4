//! Running the real tool: find it, pin what it reads, and become it.
//!
//! Nothing here decides whether a command may run. The lean parts (everything but [`pin`]) are what `guard-shim`
//! links; they use `libc` alone and are written to leave the process exactly as the caller made it.

pub mod exec;
pub mod find;
pub mod home;
pub mod mark;
pub mod names;
#[cfg(feature = "cli")]
pub mod pin;
pub mod shim;
pub mod signals;
