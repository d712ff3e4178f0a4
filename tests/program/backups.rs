//! What the screen says of copies: every source of a cluster, and what each of them may be wrong about.

use crate::support::copies::{ago, claim, definitions, object, uid, velero};
use crate::support::embedded::{Embedded, Rights, Seed};
use crate::support::probing::{Caller, Told};
use guard::engine::backup::backed::Backed;
use guard::engine::backup::standing::Standing;
use guard::ui::backup::{definitions as definitions_row, rows};
use guard::ui::screen::Row;
use guard::ui::{Look, Screen};
use serde_json::{Value, json};

const DELETE: &[&str] = &["delete", "ns", "shop"];
const ALL: &[&str] = &["velero.io", "postgresql.cnpg.io", "barmancloud.cnpg.io", "snapshot.storage.k8s.io"];

/// The namespace `shop` with these objects.
fn shop(groups: &[&str], objects: impl IntoIterator<Item = Value>) -> Seed {
    let mut seed = Seed::new();
    for name in ["shop", "velero", "other"] {
        seed = seed.object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    }
    definitions(groups).into_iter().chain(objects).fold(seed, Seed::object)
}

fn ask(server: &Embedded, args: &[&str]) -> Told {
    let dir = tempfile::tempdir().unwrap();
    Caller::new(&server.kubeconfig(dir.path().join("config")), None).ask(args)
}

/// Rows as they are shown, on lines that do not end, without their labels.
fn plain(rows: Vec<Row>) -> String {
    let screen = Screen { rows, ..Screen::default() };
    let text = screen.facts(Look { width: 4_000, ..Look::PLAIN });
    let label = |line: &str| line.trim().split_once(' ').map(|(_, rest)| rest.trim().to_owned());
    text.lines().filter_map(label).collect::<Vec<_>>().join("\n")
}

/// The rows about copies.
fn said(told: &Told) -> String {
    plain(rows(&told.impact().backups))
}

/// The row about definitions.
fn defined(told: &Told) -> String {
    let impact = told.impact();
    plain(definitions_row(&impact.definitions, impact.definable()).into_iter().collect())
}

/// What is said before `kubectl delete ns shop`.
fn shown(groups: &[&str], objects: impl IntoIterator<Item = Value>) -> String {
    said(&ask(&Embedded::start(shop(groups, objects)), DELETE))
}

fn with(mut objects: Vec<Value>, more: impl IntoIterator<Item = Value>) -> Vec<Value> {
    objects.extend(more);
    objects
}

#[test]
fn none_where_every_source_was_read() {
    let text = shown(ALL, [claim("shop", "pg")]);
    assert_eq!(text, "NONE FOUND in: velero, cnpg, snapshots, cronjobs (all read)");
    assert_eq!(shown(&[], [claim("shop", "pg")]), "NONE FOUND in: cronjobs (all read)");
    // A namespace without data has no row.
    assert_eq!(shown(ALL, []), "");
}

#[test]
fn a_source_that_is_there_and_that_nobody_reads_is_unknown() {
    let text = shown(&["k8up.io"], [claim("shop", "pg")]);
    assert_eq!(text, "unknown: k8up.io (not read by guard)");
}

#[test]
fn velero_by_the_claims_own_uid() {
    let text = shown(ALL, with(velero("shop", "pg", 10_260), [claim("shop", "pg")]));
    assert_eq!(text, "2 h 51 min old · Velero nightly-1 · 1.2 GB · s3://acme-velero · elsewhere · recorded");
    // The Backup covers the namespace, and holds the volume of a claim of the same name that is gone.
    let text = shown(ALL, with(velero("shop", "other", 10_260), [claim("shop", "pg")]));
    assert_eq!(
        text,
        "NO USABLE ONE: Velero nightly-1, 2 h 51 min old, does not hold it: it has objects and no volume of this claim; \
         read: velero, cnpg, snapshots, cronjobs"
    );
}

