//! Limits and oddities: very long command lines, no room for files or open files, a tool called as a login shell is,
//! callers that are agents, and scripts that say they are a package's.

use crate::support::embedded::{Embedded, Seed};
use crate::support::ended::{plain, said, told};
use crate::support::machine::{Machine, REFUSED};
use crate::support::pty::Pty;
use serde_json::json;
use std::os::unix::process::CommandExt;
use std::time::Instant;

const TOOL: &str = "#!/bin/sh\necho RAN $#\n";

fn server(objects: usize) -> Embedded {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    let map = |n: usize| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("name-{n:05}"), "namespace": "shop"}});
    Embedded::start((0..objects).map(map).fold(Seed::new().object(namespace), Seed::object))
}

fn machine(server: &Embedded) -> Machine {
    let mut machine = Machine::with_script(TOOL);
    machine.on(&server.url, "main");
    machine
}

/// As much as fits into one command line, and more than anybody reads: asked about at once, and on one screen.
#[test]
fn ten_thousand_names_are_one_screen() {
    let server = server(10_000);
    let machine = machine(&server);
    let names: Vec<String> = (0..10_000).map(|n| format!("name-{n:05}")).collect();
    let mut words = vec!["delete", "cm", "-n", "shop"];
    words.extend(names.iter().map(String::as_str));
    let started = Instant::now();
    let out = machine.pipeline(&words);
    println!("10,000 names that are there: {:?}", started.elapsed());
    let text = plain(&said(&out));
    assert_eq!(out.status.code(), Some(REFUSED), "{text}");
    assert!(text.contains("10,000") && text.lines().count() < 60, "{text}");
    let started = Instant::now();
    let mut words = vec!["check", "--offline", "--", "systemctl", "stop"];
    words.extend(names.iter().map(String::as_str));
    let out = machine.guard(&words);
    println!("10,000 units: {:?}", started.elapsed());
    assert!(plain(&said(&out)).lines().count() < 60, "{}", said(&out));
    machine.program("real/aws", TOOL);
    let started = Instant::now();
    let mut words = vec!["check", "--offline", "--", "aws", "ec2", "terminate-instances", "--instance-ids"];
    words.extend(names.iter().map(String::as_str));
    let out = machine.guard(&words);
    println!("10,000 instances: {:?}", started.elapsed());
    assert!(out.status.code() == Some(3) && plain(&said(&out)).lines().count() < 60, "{}", said(&out));
}

/// 4,000 files that are not there are one line or two.
#[test]
fn four_thousand_missing_kubeconfigs_are_a_handful_of_notes() {
    let server = server(1);
    let mut machine = machine(&server);
    let good = machine.kubeconfig("main", &server.url);
    let missing: Vec<String> = (0..4000).map(|n| format!("/nonexistent/{n}.yaml")).collect();
    machine.env("KUBECONFIG", format!("{}:{good}", missing.join(":")));
    for args in [
        &["check", "--", "kubectl", "delete", "cm", "name-00000", "-n", "shop"][..],
        &["check", "--json", "--", "kubectl", "delete", "cm", "name-00000", "-n", "shop"],
        &["explain", "--", "kubectl", "delete", "cm", "name-00000", "-n", "shop"],
    ] {
        let out = machine.guard(args);
        assert!(said(&out).len() < 20_000, "{} bytes: {args:?}", said(&out).len());
    }
    let out = machine.pipeline(&["delete", "cm", "name-00000", "-n", "shop"]);
    assert!(out.status.code() == Some(REFUSED) && said(&out).len() < 20_000, "{} bytes", said(&out).len());
}

/// A shell with these limits, which becomes the shim.
fn limited(machine: &Machine, limits: &str, words: &[&str]) -> std::process::Output {
    let mut command = machine.command("/bin/bash", &["-c", &format!("{limits}; exec \"$@\"")]);
    command.arg("bash").arg("kubectl").args(words);
    machine.alone(command, b"")
}

