//! What the full guard does right before it becomes the tool: give back the inherited state, hand over pinned inputs.
//! This test program starts itself again; the second time it takes the inputs of its words and executes the tool.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do"
)]
#![cfg(target_os = "linux")]

mod support;

use guard::engine::grammar::cobra::parse;
use guard::engine::kube::kubectl;
use guard::family::kube::inputs::Inputs;
use guard::run::exec::{self, EnvEdit};
use std::ffi::{CString, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use support::machine::Machine;
use support::start::{Start, bits, fake_tool, mask};

// As the full guard's main.rs has it.
guard::record_inherited!();

/// Not a test of its own: the second life of this program, as the guard of the tests below.
#[test]
fn second_life() {
    let Some(tool) = std::env::var_os("SECOND_LIFE_TOOL") else { return };
    let words: Vec<OsString> =
        std::env::var("SECOND_LIFE_WORDS").unwrap().split('\n').map(OsString::from).collect();
    let bytes: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
    let parsed = parse(&kubectl::TABLE, &bytes);
    let fail = (|| {
        let mut inputs = Inputs::take(&parsed)?;
        let mut edit = EnvEdit::default();
        if let Some(file) = std::env::var_os("SECOND_LIFE_KUBECONFIG") {
            inputs.pin_kubeconfig(&parsed, &std::fs::read(&file).unwrap())?;
            std::fs::remove_file(&file).unwrap();
        }
        inputs.env(&mut edit);
        for name in ["SECOND_LIFE_TOOL", "SECOND_LIFE_WORDS", "SECOND_LIFE_KUBECONFIG"] {
            edit.remove(name);
        }
        let argv: Vec<OsString> = std::iter::once("kubectl".into()).chain(words.clone()).collect();
        let argv = inputs.argv(&argv);
        inputs.recheck()?;
        inputs.install()?;
        Err::<(), _>(exec::exec(Path::new(&tool), &argv, &edit))
    })()
    .unwrap_err();
    eprintln!("{fail}");
    std::process::exit(fail.exit().code().into());
}

fn second_life_of(tool: &Path, words: &[&str]) -> Start {
    let own = std::env::current_exe().unwrap();
    Start::of(own, &["guard", "--exact", "second_life", "--nocapture", "--test-threads=1"])
        .env(format!("SECOND_LIFE_TOOL={}", tool.display()))
        .env(format!("SECOND_LIFE_WORDS={}", words.join("\n")))
}

#[test]
fn the_inherited_state_is_given_back() {
    let place = Machine::empty();
    for ignored in [vec![], vec![libc::SIGPIPE], vec![libc::SIGINT, libc::SIGTSTP]] {
        let blocked = vec![libc::SIGUSR2, libc::SIGPIPE];
        let direct = Start {
            ignored: ignored.clone(),
            blocked: blocked.clone(),
            closed: vec![0],
            opened: vec![7],
            umask: 0o026,
            ..Start::of(fake_tool(), &["kubectl", "get"]).env("A=1").env(b"A=\xff").env("loose")
        };
        let guarded = second_life_of(fake_tool(), &["get"]);
        let through = Start {
            program: guarded.program,
            argv: guarded.argv,
            env: direct.env.iter().chain(&guarded.env).cloned().collect(),
            ..direct.clone()
        };
        let (_, want) = direct.report(place.home.path());
        let (end, got) = through.report(place.home.path());
        assert_eq!(want, got.replace("env GUARD_DEPTH=1\n", ""), "{}", end.stderr);
        assert_eq!(
            mask(&want, "SigIgn") & bits(&[libc::SIGPIPE, libc::SIGINT, libc::SIGTSTP]),
            bits(&ignored)
        );
        assert_eq!(mask(&want, "SigBlk"), bits(&blocked));
        assert!(!want.contains("fd 0 ") && want.contains("fd 7 /dev/null"), "{want}");
    }
}

#[test]
fn standard_input_is_read_once_and_given_back_byte_for_byte() {
    let place = Machine::empty();
    let big: Vec<u8> = (0..1_500_000u32).flat_map(u32::to_le_bytes).collect();
    for bytes in [&b""[..], b"kind: ConfigMap\n", b"\0\xff\xfe---\n", &big] {
        let with = |s: Start| Start { stdin: Some(bytes.to_vec()), ..s.env("FAKE_TOOL_STDIN=1") };
        let line =
            |report: &str| report.lines().find(|l| l.starts_with("stdin")).unwrap_or("none").to_string();
        let (_, want) = with(Start::of(fake_tool(), &["kubectl"])).report(place.home.path());
        let (end, got) = with(second_life_of(fake_tool(), &["apply", "-f", "-"])).report(place.home.path());
        assert_eq!(line(&want), line(&got), "{}", end.stderr);
        assert!(line(&want).starts_with(&format!("stdin {} ", bytes.len())));
        assert!(got.contains("argv -f\nargv -\n"), "{got}");
        // A command that does not read it leaves it alone.
        let (_, got) = with(second_life_of(fake_tool(), &["delete", "pod", "x"])).report(place.home.path());
        assert_eq!(line(&want), line(&got));
        assert!(got.contains("fd 0 pipe"), "{got}");
    }
}

#[test]
fn closed_standard_input_stays_the_tools_problem() {
    let place = Machine::empty();
    let start = Start {
        closed: vec![0],
        ..second_life_of(fake_tool(), &["apply", "-f", "-"]).env("FAKE_TOOL_STDIN=1")
    };
    let (end, report) = start.report(place.home.path());
    assert!(
        report.contains("stdin Bad file descriptor") && !report.contains("fd 0 "),
        "{report}{}",
        end.stderr
    );
}

#[test]
fn too_much_input_is_refused() {
    let start = Start {
        stdin: Some(vec![b' '; 64 * 1024 * 1024 + 1]),
        ..second_life_of(fake_tool(), &["apply", "-f-"])
    };
    let end = start.run();
    assert_eq!(end.code, Some(65));
    assert!(end.stderr.contains("standard input is larger than 64 MiB"), "{}", end.stderr);
}

#[test]
fn files_and_pipes_reach_the_tool_as_they_were_read() {
    let place = Machine::empty();
    let file = place.tool("m", "a.txt", "from a file");
    let fifo = place.dir("m").join("fifo");
    let z = CString::new(fifo.as_os_str().as_bytes()).unwrap();
    // SAFETY: the path is a C string.
    assert_eq!(unsafe { libc::mkfifo(z.as_ptr(), 0o600) }, 0);
    let writer = {
        let fifo = fifo.clone();
        std::thread::spawn(move || std::fs::write(fifo, "from a pipe"))
    };
    let words = ["apply", &format!("-f={},{}", file.display(), fifo.display()), "--wait"];
    let (end, report) = second_life_of(fake_tool(), &words).env("FAKE_TOOL_READ=1").report(place.home.path());
    writer.join().unwrap().unwrap();
    let read: Vec<&str> = report.lines().filter(|l| l.starts_with("read")).collect();
    let (a, b) = ("read Ok(\"from a file\")", "read Ok(\"from a pipe\")");
    assert_eq!(read, [a, a, b, b], "{report}{}", end.stderr);
    assert!(report.contains("argv -f=/proc/self/fd/") && report.contains("argv --wait\n"), "{report}");
}

// ---------------------------------------------------------------------------------------------------------------
// The same with the real kubectl.

/// The real kubectl as `tests/fetch-kubectl` leaves it; without it these tests say so and stop.
fn kubectl() -> Option<PathBuf> {
    let cache = std::env::var_os("GUARD_TEST_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        base.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"))
            .join("guard-tests")
    });
    let at = cache.join("kubectl/1.37/kubectl");
    if at.exists() {
        return Some(at);
    }
    eprintln!("SKIPPED: no {}; run tests/fetch-kubectl", at.display());
    None
}

