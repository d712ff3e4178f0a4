//! AWS on loopback: the server of `tests/aws/server.py`, real CLIs in front of it, and people with keys of their own.
//!
//! A test process has one AWS, which ends with it however it ends: a server of its own, or, where
//! `GUARD_TEST_AWS_SERVER=DIR` says that `tests/aws/serve` is running, a fork of that one with nothing in it from
//! anybody else. Tests of one process run side by side: each takes a [`Person`], whose faults and log are its own, and
//! names of its own for what it makes.

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, OnceLock};

/// A proxy that nothing listens on: what misses the server does not leave the machine.
const CLOSED: &str = "http://127.0.0.1:9";

/// A running server.
#[derive(Debug)]
pub struct Aws {
    pub port: u16,
    /// The certificate authority of its proxy, as a PEM file.
    pub ca: PathBuf,
    accounts: Vec<Person>,
    between: Option<Arc<dyn Between>>,
    _life: Life,
}

/// What keeps a server alive, however this process ends: its standard input, or the connection to it.
#[derive(Debug)]
enum Life {
    Own {
        _child: Child,
    },
    Shared {
        _connection: BufReader<UnixStream>,
    },
    /// Somebody else's, or none where a recording answers.
    Lent,
}

/// Stands between a test and the server's control: a recording, being made or played.
pub trait Between: std::fmt::Debug + Send + Sync {
    /// A request to the control; `live` asks the server.
    fn control(
        &self,
        method: &str,
        body: &Value,
        live: &dyn Fn() -> Result<Value, String>,
    ) -> Result<Value, String>;
}

/// A user of an account, with an access key.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account's name in config files: `prod`, `staging`, `play`.
    pub profile: String,
    pub account: String,
    /// Empty when it has none.
    pub alias: String,
    pub region: String,
    pub user: String,
    pub key: String,
    pub secret: String,
}

/// A real CLI.
#[derive(Clone, Debug)]
pub struct Cli {
    pub path: PathBuf,
    pub major: u8,
}

/// How the CLI gets to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// `AWS_ENDPOINT_URL` on loopback: for guard a development target.
    Endpoint,
    /// The real host names through a proxy on loopback: for guard an account like any other.
    Proxy,
}

