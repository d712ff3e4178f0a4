//! Where the tools would go from here, as it is now: by the pipeline of every call, with words that change nothing, and without a
//! question to any cluster or account.

use super::call::{Call, Options};
use super::cx::Cx;
use super::machine;
use crate::engine::fact::Source;
use crate::engine::policy::{Merged, place};
use crate::engine::target::{Environment, Target, Value};
use crate::fail::{Fail, Kind};
use crate::world::World;
use serde::Serialize;
use std::ffi::OsString;

/// Where a tool would go.
#[derive(Debug, Serialize)]
pub struct Where {
    /// `production`, `staging`, `development` or `unclassified`; `null` when nobody knows where it goes.
    #[serde(rename = "environment")]
    pub word: Option<&'static str>,
    /// Why it is taken for that.
    pub because: String,
    /// In a word: `main/shop`; `null` when nobody knows.
    pub place: Option<String>,
    /// The same in full, for a line of its own: an account's id stands beside its name.
    #[serde(skip)]
    pub in_full: String,
    /// How it was chosen, or why nobody knows.
    pub chosen: String,
    /// The profile, with a question mark, where only the account itself can say which it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsure: Option<String>,
    /// What is read on the way there cannot be read.
    #[serde(skip)]
    pub broken: bool,
    /// Nothing that anybody wrote leads there: the tool would see what the machine gives it.
    #[serde(skip)]
    pub guessed: bool,
    /// The same as `word`.
    #[serde(skip)]
    pub environment: Option<Environment>,
}

impl Where {
    /// Whether anybody chose it: no kubeconfig and no profile lead nowhere in particular.
    pub fn is_chosen(&self) -> bool {
        self.place.is_some() && !self.chosen.is_empty() && !self.guessed
    }
}

/// A call of a tool that goes where all of its calls go, and neither asks nor changes anything when it is only looked at.
struct Probe {
    argv: &'static [&'static str],
    /// What of its target says how it was chosen, by its label.
    chosen: &'static [&'static str],
}

const KUBECTL: Probe = Probe { argv: &["kubectl", "get", "pods"], chosen: &["context"] };
// A change that passes is told by what is remembered; a read is not told at all.
const AWS: Probe = Probe { argv: &["aws", "ec2", "create-tags"], chosen: &["profile", "credentials"] };
/// The first of them that is there: `rm` is everywhere.
const HOST: [Probe; 3] = [
    Probe { argv: &["systemctl", "status"], chosen: &["origin"] },
    Probe { argv: &["apt-get", "check"], chosen: &["origin"] },
    Probe { argv: &["rm", "--help"], chosen: &["origin"] },
];

/// The cluster and namespace.
pub fn cluster(world: &World, policy: &Merged) -> Where {
    look(&KUBECTL, world, policy)
}

/// The AWS account and region. The account is the one that the same profile and key led to last, within twelve hours.
pub fn account(world: &World, policy: &Merged) -> Where {
    look(&AWS, world, policy)
}

/// This machine.
pub fn host(world: &World, policy: &Merged) -> Where {
    let mut found = HOST.iter().map(|probe| look(probe, world, policy));
    let none = || nowhere("no tool of the machine is installed");
    found.find(|found| found.place.is_some()).unwrap_or_else(none)
}

/// This machine by its own files, where somebody has said what it is. Quicker than [`host`], and nobody is asked.
pub fn named_host(world: &World, policy: &Merged) -> Option<Where> {
    let target = machine::resolve::by_files(world);
    let place = place::classify_target(&target.seen(), policy);
    (place.environment != Environment::Unclassified).then(|| Where {
        word: Some(place.environment.word()),
        because: place.because.clone(),
        place: Some(target.host_name(place.name.as_deref())).filter(|name| !name.is_empty()),
        in_full: String::new(),
        chosen: String::new(),
        unsure: None,
        guessed: false,
        broken: false,
        environment: Some(place.environment),
    })
}

fn nowhere(why: &str) -> Where {
    Where {
        word: None,
        because: String::new(),
        place: None,
        in_full: String::new(),
        chosen: why.to_owned(),
        unsure: None,
        guessed: false,
        broken: false,
        environment: None,
    }
}

