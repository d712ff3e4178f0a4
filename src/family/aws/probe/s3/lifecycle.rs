//! Lifecycle rules: which older versions a bucket erases by itself, and after how long. Versioning keeps what is deleted
//! only where none of them reaches (Amazon S3 User Guide, "Lifecycle configuration elements": `NoncurrentVersionExpiration`).

use crate::engine::human::counted;
use crate::engine::impact::Fate;
use crate::family::aws::probe::json;
use serde_json::Value;

/// What is deleted, so far as rules go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach<'a> {
    /// One object.
    Key(&'a str),
    /// Objects under this prefix; all of them under the empty one.
    Under(&'a str),
}

impl Reach<'_> {
    /// Whether a rule with this prefix reaches any of it.
    pub(super) fn is_met_by(self, prefix: &str) -> bool {
        match self {
            Reach::Key(_) => self.is_within(prefix),
            Reach::Under(under) => self.is_within(prefix) || prefix.starts_with(under),
        }
    }

    /// Whether it reaches all of it.
    pub(super) fn is_within(self, prefix: &str) -> bool {
        match self {
            Reach::Key(name) | Reach::Under(name) => name.starts_with(prefix),
        }
    }
}

/// A rule that erases older versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    prefix: String,
    /// It goes by tags or sizes, too: not every object of the prefix is its own.
    some: bool,
    days: Option<u64>,
    /// So many of the newest older versions it leaves.
    spared: u64,
}

/// Where a rule's prefix may stand: the old form, the filter, the filter with several conditions.
const PREFIX: [&str; 3] = ["/Prefix", "/Filter/Prefix", "/Filter/And/Prefix"];

/// The prefix a rule goes by; every object where it names none.
pub(super) fn prefix(rule: &Value) -> &str {
    PREFIX.iter().find_map(|at| json::text(rule, at)).unwrap_or_default()
}

/// Whether a rule is at work. Only the one word switches it off.
pub(super) fn is_on(rule: &Value) -> bool {
    !json::text(rule, "/Status").is_some_and(|status| status.eq_ignore_ascii_case("disabled"))
}

/// Whether a rule goes by its prefix alone: not by tags or sizes, too.
pub(super) fn is_by_prefix(rule: &Value) -> bool {
    let filter = rule.pointer("/Filter/And").or_else(|| rule.get("Filter"));
    filter.and_then(Value::as_object).is_none_or(|filter| filter.keys().all(|key| key == "Prefix"))
}

/// The rules of a configuration that erase older versions.
pub(super) fn erasing(configuration: &Value) -> Vec<Rule> {
    let all = json::list(configuration, "/Rules").iter().filter(|rule| is_on(rule));
    all.filter_map(|rule| {
        let expiration = rule.get("NoncurrentVersionExpiration").filter(|e| !e.is_null())?;
        Some(Rule {
            prefix: prefix(rule).to_owned(),
            some: !is_by_prefix(rule),
            days: json::number(expiration, "/NoncurrentDays"),
            spared: json::number(expiration, "/NewerNoncurrentVersions").unwrap_or(0),
        })
    })
    .collect()
}

