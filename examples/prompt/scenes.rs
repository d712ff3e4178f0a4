//! Made-up facts for the prompt: also what the screen's own tests render.

#[path = "aws.rs"]
pub mod aws;
#[path = "backups.rs"]
pub mod backups;
#[path = "host.rs"]
pub mod host;

use guard::engine::assess::Assessment;
use guard::engine::aws::AwsTarget;
use guard::engine::challenge::Challenge;
use guard::engine::effect::Effect;
use guard::engine::fact::{Known, Source, Sourced, Why};
use guard::engine::impact::{Data, Fate, Gap, Group, Impact, Protection, Subject};
use guard::engine::kube::KubeTarget;
use guard::engine::machine::HostTarget;
use guard::engine::situation::Level;
use guard::engine::target::{Environment, Target};
use guard::family::{aws as aws_family, kube, machine, packages, units};
use guard::ui::view::{About, Sight};
use guard::ui::{CommandLine, View};

/// Everything one screen is made from.
#[derive(Clone, Debug)]
pub struct Scene {
    pub name: &'static str,
    pub environment: Environment,
    pub why: &'static str,
    pub cluster: String,
    pub target: KubeTarget,
    /// Of an AWS command; the cluster is not looked at then.
    pub aws: Option<AwsTarget>,
    /// Of a command that works on a host.
    pub host: Option<HostTarget>,
    pub verb: &'static str,
    pub assessment: Assessment,
    pub impact: Impact,
    pub challenge: Challenge,
    pub level: Level,
    pub command: CommandLine,
    pub copy: Vec<String>,
    pub safer: Option<&'static str>,
    pub notes: Vec<String>,
}

impl Scene {
    /// Where the command goes, as data.
    pub fn target(&self) -> Target {
        match (&self.host, &self.aws) {
            (Some(host), _) => host.data(&self.cluster),
            (None, Some(aws)) => aws.data(&self.cluster),
            (None, None) => {
                self.target.data(&self.cluster, std::slice::from_ref(&self.target.namespace.value))
            }
        }
    }

    /// The same on the screen.
    pub fn sight(&self) -> Sight {
        let about = About {
            name: &self.cluster,
            verb: self.verb,
            impact: &self.impact,
            challenge: Some(&self.challenge),
            level: self.level,
            home: Some("/home/anna"),
        };
        match (&self.host, &self.aws) {
            (Some(host), _) => {
                let unit = self.impact.subjects.first().is_some_and(|subject| subject.kind != "package");
                let words = if unit { units::words } else { packages::words };
                machine::screen::sight(host, &about, words(self.verb, &self.impact))
            }
            (None, Some(aws)) => aws_family::screen::sight(aws, &about),
            (None, None) => kube::screen::sight(&self.target, &about),
        }
    }

    /// The tool that was called.
    pub fn tool(&self) -> &'static str {
        match (&self.host, &self.aws) {
            (Some(_), _) => "apt-get",
            (None, Some(_)) => "aws",
            (None, None) => "kubectl",
        }
    }

    /// Borrowed, as the screen wants it.
    pub fn view<'a>(&'a self, sight: &'a Sight) -> View<'a> {
        View {
            alarm: None,
            environment: self.environment,
            environment_why: self.why,
            name: &self.cluster,
            sight,
            assessment: &self.assessment,
            impact: &self.impact,
            challenge: Some(&self.challenge),
            level: self.level,
            attempts: 3,
            command: &self.command,
            copy: &self.copy,
            safer: self.safer,
            notes: &self.notes,
            home: Some("/home/anna"),
        }
    }
}

/// The scene with this name.
pub fn named(name: &str) -> Option<Scene> {
    Some(match name {
        "delete" => delete(),
        "scale" => scale(),
        "staging" => staging(),
        "gaps" => gaps(),
        "lookalike" => lookalike(),
        "notice" => Scene { name: "notice", ..scale() },
        "json" => Scene { name: "json", ..delete() },
        "backups" => backups::every_end(),
        "backup" => backups::usable(),
        "aws" => aws::stack(),
        "aws-mismatch" => aws::mismatch(),
        "aws-instances" => aws::instances(),
        "aws-stop" => aws::stop(),
        "aws-staging" => aws::staging(),
        "aws-local" => aws::local(),
        "aws-unknown" => aws::unknown(),
        "aws-lookalike" => aws::lookalike(),
        "aws-notice" => Scene { name: "notice", ..aws::staging() },
        "host" => host::purge(),
        "host-install" => host::swap(),
        "host-restart" => host::restart(),
        "host-elsewhere" => host::elsewhere(),
        "host-remote" => host::remote(),
        "host-json" => Scene { name: "json", ..host::purge() },
        "aws-json" => Scene { name: "json", ..aws::stack() },
        _ => return None,
    })
}

