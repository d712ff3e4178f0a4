//! Two templates beside each other: which stores of data an update may take away, as far as the templates tell.
//!
//! Which properties make CloudFormation replace a resource differs by type and by value, and only a change set knows. So a
//! store whose properties differ, or take a parameter that does, *may* be replaced; it is lost then unless both templates
//! keep the old one (`UpdateReplacePolicy`).

use super::stores::store_of;
use super::template::{Policy, Template};
use serde_json::Value;
use std::collections::BTreeSet;

/// A store that may go with an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MayGo {
    pub(super) logical: String,
    /// `KeySchema and TableName differ`.
    pub(super) because: String,
    /// Its condition may turn: it is removed then, not replaced.
    pub(super) removed: bool,
}

/// Properties that change in place, whatever their value: labels and guard rails (AWS resource and property types
/// reference, "Update requires: No interruption").
const IN_PLACE: &[(&str, &[&str])] = &[
    ("AWS::Cognito::UserPool", &["DeletionProtection", "UserPoolTags"]),
    ("AWS::DynamoDB::Table", &["DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "Tags"]),
    ("AWS::EC2::Volume", &["Tags"]),
    ("AWS::ECR::Repository", &["Tags"]),
    ("AWS::EFS::FileSystem", &["FileSystemTags"]),
    ("AWS::KMS::Key", &["Description", "Tags"]),
    ("AWS::Kinesis::Stream", &["Tags"]),
    ("AWS::Logs::LogGroup", &["Tags"]),
    ("AWS::RDS::DBCluster", &["DeletionProtection", "Tags"]),
    ("AWS::RDS::DBInstance", &["DeletionProtection", "Tags"]),
    ("AWS::S3::Bucket", &["Tags"]),
    ("AWS::SQS::Queue", &["Tags"]),
    ("AWS::SecretsManager::Secret", &["Description", "Tags"]),
];

fn is_in_place(kind: &str, property: &str) -> bool {
    IN_PLACE.iter().any(|(k, properties)| *k == kind && properties.contains(&property))
}

/// Names whose meaning changes, so that whatever takes them may change too.
#[derive(Debug, Default)]
struct Changed<'t> {
    /// Parameters, and resources that may be replaced.
    names: BTreeSet<&'t str>,
    conditions: BTreeSet<&'t str>,
    mappings: BTreeSet<&'t str>,
}

/// The stores of both templates that the update may replace or remove. `parameters`: those whose value differs, or may.
pub(super) fn may_go(old: &Template, new: &Template, parameters: &BTreeSet<String>) -> Vec<MayGo> {
    compare(old, new, parameters).1
}

/// What a nested stack that stays is given: the parameters of its new template whose value may differ. `Err` where the
/// stack itself may go.
pub(super) fn inner_parameters(
    (old, new): (&Template, &Template),
    parameters: &BTreeSet<String>,
    logical: &str,
    (inner_old, inner_new): (Option<&Template>, &Template),
) -> Result<BTreeSet<String>, String> {
    let (changed, _) = compare(old, new, parameters);
    let (before, after) = (old.resource(logical), new.resource(logical));
    if let Some(condition) = changed.turning(before, after) {
        return Err(format!("condition {condition} may turn"));
    }
    let given = |r: Option<&Value>, name: &str| {
        r.and_then(|r| r.get("Properties")?.get("Parameters")?.get(name).cloned())
    };
    let differs = |name: &String, declared: &Value| {
        if super::parameters::is_looked_up(declared) {
            return true;
        }
        match (given(before, name), given(after, name)) {
            (Some(a), Some(b)) => !same(&a, &b) || changed.taken_by(&b).is_some(),
            (None, None) => {
                let default = inner_old.and_then(|t| t.member("Parameters", name)?.get("Default"));
                !default.zip(declared.get("Default")).is_some_and(|(a, b)| same(a, b))
            }
            _ => true,
        }
    };
    let declared = inner_new.section("Parameters");
    Ok(declared.filter(|(name, declared)| differs(name, declared)).map(|(name, _)| name.clone()).collect())
}

/// Macros that make the same of the same text; others may do anything (AWS CloudFormation User Guide, "Transform
/// reference"). `AWS::Include` reads another file.
const STEADY: [&str; 4] = [
    "AWS::CodeDeployBlueGreen",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::Serverless-2016-10-31",
];

/// The resources that two templates made by macros have alike, text and all that it takes: nothing changes for them.
/// Both as they were written.
pub(super) fn untouched(old: &Template, new: &Template, parameters: &BTreeSet<String>) -> BTreeSet<String> {
    let steady = |t: &Value| match t {
        Value::Array(all) => all.iter().all(|t| t.as_str().is_some_and(|t| STEADY.contains(&t))),
        one => one.as_str().is_some_and(|t| STEADY.contains(&t)),
    };
    let alike = |name: &str| old.top(name) == new.top(name);
    if !alike("Transform") || !alike("Globals") || !new.top("Transform").is_none_or(steady) {
        return BTreeSet::new();
    }
    let (changed, _) = compare(old, new, parameters);
    let stays = |name: &str| {
        let (before, after) = (old.resource(name), new.resource(name));
        before.zip(after).is_some_and(|(a, b)| same(a, b) && changed.taken_by(b).is_none())
            && changed.turning(before, after).is_none()
    };
    old.resources().map(|(name, _)| name).filter(|name| stays(name)).cloned().collect()
}

fn compare<'t>(
    old: &'t Template,
    new: &'t Template,
    parameters: &'t BTreeSet<String>,
) -> (Changed<'t>, Vec<MayGo>) {
    let mut changed =
        Changed { names: parameters.iter().map(String::as_str).collect(), ..Changed::default() };
    for section in ["Mappings", "Conditions"] {
        let into = if section == "Mappings" { &mut changed.mappings } else { &mut changed.conditions };
        for (name, _) in new.section(section).chain(old.section(section)) {
            let (before, after) = (old.member(section, name), new.member(section, name));
            if !before.zip(after).is_some_and(|(a, b)| same(a, b)) {
                into.insert(name);
            }
        }
    }
    // A condition may be made of others.
    for _ in 0..new.section("Conditions").count() {
        let more: Vec<&str> = new
            .section("Conditions")
            .filter(|(name, value)| {
                !changed.conditions.contains(name.as_str()) && changed.taken_by(value).is_some()
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if more.is_empty() {
            break;
        }
        changed.conditions.extend(more);
    }
    let stores: Vec<(&String, &str)> =
        old.resources().filter(|(name, kind)| store_of(kind).is_some() && new.has(name)).collect();
    let mut found: Vec<MayGo> = Vec::new();
    // What a replaced store was called by (a key, a cluster) reaches those that take its name.
    loop {
        let before = found.len();
        for (name, kind) in &stores {
            if !found.iter().any(|f| f.logical == **name)
                && let Some(one) = changed.store(name, kind, old, new)
            {
                changed.names.insert(name);
                found.push(one);
            }
        }
        if found.len() == before {
            return (changed, found);
        }
    }
}

impl Changed<'_> {
    fn store(&self, name: &str, kind: &str, old: &Template, new: &Template) -> Option<MayGo> {
        let of = |removed: bool, because: String| Some(MayGo { logical: name.to_owned(), because, removed });
        let (before, after) = (old.resource(name)?, new.resource(name)?);
        if before.get("Type") != after.get("Type") {
            return of(false, "its type differs".to_owned());
        }
        if let Some(condition) = self.turning(Some(before), Some(after)) {
            return of(true, format!("condition {condition} may turn"));
        }
        let empty = serde_json::Map::new();
        let properties =
            |r: &'_ Value| r.get("Properties").and_then(Value::as_object).cloned().unwrap_or(empty.clone());
        let (before, after) = (properties(before), properties(after));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let (mut differ, mut takes) = (Vec::new(), Vec::new());
        for property in names.into_iter().filter(|p| !is_in_place(kind, p)) {
            match (before.get(property), after.get(property)) {
                (Some(a), Some(b)) if same(a, b) => takes.extend(self.taken_by(b)),
                _ => differ.push(property.as_str()),
            }
        }
        takes.dedup();
        match (differ.as_slice(), takes.as_slice()) {
            ([], []) => None,
            ([], [one, ..]) => of(false, format!("it takes {one}, which may differ")),
            ([one], _) => of(false, format!("{one} differs")),
            ([one, two], _) => of(false, format!("{one} and {two} differ")),
            ([one, two, rest @ ..], _) => of(false, format!("{one}, {two} and {} more differ", rest.len())),
        }
    }

    /// The condition of the new resource where it may come to another end.
    fn turning(&self, before: Option<&Value>, after: Option<&Value>) -> Option<String> {
        let condition = |r: Option<&Value>| r.and_then(|r| r.get("Condition")?.as_str().map(str::to_owned));
        condition(after)
            .filter(|c| Some(c) != condition(before).as_ref() || self.conditions.contains(c.as_str()))
    }

    /// The first changed name that a value takes.
    fn taken_by(&self, value: &Value) -> Option<String> {
        match value {
            Value::Array(list) => list.iter().find_map(|v| self.taken_by(v)),
            Value::Object(map) => map.iter().find_map(|(key, inner)| {
                let name = |v: &Value| v.as_str().or_else(|| v.get(0)?.as_str()).map(str::to_owned);
                let named = |set: &BTreeSet<&str>| name(inner).filter(|n| set.contains(n.as_str()));
                let own = match key.as_str() {
                    "Ref" => named(&self.names),
                    // `a.b` as one text, or two.
                    "Fn::GetAtt" => name(inner)
                        .and_then(|n| n.split('.').next().map(str::to_owned))
                        .filter(|n| self.names.contains(n.as_str())),
                    "Fn::If" | "Condition" => named(&self.conditions),
                    "Fn::FindInMap" => match inner.get(0).and_then(Value::as_str) {
                        Some(_) => named(&self.mappings),
                        None => self.mappings.first().map(|name| (*name).to_owned()),
                    },
                    "Fn::Sub" => name(inner).and_then(|text| self.substituted(&text)),
                    _ => None,
                };
                own.or_else(|| self.taken_by(inner))
            }),
            _ => None,
        }
    }

    /// The first changed name among `${Name}`, `${Name.Attribute}` of a text.
    fn substituted(&self, text: &str) -> Option<String> {
        text.split("${").skip(1).find_map(|rest| {
            let inside = rest.split('}').next()?.trim();
            let name = inside.split('.').next()?;
            self.names.contains(name).then(|| name.to_owned())
        })
    }
}

/// Whether two values are the same to CloudFormation, to which every scalar is a text.
fn same(a: &Value, b: &Value) -> bool {
    let scalar = |v: &Value| match v {
        Value::String(s) => Some(s.clone()),
        Value::Bool(_) | Value::Number(_) => Some(v.to_string()),
        _ => None,
    };
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b || scalar(a).is_some_and(|a| scalar(b) == Some(a)),
    }
}

