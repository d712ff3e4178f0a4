//! Values of options as data: JSON, or the CLI's shorthand (`Key=a,Value=b`; `awscli/shorthand.py`).

use serde_json::{Map, Value};

/// Reads one value. `None` when it only looks like data and cannot be read, so that nothing is known of it.
pub fn read(text: &str) -> Option<Value> {
    let trimmed = text.trim();
    match trimmed.as_bytes().first() {
        Some(b'{' | b'[') => serde_json::from_str(trimmed).ok(),
        _ if starts_with_key(trimmed) => Shorthand { text: trimmed, at: 0 }.whole(),
        _ => Some(Value::String(text.to_owned())),
    }
}

/// `Key=` or `Key@=` at the start.
fn starts_with_key(text: &str) -> bool {
    let end = text.bytes().position(|b| !is_key(b)).unwrap_or(text.len());
    let rest = text.get(end..).unwrap_or_default().trim_start();
    end > 0 && (rest.starts_with('=') || rest.starts_with("@="))
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.#/:".contains(&byte)
}

/// How deep braces and brackets are followed.
const DEPTH: usize = 32;

struct Shorthand<'a> {
    text: &'a str,
    at: usize,
}

impl Shorthand<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn demand(&mut self, byte: u8) -> Option<()> {
        self.space();
        (self.peek() == Some(byte)).then(|| self.at += 1)?;
        self.space();
        Some(())
    }

    fn whole(&mut self) -> Option<Value> {
        let mut map = Map::new();
        loop {
            let (key, value) = self.pair(0)?;
            map.insert(key, value);
            if self.peek().is_none() {
                return Some(Value::Object(map));
            }
            self.demand(b',')?;
        }
    }

    fn key(&mut self) -> Option<String> {
        let start = self.at;
        while self.peek().is_some_and(is_key) {
            self.at += 1;
        }
        let key = self.text.get(start..self.at)?.to_owned();
        self.space();
        if self.peek() == Some(b'@') {
            self.at += 1;
        }
        self.demand(b'=')?;
        Some(key)
    }

    /// `key=value`, where further words without `=` belong to the same key: `a=b,c` is a list.
    fn pair(&mut self, depth: usize) -> Option<(String, Value)> {
        let key = self.key()?;
        if matches!(self.peek(), Some(b'[' | b'{')) {
            return Some((key, self.value(depth)?));
        }
        let mut values = vec![self.scalar(false)?];
        loop {
            self.space();
            if self.peek() != Some(b',') {
                break;
            }
            let comma = self.at;
            self.at += 1;
            self.space();
            if starts_with_key(self.text.get(self.at..)?) {
                self.at = comma;
                break;
            }
            if self.peek().is_none() {
                break;
            }
            values.push(self.scalar(false)?);
        }
        let single = values.len() == 1;
        Some((key, if single { values.pop()? } else { Value::Array(values) }))
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        match self.peek() {
            Some(b'[') => {
                self.demand(b'[')?;
                let mut list = Vec::new();
                while self.peek()? != b']' {
                    list.push(self.value(depth + 1)?);
                    self.space();
                    if self.peek()? != b']' {
                        self.demand(b',')?;
                    }
                }
                self.at += 1;
                self.space();
                Some(Value::Array(list))
            }
            Some(b'{') => {
                self.demand(b'{')?;
                let mut map = Map::new();
                while self.peek()? != b'}' {
                    let key = self.key()?;
                    map.insert(key, self.value(depth + 1)?);
                    self.space();
                    if self.peek()? != b'}' {
                        self.demand(b',')?;
                    }
                }
                self.at += 1;
                self.space();
                Some(Value::Object(map))
            }
            _ => self.scalar(depth > 0),
        }
    }

    fn scalar(&mut self, nested: bool) -> Option<Value> {
        if let Some(quote @ (b'"' | b'\'')) = self.peek() {
            self.at += 1;
            let mut out = Vec::new();
            loop {
                let byte = self.peek()?;
                self.at += 1;
                match byte {
                    b'\\' if self.peek() == Some(quote) || self.peek() == Some(b'\\') => {
                        out.extend(self.peek());
                        self.at += 1;
                    }
                    byte if byte == quote => break,
                    byte => out.push(byte),
                }
            }
            return Some(Value::String(String::from_utf8_lossy(&out).into_owned()));
        }
        let mut out = Vec::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' if self.text.as_bytes().get(self.at + 1) == Some(&b',') => {
                    out.push(b',');
                    self.at += 2;
                }
                b',' => break,
                b']' | b'}' if nested => break,
                byte => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
        Some(Value::String(String::from_utf8_lossy(&out).trim_end().to_owned()))
    }
}

