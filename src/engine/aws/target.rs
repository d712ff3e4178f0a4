//! The target of a command of the AWS CLI: account, principal, region, endpoint.

use super::redact_text;
use crate::engine::fact::{Known, Sourced, Why};
use crate::engine::policy::place::{IdKind, Identity, Seen};
use crate::engine::server::{is_loopback, server_parts};
use crate::engine::target::{LIVE, Part, Target, Value};
use crate::engine::tool::TargetKind;

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
    /// The endpoint in force for this command's service, when one is configured.
    pub endpoint: Option<Sourced<String>>,
    /// The id (never the secret) of the access key at work, where files or variables tell it.
    pub access_key_id: Option<String>,
    /// The account is the one that the same key and profile last led to: nobody asked this time.
    pub remembered: bool,
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
            access_key_id: None,
            remembered: false,
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
        if self.foreign().is_some() { "endpoint" } else { "account" }
    }

    /// The `host:port` of an endpoint that is not AWS's own (MinIO, Ceph, R2, a stand-in on this machine): a target of
    /// its own, whatever account AWS itself knows the keys by.
    pub fn foreign(&self) -> Option<String> {
        let endpoint = self.endpoint.as_ref().filter(|e| !e.value.is_empty())?;
        let parts = server_parts(&endpoint.value);
        (!is_of_aws(&parts.host)).then(|| parts.host_port())
    }

    /// What the place is called in a phrase: the endpoint that is not AWS's; else the account's alias, else its name in
    /// the organisation, else the policy's name, else the id. Empty when not even that is known.
    pub fn account_name(&self, policy_name: Option<&str>) -> String {
        if let Some(at) = self.foreign() {
            return at;
        }
        let given = |known: &Known<Option<String>>| known.value().cloned().flatten();
        given(&self.alias)
            .or_else(|| given(&self.organisation_name))
            .filter(|name| is_typeable(name))
            .or_else(|| policy_name.map(str::to_owned))
            .or_else(|| self.account.value().cloned())
            .unwrap_or_default()
    }

    /// Where the command goes, as data. `name` is the account's, or the endpoint's, as the phrase spells it.
    pub fn data(&self, name: &str) -> Target {
        // A URL may hold a password.
        let told = |part: &Option<Sourced<String>>| {
            part.as_ref().map_or(Value::None, |p| Value::said(redact_text(&p.value), p.from.to_string()))
        };
        let (says, from) = if self.remembered {
            (", where the same key and profile led before", "what the same key and profile led to before")
        } else {
            (" from sts get-caller-identity", LIVE)
        };
        let foreign = self.foreign().is_some();
        let account = match &self.account {
            // There is nothing to be known.
            Known::Unknown(Why::Unsupported) if foreign => Part::new("account", Value::None),
            known => Part::new("account", Value::live(known, says, from)),
        };
        let named = |known: &Known<Option<String>>| match known {
            Known::Known(Some(name)) => Value::Live { value: name.clone(), says: "", from },
            Known::Known(None) => Value::Nothing("none"),
            Known::Unknown(why) => Value::Unknown(why.clone()),
        };
        let key = Value::text(self.access_key_id.as_deref());
        let recorded_key = match &self.access_key_id {
            Some(id) if foreign => Value::said(id.clone(), "files and variables"),
            _ => Value::None,
        };
        let parts = vec![
            Part::new("account_name", Value::Text(name.to_owned())),
            account.or_why("account_unknown").label("account").record("account"),
            Part::new("alias", named(&self.alias)).label("alias").record("alias"),
            Part::new("organisation_name", named(&self.organisation_name)).label("organisation"),
            Part::new("principal", Value::live(&self.principal, says, from))
                .label("principal")
                .record("principal"),
            Part::new("credentials", told(&self.credentials)).label("credentials").record("credentials"),
            Part::new("suggested_account", told(&self.suggested_account)).label("suggests"),
            Part::new("profile", told(&self.profile)).label("profile").record("profile"),
            Part::new("region", told(&self.region)).label("region").record("region"),
            Part::new("global_service", Value::Flag(self.global_service)),
            Part::shown("", Value::text(self.global_service.then_some("the service has no regions"))),
            Part::new("endpoint", told(&self.endpoint)).label("endpoint").record("endpoint"),
            Part::new("access_key_id", key),
            Part::recorded("access_key_id", recorded_key),
            Part::new("elsewhere", Value::List(self.elsewhere.clone())).label("elsewhere"),
        ];
        Target { parts, notes: self.notes.clone() }
    }

    /// The identities of an AWS self. A profile's name is none of them: it says nothing about the keys in use.
    pub fn seen(&self) -> Seen {
        let mut seen = Seen { of: Some(TargetKind::Account), ..Seen::default() };
        let mut push = |kind, value: &str| seen.identities.push(Identity::new(kind, value));
        // What has no regions lies in all of them.
        if let Some(region) = self.region.as_ref().filter(|_| !self.global_service) {
            push(IdKind::Region, &region.value);
        }
        let names = [&self.alias, &self.organisation_name];
        for name in names.into_iter().filter_map(|n| n.value()).flatten() {
            push(IdKind::Account, name);
        }
        let foreign = self.foreign().is_some();
        match &self.account {
            Known::Known(id) => push(IdKind::Account, id),
            // Elsewhere than at AWS there may be none at all.
            Known::Unknown(Why::Unsupported) if foreign => {}
            Known::Unknown(_) => seen.unknown.push(IdKind::Account),
        }
        // What is not AWS's is a place of its own. The account that AWS knows its keys by can only make it more severe.
        if foreign {
            let url = self.endpoint.as_ref().map(|e| e.value.clone()).unwrap_or_default();
            seen.identities.push(Identity::new(IdKind::Endpoint, url));
            if self.account.value().is_some() {
                seen.unknown.push(IdKind::Account);
            }
        }
        // Unlike a cluster's API server, AWS itself never answers on loopback: what does is a stand-in.
        seen.local = self.is_local().then(|| "a local endpoint".to_owned());
        seen
    }
}

