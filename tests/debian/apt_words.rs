//! Holds the reading of words against the real apt-get, aptitude and dpkg, in a root of their own: a status file with
//! four packages, no sources, and in dpkg's place a script that notes how it was called. What the real programs set out
//! to do is compared with what guard says of the same words.
//!
//! Programs that are not there are skipped, and that is said. `GUARD_TEST_CASES` asks for more than the usual cases.

use guard::engine::classify::classify;
use guard::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};
use guard::engine::packages::tables::apt::{COMMANDS, GET, OPTIONS, Takes};
use guard::engine::verdict::Verdict;
use proptest::prelude::*;
use proptest::sample::select;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// `alpha` depends on `beta`; `gamma` was installed automatically and nothing needs it; of `delta` the configuration is
/// left.
const STATUS: &str = "\
Package: alpha
Status: install ok installed
Maintainer: nobody
Architecture: all
Version: 1.0
Depends: beta
Conffiles:
 /etc/alpha d41d8cd98f00b204e9800998ecf8427e
Description: x

Package: beta
Status: install ok installed
Maintainer: nobody
Architecture: all
Version: 1.0
Conffiles:
 /etc/beta d41d8cd98f00b204e9800998ecf8427e
Description: x

Package: gamma
Status: install ok installed
Maintainer: nobody
Architecture: all
Version: 1.0
Conffiles:
 /etc/gamma d41d8cd98f00b204e9800998ecf8427e
Description: x

Package: delta
Status: deinstall ok config-files
Maintainer: nobody
Architecture: all
Version: 1.0
Config-Version: 1.0
Conffiles:
 /etc/delta d41d8cd98f00b204e9800998ecf8427e
Description: x

";

/// What was installed automatically.
const AUTOMATIC: &str = "Package: gamma\nArchitecture: all\nAuto-Installed: 1\n\n";

/// A system of its own for apt.
struct Stage {
    dir: tempfile::TempDir,
    program: PathBuf,
}

/// What a real program did.
#[derive(Debug)]
struct Seen {
    /// What went.
    effect: Effect,
    /// Packages would have gone: a simulation printed them.
    simulated: bool,
    output: String,
}

fn find(program: &str) -> Option<PathBuf> {
    let path =
        if cfg!(target_os = "linux") { std::env::var_os("PATH").unwrap_or_default() } else { "".into() };
    let found = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|p| p.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: {program} is not there, its words are not held against it");
    }
    found
}

impl Stage {
    fn of(program: &str) -> Option<Stage> {
        let program = find(program)?;
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path();
        for sub in [
            "etc/apt/apt.conf.d",
            "etc/apt/preferences.d",
            "etc/apt/sources.list.d",
            "etc/apt/trusted.gpg.d",
            "var/lib/apt/lists/partial",
            "var/lib/aptitude",
            "var/cache/apt/archives/partial",
            "var/lib/dpkg/info",
            "var/lib/dpkg/updates",
            "var/log/apt",
            "work",
        ] {
            fs::create_dir_all(root.join(sub)).expect("directories");
        }
        let shown = root.display();
        let files = [
            ("etc/apt/sources.list", String::new()),
            ("empty.conf", String::new()),
            ("undo.conf", "APT::Get::Simulate \"0\";\n".to_owned()),
            (
                "apt.conf",
                format!(
                    "Dir \"{shown}\";\nDir::State::status \"{shown}/var/lib/dpkg/status\";\n\
                     Dir::Bin::dpkg \"{shown}/dpkg\";\nDebug::NoLocking \"1\";\nAPT::Architecture \"amd64\";\n\
                     APT::Architectures {{ \"amd64\"; }};\nAPT::Sandbox::User \"root\";\n\
                     DPkg::Inhibit-Shutdown \"0\";\nAPT::Get::Assume-Yes \"1\";\n\
                     Aptitude::CmdLine::Assume-Yes \"true\";\nDir::Aptitude::state \"{shown}/var/lib/aptitude\";\n\
                     APT::Get::Show-User-Simulation-Note \"0\";\n"
                ),
            ),
            (
                "dpkg",
                format!(
                    "#!/bin/sh\ncase \" $* \" in *' --print-foreign-architectures '*|*' --assert-'*) exit 0;; esac\n\
                     echo \" $* \" >>'{shown}/called'\n"
                ),
            ),
        ];
        for (name, text) in files {
            fs::write(root.join(name), text).expect("files");
        }
        fs::set_permissions(root.join("dpkg"), fs::Permissions::from_mode(0o755)).expect("a mode");
        Some(Stage { dir, program })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, words: &[String]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(words)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C")
            .env("HOME", self.dir.path())
            .env("APT_CONFIG", self.path("apt.conf"))
            .env("LD_LIBRARY_PATH", std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default())
            .current_dir(self.path("work"))
            .stdin(Stdio::null());
        command
    }

