//! What `aws cloudformation …` would do, asked of a real server through the real CLI.

use crate::support::aws_probe::{Desk, fate_of, goes, moves, protections};
use guard::engine::fact::{Known, Why};
use guard::engine::impact::Fate;
use serde_json::json;

const APP: &str = "
Parameters:
  Name: { Type: String, Default: app }
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub '${Name}-orders'
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
  Kept:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      TableName: !Sub '${Name}-kept'
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
  Full:
    Type: AWS::S3::Bucket
    Properties: { BucketName: !Sub '${Name}-full' }
  Empty:
    Type: AWS::S3::Bucket
    Properties: { BucketName: !Sub '${Name}-empty' }
  TopicA: { Type: AWS::SNS::Topic }
  TopicB: { Type: AWS::SNS::Topic }
Outputs:
  Topic: { Value: !Ref TopicA, Export: { Name: !Sub '${Name}-topic' } }
";

#[test]
fn delete_stack_shows_what_goes_and_what_stays() {
    let Some(desk) = Desk::of("cfn-delete") else { return };
    let parameters = json!([{"ParameterKey": "Name", "ParameterValue": "cfn-a"}]);
    desk.make(
        "cloudformation",
        "create_stack",
        json!({"StackName": "cfn-a", "TemplateBody": APP, "Parameters": parameters, "Tags": [{"Key": "env", "Value": "prod"}]}),
    );
    desk.aws.age("prod", "cfn-a", 1100);
    desk.make("s3", "put_object", json!({"Bucket": "cfn-a-full", "Key": "x", "Body": "1"}));
    let seen = desk.ask(&["cloudformation", "delete-stack", "--stack-name", "cfn-a"]);
    println!("{seen:#?}");
    assert_eq!(seen.error, None);
    assert_eq!(seen.account, Known::Known(desk.person.account.clone()));
    assert_eq!(seen.alias, Known::Known(Some("acme-prod".into())));
    let impact = &seen.impact;
    assert_eq!(impact.gaps, []);
    let stack = &impact.subjects[0];
    assert_eq!(
        (stack.kind.as_str(), stack.name.as_str(), impact.subjects_total),
        ("CloudFormation stack", "cfn-a", 1)
    );
    assert!(stack.age_s.unwrap() > 1099 * 86_400);
    assert!(stack.labels.contains(&("env".into(), "prod".into())));
    assert_eq!(
        (goes(impact, "DynamoDB table"), goes(impact, "S3 bucket"), goes(impact, "SNS Topic")),
        (1, 2, 2)
    );
    assert_eq!(fate_of(impact, "cfn-a-orders"), (Fate::Erased, "DeletionPolicy Delete"));
    assert_eq!(fate_of(impact, "cfn-a-kept"), (Fate::Kept, "Retain"));
    assert_eq!(fate_of(impact, "cfn-a-full"), (Fate::Kept, "not empty: the deletion stops there"));
    assert_eq!(fate_of(impact, "cfn-a-empty"), (Fate::Erased, "it is empty"));
    assert_eq!(
        protections(impact),
        "termination protection is OFF; turn on: aws cloudformation update-termination-protection \
         --enable-termination-protection --stack-name cfn-a\n"
    );
    assert_eq!(impact.refused, None);
}

#[test]
fn a_protected_stack_is_refused_and_a_missing_one_is_nothing() {
    let Some(desk) = Desk::of("cfn-protected") else { return };
    let body = "Resources: { T: { Type: 'AWS::SNS::Topic' } }";
    desk.make(
        "cloudformation",
        "create_stack",
        json!({"StackName": "cfn-p", "TemplateBody": body, "EnableTerminationProtection": true}),
    );
    let seen = desk.ask(&["cloudformation", "delete-stack", "--stack-name", "cfn-p"]).impact;
    assert_eq!(seen.refused.as_deref(), Some("termination protection of stack cfn-p is on"));
    assert!(protections(&seen).contains("is ON: refuses the deletion"));

    let seen = desk.ask(&[
        "cloudformation",
        "update-termination-protection",
        "--stack-name",
        "cfn-p",
        "--no-enable-termination-protection",
    ]);
    assert_eq!(protections(&seen.impact), "termination protection is removed by this command\n");

    let seen = desk.ask(&["cloudformation", "delete-stack", "--stack-name", "cfn-nobody"]).impact;
    assert_eq!(moves(&seen), "- read: no such stack: cfn-nobody\n");
    assert_eq!((seen.subjects_total, seen.gaps.len()), (0, 0), "{seen:#?}");
}

