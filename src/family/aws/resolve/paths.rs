//! `os.path.expandvars` and `os.path.expanduser` of Python, on bytes.

use crate::world::World;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

/// The home directory as Python takes it: `HOME` as it stands, also when it is empty; without it the user database.
pub(super) fn home(world: &World) -> Option<PathBuf> {
    world.var("HOME").map(PathBuf::from).or_else(dirs::home_dir)
}

/// `$NAME` and `${NAME}`; what is not set stays as it is written.
pub(super) fn expand_vars(world: &World, path: &OsStr) -> OsString {
    let mut out = Vec::new();
    let mut rest = path.as_bytes();
    while let Some(at) = rest.iter().position(|b| *b == b'$') {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before);
        let after = from.get(1..).unwrap_or_default();
        let (name, used) = if after.first() == Some(&b'{') {
            match after.iter().position(|b| *b == b'}') {
                Some(end) => (after.get(1..end).unwrap_or_default(), end + 1),
                None => (&b""[..], 0),
            }
        } else {
            let end =
                after.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).unwrap_or(after.len());
            (after.get(..end).unwrap_or_default(), end)
        };
        let value = std::str::from_utf8(name).ok().and_then(|n| world.var(n)).filter(|_| used > 0);
        match value {
            Some(value) => out.extend_from_slice(value.as_bytes()),
            None => out.extend_from_slice(from.get(..=used).unwrap_or_default()),
        }
        rest = after.get(used..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    OsString::from_vec(out)
}

/// `~` and `~user` at the start; an unknown user's stays as it is written.
pub(super) fn expand_user(world: &World, path: &OsStr) -> OsString {
    let bytes = path.as_bytes();
    let Some(rest) = bytes.strip_prefix(b"~") else { return path.to_owned() };
    let end = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
    let (user, tail) = rest.split_at(end);
    let home = if user.is_empty() { home(world) } else { home_of(world, user) };
    let Some(home) = home else { return path.to_owned() };
    let mut out = home.into_os_string().into_vec();
    while out.last() == Some(&b'/') {
        out.pop();
    }
    out.extend_from_slice(tail);
    if out.is_empty() {
        out.push(b'/');
    }
    OsString::from_vec(out)
}

/// Another user's home, from the local user database.
fn home_of(world: &World, user: &[u8]) -> Option<PathBuf> {
    let all = std::fs::read(world.absolute("/etc/passwd")).ok()?;
    let line = all.split(|b| *b == b'\n').find(|l| l.split(|b| *b == b':').next() == Some(user))?;
    let home = line.split(|b| *b == b':').nth(5)?;
    Some(PathBuf::from(OsStr::from_bytes(home)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_python_expands() {
        let world = World::of(&[("HOME", "/h/"), ("A", "x"), ("A_1", "y")], "/");
        for (path, want) in [
            ("$A/${A}/$A_1-$A", "x/x/y-x"),
            ("$NO/${NO}/$", "$NO/${NO}/$"),
            ("${A", "${A"),
            ("$$A", "$x"),
            ("a$", "a$"),
        ] {
            assert_eq!(expand_vars(&world, OsStr::new(path)), want, "{path}");
        }
        for (path, want) in
            [("~", "/h"), ("~/.aws", "/h/.aws"), ("a/~", "a/~"), ("~nobody-at-all/x", "~nobody-at-all/x")]
        {
            assert_eq!(expand_user(&world, OsStr::new(path)), want, "{path}");
        }
        let empty = World::of(&[("HOME", "")], "/");
        assert_eq!(expand_user(&empty, OsStr::new("~/.aws/config")), "/.aws/config");
        assert_eq!(expand_user(&empty, OsStr::new("~")), "/");
    }
}
