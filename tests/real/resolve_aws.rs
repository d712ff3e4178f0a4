//! Made-up config files, variables and options, and the AWS CLI's own code as the judge: the profile, region, step of the
//! credential chain, key and address of the request that it would really send must be what the resolver said. Nothing is
//! sent: `tests/aws/chain.py` answers in the place of the network. `GUARD_DIFF_CASES` sets how many worlds for each
//! version of the CLI, `GUARD_DIFF_SEED` which, `GUARD_DIFF_OUT` where to write what differs.

use crate::support::aws::Cli;
use guard::engine::aws::Hit;
use guard::family::aws::resolve::{ResolvedAws, Step, resolve_as};
use guard::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Commands that send one request at once, one for each way a service is named and addressed.
const COMMANDS: &[&[&str]] = &[
    &["sts", "get-caller-identity"],
    &["sqs", "list-queues"],
    &["rds", "describe-db-instances"],
    &["docdb", "describe-db-clusters"],
    &["neptune", "describe-db-clusters"],
    &["emr", "list-clusters"],
    &["health", "describe-events"],
    &["iam", "list-users"],
    &["route53", "list-hosted-zones"],
    &["organizations", "list-roots"],
    &["cloudformation", "delete-stack", "--stack-name", "x"],
    &["s3api", "list-buckets"],
    &["s3", "rm", "s3://bucket-of-a-test/key"],
    &["elbv2", "describe-load-balancers"],
    &["logs", "describe-log-groups"],
    &["dynamodb", "delete-table", "--table-name", "x"],
    &["secretsmanager", "list-secrets"],
    &["cognito-idp", "list-user-pools", "--max-results", "1"],
    &["deploy", "list-applications"],
    &["configservice", "describe-config-rules"],
    &["stepfunctions", "list-activities"],
];

/// xorshift: the same worlds for the same seed on every machine.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

struct Case {
    dir: tempfile::TempDir,
    vars: Vec<(String, String)>,
    globals: Vec<(String, Option<String>)>,
    command: &'static [&'static str],
    sso: Vec<Value>,
}

const PROFILES: &[&str] = &[
    "default",
    "prod",
    "staging",
    "admin",
    "chain",
    "sso",
    "session",
    "web",
    "proc",
    "partial",
    "two words",
    "here",
];
const REGIONS: &[&str] = &["us-east-1", "eu-west-1", "us-west-2", "ap-south-1"];

fn account(name: &str) -> String {
    format!("{:012}", name.bytes().fold(7_u64, |sum, b| (sum * 31 + u64::from(b)) % 1_000_000_000_000))
}

fn key(name: &str) -> String {
    let letters: String =
        name.bytes().filter(u8::is_ascii_alphabetic).map(|b| b.to_ascii_uppercase() as char).collect();
    format!("AKIA{letters:A<16}")
}

/// The lines of a profile, without its header.
fn body(rng: &mut Rng, name: &str, dir: &Path) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    let mut put = |k: &str, v: String| lines.push(format!("{k} = {v}"));
    let keys = |put: &mut dyn FnMut(&str, String)| {
        put("aws_access_key_id", key(name));
        put("aws_secret_access_key", "SECRETSECRET".into());
    };
    match name {
        "admin" | "chain" => {
            put("role_arn", format!("arn:aws:iam::{}:role/{name}", account(name)));
            let source = match (name, rng.below(8)) {
                ("admin", 0) => "admin",
                ("admin", 1) => "absent",
                ("admin", 2) => "chain",
                ("chain", 0..=4) => "admin",
                (_, 3) => "sso",
                (_, 4) => "proc",
                (_, 5) => "web",
                (_, 6) => "staging",
                _ => "prod",
            };
            match rng.below(8) {
                0 => put(
                    "credential_source",
                    rng.pick(&["Environment", "EcsContainer", "Ec2InstanceMetadata", "environment"]).into(),
                ),
                1 if rng.one_in(3) => {
                    put("credential_source", "Environment".into());
                    put("source_profile", source.into());
                }
                2 if rng.one_in(4) => {}
                _ => put("source_profile", source.into()),
            }
            if rng.one_in(3) {
                put("mfa_serial", "arn:aws:iam::111111111111:mfa/anna".into());
            }
            if source == name || rng.one_in(8) {
                keys(&mut put);
            }
        }
        "sso" | "session" => {
            put("sso_account_id", account(name));
            if !rng.one_in(8) {
                put("sso_role_name", "Admin".into());
            }
            if name == "session" {
                put("sso_session", if rng.one_in(6) { "absent" } else { "corp" }.into());
            }
            if name == "sso" || rng.one_in(4) {
                put("sso_start_url", "https://corp.awsapps.com/start".into());
                put("sso_region", rng.pick(&["eu-west-1", "eu-west-1", "us-east-1"]).into());
            }
        }
        "web" => {
            put("web_identity_token_file", dir.join("token").to_str().unwrap().into());
            if !rng.one_in(6) {
                put("role_arn", format!("arn:aws:iam::{}:role/web", account("web")));
            }
        }
        "proc" => put("credential_process", format!("/bin/cat {}", dir.join("process.json").display())),
        "partial" => put("aws_access_key_id", key(name)),
        "here" => {}
        _ => keys(&mut put),
    }
    if !rng.one_in(3) {
        put(rng.pick(&["region", "region", "Region"]), rng.pick(REGIONS).into());
    }
    if rng.one_in(6) {
        put("endpoint_url", "http://127.0.0.1:7001".into());
    }
    if rng.one_in(6) {
        put("services", if rng.one_in(8) { "absent" } else { "local" }.into());
    }
    if rng.one_in(12) {
        put("ignore_configured_endpoint_urls", rng.pick(&["true", "false", "True"]).into());
    }
    if rng.one_in(8) {
        lines.push("s3 =\n    addressing_style = path\n  # a comment\n    max_queue_size = 5".into());
    }
    lines
}

