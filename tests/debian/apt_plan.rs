//! Plans held against the real apt-get and dpkg, on this machine's own database: nothing but simulations run, and the
//! database has to be the same byte for byte afterwards. What apt-get prints is read here in another way than guard
//! reads it.
//!
//! `GUARD_TEST_CASES` asks for more than the usual cases.

use guard::engine::fact::{Known, Why};
use guard::engine::packages::plan::{Kind, Plan};
use guard::family::packages::probe::{Answered, Request, plan};
use guard::world::World;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

fn world() -> World {
    World::of(&[("PATH", PATH), ("HOME", "/root"), ("LANG", "de_DE.UTF-8")], "/")
}

fn words(line: &[&str]) -> Vec<OsString> {
    line.iter().map(OsString::from).collect()
}

fn ask_with(tool: &str, program: &Path, line: &[&str], world: &World, deadline: Duration) -> Answered {
    let words = words(line);
    plan(&Request { tool, words: &words, program, world, root: Path::new("/"), deadline })
}

fn ask(tool: &str, line: &[&str]) -> Answered {
    let program = Path::new("/usr/bin").join(tool);
    ask_with(tool, &program, line, &world(), Duration::from_secs(60))
}

#[track_caller]
fn known(answered: Answered) -> Plan {
    match answered.plan {
        Known::Known(plan) => plan,
        Known::Unknown(why) => panic!("no plan: {why}"),
    }
}

/// The same simulation, its lines read by their columns: what happens, and to what.
fn plainly(tool: &str, line: &[&str]) -> (BTreeSet<(String, String)>, Duration) {
    let start = Instant::now();
    let out = Command::new(Path::new("/usr/bin").join(tool))
        .arg("-s")
        .args(line)
        .env_clear()
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let took = start.elapsed();
    let text = String::from_utf8(out.stdout).expect("ASCII");
    let mut all = BTreeSet::new();
    for line in text.lines() {
        let columns: Vec<&str> = line.split(' ').collect();
        if let ["Remv" | "Purg" | "Inst", name, ..] = columns[..] {
            all.insert((columns[0].to_owned(), name.to_owned()));
        }
    }
    (all, took)
}

fn as_printed(plan: &Plan) -> BTreeSet<(String, String)> {
    let word = |kind| match kind {
        Kind::Remove => "Remv",
        Kind::Purge => "Purg",
        Kind::Install => "Inst",
    };
    plan.changes.iter().map(|c| (word(c.kind).to_owned(), c.full_name())).collect()
}

/// What a plan must not touch.
fn untouched() -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let files = ["/var/lib/dpkg/status", "/var/lib/apt/extended_states"];
    let mut all: Vec<_> = files.iter().map(|f| (PathBuf::from(f), fs::read(f).ok())).collect();
    // The map of all packages is apt's own to write; one that forgot what could be installed must not be left behind.
    let map = PathBuf::from("/var/cache/apt/pkgcache.bin");
    let size = fs::metadata(&map).ok().map(|meta| vec![u8::from(meta.len() > 1 << 20)]);
    all.push((map, size));
    all
}

/// The names of installed packages, or a loud word on a machine without apt.
fn installed(test: &str) -> Option<Vec<String>> {
    if !Path::new("/usr/bin/apt-get").exists() || !Path::new("/usr/bin/dpkg-query").exists() {
        eprintln!("SKIPPED: {test}: no apt-get and dpkg here");
        return None;
    }
    let format = "-f=${db:Status-Abbrev} ${binary:Package}\n";
    let out = Command::new("/usr/bin/dpkg-query").args(["-W", format]).output().expect("it runs");
    let text = String::from_utf8(out.stdout).expect("ASCII");
    let names: Vec<String> =
        text.lines().filter_map(|l| l.strip_prefix("ii  ")).map(|n| n.trim().to_owned()).collect();
    if names.len() < 20 {
        eprintln!("SKIPPED: {test}: too few packages are installed here");
        return None;
    }
    Some(names)
}

