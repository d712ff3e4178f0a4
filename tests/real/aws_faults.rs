//! AWS in a bad state, and input nobody can read: the reason is said in the CLI's own words, nothing runs, nothing is
//! left behind, and what could not be learnt is never taken for "nothing there". Where a terminal or an interrupt is the
//! point, the CLI is started anew every time.

use crate::support::aws::{Cli, Person, Way};
use crate::support::aws_stage::Scene;
use crate::support::ended::ended;
use crate::support::machine::REFUSED;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Input that guard does not understand.
const NOT_UNDERSTOOD: i32 = 65;
/// Something guard needs cannot be had.
const UNAVAILABLE: i32 = 69;

macro_rules! scene {
    ($name:literal) => {
        match Scene::new($name) {
            Some(scene) => scene,
            None => return,
        }
    };
}

/// The same with a CLI that is started anew for every command.
macro_rules! cold_scene {
    ($name:literal) => {
        match Cli::v2().or_else(Cli::v1).and_then(|cli| Scene::cold($name, cli, Way::Proxy)) {
            Some(scene) => scene,
            None => return,
        }
    };
}

/// `delete-stack` of a stack that exists.
fn delete(s: &Scene, name: &str) -> Vec<&'static str> {
    s.small_stack(name);
    vec!["cloudformation", "delete-stack", "--stack-name", name.to_owned().leak()]
}

fn denied(operation: &str) -> Value {
    json!({"operation": operation, "code": "AccessDenied", "status": 403, "message": "User: ann is not authorized"})
}

/// Processes that were started in this home, by the variable that says so.
fn running(home: &Path) -> Vec<String> {
    let mark = format!("HOME={}", home.display());
    let own = |entry: &fs::DirEntry| {
        let env = fs::read(entry.path().join("environ")).ok()?;
        env.split(|b| *b == 0).any(|v| v == mark.as_bytes()).then_some(())?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        (!line.is_empty()).then(|| String::from_utf8_lossy(&line).replace('\0', " "))
    };
    fs::read_dir("/proc").unwrap().flatten().filter_map(|e| own(&e)).collect()
}

