//! The probe's question for a command line of the tests: resolved as the program does it, asked of the test server, or
//! of a recording of it.

use super::aws::{Aws, Cli, Person, Way};
use super::aws_tape::plain::PORT;
use super::aws_tape::{Mode, StandIn, Tape, mode};
use super::aws_warm::warm;
use guard::engine::aws::Hit;
use guard::engine::aws::alias::Aliases;
use guard::engine::impact::{Data, Fate, Impact};
use guard::family::aws::probe::{Answered, Foreign, Request};
use guard::family::aws::resolve;
use guard::world::World;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A person with a home of their own in front of the server.
pub struct Desk {
    pub aws: Aws,
    pub person: Person,
    pub cli: Cli,
    pub home: tempfile::TempDir,
    pub vars: Vec<(String, String)>,
    pub deadline: Duration,
    /// The test server stands for AWS itself, not for an endpoint of somebody else's on this machine.
    pub is_aws: bool,
    tape: Option<(Arc<Tape>, StandIn)>,
}

/// The versions of the CLI that a test which wants all of them is run with.
pub fn majors() -> Vec<u8> {
    match mode() {
        Mode::Live => Cli::all().iter().map(|cli| cli.major).collect(),
        Mode::Replay | Mode::Record => vec![1, 2],
    }
}

impl Desk {
    /// A new user of the production account, in its region, with version 1 of the CLI. The user's name is the name of
    /// the recording.
    pub fn of(user: &str) -> Option<Desk> {
        Desk::with(user, 1)
    }

    /// The same with this version.
    pub fn with(user: &str, major: u8) -> Option<Desk> {
        let home = tempfile::tempdir().unwrap();
        let mut cli = match mode() {
            Mode::Replay => Cli { path: PathBuf::new(), major },
            // A fork of it gives the same answers sooner; recorded are those of the CLI as it is.
            Mode::Live => warm(&Cli::of(major)?),
            Mode::Record => Cli::of(major)?,
        };
        let (aws, tape) = match mode() {
            Mode::Replay => {
                let tape = Arc::new(Tape::play(user, home.path()));
                (Aws::recorded(PORT, &tape.accounts(), tape.clone()), Some(tape))
            }
            Mode::Live => (Aws::start()?.share(None), None),
            Mode::Record => {
                let aws = Aws::start()?;
                // The same ids as last time, so that a new recording differs where the answers do.
                aws.send("seed", &serde_json::json!({"text": user})).unwrap();
                let tape = Arc::new(Tape::record(user, home.path(), &cli.path, aws.port, aws.told()));
                (aws.share(Some(tape.clone())), Some(tape))
            }
        };
        let tape = tape.map(|tape| (Arc::clone(&tape), StandIn::new(tape)));
        if let Some((_, stand_in)) = &tape {
            cli.path = stand_in.path();
        }
        Some(Desk::at(home, aws, user, cli, tape))
    }

    /// In front of the real server with a real CLI, whatever the mode: for what a recording cannot answer.
    pub fn live(user: &str, cli: Cli) -> Option<Desk> {
        Some(Desk::at(tempfile::tempdir().unwrap(), Aws::start()?.share(None), user, cli, None))
    }

    fn at(
        home: tempfile::TempDir,
        aws: Aws,
        user: &str,
        cli: Cli,
        tape: Option<(Arc<Tape>, StandIn)>,
    ) -> Desk {
        let person = aws.person("prod", user);
        let mut vars = aws.vars(Way::Endpoint);
        vars.extend(person.keys());
        vars.push(("AWS_DEFAULT_REGION".to_owned(), person.region.clone()));
        vars.push(("AWS_REGION".to_owned(), person.region.clone()));
        // Nothing is ever measured here: a loaded machine must not turn an answer into "timed out".
        Desk { aws, person, cli, home, vars, deadline: Duration::from_secs(240), is_aws: false, tape }
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.vars.retain(|(n, _)| n != name);
        self.vars.push((name.to_owned(), value.to_owned()));
    }

