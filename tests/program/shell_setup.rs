//! The wizard on a real terminal: what it writes, and that leaving half-way leaves nothing.

use crate::support::pty::Pty;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const KUBECONFIG: &str = "\
apiVersion: v1
kind: Config
current-context: live
clusters:
- {name: main, cluster: {server: 'https://10.0.0.1:6443'}}
- {name: play, cluster: {server: 'https://10.0.0.2:6443'}}
contexts:
- {name: live, context: {cluster: main, user: u}}
- {name: live-admin, context: {cluster: main, user: a}}
- {name: play, context: {cluster: play, user: u}}
users: []
";

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        let home = Home(tempfile::tempdir().unwrap());
        fs::write(home.0.path().join("config"), KUBECONFIG).unwrap();
        // Nothing of this machine's is found: it would be asked about, too.
        fs::create_dir(home.0.path().join("bin")).unwrap();
        for tool in ["sleep", "bash"] {
            std::os::unix::fs::symlink(format!("/usr/bin/{tool}"), home.0.path().join("bin").join(tool))
                .unwrap();
        }
        home
    }

    fn policy(&self) -> PathBuf {
        self.0.path().join(".config/guard/policy.yaml")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.command_of(Command::new(env!("CARGO_BIN_EXE_guard")));
        command.args(args);
        command
    }

    fn command_of(&self, mut command: Command) -> Command {
        command.env_clear().current_dir(self.0.path()).env("HOME", self.0.path());
        command
            .env("KUBECONFIG", self.0.path().join("config"))
            .env("PATH", self.0.path().join("bin"))
            .env("TERM", "xterm");
        command.env("LANG", "C.UTF-8").env("NO_COLOR", "1");
        command
    }

    fn setup(&self) -> Pty {
        Pty::spawn(self.command(&["setup"]), 100)
    }

    /// A script in place of the AWS CLI, and profiles for it.
    fn aws(&self, script: &str, profiles: &[&str]) {
        let home = self.0.path();
        fs::create_dir_all(home.join("bin")).unwrap();
        fs::write(home.join("script"), script).unwrap();
        // Another program writes the file that will be run: a child forked by another test at this moment would hold
        // it open for writing, and it could not be run.
        let mut install = Command::new("install");
        install.args(["-m", "755"]).args([home.join("script"), home.join("bin/aws")]);
        assert!(install.status().unwrap().success());
        fs::create_dir_all(home.join(".aws")).unwrap();
        let config: String =
            profiles.iter().map(|p| format!("[profile {p}]\nregion = eu-west-1\n")).collect();
        fs::write(home.join(".aws/config"), config).unwrap();
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.policy().parent().unwrap())
            .map(|dir| dir.map(|e| e.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        names.sort();
        names
    }
}