/// The domains of AWS's own endpoints, those of VPC endpoints included: `dnsSuffix` and `dualStackDnsSuffix` of every
/// partition in botocore's `partitions.json` (2.36.7).
const AWS_DOMAINS: &[&str] = &[
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "api.aws",
    "api.aws.hci.ic.gov",
    "api.aws.ic.gov",
    "api.aws.scloud",
    "api.cloud-aws.adc-e.uk",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "sc2s.sgov.gov",
];

/// Whether a host (in small letters) is one of AWS's own.
fn is_of_aws(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    AWS_DOMAINS.iter().any(|domain| {
        host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
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
    fn an_endpoint_that_is_not_of_aws_is_a_place_of_its_own() {
        let at = |url: &str| AwsTarget {
            endpoint: Some(Sourced::new(url.to_owned(), Source::Default)),
            account: Known::Known("111111111111".into()),
            alias: Known::Known(Some("acme-prod".into())),
            ..AwsTarget::default()
        };
        for (url, want) in [
            ("http://minio.lab:9000", "minio.lab:9000"),
            ("https://0f1e.R2.cloudflarestorage.com/", "0f1e.r2.cloudflarestorage.com:443"),
            ("https://user:secret@ceph.example:8443/rgw?x", "ceph.example:8443"),
            ("http://127.0.0.1:4566", "127.0.0.1:4566"),
            ("http://[::1]:9000", "[::1]:9000"),
            ("https://amazonaws.com.evil.example", "amazonaws.com.evil.example:443"),
            ("https://notamazonaws.com", "notamazonaws.com:443"),
        ] {
            assert_eq!(at(url).foreign().as_deref(), Some(want), "{url}");
            assert_eq!(at(url).account_name(Some("main")), want, "{url}");
        }
        for url in [
            "https://s3.eu-west-1.amazonaws.com",
            "https://s3.dualstack.eu-west-1.amazonaws.com/",
            "https://bucket.vpce-1a2b.s3.eu-west-1.vpce.amazonaws.com",
            "https://s3.cn-north-1.amazonaws.com.cn",
            "https://ec2.eu-west-1.api.aws",
            "https://STS.us-gov-west-1.AMAZONAWS.com.",
            "",
        ] {
            assert_eq!(at(url).foreign(), None, "{url}");
            assert_eq!(at(url).account_name(Some("main")), "acme-prod", "{url}");
        }
        assert!(AWS_DOMAINS.is_sorted());
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
