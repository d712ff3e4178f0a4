//! The question on a real terminal: every way to answer it, every way to get out of it, and what is left behind.

use crate::support::examples::prompt;
use crate::support::pty::{LONG, Pty};
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

const QUESTION: &str = "Type <cluster>/<namespace>/*, both named above, to delete it; 3 tries: ";
/// The question after a wrong answer.
const AGAIN: &str = " <cluster>/<namespace>/*: ";
const PHRASE: &str = "main/acoustid/*\n";
const REFUSED: i32 = 77;
/// Long enough for a wrong program to do the wrong thing.
const A_WHILE: Duration = Duration::from_millis(400);

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(prompt());
    command.args(args);
    clean(&mut command);
    command
}

fn clean(command: &mut Command) {
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("TERM", "xterm")
        .env("NO_COLOR", "1");
}

/// The demo, asked to run `echo RAN` after the right answer.
fn asked() -> Pty {
    Pty::spawn(command(&["delete", "--", "echo", "RAN"]), 80)
}

/// A shell with job control; `$DEMO` is the demo.
fn shell(binary: &str, args: &[&str], script: Option<&str>) -> Pty {
    let mut command = Command::new(binary);
    command.args(args);
    clean(&mut command);
    command.env("DEMO", prompt()).env("PS1", "prompt$ ");
    if let Some(script) = script {
        command.args(["-c", script]);
    }
    Pty::spawn(command, 80)
}

fn job_shell() -> Pty {
    let mut shell = shell("bash", &["--norc", "--noprofile", "--noediting", "-i"], None);
    shell.expect("prompt$ ");
    shell
}

#[test]
fn the_exact_phrase_runs_the_command_and_the_value_is_not_in_the_question() {
    let mut pty = asked();
    let before = pty.modes();
    let screen = pty.expect(QUESTION);
    assert!(screen.contains("Namespace acoustid"), "{screen}");
    let question = screen.lines().last().unwrap();
    assert!(!question.contains("acoustid") && !question.contains("main"), "{question}");
    pty.send(PHRASE);
    pty.expect("RAN");
    assert_eq!(pty.code(), 0);
    assert_eq!(pty.modes(), before);
}

#[test]
fn three_wrong_answers_refuse_and_each_is_shown_escaped() {
    let mut pty = asked();
    pty.expect(QUESTION);
    pty.send("main/acoustId\n");
    pty.expect("Asked for is <cluster>/<namespace>/*, both named above. 2 tries are left.");
    pty.expect(AGAIN);
    pty.send("main/acoustid\n");
    pty.expect("You typed 'main/acoustid'.");
    pty.expect("1 try is left.");
    pty.expect(AGAIN);
    pty.send("yes\x16\x1b[2J\n");
    pty.expect("You typed 'yes\\u{1b}[2J'");
    pty.expect("something else was typed");
    assert_eq!(pty.code(), REFUSED);
    assert!(!pty.output().contains("RAN"));
}

#[test]
fn enter_and_ctrl_d_say_no() {
    for key in ["\n", "\x04"] {
        let mut pty = asked();
        let before = pty.modes();
        pty.expect(QUESTION);
        pty.send(key);
        pty.expect("the answer was no");
        assert_eq!(pty.code(), REFUSED);
        assert_eq!(pty.modes(), before);
    }
}

#[test]
fn ctrl_d_behind_the_phrase_is_not_an_answer() {
    let mut pty = asked();
    pty.expect(QUESTION);
    pty.send("main/acoustid/*\x04");
    assert!(!pty.comes("RAN", A_WHILE));
    pty.send("\x04");
    assert_eq!(pty.code(), REFUSED);
}

#[test]
fn ctrl_c_and_ctrl_backslash_die_of_the_signal_with_the_terminal_restored() {
    for (key, signal) in [("\x03", libc::SIGINT), ("\x1c", libc::SIGQUIT)] {
        let mut pty = asked();
        let before = pty.modes();
        pty.expect(QUESTION);
        pty.send("main/");
        pty.send(key);
        assert_eq!(pty.code(), 128 + signal);
        assert_eq!(pty.modes(), before);
        assert!(!pty.output().contains("RAN"));
    }
}

