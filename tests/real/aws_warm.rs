//! A warm CLI is the CLI: what a start of the real program does, a fork does too - the same bytes, the same end, the same
//! requests. Every line here is run both ways.

use crate::support::aws::{Aws, Cli, Person, Way};
use crate::support::aws_warm::warm;
use crate::support::cluster::within;
use crate::support::ended::plain;
use crate::support::pty::Pty;
use serde_json::json;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// A person's home in front of the server, once for each of the two ways.
struct Side {
    aws: &'static Aws,
    cli: Cli,
    person: Person,
    home: tempfile::TempDir,
}

/// The real start and the fork of this CLI; nothing where it cannot be warm.
fn sides(name: &str, cli: &Cli) -> Option<[Side; 2]> {
    let aws = Aws::start()?;
    let fork = warm(cli);
    if fork.path == cli.path {
        eprintln!("SKIPPED: {} cannot be warm here", cli.path.display());
        return None;
    }
    Some([("real", cli.clone()), ("warm", fork)].map(|(how, cli)| {
        let home = tempfile::tempdir().unwrap();
        let person = aws.person("prod", &format!("{name}-{how}-v{}", cli.major));
        aws.files(home.path(), &[&person]);
        fs::create_dir_all(home.path().join(".aws/cli")).unwrap();
        fs::write(
            home.path().join(".aws/cli/alias"),
            "[toplevel]\nwho = sts get-caller-identity\nsh = !pwd; id -u; umask; cat; exit 7\n",
        )
        .unwrap();
        Side { aws, cli, person, home }
    }))
}

impl Side {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.cli.path);
        command.args(words).env_clear().env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin");
        command.env("LANG", "C.UTF-8").env("AWS_PROFILE", "prod").env("AWS_MAX_ATTEMPTS", "1");
        command.envs(self.aws.vars(Way::Proxy)).current_dir(self.home.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Everything that can be seen of a run, without what is this side's own.
    fn seen(&self, words: &[&str], vars: &[(&str, &str)], stdin: &str) -> String {
        let before = self.aws.log(&self.person).len();
        let mut child = self.command(words).envs(vars.iter().copied()).spawn().unwrap();
        // One that does not read it has ended already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let asked = self.aws.log(&self.person).split_off(before);
        self.own(&format!(
            "{:?} {:?}\n{asked:?}\n--- out\n{}\n--- err\n{}",
            status.code(),
            status.signal(),
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr)
        ))
    }

    fn own(&self, text: &str) -> String {
        let home = self.home.path().display().to_string();
        text.replace(&home, "HOME").replace(&self.person.user, "USER").replace(&self.person.key, "KEY")
    }

    /// How many forks there were.
    fn forks(&self) -> usize {
        let starts = self.cli.path.with_file_name("starts");
        fs::read_to_string(starts).unwrap_or_default().lines().filter(|l| *l == "warm").count()
    }
}

type Line = (&'static [&'static str], &'static [(&'static str, &'static str)], &'static str);

/// Words, variables, standard input.
const LINES: &[Line] = &[
    (&["--version"], &[("PATH", "/nowhere:/usr/bin:/bin")], ""),
    (&["who", "--query", "Account", "--output", "text"], &[], ""),
    (&["sh"], &[], "from a pipe"),
    (&["cloudformation", "delete-stack"], &[], ""),
    (&["cloudformation", "describe-stacks", "--stack-name", "not-there"], &[], ""),
    (
        &["ec2", "terminate-instances", "--cli-input-json", "file:///dev/stdin"],
        &[],
        "{\"InstanceIds\": [\"i-1\"]}",
    ),
    (&["s3", "rm", "s3://not-there/k"], &[], ""),
    (&["sts", "get-caller-identity"], &[("AWS_PROFILE", "absent")], ""),
    (&["configure", "get", "region"], &[("AWS_REGION", "eu-west-2")], ""),
    (&["cloudformation", "delete-stack", "--stack-name", "x", "help"], &[("TERM", "dumb")], ""),
];

#[test]
fn a_fork_is_what_a_start_is() {
    for cli in Cli::all() {
        let Some([real, fork]) = sides("alike", &cli) else { return };
        let before = fork.forks();
        for (words, vars, stdin) in LINES {
            let [a, b] = [&real, &fork].map(|side| side.seen(words, vars, stdin));
            assert_eq!(a, b, "version {}, {words:?}: the real start first", cli.major);
        }
        // Others may use it at the same time.
        assert!(fork.forks() - before >= LINES.len(), "real ones were started");
    }
}

