//! What `guard setup` asks about: a cluster, an account or this host, each with what it is known by and the entry it becomes.

use super::accounts::Account;
use super::host::Host;
use super::servers::Server;
use crate::engine::escape::escape;
use crate::engine::policy::place::{IdKind, naming_hint};
use crate::engine::policy::{self, Policy};
use crate::engine::target::Environment;
use crate::engine::tool::TargetKind;

/// How a place comes by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// It has one that counts.
    Fixed,
    /// It is asked for with these words.
    Asked {
        /// The words.
        prompt: &'static str,
        /// It may have none.
        empty: bool,
    },
}

/// One place that a person says what it is.
pub trait Place {
    /// One line: what it is, safe to show.
    fn title(&self) -> String;
    /// What leads to it, a line each, safe to show.
    fn ways(&self) -> Vec<String>;
    /// What the ways are called.
    fn ways_word(&self) -> &'static str;
    /// What people and files call it; a name says nothing for sure, but a place called `prod` is worth a second look.
    fn names(&self) -> Vec<&str>;
    /// What it looks like; only the order of the choices follows it.
    fn suggestion(&self) -> Option<Environment> {
        self.hint().map(|(environment, _)| environment)
    }
    /// How it comes by its name.
    fn naming(&self) -> Naming;
    /// Its name.
    fn name(&self) -> &str;
    /// What it is; `None` when that was not said.
    fn environment(&self) -> Option<Environment>;
    /// Sets both.
    fn call(&mut self, name: String, environment: Option<Environment>);
    /// What a policy knows it by.
    fn identities(&self) -> Vec<(IdKind, &str)>;
    /// The most severe environment that one of its names says, and that name.
    fn hint(&self) -> Option<(Environment, String)> {
        let said = self.names().into_iter().filter_map(|name| Some((naming_hint(name)?.0, name.to_owned())));
        said.reduce(|most, next| if next.0 > most.0 { next } else { most })
    }
    /// The entry of a policy that it has already.
    fn in_policy<'p>(&self, policy: &'p Policy) -> Option<&'p policy::place::Place> {
        let known = self.identities();
        let by = |place: &policy::place::Place, kind: IdKind| {
            let patterns =
                place.identity.iter().filter(|(k, _)| *k == kind).flat_map(|(_, patterns)| patterns);
            let mut values = known.iter().filter(|(k, _)| *k == kind).map(|(_, value)| *value);
            let patterns: Vec<&String> = patterns.collect();
            values.any(|value| patterns.iter().any(|pattern| kind.matches(pattern, value)))
        };
        let has = |place: &policy::place::Place, kind| place.identity.iter().any(|(k, _)| *k == kind);
        // What is said of a daemon says nothing of the machine it runs on.
        let mut places = policy.places.iter().filter(|place| place.of != TargetKind::Daemon);
        places.find(|place| {
            // Many clusters may have one CA: it tells them apart only where nothing else does.
            let address = has(place, IdKind::Server) || has(place, IdKind::Uid);
            IdKind::ALL.into_iter().any(|kind| (kind != IdKind::Ca || !address) && by(place, kind))
        })
    }
}

impl Place for Server {
    fn title(&self) -> String {
        self.shown()
    }
    fn ways(&self) -> Vec<String> {
        let way = |context: &crate::family::kube::resolve::ContextSummary| {
            let current = if context.current { ", in use now" } else { "" };
            let file = format!("{}:{}", escape(context.file.as_bytes()), context.line);
            format!("context {} ({file}{current})", escape(context.name.as_bytes()))
        };
        self.contexts.iter().map(way).collect()
    }
    fn ways_word(&self) -> &'static str {
        "contexts"
    }
    fn names(&self) -> Vec<&str> {
        self.contexts.iter().flat_map(|c| [c.name.as_str(), c.cluster.as_str()]).collect()
    }
    fn suggestion(&self) -> Option<Environment> {
        self.hint().map(|(said, _)| said).or_else(|| self.is_local().then_some(Environment::Development))
    }
    fn naming(&self) -> Naming {
        Naming::Asked { prompt: "Its name, as it has to be typed", empty: false }
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn environment(&self) -> Option<Environment> {
        self.environment
    }
    fn call(&mut self, name: String, environment: Option<Environment>) {
        (self.name, self.environment) = (name, environment);
    }
    fn identities(&self) -> Vec<(IdKind, &str)> {
        let own = [(IdKind::Uid, self.uid.as_deref()), (IdKind::Ca, self.ca.as_deref())];
        let own = own.into_iter().filter_map(|(kind, value)| Some((kind, value?)));
        std::iter::once((IdKind::Server, self.url.as_str())).chain(own).collect()
    }
}

