//! Where a command that works on a host goes, on the screen.

use super::second::Second;
use crate::engine::fact::Known;
use crate::engine::machine::HostTarget;
use crate::ui::screen::{Item, Row};
use crate::ui::view::{About, Nouns, Sight, from, notes};

/// What a family calls what is hit, and what is done to it.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// One of the things.
    pub thing: &'a str,
    /// What is done, as a word or two of a sentence.
    pub action: &'a str,
}

/// What the screen says of the target.
pub fn sight(target: &HostTarget, about: &About<'_>, words: Words<'_>) -> Sight {
    let place = place(about, target);
    Sight {
        headline: headline(about, target),
        rows: rows(about, target),
        nouns: Nouns {
            thing: words.thing.to_owned(),
            asked: words.thing.to_owned(),
            at: "on",
            // What stops, what the machine needs and what is lost with it are said of each package.
            also_lines: Some(4),
            ..Nouns::default()
        },
        action: words.action.to_owned(),
        long_place: place.clone(),
        place,
        ..Sight::default()
    }
}

/// The host, what its people call it, and how the person came to be there, beside the badge.
fn headline(about: &About<'_>, target: &HostTarget) -> Vec<Item> {
    let mut items = vec![match about.name {
        "" => Item::new().loss("host not known"),
        name => Item::new().strong(name),
    }];
    let pretty = target.pretty.as_ref().map(|p| p.value.as_str());
    let location = target.location.as_ref().map(|l| l.value.as_str());
    match (pretty, location) {
        (Some(pretty), Some(at)) => {
            items.push(Item::new().say("\"").name(pretty).say("\" (").name(at).say(")"))
        }
        (Some(one), None) | (None, Some(one)) => items.push(Item::new().say("\"").name(one).say("\"")),
        (None, None) => {}
    }
    if !target.origin.is_empty() {
        items.push(Item::new().prose(&target.origin.join(", ")));
    }
    items
}

/// What else the machine is known by; the container or the other system that is really meant.
fn rows(about: &About<'_>, target: &HostTarget) -> Vec<Row> {
    let mut items = Vec::new();
    match &target.name {
        Known::Known(name) if target.remote.is_none() => {
            items.push(from(about.home, Item::new().name(&name.value).say(", from "), &name.from));
        }
        Known::Known(_) => {}
        Known::Unknown(why) => {
            items.push(Item::new().loss("name not known").say(" (").prose(&why.to_string()).say(")"));
        }
    }
    if let Some(other) = &target.static_name {
        items.push(from(about.home, Item::new().loss("but ").strong(&other.value).say(" in "), &other.from));
    }
    items.extend(target.fqdn.as_ref().map(|name| Item::new().name(name)));
    items.extend(target.instance.as_ref().map(|id| Item::new().say("instance ").name(&id.value)));
    items.extend(target.cloud.as_ref().map(|cloud| Item::new().name(&cloud.value)));
    let by_address = target.address.as_deref().filter(|a| *a == about.name);
    items.extend(by_address.map(|_| Item::new().say("its own name names no machine in particular")));
    let mut rows = Vec::new();
    if !items.is_empty() {
        rows.push(Row::list("host", items, ("", "")).in_full());
    }
    if let Some(remote) = &target.remote {
        let item = Item::new().loss("another machine: ").strong(&remote.value).say(", from ");
        rows.push(Row::fact("remote", from(about.home, item, &remote.from)));
    }
    if let Some(root) = &target.root {
        let item = Item::new().loss("another system, below ").strong(&root.value).say(", from ");
        rows.push(Row::fact("root", from(about.home, item, &root.from)));
    }
    if let Some(within) = &target.within {
        rows.push(Row::fact("within", Item::new().loss(within).say(": not the machine itself")));
    }
    rows.extend(notes(&target.notes));
    rows
}

/// The host in one word, for questions and notices; the other system on it, where one is meant.
fn place(about: &About<'_>, target: &HostTarget) -> String {
    let name = if about.name.is_empty() { "this host" } else { about.name };
    match &target.root {
        Some(root) => format!("{} on {name}", root.value),
        None => name.to_owned(),
    }
}

/// Two servers on one directory, said before everything else: each sentence with the name in it that has to be typed.
pub(in crate::family) fn second(said: &[(&str, &str)]) -> Vec<Row> {
    const SHOWN: usize = 3;
    let sentence = |(says, name): &(&str, &str)| match says.split_once(name).filter(|_| !name.is_empty()) {
        Some((before, after)) => Item::new().loss(before).strong(*name).loss(after),
        None => Item::new().loss(says),
    };
    let mut rows: Vec<Row> = said.iter().take(SHOWN).map(|one| Row::fact("second", sentence(one))).collect();
    if let Some(more) = said.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        rows.push(Row::fact("second", Item::new().loss(&format!("and {more} more"))));
    }
    if !said.is_empty() {
        let why = "two servers on one directory write over each other, and neither knows of the other";
        rows.push(Row::fact("", Item::new().say(why)));
    }
    rows
}

/// The same of one that this machine would start.
pub(in crate::family) fn second_server(found: Option<&Second>) -> Vec<Row> {
    found.map(|found| second(&[(&found.says(), &found.name())])).unwrap_or_default()
}
