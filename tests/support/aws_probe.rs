//! The probe's question for a command line of the tests: resolved as the program does it, asked of the test server.

use super::aws::{Aws, Cli, Person, Way};
use guard::engine::aws::Hit;
use guard::engine::impact::{Data, Fate, Impact};
use guard::probe::aws::{Answered, Request};
use guard::resolve;
use guard::world::World;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A person with a home of their own in front of the server.
pub struct Desk {
    pub aws: &'static Aws,
    pub person: Person,
    pub cli: Cli,
    pub home: tempfile::TempDir,
    pub vars: Vec<(String, String)>,
    pub deadline: Duration,
}

impl Desk {
    /// A new user of the production account, in its region, with version 1 of the CLI.
    pub fn of(user: &str) -> Option<Desk> {
        Desk::with(user, Cli::v1()?)
    }

    pub fn with(user: &str, cli: Cli) -> Option<Desk> {
        let aws = Aws::start()?;
        let person = aws.person("prod", user);
        let mut vars = aws.vars(Way::Endpoint);
        vars.extend(person.keys());
        vars.push(("AWS_DEFAULT_REGION".to_owned(), person.region.clone()));
        vars.push(("AWS_REGION".to_owned(), person.region.clone()));
        let home = tempfile::tempdir().unwrap();
        // Nothing is ever measured here: a loaded machine must not turn an answer into "timed out".
        Some(Desk { aws, person, cli, home, vars, deadline: Duration::from_secs(240) })
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
    pub fn ask(&self, words: &[&str]) -> Answered {
        self.with_request(words, guard::probe::aws::ask)
    }

    pub fn with_request<T>(&self, words: &[&str], go: impl FnOnce(&Request<'_>) -> T) -> T {
        let world = self.world();
        let hit = hit(words);
        let major = (self.cli.major, format!("{}.0.0", self.cli.major));
        let resolved = resolve::aws::resolve_as(&world, &hit, Some(major)).unwrap();
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        go(&Request {
            hit: &hit,
            words: &words,
            target: &resolved.target,
            carry: &resolved.access.carry,
            major: resolved.access.major,
            cli: &self.cli.path,
            world: &world,
            deadline: self.deadline,
            terminal: false,
            impact: true,
        })
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
