//! What is easy to get wrong about the target of an AWS command: identity, region and endpoint in both versions of the
//! CLI, and how guard tells it. That the CLI itself does so is held by `resolve_aws.rs` and by the tests against a server.

use guard::engine::aws::Hit;
use guard::engine::fact::Source;
use guard::exit::Exit;
use guard::fail::{Fail, Result};
use guard::family::aws::resolve::{ResolvedAws, Step, profiles, resolve, resolve_as};
use guard::world::World;
use std::path::Path;

/// Keys that carry the accounts 111111111111 and 222222222222.
const PROD: &str = "AKIARTXV5AHDQAAAAAAA";
const STAGING: &str = "AKIATHPL2AOHAAAAAAAA";

const CONFIG: &str = "\
[default]
region = us-west-1

[profile staging]
region = us-east-1

[profile prod]
region = eu-west-1
output = json

[profile admin]
role_arn = arn:aws:iam::111111111111:role/Admin
source_profile = staging
mfa_serial = arn:aws:iam::222222222222:mfa/anna

[profile deep]
role_arn = arn:aws:iam::333333333333:role/Deep
source_profile = admin

[profile login]
sso_session = corp
sso_account_id = 444444444444
sso_role_name = Operator

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1

[profile process]
credential_process = /usr/bin/vault-helper --token SECRETSECRET
aws_account_id = 555555555555

[profile local]
region = eu-west-1
services = here
endpoint_url = http://127.0.0.1:9999

[services here]
s3 =
  endpoint_url = http://127.0.0.1:4566
";

fn credentials() -> String {
    format!(
        "[prod]\naws_access_key_id = {PROD}\naws_secret_access_key = SECRETSECRET\n\n\
         [staging]\naws_access_key_id = {STAGING}\naws_secret_access_key = SECRETSECRET\n"
    )
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        place.put(".aws/config", CONFIG);
        place.put(".aws/credentials", &credentials());
        place
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn path(&self, path: &str) -> String {
        self.0.path().join(path).to_str().unwrap().to_owned()
    }

    fn world(&self, vars: &[(&str, &str)]) -> World {
        let home = self.path("");
        World::of(&[&[("HOME", home.trim_end_matches('/'))], vars].concat(), self.0.path())
    }

    /// `aws [--global value …] service …`, as this version reads it.
    fn at(&self, major: u8, vars: &[(&str, &str)], words: &str) -> ResolvedAws {
        self.try_at(Some(major), vars, words).unwrap_or_else(|fail| panic!("{fail}"))
    }

    fn fails(&self, vars: &[(&str, &str)], words: &str) -> Fail {
        self.try_at(Some(2), vars, words).unwrap_err()
    }

    fn try_at(&self, major: Option<u8>, vars: &[(&str, &str)], words: &str) -> Result<ResolvedAws> {
        let resolved = resolve_as(&self.world(vars), &hit(words), major.map(|m| (m, format!("{m}.1.0"))));
        assert!(!format!("{resolved:?}").contains("SECRETSECRET"), "a secret is shown");
        resolved
    }

    fn source(&self, path: &str, line: u32) -> Source {
        Source::File { path: self.path(path), line: Some(line) }
    }
}

fn hit(words: &str) -> Hit {
    let mut hit = Hit::default();
    let mut words = words.split(' ');
    while let Some(word) = words.next() {
        match word.strip_prefix("--") {
            Some(switch @ ("no-verify-ssl" | "no-sign-request")) => {
                hit.globals.push((switch.to_owned(), None))
            }
            Some(name) => hit.globals.push((name.to_owned(), words.next().map(str::to_owned))),
            None if hit.service.is_empty() => hit.service = word.to_owned(),
            None => hit.operation = word.to_owned(),
        }
    }
    hit
}

fn keys() -> Vec<(&'static str, &'static str)> {
    vec![("AWS_ACCESS_KEY_ID", PROD), ("AWS_SECRET_ACCESS_KEY", "SECRETSECRET")]
}

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    keys().into_iter().chain(more.iter().copied()).collect()
}

fn region(resolved: &ResolvedAws) -> Option<&str> {
    resolved.target.region.as_ref().map(|r| r.value.as_str())
}

fn endpoint(resolved: &ResolvedAws) -> Option<&str> {
    resolved.target.endpoint.as_ref().map(|e| e.value.as_str())
}

fn words_of(resolved: &ResolvedAws) -> &str {
    resolved.target.credentials.as_ref().map_or("", |c| &c.value)
}