/// Whether both templates keep the old resource where it is replaced, and how.
pub(super) fn keeps_replaced(old: &Template, new: &Template, logical: &str) -> Option<&'static str> {
    match (old.replace_policy(logical), new.replace_policy(logical)) {
        (Policy::Retain(_), Policy::Retain(_)) => Some("the old one stays (UpdateReplacePolicy)"),
        (Policy::Retain(_) | Policy::Snapshot { .. }, Policy::Retain(_) | Policy::Snapshot { .. }) => {
            Some("a snapshot is taken (UpdateReplacePolicy)")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "
Parameters: { Name: { Type: String }, Size: { Type: Number, Default: 20 }, Other: { Type: String } }
Mappings: { M: { a: { b: c } } }
Conditions: { Big: !Equals [!Ref Size, 100], Not: !Not [!Condition Big] }
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub '${Name}-orders'
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      Tags: [{ Key: a, Value: b }]
  Kept:
    Type: AWS::DynamoDB::Table
    UpdateReplacePolicy: Retain
    Properties: { TableName: !Ref Name }
  Db:
    Type: AWS::RDS::DBInstance
    Properties: { AllocatedStorage: !If [Big, 100, 20], KmsKeyId: !GetAtt Key.Arn }
  Maybe: { Type: AWS::SQS::Queue, Condition: Not }
  Key: { Type: AWS::KMS::Key, Properties: { KeySpec: X } }
  Mapped: { Type: AWS::S3::Bucket, Properties: { BucketName: !FindInMap [M, a, b] } }
  Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: !Ref Name } }
