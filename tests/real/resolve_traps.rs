//! Every known trap on the way to kubectl's target, each with the real kubectl as the judge.

use crate::support::kubectls::kubectl;
use crate::support::recorder::Recorder;
use guard::engine::fact::Source;
use guard::engine::grammar::cobra::parse;
use guard::engine::kube::kubectl::TABLE;
use guard::engine::kube::kuberc::expand;
use guard::engine::server::server_parts;
use guard::family::kube::resolve::kubeconfig::kube;
use guard::family::kube::resolve::{ResolvedKube, kuberc};
use guard::world::World;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

static MARKS: AtomicUsize = AtomicUsize::new(0);

/// A directory with files, and variables; `$A`, `$B` and `$P` in texts are the servers, `$D` is the directory.
struct Place {
    bin: PathBuf,
    recorder: Recorder,
    dir: tempfile::TempDir,
    vars: Vec<(String, String)>,
    /// A directory with what a pod finds at its service account mount.
    pod: Option<PathBuf>,
}

/// Where a command went: which server (`A`, `B`, `P`), which namespace, and as whom.
type Went = (char, String, String);

impl Place {
    fn new(files: &[(&str, &str)], vars: &[(&str, &str)]) -> Option<Place> {
        let bin = kubectl("1.37")?;
        let mut place = Place {
            bin,
            recorder: Recorder::start(2),
            dir: tempfile::tempdir().unwrap(),
            vars: vec![],
            pod: None,
        };
        std::fs::create_dir(place.dir.path().join("home")).unwrap();
        for (path, text) in files {
            let path = place.dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, place.fill(text)).unwrap();
        }
        place.vars.push(("HOME".into(), place.fill("$D/home")));
        for (name, value) in vars {
            let value = place.fill(value);
            place.vars.push(((*name).to_owned(), value));
        }
        Some(place)
    }

    fn fill(&self, text: &str) -> String {
        text.replace("$A", &format!("https://127.0.0.1:{}", self.recorder.tls[0]))
            .replace("$B", &format!("https://127.0.0.1:{}", self.recorder.tls[1]))
            .replace("$P", &format!("http://127.0.0.1:{}", self.recorder.plain))
            .replace("$D", self.dir.path().to_str().unwrap())
    }

    fn letter(&self, port: u16) -> char {
        match port {
            p if p == self.recorder.tls[0] => 'A',
            p if p == self.recorder.tls[1] => 'B',
            p if p == self.recorder.plain => 'P',
            _ => '?',
        }
    }

    fn command(&self, words: &[String]) -> Command {
        let mut command = match &self.pod {
            None => Command::new(&self.bin),
            Some(pod) => {
                let mut command = Command::new("/usr/bin/unshare");
                let script = "/bin/mount -t tmpfs none /run && /bin/mkdir -p /run/secrets/kubernetes.io && \
                              /bin/cp -r \"$1\" /run/secrets/kubernetes.io/serviceaccount && shift && exec \"$@\"";
                command.args(["-m", "/bin/sh", "-c", script, "sh"]).arg(pod).arg(&self.bin);
                command
            }
        };
        command.args(words).env_clear().envs(self.vars.iter().map(|(k, v)| (k, v)));
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    fn world(&self) -> World {
        let vars: Vec<(&str, &str)> = self.vars.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let world = World::of(&vars, self.dir.path());
        match &self.pod {
            Some(_) => world.with_root(self.dir.path().join("root")),
            None => world,
        }
    }

    fn resolve(&self, words: &[String]) -> guard::fail::Result<ResolvedKube> {
        let world = self.world();
        let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
        match kuberc::load(&world, &words)? {
            None => kube(&world, &parse(&TABLE, &words)),
            Some(loaded) => {
                let expanded = expand(&TABLE, &loaded.kuberc, &words);
                let words: Vec<&[u8]> = expanded.words.iter().map(AsRef::as_ref).collect();
                kube(&world, &parse(&TABLE, &words))
            }
        }
    }

    /// Runs kubectl and the resolver; both have to name the same place. `None` when kubectl refuses.
    fn asks(&self, flags: &[&str]) -> (Option<Went>, guard::fail::Result<ResolvedKube>) {
        let mark = format!("m{}", MARKS.fetch_add(1, Ordering::Relaxed));
        let mut words: Vec<String> = ["create", "token", &mark].map(str::to_owned).to_vec();
        words.extend(flags.iter().map(|f| self.fill(f)));
        let output = self.command(&words).output().unwrap();
        let resolved = self.resolve(&words);
        let Some(request) = self.recorder.take(&mark) else {
            assert!(!output.status.success());
            return (None, resolved);
        };
        let namespace = request.path.split('/').nth(4).unwrap().to_owned();
        let went = (self.letter(request.port), namespace, request.authorization.unwrap_or_default());
        let target = &resolved
            .as_ref()
            .unwrap_or_else(|f| panic!("kubectl went to {went:?}; the resolver: {f}"))
            .target;
        let port: u16 = server_parts(&target.server.value).port.parse().unwrap();
        assert_eq!((self.letter(port), &target.namespace.value), (went.0, &went.1), "{flags:?}");
        (Some(went), resolved)
    }

    fn goes(&self, flags: &[&str]) -> (char, String) {
        let (went, _) = self.asks(flags);
        let (server, namespace, _) = went.expect("kubectl reaches a server");
        (server, namespace)
    }

    fn both_refuse(&self, flags: &[&str]) {
        let (went, resolved) = self.asks(flags);
        assert_eq!(went, None, "kubectl refuses");
        assert!(resolved.is_err(), "the resolver refuses: {resolved:?}");
    }
}