/// One change to what Velero has, and what is said of it.
#[test]
fn what_velero_may_be_wrong_about() {
    type Change = fn(&mut Vec<Value>);
    let table: &[(&str, Change, &str)] = &[
        (
            "expired",
            |o| o[1]["status"]["expiration"] = ago(86_400).into(),
            "NO USABLE ONE: Velero nightly-1 expired 24 h ago",
        ),
        ("no expiry", |o| o[1]["status"]["expiration"] = Value::Null, "2 h 51 min old · Velero nightly-1"),
        (
            "location away",
            |o| o[0]["status"]["phase"] = "Unavailable".into(),
            "NO USABLE ONE: Velero nightly-1, 2 h 51 min old, cannot be read: location default is Unavailable",
        ),
        (
            "failed",
            |o| o[2]["status"]["phase"] = "Failed".into(),
            "NO USABLE ONE: Velero nightly-1, 2 h 51 min old, failed",
        ),
        (
            "running",
            |o| o[2]["status"]["phase"] = "InProgress".into(),
            "NO USABLE ONE: Velero nightly-1 is still running",
        ),
        (
            "garbage",
            |o| o[2]["status"]["phase"] = json!({"a": 1}),
            "unknown: whether Velero nightly-1 ended well is not said",
        ),
        (
            "no status",
            |o| o[2]["status"] = Value::Null,
            "unknown: whether Velero nightly-1 ended well is not said",
        ),
        ("no time", |o| o[2]["status"]["completionTimestamp"] = "yesterday".into(), "unknown: whether"),
        (
            "future",
            |o| o[2]["status"]["completionTimestamp"] = ago(-90_000).into(),
            "unknown: Velero nightly-1 is dated in the future",
        ),
        (
            "empty",
            |o| o[2]["status"]["progress"]["bytesDone"] = 0.into(),
            "EMPTY: 0 bytes (Velero nightly-1, 2 h 51 min old)",
        ),
        (
            "partial",
            |o| (o[1]["status"]["phase"], o[1]["status"]["errors"]) = ("PartiallyFailed".into(), 3.into()),
            "2 h 51 min old · Velero nightly-1 · 1.2 GB · s3://acme-velero · elsewhere · recorded · its Backup is PartiallyFailed (3 errors)",
        ),
        (
            "its Backup gone",
            |o| drop(o.remove(1)),
            "NO USABLE ONE: Velero nightly-1, 2 h 51 min old, failed (its Backup is not there any more)",
        ),
        (
            "paused",
            |o| {
                o.push(object(
                    "velero.io/v1",
                    "Schedule",
                    "velero",
                    "nightly",
                    json!({"spec": {"paused": true}}),
                ))
            },
            "2 h 51 min old · Velero nightly-1 · 1.2 GB · s3://acme-velero · elsewhere · recorded · schedule nightly is paused",
        ),
        (
            "in this cluster",
            |o| o[0]["spec"]["config"] = json!({"s3Url": "http://minio.velero.svc:9000"}),
            "2 h 51 min old · Velero nightly-1 · 1.2 GB · s3://acme-velero on minio.velero · same cluster · recorded",
        ),
        (
            "in this namespace",
            |o| o[0]["spec"]["config"] = json!({"s3Url": "http://minio.shop.svc:9000"}),
            "DIES WITH THIS COMMAND: Velero nightly-1 (its place is minio.shop, which goes), 2 h 51 min old",
        ),
        (
            "another cluster's, out of the bucket, with nothing in it",
            |o| {
                o.remove(2);
                o[1]["metadata"]["creationTimestamp"] = ago(60).into();
                o[1]["status"]["progress"]["itemsBackedUp"] = 1.into();
            },
            "NO USABLE ONE: Velero nightly-1, 2 h 51 min old, does not hold it",
        ),
        (
            "volume snapshots of nobody knows whom",
            |o| {
                o.remove(2);
                o[1]["status"]["csiVolumeSnapshotsCompleted"] = 2.into();
            },
            "unknown: Velero nightly-1, 2 h 51 min old: of whom its volume snapshots are is not said",
        ),
    ];
    for (what, change, want) in table {
        let mut objects = velero("shop", "pg", 10_260);
        change(&mut objects);
        // Without an expiry nobody says when it goes: that is no reason to leave it out.
        let text = shown(ALL, with(objects, [claim("shop", "pg")]));
        assert!(text.starts_with(want), "{what}: {text}");
    }
}

#[test]
fn a_newer_one_that_failed_is_told_beside_the_usable_one() {
    let failed = object(
        "velero.io/v1",
        "Backup",
        "velero",
        "nightly-2",
        json!({
            "metadata": {"creationTimestamp": ago(4_000)}, "spec": {"includedNamespaces": ["*"]},
            "status": {"phase": "Failed", "completionTimestamp": ago(3_600), "errors": 1},
        }),
    );
    let text = shown(ALL, with(velero("shop", "pg", 90_000), [claim("shop", "pg"), failed]));
    assert!(text.starts_with("25 h old · Velero nightly-1"), "{text}");
    assert!(text.ends_with("; the newest is no use: Velero nightly-2, 1 h old, failed (1 error)"), "{text}");
}

#[test]
fn a_data_mover_counts_like_a_pod_volume() {
    let mut objects = velero("shop", "pg", 7_200);
    objects[2]["apiVersion"] = "velero.io/v2alpha1".into();
    objects[2]["kind"] = "DataUpload".into();
    let text = shown(ALL, with(objects, [claim("shop", "pg")]));
    assert!(text.starts_with("2 h old · Velero nightly-1 · 1.2 GB"), "{text}");
}

/// A claim of the cluster `main`.
fn of_main(name: &str) -> Value {
    let mut claim = claim("shop", name);
    claim["metadata"]["labels"] = json!({"cnpg.io/cluster": "main"});
    claim
}

fn cluster(spec: Value, status: Value) -> Value {
    let metadata = json!({"creationTimestamp": ago(900_000), "uid": uid("main")});
    let rest = json!({"metadata": metadata, "spec": spec, "status": status});
    object("postgresql.cnpg.io/v1", "Cluster", "shop", "main", rest)
}

fn store(window: Value) -> Value {
    object(
        "barmancloud.cnpg.io/v1",
        "ObjectStore",
        "shop",
        "s3",
        json!({
            "spec": {"configuration": {"destinationPath": "s3://acme-pg/main"}},
            "status": {"serverRecoveryWindow": {"main": window}},
        }),
    )
}

