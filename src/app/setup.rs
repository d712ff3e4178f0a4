//! `guard setup`: asks what each cluster of the kubeconfig and each AWS account is, and writes the answers into the
//! user's policy.
//!
//! Everything is asked first and written last: whoever leaves half-way, by Ctrl-C or Esc, leaves nothing behind.

mod accounts;
mod ask;
mod clusters;
mod draft;
mod write;

use super::{install, out};
use crate::engine::tool;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::family::kube::resolve::kubeconfig;
use crate::policy;
use crate::prompt::progress::Progress;
use crate::prompt::signals;
use crate::shim::{self, links};
use crate::world::World;
use accounts::Account;
use draft::Server;
use std::path::Path;

/// Say which cluster and which AWS account is production, and write it into your policy
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard setup
  guard setup --print > ~/.config/guard/policy.yaml    without questions: then edit the environments in it

Each API server of your kubeconfig and each account behind your AWS profiles is asked about once, whatever contexts and
profiles lead to it. Which account a profile leads to is asked of AWS through your own CLI (sts get-caller-identity). The
policy is shown before it is written; an existing one is added to, and kept as a copy.")]
pub struct Args {
    /// Print the policy with every cluster and account unclassified, and ask nothing
    #[arg(long)]
    pub print: bool,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    let mut servers = draft::servers(kubeconfig::contexts(world)?);
    if !args.print {
        // Before anybody is asked anything: without a terminal there is no use in it.
        ask::Asker::possible()?;
        // Asking AWS takes its time, and Ctrl-C has to be a way out of that as well.
        signals::heed_interrupts();
    }
    let in_force = policy::load(world).unwrap_or_default();
    let clusters = clusters::start(&mut servers, &in_force, world);
    let asked = {
        let dumb = world.set_var("TERM").is_none_or(|term| term == "dumb");
        let _progress = (!args.print).then(|| Progress::start("asking AWS for the accounts", dumb));
        accounts::profiles(world, &in_force)
    };
    // What is wrong with one family of tools does not keep anybody from setting up the other.
    let (profiles, mut unanswered) = match asked {
        Ok(profiles) => (profiles, Vec::new()),
        Err(fail) => (Vec::new(), vec![format!("AWS profiles: {}", fail.what)]),
    };
    unanswered.extend(profiles.iter().filter(|p| p.account.is_none()).map(accounts::Profile::shown));
    let accounts = accounts::accounts(profiles);
    if servers.is_empty() && accounts.is_empty() {
        let mut fail = Fail::new(Kind::Data, "there are no clusters and no AWS accounts to set up")
            .because("the kubeconfig has no context with a server")
            .help("point KUBECONFIG to your kubeconfig, or log in to AWS (`aws configure list-profiles`)");
        for line in unanswered {
            fail = fail.because(line);
        }
        return Err(fail);
    }
    if args.print {
        clusters.finish(&mut servers);
        let mut text = draft::policy(&servers, &accounts);
        text.extend(unanswered.iter().map(|line| format!("# {line}\n")));
        out::print(&text)?;
        return Ok(Exit::Ok);
    }
    let path = policy::files::user_path(world).ok_or_else(|| {
        Fail::new(Kind::Usage, "there is no telling where your policy is")
            .because("neither HOME nor XDG_CONFIG_HOME is set")
            .help("set HOME")
    })?;
    let old = write::existing(&path)?;
    let mut asker = ask::Asker::open()?;
    for line in unanswered {
        asker.say(&line)?;
    }
    let tools = linked(&servers, &accounts);
    let Some((servers, accounts)) = classify(&mut asker, old.as_deref(), servers, accounts, clusters)? else {
        return asker.leave();
    };
    let classified = servers.iter().map(|s| s.environment).chain(accounts.iter().map(|a| a.environment));
    if classified.flatten().next().is_some() {
        let new = text(old.as_deref(), &servers, &accounts, &path)?;
        policy::parse(&new, &path, crate::engine::policy::Layer::User)?;
        if !asker.consent_to_write(&path, old.as_deref(), &new)? {
            return asker.leave();
        }
        let copy = write::write(&path, old.is_some(), &new)?;
        asker.wrote();
        let kept =
            copy.map_or(String::new(), |copy| format!("; the old one is {}", policy::files::shown(&copy)));
        asker.say(&format!("written: {}{kept}", policy::files::shown(&path)))?;
    } else {
        asker.say("nothing to write")?;
    }
    let dir = shim::directory(world, None)?;
    let tools: Vec<String> =
        tools.into_iter().filter(|tool| links::place(&dir.join(tool)) != links::Place::Ours).collect();
    if !tools.is_empty() && asker.consent_to_install(&tools, &dir)? {
        drop(asker);
        return install::run(&install::Args { tools, ..install::Args::default() }, world);
    }
    Ok(Exit::Ok)
}

/// Asks about everything the policy does not know yet. `None` when the person wants to leave.
fn classify(
    asker: &mut ask::Asker,
    old: Option<&str>,
    servers: Vec<Server>,
    accounts: Vec<Account>,
    clusters: clusters::Asked,
) -> Result<Option<(Vec<Server>, Vec<Account>)>> {
    let known = |identity: &str| old.is_some_and(|text| text.contains(identity));
    let (there, mut servers): (Vec<_>, Vec<_>) = servers.into_iter().partition(|s| known(&s.url));
    for server in &there {
        asker.say(&format!("{} is in your policy already", server.shown()))?;
    }
    let (there, mut accounts): (Vec<_>, Vec<_>) = accounts.into_iter().partition(|a| known(&a.id));
    for account in &there {
        asker.say(&format!("AWS account {} is in your policy already", account.id))?;
    }
    let mut names: Vec<String> = Vec::new();
    for server in &mut servers {
        if !asker.classify(server, &names)? {
            return Ok(None);
        }
        names.extend(server.environment.map(|_| server.name.clone()));
    }
    for account in &mut accounts {
        if !asker.classify_account(account, &names)? {
            return Ok(None);
        }
        names.extend(account.environment.map(|_| account.name.clone()).filter(|name| !name.is_empty()));
    }
    clusters.finish(&mut servers);
    Ok(Some((servers, accounts)))
}

fn text(old: Option<&str>, servers: &[Server], accounts: &[Account], path: &Path) -> Result<String> {
    let Some(old) = old else { return Ok(draft::policy(servers, accounts)) };
    draft::added(old, servers, accounts).map_err(|key| {
        Fail::new(Kind::Policy, format!("{} cannot be added to", policy::files::shown(path)))
            .because(format!("its `{key}` is not written as a list with one entry a line"))
            .help(format!("write `{key}:` on a line of its own, then run `guard setup` again"))
    })
}

/// The tools to stand in front of: those whose places were found.
fn linked(servers: &[Server], accounts: &[Account]) -> Vec<String> {
    let tools = [(tool::KUBECTL, !servers.is_empty()), (tool::AWS, !accounts.is_empty())];
    tools.into_iter().filter(|(_, used)| *used).map(|(tool, _)| tool.name.to_owned()).collect()
}
