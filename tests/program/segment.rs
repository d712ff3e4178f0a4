//! `guard segment`: what it says and when it says nothing, in the prompts of real shells, and what it costs.

use super::shell_init::{have, whereis};
use crate::support::cluster;
use crate::support::ended::{plain, told};
use crate::support::machine::{Machine, executable};
use crate::support::pty::Pty;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// Production by its server, staging by the account; a kubectl and an aws that are never run.
const POLICY: &str = "version: 1
clusters: [{name: main, environment: production, server: \"10.0.3.12\"}]
accounts: [{name: acme, environment: staging, account: \"111111111111\"}]
";

/// A home whose kubeconfig leads to `main/shop`.
fn home() -> Machine {
    let stage = Machine::with_script("#!/bin/sh\necho ran >>\"$HOME/ran\"\n");
    // Told by its file, as kubectl is in a package of a distribution.
    fs::remove_file(stage.at("real/kubectl")).unwrap();
    executable(&stage.at("real/kubectl"), b"#!/bin/sh\necho ran >>\"$HOME/ran\"\n");
    config(&stage, "to-main", "main");
    stage.policy(POLICY);
    stage
}

fn config(stage: &Machine, context: &str, cluster: &str) {
    let text = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": context,
        "clusters": [{"name": cluster, "cluster": {"server": "https://10.0.3.12:6443"}}],
        "contexts": [{"name": context, "context": {"cluster": cluster, "user": "u", "namespace": "shop"}}],
        "users": [{"name": "u", "user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/false", "interactiveMode": "Never"}}}],
    });
    stage.file(".kube/config", &text.to_string());
}

fn said(stage: &Machine, args: &[&str]) -> String {
    told(&stage.guard(&[&["segment"], args].concat())).is(0).output
}

#[test]
fn it_says_where_one_is_in_the_colours_of_the_question() {
    let mut s = home();
    assert_eq!(said(&s, &[]), "▲ main/shop ");
    assert_eq!(
        said(&s, &["--color", "always"]),
        "\u{1b}[1m\u{1b}[38;5;231m\u{1b}[48;5;124m▲ main/shop\u{1b}[0m "
    );
    let shown = said(&s, &["--format", "bash"]);
    assert_eq!(
        shown,
        "\u{1}\u{1b}[1m\u{2}\u{1}\u{1b}[38;5;231m\u{2}\u{1}\u{1b}[48;5;124m\u{2}▲ main/shop\u{1}\u{1b}[0m\u{2} "
    );
    assert_eq!(said(&s, &["--format", "zsh"]), shown.replace('\u{1}', "%{").replace('\u{2}', "%}"));
    for format in ["fish", "nu", "starship"] {
        assert_eq!(said(&s, &["--format", format]), said(&s, &["--color", "always"]), "{format}");
    }
    s.env("NO_COLOR", "1");
    assert_eq!(said(&s, &["--format", "bash"]), "▲ main/shop ");
    s.env("LANG", "C");
    assert_eq!(said(&s, &["--format", "bash"]), "!! main/shop ");
    let json: Value = serde_json::from_str(&said(&s, &["--json"])).unwrap();
    assert_eq!(
        (&json["cluster"]["place"], &json["cluster"]["environment"]),
        (&"main/shop".into(), &"production".into())
    );
    assert_eq!((&json["account"], &json["host"]), (&Value::Null, &Value::Null));
    assert_eq!(said(&s, &["--format", "json"]), said(&s, &["--json"]));
    assert!(!s.at("ran").exists(), "no tool was run");
}

#[test]
fn it_says_nothing_where_there_is_nothing_to_say() {
    let s = Machine::with_script("#!/bin/sh\n");
    for format in ["plain", "bash", "zsh", "fish", "nu", "starship"] {
        assert_eq!(said(&s, &["--format", format]), "");
    }
    // No kubectl either.
    let none = Machine::bare();
    none.file(".kube/config", "apiVersion: v1\nkind: Config\n");
    assert_eq!(said(&none, &[]), "");
    let s = home();
    assert_eq!(said(&s, &["--without", "cluster"]), "");
}

