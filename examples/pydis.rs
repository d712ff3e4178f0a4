//! The Python Discord incidents of 2020, replayed on a real API server: PostgreSQL was restarted, and so was the node under
//! it, and no recent backup of the database was there. Nothing was lost, by luck.
//!
//! ```text
//! tests/run kubectl cluster              # once: kubectl, and the API server it speaks to
//! cargo run --example pydis
//! ```
//! Nothing outside this machine is touched: the API server listens on loopback and ends with this program, which also does
//! what a scheduler and a kubelet would. It plays two parts, told apart by how it is called: the story; and guard itself
//! (called as `kubectl`, as the shim would be). What lies in the cluster is made up; that it stopped, and what was not
//! there, is not.

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
    pub mod cluster;
    pub mod copies;
    pub mod pty;
}
#[path = "telling/mod.rs"]
mod telling;

use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use support::cluster::{ADMIN, Cluster, within};
use support::copies::{ago, definitions, object};
use support::pty::Pty;
use telling::{Outcome, holds, row, say, shown};

const NS: &str = "prod";
const NODE: &str = "pool-1";
const CLAIM: &str = "data-postgres-0";
const DAY: i64 = 86_400;
const RESTART: &[&str] = &["-n", NS, "rollout", "restart", "statefulset/postgres"];
const DRAIN: &[&str] = &["drain", NODE];
/// The question that demands the second line.
const SECOND: &str = "as well to go on: ";

fn main() -> ExitCode {
    if telling::is_called(&["kubectl"]) {
        return guard::app::main();
    }
    telling::end("pydis", story())
}

fn story() -> Outcome<ExitCode> {
    if std::env::var_os("GUARD_TEST_CLUSTER").is_some() {
        return Err("it wants a cluster of its own: unset GUARD_TEST_CLUSTER".into());
    }
    let Some(cluster) = Cluster::start() else {
        say(
            "This story needs kubectl and an API server: `tests/run kubectl cluster` fetches and builds them.",
        )?;
        return Ok(ExitCode::SUCCESS);
    };
    let stage = Stage::set(cluster)?;
    say(
        "PostgreSQL runs on the node pool-1. Velero made a copy of its volume 40 days ago, and has made none since. A",
    )?;
    say(
        "CronJob called postgres-backup ended well last night; what it dumps goes into a directory that goes with its pod.",
    )?;

    say("\n1. As it was: without guard.\n")?;
    let before = stage.database();
    stage.plainly(RESTART)?;
    stage.seat()?;
    holds("PostgreSQL was restarted, and nobody was asked", stage.database() != before)?;
    stage.plainly(DRAIN)?;
    holds("everything left the node, and nobody was asked", stage.on_the_node().is_empty())?;
    cluster.run(&["uncordon", NODE]);
    stage.seat()?;

    say("\n2. With guard in front of kubectl, and a policy that demands a backup of the last 24 hours.\n")?;
    let before = stage.database();
    for (line, phrase, untouched) in [
        (RESTART, "pydis/prod", "PostgreSQL was not restarted"),
        (DRAIN, "pydis", "nothing left the node, which still takes pods"),
    ] {
        let mut terminal = stage.terminal(line)?;
        let screen = terminal.expect("tries: ");
        shown(&screen)?;
        terminal.send(format!("{phrase}\n"));
        let asked = terminal.expect(SECOND);
        shown(&asked)?;
        terminal.send("\x04");
        let code = ended(&mut terminal, SECOND)?;
        let backup = row(&screen, "backup");
        let what = row(&screen, if line == RESTART { "restart" } else { "also" });
        let stops = if line == RESTART { "StatefulSet postgres" } else { "2 pods leave: postgres-0, bot-" };
        holds("the question says what stops", what.contains(stops))?;
        holds(
            "the question says how old the newest copy is",
            backup.contains("1 month old · Velero daily-1"),
        )?;
        holds("that the CronJob ended well makes it no younger", !backup.contains("CronJob"))?;
        holds("the right name alone did not open the door", asked.contains("without backup") && code == 77)?;
        holds(untouched, stage.database() == before && !stage.is_cordoned())?;
    }

    say("\n3. The same lines in a pipeline, where nobody can be asked.\n")?;
    for (line, phrase) in [(RESTART, "pydis/prod"), (DRAIN, "pydis")] {
        for (confirm, claim) in [
            (None, "without a terminal it is refused, which says what GUARD_CONFIRM has to be"),
            (Some(phrase), "the name alone is not what policy demands"),
        ] {
            let (code, said) = stage.pipeline(confirm, line)?;
            let told = said.contains("without backup'");
            holds(claim, code == 77 && told && stage.database() == before && !stage.is_cordoned())?;
        }
    }

    say("\n4. After a fresh backup.\n")?;
    stage.copy("daily-2", 3_600);
    for line in [RESTART, DRAIN] {
        let before = stage.database();
        let mut terminal = stage.terminal(line)?;
        let screen = terminal.expect("[y/N]: ");
        shown(&screen)?;
        terminal.send("y\n");
        let code = ended(&mut terminal, "[y/N]: ")?;
        holds(
            "the question says how old it is",
            row(&screen, "backup").contains("1 h old · Velero daily-2"),
        )?;
        holds("nothing more than yes was asked", code == 0 && !terminal.output().contains("without backup"))?;
        let moved = || stage.database() != before;
        holds("and it ran", within(Duration::from_secs(60), moved))?;
        if line == RESTART {
            stage.seat()?;
        }
    }
    holds("everything left the node", stage.is_cordoned() && stage.on_the_node().is_empty())?;
    Ok(ExitCode::SUCCESS)
}

