//! Where a command of the AWS CLI goes, on the screen.

use super::View;
use super::from;
use crate::engine::aws;
use crate::engine::fact::Known;
use crate::engine::target::AwsTarget;
use crate::ui::human::counted;
use crate::ui::screen::{Item, Row, Screen};

/// The account and the region, beside the badge.
pub(super) fn headline(view: &View<'_>, target: &AwsTarget) -> Vec<Item> {
    let mut items = Vec::new();
    let foreign = target.foreign();
    let id = target.account.value().map(String::as_str).filter(|_| foreign.is_none());
    items.push(match (view.name, id) {
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
pub(super) fn rows(view: &View<'_>, target: &AwsTarget) -> Vec<Row> {
    let mut rows = vec![account_row(view, target)];
    rows.extend(mismatch_row(view, target));
    if target.global_service {
        rows.push(Row::fact("region", Item::new().say("none: this service is the same in every region")));
    } else if let Some(region) = &target.region {
        rows.push(Row::fact(
            "region",
            from(view, Item::new().name(&region.value).say(", from "), &region.from),
        ));
    } else {
        rows.push(Row::fact("region", Item::new().say("none is set")));
    }
    if let Some(endpoint) = &target.endpoint {
        let word = if target.is_local() { "LOCAL " } else { "" };
        let item = Item::new().say(word).name(aws::redact_text(&endpoint.value)).say(", from ");
        rows.push(Row::fact("endpoint", from(view, item, &endpoint.from)));
    }
    let elsewhere = target.elsewhere.iter().map(|e| Item::new().loss(e));
    rows.extend(super::row_each("elsewhere", elsewhere, "more setting"));
    // What was not used is a part of how the account was chosen, so it stands here and not below the losses.
    rows.extend(super::notes(&target.notes));
    rows
}

fn account_row(view: &View<'_>, target: &AwsTarget) -> Row {
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
        items.push(from(view, Item::new().prose(&credentials.value).say(" ("), &credentials.from).say(")"));
    } else if let Some(profile) = &target.profile {
        let item = Item::new().say("profile ").name(&profile.value).say(" (");
        items.push(from(view, item, &profile.from).say(")"));
    }
    let id = target.account.value();
    match &target.alias {
        Known::Unknown(why) if id.is_some_and(|id| *id == view.name) => {
            items.push(Item::new().say("alias not known (").prose(&why.to_string()).say(")"));
        }
        Known::Known(Some(alias)) if alias != view.name => items.push(Item::new().say("alias ").name(alias)),
        _ => {}
    }
    match &target.organisation_name {
        Known::Known(Some(name)) if name != view.name => {
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
fn mismatch_row(view: &View<'_>, target: &AwsTarget) -> Option<Row> {
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
    let item = from(view, item.say(" ("), &suggested.from).say(") ");
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

/// Everything of the phrase that no fact names yet: what has to be typed must be there to be read.
pub(super) fn scope_rows(view: &View<'_>, screen: &Screen) -> Vec<Row> {
    let Some(challenge) = view.challenge else { return Vec::new() };
    super::phrase_rows(view, challenge, screen)
}

/// Where a y/N question says the command goes: account and region.
pub(super) fn place(view: &View<'_>, target: &AwsTarget) -> String {
    match (named(view, target), region(target)) {
        (account, Some(region)) => format!("{account}/{region}"),
        (account, None) => account.to_owned(),
    }
}

/// The same for a notice, which has room for the id.
pub(super) fn long_place(view: &View<'_>, target: &AwsTarget) -> String {
    let account = named(view, target);
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

fn named<'a>(view: &View<'a>, target: &'a AwsTarget) -> &'a str {
    match view.name {
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
pub(super) fn action(verb: &str) -> &str {
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

/// What a y/N question is about where several things are hit: `3 EC2 instances`.
pub(super) fn several(view: &View<'_>, total: u64) -> String {
    let mut kinds = view.impact.subjects.iter().map(|s| s.kind.as_str());
    let first = kinds.next().unwrap_or_default();
    counted(total, if kinds.all(|kind| kind == first) && !first.is_empty() { first } else { "resource" })
}

/// A word of the command as it is shown: a long document is shortened in its middle, a name never. Names hold no
/// blanks, quotes, braces or commas.
pub(super) fn shown_word(word: &str) -> String {
    const LONGEST: usize = 60;
    const HEAD: usize = 36;
    const TAIL: usize = 18;
    let is_document = word.contains(['{', '[', '"', ' ', ',']);
    let length = word.chars().count();
    if !is_document || length <= LONGEST {
        return word.to_owned();
    }
    let head: String = word.chars().take(HEAD).collect();
    let tail: String = word.chars().skip(length - TAIL).collect();
    format!("{head}[...]{tail}")
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

    #[test]
    fn documents_are_shortened_in_the_middle_and_names_never() {
        let name = format!("arn:aws:secretsmanager:eu-west-1:111111111111:secret:{}", "x".repeat(300));
        assert_eq!(shown_word(&name), name);
        let document = format!("'{{\"Changes\":[{}]}}'", "x".repeat(300));
        let shown = shown_word(&document);
        assert!(
            shown.starts_with("'{\"Changes\":[x") && shown.ends_with("x]}'") && shown.contains("[...]"),
            "{shown}"
        );
        assert!(shown.chars().count() <= 60);
    }
}
