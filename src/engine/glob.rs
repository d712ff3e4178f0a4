//! `*` (any run of characters) and `?` (one character), nothing else: no classes, no escapes, no surprises.

/// Whether the whole text matches the pattern. Case counts. At most pattern × text steps: on a mismatch only the last
/// `*` is tried again one character further on, because an earlier one can never help.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (mut p, mut t) = (pattern.chars(), text.chars());
    // After the last star: what follows it in the pattern, and where in the text it was tried last.
    let mut retry: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let before_t = t.clone();
        match (p.next(), t.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                t = before_t.clone();
                retry = Some((p.clone(), before_t));
            }
            (Some(want), Some(got)) if want == '?' || want == got => {}
            _ => {
                let Some((after_star, tried)) = &mut retry else { return false };
                if tried.next().is_none() {
                    return false;
                }
                p = after_star.clone();
                t = tried.clone();
            }
        }
    }
}

/// Whether the pattern can match more than one text.
pub fn is_pattern(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows() {
        for (pattern, text, want) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything/at all", true),
            ("prod", "prod", true),
            ("prod", "Prod", false),
            ("prod", "production", false),
            ("prod*", "production", true),
            ("*prod*", "eu-prod-1", true),
            ("?", "", false),
            ("?", "ü", true),
            ("a?c", "abc", true),
            ("a*b*c", "a__b__b__c", true),
            ("a*b*c", "a__b__b__d", false),
            ("**a", "xxa", true),
            ("*?", "", false),
            ("*?", "x", true),
            ("kube-*", "kube-", true),
            ("*.eks.amazonaws.com", "x.eks.amazonaws.com", true),
            ("*.eks.amazonaws.com", "x.eks.amazonaws.com.evil", false),
            ("[a]", "a", false),
        ] {
            assert_eq!(matches(pattern, text), want, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_stay_quick() {
        let pattern = "*a".repeat(2_000) + "b";
        let text = "a".repeat(20_000);
        let start = std::time::Instant::now();
        assert!(!matches(&pattern, &text));
        assert!(start.elapsed().as_secs() < 10);
    }

    /// The definition itself, exponential, for small inputs.
    fn by_definition(p: &[char], t: &[char]) -> bool {
        match p.split_first() {
            None => t.is_empty(),
            Some(('*', rest)) => (0..=t.len()).any(|i| by_definition(rest, &t[i..])),
            Some((c, rest)) => {
                t.split_first().is_some_and(|(x, more)| (*c == '?' || c == x) && by_definition(rest, more))
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?]{0,7}", text in "[ab]{0,9}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(matches(&pattern, &text), by_definition(&p, &t));
        }

        #[test]
        fn a_text_matches_itself_and_a_star(text in "[^*?]{0,40}") {
            prop_assert!(matches(&text, &text));
            prop_assert!(matches("*", &text));
        }
    }
}