fn generate(rng: &mut Rng, major: u8) -> Case {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    std::fs::create_dir_all(root.join(".aws")).unwrap();
    let (mut config, mut credentials) = (String::new(), String::new());
    for name in PROFILES {
        if rng.one_in(9) {
            continue;
        }
        let lines = body(rng, name, &root);
        let header = match *name {
            "default" if !rng.one_in(4) => "[default]".to_owned(),
            "two words" => "[profile \"two words\"]".to_owned(),
            name => format!("[profile {name}]"),
        };
        let to_credentials = rng.below(4);
        if *name == "two words" || to_credentials > 1 {
            config.push_str(&format!("{header}\n{}\n\n", lines.join("\n")));
        } else if to_credentials == 1 {
            credentials.push_str(&format!("[{name}]\n{}\n", lines.join("\n")));
        } else {
            // Each line in one of the two, or in both.
            let (mut here, mut there) = (vec![], vec![]);
            for line in &lines {
                match rng.below(5) {
                    0 => {
                        here.push(line.clone());
                        there.push(line.replace("eu-west-1", "us-east-1"));
                    }
                    1 | 2 => here.push(line.clone()),
                    _ => there.push(line.clone()),
                }
            }
            config.push_str(&format!("{header}\n{}\n", here.join("\n")));
            credentials.push_str(&format!("; {name}\n[{name}]\n{}\n", there.join("\n")));
        }
    }
    config.push_str("[services local]\nsqs =\n  endpoint_url = http://127.0.0.1:7002\n");
    config.push_str("elastic_load_balancing_v2 =\n  endpoint_url = http://127.0.0.1:7003\ns3 =\n  endpoint_url = http://127.0.0.1:7004\n");
    config.push_str("cognito_identity_provider =\n  endpoint_url = http://127.0.0.1:7005\n");
    config.push_str(
        "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n",
    );
    match rng.below(40) {
        0 => config.push_str("[profile prod]\n[profile prod]\n"),
        1 => credentials.push_str("nothing\n"),
        2 => config.push_str("[DEFAULT]\nregion = us-west-2\n"),
        3 => config.push_str("[profile odd]\ns3 =\n   odd\n"),
        _ => {}
    }
    std::fs::write(root.join("token"), "token").unwrap();
    std::fs::write(
        root.join("process.json"),
        json!({"Version": 1, "AccessKeyId": key("process"), "SecretAccessKey": "s"}).to_string(),
    )
    .unwrap();

    let text = |p: &PathBuf| p.to_str().unwrap().to_owned();
    let mut vars: Vec<(String, String)> = vec![
        ("PATH".into(), "/usr/bin:/bin".into()),
        ("HOME".into(), text(&root)),
        ("HTTPS_PROXY".into(), "http://127.0.0.1:9".into()),
        ("WHERE".into(), text(&root)),
        // Not the machine's own.
        ("BOTO_CONFIG".into(), text(&root.join("boto.cfg"))),
    ];
    let mut set = |name: &str, value: &str| vars.push((name.to_owned(), value.to_owned()));
    let mut config_at = root.join(".aws/config");
    let mut credentials_at = root.join(".aws/credentials");
    match rng.below(8) {
        0 => {
            set("AWS_CONFIG_FILE", "$WHERE/other-config");
            config_at = root.join("other-config");
        }
        1 => {
            set("AWS_SHARED_CREDENTIALS_FILE", "~/other credentials");
            credentials_at = root.join("other credentials");
        }
        2 => set("AWS_CONFIG_FILE", rng.pick(&["/nonexistent", "", "/dev/null"])),
        _ => {}
    }
    std::fs::write(config_at, config).unwrap();
    std::fs::write(credentials_at, credentials).unwrap();

    let of = |rng: &mut Rng| match rng.below(40) {
        0 => "absent",
        1 => "",
        2..=9 => "admin",
        10..=13 => "chain",
        _ => rng.pick(PROFILES),
    };
    if rng.one_in(3) {
        set("AWS_ACCESS_KEY_ID", &key("environment"));
        if !rng.one_in(10) {
            set("AWS_SECRET_ACCESS_KEY", "SECRETSECRET");
        }
    }
    for (name, one_in) in [("AWS_PROFILE", 2), ("AWS_DEFAULT_PROFILE", 4)] {
        if rng.one_in(one_in) {
            let value = of(rng);
            set(name, value);
        }
    }
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        if rng.one_in(3) {
            set(name, if rng.one_in(10) { "" } else { rng.pick(REGIONS) });
        }
    }
    if rng.one_in(4) {
        set("AWS_ENDPOINT_URL", rng.pick(&["http://127.0.0.1:7006", "http://127.0.0.1:7006", ""]));
    }
    let mut command;
    loop {
        command = COMMANDS[rng.below(COMMANDS.len())];
        // Version 2 sends the requests of `s3` past Python.
        if major == 1 || command[0] != "s3" {
            break;
        }
    }
    for name in ["SQS", "S3", "STS", "RDS", "CODEDEPLOY", "SFN", "ROUTE_53"] {
        if rng.one_in(8) {
            set(&format!("AWS_ENDPOINT_URL_{name}"), "http://127.0.0.1:7007");
        }
    }
    if rng.one_in(6) {
        set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", rng.pick(&["true", "TRUE", "false", "1", ""]));
    }
    if rng.one_in(8) {
        set("AWS_WEB_IDENTITY_TOKEN_FILE", &text(&root.join("token")));
        if !rng.one_in(5) {
            set("AWS_ROLE_ARN", "arn:aws:iam::777777777777:role/pod");
        }
    }
    if rng.one_in(6) {
        set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/container");
    }
    if rng.one_in(2) {
        set("AWS_EC2_METADATA_DISABLED", "true");
    }
    if rng.one_in(12) {
        std::fs::write(root.join("ec2"), format!("AWSAccessKeyId={}\nAWSSecretKey=s\n", key("tools")))
            .unwrap();
        set("AWS_CREDENTIAL_FILE", "~/ec2");
    }
    if rng.one_in(12) {
        let boto = format!("[Credentials]\naws_access_key_id = {}\naws_secret_access_key = s\n", key("boto"));
        std::fs::write(root.join("boto.cfg"), boto).unwrap();
    }
    let mut globals: Vec<(String, Option<String>)> = vec![];
    let mut give =
        |name: &str, value: Option<&str>| globals.push((name.to_owned(), value.map(str::to_owned)));
    if rng.one_in(3) {
        for _ in 0..=rng.below(2) {
            let value = of(rng);
            give("profile", Some(value));
        }
    }
    if rng.one_in(5) {
        give("region", Some(rng.pick(REGIONS)));
    }
    if rng.one_in(8) {
        give("endpoint-url", Some("http://127.0.0.1:7008"));
    }
    if rng.one_in(24) {
        give("no-sign-request", None);
    }
    let url = "https://corp.awsapps.com/start";
    let sso = vec![json!({"key": url, "url": url}), json!({"key": "corp", "url": url})];
    Case { dir, vars, globals, command, sso }
}