/// Nobody knows where it goes. That there is no such tool here is no fault of anybody's files.
fn failed(fail: &Fail) -> Where {
    let why = fail.because.iter().map(|why| format!("; {why}")).collect::<String>();
    Where { broken: fail.kind != Kind::NotFound, ..nowhere(&format!("{}{why}", fail.what)) }
}

/// Where this call would go, by the pipeline of every call.
fn look(probe: &Probe, world: &World, policy: &Merged) -> Where {
    let argv = probe.argv.iter().map(OsString::from).collect();
    let Some(call) = Call::of(argv) else { return nowhere("") };
    let options = Options { probe: false, interactive: false, progress: false, recalls: true, runs: false };
    let reading = match super::read(&call, world) {
        Ok(reading) => reading,
        Err(fail) => return failed(&fail),
    };
    let (raw, words) = (call.words(), reading.invocation().slices());
    let judged = match reading.judge(Cx::new(&call, &raw, &words, world, policy, options)) {
        Ok(judged) => judged,
        Err(fail) => return failed(&fail),
    };
    let target = match &judged.target {
        Ok(target) => target,
        Err(fail) => return failed(fail),
    };
    let told = |label: &&str| {
        let part = target.parts.iter().find(|part| part.label == Some(*label))?;
        match &part.value {
            Value::Said { value, from } => Some(format!("{label} {value}, {from}")),
            Value::Text(text) => Some(format!("{label} {text}")),
            Value::List(texts) if !texts.is_empty() => Some(texts.join(", ")),
            _ => None,
        }
    };
    let classified = &judged.outcome.place;
    Where {
        word: Some(classified.environment.word()),
        because: classified.because.clone(),
        place: Some(place(target).unwrap_or_else(|| judged.sight.long_place.clone())),
        in_full: judged.sight.long_place.clone(),
        chosen: probe.chosen.iter().filter_map(told).collect::<Vec<_>>().join("; "),
        guessed: is_guessed(target),
        broken: false,
        unsure: unsure(target),
        environment: Some(classified.environment),
    }
}

/// The cluster and its namespace, or the account and its region, as they are called.
fn place(target: &Target) -> Option<String> {
    let said = |key: &str| match value(target, key) {
        Some(Value::Said { value, .. }) => Some(value),
        _ => None,
    };
    let (name, inside) = match (value(target, "cluster"), value(target, "account_name")) {
        (Some(Value::Text(cluster)), _) => (cluster, said("namespace")),
        (_, Some(Value::Text(account))) if !account.is_empty() => (account, said("region")),
        _ => return None,
    };
    Some(inside.map_or_else(|| name.clone(), |inside| format!("{name}/{inside}")))
}

fn value<'t>(target: &'t Target, key: &str) -> Option<&'t Value> {
    target.parts.iter().find(|part| part.key == Some(key)).map(|part| &part.value)
}

/// Whether nobody knows the account, and no file and no variable has keys or a profile.
fn is_guessed(target: &Target) -> bool {
    let built_in = Source::Default.to_string();
    let by_default =
        matches!(value(target, "credentials"), Some(Value::Said { from, .. }) if *from == built_in);
    by_default && matches!(value(target, "account"), Some(Value::Unknown(_)))
}

/// What stands for an account nobody has asked.
fn unsure(target: &Target) -> Option<String> {
    let said = |key: &str| match value(target, key) {
        Some(Value::Said { value, .. }) => Some(value.as_str()),
        _ => None,
    };
    // An endpoint that is not AWS's has a name without any account.
    let named = matches!(value(target, "account_name"), Some(Value::Text(name)) if !name.is_empty());
    (!named && matches!(value(target, "account"), Some(Value::Unknown(_)))).then(|| {
        let region = said("region").map(|region| format!("/{region}")).unwrap_or_default();
        // Keys of the environment belong to no profile.
        let keys = said("credentials").is_some_and(|words| words.starts_with("environment"));
        format!("{}?{region}", said("profile").unwrap_or(if keys { "keys" } else { "default" }))
    })
}
