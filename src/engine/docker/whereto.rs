//! Where a call goes: what of its words says so, and which calls go to no daemon.

use super::tables::Row;
use crate::engine::effect::Effect;
use crate::engine::verdict::Goes;

/// Whether a command goes to a daemon.
pub(super) fn goes(row: &Row, effect: Effect) -> Goes {
    let stays = match (row.group, row.name) {
        ("context", _) => true,
        ("system", name) => name.starts_with("connection/"),
        ("compose", name) => matches!(name, "config" | "convert" | "version"),
        ("stack", name) => name == "config",
        ("", name) => matches!(name, "login" | "logout"),
        _ => false,
    };
    match effect {
        _ if !stays => Goes::Out,
        Effect::Read => Goes::Nowhere,
        _ => Goes::Switches,
    }
}
