//! What commands of EC2, Auto Scaling, load balancing and EKS would do, asked of a real server through the real CLI.

use crate::support::aws_probe::{Desk, fate_of, goes, moves, protections};
use guard::engine::fact::Why;
use guard::engine::impact::Fate;
use serde_json::{Value, json};

/// One of the images that moto has; listing them takes it a minute.
const IMAGE: &str = "ami-12c6146b";

fn text(value: &Value, at: &str) -> String {
    value.pointer(at).and_then(Value::as_str).unwrap_or_else(|| panic!("no {at} in {value:#}")).to_owned()
}

/// An instance with an image's root volume and one more volume that stays.
fn instance(desk: &Desk, name: &str) -> (String, String) {
    let made = desk.make(
        "ec2",
        "run_instances",
        json!({"ImageId": IMAGE, "MinCount": 1, "MaxCount": 1, "InstanceType": "m5.large",
               "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]}),
    );
    let id = text(&made, "/Instances/0/InstanceId");
    let described = desk.make("ec2", "describe_instances", json!({"InstanceIds": [id]}));
    let volume = text(&described, "/Reservations/0/Instances/0/BlockDeviceMappings/0/Ebs/VolumeId");
    (id, volume)
}

#[test]
fn instances_volumes_and_snapshots() {
    let Some(desk) = Desk::of("ec2-instances") else { return };
    let (id, root) = instance(&desk, "web-1");
    let terminate = ["ec2", "terminate-instances", "--instance-ids", id.as_str()];
    let seen = desk.ask(&terminate);
    assert_eq!((seen.error.as_ref(), &seen.impact.gaps), (None, &vec![]));
    assert_eq!((seen.impact.subjects[0].kind.as_str(), &seen.impact.subjects[0].name), ("EC2 instance", &id));
    assert!(
        seen.impact.also.iter().any(|a| a.starts_with(&format!("{id}: called web-1, m5.large, running"))),
        "{:?}",
        seen.impact.also
    );
    let (fate, because) = fate_of(&seen.impact, &root);
    assert_eq!((fate, because), (Fate::Erased, "DeleteOnTermination; no snapshot of it"));
    assert!(seen.impact.data[0].what.contains(" GiB, /dev/"), "{:?}", seen.impact.data);
    assert_eq!(
        protections(&seen.impact),
        format!(
            "termination protection is OFF; turn on: aws ec2 modify-instance-attribute --instance-id {id} --disable-api-termination\n"
        )
    );
    assert_eq!(seen.safer, Some(format!("aws ec2 stop-instances --instance-ids {id}")));

    let snapshot = desk.make("ec2", "create_snapshot", json!({"VolumeId": root, "Description": "before"}));
    let snapshot = text(&snapshot, "/SnapshotId");
    let seen = desk.ask(&terminate).impact;
    assert!(fate_of(&seen, &root).1.contains(&format!("newest snapshot {snapshot}, ")), "{:?}", seen.data);

    let attached = desk.ask(&["ec2", "delete-volume", "--volume-id", &root]);
    assert_eq!(attached.impact.refused, Some(format!("the volume is attached to {id}")));
    assert_eq!(attached.safer, Some(format!("aws ec2 create-snapshot --volume-id {root}")));
    // moto needs minutes for a list of images; refused, it is one more question without an answer.
    let denied = json!({"service": "ec2", "operation": "DescribeImages", "code": "UnauthorizedOperation", "message": "no", "status": 403});
    desk.aws.fault(&desk.person, denied);
    let only = desk.ask(&["ec2", "delete-snapshot", "--snapshot-id", &snapshot]).impact;
    assert_eq!(
        fate_of(&only, &snapshot),
        (Fate::Erased, format!("it is the only snapshot of {root}").as_str())
    );
    assert!(only.gaps.iter().any(|g| g.what == format!("images made of {snapshot}")), "{:?}", only.gaps);
    desk.aws.mend(&desk.person);
    assert!(only.also.contains(&"described as before".to_owned()));

    desk.make(
        "ec2",
        "modify_instance_attribute",
        json!({"InstanceId": id, "DisableApiTermination": {"Value": true}}),
    );
    let seen = desk.ask(&terminate).impact;
    assert_eq!(seen.refused, Some(format!("termination protection of {id} is on")));
    let off = desk
        .ask(&["ec2", "modify-instance-attribute", "--instance-id", &id, "--no-disable-api-termination"])
        .impact;
    assert_eq!(protections(&off), "termination protection is removed by this command\n");

    desk.make("ec2", "stop_instances", json!({"InstanceIds": [id]}));
    let stop = desk.ask(&["ec2", "stop-instances", "--instance-ids", &id]).impact;
    assert_eq!(moves(&stop), "- read: stopped already\n");
    let none = desk.ask(&["ec2", "terminate-instances", "--instance-ids", "i-0123456789abcdef0"]).impact;
    assert!(moves(&none).starts_with("- read: the service knows not all of them"), "{none:#?}");
}

#[test]
fn what_may_not_be_described_is_taken_for_lost() {
    let Some(desk) = Desk::of("ec2-denied") else { return };
    let (id, root) = instance(&desk, "dark");
    let denied = json!({"service": "ec2", "operation": "DescribeInstances", "code": "UnauthorizedOperation", "message": "no", "status": 403});
    desk.aws.fault(&desk.person, denied);
    let seen = desk.ask(&["ec2", "terminate-instances", "--instance-ids", &id]).impact;
    assert_eq!(fate_of(&seen, "their volumes").0, Fate::Unknown);
    assert!(seen.gaps.iter().any(|g| g.what == "instances" && g.why == Why::Forbidden), "{:?}", seen.gaps);
    assert_eq!(seen.subjects[0].name, id);
    desk.aws.mend(&desk.person);
    let denied = json!({"service": "ec2", "operation": "DescribeSnapshots", "code": "UnauthorizedOperation", "message": "no", "status": 403});
    desk.aws.fault(&desk.person, denied);
    let seen = desk.ask(&["ec2", "terminate-instances", "--instance-ids", &id]).impact;
    assert_eq!(fate_of(&seen, &root), (Fate::Erased, "DeleteOnTermination"));
    assert!(seen.gaps.iter().any(|g| g.what == "snapshots of the volumes"), "{:?}", seen.gaps);
}

#[test]
fn groups_scale_and_replace() {
    let Some(desk) = Desk::of("asg") else { return };
    desk.make(
        "autoscaling",
        "create_launch_configuration",
        json!({"LaunchConfigurationName": "lc", "ImageId": IMAGE, "InstanceType": "m5.large"}),
    );
    desk.make(
        "autoscaling",
        "create_auto_scaling_group",
        json!({"AutoScalingGroupName": "web", "LaunchConfigurationName": "lc", "MinSize": 0, "MaxSize": 4,
               "DesiredCapacity": 3, "AvailabilityZones": ["eu-west-1a"]}),
    );
    let group = ["--auto-scaling-group-name", "web"];
    let ask = |words: &[&str]| desk.ask(&[&["autoscaling"], words, &group[..]].concat());
    let seen = ask(&["delete-auto-scaling-group"]).impact;
    assert_eq!(seen.refused.as_deref(), Some("the group still has 3 instances"));
    let forced = ask(&["delete-auto-scaling-group", "--force-delete"]);
    assert_eq!(goes(&forced.impact, "EC2 instance"), 3);
    assert_eq!(
        forced.safer.as_deref(),
        Some("aws autoscaling delete-auto-scaling-group --auto-scaling-group-name web")
    );
    let zero = ask(&["set-desired-capacity", "--desired-capacity", "0"]).impact;
    assert_eq!((goes(&zero, "EC2 instance"), zero.whole_scope), (3, true));
    let up = ask(&["set-desired-capacity", "--desired-capacity", "4"]).impact;
    assert_eq!(moves(&up), "- mutate: no instance ends: 4 wanted, 3 there\n");
    let max = ask(&["update-auto-scaling-group", "--max-size", "1"]).impact;
    assert_eq!(goes(&max, "EC2 instance"), 2);

    let members = desk.make("autoscaling", "describe_auto_scaling_instances", json!({}));
    let id = text(&members, "/AutoScalingInstances/0/InstanceId");
    let seen = desk.ask(&["ec2", "terminate-instances", "--instance-ids", &id]);
    assert_eq!(moves(&seen.impact), "- disrupt: Auto Scaling group web replaces what is terminated\n");
    assert_eq!((seen.impact.data.len(), seen.safer), (0, None), "{:#?}", seen.impact.data);
}

#[test]
fn networks_balancers_and_clusters() {
    let Some(desk) = Desk::of("network") else { return };
    let vpc = text(&desk.make("ec2", "create_vpc", json!({"CidrBlock": "10.9.0.0/16"})), "/Vpc/VpcId");
    let subnet = |zone: &str, cidr: &str| {
        let args = json!({"VpcId": vpc, "CidrBlock": cidr, "AvailabilityZone": zone});
        text(&desk.make("ec2", "create_subnet", args), "/Subnet/SubnetId")
    };
    let (a, b) = (subnet("eu-west-1a", "10.9.1.0/24"), subnet("eu-west-1b", "10.9.2.0/24"));
    let seen = desk.ask(&["ec2", "delete-vpc", "--vpc-id", &vpc]).impact;
    assert_eq!(
        (seen.refused.as_deref(), seen.gaps.len()),
        (Some("the VPC still has 2 subnets"), 0),
        "{seen:#?}"
    );

    let made = desk.make("elbv2", "create_load_balancer", json!({"Name": "front", "Subnets": [a, b]}));
    let arn = text(&made, "/LoadBalancers/0/LoadBalancerArn");
    let delete = ["elbv2", "delete-load-balancer", "--load-balancer-arn", arn.as_str()];
    let seen = desk.ask(&delete).impact;
    assert_eq!(seen.gaps, []);
    assert!(
        protections(&seen)
            .contains("is OFF; turn on: aws elbv2 modify-load-balancer-attributes --load-balancer-arn")
    );
    let attribute = json!([{"Key": "deletion_protection.enabled", "Value": "true"}]);
    desk.make(
        "elbv2",
        "modify_load_balancer_attributes",
        json!({"LoadBalancerArn": arn, "Attributes": attribute}),
    );
    assert_eq!(
        desk.ask(&delete).impact.refused.as_deref(),
        Some("deletion protection of the load balancer is on")
    );
    let off = desk.ask(&[
        "elbv2",
        "modify-load-balancer-attributes",
        "--load-balancer-arn",
        &arn,
        "--attributes",
        "Key=deletion_protection.enabled,Value=false",
    ]);
    assert_eq!(protections(&off.impact), "deletion protection is removed by this command\n");

    let role = "arn:aws:iam::111111111111:role/eks";
    let network = json!({"subnetIds": [a, b]});
    desk.make("eks", "create_cluster", json!({"name": "c1", "roleArn": role, "resourcesVpcConfig": network}));
    let delete = ["eks", "delete-cluster", "--name", "c1"];
    let seen = desk.ask(&delete).impact;
    assert_eq!(fate_of(&seen, "EKS cluster c1").0, Fate::Erased);
    desk.make(
        "eks",
        "create_nodegroup",
        json!({"clusterName": "c1", "nodegroupName": "n1", "nodeRole": role, "subnets": [a]}),
    );
    let seen = desk.ask(&delete).impact;
    assert_eq!(seen.refused.as_deref(), Some("the cluster still has node groups: n1"), "{seen:#?}");
}
