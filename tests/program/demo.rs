//! `guard demo` as a person meets it: told to nobody, answered wrongly and rightly, left at every point. Nothing is left
//! behind, whatever ends it.

use crate::support::embedded::{Embedded, Seed};
use crate::support::ended::{plain, said, told};
use crate::support::examples::story;
use crate::support::machine::{Machine, executable};
use crate::support::pty::Pty;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The question that is typed at, and what is asked between two scenes.
const QUESTION: &str = "tries: ";
const AGAIN: &str = ">/*: ";
const PAGE: &str = "q leaves: ";
const INTERRUPTED: i32 = 130;

/// A machine with a place for throw-away homes, an own home that shall stay as it is, and a tool that nobody shall call.
struct Lunch {
    machine: Machine,
}

impl Lunch {
    fn new() -> Lunch {
        let machine = Machine::empty();
        machine.dir("tmp");
        machine.dir("mine");
        machine.program("real/kubectl", "#!/bin/sh\ntouch \"${0%/*}/called\"\n");
        Lunch { machine }
    }

    fn command(&self, args: &[&str]) -> Command {
        self.program(&story(), args)
    }

    /// Any program in the same circumstances.
    fn program(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).env_clear().current_dir(self.machine.at("mine"));
        command.env("PATH", format!("{}:/usr/bin:/bin", self.machine.at("real").display()));
        command.env("TMPDIR", self.machine.at("tmp")).env("HOME", self.machine.at("mine"));
        command.env("LANG", "C.UTF-8").env("TERM", "xterm");
        // What would lead elsewhere, if it were handed on.
        command.env("KUBECONFIG", self.machine.at("real/kubeconfig")).env("GUARD_CONFIRM", "main/acoustid/*");
        command
            .env("http_proxy", "http://192.0.2.1:1")
            .env("HTTPS_PROXY", "http://192.0.2.1:1")
            .env("CI", "true");
        command
    }

    fn on_terminal(&self, args: &[&str], columns: u16) -> Pty {
        let mut command = self.command(args);
        command.env_remove("CI").env("NO_COLOR", "1");
        Pty::spawn(command, columns)
    }

    fn listed(&self, dir: &str) -> Vec<String> {
        let entries = fs::read_dir(self.machine.at(dir)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    fn nothing_is_left(&self) {
        assert_eq!(self.listed("tmp"), [""; 0]);
        assert_eq!(self.listed("mine"), [""; 0]);
        assert_eq!(self.listed("real"), ["kubectl"], "the machine's own tool was called");
    }

    /// The same, once whoever takes it away has noticed; and nobody is left who worked there.
    fn nothing_is_left_soon(&self, terminal: &Pty) {
        terminal.until("everything is taken away", || self.listed("tmp").is_empty());
        self.nothing_is_left();
        let place = self.machine.at("tmp").canonicalize().unwrap();
        let works_there = |process: &fs::DirEntry| {
            // A directory that is gone keeps its name.
            fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&place))
        };
        let nobody = || !fs::read_dir("/proc").unwrap().flatten().any(|process| works_there(&process));
        terminal.until("every process of it has ended", nobody);
    }
}