impl Case {
    fn argv(&self) -> Vec<String> {
        let mut words: Vec<String> = vec![];
        for (name, value) in &self.globals {
            words.push(format!("--{name}"));
            words.extend(value.clone());
        }
        words.extend(self.command.iter().map(|w| (*w).to_owned()));
        words
    }

    fn hit(&self) -> Hit {
        Hit {
            service: self.command[0].to_owned(),
            operation: self.command[1].to_owned(),
            globals: self.globals.clone(),
            ..Hit::default()
        }
    }

    fn line(&self, id: usize) -> String {
        let env: BTreeMap<&str, &str> = self.vars.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        json!({"id": id, "env": env, "cwd": self.dir.path(), "argv": self.argv(), "sso": self.sso})
            .to_string()
    }

    fn resolve(&self, major: u8) -> guard::fail::Result<ResolvedAws> {
        let vars: Vec<(&str, &str)> = self.vars.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let world = World::of(&vars, self.dir.path());
        resolve_as(&world, &self.hit(), Some((major, format!("{major}.0.0"))))
    }

    fn shown(&self) -> String {
        let files = [".aws/config", ".aws/credentials", "other-config", "other credentials"];
        let texts: Vec<String> = files
            .iter()
            .filter_map(|f| {
                Some(format!("--- {f}\n{}", std::fs::read_to_string(self.dir.path().join(f)).ok()?))
            })
            .collect();
        let vars: Vec<String> = self
            .vars
            .iter()
            .filter(|(k, _)| k.starts_with("AWS_"))
            .map(|(k, v)| format!("{k}={v:?}"))
            .collect();
        format!("{}\naws {}\n{}", vars.join(" "), self.argv().join(" "), texts.join("\n"))
    }
}