/// No room for the record is no reason to die without a word; the tool gets the signal and the limit as they were.
#[test]
fn a_limit_on_the_size_of_files_is_an_error_like_a_full_disk() {
    let server = server(1);
    let mut machine = machine(&server);
    machine.env("GUARD_CONFIRM", "main/shop");
    let words = ["delete", "cm", "name-00000", "-n", "shop"];
    let out = limited(&machine, "ulimit -f 0", &words);
    // It ends by itself, and says why: the copy, the pins and the record are files.
    assert!(matches!(out.status.code(), Some(69 | 74 | 77)), "{}", said(&out));
    assert!(said(&out).contains("File too large") && !said(&out).contains("RAN"), "{}", said(&out));
    // What runs keeps the limit and the signal.
    let script = "#!/bin/sh\ncase \"$*\" in *--dry-run=*) exit 1 ;; esac\nhead -c 100000 /dev/zero > out; echo CODE $?\n";
    let mut machine = Machine::with_script(script);
    machine.on(&server.url, "main");
    let out = limited(&machine, "ulimit -f 1", &["label", "cm", "name-00000", "-n", "shop", "a=b"]);
    assert!(said(&out).contains("CODE 153"), "{}", said(&out));
}

/// Few open files are raised where that is allowed and an error otherwise, never a panic.
#[test]
fn few_open_files_are_enough_or_an_error() {
    let server = server(1);
    let mut machine = machine(&server);
    machine.env("GUARD_CONFIRM", "main/shop");
    let words = ["delete", "cm", "name-00000", "-n", "shop"];
    for limit in [6, 7, 8, 9, 10, 12, 16, 24, 32] {
        // Soft alone: guard helps itself, and hands on what it was given.
        let out = limited(&machine, &format!("ulimit -Sn {limit}"), &words);
        // Below that the script's own shell gives up.
        assert!(limit < 16 || said(&out).contains("RAN 5"), "-Sn {limit}: {}", said(&out));
        assert!(!said(&out).contains("guard: error"), "-Sn {limit}: {}", said(&out));
        let out = limited(&machine, &format!("ulimit -n {limit}"), &words);
        let (text, code) = (said(&out), out.status.code());
        // Root may raise the hard limit as well; of anybody else's there is a rest that is too small.
        assert!(
            text.contains("RAN 5")
                || text.contains("/bin/sh")
                || text.contains("ulimit -n")
                || text.contains("the copy that was promised"),
            "-n {limit}: {text}"
        );
        assert!(
            !text.contains("panicked") && code.is_some_and(|code| code != 101 && code != 70),
            "-n {limit}: {text}"
        );
    }
    machine.script("#!/bin/sh\nulimit -Sn\n");
    let out = limited(&machine, "ulimit -Sn 20", &words);
    assert_eq!(String::from_utf8_lossy(&out.stdout).trim(), "20", "{}", said(&out));
}

#[test]
fn a_tool_called_as_a_login_shell_is_is_that_tool() {
    let server = server(1);
    let machine = machine(&server);
    for words in [&["get", "cm"][..], &["delete", "cm", "name-00000", "-n", "shop"]] {
        let mut command = machine.command(machine.at("shims/kubectl"), words);
        command.arg0("-kubectl");
        let out = machine.alone(command, b"");
        let want = if words[0] == "get" { 0 } else { REFUSED };
        assert_eq!(out.status.code(), Some(want), "{}", said(&out));
    }
}

#[test]
fn a_rule_about_secrets_says_nothing_about_config_maps() {
    let server = server(1);
    let machine = machine(&server);
    machine.policy("version: 1\nrules:\n  - {id: secrets, when: {resource: secrets, effect: mutate}, then: deny, reason: vault}\n");
    told(&machine.pipeline(&["create", "cm", "x", "-n", "shop"])).is(0).says("RAN");
    told(&machine.pipeline(&["create", "secret", "generic", "x", "-n", "shop"])).is(REFUSED).says("vault");
    told(&machine.pipeline(&["run", "x", "--image=y"])).is(0).says("RAN");
}