#[test]
fn each_server_is_asked_about_once_and_what_is_written_loads() {
    let home = Home::new();
    let mut pty = home.setup();
    // `live` is a naming hint: production is the choice under the cursor.
    let first = pty.expect("What is it?");
    assert!(
        first.contains("https://10.0.0.1:6443")
            && first.contains("live-admin")
            && first.contains("in use now"),
        "{first}"
    );
    pty.send("\r");
    pty.expect("Its name");
    pty.send("\r");
    pty.expect("https://10.0.0.2:6443");
    pty.expect("What is it?");
    pty.send("\x1b[A");
    pty.send("\r");
    pty.expect("Its name");
    pty.send("\r");
    let shown = pty.expect("policy.yaml?");
    assert!(shown.contains("environment: development"), "{shown}");
    assert!(!home.policy().exists(), "written before the question was answered");
    pty.send("y");
    pty.expect("written:");
    pty.expect("Link kubectl to guard");
    pty.send("n");
    assert_eq!(pty.code(), 0);
    let text = fs::read_to_string(home.policy()).unwrap();
    let check = home.command(&["policy", "check", home.policy().to_str().unwrap()]).output().unwrap();
    assert!(check.status.success(), "{}\n{text}", String::from_utf8_lossy(&check.stderr));
    for line in
        ["name: \"main\"", "environment: production", "server: \"https://10.0.0.1:6443\"", "name: \"play\""]
    {
        assert!(text.contains(line), "{text}");
    }

    // Again: everything is known, and only who wants to changes something.
    let mut again = home.setup();
    let known = again.expect("Change what one of them is?");
    again.send("\r");
    again.expect("nothing to write");
    again.expect("Link kubectl to guard");
    again.send("n");
    assert_eq!((again.code(), home.files()), (0, vec!["policy.yaml".to_owned()]), "{known}");
    let mut change = home.setup();
    change.expect("Change what one of them is?");
    change.send("\x1b[B\x1b[B\r");
    change.expect("What is it?");
    change.send("\x1b[A\r");
    // It shows the list once more, as it is now.
    change.expect("Change what one of them is?");
    change.expect("staging       play (https://10.0.0.2:6443)");
    change.send("\r");
    let diff = change.expect("policy.yaml?");
    assert!(
        diff.contains("-   environment: development") || diff.contains("-     environment: development"),
        "{diff}"
    );
    change.send("y");
    change.expect("written:");
    change.expect("Link kubectl to guard");
    change.send("n");
    assert_eq!(change.code(), 0);
    let now = fs::read_to_string(home.policy()).unwrap();
    assert_eq!(now, text.replace("environment: development", "environment: staging"));
}

#[test]
fn second_thoughts_and_names_that_say_otherwise() {
    let home = Home::new();
    let mut pty = home.setup();
    pty.expect("What is it?");
    // `live` called development: said once more, and taken back.
    pty.send("\x1b[B\x1b[B\r");
    pty.expect("live, which says production. development all the same?");
    pty.send("n");
    pty.expect("What is it?");
    pty.send("\r");
    pty.expect("Its name");
    pty.send("\r");
    pty.expect("https://10.0.0.2:6443");
    pty.expect("What is it?");
    // Behind the four choices: back.
    pty.send("\x1b[B\r");
    pty.expect("https://10.0.0.1:6443");
    pty.expect("What is it?");
    pty.send("\x1b[B\x1b[B\r");
    pty.expect("development all the same?");
    pty.send("y");
    pty.expect("Its name");
    pty.send("\r");
    pty.expect("https://10.0.0.2:6443");
    pty.expect("What is it?");
    pty.send("\r");
    let shown = pty.expect("policy.yaml?");
    assert!(
        shown.contains("environment: development") && !shown.contains("environment: production"),
        "{shown}"
    );
    pty.send("n");
    assert_eq!((pty.code(), home.files()), (77, Vec::new()));
}

