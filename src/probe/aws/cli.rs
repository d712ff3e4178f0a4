//! The caller's own `aws`, asked by guard itself: the same binary, environment and files, so that the answer comes from
//! where the command will go.

use super::Request;
use crate::engine::aws::Hit;
use crate::engine::fact::Why;
use crate::probe::child;
use crate::run::exec;
use crate::world::World;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;
use tokio::sync::{Semaphore, SetOnce};
use tokio::time::{Instant, timeout_at};

/// So many of guard's own calls run at once. Each costs some 0.4 s of processor time to start.
const AT_ONCE: usize = 8;

/// The way to the account, bound to one deadline. Clones of it share the limit on calls at once.
#[derive(Clone)]
pub struct Cli<'a> {
    program: &'a Path,
    world: &'a World,
    hit: &'a Hit,
    words: &'a [OsString],
    carry: &'a [OsString],
    region: Option<String>,
    until: Instant,
    gate: Rc<Semaphore>,
    account: Rc<SetOnce<Option<String>>>,
}

/// Why a call gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The service's own code: `AccessDenied`, `ValidationError`, `404`.
    pub code: Option<String>,
    /// The CLI's own words in one line.
    pub line: String,
    /// The reason as facts keep it.
    pub why: Why,
}

impl<'a> Cli<'a> {
    /// A way that ends at `until`.
    pub(super) fn new(request: &Request<'a>, until: Instant) -> Cli<'a> {
        Cli {
            program: request.cli,
            world: request.world,
            hit: request.hit,
            words: request.words,
            carry: request.carry,
            region: None,
            until,
            gate: Rc::new(Semaphore::new(AT_ONCE)),
            account: Rc::new(SetOnce::new()),
        }
    }

    /// The same way into another region (a bucket's own, one that an ARN names).
    pub fn in_region(&self, region: &str) -> Cli<'a> {
        Cli { region: Some(region.to_owned()), ..self.clone() }
    }

