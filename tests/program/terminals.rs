//! Where a terminal has been: two windows, two clusters, the real kubectl; what is in the way of remembering; and what is none of
//! a terminal's business.

use crate::support::cluster;
use crate::support::embedded::Embedded;
use crate::support::ended::{Ended, plain, told};
use crate::support::machine::{Machine, REFUSED};
use crate::support::pty::Pty;
use crate::support::shop::{MAP, shop};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

const PROMPT: &str = "READY> ";
const READ: &str = "kubectl get cm settings -n shop -o name";
const DELETE: &str = "kubectl delete cm settings -n shop";
const QUESTION: &str = "tries: ";
/// How the alarm begins.
const ALARM: &str = "! the last ";

/// A home whose kubeconfig knows two clusters, `standby` in use, and a session with a directory of its own.
struct Two {
    main: Embedded,
    standby: Embedded,
    stage: Machine,
}

impl Two {
    fn new() -> Option<Two> {
        let Some(kubectl) = cluster::real_kubectl() else {
            cluster::skip("no real kubectl: run tests/fetch-kubectl");
            return None;
        };
        let (main, standby) = (Embedded::start(shop()), Embedded::start(shop()));
        let mut stage = Machine::with_tool(&kubectl);
        let entry = |name: &str, url: &str| {
            (
                format!("- {{name: {name}, cluster: {{server: \"{url}\"}}}}\n"),
                format!("- {{name: to-{name}, context: {{cluster: {name}, user: u}}}}\n"),
            )
        };
        let (m, s) = (entry("main", &main.url), entry("standby", &standby.url));
        let file = stage.file(
            ".kube/config",
            &format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: to-standby\nclusters:\n{}{}contexts:\n{}{}users:\n- {{name: u, user: {{}}}}\n",
                m.0, s.0, m.1, s.1
            ),
        );
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
        session(&mut stage);
        Some(Two { main, standby, stage })
    }

    fn window(&self) -> Window {
        Window::on(&self.stage)
    }

    /// Another window of somebody else's switches the context.
    fn switch(&self, context: &str) {
        let switched = self.stage.pipeline(&["config", "use-context", context]);
        assert!(switched.status.success(), "{}", told(&switched).output);
    }
}

/// Gives the session a directory of its own, in which `guard init` begins to remember.
fn session(stage: &mut Machine) {
    let run = stage.dir("run");
    fs::set_permissions(&run, fs::Permissions::from_mode(0o700)).unwrap();
    stage.env("XDG_RUNTIME_DIR", run.display().to_string());
    begin(stage);
}

fn begin(stage: &Machine) {
    told(&stage.guard(&["init", "bash"])).is(0);
}

fn directory(stage: &Machine) -> PathBuf {
    stage.at("run/guard/where")
}

/// The files of terminals.
fn files(stage: &Machine) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory(stage)).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.file_name().unwrap().to_string_lossy().contains('-')).collect();
    files.sort();
    files
}

/// How many steps are remembered.
fn steps(stage: &Machine) -> u64 {
    files(stage).iter().map(|file| fs::metadata(file).unwrap().len() / 48).sum()
}

/// A shell in a window of its own.
struct Window(Pty);

impl Window {
    fn on(stage: &Machine) -> Window {
        let mut shell = stage.command("/bin/bash", &["--norc", "--noprofile", "--noediting", "-i"]);
        shell.env("PS1", PROMPT).env("NO_COLOR", "1").env("GUARD", env!("CARGO_BIN_EXE_guard"));
        let mut pty = Pty::spawn(shell, 140);
        pty.expect(PROMPT);
        Window(pty)
    }

    /// Types a line, and gives back what came up to the next prompt.
    fn types(&mut self, line: &str) -> String {
        self.0.send(format!("{line}\n"));
        plain(&self.0.expect(PROMPT))
    }

    fn reads(&mut self, times: usize) {
        for _ in 0..times {
            let said = self.types(READ);
            assert!(said.contains("configmap/settings"), "{said}");
        }
    }

    /// Types a line that leads to a question, says no, and gives back the screen.
    fn asks(&mut self, line: &str) -> String {
        self.0.send(format!("{line}\n"));
        self.says_no(QUESTION)
    }

