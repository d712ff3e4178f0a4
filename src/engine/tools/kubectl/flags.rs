//! kubectl's flags, 1.24 to 1.37, one row per shape. `tests/kubectl_table.rs` holds them against real kubectls; after a new
//! release, run it with `GUARD_BLESS=1` to see what has to be added.

use super::super::super::table::Arity::{self, Optional, Switch, Value};
use super::super::super::table::{
    Flag,
    Role::{self, *},
};

const fn row(long: &'static str, short: u8, arity: Arity, role: Role, since: u8, until: u8) -> Flag {
    Flag { long, short, arity, role, since, until }
}

/// Flags every command takes (`kubectl options`).
pub(super) const GLOBALS: &[Flag] = &[
    row("as", 0, Value, Actor, 0, 255),
    row("as-group", 0, Value, Actor, 0, 255),
    row("as-uid", 0, Value, Actor, 0, 255),
    row("as-user-extra", 0, Value, Actor, 0, 255),
    row("cache-dir", 0, Value, Plain, 0, 255),
    row("certificate-authority", 0, Value, Plain, 0, 255),
    row("client-certificate", 0, Value, Plain, 0, 255),
    row("client-key", 0, Value, Plain, 0, 255),
    row("cluster", 0, Value, Cluster, 0, 255),
    row("context", 0, Value, Context, 0, 255),
    row("disable-compression", 0, Switch, Plain, 0, 255),
    row("help", b'h', Switch, Help, 0, 255),
    row("insecure-skip-tls-verify", 0, Switch, Plain, 0, 255),
    row("kubeconfig", 0, Value, Kubeconfig, 0, 255),
    row("kuberc", 0, Value, Preferences, 0, 255),
    row("log-flush-frequency", 0, Value, Plain, 0, 255),
    row("match-server-version", 0, Switch, Plain, 0, 255),
    row("namespace", b'n', Value, Namespace, 0, 255),
    row("password", 0, Value, Secret, 0, 255),
    row("profile", 0, Value, Plain, 0, 255),
    row("profile-output", 0, Value, Plain, 0, 255),
    row("proxy-url", 0, Value, Plain, 0, 255),
    row("request-timeout", 0, Value, Plain, 0, 255),
    row("server", b's', Value, Server, 0, 255),
    row("tls-server-name", 0, Value, Plain, 0, 255),
    row("token", 0, Value, Secret, 0, 255),
    row("user", 0, Value, User, 0, 255),
    row("username", 0, Value, Plain, 0, 255),
    row("v", b'v', Value, Plain, 0, 255),
    row("vmodule", 0, Value, Plain, 0, 255),
    row("warnings-as-errors", 0, Switch, Plain, 0, 255),
];

