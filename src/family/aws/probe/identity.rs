//! Who the command would act as: `sts get-caller-identity` of the very binary that will run.

use super::cli::{Cli, Refusal};
use super::clock::Clock;
use super::json;
use super::keys::{self, Keys};
use super::{PATIENCE, Request};
use crate::engine::fact::Why;
use rustix::fs::{Mode, OFlags};
use rustix::termios::{self, OptionalActions, Termios};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;
use tokio::time::Instant;

/// How long the answer may take where nobody is asked for anything. Longer than for the facts: those can be missing,
/// this one refuses the command, and on a busy machine a CLI takes seconds to start.
pub(super) const ANSWER: Duration = Duration::from_secs(20);

/// An account and the user or role in it.
pub(super) struct Who {
    pub(super) account: String,
    pub(super) arn: String,
}

/// Whether the credentials can be used without a person: keys, or a role assumed with keys and without a code. By the
/// resolver's own words for them.
fn needs_nobody(request: &Request<'_>) -> bool {
    let is_keys = |text: &str| text == "environment keys" || text.starts_with("profile ");
    let alone = |text: &str| {
        is_keys(text.rsplit(" assumed from ").next().unwrap_or(text)) && !text.contains(" with a code of ")
    };
    request.fixed
        || request.keys.is_some()
        || request.target.credentials.as_ref().is_some_and(|c| alone(&c.value))
}

/// How long the first answer may take: longer where a person has to type something for it.
pub(super) fn patience(request: &Request<'_>) -> Duration {
    if request.terminal && !needs_nobody(request) { PATIENCE } else { ANSWER }.max(request.deadline)
}

/// The keys the CLI works with, where it is to hand them out. `None` where it cannot (an older version 2), or has none:
/// the question who it is then says so in its own words.
pub(super) async fn hand_out(request: &Request<'_>) -> Result<Option<Keys>, String> {
    if !request.hand_out || request.hit.global_on("no-sign-request") {
        return Ok(None);
    }
    let cli = Cli::new(request, Clock::new(request.deadline, patience(request)));
    let out = match talk(request, &cli, keys::WORDS).await {
        Ok(out) => out,
        Err(refusal) if refusal.why == Why::Unsupported => return Ok(None),
        Err(refusal) if refusal.line.contains("no credentials found") => return Ok(None),
        Err(refusal) => return Err(said(refusal, keys::WORDS, patience(request))),
    };
    let profile = request.hit.global("profile");
    let carried = request.carry.iter().find_map(|w| w.to_str()?.strip_prefix("--profile="));
    match Keys::read(&out, profile.or(carried)) {
        Some(keys) => Ok(Some(keys)),
        None => Err("aws configure export-credentials gave no keys".to_owned()),
    }
}

/// Asks; the error is the CLI's own words in one line.
pub(super) async fn ask(request: &Request<'_>, cli: &Cli<'_>) -> Result<Who, String> {
    if request.hit.global_on("no-sign-request") {
        return Err("--no-sign-request: nobody is acting, so there is no account to show".to_owned());
    }
    const WORDS: &[&str] = &["sts", "get-caller-identity"];
    // Where AWS only adds to what is known, it is not waited for longer than for anything else.
    let patient = match request.foreign {
        Some(_) => cli.clone(),
        None => cli.until_at_least(Instant::now() + patience(request)),
    };
    let out = talk(request, &patient, WORDS).await;
    let out = out.map_err(|refusal| said(refusal, WORDS, patience(request)))?;
    let value = serde_json::from_slice(&out)
        .map_err(|e| format!("the answer of aws sts get-caller-identity is no JSON: {e}"))?;
    let (account, arn) = (json::owned(&value, "/Account"), json::owned(&value, "/Arn"));
    if account.is_empty() || arn.is_empty() {
        return Err("aws sts get-caller-identity named no account".to_owned());
    }
    Ok(Who { account, arn })
}

/// A call that may ask the person something.
async fn talk(request: &Request<'_>, cli: &Cli<'_>, words: &[&str]) -> Result<Vec<u8>, Refusal> {
    let tty = if request.terminal && !needs_nobody(request) { Tty::open() } else { None };
    let said = match tty.as_ref().and_then(|tty| tty.0.try_clone().ok()) {
        Some(input) => cli.ask_on(Stdio::from(input), words).await,
        None => cli.ask(words).await,
    };
    if said.is_err()
        && let Some(tty) = &tty
    {
        tty.restore();
    }
    said
}

fn said(refusal: Refusal, words: &[&str], patience: Duration) -> String {
    match refusal.why {
        Why::TimedOut => {
            format!("aws {} gave no answer within {} s", words.join(" "), patience.as_secs_f32())
        }
        _ => refusal.line,
    }
}

/// The terminal with the modes it had: a question for an MFA code that is cut off would leave it without echo.
///
/// The CLI writes its question to the terminal itself (Python's `getpass`), so that standard error can be kept for the
/// reason of a failure.
struct Tty(OwnedFd, Option<Termios>);

impl Tty {
    fn open() -> Option<Tty> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY;
        let tty = rustix::fs::open("/dev/tty", flags, Mode::empty()).ok()?;
        let before = termios::tcgetattr(&tty).ok();
        Some(Tty(tty, before))
    }

    fn restore(&self) {
        if let Some(before) = &self.1 {
            // A terminal that is gone needs no modes.
            let _ = termios::tcsetattr(&self.0, OptionalActions::Now, before);
        }
    }
}
