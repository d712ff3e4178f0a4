//! Units without which nobody reaches the machine any more, or it does not work as a machine.

use crate::engine::glob;

/// Patterns of names without `.service`, and what is gone without them.
const VITAL: &[(&str, &str)] = &[
    ("ssh", "nobody can log in by ssh any more (sessions that are open stay)"),
    ("sshd", "nobody can log in by ssh any more (sessions that are open stay)"),
    ("ssh.socket", "nobody can log in by ssh any more (sessions that are open stay)"),
    ("dropbear", "nobody can log in by ssh any more"),
    ("networking", "the network goes down, and every connection over it, this one too"),
    ("systemd-networkd", "the network is not managed any more; addresses from DHCP run out"),
    ("NetworkManager", "connections it made may go down, this one too"),
    ("wpa_supplicant*", "the wireless network goes down"),
    ("ifup@*", "an interface goes down, and every connection over it"),
    ("wg-quick@*", "the tunnel goes down, and every connection through it"),
    ("openvpn*", "the tunnel goes down, and every connection through it"),
    ("tailscaled", "connections over Tailscale end, this one too if it is one"),
    ("systemd-resolved", "names are not resolved any more"),
    ("nftables", "the firewall's rules go"),
    ("netfilter-persistent", "the firewall's rules go"),
    ("ufw", "the firewall's rules go"),
    ("firewalld", "the firewall's rules go"),
    ("dbus", "nearly everything on the machine talks over it; a restart often ends in a reboot"),
    ("dbus-broker", "nearly everything on the machine talks over it; a restart often ends in a reboot"),
    ("systemd-logind", "sessions are not managed any more"),
    ("systemd-journald", "services that log to it may lose what they write"),
    ("docker", "containers stop with it, unless it keeps them alive (live-restore)"),
    ("containerd", "containers are not managed any more"),
    ("kubelet", "pods of this node are not managed any more; it becomes NotReady"),
    ("user@*", "everything of that user's session ends"),
    ("session-*.scope", "that session ends with everything in it"),
];

/// What is gone without this unit (its name without `.service`).
pub fn without(name: &str) -> Option<&'static str> {
    VITAL.iter().find(|(pattern, _)| glob::matches(pattern, name)).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_only() {
        for name in ["ssh", "networking", "NetworkManager", "wg-quick@wg0", "ssh.socket", "user@1000"] {
            assert!(without(name).is_some(), "{name}");
        }
        for name in ["ssh-agent", "nginx", "networkd-dispatcher", "docker-registry", "sshguard"] {
            assert!(without(name).is_none(), "{name}");
        }
    }
}