/// The flags of single commands, each shape once, sorted by long name.
pub(super) const POOL: &[Flag] = &[
    row("accept-hosts", 0, Value, Plain, 0, 255),
    row("accept-paths", 0, Value, Plain, 0, 255),
    row("address", 0, Value, Plain, 0, 255),
    row("aggregation-rule", 0, Value, Plain, 0, 255),
    row("all", 0, Switch, Plain, 0, 255),
    row("all-containers", 0, Switch, Plain, 0, 255),
    row("all-namespaces", b'A', Switch, AllNamespaces, 0, 255),
    row("all-pods", 0, Switch, Plain, 0, 255),
    row("allow-missing-template-keys", 0, Switch, Plain, 0, 255),
    row("allowlist-entry", 0, Value, Plain, 0, 255),
    row("annotation", 0, Value, Plain, 0, 255),
    row("annotations", 0, Value, Plain, 0, 255),
    row("api-group", 0, Value, Plain, 0, 255),
    row("api-prefix", 0, Value, Plain, 0, 255),
    row("api-version", 0, Value, Plain, 0, 255),
    row("append-hash", 0, Switch, Plain, 0, 255),
    row("append-server-path", 0, Switch, Plain, 0, 255),
    row("appendarg", 0, Value, Plain, 0, 255),
    row("arguments-only", 0, Switch, Plain, 0, 255),
    row("as-current-user", 0, Switch, Plain, 0, 255),
    row("attach", 0, Switch, Plain, 0, 255),
    row("audience", 0, Value, Plain, 0, 255),
    row("auth-provider", 0, Value, Plain, 0, 255),
    row("auth-provider-arg", 0, Value, SecretPair, 0, 255),
    row("bound-object-kind", 0, Value, Plain, 0, 255),
    row("bound-object-name", 0, Value, Plain, 0, 255),
    row("bound-object-uid", 0, Value, Plain, 0, 255),
    row("cached", 0, Switch, Plain, 0, 255),
    row("cascade", 0, Optional("background"), Plain, 0, 255),
    row("categories", 0, Value, Plain, 0, 255),
    row("cert", 0, Value, Plain, 0, 255),
    row("certificate-authority", 0, Value, Plain, 0, 255),
    row("chunk-size", 0, Value, Plain, 0, 255),
    row("class", 0, Value, Plain, 0, 255),
    row("client", 0, Switch, Plain, 0, 255),
    row("client-certificate", 0, Value, Plain, 0, 255),
    row("client-key", 0, Value, Plain, 0, 255),
    row("cluster", 0, Value, Plain, 0, 255),
    row("cluster-ip", 0, Value, Plain, 0, 255),
    row("clusterip", 0, Value, Plain, 0, 255),
    row("clusterrole", 0, Value, Plain, 0, 255),
    row("command", 0, Switch, Plain, 0, 255),
    row("command", 0, Value, Plain, 0, 255),
    row("concurrency", 0, Value, Plain, 0, 255),
    row("container", b'c', Value, Plain, 0, 255),
    row("containers", 0, Switch, Plain, 0, 255),
    row("containers", b'c', Value, Plain, 0, 255),
    row("copy-to", 0, Value, Plain, 0, 255),
    row("cpu", 0, Value, Plain, 0, 255),
    row("create-annotation", 0, Switch, Plain, 0, 255),
    row("current", 0, Switch, Plain, 0, 255),
    row("current-replicas", 0, Value, Plain, 0, 255),
    row("custom", 0, Value, Plain, 0, 255),
    row("default-backend", 0, Value, Plain, 0, 255),
    row("delete-emptydir-data", 0, Switch, Plain, 0, 255),
    row("description", 0, Value, Plain, 0, 255),
    row("detach-keys", 0, Value, Plain, 0, 255),
    row("disable-eviction", 0, Switch, Plain, 0, 255),
    row("disable-filter", 0, Switch, Plain, 0, 255),
    row("docker-email", 0, Value, Plain, 0, 255),
    row("docker-password", 0, Value, Secret, 0, 255),
    row("docker-server", 0, Value, Plain, 0, 255),
    row("docker-username", 0, Value, Plain, 0, 255),
    row("dry-run", 0, Optional("unchanged"), DryRun, 0, 255),
    row("duration", 0, Value, Plain, 0, 255),
    row("edit", 0, Switch, Plain, 0, 255),
    row("embed-certs", 0, Switch, Plain, 0, 255),
    row("enable-alpha-plugins", 0, Switch, Plain, 0, 255),
    row("enable-helm", 0, Switch, Plain, 0, 255),
    row("env", 0, Value, Plain, 0, 255),
    row("env", 0, Value, SecretPair, 0, 255),
    row("env", b'e', Value, Plain, 0, 255),
    row("exec-api-version", 0, Value, Plain, 0, 255),
    row("exec-arg", 0, Value, Plain, 0, 255),
    row("exec-command", 0, Value, Plain, 0, 255),
    row("exec-env", 0, Value, SecretPair, 0, 255),
    row("exec-interactive-mode", 0, Value, Plain, 0, 255),
    row("exec-provide-cluster-info", 0, Switch, Plain, 0, 255),
    row("expose", 0, Switch, Plain, 0, 255),
    row("external-ip", 0, Value, Plain, 0, 255),
    row("external-name", 0, Value, Plain, 0, 255),
    row("field-manager", 0, Value, Plain, 0, 255),
    row("field-selector", 0, Value, Selector, 0, 255),
    row("filename", b'f', Value, Filename, 0, 255),
    row("flatten", 0, Switch, Plain, 0, 255),
    row("follow", b'f', Switch, Plain, 0, 255),
    row("for", 0, Value, Plain, 0, 255),
    row("force", 0, Switch, Plain, 0, 255),
    row("force-conflicts", 0, Switch, Plain, 0, 255),
    row("from", 0, Value, Plain, 0, 255),
    row("from-env-file", 0, Value, Plain, 0, 255),
    row("from-file", 0, Value, Plain, 0, 255),
    row("from-literal", 0, Value, SecretPair, 0, 255),
    row("global-default", 0, Switch, Plain, 0, 255),
    row("grace-period", 0, Value, Plain, 0, 255),
    row("group", 0, Value, Plain, 0, 255),
    row("hard", 0, Value, Plain, 0, 255),
    row("helm-api-versions", 0, Value, Plain, 0, 255),
    row("helm-command", 0, Value, Plain, 0, 255),
    row("helm-debug", 0, Switch, Plain, 0, 255),
    row("helm-kube-version", 0, Value, Plain, 0, 255),
    row("ignore-daemonsets", 0, Switch, Plain, 0, 255),
    row("ignore-errors", 0, Switch, Plain, 0, 255),
    row("ignore-not-found", 0, Switch, Plain, 0, 255),
    row("image", 0, Value, Plain, 0, 255),
    row("image-pull-policy", 0, Value, Plain, 0, 255),
    row("insecure-skip-tls-verify", 0, Switch, Plain, 0, 255),
    row("insecure-skip-tls-verify-backend", 0, Switch, Plain, 0, 255),
    row("interactive", b'i', Switch, Plain, 0, 255),
    row("keep-annotations", 0, Switch, Plain, 0, 255),
    row("keep-init-containers", 0, Switch, Plain, 0, 255),
    row("keep-labels", 0, Switch, Plain, 0, 255),
    row("keep-liveness", 0, Switch, Plain, 0, 255),
    row("keep-readiness", 0, Switch, Plain, 0, 255),
    row("keep-startup", 0, Switch, Plain, 0, 255),
    row("keepalive", 0, Value, Plain, 0, 255),
    row("key", 0, Value, Plain, 0, 255),
    row("keys", 0, Value, Plain, 0, 255),
    row("kuberc", 0, Value, Preferences, 0, 255),
    row("kustomize", b'k', Value, Filename, 0, 255),
    row("label-columns", b'L', Value, Plain, 0, 255),
    row("labels", b'l', Value, Plain, 0, 255),
    row("leave-stdin-open", 0, Switch, Plain, 0, 255),
    row("limit-bytes", 0, Value, Plain, 0, 255),
    row("limits", 0, Value, Plain, 0, 255),
    row("list", 0, Switch, Plain, 0, 255),
    row("load-balancer-ip", 0, Value, Plain, 0, 255),
    row("load-restrictor", 0, Value, Plain, 0, 255),
    row("local", 0, Switch, Plain, 0, 255),
    row("max", 0, Value, Plain, 0, 255),
    row("max-depth", 0, Value, Plain, 0, 255),
    row("max-log-requests", 0, Value, Plain, 0, 255),
    row("max-unavailable", 0, Value, Plain, 0, 255),
    row("memory", 0, Value, Plain, 0, 255),
    row("merge", 0, Switch, Plain, 0, 255),
    row("min", 0, Value, Plain, 0, 255),
    row("min-available", 0, Value, Plain, 0, 255),
    row("minify", 0, Switch, Plain, 0, 255),
    row("mount", 0, Value, Plain, 0, 255),
    row("name", 0, Value, Plain, 0, 255),
    row("name-only", 0, Switch, Plain, 0, 255),
    row("namespace", b'n', Value, Plain, 0, 255),
    row("namespaced", 0, Switch, Plain, 0, 255),
    row("namespaces", 0, Value, Plain, 0, 255),
    row("network", 0, Switch, Plain, 0, 255),
    row("network-name", 0, Value, Plain, 0, 255),
    row("no-headers", 0, Switch, Plain, 0, 255),
    row("no-preserve", 0, Switch, Plain, 0, 255),
    row("node-port", 0, Value, Plain, 0, 255),
    row("non-resource-url", 0, Value, Plain, 0, 255),
    row("now", 0, Switch, Plain, 0, 255),
    row("openapi-patch", 0, Switch, Plain, 0, 255),
    row("option", 0, Value, Plain, 0, 255),
    row("output", b'o', Value, Plain, 0, 255),
    row("output-directory", 0, Value, Plain, 0, 255),
    row("output-patch", 0, Switch, Plain, 0, 255),
    row("output-watch-events", 0, Switch, Plain, 0, 255),
    row("override-type", 0, Value, Plain, 0, 255),
    row("overrides", 0, Value, Plain, 0, 255),
    row("overwrite", 0, Switch, Plain, 0, 255),
    row("password", 0, Value, Secret, 0, 255),
    row("patch", b'p', Value, Plain, 0, 255),
    row("patch-file", 0, Value, Plain, 0, 255),
    row("pod-running-timeout", 0, Value, Plain, 0, 255),
    row("pod-selector", 0, Value, Plain, 0, 255),
    row("policy", 0, Value, Plain, 0, 255),
    row("port", 0, Value, Plain, 0, 255),
    row("port", b'p', Value, Plain, 0, 255),
    row("preemption-policy", 0, Value, Plain, 0, 255),
    row("prefix", 0, Switch, Plain, 0, 255),
    row("prefix", 0, Value, Plain, 0, 255),
    row("prependarg", 0, Value, Plain, 0, 255),
    row("previous", b'p', Switch, Plain, 0, 255),
    row("privileged", 0, Switch, Plain, 0, 255),
    row("profile", 0, Value, Plain, 0, 255),
    row("protocol", 0, Value, Plain, 0, 255),
    row("proxy-url", 0, Value, Plain, 0, 255),
    row("prune", 0, Switch, Plain, 0, 255),
    row("prune-allowlist", 0, Value, Plain, 0, 255),
    row("quiet", b'q', Switch, Plain, 0, 255),
    row("raw", 0, Switch, Plain, 0, 255),
    row("raw", 0, Value, Plain, 0, 255),
    row("recursive", b'R', Switch, Plain, 0, 255),
    row("reject-methods", 0, Value, Plain, 0, 255),
    row("reject-paths", 0, Value, Plain, 0, 255),
    row("remove-extra-permissions", 0, Switch, Plain, 0, 255),
    row("remove-extra-subjects", 0, Switch, Plain, 0, 255),
    row("replace", 0, Switch, Plain, 0, 255),
    row("replicas", 0, Value, Plain, 0, 255),
    row("replicas", b'r', Value, Plain, 0, 255),
    row("requests", 0, Value, Plain, 0, 255),
    row("resolve", 0, Switch, Plain, 0, 255),
    row("resource", 0, Value, Plain, 0, 255),
    row("resource-name", 0, Value, Plain, 0, 255),
    row("resource-version", 0, Value, Plain, 0, 255),
    row("restart", 0, Value, Plain, 0, 255),
    row("retries", 0, Value, Plain, 0, 255),
    row("revision", 0, Value, Plain, 0, 255),
    row("rm", 0, Switch, Plain, 0, 255),
    row("role", 0, Value, Plain, 0, 255),
    row("rule", 0, Value, Plain, 0, 255),
    row("same-node", 0, Switch, Plain, 0, 255),
    row("save-config", 0, Switch, Plain, 0, 255),
    row("schedule", 0, Value, Plain, 0, 255),
    row("scopes", 0, Value, Plain, 0, 255),
    row("section", 0, Value, Plain, 0, 255),
    row("selector", 0, Value, Plain, 0, 255),
    row("selector", 0, Value, Selector, 0, 255),
    row("selector", b'l', Value, Selector, 0, 255),
    row("server", 0, Value, Plain, 0, 255),
    row("server-print", 0, Switch, Plain, 0, 255),
    row("server-side", 0, Switch, Plain, 0, 255),
    row("serviceaccount", 0, Value, Plain, 0, 255),
    row("session-affinity", 0, Value, Plain, 0, 255),
    row("set-image", 0, Value, Plain, 0, 255),
    row("set-raw-bytes", 0, Switch, Plain, 0, 255),
    row("share-processes", 0, Switch, Plain, 0, 255),
    row("show-capacity", 0, Switch, Plain, 0, 255),
    row("show-events", 0, Switch, Plain, 0, 255),
    row("show-kind", 0, Switch, Plain, 0, 255),
    row("show-labels", 0, Switch, Plain, 0, 255),
    row("show-managed-fields", 0, Switch, Plain, 0, 255),
    row("show-secrets", 0, Switch, Plain, 0, 255),
    row("show-swap", 0, Switch, Plain, 0, 255),
    row("since", 0, Value, Plain, 0, 255),
    row("since-time", 0, Value, Plain, 0, 255),
    row("skip-wait-for-delete-timeout", 0, Value, Plain, 0, 255),
    row("sort-by", 0, Value, Plain, 0, 255),
    row("stdin", b'i', Switch, Plain, 0, 255),
    row("subresource", 0, Value, Plain, 0, 255),
    row("sum", 0, Switch, Plain, 0, 255),
    row("tail", 0, Value, Plain, 0, 255),
    row("target", 0, Value, Plain, 0, 255),
    row("target-port", 0, Value, Plain, 0, 255),
    row("tcp", 0, Value, Plain, 0, 255),
    row("template", 0, Value, Plain, 0, 255),
    row("timeout", 0, Value, Plain, 0, 255),
    row("timestamps", 0, Switch, Plain, 0, 255),
    row("tls-server-name", 0, Value, Plain, 0, 255),
    row("to-revision", 0, Value, Plain, 0, 255),
    row("token", 0, Value, Secret, 0, 255),
    row("tty", b't', Switch, Plain, 0, 255),
    row("type", 0, Value, Plain, 0, 255),
    row("types", 0, Value, Plain, 0, 255),
    row("unix-socket", b'u', Value, Plain, 0, 255),
    row("use-protocol-buffers", 0, Switch, Plain, 0, 255),
    row("user", 0, Value, Plain, 0, 255),
    row("username", 0, Value, Plain, 0, 255),
    row("validate", 0, Optional("strict"), Plain, 0, 255),
    row("value", 0, Value, Plain, 0, 255),
    row("verb", 0, Value, Plain, 0, 255),
    row("verbs", 0, Value, Plain, 0, 255),
    row("wait", 0, Switch, Plain, 0, 255),
    row("watch", b'w', Switch, Plain, 0, 255),
    row("watch-only", 0, Switch, Plain, 0, 255),
    row("windows-line-endings", 0, Switch, Plain, 0, 255),
    row("www", b'w', Value, Plain, 0, 255),
    row("www-prefix", b'P', Value, Plain, 0, 255),
];

