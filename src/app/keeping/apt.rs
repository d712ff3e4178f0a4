//! The copy of packages, their settings and their databases, taken before apt or dpkg removes them.

use super::{Copied, Intent, VARIABLE, What, complain, root, short};
use crate::app::call::Call;
use crate::app::judge::{How, dumb};
use crate::app::kept::size;
use crate::app::show;
use crate::engine::apt::plan::{Kind, Plan};
use crate::engine::assess::Assessment;
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::impact::Impact;
use crate::exit::Exit;
use crate::fail::Fail;
use crate::keep::apt::{self, Order, Survey, Tools};
use crate::prompt::progress::Progress;
use crate::ui::{ColourChoice, human};
use crate::world::World;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long packages and settings may take: a mirror that is slow must not hold up a person for longer.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long the dumps may take. Whoever does not want to wait presses Ctrl-C, and nothing has happened.
const DUMPS: Duration = Duration::from_secs(3600);
/// Larger clusters are not dumped by the way.
const LARGEST_DUMP: u64 = 20 << 30;
/// So many packages that are missing are named.
const NAMED: usize = 3;

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
    Some(Intent { id: super::new_id(), root: root(world)?, what: What::Apt(Box::new(packages)) })
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

fn counted(n: usize, one: &str, several: &str) -> String {
    format!("{} {}", human::number(n as u64), if n == 1 { one } else { several })
}

/// Takes the copy that was promised.
///
/// A package or a file that could not be had does not stop the command, as for manifests. A dump that the screen
/// promised and that did not come out whole does: the go-ahead was given with it in view, and there is no other way back
/// to the data.
pub fn take(
    intent: &Intent,
    packages: &Packages,
    call: &Call,
    world: &World,
    choice: ColourChoice,
) -> Copied {
    let argv: Vec<String> = show::redacted(call).iter().map(|w| escape(w)).collect();
    let promised = packages.databases && !packages.survey.clusters.is_empty();
    let taken = Tools::find(world).and_then(|tools| {
        let order = Order {
            plan: &packages.plan,
            root: &packages.system,
            world,
            tools: &tools,
            dir: &intent.root,
            id: &intent.id,
            argv: &argv,
            host: &packages.host,
            deadline: DEADLINE,
            databases: packages.databases.then_some(DUMPS),
            repack: world.set_var(VARIABLE).is_some_and(|wish| wish == "all"),
            public_only: packages.public_only,
            largest: apt::LARGEST,
        };
        let what =
            if promised { "keeping packages and dumping databases" } else { "keeping packages and settings" };
        let _progress = Progress::start(what, dumb(world));
        apt::take(&order)
    });
    let stop = |why: &str| {
        promised.then(|| {
            Fail::new(Exit::Refused, "refused: the copy of the databases that was promised is not whole")
                .because(escape(why.as_bytes()))
                .because(format!("{} was not run", call.tool))
                .help(format!("dump it yourself, or set {VARIABLE}=off to go on without a copy"))
        })
    };
    match taken {
        Ok(taken) => {
            let kept = taken.manifest;
            let missing: Vec<String> = kept.gaps.iter().map(|g| format!("{}: {}", g.what, g.why)).collect();
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
            crate::app::out::complain(&format!(
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
                complain(&format!("the copy is INCOMPLETE: {shown}{more}"), world, choice);
            }
            let refuse = taken.undumped.first().and_then(|gap| stop(&format!("{}: {}", gap.what, gap.why)));
            Copied { id: Some(kept.id), objects: kept.packages.len() as u64, missing, refuse }
        }
        Err(fail) => {
            let why = match fail.because.first() {
                Some(because) => format!("{}: {because}", fail.what),
                None => fail.what,
            };
            complain(&format!("NO COPY was kept, this cannot be undone: {why}"), world, choice);
            Copied { id: None, objects: 0, refuse: stop(&why), missing: vec![why] }
        }
    }
}
