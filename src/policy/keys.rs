//! Every key of a policy file, once: the reader checks files against this table and `guard policy schema` prints it.

use super::tree::{Is, Node, Problem, did_you_mean};
use crate::engine::escape::escape;
use crate::engine::human::seconds;

/// What a value has to be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text.
    Text,
    /// One text or a list of them.
    Texts,
    /// true or false.
    Flag,
    /// A whole number in a range.
    Count(u32, u32),
    /// A span of time: a whole number and `m`, `h`, `d` or `w`.
    Span,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One or several of these words.
    Choices(&'static [&'static str]),
    /// A mapping with these keys.
    Map(&'static [Key]),
    /// A list of mappings with these keys.
    List(&'static [Key]),
    /// A mapping from any key to text (`labels`).
    Labels,
    /// A mapping from a tool's name to a mapping with these keys.
    Tools(&'static [Key]),
    /// A list whose items are command lines or mappings with these keys.
    Examples(&'static [Key]),
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its value has to be.
    pub kind: Kind,
    /// Whether it has to be there.
    pub required: bool,
    /// What it does, one line.
    pub doc: &'static str,
}

const fn key(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: false, doc }
}

const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: true, doc }
}

const ENVIRONMENTS: &[&str] = &["production", "staging", "development", "unclassified"];

/// The whole file.
pub const TOP: &[Key] = &[
    required("version", Kind::Count(1, 1), "version of this format"),
    key("mode", Kind::Choice(&["enforce", "warn", "audit"]), "how the rules of this file are carried out"),
    key(
        "unknown",
        Kind::Choice(&["allow", "confirm", "deny"]),
        "commands whose effect cannot be told, in production",
    ),
    key("builtin_floor", Kind::Flag, "system only: nobody relaxes the built-in table or stands it down"),
    key("prompt", Kind::Map(PROMPT), "the question"),
    key("probe", Kind::Map(PROBE), "asking the live system"),
    key("audit", Kind::Map(AUDIT), "the record"),
    key("copies", Kind::Map(COPIES), "copies of what is removed"),
    key("tools", Kind::Tools(TOOL), "where the real tools are"),
    key("agents", Kind::Map(AGENTS), "coding agents"),
    key(
        "housekeeping",
        Kind::Texts,
        "services of this machine that may stop and restart things without a question; not in a project's file",
    ),
    key(
        "remember_terminals",
        Kind::Flag,
        "whether guard remembers, until the session ends, where each terminal's commands went; not in a project's file",
    ),
    key("clusters", Kind::List(CLUSTER), "clusters by identity"),
    key("accounts", Kind::List(ACCOUNT), "AWS accounts by identity"),
    key("hosts", Kind::List(HOST), "machines by name"),
    key("daemons", Kind::List(DAEMON), "daemons that run containers, by identity"),
    key("rules", Kind::List(RULE), "the rules"),
];

const PROMPT: &[Key] = &[
    key("attempts", Kind::Count(1, 10), "how often a wrong answer may be given"),
    key("timeout_s", Kind::Count(5, 3600), "seconds until the question refuses by itself"),
    key("env_confirm", Kind::Flag, "whether GUARD_CONFIRM may answer without a terminal"),
    key("env_confirm_at_terminal", Kind::Flag, "whether it may also answer where a person can be asked"),
];

const PROBE: &[Key] = &[
    key("timeout_ms", Kind::Count(100, 60_000), "milliseconds the live system has for its answers"),
    key(
        "credentials_timeout_ms",
        Kind::Count(100, 600_000),
        "milliseconds a credential plugin has, before the clock of the probe starts",
    ),
    key("on_failure", Kind::Choice(&["ask", "refuse"]), "what happens when it gives none"),
];

const AUDIT: &[Key] = &[
    key("path", Kind::Text, "absolute path of the record"),
    key(
        "required",
        Kind::Choice(&["never", "mutate", "disrupt", "destroy"]),
        "from this effect on nothing runs without its record",
    ),
];

const COPIES: &[Key] = &[key(
    "volumes_mib",
    Kind::Count(1, 1 << 20),
    "MiB in the volumes of a daemon up to which they are copied before they go; not in a project's file",
)];