fn cases() -> usize {
    std::env::var("GUARD_TEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(11)
}

/// A sequence that is the same in every run.
fn picks(names: &[String], seed: u64) -> impl Iterator<Item = &String> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(state >> 33).expect("it fits") % names.len();
        &names[at]
    })
}

#[test]
fn plans_are_what_apt_get_says() {
    let Some(names) = installed("plans_are_what_apt_get_says") else { return };
    let before = untouched();
    let automatic = Command::new("/usr/bin/apt-mark").arg("showauto").output().expect("it runs").stdout;
    let automatic = String::from_utf8(automatic).expect("ASCII");
    let automatic: BTreeSet<&str> = automatic.lines().collect();
    let mut removing = 0;
    let (mut ours, mut theirs, mut timed) = (Duration::ZERO, Duration::ZERO, 0);
    let mut picked = picks(&names, 1);
    for case in 0..cases() {
        let p = picked.next().expect("endless").split(':').next().expect("a name");
        let q = picked.next().expect("endless").split(':').next().expect("a name");
        let (minus, conflicts, glob) = (format!("{p}-"), format!("Conflicts: {p}"), format!("{p}*"));
        let forms: [&[&str]; 11] = [
            &["remove", p],
            &["purge", p],
            &["install", &minus],
            &["remove", "--auto-remove", p],
            &["autoremove", p],
            &["satisfy", &conflicts],
            &["install", "--purge", q, &minus],
            &["-y", "purge", p, q],
            &["autopurge", p],
            &["remove", &glob],
            &["autoremove"],
        ];
        let form = forms[case % forms.len()];
        let start = Instant::now();
        let answered = ask("apt-get", form);
        let took = start.elapsed();
        let (want, alone) = plainly("apt-get", form);
        // Telling what is unused takes a second simulation, and a pattern one more program beside it.
        if !form.iter().any(|w| w.contains("auto") || w.contains('*')) {
            (ours, theirs, timed) = (ours + took, theirs + alone, timed + 1);
        }
        let plan = match answered.plan {
            Known::Known(plan) => plan,
            Known::Unknown(why) => {
                assert!(answered.error.is_some(), "{form:?}: {why}");
                assert!(want.is_empty(), "{form:?} {want:?}");
                continue;
            }
        };
        assert_eq!(as_printed(&plan), want, "{form:?}");
        removing += usize::from(plan.removes());
        for change in plan.removals() {
            let typed = change.name == p || (form.contains(&q) && change.name == q);
            let typed = typed && form.len() > 1;
            let by_glob = form.contains(&glob.as_str()) && change.name.starts_with(p);
            assert_eq!(change.named, typed || by_glob, "{form:?} {change:?}");
            if change.unused {
                assert!(automatic.contains(change.full_name().as_str()), "{form:?} {change:?}");
                assert!(!change.named && form.iter().any(|w| w.contains("auto")), "{form:?} {change:?}");
            }
        }
        // Without the removal of what is unused, exactly that stays.
        if form.iter().any(|w| w.contains("auto")) && form.len() > 1 {
            let verb = if form[0].starts_with("auto") { "remove" } else { form[0] };
            let plain = plainly("apt-get", &[verb, p]).0;
            let plain: BTreeSet<_> = plain.iter().map(|(_, name)| name.as_str()).collect();
            for change in plan.removals().filter(|c| !c.named) {
                assert_eq!(
                    change.unused,
                    !plain.contains(change.full_name().as_str()),
                    "{form:?} {change:?}"
                );
            }
        }
    }
    assert!(removing * 2 > cases(), "only {removing} of {} plans removed anything", cases());
    eprintln!(
        "{timed} plans in {ours:.1?}, apt-get alone {theirs:.1?}: {:.2} times",
        ours.as_secs_f64() / theirs.as_secs_f64()
    );
    assert!(untouched() == before, "a simulation changed the database");
}

