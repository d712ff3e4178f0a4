//! DynamoDB: tables with everything in them, single items, and the history that would bring them back.

use super::cli::Cli;
use super::copies::Copies;
use super::describe;
use super::describe::{Named, Seen, command, first, merge, names, newest, off};
use super::json;
use super::safer_command::Form;
use crate::engine::aws::Hit;
use crate::engine::backup::Backups;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Impact, Protection, Subject};
use serde_json::Value;
use std::collections::BTreeMap;

const KIND: &str = "DynamoDB table";

/// Looks at the tables or items the command is about.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    match hit.operation.as_str() {
        "batch-write-item" => writes(cli, hit, batch(hit), impact).await,
        "transact-write-items" => writes(cli, hit, transaction(hit), impact).await,
        // What is made is not there yet.
        "create-table" | "create-backup" => describe::probe_impact(cli, hit, impact).await,
        _ if hit.list("table-name").is_empty() => describe::probe_impact(cli, hit, impact).await,
        _ => {
            let named = names(hit, "table-name");
            let mut seen = Vec::new();
            // Every one of these operations takes one table.
            for one in named.iter().take(1) {
                seen.push(table(cli, hit, one).await);
            }
            merge(KIND, &named, seen, impact);
        }
    }
}

/// A backup first: it outlives the table.
pub(super) fn safer(hit: &Hit, impact: &Impact) -> Option<String> {
    let goes = impact.data.iter().any(|d| d.fate == Fate::Erased);
    let table = hit.value("table-name").filter(|_| goes && hit.operation == "delete-table")?;
    let name = impact.subjects.first()?.name.as_str();
    let backup = Form::new(hit, "dynamodb", "create-backup")
        .with("table-name", &[table])
        .with("backup-name", &[describe::last_name(name)]);
    Some(format!("{} first", backup.text()))
}

/// Whether changes of a table can be taken back.
enum History {
    /// How far back it goes, in words, and how old the newest moment is.
    On(String, Option<u64>),
    Off,
    Unknown(Why),
}

impl History {
    /// How old the newest moment is that it goes back to; nothing where it is off.
    fn latest(&self) -> Result<Option<u64>, Why> {
        match self {
            History::On(_, Some(latest)) => Ok(Some(*latest)),
            History::On(_, None) => Err(Why::Failed("the answer does not say".to_owned())),
            History::Off => Ok(None),
            History::Unknown(why) => Err(why.clone()),
        }
    }
}

async fn history(cli: &Cli<'_>, table: &str) -> History {
    match cli.find(&["dynamodb", "describe-continuous-backups", "--table-name", table]).await {
        Err(why) => History::Unknown(why),
        Ok(answer) => {
            let answer = answer.unwrap_or_default();
            let at = "/ContinuousBackupsDescription/PointInTimeRecoveryDescription";
            let status = json::text(&answer, &format!("{at}/PointInTimeRecoveryStatus"));
            let since = json::age_s(&answer, &format!("{at}/EarliestRestorableDateTime"));
            match status {
                Some("ENABLED") => {
                    let since = since.map(|s| format!(", back to {} ago", json::span(s))).unwrap_or_default();
                    History::On(since, json::age_s(&answer, &format!("{at}/LatestRestorableDateTime")))
                }
                _ => History::Off,
            }
        }
    }
}

async fn table(cli: &Cli<'_>, hit: &Hit, one: &Named) -> Seen {
    let table = one.given.as_str();
    let describe = ["dynamodb", "describe-table", "--table-name", table];
    let list = ["dynamodb", "list-backups", "--table-name", table, "--backup-type", "ALL"];
    let deletes = hit.operation == "delete-table";
    let (found, history, backups) = tokio::join!(cli.find(&describe), history(cli, table), async {
        if deletes { Some(cli.find(&list).await) } else { None }
    });
    let found = match found {
        Err(why) => {
            let mut impact = describe::unseen(KIND, one, why);
            if deletes {
                let what = format!("table {}", one.name);
                impact.data.push(Data { what, fate: Fate::Erased, because: String::new() });
            }
            return Seen::There(impact);
        }
        Ok(answer) => answer.unwrap_or_default(),
    };
    let Some(there) = found.pointer("/Table") else { return Seen::Absent };
    let mut impact = Impact::default();
    impact.subjects.push(Subject {
        kind: KIND.to_owned(),
        name: one.name.clone(),
        age_s: json::age_s(there, "/CreationDateTime"),
        ..Subject::default()
    });
    impact.subjects_total = 1;
    let amount = amount(there);
    protection(hit, there, table, &mut impact);
    if !turns_history_off(hit) {
        recovery(hit, table, &history, &mut impact);
    }
    match hit.operation.as_str() {
        "delete-table" => {
            impact.data.push(Data {
                what: format!("table {}: {amount}", one.name),
                fate: Fate::Erased,
                because: String::new(),
            });
            let backups = backups.unwrap_or(Err(Why::NotAsked));
            let mut found = Copies::of(format!("table {}", one.name), json::text(there, "/TableId"));
            found.history(history.latest(), there);
            found.of_table(&backups, there);
            impact.backups = found.finish(cli, json::text(there, "/TableArn")).await;
            deletion(there, &history, backups, &one.name, &mut impact);
        }
        "delete-item" => item(cli, hit, table, &mut impact).await,
        "update-time-to-live" => expiry(hit, &amount, &one.name, &mut impact),
        "update-continuous-backups" => {
            impact.also.push(amount);
            history_change(hit, history, &one.name, &mut impact);
        }
        "update-table" => {
            impact.also.push(amount);
            replicas(there, "replicas in", &mut impact);
        }
        _ => impact.also.push(amount),
    }
    Seen::There(impact)
}

