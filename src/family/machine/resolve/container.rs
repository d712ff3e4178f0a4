//! Whether this is the machine itself, a container on it, or a chroot.

use super::read;
use crate::world::World;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Within {
    /// The kind of container: `docker`, `lxc`, `systemd-nspawn`, `podman`, `kubernetes`, `wsl`.
    pub container: Option<String>,
    /// Whether the root directory is not that of process 1; `None` when that could not be told.
    pub chroot: Option<bool>,
    /// What a chroot calls itself in /etc/debian_chroot (schroot writes it).
    pub chroot_name: Option<String>,
}

impl Within {
    /// In a clause; `None` for the machine itself.
    pub fn clause(&self) -> Option<String> {
        let container = self.container.as_ref().map(|kind| format!("container ({kind})"));
        let chroot = (self.chroot == Some(true)).then(|| match &self.chroot_name {
            Some(name) => format!("chroot ({name})"),
            None => "chroot".to_owned(),
        });
        match (chroot, container) {
            (Some(chroot), Some(container)) => Some(format!("{chroot} in a {container}")),
            (one, other) => one.or(other),
        }
    }
}

/// Looks at what container managers leave behind (container_interface.systemd.io; the marker files of docker and podman;
/// the variables of kubelet and WSL), and at the root directory of process 1.
pub fn detect(world: &World) -> Within {
    Within {
        container: container(world),
        chroot: chroot(world),
        chroot_name: read::line(&world.absolute("/etc/debian_chroot")),
    }
}

fn container(world: &World) -> Option<String> {
    if let Some(kind) = read::line(&world.absolute("/run/systemd/container")) {
        return Some(kind);
    }
    // Only root may read it.
    let environ = read::start(&world.absolute("/proc/1/environ"), 64 << 10).unwrap_or_default();
    let kind = environ.split(|b| *b == 0).find_map(|var| var.strip_prefix(b"container="));
    if let Some(kind) = kind.filter(|kind| !kind.is_empty()) {
        return Some(String::from_utf8_lossy(kind).into_owned());
    }
    let exists = |path: &str| fs::symlink_metadata(world.absolute(path)).is_ok();
    let is_set = |name: &str| world.set_var(name).is_some();
    if is_set("KUBERNETES_SERVICE_HOST") && exists("/var/run/secrets/kubernetes.io") {
        Some("kubernetes".to_owned())
    } else if exists("/run/.containerenv") {
        Some("podman".to_owned())
    } else if exists("/.dockerenv") {
        Some("docker".to_owned())
    } else if is_wsl(world) {
        Some("wsl".to_owned())
    } else {
        None
    }
}

fn is_wsl(world: &World) -> bool {
    let release = read::start(&world.absolute("/proc/sys/kernel/osrelease"), 256).unwrap_or_default();
    let release = String::from_utf8_lossy(&release).to_ascii_lowercase();
    release.contains("microsoft") || release.contains("wsl")
}

/// Compares the root directory with that of process 1, which only root may look at. Without it the mounts tell: a
/// chroot is rarely made on a mount point, so that no mount of its own stands on `/`.
fn chroot(world: &World) -> Option<bool> {
    let one = fs::metadata(world.absolute("/proc/1/root/."));
    let own = fs::metadata(world.absolute("/"));
    if let (Ok(one), Ok(own)) = (one, own) {
        return Some((one.dev(), one.ino()) != (own.dev(), own.ino()));
    }
    let mounts = read::start(&world.absolute("/proc/self/mountinfo"), 1 << 20)?;
    // proc_pid_mountinfo(5): the fifth field is the mount point as seen from the process's own root.
    let on_root = mounts
        .split(|b| *b == b'\n')
        .any(|line| OsStr::from_bytes(line).as_bytes().split(|b| *b == b' ').nth(4) == Some(b"/"));
    (!on_root).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn clause(root: &Path, vars: &[(&str, &str)]) -> Option<String> {
        detect(&World::of(vars, "/").with_root(root)).clause()
    }

    #[test]
    fn containers_by_what_their_managers_leave() {
        for (name, text, want) in [
            ("run/systemd/container", "systemd-nspawn\n", "systemd-nspawn"),
            ("proc/1/environ", "PATH=/bin\0container=lxc\0TERM=x", "lxc"),
            (".dockerenv", "", "docker"),
            ("run/.containerenv", "", "podman"),
            ("proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n", "wsl"),
        ] {
            let root = tempfile::tempdir().unwrap();
            assert_eq!(clause(root.path(), &[]), None);
            write(root.path(), name, text);
            assert_eq!(clause(root.path(), &[]), Some(format!("container ({want})")), "{name}");
        }
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "var/run/secrets/kubernetes.io/serviceaccount/token", "x");
        assert_eq!(clause(root.path(), &[]), None);
        let vars = [("KUBERNETES_SERVICE_HOST", "10.0.0.1")];
        assert_eq!(clause(root.path(), &vars).as_deref(), Some("container (kubernetes)"));
    }

    #[test]
    fn a_chroot_is_another_root_than_that_of_process_1() {
        let root = tempfile::tempdir().unwrap();
        let look_at = || detect(&World::of(&[], "/").with_root(root.path()));
        assert_eq!(look_at().chroot, None);
        fs::create_dir_all(root.path().join("proc/1")).unwrap();
        symlink(root.path(), root.path().join("proc/1/root")).unwrap();
        assert_eq!(look_at().chroot, Some(false));
        assert_eq!(look_at().clause(), None);
        fs::remove_file(root.path().join("proc/1/root")).unwrap();
        symlink("/", root.path().join("proc/1/root")).unwrap();
        assert_eq!(look_at().clause().as_deref(), Some("chroot"));
        write(root.path(), "etc/debian_chroot", "bookworm\n");
        write(root.path(), "run/systemd/container", "lxc\n");
        assert_eq!(look_at().clause().as_deref(), Some("chroot (bookworm) in a container (lxc)"));
    }

    #[test]
    fn without_process_1_the_mounts_tell() {
        let root = tempfile::tempdir().unwrap();
        let look_at = || detect(&World::of(&[], "/").with_root(root.path())).chroot;
        write(root.path(), "proc/self/mountinfo", "36 35 98:0 / /proc rw - proc proc rw\n");
        assert_eq!(look_at(), Some(true));
        write(root.path(), "proc/self/mountinfo", "35 1 98:0 / / rw - ext4 /dev/sda1 rw\n");
        assert_eq!(look_at(), None);
    }
}
