//! Where what lies there is the machine's, other people's, or a database's: paths that are compared with what `rm` names.
//!
//! The shim knows no such path by itself. Guard writes them down, those of every system and those it finds on this one, as text
//! that the shim reads with one call and goes through once; without that text nothing passes there.

/// The system's own directories (hier(7), FHS 3.0). `/` counts by [`is_of_root`].
const SYSTEM: &[&str] =
    &["/etc", "/boot", "/usr", "/var/lib", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// What is there and not the system's: programs that somebody built on the machine and that `make install` removes by itself,
/// and lists that the next update fetches again.
const NOT_SYSTEM: &[&str] = &["/usr/local", "/usr/src", "/var/lib/apt/lists"];

/// Homes of people.
const HOMES: &[&str] = &["/home", "/root"];

/// How the text begins.
const FIRST: &[u8] = b"guard places 1\n";
/// How it ends.
const LAST: &[u8] = b"end\n";
/// What stands before a directory that is no place although it lies in one. What is in it, that is; itself it is one.
const NOT: u8 = b'!';

/// Places, a line each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places<'a>(&'a [u8]);

impl<'a> Places<'a> {
    /// What a file says; `None` when it is no such list, or not a whole one.
    pub fn read(text: &'a [u8]) -> Option<Places<'a>> {
        text.strip_prefix(FIRST)?
            .strip_suffix(LAST)
            .map(Places)
            .filter(|places| matches!(places.0, [] | [.., b'\n']))
    }

    /// The place that a path is, lies in, or holds. Of several that it lies in the innermost counts.
    pub fn touched(self, path: &[u8]) -> Option<&'a [u8]> {
        let mut innermost: &[u8] = b"";
        let mut is_place = false;
        for line in self.0.split(|b| *b == b'\n') {
            let (place, not) = match line {
                [NOT, place @ ..] => (place, true),
                place => (place, false),
            };
            if place.is_empty() {
                continue;
            }
            if !not && is_at_or_below(place, path) {
                return Some(place);
            }
            if place.len() >= innermost.len()
                && if not { is_below(path, place) } else { is_at_or_below(path, place) }
            {
                (innermost, is_place) = (place, !not);
            }
        }
        is_place.then_some(innermost)
    }
}

/// Whether a path is a directory, or lies below it. Both are absolute and without links.
pub fn is_at_or_below(path: &[u8], dir: &[u8]) -> bool {
    dir == b"/" || path.strip_prefix(dir).is_some_and(|rest| matches!(rest, [] | [b'/', ..]))
}

/// Whether a path lies below a directory, and is not the directory itself.
pub fn is_below(path: &[u8], dir: &[u8]) -> bool {
    path.strip_prefix(dir).is_some_and(|rest| rest.first() == Some(&b'/') && rest.len() > 1)
}

/// Whether a path is `/`, or stands in it.
pub fn is_of_root(path: &[u8]) -> bool {
    path.iter().rposition(|b| *b == b'/').is_none_or(|slash| slash == 0)
}

/// Whether a place is one of every system's own.
pub fn is_of_system(place: &[u8]) -> bool {
    SYSTEM.iter().any(|dir| dir.as_bytes() == place)
}

/// Whether a path lies in a directory that holds homes, or holds one itself.
pub fn is_of_homes(path: &[u8]) -> bool {
    HOMES.iter().any(|homes| is_at_or_below(path, homes.as_bytes()))
}

/// The list as the shim reads it: every system's own places, homes but for what is in the caller's own, and these. A path that
/// cannot stand in a line is written as the directory above that can: a wider place is never the milder one.
pub fn written(places: &[Vec<u8>], own_home: Option<&[u8]>) -> Vec<u8> {
    let fixed = || SYSTEM.iter().chain(HOMES).map(|place| place.as_bytes());
    let mut lines: Vec<Vec<u8>> =
        fixed().chain(places.iter().filter_map(|path| as_line(path))).map(<[u8]>::to_vec).collect();
    // A home that holds others, or a part of the system, is nobody's own.
    let holds =
        |home: &[u8]| home == b"/home" || fixed().any(|place| place != home && is_at_or_below(place, home));
    let own = own_home.filter(|home| home.starts_with(b"/") && !home.contains(&b'\n') && !holds(home));
    lines.sort_unstable();
    lines.dedup();
    let not = NOT_SYSTEM.iter().map(|place| place.as_bytes()).chain(own);
    lines.extend(not.map(|place| [&[NOT], place].concat()));
    let mut text = FIRST.to_vec();
    for line in lines {
        text.extend_from_slice(&line);
        text.push(b'\n');
    }
    text.extend_from_slice(LAST);
    text
}

fn as_line(path: &[u8]) -> Option<&[u8]> {
    path.starts_with(b"/").then_some(())?;
    let Some(newline) = path.iter().position(|b| *b == b'\n') else { return Some(path) };
    let above = path.get(..newline)?.iter().rposition(|b| *b == b'/')?;
    path.get(..above.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touched(text: &[u8], path: &str) -> Option<String> {
        let found = Places::read(text).expect("a list").touched(path.as_bytes())?;
        Some(String::from_utf8_lossy(found).into_owned())
    }

    #[test]
    fn places_are_found_at_above_and_below() {
        let text = written(&[b"/srv/pg".to_vec(), b"/usr/local/pgsql/data".to_vec()], Some(b"/home/anna"));
        for (path, want) in [
            ("/etc", Some("/etc")),
            ("/etc/passwd", Some("/etc")),
            ("/etcetera", None),
            ("/var/lib/mysql/ibdata1", Some("/var/lib")),
            ("/var", Some("/var/lib")),
            ("/", Some("/bin")),
            ("/usr/local/bin/x", None),
            ("/usr/local", Some("/usr/local/pgsql/data")),
            ("/usr/local/pgsql/data/base/1", Some("/usr/local/pgsql/data")),
            ("/usr/src", Some("/usr")),
            ("/usr/src/linux/x.o", None),
            ("/usr/localx", Some("/usr")),
            ("/var/lib/apt/lists/x", None),
            ("/var/lib/apt", Some("/var/lib")),
            ("/srv/x", None),
            ("/srv", Some("/srv/pg")),
            ("/srv/pgx", None),
            ("/lib64/x", Some("/lib64")),
            ("/home/anna/x", None),
            ("/home/anna", Some("/home")),
            ("/home/annabel/x", Some("/home")),
            ("/home", Some("/home")),
            ("/root/x", Some("/root")),
        ] {
            assert_eq!(touched(&text, path).as_deref(), want, "{path}");
        }
        for (path, want) in [("/", true), ("/x", true), ("/x/y", false), ("x", true)] {
            assert_eq!(is_of_root(path.as_bytes()), want, "{path}");
        }
        assert!(is_of_homes(b"/home/x") && is_of_homes(b"/root") && !is_of_homes(b"/srv"));
    }

    #[test]
    fn a_home_that_is_more_than_one_is_none() {
        for (home, path, want) in [
            ("/root", "/root/x", false),
            ("/home/anna", "/home/anna/x", false),
            ("/srv/anna", "/srv/anna/x", false),
            ("/home", "/home/bert/x", true),
            ("/", "/etc/x", true),
            ("/var", "/var/lib/x", true),
            ("x", "/root/x", true),
            ("/home/a\n!/etc", "/etc/x", true),
        ] {
            let text = written(&[], Some(home.as_bytes()));
            assert_eq!(touched(&text, path).is_some(), want, "{home:?}");
        }
        assert!(touched(&written(&[], None), "/home/anna/x").is_some());
        // A database in one's own home.
        let text = written(&[b"/home/anna/pg".to_vec()], Some(b"/home/anna"));
        assert!(touched(&text, "/home/anna/x").is_none() && touched(&text, "/home/anna/pg/x").is_some());
    }

    #[test]
    fn the_list_is_read_as_it_was_written() {
        let text = written(
            &[b"/srv/pg".to_vec(), b"/data/my\nsql/x".to_vec(), b"x".to_vec(), b"/srv/pg".to_vec()],
            None,
        );
        let lines = String::from_utf8(text.clone()).unwrap();
        assert!(
            lines.starts_with("guard places 1\n/bin\n") && lines.ends_with("\n!/var/lib/apt/lists\nend\n")
        );
        assert_eq!(lines.matches("/srv/pg\n").count(), 1);
        assert!(touched(&text, "/data/x").is_some());
        assert!(touched(&written(&[b"/\n/x".to_vec()], None), "/any").is_some());
        assert!(Places::read(b"guard places 1\nend\n").is_some_and(|p| p.touched(b"/").is_none()));
        for bad in [
            &b""[..],
            b"guard places 1\n",
            b"guard places 1\n/srv/pg\n",
            b"guard places 1\n/srv/pend\n/x\nen",
            b"guard places 1\n/srv end\n",
            b"guard places 2\n/srv\nend\n",
            b"end\n",
        ] {
            assert_eq!(Places::read(bad), None, "{bad:?}");
        }
    }
}
