//! The laws of phrases, held against every operation of the CLI that destroys or stops something: another thing has another
//! phrase, and whatever else is given has another `GUARD_CONFIRM`.
//!
//! The operations and their options come from the list that `tests/aws/refresh-operations --list` makes; without it from the
//! options guard itself knows.
#![cfg(target_os = "linux")]

use super::tests::challenge;
use crate::engine::aws::naming::beside;
use crate::engine::aws::naming::document::speaks;
use crate::engine::aws::tables;
use crate::engine::aws::{Documents, classify_with, redact_option};
use crate::engine::challenge::Challenge;
use crate::engine::effect::Effect;
use std::path::PathBuf;

/// Required options that do not name what is hit: how or why something is done, what it becomes, who acts, or what is certain
/// by the others. Only the variable has them. `SERVICE OPERATION --option` where that holds for one command alone.
const SETTINGS: &[&str] = &[
    // How it is done, and what a thing is set to.
    "appconfig start-deployment --deployment-strategy-id",
    "backtrack-to",
    "chime-bearer",
    "client-mode",
    "codedeploy-appspec",
    "configuration-type",
    "content-type",
    "desired-capacity",
    "dir",
    "ec2 move-byoip-cidr-to-ipam --ipam-pool-owner",
    "ec2 replace-network-acl-entry --protocol",
    "ecs deploy --task-definition",
    "effective-time",
    "execution-role",
    "fsx restore-volume-from-snapshot --snapshot-id",
    "iam-role-arn",
    "instance-count",
    "kubernetes-version",
    "lens-status",
    "new-replication-factor",
    "new-starting-hash-key",
    "new-status",
    "node-group-count",
    "outfile",
    "override-status",
    "permissions-boundary",
    "priority",
    "reserved-concurrent-executions",
    "retention-in-days",
    "role-arn",
    "rule-action",
    "selection-rules",
    "state-value",
    "status",
    "template-file",
    "termination-mode",
    "ttl",
    // What it becomes, or where it goes.
    "asset-model-composite-model-name",
    "asset-model-name",
    "certificate-revocation-list",
    "imagebuilder create-lifecycle-policy --resource-type",
    "imagebuilder update-lifecycle-policy --resource-type",
    "kms update-alias --target-key-id",
    "organizations move-account --destination-parent-id",
    "organizations move-account --source-parent-id",
    "rds failover-global-cluster --target-db-cluster-identifier",
    "s3api rename-object --rename-source",
    "storagegateway create-stored-iscsi-volume --network-interface-id",
    "storagegateway create-stored-iscsi-volume --target-name",
    "workmail put-retention-policy --name",
    // Why.
    "cancellation-reason",
    "reason",
    "revocation-comment",
    "revocation-reason",
    "state-reason",
    // What it has to be like for the call to be carried out.
    "connection-token",
    "current-application-version-id",
    "last-updated-at",
    "opensearchserverless update-lifecycle-policy --policy-version",
    "policy-hash",
    // Certain by the others, or no name that anybody could type.
    "receipt-handle",
    "sagemaker-featurestore-runtime delete-record --event-time",
    "sso-admin delete-account-assignment --principal-type",
    "sso-admin delete-account-assignment --target-type",
    "wafv2 delete-web-acl --id",
    "wafv2 update-ip-set --id",
    "wafv2 update-web-acl --id",
];

fn is_setting(command: &str, option: &str) -> bool {
    SETTINGS.contains(&option) || SETTINGS.contains(&format!("{command} --{option}").as_str())
}

/// What kind of value an option takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Text,
    List,
    Nothing,
    Data,
    Operand,
}

struct Taken {
    name: String,
    takes: Takes,
    required: bool,
}

struct Operation {
    command: String,
    options: Vec<Taken>,
}

impl Operation {
    /// A row of the list, or of the table of options.
    fn of(command: &str, options: &str) -> Operation {
        let taken = |text: &str| {
            let (required, text) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
            let marks =
                [('*', Takes::List), ('!', Takes::Nothing), ('%', Takes::Data), ('<', Takes::Operand)];
            let marked = marks.iter().find_map(|(mark, takes)| Some((text.strip_suffix(*mark)?, *takes)));
            let (name, takes) = marked.unwrap_or((text, Takes::Text));
            Taken { name: name.to_owned(), takes, required }
        };
        let options = options.split(' ').filter(|o| !matches!(*o, "" | "~")).map(taken).collect();
        Operation { command: command.to_owned(), options }
    }

    /// Its words with all required options and one more, which has this value.
    fn words(&self, more: Option<(&Taken, &str)>) -> Vec<String> {
        let mut words: Vec<String> = self.command.split(' ').map(str::to_owned).collect();
        for option in &self.options {
            let chosen = more.filter(|(chosen, _)| chosen.name == option.name).map(|(_, value)| value);
            if !option.required && chosen.is_none() {
                continue;
            }
            let value = chosen.map_or_else(|| option.value("one"), str::to_owned);
            match option.takes {
                Takes::Nothing => words.push(format!("--{}", option.name)),
                Takes::Operand => words.push(value),
                _ => words.extend([format!("--{}", option.name), value]),
            }
        }
        words
    }

