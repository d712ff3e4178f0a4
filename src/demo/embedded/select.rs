//! Label and field selectors.

use serde_json::Value;

/// One parsed selector: requirements that must all hold.
#[derive(Debug, Default)]
pub struct Selector(Vec<Need>);

#[derive(Debug)]
enum Need {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Has(String),
    HasNot(String),
}

/// Splits at commas that are not inside parentheses.
fn parts(text: &str) -> Vec<String> {
    let (mut out, mut depth, mut now) = (Vec::new(), 0i32, String::new());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                out.push(std::mem::take(&mut now));
                continue;
            }
            _ => {}
        }
        now.push(c);
    }
    out.push(now);
    out.into_iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

impl Selector {
    /// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
    pub fn parse(text: &str) -> Option<Selector> {
        let mut needs = Vec::new();
        for part in parts(text) {
            let list = |rest: &str| -> Option<Vec<String>> {
                let inner = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
                Some(inner.split(',').map(|v| v.trim().to_owned()).collect())
            };
            let need = if let Some((key, rest)) = part.split_once(" notin ") {
                Need::NotIn(key.trim().into(), list(rest)?)
            } else if let Some((key, rest)) = part.split_once(" in ") {
                Need::In(key.trim().into(), list(rest)?)
            } else if let Some((key, value)) = part.split_once("!=") {
                Need::NotIn(key.trim().into(), vec![value.trim().into()])
            } else if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
                Need::In(key.trim().into(), vec![value.trim().into()])
            } else if let Some(key) = part.strip_prefix('!') {
                Need::HasNot(key.trim().into())
            } else {
                Need::Has(part)
            };
            needs.push(need);
        }
        Some(Selector(needs))
    }

    /// Nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the labels fit.
    pub fn labels_fit(&self, object: &Value) -> bool {
        self.fits(|key| object["metadata"]["labels"].get(key).and_then(Value::as_str).map(String::from))
    }

    /// Whether the fields fit; an absent field reads as empty, as on a real server.
    pub fn fields_fit(&self, object: &Value) -> bool {
        self.fits(|path| {
            let found = path.split('.').fold(object, |v, key| &v[key]);
            Some(match found {
                Value::String(s) => s.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            })
        })
    }

    fn fits(&self, value: impl Fn(&str) -> Option<String>) -> bool {
        self.0.iter().all(|need| match need {
            Need::In(key, allowed) => value(key).is_some_and(|v| allowed.contains(&v)),
            Need::NotIn(key, denied) => value(key).is_none_or(|v| !denied.contains(&v)),
            Need::Has(key) => value(key).is_some(),
            Need::HasNot(key) => value(key).is_none(),
        })
    }
}