    fn says_no(&mut self, question: &str) -> String {
        let screen = plain(&self.0.expect(question));
        self.0.send("\n");
        self.0.expect(PROMPT);
        screen
    }
}

macro_rules! two {
    () => {
        match Two::new() {
            Some(two) => two,
            None => return,
        }
    };
}

fn first_line(screen: &str) -> &str {
    // Behind the line that was typed, and what stood there while the cluster was asked.
    let lines = screen.lines().filter(|line| !line.contains("asking the cluster"));
    lines.skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default().trim()
}

#[test]
fn a_context_that_was_switched_in_another_window_is_said_first() {
    let t = two!();
    let mut window = t.window();
    window.reads(4);
    t.switch("to-main");
    let screen = window.asks(DELETE);
    let first = first_line(&screen);
    assert!(
        first.starts_with(
            "! the last 4 commands here went to standby; this one goes to main (current-context changed "
        ),
        "{screen}"
    );
    assert!(first.ends_with(" ago)") || first.contains("less than a second"), "{first}");
    assert!(t.main.exists(MAP) && t.standby.exists(MAP));
    // It is on record, and data for programs.
    let moved = &t.stage.last_record()["facts"]["moved"];
    assert_eq!(
        (&moved["commands"], &moved["went"], &moved["goes"]),
        (&4.into(), &"standby".into(), &"main".into())
    );
    let json = window.types(&format!("$GUARD check --json {DELETE} | tr , '\\n'"));
    for part in ["\"moved\":{\"certain\":true", "\"commands\":4", "\"went\":\"standby\"", "\"goes\":\"main\""]
    {
        assert!(json.contains(part), "{part} in {json}");
    }
    let explained = window.types(&format!("$GUARD explain {DELETE} | grep moved"));
    assert!(explained.contains("the last 4 commands here went to standby"), "{explained}");
    // A look around is no proof that anybody noticed; whoever has worked there since knows.
    window.reads(1);
    let screen = window.asks(DELETE);
    let first = first_line(&screen);
    assert!(
        first.starts_with("! until the last command here, 4 commands went to standby; this one goes to main"),
        "{screen}"
    );
    window.reads(2);
    assert!(!window.asks(DELETE).contains("! "), "the terminal is at main now");
}

#[test]
fn a_switch_in_this_window_is_said_to_be_one() {
    let t = two!();
    let mut window = t.window();
    window.reads(2);
    window.types("kubectl config use-context to-main");
    let screen = window.asks(DELETE);
    assert!(first_line(&screen).starts_with("! the last 2 commands here went to standby;"), "{screen}");
    assert!(screen.contains("(current-context changed here "), "{screen}");
}

#[test]
fn another_file_flag_or_variable_goes_elsewhere_too() {
    let t = two!();
    let other = t.stage.kubeconfig("acoustid", &t.main.url);
    for (elsewhere, line) in [
        (format!("export KUBECONFIG={other}"), DELETE.to_owned()),
        ("true".to_owned(), format!("{DELETE} --context to-main")),
        ("true".to_owned(), format!("{DELETE} --kubeconfig {other}")),
        ("true".to_owned(), format!("{DELETE} -s {}", t.main.url)),
    ] {
        let mut window = t.window();
        window.reads(1);
        window.types(&elsewhere);
        let screen = window.asks(&line);
        assert!(
            first_line(&screen).starts_with("! the last command here went to standby; this one goes to "),
            "{line}: {screen}"
        );
    }
}

#[test]
fn calls_that_only_ever_passed_have_names_all_the_same() {
    let t = two!();
    let mut window = t.window();
    // Nobody resolved this one: the shim let it through.
    for _ in 0..2 {
        window.types(&format!("{READ} --context to-main"));
    }
    let screen = window.asks(DELETE);
    assert!(
        first_line(&screen).starts_with("! the last 2 commands here went to main; this one goes to standby"),
        "{screen}"
    );
    // A place that no words of now lead to.
    let mut window = t.window();
    window.types(&format!("{READ} --kubeconfig {}", t.stage.kubeconfig("gone", &t.main.url)));
    let screen = window.asks(DELETE);
    assert!(
        screen.contains("! the last command here may have gone to another target; this one goes to standby"),
        "{screen}"
    );
}

