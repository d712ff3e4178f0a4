//! One rule of a policy: what it looks at, and what follows.
//!
//! A rule either raises ("at least this") or relaxes the built-in table ("at most this"). Raising rules look upwards:
//! `effect: disrupt` is a disruption *or worse*. Relaxing ones look downwards: *or milder*. That is what keeps every
//! decision monotone: nothing becomes easier by becoming worse. A fact that is not known counts for raising rules and
//! against relaxing ones.

use super::place::IdKind;
use super::window::Window;
use crate::engine::backup::backed::Demand;
use crate::engine::effect::Effect;
use crate::engine::glob;
use crate::engine::situation::{Actor, Object, Outcome, Situation, Whole};
use crate::engine::target::Environment;
use crate::engine::tool;
use crate::engine::trail::Moved;

/// A label that has to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelTest {
    /// The key, exactly.
    pub key: String,
    /// Patterns of which one has to match the value; empty = any value.
    pub values: Vec<String>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name in decisions and audit records.
    pub id: String,
    /// What it looks at.
    pub when: When,
    /// What follows.
    pub then: Outcome,
    /// True for a rule that lowers the built-in table to `then` instead of raising to it.
    pub relax: bool,
    /// True for `then: freeze`: nothing but reads.
    pub freeze: bool,
    /// Why, in the words of whoever wrote it.
    pub reason: Option<String>,
    /// A written justification is demanded.
    pub justification: bool,
    /// The difference is shown before the question.
    pub show_diff: bool,
    /// What it demands of the copies of what is hit.
    pub backup: Option<Demand>,
    /// The line (from 1) it stands on.
    pub line: Option<u32>,
}

/// What a rule looks at. Empty lists and `None` look at nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// Tools by name.
    pub tool: Vec<String>,
    /// Command paths (`delete`, `rollout restart`); a group's name means every command below it.
    pub verb: Vec<String>,
    /// This effect or worse (raising), or milder (relaxing). `unknown` is exactly that.
    pub effect: Option<Effect>,
    /// Whole namespaces, `--all`, purge.
    pub whole_scope: Option<bool>,
    /// Kinds: `pvc`, `persistentvolumeclaims`, `PersistentVolumeClaim`, `deployments.apps`.
    pub resource: Vec<String>,
    /// Object names.
    pub name: Vec<String>,
    /// Namespaces of the objects; for a namespace itself, its name.
    pub namespace: Vec<String>,
    /// Labels of the object or its namespace; all have to hold.
    pub labels: Vec<LabelTest>,
    /// Environments; `production` means unclassified and unknown targets as well in raising rules.
    pub environment: Vec<Environment>,
    /// Identities of the target: per kind, patterns of which one has to match.
    pub identity: Vec<(IdKind, Vec<String>)>,
    /// Known local clusters.
    pub local: Option<bool>,
    /// Whether a person can be asked.
    pub interactive: Option<bool>,
    /// Who is at work.
    pub actor: Vec<Actor>,
    /// When.
    pub time: Option<Window>,
    /// Whether it goes elsewhere than its terminal has been.
    pub moved: Option<bool>,
}

/// Whether something holds, when it may not be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    No,
    Unknown,
    Yes,
}

use Holds::{No, Unknown, Yes};

impl From<bool> for Holds {
    fn from(b: bool) -> Holds {
        if b { Yes } else { No }
    }
}

impl Rule {
    /// Whether the rule counts here. What is not known counts for raising rules and against relaxing ones.
    pub fn matches(&self, s: &Situation) -> bool {
        let holds = self.when.holds(s, self.relax);
        if self.relax { holds == Yes } else { holds >= Unknown }
    }

    /// True when the rule counts only because something it looks at is not known.
    pub fn matches_for_want_of_facts(&self, s: &Situation) -> bool {
        !self.relax && self.when.holds(s, false) == Unknown
    }
}

