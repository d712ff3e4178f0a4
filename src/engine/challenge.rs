//! The phrase a person has to type: the target's own name.

mod aws;
mod host;
mod parts;
mod quoted;

pub use aws::aws_challenge;
pub use host::{HostScope, host_challenge};

use super::effect::Effect;
use super::escape::escape;
use super::fact::Source;
use crate::engine::kube::KubeTarget;
use crate::engine::server::{is_loopback, server_parts};
use parts::{Part, fitted, short_digest};
use std::borrow::Cow;

/// What is asked, and what answers it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// The exact text that answers a typed question.
    pub phrase: String,
    /// The kind of thing to type, as the question names it: `cluster/namespace`, `account/stack/name`.
    pub kind: Cow<'static, str>,
    /// The names in the phrase that the person has to find on the screen, besides the target's own: as they are typed.
    pub names: Vec<String>,
    /// Its form where not every word of the kind stands for another: `<account>/stack/<name>`.
    form: Option<String>,
    /// What `GUARD_CONFIRM` has to be, and its form, where that is more than the phrase.
    variable: Option<(String, String)>,
    /// The digest in the variable is over several things, or over a document: it helps to compare them.
    several: bool,
    /// What answered in guard 0.1, and before phrases named every place.
    former: Vec<String>,
    /// The phrase as people write it, where that is not how it is spelt here: with blanks and letters of all alphabets.
    natural: Option<String>,
    /// The namespace of a cluster that is the command's own, whatever it hits: guard 0.1 took it for a phrase.
    namespace: String,
}

impl Challenge {
    /// A question that is answered by this phrase, typed or in `GUARD_CONFIRM`.
    pub fn new(phrase: impl Into<String>, kind: impl Into<Cow<'static, str>>) -> Challenge {
        Challenge { phrase: phrase.into(), kind: kind.into(), ..Challenge::default() }
    }

    /// Demands these words behind the phrase as well where `GUARD_CONFIRM` answers: at a terminal they are asked for by
    /// themselves.
    pub fn also(&mut self, words: &str) {
        if !self.phrase.is_empty() {
            let (phrase, form) = (self.variable().to_owned(), self.variable_pattern());
            self.variable = Some((format!("{phrase} {words}"), format!("{form} {words}")));
        }
    }

    /// What `GUARD_CONFIRM` has to be: the phrase, and where several things are hit a digest of the others, on a host what
    /// stops. It answers a typed question as well.
    pub fn variable(&self) -> &str {
        self.variable.as_ref().map_or(&self.phrase, |(phrase, _)| phrase)
    }

    /// The phrase as the screen shows it.
    pub fn shown(&self) -> &str {
        self.natural.as_deref().unwrap_or(&self.phrase)
    }

    /// The form of that.
    pub fn variable_pattern(&self) -> String {
        self.variable.as_ref().map_or_else(|| self.pattern(), |(_, form)| form.clone())
    }

    /// Whether it has a digest of several things in it, of which the screen has not all names.
    pub fn tells_several(&self) -> bool {
        self.several
    }

    /// Whether `GUARD_CONFIRM` has to say more than what is typed.
    pub fn variable_says_more(&self) -> bool {
        self.variable.as_ref().is_some_and(|(phrase, _)| *phrase != self.phrase)
    }

    /// How the answer is put together, as the question shows it: `<cluster>/<namespace>/*`. What stands outside of the
    /// angle brackets is typed as it stands there.
    pub fn pattern(&self) -> String {
        if let Some(form) = &self.form {
            return form.clone();
        }
        let mut out = String::new();
        let mut word = String::new();
        let close = |word: &mut String, out: &mut String| {
            if !word.is_empty() {
                out.push_str(&format!("<{word}>"));
                word.clear();
            }
        };
        for c in self.kind.chars() {
            match c {
                '/' | '+' | '*' => {
                    close(&mut word, &mut out);
                    out.push(c);
                }
                // `plugin:` stands in the answer itself.
                ':' => {
                    out.push_str(&word);
                    word.clear();
                    out.push(c);
                }
                c => word.push(c),
            }
        }
        close(&mut word, &mut out);
        out
    }

