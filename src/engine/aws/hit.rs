//! What one command of the AWS CLI is about: service, operation, its options with every abbreviation written out and
//! every document merged in, and the resources it names. Probes, policy and the screen read this and never the words.

use crate::engine::fact::Why;

/// A command of the AWS CLI, taken apart and owned. Texts are as they came; whoever shows them escapes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// The word after `aws`: `cloudformation`, `s3`, `s3api`.
    pub service: String,
    /// The words after it, joined by one space: `delete-stack`, `rm`, `wait stack-exists`.
    pub operation: String,
    /// Global options (`profile`, `region`, `endpoint-url`, `no-sign-request` …) by their full name, in the order given;
    /// switches have no value.
    pub globals: Vec<(String, Option<String>)>,
    /// The operation's own options by their full name without dashes, in the order given, each with its values. A pair
    /// `--x`/`--no-x` stands here as it was given (`x` or `no-x`) and has no values. Members of `--cli-input-json` and
    /// `--cli-input-yaml` that no option overrides stand here under the option's name. A value that is a document
    /// (`file://…`) stands here as the document's text.
    pub options: Vec<(String, Vec<String>)>,
    /// Words that belong to no option: the paths of the `s3` commands.
    pub operands: Vec<String>,
    /// The names of what is hit, as a person would type them: the last part of an ARN or URL, `bucket/prefix` for S3;
    /// in the order given, each once. Empty when the command names nothing (`securityhub disable-security-hub`) or names
    /// it where guard cannot read it.
    pub resources: Vec<String>,
    /// What was read of the file that `deploy --template-file` names; `None` when there is none or nobody has read it.
    pub template: Option<Result<String, Why>>,
    /// True when a value could not be read (a document from a pipe, a URL), so that `resources` may be incomplete.
    pub unread: bool,
}

impl Hit {
    /// The values of the last occurrence of this option; a repeated list option replaces, it does not add.
    pub fn list(&self, name: &str) -> &[String] {
        self.options.iter().rev().find(|(n, _)| n == name).map_or(&[], |(_, values)| values.as_slice())
    }

    /// The first value of the last occurrence of this option.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.list(name).first().map(String::as_str)
    }

    /// Whether the option was given at all.
    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(n, _)| n == name)
    }

    /// What a switch is set to: the last of `--name` and `--no-name` counts; `None` when neither was given.
    pub fn switch(&self, name: &str) -> Option<bool> {
        self.options.iter().rev().find_map(|(n, _)| {
            if n == name { Some(true) } else { (n.strip_prefix("no-") == Some(name)).then_some(false) }
        })
    }

    /// The value of a global option; the last one counts.
    pub fn global(&self, name: &str) -> Option<&str> {
        self.globals.iter().rev().find(|(n, _)| n == name).and_then(|(_, value)| value.as_deref())
    }

    /// Whether a global switch was given.
    pub fn global_on(&self, name: &str) -> bool {
        self.globals.iter().any(|(n, _)| n == name)
    }

    /// `service operation`, as the words stand after `aws`.
    pub fn verb(&self) -> String {
        if self.operation.is_empty() {
            self.service.clone()
        } else {
            format!("{} {}", self.service, self.operation)
        }
    }

    /// Whether this is one of these commands of one service.
    pub fn is(&self, service: &str, operations: &[&str]) -> bool {
        self.service == service && operations.contains(&self.operation.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_pair_and_of_a_repeated_list_counts() {
        let option = |n: &str, v: &[&str]| (n.to_owned(), v.iter().map(|v| (*v).to_owned()).collect());
        let hit = Hit {
            service: "ec2".into(),
            operation: "terminate-instances".into(),
            options: vec![
                option("instance-ids", &["a", "b"]),
                option("dry-run", &[]),
                option("instance-ids", &["c"]),
                option("no-dry-run", &[]),
            ],
            ..Hit::default()
        };
        assert_eq!(hit.list("instance-ids"), ["c"]);
        assert_eq!(hit.value("instance-ids"), Some("c"));
        assert_eq!(hit.switch("dry-run"), Some(false));
        assert_eq!(hit.switch("force"), None);
        assert_eq!(hit.verb(), "ec2 terminate-instances");
        assert!(hit.is("ec2", &["stop-instances", "terminate-instances"]));
    }
}
