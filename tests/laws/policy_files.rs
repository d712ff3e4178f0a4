//! Policy files: the examples load, valid samples are valid, and every mistake is shown where it stands.

use guard::engine::policy::Layer;
use guard::policy::{parse, schema};
use guard::world::World;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The files below a directory of this repository, sorted.
fn files(dir: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let mut all: Vec<PathBuf> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path()).collect();
    all.retain(|p| p.extension().is_some_and(|e| e == "yaml"));
    all.sort();
    assert!(!all.is_empty(), "no samples in {}", dir.display());
    all
}

/// Samples are named after their layer: `system-….yaml`, `project-….yaml`, everything else is a user's.
fn layer_of(path: &Path) -> Layer {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    match name.split('-').next() {
        Some("system") => Layer::System,
        Some("project") => Layer::Project,
        _ => Layer::User,
    }
}

fn short(path: &Path) -> PathBuf {
    PathBuf::from(path.file_name().unwrap())
}

#[test]
fn the_examples_load_and_their_own_examples_hold() {
    for (name, layer) in
        [("starter", Layer::User), ("daemons", Layer::User), ("team", Layer::System), ("ci", Layer::System)]
    {
        let path = PathBuf::from(format!("{}/examples/policies/{name}.yaml", env!("CARGO_MANIFEST_DIR")));
        let text = fs::read_to_string(&path).unwrap();
        let policy = parse(&text, &short(&path), layer).unwrap_or_else(|fail| panic!("{fail}"));
        assert!(!policy.rules.is_empty());
        assert_eq!(text.matches("- id:").count(), policy.rules.len());
        assert_eq!(
            text.matches("- id:").count(),
            text.lines().filter(|l| l.trim_start().starts_with("match:")).count(),
            "every rule of {name} says what it matches"
        );
    }
}

#[test]
fn valid_samples_are_valid() {
    for path in files("tests/policies/valid") {
        let text = fs::read_to_string(&path).unwrap();
        if let Err(fail) = parse(&text, &short(&path), layer_of(&path)) {
            panic!("{fail}");
        }
    }
}

/// `GUARD_BLESS=1 cargo test --test policy_files` writes the expected texts anew; read the difference.
#[test]
fn invalid_samples_say_what_is_wrong_and_where() {
    for path in files("tests/policies/invalid") {
        let text = fs::read_to_string(&path).unwrap();
        let fail = parse(&text, &short(&path), layer_of(&path)).expect_err(&path.display().to_string());
        assert_eq!(fail.exit().code(), 78);
        let said = format!("{fail}\n");
        let expected = path.with_extension("txt");
        if std::env::var_os("GUARD_BLESS").is_some() {
            fs::write(&expected, &said).unwrap();
        }
        let want = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(said, want, "{}", path.display());
    }
}

#[test]
fn the_schema_in_the_examples_is_the_one_printed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/policies/policy.schema.json");
    if std::env::var_os("GUARD_BLESS").is_some() {
        fs::write(&path, schema::json()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), schema::json());
}

#[test]
fn every_key_of_the_schema_stands_in_a_valid_sample() {
    let schema: serde_json::Value = serde_json::from_str(&schema::json()).unwrap();
    let mut samples = String::new();
    for path in files("tests/policies/valid") {
        samples.push_str(&fs::read_to_string(path).unwrap());
    }
    let mut missing = Vec::new();
    walk(&schema, &mut |key| {
        if !samples.contains(&format!("{key}:")) {
            missing.push(key.to_owned());
        }
    });
    assert!(missing.is_empty(), "no sample uses {missing:?}");
}

fn walk(schema: &serde_json::Value, visit: &mut impl FnMut(&str)) {
    match schema {
        serde_json::Value::Object(map) => {
            if let Some(serde_json::Value::Object(properties)) = map.get("properties") {
                properties.keys().for_each(|k| visit(k));
            }
            map.values().for_each(|v| walk(v, visit));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|v| walk(v, visit)),
        _ => {}
    }
}

/// A world below a scratch directory: `etc/guard`, `home/anna`, `home/anna/src/shop/deploy` inside a repository.
fn world(dir: &Path) -> World {
    let home = dir.join("home/anna");
    let cwd = home.join("src/shop/deploy");
    fs::create_dir_all(&cwd).unwrap();
    fs::create_dir_all(home.join("src/shop/.git")).unwrap();
    fs::create_dir_all(home.join(".config/guard")).unwrap();
    fs::create_dir_all(dir.join("etc/guard")).unwrap();
    World::of(&[("HOME", home.to_str().unwrap())], cwd).with_root(dir)
}

const RULE: &str = "version: 1\nrules:\n  - {id: x, when: {effect: disrupt}, then: deny}\n";

#[test]
fn all_layers_are_found_and_missing_files_are_fine() {
    let dir = tempfile::tempdir().unwrap();
    let w = world(dir.path());
    assert!(guard::policy::load(&w).unwrap().is_empty());
    assert!(!guard::policy::files::exists(&w));
    fs::write(dir.path().join("etc/guard/policy.yaml"), RULE).unwrap();
    fs::write(dir.path().join("home/anna/.config/guard/policy.yaml"), RULE).unwrap();
    fs::write(dir.path().join("home/anna/src/shop/.guard.yaml"), RULE).unwrap();
    // Beyond the root of the repository: somebody else's.
    fs::write(dir.path().join("home/anna/src/.guard.yaml"), "nonsense").unwrap();
    assert!(guard::policy::files::exists(&w));
    let m = guard::policy::load(&w).unwrap();
    assert!(m.system.is_some() && m.user.is_some());
    assert_eq!(m.project.len(), 1);
    assert_eq!(m.layers().count(), 3);
    assert_eq!(m.system.unwrap().rules[0].line, Some(3));
}

