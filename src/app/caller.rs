//! Who is at work: a person, a pipeline or an agent. Told by the variables these set about themselves; it only words
//! the answer and feeds policy matchers, it never weakens a floor.

use crate::engine::policy::rule::Actor;
use crate::world::World;

/// Variables that coding agents set for the commands they run.
const AGENTS: &[&str] = &[
    "CLAUDECODE",
    "CURSOR_AGENT",
    "CURSOR_TRACE_ID",
    "CODEX_SANDBOX",
    "GEMINI_CLI",
    "OPENCODE",
    "AIDER_SESSION",
    "REPLIT_AGENT",
    "AGENT",
];

/// Variables that CI systems set (`CI` by most; the others where `CI` is missing).
const PIPELINES: &[&str] =
    &["CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TEAMCITY_VERSION", "BUILD_BUILDID", "TF_BUILD"];

/// Reads the actor off the environment.
pub fn actor(world: &World) -> Actor {
    let says_so = |name: &str| {
        world
            .set_var(name)
            .is_some_and(|value| !matches!(value.to_str(), Some("0" | "false" | "False" | "FALSE")))
    };
    if AGENTS.iter().any(|name| says_so(name)) {
        Actor::Agent
    } else if PIPELINES.iter().any(|name| says_so(name)) {
        Actor::Ci
    } else {
        Actor::Human
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_tell_who_it_is() {
        let of = |vars: &[(&str, &str)]| actor(&World::of(vars, "/"));
        assert_eq!(of(&[]), Actor::Human);
        assert_eq!(of(&[("CI", "true")]), Actor::Ci);
        assert_eq!(of(&[("CI", "false")]), Actor::Human);
        assert_eq!(of(&[("CI", "")]), Actor::Human);
        assert_eq!(of(&[("CI", "1"), ("CLAUDECODE", "1")]), Actor::Agent);
    }
}
