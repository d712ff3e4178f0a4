//! What the account is called: its alias, else its name in the organisation. Remembered for a day by account id, never
//! the identity itself.

use super::cli::Cli;
use super::{Request, read};
use crate::engine::fact::{Known, Why};
use crate::world::World;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a name is believed without asking again.
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// More than the notes of any number of accounts that one person has.
const LARGEST: u64 = 256 << 10;

/// What the account is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) alias: Known<Option<String>>,
    pub(super) organisation: Known<Option<String>>,
}

/// Asks for the alias, and without one for the name in the organisation.
pub(super) async fn names(request: &Request<'_>, cli: &Cli<'_>) -> Names {
    let notes = Notes::of(request);
    let suggested = request.target.suggested_account.as_ref().map(|s| s.value.as_str());
    // The call need not wait for the identity, unless its answer is probably here already.
    let likely = suggested.is_some_and(|id| notes.as_ref().is_some_and(|n| n.recall(id).is_some()));
    if likely {
        let known = cli.account().await.and_then(|id| notes.as_ref()?.recall(&id));
        if let Some(known) = known {
            return known;
        }
    }
    let alias = match cli.json(&["iam", "list-account-aliases"]).await {
        Ok(answer) => Known::Known(read::text(&answer, "/AccountAliases/0").map(str::to_owned)),
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
        let _ = notes.keep(&id, &names);
    }
    names
}

async fn organisation(cli: &Cli<'_>) -> Known<Option<String>> {
    let Some(id) = cli.account().await else { return Known::Unknown(Why::NotAsked) };
    match cli.find(&["organizations", "describe-account", "--account-id", &id]).await {
        Ok(answer) => Known::Known(answer.and_then(|a| read::text(&a, "/Account/Name").map(str::to_owned))),
        Err(why) => Known::Unknown(why),
    }
}

/// The names of accounts, in one file of the user's cache.
struct Notes {
    place: PathBuf,
    now: u64,
}

impl Notes {
    /// `None` where names must not be taken from, or put into, the notes: the command changes the alias itself, or the
    /// answers may come from somewhere else than AWS.
    fn of(request: &Request<'_>) -> Option<Notes> {
        let renames = request.hit.service == "iam" && request.hit.operation.ends_with("-account-alias");
        let elsewhere = request.target.endpoint.is_some()
            || request.hit.global("endpoint-url").is_some()
            || request.world.vars().iter().any(|(n, _)| n.to_string_lossy().starts_with("AWS_ENDPOINT_URL"));
        if renames || elsewhere {
            return None;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        Some(Notes { place: place(request.world)?, now })
    }

    fn read(&self) -> Option<Value> {
        let file = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_CLOEXEC)
            .open(&self.place)
            .ok()?;
        // Whoever else may write the notes could give production another name.
        let meta = file.metadata().ok()?;
        if !meta.is_file() || meta.mode() & 0o022 != 0 || meta.uid() != rustix::process::geteuid().as_raw() {
            return None;
        }
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok().filter(Value::is_object)
    }

    fn recall(&self, id: &str) -> Option<Names> {
        let notes = self.read()?;
        let note = notes.get(id)?;
        let age = self.now.checked_sub(read::number(note, "/at")?)?;
        let alias = read::text(note, "/alias").map(str::to_owned);
        let organisation = match note.get("organisation") {
            None => Known::Unknown(Why::NotAsked),
            Some(name) => Known::Known(name.as_str().map(str::to_owned)),
        };
        (age < FRESH.as_secs()).then_some(Names { alias: Known::Known(alias), organisation })
    }

    /// Written beside its place and moved into it, so that nobody ever reads half a note.
    fn keep(&self, id: &str, names: &Names) -> std::io::Result<()> {
        // What could not be learnt is asked again next time.
        let (Known::Known(alias), organisation) = (&names.alias, &names.organisation) else { return Ok(()) };
        let mut note = json!({ "at": self.now, "alias": alias });
        match organisation {
            Known::Known(name) => note["organisation"] = json!(name),
            Known::Unknown(_) if alias.is_some() => {}
            Known::Unknown(_) => return Ok(()),
        }
        let mut notes = self.read().unwrap_or_else(|| json!({}));
        notes[id] = note;
        let dir = self.place.parent().unwrap_or(Path::new("/"));
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let new = dir.join(format!(".aws-accounts-{}", std::process::id()));
        let _ = std::fs::remove_file(&new);
        let written = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)
            .and_then(|mut f| f.write_all(format!("{notes}\n").as_bytes()))
            .and_then(|()| std::fs::rename(&new, &self.place));
        if written.is_err() {
            let _ = std::fs::remove_file(&new);
        }
        written
    }
}

/// `$XDG_CACHE_HOME/guard/aws-accounts.json`, else `~/.cache/guard/aws-accounts.json`.
fn place(world: &World) -> Option<PathBuf> {
    let cache = world.set_var("XDG_CACHE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let cache = cache.or_else(|| Some(world.home()?.join(".cache")).filter(|p| p.is_absolute()))?;
    Some(cache.join("guard/aws-accounts.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn names(alias: Option<&str>, organisation: Known<Option<String>>) -> Names {
        Names { alias: Known::Known(alias.map(str::to_owned)), organisation }
    }

    #[test]
    fn names_are_kept_for_a_day_by_id_and_only_where_they_are_known() {
        let dir = tempfile::tempdir().unwrap();
        let at = |now| Notes { place: dir.path().join("guard/aws-accounts.json"), now };
        let day = FRESH.as_secs();
        assert_eq!(at(day).recall("1"), None);
        let prod = names(Some("acme-prod"), Known::Unknown(Why::NotAsked));
        at(day).keep("1", &prod).unwrap();
        let named = names(None, Known::Known(Some("Acme".into())));
        at(day).keep("2", &named).unwrap();
        assert_eq!((at(day + 5).recall("1"), at(2 * day - 1).recall("2")), (Some(prod), Some(named)));
        assert_eq!(
            (at(2 * day).recall("1"), at(day - 1).recall("1"), at(day).recall("3")),
            (None, None, None)
        );
        // Denied answers are no names.
        at(day).keep("3", &names(None, Known::Unknown(Why::Forbidden))).unwrap();
        at(day)
            .keep("4", &Names { alias: Known::Unknown(Why::Forbidden), organisation: Known::Known(None) })
            .unwrap();
        assert_eq!((at(day).recall("3"), at(day).recall("4")), (None, None));
        let place = at(0).place;
        assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(place.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn notes_that_others_may_write_are_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes { place: dir.path().join("aws-accounts.json"), now: 10 };
        notes.keep("1", &names(Some("a"), Known::Unknown(Why::NotAsked))).unwrap();
        std::fs::set_permissions(&notes.place, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(notes.recall("1"), None);
        std::fs::remove_file(&notes.place).unwrap();
        for odd in ["", "[]", "{\"1\": 5}", "{\"1\": {\"at\": \"x\"}}"] {
            std::fs::write(&notes.place, odd).unwrap();
            std::fs::set_permissions(&notes.place, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert_eq!(notes.recall("1"), None, "{odd}");
        }
    }
}
