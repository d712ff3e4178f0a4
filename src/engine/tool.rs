//! The tools guard stands in front of: the one list of their names. What a tool is called, which family judges it, what kind of
//! target it works on and who links it stand here and nowhere else; `tests/laws/architecture.rs` looks for names elsewhere.
//!
//! A new tool is one row here, one folder under `engine/` for what its words say, and one for what asks and acts.

use std::fmt;

/// Who judges a tool's words, finds its target and asks what would be lost. Matched without a wildcard everywhere: a family
/// that is forgotten somewhere does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FamilyId {
    /// kubectl and what takes its words.
    Kube,
    /// The AWS CLI.
    Aws,
    /// apt, aptitude, dpkg.
    Packages,
    /// systemctl and what stops services or the machine.
    Units,
    /// rm.
    Files,
    /// docker, Compose, podman.
    Docker,
}

/// What a tool works on, and so which identities its target has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TargetKind {
    /// A Kubernetes cluster.
    Cluster,
    /// A cloud account.
    Account,
    /// A machine.
    Machine,
    /// The daemon that runs containers on some machine.
    Daemon,
}

impl FamilyId {
    /// What the tools of this family work on.
    pub const fn kind(self) -> TargetKind {
        match self {
            FamilyId::Kube => TargetKind::Cluster,
            FamilyId::Aws => TargetKind::Account,
            FamilyId::Packages | FamilyId::Units | FamilyId::Files => TargetKind::Machine,
            FamilyId::Docker => TargetKind::Daemon,
        }
    }

    /// Whether words alone say enough to judge a line of a shell by, which nobody looks at again. Where they do not, only a call
    /// that really reaches guard is judged.
    pub const fn is_read_in_lines(self) -> bool {
        match self {
            FamilyId::Kube | FamilyId::Aws | FamilyId::Packages | FamilyId::Units | FamilyId::Docker => true,
            // What lies at a path says whether it matters.
            FamilyId::Files => false,
        }
    }
}

/// Who links a tool's name to guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Linked {
    /// `guard install`, in the caller's own directory.
    ByUser,
    /// `guard install --apt` too, by root for everybody on the machine.
    BySystem,
    /// Only `guard install NAME`.
    WhenAsked,
}

/// One tool.
#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    /// The file on PATH, and the name in policies, records and JSON.
    pub name: &'static str,
    /// Another file that is this tool. The file that was called is the one that runs; to policies and records it is the tool.
    /// One at most, and no list: every pointer in a table is a relocation that the shim pays for at each start.
    pub also: Option<&'static str>,
    /// A short name people give it, which is no file: what runs is [`Tool::name`].
    pub short: Option<&'static str>,
    /// Whether people have it under names of other versions and systems: `kubectl-1.34`, `kubectl1.34`, `aws2`, `kubectl.exe`,
    /// `aws.cmd`. Each is a file of its own.
    pub versioned: bool,
    /// The family that judges it.
    pub family: FamilyId,
    /// Who links it.
    pub linked: Linked,
    /// Whether its name is no word of other programs, so that it is found behind a wrapper nobody knows
    /// (`some-wrapper apt-get purge x`). `service`, `init`, `halt` and `reboot` are commands of too many others.
    pub unmistakable: bool,
}

const fn row(name: &'static str, family: FamilyId, linked: Linked) -> Tool {
    Tool { name, also: None, short: None, versioned: false, family, linked, unmistakable: false }
}

impl Tool {
    const fn also(mut self, also: &'static str) -> Tool {
        self.also = Some(also);
        self
    }

    const fn short(mut self, short: &'static str) -> Tool {
        self.short = Some(short);
        self
    }

    const fn versioned(mut self) -> Tool {
        self.versioned = true;
        self
    }

    const fn unmistakable(mut self) -> Tool {
        self.unmistakable = true;
        self
    }
}

/// Kubernetes' own client.
pub const KUBECTL: Tool =
    row("kubectl", FamilyId::Kube, Linked::ByUser).short("k").versioned().unmistakable();
/// OpenShift's client: kubectl's commands and its own.
pub const OC: Tool = row("oc", FamilyId::Kube, Linked::WhenAsked).versioned();
/// The AWS CLI.
pub const AWS: Tool = row("aws", FamilyId::Aws, Linked::ByUser).versioned().unmistakable();
/// apt, for people.
pub const APT: Tool = row("apt", FamilyId::Packages, Linked::BySystem).unmistakable();
/// apt, for scripts.
pub const APT_GET: Tool = row("apt-get", FamilyId::Packages, Linked::BySystem).unmistakable();
/// aptitude.
pub const APTITUDE: Tool =
    row("aptitude", FamilyId::Packages, Linked::BySystem).also("aptitude-curses").unmistakable();
