//! kubectl's own way from words, environment and files to a server, a user and a namespace (client-go
//! `tools/clientcmd/client_config.go`, `merged_client_builder.go`; cli-runtime `genericclioptions/config_flags.go`).

pub(crate) mod files;
mod flags;
mod pod;
mod write;

use super::{Access, ContextSummary, ResolvedKube, identity, kuberc};
use crate::engine::challenge::real_name;
use crate::engine::escape::escape;
use crate::engine::fact::{Source, Sourced};
use crate::engine::grammar::cobra::Parsed;
use crate::engine::kube::KubeTarget;
use crate::engine::server::{is_tls, server_parts};
use crate::fail::{Fail, Kind, Result};
use crate::run::proxy;
use crate::world::World;
use files::{CLUSTERS, CONTEXTS, Entry, Files, USERS};
use flags::Flags;
use sha2::{Digest, Sha256};

/// The server kubectl falls back to when nobody names one.
const DEFAULT_SERVER: &str = "http://localhost:8080";

/// Resolves the target of these words (kuberc's aliases and defaults already expanded into them).
pub fn kube(world: &World, parsed: &Parsed<'_>) -> Result<ResolvedKube> {
    let flags = Flags::of(parsed)?;
    let files = files::load(world, flags.kubeconfig.as_deref())?;
    let chosen = Chosen::of(&files, &flags)?;
    let server = chosen.server(world, &flags);
    let pod = pod::Pod::of(world);
    let in_cluster = match &pod {
        Some(_) => chosen.is_default(world, &flags, &server.value),
        None => false,
    };

    let mut target = KubeTarget::at(server, Sourced::new("default".into(), Source::Default));
    target.context =
        chosen.context.as_ref().map(|c| Sourced::new(c.name.to_owned(), chosen.context_from.clone()));
    target.cluster = chosen.cluster.as_ref().map(|c| Sourced::new(c.name.to_owned(), c.source(c.line)));
    target.user = chosen.user.as_ref().map(|u| Sourced::new(u.name.to_owned(), u.source(u.line)));
    target.chosen_by = chosen.chosen_by(&files, &flags);
    target.all_namespaces = flags.all_namespaces;
    target.acting_as = flags.acting_as().or_else(|| {
        chosen
            .user
            .as_ref()
            .and_then(|u| u.text("as").map(|(v, line)| Sourced::new(v.to_owned(), u.source(line))))
    });

    if let (true, Some(pod)) = (in_cluster, &pod) {
        // `-s http://localhost:8080` counts as nothing configured and yet replaces the pod's own server.
        target.server = match &flags.server {
            Some(server) => Sourced::new(server.clone(), Source::Flag("server".into())),
            None => Sourced::new(pod.server.clone(), Source::InCluster),
        };
        (target.context, target.cluster, target.user) = (None, None, None);
        target.chosen_by = Source::InCluster;
    }
    target.namespace = namespace(&chosen, &flags, pod.as_ref(), &mut target.notes);

    let cluster = write::cluster(&chosen, &flags, world, &target.server.value);
    let user = write::user(&chosen, &flags, world, is_tls(&target.server.value));
    target.ca_sha256 = if in_cluster {
        let path = flags.certificate_authority.as_ref().map(|p| world.at(p));
        read_ca(&path.unwrap_or_else(|| world.absolute(pod::CA)))
            .and_then(|pem| identity::certificates_sha256(&pem))
    } else {
        ca_sha256(&chosen, &flags, world, &target.server.value)?
    };
    let exec = if in_cluster { None } else { user.exec.clone() };
    target.exec_cluster_name = exec.as_ref().and_then(|e| cluster_name_in(&e.args));
    let named =
        chosen.cluster.as_ref().and_then(|c| c.text("tls-server-name")).map(|(name, _)| name.to_owned());
    target.tls_server_name = flags.tls_server_name.clone().or(named).filter(|_| !in_cluster);
    target.cluster_name_is_ambiguous = chosen.cluster.as_ref().is_some_and(|c| is_ambiguous(&files, c));
    notes(world, &files, &chosen, &flags, &mut target);
    target.proxy = proxy_between(world, &chosen, &flags, &target);
    if let Some(proxy) = &target.proxy {
        let (through, from) = (escape(proxy.value.as_bytes()), escape(proxy.from.to_string().as_bytes()));
        target.notes.push(format!("requests go through the proxy {through} ({from})"));
    }

    let access_user = user.node;
    let effective = match (&pod, in_cluster) {
        (Some(pod), true) => write::in_cluster(world, pod, &flags, &target),
        _ => write::effective(&target, &cluster, &access_user),
    };
    let kubeconfig = write::minimal(&chosen);
    let plugin_policy = kuberc::load(world, parsed.words)?.map(|l| l.kuberc.policy).unwrap_or_default();
    let writes_back = chosen.user.as_ref().is_some_and(|u| u.node("auth-provider").is_some());
    let digest = digest(&target, &kubeconfig, &effective);
    // From here on it is only shown, recorded and compared; a password in it is nobody's business.
    target.server.value = server_without_userinfo(&target.server.value);
    Ok(ResolvedKube {
        target,
        access: Access {
            kubeconfig,
            effective,
            from_flag: flags.kubeconfig.is_some(),
            in_cluster,
            digest,
            settled: None,
            exec_plugin: exec.map(|e| e.command),
            plugin_policy,
            writes_back,
        },
    })
}

