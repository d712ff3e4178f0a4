//! What an AWS command would do, asked through the caller's own `aws` before anything runs: who it would act as, and
//! what would be lost.
//!
//! The identity comes first: nothing is shown of an account that could not be established. Every other question that
//! got no answer is a gap. Texts in the answer are as the service gave them; whoever shows them escapes them.

mod accounts;
mod autoscaling;
pub mod cli;
mod cloudformation;
mod describe;
mod dynamodb;
mod ec2;
mod ecr;
mod ecs;
mod elb;
mod families;
mod form;
mod generic;
mod iam;
mod identity;
mod kms;
mod lambda;
mod logs;
mod rds;
mod read;
mod route53;
mod s3;
mod secrets;

use crate::engine::aws::Hit;
use crate::engine::fact::{Known, Why};
use crate::engine::impact::Impact;
use crate::engine::target::AwsTarget;
use crate::world::World;
use cli::Cli;
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long everything that nobody is asked for may take.
pub const DEADLINE: Duration = Duration::from_secs(5);
/// How long a person has for an MFA code.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// What the probe needs to know about one command.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The command, taken apart.
    pub hit: &'a Hit,
    /// The caller's words after `argv[0]`.
    pub words: &'a [OsString],
    /// Where it goes, as far as files and variables tell.
    pub target: &'a AwsTarget,
    /// The global options that guard's own calls repeat.
    pub carry: &'a [OsString],
    /// The CLI's major version.
    pub major: Option<u8>,
    /// The real `aws`.
    pub cli: &'a Path,
    /// The process's environment and working directory.
    pub world: &'a World,
    /// How long everything together may take; what a person needs for an MFA code is not counted.
    pub deadline: Duration,
    /// Whether the identity call may talk to the person.
    pub terminal: bool,
    /// Whether the blast radius is asked for, too; without it only who the command would act as.
    pub impact: bool,
}

/// What the account answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The account's id.
    pub account: Known<String>,
    /// The ARN of the user or role at work.
    pub principal: Known<String>,
    /// The account's alias; `Known(None)` when it has none.
    pub alias: Known<Option<String>>,
    /// Its name in the organisation; asked only when there is no alias.
    pub organisation_name: Known<Option<String>>,
    /// The blast radius, with everything that could not be checked.
    pub impact: Impact,
    /// The safer form of the same command, ready to be copied.
    pub safer: Option<String>,
    /// The CLI's own words in one line when the identity could not be had; nothing else is known then.
    pub error: Option<String>,
    /// How long it took.
    pub took: Duration,
}

impl Answered {
    fn nothing(error: String) -> Answered {
        let why = || Why::Failed(error.clone());
        Answered {
            account: Known::Unknown(why()),
            principal: Known::Unknown(why()),
            alias: Known::Unknown(Why::NotAsked),
            organisation_name: Known::Unknown(Why::NotAsked),
            impact: Impact::default(),
            safer: None,
            error: Some(error),
            took: Duration::ZERO,
        }
    }
}

/// Asks who the command would act as and what it would do.
///
/// Starts its own single-threaded runtime, and ends every child it started when the deadline passes.
pub fn ask(request: &Request<'_>) -> Answered {
    let start = Instant::now();
    let answered = super::block_on(over(request)).unwrap_or_else(|e| Answered::nothing(e.to_string()));
    Answered { took: start.elapsed(), ..answered }
}

/// Asks again who the command would act as: the second look, right before it runs. Account id and ARN, or the CLI's own
/// words in one line.
pub fn identity(request: &Request<'_>) -> Result<(String, String), String> {
    super::block_on(identity::ask(request)).map_err(|e| e.to_string())?.map(|who| (who.account, who.arn))
}

async fn over(request: &Request<'_>) -> Answered {
    // Plain keys need nobody: everything is asked at once. Anything else (a role with MFA, SSO, a program that hands
    // out keys) may want the terminal, or fill a cache that the others then use: it goes first and alone.
    let both = if identity::is_plain(request) {
        let cli = Cli::new(request, tokio::time::Instant::now() + request.deadline);
        let who = async {
            let who = identity::ask(request).await;
            cli.tell_account(who.as_ref().ok().map(|w| w.account.as_str()));
            who
        };
        tokio::try_join!(who, async { Ok(facts(request, &cli).await) })
    } else {
        match identity::ask(request).await {
            Err(error) => Err(error),
            Ok(who) => {
                let cli = Cli::new(request, tokio::time::Instant::now() + request.deadline);
                cli.tell_account(Some(&who.account));
                let facts = facts(request, &cli).await;
                Ok((who, facts))
            }
        }
    };
    let (who, (names, impact)) = match both {
        Ok(both) => both,
        Err(error) => return Answered::nothing(error),
    };
    Answered {
        account: Known::Known(who.account),
        principal: Known::Known(who.arn),
        alias: names.alias,
        organisation_name: names.organisation,
        safer: families::safer(request.hit, &impact),
        impact,
        error: None,
        took: Duration::ZERO,
    }
}

/// What the account is called, and the command's own facts.
async fn facts(request: &Request<'_>, cli: &Cli<'_>) -> (accounts::Names, Impact) {
    let mut impact = Impact::default();
    let look = async {
        if request.impact {
            families::look(cli, request.hit, &mut impact).await;
        }
    };
    // The alias is part of the phrase: one that comes and goes with the load of the machine helps nobody.
    let patient = cli.until_at_least(tokio::time::Instant::now() + identity::ANSWER);
    let (names, ()) = tokio::join!(accounts::names(request, &patient), look);
    (names, impact)
}