    /// Where the words of the answer stand, for the question and for whoever got it wrong: `both in bold above`.
    pub fn stands(&self, bold: bool) -> &'static str {
        stands(&self.pattern(), bold)
    }

    /// The same for the form of `GUARD_CONFIRM`.
    pub fn variable_stands(&self) -> &'static str {
        stands(&self.variable_pattern(), false)
    }

    /// Whether an answer matches: byte for byte, but for blanks around it and the order of several namespaces. An empty
    /// phrase matches nothing.
    pub fn accepts(&self, answer: &[u8]) -> bool {
        let answer = answer.trim_ascii();
        !self.phrase.is_empty()
            && (answer == self.phrase.as_bytes()
                || self.natural.as_ref().is_some_and(|natural| answer == natural.as_bytes())
                || self.accepts_in_another_order(answer)
                || self.variable.as_ref().is_some_and(|(phrase, _)| answer == phrase.as_bytes()))
    }

    /// Whether the variable's value answers: the phrase, or the effect and the phrase (`destroy main/shop/*`), which then
    /// answers for nothing that is worse or milder.
    pub fn accepts_variable(&self, value: &[u8], effect: Effect) -> bool {
        let value = value.trim_ascii();
        let bound = value.strip_prefix(effect.word().as_bytes()).filter(|rest| rest.starts_with(b" "));
        // Nobody reads a screen here: what is hit besides the first has to be in the value itself.
        let answers = |value: &[u8]| match &self.variable {
            Some((phrase, _)) => !self.phrase.is_empty() && value.trim_ascii() == phrase.as_bytes(),
            None => self.accepts(value),
        };
        answers(value) || bound.is_some_and(answers)
    }

    /// Whether a value is what guard 0.1 took for this target: it named neither whole namespaces nor the unseen. `name` is
    /// the target's.
    pub fn was_formerly(&self, value: &[u8], name: &str) -> bool {
        let value = String::from_utf8_lossy(value.trim_ascii());
        let bound = Effect::ALL.iter().find_map(|e| value.strip_prefix(e.word())?.strip_prefix(' '));
        let value = bound.map_or(value.as_ref(), str::trim_start);
        // What is typed answers no more in the variable, where that has to say more.
        if self.variable_says_more() && value == self.phrase
            || self.former.iter().any(|former| former == value && *value != *self.variable())
        {
            return true;
        }
        let Some(rest) = self.phrase.strip_prefix(name).and_then(|rest| rest.strip_prefix('/')) else {
            return false;
        };
        let said = match value.strip_prefix(name) {
            Some("") => "",
            Some(said) => match said.strip_prefix('/') {
                Some(said) => said,
                None => return false,
            },
            None => return false,
        };
        let count = |list: &str| format!("{} namespaces", list.split(',').count());
        match rest.strip_suffix("/*") {
            _ if rest == "*" || rest.starts_with("plugin:") => said.is_empty() || said == self.namespace,
            Some(list) => said == list || said == count(list),
            None => said == count(rest),
        }
    }

    /// `b,a` for `a,b`: each name once, nothing more and nothing less.
    fn accepts_in_another_order(&self, answer: &[u8]) -> bool {
        let Ok(answer) = std::str::from_utf8(answer) else { return false };
        match (Listed::of(&self.phrase), Listed::of(answer)) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => false,
        }
    }
}

/// A phrase that lists several namespaces, taken apart: what stands before them, the names in order, what follows.
#[derive(PartialEq, Eq)]
struct Listed<'a> {
    before: &'a str,
    names: Vec<&'a str>,
    whole: bool,
}

