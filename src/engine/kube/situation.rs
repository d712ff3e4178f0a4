//! What the words of one kubectl command say about its objects, as far as words can: the start of a [`Situation`] that a probe
//! completes, and all there is for examples and offline checks.

use super::kinds::{self, is_cluster_scoped};
use super::makes;
use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::grammar::table::Role;
use crate::engine::situation::{Object, Situation};

/// Commands whose arguments are nodes by name.
pub const NODE_COMMANDS: [&str; 3] = ["cordon", "drain", "uncordon"];
/// Commands whose arguments are `TYPE NAME…`, `TYPE/NAME…` or `TYPE1,TYPE2`.
const OBJECT_COMMANDS: [&str; 11] = [
    "annotate",
    "autoscale",
    "delete",
    "edit",
    "expose",
    "label",
    "patch",
    "rollout",
    "scale",
    "set",
    "taint",
];
/// Commands whose first argument is a pod by name, or `TYPE/NAME`.
const POD_COMMANDS: [&str; 4] = ["attach", "debug", "exec", "port-forward"];

/// The situation as the words tell it. The target is left unknown.
pub fn situation(tool: &str, parsed: &Parsed<'_>, effect: Effect) -> Situation {
    let mut s = Situation::of(tool, "", effect);
    s.verb = match parsed.path() {
        // A plugin's name is the first word that is no flag.
        "" => parsed.words.iter().find(|w| !w.starts_with(b"-")).map(|w| text(w)).unwrap_or_default(),
        path => path.to_owned(),
    };
    s.all_namespaces = parsed.on("all-namespaces");
    if let Some(given) = parsed.role(Role::Namespace) {
        s.namespaces.push(text(given.value));
    }
    objects(parsed, &mut s);
    s
}

fn objects(parsed: &Parsed<'_>, s: &mut Situation) {
    let command = parsed.path().split(' ').next().unwrap_or("");
    let args: Vec<String> = parsed.args_before_dash().iter().map(|(_, a)| text(a)).collect();
    let from_file = parsed.role(Role::Filename).is_some();
    let namespace = s.namespaces.first().cloned();
    let mut collection = false;
    if let Some(raw) = parsed.last("raw") {
        let path = text(raw);
        s.objects = by_path(&path).into_iter().collect();
        collection = s.objects.iter().all(|o| o.name.is_none()) && !path.contains("Selector=");
        s.namespaces = s.objects.iter().filter_map(|o| o.namespace.clone()).collect();
    } else if let Some(made) = makes::of_path(parsed.path()).filter(|_| !from_file) {
        s.objects = by_making(made, parsed, &args, namespace.as_deref());
    } else if NODE_COMMANDS.contains(&command) {
        s.objects = args.iter().map(|n| object("nodes", Some(n.as_str()), None)).collect();
    } else if names_objects(command) && !from_file {
        // What follows the pod belongs to the command inside it.
        let pod = args.first().map(|a| if a.contains('/') { a.clone() } else { format!("pods/{a}") });
        let pod: Vec<String> = pod.into_iter().collect();
        let names = if POD_COMMANDS.contains(&command) { &pod } else { &args };
        s.objects = by_arguments(names, namespace.as_deref());
    } else if let Some(pods) = pods_of(parsed) {
        s.namespaces.extend(pods.into_iter().flatten());
    }
    let selected = parsed.role(Role::Selector).is_some() || parsed.on("all");
    let takes_along = |o: &Object| o.is_namespace() || kinds::is_definition(&o.resource);
    let whole =
        parsed.on("all") || (command == "delete" && (s.objects.iter().any(takes_along) || collection));
    s.whole_scope = s.whole_scope.max(whole.into());
    s.kinds_complete = !from_file && !s.objects.is_empty();
    s.objects_complete = s.kinds_complete && !selected && s.objects.iter().all(|o| o.name.is_some());
    // A namespace goes with everything in it.
    let whole: Vec<String> =
        s.objects.iter().filter(|o| o.is_namespace()).filter_map(|o| o.name.clone()).collect();
    if !whole.is_empty() {
        if s.objects.iter().all(Object::is_namespace) {
            s.namespaces.clear();
        }
        s.namespaces.extend(whole);
    }
}