/// The copies of a table that goes, each source asked only where the one before has none that is any use.
pub(super) async fn copies(cli: &Cli<'_>, mut found: Copies, name: &str, table: &Value) -> Backups {
    found.history(history(cli, name).await.latest(), table);
    if !found.has_usable() {
        let list = ["dynamodb", "list-backups", "--table-name", name, "--backup-type", "ALL"];
        found.of_table(&cli.find(&list).await, table);
    }
    found.finish(cli, json::text(table, "/TableArn")).await
}

/// How much is in it. AWS counts every six hours or so.
fn amount(table: &Value) -> String {
    let items = json::number(table, "/ItemCount");
    let items = items.map_or("an unknown number of items".to_owned(), |n| json::counted(n, "item"));
    let bytes = json::number(table, "/TableSizeBytes");
    let bytes = bytes.map(|b| format!(", {}", json::bytes(b))).unwrap_or_default();
    format!("{items}{bytes} (counted up to 6 h ago)")
}

fn protection(hit: &Hit, table: &Value, name: &str, impact: &mut Impact) {
    let Some(on) = json::truth(table, "/DeletionProtectionEnabled") else { return };
    let asked = hit.switch("deletion-protection-enabled");
    let words = ["dynamodb", "update-table", "--table-name", name, "--deletion-protection-enabled"];
    let effect = match (on, asked) {
        (true, Some(false)) => "is removed by this command".to_owned(),
        (true, _) if hit.operation == "delete-table" => {
            impact.refused = Some(format!("deletion protection of {} is on", describe::short(name)));
            "is ON: refuses the deletion".to_owned()
        }
        (true, _) => "is on".to_owned(),
        (false, Some(true)) => "is OFF; this command turns it on".to_owned(),
        (false, _) if hit.operation == "delete-item" => return,
        (false, _) => off(&command(hit, &words)),
    };
    impact.protections.push(Protection { what: "deletion protection".to_owned(), effect });
}

fn recovery(hit: &Hit, table: &str, history: &History, impact: &mut Impact) {
    let what = "point-in-time recovery".to_owned();
    let effect = match history {
        History::On(since, _) if hit.operation == "delete-table" => format!("is on{since}"),
        History::On(since, _) => format!("is on{since}: a new table can be restored from it"),
        History::Off => {
            let on = "PointInTimeRecoveryEnabled=true";
            let words = ["dynamodb", "update-continuous-backups", "--table-name", table];
            let words: Vec<&str> =
                words.into_iter().chain(["--point-in-time-recovery-specification", on]).collect();
            off(&command(hit, &words))
        }
        History::Unknown(why) => {
            return impact.gap(format!("{what} of {}", describe::short(table)), why.clone());
        }
    };
    impact.protections.push(Protection { what, effect });
}

fn deletion(
    table: &Value,
    history: &History,
    backups: Result<Option<Value>, Why>,
    name: &str,
    impact: &mut Impact,
) {
    if let History::On(..) = history {
        impact.data.push(Data {
            what: format!("a system backup of {name}"),
            fate: Fate::Kept,
            because: "AWS keeps it for 35 days where point-in-time recovery was on".to_owned(),
        });
    }
    match backups {
        Ok(answer) => {
            let answer = answer.unwrap_or_default();
            let all = json::list(&answer, "/BackupSummaries");
            let (time, at) = ("/BackupCreationDateTime", "/BackupName");
            newest(all, time, at, "backup", "backups stay", impact);
        }
        Err(why) => impact.gap(format!("backups of {name}"), why),
    }
    replicas(table, "other replicas stay:", impact);
    if json::truth(table, "/StreamSpecification/StreamEnabled") == Some(true) {
        impact.also.push("its stream goes, with what its consumers have not read".to_owned());
    }
}

