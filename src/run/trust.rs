//! Whether a file may be believed: nobody but the caller and root can have written it. As with ssh's `StrictModes`, the
//! file and every directory on the way to it have to belong to one of them, up to the home directory, and nobody else
//! may write there. Links are followed by hand, so that a directory that holds one counts as well.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

/// Only the owner of an entry can take it away from a directory with this bit.
const STICKY: u32 = 0o1000;
/// The kernel follows as many links before it gives up.
const MOST_LINKS: usize = 40;
/// Lists of users and groups are not longer than this where they are worth reading.
const LARGEST_LIST: u64 = 4 << 20;

/// What is asked of a file.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Users who may own it and its directories.
    pub owners: &'a [u32],
    /// Whether the group that is the owner's alone may write.
    pub own_group: bool,
    /// Directories above this one are not looked at: the home directory.
    pub top: Option<&'a Path>,
}

/// Why a file is not believed.
#[derive(Debug)]
pub enum Refused {
    /// It, or something on the way to it, could not be looked at.
    Unreadable(io::Error),
    /// Somebody else may have written it.
    Unsafe {
        /// The file or directory.
        path: PathBuf,
        /// What is the matter with it.
        why: String,
    },
}

impl From<io::Error> for Refused {
    fn from(e: io::Error) -> Refused {
        Refused::Unreadable(e)
    }
}

/// Opens a file for reading. A pipe in its place does not hang the caller: that it is a regular file is for the caller to
/// see.
pub fn open_plain(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY);
    options.open(path)
}

/// Opens a file that may be believed.
pub fn open(path: &Path, asked: &Asked<'_>) -> Result<File, Refused> {
    let way = Way::to(path)?;
    let top = asked.top.and_then(|top| fs::canonicalize(top).ok());
    let above = |dir: &Path| top.as_ref().is_some_and(|top| top != dir && top.starts_with(dir));
    for (dir, meta) in way.directories.iter().filter(|(dir, _)| !above(dir)) {
        // The file's own directory and the one around it are the owner's; further up the system shares some (/tmp).
        let holds = |file: &Path| file.ancestors().skip(1).take(2).any(|near| near == dir);
        let near = holds(&way.file) || holds(path);
        directory(meta, asked, near).map_err(|why| Refused::Unsafe { path: dir.clone(), why })?;
    }
    if let Some((link, meta)) = way.links.iter().find(|(_, meta)| !asked.owners.contains(&meta.uid())) {
        let why = format!("the link belongs to user {}", meta.uid());
        return Err(Refused::Unsafe { path: link.clone(), why });
    }
    let file = open_plain(&way.file)?;
    let meta = file.metadata()?;
    if (meta.dev(), meta.ino()) != way.id {
        let why = "it was replaced while it was read".to_owned();
        return Err(Refused::Unsafe { path: path.to_owned(), why });
    }
    writers(&meta, asked).map_err(|why| Refused::Unsafe { path: path.to_owned(), why })?;
    Ok(file)
}

/// Why a directory is not fit to hold what is to be believed.
fn directory(meta: &Metadata, asked: &Asked<'_>, near: bool) -> Result<(), String> {
    let sticky = meta.mode() & STICKY != 0;
    // What lies in it belongs to the right user, which is checked as well, and nobody else can move it away.
    if sticky && asked.owners.contains(&meta.uid()) && (!near || meta.mode() & 0o002 == 0) {
        return Ok(());
    }
    writers(meta, asked)
}

/// Who may write to a file or directory, if that is anybody else.
pub fn writers(meta: &Metadata, asked: &Asked<'_>) -> Result<(), String> {
    if !asked.owners.contains(&meta.uid()) {
        let whose = match asked.owners {
            [0] => "not to root",
            _ => "neither to you nor to root",
        };
        return Err(format!("it belongs to user {}, {whose}", meta.uid()));
    }
    let mode = meta.mode() & 0o7777;
    if mode & 0o002 != 0 {
        return Err(format!("anybody can write to it (mode {mode:o})"));
    }
    if mode & 0o020 != 0 && !(asked.own_group && is_own_group(meta.uid(), meta.gid())) {
        return Err(format!("others than its owner can write to it (mode {mode:o}, group {})", meta.gid()));
    }
    Ok(())
}

