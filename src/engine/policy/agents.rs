//! What a policy says about coding agents, and about services of the machine that may stop and restart things by
//! themselves.

use super::{Merged, Policy};
use crate::engine::glob;

/// What one file says about agents; `None` where it says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agents {
    /// Whether `GUARD_CONFIRM` may answer for an agent.
    pub confirm: Option<bool>,
    /// Whether an agent that owns a terminal may be asked there.
    pub terminal: Option<bool>,
}

impl Merged {
    /// Whether `GUARD_CONFIRM` answers for an agent: only where somebody says so, and nobody says no. A project's word
    /// for it does not count, nor the user's where the built-in table belongs to the floor.
    pub fn agents_confirm(&self) -> bool {
        let says = |p: &Policy| p.agents.confirm;
        let user = self.user.iter().filter(|_| !self.builtin_is_floor());
        let allowed = self.system.iter().chain(user).any(|p| says(p) == Some(true));
        allowed && self.layers().all(|p| says(p) != Some(false))
    }

    /// Whether an agent may answer a question on a terminal.
    pub fn agents_terminal(&self) -> bool {
        self.layers().all(|p| p.agents.terminal != Some(false))
    }

    /// Whether policy lets this unit do the machine's own housekeeping, by its name with or without `.service`. With
    /// `exactly` a pattern is not enough: that is for services people come through. A project's word does not count, nor
    /// the user's where the built-in table belongs to the floor.
    pub fn lets_housekeep(&self, unit: &str, exactly: bool) -> bool {
        let short = |name: &str| name.strip_suffix(".service").unwrap_or(name).to_owned();
        let is =
            |pattern: &str, name: &str| if exactly { pattern == name } else { glob::matches(pattern, name) };
        let user = self.user.iter().filter(|_| !self.builtin_is_floor());
        let mut named = self.system.iter().chain(user).flat_map(|p| &p.housekeeping);
        named.any(|pattern| is(&short(pattern), &short(unit)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::policy::Layer;

    fn layer(layer: Layer, confirm: Option<bool>, terminal: Option<bool>) -> Policy {
        Policy {
            agents: Agents { confirm, terminal },
            housekeeping: vec!["backup-*".to_owned()],
            ..Policy::empty(layer, "p")
        }
    }

    #[test]
    fn the_strictest_word_counts_and_a_project_allows_nothing() {
        let (yes, no) = (Some(true), Some(false));
        for (system, user, project, floor, want) in [
            (None, None, None, false, false),
            (None, yes, None, false, true),
            (None, yes, None, true, false),
            (yes, None, None, true, true),
            (yes, no, None, false, false),
            (no, yes, None, false, false),
            (None, None, yes, false, false),
            (None, yes, no, false, false),
        ] {
            let mut m = Merged {
                system: Some(Policy { builtin_floor: floor, ..layer(Layer::System, system, None) }),
                user: Some(layer(Layer::User, user, None)),
                ..Merged::default()
            };
            m.project.push(layer(Layer::Project, project, None));
            assert_eq!(m.agents_confirm(), want, "{system:?} {user:?} {project:?} {floor}");
            assert!(m.agents_terminal());
        }
        for at in [Layer::System, Layer::User, Layer::Project] {
            let mut m = Merged::default();
            match at {
                Layer::System => m.system = Some(layer(at, None, no)),
                Layer::User => m.user = Some(layer(at, None, no)),
                _ => m.project.push(layer(at, None, no)),
            }
            assert!(!m.agents_terminal(), "{at:?}");
            assert_eq!(m.lets_housekeep("backup-db.service", false), at != Layer::Project, "{at:?}");
            assert!(!m.lets_housekeep("backup.service", false) && !m.lets_housekeep("backup-db", true));
        }
    }
}