const STACK: &str = "cloudformation delete-stack";

#[test]
fn environment_keys_beat_the_profile_that_a_variable_names() {
    let place = Place::new();
    for major in [1, 2] {
        let found = place.at(major, &with(&[("AWS_PROFILE", "staging")]), STACK);
        assert_eq!(found.access.step, Step::Environment);
        assert_eq!(found.access.access_key_id.as_deref(), Some(PROD));
        assert_eq!(words_of(&found), "environment keys");
        assert_eq!(region(&found), Some("us-east-1"));
        assert_eq!(
            found.target.notes,
            ["AWS_PROFILE=staging is not used for credentials: environment keys beat it; the region comes \
              from it all the same"]
        );
        // The account the person has in mind, for the screen to hold against the real one.
        assert_eq!(found.target.suggested_account.unwrap().value, "222222222222");
    }
}

#[test]
fn the_profile_flag_beats_environment_keys() {
    let place = Place::new();
    let found = place.at(2, &keys(), &format!("--profile staging {STACK}"));
    assert_eq!((found.access.step, region(&found)), (Step::CredentialsFile, Some("us-east-1")));
    assert_eq!(found.target.suggested_account.as_ref().unwrap().value, "222222222222");
    assert_eq!(found.target.credentials.unwrap().from, place.source(".aws/credentials", 6));
    assert_eq!(found.target.region.unwrap().from, place.source(".aws/config", 5));
    let found = place.at(1, &keys(), &format!("--profile staging --profile prod {STACK}"));
    assert_eq!(found.target.suggested_account.unwrap().value, "111111111111");
}

#[test]
fn the_versions_take_another_variable_for_the_profile() {
    let place = Place::new();
    let vars = [("AWS_PROFILE", "prod"), ("AWS_DEFAULT_PROFILE", "staging")];
    let name = |major| place.at(major, &vars, STACK).target.profile.unwrap().value;
    assert_eq!((name(1).as_str(), name(2).as_str()), ("staging", "prod"));
    assert_eq!(
        place.at(1, &vars, STACK).target.notes,
        ["AWS_PROFILE=prod is not used: version 1 of the CLI takes AWS_DEFAULT_PROFILE"]
    );
    let unknown = place.try_at(None, &vars, STACK).unwrap().target.notes;
    assert!(unknown[0].contains("may be the profile instead"), "{unknown:?}");
    assert!(unknown.last().unwrap().contains("version could not be found out"), "{unknown:?}");
}

#[test]
fn the_versions_take_another_variable_for_the_region() {
    let place = Place::new();
    let one = [("AWS_PROFILE", "prod"), ("AWS_REGION", "us-west-2")];
    assert_eq!(region(&place.at(1, &one, STACK)), Some("eu-west-1"));
    assert_eq!(region(&place.at(2, &one, STACK)), Some("us-west-2"));
    assert_eq!(
        place.at(1, &one, STACK).target.notes,
        ["AWS_REGION=us-west-2 is not used: version 1 of the CLI does not read it"]
    );
    let both = [("AWS_REGION", "us-west-2"), ("AWS_DEFAULT_REGION", "ap-south-1")];
    assert_eq!(region(&place.at(1, &both, STACK)), Some("ap-south-1"));
    assert_eq!(region(&place.at(2, &both, STACK)), Some("us-west-2"));
    let flag = format!("--region us-west-1 {STACK}");
    assert_eq!(place.at(1, &both, &flag).target.region.unwrap().from, Source::Flag("region".into()));
    // An empty one hides the profile's.
    let empty = place.at(2, &[("AWS_PROFILE", "prod"), ("AWS_DEFAULT_REGION", "")], STACK);
    assert_eq!(region(&empty), None);
    assert!(
        empty.target.notes[0].contains("$AWS_DEFAULT_REGION is set but empty"),
        "{:?}",
        empty.target.notes
    );
}

