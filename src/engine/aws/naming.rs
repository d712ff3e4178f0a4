//! How a phrase says what a command hits: its kind, where it is (cluster, table, zone, repository), and its name. A document
//! or SQL never stands in it: of those there is a count, and in `GUARD_CONFIRM` a digest.

use super::hit::Hit;
use super::{arn, names};

/// What a phrase says of one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// The kind of thing, as it is typed: `stack`, `instance`, `eks-cluster`.
    pub kind: String,
    /// Where it is, the outermost first: what each is called, and its name.
    pub places: Vec<(String, String)>,
    /// The names of what is hit, in the order given, each once.
    pub names: Vec<String>,
    /// Everything in the last place goes.
    pub whole: bool,
    /// How many things a document speaks of, where it names none of them itself.
    pub count: Option<usize>,
    /// What a digest is made over besides the names: the documents.
    pub documents: Vec<String>,
    /// Something that names what is hit could not be read.
    pub unread: bool,
}

/// Options that say where the thing is that another option names; those of a command's own row come first.
const PLACES: &[&str] = &[
    "bucket",
    "catalog-id",
    "hosted-zone-id",
    "cluster",
    "cluster-arn",
    "cluster-name",
    "cluster-identifier",
    "db-cluster-identifier",
    "db-instance-identifier",
    "keyspace-name",
    "database-name",
    "table-name",
    "repository-name",
    "stack-name",
    "stack-set-name",
    "rest-api-id",
    "api-id",
    "application-id",
    "application-name",
    "user-pool-id",
    "identity-pool-id",
    "identity-store-id",
    "directory-id",
    "vault-name",
    "backup-vault-name",
    "auto-scaling-group-name",
    "load-balancer-name",
    "load-balancer-arn",
    "listener-arn",
    "target-group-arn",
    "function-name",
    "log-group-name",
    "event-bus-name",
    "queue-url",
    "topic-arn",
    "detector-id",
    "graph-arn",
    "instance-arn",
    "file-system-id",
    "network-acl-id",
    "route-table-id",
    "domain-id",
    "workspace-id",
    "project-name",
    "job-name",
    "thing-name",
    "role-name",
    "user-name",
    "group-name",
];

/// What a phrase says of this command.
pub fn naming(hit: &Hit) -> Naming {
    if hit.service == "s3" {
        return of_s3(hit);
    }
    let mut naming = Naming { kind: kind(hit), ..Naming::default() };
    let path = path(hit);
    let (told, path): (Vec<&String>, Vec<&String>) = path.iter().partition(|step| step.starts_with('+'));
    let given: Vec<Step<'_>> = path.into_iter().filter_map(|step| Step::of(hit, step)).collect();
    let have: Vec<&str> = given.iter().map(|step| step.option).collect();
    if let Some((last, places)) = given.split_last() {
        for step in places {
            naming.add_place(step);
        }
        match last.how {
            How::Plain => naming.add_names(last),
            How::Members => naming.add_members(last),
            How::Tables => naming.add_place(last),
        }
    }
    let mut outer = Naming::default();
    for option in PLACES.iter().filter(|option| !have.contains(*option)) {
        if let Some(step) = Step::of(hit, option) {
            outer.add_place(&step);
        }
    }
    // Nearer to the account than what the row names.
    naming.places.splice(0..0, outer.places);
    for option in told.into_iter().filter_map(|step| step.strip_prefix('+')) {
        naming.documents.extend(hit.list(option).iter().cloned());
    }
    if naming.names.is_empty() && naming.count.is_none() && hit.unread {
        naming.unread = true;
    }
    naming
}

/// One option of a path, as it was given.
struct Step<'a> {
    option: &'a str,
    values: &'a [String],
    how: How,
}

/// How an option's value says what is hit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Its values are names.
    Plain,
    /// It is a document or a statement: its members count.
    Members,
    /// It is a document or a statement that names tables.
    Tables,
}

