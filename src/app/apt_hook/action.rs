//! What dpkg tells its hooks.

use crate::world::World;
use std::os::unix::ffi::OsStrExt;

/// What dpkg says that it does (`DPKG_HOOK_ACTION`, dpkg(1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Packages go, their settings stay.
    Removes,
    /// Packages go with their settings, and with what their scripts take along.
    Purges,
    /// Packages are unpacked: others may have to make room.
    Unpacks,
    /// Neither.
    Other,
}

impl Action {
    /// As dpkg says in its hook's environment.
    pub(super) fn of(world: &World) -> Action {
        match world.var("DPKG_HOOK_ACTION").map(OsStrExt::as_bytes) {
            Some(b"purge") => Action::Purges,
            Some(b"remove") => Action::Removes,
            Some(b"install" | b"unpack") => Action::Unpacks,
            _ => Action::Other,
        }
    }
}