pub(super) const ALPHA: &[u16] = &[];
pub(super) const ANNOTATE: &[u16] =
    &[4, 6, 8, 63, 81, 82, 83, 119, 125, 128, 153, 159, 182, 194, 208, 221, 235];
pub(super) const API_RESOURCES: &[u16] = &[12, 27, 29, 142, 146, 153, 221, 227, 251];
pub(super) const API_VERSIONS: &[u16] = &[];
pub(super) const APPLY: &[u16] = &[
    4, 8, 28, 63, 81, 83, 87, 88, 94, 119, 151, 153, 159, 177, 178, 182, 208, 211, 221, 229, 235, 236, 248,
    252,
];
pub(super) const APPLY_EDIT_LAST_APPLIED: &[u16] = &[8, 81, 83, 119, 153, 182, 221, 235, 248, 255];
pub(super) const APPLY_SET_LAST_APPLIED: &[u16] = &[8, 49, 63, 83, 153, 221, 235];
pub(super) const APPLY_VIEW_LAST_APPLIED: &[u16] = &[4, 83, 119, 153, 182, 208];
pub(super) const ATTACH: &[u16] = &[44, 56, 163, 179, 228, 241];
pub(super) const AUTH: &[u16] = &[];
pub(super) const AUTH_CAN_I: &[u16] = &[6, 125, 146, 179, 229];
pub(super) const AUTH_RECONCILE: &[u16] = &[8, 63, 83, 119, 153, 182, 185, 186, 221, 235];
pub(super) const AUTH_WHOAMI: &[u16] = &[8, 153, 221, 235];
pub(super) const AUTOSCALE: &[u16] = &[8, 48, 63, 81, 83, 119, 129, 133, 135, 139, 153, 182, 202, 221, 235];
pub(super) const CERTIFICATE: &[u16] = &[];
pub(super) const CERTIFICATE_APPROVE: &[u16] = &[8, 83, 87, 119, 153, 182, 221, 235];
pub(super) const CERTIFICATE_DENY: &[u16] = &[8, 83, 87, 119, 153, 182, 221, 235];
pub(super) const CLUSTER_INFO: &[u16] = &[];
pub(super) const CLUSTER_INFO_DUMP: &[u16] = &[6, 8, 143, 153, 154, 163, 221, 235];
pub(super) const COMPLETION: &[u16] = &[];
pub(super) const CONFIG: &[u16] = &[];
pub(super) const CONFIG_CURRENT_CONTEXT: &[u16] = &[];
pub(super) const CONFIG_DELETE_CLUSTER: &[u16] = &[];
pub(super) const CONFIG_DELETE_CONTEXT: &[u16] = &[];
pub(super) const CONFIG_DELETE_USER: &[u16] = &[];
pub(super) const CONFIG_GET_CLUSTERS: &[u16] = &[];
pub(super) const CONFIG_GET_CONTEXTS: &[u16] = &[146, 153];
pub(super) const CONFIG_GET_USERS: &[u16] = &[];
pub(super) const CONFIG_RENAME_CONTEXT: &[u16] = &[];
pub(super) const CONFIG_SET: &[u16] = &[215];
pub(super) const CONFIG_SET_CLUSTER: &[u16] = &[31, 66, 106, 176, 209, 238];
pub(super) const CONFIG_SET_CONTEXT: &[u16] = &[37, 50, 141, 246];
pub(super) const CONFIG_SET_CREDENTIALS: &[u16] =
    &[22, 23, 35, 36, 66, 72, 73, 74, 75, 76, 77, 160, 240, 247];
