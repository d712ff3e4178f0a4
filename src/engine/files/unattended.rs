//! Whether the package system itself removes: what it does was decided with the change of packages.

use crate::engine::tool::DPKG;

/// Set by dpkg, and by dpkg-reconfigure, for the scripts of packages (dpkg(1), "ENVIRONMENT").
pub const VARIABLES: [&str; 2] = ["DPKG_MAINTSCRIPT_PACKAGE", "DPKG_RUNNING_VERSION"];

/// A process above the one that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Above<'a> {
    /// The first 15 bytes of the name of its program (proc_pid_comm(5)).
    pub name: &'a [u8],
    /// Whom it runs as; `None` when that is not shown.
    pub user: Option<u32>,
}

impl Above<'_> {
    fn is_dpkg(&self) -> bool {
        self.name == DPKG.name.as_bytes()
    }

    fn is_root(&self) -> bool {
        self.user == Some(0)
    }
}

/// Whether the processes above, the nearest first, are those of a change of packages. Anybody can set a variable and call a
/// program `dpkg`: both count together, and only where root runs it. dpkg clears away what it unpacked by `rm -rf` of its own
/// (`path_remove_tree`, dpkg 1.21), with none of the variables set: there it is the very parent.
pub fn is_change_of_packages(is_marked: bool, above: &[Above<'_>]) -> bool {
    let runs_scripts = |one: &&Above<'_>| {
        // The 15 bytes of `dpkg-reconfigure`.
        one.is_root() && (one.is_dpkg() || one.name == b"dpkg-reconfigur")
    };
    let clears_away = |one: &&Above<'_>| one.is_root() && (one.is_dpkg() || one.name == b"dpkg-deb");
    (is_marked && above.iter().any(|one| runs_scripts(&one)))
        || above.first().is_some_and(|one| clears_away(&one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_the_variable_and_the_process_are_needed() {
        let above = |names: &[(&'static str, u32)]| {
            names
                .iter()
                .map(|(name, user)| Above { name: name.as_bytes(), user: Some(*user) })
                .collect::<Vec<_>>()
        };
        let script = above(&[("x.postrm", 0), ("dpkg", 0), ("apt-get", 0), ("bash", 0)]);
        assert!(is_change_of_packages(true, &script));
        assert!(!is_change_of_packages(false, &script));
        assert!(is_change_of_packages(true, &above(&[("x.config", 0), ("dpkg-reconfigur", 0)])));
        // Its own clearing away.
        assert!(is_change_of_packages(false, &above(&[("dpkg", 0), ("apt-get", 0)])));
        for other in [
            above(&[("bash", 0), ("sshd", 0)]),
            above(&[("x.postrm", 1000), ("dpkg", 1000)]),
            above(&[("dpkg-query", 0)]),
            above(&[]),
            vec![Above { name: b"dpkg", user: None }],
        ] {
            assert!(!is_change_of_packages(true, &other), "{other:?}");
        }
    }
}
