//! Which objects the words name, before any server is asked.

use crate::engine::grammar::cobra::Parsed;
use crate::engine::kube::is_plain_path;

/// What the positional arguments and input flags choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Nothing on the server (`config delete-context`, `proxy`).
    Nothing,
    /// `--raw PATH`.
    Raw(String),
    /// `-f`, `-k`: what the manifests hold.
    Files,
    /// `TYPE[,TYPE] [NAME…]`; without names `--all` or a selector chooses.
    Types {
        /// The words that name kinds.
        types: Vec<String>,
        /// The names.
        names: Vec<String>,
    },
    /// `TYPE/NAME…`.
    Slashed(Vec<(String, String)>),
}

/// How a command takes its arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Kinds and names.
    Resources,
    /// Kinds and names, then changes: the first word with `=`, or with `-` at its end.
    ResourcesThenChanges,
    /// Names of nodes.
    Nodes,
    /// One pod, or `TYPE/NAME`.
    Pod,
    /// Only `-f` and `-k`.
    FilesOnly,
}

/// Commands that hit objects on the server. `SUBCOMMANDS` of a group are given in full.
const SHAPES: &[(&str, Shape)] = &[
    ("annotate", Shape::ResourcesThenChanges),
    ("apply", Shape::FilesOnly),
    ("apply set-last-applied", Shape::FilesOnly),
    ("attach", Shape::Pod),
    ("auth reconcile", Shape::FilesOnly),
    ("cordon", Shape::Nodes),
    ("create", Shape::FilesOnly),
    ("debug", Shape::Pod),
    ("delete", Shape::Resources),
    ("drain", Shape::Nodes),
    ("edit", Shape::Resources),
    ("exec", Shape::Pod),
    ("label", Shape::ResourcesThenChanges),
    ("patch", Shape::Resources),
    ("replace", Shape::FilesOnly),
    ("rollout pause", Shape::Resources),
    ("rollout restart", Shape::Resources),
    ("rollout resume", Shape::Resources),
    ("rollout undo", Shape::Resources),
    ("scale", Shape::Resources),
    ("set env", Shape::ResourcesThenChanges),
    ("set image", Shape::ResourcesThenChanges),
    ("set resources", Shape::Resources),
    ("set selector", Shape::ResourcesThenChanges),
    ("set serviceaccount", Shape::Resources),
    ("set subject", Shape::Resources),
    ("taint", Shape::ResourcesThenChanges),
    ("uncordon", Shape::Nodes),
];

/// Reads the arguments of a command.
pub fn chosen(parsed: &Parsed<'_>) -> Chosen {
    let path = parsed.path();
    let Some((_, shape)) = SHAPES.iter().find(|(name, _)| *name == path) else { return Chosen::Nothing };
    if let Some(raw) = parsed.last("raw")
        && !raw.is_empty()
    {
        return Chosen::Raw(text(raw));
    }
    if parsed.all("filename").next().is_some() || parsed.all("kustomize").next().is_some() {
        return Chosen::Files;
    }
    // `exec POD -- CMD`: what follows the dashes belongs to the pod.
    let until = if *shape == Shape::Pod { parsed.dash.unwrap_or(1).min(1) } else { parsed.args.len() };
    let mut args: Vec<String> = parsed.args.iter().take(until).map(|(_, a)| text(a)).collect();
    match shape {
        Shape::FilesOnly => Chosen::Nothing,
        Shape::Nodes => {
            args.iter_mut()
                .for_each(|a| *a = a.trim_start_matches("node/").trim_start_matches("nodes/").to_owned());
            Chosen::Types { types: vec!["nodes".into()], names: args }
        }
        Shape::Pod => match args.first() {
            Some(one) if one.contains('/') => resources(args),
            Some(_) => Chosen::Types { types: vec!["pods".into()], names: args },
            None => Chosen::Nothing,
        },
        Shape::Resources => {
            // `set serviceaccount TYPE NAME ACCOUNT`: the last word is no object.
            if path == "set serviceaccount" {
                args.pop();
            }
            resources(args)
        }
        Shape::ResourcesThenChanges => {
            if let Some(first) = args.iter().skip(1).position(|a| a.contains('=') || a.ends_with('-')) {
                args.truncate(first + 1);
            }
            resources(args)
        }
    }
}

