//! The two kubeconfigs that lead to a resolved target: the entries as the files have them, for kubectl with the caller's
//! own words, and the same with everything folded in, for guard's own client. JSON, which every YAML reader takes.

use super::Chosen;
use super::files::{Entry, File, from_file};
use super::flags::Flags;
use super::pod::{CA, Pod, TOKEN};
use crate::engine::kube::KubeTarget;
use crate::family::kube::resolve::yaml::{Node, Value, to_json};
use crate::world::World;

type Fields = Vec<(String, Node)>;

/// A user entry ready to be written, and the credential plugin it runs.
pub(super) struct User {
    pub(super) node: Value,
    pub(super) exec: Option<Exec>,
}

/// A credential plugin.
#[derive(Clone)]
pub(super) struct Exec {
    pub(super) command: String,
    pub(super) args: Vec<String>,
}

/// The entries in use and nothing else; flags are not folded in.
pub(super) fn minimal(chosen: &Chosen<'_>) -> Vec<u8> {
    let entry = |e: &Entry<'_>, key: &str, body: Value| {
        Value::Seq(vec![node(object(vec![("name", string(e.name)), (key, body)]))])
    };
    let mut root = head(chosen.context_name);
    if let Some(context) = &chosen.context {
        let mut body = fields(context);
        // The two names may have been replaced by flags, which the caller's words replace again.
        set(&mut body, "cluster", string(chosen.cluster_name));
        set(&mut body, "user", string(chosen.user_name));
        root.push(("contexts", entry(context, "context", Value::Map(body))));
    }
    if let Some(cluster) = &chosen.cluster {
        root.push(("clusters", entry(cluster, "cluster", Value::Map(cluster_fields(cluster)))));
    }
    if let Some(user) = &chosen.user {
        root.push(("users", entry(user, "user", Value::Map(user_fields(user)))));
    }
    write(object(root))
}

/// The cluster with flags and defaults folded in (`DirectClientConfig.getCluster`).
pub(super) fn cluster(chosen: &Chosen<'_>, flags: &Flags, world: &World, server: &str) -> Value {
    let mut out = chosen.cluster.as_ref().map(cluster_fields).unwrap_or_default();
    set(&mut out, "server", string(server));
    if flags.insecure || flags.certificate_authority.is_some() {
        remove(&mut out, "certificate-authority-data");
        remove(&mut out, "certificate-authority");
        set(&mut out, "insecure-skip-tls-verify", Value::Bool(flags.insecure));
        if let Some(path) = &flags.certificate_authority {
            set(&mut out, "certificate-authority", absolute(world, path));
        }
    }
    if flags.server.is_some() || flags.tls_server_name.is_some() {
        remove(&mut out, "tls-server-name");
        if let Some(name) = &flags.tls_server_name {
            set(&mut out, "tls-server-name", string(name));
        }
    }
    if let Some(url) = &flags.proxy_url {
        set(&mut out, "proxy-url", string(url));
    }
    if flags.disable_compression {
        set(&mut out, "disable-compression", Value::Bool(true));
    }
    Value::Map(out)
}

/// The user with flags folded in (`DirectClientConfig.getAuthInfo`), reduced to the method that client-go would use.
/// On a server without TLS credentials are never read.
pub(super) fn user(chosen: &Chosen<'_>, flags: &Flags, world: &World, tls: bool) -> User {
    let mut out = chosen.user.as_ref().map(user_fields).unwrap_or_default();
    for (key, value) in [
        ("token", &flags.token),
        ("username", &flags.username),
        ("password", &flags.password),
        ("as", &flags.as_user),
        ("as-uid", &flags.as_uid),
    ] {
        if let Some(value) = value {
            set(&mut out, key, string(value));
        }
    }
    for (key, data, value) in [
        ("client-certificate", "client-certificate-data", &flags.client_certificate),
        ("client-key", "client-key-data", &flags.client_key),
    ] {
        if let Some(path) = value {
            remove(&mut out, data);
            set(&mut out, key, absolute(world, path));
        }
    }
    if !flags.as_groups.is_empty() {
        set(&mut out, "as-groups", strings(&flags.as_groups));
    }
    if !flags.as_extra.is_empty() {
        let mut extra = match out.iter().find(|(k, _)| k == "as-user-extra").map(|(_, n)| &n.value) {
            Some(Value::Map(pairs)) => pairs.clone(),
            _ => Vec::new(),
        };
        for (key, values) in &flags.as_extra {
            set(&mut extra, key, strings(values));
        }
        set(&mut out, "as-user-extra", Value::Map(extra));
    }
    if !tls {
        out.retain(|(key, _)| key == "as" || key.starts_with("as-"));
    }
    // A token file that can be read is asked on every request and wins over the token beside it.
    let file = text(&out, "tokenFile").filter(|p| is_readable(&world.at(p)));
    if file.is_some() {
        remove(&mut out, "token");
    }
    // A request that already carries credentials never reaches the plugin.
    if ["token", "tokenFile", "username"].iter().any(|key| text(&out, key).is_some()) {
        remove(&mut out, "exec");
        remove(&mut out, "auth-provider");
    }
    let exec = out.iter().find(|(k, _)| k == "exec").and_then(|(_, e)| {
        let command = e.get("command")?.text()?.to_owned();
        let args = e.get("args").map_or(&[][..], Node::items);
        Some(Exec { command, args: args.iter().filter_map(|a| a.text().map(str::to_owned)).collect() })
    });
    User { node: Value::Map(out), exec }
}