const AGENTS: &[Key] = &[
    key(
        "confirm",
        Kind::Choice(&["allow", "deny"]),
        "whether GUARD_CONFIRM may answer for an agent; deny when not given",
    ),
    key(
        "terminal",
        Kind::Choice(&["allow", "deny"]),
        "whether an agent that owns a terminal may be asked there; allow when not given",
    ),
];

const TOOL: &[Key] = &[required("path", Kind::Text, "absolute path of the real tool")];

const NAME: Key = key("name", Kind::Text, "what people call it; the phrase to type");
const ACCOUNT_NAME: Key =
    key("name", Kind::Text, "what people call it; the phrase to type where the account has no alias");
const ENVIRONMENT: Key = key("environment", Kind::Choice(ENVIRONMENTS), "what it is");

/// An entry of `clusters`.
pub const CLUSTER: &[Key] = &[
    NAME,
    ENVIRONMENT,
    key("server", Kind::Texts, "API server: a URL, or a pattern over its host"),
    key("uid", Kind::Texts, "metadata.uid of the kube-system namespace"),
    key("ca", Kind::Texts, "SHA-256 of the CA certificate in DER"),
    key("context", Kind::Texts, "context names; weaker, only ever makes it more severe"),
    key("cluster", Kind::Texts, "kubeconfig cluster names; weaker, only ever makes it more severe"),
];

/// An entry of `accounts`.
pub const ACCOUNT: &[Key] = &[
    ACCOUNT_NAME,
    ENVIRONMENT,
    key("account", Kind::Texts, "account ids (twelve digits), aliases or names in the organisation"),
    key("region", Kind::Texts, "regions; narrows the entry to this part of the account"),
    key(
        "endpoint",
        Kind::Texts,
        "endpoints that are not AWS's (MinIO, Ceph, R2): URLs, or patterns over host or host:port",
    ),
];

/// An entry of `hosts`.
pub const HOST: &[Key] = &[NAME, ENVIRONMENT, key("host", Kind::Texts, "host names")];

/// An entry of `daemons`.
pub const DAEMON: &[Key] = &[
    NAME,
    ENVIRONMENT,
    key("daemon", Kind::Texts, "the daemon's own ID, as `docker info -f '{{.ID}}'` says it"),
    key(
        "endpoint",
        Kind::Texts,
        "where it listens (tcp://, ssh://): URLs, or patterns over host or host:port; a socket proves nothing",
    ),
    key("host", Kind::Texts, "names of the host it runs on"),
];

/// A rule.
pub const RULE: &[Key] = &[
    required("id", Kind::Text, "its name in decisions and records"),
    key("when", Kind::Map(WHEN), "what it looks at; without it, everything that is no read"),
    key(
        "then",
        Kind::Choice(&["allow", "warn", "confirm", "deny", "freeze"]),
        "what follows; needed where there is no `backup`",
    ),
    key(
        "backup",
        Kind::Map(BACKUP),
        "what is demanded of the copies of what is hit; unknown counts as unmet",
    ),
    key("level", Kind::Choice(&["yes-no", "typed"]), "how a confirmation is asked; typed when not given"),
    key("relax", Kind::Flag, "user's file only: lower the built-in table to this outcome"),
    key("reason", Kind::Text, "why, shown to the person"),
    key("justification", Kind::Choice(&["required"]), "a written reason is demanded and recorded"),
    key("show", Kind::Choice(&["diff"]), "what is shown before the question"),
    key("match", Kind::Examples(EXAMPLE), "command lines this rule must match; checked on load"),
    key("no_match", Kind::Examples(EXAMPLE), "command lines it must not match; checked on load"),
];

/// What a rule demands of copies.
pub const BACKUP: &[Key] = &[
    key("max_age", Kind::Span, "how old the newest usable one may be: 90m, 24h, 7d"),
    key(
        "evidence",
        Kind::Choice(&["claimed", "recorded", "measured", "verified"]),
        "how sure it has to be; recorded when not given",
    ),
    key(
        "other_domain",
        Kind::Choice(&["required"]),
        "it has to lie where nothing of the target's own takes it along",
    ),
    key(
        "unmet",
        Kind::Choice(&["ask", "deny"]),
        "what follows where there is none; ask when not given: `without backup` is typed after the phrase",
    ),
];

