//! What was given and does not stand in a phrase. A digest over it goes into `GUARD_CONFIRM`, so that the answer for one
//! command line is never that for another one that means something else.

use super::Addressed;
use crate::engine::aws::hit::Hit;
use crate::engine::aws::{arn, holds_secret, is_secret};
use std::collections::BTreeSet;

/// Options that say nothing of what is done: how the answer is shown and fetched (`awscli/customizations/paginate.py`,
/// `awscli/customizations/s3/subcommands.py` of 1.46), keys that make a repeated call the same call, and what the thing has
/// to be like for the call to be carried out at all (an ETag, a lock). A script makes those anew each time.
const QUIET: [&str; 25] = [
    "accept-language",
    "change-token",
    "client-request-token",
    "client-token",
    "generate-cli-skeleton",
    "human-readable",
    "idempotency-token",
    "if-match",
    "lock-token",
    "max-items",
    "no-dry-run",
    "no-paginate",
    "no-progress",
    "only-show-errors",
    "page-size",
    "progress",
    "progress-frequency",
    "progress-multiline",
    "quiet",
    "request-token",
    "starting-token",
    "summarize",
    "update-token",
    "version-token",
    "web-acl-lock-token",
];

/// Whether an option says nothing of what is done.
pub(super) fn is_quiet(option: &str) -> bool {
    QUIET.binary_search(&option).is_ok()
}

/// What the phrase says so far, and what it leaves out of what it says.
#[derive(Default)]
pub(super) struct Beside<'a> {
    said: BTreeSet<&'a str>,
    left: Vec<String>,
    addressed: Vec<Addressed>,
}

impl<'a> Beside<'a> {
    /// The phrase says this option.
    pub fn says(&mut self, option: &'a str) {
        self.said.insert(option);
    }

    /// More of an option's values than the phrase has room for.
    pub fn others(&mut self, option: &str, values: impl Iterator<Item = String>) {
        self.left.extend(values.map(|value| item(option, &[value])));
    }

    /// A value, and the part of it that the phrase shows.
    pub fn shown(&mut self, option: &str, kind: &str, value: &str, shown: &[String]) {
        if shown == [value] {
            return;
        }
        if let Some((_, region, account, resource)) = arn::parts(value)
            && says_all(option, kind, resource, shown)
        {
            self.address(region, account, value);
            return;
        }
        match queue(value) {
            Some((region, account)) => self.address(region, account, value),
            None => self.left.push(item(option, &[value.to_owned()])),
        }
    }

    /// What is told with its region and account.
    pub fn address(&mut self, region: &str, account: &str, text: &str) {
        self.addressed.push(Addressed {
            region: region.to_owned(),
            account: account.to_owned(),
            text: text.to_owned(),
        });
    }

    /// All of what the phrase does not say of this command, sorted: the order of options means nothing.
    pub fn of(mut self, hit: &Hit) -> (Vec<String>, Vec<Addressed>) {
        let opposite =
            |name: &str| name.strip_prefix("no-").map_or_else(|| format!("no-{name}"), str::to_owned);
        for (at, (name, values)) in hit.options.iter().enumerate() {
            let (name, other) = (name.as_str(), opposite(name));
            // The last one counts, of an option and of the two halves of a pair.
            let later = hit.options.iter().skip(at + 1).any(|(later, _)| later == name || *later == other);
            if later || self.said.contains(name) || is_quiet(name) {
                continue;
            }
            // Of a secret that it is given: what it is may not even be guessed at.
            self.left.push(if is_hidden(hit, name) { item(name, &[]) } else { item(name, values) });
        }
        // Free words of other commands are theirs to refuse, and of `configure` they may be secrets.
        if hit.service != "s3" && hit.service != "configure" && !hit.operands.is_empty() {
            self.left.push(item("", &hit.operands));
        }
        if !self.left.is_empty() {
            self.left.sort_unstable();
            self.left.dedup();
            self.left.push(hit.verb());
        }
        (self.left, self.addressed)
    }
}

/// Whether an option's value is a secret.
fn is_hidden(hit: &Hit, option: &str) -> bool {
    is_secret(option) || holds_secret(&hit.verb(), option)
}

/// An option with its values, as one text.
fn item(option: &str, values: &[String]) -> String {
    std::iter::once(option).chain(values.iter().map(String::as_str)).collect::<Vec<_>>().join("\u{1}")
}

/// Whether the option and the kind say already what the resource of an ARN says besides the names shown: `cluster/app` of
/// `--cluster-arn`. Of `--resource-arn` nobody knows what it is of.
fn says_all(option: &str, kind: &str, resource: &str, shown: &[String]) -> bool {
    let mut left: Vec<&str> = resource.split(['/', ':']).filter(|part| !part.is_empty()).collect();
    for part in shown.iter().flat_map(|name| name.split(['/', ':'])) {
        if let Some(at) = left.iter().rposition(|have| *have == part) {
            left.remove(at);
        }
    }
    let letters = |text: &str| text.replace('-', "").to_ascii_lowercase();
    match left.as_slice() {
        [] => !matches!(option, "resource-arn" | "target-arn" | "arn" | "resource" | "resource-id"),
        [what] => letters(option).contains(&letters(what)) || letters(kind).contains(&letters(what)),
        _ => false,
    }
}

/// Region and account in the URL of a queue: `https://sqs.eu-west-1.amazonaws.com/111111111111/jobs`.
fn queue(value: &str) -> Option<(&str, &str)> {
    let (host, path) = value.strip_prefix("https://sqs.")?.split_once('/')?;
    let region = host.strip_suffix(".amazonaws.com")?;
    let (account, name) = path.split_once('/')?;
    (!region.contains('.') && arn::is_account(account) && !name.contains('/')).then_some((region, account))
}

#[cfg(test)]
mod tests {
    use super::{QUIET, queue, says_all};

    #[test]
    fn the_list_is_sorted() {
        assert!(QUIET.is_sorted());
    }

    #[test]
    fn an_arn_says_more_than_its_name_unless_the_option_says_it() {
        for (option, kind, resource, shown, want) in [
            ("cluster-arn", "x", "cluster/app", "app", true),
            ("stack-name", "stack", "stack/app/0a1b", "app", false),
            ("topic-arn", "topic", "orders", "orders", true),
            ("resource-arn", "policy", "orders", "orders", false),
            ("resource-arn", "policy", "cluster/app", "app", false),
            ("bucket", "bucket", "logs", "logs", true),
        ] {
            assert_eq!(says_all(option, kind, resource, &[shown.to_owned()]), want, "{option} {resource}");
        }
        assert_eq!(
            queue("https://sqs.eu-west-1.amazonaws.com/111111111111/jobs"),
            Some(("eu-west-1", "111111111111"))
        );
        assert_eq!(queue("https://sqs.eu-west-1.amazonaws.com/1/jobs"), None);
        assert_eq!(queue("http://127.0.0.1:5000/111111111111/jobs"), None);
    }
}