/// Every directory and every link on the way to a file.
struct Way {
    directories: Vec<(PathBuf, Metadata)>,
    links: Vec<(PathBuf, Metadata)>,
    file: PathBuf,
    /// Device and inode of the file.
    id: (u64, u64),
}

impl Way {
    fn to(path: &Path) -> io::Result<Way> {
        let mut at = PathBuf::from("/");
        let mut directories = vec![(at.clone(), fs::symlink_metadata(&at)?)];
        let mut rest: VecDeque<OsString> = parts(path);
        let mut links = Vec::new();
        while let Some(part) = rest.pop_front() {
            if part == ".." {
                at.pop();
                continue;
            }
            let next = at.join(&part);
            let meta = fs::symlink_metadata(&next)?;
            if meta.is_symlink() {
                let target = fs::read_link(&next)?;
                links.push((next, meta));
                if links.len() > MOST_LINKS {
                    return Err(io::Error::from_raw_os_error(libc::ELOOP));
                }
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                for part in parts(&target).into_iter().rev() {
                    rest.push_front(part);
                }
            } else if meta.is_dir() && !rest.is_empty() {
                at = next.clone();
                directories.push((next, meta));
            } else if rest.is_empty() {
                return Ok(Way { directories, links, file: next, id: (meta.dev(), meta.ino()) });
            } else {
                return Err(io::Error::from_raw_os_error(libc::ENOTDIR));
            }
        }
        Err(io::Error::from_raw_os_error(libc::EISDIR))
    }
}

/// The names of a path in their order.
fn parts(path: &Path) -> VecDeque<OsString> {
    let part = |c: Component<'_>| match c {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().filter_map(part).collect()
}

/// Whether a group is its user's alone, as Debian and Fedora give every user one: their umask lets it write.
fn is_own_group(uid: u32, gid: u32) -> bool {
    let (Some(users), Some(groups)) = (list("/etc/passwd"), list("/etc/group")) else { return false };
    is_own_group_in(uid, gid, &users, &groups)
}

fn list(path: &str) -> Option<String> {
    let file = open_plain(Path::new(path)).ok()?;
    if file.metadata().ok()?.len() > LARGEST_LIST {
        return None;
    }
    let mut text = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, LARGEST_LIST), &mut text).ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// passwd(5) is `name:password:uid:gid:…`, group(5) is `name:password:gid:members`.
