//! Who is logged in: by the files logind keeps (`/run/systemd/sessions`, `session_save` in `src/login/logind-session.c`),
//! else by utmp(5).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One person's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub user: String,
    /// From where, when that is another machine.
    pub from: Option<String>,
}

/// Every session of a person; `None` where nothing keeps track of them.
pub fn all(root: &Path) -> Option<Vec<Session>> {
    by_logind(&root.join("run/systemd/sessions")).or_else(|| by_utmp(&root.join("run/utmp")))
}

fn by_logind(dir: &Path) -> Option<Vec<Session>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).ok()?.flatten() {
        // Beside each session stands `ID.ref`, a pipe.
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        let Ok(text) = fs::read_to_string(entry.path()) else { continue };
        let get = |key: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
            (!value.is_empty()).then(|| value.trim_matches('"').to_owned())
        };
        let is_person = get("CLASS").is_none_or(|class| class.starts_with("user"));
        let closes = get("STATE").as_deref() == Some("closing");
        if let Some(user) = get("USER").filter(|_| is_person && !closes) {
            found.push(Session { user, from: get("REMOTE_HOST") });
        }
    }
    found.sort_by(|a, b| (&a.user, &a.from).cmp(&(&b.user, &b.from)));
    Some(found)
}

/// The records of glibc on machines with 64 bit: 384 bytes; kind, line, user and host at fixed places (utmp(5)).
fn by_utmp(path: &Path) -> Option<Vec<Session>> {
    const RECORD: usize = 384;
    const USER_PROCESS: u16 = 7;
    let bytes = fs::read(path).ok()?;
    let (records, _) = bytes.as_chunks::<RECORD>();
    let text = |record: &[u8; RECORD], at: usize, length: usize| {
        let field = record.get(at..at + length).unwrap_or_default();
        let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
        String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
    };
    let people = records.iter().filter(|r| u16::from_ne_bytes([r[0], r[1]]) == USER_PROCESS);
    let sessions = people.map(|record| Session {
        user: text(record, 44, 32),
        from: Some(text(record, 76, 256)).filter(|host| !host.is_empty() && !host.starts_with(':')),
    });
    Some(sessions.filter(|s| !s.user.is_empty()).collect())
}

/// In a clause: `3 sessions are open: anna from 10.0.0.7, ben (2)`; `None` without any.
pub fn clause(sessions: &[Session]) -> Option<String> {
    const SHOWN: usize = 4;
    let mut people: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    for session in sessions {
        *people.entry((&session.user, session.from.as_deref())).or_default() += 1;
    }
    if people.is_empty() {
        return None;
    }
    let named = people.iter().take(SHOWN).map(|((user, from), count)| {
        let from = from.map(|from| format!(" from {from}")).unwrap_or_default();
        let times = if *count > 1 { format!(" ({count})") } else { String::new() };
        format!("{user}{from}{times}")
    });
    let named = named.collect::<Vec<_>>().join(", ");
    let more = people.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let count = sessions.len();
    let are = if count == 1 { "session is" } else { "sessions are" };
    Some(format!("{count} {are} open: {named}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_by_logind_and_by_utmp() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(all(root.path()), None);
        let mut record = [0u8; 384];
        record[0] = 7;
        record[44..48].copy_from_slice(b"anna");
        record[76..84].copy_from_slice(b"10.0.0.7");
        let mut dead = record;
        dead[0] = 8;
        fs::create_dir_all(root.path().join("run")).unwrap();
        fs::write(root.path().join("run/utmp"), [record, dead].concat()).unwrap();
        let sessions = all(root.path()).unwrap();
        assert_eq!(clause(&sessions).as_deref(), Some("1 session is open: anna from 10.0.0.7"));
        let dir = root.path().join("run/systemd/sessions");
        fs::create_dir_all(&dir).unwrap();
        assert_eq!(clause(&all(root.path()).unwrap()), None);
        for (name, text) in [
            ("1", "# c\nUID=1000\nUSER=ben\nSTATE=active\nCLASS=user\nTTY=tty1\n"),
            ("2", "USER=ben\nSTATE=online\nCLASS=user\n"),
            ("3", "USER=anna\nCLASS=user\nREMOTE=1\nREMOTE_HOST=10.0.0.7\n"),
            ("4", "USER=root\nCLASS=manager\n"),
            ("5", "USER=carl\nSTATE=closing\nCLASS=user\n"),
            ("c1", "USER=gdm\nCLASS=greeter\n"),
        ] {
            fs::write(dir.join(name), text).unwrap();
        }
        let sessions = all(root.path()).unwrap();
        assert_eq!(clause(&sessions).as_deref(), Some("3 sessions are open: anna from 10.0.0.7, ben (2)"));
    }
}