/// dpkg.
pub const DPKG: Tool = row("dpkg", FamilyId::Packages, Linked::BySystem).unmistakable();
/// systemd's client.
pub const SYSTEMCTL: Tool = row("systemctl", FamilyId::Units, Linked::BySystem).unmistakable();
/// The script that becomes [`SYSTEMCTL`].
pub const SERVICE: Tool = row("service", FamilyId::Units, Linked::BySystem);

/// The docker CLI, with Compose as its plugin. Not linked unasked as long as nobody looks at what a container holds.
pub const DOCKER: Tool = row("docker", FamilyId::Docker, Linked::WhenAsked);
/// Compose by itself: version 2, or the older one.
pub const COMPOSE: Tool = row("docker-compose", FamilyId::Docker, Linked::WhenAsked);
/// podman.
pub const PODMAN: Tool = row("podman", FamilyId::Docker, Linked::WhenAsked).also("podman-remote");

/// Every tool.
pub const TOOLS: &[Tool] = &[
    KUBECTL,
    OC,
    AWS,
    APT,
    APT_GET,
    APTITUDE,
    DPKG,
    SYSTEMCTL,
    SERVICE,
    row("shutdown", FamilyId::Units, Linked::BySystem),
    row("reboot", FamilyId::Units, Linked::BySystem).also("coldreboot"),
    row("halt", FamilyId::Units, Linked::BySystem),
    row("poweroff", FamilyId::Units, Linked::BySystem),
    row("init", FamilyId::Units, Linked::BySystem),
    row("telinit", FamilyId::Units, Linked::BySystem),
    row("rm", FamilyId::Files, Linked::WhenAsked),
    DOCKER,
    COMPOSE,
    PODMAN,
];

/// The tool a command's name stands for: the last part of a path, without directories.
pub fn called(name: &[u8]) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.is_called(name))
}

/// The same for the name of a command in a line of a shell, or of one that another program runs.
pub fn called_in_line(name: &[u8]) -> Option<&'static Tool> {
    called(name).filter(|tool| tool.family.is_read_in_lines())
}

/// The tool of exactly this name, as policies and records write it.
pub fn named(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}

/// Names of tools that guard does not stand in front of, of which a policy may speak all the same: those written before
/// guard refused names it does not know.
const FORESEEN: &[(&str, TargetKind)] = &[("helm", TargetKind::Cluster)];

