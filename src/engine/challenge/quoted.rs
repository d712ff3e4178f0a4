//! Names in the phrases of accounts. What a slash, a `+` or a `*` stands for has to be certain, so that no two things have one
//! phrase: an odd name stands in double quotes (`alarm/"a+1"`), the usual one as it is.

/// A name as it stands in a phrase. `slashes` says that they may stand as they are: nothing else of the phrase has any.
pub(super) fn segment(name: &str, slashes: bool) -> String {
    let odd = name.contains(['"', '\\', '#'])
        || name == "*"
        || name.ends_with("/*")
        || (name.contains('/') && !slashes)
        || counts_others(name);
    if odd { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) } else { name.to_owned() }
}

/// `a+1`, which is how two things are told, too.
fn counts_others(name: &str) -> bool {
    name.rsplit_once('+')
        .is_some_and(|(_, count)| !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()))
}

/// `app.2024`: what ends like the digest of a variable.
pub(super) fn ends_like_digest(phrase: &str) -> bool {
    phrase.rsplit_once('.').is_some_and(|(_, end)| {
        end.len() == 4 && end.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_odd_names_stand_in_quotes() {
        for (name, slashes, want) in [
            ("app", false, "app"),
            ("2024/a.gz", true, "2024/a.gz"),
            ("team/app", false, "\"team/app\""),
            ("a+1", false, "\"a+1\""),
            ("a+b", false, "a+b"),
            ("*", false, "\"*\""),
            ("a/*", true, "\"a/*\""),
            ("a\"b", false, "\"a\\\"b\""),
            ("a\\u{20}b", false, "\"a\\\\u{20}b\""),
            ("a#1", true, "\"a#1\""),
            ("anna@example.com", false, "anna@example.com"),
        ] {
            assert_eq!(segment(name, slashes), want);
        }
        assert!(ends_like_digest("x/app.2024") && ends_like_digest("a.beef"));
        assert!(
            !ends_like_digest("x/app.json") && !ends_like_digest("a.BEEF") && !ends_like_digest("a.20245")
        );
    }

    proptest! {
        #[test]
        fn two_lists_of_names_never_look_the_same(
            one in proptest::collection::vec(r#"[ab/+1*"\\#]{1,4}"#, 1..4),
            two in proptest::collection::vec(r#"[ab/+1*"\\#]{1,4}"#, 1..4),
        ) {
            let of = |names: &[String]| names.iter().map(|name| segment(name, false)).collect::<Vec<_>>().join("/");
            prop_assert_eq!(of(&one) == of(&two), one == two);
        }

        #[test]
        fn two_keys_of_a_bucket_never_look_the_same(
            one in r#"[ab/+1*"\\#]{1,5}"#, two in r#"[ab/+1*"\\#]{1,5}"#,
            version in proptest::option::of("[a1/]{1,2}"), other in proptest::option::of("[a1/]{1,2}"),
        ) {
            let of = |key: &str, version: &Option<String>| {
                let version = version.as_ref().map(|v| format!("#{}", segment(v, false)));
                format!("{}{}", segment(key, true), version.unwrap_or_default())
            };
            prop_assert_eq!(of(&one, &version) == of(&two, &other), (&one, &version) == (&two, &other));
        }
    }
}