/// Everything, one step after the other; what was done is not done again, and all of it is taken back.
#[test]
fn everything_is_set_up_shown_and_taken_back() {
    let home = Home::new();
    let at = |path: &str| home.0.path().join(path);
    fs::write(at(".bashrc"), "PS1='$ '\n").unwrap();
    fs::create_dir(at(".claude")).unwrap();
    fs::write(at(".claude/settings.json"), "{\n  \"model\": \"x\"\n}\n").unwrap();
    let command = |args: &[&str]| {
        let mut command = home.command(args);
        command.env("SHELL", "/bin/bash");
        command
    };
    let untouched = || {
        let read = |path| fs::read_to_string(at(path)).unwrap();
        (read(".bashrc"), read(".claude/settings.json"), at(".local").exists(), at(".profile").exists())
    };
    let before = untouched();
    let printed = command(&["setup", "--all", "--print"]).output().unwrap();
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    for text in
        ["shims/kubectl -> ", "+ eval \"$(", "guard hook claude-code", "server: \"https://10.0.0.1:6443\""]
    {
        assert!(printed.contains(text), "{text}: {printed}");
    }
    assert_eq!(untouched(), before, "printing writes nothing");

    // Step by step; the policy is left for another day.
    let mut pty = Pty::spawn(command(&["setup", "--all"]), 100);
    for question in ["Link kubectl", "/.bashrc?", "/.profile?"] {
        pty.expect(question);
        pty.send("y");
    }
    pty.expect("What is it?");
    pty.send("\r");
    pty.expect("Its name");
    pty.send("\r");
    pty.expect("https://10.0.0.2:6443");
    pty.expect("What is it?");
    pty.send("\r");
    pty.expect("policy.yaml?");
    pty.send("y");
    pty.expect("Let Claude Code ask guard");
    pty.send("y");
    if Path::new("/usr/bin/dpkg").exists() {
        // The machine is not this test's.
        pty.expect("Let apt and dpkg themselves ask");
        pty.send("n");
    }
    pty.expect("guard doctor");
    assert_eq!(pty.code(), 0, "{}", pty.output());
    assert!(home.policy().exists() && at(".local/share/guard/shims/kubectl").is_symlink());
    assert!(fs::read_to_string(at(".bashrc")).unwrap().starts_with(&before.0));
    let all = untouched();
    let again = command(&["setup", "--all", "--yes"]).output().unwrap();
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(again.status.success() && !said.contains("written") && said.contains("present"), "{said}");
    assert_eq!(untouched(), all, "once is enough");

    let back = command(&["uninstall", "--all"]).output().unwrap();
    let said = String::from_utf8_lossy(&back.stdout).into_owned();
    assert!(back.status.success() && said.contains("policy.yaml"), "{said}");
    let after = untouched();
    assert_eq!((&after.0, &after.1, after.3), (&before.0, &before.1, before.3), "{said}");
    assert!(!at(".local/share/guard/shims").exists() && home.policy().exists());
    // Nobody is asked, nothing has to be there.
    assert!(command(&["uninstall", "--all"]).output().unwrap().status.success());
}

/// Without a question: what a person has to say is left to a person.
#[test]
fn setting_up_without_questions_classifies_nothing() {
    let home = Home::new();
    let mut command = home.command(&["setup", "--all", "--yes"]);
    command.env("SHELL", "/bin/bash").stdin(Stdio::null());
    let out = command.output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && said.contains("with `guard setup`") && !home.policy().exists(), "{said}");
    assert!(fs::read_to_string(home.0.path().join(".bashrc")).unwrap().contains("guard init bash"));
    let without = home.command(&["setup", "--yes"]).output().unwrap();
    assert_eq!(without.status.code(), Some(64), "--yes is for --all");
}

#[test]
fn an_existing_policy_is_added_to_and_kept() {
    let home = Home::new();
    let old = "version: 1\n# a rule of mine\nrules: []\n";
    fs::create_dir_all(home.policy().parent().unwrap()).unwrap();
    fs::write(home.policy(), old).unwrap();
    for consent in ["n", "y"] {
        let mut pty = home.setup();
        pty.expect("What is it?");
        pty.send("\r");
        pty.expect("Its name");
        pty.send("\r");
        pty.expect("What is it?");
        pty.send("\r");
        let shown = pty.expect("policy.yaml?");
        assert!(shown.contains("+ clusters:"), "{shown}");
        pty.send(consent);
        if consent == "n" {
            pty.expect("nothing was written");
            assert_eq!(pty.code(), 77);
            assert_eq!(fs::read_to_string(home.policy()).unwrap(), old);
        } else {
            pty.expect("Link kubectl to guard");
            pty.send("n");
            assert_eq!(pty.code(), 0);
        }
    }
    assert!(fs::read_to_string(home.policy()).unwrap().starts_with(old));
    assert_eq!(fs::read_to_string(home.policy().with_extension("yaml.bak")).unwrap(), old);
}