    /// Runs one of apt's programs.
    fn apt(&self, words: &[String]) -> Seen {
        fs::write(self.path("var/lib/dpkg/status"), STATUS).expect("a status");
        for kept in ["called", "var/lib/aptitude/pkgstates"] {
            let _ = fs::remove_file(self.path(kept));
        }
        // aptitude takes what is not needed along with anything it does: that is for a plan to tell, not for words.
        let automatic = if self.program.ends_with("aptitude") { "" } else { AUTOMATIC };
        fs::write(self.path("var/lib/apt/extended_states"), automatic).expect("marks");
        let out = self.command(words).output().expect("it runs");
        let output = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        let called = fs::read_to_string(self.path("called")).unwrap_or_default();
        let effect = if called.contains(" --purge ") {
            Destroy
        } else if called.contains(" --remove ") {
            Disrupt
        } else {
            Read
        };
        let planned = |l: &str| {
            l.starts_with("Remv ") || l.starts_with("Purg ") || l.starts_with("Would download/install/remove")
        };
        Seen {
            effect,
            simulated: effect == Read && out.status.success() && output.lines().any(planned),
            output,
        }
    }

    /// Runs dpkg for real, on this root.
    fn dpkg(&self, words: &[String]) -> Seen {
        let status = self.path("var/lib/dpkg/status");
        fs::write(&status, STATUS).expect("a status");
        for package in ["alpha", "beta", "gamma", "delta"] {
            let list = self.path("var/lib/dpkg/info").join(format!("{package}.list"));
            fs::write(list, format!("/.\n/etc\n/etc/{package}\n")).expect("a list");
            fs::write(self.path("etc").join(package), "").expect("a file");
        }
        let root = self.dir.path().display();
        let mut all: Vec<String> = vec![
            format!("--root={root}"),
            format!("--log={root}/log"),
            "--force-not-root".to_owned(),
            "--force-bad-path".to_owned(),
        ];
        all.extend_from_slice(words);
        let out = self.command(&all).output().expect("it runs");
        let output = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        let after = fs::read_to_string(&status).expect("a status");
        let state = |name: &str| {
            let stanza = after.split("\n\n").find(|s| s.contains(&format!("Package: {name}\n")));
            stanza.and_then(|s| s.lines().find(|l| l.starts_with("Status:"))).unwrap_or("").to_owned()
        };
        let gone =
            |name: &str| !state(name).contains("ok installed") && !state(name).contains("config-files");
        let removed = |name: &str| !state(name).contains("ok installed");
        let effect = if ["alpha", "beta", "gamma", "delta"].iter().any(|p| gone(p)) {
            Destroy
        } else if ["alpha", "beta", "gamma"].iter().any(|p| removed(p)) {
            Disrupt
        } else {
            Read
        };
        let simulated = effect == Read && out.status.success() && output.contains("Would remove");
        Seen { effect, simulated, output }
    }
}

fn judged(tool: &str, words: &[String]) -> Verdict {
    let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
    classify(tool.as_bytes(), &words)
}

/// What guard must not say, given what was seen; `None` when all is well.
fn wrong(tool: &str, words: &[String], seen: &Seen) -> Option<String> {
    let verdict = judged(tool, words);
    // Rests on files that the full guard has to read.
    let left_open = verdict.effect == Read && verdict.content;
    let less = seen.effect > verdict.effect && !left_open;
    // A file named on the command line may say anything, and an option nobody knows may be anything.
    let clear = !words.iter().any(|w| w.starts_with("-c") || w.starts_with("--config"));
    let more = seen.simulated && clear && verdict.effect > Read;
    (less || more).then(|| {
        let what = if less { "does more" } else { "only simulates" };
        format!("{tool} {words:?}: {} is said, but it {what}: {seen:?}", verdict.effect)
    })
}

