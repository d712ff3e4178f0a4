use super::*;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// A directory with a repository `repo`, and a bare one `origin` that it was pushed to.
struct Stage {
    dir: tempfile::TempDir,
    world: World,
}

impl Stage {
    /// `None`, and why, where there is no git.
    fn new() -> Option<Stage> {
        let path = std::env::var("PATH").unwrap_or_default();
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        fs::create_dir(&home).unwrap();
        let world = World::of(&[("PATH", &path), ("HOME", home.to_str().unwrap())], dir.path());
        if Git::find(&world, Instant::now()).is_none() {
            eprintln!("skipped: there is no git on PATH");
            return None;
        }
        let stage = Stage { dir, world };
        stage.git(".", &["init", "-q", "--bare", "origin"]);
        stage.git(".", &["init", "-q", "repo"]);
        stage.write("repo/.gitignore", "target\nnode_modules\n*.pyc\ndata\n");
        stage.write("repo/src/a.rs", "a");
        stage.git("repo", &["add", "."]);
        stage.git("repo", &["commit", "-q", "-m", "one"]);
        Some(stage)
    }

    fn git(&self, at: &str, args: &[&str]) {
        let mut git = Command::new("git");
        git.env_clear().envs(self.world.vars().iter().map(|(k, v)| (k, v))).env("GIT_CONFIG_NOSYSTEM", "1");
        git.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"]);
        let done = git.args(args).current_dir(self.at(at)).output().unwrap();
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn ask(&self) -> Git<'_> {
        Git::find(&self.world, Instant::now() + Duration::from_secs(60)).unwrap()
    }

    fn below(&self, path: &str) -> Below {
        self.ask().below(&self.at("repo"), &self.at(path), false).unwrap()
    }

    fn only(&self, path: &str) -> OnlyHere {
        self.ask().only_here(&self.at(path), &self.at(path)).unwrap()
    }

    fn push(&self) {
        self.git("repo", &["remote", "add", "origin", self.at("origin").to_str().unwrap()]);
        self.git("repo", &["push", "-q", "origin", "HEAD:main"]);
    }
}

#[test]
fn what_is_ignored_and_what_is_kept() {
    let Some(stage) = Stage::new() else { return };
    for path in ["repo/target/debug/x", "repo/src/y.pyc", "repo/node_modules/z/index.js"] {
        stage.write(path, "x");
    }
    let (target, modules, src) =
        (stage.at("repo/target"), stage.at("repo/node_modules"), stage.at("repo/src"));
    let ignored = stage.ask().ignored(&stage.at("repo"), &[&target, &modules, &src]).unwrap();
    assert_eq!(ignored, HashSet::from([target.clone(), modules]));
    // What is kept all the same is not only what a build makes.
    stage.git("repo", &["add", "-f", "target/debug/x"]);
    assert!(stage.ask().ignored(&stage.at("repo"), &[&target]).unwrap().is_empty());

    assert!(stage.below("repo/src").is_kept(), "{:?}", stage.below("repo/src"));
    stage.write("repo/src/data/x", "x");
    assert_eq!(stage.below("repo/src").told(), ["1 ignored"]);
    stage.write("repo/src/new.rs", "x");
    stage.write("repo/src/a.rs", "other");
    let below = stage.below("repo/src");
    assert_eq!((below.tracked, below.changed, below.untracked, below.ignored), (1, 1, 1, 1));
    // What is staged stays in the repository, as long as that does.
    stage.git("repo", &["add", "src/a.rs", "src/new.rs"]);
    assert_eq!(stage.below("repo/src").told(), ["1 ignored"]);
    assert_eq!(stage.only("repo").tree.changed, 3);
    assert!(stage.ask().below(&stage.at("origin"), &stage.at("origin"), false).is_err());
}

