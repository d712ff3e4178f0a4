//! Numbers, ages and plurals as people write them.

/// A number with its thousands apart: `12,345`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A span of seconds in its largest whole unit, never rounded up: `4 years`, `3 min`, `less than a second`.
pub fn span(seconds: u64) -> String {
    const UNITS: [(u64, &str, &str); 6] = [
        (31_557_600, "year", "years"),
        (2_629_800, "month", "months"),
        (86_400, "day", "days"),
        (3_600, "hour", "hours"),
        (60, "min", "min"),
        (1, "s", "s"),
    ];
    for (size, one, many) in UNITS {
        let n = seconds / size;
        if n > 0 {
            return format!("{} {}", number(n), if n == 1 { one } else { many });
        }
    }
    "less than a second".to_owned()
}

/// A span of seconds as one compares it with a promise: `2 h 51 min` up to two days, then its largest whole unit.
pub fn age(seconds: u64) -> String {
    const EXACT: u64 = 48 * 3_600;
    let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60);
    match (hours, minutes) {
        (0, _) => span(seconds),
        _ if seconds >= EXACT => span(seconds),
        (_, 0) => format!("{hours} h"),
        _ => format!("{hours} h {minutes} min"),
    }
}

/// A span as people give it, in seconds: `90m`, `24h`, `7d`, `8w`.
pub fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let size = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    // Signs are no numbers here.
    let number: u64 = number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok())??;
    number.checked_mul(size)
}

/// A number in few characters, never rounded up: `999`, `41,000`, `1.2 M`.
pub fn brief(n: u64) -> String {
    const MILLION: u64 = 1_000_000;
    const UNITS: [(u64, &str); 2] = [(1_000 * MILLION, "bn"), (MILLION, "M")];
    let Some((size, word)) = UNITS.into_iter().find(|(size, _)| n >= *size) else { return number(n) };
    match (n / size, n % size / (size / 10)) {
        (whole @ 0..10, tenth @ 1..) => format!("{whole}.{tenth} {word}"),
        (whole, _) => format!("{} {word}", number(whole)),
    }
}

/// A size as people write it: `231 MB`, `1.2 TB`; decimal units, as bills and disks have them.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let (mut whole, mut tenth, mut unit) = (n, 0, "");
    for next in UNITS {
        if whole < 1000 {
            break;
        }
        (whole, tenth, unit) = (whole / 1000, whole % 1000 / 100, next);
    }
    if whole < 10 && tenth > 0 { format!("{whole}.{tenth} {unit}") } else { format!("{whole} {unit}") }
}

/// A kind's name for `n` objects: `1 Pod`, `2 NetworkPolicies`, `3 Ingresses`.
pub fn counted(n: u64, kind: &str) -> String {
    format!("{} {}", number(n), if n == 1 { kind.to_owned() } else { plural(kind) })
}

/// The English plural of a kind's name. Kinds are already plural in one case of the API (`Endpoints`).
pub fn plural(kind: &str) -> String {
    let ends = |tails: &[&str]| tails.iter().any(|t| kind.ends_with(t));
    if ends(&["Endpoints", "Metrics", "Settings", "Status"]) {
        return kind.to_owned();
    }
    if let Some(stem) = kind.strip_suffix('y')
        && !ends(&["ay", "ey", "oy", "uy"])
    {
        return format!("{stem}ies");
    }
    if ends(&["s", "x", "ch", "sh"]) { format!("{kind}es") } else { format!("{kind}s") }
}

/// One of the things an English plural names: `instances` → `instance`, `policies` → `policy`.
pub fn singular(kind: &str) -> String {
    let last = kind.rsplit(' ').next().unwrap_or(kind);
    let ends = |tails: &[&str]| tails.iter().any(|t| last.ends_with(t));
    if last.len() <= 3 || !last.ends_with('s') || ends(&["ss", "us", "is"]) || last == "alias" {
        return kind.to_owned();
    }
    let stem = |n: usize| kind.get(..kind.len() - n).unwrap_or(kind).to_owned();
    if ends(&["ies"]) {
        return stem(3) + "y";
    }
    stem(if ends(&["sses", "xes", "ches", "shes", "aliases"]) { 2 } else { 1 })
}

