//! A stack's template: what becomes of each resource when it leaves the stack.

use serde_json::{Map, Value};

/// What CloudFormation does with a resource that leaves its stack (`DeletionPolicy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// It goes.
    Delete,
    /// It stays, unmanaged. With the policy's own word.
    Retain(String),
    /// A snapshot is taken first.
    Snapshot {
        /// The template does not say so; it is the default of this type.
        by_default: bool,
    },
    /// The template could not be read, or says nothing readable; with the reason.
    Unknown(String),
}

/// A template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    resources: Map<String, Value>,
    /// Everything beside the resources.
    sections: Map<String, Value>,
    /// Resources are made by macros or loops, so that the names in the text are not all there are.
    pub(super) generated: bool,
}

impl Template {
    /// Reads what `get-template` gives as `TemplateBody`: an object where the template is JSON, else a text, which is
    /// YAML or JSON.
    pub(super) fn read(body: &Value) -> Option<Template> {
        match body {
            Value::Object(_) => Some(Template::of(body)),
            Value::String(text) => Template::parse(text),
            _ => None,
        }
    }

    /// Reads a template's text. The short forms of functions (`!Ref`, `!If`) become their long ones.
    pub(super) fn parse(text: &str) -> Option<Template> {
        let value = match serde_json::from_str(text) {
            Ok(json) => json,
            Err(_) => plain(serde_yaml::from_str(text).ok()?)?,
        };
        value.is_object().then(|| Template::of(&value))
    }

    fn of(value: &Value) -> Template {
        let resources = value.get("Resources").and_then(Value::as_object).cloned().unwrap_or_default();
        let generated = value.get("Transform").is_some_and(|t| !t.is_null())
            || resources.keys().any(|k| k.starts_with("Fn::"));
        let mut sections = value.as_object().cloned().unwrap_or_default();
        sections.remove("Resources");
        Template { resources, sections, generated }
    }

    /// The members of a section: `Parameters`, `Conditions`, `Mappings`.
    pub(super) fn section(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.sections.get(name).and_then(Value::as_object).into_iter().flatten()
    }

    /// A section as it stands.
    pub(super) fn top(&self, name: &str) -> Option<&Value> {
        self.sections.get(name)
    }

    /// One member of a section.
    pub(super) fn member(&self, section: &str, name: &str) -> Option<&Value> {
        self.sections.get(section)?.get(name)
    }

    /// The resources with their types.
    pub(super) fn resources(&self) -> impl Iterator<Item = (&String, &str)> {
        self.resources
            .iter()
            .map(|(name, r)| (name, r.get("Type").and_then(Value::as_str).unwrap_or_default()))
    }

    /// One resource, as it stands.
    pub(super) fn resource(&self, logical: &str) -> Option<&Value> {
        self.resources.get(logical)
    }

    /// Whether the resource stands in the template.
    pub(super) fn has(&self, logical: &str) -> bool {
        self.resources.contains_key(logical)
    }

    /// One of its properties.
    pub(super) fn property(&self, logical: &str, name: &str) -> Option<&Value> {
        self.resources.get(logical)?.get("Properties")?.get(name)
    }

    /// What becomes of the old resource where an update replaces it by a new one. Without an `UpdateReplacePolicy` it is
    /// deleted, whatever its type, and whatever its `DeletionPolicy` says (AWS CloudFormation User Guide,
    /// "UpdateReplacePolicy attribute").
    pub(super) fn replace_policy(&self, logical: &str) -> Policy {
        match self.resources.get(logical) {
            Some(resource) => stated(resource, "UpdateReplacePolicy").unwrap_or(Policy::Delete),
            None => Policy::Unknown(format!("{logical} is not in the template")),
        }
    }

    /// What becomes of a resource of this type when it leaves the stack.
    ///
    /// Without a `DeletionPolicy` a resource is deleted; an `AWS::RDS::DBCluster`, and an `AWS::RDS::DBInstance` that
    /// names no cluster, get a snapshot first (AWS CloudFormation User Guide, "DeletionPolicy attribute").
    pub(super) fn policy(&self, logical: &str, kind: &str) -> Policy {
        let Some(resource) = self.resources.get(logical) else {
            return Policy::Unknown(format!("{logical} is not in the template"));
        };
        match stated(resource, "DeletionPolicy") {
            Some(policy) => policy,
            None => {
                let alone =
                    kind == "AWS::RDS::DBInstance" && self.property(logical, "DBClusterIdentifier").is_none();
                if kind == "AWS::RDS::DBCluster" || alone {
                    Policy::Snapshot { by_default: true }
                } else {
                    Policy::Delete
                }
            }
        }
    }
}

/// What an attribute of a resource says becomes of it; `None` where it says nothing.
fn stated(resource: &Value, attribute: &str) -> Option<Policy> {
    Some(match resource.get(attribute)? {
        Value::String(word) => match word.as_str() {
            "Delete" => Policy::Delete,
            "Snapshot" => Policy::Snapshot { by_default: false },
            "Retain" | "RetainExceptOnCreate" => Policy::Retain(word.clone()),
            _ => Policy::Unknown(format!("{attribute} {word}")),
        },
        _ => Policy::Unknown(format!("its {attribute} is computed")),
    })
}