/// Waits for the end, shows what came after the last question, and gives the exit code.
fn ended(terminal: &mut Pty, question: &str) -> Outcome<i32> {
    let code = terminal.code();
    shown(terminal.output().rsplit(question).next().unwrap_or_default())?;
    say(&format!("$ echo $?\n{code}\n"))?;
    Ok(code)
}

/// A cluster with PostgreSQL in it, and a home: guard called `kubectl` first on PATH, and the real one behind it.
struct Stage {
    cluster: &'static Cluster,
    home: tempfile::TempDir,
}

impl Stage {
    fn set(cluster: &'static Cluster) -> Outcome<Stage> {
        let home = tempfile::tempdir()?;
        for dir in ["shims", "real", "kube", ".config/guard"] {
            fs::create_dir_all(home.path().join(dir))?;
        }
        symlink(std::env::current_exe()?, home.path().join("shims/kubectl"))?;
        symlink(cluster.kubectl_path(), home.path().join("real/kubectl"))?;
        fs::copy(cluster.kubeconfig(ADMIN), home.path().join("kube/pydis.yaml"))?;
        // On a busy machine the server takes its time; the story waits for all of its facts.
        let policy = format!(
            "version: 1\nclusters:\n  - {{name: pydis, environment: production, server: \"{}\"}}\nrules:\n  - id: backed-up\n    \
             when: {{environment: production, effect: disrupt}}\n    \
             backup: {{max_age: 24h, evidence: recorded, unmet: ask}}\nprobe: {{timeout_ms: 40000}}\n",
            cluster.url()
        );
        fs::write(home.path().join(".config/guard/policy.yaml"), policy)?;
        let stage = Stage { cluster, home };
        stage.furnish()?;
        stage.seat()?;
        Ok(stage)
    }