/// Every context of the files the environment points to.
pub fn contexts(world: &World) -> Result<Vec<ContextSummary>> {
    let files = files::load(world, None)?;
    let current = files.current_context().map(|(name, _)| name.to_owned());
    let mut out: Vec<ContextSummary> = Vec::new();
    for file in &files.files {
        for entry in file.entries(CONTEXTS) {
            if out.iter().any(|c| c.name == entry.name) {
                continue;
            }
            let cluster = entry.text("cluster").map_or("", |(c, _)| c);
            let server =
                files.find(CLUSTERS, cluster).and_then(|c| c.text("server").map(|(s, _)| s.to_owned()));
            out.push(ContextSummary {
                name: entry.name.to_owned(),
                cluster: cluster.to_owned(),
                server: server.unwrap_or_default(),
                namespace: entry.text("namespace").map(|(n, _)| n.to_owned()),
                current: current.as_deref() == Some(entry.name),
                file: file.path.clone(),
                line: entry.line,
            });
        }
    }
    Ok(out)
}

/// The three entries in use.
pub(crate) struct Chosen<'a> {
    /// The context's name; empty when none is in use.
    context_name: &'a str,
    context_from: Source,
    context: Option<Entry<'a>>,
    cluster_name: &'a str,
    cluster: Option<Entry<'a>>,
    user_name: &'a str,
    user: Option<Entry<'a>>,
}

impl<'a> Chosen<'a> {
    fn of(files: &'a Files, flags: &'a Flags) -> Result<Chosen<'a>> {
        let (context_name, context_from) = match (&flags.context, files.current_context()) {
            (Some(name), _) => (name.as_str(), Source::Flag("context".into())),
            (None, Some((name, from))) => (name, from),
            (None, None) => ("", Source::Default),
        };
        let context = files.find(CONTEXTS, context_name);
        if context.is_none() && !context_name.is_empty() {
            return Err(absent("context", context_name, &context_from, files));
        }
        let of_context = |key| context.as_ref().and_then(|c: &Entry<'a>| c.text(key)).map_or("", |(v, _)| v);
        let cluster_name = flags.cluster.as_deref().unwrap_or(of_context("cluster"));
        let user_name = flags.user.as_deref().unwrap_or(of_context("user"));
        let cluster = files.find(CLUSTERS, cluster_name);
        let user = files.find(USERS, user_name);
        // Only a name given by flag has to exist; a context may point nowhere, and kubectl goes to its default server.
        if let (None, Some(name)) = (&cluster, &flags.cluster) {
            return Err(absent("cluster", name, &Source::Flag("cluster".into()), files));
        }
        if let (None, Some(name)) = (&user, &flags.user) {
            return Err(absent("user", name, &Source::Flag("user".into()), files));
        }
        Ok(Chosen { context_name, context_from, context, cluster_name, cluster, user_name, user })
    }