/// What a rule looks at.
pub const WHEN: &[Key] = &[
    key("tool", Kind::Texts, "kubectl, aws, apt-get …"),
    key(
        "verb",
        Kind::Texts,
        "delete, rollout restart, rds delete-db-instance; a group's name means all of it",
    ),
    key(
        "effect",
        Kind::Choice(&["mutate", "unknown", "disrupt", "destroy"]),
        "this or worse; for relaxing rules, this or milder; unknown exactly",
    ),
    key("whole_scope", Kind::Flag, "whole namespaces, --all, purge"),
    key("resource", Kind::Texts, "kinds in any form: pvc, persistentvolumeclaims, deployments.apps"),
    key("name", Kind::Texts, "object names"),
    key("namespace", Kind::Texts, "namespaces"),
    key("labels", Kind::Labels, "labels of the object or its namespace, tags; \"*\" = any value"),
    key(
        "environment",
        Kind::Choices(ENVIRONMENTS),
        "environments; production includes unclassified unless relaxing",
    ),
    key("cluster", Kind::Texts, "cluster names; weaker than server, uid and ca"),
    key("context", Kind::Texts, "context names; weaker than server, uid and ca"),
    key("server", Kind::Texts, "API server: a URL, or a pattern over its host"),
    key("uid", Kind::Texts, "metadata.uid of the kube-system namespace"),
    key("ca", Kind::Texts, "SHA-256 of the CA certificate in DER"),
    key("account", Kind::Texts, "AWS account ids, aliases or names"),
    key("region", Kind::Texts, "AWS regions"),
    key("daemon", Kind::Texts, "daemons of containers: names that policy gives them, or IDs"),
    key(
        "endpoint",
        Kind::Texts,
        "endpoints that are not AWS's, or of daemons: URLs, or patterns over host or host:port",
    ),
    key("host", Kind::Texts, "host names, of daemons too"),
    key("local", Kind::Flag, "known local clusters and endpoints"),
    key("interactive", Kind::Flag, "whether a person can be asked"),
    key("actor", Kind::Choices(&["human", "ci", "agent"]), "who is at work"),
    key("time", Kind::Map(TIME), "when"),
    key(
        "moved",
        Kind::Flag,
        "it goes elsewhere than the last commands of this terminal, or that cannot be told",
    ),
];

const TIME: &[Key] = &[
    key("days", Kind::Choices(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), "days of the week"),
    key("from", Kind::Text, "HH:MM"),
    key("to", Kind::Text, "HH:MM; at or before `from` it runs into the next day"),
    key("first", Kind::Text, "first date, YYYY-MM-DD"),
    key("last", Kind::Text, "last date, YYYY-MM-DD"),
    key(
        "tz",
        Kind::Text,
        "a place such as Europe/Oslo, UTC, or a fixed offset such as +02:00; UTC when not given",
    ),
];

/// An example of a rule: the command line, and what is assumed. What is not assumed is not looked at.
pub const EXAMPLE: &[Key] = &[
    required("command", Kind::Text, "the command line"),
    key(
        "effect",
        Kind::Choice(&["read", "mutate", "unknown", "disrupt", "destroy"]),
        "the effect after the facts",
    ),
    key("environment", Kind::Choice(ENVIRONMENTS), "what the target is"),
    key("cluster", Kind::Text, "the cluster's name"),
    key("context", Kind::Text, "the context"),
    key("server", Kind::Text, "the API server"),
    key("uid", Kind::Text, "the cluster's uid"),
    key("ca", Kind::Text, "the CA's hash"),
    key("account", Kind::Text, "the account"),
    key("region", Kind::Text, "the region"),
    key("daemon", Kind::Text, "the daemon"),
    key("endpoint", Kind::Text, "the endpoint's URL"),
    key("host", Kind::Text, "the host"),
    key("labels", Kind::Labels, "labels of every object"),
    key("local", Kind::Flag, "a known local cluster"),
    key("interactive", Kind::Flag, "whether a person can be asked"),
    key("actor", Kind::Choice(&["human", "ci", "agent"]), "who is at work"),
    key("now", Kind::Text, "the moment, 2026-12-24T18:00:00Z"),
    key("moved", Kind::Flag, "it goes elsewhere than the last commands of this terminal"),
];

