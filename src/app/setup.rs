//! `guard setup`: asks what each cluster of the kubeconfig, each AWS account and this host is, and writes the answers into the
//! user's policy.
//!
//! Everything is asked first and written last: whoever leaves half-way, by Ctrl-C or Esc, leaves nothing behind.

mod accounts;
pub(super) mod all;
mod ask;
mod change;
mod clusters;
mod draft;
mod host;
mod place;
mod servers;
mod write;

use super::{install, out};
use crate::engine::escape::escape;
use crate::engine::policy::Layer;
use crate::engine::policy::place::Place as PlaceEntry;
use crate::engine::target::Environment;
use crate::engine::tool;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::family::kube::resolve::kubeconfig;
use crate::policy;
use crate::prompt::progress::Progress;
use crate::prompt::signals;
use crate::shim::{self, links};
use crate::world::World;
use place::{Place, Places};
use std::path::Path;

/// Say which cluster, AWS account and host is production, and write it into your policy; with --all set up everything
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard setup
  guard setup --all            also the links, the shell's line, agents' hooks and apt's
  guard setup --all --print    what that would write, and where
  guard setup --print > policy.yaml    no questions: edit the environments in it

Each API server of your kubeconfig, each account behind your AWS profiles and this host are
asked about once, whatever contexts and profiles lead to them. Which account a profile leads to
is asked of AWS through your own CLI (sts get-caller-identity). The policy is shown before it is
written; an existing one is added to, or changed where you say so, and kept as a copy.