pub(super) const CONFIG_UNSET: &[u16] = &[];
pub(super) const CONFIG_USE_CONTEXT: &[u16] = &[];
pub(super) const CONFIG_VIEW: &[u16] = &[8, 84, 134, 137, 153, 180, 221, 235];
pub(super) const CORDON: &[u16] = &[63, 208];
pub(super) const CP: &[u16] = &[44, 147, 196];
pub(super) const CREATE: &[u16] = &[8, 63, 65, 81, 83, 119, 153, 181, 182, 202, 208, 221, 235, 248, 255];
pub(super) const CREATE_CLUSTERROLE: &[u16] = &[3, 8, 63, 81, 149, 153, 192, 193, 202, 221, 235, 248, 250];
pub(super) const CREATE_CLUSTERROLEBINDING: &[u16] = &[8, 40, 63, 81, 95, 153, 202, 212, 221, 235, 246, 248];
pub(super) const CREATE_CONFIGMAP: &[u16] = &[8, 15, 63, 81, 90, 91, 92, 153, 202, 221, 235, 248];
pub(super) const CREATE_CRONJOB: &[u16] = &[8, 63, 81, 104, 153, 195, 202, 203, 221, 235, 248];
pub(super) const CREATE_DEPLOYMENT: &[u16] = &[8, 63, 81, 104, 153, 166, 189, 202, 221, 235, 248];
pub(super) const CREATE_INGRESS: &[u16] = &[8, 10, 33, 53, 63, 81, 153, 200, 202, 221, 235, 248];
pub(super) const CREATE_JOB: &[u16] = &[8, 63, 81, 89, 104, 153, 202, 221, 235, 248];
pub(super) const CREATE_NAMESPACE: &[u16] = &[8, 63, 81, 153, 202, 221, 235, 248];
pub(super) const CREATE_PODDISRUPTIONBUDGET: &[u16] = &[8, 63, 81, 132, 136, 153, 202, 207, 221, 235, 248];
pub(super) const CREATE_PRIORITYCLASS: &[u16] = &[8, 55, 63, 81, 93, 153, 168, 202, 221, 235, 248, 249];
pub(super) const CREATE_QUOTA: &[u16] = &[8, 63, 81, 96, 153, 202, 204, 221, 235, 248];
pub(super) const CREATE_ROLE: &[u16] = &[8, 63, 81, 153, 192, 193, 202, 221, 235, 248, 250];
pub(super) const CREATE_ROLEBINDING: &[u16] = &[8, 40, 63, 81, 95, 153, 199, 202, 212, 221, 235, 246, 248];
pub(super) const CREATE_SECRET: &[u16] = &[];
pub(super) const CREATE_SECRET_DOCKER_REGISTRY: &[u16] =
    &[8, 15, 59, 60, 61, 62, 63, 81, 91, 153, 202, 221, 235, 248];