#[test]
fn a_termination_signal_restores_the_terminal_too() {
    let mut pty = shell("sh", &[], Some("stty raw -echo; exec \"$DEMO\" delete -- echo RAN"));
    pty.expect(QUESTION);
    pty.signal(libc::SIGTERM);
    assert_eq!(pty.code(), 128 + libc::SIGTERM);
    assert!(!pty.modes().contains("ICANON"), "{}", pty.modes());
}

#[test]
fn a_terminal_left_raw_is_made_sane_and_given_back_raw() {
    let script = "stty raw -echo; stty -g >&3; \"$DEMO\" delete -- echo RAN; stty -g >&3";
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("modes");
    let mut pty = shell("sh", &[], Some(&format!("exec 3>{}; {script}", file.display())));
    pty.expect(QUESTION);
    pty.send(PHRASE);
    pty.expect("RAN");
    assert_eq!(pty.code(), 0);
    let modes = fs::read_to_string(file).unwrap();
    let modes: Vec<&str> = modes.lines().collect();
    assert_eq!(modes.len(), 2);
    assert_eq!(modes[0], modes[1]);
}

#[test]
fn ctrl_z_stops_the_job_and_fg_asks_again_without_taking_what_was_typed_meanwhile() {
    let mut pty = job_shell();
    pty.send("\"$DEMO\" delete -- echo RA''N\n");
    pty.expect(QUESTION);
    pty.send("main/ac\x1a");
    pty.expect("Stopped");
    pty.expect("prompt$ ");
    // `fg` and the phrase in one go: the phrase is typed ahead of the question.
    pty.send(format!("fg\n{PHRASE}"));
    pty.expect("Namespace acoustid");
    pty.expect(QUESTION);
    assert!(!pty.comes("RAN", A_WHILE));
    pty.send(PHRASE);
    pty.expect("RAN");
    pty.expect("prompt$ ");
    pty.send("exit\n");
    assert_eq!(pty.code(), 0);
}

#[test]
fn bg_stops_it_again() {
    let mut pty = job_shell();
    pty.send("\"$DEMO\" delete -- echo RA''N\n");
    pty.expect(QUESTION);
    pty.send("\x1a");
    pty.expect("Stopped");
    pty.expect("prompt$ ");
    pty.send("bg; until [ -n \"$(jobs -s)\" ]; do sleep 0.05; done; jobs\n");
    pty.expect("Stopped");
    pty.send("fg\n");
    pty.expect(QUESTION);
    pty.send("\n");
    pty.expect("the answer was no");
    pty.expect("prompt$ ");
    pty.send("exit\n");
    pty.wait();
}

#[test]
fn in_the_background_nobody_is_asked() {
    let mut pty = job_shell();
    pty.send("\"$DEMO\" delete -- echo RA''N & wait %1; echo \"code $?\"\n");
    pty.expect("this runs in the background");
    pty.expect("GUARD_CONFIRM='<cluster>/<namespace>/*'");
    pty.expect(&format!("code {REFUSED}"));
    assert!(!pty.output().contains("RAN"));
}

#[test]
fn without_a_terminal_the_facts_and_the_way_out_go_to_stderr() {
    let mut command = command(&["delete", "--", "echo", "RAN"]);
    use std::os::unix::process::CommandExt;
    // SAFETY: setsid is a plain system call.
    unsafe {
        command.pre_exec(|| match libc::setsid() {
            -1 => Err(std::io::Error::last_os_error()),
            _ => Ok(()),
        })
    };
    let out = command.stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(REFUSED));
    assert_eq!(out.stdout, b"");
    assert!(stderr.contains("PRODUCTION") && stderr.contains("Namespace acoustid"), "{stderr}");
    assert!(stderr.contains("because: there is no terminal to ask on"), "{stderr}");
    assert!(stderr.contains("set GUARD_CONFIRM='<cluster>/<namespace>/*'"), "{stderr}");
    assert!(!stderr.contains('\x1b'));
}