/// A uid short enough to compare by eye: `4c2f..9a1e`.
pub fn short_uid(uid: &str) -> String {
    let chars: Vec<char> = uid.chars().collect();
    if chars.len() <= 12 {
        return uid.to_owned();
    }
    let (head, tail) = (&chars[..4], &chars[chars.len() - 4..]);
    format!("{}..{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

/// The size of something on this disk, in binary units and rounded up: `12 KiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 2] = [(1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = UNITS.iter().find(|(unit, _)| bytes >= *unit);
    unit.map_or_else(|| format!("{bytes} B"), |(unit, name)| format!("{} {name}", bytes.div_ceil(*unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (n, want) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")]
        {
            assert_eq!(number(n), want);
        }
    }

    #[test]
    fn spans_never_round_up() {
        for (s, want) in [
            (0, "less than a second"),
            (1, "1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (200, "3 min"),
            (7_199, "1 hour"),
            (86_400 * 2, "2 days"),
            (86_400 * 45, "1 month"),
            (31_557_600 * 4 + 5, "4 years"),
        ] {
            assert_eq!(span(s), want, "{s}");
        }
    }

    #[test]
    fn spans_as_they_are_given() {
        for (text, want) in [
            ("90m", Some(5_400)),
            ("24h", Some(86_400)),
            ("7d", Some(604_800)),
            ("8w", Some(4_838_400)),
            ("0h", Some(0)),
            ("24", None),
            ("h", None),
            ("", None),
            ("+1h", None),
            ("1.5h", None),
            ("24 h", None),
            ("1é", None),
            ("99999999999999999999d", None),
            ("999999999999999999d", None),
        ] {
            assert_eq!(seconds(text), want, "{text}");
        }
    }

    #[test]
    fn ages_are_exact_for_two_days() {
        for (s, want) in [
            (0, "less than a second"),
            (240, "4 min"),
            (3_600, "1 h"),
            (10_260, "2 h 51 min"),
            (172_799, "47 h 59 min"),
            (172_800, "2 days"),
            (86_400 * 40, "1 month"),
        ] {
            assert_eq!(age(s), want, "{s}");
        }
    }

    #[test]
    fn large_numbers_are_brief() {
        for (n, want) in [
            (41, "41"),
            (200_000, "200,000"),
            (1_000_000, "1 M"),
            (1_299_999, "1.2 M"),
            (41_500_000, "41 M"),
            (2_100_000_000, "2.1 bn"),
        ] {
            assert_eq!(brief(n), want);
        }
    }

    #[test]
    fn plurals() {
        for (kind, want) in [
            ("Pod", "Pods"),
            ("Ingress", "Ingresses"),
            ("NetworkPolicy", "NetworkPolicies"),
            ("Gateway", "Gateways"),
            ("Endpoints", "Endpoints"),
            ("StorageClass", "StorageClasses"),
            ("Mailbox", "Mailboxes"),
        ] {
            assert_eq!(plural(kind), want);
        }
        assert_eq!(counted(1, "Pod"), "1 Pod");
        assert_eq!(counted(1200, "Pod"), "1,200 Pods");
    }

    #[test]
    fn singulars() {
        for (kind, want) in [
            ("instances", "instance"),
            ("db proxy", "db proxy"),
            ("tagging policies", "tagging policy"),
            ("addresses", "address"),
            ("access", "access"),
            ("databases", "database"),
            ("aliases", "alias"),
            ("alias", "alias"),
            ("status", "status"),
            ("dns", "dns"),
            ("switches", "switch"),
            ("", ""),
        ] {
            assert_eq!(singular(kind), want);
        }
    }

    #[test]
    fn uids() {
        assert_eq!(short_uid("4c2f1b6a-0d0e-4b5c-9c1d-0123456789a1"), "4c2f..89a1");
        assert_eq!(short_uid("short"), "short");
        assert_eq!(short_uid(""), "");
    }
}
