//! Who the command would act as: `sts get-caller-identity` of the very binary that will run.

use super::cli::Cli;
use super::{PATIENCE, Request, read};
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

/// Whether the credentials are keys as they stand, so that every call may be made at once. By the resolver's own words
/// for them; what it does not know is asked first and alone. A role is assumed once, by the first call, and the others
/// find it in the CLI's cache.
pub(super) fn is_plain(request: &Request<'_>) -> bool {
    request.target.credentials.as_ref().is_some_and(|c| is_keys(&c.value))
}

/// Whether the credentials can be used without a person: keys, or a role assumed with keys and without a code.
fn needs_nobody(request: &Request<'_>) -> bool {
    let alone = |text: &str| {
        is_keys(text.rsplit(" assumed from ").next().unwrap_or(text)) && !text.contains(" with a code of ")
    };
    request.target.credentials.as_ref().is_some_and(|c| alone(&c.value))
}

fn is_keys(text: &str) -> bool {
    text == "environment keys" || text.starts_with("profile ")
}

/// Asks; the error is the CLI's own words in one line.
pub(super) async fn ask(request: &Request<'_>) -> Result<Who, String> {
    if request.hit.global_on("no-sign-request") {
        return Err("--no-sign-request: nobody is acting, so there is no account to show".to_owned());
    }
    const WORDS: &[&str] = &["sts", "get-caller-identity"];
    let tty = if request.terminal && !needs_nobody(request) { Tty::open() } else { None };
    let patience = if tty.is_some() { PATIENCE } else { ANSWER }.max(request.deadline);
    let cli = Cli::new(request, Instant::now() + patience);
    let said = match tty.as_ref().and_then(|tty| tty.0.try_clone().ok()) {
        Some(input) => cli.ask_on(Stdio::from(input), WORDS).await,
        None => cli.ask(WORDS).await,
    };
    if said.is_err()
        && let Some(tty) = &tty
    {
        tty.restore();
    }
    let out = said.map_err(|refusal| match refusal.why {
        Why::TimedOut => {
            format!("aws sts get-caller-identity gave no answer within {} s", patience.as_secs_f32())
        }
        _ => refusal.line,
    })?;
    let value = serde_json::from_slice(&out)
        .map_err(|e| format!("the answer of aws sts get-caller-identity is no JSON: {e}"))?;
    let (account, arn) = (read::owned(&value, "/Account"), read::owned(&value, "/Arn"));
    if account.is_empty() || arn.is_empty() {
        return Err("aws sts get-caller-identity named no account".to_owned());
    }
    Ok(Who { account, arn })
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
