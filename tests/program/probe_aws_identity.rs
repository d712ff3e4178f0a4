//! Who a command would act as, and what is said when that cannot be had.

use crate::support::aws_probe::{Desk, majors};
use guard::engine::fact::{Known, Why};
use serde_json::json;

const WORDS: [&str; 4] = ["cloudformation", "delete-stack", "--stack-name", "nothing"];

#[test]
fn both_clis_say_who_it_is() {
    for major in majors() {
        let Some(desk) = Desk::with(&format!("who-{}", major), major) else { return };
        let seen = desk.ask(&WORDS);
        assert_eq!(seen.account, Known::Known(desk.person.account.clone()));
        let arn = format!("arn:aws:iam::{}:user/{}", desk.person.account, desk.person.user);
        assert_eq!(seen.principal, Known::Known(arn.clone()));
        assert_eq!(seen.alias, Known::Known(Some("acme-prod".into())));
        assert_eq!(seen.error, None);
        let again = desk.with_request(&WORDS, guard::family::aws::probe::identity);
        assert_eq!(again, Ok((desk.person.account.clone(), arn)));
    }
}

#[test]
fn a_failed_identity_is_told_in_the_clis_own_words_and_nothing_else_is_shown() {
    for major in majors() {
        let Some(mut desk) = Desk::with(&format!("fail-{}", major), major) else { return };
        desk.is_aws = true;
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
    let Some(mut desk) = Desk::of("anonymous") else { return };
    desk.is_aws = true;
    let seen = desk.ask(&["s3", "rm", "s3://public/x", "--no-sign-request"]);
    assert!(seen.error.unwrap().starts_with("--no-sign-request"));
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
