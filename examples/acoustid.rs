//! The AcoustID incident of 2021, replayed on two embedded clusters: `kubectl delete ns acoustid` meant for the new
//! cluster, with `KUBECONFIG` still pointing at the old one, which was production.
//!
//! ```text
//! cargo run --example acoustid
//! ```
//! Nothing outside this process is touched. The program plays three parts, told apart by how it is called: the story;
//! guard itself (called as `kubectl`, as the shim would be); and, where the machine has no kubectl, a stand-in for it.

#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test support: the tests use the rest, and its failure is theirs"
)]
#[path = "../tests/support"]
mod support {
    pub mod embedded;
    pub mod pty;
}
#[path = "telling/mod.rs"]
mod telling;

use serde_json::{Value, json};
use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use support::embedded;
use support::embedded::{Embedded, Seed};
use support::pty::Pty;
use telling::{Outcome, holds, say};

fn main() -> ExitCode {
    if telling::is_called(&["kubectl"]) {
        return guard::app::main();
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.split_first() {
        Some((first, rest)) if first == "--stand-in" => stand_in(rest),
        _ => story(),
    };
    telling::end("acoustid", done)
}

fn story() -> Outcome<ExitCode> {
    let main = Embedded::start(production());
    let new = Embedded::start(replacement());
    let stage = Stage::set(&main, &new)?;
    let path = "/api/v1/namespaces/acoustid";
    let volume = "/api/v1/persistentvolumes/pg-data-0";

    say(
        "\n1. Two clusters, one namespace name. The person means the new one; KUBECONFIG still points at the old one.\n",
    )?;
    say("$ export KUBECONFIG=~/kube/main.yaml\n$ kubectl delete ns acoustid")?;
    let mut terminal = stage.terminal("main.yaml", &["delete", "ns", "acoustid"]);
    shown(&terminal.expect("tries: "))?;
    terminal.send("new/acoustid/*\n");
    shown(&terminal.expect(">/*: "))?;
    terminal.send("\x04");
    let code = terminal.code();
    shown(&terminal.output().rsplit("tries: ").next().unwrap_or_default().replace('\r', ""))?;
    say(&format!("$ echo $?\n{code}\n"))?;
    holds("the name of the cluster they had in mind did not open the door", code == 77)?;
    holds("the old namespace is still there", main.exists(path))?;
    holds("and so are its volumes", main.exists(volume))?;
    holds("nothing was changed on either cluster", !changed(&main) && !changed(&new))?;

    say("\n2. The same line in a pipeline, where nobody can be asked.\n")?;
    say("$ kubectl delete ns acoustid < /dev/null")?;
    let refused = stage.pipeline("main.yaml", None, &["delete", "ns", "acoustid"])?;
    say(&format!("$ echo $?\n{refused}\n"))?;
    holds("without a terminal it is refused", refused == 77 && main.exists(path))?;
    say("\n$ GUARD_CONFIRM='new/acoustid/*' kubectl delete ns acoustid < /dev/null")?;
    let refused = stage.pipeline("main.yaml", Some("new/acoustid/*"), &["delete", "ns", "acoustid"])?;
    say(&format!("$ echo $?\n{refused}\n"))?;
    holds("a confirmation for another cluster does not count", refused == 77 && main.exists(path))?;

    say("\n3. The right file.\n")?;
    say("$ export KUBECONFIG=~/kube/new.yaml\n$ kubectl delete ns acoustid")?;
    let mut terminal = stage.terminal("new.yaml", &["delete", "ns", "acoustid"]);
    shown(&terminal.expect("tries: "))?;
    terminal.send("new/acoustid/*\n");
    let code = terminal.code();
    shown(&terminal.output().rsplit("tries: ").next().unwrap_or_default().replace('\r', ""))?;
    say(&format!("$ echo $?\n{code}\n"))?;
    holds("typing the name of the cluster one is on runs the command", code == 0)?;
    holds("the namespace on the new cluster is gone", !new.exists(path))?;
    holds("the one on the old cluster is not", main.exists(path))?;
    Ok(ExitCode::SUCCESS)
}

fn shown(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{}", text.replace('\r', "").trim_end())
}

/// Whether any request of this cluster changed something.
fn changed(cluster: &Embedded) -> bool {
    cluster.requests().iter().any(embedded::Seen::mutates)
}

/// A home with two kubeconfigs, guard called `kubectl` first on PATH, and a kubectl behind it.
struct Stage {
    home: tempfile::TempDir,
    path: String,
}

impl Stage {
    fn set(main: &Embedded, new: &Embedded) -> Outcome<Stage> {
        let home = tempfile::tempdir()?;
        let own = std::env::current_exe()?;
        for dir in ["kube", "shims", "real"] {
            fs::create_dir(home.path().join(dir))?;
        }
        fs::write(home.path().join("kube/main.yaml"), Embedded::kubeconfig_for(&main.url, "main", None))?;
        fs::write(home.path().join("kube/new.yaml"), Embedded::kubeconfig_for(&new.url, "new", None))?;
        // One line of policy: which server is production, and what it is called.
        let policy = format!(
            "version: 1\nclusters:\n  - {{name: main, environment: production, server: \"{}\"}}\n",
            main.url
        );
        fs::create_dir_all(home.path().join(".config/guard"))?;
        fs::write(home.path().join(".config/guard/policy.yaml"), policy)?;
        symlink(&own, home.path().join("shims/kubectl"))?;
        let real = home.path().join("real/kubectl");
        match real_kubectl(&own) {
            Some(found) => {
                say(&format!("The real tool is {}.", found.display()))?;
                symlink(found, &real)?;
            }
            None => {
                say(
                    "This machine has no kubectl: a stand-in inside this example deletes the namespace instead.",
                )?;
                // Called k3s, a kubectl that guard knows by its file; any other program would be asked where it goes.
                let script = home.path().join("real/k3s");
                fs::write(&script, format!("#!/bin/sh\nexec '{}' --stand-in \"$@\"\n", own.display()))?;
                fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
                symlink("k3s", &real)?;
            }
        }
        let at = home.path().display().to_string();
        Ok(Stage { path: format!("{at}/shims:{at}/real:/usr/bin:/bin"), home })
    }

    fn command(&self, kubeconfig: &str, args: &[&str]) -> Command {
        let mut command = Command::new(self.home.path().join("shims/kubectl"));
        command.arg0("kubectl").args(args).env_clear().current_dir(self.home.path());
        command.env("PATH", &self.path).env("HOME", self.home.path()).env("LANG", "C.UTF-8");
        command.env("TERM", std::env::var("TERM").unwrap_or_else(|_| "xterm-256color".into()));
        command.env("KUBECONFIG", self.home.path().join("kube").join(kubeconfig));
        command
    }

    fn terminal(&self, kubeconfig: &str, args: &[&str]) -> Pty {
        Pty::spawn(self.command(kubeconfig, args), 100)
    }

    /// Runs without any terminal, as a pipeline does, and gives the exit code.
    fn pipeline(&self, kubeconfig: &str, confirm: Option<&str>, args: &[&str]) -> Outcome<i32> {
        let mut command = Command::new("setsid");
        let guarded = self.command(kubeconfig, args);
        command.arg("--wait").arg(guarded.get_program()).args(args).env_clear().current_dir(self.home.path());
        command.envs(guarded.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("CI", "true");
        command.envs(confirm.map(|phrase| ("GUARD_CONFIRM", phrase)));
        let output = command.stdin(std::process::Stdio::null()).output()?;
        shown(&String::from_utf8_lossy(&output.stderr))?;
        Ok(output.status.code().unwrap_or(-1))
    }
}

/// A kubectl of this machine that is not guard: from PATH, or from the cache of the tests.
fn real_kubectl(own: &Path) -> Option<PathBuf> {
    let cache = std::env::var_os("HOME").map(|h| Path::new(&h).join(".cache/guard-tests/kubectl/1.37"));
    let dirs: Vec<PathBuf> =
        std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect()).unwrap_or_default();
    let found =
        dirs.into_iter().chain(cache).map(|d| d.join("kubectl")).filter_map(|k| k.canonicalize().ok());
    let is_guard =
        |k: &PathBuf| k == own || k.file_name().is_some_and(|n| n.to_string_lossy().starts_with("guard"));
    found
        .filter(|k| !is_guard(k))
        .find(|k| Command::new(k).args(["version", "--client"]).output().is_ok_and(|o| o.status.success()))
}

fn years_ago(years: i64) -> String {
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(years * 8766);
    then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn object(api: &str, kind: &str, namespace: Option<&str>, name: &str, rest: Value) -> Value {
    let mut meta = json!({"name": name, "creationTimestamp": years_ago(4)});
    if let Some(namespace) = namespace {
        meta["namespace"] = json!(namespace);
    }
    let mut value = json!({"apiVersion": api, "kind": kind, "metadata": meta});
    for (key, part) in rest.as_object().into_iter().flatten() {
        value[key] = part.clone();
    }
    value
}

/// The old cluster: what years of work leave in a namespace.
fn production() -> Seed {
    let ns = Some("acoustid");
    let mut seed = Seed::new().cluster_uid("4c2f6d0e-8a51-4c7e-9b36-52f1d07c9a1e");
    seed = seed.object(object("v1", "Namespace", None, "acoustid", json!({})));
    for (number, reclaim) in ["Delete", "Delete", "Retain"].iter().enumerate() {
        let claim = format!("{}-data-{number}", ["pg", "redis", "index"][number]);
        let volume = if number == 0 { "pg-data-0".to_owned() } else { format!("pvc-{number}") };
        seed = seed.object(object("v1", "PersistentVolume", None, &volume, json!({"spec": {
            "capacity": {"storage": "200Gi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": reclaim,
            "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "acoustid", "name": claim}, "storageClassName": "ssd",
        }, "status": {"phase": "Bound"}})));
        seed = seed.object(object(
            "v1",
            "PersistentVolumeClaim",
            ns,
            &claim,
            json!({"spec": {
            "accessModes": ["ReadWriteOnce"], "volumeName": volume, "storageClassName": "ssd",
            "resources": {"requests": {"storage": "200Gi"}},
        }, "status": {"phase": "Bound", "capacity": {"storage": "200Gi"}}}),
        ));
    }
    for name in ["api", "index", "web", "importer", "stats", "worker"] {
        let labels = json!({"app": name});
        seed = seed.object(object("apps/v1", "Deployment", ns, name, json!({"spec": {
            "replicas": 2, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": name, "image": "acoustid"}]}},
        }})));
        seed = seed.object(object("v1", "ConfigMap", ns, name, json!({"data": {"config": "…"}})));
    }
    for name in ["pg", "redis"] {
        let labels = json!({"app": name});
        seed = seed.object(object("apps/v1", "StatefulSet", ns, name, json!({"spec": {
            "replicas": 1, "serviceName": name, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": name, "image": name}]}},
        }})));
    }
    for number in 0..8 {
        seed = seed.object(object(
            "v1",
            "Secret",
            ns,
            &format!("secret-{number}"),
            json!({"type": "Opaque", "data": {}}),
        ));
    }
    seed.object(object(
        "v1",
        "Service",
        ns,
        "web",
        json!({"spec": {"type": "LoadBalancer", "ports": [{"port": 443}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}}),
    ))
}

/// The new cluster: set up this morning.
fn replacement() -> Seed {
    let seed = Seed::new().cluster_uid("b10f7a55-0c3d-4f5a-8d21-7d1f2a9e6b44");
    let now = json!({"name": "acoustid", "creationTimestamp": years_ago(0)});
    seed.object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": now})).object(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "trial", "namespace": "acoustid", "creationTimestamp": years_ago(0)}, "data": {},
    }))
}

/// Just enough of kubectl for this story: `delete ns NAME`, with or without a server-side dry run.
fn stand_in(args: &[String]) -> Outcome<ExitCode> {
    let words: Vec<&str> =
        args.iter().map(String::as_str).filter(|a| !a.starts_with('-') && *a != "name").collect();
    let ["delete", "ns", name] = words.as_slice() else {
        return Err(format!("the stand-in for kubectl only knows `delete ns NAME`, not {words:?}").into());
    };
    let dry = args.iter().any(|a| a == "--dry-run=server");
    let file = std::env::var_os("KUBECONFIG").ok_or("KUBECONFIG is not set")?;
    let config: Value = serde_yaml::from_str(&fs::read_to_string(file)?)?;
    let server = config["clusters"][0]["cluster"]["server"].as_str().ok_or("no server in the kubeconfig")?;
    let address = server.strip_prefix("http://").ok_or("the stand-in only speaks http")?;
    let mut stream = TcpStream::connect(address)?;
    let query = if dry { "?dryRun=All" } else { "" };
    write!(
        stream,
        "DELETE /api/v1/namespaces/{name}{query} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if !matches!(status, "200" | "202") {
        return Err(format!("the server answered {status}").into());
    }
    say(&if dry { format!("namespace/{name}") } else { format!("namespace \"{name}\" deleted") })?;
    Ok(ExitCode::SUCCESS)
}
