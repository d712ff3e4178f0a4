//! What the account is called: its alias, else its name in the organisation. Remembered for a day by account id, never
//! the identity itself.

use super::Request;
use super::cli::Cli;
use super::json;
use crate::engine::fact::{Known, Why};
use crate::run::notes::Notes;
use serde_json::json;

/// How long a name is believed without asking again, in seconds.
const FRESH: u64 = 24 * 3600;
const NAME: &str = "aws-accounts.json";

/// What the account is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) alias: Known<Option<String>>,
    pub(super) organisation: Known<Option<String>>,
}

impl Names {
    /// Nobody was asked.
    pub(super) fn unasked() -> Names {
        Names { alias: Known::Unknown(Why::NotAsked), organisation: Known::Unknown(Why::NotAsked) }
    }
}

/// Asks for the alias, and without one for the name in the organisation.
pub(super) async fn names(request: &Request<'_>, cli: &Cli<'_>) -> Names {
    let notes = notes_of(request);
    let suggested = request.target.suggested_account.as_ref().map(|s| s.value.as_str());
    // The call need not wait for the identity, unless its answer is probably here already.
    let likely = suggested.is_some_and(|id| notes.as_ref().is_some_and(|n| recall(n, id).is_some()));
    if likely {
        let known = cli.account().await.and_then(|id| recall(notes.as_ref()?, &id));
        if let Some(known) = known {
            return known;
        }
    }
    let alias = match cli.json(&["iam", "list-account-aliases"]).await {
        Ok(answer) => Known::Known(json::text(&answer, "/AccountAliases/0").map(str::to_owned)),
        Err(why) => Known::Unknown(why),
    };
    let organisation = if matches!(&alias, Known::Known(Some(_))) {
        Known::Unknown(Why::NotAsked)
    } else {
        organisation(cli).await
    };
    let names = Names { alias, organisation };
    if let (Some(notes), Some(id)) = (notes, cli.account().await) {
        // Without the note the next question only takes longer.
        let _ = keep(&notes, &id, &names);
    }
    names
}

async fn organisation(cli: &Cli<'_>) -> Known<Option<String>> {
    let Some(id) = cli.account().await else { return Known::Unknown(Why::NotAsked) };
    match cli.find(&["organizations", "describe-account", "--account-id", &id]).await {
        Ok(answer) => Known::Known(answer.and_then(|a| json::text(&a, "/Account/Name").map(str::to_owned))),
        Err(why) => Known::Unknown(why),
    }
}

/// The file of the names of accounts. `None` where names must not be taken from, or put into, the notes: the command
/// changes the alias itself, or the answers may come from somewhere else than AWS.
fn notes_of(request: &Request<'_>) -> Option<Notes> {
    let renames = request.hit.service == "iam" && request.hit.operation.ends_with("-account-alias");
    let elsewhere = request.target.endpoint.is_some()
        || request.hit.global("endpoint-url").is_some()
        || request.world.vars().iter().any(|(n, _)| n.to_string_lossy().starts_with("AWS_ENDPOINT_URL"));
    if renames || elsewhere { None } else { Notes::named(request.world, NAME) }
}

fn recall(notes: &Notes, id: &str) -> Option<Names> {
    let note = notes.recall(id, FRESH)?;
    let alias = json::text(&note, "/alias").map(str::to_owned);
    let organisation = match note.get("organisation") {
        None => Known::Unknown(Why::NotAsked),
        Some(name) => Known::Known(name.as_str().map(str::to_owned)),
    };
    Some(Names { alias: Known::Known(alias), organisation })
}

fn keep(notes: &Notes, id: &str, names: &Names) -> std::io::Result<()> {
    // What could not be learnt is asked again next time.
    let (Known::Known(alias), organisation) = (&names.alias, &names.organisation) else { return Ok(()) };
    let mut note = json!({ "alias": alias });
    match organisation {
        Known::Known(name) => note["organisation"] = json!(name),
        Known::Unknown(_) if alias.is_some() => {}
        Known::Unknown(_) => return Ok(()),
    }
    notes.keep(id, note, FRESH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(alias: Option<&str>, organisation: Known<Option<String>>) -> Names {
        Names { alias: Known::Known(alias.map(str::to_owned)), organisation }
    }

    #[test]
    fn names_are_kept_for_a_day_by_id_and_only_where_they_are_known() {
        let dir = tempfile::tempdir().unwrap();
        let at = |now| Notes { place: dir.path().join("guard/aws-accounts.json"), now };
        let day = FRESH;
        assert_eq!(recall(&at(day), "1"), None);
        let prod = names(Some("acme-prod"), Known::Unknown(Why::NotAsked));
        keep(&at(day), "1", &prod).unwrap();
        let named = names(None, Known::Known(Some("Acme".into())));
        keep(&at(day), "2", &named).unwrap();
        assert_eq!((recall(&at(day + 5), "1"), recall(&at(2 * day - 1), "2")), (Some(prod), Some(named)));
        assert_eq!(
            (recall(&at(2 * day), "1"), recall(&at(day - 1), "1"), recall(&at(day), "3")),
            (None, None, None)
        );
        // Denied answers are no names.
        keep(&at(day), "3", &names(None, Known::Unknown(Why::Forbidden))).unwrap();
        keep(
            &at(day),
            "4",
            &Names { alias: Known::Unknown(Why::Forbidden), organisation: Known::Known(None) },
        )
        .unwrap();
        assert_eq!((recall(&at(day), "3"), recall(&at(day), "4")), (None, None));
    }
}
