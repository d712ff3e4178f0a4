//! Networks, load balancers, clusters of machines: what stops when it goes, and what still hangs on it.

use super::fact::Fact::{Called, Guard};
use super::fact::{Form, Then, When, also, refuses, say};
use super::{Ask, Holds, Row};

const INTERFACES: &str = "network interface";

/// A thing of EC2 that holds nothing.
const fn ec2(
    operations: &'static [&'static str],
    kind: &'static str,
    options: &'static [&'static str],
    main: Ask,
    created: &'static str,
    more: &'static [Ask],
) -> Row {
    Row {
        service: "ec2",
        operations,
        kind,
        options,
        main,
        pick: None,
        created,
        tags: "/Tags",
        holds: Holds::Nothing,
        more,
    }
}

const ROUTE_TABLE: Ask = Ask {
    what: "the route table",
    words: &["ec2", "describe-route-tables", "--route-table-ids", "{}"],
    at: "/RouteTables/0",
    facts: &[
        also("/VpcId", Form::Plain, "in {}"),
        also("/Associations", Form::Len("association"), "{} (subnets or the whole VPC) follow it"),
    ],
};

const SECURITY_GROUP: Ask = Ask {
    what: "the security group",
    words: &["ec2", "describe-security-groups", "--group-ids", "{}"],
    at: "/SecurityGroups/0",
    facts: &[Called("/GroupName"), also("/VpcId", Form::Plain, "in {}")],
};

const NODEGROUP: Ask = Ask {
    what: "the node group",
    words: &["eks", "describe-nodegroup", "--cluster-name", "{cluster-name}", "--nodegroup-name", "{}"],
    at: "/nodegroup",
    facts: &[
        also("/scalingConfig/desiredSize", Form::Count("node"), "{} wanted now"),
        also("/instanceTypes", Form::Names(""), "of type {}"),
        also("/clusterName", Form::Plain, "of cluster {}"),
        say("/status", When::Is("DELETING"), Then::Also, "it is being deleted already"),
    ],
};

const TARGETS: Ask = Ask {
    what: "the targets",
    words: &["elbv2", "describe-target-health", "--target-group-arn", "{}"],
    at: "/TargetHealthDescriptions",
    facts: &[also("", Form::Len("target"), "{} in it now")],
};

const TARGET_GROUP: Ask = Ask {
    what: "the target group",
    words: &["elbv2", "describe-target-groups", "--target-group-arns", "{}"],
    at: "/TargetGroups/0",
    facts: &[Called("/TargetGroupName")],
};

const CLASSIC: Ask = Ask {
    what: "the load balancer",
    words: &["elb", "describe-load-balancers", "--load-balancer-names", "{}"],
    at: "/LoadBalancerDescriptions/0",
    facts: &[
        also("/DNSName", Form::Plain, "its name is {}"),
        also("/Instances", Form::Len("instance"), "{} behind it"),
        also("/ListenerDescriptions", Form::Len("listener"), "{}"),
    ],
};

const CLUSTER: &[&str] = &["eks", "describe-cluster", "--name", "{}"];