pub(super) const CREATE_SECRET_GENERIC: &[u16] = &[8, 15, 63, 81, 90, 91, 92, 153, 202, 221, 235, 242, 248];
pub(super) const CREATE_SECRET_TLS: &[u16] = &[8, 15, 30, 63, 81, 116, 153, 202, 221, 235, 248];
pub(super) const CREATE_SERVICE: &[u16] = &[];
pub(super) const CREATE_SERVICE_CLUSTERIP: &[u16] = &[8, 39, 63, 81, 153, 202, 221, 234, 235, 248];
pub(super) const CREATE_SERVICE_EXTERNALNAME: &[u16] = &[8, 63, 80, 81, 153, 202, 221, 234, 235, 248];
pub(super) const CREATE_SERVICE_LOADBALANCER: &[u16] = &[8, 63, 81, 153, 202, 221, 234, 235, 248];
pub(super) const CREATE_SERVICE_NODEPORT: &[u16] = &[8, 63, 81, 148, 153, 202, 221, 234, 235, 248];
pub(super) const CREATE_SERVICEACCOUNT: &[u16] = &[8, 63, 81, 153, 202, 221, 235, 248];
pub(super) const CREATE_TOKEN: &[u16] = &[8, 21, 24, 25, 26, 64, 153, 221, 235];
pub(super) const DEBUG: &[u16] = &[
    18, 20, 44, 47, 52, 69, 83, 104, 105, 109, 110, 111, 112, 113, 114, 174, 179, 187, 201, 214, 216, 228,
    232, 241,
];
pub(super) const DELETE: &[u16] =
    &[4, 6, 28, 63, 82, 83, 87, 94, 103, 108, 119, 150, 153, 181, 182, 208, 236, 252];