impl Aws {
    /// The server of this test binary, or `None` with a loud word when `tests/run aws` has not been run here.
    pub fn start() -> Option<&'static Aws> {
        static SERVER: OnceLock<Option<Aws>> = OnceLock::new();
        SERVER.get_or_init(Aws::launch).as_ref()
    }

    /// One more, for a caller that needs it to itself.
    pub fn launch() -> Option<Aws> {
        let python = venv()?.join("bin/python");
        let mut line = String::new();
        let life = if let Some(shared) = shared() {
            let at = shared.join("moto/socket");
            let stream = UnixStream::connect(&at).unwrap_or_else(|e| panic!("{}: {e}", at.display()));
            let mut connection = BufReader::new(stream);
            connection.read_line(&mut line).unwrap();
            Life::Shared { _connection: connection }
        } else {
            let dir = tempfile::Builder::new().prefix("guard-aws-").tempdir().unwrap().keep();
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aws/server.py");
            let mut child = Command::new(&python)
                .args(["-B", script])
                .arg(&dir)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap_or_else(|e| panic!("{}: {e}", python.display()));
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            Life::Own { _child: child }
        };
        let said: Value = serde_json::from_str(&line).expect("the server says where it is");
        let accounts = said["accounts"].as_array().unwrap().iter();
        Some(Aws {
            port: u16::try_from(said["port"].as_u64().unwrap()).unwrap(),
            ca: said["ca"].as_str().unwrap().into(),
            accounts: accounts.map(|a| Person::of(a, a)).collect(),
            between: None,
            _life: life,
        })
    }

    /// The same server, for one test.
    pub fn share(&self, between: Option<Arc<dyn Between>>) -> Aws {
        Aws {
            port: self.port,
            ca: self.ca.clone(),
            accounts: self.accounts.clone(),
            between,
            _life: Life::Lent,
        }
    }

    /// No server at all: everything is answered by this, also where it says to be.
    pub fn recorded(port: u16, accounts: &Value, between: Arc<dyn Between>) -> Aws {
        let accounts = accounts.as_array().unwrap().iter().map(|a| Person::of(a, a)).collect();
        Aws {
            port,
            ca: PathBuf::from("/nowhere/ca.pem"),
            accounts,
            between: Some(between),
            _life: Life::Lent,
        }
    }

    /// The accounts and alice's keys, as the server told them.
    pub fn told(&self) -> Value {
        let told = |p: &Person| {
            let alias = Some(&p.alias).filter(|alias| !alias.is_empty());
            json!({"name": p.profile, "account": p.account, "alias": alias, "region": p.region,
                   "user": p.user, "key": p.key, "secret": p.secret})
        };
        self.accounts.iter().map(told).collect()
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// alice of this account, whom all tests share.
    pub fn alice(&self, profile: &str) -> &Person {
        self.accounts.iter().find(|a| a.profile == profile).unwrap_or_else(|| panic!("no account {profile}"))
    }

    /// A new user of this account (`prod`, `staging` or `play`).
    pub fn person(&self, profile: &str, user: &str) -> Person {
        let account = self.alice(profile);
        let made = self.control("key", &json!({"account": account.account, "user": user}));
        Person {
            user: user.to_owned(),
            key: text(&made["key"]),
            secret: text(&made["secret"]),
            ..account.clone()
        }
    }

    /// One call of boto3 inside the server: `aws.call("prod", "ec2", "describe_instances", json!({}))`. In the
    /// account's own region. An error of the service is the test's failure.
    #[track_caller]
    pub fn call(&self, profile: &str, service: &str, method: &str, args: Value) -> Value {
        self.try_call(profile, service, method, args).unwrap_or_else(|e| panic!("{service} {method}: {e}"))
    }

    /// The same, with the service's error.
    pub fn try_call(&self, profile: &str, service: &str, method: &str, args: Value) -> Result<Value, String> {
        let account = self.alice(profile);
        let region = args.get("@region").and_then(Value::as_str).unwrap_or(&account.region).to_owned();
        let mut args = args;
        args.as_object_mut().unwrap().remove("@region");
        self.request(
            "call",
            &json!({"account": account.account, "region": region, "service": service, "method": method, "args": args}),
        )
    }

    /// Refuses or delays requests; see `Control.fault` of the server. `key` is the person it is for.
    pub fn fault(&self, person: &Person, fault: Value) {
        let mut fault = fault;
        fault["key"] = json!(person.key);
        self.control("fault", &fault);
    }

    /// Takes this person's faults back.
    pub fn mend(&self, person: &Person) {
        self.control("mend", &json!({"key": person.key}));
    }

    /// The operations this person has asked for so far: `cloudformation DescribeStacks`.
    pub fn log(&self, person: &Person) -> Vec<String> {
        let log = self.control("log", &json!({"key": person.key}));
        let word = |e: &Value| format!("{} {}", text(&e["service"]), text(&e["operation"]));
        log.as_array().unwrap().iter().map(word).collect()
    }

    /// The whole entries of the log: key, region, service, operation, host, tls, agent.
    pub fn entries(&self, person: &Person) -> Vec<Value> {
        self.control("log", &json!({"key": person.key})).as_array().unwrap().clone()
    }

    /// Makes a stack, and those nested in it, so many days old.
    pub fn age(&self, profile: &str, stack: &str, days: u32) {
        let at = self.alice(profile);
        let aged = self.control(
            "age",
            &json!({"account": at.account, "region": at.region, "stack": stack, "days": days}),
        );
        assert_ne!(aged, json!(0), "no stack {stack}");
    }

    #[track_caller]
    fn control(&self, method: &str, body: &Value) -> Value {
        self.request(method, body).unwrap_or_else(|e| panic!("{method}: {e}"))
    }

    #[track_caller]
    fn request(&self, method: &str, body: &Value) -> Result<Value, String> {
        match &self.between {
            Some(between) => between.control(method, body, &|| self.send(method, body)),
            None => self.send(method, body),
        }
    }

    /// One request to the control of the real server; the answer, or the service's error.
    pub fn send(&self, method: &str, body: &Value) -> Result<Value, String> {
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "POST /control/{method} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let value: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        if head.contains(" 200 ") {
            Ok(value)
        } else {
            Err(text(&value["Code"]) + ": " + &text(&value["Message"]))
        }
    }

    /// The variables with which a CLI (and guard) reaches this server and nothing else.
    pub fn vars(&self, way: Way) -> Vec<(String, String)> {
        let mut vars = vec![
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_PAGER", String::new()),
            ("NO_PROXY", "127.0.0.1,localhost".to_owned()),
            ("HTTP_PROXY", CLOSED.to_owned()),
        ];
        match way {
            Way::Endpoint => {
                vars.extend([("AWS_ENDPOINT_URL", self.url()), ("HTTPS_PROXY", CLOSED.to_owned())])
            }
            Way::Proxy => {
                vars.extend([("HTTPS_PROXY", self.url()), ("AWS_CA_BUNDLE", self.ca.display().to_string())])
            }
        }
        vars.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Writes `.aws/config` and `.aws/credentials` below a home: the profiles of these people under their account's
    /// name, and `prod-admin`, a role of the production account assumed from `staging`.
    pub fn files(&self, home: &Path, people: &[&Person]) {
        let (mut config, mut credentials) = (String::new(), String::new());
        for p in people {
            config += &format!("[profile {}]\nregion = {}\n\n", p.profile, p.region);
            credentials += &format!(
                "[{}]\naws_access_key_id = {}\naws_secret_access_key = {}\n\n",
                p.profile, p.key, p.secret
            );
        }
        let prod = self.alice("prod");
        config += &format!(
            "[profile prod-admin]\nrole_arn = arn:aws:iam::{}:role/Admin\nsource_profile = staging\nregion = {}\n",
            prod.account, prod.region
        );
        fs::create_dir_all(home.join(".aws")).unwrap();
        fs::write(home.join(".aws/config"), config).unwrap();
        fs::write(home.join(".aws/credentials"), credentials).unwrap();
    }
}