#[test]
fn standard_streams_do_not_matter_and_stay_clean() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("in"), "main/acoustid/*\nmanifest\n").unwrap();
    let file = |name: &str| fs::File::create(path(name)).unwrap();
    let mut pty = Pty::spawn_with(command(&["delete", "--", "cat"]), 80, |command| {
        command.stdin(fs::File::open(path("in")).unwrap()).stdout(file("out")).stderr(file("err"));
    });
    pty.expect(QUESTION);
    pty.send(PHRASE);
    assert_eq!(pty.code(), 0);
    assert_eq!(fs::read_to_string(path("out")).unwrap(), "main/acoustid/*\nmanifest\n");
    assert_eq!(fs::read_to_string(path("err")).unwrap(), "");
}

#[test]
fn yes_in_front_answers_nothing() {
    let mut pty = shell("sh", &[], Some("yes 'main/acoustid/*' | \"$DEMO\" delete -- echo RAN; exit $?"));
    pty.expect(QUESTION);
    assert!(!pty.comes("RAN", A_WHILE));
    pty.send("\n");
    pty.expect("the answer was no");
    assert_eq!(pty.code(), REFUSED);
}

#[test]
fn what_was_typed_ahead_is_not_the_answer() {
    for modes in ["true", "stty raw -echo"] {
        let dir = tempfile::tempdir().unwrap();
        let go = dir.path().join("go");
        let wait = format!("until [ -e {} ]; do sleep 0.05; done", go.display());
        let script = format!("{modes}; echo READY; {wait}; exec \"$DEMO\" delete -- echo RAN");
        let mut pty = shell("sh", &[], Some(&script));
        pty.expect("READY");
        // A whole line and the beginning of another.
        pty.send(format!("{PHRASE}main/acou"));
        pty.typed_ahead(PHRASE.len());
        fs::write(go, "").unwrap();
        pty.expect(QUESTION);
        assert!(!pty.comes("RAN", A_WHILE));
        pty.send(PHRASE);
        pty.expect("RAN");
        assert_eq!(pty.code(), 0);
    }
}

#[test]
fn nothing_behind_the_answer_reaches_the_tool() {
    let read = "if read -t 0.4 line; then echo \"LEAK $line\"; else echo CLEAN; fi";
    let mut pty = Pty::spawn(command(&["delete", "--", "bash", "-c", read]), 80);
    pty.expect(QUESTION);
    pty.send("main/acoustid/*\nsecond line of a paste\nthird");
    pty.expect("CLEAN");
    assert_eq!(pty.code(), 0);
}

#[test]
fn a_bracketed_paste_is_its_text() {
    let mut pty = asked();
    pty.expect(QUESTION);
    pty.send("\x1b[200~main/acoustid/*\x1b[201~\n");
    pty.expect("RAN");
    assert_eq!(pty.code(), 0);
}

#[test]
fn the_deadline_refuses() {
    let mut pty = Pty::spawn(command(&["delete", "--seconds", "1", "--", "echo", "RAN"]), 80);
    let before = pty.modes();
    pty.expect(QUESTION);
    pty.send("main/acou");
    pty.expect("No answer within 1 s.");
    pty.expect("nobody answered in time");
    assert_eq!(pty.code(), REFUSED);
    assert_eq!(pty.modes(), before);
}

#[test]
fn a_resize_changes_nothing_but_the_next_question() {
    let mut pty = asked();
    pty.expect(QUESTION);
    pty.send("main/");
    pty.resize(60);
    std::thread::sleep(Duration::from_millis(50));
    pty.send("wrong\n");
    pty.expect("You typed 'main/wrong'");
    pty.expect(AGAIN);
    pty.resize(132);
    pty.send(PHRASE);
    pty.expect("RAN");
    assert_eq!(pty.code(), 0);
}

