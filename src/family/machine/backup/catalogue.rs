//! The catalogues of backup tools that work on repositories: each repository that a script here uses is asked once, within its share of
//! the time.

use super::repository::{REPOSITORIES, Use, uses};
use super::runners::Runner;
use super::snapshots::Snapshot;
use super::{DumpFile, Found, Look, Place};
use crate::engine::backup::{Read, Record, Source};
use crate::engine::fact::Why;
use std::time::Instant;

/// A repository of one tool, and how it is asked.
pub(super) trait Catalogue: Sized {
    /// The program, which is the name of the source as well.
    const PROGRAM: &'static str;

    /// As a command of a script uses it.
    fn of(look: &Look<'_>, used: &Use<'_>) -> Result<Self, Why>;

    /// Whether it is the same one.
    fn is(&self, other: &Self) -> bool;

    /// As it may be told: without a login.
    fn shown(&self) -> String;

    /// What it lists.
    fn list(&self, look: &Look<'_>, until: Instant) -> Result<Vec<Snapshot>, Why>;

    /// What of that is a copy of these places.
    fn records(
        &self,
        look: &Look<'_>,
        all: &[Snapshot],
        places: &[Place],
        dumps: &[DumpFile],
        until: Instant,
    ) -> Vec<(usize, Record)>;
}

/// What all repositories of a tool have of these places; `None` where nothing here runs it.
pub(super) fn read<R: Catalogue>(
    look: &Look<'_>,
    places: &[Place],
    runners: &[Runner],
    dumps: &[DumpFile],
) -> Option<Found> {
    let uses = uses(runners, R::PROGRAM);
    if uses.is_empty() {
        return None;
    }
    let (mut repositories, mut gaps): (Vec<R>, Vec<(String, Why)>) = (Vec::new(), Vec::new());
    for one in &uses {
        match R::of(look, one) {
            Ok(found) if repositories.iter().any(|have| have.is(&found)) => {}
            Ok(found) => repositories.push(found),
            Err(why) => gaps.push((String::new(), why)),
        }
    }
    if repositories.len() > REPOSITORIES {
        gaps.push((String::new(), Why::Failed(format!("only {REPOSITORIES} repositories were read"))));
        repositories.truncate(REPOSITORIES);
    }
    let (mut records, mut whole) = (Vec::new(), Vec::new());
    let count = repositories.len();
    for (i, repository) in repositories.iter().enumerate() {
        // Whoever does not answer takes no more than a share of the time.
        let until = share(look.until, count - i);
        match repository.list(look, until) {
            Ok(all) => {
                records.extend(repository.records(look, &all, places, dumps, until));
                whole.push(repository.shown());
            }
            Err(why) => gaps.push((repository.shown(), why)),
        }
    }
    let source = Source { name: R::PROGRAM, full: R::PROGRAM, read: read_of(&whole, gaps) };
    Some(Found { source, records })
}

/// An even part of the time that is left.
fn share(until: Instant, parts: usize) -> Instant {
    let now = Instant::now();
    let left = until.saturating_duration_since(now);
    now + left / u32::try_from(parts.max(1)).unwrap_or(1)
}

/// What was read of all repositories.
fn read_of(whole: &[String], gaps: Vec<(String, Why)>) -> Read {
    let named = |(at, why): &(String, Why)| match why {
        Why::Failed(why) if !at.is_empty() => Why::Failed(format!("{at}: {why}")),
        why => why.clone(),
    };
    match (gaps.first(), whole.is_empty()) {
        (None, _) => Read::All,
        (Some(first), true) => Read::Not(named(first)),
        (Some(first), false) => Read::Partly { within: whole.join(", "), why: named(first) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_of_several() {
        let gap = || vec![("/srv/b".to_owned(), Why::Failed("wrong password".into()))];
        assert_eq!(read_of(&["/srv/a".into()], vec![]), Read::All);
        assert_eq!(read_of(&[], gap()), Read::Not(Why::Failed("/srv/b: wrong password".into())));
        let partly =
            Read::Partly { within: "/srv/a".into(), why: Why::Failed("/srv/b: wrong password".into()) };
        assert_eq!(read_of(&["/srv/a".into()], gap()), partly);
    }
}
