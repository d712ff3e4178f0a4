//! A world that is broken: policy, kubeconfig, audit log, tool or server. Reads pass, what would lose something refuses
//! with a code and a reason of its own, and what could not be learnt is said.

use crate::support::cluster;
use crate::support::embedded::Rights;
use crate::support::ended::{ended, told};
use crate::support::machine::{Machine, REFUSED};
use crate::support::shop::{DELETE, MAP, READ, scene, shop};

#[test]
fn a_broken_policy_stops_deletes_and_no_reads() {
    let (cluster, s) = scene!(shop(), "lab");
    s.policy("version: 1\nrules:\n- id: a\n  then: denny\n");
    told(&s.pipeline(READ)).is(0).not("policy");
    let refused = told(&s.pipeline(DELETE)).is(78);
    refused.says("policy.yaml:4:9").says("4 |   then: denny").says("^^^^^");
    s.unasked(DELETE).is(78);
    assert!(cluster.exists(MAP));
}

#[test]
fn a_broken_kubeconfig_is_kubectls_own_error_for_reads_and_guards_for_deletes() {
    let (cluster, mut s) = scene!(shop(), "lab");
    let broken = s.file("kube/broken.yaml", "apiVersion: v1\nclusters: [{name: x\n");
    let directory = s.at("kube").display().to_string();
    for file in [broken, directory] {
        s.env("KUBECONFIG", &file);
        told(&s.pipeline(READ)).is(1).says("error").not("guard:");
        told(&s.pipeline(DELETE)).is(65).says(&file);
        s.unasked(DELETE).is(65).not("tries:");
    }
    // A context that is not there leads nowhere.
    s.on(&cluster.url, "lab");
    let words: Vec<&str> = DELETE.iter().copied().chain(["--context", "absent"]).collect();
    told(&s.pipeline(&words)).is(65).says("absent");
    assert!(cluster.exists(MAP));
}

#[test]
fn without_its_record_nothing_is_deleted() {
    let (cluster, mut s) = scene!(shop(), "lab");
    s.env("GUARD_CONFIRM", "lab/shop");
    // Something else stands in its place.
    std::fs::create_dir_all(s.at(".local/state/guard/audit.jsonl")).unwrap();
    told(&s.pipeline(DELETE)).is(74).says("audit").says("was not run without its audit record");
    told(&s.pipeline(READ)).is(0);
    std::fs::remove_dir_all(s.at(".local")).unwrap();
    // The directory is somebody else's.
    std::fs::create_dir_all(s.at(".local/state/guard")).unwrap();
    if std::os::unix::fs::chown(s.at(".local/state/guard"), Some(4711), Some(4711)).is_ok() {
        told(&s.pipeline(DELETE)).is(74).says("audit");
        told(&s.pipeline(READ)).is(0);
    } else {
        cluster::skip("only root can give a directory away: somebody else's audit directory");
    }
    assert!(cluster.exists(MAP));
}