#[test]
fn short_forms_of_plans_are_the_same() {
    let Some(names) = installed("short_forms_of_plans_are_the_same") else { return };
    let before = untouched();
    // Packages that nothing needs: these are planned without the lists of what could be installed.
    let (mut ours, mut theirs, mut alone) = (Duration::ZERO, Duration::ZERO, 0);
    let mut picked = picks(&names, 2);
    for case in 0..cases() * 4 {
        let p = picked.next().expect("endless").split(':').next().expect("a name");
        let line = if case % 2 == 0 { ["remove", p] } else { ["autoremove", p] };
        // Found quickly, with the lists left out.
        let quick = ["-o", "Dir::State::lists=/nonexistent/lists", "-o", "Dir::Cache::pkgcache="];
        let quick =
            plainly("apt-get", &[&quick[..], &["-o", "Dir::Cache::srcpkgcache=", "remove", p]].concat()).0;
        if quick.len() != 1 || alone * 3 >= cases() {
            continue;
        }
        alone += 1;
        let start = Instant::now();
        let plan = known(ask("apt-get", &line));
        ours += start.elapsed();
        let (want, took) = plainly("apt-get", &line);
        theirs += took;
        assert_eq!(as_printed(&plan), want, "{line:?}");
        for change in plan.removals() {
            assert_eq!(change.unused, change.full_name() != p, "{line:?} {change:?}");
        }
    }
    let part = ours.as_secs_f64() / theirs.as_secs_f64();
    eprintln!("{alone} packages that nothing needs: {ours:.1?}, apt-get alone {theirs:.1?}: {part:.2} times");
    assert!(untouched() == before, "a simulation changed the database");
}

#[test]
fn commands_without_a_plan_and_commands_that_fail() {
    let Some(names) = installed("commands_without_a_plan_and_commands_that_fail") else { return };
    for (tool, line) in [
        ("apt-get", &["update"][..]),
        ("apt-get", &["-y", "clean"]),
        ("apt-get", &["download", "bash"]),
        ("apt-get", &["-s", "remove", "bash"]),
        ("apt-get", &["--assume-no", "autoremove", "bash"]),
        ("apt", &["list", "--installed"]),
        ("apt-mark", &["auto", "bash"]),
        ("dpkg", &["-l"]),
        ("dpkg", &["--set-selections"]),
        ("dpkg", &["--clear-selections"]),
        ("dpkg", &["--configure", "-a"]),
    ] {
        assert_eq!(ask(tool, line).plan, Known::Known(Plan::default()), "{tool} {line:?}");
    }
    for (tool, line, says) in [
        (
            "apt-get",
            &["remove", "no-such-package-at-all"][..],
            "Unable to locate package no-such-package-at-all",
        ),
        ("apt", &["purge", "no-such-package-at-all"], "Unable to locate package no-such-package-at-all"),
        ("apt-get", &["remove", "--quux", "bash"], "Command line option --quux is not understood"),
        (
            "apt-get",
            &["-t", "nowhere", "remove", "bash"],
            "The value 'nowhere' is invalid for APT::Default-Release",
        ),
        ("dpkg", &["-P", "no*such"], "dpkg: error: --purge needs a valid package name"),
    ] {
        let answered = ask(tool, line);
        let error = answered.error.clone().unwrap_or_default();
        assert!(error.starts_with(says), "{tool} {line:?}: {answered:?}");
        assert!(matches!(answered.plan, Known::Unknown(_)), "{tool} {line:?}");
    }
    for (tool, line) in
        [("snap", &["remove", "x"][..]), ("gdebi", &["x.deb"]), ("tasksel", &[]), ("aptitude", &[])]
    {
        assert_eq!(ask(tool, line).plan, Known::Unknown(Why::Unsupported), "{tool} {line:?}");
    }
    // What the person's configuration answers counts for more than --assume-no.
    let p = names.iter().find(|n| *n == "bash").expect("a shell");
    let yes = ask(
        "apt-get",
        &["--assume-no", "-o", "APT::Get::Assume-Yes=1", "--allow-remove-essential", "remove", p],
    );
    assert!(!matches!(&yes.plan, Known::Known(plan) if !plan.removes()), "{yes:?}");
    let dpkg = ask("dpkg", &["-r", "no-such-package-at-all"]);
    assert_eq!(dpkg.plan, Known::Known(Plan::default()));
}