#[test]
fn cnpg_reads_the_plugins_store_before_the_clusters_dead_fields() {
    let plugin = || json!({"plugins": [{"name": "barman-cloud.cloudnative-pg.io", "parameters": {"barmanObjectName": "s3"}}]});
    let window =
        |last: i64| json!({"firstRecoverabilityPoint": ago(600_000), "lastSuccessfulBackupTime": ago(last)});
    let text = shown(
        ALL,
        [of_main("main-1"), of_main("main-2"), cluster(plugin(), json!({})), store(window(7_500))],
    );
    assert_eq!(text, "2 h 5 min old · CloudNativePG store s3 · s3://acme-pg/main · elsewhere · recorded");
    // What the store says beats a field that nothing fills any more.
    let stale = json!({"lastSuccessfulBackup": ago(60)});
    let text = shown(ALL, [of_main("main-1"), cluster(plugin(), stale.clone()), store(window(7_500))]);
    assert!(text.starts_with("2 h 5 min old"), "{text}");
    let text = shown(ALL, [of_main("main-1"), cluster(plugin(), stale), store(json!({}))]);
    assert_eq!(text, "NONE FOUND in: velero, cnpg, snapshots, cronjobs (all read)");
    // The older way has no plugin, and there the field is the truth.
    let old = json!({"backup": {"barmanObjectStore": {"destinationPath": "s3://acme-pg", "endpointURL": "http://minio:9000"}}});
    let text = shown(ALL, [of_main("main-1"), cluster(old, json!({"lastSuccessfulBackup": ago(3_660)}))]);
    assert_eq!(
        text,
        "DIES WITH THIS COMMAND: CloudNativePG cluster main (its place is minio.shop, which goes), 1 h 1 min old"
    );
    // A store without any success, and one whose last try failed.
    let failed = json!({"lastFailedBackupTime": ago(60)});
    let text = shown(ALL, [of_main("main-1"), cluster(plugin(), json!({})), store(failed)]);
    assert!(
        text.starts_with("unknown") || text.starts_with("NO USABLE ONE: CloudNativePG store s3 failed"),
        "{text}"
    );
    let mixed = json!({"lastSuccessfulBackupTime": ago(7_200), "lastFailedBackupTime": ago(60)});
    let archiving = json!({"conditions": [{"type": "ContinuousArchiving", "status": "False"}]});
    let suspended = object(
        "postgresql.cnpg.io/v1",
        "ScheduledBackup",
        "shop",
        "nightly",
        json!({"spec": {"suspend": true, "cluster": {"name": "main"}}}),
    );
    let text = shown(ALL, [of_main("main-1"), cluster(plugin(), archiving), store(mixed), suspended]);
    assert!(
        text.ends_with("recorded · the last try failed · WAL archiving fails · its schedule is suspended"),
        "{text}"
    );
}

#[test]
fn cnpg_backup_objects_outlive_what_the_store_has_pruned() {
    let plugin =
        json!({"plugins": [{"name": "x", "parameters": {"barmanObjectName": "s3", "serverName": "main"}}]});
    let backup = |name: &str, stopped: i64, phase: &str| {
        object(
            "postgresql.cnpg.io/v1",
            "Backup",
            "shop",
            name,
            json!({
                "spec": {"cluster": {"name": "main"}, "method": "plugin"},
                "status": {"phase": phase, "stoppedAt": ago(stopped), "error": "no space left"},
            }),
        )
    };
    let store = || store(json!({"firstRecoverabilityPoint": ago(100_000)}));
    let text = shown(
        ALL,
        [of_main("main-1"), cluster(plugin.clone(), json!({})), store(), backup("old", 200_000, "completed")],
    );
    assert_eq!(text, "NONE FOUND in: velero, cnpg, snapshots, cronjobs (all read)");
    let text = shown(
        ALL,
        [
            of_main("main-1"),
            cluster(plugin, json!({})),
            store(),
            backup("good", 90_000, "completed"),
            backup("bad", 3_600, "failed"),
        ],
    );
    assert!(text.starts_with("25 h old · CloudNativePG good · s3://acme-pg/main"), "{text}");
    assert!(
        text.ends_with("the newest is no use: CloudNativePG bad, 1 h old, failed (no space left)"),
        "{text}"
    );
}

#[test]
fn a_cluster_is_asked_about_by_its_claims() {
    let plugin = json!({"plugins": [{"name": "x", "parameters": {"barmanObjectName": "s3"}}]});
    let window = json!({"lastSuccessfulBackupTime": ago(7_500)});
    let server = Embedded::start(shop(ALL, [of_main("main-1"), cluster(plugin, json!({})), store(window)]));
    let told = ask(&server, &["delete", "clusters.postgresql.cnpg.io", "main", "-n", "shop"]);
    assert!(said(&told).starts_with("2 h 5 min old · CloudNativePG store s3"), "{}", said(&told));
}

/// A snapshot of a claim, so many seconds old, of a class with this policy.
fn snapshot(claim: &str, seconds: i64, policy: &str) -> [Value; 2] {
    [
        object(
            "snapshot.storage.k8s.io/v1",
            "VolumeSnapshot",
            "shop",
            "pg-1",
            json!({
                "spec": {"source": {"persistentVolumeClaimName": claim}},
                "status": {"readyToUse": true, "creationTime": ago(seconds), "boundVolumeSnapshotContentName": "content-1"},
            }),
        ),
        object(
            "snapshot.storage.k8s.io/v1",
            "VolumeSnapshotContent",
            "",
            "content-1",
            json!({
                "spec": {"deletionPolicy": policy, "driver": "ebs.csi.aws.com"},
            }),
        ),
    ]
}

