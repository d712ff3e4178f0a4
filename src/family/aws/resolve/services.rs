//! What the resolver has to know about services, read out of the CLI and botocore 1.44.5 (Apache-2.0).

/// Services with one endpoint for the whole partition: their resources have no region. Found by asking botocore for
/// the endpoints of each service in three regions.
const GLOBAL: &[&str] = &[
    "account",
    "billingconductor",
    "budgets",
    "ce",
    "chime",
    "cloudfront",
    "codecatalyst",
    "health",
    "iam",
    "importexport",
    "networkmanager",
    "notificationscontacts",
    "organizations",
    "route53",
    "savingsplans",
    "shield",
    "taxsettings",
    "waf",
];

/// Whether the service has no regions.
pub(super) fn is_global(service: &str) -> bool {
    GLOBAL.binary_search(&service).is_ok()
}

/// Words of the CLI whose service id is not the word itself in upper case
/// (`CLIENT_NAME_TO_HYPHENIZED_SERVICE_ID_OVERRIDES`, `aws s3api` and the like being renames of the CLI's own).
const SERVICE_IDS: &[(&str, &str)] = &[
    ("agent-toolkit", "AGENTTOOLKIT"),
    ("apigateway", "API_GATEWAY"),
    ("application-autoscaling", "APPLICATION_AUTO_SCALING"),
    ("appmesh", "APP_MESH"),
    ("autoscaling", "AUTO_SCALING"),
    ("autoscaling-plans", "AUTO_SCALING_PLANS"),
    ("ce", "COST_EXPLORER"),
    ("cloudhsmv2", "CLOUDHSM_V2"),
    ("cloudsearchdomain", "CLOUDSEARCH_DOMAIN"),
    ("cognito-idp", "COGNITO_IDENTITY_PROVIDER"),
    ("configservice", "CONFIG_SERVICE"),
    ("cur", "COST_AND_USAGE_REPORT_SERVICE"),
    ("datapipeline", "DATA_PIPELINE"),
    ("ddb", "DYNAMODB"),
    ("deploy", "CODEDEPLOY"),
    ("devicefarm", "DEVICE_FARM"),
    ("directconnect", "DIRECT_CONNECT"),
    ("discovery", "APPLICATION_DISCOVERY_SERVICE"),
    ("dms", "DATABASE_MIGRATION_SERVICE"),
    ("ds", "DIRECTORY_SERVICE"),
    ("ds-data", "DIRECTORY_SERVICE_DATA"),
    ("dynamodbstreams", "DYNAMODB_STREAMS"),
    ("elasticbeanstalk", "ELASTIC_BEANSTALK"),
    ("elb", "ELASTIC_LOAD_BALANCING"),
    ("elbv2", "ELASTIC_LOAD_BALANCING_V2"),
    ("es", "ELASTICSEARCH_SERVICE"),
    ("events", "EVENTBRIDGE"),
    ("eventsv2", "EVENTBRIDGEV2"),
    ("globalaccelerator", "GLOBAL_ACCELERATOR"),
    ("iot-data", "IOT_DATA_PLANE"),
    ("iot-jobs-data", "IOT_JOBS_DATA_PLANE"),
    ("iotwireless", "IOT_WIRELESS"),
    ("kinesisanalytics", "KINESIS_ANALYTICS"),
    ("kinesisanalyticsv2", "KINESIS_ANALYTICS_V2"),
    ("kinesisvideo", "KINESIS_VIDEO"),
    ("lex-models", "LEX_MODEL_BUILDING_SERVICE"),
    ("lex-runtime", "LEX_RUNTIME_SERVICE"),
    ("lexv2-models", "LEX_MODELS_V2"),
    ("lexv2-runtime", "LEX_RUNTIME_V2"),
    ("logs", "CLOUDWATCH_LOGS"),
    ("machinelearning", "MACHINE_LEARNING"),
    ("marketplace-entitlement", "MARKETPLACE_ENTITLEMENT_SERVICE"),
    ("marketplacecommerceanalytics", "MARKETPLACE_COMMERCE_ANALYTICS"),
    ("meteringmarketplace", "MARKETPLACE_METERING"),
    ("mgh", "MIGRATION_HUB"),
    ("resourcegroupstaggingapi", "RESOURCE_GROUPS_TAGGING_API"),
    ("route53", "ROUTE_53"),
    ("route53domains", "ROUTE_53_DOMAINS"),
    ("runtime.sagemaker", "SAGEMAKER_RUNTIME"),
    ("s3api", "S3"),
    ("s3control", "S3_CONTROL"),
    ("sdb", "SIMPLEDB"),
    ("secretsmanager", "SECRETS_MANAGER"),
    ("serverlessrepo", "SERVERLESSAPPLICATIONREPOSITORY"),
    ("servicecatalog", "SERVICE_CATALOG"),
    ("servicecatalog-appregistry", "SERVICE_CATALOG_APPREGISTRY"),
    ("sms-voice", "PINPOINT_SMS_VOICE"),
    ("stepfunctions", "SFN"),
    ("storagegateway", "STORAGE_GATEWAY"),
];

