//! Installing, checking and removing the links with the real binaries, in a home directory of its own.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    /// A home with a fake kubectl in `bin`, which leaves a mark when it runs.
    fn new() -> Home {
        let home = Home { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(home.at("bin")).unwrap();
        let kubectl = home.at("bin/kubectl");
        fs::write(&kubectl, format!("#!/bin/sh\necho \"$@\" >> '{}'\nexit 1\n", home.at("ran").display()))
            .unwrap();
        fs::set_permissions(&kubectl, PermissionsExt::from_mode(0o755)).unwrap();
        home
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn link(&self) -> PathBuf {
        self.at(".local/share/guard/shims/kubectl")
    }

    fn binaries() -> &'static Path {
        Path::new(env!("CARGO_BIN_EXE_guard")).parent().unwrap()
    }

    fn path(&self, shims_first: bool) -> String {
        let shims = self.link().parent().unwrap().display().to_string();
        let rest = format!("{}:{}:/usr/bin:/bin", Home::binaries().display(), self.at("bin").display());
        if shims_first { format!("{shims}:{rest}") } else { rest }
    }

    fn guard(&self, shims_first: bool, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guard"));
        command.args(args).env_clear().current_dir(self.dir.path());
        command.env("HOME", self.dir.path()).env("SHELL", "/bin/bash").env("PATH", self.path(shims_first));
        command.output().unwrap()
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn installing_twice_changes_nothing_and_removing_takes_only_the_links() {
    let home = Home::new();
    let first = home.guard(false, &["install"]);
    assert!(code(&first) == 0 && out(&first).contains("linked   "), "{}", err(&first));
    assert!(out(&first).contains("eval \"$(guard init bash)\""));
    assert_eq!(fs::read_link(home.link()).unwrap().file_name().unwrap(), "guard-shim");
    let second = home.guard(true, &["install"]);
    assert!(out(&second).starts_with("present") && !out(&second).contains("guard init"), "{}", out(&second));

    let stranger = home.link().with_file_name("notes");
    fs::write(&stranger, "mine").unwrap();
    let removed = home.guard(true, &["uninstall"]);
    assert!(out(&removed).contains("removed") && out(&removed).contains("not guard's"), "{}", out(&removed));
    assert!(!home.link().exists() && stranger.exists());
    assert!(out(&home.guard(true, &["uninstall"])).contains("no links of guard's"));
}

#[test]
fn what_is_not_guards_stays() {
    let home = Home::new();
    fs::create_dir_all(home.link().parent().unwrap()).unwrap();
    for foreign in ["file", "link"] {
        let _ = fs::remove_file(home.link());
        match foreign {
            "file" => fs::write(home.link(), "theirs").unwrap(),
            _ => symlink(home.at("bin/kubectl"), home.link()).unwrap(),
        }
        let output = home.guard(false, &["install"]);
        assert_eq!(code(&output), 77, "{foreign}");
        assert!(err(&output).contains("is not guard's and stays as it is"), "{}", err(&output));
        home.guard(false, &["uninstall"]);
        assert!(fs::symlink_metadata(home.link()).is_ok(), "{foreign} was removed");
    }
    let unknown = home.guard(false, &["install", "\u{1b}[2Jrm"]);
    assert_eq!(code(&unknown), 64);
    assert!(!err(&unknown).contains('\u{1b}'));
}

#[test]
fn a_link_to_a_guard_that_is_gone_is_mended() {
    let home = Home::new();
    fs::create_dir_all(home.link().parent().unwrap()).unwrap();
    symlink("/nonexistent/guard-shim", home.link()).unwrap();
    let doctor = home.guard(true, &["doctor", "--require-interception"]);
    assert!(code(&doctor) == 69 && out(&doctor).contains("leads to a file that is gone"), "{}", out(&doctor));
    assert!(out(&home.guard(true, &["install"])).starts_with("moved"));
    assert_eq!(code(&home.guard(true, &["doctor", "--require-interception"])), 0);
}

#[test]
fn doctor_proves_interception_without_running_the_real_tool() {
    let home = Home::new();
    home.guard(false, &["install"]);
    let good = home.guard(true, &["doctor", "--require-interception", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&good.stdout).unwrap();
    assert_eq!((code(&good), &json["interception"]), (0, &serde_json::Value::Bool(true)), "{json:#}");
    assert!(!home.at("ran").exists(), "the real tool ran");

    let bad = home.guard(false, &["doctor", "--require-interception"]);
    assert_eq!(code(&bad), 69);
    assert!(out(&bad).contains("FAIL  here") && out(&bad).contains("not guard"), "{}", out(&bad));
    // The real tool's answer to a word it does not know is no proof.
    assert!(fs::read_to_string(home.at("ran")).unwrap().starts_with("__guard_selftest "));
}

#[test]
fn doctor_asks_the_shells_the_user_opens() {
    let home = Home::new();
    home.guard(false, &["install"]);
    let line = |rc: &str| {
        fs::write(home.at(".bashrc"), format!("echo noise\n{rc}\n")).unwrap();
        let output = home.guard(true, &["doctor"]);
        let text = out(&output);
        let line =
            text.lines().find(|line| line.contains("interactive shell")).unwrap_or_default().to_owned();
        (line, text)
    };
    let path = format!("export PATH='{}'; eval \"$(guard init bash)\"", home.path(false));
    assert!(line(&path).0.starts_with("ok"), "{}", line(&path).1);
    let real = home.at("bin/kubectl").display().to_string();
    for (rc, wanted) in [
        (format!("PATH='{}'", home.path(false)), "not on PATH"),
        (format!("PATH='/usr/bin:/bin:{}'", home.path(true)), "entry "),
        (format!("{path}; alias kubectl='{real}'"), "alias kubectl="),
        (format!("{path}; kubectl() {{ '{real}' \"$@\"; }}"), "kubectl is kubectl"),
        (format!("{path}; hash -p '{real}' kubectl"), "not guard"),
    ] {
        let (line, text) = line(&rc);
        assert!(line.starts_with("FAIL") && line.contains(wanted), "{rc}\n{text}");
    }
    let (ok, text) = line(&format!("{path}; alias k=kubectl kk='{real} -n x'"));
    assert!(ok.starts_with("ok") && text.contains("warn  alias"), "{text}");
    let (slow, _) = line(&format!("{path}; exit 0"));
    assert!(slow.contains("its start-up files end it"), "{slow}");
}

#[test]
fn the_self_test_words_open_no_way_past_guard() {
    let home = Home::new();
    home.guard(false, &["install"]);
    let run = |args: &[&str]| {
        let mut command = Command::new(home.link());
        command
            .args(args)
            .env_clear()
            .env("HOME", home.dir.path())
            .env("PATH", home.path(true))
            .output()
            .unwrap()
    };
    let answer = run(&["__guard_selftest", "0123abcd"]);
    assert!(out(&answer).starts_with("__guard_selftest 0123abcd "), "{}", out(&answer));
    // Anything more or else is a command like any other: asked about or refused, never run unseen.
    for words in [
        &["__guard_selftest", "0", "delete", "ns", "x"][..],
        &["__guard_selftest", "x;y"],
        &["__guard_selftest"],
    ] {
        assert!(!out(&run(words)).starts_with("__guard_selftest"), "{words:?}");
        assert!(!home.at("ran").exists(), "{words:?} ran");
    }
}