#[test]
fn every_window_has_a_memory_of_its_own() {
    let t = two!();
    let mut here = t.window();
    let mut there = t.window();
    here.reads(3);
    there.types("export KUBECONFIG=$HOME/main.yaml");
    fs::copy(t.stage.kubeconfig("main", &t.main.url), t.stage.at("main.yaml")).unwrap();
    for _ in 0..2 {
        there.reads(1);
        here.reads(1);
    }
    assert!(!there.asks(DELETE).contains(ALARM));
    assert!(!here.asks(DELETE).contains(ALARM));
    assert_eq!(files(&t.stage).len(), 2);
    // A window that has been nowhere.
    assert!(!t.window().asks(&format!("{DELETE} --context to-main")).contains(ALARM));
}

#[test]
fn a_terminal_whose_number_is_given_again_is_another() {
    let t = two!();
    let device = |window: &mut Window| {
        let said = window.types("tty");
        said.lines().find(|line| line.starts_with("/dev/pts/")).unwrap().to_owned()
    };
    let mut first = t.window();
    first.reads(3);
    let was = device(&mut first);
    drop(first);
    // The lowest number that is free is the next one. Lower ones are held; while another test has this one, it is waited for.
    let mut held = Vec::new();
    let number = |device: &str| device.trim_start_matches("/dev/pts/").parse::<u32>().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        let mut window = t.window();
        let device = device(&mut window);
        if device == was {
            let screen = window.asks(&format!("{DELETE} --context to-main"));
            assert!(!screen.contains(ALARM), "{screen}");
            return;
        }
        if number(&device) < number(&was) {
            held.push(window);
        }
    }
    cluster::skip("the number of a closed terminal was not given again");
}

#[test]
fn whoever_works_in_two_places_by_single_commands_is_not_told_each_time() {
    let t = two!();
    let mut window = t.window();
    for _ in 0..2 {
        window.reads(1);
        window.types(&format!("{READ} --context to-main"));
    }
    assert!(!window.asks(DELETE).contains(ALARM));
    window.types(&format!("{READ} --context to-main"));
    window.types(&format!("{READ} --context to-main"));
    assert!(window.asks(DELETE).contains("! the last 3 commands here went to main;"));
}

#[test]
fn what_goes_nowhere_is_not_remembered() {
    let t = two!();
    let mut window = t.window();
    for line in [
        "config view",
        "config current-context",
        "completion bash",
        "__complete get ''",
        "plugin list",
        "kustomize x",
    ] {
        window.types(&format!("kubectl {line} >/dev/null 2>&1"));
    }
    assert_eq!(steps(&t.stage), 0);
    window.types("kubectl version >/dev/null 2>&1");
    assert_eq!(steps(&t.stage), 1);
    // A change that guard lets through goes somewhere, too, and one that is refused does not.
    t.stage.policy("version: 1\n");
    window.types("kubectl label cm settings -n shop a=b");
    assert_eq!(steps(&t.stage), 2);
    window.asks(DELETE);
    assert_eq!(steps(&t.stage), 2);
    // A pipeline has no terminal.
    assert!(t.stage.pipeline(&["get", "pods"]).status.success());
    assert_eq!(steps(&t.stage), 2);
}

#[test]
fn the_same_file_by_another_path_is_the_same_place() {
    let t = two!();
    t.stage.file("d/x", "");
    for line in [
        format!("{READ} --kubeconfig $HOME/.kube/config"),
        format!("KUBECONFIG=.kube/config {READ}"),
        format!("(cd d && KUBECONFIG=../.kube/config {READ})"),
        format!("ln -sf .kube/config link; KUBECONFIG=link {READ}"),
        format!("{READ} --cluster standby"),
        format!("{READ} -s {}", t.standby.url),
    ] {
        let mut window = t.window();
        window.types(&line);
        assert!(!window.asks(DELETE).contains("! "), "{line}");
    }
}