fn replicas(table: &Value, text: &str, impact: &mut Impact) {
    let regions: Vec<&str> =
        json::list(table, "/Replicas").iter().filter_map(|r| json::text(r, "/RegionName")).collect();
    if !regions.is_empty() {
        impact.also.push(format!("{text} {}", first(&regions)));
    }
}

/// One item by its key. Its content is nobody's business: only whether it is there. A read that is not consistent may
/// miss what was written a moment ago (DynamoDB Developer Guide, "Read consistency").
async fn item(cli: &Cli<'_>, hit: &Hit, table: &str, impact: &mut Impact) {
    let key = hit.list("key").iter().map(String::as_str);
    if key.len() == 0 {
        return;
    }
    let words: Vec<&str> = ["dynamodb", "get-item", "--table-name", table, "--key"]
        .into_iter()
        .chain(key)
        .chain(["--consistent-read", "--return-consumed-capacity", "NONE"])
        .collect();
    match cli.find(&words).await {
        Ok(answer) if answer.as_ref().is_some_and(|a| a.pointer("/Item").is_some()) => {
            impact.data.push(Data {
                what: format!("1 item of {}", describe::short(table)),
                fate: Fate::Erased,
                because: String::new(),
            });
        }
        Ok(_) => impact.lower(Effect::Read, "there is no item with that key"),
        Err(why) => impact.gap("the item", why),
    }
}

/// What `--time-to-live-specification` says: shorthand or JSON.
fn expiry(hit: &Hit, amount: &str, name: &str, impact: &mut Impact) {
    let told = hit.list("time-to-live-specification").join(" ");
    let flat: String = told.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '{' | '}')).collect();
    let part = |key: &str| {
        let of = |p: &str| p.split_once(['=', ':']).filter(|(k, _)| *k == key).map(|(_, v)| v.to_owned());
        flat.split(',').find_map(of)
    };
    if part("Enabled").is_some_and(|v| v.eq_ignore_ascii_case("false")) {
        return impact.lower(Effect::Mutate, "nothing expires any more");
    }
    let attribute = part("AttributeName").unwrap_or_else(|| "the attribute".to_owned());
    impact.data.push(Data {
        what: format!("items of {name} whose {attribute} lies in the past ({amount} in all)"),
        fate: Fate::Erased,
        because: "deleted in the background, unattended".to_owned(),
    });
}

/// Whether this command switches point-in-time recovery off.
fn turns_history_off(hit: &Hit) -> bool {
    let told = hit.list("point-in-time-recovery-specification").join(" ").to_ascii_lowercase();
    let flat: String = told.chars().filter(|c| !c.is_whitespace() && *c != '"').collect();
    hit.operation == "update-continuous-backups"
        && (flat.contains("pointintimerecoveryenabled=false")
            || flat.contains("pointintimerecoveryenabled:false"))
}

fn history_change(hit: &Hit, history: History, name: &str, impact: &mut Impact) {
    if !turns_history_off(hit) {
        return;
    }
    let effect = match history {
        History::On(since, _) => {
            impact.data.push(Data {
                what: format!("the restore history of {name}{since}"),
                fate: Fate::Erased,
                because: "turning it on again starts from nothing".to_owned(),
            });
            "is removed by this command"
        }
        History::Off => {
            impact.lower(Effect::Read, "point-in-time recovery is off already");
            "is OFF already"
        }
        History::Unknown(why) => return impact.gap(format!("point-in-time recovery of {name}"), why),
    };
    impact
        .protections
        .push(Protection { what: "point-in-time recovery".to_owned(), effect: effect.to_owned() });
}

/// Deletions and overwrites by table.
type Writes = BTreeMap<String, (u64, u64)>;

fn batch(hit: &Hit) -> Option<Writes> {
    let items: Value = serde_json::from_str(hit.value("request-items")?).ok()?;
    let mut all = Writes::new();
    for (table, requests) in items.as_object()? {
        let counts = all.entry(table.clone()).or_default();
        for request in requests.as_array()? {
            let deletes = request.get("DeleteRequest").is_some();
            if deletes { counts.0 += 1 } else { counts.1 += 1 }
        }
    }
    Some(all)
}

