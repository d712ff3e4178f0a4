//! What a call of apt, apt-get, apt-cache, apt-mark, apt-config or apt-cdrom does, from its words.

use super::grammar::{Line, Unknown, read};
use super::words::{Sign, sign};
use crate::engine::effect::Effect;
use crate::engine::packages::tables::apt::{Act, Key, PROGRAMS, Programs};
use crate::engine::verdict::Verdict;

/// The program of the family with this name.
pub fn program(name: &[u8]) -> Option<Programs> {
    PROGRAMS.iter().find(|(n, _)| n.is(name)).map(|(_, p)| *p)
}

/// Judges the words after the program's name.
pub(super) fn classify(program: Programs, words: &[&[u8]]) -> Verdict {
    let line = read(program, words, Unknown::Switch);
    let verdict = judge(program, &line);
    if line.unknown.is_empty() {
        return verdict;
    }
    // An option of a newer apt may take a value or none: the worse reading counts.
    verdict.or_worse(judge(program, &read(program, words, Unknown::Value)))
}

/// Judges one reading.
pub fn judge(program: Programs, line: &Line<'_>) -> Verdict {
    if line.on(Key::Help) || line.on(Key::Version) {
        // Nothing is dispatched once the words say so.
        if line.surely(Key::Help, true) || line.surely(Key::Version, true) {
            return Verdict::why(Effect::Read, "only prints help");
        }
    }
    let Some((_, name)) = line.args.first() else {
        return Verdict::of(Effect::Read);
    };
    let Some(command) = line.command(program) else {
        let mut verdict = Verdict::why(Effect::Unknown, "no command of this tool");
        // A variable in a script: it may well be empty.
        if name.starts_with(b"$") {
            let rest = Line { args: line.args.get(1..).unwrap_or(&[]).to_vec(), ..line.clone() };
            let rest = judge(program, &rest);
            if !line.operands().is_empty() {
                verdict = rest.or_worse(verdict);
            }
        }
        return verdict;
    };
    let mut verdict = act(command.act, line);
    if line.settings.iter().any(|s| s.key == Key::Runs) && !line.surely(Key::Simulate, true) {
        verdict.raise(Effect::Unknown, "-o names a command that apt runs");
    }
    verdict
}

/// What the command does with these settings.
fn act(act: Act, line: &Line<'_>) -> Verdict {
    match act {
        Act::Look => Verdict::of(Effect::Read),
        Act::Note | Act::Update | Act::Fetch | Act::Changelog if refuses_simulation(line) => {
            Verdict::why(Effect::Read, "refused: nothing here can be simulated")
        }
        Act::Note => Verdict::of(Effect::Mutate),
        Act::Update | Act::Fetch => unless(line, &[Key::PrintUris]),
        Act::Source => unless(line, &[Key::PrintUris, Key::Simulate]),
        Act::Clean => unless(line, &[Key::Simulate]),
        Act::Mark => unless(line, &[Key::MarkSimulate]),
        Act::Disc => unless(line, &[Key::DiscSimulate]),
        Act::Changelog if line.on(Key::DownloadOnly) => unless(line, &[Key::PrintUris]),
        Act::Changelog => Verdict::of(Effect::Read),
        act => packages(act, line),
    }
}

/// Commands that plan nothing know no `-s`: with it, and were it undone again, apt refuses the call. A setting given by
/// `-o` is no option, and is not looked at.
fn refuses_simulation(line: &Line<'_>) -> bool {
    line.settings.iter().any(|s| s.key == Key::Simulate && s.name.is_none())
}

/// A change that one of these settings keeps from happening.
fn unless(line: &Line<'_>, harmless: &[Key]) -> Verdict {
    match harmless.iter().find(|key| line.surely(**key, true)) {
        Some(key) => Verdict::why(Effect::Read, says(*key)),
        None => Verdict::of(Effect::Mutate),
    }
}

const fn says(key: Key) -> &'static str {
    match key {
        Key::PrintUris => "--print-uris prints and stops",
        Key::DownloadOnly => "--download-only fetches and stops",
        Key::Remove => "--no-remove refuses to remove anything",
        Key::TrivialOnly => "--trivial-only refuses to remove anything",
        Key::AssumeNo => "--assume-no answers no",
        _ => "a simulation",
    }
}

/// The commands that change packages.
fn packages(act: Act, line: &Line<'_>) -> Verdict {
    if line.surely(Key::Simulate, true) {
        // Since 2.7 the lists are fetched first all the same.
        return if line.on(Key::Update) {
            Verdict::why(Effect::Mutate, "--update fetches the lists in a simulation too")
        } else {
            Verdict::why(Effect::Read, says(Key::Simulate))
        };
    }
    if line.surely(Key::PrintUris, true) {
        return Verdict::why(Effect::Read, says(Key::PrintUris));
    }
    let removal = removal(act, line);
    if let Some(verdict) = held_back(act, line, removal) {
        return verdict;
    }
    // What an installation or upgrade takes away with it only a plan can tell.
    let mut verdict = Verdict { content: true, ..Verdict::of(Effect::Mutate) };
    match removal {
        Removal::No => {}
        Removal::Said(because) => {
            verdict.content = false;
            verdict.raise(Effect::Disrupt, because);
        }
        Removal::Planned(because) => verdict.raise(Effect::Disrupt, because),
    }
    let purges = match act {
        Act::Purge | Act::Autopurge if removal != Removal::No => Some("purge scripts run, and delete data"),
        // `--purge` holds for whatever goes along, too.
        Act::Upgrade if removal == Removal::No => None,
        _ if line.on(Key::Purge) => Some("--purge: purge scripts run for everything that goes"),
        _ => None,
    };
    if let Some(because) = purges {
        verdict.raise(Effect::Destroy, because);
    }
    verdict
}