#[test]
fn leaving_half_way_leaves_nothing() {
    for (key, code) in [("\x03", 130), ("\x1b", 77)] {
        let home = Home::new();
        let mut pty = home.setup();
        pty.expect("What is it?");
        pty.send("\r");
        pty.expect("Its name");
        pty.send("\r");
        pty.expect("https://10.0.0.2:6443");
        pty.expect("What is it?");
        pty.send(key);
        pty.expect("nothing was written");
        let status = pty.wait();
        use std::os::unix::process::ExitStatusExt;
        let ended = status.code().unwrap_or_else(|| 128 + status.signal().unwrap());
        assert_eq!((ended, home.files()), (code, Vec::new()));
        let output = pty.output();
        assert!(output.rfind("\x1b[?25h") > output.rfind("\x1b[?25l"), "the cursor stays hidden");
    }
}

/// The wizard's questions in their order; whoever takes what is under the cursor leaves the second place out.
const QUESTIONS: [&str; 4] = ["What is it?", "Its name", "What is it?", "policy.yaml?"];

/// Ways to end a program: typed, or sent by somebody else.
const WAYS: [Result<&str, i32>; 4] = [Ok("\x03"), Err(libc::SIGINT), Err(libc::SIGTERM), Err(libc::SIGHUP)];

fn end(pty: &mut Pty, way: Result<&str, i32>) -> i32 {
    match way {
        Ok(key) => {
            pty.send(key);
            130
        }
        Err(signal) => {
            pty.signal(signal);
            128 + signal
        }
    }
}

/// The wizard ended with this code; the terminal is as it was, and nothing was written.
fn left_no_trace(mut pty: Pty, home: &Home, modes: &str, code: i32, when: &str) {
    let ended = pty.code();
    let output = pty.output();
    assert_eq!((ended, home.files()), (code, Vec::new()), "{when}:\n{output}");
    assert_eq!(pty.modes(), modes, "{when}:\n{output}");
    assert!(output.rfind("\x1b[?25h") >= output.rfind("\x1b[?25l"), "{when}: the cursor stays hidden");
}

#[test]
fn whoever_wants_out_while_it_starts_is_out() {
    for (n, way) in WAYS.into_iter().enumerate() {
        for ms in (0..=300).step_by(if n == 0 { 5 } else { 25 }) {
            let home = Home::new();
            let mut pty = home.setup();
            let modes = pty.modes_before().to_owned();
            std::thread::sleep(Duration::from_millis(ms));
            let code = end(&mut pty, way);
            left_no_trace(pty, &home, &modes, code, &format!("{way:?} after {ms} ms"));
        }
    }
}

#[test]
fn whoever_wants_out_between_two_questions_is_out() {
    for way in WAYS {
        for answered in 1..QUESTIONS.len() {
            for half_ms in [0, 1, 2, 3, 4, 6, 9, 14, 25, 50] {
                let home = Home::new();
                let mut pty = home.setup();
                let modes = pty.modes_before().to_owned();
                for question in QUESTIONS.iter().take(answered) {
                    pty.expect(question);
                    pty.send("\r");
                }
                std::thread::sleep(Duration::from_micros(500) * half_ms);
                let code = end(&mut pty, way);
                let when = format!("{way:?} {half_ms}/2 ms after answer {answered}");
                left_no_trace(pty, &home, &modes, code, &when);
            }
        }
    }
}

#[test]
fn ctrl_c_that_was_typed_ahead_counts_even_behind_the_consent_to_write() {
    for answered in 0..=QUESTIONS.len() {
        let home = Home::new();
        let mut pty = home.setup();
        let modes = pty.modes_before().to_owned();
        pty.expect("What is it?");
        let answers: String = "\r\r\ry".chars().take(answered).collect();
        pty.send(format!("{answers}\x03"));
        left_no_trace(pty, &home, &modes, 130, &format!("behind {answers:?}"));
    }
}

#[test]
fn ctrl_c_ends_it_while_aws_is_asked_and_when_the_caller_ignores_interrupts() {
    let home = Home::new();
    let started = home.0.path().join("started");
    home.aws(&format!("#!/bin/sh\n: > {}\nsleep 600\n", started.display()), &["late"]);
    let mut command = home.command_of(Command::new("/bin/sh"));
    command.args(["-c", "trap '' INT; exec \"$0\" setup", env!("CARGO_BIN_EXE_guard")]);
    command.env("PATH", home.0.path().join("bin"));
    let mut pty = Pty::spawn(command, 100);
    let modes = pty.modes_before().to_owned();
    pty.until("the CLI runs", || started.exists());
    pty.send("\x03");
    left_no_trace(pty, &home, &modes, 130, "while AWS is asked");
}

