"""botocore's data, read once for all forks of a process: most of the time a CLI or a client of boto3 needs to start."""
import glob

#: Whose data is read beforehand; that of others is read when it is used.
SERVICES = """autoscaling backup cloudformation cloudwatch cognito-idp dynamodb ec2 ecr ecs efs eks elasticache elb elbv2
iam kinesis kms lambda logs opensearch organizations rbin rds redshift route53 s3 s3control secretsmanager sns sqs ssm
stepfunctions sts""".split()


def keep():
    """Files are handed out as if just read: what a fork does with them stays its own."""
    from botocore.loaders import JSONFileLoader, create_loader
    original, known = JSONFileLoader.load_file, {}

    def load_file(loader, path):
        return known[path] if path in known else original(loader, path)

    loader = create_loader()
    files = []
    for directory in loader.search_paths:
        files += glob.glob(directory + "/*.json*")
        for service in SERVICES:
            versions = sorted(glob.glob(f"{directory}/{service}/*/"))
            files += glob.glob(versions[-1] + "*.json*") if versions else []
    for stem in {file.partition(".json")[0] for file in files if "/examples-" not in file}:
        known[stem] = original(loader.file_loader, stem)
    JSONFileLoader.load_file = load_file
