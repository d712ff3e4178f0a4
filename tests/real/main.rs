//! The real tools and servers: kubectl, a Kubernetes API server, the AWS CLI in front of moto.
#![cfg(all(feature = "cli", target_os = "linux"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test's own helpers"
)]

#[path = "../support/mod.rs"]
mod support;

mod aws_faults;
mod aws_manual;
mod aws_recordings;
mod aws_server;
mod aws_traps;
mod aws_warm;
mod aws_who;
mod aws_words;
mod backups;
mod contract;
mod docker_back;
mod docker_daemon;
mod docker_keep;
mod docker_table;
mod keep_real;
mod kinds;
mod kubectl_table;
mod kubectl_words;
mod probe_aws_live;
mod probe_cluster;
mod resolve_aws;
mod resolve_differential;
mod resolve_traps;
mod scenarios_aws;
mod scenarios_aws_pipes;
mod scenarios_credentials;
mod scenarios_docker;
mod scenarios_real;
mod snippets_aws;
mod traps;
