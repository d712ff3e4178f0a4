//! Running the real tool: find it, pin what it reads, and become it.
//!
//! Nothing here decides whether a command may run. All of it uses `libc` alone, so that `guard-shim`
//! can link it, and is written to leave the process exactly as the caller made it.

#[cfg(feature = "cli")]
pub mod build_info;
pub mod bump;
pub mod exec;
pub mod find;
pub mod home;
pub mod inputs;
pub mod mark;
pub mod names;
#[cfg(feature = "cli")]
pub mod note;
pub mod pin;
pub mod proc_stat;
#[cfg(feature = "cli")]
pub mod proxy;
pub mod shim;
pub mod signals;
pub mod token;
#[cfg(feature = "cli")]
pub mod trust;