fn to(server: char, namespace: &str) -> (char, String) {
    (server, namespace.to_owned())
}

const TWO: &str = "clusters:
- {name: a, cluster: {server: $A, insecure-skip-tls-verify: true}}
- {name: b, cluster: {server: $B, insecure-skip-tls-verify: true}}
users:
- {name: ua, user: {token: ta}}
- {name: ub, user: {token: tb}}
contexts:
- {name: a, context: {cluster: a, user: ua, namespace: na}}
- {name: b, context: {cluster: b, user: ub}}
current-context: a
";

macro_rules! place {
    ($files:expr, $vars:expr) => {
        match Place::new($files, $vars) {
            Some(place) => place,
            None => return,
        }
    };
}

#[test]
fn overrides_in_every_order_and_spelling() {
    let p = place!(&[("k", TWO)], &[("KUBECONFIG", "k")]);
    for (flags, want) in [
        (&[][..], to('A', "na")),
        (&["--context", "b"], to('B', "default")),
        (&["--context=b", "-nx"], to('B', "x")),
        (&["-n", "x", "-n=y"], to('A', "y")),
        (&["--namespace", ""], to('A', "na")),
        (&["-n", "x", "-n", ""], to('A', "na")),
        (&["--context", ""], to('A', "na")),
        (&["--cluster", "b"], to('B', "na")),
        (&["--user=ub"], to('A', "na")),
        (&["-s", "$B"], to('B', "na")),
        (&["--server=$P", "--context=b"], to('P', "default")),
        (&["--insecure_skip_tls_verify"], to('A', "na")),
    ] {
        assert_eq!(p.goes(flags), want, "{flags:?}");
    }
    for flags in [&["--context", "absent"][..], &["--cluster=absent"], &["--user=absent"]] {
        p.both_refuse(flags);
    }
}