#[test]
fn profiles_that_are_not_there() {
    let place = Place::new();
    let fail = place.fails(&[("AWS_PROFILE", "")], STACK);
    assert_eq!(fail.exit(), Exit::Data);
    assert_eq!(
        fail.to_string(),
        "guard: error: AWS_PROFILE is set but empty, and the AWS CLI refuses that\n  \
         because: The config profile () could not be found\n  \
         help: unset AWS_PROFILE, or name a profile; the command was not run"
    );
    let fail = place.fails(&[], &format!("--profile stagign {STACK}"));
    assert_eq!(fail.exit(), Exit::Data);
    assert_eq!(
        fail.to_string(),
        format!(
            "guard: error: there is no profile stagign, which --profile names\n  because: neither {} nor {} has it\n  \
             help: did you mean staging? The command was not run",
            place.path(".aws/config"),
            place.path(".aws/credentials")
        )
    );
    let fail = place.fails(&[("AWS_CONFIG_FILE", "/nonexistent/c"), ("AWS_PROFILE", "zzz")], STACK);
    assert!(fail.because[0].contains("/nonexistent/c (AWS_CONFIG_FILE), which does not exist"), "{fail}");
    // `configure` makes it.
    assert!(place.try_at(Some(2), &[], "--profile new configure set").is_ok());
}

#[test]
fn a_file_that_cannot_be_understood_is_shown_without_its_secrets() {
    let place = Place::new();
    place.put(".aws/credentials", "[prod]\naws_secret_access_key SECRETSECRET\n");
    let fail = place.fails(&[], STACK);
    assert_eq!(fail.exit(), Exit::Data);
    assert_eq!(
        fail.excerpt.as_deref(),
        Some(
            format!("  --> {}:2\n2 | aws_secret_access_key ...\n  | ^", place.path(".aws/credentials"))
                .as_str()
        )
    );
    assert_eq!(fail.because, ["it is neither [section] nor key = value"]);
    place.put(".aws/credentials", "[prod]\nSECRETSECRET\n");
    assert!(!place.fails(&[], STACK).to_string().contains("SECRETSECRET"));
    place.put(".aws/credentials", "[prod]\nx = 1\n[prod]\n");
    let fail = place.fails(&[], STACK).to_string();
    assert!(fail.contains(":3\n3 | [prod]\n") && fail.contains("there is a second [prod]"), "{fail}");
}

#[test]
fn roles_logins_and_processes_in_words() {
    let place = Place::new();
    let at = |profile: &str| place.at(2, &[("AWS_PROFILE", profile)], STACK);
    let admin = at("admin");
    assert_eq!(
        words_of(&admin),
        "role arn:aws:iam::111111111111:role/Admin assumed from profile staging with a code of \
         arn:aws:iam::222222222222:mfa/anna"
    );
    assert_eq!(admin.access.mfa.as_deref(), Some("arn:aws:iam::222222222222:mfa/anna"));
    assert!(admin.access.may_prompt());
    assert_eq!(admin.target.suggested_account.unwrap().value, "111111111111");
    let deep = at("deep");
    assert!(words_of(&deep).starts_with(
        "role arn:aws:iam::333333333333:role/Deep assumed from role arn:aws:iam::111111111111:role/Admin assumed"
    ));
    let login = at("login");
    assert_eq!(words_of(&login), "SSO role Operator in account 444444444444 of profile login");
    assert_eq!(login.access.step, Step::Sso);
    // The arguments of the process are nobody's business.
    let process = at("process");
    assert_eq!(words_of(&process), "the credential process /usr/bin/vault-helper of profile process");
    assert_eq!(process.target.suggested_account.unwrap().value, "555555555555");
    let unsigned = place.at(2, &keys(), &format!("--no-sign-request {STACK}"));
    assert_eq!(unsigned.access.step, Step::Unsigned);
}