#[test]
fn snapshots_die_with_their_namespace_by_the_policy_of_their_class() {
    let of = |policy: &str| with(snapshot("pg", 10_800, policy).into(), [claim("shop", "pg")]);
    assert_eq!(
        shown(ALL, of("Delete")),
        "DIES WITH THIS COMMAND: VolumeSnapshot pg-1 (class Delete), 3 h old"
    );
    let text = shown(ALL, of("Retain"));
    assert_eq!(
        text,
        "3 h old · VolumeSnapshot pg-1 · same storage · recorded · its content stays (Retain), without the snapshot"
    );
    // The claim alone leaves it.
    let server = Embedded::start(shop(ALL, of("Delete")));
    let told = ask(&server, &["delete", "pvc", "pg", "-n", "shop"]);
    assert_eq!(said(&told), "3 h old · VolumeSnapshot pg-1 · same storage · recorded");
    // A policy that cannot be read counts as the worse one.
    let forbidden = Embedded::start(
        shop(ALL, of("Retain")).forbid("list", "volumesnapshotcontents.snapshot.storage.k8s.io"),
    );
    let text = said(&ask(&forbidden, DELETE));
    assert!(
        text.starts_with(
            "DIES WITH THIS COMMAND: VolumeSnapshot pg-1 (whether its data stays could not be read)"
        ),
        "{text}"
    );
}

#[test]
fn a_snapshot_that_is_older_than_the_claim_is_another_claims() {
    let old = with(snapshot("pg", 30 * 86_400, "Retain").into(), [claim("shop", "pg")]);
    assert_eq!(shown(ALL, old), "NONE FOUND in: velero, cnpg, snapshots, cronjobs (all read)");
    let mut broken = snapshot("pg", 60, "Retain");
    broken[0]["status"]["readyToUse"] = false.into();
    broken[0]["status"]["error"] = json!({"message": "quota"});
    let text = shown(ALL, with(broken.into(), [claim("shop", "pg")]));
    assert!(text.starts_with("NO USABLE ONE: VolumeSnapshot pg-1, 1 min old, failed (quota)"), "{text}");
}

fn cron_job(namespace: &str, spec: Value, status: Value) -> Value {
    object(
        "batch/v1",
        "CronJob",
        namespace,
        "pg-nightly",
        json!({
            "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": spec}}}}, "status": status,
        }),
    )
}

fn dumps(script: &str) -> Value {
    json!({"containers": [{"name": "c", "image": "postgres:16", "command": ["sh", "-c", script]}]})
}

#[test]
fn a_home_made_job_is_claimed_at_most() {
    let ended = || json!({"lastSuccessfulTime": ago(10_800), "lastScheduleTime": ago(60)});
    let job = cron_job("shop", dumps("pg_dump -Fc shop | aws s3 cp - s3://acme-dumps/x"), ended());
    let text = shown(&[], [claim("shop", "pg"), job]);
    assert_eq!(
        text,
        "claimed only: 3 h old · CronJob shop/pg-nightly · s3://acme-dumps · elsewhere · runs pg_dump · of what, it does not say · \
         a dump that fails would look successful"
    );
    // It has never ended well.
    let job = cron_job("shop", dumps("pg_dump -Fc shop"), json!({"lastScheduleTime": ago(60)}));
    let text = shown(&[], [claim("shop", "pg"), job]);
    assert!(
        text.starts_with("NO USABLE ONE: CronJob shop/pg-nightly failed (it has never ended well)"),
        "{text}"
    );
    // Somebody else's.
    let job = cron_job("other", dumps("pg_dump -h db.other.svc shop"), ended());
    assert_eq!(shown(&[], [claim("shop", "pg"), job]), "NONE FOUND in: cronjobs (all read)");
}