/// What changes from one time to the next.
fn steady(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive([' ', '\n']) {
        let bare = word.trim_end().trim_end_matches([',', ';']);
        let digits = bare.bytes().filter(u8::is_ascii_digit).count();
        let steady = match bare {
            _ if bare.starts_with("http://127.0.0.1:") => "http://127.0.0.1:PORT",
            _ if bare.starts_with("~/.local/state/guard/kept/") => "~/.local/state/guard/kept/ID",
            _ if digits >= 14 && bare.contains('T') => "TIME",
            _ if digits >= 14 && bare.contains('-') => "ID",
            other => other,
        };
        out += &word.replacen(bare, steady, 1);
    }
    // The list says how old the copy is, in words of different widths.
    let lines = out.split('\n').map(|line| match line.split_once("  main  ") {
        Some((before, after)) if before.starts_with("ID ") => format!("ID AGE  main  {after}"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn without_a_terminal_it_is_told_from_beginning_to_end() {
    let lunch = Lunch::new();
    let out = lunch.machine.alone(lunch.command(&[]), b"");
    let text = told(&out).is(0).output;
    assert!(!text.contains('\x1b') && !text.contains('\r'), "{text:?}");
    assert!(text.lines().count() < 100, "{} lines", text.lines().count());
    assert!(!text.contains("FAIL"), "{text}");
    insta::assert_snapshot!("demo", steady(&text));
    lunch.nothing_is_left();
}

#[test]
fn the_wrong_answer_and_then_enough() {
    let lunch = Lunch::new();
    let mut terminal = lunch.on_terminal(&[], 60);
    let before = terminal.modes();
    terminal.expect(QUESTION);
    terminal.send("new/acoustid/*\n");
    terminal.expect(AGAIN);
    terminal.send("\n");
    let scene = terminal.expect(PAGE);
    assert!(scene.contains("ok   the old namespace is still there"), "{scene}");
    terminal.send("q\n");
    assert_eq!(terminal.code(), 0, "{}", terminal.output());
    assert_eq!(terminal.modes(), before);
    assert!(!terminal.output().contains("guard setup"), "whoever leaves is not kept");
    lunch.nothing_is_left();
}

#[test]
fn the_right_answer_and_the_way_back() {
    let lunch = Lunch::new();
    let mut terminal = lunch.on_terminal(&[], 80);
    terminal.expect(QUESTION);
    terminal.send("main/acoustid/*\n");
    let scene = terminal.expect(PAGE);
    assert!(scene.contains("namespace \"acoustid\" deleted"), "{scene}");
    assert!(scene.contains("ok   the namespace on the old cluster is gone"), "{scene}");
    terminal.send("\n");
    terminal.expect("[y/N]: ");
    terminal.send("y\n");
    terminal.expect("ok   the namespace is back, with what was in it");
    terminal.expect("guard install");
    assert_eq!(terminal.code(), 0, "{}", terminal.output());
    lunch.nothing_is_left();
}

#[test]
fn no_is_an_answer_every_time() {
    let lunch = Lunch::new();
    let mut terminal = lunch.on_terminal(&[], 100);
    for answer in ["\x04", "\n"] {
        terminal.expect(QUESTION);
        terminal.send(answer);
        if answer == "\x04" {
            terminal.expect(PAGE);
            terminal.send("\n");
        }
    }
    assert_eq!(terminal.code(), 0, "{}", terminal.output());
    assert!(plain(&terminal.output()).contains("guard setup"));
    lunch.nothing_is_left();
}

#[test]
fn ctrl_c_leaves_at_any_point() {
    // The words, what stands on the screen, and whether the question is answered before.
    for (args, at, answered) in [
        (&[][..], "guard demo:", false),
        (&[], QUESTION, false),
        (&[], PAGE, true),
        (&["--play"], "The wrong cluster", false),
        (&["--play"], QUESTION, false),
    ] {
        let lunch = Lunch::new();
        let mut terminal = lunch.on_terminal(args, 80);
        let before = terminal.modes();
        if answered {
            terminal.expect(QUESTION);
            terminal.send("\n");
        }
        terminal.expect(at);
        terminal.send("\x03");
        assert_eq!(terminal.code(), INTERRUPTED, "{args:?} {at}: {}", terminal.output());
        assert_eq!(terminal.modes(), before, "{args:?} {at}");
        lunch.nothing_is_left();
    }
}

#[test]
fn whatever_ends_it_nothing_is_left() {
    for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGKILL] {
        let lunch = Lunch::new();
        let mut terminal = lunch.on_terminal(&[], 80);
        terminal.expect(QUESTION);
        assert_eq!(lunch.listed("tmp").len(), 1);
        terminal.signal(signal);
        assert_eq!(terminal.code(), 128 + signal, "{}", terminal.output());
        lunch.nothing_is_left_soon(&terminal);
    }
    // The shell that started it is killed, and the terminal stays.
    let lunch = Lunch::new();
    let line = "sh -c 'echo $$ >../pid; \"$STORY\"; true'; exec sleep 600";
    let mut shell = lunch.program(Path::new("/bin/sh"), &["-c", line]);
    shell.env("STORY", story());
    let mut terminal = Pty::spawn(shell, 80);
    terminal.expect(QUESTION);
    let pid: libc::pid_t = fs::read_to_string(lunch.machine.at("pid")).unwrap().trim().parse().unwrap();
    // SAFETY: the shell is a grandchild of this test and waits for the story.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGKILL) }, 0);
    terminal.until("everything is taken away", || lunch.listed("tmp").is_empty());
    drop(terminal);
    // The window is closed.
    let lunch = Lunch::new();
    let mut terminal = lunch.on_terminal(&[], 80);
    terminal.expect(QUESTION);
    terminal.hang_up();
    lunch.nothing_is_left_soon(&terminal);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let lunch = Lunch::new();
    let mut command =
        lunch.program(Path::new("/bin/sh"), &["-c", "\"$STORY\" --play | head -n 1; echo over"]);
    command.env("STORY", story());
    let out = lunch.machine.alone(command, b"");
    told(&out).is(0).says("over").not("guard setup");
    assert!(out.stderr.is_empty(), "{}", said(&out));
    // The shell waits for both, and the story for whoever takes away what it made.
    lunch.nothing_is_left();
}

/// Blanks and quotes in names, no HOME, a TMPDIR that is none.
#[test]
fn wherever_it_is_run() {
    let lunch = Lunch::new();
    let odd = lunch.machine.dir("it's \"odd\" $(here)");
    let copy = lunch.machine.at("an 'other' place/guard-demo");
    linked(&story(), &copy);
    for place in [odd.as_path(), Path::new("/nonexistent"), Path::new("tmp"), Path::new("")] {
        let mut command = lunch.program(&copy, &["--play"]);
        command
            .env_remove("HOME")
            .env_remove("TERM")
            .env_remove("LANG")
            .env("TMPDIR", place)
            .current_dir("/");
        told(&lunch.machine.alone(command, b"")).is(0).says("the namespace is back").not("FAIL");
    }
    assert_eq!(fs::read_dir(odd).unwrap().count(), 0);
    lunch.nothing_is_left();
}

/// In a network of its own, where there is nothing but loopback, and without the authorities of this machine: a small container
/// has none.
#[test]
fn it_needs_no_network_and_no_authorities() {
    let lunch = Lunch::new();
    let mut command = lunch.command(&["--play"]);
    command.stdin(Stdio::null());
    // SAFETY: plain system calls, allowed between fork and exec; the request is live and as long as the kernel wants it.
    let alone = || unsafe {
        if libc::unshare(libc::CLONE_NEWNET | libc::CLONE_NEWNS) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        let (none, root) = (std::ptr::null(), c"/".as_ptr());
        if libc::mount(none, root, none, libc::MS_REC | libc::MS_PRIVATE, none.cast()) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        // Where there is no such directory, there is nothing to hide.
        for dir in [c"/etc/ssl", c"/etc/pki", c"/usr/local/share/certs"] {
            libc::mount(c"none".as_ptr(), dir.as_ptr(), c"tmpfs".as_ptr(), 0, none.cast());
        }
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0);
        let mut request: libc::ifreq = std::mem::zeroed();
        request.ifr_name[0] = b'l'.cast_signed();
        request.ifr_name[1] = b'o'.cast_signed();
        request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
        match libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &request) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: as above.
    unsafe { command.pre_exec(alone) };
    match command.output() {
        Ok(out) => _ = told(&out).is(0).says("the namespace is back"),
        Err(e) => println!("SKIPPED: no network of its own can be had here: {e}"),
    }
    lunch.nothing_is_left();
}

/// A program at another place: a second name for the same file, else a copy.
fn linked(program: &Path, at: &Path) {
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    if fs::hard_link(program, at).is_err() {
        executable(at, &fs::read(program).unwrap());
    }
}

#[test]
fn guard_finds_the_program_beside_itself() {
    let lunch = Lunch::new();
    let guard = lunch.machine.at("package/guard");
    linked(Path::new(env!("CARGO_BIN_EXE_guard")), &guard);
    let link = lunch.machine.link("bin", "guard", &guard);
    let run = |args: &[&str]| told(&lunch.machine.alone(lunch.program(&link, args), b""));
    run(&["demo"]).is(127).says("package/guard-demo is missing").says("--features demo --bin guard-demo");
    linked(&story(), &lunch.machine.at("package/guard-demo"));
    run(&["demo", "--play"]).is(0).says("== The way back");
    run(&["demo", "--help"]).is(0).says("--play");
    run(&["demo", "--plya"]).is(64);
    lunch.nothing_is_left();
}

/// Whoever else is on this machine can speak to the clusters while the story is told; nothing they send ends it.
#[test]
fn what_others_send_is_answered() {
    let cluster = Embedded::start(Seed::new());
    let address = cluster.url.trim_start_matches("http://").to_owned();
    let ask = |method: &str, path: &str, kind: &str, body: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap_or("no answer").to_owned()
    };
    let (json, merge, steps) =
        ("application/json", "application/merge-patch+json", "application/json-patch+json");
    let (spaces, one) = ("/api/v1/namespaces", "/api/v1/namespaces/default");
    for (method, path, kind, body) in [
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json, "[]"),
        ("POST", spaces, json, "[]"),
        ("POST", spaces, json, "{"),
        ("POST", spaces, json, r#"{"kind":"Namespace","metadata":{"name":"a","labels":3}}"#),
        ("POST", spaces, json, r#"{"kind":"Namespace","metadata":{"name":"a"},"status":"gone"}"#),
        ("POST", spaces, json, r#"{"kind":"Namespace","metadata":{"name":"a"},"spec":[]}"#),
        ("PUT", one, json, "7"),
        ("PATCH", one, merge, r#"{"metadata":3}"#),
        ("PATCH", one, merge, "3"),
        ("PATCH", one, steps, r#"[{"op":"replace","path":"/metadata","value":"x"}]"#),
        ("PATCH", one, steps, r#"[{"op":"add","path":"","value":"x"}]"#),
    ] {
        let status = ask(method, path, kind, body);
        assert!(status.starts_with('4'), "{method} {path} {body}: {status}");
    }
    let mut stream = TcpStream::connect(&address).unwrap();
    let head = "POST /api/v1/namespaces HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\nffffffffffffffff\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(stream.read(&mut [0; 9]).unwrap_or(0), 0, "too large");
    assert_eq!(ask("GET", one, "", ""), "200");
}

/// What plays a part in the story plays it nowhere else.
#[test]
fn the_parts_are_played_in_the_story_alone() {
    let lunch = Lunch::new();
    let stand_in = lunch.command(&["--stand-in", "delete", "ns", "acoustid"]);
    told(&lunch.machine.alone(stand_in, b"")).is(1).says("nowhere else");
    let mut elsewhere = lunch.command(&["--stand-in", "delete", "ns", "acoustid"]);
    let text = "clusters: [{name: a, cluster: {server: 'http://192.0.2.1:80'}}]";
    elsewhere.env("GUARD_DEMO", "1").env("KUBECONFIG", lunch.machine.file("elsewhere", text));
    told(&lunch.machine.alone(elsewhere, b"")).is(1).says("the clusters of the story");
    told(&lunch.machine.alone(lunch.command(&["--plya"]), b"")).is(64).says("Usage: guard demo");
    told(&lunch.machine.alone(lunch.command(&["--help"]), b"")).is(0).says("Usage: guard demo");
}
