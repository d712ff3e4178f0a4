//! The ways a person comes to a machine: programs that stand between somebody elsewhere and a process here, and the
//! services these run as. Data only.

use crate::engine::glob;

/// One way in.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    /// Its programs, by the name of the process or of the script it runs.
    programs: &'static [&'static str],
    /// Its services: names without `.service`, up to an `@`; patterns.
    units: &'static [&'static str],
    /// What people call it.
    pub called: &'static str,
}

const fn door(
    called: &'static str,
    programs: &'static [&'static str],
    units: &'static [&'static str],
) -> Door {
    Door { programs, units, called }
}

/// All of them.
///
/// Sources: the service files of Debian's packages (openssh-server, dropbear-bin, telnetd, cockpit-ws, qemu-guest-agent,
/// open-vm-tools, virtualbox-guest-utils, waagent, google-guest-agent, google-osconfig-agent, salt-minion, xrdp, shellinabox, jupyterhub,
/// jenkins's own) and the vendors' manuals for what Debian does not have (AWS Systems Manager agent, Tailscale SSH, Teleport, Webmin,
/// code-server, RStudio, GitLab, GitHub, Buildkite).
const DOORS: &[Door] = &[
    // `sshd-session` since OpenSSH 9.8.
    door("ssh", &["sshd", "sshd-session", "sshd-auth", "dropbear"], &["ssh", "sshd", "dropbear"]),
    door("mosh", &["mosh-server"], &[]),
    door("Eternal Terminal", &["etserver", "etterminal"], &["et", "etserver"]),
    door("Tailscale", &["tailscaled"], &["tailscaled"]),
    door(
        "AWS Systems Manager",
        &["amazon-ssm-agent", "ssm-agent-worker", "ssm-document-worker", "ssm-session-worker"],
        &["amazon-ssm-agent", "snap.amazon-ssm-agent.*"],
    ),
    door("Salt", &["salt-minion", "salt-call"], &["salt-minion", "salt-api"]),
    door("Teleport", &["teleport"], &["teleport", "teleport_*"]),
    door("Boundary", &["boundary"], &["boundary", "boundary-worker"]),
    door("the hypervisor's guest agent", &["qemu-ga"], &["qemu-guest-agent", "qemu-ga"]),
    door("VMware Tools", &["vmtoolsd"], &["open-vm-tools", "vmtoolsd", "vgauth"]),
    door("VirtualBox", &["VBoxService"], &["vboxadd-service", "virtualbox-guest-utils"]),
    door("the cloud's agent", &["google_osconfig_agent"], &["google-osconfig-agent", "google-guest-agent"]),
    door("the cloud's agent", &[], &["walinuxagent", "waagent", "azuremonitoragent", "himds"]),
    door("the cloud's agent", &["oracle-cloud-agent"], &["oracle-cloud-agent", "snap.oracle-cloud-agent.*"]),
    door("Jenkins", &["jenkins"], &["jenkins", "jenkins-*"]),
    door("a pipeline's runner", &["gitlab-runner"], &["gitlab-runner", "gitlab-runner-*"]),
    door("a pipeline's runner", &["Runner.Listener", "Runner.Worker"], &["actions.runner.*"]),
    door("a pipeline's runner", &["buildkite-agent"], &["buildkite-agent"]),
    door("Rundeck", &[], &["rundeckd"]),
    door("Webmin", &["miniserv.pl"], &["webmin", "usermin"]),
    door("Cockpit", &["cockpit-ws", "cockpit-bridge", "cockpit-session"], &["cockpit", "cockpit-*"]),
    door(
        "Jupyter",
        &["jupyter-lab", "jupyter-notebook", "jupyter-server", "jupyterhub", "jupyterhub-singleuser"],
        &["jupyter*"],
    ),
    door("an editor in the browser", &["code-server", "code-tunnel"], &["code-server", "code-tunnel"]),
    door("RStudio", &["rserver", "rsession"], &["rstudio-server"]),
    door(
        "a terminal in the browser",
        &["shellinaboxd", "ttyd", "wetty", "gotty"],
        &["shellinabox", "ttyd", "wetty", "gotty"],
    ),
    door("telnet", &["telnetd", "in.telnetd", "inetd", "xinetd"], &["telnet", "telnetd", "inetd", "xinetd"]),
    door("a remote desktop", &["xrdp-sesman", "Xvnc", "vncserver"], &["xrdp*", "vnc*", "tigervnc*"]),
    // Nobody is elsewhere, but a person it is.
    door("a console", &[], &["*getty*"]),
];

/// The door a program is, by the name of its process; of that the kernel keeps the first 15 bytes.
pub fn by_program(name: &str) -> Option<&'static Door> {
    let kept = |program: &str| program.get(..15).unwrap_or(program) == name;
    DOORS.iter().find(|door| door.programs.iter().any(|program| kept(program)))
}

/// The door a service is, by the name of its unit.
pub fn by_unit(unit: &str) -> Option<&'static Door> {
    let name = unit.strip_suffix(".service").unwrap_or(unit);
    let name = name.split('@').next().unwrap_or(name);
    DOORS.iter().find(|door| door.units.iter().any(|pattern| glob::matches(pattern, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_by_their_programs_and_their_units() {
        for (name, want) in [
            ("sshd", Some("ssh")),
            ("amazon-ssm-agen", Some("AWS Systems Manager")),
            ("ssm-session-wor", Some("AWS Systems Manager")),
            ("jupyter-noteboo", Some("Jupyter")),
            ("miniserv.pl", Some("Webmin")),
            ("systemd", None),
            ("cron", None),
            ("", None),
        ] {
            assert_eq!(by_program(name).map(|d| d.called), want, "{name}");
        }
        for (unit, want) in [
            ("sshd@4-10.0.0.1:22.service", Some("ssh")),
            ("snap.amazon-ssm-agent.amazon-ssm-agent.service", Some("AWS Systems Manager")),
            ("actions.runner.acme-shop.db1.service", Some("a pipeline's runner")),
            ("serial-getty@ttyS0.service", Some("a console")),
            ("jupyterhub.service", Some("Jupyter")),
            ("cockpit-wsinstance-https@1.service", Some("Cockpit")),
            ("cron.service", None),
            ("backup.service", None),
        ] {
            assert_eq!(by_unit(unit).map(|d| d.called), want, "{unit}");
        }
    }
}
