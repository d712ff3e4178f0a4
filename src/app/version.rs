//! `guard version`: what exactly this guard is, for reports and for scripts that install it.

use super::out;
use crate::exit::Exit;
use crate::fail::{Kind, Result};
use crate::shim;
use crate::world::World;
use serde::Serialize;

/// Say which guard this is: version, commit, target, features
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard version
  guard version --json        for scripts, and for a report of something that went wrong")]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// The commit it was built from, where the build said so: whoever builds packages sets `GUARD_COMMIT`. Asking git at every
/// build would make all of it anew after every commit.
const COMMIT: Option<&str> = option_env!("GUARD_COMMIT");

#[derive(Serialize)]
struct Version {
    version: &'static str,
    commit: Option<&'static str>,
    target: String,
    features: Vec<&'static str>,
    /// The shim that tools' names are linked to; `null` when none is beside this program.
    shim: Option<String>,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    let is = Version {
        version: env!("CARGO_PKG_VERSION"),
        commit: COMMIT.filter(|c| !c.is_empty()),
        target: target(),
        features: features(),
        shim: shim::binary(world).ok().map(|path| path.to_string_lossy().into_owned()),
    };
    if args.json {
        let text = serde_json::to_string(&is).map_err(|e| {
            crate::fail::Fail::new(Kind::Bug, "the version cannot be written").because(e.to_string())
        })?;
        out::print(&format!("{text}\n"))?;
        return Ok(Exit::Ok);
    }
    let commit = is.commit.map_or_else(|| "not said by the build".to_owned(), str::to_owned);
    let shim = is.shim.as_deref().map_or_else(
        || "none beside this program".to_owned(),
        |path| crate::engine::escape::escape(path.as_bytes()),
    );
    out::print(&format!(
        "guard {}\ncommit    {commit}\ntarget    {}\nfeatures  {}\nshim      {shim}\n",
        is.version,
        is.target,
        is.features.join(", ")
    ))?;
    Ok(Exit::Ok)
}

/// The features of the package that are built in.
fn features() -> Vec<&'static str> {
    [("cli", cfg!(feature = "cli")), ("demo", cfg!(feature = "demo"))]
        .iter()
        .filter(|(_, on)| *on)
        .map(|(name, _)| *name)
        .collect()
}

/// The target as rustc calls it: `x86_64-unknown-linux-musl`, `aarch64-apple-darwin`.
fn target() -> String {
    let arch = std::env::consts::ARCH;
    if cfg!(target_vendor = "apple") {
        return format!(
            "{arch}-apple-{}",
            if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS }
        );
    }
    let env = if cfg!(target_env = "musl") {
        "-musl"
    } else if cfg!(target_env = "gnu") {
        "-gnu"
    } else {
        ""
    };
    format!("{arch}-unknown-{}{env}", std::env::consts::OS)
}
