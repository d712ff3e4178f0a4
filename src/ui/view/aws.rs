//! Where a command of the AWS CLI goes, on the screen.

use super::View;
use super::from;
use crate::engine::decide::Level;
use crate::engine::fact::Known;
use crate::engine::target::AwsTarget;
use crate::ui::lookalike::oddity;
use crate::ui::screen::{Item, Row, Screen};

/// The account and the region, beside the badge.
pub(super) fn headline(view: &View<'_>, target: &AwsTarget) -> Vec<Item> {
    let mut items = vec![Item::new().strong(view.name)];
    items.extend(target.account.value().filter(|id| *id != view.name).map(|id| Item::new().name(id)));
    match &target.region {
        Some(region) if !target.global_service => items.push(Item::new().name(&region.value)),
        _ => {}
    }
    items.extend(target.endpoint.as_ref().map(|e| Item::new().name(&e.value)));
    items
}

/// Which account, as whom, by which credentials; then the region with its source.
pub(super) fn rows(view: &View<'_>, target: &AwsTarget) -> Vec<Row> {
    let mut items = vec![Item::new().strong(view.name)];
    items.push(match &target.account {
        Known::Known(id) => Item::new().say("id ").name(id),
        Known::Unknown(why) => Item::new().say("id not known (").prose(&why.to_string()).say(")"),
    });
    items.extend(target.principal.value().map(|arn| Item::new().say("as ").name(short_principal(arn))));
    items.extend(
        target.credentials.as_ref().map(|c| from(view, Item::new().prose(&c.value).say(", from "), &c.from)),
    );
    let mut rows = vec![Row::list("account", items, ("", "")).in_full()];
    if target.global_service {
        rows.push(Row::fact("region", Item::new().say("none: this service is the same in every region")));
    } else if let Some(region) = &target.region {
        rows.push(Row::fact(
            "region",
            from(view, Item::new().name(&region.value).say(", from "), &region.from),
        ));
    }
    if let Some(endpoint) = &target.endpoint {
        let word = if target.is_local() { "LOCAL " } else { "" };
        let item = Item::new().say(word).name(&endpoint.value).say(", from ");
        rows.push(Row::fact("endpoint", from(view, item, &endpoint.from)));
    }
    rows.extend(target.elsewhere.iter().map(|e| Row::fact("elsewhere", Item::new().loss(e))));
    rows
}

/// `role/admin` of `arn:aws:sts::111111111111:assumed-role/admin/session`: what comes after the account.
fn short_principal(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}

/// Everything of the phrase that no fact names yet: what has to be typed must be there to be read.
pub(super) fn scope_rows(view: &View<'_>, screen: &Screen) -> Vec<Row> {
    let mut rows = Vec::new();
    let Some(challenge) = view.challenge.filter(|_| view.level == Level::Typed) else { return rows };
    let resource = challenge.phrase.strip_prefix(view.name).and_then(|rest| rest.strip_prefix('/'));
    if resource.is_some_and(|name| !screen.tells(name)) {
        rows.push(Row::fact("answer", Item::new().strong(&challenge.phrase)));
    }
    for name in [Some(view.name), resource].into_iter().flatten().filter(|n| !n.is_empty()) {
        if let Some(odd) = oddity(name) {
            rows.push(Row::fact("name", Item::new().strong(name).say(" ").say(odd)));
        }
    }
    rows
}

/// What is done, as one word of a sentence: the operation's verb.
pub(super) fn action(verb: &str) -> &str {
    let operation = verb.split_once(' ').map_or(verb, |(_, operation)| operation);
    match operation {
        "rm" | "rb" => "remove",
        "mv" => "move",
        "" => "run",
        _ => {
            let plain =
                ["batch-", "admin-"].iter().find_map(|p| operation.strip_prefix(p)).unwrap_or(operation);
            plain.split(['-', ' ']).next().unwrap_or(plain)
        }
    }
}