impl When {
    fn holds(&self, s: &Situation, relax: bool) -> Holds {
        let mut all = Yes;
        let mut and = |h: Holds| all = all.min(h);
        and(any_or_none(&self.tool, |t| glob::matches(t, &s.tool)));
        and(any_or_none(&self.verb, |v| verb_matches(v, &s.verb)));
        if let Some(limit) = self.effect {
            and(effect_holds(limit, s.effect, relax).into());
        }
        // Raising on `false` or relaxing on `true` would make the wider command the milder one; both mean "either".
        match self.whole_scope {
            Some(true) if !relax => and(match s.whole_scope {
                Whole::No => No,
                Whole::Unknown => Unknown,
                Whole::Yes => Yes,
            }),
            Some(false) if relax => and((s.whole_scope == Whole::No).into()),
            _ => {}
        }
        and(self.environment_holds(s, relax));
        for (kind, patterns) in &self.identity {
            // What proves nothing relaxes nothing, unless the rule asks for something that does as well.
            let shown = identity_holds(*kind, patterns, s);
            let unproven = relax && is_unproven(*kind, s) && !self.is_proven(s);
            and(if unproven { shown.min(Unknown) } else { shown });
        }
        if let Some(local) = self.local {
            and(if s.target_known { (s.local == local).into() } else { Unknown });
        }
        if let Some(interactive) = self.interactive {
            and((s.interactive == interactive).into());
        }
        if !self.actor.is_empty() {
            and(self.actor.contains(&s.actor).into());
        }
        if let Some(window) = &self.time {
            and(s.now.map_or(Unknown, |now| window.holds(now).into()));
        }
        // As with the scope: going where one has been is not the worse of the two.
        match self.moved {
            Some(true) if !relax => and(match s.moved {
                Moved::No => No,
                Moved::Unknown => Unknown,
                Moved::Yes => Yes,
            }),
            Some(false) if relax => and((s.moved == Moved::No).into()),
            _ => {}
        }
        and(self.objects_hold(s, relax));
        all
    }

    /// Whether the rule knows the target by its own uid, certificates or ID.
    fn is_proven(&self, s: &Situation) -> bool {
        let own = |kind: IdKind| matches!(kind, IdKind::Uid | IdKind::Ca | IdKind::Daemon);
        let strong = |kind: IdKind| own(kind) && !is_unproven(kind, s);
        self.identity.iter().any(|(kind, p)| strong(*kind) && identity_holds(*kind, p, s) == Yes)
    }

    fn environment_holds(&self, s: &Situation, relax: bool) -> Holds {
        if self.environment.is_empty() {
            return Yes;
        }
        if !s.target_known {
            return Unknown;
        }
        let as_production = !relax && s.environment == Environment::Unclassified;
        let listed = |e| self.environment.contains(&e);
        (listed(s.environment) || (as_production && listed(Environment::Production))).into()
    }

    /// A raising rule needs one object that matches, a relaxing one needs all of them to.
    fn objects_hold(&self, s: &Situation, relax: bool) -> Holds {
        let looks = !(self.resource.is_empty()
            && self.name.is_empty()
            && self.namespace.is_empty()
            && self.labels.is_empty());
        if !looks {
            return Yes;
        }
        let mut seen: Vec<Holds> = s.objects.iter().map(|o| self.object_holds(o, s)).collect();
        if s.objects.is_empty() {
            // Nothing but the namespaces is known: each stands for an object of any kind.
            let blank = Object::default();
            let kinds = if self.resource.is_empty() { Yes } else { Unknown };
            let rest = kinds.min(self.name_holds(&blank)).min(self.labels_hold(&blank));
            seen = s.namespaces.iter().map(|n| rest.min(self.namespace_matches(n).into())).collect();
        }
        let kinds_only = self.name.is_empty() && self.namespace.is_empty() && self.labels.is_empty();
        let complete = s.objects_complete || (s.kinds_complete && kinds_only && !s.objects.is_empty());
        if !complete {
            seen.push(if s.all_namespaces || s.namespaces.is_empty() || self.namespace.is_empty() {
                self.unseen_holds(s)
            } else {
                // The rest lies in the namespaces that are known.
                let in_one = s.namespaces.iter().any(|n| self.namespace_matches(n));
                self.unseen_holds(s).min(Holds::from(in_one))
            });
        }
        let worst = if relax { seen.iter().min() } else { seen.iter().max() };
        worst.copied().unwrap_or(No)
    }