/// No process of this home is left.
#[track_caller]
fn nothing_runs(s: &Scene) {
    let end = Instant::now() + Duration::from_secs(60);
    while !running(s.stage.home.path()).is_empty() {
        assert!(Instant::now() < end, "left behind: {:?}", running(s.stage.home.path()));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The command was not run, and the stack is where it was.
#[track_caller]
fn untouched(s: &Scene, name: &str) {
    assert!(s.has_stack(name));
    assert_eq!(s.changes(), Vec::<String>::new());
    nothing_runs(s);
}

#[test]
fn expired_credentials_end_it_in_the_clis_words() {
    for s in Scene::each("expired") {
        let name = format!("expired-v{}", s.cli.major);
        let words = delete(&s, &name);
        s.aws.fault(&s.ann, json!({"code": "ExpiredToken", "status": 403, "message": "The security token included in the request is expired"}));
        s.unasked(&words)
            .is(UNAVAILABLE)
            .says("The security token included in the request is expired")
            .not("tries: ");
        s.told(&words).is(UNAVAILABLE).says("ExpiredToken");
        untouched(&s, &name);
        // Reads are not guard's business: the CLI says it itself.
        let code = if s.cli.major == 1 { 255 } else { 254 };
        s.told(&["cloudformation", "describe-stacks"]).is(code).says("ExpiredToken");
    }
}

#[test]
fn an_account_nobody_may_ask_for_is_not_guessed() {
    let s = scene!("sts");
    let words = delete(&s, "sts-app");
    s.aws.fault(&s.ann, denied("GetCallerIdentity"));
    s.unasked(&words).is(UNAVAILABLE).says("AccessDenied").not("tries: ");
    untouched(&s, "sts-app");
}

#[test]
fn no_network() {
    for mut s in Scene::each("net") {
        let name = format!("net-v{}", s.cli.major);
        let words = delete(&s, &name);
        s.stage.env("HTTPS_PROXY", "http://127.0.0.1:9");
        let started = Instant::now();
        s.told(&words).is(UNAVAILABLE).says("proxy");
        assert!(started.elapsed() < Duration::from_secs(180), "{:?}", started.elapsed());
        untouched(&s, &name);
    }
}

/// Only the account's identity is answered: the question comes, and says what nobody could look at.
#[test]
fn denied_reads_are_said_and_never_taken_for_nothing() {
    for s in Scene::each("denied") {
        let name = format!("denied-v{}", s.cli.major);
        let words = delete(&s, &name);
        s.aws.fault(&s.ann, denied("[DL]*"));
        s.aws.fault(&s.ann, denied("Get[!C]*"));
        s.aws.fault(&s.ann, denied("GetC[!a]*"));
        // Without the alias the account's id is the word.
        let said = s.check(&words);
        assert_eq!(said["effect"], json!("destroy"), "{said}");
        assert_eq!(
            said["challenge"]["phrase"],
            json!(format!("111111111111/eu-west-1/stack/{name}")),
            "{said}"
        );
        assert!(said["unchecked"].as_array().is_some_and(|all| !all.is_empty()), "{said}");
        s.wrong(&words, &format!("acme-prod/stack/{name}"))
            .is(REFUSED)
            .says("111111111111")
            .says("forbidden");
        assert!(s.has_stack(&name));
    }
}

#[test]
fn throttled_reads_are_said() {
    let s = scene!("throttle");
    let words = delete(&s, "throttle-app");
    let fault = json!({"service": "cloudformation", "operation": "[DGL][ei][^l]*", "code": "Throttling", "status": 400, "message": "Rate exceeded"});
    s.aws.fault(&s.ann, fault);
    s.aws.fault(&s.ann, json!({"service": "cloudformation", "operation": "Describe*", "code": "Throttling", "status": 400, "message": "Rate exceeded"}));
    s.wrong(&words, "acme-prod").is(REFUSED).says("Throttling");
    s.aws.mend(&s.ann);
    untouched(&s, "throttle-app");
}

#[test]
fn a_read_that_never_answers_does_not_hold_the_question_back() {
    let s = scene!("slow");
    s.stage.policy("version: 1\nprobe: {timeout_ms: 5000}\n");
    let words = delete(&s, "slow-app");
    s.aws.fault(&s.ann, json!({"service": "cloudformation", "operation": "List*", "delay": 900}));
    let mut terminal = s.terminal(&words);
    // Reads may take six times what the first answer took, which is long where a CLI needs ten seconds to start.
    assert!(terminal.comes("tries: ", Duration::from_secs(300)), "{}", terminal.output());
    terminal.send("\x04");
    ended(terminal).is(REFUSED).says("timed out");
    untouched(&s, "slow-app");
}

#[test]
fn a_profile_that_does_not_exist() {
    for mut s in Scene::each("profile") {
        let name = format!("profile-v{}", s.cli.major);
        let words = delete(&s, &name);
        s.stage.env("AWS_PROFILE", "nope");
        let end = s.told(&words).says("nope");
        assert!([NOT_UNDERSTOOD, UNAVAILABLE].contains(&end.code), "{} {}", end.code, end.output);
        let end = s.told(&[&words[..], &["--profile", "neither"]].concat()).says("neither");
        assert!([NOT_UNDERSTOOD, UNAVAILABLE].contains(&end.code), "{} {}", end.code, end.output);
        untouched(&s, &name);
    }
}

#[test]
fn no_credentials_at_all() {
    for mut s in Scene::each("none") {
        let name = format!("none-v{}", s.cli.major);
        let words = delete(&s, &name);
        fs::remove_dir_all(s.stage.at(".aws")).unwrap();
        s.stage.unset("AWS_PROFILE").env("AWS_DEFAULT_REGION", "eu-west-1");
        s.told(&words).is(UNAVAILABLE).says("Unable to locate credentials");
        untouched(&s, &name);
    }
}

#[test]
fn a_config_file_nobody_can_read() {
    let mut s = scene!("config");
    let words = delete(&s, "config-app");
    for (text, file) in
        [("[profile prod\nregion", "config"), ("[prod]\nx", "credentials"), ("\u{0}\u{1}", "config")]
    {
        s.aws.files(s.stage.home.path(), &[&s.ann, &s.bob]);
        s.stage.file(&format!(".aws/{file}"), text);
        let end = s.told(&words);
        assert!([NOT_UNDERSTOOD, UNAVAILABLE].contains(&end.code), "{text:?}: {} {}", end.code, end.output);
    }
    s.aws.files(s.stage.home.path(), &[&s.ann, &s.bob]);
    s.stage.env("AWS_CONFIG_FILE", "/nonexistent/config");
    let end = s.told(&words);
    assert_ne!(end.code, 0, "{}", end.output);
    untouched(&s, "config-app");
}

#[test]
fn an_alias_file_nobody_can_read() {
    let s = scene!("alias");
    let words = delete(&s, "alias-app");
    s.stage.file(".aws/cli/alias", "[toplevel\nnuke = cloudformation delete-stack");
    let end = s.told(&words);
    assert!([NOT_UNDERSTOOD, UNAVAILABLE, REFUSED].contains(&end.code), "{} {}", end.code, end.output);
    untouched(&s, "alias-app");
    // An alias whose quotes do not close, used.
    s.stage.file(".aws/cli/alias", "[toplevel]\nnuke = cloudformation 'delete-stack --stack-name\n");
    let end = s.told(&["nuke", "alias-app"]);
    assert_ne!(end.code, 0, "{}", end.output);
    // One that means itself, round and round.
    s.stage.file(".aws/cli/alias", "[toplevel]\na = b\nb = a\n");
    let end = s.told(&["a", "delete-stack", "--stack-name", "alias-app"]);
    assert_ne!(end.code, 0, "{}", end.output);
    untouched(&s, "alias-app");
}

#[test]
fn documents_that_cannot_be_read() {
    let s = scene!("doc");
    s.small_stack("doc-app");
    s.stage.file("broken.json", "{\"StackName\": \"doc-app\"");
    for document in ["file://broken.json", "file://missing.json", "{\"StackName\": ", "file:///dev/null"] {
        let end = s.told(&["cloudformation", "delete-stack", "--cli-input-json", document]);
        assert!([NOT_UNDERSTOOD, REFUSED].contains(&end.code), "{document}: {} {}", end.code, end.output);
    }
    // From a pipe nobody can read it twice.
    let line = "echo '{\"StackName\": \"doc-app\"}' | aws cloudformation delete-stack --cli-input-json file:///dev/stdin";
    let mut terminal = s.stage.shell(line);
    if terminal.comes_before_its_end("tries: ") {
        terminal.send("acme-prod/stack/doc-app\n");
        terminal.expect("stack/*: ");
        terminal.send("\x04");
    }
    let end = ended(terminal);
    assert!([NOT_UNDERSTOOD, REFUSED].contains(&end.code), "{} {}", end.code, end.output);
    untouched(&s, "doc-app");
}

/// A role that wants a code from the person's phone.
fn with_mfa(s: &Scene) {
    let config = "[profile mfa]\nrole_arn = arn:aws:iam::111111111111:role/Admin\nsource_profile = prod\nmfa_serial = arn:aws:iam::111111111111:mfa/ann\nregion = eu-west-1\n\n[profile prod]\nregion = eu-west-1\n";
    s.stage.file(".aws/config", config);
}

#[test]
fn the_code_for_a_role_is_asked_for_once() {
    for cli in Cli::all() {
        let Some(mut s) = Scene::cold(&format!("mfa-v{}", cli.major), cli, Way::Proxy) else { return };
        let name = format!("mfa-v{}", s.cli.major);
        let words = delete(&s, &name);
        with_mfa(&s);
        s.stage.env("AWS_PROFILE", "mfa");
        let mut terminal = s.terminal(&words);
        terminal.expect("MFA code");
        terminal.send("123456\n");
        terminal.expect("tries: ");
        terminal.send(format!("acme-prod/stack/{name}\n"));
        let end = ended(terminal).is(0);
        assert_eq!(end.output.matches("MFA code").count(), 1, "{}", end.output);
        assert!(!s.has_stack(&name));
    }
}

#[test]
fn no_code_no_command() {
    let mut s = cold_scene!("nomfa");
    let words = delete(&s, "nomfa-app");
    with_mfa(&s);
    s.stage.env("AWS_PROFILE", "mfa");
    for key in ["\x03", "\x04"] {
        let mut terminal = s.terminal(&words);
        terminal.expect("MFA code");
        terminal.send(key);
        let end = ended(terminal).not("tries: ");
        assert!([130, UNAVAILABLE].contains(&end.code), "{key:?}: {} {}", end.code, end.output);
        untouched(&s, "nomfa-app");
    }
    // Without a terminal there is nobody to ask.
    let end = s.told(&words);
    assert!([UNAVAILABLE, REFUSED].contains(&end.code), "{} {}", end.code, end.output);
    untouched(&s, "nomfa-app");
}

#[test]
fn ctrl_c_while_the_account_is_looked_at() {
    let s = cold_scene!("ctrlc");
    let words = delete(&s, "ctrlc-app");
    // First while reads are on their way, behind the identity, then while the identity itself is.
    for (fault, asked) in [(json!({"service": "cloudformation", "delay": 60}), 2), (json!({"delay": 60}), 1)]
    {
        s.aws.fault(&s.ann, fault);
        let before = s.aws.log(&s.ann).len();
        let mut terminal = s.terminal(&words);
        terminal.until("reads are on their way", || s.aws.log(&s.ann).len() >= before + asked);
        assert!(running(s.stage.home.path()).iter().any(|p| p.contains("aws")), "nothing to interrupt");
        terminal.send("\x03");
        ended(terminal).is(130).not("Traceback");
        untouched(&s, "ctrlc-app");
        s.aws.mend(&s.ann);
    }
}

#[test]
fn a_cli_that_is_no_cli() {
    let s = scene!("fake");
    s.small_stack("fake-app");
    fs::remove_file(s.stage.at("real/aws")).unwrap();
    s.stage.program("real/aws", "#!/bin/sh\necho 'aws-cli/2.9.9 Python/3 Linux/6'\necho '<html>'\n");
    let words = ["cloudformation", "delete-stack", "--stack-name", "fake-app"];
    s.told(&words).is(UNAVAILABLE);
    fs::remove_file(s.stage.at("real/aws")).unwrap();
    s.told(&words).is(127);
    untouched(&s, "fake-app");
}

/// Somebody switches the profile's keys to another account while the question stands.
#[test]
fn an_account_that_changed_under_the_question_runs_nothing() {
    let s = scene!("switch");
    let words = delete(&s, "switch-app");
    let mut terminal = s.terminal(&words);
    terminal.expect("tries: ");
    let other = Person { profile: "prod".into(), region: "eu-west-1".into(), ..s.bob.clone() };
    s.aws.files(s.stage.home.path(), &[&other]);
    terminal.send("acme-prod/stack/switch-app\n");
    ended(terminal).is(REFUSED).says("changed");
    untouched(&s, "switch-app");
    assert!(s.aws.log(&s.bob).iter().all(|asked| !asked.contains("DeleteStack")));
}
