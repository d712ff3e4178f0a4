//! Route 53: zones, and the records a change batch takes away or replaces, with the values they have now.

use super::cli::Cli;
use super::describe;
use super::describe::{Named, Seen, merge, names};
use super::json;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::human::number;
use crate::engine::impact::{Data, Fate, Impact, Subject};
use serde_json::Value;

const KIND: &str = "hosted zone";

/// Up to so many records are asked for one by one; for more the zone is read once.
const ONE_BY_ONE: usize = 4;

/// Looks at the zone.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let option = ["hosted-zone-id", "id"].into_iter().find(|o| !hit.list(o).is_empty());
    let zoned = hit.operation.contains("hosted-zone") || hit.operation.ends_with("record-sets");
    let Some(option) = option.filter(|_| zoned) else {
        return describe::probe_impact(cli, hit, impact).await;
    };
    let named = names(hit, option);
    let mut seen = Vec::new();
    for one in named.iter().take(1) {
        seen.push(zone(cli, hit, one).await);
    }
    merge(KIND, &named, seen, impact);
}

async fn zone(cli: &Cli<'_>, hit: &Hit, one: &Named) -> Seen {
    let changes = (hit.operation == "change-resource-record-sets").then(|| changes(hit));
    let get = ["route53", "get-hosted-zone", "--id", &one.given];
    let (found, records) = tokio::join!(cli.find(&get), async {
        match &changes {
            Some(Some(changes)) => Some(current(cli, &one.given, changes).await),
            _ => None,
        }
    });
    let answer = match found {
        Err(why) => return Seen::Unseen(why),
        Ok(None) => return Seen::Absent,
        Ok(Some(answer)) => answer,
    };
    let mut impact = Impact::default();
    let name = json::owned(&answer, "/HostedZone/Name");
    impact.subjects.push(Subject { kind: KIND.to_owned(), name: one.name.clone(), ..Subject::default() });
    impact.subjects_total = 1;
    let private = json::truth(&answer, "/HostedZone/Config/PrivateZone") == Some(true);
    let counted = json::number(&answer, "/HostedZone/ResourceRecordSetCount");
    let records_in =
        counted.map_or("an unknown number of records".to_owned(), |n| json::counted(n, "record"));
    let count = counted.unwrap_or_default();
    let sort = if private { "private" } else { "public" };
    impact.also.push(format!("{sort} zone {}: {records_in}", name.trim_end_matches('.')));
    let networks = json::list(&answer, "/VPCs").len() as u64;
    if networks > 0 {
        impact.also.push(format!("{} resolve it", json::counted(networks, "VPC")));
    }
    match (hit.operation.as_str(), changes) {
        ("delete-hosted-zone", _) => {
            // Every zone has its own NS and SOA record, which go with it.
            if count > 2 {
                impact.refused = Some(format!("{} still in the zone", json::counted(count - 2, "record")));
            }
            if !private {
                impact.also.push("a new zone of that name gets other name servers".to_owned());
            }
        }
        (_, Some(None)) => {
            let why = "its words cannot be read".to_owned();
            impact.gap("the change batch", Why::Failed(why));
        }
        (_, Some(Some(changes))) => match records {
            Some(Ok(records)) => compare(&changes, &records, &mut impact),
            Some(Err(why)) => {
                impact.gap("the records as they are now", why);
                for change in changes.iter().filter(|c| c.action == "DELETE") {
                    impact.data.push(gone(change.label(), &change.value));
                }
            }
            None => {}
        },
        _ => {}
    }
    Seen::There(impact)
}

/// One change of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    action: String,
    name: String,
    kind: String,
    /// What sets records of one name and type apart (weighted, latency, failover …).
    set: String,
    value: String,
}

impl Change {
    fn label(&self) -> String {
        let set = if self.set.is_empty() { String::new() } else { format!(" ({})", self.set) };
        format!("{} {}{set}", self.kind, self.name.trim_end_matches('.'))
    }