#[test]
fn what_cannot_be_read_is_said_and_nothing_is_waited_for() {
    let s = home();
    let mark = |text: &str| {
        let _ = fs::remove_file(s.at(".kube/config"));
        fs::write(s.at(".kube/config"), text).unwrap();
        said(&s, &["--without", "account"])
    };
    assert_eq!(mark("{"), "? kubeconfig? ");
    assert_eq!(mark("apiVersion: v1\nkind: Config\ncurrent-context: nope\n"), "? kubeconfig? ");
    let json: Value = serde_json::from_str(&said(&s, &["--json"])).unwrap();
    assert!(json["cluster"]["chosen"].as_str().unwrap().contains("nope"), "{json}");
    // Pipes that nobody writes to.
    let fifo = |at: &Path| assert!(Command::new("mkfifo").arg(at).status().unwrap().success());
    config(&s, "to-main", "main");
    fifo(&s.at("token"));
    let text = fs::read_to_string(s.at(".kube/config")).unwrap();
    let (before, _) = text.split_once("\"exec\"").unwrap();
    fs::write(s.at(".kube/config"), format!("{before}\"tokenFile\":\"{}\"}}}}]}}", s.at("token").display()))
        .unwrap();
    assert_eq!(said(&s, &[]), "▲ main/shop ");
    fs::remove_file(s.at(".kube/config")).unwrap();
    fifo(&s.at(".kube/config"));
    assert_eq!(said(&s, &[]), "? kubeconfig? ");
}

#[test]
fn the_account_is_the_one_that_was_established_or_a_profile_with_a_question_mark() {
    let mut s = home();
    executable(&s.at("real/aws"), b"#!/bin/sh\necho ran >>\"$HOME/ran\"\n");
    s.file(".aws/config", "[profile audit]\nregion = eu-west-1\n");
    s.file(
        ".aws/credentials",
        "[audit]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n",
    );
    s.env("AWS_PROFILE", "audit");
    assert_eq!(said(&s, &["--without", "cluster"]), "? audit?/eu-west-1 ");
    let json: Value = serde_json::from_str(&said(&s, &["--json"])).unwrap();
    assert_eq!(json["account"]["unsure"], "audit?/eu-west-1");
    assert!(!s.at("ran").exists(), "no tool was run");
    s.unset("AWS_PROFILE");
    assert_eq!(said(&s, &["--without", "cluster"]), "");
    s.env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "x");
    assert_eq!(said(&s, &["--without", "cluster"]), "? keys? ");
    s.env("AWS_PROFILE", "gone");
    assert_eq!(said(&s, &["--without", "cluster"]), "? aws? ");
}

#[test]
fn a_host_is_told_where_somebody_has_said_what_it_is() {
    let s = home();
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    s.policy(&format!("{POLICY}hosts: [{{name: db1, environment: production, host: \"{name}\"}}]\n"));
    assert_eq!(said(&s, &[]), "▲ main/shop ▲ db1 ");
    assert_eq!(said(&s, &["--without", "host"]), "▲ main/shop ");
}

#[test]
fn a_policy_that_is_not_valid_is_said_and_ends_no_prompt() {
    let s = home();
    s.policy("version: 2\n");
    let shown = told(&s.guard(&["segment"]));
    assert_eq!((shown.code, shown.output.as_str()), (78, "guard: the policy is not valid "));
    told(&s.guard(&["segment", "--json"])).is(78).says("version");
}

/// Names that a shell would run, or a terminal would obey.
const EVIL: [&str; 7] = [
    "$(touch pwned)",
    "`touch pwned`",
    "${IFS}%(?.x.y)",
    "\\$(touch pwned)",
    "a\u{1b}]0;x\u{7}b",
    "%F{red}%n",
    "!!\u{202e}x",
];