    fn server(&self, world: &World, flags: &Flags) -> Sourced<String> {
        if let Some(server) = &flags.server {
            return Sourced::new(server.clone(), Source::Flag("server".into()));
        }
        if let Some((cluster, (server, line))) =
            self.cluster.as_ref().and_then(|c| Some((c, c.text("server")?)))
        {
            return Sourced::new(server.to_owned(), cluster.source(line));
        }
        match world.set_var("KUBERNETES_MASTER") {
            Some(server) => {
                Sourced::new(server.to_string_lossy().into_owned(), Source::Env("KUBERNETES_MASTER".into()))
            }
            None => Sourced::new(DEFAULT_SERVER.into(), Source::Default),
        }
    }

    /// client-go's `IsDefaultConfig`: the client's settings equal those of no configuration at all. Credentials do not
    /// count on a server without TLS, where they are never read; a timeout or impersonation does.
    fn is_default(&self, world: &World, flags: &Flags, server: &str) -> bool {
        let default = world.set_var("KUBERNETES_MASTER").map(|v| v.to_string_lossy().into_owned());
        let on = |key| self.cluster.as_ref().is_some_and(|c| is_true(c, key));
        let has = |key| self.cluster.as_ref().is_some_and(|c| c.text(key).is_some());
        let plain = server == default.as_deref().unwrap_or(DEFAULT_SERVER)
            && flags.proxy_url.is_none()
            && !has("proxy-url")
            && !flags.disable_compression
            && !on("disable-compression")
            && flags.no_timeout
            && flags.acting_as().is_none()
            && self.user.as_ref().is_none_or(|u| u.text("as").is_none());
        if !plain || !is_tls(server) {
            return plain;
        }
        let credentials = self.user.as_ref().is_some_and(|u| {
            [
                "token",
                "tokenFile",
                "username",
                "password",
                "client-certificate",
                "client-certificate-data",
                "exec",
                "auth-provider",
            ]
            .iter()
            .any(|key| u.node(key).is_some())
        });
        !credentials
            && !flags.has_credentials()
            && !has("certificate-authority")
            && !has("certificate-authority-data")
            && !has("tls-server-name")
            && !on("insecure-skip-tls-verify")
            && flags.certificate_authority.is_none()
            && flags.tls_server_name.is_none()
            && !flags.insecure
    }

    fn chosen_by(&self, files: &Files, flags: &Flags) -> Source {
        if flags.server.is_some() && self.context.is_none() {
            Source::Flag("server".into())
        } else if flags.context.is_some() {
            Source::Flag("context".into())
        } else if self.context.is_none() && self.cluster.is_none() {
            match files.files.is_empty() {
                true => Source::Default,
                false => files.chosen_by.clone(),
            }
        } else {
            files.chosen_by.clone()
        }
    }
}

fn is_true(entry: &Entry<'_>, key: &str) -> bool {
    entry.node(key).is_some_and(|n| n.value == super::yaml::Value::Bool(true))
}

fn absent(kind: &str, name: &str, from: &Source, files: &Files) -> Fail {
    let from = escape(from.to_string().as_bytes());
    let looked: Vec<String> = files.files.iter().map(|f| escape(f.path.as_bytes())).collect();
    let because = match looked.as_slice() {
        [] => "there is no kubeconfig file".to_owned(),
        some => format!("it is not in {}", some.join(", ")),
    };
    Fail::new(Kind::Data, format!("the {kind} {} named by {from} does not exist", escape(name.as_bytes())))
        .because(because)
        .help("see which there are: kubectl config get-contexts")
}

