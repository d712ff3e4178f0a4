//! A daemon and what is done to its things, on the screen.

use super::probe::Info;
use super::resolve::Daemon;
use crate::engine::docker::daemon::Origin;
use crate::engine::docker::second::Clash;
use crate::engine::docker::wish::{Act, Wish};
use crate::engine::fact::{Known, Sourced};
use crate::engine::human::counted;
use crate::family::machine::screen::{Words, second};
use crate::ui::screen::{Item, Row};
use crate::ui::view::from;

/// What things are called, and what is done to them.
pub(super) fn words(wish: &Wish) -> Words<'static> {
    let act = |act: Act| match act {
        Act::Stop => "stop",
        Act::Restart => "restart",
        Act::Remove { .. } => "remove",
        Act::Change => "run",
    };
    let (thing, action) = match wish {
        Wish::Containers { act: what, .. } => ("container", act(*what)),
        Wish::Volumes { .. } => ("volume", "remove"),
        Wish::Networks { .. } => ("network", "remove"),
        Wish::Prune(_) => ("thing", "remove"),
        Wish::Project(project) => ("thing", act(project.act)),
        Wish::Start { .. } => ("container", "start"),
        Wish::Create { .. } | Wish::Own | Wish::Other => ("thing", "run"),
    };
    Words { thing, action }
}

/// The daemon: where it listens and who says so, what it calls itself.
pub(super) fn daemon(
    daemon: &Daemon,
    info: Option<&Known<Info>>,
    elsewhere: bool,
    home: Option<&str>,
) -> Vec<Row> {
    let row = |label, part: &Sourced<String>, more: Item| {
        Row::fact(label, from(home, more.name(&part.value).say(", from "), &part.from))
    };
    let known = info.and_then(Known::value);
    let mut first = Item::new();
    if let Some(info) = known.filter(|info| !info.id.is_empty()) {
        // As much as tells two apart; JSON and records have all of it.
        first = first.say("id ").name(info.id.chars().take(14).collect::<String>()).say("…, ");
    }
    if elsewhere {
        first = first.loss("another machine: ");
    }
    let mut rows = vec![row("daemon", &daemon.endpoint, first)];
    rows.extend(daemon.context.as_ref().map(|context| {
        let name = Item::new().name(&context.value).say(", from ");
        Row::fact("context", from(home, name, &context.from))
    }));
    if let Some(info) = known.filter(|info| info.swarm.local_node_state == "active") {
        let part = if info.swarm.control_available { "a manager" } else { "a worker" };
        rows.push(Row::fact("swarm", Item::new().say(part).say(" of a swarm")));
    }
    rows
}

/// The project of Compose.
pub(super) fn project(name: &str, services: Option<usize>) -> Row {
    let told = match services {
        Some(services) => format!(", {} in its files", counted(services as u64, "service")),
        None => ", by its labels: no file is read".to_owned(),
    };
    Row::fact("project", Item::new().strong(name).say(told))
}

/// Two servers on one directory.
pub(super) fn clashes(clashes: &[Clash]) -> Vec<Row> {
    let name = |clash: &'_ Clash| match &clash.what {
        Origin::Volume(name) => name.clone(),
        Origin::Path(path) => path.trim_start_matches('/').to_owned(),
        Origin::None => String::new(),
    };
    let named: Vec<(&str, String)> = clashes.iter().map(|clash| (clash.says.as_str(), name(clash))).collect();
    let said: Vec<(&str, &str)> = named.iter().map(|(says, name)| (*says, name.as_str())).collect();
    second(&said)
}
