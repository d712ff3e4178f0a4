//! The policy as `guard setup` writes it: text, with comments for the person who edits it later.

use super::accounts::Account;
use super::host::Host;
use super::place::Places;
use super::servers::Server;
use crate::engine::escape::escape;
use crate::engine::target::Environment;
use std::fmt::Write;

/// The whole policy. What has no environment stands in it as `unclassified`.
pub fn policy(places: &Places) -> String {
    let Places { servers, accounts, host } = places;
    let mut text = String::from(
        "# The policy of guard. `guard policy check` reads it over, `guard policy schema` prints every key.\n\
         version: 1\n\n\
         # What the environments mean:\n\
         #   production    type the target's name before something is lost, y/N before something stops\n\
         #   staging       y/N before something is lost\n\
         #   development   passes, whole namespaces and the like are asked about\n\
         #   unclassified  like production\n",
    );
    if !servers.is_empty() {
        text.push_str(
            "\n# Clusters by identity. A context's name is a label anybody can move; the server is what gets hit. Behind a proxy\n\
             # or a tunnel its address can be anybody's: uid (of the kube-system namespace) and ca are the cluster's own.\n\
             clusters:\n",
        );
        text.extend(servers.iter().map(|server| server.entry(2)));
    }
    if !accounts.is_empty() {
        text.push_str(
            "\n# AWS accounts by id. A profile's name says nothing about the keys in use; the account is what gets hit.\n\
             accounts:\n",
        );
        text.extend(accounts.iter().map(|account| account.entry(2)));
    }
    if let Some(host) = host {
        text.push_str(
            "\n# Hosts by name: what apt, dpkg, systemctl and rm hit is the machine they run on.\nhosts:\n",
        );
        text.push_str(&host.entry(2));
    }
    text
}

/// A policy with the classified entries added at the head of its lists. The key of a list that is not in block form is
/// the error.
pub fn added(old: &str, places: &Places) -> Result<String, &'static str> {
    let mut new = old.to_owned();
    let servers: Vec<&Server> = places.servers.iter().filter(|s| s.environment.is_some()).collect();
    if !servers.is_empty() {
        let entries = |indent| servers.iter().map(|server| server.entry(indent)).collect();
        new = added_to(&new, "clusters", entries).ok_or("clusters")?;
    }
    let accounts: Vec<&Account> = places.accounts.iter().filter(|a| a.environment.is_some()).collect();
    if !accounts.is_empty() {
        let entries = |indent| accounts.iter().map(|account| account.entry(indent)).collect();
        new = added_to(&new, "accounts", entries).ok_or("accounts")?;
    }
    if let Some(host) = places.host.as_ref().filter(|host| host.environment.is_some()) {
        new = added_to(&new, "hosts", |indent| host.entry(indent)).ok_or("hosts")?;
    }
    Ok(new)
}

/// A policy with entries added at the head of one list; `None` when that is not in block form.
fn added_to(old: &str, key: &str, entries: impl Fn(usize) -> String) -> Option<String> {
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    let head = format!("{key}:");
    let Some(at) = lines.iter().position(|line| line.starts_with(&head)) else {
        return Some(format!("{}\n\n{head}\n{}", old.trim_end(), entries(2)));
    };
    let rest = lines[at].strip_prefix(&head)?.trim();
    if !(rest.is_empty() || rest.starts_with('#')) {
        return None;
    }
    // The list that is there says how far its items stand in.
    let first =
        lines[at + 1..].iter().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let indent = match first.map(|line| (line.len() - line.trim_start().len(), line.trim_start())) {
        Some((indent, item)) if item.starts_with("- ") => indent,
        // The key with nothing below it, followed by the next key.
        Some((0, _)) | None => 2,
        Some(_) => return None,
    };
    let mut new: String = lines[..at].concat();
    new.push_str(lines[at].trim_end_matches('\n'));
    new.push('\n');
    new.push_str(&entries(indent));
    new.push_str(&lines[at + 1..].concat());
    Some(new)
}

impl Server {
    fn entry(&self, indent: usize) -> String {
        let contexts = self.contexts.iter().map(|c| c.name.as_str());
        let identity: Vec<String> =
            [("server", Some(&self.url)), ("uid", self.uid.as_ref()), ("ca", self.ca.as_ref())]
                .into_iter()
                .filter_map(|(key, value)| Some(format!("{key}: {}", quoted(value?))))
                .collect();
        entry(indent, &some("contexts", contexts), &self.name, self.environment, &identity)
    }
}

impl Account {
    fn entry(&self, indent: usize) -> String {
        let profiles = self.profiles.iter().map(|p| p.name.as_deref().unwrap_or("(environment keys)"));
        let identity = [format!("account: {}", quoted(&self.id))];
        entry(indent, &some("profiles", profiles), &self.name, self.environment, &identity)
    }
}

