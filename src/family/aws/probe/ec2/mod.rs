//! EC2: instances, disks, images; networks are rows of [`describe`](super::describe).

mod images;
mod instances;
mod volumes;

use super::cli::Cli;
use super::describe;
use super::safer_command::Form;
use crate::engine::aws::Hit;
use crate::engine::impact::{Impact, Protection};

/// Looks at what the command hits.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    match hit.operation.as_str() {
        "terminate-instances" | "stop-instances" | "reboot-instances" => {
            instances::probe_impact(cli, hit, impact).await
        }
        "modify-instance-attribute" => instances::unprotect(cli, hit, impact).await,
        "delete-volume" | "detach-volume" => volumes::probe_impact(cli, hit, impact).await,
        "delete-snapshot" => images::snapshot(cli, hit, impact).await,
        "deregister-image" => images::image(cli, hit, impact).await,
        _ => describe::probe_impact(cli, hit, impact).await,
    }
}

pub(super) use volumes::snapshots;

/// The safer form of the same command: stopped instances keep their volumes; a snapshot keeps what is on a volume.
pub(super) fn safer(hit: &Hit, impact: &Impact) -> Option<String> {
    let replaced = impact.also.iter().any(|a| a.contains("Auto Scaling group"));
    match hit.operation.as_str() {
        // A group would terminate and replace what is stopped.
        "terminate-instances" if !replaced && !hit.list("instance-ids").is_empty() => {
            let stop = Form::new(hit, "ec2", "stop-instances").with("instance-ids", hit.list("instance-ids"));
            Some(stop.text())
        }
        "delete-volume" => Some(
            Form::new(hit, "ec2", "create-snapshot").with("volume-id", &[hit.value("volume-id")?]).text(),
        ),
        _ => None,
    }
}

fn protects(impact: &mut Impact, what: &str, effect: impl Into<String>) {
    impact.protections.push(Protection { what: what.to_owned(), effect: effect.into() });
}