fn kubeconfig(context: &str, server: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {context}\n\
         contexts: [{{name: {context}, context: {{cluster: c, user: u}}}}]\n\
         clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n"
    )
}

#[test]
fn kubectl_takes_a_pinned_kubeconfig() {
    let Some(kubectl) = kubectl() else { return };
    let place = Machine::empty();
    let home = format!("HOME={}", place.dir("home").display());
    for (words, how) in [
        (vec!["config", "current-context"], "KUBECONFIG"),
        (vec!["config", "current-context", "--kubeconfig", "/gone"], "--kubeconfig"),
        (vec!["--kubeconfig=/gone", "config", "current-context"], "--kubeconfig="),
    ] {
        let file = place.tool("k", "config", kubeconfig("pinned", "https://127.0.0.1:1", ""));
        let end = second_life_of(&kubectl, &words)
            .env(&home)
            .env("KUBECONFIG=/gone/too")
            .env(format!("SECOND_LIFE_KUBECONFIG={}", file.display()))
            .run();
        assert!(end.stdout.ends_with("pinned\n") && end.code == Some(0), "{how}: {end:?}");
    }
}

#[test]
fn kubectl_takes_pinned_manifests() {
    let Some(kubectl) = kubectl() else { return };
    let place = Machine::empty();
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: default}\n";
    // Neither extension is one kubectl looks for in a directory; a file that is named may have any.
    let a = place.tool("m", "a.txt", text.replace("NAME", "one"));
    let b = place.tool("m", "b", text.replace("NAME", "two"));
    let list = format!("{},{}", a.display(), b.display());
    let end = second_life_of(&kubectl, &["label", "--local", "-f", &list, "x=y", "-o", "name"])
        .env(format!("HOME={}", place.dir("home").display()))
        .run();
    assert!(end.stdout.ends_with("configmap/one\nconfigmap/two\n"), "{end:?}");
    let stdin = Start {
        stdin: Some(text.replace("NAME", "three").into_bytes()),
        ..second_life_of(&kubectl, &["label", "--local", "-f", "-", "x=y", "-o", "name"])
            .env(format!("HOME={}", place.dir("home").display()))
    };
    let end = stdin.run();
    assert!(end.stdout.ends_with("configmap/three\n"), "{end:?}");
}

