//! An API server inside the test process: plain HTTP on a free loopback port, objects in memory, no controllers but
//! the few effects a delete has. Real kubectl works against it, except where it insists on protobuf (`create
//! configmap NAME` and its like; `create -f` and `apply` send JSON). `tests/real/contract.rs` holds it to a real API
//! server.
//!
//! One copy for the story of `guard demo`, which ships it, and for the tests, which have their own ways to fill it in
//! `tests/support/embedded.rs`.

pub mod api;
pub mod discovery;
pub mod http;
pub mod kinds;
pub mod patch;
pub mod select;
pub mod status;
pub mod store;

use serde_json::Value;
use std::collections::HashMap;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use store::Store;

/// What a user may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Everything, as `system:masters`.
    All,
    /// Discovery only.
    Nothing,
    /// Everything within one namespace.
    Namespace(String),
}

/// Somebody the server knows. Each user has a port of their own: kubectl sends no token over plain HTTP.
#[derive(Clone, Debug)]
pub struct User {
    /// As in the server's messages.
    pub name: String,
    /// What they may do.
    pub rights: Rights,
}

/// How the server behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `gitVersion`.
    pub version: String,
    /// Verb (`*` for all) and resource (`secrets`, `deployments.apps`) nobody is allowed.
    pub forbidden: Vec<(String, String)>,
    /// Aggregated APIs (group, version) whose server does not answer.
    pub stale: Vec<(String, String)>,
    /// Only the old discovery documents.
    pub legacy_discovery: bool,
    /// Plural name of a resource → how long every request about it waits.
    pub delays: HashMap<String, Duration>,
}

/// What an embedded server starts with.
#[derive(Clone, Debug)]
pub struct Seed {
    settings: Settings,
    objects: Vec<Value>,
    uid: Option<String>,
}

impl Default for Seed {
    fn default() -> Seed {
        Seed::new()
    }
}

impl Seed {
    /// A cluster with the four namespaces every cluster has.
    pub fn new() -> Seed {
        Seed {
            settings: Settings {
                version: "v1.36.3".into(),
                forbidden: Vec::new(),
                stale: Vec::new(),
                legacy_discovery: false,
                delays: HashMap::new(),
            },
            objects: Vec::new(),
            uid: None,
        }
    }

    /// Adds one object.
    #[must_use]
    pub fn object(mut self, value: Value) -> Seed {
        self.objects.push(value);
        self
    }

    /// The uid of the kube-system namespace, which is the cluster's identity.
    #[must_use]
    pub fn cluster_uid(mut self, uid: &str) -> Seed {
        self.uid = Some(uid.to_owned());
        self
    }

    /// `gitVersion` of the server.
    #[must_use]
    pub fn version(mut self, version: &str) -> Seed {
        self.settings.version = version.to_owned();
        self
    }

    /// Nobody may do `verb` (`*`: anything) with a resource.
    #[must_use]
    pub fn forbid(mut self, verb: &str, resource: &str) -> Seed {
        self.settings.forbidden.push((verb.to_owned(), resource.to_owned()));
        self
    }

    /// Requests about a resource (plural name) wait that long; [`Seed::hang`] waits for good.
    #[must_use]
    pub fn slow(mut self, plural: &str, by: Duration) -> Seed {
        self.settings.delays.insert(plural.to_owned(), by);
        self
    }

    /// Requests about a resource get no answer until the server stops.
    #[must_use]
    pub fn hang(self, plural: &str) -> Seed {
        self.slow(plural, Duration::from_secs(86_400))
    }

    /// An aggregated API whose server is gone: stale in discovery, 503 when asked.
    #[must_use]
    pub fn stale(mut self, group: &str, version: &str) -> Seed {
        self.settings.stale.push((group.to_owned(), version.to_owned()));
        let name = format!("{version}.{group}");
        self.object(serde_json::json!({
            "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": name},
            "spec": {"group": group, "version": version, "service": {"namespace": "kube-system", "name": "gone"}},
            "status": {"conditions": [{"type": "Available", "status": "False", "reason": "ServiceNotFound"}]},
        }))
    }

    /// Answers discovery as servers before aggregated discovery did.
    #[must_use]
    pub fn legacy_discovery(mut self) -> Seed {
        self.settings.legacy_discovery = true;
        self
    }
}

/// One request the server got.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Who asked.
    pub user: String,
    /// Method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// `Accept`.
    pub accept: String,
    /// `User-Agent`.
    pub agent: String,
    /// Body as text.
    pub body: String,
    /// When.
    pub at: Instant,
}

impl Seen {
    fn of(user: &User, request: &api::Request) -> Seen {
        Seen {
            user: user.name.clone(),
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            accept: request.accept.clone(),
            agent: request.agent.clone(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            at: Instant::now(),
        }
    }

    /// Something may have changed because of it.
    pub fn mutates(&self) -> bool {
        // kubectl puts the dry run of a deletion into its options.
        let dry = self.query.iter().any(|(k, _)| k == "dryRun")
            || self.method == "DELETE" && self.body.contains("\"dryRun\":[\"All\"]");
        self.method != "GET" && !self.path.ends_with("reviews") && !dry
    }
}

/// What the threads of one server share.
pub struct Shared {
    settings: Settings,
    store: Mutex<Store>,
    changed: Condvar,
    stopped: AtomicBool,
    seen: Mutex<Vec<Seen>>,
    connections: Mutex<Vec<TcpStream>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    fn note(&self, seen: Seen) {
        lock(&self.seen).push(seen);
    }