#[test]
fn a_hang_up_is_a_no() {
    let dir = tempfile::tempdir().unwrap();
    let ran = dir.path().join("ran");
    let mut pty = Pty::spawn(command(&["delete", "--", "touch", &ran.display().to_string()]), 80);
    pty.expect(QUESTION);
    pty.hang_up();
    let status = pty.wait();
    assert_ne!(status.code(), Some(0));
    assert!(!ran.exists());
}

#[test]
fn y_answers_a_mild_question_and_anything_else_does_not() {
    const MILD: &str = "Scale Deployment api in default/shop? [y/N]: ";
    for (answer, code) in [
        ("y\n", 0),
        ("YES\n", 0),
        ("n\n", REFUSED),
        ("\n", REFUSED),
        ("yy\n", REFUSED),
        ("default/shop\n", REFUSED),
    ] {
        let mut pty = Pty::spawn(command(&["scale", "--", "true"]), 80);
        pty.expect(MILD);
        pty.send(answer);
        assert_eq!(pty.code(), code, "{answer:?}");
    }
}

#[test]
fn a_written_reason_has_a_least_length() {
    let mut pty = Pty::spawn(command(&["delete", "--reason", "8", "--", "echo", "RAN"]), 80);
    pty.expect(QUESTION);
    pty.send(PHRASE);
    pty.expect("Why? It is recorded (8 characters or more): ");
    pty.send("short\n");
    pty.expect("Why? It is recorded");
    pty.send("moved to the new cluster\n");
    pty.expect("RAN");
    assert_eq!(pty.code(), 0);
}

#[test]
fn a_locale_that_is_not_utf8_gets_ascii_only() {
    let mut command = command(&["lookalike"]);
    command.env("LC_ALL", "C");
    let mut pty = Pty::spawn(command, 80);
    pty.expect("?? UNCLASSIFIED");
    pty.expect("pr\\u{43e}d");
    pty.expect("mixes Cyrillic and Latin letters");
    pty.expect("tries: ");
    assert!(pty.output().is_ascii());
    pty.send("\n");
    pty.wait();
}

#[test]
fn colour_only_where_it_is_wanted() {
    for (no_color, term, coloured) in
        [("", "xterm-256color", true), ("1", "xterm-256color", false), ("", "dumb", false)]
    {
        let mut command = command(&["delete"]);
        command.env("NO_COLOR", no_color).env("TERM", term);
        let mut pty = Pty::spawn(command, 80);
        pty.expect("tries: ");
        assert_eq!(pty.output().contains("48;5;124m"), coloured, "{no_color:?} {term}");
        assert_eq!(pty.output().contains('\x1b'), coloured, "{no_color:?} {term}");
        pty.send("\n");
        pty.wait();
    }
}

#[test]
fn a_narrow_window_is_not_overrun() {
    for columns in [40, 60, 80] {
        let mut pty = Pty::spawn(command(&["delete"]), columns);
        pty.expect("tries: ");
        let screen = pty.output();
        for line in screen.lines() {
            assert!(line.chars().count() <= usize::from(columns), "{columns}: {line:?}");
        }
        pty.send("\n");
        pty.wait();
    }
}

#[test]
fn a_slow_wait_shows_a_line_and_takes_it_away() {
    let mut pty = Pty::spawn(command(&["delete", "--slow", "400"]), 80);
    pty.expect("guard: asking the cluster ...");
    pty.expect("\r    ");
    pty.expect(QUESTION);
    pty.send("\n");
    pty.wait();

    let mut quick = Pty::spawn(command(&["delete", "--slow", "1"]), 80);
    quick.expect(QUESTION);
    assert!(!quick.output().contains("asking"));
    quick.send("\n");
    quick.wait();
}

