//! Paths of the system that is looked at, which need not be this process's own, and where its symbolic links lead.

use crate::run::mounts::{Mount, Mounts};
use std::path::{Path, PathBuf};

/// So many links in a row are followed (path_resolution(7), "MAXSYMLINKS").
const LINKS: usize = 40;

/// A path of that system, as this process opens it.
pub fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// What a path leads to when it is a symbolic link, and whether that lies on another machine: it is not asked there.
/// Paths are those of the system below `root`, whose links are read as that system reads them.
pub fn behind(root: &Path, path: &Path, mounts: &Mounts) -> (PathBuf, bool) {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        if mounts.of(&below(root, &path)).is_some_and(Mount::is_elsewhere) {
            return (path, true);
        }
        let Ok(target) = std::fs::read_link(below(root, &path)) else { break };
        // The directory that a relative link starts from, without links of its own: only there `..` is the one above.
        let parent = path.parent().unwrap_or(Path::new("/"));
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        let within = real(&below(root, parent)).zip(real(root));
        let within = within.and_then(|(real, root)| Some(real.strip_prefix(root).ok()?.to_owned()));
        let mut from = within.map_or_else(|| parent.to_owned(), |inner| Path::new("/").join(inner));
        let mut rest = target.as_path();
        while let Ok(after) = rest.strip_prefix("..") {
            from.pop();
            rest = after;
        }
        path = from.join(rest);
    }
    (path, false)
}

/// A path that this process opens, as the system below `root` names it.
pub fn inner(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).map_or_else(|_| path.to_owned(), |inner| Path::new("/").join(inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_those_of_the_system_below_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("srv/a")).unwrap();
        std::fs::create_dir_all(root.join("data/var/lib")).unwrap();
        symlink("data/var", root.join("var")).unwrap();
        symlink("/srv/a", root.join("srv/absolute")).unwrap();
        symlink("absolute", root.join("srv/chain")).unwrap();
        // The directory above `/var/lib`, which is really `/data/var/lib`, is `/data/var`.
        symlink("../../../srv/a", root.join("data/var/lib/up")).unwrap();
        symlink("round", root.join("srv/round")).unwrap();
        for (path, want) in [
            ("/srv/a", "/srv/a"),
            ("/srv/absolute", "/srv/a"),
            ("/srv/chain", "/srv/a"),
            ("/var/lib/up", "/srv/a"),
            ("/srv/none", "/srv/none"),
            ("/srv/round", "/srv/round"),
        ] {
            let found = behind(root, Path::new(path), &Mounts::default());
            assert_eq!(found, (PathBuf::from(want), false), "{path}");
        }
    }
}
