//! What a valid policy says about things nobody here knows: a kind that is no built-in one, a context that is in no
//! kubeconfig. It may be right, so it is a warning; a rule that never counts looks just the same.

use super::tree::{self, Node, Problem, did_you_mean};
use super::vocabulary::is_pattern;
use crate::engine::aws::tables;
use crate::engine::escape::escape;
use crate::engine::glob;
use crate::engine::kube::builtin;
use crate::engine::policy::place::{IdKind, is_everywhere};

/// Names that are known on this machine. An empty list of a kind says that nothing is known of it, and nothing is doubted.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Kubeconfig contexts.
    pub contexts: Vec<String>,
    /// Kubeconfig clusters, and the names policy gives.
    pub clusters: Vec<String>,
    /// API servers.
    pub servers: Vec<String>,
    /// AWS accounts: the names that policy gives them, and their ids.
    pub accounts: Vec<String>,
    /// Daemons: the names that policy gives them, and their IDs.
    pub daemons: Vec<String>,
}

/// AWS's regions (`partitions.json` of botocore, November 2026).
const REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// What rules about machines call things.
const OTHERS: [&str; 5] = ["packages", "package", "units", "unit", "all"];

/// Every doubt about one file that is valid.
pub fn doubts(text: &str, known: &Known) -> Vec<Problem> {
    let Ok(root) = tree::parse(text) else { return Vec::new() };
    let mut found = Vec::new();
    for rule in root.get("rules").map(Node::items).unwrap_or_default() {
        let Some(when) = rule.get("when") else { continue };
        let texts = |key: &str| when.get(key).map(Node::items).unwrap_or_default().iter();
        found.extend(texts("resource").filter_map(kind));
        for (key, names) in [("context", &known.contexts), ("cluster", &known.clusters)] {
            found.extend(texts(key).filter_map(|node| name(node, key, names)));
        }
        found.extend(texts("account").filter_map(|node| account(node, &known.accounts)));
        found.extend(texts("region").filter_map(region));
        found.extend(texts("server").filter_map(|node| server(node, &known.servers)));
        found.extend(texts("daemon").filter_map(|node| daemon(node, &known.daemons)));
        // Of AWS's endpoints those on the loopback are stand-ins on this machine, and may be meant.
        found.extend(nowhere(when, |endpoint| {
            let scheme = endpoint.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
            matches!(scheme.as_deref(), Some("unix" | "npipe" | "fd" | "tcp" | "ssh"))
        }));
    }
    for item in root.get("daemons").map(Node::items).unwrap_or_default() {
        let ids = item.get("daemon").map(Node::items).unwrap_or_default();
        found.extend(ids.iter().filter_map(id));
        found.extend(nowhere(item, |_| true));
    }
    found.sort_by_key(|doubt| (doubt.at.line, doubt.at.column));
    found
}

fn kind(node: &Node) -> Option<Problem> {
    let text = node.text()?.to_ascii_lowercase();
    let (word, group) = text.split_once('.').unwrap_or((&text, ""));
    // A group of its own says that it is a custom one.
    let known = is_pattern(&text)
        || !builtin::is_own_group(group)
        || builtin::words().any(|k| k == word)
        || OTHERS.contains(&word)
        || tables::is_service(text.as_bytes());
    if known {
        return None;
    }
    let what = match did_you_mean(word, builtin::words()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "a custom one is best written with its group, as in certificates.cert-manager.io".to_owned(),
    };
    Some(doubt(node, &format!("no built-in kind is called `{}`; {what}", escape(text.as_bytes()))))
}

fn name(node: &Node, key: &str, names: &[String]) -> Option<Problem> {
    let text = node.text()?;
    if names.is_empty() || names.iter().any(|name| glob::matches(text, name)) {
        return None;
    }
    let near = did_you_mean(text, names.iter().map(String::as_str));
    let near = near.map_or(String::new(), |near| format!("; did you mean `{}`?", escape(near.as_bytes())));
    Some(doubt(node, &format!("no {key} known here is called `{}`{near}", escape(text.as_bytes()))))
}

