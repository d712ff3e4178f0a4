//! The phrase of a command of the AWS CLI: account, kind, where it is, name.

use super::parts::{Part, fitted, short_digest};
use super::quoted::{ends_like_digest, segment};
use super::{Challenge, typeable_form};
use crate::engine::aws::AwsTarget;
use crate::engine::aws::naming::{Naming, Place};

/// The question for a command of the AWS CLI: `acme-prod/stack/app`, `acme-prod/instance/i-1+2`, `acme-prod/bucket/logs/*`,
/// `acme-prod/record-set/Z1/3`, `acme-prod/object/logs/a#v1`. `formerly` are the names that guard 0.1 knew the command's
/// target by.
///
/// `GUARD_CONFIRM` says the region as well (`acme-prod/eu-west-1/stack/app`), where the name does not hold in all of them: it
/// is written once, nobody reads a screen then, and the same stack in the next region is another one. Where no region is
/// known there is a `*`. What else was given goes into a digest.
pub fn aws_challenge(
    target: &AwsTarget,
    policy_name: Option<&str>,
    naming: &Naming,
    formerly: &[String],
) -> Challenge {
    let account = target.account_name(policy_name);
    let place = target.place_word();
    if account.is_empty() {
        return Challenge::new("", place);
    }
    let mut said = Said::new(&account, place);
    if !naming.everywhere && !target.global_service && target.foreign().is_none() {
        let region = target.region.as_ref().map(|region| region.value.as_str());
        said.region = Some(region.filter(|region| !region.is_empty()).map(str::to_owned));
    }
    said.literal(&naming.kind);
    let names: &[String] = if naming.unread { &[] } else { &naming.names };
    // Slashes stay in one name of a phrase: in the last one, or in a place where the last has none.
    let ends = naming.names.last().is_some_and(|_| naming.slashes);
    let plain = names.first().is_none_or(|name| !name.contains('/'));
    // The account at work stands there already; `-` means it, too (Glacier).
    let own = |place: &Place| {
        place.account
            && (place.name == "-" || target.account.value().is_some_and(|account| *account == place.name))
    };
    let other_account = naming.places.iter().any(|place| place.account && !own(place));
    let ends = ends && !other_account;
    for (at, place) in naming.places.iter().enumerate().filter(|(_, place)| !own(place)) {
        let last = at + 1 == naming.places.len() && !other_account;
        let slashes = place.slashes && last && (names.is_empty() || (plain && !ends));
        said.quoted(&place.label, &place.name, slashes);
        if place.others > 0 {
            said.more(place.others);
        }
    }
    if naming.unread {
        // What could not be read may name anything.
        said.literal("*");
    }
    let mut beside = naming.beside.clone();
    let mut several = naming.count.is_some() && names.is_empty();
    match names {
        [] => {
            if let Some(count) = naming.count {
                said.number("count", count);
            }
        }
        [one] => said.quoted("name", one, ends),
        [first, others @ ..] => {
            said.quoted("first", first, ends);
            said.more(others.len());
            let mut others = others.to_vec();
            others.sort_unstable();
            beside.splice(0..0, others);
            several = true;
        }
    }
    if let Some(version) = &naming.version {
        said.version(version);
    }
    if naming.whole {
        said.literal("*");
    }
    beside.extend(elsewhere(target, naming));
    let digest = (several || !beside.is_empty()).then(|| short_digest(&beside));
    let mut challenge = said.challenge(digest);
    challenge.several = several;
    challenge.former = vec![former(&account, formerly), before(&account, naming)];
    challenge
}

/// What is told by an address in another account or region than the command's own, and the endpoint of AWS that it goes to.
fn elsewhere(target: &AwsTarget, naming: &Naming) -> Vec<String> {
    let own = |given: &str, own: Option<&String>| given.is_empty() || own.is_some_and(|own| own == given);
    let region = target.region.as_ref().map(|region| &region.value);
    let others = naming.addressed.iter().filter(|address| {
        !own(&address.account, target.account.value())
            || !(own(&address.region, region) || target.global_service || naming.everywhere)
    });
    let endpoint = target.endpoint.iter().filter(|_| target.foreign().is_none()).map(|at| at.value.clone());
    others.map(|address| address.text.clone()).chain(endpoint.filter(|at| !at.is_empty())).collect()
}

/// What guard 0.1 asked for.
pub(super) fn former(place: &str, things: &[String]) -> String {
    let place = typeable_form(place);
    match things {
        [] => place,
        [thing] => format!("{place}/{}", typeable_form(thing)),
        [first, more @ ..] => format!("{place}/{}+{}", typeable_form(first), more.len()),
    }
}

