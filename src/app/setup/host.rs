//! This host as `guard setup` asks about it.

use crate::engine::fact::Sourced;
use crate::engine::machine::is_generic;
use crate::engine::target::Environment;
use crate::engine::tool;
use crate::family::machine::resolve;
use crate::run::{find, self_path};
use crate::shim::links;
use crate::world::World;

/// This machine, when guard has something to stand in front of on it and it has a name that is its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// What has to be typed.
    pub name: String,
    /// The names a policy may know it by, the first of them its own.
    pub identities: Vec<String>,
    /// What it says of itself, a line each.
    pub said: Vec<String>,
    /// What it says it is (`DEPLOYMENT` of /etc/machine-info).
    pub declared: Option<Environment>,
    /// What it is; `None` when that was not said.
    pub environment: Option<Environment>,
}

/// The host, if there is something to ask about it.
pub fn this(world: &World) -> Option<Host> {
    let is_tool = |name: &&str| tool::named(name).is_some_and(tool::Tool::is_of_machine);
    let there = |name: &str| find::find(name.as_bytes(), world.var("PATH"), &self_path::selves()).is_ok();
    let tool = links::tools().filter(is_tool).find(|name| there(name))?;
    let found = resolve::host(world, tool.as_bytes(), &[]).ok()?.target;
    let seen = found.seen();
    // A name that a thousand machines have would classify all of them.
    let own = |identity: &str| !is_generic(identity);
    let identities: Vec<String> =
        seen.identities.into_iter().map(|identity| identity.value).filter(|value| own(value)).collect();
    if identities.is_empty() {
        return None;
    }
    let said = |label: &str, value: &Option<Sourced<String>>| {
        value.as_ref().map(|value| format!("{label} {} ({})", value.value, value.from))
    };
    let said = [
        said("called", &found.pretty),
        said("deployment", &found.deployment),
        said("location", &found.location),
        found.within.as_ref().map(|within| format!("within {within}")),
    ];
    Some(Host {
        name: found.host_name(None),
        identities,
        said: said.into_iter().flatten().collect(),
        declared: seen.declared.map(|(environment, _)| environment),
        environment: None,
    })
}