/// What the CLI did, against what the resolver said; an error in words.
fn compare(case: &Case, major: u8, real: &Value) -> Result<&'static str, String> {
    let resolved = case.resolve(major);
    let refused = real["error"].as_str();
    let resolved = match (resolved, refused) {
        (Err(_), Some(_)) => return Ok("refused by both"),
        (Err(fail), None) => return Err(format!("only the resolver refuses: {fail}")),
        (Ok(resolved), _) => resolved,
    };
    let (target, access) = (&resolved.target, &resolved.access);
    let shown = format!("{target:?} {access:?}");
    if shown.contains("SECRETSECRET") {
        return Err("a secret is shown".into());
    }
    if let Some(error) = refused {
        let foretold = access.step == Step::Refused
            || target.notes.iter().any(|n| n.contains("the CLI refuses"))
            || target.region.is_none() && error.contains("region")
            || target.region.is_none() && error.contains("Invalid endpoint");
        return if foretold {
            Ok("refused by the CLI, as foretold")
        } else {
            Err(format!("the CLI refuses: {error}"))
        };
    }
    let text = |name: &str| real[name].as_str();
    let check = |what: &str, ours: Option<&str>, theirs: Option<&str>| {
        if ours == theirs { Ok(()) } else { Err(format!("{what}: resolver {ours:?}, CLI {theirs:?}")) }
    };
    check("profile", target.profile.as_ref().map(|p| p.value.as_str()), text("profile"))?;
    // What only the instance's metadata says nobody can know from files.
    let theirs = text("region").filter(|r| !r.is_empty() && *r != "eu-north-1");
    // Version 1 goes to one region for this service, whatever is set.
    if !(major == 1 && case.command[0] == "health") {
        check("region", target.region.as_ref().map(|r| r.value.as_str()), theirs)?;
    }
    let signed = text("signed").filter(|s| *s != "eu-north-1");
    if let (Some(region), false, Some(signed)) = (&target.region, target.global_service, signed) {
        check("signed region", Some(&region.value), Some(signed))?;
    }
    check("method", Some(access.step.method()), Some(text("method").unwrap_or("")))?;
    if let Some(id) = &access.access_key_id {
        check("key", Some(id), text("key"))?;
    }
    let url = text("url").unwrap_or_default();
    match &target.endpoint {
        Some(endpoint) if !url.starts_with(&format!("{}/", endpoint.value)) => {
            Err(format!("endpoint: resolver {}, CLI {url}", endpoint.value))
        }
        None if url.starts_with("http://127.0.0.1:70") => Err(format!("endpoint: resolver none, CLI {url}")),
        Some(_) => Ok("reached an endpoint"),
        None => Ok("reached AWS"),
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

fn run(cli: &Cli) {
    let python = cli.path.parent().unwrap().join("python");
    if !python.is_file() {
        eprintln!("SKIPPED: no Python beside {}, its code cannot be driven", cli.path.display());
        return;
    }
    let (cases, seed) = (number("GUARD_DIFF_CASES", 60) as usize, number("GUARD_DIFF_SEED", 1));
    let worlds: Vec<Case> = (0..cases)
        .map(|nth| {
            let mut rng = Rng((seed << 32 | nth as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
            for _ in 0..4 {
                rng.next();
            }
            generate(&mut rng, cli.major)
        })
        .collect();
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aws/chain.py");
    let mut child = Command::new(python)
        .arg(driver)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = worlds.iter().enumerate().map(|(id, case)| case.line(id) + "\n").collect();
    let mut stdin = child.stdin.take().unwrap();
    let feed = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    feed.join().unwrap().unwrap();
    assert!(output.status.success());
    let answers: BTreeMap<u64, Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|answer| (answer["id"].as_u64().unwrap(), answer))
        .collect();
    let (mut tally, mut wrong) = (BTreeMap::<&str, usize>::new(), vec![]);
    let mut steps = BTreeMap::<String, usize>::new();
    for (id, case) in worlds.iter().enumerate() {
        let real = answers.get(&(id as u64)).unwrap_or(&Value::Null);
        match compare(case, cli.major, real) {
            Ok(kind) => {
                *tally.entry(kind).or_default() += 1;
                let step = case.resolve(cli.major).map(|r| format!("{:?}", r.access.step));
                *steps.entry(step.unwrap_or_else(|_| "-".into())).or_default() += 1;
            }
            Err(why) => wrong.push(format!("=== world {id}: {why}\n{}\n{real}", case.shown())),
        }
    }
    eprintln!("version {}, {cases} worlds, seed {seed}: {tally:?}, steps {steps:?}", cli.major);
    if let Some(file) = std::env::var_os("GUARD_DIFF_OUT") {
        std::fs::write(file, wrong.join("\n")).unwrap();
    }
    assert!(
        wrong.is_empty(),
        "{} of {cases} worlds read otherwise\n{}",
        wrong.len(),
        wrong.iter().take(4).cloned().collect::<Vec<_>>().join("\n")
    );
    let reached = tally.iter().filter(|(kind, _)| kind.starts_with("reached")).map(|(_, n)| n).sum::<usize>();
    assert!(reached * 3 > cases, "a third of the worlds has to reach a request, or they test little");
}

#[test]
fn generated_worlds_resolve_as_version_1_resolves_them() {
    if let Some(cli) = Cli::among(1) {
        run(&cli);
    }
}

#[test]
fn generated_worlds_resolve_as_version_2_resolves_them() {
    if let Some(cli) = Cli::among(2) {
        run(&cli);
    }
}

/// The variable of every service's endpoint, and the services for which version 1 knows better.
fn tables_hold(cli: &Cli) {
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aws/chain.py");
    let python = cli.path.parent().unwrap().join("python");
    if !python.is_file() {
        eprintln!("SKIPPED: no Python beside {}, its code cannot be asked", cli.path.display());
        return;
    }
    let output = Command::new(python).arg(driver).arg("tables").env("HOME", "/nonexistent").output().unwrap();
    let tables: Value = serde_json::from_slice(&output.stdout).unwrap();
    let endpoint = |service: &str, vars: &[(&str, &str)]| {
        let hit = Hit { service: service.to_owned(), ..Hit::default() };
        let world = World::of(&[&[("HOME", "/nonexistent")], vars].concat(), "/");
        let version = Some((cli.major, format!("{}.0.0", cli.major)));
        resolve_as(&world, &hit, version).unwrap().target.endpoint.map(|e| e.value)
    };
    let ids = tables["ids"].as_object().unwrap();
    assert!(ids.len() > 300, "{}", ids.len());
    for (service, id) in ids {
        let variable = format!("AWS_ENDPOINT_URL_{}", id.as_str().unwrap());
        let url = "http://127.0.0.1:1";
        assert_eq!(endpoint(service, &[(&variable, url)]).as_deref(), Some(url), "{service} {variable}");
    }
    let mut fixed = 0;
    for (service, regions) in tables["fixed"].as_object().unwrap() {
        for region in regions.as_array().unwrap() {
            let vars = [
                ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
                ("AWS_DEFAULT_REGION", region.as_str().unwrap()),
            ];
            assert_eq!(endpoint(service, &vars), None, "{service} in {region}");
            fixed += 1;
        }
    }
    assert_eq!(fixed > 0, cli.major == 1);
    eprintln!("version {}: {} services, {fixed} fixed addresses", cli.major, ids.len());
}

#[test]
fn the_tables_are_those_of_the_clis() {
    for cli in Cli::all() {
        tables_hold(&cli);
    }
}