/// What was asked for before places were told by a rule and odd names stood in quotes.
fn before(account: &str, naming: &Naming) -> String {
    let mut said = Said::new(account, "");
    said.literal(&naming.kind);
    for place in naming.places.iter().filter(|place| !place.added) {
        said.name("", &place.name);
        if place.others > 0 {
            said.more(place.others);
        }
    }
    match naming.names.as_slice() {
        _ if naming.unread => said.literal("*"),
        [] => naming.count.into_iter().for_each(|count| said.number("", count)),
        [first, others @ ..] => {
            said.name("", first);
            if !others.is_empty() {
                said.more(others.len());
            }
        }
    }
    naming.version.iter().for_each(|version| said.name("", version));
    if naming.whole {
        said.literal("*");
    }
    fitted(&said.parts)
}

/// A phrase, its form and its kind, as they grow.
pub(super) struct Said {
    parts: Vec<Part>,
    form: String,
    kind: String,
    names: Vec<String>,
    /// What stands behind the place in the variable alone; `Some(None)` for a region that is not known.
    region: Option<Option<String>>,
}

impl Said {
    /// Starts with the target's own name.
    pub(super) fn new(place: &str, label: &str) -> Said {
        Said {
            parts: vec![Part::name(place)],
            form: format!("<{label}>"),
            kind: label.to_owned(),
            names: Vec::new(),
            region: None,
        }
    }

    /// A word that is typed as it stands in the question.
    pub(super) fn literal(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        self.parts.extend([Part::fixed("/"), Part::fixed(word)]);
        self.form.push_str(&format!("/{word}"));
        self.kind.push_str(&format!("/{word}"));
    }

    /// A name that stands on the screen.
    pub(super) fn name(&mut self, label: &str, name: &str) {
        self.parts.extend([Part::fixed("/"), Part::name(name)]);
        self.form.push_str(&format!("/<{label}>"));
        self.kind.push_str(&format!("/{label}"));
        self.names.push(typeable_form(name));
    }

    /// The same, in quotes where it is odd.
    fn quoted(&mut self, label: &str, name: &str, slashes: bool) {
        if name == "*" && label != "name" && label != "first" {
            self.literal("*");
        } else {
            self.name(label, &segment(name, slashes));
        }
    }

    /// Which version of it.
    fn version(&mut self, version: &str) {
        let version = segment(version, false);
        self.parts.extend([Part::fixed("#"), Part::name(&version)]);
        self.form.push_str("#<version>");
        self.kind.push_str("#version");
        self.names.push(typeable_form(&version));
    }

    /// A number of things that have no names.
    pub(super) fn number(&mut self, label: &str, count: usize) {
        self.parts.push(Part::fixed(&format!("/{count}")));
        self.form.push_str(&format!("/<{label}>"));
        self.kind.push_str(&format!("/{label}"));
        self.names.push(count.to_string());
    }

    /// How many more.
    pub(super) fn more(&mut self, others: usize) {
        self.parts.push(Part::fixed(&format!("+{others}")));
        self.form.push_str("+<others>");
        self.kind.push_str("+others");
        self.names.push(format!("+{others}"));
    }

    /// The question; with a region or a digest `GUARD_CONFIRM` has to have that, too.
    pub(super) fn challenge(self, digest: Option<String>) -> Challenge {
        let phrase = fitted(&self.parts);
        // A name that ends like a digest would be taken for one.
        let digest =
            digest.or_else(|| ends_like_digest(&phrase).then(|| short_digest(std::slice::from_ref(&phrase))));
        let mut challenge = Challenge::new(phrase, self.kind);
        if digest.is_some() || self.region.is_some() {
            let (mut parts, mut form) = (self.parts.clone(), self.form.clone());
            if let Some(region) = &self.region {
                let (part, label) = match region {
                    Some(region) => (Part::name(region), "<region>"),
                    None => (Part::fixed("*"), "*"),
                };
                parts.splice(1..1, [Part::fixed("/"), part]);
                let end = form.find('>').map_or(form.len(), |at| at + 1);
                form.insert_str(end, &format!("/{label}"));
            }
            if let Some(digest) = digest {
                parts.push(Part::fixed(&format!(".{digest}")));
                form.push_str(".<digest>");
            }
            challenge.variable = Some((fitted(&parts), form));
        }
        challenge.form = Some(self.form);
        challenge.names = self.names;
        challenge
    }
}
