//! Which options name something, and in which order a phrase says them: the rule for every operation that no table speaks of.

use super::beside::is_quiet;
use super::document::{is_document, speaks};
use super::step::Step;
use super::words::{ACCOUNTS, ALSO, OF_SETTINGS, OWNERS, PARENTS, PLACES, SLASHES, USED, VERSIONS, WORDS};
use crate::engine::aws::hit::Hit;
use crate::engine::aws::{names, redact_option};
use std::cmp::Reverse;

/// Whether phrases told the option as a place before there was a rule.
pub(super) fn is_listed(option: &str) -> bool {
    PLACES.contains(&option)
}

/// Whether the option says whose it is.
pub(super) fn is_account(option: &str) -> bool {
    ACCOUNTS.contains(&option)
}

/// Whether names of this option usually have slashes in them.
pub(super) fn has_slashes(service: &str, option: &str) -> bool {
    SLASHES.contains(&(service, option))
}

/// Whether the value counts to the last byte: a key with a slash at its end is another key.
pub(super) fn is_exact(option: &str) -> bool {
    matches!(option, "key" | "prefix")
}

/// The accounts and the places in the closed list that were given and that the path does not have.
pub(super) fn outer(hit: &Hit, path: &[Step<'_>]) -> Vec<&'static str> {
    let have = |option: &str| path.iter().any(|step| step.option == option);
    let accounts = ACCOUNTS.iter().filter(|option| !is_listed(option));
    accounts.chain(PLACES).copied().filter(|option| hit.has(option) && !have(option)).collect()
}

/// The version of what a table's path names, where one was given that the path does not have.
pub(super) fn version(hit: &Hit, path: &[String]) -> Option<String> {
    let have = |option: &str| path.iter().any(|step| step.trim_start_matches(['%', '#', '@']) == option);
    let version = given(hit).find(|option| VERSIONS.contains(option) && !have(option))?;
    (!path.iter().any(|step| step.starts_with('%'))).then(|| format!("%{version}"))
}

/// The path of a command that no table speaks of: owners, places, what is hit, and its version behind a `%`.
pub(super) fn path(hit: &Hit) -> Vec<String> {
    let Some(own) = own(hit) else { return fallback(hit).map(str::to_owned).into_iter().collect() };
    let stem = own.rsplit_once('-').map_or(own, |(stem, _)| stem);
    let versions: Vec<&str> = given(hit)
        .filter(|option| *option != own)
        .filter(|option| {
            VERSIONS.contains(option)
                || option.strip_suffix("-version").is_some_and(|of| of == stem || of == own)
        })
        .take(1)
        .collect();
    let mut places: Vec<&str> = given(hit)
        .filter(|option| *option != own && !versions.contains(option) && names_one(hit, option))
        .collect();
    places.sort_unstable_by_key(|option| order(option));
    places.dedup();
    places
        .into_iter()
        .chain([own])
        .map(str::to_owned)
        .chain(versions.iter().map(|option| format!("%{option}")))
        .collect()
}

/// Whether an option rather says where than what.
fn is_parent(option: &str) -> bool {
    [OWNERS, PLACES, PARENTS].iter().any(|list| list.contains(&option))
}

/// Where an option stands: whose it is, then the known places, then the others by name.
fn order(option: &str) -> (usize, &str) {
    let at = |list: &[&str]| list.iter().position(|have| *have == option);
    let place = OWNERS.len() + PLACES.len();
    let known = at(OWNERS).or_else(|| at(PLACES).map(|at| OWNERS.len() + at));
    (known.unwrap_or(if is_parent(option) { place } else { place + 1 }), option)
}

/// Every option that has a value.
fn given(hit: &Hit) -> impl Iterator<Item = &str> {
    hit.options.iter().map(|(option, _)| option.as_str()).filter(|option| !hit.list(option).is_empty())
}

/// The option that says what is hit itself: the one most like what the operation's name speaks of.
fn own(hit: &Hit) -> Option<&str> {
    // Without `batch-` and its like.
    let operation = format!("x-{}", names::noun_of(&hit.operation));
    let rated = given(hit).filter_map(|option| {
        let text = speaks(option) || hit.list(option).iter().any(|value| is_document(value));
        let named = !text && is_name(hit, option) && is_shown(hit, option);
        let rank = match names::rank(option, &operation) {
            // `admin-disable-user --username`
            0 if option == "username" && operation.contains("user") => 7,
            rank if !named => rank.min(1),
            rank => rank,
        };
        // Of `channel-membership` the member counts, not the channel: what is spoken of stands last.
        let stem = option.split('-').next().unwrap_or(option);
        let last = operation.rfind(stem);
        (named || rank > 0 && !is_quiet(option) && !is_used(hit, option)).then_some((
            named,
            rank,
            !is_listed(option),
            last,
            Reverse(option),
            option,
        ))
    });
    rated.max().map(|(.., option)| option)
}

/// Where nothing looks like a name: whatever text was given, unless it is a remark or a number.
fn fallback(hit: &Hit) -> Option<&str> {
    const REMARKS: [&str; 6] = ["reason", "description", "comment", "token", "message", "policy"];
    let plain = |value: &str| {
        value.bytes().any(|b| b.is_ascii_alphabetic())
            && !matches!(value, "true" | "false")
            && !is_document(value)
    };
    given(hit)
        .filter(|option| !option.rsplit('-').next().is_some_and(|last| REMARKS.contains(&last)))
        .filter(|option| !is_quiet(option) && !speaks(option) && is_shown(hit, option))
        .filter(|option| matches!(hit.list(option), [one] if plain(one)))
        .min()
}

/// Whether an option names one thing: not a list, not a document, not a secret.
fn names_one(hit: &Hit, option: &str) -> bool {
    matches!(hit.list(option), [one] if !is_document(one)) && is_name(hit, option) && is_shown(hit, option)
}

/// Whether nothing of its value has to be kept from sight.
fn is_shown(hit: &Hit, option: &str) -> bool {
    let command = hit.verb();
    hit.list(option).iter().all(|value| redact_option(&command, option, value) == *value)
}

/// Whether an option names something of what is hit.
fn is_name(hit: &Hit, option: &str) -> bool {
    let last = option.rsplit('-').next().unwrap_or(option);
    let one = names::one_of(last);
    let named = WORDS.contains(&last) || WORDS.contains(&one.as_str()) || ALSO.contains(&option);
    named && !speaks(option) && !is_quiet(option) && !is_used(hit, option)
}

/// Whether an option names what is used or made, and not what is hit.
fn is_used(hit: &Hit, option: &str) -> bool {
    let used = USED.contains(&option)
        || ["-role-arn", "-kms-key-id"].iter().any(|end| option.ends_with(end))
        || OF_SETTINGS.iter().any(|start| option.starts_with(start));
    let spoken = || {
        let noun = names::noun_of(&hit.operation);
        let word = option.split('-').find(|word| !matches!(*word, "service" | "execution" | "kms"));
        word.is_some_and(|word| noun.split('-').any(|part| part == word))
    };
    used && !spoken()
}