#[test]
fn nested_stacks_are_looked_into() {
    let Some(desk) = Desk::of("cfn-nested") else { return };
    desk.make(
        "s3",
        "create_bucket",
        json!({"Bucket": "cfn-templates", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    );
    let inner = APP.replace("${Name}", "cfn-inner");
    desk.make("s3", "put_object", json!({"Bucket": "cfn-templates", "Key": "inner.yaml", "Body": inner}));
    let outer = json!({"Resources": {
        "Inner": {"Type": "AWS::CloudFormation::Stack",
                  "Properties": {"TemplateURL": "https://s3.amazonaws.com/cfn-templates/inner.yaml"}},
        "T": {"Type": "AWS::SNS::Topic"},
    }});
    desk.make(
        "cloudformation",
        "create_stack",
        json!({"StackName": "cfn-outer", "TemplateBody": outer.to_string()}),
    );
    let seen = desk.ask(&["cloudformation", "delete-stack", "--stack-name", "cfn-outer"]).impact;
    assert_eq!(seen.gaps, []);
    assert_eq!((goes(&seen, "nested stack"), goes(&seen, "SNS Topic")), (1, 3));
    assert_eq!(fate_of(&seen, "cfn-inner-orders").0, Fate::Erased);
    assert_eq!(fate_of(&seen, "cfn-inner-kept").0, Fate::Kept);
    assert!(seen.also.contains(&"1 nested stack inside it".to_owned()), "{:?}", seen.also);
}

#[test]
fn what_may_not_be_read_is_said_and_never_taken_for_nothing() {
    let Some(desk) = Desk::of("cfn-denied") else { return };
    let parameters = json!([{"ParameterKey": "Name", "ParameterValue": "cfn-d"}]);
    desk.make(
        "cloudformation",
        "create_stack",
        json!({"StackName": "cfn-d", "TemplateBody": APP, "Parameters": parameters}),
    );
    let words = ["cloudformation", "delete-stack", "--stack-name", "cfn-d"];
    for (operation, what) in [
        ("ListStackResources", "resources of cfn-d"),
        ("GetTemplate", "template of cfn-d (DeletionPolicy)"),
        ("DescribeStacks", "stack cfn-d"),
    ] {
        desk.aws.fault(&desk.person, json!({"service": "cloudformation", "operation": operation, "code": "AccessDenied", "status": 403}));
        let seen = desk.ask(&words).impact;
        assert!(
            seen.gaps.iter().any(|g| g.what == what && g.why == Why::Forbidden),
            "{operation}: {:#?}",
            seen.gaps
        );
        assert_eq!(seen.consequences, [], "{operation}");
        if operation == "GetTemplate" {
            assert_eq!(fate_of(&seen, "cfn-d-orders").0, Fate::Unknown);
        }
        desk.aws.mend(&desk.person);
    }
    desk.aws.fault(&desk.person, json!({"service": "dynamodb", "operation": "DescribeTable", "code": "AccessDeniedException", "status": 400}));
    let seen = desk.ask(&words).impact;
    assert!(
        seen.gaps.iter().any(|g| g.what == "DynamoDB table cfn-d-orders" && g.why == Why::Forbidden),
        "{:#?}",
        seen.gaps
    );
    assert_eq!(fate_of(&seen, "cfn-d-orders").0, Fate::Erased);
}

const TABLE: &str = "
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: NAME
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
";

#[test]
fn updates_show_what_they_remove() {
    let Some(desk) = Desk::of("cfn-update") else { return };
    let topic = "  T: { Type: AWS::SNS::Topic }\n";
    let old = format!("Resources:\n{topic}  Orders:{}", TABLE.replace("NAME", "cfn-u-orders"));
    let new = format!("Resources:\n{topic}  U: {{ Type: AWS::SNS::Topic }}\n");
    desk.make("cloudformation", "create_stack", json!({"StackName": "cfn-u", "TemplateBody": old}));

    let update = ["cloudformation", "update-stack", "--stack-name", "cfn-u", "--template-body", new.as_str()];
    let seen = desk.ask(&update);
    assert_eq!(fate_of(&seen.impact, "cfn-u-orders"), (Fate::Erased, "removed"));
    assert!(
        moves(&seen.impact).contains("+ destroy: DynamoDB table cfn-u-orders is removed"),
        "{}",
        moves(&seen.impact)
    );
    assert!(
        seen.impact.gaps.iter().any(|g| g.what.starts_with("what else the update replaces")),
        "{:?}",
        seen.impact.gaps
    );
    assert!(
        seen.safer
            .unwrap()
            .starts_with("aws cloudformation create-change-set --stack-name cfn-u --template-body ")
    );

    let file = desk.path().join("new.yaml");
    std::fs::write(&file, &new).unwrap();
    let path = file.display().to_string();
    let deploy = ["cloudformation", "deploy", "--stack-name", "cfn-u", "--template-file", path.as_str()];
    let seen = desk.ask(&deploy);
    assert_eq!(fate_of(&seen.impact, "cfn-u-orders").0, Fate::Erased);
    assert!(seen.safer.unwrap().ends_with("--no-execute-changeset"));
    let first = ["cloudformation", "deploy", "--stack-name", "cfn-new", "--template-file", path.as_str()];
    assert_eq!(moves(&desk.ask(&first).impact), "- mutate: there is no such stack yet: it is created\n");

    desk.make(
        "cloudformation",
        "create_change_set",
        json!({"StackName": "cfn-u", "ChangeSetName": "drop", "TemplateBody": new}),
    );
    let set = ["cloudformation", "execute-change-set", "--change-set-name", "drop", "--stack-name", "cfn-u"];
    let seen = desk.ask(&set).impact;
    // moto calls every resource of a change set added; what AWS calls removed is tested beside the code.
    assert!(seen.also[0].starts_with("change set drop, made "), "{seen:#?}");
    assert_eq!(seen.subjects[0].name, "cfn-u");
    let none = ["cloudformation", "execute-change-set", "--change-set-name", "no", "--stack-name", "cfn-u"];
    assert_eq!(moves(&desk.ask(&none).impact), "- read: no such change set: no\n");
    let discard =
        ["cloudformation", "delete-change-set", "--change-set-name", "drop", "--stack-name", "cfn-u"];
    assert!(moves(&desk.ask(&discard).impact).starts_with("- mutate: a change set is a plan"));
}

#[test]
fn updates_name_the_stores_they_may_replace() {
    let Some(desk) = Desk::of("cfn-replace") else { return };
    let old = "Parameters: { Name: { Type: String, Default: cfn-r } }\nResources:
  T: { Type: AWS::SNS::Topic }
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub '${Name}-orders'
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
  Kept:
    Type: AWS::DynamoDB::Table
    UpdateReplacePolicy: Retain
    DeletionPolicy: Retain
    Properties:
      TableName: !Sub '${Name}-kept'
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
";
    let topics = "Resources: { T: { Type: 'AWS::SNS::Topic' } }";
    desk.make("cloudformation", "create_stack", json!({"StackName": "cfn-r", "TemplateBody": old}));
    desk.make("cloudformation", "create_stack", json!({"StackName": "cfn-r-topics", "TemplateBody": topics}));
    let update = |stack: &str, more: &[&str]| {
        let words = ["cloudformation", "update-stack", "--stack-name", stack];
        desk.ask(&words.iter().chain(more).copied().collect::<Vec<_>>()).impact
    };
    let may = "+ destroy: DynamoDB table cfn-r-orders may be replaced by a new, empty one\n";
    // Another key; a parameter that the table's name takes; the template as it is with that parameter.
    let key = old.replace("AttributeName: id", "AttributeName: key");
    let seen = update("cfn-r", &["--template-body", &key]);
    assert_eq!(moves(&seen), may, "{seen:#?}");
    assert_eq!(
        fate_of(&seen, "cfn-r-orders"),
        (Fate::Unknown, "may be replaced: AttributeDefinitions and KeySchema differ")
    );
    assert_eq!(fate_of(&seen, "cfn-r-kept").0, Fate::Kept);
    let other = "ParameterKey=Name,ParameterValue=other";
    for template in [&["--template-body", old][..], &["--use-previous-template"]] {
        let words: Vec<&str> = template.iter().copied().chain(["--parameters", other]).collect();
        let seen = update("cfn-r", &words);
        assert_eq!(moves(&seen), may, "{template:?}");
        assert_eq!(fate_of(&seen, "cfn-r-orders").1, "may be replaced: it takes Name, which may differ");
    }
    let file = desk.path().join("same.yaml");
    std::fs::write(&file, old).unwrap();
    let path = file.display().to_string();
    let deploy = ["cloudformation", "deploy", "--stack-name", "cfn-r", "--template-file", path.as_str()];
    assert_eq!(moves(&desk.ask(&deploy).impact), "");
    let with: Vec<&str> = deploy.into_iter().chain(["--parameter-overrides", "Name=other"]).collect();
    assert_eq!(moves(&desk.ask(&with).impact), may);
    // The same again loses nothing, and a stack without stores has nothing to lose.
    let same = "ParameterKey=Name,UsePreviousValue=true";
    assert_eq!(moves(&update("cfn-r", &["--template-body", old, "--parameters", same])), "");
    assert_eq!(moves(&update("cfn-r", &["--use-previous-template", "--parameters", same])), "");
    let unread = ["--template-url", "https://example.com/unread.yaml"];
    assert_eq!(moves(&update("cfn-r-topics", &unread)), "");
    // A template that was not read may hold anything.
    let seen = update("cfn-r", &unread);
    assert_eq!(
        moves(&seen),
        "+ destroy: DynamoDB table cfn-r-orders and 1 more may be replaced by a new, empty one\n"
    );
    assert_eq!(fate_of(&seen, "cfn-r-kept").0, Fate::Unknown);
    for operation in ["GetTemplate", "ListStackResources", "DescribeStacks"] {
        desk.aws.fault(&desk.person, json!({"service": "cloudformation", "operation": operation, "code": "AccessDenied", "status": 403}));
        let seen = update("cfn-r", &["--template-body", &key]);
        assert!(moves(&seen).contains("+ destroy: "), "{operation}: {seen:#?}");
        desk.aws.mend(&desk.person);
    }
}

#[test]
fn templates_in_s3_are_read_and_nested_ones_followed() {
    let Some(desk) = Desk::of("cfn-leaf") else { return };
    desk.make(
        "s3",
        "create_bucket",
        json!({"Bucket": "cfn-leaf", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    );
    let put = |key: &str, body: &str| {
        desk.make("s3", "put_object", json!({"Bucket": "cfn-leaf", "Key": key, "Body": body}));
    };
    let inner = format!("Resources:\n  Orders:{}", TABLE.replace("NAME", "cfn-leaf-orders"));
    put("inner.yaml", &inner);
    let outer = "Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: 'https://s3.amazonaws.com/cfn-leaf/inner.yaml' }
  T: { Type: AWS::SNS::Topic }
";
    put("outer.yaml", outer);
    desk.make("cloudformation", "create_stack", json!({"StackName": "cfn-leaf", "TemplateBody": outer}));
    let update = |more: &[&str]| {
        let words = ["cloudformation", "update-stack", "--stack-name", "cfn-leaf"];
        desk.ask(&words.iter().chain(more).copied().collect::<Vec<_>>()).impact
    };
    let may = "+ destroy: DynamoDB table cfn-leaf-orders may be replaced by a new, empty one\n";
    let url = ["--template-url", "https://cfn-leaf.s3.eu-west-1.amazonaws.com/outer.yaml"];
    assert_eq!(moves(&update(&url)), "");
    assert_eq!(moves(&update(&["--use-previous-template"])), "");
    // What lies at the address has changed, though the stack's own template has not.
    put("inner.yaml", &inner.replace("AttributeName: id", "AttributeName: key"));
    let seen = update(&["--template-body", outer]);
    assert_eq!(moves(&seen), may, "{seen:#?}");
    assert_eq!(
        fate_of(&seen, "cfn-leaf-orders").1,
        "may be replaced: AttributeDefinitions and KeySchema differ"
    );
    let without = "Resources: { T: { Type: 'AWS::SNS::Topic' } }";
    let seen = update(&["--template-body", without]);
    assert_eq!(fate_of(&seen, "cfn-leaf-orders"), (Fate::Erased, "removed"));
    desk.aws.fault(
        &desk.person,
        json!({"service": "s3", "operation": "*Object*", "code": "AccessDenied", "status": 403}),
    );
    let seen = update(&["--template-body", outer]);
    assert_eq!(moves(&seen), may);
    let because = fate_of(&seen, "cfn-leaf-orders").1;
    assert!(
        because.contains("nested stack Inner: https://s3.amazonaws.com/cfn-leaf/inner.yaml"),
        "{because}"
    );
}