#[test]
fn a_job_says_of_what_by_its_mounts_or_by_the_service_it_takes_from() {
    let ended = || json!({"lastSuccessfulTime": ago(10_800)});
    let mounts = |names: &[&str], script: &str| {
        let mut spec = dumps(script);
        let volumes =
            names.iter().map(|name| json!({"name": name, "persistentVolumeClaim": {"claimName": name}}));
        spec["volumes"] = volumes.collect();
        cron_job("shop", spec, ended())
    };
    let text = shown(&[], [claim("shop", "pg"), mounts(&["pg"], "restic backup /data")]);
    assert_eq!(text, "claimed only: 3 h old · CronJob shop/pg-nightly · runs restic");
    // What is kept beside the original goes with it.
    let both = [claim("shop", "pg"), claim("shop", "dumps")];
    let text = shown(&[], both.into_iter().chain([mounts(&["pg", "dumps"], "restic backup /data")]));
    assert!(
        text.contains("DIES WITH THIS COMMAND: CronJob shop/pg-nightly (it is kept in claim dumps, which goes), 3 h old, claimed"),
        "{text}"
    );
    // A dump is put into what is mounted: that is no copy of it.
    let text = shown(&[], [claim("shop", "dumps"), mounts(&["dumps"], "pg_dump -h db > /dumps/x")]);
    assert_eq!(text, "NONE FOUND in: cronjobs (all read)");
    let service = |app: &str| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"selector": {"app": app}, "ports": [{"port": 5432}]}})
    };
    let pod = || {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pg-0", "namespace": "shop", "labels": {"app": "pg"}},
        "spec": {"containers": [{"name": "c", "image": "x"}], "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "pg"}}]}})
    };
    let job = |namespace: &str| {
        cron_job(namespace, dumps("pg_dump -h db.shop.svc.cluster.local shop > s3://b/x"), ended())
    };
    for namespace in ["shop", "other"] {
        let text = shown(&[], [claim("shop", "pg"), service("pg"), pod(), job(namespace)]);
        assert_eq!(
            text,
            format!(
                "claimed only: 3 h old · CronJob {namespace}/pg-nightly · s3://b · elsewhere · runs pg_dump"
            )
        );
        // A pooler mounts nothing: nobody can tell whose it is.
        let text = shown(&[], [claim("shop", "pg"), service("redis"), pod(), job(namespace)]);
        match namespace {
            "shop" => assert!(text.contains("of what, it does not say"), "{text}"),
            _ => assert_eq!(text, "NONE FOUND in: cronjobs (all read)"),
        }
        // The service leads to somebody else's claim.
        let mut other = pod();
        (other["metadata"]["name"], other["metadata"]["labels"]["app"]) = ("redis-0".into(), "redis".into());
        other["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] = "redis".into();
        let text = shown(&[], [claim("shop", "pg"), service("redis"), pod(), other, job(namespace)]);
        assert_eq!(text, "NONE FOUND in: cronjobs (all read)");
    }
}

#[test]
fn a_script_in_a_config_map_is_read_and_never_shown() {
    let script = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "scripts", "namespace": "shop"},
        "data": {"run.sh": "#!/bin/sh\nPGPASSWORD=hunter2-secret pg_dump -h db shop > s3://key:hunter2@b/x"}});
    let mut spec = dumps("/scripts/run.sh");
    spec["volumes"] = json!([{"name": "s", "configMap": {"name": "scripts"}}]);
    let mut job = cron_job("shop", spec, json!({"lastSuccessfulTime": ago(10_800)}));
    job["metadata"]["name"] = "db-backup".into();
    let server = Embedded::start(shop(&[], [claim("shop", "pg"), script, job]));
    let told = ask(&server, DELETE);
    assert!(
        said(&told).contains("CronJob shop/db-backup · s3://b · elsewhere · runs pg_dump"),
        "{}",
        said(&told)
    );
    assert!(!format!("{:?}", told.impact().backups).contains("hunter2"));
}

#[test]
fn what_is_forbidden_is_unknown_and_the_namespaces_own_is_read() {
    let server = Embedded::start(shop(ALL, with(snapshot("pg", 60, "Retain").into(), [claim("shop", "pg")])));
    let dir = tempfile::tempdir().unwrap();
    let url = server.user("team", Rights::Namespace("shop".to_owned()));
    let kubeconfig = dir.path().join("config");
    std::fs::write(&kubeconfig, Embedded::kubeconfig_for(&url, "team", Some("shop"))).unwrap();
    let told = Caller::new(&kubeconfig, None).ask(&["delete", "pvc", "pg", "-n", "shop"]);
    let text = said(&told);
    assert!(text.starts_with("1 min old · VolumeSnapshot pg-1 · same storage"), "{text}");
    let empty = Embedded::start(shop(&["velero.io"], [claim("shop", "pg")]));
    let url = empty.user("team", Rights::Namespace("shop".to_owned()));
    std::fs::write(&kubeconfig, Embedded::kubeconfig_for(&url, "team", Some("shop"))).unwrap();
    let told = Caller::new(&kubeconfig, None).ask(&["delete", "pvc", "pg", "-n", "shop"]);
    assert_eq!(said(&told), "unknown: velero.io (403), none in shop, batch (403), none in shop");
    // A copy that cannot be looked for widens no phrase and is no gap of what goes.
    assert!(told.impact().gaps.iter().all(|gap| !gap.what.contains("velero")), "{:?}", told.impact().gaps);
}

#[test]
fn a_source_that_does_not_answer_is_unknown_when_the_deadline_is_over() {
    let server = Embedded::start(shop(ALL, [claim("shop", "pg")]).hang("volumesnapshots"));
    let dir = tempfile::tempdir().unwrap();
    let mut caller = Caller::new(&server.kubeconfig(dir.path().join("config")), None);
    caller.deadline = std::time::Duration::from_secs(4);
    let text = said(&caller.ask(&["delete", "pvc", "pg", "-n", "shop"]));
    assert_eq!(text, "unknown: snapshot.storage.k8s.io (timed out)");
}

#[test]
fn ten_thousand_backups_are_bounded() {
    let many = (0..10_000).map(|i| {
        object("velero.io/v1", "Backup", "velero", &format!("b-{i:05}"), json!({
            "spec": {"includedNamespaces": ["other"]}, "status": {"phase": "Completed", "completionTimestamp": ago(i)},
        }))
    });
    let server = Embedded::start(shop(&["velero.io"], many.chain([claim("shop", "pg")])));
    server.forget_requests();
    let text = said(&ask(&server, DELETE));
    assert_eq!(text, "unknown: velero.io (there are more), none in the first 2000");
    let lists = server.requests().iter().filter(|seen| seen.path.ends_with("/backups")).count();
    assert!(lists <= 5, "{lists} pages");
}