impl Person {
    fn of(account: &Value, key: &Value) -> Person {
        Person {
            profile: text(&account["name"]),
            account: text(&account["account"]),
            alias: account["alias"].as_str().unwrap_or_default().to_owned(),
            region: text(&account["region"]),
            user: text(&key["user"]),
            key: text(&key["key"]),
            secret: text(&key["secret"]),
        }
    }

    /// The variables of `AWS_ACCESS_KEY_ID` and its secret.
    pub fn keys(&self) -> Vec<(String, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID".to_owned(), self.key.clone()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), self.secret.clone()),
        ]
    }
}

impl Cli {
    /// Version 1, which `tests/run aws` installs; `None` with a loud word where it has not.
    pub fn v1() -> Option<Cli> {
        Some(Cli { path: venv()?.join("bin/aws"), major: 1 })
    }

    /// Version 2, where Debian's package could be had.
    pub fn v2() -> Option<Cli> {
        let given = std::env::var_os("GUARD_TEST_AWS2").map(PathBuf::from);
        let path = given.unwrap_or_else(|| cache().join("aws/v2/bin/aws"));
        path.is_file().then_some(Cli { path, major: 2 })
    }

    /// The one of this version.
    pub fn of(major: u8) -> Option<Cli> {
        if major == 1 { Cli::v1() } else { Cli::v2() }
    }

    /// The CLIs that tests about every CLI are run with: the newest, or with `GUARD_TEST_ALL` both.
    pub fn all() -> Vec<Cli> {
        let both = std::env::var_os("GUARD_TEST_ALL").is_some_and(|v| !v.is_empty());
        let (old, new) = (Cli::v1(), Cli::v2());
        if new.is_none() && old.is_some() {
            eprintln!("SKIPPED: no AWS CLI 2 here, its half of the tests is not run");
        }
        match new {
            Some(new) if both => old.into_iter().chain([new]).collect(),
            Some(new) => vec![new],
            None => old.into_iter().collect(),
        }
    }

    /// This version, where [`Cli::all`] has it.
    pub fn among(major: u8) -> Option<Cli> {
        Cli::all().into_iter().find(|cli| cli.major == major)
    }

    /// Runs it below this home with exactly these variables.
    pub fn run(&self, home: &Path, vars: &[(String, String)], args: &[&str]) -> Output {
        let mut command = Command::new(&self.path);
        command.args(args).env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8");
        command.envs(vars.iter().map(|(n, v)| (n, v))).current_dir(home).stdin(Stdio::null());
        command.output().unwrap_or_else(|e| panic!("{}: {e}", self.path.display()))
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Where `tests/aws/serve` runs.
pub fn shared() -> Option<PathBuf> {
    std::env::var_os("GUARD_TEST_AWS_SERVER").filter(|v| !v.is_empty()).map(PathBuf::from)
}

/// The cache of fetched and built tools.
pub fn cache() -> PathBuf {
    std::env::var_os("GUARD_TEST_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
        base.unwrap_or_else(home).join("guard-tests")
    })
}

/// The Python environment with moto and the CLI. In CI it has to be there.
fn venv() -> Option<PathBuf> {
    let given = std::env::var_os("GUARD_TEST_AWS").map(PathBuf::from);
    let path = given.unwrap_or_else(|| cache().join("aws/venv"));
    if path.join("bin/moto_server").is_file() {
        return Some(path);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "no AWS CLI and moto at {}: run `tests/run aws`",
        path.display()
    );
    eprintln!("SKIPPED: no AWS CLI and moto at {} (`tests/run aws` installs them)", path.display());
    None
}