";

    fn names(new: &str, parameters: &[&str]) -> Vec<(String, String)> {
        let (old, new) = (Template::parse(OLD).unwrap(), Template::parse(new).unwrap());
        let parameters = parameters.iter().map(|p| (*p).to_owned()).collect();
        may_go(&old, &new, &parameters).into_iter().map(|m| (m.logical, m.because)).collect()
    }

    fn with(from: &str, to: &str) -> String {
        assert!(OLD.contains(from), "{from}");
        OLD.replace(from, to)
    }

    #[test]
    fn what_is_the_same_stays() {
        assert_eq!(names(OLD, &[]), []);
        // Scalars are texts; JSON and YAML are one.
        assert_eq!(
            names(
                &with(
                    "AllocatedStorage: !If [Big, 100, 20]",
                    "AllocatedStorage: {'Fn::If': [Big, '100', '20']}"
                ),
                &[]
            ),
            []
        );
        // Labels, resources without data, parameters that nothing takes.
        assert_eq!(names(&with("Value: b", "Value: c"), &["Other"]), []);
        assert_eq!(names(&with("TopicName: !Ref Name", "TopicName: x"), &[]), []);
        assert_eq!(names(&format!("{OLD}  More: {{ Type: AWS::S3::Bucket }}\n"), &[]), []);
    }

    #[test]
    fn properties_and_what_they_take() {
        let one = |name: &str, because: &str| vec![(name.to_owned(), because.to_owned())];
        assert_eq!(
            names(&with("AttributeName: id", "AttributeName: key"), &[]),
            one("Orders", "KeySchema differs")
        );
        let two = with("AttributeName: id", "AttributeName: key").replace("'${Name}-orders'", "x");
        assert_eq!(names(&two, &[]), one("Orders", "KeySchema and TableName differ"));
        let taken: Vec<String> = names(OLD, &["Name"]).into_iter().map(|(n, _)| n).collect();
        assert_eq!(taken, ["Orders", "Kept"]);
        assert_eq!(names(OLD, &["Name"])[0].1, "it takes Name, which may differ");
        let size: Vec<String> = names(OLD, &["Size"]).into_iter().map(|(n, _)| n).collect();
        assert_eq!(size, ["Db", "Maybe"]);
        assert_eq!(names(&with("b: c", "b: d"), &[]), one("Mapped", "it takes M, which may differ"));
        assert_eq!(names(&with("!Ref Size, 100]", "!Ref Size, 200]"), &[]).len(), 2);
        assert_eq!(
            names(&with("Condition: Not", "Condition: Big"), &[]),
            one("Maybe", "condition Big may turn")
        );
        assert_eq!(
            names(&with("Type: AWS::SQS::Queue", "Type: AWS::SNS::Topic"), &[]),
            one("Maybe", "its type differs")
        );
        // A key that is replaced replaces what it encrypts.
        let reached: Vec<String> =
            names(&with("KeySpec: X", "KeySpec: Y"), &[]).into_iter().map(|(n, _)| n).collect();
        assert_eq!(reached, ["Key", "Db"]);
    }

    #[test]
    fn macros_of_aws_make_the_same_of_the_same() {
        let old = "
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Timeout: 3 } }
Parameters: { Name: { Type: String } }
Resources:
  Orders: { Type: AWS::Serverless::SimpleTable }
  Named: { Type: AWS::DynamoDB::Table, Properties: { TableName: !Ref Name } }
  Code: { Type: AWS::Serverless::Function, Properties: { CodeUri: a } }
