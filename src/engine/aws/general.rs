//! What arguments say whatever the command is: something is set to zero or switched off, taken from another, forced, or
//! taken out. Only what the words alone call a change is looked at; a row of `tables/conditions.txt` says more.
//!
//! The lists of words come from the members of all requests in botocore's models (1.44.5): `tests/aws/refresh-operations`
//! names every operation whose documentation speaks of a loss and that neither these conditions nor a list covers.

use super::opts::{Opt, Opts};
use super::value;
use crate::engine::effect::Effect;
use crate::engine::verdict::Verdict;
use serde_json::{Map, Value};

/// Verbs that change what is there already. What is only being made has nothing that could stop.
const CHANGES: &str = "adjust apply change configure edit manage modify patch put register scale set submit switch toggle \
    transition update upgrade";

/// Words of members that count what works.
const QUANTITIES: &str = "brokers capacities capacity concurrency concurrent count counts cpus desired dial environments \
    executions instance instances node nodes percent percentage processes replica replicas scale shards \
    size tasks throughput units weight workers";

/// Words beside them with which zero stops nothing: a lower bound, a tolerance, how something is drawn or measured.
const NO_QUANTITY: &str = "address anc api backoff batch bid bucket buffer bytes cooldown delay ejection error errors \
    evaluation failed failure failures file font gop hdr header history holdout hrd idle logging \
    message messages min minimum offset outline over page password preserve price priority rekey \
    renewal replay retries retry sample sampling standby step surge threshold tolerance unavailable \
    unhealthy window";

/// Values of a state that is not at work.
const OFF: &str = "cancel canceled cancelled deactivated disable disabled drain drained draining false inactive no off \
    pause paused stop stopped suspend suspended terminate terminated";

/// Those of them that are nothing else.
const PLAINLY_OFF: &str = "disable disabled inactive off suspended";

/// Words of things that delete or stop on a schedule of their own, or are only shown: switched off, nothing is lost.
const LOSES_NOTHING: &str = "badge cleanup copy deletion evict eviction expiration expire expiry idle inventory lifecycle live \
    metrics pause preview purge retention shutdown stop tag tagging tags termination tiering tracing ttl upgrade";

/// Options that begin like a force and force nothing.
const NO_FORCE: &str = "delete-marker delete-propagation-policy force-create-jobs force-endpoint-error-configuration \
    force-glacier-transfer force-rediscovery force-upload no-force";

/// Words of options that take out what nothing works with.
const NO_REMOVAL: &str = "date description fields grouping key keys shortcut tag tags uri version";

/// Last words of options whose values are somebody's own words: `--description off`, `--user-name disabled`.
const OWN_WORDS: &str = "alias comment description id identifier key label message name port text title";

/// Options that hold contents, of which no member is a setting of AWS: `SERVICE OPERATION`, the option.
const CONTENTS: [(&str, &str); 7] = [
    ("cloudwatch put-dashboard", "dashboard-body"),
    ("cognito-idp admin-update-user-attributes", "user-attributes"),
    ("cognito-idp update-user-attributes", "user-attributes"),
    ("iot update-thing", "attribute-payload"),
    ("secretsmanager put-secret-value", "secret-string"),
    ("secretsmanager update-secret", "secret-string"),
    ("ssm put-parameter", "value"),
];

/// Words under which something is let through or not.
const LETS: &str = "action effect type";

/// Values of them that do not.
const KEEPS_OUT: &str = "blackhole block deny";

fn has(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

/// Raises a change that stops something by its arguments.
pub(super) fn apply(command: &[u8], opts: &Opts, verdict: &mut Verdict) {
    let command = String::from_utf8_lossy(command);
    let command: &str = &command;
    let operation = command.rsplit(' ').next().unwrap_or_default();
    let mut verbs = operation.split('-');
    let verb = match verbs.next() {
        Some("batch" | "bulk" | "admin") => verbs.next().unwrap_or_default(),
        verb => verb.unwrap_or_default(),
    };
    let changes = has(CHANGES, verb);
    if changes && matches!(verdict.effect, Effect::Mutate | Effect::Disrupt) && opts.list.iter().any(deletes)
    {
        verdict.raise(Effect::Destroy, "deletes something, or its backups");
    }
    if verdict.effect != Effect::Mutate {
        return;
    }
    if opts.list.iter().any(|opt| forces(opt, &opts.list)) {
        verdict.raise(Effect::Disrupt, "takes from another, or forces");
    }
    if !changes {
        return;
    }
    if opts.unread && !opts.refused {
        verdict.raise(Effect::Unknown, "a document that cannot be read");
    }
    // A time to live, a life cycle: what deletes by itself is switched off.
    let spares = loses_nothing(operation);
    let holds_content = |name: &str| CONTENTS.iter().any(|(of, option)| *of == command && *option == name);
    let mut found = Found::default();
    for opt in opts.list.iter().filter(|opt| !holds_content(&opt.name)) {
        found.option(opt, &opts.list, spares);
    }
    if !holds_content("value") {
        found.named_by_option(opts, spares);
    }
    for (found, because) in [
        (found.zero, "sets what works to zero"),
        (found.off, "switches something off"),
        (found.removed, "takes something out"),
        (found.shut, "lets something through no more"),
        (found.kept, "changes how long something is kept"),
    ] {
        if found {
            verdict.raise(Effect::Disrupt, because);
        }
    }
}

/// Whether an option names what is to be deleted (`Ec2InstanceIdsToTerminate`, `Delete={IndexName=…}`), or sets the days
/// that backups are kept to zero.
fn deletes(opt: &Opt) -> bool {
    let no_backups = |name: &str, value: &Value| {
        let words = words(name);
        words.iter().any(|word| matches!(word.as_str(), "backup" | "backups"))
            && words.iter().any(|word| word == "retention")
            && value::scalar(value).is_some_and(|text| is_zero(text.trim()))
    };
    opt.values.iter().filter_map(|text| value::read(text)).any(|data| {
        let mut found = no_backups(&opt.name, &data);
        value::members(&data, &mut |key, value| {
            let named =
                ["ToTerminate", "ToDelete"].iter().any(|end| key.ends_with(end)) && is_something(value);
            let deleted = key == "Delete" && !is_scalar(value) && is_something(value);
            found |= named || deleted || no_backups(key, value);
        });
        found
    })
}

/// Whether a value is more than nothing.
fn is_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty() && text != "false",
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
        _ => true,
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_))
}