#[test]
fn what_only_stops_has_the_row_too() {
    let set = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "pg", "namespace": "shop"},
        "spec": {"replicas": 1, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "c", "image": "x"}],
            "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "uploads"}}]}}}});
    let bare = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "bare", "namespace": "shop"},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "c", "image": "x"}]}}}});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pg-0", "namespace": "shop"},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "x"}],
            "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data-pg-0"}}]}});
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}});
    let objects = [set, deployment, bare, pod, node, claim("shop", "data-pg-0"), claim("shop", "uploads")];
    let objects = with(velero("shop", "data-pg-0", 7_200), objects);
    let server = Embedded::start(shop(&["velero.io"], objects));
    let row = |args: &[&str]| said(&ask(&server, args));
    for args in [
        &["rollout", "restart", "sts/pg", "-n", "shop"][..],
        &["scale", "sts", "pg", "-n", "shop", "--replicas=0"],
        &["delete", "sts", "pg", "-n", "shop"],
        &["delete", "pod", "pg-0", "-n", "shop"],
        &["drain", "n1", "--ignore-daemonsets", "--force"],
        &["delete", "node", "n1"],
    ] {
        assert!(row(args).starts_with("2 h old · Velero nightly-1"), "{args:?}: {}", row(args));
    }
    for args in
        [&["rollout", "restart", "deploy/web", "-n", "shop"][..], &["delete", "deploy", "web", "-n", "shop"]]
    {
        assert!(
            row(args).starts_with("NO USABLE ONE: Velero nightly-1, 2 h old, does not hold it"),
            "{args:?}: {}",
            row(args)
        );
    }
    // What holds no data asks nobody.
    server.forget_requests();
    assert_eq!(row(&["rollout", "restart", "deploy/bare", "-n", "shop"]), "");
    assert!(server.requests().iter().all(|seen| !seen.path.contains("velero")), "{:?}", server.requests());
}

#[test]
fn several_holders_are_summed_the_worst_first() {
    let objects =
        with(velero("shop", "pg", 7_200), ["pg", "a", "b", "c", "d"].map(|name| claim("shop", name)));
    let text = shown(&["velero.io"], objects);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(
        lines[0].starts_with("NO USABLE ONE: Velero nightly-1")
            && lines[0].contains("(claims a, b, c and 1 more)"),
        "{text}"
    );
    assert!(lines[1].starts_with("claim pg: 2 h old · Velero nightly-1"), "{text}");
}

/// The question takes one round trip more at most: what the sources say is asked while the namespace is read.
#[test]
fn the_sources_are_asked_side_by_side() {
    let server = Embedded::start(shop(ALL, with(velero("shop", "pg", 60), [claim("shop", "pg")])));
    server.forget_requests();
    let told = ask(&server, DELETE);
    assert!(matches!(told.impact().backups.groups()[0].standing, Standing::Usable { .. }));
    let asked: Vec<String> = server.requests().iter().map(|seen| seen.path.clone()).collect();
    let sources = ["velero.io", "cnpg.io", "snapshot.storage", "batch"];
    let lists = asked.iter().filter(|path| sources.iter().any(|source| path.contains(source))).count();
    // The inventory of the namespace has one list of each of these kinds as well.
    assert!(lists <= 2 * 14, "{lists}: {asked:#?}");
    assert_eq!(uid("pg").len(), 36);
}

/// A ConfigMap that somebody applied.
fn applied(name: &str, metadata: Value) -> Value {
    object("v1", "ConfigMap", "shop", name, json!({"metadata": metadata}))
}

fn tracked(name: &str, by: &str) -> Value {
    applied(name, json!({"annotations": {"argocd.argoproj.io/tracking-id": by}}))
}

/// An application that lists these ConfigMaps.
fn application(repository: &str, status: &str, lists: &[&str]) -> Value {
    let resources: Vec<Value> = lists
        .iter()
        .map(|name| json!({"version": "v1", "kind": "ConfigMap", "namespace": "shop", "name": name}))
        .collect();
    object(
        "argoproj.io/v1alpha1",
        "Application",
        "other",
        "shop",
        json!({
            "spec": {"source": {"repoURL": repository}},
            "status": {"sync": {"status": status}, "resources": resources},
        }),
    )
}

