//! The copy of volumes, taken right before docker removes them.

use super::Docker;
use super::keep::{self, Failed, Order};
use crate::engine::escape::escape;
use crate::engine::fact::Known;
use crate::engine::human::{bytes, counted, number};
use crate::fail::{Fail, Kind};
use crate::family::promise::{Copied, Intent, VARIABLE};
use crate::prompt::progress::Bar;
use crate::ui::ColourChoice;
use crate::ui::stderr::{complain, is_dumb};

impl Docker<'_> {
    /// Takes the copy that was promised. Without it nothing runs.
    pub(super) fn back_up(&self, intent: &Intent, _choice: ColourChoice) -> Copied {
        let (call, world) = (self.on.cx.call, self.on.cx.world);
        let (Ok(daemon), Some(volumes)) = (&self.daemon, &self.copy) else { return Copied::default() };
        let goes = &self.answered.goes;
        let argv: Vec<String> = call.redacted().iter().map(|word| escape(word)).collect();
        let id = match &self.answered.info {
            Some(Known::Known(info)) if !self.answered.is_podman => Some(info.id.clone()),
            _ => None,
        };
        let taken = {
            let bar = Bar::start("copying volumes", goes.volumes.len() as u64, is_dumb(world));
            let begun = std::cell::Cell::new(false);
            keep::take(&Order {
                goes,
                daemon,
                daemon_id: id.filter(|id| !id.is_empty()),
                world,
                dir: &intent.root,
                id: &intent.id,
                argv: &argv,
                host: &volumes.host,
                most: volumes.most,
                begins: &|name, volume| {
                    if volume && begun.replace(true) {
                        bar.step();
                    }
                    bar.say(name);
                },
            })
        };
        match taken {
            Ok(taken) => {
                let kept = taken.manifest;
                let entries: u64 = kept.volumes.iter().map(|volume| volume.content.entries).sum();
                let what = counted(kept.volumes.len() as u64, "volume");
                let rows: u64 = kept.dumps.iter().map(|dump| dump.rows).sum();
                let dumped = match kept.dumps.len() as u64 {
                    0 => String::new(),
                    n => format!(", {} of {} rows", counted(n, "dump"), number(rows)),
                };
                complain(&format!(
                    "guard: kept {what}: {} in {}{dumped}, read back; back with: guard restore {}\n",
                    bytes(kept.live_bytes()),
                    counted(entries, "entry"),
                    kept.id
                ));
                let missing: Vec<String> =
                    kept.gaps.iter().map(|gap| format!("{}: {}", gap.what, gap.why)).collect();
                for note in missing.iter().chain(&taken.notes) {
                    complain(&format!("guard: {}\n", escape(note.as_bytes())));
                }
                Copied { id: Some(kept.id), objects: kept.volumes.len() as u64, missing, ..Copied::default() }
            }
            Err(Failed::Interrupted(signal)) => Copied {
                refuse: Some(
                    Fail::new(Kind::Refused, "refused: interrupted while the copy was taken")
                        .because(format!("{} was not run, and what it was to remove is there", call.tool)),
                ),
                missing: vec!["interrupted".to_owned()],
                interrupted: Some(signal),
                ..Copied::default()
            },
            Err(Failed::Why(why)) => Copied {
                refuse: Some(
                    Fail::new(Kind::Refused, "refused: the copy that was promised could not be taken")
                        .because(escape(why.as_bytes()))
                        .because(format!("{} was not run", call.tool))
                        .help(format!("copy it yourself, or set {VARIABLE}=off to go on without a copy")),
                ),
                missing: vec![why],
                ..Copied::default()
            },
        }
    }
}