#[test]
fn a_full_disk_under_the_record_refuses() {
    let (cluster, mut s) = scene!(shop(), "lab");
    s.env("GUARD_CONFIRM", "lab/shop");
    std::fs::create_dir_all(s.at(".local/state/guard")).unwrap();
    std::fs::set_permissions(s.at(".local/state/guard"), std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .unwrap();
    if !s.alone(s.command("/usr/bin/unshare", &["-m", "true"]), b"").status.success() {
        return cluster::skip(
            "no mount namespace of one's own (needs root): a full disk under the audit log",
        );
    }
    let full = "mount -t tmpfs -o size=4k,mode=700 none .local/state/guard && { head -c 100000 /dev/zero > .local/state/guard/fill 2> errors; true; } && ";
    let line = |command: &str| format!("{full}{command}");
    let run = |command: &str| {
        told(&s.alone(s.command("/usr/bin/unshare", &["-m", "/bin/sh", "-c", &line(command)]), b""))
    };
    run("kubectl delete cm settings -n shop").is(74).says("was not run without its audit record");
    assert!(cluster.exists(MAP));
    run("kubectl get cm settings -n shop -o name").is(0);
}

#[test]
fn without_a_home_reads_pass_and_deletes_need_a_place_for_their_record() {
    let (cluster, mut s) = scene!(shop(), "lab");
    s.env("GUARD_CONFIRM", "lab/shop");
    let without = |s: &Machine, args: &[&str]| {
        let mut command = s.kubectl(args);
        command.env_remove("HOME");
        told(&s.alone(command, b""))
    };
    without(&s, READ).is(0).not("guard:");
    // Root's record then goes to /var/log, which is no place for a test.
    if !rustix::process::geteuid().is_root() {
        without(&s, DELETE).is(74).says("set HOME");
        assert!(cluster.exists(MAP));
    }
    let state = s.at("state").display().to_string();
    s.env("XDG_STATE_HOME", state);
    without(&s, DELETE).is(0).says("deleted");
    assert!(s.at("state/guard/audit.jsonl").is_file());
}

#[test]
fn a_missing_tool_is_127_and_one_that_cannot_run_126() {
    let mut s = Machine::bare();
    let path = format!("{}:{}", s.at("shims").display(), s.at("real").display());
    s.on("http://127.0.0.1:1", "lab").env("PATH", path);
    for args in [READ, DELETE] {
        told(&s.pipeline(args)).is(127).says("kubectl");
    }
    s.file("real/kubectl", "#!/bin/sh\necho ran\n");
    for args in [READ, DELETE] {
        told(&s.pipeline(args)).is(126).not("ran\n");
    }
    std::fs::remove_file(s.at("real/kubectl")).unwrap();
    s.program("real/kubectl", "#!/no/such/interpreter\n");
    // As a shell has it: what the script names is not found.
    told(&s.pipeline(READ)).is(127).says("interpreter");
}

#[test]
fn a_directory_that_is_gone_is_no_obstacle() {
    let (cluster, mut s) = scene!(shop(), "lab");
    s.env("GUARD_CONFIRM", "lab/shop");
    let gone = "mkdir gone && cd gone && rmdir ../gone && ";
    let run = |line: &str| told(&s.alone(s.command("/bin/sh", &["-c", &format!("{gone}{line}")]), b""));
    run("kubectl get cm settings -n shop -o name").is(0).says("configmap/settings");
    run("kubectl delete cm settings -n shop").is(0).says("deleted");
    assert!(!cluster.exists(MAP));
}

#[test]
fn a_server_that_is_down_could_not_be_checked() {
    let (_cluster, mut s) = scene!(shop(), "lab");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    s.on(&format!("http://127.0.0.1:{port}"), "lab");
    s.wrong(DELETE, "no").is(REFUSED).says("unchecked").says("lab");
    told(&s.pipeline(DELETE)).is(REFUSED).says("unchecked");
    s.policy("version: 1\nprobe: {on_failure: refuse}\n");
    told(&s.pipeline(DELETE)).is(69).says("could not be");
    s.unasked(DELETE).is(69).not("tries:");
}

#[test]
fn a_server_that_never_answers_is_not_waited_for() {
    let (_cluster, mut s) = scene!(shop(), "lab");
    // Accepts and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    s.on(&format!("http://{}", silent.local_addr().unwrap()), "lab");
    let started = std::time::Instant::now();
    let mut terminal = s.terminal(DELETE);
    let screen = terminal.expect("tries: ");
    let took = started.elapsed();
    assert!(took < std::time::Duration::from_secs(50), "the question came after {took:?}");
    assert!(screen.contains("unchecked") && screen.contains("timed out"), "{screen}");
    terminal.send("\n");
    ended(terminal).is(REFUSED);
    drop(silent);
    // One kind that hangs does not take the others along.
    let (cluster, s) = scene!(shop().hang("secrets"), "lab");
    let mut terminal = s.terminal(&["delete", "ns", "shop"]);
    let screen = terminal.expect("tries: ");
    assert!(screen.contains("ConfigMap") && screen.contains("secrets"), "{screen}");
    terminal.send("\n");
    ended(terminal).is(REFUSED);
    assert!(cluster.exists(MAP));
}

#[test]
fn somebody_without_rights_sees_what_could_not_be_read() {
    let (cluster, mut s) = scene!(shop(), "lab");
    let url = cluster.user("nobody", Rights::Nothing);
    s.on(&url, "lab");
    told(&s.pipeline(&["delete", "ns", "shop"])).is(REFUSED).says("unchecked").says("forbidden");
    let url = cluster.user("clerk", Rights::Namespace("shop".into()));
    s.on(&url, "lab");
    s.wrong(DELETE, "no").is(REFUSED).says("settings");
    assert!(cluster.exists(MAP));
}

#[test]
fn a_forbidden_kind_is_named_and_the_rest_is_counted() {
    let (cluster, s) = scene!(shop().forbid("list", "secrets"), "lab");
    told(&s.pipeline(&["delete", "ns", "shop"])).is(REFUSED).says("ConfigMap").says("forbidden: secrets");
    assert!(cluster.exists(MAP));
}