#[test]
fn config_view_lies_where_the_resolver_does_not() {
    let p = place!(&[("k", TWO)], &[("KUBECONFIG", "k")]);
    let flags = ["--cluster=b", "-n", "x"];
    let words: Vec<String> =
        ["config", "view", "--minify"].iter().chain(&flags).map(|w| (*w).to_owned()).collect();
    let said = String::from_utf8(p.command(&words).output().unwrap().stdout).unwrap();
    assert!(said.contains(&p.fill("$A")) && said.contains("namespace: na"), "it lies: {said}");
    assert_eq!(p.goes(&flags), to('B', "x"));
}

#[test]
fn of_several_files_the_first_wins_entry_by_entry() {
    let second = "clusters: [{name: a, cluster: {server: $B, insecure-skip-tls-verify: true}}]
contexts: [{name: c, context: {cluster: a, user: ua, namespace: nc}}]
current-context: c\n";
    let vars = [("KUBECONFIG", "absent::k:$D/k:sub/two")];
    let p = place!(&[("k", TWO), ("sub/two", second)], &vars);
    assert_eq!(p.goes(&[]), to('A', "na"));
    assert_eq!(p.goes(&["--context=c"]), to('A', "nc"), "a context of one file uses clusters of another");
    let turned = place!(&[("k", TWO), ("sub/two", second)], &[("KUBECONFIG", "sub/two:k")]);
    assert_eq!(turned.goes(&[]), to('B', "nc"));
    let (_, resolved) = turned.asks(&[]);
    let target = resolved.unwrap().target;
    assert!(target.cluster_name_is_ambiguous, "two files give `a` different servers");
    assert_eq!(target.chosen_by, Source::Env("KUBECONFIG".into()));
    assert_eq!(target.context.unwrap().from, Source::File { path: "sub/two".into(), line: Some(3) });
    assert_eq!(target.server.from, Source::File { path: "sub/two".into(), line: Some(1) });
}

#[test]
fn one_bad_file_of_several_spoils_the_command() {
    for bad in ["a: [", "- x", "kind: Secret\napiVersion: v1\n", "contexts: [{name: x}, {name: x}]"] {
        let p = place!(&[("k", TWO), ("bad", bad)], &[("KUBECONFIG", "k:bad")]);
        p.both_refuse(&[]);
    }
    let p = place!(&[("k", TWO), ("dir/x", "")], &[("KUBECONFIG", "k:dir")]);
    p.both_refuse(&[]);
    let p = place!(&[("k", TWO)], &[("KUBECONFIG", "k:k/below-a-file")]);
    p.both_refuse(&[]);
}

#[test]
fn yaml_1_1_words_are_no_names() {
    for word in ["no", "y", "on", "Off", "1", "0x10", "1.5", "017", "1_000", ".5"] {
        let text = format!("{TWO}---\n").replace("current-context: a", &format!("current-context: {word}"));
        let p = place!(&[("k", &text)], &[("KUBECONFIG", "k")]);
        p.both_refuse(&[]);
        p.both_refuse(&["--context=a"]);
    }
    for word in ["'no'", "\"y\"", "!!str on", "nO", "1.2.3", "2001-01-01", "1-2"] {
        let bare = word.trim_start_matches("!!str ").trim_matches(['\'', '"']);
        let text = TWO.replace("name: b, context", &format!("name: {word}, context"));
        let p = place!(&[("k", &text)], &[("KUBECONFIG", "k")]);
        assert_eq!(p.goes(&["--context", bare]), to('B', "default"), "{word}");
    }
}