/// What becomes of the older version a deletion leaves, under these rules: `None` where none of them reaches it.
pub(super) fn end_of(rules: &[Rule], reach: Reach<'_>) -> Option<(Fate, String)> {
    let met = || rules.iter().filter(|rule| reach.is_met_by(&rule.prefix));
    let sure = |rule: &&Rule| rule.spared == 0 && !rule.some;
    // The soonest of those that erase for certain; without one the soonest that may.
    let soonest = |rules: Vec<&Rule>| {
        rules.into_iter().map(|r| (r.days.unwrap_or(0), r.clone())).min_by_key(|(d, _)| *d)
    };
    let certain = soonest(met().filter(sure).collect());
    let fate = if certain.is_some() { Fate::Erased } else { Fate::Unknown };
    let (days, rule) = certain.or_else(|| soonest(met().collect()))?;
    let after = match rule.days {
        Some(_) => format!("{} after", counted(days, "day")),
        None => "some time after".to_owned(),
    };
    let but = match rule.spared {
        0 => String::new(),
        1 => " but the newest".to_owned(),
        n => format!(" but the {n} newest"),
    };
    let which = match (rule.some, reach, rule.prefix.as_str()) {
        (true, ..) => " of some objects",
        (false, Reach::Under(under), prefix) if !under.starts_with(prefix) => " of some prefixes",
        _ => "",
    };
    Some((fate, format!("its lifecycle erases older versions{which} {after}{but}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(more: Value) -> Value {
        let mut rule = json!({"ID": "x", "Status": "Enabled"});
        for (key, value) in more.as_object().unwrap() {
            rule[key] = value.clone();
        }
        rule
    }

    fn end(rules: &[Value], reach: Reach<'_>) -> Option<(Fate, String)> {
        end_of(&erasing(&json!({"Rules": rules})), reach)
    }

    #[test]
    fn a_rule_reaches_what_its_prefix_holds() {
        let days = |n: u64| json!({"NoncurrentDays": n});
        let by = |prefix: &str| {
            rule(json!({"Filter": {"Prefix": prefix}, "NoncurrentVersionExpiration": days(30)}))
        };
        for (prefix, reach, want) in [
            ("", Reach::Under(""), true),
            ("", Reach::Key("a/b"), true),
            ("a/", Reach::Under("a/b/"), true),
            ("a/b/c", Reach::Under("a/b/"), true),
            ("a/", Reach::Under(""), true),
            ("a/", Reach::Key("a/b"), true),
            ("a/b/c", Reach::Key("a/b"), false),
            ("x/", Reach::Under("a/"), false),
            ("x/", Reach::Key("a/b"), false),
        ] {
            assert_eq!(end(&[by(prefix)], reach).is_some(), want, "{prefix} {reach:?}");
        }
        let forms = [
            json!({"Prefix": "a/", "NoncurrentVersionExpiration": days(1)}),
            json!({"Filter": {"And": {"Prefix": "a/", "Tags": []}}, "NoncurrentVersionExpiration": days(1)}),
        ];
        for form in forms {
            assert!(end(&[rule(form.clone())], Reach::Under("b/")).is_none(), "{form}");
            assert!(end(&[rule(form.clone())], Reach::Key("a/x")).is_some(), "{form}");
        }
    }

    #[test]
    fn what_it_leaves_is_said() {
        let of = |expiration: Value| rule(json!({"NoncurrentVersionExpiration": expiration}));
        let erased = |text: &str| Some((Fate::Erased, text.to_owned()));
        let unknown = |text: &str| Some((Fate::Unknown, text.to_owned()));
        let all = Reach::Under("");
        assert_eq!(
            end(&[of(json!({"NoncurrentDays": 1}))], all),
            erased("its lifecycle erases older versions 1 day after")
        );
        assert_eq!(
            end(&[of(json!({"NoncurrentDays": 30})), of(json!({"NoncurrentDays": 7}))], all),
            erased("its lifecycle erases older versions 7 days after")
        );
        assert_eq!(
            end(&[of(json!({"NoncurrentDays": 30, "NewerNoncurrentVersions": 3}))], all),
            unknown("its lifecycle erases older versions 30 days after but the 3 newest")
        );
        assert_eq!(end(&[of(json!({}))], all), erased("its lifecycle erases older versions some time after"));
        let tagged = rule(
            json!({"Filter": {"Tag": {"Key": "a", "Value": "b"}}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}),
        );
        assert_eq!(
            end(&[tagged], Reach::Key("a")),
            unknown("its lifecycle erases older versions of some objects 1 day after")
        );
        let part =
            rule(json!({"Filter": {"Prefix": "a/"}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}));
        assert_eq!(
            end(&[part], all),
            erased("its lifecycle erases older versions of some prefixes 1 day after")
        );
    }

    #[test]
    fn rules_that_erase_no_version_keep_what_is_deleted() {
        for harmless in [
            json!({"Expiration": {"Days": 1}}),
            json!({"NoncurrentVersionTransitions": [{"NoncurrentDays": 1, "StorageClass": "GLACIER"}]}),
            json!({"Status": "Disabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}),
            json!({"NoncurrentVersionExpiration": null}),
        ] {
            assert_eq!(end(&[rule(harmless.clone())], Reach::Under("")), None, "{harmless}");
        }
        let both = json!({"Expiration": {"Days": 30}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}});
        assert!(end(&[rule(both)], Reach::Under("")).is_some());
        assert!(
            end(&[json!({"NoncurrentVersionExpiration": {"NoncurrentDays": 1}})], Reach::Under("")).is_some()
        );
    }
}
