//! What to do about a place that nobody has classified, said beside the question: once a day, for a hint that stands there every
//! time is not read.

use crate::audit;
use crate::engine::target::Environment;
use crate::engine::tool::TargetKind;
use crate::ui::screen::{Item, Row};
use crate::world::World;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// It is not said again before.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Its file beside the audit log; only the time of it counts.
const NAME: &str = "told-of-setup";

/// The row, when it is due. That it was said is remembered; where that cannot be, nothing is said.
pub fn row(environment: Environment, kind: TargetKind, world: &World) -> Option<Row> {
    if environment != Environment::Unclassified {
        return None;
    }
    let path = audit::default_path(world)?.with_file_name(NAME);
    due(&path, SystemTime::now()).then(|| {
        let how = match kind {
            // Setup asks about this machine, and not about each daemon somewhere.
            TargetKind::Daemon => "name its host or its ID in the policy (`guard explain` shows both)",
            TargetKind::Cluster | TargetKind::Account | TargetKind::Machine => "`guard setup` asks once",
        };
        let words = format!("nobody has said what this is, so it counts as production; {how}");
        Row::fact("classify", Item::new().say(words))
    })
}

fn due(path: &Path, now: SystemTime) -> bool {
    let told = fs::symlink_metadata(path).and_then(|meta| meta.modified()).ok();
    // A time that is yet to come is no reason for silence.
    if told.is_some_and(|told| now.duration_since(told).is_ok_and(|since| since < DAY)) {
        return false;
    }
    remember(path).is_ok()
}

fn remember(path: &Path) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    // Never through a link that somebody put there.
    let _ = fs::remove_file(path);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_a_day_and_of_what_nobody_classified() {
        let home = tempfile::tempdir().unwrap();
        let world = World::of(&[("HOME", home.path().to_str().unwrap())], "/");
        for said in [Environment::Production, Environment::Staging, Environment::Development] {
            assert!(row(said, TargetKind::Cluster, &world).is_none());
        }
        assert!(row(Environment::Unclassified, TargetKind::Cluster, &world).is_some());
        assert!(row(Environment::Unclassified, TargetKind::Cluster, &world).is_none());
        let path = home.path().join(".local/state/guard").join(NAME);
        let now = SystemTime::now();
        assert!(!due(&path, now + DAY - Duration::from_secs(60)));
        assert!(due(&path, now + DAY + Duration::from_secs(60)));
        assert!(due(&path, now - DAY), "the clock was put back");
        // Without a home only root has a place for it.
        let homeless = World::of(&[], "/").with_root(home.path());
        let root = rustix::process::geteuid().is_root();
        assert_eq!(row(Environment::Unclassified, TargetKind::Cluster, &homeless).is_some(), root);
        let nowhere = World::of(&[("HOME", "/dev/null")], "/");
        assert!(row(Environment::Unclassified, TargetKind::Cluster, &nowhere).is_none());
    }
}