#[test]
fn a_call_that_goes_nowhere_is_no_visit() {
    let t = two!();
    let mut window = t.window();
    window.reads(5);
    t.switch("to-main");
    for line in [
        "delete --help",
        "version --client",
        "get cm --no-such-flag",
        "create cm z --dry-run=client -o name",
        "",
    ] {
        window.types(&format!("kubectl {line} >/dev/null 2>&1"));
    }
    let screen = window.asks(DELETE);
    assert!(
        first_line(&screen).starts_with("! the last 5 commands here went to standby; this one goes to main"),
        "{screen}"
    );
}

#[test]
fn every_file_of_a_list_counts() {
    let t = two!();
    let list = "export KUBECONFIG=$HOME/none:$HOME/own:$HOME/.kube/config";
    t.stage.file("own", "apiVersion: v1\nkind: Config\n");
    let mut window = t.window();
    window.types(list);
    window.types("eval \"$($GUARD init bash --no-prompt-hook --no-completion)\" 2>/dev/null");
    window.reads(3);
    t.switch("to-main");
    let screen = window.asks(DELETE);
    let first = first_line(&screen);
    assert!(
        first.contains("the last 3 commands here") && first.contains("this one goes to main"),
        "{screen}"
    );
}

#[test]
fn a_switch_of_another_file_is_none_of_this_one() {
    let t = two!();
    let mut window = t.window();
    window.reads(2);
    window.types("kubectl --kubeconfig $HOME/other config set-cluster x --server=https://x");
    t.switch("to-main");
    let screen = window.asks(DELETE);
    assert!(
        first_line(&screen).contains("(current-context changed ") && !screen.contains("changed here"),
        "{screen}"
    );
}

#[test]
fn rules_go_by_it() {
    let t = two!();
    t.stage.policy(
        "version: 1\nrules:\n- id: not-there\n  when: {effect: disrupt, moved: true}\n  then: deny\n  reason: look where you are first\n",
    );
    let mut window = t.window();
    window.reads(1);
    assert!(!window.asks(DELETE).contains(ALARM));
    let said = window.types(&format!("{DELETE} --context to-main; echo \"code $?\""));
    assert!(said.contains("look where you are first") && said.contains(&format!("code {REFUSED}")), "{said}");
    assert!(said.contains("! the last command here went to standby; this one goes to main"), "{said}");
    // Where it cannot be told, the rule counts.
    fs::set_permissions(directory(&t.stage), fs::Permissions::from_mode(0o777)).unwrap();
    let said = window.types(DELETE);
    assert!(said.contains("look where you are first"), "{said}");
    assert!(said.contains("counts because not everything it looks at is known"), "{said}");
}

#[test]
fn a_change_that_is_told_or_asked_about_says_it_too() {
    let t = two!();
    t.stage.policy(&format!(
        "version: 1\nclusters: [{{name: main, environment: production, server: \"{}\", uid: \"*\"}}]\n",
        t.main.url
    ));
    let mut window = t.window();
    window.reads(3);
    t.switch("to-main");
    let said = window.types("kubectl label cm settings -n shop a=b");
    assert!(
        said.contains("guard: ! the last 3 commands here went to standby; this one goes to main"),
        "{said}"
    );
}

#[test]
fn policy_ends_it() {
    let t = two!();
    let mut window = t.window();
    window.reads(2);
    fs::write(directory(&t.stage).join("mine"), "").unwrap();
    t.stage.policy("version: 1\nremember_terminals: false\n");
    begin(&t.stage);
    let left: Vec<_> = fs::read_dir(directory(&t.stage)).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["mine"], "what guard did not put there stays");
    fs::remove_file(directory(&t.stage).join("mine")).unwrap();
    begin(&t.stage);
    assert!(!t.stage.at("run/guard").exists());
    window.reads(1);
    t.switch("to-main");
    assert!(!window.asks(DELETE).contains(ALARM));
    assert!(!t.stage.at("run/guard").exists());
}