/// The forms of apt's grammar. `@` stands for the directory of the stage.
const FORMS: &[&str] = &[
    "-s remove alpha",
    "-s off remove alpha",
    "-s=false remove alpha",
    "-s0 remove alpha",
    "-sno remove alpha",
    "-syes remove alpha",
    "--no-s remove alpha",
    "--yes-s remove alpha",
    "-s --no-s remove alpha",
    "-s --off-simulate remove alpha",
    "-s --without-dry-run remove alpha",
    "-s --no-recon remove alpha",
    "--no-act remove alpha",
    "--no-no-act remove alpha",
    "-s --disable-no-act remove alpha",
    "--simulate=no remove alpha",
    "--simulate= remove alpha",
    "--simulate no remove alpha",
    "--simulate=maybe remove alpha",
    "--no-simulate=yes remove alpha",
    "--no-simulate yes remove alpha",
    "-s 0x0 remove alpha",
    "-s 01 remove alpha",
    "-s=0x1 remove alpha",
    "-s 2 remove alpha",
    "-qs remove alpha",
    "-qqs remove alpha",
    "-sq remove alpha",
    "-q=2 -s remove alpha",
    "-q 2 -s remove alpha",
    "-q2s remove alpha",
    "-ys=0 remove alpha",
    "--SIMULATE remove alpha",
    "--Dry-Run=NO remove alpha",
    "-s -o APT::Get::Simulate=0 remove alpha",
    "-o apt::get::simulate=1 remove alpha",
    "-o apt::get::simulate=yes remove alpha",
    "-o APT::Get::Simulate=maybe remove alpha",
    "-s -o APT::Get::Simulate= remove alpha",
    "-oAPT::Get::Simulate=on remove alpha",
    "-o=APT::Get::Simulate=on remove alpha",
    "--option APT::Get::Simulate=on remove alpha",
    "-t=x -s remove alpha",
    "-tx -s remove alpha",
    "-ts remove alpha",
    "-t install -s remove alpha",
    "-t update -s remove alpha",
    "-- --assume-no remove alpha",
    "--assume-no -- remove alpha",
    "-- remove alpha",
    "remove -- alpha -s",
    "remove alpha -s -- beta",
    "-c @/empty.conf -s remove alpha",
    "-s -c @/undo.conf remove alpha",
    "-s -c=@/undo.conf remove alpha",
    "-s --config-file @/undo.conf remove alpha",
    "REMOVE alpha",
    "rem alpha",
    "autoremove alpha",
    "autopurge alpha",
    "autoremove",
    "autoremove --purge",
    "auto-remove",
    "auto-remove --purge",
    "--purge auto-remove -s",
    "reinstall alpha-",
    "install --purge alpha-",
    "install alpha-",
    "install al*-",
    "install ^alpha$-",
    "install alpha:amd64-",
    "install alpha=1.0-",
    "install --auto-remove alpha",
    "install -o APT::Get::AutomaticRemove=1 alpha",
    "remove alpha+",
    "purge alpha+",
    "remove alpha+ beta",
    "remove alpha/",
    "remove alpha:amd64",
    "remove bet.",
    "purge ^be",
    "purge ?config-files",
    "purge ~c",
    "purge delta",
    "remove --purge delta",
    "remove delta",
    "--no-purge purge beta",
    "--purge --no-purge remove beta",
    "upgrade alpha-",
    "dist-upgrade alpha-",
    "full-upgrade --purge gamma-",
    "dselect-upgrade",
    "satisfy Conflicts:beta",
    "satisfy -s Conflicts:beta",
    "--purge alpha",
    "remove --purge-unused alpha",
    "-d remove alpha",
    "-d --no-d remove alpha",
    "--print-uris purge alpha",
    "--print-uris=no purge alpha",
    "--no-remove remove alpha",
    "--no-remove --remove remove alpha",
    "-o APT::Get::Remove=0 remove alpha",
    "--trivial-only purge alpha",
    "-h remove alpha",
    "--help=no remove alpha",
    "-hs remove alpha",
    "-v remove alpha",
    "-y --assume-no remove alpha",
    "- remove alpha",
    "-s - remove alpha",
    "remove alpha -",
    "-s -U remove alpha",
];