    fn is_about(&self, record: &Value) -> bool {
        let name = unescape(&json::owned(record, "/Name"));
        same_name(&name, &self.name)
            && json::text(record, "/Type") == Some(&self.kind)
            && json::owned(record, "/SetIdentifier") == self.set
    }
}

/// Names are compared as DNS does, and without the dot at the end.
fn same_name(a: &str, b: &str) -> bool {
    a.trim_end_matches('.').eq_ignore_ascii_case(unescape(b).trim_end_matches('.'))
}

/// Route 53 writes `*` as `\052`; other octal escapes are left as they are.
fn unescape(name: &str) -> String {
    name.replace("\\052", "*")
}

/// Whether a name has one spelling only, but for case.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'*'))
}

/// The change batch, when it is JSON.
fn changes(hit: &Hit) -> Option<Vec<Change>> {
    let batch: Value = serde_json::from_str(hit.value("change-batch")?).ok()?;
    let changes = batch.get("Changes")?.as_array()?;
    let one = |c: &Value| {
        let record = c.get("ResourceRecordSet")?;
        Some(Change {
            action: c.get("Action")?.as_str()?.to_owned(),
            name: record.get("Name")?.as_str()?.to_owned(),
            kind: record.get("Type")?.as_str()?.to_owned(),
            set: json::owned(record, "/SetIdentifier"),
            value: value_of(record),
        })
    };
    changes.iter().map(one).collect()
}

/// What a record says: `192.0.2.1, 192.0.2.2` or `alias of x.elb.amazonaws.com`.
fn value_of(record: &Value) -> String {
    if let Some(alias) = json::text(record, "/AliasTarget/DNSName") {
        return format!("alias of {}", alias.trim_end_matches('.'));
    }
    let values: Vec<&str> =
        json::list(record, "/ResourceRecords").iter().filter_map(|r| json::text(r, "/Value")).collect();
    describe::first(&values)
}

/// The records of the zone that the changes are about, as they are now.
async fn current(cli: &Cli<'_>, zone: &str, changes: &[Change]) -> Result<Vec<Value>, Why> {
    let list = ["route53", "list-resource-record-sets", "--hosted-zone-id", zone];
    let records = |answer: Value| json::list(&answer, "/ResourceRecordSets").to_vec();
    if changes.len() > ONE_BY_ONE {
        return cli.json(&list).await.map(records);
    }
    let asks = changes.iter().map(|change| {
        // Names are listed from this one on; records of one name may be several.
        let from = ["--start-record-name", &change.name, "--start-record-type", &change.kind];
        let words: Vec<&str> = list.into_iter().chain(from).chain(["--max-items", "100"]).collect();
        async move { cli.json(&words).await }
    });
    let mut all = Vec::new();
    for answer in crate::run::tasks::gather(asks).await {
        all.extend(records(answer?));
    }
    Ok(all)
}

fn gone(label: String, value: &str) -> Data {
    Data { what: format!("{label} = {value}"), fate: Fate::Erased, because: "DELETE".to_owned() }
}