/// Whatever a start alone can decide is a start.
#[test]
fn what_only_a_start_can_do_is_a_start() {
    for cli in Cli::all() {
        let Some([real, fork]) = sides("start", &cli) else { return };
        let vars = [("PYTHONIOENCODING", "latin-1")];
        let words = ["sts", "get-caller-identity", "--query", "'\u{fc}'", "--output", "text"];
        let [a, b] = [&real, &fork].map(|side| side.seen(&words, &vars, ""));
        assert_eq!(a, b);
        assert!(a.contains('\u{fffd}'), "the variable does nothing: {a}");
    }
}

/// The fork has the home, not what was worked out when its modules were loaded.
#[test]
fn what_a_fork_keeps_is_kept_in_the_home() {
    for cli in Cli::all() {
        let Some([real, fork]) = sides("home", &cli) else { return };
        for side in [&real, &fork] {
            let role = format!(
                "[profile role]\nrole_arn = arn:aws:iam::{}:role/Admin\nsource_profile = prod\nregion = eu-west-1\n",
                side.person.account
            );
            let config = side.home.path().join(".aws/config");
            fs::write(&config, fs::read_to_string(&config).unwrap() + &role).unwrap();
            let said = side.seen(&["sts", "get-caller-identity"], &[("AWS_PROFILE", "role")], "");
            assert!(said.contains("assumed-role/Admin"), "{said}");
            let kept = fs::read_dir(side.home.path().join(".aws/cli/cache")).unwrap().count();
            assert!(kept > 0, "{}", side.cli.path.display());
        }
    }
}

fn ended(pid: u32) -> bool {
    !Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn signals_end_a_fork_as_they_end_a_start() {
    for cli in Cli::all() {
        let Some([real, fork]) = sides("signals", &cli) else { return };
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            let ends = [&real, &fork].map(|side| {
                side.aws.fault(&side.person, json!({"delay": 60}));
                let before = side.aws.log(&side.person).len();
                let mut command = side.command(&["sts", "get-caller-identity"]);
                // SAFETY: signal is async-signal-safe.
                unsafe {
                    command.pre_exec(|| {
                        // A test runner in the background hands down ignored ones.
                        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
                            libc::signal(signal, libc::SIG_DFL);
                        }
                        Ok(())
                    });
                }
                let mut child = command.spawn().unwrap();
                assert!(within(Duration::from_secs(60), || side.aws.log(&side.person).len() > before));
                // SAFETY: the child has not been waited for.
                unsafe { libc::kill(child.id() as i32, signal) };
                let status = child.wait().unwrap();
                side.aws.mend(&side.person);
                let mut said = String::new();
                child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
                (status.code(), status.signal(), said)
            });
            assert_eq!(ends[0], ends[1], "version {}, signal {signal}: the real start first", cli.major);
        }
    }
}

/// What kills the program that stands for the CLI kills the fork, and whatever it has started.
#[test]
fn nothing_outlives_the_one_who_is_killed() {
    for cli in Cli::all() {
        let Some([_, fork]) = sides("killed", &cli) else { return };
        let line = "[toplevel]\nhold = !echo $$ >pid; echo up; exec sleep 600\n";
        fs::write(fork.home.path().join(".aws/cli/alias"), line).unwrap();
        let mut child = fork.command(&["hold"]).spawn().unwrap();
        let mut up = [0; 3];
        child.stdout.as_mut().unwrap().read_exact(&mut up).unwrap();
        let pid: u32 = fs::read_to_string(fork.home.path().join("pid")).unwrap().trim().parse().unwrap();
        assert!(!ended(pid));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(within(Duration::from_secs(60), || ended(pid)), "{pid} goes on");
    }
}

/// A code is asked for on the terminal, whatever standard input and output are.
#[test]
fn the_terminal_is_the_callers() {
    for cli in Cli::all() {
        let Some(both) = sides("terminal", &cli) else { return };
        let said = both.map(|side| {
            let config = format!(
                "[profile prod]\nregion = eu-west-1\n[profile mfa]\nrole_arn = arn:aws:iam::{0}:role/Admin\nsource_profile = prod\nmfa_serial = arn:aws:iam::{0}:mfa/ann\nregion = eu-west-1\n",
                side.person.account
            );
            fs::write(side.home.path().join(".aws/config"), config).unwrap();
            let mut command = side.command(&["sts", "get-caller-identity", "--query", "Account"]);
            command.env("AWS_PROFILE", "mfa");
            let mut terminal = Pty::spawn_with(command, 100, |command| {
                command.stdin(Stdio::null());
            });
            terminal.expect("MFA code");
            terminal.send("123456\n");
            terminal.expect(&side.person.account);
            let code = terminal.code();
            (code, side.own(&plain(&terminal.output())))
        });
        assert_eq!(said[0].0, 0, "{said:?}");
        assert_eq!(said[0], said[1]);
    }
}
