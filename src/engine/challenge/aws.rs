//! The phrase of a command of the AWS CLI: account, kind, where it is, name.

use super::parts::{Part, fitted, short_digest};
use super::{Challenge, typeable_form};
use crate::engine::aws::naming::Naming;
use crate::engine::target::AwsTarget;

/// The question for a command of the AWS CLI: `acme-prod/stack/app`, `acme-prod/instance/i-1+2`, `acme-prod/bucket/logs/*`,
/// `acme-prod/record-set/Z1/3`. `formerly` are the names that guard 0.1 knew the command's target by.
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
    said.literal(&naming.kind);
    for (label, name) in &naming.places {
        said.name(label, name);
    }
    let mut names = naming.names.clone();
    if naming.unread {
        // What could not be read may name anything.
        said.literal("*");
        names.clear();
    }
    let digest = match names.as_slice() {
        [] => naming.count.map(|count| {
            said.number("count", count);
            short_digest(&naming.documents)
        }),
        [one] => {
            said.name("name", one);
            (!naming.documents.is_empty()).then(|| short_digest(&naming.documents))
        }
        [first, others @ ..] => {
            said.name("first", first);
            said.more(others.len());
            let mut all = others.to_vec();
            all.sort_unstable();
            all.extend(naming.documents.iter().cloned());
            Some(short_digest(&all))
        }
    };
    if naming.whole {
        said.literal("*");
    }
    let mut challenge = said.challenge(digest);
    challenge.former = Some(former(&account, formerly));
    challenge
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

/// A phrase, its form and its kind, as they grow.
pub(super) struct Said {
    parts: Vec<Part>,
    form: String,
    kind: String,
    names: Vec<String>,
}

impl Said {
    /// Starts with the target's own name.
    pub(super) fn new(place: &str, label: &str) -> Said {
        Said {
            parts: vec![Part::name(place)],
            form: format!("<{label}>"),
            kind: label.to_owned(),
            names: Vec::new(),
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

    /// The question; with a digest `GUARD_CONFIRM` has to have that, too.
    pub(super) fn challenge(self, digest: Option<String>) -> Challenge {
        let mut challenge = Challenge::new(fitted(&self.parts), self.kind);
        challenge.variable = digest.map(|digest| {
            let parts: Vec<Part> =
                self.parts.iter().cloned().chain([Part::fixed(&format!(".{digest}"))]).collect();
            (fitted(&parts), format!("{}.<digest>", self.form))
        });
        challenge.form = Some(self.form);
        challenge.names = self.names;
        challenge
    }
}
