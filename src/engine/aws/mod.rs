//! Command lines of the AWS CLI: its own grammar (argparse, three parsers in a row), not that of the cobra tools in
//! [`parse`](crate::engine::grammar::cobra). Pure: words and documents in, data out.

pub mod alias;
pub mod arn;
mod classify;
#[cfg(feature = "cli")]
mod conditions;
pub mod documents;
#[cfg(feature = "cli")]
mod general;
pub mod grammar;
#[cfg(feature = "cli")]
mod graph;
pub mod hit;
#[cfg(any(test, not(feature = "cli")))]
mod lean;
pub mod names;
pub mod naming;
pub mod options;
mod opts;
#[cfg(feature = "cli")]
mod powershell;
#[cfg(feature = "cli")]
mod protection;
mod redact;
#[cfg(feature = "cli")]
mod remote;
mod situation;
mod spelling;
pub mod table;
pub mod tables;
mod target;
#[cfg(feature = "cli")]
pub mod value;
pub mod whereto;

pub use classify::{classify, classify_with, hit, prompts};
pub use documents::Documents;
pub use hit::Hit;
pub use redact::{holds_secret, is_secret, redact, redact_option, redact_text, redact_value};
pub use situation::situation;
pub use target::AwsTarget;

/// Whether there is such a command: `SERVICE`, or `SERVICE OPERATION`.
#[cfg(feature = "cli")]
pub fn has_verb(verb: &str) -> bool {
    match verb.split_once(' ') {
        None => tables::is_service(verb.as_bytes()),
        Some((service, _)) => tables::is_service(service.as_bytes()) && tables::exists(verb.as_bytes()),
    }
}

/// What the list kept by hand says of a command.
#[cfg(feature = "cli")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// What goes or stops, with the options that make it worse.
    pub lost: &'static str,
    /// How it is had back; `no` when it is not.
    pub recoverable: &'static str,
    /// What may refuse or delay it; `-` when nothing does.
    pub protection: &'static str,
    /// From 5 (a whole account, or data lost for ever) to 1.
    pub severity: u8,
    /// The options that name what is hit, without dashes, separated by commas; `<paths>` are operands; `-` for none.
    pub target: &'static str,
}

/// What the list kept by hand says of a command, when it is in it.
#[cfg(feature = "cli")]
pub fn reviewed(service: &str, operation: &str) -> Option<Reviewed> {
    let command = if operation.is_empty() { service.to_owned() } else { format!("{service} {operation}") };
    let mut fields = tables::reviewed(command.as_bytes())?;
    let mut next = || fields.next().unwrap_or("-");
    let (_, severity, target) = (next(), next(), next());
    let (lost, recoverable, protection) = (next(), next(), next());
    Some(Reviewed { lost, recoverable, protection, severity: severity.parse().unwrap_or(0), target })
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::reviewed;

    #[test]
    fn the_reviewed_list_is_read_by_column() {
        let stack = reviewed("cloudformation", "delete-stack").map(|r| (r.severity, r.target));
        assert_eq!(stack, Some((5, "--stack-name")));
        assert!(reviewed("ec2", "describe-instances").is_none());
        assert!(reviewed("logout", "").is_some_and(|r| r.lost.contains("tokens")));
    }
}
