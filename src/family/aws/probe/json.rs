//! Reading the answers: places in JSON, times, tags, sizes.

use serde_json::Value;

pub use crate::engine::human::{bytes, counted, span};

/// The text at a JSON pointer: `/Stacks/0/StackName`.
pub fn text<'v>(value: &'v Value, at: &str) -> Option<&'v str> {
    value.pointer(at).and_then(Value::as_str)
}

/// The text at a JSON pointer, owned; empty when there is none.
pub fn owned(value: &Value, at: &str) -> String {
    text(value, at).unwrap_or_default().to_owned()
}

/// The number at a JSON pointer.
pub fn number(value: &Value, at: &str) -> Option<u64> {
    let value = value.pointer(at)?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// The truth value at a JSON pointer; some services write it as a text.
pub fn truth(value: &Value, at: &str) -> Option<bool> {
    match value.pointer(at)? {
        Value::Bool(b) => Some(*b),
        Value::String(s) => s.parse().ok(),
        _ => None,
    }
}

/// The members of the list at a JSON pointer; none when it is absent.
pub fn list<'v>(value: &'v Value, at: &str) -> &'v [Value] {
    value.pointer(at).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether an answer is only the beginning: `--max-items` was reached, or the CLI does not follow this operation's pages.
pub fn is_cut_off(answer: &Value) -> bool {
    const NEXT: [&str; 4] = ["/NextToken", "/nextToken", "/NextMarker", "/nextMarker"];
    let there = |at: &&str| text(answer, at).is_some_and(|token| !token.is_empty());
    NEXT.iter().any(there) || truth(answer, "/IsTruncated") == Some(true)
}

/// Seconds from the time at a JSON pointer until now. `None` when it is absent, or in the future.
pub fn age_s(value: &Value, at: &str) -> Option<u64> {
    u64::try_from(jiff::Timestamp::now().as_second().checked_sub(moment(value, at)?)?).ok()
}

/// The time at a JSON pointer in seconds since the epoch: ISO 8601, the date of an HTTP header (as version 1 of the CLI shows it),
/// or seconds or milliseconds since then, as a number or its digits.
pub fn moment(value: &Value, at: &str) -> Option<i64> {
    /// More seconds than any year of four digits has: these are milliseconds.
    const MILLISECONDS: i64 = 253_402_300_800;
    let epoch = |n: i64| if n > MILLISECONDS { n / 1000 } else { n };
    Some(match value.pointer(at)? {
        Value::String(text) => match text.parse::<f64>() {
            Ok(n) => epoch(n as i64),
            Err(_) => match text.parse::<jiff::Timestamp>() {
                Ok(time) => time.as_second(),
                Err(_) => jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second(),
            },
        },
        Value::Number(n) => epoch(n.as_i64().or_else(|| n.as_f64().map(|f| f as i64))?),
        _ => return None,
    })
}

/// Tags at a JSON pointer, in any of the services' forms: `[{"Key": …, "Value": …}]` in either case, `TagKey`, or an
/// object. An empty place names none: it would be the whole description.
pub fn tags(value: &Value, at: &str) -> Vec<(String, String)> {
    match Some(at).filter(|at| !at.is_empty()).and_then(|at| value.pointer(at)) {
        Some(Value::Object(map)) => {
            map.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned())).collect()
        }
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|tag| {
                let of = |names: [&str; 3]| names.iter().find_map(|n| tag.get(n).and_then(Value::as_str));
                let key = of(["Key", "key", "TagKey"])?;
                Some((key.to_owned(), of(["Value", "value", "TagValue"]).unwrap_or_default().to_owned()))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The value of the tag `Name`, which consoles show as the resource's name.
pub fn name_tag(tags: &[(String, String)]) -> Option<&str> {
    tags.iter().find(|(k, v)| k == "Name" && !v.is_empty()).map(|(_, v)| v.as_str())
}

/// The last part of an ARN or path: what a person calls the thing.
pub fn tail(arn: &str) -> &str {
    let rest = if arn.starts_with("arn:") { arn.splitn(6, ':').nth(5).unwrap_or(arn) } else { arn };
    rest.rsplit(['/', ':']).find(|p| !p.is_empty()).unwrap_or(rest)
}

/// A task definition with its revision: `web:7`.
pub fn tail_of_revision(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes() {
        for (n, want) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1 kB"),
            (1_250, "1.2 kB"),
            (231_400_000, "231 MB"),
            (1_200_000_000_000, "1.2 TB"),
            (u64::MAX, "18446 PB"),
        ] {
            assert_eq!(bytes(n), want);
        }
    }

    #[test]
    fn the_beginning_of_a_list_is_no_list() {
        for (answer, want) in [
            (json!({"NextToken": "x"}), true),
            (json!({"nextToken": "x"}), true),
            (json!({"NextMarker": "x"}), true),
            (json!({"IsTruncated": true}), true),
            (json!({"IsTruncated": false, "NextToken": null, "nextToken": ""}), false),
            (json!({"Items": []}), false),
            (Value::Null, false),
        ] {
            assert_eq!(is_cut_off(&answer), want, "{answer}");
        }
    }

    #[test]
    fn tags_and_times_in_every_form() {
        let v = json!({
            "a": [{"Key": "Name", "Value": "db"}, {"Key": "x"}], "b": {"k": "v"}, "c": [{"TagKey": "t", "TagValue": "u"}],
            "iso": "2020-01-01T00:00:00.000Z", "offset": "2020-01-01T00:00:00+02:00", "epoch": 1577836800.5, "odd": "soon",
            "digits": "1577836800", "fraction": "1577836800.25", "ms": 1577836800123_i64, "joined": "2020-01-01T00:00:00.000+0000",
            "header": "Wed, 01 Jan 2020 00:00:00 GMT",
        });
        assert_eq!(name_tag(&tags(&v, "/a")), Some("db"));
        assert_eq!(tags(&v, "/a").len(), 2);
        assert_eq!(tags(&v, "/b"), [("k".to_owned(), "v".to_owned())]);
        assert_eq!(tags(&v, "/c"), [("t".to_owned(), "u".to_owned())]);
        // A row without tags names no place: the whole description is none.
        assert!(tags(&v, "/none").is_empty() && tags(&v, "").is_empty());
        for at in ["/iso", "/offset", "/epoch", "/digits", "/fraction", "/ms", "/joined", "/header"] {
            assert!(age_s(&v, at).unwrap() > 180_000_000, "{at}");
        }
        assert_eq!((age_s(&v, "/odd"), age_s(&v, "/none")), (None, None));
    }

    #[test]
    fn the_tail_is_the_name() {
        for (arn, want) in [
            ("arn:aws:rds:eu-west-1:1:db:app", "app"),
            (
                "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/50dc6c495c0c9188",
                "50dc6c495c0c9188",
            ),
            ("arn:aws:s3:::bucket", "bucket"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(tail(arn), want);
        }
    }
}
