//! The words of a package manager, or the plan it hands to guard's hook.

use super::Packages;
use crate::engine::effect::Effect;
use crate::engine::packages::plan::{Kind, Plan};
use crate::engine::policy::Merged;
use crate::engine::verdict::Verdict;
use crate::fail::Result;
use crate::family::call::{Call, Options};
use crate::family::cx::{Cx, real_tool};
use crate::family::invocation::Invocation;
use crate::family::judge::{Evaluation, judge};
use crate::family::machine::reading::read;
use crate::family::reading::{Pass, Reading};
use crate::run::shim;
use crate::world::World;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What is asked of a package manager.
pub struct PackagesReading {
    invocation: Invocation,
    /// The package manager's own plan, handed to guard's hook, where it is that which asks.
    pub(super) ready: Option<Plan>,
}

impl PackagesReading {
    /// Reads the words.
    pub fn of(call: &Call) -> PackagesReading {
        PackagesReading { invocation: read(call), ready: None }
    }

    /// What the package manager is about to do, by its own plan: for the hook that it calls. The words are those of the call
    /// that led there, as far as they are known; the plan alone says how bad it is.
    pub fn of_plan(call: &Call, plan: Plan) -> PackagesReading {
        let worst = plan.removals().map(|change| change.kind).max();
        let effect = match worst {
            Some(Kind::Purge) => Effect::Destroy,
            Some(Kind::Remove) => Effect::Disrupt,
            Some(Kind::Install) | None => Effect::Mutate,
        };
        let verdict = Verdict { effect, because: vec!["by the plan of packages"], ..Verdict::default() };
        PackagesReading { invocation: Invocation { verdict, ..read(call) }, ready: Some(plan) }
    }
}

impl Reading for PackagesReading {
    fn invocation(&self) -> &Invocation {
        &self.invocation
    }

    fn judge<'a>(&'a self, cx: Cx<'a>) -> Result<Evaluation<'a>> {
        let tool = match cx.tool() {
            // The package manager is at work already, wherever its file is.
            Err(_) if self.ready.is_some() => cx.call.tool.name.into(),
            found => found?,
        };
        let family = Packages::begin(cx, self, tool.clone());
        judge(cx, &self.invocation, tool, family)
    }

    fn passes(&self, call: &Call, world: &World) -> Option<Pass> {
        if shim::is_decided(call.tool, |name| world.var(name).map(OsStrExt::as_bytes)) {
            return Some(Pass::Decided);
        }
        is_powerless(call, world).then_some(Pass::OfTheMachine)
    }

    fn takes_nothing(&self, call: &Call, world: &World) -> bool {
        let policy = Merged::default();
        let Ok(tool) = real_tool(call.file(), &policy.terms(), world) else { return false };
        if self.invocation.verdict.effect > Effect::Mutate {
            return false;
        }
        let (raw, options) = (
            call.words(),
            Options { probe: true, interactive: false, progress: false, recalls: false, runs: true },
        );
        let cx = Cx::new(call, &raw, &raw, world, &policy, options);
        Packages::begin(cx, self, tool).takes_nothing()
    }
}

/// Whether this user can change no package of the system that the words mean: its database can neither be locked nor
/// written. The tool finds that out itself, and says it better than a question does.
pub(super) fn is_powerless(call: &Call, world: &World) -> bool {
    let Ok(found) = crate::family::machine::resolve::host(world, call.tool.name.as_bytes(), &call.words())
    else {
        return false;
    };
    // Anything but a plain no counts as a yes: then the command is judged.
    let refused = |path: &Path| {
        let no = [Errno::ACCESS, Errno::PERM, Errno::ROFS, Errno::NOENT];
        accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_err_and(|errno| no.contains(&errno))
    };
    let database = &found.database;
    let locks = [database.clone(), database.join("lock-frontend"), database.join("lock")];
    database.is_dir() && found.target.remote.is_none() && locks.iter().all(|path| refused(path))
}
