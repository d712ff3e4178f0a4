//! Putting the policy in its place: whole or not at all, the old one kept.

use crate::fail::{Fail, Kind, Result};
use crate::policy::files::shown;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The policy that is there.
pub fn existing(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Fail::new(Kind::Policy, format!("{} cannot be read", shown(path)))
            .because(e.to_string())
            .help("correct it, or move it away")),
    }
}

/// Writes the policy. A file that was there is kept under another name, which is given back.
/// It has to be what was shown still.
pub fn write(path: &Path, old: Option<&str>, text: &str) -> Result<Option<PathBuf>> {
    // Through a symlink to where a dotfile manager keeps it; the link itself stays.
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if existing(&real)?.as_deref() != old {
        return Err(Fail::new(Kind::Refused, format!("{} stays as it is", shown(&real)))
            .because("it changed while the question stood")
            .help("run `guard setup` again"));
    }
    let was_there = old.is_some();
    put(&real, was_there, text).map_err(|e| {
        Fail::new(Kind::Policy, format!("{} cannot be written", shown(&real)))
            .because(e.to_string())
            .help("make its directory writable, or save the output of `guard setup --print` there yourself")
    })
}

/// Gives a file another text, or takes it away, if it still holds what was shown. Its mode stays; a new one is its owner's alone.
pub fn replace(path: &Path, old: Option<&str>, new: Option<&str>) -> Result<()> {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let fail = |why: String| {
        Fail::new(Kind::Refused, format!("{} stays as it is", shown(path)))
            .because(why)
            .help("look at it, then run this again")
    };
    if existing(&real)?.as_deref() != old {
        return Err(fail("it changed while the question stood".to_owned()));
    }
    if let Some(why) = locked(path) {
        return Err(fail(why));
    }
    let Some(new) = new else { return fs::remove_file(&real).map_err(|e| fail(e.to_string())) };
    exchange(&real, new).map_err(|e| fail(e.to_string()))
}

/// Why a file is not to be exchanged, although its directory would allow it.
pub fn locked(path: &Path) -> Option<String> {
    let Ok(meta) = fs::metadata(path) else {
        return fs::symlink_metadata(path).is_ok().then(|| "it is a link that leads nowhere".to_owned());
    };
    let own = rustix::process::geteuid().as_raw();
    match (meta.is_file(), meta.uid() == own, meta.mode() & 0o200 != 0, meta.nlink()) {
        (false, ..) => Some("it is no plain file".to_owned()),
        (_, false, ..) => Some(format!("it belongs to user {}", meta.uid())),
        (_, _, false, _) => Some("it is read-only".to_owned()),
        (_, _, _, 2..) => Some("it has other names (hard links)".to_owned()),
        _ => None,
    }
}

fn exchange(path: &Path, text: &str) -> io::Result<()> {
    let dir = path.parent().ok_or(ErrorKind::InvalidInput)?;
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let mode = fs::metadata(path).ok().map(|meta| meta.permissions());
    let new = sibling(path, "guard-new");
    let written = create(&new, text).and_then(|()| {
        if let Some(mode) = mode {
            fs::set_permissions(&new, mode)?;
        }
        fs::rename(&new, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn put(path: &Path, was_there: bool, text: &str) -> io::Result<Option<PathBuf>> {
    let dir = path.parent().ok_or(ErrorKind::InvalidInput)?;
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let new = sibling(path, "new");
    let written = create(&new, text).and_then(|()| {
        let kept = if was_there { Some(keep(path)?) } else { None };
        fs::rename(&new, path)?;
        Ok(kept)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Copies the file to the first free of `.bak`, `.bak2`, `.bak3` …
fn keep(path: &Path) -> io::Result<PathBuf> {
    let text = fs::read_to_string(path)?;
    for n in 1..1000 {
        let copy = sibling(path, &if n == 1 { "bak".to_owned() } else { format!("bak{n}") });
        match create(&copy, &text) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            other => return other.map(|()| copy),
        }
    }
    Err(io::Error::other("there are a thousand copies already"))
}

fn sibling(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_is_exchanged_only_while_it_is_what_was_shown() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("dotfiles"), dir.path().join("rc"));
        fs::write(&real, "a\n").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        replace(&link, Some("a\n"), Some("b\n")).unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "b\n");
        assert_eq!(fs::metadata(&real).unwrap().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(replace(&link, Some("a\n"), Some("c\n")).is_err());
        fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(replace(&link, Some("b\n"), Some("c\n")).is_err(), "read-only");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        let gone = dir.path().join("gone");
        symlink("/nonexistent/rc", &gone).unwrap();
        assert!(replace(&gone, None, Some("c\n")).is_err() && !Path::new("/nonexistent/rc").exists());
        fs::remove_file(gone).unwrap();
        replace(&dir.path().join("new/file"), None, Some("x")).unwrap();
        replace(&dir.path().join("new/file"), Some("x"), None).unwrap();
        assert!(!dir.path().join("new/file").exists());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    }

    #[test]
    fn the_old_file_is_kept_and_a_link_stays_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config/guard/policy.yaml");
        assert_eq!(write(&path, None, "one").unwrap(), None);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        let link = dir.path().join("policy.yaml");
        symlink(&path, &link).unwrap();
        let first = write(&link, Some("one"), "two").unwrap().unwrap();
        let second = write(&link, Some("two"), "three").unwrap().unwrap();
        let read = |p: &Path| fs::read_to_string(p).unwrap();
        assert!(write(&link, Some("two"), "four").is_err() && write(&link, None, "four").is_err());
        assert_eq!((read(&first), read(&second), read(&path)), ("one".into(), "two".into(), "three".into()));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 3);
    }
}