fn transaction(hit: &Hit) -> Option<Writes> {
    let mut all = Writes::new();
    let texts = hit.list("transact-items");
    for text in texts {
        let items: Value = serde_json::from_str(text).ok()?;
        let items = items.as_array().cloned().unwrap_or_else(|| vec![items]);
        for item in items {
            for (action, body) in item.as_object()? {
                let counts = all.entry(json::owned(body, "/TableName")).or_default();
                match action.as_str() {
                    "Delete" => counts.0 += 1,
                    "Put" | "Update" => counts.1 += 1,
                    _ => {}
                }
            }
        }
    }
    (!texts.is_empty()).then_some(all)
}

/// Many items at once: how many of which table, and whether each table has a history.
async fn writes(cli: &Cli<'_>, hit: &Hit, all: Option<Writes>, impact: &mut Impact) {
    let Some(all) = all else {
        describe::probe_impact(cli, hit, impact).await;
        return impact.gap("the items", Why::Failed("they cannot be read from these words".to_owned()));
    };
    let looks = all.keys().map(|table| history(cli, table));
    let histories = crate::run::tasks::gather(looks).await;
    for ((table, (deletes, puts)), history) in all.iter().zip(histories) {
        let name = describe::short(table);
        let subject = Subject { kind: KIND.to_owned(), name: name.to_owned(), ..Subject::default() };
        impact.subjects.push(subject);
        impact.subjects_total += 1;
        if *deletes > 0 {
            impact.data.push(Data {
                what: format!("{} of {name}", json::counted(*deletes, "item")),
                fate: Fate::Erased,
                because: String::new(),
            });
        }
        if *puts > 0 {
            let text =
                format!("{} of {name} are written over where they exist", json::counted(*puts, "item"));
            impact.also.push(text);
        }
        recovery(hit, table, &history, impact);
    }
    if all.values().all(|(deletes, _)| *deletes == 0) {
        impact.lower(Effect::Mutate, "nothing is deleted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(operation: &str, option: &str, values: &[&str]) -> Hit {
        Hit {
            service: "dynamodb".into(),
            operation: operation.into(),
            options: vec![(option.into(), values.iter().map(|v| (*v).to_owned()).collect())],
            ..Hit::default()
        }
    }

    #[test]
    fn batches_and_transactions_are_counted_by_table() {
        let text = r#"{"a":[{"DeleteRequest":{"Key":{}}},{"DeleteRequest":{"Key":{}}},{"PutRequest":{"Item":{}}}],"b":[{"PutRequest":{}}]}"#;
        let all = batch(&hit("batch-write-item", "request-items", &[text])).unwrap();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), [("a".into(), (2, 1)), ("b".into(), (0, 1))]);
        let text = r#"[{"Delete":{"TableName":"a","Key":{}}},{"Put":{"TableName":"a"}},{"ConditionCheck":{"TableName":"c"}}]"#;
        let all = transaction(&hit("transact-write-items", "transact-items", &[text])).unwrap();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), [("a".into(), (1, 1)), ("c".into(), (0, 0))]);
        assert!(batch(&hit("batch-write-item", "request-items", &["a=[{DeleteRequest=x}]"])).is_none());
        assert!(transaction(&hit("transact-write-items", "transact-items", &[])).is_none());
    }

    #[test]
    fn switching_the_history_off_is_read_in_both_spellings() {
        let option = "point-in-time-recovery-specification";
        for (text, off) in [
            ("PointInTimeRecoveryEnabled=false", true),
            (r#"{"PointInTimeRecoveryEnabled": false}"#, true),
            ("PointInTimeRecoveryEnabled=true", false),
            ("PointInTimeRecoveryEnabled=true,RecoveryPeriodInDays=7", false),
        ] {
            assert_eq!(turns_history_off(&hit("update-continuous-backups", option, &[text])), off, "{text}");
        }
    }

    #[test]
    fn expiry_names_its_attribute() {
        let option = "time-to-live-specification";
        let mut impact = Impact::default();
        expiry(
            &hit("update-time-to-live", option, &["Enabled=true,AttributeName=created"]),
            "3 items",
            "t",
            &mut impact,
        );
        assert_eq!(impact.data[0].what, "items of t whose created lies in the past (3 items in all)");
        let mut impact = Impact::default();
        let json = r#"{"Enabled": false, "AttributeName": "x"}"#;
        expiry(&hit("update-time-to-live", option, &[json]), "", "t", &mut impact);
        assert!(impact.data.is_empty() && !impact.consequences[0].raises);
    }
}
