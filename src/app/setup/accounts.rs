//! The AWS accounts behind the profiles of this user: each profile is asked who it is, through the caller's own CLI.

use crate::engine::aws::AwsTarget;
use crate::engine::aws::Hit;
use crate::engine::aws::alias::Aliases;
use crate::engine::aws::arn::is_account;
use crate::engine::escape::escape;
use crate::engine::fact::{Known, Source, Why};
use crate::engine::policy::Merged;
use crate::engine::target::Environment;
use crate::engine::tool;
use crate::fail::Result;
use crate::family::aws::probe::{Answered, Request, ask};
use crate::family::cx::real_tool;
use crate::world::World;
use std::ffi::OsString;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Everything together may take this long; a profile that has not answered by then keeps what its entry says.
const PATIENCE: Duration = Duration::from_secs(20);
/// One profile may take this long.
const EACH: Duration = Duration::from_secs(8);
/// Profiles asked at once: the CLI costs half a second of processor time to start.
const AT_ONCE: usize = 4;

/// One account and everything that leads to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Its alias or its name in the organisation, which the phrase then uses.
    pub called: Option<String>,
    /// What the person calls it; stands in the phrase when the account has no alias. Empty when it has no name.
    pub name: String,
    /// What it is; `None` when that was not said.
    pub environment: Option<Environment>,
    /// The profiles that lead to it.
    pub profiles: Vec<Profile>,
}

/// One profile, and who answered for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name; `None` for credentials that are in the environment.
    pub name: Option<String>,
    /// Where it stands.
    pub at: Source,
    /// The account it leads to.
    pub account: Option<String>,
    /// The account's alias or name.
    pub called: Option<String>,
    /// What else there is to say: who answered, or why nobody did.
    pub said: String,
}

impl Profile {
    /// One line for the person.
    pub fn shown(&self) -> String {
        let name = match &self.name {
            Some(name) => format!("profile {}", escape(name.as_bytes())),
            None => "environment keys".to_owned(),
        };
        let account = match (&self.account, &self.called) {
            (Some(id), Some(called)) => format!("{} ({})", escape(id.as_bytes()), escape(called.as_bytes())),
            (Some(id), None) => escape(id.as_bytes()),
            (None, _) => "account not known".to_owned(),
        };
        format!("{name}: {account}, {}", escape(self.said.as_bytes()))
    }
}

/// Every profile of the files at hand, and the keys of the environment, each asked for its account. Files that cannot be
/// read are the error; nothing is asked then.
pub fn profiles(world: &World, policy: &Merged) -> Result<Vec<Profile>> {
    let mut asked: Vec<Profile> = crate::family::aws::resolve::profiles(world)?
        .into_iter()
        .map(|p| Profile {
            name: Some(p.name),
            at: p.at,
            account: p.account.map(|account| account.value),
            called: None,
            said: String::new(),
        })
        .collect();
    if world.set_var("AWS_ACCESS_KEY_ID").is_some() {
        let at = Source::Env("AWS_ACCESS_KEY_ID".to_owned());
        asked.push(Profile { name: None, at, account: None, called: None, said: String::new() });
    }
    if asked.is_empty() {
        return Ok(asked);
    }
    match real_tool(tool::AWS.name.as_ref(), &policy.terms(), world) {
        Ok(cli) => {
            let aliases =
                crate::family::aws::resolve::aliases(world)?.map(|loaded| loaded.aliases).unwrap_or_default();
            ask_all(&mut asked, &cli, &aliases, world);
        }
        Err(missing) => asked.iter_mut().for_each(|p| p.said = format!("not asked: {}", missing.what)),
    }
    Ok(asked)
}

/// Asks all of them, several at once. Nothing here can block longer than [`PATIENCE`].
fn ask_all(profiles: &mut [Profile], cli: &Path, aliases: &Aliases, world: &World) {
    let until = Instant::now() + PATIENCE;
    let next = AtomicUsize::new(0);
    let names: Vec<Option<String>> = profiles.iter().map(|p| p.name.clone()).collect();
    let answers: Mutex<Vec<Option<Answered>>> = Mutex::new(vec![None; names.len()]);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(names.len()) {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(name) = names.get(i) else { break };
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    let answer = ask_one(name.as_deref(), cli, aliases, world, left.min(EACH));
                    if let Some(slot) = answers.lock().unwrap_or_else(PoisonError::into_inner).get_mut(i) {
                        *slot = Some(answer);
                    }
                }
            });
        }
    });
    let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (profile, answer) in profiles.iter_mut().zip(answers) {
        take(profile, answer);
    }
}