    fn challenge(&self, more: Option<(&Taken, &str)>) -> Challenge {
        let words = self.words(more);
        challenge(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Whether the words alone say that something is lost or stops.
    fn hurts(&self) -> bool {
        let words = self.words(None);
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        classify_with(&words, &Documents::none()).effect >= Effect::Disrupt
    }
}

impl Taken {
    fn value(&self, seed: &str) -> String {
        match self.takes {
            Takes::Data => format!(r#"{{"Some":"{seed}-{}"}}"#, self.name),
            _ => format!("{seed}-{}", self.name),
        }
    }

    /// Whether its value is kept from sight.
    fn is_private(&self, command: &str) -> bool {
        let value = self.value("one");
        redact_option(command, &self.name, &value) != value
    }
}

/// The operations; `Err` where it is not known which options are required, with those whose options guard knows, and why.
fn operations() -> Result<Vec<Operation>, (Vec<Operation>, String)> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let cache = set("GUARD_TEST_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|dir| dir.join("guard-tests")))
        .or_else(|| set("HOME").map(|dir| dir.join(".cache/guard-tests")))
        .unwrap_or_default();
    let path = cache.join("aws/operations.tsv");
    let listed: Vec<Operation> = std::fs::read_to_string(&path)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| match line.split('\t').collect::<Vec<_>>().as_slice() {
            [command, "destroy" | "disrupt", _, _, options] => Some(Operation::of(command, options)),
            _ => None,
        })
        .collect();
    if !listed.is_empty() {
        return Ok(listed);
    }
    let told = format!(
        "SKIPPED: {} has no operations with their options; run tests/aws/refresh-operations --list",
        path.display()
    );
    assert!(std::env::var_os("CI").is_none_or(|v| v != "true"), "{told}");
    let own = tables::all_options().filter_map(|row| row.split_once('\t'));
    let own = own.map(|(command, options)| Operation::of(command, options)).filter(Operation::hurts);
    Err((own.collect(), told))
}

/// What one pass over all operations finds.
#[derive(Default)]
struct Found {
    operations: usize,
    options: usize,
    required: usize,
    /// Two things with one variable.
    variables: Vec<String>,
    /// Two things with one phrase.
    phrases: Vec<String>,
    /// Phrases that end with their kind.
    bare: Vec<String>,
}

impl Found {
    fn look(&mut self, operation: &Operation, required_known: bool) {
        self.operations += 1;
        let without = operation.challenge(None);
        for option in &operation.options {
            if beside::is_quiet(&option.name) || matches!(option.name.as_str(), "dry-run" | "dryrun") {
                continue;
            }
            self.options += 1;
            let one = if option.required {
                without.clone()
            } else {
                operation.challenge(Some((option, &option.value("one"))))
            };
            if !option.required && one.variable() == without.variable() {
                self.variables.push(format!("{} [--{}]: {}", operation.command, option.name, one.variable()));
            }
            if option.takes == Takes::Nothing {
                continue;
            }
            let two = operation.challenge(Some((option, &option.value("two"))));
            // Of a secret nothing shows but that it is given.
            let secret = crate::engine::aws::is_secret(&option.name)
                || crate::engine::aws::holds_secret(&operation.command, &option.name);
            if !secret && one.variable() == two.variable() {
                self.variables.push(format!("{} --{}: {}", operation.command, option.name, one.variable()));
            }
            let names = required_known
                && option.required
                && option.takes == Takes::Text
                && !speaks(&option.name)
                && !option.is_private(&operation.command)
                && !is_setting(&operation.command, &option.name);
            if !names {
                continue;
            }
            self.required += 1;
            if one.phrase == two.phrase {
                self.phrases.push(format!("{} --{}: {}", operation.command, option.name, one.phrase));
            }
            if one.names.is_empty() {
                self.bare.push(format!("{}: {}", operation.command, one.phrase));
            }
        }
    }
}

#[test]
fn another_thing_has_another_phrase_and_other_words_another_variable() {
    let (operations, required_known) = match operations() {
        Ok(listed) => (listed, true),
        Err((own, told)) => {
            eprintln!("{told}");
            (own, false)
        }
    };
    let mut found = Found::default();
    operations.iter().for_each(|operation| found.look(operation, required_known));
    println!(
        "{} operations, {} options, {} exceptions; {} required names, {} exceptions",
        found.operations,
        found.options,
        found.variables.len(),
        found.required,
        found.phrases.len()
    );
    assert!(found.operations > 200 && found.options > 1000, "{} {}", found.operations, found.options);
    assert!(!required_known || found.required > 4000, "{}", found.required);
    let told = |wrong: &[String]| format!("{} exceptions:\n{}", wrong.len(), wrong.join("\n"));
    assert!(found.variables.is_empty(), "one variable, {}", told(&found.variables));
    assert!(found.phrases.is_empty(), "one phrase, {}", told(&found.phrases));
    assert!(found.bare.is_empty(), "no name, {}", told(&found.bare));
}
