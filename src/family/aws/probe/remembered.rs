//! Where a key and a profile last led to, for what passes without a question: the line that says where it goes costs no
//! start of the CLI. Nothing is ever decided by it, and nothing that is asked about goes by it.

use super::json;
use crate::run::notes::Notes;
use crate::world::World;
use serde_json::json;

/// How long it is believed: half a day of work.
const FRESH: u64 = 12 * 3600;
const NAME: &str = "aws-identities.json";

/// An account as it was established.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Its id.
    pub account: String,
    /// The user or role at work in it.
    pub principal: String,
    /// What it is called, when it has an alias.
    pub alias: Option<String>,
}

/// The account last established for these credentials, when that is not long ago.
pub fn recall(world: &World, key: &str) -> Option<Remembered> {
    let note = Notes::named(world, NAME)?.recall(key, FRESH)?;
    let (account, principal) = (json::owned(&note, "/account"), json::owned(&note, "/principal"));
    let alias = json::text(&note, "/alias").map(str::to_owned);
    (!account.is_empty()).then_some(Remembered { account, principal, alias })
}

/// Keeps what was established just now.
pub fn keep(world: &World, key: &str, who: &Remembered) {
    let note = json!({"account": who.account, "principal": who.principal, "alias": who.alias});
    // Without the note the line is not shown the next time.
    let _ = Notes::named(world, NAME).map(|notes| notes.keep(key, note, FRESH));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::notes::key;

    #[test]
    fn what_was_established_is_remembered_by_key_and_profile() {
        let home = tempfile::tempdir().unwrap();
        let world = World::of(&[("HOME", home.path().to_str().unwrap())], "/");
        let prod = key(&["AKIA1", "prod", "profile prod", ""]);
        assert_eq!(recall(&world, &prod), None);
        let who = Remembered {
            account: "111111111111".into(),
            principal: "arn:aws:iam::111111111111:user/ann".into(),
            alias: Some("acme-prod".into()),
        };
        keep(&world, &prod, &who);
        assert_eq!(recall(&world, &prod), Some(who));
        for other in [
            ["AKIA2", "prod", "profile prod", ""],
            ["AKIA1", "staging", "profile prod", ""],
            ["AKIA1", "pro", "dprofile prod", ""],
        ] {
            assert_eq!(recall(&world, &key(&other)), None, "{other:?}");
        }
        let text = std::fs::read_to_string(home.path().join(".cache/guard/aws-identities.json")).unwrap();
        assert!(!text.contains("AKIA1"), "{text}");
    }
}