impl Host {
    fn entry(&self, indent: usize) -> String {
        let names: Vec<String> = self.identities.iter().map(|name| quoted(name)).collect();
        let identity = [format!("host: [{}]", names.join(", "))];
        entry(indent, "this host, as it calls itself", &self.name, self.environment, &identity)
    }
}

/// The first few names for a comment.
fn some<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| escape(name.as_bytes())).collect();
    const SHOWN: usize = 5;
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    format!("{what}: {}{more}", names[..names.len().min(SHOWN)].join(", "))
}

fn entry(
    indent: usize,
    comment: &str,
    name: &str,
    environment: Option<Environment>,
    identity: &[String],
) -> String {
    let pad = " ".repeat(indent);
    let environment = environment.unwrap_or(Environment::Unclassified);
    let mut text = String::new();
    let _ = writeln!(text, "{pad}# {comment}");
    if name.is_empty() {
        let _ = writeln!(text, "{pad}- environment: {environment}");
    } else {
        let _ = writeln!(text, "{pad}- name: {}", quoted(name));
        let _ = writeln!(text, "{pad}  environment: {environment}");
    }
    for line in identity {
        let _ = writeln!(text, "{pad}  {line}");
    }
    text
}

/// A YAML double-quoted scalar: JSON's strings are a part of it (YAML 1.2.2, 7.3.1).
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What changes between two texts, as lines with `+` and `-`; what both begin and end with is left out.
pub fn diff(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let mut text = String::new();
    let mut put = |sign: char, lines: &[&str]| {
        for line in lines {
            let _ = writeln!(text, "{sign} {}", escape(line.as_bytes()).replace("\\\\", "\\"));
        }
    };
    put(' ', &old[head.saturating_sub(2)..head]);
    put('-', &old[head..old.len() - tail]);
    put('+', &new[head..new.len() - tail]);
    let after = &old[old.len() - tail..];
    put(' ', &after[..after.len().min(2)]);
    text
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::super::servers::servers;
    use super::*;
    use crate::engine::policy::Layer;
    use crate::family::kube::resolve::ContextSummary;
    use std::path::Path;

    fn context(name: &str, cluster: &str, server: &str) -> ContextSummary {
        ContextSummary {
            name: name.to_owned(),
            cluster: cluster.to_owned(),
            server: server.to_owned(),
            namespace: None,
            current: false,
            file: "/k".to_owned(),
            line: 1,
        }
    }

    #[test]
    fn what_the_cluster_says_of_itself_stands_beside_its_address() {
        let mut servers = some();
        servers.truncate(1);
        servers[0].uid = Some("4c2f6d0e-8a51-4c7e-9b36-52f1d07c9a1e".to_owned());
        servers[0].ca = Some("ab".repeat(32));
        servers[0].environment = Some(Environment::Development);
        let text = policy(&Places { servers, ..Places::default() });
        let read = crate::policy::parse(&text, Path::new("/p.yaml"), Layer::User).unwrap();
        use crate::engine::policy::place::IdKind;
        let kinds: Vec<IdKind> = read.places[0].identity.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [IdKind::Server, IdKind::Uid, IdKind::Ca], "{text}");
    }

    fn some() -> Vec<Server> {
        servers(vec![
            context("prod", "arn:aws:eks:eu-west-1:111111111111:cluster/main", "https://a:6443"),
            context("prod-admin", "x", "https://a:6443"),
            context("gke", "gke_acme_europe-west1_main", "https://b"),
            context("kind-dev", "kind-dev", "https://127.0.0.1:40000"),
            context("nowhere", "gone", ""),
            context("\u{1b}[2J: \"#", "we\"ird\u{202e}: #\n", "https://c/\"x"),
        ])
    }

    #[test]
    fn each_server_once_with_a_name_of_its_own() {
        let servers = some();
        let names: Vec<&str> = servers.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["main", "main-2", "kind-dev", "we\"ird\u{202e}: #\n"]);
        assert_eq!(servers[0].contexts.len(), 2);
        assert_eq!(
            servers.iter().map(Place::suggestion).collect::<Vec<_>>(),
            [Some(Environment::Production), None, Some(Environment::Development), None]
        );
    }

    #[test]
    fn what_is_written_loads() {
        let mut servers = some();
        servers[0].environment = Some(Environment::Production);
        let text = policy(&Places { servers: servers.clone(), accounts: accounts(), host: None });
        let read = crate::policy::parse(&text, Path::new("/p.yaml"), Layer::User)
            .unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(read.places.len(), 6);
        assert_eq!(read.places[4].name.as_deref(), Some("acme-prod"));
        assert_eq!(read.places[5].name, None);
        assert_eq!(read.places[0].environment, Some(Environment::Production));
        assert_eq!(read.places[3].name.as_deref(), Some(servers[3].name.as_str()));
    }

    #[test]
    fn what_is_added_loads_and_keeps_the_rest() {
        let mut servers = some();
        servers[1].environment = Some(Environment::Staging);
        for old in [
            "version: 1 # mine\n",
            "version: 1\nclusters:\n",
            "version: 1\nclusters: # ours\n- name: old\n  server: https://o\n",
            "version: 1\nclusters:\n    # comment\n    - name: old\n      server: https://o\nmode: warn\n",
            "version: 1\nclusters:\nmode: warn",
        ] {
            let new = added(old, &some_places(&servers)).unwrap();
            let was =
                crate::policy::parse(&old.replace("clusters:\nmode", "mode"), Path::new("/p"), Layer::User);
            let read = crate::policy::parse(&new, Path::new("/p"), Layer::User)
                .unwrap_or_else(|e| panic!("{e}\n{new}"));
            assert_eq!(
                read.places[if old.contains("https://o") { 0 } else { read.places.len() - 1 }]
                    .name
                    .as_deref(),
                Some("main-2")
            );
            assert_eq!(read.places.len(), was.map_or(1, |p| p.places.len() + 1), "{new}");
            assert!(old.lines().all(|line| new.lines().any(|l| l == line)), "{new}");
        }
        assert_eq!(added("version: 1\nclusters: []\n", &some_places(&servers)), Err("clusters"));
        assert_eq!(added("version: 1\nclusters:\n  name: x\n", &some_places(&servers)), Err("clusters"));
    }

    fn some_places(servers: &[Server]) -> Places {
        Places { servers: servers.to_vec(), ..Places::default() }
    }

    #[test]
    fn this_host_stands_in_the_list_of_hosts() {
        let host = Host {
            name: "db1".to_owned(),
            identities: vec!["db1".to_owned(), "db1.example.com".to_owned()],
            said: Vec::new(),
            declared: None,
            environment: Some(Environment::Production),
        };
        let places = Places { host: Some(host.clone()), ..Places::default() };
        for text in
            [policy(&places), added("version: 1\nhosts:\n- {name: web1, host: web1}\n", &places).unwrap()]
        {
            let read = crate::policy::parse(&text, Path::new("/p"), Layer::User)
                .unwrap_or_else(|e| panic!("{e}\n{text}"));
            assert_eq!(host.in_policy(&read).unwrap().environment, Some(Environment::Production), "{text}");
        }
        let daemon = "version: 1\ndaemons: [{name: db1, host: db1}]";
        let read = crate::policy::parse(daemon, Path::new("/p"), Layer::User).unwrap();
        assert_eq!(host.in_policy(&read), None, "the daemon on it is not the host");
    }

    fn accounts() -> Vec<Account> {
        let account = |id: &str, name: &str| Account {
            id: id.to_owned(),
            called: None,
            name: name.to_owned(),
            environment: Some(Environment::Staging),
            profiles: Vec::new(),
        };
        vec![account("111111111111", "acme-prod"), account("022222222222", "")]
    }

    #[test]
    fn accounts_and_clusters_are_added_each_to_its_list() {
        let mut servers = some();
        servers[0].environment = Some(Environment::Production);
        for old in [
            "version: 1\n",
            "version: 1\naccounts:\n- {account: \"333333333333\", environment: production}\n",
            "version: 1\naccounts:\nclusters: # ours\n  - name: old\n    server: https://o\n",
        ] {
            let new =
                added(old, &Places { servers: servers.clone(), accounts: accounts(), host: None }).unwrap();
            let read = crate::policy::parse(&new, Path::new("/p"), Layer::User)
                .unwrap_or_else(|e| panic!("{e}\n{new}"));
            assert!(read.places.iter().any(|p| p.identity[0].1 == ["022222222222"]), "{new}");
            assert!(read.places.iter().any(|p| p.identity[0].1 == ["https://a:6443"]), "{new}");
            assert!(old.lines().all(|line| new.lines().any(|l| l == line)), "{new}");
        }
        assert_eq!(
            added("version: 1\naccounts: []\n", &Places { accounts: accounts(), ..Places::default() }),
            Err("accounts")
        );
        assert_eq!(added("version: 1\n", &Places::default()), Ok("version: 1\n".to_owned()));
    }

    #[test]
    fn a_diff_shows_what_changes() {
        assert_eq!(diff("a\nb\nc\nd\n", "a\nb\nX\nc\nd\n"), "  a\n  b\n+ X\n  c\n  d\n");
        assert_eq!(diff("a\nb\n", "a\nc\n"), "  a\n- b\n+ c\n");
        assert_eq!(diff("", "a\n"), "+ a\n");
    }
}