fn compare(changes: &[Change], records: &[Value], impact: &mut Impact) {
    let mut harmless = true;
    let mut created = 0;
    for change in changes {
        let now = records.iter().find(|r| change.is_about(r));
        let label = change.label();
        match (change.action.as_str(), now) {
            ("DELETE", Some(now)) => {
                harmless = false;
                let ttl =
                    json::number(now, "/TTL").map(|t| format!(" (TTL {})", number(t))).unwrap_or_default();
                impact.data.push(gone(label, &format!("{}{ttl}", value_of(now))));
            }
            // One spelling may hide another (`\100` is `@`): such a record counts as not seen, not as absent.
            (_, None) if !is_plain(&change.name) => {
                harmless = false;
                let why = "its name is not written in plain letters".to_owned();
                impact.gap(format!("record {label}"), Why::Failed(why));
            }
            // One change that cannot be made stops the whole batch.
            ("DELETE", None) => {
                impact.lower(Effect::Read, format!("there is no record {label}: the whole batch is refused"));
            }
            ("UPSERT", Some(now)) => {
                let before = value_of(now);
                if before == change.value {
                    impact.also.push(format!("{label} stays {before}"));
                } else {
                    impact.also.push(format!("{label}: {before} becomes {}", change.value));
                }
                // Weights, health checks or the TTL may differ where the value does not.
                harmless = false;
            }
            ("CREATE", Some(now)) => {
                impact.refused = Some(format!("{label} exists already: {}", value_of(now)));
            }
            ("CREATE" | "UPSERT", None) => created += 1,
            _ => harmless = false,
        }
    }
    if created > 0 {
        impact.also.push(format!("{} added", json::counted(created, "record")));
    }
    if harmless {
        impact.lower(Effect::Mutate, "no record there now is changed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hit(batch: &Value) -> Hit {
        Hit {
            service: "route53".into(),
            operation: "change-resource-record-sets".into(),
            options: vec![("change-batch".into(), vec![batch.to_string()])],
            ..Hit::default()
        }
    }

    fn change(action: &str, name: &str, value: &str) -> Value {
        let record = json!({"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}]});
        json!({"Action": action, "ResourceRecordSet": record})
    }

    fn told(batch: &[Value]) -> Impact {
        let records = [
            json!({"Name": "www.example.com.", "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": "192.0.2.1"}]}),
            json!({"Name": "\\052.example.com.", "Type": "A", "AliasTarget": {"DNSName": "lb.example.net."}}),
        ];
        let mut impact = Impact::default();
        compare(&changes(&hit(&json!({"Changes": batch}))).unwrap(), &records, &mut impact);
        impact
    }

    #[test]
    fn what_goes_is_shown_as_it_is_now() {
        let impact =
            told(&[change("DELETE", "WWW.example.com", "x"), change("DELETE", "*.example.com", "x")]);
        let what: Vec<&str> = impact.data.iter().map(|d| d.what.as_str()).collect();
        assert_eq!(
            what,
            ["A WWW.example.com = 192.0.2.1 (TTL 300)", "A *.example.com = alias of lb.example.net"]
        );
        assert_eq!(impact.consequences, []);
    }

    #[test]
    fn a_replaced_value_is_shown_before_and_after() {
        let impact = told(&[change("UPSERT", "www.example.com.", "192.0.2.9")]);
        assert_eq!(impact.also, ["A www.example.com: 192.0.2.1 becomes 192.0.2.9"]);
        assert_eq!(impact.consequences, []);
    }

    #[test]
    fn new_records_harm_nothing() {
        let impact =
            told(&[change("UPSERT", "new.example.com", "x"), change("CREATE", "new2.example.com", "x")]);
        assert_eq!(impact.also, ["2 records added"]);
        assert_eq!(impact.consequences[0].effect, Effect::Mutate);
    }

    #[test]
    fn a_batch_that_cannot_be_made_changes_nothing() {
        let impact =
            told(&[change("DELETE", "no.example.com", "x"), change("CREATE", "www.example.com", "x")]);
        assert_eq!(impact.refused.as_deref(), Some("A www.example.com exists already: 192.0.2.1"));
        assert!(impact.consequences.iter().any(|c| c.effect == Effect::Read && !c.raises));
    }

    #[test]
    fn a_name_with_other_spellings_is_not_taken_for_absent() {
        let impact = told(&[change("DELETE", "a\\100b.example.com", "x")]);
        assert_eq!((impact.gaps.len(), impact.consequences.len()), (1, 0));
    }

    #[test]
    fn what_is_no_batch_is_not_read() {
        assert!(changes(&hit(&json!({}))).is_none());
        assert!(changes(&hit(&json!({"Changes": [{"Action": "DELETE"}]}))).is_none());
        assert!(changes(&Hit::default()).is_none());
    }
}
