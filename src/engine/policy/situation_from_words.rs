//! What the words of one command say about its objects, as far as words can: the start of a [`Situation`] that a probe
//! completes, and all there is for examples and offline checks.

use crate::engine::aws::{self, Hit};
use crate::engine::classify::{classify, classify_host};
use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::{Parsed, parse};
use crate::engine::grammar::table::Role;
use crate::engine::kube::kinds::{self, is_cluster_scoped};
use crate::engine::kube::kubectl;
use crate::engine::packages::operands;
use crate::engine::packages::operands::named;
use crate::engine::policy::makes;
use crate::engine::situation::{Object, Situation};
use crate::engine::tool::{self, FamilyId};

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
pub fn situation_of_words(tool: &str, words: &[&[u8]]) -> Situation {
    let effect = classify(tool.as_bytes(), words).effect;
    match tool::called(tool.as_bytes()).map(|known| (known.name, known.family)) {
        Some((name, FamilyId::Kube)) => situation_of(name, &parse(&kubectl::TABLE, words), effect),
        Some((_, FamilyId::Aws)) => situation_of_aws(&aws::hit(words, &aws::Documents::none()), effect),
        Some((name, FamilyId::Packages | FamilyId::Units)) => situation_of_host(name, words, effect),
        None if classify_host(tool.as_bytes(), words).is_some() => situation_of_host(tool, words, effect),
        None => {
            let verb = words.iter().take_while(|w| !w.starts_with(b"-")).map(|w| text(w));
            Situation::of(tool, verb.collect::<Vec<_>>().join(" "), effect)
        }
    }
}

/// The same for the tools that work on the host itself: packages and units by name.
pub fn situation_of_host(tool: &str, words: &[&[u8]], effect: Effect) -> Situation {
    let named = named(tool.as_bytes(), words);
    let mut s = Situation::of(tool, named.verb, effect);
    let thing = |(kind, name): (operands::Kind, Option<String>)| {
        let resource = match kind {
            operands::Kind::Package => "packages",
            operands::Kind::Unit => "units",
        };
        Object { resource: resource.to_owned(), name, ..Object::default() }
    };
    s.objects = named.things.into_iter().map(thing).collect();
    // A removed package takes its services with it, and a unit those that need it: of the kinds too words know only some.
    s.objects_complete =
        named.complete && !s.objects.is_empty() && s.objects.iter().all(|o| o.name.is_some());
    s.kinds_complete = s.objects_complete;
    s.whole_scope = (effect == Effect::Destroy && s.objects.iter().any(|o| o.resource == "packages")).into();
    s
}