#[test]
fn what_exists_nowhere_else() {
    let Some(stage) = Stage::new() else { return };
    let only = stage.only("repo");
    assert!(only.alone && only.commits == 1 && !only.is_elsewhere());
    assert_eq!(only.told(), ["no remote has any of it"]);
    stage.push();
    assert!(stage.only("repo").is_elsewhere(), "{:?}", stage.only("repo"));
    // A remote that goes along is none.
    let all = stage.ask().only_here(&stage.at("repo"), &stage.at(".")).unwrap();
    assert!(all.alone);
    stage.write("repo/target/x", "x");
    assert!(stage.only("repo").is_elsewhere());
    stage.write("repo/src/a.rs", "b");
    assert_eq!(stage.only("repo").told(), ["1 changed"]);
    stage.git("repo", &["stash", "-q"]);
    assert_eq!(stage.only("repo").told(), ["1 stashed"]);
    stage.git("repo", &["stash", "drop", "-q"]);
    stage.git("repo", &["commit", "-q", "--allow-empty", "-m", "two"]);
    assert_eq!(stage.only("repo").told(), ["1 commits on no remote"]);
    // A linked work tree: its commits stay where they are.
    stage.git("repo", &["worktree", "add", "-q", "../tree"]);
    assert!(stage.only("tree").is_elsewhere(), "{:?}", stage.only("tree"));
    stage.write("tree/new", "x");
    assert_eq!(stage.only("tree").told(), ["1 untracked"]);
    // A repository without a work tree that nobody else has.
    assert!(stage.only("origin").alone);
}

#[test]
fn nothing_that_a_repository_names_is_run() {
    let Some(stage) = Stage::new() else { return };
    stage.push();
    let mark = stage.at("ran");
    let script = stage.at("script");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", mark.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let script = script.to_str().unwrap();
    fs::create_dir_all(stage.at("repo/.git/hooks")).unwrap();
    for hook in ["post-index-change", "post-checkout", "reference-transaction"] {
        fs::copy(script, stage.at("repo/.git/hooks").join(hook)).unwrap();
    }
    for (key, value) in [
        ("core.fsmonitor", script),
        ("core.pager", script),
        ("core.sshCommand", script),
        ("core.alternateRefsCommand", script),
        ("diff.external", script),
        ("filter.x.clean", script),
        ("filter.x.process", script),
        ("filter.x.required", "true"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", "ssh://h/x"),
        ("extensions.partialClone", "origin"),
        ("gpg.program", script),
        ("log.showSignature", "true"),
    ] {
        let text = format!("[{}]\n\t{} = {value}\n", section(key).0, section(key).1);
        let file = stage.at("repo/.git/config");
        let before = fs::read_to_string(&file).unwrap();
        fs::write(file, before + &text).unwrap();
    }
    stage.write("repo/.git/info/attributes", "* filter=x diff=x\n");
    // Not sure, by its time, whether it is changed: git reads it, and would by the filter.
    stage.write("repo/src/a.rs", "a");
    let _ = stage.only("repo");
    let _ = stage.below("repo/src");
    let _ = stage.ask().ignored(&stage.at("repo"), &[&stage.at("repo/target")]);
    assert!(!mark.exists(), "a program of the repository ran");
}

/// `filter.x.clean` as `filter "x"` and `clean`.
fn section(key: &str) -> (String, &str) {
    let parts: Vec<&str> = key.split('.').collect();
    match parts.as_slice() {
        [section, name, key] => (format!("{section} \"{name}\""), key),
        [section, key] => ((*section).to_owned(), key),
        _ => unreachable!(),
    }
}

#[test]
fn another_repository_in_the_environment_is_not_asked() {
    let Some(mut stage) = Stage::new() else { return };
    stage.push();
    let other = stage.at("origin");
    let world = std::mem::take(&mut stage.world);
    stage.world = world.with_var("GIT_DIR", other.as_os_str()).with_var("GIT_WORK_TREE", "/");
    assert!(stage.below("repo/src").is_kept());
}

#[test]
fn work_trees_are_found_above() {
    let dir = tempfile::tempdir().unwrap();
    let at = |path: &str| dir.path().join(path);
    fs::create_dir_all(at("repo/.git/objects")).unwrap();
    fs::create_dir_all(at("repo/a/b")).unwrap();
    assert_eq!(tree_of(&at("repo/a/b")), Some(at("repo")));
    assert_eq!(tree_of(&at("repo/.git/objects")), None);
    assert_ne!(tree_of(&at("repo")), Some(at("repo")));
}