/// What was found among the arguments.
#[derive(Default)]
struct Found {
    zero: bool,
    off: bool,
    removed: bool,
    shut: bool,
    kept: bool,
}

impl Found {
    fn option(&mut self, opt: &Opt, all: &[Opt], spares: bool) {
        let name = opt.name.as_str();
        self.off |= !spares && switched_off(opt) && !taken_back(opt, all);
        let takes = ["-to-remove", "-to-delete", "-to-terminate", "-to-revoke"];
        self.removed |= (name.starts_with("remove-") || takes.iter().any(|end| name.ends_with(end)))
            && !words(name).iter().any(|word| has(NO_REMOVAL, word))
            && !taken_back(opt, all);
        for text in &opt.values {
            let Some(data) = value::read(text) else { continue };
            self.member(name, &data, spares);
            // `--mfa-configuration OFF`: a whole value says it whatever it is the value of.
            let plain =
                value::scalar(&data).is_some_and(|text| has(PLAINLY_OFF, &text.trim().to_lowercase()));
            self.off |= plain && !spares && !loses_nothing(name) && !is_own_word(name);
            value::members(&data, &mut |key, value| {
                self.member(key, value, spares);
                self.removed |= is_removal(key) && is_something(value);
                // `{"DefaultAction": {"Block": {}}}`
                if let Value::Object(object) = value {
                    self.shut |= key.eq_ignore_ascii_case("defaultaction")
                        && object.keys().any(|key| has(KEEPS_OUT, &key.to_lowercase()));
                }
            });
            // `--enable-dns-support Value=false`
            if let Value::Object(object) = &data
                && let Some(value) = get(object, &["value"])
            {
                self.member(name, &Value::String(value), spares);
            }
            value::objects(&data, &mut |object| self.pair(object, spares));
        }
    }

    /// A member by its name and value.
    fn member(&mut self, name: &str, value: &Value, spares: bool) {
        let Some(text) = value::scalar(value) else { return };
        let text = text.trim().to_lowercase();
        self.kept |= is_retention(name) && text.starts_with(|c: char| c.is_ascii_digit());
        if is_zero(&text) {
            self.zero |= counts(name);
        } else if has(KEEPS_OUT, &text) {
            self.shut |= words(name).last().is_some_and(|last| has(LETS, last));
        } else if has(OFF, &text) {
            self.off |= !spares && is_switch(name);
        } else if takes_out(&text) {
            self.removed |= matches!(
                name.to_lowercase().as_str(),
                "op" | "operation" | "action" | "changeaction" | "changetype"
            );
        }
    }

    /// `Key=a.enabled,Value=false`, `op=replace,path=/enabled,value=false`, `OptionName=MaxSize,Value=0`.
    fn pair(&mut self, object: &Map<String, Value>, spares: bool) {
        let names = ["key", "name", "path", "optionname", "attributename", "parametername", "parameterkey"];
        let values = ["value", "optionvalue", "attributevalue", "parametervalue"];
        if let (Some(name), Some(value)) = (get(object, &names), get(object, &values)) {
            self.member(&name, &Value::String(value), spares);
        }
    }

    /// `--attribute-name Enabled --attribute-value false`, `--attribute x --value y`
    fn named_by_option(&mut self, opts: &Opts, spares: bool) {
        let last = |name: &str| {
            let opt = opts.list.iter().rev().find(|opt| opt.may_be(name))?;
            opt.values.first().cloned()
        };
        for (name, value) in
            [("attribute-name", "attribute-value"), ("attribute", "value"), ("name", "value")]
        {
            if let (Some(name), Some(value)) = (last(name), last(value)) {
                self.member(&name, &Value::String(value), spares);
            }
        }
    }
}