impl<'a> Step<'a> {
    /// The step of one element of a path, when one of its options was given.
    fn of(hit: &'a Hit, element: &'a str) -> Option<Step<'a>> {
        element.split('|').find_map(|option| {
            let (how, option) = match (option.strip_prefix('#'), option.strip_prefix('@')) {
                (Some(option), _) => (How::Members, option),
                (None, Some(option)) => (How::Tables, option),
                (None, None) => (How::Plain, option),
            };
            let values = hit.list(option);
            let document = speaks(option) || values.iter().any(|v| is_document(v));
            let how = if how == How::Plain && document { How::Members } else { how };
            (!values.is_empty()).then_some(Step { option, values, how })
        })
    }

    /// What the question calls it: `hosted zone` of `hosted-zone-id`.
    fn label(&self) -> String {
        let ends = ["-ids", "-names", "-arns", "-identifiers", "-id", "-name", "-arn", "-identifier", "-url"];
        let base = ends.iter().find_map(|end| self.option.strip_suffix(end)).unwrap_or(self.option);
        if self.how == How::Tables { "table".to_owned() } else { base.replace('-', " ") }
    }
}

impl Naming {
    fn add_place(&mut self, step: &Step<'_>) {
        let label = step.label();
        let names: Vec<String> = match step.how {
            How::Tables => tables(step.values),
            How::Members => return,
            How::Plain => {
                step.values.iter().flat_map(|v| names::values(v)).flat_map(|v| names::path_of(&v)).collect()
            }
        };
        if step.values.iter().any(|v| is_unread(v)) {
            self.places.push((label, "*".to_owned()));
            return;
        }
        let mut names = names::each_once(names.into_iter());
        if step.how == How::Tables && names.len() > 1 {
            // Several tables are one place: the first and how many more.
            names = vec![format!("{}+{}", names.first().cloned().unwrap_or_default(), names.len() - 1)];
        }
        if step.how == How::Tables && names.is_empty() {
            names.push("*".to_owned());
        }
        self.places.extend(names.into_iter().map(|name| (label.clone(), name)));
    }

    fn add_names(&mut self, step: &Step<'_>) {
        if step.values.iter().any(|v| is_unread(v)) {
            self.unread = true;
            return;
        }
        let all = names::each_once(step.values.iter().flat_map(|v| names::values(v)));
        if let [one] = all.as_slice() {
            let mut path = names::path_of(one);
            if let Some(name) = path.pop() {
                // A load balancer's listener: the balancer is its place.
                self.places.extend(path.into_iter().map(|place| (step.label(), place)));
                self.names = vec![name];
            }
            return;
        }
        self.names = names::each_once(all.iter().map(|name| names::path_of(name).join("/")));
    }

    fn add_members(&mut self, step: &Step<'_>) {
        if step.values.iter().any(|v| is_unread(v)) {
            self.unread = true;
            return;
        }
        let mut members = members(step.values);
        if speaks(step.option) {
            // A statement without blanks (`g.V().drop()`, `delete/**/from/**/t`) looks like a name and is none.
            members.iter_mut().filter(|member| member.bare).for_each(|member| member.name = None);
        }
        self.documents = step.values.to_vec();
        let named: Option<Vec<String>> = members.iter().map(|m| m.name.clone()).collect();
        match named.map(|names| names::each_once(names.into_iter())).filter(|names| !names.is_empty()) {
            Some(names) => {
                if names.len() == members.len() && members.iter().all(|m| m.bare) {
                    self.documents.clear();
                }
                self.names = names;
            }
            None => self.count = Some(members.len().max(1)),
        }
    }
}

/// The options that name what this command hits, the outermost first.
fn path(hit: &Hit) -> Vec<String> {
    #[cfg(feature = "cli")]
    {
        let command = hit.verb();
        if let Some((_, path)) = crate::engine::tools::aws::naming(command.as_bytes()) {
            return path.split(',').map(str::to_owned).collect();
        }
        if let Some(reviewed) = super::reviewed(&hit.service, &hit.operation) {
            // Settings that a document holds are no name: they never stand in a phrase.
            let named: Vec<String> = reviewed
                .target
                .split(',')
                .filter_map(|option| option.strip_prefix("--"))
                .filter(|option| hit.list(option).iter().all(|value| !is_document(value)))
                .map(str::to_owned)
                .collect();
            if !named.is_empty() {
                return named;
            }
        }
    }
    names::best(hit).map(str::to_owned).into_iter().collect()
}