#[test]
fn no_name_does_anything_in_a_prompt() {
    let s = home();
    s.policy("version: 1\n");
    for name in EVIL {
        config(&s, name, name);
        for format in ["bash", "zsh", "fish", "nu", "starship"] {
            let shown = plain(&said(&s, &["--format", format]));
            let bare: String = shown.chars().filter(|c| !"\u{1}\u{2}".contains(*c)).collect();
            let bare = bare.replace("%{", "").replace("%}", "");
            assert!(
                !bare.contains(['$', '`', '\\', '%', '!', '\u{1b}', '\u{7}', '\u{202e}']),
                "{format}: {shown:?}"
            );
        }
        // A prompt that is put together first and then read again, as people write it.
        for (shell, lines) in [
            ("bash", "PS1=\"$($GUARD segment --format bash)\"; : \"${PS1@P}\""),
            ("zsh", "setopt prompt_subst; PROMPT=\"$($GUARD segment --format zsh)\"; print -P \"$PROMPT\""),
        ] {
            if have(shell) {
                let mut command = s.command(whereis(shell).unwrap(), &["-c", lines]);
                command.env("GUARD", env!("CARGO_BIN_EXE_guard"));
                let _ = s.alone(command, b"");
                assert!(!s.at("pwned").exists(), "{shell}: {name}");
            }
        }
    }
}

#[test]
fn it_stands_in_the_prompts_of_real_shells() {
    let s = home();
    s.file(
        "fish/fish/config.fish",
        "set -g fish_greeting\nfunction fish_prompt; $GUARD segment --format fish; echo -n '> '; end\n",
    );
    for (shell, words, variables) in [
        ("bash", &["--norc", "--noprofile", "-i"][..], &[("PS1", "$($GUARD segment --format bash)> ")][..]),
        (
            "zsh",
            &["-f", "-i", "-o", "prompt_subst"],
            &[("PROMPT", "$($GUARD segment --format zsh)> "), ("PS1", "$($GUARD segment --format zsh)> ")],
        ),
        ("fish", &["-i"], &[]),
    ] {
        if !have(shell) {
            continue;
        }
        let mut command = s.command(whereis(shell).unwrap(), words);
        command.envs(variables.iter().copied()).env("GUARD", env!("CARGO_BIN_EXE_guard"));
        command.env("XDG_CONFIG_HOME", s.at("fish"));
        fs::create_dir_all(s.at("fish/guard")).unwrap();
        fs::write(s.at("fish/guard/policy.yaml"), POLICY).unwrap();
        let mut pty = Pty::spawn(command, 80);
        let seen = pty.comes("▲ main/shop", crate::support::pty::LONG);
        let output = pty.output();
        assert!(seen, "{shell}: {output:?}");
        // What marks the colours for the shell is the shell's own business.
        assert!(!output.contains('\u{1}') && !output.contains("%{"), "{shell}: {output:?}");
        assert!(output.contains("\u{1b}[48;5;124m") || output.contains("48;5;124"), "{shell}: {output:?}");
    }
    // nu asks the terminal where its cursor is before it shows a prompt: here the closure is called.
    if have("nu") {
        let line =
            "$env.PROMPT_COMMAND = {|| ^$env.GUARD segment --format nu }; print -n (do $env.PROMPT_COMMAND)";
        let mut command = s.command(whereis("nu").unwrap(), &["--no-config-file", "-c", line]);
        command.env("GUARD", env!("CARGO_BIN_EXE_guard"));
        assert_eq!(told(&s.alone(command, b"")).is(0).output, said(&s, &["--format", "nu"]));
    }
}

/// What kube-ps1 does with the function (`_kube_ps1_get_context` and `kube_ps1` of its kube-ps1.sh): called with the context's
/// name, its output stands in the place of that.
#[test]
fn the_snippet_for_kube_ps1_names_the_cluster_as_guard_does() {
    let s = home();
    let snippet = concat!(env!("CARGO_MANIFEST_DIR"), "/shell/prompt/kube-ps1.sh");
    for shell in ["bash", "zsh"].into_iter().filter(|shell| have(shell)) {
        let script = format!(
            ". {snippet}; context=$($KUBE_PS1_CLUSTER_FUNCTION to-main); [ \"$KUBE_PS1_NS_ENABLE\" = false ] && printf '(%s)' \"$context\""
        );
        let mut command = s.command(whereis(shell).unwrap(), &["-c", &script]);
        command.env("PATH", path_with_guard(&s));
        let shown = told(&s.alone(command, b"")).is(0).output;
        assert_eq!(shown, format!("({})", said(&s, &["--format", shell])), "{shell}");
    }
}

