//! One option of a path, and what it adds to a phrase.

use super::beside::Beside;
use super::document::{is_document, is_unread, members, speaks, tables};
use super::{Naming, Place, places};
use crate::engine::aws::hit::Hit;
use crate::engine::aws::{arn, names};

/// One option of a path, as it was given.
pub(super) struct Step<'a> {
    /// Its name.
    pub option: &'a str,
    /// Its values.
    pub values: &'a [String],
    /// What they say.
    pub how: How,
    service: &'a str,
}

/// How an option's value says what is hit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Its values are names.
    Plain,
    /// It is a document or a statement: its members count.
    Members,
    /// It is a document or a statement that names tables.
    Tables,
    /// It says which version of what another option names.
    Version,
}

impl<'a> Step<'a> {
    /// The step of one element of a path, when one of its options was given.
    pub fn of(hit: &'a Hit, element: &'a str) -> Option<Step<'a>> {
        element.split('|').find_map(|option| {
            let marks = [('#', How::Members), ('@', How::Tables), ('%', How::Version)];
            let marked = marks.iter().find_map(|(mark, how)| Some((*how, option.strip_prefix(*mark)?)));
            let (how, option) = marked.unwrap_or((How::Plain, option));
            let values = hit.list(option);
            let document = speaks(option) || values.iter().any(|v| is_document(v));
            let how = if how == How::Plain && document { How::Members } else { how };
            (!values.is_empty()).then_some(Step { option, values, how, service: &hit.service })
        })
    }

    /// What the question calls it: `hosted zone` of `hosted-zone-id`.
    fn label(&self) -> String {
        let ends = ["-ids", "-names", "-arns", "-identifiers", "-id", "-name", "-arn", "-identifier", "-url"];
        let base = ends.iter().find_map(|end| self.option.strip_suffix(end)).unwrap_or(self.option);
        if self.how == How::Tables { "table".to_owned() } else { base.replace('-', " ") }
    }

    /// Whether its names may have slashes in them, as they stand.
    fn slashes(&self) -> bool {
        places::has_slashes(self.service, self.option)
    }

    /// The names in its values, each with where it is, each once.
    fn names(&self, kind: &str, beside: &mut Beside<'a>) -> Vec<Vec<String>> {
        let mut out: Vec<Vec<String>> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for value in self.values.iter().flat_map(|value| names::values(value)) {
            let shown =
                if places::is_exact(self.option) { vec![value.clone()] } else { names::path_of(&value) };
            beside.shown(self.option, kind, &value, &shown);
            let shown: Vec<String> = shown.into_iter().filter(|name| !name.is_empty()).collect();
            if !shown.is_empty() && seen.insert(shown.clone()) {
                out.push(shown);
            }
        }
        out
    }
}

impl Naming {
    /// Where something is. `added` says that phrases did not say it before.
    pub(super) fn add_place<'a>(&mut self, step: &Step<'a>, beside: &mut Beside<'a>, ruled: bool) {
        let (label, slashes) = (step.label(), step.slashes());
        let added = ruled && !places::is_listed(step.option);
        let account = places::is_account(step.option);
        let place =
            |name: String, others| Place { label: label.clone(), name, others, account, slashes, added };
        if step.values.iter().any(|v| is_unread(v)) {
            self.places.push(place("*".to_owned(), 0));
            return;
        }
        match step.how {
            How::Members => {}
            How::Tables => {
                // Several tables are one place: the first and how many more.
                let names = tables(step.values);
                let first = names.first().cloned().unwrap_or_else(|| "*".to_owned());
                self.places.push(place(first, names.len().saturating_sub(1)));
            }
            How::Plain | How::Version => {
                beside.says(step.option);
                match step.names(&self.kind, beside).as_slice() {
                    [] => {}
                    [one] => self.places.extend(one.iter().cloned().map(|name| place(name, 0))),
                    [first, others @ ..] => {
                        // Several places are one as well.
                        self.places.push(place(first.join("/"), others.len()));
                        beside.others(step.option, others.iter().map(|name| name.join("/")));
                    }
                }
            }
        }
    }

    /// What is hit.
    pub(super) fn add_names<'a>(&mut self, step: &Step<'a>, beside: &mut Beside<'a>) {
        if step.values.iter().any(|v| is_unread(v)) {
            self.unread = true;
            return;
        }
        beside.says(step.option);
        self.slashes = step.slashes();
        let mut all = step.names(&self.kind, beside);
        if all.len() > 1 {
            self.names = names::each_once(all.iter().map(|name| name.join("/")));
        } else if let Some(mut path) = all.pop()
            && let Some(name) = path.pop()
        {
            // A load balancer's listener: the balancer is its place.
            let label = step.label();
            let place = |name| Place { label: label.clone(), name, ..Place::default() };
            self.places.extend(path.into_iter().map(place));
            self.names = vec![name];
        }
    }

    /// Which version of it.
    pub(super) fn add_version<'a>(&mut self, step: &Step<'a>, beside: &mut Beside<'a>) {
        if let ([value], false) = (step.values, step.values.iter().any(|v| is_unread(v) || is_document(v))) {
            beside.says(step.option);
            self.version = Some(value.clone()).filter(|value| !value.is_empty());
        }
    }

    /// What a document or a statement speaks of.
    pub(super) fn add_members<'a>(&mut self, step: &Step<'a>, beside: &mut Beside<'a>) {
        if step.values.iter().any(|v| is_unread(v)) {
            self.unread = true;
            return;
        }
        let mut members = members(step.values);
        if speaks(step.option) {
            // A statement without blanks (`g.V().drop()`, `delete/**/from/**/t`) looks like a name and is none.
            members.iter_mut().filter(|member| member.bare).for_each(|member| member.name = None);
        }
        let named: Option<Vec<String>> = members.iter().map(|m| m.name.clone()).collect();
        match named.map(|names| names::each_once(names.into_iter())).filter(|names| !names.is_empty()) {
            Some(names) => {
                // Of an address the phrase has the name alone.
                let short: Vec<String> = names.iter().map(|name| short_of(name)).collect();
                if names.len() == members.len() && members.iter().all(|m| m.bare) && short == names {
                    beside.says(step.option);
                }
                self.slashes = step.slashes();
                self.names = short;
            }
            None => self.count = Some(members.len().max(1)),
        }
    }
}

/// The name in an ARN; anything else as it is.
fn short_of(name: &str) -> String {
    if arn::parts(name).is_some() { names::path_of(name).join("/") } else { name.to_owned() }
}