#[test]
fn where_else_the_definitions_are() {
    let groups =
        &["argoproj.io", "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io", "source.toolkit.fluxcd.io"];
    let told = |objects: Vec<Value>| defined(&ask(&Embedded::start(shop(groups, objects)), DELETE));
    let git = "https://github.com/acme/shop";
    let own = || tracked("a", "shop:/ConfigMap:shop/a");
    assert_eq!(
        told(vec![own(), applied("b", json!({})), application(git, "Synced", &["a"])]),
        "1 of 2 objects by Argo CD shop (Synced, https://github.com/acme/shop); 1 nowhere else that is known"
    );
    // An annotation that was copied along names another object.
    let copied = tracked("b", "shop:/ConfigMap:shop/a");
    assert_eq!(told(vec![copied, application(git, "Synced", &["a"])]), "");
    for (application, want) in [
        (
            application(git, "OutOfSync", &["a"]),
            "Argo CD shop (not certain: not Synced, https://github.com/acme/shop)",
        ),
        (application(git, "Synced", &["z"]), "Argo CD shop (not certain: it does not list them)"),
        (
            application("http://gitea.shop.svc/acme.git", "Synced", &["a"]),
            "Argo CD shop (its repository goes with this command, http://gitea.shop.svc/acme.git)",
        ),
        (
            application("http://gitea.git.svc/acme.git", "Synced", &["a"]),
            "Argo CD shop (its repository is in this cluster, http://gitea.git.svc/acme.git)",
        ),
        (
            application("file:///srv/git/x", "Synced", &["a"]),
            "Argo CD shop (not certain: where its repository is, nobody knows, file:///srv/git/x)",
        ),
        (
            application("https://me:token-secret@github.com/acme/shop", "Synced", &["a"]),
            "Argo CD shop (Synced, https://github.com/acme/shop)",
        ),
    ] {
        assert_eq!(told(vec![own(), application]), want);
    }
    assert_eq!(told(vec![own()]), "Argo CD shop (not certain: the application is not there)");
    let flux = || {
        applied(
            "a",
            json!({"labels": {
        "kustomize.toolkit.fluxcd.io/namespace": "other", "kustomize.toolkit.fluxcd.io/name": "apps"}}),
        )
    };
    let kustomization = |suspend: bool, ready: &str| {
        let reference = json!({"kind": "GitRepository", "name": "apps"});
        object(
            "kustomize.toolkit.fluxcd.io/v1",
            "Kustomization",
            "other",
            "apps",
            json!({
                "spec": {"suspend": suspend, "sourceRef": reference},
                "status": {"lastAppliedRevision": "main@sha1:4c2f", "conditions": [{"type": "Ready", "status": ready}]},
            }),
        )
    };
    let source = |url: &str| {
        object("source.toolkit.fluxcd.io/v1", "GitRepository", "other", "apps", json!({"spec": {"url": url}}))
    };
    let away = || source("ssh://git@github.com/acme/apps");
    assert_eq!(told(vec![flux(), kustomization(false, "True"), away()]), "Flux apps (Ready, main@sha1:4c2f)");
    for (kustomization, source, want) in [
        (kustomization(true, "True"), away(), "not certain: it is suspended"),
        (kustomization(false, "False"), away(), "not certain: not Ready"),
        (
            kustomization(false, "True"),
            source("http://gitea.shop.svc/x"),
            "its repository goes with this command",
        ),
        (kustomization(false, "True"), source("http://gitea.git.svc/x"), "its repository is in this cluster"),
        (
            kustomization(false, "True"),
            source("http://10.96.3.4/x"),
            "not certain: where its repository is, nobody knows",
        ),
    ] {
        assert_eq!(told(vec![flux(), kustomization, source]), format!("Flux apps ({want}, main@sha1:4c2f)"));
    }
    let unread = told(vec![flux(), kustomization(false, "True")]);
    assert_eq!(unread, "Flux apps (not certain: its source could not be read, main@sha1:4c2f)");
    assert_eq!(told(vec![flux()]), "Flux apps (not certain: not found)");
    let helm = applied("a", json!({"annotations": {"meta.helm.sh/release-name": "index"}}));
    assert_eq!(told(vec![helm]), "Helm index (its release is in the cluster only)");
    // One object by its name.
    let server = Embedded::start(shop(groups, [own(), application(git, "Synced", &["a"])]));
    let one = ask(&server, &["delete", "cm", "a", "-n", "shop"]);
    assert_eq!(defined(&one), "Argo CD shop (Synced, https://github.com/acme/shop)");
    let silent = Embedded::start(
        shop(groups, [own(), application(git, "Synced", &["a"])]).forbid("list", "applications.argoproj.io"),
    );
    assert_eq!(
        defined(&ask(&silent, DELETE)),
        "Argo CD shop (not certain: the application could not be read)"
    );
}

