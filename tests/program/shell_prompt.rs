//! Shells as people have them, in a real terminal: rc files that reorder PATH, version managers in front, an alias, a second
//! window, another user, one shell started from another.

use super::shell_init::{have, whereis};
use crate::support::pty::LONG;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What the rc files here have for a prompt.
const PROMPT: &str = "READY>";

/// A home with a shim for kubectl, a kubectl behind it, and another one that likes to come first.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        let home = Home(tempfile::tempdir().unwrap());
        for (dir, says) in [("bin", "reached"), ("first", "passed"), ("project/tools", "passed")] {
            fs::create_dir_all(home.at(dir)).unwrap();
            // fish has its completion sourced.
            let text = format!("#!/bin/sh\n[ \"$1\" = completion ] || echo \"{says}: $*\"\n");
            fs::write(home.at("text"), text).unwrap();
            let mut install = Command::new("install");
            install.args(["-m", "755"]).arg(home.at("text")).arg(home.at(dir).join("kubectl"));
            assert!(install.status().unwrap().success());
        }
        fs::create_dir_all(home.at(".local/share/guard/shims")).unwrap();
        let shim = Path::new(env!("CARGO_BIN_EXE_guard-shim"));
        std::os::unix::fs::symlink(shim, home.at(".local/share/guard/shims/kubectl")).unwrap();
        home
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn path(&self) -> String {
        let guard = Path::new(env!("CARGO_BIN_EXE_guard")).parent().unwrap().display();
        format!("{}:{guard}:/usr/bin:/bin", self.at("bin").display())
    }

    /// The start-up file of a shell: a prompt, what comes before guard's line, the line with these options, what comes after.
    fn rc(&self, shell: &str, before: &str, options: &str, after: &str) {
        let (file, prompt, line) = match shell {
            "bash" => (".bashrc", "PS1='READY> '", "eval \"$(guard init bash@)\""),
            "zsh" => (".zshrc", "PS1='READY> '", "eval \"$(guard init zsh@)\""),
            "fish" => (
                ".config/fish/config.fish",
                "function fish_prompt; echo -n 'READY> '; end; set -g fish_greeting",
                "guard init fish@ | source",
            ),
            "nu" => (
                ".config/nushell/config.nu",
                "$env.config.show_banner = false; $env.PROMPT_COMMAND = {|| 'READY' }; $env.PROMPT_COMMAND_RIGHT = ''",
                "$env.config.hooks.pre_prompt ++= [(guard init nu@)]",
            ),
            _ => (".shrc", "PS1='READY> '", "eval \"$(guard init sh@)\""),
        };
        let line = line.replace('@', options);
        fs::create_dir_all(self.at(file).parent().unwrap()).unwrap();
        fs::write(self.at(file), format!("{prompt}\n{before}\n{line}\n{after}\n")).unwrap();
    }

    /// A program in a terminal, in this home.
    fn terminal(&self, words: &[&str]) -> Terminal<'_> {
        // A server that was told to end is there a little longer.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let socket = self.at(&format!("tmux{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        let terminal = Terminal { home: self, socket };
        let shell = whereis(words[0]).unwrap_or_else(|| words[0].into());
        let rest: Vec<&str> = words[1..].to_vec();
        let mut command = terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "50"]);
        assert!(command.arg(shell).args(rest).status().unwrap().success());
        terminal
    }

    fn command(&self, program: &str) -> Command {
        let own = (program == "guard").then(|| env!("CARGO_BIN_EXE_guard").into());
        let mut command = Command::new(own.or_else(|| whereis(program)).unwrap());
        command.env_clear().current_dir(self.0.path()).env("HOME", self.0.path()).env("PATH", self.path());
        command.env("TERM", "xterm").env("LANG", "C.UTF-8").env("ENV", self.at(".shrc"));
        command
    }
}

/// A tmux of its own.
struct Terminal<'a> {
    home: &'a Home,
    socket: PathBuf,
}