fn namespace(
    chosen: &Chosen<'_>,
    flags: &Flags,
    pod: Option<&pod::Pod>,
    notes: &mut Vec<String>,
) -> Sourced<String> {
    if let Some(ns) = &flags.namespace {
        return Sourced::new(ns.clone(), Source::Flag("namespace".into()));
    }
    if let Some((context, (ns, line))) = chosen.context.as_ref().and_then(|c| Some((c, c.text("namespace")?)))
    {
        return Sourced::new(ns.to_owned(), context.source(line));
    }
    // Inside a pod a context without a namespace gets the pod's, even when it leads to another cluster.
    let Some(pod) = pod else { return Sourced::new("default".into(), Source::Default) };
    let ns = pod.namespace.clone();
    if chosen.context.is_some() {
        notes.push(format!(
            "the context names no namespace: inside a pod kubectl takes the pod's, {} ({})",
            escape(ns.value.as_bytes()),
            ns.from
        ));
    }
    ns
}

/// The certificates kubectl would trust for this server, hashed.
fn ca_sha256(chosen: &Chosen<'_>, flags: &Flags, world: &World, server: &str) -> Result<Option<String>> {
    let cluster = chosen.cluster.as_ref();
    let of_file = |key| cluster.and_then(|c| c.text(key).map(|(v, _)| v));
    let (data, path) = match (&flags.certificate_authority, flags.insecure) {
        (Some(path), _) => (None, Some(world.at(path))),
        (None, true) => (None, None),
        (None, false) => (
            of_file("certificate-authority-data"),
            cluster.and_then(|c| {
                of_file("certificate-authority").map(|p| world.at(files::from_file(c.file, p)))
            }),
        ),
    };
    if let (Some(_), Some(_)) = (data, &path) {
        return Err(Fail::new(Kind::Data, "the cluster entry has two certificate authorities")
            .because(
                "certificate-authority and certificate-authority-data are both set, kubectl refuses that",
            )
            .help("remove one of the two from the kubeconfig"));
    }
    let pem = match (data, path) {
        (Some(data), _) => files::base64_of(data),
        (None, Some(path)) => Some(read_ca(&path).ok_or_else(|| {
            let name = escape(path.to_string_lossy().as_bytes());
            Fail::new(Kind::Data, format!("the certificate authority {name} cannot be read"))
                .because("kubectl needs it to trust the server")
                .help("correct certificate-authority in the kubeconfig, or --certificate-authority")
        })?),
        (None, None) => None,
    };
    let insecure = flags.insecure
        || (flags.certificate_authority.is_none()
            && cluster.is_some_and(|c| is_true(c, "insecure-skip-tls-verify")));
    if insecure || !is_tls(server) {
        return Ok(None);
    }
    Ok(pem.and_then(|pem| identity::certificates_sha256(&pem)))
}

fn read_ca(path: &std::path::Path) -> Option<Vec<u8>> {
    files::open(path, "").ok().flatten()
}

/// The cluster's name among a credential plugin's arguments: `aws eks get-token --cluster-name X`,
/// `aws-iam-authenticator token -i X`, `--cluster X`, `tsh kube credentials --kube-cluster=X`.
fn cluster_name_in(args: &[String]) -> Option<String> {
    const NAMES: [&str; 5] = ["--cluster-name", "--cluster", "--cluster-id", "--kube-cluster", "-i"];
    args.iter().enumerate().find_map(|(i, arg)| {
        let value = NAMES.iter().find_map(|name| match arg.strip_prefix(name)? {
            "" => args.get(i + 1).map(String::as_str),
            rest => rest.strip_prefix('=').filter(|_| name.starts_with("--")),
        })?;
        (!value.is_empty() && !value.starts_with('-')).then(|| value.to_owned())
    })
}

/// Whether another server at hand goes by the same name: the entry's own, or the one its provider gave (`main` of two
/// accounts).
fn is_ambiguous(files: &Files, cluster: &Entry<'_>) -> bool {
    let server = |e: &Entry<'_>| e.text("server").map_or("", |(s, _)| s).to_owned();
    let (own, at) = (server(cluster), |name: &str, server: &str| real_name(name, server).map(|r| r.name));
    let name = at(cluster.name, &own);
    files.files.iter().flat_map(|f| f.entries(CLUSTERS)).any(|e| {
        let other = server(&e);
        other != own && (e.name == cluster.name || (name.is_some() && at(e.name, &other) == name))
    })
}

