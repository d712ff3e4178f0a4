//! One entry for each kind of thing, read once from the YAML files beside this one. The head of `data.yaml` tells how
//! an entry is written.

use super::row_fact::Fact;
use super::words::Words;
use crate::engine::aws::Hit;
use crate::engine::fact::Why;
use serde::Deserialize;
use std::sync::LazyLock;

/// Name and text of each file.
pub(super) const FILES: [(&str, &str); 3] = [
    ("data.yaml", include_str!("data.yaml")),
    ("network.yaml", include_str!("network.yaml")),
    ("other.yaml", include_str!("other.yaml")),
];

/// One kind of thing, and what is asked before a command touches one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    #[serde(rename = "for")]
    pub(super) commands: Commands,
    /// The question that describes the thing.
    pub(super) ask: Words,
    pub(super) thing: Thing,
    #[serde(default)]
    pub(super) data: Holds,
    #[serde(default)]
    pub(super) facts: Vec<Fact>,
    #[serde(default)]
    pub(super) more: Vec<Ask>,
}

/// The commands an entry is for: `SERVICE OPERATION... --OPTION...`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Commands {
    pub(super) service: String,
    pub(super) operations: Vec<String>,
    /// The options that may name the thing, without dashes.
    pub(super) options: Vec<String>,
}

impl TryFrom<String> for Commands {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Commands, Self::Error> {
        let mut words = text.split_ascii_whitespace().map(str::to_owned);
        let service = words.next().unwrap_or_default();
        let (options, operations): (Vec<String>, _) = words.partition(|w| w.starts_with("--"));
        let options: Vec<String> = options.iter().map(|o| o.trim_start_matches('-').to_owned()).collect();
        if operations.is_empty() || options.is_empty() {
            return Err(
                "a service, its operations and the options that may name the thing have to stand here",
            );
        }
        Ok(Commands { service, operations, options })
    }
}

/// The thing in the answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thing {
    /// What a person calls it.
    pub(super) kind: String,
    /// Where it stands, or the list it is in.
    #[serde(default)]
    pub(super) at: String,
    /// In a list: the member that has to be equal to the name.
    pub(super) pick: Option<String>,
    #[serde(default)]
    pub(super) created: String,
    #[serde(default)]
    pub(super) tags: String,
}

/// What becomes of the data that the thing holds.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Holds {
    /// It holds none.
    #[default]
    Nothing,
    /// It goes, and why nothing is left.
    Goes(String),
    /// It goes unless a last copy is asked for. The names of the options: the copy's name, the one that asks for none
    /// where AWS otherwise insists, the one that keeps the data.
    Snapshot { named: String, skip: Option<String>, keep: Option<String> },
}

/// A question beside the description.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// How a gap calls it.
    pub(super) what: String,
    pub(super) ask: Words,
    pub(super) facts: Vec<Fact>,
}

static ROWS: LazyLock<Result<Vec<Row>, String>> = LazyLock::new(|| read(&FILES));

pub(super) fn read(files: &[(&str, &str)]) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for (name, text) in files {
        let entries = serde_yaml::from_str::<Vec<Row>>(text);
        rows.extend(entries.map_err(|e| format!("guard's own {name} is not valid: {e}"))?);
    }
    Ok(rows)
}

/// All of them, or why they could not be read.
pub(super) fn rows() -> Result<&'static [Row], Why> {
    ROWS.as_deref().map_err(|why| Why::Failed(why.clone()))
}

/// The row for a command, where there is one.
pub(super) fn row_of(hit: &Hit) -> Result<Option<&'static Row>, Why> {
    let is_for =
        |r: &&Row| r.commands.service == hit.service && r.commands.operations.contains(&hit.operation);
    Ok(rows()?.iter().find(is_for))
}
