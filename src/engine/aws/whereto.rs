//! Where an AWS call goes, for the memory of a terminal: what of it says so (botocore `configprovider.py`, `credentials.py`), and
//! which calls go nowhere. The id of a key is no secret and decides the account; only a hash of it is kept.

use super::grammar::Parsed;
use crate::engine::effect::Effect;
use crate::engine::trail::says::{File, Kind, Says};
use crate::engine::verdict::Goes;

/// The row.
pub const SAYS: Says = Says {
    kind: Kind::Account,
    vars: &[
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_CONFIG_FILE",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ],
    flags: &[("profile", 0), ("region", 0), ("endpoint-url", 0)],
    inside: &[],
    files: &[
        File { flag: None, var: 0, list: false, below_home: "/.aws/credentials" },
        File { flag: None, var: 1, list: false, below_home: "/.aws/config" },
    ],
};

/// Services that are about the credentials and files of this machine.
const STAYS: [&str; 6] = ["configure", "help", "history", "login", "logout", "sso"];

/// Whether this service's commands go to no account.
pub fn stays(service: &[u8]) -> bool {
    STAYS.iter().any(|word| word.as_bytes() == service)
}

/// Whether these words go to an account, by what they do.
pub(super) fn goes(parsed: &Parsed<'_>, effect: Effect) -> Goes {
    // The CLI prints its version, its usage, or a mistake.
    let Some((_, service)) = parsed.service else { return Goes::Nowhere };
    let helps = parsed.help || parsed.operation.last().is_some_and(|(_, word)| *word == b"help");
    let asks_nobody =
        parsed.operation.is_empty() || helps || parsed.problem.is_some() || parsed.global_on("version");
    match stays(service) {
        true if effect == Effect::Read => Goes::Nowhere,
        true => Goes::Switches,
        _ if asks_nobody => Goes::Nowhere,
        false => Goes::Out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::aws::tables::is_service;

    #[test]
    fn what_stays_is_a_service_and_the_rest_goes() {
        for word in STAYS {
            assert!(is_service(word.as_bytes()) || word == "help", "{word}");
        }
        assert!(stays(b"sso") && !stays(b"sso-admin") && !stays(b"sts"));
    }

    #[test]
    fn what_prints_help_or_is_refused_goes_nowhere() {
        use crate::engine::classify::classify;
        for (line, want) in [
            ("s3 ls", Goes::Out),
            ("ec2 terminate-instances --instance-ids i-1", Goes::Out),
            ("configure set region a", Goes::Switches),
            ("configure list", Goes::Nowhere),
            ("", Goes::Nowhere),
            ("--version", Goes::Nowhere),
            ("dynamodb", Goes::Nowhere),
            ("s3 ls help", Goes::Nowhere),
            ("help", Goes::Nowhere),
        ] {
            let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
            assert_eq!(classify(b"aws", &words).goes, want, "{line}");
        }
    }
}
