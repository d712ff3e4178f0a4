//! Real Debian systems that packages are taken away from, and the package tools of this machine.
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

mod apt_bed;
mod apt_facts;
mod apt_hook;
mod apt_keep;
mod apt_plan;
mod apt_plan_real;
mod apt_postrm;
mod apt_words;
mod backups_broken;
mod backups_catalogues;
mod backups_dumps;
mod backups_servers;
mod booted;
mod manual;
mod package_life;
mod probe_systemd;
mod scenarios_apt;
mod scenarios_apt_hooks;
mod scenarios_apt_scripts;
mod scenarios_rm;
mod units;