#[test]
fn what_is_there_instead_is_left_alone_and_nothing_waits() {
    let t = two!();
    let mut window = t.window();
    window.reads(1);
    let [file] = files(&t.stage).try_into().unwrap();
    let precious = t.stage.file("precious", "mine");
    let key = directory(&t.stage).join("key");
    let secret = fs::read(&key).unwrap();
    for what in ["a link", "a pipe", "a directory", "key: a pipe", "key: empty", "key: gone"] {
        let at = if what.starts_with("key") { &key } else { &file };
        let _ = fs::remove_file(at);
        match what.rsplit(": ").next().unwrap() {
            "a link" => symlink(&precious, at).unwrap(),
            "a pipe" => assert!(Command::new("mkfifo").arg(at).status().unwrap().success()),
            "a directory" => fs::create_dir(at).unwrap(),
            "empty" => fs::write(at, "").unwrap(),
            _ => {}
        }
        window.reads(1);
        // Nobody can tell where it has been.
        let screen = window.asks(&format!("{DELETE} --context to-main"));
        assert!(!screen.contains(ALARM), "{what}: {screen}");
        let _ = fs::remove_file(at);
        let _ = fs::remove_dir(at);
        fs::write(&key, &secret).unwrap();
    }
    assert_eq!(fs::read_to_string(precious).unwrap(), "mine");
    // Whatever stands in it: what is no record is none, and half a record ends a file.
    fs::write(&file, vec![b'x'; 48 * 3 + 7]).unwrap();
    window.reads(1);
    assert_eq!(fs::metadata(&file).unwrap().len(), 48);
    fs::write(directory(&t.stage).join("names"), "no\n{}\n[1]\n\u{fffd}\n").unwrap();
    assert!(window.asks(&format!("{DELETE} --context to-main")).contains(ALARM));
}

#[test]
fn a_file_that_is_full_is_put_aside_and_still_read() {
    let t = two!();
    let mut window = t.window();
    window.reads(1);
    let [file] = files(&t.stage).try_into().unwrap();
    let one = fs::read(&file).unwrap();
    fs::write(&file, one.repeat(4096)).unwrap();
    window.reads(2);
    assert_eq!(fs::metadata(&file).unwrap().len(), 2 * 48);
    let screen = window.asks(&format!("{DELETE} --context to-main"));
    assert!(screen.contains("! the last 4,098 commands here went to standby;"), "{screen}");
}

#[test]
fn a_limit_on_files_ends_no_call() {
    let t = two!();
    let mut window = t.window();
    window.types("ulimit -f 1");
    window.reads(1);
    assert_eq!(steps(&t.stage), 0);
}