/// Checks a mapping against its keys; every mistake below it is added.
pub fn check(node: &Node, keys: &[Key], problems: &mut Vec<Problem>) {
    let Is::Map(entries) = &node.is else {
        problems.push(Problem { at: node.at, what: format!("expected a mapping with {}", names(keys)) });
        return;
    };
    for (name, at, value) in entries {
        match keys.iter().find(|k| k.name == name) {
            Some(key) => check_value(value, key, problems),
            None => {
                let hint = match did_you_mean(name, keys.iter().map(|k| k.name)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", names(keys)),
                };
                problems.push(Problem {
                    at: *at,
                    what: format!("unknown key `{}`; {hint}", escape(name.as_bytes())),
                });
            }
        }
    }
    for key in keys.iter().filter(|k| k.required && node.get(k.name).is_none()) {
        // The whole mapping would be underlined otherwise.
        let mut at = entries.first().map_or(node.at, |(_, at, _)| *at);
        at.width = at.width.max(1);
        problems.push(Problem { at, what: format!("missing key `{}`: {}", key.name, key.doc) });
    }
}

fn names(keys: &[Key]) -> String {
    keys.iter().map(|k| k.name).collect::<Vec<_>>().join(", ")
}

fn check_value(value: &Node, key: &Key, problems: &mut Vec<Problem>) {
    let mut wrong = |node: &Node, want: String| {
        problems.push(Problem { at: node.at, what: format!("`{}` must be {want}", key.name) });
    };
    match key.kind {
        Kind::Text if value.text().is_none_or(str::is_empty) => wrong(value, "a text".to_owned()),
        Kind::Texts => {
            let items = value.items();
            if items.is_empty() {
                wrong(value, "a text or a list of texts, not empty".to_owned());
            }
            for item in items.iter().filter(|i| i.text().is_none_or(str::is_empty)) {
                wrong(item, "a text or a list of texts".to_owned());
            }
        }
        Kind::Flag if value.flag().is_none() => wrong(value, "true or false".to_owned()),
        Kind::Count(least, most) => {
            let number = value.text().and_then(|t| t.parse::<u32>().ok());
            if number.is_none_or(|n| n < least || n > most) {
                let want = if least == most {
                    least.to_string()
                } else {
                    format!("a number from {least} to {most}")
                };
                wrong(value, want);
            }
        }
        Kind::Span if value.text().and_then(seconds).is_none_or(|s| s == 0) => {
            wrong(value, "a span of time: 90m, 24h, 7d".to_owned());
        }
        Kind::Choice(words) | Kind::Choices(words) => {
            let several = matches!(key.kind, Kind::Choices(_));
            let items = if several { value.items() } else { std::slice::from_ref(value) };
            if items.is_empty() {
                wrong(value, format!("one of {}", words.join(", ")));
            }
            for item in items.iter().filter(|i| i.text().is_none_or(|t| !words.contains(&t))) {
                let near = item.text().and_then(|t| did_you_mean(t, words.iter().copied()));
                let hint = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                wrong(item, format!("one of {}{hint}", words.join(", ")));
            }
        }
        Kind::Map(keys) => check(value, keys, problems),
        Kind::List(keys) => match &value.is {
            Is::List(items) => items.iter().for_each(|item| check(item, keys, problems)),
            Is::Null => {}
            _ => wrong(value, "a list".to_owned()),
        },
        Kind::Labels => match &value.is {
            Is::Map(entries) if !entries.is_empty() => {
                for (_, _, v) in
                    entries.iter().filter(|(_, _, v)| v.items().iter().any(|i| i.text().is_none()))
                {
                    wrong(v, "a mapping from label to text".to_owned());
                }
            }
            _ => wrong(value, "a mapping from label to text".to_owned()),
        },
        Kind::Tools(keys) => match &value.is {
            Is::Map(entries) => entries.iter().for_each(|(_, _, v)| check(v, keys, problems)),
            _ => wrong(value, "a mapping from tool to settings".to_owned()),
        },
        Kind::Examples(keys) => match &value.is {
            Is::List(items) => {
                for item in items.iter().filter(|i| i.text().is_none()) {
                    check(item, keys, problems);
                }
            }
            _ => wrong(value, "a list of command lines".to_owned()),
        },
        Kind::Text | Kind::Flag | Kind::Span => {}
    }
}
