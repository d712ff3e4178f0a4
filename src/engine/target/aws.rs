//! The target of a command of the AWS CLI: account, principal, region, endpoint.

use super::{is_loopback, server_parts};
use crate::engine::fact::{Known, Sourced, Why};

/// An AWS target as the very CLI that will run reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsTarget {
    /// The account's id, twelve digits, as `sts get-caller-identity` of the same binary says: the identity.
    pub account: Known<String>,
    /// The ARN of the user or role at work, from the same answer.
    pub principal: Known<String>,
    /// The account's alias; `Known(None)` when it has none.
    pub alias: Known<Option<String>>,
    /// The account's name in its organisation; `Known(None)` when it is in none.
    pub organisation_name: Known<Option<String>>,
    /// The profile in use; `None` when none is named anywhere (the CLI then reads `default`, if there is one).
    pub profile: Option<Sourced<String>>,
    /// Where the credentials come from, as far as files and variables tell: `environment keys`, `profile prod`,
    /// `role arn:… assumed from profile staging`.
    pub credentials: Option<Sourced<String>>,
    /// The account that files and variables suggest (the access key id, a role's ARN, `sso_account_id`): a cross-check.
    /// Where a variable names a profile that environment keys beat, it is that profile's.
    pub suggested_account: Option<Sourced<String>>,
    /// The region; `None` when none is set.
    pub region: Option<Sourced<String>>,
    /// Whether the service has no regions (iam, route53, organizations …), so that the region says nothing.
    pub global_service: bool,
    /// The endpoint in force for this command's service, when it is not AWS's own.
    pub endpoint: Option<Sourced<String>>,
    /// The bucket's, the key's, the role's … account or region where an ARN in the arguments names another one:
    /// `account 222222222222 (in --role-arn)`.
    pub elsewhere: Vec<String>,
    /// What a person should know about the resolution itself: `AWS_PROFILE=staging is not used: environment keys beat it`.
    pub notes: Vec<String>,
}

impl Default for AwsTarget {
    fn default() -> AwsTarget {
        AwsTarget {
            account: Known::Unknown(Why::NotAsked),
            principal: Known::Unknown(Why::NotAsked),
            alias: Known::Unknown(Why::NotAsked),
            organisation_name: Known::Unknown(Why::NotAsked),
            profile: None,
            credentials: None,
            suggested_account: None,
            region: None,
            global_service: false,
            endpoint: None,
            elsewhere: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl AwsTarget {
    /// Whether the command goes to this machine itself: a loopback endpoint that the CLI honours for this service. The
    /// resolver leaves [`endpoint`](AwsTarget::endpoint) empty where the CLI ignores it.
    pub fn is_local(&self) -> bool {
        self.endpoint.as_ref().is_some_and(|e| is_loopback(&server_parts(&e.value).host))
    }

    /// What kind of place that name is, as a question says it.
    pub fn place_word(&self) -> &'static str {
        "account"
    }

    /// What the account is called in a phrase: its alias, else its name in the organisation, else the policy's name,
    /// else the id. Empty when not even that is known.
    pub fn account_name(&self, policy_name: Option<&str>) -> String {
        let given = |known: &Known<Option<String>>| known.value().cloned().flatten();
        given(&self.alias)
            .or_else(|| given(&self.organisation_name))
            .filter(|name| is_typeable(name))
            .or_else(|| policy_name.map(str::to_owned))
            .or_else(|| self.account.value().cloned())
            .unwrap_or_default()
    }
}

/// One word of visible ASCII: what a person can read on the screen and type as it stands.
fn is_typeable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fact::Source;

    #[test]
    fn the_alias_comes_first_and_the_id_last() {
        let mut target = AwsTarget { account: Known::Known("111111111111".into()), ..AwsTarget::default() };
        assert_eq!(target.account_name(None), "111111111111");
        assert_eq!(target.account_name(Some("main")), "main");
        target.organisation_name = Known::Known(Some("Acme Production".into()));
        assert_eq!(target.account_name(Some("main")), "main");
        target.organisation_name = Known::Known(Some("acme-production".into()));
        assert_eq!(target.account_name(Some("main")), "acme-production");
        target.alias = Known::Known(Some("acme-prod".into()));
        assert_eq!(target.account_name(Some("main")), "acme-prod");
        assert_eq!(AwsTarget::default().account_name(None), "");
    }

    #[test]
    fn local_is_a_loopback_endpoint() {
        let at = |url: &str| AwsTarget {
            endpoint: Some(Sourced::new(url.to_owned(), Source::Default)),
            ..AwsTarget::default()
        };
        assert!(at("http://127.0.0.1:5055").is_local() && at("http://localhost:4566").is_local());
        assert!(!at("https://vpce-1.sts.eu-west-1.vpce.amazonaws.com").is_local());
        assert!(!AwsTarget::default().is_local());
    }
}
