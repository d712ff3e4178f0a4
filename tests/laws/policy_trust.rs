//! Whose policy is believed: owner and mode of files and directories, links, sticky directories.

use guard::engine::policy::Layer;
use guard::policy::files::{Found, open};
use guard::policy::load;
use guard::world::World;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

const POLICY: &str = "version: 1\nrules:\n  - {id: x, when: {effect: disrupt}, then: deny}\n";
const USERS: &str = "home/.config/guard/policy.yaml";

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        let home = Home(tempfile::tempdir().unwrap());
        home.file(USERS, POLICY);
        home.dir("home/src/shop");
        home
    }
    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }
    fn dir(&self, path: &str) {
        let mut at = self.0.path().to_owned();
        for part in Path::new(path) {
            at.push(part);
            if !at.exists() {
                fs::create_dir(&at).unwrap();
                fs::set_permissions(&at, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
    }
    fn file(&self, path: &str, text: &str) {
        self.dir(Path::new(path).parent().unwrap().to_str().unwrap());
        fs::write(self.at(path), text).unwrap();
        self.mode(path, 0o644);
    }
    fn mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    fn world(&self, cwd: &str) -> World {
        World::of(&[("HOME", self.at("home").to_str().unwrap())], self.at(cwd)).with_root(self.0.path())
    }
    #[track_caller]
    fn refuses(&self, cwd: &str, text: &str) {
        let fail = load(&self.world(cwd)).expect_err(text);
        assert_eq!(fail.exit().code(), 78, "{fail}");
        assert!(fail.to_string().contains(text) && fail.help.is_some(), "{fail}");
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn the_users_policy_and_its_directories_are_nobody_elses_to_write() {
    let home = Home::new();
    assert!(load(&home.world("home")).unwrap().user.is_some());
    for path in [USERS, "home/.config/guard", "home/.config", "home"] {
        for mode in [0o757, 0o777] {
            let good = fs::metadata(home.at(path)).unwrap().permissions();
            home.mode(path, mode);
            home.refuses("home", "anybody can write to it");
            fs::set_permissions(home.at(path), good).unwrap();
        }
    }
    // Sticky or not.
    home.mode("home/.config/guard", 0o1777);
    home.refuses("home", "anybody can write to it");
    home.mode("home/.config/guard", 0o755);
    // The group that is the owner's alone may write, as Debian and Fedora set it up.
    home.mode(USERS, 0o664);
    let own_group = load(&home.world("home")).is_ok();
    assert!(own_group || !is_root(), "root's group is root's own");
}

#[test]
fn another_owner_is_refused_wherever_it_turns_up() {
    if !is_root() {
        eprintln!("left to root: files of another owner");
        return;
    }
    for path in [USERS, "home/.config/guard", "home/.config", "home"] {
        let home = Home::new();
        chown(home.at(path), Some(4711), None).unwrap();
        home.refuses("home", "it belongs to user 4711, not to root");
    }
    // Where the environment says the configuration is.
    let home = Home::new();
    home.file("other/guard/policy.yaml", POLICY);
    chown(home.at("other"), Some(4711), None).unwrap();
    let vars = [("XDG_CONFIG_HOME", home.at("other"))];
    let vars: Vec<(&str, &str)> = vars.iter().map(|(k, v)| (*k, v.to_str().unwrap())).collect();
    let fail = load(&World::of(&vars, "/").with_root(home.0.path())).unwrap_err();
    assert!(fail.exit().code() == 78 && fail.to_string().contains("user 4711"), "{fail}");
    // The group of another user may not write, whoever owns the file.
    let home = Home::new();
    chown(home.at(USERS), None, Some(4711)).unwrap();
    home.mode(USERS, 0o664);
    home.refuses("home", "others than its owner can write to it");
}

#[test]
fn a_link_is_followed_through_directories_that_count() {
    let home = Home::new();
    home.file("home/dotfiles/policy.yaml", POLICY);
    fs::remove_file(home.at(USERS)).unwrap();
    symlink("../../dotfiles/policy.yaml", home.at(USERS)).unwrap();
    assert!(load(&home.world("home")).unwrap().user.is_some());
    home.mode("home/dotfiles", 0o777);
    home.refuses("home", "anybody can write to it");
}

#[test]
fn a_projects_file_in_a_shared_directory_does_not_count_and_is_named() {
    for (mode, counts) in [(0o755, true), (0o700, true), (0o1777, false), (0o777, false), (0o1755, false)] {
        let home = Home::new();
        home.file("home/src/shop/.guard.yaml", POLICY);
        home.mode("home/src/shop", mode);
        let merged = load(&home.world("home/src/shop")).unwrap();
        assert_eq!(merged.project.len() == 1, counts, "{mode:o}");
        assert_eq!(merged.ignored.len() == 1, !counts, "{mode:o}");
        if let Some(ignored) = merged.ignored.first() {
            assert!(ignored.file.ends_with("/shop/.guard.yaml"), "{ignored:?}");
            assert!(ignored.note().contains("anybody can put files into"), "{ignored:?}");
        }
    }
    // Nonsense planted in a shared directory stops nobody.
    let home = Home::new();
    home.file("home/src/.guard.yaml", "nonsense");
    home.mode("home/src", 0o1777);
    assert_eq!(load(&home.world("home/src/shop")).unwrap().ignored.len(), 1);
}

#[test]
fn a_projects_file_is_the_callers_roots_or_the_directory_owners() {
    if !is_root() {
        eprintln!("left to root: files of another owner");
        return;
    }
    let rows: [(Option<u32>, Option<u32>, bool); 4] = [
        (None, None, true),
        // A colleague's repository, whole.
        (Some(4711), Some(4711), true),
        (Some(4711), None, true),
        // Somebody's file in a directory of mine.
        (None, Some(4711), false),
    ];
    for (dir, file, counts) in rows {
        let home = Home::new();
        home.file("home/src/shop/.guard.yaml", POLICY);
        chown(home.at("home/src/shop"), dir, None).unwrap();
        chown(home.at("home/src/shop/.guard.yaml"), file, None).unwrap();
        let path = home.at("home/src/shop/.guard.yaml");
        match open(&home.world("home/src/shop"), Layer::Project, &path) {
            Ok(Found::Text(_)) => assert!(counts, "{dir:?} {file:?}"),
            Err(fail) => assert!(!counts && fail.exit().code() == 78, "{dir:?} {file:?} {fail}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_projects_file_others_may_write_is_refused() {
    let home = Home::new();
    home.file("home/src/shop/.guard.yaml", POLICY);
    home.mode("home/src/shop/.guard.yaml", 0o666);
    home.refuses("home/src/shop", "anybody can write to it");
}
