//! The account that an access key id carries. An observation of many (the layout is not documented), so it is only ever
//! a cross-check, never the identity.

use crate::engine::aws::arn::is_account;

/// The account in an access key id of the current form: base32 after the four letters of the prefix, a one, the 40 bits
/// of the account, and the key's own bits. Keys from before 2019 (`AKIAI…`, `AKIAJ…`) lack the leading one and say nothing.
pub fn account_of_access_key(id: &str) -> Option<String> {
    let rest = id.strip_prefix("AKIA").or_else(|| id.strip_prefix("ASIA"))?;
    if rest.len() != 16 {
        return None;
    }
    let mut bits: u64 = 0;
    for (nth, c) in rest.bytes().enumerate() {
        let five = match c {
            b'A'..=b'Z' => c - b'A',
            b'2'..=b'7' => c - b'2' + 26,
            _ => return None,
        };
        // Ten characters hold the 48 bits wanted and two more.
        if nth < 10 {
            bits = (bits << 5) | u64::from(five);
        }
    }
    let first = bits >> 2;
    if first >> 47 == 0 {
        return None;
    }
    let account = (first & 0x7fff_ffff_ff80) >> 7;
    (account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

/// Whether an access key id has the form of AWS's own (IAM User Guide, "Understanding unique ID prefixes"). MinIO takes any
/// text, Ceph 20 letters and digits, R2 32 hexadecimal ones.
pub(super) fn is_of_aws(id: &str) -> bool {
    let rest = id.strip_prefix("AKIA").or_else(|| id.strip_prefix("ASIA"));
    rest.is_some_and(|rest| {
        rest.len() >= 12 && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

/// The account in the fifth field of an ARN.
pub(super) fn account_of_arn(arn: &str) -> Option<&str> {
    let account = arn.strip_prefix("arn:")?.split(':').nth(3)?;
    is_account(account).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_in_the_key() {
        // From AWS's own published example and from the two accounts of the test servers.
        assert_eq!(account_of_access_key("ASIAQNZGKIQY56JQ7WML").as_deref(), Some("029608264753"));
        assert_eq!(account_of_access_key("ASIAY34FZKBOKMUTVV7A").as_deref(), Some("609629065308"));
    }

    #[test]
    fn old_and_foreign_keys_say_nothing() {
        for id in [
            "AKIAIOSFODNN7EXAMPLE",
            "AKIAJAAAAAAAAAAAAAAA",
            "",
            "AKIA",
            "AROAQNZGKIQY56JQ7WML",
            "ASIAQNZGKIQY56JQ7WM1",
        ] {
            assert_eq!(account_of_access_key(id), None, "{id}");
        }
    }

    #[test]
    fn arns() {
        assert_eq!(account_of_arn("arn:aws:iam::111111111111:role/x"), Some("111111111111"));
        assert_eq!(account_of_arn("arn:aws:s3:::bucket"), None);
        assert_eq!(account_of_arn("x"), None);
    }
}
