//! Who ran the command and from where, as the process can tell.

use crate::world::World;
use serde::{Deserialize, Serialize};
use std::os::unix::ffi::OsStrExt;

/// Who ran a command. The numbers come from the kernel; names, `SUDO_USER` and the CI system are what the environment
/// says and may be wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The effective user id.
    pub uid: u32,
    /// The name of that user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Who called sudo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sudo_user: Option<String>,
    /// This machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The terminal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tty: Option<String>,
    /// The working directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// This process, which becomes the tool.
    pub pid: u32,
    /// Its parent.
    pub ppid: u32,
    /// The CI system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci: Option<String>,
    /// Who is at work, as policy sees it: `human`, `ci` or `agent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Variables by which CI systems make themselves known, and their names; the generic one last.
const CI_SYSTEMS: &[(&str, &str)] = &[
    ("GITHUB_ACTIONS", "github-actions"),
    ("GITLAB_CI", "gitlab-ci"),
    ("JENKINS_URL", "jenkins"),
    ("CIRCLECI", "circleci"),
    ("BUILDKITE", "buildkite"),
    ("TF_BUILD", "azure-pipelines"),
    ("BITBUCKET_BUILD_NUMBER", "bitbucket"),
    ("DRONE", "drone"),
    ("TEAMCITY_VERSION", "teamcity"),
    ("ARGO_WORKFLOW_NAME", "argo-workflows"),
    ("TEKTON_PIPELINE_RUN", "tekton"),
    ("CI", "ci"),
];

impl Caller {
    /// This process.
    pub fn of_process(world: &World) -> Caller {
        let uid = rustix::process::geteuid().as_raw();
        Caller {
            uid,
            user: user_name(world, uid).or_else(|| text(world, "LOGNAME")).or_else(|| text(world, "USER")),
            sudo_user: text(world, "SUDO_USER"),
            host: host(),
            tty: tty(),
            cwd: Some(world.cwd().to_string_lossy().into_owned()).filter(|cwd| !cwd.is_empty()),
            pid: std::process::id(),
            ppid: std::os::unix::process::parent_id(),
            ci: ci(world),
            actor: None,
        }
    }
}

/// The CI system this runs in, when there is one.
fn ci(world: &World) -> Option<String> {
    let (_, name) = CI_SYSTEMS.iter().find(|(var, _)| {
        world.set_var(var).is_some_and(|value| !matches!(value.as_bytes(), b"false" | b"0"))
    })?;
    Some((*name).to_owned())
}

fn text(world: &World, name: &str) -> Option<String> {
    world.set_var(name).map(|value| value.to_string_lossy().into_owned())
}

/// The name `/etc/passwd` has for a user. Directory services are not asked: a static binary has no NSS, and a call over
/// the network has no place before a destructive command.
fn user_name(world: &World, uid: u32) -> Option<String> {
    let passwd = std::fs::read_to_string(world.absolute("/etc/passwd")).ok()?;
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

fn host() -> Option<String> {
    Some(rustix::system::uname().nodename().to_string_lossy().into_owned()).filter(|name| !name.is_empty())
}

/// The terminal's name by whichever of the three standard streams is one.
fn tty() -> Option<String> {
    let name = rustix::termios::ttyname(rustix::stdio::stdin(), Vec::new())
        .or_else(|_| rustix::termios::ttyname(rustix::stdio::stderr(), Vec::new()))
        .or_else(|_| rustix::termios::ttyname(rustix::stdio::stdout(), Vec::new()));
    name.ok().map(|name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_systems_by_their_variable() {
        for (vars, name) in [
            (&[("CI", "true"), ("GITHUB_ACTIONS", "true")][..], Some("github-actions")),
            (&[("CI", "true")], Some("ci")),
            (&[("CI", "false")], None),
            (&[("CI", "")], None),
            (&[], None),
        ] {
            assert_eq!(ci(&World::of(vars, "/")).as_deref(), name);
        }
    }

    #[test]
    fn the_user_by_its_number() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("etc")).unwrap();
        std::fs::write(
            root.path().join("etc/passwd"),
            "root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/:/bin/sh\n",
        )
        .unwrap();
        let world = World::of(&[], "/").with_root(root.path());
        assert_eq!(user_name(&world, 1000).as_deref(), Some("anna"));
        assert_eq!(user_name(&world, 10), None);
    }
}
