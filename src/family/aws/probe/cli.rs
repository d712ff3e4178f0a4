//! The caller's own `aws`, asked by guard itself: the same binary, environment and files, so that the answer comes from
//! where the command will go.

use super::clock::Clock;
use super::keys::{Keys, names_profile};
use super::past::Past;
use super::refusal::refusal;
use super::{Foreign, Request};
use crate::engine::aws::alias::Aliases;
use crate::engine::aws::{Hit, grammar};
use crate::engine::fact::Why;
use crate::run::child;
use crate::run::exec;
use crate::world::World;
use serde_json::Value;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore, SetOnce};
use tokio::time::Instant;

pub use super::refusal::Refusal;

/// So many of guard's own calls run at once. Each costs some 0.4 s of processor time to start.
const AT_ONCE: usize = 8;

/// No single call lasts longer, whatever the clock says.
const LONGEST: Duration = Duration::from_secs(600);

/// What calls have answered so far, by their words.
type Answers = Rc<RefCell<HashMap<Vec<OsString>, Rc<Mutex<Option<Result<Vec<u8>, Refusal>>>>>>>;

/// The way to the account, bound to one clock. Clones of it share the limit on calls at once, and the answers: the same
/// read is made once.
#[derive(Clone)]
pub struct Cli<'a> {
    program: &'a Path,
    world: &'a World,
    hit: &'a Hit,
    words: &'a [OsString],
    carry: &'a [OsString],
    keys: Option<&'a Keys>,
    aliases: &'a Aliases,
    foreign: Option<Foreign>,
    region: Option<String>,
    /// The beginning of every ARN where the command goes.
    partition: &'static str,
    clock: Clock,
    gate: Rc<Semaphore>,
    account: Rc<SetOnce<Option<String>>>,
    answers: Answers,
    past: Rc<OnceCell<Result<Past, Why>>>,
}

impl<'a> Cli<'a> {
    /// A way that ends with this clock.
    pub(super) fn new(request: &Request<'a>, clock: Clock) -> Cli<'a> {
        Cli {
            program: request.cli,
            world: request.world,
            hit: request.hit,
            words: request.words,
            carry: request.carry,
            keys: request.keys,
            aliases: request.aliases,
            foreign: request.foreign,
            region: None,
            partition: partition(request.target.region.as_ref().map_or("", |region| region.value.as_str())),
            clock,
            gate: Rc::new(Semaphore::new(AT_ONCE)),
            account: Rc::new(SetOnce::new()),
            answers: Answers::default(),
            past: Rc::default(),
        }
    }

    /// The same way into another region (a bucket's own, one that an ARN names).
    pub fn in_region(&self, region: &str) -> Cli<'a> {
        Cli { region: Some(region.to_owned()), ..self.clone() }
    }

