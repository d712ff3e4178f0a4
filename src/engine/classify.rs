//! What the words of a command say, whatever tool it is: the one place of the engine that chooses the family. No wildcard
//! chooses one here, so a family that is forgotten does not compile.

use super::effect::Effect;
use super::situation::Situation;
use super::tool::{self, FamilyId, Tool};
use super::trail::says::Says;
use super::verdict::Verdict;
use super::{aws, docker, files, inner, kube, machine};
use crate::engine::grammar::cobra::parse;
use crate::engine::kube::kubectl::TABLE;
use crate::engine::{packages, units};
use std::borrow::Cow;

/// Judges the words after the tool's name. `name` is the basename of `argv[0]`: that of a tool, or of one of the smaller
/// programs that are judged and never stood in front of (`pg_ctlcluster`, `journalctl`).
///
/// Never fails: words it cannot read are [`Effect::Unknown`] or the worse of the possible readings.
pub fn classify(name: &[u8], words: &[&[u8]]) -> Verdict {
    let judged = match tool::called(name) {
        Some(tool) => Some(classify_tool(tool, words)),
        None => classify_program(name, words),
    };
    judged.unwrap_or_else(|| Verdict::why(Effect::Unknown, "a tool guard does not know"))
}

/// Judges the words after the name of a tool.
pub fn classify_tool(tool: &Tool, words: &[&[u8]]) -> Verdict {
    let judged = match tool.family {
        FamilyId::Kube => Some(kube::classify(tool, words, inner::classify)),
        FamilyId::Aws => Some(aws::classify(words)),
        FamilyId::Packages => packages::classify(tool.name.as_bytes(), words),
        FamilyId::Units => units::classify(tool.name.as_bytes(), words),
        FamilyId::Files => Some(files::classify(words)),
        FamilyId::Docker => Some(docker::classify(tool, words, inside_container)),
    };
    judged.unwrap_or_default()
}

/// Judges what runs in a container, its program first. In there what changes something counts as what stops something, unless a
/// tool does it whose words say more.
fn inside_container(words: &[&[u8]]) -> Verdict {
    let judged = inner::classify(words);
    let Some((program, rest)) = words.split_first().filter(|_| judged.effect == Effect::Disrupt) else {
        return judged;
    };
    let name = program.rsplit(|b| *b == b'/').next().unwrap_or(program);
    // Containers in containers: each would be looked into once more.
    let tool = tool::called_in_line(name).filter(|tool| tool.family != FamilyId::Docker);
    tool.map_or(judged, |tool| classify_tool(tool, rest))
}

/// Judges the words after the name of a program that works on the machine itself, a tool or a smaller one; `None` for
/// others.
pub fn classify_host(name: &[u8], words: &[&[u8]]) -> Option<Verdict> {
    match tool::called(name) {
        Some(tool) => tool.is_of_machine().then(|| classify_tool(tool, words)),
        None => classify_program(name, words),
    }
}

/// Judges the words after the name of a program that no shim stands in front of; `None` when nobody knows it.
fn classify_program(name: &[u8], words: &[&[u8]]) -> Option<Verdict> {
    packages::classify(name, words).or_else(|| units::classify(name, words))
}

/// What of a tool's words and variables says where it goes, for the memory of a terminal; `None` for tools that go nowhere but to
/// this machine.
pub const fn says(tool: &Tool) -> Option<&'static Says> {
    match tool.family {
        FamilyId::Kube => Some(&kube::whereto::SAYS),
        FamilyId::Aws => Some(&aws::whereto::SAYS),
        FamilyId::Packages | FamilyId::Units | FamilyId::Files | FamilyId::Docker => None,
    }
}

/// The words with their secrets replaced, for records and screens. Words are never added or removed.
pub fn redact<'a>(tool: &Tool, words: &'a [&'a [u8]]) -> Vec<Cow<'a, [u8]>> {
    match tool.family {
        FamilyId::Kube => kube::redact(words),
        FamilyId::Aws => aws::redact(words),
        FamilyId::Packages | FamilyId::Units => packages::redact(words),
        FamilyId::Files => files::redact(words),
        FamilyId::Docker => docker::redact(tool, words),
    }
}

/// What the words say about the things that are hit: the start of a situation that a probe completes, and all there is for
/// examples and offline checks. The target is left unknown.
pub fn situation(name: &str, words: &[&[u8]]) -> Situation {
    let effect = classify(name.as_bytes(), words).effect;
    let Some(tool) = tool::called(name.as_bytes()) else {
        if classify_program(name.as_bytes(), words).is_some() {
            return machine::situation(name, words, effect);
        }
        let verb = words.iter().take_while(|w| !w.starts_with(b"-")).map(|w| String::from_utf8_lossy(w));
        return Situation::of(name, verb.collect::<Vec<_>>().join(" "), effect);
    };
    situation_of(tool, words, effect)
}

/// The same for a tool, by an effect that is known already.
pub fn situation_of(tool: &Tool, words: &[&[u8]], effect: Effect) -> Situation {
    match tool.family {
        FamilyId::Kube => kube::situation(tool.name, &parse(&TABLE, words), effect),
        FamilyId::Aws => aws::situation(&aws::hit(words, &aws::Documents::none()), effect),
        FamilyId::Packages | FamilyId::Units => machine::situation(tool.name, words, effect),
        FamilyId::Files => files::situation(tool.name, words, effect),
        FamilyId::Docker => docker::situation(tool, words, effect),
    }
}

/// The commands of a tool, as rules of a policy name them; groups stand for themselves. `None` where there are too many to be
/// told: [`has_verb`] knows them.
#[cfg(feature = "cli")]
pub fn verbs(tool: &Tool) -> Option<Vec<String>> {
    match tool.family {
        FamilyId::Kube => Some(kube::verbs(tool)),
        FamilyId::Aws => None,
        FamilyId::Packages => Some(packages::verbs(tool)),
        FamilyId::Units => Some(units::verbs(tool)),
        FamilyId::Files => Some(files::verbs(tool)),
        FamilyId::Docker => Some(docker::verbs(tool)),
    }
}

/// Whether a tool has such a command, or a group of commands.
#[cfg(feature = "cli")]
pub fn has_verb(tool: &Tool, verb: &str) -> bool {
    verbs(tool).map_or_else(|| aws::has_verb(verb), |all| all.iter().any(|known| known == verb))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::situation::Object;
    #[cfg(feature = "cli")]
    use crate::engine::situation::Whole;

    fn of(line: &str) -> Situation {
        let words: Vec<&[u8]> = line.split(' ').skip(1).map(str::as_bytes).collect();
        situation(line.split(' ').next().unwrap_or(""), &words)
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
