//! What the machine itself needs: the kernel that runs, the way in, the network, what starts it.

use super::status::Status;
use crate::engine::glob::matches;
use std::path::Path;

/// When a row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Always,
    /// Only where this file has a line that is no comment.
    Lines(&'static str),
    /// Only where this path is there.
    There(&'static str),
}
use When::{Always, Lines, There};

/// Names of packages, and what they are to the machine; `*` is any run of characters. The first that fits counts.
const ROWS: &[(&str, &str, When)] = &[
    ("openssh-server", "the way in by ssh", Always),
    ("dropbear*", "the way in by ssh", Always),
    ("tinysshd", "the way in by ssh", Always),
    ("amazon-ssm-agent", "the cloud's way in", Always),
    ("google-guest-agent", "the cloud's way in", Always),
    ("google-compute-engine*", "the cloud's way in", Always),
    ("ec2-instance-connect", "the cloud's way in", Always),
    ("waagent", "the cloud's way in", Always),
    ("walinuxagent", "the cloud's way in", Always),
    ("qemu-guest-agent", "the hypervisor's way in", There("/dev/virtio-ports/org.qemu.guest_agent.0")),
    ("cloud-init", "sets up the network at boot", There("/run/cloud-init")),
    ("ifupdown*", "the network", Always),
    ("network-manager", "the network", Always),
    ("netplan.io", "the network", There("/etc/netplan")),
    ("connman", "the network", Always),
    ("wicked", "the network", Always),
    ("isc-dhcp-client", "gets the machine's address", Always),
    ("dhcpcd*", "gets the machine's address", Always),
    ("udhcpc", "gets the machine's address", Always),
    ("systemd-resolved", "resolves names", Always),
    ("resolvconf", "resolves names", Always),
    ("sudo", "the way to root", Always),
    ("sudo-ldap", "the way to root", Always),
    ("grub-*", "the boot loader", Always),
    ("grub2-common", "the boot loader", Always),
    ("shim-signed", "the boot loader", Always),
    ("shim-unsigned", "the boot loader", Always),
    ("systemd-boot*", "the boot loader", Always),
    ("lilo", "the boot loader", Always),
    ("extlinux", "the boot loader", Always),
    ("syslinux", "the boot loader", Always),
    ("u-boot-*", "the boot loader", Always),
    ("flash-kernel", "the boot loader", Always),
    ("raspi-firmware", "the boot loader", Always),
    ("s390-tools", "the boot loader", Always),
    ("init", "starts the machine", Always),
    ("systemd-sysv", "starts the machine", Always),
    ("sysvinit-core", "starts the machine", Always),
    ("runit-init", "starts the machine", Always),
    ("systemd", "starts the machine", Always),
    ("udev", "finds the machine's devices", Always),
    ("initramfs-tools", "makes what the kernel boots with", Always),
    ("dracut", "makes what the kernel boots with", Always),
    ("cryptsetup*", "opens encrypted disks", Lines("/etc/crypttab")),
    ("mdadm", "puts RAID arrays together", There("/dev/md")),
    ("lvm2", "finds the volumes of LVM", There("/etc/lvm/backup")),
    ("zfs-*", "mounts ZFS", There("/proc/spl/kstat/zfs")),
    ("zfsutils-linux", "mounts ZFS", There("/proc/spl/kstat/zfs")),
    ("multipath-tools", "finds disks of the network", There("/dev/mapper/mpatha")),
    ("open-iscsi", "finds disks of the network", There("/etc/iscsi/nodes")),
    ("nfs-common", "mounts NFS", There("/proc/fs/nfsfs")),
    ("apt", "installs packages", Always),
    ("dpkg", "installs packages", Always),
];

/// What the machine needs a package for; `status` knows the other kernels.
pub(super) fn of(root: &Path, name: &str, status: &Status) -> Option<String> {
    if let Some(kernel) = kernel(root, name, status) {
        return Some(kernel);
    }
    let (_, what, when) = ROWS.iter().find(|(pattern, ..)| matches(pattern, name))?;
    let at = |path: &str| root.join(path.trim_start_matches('/'));
    let counts = match when {
        Always => true,
        There(path) => at(path).exists(),
        Lines(path) => std::fs::read_to_string(at(path))
            .is_ok_and(|text| text.lines().map(str::trim).any(|l| !l.is_empty() && !l.starts_with('#'))),
    };
    counts.then(|| (*what).to_owned())
}

/// A kernel that runs, or the last one there is.
fn kernel(root: &Path, name: &str, status: &Status) -> Option<String> {
    let image = |name: &str| -> Option<String> {
        let rest = name.strip_prefix("linux-image-").or_else(|| name.strip_prefix("linux-modules-"))?;
        let rest = rest.strip_prefix("unsigned-").unwrap_or(rest);
        rest.starts_with(|c: char| c.is_ascii_digit()).then(|| rest.to_owned())
    };
    let release = image(name)?;
    let running = std::fs::read_to_string(root.join("proc/sys/kernel/osrelease")).unwrap_or_default();
    if release == running.trim() {
        return Some("the kernel that runs".to_owned());
    }
    let stays = status.installed().any(|p| image(&p.name).is_some() && !status.goes(&p.name));
    (!stays && name.starts_with("linux-image-")).then(|| "the last kernel".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::packages::plan::{Change, Kind};

    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn rows_count_where_they_should() {
        let bare = root(&[]);
        let status = Status::read(bare.path());
        let of_bare = |name: &str| of(bare.path(), name, &status);
        assert_eq!(of_bare("openssh-server").as_deref(), Some("the way in by ssh"));
        assert_eq!(of_bare("grub-pc").as_deref(), Some("the boot loader"));
        assert_eq!(of_bare("cowsay"), None);
        assert_eq!(of_bare("cryptsetup"), None, "no encrypted disk");
        let none = root(&[("etc/crypttab", "# none\n")]);
        assert_eq!(of(none.path(), "cryptsetup", &status), None);
        let one = root(&[("etc/crypttab", "# none\nsda_crypt x\n")]);
        assert_eq!(of(one.path(), "cryptsetup-initramfs", &status).as_deref(), Some("opens encrypted disks"));
    }

    #[test]
    fn kernels() {
        let paragraph = |n: &str| {
            format!("Package: {n}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n")
        };
        let books: String = ["linux-image-6.1.0-1-amd64", "linux-image-6.1.0-2-amd64", "linux-image-amd64"]
            .map(paragraph)
            .concat();
        let root = root(&[("var/lib/dpkg/status", &books), ("proc/sys/kernel/osrelease", "6.1.0-2-amd64\n")]);
        let change = |name: &str| Change {
            name: name.into(),
            arch: None,
            version: None,
            kind: Kind::Remove,
            named: true,
            unused: false,
        };
        let (old, new) = (change("linux-image-6.1.0-1-amd64"), change("linux-image-6.1.0-2-amd64"));
        let one = Status::read(root.path()).going(&[&old]);
        assert_eq!(of(root.path(), &old.name, &one), None, "another one stays");
        let both = Status::read(root.path()).going(&[&old, &new]);
        assert_eq!(of(root.path(), &old.name, &both).as_deref(), Some("the last kernel"));
        assert_eq!(of(root.path(), &new.name, &both).as_deref(), Some("the kernel that runs"));
        assert_eq!(of(root.path(), "linux-image-amd64", &both), None, "a name for the newest alone");
    }
}
