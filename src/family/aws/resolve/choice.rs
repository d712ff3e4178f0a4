//! Which profile and which region are in force. The two versions of the CLI read the same variables in another order
//! (`botocore/configprovider.py` of each).

use super::files::{Files, Profile};
use crate::engine::aws::Hit;
use crate::engine::escape::escape;
use crate::engine::fact::{Source, Sourced};
use crate::fail::{Fail, Kind, Result};
use crate::world::World;

const PROFILE_V1: [&str; 2] = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"];
const PROFILE_V2: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];
const REGION_V1: [&str; 1] = ["AWS_DEFAULT_REGION"];
const REGION_V2: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// The profile in use.
pub(super) struct Chosen<'a> {
    /// What was named; `None` when nothing names one and `default` is read if it is there.
    pub(super) named: Option<Sourced<String>>,
    /// `--profile` was given: variables with keys do not count then.
    pub(super) by_flag: bool,
    /// Its entry.
    pub(super) profile: Option<&'a Profile>,
}

impl Chosen<'_> {
    /// The name the credential chain works with.
    pub(super) fn name(&self) -> &str {
        self.named.as_ref().map_or("default", |n| &n.value)
    }
}

/// Finds the profile, or fails as the CLI fails.
pub(super) fn profile<'a>(
    world: &World,
    hit: &Hit,
    major: Option<u8>,
    files: &'a Files,
    notes: &mut Vec<String>,
) -> Result<Chosen<'a>> {
    let flag = hit.global("profile").filter(|p| !p.is_empty());
    let named = match flag {
        Some(name) => Some(Sourced::new(name.to_owned(), Source::Flag("profile".into()))),
        None => first(world, if major == Some(1) { &PROFILE_V1 } else { &PROFILE_V2 }),
    };
    if let Some(named) = named.as_ref().filter(|_| flag.is_none()) {
        note_the_other(world, named, major, "profile", notes);
    }
    let Some(named) = named else {
        return Ok(Chosen { named: None, by_flag: false, profile: files.profile("default") });
    };
    let profile = files.profile(&named.value);
    if profile.is_none() && !makes_profiles(hit) {
        return Err(unknown(&named, files));
    }
    Ok(Chosen { named: Some(named), by_flag: flag.is_some(), profile })
}

/// Commands that work on a profile that is not there yet.
fn makes_profiles(hit: &Hit) -> bool {
    matches!(hit.service.as_str(), "configure" | "login")
}

/// The first of the variables that is set, also when it is empty: that is how botocore asks.
fn first(world: &World, names: &[&str]) -> Option<Sourced<String>> {
    names.iter().find_map(|name| {
        let value = world.var(name)?.to_string_lossy().into_owned();
        Some(Sourced::new(value, Source::Env((*name).to_owned())))
    })
}

/// Says which variable lost, where two are set and differ.
fn note_the_other(
    world: &World,
    won: &Sourced<String>,
    major: Option<u8>,
    what: &str,
    notes: &mut Vec<String>,
) {
    let Source::Env(winner) = &won.from else { return };
    let names: &[&str] = if what == "profile" { &PROFILE_V2 } else { &REGION_V2 };
    for name in names.iter().filter(|n| *n != winner) {
        let Some(other) = world.var(name).map(|v| v.to_string_lossy()).filter(|v| *v != won.value) else {
            continue;
        };
        let other = escape(other.as_bytes());
        notes.push(match major {
            Some(major) => format!("{name}={other} is not used: version {major} of the CLI takes {winner}"),
            None => format!(
                "{name}={other} may be the {what} instead: the CLI's version is not known, version 2 takes {winner}"
            ),
        });
    }
}

fn unknown(named: &Sourced<String>, files: &Files) -> Fail {
    let from = match &named.from {
        Source::Env(name) => name.clone(),
        other => other.to_string(),
    };
    if named.value.is_empty() {
        return Fail::new(Kind::Data, format!("{from} is set but empty, and the AWS CLI refuses that"))
            .because("The config profile () could not be found")
            .help(format!("unset {from}, or name a profile; the command was not run"));
    }
    let shown = escape(named.value.as_bytes());
    let place = |file: &super::files::File| {
        let path = escape(file.path.as_bytes());
        let named = file.named_by.map(|v| format!(" ({v})")).unwrap_or_default();
        match &file.bytes {
            None => format!("{path}{named}, which does not exist,"),
            Some(_) if file.forbidden => format!("{path}{named}, which may not be read,"),
            Some(_) => format!("{path}{named}"),
        }
    };
    let fail = Fail::new(Kind::Data, format!("there is no profile {shown}, which {from} names"))
        .because(format!("neither {} nor {} has it", place(&files.config), place(&files.credentials)));
    let near = nearest(&named.value, files.profiles.iter().map(|p| p.name.as_str()));
    fail.help(match near {
        Some(near) => format!("did you mean {}? The command was not run", escape(near.as_bytes())),
        None => format!("correct {from}; `aws configure list-profiles` shows the profiles there are"),
    })
}

/// The known name closest to a mistyped one, when it is close at all.
pub(super) fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (distance(&typed.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(far, name)| *far <= 1 + name.chars().count().min(typed.chars().count()) / 4)
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name)
}

/// Insertions, deletions, replacements and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |back: usize, column: usize| {
                rows.get(rows.len().wrapping_sub(back))
                    .and_then(|r| r.get(column))
                    .copied()
                    .unwrap_or(usize::MAX / 2)
            };
            let mut best = (at(1, j) + usize::from(x != y)).min(at(1, j + 1) + 1);
            best = best.min(row.last().copied().unwrap_or_default() + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(2, j - 1) + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows.last().and_then(|r| r.last()).copied().unwrap_or_default()
}

/// Finds the region.
pub(super) fn region(
    world: &World,
    hit: &Hit,
    major: Option<u8>,
    chosen: &Chosen<'_>,
    notes: &mut Vec<String>,
) -> Option<Sourced<String>> {
    let found = if let Some(flag) = hit.global("region") {
        Some(Sourced::new(flag.to_owned(), Source::Flag("region".into())))
    } else {
        let names: &[&str] = if major == Some(1) { &REGION_V1 } else { &REGION_V2 };
        let mut found = first(world, names);
        if let Some(found) = &found {
            note_the_other(world, found, major, "region", notes);
        } else {
            found = chosen
                .profile
                .and_then(|p| p.text("region"))
                .map(|(region, from)| Sourced::new(region.to_owned(), from));
            if let (Some(1), Some(other)) = (major, world.set_var("AWS_REGION")) {
                let other = other.to_string_lossy();
                if found.as_ref().is_none_or(|f| f.value != other) {
                    notes.push(format!(
                        "AWS_REGION={} is not used: version 1 of the CLI does not read it",
                        escape(other.as_bytes())
                    ));
                }
            }
        }
        found
    };
    let found = found?;
    if !found.value.is_empty() {
        return Some(found);
    }
    notes.push(format!("{} is set but empty, so there is no region; the profile's is not used", found.from));
    None
}
