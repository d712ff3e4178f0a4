//! Which cluster answered last at an address: for what only shows where one is and may ask nobody. Nothing is ever decided by it.

use crate::engine::kube::KubeTarget;
use crate::run::notes::{Notes, key};
use crate::world::World;
use serde_json::json;

/// How long it is believed: half a day of work.
const FRESH: u64 = 12 * 3600;
const NAME: &str = "clusters.json";

/// The address and the certificates that are trusted for it: another cluster behind the same tunnel has others.
fn named(target: &KubeTarget) -> String {
    key(&[&target.server.value, target.ca_sha256.as_deref().unwrap_or_default()])
}

/// The uid of the cluster that answered there, when that is not long ago.
pub(super) fn recall(world: &World, target: &KubeTarget) -> Option<String> {
    let note = Notes::named(world, NAME)?.recall(&named(target), FRESH)?;
    note.get("uid")?.as_str().map(str::to_owned)
}

/// Keeps what it said just now, unless that is known.
pub(super) fn keep(world: &World, target: &KubeTarget) {
    let Some(uid) = target.uid.value() else { return };
    if recall(world, target).as_ref() != Some(uid) {
        // Without the note less is known where nothing is asked.
        let _ = Notes::named(world, NAME).map(|notes| notes.keep(&named(target), json!({"uid": uid}), FRESH));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fact::{Known, Source, Sourced};

    #[test]
    fn the_cluster_that_answered_is_known_by_its_address_and_certificates() {
        let home = tempfile::tempdir().unwrap();
        let world = World::of(&[("HOME", home.path().to_str().unwrap())], "/");
        let from = |text: &str| Sourced::new(text.to_owned(), Source::Default);
        let at = |server: &str, ca: &str| {
            let mut target = KubeTarget::at(from(server), from("default"));
            target.ca_sha256 = Some(ca.to_owned());
            target
        };
        let mut asked = at("https://127.0.0.1:6443", "ab");
        keep(&world, &asked);
        assert_eq!(recall(&world, &asked), None, "nobody answered");
        asked.uid = Known::Known("u-1".to_owned());
        keep(&world, &asked);
        assert_eq!(recall(&world, &at("https://127.0.0.1:6443", "ab")).as_deref(), Some("u-1"));
        for other in [at("https://127.0.0.1:6444", "ab"), at("https://127.0.0.1:6443", "cd")] {
            assert_eq!(recall(&world, &other), None);
        }
        asked.uid = Known::Known("u-2".to_owned());
        keep(&world, &asked);
        assert_eq!(recall(&world, &asked).as_deref(), Some("u-2"), "another cluster is there now");
    }
}
