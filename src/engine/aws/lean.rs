//! What the shim sees of arguments: whether the full guard has to look at them. It reads no data and may only see too much.

use super::opts::Opts;

/// How names of options begin that say what the others do not: a pair switched off, a force, something taken out.
const NAMES: [&str; 12] =
    ["al", "byp", "del", "dis", "enable", "fo", "is-dis", "no-", "rem", "rep", "susp", "ter"];

/// How words of values begin that switch off or take out.
const WORDS: [&[u8; 4]; 17] = [
    b"blac", b"bloc", b"canc", b"deac", b"dele", b"deny", b"disa", b"drai", b"fals", b"inac", b"paus",
    b"prot", b"remo", b"rete", b"revo", b"stop", b"susp",
];

/// Whether any argument may change what the command does.
pub(super) fn matter(opts: &Opts) -> bool {
    opts.list.iter().any(|opt| {
        NAMES.iter().any(|start| opt.name.starts_with(start))
            || opt.name.contains("protect")
            || opt.name.contains("-to-")
            || opt.values.iter().any(|value| speaks(value.as_bytes()))
    })
}

/// Whether a word of the value is zero, `no`, `off`, or begins like one of the list, in any case; or names a protection.
fn speaks(value: &[u8]) -> bool {
    let mut before = 0_u8;
    for (at, byte) in value.iter().enumerate() {
        // A word begins behind what is none, and inside a name with a capital letter.
        let inside = before.is_ascii_alphanumeric() || (before == b'.' && byte.is_ascii_digit());
        let begins = !inside || (byte.is_ascii_uppercase() && before.is_ascii_lowercase());
        before = *byte;
        if !begins {
            continue;
        }
        let rest = value.get(at..).unwrap_or_default();
        let ends = |length: usize| rest.get(length).is_none_or(|b| !b.is_ascii_alphanumeric());
        let found = match byte | 0x20 {
            b'0' => {
                rest.iter().find(|b| !matches!(b, b'0' | b'.')).is_none_or(|b| !b.is_ascii_alphanumeric())
            }
            b'n' | b'o' => {
                let word = |word: &[u8]| {
                    rest.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word)) && ends(word.len())
                };
                word(b"no") || word(b"off")
            }
            b'b' | b'c' | b'd' | b'f' | b'i' | b'p' | b'r' | b's' | b't' => {
                rest.get(..4).is_some_and(|start| {
                    start.eq_ignore_ascii_case(b"term")
                        || WORDS.iter().any(|word| start.eq_ignore_ascii_case(*word))
                })
            }
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::speaks;

    #[test]
    fn what_may_matter_is_seen_and_names_are_not() {
        for value in [
            "0",
            "0.0",
            "desiredSize=0,maxSize=3",
            "{\"DesiredCapacity\": 0}",
            "Key=a.enabled,Value=false",
            "DISABLED",
            "state=Off",
            "Inactive",
            "op=remove,path=/a",
            "{\"Action\":\"DELETE_IF_EXISTS\"}",
            "deletion_protection.enabled",
            "DeletionProtection",
            "x,no",
            "DENY",
            "DefaultAction={Block={}}",
            "type=blackhole",
            "AutomaticBackupRetentionDays=7",
            "EC2InstanceIdsToTerminate=i-1",
            "-0",
        ] {
            assert!(speaks(value.as_bytes()), "{value}");
        }
        for value in [
            "i-0123456789abcdef0",
            "10",
            "node",
            "office",
            "2.0",
            "0x1f",
            "app-1.05",
            "",
            "arn:aws:iam::111:role/x",
        ] {
            assert!(!speaks(value.as_bytes()), "{value}");
        }
    }
}