pub(super) const DESCRIBE: &[u16] = &[6, 32, 83, 119, 182, 208, 218];
pub(super) const DIFF: &[u16] = &[43, 81, 83, 88, 119, 177, 178, 182, 208, 211, 221, 222];
pub(super) const DRAIN: &[u16] = &[32, 54, 57, 63, 87, 94, 101, 164, 208, 226, 236];
pub(super) const EDIT: &[u16] = &[8, 81, 83, 119, 153, 155, 182, 202, 221, 229, 235, 248, 255];
pub(super) const EVENTS: &[u16] = &[6, 8, 32, 86, 146, 153, 221, 235, 243, 253];
pub(super) const EXEC: &[u16] = &[44, 83, 163, 179, 228, 241];
pub(super) const EXPLAIN: &[u16] = &[14, 130, 153, 182];
pub(super) const EXPOSE: &[u16] = &[
    8, 38, 63, 79, 81, 83, 119, 121, 126, 139, 153, 157, 158, 166, 175, 182, 202, 206, 213, 221, 233, 235,
    242,
];
pub(super) const GET: &[u16] = &[
    6, 8, 32, 82, 83, 103, 119, 120, 146, 153, 156, 181, 182, 208, 210, 219, 220, 221, 227, 229, 235, 253,
    254,
];
pub(super) const HELP: &[u16] = &[];
pub(super) const KUBERC: &[u16] = &[];
pub(super) const KUBERC_SET: &[u16] = &[9, 17, 42, 118, 139, 152, 159, 165, 171, 205];
pub(super) const KUBERC_VIEW: &[u16] = &[8, 118, 153, 221, 235];
pub(super) const KUSTOMIZE: &[u16] = &[19, 67, 68, 71, 97, 98, 99, 100, 127, 138, 144, 145, 153];
pub(super) const LABEL: &[u16] = &[4, 6, 8, 63, 81, 82, 83, 119, 125, 128, 153, 159, 182, 194, 208, 221, 235];
pub(super) const LOGS: &[u16] = &[5, 7, 44, 85, 102, 107, 123, 131, 163, 169, 172, 208, 224, 225, 231, 237];
pub(super) const OPTIONS: &[u16] = &[];
pub(super) const PATCH: &[u16] = &[8, 63, 81, 83, 119, 128, 153, 161, 162, 182, 221, 229, 235, 242];
pub(super) const PLUGIN: &[u16] = &[];
pub(super) const PLUGIN_LIST: &[u16] = &[140];
pub(super) const PORT_FORWARD: &[u16] = &[2, 163];
pub(super) const PROXY: &[u16] = &[0, 1, 2, 13, 16, 58, 115, 167, 183, 184, 244, 256, 257];
pub(super) const REPLACE: &[u16] =
    &[8, 28, 63, 81, 83, 87, 94, 119, 153, 181, 182, 202, 221, 229, 235, 236, 248, 252];