/// Root mounts a file system of two pages over the directory, in a mount namespace of its own.
#[test]
fn a_full_file_system_ends_no_call() {
    let t = two!();
    let script = format!(
        "set -e; mount -t tmpfs -o size=8k,mode=700 none run/guard/where; head -c 16 /dev/zero >run/guard/where/key
         {{ cat /dev/zero >run/guard/where/filler; }} 2>/dev/null || true
         {READ}; {READ}; ls -s run/guard/where; rm run/guard/where/filler; {READ}; {READ}; echo; wc -c run/guard/where/*-*; {DELETE} --context to-main </dev/null"
    );
    let mut command = t.stage.command("/usr/bin/unshare", &["-m", "/bin/bash", "-c", &script]);
    command.env("NO_COLOR", "1");
    let mut pty = Pty::spawn(command, 120);
    let asked = pty.comes_before_its_end(QUESTION);
    let said = plain(&pty.output());
    if !asked && (said.contains("Operation not permitted") || said.contains("permission denied")) {
        return cluster::skip("no mounts here: a full file system was not tried");
    }
    assert!(asked, "{said}");
    assert_eq!(said.matches("configmap/settings").count(), 4, "{said}");
    // The records for which there was no room are missing; those behind them stand where they belong.
    assert!(said.contains("! the last 2 commands here went to standby; this one goes to main"), "{said}");
    pty.send("\n");
    pty.code();
}

#[test]
fn the_time_of_a_file_is_the_kernels() {
    let t = two!();
    let mut window = t.window();
    window.reads(2);
    t.switch("to-main");
    window.types("touch -d 'next year' ~/.kube/config");
    // The time that a file says of itself is anybody's; when it was written the kernel says.
    let screen = window.asks(DELETE);
    let first = first_line(&screen);
    assert!(
        first.ends_with(" s ago)") || first.ends_with("(current-context changed less than a second ago)"),
        "{screen}"
    );
}

#[test]
fn the_namespace_of_a_context_counts_where_another_window_changed_it() {
    let t = two!();
    let mut window = t.window();
    window.types("kubectl config set-context --current --namespace=shop");
    begin(&t.stage);
    for _ in 0..2 {
        window.types("kubectl get cm -o name");
    }
    let set = t.stage.pipeline(&["config", "set-context", "--current", "--namespace=default"]);
    assert!(set.status.success());
    window.0.send("kubectl delete cm kube-root-ca.crt\n");
    let screen = window.says_no("[y/N]: ");
    assert!(
        first_line(&screen).starts_with(
            "! the last 2 commands here went to standby/shop; this one goes to standby/default (the kubeconfig changed"
        ),
        "{screen}"
    );
    assert!(!window.asks(DELETE).contains(ALARM), "it names its namespace");
}

#[test]
fn another_users_directory_is_no_memory() {
    if !rustix::process::geteuid().is_root() {
        return cluster::skip("only root can be two users");
    }
    let t = two!();
    let mut window = t.window();
    window.reads(1);
    let before = steps(&t.stage);
    // As sudo -E does it: the variable is kept, and the directory is not root's.
    let nobody = 65534;
    for dir in ["run/guard/where", "run/guard", "run"] {
        std::os::unix::fs::chown(t.stage.at(dir), Some(nobody), Some(nobody)).unwrap();
    }
    let was = fs::metadata(files(&t.stage)[0].as_path()).unwrap().mtime();
    window.reads(2);
    t.switch("to-main");
    assert!(!window.asks(DELETE).contains(ALARM));
    assert_eq!(steps(&t.stage), before);
    assert_eq!(fs::metadata(files(&t.stage)[0].as_path()).unwrap().mtime(), was);
    begin(&t.stage);
    assert_eq!(fs::metadata(directory(&t.stage)).unwrap().uid(), nobody);
}

#[test]
fn a_hundred_windows() {
    let mut stage = Machine::with_script("#!/bin/sh\necho reached\n");
    stage.on("http://127.0.0.1:1", "main");
    session(&mut stage);
    let windows: Vec<Pty> = (0..100)
        .map(|_| stage.terminal_of(stage.command("/bin/sh", &["-c", "kubectl get pods; read -r _"])))
        .collect();
    let mut windows = windows;
    for window in &mut windows {
        window.expect("reached");
    }
    assert_eq!((files(&stage).len(), steps(&stage)), (100, 100));
    // Those that are gone are cleared away when the next shell starts.
    let stays = windows.split_off(98);
    for mut window in windows {
        window.send("\n");
        window.code();
    }
    begin(&stage);
    assert_eq!(files(&stage).len(), 2);
    drop(stays);
}

#[test]
fn the_directory_is_made_for_its_user_alone_and_only_where_there_is_one() {
    let mut stage = Machine::with_script("#!/bin/sh\n");
    session(&mut stage);
    for (path, mode) in [("run/guard", 0o700), ("run/guard/where", 0o700), ("run/guard/where/key", 0o600)] {
        assert_eq!(fs::metadata(stage.at(path)).unwrap().mode() & 0o777, mode, "{path}");
    }
    let key = fs::read(stage.at("run/guard/where/key")).unwrap();
    begin(&stage);
    assert_eq!(fs::read(stage.at("run/guard/where/key")).unwrap(), key, "the next shell keeps it");
    assert!(key.iter().any(|byte| *byte != 0));
    // A directory that others may write into, one that is not there, none at all.
    let open = stage.dir("open");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    for runtime in [
        open.display().to_string(),
        stage.at("gone").display().to_string(),
        "relative".to_owned(),
        String::new(),
    ] {
        stage.env("XDG_RUNTIME_DIR", runtime);
        begin(&stage);
    }
    assert!(!open.join("guard").exists() && !stage.at("gone").exists() && !stage.at("relative").exists());
    // Scripts begin nothing.
    let run = stage.dir("second");
    fs::set_permissions(&run, fs::Permissions::from_mode(0o700)).unwrap();
    stage.env("XDG_RUNTIME_DIR", run.display().to_string());
    let Ended { code, .. } = told(&stage.guard(&["init", "bash", "--non-interactive"]));
    assert_eq!((code, run.join("guard").exists()), (0, false));
}
