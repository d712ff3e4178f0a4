//! kubectl's commands, one row each: path, effect without further words, own flags.
//!
//! The tree is built in `staging/src/k8s.io/kubectl/pkg/cmd/cmd.go`; `tests/real/kubectl_table.rs` holds this table
//! against real kubectls from 1.24 on.

mod flags;
pub mod plugins;
mod rules;

use super::super::effect::Effect::{self, Destroy, Disrupt, Mutate, Read};
use crate::engine::grammar::table::{Carries, Command, Rule, Table};

/// kubectl.
pub const TABLE: Table =
    Table { name: "kubectl", globals: flags::GLOBALS, pool: flags::POOL, commands: COMMANDS };

const fn cmd(path: &'static str, effect: Effect, flags: &'static [u16]) -> Command {
    Command {
        path,
        aliases: &[],
        effect,
        passive: &[],
        rules: &[],
        carries: Carries::Nothing,
        flags,
        since: 0,
        until: 255,
    }
}

impl Command {
    const fn alias(mut self, aliases: &'static [&'static str]) -> Command {
        self.aliases = aliases;
        self
    }

    const fn passive(mut self, switches: &'static [&'static str]) -> Command {
        self.passive = switches;
        self
    }

    const fn rules(mut self, rules: &'static [Rule]) -> Command {
        self.rules = rules;
        self
    }

    const fn carries(mut self, carries: Carries) -> Command {
        self.carries = carries;
        self
    }

    const fn since(mut self, minor: u8) -> Command {
        self.since = minor;
        self
    }

    const fn until(mut self, minor: u8) -> Command {
        self.until = minor;
        self
    }
}