#[test]
fn inside_tmux_the_whole_screen_is_visible() {
    if Command::new("tmux").arg("-V").output().is_err() {
        eprintln!("tmux is not installed: not tested");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("tmux");
    let tmux = |args: &[&str]| {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&socket).args(args);
        clean(&mut command);
        command.output().unwrap()
    };
    let demo = prompt();
    let line = format!("env LANG=C.UTF-8 TERM=screen {} delete; sleep 30", demo.display());
    assert!(
        tmux(&["-u", "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "30", &line]).status.success()
    );
    let end = std::time::Instant::now() + LONG;
    let pane = loop {
        let pane = String::from_utf8_lossy(&tmux(&["capture-pane", "-p"]).stdout).into_owned();
        if pane.contains("tries:") || std::time::Instant::now() > end {
            break pane;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    tmux(&["send-keys", "nope", "Enter"]);
    let told = loop {
        let pane = String::from_utf8_lossy(&tmux(&["capture-pane", "-p"]).stdout).into_owned();
        if pane.contains("You typed 'nope'") || std::time::Instant::now() > end {
            break pane;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    tmux(&["kill-server"]);
    assert!(pane.contains("▲ PRODUCTION") && pane.contains("Namespace acoustid"), "{pane}");
    assert!(pane.contains(QUESTION.trim_end()), "{pane}");
    assert!(told.contains("You typed 'nope'"), "{told}");
}

#[test]
fn questions_started_together_stand_one_after_the_other() {
    let script = r#"for n in 1 2; do "$DEMO" delete -- echo RAN$n & done; wait"#;
    let mut pty = shell("sh", &[], Some(script));
    let asked = |pty: &Pty| pty.output().matches(QUESTION).count();
    pty.expect(QUESTION);
    std::thread::sleep(A_WHILE);
    assert_eq!(asked(&pty), 1, "{}", pty.output());
    pty.send(PHRASE);
    // The first command may print before or after the second question.
    pty.expect(QUESTION);
    pty.send(PHRASE);
    assert_eq!(pty.code(), 0);
    assert!(["RAN1", "RAN2"].iter().all(|ran| pty.output().contains(ran)), "{}", pty.output());
}

#[test]
fn a_stopped_question_keeps_nobody_waiting() {
    let mut shell = job_shell();
    shell.send("\"$DEMO\" delete -- echo FIRST\n");
    shell.expect(QUESTION);
    shell.send("\x1a");
    shell.expect("prompt$ ");
    shell.send("\"$DEMO\" delete -- echo SECOND\n");
    shell.expect(QUESTION);
    shell.send(PHRASE);
    shell.expect("SECOND");
}

/// SIGSTOP cannot be caught: the question keeps its right to the terminal, and stands for nobody.
#[test]
fn a_question_that_is_stopped_from_outside_keeps_nobody_waiting() {
    let mut shell = job_shell();
    // It stops itself from outside, so to say: its own number is the shell's `$!` only in the background.
    shell.send("sh -c 'echo PID=$$; exec \"$DEMO\" delete -- echo FIRST'\n");
    shell.expect("PID=");
    shell.expect(QUESTION);
    let text = shell.output();
    let pid = text.rsplit("PID=").next().and_then(|rest| rest.lines().next()).unwrap().trim().to_owned();
    assert!(Command::new("kill").args(["-STOP", &pid]).status().unwrap().success());
    shell.expect("prompt$ ");
    let started = std::time::Instant::now();
    shell.send("\"$DEMO\" delete -- echo SECOND\n");
    shell.expect(QUESTION);
    assert!(started.elapsed() < A_WHILE * 10, "{}", shell.output());
    shell.send(PHRASE);
    shell.expect("SECOND");
    shell.expect("prompt$ ");
    shell.send("fg\n");
    shell.expect(QUESTION);
    shell.send(PHRASE);
    shell.expect("FIRST");
}

/// Who waits is told for whom.
#[test]
fn a_question_that_waits_says_for_whom() {
    let script = r#"for n in 1 2; do "$DEMO" delete -- echo RAN$n & done; wait"#;
    let mut pty = shell("sh", &[], Some(script));
    pty.expect(QUESTION);
    pty.expect("guard: this one waits for ");
    pty.expect("which has this terminal");
    pty.send(PHRASE);
    pty.expect(QUESTION);
    pty.send(PHRASE);
    assert_eq!(pty.code(), 0);
}