fn split(line: &str, stage: &Path) -> Vec<String> {
    line.split(' ').map(|w| w.replace('@', &stage.display().to_string())).collect()
}

#[test]
fn forms_of_apt_get() {
    let Some(stage) = Stage::of("apt-get") else { return };
    // The stage is one where things go.
    assert_eq!(stage.apt(&split("remove beta", stage.dir.path())).effect, Disrupt);
    assert_eq!(stage.apt(&split("purge delta", stage.dir.path())).effect, Destroy);
    assert_eq!(stage.apt(&split("autoremove", stage.dir.path())).effect, Disrupt);
    for refused in ["-s update", "-s download alpha", "-s changelog alpha", "-s --no-s markauto alpha"] {
        let seen = stage.apt(&split(refused, stage.dir.path()));
        assert!(seen.output.contains("is not understood"), "{refused}: {seen:?}");
    }
    let mut bad = Vec::new();
    let (mut went, mut simulated) = (0, 0);
    for form in FORMS {
        let words = split(form, stage.dir.path());
        let seen = stage.apt(&words);
        went += usize::from(seen.effect > Read);
        simulated += usize::from(seen.simulated);
        bad.extend(wrong("apt-get", &words, &seen));
        bad.extend(rehearsed("apt-get", &words, |w| stage.apt(w)));
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(went > 40 && simulated > 20, "{went} went, {simulated} were simulations");
}

/// Every command the table gives to apt-get exists, and every option takes what the table says, as far as this apt has
/// them.
#[test]
fn the_table_of_apt_get() {
    let Some(stage) = Stage::of("apt-get") else { return };
    let mut bad = Vec::new();
    // Taken by `upgrade` alone.
    let loose = ["new-pkgs"];
    let newer =
        ["distclean", "dist-clean", "update", "snapshot", "comment", "strict-pinning", "pager", "color"];
    for command in COMMANDS.iter().filter(|c| c.of & GET != 0) {
        let name = String::from_utf8_lossy(command.name.bytes()).into_owned();
        if matches!(name.as_str(), "moo" | "update" | "markauto" | "unmarkauto") {
            continue;
        }
        let seen = stage.apt(&[name.clone(), "--no-s".to_owned(), "-h".to_owned()]);
        let seen = if seen.output.contains("is not understood") {
            stage.apt(std::slice::from_ref(&name))
        } else {
            seen
        };
        if seen.output.contains("Invalid operation") && !newer.contains(&name.as_str()) {
            bad.push(format!("no command {name}"));
        }
    }
    for option in OPTIONS {
        let Some(command) = COMMANDS.iter().find(|c| c.of & GET != 0 && c.group & option.on != 0) else {
            continue;
        };
        let (name, long) = (command.name.bytes(), option.long.bytes());
        let long = String::from_utf8_lossy(long).into_owned();
        let words = [String::from_utf8_lossy(name).into_owned(), "-h".to_owned(), format!("--{long}")];
        let output = stage.apt(&words).output;
        let valued = matches!(option.takes, Takes::Value | Takes::File | Takes::Item);
        if output.contains("is not understood") {
            if !newer.contains(&long.as_str())
                && !loose.contains(&long.as_str())
                && !long.starts_with("allow-")
                && option.short != b'e'
                && long != "list-cleanup"
            {
                bad.push(format!("{words:?}: {output}"));
            }
        } else if output.contains("requires an argument") != valued {
            bad.push(format!("{words:?} takes {:?}: {output}", option.takes));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("GUARD_TEST_CASES").ok().and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or_else(|| crate::support::cases::cases(usual)),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Words as people, scripts and mistakes put them together.
fn spoken(
    commands: &'static [&'static str],
    words: &'static [&'static str],
) -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![6 => select(words), 1 => select(commands)];
    (
        proptest::collection::vec(word, 0..6),
        select(commands),
        any::<prop::sample::Index>(),
        select(PACKAGES),
        any::<bool>(),
    )
        .prop_map(|(mut words, command, at, package, last)| {
            let at = at.index(words.len() + 1);
            words.insert(at, command);
            if last {
                words.push(package);
            } else {
                words.insert(at + 1, package);
            }
            words.into_iter().map(str::to_owned).collect()
        })
}

const PACKAGES: &[&str] = &[
    "alpha",
    "beta",
    "gamma",
    "delta",
    "alpha-",
    "beta+",
    "al*",
    "^beta$",
    "~nalpha",
    "?config-files",
    "beta:amd64",
];

#[test]
fn any_words_of_apt_get() {
    const COMMANDS: &[&str] = &[
        "remove",
        "purge",
        "install",
        "autoremove",
        "autopurge",
        "auto-remove",
        "dist-upgrade",
        "upgrade",
        "reinstall",
    ];
    const WORDS: &[&str] = &[
        "-s",
        "-s",
        "-s0",
        "-sno",
        "-syes",
        "-s=1",
        "-s=off",
        "-sq",
        "-qs",
        "-ys",
        "-ds",
        "-fs",
        "--simulate",
        "--no-simulate",
        "--simulate=no",
        "--SIMULATE",
        "--off-s",
        "--yes-s",
        "--with-dry-run",
        "--without-recon",
        "--just-print",
        "--no-act",
        "--no-no-act",
        "no",
        "off",
        "yes",
        "1",
        "0",
        "",
        "-",
        "--",
        "-o",
        "-o",
        "APT::Get::Simulate=1",
        "apt::get::simulate=no",
        "APT::Get::Simulate=",
        "-oAPT::Get::Simulate=yes",
        "-oAPT::Get::Purge=1",
        "-oAPT::Get::AutomaticRemove=1",
        "-q",
        "-q2",
        "-qq",
        "-q=2",
        "2",
        "-t",
        "-tx",
        "-y",
        "--assume-no",
        "--no-assume-yes",
        "--purge",
        "--no-purge",
        "--auto-remove",
        "-d",
        "--no-download-only",
        "--print-uris",
        "--no-print-uris",
        "--no-remove",
        "--remove",
        "--trivial-only",
        "-m",
        "-V",
        "-u",
        "-f",
        "-h",
        "--no-help",
        "--solver",
        "-c",
        "/dev/null",
        "--reinstall",
        "--only-upgrade",
        "--no-install-recommends",
        "--allow-remove-essential",
        "--nonsense",
        "-Z",
    ];
    let Some(stage) = Stage::of("apt-get") else { return };
    proptest!(cases(64), |(words in spoken(COMMANDS, WORDS))| {
        let found = wrong("apt-get", &words, &stage.apt(&words)).or_else(|| rehearsed("apt-get", &words, |w| stage.apt(w)));
        prop_assert!(found.is_none(), "{}", found.unwrap_or_default());
    });
}

#[test]
fn any_words_of_aptitude() {
    const COMMANDS: &[&str] = &[
        "remove",
        "purge",
        "install",
        "full-upgrade",
        "safe-upgrade",
        "PURGE",
        "hold",
        "markauto",
        "keep",
        "reinstall",
    ];
    const WORDS: &[&str] = &[
        "-s",
        "-s",
        "--simulate",
        "--sim",
        "--simulate=no",
        "-ys",
        "-qs",
        "-sq",
        "-q",
        "-q=2",
        "-d",
        "-y",
        "--",
        "-o",
        "Aptitude::Purge-Unused=true",
        "-oAptitude::Purge-Unused=true",
        "--purge-unused",
        "--purge",
        "-t",
        "x",
        "-F",
        "-w",
        "-V",
        "-f",
        "alpha_",
        "beta=",
        "alpha&M",
        "gamma:",
        "beta+M",
        "--schedule-only",
        "--full-resolver",
        "--nonsense",
        "-",
    ];
    let Some(stage) = Stage::of("aptitude") else { return };
    assert_eq!(stage.apt(&split("remove alpha", stage.dir.path())).effect, Disrupt);
    proptest!(cases(24), |(words in spoken(COMMANDS, WORDS))| {
        let found = wrong("aptitude", &words, &stage.apt(&words)).or_else(|| rehearsed("aptitude", &words, |w| stage.apt(w)));
        prop_assert!(found.is_none(), "{}", found.unwrap_or_default());
    });
}

#[test]
fn any_words_of_dpkg() {
    const COMMANDS: &[&str] =
        &["-r", "-P", "--remove", "--purge", "-rB", "-EGP", "-Pa", "--remov", "-l", "--no-actP"];
    const WORDS: &[&str] = &[
        "--no-act",
        "--no-act",
        "--dry-run",
        "--simulate",
        "--no-act=1",
        "--no-ac",
        "--",
        "-",
        "-a",
        "--pending",
        "-B",
        "-E",
        "-G",
        "-O",
        "-R",
        "-D1",
        "-D",
        "1",
        "--debug=1",
        "--force-all",
        "--force",
        "all",
        "--force-depends",
        "--no-force",
        "--refuse-depends",
        "depends",
        "--ignore-depends",
        "--ignore-depends=alpha",
        "alpha",
        "beta",
        "--abort-after",
        "3",
        "--abort-after=3",
        "--no-debsig",
        "--status-fd",
        "--no-pager",
        "--robot",
        "--nonsense",
        "-Z",
        "",
    ];
    let Some(stage) = Stage::of("dpkg") else { return };
    assert_eq!(stage.dpkg(&split("-r alpha", stage.dir.path())).effect, Disrupt);
    assert_eq!(stage.dpkg(&split("-P alpha", stage.dir.path())).effect, Destroy);
    assert!(stage.dpkg(&split("--no-act -P alpha", stage.dir.path())).simulated);
    proptest!(cases(96), |(words in spoken(COMMANDS, WORDS))| {
        let found = wrong("dpkg", &words, &stage.dpkg(&words)).or_else(|| rehearsed("dpkg", &words, |w| stage.dpkg(w)));
        prop_assert!(found.is_none(), "{}", found.unwrap_or_default());
    });
}

/// The same words as a rehearsal: whatever they are, nothing goes.
fn rehearsed(tool: &str, words: &[String], run: impl Fn(&[String]) -> Seen) -> Option<String> {
    let bytes: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
    let rehearsal = guard::engine::packages::rehearsal(tool.as_bytes(), &bytes)?;
    let words: Vec<String> = rehearsal.iter().map(|w| String::from_utf8_lossy(w).into_owned()).collect();
    let seen = run(&words);
    (seen.effect > Read).then(|| format!("{tool} {words:?} acts: {seen:?}"))
}

/// What has to hold of any words, without the programs.
mod laws {
    use super::*;
    use guard::engine::grammar::getopt;
    use guard::engine::packages::tables::aptitude;
    use guard::engine::packages::{dpkg, grammar};
    use guard::engine::units;
    use guard::engine::units::table as rows;

    const TOOLS: &[&str] = &[
        "apt",
        "apt-get",
        "apt-cache",
        "apt-mark",
        "apt-config",
        "apt-cdrom",
        "aptitude",
        "dpkg",
        "dpkg-deb",
        "dpkg-divert",
        "systemctl",
        "shutdown",
        "reboot",
        "init",
        "service",
        "invoke-rc.d",
        "tasksel",
        "snap",
        "pg_ctlcluster",
    ];

    fn known() -> Vec<String> {
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let mut all: Vec<String> = COMMANDS.iter().map(|c| text(c.name.bytes())).collect();
        all.extend(OPTIONS.iter().map(|o| format!("--{}", text(o.long.bytes()))));
        all.extend(aptitude::COMMANDS.iter().map(|c| text(c.0.bytes())));
        all.extend(rows::SYSTEMCTL.iter().map(|c| text(c.0.bytes())));
        all.extend(rows::SYSTEMCTL_OPTIONS.iter().map(|o| format!("--{}", text(o.long.bytes()))));
        let more = [
            "--",
            "-",
            "",
            "-s",
            "-s0",
            "no",
            "-ff",
            "p",
            "p-",
            "p_",
            "-o",
            "Dir=/x",
            "-c",
            "$X",
            "--what=state",
        ];
        all.extend(more.map(str::to_owned));
        all
    }

    fn any_word() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            8 => select(known()).prop_map(String::into_bytes),
            2 => "-{1,2}[a-zA-Z_=-]{0,6}".prop_map(String::into_bytes),
            1 => proptest::collection::vec(any::<u8>(), 0..6),
        ]
    }

    fn borrowed(words: &[Vec<u8>]) -> Vec<&[u8]> {
        words.iter().map(Vec::as_slice).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(crate::support::cases::cases(256)) })]

        /// Every word is an option, its value, a word that is no option, or `--`; each once.
        #[test]
        fn no_word_is_lost(words in proptest::collection::vec(any_word(), 0..8)) {
            let words = borrowed(&words);
            let all: Vec<usize> = (0..words.len()).collect();
            for unknown in [grammar::Unknown::Switch, grammar::Unknown::Value] {
                let line = grammar::read(GET, &words, unknown);
                let values = line.settings.iter().chain(&line.files).flat_map(|s| [Some(s.at), s.value_at]).flatten();
                let mut seen: Vec<usize> = values.chain(line.args.iter().map(|a| a.0)).chain(line.dash).chain(line.unknown.clone()).collect();
                seen.sort_unstable();
                seen.dedup();
                // Options apt refuses, `-` and the value of an option nobody knows leave nothing behind.
                if !line.refused && line.unknown.is_empty() && !words.contains(&&b"-"[..]) {
                    prop_assert_eq!(&seen, &all);
                }
            }
            let line = dpkg::parse(&words);
            let given = line.given.iter().flat_map(|g| [Some(g.at), g.value_at]).flatten();
            let mut seen: Vec<usize> = given.chain(line.args.iter().map(|a| a.0)).chain(line.dash).collect();
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(&seen, &all);
            let line = getopt::read(rows::SYSTEMCTL_OPTIONS, &words, false);
            let given = line.given.iter().flat_map(|g| [Some(g.at), g.value_at]).flatten();
            let mut seen: Vec<usize> = given.chain(line.args.iter().map(|a| a.0)).chain(line.dash).collect();
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(&seen, &all);
            for tool in TOOLS {
                let _ = classify(tool.as_bytes(), &words);
                let _ = units::classify(tool.as_bytes(), &words);
            }
        }

        /// One more package, or one more option that is no simulation and stops nothing, never makes it milder.
        #[test]
        fn more_words_are_never_milder(
            command in select(vec!["remove", "purge", "install", "autoremove", "dist-upgrade", "upgrade", "satisfy", "autopurge"]),
            words in proptest::collection::vec(select(vec![
                "p", "q-", "r+", "--purge", "-y", "-qq", "--auto-remove", "-f", "-V", "-oDir=/x", "--force-yes", "-m", "-tx",
                "-u", "--reinstall", "--allow-remove-essential", "--quux",
            ]), 0..6),
            at in any::<prop::sample::Index>(),
            new in select(vec!["p", "q-", "--purge", "-y", "--auto-remove", "-V", "-oDir=/x", "--force-yes", "--quux", "-qq"]),
        ) {
            let mut line: Vec<String> = vec![command.to_owned()];
            line.extend(words.into_iter().map(str::to_owned));
            let before = judged("apt-get", &line).effect;
            // `-f install` alone repairs whatever is broken; with a name it does that for the name.
            prop_assume!(!(command == "install" && line.contains(&"-f".to_owned())));
            let at = 1 + at.index(line.len());
            // What follows an option nobody knows may be its value: a word between the two is more than one more word.
            prop_assume!(line.get(at - 1).is_none_or(|before| before != "--quux"));
            line.insert(at, new.to_owned());
            prop_assert!(judged("apt-get", &line).effect >= before, "{line:?}");
        }
    }

    #[test]
    fn scripts_put_variables_before_the_command() {
        for (want, line) in [
            (Destroy, "$OPTIONS purge p"),
            (Unknown, "$OPTIONS install p"),
            (Unknown, "$VERB p"),
            (Mutate, "install $PACKAGES"),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(judged("apt-get", &words).effect, want, "{line}");
        }
    }
}
