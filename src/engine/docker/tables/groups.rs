//! Which groups of commands each program has. A group is chosen by code and not by a table, which would need a pointer each.

use super::{Group, compose, docker, podman};

/// The program that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cli {
    /// `docker`, with Compose as its plugin.
    Docker,
    /// `docker-compose`: Compose 2 by itself, or version 1.
    Compose,
    /// `podman`.
    Podman,
}

const fn group(name: &'static str, text: &'static str) -> Option<Group> {
    Some(Group { name, text })
}

/// Compose's commands.
pub const COMPOSE: Group = Group { name: "compose", text: compose::COMPOSE };

/// Compose's flags before a command.
pub const COMPOSE_GLOBALS: &str = compose::GLOBALS;
/// Those that stand behind it as well.
pub const COMPOSE_PERSISTENT: &str = compose::PERSISTENT;

impl Cli {
    /// The commands that belong to no group, and other names of some that do.
    pub const fn top(self) -> Group {
        match self {
            Cli::Docker => Group { name: "", text: docker::TOP },
            Cli::Compose => COMPOSE,
            Cli::Podman => Group { name: "", text: podman::TOP },
        }
    }

    /// The group a word names. Chosen by code, which needs no pointers.
    pub fn group(self, word: &[u8]) -> Option<Group> {
        match (self, word) {
            (Cli::Compose, _) => None,
            (Cli::Docker | Cli::Podman, b"compose") => Some(COMPOSE),
            (Cli::Docker, _) => docker_group(word),
            (Cli::Podman, _) => podman_group(word),
        }
    }

    /// The names of all groups.
    #[cfg(any(feature = "cli", test))]
    pub const fn groups(self) -> &'static [&'static str] {
        match self {
            Cli::Docker => &[
                "builder",
                "buildx",
                "checkpoint",
                "compose",
                "config",
                "container",
                "context",
                "image",
                "manifest",
                "network",
                "node",
                "plugin",
                "secret",
                "service",
                "stack",
                "swarm",
                "system",
                "trust",
                "volume",
            ],
            Cli::Compose => &[],
            Cli::Podman => &[
                "artifact",
                "buildx",
                "compose",
                "container",
                "farm",
                "generate",
                "healthcheck",
                "image",
                "kube",
                "machine",
                "manifest",
                "network",
                "play",
                "pod",
                "quadlet",
                "secret",
                "system",
                "volume",
            ],
        }
    }

    /// The flags that stand before a command.
    pub const fn globals(self) -> &'static str {
        match self {
            Cli::Docker => docker::GLOBALS,
            Cli::Compose => compose::STANDALONE,
            Cli::Podman => podman::GLOBALS,
        }
    }
}

fn docker_group(word: &[u8]) -> Option<Group> {
    match word {
        b"builder" => group("builder", docker::BUILDER),
        b"buildx" => group("buildx", docker::BUILDX),
        b"checkpoint" => group("checkpoint", docker::CHECKPOINT),
        b"config" => group("config", docker::CONFIG),
        b"container" => group("container", docker::CONTAINER),
        b"context" => group("context", docker::CONTEXT),
        b"image" => group("image", docker::IMAGE),
        b"manifest" => group("manifest", docker::MANIFEST),
        b"network" => group("network", docker::NETWORK),
        b"node" => group("node", docker::NODE),
        b"plugin" => group("plugin", docker::PLUGIN),
        b"secret" => group("secret", docker::SECRET),
        b"service" => group("service", docker::SERVICE),
        b"stack" => group("stack", docker::STACK),
        b"swarm" => group("swarm", docker::SWARM),
        b"system" => group("system", docker::SYSTEM),
        b"trust" => group("trust", docker::TRUST),
        b"volume" => group("volume", docker::VOLUME),
        _ => None,
    }
}

fn podman_group(word: &[u8]) -> Option<Group> {
    match word {
        b"artifact" => group("artifact", podman::ARTIFACT),
        b"builder" | b"buildx" => group("buildx", podman::BUILDX),
        b"container" => group("container", podman::CONTAINER),
        b"farm" => group("farm", podman::FARM),
        b"generate" => group("generate", podman::GENERATE),
        b"healthcheck" => group("healthcheck", podman::HEALTHCHECK),
        b"image" => group("image", podman::IMAGE),
        b"kube" => group("kube", podman::KUBE),
        b"machine" => group("machine", podman::MACHINE),
        b"manifest" => group("manifest", podman::MANIFEST),
        b"network" => group("network", podman::NETWORK),
        b"play" => group("play", podman::PLAY),
        b"pod" => group("pod", podman::POD),
        b"quadlet" => group("quadlet", podman::QUADLET),
        b"secret" => group("secret", podman::SECRET),
        b"system" => group("system", podman::SYSTEM),
        b"volume" => group("volume", podman::VOLUME),
        _ => None,
    }
}
