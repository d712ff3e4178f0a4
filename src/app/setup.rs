//! `guard setup`: asks what each cluster of the kubeconfig is, and writes the answers into the user's policy.
//!
//! Everything is asked first and written last: whoever leaves half-way, by Ctrl-C or Esc, leaves nothing behind.

mod ask;
mod draft;
mod write;

use super::{install, out};
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::policy;
use crate::resolve::kubeconfig;
use crate::shim::{self, links};
use crate::world::World;
use draft::Server;

/// Say which cluster is production, and write it into your policy
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard setup
  guard setup --print > ~/.config/guard/policy.yaml    without questions: then edit the environments in it

Each API server of your kubeconfig is asked about once, whatever contexts lead to it. The policy is shown before it is
written; an existing one is added to, and kept as a copy.")]
pub struct Args {
    /// Print the policy with every cluster unclassified, and ask nothing
    #[arg(long)]
    pub print: bool,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    let servers = draft::servers(kubeconfig::contexts(world)?);
    if servers.is_empty() {
        return Err(Fail::new(Exit::Data, "there are no clusters to set up")
            .because("the kubeconfig has no context with a server")
            .help("point KUBECONFIG to your kubeconfig; `kubectl config get-contexts` shows what is in it"));
    }
    if args.print {
        out::print(&draft::policy(&servers))?;
        return Ok(Exit::Ok);
    }
    let path = policy::files::user_path(world).ok_or_else(|| {
        Fail::new(Exit::Usage, "there is no telling where your policy is")
            .because("neither HOME nor XDG_CONFIG_HOME is set")
            .help("set HOME")
    })?;
    let old = write::existing(&path)?;
    let mut asker = ask::Asker::open()?;
    let known = |server: &Server| old.as_deref().is_some_and(|text| text.contains(server.url.as_str()));
    let (known, mut asked): (Vec<Server>, Vec<Server>) = servers.into_iter().partition(known);
    for server in &known {
        asker.say(&format!("{} is in your policy already", server.shown()))?;
    }
    let mut names: Vec<String> = Vec::new();
    for server in &mut asked {
        if !asker.classify(server, &names)? {
            return asker.leave();
        }
        if server.environment.is_some() {
            names.push(server.name.clone());
        }
    }
    if asked.iter().any(|server| server.environment.is_some()) {
        let new = match &old {
            None => draft::policy(&asked),
            Some(old) => draft::added(old, &asked).ok_or_else(|| {
                Fail::new(Exit::Policy, format!("{} cannot be added to", policy::files::shown(&path)))
                    .because("its `clusters` is not written as a list with one entry a line")
                    .help("write `clusters:` on a line of its own, then run `guard setup` again")
            })?,
        };
        policy::parse(&new, &path, crate::engine::policy::Layer::User)?;
        if !asker.consent_to_write(&path, old.as_deref(), &new)? {
            return asker.leave();
        }
        let copy = write::write(&path, old.is_some(), &new)?;
        let kept =
            copy.map_or(String::new(), |copy| format!("; the old one is {}", policy::files::shown(&copy)));
        asker.say(&format!("written: {}{kept}", policy::files::shown(&path)))?;
    } else {
        asker.say("nothing to write")?;
    }
    let dir = shim::directory(world, None)?;
    if links::place(&dir.join("kubectl")) != links::Place::Ours && asker.consent_to_install(&dir)? {
        drop(asker);
        let tools = vec!["kubectl".to_owned()];
        return install::run(&install::Args { dir: None, tools }, world);
    }
    Ok(Exit::Ok)
}
