//! Whether it is remembered where each terminal's commands went. Nothing is wrong where it is not: there may be no place for it,
//! and policy may not want it.

use super::report::Check;
use super::shown;
use crate::policy;
use crate::run::trail::{VARIABLE, make};
use crate::world::World;

/// The check.
pub(super) fn check(world: &World) -> Check {
    const NAME: &str = "terminals";
    let wanted = policy::load(world).unwrap_or_default().remembers_terminals();
    match make::directory(world) {
        _ if !wanted => Check::ok(NAME, "where their commands go is not remembered: policy says so"),
        None => Check::ok(NAME, format!("where their commands go is not remembered: {VARIABLE} is not set")),
        Some(dir) if dir.is_dir() => {
            let count = make::count(world);
            Check::ok(
                NAME,
                format!("where their commands go is remembered in {} ({count} so far)", shown(&dir)),
            )
        }
        Some(dir) => Check::ok(
            NAME,
            format!(
                "where their commands go is not remembered: {} is not there; `guard init` makes it",
                shown(&dir)
            ),
        ),
    }
}
