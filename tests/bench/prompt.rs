//! How long a person waits for the question about `kubectl delete ns`, against the bare list requests that the answer
//! needs, over one connection. Printed, not asserted: `cargo bench --bench prompt`.
//!
//! With `GUARD_TEST_CLUSTER` the real API server is asked, else an embedded one.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test's own helpers")]

#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test support: the tests use the rest, and its failure is theirs"
)]
#[path = "../support"]
mod support {
    pub mod cluster;
    pub mod copies;
    pub mod embedded;
}

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use support::{cluster, copies, embedded};

const SIZES: [usize; 3] = [30, 1_000, 10_000];
const ROUNDS: usize = 7;

fn main() {
    // `cargo test --benches` and `cargo bench -- --list` pass flags of the test harness.
    if std::env::args().any(|a| a == "--list" || a == "--test") {
        return;
    }
    let home = tempfile::tempdir().expect("a scratch directory");
    let place = Place::find(home.path());
    println!("time to the question for `kubectl delete ns`, {}", place.name);
    println!(
        "{:>9} {:>12} {:>12} {:>7}   (median of the runs, ratio of the fastest)",
        "objects", "lists ms", "guard ms", "ratio"
    );
    for size in SIZES {
        let namespace = format!("bench-{size}");
        place.fill(&namespace, size);
        let mut lists: Vec<Duration> = (0..ROUNDS).map(|_| place.lists(&namespace)).collect();
        let mut whole: Vec<Duration> = (0..ROUNDS).map(|_| place.question(&namespace, home.path())).collect();
        lists.sort_unstable();
        whole.sort_unstable();
        let ms = |d: Duration| d.as_secs_f64() * 1e3;
        println!(
            "{size:>9} {:>12.1} {:>12.1} {:>7.2}",
            ms(lists[ROUNDS / 2]),
            ms(whole[ROUNDS / 2]),
            ms(whole[0]) / ms(lists[0])
        );
    }
    if let Some(embedded) = &place.embedded {
        every_source(embedded, &place, home.path());
    }
    if let Some(cluster) = &place.cluster {
        for size in SIZES {
            let _ = cluster.kubectl(&["delete", "ns", &format!("bench-{size}"), "--wait=false"]);
        }
    }
}

/// The same for 30 objects and three claims, and what the sources of copies add: their kinds alone, which every namespace is
/// searched for, and then a year of backups in them.
fn every_source(embedded: &embedded::Embedded, place: &Place, home: &Path) {
    let groups = ["velero.io", "postgresql.cnpg.io", "barmancloud.cnpg.io", "snapshot.storage.k8s.io"];
    let row = |what: &str| {
        let mut whole: Vec<Duration> = (0..ROUNDS).map(|_| place.question("copies", home)).collect();
        whole.sort_unstable();
        let asked = embedded.requests().len();
        let _ = place.question("copies", home);
        let requests = embedded.requests().len() - asked;
        println!("{what:>26} {:>8.1} ms {requests:>6} requests", whole[ROUNDS / 2].as_secs_f64() * 1e3);
    };
    println!("time to the question with three claims in 30 objects (median), and what sources of copies add");
    place.fill("copies", 30);
    for name in ["a", "b", "c"] {
        embedded.add(copies::claim("copies", name));
    }
    row("no source but CronJobs");
    copies::definitions(&groups).into_iter().for_each(|one| embedded.add(one));
    row("their kinds, empty");
    embedded.add(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "velero"}}));
    copies::velero("copies", "a", 3_600).into_iter().for_each(|one| embedded.add(one));
    for n in 0..365 {
        let mut old = copies::velero("copies", "b", 86_400 * (n + 1)).swap_remove(1);
        old["metadata"]["name"] = format!("nightly-old-{n}").into();
        embedded.add(old);
    }
    row("a year of nightly backups");
}

struct Place {
    name: &'static str,
    kubeconfig: PathBuf,
    embedded: Option<embedded::Embedded>,
    cluster: Option<&'static cluster::Cluster>,
    client: kube::Client,
    runtime: tokio::runtime::Runtime,
    kubectl: Option<PathBuf>,
}

