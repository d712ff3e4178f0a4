//! app
//! One file per subcommand, and the pipeline that a guarded call goes through. `cli.rs` is data.

pub mod audit;
pub mod classify;
pub mod completions;
pub mod doctor;
pub mod hook;
pub mod init;
pub mod install;
pub mod man;
pub mod out;
pub mod policy;
pub mod setup;
pub mod uninstall;