pub(super) const ROWS: &[Row] = &[
    ec2(
        &["delete-internet-gateway", "detach-internet-gateway"],
        "internet gateway",
        &["internet-gateway-id"],
        Ask {
            what: "the gateway",
            words: &["ec2", "describe-internet-gateways", "--internet-gateway-ids", "{}"],
            at: "/InternetGateways/0",
            facts: &[also("/Attachments", Form::Names("/VpcId"), "the way to the internet of {}")],
        },
        "",
        &[],
    ),
    ec2(
        &["delete-key-pair"],
        "key pair",
        &["key-name", "key-pair-id"],
        Ask {
            what: "the key pair",
            words: &["ec2", "describe-key-pairs", "--{}s", "{}"],
            at: "/KeyPairs/0",
            facts: &[Called("/KeyName")],
        },
        "/CreateTime",
        &[],
    ),
    ec2(
        &["delete-launch-template"],
        "launch template",
        &["launch-template-id", "launch-template-name"],
        Ask {
            what: "the launch template",
            words: &["ec2", "describe-launch-templates", "--{}s", "{}"],
            at: "/LaunchTemplates/0",
            facts: &[
                Called("/LaunchTemplateName"),
                also(
                    "/LatestVersionNumber",
                    Form::Count("version"),
                    "{} so far; groups that use it cannot scale",
                ),
            ],
        },
        "/CreateTime",
        &[],
    ),
    ec2(
        &["delete-nat-gateway"],
        "NAT gateway",
        &["nat-gateway-id"],
        Ask {
            what: "the gateway",
            words: &["ec2", "describe-nat-gateways", "--nat-gateway-ids", "{}"],
            at: "/NatGateways/0",
            facts: &[
                also("/NatGatewayAddresses", Form::Names("/PublicIp"), "its public address is {}"),
                also("/VpcId", Form::Plain, "in {}"),
                say("/State", When::Is("deleted"), Then::Also, "it is deleted already"),
            ],
        },
        "/CreateTime",
        &[Ask {
            what: "routes through it",
            words: &["ec2", "describe-route-tables", "--filters", "Name=route.nat-gateway-id,Values={}"],
            at: "/RouteTables",
            facts: &[also("", Form::Len("route table"), "{} lead to the internet through it")],
        }],
    ),
    Row {
        service: "ec2",
        operations: &["delete-network-interface"],
        kind: "network interface",
        options: &["network-interface-id"],
        main: Ask {
            what: "the interface",
            words: &["ec2", "describe-network-interfaces", "--network-interface-ids", "{}"],
            at: "/NetworkInterfaces/0",
            facts: &[
                also("/PrivateIpAddress", Form::Plain, "its address is {}"),
                also("/Description", Form::Plain, "described as {}"),
                refuses("/Attachment/AttachmentId", Form::Plain, "the interface is attached ({})"),
            ],
        },
        pick: None,
        created: "",
        tags: "/TagSet",
        holds: Holds::Nothing,
        more: &[],
    },
    ec2(
        &["create-route", "delete-route", "delete-route-table", "replace-route"],
        "route table",
        &["route-table-id"],
        ROUTE_TABLE,
        "",
        &[],
    ),
    ec2(
        &["delete-security-group"],
        "security group",
        &["group-id"],
        SECURITY_GROUP,
        "",
        &[Ask {
            what: "what uses it",
            words: &["ec2", "describe-network-interfaces", "--filters", "Name=group-id,Values={}"],
            at: "/NetworkInterfaces",
            facts: &[refuses("", Form::Len(INTERFACES), "the security group is in use by {}")],
        }],
    ),
    ec2(
        &[
            "authorize-security-group-egress",
            "authorize-security-group-ingress",
            "revoke-security-group-egress",
            "revoke-security-group-ingress",
        ],
        "security group",
        &["group-id"],
        SECURITY_GROUP,
        "",
        &[Ask {
            what: "what uses it",
            words: &["ec2", "describe-network-interfaces", "--filters", "Name=group-id,Values={}"],
            at: "/NetworkInterfaces",
            facts: &[also("", Form::Len(INTERFACES), "{} follow its rules")],
        }],
    ),
    ec2(
        &["delete-subnet"],
        "subnet",
        &["subnet-id"],
        Ask {
            what: "the subnet",
            words: &["ec2", "describe-subnets", "--subnet-ids", "{}"],
            at: "/Subnets/0",
            facts: &[also("/CidrBlock", Form::Plain, "{}"), also("/VpcId", Form::Plain, "in {}")],
        },
        "",
        &[Ask {
            what: "what is in it",
            words: &["ec2", "describe-network-interfaces", "--filters", "Name=subnet-id,Values={}"],
            at: "/NetworkInterfaces",
            facts: &[refuses("", Form::Len(INTERFACES), "the subnet still has {}")],
        }],
    ),
    ec2(
        &["delete-transit-gateway"],
        "transit gateway",
        &["transit-gateway-id"],
        Ask {
            what: "the gateway",
            words: &["ec2", "describe-transit-gateways", "--transit-gateway-ids", "{}"],
            at: "/TransitGateways/0",
            facts: &[also("/Description", Form::Plain, "described as {}")],
        },
        "/CreationTime",
        &[Ask {
            what: "its attachments",
            words: &[
                "ec2",
                "describe-transit-gateway-attachments",
                "--filters",
                "Name=transit-gateway-id,Values={}",
                "Name=state,Values=available",
            ],
            at: "/TransitGatewayAttachments",
            facts: &[refuses("", Form::Len("attachment"), "the gateway still has {}")],
        }],
    ),
    ec2(
        &["delete-transit-gateway-vpc-attachment"],
        "transit gateway attachment",
        &["transit-gateway-attachment-id"],
        Ask {
            what: "the attachment",
            words: &[
                "ec2",
                "describe-transit-gateway-vpc-attachments",
                "--transit-gateway-attachment-ids",
                "{}",
            ],
            at: "/TransitGatewayVpcAttachments/0",
            facts: &[also("/VpcId", Form::Plain, "connects {}")],
        },
        "/CreationTime",
        &[],
    ),
    ec2(
        &["delete-vpc"],
        "VPC",
        &["vpc-id"],
        Ask {
            what: "the VPC",
            words: &["ec2", "describe-vpcs", "--vpc-ids", "{}"],
            at: "/Vpcs/0",
            facts: &[
                also("/CidrBlock", Form::Plain, "{}"),
                say("/IsDefault", When::Is("true"), Then::Also, "it is the default VPC of the region"),
            ],
        },
        "",
        &[
            Ask {
                what: "subnets in it",
                words: &["ec2", "describe-subnets", "--filters", "Name=vpc-id,Values={}"],
                at: "/Subnets",
                facts: &[refuses("", Form::Len("subnet"), "the VPC still has {}")],
            },
            Ask {
                what: "interfaces in it",
                words: &["ec2", "describe-network-interfaces", "--filters", "Name=vpc-id,Values={}"],
                at: "/NetworkInterfaces",
                facts: &[refuses("", Form::Len(INTERFACES), "the VPC still has {}")],
            },
        ],
    ),
    ec2(
        &["modify-vpc-attribute"],
        "VPC",
        &["vpc-id"],
        Ask {
            what: "the VPC",
            words: &["ec2", "describe-vpcs", "--vpc-ids", "{}"],
            at: "/Vpcs/0",
            facts: &[also("/CidrBlock", Form::Plain, "{}")],
        },
        "",
        &[],
    ),
    ec2(
        &["delete-vpc-endpoints"],
        "VPC endpoint",
        &["vpc-endpoint-ids"],
        Ask {
            what: "the endpoint",
            words: &["ec2", "describe-vpc-endpoints", "--vpc-endpoint-ids", "{}"],
            at: "/VpcEndpoints/0",
            facts: &[
                also("/ServiceName", Form::Plain, "the private way to {}"),
                also("/VpcId", Form::Plain, "in {}"),
            ],
        },
        "/CreationTimestamp",
        &[],
    ),
    ec2(
        &["delete-vpc-peering-connection"],
        "VPC peering connection",
        &["vpc-peering-connection-id"],
        Ask {
            what: "the connection",
            words: &["ec2", "describe-vpc-peering-connections", "--vpc-peering-connection-ids", "{}"],
            at: "/VpcPeeringConnections/0",
            facts: &[
                also("/RequesterVpcInfo/VpcId", Form::Plain, "from {}"),
                also("/AccepterVpcInfo/VpcId", Form::Plain, "to {}, whose side has to accept a new one"),
            ],
        },
        "",
        &[],
    ),
    ec2(
        &["delete-vpn-connection"],
        "VPN connection",
        &["vpn-connection-id"],
        Ask {
            what: "the connection",
            words: &["ec2", "describe-vpn-connections", "--vpn-connection-ids", "{}"],
            at: "/VpnConnections/0",
            facts: &[also("/State", Form::Plain, "{}; a new one has other addresses and keys")],
        },
        "",
        &[],
    ),
    ec2(
        &["disassociate-address"],
        "public address",
        &["association-id"],
        Ask {
            what: "the address",
            words: &["ec2", "describe-addresses", "--filters", "Name=association-id,Values={}"],
            at: "/Addresses/0",
            facts: &[
                Called("/PublicIp"),
                also("/InstanceId", Form::Plain, "of instance {}"),
                also("/NetworkInterfaceId", Form::Plain, "of {}"),
            ],
        },
        "",
        &[],
    ),
    ec2(
        &["release-address"],
        "public address",
        &["allocation-id"],
        Ask {
            what: "the address",
            words: &["ec2", "describe-addresses", "--allocation-ids", "{}"],
            at: "/Addresses/0",
            facts: &[
                Called("/PublicIp"),
                refuses("/AssociationId", Form::Plain, "the address is in use ({})"),
            ],
        },
        "",
        &[],
    ),
    ec2(
        &["cancel-spot-fleet-requests"],
        "spot fleet",
        &["spot-fleet-request-ids"],
        Ask {
            what: "the fleet",
            words: &["ec2", "describe-spot-fleet-requests", "--spot-fleet-request-ids", "{}"],
            at: "/SpotFleetRequestConfigs/0",
            facts: &[also("/SpotFleetRequestState", Form::Plain, "{}")],
        },
        "/CreateTime",
        &[Ask {
            what: "instances of the fleet",
            words: &["ec2", "describe-spot-fleet-instances", "--spot-fleet-request-id", "{}"],
            at: "/ActiveInstances",
            facts: &[also("", Form::Len("instance"), "{} in it (they end with --terminate-instances)")],
        }],
    ),
    ec2(
        &["delete-fleets"],
        "EC2 fleet",
        &["fleet-ids"],
        Ask {
            what: "the fleet",
            words: &["ec2", "describe-fleets", "--fleet-ids", "{}"],
            at: "/Fleets/0",
            facts: &[also("/FleetState", Form::Plain, "{}")],
        },
        "/CreateTime",
        &[Ask {
            what: "instances of the fleet",
            words: &["ec2", "describe-fleet-instances", "--fleet-id", "{}"],
            at: "/ActiveInstances",
            facts: &[also("", Form::Len("instance"), "{} in it (they end with --terminate-instances)")],
        }],
    ),
    Row {
        service: "eks",
        operations: &["delete-cluster"],
        kind: "EKS cluster",
        options: &["name"],
        main: Ask {
            what: "the cluster",
            words: CLUSTER,
            at: "/cluster",
            facts: &[
                also("/version", Form::Plain, "Kubernetes {}"),
                Guard {
                    at: "/deletionProtection",
                    on: "true",
                    what: "deletion protection",
                    turn_on: &["eks", "update-cluster-config", "--deletion-protection", "--name", "{}"],
                },
            ],
        },
        pick: None,
        created: "/createdAt",
        tags: "/tags",
        holds: Holds::Goes("every Kubernetes object in it goes; no copy is taken"),
        more: &[
            Ask {
                what: "node groups",
                words: &["eks", "list-nodegroups", "--cluster-name", "{}"],
                at: "/nodegroups",
                facts: &[refuses("", Form::Names(""), "the cluster still has node groups: {}")],
            },
            Ask {
                what: "Fargate profiles",
                words: &["eks", "list-fargate-profiles", "--cluster-name", "{}"],
                at: "/fargateProfileNames",
                facts: &[refuses("", Form::Names(""), "the cluster still has Fargate profiles: {}")],
            },
            Ask {
                what: "add-ons",
                words: &["eks", "list-addons", "--cluster-name", "{}"],
                at: "/addons",
                facts: &[also("", Form::Names(""), "add-ons {}")],
            },
            Ask {
                what: "load balancers and volumes of the cluster",
                words: &[
                    "resourcegroupstaggingapi",
                    "get-resources",
                    "--tag-filters",
                    "Key=kubernetes.io/cluster/{}",
                    "--resource-type-filters",
                    "elasticloadbalancing",
                    "ec2:volume",
                ],
                at: "/ResourceTagMappingList",
                facts: &[also(
                    "",
                    Form::Len("load balancer or volume"),
                    "{} of its own stay behind and cost money",
                )],
            },
        ],
    },
    Row {
        service: "eks",
        operations: &["deregister-cluster", "update-cluster-config", "update-cluster-version"],
        kind: "EKS cluster",
        options: &["name"],
        main: Ask {
            what: "the cluster",
            words: CLUSTER,
            at: "/cluster",
            facts: &[also("/version", Form::Plain, "Kubernetes {} now")],
        },
        pick: None,
        created: "/createdAt",
        tags: "/tags",
        holds: Holds::Nothing,
        more: &[],
    },
    Row {
        service: "eks",
        operations: &["delete-nodegroup", "update-nodegroup-config"],
        kind: "EKS node group",
        options: &["nodegroup-name"],
        main: NODEGROUP,
        pick: None,
        created: "/createdAt",
        tags: "/tags",
        holds: Holds::Nothing,
        more: &[],
    },
    Row {
        service: "eks",
        operations: &["delete-fargate-profile"],
        kind: "EKS Fargate profile",
        options: &["fargate-profile-name"],
        main: Ask {
            what: "the profile",
            words: &[
                "eks",
                "describe-fargate-profile",
                "--cluster-name",
                "{cluster-name}",
                "--fargate-profile-name",
                "{}",
            ],
            at: "/fargateProfile",
            facts: &[also("/selectors", Form::Names("/namespace"), "its pods run in {}")],
        },
        pick: None,
        created: "/createdAt",
        tags: "/tags",
        holds: Holds::Nothing,
        more: &[],
    },
    Row {
        service: "eks",
        operations: &["delete-addon"],
        kind: "EKS add-on",
        options: &["addon-name"],
        main: Ask {
            what: "the add-on",
            words: &["eks", "describe-addon", "--cluster-name", "{cluster-name}", "--addon-name", "{}"],
            at: "/addon",
            facts: &[
                also(
                    "/addonVersion",
                    Form::Plain,
                    "version {}; its software goes too, unless --preserve is given",
                ),
                also("/clusterName", Form::Plain, "of cluster {}"),
            ],
        },
        pick: None,
        created: "/createdAt",
        tags: "/tags",
        holds: Holds::Nothing,
        more: &[],
    },
    Row {
        service: "elb",
        operations: &["delete-load-balancer", "deregister-instances-from-load-balancer"],
        kind: "classic load balancer",
        options: &["load-balancer-name"],
        main: CLASSIC,
        pick: None,
        created: "/CreatedTime",
        tags: "",
        holds: Holds::Nothing,
        more: &[],
    },
    Row {
        service: "elbv2",
        operations: &["delete-listener", "modify-listener"],
        kind: "listener",
        options: &["listener-arn"],
        main: Ask {
            what: "the listener",
            words: &["elbv2", "describe-listeners", "--listener-arns", "{}"],
            at: "/Listeners/0",
            facts: &[also("/Port", Form::Plain, "port {}"), also("/LoadBalancerArn", Form::Plain, "of {}")],
        },
        pick: None,
        created: "",
        tags: "",
        holds: Holds::Nothing,
        more: &[Ask {
            what: "its rules",
            words: &["elbv2", "describe-rules", "--listener-arn", "{}"],
            at: "/Rules",
            facts: &[also("", Form::Len("rule"), "{}, the default one counted")],
        }],
    },
    Row {
        service: "elbv2",
        operations: &["delete-rule", "modify-rule"],
        kind: "listener rule",
        options: &["rule-arn"],
        main: Ask {
            what: "the rule",
            words: &["elbv2", "describe-rules", "--rule-arns", "{}"],
            at: "/Rules/0",
            facts: &[also("/Priority", Form::Plain, "priority {}")],
        },
        pick: None,
        created: "",
        tags: "",
        holds: Holds::Nothing,
        more: &[],
    },
    Row {
        service: "elbv2",
        operations: &["delete-target-group"],
        kind: "target group",
        options: &["target-group-arn"],
        main: Ask {
            what: "the target group",
            words: &["elbv2", "describe-target-groups", "--target-group-arns", "{}"],
            at: "/TargetGroups/0",
            facts: &[
                Called("/TargetGroupName"),
                refuses(
                    "/LoadBalancerArns",
                    Form::Names(""),
                    "the target group is in use by load balancer {}",
                ),
            ],
        },
        pick: None,
        created: "",
        tags: "",
        holds: Holds::Nothing,
        more: &[TARGETS],
    },
    Row {
        service: "elbv2",
        operations: &["deregister-targets"],
        kind: "target group",
        options: &["target-group-arn"],
        main: TARGET_GROUP,
        pick: None,
        created: "",
        tags: "",
        holds: Holds::Nothing,
        more: &[TARGETS],
    },
];
