//! The policy as `guard setup` writes it: text, with comments for the person who edits it later.

use crate::engine::escape::escape;
use crate::engine::fact::{Source, Sourced};
use crate::engine::policy::place::{Seen, is_local, naming_hint};
use crate::engine::target::{Environment, KubeTarget};
use crate::resolve::ContextSummary;
use std::fmt::Write;

/// One API server and everything that leads to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its URL.
    pub url: String,
    /// What people call it.
    pub name: String,
    /// What it is; `None` when that was not said.
    pub environment: Option<Environment>,
    /// The contexts that lead to it.
    pub contexts: Vec<ContextSummary>,
}

impl Server {
    /// The URL, safe to show.
    pub fn shown(&self) -> String {
        escape(self.url.as_bytes())
    }

    /// What the names suggest; only the order of the choices follows it.
    pub fn suggestion(&self) -> Option<Environment> {
        let names = self.contexts.iter().flat_map(|c| [c.name.as_str(), c.cluster.as_str()]);
        let hint = names.filter_map(naming_hint).map(|(environment, _)| environment).max();
        let local = self.contexts.iter().all(|context| {
            let from = |text: &str| Sourced::new(text.to_owned(), Source::Default);
            let mut target = KubeTarget::at(from(&self.url), from("default"));
            target.context = Some(from(&context.name));
            target.cluster = Some(from(&context.cluster));
            is_local(&Seen::of_kube(&target))
        });
        hint.or_else(|| local.then_some(Environment::Development))
    }
}

/// The servers behind contexts, each once, in the order of their first context.
pub fn servers(contexts: Vec<ContextSummary>) -> Vec<Server> {
    let mut servers: Vec<Server> = Vec::new();
    for context in contexts.into_iter().filter(|context| !context.server.is_empty()) {
        match servers.iter_mut().find(|server| server.url == context.server) {
            Some(server) => server.contexts.push(context),
            None => servers.push(Server {
                url: context.server.clone(),
                name: short_name(&context.cluster),
                environment: None,
                contexts: vec![context],
            }),
        }
    }
    // The name is what has to be typed: two clusters of one name would make it worthless.
    for i in 0..servers.len() {
        let (before, rest) = servers.split_at_mut(i);
        if let Some(server) = rest.first_mut() {
            let plain = server.name.clone();
            for n in 2.. {
                if before.iter().all(|other| other.name != server.name) {
                    break;
                }
                server.name = format!("{plain}-{n}");
            }
        }
    }
    servers
}

/// What is left of a cluster entry's name when the cloud's prefix is taken off: the end of an EKS ARN
/// (`arn:aws:eks:eu-west-1:111111111111:cluster/main`) and of a GKE name (`gke_project_europe-west1_main`).
fn short_name(cluster: &str) -> String {
    let short = match cluster {
        arn if arn.starts_with("arn:") => arn.rsplit('/').next(),
        gke if gke.starts_with("gke_") => gke.splitn(4, '_').nth(3),
        other => Some(other),
    };
    short.filter(|name| !name.is_empty()).unwrap_or(cluster).to_owned()
}

/// The whole policy. Servers without an environment stand in it as `unclassified`.
pub fn policy(servers: &[Server]) -> String {
    let mut text = String::from(
        "# The policy of guard. `guard policy check` reads it over, `guard policy schema` prints every key.\n\
         version: 1\n\n\
         # Clusters by identity. A context's name is a label anybody can move; the server is what gets hit.\n\
         #   production    type the cluster's name before something is lost, y/N before something stops\n\
         #   staging       y/N before something is lost\n\
         #   development   passes, whole namespaces are asked about\n\
         #   unclassified  like production\n\
         clusters:\n",
    );
    for server in servers {
        text.push_str(&entry(server, 2));
    }
    text
}

/// A policy with entries added at the head of its `clusters`; `None` when they are not in block form.
pub fn added(old: &str, servers: &[Server]) -> Option<String> {
    let classified = servers.iter().filter(|server| server.environment.is_some());
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    let Some(at) = lines.iter().position(|line| line.starts_with("clusters:")) else {
        let mut new = old.trim_end().to_owned();
        new.push_str("\n\nclusters:\n");
        new.extend(classified.map(|server| entry(server, 2)));
        return Some(new);
    };
    let rest = lines[at].strip_prefix("clusters:")?.trim();
    if !(rest.is_empty() || rest.starts_with('#')) {
        return None;
    }
    // The list that is there says how far its items stand in.
    let first =
        lines[at + 1..].iter().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let indent = match first.map(|line| (line.len() - line.trim_start().len(), line.trim_start())) {
        Some((indent, item)) if item.starts_with("- ") => indent,
        // `clusters:` with nothing below it, followed by the next key.
        Some((0, _)) | None => 2,
        Some(_) => return None,
    };
    let mut new: String = lines[..at].concat();
    new.push_str(lines[at].trim_end_matches('\n'));
    new.push('\n');
    new.extend(classified.map(|server| entry(server, indent)));
    new.push_str(&lines[at + 1..].concat());
    Some(new)
}

fn entry(server: &Server, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let contexts: Vec<String> = server.contexts.iter().take(5).map(|c| escape(c.name.as_bytes())).collect();
    let more = server.contexts.len().saturating_sub(contexts.len());
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    let environment = server.environment.unwrap_or(Environment::Unclassified);
    let mut text = String::new();
    let _ = writeln!(text, "{pad}# contexts: {}{more}", contexts.join(", "));
    let _ = writeln!(text, "{pad}- name: {}", quoted(&server.name));
    let _ = writeln!(text, "{pad}  environment: {environment}");
    let _ = writeln!(text, "{pad}  server: {}", quoted(&server.url));
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
    use super::*;
    use crate::engine::policy::Layer;
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
            servers.iter().map(Server::suggestion).collect::<Vec<_>>(),
            [Some(Environment::Production), None, Some(Environment::Development), None]
        );
    }

    #[test]
    fn what_is_written_loads() {
        let mut servers = some();
        servers[0].environment = Some(Environment::Production);
        let text = policy(&servers);
        let read = crate::policy::parse(&text, Path::new("/p.yaml"), Layer::User)
            .unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(read.places.len(), 4);
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
            let new = added(old, &servers).unwrap();
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
        assert_eq!(added("version: 1\nclusters: []\n", &servers), None);
        assert_eq!(added("version: 1\nclusters:\n  name: x\n", &servers), None);
    }

    #[test]
    fn a_diff_shows_what_changes() {
        assert_eq!(diff("a\nb\nc\nd\n", "a\nb\nX\nc\nd\n"), "  a\n  b\n+ X\n  c\n  d\n");
        assert_eq!(diff("a\nb\n", "a\nc\n"), "  a\n- b\n+ c\n");
        assert_eq!(diff("", "a\n"), "+ a\n");
    }
}