/// What the tool of this name works on; `None` when nobody knows.
pub fn kind_of(name: &str) -> Option<TargetKind> {
    let known = called(name.as_bytes()).map(Tool::kind);
    known.or_else(|| FORESEEN.iter().find(|(n, _)| *n == name).map(|(_, kind)| *kind))
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Tool {
    /// What it works on.
    pub const fn kind(&self) -> TargetKind {
        self.family.kind()
    }

    /// Whether it is this tool.
    pub fn is(&self, other: &Tool) -> bool {
        self.name == other.name
    }

    /// Whether it works on the machine itself.
    pub const fn is_of_machine(&self) -> bool {
        matches!(self.kind(), TargetKind::Machine)
    }

    /// Whether it changes packages.
    pub fn is_package_manager(&self) -> bool {
        self.family == FamilyId::Packages
    }

    /// Whether this name stands for the tool.
    pub fn is_called(&self, name: &[u8]) -> bool {
        // Most rows differ in the first byte.
        (self.name.as_bytes().first() == name.first()
            && (self.name.as_bytes() == name || self.is_version(name)))
            || self.other_names().any(|other| other.as_bytes() == name)
    }

    fn other_names(&self) -> impl Iterator<Item = &'static str> {
        self.short.into_iter().chain(self.also)
    }

    /// The names it is listed under: its own, and the others that are no version of it.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.other_names())
    }

    /// The file to look for on PATH when the tool was called by this name. A name that is a file of its own is looked for by
    /// that name: what was called is what runs.
    pub fn file<'a>(&'static self, called: &'a [u8]) -> &'a [u8] {
        if self.is_file_of_its_own(called) { called } else { self.name.as_bytes() }
    }

    /// Whether a name of the tool is that of another file than [`Tool::name`]: linked only when somebody asks for it.
    pub fn is_file_of_its_own(&self, called: &[u8]) -> bool {
        self.also.is_some_and(|other| other.as_bytes() == called) || self.is_version(called)
    }

    /// Whether a name is the tool's with a version behind it, or the ending other systems give programs.
    fn is_version(&self, name: &[u8]) -> bool {
        let Some(rest) = name.strip_prefix(self.name.as_bytes()).filter(|_| self.versioned) else {
            return false;
        };
        let ending = rest.strip_suffix(b".exe").or_else(|| rest.strip_suffix(b".cmd"));
        let version = ending.unwrap_or(rest);
        if version.is_empty() {
            return ending.is_some();
        }
        let version = version.strip_prefix(b"-").unwrap_or(version);
        let version = version.strip_prefix(b"v").unwrap_or(version);
        version.first().is_some_and(u8::is_ascii_digit)
            && version.iter().all(|b| b.is_ascii_digit() || *b == b'.')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_tools_and_run_what_was_called() {
        let rows: &[(&str, Option<(&str, &str)>)] = &[
            ("kubectl", Some(("kubectl", "kubectl"))),
            ("k", Some(("kubectl", "kubectl"))),
            ("kubectl.exe", Some(("kubectl", "kubectl.exe"))),
            ("kubectl-1.34", Some(("kubectl", "kubectl-1.34"))),
            ("kubectl-v1.34.2", Some(("kubectl", "kubectl-v1.34.2"))),
            ("kubectl1.34", Some(("kubectl", "kubectl1.34"))),
            ("kubectl-1.34.exe", Some(("kubectl", "kubectl-1.34.exe"))),
            ("oc.exe", Some(("oc", "oc.exe"))),
            ("dpkg.exe", None),
            ("kubectl-ns", None),
            ("kubectl-1.34-backup", None),
            ("kubectl-", None),
            ("kubectl-v", None),
            ("kubectlx", None),
            ("kub", None),
            ("", None),
            ("oc", Some(("oc", "oc"))),
            ("oc-4.18", Some(("oc", "oc-4.18"))),
            ("octave", None),
            ("aws", Some(("aws", "aws"))),
            ("aws2", Some(("aws", "aws2"))),
            ("aws.cmd", Some(("aws", "aws.cmd"))),
            ("aws-vault", None),
            ("aptitude-curses", Some(("aptitude", "aptitude-curses"))),
            ("apt-get", Some(("apt-get", "apt-get"))),
            ("apt-get2", None),
            ("dpkg-query", None),
            ("init", Some(("init", "init"))),
            ("init0", None),
            ("coldreboot", Some(("reboot", "coldreboot"))),
            ("helm", None),
            ("docker", Some(("docker", "docker"))),
            ("docker-compose", Some(("docker-compose", "docker-compose"))),
            ("podman-remote", Some(("podman", "podman-remote"))),
            ("docker-buildx", None),
        ];
        for (name, want) in rows {
            let tool = called(name.as_bytes());
            let got = tool.map(|t| (t.name, String::from_utf8_lossy(t.file(name.as_bytes()))));
            assert_eq!(got.as_ref().map(|(t, f)| (*t, f.as_ref())), *want, "{name:?}");
        }
        // Called under a name of its own making, as the package manager's hook names its callers.
        assert_eq!(named("apt-get").map(|t| t.file(b"unattended-upgrade")), Some(&b"apt-get"[..]));
    }

    #[test]
    fn no_name_stands_for_two_tools() {
        let all = || TOOLS.iter().flat_map(Tool::names);
        for name in all() {
            assert_eq!(TOOLS.iter().filter(|t| t.is_called(name.as_bytes())).count(), 1, "{name}");
            assert_eq!(all().filter(|other| *other == name).count(), 1, "{name}");
        }
    }

    #[test]
    fn a_name_of_a_policy_says_what_it_works_on() {
        for (name, want) in [
            ("kubectl", Some(TargetKind::Cluster)),
            ("kubectl.exe", Some(TargetKind::Cluster)),
            ("helm", Some(TargetKind::Cluster)),
            ("aws", Some(TargetKind::Account)),
            ("dpkg", Some(TargetKind::Machine)),
            ("telinit", Some(TargetKind::Machine)),
            ("docker", Some(TargetKind::Daemon)),
            ("podman-remote", Some(TargetKind::Daemon)),
            ("nerdctl", None),
        ] {
            assert_eq!(kind_of(name), want, "{name}");
        }
    }
}
