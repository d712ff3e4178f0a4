//! A real API server for tests: etcd, kube-apiserver and kube-controller-manager on free loopback ports, and the real
//! kubectl. The binaries come from `tests/cluster/build` and `tests/fetch-kubectl`.
//!
//! A test binary starts one cluster and its tests take a namespace each. `GUARD_TEST_CLUSTER=DIR` names a cluster that
//! is already running (`cargo run --example cluster -- DIR`), so that a whole test run needs only one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// May do everything.
pub const ADMIN: &str = "admin";
/// Known to the server, with no rights beyond discovery.
pub const NOBODY: &str = "nobody";
/// May do everything in the namespace `team` and nothing outside it.
pub const LIMITED: &str = "limited";
/// The namespace of [`LIMITED`].
pub const TEAM: &str = "team";

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    /// Certificates, kubeconfigs, logs.
    dir: PathBuf,
    kubectl: PathBuf,
}

/// The cache of fetched and built tools, outside the checkout.
pub fn cache() -> PathBuf {
    let from = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    from("GUARD_TEST_CACHE").unwrap_or_else(|| {
        let base = from("XDG_CACHE_HOME").or_else(|| from("HOME").map(|h| h.join(".cache")));
        base.unwrap_or_else(std::env::temp_dir).join("guard-tests")
    })
}

/// The real kubectl: the newest in the cache, or `GUARD_TEST_KUBECTL`.
pub fn real_kubectl() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("GUARD_TEST_KUBECTL") {
        return Some(PathBuf::from(path));
    }
    let newest = cache().join("kubectl/1.37/kubectl");
    newest.is_file().then_some(newest)
}

/// Says on the terminal, past the test harness, that something was not tested. In CI that is a failure.
pub fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "not tested, which CI does not accept: {why}");
    let _ = writeln!(io::stderr(), "SKIPPED: {why}");
}