impl Place for Account {
    fn title(&self) -> String {
        let called = self.called.as_deref().map(|name| format!(" ({})", escape(name.as_bytes())));
        format!("AWS account {}{}", self.id, called.unwrap_or_default())
    }
    fn ways(&self) -> Vec<String> {
        let way =
            |p: &super::accounts::Profile| format!("{} ({})", p.shown(), escape(p.at.to_string().as_bytes()));
        self.profiles.iter().map(way).collect()
    }
    fn ways_word(&self) -> &'static str {
        "profiles"
    }
    fn names(&self) -> Vec<&str> {
        let profiles = self.profiles.iter().filter_map(|p| p.name.as_deref());
        profiles.chain(self.called.as_deref()).collect()
    }
    fn naming(&self) -> Naming {
        match self.called {
            Some(_) => Naming::Fixed,
            None => Naming::Asked {
                prompt: "It has no alias. Its name, as it has to be typed (empty: the id)",
                empty: true,
            },
        }
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn environment(&self) -> Option<Environment> {
        self.environment
    }
    fn call(&mut self, name: String, environment: Option<Environment>) {
        (self.name, self.environment) = (name, environment);
    }
    fn identities(&self) -> Vec<(IdKind, &str)> {
        vec![(IdKind::Account, &self.id)]
    }
}

impl Place for Host {
    fn title(&self) -> String {
        format!("This host, {}", escape(self.name.as_bytes()))
    }
    fn ways(&self) -> Vec<String> {
        self.said.iter().map(|line| escape(line.as_bytes())).collect()
    }
    fn ways_word(&self) -> &'static str {
        "facts"
    }
    fn names(&self) -> Vec<&str> {
        self.identities.iter().map(String::as_str).collect()
    }
    fn suggestion(&self) -> Option<Environment> {
        self.declared.or_else(|| self.hint().map(|(said, _)| said))
    }
    fn naming(&self) -> Naming {
        Naming::Fixed
    }
    fn name(&self) -> &str {
        &self.name
    }
    fn environment(&self) -> Option<Environment> {
        self.environment
    }
    fn call(&mut self, _name: String, environment: Option<Environment>) {
        self.environment = environment;
    }
    fn identities(&self) -> Vec<(IdKind, &str)> {
        self.identities.iter().map(|name| (IdKind::Host, name.as_str())).collect()
    }
}

/// Everything that is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The API servers of the kubeconfig.
    pub servers: Vec<Server>,
    /// The accounts behind the profiles.
    pub accounts: Vec<Account>,
    /// This machine, where there is something to ask about it.
    pub host: Option<Host>,
}

impl Places {
    /// Each, in the order of the questions.
    pub fn each(&self) -> impl Iterator<Item = &dyn Place> {
        let servers = self.servers.iter().map(|place| place as &dyn Place);
        let accounts = self.accounts.iter().map(|place| place as &dyn Place);
        servers.chain(accounts).chain(self.host.iter().map(|place| place as &dyn Place))
    }

    /// The same, to be answered.
    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut dyn Place> {
        let servers = self.servers.iter_mut().map(|place| place as &mut dyn Place);
        let accounts = self.accounts.iter_mut().map(|place| place as &mut dyn Place);
        servers.chain(accounts).chain(self.host.iter_mut().map(|place| place as &mut dyn Place))
    }

    /// Whether there is nothing to ask about.
    pub fn is_empty(&self) -> bool {
        self.each().next().is_none()
    }
}
