//! Where a kubectl command goes, on the screen.

use super::View;
use super::from;
use crate::engine::fact::{Known, Sourced};
use crate::engine::situation::Level;
use crate::engine::target::KubeTarget;
use crate::ui::human::short_uid;
use crate::ui::lookalike::oddity;
use crate::ui::screen::{Item, Row, Screen};

/// The cluster and its server, beside the badge.
pub(super) fn headline(view: &View<'_>, target: &KubeTarget) -> Vec<Item> {
    vec![Item::new().strong(view.name), Item::new().name(&target.server.value)]
}

/// Which cluster, how it was chosen and as whom.
pub(super) fn cluster_row(view: &View<'_>, target: &KubeTarget) -> Row {
    let mut items = vec![Item::new().strong(view.name)];
    items.push(match &target.uid {
        Known::Known(uid) => Item::new().say("uid ").name(short_uid(uid)),
        Known::Unknown(why) => Item::new().say("uid not known (").prose(&why.to_string()).say(")"),
    });
    let entry = target.cluster.as_ref().filter(|c| c.value != view.name);
    match (&target.cluster, entry) {
        (_, Some(c)) => {
            items.push(from(view, Item::new().say("cluster entry ").name(&c.value).say(" from "), &c.from));
        }
        (Some(c), None) => items.push(from(view, Item::new().say("from "), &c.from)),
        (None, None) => items.push(from(view, Item::new().say("server from "), &target.server.from)),
    }
    let chosen = |item: Item| from(view, item.say("chosen by "), &target.chosen_by);
    items.push(match &target.context {
        Some(context) => chosen(Item::new().say("context ").name(&context.value).say(" ")),
        None => chosen(Item::new()),
    });
    let person = |word: &str, who: &Sourced<String>| Item::new().say(format!("{word} ")).name(&who.value);
    items.extend(target.user.as_ref().map(|u| person("user", u)));
    items.extend(target.acting_as.as_ref().map(|a| from(view, person("acting as", a).say(" by "), &a.from)));
    Row::list("cluster", items, ("", "")).in_full()
}

/// The namespace the screen speaks about: that of the phrase when there is one.
pub(super) fn scope<'a>(view: &View<'a>, target: &'a KubeTarget) -> Option<&'a str> {
    if let Some(challenge) = view.challenge {
        let rest = challenge.phrase.strip_prefix(view.name)?.strip_prefix('/')?;
        // Nobody knows where a plugin goes; where it is started is known.
        return Some(if rest.starts_with(PLUGIN) { target.namespace.value.as_str() } else { rest });
    }
    let namespaced = view.impact.subjects.iter().any(|s| s.namespace.is_some());
    let namespaced = namespaced || view.impact.subjects.is_empty();
    (namespaced && !target.all_namespaces).then_some(target.namespace.value.as_str())
}

/// How the phrase for a plugin goes on behind the cluster.
pub(super) const PLUGIN: &str = "plugin:";

/// What is said where the namespaces are not all known, or are not all there is: only those that were seen are named.
fn beyond(view: &View<'_>) -> Vec<Item> {
    let unseen = !view.impact.gaps.is_empty();
    let text = if unseen { "any namespace: not everything was seen" } else { "the whole cluster" };
    let mut seen: Vec<&str> = view.impact.subjects.iter().filter_map(|s| s.namespace.as_deref()).collect();
    seen.sort_unstable();
    seen.dedup();
    let named = seen.into_iter().map(|name| Item::new().say("seen in ").strong(name));
    std::iter::once(Item::new().loss(text)).chain(named).collect()
}

/// The scope, and everything of the phrase no fact names yet: what has to be typed must be there to be read.
pub(super) fn scope_rows(view: &View<'_>, target: &KubeTarget, screen: &Screen) -> Vec<Row> {
    let namespace = scope(view, target);
    let mut rows = Vec::new();
    let (names, whole) = match namespace.map(|n| (n, n.strip_suffix("/*"))) {
        Some((_, Some(names))) => (Some(names), true),
        Some((names, None)) => (Some(names), false),
        None => (None, false),
    };
    let is_subject = |name: &str| {
        view.impact.subjects_total <= 1
            && view.impact.subjects.first().is_some_and(|s| s.kind == "Namespace" && s.name == name)
    };
    match names {
        _ if target.all_namespaces => rows.push(Row::fact("scope", Item::new().loss("every namespace"))),
        Some("*") => rows.push(Row::list("scope", beyond(view), ("1 more", "more"))),
        Some(name) if !is_subject(name) => {
            let lead = match (whole, name.contains(',')) {
                (false, false) => "namespace ",
                (false, true) => "namespaces ",
                (true, false) => "all of namespace ",
                (true, true) => "all of namespaces ",
            };
            let item = Item::new().say(lead).strong(name);
            let item = if target.namespace.value == name {
                from(view, item.say(", from "), &target.namespace.from)
            } else {
                item
            };
            rows.push(Row::fact("scope", item));
        }
        _ => {}
    }
    if let Some(challenge) = view.challenge.filter(|_| view.level == Level::Typed) {
        let parts = [view.name, namespace.unwrap_or_default()];
        let plugin = challenge.kind.contains(PLUGIN);
        let whole = !plugin && (namespace.is_some() || challenge.phrase == view.name);
        if !whole && !screen.tells(&challenge.phrase) {
            rows.push(Row::fact("answer", Item::new().strong(&challenge.phrase)));
        }
        for name in parts.into_iter().filter(|p| !p.is_empty()) {
            if let Some(odd) = oddity(name) {
                let item = Item::new().strong(name).say(" ").say(odd);
                rows.push(Row::fact("name", item));
            }
        }
    }
    rows
}
