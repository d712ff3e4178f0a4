//! Copies on a real API server: kinds of others that it has taken in, uids that it gave, and what it forbids.

use crate::support::cluster::{ADMIN, Cluster, LIMITED, TEAM, within};
use crate::support::copies::{ago, definitions, object};
use crate::support::probing::Caller;
use guard::engine::backup::standing::Standing;
use guard::ui::backup::line;
use serde_json::{Value, json};
use std::time::Duration;

/// One object of YAML after the other; JSON is YAML.
fn stream(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("{object}\n---\n")).collect()
}

/// A claim that nobody has bound yet: what its data is worth is another matter.
fn claim(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}})
}

fn said(caller: &Caller, args: &[&str]) -> String {
    let told = caller.ask(args);
    let backups = &told.impact().backups;
    backups.groups().iter().map(|group| line(backups, group)).collect::<Vec<_>>().join("\n")
}

#[test]
fn velero_and_a_job_of_ones_own() {
    const KINDS: &[&str] =
        &["backups", "podvolumebackups", "schedules", "backupstoragelocations", "datauploads"];
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("copies");
    cluster.apply_in(&ns, &stream(&[claim("pg")]));
    let admin = Caller::new(&cluster.kubeconfig(ADMIN), Some(cluster.kubectl_path()));
    let delete = ["delete", "ns", ns.as_str()];
    // Before Velero is there it is no source.
    assert_eq!(said(&admin, &delete), "NONE FOUND for claim pg in: cronjobs (all read)");

    cluster.apply(&stream(&definitions(&["velero.io"])));
    let known = || {
        KINDS
            .iter()
            .all(|kind| cluster.kubectl(&["get", &format!("{kind}.velero.io"), "-A"]).status.success())
    };
    assert!(within(Duration::from_secs(60), known), "the kinds are not served");
    assert_eq!(said(&admin, &delete), "NONE FOUND for claim pg in: velero, cronjobs (all read)");

    let uid = cluster.run(&["get", "pvc", "pg", "-n", &ns, "-o", "jsonpath={.metadata.uid}"]);
    let done = ago(7_260);
    cluster.apply_in(&ns, &stream(&[
        object("velero.io/v1", "BackupStorageLocation", "", "default", json!({
            "spec": {"provider": "aws", "objectStorage": {"bucket": "acme"}}, "status": {"phase": "Available"}})),
        object("velero.io/v1", "Backup", "", "nightly-1", json!({
            "spec": {"includedNamespaces": [ns], "storageLocation": "default"},
            "status": {"phase": "Completed", "completionTimestamp": done, "expiration": ago(-86_400)}})),
        object("velero.io/v1", "PodVolumeBackup", "", "nightly-1-x", json!({
            "metadata": {"labels": {"velero.io/backup-name": "nightly-1", "velero.io/pvc-uid": uid}},
            "spec": {"backupStorageLocation": "default"},
            "status": {"phase": "Completed", "completionTimestamp": done, "progress": {"bytesDone": 5_000_000}}})),
    ]));
    assert_eq!(
        said(&admin, &delete),
        "claim pg: 2 h 1 min old · Velero nightly-1 · 5 MB · s3://acme · elsewhere · recorded"
    );
    // The claim is made anew by the same name: what there was of the old one is not its own.
    cluster.run(&["delete", "pvc", "pg", "-n", &ns]);
    cluster.apply_in(&ns, &stream(&[claim("pg")]));
    let text = said(&admin, &delete);
    assert!(
        text.starts_with("NO USABLE ONE: Velero nightly-1, ") && text.contains("no volume of this claim"),
        "{text}"
    );

    // Who may look only in one namespace reads what is there, and knows that there may be more.
    cluster.apply_in(TEAM, &stream(&[claim("theirs")]));
    let limited = Caller::new(&cluster.kubeconfig(LIMITED), Some(cluster.kubectl_path()));
    let text = said(&limited, &["delete", "pvc", "theirs"]);
    assert_eq!(text, "unknown: velero.io (403), batch (403), none in team (claim theirs)");

    let template = json!({"spec": {"restartPolicy": "Never", "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "pg"}}],
        "containers": [{"name": "c", "image": "none", "command": ["sh", "-c", "restic -r s3:https://s3.example.com/b backup /d"]}]}});
    let job = object(
        "batch/v1",
        "CronJob",
        "",
        "nightly",
        json!({
        "spec": {"schedule": "0 0 1 1 *", "suspend": true, "jobTemplate": {"spec": {"template": template}}}}),
    );
    cluster.apply_in(&ns, &stream(&[job]));
    let status = json!({"status": {"lastSuccessfulTime": ago(3_600)}}).to_string();
    cluster.run(&[
        "patch",
        "cronjob",
        "nightly",
        "-n",
        &ns,
        "--subresource=status",
        "--type=merge",
        "-p",
        &status,
    ]);
    let told = admin.ask(&delete);
    let records = &told.impact().backups.holders[0].records;
    assert!(
        records
            .iter()
            .any(|record| record.tool == "CronJob" && record.remarks.contains(&"it is suspended".to_owned())),
        "{records:#?}"
    );
    for kind in KINDS {
        cluster.run(&["delete", "crd", &format!("{kind}.velero.io"), "--ignore-not-found"]);
    }
    let gone = || said(&admin, &delete).starts_with("claimed only: 1 h old · CronJob");
    assert!(within(Duration::from_secs(60), gone), "{}", said(&admin, &delete));
    let told = admin.ask(&delete);
    assert!(matches!(told.impact().backups.groups()[0].standing, Standing::Claimed { .. }));
    cluster.run(&["delete", "pvc", "theirs", "-n", TEAM]);
}
