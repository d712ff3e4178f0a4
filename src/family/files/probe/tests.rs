use super::*;
use crate::engine::assess::assess;
use crate::engine::challenge::{HostScope, host_challenge};
use crate::engine::files::classify;
use crate::engine::machine::HostTarget;
use std::fs;
use std::process::{Child, Command};

/// A directory that is no scratch, and a world whose home and root lie below it.
struct Stage {
    dir: tempfile::TempDir,
    world: World,
}

impl Stage {
    fn new() -> Stage {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap();
        for name in ["home", "root", "work"] {
            fs::create_dir(real.join(name)).unwrap();
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let home = real.join("home");
        let vars = [("PATH", path.as_str()), ("HOME", home.to_str().unwrap()), ("GIT_CONFIG_NOSYSTEM", "1")];
        let world = World::of(&vars, real.join("work")).with_root(real.join("root"));
        Stage { dir, world }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("work").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn ask(&self, line: &str) -> Answered {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        ask(&Request { words: &words, world: &self.world, deadline: Duration::from_secs(60) })
    }

    /// The effect after the facts, and how much is lost.
    fn effect(&self, line: &str) -> (Effect, usize) {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let answered = self.ask(line);
        if answered.nothing.is_some() {
            return (Effect::Read, 0);
        }
        (assess(classify(&words).effect, &answered.impact).effect, answered.lost.len())
    }

    fn git(&self, args: &[&str]) {
        let mut git = Command::new("git");
        git.env_clear().envs(self.world.vars().iter().map(|(k, v)| (k, v)));
        let done = git
            .args(["-c", "user.name=a", "-c", "user.email=a@b"])
            .args(args)
            .current_dir(self.at(""))
            .output();
        let done = done.unwrap();
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn has_git(&self) -> bool {
        let has = Git::find(&self.world, Instant::now()).is_some();
        if !has {
            eprintln!("skipped: there is no git on PATH");
        }
        has
    }
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn everyday_removals_are_no_loss() {
    let stage = Stage::new();
    stage.write("f", "x");
    stage.write("cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n");
    stage.write("cache/x/y", "x");
    stage.write("d/in", "x");
    stage.write("app/package.json", "{}");
    stage.write("app/node_modules/a/b.js", "x");
    fs::create_dir_all(stage.at("hollow/a/b")).unwrap();
    std::os::unix::fs::symlink("d", stage.at("l")).unwrap();
    stage.write("../home/.cache/tool/x", "x");
    stage.write("../root/tmp/t/x", "x");
    stage.write("../root/var/cache/t/x", "x");
    let scratch = "-rf ../root/tmp/t ../root/var/cache/t".to_owned();
    let cache = format!("-rf {}", stage.at("../home/.cache/tool").display());
    for line in [
        "f",
        "-f f none",
        "-rf cache",
        "-rf app/node_modules",
        "-rf hollow",
        "-rf l",
        "-d hollow/a/b",
        &scratch,
        &cache,
    ] {
        assert_eq!(stage.effect(line), (Effect::Mutate, 0), "{line}: {:#?}", stage.ask(line));
    }
    for line in ["none", "-rf none", "d", "-f f/x", "-rf .", "l/", "--help", "f --help", "-rf"] {
        assert_eq!(stage.effect(line), (Effect::Read, 0), "{line}");
    }
    for line in ["-rf d", "-rf l/", "-rf d f", "-rf cache d", "-ri d", "-r --one-file-system d"] {
        assert_eq!(stage.effect(line), (Effect::Destroy, 1), "{line}");
    }
    let answered = stage.ask("-rf d");
    assert!(answered.impact.gaps.is_empty(), "{:?}", answered.impact.gaps);
    assert!(answered.impact.data[0].what.contains("1 file, last written"), "{:?}", answered.impact.data);
}

#[test]
fn what_a_build_makes_again_is_not_asked_about() {
    let stage = Stage::new();
    if !stage.has_git() {
        return;
    }
    stage.git(&["init", "-q"]);
    stage.write(".gitignore", "target\nnode_modules\ndata\n");
    for path in ["target/debug/x", "node_modules/a/b.js", "data/x", "src/a.rs", "build/x"] {
        stage.write(path, "x");
    }
    stage.git(&["add", "."]);
    stage.git(&["rm", "-rq", "--cached", "build"]);
    stage.git(&["commit", "-qm", "one"]);
    for line in ["-rf target node_modules", "-rf target", "-rf src"] {
        assert_eq!(stage.effect(line), (Effect::Mutate, 0), "{line}: {:#?}", stage.ask(line).impact);
    }
    // Ignored, and of no such name; of such a name, and not ignored.
    for line in ["-rf data", "-rf build", "-rf target data", "-rf .git"] {
        assert_eq!(stage.effect(line).0, Effect::Destroy, "{line}");
    }
    // Not ignored, and made again by what stands beside it; but not what git was given to keep.
    for name in ["web", "kept"] {
        stage.write(&format!("{name}/package.json"), "{}");
        stage.write(&format!("{name}/venv/pyvenv.cfg"), "x");
        stage.write(&format!("{name}/venv/lib/a"), "x");
    }
    assert_eq!(stage.effect("-rf web/venv"), (Effect::Mutate, 0), "{:#?}", stage.ask("-rf web/venv").impact);
    stage.git(&["add", "kept"]);
    stage.write("kept/venv/lib/a", "changed");
    assert_eq!(stage.effect("-rf kept/venv").0, Effect::Destroy);
    stage.git(&["rm", "-rqf", "--cached", "kept"]);
    stage.write("src/new.rs", "x");
    assert_eq!(stage.effect("-rf src").0, Effect::Destroy);
    let because = format!("{:?}", stage.ask("-rf src").impact.consequences);
    assert!(because.contains("1 untracked"), "{because}");
    // The whole repository, of which nobody has a copy.
    let whole = format!("-rf {}", stage.at("").display());
    let because = format!("{:?}", stage.ask(&whole).impact.consequences);
    assert!(because.contains("no remote has any of it"), "{because}");
    // In scratch a repository counts when it has been there for a while.
    stage.write("../root/tmp/t/repo/x", "x");
    let tmp = stage.at("../root/tmp/t/repo");
    let mut git = Command::new("git");
    git.env_clear().envs(stage.world.vars().iter().map(|(k, v)| (k, v)));
    assert!(git.args(["init", "-q"]).current_dir(&tmp).output().unwrap().status.success());
    assert_eq!(stage.effect("-rf ../root/tmp/t").0, Effect::Mutate);
    let config = fs::File::options().append(true).open(tmp.join(".git/config")).unwrap();
    config.set_modified(std::time::SystemTime::now() - Duration::from_secs(2 * 60 * 60)).unwrap();
    assert_eq!(stage.effect("-rf ../root/tmp/t").0, Effect::Destroy);
    // A database in a build's directory that nobody runs is the build's; one that runs is not.
    stage.write("target/pg/PG_VERSION", "15");
    stage.write("target/pg/base/1/x", "x");
    stage.write("target/pg/global/x", "x");
    assert_eq!(stage.effect("-rf target").0, Effect::Mutate);
    let _server = Ended(Command::new("sleep").arg("60").current_dir(stage.at("target/pg")).spawn().unwrap());
    assert_eq!(stage.effect("-rf target").0, Effect::Destroy);
}

#[test]
fn a_cluster_is_told_with_its_server() {
    let stage = Stage::new();
    let data = stage.at("pg/15/main");
    for path in
        ["PG_VERSION", "base/1/PG_VERSION", "base/1/pg_filenode.map", "base/1/2619", "global/pg_control"]
    {
        stage.write(&format!("pg/15/main/{path}"), &"x".repeat(5000));
    }
    let settings = stage.dir.path().join("root/etc/postgresql/15/main");
    fs::create_dir_all(&settings).unwrap();
    fs::write(settings.join("postgresql.conf"), format!("data_directory = '{}'\n", data.display())).unwrap();
    let _server = Ended(Command::new("sleep").arg("60").current_dir(&data).spawn().unwrap());
    let answered = stage.ask("-rf pg");
    let text = format!("{answered:#?}");
    assert_eq!(stage.effect("-rf pg"), (Effect::Destroy, 1), "{text}");
    assert!(text.contains("its server runs: sleep"), "{text}");
    assert!(answered.impact.surprise.is_some() && answered.impact.whole_scope, "{text}");
    // Not recursive, and still a part of it.
    for line in ["pg/15/main/base/1/2619", "-rf pg/15/main/base/1", "-rf pg/15", "-rf pg/15/main"] {
        assert_eq!(stage.effect(line), (Effect::Destroy, 1), "{line}");
        assert!(stage.ask(line).impact.whole_scope, "{line}");
    }
    // What stands beside it.
    stage.write("beside", "x");
    assert_eq!(stage.effect("beside").0, Effect::Mutate);
}

#[test]
fn the_places_of_the_machine_are_told() {
    let stage = Stage::new();
    for path in [
        "etc/x",
        "usr/bin/x",
        "usr/local/bin/x",
        "home/bert/x",
        "x",
        "srv/x",
        "var/lib/p/x",
        "run/x",
        "tmp/t/x",
    ] {
        stage.write(&format!("../root/{path}"), "x");
    }
    stage.write("../root/etc/empty", "");
    std::os::unix::fs::symlink("bin", stage.at("../root/sbin")).unwrap();
    std::os::unix::fs::symlink("x", stage.at("../root/etc/link")).unwrap();
    for (line, effect, heavy) in [
        ("etc/x", Effect::Destroy, true),
        ("etc/empty", Effect::Mutate, false),
        ("etc/link", Effect::Mutate, false),
        ("usr/bin/x", Effect::Destroy, true),
        ("usr/local/bin/x", Effect::Mutate, false),
        ("home/bert/x", Effect::Destroy, true),
        ("x", Effect::Destroy, true),
        ("sbin", Effect::Destroy, true),
        ("srv/x", Effect::Mutate, false),
        ("run/x", Effect::Mutate, false),
        ("-rf etc", Effect::Destroy, true),
        ("-rf usr/local", Effect::Destroy, true),
        ("-rf var", Effect::Destroy, true),
        ("-rf var/lib/p", Effect::Destroy, true),
        ("-rf home", Effect::Destroy, true),
        ("-rf tmp", Effect::Destroy, true),
        ("-rf tmp/t", Effect::Mutate, false),
        ("-rf srv/../tmp/t", Effect::Mutate, false),
    ] {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let below =
            |word: &String| if word.starts_with('-') { word.clone() } else { format!("../root/{word}") };
        let line = words.iter().map(below).collect::<Vec<_>>().join(" ");
        let answered = stage.ask(&line);
        assert_eq!(
            (stage.effect(&line).0, answered.impact.whole_scope),
            (effect, heavy),
            "{line}: {answered:#?}"
        );
    }
}

#[test]
fn the_phrase_is_the_real_path() {
    let stage = Stage::new();
    stage.write("d/x", "x");
    stage.write("e/x", &"x".repeat(9000));
    std::os::unix::fs::symlink("d", stage.at("way")).unwrap();
    let target = HostTarget::default();
    let asked = |line: &str| {
        let lost = stage.ask(line).lost;
        let challenge =
            host_challenge(&target, Some("db1"), &HostScope { lost: &lost, ..HostScope::default() });
        (challenge.phrase.clone(), lost)
    };
    let (phrase, lost) = asked("-rf way/");
    assert_eq!(lost, [stage.at("d").display().to_string().trim_start_matches('/').to_owned()]);
    assert!(phrase.starts_with("db1/") && phrase.len() <= 128, "{phrase}");
    // The larger one is named, whatever the order.
    let (phrase, lost) = asked("-rf d e");
    assert!(lost[0].ends_with("/e") && phrase.ends_with("+1"), "{phrase}");
    assert_eq!(asked("-rf e d"), (phrase, lost));
}

#[test]
fn a_path_that_cannot_be_looked_at_is_a_gap() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::new();
    stage.write("shut/in/x", "x");
    fs::set_permissions(stage.at("shut"), fs::Permissions::from_mode(0o0)).unwrap();
    let closed = fs::read_dir(stage.at("shut")).is_err();
    let of = |line: &str| {
        let answered = stage.ask(line);
        (stage.effect(line).0, answered.impact.gaps.len())
    };
    let (outer, inner) = (of("-rf shut"), of("-rf shut/in"));
    fs::set_permissions(stage.at("shut"), fs::Permissions::from_mode(0o700)).unwrap();
    // Root may look into everything.
    assert_eq!((outer.0, inner.0), (Effect::Destroy, Effect::Destroy));
    assert_eq!((outer.1 > 0, inner.1 > 0), (closed, closed));
}

/// `rm -rf daily.*`: what has its other name in another path that is named is lost.
#[test]
fn other_names_that_go_too_do_not_stay() {
    let stage = Stage::new();
    stage.write("daily.0/db.dump", "the only one");
    fs::create_dir_all(stage.at("daily.1")).unwrap();
    fs::hard_link(stage.at("daily.0/db.dump"), stage.at("daily.1/db.dump")).unwrap();
    assert_eq!(stage.effect("-rf daily.0").0, Effect::Mutate);
    assert_eq!(stage.effect("-rf daily.0 daily.1").0, Effect::Destroy);
}

#[test]
fn a_working_directory_that_was_deleted_is_no_place_to_look_from() {
    let text = |bytes: &std::ffi::OsString| bytes.to_string_lossy().into_owned();
    let stage = Stage::new();
    stage.write("keep/data", "x");
    let vars: Vec<(String, String)> = stage.world.vars().iter().map(|(k, v)| (text(k), text(v))).collect();
    let vars: Vec<(&str, &str)> = vars.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let world = World::of(&vars, stage.at("gone")).with_root(stage.at("../root"));
    for line in ["-rf ../keep", "x", "-rf ."] {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let answered = ask(&Request { words: &words, world: &world, deadline: DEADLINE });
        assert!(answered.nothing.is_none() && !answered.impact.gaps.is_empty(), "{line}: {answered:#?}");
    }
}

/// Two names that nobody can tell apart have two phrases.
#[test]
fn phrases_tell_bytes_apart() {
    use std::os::unix::ffi::OsStrExt;
    let of = |bytes: &[u8]| phrase(Path::new(std::ffi::OsStr::from_bytes(bytes)));
    assert_ne!(of(b"/srv/a\xff"), of(b"/srv/a\xfe"));
    assert_eq!(of("/srv/My Größe".as_bytes()), "srv/My Größe");
    assert_eq!(of(b"/"), "/");
}