fn resources(args: Vec<String>) -> Chosen {
    if args.iter().any(|a| a.contains('/')) {
        let pairs = args.iter().filter_map(|a| a.split_once('/'));
        return Chosen::Slashed(pairs.map(|(t, n)| (t.to_owned(), n.to_owned())).collect());
    }
    let mut args = args.into_iter();
    match args.next() {
        None => Chosen::Nothing,
        Some(types) => Chosen::Types {
            types: types.split(',').filter(|t| !t.is_empty()).map(str::to_owned).collect(),
            names: args.collect(),
        },
    }
}

/// Words that are no UTF-8 name nothing a server would accept; the replacement character keeps them unequal to all.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A path after `--raw`, read as the object or list it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawPath {
    /// API group.
    pub group: String,
    /// Plural resource name.
    pub resource: String,
    /// Namespace.
    pub namespace: Option<String>,
    /// Object name; without it the whole list is meant.
    pub name: Option<String>,
    /// Subresource (`finalize`, `eviction`, `scale`).
    pub sub: Option<String>,
    /// The query, which may hold selectors.
    pub query: String,
}

/// Reads `/api/V/…` and `/apis/G/V/…`.
pub fn raw_path(path: &str) -> Option<RawPath> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if !is_plain_path(path) {
        return None;
    }
    let mut parts = path.split('/').filter(|p| !p.is_empty());
    let group = match parts.next()? {
        "api" => String::new(),
        "apis" => parts.next()?.to_owned(),
        _ => return None,
    };
    parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let owned = |part: Option<&&str>| part.map(|p| (*p).to_owned());
    let (namespace, rest) = match rest.as_slice() {
        // A namespace's own subresources.
        ["namespaces", _, "finalize" | "status"] => (None, rest.as_slice()),
        ["namespaces", ns, inner @ ..] if !inner.is_empty() => (Some((*ns).to_owned()), inner),
        all => (None, all),
    };
    Some(RawPath {
        group,
        resource: (*rest.first()?).to_owned(),
        namespace,
        name: owned(rest.get(1)),
        sub: owned(rest.get(2)),
        query: query.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_paths_name_objects_lists_and_subresources() {
        let read = |p| raw_path(p).map(|r| (r.group, r.resource, r.namespace, r.name, r.sub));
        let s = |t: &str| Some(t.to_owned());
        assert_eq!(
            read("/api/v1/namespaces/a"),
            Some((String::new(), "namespaces".into(), None, s("a"), None))
        );
        assert_eq!(
            read("/api/v1/namespaces/a/finalize"),
            Some((String::new(), "namespaces".into(), None, s("a"), s("finalize")))
        );
        assert_eq!(
            read("/api/v1/namespaces/a/pods?labelSelector=x"),
            Some((String::new(), "pods".into(), s("a"), None, None))
        );
        assert_eq!(
            read("/apis/apps/v1/namespaces/a/deployments/d"),
            Some(("apps".into(), "deployments".into(), s("a"), s("d"), None))
        );
        assert_eq!(
            read("/api/v1/namespaces/a/pods/p/eviction"),
            Some((String::new(), "pods".into(), s("a"), s("p"), s("eviction")))
        );
        assert_eq!(read("/healthz"), None);
        assert_eq!(read("/api/v1/namespaces/a/../b"), None);
        assert_eq!(read("/api/v1/namespaces/%61"), None);
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(SHAPES.is_sorted_by_key(|(name, _)| name));
    }
}