/// Whether a command removes packages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Removal {
    /// Not that its words say.
    No,
    /// The words say so.
    Said(&'static str),
    /// The plan, the selections or the history may.
    Planned(&'static str),
}

fn removal(act: Act, line: &Line<'_>) -> Removal {
    let operands = || line.operands().iter().map(|(_, word)| *word);
    let signed = |wanted: Sign| operands().any(|word| sign(word).0 == wanted);
    if matches!(act, Act::Autoremove | Act::Autopurge) {
        return Removal::Said("removes what nothing needs any more");
    }
    if matches!(act, Act::Remove | Act::Purge) {
        let only_installs = !line.operands().is_empty() && operands().all(|word| sign(word).0 == Sign::Plus);
        if !only_installs {
            return Removal::Said("removes packages and what depends on them");
        }
    }
    if matches!(act, Act::Remove | Act::Purge | Act::Install | Act::Upgrade | Act::Replan)
        && signed(Sign::Minus)
    {
        return Removal::Said("a name with - at its end is removed");
    }
    if act == Act::Satisfy && operands().any(conflicts) {
        return Removal::Said("satisfies a conflict by removing");
    }
    if line.on(Key::AutomaticRemove) {
        return Removal::Said("removes what nothing needs any more");
    }
    if act == Act::Replan {
        return Removal::Planned("may remove packages");
    }
    if line.on(Key::AllowRemoveEssential) {
        return Removal::Planned("lets essential packages go");
    }
    if act == Act::Install && line.on(Key::FixBroken) && line.operands().is_empty() {
        return Removal::Planned("repairs by removing, if need be");
    }
    Removal::No
}

/// `Conflicts: …` and its like, as `satisfy` reads them.
fn conflicts(word: &[u8]) -> bool {
    let word = word.trim_ascii_start();
    [&b"conflicts"[..], b"breaks", b"build-conflicts"]
        .iter()
        .any(|kind| word.get(..kind.len()).is_some_and(|head| head.eq_ignore_ascii_case(kind)))
}

/// The settings that let nothing be removed, and what is left of the command then (`InstallPackages` in
/// `apt-private/private-install.cc`).
fn held_back(act: Act, line: &Line<'_>, removal: Removal) -> Option<Verdict> {
    // A command that does nothing but remove does nothing at all.
    let only_removes = matches!(removal, Removal::Said(_))
        && matches!(act, Act::Remove | Act::Purge | Act::Autoremove | Act::Autopurge);
    let left = if only_removes { Effect::Read } else { Effect::Mutate };
    for (key, sense) in [(Key::DownloadOnly, true), (Key::Remove, false), (Key::TrivialOnly, true)] {
        if line.surely(key, sense) {
            return Some(Verdict::why(left, says(key)));
        }
    }
    let says_yes = line.on(Key::AssumeYes) || line.on(Key::ForceYes) || line.quiet() >= 2;
    if line.surely(Key::AssumeNo, true) && !says_yes {
        // apt asks about every plan that does more than install what was named. A configuration file may answer yes to
        // everything, which counts for more: whoever can read them has to look.
        let asks = !matches!(act, Act::Install | Act::BuildDep | Act::Satisfy) || removal != Removal::No;
        let effect = if asks { Effect::Read } else { Effect::Mutate };
        return Some(Verdict { content: true, ..Verdict::why(effect, says(Key::AssumeNo)) });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::classify as of;
    use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};

    /// Commands of each kind. What the parser makes of options is held against apt itself, in `tests/debian/apt_words.rs`.
    const ROWS: &[(Effect, &str)] = &[
        (Disrupt, "apt-get remove p"),
        (Disrupt, "apt remove p:amd64 q/stable"),
        (Disrupt, "apt-get remove g++"),
        (Disrupt, "apt-get remove p+ q"),
        (Mutate, "apt-get remove p+"),
        (Mutate, "apt-get purge p+ q+"),
        (Disrupt, "apt-get --auto-remove remove p+"),
        (Destroy, "apt-get --auto-remove purge p+"),
        (Destroy, "apt-get purge p"),
        (Destroy, "apt purge ?config-files"),
        (Destroy, "apt purge ~c"),
        (Destroy, "apt-get remove --purge p"),
        (Destroy, "apt-get -o APT::Get::Purge=1 remove p"),
        (Destroy, "apt-get --no-purge purge p"),
        (Disrupt, "apt-get --no-purge remove p"),
        (Disrupt, "apt-get --purge --no-purge remove p"),
        (Disrupt, "apt autoremove"),
        (Disrupt, "apt-get auto-remove"),
        (Destroy, "apt autopurge"),
        (Destroy, "apt-get autoremove --purge"),
        (Destroy, "apt-get autoremove -oapt::get::purge=true"),
        (Mutate, "apt install p"),
        (Disrupt, "apt install p q-"),
        (Destroy, "apt install --purge p q-"),
        (Destroy, "apt-get install --purge p"),
        (Disrupt, "apt install --autoremove p"),
        (Disrupt, "apt-get -o APT::Get::AutomaticRemove=true install task-mail-server-"),
        (Disrupt, "apt-get -f install"),
        (Mutate, "apt-get -f install ./p.deb"),
        (Mutate, "apt upgrade"),
        (Mutate, "apt-get upgrade --purge"),
        (Disrupt, "apt-get upgrade p-"),
        (Disrupt, "apt-get reinstall p-"),
        (Disrupt, "apt-get dist-upgrade"),
        (Disrupt, "apt full-upgrade"),
        (Destroy, "apt full-upgrade --purge"),
        (Disrupt, "apt-get dselect-upgrade"),
        (Disrupt, "apt history-undo 4"),
        (Read, "apt history-list"),
        (Mutate, "apt-get build-dep p"),
        (Mutate, "apt-get satisfy p"),
        (Read, "apt-get check"),
        (Mutate, "apt-get update"),
        (Read, "apt-get update --print-uris"),
        (Read, "apt-get -s update"),
        (Read, "apt-get -s --no-s download p"),
        (Mutate, "apt-get -o APT::Get::Simulate=1 update"),
        (Mutate, "apt-get clean"),
        (Read, "apt-get -s clean"),
        (Mutate, "apt-get clean --print-uris"),
        (Mutate, "apt download p"),
        (Mutate, "apt-get source p"),
        (Read, "apt-get -s source p"),
        (Read, "apt changelog p"),
        (Mutate, "apt-get changelog -d p"),
        (Mutate, "apt edit-sources"),
        (Read, "apt list --installed -a"),
        (Read, "apt -t stable show p"),
        (Read, "apt moo"),
        (Read, "apt"),
        (Read, "apt-get remove p --help"),
        (Read, "apt-get -h remove p"),
        (Disrupt, "apt-get -h=no remove p"),
        (Unknown, "apt-get REMOVE p"),
        (Unknown, "apt-get rem p"),
        (Unknown, "apt-get $WHAT p"),
        (Destroy, "apt-get $OPTIONS purge p"),
        (Read, "apt-cache rdepends remove"),
        (Mutate, "apt-mark auto p"),
        (Mutate, "apt-mark purge p"),
        (Read, "apt-mark -s hold p"),
        (Mutate, "apt-mark -o APT::Get::Simulate=1 hold p"),
        (Read, "apt-mark showmanual"),
        (Read, "apt-config dump --format %f%n"),
        (Mutate, "apt-cdrom add"),
        (Read, "apt-cdrom -n add"),
        // what keeps a command from acting
        (Read, "apt-get -d remove p"),
        (Mutate, "apt-get -d dist-upgrade"),
        (Read, "apt-get --no-remove purge p"),
        (Mutate, "apt-get --no-remove dist-upgrade"),
        (Disrupt, "apt-get --no-remove --remove remove p"),
        (Read, "apt-get --trivial-only remove p"),
        (Read, "apt-get --assume-no remove p"),
        (Disrupt, "apt-get --assume-no -y remove p"),
        (Disrupt, "apt-get --assume-no -qq remove p"),
        (Mutate, "apt-get --assume-no install p"),
        (Mutate, "apt-get -s --update install p"),
        // files named on the command line can set anything after what stands before them
        (Read, "apt-get -c f -s remove p"),
        (Disrupt, "apt-get -s -c f remove p"),
        (Disrupt, "apt-get -c f remove p"),
        // a newer apt's options
        (Read, "apt-get -s remove p --quux"),
        (Unknown, "apt-get -s --quux remove p"),
        (Disrupt, "apt-get --quux remove remove p"),
        (Unknown, "apt-get -o DPkg::Pre-Invoke::=reboot install p"),
        (Mutate, "apt-get -o DPkg::Options::=--force-confnew install p"),
    ];

    #[test]
    fn rows() {
        let wrong: Vec<String> = ROWS
            .iter()
            .filter_map(|(want, line)| {
                let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
                let (tool, rest) = words.split_first()?;
                let got = of(tool, rest)?.effect;
                (got != *want).then(|| format!("{line}: {got}, not {want}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_only_a_plan_can_tell_is_marked() {
        for (line, content) in [
            ("install p", true),
            ("upgrade", true),
            ("dist-upgrade", true),
            ("remove p", false),
            ("-s install p", false),
            ("--assume-no remove p", true),
            ("update", false),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            assert_eq!(of(b"apt-get", &words).map(|v| v.content), Some(content), "{line}");
        }
    }
}
