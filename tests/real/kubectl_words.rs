//! Reads made-up command lines twice: by guard's parser and by the real kubectl, which must agree.

use crate::support::kubectls;
use guard::engine::grammar::cobra::{Problem, parse};
use guard::engine::grammar::table::Role;
use guard::engine::kube::kubectl::TABLE;
use guard::engine::kube::kuberc::{Alias, Defaults, Kuberc, Opt, expand};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::path::PathBuf;

/// The same cases in every run, so that a failure is a failure for everyone.
fn cases(strategy: impl Strategy<Value = Vec<&'static str>>, count: usize) -> Vec<Vec<&'static str>> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a case").current()).collect()
}

/// Runs the cases on two threads: each costs a start of kubectl.
fn each(cases: &[Vec<&'static str>], check: impl Fn(&[&'static str]) -> Option<String> + Sync) {
    let failures: Vec<String> = std::thread::scope(|scope| {
        let halves: Vec<_> = cases
            .chunks(cases.len().div_ceil(2))
            .map(|half| scope.spawn(|| half.iter().filter_map(|c| check(c)).collect::<Vec<_>>()))
            .collect();
        halves.into_iter().flat_map(|h| h.join().expect("no panic")).collect()
    });
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Which command the words name, and whether a flag is wrong: kubectl tells both when an unknown flag ends the line.
#[test]
fn command_and_flags() {
    let Some(kubectl) = kubectls::kubectl("1.37") else { return };
    let words = select(vec![
        "delete",
        "get",
        "config",
        "view",
        "set",
        "image",
        "sa",
        "rollout",
        "restart",
        "create",
        "configmap",
        "cm",
        "ns",
        "top",
        "po",
        "a",
        "x=y",
        "-n",
        "-nfoo",
        "-n=foo",
        "-n=",
        "--namespace",
        "--namespace=b",
        "--name_space",
        "--all_namespaces",
        "--wait",
        "--wait=false",
        "--wait=maybe",
        "--dry-run",
        "--dry_run=client",
        "--force",
        "-A",
        "-A=false",
        "-Af",
        "-Rf",
        "-f",
        "-oyaml",
        "-o",
        "--local",
        "--",
        "--help",
        "-h",
        "--help=false",
        "-z",
        "--zz",
        "--zz=1",
        "",
        "-",
        "--=x",
        "---x",
        "-=",
        "--cascade",
        "orphan",
        "--context",
        "-s",
        "--v",
        "-Anx",
        "-fA",
    ]);
    let lines = cases(proptest::collection::vec(words, 1..7), 500);
    each(&lines, |line| {
        let mut line = line.to_vec();
        line.push("--zz-probe");
        let words: Vec<&[u8]> = line.iter().map(|w| w.as_bytes()).collect();
        let ours = parse(&TABLE, &words);
        let stderr = text(kubectls::run(&kubectl, &line, &[]).stderr);
        // Numbers and times that kubectl cannot read are no concern of the parser.
        if stderr.contains("invalid argument") && !stderr.contains("strconv.ParseBool") {
            return None;
        }
        let no_command = stderr.contains(" for \"kubectl\"")
            || stderr.contains("flags cannot be placed before plugin name");
        let usage = stderr.split("See '").nth(1).and_then(|s| s.split(" --help' for usage").next());
        let wrong_flag = [
            "unknown flag",
            "unknown shorthand",
            "flag needs an argument",
            "bad flag syntax",
            "invalid argument",
        ]
        .iter()
        .any(|s| stderr.contains(s));
        let agree = match &ours.problem {
            Some(Problem::UnknownCommand(_)) => no_command,
            Some(_) => wrong_flag && usage == Some(format!("kubectl {}", ours.path()).trim_end()),
            None => !wrong_flag && !no_command,
        };
        (!agree).then(|| {
            format!(
                "{line:?}\n  guard: {:?} {:?}\n  kubectl: {}",
                ours.path(),
                ours.problem,
                stderr.lines().next().unwrap_or("")
            )
        })
    });
}

/// `create configmap` with a client-side dry run prints the name, the namespace and the data it understood.
#[test]
fn values_and_places() {
    let Some(kubectl) = kubectls::kubectl("1.37") else { return };
    let words = select(vec![
        "-n",
        "-na",
        "-n=b",
        "--namespace=c",
        "--namespace",
        "d",
        "--dry-run=none",
        "--dry-run",
        "--dry-run=client",
        "--dry-run=0",
        "--dry_run=1",
        "--dry-run=T",
        "--dry-run=server",
        "--from-literal=k=v",
        "--",
        "--save-config",
        "--save-config=false",
        "-n=",
        "--validate",
        "--context",
        "-o",
        "name",
        "-oname",
        "client",
    ]);
    let lines = cases(proptest::collection::vec(words, 1..6), 250);
    each(&lines, |tail| {
        let mut line = vec!["create", "configmap", "-oyaml"];
        line.extend(tail);
        let words: Vec<&[u8]> = line.iter().map(|w| w.as_bytes()).collect();
        let ours = parse(&TABLE, &words);
        let out = kubectls::run(&kubectl, &line, &[]);
        let (stdout, stderr) = (text(out.stdout), text(out.stderr));
        let dry = ours.role(Role::DryRun).is_some_and(|g| guard::engine::kube::classify::dry_run(g.value));
        // Only a client-side dry run needs no server.
        if stdout.starts_with("apiVersion") {
            let says = |key: &str| {
                stdout.lines().find_map(|l| l.strip_prefix(&format!("  {key}: ")).map(str::to_owned))
            };
            let namespace = ours.role(Role::Namespace).map(|g| g.value).filter(|v| !v.is_empty());
            let namespace = namespace.map(|v| String::from_utf8_lossy(v).into_owned());
            let name = ours.args.first().map(|(_, a)| String::from_utf8_lossy(a).into_owned());
            let theirs = says("namespace").map(|n| n.trim_matches('"').to_owned());
            let agree = dry && theirs == namespace && says("name") == name && ours.problem.is_none();
            return (!agree).then(|| {
                format!("{line:?}\n  guard: dry {dry} {namespace:?} {name:?}\n  kubectl: {stdout}")
            });
        }
        // One name, no complaint about words, and yet no answer from a dry run: it went to the server.
        let acted = stderr.contains("connection refused") || stderr.contains("was refused");
        let server = ours.last("dry-run") == Some(b"server");
        (acted && dry && !server).then(|| format!("{line:?}\n  guard: dry run\n  kubectl: {stderr}"))
    });
}

/// A kuberc file in the words of kubectl, and the words guard makes of it: kubectl must answer both alike.
#[test]
fn kuberc() {
    let Some(kubectl) = kubectls::kubectl("1.37") else { return };
    let dir = tempfile::tempdir().expect("a directory");
    for version in ["v1beta1", "v1alpha1"] {
        let file = dir.path().join(version);
        std::fs::write(&file, kuberc_file(version)).expect("written");
        hold_kuberc(&kubectl, file.to_str().expect("UTF-8"));
    }
}

fn hold_kuberc(kubectl: &PathBuf, file: &str) {
    let kuberc = kuberc_data();
    let lines: Vec<Vec<&str>> = [
        "mkcm x -oyaml",
        "mkcm -oyaml",
        "mkcm x -oyaml -n other",
        "mkcm x -oyaml -nother",
        "mkcm x -oyaml --save-config",
        "-n a mkcm x -oyaml",
        "--namespace=a mkcm x -oyaml",
        "mkcm x --dry-run=none",
        "mk configmap x -oyaml",
        "mk x",
        "tail",
        "tail --namespace q",
        "create secret generic s --dry-run=client -oyaml",
        "create secret generic s --dry-run=client -oyaml -n mine",
        "create secret generic s --dry-run=client -oyaml --namespace mine",
        "create secret generic -n mine s --dry-run=client -oyaml",
        "create secret generic s --dry-run=client -oyaml -- -n",
        "create secret generic s --dry_run=client -oyaml",
        "--dry-run=client create secret generic s -oyaml",
        "create configmap plain --dry-run=client -oyaml",
        "config view",
        "config view -oyaml",
        "config view --output=yaml",
        "config view -z",
        "version --client",
        "nothing x",
        "get",
    ]
    .iter()
    .map(|l| l.split(' ').collect())
    .collect();
    each(&lines, |line| {
        let words: Vec<&[u8]> = line.iter().map(|w| w.as_bytes()).collect();
        let ours = expand(&TABLE, &kuberc, &words);
        let expanded: Vec<String> =
            ours.words.iter().map(|w| String::from_utf8_lossy(w).into_owned()).collect();
        let theirs = kubectls::run(kubectl, line, &[("KUBERC", file)]);
        let ours = kubectls::run(kubectl, &expanded, &[("KUBERC", "off")]);
        // The text of errors may name the alias; that both fail is what counts.
        let agree = theirs.status.success() == ours.status.success() && theirs.stdout == ours.stdout;
        (!agree).then(|| {
            format!(
                "{line:?} became {expanded:?}\n  kubectl: {}{}\n  guard: {}{}",
                text(theirs.stdout),
                text(theirs.stderr),
                text(ours.stdout),
                text(ours.stderr)
            )
        })
    });
}

fn opt(name: &str, value: &str) -> Opt {
    Opt { name: name.to_owned(), value: value.to_owned() }
}

fn kuberc_data() -> Kuberc {
    let alias = |name: &str, command: &str, prepend: &[&str], append: &[&str], options: Vec<Opt>| Alias {
        name: name.to_owned(),
        command: command.to_owned(),
        prepend_args: prepend.iter().map(|s| (*s).to_owned()).collect(),
        append_args: append.iter().map(|s| (*s).to_owned()).collect(),
        options,
    };
    Kuberc {
        aliases: vec![
            alias(
                "mkcm",
                "create configmap",
                &[],
                &["--from-literal=k=v"],
                vec![opt("dry-run", "client"), opt("namespace", "fromrc"), opt("save-config", "true")],
            ),
            alias("mk", "create", &[], &[], vec![opt("dry-run", "client")]),
            alias("tail", "create configmap", &["first"], &["-oyaml", "--"], vec![opt("dry-run", "client")]),
            alias("get", "version", &[], &["--client"], vec![]),
        ],
        defaults: vec![
            Defaults {
                command: "create secret generic".to_owned(),
                options: vec![opt("namespace", "moved"), opt("dry-run", "none")],
            },
            Defaults { command: "kuberc view".to_owned(), options: vec![opt("output", "json")] },
        ],
        ..Kuberc::default()
    }
}

fn kuberc_file(version: &str) -> String {
    use std::fmt::Write as _;
    let (defaults, options) =
        if version == "v1beta1" { ("defaults", "options") } else { ("overrides", "flags") };
    let kuberc = kuberc_data();
    let mut out = format!("apiVersion: kubectl.config.k8s.io/{version}\nkind: Preference\naliases:\n");
    let list = |out: &mut String, options: &str, all: &[Opt]| {
        let _ = writeln!(out, "  {options}:{}", if all.is_empty() { " []" } else { "" });
        for o in all {
            let _ = writeln!(out, "  - {{name: {}, default: \"{}\"}}", o.name, o.value);
        }
    };
    for a in &kuberc.aliases {
        let _ = writeln!(
            out,
            "- name: {}\n  command: {}\n  prependArgs: {:?}\n  appendArgs: {:?}",
            a.name, a.command, a.prepend_args, a.append_args
        );
        list(&mut out, options, &a.options);
    }
    let _ = writeln!(out, "{defaults}:");
    for d in &kuberc.defaults {
        let _ = writeln!(out, "- command: {}", d.command);
        list(&mut out, options, &d.options);
    }
    out
}
