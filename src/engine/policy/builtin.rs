//! The built-in table: what holds when no policy file says anything. Data only.

use super::UnknownAs;
use crate::engine::effect::Effect;
use crate::engine::situation::{Level, Outcome};
use crate::engine::target::Environment;

/// One row: in this environment this effect has this outcome.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name in decisions and audit records.
    pub id: &'static str,
    /// Where.
    pub environment: Environment,
    /// Exactly this effect.
    pub effect: Effect,
    /// Only when whole namespaces, `--all` or a purge are meant; `false` = in any case.
    pub whole_scope: bool,
    /// Only for what works on a host itself, where a y on the wrong terminal is the very mistake, and unless it is known to
    /// take no data, no clients and not the machine; `false` = everywhere.
    pub host: bool,
    /// What follows.
    pub then: Outcome,
}

/// Refuses what would stop or lose something on a target that could not be resolved.
pub const NO_TARGET: &str = "builtin/no-target";
/// Decides what cannot be told from its words.
pub const UNKNOWN: &str = "builtin/unknown";

/// What of the built-in rules speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The target could not be resolved, and something there would stop or be lost.
    NoTarget,
    /// What the command does cannot be told from its words.
    Unknown,
    /// A row of the table, by its name.
    Row(&'static str),
}

impl Basis {
    /// Its name in decisions and audit records.
    pub const fn id(self) -> &'static str {
        match self {
            Basis::NoTarget => NO_TARGET,
            Basis::Unknown => UNKNOWN,
            Basis::Row(id) => id,
        }
    }
}

const TYPED: Outcome = Outcome::Confirm(Level::Typed);
const YES_NO: Outcome = Outcome::Confirm(Level::YesNo);

const fn row(id: &'static str, environment: Environment, effect: Effect, then: Outcome) -> Row {
    Row { id, environment, effect, whole_scope: false, host: false, then }
}

const fn on_hosts(id: &'static str, environment: Environment, effect: Effect, then: Outcome) -> Row {
    Row { host: true, ..row(id, environment, effect, then) }
}

/// The table; of several rows that fit, the strongest counts. Pairs without a row pass.
pub const TABLE: [Row; 11] = [
    row("builtin/production-destroy", Environment::Production, Effect::Destroy, TYPED),
    row("builtin/production-disrupt", Environment::Production, Effect::Disrupt, YES_NO),
    on_hosts("builtin/production-disrupt-host", Environment::Production, Effect::Disrupt, TYPED),
    row("builtin/production-mutate", Environment::Production, Effect::Mutate, Outcome::Notice),
    row("builtin/unclassified-destroy", Environment::Unclassified, Effect::Destroy, TYPED),
    row("builtin/unclassified-disrupt", Environment::Unclassified, Effect::Disrupt, YES_NO),
    on_hosts("builtin/unclassified-disrupt-host", Environment::Unclassified, Effect::Disrupt, TYPED),
    row("builtin/staging-destroy", Environment::Staging, Effect::Destroy, YES_NO),
    row("builtin/staging-disrupt", Environment::Staging, Effect::Disrupt, Outcome::Notice),
    row("builtin/development-destroy", Environment::Development, Effect::Destroy, Outcome::Notice),
    Row {
        id: "builtin/development-destroy-whole",
        environment: Environment::Development,
        effect: Effect::Destroy,
        whole_scope: true,
        host: false,
        then: YES_NO,
    },
];

/// The built-in outcome and what gives it.
pub fn outcome(
    environment: Environment,
    effect: Effect,
    whole_scope: bool,
    target_known: bool,
    unknown: UnknownAs,
    heavy_on_host: bool,
) -> (Outcome, Option<Basis>) {
    // A target nobody could resolve counts as production, and what would hurt there does not run.
    let environment = if target_known { environment } else { Environment::Production };
    if !target_known && effect >= Effect::Disrupt {
        return (Outcome::Deny, Some(Basis::NoTarget));
    }
    if effect == Effect::Unknown {
        return match (environment, unknown) {
            (Environment::Staging | Environment::Development, _) => (Outcome::Allow, None),
            (_, UnknownAs::Allow) => (Outcome::Notice, Some(Basis::Unknown)),
            (_, UnknownAs::Confirm) => (YES_NO, Some(Basis::Unknown)),
            (_, UnknownAs::Deny) => (Outcome::Deny, Some(Basis::Unknown)),
        };
    }
    let fits = |r: &&Row| {
        let here = (whole_scope || !r.whole_scope) && (heavy_on_host || !r.host);
        r.environment == environment && r.effect == effect && here
    };
    let rows = TABLE.iter().filter(fits);
    rows.max_by_key(|r| r.then).map_or((Outcome::Allow, None), |r| (r.then, Some(Basis::Row(r.id))))
}
