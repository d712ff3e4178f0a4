//! The copy of packages, their settings and their databases that is promised before apt or dpkg removes them.

use super::{Intent, VARIABLE, What, new_id, root, short};
use crate::app::call::How;
use crate::engine::assess::Assessment;
use crate::engine::effect::Effect;
use crate::engine::impact::Impact;
use crate::engine::packages::plan::{Kind, Plan};
use crate::keep::apt::{self, Survey};
use crate::ui::human::{self, size};
use crate::world::World;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Larger clusters are not dumped by the way.
const LARGEST_DUMP: u64 = 20 << 30;
/// What is going to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packages {
    /// What goes.
    pub plan: Plan,
    /// The system it goes from.
    pub system: PathBuf,
    /// The host, as phrases spell it.
    pub host: String,
    /// What the copy will hold.
    pub survey: Survey,
    /// Whether databases are dumped.
    pub databases: bool,
    /// Leave out what not everybody may read.
    pub public_only: bool,
}

/// Whether packages are copied: when something that matters goes, and the tool would not fail for want of root.
pub fn intend(
    plan: &Plan,
    system: &Path,
    host: &str,
    impact: &Impact,
    assessment: &Assessment,
    how: How,
    world: &World,
) -> Option<Intent> {
    let loses = assessment.effect >= Effect::Disrupt && plan.removes() && impact.refused.is_none();
    let wish = world.set_var(VARIABLE).map(OsStrExt::as_bytes).unwrap_or_default();
    if !how.probe || !loses || wish == b"off" || !rustix::process::geteuid().is_root() {
        return None;
    }
    let public_only = wish == b"no-secrets";
    let survey = apt::survey(plan, system, public_only).unwrap_or_default();
    let large = survey.clusters.iter().any(|c| c.bytes > LARGEST_DUMP);
    let packages = Packages {
        plan: plan.clone(),
        system: system.to_owned(),
        host: host.to_owned(),
        databases: !public_only && (!large || wish == b"all") && system == Path::new("/"),
        public_only,
        survey,
    };
    Some(Intent { id: new_id(), root: root(world)?, what: What::Apt(Box::new(packages)) })
}

/// The clauses on the screen.
pub fn clauses(intent: &Intent, packages: &Packages, world: &World) -> Vec<String> {
    let survey = &packages.survey;
    let mut parts = Vec::new();
    if survey.packages > 0 {
        parts.push(counted(survey.packages, "package (.deb)", "packages (.deb)"));
    }
    if survey.settings > 0 {
        parts.push(counted(survey.settings, "settings file", "settings files"));
    }
    let dumped: Vec<String> = survey.clusters.iter().filter(|c| c.running.is_some()).map(cluster).collect();
    let left: Vec<String> = survey.clusters.iter().filter(|c| c.running.is_none()).map(cluster).collect();
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
    let purges = packages.plan.removals().any(|c| c.kind == Kind::Purge);
    if purges && survey.clusters.is_empty() {
        all.push("data of the packages is not in it".to_owned());
    }
    all
}

fn cluster(found: &apt::postgres::Found) -> String {
    format!("{} ({})", found.called(), size(found.bytes))
}

/// A number of things: `1 package (.deb)`, `3 packages (.deb)`.
pub fn counted(n: usize, one: &str, several: &str) -> String {
    format!("{} {}", human::number(n as u64), if n == 1 { one } else { several })
}