";
        let of = |new: &str, parameters: &[&str]| {
            let parameters = parameters.iter().map(|p| (*p).to_owned()).collect();
            let (old, new) = (Template::parse(old).unwrap(), Template::parse(new).unwrap());
            untouched(&old, &new, &parameters).into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(old, &[]), "Code Named Orders");
        assert_eq!(of(&old.replace("CodeUri: a", "CodeUri: b"), &["Name"]), "Orders");
        assert_eq!(of(&old.replace("Timeout: 3", "Timeout: 4"), &[]), "");
        assert_eq!(of(&old.replace("2016-10-31", "2030-01-01"), &[]), "");
        let own = old.replace("Transform: AWS::Serverless-2016-10-31", "Transform: [MyMacro]");
        let own = Template::parse(&own).unwrap();
        assert!(untouched(&own, &own, &BTreeSet::new()).is_empty());
    }

    #[test]
    fn both_templates_have_to_keep_what_is_replaced() {
        let of = |old: &str, new: &str| {
            let template = |policy: &str| {
                let line = if policy.is_empty() {
                    String::new()
                } else {
                    format!("UpdateReplacePolicy: {policy}, ")
                };
                Template::parse(&format!("Resources: {{ A: {{ {line}DeletionPolicy: Retain, Type: T }} }}"))
                    .unwrap()
            };
            keeps_replaced(&template(old), &template(new), "A").is_some()
        };
        assert!(of("Retain", "Retain") && of("Snapshot", "Snapshot") && of("Retain", "Snapshot"));
        assert!(!of("", "Retain") && !of("Retain", "") && !of("", "") && !of("Delete", "Retain"));
    }
}
