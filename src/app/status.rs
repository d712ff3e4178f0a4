//! `guard status`: in three lines, what guard stands in front of here, and where the tools would go. Nothing is asked of any
//! cluster or account.

use super::out;
use crate::engine::tool;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::family::whereabouts::{self, Where};
use crate::policy;
use crate::shim::links;
use crate::ui::screen::{Item, Row, Screen};
use crate::ui::{ColourChoice, Look};
use crate::world::World;
use serde::Serialize;
use std::io::IsTerminal;

/// Say what guard stands in front of here, and where the tools would go
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard status
  guard status --json | jq -r .kubectl.place

Three lines: this host and the tools that pass through guard in this shell; the cluster and
namespace; the AWS account and region. Each as guard resolves it, with what it is to its people
and how it was chosen. Nothing is asked of any cluster or account: the account is the one that
this profile and key led to within the last twelve hours, if guard asked. `guard doctor` proves
that calls pass through guard.")]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Status {
    guard: &'static str,
    /// Tools that are guard in this shell, in the order of the list of tools.
    in_front_of: Vec<&'static str>,
    /// Tools that are on PATH and are not guard.
    not_in_front_of: Vec<&'static str>,
    host: Where,
    kubectl: Where,
    aws: Where,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World, choice: ColourChoice) -> Result<Exit> {
    let (in_front_of, not_in_front_of) = in_front(world);
    let policy = policy::load(world)?;
    let status = Status {
        guard: env!("CARGO_PKG_VERSION"),
        in_front_of,
        not_in_front_of,
        host: whereabouts::host(world, &policy),
        kubectl: whereabouts::cluster(world, &policy),
        aws: whereabouts::account(world, &policy),
    };
    if args.json {
        let text = serde_json::to_string(&status)
            .map_err(|e| Fail::new(Kind::Bug, "the status cannot be written").because(e.to_string()))?;
        out::print(&format!("{text}\n"))?;
        return Ok(Exit::Ok);
    }
    let columns = out::columns().and_then(|columns| u16::try_from(columns).ok());
    let look = Look::of(world, choice, std::io::stdout().is_terminal(), columns);
    // Whoever reads lines gets lines.
    let look = if columns.is_none() { Look { width: usize::from(u16::MAX), ..look } } else { look };
    let home = world.home().map(|home| home.to_string_lossy().into_owned());
    let home = home.as_deref().filter(|home| home.len() > 1);
    let lines = [
        line(&status.host, "host", home, Item::new().say("; ").say(in_front_words(&status))),
        line(&status.kubectl, tool::KUBECTL.name, home, Item::new()),
        line(&status.aws, tool::AWS.name, home, Item::new()),
    ];
    out::print(&lines.map(|screen| screen.facts(look)).concat())?;
    Ok(Exit::Ok)
}

/// The tools of this machine that are guard here, and those that are not: what a program started from here would find.
fn in_front(world: &World) -> (Vec<&'static str>, Vec<&'static str>) {
    let path = world.var("PATH").unwrap_or_default();
    let first = |tool: &str| {
        std::env::split_paths(path)
            .filter(|dir| dir.is_absolute())
            .map(|dir| dir.join(tool))
            .find(|path| path.is_file())
    };
    let there = links::all().filter_map(|tool| Some((tool, first(tool)?)));
    let (ours, mut theirs): (Vec<_>, Vec<_>) = there.partition(|(_, path)| links::is_guard(path));
    // What is linked only for those who ask for it is missed by nobody else.
    theirs.retain(|(name, _)| links::tools().any(|tool| tool == *name));
    let names = |found: Vec<(&'static str, _)>| found.into_iter().map(|(tool, _)| tool).collect();
    (names(ours), names(theirs))
}

fn in_front_words(status: &Status) -> String {
    let few = |tools: &[&str]| match tools.len() {
        0..=4 => tools.join(", "),
        more => format!("{} and {} more", tools.get(..3).unwrap_or(tools).join(", "), more - 3),
    };
    let not = match status.not_in_front_of.as_slice() {
        [] => String::new(),
        tools => format!(", not of {}", few(tools)),
    };
    match status.in_front_of.as_slice() {
        [] => "guard stands in front of nothing here: run `guard doctor`".to_owned(),
        tools => format!("guard stands in front of {}{not}", few(tools)),
    }
}

fn line(found: &Where, what: &str, home: Option<&str>, more: Item) -> Screen {
    if found.place.is_none() {
        let rows = vec![Row::fact(what, Item::new().prose(&found.chosen).join(&more))];
        return Screen { rows, ..Screen::default() };
    }
    let mut item = Item::new().say(format!("{what} ")).strong(&found.in_full);
    let told: Vec<&str> =
        [found.chosen.as_str(), found.because.as_str()].into_iter().filter(|w| !w.is_empty()).collect();
    if !told.is_empty() {
        let told = told.join("; ");
        let told = home.map_or_else(|| told.clone(), |home| told.replace(&format!("{home}/"), "~/"));
        item = item.say(" (").prose(&told).say(")");
    }
    Screen { environment: found.environment, headline: vec![item.join(&more)], ..Screen::default() }
}