/// What is made, and what it is made from where the words name that, too.
fn by_making(made: Object, parsed: &Parsed<'_>, args: &[String], namespace: Option<&str>) -> Vec<Object> {
    let command = parsed.path().split(' ').next().unwrap_or("");
    let mut objects =
        if OBJECT_COMMANDS.contains(&command) { by_arguments(args, namespace) } else { Vec::new() };
    let name = match parsed.last("name") {
        Some(name) => Some(text(name)),
        None if objects.is_empty() => args.first().cloned(),
        None => objects.first().and_then(|from| from.name.clone()),
    };
    let namespace = namespace.filter(|_| !is_cluster_scoped(&made.resource)).map(str::to_owned);
    objects.push(Object { name, namespace, ..made });
    objects
}

fn by_arguments(args: &[String], namespace: Option<&str>) -> Vec<Object> {
    // Labels, annotations and settings are no names: `label pod a app=x`, `annotate pod a key-`.
    let names = || args.iter().filter(|a| !a.contains('=') && !a.ends_with('-'));
    if names().any(|a| a.contains('/')) {
        return names()
            .filter_map(|a| a.split_once('/'))
            .map(|(kind, name)| object(kind, Some(name), namespace))
            .collect();
    }
    let mut rest = names();
    let kinds: Vec<&str> = rest.next().map(|k| k.split(',').collect()).unwrap_or_default();
    let named: Vec<&String> = rest.collect();
    kinds
        .iter()
        .flat_map(|kind| match named.as_slice() {
            [] => vec![object(kind, None, namespace)],
            named => named.iter().map(|n| object(kind, Some(n.as_str()), namespace)).collect(),
        })
        .collect()
}

fn object(kind: &str, name: Option<&str>, namespace: Option<&str>) -> Object {
    let (resource, group) = kind.split_once('.').unwrap_or((kind, ""));
    let mut object = Object {
        resource: resource.to_ascii_lowercase(),
        group: group.to_owned(),
        name: name.map(str::to_owned),
        ..Object::default()
    };
    if !is_cluster_scoped(&object.resource) {
        object.namespace = namespace.map(str::to_owned);
    }
    object
}

/// Whether a command's arguments are objects of any kind: `TYPE NAME…`, `TYPE/NAME…`, `TYPE1,TYPE2`.
fn names_objects(command: &str) -> bool {
    OBJECT_COMMANDS.contains(&command) || POD_COMMANDS.contains(&command)
}

/// The namespaces that the pods of `exec`, `attach`, `debug` and `cp` lie in; `None` stands for the one of the target.
/// `cp` takes `NAMESPACE/POD:PATH` on either side (kubectl 1.37, `pkg/cmd/cp/filespec.go`), whatever `-n` says.
pub fn pods_of(parsed: &Parsed<'_>) -> Option<Vec<Option<String>>> {
    if parsed.path() != "cp" {
        return None;
    }
    let place = |arg: &[u8]| {
        let (pod, _) = arg.split_at(arg.iter().position(|b| *b == b':')?);
        let namespace = pod.iter().position(|b| *b == b'/').and_then(|at| pod.get(..at));
        Some(namespace.filter(|ns| !ns.is_empty()).map(text))
    };
    Some(parsed.args.iter().filter_map(|(_, arg)| place(arg)).collect())
}

/// Whether a path (without its query) says what the server will make of it: it takes out `.` and `..`, doubled slashes
/// and escapes (Go `path.Clean`, `net/url`), so that such a path leads to another object than it names.
pub fn is_plain_path(path: &str) -> bool {
    let Some(parts) = path.strip_prefix('/') else { return false };
    let plain = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|b| b.is_ascii_graphic() && !b"%\\#;".contains(&b))
    };
    parts.split('/').all(plain)
}

/// The object a `--raw` path names: `/api/v1/namespaces/x/pods/y`.
fn by_path(path: &str) -> Option<Object> {
    let path = path.split('?').next().unwrap_or(path);
    if !is_plain_path(path) {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let (group, rest) = match parts.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return None,
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, kind, ..] if !matches!(*kind, "finalize" | "status") => {
            (Some(*namespace), rest.get(2..).unwrap_or_default())
        }
        rest => (None, rest),
    };
    let (resource, rest) = rest.split_first()?;
    Some(Object {
        resource: (*resource).to_owned(),
        group: group.to_owned(),
        name: rest.first().map(|n| (*n).to_owned()),
        namespace: namespace.map(str::to_owned),
        ..Object::default()
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