fn file(path: &str, line: u32) -> Source {
    Source::File { path: path.to_owned(), line: Some(line) }
}

fn groups(rows: &[(&str, u64, &[&str])]) -> Vec<Group> {
    let row = |(kind, count, names): &(&str, u64, &[&str])| Group {
        kind: (*kind).to_owned(),
        count: *count,
        names: names.iter().map(|n| (*n).to_owned()).collect(),
        ..Group::default()
    };
    rows.iter().map(row).collect()
}

fn data(what: &str, fate: Fate, because: &str) -> Data {
    Data { what: what.to_owned(), fate, because: because.to_owned() }
}

fn assessed(effect: Effect) -> Assessment {
    Assessment { effect, words: effect, because: Vec::new(), whole_scope: false }
}

/// The namespace of a four-year-old service, through the wrong kubeconfig.
pub fn delete() -> Scene {
    let from = file("/home/anna/kube/main.yaml", 7);
    let mut target = KubeTarget::at(
        Sourced::new("https://10.0.3.12:6443".to_owned(), from.clone()),
        Sourced::new("default".to_owned(), Source::Default),
    );
    target.cluster = Some(Sourced::new("main".to_owned(), from));
    target.context = Some(Sourced::new("main-admin".to_owned(), file("/home/anna/kube/main.yaml", 14)));
    target.user = Some(Sourced::new("admin".to_owned(), file("/home/anna/kube/main.yaml", 12)));
    target.uid = Known::Known("4c2f81d0-77aa-4c3e-8c0f-52b3a01c9a1e".to_owned());
    target.chosen_by = Source::Env("KUBECONFIG".to_owned());
    let mut kinds = groups(&[
        ("Deployment", 14, &["api", "index", "web"]),
        ("StatefulSet", 3, &["pg", "redis", "queue"]),
        ("Secret", 22, &["pg-superuser", "tls-api", "tls-web"]),
        ("Service", 9, &["api", "index", "web"]),
    ]);
    for kind in ["ConfigMap", "CronJob", "Ingress", "NetworkPolicy", "Role", "RoleBinding", "ServiceAccount"]
    {
        kinds.extend(groups(&[(kind, 1, &["a"])]));
    }
    kinds.extend(groups(&[("PersistentVolumeClaim", 5, &["pg-data-0"]), ("Certificate", 1, &["api"])]));
    Scene {
        name: "delete",
        environment: Environment::Production,
        why: "/home/anna/.config/guard/policy.yaml:9 says so of this server",
        cluster: "main".to_owned(),
        target,
        aws: None,
        host: None,
        verb: "delete",
        assessment: Assessment { whole_scope: true, ..assessed(Effect::Destroy) },
        impact: Impact {
            subjects: vec![Subject {
                kind: "Namespace".to_owned(),
                resource: "namespaces".to_owned(),
                name: "acoustid".to_owned(),
                age_s: Some(31_557_600 * 4 + 86_400),
                changed_s: Some(200),
                ..Subject::default()
            }],
            subjects_total: 1,
            groups: kinds,
            data: vec![
                data("claim pg-data-0", Fate::Erased, "reclaim Delete"),
                data("claim redis-0", Fate::Erased, "reclaim Delete"),
                data("claim index-0", Fate::Kept, "reclaim Retain"),
                data("claim index-1", Fate::Kept, "reclaim Retain"),
                data("claim index-2", Fate::Kept, "reclaim Retain"),
            ],
            also: vec!["load balancer 203.0.113.7".to_owned(), "Helm releases api, index".to_owned()],
            gaps: vec![Gap { what: "certificates.cert-manager.io".to_owned(), why: Why::Forbidden }],
            whole_scope: true,
            backups: backups::none(&["pg-data-0", "redis-0", "index-0", "index-1", "index-2"]),
            ..Impact::default()
        },
        challenge: Challenge::new("main/acoustid/*", "cluster/namespace/*"),
        level: Level::Typed,
        command: CommandLine::of(["kubectl", "delete", "ns", "acoustid"]),
        copy: vec![
            "manifests of 61 objects are kept before it runs; guard restore brings them back, not the data"
                .into(),
        ],
        safer: None,
        notes: Vec::new(),
    }
}

