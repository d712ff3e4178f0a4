//! What is known of Kubernetes without asking a cluster: its built-in kinds, the documents a command brings along, and
//! how far the command reaches by them.

#[cfg(feature = "cli")]
pub mod builtin;
#[cfg(feature = "cli")]
pub mod documents;
pub mod kinds;
#[cfg(feature = "cli")]
pub mod reach;