fn server(node: &Node, servers: &[String]) -> Option<Problem> {
    let text = node.text()?;
    let matches = servers.is_empty() || servers.iter().any(|server| IdKind::Server.matches(text, server));
    (!matches).then(|| doubt(node, &format!("no server known here matches `{}`", escape(text.as_bytes()))))
}

/// An id has twelve digits; anything else is a name, which policy gives, or an alias, which only the account knows.
fn account(node: &Node, accounts: &[String]) -> Option<Problem> {
    let text = node.text()?;
    let digits = text.chars().all(|c| c.is_ascii_digit() || c == '-');
    if digits && !is_pattern(text) && text.chars().filter(char::is_ascii_digit).count() != 12 {
        let shown = escape(text.as_bytes());
        return Some(doubt(node, &format!("`{shown}` is no account: an id has twelve digits")));
    }
    name(node, "account", accounts)
}

fn daemon(node: &Node, daemons: &[String]) -> Option<Problem> {
    let is_id = node.text().is_some_and(is_daemon_id);
    if is_id { None } else { name(node, "daemon", daemons) }
}

/// What docker makes for itself: a key's fingerprint, or a UUID since 23.0. Its file may hold anything, though.
fn is_daemon_id(text: &str) -> bool {
    let parts = |sign: char, lengths: &[usize], is: fn(char) -> bool| {
        let parts: Vec<&str> = text.split(sign).collect();
        parts.len() == lengths.len()
            && parts.iter().zip(lengths).all(|(part, length)| part.len() == *length && part.chars().all(is))
    };
    parts(':', &[4; 12], |c| c.is_ascii_alphanumeric())
        || parts('-', &[8, 4, 4, 4, 12], |c| c.is_ascii_hexdigit())
}

/// A name in place of the ID, or one with a part lost, and the entry never holds.
fn id(node: &Node) -> Option<Problem> {
    let text = node.text().filter(|text| !is_daemon_id(text))?;
    let shown = escape(text.as_bytes());
    Some(doubt(node, &format!("`{shown}` does not look like an ID: `docker info -f '{{{{.ID}}}}'` says it")))
}

/// Endpoints by which an entry or a rule knows any daemon at all, where nothing else says which.
fn nowhere(item: &Node, counts: impl Fn(&str) -> bool) -> Vec<Problem> {
    if item.get("daemon").is_some() || item.get("host").is_some() {
        return Vec::new();
    }
    let endpoints = item.get("endpoint").map(Node::items).unwrap_or_default().iter();
    endpoints
        .filter(|node| node.text().is_some_and(|text| is_everywhere(text) && counts(text)))
        .map(|node| {
            let why = "every machine has such a socket, and tunnels end at a loopback address";
            doubt(node, &format!("this endpoint names no machine in particular: {why}; add daemon or host"))
        })
        .collect()
}

fn region(node: &Node) -> Option<Problem> {
    let text = node.text()?;
    if REGIONS.iter().any(|region| glob::matches(text, region)) {
        return None;
    }
    let near = did_you_mean(text, REGIONS.iter().copied());
    let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Some(doubt(node, &format!("no region known here is called `{}`{near}", escape(text.as_bytes()))))
}