--all shows each step before it is taken and asks. What is done already is left out, so that it
can be run again at any time; `guard uninstall --all` takes everything back but the policy, the
audit log and the copies.")]
pub struct Args {
    /// Print the policy with every cluster and account unclassified, and ask nothing; with --all what every step would write
    #[arg(long)]
    pub print: bool,
    /// Everything that makes guard work for you: links, shell, policy, hooks
    #[arg(long)]
    pub all: bool,
    /// With --all: take every step of this user's without a question; what a place is, and what is for everybody on this machine,
    /// stays for a person to say
    #[arg(long, requires = "all", conflicts_with = "print")]
    pub yes: bool,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    if args.all {
        return all::run(args, world);
    }
    if !args.print {
        // Before anybody is asked anything: without a terminal there is no use in it.
        ask::Asker::possible()?;
    }
    let found = find(world, args.print)?;
    if found.places.is_empty() {
        return Err(found.nothing());
    }
    if args.print {
        out::print(&found.print())?;
        return Ok(Exit::Ok);
    }
    let mut asker = ask::Asker::open()?;
    let tools = linked(&found.places);
    if !classify(&mut asker, found, world)? {
        return asker.leave();
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

/// What there is to ask about.
struct Found {
    places: Places,
    clusters: clusters::Asked,
    /// Profiles that lead nowhere known, and files that cannot be read, a line each.
    unanswered: Vec<String>,
}

impl Found {
    /// Why nothing can be set up.
    fn nothing(self) -> Fail {
        let fail = Fail::new(Kind::Data, "there are no clusters and no AWS accounts to set up, and no host")
            .because("the kubeconfig has no context with a server")
            .help("point KUBECONFIG to your kubeconfig, or log in to AWS (`aws configure list-profiles`)");
        self.unanswered.into_iter().fold(fail, Fail::because)
    }

    /// The policy with everything unclassified.
    fn print(mut self) -> String {
        self.clusters.finish(&mut self.places.servers);
        let mut text = draft::policy(&self.places);
        text.extend(self.unanswered.iter().map(|line| format!("# {line}\n")));
        text
    }
}

/// Looks for the clusters, the accounts and the host. `quiet` where there is no terminal to show progress on.
fn find(world: &World, quiet: bool) -> Result<Found> {
    let mut servers = servers::servers(kubeconfig::contexts(world)?);
    if !quiet {
        // Asking AWS takes its time, and Ctrl-C has to be a way out of that as well.
        signals::heed_interrupts();
    }
    let in_force = policy::load(world).unwrap_or_default();
    let clusters = clusters::start(&mut servers, &in_force, world);
    let asked = {
        let dumb = world.set_var("TERM").is_none_or(|term| term == "dumb");
        let _progress = (!quiet).then(|| Progress::start("asking AWS for the accounts", dumb));
        accounts::profiles(world, &in_force)
    };
    // What is wrong with one family of tools does not keep anybody from setting up the other.
    let (profiles, mut unanswered) = match asked {
        Ok(profiles) => (profiles, Vec::new()),
        Err(fail) => (Vec::new(), vec![format!("AWS profiles: {}", fail.what)]),
    };
    unanswered.extend(profiles.iter().filter(|p| p.account.is_none()).map(accounts::Profile::shown));
    let places = Places { servers, accounts: accounts::accounts(profiles), host: host::this(world) };
    Ok(Found { places, clusters, unanswered })
}

/// Asks about everything and writes the policy. False when the person wants to leave: nothing was written then.
fn classify(asker: &mut ask::Asker, found: Found, world: &World) -> Result<bool> {
    let path = policy::files::user_path(world).ok_or_else(|| {
        Fail::new(Kind::Usage, "there is no telling where your policy is")
            .because("neither HOME nor XDG_CONFIG_HOME is set")
            .help("set HOME")
    })?;
    let old = write::existing(&path)?;
    let read = |text: &str| policy::parse(text, &path, Layer::User);
    let known = old.as_deref().map(read).transpose()?;
    let is_known = |place: &dyn Place| known.as_ref().is_some_and(|known| place.in_policy(known).is_some());
    for line in found.unanswered {
        asker.say(&line)?;
    }
    let Places { servers, accounts, host } = found.places;
    let (there, servers): (Vec<_>, Vec<_>) = servers.into_iter().partition(|p| is_known(p));
    let (mine, accounts): (Vec<_>, Vec<_>) = accounts.into_iter().partition(|p| is_known(p));
    let (this, host) = match host {
        Some(host) if is_known(&host) => (Some(host), None),
        host => (None, host),
    };
    let there = Places { servers: there, accounts: mine, host: this };
    let mut new = Places { servers, accounts, host };
    let mut text = change_known(asker, &there, old.clone(), &path)?;
    if !answer(asker, &mut new)? {
        return Ok(false);
    }
    found.clusters.finish(&mut new.servers);
    if new.each().any(|place| place.environment().is_some()) {
        text = Some(added(text.as_deref(), &new, &path)?);
    }
    let Some(text) = text.filter(|text| old.as_ref() != Some(text)) else {
        asker.say("nothing to write")?;
        return Ok(true);
    };
    read(&text)?;
    if !asker.consent_to_write(&path, old.as_deref(), &text)? {
        return Ok(false);
    }
    let copy = write::write(&path, old.as_deref(), &text)?;
    asker.wrote();
    let kept = copy.map_or(String::new(), |copy| format!("; the old one is {}", policy::files::shown(&copy)));
    asker.say(&format!("written: {}{kept}", policy::files::shown(&path)))?;
    Ok(true)
}

/// Puts every question, one after the other; who has second thoughts goes back. False when the person wants to leave.
fn answer(asker: &mut ask::Asker, places: &mut Places) -> Result<bool> {
    let mut places: Vec<&mut dyn Place> = places.each_mut().collect();
    let mut at = 0;
    while at < places.len() {
        // Two places of one name would make it worthless.
        let named = places.iter().take(at).filter(|place| place.environment().is_some());
        let taken: Vec<String> = named.map(|p| p.name().to_owned()).filter(|name| !name.is_empty()).collect();
        let Some(place) = places.get_mut(at) else { break };
        match asker.classify(&mut **place, &taken, at > 0)? {
            ask::Answer::Given => at += 1,
            ask::Answer::Back => at -= 1,
            ask::Answer::Leave => return Ok(false),
        }
    }
    Ok(true)
}

/// Lets the person change what the policy says of places already. Answers the policy, changed or as it was.
fn change_known(
    asker: &mut ask::Asker,
    there: &Places,
    old: Option<String>,
    path: &Path,
) -> Result<Option<String>> {
    let Some(mut text) = old else { return Ok(None) };
    if there.is_empty() {
        return Ok(Some(text));
    }
    loop {
        let known = policy::parse(&text, path, Layer::User)?;
        let entries: Vec<_> =
            there.each().filter_map(|place| Some((place, place.in_policy(&known)?))).collect();
        let word = |environment: Option<Environment>| environment.unwrap_or(Environment::Unclassified);
        let line = |(place, entry): &(&dyn Place, &PlaceEntry)| {
            let name = entry.name.as_deref().unwrap_or_else(|| place.name());
            format!("{:<13} {} ({})", word(entry.environment), escape(name.as_bytes()), place.title())
        };
        let lines: Vec<String> = entries.iter().map(line).collect();
        let Some((place, entry)) = asker.one_to_change(&lines)?.and_then(|choice| entries.get(choice)) else {
            return Ok(Some(text));
        };
        let Some(to) = asker.reclassify(*place, entry.environment)? else { continue };
        if to == word(entry.environment) {
            continue;
        }
        match entry.line.and_then(|line| change::changed(&text, line, to)) {
            Some(new) => text = new,
            None => {
                let at = entry.line.map_or(String::new(), |line| format!(":{line}"));
                let place = policy::files::shown(path);
                asker.say(&format!("{place}{at} is not written so that guard could change it; write `environment: {to}` there"))?;
            }
        }
    }
}

fn added(old: Option<&str>, places: &Places, path: &Path) -> Result<String> {
    let Some(old) = old else { return Ok(draft::policy(places)) };
    draft::added(old, places).map_err(|key| {
        Fail::new(Kind::Policy, format!("{} cannot be added to", policy::files::shown(path)))
            .because(format!("its `{key}` is not written as a list with one entry a line"))
            .help(format!("write `{key}:` on a line of its own, then run `guard setup` again"))
    })
}

/// The tools to stand in front of: those whose places were found.
fn linked(places: &Places) -> Vec<String> {
    let tools = [(tool::KUBECTL, !places.servers.is_empty()), (tool::AWS, !places.accounts.is_empty())];
    tools.into_iter().filter(|(_, used)| *used).map(|(tool, _)| tool.name.to_owned()).collect()
}