/// What of a Velero volume is worth nothing without its Backup.
#[test]
fn a_volume_without_its_backup_is_no_copy() {
    for (phase, want) in [
        (
            "Deleting",
            "NO USABLE ONE: Velero nightly-1, 2 h 51 min old, failed (its Backup is Deleting: it is being deleted)",
        ),
        ("Failed", "NO USABLE ONE: Velero nightly-1, 2 h 51 min old, failed (its Backup is Failed)"),
        ("InProgress", "NO USABLE ONE: Velero nightly-1 is still running"),
    ] {
        let mut objects = velero("shop", "pg", 10_260);
        objects[1]["status"]["phase"] = phase.into();
        let text = shown(ALL, with(objects, [claim("shop", "pg")]));
        assert!(text.starts_with(want), "{phase}: {text}");
    }
    // A name that is too long for a label is known by the owner.
    let long = "n".repeat(80);
    let mut objects = velero("shop", "pg", 10_260);
    objects[1]["metadata"]["name"] = long.clone().into();
    objects[2]["metadata"]["labels"]["velero.io/backup-name"] = "nnnnn".into();
    objects[2]["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "velero.io/v1", "kind": "Backup", "name": long, "uid": "u"}]);
    let text = shown(ALL, with(objects, [claim("shop", "pg")]));
    assert!(text.starts_with("2 h 51 min old"), "{text}");
    // Two installations have locations of one name.
    let mut other = velero("shop", "pg", 10_260).swap_remove(0);
    other["metadata"]["namespace"] = "other".into();
    other["spec"]["config"] = json!({"s3Url": "http://minio.shop.svc"});
    let text =
        shown(ALL, [other].into_iter().chain(velero("shop", "pg", 10_260)).chain([claim("shop", "pg")]));
    assert!(text.contains("s3://acme-velero · elsewhere"), "{text}");
    // Where nobody knows what a provider does, its place is not known either.
    let mut odd = velero("shop", "pg", 10_260);
    odd[0]["spec"]["provider"] = "replicated.com/hostpath".into();
    let text = shown(ALL, with(odd, [claim("shop", "pg")]));
    assert!(!text.contains("elsewhere"), "{text}");
}

#[test]
fn cnpg_snapshots_of_one_instance_are_copies_of_all() {
    let mut objects: Vec<Value> = snapshot("main-2", 10_800, "Retain").into();
    objects[0]["metadata"]["labels"] = json!({"cnpg.io/cluster": "main"});
    let claims = ["main-1", "main-2", "main-3"].map(of_main);
    let by_method =
        json!({"lastSuccessfulBackup": ago(60), "lastSuccessfulBackupByMethod": {"volumeSnapshot": ago(60)}});
    let old = json!({"backup": {"barmanObjectStore": {"destinationPath": "s3://acme-pg"}}});
    let text = shown(ALL, with(objects, claims).into_iter().chain([cluster(old, by_method)]));
    // Nothing but WAL is in the object store.
    assert!(
        text.starts_with("3 h old · VolumeSnapshot pg-1 · same storage") && text.lines().count() == 1,
        "{text}"
    );
}

#[test]
fn what_its_owner_takes_along_goes_too() {
    let owner = |kind: &str, name: &str| json!([{"apiVersion": "postgresql.cnpg.io/v1", "kind": kind, "name": name, "uid": uid(name)}]);
    let backup = object(
        "postgresql.cnpg.io/v1",
        "Backup",
        "shop",
        "base",
        json!({
            "metadata": {"uid": uid("base"), "ownerReferences": owner("Cluster", "main")},
            "spec": {"cluster": {"name": "main"}, "method": "volumeSnapshot"},
            "status": {"phase": "completed", "stoppedAt": ago(60), "method": "volumeSnapshot"},
        }),
    );
    let mut snapshots: Vec<Value> = snapshot("main-1", 10_800, "Delete").into();
    snapshots[0]["metadata"]["ownerReferences"] = owner("Backup", "base");
    let objects = [of_main("main-1"), cluster(json!({}), json!({})), backup].into_iter().chain(snapshots);
    let server = Embedded::start(shop(ALL, objects));
    let told = ask(&server, &["delete", "clusters.postgresql.cnpg.io", "main", "-n", "shop"]);
    assert!(
        said(&told).starts_with("DIES WITH THIS COMMAND: VolumeSnapshot pg-1 (class Delete)"),
        "{}",
        said(&told)
    );
}

#[test]
fn copies_of_a_cluster_that_was_there_before_by_the_same_name_are_not_its_own() {
    let plugin = json!({"plugins": [{"name": "x", "parameters": {"barmanObjectName": "s3"}}]});
    let mut young = cluster(plugin, json!({}));
    young["metadata"]["creationTimestamp"] = ago(600).into();
    let window = json!({"lastSuccessfulBackupTime": ago(7_500)});
    let text = shown(ALL, [of_main("main-1"), young, store(window)]);
    assert_eq!(text, "NONE FOUND in: velero, cnpg, snapshots, cronjobs (all read)");
}

/// What could not be looked at stands beside what could, and no policy takes it for nothing.
#[test]
fn claims_that_nobody_could_look_at_are_unknown() {
    let set = || {
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "pg", "namespace": "shop"},
        "spec": {"replicas": 1, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}})
    };
    let server = Embedded::start(
        shop(&[], [set(), claim("shop", "data-pg-0")]).forbid("list", "persistentvolumeclaims"),
    );
    let told = ask(&server, &["rollout", "restart", "sts/pg", "-n", "shop"]);
    assert_eq!(said(&told), "unknown: claims of pg (403)");
    let backed = Backed::of(told.impact(), true, false);
    assert_eq!(backed, Backed::Unknown);
    // Many objects at once: all of them are looked at, or it is said.
    let web = |n: usize, claim: &str| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": format!("d{n:03}"), "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "x"}],
            "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": claim}}]}}}})
    };
    let many =
        (0..14).map(|n| web(n, &format!("c{n}"))).chain((0..14).map(|n| claim("shop", &format!("c{n}"))));
    let told = ask(&Embedded::start(shop(&[], many)), &["rollout", "restart", "deploy", "-n", "shop"]);
    assert_eq!(told.impact().backups.holders.len(), 14, "without a name kubectl restarts all");
    let many =
        (0..14).map(|n| web(n, &format!("c{n}"))).chain((0..14).map(|n| claim("shop", &format!("c{n}"))));
    let told = ask(&Embedded::start(shop(&[], many)), &["delete", "deploy", "--all", "-n", "shop"]);
    assert_eq!(told.impact().backups.holders.len(), 14, "{:?}", told.impact().backups.beyond);
    // Commands of which nobody looks at what they stop.
    let patched = ask(&server, &["taint", "nodes", "--all", "k=v:NoExecute"]);
    assert_eq!(Backed::of(patched.impact(), true, false), Backed::Unknown);
}

#[test]
fn a_hundred_long_scripts_are_read_once() {
    let text = "echo nothing of interest\n".repeat(1_000);
    let jobs = (0..100).map(|n| {
        let mut job = cron_job("other", dumps(&text), json!({"lastSuccessfulTime": ago(60)}));
        job["metadata"]["name"] = format!("job-{n}").into();
        job
    });
    let claims = (0..150).map(|n| claim("shop", &format!("c{n}")));
    let server = Embedded::start(shop(&[], jobs.chain(claims)));
    let started = std::time::Instant::now();
    let told = ask(&server, DELETE);
    assert_eq!(told.impact().backups.holders.len(), 150);
    assert!(started.elapsed() < std::time::Duration::from_secs(30), "{:?}", started.elapsed());
}
