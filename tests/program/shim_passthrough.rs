//! A harmless call through the shim is the call without it: same words, environment, signals, descriptors, exit code.

use crate::support::machine::Machine;
use crate::support::start::{Start, bits, fake_tool, mask};

const SHIM: &str = env!("CARGO_BIN_EXE_guard-shim");

/// A shim directory before the real tool's, on PATH.
fn place() -> (Machine, Start, Start) {
    let place = Machine::empty();
    let shim = place.link("shims", "kubectl", SHIM);
    let real = place.link("real", "kubectl", fake_tool());
    let path = place.path_of(&["shims", "real"]);
    let words = ["kubectl", "get", "pods"];
    let through = Start::of(shim, &words).env(&path).env(format!("HOME={}", place.dir("home").display()));
    let direct = Start { program: real, ..through.clone() };
    (place, direct, through)
}

/// Both reports, the shim's without the one variable that it adds.
fn compare(place: &Machine, direct: &Start, through: &Start) -> (String, String) {
    let (end, want) = direct.report(place.home.path());
    let (other, got) = through.report(place.home.path());
    assert_eq!((end.code, &end.stdout, &end.stderr), (other.code, &other.stdout, &other.stderr));
    assert!(want.contains("SigIgn") && want.contains("umask"), "the fake tool did not run: {want}");
    assert!(got.contains("env GUARD_DEPTH=1\n"), "{got}");
    (want, got.replace("env GUARD_DEPTH=1\n", ""))
}

#[test]
fn nothing_but_the_depth_differs() {
    let (place, direct, through) = place();
    let change = |s: Start| Start {
        argv: [&b"/any/path/kubectl"[..], b"get", b"", b"p\xff\xfe", b"-l", b"a=b c", b"--", b"x\ny"]
            .map(<[u8]>::to_vec)
            .into(),
        ignored: vec![libc::SIGPIPE, libc::SIGHUP, libc::SIGQUIT],
        blocked: vec![libc::SIGUSR1, libc::SIGTERM, 40],
        opened: vec![3, 9, 63],
        umask: 0o057,
        cwd: place.dir("work"),
        ..s
    };
    let env = |s: Start| {
        [
            &b"B=2"[..],
            b"A=1",
            b"A=\xff\xfe=",
            b"A=1",
            b"no equals sign",
            b"",
            b"=hidden",
            b"GUARD_DEPTHS=x",
            b"Z=",
        ]
        .iter()
        .fold(s, |s, e| s.env(e))
    };
    let (want, got) = compare(&place, &env(change(direct)), &env(change(through)));
    assert_eq!(want, got);
    let ignored = bits(&[libc::SIGPIPE, libc::SIGHUP, libc::SIGQUIT]);
    assert_eq!(mask(&want, "SigIgn") & ignored, ignored);
    assert_eq!(mask(&want, "SigBlk"), bits(&[libc::SIGUSR1, libc::SIGTERM, 40]));
    for line in ["umask 057", "env A=\\xff\\xfe=", "fd 3 /dev/null", "fd 9 /dev/null", "fd 63 /dev/null"] {
        assert!(want.contains(line), "{line} is not in\n{want}");
    }
}

#[test]
fn defaults_stay_defaults() {
    let (place, direct, through) = place();
    let (want, got) = compare(&place, &direct, &through);
    assert_eq!(want, got);
    assert_eq!(mask(&want, "SigIgn") & bits(&[libc::SIGPIPE]), 0);
    assert_eq!(mask(&want, "SigCgt"), 0);
}

#[test]
fn closed_standard_streams_stay_closed() {
    let (place, direct, through) = place();
    for closed in [vec![0], vec![1], vec![2], vec![0, 1, 2]] {
        let change = |s: &Start| Start { closed: closed.clone(), ..s.clone() };
        let (want, got) = compare(&place, &change(&direct), &change(&through));
        assert_eq!(want, got, "{closed:?}");
        assert!(closed.iter().all(|fd| !want.contains(&format!("fd {fd} "))), "{want}");
    }
}

#[test]
fn exit_codes_and_standard_input_are_the_tools() {
    let (place, direct, through) = place();
    for code in [0, 1, 3, 77, 255] {
        let change = |s: &Start| s.clone().env(format!("FAKE_TOOL_EXIT={code}"));
        assert_eq!(change(&direct).run().code, Some(code));
        assert_eq!(change(&through).run().code, Some(code));
    }
    let bytes: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
    let change = |s: &Start| Start { stdin: Some(bytes.clone()), ..s.clone().env("FAKE_TOOL_STDIN=1") };
    let (want, got) = compare(&place, &change(&direct), &change(&through));
    assert!(want.contains("stdin 800000 "), "{want}");
    assert_eq!(want, got);
}

#[test]
fn the_answer_for_guard_does_not_reach_the_tool() {
    let (place, _, through) = place();
    let (_, got) =
        through.env("GUARD_CONFIRM=main/web").env("GUARD_CONFIRMED=kept").report(place.home.path());
    assert!(!got.contains("GUARD_CONFIRM=") && got.contains("env GUARD_CONFIRMED=kept\n"), "{got}");
}

#[test]
fn completion_passes_untouched_whatever_stands_on_the_line() {
    let (place, _, through) = place();
    for entry in ["__complete", "__completeNoDesc"] {
        let argv = ["kubectl", entry, "delete", "ns", ""].map(|w| w.as_bytes().to_vec()).to_vec();
        let (end, got) = Start { argv, ..through.clone() }.report(place.home.path());
        assert_eq!((end.code, end.stderr.as_str()), (Some(0), ""));
        assert!(
            got.starts_with(&format!("argv kubectl\nargv {entry}\nargv delete\nargv ns\nargv \nenv")),
            "{got}"
        );
    }
}

/// The config file of the AWS CLI may let the person compose other words (`cli_auto_prompt`); the variable beats it.
#[test]
fn the_aws_cli_asks_for_no_other_words() {
    let place = Machine::empty();
    let shim = place.link("shims", "aws", SHIM);
    place.link("real", "aws", fake_tool());
    let start = Start::of(shim, &["aws", "ec2", "describe-instances"])
        .env(place.path_of(&["shims", "real"]))
        .env(format!("HOME={}", place.dir("home").display()));
    for (given, want) in [
        (None, "AWS_CLI_AUTO_PROMPT=off"),
        (Some("AWS_CLI_AUTO_PROMPT="), "AWS_CLI_AUTO_PROMPT="),
        (Some("AWS_CLI_AUTO_PROMPT=on-partial"), "AWS_CLI_AUTO_PROMPT=on-partial"),
        (Some("AWS_CLI_AUTO_PROMPTS=on"), "AWS_CLI_AUTO_PROMPT=off"),
    ] {
        let through = given.into_iter().fold(start.clone(), |start, entry| start.env(entry));
        let (_, report) = through.report(place.home.path());
        let found: Vec<&str> = report.lines().filter(|l| l.starts_with("env AWS_CLI_AUTO_PROMPT=")).collect();
        assert_eq!(found, [format!("env {want}")], "{given:?}: {report}");
    }
    // Other tools have nothing to do with it.
    let kubectl = Start::of(place.link("shims", "kubectl", SHIM), &["kubectl", "get", "pods"])
        .env(place.path_of(&["shims", "real"]))
        .env(format!("HOME={}", place.dir("home").display()));
    place.link("real", "kubectl", fake_tool());
    let (_, report) = kubectl.report(place.home.path());
    assert!(report.contains("GUARD_DEPTH=1") && !report.contains("AUTO_PROMPT"), "{report}");
}