#[test]
fn the_text_is_read_as_kubectl_reads_it() {
    let json = "{\"clusters\":[{\"name\":\"a\",\"cluster\":{\"server\":\"$A\",\"insecure-skip-tls-verify\":true}}],\n\t\"users\":[{\"name\":\"u\",\"user\":{\"token\":\"t\"}}],
\t\"contexts\":[{\"name\":\"\\u0063\",\"context\":{\"cluster\":\"a\",\"user\":\"u\",\"namespace\":\"x\",\"namespace\":\"last\"}}],\"current-context\":\"c\"}";
    let p = place!(&[("k", json)], &[("KUBECONFIG", "k")]);
    assert_eq!(p.goes(&[]), to('A', "last"), "JSON, and of two equal keys the last");
    let case =
        TWO.replace("current-context: a", "current-context: a\nCurrent-Context: b\nCURRENT-CONTEXT: [x]");
    let p = place!(&[("k", &case)], &[("KUBECONFIG", "k")]);
    assert_eq!(p.goes(&[]), to('A', "na"), "a key in another case is no key");
    let more = format!("{TWO}---\ncurrent-context: b\n");
    let p = place!(&[("k", &more)], &[("KUBECONFIG", "k")]);
    assert_eq!(p.goes(&[]), to('A', "na"), "only the first document");
    let empty_first = format!("---\n---\n{TWO}");
    let p = place!(&[("k", &empty_first)], &[("KUBECONFIG", "k"), ("KUBERNETES_MASTER", "$P")]);
    assert_eq!(p.goes(&[]), to('P', "default"), "also when it is empty");
    let anchors = "x: &base {server: $A, insecure-skip-tls-verify: true}
clusters: [{name: a, cluster: *base}, {name: b, cluster: {server: $A, <<: *base, server: $B}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: a, context: {cluster: a, user: u}}, {name: b, context: {cluster: b, user: u}}]\n";
    let p = place!(&[("k", anchors)], &[("KUBECONFIG", "k")]);
    assert_eq!(p.goes(&["--context=a"]), to('A', "default"));
    assert_eq!(p.goes(&["--context=b"]), to('B', "default"));
    let late = anchors.replace("server: $A, <<: *base, server: $B", "server: $B, <<: *base");
    let p = place!(&[("k", &late)], &[("KUBECONFIG", "k")]);
    assert_eq!(p.goes(&["--context=b"]), to('A', "default"), "a merge key that stands later wins");
}

#[test]
fn nothing_configured_is_a_server_too() {
    for list in [":", "absent", "/dev/null", "empty"] {
        let p = place!(&[("empty", "")], &[("KUBECONFIG", list), ("KUBERNETES_MASTER", "$P")]);
        assert_eq!(p.goes(&["-n", "x"]), to('P', "x"), "{list}");
    }
    let p = place!(&[], &[]);
    let (went, resolved) = p.asks(&[]);
    assert_eq!(went, None, "nobody listens on localhost:8080 here");
    assert_eq!(resolved.unwrap().target.server.value, "http://localhost:8080");
    let nowhere = TWO.replace("cluster: a, user", "cluster: gone, user");
    let p = place!(&[("k", &nowhere)], &[("KUBECONFIG", "k"), ("KUBERNETES_MASTER", "$P")]);
    assert_eq!(p.goes(&[]), to('P', "na"), "a context may point nowhere");
    p.both_refuse(&["--kubeconfig=absent"]);
    let p = place!(&[("k", TWO)], &[("KUBECONFIG", "~/k:$HOME/k"), ("KUBERNETES_MASTER", "$P")]);
    assert_eq!(p.goes(&[]), to('P', "default"), "a tilde is not expanded");
}

#[test]
fn the_home_file_and_the_one_that_migrates() {
    let p = place!(&[("home/.kube/config", TWO)], &[]);
    assert_eq!(p.goes(&[]), to('A', "na"));
    let p = place!(
        &[("home/.kube/.kubeconfig", TWO), ("k", "current-context: b\n")],
        &[("KUBECONFIG", "k:$D/home/./.kube/config")]
    );
    let words = ["create", "token", "x"].map(str::to_owned);
    let before = p.resolve(&words).unwrap().target;
    assert_eq!(
        (before.server.value, before.namespace.value),
        (p.fill("$B"), "default".into()),
        "before kubectl has copied it"
    );
    assert_eq!(p.goes(&[]), to('B', "default"));
    let p = place!(&[("k", TWO), ("home/.kube", "a file")], &[("KUBECONFIG", "k")]);
    p.both_refuse(&[]);
}