/// What an agent is told, and what it may do.
#[test]
fn an_agent_is_sent_to_the_person() {
    let server = server(1);
    let mut machine = machine(&server);
    let words = ["delete", "cm", "name-00000", "-n", "shop"];
    let person = "ask the person to run it in a terminal of their own";
    machine.env("CLAUDECODE", "1");
    let out = machine.pipeline(&words);
    told(&out).is(REFUSED).says(person).not("GUARD_CONFIRM").not("main/shop");
    machine.env("GUARD_CONFIRM", "main/shop");
    told(&machine.pipeline(&words)).is(REFUSED).says(person).not("GUARD_CONFIRM").not("RAN");
    let checked =
        machine.guard(&["check", "--json", "--", "kubectl", "delete", "cm", "name-00000", "-n", "shop"]);
    let text = String::from_utf8_lossy(&checked.stdout).into_owned();
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["decision"], "confirm", "{text}");
    assert!(answer["challenge"]["phrase"].is_null() && answer["challenge"]["env_confirm"] == false, "{text}");
    assert!(!text.contains("GUARD_CONFIRM") && !text.contains("main/shop"), "{text}");
    told(&machine.guard(&["explain", "--", "kubectl", "delete", "cm", "name-00000", "-n", "shop"]))
        .not("main/shop");
    // Policy may let it.
    machine.policy("version: 1\nagents: {confirm: allow}\n");
    told(&machine.pipeline(&words)).is(0).says("RAN");
    // What may be a person's terminal only words the hint.
    machine.policy("version: 1\n");
    machine.unset("CLAUDECODE").env("CURSOR_TRACE_ID", "x");
    told(&machine.pipeline(&words)).is(0).says("RAN");
    machine.env("GUARD_CONFIRM", "wrong");
    told(&machine.pipeline(&words)).is(REFUSED).says(person);
}

/// An agent that cleans the environment is still above what it runs.
#[test]
fn an_agent_is_known_by_its_program() {
    let server = server(1);
    let mut machine = machine(&server);
    machine.env("GUARD_CONFIRM", "main/shop");
    let line = "#!/bin/bash\nkubectl delete cm name-00000 -n shop; exit $?\n";
    let agent = machine.program("bin/claude", line);
    let other = machine.program("bin/deploy", line);
    told(&machine.run(other.as_ref(), &[])).is(0).says("RAN");
    told(&machine.run(agent.as_ref(), &[])).is(REFUSED).not("RAN").not("GUARD_CONFIRM");
}

/// On a terminal of its own an agent can type, unless policy says no.
#[test]
fn an_agent_at_a_terminal_is_asked_unless_policy_says_no() {
    let server = server(1);
    let mut machine = machine(&server);
    machine.env("CODEX_SANDBOX", "seatbelt");
    let words = ["delete", "ns", "shop"];
    let mut terminal: Pty = machine.terminal(&words);
    assert!(terminal.comes_before_its_end("Type <cluster>"), "{}", terminal.output());
    terminal.send("\n");
    assert_eq!(terminal.code(), REFUSED);
    machine.policy("version: 1\nagents: {terminal: deny}\n");
    let mut terminal = machine.terminal(&words);
    assert_eq!(terminal.code(), REFUSED);
    let text = terminal.output();
    assert!(!text.contains("Type <cluster>") && text.contains("answer no question"), "{text}");
}

/// Anybody can set a variable; dpkg has to be there.
#[test]
fn a_packages_script_is_one_below_dpkg() {
    let machine = Machine::bare();
    for tool in ["systemctl", "dpkg"] {
        machine.link("shims", tool, env!("CARGO_BIN_EXE_guard-shim"));
    }
    machine.program("real/systemctl", TOOL);
    let script = "#!/bin/bash\nDPKG_MAINTSCRIPT_NAME=postinst systemctl reboot; exit $?\n";
    let dpkg = machine.program("bin/dpkg", script);
    let postinst = machine.program("bin/postinst", script);
    told(&machine.run(dpkg.as_ref(), &[])).is(0).says("RAN");
    told(&machine.run(postinst.as_ref(), &[])).not("RAN");
    let mut plain = machine.command("/bin/bash", &["-c", "systemctl reboot"]);
    plain.env("DPKG_MAINTSCRIPT_NAME", "prerm");
    assert!(!said(&machine.alone(plain, b"")).contains("RAN"));
}