/// The same from words that are already parsed and judged.
pub fn situation_of(tool: &str, parsed: &Parsed<'_>, effect: Effect) -> Situation {
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

/// The same for a command of the AWS CLI: the verb is `SERVICE OPERATION`, an object's resource is the service and its
/// kind the thing the operation's name speaks of.
pub fn situation_of_aws(hit: &Hit, effect: Effect) -> Situation {
    let mut s = Situation::of(tool::AWS.name, hit.verb(), effect);
    let kind = aws::names::kind(hit);
    let object = |name: Option<&String>| Object {
        kind: kind.clone(),
        resource: hit.service.clone(),
        name: name.cloned(),
        ..Object::default()
    };
    s.objects = hit.resources.iter().map(|name| object(Some(name))).collect();
    if s.objects.is_empty() && !hit.service.is_empty() {
        s.objects.push(object(None));
    }
    s.whole_scope = aws::names::whole(hit).into();
    s.kinds_complete = true;
    s.objects_complete = !hit.unread && !hit.resources.is_empty();
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

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "cli")]
    use crate::engine::situation::Whole;

    fn of(line: &str) -> Situation {
        let words: Vec<&[u8]> = line.split(' ').skip(1).map(str::as_bytes).collect();
        situation_of_words(line.split(' ').next().unwrap_or(""), &words)
    }

    fn objects(line: &str) -> Vec<String> {
        let show = |o: &Object| {
            let name = o.name.as_deref().unwrap_or("?");
            format!(
                "{}{}/{name}",
                o.namespace.as_ref().map(|n| format!("{n}:")).unwrap_or_default(),
                o.resource
            )
        };
        of(line).objects.iter().map(show).collect()
    }

    #[test]
    fn arguments_become_objects() {
        for (line, want) in [
            ("kubectl delete pod a b", vec!["pod/a", "pod/b"]),
            ("kubectl -n shop delete pod,svc a", vec!["shop:pod/a", "shop:svc/a"]),
            ("kubectl delete pod/a deploy/b -n shop", vec!["shop:pod/a", "shop:deploy/b"]),
            ("kubectl delete ns a -n shop", vec!["ns/a"]),
            ("kubectl delete pods --all", vec!["pods/?"]),
            ("kubectl rollout restart deploy web", vec!["deploy/web"]),
            ("kubectl drain n1 --force", vec!["nodes/n1"]),
            ("kubectl label pod a app=x old-", vec!["pod/a"]),
            ("kubectl delete -f x.yaml", vec![]),
            ("kubectl create cm a --from-literal=k=v", vec!["configmaps/a"]),
            ("kubectl -n shop create secret generic a", vec!["shop:secrets/a"]),
            ("kubectl create svc clusterip a --tcp=80", vec!["services/a"]),
            ("kubectl create clusterrole a -n shop --verb=get --resource=pods", vec!["clusterroles/a"]),
            ("kubectl create ns shop", vec!["namespaces/shop"]),
            ("kubectl create token a", vec!["serviceaccounts/a"]),
            ("kubectl create -f x.yaml", vec![]),
            ("kubectl run a --image=b -- delete c", vec!["pods/a"]),
            ("kubectl expose deploy web --port=80", vec!["deploy/web", "services/web"]),
            ("kubectl expose deploy web --port=80 --name=x", vec!["deploy/web", "services/x"]),
            ("kubectl expose -f x.yaml", vec![]),
            ("kubectl autoscale deploy/web --max=3", vec!["deploy/web", "horizontalpodautoscalers/web"]),
            ("kubectl certificate approve a", vec!["certificatesigningrequests/a"]),
            ("kubectl exec web-0 -- ls", vec!["pods/web-0"]),
            ("kubectl exec -n shop deploy/web -- ls", vec!["shop:deploy/web"]),
            ("kubectl attach web-0 -i", vec!["pods/web-0"]),
            ("kubectl debug node/n1 -it", vec!["node/n1"]),
            ("kubectl port-forward web-0 80:8080", vec!["pods/web-0"]),
        ] {
            assert_eq!(objects(line), want, "{line}");
        }
    }

    #[test]
    fn paths_become_objects() {
        assert_eq!(objects("kubectl delete --raw /api/v1/namespaces/shop/pods/x"), ["shop:pods/x"]);
        assert_eq!(
            objects("kubectl delete --raw /apis/apps/v1/namespaces/shop/deployments"),
            ["shop:deployments/?"]
        );
        assert_eq!(objects("kubectl delete --raw /api/v1/namespaces/shop"), ["namespaces/shop"]);
        assert_eq!(
            objects("kubectl replace --raw /api/v1/namespaces/shop/finalize -f x"),
            ["namespaces/shop"]
        );
        assert_eq!(objects("kubectl delete --raw /version"), Vec::<String>::new());
        for path in [
            "/api/v1/namespaces/a/configmaps/x/../../../b",
            "/api/v1/namespaces/a/../b",
            "/api/v1/./namespaces/b",
            "/api/v1/namespaces/%62",
            "/api/v1/namespaces/%2e%2e/nodes/n",
            "/api/v1//namespaces/b",
            "/api/v1/namespaces/b/",
            "api/v1/namespaces/b",
        ] {
            assert_eq!(objects(&format!("kubectl delete --raw {path}")), Vec::<String>::new(), "{path}");
        }
    }

    // The lean build does not know which options take the words behind them.
    #[cfg(feature = "cli")]
    #[test]
    fn commands_of_aws_name_their_things() {
        for (line, want) in [
            ("aws cloudformation delete-stack --stack-name app", "cloudformation delete-stack: stack app"),
            (
                "aws ec2 terminate-instances --instance-ids i-1 i-2",
                "ec2 terminate-instances: instance i-1, instance i-2",
            ),
            ("aws s3 rb s3://logs --force", "s3 rb: bucket logs, whole"),
            ("aws s3 rm s3://logs --recursive", "s3 rm: object logs, whole"),
            ("aws s3 rm s3://logs/2020/ --recursive", "s3 rm: object logs/2020"),
            ("aws s3 sync --delete . s3://www/", "s3 sync: object www, whole"),
            ("aws s3 rm s3://logs/x", "s3 rm: object logs/x"),
            (
                "aws organizations leave-organization",
                "organizations leave-organization: organization ?, whole",
            ),
            (
                "aws rds delete-db-instance --db-instance-identifier db",
                "rds delete-db-instance: db-instance db",
            ),
        ] {
            let s = of(line);
            let things: Vec<String> = s
                .objects
                .iter()
                .map(|o| format!("{} {}", o.kind, o.name.as_deref().unwrap_or("?")))
                .chain((s.whole_scope == Whole::Yes).then(|| "whole".to_owned()))
                .collect();
            assert_eq!(format!("{}: {}", s.verb, things.join(", ")), want);
        }
    }

    #[test]
    fn packages_and_units_become_objects() {
        for (line, want, complete, whole) in [
            ("apt-get purge redis-tools", vec!["packages/redis-tools"], false, true),
            ("apt remove ~c p=1", vec!["packages/?", "packages/p"], false, false),
            ("dpkg -P p q", vec!["packages/p", "packages/q"], true, true),
            ("systemctl restart postgresql.service", vec!["units/postgresql"], false, false),
            ("reboot", vec![], false, false),
        ] {
            let s = of(line);
            assert_eq!(objects(line), want, "{line}");
            assert_eq!((s.objects_complete, s.whole_scope), (complete, whole.into()), "{line}");
        }
        assert_eq!(of("reboot -f").verb, "reboot");
        assert_eq!(of("apt-get -y purge p").verb, "purge");
    }

    #[test]
    fn what_is_complete_is_said() {
        for (line, objects, kinds, whole) in [
            ("kubectl delete pod a", true, true, false),
            ("kubectl delete pods --all", false, true, true),
            ("kubectl delete pods -l app=x", false, true, false),
            ("kubectl delete -f x.yaml", false, false, false),
            ("kubectl delete ns a", true, true, true),
        ] {
            let s = of(line);
            assert_eq!(
                (s.objects_complete, s.kinds_complete, s.whole_scope),
                (objects, kinds, whole.into()),
                "{line}"
            );
        }
        assert_eq!(of("kubectl delete ns a b").namespaces, ["a", "b"]);
        assert_eq!(of("kubectl ctx main").verb, "ctx");
        assert!(of("kubectl delete pods --all -A").all_namespaces);
        assert!(!of("kubectl delete pods --all -A=0").all_namespaces);
    }
}
