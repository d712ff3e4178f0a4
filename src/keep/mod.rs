//! The copy taken right before a deletion, and the way back.
//!
//! A copy of a cluster holds the raw objects as the server had them; what has to be taken off them before they can be
//! created again is decided when they are restored ([`rules`]). Contents of volumes are not in it and cannot be. A copy
//! of a host ([`apt`]) holds packages, their settings, and dumps of databases that a purge drops.

pub mod apt;
pub mod head;
pub mod objects;
mod partial;
pub mod restore;
pub mod rules;
mod send;
pub mod store;
pub mod take;

use jiff::Timestamp;

/// An id people can type, sorted by time: `20261122-013001-4f2a9c07`. Guard 0.1 had four digits at the end; of fifty
/// copies in one second two had the same every third time.
pub fn new_id(now: Timestamp, random: [u8; 4]) -> String {
    format!("{}-{:08x}", now.strftime("%Y%m%d-%H%M%S"), u32::from_be_bytes(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_are_no_paths() {
        let of = |s: &str| new_id(s.parse().unwrap(), [0x4f, 0x0a, 0, 1]);
        assert_eq!(of("2026-11-22T01:30:01Z"), "20261122-013001-4f0a0001");
        assert!(of("2026-11-22T01:30:01Z") < of("2026-11-22T01:30:02Z"));
    }
}
