//! The target of a command that works on a host: which machine, which root, and how one came to be there.

use crate::engine::fact::{Known, Sourced, Why};
use crate::engine::policy::place::{IdKind, Identity, Seen, deployment};
use crate::engine::target::Environment;
use crate::engine::target::{Part, Target, Value};
use crate::engine::tool::TargetKind;

/// A machine as the very command that will run reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostTarget {
    /// What the machine calls itself, in full as gethostname(2) gives it; with `-H`/`--host` the host as written.
    pub name: Known<Sourced<String>>,
    /// The name in /etc/hostname, where it is another one.
    pub static_name: Option<Sourced<String>>,
    /// The full name that the resolver gives for it, where it is another one and came in time.
    pub fqdn: Option<String>,
    /// `DEPLOYMENT=` of /etc/machine-info (machine-info(5)): `production`, `staging` …
    pub deployment: Option<Sourced<String>>,
    /// `PRETTY_HOSTNAME=`: what its people call it.
    pub pretty: Option<Sourced<String>>,
    /// `LOCATION=`: where it stands.
    pub location: Option<Sourced<String>>,
    /// The instance's id as the cloud's own data on this machine says it.
    pub instance: Option<Sourced<String>>,
    /// Cloud, region and zone: `aws eu-west-1a`.
    pub cloud: Option<Sourced<String>>,
    /// The machine's first address that is not loopback.
    pub address: Option<String>,
    /// What this is, where it is not the machine itself: `container (docker)`, `chroot`.
    pub within: Option<String>,
    /// The other system below this directory that the words name (`--root=/mnt`, `-R`, `Dir=`, DPKG_ROOT).
    pub root: Option<Sourced<String>>,
    /// The other machine that the words name (`-H user@db1`, `-M web1`), as written.
    pub remote: Option<Sourced<String>>,
    /// How the person came to be here, a clause each: `ssh from 10.0.0.7`, `sudo by anna`.
    pub origin: Vec<String>,
    /// What a person should know about the resolution itself.
    pub notes: Vec<String>,
}