impl<'a> Listed<'a> {
    fn of(phrase: &'a str) -> Option<Listed<'a>> {
        let (phrase, whole) = match phrase.strip_suffix("/*") {
            Some(rest) => (rest, true),
            None => (phrase, false),
        };
        let (before, list) = phrase.rsplit_once('/')?;
        let mut names: Vec<&str> = list.split(',').collect();
        names.sort_unstable();
        (names.len() > 1).then_some(Listed { before, names, whole })
    }
}

/// How far a command reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Something in these namespaces.
    Namespaces {
        /// Their names.
        names: Vec<String>,
        /// They go themselves, or everything in them does that fits `--all` or a selector.
        whole: bool,
    },
    /// Cluster-scoped objects by name.
    Cluster,
    /// Every namespace, or not everything was seen.
    Everything,
    /// A plugin nobody knows: only `GUARD_CONFIRM` needs its phrase, a person is asked y/N.
    Plugin(String),
}

/// Names that tools give to every cluster they make, and that therefore name none.
const GENERIC: &[&str] = &[
    "kubernetes",
    "default",
    "cluster.local",
    "cluster",
    "local",
    "k8s",
    "kubernetes-cluster",
    "microk8s-cluster",
    "k0s",
    "eks",
    "gke",
    "aks",
    "in-cluster",
];

/// Where the words of a form stand: `both in bold above`.
fn stands(pattern: &str, bold: bool) -> &'static str {
    match (pattern.matches('<').count(), bold) {
        (0 | 1, true) => "in bold above",
        (0 | 1, false) => "named above",
        (2, true) => "both in bold above",
        (2, false) => "both named above",
        (_, true) => "all in bold above",
        (_, false) => "all named above",
    }
}

/// The longest phrase anybody is asked to type, in bytes.
pub const LONGEST: usize = 128;

/// The question for a command that reaches this far.
pub fn challenge(target: &KubeTarget, policy_name: Option<&str>, scope: &Scope) -> Challenge {
    let cluster = Part::name(&cluster_name(target, policy_name));
    let said = |rest: &[Part], kind: &'static str| {
        let parts: Vec<Part> = std::iter::once(cluster.clone()).chain(rest.iter().cloned()).collect();
        Challenge { namespace: target.namespace.value.clone(), ..Challenge::new(fitted(&parts), kind) }
    };
    let (names, whole) = match scope {
        Scope::Cluster => return said(&[], "cluster"),
        Scope::Everything => return said(&[Part::fixed("/*")], "cluster/*"),
        Scope::Plugin(name) => {
            return said(&[Part::fixed("/plugin:"), Part::name(name)], "cluster/plugin:name");
        }
        Scope::Namespaces { names, whole } => (names, *whole),
    };
    let mut names: Vec<String> = names.iter().map(|n| typeable_form(n)).collect();
    names.sort_unstable();
    names.dedup();
    let end = Part::fixed(if whole { "/*" } else { "" });
    let slash = Part::fixed("/");
    let kind = match (names.as_slice(), whole) {
        ([], _) => return said(&[Part::fixed("/*")], "cluster/*"),
        ([_], false) => "cluster/namespace",
        ([_], true) => "cluster/namespace/*",
        (_, false) => "cluster/namespaces",
        (_, true) => "cluster/namespaces/*",
    };
    let list = names.join(",");
    let length = cluster.len() + list.len() + end.len() + 1;
    match names.as_slice() {
        [first, others @ ..] if !others.is_empty() && length > LONGEST => {
            let more = format!("+{}.{}", others.len(), short_digest(others));
            said(&[slash, Part::name(first), Part::fixed(&more), end], kind)
        }
        _ => said(&[slash, Part::name(&list), end], kind),
    }
}

