//! What commands against KMS, Secrets Manager and IAM would do, asked of a real server through the real CLI.

use crate::support::aws_probe::{Desk, fate_of, moves, protections};
use guard::engine::fact::Why;
use guard::engine::impact::{Fate, Impact};
use serde_json::json;

#[track_caller]
fn also(impact: &Impact, text: &str) {
    assert!(impact.also.iter().any(|a| a == text), "no {text:?} among {:#?}", impact.also);
}

#[track_caller]
fn gap(impact: &Impact, what: &str) -> Why {
    let found = impact.gaps.iter().find(|g| g.what == what);
    found.unwrap_or_else(|| panic!("no gap {what} among {:#?}", impact.gaps)).why.clone()
}

#[test]
fn a_key_takes_with_it_what_nobody_can_list() {
    let Some(desk) = Desk::of("kms") else { return };
    // The server does not know this newer question, and would answer it with an error of its own.
    desk.aws.fault(
        &desk.person,
        json!({"service": "kms", "operation": "GetKeyLastUsage", "code": "AccessDeniedException", "status": 400}),
    );
    let made = desk.make("kms", "create_key", json!({"Description": "payments"}));
    let id = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    desk.make("kms", "create_alias", json!({"AliasName": "alias/pay", "TargetKeyId": id}));
    let words = ["kms", "schedule-key-deletion", "--key-id", &id, "--pending-window-in-days", "7"];
    let seen = desk.ask(&words);
    let impact = &seen.impact;
    let data = fate_of(impact, "everything encrypted under");
    assert_eq!(data, (Fate::Erased, "unreadable at once, for ever after 7 days"));
    also(impact, "described as payments");
    also(impact, "known as alias/pay");
    let list = format!("what is encrypted under {id}");
    assert_eq!(gap(impact, &list), Why::Failed("AWS keeps no list of it".into()));
    assert_eq!(gap(impact, &format!("last use of {id}")), Why::Forbidden);
    assert!(protections(impact).starts_with("waiting period of 7 days"));
    let safer = format!("aws kms schedule-key-deletion --key-id {id} --pending-window-in-days 30");
    assert_eq!(seen.safer, Some(safer));
    let seen = desk.ask(&words[..4]);
    assert_eq!(seen.safer, Some(format!("aws kms disable-key --key-id {id} (enable-key takes it back)")));

    let seen = desk.ask(&["kms", "disable-key", "--key-id", &id]).impact;
    assert_eq!(fate_of(&seen, "everything encrypted under"), (Fate::Kept, "unreadable until enable-key"));
    desk.make("kms", "schedule_key_deletion", json!({"KeyId": id, "PendingWindowInDays": 7}));
    let seen = desk.ask(&words).impact;
    assert_eq!(moves(&seen), "- read: its deletion is scheduled already\n");
    let nobody = "11111111-2222-3333-4444-555555555555";
    let seen = desk.ask(&["kms", "schedule-key-deletion", "--key-id", nobody]).impact;
    assert_eq!(moves(&seen), format!("- read: no such KMS key: {nobody}\n"));
    desk.aws.fault(
        &desk.person,
        json!({"service": "kms", "operation": "DescribeKey", "code": "AccessDeniedException", "status": 400}),
    );
    let seen = desk.ask(&words).impact;
    assert_eq!((gap(&seen, &format!("KMS key {id}")), seen.subjects_total), (Why::Forbidden, 1));
    // An alias is described by its key.
    desk.aws.mend(&desk.person);
    let seen = desk.ask(&["kms", "delete-alias", "--alias-name", "alias/pay"]).impact;
    also(&seen, &format!("stands for key {id}"));
}

#[test]
fn a_secret_has_a_window_or_none() {
    let Some(desk) = Desk::of("secrets") else { return };
    let made = json!({"Name": "db/password", "SecretString": "x", "Tags": [{"Key": "env", "Value": "prod"}]});
    desk.make("secretsmanager", "create_secret", made);
    let words =
        ["secretsmanager", "delete-secret", "--secret-id", "db/password", "--force-delete-without-recovery"];
    let seen = desk.ask(&words);
    let impact = &seen.impact;
    assert_eq!(impact.gaps, []);
    assert_eq!(
        (impact.subjects[0].kind.as_str(), impact.subjects[0].name.as_str()),
        ("secret", "db/password")
    );
    assert_eq!(impact.subjects[0].labels, [("env".to_owned(), "prod".to_owned())]);
    assert_eq!(
        fate_of(impact, "secret db/password: 1 version"),
        (Fate::Erased, "at once: --force-delete-without-recovery")
    );
    also(impact, "no read of it is recorded");
    let safer = "aws secretsmanager delete-secret --secret-id db/password --recovery-window-in-days 30";
    assert_eq!(seen.safer.as_deref(), Some(safer));
    let seen = desk.ask(&words[..4]);
    assert_eq!(fate_of(&seen.impact, "secret db/password").0, Fate::Kept);
    assert_eq!(seen.safer, None);
    desk.make(
        "secretsmanager",
        "delete_secret",
        json!({"SecretId": "db/password", "RecoveryWindowInDays": 7}),
    );
    assert_eq!(moves(&desk.ask(&words[..4]).impact), "- read: its deletion is scheduled already\n");
    assert_eq!(fate_of(&desk.ask(&words).impact, "secret db/password").0, Fate::Erased);
    let seen = desk.ask(&["secretsmanager", "delete-secret", "--secret-id", "nobody"]).impact;
    assert_eq!(moves(&seen), "- read: no such secret: nobody\n");
    desk.aws.fault(
        &desk.person,
        json!({"service": "secretsmanager", "code": "AccessDeniedException", "status": 400}),
    );
    let seen = desk.ask(&words).impact;
    assert_eq!((gap(&seen, "secret db/password"), moves(&seen)), (Why::Forbidden, String::new()));
}

