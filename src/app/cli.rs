//! The command line of `guard` itself: data only.

use super::colour::When;
use clap::{Parser, Subcommand};

/// Stands in front of kubectl, aws, docker, apt and systemctl and makes people prove where they are before something is lost
#[derive(Parser, Debug)]
#[command(
    name = "guard",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    before_help = "\
Examples:
  guard install && eval \"$(guard init bash)\"
      put guard in front of these tools in this shell
  guard check kubectl delete ns shop
      what would happen, without running it
  guard explain kubectl delete ns shop
      every stage of the decision, and where each value comes from
  guard check apt-get remove postgresql-client-15
      the same on this host: what goes that nobody named
  guard check docker compose down -v
      which volumes go, and what is in them
  GUARD_CONFIRM='main/shop/*' kubectl delete ns shop
      answer the question in a pipeline",
    after_help = "\
Environment: GUARD_CONFIRM answers where there is no terminal; GUARD_KEEP=off takes
no copy before something goes, no-secrets none with secrets, all also large ones.

Exit codes: the tool's own when it ran; 3 would ask (check), 64 usage, 65 input
not understood, 69 probe required but unavailable, 70 bug, 74 audit not
writable, 77 refused, 78 policy invalid, 126/127 tool not executable/not found,
130 Ctrl-C."
)]
pub struct Cli {
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub color: When,
    /// What to do
    #[command(subcommand)]
    pub command: Cmd,
}

/// The subcommands, those of every day first.
#[derive(Subcommand, Debug)]
#[expect(
    missing_docs,
    reason = "each variant is documented at its arguments, where clap takes the help from"
)]
pub enum Cmd {
    Check(super::check::Args),
    Explain(super::explain::Args),
    Run(super::run::Args),
    Classify(super::classify::Args),
    Init(super::init::Args),
    Install(super::install::Args),
    Uninstall(super::uninstall::Args),
    Status(super::status::Args),
    Segment(super::segment::Args),
    Doctor(super::doctor::Args),
    Policy(super::policy::Args),
    Audit(super::audit::Args),
    Kept(super::kept::Args),
    Restore(super::restore::Args),
    Setup(super::setup::Args),
    Hook(super::hook::Args),
    AptHook(super::apt_hook::Args),
    Demo(super::demo::Args),
    Completions(super::completions::Args),
    Man(super::man::Args),
    Version(super::version::Args),
}

/// The command line as clap's data, for completions and the manual page.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}