fn ask_one(name: Option<&str>, cli: &Path, aliases: &Aliases, world: &World, deadline: Duration) -> Answered {
    let carry: Vec<OsString> = name.map(|name| format!("--profile={name}").into()).into_iter().collect();
    ask(&Request {
        hit: &Hit::default(),
        words: &[],
        target: &AwsTarget::default(),
        carry: &carry,
        major: None,
        fixed: false,
        hand_out: false,
        keys: None,
        aliases,
        foreign: None,
        cli,
        world,
        deadline,
        terminal: false,
        impact: false,
    })
}

/// What an answer says of a profile. An entry's own word is kept where nobody answered.
fn take(profile: &mut Profile, answer: Option<Answered>) {
    let why = match answer {
        Some(Answered { account: Known::Known(id), principal, alias, organisation_name, .. }) => {
            let who = principal.value().map_or("nobody", |arn| arn.splitn(6, ':').nth(5).unwrap_or(arn));
            profile.account = Some(id);
            let given = |known: Known<Option<String>>| known.value().cloned().flatten();
            profile.called = given(alias).or_else(|| given(organisation_name));
            profile.said = format!("as {who}");
            return;
        }
        Some(Answered { error: Some(error), .. }) => error,
        Some(Answered { account: Known::Unknown(why), .. }) => why.to_string(),
        None => Why::TimedOut.to_string(),
    };
    let by = if profile.account.is_some() { "by its entry alone; " } else { "" };
    profile.said = format!("{by}not answered: {why}");
}

/// The accounts behind profiles, each once, in the order of their first profile.
pub fn accounts(profiles: Vec<Profile>) -> Vec<Account> {
    let mut accounts: Vec<Account> = Vec::new();
    for profile in profiles {
        let Some(id) = profile.account.clone().filter(|id| is_account(id)) else { continue };
        match accounts.iter_mut().find(|account| account.id == id) {
            Some(account) => {
                account.called = account.called.take().or_else(|| profile.called.clone());
                account.profiles.push(profile);
            }
            None => accounts.push(Account {
                id,
                called: profile.called.clone(),
                name: String::new(),
                environment: None,
                profiles: vec![profile],
            }),
        }
    }
    for account in &mut accounts {
        let one = match account.profiles.as_slice() {
            [one] => one.name.clone(),
            _ => None,
        };
        account.name = account.called.clone().or(one.filter(|name| name != "default")).unwrap_or_default();
    }
    accounts
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::*;

    fn profile(name: &str, account: Option<&str>) -> Profile {
        Profile {
            name: Some(name.to_owned()),
            at: Source::Default,
            account: account.map(str::to_owned),
            called: None,
            said: String::new(),
        }
    }

    fn answered(account: Known<String>, alias: Option<&str>) -> Answered {
        let error = match &account {
            Known::Unknown(why) => Some(why.to_string()),
            Known::Known(_) => None,
        };
        Answered {
            account,
            principal: Known::Known("arn:aws:iam::111111111111:user/anna".to_owned()),
            alias: Known::Known(alias.map(str::to_owned)),
            organisation_name: Known::Unknown(Why::NotAsked),
            impact: crate::engine::impact::Impact::default(),
            safer: None,
            keys: None,
            error,
            took: Duration::ZERO,
        }
    }

    #[test]
    fn what_a_profile_says_is_one_line() {
        let known = Known::Known("111111111111".to_owned());
        let mut prod = profile("prod", None);
        take(&mut prod, Some(answered(known, Some("acme-prod"))));
        assert_eq!(prod.shown(), "profile prod: 111111111111 (acme-prod), as user/anna");
        let refused = || Some(answered(Known::Unknown(Why::Failed("ExpiredToken: \x1b[2J".into())), None));
        let mut old = profile("old", Some("222222222222"));
        take(&mut old, refused());
        assert_eq!(
            old.shown(),
            "profile old: 222222222222, by its entry alone; not answered: ExpiredToken: \\u{1b}[2J"
        );
        let mut late = profile("late", None);
        take(&mut late, None);
        assert_eq!(late.shown(), "profile late: account not known, not answered: timed out");
    }

    #[test]
    fn each_account_once_and_only_real_ones() {
        let mut second = profile("prod-admin", Some("111111111111"));
        second.called = Some("acme-prod".to_owned());
        let all = accounts(vec![
            profile("prod", Some("111111111111")),
            profile("dev", Some("222222222222")),
            second,
            profile("odd", Some("\"12\n34567890")),
            profile("none", None),
        ]);
        let names: Vec<(&str, &str, usize)> =
            all.iter().map(|a| (a.id.as_str(), a.name.as_str(), a.profiles.len())).collect();
        assert_eq!(names, [("111111111111", "acme-prod", 2), ("222222222222", "dev", 1)]);
        assert_eq!(all[0].suggestion(), Some(Environment::Production));
        assert_eq!(all[1].suggestion(), None);
    }
}
