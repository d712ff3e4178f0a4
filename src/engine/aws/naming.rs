//! How a phrase says what a command hits: its kind, where it is (cluster, table, zone, repository), and its name. A document
//! or SQL never stands in it: of those there is a count. What was given and does not stand in the phrase is handed on, for the
//! digest in `GUARD_CONFIRM`.

mod beside;
pub(super) mod document;
mod places;
mod s3;
mod step;
mod words;

use super::hit::Hit;
use super::spelling;
use beside::Beside;
#[cfg(feature = "cli")]
use document::is_document;
use step::{How, Step};

/// What a phrase says of one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// The kind of thing, as it is typed: `stack`, `instance`, `eks-cluster`.
    pub kind: String,
    /// Where it is, the outermost first.
    pub places: Vec<Place>,
    /// The names of what is hit, in the order given, each once.
    pub names: Vec<String>,
    /// A name may keep its slashes, as the last thing of the phrase: a key, a parameter, a log group.
    pub slashes: bool,
    /// Which version of it, where that is not what the command is about: of an object, of a function.
    pub version: Option<String>,
    /// Everything in the last place goes.
    pub whole: bool,
    /// How many things a document speaks of, where it names none of them itself.
    pub count: Option<usize>,
    /// What was given besides: options that the phrase does not say, documents. Only a digest is made over it.
    pub beside: Vec<String>,
    /// What was given by its whole name, which says account and region as well.
    pub addressed: Vec<Addressed>,
    /// The name holds in every region: S3's buckets.
    pub everywhere: bool,
    /// Something that names what is hit could not be read.
    pub unread: bool,
}

/// Where a thing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// What the question calls it: `hosted zone`.
    pub label: String,
    /// Its name, of several the first.
    pub name: String,
    /// How many there are besides.
    pub others: usize,
    /// It is the account whose the thing is.
    pub account: bool,
    /// It may keep its slashes where nothing else has any: a repository.
    pub slashes: bool,
    /// Phrases did not say it before places were told by a rule.
    pub added: bool,
}

/// An ARN or a queue's URL of which the phrase shows the name alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addressed {
    /// The region in it; may be empty.
    pub region: String,
    /// The account in it; may be empty.
    pub account: String,
    /// All of it.
    pub text: String,
}

/// What a phrase says of this command.
pub fn naming(hit: &Hit) -> Naming {
    if hit.service == "s3" {
        return s3::naming(hit);
    }
    let everywhere = hit.service == "s3api";
    let mut naming = Naming { kind: kind(hit), everywhere, ..Naming::default() };
    let mut beside = Beside::default();
    let (mut path, fixed) = path(hit);
    if fixed {
        path.extend(places::version(hit, &path));
    }
    let given: Vec<Step<'_>> = path.iter().filter_map(|step| Step::of(hit, step)).collect();
    let (version, given): (Vec<_>, Vec<_>) = given.into_iter().partition(|step| step.how == How::Version);
    // Nearer to the account than what the row names.
    let outer = if fixed { places::outer(hit, &given) } else { Vec::new() };
    for step in outer.iter().filter_map(|option| Step::of(hit, option)) {
        naming.add_place(&step, &mut beside, true);
    }
    let optional = naming.places.iter().any(|place| !place.account);
    match given.split_last() {
        Some((last, before)) => {
            for step in before {
                naming.add_place(step, &mut beside, !fixed);
            }
            match last.how {
                How::Plain | How::Version => naming.add_names(last, &mut beside),
                How::Members => naming.add_members(last, &mut beside),
                How::Tables => naming.add_place(last, &mut beside, false),
            }
        }
        // `--version-id` alone names nothing else.
        None => version.iter().for_each(|step| naming.add_names(step, &mut beside)),
    }
    if let (Some(step), false) = (version.first(), given.is_empty()) {
        naming.add_version(step, &mut beside);
    }
    // How many places there are has to be certain where a name has slashes in it.
    if optional || !fixed {
        naming.slashes = false;
        naming.places.iter_mut().for_each(|place| place.slashes = false);
    }
    if naming.names.is_empty() && naming.count.is_none() && hit.unread {
        naming.unread = true;
    }
    let (left, addressed) = beside.of(hit);
    (naming.beside, naming.addressed) = (left, addressed);
    naming
}

/// The options that name what this command hits, the outermost first, and whether a table says so.
fn path(hit: &Hit) -> (Vec<String>, bool) {
    #[cfg(feature = "cli")]
    {
        let given = |path: &[String]| {
            path.iter().filter_map(|step| Step::of(hit, step)).any(|step| step.how != How::Version)
        };
        let command = hit.verb();
        if let Some((_, path)) = crate::engine::aws::tables::naming(command.as_bytes()) {
            let path: Vec<String> = path.split(',').map(str::to_owned).collect();
            if given(&path) {
                return (path, true);
            }
        } else if let Some(reviewed) = super::reviewed(&hit.service, &hit.operation) {
            // Settings that a document holds are no name: they never stand in a phrase.
            let named: Vec<String> = reviewed
                .target
                .split(',')
                .filter_map(|option| option.strip_prefix("--"))
                .filter(|option| hit.list(option).iter().all(|value| !is_document(value)))
                .map(str::to_owned)
                .collect();
            if given(&named) {
                return (named, true);
            }
        }
    }
    (places::path(hit), false)
}

/// The kind of thing a phrase says: what the operation's name speaks of, with the service in front of it where several
/// services have something of that name.
pub fn kind(hit: &Hit) -> String {
    let noun = noun(hit);
    #[cfg(feature = "cli")]
    {
        use crate::engine::aws::tables;
        let command = hit.verb();
        if let Some((kind, _)) = tables::naming(command.as_bytes()).filter(|(kind, _)| *kind != "-") {
            return kind.to_owned();
        }
        let service = if hit.service == "s3" { "s3api" } else { hit.service.as_str() };
        match tables::shared_kind(noun.as_bytes()) {
            _ if noun.is_empty() => format!("{}-{}", hit.service, hit.operation.replace(' ', "-")),
            None => noun,
            Some(Some(owner)) if owner == service => noun,
            Some(_) if noun.starts_with(&format!("{}-", hit.service)) => noun,
            Some(_) => format!("{}-{noun}", hit.service),
        }
        .trim_matches('-')
        .to_owned()
    }
    #[cfg(not(feature = "cli"))]
    noun
}

/// What the operation's name speaks of, without what it says of the way there: `instances-from-load-balancer` is about
/// instances.
fn noun(hit: &Hit) -> String {
    const TAILS: [&str; 7] = ["from", "in", "to", "by", "with", "for", "as"];
    let words = spelling::noun_of(&hit.operation);
    let words: Vec<&str> = words.split('-').collect();
    let end = words.iter().skip(1).position(|word| TAILS.contains(word)).map_or(words.len(), |at| at + 1);
    spelling::one_of(&words.get(..end).unwrap_or(&words).join("-"))
}

#[cfg(all(test, feature = "cli"))]
mod law_tests;
#[cfg(all(test, feature = "cli"))]
mod rule_tests;
#[cfg(all(test, feature = "cli"))]
mod tests;