/// What the cluster is called in a phrase: the policy's name for it; else its real name, where the context or the
/// cluster entry carries the one its provider gave; else the cluster entry, unless that names nothing in particular;
/// else the server's `host:port`. Two servers that go by generic names never get the same.
pub fn cluster_name(target: &KubeTarget, policy_name: Option<&str>) -> String {
    if let Some(name) = policy_name.filter(|n| is_typeable(n)) {
        return name.to_owned();
    }
    let cluster = target.cluster.as_ref().map(|c| c.value.as_str());
    // With --server the entry's name says nothing about where the command goes.
    let entry_counts = !matches!(&target.server.from, Source::Flag(_));
    if entry_counts {
        let context = target.context.as_ref().map(|c| c.value.as_str());
        for entry in [context, cluster].into_iter().flatten() {
            if let Some(real) = real_name(entry, &target.server.value) {
                let name = if target.cluster_name_is_ambiguous || is_generic(&real.name) {
                    real.full
                } else {
                    real.name
                };
                if is_typeable(&name) {
                    return name;
                }
            }
        }
        if let Some(name) =
            cluster.filter(|n| !target.cluster_name_is_ambiguous && !is_generic(n) && is_typeable(n))
        {
            return name.to_owned();
        }
    }
    address(target)
}

/// Host, port and path of the server. Addresses that mean another cluster on another machine (loopback, a pod's own
/// API server) carry the beginning of the CA's hash or the cluster's uid as well.
fn address(target: &KubeTarget) -> String {
    let parts = server_parts(&target.server.value);
    let mut out = typeable_form(&format!("{}{}", parts.host_port(), parts.path));
    let elsewhere = is_loopback(&parts.host) || target.server.from == Source::InCluster;
    let mark = target.ca_sha256.as_ref().or(target.uid.value()).filter(|m| elsewhere && is_typeable(m));
    if let Some(mark) = mark {
        out.push('+');
        out.extend(mark.chars().take(8));
    }
    out
}

/// A cluster's name as its provider knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealName {
    /// The name alone.
    pub name: String,
    /// The name with what makes it unique: region and account, project and zone.
    pub full: String,
}

/// The real name inside a context or cluster entry that a provider's tool wrote.
///
/// `arn:aws:eks:REGION:ACCOUNT:cluster/NAME` (aws eks update-kubeconfig), `USER@NAME.REGION.eksctl.io` (eksctl),
/// `gke_PROJECT_ZONE_NAME` (gcloud), `NAME-admin` on an azmk8s.io server (az aks get-credentials).
pub fn real_name(entry: &str, server: &str) -> Option<RealName> {
    if let Some(rest) = entry.strip_prefix("arn:aws") {
        let mut parts = rest.splitn(5, ':').skip(1);
        let (service, region, account) = (parts.next()?, parts.next()?, parts.next()?);
        let name = parts.next()?.strip_prefix("cluster/")?;
        let good = service == "eks" && !name.is_empty() && !name.contains('/');
        return good.then(|| RealName { name: name.into(), full: format!("{name}.{region}.{account}") });
    }
    if let Some(rest) = entry.strip_suffix(".eksctl.io") {
        let cluster = rest.rsplit_once('@').map_or(rest, |(_, c)| c);
        let name = cluster.rsplit_once('.')?.0;
        return (!name.is_empty()).then(|| RealName { name: name.into(), full: cluster.into() });
    }
    if let Some(rest) = entry.strip_prefix("gke_") {
        let name = rest.splitn(3, '_').nth(2)?;
        return (!name.is_empty()).then(|| RealName { name: name.into(), full: entry.into() });
    }
    let host = server_parts(server).host;
    if host.ends_with(".azmk8s.io") {
        let name = entry.strip_suffix("-admin").unwrap_or(entry);
        return (!name.is_empty()).then(|| RealName { name: name.into(), full: host });
    }
    None
}

/// Whether a name is given to so many clusters that it names none.
pub fn is_generic(name: &str) -> bool {
    GENERIC.iter().any(|g| g.eq_ignore_ascii_case(name))
}

/// Printable ASCII without spaces: what every keyboard can type and every eye can tell apart.
pub(super) fn is_typeable(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The text itself when it can be typed, else with everything odd written out as `\u{…}`.
fn typeable_form(text: &str) -> String {
    if text.is_empty() || is_typeable(text) {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in escape(text.as_bytes()).chars() {
        if c.is_ascii_graphic() {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
}

#[cfg(test)]
#[path = "challenge_tests.rs"]
mod tests;