/// Every command, sorted by path.
#[rustfmt::skip]
const COMMANDS: &[Command] = &[
    cmd("__complete", Read, &[]),
    cmd("__completeNoDesc", Read, &[]),
    cmd("alpha", Read, flags::ALPHA).rules(rules::GROUP),
    cmd("alpha auth", Read, flags::ALPHA_AUTH).rules(rules::GROUP).since(26).until(26),
    cmd("alpha auth whoami", Read, flags::ALPHA_AUTH_WHOAMI).since(26).until(26),
    cmd("alpha events", Read, flags::ALPHA_EVENTS).until(25),
    cmd("alpha kuberc", Read, flags::ALPHA_KUBERC).rules(rules::GROUP).since(35).until(35),
    cmd("alpha kuberc set", Mutate, flags::ALPHA_KUBERC_SET).since(35).until(35),
    cmd("alpha kuberc view", Read, flags::ALPHA_KUBERC_VIEW).since(35).until(35),
    cmd("annotate", Mutate, flags::ANNOTATE).passive(&["local"]).carries(Carries::Keys),
    cmd("api-resources", Read, flags::API_RESOURCES),
    cmd("api-versions", Read, flags::API_VERSIONS),
    cmd("apply", Mutate, flags::APPLY).rules(rules::APPLY).carries(Carries::Manifest),
    cmd("apply edit-last-applied", Mutate, flags::APPLY_EDIT_LAST_APPLIED).carries(Carries::Edit),
    cmd("apply set-last-applied", Mutate, flags::APPLY_SET_LAST_APPLIED).carries(Carries::Manifest),
    cmd("apply view-last-applied", Read, flags::APPLY_VIEW_LAST_APPLIED),
    cmd("attach", Disrupt, flags::ATTACH),
    cmd("auth", Read, flags::AUTH).rules(rules::GROUP),
    cmd("auth can-i", Read, flags::AUTH_CAN_I),
    cmd("auth reconcile", Mutate, flags::AUTH_RECONCILE).rules(rules::RECONCILE),
    cmd("auth whoami", Read, flags::AUTH_WHOAMI).since(27),
    cmd("autoscale", Mutate, flags::AUTOSCALE),
    cmd("certificate", Read, flags::CERTIFICATE).rules(rules::GROUP),
    cmd("certificate approve", Mutate, flags::CERTIFICATE_APPROVE),
    cmd("certificate deny", Mutate, flags::CERTIFICATE_DENY),
    cmd("cluster-info", Read, flags::CLUSTER_INFO),
    cmd("cluster-info dump", Read, flags::CLUSTER_INFO_DUMP),
    cmd("completion", Read, flags::COMPLETION),
    cmd("config", Read, flags::CONFIG).rules(rules::GROUP),
    cmd("config current-context", Read, flags::CONFIG_CURRENT_CONTEXT),
    cmd("config delete-cluster", Disrupt, flags::CONFIG_DELETE_CLUSTER),
    cmd("config delete-context", Disrupt, flags::CONFIG_DELETE_CONTEXT),
    cmd("config delete-user", Disrupt, flags::CONFIG_DELETE_USER),
    cmd("config get-clusters", Read, flags::CONFIG_GET_CLUSTERS),
    cmd("config get-contexts", Read, flags::CONFIG_GET_CONTEXTS),
    cmd("config get-users", Read, flags::CONFIG_GET_USERS),
    cmd("config rename-context", Mutate, flags::CONFIG_RENAME_CONTEXT),
    cmd("config set", Mutate, flags::CONFIG_SET),
    cmd("config set-cluster", Mutate, flags::CONFIG_SET_CLUSTER),
    cmd("config set-context", Mutate, flags::CONFIG_SET_CONTEXT),
    cmd("config set-credentials", Mutate, flags::CONFIG_SET_CREDENTIALS),
    cmd("config unset", Disrupt, flags::CONFIG_UNSET),
    cmd("config use-context", Mutate, flags::CONFIG_USE_CONTEXT).alias(&["use"]),
    cmd("config view", Read, flags::CONFIG_VIEW),
    cmd("cordon", Disrupt, flags::CORDON),
    cmd("cp", Mutate, flags::CP).rules(rules::CP),
    cmd("create", Mutate, flags::CREATE).rules(rules::CREATE),
    cmd("create clusterrole", Mutate, flags::CREATE_CLUSTERROLE),
    cmd("create clusterrolebinding", Mutate, flags::CREATE_CLUSTERROLEBINDING),
    cmd("create configmap", Mutate, flags::CREATE_CONFIGMAP).alias(&["cm"]),
    cmd("create cronjob", Mutate, flags::CREATE_CRONJOB).alias(&["cj"]),
    cmd("create deployment", Mutate, flags::CREATE_DEPLOYMENT).alias(&["deploy"]),
    cmd("create ingress", Mutate, flags::CREATE_INGRESS).alias(&["ing"]),
    cmd("create job", Mutate, flags::CREATE_JOB),
    cmd("create namespace", Mutate, flags::CREATE_NAMESPACE).alias(&["ns"]),
    cmd("create poddisruptionbudget", Mutate, flags::CREATE_PODDISRUPTIONBUDGET).alias(&["pdb"]),
    cmd("create priorityclass", Mutate, flags::CREATE_PRIORITYCLASS).alias(&["pc"]),
    cmd("create quota", Mutate, flags::CREATE_QUOTA).alias(&["resourcequota"]),
    cmd("create role", Mutate, flags::CREATE_ROLE),
    cmd("create rolebinding", Mutate, flags::CREATE_ROLEBINDING),
    cmd("create secret", Read, flags::CREATE_SECRET).rules(rules::GROUP),
    cmd("create secret docker-registry", Mutate, flags::CREATE_SECRET_DOCKER_REGISTRY),
    cmd("create secret generic", Mutate, flags::CREATE_SECRET_GENERIC),
    cmd("create secret tls", Mutate, flags::CREATE_SECRET_TLS),
    cmd("create service", Read, flags::CREATE_SERVICE).alias(&["svc"]).rules(rules::GROUP),
    cmd("create service clusterip", Mutate, flags::CREATE_SERVICE_CLUSTERIP),
    cmd("create service externalname", Mutate, flags::CREATE_SERVICE_EXTERNALNAME),
    cmd("create service loadbalancer", Mutate, flags::CREATE_SERVICE_LOADBALANCER),
    cmd("create service nodeport", Mutate, flags::CREATE_SERVICE_NODEPORT),
    cmd("create serviceaccount", Mutate, flags::CREATE_SERVICEACCOUNT).alias(&["sa"]),
    cmd("create token", Mutate, flags::CREATE_TOKEN),
    cmd("debug", Mutate, flags::DEBUG).rules(rules::DEBUG),
    cmd("delete", Destroy, flags::DELETE).rules(rules::DELETE),
    cmd("describe", Read, flags::DESCRIBE),
    cmd("diff", Read, flags::DIFF),
    cmd("drain", Disrupt, flags::DRAIN).rules(rules::DRAIN),
    cmd("edit", Mutate, flags::EDIT).rules(rules::EDIT).carries(Carries::Edit),
    cmd("events", Read, flags::EVENTS).since(26),
    cmd("exec", Disrupt, flags::EXEC).carries(Carries::Program),
    cmd("explain", Read, flags::EXPLAIN),
    cmd("expose", Mutate, flags::EXPOSE),
    cmd("get", Read, flags::GET),
    cmd("help", Read, flags::HELP),
    cmd("kuberc", Read, flags::KUBERC).rules(rules::GROUP).since(36),
    cmd("kuberc set", Mutate, flags::KUBERC_SET).since(36),
    cmd("kuberc view", Read, flags::KUBERC_VIEW).since(36),
    cmd("kustomize", Read, flags::KUSTOMIZE),
    cmd("label", Mutate, flags::LABEL).rules(rules::LABEL).passive(&["local"]).carries(Carries::Keys),
    cmd("logs", Read, flags::LOGS),
    cmd("options", Read, flags::OPTIONS),
    cmd("patch", Mutate, flags::PATCH).rules(rules::EDIT).passive(&["local"]).carries(Carries::Patch),
    cmd("plugin", Read, flags::PLUGIN).rules(rules::GROUP),
    cmd("plugin list", Read, flags::PLUGIN_LIST),
    cmd("port-forward", Mutate, flags::PORT_FORWARD),
    cmd("proxy", Disrupt, flags::PROXY),
    cmd("replace", Mutate, flags::REPLACE).rules(rules::REPLACE).carries(Carries::Manifest),
    cmd("rollout", Read, flags::ROLLOUT).rules(rules::GROUP),
    cmd("rollout history", Read, flags::ROLLOUT_HISTORY),
    cmd("rollout pause", Mutate, flags::ROLLOUT_PAUSE),
    cmd("rollout restart", Disrupt, flags::ROLLOUT_RESTART),
    cmd("rollout resume", Mutate, flags::ROLLOUT_RESUME),
    cmd("rollout status", Read, flags::ROLLOUT_STATUS),
    cmd("rollout undo", Disrupt, flags::ROLLOUT_UNDO),
    cmd("run", Mutate, flags::RUN),
    cmd("scale", Disrupt, flags::SCALE).rules(rules::SCALE),
    cmd("set", Read, flags::SET).rules(rules::GROUP),
    cmd("set env", Disrupt, flags::SET_ENV).passive(&["local", "list"]),
    cmd("set image", Disrupt, flags::SET_IMAGE).passive(&["local"]),
    cmd("set resources", Disrupt, flags::SET_RESOURCES).passive(&["local"]),
    cmd("set selector", Disrupt, flags::SET_SELECTOR).passive(&["local"]),
    cmd("set serviceaccount", Disrupt, flags::SET_SERVICEACCOUNT).alias(&["sa"]).passive(&["local"]),
    cmd("set subject", Mutate, flags::SET_SUBJECT).passive(&["local"]),
    cmd("taint", Mutate, flags::TAINT).rules(rules::TAINT),
    cmd("top", Read, flags::TOP),
    cmd("top node", Read, flags::TOP_NODE).alias(&["no", "nodes"]),
    cmd("top pod", Read, flags::TOP_POD).alias(&["po", "pods"]),
    cmd("uncordon", Mutate, flags::UNCORDON),
    cmd("version", Read, flags::VERSION),
    cmd("wait", Read, flags::WAIT),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_unique() {
        assert!(COMMANDS.is_sorted_by(|a, b| a.path < b.path), "commands");
        assert!(flags::GLOBALS.is_sorted_by(|a, b| a.long < b.long), "globals");
        assert!(flags::POOL.is_sorted_by(|a, b| a.long <= b.long), "pool");
        for c in COMMANDS {
            let long = |i: &u16| flags::POOL[usize::from(*i)].long;
            assert!(c.flags.is_sorted_by(|a, b| long(a) < long(b)), "{}", c.path);
        }
    }

    #[test]
    fn a_letter_means_one_thing_per_command() {
        for c in COMMANDS {
            let own = c.flags.iter().map(|i| &flags::POOL[usize::from(*i)]);
            let mut letters: Vec<u8> =
                own.clone().chain(flags::GLOBALS).map(|f| f.short).filter(|s| *s != 0).collect();
            let shadowed =
                own.filter(|f| f.short != 0 && TABLE.global_flag(f.long.as_bytes()).is_some()).count();
            let all = letters.len() - shadowed;
            letters.sort_unstable();
            letters.dedup();
            assert_eq!(letters.len(), all, "{}", c.path);
        }
    }

    #[test]
    fn every_row_is_found_by_its_words() {
        for c in COMMANDS {
            let words: Vec<&[u8]> = c.path.split(' ').map(str::as_bytes).collect();
            let parsed = crate::engine::grammar::cobra::parse(&TABLE, &words);
            assert_eq!(parsed.path(), c.path);
            for alias in c.aliases {
                let mut words = words.clone();
                *words.last_mut().unwrap() = alias.as_bytes();
                assert_eq!(crate::engine::grammar::cobra::parse(&TABLE, &words).path(), c.path, "{alias}");
            }
        }
    }
}
