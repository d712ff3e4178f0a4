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
    /// Reads it.
    pub fn of(world: &World) -> Action {
        match world.var("DPKG_HOOK_ACTION").map(OsStrExt::as_bytes) {
            Some(b"purge") => Action::Purges,
            Some(b"remove") => Action::Removes,
            Some(b"install" | b"unpack") => Action::Unpacks,
            _ => Action::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_packages_away_is_told_from_the_rest() {
        for (word, want) in [
            ("purge", Action::Purges),
            ("remove", Action::Removes),
            ("install", Action::Unpacks),
            ("unpack", Action::Unpacks),
            ("configure", Action::Other),
            ("", Action::Other),
        ] {
            assert_eq!(Action::of(&World::of(&[("DPKG_HOOK_ACTION", word)], "/")), want, "{word}");
        }
        assert_eq!(Action::of(&World::of(&[], "/")), Action::Other);
    }
}
