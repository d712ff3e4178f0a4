//! The parameters of a template, and which of them differ after an update.

use super::template::Template;
use crate::engine::aws::{Hit, value};
use crate::family::aws::probe::json;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a parameter's value is looked up anew at every update.
pub(super) fn is_looked_up(declared: &Value) -> bool {
    json::text(declared, "/Type").is_some_and(|t| t.starts_with("AWS::SSM::Parameter::Value"))
}

/// What the words say of one parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Value(String),
    Previous,
}

/// Which parameters the words set, and what the others take.
pub(super) struct Wanted {
    said: BTreeMap<String, Said>,
    /// Something in there could not be read.
    unread: bool,
    /// A parameter that is not named keeps its value (`deploy`); else it takes the template's default.
    others_stay: bool,
}

impl Wanted {
    /// `update-stack --parameters`, in shorthand or JSON.
    pub(super) fn structures(hit: &Hit, option: &str) -> Wanted {
        let mut wanted = Wanted { said: BTreeMap::new(), unread: hit.unread, others_stay: false };
        hit.list(option).iter().for_each(|text| wanted.take(value::read(text).as_ref()));
        wanted
    }

    /// `deploy --parameter-overrides`: `Key=Value`, or what version 2 reads from a file.
    pub(super) fn overrides(hit: &Hit) -> Wanted {
        let mut wanted = Wanted { said: BTreeMap::new(), unread: hit.unread, others_stay: true };
        for text in hit.list("parameter-overrides") {
            let begins = text.trim_start();
            let is_json = begins.starts_with(['[', '{']);
            match (is_json, text.split_once('=')) {
                (true, _) => wanted.take(value::read(text).as_ref()),
                (false, Some(("ParameterKey", _))) => wanted.take(value::read(text).as_ref()),
                (false, Some((key, value))) => {
                    wanted.said.insert(key.to_owned(), Said::Value(value.to_owned()));
                }
                (false, None) => wanted.unread = true,
            }
        }
        wanted
    }

    fn take(&mut self, value: Option<&Value>) {
        match value {
            Some(Value::Array(list)) => list.iter().for_each(|v| self.take(Some(v))),
            // A file of CodePipeline.
            Some(Value::Object(map)) if map.contains_key("Parameters") => {
                for (key, value) in map.get("Parameters").and_then(Value::as_object).into_iter().flatten() {
                    let value = value::scalar(value);
                    self.unread |= value.is_none();
                    self.said.extend(value.map(|v| (key.clone(), Said::Value(v))));
                }
            }
            Some(Value::Object(map)) => {
                let of = |name: &str| map.get(name).and_then(value::scalar);
                let previous = of("UsePreviousValue").is_some_and(|v| v.eq_ignore_ascii_case("true"));
                // Several values of a list parameter.
                let list = map
                    .get("ParameterValue")
                    .and_then(Value::as_array)
                    .map(|list| list.iter().filter_map(value::scalar).collect::<Vec<_>>().join(","));
                match (of("ParameterKey"), of("ParameterValue").or(list)) {
                    (Some(key), _) if previous => self.said.insert(key, Said::Previous),
                    (Some(key), Some(value)) => self.said.insert(key, Said::Value(value)),
                    _ => {
                        self.unread = true;
                        None
                    }
                };
            }
            Some(Value::String(text)) if text.contains('=') => {
                let (key, value) = text.split_once('=').unwrap_or((text, ""));
                self.said.insert(key.to_owned(), Said::Value(value.to_owned()));
            }
            _ => self.unread = true,
        }
    }

    /// The parameters of the new template whose value differs from that of the stack, or may. `stack`: what the service
    /// says of it; `None` where it could not be asked.
    pub(super) fn differing(&self, new: &Template, stack: Option<&Value>) -> BTreeSet<String> {
        let now: BTreeMap<String, &Value> = stack
            .map(|s| {
                json::list(s, "/Parameters").iter().map(|p| (json::owned(p, "/ParameterKey"), p)).collect()
            })
            .unwrap_or_default();
        let differs = |name: &String, declared: &Value| {
            if is_looked_up(declared) {
                return true;
            }
            let said = self.said.get(name);
            if said == Some(&Said::Previous) {
                return false;
            }
            let Some(now) = now.get(name) else { return true };
            let wanted = match said {
                Some(Said::Previous) => None,
                Some(Said::Value(value)) => Some(value.clone()),
                None if self.unread => return true,
                None if self.others_stay => return false,
                None => declared.get("Default").and_then(value::scalar),
            };
            // One that is not to be shown cannot be compared.
            let hidden = json::truth(declared, "/NoEcho") == Some(true);
            let text = |v: &str| v.split(',').map(str::trim).collect::<Vec<_>>().join(",");
            hidden || wanted.map(|w| text(&w)) != json::text(now, "/ParameterValue").map(text)
        };
        new.section("Parameters")
            .filter(|(name, declared)| differs(name, declared))
            .map(|(n, _)| n.clone())
            .collect()
    }

