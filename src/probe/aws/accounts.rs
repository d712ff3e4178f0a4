//! What the account is called: its alias, else its name in the organisation. Remembered for a day by account id, never
//! the identity itself.

use super::cli::Cli;
use super::{Request, read};
use crate::engine::fact::{Known, Why};

/// What the account is called.
pub(super) struct Names {
    pub(super) alias: Known<Option<String>>,
    pub(super) organisation: Known<Option<String>>,
}

/// Asks for the alias, and without one for the name in the organisation.
pub(super) async fn names(_request: &Request<'_>, cli: &Cli<'_>) -> Names {
    let alias = match cli.json(&["iam", "list-account-aliases"]).await {
        Ok(answer) => Known::Known(read::text(&answer, "/AccountAliases/0").map(str::to_owned)),
        Err(why) => Known::Unknown(why),
    };
    let organisation = if matches!(&alias, Known::Known(Some(_))) {
        Known::Unknown(Why::NotAsked)
    } else {
        organisation(cli).await
    };
    Names { alias, organisation }
}

async fn organisation(cli: &Cli<'_>) -> Known<Option<String>> {
    let Some(id) = cli.account().await else { return Known::Unknown(Why::NotAsked) };
    match cli.find(&["organizations", "describe-account", "--account-id", &id]).await {
        Ok(answer) => Known::Known(answer.and_then(|a| read::text(&a, "/Account/Name").map(str::to_owned))),
        Err(why) => Known::Unknown(why),
    }
}
