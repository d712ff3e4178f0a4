//! Running the real tool: find it, pin what it reads, and become it.
//!
//! Nothing here decides whether a command may run. All of it uses `libc` alone, so that `guard-shim`
//! can link it, and is written to leave the process exactly as the caller made it.

pub mod approval;
#[cfg(feature = "cli")]
pub mod build_info;
pub mod bump_alloc;
#[cfg(feature = "cli")]
pub mod child;
pub mod elf_note;
pub mod exec;
pub mod find;
#[cfg(feature = "cli")]
pub mod mounts;
pub mod names;
#[cfg(feature = "cli")]
pub mod note;
#[cfg(feature = "cli")]
pub mod notes;
pub mod pin;
pub mod places;
#[cfg(feature = "cli")]
pub mod proc;
pub mod proc_stat;
#[cfg(feature = "cli")]
pub mod proxy;
pub mod self_path;
pub mod shim;
pub mod signals;
#[cfg(feature = "cli")]
pub mod tasks;
pub mod trail;
#[cfg(feature = "cli")]
pub mod trust;
#[cfg(feature = "cli")]
pub mod uninterrupted;