/// A Deployment scaled to nothing on a cluster nobody has classified.
pub fn scale() -> Scene {
    let from = file("/home/anna/.kube/config", 5);
    let mut target = KubeTarget::at(
        Sourced::new("https://127.0.0.1:6443".to_owned(), from.clone()),
        Sourced::new("shop".to_owned(), Source::Flag("namespace".to_owned())),
    );
    target.cluster = Some(Sourced::new("default".to_owned(), from));
    target.context = Some(Sourced::new("default".to_owned(), file("/home/anna/.kube/config", 9)));
    target.user = Some(Sourced::new("default".to_owned(), file("/home/anna/.kube/config", 16)));
    target.acting_as = Some(Sourced::new("ops-bot".to_owned(), Source::Flag("as".to_owned())));
    target.uid = Known::Known("0d9a11bb-2c6f-43ce-8f34-6a0e54c0f4d2".to_owned());
    target.chosen_by = file("/home/anna/.kube/config", 13);
    Scene {
        name: "scale",
        environment: Environment::Unclassified,
        why: "no policy names this cluster, so it is treated as production",
        cluster: "default".to_owned(),
        target,
        aws: None,
        host: None,
        verb: "scale",
        assessment: assessed(Effect::Disrupt),
        impact: Impact {
            subjects: vec![Subject {
                kind: "Deployment".to_owned(),
                group: "apps".to_owned(),
                resource: "deployments".to_owned(),
                name: "api".to_owned(),
                namespace: Some("shop".to_owned()),
                age_s: Some(86_400 * 40),
                changed_s: Some(7_300),
                ..Subject::default()
            }],
            subjects_total: 1,
            groups: groups(&[("Pod", 12, &["api-7d9c5-2xkqv", "api-7d9c5-8hj2m"])]),
            ..Impact::default()
        },
        challenge: Challenge::new("default/shop", "cluster/namespace"),
        level: Level::YesNo,
        command: CommandLine::of([
            "kubectl",
            "-n",
            "shop",
            "scale",
            "deployment/api",
            "--replicas=0",
            "--as=ops-bot",
        ]),
        copy: vec!["undo: kubectl -n shop scale deployment/api --replicas=12".to_owned()],
        safer: None,
        notes: Vec::new(),
    }
}

/// Several claims of a staging database.
pub fn staging() -> Scene {
    let mut scene = scale();
    scene.name = "staging";
    scene.environment = Environment::Staging;
    scene.why = "the cluster's name says so";
    scene.cluster = "eu-staging".to_owned();
    scene.target.cluster = Some(Sourced::new("eu-staging".to_owned(), file("/home/anna/.kube/config", 5)));
    scene.target.acting_as = None;
    scene.verb = "delete";
    scene.assessment = Assessment {
        because: vec!["its claim is deleted with it (whenDeleted Delete)".to_owned()],
        words: Effect::Disrupt,
        ..assessed(Effect::Destroy)
    };
    scene.impact.subjects[0].kind = "StatefulSet".to_owned();
    scene.impact.subjects[0].name = "pg".to_owned();
    scene.impact.groups = groups(&[("Pod", 3, &["pg-0", "pg-1", "pg-2"])]);
    scene.impact.data = vec![data("claim data-pg-0", Fate::Erased, "whenDeleted Delete")];
    scene.impact.protections = vec![Protection {
        what: "PodDisruptionBudget pg".to_owned(),
        effect: "does not apply to a deletion".to_owned(),
    }];
    scene.challenge.phrase = "eu-staging/shop".to_owned();
    scene.command = CommandLine::of(["kubectl", "-n", "shop", "delete", "sts", "pg"]);
    scene.copy = vec!["the manifest is kept before it runs".to_owned()];
    scene.safer = Some("kubectl -n shop scale sts pg --replicas=0 (the claims stay)");
    scene
}

/// A cluster that answers next to nothing.
pub fn gaps() -> Scene {
    let mut scene = delete();
    scene.name = "gaps";
    scene.target.uid = Known::Unknown(Why::TimedOut);
    let gap = |what: &str, why: Why| Gap { what: what.to_owned(), why };
    scene.impact = Impact {
        subjects: vec![Subject { kind: "Namespace".into(), name: "acoustid".into(), ..Subject::default() }],
        subjects_total: 1,
        gaps: vec![
            gap("the namespace", Why::TimedOut),
            gap("pods", Why::TimedOut),
            gap("persistent volumes", Why::Forbidden),
            gap("metrics.k8s.io", Why::Stale),
            gap("stateful sets", Why::Unreachable("connection refused".to_owned())),
            gap("deployments", Why::TimedOut),
        ],
        whole_scope: true,
        ..Impact::default()
    };
    scene.copy = vec!["no copy could be taken".to_owned()];
    scene.target.notes = vec!["$KUBE_CONTEXT is set; kubectl does not read it".to_owned()];
    scene
}

/// A cluster whose name holds a Cyrillic letter.
pub fn lookalike() -> Scene {
    let mut scene = scale();
    scene.name = "lookalike";
    scene.cluster = "pr\u{43e}d".to_owned();
    scene.level = Level::Typed;
    scene.target.cluster = Some(Sourced::new(scene.cluster.clone(), file("/home/anna/.kube/config", 5)));
    scene.challenge.phrase = format!("{}/shop", scene.cluster);
    scene
}
