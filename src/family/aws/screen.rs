//! Where a command of the AWS CLI goes, on the screen.

use crate::engine::aws;
use crate::engine::aws::AwsTarget;
use crate::engine::fact::Known;
use crate::ui::screen::{Item, Row};
use crate::ui::view::{About, Nouns, Sight, from, notes, row_each};

/// What the screen says of the target.
pub fn sight(target: &AwsTarget, about: &About<'_>) -> Sight {
    Sight {
        headline: headline(about, target),
        rows: rows(about, target),
        nouns: Nouns {
            thing: "resource".to_owned(),
            asked: one_of(about).to_owned(),
            shortens: true,
            ..Nouns::default()
        },
        action: action(about.verb).to_owned(),
        place: place(about, target),
        long_place: long_place(about, target),
        ..Sight::default()
    }
}

/// The account and the region, beside the badge.
fn headline(about: &About<'_>, target: &AwsTarget) -> Vec<Item> {
    let mut items = Vec::new();
    let foreign = target.foreign();
    let id = target.account.value().map(String::as_str).filter(|_| foreign.is_none());
    items.push(match (about.name, id) {
        ("", None) => Item::new().loss("account not known"),
        ("", Some(id)) => Item::new().strong(id),
        (name, Some(id)) if id != name => Item::new().strong(name).say(" (").name(id).say(")"),
        (name, _) => Item::new().strong(name),
    });
    items.extend(region(target).map(|region| Item::new().name(region)));
    items.extend(foreign.map(|_| Item::new().say(kind_of_endpoint(target))));
    items
}

/// What an endpoint is that is not AWS's.
fn kind_of_endpoint(target: &AwsTarget) -> &'static str {
    if target.is_local() { "LOCAL ENDPOINT" } else { "NOT AWS" }
}

/// The region, where it says anything.
fn region(target: &AwsTarget) -> Option<&str> {
    target.region.as_ref().filter(|_| !target.global_service).map(|region| region.value.as_str())
}

/// As whom and by which credentials; what files suggest instead; the region and the endpoint with their sources;
/// everything that lies elsewhere.
fn rows(about: &About<'_>, target: &AwsTarget) -> Vec<Row> {
    let mut rows = vec![account_row(about, target)];
    rows.extend(mismatch_row(about, target));
    if target.global_service {
        rows.push(Row::fact("region", Item::new().say("none: this service is the same in every region")));
    } else if let Some(region) = &target.region {
        rows.push(Row::fact(
            "region",
            from(about.home, Item::new().name(&region.value).say(", from "), &region.from),
        ));
    } else {
        rows.push(Row::fact("region", Item::new().say("none is set")));
    }
    if let Some(endpoint) = &target.endpoint {
        let word = if target.is_local() { "LOCAL " } else { "" };
        let item = Item::new().say(word).name(aws::redact_text(&endpoint.value)).say(", from ");
        rows.push(Row::fact("endpoint", from(about.home, item, &endpoint.from)));
    }
    let elsewhere = target.elsewhere.iter().map(|e| Item::new().loss(e));
    rows.extend(row_each("elsewhere", elsewhere, "more setting"));
    // What was not used is a part of how the account was chosen, so it stands here and not below the losses.
    rows.extend(notes(&target.notes));
    rows
}