/// A stand-in for the CLI that says who each profile is, as `aws` does; `old` has expired, `late` never answers.
const AWS: &str = r#"#!/bin/sh
profile=none
for word in "$@"; do
    case "$word" in --profile=*) profile=${word#--profile=} ;; esac
done
case "$profile" in
    prod | prod-admin) account=111111111111 alias='"acme-prod"' ;;
    dev) account=222222222222 alias= ;;
    old) echo 'An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: expired' >&2; exit 255 ;;
    late) sleep 600 ;;
    *) echo 'no such profile' >&2; exit 255 ;;
esac
case "$*" in
    *get-caller-identity*) printf '{"UserId":"u","Account":"%s","Arn":"arn:aws:iam::%s:user/anna"}\n' $account $account ;;
    *list-account-aliases*) printf '{"AccountAliases":[%s]}\n' "$alias" ;;
    *) echo 'An error occurred (AccessDenied) when calling it: denied' >&2; exit 255 ;;
esac
"#;

#[test]
fn accounts_are_told_by_asking_and_a_profile_that_fails_is_only_shown() {
    let home = Home::new();
    fs::write(home.0.path().join("config"), "apiVersion: v1\nkind: Config\n").unwrap();
    home.aws(AWS, &["prod", "dev", "old", "late", "prod-admin"]);
    let mut command = home.command(&["setup"]);
    command.env("PATH", home.0.path().join("bin"));
    let mut pty = Pty::spawn(command, 100);
    let said = pty.expect("What is it?");
    for line in [
        "profile old: account not known, not answered:",
        "ExpiredToken",
        "profile late: account not known, not answered:",
        "AWS account 111111111111 (acme-prod)",
        "profile prod-admin: 111111111111 (acme-prod), as user/anna",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    // Its alias is its name: nothing else is asked. `prod` is a naming hint: production is under the cursor.
    pty.send("\r");
    pty.expect("AWS account 222222222222");
    pty.expect("What is it?");
    pty.send("\x1b[A");
    pty.send("\r");
    pty.expect("It has no alias.");
    pty.send("\r");
    pty.expect("policy.yaml?");
    pty.send("y");
    pty.expect("written:");
    pty.expect("Link aws to guard");
    pty.send("n");
    assert_eq!(pty.code(), 0);
    let text = fs::read_to_string(home.policy()).unwrap();
    for line in [
        "# profiles: prod, prod-admin",
        "name: \"acme-prod\"",
        "environment: production",
        "account: \"111111111111\"",
        "name: \"dev\"",
        "environment: development",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let check = home.command(&["policy", "check", home.policy().to_str().unwrap()]).output().unwrap();
    assert!(check.status.success(), "{}\n{text}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn with_nothing_to_set_up_it_says_so() {
    let home = Home::new();
    fs::write(home.0.path().join("config"), "apiVersion: v1\nkind: Config\n").unwrap();
    let output = home.command(&["setup", "--print"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(65) && said.contains("no clusters and no AWS accounts"), "{said}");
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let home = Home::new();
    let mut command = Command::new("/usr/bin/setsid");
    command.arg("--wait").arg(env!("CARGO_BIN_EXE_guard")).arg("setup");
    let base = home.command(&[]);
    for (name, value) in base.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let output = command.current_dir(home.0.path()).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(77) && said.contains("guard setup --print"), "{said}");

    let printed = home.command(&["setup", "--print"]).output().unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(text.matches("environment: unclassified").count(), 2, "{text}");
    fs::write(home.0.path().join("p.yaml"), &text).unwrap();
    let check =
        home.command(&["policy", "check", home.0.path().join("p.yaml").to_str().unwrap()]).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}
