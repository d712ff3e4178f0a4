//! The full guard called by a tool's name: what Rust's runtime changes at start-up does not reach the tool.

use crate::support::machine::Machine;
use crate::support::start::{Start, bits, fake_tool, mask};

#[test]
fn a_symlink_to_the_full_guard_is_the_tool_for_reads() {
    let place = Machine::empty();
    let link = place.link("shims", "kubectl", env!("CARGO_BIN_EXE_guard"));
    let real = place.link("real", "kubectl", fake_tool());
    for (ignored, closed) in
        [(vec![], vec![]), (vec![libc::SIGPIPE], vec![0]), (vec![libc::SIGINT], vec![1]), (vec![], vec![2])]
    {
        let direct = Start {
            ignored: ignored.clone(),
            blocked: vec![libc::SIGUSR1],
            closed: closed.clone(),
            opened: vec![5],
            umask: 0o027,
            ..Start::of(&real, &["/x/kubectl", "get", "pods"])
                .env(place.path_of(&["shims", "real"]))
                .env(format!("HOME={}", place.dir("home").display()))
                .env(b"A=\xff")
                .env("A=2")
                .env("no equals sign")
        };
        let through = Start { program: link.clone(), ..direct.clone() };
        let (_, want) = direct.report(place.home.path());
        let (end, got) = through.report(place.home.path());
        assert_eq!(want, got.replace("env GUARD_DEPTH=1\n", ""), "{}", end.stderr);
        assert_eq!(mask(&want, "SigIgn") & bits(&[libc::SIGPIPE, libc::SIGINT]), bits(&ignored));
        assert!(closed.iter().all(|fd| !want.contains(&format!("fd {fd} "))), "{want}");
    }
}
