//! Where a kubectl command goes, on the screen.

use crate::engine::fact::{Known, Sourced};
use crate::engine::kube::KubeTarget;
use crate::ui::human::short_uid;
use crate::ui::screen::{Item, Row};
use crate::ui::view::{About, Nouns, Phrase, Sight, from};

/// What the screen says of the target.
pub fn sight(target: &KubeTarget, about: &About<'_>) -> Sight {
    let scope = scope(about, target);
    let namespace = scope.map(|s| s.strip_suffix("/*").unwrap_or(s).to_owned());
    let place = place(about, scope);
    Sight {
        headline: vec![Item::new().strong(about.name), Item::new().name(&target.server.value)],
        scope: scope_row(about, target, scope).into_iter().collect(),
        rows: vec![cluster_row(about, target)],
        notes: target.notes.clone(),
        namespace,
        phrase: phrase(about, scope),
        nouns: Nouns {
            thing: "object".to_owned(),
            asked: "object".to_owned(),
            between: ", ",
            protection: "protected",
            ..Nouns::default()
        },
        action: action(about.verb).to_owned(),
        long_place: place.clone(),
        place,
    }
}

/// Which cluster, how it was chosen and as whom.
fn cluster_row(about: &About<'_>, target: &KubeTarget) -> Row {
    let mut items = vec![Item::new().strong(about.name)];
    items.push(match &target.uid {
        Known::Known(uid) => Item::new().say("uid ").name(short_uid(uid)),
        Known::Unknown(why) => Item::new().say("uid not known (").prose(&why.to_string()).say(")"),
    });
    let entry = target.cluster.as_ref().filter(|c| c.value != about.name);
    match (&target.cluster, entry) {
        (_, Some(c)) => {
            items.push(from(
                about.home,
                Item::new().say("cluster entry ").name(&c.value).say(" from "),
                &c.from,
            ));
        }
        (Some(c), None) => items.push(from(about.home, Item::new().say("from "), &c.from)),
        (None, None) => items.push(from(about.home, Item::new().say("server from "), &target.server.from)),
    }
    let chosen = |item: Item| from(about.home, item.say("chosen by "), &target.chosen_by);
    items.push(match &target.context {
        Some(context) => chosen(Item::new().say("context ").name(&context.value).say(" ")),
        None => chosen(Item::new()),
    });
    let person = |word: &str, who: &Sourced<String>| Item::new().say(format!("{word} ")).name(&who.value);
    items.extend(target.user.as_ref().map(|u| person("user", u)));
    items.extend(
        target.acting_as.as_ref().map(|a| from(about.home, person("acting as", a).say(" by "), &a.from)),
    );
    Row::list("cluster", items, ("", "")).in_full()
}

/// The namespace the screen speaks about: that of the phrase when there is one.
fn scope<'a>(about: &About<'a>, target: &'a KubeTarget) -> Option<&'a str> {
    if let Some(challenge) = about.challenge {
        let rest = challenge.phrase.strip_prefix(about.name)?.strip_prefix('/')?;
        // Nobody knows where a plugin goes; where it is started is known.
        return Some(if rest.starts_with(PLUGIN) { target.namespace.value.as_str() } else { rest });
    }
    let namespaced = about.impact.subjects.iter().any(|s| s.namespace.is_some());
    let namespaced = namespaced || about.impact.subjects.is_empty();
    (namespaced && !target.all_namespaces).then_some(target.namespace.value.as_str())
}

/// How the phrase for a plugin goes on behind the cluster.
const PLUGIN: &str = "plugin:";

/// What is said where the namespaces are not all known, or are not all there is: only those that were seen are named.
fn beyond(about: &About<'_>) -> Vec<Item> {
    let unseen = !about.impact.gaps.is_empty();
    let text = if unseen { "any namespace: not everything was seen" } else { "the whole cluster" };
    let mut seen: Vec<&str> = about.impact.subjects.iter().filter_map(|s| s.namespace.as_deref()).collect();
    seen.sort_unstable();
    seen.dedup();
    let named = seen.into_iter().map(|name| Item::new().say("seen in ").strong(name));
    std::iter::once(Item::new().loss(text)).chain(named).collect()
}

/// How far it reaches.
fn scope_row(about: &About<'_>, target: &KubeTarget, namespace: Option<&str>) -> Option<Row> {
    let (names, whole) = match namespace.map(|n| (n, n.strip_suffix("/*"))) {
        Some((_, Some(names))) => (Some(names), true),
        Some((names, None)) => (Some(names), false),
        None => (None, false),
    };
    let is_subject = |name: &str| {
        about.impact.subjects_total <= 1
            && about.impact.subjects.first().is_some_and(|s| s.kind == "Namespace" && s.name == name)
    };
    match names {
        _ if target.all_namespaces => Some(Row::fact("scope", Item::new().loss("every namespace"))),
        Some("*") => Some(Row::list("scope", beyond(about), ("1 more", "more"))),
        Some(name) if !is_subject(name) => {
            let lead = match (whole, name.contains(',')) {
                (false, false) => "namespace ",
                (false, true) => "namespaces ",
                (true, false) => "all of namespace ",
                (true, true) => "all of namespaces ",
            };
            let item = Item::new().say(lead).strong(name);
            let item = if target.namespace.value == name {
                from(about.home, item.say(", from "), &target.namespace.from)
            } else {
                item
            };
            Some(Row::fact("scope", item))
        }
        _ => None,
    }
}

/// The row of the scope tells the phrase, but for that of a plugin.
fn phrase(about: &About<'_>, namespace: Option<&str>) -> Phrase {
    let whole = about.challenge.is_some_and(|challenge| {
        let plugin = challenge.kind.contains(PLUGIN);
        !plugin && (namespace.is_some() || challenge.phrase == about.name)
    });
    Phrase::ByScope { whole, names: namespace.map(str::to_owned).into_iter().collect() }
}

/// `main/shop`; the cluster alone for what has no namespace.
fn place(about: &About<'_>, scope: Option<&str>) -> String {
    match about.challenge {
        // A sentence names the place; how much of it is meant stands in the facts.
        Some(challenge) if !challenge.kind.contains(PLUGIN) => {
            challenge.phrase.strip_suffix("/*").unwrap_or(&challenge.phrase).to_owned()
        }
        _ => match scope {
            Some(namespace) => format!("{}/{namespace}", about.name),
            None => about.name.to_owned(),
        },
    }
}

/// What is done, as one word of a sentence.
fn action(verb: &str) -> &str {
    match verb.split_once(' ') {
        None if !verb.is_empty() => verb,
        Some(("rollout", rest)) if !rest.contains(' ') => rest,
        Some(("set", _)) => "change",
        _ => "run",
    }
}