fn notes(world: &World, files: &Files, chosen: &Chosen<'_>, flags: &Flags, target: &mut KubeTarget) {
    let show = |s: &str| escape(s.as_bytes());
    let notes = &mut target.notes;
    if flags.kubeconfig.is_some() && world.set_var("KUBECONFIG").is_some() {
        notes.push("$KUBECONFIG is not used: --kubeconfig is given".into());
    }
    for path in &files.missing {
        if !matches!(files.chosen_by, Source::File { .. }) {
            notes.push(format!("{} does not exist and is skipped", show(path)));
        }
    }
    if target.chosen_by == Source::InCluster {
        return;
    }
    if chosen.cluster.is_none() && !chosen.cluster_name.is_empty() {
        notes.push(format!("the context's cluster {} does not exist", show(chosen.cluster_name)));
    }
    if chosen.user.is_none() && !chosen.user_name.is_empty() {
        notes.push(format!("the context's user {} does not exist", show(chosen.user_name)));
    }
    if flags.server.is_some() && chosen.cluster.is_some() {
        notes.push("--server replaces the server of the cluster entry".into());
    }
    let skip = chosen.cluster.as_ref().is_some_and(|c| is_true(c, "insecure-skip-tls-verify"));
    if is_tls(&target.server.value) && (flags.insecure || (skip && flags.certificate_authority.is_none())) {
        notes.push("the server's certificate is not checked (insecure-skip-tls-verify)".into());
    }
}

/// The proxy between kubectl and the server: by flag, by the cluster entry, else by the environment as Go reads it.
fn proxy_between(
    world: &World,
    chosen: &Chosen<'_>,
    flags: &Flags,
    target: &KubeTarget,
) -> Option<Sourced<String>> {
    let in_cluster = target.chosen_by == Source::InCluster;
    let entry = chosen.cluster.as_ref().filter(|_| !in_cluster);
    let (proxy, from) = if let Some(proxy) = &flags.proxy_url {
        (proxy.clone(), Source::Flag("proxy-url".into()))
    } else if let Some((cluster, (proxy, line))) = entry.and_then(|c| Some((c, c.text("proxy-url")?))) {
        (proxy.to_owned(), cluster.source(line))
    } else {
        let parts = server_parts(&target.server.value);
        let (name, proxy) = proxy::of_environment(world, parts.scheme == "https", &parts.host)?;
        (proxy, Source::Env(name.into()))
    };
    Some(Sourced::new(without_userinfo(&proxy).to_owned(), from))
}

/// A server's address without the name and password in it; everything else stays as it was written.
fn server_without_userinfo(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match authority.rsplit_once('@') {
        Some((userinfo, _)) => {
            let rest = rest.get(userinfo.len() + 1..).unwrap_or_default();
            if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
        }
        None => url.to_owned(),
    }
}

/// A URL without the name and password in it.
fn without_userinfo(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, rest)| rest)
}

fn digest(target: &KubeTarget, kubeconfig: &[u8], effective: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut put = |part: &[u8]| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    let name =
        |part: &Option<Sourced<String>>| part.as_ref().map_or(String::new(), |p| format!("={}", p.value));
    put(target.server.value.as_bytes());
    put(target.namespace.value.as_bytes());
    put(&[u8::from(target.all_namespaces)]);
    for part in [&target.context, &target.cluster, &target.user, &target.acting_as, &target.proxy] {
        put(name(part).as_bytes());
    }
    put(target.ca_sha256.as_deref().unwrap_or("").as_bytes());
    put(kubeconfig);
    put(effective);
    hash.finalize().into()
}

#[cfg(test)]
#[path = "kubeconfig/tests.rs"]
mod tests;
