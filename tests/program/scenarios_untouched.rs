//! What guard leaves alone: exit codes, bytes, the terminal, completion, help, plugins and kubectl's own preferences work
//! as they do without it.

use crate::support::embedded::Embedded;
use crate::support::ended::{ended, told};
use crate::support::machine::{Machine, REFUSED};
use crate::support::shop::{DELETE, MAP, READ, scene, shop};
use crate::support::{cluster, embedded, ended, shop};
use serde_json::Value;

/// A tool that says what it was given and whether it stands on a terminal, and ends with 42. What guard itself asks
/// (dry runs) goes to the real kubectl.
fn witness(context: &str) -> Option<(Embedded, Machine)> {
    let (cluster, stage) = shop::set(shop(), context)?;
    let kubectl = cluster::real_kubectl()?;
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *--dry-run=*) exec '{}' \"$@\" ;; esac\n\
         for fd in 0 1 2; do test -t $fd && echo \"terminal $fd\"; done\nprintf 'ran: %s\\n' \"$*\"\n\
         printf 'bytes \\001\\377\\n'\necho problem >&2\nexit 42\n",
        kubectl.display()
    );
    stage.script(&script);
    Some((cluster, stage))
}

#[test]
fn the_exit_code_and_every_byte_are_the_tools() {
    let Some((_cluster, mut s)) = witness("lab") else { return };
    s.env("GUARD_CONFIRM", "lab/shop");
    for args in
        [READ, &["label", "cm", "settings", "a=b", "-n", "shop"], &["scale", "deploy/x", "--replicas=2"]]
    {
        let out = s.pipeline(args);
        assert_eq!(out.status.code(), Some(42), "{}", told(&out).output);
        let want = [format!("ran: {}\nbytes ", args.join(" ")).as_bytes(), b"\x01\xff\n"].concat();
        assert_eq!(out.stdout, want, "{args:?}");
        assert_eq!(out.stderr, b"problem\n", "{args:?}");
    }
    // After a question, too, standard output is the tool's alone.
    let out = s.pipeline(DELETE);
    assert_eq!(out.status.code(), Some(42));
    assert!(out.stdout.starts_with(b"ran: delete cm settings -n shop\nbytes \x01\xff"), "{:?}", told(&out));
}

#[test]
fn the_tool_has_the_terminal() {
    let Some((_cluster, s)) = witness("kind-lab") else { return };
    for args in [
        &["exec", "-it", "pod", "--", "sh"][..],
        &["edit", "cm", "settings", "-n", "shop"],
        &["get", "pods"],
        DELETE,
    ] {
        let ended = s.unasked(args).is(42);
        for fd in ["terminal 0", "terminal 1", "terminal 2"] {
            assert!(ended.output.contains(fd), "{args:?}: {}", ended.output);
        }
    }
    // After a question the terminal is given back as it was.
    let Some((_cluster, s)) = witness("lab") else { return };
    let mut terminal = s.terminal(DELETE);
    terminal.expect("tries: ");
    terminal.send("lab/shop\n");
    terminal.expect("terminal 2");
    ended(terminal).is(42).says("terminal 0").says("terminal 1");
}

#[test]
fn a_watch_ends_with_ctrl_c_as_it_does_without_guard() {
    let (_cluster, s) = scene!(shop(), "lab");
    let watch = ["get", "cm", "-n", "shop", "-w"];
    let codes = [s.kubectl(&watch), s.command(s.at("real/kubectl"), &watch)].map(|command| {
        let mut terminal = s.terminal_of(command);
        terminal.expect("settings");
        terminal.send("\x03");
        ended(terminal).code
    });
    // kubectl's own code depends on whether it already listens for the signal.
    assert!(codes.iter().all(|code| [1, 130].contains(code)), "{codes:?}");
}

#[test]
fn completion_never_meets_a_rule() {
    let (cluster, s) = scene!(shop(), "lab");
    s.policy("this is no policy");
    s.file(".kube/kuberc", "neither is this");
    let out = told(&s.pipeline(&["__complete", "delete", "ns", "sh"]));
    let direct = told(&s.alone(s.command(s.at("real/kubectl"), &["__complete", "delete", "ns", "sh"]), b""));
    assert_eq!((out.code, &out.output), (direct.code, &direct.output));
    assert!(!cluster.requests().iter().any(embedded::Seen::mutates));
}

#[test]
fn help_is_the_tools_and_asks_nobody() {
    let (cluster, s) = scene!(shop(), "lab");
    for args in [&["delete", "--help"][..], &["delete", "ns", "shop", "-h"], &["help", "delete"]] {
        told(&s.pipeline(args)).is(0).says("Usage:").not("guard");
    }
    assert!(cluster.requests().is_empty(), "no request was made");
}

#[test]
fn a_plugin_is_asked_about_and_what_it_calls_meets_guard_once() {
    let (cluster, s) = scene!(shop(), "lab");
    s.program(
        "real/kubectl-foo",
        "#!/bin/sh\necho \"depth $GUARD_DEPTH\"\nexec kubectl delete cm settings -n shop\n",
    );
    told(&s.pipeline(&["foo"])).is(REFUSED).says("foo");
    let mut terminal = s.terminal(&["foo"]);
    terminal.expect("[y/N]: ");
    terminal.send("y\n");
    terminal.expect("depth 1");
    // The plugin's own kubectl is found on PATH, and that is guard.
    terminal.expect("tries: ");
    terminal.send("lab/shop\n");
    let ended = ended(terminal).is(0).says("deleted");
    assert_eq!(ended.output.matches("[y/N]:").count(), 1);
    assert_eq!(ended.output.matches("tries:").count(), 1);
    assert!(!cluster.exists(MAP));
    let tools: Vec<Value> = s.audit().iter().map(|r| r["outcome"].clone()).collect();
    assert_eq!(tools, ["refused", "exec", "exec"]);
}

#[test]
fn an_alias_of_kuberc_is_what_it_does() {
    let (cluster, s) = scene!(shop(), "lab");
    s.file(
        ".kube/kuberc",
        "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\naliases:\n- name: bye\n  command: delete\n  prependArgs: [namespace]\n",
    );
    let mut terminal = s.terminal(&["bye", "shop"]);
    let screen = ended::plain(&terminal.expect("tries: "));
    for text in ["Namespace shop", "kuberc", "kubectl delete namespace shop", "kubectl bye shop"] {
        assert!(screen.contains(text), "no {text:?} in {screen}");
    }
    terminal.send("lab/shop/*\n");
    ended(terminal).is(0).says("deleted");
    assert!(!cluster.exists(MAP));
}

#[test]
fn a_namespace_from_kuberc_is_shown_as_such() {
    let (cluster, s) = scene!(shop(), "lab");
    s.file(
        ".kube/kuberc",
        "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ndefaults:\n- command: delete\n  options:\n  - name: namespace\n    default: shop\n",
    );
    told(&s.pipeline(&["delete", "cm", "settings"])).is(REFUSED).says("namespace shop").says("kuberc");
    s.answer(&["delete", "cm", "settings"], "tries: ", "lab/shop").is(0);
    assert!(!cluster.exists(MAP));
}
