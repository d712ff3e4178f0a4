//! The words of a command of the AWS CLI taken apart, for `guard explain`.

use super::AwsReading;
use crate::engine::aws;
use crate::family::reading::{Detail, Reading};

/// The command, its options and what it hits, secrets replaced.
pub(super) fn details(read: &AwsReading) -> Vec<Detail> {
    let hit = &read.hit;
    if let Some(text) = &read.shell {
        return vec![("shell line", aws::redact_text(text))];
    }
    let words = read.invocation().slices();
    let shown = aws::redact(&words);
    let verb = hit.verb();
    let mut out = vec![("command", if verb.is_empty() { "none".to_owned() } else { verb.clone() })];
    for (name, value) in &hit.globals {
        let text = value.as_ref().map(|v| format!("--{name} = {}", aws::redact_text(v)));
        out.push(("global", text.unwrap_or_else(|| format!("--{name}"))));
    }
    for (name, values) in &hit.options {
        let shown: Vec<String> = values.iter().map(|value| aws::redact_option(&verb, name, value)).collect();
        let text =
            if values.is_empty() { format!("--{name}") } else { format!("--{name} = {}", shown.join(" ")) };
        out.push(("option", text));
    }
    // What does not stand among the words as they may be shown is a secret, whichever list holds it.
    let is_shown =
        |text: &str| shown.iter().any(|word| word.windows(text.len().max(1)).any(|w| w == text.as_bytes()));
    for operand in &hit.operands {
        let text = if is_shown(operand) { aws::redact_text(operand) } else { "[redacted]".to_owned() };
        out.push(("argument", text));
    }
    let given = |name: &str| hit.options.iter().any(|(_, values)| values.iter().any(|value| value == name));
    let named = hit.resources.iter().filter(|name| !given(name) || is_shown(name));
    out.extend(named.map(|name| ("resource", name.clone())));
    if hit.unread {
        out.push(("unread", "a document that guard cannot read".to_owned()));
    }
    out
}
