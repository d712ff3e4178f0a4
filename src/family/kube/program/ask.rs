//! Asking a program that stands for kubectl where it goes: it is told to read one object of the namespace and one of the
//! cluster, and to write down the requests it makes.

use crate::engine::grammar::cobra::{Parsed, go_bool};
use crate::run::exec::{CONFIRM, DEPTH};
use crate::shim::ask::{Said, listen};
use crate::world::World;
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// An object that every namespace has (Kubernetes 1.20 and newer). That it may be missing, or not be readable, does not
/// matter: the request for it names the namespace.
const OF_NAMESPACE: &str = "configmaps/kube-root-ca.crt";
/// The object whose uid is the cluster's.
const OF_CLUSTER: &str = "namespaces/kube-system";

/// The caller's flags that say where the command goes and as whom; they are handed on.
const HANDED_ON: [&str; 19] = [
    "kubeconfig",
    "context",
    "cluster",
    "user",
    "server",
    "namespace",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority",
    "proxy-url",
    "token",
    "username",
    "password",
    "client-certificate",
    "client-key",
    "as",
    "as-uid",
    "as-group",
    "as-user-extra",
];

/// Where a program goes, as far as it said so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Goes {
    /// The server's URL.
    pub server: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// `metadata.uid` of kube-system.
    pub uid: Option<String>,
}

/// The caller's flags that say where the command goes, as words.
pub(super) fn target_flags(parsed: &Parsed<'_>) -> Vec<OsString> {
    let flag = |given: &crate::engine::grammar::cobra::Given<'_>| {
        let long = given.flag?.long;
        let is_switch = long == "insecure-skip-tls-verify";
        let counts = HANDED_ON.contains(&long) && (!is_switch || go_bool(given.value).is_some());
        counts.then(|| {
            let mut word = format!("--{long}=").into_bytes();
            word.extend_from_slice(given.value);
            OsString::from_vec(word)
        })
    };
    parsed.given.iter().filter_map(flag).collect()
}

/// Asks.
pub(super) fn where_it_goes(tool: &Path, parsed: &Parsed<'_>, world: &World) -> Goes {
    let mut command = Command::new(tool);
    command.args(["get", OF_NAMESPACE, OF_CLUSTER]);
    command.args(target_flags(parsed));
    command.args(["--output=json", "--v=6", "--request-timeout=2s"]);
    command.env_clear();
    // With duplicate names the first counts for `getenv`, the last for `Command`.
    command.envs(world.vars().iter().rev().filter(|(k, _)| k != CONFIRM).map(|(k, v)| (k, v)));
    // A script may well call `kubectl` again, and meet the shim.
    let depth = world.var(DEPTH).and_then(OsStr::to_str).and_then(|d| d.parse().ok());
    command.env(DEPTH, depth.unwrap_or(0_u32).saturating_add(1).to_string());
    if !world.cwd().as_os_str().is_empty() {
        command.current_dir(world.cwd());
    }
    read(&listen(command, PATIENCE))
}

fn read(said: &Said) -> Goes {
    let mut goes = Goes::default();
    let objects: Vec<Value> =
        serde_json::Deserializer::from_str(&said.out).into_iter().map_while(Result::ok).collect();
    let lists = objects.iter().filter_map(|o| o.get("items")?.as_array()).flatten();
    for object in objects.iter().chain(lists) {
        let at = |path: &str| object.pointer(path).and_then(Value::as_str).map(str::to_owned);
        match (at("/kind").as_deref(), at("/metadata/name").as_deref()) {
            (Some("ConfigMap"), Some("kube-root-ca.crt")) => goes.namespace = at("/metadata/namespace"),
            (Some("Namespace"), Some("kube-system")) => goes.uid = at("/metadata/uid"),
            _ => {}
        }
    }
    for url in urls(&said.err) {
        let Some((server, path)) = split(url) else { continue };
        // The discovery may come from a file; the objects never do.
        let namespace = path.strip_suffix("/configmaps/kube-root-ca.crt").filter(|ns| !ns.contains('/'));
        if let Some(namespace) = namespace {
            goes.namespace = Some(namespace.to_owned());
        }
        if namespace.is_some() || goes.server.is_none() {
            goes.server = Some(server.to_owned());
        }
    }
    goes
}