    /// Waits as the settings say; false when the server stopped meanwhile.
    fn hold(&self, path: &str) -> bool {
        let delay = api::Place::of(path).and_then(|p| self.settings.delays.get(&p.plural).copied());
        let until = delay.map(|d| Instant::now() + d);
        while let Some(left) = until.and_then(|u| u.checked_duration_since(Instant::now())) {
            if self.stopped.load(Ordering::SeqCst) {
                return false;
            }
            thread::sleep(left.min(Duration::from_millis(20)));
        }
        true
    }

    /// The store again, once something newer than `rv` is in it or a little time has passed.
    fn wait_for_change(&self, rv: u64) -> MutexGuard<'_, Store> {
        let held = self.store();
        if held.rv() > rv {
            return held;
        }
        match self.changed.wait_timeout(held, Duration::from_millis(200)) {
            Ok((held, _)) => held,
            Err(poisoned) => poisoned.into_inner().0,
        }
    }
}

/// A running server; it stops when dropped.
pub struct Embedded {
    shared: Arc<Shared>,
    /// `http://127.0.0.1:PORT`, with all rights.
    pub url: String,
    ports: Mutex<Vec<u16>>,
}

impl Embedded {
    /// Starts a server; it answers when this returns. `Err` says what of the seed, or of this machine, does not do.
    pub fn serve(seed: Seed) -> Result<Embedded, String> {
        let mut store = Store::new();
        if let Some(uid) = &seed.uid {
            let meta = serde_json::json!({"name": "kube-system", "uid": uid});
            let system = serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": meta});
            store.try_seed(system)?;
        }
        for object in seed.objects {
            let name = format!("{} {}", object["kind"], object["metadata"]["name"]);
            store.try_seed(object).map_err(|why| format!("seed {name}: {why}"))?;
        }
        let shared = Arc::new(Shared {
            settings: seed.settings,
            store: Mutex::new(store),
            changed: Condvar::new(),
            stopped: AtomicBool::new(false),
            seen: Mutex::new(Vec::new()),
            connections: Mutex::new(Vec::new()),
        });
        let mut server = Embedded { shared, url: String::new(), ports: Mutex::new(Vec::new()) };
        server.url = server.open("admin", Rights::All).map_err(|e| format!("no port on 127.0.0.1: {e}"))?;
        Ok(server)
    }

    /// Opens a port for one more user and returns its URL.
    pub fn open(&self, name: &str, rights: Rights) -> io::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let (shared, user) = (Arc::clone(&self.shared), User { name: name.to_owned(), rights });
        thread::Builder::new().spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.stopped.load(Ordering::SeqCst) {
                    break;
                }
                if let Ok(twin) = stream.try_clone() {
                    lock(&shared.connections).push(twin);
                }
                let (shared, user) = (Arc::clone(&shared), user.clone());
                // A client that finds no thread free is hung up on.
                let _ = thread::Builder::new().spawn(move || {
                    let twin = stream.try_clone();
                    // A client that hangs up in the middle is no failure of the server.
                    let _ = http::serve(&shared, &user, stream);
                    if let Ok(twin) = twin {
                        let _ = twin.shutdown(std::net::Shutdown::Both);
                    }
                });
            }
        })?;
        lock(&self.ports).push(port);
        Ok(format!("http://127.0.0.1:{port}"))
    }

    /// The text of a kubeconfig for a URL of this server.
    pub fn kubeconfig_for(url: &str, context: &str, namespace: Option<&str>) -> String {
        let namespace = namespace.map(|ns| format!("    namespace: {ns}\n")).unwrap_or_default();
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {context}\nclusters:\n- name: {context}\n  cluster:\n    server: {url}\n\
             contexts:\n- name: {context}\n  context:\n    cluster: {context}\n    user: {context}\n{namespace}users:\n- name: {context}\n  user: {{}}\n"
        )
    }

    /// The requests so far, in order.
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        lock(&self.shared.seen).clear();
    }

    /// An object by its path, for example `/api/v1/namespaces/default`, without a request.
    pub fn object(&self, path: &str) -> Option<Value> {
        let place = api::Place::of(path)?;
        let store = self.shared.store();
        let kind = store.kind(&place.group, &place.version, &place.plural)?;
        let object = store.get(&kind, place.namespace.as_deref().unwrap_or(""), &place.name?)?;
        Some(object.value.clone())
    }

    /// Whether an object is there.
    pub fn exists(&self, path: &str) -> bool {
        self.object(path).is_some()
    }

    /// Puts one more object in place, as a seed would.
    pub fn put(&self, value: Value) -> Result<(), String> {
        self.shared.store().try_seed(value)?;
        self.shared.changed.notify_all();
        Ok(())
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.shared.changed.notify_all();
        for stream in lock(&self.shared.connections).drain(..) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
        for port in lock(&self.ports).drain(..) {
            // Wakes the accepting thread, which then ends and closes its port.
            let _ = TcpStream::connect(("127.0.0.1", port));
        }
    }
}
