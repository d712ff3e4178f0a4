//! The copy of volumes that is promised before docker removes them.

use super::Docker;
use crate::engine::decide::Decision;
use crate::engine::docker::daemon::Volume;
use crate::engine::effect::Effect;
use crate::engine::human::{bytes, counted};
use crate::engine::impact::{Fate, Impact};
use crate::family::judge::Outcome;
use crate::family::promise::{Intent, Promise, VARIABLE, root, short, wish};
use crate::keep::store::unwritable;

/// So many volumes are copied one after the other.
const MANY: usize = 200;

/// What is going to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Volumes {
    /// The machine, as phrases spell it.
    pub host: String,
    /// Where more bytes come from all volumes together there is no copy.
    pub most: u64,
}

impl Docker<'_> {
    /// Whether a copy is taken: of volumes that go with something in them, if they are not too large.
    pub(super) fn promised(&mut self, impact: &Impact, outcome: &Outcome) -> Promise {
        let world = self.on.cx.world;
        let erased = impact.data.iter().any(|data| data.fate == Fate::Erased);
        // Where nobody is asked nothing is lost that anybody would miss: a test's volumes go a hundred times a day.
        let asked = matches!(outcome.decision, Decision::Confirm(_));
        if !asked || !self.on.cx.options.probe || impact.refused.is_some() {
            return Promise::Nothing;
        }
        if !erased {
            let blind = impact.unseen && outcome.assessment.effect >= Effect::Destroy;
            let none = || Promise::None("what goes could not be seen".to_owned());
            return if blind { none() } else { Promise::Nothing };
        }
        // What lies in memory is gone as soon as nobody mounts it, and is no part of a copy.
        let volumes: Vec<&Volume> =
            self.answered.goes.volumes.iter().filter(|volume| !super::keep::in_memory(volume)).collect();
        let lost = &self.answered.loss.lost;
        let held = |volume: &Volume| volume.bytes != Some(0) || lost.contains(&volume.name);
        if !volumes.iter().any(|volume| held(volume)) {
            return Promise::None("guard keeps no copy of what containers wrote themselves".to_owned());
        }
        let wish = wish(world);
        match wish {
            b"off" => return Promise::None(format!("{VARIABLE}=off")),
            b"no-secrets" => {
                return Promise::None(format!("{VARIABLE}=no-secrets, and what is in volumes nobody knows"));
            }
            _ => {}
        }
        let Some(root) = root(world) else {
            return Promise::None(
                "there is no place for it: neither XDG_STATE_HOME nor HOME is set".to_owned(),
            );
        };
        if volumes.len() > MANY && wish != b"all" {
            let n = counted(volumes.len() as u64, "volume");
            return Promise::None(format!(
                "{n} are too many to be copied by the way ({VARIABLE}=all copies them)"
            ));
        }
        let all: u64 = volumes.iter().filter_map(|volume| volume.bytes).sum();
        let limit = u64::from(self.on.cx.policy.terms().copies_volumes_mib) << 20;
        if all > limit && wish != b"all" {
            let (all, limit) = (bytes(all), bytes(limit));
            return Promise::None(format!(
                "{all} are more than the {limit} that are copied by the way ({VARIABLE}=all copies them)"
            ));
        }
        if let Some(why) = unwritable(&root).or_else(|| no_room(&root, all)) {
            return Promise::None(why);
        }
        // Of what nobody has counted it shows when it comes; what was counted may take a little more when it is packed.
        let most = if wish == b"all" { u64::MAX } else { limit + limit / 4 };
        let mut intent = Intent::new(root, self.on.cx.options, world);
        let size = if all > 0 { format!(" ({})", bytes(all)) } else { String::new() };
        let what = counted(volumes.len() as u64, "volume");
        let own = self.answered.loss.removes_own_files();
        intent.clauses.push(format!(
            "{what}{size} in {}; back with: {}",
            short(&intent.root, world),
            intent.back()
        ));
        if own {
            intent.clauses.push("what containers wrote themselves is not in it".to_owned());
        }
        if impact.unseen {
            intent.clauses.push("what could not be seen is not in it".to_owned());
        }
        self.copy = Some(Volumes { host: outcome.name.clone(), most });
        Promise::Copy(intent)
    }
}

/// Why a copy of so many bytes finds no room. Packed it is smaller, how much nobody knows.
fn no_room(root: &std::path::Path, bytes: u64) -> Option<String> {
    let place = root.ancestors().find(|path| path.exists())?;
    crate::keep::stored::too_little(place, bytes).ok().flatten()
}