fn account_row(about: &About<'_>, target: &AwsTarget) -> Row {
    let mut items = Vec::new();
    let foreign = target.foreign().is_some();
    if foreign {
        // The endpoint knows the key, and AWS may know nothing of it.
        let id = target.access_key_id.as_ref();
        items.extend(id.map(|id| Item::new().say("access key ").name(id)));
        let account = target.account.value();
        items.extend(account.map(|id| Item::new().say("of account ").name(id)));
    } else if let Known::Unknown(why) = &target.account {
        items.push(Item::new().loss("id not known").say(" (").prose(&why.to_string()).say(")"));
    }
    match &target.principal {
        Known::Known(arn) => items.push(principal(arn)),
        // The account's own reason says it already.
        Known::Unknown(_) if target.account.value().is_none() || foreign => {}
        Known::Unknown(why) => {
            items.push(Item::new().say("principal not known (").prose(&why.to_string()).say(")"));
        }
    }
    if let Some(credentials) = &target.credentials {
        items.push(
            from(about.home, Item::new().prose(&credentials.value).say(" ("), &credentials.from).say(")"),
        );
    } else if let Some(profile) = &target.profile {
        let item = Item::new().say("profile ").name(&profile.value).say(" (");
        items.push(from(about.home, item, &profile.from).say(")"));
    }
    let id = target.account.value();
    match &target.alias {
        Known::Unknown(why) if id.is_some_and(|id| *id == about.name) => {
            items.push(Item::new().say("alias not known (").prose(&why.to_string()).say(")"));
        }
        Known::Known(Some(alias)) if alias != about.name => items.push(Item::new().say("alias ").name(alias)),
        _ => {}
    }
    match &target.organisation_name {
        Known::Known(Some(name)) if name != about.name => {
            items.push(Item::new().say("\"").name(name).say("\" in its organisation"));
        }
        _ => {}
    }
    if items.is_empty() {
        items.push(Item::new().say("nothing is known of it"));
    }
    Row::list("account", items, ("", "")).in_full()
}

/// The account that files or the access key suggest is not the one that answered: the oldest trap of all.
fn mismatch_row(about: &About<'_>, target: &AwsTarget) -> Option<Row> {
    let suggested = target.suggested_account.as_ref()?;
    let real = target.account.value().filter(|real| **real != suggested.value)?;
    if target.foreign().is_some() {
        return None;
    }
    let by_profile = target.profile.as_ref().filter(|profile| profile.from == suggested.from);
    let item = match (by_profile, &target.credentials) {
        (Some(profile), _) => Item::new().loss("profile ").strong(&profile.value),
        (None, Some(credentials)) => Item::new().loss("what is known of ").loss(&credentials.value),
        (None, None) => Item::new().loss("what files say"),
    };
    let item = from(about.home, item.say(" ("), &suggested.from).say(") ");
    let item = item.loss("suggests account ").strong(&suggested.value);
    Some(Row::fact("MISMATCH", item.loss(": the command goes to ").strong(real)))
}

/// Who acts, without what every ARN says: `role/admin, session anna` of `arn:aws:sts::111111111111:assumed-role/admin/anna`.
fn principal(arn: &str) -> Item {
    let who = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    if who == "root" {
        return Item::new().say("as ").loss("the root user");
    }
    match who.strip_prefix("assumed-role/").map(|rest| rest.rsplit_once('/').unwrap_or((rest, ""))) {
        // A session nobody named tells nothing.
        Some((role, session)) if session.is_empty() || session.starts_with("botocore-session-") => {
            Item::new().say("as ").name(format!("role/{role}"))
        }
        Some((role, session)) => {
            Item::new().say("as ").name(format!("role/{role}")).say(" (session ").name(session).say(")")
        }
        None => Item::new().say("as ").name(who),
    }
}

/// Where a y/N question says the command goes: account and region.
fn place(about: &About<'_>, target: &AwsTarget) -> String {
    match (named(about, target), region(target)) {
        (account, Some(region)) => format!("{account}/{region}"),
        (account, None) => account.to_owned(),
    }
}

/// The same for a notice, which has room for the id.
fn long_place(about: &About<'_>, target: &AwsTarget) -> String {
    let account = named(about, target);
    let mut out = account.to_owned();
    if let Some(id) = target.account.value().filter(|id| *id != account) {
        out.push_str(&format!(" ({id})"));
    }
    if let Some(region) = region(target) {
        out.push_str(&format!(", {region}"));
    }
    if target.is_local() {
        out.push_str(", local endpoint");
    }
    out
}

fn named<'a>(about: &About<'a>, target: &'a AwsTarget) -> &'a str {
    match about.name {
        "" => target.account.value().map_or("an unknown account", String::as_str),
        name => name,
    }
}