    /// Whether an object nobody has seen could match; when all kinds are known, only if one of those does.
    fn unseen_holds(&self, s: &Situation) -> Holds {
        let possible =
            !s.kinds_complete || s.objects.is_empty() || s.objects.iter().any(|o| self.kind_holds(o) != No);
        if possible { Unknown } else { No }
    }

    fn object_holds(&self, o: &Object, s: &Situation) -> Holds {
        let namespace = match (&o.namespace, &o.name) {
            _ if self.namespace.is_empty() => Yes,
            (Some(ns), _) => self.namespace_matches(ns).into(),
            (None, Some(name)) if o.is_namespace() => self.namespace_matches(name).into(),
            (None, None) if o.is_namespace() => Unknown,
            (None, _) if s.all_namespaces => Unknown,
            (None, _) => No,
        };
        self.kind_holds(o).min(self.name_holds(o)).min(namespace).min(self.labels_hold(o))
    }

    fn kind_holds(&self, o: &Object) -> Holds {
        if self.resource.is_empty() {
            return Yes;
        }
        if o.kind.is_empty() && o.resource.is_empty() {
            return Unknown;
        }
        self.resource.iter().any(|r| kind_matches(r, o)).into()
    }

    fn name_holds(&self, o: &Object) -> Holds {
        match &o.name {
            _ if self.name.is_empty() => Yes,
            None => Unknown,
            Some(name) => self.name.iter().any(|p| glob::matches(p, name)).into(),
        }
    }

    fn labels_hold(&self, o: &Object) -> Holds {
        match &o.labels {
            _ if self.labels.is_empty() => Yes,
            None => Unknown,
            Some(have) => self
                .labels
                .iter()
                .all(|want| {
                    have.iter().any(|(k, v)| {
                        *k == want.key
                            && (want.values.is_empty() || want.values.iter().any(|p| glob::matches(p, v)))
                    })
                })
                .into(),
        }
    }

    fn namespace_matches(&self, namespace: &str) -> bool {
        self.namespace.iter().any(|p| glob::matches(p, namespace))
    }
}

fn any_or_none(patterns: &[String], test: impl Fn(&str) -> bool) -> Holds {
    (patterns.is_empty() || patterns.iter().any(|p| test(p))).into()
}

/// `delete` is that command, `rollout` every command of that group, `rollout re*` a pattern over the whole path.
fn verb_matches(pattern: &str, verb: &str) -> bool {
    glob::matches(pattern, verb)
        || verb
            .match_indices(' ')
            .any(|(at, _)| verb.get(..at).is_some_and(|group| glob::matches(pattern, group)))
}

fn effect_holds(limit: Effect, have: Effect, relax: bool) -> bool {
    match (limit, have) {
        (Effect::Unknown, _) => have == Effect::Unknown,
        // Nobody can say that something unknown is no worse than a disruption.
        (_, Effect::Unknown) if relax => limit == Effect::Destroy,
        _ if relax => have <= limit,
        _ => have >= limit,
    }
}

/// Whether this kind of identity has a value that proves nothing, or none that could be learnt.
fn is_unproven(kind: IdKind, s: &Situation) -> bool {
    s.unknown_identities.contains(&kind)
}

fn identity_holds(kind: IdKind, patterns: &[String], s: &Situation) -> Holds {
    if !s.target_known {
        // A target nobody could resolve may be any target this tool can reach.
        return match tool::kind_of(&s.tool) {
            Some(works_on) if !kind.is_of(works_on) => No,
            _ => Unknown,
        };
    }
    let mut of_kind = s.identities.iter().filter(|i| i.kind == kind);
    let mut valued = false;
    if of_kind.any(|i| {
        valued = true;
        patterns.iter().any(|p| kind.matches(p, &i.value))
    }) {
        return Yes;
    }
    // A URL that proves nothing is the one that was called, all the same. But another name of a host, or the one that policy
    // gives, does not say what it could not be asked.
    let answered = valued && !matches!(kind, IdKind::Daemon | IdKind::Host);
    if is_unproven(kind, s) && !answered { Unknown } else { No }
}

