//! The copy of packages, their settings and their databases that is promised before apt or dpkg removes them.

use super::Packages;
use crate::engine::effect::Effect;
use crate::engine::impact::Impact;
use crate::engine::packages::plan::{Kind, Plan};
use crate::family::judge::Outcome;
use crate::family::packages::keep::{self, Survey};
use crate::family::promise::{Intent, Promise, root, short, wish};
use crate::ui::human::{self, size};
use crate::world::World;
use std::path::Path;

/// Larger clusters are not dumped by the way.
const LARGEST_DUMP: u64 = 20 << 30;

/// What is going to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Copies {
    /// The host, as phrases spell it.
    pub host: String,
    /// What the copy will hold.
    pub survey: Survey,
    /// Whether databases are dumped.
    pub databases: bool,
    /// Leave out what not everybody may read.
    pub public_only: bool,
}

impl Packages<'_> {
    /// Whether packages are copied: when something that matters goes, and the tool would not fail for want of root.
    pub(super) fn promised(&mut self, impact: &Impact, outcome: &Outcome) -> Promise {
        let world = self.on.cx.world;
        let (Some(found), Some(plan)) = (self.on.found(), self.removing()) else { return Promise::Nothing };
        let loses = outcome.assessment.effect >= Effect::Disrupt && impact.refused.is_none();
        let wish = wish(world);
        let root_user = rustix::process::geteuid().is_root();
        if !self.on.cx.options.probe || !loses || wish == b"off" || !root_user {
            return Promise::Nothing;
        }
        let Some(dir) = root(world) else { return Promise::Nothing };
        let public_only = wish == b"no-secrets";
        let survey = keep::survey(plan, &found.root, public_only).unwrap_or_default();
        let large = survey.clusters.iter().any(|c| c.bytes > LARGEST_DUMP);
        let copies = Copies {
            host: outcome.name.clone(),
            databases: !public_only && (!large || wish == b"all") && found.root == Path::new("/"),
            public_only,
            survey,
        };
        let mut intent = Intent::new(dir, self.on.cx.options, world);
        let more = clauses(&intent, &copies, plan, world);
        intent.clauses.extend(more);
        self.copies = Some(copies);
        Promise::Copy(intent)
    }
}

/// The clauses on the screen.
fn clauses(intent: &Intent, packages: &Copies, plan: &Plan, world: &World) -> Vec<String> {
    let survey = &packages.survey;
    let mut parts = Vec::new();
    if survey.packages > 0 {
        parts.push(counted(survey.packages, "package (.deb)", "packages (.deb)"));
    }
    if survey.settings > 0 {
        parts.push(counted(survey.settings, "settings file", "settings files"));
    }
    let dumped: Vec<String> =
        survey.clusters.iter().filter(|c| c.cluster.pid.is_some()).map(cluster).collect();
    let left: Vec<String> = survey.clusters.iter().filter(|c| c.cluster.pid.is_none()).map(cluster).collect();
    if packages.databases && !dumped.is_empty() {
        parts.push(format!("a dump of PostgreSQL {}", dumped.join(", ")));
    }
    if packages.databases && !left.is_empty() {
        parts.push(format!("the files of PostgreSQL {}", left.join(", ")));
    }
    let mut all = Vec::new();
    if !parts.is_empty() {
        all.push(format!(
            "{} in {}; back with: {}",
            parts.join(", "),
            short(&intent.root, world),
            intent.back()
        ));
    }
    if !packages.databases && !dumped.is_empty() {
        all.push(format!("PostgreSQL {} is NOT dumped: pg_dumpall it first", dumped.join(", ")));
    }
    if !packages.databases && !left.is_empty() {
        all.push(format!("PostgreSQL {} is down, and its data is NOT in the copy", left.join(", ")));
    }
    if packages.public_only {
        all.push("without settings that not everybody may read".to_owned());
    }
    let purges = plan.removals().any(|c| c.kind == Kind::Purge);
    if purges && survey.clusters.is_empty() {
        all.push("data of the packages is not in it".to_owned());
    }
    all
}

fn cluster(found: &keep::postgres::Found) -> String {
    format!("{} ({})", found.cluster.called(), size(found.bytes))
}

/// A number of things: `1 package (.deb)`, `3 packages (.deb)`.
pub(super) fn counted(n: usize, one: &str, several: &str) -> String {
    format!("{} {}", human::number(n as u64), if n == 1 { one } else { several })
}