#[test]
fn patterns_are_read_as_the_tool_reads_them() {
    let Some(names) = installed("patterns_are_read_as_the_tool_reads_them") else { return };
    let perls: Vec<&str> = names.iter().map(String::as_str).filter(|n| n.ends_with("-perl")).collect();
    assert!(!perls.is_empty(), "dpkg-dev brings some");
    let exact = format!("?exact-name({})", perls[0]);
    for (tool, word) in [
        ("apt-get", "lib*-perl"),
        ("apt-get", "lib.*-perl$"),
        ("apt", "lib*-perl"),
        ("apt-get", exact.as_str()),
        ("apt", "?narrow(?installed, ?name(-perl$))"),
    ] {
        let plan = known(ask(tool, &["remove", word]));
        let matches = |name: &str| {
            let mut perl = name.ends_with("-perl");
            perl &= !word.starts_with("lib") || name.starts_with("lib") || word.contains(".*");
            if word.starts_with("?exact") { name == perls[0] } else { perl }
        };
        assert!(plan.removes(), "{tool} {word}");
        for change in plan.removals() {
            assert_eq!(change.named, matches(&change.name), "{tool} {word}: {change:?}");
        }
    }
}

/// A script in a tool's place.
fn fake(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("apt-get");
    let draft = dir.path().join("draft");
    fs::write(&draft, format!("#!/bin/sh\n{text}\n")).expect("a file");
    // Another program writes the file that will be run: a child forked by another test at this moment would hold
    // it open for writing, and it could not be run.
    let made = Command::new("install").args(["-m", "755"]).args([&draft, &path]).status().expect("it runs");
    assert!(made.success());
    (dir, path)
}

#[test]
fn what_a_tool_does_wrong_is_never_taken_for_nothing() {
    let soon = Duration::from_secs(20);
    let told = |text: &str, line: &[&str]| {
        let (_dir, path) = fake(text);
        ask_with("apt-get", &path, line, &world(), soon)
    };
    for text in [
        "echo Remv",
        "echo 'Remv x y'",
        "echo 'Remv x [1]'; exit 1",
        "exit 3",
        "echo 'E: hook failed' >&2; exit 100",
    ] {
        for line in [&["remove", "x"][..], &["upgrade"]] {
            let answered = told(text, line);
            assert!(
                matches!(answered.plan, Known::Unknown(_)) && answered.error.is_none(),
                "{text}: {answered:?}"
            );
        }
    }
    let understood = "echo \"E: Command line option 's' [from -s] is not understood in combination with the other options.\" >&2; exit 100";
    assert_eq!(told(understood, &["remove", "x"]).plan, Known::Unknown(Why::Unsupported));
    assert_eq!(told(understood, &["clean"]).plan, Known::Known(Plan::default()));

    // The caller's own world, but untranslated, without a terminal, and one guard deeper.
    let (dir, path) = fake("env >\"$0.env\"; cat >\"$0.in\"; echo \"$@\" >\"$0.words\"; echo 'Remv x [1]'");
    let vars = [
        ("PATH", PATH),
        ("LC_ALL", "de_DE.UTF-8"),
        ("GUARD_DEPTH", "2"),
        ("GUARD_CONFIRM", "db1"),
        ("A", "b"),
    ];
    let answered = ask_with("apt-get", &path, &["remove", "y", "--", "x"], &World::of(&vars, "/"), soon);
    assert!(known(answered).removals().all(|c| c.named));
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).expect("written");
    let env = read("apt-get.env");
    assert!(["LC_ALL=C", "GUARD_DEPTH=3", "A=b"].iter().all(|v| env.lines().any(|l| l == *v)), "{env}");
    assert!(!env.contains("GUARD_CONFIRM"), "{env}");
    assert_eq!(read("apt-get.in"), "");
    assert!(read("apt-get.words").trim().ends_with("-o APT::Update=0 -s -- x"), "{}", read("apt-get.words"));

    // A pipe that is read by the simulation is empty for the command.
    let pipe = dir.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("it runs").success());
    let (file, joined) = (pipe.display().to_string(), format!("-c={}", pipe.display()));
    for line in [&["-c", &file, "remove", "x"][..], &[&joined, "remove", "x"], &["install", &file]] {
        let answered = ask_with("apt-get", &path, line, &world(), soon);
        assert!(
            matches!(&answered.plan, Known::Unknown(Why::Failed(why)) if why.contains("only once")),
            "{answered:?}"
        );
    }
    let config = World::of(&[("PATH", PATH), ("APT_CONFIG", &file)], "/");
    let answered = ask_with("apt-get", &path, &["remove", "x"], &config, soon);
    assert!(matches!(&answered.plan, Known::Unknown(Why::Failed(_))), "{answered:?}");
}

