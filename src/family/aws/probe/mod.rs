//! What an AWS command would do, asked through the caller's own `aws` before anything runs: who it would act as, and
//! what would be lost.
//!
//! The identity comes first: nothing is shown of an account that could not be established. Every other question that
//! got no answer is a gap. Texts in the answer are as the service gave them; whoever shows them escapes them.

mod accounts;
mod autoscaling;
pub mod cli;
mod clock;
mod cloudformation;
mod copies;
mod describe;
mod dynamodb;
mod ec2;
mod ecr;
mod ecs;
mod elb;
mod families;
mod generic;
mod iam;
mod identity;
mod json;
pub mod keys;
mod kms;
mod lambda;
mod logs;
mod past;
mod rds;
mod refusal;
pub mod remembered;
mod route53;
mod s3;
mod safer_command;
mod secrets;

use crate::engine::aws::AwsTarget;
use crate::engine::aws::Hit;
use crate::engine::aws::alias::Aliases;
use crate::engine::fact::{Known, Why};
use crate::engine::impact::Impact;
use crate::world::World;
use cli::Cli;
use clock::Clock;
use keys::Keys;
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
    /// The words after `argv[0]`, aliases written out.
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
    /// Whether the credentials are keys whose very bytes were read, so that nothing can put others in their place
    /// unseen.
    pub fixed: bool,
    /// Whether the CLI is asked to hand out the keys it works with, for all that follows.
    pub hand_out: bool,
    /// The keys that were handed out.
    pub keys: Option<&'a Keys>,
    /// The words that people put in the place of the CLI's own.
    pub aliases: &'a Aliases,
    /// The command goes to an endpoint that is not AWS's.
    pub foreign: Option<Foreign>,
    /// Whether the identity call may talk to the person.
    pub terminal: bool,
    /// Whether the blast radius is asked for, too; without it only who the command would act as.
    pub impact: bool,
}

/// An endpoint that is not AWS's: a target of its own, to which the account of the keys at AWS only adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Every service is there, the identity's included.
    pub whole: bool,
    /// Whether the keys look like AWS's, so that AWS may know whose they are.
    pub of_aws: bool,
}

impl Foreign {
    /// Why there is no account: not learnt, or none there is (`Why::Unsupported`). A server of somebody else's has no
    /// accounts of AWS, whatever it says to the question, and AWS says of a key that it knows none such.
    fn no_account(self, why: String) -> Why {
        let answered = why.starts_with("An error occurred (");
        let none = if self.whole { answered } else { !self.of_aws || why.contains("(InvalidClientTokenId)") };
        if none { Why::Unsupported } else { Why::Failed(why) }
    }
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
    /// The keys that everything was asked with, where the CLI handed them out.
    pub keys: Option<Keys>,
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
            keys: None,
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
    let answered =
        crate::run::tasks::block_on(over(request)).unwrap_or_else(|e| Answered::nothing(e.to_string()));
    Answered { took: start.elapsed(), ..answered }
}

/// Asks again who the command would act as: the second look, right before it runs. Account id and ARN, or the CLI's own
/// words in one line.
pub fn identity(request: &Request<'_>) -> Result<(String, String), String> {
    let again = async {
        let cli = Cli::new(request, Clock::new(request.deadline, identity::patience(request)));
        identity::ask(request, &cli).await
    };
    crate::run::tasks::block_on(again).map_err(|e| e.to_string())?.map(|who| (who.account, who.arn))
}

async fn over(request: &Request<'_>) -> Answered {
    // A role with a code, a login, a program that gives out keys: they may want the terminal, and another answer of
    // theirs is another identity. So the keys are handed out once, first and alone, and everything goes by them.
    let keys = match identity::hand_out(request).await {
        Ok(keys) => keys,
        Err(error) => return Answered::nothing(error),
    };
    let request = &Request { keys: keys.as_ref(), ..*request };
    let clock = Clock::new(request.deadline, identity::ANSWER);
    // Plain keys need nobody: everything is asked at once.
    let at_once = request.fixed || request.keys.is_some() || request.foreign.is_some();
    let both = if at_once {
        let cli = Cli::new(request, clock);
        let who = async {
            let who = match request.foreign {
                // Those keys were never AWS's: nobody there knows them.
                Some(foreign) if !foreign.whole && !foreign.of_aws => Err(String::new()),
                _ => identity::ask(request, &cli).await,
            };
            cli.tell_account(who.as_ref().ok().map(|w| w.account.as_str()));
            match who {
                // The place is the endpoint; that AWS does not know the key is how it has to be.
                Err(why) => match request.foreign {
                    Some(foreign) => Ok(Err(foreign.no_account(why))),
                    None => Err(why),
                },
                Ok(who) => Ok(Ok(who)),
            }
        };
        tokio::try_join!(who, async { Ok(facts(request, &cli).await) })
    } else {
        let first = Cli::new(request, Clock::new(request.deadline, identity::patience(request)));
        match identity::ask(request, &first).await {
            Err(error) => Err(error),
            Ok(who) => {
                let cli = Cli::new(request, clock);
                cli.tell_account(Some(&who.account));
                let facts = facts(request, &cli).await;
                Ok((Ok(who), facts))
            }
        }
    };
    let (who, (names, impact)) = match both {
        Ok(both) => both,
        Err(error) => return Answered::nothing(error),
    };
    let (account, principal) = match who {
        Ok(who) => (Known::Known(who.account), Known::Known(who.arn)),
        Err(why) => (Known::Unknown(why.clone()), Known::Unknown(why)),
    };
    Answered {
        account,
        principal,
        alias: names.alias,
        organisation_name: names.organisation,
        safer: families::safer(request.hit, &impact),
        impact,
        keys,
        error: None,
        took: Duration::ZERO,
    }
}

/// What the account is called, and the command's own facts.
async fn facts(request: &Request<'_>, cli: &Cli<'_>) -> (accounts::Names, Impact) {
    let mut impact = Impact::default();
    let look = async {
        if request.impact {
            families::probe_impact(cli, request.hit, &mut impact).await;
        }
    };
    let names = async {
        // Elsewhere than at AWS the name of the account is no part of the phrase.
        if request.foreign.is_some() {
            return match cli.account().await {
                Some(_) => accounts::names(request, cli).await,
                None => accounts::Names::unasked(),
            };
        }
        // The alias is part of the phrase: one that comes and goes with the load of the machine helps nobody.
        let patient = cli.until_at_least(tokio::time::Instant::now() + identity::ANSWER);
        accounts::names(request, &patient).await
    };
    let (names, ()) = tokio::join!(names, look);
    (names, impact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elsewhere_than_at_aws_there_may_be_no_account_at_all() {
        let unknown_key =
            "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: no";
        let denied = "An error occurred (AccessDenied) when calling the GetCallerIdentity operation: no";
        let late = "aws sts get-caller-identity gave no answer within 20 s";
        // Whether every service is there, whether the key looks like AWS's, what was said, whether that says "none".
        for (whole, of_aws, said, none) in [
            (false, true, unknown_key, true),
            (false, true, denied, false),
            (false, true, late, false),
            (false, false, "", true),
            (true, true, unknown_key, true),
            (true, true, denied, true),
            (true, false, late, false),
        ] {
            let why = Foreign { whole, of_aws }.no_account(said.to_owned());
            assert_eq!(why == Why::Unsupported, none, "{whole} {of_aws} {said}");
        }
    }
}