impl Cluster {
    /// The cluster of this test process, started on the first call. `None`: it cannot be had here, which has been
    /// said on the terminal; the caller returns.
    pub fn start() -> Option<&'static Cluster> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED
            .get_or_init(|| {
                let kubectl = real_kubectl().or_else(|| {
                    skip("no real kubectl: run tests/fetch-kubectl");
                    None
                })?;
                if let Some(dir) = std::env::var_os("GUARD_TEST_CLUSTER") {
                    return Some(Cluster { dir: dir.into(), kubectl });
                }
                let Some(bin) = binaries() else {
                    skip("no real API server: run tests/cluster/build (needs a Go toolchain)");
                    return None;
                };
                Some(launch(&bin, kubectl))
            })
            .as_ref()
    }

    /// Starts a cluster that keeps its files in `dir`, for `examples/cluster.rs`.
    pub fn serve(dir: &Path) -> Option<Cluster> {
        let (bin, kubectl) = (binaries()?, real_kubectl()?);
        try_launch(&bin, kubectl, dir).map_err(|why| skip(&why)).ok()
    }

    /// The server's URL.
    pub fn url(&self) -> String {
        fs::read_to_string(self.dir.join("url")).unwrap().trim().to_owned()
    }

    /// The certificate of the cluster's authority.
    pub fn ca(&self) -> PathBuf {
        self.dir.join("ca.crt")
    }

    /// The kubeconfig of [`ADMIN`], [`NOBODY`] or [`LIMITED`]; its one context has the user's name.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.dir.join(format!("{user}.kubeconfig"))
    }

    /// The real kubectl.
    pub fn kubectl_path(&self) -> &Path {
        &self.kubectl
    }

    /// The real kubectl as admin, with nothing of the caller's environment.
    pub fn kubectl(&self, args: &[&str]) -> Output {
        self.kubectl_as(ADMIN, args)
    }

    /// The real kubectl as somebody.
    pub fn kubectl_as(&self, user: &str, args: &[&str]) -> Output {
        self.command(user).args(args).output().expect("run kubectl")
    }

    fn command(&self, user: &str) -> Command {
        let mut command = Command::new(&self.kubectl);
        command
            .env_clear()
            .env("HOME", &self.dir)
            .env("PATH", "/usr/bin:/bin")
            .env("KUBERC", "off")
            .env("KUBECONFIG", self.kubeconfig(user))
            .stdin(Stdio::null());
        command
    }

    /// The real kubectl as admin; it has to succeed. Returns what it printed.
    pub fn run(&self, args: &[&str]) -> String {
        let out = self.kubectl(args);
        assert!(out.status.success(), "kubectl {args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// Creates objects from YAML.
    pub fn apply(&self, yaml: &str) {
        self.apply_in("default", yaml);
    }

    /// Creates objects from YAML; those that name no namespace go into `namespace`.
    pub fn apply_in(&self, namespace: &str, yaml: &str) {
        let mut child = self
            .command(ADMIN)
            .args(["apply", "-n", namespace, "-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("run kubectl apply");
        child.stdin.take().unwrap().write_all(yaml.as_bytes()).expect("write to kubectl");
        let out = child.wait_with_output().expect("kubectl apply ends");
        assert!(out.status.success(), "apply: {}\n{yaml}", String::from_utf8_lossy(&out.stderr));
    }

    /// Whether `kubectl get ARGS` finds something. Any other failure than "not found" is the test's failure.
    pub fn exists(&self, args: &[&str]) -> bool {
        let out = self.kubectl(&[&["get"], args].concat());
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success() || said.contains("NotFound"), "kubectl get {args:?}: {said}");
        out.status.success()
    }

    /// Exists and is not on its way out.
    pub fn stays(&self, args: &[&str]) -> bool {
        let shape = "jsonpath={.metadata.name} {.metadata.deletionTimestamp}";
        let said = self.run(&[&["get", "--ignore-not-found"], args, &["-o", shape]].concat());
        // Nothing at all, or a name with a time of deletion behind it, is a no.
        said.trim_end().split(' ').count() == 1 && !said.trim().is_empty()
    }

    /// Waits until `kubectl get ARGS` finds nothing any more.
    pub fn gone_within(&self, seconds: u64, args: &[&str]) -> bool {
        within(Duration::from_secs(seconds), || !self.exists(args))
    }

    /// A new namespace for one test, with its service account already there.
    pub fn namespace(&self, prefix: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{prefix}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        self.run(&["create", "namespace", &name]);
        let ready =
            within(Duration::from_secs(20), || self.exists(&["serviceaccount", "default", "-n", &name]));
        assert!(ready, "the controllers did not furnish namespace {name}");
        name
    }
}

/// Asks until the answer is yes or the time is up.
pub fn within(limit: Duration, mut ask: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + limit;
    loop {
        if ask() {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The directory with the three server binaries.
fn binaries() -> Option<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/build");
    let out = Command::new(script).arg("--dir").stderr(Stdio::null()).output().ok()?;
    out.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&out.stdout).trim()))
}

/// The child processes of this process, and the directory to take away: ended by `atexit`, because a static is
/// never dropped. A test process that is killed takes them along through `PR_SET_PDEATHSIG`.
static RUNNING: Mutex<(Vec<Child>, Option<PathBuf>)> = Mutex::new((Vec::new(), None));

extern "C" fn end_all() {
    let Ok(mut running) = RUNNING.lock() else { return };
    for child in &mut running.0 {
        let _ = child.kill();
        let _ = child.wait();
    }
    if let Some(dir) = running.1.take() {
        let _ = fs::remove_dir_all(dir);
    }
}

/// Starts a cluster in a directory of its own that goes when the process ends.
fn launch(bin: &Path, kubectl: PathBuf) -> Cluster {
    sweep();
    let dir = std::env::temp_dir().join(format!("guard-cluster-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a directory for the cluster");
    RUNNING.lock().unwrap().1 = Some(dir.clone());
    // SAFETY: `end_all` takes nothing and touches only a static and the file system.
    unsafe { libc::atexit(end_all) };
    try_launch(bin, kubectl, &dir).unwrap_or_else(|why| panic!("the test cluster does not start: {why}"))
}

/// Takes away what test processes left behind that were killed.
fn sweep() {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix("guard-cluster-").and_then(|p| p.parse::<u32>().ok());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free loopback port").port()
}

/// Spawns a server whose life is bound to this process. The kernel counts the *thread* that spawned it, and the
/// harness ends a thread with every test, so a thread that never ends does it.
fn spawn(mut command: Command) -> io::Result<()> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // SAFETY: prctl is async-signal-safe and takes no pointers here.
        #[cfg(target_os = "linux")]
        unsafe {
            command.pre_exec(|| {
                if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) == -1 {
                    return Err(io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let child = command.spawn().map(|child| RUNNING.lock().unwrap().0.push(child));
        let started = child.is_ok();
        let _ = sender.send(child);
        if started {
            loop {
                std::thread::park();
            }
        }
    });
    receiver.recv().map_err(io::Error::other)?
}

fn certificates(dir: &Path) -> Result<(), rcgen::Error> {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
        KeyUsagePurpose,
    };
    let write = |name: &str, text: &str| fs::write(dir.join(name), text).expect("write a certificate");
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::<String>::new())?;
    ca.distinguished_name.push(DnType::CommonName, "guard-tests");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    write("ca.crt", &ca.self_signed(&ca_key)?.pem());
    let issuer = Issuer::new(ca, ca_key);

    let names = ["127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
    let mut server = CertificateParams::new(names.map(String::from).to_vec())?;
    server.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    write("server.crt", &server.signed_by(&key, &issuer)?.pem());
    write("server.key", &key.serialize_pem());
    // Service account tokens may be signed with an elliptic curve key as well.
    let accounts = KeyPair::generate()?;
    write("accounts.key", &accounts.serialize_pem());
    write("accounts.pub", &accounts.public_key_pem());
    Ok(())
}

fn write_kubeconfigs(dir: &Path, url: &str) -> io::Result<()> {
    let mut tokens = String::new();
    for user in [ADMIN, NOBODY, LIMITED] {
        let groups = if user == ADMIN { ",\"system:masters\"" } else { "" };
        tokens.push_str(&format!("{user}-token,{user},{user}-uid{groups}\n"));
        let namespace = if user == LIMITED { format!("    namespace: {TEAM}\n") } else { String::new() };
        let ca = dir.join("ca.crt");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {user}\nclusters:\n- name: real\n  cluster:\n    server: {url}\n    \
             certificate-authority: {}\ncontexts:\n- name: {user}\n  context:\n    cluster: real\n    user: {user}\n{namespace}\
             users:\n- name: {user}\n  user:\n    token: {user}-token\n",
            ca.display()
        );
        fs::write(dir.join(format!("{user}.kubeconfig")), text)?;
    }
    fs::write(dir.join("tokens.csv"), tokens)?;
    fs::write(dir.join("url"), url)
}

fn try_launch(bin: &Path, kubectl: PathBuf, dir: &Path) -> Result<Cluster, String> {
    let text = |e: io::Error| e.to_string();
    certificates(dir).map_err(|e| e.to_string())?;
    let (client, peer, secure) = (free_port(), free_port(), free_port());
    let url = format!("https://127.0.0.1:{secure}");
    write_kubeconfigs(dir, &url).map_err(text)?;

    let command = |name: &str, flags: &[String]| -> io::Result<Command> {
        let log = File::create(dir.join(format!("{name}.log")))?;
        let mut command = Command::new(bin.join(name));
        command.args(flags).current_dir(dir).env_clear().env("HOME", dir).env("PATH", "/usr/bin:/bin");
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Ok(command)
    };
    let at = |name: &str| dir.join(name).display().to_string();
    let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));

    let etcd = [
        "--name=one".into(),
        format!("--data-dir={}", at("etcd")),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=one={peer}"),
        "--unsafe-no-fsync".into(),
        "--log-level=warn".into(),
    ];
    let apiserver = [
        format!("--etcd-servers={client}"),
        "--bind-address=127.0.0.1".into(),
        format!("--secure-port={secure}"),
        format!("--tls-cert-file={}", at("server.crt")),
        format!("--tls-private-key-file={}", at("server.key")),
        format!("--client-ca-file={}", at("ca.crt")),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        format!("--service-account-key-file={}", at("accounts.pub")),
        format!("--service-account-signing-key-file={}", at("accounts.key")),
        "--service-cluster-ip-range=10.96.0.0/24".into(),
        "--authorization-mode=RBAC".into(),
        format!("--token-auth-file={}", at("tokens.csv")),
        "--allow-privileged=true".into(),
        "--enable-aggregator-routing=false".into(),
        // 127.0.0.1 is not a legal endpoint address.
        "--endpoint-reconciler-type=none".into(),
        "--profiling=false".into(),
    ];
    let controllers = [
        format!("--kubeconfig={}", at("admin.kubeconfig")),
        "--bind-address=127.0.0.1".into(),
        "--secure-port=0".into(),
        "--leader-elect=false".into(),
        "--controllers=*".into(),
        format!("--service-account-private-key-file={}", at("accounts.key")),
        format!("--root-ca-file={}", at("ca.crt")),
        "--use-service-account-credentials=false".into(),
        // The namespace, claim and volume controllers answer sooner in tests.
        "--concurrent-namespace-syncs=10".into(),
        "--pvclaimbinder-sync-period=2s".into(),
    ];
    command("etcd", &etcd).and_then(spawn).map_err(text)?;
    command("kube-apiserver", &apiserver).and_then(spawn).map_err(text)?;

    let cluster = Cluster { dir: dir.to_owned(), kubectl };
    let answers = |args: &[&str]| cluster.kubectl(args).status.success();
    if !within(Duration::from_secs(120), || answers(&["get", "--raw", "/readyz"])) {
        return Err(logs(dir));
    }
    command("kube-controller-manager", &controllers).and_then(spawn).map_err(text)?;
    if !within(Duration::from_secs(120), || answers(&["get", "serviceaccount", "default", "-n", "default"])) {
        return Err(logs(dir));
    }
    cluster.run(&["create", "namespace", TEAM]);
    let user = format!("--user={LIMITED}");
    cluster.run(&["create", "rolebinding", LIMITED, "-n", TEAM, "--clusterrole=admin", &user]);
    fs::write(dir.join("ready"), "").map_err(text)?;
    Ok(cluster)
}

/// The last lines of every log, for the message of a failed start.
fn logs(dir: &Path) -> String {
    let mut out = String::from("not ready in time");
    for name in ["etcd", "kube-apiserver", "kube-controller-manager"] {
        let text = fs::read_to_string(dir.join(format!("{name}.log"))).unwrap_or_default();
        let tail: Vec<&str> = text.lines().rev().take(12).collect();
        out.push_str(&format!("\n--- {name}.log\n"));
        out.extend(tail.into_iter().rev().map(|line| format!("{line}\n")));
    }
    out
}
