"""What moto lacks and the tests need: the protections that AWS enforces, and a few members of answers.

Every patch fails at the start when moto no longer has what it replaces; a method that moto has gained by now is
replaced all the same, so that all versions behave alike.

  CloudFormation  termination protection is switched and refuses; ParentId and RootId; imports of exports
  EKS             deletion protection on create, describe, update and delete; clusters as part of a stack
  RDS             an instance goes only with a final snapshot's name or --skip-final-snapshot
  ELBv2           the attribute deletion_protection.enabled refuses
  Cognito         DeletionProtection ACTIVE refuses
  Logs            deletion protection is set, shown and refuses
  EC2             run-instances --disable-api-termination is kept
  Auto Scaling    DeletionProtection is kept, shown and refuses
  Account         get-account-information
  Backup          start-backup-job makes a recovery point at once; list-recovery-points-by-resource; describe-recovery-point; a vault
                  called locked-… was locked for good long ago
  S3              a replication rule is shown as it was given; an object that it reaches says that it was replicated
"""
import datetime
import functools
import json
import threading
from urllib.parse import unquote

from moto.account.responses import AccountResponse
from moto.autoscaling import exceptions as autoscaling
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.backup import urls as backup_urls
from moto.backup.responses import BackupResponse
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.cognitoidp import exceptions as cognito
from moto.cognitoidp.models import CognitoIdpBackend
from moto.core.common_models import CloudFormationModel
from moto.core.responses import ActionResult
from moto.ec2.models.instances import Instance
from moto.ec2.responses.instances import InstanceResponse
from moto.eks.exceptions import InvalidRequestException
from moto.eks.models import eks_backends
from moto.eks.responses import EKSResponse
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend
from moto.logs.exceptions import ResourceNotFoundException, ValidationException
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse
from moto.rds.models import InvalidParameterCombination, RDSBackend
from moto.s3.responses import S3Response

#: What one request knows and the models below it are not told: the server runs one thread a request.
this_request = threading.local()


def adds(owner):
    """The decorated function becomes a method of `owner`."""
    return lambda function: setattr(owner, function.__name__, function)


def wraps(owner):
    """The decorated function takes the place of the method of its name and is handed the original first."""
    def put(function):
        original = getattr(owner, function.__name__)

        @functools.wraps(original)
        def method(self, *args, **kwargs):
            return function(original, self, *args, **kwargs)

        setattr(owner, function.__name__, method)
    return put


def on(value):
    return str(value).lower() == "true"


# ------------------------------------------------------------------------------------------------ CloudFormation


@adds(CloudFormationResponse)
def update_termination_protection(self):
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    stack.enable_termination_protection = on(self._get_param("EnableTerminationProtection"))
    return ActionResult({"StackId": stack.stack_id})


