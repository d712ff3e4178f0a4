//! Who a command would act as, and what is said when that cannot be had.

use crate::support::aws;
use crate::support::aws_probe::Desk;
use guard::engine::fact::{Known, Why};
use serde_json::json;
use std::time::{Duration, Instant};

const WORDS: [&str; 4] = ["cloudformation", "delete-stack", "--stack-name", "nothing"];

#[test]
fn both_clis_say_who_it_is() {
    for cli in aws::Cli::all() {
        let Some(desk) = Desk::with(&format!("who-{}", cli.major), cli) else { return };
        let seen = desk.ask(&WORDS);
        assert_eq!(seen.account, Known::Known(desk.person.account.clone()));
        let arn = format!("arn:aws:iam::{}:user/{}", desk.person.account, desk.person.user);
        assert_eq!(seen.principal, Known::Known(arn.clone()));
        assert_eq!(seen.alias, Known::Known(Some("acme-prod".into())));
        assert_eq!(seen.error, None);
        let again = desk.with_request(&WORDS, guard::probe::aws::identity);
        assert_eq!(again, Ok((desk.person.account.clone(), arn)));
    }
}

#[test]
fn a_failed_identity_is_told_in_the_clis_own_words_and_nothing_else_is_shown() {
    for cli in aws::Cli::all() {
        let Some(mut desk) = Desk::with(&format!("fail-{}", cli.major), cli) else { return };
        let expired = "The security token included in the request is expired";
        desk.aws.fault(&desk.person, json!({"service": "sts", "operation": "GetCallerIdentity", "code": "ExpiredToken", "message": expired, "status": 403}));
        let seen = desk.ask(&WORDS);
        let want = format!(
            "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: {expired}"
        );
        assert_eq!(seen.error.as_deref(), Some(want.as_str()));
        assert_eq!((seen.impact, seen.safer), (guard::engine::impact::Impact::default(), None));
        assert!(matches!(seen.account, Known::Unknown(Why::Failed(_))));
        desk.aws.mend(&desk.person);

        desk.set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
        let seen = desk.ask(&WORDS);
        let error = seen.error.unwrap();
        assert!(
            error.starts_with("Could not connect to the endpoint URL") && !error.contains('\n'),
            "{error}"
        );

        desk.vars.retain(|(name, _)| !name.contains("ACCESS_KEY"));
        let error = desk.ask(&WORDS).error.unwrap();
        // Version 2 says `An error occurred (NoCredentials): ` first.
        assert!(error.contains("Unable to locate credentials") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn an_anonymous_command_has_no_account() {
    let Some(desk) = Desk::of("anonymous") else { return };
    let seen = desk.ask(&["s3", "rm", "s3://public/x", "--no-sign-request"]);
    assert!(seen.error.unwrap().starts_with("--no-sign-request"));
}

#[test]
fn throttled_and_hanging_reads_are_gaps() {
    let Some(mut desk) = Desk::of("slow") else { return };
    let stack = json!({"StackName": "slow", "TemplateBody": "Resources: { T: { Type: 'AWS::SNS::Topic' } }"});
    desk.make("cloudformation", "create_stack", stack);
    let words = ["cloudformation", "delete-stack", "--stack-name", "slow"];
    desk.aws.fault(&desk.person, json!({"service": "cloudformation", "operation": "GetTemplate", "code": "Throttling", "message": "Rate exceeded", "status": 400}));
    let seen = desk.ask(&words);
    let gap = seen.impact.gaps.iter().find(|g| g.what.starts_with("template of slow")).unwrap();
    assert!(
        matches!(&gap.why, Why::Failed(text) if text.contains("(Throttling)") && text.contains("Rate exceeded")),
        "{gap:?}"
    );
    desk.aws.mend(&desk.person);

    // One read hangs: the deadline ends it, and what has been answered is shown.
    desk.deadline = Duration::from_secs(60);
    desk.aws.fault(
        &desk.person,
        json!({"service": "cloudformation", "operation": "ListStackResources", "delay": 200}),
    );
    let start = Instant::now();
    let seen = desk.ask(&words);
    assert!(start.elapsed() < Duration::from_secs(100), "{:?}", start.elapsed());
    assert_eq!(seen.impact.subjects[0].name, "slow");
    assert!(
        seen.impact.gaps.iter().any(|g| g.what == "resources of slow" && g.why == Why::TimedOut),
        "{:?}",
        seen.impact.gaps
    );
}

/// Every call of guard's own is written down by a wrapper in front of the real CLI.
#[test]
fn the_alias_is_remembered_by_account_and_the_identity_is_not() {
    let Some(mut desk) = Desk::of("remember") else { return };
    // An endpoint from the environment keeps the notes unused; the real host names go through the proxy.
    desk.vars = desk.aws.vars(aws::Way::Proxy);
    desk.vars.extend(desk.person.keys());
    desk.set("AWS_DEFAULT_REGION", "eu-west-1");
    let log = desk.path().join("calls");
    desk.wrap(&format!("echo \"$1 $2 depth=$GUARD_DEPTH pager=[$AWS_PAGER] confirm=[$GUARD_CONFIRM]\" >> {}\nexec \"$AWS\" \"$@\"", log.display()));
    desk.set("GUARD_CONFIRM", "secret");
    desk.set("GUARD_DEPTH", "2");
    let calls =
        |word: &str| std::fs::read_to_string(&log).unwrap().lines().filter(|l| l.starts_with(word)).count();
    for round in 1..=2 {
        let seen = desk.ask(&["iam", "create-user", "--user-name", "x"]);
        assert_eq!((seen.error, seen.alias), (None, Known::Known(Some("acme-prod".into()))));
        assert_eq!((calls("sts "), calls("iam list-account-aliases")), (round, 1), "round {round}");
    }
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.lines().all(|l| l.ends_with("depth=3 pager=[] confirm=[]")), "{text}");
    // The command that changes the name asks anew.
    let seen = desk.ask(&["iam", "delete-account-alias", "--account-alias", "acme-prod"]);
    assert_eq!((seen.error, calls("iam list-account-aliases") >= 2), (None, true));
    // Another account is another note.
    let other = desk.aws.person("staging", "remember-staging");
    for (name, value) in other.keys() {
        desk.set(&name, &value);
    }
    let seen = desk.ask(&["iam", "create-user", "--user-name", "x"]);
    assert_eq!(seen.alias, Known::Known(Some("acme-staging".into())));
}

#[test]
fn a_denied_alias_is_not_known_and_an_account_without_one_has_its_name() {
    let Some(desk) = Desk::of("no-alias") else { return };
    desk.aws.fault(&desk.person, json!({"service": "iam", "operation": "ListAccountAliases", "code": "AccessDenied", "message": "no", "status": 403}));
    desk.aws.fault(
        &desk.person,
        json!({"service": "organizations", "code": "AccessDeniedException", "message": "no", "status": 400}),
    );
    let seen = desk.ask(&["iam", "create-user", "--user-name", "x"]);
    assert_eq!(seen.alias, Known::Unknown(Why::Forbidden));
    assert_eq!(seen.organisation_name, Known::Unknown(Why::Forbidden));
    assert_eq!((seen.error, seen.impact.gaps.len()), (None, 0));
}

/// Ctrl-C ends the whole group; a deadline ends the children one by one. Nothing may be left.
#[test]
fn no_child_outlives_the_deadline() {
    let Some(mut desk) = Desk::of("orphans") else { return };
    let pids = desk.path().join("pids");
    desk.wrap(&format!("echo $$ >> {}\nexec sleep 300", pids.display()));
    // Long enough for three of them to start.
    desk.deadline = Duration::from_secs(10);
    let seen = desk.ask(&WORDS);
    let error = seen.error.unwrap();
    assert_eq!(error, "aws sts get-caller-identity gave no answer within 20 s");
    let pids = std::fs::read_to_string(pids).unwrap();
    assert!(pids.lines().count() >= 3, "{pids}");
    if cfg!(target_os = "linux") {
        let end = Instant::now() + Duration::from_secs(60);
        for pid in pids.lines() {
            while std::path::Path::new("/proc").join(pid).exists() {
                assert!(Instant::now() < end, "{pid} lives");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}
