//! Installing, checking and removing the links with the real binaries, in a home directory of its own.

use super::shell_init::{have, whereis};
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
    assert!(
        code(&doctor) == 69
            && out(&doctor).contains("verdict: NOT guarded")
            && out(&doctor).contains("leads to a file that is gone"),
        "{}",
        out(&doctor)
    );
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
    let brief = out(&home.guard(true, &["doctor", "--require-interception"]));
    assert!(brief.starts_with("ok: guard answers for kubectl") && brief.lines().count() == 1, "{brief}");

    let bad = home.guard(false, &["doctor", "--require-interception"]);
    assert_eq!(code(&bad), 69);
    assert!(out(&bad).contains("FAIL  here") && out(&bad).contains("not guard"), "{}", out(&bad));
    // The real tool's answer to a word it does not know is no proof.
    assert!(fs::read_to_string(home.at("ran")).unwrap().starts_with("__guard_selftest "));
}

#[test]
fn doctor_names_the_profiles_whose_prompt_is_off() {
    let home = Home::new();
    fs::create_dir_all(home.at(".aws")).unwrap();
    let config = "[default]\ncli_auto_prompt = on\n\n[profile quiet]\ncli_auto_prompt = off\n";
    fs::write(home.at(".aws/config"), config).unwrap();
    let said = out(&home.guard(true, &["doctor", "--require-interception", "aws"]));
    assert!(said.contains("cli_auto_prompt of profile default") && said.contains("/.aws/config:2"), "{said}");
    assert!(said.contains("AWS_CLI_AUTO_PROMPT=off") && !said.contains("profile quiet"), "{said}");
    let said = out(&home.guard(true, &["doctor", "--require-interception", "kubectl"]));
    assert!(!said.contains("cli_auto_prompt"), "{said}");
}

#[test]
fn doctor_asks_the_shells_the_user_opens() {
    let home = Home::new();
    home.guard(false, &["install"]);
    let line = |rc: &str| {
        fs::write(home.at(".bashrc"), format!("echo noise\n{rc}\n")).unwrap();
        let output = home.guard(true, &["doctor", "-v"]);
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

/// Does what an advice says: "make `LINE` the last line of FILE …; let FILE end with `LINE`".
fn follow(home: &Home, advice: &str) {
    for part in advice.split("; ") {
        let (before, rest) = part.split_once('`').unwrap_or_else(|| panic!("{part}"));
        let (line, after) = rest.rsplit_once('`').unwrap();
        let all = format!("{before}{after}");
        let file = all
            .split_whitespace()
            .find_map(|word| word.strip_prefix("~/"))
            .unwrap_or_else(|| panic!("{part}"));
        let at = home.at(file);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        let old = fs::read_to_string(&at).unwrap_or_default();
        if !old.contains(line) {
            fs::write(at, format!("{old}{line}\n")).unwrap();
        }
    }
}

/// What doctor says of new shells, from a shell that passes through guard itself: (line, advice) each.
fn shells_of(home: &Home, shell: &str) -> Vec<(String, String)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guard"));
    command.args(["doctor", "-v", "--patience", "60", "kubectl"]).env_clear().current_dir(home.dir.path());
    command.env("HOME", home.dir.path()).env("SHELL", shell).env("PATH", home.path(true));
    let text = out(&command.output().unwrap());
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains(" shell ")) {
        let help = lines.get(at + 1).and_then(|next| next.trim_start().strip_prefix("->"));
        found.push(((*line).to_owned(), help.unwrap_or_default().trim().to_owned()));
    }
    assert_eq!(found.len(), 2, "{text}");
    found
}