#[test]
fn xdg_config_home_is_honoured() {
    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("conf");
    fs::create_dir_all(other.join("guard")).unwrap();
    fs::write(other.join("guard/policy.yaml"), RULE).unwrap();
    let w = World::of(&[("XDG_CONFIG_HOME", other.to_str().unwrap())], dir.path().join("x"))
        .with_root(dir.path());
    assert!(guard::policy::load(&w).unwrap().user.is_some());
    let relative = World::of(&[("XDG_CONFIG_HOME", "conf")], dir.path()).with_root(dir.path());
    assert!(
        guard::policy::load(&relative).unwrap().user.is_none(),
        "the specification says to ignore relative paths"
    );
}

#[test]
fn a_floor_others_can_write_to_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let w = world(dir.path());
    let file = dir.path().join("etc/guard/policy.yaml");
    fs::write(&file, RULE).unwrap();
    for (path, mode) in
        [(file.clone(), 0o664), (file.clone(), 0o646), (file.parent().unwrap().to_owned(), 0o777)]
    {
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let fail = guard::policy::load(&w).expect_err("writable by others");
        assert_eq!(fail.exit().code(), 78);
        assert!(fail.to_string().contains("cannot be trusted"), "{fail}");
        fs::set_permissions(&path, before).unwrap();
        assert!(guard::policy::load(&w).is_ok());
    }
}

#[test]
fn what_is_no_plain_small_text_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let w = world(dir.path());
    let file = dir.path().join("home/anna/.config/guard/policy.yaml");
    let says = |want: &str| {
        let fail = guard::policy::load(&w).expect_err(want);
        assert!(fail.to_string().contains(want), "{fail}");
    };
    fs::write(&file, vec![b'#'; 300 << 10]).unwrap();
    says("too large");
    fs::write(&file, b"version: 1\n# \xff\n").unwrap();
    says("not UTF-8");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("nowhere", &file).unwrap();
    says("cannot be read");
    fs::remove_file(&file).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(&file).status().unwrap();
    assert!(fifo.success());
    says("no regular file");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    says("no regular file");
}

#[test]
fn the_decision_examples_come_out_as_written() {
    use guard::policy::cases;
    for path in files("examples/decisions") {
        let text = fs::read_to_string(&path).unwrap();
        let file = cases::read(&text, &path).unwrap_or_else(|fail| panic!("{fail}"));
        assert!(file.policy.is_some(), "{} must not depend on the machine", path.display());
        let policy =
            cases::policy_of(&file, &path, &Default::default()).unwrap_or_else(|fail| panic!("{fail}"));
        assert_eq!(cases::run(&file, &policy), vec![], "{}", path.display());
    }
}

/// What a policy calls a daemon, a rule calls it as well, and by its host's name it is known, too.
#[test]
fn a_rule_names_a_daemon_as_the_policy_does() {
    use guard::policy::cases;
    let policy = "version: 1
hosts: [{name: db1, environment: staging, host: ip-10-0-0-1}]
daemons: [{name: store, environment: staging, daemon: '7TRN:IPZB'}]
rules:
- {id: by-daemon, when: {daemon: [store, db1]}, then: deny}
- {id: by-host, when: {host: db1}, then: deny}
";
    let policy = parse(policy, Path::new("policy.yaml"), Layer::User).unwrap_or_else(|fail| panic!("{fail}"));
    let in_force = guard::engine::policy::Merged { user: Some(policy), ..Default::default() };
    for (command, target, rules) in [
        ("docker rm web", "{daemon: 7trn:ipzb, host: web1}", "[by-daemon]"),
        ("docker rm web", "{host: ip-10-0-0-1}", "[by-daemon, by-host]"),
        ("docker rm web", "{known: false}", "[builtin/no-target, by-daemon, by-host]"),
        ("systemctl stop web", "{host: ip-10-0-0-1}", "[by-host]"),
        ("systemctl stop web", "{known: false}", "[builtin/no-target, by-host]"),
    ] {
        let case = format!("  - {{command: {command}, target: {target}, expect: deny, rules: {rules}}}");
        let file = cases::read(&format!("version: 1\ncases:\n{case}\n"), Path::new("x.yaml")).unwrap();
        assert_eq!(cases::run(&file, &in_force), vec![], "{case}");
    }
}

#[test]
fn a_decision_example_that_is_wrong_is_reported() {
    use guard::policy::cases;
    let text = "version: 1\npolicy: {}\ncases:\n  - {command: kubectl delete ns a, expect: allow}\n";
    let file = cases::read(text, Path::new("x.yaml")).unwrap();
    let policy = cases::policy_of(&file, Path::new("x.yaml"), &Default::default()).unwrap();
    let misses = cases::run(&file, &policy);
    assert_eq!(misses.len(), 1);
    assert_eq!(
        misses[0].why,
        "expected allow, got confirm typed (effect destroy, unclassified; by builtin/unclassified-destroy)"
    );
    let fail = cases::read("version: 1\ncases:\n  - {comand: x}\n", Path::new("x.yaml")).unwrap_err();
    assert!(fail.to_string().contains("x.yaml:3:"), "{fail}");
}