/// Whether it can be opened. A pipe that nobody writes to is not waited for.
fn is_readable(path: &std::path::Path) -> bool {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).is_ok()
}

/// A kubeconfig whose one context is the target itself.
pub(super) fn effective(target: &KubeTarget, cluster: &Value, user: &Value) -> Vec<u8> {
    let name = |part: &Option<crate::engine::fact::Sourced<String>>| {
        part.as_ref().map(|p| p.value.as_str()).filter(|n| !n.is_empty()).unwrap_or("guard").to_owned()
    };
    let (context, cluster_name, user_name) =
        (name(&target.context), name(&target.cluster), name(&target.user));
    let named = |name: &str, key: &str, body: Value| {
        Value::Seq(vec![node(object(vec![("name", string(name)), (key, body)]))])
    };
    let mut root = head(&context);
    let body = object(vec![
        ("cluster", string(&cluster_name)),
        ("user", string(&user_name)),
        ("namespace", string(&target.namespace.value)),
    ]);
    root.push(("contexts", named(&context, "context", body)));
    root.push(("clusters", named(&cluster_name, "cluster", cluster.clone())));
    root.push(("users", named(&user_name, "user", user.clone())));
    write(object(root))
}

/// The pod's service account as a kubeconfig. Of the flags only the server, the token and the CA count there.
pub(super) fn in_cluster(world: &World, pod: &Pod, flags: &Flags, target: &KubeTarget) -> Vec<u8> {
    let mut cluster = vec![("server", string(flags.server.as_deref().unwrap_or(&pod.server)))];
    let ca = flags.certificate_authority.as_ref().map(|p| world.at(p)).unwrap_or_else(|| world.absolute(CA));
    if ca.is_file() {
        cluster.push(("certificate-authority", string(&ca.to_string_lossy())));
    }
    let user = match &flags.token {
        Some(token) => object(vec![("token", string(token))]),
        None => object(vec![("tokenFile", string(&world.absolute(TOKEN).to_string_lossy()))]),
    };
    effective(target, &object(cluster), &user)
}

fn head(context: &str) -> Vec<(&'static str, Value)> {
    vec![("apiVersion", string("v1")), ("kind", string("Config")), ("current-context", string(context))]
}

fn fields(entry: &Entry<'_>) -> Fields {
    match entry.body.map(|b| &b.value) {
        Some(Value::Map(pairs)) => pairs.clone(),
        _ => Vec::new(),
    }
}

fn cluster_fields(entry: &Entry<'_>) -> Fields {
    let mut out = fields(entry);
    resolve(&mut out, "certificate-authority", entry.file);
    out
}

fn user_fields(entry: &Entry<'_>) -> Fields {
    let mut out = fields(entry);
    for key in ["client-certificate", "client-key", "tokenFile"] {
        resolve(&mut out, key, entry.file);
    }
    // A command without a slash is looked up on PATH.
    if let Some((_, Node { value: Value::Map(exec), .. })) = out.iter_mut().find(|(k, _)| k == "exec")
        && text(exec, "command").is_some_and(|c| c.contains('/'))
    {
        resolve(exec, "command", entry.file);
    }
    out
}

fn resolve(fields: &mut Fields, key: &str, file: &File) {
    if let Some(path) = text(fields, key).map(str::to_owned) {
        set(fields, key, string(&from_file(file, &path)));
    }
}

fn absolute(world: &World, path: &str) -> Value {
    string(&world.at(path).to_string_lossy())
}

fn text<'a>(fields: &'a Fields, key: &str) -> Option<&'a str> {
    fields.iter().find(|(k, _)| k == key).and_then(|(_, n)| n.text()).filter(|t| !t.is_empty())
}

fn set(fields: &mut Fields, key: &str, value: Value) {
    match fields.iter_mut().find(|(k, _)| k == key) {
        Some((_, slot)) => slot.value = value,
        None => fields.push((key.to_owned(), node(value))),
    }
}

fn remove(fields: &mut Fields, key: &str) {
    fields.retain(|(k, _)| k != key);
}

fn node(value: Value) -> Node {
    Node { value, line: 0 }
}

fn string(text: &str) -> Value {
    Value::Str(text.to_owned())
}

fn strings(list: &[String]) -> Value {
    Value::Seq(list.iter().map(|s| node(string(s))).collect())
}

fn object(pairs: Vec<(&str, Value)>) -> Value {
    Value::Map(pairs.into_iter().map(|(k, v)| (k.to_owned(), node(v))).collect())
}

fn write(root: Value) -> Vec<u8> {
    let mut out = String::new();
    to_json(&root, &mut out);
    out.push('\n');
    out.into_bytes()
}