/// The kind of thing a phrase says: what the operation's name speaks of, with the service in front of it where several
/// services have something of that name.
pub fn kind(hit: &Hit) -> String {
    let noun = noun(hit);
    #[cfg(feature = "cli")]
    {
        use crate::engine::tools::aws as tables;
        let command = hit.verb();
        if let Some((kind, _)) = tables::naming(command.as_bytes()).filter(|(kind, _)| *kind != "-") {
            return kind.to_owned();
        }
        let service = if hit.service == "s3" { "s3api" } else { hit.service.as_str() };
        match tables::shared_kind(noun.as_bytes()) {
            _ if noun.is_empty() => format!("{}-{}", hit.service, hit.operation.replace(' ', "-")),
            None => noun,
            Some(Some(owner)) if owner == service => noun,
            Some(_) if noun.starts_with(&format!("{}-", hit.service)) => noun,
            Some(_) => format!("{}-{noun}", hit.service),
        }
        .trim_matches('-')
        .to_owned()
    }
    #[cfg(not(feature = "cli"))]
    noun
}

/// What the operation's name speaks of, without what it says of the way there: `instances-from-load-balancer` is about
/// instances.
fn noun(hit: &Hit) -> String {
    const TAILS: [&str; 7] = ["from", "in", "to", "by", "with", "for", "as"];
    let words = names::noun_of(&hit.operation);
    let words: Vec<&str> = words.split('-').collect();
    let end = words.iter().skip(1).position(|word| TAILS.contains(word)).map_or(words.len(), |at| at + 1);
    names::one_of(&words.get(..end).unwrap_or(&words).join("-"))
}

/// The paths of the `s3` commands: a bucket, one object, or everything below a prefix.
fn of_s3(hit: &Hit) -> Naming {
    let mut naming = Naming { kind: "object".to_owned(), ..Naming::default() };
    let buckets = matches!(hit.operation.as_str(), "rb" | "mb" | "website");
    naming.whole = !buckets && (hit.operation == "sync" || hit.has("recursive"));
    if buckets || naming.whole {
        naming.kind = "bucket".to_owned();
    }
    let paths: Vec<&str> =
        names::paths(hit).into_iter().map(|p| p.strip_prefix("s3://").unwrap_or(p)).collect();
    match paths.as_slice() {
        [path] if naming.whole => {
            let path = names::short(path);
            let (bucket, prefix) = path.split_once('/').unwrap_or((&path, ""));
            naming.places.push(("bucket".to_owned(), bucket.to_owned()));
            naming.places.extend((!prefix.is_empty()).then(|| ("prefix".to_owned(), prefix.to_owned())));
        }
        [path] => {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            if key.is_empty() || arn::parts(path).is_some() {
                naming.names.push(names::short(path));
            } else {
                naming.places.push(("bucket".to_owned(), bucket.to_owned()));
                naming.names.push(key.to_owned());
            }
        }
        several => naming.names = names::each_once(several.iter().map(|path| names::short(path))),
    }
    naming
}

/// Whether a value is no name but a document: JSON, the CLI's shorthand, or lines of text. Names may hold blanks (`High CPU`).
pub(super) fn is_document(value: &str) -> bool {
    let value = value.trim();
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric());
    value.starts_with(['{', '[']) && !is_list_of_names(value)
        || value.contains(['\n', '\t'])
        || value.split_once('=').is_some_and(|(key, _)| is_key(key))
}

/// Whether an option's values are statements or texts, whatever they look like: no name stands in them.
pub(super) fn speaks(option: &str) -> bool {
    const WORDS: [&str; 22] = [
        "sql",
        "sqls",
        "statement",
        "statements",
        "query",
        "queries",
        "code",
        "script",
        "body",
        "document",
        "definition",
        "command",
        "commands",
        "policy",
        "content",
        "input",
        "payload",
        "message",
        "text",
        "expression",
        "prompt",
        "description",
    ];
    option.ends_with("query-string") || option.rsplit('-').next().is_some_and(|last| WORDS.contains(&last))
}

/// `["a", "b"]`: a list as the CLI takes it, too.
fn is_list_of_names(value: &str) -> bool {
    #[cfg(feature = "cli")]
    if let Ok(list) = serde_json::from_str::<Vec<String>>(value) {
        return list.iter().all(|name| !name.contains(' '));
    }
    let _ = value;
    false
}

/// Whether a value stands for a document that was not read.
fn is_unread(value: &str) -> bool {
    value.starts_with("file://") || value.starts_with("fileb://")
}

/// One thing a document speaks of.
struct Member {
    /// Its name, where it has one.
    name: Option<String>,
    /// The name is all that is said of it.
    bare: bool,
}