    /// PostgreSQL with its volume, a bot that needs it, a CronJob, and what Velero keeps.
    fn furnish(&self) -> Outcome<()> {
        self.apply("default", &definitions(&["velero.io"]));
        let served =
            |kind: &str| self.cluster.kubectl(&["get", &format!("{kind}.velero.io"), "-A"]).status.success();
        let all = || ["backups", "podvolumebackups", "backupstoragelocations"].into_iter().all(served);
        if !within(Duration::from_secs(60), all) {
            return Err("the kinds of Velero are not served".into());
        }
        let labels = |app: &str| json!({"app": app});
        // Nobody sends the signals that a grace period would be for.
        let pod = |app: &str, mounts: Value| {
            json!({"metadata": {"labels": labels(app)}, "spec": {"terminationGracePeriodSeconds": 0,
                "containers": [{"name": app, "image": app, "volumeMounts": mounts}]}})
        };
        let volume = json!({"capacity": {"storage": "100Gi"}, "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "", "hostPath": {"path": "/nonexistent"},
            "claimRef": {"namespace": NS, "name": CLAIM}});
        let claim = json!({"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "",
            "resources": {"requests": {"storage": "100Gi"}}}});
        let postgres = json!({"spec": {"replicas": 1, "serviceName": "postgres", "selector": {"matchLabels": labels("postgres")},
            "template": pod("postgres", json!([{"name": "data", "mountPath": "/var/lib/postgresql/data"}])),
            "volumeClaimTemplates": [claim]}});
        let bot = json!({"spec": {"replicas": 1, "selector": {"matchLabels": labels("bot")}, "template": pod("bot", json!([]))}});
        let dump = "pg_dump -h postgres pydis | gzip >/backup/pydis.sql.gz";
        let job = json!({"restartPolicy": "Never", "volumes": [{"name": "backup", "emptyDir": {}}], "containers": [{
            "name": "dump", "image": "postgres", "command": ["sh", "-c", dump],
            "volumeMounts": [{"name": "backup", "mountPath": "/backup"}]}]});
        let cron =
            json!({"spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {"spec": job}}}}});
        let service = json!({"spec": {"selector": labels("postgres"), "ports": [{"port": 5432}]}});
        self.apply(
            "default",
            &[
                object("v1", "Namespace", "", NS, json!({})),
                object("v1", "Namespace", "", "velero", json!({})),
                object("v1", "Node", "", NODE, json!({})),
                object("v1", "PersistentVolume", "", "pydis-postgres", json!({"spec": volume})),
            ],
        );
        self.apply(
            "velero",
            &[object(
                "velero.io/v1",
                "BackupStorageLocation",
                "velero",
                "default",
                json!({
            "spec": {"provider": "velero.io/aws", "objectStorage": {"bucket": "pydis-velero"}},
            "status": {"phase": "Available"}}),
            )],
        );
        self.apply(
            NS,
            &[
                object("v1", "Service", NS, "postgres", service),
                object("apps/v1", "StatefulSet", NS, "postgres", postgres),
                object("apps/v1", "Deployment", NS, "bot", bot),
                object("batch/v1", "CronJob", NS, "postgres-backup", cron),
            ],
        );
        let bound = || {
            let state = ["get", "pvc", CLAIM, "-n", NS, "-o", "jsonpath={.status.phase}"];
            self.cluster.kubectl(&state).stdout == b"Bound"
        };
        if !within(Duration::from_secs(60), bound) {
            return Err("the claim of PostgreSQL is not bound".into());
        }
        self.state("cronjob", "postgres-backup", &json!({"lastSuccessfulTime": ago(7 * 3_600)}));
        self.copy("daily-1", 40 * DAY);
        Ok(())
    }

    fn apply(&self, namespace: &str, objects: &[Value]) {
        self.cluster.apply_in(
            namespace,
            &objects.iter().map(|object| format!("{object}\n---\n")).collect::<String>(),
        );
    }

    fn state(&self, kind: &str, name: &str, status: &Value) {
        let patch = json!({"status": status}).to_string();
        self.cluster.run(&[
            "patch",
            kind,
            name,
            "-n",
            NS,
            "--subresource=status",
            "--type=merge",
            "-p",
            &patch,
        ]);
    }

    /// What Velero keeps of PostgreSQL's claim, made so long ago.
    fn copy(&self, name: &str, seconds: i64) {
        let uid = self.cluster.run(&["get", "pvc", CLAIM, "-n", NS, "-o", "jsonpath={.metadata.uid}"]);
        let marks = json!({"labels": {"velero.io/backup-name": name, "velero.io/pvc-uid": uid}});
        let done = ago(seconds);
        self.apply(
            "velero",
            &[
                object(
                    "velero.io/v1",
                    "Backup",
                    "velero",
                    name,
                    json!({
                "spec": {"includedNamespaces": [NS], "storageLocation": "default"},
                "status": {"phase": "Completed", "completionTimestamp": done, "expiration": ago(-50 * DAY)}}),
                ),
                object(
                    "velero.io/v1",
                    "PodVolumeBackup",
                    "velero",
                    &format!("{name}-postgres"),
                    json!({
                "metadata": marks, "spec": {"backupStorageLocation": "default"},
                "status": {"phase": "Completed", "completionTimestamp": done,
                           "progress": {"bytesDone": 21_474_836_480_u64}}}),
                ),
            ],
        );
    }

    /// Does what the scheduler and the kubelet would: every pod is put on the node, and runs.
    fn seat(&self) -> Outcome<()> {
        let pods = || self.pods("{.items[*].metadata.name}");
        let both = || ["postgres", "bot"].iter().all(|app| pods().iter().any(|pod| pod.starts_with(app)));
        if !within(Duration::from_secs(60), || both() && pods().len() == 2) {
            return Err(format!("there are other pods than expected: {:?}", pods()).into());
        }
        for pod in pods() {
            if !self.on_the_node().contains(&pod) {
                let file = self.home.path().join("binding.json");
                let target = json!({"target": {"apiVersion": "v1", "kind": "Node", "name": NODE}});
                fs::write(&file, object("v1", "Binding", NS, &pod, target).to_string())?;
                let path = format!("/api/v1/namespaces/{NS}/pods/{pod}/binding");
                self.cluster.run(&["create", "--raw", &path, "-f", &file.display().to_string()]);
            }
            self.state(
                "pod",
                &pod,
                &json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}),
            );
        }
        Ok(())
    }

    /// Something of every pod.
    fn pods(&self, shape: &str) -> Vec<String> {
        let said = self.cluster.run(&["get", "pods", "-n", NS, "-o", &format!("jsonpath={shape}")]);
        said.split_whitespace().map(str::to_owned).collect()
    }

    fn on_the_node(&self) -> Vec<String> {
        self.pods(&format!("{{.items[?(@.spec.nodeName==\"{NODE}\")].metadata.name}}"))
    }

    /// Which pod PostgreSQL runs in, by its uid; empty while there is none.
    fn database(&self) -> String {
        self.pods("{.items[?(@.metadata.name==\"postgres-0\")].metadata.uid}").concat()
    }

    fn is_cordoned(&self) -> bool {
        self.cluster.run(&["get", "node", NODE, "-o", "jsonpath={.spec.unschedulable}"]) == "true"
    }

    /// The real tool, with nothing in front of it.
    fn plainly(&self, line: &[&str]) -> Outcome<()> {
        let before = self.database();
        say(&format!("$ kubectl {}\n{}", line.join(" "), self.cluster.run(line).trim_end()))?;
        let moved = || self.database() != before;
        if within(Duration::from_secs(60), moved) { Ok(()) } else { Err("PostgreSQL runs as it did".into()) }
    }

    fn command(&self, line: &[&str]) -> Command {
        let at = self.home.path().display();
        let mut command = Command::new(self.home.path().join("shims/kubectl"));
        command.arg0("kubectl").args(line).env_clear().current_dir(self.home.path());
        command.env("PATH", format!("{at}/shims:{at}/real:/usr/bin:/bin")).env("HOME", self.home.path());
        command.env("TERM", std::env::var("TERM").unwrap_or_else(|_| "xterm-256color".into()));
        command.env("LANG", "C.UTF-8").env("KUBECONFIG", self.home.path().join("kube/pydis.yaml"));
        command.envs(telling::colours());
        command
    }

    fn terminal(&self, line: &[&str]) -> Outcome<Pty> {
        say(&format!("$ kubectl {}", line.join(" ")))?;
        Ok(Pty::spawn(self.command(line), 80))
    }

    /// Runs without any terminal, as a pipeline does; gives the exit code and what was said.
    fn pipeline(&self, confirm: Option<&str>, line: &[&str]) -> Outcome<(i32, String)> {
        let set = confirm.map(|phrase| format!("GUARD_CONFIRM={phrase} ")).unwrap_or_default();
        say(&format!("$ {set}kubectl {} </dev/null", line.join(" ")))?;
        let guarded = self.command(line);
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(guarded.get_program()).args(line).env_clear().current_dir(self.home.path());
        command.envs(guarded.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("CI", "true");
        command.envs(confirm.map(|phrase| ("GUARD_CONFIRM", phrase)));
        let output = command.stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        shown(&said)?;
        let code = output.status.code().unwrap_or(-1);
        say(&format!("$ echo $?\n{code}\n"))?;
        Ok((code, said))
    }
}
