//! `guard restore` of packages.

use super::Args;
use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::keep::apt::{Manifest, verify};
use crate::ui::ColourChoice;
use crate::world::World;
use std::path::Path;

/// Runs the subcommand for a copy of packages.
pub(super) fn run(
    args: &Args,
    dir: &Path,
    manifest: &Manifest,
    _world: &World,
    _choice: ColourChoice,
) -> Result<Exit> {
    if args.namespace.is_some()
        || args.to_another_cluster
        || args.kubeconfig.is_some()
        || args.context.is_some()
    {
        return Err(Fail::new(Exit::Usage, "this is a copy of packages, not of a cluster")
            .help("leave out --namespace, --to-another-cluster, --kubeconfig and --context"));
    }
    verify(dir, manifest).map_err(|e| {
        Fail::new(Exit::Data, format!("copy {} cannot be restored", manifest.id)).because(e.to_string())
    })?;
    Err(Fail::new(Exit::Unavailable, "packages are not installed again by this version").help(format!(
        "apt-get install --allow-downgrades {}/debs/*.deb",
        escape(dir.as_os_str().as_encoded_bytes())
    )))
}
