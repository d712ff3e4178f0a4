//! The stack of the Fibery incident: forty resources, as a company's whole production lives in one CloudFormation stack.

use serde_json::{Map, Value, json};

/// How many resources [`template`] makes.
pub const RESOURCES: usize = 40;

/// A template with an EKS cluster, a database, tables, buckets (kept by `Retain`), a network, queues and roles. Names
/// that are the same for a whole account or for everybody carry `prefix`.
pub fn template(prefix: &str) -> Value {
    let mut made = Map::new();
    let mut add = |id: &str, kind: &str, properties: Value| {
        made.insert(id.to_owned(), json!({"Type": kind, "Properties": properties}));
    };
    let get = |id: &str| json!({"Ref": id});
    let arn = |id: &str| json!({"Fn::GetAtt": [id, "Arn"]});
    add("Network", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}));
    add("Gateway", "AWS::EC2::InternetGateway", json!({}));
    for n in 0..4 {
        let zone = format!("eu-west-1{}", ["a", "b", "c", "a"][n]);
        let properties =
            json!({"VpcId": get("Network"), "CidrBlock": format!("10.0.{n}.0/24"), "AvailabilityZone": zone});
        add(&format!("Subnet{n}"), "AWS::EC2::Subnet", properties);
    }
    for n in 0..2 {
        let properties =
            json!({"VpcId": get("Network"), "GroupDescription": "x", "GroupName": format!("{prefix}-{n}")});
        add(&format!("Firewall{n}"), "AWS::EC2::SecurityGroup", properties);
    }
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "eks.amazonaws.com"}}]});
    for name in ["Cluster", "Nodes", "Worker", "Deploy"] {
        let properties = json!({"AssumeRolePolicyDocument": trust, "RoleName": format!("{prefix}-{name}")});
        add(&format!("{name}Role"), "AWS::IAM::Role", properties);
    }
    let subnets = json!([get("Subnet0"), get("Subnet1")]);
    add(
        "Kubernetes",
        "AWS::EKS::Cluster",
        json!({"Name": prefix, "RoleArn": arn("ClusterRole"), "ResourcesVpcConfig": {"SubnetIds": subnets}}),
    );
    add(
        "DatabaseSubnets",
        "AWS::RDS::DBSubnetGroup",
        json!({"DBSubnetGroupDescription": "x", "SubnetIds": subnets}),
    );
    add(
        "Database",
        "AWS::RDS::DBInstance",
        json!({"DBInstanceIdentifier": format!("{prefix}-db"), "Engine": "postgres", "AllocatedStorage": "200",
            "DBInstanceClass": "db.r6g.large", "MasterUsername": "master", "MasterUserPassword": "not-a-secret",
            "DBSubnetGroupName": get("DatabaseSubnets")}),
    );
    for name in ["orders", "sessions"] {
        add(
            &format!("Table{name}"),
            "AWS::DynamoDB::Table",
            json!({"TableName": format!("{prefix}-{name}"), "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}),
        );
    }
    for name in ["files", "backups", "logs"] {
        add(&format!("Bucket{name}"), "AWS::S3::Bucket", json!({"BucketName": format!("{prefix}-{name}")}));
    }
    add("Images", "AWS::ECR::Repository", json!({"RepositoryName": prefix}));
    for n in 0..10 {
        add(&format!("Queue{n}"), "AWS::SQS::Queue", json!({"QueueName": format!("{prefix}-q{n}")}));
    }
    for n in 0..6 {
        add(&format!("Topic{n}"), "AWS::SNS::Topic", json!({"TopicName": format!("{prefix}-t{n}")}));
    }
    for n in 0..3 {
        let properties = json!({"LogGroupName": format!("/{prefix}/{n}")});
        add(&format!("Log{n}"), "AWS::Logs::LogGroup", properties);
    }
    for name in ["files", "backups", "logs"] {
        made[&format!("Bucket{name}")]["DeletionPolicy"] = json!("Retain");
    }
    json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": made})
}