/// A scalar as the CLI would send it, in text.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Calls `seen` with every member of every object inside, outermost first.
pub fn members(value: &Value, seen: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                seen(key, value);
                members(value, seen);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| members(value, seen)),
        _ => {}
    }
}

/// Calls `seen` with every object inside.
pub fn objects(value: &Value, seen: &mut impl FnMut(&Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            seen(map);
            map.values().for_each(|value| objects(value, seen));
        }
        Value::Array(list) => list.iter().for_each(|value| objects(value, seen)),
        _ => {}
    }
}

/// Calls `seen` with every text inside.
pub fn texts(value: &Value, seen: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => seen(text),
        Value::Array(list) => list.iter().for_each(|value| texts(value, seen)),
        Value::Object(map) => map.values().for_each(|value| texts(value, seen)),
        _ => {}
    }
}

/// The option a member of the API's input is called by (`xform_name` of botocore): `StackName` is `stack-name`.
pub fn option_name(member: &str) -> String {
    let bytes = member.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    // `InstanceARNs`: the plural of an abbreviation stays one word.
    let stem = member
        .strip_suffix('s')
        .map_or(0, |head| head.len() - head.bytes().rev().take_while(u8::is_ascii_uppercase).count());
    let plural = if member.ends_with('s') && member.len() - stem > 2 { Some(stem) } else { None };
    let mut out = String::with_capacity(member.len() + 4);
    for (index, char) in member.char_indices() {
        let upper = char.is_ascii_uppercase();
        let before = if index > 0 { at(index - 1) } else { 0 };
        let starts = match plural {
            Some(stem) if index >= stem => index == stem,
            _ => {
                upper
                    && ((before.is_ascii_lowercase() || before.is_ascii_digit())
                        || (index > 0
                            && at(index + 1).is_ascii_lowercase()
                            && before != b'-'
                            && before != b'_'))
            }
        };
        if starts && index > 0 {
            out.push('-');
        }
        out.push(if char == '_' { '-' } else { char.to_ascii_lowercase() });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shorthand_and_json_are_the_same_data() {
        for (text, want) in [
            ("Status=Suspended", json!({"Status": "Suspended"})),
            ("Key=a,Value=b", json!({"Key": "a", "Value": "b"})),
            ("a=b,c,d=e", json!({"a": ["b", "c"], "d": "e"})),
            ("a={b=c,d=[e,f]},g=h", json!({"a": {"b": "c", "d": ["e", "f"]}, "g": "h"})),
            ("a='b,c',d=\"e\\\"f\"", json!({"a": "b,c", "d": "e\"f"})),
            ("a=b\\,c", json!({"a": "b,c"})),
            ("{\"a\": [1, true]}", json!({"a": [1, true]})),
            ("a=", json!({"a": ""})),
            ("plain", json!("plain")),
            ("arn:aws:s3:::b", json!("arn:aws:s3:::b")),
            ("https://sqs/1/q?a=b", json!("https://sqs/1/q?a=b")),
        ] {
            assert_eq!(read(text), Some(want), "{text}");
        }
        for text in ["{\"a\": }", "[1, 2", "a={b=c", "a=\"b"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn members_are_options() {
        for (member, want) in [
            ("StackName", "stack-name"),
            ("DBInstanceIdentifier", "db-instance-identifier"),
            ("DryRun", "dry-run"),
            ("InstanceIds", "instance-ids"),
            ("bucket", "bucket"),
            ("clusterName", "cluster-name"),
            ("LoadBalancerArns", "load-balancer-arns"),
            ("ResourceARNs", "resource-arns"),
            ("SSEKMSKeyId", "ssekms-key-id"),
        ] {
            assert_eq!(option_name(member), want, "{member}");
        }
    }
}