pub(super) const ROLLOUT: &[u16] = &[];
pub(super) const ROLLOUT_HISTORY: &[u16] = &[8, 83, 119, 153, 182, 197, 208, 221, 235];
pub(super) const ROLLOUT_PAUSE: &[u16] = &[8, 81, 83, 119, 153, 182, 208, 221, 235];
pub(super) const ROLLOUT_RESTART: &[u16] = &[8, 81, 83, 119, 153, 182, 208, 221, 235];
pub(super) const ROLLOUT_RESUME: &[u16] = &[8, 81, 83, 119, 153, 182, 208, 221, 235];
pub(super) const ROLLOUT_STATUS: &[u16] = &[83, 119, 182, 197, 208, 236, 253];
pub(super) const ROLLOUT_UNDO: &[u16] = &[8, 63, 83, 119, 153, 182, 208, 221, 235, 239];
pub(super) const RUN: &[u16] = &[
    8, 11, 20, 28, 41, 56, 63, 70, 78, 81, 87, 94, 104, 105, 119, 121, 122, 153, 157, 158, 163, 166, 173,
    179, 182, 195, 198, 202, 221, 228, 235, 236, 241, 252,
];
pub(super) const SCALE: &[u16] = &[4, 8, 51, 63, 83, 119, 153, 182, 188, 194, 208, 221, 235, 236];
pub(super) const SET: &[u16] = &[];
pub(super) const SET_ENV: &[u16] =
    &[4, 8, 46, 63, 71, 81, 83, 89, 117, 119, 125, 128, 153, 159, 170, 182, 191, 208, 221, 235];
