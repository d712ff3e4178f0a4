//! What of an AWS call says where it goes, for the memory of a terminal (botocore `configprovider.py`, `credentials.py`). The
//! id of a key is no secret and decides the account; only a hash of it is kept.

use crate::engine::trail::says::{File, Kind, Says};

/// The row.
pub const SAYS: Says = Says {
    kind: Kind::Account,
    vars: &[
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_CONFIG_FILE",
        "AWS_ENDPOINT_URL",
    ],
    flags: &[("profile", 0), ("region", 0), ("endpoint-url", 0)],
    file: File { flag: usize::MAX, var: 0, list: false, below_home: "/.aws/credentials" },
};

/// Services that are about the credentials and files of this machine.
const STAYS: [&str; 6] = ["configure", "help", "history", "login", "logout", "sso"];

/// Whether this service's commands go to no account.
pub fn stays(service: &[u8]) -> bool {
    STAYS.iter().any(|word| word.as_bytes() == service)
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
}