impl Place {
    fn find(home: &Path) -> Place {
        let real = std::env::var_os("GUARD_TEST_CLUSTER").and_then(|_| cluster::Cluster::start());
        let (name, kubeconfig, embedded) = match real {
            Some(cluster) => ("the real API server", cluster.kubeconfig(cluster::ADMIN), None),
            None => {
                let server = embedded::Embedded::start(embedded::Seed::new());
                ("an embedded API server", server.kubeconfig(home.join("kubeconfig")), Some(server))
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let text = fs::read_to_string(&kubeconfig).expect("a kubeconfig");
        let client = runtime.block_on(async {
            let config: kube::config::Kubeconfig = serde_yaml::from_str(&text).expect("a kubeconfig");
            let config =
                kube::Config::from_custom_kubeconfig(config, &Default::default()).await.expect("a target");
            kube::Client::try_from(config).expect("a client")
        });
        let kubectl = cluster::real_kubectl();
        Place { name, kubeconfig, embedded, cluster: real, client, runtime, kubectl }
    }

    /// A namespace with this many objects, most of them config maps, some of other kinds.
    fn fill(&self, namespace: &str, size: usize) {
        let object = |kind: &str, name: String| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}});
        let objects = (0..size).map(|n| match n % 10 {
            0 => object("Secret", format!("s-{n}")),
            1 => {
                let mut service = object("Service", format!("svc-{n}"));
                service["spec"] = json!({"clusterIP": "None", "selector": {"app": "x"}});
                service
            }
            _ => object("ConfigMap", format!("cm-{n}")),
        });
        let ns = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        if let Some(embedded) = &self.embedded {
            embedded.add(ns);
            objects.for_each(|o| embedded.add(o));
            return;
        }
        self.runtime.block_on(async {
            self.post("/api/v1/namespaces", &ns).await;
            let all: Vec<Value> = objects.collect();
            for chunk in all.chunks(64) {
                let posts = chunk.iter().map(|o| {
                    let plural = format!("{}s", o["kind"].as_str().unwrap_or_default().to_lowercase());
                    async move { self.post(&format!("/api/v1/namespaces/{namespace}/{plural}"), o).await }
                });
                futures_util::future::join_all(posts).await;
            }
        });
    }

    async fn post(&self, path: &str, object: &Value) {
        let body = serde_json::to_vec(object).expect("an object");
        let request = http::Request::post(path)
            .header("content-type", "application/json")
            .body(body)
            .expect("a request");
        let _: Value = self.client.request(request).await.unwrap_or_else(|e| panic!("{path}: {e}"));
    }

    async fn get(&self, path: &str) -> Value {
        let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
        let request = http::Request::get(path).header("accept", accept).body(Vec::new()).expect("a request");
        self.client.request(request).await.unwrap_or(Value::Null)
    }

    /// Every list that the answer needs, one after the other over one connection.
    fn lists(&self, namespace: &str) -> Duration {
        self.runtime.block_on(async {
            let started = Instant::now();
            let mut bases = vec!["/api/v1".to_owned()];
            let groups = self.get("/apis").await;
            for group in groups["groups"].as_array().into_iter().flatten() {
                let version = group["preferredVersion"]["groupVersion"].as_str().unwrap_or_default();
                bases.push(format!("/apis/{version}"));
            }
            for base in bases {
                let kinds = self.get(&base).await;
                for kind in kinds["resources"].as_array().into_iter().flatten() {
                    let name = kind["name"].as_str().unwrap_or_default();
                    let verbs = kind["verbs"].to_string();
                    let listed = kind["namespaced"] == json!(true)
                        && verbs.contains("\"list\"")
                        && verbs.contains("\"delete\"");
                    if !listed || name.contains('/') {
                        continue;
                    }
                    let mut rest = String::new();
                    loop {
                        let page =
                            self.get(&format!("{base}/namespaces/{namespace}/{name}?limit=500{rest}")).await;
                        match page["metadata"]["continue"].as_str().filter(|c| !c.is_empty()) {
                            Some(more) => rest = format!("&continue={more}"),
                            None => break,
                        }
                    }
                }
            }
            started.elapsed()
        })
    }

    /// The whole of guard up to the question.
    fn question(&self, namespace: &str, home: &Path) -> Duration {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guard"));
        command.args(["check", "--json", "--", "kubectl", "delete", "ns", namespace]).env_clear();
        command.env("KUBECONFIG", &self.kubeconfig).env("HOME", home);
        let real = self.kubectl.as_deref().and_then(Path::parent).map(|d| d.display().to_string());
        command.env("PATH", format!("{}:/usr/bin:/bin", real.unwrap_or_default()));
        let started = Instant::now();
        let output = command.output().expect("guard runs");
        let elapsed = started.elapsed();
        assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
        elapsed
    }
}