    /// The parameters that may differ where nothing is known of their values now: all but those that keep them.
    pub(super) fn all_but_previous(&self, template: &Template) -> BTreeSet<String> {
        let stays = |name: &String| matches!(self.said.get(name), Some(Said::Previous));
        template.section("Parameters").map(|(name, _)| name).filter(|n| !stays(n)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEMPLATE: &str = "
Parameters:
  Name: { Type: String }
  Size: { Type: Number, Default: 20 }
  Nets: { Type: CommaDelimitedList, Default: 'a,b' }
  Secret: { Type: String, NoEcho: true }
  Image: { Type: 'AWS::SSM::Parameter::Value<String>', Default: /x }
";

    fn hit(option: &str, values: &[&str]) -> Hit {
        let values = values.iter().map(|v| (*v).to_owned()).collect();
        Hit { options: vec![(option.to_owned(), values)], ..Hit::default() }
    }

    fn differing(wanted: &Wanted) -> String {
        let now = |key: &str, value: &str| json!({"ParameterKey": key, "ParameterValue": value});
        let stack = json!({"Parameters": [now("Name", "app"), now("Size", "20"), now("Nets", "a, b"), now("Secret", "****"), now("Image", "/x")]});
        let template = Template::parse(TEMPLATE).unwrap();
        wanted.differing(&template, Some(&stack)).into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn parameters_of_an_update() {
        let of = |values: &[&str]| differing(&Wanted::structures(&hit("parameters", values), "parameters"));
        let keep = "ParameterKey=Secret,UsePreviousValue=true";
        let name = "ParameterKey=Name,UsePreviousValue=true";
        // What is not named takes its default.
        assert_eq!(of(&[keep, name]), "Image");
        assert_eq!(of(&[keep, "ParameterKey=Name,ParameterValue=app"]), "Image");
        assert_eq!(of(&[keep, "ParameterKey=Name,ParameterValue=other"]), "Image Name");
        assert_eq!(of(&[keep, name, "ParameterKey=Size,ParameterValue=30"]), "Image Size");
        assert_eq!(of(&[keep, name, "ParameterKey=Nets,ParameterValue=a\\,b"]), "Image");
        assert_eq!(of(&[keep, name, "ParameterKey=Nets,ParameterValue=a\\,c"]), "Image Nets");
        assert_eq!(of(&["ParameterKey=Secret,ParameterValue=****", name]), "Image Secret");
        assert_eq!(of(&[]), "Image Name Secret");
        let json = r#"[{"ParameterKey": "Name", "ParameterValue": "x"}, {"ParameterKey": "Secret", "UsePreviousValue": true}]"#;
        assert_eq!(of(&[json]), "Image Name");
        // What cannot be read may be anything.
        assert_eq!(of(&["{broken", keep, name]), "Image Nets Size");
    }

    #[test]
    fn overrides_of_a_deployment() {
        let of = |values: &[&str]| differing(&Wanted::overrides(&hit("parameter-overrides", values)));
        assert_eq!(of(&[]), "Image");
        assert_eq!(of(&["Name=app", "Size=30"]), "Image Size");
        assert_eq!(of(&["Name=a=b"]), "Image Name");
        assert_eq!(of(&[r#"["Name=x"]"#]), "Image Name");
        assert_eq!(of(&[r#"{"Parameters": {"Size": 30}}"#]), "Image Size");
        assert_eq!(of(&[r#"[{"ParameterKey": "Name", "ParameterValue": "x"}]"#]), "Image Name");
        assert_eq!(of(&["Name"]), "Image Name Nets Secret Size");
    }

    #[test]
    fn without_the_stack_everything_may_differ() {
        let wanted = Wanted::overrides(&hit("parameter-overrides", &[]));
        let template = Template::parse(TEMPLATE).unwrap();
        assert_eq!(wanted.differing(&template, None).len(), 5);
        let wanted = Wanted::structures(&hit("p", &["ParameterKey=Size,UsePreviousValue=true"]), "p");
        assert_eq!(wanted.all_but_previous(&template).len(), 4);
    }
}
