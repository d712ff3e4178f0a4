//! kubectl's flags, 1.24 to 1.37, one row per shape. `tests/real/kubectl_table.rs` holds them against real kubectls and
//! names every difference.

use crate::engine::grammar::table::Arity;
use crate::engine::grammar::table::Arity::{Optional, Switch, Value};
use crate::engine::grammar::table::Role::*;
use crate::engine::grammar::table::{Flag, Role};

const fn row(long: &'static str, short: u8, arity: Arity, role: Role, since: u8, until: u8) -> Flag {
    Flag { long, short, arity, role, since, until }
}

/// Flags every command takes (`kubectl options`).
pub(super) const GLOBALS: &[Flag] = &[
    row("add-dir-header", 0, Switch, Plain, 0, 25),
    row("alsologtostderr", 0, Switch, Plain, 0, 25),
    row("as", 0, Value, Actor, 0, 255),
    row("as-group", 0, Value, Actor, 0, 255),
    row("as-uid", 0, Value, Actor, 0, 255),
    row("as-user-extra", 0, Value, Actor, 35, 255),
    row("cache-dir", 0, Value, Plain, 0, 255),
    row("certificate-authority", 0, Value, Plain, 0, 255),
    row("client-certificate", 0, Value, Plain, 0, 255),
    row("client-key", 0, Value, Plain, 0, 255),
    row("cluster", 0, Value, Cluster, 0, 255),
    row("context", 0, Value, Context, 0, 255),
    row("disable-compression", 0, Switch, Plain, 26, 255),
    row("help", b'h', Switch, Help, 0, 255),
    row("insecure-skip-tls-verify", 0, Switch, Plain, 0, 255),
    row("kubeconfig", 0, Value, Kubeconfig, 0, 255),
    row("kuberc", 0, Value, Preferences, 34, 255),
    row("log-backtrace-at", 0, Value, Plain, 0, 25),
    row("log-dir", 0, Value, Plain, 0, 25),
    row("log-file", 0, Value, Plain, 0, 25),
    row("log-file-max-size", 0, Value, Plain, 0, 25),
    row("log-flush-frequency", 0, Value, Plain, 0, 255),
    row("logtostderr", 0, Switch, Plain, 0, 25),
    row("match-server-version", 0, Switch, Plain, 0, 255),
    row("namespace", b'n', Value, Namespace, 0, 255),
    row("one-output", 0, Switch, Plain, 0, 25),
    row("password", 0, Value, Secret, 0, 255),
    row("profile", 0, Value, Plain, 0, 255),
    row("profile-output", 0, Value, Plain, 0, 255),
    row("proxy-url", 0, Value, Plain, 37, 255),
    row("request-timeout", 0, Value, Plain, 0, 255),
    row("server", b's', Value, Server, 0, 255),
    row("skip-headers", 0, Switch, Plain, 0, 25),
    row("skip-log-headers", 0, Switch, Plain, 0, 25),
    row("stderrthreshold", 0, Value, Plain, 0, 25),
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
    row("all-pods", 0, Switch, Plain, 31, 255),
    row("allow-missing-template-keys", 0, Switch, Plain, 0, 255),
    row("allow-missing-template-keys", 0, Switch, Plain, 25, 255),
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
    row("categories", 0, Value, Plain, 26, 255),
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
    row("concurrency", 0, Value, Plain, 28, 255),
    row("container", b'c', Value, Plain, 0, 255),
    row("containers", 0, Switch, Plain, 0, 255),
    row("containers", b'c', Value, Plain, 0, 255),
    row("copy-to", 0, Value, Plain, 0, 255),
    row("cpu", 0, Value, Plain, 34, 255),
    row("cpu-percent", 0, Value, Plain, 0, 255),
    row("create-annotation", 0, Switch, Plain, 0, 255),
    row("current", 0, Switch, Plain, 0, 255),
    row("current-replicas", 0, Value, Plain, 0, 255),
    row("custom", 0, Value, Plain, 31, 255),
    row("default-backend", 0, Value, Plain, 0, 255),
    row("delete-emptydir-data", 0, Switch, Plain, 0, 255),
    row("description", 0, Value, Plain, 0, 255),
    row("detach-keys", 0, Value, Plain, 36, 255),
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
    row("enable-managedby-label", 0, Switch, Plain, 0, 255),
    row("env", 0, Value, Plain, 0, 255),
    row("env", 0, Value, SecretPair, 0, 255),
    row("env", b'e', Value, Plain, 0, 255),
    row("exec-api-version", 0, Value, Plain, 0, 255),
    row("exec-arg", 0, Value, Plain, 0, 255),
    row("exec-command", 0, Value, Plain, 0, 255),
    row("exec-env", 0, Value, SecretPair, 0, 255),
    row("exec-interactive-mode", 0, Value, Plain, 30, 255),
    row("exec-provide-cluster-info", 0, Switch, Plain, 30, 255),
    row("expose", 0, Switch, Plain, 0, 255),
    row("external-ip", 0, Value, Plain, 0, 255),
    row("external-name", 0, Value, Plain, 0, 255),
    row("field-manager", 0, Value, Plain, 0, 255),
    row("field-selector", 0, Value, Selector, 0, 255),
    row("filename", b'f', Value, Filename, 0, 255),
    row("filename", b'f', Value, Filename, 27, 255),
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
    row("helm-api-versions", 0, Value, Plain, 31, 255),
    row("helm-command", 0, Value, Plain, 0, 255),
    row("helm-debug", 0, Switch, Plain, 32, 255),
    row("helm-kube-version", 0, Value, Plain, 31, 255),
    row("ignore-daemonsets", 0, Switch, Plain, 0, 255),
    row("ignore-errors", 0, Switch, Plain, 0, 255),
    row("ignore-not-found", 0, Switch, Plain, 0, 255),
    row("image", 0, Value, Plain, 0, 255),
    row("image-pull-policy", 0, Value, Plain, 0, 255),
    row("insecure-skip-tls-verify", 0, Switch, Plain, 0, 255),
    row("insecure-skip-tls-verify-backend", 0, Switch, Plain, 0, 255),
    row("interactive", b'i', Switch, Plain, 29, 255),
    row("keep-annotations", 0, Switch, Plain, 31, 255),
    row("keep-init-containers", 0, Switch, Plain, 31, 255),
    row("keep-labels", 0, Switch, Plain, 31, 255),
    row("keep-liveness", 0, Switch, Plain, 31, 255),
    row("keep-readiness", 0, Switch, Plain, 31, 255),
    row("keep-startup", 0, Switch, Plain, 31, 255),
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
    row("max-depth", 0, Value, Plain, 37, 255),
    row("max-log-requests", 0, Value, Plain, 0, 255),
    row("max-unavailable", 0, Value, Plain, 0, 255),
    row("memory", 0, Value, Plain, 34, 255),
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
    row("no-headers", 0, Switch, Plain, 25, 255),
    row("no-preserve", 0, Switch, Plain, 0, 255),
    row("node-port", 0, Value, Plain, 0, 255),
    row("non-resource-url", 0, Value, Plain, 0, 255),
    row("now", 0, Switch, Plain, 0, 255),
    row("openapi-patch", 0, Switch, Plain, 0, 255),
    row("option", 0, Value, Plain, 0, 255),
    row("output", b'o', Value, Plain, 0, 255),
    row("output", b'o', Value, Plain, 25, 255),
    row("output", b'o', Value, Plain, 27, 255),
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
    row("prune-allowlist", 0, Value, Plain, 26, 255),
    row("prune-whitelist", 0, Value, Plain, 0, 29),
    row("quiet", b'q', Switch, Plain, 0, 255),
    row("raw", 0, Switch, Plain, 0, 255),
    row("raw", 0, Value, Plain, 0, 255),
    row("record", 0, Switch, Plain, 0, 255),
    row("recursive", b'R', Switch, Plain, 0, 255),
    row("reject-methods", 0, Value, Plain, 0, 255),
    row("reject-paths", 0, Value, Plain, 0, 255),
    row("remove-extra-permissions", 0, Switch, Plain, 0, 255),
    row("remove-extra-subjects", 0, Switch, Plain, 0, 255),
    row("reorder", 0, Value, Plain, 0, 255),
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
    row("show-managed-fields", 0, Switch, Plain, 25, 255),
    row("show-managed-fields", 0, Switch, Plain, 34, 255),
    row("show-secrets", 0, Switch, Plain, 36, 255),
    row("show-swap", 0, Switch, Plain, 34, 255),
    row("since", 0, Value, Plain, 0, 255),
    row("since-time", 0, Value, Plain, 0, 255),
    row("skip-wait-for-delete-timeout", 0, Value, Plain, 0, 255),
    row("sort-by", 0, Value, Plain, 0, 255),
    row("stdin", b'i', Switch, Plain, 0, 255),
    row("subresource", 0, Value, Plain, 0, 255),
    row("subresource", 0, Value, Plain, 32, 255),
    row("sum", 0, Switch, Plain, 25, 255),
    row("tail", 0, Value, Plain, 0, 255),
    row("target", 0, Value, Plain, 0, 255),
    row("target-port", 0, Value, Plain, 0, 255),
    row("tcp", 0, Value, Plain, 0, 255),
    row("template", 0, Value, Plain, 0, 255),
    row("template", 0, Value, Plain, 25, 255),
    row("timeout", 0, Value, Plain, 0, 255),
    row("timestamps", 0, Switch, Plain, 0, 255),
    row("tls-server-name", 0, Value, Plain, 0, 255),
    row("to-revision", 0, Value, Plain, 0, 255),
    row("token", 0, Value, Secret, 0, 255),
    row("tty", b't', Switch, Plain, 0, 255),
    row("type", 0, Value, Plain, 0, 255),
    row("types", 0, Value, Plain, 0, 255),
    row("types", 0, Value, Plain, 25, 255),
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
pub(super) const ALPHA_AUTH: &[u16] = &[];
pub(super) const ALPHA_AUTH_WHOAMI: &[u16] = &[8, 158, 232, 249];
pub(super) const ALPHA_EVENTS: &[u16] = &[6, 9, 33, 90, 151, 159, 233, 250, 259, 269];
pub(super) const ALPHA_KUBERC: &[u16] = &[];
pub(super) const ALPHA_KUBERC_SET: &[u16] = &[18, 43, 122, 143, 157, 166, 178, 216];
pub(super) const ALPHA_KUBERC_VIEW: &[u16] = &[8, 122, 158, 232, 249];
pub(super) const ANNOTATE: &[u16] =
    &[4, 6, 8, 65, 84, 85, 86, 123, 129, 132, 158, 166, 191, 192, 205, 219, 232, 249];
pub(super) const API_RESOURCES: &[u16] = &[13, 28, 30, 146, 150, 158, 234, 240, 267];
pub(super) const API_VERSIONS: &[u16] = &[];
pub(super) const APPLY: &[u16] = &[
    4, 8, 29, 65, 84, 86, 91, 92, 98, 123, 156, 158, 166, 184, 186, 187, 191, 192, 219, 222, 232, 243, 249,
    251, 264, 268,
];
pub(super) const APPLY_EDIT_LAST_APPLIED: &[u16] = &[8, 84, 86, 123, 158, 191, 192, 232, 249, 264, 271];
pub(super) const APPLY_SET_LAST_APPLIED: &[u16] = &[8, 51, 65, 86, 158, 232, 249];
pub(super) const APPLY_VIEW_LAST_APPLIED: &[u16] = &[4, 86, 123, 158, 192, 219];
pub(super) const ATTACH: &[u16] = &[45, 58, 170, 188, 241, 256];
pub(super) const AUTH: &[u16] = &[];
pub(super) const AUTH_CAN_I: &[u16] = &[6, 129, 150, 188, 242];
pub(super) const AUTH_RECONCILE: &[u16] = &[8, 65, 86, 123, 158, 192, 195, 196, 232, 249];
pub(super) const AUTH_WHOAMI: &[u16] = &[8, 158, 232, 249];
pub(super) const AUTOSCALE: &[u16] =
    &[8, 49, 50, 65, 84, 86, 123, 133, 137, 139, 143, 158, 191, 192, 213, 232, 249];
pub(super) const CERTIFICATE: &[u16] = &[];
pub(super) const CERTIFICATE_APPROVE: &[u16] = &[8, 86, 91, 123, 158, 192, 232, 249];
pub(super) const CERTIFICATE_DENY: &[u16] = &[8, 86, 91, 123, 158, 192, 232, 249];
pub(super) const CLUSTER_INFO: &[u16] = &[];
pub(super) const CLUSTER_INFO_DUMP: &[u16] = &[6, 8, 147, 158, 161, 170, 232, 249];
pub(super) const COMPLETION: &[u16] = &[];
pub(super) const CONFIG: &[u16] = &[];
pub(super) const CONFIG_CURRENT_CONTEXT: &[u16] = &[];
pub(super) const CONFIG_DELETE_CLUSTER: &[u16] = &[];
pub(super) const CONFIG_DELETE_CONTEXT: &[u16] = &[];
pub(super) const CONFIG_DELETE_USER: &[u16] = &[];
pub(super) const CONFIG_GET_CLUSTERS: &[u16] = &[];
pub(super) const CONFIG_GET_CONTEXTS: &[u16] = &[150, 158];
pub(super) const CONFIG_GET_USERS: &[u16] = &[];
pub(super) const CONFIG_RENAME_CONTEXT: &[u16] = &[];
pub(super) const CONFIG_SET: &[u16] = &[226];
pub(super) const CONFIG_SET_CLUSTER: &[u16] = &[32, 68, 110, 183, 220, 253];
pub(super) const CONFIG_SET_CONTEXT: &[u16] = &[38, 52, 145, 262];
pub(super) const CONFIG_SET_CREDENTIALS: &[u16] =
    &[23, 24, 36, 37, 68, 75, 76, 77, 78, 79, 80, 167, 255, 263];
pub(super) const CONFIG_UNSET: &[u16] = &[];
pub(super) const CONFIG_USE_CONTEXT: &[u16] = &[];
pub(super) const CONFIG_VIEW: &[u16] = &[8, 88, 138, 141, 158, 189, 232, 249];
pub(super) const CORDON: &[u16] = &[65, 219];
pub(super) const CP: &[u16] = &[45, 152, 207];
pub(super) const CREATE: &[u16] = &[8, 65, 67, 84, 86, 123, 158, 190, 191, 192, 213, 219, 232, 249, 264, 271];
pub(super) const CREATE_CLUSTERROLE: &[u16] = &[3, 8, 65, 84, 154, 158, 203, 204, 213, 232, 249, 264, 266];
pub(super) const CREATE_CLUSTERROLEBINDING: &[u16] = &[8, 41, 65, 84, 99, 158, 213, 223, 232, 249, 262, 264];
pub(super) const CREATE_CONFIGMAP: &[u16] = &[8, 16, 65, 84, 94, 95, 96, 158, 213, 232, 249, 264];
pub(super) const CREATE_CRONJOB: &[u16] = &[8, 65, 84, 108, 158, 206, 213, 214, 232, 249, 264];
pub(super) const CREATE_DEPLOYMENT: &[u16] = &[8, 65, 84, 108, 158, 173, 200, 213, 232, 249, 264];
pub(super) const CREATE_INGRESS: &[u16] = &[8, 11, 34, 55, 65, 84, 158, 211, 213, 232, 249, 264];
pub(super) const CREATE_JOB: &[u16] = &[8, 65, 84, 93, 108, 158, 213, 232, 249, 264];
pub(super) const CREATE_NAMESPACE: &[u16] = &[8, 65, 84, 158, 213, 232, 249, 264];
pub(super) const CREATE_PODDISRUPTIONBUDGET: &[u16] = &[8, 65, 84, 136, 140, 158, 213, 218, 232, 249, 264];
pub(super) const CREATE_PRIORITYCLASS: &[u16] = &[8, 57, 65, 84, 97, 158, 175, 213, 232, 249, 264, 265];
pub(super) const CREATE_QUOTA: &[u16] = &[8, 65, 84, 100, 158, 213, 215, 232, 249, 264];
pub(super) const CREATE_ROLE: &[u16] = &[8, 65, 84, 158, 203, 204, 213, 232, 249, 264, 266];
pub(super) const CREATE_ROLEBINDING: &[u16] = &[8, 41, 65, 84, 99, 158, 210, 213, 223, 232, 249, 262, 264];
pub(super) const CREATE_SECRET: &[u16] = &[];
pub(super) const CREATE_SECRET_DOCKER_REGISTRY: &[u16] =
    &[8, 16, 61, 62, 63, 64, 65, 84, 95, 158, 213, 232, 249, 264];
pub(super) const CREATE_SECRET_GENERIC: &[u16] = &[8, 16, 65, 84, 94, 95, 96, 158, 213, 232, 249, 257, 264];
pub(super) const CREATE_SECRET_TLS: &[u16] = &[8, 16, 31, 65, 84, 120, 158, 213, 232, 249, 264];
pub(super) const CREATE_SERVICE: &[u16] = &[];
pub(super) const CREATE_SERVICE_CLUSTERIP: &[u16] = &[8, 40, 65, 84, 158, 213, 232, 248, 249, 264];
pub(super) const CREATE_SERVICE_EXTERNALNAME: &[u16] = &[8, 65, 83, 84, 158, 213, 232, 248, 249, 264];
pub(super) const CREATE_SERVICE_LOADBALANCER: &[u16] = &[8, 65, 84, 158, 213, 232, 248, 249, 264];
pub(super) const CREATE_SERVICE_NODEPORT: &[u16] = &[8, 65, 84, 153, 158, 213, 232, 248, 249, 264];
pub(super) const CREATE_SERVICEACCOUNT: &[u16] = &[8, 65, 84, 158, 213, 232, 249, 264];
pub(super) const CREATE_TOKEN: &[u16] = &[8, 22, 25, 26, 27, 66, 158, 232, 249];
pub(super) const DEBUG: &[u16] = &[
    19, 21, 45, 48, 54, 72, 87, 108, 109, 113, 114, 115, 116, 117, 118, 181, 188, 198, 212, 225, 227, 241,
    246, 256,
];
pub(super) const DELETE: &[u16] =
    &[4, 6, 29, 65, 85, 86, 91, 98, 107, 112, 123, 155, 158, 190, 192, 219, 251, 268];
pub(super) const DESCRIBE: &[u16] = &[6, 33, 86, 123, 192, 219, 229];
pub(super) const DIFF: &[u16] = &[44, 84, 86, 92, 123, 184, 185, 192, 219, 222, 233, 235];
pub(super) const DRAIN: &[u16] = &[33, 56, 59, 65, 91, 98, 105, 171, 219, 239, 251];
pub(super) const EDIT: &[u16] = &[8, 84, 86, 123, 158, 162, 191, 192, 213, 232, 242, 249, 264, 271];
pub(super) const EVENTS: &[u16] = &[6, 8, 33, 90, 150, 158, 232, 249, 258, 269];
pub(super) const EXEC: &[u16] = &[45, 86, 170, 188, 241, 256];
pub(super) const EXPLAIN: &[u16] = &[15, 134, 160, 192];
pub(super) const EXPOSE: &[u16] = &[
    8, 39, 65, 82, 84, 86, 123, 125, 130, 143, 158, 164, 165, 173, 182, 191, 192, 213, 217, 224, 232, 247,
    249, 257,
];
pub(super) const GET: &[u16] = &[
    6, 8, 33, 85, 86, 107, 123, 124, 150, 158, 163, 190, 192, 219, 221, 230, 231, 232, 240, 242, 249, 269,
    270,
];
pub(super) const HELP: &[u16] = &[];
pub(super) const KUBERC: &[u16] = &[];
pub(super) const KUBERC_SET: &[u16] = &[10, 18, 43, 122, 143, 157, 166, 172, 178, 216];
pub(super) const KUBERC_VIEW: &[u16] = &[8, 122, 158, 232, 249];
pub(super) const KUSTOMIZE: &[u16] = &[20, 69, 70, 71, 74, 101, 102, 103, 104, 131, 142, 148, 149, 158, 197];
pub(super) const LABEL: &[u16] =
    &[4, 6, 8, 65, 84, 85, 86, 123, 129, 132, 158, 166, 191, 192, 205, 219, 232, 249];
pub(super) const LOGS: &[u16] = &[5, 7, 45, 89, 106, 111, 127, 135, 170, 176, 179, 219, 237, 238, 245, 252];
pub(super) const OPTIONS: &[u16] = &[];
pub(super) const PATCH: &[u16] = &[8, 65, 84, 86, 123, 132, 158, 168, 169, 191, 192, 232, 242, 249, 257];
pub(super) const PLUGIN: &[u16] = &[];
pub(super) const PLUGIN_LIST: &[u16] = &[144];
pub(super) const PORT_FORWARD: &[u16] = &[2, 170];
pub(super) const PROXY: &[u16] = &[0, 1, 2, 14, 17, 60, 119, 174, 193, 194, 260, 272, 273];
pub(super) const REPLACE: &[u16] =
    &[8, 29, 65, 84, 86, 91, 98, 123, 158, 190, 192, 213, 232, 242, 249, 251, 264, 268];
pub(super) const ROLLOUT: &[u16] = &[];
pub(super) const ROLLOUT_HISTORY: &[u16] = &[8, 86, 123, 158, 192, 208, 219, 232, 249];
pub(super) const ROLLOUT_PAUSE: &[u16] = &[8, 84, 86, 123, 158, 192, 219, 232, 249];
pub(super) const ROLLOUT_RESTART: &[u16] = &[8, 84, 86, 123, 158, 192, 219, 232, 249];
pub(super) const ROLLOUT_RESUME: &[u16] = &[8, 84, 86, 123, 158, 192, 219, 232, 249];
pub(super) const ROLLOUT_STATUS: &[u16] = &[86, 123, 192, 208, 219, 251, 269];
pub(super) const ROLLOUT_UNDO: &[u16] = &[8, 65, 86, 123, 158, 192, 219, 232, 249, 254];
pub(super) const RUN: &[u16] = &[
    8, 12, 21, 29, 42, 58, 65, 73, 81, 84, 86, 91, 98, 108, 109, 123, 125, 126, 158, 164, 165, 170, 173, 180,
    188, 191, 192, 206, 209, 213, 232, 241, 249, 251, 256, 268,
];
pub(super) const SCALE: &[u16] = &[4, 8, 53, 65, 86, 123, 158, 191, 192, 199, 205, 219, 232, 249, 251];
pub(super) const SET: &[u16] = &[];
pub(super) const SET_ENV: &[u16] =
    &[4, 8, 47, 65, 74, 84, 86, 93, 121, 123, 129, 132, 158, 166, 177, 192, 202, 219, 232, 249];
pub(super) const SET_IMAGE: &[u16] = &[4, 8, 65, 84, 86, 123, 132, 158, 191, 192, 219, 232, 249];
pub(super) const SET_RESOURCES: &[u16] =
    &[4, 8, 47, 65, 84, 86, 123, 128, 132, 158, 191, 192, 201, 219, 232, 249];
pub(super) const SET_SELECTOR: &[u16] = &[4, 8, 65, 84, 86, 132, 158, 191, 192, 205, 232, 249];
pub(super) const SET_SERVICEACCOUNT: &[u16] = &[4, 8, 65, 84, 86, 123, 132, 158, 191, 192, 232, 249];
pub(super) const SET_SUBJECT: &[u16] = &[4, 8, 65, 84, 86, 99, 123, 132, 158, 192, 219, 223, 232, 249, 262];
pub(super) const TAINT: &[u16] = &[4, 8, 65, 84, 158, 166, 219, 232, 249, 264];
pub(super) const TOP: &[u16] = &[];
pub(super) const TOP_NODE: &[u16] = &[150, 219, 228, 236, 240, 261];
pub(super) const TOP_POD: &[u16] = &[6, 46, 85, 150, 219, 236, 240, 244, 261];
pub(super) const UNCORDON: &[u16] = &[65, 219];
pub(super) const VERSION: &[u16] = &[35, 158];
pub(super) const WAIT: &[u16] = &[4, 6, 8, 85, 86, 90, 132, 158, 192, 219, 232, 249, 251];