#[test]
fn doctor_starts_shells_as_a_login_does_and_its_advice_helps() {
    for name in ["bash", "zsh", "fish", "nu", "dash", "mksh"] {
        let Some(shell) = whereis(name).filter(|_| have(name)) else { continue };
        let shell = shell.to_str().unwrap();
        // What the home has before anybody follows an advice.
        let debian = "if [ -n \"$BASH_VERSION\" ]; then [ ! -f ~/.bashrc ] || . ~/.bashrc; fi\nPATH=\"$HOME/bin:$PATH\"\n";
        let own = "PATH=\"$HOME/bin:$PATH\"\n";
        let homes: &[&[(&str, &str)]] = &[
            &[],
            &[(".profile", own)],
            &[(".profile", debian), (".bashrc", "case $- in *i*) ;; *) return;; esac\n")],
            &[(".bash_profile", own), (".profile", "exit 1\n")],
            &[(".bash_login", own), (".bashrc", "true\n")],
        ];
        for files in homes {
            // Shells that read it end there.
            if ["dash", "mksh"].contains(&name) && files.contains(&(".profile", "exit 1\n")) {
                continue;
            }
            let home = Home::new();
            home.guard(false, &["install", "kubectl"]);
            for (name, text) in *files {
                fs::write(home.at(name), text).unwrap();
            }
            let before = shells_of(&home, shell);
            for (line, advice) in &before {
                assert!(line.starts_with("FAIL"), "{shell} {files:?}: {line}");
                follow(&home, advice);
            }
            for (line, _) in shells_of(&home, shell) {
                assert!(line.starts_with("ok"), "{shell} {files:?}: {line}\nafter {before:?}");
            }
            // What was there is still read.
            for (name, text) in *files {
                assert!(fs::read_to_string(home.at(name)).unwrap().starts_with(text), "{name}");
            }
            assert!(
                files.iter().any(|(name, _)| *name == ".bash_profile") || !home.at(".bash_profile").exists()
            );
        }
    }
}

/// What a name is in nu: a command of its own, an alias with a path, and where guard's directory is.
#[test]
fn doctor_hears_what_nu_makes_of_a_name() {
    let Some(nu) = whereis("nu").filter(|_| have("nu")) else { return };
    let home = Home::new();
    home.guard(false, &["install", "kubectl"]);
    let config = home.at(".config/nushell/config.nu");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    let real = home.at("bin/kubectl").display().to_string();
    let path = format!("$env.PATH = ('{}' | split row ':')", home.path(false));
    let line = "$env.config.hooks.pre_prompt ++= [(guard init nu)]";
    for (text, wanted) in [
        (format!("{path}\n{line}"), ["ok", "kubectl"]),
        (format!("{path}\nalias k = ^'{real}' -n x\n{line}"), ["ok", "kubectl"]),
        (path.clone(), ["FAIL", "not on PATH"]),
        (
            format!("$env.PATH = ('{}:{}' | split row ':')", home.at("bin").display(), home.path(true)),
            ["FAIL", "entry 2"],
        ),
        (
            format!("{path}\n{line}\ndef kubectl [...rest] {{ ^'{real}' ...$rest }}"),
            ["FAIL", "kubectl is kubectl"],
        ),
        (format!("{path}\n{line}\nalias kubectl = ^'{real}'"), ["FAIL", "function or alias"]),
        (format!("{path}\n{line}\nexit 0"), ["warn", "end it before"]),
    ] {
        fs::write(&config, &text).unwrap();
        for (line, advice) in shells_of(&home, nu.to_str().unwrap()) {
            assert!(line.starts_with(wanted[0]), "{text}\n{line}\n{advice}");
            assert!(format!("{line} {advice}").contains(wanted[1]), "{text}\n{line}\n{advice}");
        }
    }
}

#[test]
fn init_says_when_the_links_are_gone() {
    let home = Home::new();
    let gone = home.guard(false, &["init", "bash"]);
    assert!(code(&gone) == 0 && out(&gone).contains("__guard_path"), "{}", err(&gone));
    assert!(err(&gone).contains("no tool passes through guard; run `guard install`"), "{}", err(&gone));
    home.guard(false, &["install"]);
    assert_eq!(err(&home.guard(false, &["init", "bash"])), "");
    fs::remove_file(home.link()).unwrap();
    symlink("/nonexistent/guard-shim", home.link()).unwrap();
    let dangling = home.guard(false, &["init", "zsh"]);
    assert!(err(&dangling).contains("leads to a file that is gone"), "{}", err(&dangling));
    assert_eq!(err(&home.guard(false, &["init", "fish", "--off"])), "");
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
