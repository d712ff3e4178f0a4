//! Patterns of policy files: `*` is any run of characters, `?` any one character, everything else itself.

/// Whether `text` as a whole matches `pattern`. At most `pattern × text` steps, no recursion, no allocation.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (mut p, mut t) = (pattern, text);
    // Where to go on after the last star, with one more character given to it.
    let mut retry: Option<(&str, &str)> = None;
    loop {
        let (head, t_head) = (p.chars().next(), t.chars().next());
        match (head, t_head) {
            (Some('*'), _) => {
                p = after_first(p);
                retry = Some((p, t));
            }
            (Some(want), Some(have)) if want == '?' || want == have => {
                p = after_first(p);
                t = after_first(t);
            }
            (None, None) => return true,
            _ => match retry {
                Some((star, from)) if !from.is_empty() => {
                    t = after_first(from);
                    p = star;
                    retry = Some((star, t));
                }
                _ => return false,
            },
        }
    }
}

fn after_first(text: &str) -> &str {
    let mut chars = text.chars();
    chars.next();
    chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn table() {
        for (pattern, text, want) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything", true),
            ("prod-*", "prod-eu", true),
            ("prod-*", "preprod-eu", false),
            ("*prod*", "preprod-eu", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a?c", "aüc", true),
            ("*.prod.*.com", "api.prod.prod.x.com", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("Prod", "prod", false),
            ("**", "x", true),
            ("x*", "x", true),
        ] {
            assert_eq!(matches(pattern, text), want, "{pattern} against {text}");
        }
    }

    #[test]
    fn many_stars_stay_quick() {
        let pattern = "*a".repeat(200);
        let text = "a".repeat(5_000) + "b";
        assert!(!matches(&pattern, &text));
    }
}
