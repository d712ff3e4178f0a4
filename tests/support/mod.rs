//! What the test programs share: machines to run guarded commands on, servers, terminals. Once per program.
#![allow(dead_code, reason = "every test program uses another part of it")]

pub mod apt_stage;
pub mod aws;
pub mod aws_probe;
pub mod aws_stage;
pub mod aws_tape;
pub mod chroot;
pub mod cluster;
pub mod embedded;
pub mod fibery;
pub mod guarded;
pub mod kubectls;
pub mod probing;
pub mod process;
pub mod pty;
pub mod recorder;
pub mod shop;
pub mod stage;