impl Terminal<'_> {
    fn tmux(&self, words: &[&str]) -> Command {
        let mut command = self.home.command("tmux");
        command.arg("-S").arg(&self.socket).args(words).stdin(Stdio::null());
        command
    }

    fn screen(&self) -> String {
        let output = self.tmux(&["capture-pane", "-p", "-J", "-S", "-"]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until it stands there, and gives back all that does.
    fn shows(&self, text: &str) -> String {
        let until = Instant::now() + LONG;
        loop {
            let screen = self.screen();
            if screen.contains(text) {
                return screen;
            }
            assert!(Instant::now() < until, "no {text:?} in:\n{screen}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn types(&self, line: &str) {
        assert!(self.tmux(&["send-keys", "-l", line]).status().unwrap().success());
        assert!(self.tmux(&["send-keys", "Enter"]).status().unwrap().success());
    }

    /// Starts another shell, or ends this one, and waits for the prompt that comes then. What a shell threw away because it came
    /// before it reads is typed again.
    fn starts(&self, line: &str) {
        let prompts = || {
            let screen = self.screen();
            (screen.matches(PROMPT).count(), screen.trim_end().ends_with(PROMPT))
        };
        let until = Instant::now() + LONG;
        let mut typed: Option<(usize, Instant)> = None;
        loop {
            let (count, ready) = prompts();
            match typed {
                Some((before, _)) if ready && count > before => return,
                Some((before, at)) if ready && count == before && at.elapsed() > Duration::from_secs(5) => {
                    typed = None;
                }
                _ => {}
            }
            if typed.is_none() && ready {
                self.types(line);
                typed = Some((count, Instant::now()));
            }
            assert!(Instant::now() < until, "{line}:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Guard answers for kubectl here; `number` is nobody else's.
    fn is_guarded(&self, command: &str, number: u32) {
        let answer = format!("__guard_selftest {number} {}", env!("CARGO_PKG_VERSION"));
        let past = format!("ed: __guard_selftest {number}");
        self.answers(&format!("{command} __guard_selftest {number}"), &answer, &past);
    }

    /// A line is answered like this, and not like that. A shell that has just shown its prompt may throw away what was typed before
    /// it reads: then it is typed again.
    fn answers(&self, line: &str, answer: &str, never: &str) {
        let until = Instant::now() + LONG;
        let mut typed: Option<Instant> = None;
        loop {
            let screen = self.screen();
            if screen.contains(answer) {
                return;
            }
            assert!(!screen.contains(never) && Instant::now() < until, "{line}:\n{screen}");
            if typed.is_none_or(|at| at.elapsed() > Duration::from_secs(5)) {
                self.types(line);
                typed = Some(Instant::now());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let _ = self.tmux(&["kill-server"]).output();
    }
}

/// How a directory is put first, and the line that does it at every prompt.
fn first(shell: &str, dir: &Path) -> (String, String) {
    let dir = dir.display();
    match shell {
        "fish" => {
            let now = format!("set -gx PATH {dir} $PATH");
            (now.clone(), format!("function manager --on-event fish_prompt; {now}; end"))
        }
        "nu" => {
            let now = format!("$env.PATH = ($env.PATH | prepend '{dir}')");
            (now.clone(), format!("$env.config.hooks.pre_prompt ++= [{{|| {now} }}]"))
        }
        "zsh" => {
            let now = format!("PATH=\"{dir}:$PATH\"");
            (now.clone(), format!("manager() {{ {now} }}\nprecmd_functions+=(manager)"))
        }
        _ => {
            let now = format!("PATH=\"{dir}:$PATH\"");
            (now.clone(), format!("PROMPT_COMMAND=\"${{PROMPT_COMMAND-}}\"$'\\n{now}'"))
        }
    }
}

fn there(shells: &[&'static str]) -> Vec<&'static str> {
    let there = have("tmux");
    shells.iter().copied().filter(|shell| there && have(shell)).collect()
}

#[test]
fn a_later_line_that_puts_something_first_is_told_once() {
    for shell in there(&["bash", "zsh", "fish"]) {
        for (options, mended) in
            [("", "guard is first again"), (" --no-prompt-hook", "tools go past guard here")]
        {
            let home = Home::new();
            let (now, _) = first(shell, &home.at("first"));
            home.rc(shell, "", options, &now);
            let terminal = home.terminal(&[shell]);
            let told = format!(
                "guard: {} was put before guard's directory by a later line of ~/",
                home.at("first").display()
            );
            let screen = terminal.shows(PROMPT);
            assert!(screen.contains(&told) && screen.contains(mended), "{shell}:\n{screen}");
            terminal.types(&now);
            terminal.types("echo o''ver");
            let screen = terminal.shows("\nover");
            assert_eq!(screen.matches("guard: ").count(), 1, "{shell}:\n{screen}");
            if options.is_empty() {
                terminal.is_guarded("kubectl", 11);
            }
            // Nobody reads it in a script, and nothing is said where nothing is wrong.
            let script = home.command(shell).args(["-i", "-c", "true"]).output().unwrap();
            assert!(!String::from_utf8_lossy(&script.stderr).contains("guard:"), "{shell}");
            home.rc(shell, &now, options, "");
            let terminal = home.terminal(&[shell]);
            let screen = terminal.shows(PROMPT);
            assert!(!screen.contains("guard: "), "{shell}:\n{screen}");
        }
    }
}

#[test]
fn path_without_guards_directory_and_another_direnv_are_told_apart() {
    for shell in there(&["bash", "zsh", "fish"]) {
        let home = Home::new();
        let set = match shell {
            "fish" => "set -gx PATH /usr/bin /bin",
            _ => "PATH=/usr/bin:/bin",
        };
        home.rc(shell, "", "", set);
        let terminal = home.terminal(&[shell]);
        terminal.shows(PROMPT);
        terminal.shows("guard: guard's directory was taken off PATH by a later line of ~/");
        drop(terminal);
        let direnv = match shell {
            "fish" => "set -gx DIRENV_DIR -/x",
            _ => "export DIRENV_DIR=-/x",
        };
        home.rc(shell, direnv, "", set);
        let screen = home.terminal(&[shell]).shows(PROMPT);
        assert!(!screen.contains("guard: "), "{shell}:\n{screen}");
    }
}

/// asdf's and mise's shims, and whatever else comes first at every prompt: before each command guard does.
#[test]
fn managers_that_come_first_at_every_prompt() {
    for shell in there(&["bash", "zsh", "fish", "nu"]) {
        let home = Home::new();
        let (now, always) = first(shell, &home.at("first"));
        for (before, after) in [(always.as_str(), ""), ("", always.as_str())] {
            home.rc(shell, before, "", after);
            let terminal = home.terminal(&[shell]);
            terminal.shows(PROMPT);
            // bash sees at its first prompt what was added after guard's line, and only then.
            terminal.types("echo");
            terminal.is_guarded("kubectl", 21);
            terminal.types(&now);
            terminal.is_guarded("kubectl", 22);
        }
    }
    for shell in there(&["nu"]) {
        let home = Home::new();
        let (now, _) = first(shell, &home.at("first"));
        // What is done on a change of directory comes after what is done before the prompt.
        home.rc(shell, &format!("$env.config.hooks.env_change = {{PWD: [{{|| {now} }}]}}"), "", "");
        let terminal = home.terminal(&[shell]);
        terminal.shows(PROMPT);
        terminal.types("cd project");
        terminal.is_guarded("kubectl", 23);
    }
}

#[test]
fn direnv_puts_a_projects_tools_first() {
    for shell in there(&["bash", "zsh", "fish"]).into_iter().filter(|_| have("direnv")) {
        let home = Home::new();
        fs::write(home.at("project/.envrc"), "PATH_add tools\n").unwrap();
        let allowed = home.command("direnv").arg("allow").arg(home.at("project")).output().unwrap();
        assert!(allowed.status.success());
        let hook = match shell {
            "fish" => "direnv hook fish | source",
            "zsh" => "eval \"$(direnv hook zsh)\"",
            _ => "eval \"$(direnv hook bash)\"",
        };
        // Before guard's line and after it.
        for (number, (before, after)) in (31..).zip([(hook, ""), ("", hook)]) {
            home.rc(shell, before, "", after);
            let terminal = home.terminal(&[shell]);
            terminal.shows(PROMPT);
            terminal.types("cd project");
            terminal.shows("direnv: export");
            terminal.is_guarded("kubectl", number);
            terminal.types("echo $PATH");
            let screen = terminal.shows("project/tools");
            assert!(!screen.contains("guard: "), "{shell}:\n{screen}");
            // A new window in the project: direnv has its say at the first prompt.
            assert!(
                terminal
                    .tmux(&["new-window", "-c", home.at("project").to_str().unwrap(), shell])
                    .status()
                    .unwrap()
                    .success()
            );
            terminal.shows("direnv: export");
            terminal.is_guarded("kubectl", number + 10);
            let screen = terminal.screen();
            assert!(!screen.contains("guard: "), "{shell}:\n{screen}");
        }
    }
}

#[test]
fn an_alias_and_its_completion_go_on_working() {
    for shell in there(&["bash", "zsh", "fish", "nu"]) {
        let home = Home::new();
        let (alias, completes) = match shell {
            "bash" => {
                ("alias k=kubectl\n_k() { COMPREPLY=(\"$(kubectl __complete p)\"); }\ncomplete -F _k k", true)
            }
            "zsh" => (
                "alias k=kubectl\nautoload -U compinit; compinit -D\n_k() { compadd -- \"$(kubectl __complete p)\" }\ncompdef _k k\nsetopt complete_aliases",
                true,
            ),
            "fish" => ("alias k=kubectl\ncomplete -c k -f -a '(kubectl __complete p)'", true),
            _ => ("alias k = kubectl", false),
        };
        home.rc(shell, alias, "", "");
        let terminal = home.terminal(&[shell]);
        terminal.shows(PROMPT);
        terminal.is_guarded("k", 51);
        if completes {
            assert!(terminal.tmux(&["send-keys", "-l", "k "]).status().unwrap().success());
            assert!(terminal.tmux(&["send-keys", "Tab"]).status().unwrap().success());
            terminal.shows("__complete");
        }
    }
}

#[test]
fn a_second_window_and_a_shell_started_from_another() {
    for shell in there(&["bash", "zsh", "fish", "nu"]) {
        let home = Home::new();
        for one in ["bash", "zsh", "fish", "nu", "dash"] {
            home.rc(one, "", "", "");
        }
        let terminal = home.terminal(&[shell]);
        terminal.shows(PROMPT);
        terminal.is_guarded("kubectl", 61);
        for (number, other) in (62..).zip(there(&["bash", "zsh", "fish", "nu", "dash"])) {
            let other = whereis(other).unwrap();
            terminal.starts(&format!("{}{}", if shell == "nu" { "^" } else { "" }, other.display()));
            terminal.is_guarded("kubectl", number);
            terminal.starts("exit");
        }
        assert!(
            terminal
                .tmux(&["new-window", whereis(shell).unwrap().to_str().unwrap()])
                .status()
                .unwrap()
                .success()
        );
        terminal.shows(PROMPT);
        terminal.is_guarded("kubectl", 70);
        let off = match shell {
            "bash" | "zsh" => format!("eval \"$(guard init {shell} --off)\""),
            "fish" => "guard init fish --off | source".to_owned(),
            _ => "$env.config.hooks.pre_prompt ++= [(guard init nu --off)]".to_owned(),
        };
        terminal.starts(&off);
        terminal.answers("kubectl is off", "reached: is off", "passed: is off");
    }
}

/// `su -` and `sudo -i`: a login of somebody else, whose own start-up files count.
#[test]
fn the_login_of_another_user() {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root || !have("su") || !have("tmux") {
        eprintln!("SKIPPED: only root becomes somebody without a password");
        return;
    }
    let home = Home::new();
    // What stands below root's real home is not to be seen then; the programs may.
    let own = home.at("own");
    fs::create_dir(&own).unwrap();
    for program in [env!("CARGO_BIN_EXE_guard"), env!("CARGO_BIN_EXE_guard-shim")].map(Path::new) {
        let to = own.join(program.file_name().unwrap());
        fs::hard_link(program, &to).or_else(|_| fs::copy(program, &to).map(drop)).unwrap();
    }
    let link = home.at(".local/share/guard/shims/kubectl");
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(own.join("guard-shim"), &link).unwrap();
    home.rc("bash", &format!("PATH='{}:{}'", own.display(), home.path()), "", "");
    fs::write(home.at(".profile"), "[ -z \"$BASH_VERSION\" ] || . ~/.bashrc\n").unwrap();
    // This home is root's for a while, in a view of the file system that ends with the shell.
    let become_root =
        format!("mount --bind '{}' /root && exec su -s /bin/bash - root", home.0.path().display());
    let terminal = home.terminal(&["unshare", "--mount", "sh", "-c", &become_root]);
    terminal.shows(PROMPT);
    terminal.is_guarded("kubectl", 81);
    terminal.types("echo $HOME");
    terminal.shows("\n/root");
}

/// Shells that nobody types into.
#[test]
fn shells_of_scripts_when_asked_for() {
    let home = Home::new();
    let says = |program: &str, words: &[&str], variables: &[(&str, &str)]| {
        let mut command = home.command(program);
        command.args(words).args(["-c", "kubectl __guard_selftest 91"]).envs(variables.iter().copied());
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    };
    let code = |shell: &str| {
        let output = home.command("guard").args(["init", shell, "--non-interactive"]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    };
    let answer = format!("__guard_selftest 91 {}", env!("CARGO_PKG_VERSION"));
    let file = home.at("env.sh");
    let file = file.to_str().unwrap();
    for shell in ["bash", "zsh", "fish", "dash", "nu"].into_iter().filter(|shell| have(shell)) {
        assert!(says(shell, &[], &[]).starts_with("reached:"), "{shell}");
    }
    fs::write(file, code("bash")).unwrap();
    assert!(says("bash", &["-eu", "-o", "pipefail"], &[("BASH_ENV", file)]).starts_with(&answer));
    // As sshd starts it: bash reads ~/.bashrc then, which ends early for shells nobody types into.
    fs::write(home.at(".bashrc"), format!(". '{file}'\ncase $- in *i*) ;; *) return ;; esac\n")).unwrap();
    let ssh = [("SSH_CLIENT", "10.0.0.7 50000 22"), ("SSH_CONNECTION", "10.0.0.7 50000 10.0.0.1 22")];
    assert!(says("bash", &[], &ssh).starts_with(&answer));
    // After /etc/profile, which sets PATH anew.
    assert!(says("bash", &["-l"], &[("BASH_ENV", file)]).starts_with(&answer));
    if have("zsh") {
        fs::write(home.at(".zshenv"), code("zsh")).unwrap();
        assert!(says("zsh", &["-eu"], &[]).starts_with(&answer));
    }
    if have("fish") {
        fs::create_dir_all(home.at(".config/fish")).unwrap();
        fs::write(home.at(".config/fish/config.fish"), code("fish")).unwrap();
        assert!(says("fish", &[], &[]).starts_with(&answer));
    }
    if have("dash") {
        fs::write(home.at(".profile"), code("sh")).unwrap();
        // Everything started below a login has its PATH.
        let mut login = home.command("dash");
        login.args(["-l", "-c", "dash -c 'kubectl __guard_selftest 91'"]);
        assert!(String::from_utf8_lossy(&login.output().unwrap().stdout).starts_with(&answer));
        // A shell somebody types into reads the file of ENV.
        fs::write(home.at(".shrc"), code("sh")).unwrap();
        assert!(says("dash", &["-i"], &[]).contains(&answer));
    }
    if have("nu") {
        fs::write(home.at("env.nu"), code("nu")).unwrap();
        fs::create_dir_all(home.at(".config/nushell")).unwrap();
        fs::write(home.at(".config/nushell/config.nu"), "source ~/env.nu\n").unwrap();
        assert!(says("nu", &["--login"], &[]).starts_with(&answer));
    }
}