#[test]
fn a_role_and_a_policy_are_told_with_those_who_need_them() {
    let Some(desk) = Desk::of("iam-roles") else { return };
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    desk.make("iam", "create_role", json!({"RoleName": "app-role", "AssumeRolePolicyDocument": trust}));
    let text = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    let made = desk.make("iam", "create_policy", json!({"PolicyName": "app-policy", "PolicyDocument": text}));
    let arn = made["Policy"]["Arn"].as_str().unwrap().to_owned();
    let seen = desk.ask(&["iam", "delete-role", "--role-name", "app-role"]).impact;
    assert_eq!((seen.gaps.as_slice(), seen.refused.as_ref()), (&[][..], None));
    also(&seen, "no use of it is recorded in 400 days");
    assert!(seen.subjects[0].age_s.is_some());

    desk.make("iam", "attach_role_policy", json!({"RoleName": "app-role", "PolicyArn": arn}));
    desk.make(
        "iam",
        "put_role_policy",
        json!({"RoleName": "app-role", "PolicyName": "inline", "PolicyDocument": text}),
    );
    let seen = desk.ask(&["iam", "delete-role", "--role-name", "app-role"]).impact;
    let refused = "it still has attached policies app-policy; inline policies inline";
    assert_eq!(seen.refused.as_deref(), Some(refused));
    let seen = desk.ask(&["iam", "delete-policy", "--policy-arn", &arn]).impact;
    assert_eq!(seen.refused.as_deref(), Some("it still has attachments: role app-role"));
    assert_eq!(fate_of(&seen, "the text of").0, Fate::Erased);
    let words = ["iam", "detach-role-policy", "--policy-arn", &arn, "--role-name", "app-role"];
    let seen = desk.ask(&words).impact;
    also(&seen, "role app-role loses it");
    also(&seen, "its only attached policy");
    let inline = ["iam", "delete-role-policy", "--policy-name", "inline", "--role-name", "app-role"];
    let seen = desk.ask(&inline);
    assert_eq!(
        fate_of(&seen.impact, "policy inline of role app-role"),
        (Fate::Erased, "its text stands nowhere else")
    );
    let safer =
        "aws iam get-role-policy --policy-name inline --role-name app-role first: it is the only copy";
    assert_eq!(seen.safer.as_deref(), Some(safer));
    desk.make("iam", "detach_role_policy", json!({"RoleName": "app-role", "PolicyArn": arn}));
    let seen = desk.ask(&words).impact;
    assert_eq!(moves(&seen), "- read: app-policy is not attached to role app-role\n");
    let seen = desk.ask(&["iam", "delete-role", "--role-name", "nobody"]).impact;
    assert_eq!(moves(&seen), "- read: no such IAM role: nobody\n");
    desk.aws.fault(
        &desk.person,
        json!({"service": "iam", "operation": "ListAttachedRolePolicies", "code": "AccessDenied", "status": 403}),
    );
    let seen = desk.ask(&["iam", "delete-role", "--role-name", "app-role"]).impact;
    assert_eq!(gap(&seen, "policies of the role"), Why::Forbidden);
    assert_eq!(gap(&desk.ask(&words).impact, "policies of role app-role"), Why::Forbidden);
}

#[test]
fn users_keys_and_the_alias() {
    let Some(desk) = Desk::of("iam-users") else { return };
    desk.make("iam", "create_user", json!({"UserName": "bob"}));
    let made = desk.make("iam", "create_access_key", json!({"UserName": "bob"}));
    let key = made["AccessKey"]["AccessKeyId"].as_str().unwrap().to_owned();
    let seen = desk.ask(&["iam", "delete-user", "--user-name", "bob"]).impact;
    assert_eq!(seen.refused, Some(format!("it still has access keys {key}")));
    assert_eq!(seen.gaps, []);
    let words = ["iam", "delete-access-key", "--access-key-id", &key, "--user-name", "bob"];
    let seen = desk.ask(&words);
    also(&seen.impact, "of user bob");
    also(&seen.impact, "no use of it is recorded");
    also(&seen.impact, "the only active key of bob");
    assert_eq!(moves(&seen.impact), "");
    let safer = format!(
        "aws iam update-access-key --access-key-id {key} --status Inactive --user-name bob (Active takes it back)"
    );
    assert_eq!(seen.safer, Some(safer));
    let inactive = json!({"UserName": "bob", "AccessKeyId": key, "Status": "Inactive"});
    desk.make("iam", "update_access_key", inactive);
    assert_eq!(moves(&desk.ask(&words).impact), "- disrupt: it is inactive: nothing can be using it\n");
    let seen = desk.ask(&["iam", "delete-login-profile", "--user-name", "bob"]).impact;
    assert_eq!(moves(&seen), "- read: no such console password: bob\n");
    let seen = desk.ask(&["iam", "delete-account-alias", "--account-alias", "acme-prod"]).impact;
    also(&seen, "the word that names this account here");
    also(&seen, "the sign-in address https://acme-prod.signin.aws.amazon.com/console");
    let seen = desk.ask(&["iam", "delete-account-alias", "--account-alias", "other"]).impact;
    assert_eq!(moves(&seen), "- read: no such account alias: other\n");
}