/// The URLs in kubectl's log: `GET https://…` of older versions, `url="https://…"` of newer ones.
fn urls(log: &str) -> impl Iterator<Item = &str> {
    log.lines().filter(|line| line.contains("round_trippers.go")).filter_map(|line| {
        let at = line.find("https://").or_else(|| line.find("http://"))?;
        let url = line.get(at..)?;
        url.split(|c: char| c.is_whitespace() || c == '"').next()
    })
}

/// Server and what is asked of it: the rest of the path behind the namespaces, or behind nothing.
fn split(url: &str) -> Option<(&str, &str)> {
    let url = url.split(['?', '#']).next().unwrap_or(url);
    if let Some((server, rest)) = url.split_once("/api/v1/namespaces/") {
        return Some((server, rest));
    }
    ["/api", "/apis"].iter().find_map(|end| Some((url.strip_suffix(end)?, "")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::grammar::cobra::parse;

    #[test]
    fn the_requests_name_the_place() {
        let rows = [
            // kubectl 1.32 and older.
            (
                "I1129 17:57:19.5 1 round_trippers.go:560] GET https://h:6443/api?timeout=2s 200 OK in 0 milliseconds\nI1129 17:57:19.5 1 round_trippers.go:560] GET https://h:6443/api/v1/namespaces/shop/configmaps/kube-root-ca.crt 200 OK in 1 milliseconds\n",
                Some("https://h:6443"),
                Some("shop"),
            ),
            // Newer, behind a path; discovery out of the cache.
            (
                "I1129 17:57:19.5 1 round_trippers.go:632] \"Response\" verb=\"GET\" url=\"https://r/k8s/clusters/c-1/api/v1/namespaces/a/configmaps/kube-root-ca.crt\" status=\"403 Forbidden\"\nI1 round_trippers.go:632] \"Response\" verb=\"GET\" url=\"https://r/k8s/clusters/c-1/api/v1/namespaces/kube-system\" status=\"\"\n",
                Some("https://r/k8s/clusters/c-1"),
                Some("a"),
            ),
            // Nobody there: only the server is known.
            (
                "I1 round_trippers.go:632] \"Response\" verb=\"GET\" url=\"http://127.0.0.1:9/api?timeout=2s\" status=\"\"\nE1 memcache.go:381] err=\"Get \\\"http://127.0.0.1:9/api\\\"\"\n",
                Some("http://127.0.0.1:9"),
                None,
            ),
            ("error: no such command\nhttps://docs.example/api\n", None, None),
            ("", None, None),
        ];
        for (log, server, namespace) in rows {
            let goes = read(&Said { err: log.to_owned(), ..Said::default() });
            assert_eq!((goes.server.as_deref(), goes.namespace.as_deref()), (server, namespace), "{log}");
        }
    }

    #[test]
    fn the_answer_names_namespace_and_cluster() {
        let map = r#"{"kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "namespace": "shop"}}"#;
        let system = r#"{"kind": "Namespace", "metadata": {"name": "kube-system", "uid": "u-1"}}"#;
        let want = Goes { server: None, namespace: Some("shop".into()), uid: Some("u-1".into()) };
        for out in
            [format!("{{\"kind\": \"List\", \"items\": [{map}, {system}]}}"), format!("{map}\n{system}")]
        {
            assert_eq!(read(&Said { out, ..Said::default() }), want);
        }
        assert_eq!(read(&Said { out: "{\"kind\": [1]} no".into(), ..Said::default() }), Goes::default());
    }

    #[test]
    fn flags_that_name_the_place_are_handed_on() {
        let words: Vec<&[u8]> = ["--context", "b", "delete", "-nshop", "pods", "--all", "-A", "--as=x"]
            .map(str::as_bytes)
            .to_vec();
        let parsed = parse(&crate::engine::kube::kubectl::TABLE, &words);
        assert_eq!(target_flags(&parsed), ["--context=b", "--namespace=shop", "--as=x"]);
    }
}