fn is_own_group_in(uid: u32, gid: u32, users: &str, groups: &str) -> bool {
    let number = |field: Option<&str>| field.and_then(|f| f.parse::<u32>().ok());
    let users: Vec<(&str, Option<u32>, Option<u32>)> = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .map(|f| {
            let at = |n: usize| number(f.get(n).copied());
            (f.first().copied().unwrap_or_default(), at(2), at(3))
        })
        .collect();
    // A user the file does not know (a directory service) has shown no group of their own.
    if !users.iter().any(|(_, u, g)| (*u, *g) == (Some(uid), Some(gid))) {
        return false;
    }
    // Some systems give root's group to accounts that nobody logs in to.
    let shared = gid != 0 && users.iter().any(|(_, u, g)| *u != Some(uid) && *g == Some(gid));
    let is_owner = |member: &str| users.iter().any(|(name, u, _)| *name == member && *u == Some(uid));
    let mut members = groups
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .filter(|f| number(f.get(2).copied()) == Some(gid))
        .flat_map(|f| f.get(3).copied().unwrap_or_default().split(','))
        .filter(|member| !member.is_empty());
    !shared && members.all(is_owner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    const USERS: &str = "root:x:0:0:root:/root:/bin/sh\noperator:x:11:0::/:/sbin/nologin\nanna:x:1000:1000::/home/anna:/bin/sh\nbob:x:1001:100::/home/bob:/bin/sh\ncarl:x:1002:100::/:/bin/sh\ndora:x:1003:1003::/:/bin/sh\n";
    const GROUPS: &str = "root:x:0:\nanna:x:1000:\nusers:x:100:\ndora:x:1003:dora,anna\n";

    #[test]
    fn a_group_is_its_users_own_or_it_is_not() {
        let rows = [
            (1000, 1000, true, "a group of her own"),
            (0, 0, true, "root's, although operator is in it by name"),
            (1001, 100, false, "one for all users"),
            (1003, 1003, false, "another member"),
            (1000, 1003, false, "somebody else's"),
            (4711, 4711, false, "unheard of"),
        ];
        for (uid, gid, want, what) in rows {
            assert_eq!(is_own_group_in(uid, gid, USERS, GROUPS), want, "{what}");
        }
    }

    struct Place {
        dir: tempfile::TempDir,
        own: [u32; 1],
    }

    impl Place {
        fn new() -> Place {
            let dir = tempfile::tempdir().unwrap();
            let own = [fs::metadata(dir.path()).unwrap().uid()];
            fs::create_dir_all(dir.path().join("home/.config/guard")).unwrap();
            let place = Place { dir, own };
            fs::write(place.at("home/.config/guard/policy.yaml"), "version: 1\n").unwrap();
            for path in ["home", "home/.config", "home/.config/guard"] {
                place.mode(path, 0o755);
            }
            place.mode("home/.config/guard/policy.yaml", 0o644);
            place
        }
        fn at(&self, path: &str) -> PathBuf {
            self.dir.path().join(path)
        }
        fn mode(&self, path: &str, mode: u32) {
            fs::set_permissions(self.at(path), fs::Permissions::from_mode(mode)).unwrap();
        }
        fn open(&self, path: &str) -> Result<File, Refused> {
            let top = self.at("home");
            open(&self.at(path), &Asked { owners: &self.own, own_group: false, top: Some(&top) })
        }
        #[track_caller]
        fn refuses(&self, path: &str, which: &str, text: &str) {
            match self.open(path) {
                Err(Refused::Unsafe { path, why }) => {
                    assert_eq!(path, self.at(which));
                    assert!(why.contains(text), "{why}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn file_and_directories_up_to_the_home_are_looked_at() {
        const FILE: &str = "home/.config/guard/policy.yaml";
        let p = Place::new();
        p.open(FILE).unwrap();
        for path in [FILE, "home/.config/guard", "home/.config", "home"] {
            let good = fs::metadata(p.at(path)).unwrap().permissions();
            for (bad, text) in [(0o757, "anybody"), (0o775, "others than its owner")] {
                p.mode(path, bad);
                p.refuses(FILE, path, text);
            }
            fs::set_permissions(p.at(path), good).unwrap();
        }
        // Sticky is the system's way to share a directory, not the owner's to keep a policy in.
        p.mode("home/.config/guard", 0o1777);
        p.refuses(FILE, "home/.config/guard", "anybody");
        p.mode("home/.config/guard", 0o755);
        p.mode("home", 0o1777);
        p.open(FILE).unwrap();
        // Above the home directory it is the administrator's business.
        p.mode("home", 0o755);
        p.mode("", 0o777);
        p.open(FILE).unwrap();
    }

    #[test]
    fn links_are_followed_through_directories_that_count() {
        let p = Place::new();
        fs::create_dir_all(p.at("home/dotfiles")).unwrap();
        fs::create_dir_all(p.at("home/open")).unwrap();
        fs::write(p.at("home/dotfiles/p.yaml"), "").unwrap();
        p.mode("home/dotfiles", 0o755);
        p.mode("home/dotfiles/p.yaml", 0o644);
        symlink("../dotfiles/p.yaml", p.at("home/open/link")).unwrap();
        symlink("open/../open/link", p.at("home/way")).unwrap();
        p.mode("home/open", 0o755);
        p.open("home/way").unwrap();
        // Whoever may write beside the link may send it elsewhere.
        p.mode("home/open", 0o777);
        p.refuses("home/way", "home/open", "anybody");
        symlink("round", p.at("home/round")).unwrap();
        assert!(matches!(p.open("home/round"), Err(Refused::Unreadable(_))));
        assert!(
            matches!(p.open("home/none"), Err(Refused::Unreadable(e)) if e.kind() == io::ErrorKind::NotFound)
        );
    }

    #[test]
    fn another_owner_is_named() {
        let p = Place::new();
        let stranger = [p.own[0] + 1];
        let top = p.at("home");
        let asked = Asked { owners: &stranger, own_group: true, top: Some(&top) };
        match open(&p.at("home/.config/guard/policy.yaml"), &asked) {
            Err(Refused::Unsafe { why, .. }) => assert!(why.contains(&format!("user {}", p.own[0])), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}
