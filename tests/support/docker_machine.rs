//! A machine of the tests' own with guard in front of the docker CLI. Apart from [`super::docker`], which examples use as well: these know
//! the built programs.

use super::docker::Daemon;
use super::machine::Machine;
use std::process::Output;

impl Daemon {
    /// A home with the shim in front of the real CLI, both called `docker`, where this daemon is the one that is meant:
    /// `machine.docker(…)` and `machine.guard(…)`.
    pub fn machine(&self) -> Machine {
        let mut machine = Machine::bare();
        machine.link("shims", "docker", env!("CARGO_BIN_EXE_guard-shim"));
        machine.link("real", "docker", self.cli());
        if let Some(compose) = self.plugins() {
            machine.link(".docker/cli-plugins", "docker-compose", compose.join("docker-compose"));
        }
        machine.env("DOCKER_HOST", self.endpoint());
        machine
    }

    /// Runs `guard ARGS` without a terminal, on a machine of its own that has this daemon.
    pub fn guard(&self, args: &[&str]) -> Output {
        self.machine().guard(args)
    }
}