#[test]
fn kuberc_moves_commands_silently() {
    let rc = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference
defaults:\n- {command: create token, options: [{name: namespace, default: moved}, {name: context, default: b}]}\n";
    let p = place!(&[("k", TWO), ("home/.kube/kuberc", rc)], &[("KUBECONFIG", "k")]);
    assert_eq!(p.goes(&[]), to('B', "moved"));
    assert_eq!(p.goes(&["-nx"]), to('B', "x"));
    assert_eq!(p.goes(&["--context=a"]), to('A', "moved"));
    for (name, value) in [("KUBERC", "off"), ("KUBECTL_KUBERC", "false")] {
        let p = place!(&[("k", TWO), ("home/.kube/kuberc", rc)], &[("KUBECONFIG", "k"), (name, value)]);
        assert_eq!(p.goes(&[]), to('A', "na"), "{name}");
    }
    let p = place!(&[("k", TWO), ("rc", rc)], &[("KUBECONFIG", "k")]);
    assert_eq!(p.goes(&["--kuberc=rc"]), to('B', "moved"));
    let p = place!(&[("k", TWO)], &[("KUBECONFIG", "k"), ("KUBERC", "absent")]);
    p.both_refuse(&[]);
}

#[test]
fn relative_paths_start_at_their_own_file() {
    let text = "clusters: [{name: a, cluster: {server: $A, certificate-authority: ca/../ca.pem}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ./bin/plugin, args: [get-token, --cluster-name, acme]}}}]
contexts: [{name: c, context: {cluster: a, user: u}}]
current-context: c\n";
    let script = "#!/bin/sh\necho '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"plugged\"}}'\n";
    let p = place!(&[("sub/k", text), ("sub/bin/plugin", script)], &[("KUBECONFIG", "sub/k")]);
    std::fs::write(p.dir.path().join("sub/ca.pem"), &p.recorder.ca_pem).unwrap();
    std::fs::set_permissions(p.dir.path().join("sub/bin/plugin"), std::fs::Permissions::from_mode(0o755))
        .unwrap();
    let (went, resolved) = p.asks(&[]);
    assert_eq!(went.unwrap().2, "Bearer plugged");
    let resolved = resolved.unwrap();
    assert_eq!(resolved.access.exec_plugin, Some(p.fill("$D/sub/bin/plugin")));
    assert_eq!(resolved.target.exec_cluster_name.as_deref(), Some("acme"));
    assert_eq!(
        resolved.target.ca_sha256,
        guard::family::kube::resolve::identity::certificates_sha256(p.recorder.ca_pem.as_bytes())
    );
    std::fs::write(p.dir.path().join("pinned"), &resolved.access.kubeconfig).unwrap();
    let (went, again) = p.asks(&["--kubeconfig", "pinned"]);
    assert_eq!(went.unwrap().2, "Bearer plugged", "the pinned file works from elsewhere");
    assert!(again.unwrap().access.from_flag);
    std::fs::remove_file(p.dir.path().join("sub/ca.pem")).unwrap();
    p.both_refuse(&[]);
}

#[test]
fn a_pinned_file_outlives_a_change_of_the_context() {
    let p = place!(&[("k", TWO)], &[("KUBECONFIG", "k")]);
    let words = ["create", "token", "x"].map(str::to_owned);
    let before = p.resolve(&words).unwrap();
    assert_eq!(before.access.digest, p.resolve(&words).unwrap().access.digest);
    std::fs::write(p.dir.path().join("pinned"), &before.access.kubeconfig).unwrap();
    std::fs::write(p.dir.path().join("k"), p.fill(TWO).replace("current-context: a", "current-context: b"))
        .unwrap();
    assert_ne!(before.access.digest, p.resolve(&words).unwrap().access.digest);
    assert_eq!(p.goes(&[]), to('B', "default"));
    assert_eq!(p.goes(&["--kubeconfig=pinned"]), to('A', "na"));
}