fn doubt(node: &Node, what: &str) -> Problem {
    Problem { at: node.at, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7TRN:IPZB:QYBB:VPBQ:UMPP:KARE:6ZNR:XE6T:7EWV:PKF4:ZOJD:TPYS";

    #[test]
    fn unknown_names_are_doubted_and_known_ones_are_not() {
        let known = Known {
            contexts: vec!["live".into()],
            clusters: vec!["acme".into(), "prod-eu".into()],
            servers: vec!["https://10.0.0.1:6443".into()],
            accounts: vec!["acme-prod".into(), "111111111111".into()],
            daemons: vec!["db1".into(), ID.into()],
        };
        let said = |when: &str, known: &Known| {
            let text = format!("version: 1\nrules:\n- id: a\n  when: {when}\n  then: deny\n");
            let doubts = doubts(&text, known);
            doubts.into_iter().map(|d| d.what).collect::<Vec<_>>().join("\n")
        };
        for (when, want) in [
            ("{resource: persistantvolumeclaim}", "did you mean `persistentvolumeclaim`?"),
            ("{resource: deploymnets.apps}", "did you mean `deployments`?"),
            ("{resource: widgets}", "no built-in kind is called `widgets`"),
            ("{cluster: amce}", "did you mean `acme`?"),
            ("{context: prod}", "no context known here is called `prod`"),
            ("{server: prod.example.com}", "no server known here"),
            ("{account: acme-prd}", "did you mean `acme-prod`?"),
            ("{account: '11111111111'}", "an id has twelve digits"),
            ("{account: '222222222222'}", "no account known here is called `222222222222`"),
            ("{region: eu-wst-1}", "did you mean `eu-west-1`?"),
            ("{region: [eu-west-1, europe]}", "no region known here is called `europe`"),
            ("{daemon: db2}", "no daemon known here is called `db2`"),
            ("{daemon: ['db*', bd1]}", "did you mean `db1`?"),
            ("{endpoint: 'unix:///var/run/docker.sock'}", "names no machine in particular"),
            ("{tool: docker, endpoint: 'tcp://LocalHost:2375'}", "names no machine in particular"),
        ] {
            assert!(said(when, &known).contains(want), "{when}: {}", said(when, &known));
        }
        for when in [
            "{resource: [pvc, Deployment, deployments.apps, certificates.cert-manager.io, leases, '*sets', rds, packages]}",
            "{cluster: 'prod-*', context: live, server: '10.0.0.*'}",
            "{namespace: shop, name: x}",
            "{account: [acme-prod, '111111111111', 'acme-*'], region: [eu-west-1, 'us-*']}",
            "{daemon: [db1, 'd*', 0df9fdce-f163-41f0-92bb-d0df29dd79bc], endpoint: 'unix:///run/docker.sock'}",
            "{host: db1, endpoint: 'unix:///run/docker.sock'}",
            "{endpoint: ['localhost:9000', 'http://127.0.0.1:4566', 'ssh://root@db1']}",
        ] {
            assert_eq!(said(when, &known), "", "{when}");
        }
        // Where nothing is known, nothing is doubted.
        assert_eq!(
            said("{cluster: amce, context: x, server: y, account: z, daemon: q}", &Known::default()),
            ""
        );
    }

    #[test]
    fn an_entry_that_is_any_daemon_or_none_is_doubted() {
        let said = |entry: &str| {
            let text = format!("version: 1\ndaemons:\n- {entry}\n");
            let found = doubts(&text, &Known::default());
            found.into_iter().map(|d| format!("{}: {}", d.at.column, d.what)).collect::<Vec<_>>()
        };
        for (entry, column, want) in [
            (
                "{environment: production, endpoint: 'unix:///var/run/docker.sock'}",
                39,
                "every machine has such",
            ),
            (
                "{environment: production, endpoint: [ssh://root@db1, 'tcp://127.0.0.1:2375']}",
                56,
                "tunnels end",
            ),
            ("{environment: production, endpoint: localhost}", 39, "names no machine"),
            ("{environment: production, endpoint: /var/run/docker.sock}", 39, "names no machine"),
            ("{name: db1, environment: production, daemon: db1}", 48, "`db1` does not look like an ID"),
            ("{name: db1, daemon: '7TRN:IPZB:QYBB'}", 23, "docker info -f '{{.ID}}'"),
        ] {
            let said = said(entry);
            assert!(said.len() == 1 && said[0].contains(want), "{entry}: {said:?}");
            assert!(said[0].starts_with(&format!("{column}: ")), "{entry}: {said:?}");
        }
        for entry in [
            &format!("{{environment: production, daemon: '{ID}', endpoint: 'unix:///var/run/docker.sock'}}"),
            &format!("{{environment: production, daemon: [{ID}, {}]}}", ID.to_ascii_lowercase()),
            "{environment: production, endpoint: [ssh://root@db1, 'tcp://db1:2376', '*.example.com'], host: db1}",
            "{environment: production, endpoint: db1}",
        ] {
            assert_eq!(said(entry), Vec::<String>::new(), "{entry}");
        }
    }
}