pub(super) const SET_IMAGE: &[u16] = &[4, 8, 63, 81, 83, 119, 128, 153, 182, 208, 221, 235];
pub(super) const SET_RESOURCES: &[u16] = &[4, 8, 46, 63, 81, 83, 119, 124, 128, 153, 182, 190, 208, 221, 235];
pub(super) const SET_SELECTOR: &[u16] = &[4, 8, 63, 81, 83, 128, 153, 182, 194, 221, 235];
pub(super) const SET_SERVICEACCOUNT: &[u16] = &[4, 8, 63, 81, 83, 119, 128, 153, 182, 221, 235];
pub(super) const SET_SUBJECT: &[u16] = &[4, 8, 63, 81, 83, 95, 119, 128, 153, 182, 208, 212, 221, 235, 246];
pub(super) const TAINT: &[u16] = &[4, 8, 63, 81, 153, 159, 208, 221, 235, 248];
pub(super) const TOP: &[u16] = &[];
pub(super) const TOP_NODE: &[u16] = &[146, 208, 217, 223, 227, 245];
pub(super) const TOP_POD: &[u16] = &[6, 45, 82, 146, 208, 223, 227, 230, 245];
pub(super) const UNCORDON: &[u16] = &[63, 208];
pub(super) const VERSION: &[u16] = &[34, 153];
pub(super) const WAIT: &[u16] = &[4, 6, 8, 82, 83, 86, 128, 153, 182, 208, 221, 235, 236];
