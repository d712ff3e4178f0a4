use super::*;
use crate::engine::aws::grammar::parse;
use crate::engine::aws::tables;
use crate::engine::aws::{Documents, classify, lean, opts, table};
use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};

/// Words are split at blanks, `'…'` stays together.
fn split(line: &str) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = vec![Vec::new()];
    let mut quoted = false;
    for byte in line.bytes() {
        match byte {
            b'\'' => quoted = !quoted,
            b' ' if !quoted => words.push(Vec::new()),
            byte => words.last_mut().unwrap().push(byte),
        }
    }
    words
}

/// The effect of one line.
fn of(line: &str) -> Effect {
    let words = split(line);
    let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    classify(&slices).effect
}

/// Whether the shim would have the full guard look at the arguments of a command that is a change by its words.
fn is_seen_by_the_shim(line: &str) -> bool {
    let words = split(line);
    let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let parsed = parse(&slices, 2);
    let opts = opts::resolve(&parsed, &Documents::none());
    tables::has_conditions(&parsed.command()) || opts.pending || lean::matter(&opts)
}

fn check(rows: &[(Effect, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(want, line)| of(line) != *want)
        .map(|(want, line)| format!("{line}: {} instead of {want}", of(line)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unseen = rows.iter().filter(|(want, line)| {
        let words: Vec<&str> = line.split(' ').take(2).collect();
        let floor = table::effect(words[0].as_bytes(), &[words[1].as_bytes()]).0;
        floor == Mutate && *want != Mutate && !line.contains("--cli-input") && !is_seen_by_the_shim(line)
    });
    assert_eq!(unseen.map(|(_, line)| *line).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn names_are_taken_apart() {
    for (name, want) in [
        ("DesiredCapacity", vec!["desired", "capacity"]),
        ("desired-capacity", vec!["desired", "capacity"]),
        ("SSEStatus", vec!["sse", "status"]),
        ("/features/isEnabled", vec!["features", "is", "enabled"]),
        ("x.y_z", vec!["x", "y", "z"]),
        ("", vec![]),
    ] {
        assert_eq!(words(name), want, "{name}");
    }
}

#[test]
fn zero_stops_what_works() {
    check(&[
        (Disrupt, "gamelift update-fleet-capacity --fleet-id f --desired-instances 0"),
        (Disrupt, "gamelift update-fleet-capacity --fleet-id f --desired-instances=0"),
        (Disrupt, "appstream update-fleet --name f --compute-capacity DesiredInstances=0"),
        (Disrupt, "appstream update-fleet --name f --compute-capacity '{\"DesiredInstances\": 0}'"),
        (
            Disrupt,
            "batch update-compute-environment --compute-environment e --compute-resources desiredvCpus=0,maxvCpus=0",
        ),
        (Disrupt, "kafkaconnect update-connector --capacity provisionedCapacity={workerCount=0}"),
        (
            Disrupt,
            "globalaccelerator update-endpoint-group --endpoint-group-arn a --traffic-dial-percentage 0",
        ),
        (
            Disrupt,
            "globalaccelerator update-endpoint-group --endpoint-group-arn a --traffic-dial-percentage 0.0",
        ),
        (
            Disrupt,
            "application-autoscaling put-scheduled-action --scalable-target-action MinCapacity=0,MaxCapacity=0",
        ),
        (
            Disrupt,
            "elasticbeanstalk update-environment --option-settings Namespace=aws:autoscaling:asg,OptionName=MaxSize,Value=0",
        ),
        (
            Disrupt,
            "sagemaker update-endpoint-weights-and-capacities --endpoint-name e --desired-weights-and-capacities VariantName=a,DesiredInstanceCount=0",
        ),
        (Disrupt, "mediaconvert update-queue --name q --concurrent-jobs 0"),
        (Disrupt, "ecs update-task-set --cluster c --service s --task-set t --scale value=0.0,unit=PERCENT"),
        (Mutate, "ecs update-task-set --cluster c --service s --task-set t --scale value=50.0,unit=PERCENT"),
        (Mutate, "gamelift update-fleet-capacity --fleet-id f --desired-instances 10"),
        (Mutate, "gamelift update-fleet-capacity --fleet-id f --min-size 0"),
        (Mutate, "application-autoscaling register-scalable-target --min-capacity 0 --max-capacity 4"),
        (Mutate, "deadline update-job --job-id j --max-failed-tasks-count 0"),
        (Mutate, "appstream create-fleet --name f --compute-capacity DesiredInstances=0"),
        (Mutate, "apigateway update-stage --patch-operations op=replace,path=/throttling,value=10"),
    ]);
}

#[test]
fn switched_off_stops_unless_it_deletes_by_itself() {
    check(&[
        (Disrupt, "lambda update-event-source-mapping --uuid u --no-enabled"),
        (Disrupt, "lambda update-event-source-mapping --uuid u --enabled --no-enabled"),
        (Mutate, "lambda update-event-source-mapping --uuid u --no-enabled --enabled"),
        (Disrupt, "route53 update-health-check --health-check-id h --disabled"),
        (Mutate, "route53 update-health-check --health-check-id h --no-disabled"),
        (Disrupt, "events put-rule --name r --state DISABLED"),
        (Mutate, "events put-rule --name r --state ENABLED"),
        (Disrupt, "scheduler update-schedule --name s --state DISABLED"),
        (Disrupt, "batch update-job-queue --job-queue q --state DISABLED"),
        (Disrupt, "guardduty update-detector --detector-id d --no-enable"),
        (
            Disrupt,
            "route53-recovery-cluster update-routing-control-state --routing-control-arn a --routing-control-state Off",
        ),
        (
            Disrupt,
            "route53-recovery-cluster update-routing-control-states --update-routing-control-state-entries RoutingControlArn=a,RoutingControlState=Off",
        ),
        (
            Disrupt,
            "apigateway update-api-key --api-key k --patch-operations op=replace,path=/enabled,value=false",
        ),
        (
            Mutate,
            "apigateway update-api-key --api-key k --patch-operations op=replace,path=/enabled,value=true",
        ),
        (Disrupt, "ec2 modify-subnet-attribute --subnet-id s --enable-dns64 Value=false"),
        (Disrupt, "ec2 modify-subnet-attribute --subnet-id s --enable-dns64 '{\"Value\":false}'"),
        (Disrupt, "ec2 modify-subnet-attribute --subnet-id s --no-enable-dns64"),
        (Mutate, "ec2 modify-subnet-attribute --subnet-id s --enable-dns64 Value=true"),
        (Disrupt, "efs put-backup-policy --file-system-id f --backup-policy Status=DISABLED"),
        (Disrupt, "sns set-endpoint-attributes --endpoint-arn a --attributes Enabled=false"),
        (Disrupt, "securityhub update-standards-control --standards-control-arn a --control-status DISABLED"),
        (
            Disrupt,
            "s3api put-bucket-accelerate-configuration --bucket b --accelerate-configuration Status=Suspended",
        ),
        (
            Disrupt,
            "s3api put-bucket-replication --bucket b --replication-configuration '{\"Rules\":[{\"Status\":\"Disabled\"}]}'",
        ),
        (
            Disrupt,
            "elbv2 modify-target-group-attributes --target-group-arn a --attributes Key=stickiness.enabled,Value=false",
        ),
        (Disrupt, "deadline update-job --job-id j --target-task-run-status SUSPENDED"),
        (
            Mutate,
            "s3api put-bucket-lifecycle-configuration --bucket b --lifecycle-configuration '{\"Rules\":[{\"Status\":\"Disabled\",\"Expiration\":{\"Days\":1}}]}'",
        ),
        (
            Mutate,
            "dynamodb update-time-to-live --table-name t --time-to-live-specification Enabled=false,AttributeName=x",
        ),
        (Mutate, "amplify update-app --app-id a --no-enable-branch-auto-deletion"),
        (Mutate, "rds modify-db-proxy --db-proxy-name p --idle-client-timeout 0"),
        (Disrupt, "cognito-idp set-user-pool-mfa-config --user-pool-id u --mfa-configuration OFF"),
        (Disrupt, "athena update-work-group --work-group w --state DISABLED"),
        (Mutate, "events create-archive --archive-name a"),
        (Mutate, "lambda create-event-source-mapping --function-name f --no-enabled"),
        (Mutate, "codecommit update-pull-request-status --pull-request-id 1 --pull-request-status CLOSED"),
        (Mutate, "amplify update-app --app-id a --no-enable-tagging"),
    ]);
}

#[test]
fn what_is_taken_from_another_or_forced_disrupts() {
    check(&[
        (Disrupt, "ec2 associate-address --instance-id i --allocation-id a --allow-reassociation"),
        (Disrupt, "ec2 associate-address --instance-id i --allocation-id a --allow-re"),
        (Mutate, "ec2 associate-address --instance-id i --allocation-id a --no-allow-reassociation"),
        (
            Mutate,
            "ec2 associate-address --instance-id i --allocation-id a --allow-reassociation --no-allow-reassociation",
        ),
        (Mutate, "ec2 associate-address --instance-id i --allocation-id a"),
        (Disrupt, "ec2 assign-private-ip-addresses --network-interface-id e --allow-reassignment"),
        (Disrupt, "cognito-idp confirm-sign-up --client-id c --username u --force-alias-creation"),
        (
            Disrupt,
            "secretsmanager replicate-secret-to-regions --secret-id s --force-overwrite-replica-secret",
        ),
        (
            Disrupt,
            "chime-sdk-voice associate-phone-numbers-with-voice-connector --voice-connector-id v --force-associate",
        ),
        (Disrupt, "appstream update-stack --name s --delete-storage-connectors"),
        (Disrupt, "iot update-security-profile --security-profile-name s --delete-behaviors"),
        (Disrupt, "ec2 modify-managed-prefix-list --prefix-list-id p --remove-entries Cidr=10.0.0.0/8"),
        (Disrupt, "ec2 modify-vpc-endpoint --vpc-endpoint-id v --remove-subnet-ids s"),
        (
            Destroy,
            "waf update-ip-set --ip-set-id i --updates Action=DELETE,IPSetDescriptor={Type=IPV4,Value=1.2.3.4/32}",
        ),
        (
            Mutate,
            "waf update-ip-set --ip-set-id i --updates Action=INSERT,IPSetDescriptor={Type=IPV4,Value=1.2.3.4/32}",
        ),
        (
            Disrupt,
            "apigateway update-usage-plan --usage-plan-id u --patch-operations op=remove,path=/apiStages",
        ),
        (Mutate, "route53 change-tags-for-resource --resource-id r --remove-tag-keys a"),
        (Mutate, "s3 cp a s3://b/c --force-glacier-transfer"),
        (Mutate, "cloudformation package --template-file t --s3-bucket b --force-upload"),
        (Mutate, "network-firewall update-firewall-delete-protection --firewall-name f --delete-protection"),
        (
            Disrupt,
            "network-firewall update-firewall-delete-protection --firewall-name f --no-delete-protection",
        ),
        (Mutate, "ssm put-parameter --name n --value v --overwrite"),
        (Mutate, "agent-toolkit update-skill --all"),
        (Mutate, "agent-toolkit update-skill --fo x"),
    ]);
}

#[test]
fn reviewed_arguments_count() {
    check(&[
        (
            Destroy,
            "dms start-replication-task --replication-task-arn a --start-replication-task-type reload-target",
        ),
        (
            Mutate,
            "dms start-replication-task --replication-task-arn a --start-replication-task-type resume-processing",
        ),
        (Destroy, "dms start-replication --replication-config-arn a --start-replication-type reload-target"),
        (Disrupt, "ec2 create-replace-root-volume-task --instance-id i"),
        (Destroy, "ec2 create-replace-root-volume-task --instance-id i --delete-replaced-root-volume"),
        (Disrupt, "ec2 create-replace-root-volume-task --instance-id i --no-delete-replaced-root-volume"),
        (Destroy, "sqs set-queue-attributes --queue-url u --attributes MessageRetentionPeriod=60"),
        (
            Destroy,
            "sqs set-queue-attributes --queue-url u --attributes '{\"MessageRetentionPeriod\":\"60\"}'",
        ),
        (Mutate, "sqs set-queue-attributes --queue-url u --attributes VisibilityTimeout=60"),
        (Disrupt, "cognito-idp update-user-pool --user-pool-id u"),
        (Destroy, "storagegateway reset-cache --gateway-arn a"),
        (Destroy, "autoscaling set-instance-health --instance-id i --health-status Unhealthy"),
        (Mutate, "autoscaling set-instance-health --instance-id i --health-status Healthy"),
        (Disrupt, "iam attach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/AWSDenyAll"),
        (Disrupt, "iam attach-user-policy --user-name r --policy-arn arn:aws-cn:iam::aws:policy/AWSDenyAll"),
        (Mutate, "iam attach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess"),
        (
            Disrupt,
            "iam create-policy-version --policy-arn p --set-as-default --policy-document '{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\"}]}'",
        ),
        (
            Mutate,
            "iam create-policy-version --policy-arn p --policy-document '{\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\"}]}'",
        ),
        (
            Mutate,
            "iam create-policy-version --policy-arn p --set-as-default --policy-document '{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\"}]}'",
        ),
        (Destroy, "neptunedata execute-fast-reset --action performDatabaseReset --token t"),
        (Mutate, "neptunedata execute-fast-reset --action initiateDatabaseReset"),
        (Destroy, "neptunedata execute-gremlin-query --gremlin-query g.V().drop()"),
        (Mutate, "neptunedata execute-gremlin-query --gremlin-query g.V().count()"),
        (Destroy, "neptunedata execute-open-cypher-query --open-cypher-query 'MATCH (n) DETACH DELETE n'"),
        (Mutate, "neptunedata execute-open-cypher-query --open-cypher-query 'MATCH (n) RETURN n'"),
        (
            Destroy,
            "neptune-graph execute-query --graph-identifier g --language OPEN_CYPHER --query-string 'MATCH (n)--(m) DELETE n'",
        ),
        (
            Destroy,
            "autoscaling put-scheduled-update-group-action --auto-scaling-group-name g --scheduled-action-name a --desired-capacity 0",
        ),
        (Destroy, "kinesisvideo update-data-retention --stream-name s --operation DECREASE_DATA_RETENTION"),
        (
            Destroy,
            "lightsail update-relational-database --relational-database-name d --disable-backup-retention",
        ),
    ]);
}

#[test]
fn what_loses_nothing_asks_nobody() {
    check(&[
        (Mutate, "cloudformation delete-change-set --change-set-name c --stack-name s"),
        (Mutate, "lambda delete-function-concurrency --function-name f"),
        (Read, "ec2 terminate-instances --instance-ids i-1 --dry-run --no-cli-pager"),
        (Read, "ec2 terminate-instances --no-cli-pager --instance-ids i-1 --dry-run"),
        (Read, "ec2 terminate-instances --instance-ids i-1 --dry-run --cli-binary-format raw-in-base64-out"),
        (Read, "ec2 terminate-instances --instance-ids i-1 --dry-run --no-cli-auto-prompt"),
        (Read, "ec2 terminate-instances --instance-ids i-1 --dry-run --v2-debug"),
        (Destroy, "ec2 terminate-instances --instance-ids i-1 --no-cli-pager"),
        (Destroy, "ec2 terminate-instances --instance-ids i-1 --dry-run --no-dry-run --no-cli-pager"),
        (Read, "s3 rm s3://b --recursive --dryrun --no-cli-pager"),
        (Destroy, "s3 rm s3://b --recursive --no-cli-pager"),
    ]);
}

#[test]
fn lines_for_other_machines_are_judged() {
    check(&[
        (Mutate, "ssm start-session --target i-1"),
        (
            Mutate,
            "ssm start-session --target i-1 --document-name AWS-StartPortForwardingSession --parameters portNumber=80,localPortNumber=8080",
        ),
        (
            Destroy,
            "ssm start-session --target i-1 --document-name AWS-StartInteractiveCommand --parameters 'command=[\"sudo rm -rf /data\"]'",
        ),
        (
            Mutate,
            "ssm start-session --target i-1 --document-name AWS-StartNonInteractiveCommand --parameters 'command=[\"df -h\"]'",
        ),
        (
            Disrupt,
            "ssm start-session --target i-1 --document-name AWS-StartNonInteractiveCommand --parameters 'command=[\"sudo reboot\"]'",
        ),
        (
            Destroy,
            "ssm send-command --document-name AWS-RunShellScript --instance-ids i --parameters 'commands=[\"dropdb app\"]'",
        ),
        (
            Disrupt,
            "ssm send-command --document-name AWS-RunShellScript --instance-ids i --parameters 'commands=[\"df -h\"]'",
        ),
        (
            Disrupt,
            "ssm send-command --document-name AWS-RunPatchBaseline --instance-ids i --parameters Operation=Install",
        ),
        (Destroy, "ecs execute-command --cluster c --task t --interactive --command 'rm -rf /data'"),
        (
            Destroy,
            "ecs execute-command --cluster c --task t --interactive --command 'sh -c \"psql -c drop\\ table\\ x\"'",
        ),
        (Mutate, "ecs execute-command --cluster c --task t --interactive --command 'ls /data'"),
        (Disrupt, "ecs execute-command --cluster c --task t --interactive --command ./migrate"),
        (Destroy, "emr ssh --cluster-id j --key-pair-file k --command 'sudo rm -rf /mnt/data'"),
        (
            Destroy,
            "ecs run-task --task-definition t --overrides '{\"containerOverrides\":[{\"name\":\"a\",\"command\":[\"sh\",\"-c\",\"rm -rf /data\"]}]}'",
        ),
        (
            Mutate,
            "ecs run-task --task-definition t --overrides '{\"containerOverrides\":[{\"name\":\"a\",\"command\":[\"./migrate\"]}]}'",
        ),
        (
            Destroy,
            "batch submit-job --job-name j --job-queue q --job-definition d --container-overrides command=rm,-rf,/data",
        ),
        (Mutate, "emr ssh --cluster-id j --key-pair-file k"),
        (Mutate, "ecs execute-command --cluster c --task t --interactive --command /bin/sh"),
        (Mutate, "emr ssh --cluster-id j --key-pair-file k --command uptime"),
    ]);
}

/// What cannot be read is not taken for nothing.
#[test]
fn a_request_nobody_can_read_is_unknown() {
    check(&[
        (Unknown, "gamelift update-fleet-capacity --cli-input-json {x"),
        (Mutate, "gamelift update-fleet-capacity --cli-input-json file:/x.json"),
        (
            Disrupt,
            "gamelift update-fleet-capacity --cli-input-json '{\"FleetId\":\"f\",\"DesiredInstances\":0}'",
        ),
        (Disrupt, "lambda update-event-source-mapping --cli-input-json '{\"UUID\":\"u\",\"Enabled\":false}'"),
    ]);
}

#[test]
fn contents_and_words_of_ones_own_switch_nothing() {
    check(&[
        (Mutate, "ssm put-parameter --name /app/enabled --value off --overwrite"),
        (Mutate, "secretsmanager put-secret-value --secret-id s --secret-string '{\"enabled\":false}'"),
        (
            Mutate,
            "cloudwatch put-dashboard --dashboard-name d --dashboard-body '{\"widgets\":[{\"enabled\":false}]}'",
        ),
        (
            Mutate,
            "cognito-idp admin-update-user-attributes --user-pool-id u --username n --user-attributes Name=custom:enabled,Value=false",
        ),
        (Mutate, "iot update-thing --thing-name t --attribute-payload attributes={enabled=false}"),
        (Mutate, "networkmanager update-site --global-network-id g --site-id s --description off"),
        (Mutate, "rds create-db-instance --db-instance-identifier d --no-deletion-protection"),
        (
            Mutate,
            "rds restore-db-instance-from-db-snapshot --db-instance-identifier d --db-snapshot-identifier s --no-deletion-protection",
        ),
        (Mutate, "dynamodb create-table --table-name t --no-deletion-protection-enabled"),
        (
            Mutate,
            "s3api put-bucket-inventory-configuration --bucket b --id i --inventory-configuration IsEnabled=false",
        ),
        (
            Mutate,
            "apigateway update-stage --rest-api-id r --stage-name s --patch-operations op=replace,path=/tracingEnabled,value=false",
        ),
        (Mutate, "ec2 modify-instance-attribute --instance-id i-1 --disable-api-termination"),
        (Mutate, "ec2 modify-instance-attribute --disable-api-stop --instance-id i-1"),
        (
            Mutate,
            "ec2 modify-instance-attribute --instance-id i-1 --attribute disableApiTermination --value true",
        ),
        (Mutate, "ec2 modify-instance-attribute --instance-id i-1 --attribute disableApiStop --value True"),
        (
            Disrupt,
            "ec2 modify-instance-attribute --instance-id i-1 --attribute disableApiTermination --value false",
        ),
        (Disrupt, "ec2 modify-instance-attribute --instance-id i-1 --attribute userData --value true"),
        (
            Disrupt,
            "ec2 modify-instance-attribute --instance-id i-1 --attribute disableApiStop --value true --groups sg-1",
        ),
        (
            Disrupt,
            "ec2 modify-instance-attribute --instance-id i-1 --attribute disableApiStop --value true --value false",
        ),
        (Mutate, "rds modify-db-instance --db-instance-identifier d --deletion-protection"),
        (
            Mutate,
            "docdb modify-db-cluster --db-cluster-identifier d --deletion-protection --apply-immediately",
        ),
        (Disrupt, "rds modify-db-instance --db-instance-identifier d --no-deletion-protection"),
        (Disrupt, "rds modify-db-instance --db-instance-identifier d --deletion-protection --port 1"),
        (Disrupt, "ec2 modify-instance-attribute --instance-id i-1 --no-disable-api-termination"),
        (Disrupt, "ec2 modify-instance-attribute --instance-id i-1 --disable-api-termination Value=false"),
    ]);
}

#[test]
fn members_that_take_away_count() {
    check(&[
        (Disrupt, "appstream update-fleet --name f --attributes-to-delete VPC_CONFIGURATION"),
        (
            Disrupt,
            "elasticbeanstalk update-environment --environment-name e --options-to-remove Namespace=a,OptionName=b",
        ),
        (
            Destroy,
            "emr modify-instance-groups --instance-groups InstanceGroupId=g,EC2InstanceIdsToTerminate=i-1",
        ),
        (Mutate, "emr modify-instance-groups --instance-groups InstanceGroupId=g,InstanceCount=3"),
        (
            Destroy,
            "dynamodb update-table --table-name t --global-secondary-index-updates '[{\"Delete\":{\"IndexName\":\"x\"}}]'",
        ),
        (
            Disrupt,
            "dynamodb update-table --table-name t --global-secondary-index-updates '[{\"Update\":{\"IndexName\":\"x\"}}]'",
        ),
        (Disrupt, "route53resolver update-firewall-rule --firewall-rule-group-id g --action BLOCK"),
        (Mutate, "route53resolver update-firewall-rule --firewall-rule-group-id g --action ALLOW"),
        (Disrupt, "waf update-web-acl --web-acl-id w --default-action Type=BLOCK"),
        (
            Destroy,
            "fsx update-file-system --file-system-id f --windows-configuration AutomaticBackupRetentionDays=0",
        ),
        (
            Disrupt,
            "fsx update-file-system --file-system-id f --windows-configuration AutomaticBackupRetentionDays=7",
        ),
        (
            Mutate,
            "fsx update-file-system --file-system-id f --windows-configuration DailyAutomaticBackupStartTime=01:00",
        ),
    ]);
}

#[test]
fn lines_in_steps_and_tasks_are_judged() {
    check(&[
        (
            Destroy,
            "emr add-steps --cluster-id j --steps 'Type=CUSTOM_JAR,Name=a,Jar=command-runner.jar,Args=[bash,-c,rm -rf /data]'",
        ),
        (
            Mutate,
            "emr add-steps --cluster-id j --steps 'Type=CUSTOM_JAR,Name=a,Jar=command-runner.jar,Args=[spark-submit,app.py]'",
        ),
        (
            Destroy,
            "batch submit-job --job-name j --job-queue q --job-definition d --eks-properties-override '{\"podProperties\":{\"containers\":[{\"command\":[\"sh\",\"-c\"],\"args\":[\"rm -rf /data\"]}]}}'",
        ),
        (
            Destroy,
            "ssm send-command --document-name AWS-RunPowerShellScript --instance-ids i --parameters 'commands=[\"Remove-Item -Recurse C:/data\"]'",
        ),
        (
            Destroy,
            "ssm send-command --document-name Own --instance-ids i --parameters '{\"Script\":[\"rm -rf /data\"]}'",
        ),
        (Destroy, "ssm send-command --document-name AWSFleetManager-DeleteUser --instance-ids i"),
        (Destroy, "ssm create-association --name AWS-TerminateEC2Instance --targets Key=tag:a,Values=b"),
        (Disrupt, "ssm create-association --name AWS-StopEC2Instance --targets Key=tag:a,Values=b"),
        (Mutate, "ssm create-association --name AWS-GatherSoftwareInventory --targets Key=tag:a,Values=b"),
        (Destroy, "ssm update-association --association-id a --name AWS-DeleteSnapshot"),
        (
            Disrupt,
            "ssm register-task-with-maintenance-window --window-id w --task-type AUTOMATION --task-arn AWS-RestartEC2Instance",
        ),
        (
            Destroy,
            "ssm register-task-with-maintenance-window --window-id w --task-type AUTOMATION --task-arn AWS-TerminateEC2Instance",
        ),
        (Destroy, "ssm start-automation-execution --document-name AWS-TerminateEC2Instance"),
        (Disrupt, "ssm start-automation-execution --document-name AWS-StopEC2Instance"),
        (
            Disrupt,
            "events put-targets --rule r --targets Id=1,Arn=arn:aws:ssm:eu-west-1::automation-definition/AWS-StopEC2Instance",
        ),
        (Mutate, "events put-targets --rule r --targets Id=1,Arn=arn:aws:lambda:eu-west-1:1:function:stop"),
        (
            Destroy,
            "waf update-ip-set --ip-set-id i --change-token t --updates Action=DELETE,IPSetDescriptor={Type=IPV4,Value=1.1.1.1/32}",
        ),
        (
            Mutate,
            "waf update-ip-set --ip-set-id i --change-token t --updates Action=INSERT,IPSetDescriptor={Type=IPV4,Value=1.1.1.1/32}",
        ),
        (
            Destroy,
            "waf-regional update-web-acl --web-acl-id w --change-token t --updates Action=DELETE,ActivatedRule={Priority=1,RuleId=r}",
        ),
        (
            Disrupt,
            "vpc-lattice update-rule --service-identifier s --listener-identifier l --rule-identifier r --priority 1",
        ),
        (
            Disrupt,
            "vpc-lattice batch-update-rule --service-identifier s --listener-identifier l --rules ruleIdentifier=r,priority=1",
        ),
        (Disrupt, "vpc-lattice deregister-targets --target-group-identifier t --targets id=i"),
        (Mutate, "logs delete-retention-policy --log-group-name g"),
        (Mutate, "ecr delete-lifecycle-policy --repository-name r"),
        (Destroy, "logs put-retention-policy --log-group-name g --retention-in-days 1"),
        (
            Destroy,
            "emr add-steps --cluster-id c --steps Type=CUSTOM_JAR,Jar=command-runner.jar,Args=[hdfs,dfs,-rm,-r,/data]",
        ),
        (Destroy, "emr ssh --cluster-id c --key-pair-file k --command 'hdfs dfs -rm -r /data'"),
        (
            Destroy,
            "ssm create-association-batch --entries 'Name=AWS-RunShellScript,Parameters={commands=[rm -rf /data]}'",
        ),
        (
            Destroy,
            "ssm register-task-with-maintenance-window --window-id w --task-type RUN_COMMAND --task-arn AWS-RunShellScript --task-invocation-parameters '{\"RunCommand\":{\"Parameters\":{\"commands\":[\"rm -rf /data\"]}}}'",
        ),
    ]);
}