    /// The same way with more time: for what the phrase is made of.
    pub(super) fn until_at_least(&self, until: Instant) -> Cli<'a> {
        Cli { until: self.until.max(until), ..self.clone() }
    }

    /// The account the command goes to, once it is known; `None` when it could not be had.
    pub async fn account(&self) -> Option<String> {
        let id = timeout_at(self.until, self.account.wait()).await;
        id.ok().cloned().flatten()
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

    /// When everything has to be answered.
    pub fn until(&self) -> Instant {
        self.until
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
        Box::pin(self.run(self.command(words.iter().map(OsStr::new)), false)).await
    }

    /// Asks with the terminal as standard input, where there may be something to ask the person (an MFA code).
    pub(super) async fn ask_on(&self, terminal: Stdio, words: &[&str]) -> Result<Vec<u8>, Refusal> {
        let mut command = self.command(words.iter().map(OsStr::new));
        command.stdin(terminal);
        self.run(command, true).await
    }

    /// Runs the caller's own words with `--dryrun`, which the `s3` commands know. They carry their global options
    /// themselves. Words that would keep the plan from being printed are left out.
    pub async fn dry_run(&self) -> Result<Vec<u8>, Refusal> {
        let silences = |word: &OsString| {
            // Any prefix that argparse would take for them.
            word.to_str().is_some_and(|w| {
                (w.len() > 4 && "--quiet".starts_with(w))
                    || (w.len() > 3 && "--only-show-errors".starts_with(w))
            })
        };
        let mut command = self.bare();
        command.args(self.words.iter().filter(|w| !silences(w))).arg("--dryrun");
        Box::pin(self.run(command, false)).await
    }

    fn command<'w>(&self, words: impl Iterator<Item = &'w OsStr>) -> Command {
        let mut command = self.bare();
        let mut service = None;
        for word in words {
            service = service.or_else(|| word.to_str().map(str::to_owned));
            command.arg(word);
        }
        command.args(self.carry);
        // An endpoint of the command's own service (a VPC endpoint) holds for guard's reads of that service; the others
        // are elsewhere.
        let own = service.is_some_and(|s| family(&s) == family(&self.hit.service));
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
        command
    }

    fn bare(&self) -> Command {
        let mut command = child::command(self.program, self.world);
        let depth = self.world.var(exec::DEPTH).and_then(OsStr::to_str).and_then(|d| d.parse().ok());
        command
            .env(exec::DEPTH, depth.unwrap_or(0_u32).saturating_add(1).to_string())
            .env("AWS_PAGER", "")
            .env("AWS_CLI_AUTO_PROMPT", "off")
            // One more try, not four with growing pauses: the reason has to come before the deadline.
            .env("AWS_MAX_ATTEMPTS", "2");
        command
    }

    async fn run(&self, command: Command, has_input: bool) -> Result<Vec<u8>, Refusal> {
        let late = |_| Refusal::of(Why::TimedOut);
        let _turn = timeout_at(self.until, self.gate.acquire()).await.map_err(late)?;
        let done = if has_input {
            child::run_as_it_is(command, None, self.until).await
        } else {
            child::run(command, None, self.until).await
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

/// Codes that say "you may not", whatever the service calls it.
const FORBIDDEN: &[&str] = &[
    "403",
    "AccessDenied",
    "AccessDeniedException",
    "AccessDeniedForDependencyException",
    "AllAccessDisabled",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Client.UnauthorizedOperation",
    "Forbidden",
    "ForbiddenException",
    "KMSAccessDeniedException",
    "NotAuthorized",
    "NotAuthorizedException",
    "UnauthorizedAccess",
    "UnauthorizedException",
    "UnauthorizedOperation",
];

/// Codes that say "there is no such thing" without saying `NotFound` or `NoSuch`.
const ABSENT: &[&str] = &[
    "404",
    "AWS.SimpleQueueService.NonExistentQueue",
    "ChangeSetNotFound",
    "NonExistentQueue",
    "QueueDoesNotExist",
    "ResourceNotFoundFault",
];

/// The beginnings of the CLI's words for "no connection".
const UNREACHABLE: &[&str] = &[
    "Could not connect to the endpoint URL",
    "Connect timeout on endpoint URL",
    "Connection was closed before",
    "Failed to connect to proxy URL",
    "Read timeout on endpoint URL",
    "SSL validation failed",
];

/// Usage errors: this CLI is too old for the question.
const UNSUPPORTED: &[&str] =
    &["argument operation: Invalid choice", "argument command: Invalid choice", "Unknown options:"];

impl Refusal {
    fn of(why: Why) -> Refusal {
        Refusal { code: None, line: why.to_string(), why }
    }

    /// Whether the service says that the thing asked for does not exist.
    pub fn is_absence(&self) -> bool {
        let Some(code) = self.code.as_deref() else { return false };
        let named = code.contains("NotFound") || code.contains("NoSuch") || code.contains("DoesNotExist");
        // CloudFormation and Auto Scaling have one code for everything that is wrong with a request.
        let worded = matches!(code, "ValidationError" | "ValidationException" | "InvalidParameterValue")
            && (self.line.contains("does not exist") || self.line.contains("not found"));
        // A proxy or the credentials provider may say "not found" of something else.
        (named || worded || ABSENT.contains(&code)) && !self.line.contains("(404) from")
    }
}

/// Reads what the CLI said on standard error.
///
/// v1: `An error occurred (Code) when calling the Op operation: text`; v2 puts `aws: [ERROR]: ` before it and may add
/// lines. Both have free text where no service was involved.
fn refusal(err: &[u8]) -> Refusal {
    let said = String::from_utf8_lossy(err);
    let lines = || said.lines().map(str::trim).filter(|l| !l.is_empty());
    let marked = |mark: &'static str| lines().find(move |l| l.contains(mark));
    let line = marked("An error occurred (")
        .or_else(|| marked("aws: [ERROR]:"))
        .or_else(|| marked("aws: error:"))
        .or_else(|| lines().next_back())
        .unwrap_or("it failed without a word");
    let line =
        line.strip_prefix("aws: [ERROR]: ").or_else(|| line.strip_prefix("aws: error: ")).unwrap_or(line);
    let code = line
        .split_once("An error occurred (")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(code, _)| code.to_owned());
    let why = match &code {
        Some(code) if FORBIDDEN.contains(&code.as_str()) => Why::Forbidden,
        _ if UNREACHABLE.iter().any(|u| line.contains(u)) => Why::Unreachable(line.to_owned()),
        None if UNSUPPORTED.iter().any(|u| line.contains(u)) => Why::Unsupported,
        _ => Why::Failed(line.to_owned()),
    };
    Refusal { code, line: line.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_code_decides() {
        let read = |text: &str| refusal(text.as_bytes());
        let denied = read(
            "\nAn error occurred (AccessDenied) when calling the ListAccountAliases operation: User x is not authorized\n",
        );
        assert_eq!((denied.why.clone(), denied.is_absence()), (Why::Forbidden, false));
        assert_eq!(
            denied.line,
            "An error occurred (AccessDenied) when calling the ListAccountAliases operation: User x is not authorized"
        );
        let v2 = read(
            "\naws: [ERROR]: An error occurred (ResourceNotFoundException) when calling the DescribeCluster operation: No cluster found for name: c2.\n\nAdditional error details:\nclusterName: c2\n",
        );
        assert!(v2.is_absence() && v2.line.starts_with("An error occurred (ResourceNotFoundException)"));
        let gone = read(
            "\nAn error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id x does not exist\n",
        );
        assert!(gone.is_absence());
        let other = read(
            "\nAn error occurred (ValidationError) when calling the DescribeStacks operation: 1 validation error detected\n",
        );
        assert!(!other.is_absence());
        let throttled = read(
            "\nAn error occurred (Throttling) when calling the DescribeStacks operation (reached max retries: 1): Rate exceeded\n",
        );
        assert!(matches!(&throttled.why, Why::Failed(t) if t.contains("Throttling")));
    }

    #[test]
    fn words_without_a_code_are_told_apart() {
        let why = |text: &str| refusal(text.as_bytes()).why;
        assert!(matches!(
            why("\nCould not connect to the endpoint URL: \"http://127.0.0.1:9/\"\n"),
            Why::Unreachable(_)
        ));
        assert_eq!(
            why(
                "usage: aws [options] <command>\n\naws: error: argument operation: Invalid choice, valid choices are:\n\na | b\n"
            ),
            Why::Unsupported
        );
        assert_eq!(
            why(
                "\nUnable to locate credentials. You can configure credentials by running \"aws configure\".\n"
            ),
            Why::Failed(
                "Unable to locate credentials. You can configure credentials by running \"aws configure\"."
                    .into()
            )
        );
        assert_eq!(
            why("aws: [ERROR]: The config profile (x) could not be found\n"),
            Why::Failed("The config profile (x) could not be found".into())
        );
        assert_eq!(why(""), Why::Failed("it failed without a word".into()));
    }
}