#[test]
fn an_endpoint_counts_only_where_the_cli_honours_it() {
    let place = Place::new();
    let local = [("AWS_ENDPOINT_URL", "http://127.0.0.1:5055")];
    let rds = "--region us-east-1 rds delete-db-instance";
    assert_eq!(endpoint(&place.at(2, &local, rds)), Some("http://127.0.0.1:5055"));
    assert!(place.at(2, &local, rds).target.is_local());
    let ignored = place.at(1, &local, rds);
    assert!(!ignored.target.is_local() && endpoint(&ignored).is_none());
    assert!(
        ignored.target.notes[0].contains("version 1 of the CLI goes to AWS itself for rds"),
        "{:?}",
        ignored.target.notes
    );
    // Not known which version: never called local.
    let careful = place.try_at(None, &local, rds).unwrap();
    assert!(!careful.target.is_local());
    let there = place.at(1, &local, "--region eu-west-1 rds delete-db-instance");
    assert!(there.target.is_local());
    let given =
        place.at(1, &[], "--region us-east-1 --endpoint-url http://127.0.0.1:5055 rds delete-db-instance");
    assert!(given.target.is_local());

    let ignore = [local[0], ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
    let off = place.at(2, &ignore, STACK);
    assert_eq!(endpoint(&off), None);
    assert!(
        off.target.notes[0].contains("$AWS_IGNORE_CONFIGURED_ENDPOINT_URLS says so"),
        "{:?}",
        off.target.notes
    );
    let url = format!("--endpoint-url http://127.0.0.1:1 {STACK}");
    assert_eq!(endpoint(&place.at(2, &ignore, &url)), Some("http://127.0.0.1:1"));
}

#[test]
fn a_profile_may_be_passed_over_in_other_ways() {
    let place = Place::new();
    place.put("token", "SECRETSECRET");
    let token = place.path("token");
    let pod = [
        ("AWS_PROFILE", "staging"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()),
        ("AWS_ROLE_ARN", "arn:aws:iam::111111111111:role/pod"),
    ];
    let found = place.at(2, &pod, STACK);
    assert_eq!(found.access.step, Step::WebIdentity);
    assert!(found.target.notes[0].contains("the web identity variables beat it"), "{:?}", found.target.notes);
    assert_eq!(found.target.suggested_account.unwrap().value, "222222222222");
    // A profile with nothing but a region ends at whatever the machine has.
    let found = place.at(2, &[("AWS_PROFILE", "local")], STACK);
    assert_eq!(found.access.step, Step::Instance);
    assert_eq!(
        found.target.notes,
        [
            "profile local has no credentials of its own, so the CLI goes on to the instance's role, if this is an \
          instance; the region comes from it all the same"
        ]
    );
    let nowhere = place.at(2, &[("AWS_PROFILE", "admin")], STACK).target.notes;
    assert!(nowhere.iter().any(|n| n.starts_with("no region is set")), "{nowhere:?}");
    let old = place.at(1, &[("AWS_PROFILE", "admin")], STACK).target.notes;
    assert!(!old.iter().any(|n| n.starts_with("no region is set")), "{old:?}");
}

#[test]
fn a_password_in_an_endpoint_is_not_shown() {
    let place = Place::new();
    let url = "http://anna:SECRETSECRET@127.0.0.1:1/x";
    let found = place.at(1, &[("AWS_ENDPOINT_URL", url)], STACK);
    assert_eq!(endpoint(&found), Some("http://127.0.0.1:1/x"));
    assert!(found.target.is_local());
    place.at(1, &[("AWS_ENDPOINT_URL", url)], "--region us-east-1 rds delete-db-instance");
    place.at(1, &[("AWS_ENDPOINT_URL_STS", url)], STACK);
}

#[test]
fn an_endpoint_of_a_services_section() {
    let place = Place::new();
    let vars = [("AWS_PROFILE", "local")];
    let s3 = place.at(2, &vars, "s3 rm");
    assert_eq!(endpoint(&s3), Some("http://127.0.0.1:4566"));
    assert_eq!(s3.target.endpoint.unwrap().from, place.source(".aws/config", 40));
    assert_eq!(endpoint(&place.at(2, &vars, STACK)), Some("http://127.0.0.1:9999"));
}

#[test]
fn the_identity_may_be_asked_for_elsewhere() {
    let place = Place::new();
    let found = place.at(2, &[("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")], STACK);
    assert_eq!(endpoint(&found), None);
    assert_eq!(
        found.target.notes,
        [
            "the account is asked for at http://127.0.0.1:9 ($AWS_ENDPOINT_URL_STS), the command goes to AWS itself"
        ]
    );
    let same = place.at(2, &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")], STACK);
    assert!(same.target.notes.is_empty(), "{:?}", same.target.notes);
}

#[test]
fn guards_own_calls_carry_what_decides() {
    let place = Place::new();
    let carry = |words: &str| -> Vec<String> {
        place.at(2, &[], words).access.carry.iter().map(|w| w.to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        carry(
            "--profile staging --profile prod --region us-west-2 --ca-bundle ca.pem --no-verify-ssl --output text \
             --endpoint-url http://127.0.0.1:5055 --cli-read-timeout 5 s3 rm"
        ),
        [
            "--profile=prod",
            "--region=us-west-2",
            "--ca-bundle=ca.pem",
            "--cli-read-timeout=5",
            "--endpoint-url=http://127.0.0.1:5055",
            "--no-verify-ssl"
        ]
    );
    // A VPC endpoint is one service's address; the identity is asked of another.
    assert!(carry("--endpoint-url https://vpce-1.s3.eu-west-1.vpce.amazonaws.com s3 rm").is_empty());
}

#[test]
fn what_came_from_files_is_held_for_the_exec() {
    let place = Place::new();
    let freeze = |vars: &[(&str, &str)], words: &str| -> Vec<String> {
        let access = place.at(2, vars, words).access;
        access.freeze.iter().map(|(n, v)| format!("{n}={}", v.to_str().unwrap())).collect()
    };
    assert_eq!(
        freeze(&[("AWS_PROFILE", "local")], "s3api delete-object"),
        [
            "AWS_CLI_AUTO_PROMPT=off",
            "AWS_REGION=eu-west-1",
            "AWS_DEFAULT_REGION=eu-west-1",
            "AWS_ENDPOINT_URL_S3=http://127.0.0.1:4566"
        ]
    );
    assert_eq!(freeze(&[("AWS_REGION", "us-east-1")], STACK), ["AWS_CLI_AUTO_PROMPT=off"]);
    assert_eq!(freeze(&[("AWS_PROFILE", "local")], "configure set"), ["AWS_CLI_AUTO_PROMPT=off"]);
}

#[test]
fn whatever_decides_is_in_the_digest() {
    let place = Place::new();
    let of = |vars: &[(&str, &str)], words: &str| place.at(2, vars, words).access.digest;
    let base = of(&[], STACK);
    assert_eq!(of(&[("PATH", "/bin"), ("TERM", "x")], STACK), base);
    let other_version = resolve_as(&place.world(&[]), &hit(STACK), Some((2, "2.2.0".into()))).unwrap();
    let mut all = vec![
        base,
        of(&[("AWS_REGION", "x")], STACK),
        of(&[("AWS_SESSION_TOKEN", "x")], STACK),
        of(&[], &format!("--region x {STACK}")),
        other_version.access.digest,
    ];
    place.put(".aws/cli/cache/x.json", "{}");
    assert_eq!(of(&[], STACK), base, "role sessions are renewed by the CLI itself");
    for path in [".aws/config", ".aws/credentials", ".aws/cli/alias"] {
        let at = Path::new(&place.path(path)).to_owned();
        let before = std::fs::read_to_string(&at).unwrap_or_else(|_| "[toplevel]\n".into());
        place.put(path, &format!("{before}# changed\n"));
        all.push(of(&[], STACK));
    }
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "something that decides is not in the digest");
}

#[test]
fn global_services_are_known() {
    let place = Place::new();
    for service in ["iam", "organizations", "route53", "cloudfront"] {
        assert!(place.at(2, &[], &format!("{service} x")).target.global_service, "{service}");
    }
    assert!(!place.at(2, &[], STACK).target.global_service);
}

#[test]
fn arguments_that_point_elsewhere() {
    let place = Place::new();
    let mut command = hit("--profile prod cloudformation delete-stack");
    command.options = vec![
        ("role-arn".into(), vec!["arn:aws:iam::222222222222:role/x".into()]),
        ("stack-name".into(), vec!["arn:aws:cloudformation:us-east-1:111111111111:stack/app/1".into()]),
    ];
    let found = resolve_as(&place.world(&[]), &command, Some((2, "2.1.0".into()))).unwrap();
    assert_eq!(
        found.target.elsewhere,
        ["account 222222222222 (in --role-arn)", "region us-east-1 (in --stack-name)"]
    );
}

#[test]
fn every_profile_is_listed_with_its_place() {
    let place = Place::new();
    let all = profiles(&place.world(&keys())).unwrap();
    let lines: Vec<String> = all
        .iter()
        .map(|p| {
            let account = p.account.as_ref().map_or("-", |a| a.value.as_str());
            format!("{} {} {account}", p.name, p.region.as_deref().unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        lines,
        [
            "default us-west-1 -",
            "staging us-east-1 222222222222",
            "prod eu-west-1 111111111111",
            "admin - 111111111111",
            "deep - 333333333333",
            "login - 444444444444",
            "process - 555555555555",
            "local eu-west-1 -"
        ]
    );
    assert_eq!(all[1].at, place.source(".aws/config", 4));
    assert!(!format!("{all:?}").contains("SECRETSECRET"));
}

#[test]
fn a_binary_that_does_not_say_its_version_is_read_with_care() {
    let place = Place::new();
    let found = resolve(&place.world(&[]), &hit(STACK), Path::new("/bin/false")).unwrap();
    assert_eq!(found.access.major, None);
    assert!(found.target.notes[0].contains("version could not be found out"), "{:?}", found.target.notes);
}
