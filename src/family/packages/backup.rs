//! The copy of packages, their settings and their databases, taken before apt or dpkg removes them.

use super::Packages;
use super::promise::counted;
use crate::engine::escape::escape;
use crate::fail::{Fail, Kind};
use crate::family::packages::keep::{self, Order, Tools};
use crate::family::promise::{Copied, Intent, VARIABLE, short, wish};
use crate::prompt::progress::Progress;
use crate::ui::stderr::{complain, is_dumb, warn};
use crate::ui::{ColourChoice, human};
use std::time::Duration;

/// How long packages and settings may take: a mirror that is slow must not hold up a person for longer.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long the dumps may take. Whoever does not want to wait presses Ctrl-C, and nothing has happened.
const DUMPS: Duration = Duration::from_secs(3600);
/// So many packages that are missing are named.
const NAMED: usize = 3;

impl Packages<'_> {
    /// Takes the copy that was promised.
    ///
    /// A package or a file that could not be had does not stop the command, as for manifests. A dump that the screen
    /// promised and that did not come out whole does: the go-ahead was given with it in view, and there is no other way back
    /// to the data.
    pub(super) fn back_up(&self, intent: &Intent, choice: ColourChoice) -> Copied {
        let (call, world) = (self.on.cx.call, self.on.cx.world);
        let (Some(found), Some(packages), Some(plan)) = (self.on.found(), &self.copies, self.removing())
        else {
            return Copied::default();
        };
        let argv: Vec<String> = call.redacted().iter().map(|w| escape(w)).collect();
        let promised = packages.databases && !packages.survey.clusters.is_empty();
        let taken = Tools::find(world).and_then(|tools| {
            let order = Order {
                plan,
                root: &found.root,
                world,
                tools: &tools,
                dir: &intent.root,
                id: &intent.id,
                argv: &argv,
                host: &packages.host,
                deadline: DEADLINE,
                databases: packages.databases.then_some(DUMPS),
                repack: wish(world) == b"all",
                public_only: packages.public_only,
                largest: keep::LARGEST,
            };
            let what = if promised {
                "keeping packages and dumping databases"
            } else {
                "keeping packages and settings"
            };
            let _progress = Progress::start(what, is_dumb(world));
            keep::take(&order)
        });
        let stop = |why: &str| {
            promised.then(|| {
                Fail::new(Kind::Refused, "refused: the copy of the databases that was promised is not whole")
                    .because(escape(why.as_bytes()))
                    .because(format!("{} was not run", call.tool))
                    .help(format!("dump it yourself, or set {VARIABLE}=off to go on without a copy"))
            })
        };
        match taken {
            Ok(taken) => {
                let kept = taken.manifest;
                let missing: Vec<String> =
                    kept.gaps.iter().map(|g| format!("{}: {}", g.what, g.why)).collect();
                let mut parts = vec![
                    counted(kept.debs(), "package", "packages"),
                    counted(kept.settings(), "settings file", "settings files"),
                ];
                if kept.dumps() > 0 {
                    let rows = kept.clusters.iter().flat_map(|c| &c.databases).map(|d| d.rows).sum();
                    parts.push(format!(
                        "{} with {} rows, read back",
                        counted(kept.dumps(), "database", "databases"),
                        human::number(rows)
                    ));
                }
                if kept.packed() > 0 {
                    parts.push(counted(kept.packed(), "database cluster", "database clusters"));
                }
                complain(&format!(
                    "guard: kept {} in {}; back with: guard restore {}\n",
                    parts.join(", "),
                    escape(short(&taken.dir, world).as_bytes()),
                    kept.id
                ));
                if !missing.is_empty() {
                    let shown = missing.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
                    let more = match missing.len().saturating_sub(NAMED) {
                        0 => String::new(),
                        n => format!(" and {n} more"),
                    };
                    warn(&format!("the copy is INCOMPLETE: {shown}{more}"), world, choice);
                }
                let refuse =
                    taken.undumped.first().and_then(|gap| stop(&format!("{}: {}", gap.what, gap.why)));
                Copied {
                    id: Some(kept.id),
                    objects: kept.packages.len() as u64,
                    missing,
                    refuse,
                    interrupted: None,
                }
            }
            Err(fail) => {
                let why = match fail.because.first() {
                    Some(because) => format!("{}: {because}", fail.what),
                    None => fail.what,
                };
                warn(&format!("NO COPY was kept, this cannot be undone: {why}"), world, choice);
                Copied { id: None, objects: 0, refuse: stop(&why), missing: vec![why], interrupted: None }
            }
        }
    }
}