/// Kinds as people write them, in any of the API's forms.
fn kind_matches(pattern: &str, o: &Object) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let kind = o.kind.to_ascii_lowercase();
    // A command line may carry the group with the kind: `deployments.apps`, `deployments.v1.apps`.
    let written = o.resource.to_ascii_lowercase();
    let (resource, of_words) = written.split_once('.').unwrap_or((&written, ""));
    let group = if o.group.is_empty() { of_words.to_owned() } else { o.group.to_ascii_lowercase() };
    if let Some((plain, of_group)) = pattern.split_once('.') {
        let named = glob::matches(plain, resource) || glob::matches(plain, &kind);
        // Words without a group may mean this one.
        return named
            && ((group.is_empty() && kind.is_empty())
                || glob::matches(of_group, &group)
                || group.ends_with(&format!(".{of_group}")));
    }
    if glob::matches(&pattern, resource) || glob::matches(&pattern, &kind) {
        return true;
    }
    SHORT_KINDS.iter().any(|(short, plural, singular)| {
        let same = |text: &str| text == *short || text == *plural || text == *singular;
        same(&pattern) && (same(resource) || same(&kind))
    })
}

/// Short names of the built-in API resources, as `kubectl api-resources` lists them (Kubernetes 1.33 to 1.37).
pub const SHORT_KINDS: [(&str, &str, &str); 28] = [
    ("cm", "configmaps", "configmap"),
    ("crd", "customresourcedefinitions", "customresourcedefinition"),
    ("crds", "customresourcedefinitions", "customresourcedefinition"),
    ("cj", "cronjobs", "cronjob"),
    ("csr", "certificatesigningrequests", "certificatesigningrequest"),
    ("deploy", "deployments", "deployment"),
    ("ds", "daemonsets", "daemonset"),
    ("ep", "endpoints", "endpoints"),
    ("ev", "events", "event"),
    ("hpa", "horizontalpodautoscalers", "horizontalpodautoscaler"),
    ("ing", "ingresses", "ingress"),
    ("limits", "limitranges", "limitrange"),
    ("netpol", "networkpolicies", "networkpolicy"),
    ("no", "nodes", "node"),
    ("ns", "namespaces", "namespace"),
    ("pdb", "poddisruptionbudgets", "poddisruptionbudget"),
    ("po", "pods", "pod"),
    ("pv", "persistentvolumes", "persistentvolume"),
    ("pvc", "persistentvolumeclaims", "persistentvolumeclaim"),
    ("quota", "resourcequotas", "resourcequota"),
    ("rc", "replicationcontrollers", "replicationcontroller"),
    ("rs", "replicasets", "replicaset"),
    ("sa", "serviceaccounts", "serviceaccount"),
    ("sc", "storageclasses", "storageclass"),
    ("sts", "statefulsets", "statefulset"),
    ("svc", "services", "service"),
    // No short name, but the singular is what people write.
    ("secret", "secrets", "secret"),
    ("job", "jobs", "job"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::policy::place::Identity;

    #[test]
    fn kinds_match_in_any_form() {
        let of = |kind: &str, resource: &str, group: &str| Object {
            kind: kind.to_owned(),
            resource: resource.to_owned(),
            group: group.to_owned(),
            ..Object::default()
        };
        let deployment = of("Deployment", "deployments", "apps");
        let words = of("", "deploy", "");
        for (pattern, object, want) in [
            ("deploy", &deployment, true),
            ("Deployment", &deployment, true),
            ("deployments.apps", &deployment, true),
            ("deployments.extensions", &deployment, false),
            ("deployments", &words, true),
            ("deploy", &of("", "deployments.v1.apps", ""), true),
            ("deployments.apps", &of("", "deployments.v1.apps", ""), true),
            ("pods", &deployment, false),
            ("pods.metrics.k8s.io", &of("Pod", "pods", ""), false),
            ("*", &deployment, true),
            ("certificates.*", &of("Certificate", "certificates", "cert-manager.io"), true),
            ("pvc", &of("PersistentVolumeClaim", "persistentvolumeclaims", ""), true),
            ("pv", &of("PersistentVolumeClaim", "persistentvolumeclaims", ""), false),
        ] {
            assert_eq!(kind_matches(pattern, object), want, "{pattern} {object:?}");
        }
    }

    #[test]
    fn a_target_nobody_found_may_be_any_the_tool_reaches() {
        for (tool, kind, want) in [
            ("docker", IdKind::Host, Unknown),
            ("docker", IdKind::Daemon, Unknown),
            ("podman", IdKind::Endpoint, Unknown),
            ("docker", IdKind::Cluster, No),
            ("docker", IdKind::Account, No),
            ("aws", IdKind::Daemon, No),
            ("rm", IdKind::Daemon, No),
            ("rm", IdKind::Host, Unknown),
            ("kubectl", IdKind::Host, No),
            ("kubectl", IdKind::Cluster, Unknown),
            ("somewhat", IdKind::Host, Unknown),
        ] {
            let s = Situation::of(tool, "", Effect::Destroy);
            assert_eq!(identity_holds(kind, &["db1".to_owned()], &s), want, "{tool} {kind:?}");
        }
    }

    /// The name that policy gives says nothing of an ID that could not be learnt; a socket is the one that was called.
    #[test]
    fn a_rule_about_a_daemon_counts_where_its_id_is_not_known() {
        let at = |identities: &[(IdKind, &str)], unknown: &[IdKind]| Situation {
            target_known: true,
            identities: identities.iter().map(|(kind, value)| Identity::new(*kind, *value)).collect(),
            unknown_identities: unknown.to_vec(),
            ..Situation::of("docker", "", Effect::Destroy)
        };
        let named = (IdKind::Daemon, "ci1");
        let socket = (IdKind::Endpoint, "unix:///var/run/docker.sock");
        let unproven = [IdKind::Endpoint];
        for (s, kind, pattern, raises, relaxes) in [
            (at(&[(IdKind::Daemon, "7TRN:IPZB")], &[]), IdKind::Daemon, "7trn:ipzb", true, true),
            (at(&[(IdKind::Daemon, "7TRN:IPZB")], &[]), IdKind::Daemon, "other", false, false),
            (at(&[(IdKind::Daemon, "other"), named], &[]), IdKind::Daemon, "c*", true, true),
            (at(&[named], &[IdKind::Daemon]), IdKind::Daemon, "7trn:ipzb", true, false),
            (at(&[named], &[IdKind::Daemon]), IdKind::Daemon, "ci1", true, false),
            (at(&[], &[]), IdKind::Daemon, "ci1", false, false),
            (at(&[socket], &unproven), IdKind::Endpoint, "unix:///var/run/docker.sock", true, false),
            (at(&[socket], &unproven), IdKind::Endpoint, "ssh://db1", false, false),
            (at(&[(IdKind::Endpoint, "ssh://db1")], &[]), IdKind::Endpoint, "ssh://db1", true, true),
            (at(&[(IdKind::Host, "i-0abc")], &[IdKind::Host]), IdKind::Host, "db1", true, false),
        ] {
            let when = When { identity: vec![(kind, vec![pattern.to_owned()])], ..When::default() };
            let holds = (when.holds(&s, false) >= Unknown, when.holds(&s, true) == Yes);
            assert_eq!(holds, (raises, relaxes), "{kind:?} {pattern} {s:?}");
        }
        // Beside the ID the socket is no reason to doubt.
        let by = [(IdKind::Daemon, "7TRN:IPZB"), socket];
        let when = When {
            identity: by.iter().map(|(kind, value)| (*kind, vec![(*value).to_owned()])).collect(),
            ..When::default()
        };
        assert_eq!(when.holds(&at(&by, &unproven), true), Yes);
        assert_ne!(when.holds(&at(&[named, socket], &[IdKind::Daemon, IdKind::Endpoint]), true), Yes);
    }

    #[test]
    fn a_groups_name_means_all_its_commands() {
        for (pattern, verb, want) in [
            ("rollout", "rollout restart", true),
            ("rollout restart", "rollout restart", true),
            ("restart", "rollout restart", false),
            ("* restart", "rollout restart", true),
            ("del*", "delete", true),
            ("roll", "rollout restart", false),
        ] {
            assert_eq!(verb_matches(pattern, verb), want, "{pattern} {verb}");
        }
    }
}