#[test]
fn a_pipe_is_never_read() {
    let p = place!(&[], &[("KUBECONFIG", "pipe")]);
    let status = Command::new("mkfifo").arg(p.dir.path().join("pipe")).status().unwrap();
    assert!(status.success());
    let fail = p.resolve(&["get".into(), "pods".into()]).unwrap_err();
    assert!(fail.what.contains("no regular file"), "{fail}");
}

/// A pod's service account, and a kubectl that sees it at its place (a mount namespace of its own, which needs root).
fn pod(files: &[(&str, &str)], vars: &[(&str, &str)]) -> Option<Place> {
    let can = Command::new("unshare")
        .args(["-m", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success());
    if !can {
        eprintln!("SKIPPED: no right to make a mount namespace, a pod cannot be played");
        return None;
    }
    let mut place = Place::new(files, vars)?;
    let account = place.dir.path().join("root/var/run/secrets/kubernetes.io/serviceaccount");
    std::fs::create_dir_all(&account).unwrap();
    std::fs::write(account.join("token"), "pod-token").unwrap();
    std::fs::write(account.join("namespace"), "pod-ns\n").unwrap();
    std::fs::write(account.join("ca.crt"), &place.recorder.ca_pem).unwrap();
    place.vars.push(("KUBERNETES_SERVICE_HOST".into(), "127.0.0.1".into()));
    place.vars.push(("KUBERNETES_SERVICE_PORT".into(), place.recorder.tls[1].to_string()));
    place.pod = Some(account);
    Some(place)
}

#[test]
fn inside_a_pod() {
    let Some(p) = pod(&[], &[]) else { return };
    let (went, resolved) = p.asks(&[]);
    assert_eq!(went, Some(('B', "pod-ns".into(), "Bearer pod-token".into())));
    let resolved = resolved.unwrap();
    assert!(resolved.access.in_cluster);
    assert_eq!(resolved.target.chosen_by, Source::InCluster);
    assert!(resolved.target.ca_sha256.is_some());
    assert_eq!(p.goes(&["-n", "x"]), to('B', "x"));
    assert_eq!(p.goes(&["-s", "$A", "--token=t", "--insecure-skip-tls-verify"]), to('A', "pod-ns"));
    assert_eq!(p.asks(&["--token=flag"]).0.unwrap().2, "Bearer flag");
    // A timeout makes the settings differ from none at all, and kubectl forgets the pod.
    for flags in [&["--request-timeout=5s"][..], &["--as=x"]] {
        let (went, resolved) = p.asks(flags);
        assert_eq!(went, None, "{flags:?}");
        assert_eq!(resolved.unwrap().target.server.value, "http://localhost:8080", "{flags:?}");
    }
    assert_eq!(p.goes(&["--request-timeout=0s"]), to('B', "pod-ns"));

    let Some(p) = pod(&[], &[("POD_NAMESPACE", "by-variable")]) else { return };
    assert_eq!(p.goes(&[]), to('B', "by-variable"));
}

#[test]
fn inside_a_pod_another_clusters_context_gets_the_pods_namespace() {
    let explicit = TWO.replace("user: ub}", "user: ub, namespace: default}");
    let Some(p) = pod(&[("k", TWO), ("explicit", &explicit)], &[("KUBECONFIG", "k")]) else { return };
    assert_eq!(p.goes(&[]), to('A', "na"));
    assert_eq!(p.goes(&["--context=b"]), to('B', "pod-ns"));
    let (_, resolved) = p.asks(&["--context=b"]);
    let resolved = resolved.unwrap();
    assert!(!resolved.access.in_cluster);
    assert!(resolved.target.notes.iter().any(|n| n.contains("pod-ns")), "{:?}", resolved.target.notes);
    assert_eq!(p.goes(&["--kubeconfig=explicit", "--context=b"]), to('B', "default"));
}