fn path_with_guard(s: &Machine) -> String {
    let guard = Path::new(env!("CARGO_BIN_EXE_guard")).parent().unwrap();
    format!("{}:{}", guard.display(), s.path())
}

/// Starship itself is compiled by `tests/run --all` alone; without it what it would run is run.
#[test]
fn the_snippet_for_starship_is_rendered() {
    let s = home();
    let snippet = concat!(env!("CARGO_MANIFEST_DIR"), "/shell/prompt/starship.toml");
    let text = fs::read_to_string(snippet).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("command = \"")?.strip_suffix('"')).unwrap();
    let mut command = s.command("/bin/sh", &["-c", line]);
    command.env("PATH", path_with_guard(&s));
    let own = told(&s.alone(command, b"")).is(0).output;
    assert_eq!(own, said(&s, &["--format", "starship"]));
    let Some(starship) = whereis("starship") else {
        println!("starship is not installed: what it would run was run, and not rendered");
        return;
    };
    let mut command = s.command(starship, &["module", "custom.guard"]);
    command.env("PATH", path_with_guard(&s)).env("STARSHIP_CONFIG", snippet);
    command.env("STARSHIP_SHELL", "bash").env("STARSHIP_CACHE", s.at("cache"));
    let shown = told(&s.alone(command, b"")).is(0).output;
    assert_eq!(plain(&shown.replace("\\[", "").replace("\\]", "")), plain(&own), "{shown:?}");
    assert!(shown.contains("48;5;124"), "{shown:?}");
    fs::remove_file(s.at(".kube/config")).unwrap();
    let mut command = s.command(whereis("starship").unwrap(), &["module", "custom.guard"]);
    command.env("PATH", path_with_guard(&s)).env("STARSHIP_CONFIG", snippet).env("STARSHIP_SHELL", "bash");
    assert_eq!(told(&s.alone(command, b"")).is(0).output, "", "nothing is said of nowhere");
}

/// A prompt is printed before every command: it reads some files, and starts, sends and waits for nothing.
#[test]
fn it_asks_nobody_and_costs_little() {
    let Some(strace) = whereis("strace") else {
        return cluster::skip("no strace: system calls were not counted");
    };
    let mut s = home();
    executable(&s.at("real/aws"), b"#!/bin/sh\n");
    s.file(
        ".aws/credentials",
        "[audit]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n",
    );
    s.env("AWS_PROFILE", "audit");
    let run = s.dir("run");
    fs::set_permissions(&run, fs::Permissions::from_mode(0o700)).unwrap();
    s.env("XDG_RUNTIME_DIR", run.display().to_string());
    told(&s.guard(&["init", "bash"])).is(0);
    let trace = s.at("trace");
    let words = ["-f", "-o", trace.to_str().unwrap(), env!("CARGO_BIN_EXE_guard"), "segment"];
    assert_eq!(told(&s.run(&strace, &words)).is(0).output, "▲ main/shop ? audit? ");
    let trace = fs::read_to_string(trace).unwrap();
    let calls: Vec<&str> = trace.lines().filter(|line| line.contains('(')).collect();
    for never in ["socket(", "connect(", "sendto(", "fork(", "clone(", "clone3(", "nanosleep("] {
        let found: Vec<_> = calls.iter().filter(|line| line.contains(&format!(" {never}"))).collect();
        assert!(found.is_empty(), "{found:?}");
    }
    assert_eq!(calls.iter().filter(|line| line.contains(" execve(")).count(), 1);
    println!("{} system calls", calls.len());
    assert!(calls.len() <= 400, "{} system calls:\n{trace}", calls.len());
}