/// Verbs that can stand in `Type … to VERB it`, with what people say where the API says something else.
const SAID: &[(&str, &str)] = &[
    ("failover", "fail over"),
    ("rb", "remove"),
    ("rm", "remove"),
    ("mv", "move"),
    ("rollback", "roll back"),
    ("shutdown", "shut down"),
];

/// Verbs that say what happens by themselves.
const PLAIN: &[&str] = &[
    "abort",
    "cancel",
    "deactivate",
    "decrease",
    "delete",
    "deprovision",
    "deregister",
    "detach",
    "disable",
    "disassociate",
    "disconnect",
    "discard",
    "drain",
    "evict",
    "expire",
    "flush",
    "forget",
    "leave",
    "move",
    "purge",
    "reboot",
    "redact",
    "release",
    "remove",
    "reset",
    "restart",
    "restore",
    "retire",
    "revoke",
    "stop",
    "suspend",
    "sync",
    "terminate",
    "unregister",
    "unsubscribe",
    "withdraw",
];

/// Verbs under which anything can happen to what is named.
const CHANGES: &[&str] =
    &["apply", "change", "edit", "modify", "put", "replace", "set", "transact", "update", "write"];

/// What is done, as a word or two of a sentence: `to delete it`; `run` where the operation's verb says nothing.
fn action(verb: &str) -> &str {
    let operation = verb.split_once(' ').map_or(verb, |(_, operation)| operation);
    if operation == "schedule-key-deletion" {
        return "delete";
    }
    let plain = ["batch-", "admin-"].iter().find_map(|p| operation.strip_prefix(p)).unwrap_or(operation);
    let first = plain.split(['-', ' ']).next().unwrap_or(plain);
    match SAID.iter().find(|(verb, _)| *verb == first) {
        Some((_, said)) => said,
        None if PLAIN.contains(&first) => first,
        None if CHANGES.contains(&first) => "change",
        None => "run",
    }
}

/// What a y/N question calls each of several things: `EC2 instance`.
fn one_of<'a>(about: &About<'a>) -> &'a str {
    let mut kinds = about.impact.subjects.iter().map(|s| s.kind.as_str());
    let first = kinds.next().unwrap_or_default();
    if kinds.all(|kind| kind == first) && !first.is_empty() { first } else { "resource" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_make_sentences() {
        for (verb, want) in [
            ("cloudformation delete-stack", "delete"),
            ("ec2 terminate-instances", "terminate"),
            ("s3 rm", "remove"),
            ("s3 rb", "remove"),
            ("s3 sync", "sync"),
            ("kms schedule-key-deletion", "delete"),
            ("ecr batch-delete-image", "delete"),
            ("cognito-idp admin-disable-user", "disable"),
            ("s3api put-bucket-versioning", "change"),
            ("rds failover-db-cluster", "fail over"),
            ("ssm send-command", "run"),
            ("deploy push", "run"),
            ("", "run"),
        ] {
            assert_eq!(action(verb), want, "{verb}");
        }
        assert!(PLAIN.iter().chain(CHANGES).all(|verb| SAID.iter().all(|(said, _)| said != verb)));
    }

    #[test]
    fn principals_are_short() {
        for (arn, want) in [
            ("arn:aws:iam::111111111111:user/ops/anna", "as user/ops/anna"),
            ("arn:aws:sts::111111111111:assumed-role/admin/anna", "as role/admin (session anna)"),
            ("arn:aws:sts::111111111111:assumed-role/admin", "as role/admin"),
            ("arn:aws:sts::111111111111:assumed-role/admin/botocore-session-1795324153", "as role/admin"),
            ("arn:aws:iam::111111111111:root", "as the root user"),
            ("arn:aws:sts::111111111111:federated-user/bob", "as federated-user/bob"),
            ("nonsense", "as nonsense"),
        ] {
            assert_eq!(principal(arn).text(), want);
        }
    }
}
