//! app
//! One file per subcommand, and the pipeline that a guarded call goes through. `cli.rs` is data.

pub mod classify;