impl Default for HostTarget {
    fn default() -> HostTarget {
        HostTarget {
            name: Known::Unknown(Why::NotAsked),
            static_name: None,
            fqdn: None,
            deployment: None,
            pretty: None,
            location: None,
            instance: None,
            cloud: None,
            address: None,
            within: None,
            root: None,
            remote: None,
            origin: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// Names that so many machines carry that they name none.
const GENERIC: &[&str] = &[
    "localhost",
    "localhost.localdomain",
    "debian",
    "ubuntu",
    "vm",
    "host",
    "server",
    "linux",
    "raspberrypi",
    "container",
    "buildd",
    "test",
];

impl HostTarget {
    /// What kind of name that is, as a question says it: plainly the host's where it is the name the machine shows, else which
    /// of its other names.
    pub fn name_word(&self, policy_name: Option<&str>) -> &'static str {
        let name = self.host_name(policy_name);
        let shown = self.name.value().map_or("", |shown| shown.value.as_str());
        let is = |other: Option<&String>| other.is_some_and(|other| *other == name);
        match () {
            () if name.is_empty() || shown == name => "host",
            () if policy_name.is_some() => "name in the policy",
            () if short(shown) == name => "short host name",
            () if is(self.instance.as_ref().map(|id| &id.value)) => "instance id",
            () if is(self.fqdn.as_ref()) => "full host name",
            () if is(self.address.as_ref()) => "address",
            () => "host",
        }
    }

    /// What the machine is called in a phrase: the policy's name for it, else its short host name in lower case, unless
    /// that names nothing in particular; then its instance's id, its full name, its address. Empty when nothing is known.
    pub fn host_name(&self, policy_name: Option<&str>) -> String {
        if let Some(name) = policy_name {
            return name.to_owned();
        }
        let own = self.name.value().map(|name| short(&name.value));
        let own = own.filter(|name| !name.is_empty() && !is_generic(name));
        let full = || self.fqdn.clone().filter(|name| !is_generic(short(name).as_str()));
        own.or_else(|| self.instance.as_ref().map(|id| id.value.clone()))
            .or_else(full)
            .or_else(|| self.address.clone())
            .unwrap_or_default()
    }

    /// Where the command goes, as data. `name` is the host's as the phrase spells it.
    pub fn data(&self, name: &str) -> Target {
        let told = |part: &Option<Sourced<String>>| part.as_ref().map_or(Value::None, Value::from);
        let text = |part: &Option<String>| Value::text(part.as_deref());
        let own = match &self.name {
            Known::Known(name) => Value::from(name),
            Known::Unknown(why) => Value::Unknown(why.clone()),
        };
        let parts = vec![
            Part::new("host", Value::Text(name.to_owned())),
            Part::new("name", own).or_why("name_unknown").label("host").record("host"),
            Part::new("static_name", told(&self.static_name)).label("static name").record("static_name"),
            Part::new("fqdn", text(&self.fqdn)).label("full name"),
            Part::new("deployment", told(&self.deployment)).label("deployment").record("deployment"),
            Part::new("pretty", told(&self.pretty)).label("called"),
            Part::new("location", told(&self.location)).label("location"),
            Part::new("instance", told(&self.instance)).label("instance").record("instance"),
            Part::new("cloud", told(&self.cloud)).label("cloud"),
            Part::new("address", text(&self.address)).label("address"),
            Part::new("within", text(&self.within)).label("within"),
            Part::new("root", told(&self.root)).label("root").record("root"),
            Part::new("remote", told(&self.remote)).label("remote").record("remote"),
            Part::new("origin", Value::List(self.origin.clone())).label("origin"),
        ];
        Target { parts, notes: self.notes.clone() }
    }

    /// The identities of a machine, and what it says of itself. Another machine is known by its own name alone; a chroot
    /// or a system below another directory is not made easier by the machine it stands on.
    pub fn seen(&self) -> Seen {
        let mut seen = Seen { of: Some(TargetKind::Machine), ..Seen::default() };
        let mut push = |value: &str| {
            let identity = Identity::new(IdKind::Host, value);
            if !value.is_empty() && !seen.identities.contains(&identity) {
                seen.identities.push(identity);
            }
        };
        let name = self.name.value().map(|name| name.value.as_str());
        let others =
            [&self.static_name, &self.instance].into_iter().flatten().map(|other| other.value.as_str());
        for name in name.into_iter().chain(others).chain(self.fqdn.as_deref()) {
            push(name);
            let is_address = name.contains(':') || name.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            if let Some((first, _)) = name.split_once('.').filter(|_| !is_address) {
                push(first);
            }
        }
        if name.is_none() {
            seen.unknown.push(IdKind::Host);
        }
        let itself = self.remote.is_none()
            && self.root.is_none()
            && !self.within.as_deref().is_some_and(|within| within.starts_with("chroot"));
        seen.declared = self.deployment.as_ref().and_then(|word| {
            let environment = deployment(&word.value)?;
            let counts = itself || environment > Environment::Unclassified;
            counts.then(|| (environment, format!("DEPLOYMENT={} in {}", word.value, word.from)))
        });
        seen
    }
}

/// The first label of a host name, in lower case; an address stays whole.
fn short(name: &str) -> String {
    let is_address = name.contains(':') || name.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let label = if is_address { name } else { name.split('.').next().unwrap_or(name) };
    label.to_ascii_lowercase()
}

/// Whether a name is given to so many machines that it names none.
pub fn is_generic(name: &str) -> bool {
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    GENERIC
        .iter()
        .any(|g| g.eq_ignore_ascii_case(name) || (!plain.is_empty() && g.eq_ignore_ascii_case(plain)))
        && !name.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fact::Source;

    fn named(name: &str) -> HostTarget {
        let name = Known::Known(Sourced::new(name.to_owned(), Source::Probe));
        HostTarget { name, ..HostTarget::default() }
    }

    #[test]
    fn the_short_name_unless_it_names_nothing() {
        assert_eq!(named("DB1.example.com").host_name(None), "db1");
        assert_eq!(named("db1").host_name(Some("main")), "main");
        assert_eq!(named("10.0.0.7").host_name(None), "10.0.0.7");
        for generic in ["localhost", "Debian", "vm", "vm-1", "localhost.localdomain", ""] {
            let mut target = named(generic);
            assert_eq!(target.host_name(None), "", "{generic}");
            target.address = Some("10.0.0.7".into());
            assert_eq!(target.host_name(None), "10.0.0.7", "{generic}");
            target.instance = Some(Sourced::new("i-0abc".into(), Source::Probe));
            assert_eq!(target.host_name(None), "i-0abc", "{generic}");
        }
        assert_eq!(HostTarget::default().host_name(None), "");
    }

    #[test]
    fn the_question_says_which_of_its_names_is_wanted() {
        let mut vm = named("vm");
        vm.address = Some("10.0.0.7".into());
        assert_eq!((vm.host_name(None).as_str(), vm.name_word(None)), ("10.0.0.7", "address"));
        vm.fqdn = Some("vm1.shop.example.com".into());
        assert_eq!(vm.name_word(None), "address", "its full name names nothing either");
        vm.fqdn = Some("db1.example.com".into());
        assert_eq!((vm.host_name(None).as_str(), vm.name_word(None)), ("db1.example.com", "full host name"));
        vm.instance = Some(Sourced::new("i-0abc".into(), Source::Probe));
        assert_eq!((vm.host_name(None).as_str(), vm.name_word(None)), ("i-0abc", "instance id"));
        assert_eq!(
            (vm.host_name(Some("main")).as_str(), vm.name_word(Some("main"))),
            ("main", "name in the policy")
        );
        // What stands beside `host` is typed as it stands there.
        for (name, word) in
            [("db1", "host"), ("DB1", "short host name"), ("db1.example.com", "short host name")]
        {
            assert_eq!((named(name).host_name(None).as_str(), named(name).name_word(None)), ("db1", word));
        }
        assert_eq!(named("db1").name_word(Some("db1")), "host");
        assert_eq!(HostTarget::default().name_word(None), "host");
    }
}