/// The things that documents speak of: items of a list, also of the only list in an object; the statements of SQL.
#[cfg(feature = "cli")]
fn members(values: &[String]) -> Vec<Member> {
    use serde_json::Value;
    let mut out = Vec::new();
    for value in values {
        let read = if is_document(value) || value.trim_start().starts_with('[') {
            super::value::read(value)
        } else {
            None
        };
        match read {
            Some(Value::Array(list)) => out.extend(list.iter().map(member)),
            Some(Value::Object(map)) => {
                let lists: Vec<&Vec<Value>> = map.values().filter_map(Value::as_array).collect();
                if lists.is_empty() {
                    out.push(member(&Value::Object(map)));
                } else {
                    out.extend(lists.into_iter().flatten().map(member));
                }
            }
            Some(other) => out.push(member(&other)),
            None if value.contains([' ', '\n', '\t', ';']) => {
                let statements = value.split(';').filter(|s| !s.trim().is_empty()).count().max(1);
                out.extend((0..statements).map(|_| Member { name: None, bare: false }));
            }
            None => out.push(Member { name: plain_name(value), bare: true }),
        }
    }
    out
}

#[cfg(not(feature = "cli"))]
fn members(values: &[String]) -> Vec<Member> {
    values.iter().map(|_| Member { name: None, bare: false }).collect()
}

/// A thing by the shortest of its members that name one: `Key` rather than `VersionId`, `imageTag` rather than
/// `imageDigest`.
#[cfg(feature = "cli")]
fn member(value: &serde_json::Value) -> Member {
    use serde_json::Value;
    const ENDS: [&str; 7] = ["id", "name", "arn", "identifier", "tag", "digest", "key"];
    match value {
        Value::String(text) => Member { name: plain_name(text), bare: true },
        Value::Object(map) => {
            let named = map.iter().filter_map(|(key, value)| {
                let lower = key.to_ascii_lowercase();
                let names = ENDS.iter().any(|end| lower.ends_with(end)) && !lower.ends_with("token");
                Some((key.len(), key, plain_name(value.as_str()?)?)).filter(|_| names)
            });
            let name = named.min().map(|(_, _, name)| name);
            Member { name, bare: map.len() == 1 }
        }
        _ => Member { name: None, bare: false },
    }
}

/// A text that can be a name: one word.
#[cfg(feature = "cli")]
fn plain_name(text: &str) -> Option<String> {
    let plain = !text.is_empty() && !text.contains(char::is_whitespace) && !is_document(text);
    plain.then(|| text.to_owned())
}

/// The tables that DynamoDB's documents and statements name, each once.
#[cfg(feature = "cli")]
fn tables(values: &[String]) -> Vec<String> {
    use serde_json::Value;
    let mut out: Vec<String> = Vec::new();
    for value in values {
        match super::value::read(value) {
            Some(Value::String(text)) => out.extend(tables_of_statement(&text)),
            Some(document) => {
                super::value::members(&document, &mut |key, value| match (key, value) {
                    ("TableName", Value::String(name)) => out.push(name.clone()),
                    ("Statement", Value::String(text)) => out.extend(tables_of_statement(text)),
                    // `--request-items`: tables are the members' names.
                    (table, Value::Array(list))
                        if list.iter().any(|r| r.get("PutRequest").or(r.get("DeleteRequest")).is_some()) =>
                    {
                        out.push(table.to_owned());
                    }
                    _ => {}
                });
                super::value::texts(&document, &mut |text| {
                    if text.contains(' ') && !out.iter().any(|have| text.contains(have.as_str())) {
                        out.extend(tables_of_statement(text));
                    }
                });
            }
            None => out.extend(tables_of_statement(value)),
        }
    }
    let mut tables: Vec<String> = out.iter().map(|name| names::short(name)).collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}

#[cfg(not(feature = "cli"))]
fn tables(_: &[String]) -> Vec<String> {
    Vec::new()
}

/// `DELETE FROM "orders"."index" WHERE …`, `UPDATE orders SET …`, `INSERT INTO orders VALUE …` (PartiQL for DynamoDB).
#[cfg(feature = "cli")]
fn tables_of_statement(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut out = Vec::new();
    for pair in words.windows(2) {
        let [keyword, table] = pair else { continue };
        if !["from", "into", "update", "exists("].iter().any(|k| keyword.eq_ignore_ascii_case(k)) {
            continue;
        }
        let table = match table.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next().unwrap_or_default(),
            None => table.split(['.', '(', ')', ';', ',']).next().unwrap_or_default(),
        };
        if !table.is_empty() {
            out.push(table.to_owned());
        }
    }
    out
}

#[cfg(all(test, feature = "cli"))]
#[path = "naming_tests.rs"]
mod tests;
