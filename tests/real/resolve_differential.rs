//! Made-up kubeconfigs, variables and words, and the real kubectl as the judge: the server, path, namespace and user that
//! it really asks must be what the resolver said, with the caller's files, with the pinned kubeconfig in their place, and
//! with the effective one alone. `GUARD_DIFF_CASES` sets how many (three starts of kubectl each), `GUARD_DIFF_SEED` which.

use crate::support::kubectls::kubectl;
use crate::support::recorder::{Recorder, Request};
use base64::Engine as _;
use guard::engine::grammar::cobra::parse;
use guard::engine::kube::kubectl::TABLE;
use guard::engine::server::{is_tls, server_parts};
use guard::family::kube::resolve::ResolvedKube;
use guard::family::kube::resolve::kubeconfig::kube;
use guard::world::World;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A world with its words.
struct Case {
    dir: tempfile::TempDir,
    vars: Vec<(String, String)>,
    words: Vec<String>,
    mark: String,
}

struct Ran {
    request: Option<Request>,
    stderr: String,
}

fn run(bin: &Path, recorder: &Recorder, case: &Case, vars: &[(String, String)], words: &[String]) -> Ran {
    let output = Command::new(bin)
        .args(words)
        .env_clear()
        .envs(vars.iter().map(|(k, v)| (k, v)))
        .current_dir(case.dir.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Ran { request: recorder.take(&case.mark), stderr }
}

fn resolve(case: &Case) -> guard::fail::Result<ResolvedKube> {
    let vars: Vec<(&str, &str)> = case.vars.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let words: Vec<&[u8]> = case.words.iter().map(|w| w.as_bytes()).collect();
    kube(&World::of(&vars, case.dir.path()), &parse(&TABLE, &words))
}

/// The request that the resolver's answer means.
fn expected(case: &Case, resolved: &ResolvedKube) -> Request {
    let target = &resolved.target;
    let parts = server_parts(&target.server.value);
    let file: serde_json::Value = serde_json::from_slice(&resolved.access.effective).unwrap();
    let user = &file["users"][0]["user"];
    let text = |key: &str| user[key].as_str().filter(|t| !t.is_empty()).map(str::to_owned);
    let token = text("tokenFile").and_then(|p| std::fs::read_to_string(p).ok()).or(text("token"));
    let basic = text("username").or(text("password")).map(|_| {
        let pair =
            format!("{}:{}", text("username").unwrap_or_default(), text("password").unwrap_or_default());
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    });
    assert_eq!(text("as"), target.acting_as.as_ref().map(|a| a.value.clone()), "acting as");
    let authorization =
        token.map(|t| format!("Bearer {}", t.trim())).or(basic).filter(|_| is_tls(&target.server.value));
    Request {
        port: parts.port.parse().unwrap(),
        path: format!(
            "{}/api/v1/namespaces/{}/serviceaccounts/{}/token",
            parts.path, target.namespace.value, case.mark
        ),
        authorization,
        impersonate: text("as"),
    }
}

/// What happened to one case, for the closing line.
#[derive(Default)]
struct Tally {
    reached: AtomicUsize,
    refused_by_both: AtomicUsize,
    laxer: AtomicUsize,
}

fn check(bin: &Path, recorder: &Recorder, case: &Case, tally: &Tally) {
    let ran = run(bin, recorder, case, &case.vars, &case.words);
    let resolved = resolve(case);
    let story = || {
        format!(
            "words {:?}\nvars {:?}\n{}\nkubectl said: {}",
            case.words,
            case.vars,
            files_of(case.dir.path()),
            ran.stderr
        )
    };
    let Some(request) = &ran.request else {
        match &resolved {
            Err(_) => drop(tally.refused_by_both.fetch_add(1, Ordering::Relaxed)),
            Ok(r) => {
                // Nobody listens at kubectl's default server; then its own words have to name what was resolved.
                if let Some(url) = ran.stderr.split("Post \"").nth(1).and_then(|rest| rest.split('"').next())
                {
                    let said = server_parts(url);
                    let want = expected(case, r);
                    assert_eq!(
                        (said.port, said.path),
                        (want.port.to_string(), want.path.as_str()),
                        "{}",
                        story()
                    );
                    tally.reached.fetch_add(1, Ordering::Relaxed);
                } else {
                    tally.laxer.fetch_add(1, Ordering::Relaxed);
                    if std::env::var_os("GUARD_DIFF_SHOW").is_some() {
                        eprintln!("only kubectl refuses: {}", ran.stderr.trim());
                    }
                }
            }
        }
        return;
    };
    tally.reached.fetch_add(1, Ordering::Relaxed);
    let resolved = resolved
        .unwrap_or_else(|fail| panic!("kubectl went to {request:?}, the resolver says {fail}\n{}", story()));
    assert_eq!(&expected(case, &resolved), request, "{}\n{:?}", story(), resolved.target);

    let pinned = case.dir.path().join("pinned");
    std::fs::write(&pinned, &resolved.access.kubeconfig).unwrap();
    if !resolved.access.from_flag {
        let mut vars = case.vars.clone();
        vars.retain(|(k, _)| k != "KUBECONFIG");
        vars.push(("KUBECONFIG".into(), pinned.to_str().unwrap().into()));
        let again = run(bin, recorder, case, &vars, &case.words);
        assert_eq!(again.request.as_ref(), Some(request), "pinned: {}\n{}", again.stderr, story());
    }
    let effective = case.dir.path().join("effective");
    std::fs::write(&effective, &resolved.access.effective).unwrap();
    let vars = [
        ("KUBECONFIG".to_owned(), effective.to_str().unwrap().to_owned()),
        ("HOME".to_owned(), case.dir.path().to_str().unwrap().to_owned()),
    ];
    let words = ["create", "token", &case.mark].map(str::to_owned);
    let alone = run(bin, recorder, case, &vars, &words);
    assert_eq!(alone.request.as_ref(), Some(request), "effective: {}\n{}", alone.stderr, story());
}

fn files_of(dir: &Path) -> String {
    let mut out = String::new();
    for sub in ["", "sub", "home/.kube"] {
        let Ok(entries) = std::fs::read_dir(dir.join(sub)) else { continue };
        for path in entries.flatten().map(|e| e.path()).filter(|p| p.is_file()) {
            out +=
                &format!("--- {}\n{}\n", path.display(), std::fs::read_to_string(&path).unwrap_or_default());
        }
    }
    out
}

/// A small generator of numbers, so that a seed names a case for ever (xorshift64*).
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

const NAMES: &[&str] = &["a", "b", "c", "a", "b", "prod", "x y", "größe", "no", "123", "a:b", "k@x"];

/// A scalar in one of its notations; now and then one that is not the string it looks like.
fn scalar(rng: &mut Rng, text: &str) -> String {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_@".contains(&b));
    let odd = matches!(text, "no" | "123");
    match rng.below(4) {
        0 if plain && (!odd || rng.one_in(15)) => text.to_owned(),
        1 => format!("'{text}'"),
        _ => serde_json::to_string(text).unwrap(),
    }
}

fn server(rng: &mut Rng, recorder: &Recorder) -> String {
    let tls = recorder.tls[rng.below(recorder.tls.len())];
    match rng.below(12) {
        0 => format!("https://127.0.0.1:{tls}/"),
        1 => format!("https://127.0.0.1:{tls}/p{}", rng.below(3)),
        2 => format!("https://localhost:{tls}/k8s/clusters/c-1/"),
        3 => format!("http://127.0.0.1:{}", recorder.plain),
        4 => format!("127.0.0.1:{}", recorder.plain),
        5 => format!("HTTPS://LOCALHOST:{tls}"),
        6 => format!("https://127.0.0.1:{tls}/p?x=1#y"),
        _ => format!("https://127.0.0.1:{tls}"),
    }
}

fn cluster(rng: &mut Rng, recorder: &Recorder, dir: &Path) -> String {
    let url = server(rng, recorder);
    let url = scalar(rng, &url);
    let ca = base64::engine::general_purpose::STANDARD.encode(&recorder.ca_pem);
    std::fs::write(dir.join("ca.pem"), &recorder.ca_pem).unwrap();
    match rng.below(14) {
        0 => "null".into(),
        1 => "{insecure-skip-tls-verify: yes}".into(),
        2 => format!("{{Server: https://127.0.0.1:1, server: {url}, insecure-skip-tls-verify: true}}"),
        3 => format!("{{server: https://127.0.0.1:1, insecure-skip-tls-verify: on, server: {url}}}"),
        4 => format!("{{server: {url}, certificate-authority-data: {ca}}}"),
        5 => format!("{{server: {url}, certificate-authority: ca.pem}}"),
        6 => format!("{{server: {url}, certificate-authority: ./x/../ca.pem, tls-server-name: localhost}}"),
        7 => format!("{{server: {url}, insecure-skip-tls-verify: true, tls-server-name: other}}"),
        _ => format!("{{server: {url}, insecure-skip-tls-verify: true}}"),
    }
}

fn user(rng: &mut Rng, token: &str, dir: &Path) -> String {
    match rng.below(12) {
        0 if rng.one_in(4) => "{}".into(),
        1 => format!("{{username: u-{token}, password: p}}"),
        2 => {
            std::fs::write(dir.join("token"), format!("file-{token}\n")).unwrap();
            "{tokenFile: token}".into()
        }
        3 => {
            std::fs::write(dir.join("token"), format!("file-{token}")).unwrap();
            format!("{{tokenFile: ./token, token: {token}}}")
        }
        4 => format!("{{token: {token}, as: someone}}"),
        5 => format!("{{token: x, \"token\": {token}}}"),
        _ => format!("{{token: {token}}}"),
    }
}

fn context(rng: &mut Rng, names: &[&str]) -> String {
    let mut out = vec![];
    let (cluster, user) = (rng.pick(names), rng.pick(names));
    if !rng.one_in(10) {
        out.push(format!("cluster: {}", scalar(rng, cluster)));
    }
    if !rng.one_in(10) {
        out.push(format!("user: {}", scalar(rng, user)));
    }
    match rng.below(5) {
        0 => {}
        1 => out.push("namespace: default".into()),
        2 => out.push("namespace: ''".into()),
        _ => out.push(format!("namespace: ns-{}", rng.below(5))),
    }
    format!("{{{}}}", out.join(", "))
}

/// Some of the names, each once (now and then twice, which kubectl refuses).
fn some(rng: &mut Rng, names: &[&'static str]) -> Vec<&'static str> {
    let mut out: Vec<&str> = names.iter().copied().filter(|_| !rng.one_in(8)).collect();
    if rng.one_in(60) {
        out.extend(names.first());
    }
    out
}

fn file(rng: &mut Rng, recorder: &Recorder, dir: &Path, id: &str, names: &[&'static str]) -> String {
    if rng.one_in(30) {
        return rng.pick(&["", "# empty\n", "null\n", "---\n---\ncurrent-context: a\n", "{}"]).to_owned();
    }
    let mut blocks = vec![];
    let entries = |key: &str, inner: &str, rows: Vec<(String, String)>, flow: bool| {
        let rows: Vec<String> =
            rows.into_iter().map(|(n, b)| format!("{{name: {n}, {inner}: {b}}}")).collect();
        if flow {
            format!("{key}: [{}]\n", rows.join(", "))
        } else {
            format!("{key}:\n- {}\n", rows.join("\n- "))
        }
    };
    for (key, inner) in [("clusters", "cluster"), ("users", "user"), ("contexts", "context")] {
        let mut rows = vec![];
        for name in some(rng, names) {
            let body = match inner {
                "cluster" => cluster(rng, recorder, dir),
                "user" => {
                    let token = format!("t-{id}-{}", rng.below(1000));
                    user(rng, &token, dir)
                }
                _ => context(rng, names),
            };
            let name = scalar(rng, name);
            rows.push((name, body));
        }
        if !rows.is_empty() {
            let flow = rng.one_in(2);
            blocks.push(entries(key, inner, rows, flow));
        }
    }
    if !rng.one_in(7) {
        let current = rng.pick(names);
        blocks.push(format!("current-context: {}\n", scalar(rng, current)));
    }
    if rng.one_in(3) {
        blocks.push("apiVersion: v1\nkind: Config\n".into());
    }
    for i in (1..blocks.len()).rev() {
        blocks.swap(i, rng.below(i + 1));
    }
    let mut out = blocks.concat();
    if rng.one_in(10) {
        out += "---\ncurrent-context: other\n";
    }
    out
}

fn generate(rng: &mut Rng, recorder: &Recorder, nth: usize) -> Case {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().to_path_buf();
    let names: Vec<&'static str> =
        (0..3).map(|_| rng.pick(NAMES)).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    for sub in ["home/.kube", "sub"] {
        std::fs::create_dir_all(root.join(sub)).unwrap();
    }
    let put = |rng: &mut Rng, path: &str| {
        let place = root.join(path).parent().unwrap().to_path_buf();
        let text = file(rng, recorder, &place, &path.replace(['/', '.'], "-"), &names);
        std::fs::write(root.join(path), text).unwrap();
    };
    let mut vars = vec![("HOME".to_owned(), root.join("home").to_str().unwrap().to_owned())];
    let mut words: Vec<String> = vec![];
    let mut flags: Vec<String> = vec![];
    match rng.below(8) {
        0 => put(rng, "home/.kube/config"),
        1 => put(rng, "home/.kube/.kubeconfig"),
        2 => {
            put(rng, "one");
            put(rng, "home/.kube/config");
            flags.push("--kubeconfig".into());
            flags.push("one".into());
            vars.push(("KUBECONFIG".into(), "nowhere".into()));
        }
        _ => {
            let mut list = vec![];
            for path in ["one", "sub/two", "home/.kube/config"] {
                if !rng.one_in(4) {
                    put(rng, path);
                }
                let absolute = root.join(path).to_str().unwrap().to_owned();
                list.push(if rng.one_in(2) { absolute } else { format!("./{path}") });
            }
            if rng.one_in(4) {
                list.insert(rng.below(3), String::new());
            }
            if rng.one_in(4) {
                list.push(list[0].clone());
            }
            vars.push(("KUBECONFIG".into(), list.join(":")));
        }
    }
    if rng.one_in(5) {
        vars.push(("KUBERNETES_MASTER".into(), format!("http://127.0.0.1:{}", recorder.plain)));
    }
    let mut give = |rng: &mut Rng, one_in: usize, flag: &str, value: String| {
        if !rng.one_in(one_in) {
            return;
        }
        match (rng.below(3), flag) {
            (0, _) => flags.extend([format!("--{flag}"), value]),
            (1, "namespace") => flags.push(format!("-n{value}")),
            (2, "namespace") => flags.push(format!("-n={value}")),
            (1, "server") => flags.extend(["-s".into(), value]),
            _ => flags.push(format!("--{flag}={value}")),
        }
    };
    let of = |rng: &mut Rng| if rng.one_in(25) { "absent" } else { rng.pick(&names) }.to_owned();
    let (a, b, c, s) = (of(rng), of(rng), of(rng), server(rng, recorder));
    give(rng, 3, "context", a);
    give(rng, 6, "cluster", b);
    give(rng, 6, "user", c);
    give(rng, 8, "server", s);
    let ns = format!("flag-{}", rng.below(3));
    give(rng, 3, "namespace", ns);
    give(rng, 20, "namespace", "last".into());
    give(rng, 10, "token", "flag-token".into());
    give(rng, 10, "as", "flag-as".into());
    give(rng, 20, "context", String::new());
    give(rng, 14, "insecure-skip-tls-verify", "true".into());
    flags.retain(|f| f != "true");
    give_ca(rng, &mut flags, recorder, &root);
    let mark = format!("m{nth}");
    let verb = ["create", "token", &mark].map(str::to_owned);
    if rng.one_in(3) {
        words.extend(flags);
        words.extend(verb);
    } else {
        words.extend(verb);
        words.extend(flags);
    }
    Case { dir, vars, words, mark }
}

fn give_ca(rng: &mut Rng, flags: &mut Vec<String>, recorder: &Recorder, root: &Path) {
    if rng.one_in(14) {
        std::fs::write(root.join("flag-ca.pem"), &recorder.ca_pem).unwrap();
        flags.push("--certificate-authority=flag-ca.pem".into());
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[test]
fn generated_worlds_resolve_as_kubectl_resolves_them() {
    let Some(bin) = kubectl("1.37") else { return };
    let recorder = Recorder::start(3);
    let (cases, seed) = (number("GUARD_DIFF_CASES", 120) as usize, number("GUARD_DIFF_SEED", 1));
    let (next, tally) = (AtomicUsize::new(0), Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    if nth >= cases {
                        return;
                    }
                    let mut rng = Rng((seed << 32 | nth as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
                    for _ in 0..4 {
                        rng.next();
                    }
                    check(&bin, &recorder, &generate(&mut rng, &recorder, nth), &tally);
                }
            });
        }
    });
    let count = |n: &AtomicUsize| n.load(Ordering::Relaxed);
    let (reached, both, laxer) = (count(&tally.reached), count(&tally.refused_by_both), count(&tally.laxer));
    eprintln!(
        "{cases} cases, seed {seed}: {reached} reached a server, {both} refused by both, {laxer} refused by kubectl alone"
    );
    assert!(reached * 2 > cases, "most cases have to reach a server, or they test little");
}
