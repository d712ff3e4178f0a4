//! Whether a change of packages is at work above this call. That the machine itself is (cron, timers) is told in the same way
//! as for `systemctl`.

use crate::engine::files::unattended::{Above, VARIABLES, is_change_of_packages};
use crate::run::approval;
use crate::run::proc::Proc;
use crate::world::World;
use std::path::Path;

/// Whether `rm` is called by dpkg, or by a script of a package that dpkg runs, as root.
pub fn is_decided(world: &World) -> bool {
    let marked = VARIABLES.iter().any(|name| world.set_var(name).is_some());
    let proc = Proc::at(Path::new("/"));
    let above: Vec<_> = approval::Process::ancestors()
        .skip(1)
        .filter_map(|seen| Some((seen.process.name()?, proc.process(seen.process.pid)?.uid)))
        .collect();
    let above: Vec<Above<'_>> = above.iter().map(|(name, user)| Above { name, user: *user }).collect();
    is_change_of_packages(marked, &above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_dpkg_is_above_this_test() {
        let world = World::of(&[("DPKG_MAINTSCRIPT_PACKAGE", "x"), ("DPKG_RUNNING_VERSION", "1.21")], "/");
        assert!(!is_decided(&world));
    }
}
