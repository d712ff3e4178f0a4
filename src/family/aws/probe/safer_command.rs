//! Commands as text for the person: the safer form of the one at hand, or the one that switches a protection on. They
//! keep the global options (profile, region, endpoint), so that they go where this command goes.

use crate::engine::aws::{self, Hit};
use std::borrow::Cow;

/// Longer values (documents, payloads) are nothing to copy from a screen.
const LONGEST: usize = 300;

/// One command, to be written out.
#[derive(Clone, Debug)]
pub struct Form {
    globals: Vec<(String, Option<String>)>,
    service: String,
    operation: String,
    options: Vec<(String, Vec<String>)>,
    operands: Vec<String>,
}

impl Form {
    /// The same command with every option it was given; change it with [`with`](Form::with) and
    /// [`without`](Form::without). `None` when some value of it could not be read or is too long to copy.
    pub fn of(hit: &Hit) -> Option<Form> {
        let long = hit.options.iter().flat_map(|(_, v)| v).chain(&hit.operands).any(|v| v.len() > LONGEST);
        (!hit.unread && !long).then(|| Form {
            options: hit.options.clone(),
            operands: hit.operands.clone(),
            ..Form::new(hit, &hit.service, &hit.operation)
        })
    }

    /// Another operation with the same global options.
    pub fn new(hit: &Hit, service: &str, operation: &str) -> Form {
        const KEPT: &[&str] =
            &["profile", "region", "endpoint-url", "no-verify-ssl", "ca-bundle", "no-sign-request"];
        let globals = hit.globals.iter().filter(|(name, _)| KEPT.contains(&name.as_str())).cloned().collect();
        Form {
            globals,
            service: service.to_owned(),
            operation: operation.to_owned(),
            options: Vec::new(),
            operands: Vec::new(),
        }
    }

    /// Adds an option, or replaces its values. A switch has none.
    #[must_use]
    pub fn with<T: AsRef<str>>(mut self, option: &str, values: &[T]) -> Form {
        let values: Vec<String> = values.iter().map(|v| v.as_ref().to_owned()).collect();
        self.options.retain(|(name, _)| name != option);
        self.options.push((option.to_owned(), values));
        self
    }

    /// Adds a switch.
    #[must_use]
    pub fn on(self, switch: &str) -> Form {
        self.with::<&str>(switch, &[])
    }

    /// Names another operation of the same service.
    #[must_use]
    pub fn operation(mut self, operation: &str) -> Form {
        operation.clone_into(&mut self.operation);
        self
    }

    /// Leaves an option out.
    #[must_use]
    pub fn without(mut self, option: &str) -> Form {
        self.options.retain(|(name, _)| name != option);
        self
    }

    /// The command, quoted for the shell.
    pub fn text(&self) -> String {
        let mut words = vec!["aws".to_owned()];
        let option = |name: &str, words: &mut Vec<String>| words.push(format!("--{name}"));
        for (name, value) in &self.globals {
            option(name, &mut words);
            words.extend(value.clone());
        }
        words.push(self.service.clone());
        words.extend(self.operation.split(' ').filter(|w| !w.is_empty()).map(str::to_owned));
        words.extend(self.operands.iter().cloned());
        for (name, values) in &self.options {
            option(name, &mut words);
            words.extend(values.iter().cloned());
        }
        // It stands on the screen like the command itself: what is secret there is secret here.
        let after: Vec<&[u8]> = words.iter().skip(1).map(|w| w.as_bytes()).collect();
        let shown = aws::redact(&after);
        let shown = shown.iter().map(|w| quote(&String::from_utf8_lossy(w)).into_owned());
        std::iter::once("aws".to_owned()).chain(shown).collect::<Vec<_>>().join(" ")
    }
}

/// One word for the shell. `Key=Value` and `a,b` need no quotes, which shell_words gives them.
fn quote(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(plain) {
        Cow::Borrowed(word)
    } else {
        shell_words::quote(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit() -> Hit {
        Hit {
            service: "ec2".into(),
            operation: "terminate-instances".into(),
            globals: vec![
                ("profile".into(), Some("my prod".into())),
                ("output".into(), Some("text".into())),
                ("no-verify-ssl".into(), None),
            ],
            options: vec![
                ("instance-ids".into(), vec!["i-1".into(), "i-2".into()]),
                ("no-dry-run".into(), vec![]),
            ],
            ..Hit::default()
        }
    }

    #[test]
    fn the_same_place_and_quoted() {
        let stop =
            Form::new(&hit(), "ec2", "stop-instances").with("instance-ids", hit().list("instance-ids"));
        assert_eq!(
            stop.text(),
            "aws --profile 'my prod' --no-verify-ssl ec2 stop-instances --instance-ids i-1 i-2"
        );
    }

    #[test]
    fn only_what_needs_quotes_has_them() {
        for (word, want) in [
            ("Status=Enabled", "Status=Enabled"),
            ("=x", "'=x'"),
            ("", "''"),
            ("a b", "'a b'"),
            ("~", "'~'"),
            ("Objects=[{Key=a}]", "'Objects=[{Key=a}]'"),
            ("it's", "'it'\\''s'"),
        ] {
            assert_eq!(quote(word), want);
        }
    }

    #[test]
    fn options_are_added_replaced_and_left_out() {
        let form =
            Form::of(&hit()).unwrap().with("instance-ids", &["$(x)"]).without("no-dry-run").on("dry-run");
        assert_eq!(
            form.text(),
            "aws --profile 'my prod' --no-verify-ssl ec2 terminate-instances --instance-ids '$(x)' --dry-run"
        );
        assert!(Form::of(&Hit { unread: true, ..hit() }).is_none());
        let long = Hit { operands: vec!["x".repeat(LONGEST + 1)], ..hit() };
        assert!(Form::of(&long).is_none());
    }
}