    /// Puts a script in front of the real CLI; `$AWS` in it is the real one.
    pub fn wrap(&mut self, script: &str) -> PathBuf {
        let path = self.home.path().join("aws-wrapper");
        let draft = path.with_extension("draft");
        let text = format!("#!/bin/sh\nAWS={}\n{script}\n", self.cli.path.display());
        std::fs::write(&draft, text).unwrap();
        // Another program writes the file that will be run: a child forked by another test at this moment would hold
        // it open for writing, and it could not be run.
        let made = std::process::Command::new("install").args(["-m", "755"]).args([&draft, &path]).status();
        assert!(made.unwrap().success());
        self.cli.path = path.clone();
        path
    }

    pub fn world(&self) -> World {
        let home = self.home.path().display().to_string();
        let mut vars = vec![("HOME", home.as_str()), ("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8")];
        vars.extend(self.vars.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        World::of(&vars, self.home.path())
    }

    /// Asks what the command would do.
    #[track_caller]
    pub fn ask(&self, words: &[&str]) -> Answered {
        self.with_request(words, guard::family::aws::probe::ask)
    }

    #[track_caller]
    pub fn with_request<T>(&self, words: &[&str], go: impl FnOnce(&Request<'_>) -> T) -> T {
        let world = self.world();
        let hit = hit(words);
        let major = (self.cli.major, format!("{}.0.0", self.cli.major));
        let resolved = resolve::resolve_as(&world, &hit, Some(major)).unwrap();
        if let Some((tape, _)) = &self.tape {
            tape.begin(words);
        }
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let seen = go(&Request {
            hit: &hit,
            words: &words,
            target: &resolved.target,
            carry: &resolved.access.carry,
            major: resolved.access.major,
            fixed: resolved.access.fixed,
            hand_out: resolved.access.can_hand_out(),
            keys: None,
            aliases: &Aliases::default(),
            foreign: resolved
                .target
                .foreign()
                .filter(|_| !self.is_aws)
                .map(|_| Foreign { whole: resolved.access.whole, of_aws: resolved.access.is_of_aws() }),
            cli: &self.cli.path,
            world: &world,
            deadline: self.deadline,
            terminal: false,
            impact: true,
        });
        if let Some((tape, _)) = &self.tape {
            tape.end();
        }
        seen
    }

    /// Makes something in the account: `desk.make("ec2", "create_volume", json!({…}))`.
    #[track_caller]
    pub fn make(&self, service: &str, method: &str, args: serde_json::Value) -> serde_json::Value {
        self.aws.call("prod", service, method, args)
    }

    pub fn path(&self) -> &Path {
        self.home.path()
    }
}

/// A recording is complete when its test has passed, and one that is played has been played to its end.
impl Drop for Desk {
    fn drop(&mut self) {
        let Some((tape, _)) = self.tape.as_ref().filter(|_| !std::thread::panicking()) else { return };
        tape.complain();
        tape.save();
        assert_eq!(tape.left(), 0, "{}: recorded steps that the test no longer asks for", self.person.user);
    }
}

/// The command taken apart.
pub fn hit(words: &[&str]) -> Hit {
    let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
    guard::engine::aws::hit(&words, &guard::engine::aws::Documents::none())
}

/// What becomes of the first thing whose description contains this text.
#[track_caller]
pub fn fate_of<'a>(impact: &'a Impact, what: &str) -> (Fate, &'a str) {
    let found = impact.data.iter().find(|d| d.what.contains(what));
    let found: &Data = found.unwrap_or_else(|| panic!("no {what} among {:#?}", impact.data));
    (found.fate, &found.because)
}

/// How many of this kind go.
pub fn goes(impact: &Impact, kind: &str) -> u64 {
    impact.groups.iter().filter(|g| g.kind == kind).map(|g| g.count).sum()
}

/// Every protection as one text a line.
pub fn protections(impact: &Impact) -> String {
    impact.protections.iter().map(|p| format!("{} {}\n", p.what, p.effect)).collect()
}

/// Every fact that moves the level, as one text a line: `- disrupt: …` lowers, `+ destroy: …` raises.
pub fn moves(impact: &Impact) -> String {
    let line = |c: &guard::engine::impact::Consequence| {
        format!("{} {}: {}\n", if c.raises { "+" } else { "-" }, c.effect, c.because)
    };
    impact.consequences.iter().map(line).collect()
}
