//! IAM: who loses access, when they used it last, and what still holds on to the thing.

mod keys;
mod policies;
mod principals;

use super::cli::Cli;
use super::describe::{self, Named, merge, names};
use super::json;
use super::safer_command::Form;
use crate::engine::aws::Hit;
use crate::engine::fact::Why;
use crate::engine::impact::{Impact, Subject};
use serde_json::Value;

/// One kind of question: the operations, the option that names the thing, what a person calls it.
struct About {
    operations: &'static [&'static str],
    option: &'static str,
    kind: &'static str,
    sort: Sort,
}

#[derive(Clone, Copy)]
enum Sort {
    Role,
    User,
    Policy,
    Inline,
    Detach,
    Key,
    Alias,
    Password,
    Profile,
}

const ABOUT: &[About] = &[
    About {
        operations: &["delete-role", "delete-service-linked-role", "update-assume-role-policy"],
        option: "role-name",
        kind: "IAM role",
        sort: Sort::Role,
    },
    About { operations: &["delete-user"], option: "user-name", kind: "IAM user", sort: Sort::User },
    About {
        operations: &[
            "delete-policy",
            "delete-policy-version",
            "create-policy-version",
            "set-default-policy-version",
        ],
        option: "policy-arn",
        kind: "IAM policy",
        sort: Sort::Policy,
    },
    About {
        operations: &[
            "delete-role-policy",
            "delete-user-policy",
            "delete-group-policy",
            "put-role-policy",
            "put-user-policy",
            "put-group-policy",
        ],
        option: "policy-name",
        kind: "inline policy",
        sort: Sort::Inline,
    },
    About {
        operations: &["detach-role-policy", "detach-user-policy", "detach-group-policy"],
        option: "policy-arn",
        kind: "IAM policy",
        sort: Sort::Detach,
    },
    About {
        operations: &["delete-access-key", "update-access-key"],
        option: "access-key-id",
        kind: "access key",
        sort: Sort::Key,
    },
    About {
        operations: &["delete-account-alias"],
        option: "account-alias",
        kind: "account alias",
        sort: Sort::Alias,
    },
    About {
        operations: &["delete-login-profile"],
        option: "user-name",
        kind: "console password",
        sort: Sort::Password,
    },
    About {
        operations: &["delete-instance-profile", "remove-role-from-instance-profile"],
        option: "instance-profile-name",
        kind: "instance profile",
        sort: Sort::Profile,
    },
];

/// Looks at the user, role, policy or key.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let about = ABOUT.iter().find(|a| a.operations.contains(&hit.operation.as_str()));
    let Some(about) = about.filter(|a| !hit.list(a.option).is_empty()) else {
        return describe::probe_impact(cli, hit, impact).await;
    };
    let named = names(hit, about.option);
    let mut seen = Vec::new();
    // Every one of these operations takes one name.
    for one in named.iter().take(1) {
        let way = Way { cli, hit, one, kind: about.kind };
        seen.push(match about.sort {
            Sort::Role => principals::role(&way).await,
            Sort::User => principals::user(&way).await,
            Sort::Policy => policies::managed(&way).await,
            Sort::Inline => policies::inline(&way).await,
            Sort::Detach => policies::detach(&way).await,
            Sort::Key => keys::access_key(&way).await,
            Sort::Alias => keys::account_alias(&way).await,
            Sort::Password => keys::password(&way).await,
            Sort::Profile => principals::instance_profile(&way).await,
        });
    }
    merge(about.kind, &named, seen, impact);
}

/// A step that can be taken back, or a copy of what would be nowhere else.
pub(super) fn safer(hit: &Hit, impact: &Impact) -> Option<String> {
    if impact.subjects_total == 0 {
        return None;
    }
    match hit.operation.as_str() {
        "delete-access-key" => {
            let form = Form::new(hit, "iam", "update-access-key")
                .with("access-key-id", hit.list("access-key-id"))
                .with("status", &["Inactive"]);
            let form = match hit.value("user-name") {
                Some(user) => form.with("user-name", &[user]),
                None => form,
            };
            Some(format!("{} (Active takes it back)", form.text()))
        }
        "delete-role-policy" | "delete-user-policy" | "delete-group-policy" => {
            let get = hit.operation.replacen("delete-", "get-", 1);
            let mut form = Form::new(hit, "iam", &get);
            for (name, values) in &hit.options {
                form = form.with(name, values);
            }
            Some(format!("{} first: it is the only copy", form.text()))
        }
        _ => None,
    }
}

/// One look at one thing.
struct Way<'a> {
    cli: &'a Cli<'a>,
    hit: &'a Hit,
    one: &'a Named,
    kind: &'static str,
}

impl Way<'_> {
    /// An `iam` question.
    async fn find(&self, words: &[&str]) -> Result<Option<Value>, Why> {
        let words: Vec<&str> = ["iam"].into_iter().chain(words.iter().copied()).collect();
        self.cli.find(&words).await
    }

    /// The thing as the only subject.
    fn found(&self, thing: &Value) -> Impact {
        Impact {
            subjects: vec![Subject {
                kind: self.kind.to_owned(),
                name: self.one.name.clone(),
                age_s: json::age_s(thing, "/CreateDate"),
                labels: json::tags(thing, "/Tags"),
                ..Subject::default()
            }],
            subjects_total: 1,
            ..Impact::default()
        }
    }
}

/// Members of lists that an answer holds, by the text that names each.
fn members(answer: &Value, list: &str, name: &str) -> Vec<String> {
    json::list(answer, list)
        .iter()
        .filter_map(|m| json::text(m, name))
        .map(|t| json::tail(t).to_owned())
        .collect()
}

/// What a list holds, or a gap.
fn listed(
    what: &str,
    answer: Result<Option<Value>, Why>,
    list: &str,
    name: &str,
    impact: &mut Impact,
) -> Vec<String> {
    match answer {
        Ok(answer) => members(&answer.unwrap_or_default(), list, name),
        Err(why) => {
            impact.gap(what, why);
            Vec::new()
        }
    }
}

/// AWS deletes nothing that something else is attached to.
fn holds_on(what: &str, names: &[String], impact: &mut Impact) {
    if names.is_empty() {
        return;
    }
    let text = format!("{what} {}", describe::first(names));
    let text = text.trim_end();
    impact.refused = Some(match impact.refused.take() {
        Some(before) => format!("{before}; {text}"),
        None => format!("it still has {text}"),
    });
}