    /// The same way with more time: for what the phrase is made of.
    pub(super) fn until_at_least(&self, until: Instant) -> Cli<'a> {
        Cli { clock: self.clock.at_least(until), ..self.clone() }
    }

    /// The part of every ARN that stands for this part of AWS: `aws`, `aws-cn`.
    pub(super) fn partition(&self) -> &'static str {
        self.partition
    }

    /// The account the command goes to, once it is known; `None` when it could not be had.
    pub async fn account(&self) -> Option<String> {
        tokio::select! {
            biased;
            id = self.account.wait() => id.clone(),
            () = self.clock.over() => None,
        }
    }

    /// Tells everybody who waits for the account. The first word counts.
    pub(super) fn tell_account(&self, id: Option<&str>) {
        // Told already: the same account, by the same call.
        let _ = self.account.set(id.map(str::to_owned));
    }

    /// A file of this machine that the command reads itself (`deploy --template-file`). Pipes and devices are left to it.
    pub fn file(&self, path: &str) -> Result<String, Why> {
        const LARGEST: u64 = 1 << 20;
        let path = self.world.at(path);
        let failed = |e: std::io::Error| Why::Failed(format!("{}: {e}", path.display()));
        let meta = std::fs::metadata(&path).map_err(failed)?;
        if !meta.is_file() || meta.len() > LARGEST {
            return Err(Why::Unsupported);
        }
        std::fs::read_to_string(&path).map_err(failed)
    }

    /// Asks, and reads the answer as JSON. An empty answer (some operations have none) is `null`.
    pub async fn json(&self, words: &[&str]) -> Result<Value, Why> {
        self.ask(words).await.and_then(|out| parse(&out)).map_err(|r| r.why)
    }

    /// Asks for something that may not exist: `None` when the service says that there is no such thing.
    pub async fn find(&self, words: &[&str]) -> Result<Option<Value>, Why> {
        match self.ask(words).await.and_then(|out| parse(&out)) {
            Ok(value) => Ok(Some(value)),
            Err(refusal) if refusal.is_absence() => Ok(None),
            Err(refusal) => Err(refusal.why),
        }
    }

    /// Asks, and gives the answer as it came.
    pub async fn text(&self, words: &[&str]) -> Result<Vec<u8>, Why> {
        self.ask(words).await.map_err(|r| r.why)
    }

    /// Asks; the refusal keeps the service's code.
    pub async fn ask(&self, words: &[&str]) -> Result<Vec<u8>, Refusal> {
        if let Some(why) = self.is_elsewhere(words) {
            return Err(Refusal::of(why));
        }
        let command = self.command(words).map_err(Refusal::of)?;
        let asked: Vec<OsString> = command.get_args().map(OsStr::to_owned).collect();
        let slot = Rc::clone(self.answers.borrow_mut().entry(asked).or_default());
        let mut answer = tokio::select! {
            biased;
            answer = slot.lock() => answer,
            () = self.clock.over() => return Err(Refusal::of(Why::TimedOut)),
        };
        if let Some(answer) = &*answer {
            return answer.clone();
        }
        let said = Box::pin(self.run(command, false)).await;
        // Whoever has more time may still get it.
        if !matches!(&said, Err(refusal) if refusal.why == Why::TimedOut) {
            *answer = Some(said.clone());
        }
        said
    }

    /// Why a read is not made: the command goes to an endpoint that is not AWS's, and this service's own is elsewhere.
    /// What AWS has under the same name is another thing. Who the keys belong to may be asked all the same.
    fn is_elsewhere(&self, words: &[&str]) -> Option<Why> {
        const OF_KEYS: &[&str] = &["configure", "sts", "iam", "organizations"];
        let service = words.first()?;
        let there = self.foreign.is_none_or(|f| f.whole)
            || family(service) == family(&self.hit.service)
            || OF_KEYS.contains(service);
        (!there).then(|| Why::Failed(format!("{service} is not at the endpoint of {}", self.hit.service)))
    }

    /// Asks with the terminal as standard input, where there may be something to ask the person (an MFA code).
    pub(super) async fn ask_on(&self, terminal: Stdio, words: &[&str]) -> Result<Vec<u8>, Refusal> {
        let mut command = self.command(words).map_err(Refusal::of)?;
        command.stdin(terminal);
        self.run(command, true).await
    }

    /// Runs the command's words, aliases written out, with `--dryrun`, which the `s3` commands know. They carry their
    /// global options themselves. Words that would keep the plan from being printed are left out.
    pub async fn dry_run(&self) -> Result<Vec<u8>, Refusal> {
        let silences = |word: &OsString| {
            // Any prefix that argparse would take for them.
            word.to_str().is_some_and(|w| {
                (w.len() > 4 && "--quiet".starts_with(w))
                    || (w.len() > 3 && "--only-show-errors".starts_with(w))
            })
        };
        let slices: Vec<&[u8]> = self.words.iter().map(|w| w.as_bytes()).collect();
        let profile = match self.keys {
            Some(_) => grammar::profile_places(&slices, 2),
            None => Vec::new(),
        };
        let operation = self.hit.operation.as_str();
        let mut command = self.bare(&[&self.hit.service, operation]).map_err(Refusal::of)?;
        let words = self.words.iter().enumerate().filter(|(at, w)| !silences(w) && !profile.contains(at));
        command.args(words.map(|(_, w)| w)).arg("--dryrun");
        Box::pin(self.run(command, false)).await
    }

    fn command(&self, words: &[&str]) -> Result<Command, Why> {
        let mut command = self.bare(words)?;
        command.args(words);
        // Handed over keys count only where no option names a profile; the variable does it then.
        command.args(self.carry.iter().filter(|w| self.keys.is_none() || !names_profile(w)));
        // An endpoint of the command's own service (a VPC endpoint) holds for guard's reads of that service; the others
        // are elsewhere.
        let own = words.first().is_some_and(|s| family(s) == family(&self.hit.service));
        if let Some(url) = self.hit.global("endpoint-url").filter(|_| own)
            && !self.carry.iter().any(|w| w.to_string_lossy().starts_with("--endpoint-url"))
        {
            command.args(["--endpoint-url", url]);
        }
        if let Some(region) = &self.region {
            command.args(["--region", region]);
        }
        if self.hit.global_on("no-sign-request") && !self.carry.iter().any(|w| w == "--no-sign-request") {
            command.arg("--no-sign-request");
        }
        command.args(["--output", "json"]);
        Ok(command)
    }

    /// The CLI itself, to be asked with these words, past whatever alias stands in their place.
    fn bare(&self, words: &[&str]) -> Result<Command, Why> {
        let mut command = child::command(self.program, self.world);
        let depth = self.world.var(exec::DEPTH).and_then(OsStr::to_str).and_then(|d| d.parse().ok());
        command
            .env(exec::DEPTH, depth.unwrap_or(0_u32).saturating_add(1).to_string())
            .env("AWS_PAGER", "")
            .env("AWS_CLI_AUTO_PROMPT", "off")
            // One more try, not four with growing pauses: the reason has to come before the deadline.
            .env("AWS_MAX_ATTEMPTS", "2");
        for (name, value) in self.keys.map(Keys::variables).unwrap_or_default() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
        if self.aliases.shadows(&words) {
            match self.past.get_or_init(|| past(self.world)) {
                Ok(past) => command.env("HOME", past.home()),
                Err(why) => return Err(why.clone()),
            };
        }
        Ok(command)
    }

    async fn run(&self, command: Command, has_input: bool) -> Result<Vec<u8>, Refusal> {
        let asked = async {
            let _turn = self.gate.acquire().await;
            let started = Instant::now();
            let until = started + LONGEST;
            let done = if has_input {
                child::run_as_it_is(command, None, until).await
            } else {
                child::run(command, None, until).await
            };
            self.clock.answered(started.elapsed());
            done
        };
        let done = tokio::select! {
            biased;
            done = asked => done,
            () = self.clock.over() => Err(Why::TimedOut),
        };
        let done = done.map_err(Refusal::of)?;
        if !done.ok {
            return Err(refusal(&done.err));
        }
        if done.out.len() >= child::LARGEST {
            return Err(Refusal::of(Why::Failed(format!(
                "more than {} MiB of answer",
                child::LARGEST >> 20
            ))));
        }
        Ok(done.out)
    }
}