#[test]
fn tasksel_ends_in_apt_get() {
    // As tasksel 3.73 prints it.
    let says = "debconf-apt-progress -- apt-get -q -y -o APT::Install-Recommends=true -o APT::Get::AutomaticRemove=true \
                -o Acquire::Retries=3 install task-mail-server-";
    let (dir, apt) = fake(
        "[ \"$*\" = \"${*#*AutomaticRemove=0}\" ] && echo 'Remv postfix [3]'; echo 'Remv task-mail-server [1]'",
    );
    let (_other, tasksel) =
        fake(&format!("[ \"$1 $2\" = '-t remove' ] || exit 1; [ $3 = none ] || echo '{says}'"));
    fs::rename(tasksel, dir.path().join("tasksel")).expect("moved");
    // What apt is set to.
    let (_third, config) = fake("echo \"A='true'\"");
    fs::rename(config, apt.with_file_name("apt-config")).expect("moved");
    let ask = |line: &[&str]| {
        ask_with("tasksel", &dir.path().join("tasksel"), line, &world(), Duration::from_secs(20))
    };
    let plan = known(ask(&["remove", "mail-server"]));
    let marks: Vec<_> = plan.changes.iter().map(|c| (c.name.as_str(), c.named, c.unused)).collect();
    assert_eq!(marks, [("postfix", false, true), ("task-mail-server", true, false)]);
    assert_eq!(known(ask(&["remove", "none"])), Plan::default());
    assert_eq!(ask(&[]).plan, Known::Unknown(Why::Unsupported));
}

#[test]
fn the_deadline_ends_the_tool_and_its_children() {
    let (dir, path) = fake("(exec sleep 600 >\"$0.alive\") & echo 'Remv x [1]'; wait");
    let fifo = dir.path().join("apt-get.alive");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("it runs").success());
    let mut alive =
        fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&fifo).expect("a pipe");
    let start = Instant::now();
    let answered = ask_with("apt-get", &path, &["remove", "x"], &world(), Duration::from_secs(1));
    assert_eq!(answered.plan, Known::Unknown(Why::TimedOut));
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    // Its end is reached when nobody holds it open any more.
    while !matches!(alive.read(&mut [0]), Ok(0)) {
        assert!(start.elapsed() < Duration::from_secs(120), "a child outlived the deadline");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn anybody_may_ask() {
    let Some(names) = installed("anybody_may_ask") else { return };
    if !rustix::process::getuid().is_root() {
        eprintln!(
            "SKIPPED: anybody_may_ask: only root can become somebody else; the other tests ran without root"
        );
        return;
    }
    let (_dir, path) =
        fake("exec setpriv --reuid=65534 --regid=65534 --clear-groups /usr/bin/apt-get \"$@\"");
    for p in picks(&names, 3).take(2) {
        let plan = match ask_with("apt-get", &path, &["purge", p], &world(), Duration::from_secs(60)).plan {
            Known::Known(plan) => as_printed(&plan),
            Known::Unknown(_) => BTreeSet::new(),
        };
        assert_eq!(plan, plainly("apt-get", &["purge", p]).0, "{p}");
    }
}
