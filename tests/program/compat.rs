//! What older guards wrote is read: copies, audit logs and policies in `tests/compat`, each made by the guard of the commit
//! that its directory is named after.

use crate::support::embedded::{Embedded, Seed};
use crate::support::ended::{said, told};
use crate::support::machine::{Machine, REFUSED};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The directories of the older guards.
fn older() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat");
    let mut found: Vec<PathBuf> = entries(&all).into_iter().filter(|path| path.is_dir()).collect();
    found.sort();
    assert!(found.len() >= 2, "{found:?}");
    found
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// A copy that its owner alone may look into, as guard leaves it; git keeps no such modes.
fn put(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for path in entries(from) {
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            put(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// A machine on which that guard was at work: `state` before kubectl, `packages` before apt.
fn inherited(from: &Path, part: &str) -> Machine {
    let machine = Machine::bare();
    put(&from.join(part), &machine.at(".local/state/guard"));
    machine
}

/// The one copy that is there.
fn copy(machine: &Machine) -> Value {
    let listed = machine.guard(&["kept", "list", "--json"]);
    serde_json::from_slice(&listed.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&listed)))
}

#[test]
fn audit_logs_are_shown_and_hold_and_go_on() {
    for from in older() {
        let mut machine = inherited(&from, "state");
        told(&machine.guard(&["audit", "verify"])).is(0).says("ok: 3 records, the chain holds");
        told(&machine.guard(&["audit", "show"])).is(0).says("  root  kubectl delete namespace compat");
        let shown = told(&machine.guard(&["audit", "show", "-v"])).is(0);
        let facts = [
            "refused  unclassified  kubectl delete namespace compat",
            "ran      unclassified  kubectl delete namespace compat",
            "by            root@web1",
            "something else was typed",
            "confirmed by GUARD_CONFIRM",
        ];
        facts.into_iter().fold(shown, |shown, fact| shown.says(fact));
        let records = machine.audit();
        assert_eq!(records.len(), 3, "{from:?}");
        assert!(records.iter().all(|r| r["tool"] == "kubectl" && r["operation"]["effect"] == "destroy"));
        // What today's guard adds is chained to what is there.
        machine.script("#!/bin/sh\n");
        machine.on("http://127.0.0.1:1", "main");
        told(&machine.pipeline(&["delete", "namespace", "compat"])).is(REFUSED);
        assert_eq!(machine.audit().len(), 4, "{from:?}");
        told(&machine.guard(&["audit", "verify"])).is(0).says("ok: 4 records, the chain holds");
    }
}

#[test]
fn copies_are_listed_and_shown_and_lead_back() {
    for from in older() {
        let mut machine = inherited(&from, "state");
        let copy = copy(&machine);
        let id = copy["id"].as_str().unwrap().to_owned();
        assert_eq!((&copy["kind"], &copy["kinds"]["ConfigMap"]), (&"kubernetes".into(), &2.into()), "{copy}");
        told(&machine.guard(&["kept", "list"])).is(0).says(&id).says("kubectl delete namespace compat");
        let shown = told(&machine.guard(&["kept", "show", &id])).is(0);
        shown.says("before: kubectl delete namespace compat").says("unchanged since they were written");
        let dry = told(&machine.guard(&["restore", &id, "--dry-run"])).is(0);
        dry.says("create    ConfigMap compat/settings").says("create    Deployment compat/web");
        // And really, on the cluster that it came from.
        let server = Embedded::start(Seed::new().cluster_uid(copy["cluster"]["uid"].as_str().unwrap()));
        let config = server.kubeconfig(machine.at("config")).display().to_string();
        machine.env("KUBECONFIG", config).env("GUARD_CONFIRM", "embedded/compat");
        told(&machine.guard(&["restore", &id])).is(0);
        let settings = server.object("/api/v1/namespaces/compat/configmaps/settings").unwrap();
        assert_eq!(settings["data"]["colour"], "blue", "{from:?}");
        assert!(server.exists("/apis/apps/v1/namespaces/compat/deployments/web"), "{from:?}");
    }
}

#[test]
fn settings_of_packages_are_listed_and_shown_and_lead_back() {
    for from in older() {
        let machine = inherited(&from, "packages");
        let copy = copy(&machine);
        let id = copy["id"].as_str().unwrap();
        assert_eq!((&copy["kind"], &copy["host"]), (&"apt".into(), &"db1".into()), "{copy}");
        told(&machine.guard(&["kept", "list"])).is(0).says(id).says("1 package, 2 settings files");
        let shown = told(&machine.guard(&["kept", "show", id])).is(0);
        shown.says("unchanged since they were written").says("etcd-server:amd64").says("/etc/default/etcd");
        told(&machine.guard(&["restore", id, "--dry-run"])).is(0).says("write     /etc/default/etcd");
        told(&machine.guard(&["audit", "verify"])).is(0).says("ok: 1 record, the chain holds");
    }
}

#[test]
fn policies_are_valid_still() {
    for from in older() {
        let machine = Machine::bare();
        put(&from.join("policies"), &machine.at("policies"));
        let files = entries(&machine.at("policies"));
        assert!(files.len() >= 4, "{files:?}");
        for file in files {
            let name = file.file_name().unwrap().to_str().unwrap();
            let layer =
                ["system", "project"].into_iter().find(|layer| name.starts_with(layer)).unwrap_or("user");
            let path = file.display().to_string();
            told(&machine.guard(&["policy", "check", "--layer", layer, &path])).is(0);
        }
    }
}
