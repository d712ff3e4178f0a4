//! The built programs, with stand-ins for everything outside: fake tools, embedded servers, recorded answers.
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

mod audit_log;
mod aws_tape;
mod backups;
mod backups_policy;
mod compat;
mod demo;
mod docker;
mod docker_ssh;
mod hooks;
mod install_doctor;
mod keep_embedded;
mod manual;
mod probe_aws_backups;
mod probe_aws_cloudformation;
mod probe_aws_databases;
mod probe_aws_ec2;
mod probe_aws_identity;
mod probe_aws_keys;
mod probe_aws_s3;
mod probe_aws_services;
mod probe_scenarios;
mod prompt_tty;
mod readme;
mod resolve_aws_traps;
mod scenarios_answers;
mod scenarios_broken;
mod scenarios_commands;
mod scenarios_copies;
mod scenarios_documents;
mod scenarios_input;
mod scenarios_levels;
mod scenarios_other_words;
mod scenarios_pin;
mod scenarios_policy;
mod scenarios_robust;
mod scenarios_untouched;
mod scenarios_whose;
mod segment;
mod shell_init;
mod shell_init_nu_sh;
mod shell_prompt;
mod shell_setup;
mod shim_find;
mod shim_full;
mod shim_passthrough;
mod snippets;
mod terminals;
