//! What raises the effect of a kubectl command above its row. A rule never lowers: what kubectl itself does not carry
//! out (dry run, `--local`, help) is looked at before any rule.

use super::super::super::effect::Effect::{Destroy, Disrupt, Mutate, Unknown};
use crate::engine::grammar::table::{Rule, When};

const fn rule(when: When, effect: super::super::super::effect::Effect, because: &'static str) -> Rule {
    Rule { when, effect, because }
}

/// A group prints its help; a word behind it may be a command of a newer kubectl.
pub(super) const GROUP: &[Rule] =
    &[rule(When::Argument, Unknown, "the subcommand is not known; a newer kubectl may have it")];

pub(super) const APPLY: &[Rule] = &[
    rule(When::On("force"), Destroy, "--force deletes and creates again what cannot be changed in place"),
    rule(
        When::On("prune"),
        Destroy,
        "--prune deletes what the files do not name, in the whole cluster with --all",
    ),
];

pub(super) const REPLACE: &[Rule] = &[
    rule(When::On("force"), Destroy, "--force deletes the objects and creates them again"),
    rule(When::RawPath("finalize"), Destroy, "PUT to finalize drops the finalizers of a namespace"),
    rule(When::RawPath("scale"), Disrupt, "PUT to scale changes the number of pods"),
    rule(When::RawPath("proxy/"), Disrupt, "PUT through the API server's proxy reaches an application"),
    rule(When::RawPath("aws-auth"), Disrupt, LOCKS_OUT),
];

pub(super) const CP: &[Rule] = &[rule(When::CopiesIn, Disrupt, "writes over files in the pod")];

pub(super) const CREATE: &[Rule] = &[
    rule(When::RawPath("eviction"), Destroy, "POST to eviction deletes the pod"),
    rule(When::RawPath("exec"), Disrupt, "POST to exec runs a program in the pod"),
    rule(When::RawPath("attach"), Disrupt, "POST to attach reaches the pod's process"),
    rule(When::RawPath("proxy"), Disrupt, "POST through the API server's proxy reaches an application"),
    rule(When::RawPath("proxy/"), Disrupt, "POST through the API server's proxy reaches an application"),
    rule(When::Argument, Mutate, "no built-in: a plugin kubectl-create-NAME would run, if there is one"),
];

pub(super) const DELETE: &[Rule] = &[
    rule(When::Given("raw"), Destroy, "DELETE to the path as it is; --dry-run does not count beside --raw"),
    rule(When::On("all"), Destroy, "--all: every object of the kind"),
    rule(When::On("all-namespaces"), Destroy, "in every namespace"),
    rule(When::On("force"), Destroy, "--force: gone from the API before it has stopped"),
];

pub(super) const SCALE: &[Rule] = &[rule(When::On("all"), Disrupt, "--all: every object of the kind")];

pub(super) const TAINT: &[Rule] =
    &[rule(When::Taints, Disrupt, "no new pods on the node, and with NoExecute those that run there go")];

/// Amazon EKS: which IAM roles and users are who in the cluster.
const AWS_AUTH: When = When::Names(&["configmap", "configmaps", "cm"], "aws-auth", "kube-system");
const LOCKS_OUT: &str = "aws-auth says who may reach the cluster: one mistake locks everybody out";

pub(super) const EDIT: &[Rule] = &[rule(AWS_AUTH, Disrupt, LOCKS_OUT)];

pub(super) const DRAIN: &[Rule] = &[
    rule(
        When::On("delete-emptydir-data"),
        Destroy,
        "--delete-emptydir-data: what pods keep in emptyDir volumes is lost",
    ),
    rule(
        When::On("delete-local-data"),
        Destroy,
        "--delete-local-data: what pods keep in emptyDir volumes is lost",
    ),
    rule(When::On("force"), Destroy, "--force: pods without a controller are gone for good"),
    rule(When::On("disable-eviction"), Destroy, "--disable-eviction goes round PodDisruptionBudgets"),
];

pub(super) const DEBUG: &[Rule] = &[
    rule(When::Both("copy-to", "replace"), Destroy, "--replace deletes the original pod"),
    rule(When::Kind(&["node", "nodes", "no"]), Disrupt, "a pod with the node's own namespaces and files"),
];

pub(super) const RECONCILE: &[Rule] = &[
    rule(When::On("remove-extra-permissions"), Destroy, "--remove-extra-permissions takes rights away"),
    rule(When::On("remove-extra-subjects"), Destroy, "--remove-extra-subjects takes subjects away"),
];

pub(super) const LABEL: &[Rule] = &[
    rule(
        When::TakesKeyOf(&["pod", "pods", "po"]),
        Disrupt,
        "a pod that loses a label may drop out of its Service and its controller",
    ),
    rule(
        When::TakesKeyOf(&["replicaset", "replicasets", "rs"]),
        Disrupt,
        "a ReplicaSet that loses a label drops out of its Deployment",
    ),
];
