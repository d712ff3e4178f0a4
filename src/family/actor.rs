//! Who is at work: a person, a pipeline or an agent. Told by the variables these set about themselves, and by the programs
//! above this one.

mod agents;

pub use agents::{Agency, agency};

use crate::engine::challenge::Challenge;
use crate::engine::situation::Actor;
use crate::policy;
use crate::run::exec::CONFIRM;
use crate::world::World;

/// Variables that CI systems set (`CI` by most; the others where `CI` is missing).
const PIPELINES: &[&str] =
    &["CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TEAMCITY_VERSION", "BUILD_BUILDID", "TF_BUILD"];

/// Who is at work. An agent is one wherever it runs, in a pipeline as well.
pub fn actor(world: &World) -> Actor {
    if agency(world) == Agency::Certain {
        Actor::Agent
    } else if PIPELINES.iter().any(|name| says_so(world, name)) {
        Actor::Ci
    } else {
        Actor::Human
    }
}

/// Whether `GUARD_CONFIRM` may answer for whoever is at work; for an agent only where policy says so.
pub fn may_confirm_by_variable(world: &World) -> bool {
    actor(world) != Actor::Agent || policy::load(world).is_ok_and(|policy| policy.agents_confirm())
}

/// The one thing to do where nobody could be asked, and what the variable would have to name.
pub fn help_without_terminal(world: &World, challenge: &Challenge) -> String {
    if agency(world) == Agency::Perhaps || !may_confirm_by_variable(world) {
        return "ask the person to run it in a terminal of their own".to_owned();
    }
    format!("without a terminal, set {CONFIRM} to {}", challenge.variable_pattern())
}

/// Whether a variable is set and does not say no.
fn says_so(world: &World, name: &str) -> bool {
    let no = |value: &str| matches!(value, "0" | "false" | "False" | "FALSE");
    world.set_var(name).is_some_and(|value| !value.to_str().is_some_and(no))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_tell_who_it_is() {
        let root = tempfile::tempdir().unwrap();
        let of = |vars: &[(&str, &str)]| actor(&World::of(vars, "/").with_root(root.path()));
        assert_eq!(of(&[]), Actor::Human);
        assert_eq!(of(&[("CI", "true")]), Actor::Ci);
        assert_eq!(of(&[("CI", "false")]), Actor::Human);
        assert_eq!(of(&[("CI", "")]), Actor::Human);
        assert_eq!(of(&[("CI", "1"), ("CLAUDECODE", "1")]), Actor::Agent);
        assert_eq!(of(&[("CURSOR_TRACE_ID", "x")]), Actor::Human);
        assert_eq!(of(&[("CI", "1"), ("AGENT", "x")]), Actor::Ci);
    }
}