#[test]
fn programs_started_by_kubectl_see_the_pinned_kubeconfig() {
    let Some(kubectl) = kubectl() else { return };
    let place = Machine::empty();
    // kubectl asks its credential plugin before it connects, and only for https. Nobody answers at that port.
    let url = "https://127.0.0.1:1";
    let seen = place.dir("out").join("seen");
    let ask = format!("'{}' config current-context >> '{}'", kubectl.display(), seen.display());
    // Python's subprocess closes every descriptor it was not told of; such a plugin is imitated here.
    let closing = format!(
        "(for fd in /proc/self/fd/*; do n=${{fd##*/}}; [ \"$n\" -gt 2 ] && [ \"$n\" -ne 255 ] && eval \"exec $n>&-\"; done 2>/dev/null\n{ask})\n"
    );
    let plugin = place.tool("bin", "kubectl-where", format!("#!/bin/bash\n{ask}\n{closing}"));
    let login = place.tool(
        "bin",
        "login",
        format!(
            "#!/bin/bash\n{closing}echo '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{{\"token\":\"t\"}}}}'\n"
        ),
    );
    let user = format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, command: '{}', interactiveMode: Never}}",
        login.display()
    );
    let run = |words: &[&str]| {
        let file = place.tool("k", "config", kubeconfig("pinned", url, &user));
        second_life_of(&kubectl, words)
            .env(format!("HOME={}", place.dir("home").display()))
            .env(format!("PATH={}:/usr/bin:/bin", plugin.parent().unwrap().display()))
            .env(format!("SECOND_LIFE_KUBECONFIG={}", file.display()))
            .run()
    };
    let end = run(&["where"]);
    assert_eq!(std::fs::read_to_string(&seen).unwrap_or_default(), "pinned\npinned\n", "{end:?}");
    std::fs::remove_file(&seen).unwrap();
    let end = run(&["get", "--raw", "/healthz"]);
    assert!(std::fs::read_to_string(&seen).unwrap_or_default().starts_with("pinned\n"), "{end:?}");
}

#[test]
fn words_keep_their_bytes_through_the_exec() {
    let place = Machine::empty();
    let (_, report) =
        second_life_of(fake_tool(), &["get", "größe", "", "-l", "a=b c"]).report(place.home.path());
    let word = OsString::from_vec("größe".as_bytes().escape_ascii().collect()).into_string().unwrap();
    assert!(report.contains(&format!("argv get\nargv {word}\nargv \nargv -l\nargv a=b c\n")), "{report}");
}