/// A home without the alias file.
fn past(world: &World) -> Result<Past, Why> {
    let scratch = ["XDG_RUNTIME_DIR", "TMPDIR"].into_iter().filter_map(|name| world.set_var(name));
    let scratch = scratch.map(PathBuf::from).find(|dir| dir.is_absolute() && dir.is_dir());
    let made = world
        .home()
        .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))
        .and_then(|home| Past::of(&home, &scratch.unwrap_or_else(|| PathBuf::from("/tmp"))));
    made.map_err(|e| {
        Why::Failed(format!(
            "~/.aws/cli/alias puts other words in the place of those guard asks with, and there is no way past it: {e}"
        ))
    })
}

/// The partition of a region (botocore 1.44.5, data/partitions.json).
fn partition(region: &str) -> &'static str {
    const PARTITIONS: &[(&str, &str)] = &[
        ("cn-", "aws-cn"),
        ("eusc-", "aws-eusc"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eu-isof-", "aws-iso-f"),
    ];
    PARTITIONS.iter().find(|(begins, _)| region.starts_with(begins)).map_or("aws", |(_, partition)| partition)
}

/// `s3` and `s3api` are one service.
fn family(service: &str) -> &str {
    if service == "s3api" { "s3" } else { service }
}

fn parse(out: &[u8]) -> Result<Value, Refusal> {
    if out.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(out).map_err(|e| Refusal::of(Why::Failed(format!("the answer is no JSON: {e}"))))
}