/// What the service is called in `AWS_ENDPOINT_URL_<ID>` and, in lower case, in a `[services x]` section.
pub(super) fn service_id(service: &str) -> String {
    match SERVICE_IDS.binary_search_by_key(&service, |(word, _)| word) {
        Ok(at) => SERVICE_IDS.get(at).map(|(_, id)| (*id).to_owned()).unwrap_or_default(),
        Err(_) => service.replace('-', "_").to_uppercase(),
    }
}

/// Regions in which version 1 of the CLI puts a fixed address of AWS in the place of every configured endpoint
/// (`awscli/customizations/overridesslcommonname.py`, last read in 1.46.3); only `--endpoint-url` wins against it.
const FIXED_IN_V1: &[(&str, &[&str])] = &[
    ("docdb", &["us-east-1"]),
    (
        "emr",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ca-central-1",
            "eu-central-1",
            "eu-north-1",
            "eu-south-1",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "me-south-1",
            "sa-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    (
        "health",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "aws-cn-global",
            "aws-global",
            "ca-central-1",
            "cn-north-1",
            "cn-northwest-1",
            "eu-central-1",
            "eu-north-1",
            "eu-south-1",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "me-south-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    ("neptune", &["us-east-1"]),
    ("rds", &["us-east-1"]),
    (
        "sqs",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ca-central-1",
            "cn-north-1",
            "cn-northwest-1",
            "eu-central-1",
            "eu-north-1",
            "eu-south-1",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "me-south-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-gov-west-1",
            "us-isob-east-1",
            "us-west-1",
            "us-west-2",
        ],
    ),
];

/// Whether version 1 of the CLI goes to AWS itself here, whatever endpoint is configured.
pub(super) fn is_fixed_in_v1(service: &str, region: &str) -> bool {
    FIXED_IN_V1.iter().any(|(s, regions)| *s == service && regions.binary_search(&region).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_can_be_searched() {
        assert!(GLOBAL.is_sorted());
        assert!(SERVICE_IDS.is_sorted_by_key(|(word, _)| word));
        assert!(FIXED_IN_V1.iter().all(|(_, regions)| regions.is_sorted()));
    }

    #[test]
    fn service_ids() {
        for (word, id) in [
            ("ec2", "EC2"),
            ("s3", "S3"),
            ("s3api", "S3"),
            ("cognito-idp", "COGNITO_IDENTITY_PROVIDER"),
            ("cognito-identity", "COGNITO_IDENTITY"),
            ("route53", "ROUTE_53"),
        ] {
            assert_eq!(service_id(word), id);
        }
    }

    #[test]
    fn version_1_ignores_endpoints_of_a_few_services() {
        assert!(is_fixed_in_v1("rds", "us-east-1") && !is_fixed_in_v1("rds", "eu-west-1"));
        assert!(is_fixed_in_v1("sqs", "eu-west-1") && !is_fixed_in_v1("sqs", "il-central-1"));
        assert!(!is_fixed_in_v1("emr", "us-east-1") && !is_fixed_in_v1("s3", "us-east-1"));
    }
}