@wraps(CloudFormationResponse)
def delete_stack(original, self):
    wanted = self._get_param("StackName")
    for stack in list(self.cloudformation_backend.stacks.values()):
        if wanted in (stack.name, stack.stack_id) and stack.enable_termination_protection:
            raise ValidationError(
                message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    # CloudFormation takes the snapshots that it wants itself.
    this_request.of_stack = True
    try:
        return original(self)
    finally:
        this_request.of_stack = False


@adds(CloudFormationResponse)
def list_imports(self):
    name = self._get_param("ExportName")
    users = [stack.name for stack in self.cloudformation_backend.stacks.values()
             if f'Fn::ImportValue": "{name}"' in str(stack.template_dict).replace("'", '"')]
    if not users:
        raise ValidationError(message=f"Export '{name}' is not imported by any stack.")
    return ActionResult({"Imports": users})


@wraps(Stack)
def create_resources(original, self):
    parent = getattr(this_request, "stack", None)
    if parent is not None:
        self.parent_id = parent.stack_id
        self.root_id = getattr(parent, "root_id", None) or parent.stack_id
    this_request.stack = self
    try:
        return original(self)
    finally:
        this_request.stack = parent


# ------------------------------------------------------------------------------------------------ EKS


@wraps(EKSResponse)
def create_cluster(original, self):
    answer = original(self)
    cluster = self.eks_backend.describe_cluster(name=self._get_param("name"))
    cluster.deletion_protection = on(self._get_param("deletionProtection"))
    return answer


@wraps(EKSResponse)
def update_cluster_config(original, self):
    wanted = self._get_param("deletionProtection")
    if wanted is None:
        return original(self)
    self.eks_backend.describe_cluster(name=self._get_param("name")).deletion_protection = on(wanted)
    return ActionResult({"update": {"id": "0", "status": "Successful", "type": "DeletionProtectionUpdate"}})


@wraps(EKSResponse)
def delete_cluster(original, self):
    cluster = self.eks_backend.describe_cluster(name=self._get_param("name"))
    if getattr(cluster, "deletion_protection", False):
        raise InvalidRequestException(
            clusterName=cluster.name, nodegroupName=None, addonName=None,
            message=f"Cannot delete cluster {cluster.name} because deletion protection is enabled")
    return original(self)


class EksClusterOfStack(CloudFormationModel):
    """AWS::EKS::Cluster: CloudFormation finds it among the subclasses."""

    # moto reads the service's name from here.
    __module__ = "moto.eks.models"

    def __init__(self, cluster):
        self.cluster, self.physical_resource_id = cluster, cluster.name

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::EKS::Cluster"

    @classmethod
    def create_from_cloudformation_json(cls, name, resource, account_id, region_name, **_):
        properties = resource["Properties"]
        network = {name[0].lower() + name[1:]: value for name, value in properties["ResourcesVpcConfig"].items()}
        cluster = eks_backends[account_id][region_name].create_cluster(
            name=properties["Name"], role_arn=properties["RoleArn"], resources_vpc_config=network)
        return cls(cluster)

    @classmethod
    def delete_from_cloudformation_json(cls, name, resource, account_id, region_name):
        eks_backends[account_id][region_name].delete_cluster(name)


# ------------------------------------------------------------------------------------------------ RDS


@wraps(RDSBackend)
def delete_db_instance(original, self, db_instance_identifier, final_db_snapshot_identifier=None,
                       skip_final_snapshot=False, delete_automated_backups=True):
    database = self.databases.get(db_instance_identifier)
    asked = not getattr(this_request, "of_stack", False)
    if asked and database and not (database.deletion_protection or skip_final_snapshot or final_db_snapshot_identifier):
        raise InvalidParameterCombination(
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
    return original(self, db_instance_identifier, final_db_snapshot_identifier, skip_final_snapshot,
                    delete_automated_backups)


# ------------------------------------------------------------------------------------------------ ELBv2


@wraps(ELBv2Backend)
def delete_load_balancer(original, self, arn):
    balancer = self.load_balancers.get(arn)
    if balancer and on(balancer.attrs.get("deletion_protection.enabled")):
        raise ELBClientError("OperationNotPermitted",
                             f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled")
    return original(self, arn)


# ------------------------------------------------------------------------------------------------ Cognito


@wraps(CognitoIdpBackend)
def delete_user_pool(original, self, user_pool_id):
    pool = self.describe_user_pool(user_pool_id)
    if (pool.extended_config or {}).get("DeletionProtection") == "ACTIVE":
        raise cognito.InvalidParameterException(
            "The user pool cannot be deleted because deletion protection is activated. "
            "Deletion protection must be inactivated first.")
    return original(self, user_pool_id)


# ------------------------------------------------------------------------------------------------ CloudWatch Logs


@adds(LogsResponse)
def put_log_group_deletion_protection(self):
    name = self._get_param("logGroupIdentifier").split(":log-group:")[-1].removesuffix(":*")
    if name not in self.logs_backend.groups:
        raise ResourceNotFoundException()
    self.logs_backend.groups[name].deletion_protection = on(self._get_param("deletionProtectionEnabled"))
    return ""


@wraps(LogGroup)
def to_describe_dict(original, self):
    return original(self) | {"deletionProtectionEnabled": getattr(self, "deletion_protection", False)}


@wraps(LogsBackend)
def delete_log_group(original, self, log_group_name):
    if getattr(self.groups.get(log_group_name), "deletion_protection", False):
        raise ValidationException(f"Log group {log_group_name} cannot be deleted while deletion protection is enabled")
    return original(self, log_group_name)


# ------------------------------------------------------------------------------------------------ EC2


@wraps(InstanceResponse)
def run_instances(original, self):
    this_request.disable_api_termination = on(self._get_param("DisableApiTermination"))
    try:
        return original(self)
    finally:
        this_request.disable_api_termination = False


@wraps(Instance)
def __init__(original, self, *args, **kwargs):
    original(self, *args, **kwargs)
    if getattr(this_request, "disable_api_termination", False):
        self.disable_api_termination = True


# ------------------------------------------------------------------------------------------------ Auto Scaling


def keep_group_protection(original, self):
    answer = original(self)
    wanted = self._get_param("DeletionProtection")
    if wanted is not None:
        self.autoscaling_backend.autoscaling_groups[self._get_param("AutoScalingGroupName")].deletion_protection = wanted
    return answer


@wraps(AutoScalingResponse)
def create_auto_scaling_group(original, self):
    return keep_group_protection(original, self)


@wraps(AutoScalingResponse)
def update_auto_scaling_group(original, self):
    return keep_group_protection(original, self)


@wraps(AutoScalingResponse)
def delete_auto_scaling_group(original, self):
    name, force = self._get_param("AutoScalingGroupName"), on(self._get_param("ForceDelete"))
    level = getattr(self.autoscaling_backend.autoscaling_groups.get(name), "deletion_protection", "none")
    if level == "prevent-all-deletion" or (level == "prevent-force-deletion" and force):
        raise autoscaling.ValidationError(
            f"The Auto Scaling group {name} cannot be deleted: its deletion protection is {level}")
    return original(self)


FakeAutoScalingGroup.deletion_protection = "none"


# ------------------------------------------------------------------------------------------------ Account


#: What accounts are called, by their id.
account_names = {}


@adds(AccountResponse)
def get_account_information(self):
    account = self._get_account_id()
    return ActionResult({"AccountId": account, "AccountName": account_names.get(account, account),
                         "AccountCreatedDate": "2019-03-01T00:00:00Z"})


# ------------------------------------------------------------------------------------------------ Backup

# Paths and shapes: botocore 1.44.5, data/backup/2018-11-15.

#: Recovery points by account and the ARN of what they are of.
recovery_points = {}

for path in ["{0}/backup-jobs/?$", "{0}/resources/(?P<resource_arn>.+)/recovery-points/$",
             "{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/(?P<point>[^/]+)/?$"]:
    backup_urls.url_paths[path] = backup_urls.response.dispatch

#: When the vaults called locked-… were locked for good, and how many days they keep what is in them.
LOCKED_SINCE, LOCKED_DAYS = 1_600_000_000, 30


@adds(BackupResponse)
def start_backup_job(self):
    wanted = json.loads(self.body)
    resource, vault = wanted["ResourceArn"], wanted["BackupVaultName"]
    points = recovery_points.setdefault((self.current_account, resource), [])
    # The ids of Backup's own recovery points are made up; these say how many there are.
    arn = f"arn:aws:backup:{self.region}:{self.current_account}:recovery-point:{len(points) + 1:032d}"
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    key = getattr(self.backup_backend.vaults.get(vault), "encryption_key_arn", None)
    encrypted = {"EncryptionKeyArn": key, "EncryptionKeyType": "CUSTOMER_MANAGED_KMS_KEY"} if key else {}
    points.append({"RecoveryPointArn": arn, "CreationDate": now, "Status": "COMPLETED", "BackupSizeBytes": 5_000_000,
                   "BackupVaultName": vault, "IsParent": False, "ResourceName": resource.rsplit(":", 1)[-1],
                   "VaultType": "BACKUP_VAULT"} | encrypted)
    return json.dumps({"BackupJobId": f"job-{len(points)}", "RecoveryPointArn": arn, "CreationDate": now})


@adds(BackupResponse)
def list_recovery_points_by_resource(self):
    resource = unquote(self.path.split("/resources/", 1)[1].rsplit("/recovery-points", 1)[0])
    return json.dumps({"RecoveryPoints": recovery_points.get((self.current_account, resource), [])})


@adds(BackupResponse)
def describe_recovery_point(self):
    wanted = unquote(self.path.rstrip("/").rsplit("/", 1)[1])
    for (account, resource), points in recovery_points.items():
        for point in points:
            if account == self.current_account and point["RecoveryPointArn"] == wanted:
                lifecycle = {"DeleteAt": point["CreationDate"] + LOCKED_DAYS * 86_400}
                return json.dumps(point | {"ResourceArn": resource, "CalculatedLifecycle": lifecycle})
    return 404, {"x-amzn-errortype": "ResourceNotFoundException"}, json.dumps({"message": "no such recovery point"})


@wraps(BackupResponse)
def describe_backup_vault(original, self):
    vault = self.backup_backend.vaults.get(self.path.split("/")[-1])
    if vault and vault.backup_vault_name.startswith("locked-"):
        vault.locked, vault.lock_date, vault.min_retention_days = True, LOCKED_SINCE, LOCKED_DAYS
    return original(self)


# ------------------------------------------------------------------------------------------------ S3

# Members: botocore 1.44.5, data/s3/2006-03-01, ReplicationRule and HeadObjectOutput.ReplicationStatus.


def replication_rules(backend, bucket):
    return (getattr(backend.get_bucket(bucket), "replication", None) or {"Rule": []})["Rule"]


@wraps(S3Response)
def get_bucket_replication(original, self):
    rules = replication_rules(self.backend, self.bucket_name)
    if not rules:
        return original(self)
    self.data["Action"] = "GetBucketReplication"
    role = self.backend.get_bucket(self.bucket_name).replication["Role"]
    return self.serialized(ActionResult({"ReplicationConfiguration": {"Role": role, "Rules": rules}}))


@wraps(S3Response)
def head_object(original, self, bucket_name, query, key_name, headers):
    status, answer, body = original(self, bucket_name, query, key_name, headers)
    reached = any(key_name.startswith((rule.get("Filter") or {}).get("Prefix") or "")
                  for rule in replication_rules(self.backend, bucket_name))
    if status == 200 and reached:
        answer["x-amz-replication-status"] = "COMPLETED"
    return status, answer, body