/// YAML with the long forms of its tags: `!Ref a` is `{"Ref": "a"}`, `!GetAtt a.b` is `{"Fn::GetAtt": ["a", "b"]}`.
fn plain(value: serde_yaml::Value) -> Option<Value> {
    use serde_yaml::Value as Yaml;
    Some(match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(b) => Value::Bool(b),
        Yaml::Number(n) => serde_json::to_value(n).unwrap_or(Value::Null),
        Yaml::String(s) => Value::String(s),
        Yaml::Sequence(all) => Value::Array(all.into_iter().filter_map(plain).collect()),
        Yaml::Mapping(map) => Value::Object(
            map.into_iter()
                .filter_map(|(key, value)| {
                    let key = match key {
                        Yaml::String(s) => s,
                        Yaml::Number(n) => n.to_string(),
                        Yaml::Bool(b) => b.to_string(),
                        _ => return None,
                    };
                    Some((key, plain(value)?))
                })
                .collect(),
        ),
        Yaml::Tagged(tagged) => {
            let mut map = Map::new();
            let tag = tagged.tag.to_string();
            let name = tag.trim_start_matches('!');
            let value = match (name, plain(tagged.value)?) {
                ("GetAtt", Value::String(path)) => match path.split_once('.') {
                    Some((of, attribute)) => Value::Array(vec![of.into(), attribute.into()]),
                    None => Value::String(path),
                },
                (_, value) => value,
            };
            let name =
                if matches!(name, "Ref" | "Condition") { name.to_owned() } else { format!("Fn::{name}") };
            map.insert(name, value);
            Value::Object(map)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const YAML: &str = "
AWSTemplateFormatVersion: 2010-09-09
Conditions:
  Big: !Equals [!Ref Size, big]
Resources:
  Kept:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties:
      BucketName: !Sub '${AWS::StackName}-x'
  New:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: RetainExceptOnCreate
  Maybe:
    Type: AWS::DynamoDB::Table
    Condition: Big
    DeletionPolicy: !If [Big, Retain, Delete]
  Db:
    Type: AWS::RDS::DBInstance
    Properties: { AllocatedStorage: '20' }
  Member:
    Type: AWS::RDS::DBInstance
    Properties:
      DBClusterIdentifier: !Ref Cluster
  Cluster: { Type: AWS::RDS::DBCluster }
  Disk: { Type: AWS::EC2::Volume, DeletionPolicy: Snapshot }
  Gone: { Type: AWS::RDS::DBCluster, DeletionPolicy: Delete }
";

    #[test]
    fn policies_and_their_defaults() {
        let t = Template::parse(YAML).unwrap();
        let of = |logical: &str, kind: &str| t.policy(logical, kind);
        assert_eq!(of("Kept", "AWS::S3::Bucket"), Policy::Retain("Retain".into()));
        assert_eq!(of("New", "AWS::DynamoDB::Table"), Policy::Retain("RetainExceptOnCreate".into()));
        assert!(matches!(of("Maybe", "AWS::DynamoDB::Table"), Policy::Unknown(_)));
        assert_eq!(of("Db", "AWS::RDS::DBInstance"), Policy::Snapshot { by_default: true });
        assert_eq!(of("Member", "AWS::RDS::DBInstance"), Policy::Delete);
        assert_eq!(of("Cluster", "AWS::RDS::DBCluster"), Policy::Snapshot { by_default: true });
        assert_eq!(of("Disk", "AWS::EC2::Volume"), Policy::Snapshot { by_default: false });
        assert_eq!(of("Gone", "AWS::RDS::DBCluster"), Policy::Delete);
        assert!(matches!(of("Other", "AWS::S3::Bucket"), Policy::Unknown(_)));
        assert!(!t.generated);
    }

    #[test]
    fn short_forms_are_the_long_ones() {
        let yaml = "Resources: {A: {Type: T, UpdateReplacePolicy: Snapshot, Properties: {a: !Ref P, b: !GetAtt B.C.D, c: !Sub '${P}'}}}";
        let json = json!({"Resources": {"A": {"Type": "T", "UpdateReplacePolicy": "Snapshot", "Properties": {
            "a": {"Ref": "P"}, "b": {"Fn::GetAtt": ["B", "C.D"]}, "c": {"Fn::Sub": "${P}"}}}}});
        let t = Template::parse(yaml).unwrap();
        assert_eq!(Some(&t), Template::read(&json).as_ref());
        assert_eq!(t.replace_policy("A"), Policy::Snapshot { by_default: false });
        let t =
            Template::parse("Resources: {A: {Type: 'AWS::RDS::DBCluster', DeletionPolicy: Retain}}").unwrap();
        assert_eq!(t.replace_policy("A"), Policy::Delete);
    }

    #[test]
    fn json_as_object_and_as_text() {
        let body = json!({"Resources": {"A": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}}});
        for body in [body.clone(), Value::String(body.to_string())] {
            let t = Template::read(&body).unwrap();
            assert_eq!(t.policy("A", "AWS::S3::Bucket"), Policy::Retain("Retain".into()));
        }
        assert!(Template::read(&Value::Null).is_none());
        assert!(Template::parse("{{").is_none() && Template::parse("just text").is_none());
        assert!(Template::parse("Transform: AWS::Serverless-2016-10-31\nResources: {}").unwrap().generated);
    }
}