/// The text under the first of these names, in any case.
fn get(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    let (_, value) = object.iter().find(|(key, _)| names.contains(&key.to_lowercase().as_str()))?;
    value::scalar(value)
}

/// Whether the value of an option is somebody's own words.
fn is_own_word(name: &str) -> bool {
    words(name).last().is_some_and(|last| has(OWN_WORDS, last))
}

/// Whether a member names what is taken out: `Remove`, `removePermissions`.
fn is_removal(key: &str) -> bool {
    let words = words(key);
    words.first().is_some_and(|first| first == "remove") && !words.iter().any(|word| has(NO_REMOVAL, word))
}

/// Whether a member of a document says how long something is kept. Options have rows of their own.
fn is_retention(name: &str) -> bool {
    let is_member = name.contains(|c: char| c.is_ascii_uppercase());
    let words = words(name);
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    is_member && (has("retention") || (has("delete") && has("after")))
}

fn is_zero(text: &str) -> bool {
    let text = text.trim_end_matches('%');
    text.starts_with(['0', '.', '-', '+']) && text.parse::<f64>().is_ok_and(|number| number == 0.0)
}

fn takes_out(text: &str) -> bool {
    ["delete", "remove", "revoke"].iter().any(|verb| text.starts_with(verb))
}

/// Whether a member of this name counts what works.
fn counts(name: &str) -> bool {
    let words = words(name);
    let is = |list: &str| words.iter().any(|word| has(list, word));
    // A weight is one of a route only when nothing else is weighed.
    is(QUANTITIES) && !is(NO_QUANTITY) && (words.len() == 1 || !words.iter().any(|word| word == "weight"))
}

/// Whether a member of this name says whether something is at work.
fn is_switch(name: &str) -> bool {
    if loses_nothing(name) {
        return false;
    }
    let words = words(name);
    let last = words.last().map(String::as_str).unwrap_or_default();
    matches!(last, "state" | "status" | "enabled" | "enable" | "active" | "activated")
        || words.first().is_some_and(|first| matches!(first.as_str(), "enable" | "enabled"))
}

/// Whether an option without a value switches something off: `--no-enabled`, `--no-enable-x`, `--disabled`.
fn switched_off(opt: &Opt) -> bool {
    let name = opt.name.as_str();
    if !opt.values.is_empty() || loses_nothing(name) {
        return false;
    }
    let off = name.strip_prefix("no-").is_some_and(is_switch)
        || matches!(name, "disabled" | "is-disabled" | "disable" | "suspend" | "suspended");
    off || (!opt.sure && name.len() > 4 && "no-enabled".starts_with(name))
}

/// Whether the opposite of a switch follows.
fn taken_back(opt: &Opt, all: &[Opt]) -> bool {
    let opposite = match opt.name.strip_prefix("no-") {
        Some(positive) => positive.to_owned(),
        None => format!("no-{}", opt.name),
    };
    let at = |name: &str| all.iter().rposition(|other| other.name == name);
    at(&opposite) > at(&opt.name)
}

/// Whether an option takes something from another or overrides what would refuse.
fn forces(opt: &Opt, all: &[Opt]) -> bool {
    let name = opt.name.as_str();
    let full = matches!(name, "force" | "replace" | "allow-overwrite")
        || ["force-", "delete-", "bypass-", "allow-reass"].iter().any(|start| name.starts_with(start));
    let maybe = !opt.sure
        && name.len() > 3
        && ["force", "allow-reassociation", "allow-reassignment"].iter().any(|long| long.starts_with(name));
    (full || maybe)
        && !has(NO_FORCE, name)
        && !super::protection::is_protection(name)
        && !taken_back(opt, all)
        && !opt.values.iter().any(|value| value.eq_ignore_ascii_case("false"))
}

/// Whether a name speaks of what deletes or stops by itself.
fn loses_nothing(name: &str) -> bool {
    words(name).iter().any(|word| has(LOSES_NOTHING, word))
}

/// The words of a name, in small letters: `DesiredCapacity`, `desired-capacity`, `a.desiredCapacity`, `SSEStatus`.
fn words(name: &str) -> Vec<String> {
    let bytes = name.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    let mut out = vec![String::new()];
    for (index, byte) in name.bytes().enumerate() {
        let before = if index > 0 { at(index - 1) } else { 0 };
        let starts = byte.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || (before.is_ascii_uppercase() && at(index + 1).is_ascii_lowercase()));
        if starts || !byte.is_ascii_alphanumeric() {
            out.push(String::new());
        }
        if let Some(word) = out.last_mut().filter(|_| byte.is_ascii_alphanumeric()) {
            word.push(byte.to_ascii_lowercase().into());
        }
    }
    out.retain(|word| !word.is_empty());
    out
}

#[cfg(test)]
#[path = "general_tests.rs"]
mod tests;
