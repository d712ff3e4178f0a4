//! Commands that stop a host, or a service on it, judged from their words: systemctl, shutdown, halt, poweroff, reboot,
//! init, service and the init scripts, PostgreSQL's cluster commands, and the smaller programs that end in apt or dpkg.

pub mod table;

use super::effect::Effect;
use super::glob;
#[cfg(feature = "cli")]
use super::tool::Tool;
use crate::engine::grammar::getopt::{Line, read};
use crate::engine::grammar::inline::Inline;
use crate::engine::units::table::{
    CLUSTER_ACTIONS, HALT_OPTIONS, Means, POWER_UNITS, SERVICE_ACTIONS, SHUTDOWN_OPTIONS, SMALL, SYSTEMCTL,
    SYSTEMCTL_OPTIONS, Small, Verb,
};
use crate::engine::verdict::Verdict;

/// Set by dpkg for the scripts of packages (dpkg(1), "ENVIRONMENT"): what they do to units belongs to a change of packages
/// that somebody has already decided about.
pub const MAINTAINER_SCRIPT: &str = "DPKG_MAINTSCRIPT_NAME";

/// Set for `service` once its question is answered, to the number of its process: the script of that name then becomes
/// `systemctl` in the same process (`exec systemctl …`, init-system-helpers 1.65), which is not asked about again. It says
/// nothing to any other process, its own children included.
pub const ANSWERED: &str = "GUARD_ANSWERED";

/// systemctl's words, read.
pub type Words<'a> = Line<'a, Means>;

/// Reads the words after `systemctl`.
pub fn systemctl<'a>(words: &[&'a [u8]]) -> Words<'a> {
    read(SYSTEMCTL_OPTIONS, words, false)
}

/// Judges the words after the name of a tool of this family; `None` for other tools.
pub fn classify(tool: &[u8], words: &[&[u8]]) -> Option<Verdict> {
    let verdict = match tool {
        b"systemctl" => {
            let line = systemctl(words);
            let verdict = classify_systemctl(&line);
            if line.strange() {
                verdict.or_worse(classify_systemctl(&read(SYSTEMCTL_OPTIONS, words, true)))
            } else {
                verdict
            }
        }
        b"shutdown" => classify_shutdown(&read(SHUTDOWN_OPTIONS, words, false)),
        b"halt" | b"poweroff" | b"reboot" | b"coldreboot" => classify_halt(&read(HALT_OPTIONS, words, false)),
        b"init" | b"telinit" => classify_init(words),
        b"service" => classify_service(words),
        b"invoke-rc.d" | b"rc-service" => classify_script(words),
        // `b` and `o` go down at once, with nothing written to disk.
        b"tee" if words.contains(&&b"/proc/sysrq-trigger"[..]) => {
            Verdict::why(Effect::Destroy, "takes the machine down with nothing written to disk")
        }
        b"journalctl" => classify_journal(words),
        b"kexec" => classify_kexec(words),
        b"systemd-tmpfiles" => classify_tmpfiles(words),
        b"pg_ctlcluster" | b"pg_ctl" => first_action(CLUSTER_ACTIONS, words),
        _ => classify_small(SMALL.iter().find(|s| s.name.is(tool))?, words),
    };
    Some(verdict)
}

/// The commands of a tool of this family, as rules of a policy name them.
#[cfg(feature = "cli")]
pub fn verbs(tool: &Tool) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match tool.name {
        "systemctl" => SYSTEMCTL.iter().map(|(name, ..)| text(name.bytes())).collect(),
        "service" => SERVICE_ACTIONS.iter().map(|(name, _)| text(name.bytes())).collect(),
        // Nobody lists what there is to say to these.
        "init" | "telinit" => ["0", "1", "6", "s", "S"].map(str::to_owned).to_vec(),
        // The tool is the command.
        name => vec![name.to_owned()],
    }
}

/// What `--when=` says where its value is no time (`ARG_WHEN` in `systemctl.c`, systemd 254).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planned {
    /// `show`: what is planned is printed.
    Shown,
    /// `cancel`, or nothing: what is planned is called off.
    CalledOff,
}

/// What the first such value does: systemctl reads no further.
pub fn planned(line: &Words<'_>) -> Option<Planned> {
    line.values(Means::When).find_map(|value| match value {
        b"show" => Some(Planned::Shown),
        b"cancel" | b"" => Some(Planned::CalledOff),
        _ => None,
    })
}

/// Whether starting this unit takes the machine down, or most of it: a name with its suffix, without `.service`, or a
/// pattern that such a unit matches.
pub fn takes_down(unit: &[u8]) -> Option<&'static [u8]> {
    let wild = unit.iter().any(|b| b"*?[".contains(b));
    POWER_UNITS.iter().map(Inline::bytes).find(|power| {
        if wild {
            let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
            return glob::matches(text(unit), text(power));
        }
        *power == unit || power.strip_suffix(b".service") == Some(unit)
    })
}

/// The same where a name without a suffix is a target: for `isolate` and `set-default` (`unit_name_mangle_with_suffix`).
pub fn takes_down_as_target(unit: &[u8]) -> Option<&'static [u8]> {
    if unit.iter().any(|b| b".*?[/".contains(b)) {
        return takes_down(unit);
    }
    POWER_UNITS.iter().map(Inline::bytes).find(|power| power.strip_suffix(b".target") == Some(unit))
}

fn classify_systemctl(line: &Words<'_>) -> Verdict {
    if line.has(Means::Help) {
        return Verdict::why(Effect::Read, "only prints help");
    }
    let known = line.arg(0).map(|name| SYSTEMCTL.iter().find(|(n, ..)| n.is(name)));
    if matches!(known, None | Some(Some((.., Verb::Power)))) {
        match planned(line) {
            Some(Planned::Shown) => return Verdict::why(Effect::Read, "shows what is planned"),
            Some(Planned::CalledOff) => return Verdict::why(Effect::Mutate, "cancels what is planned"),
            None => {}
        }
    }
    let (effect, verb) = match known {
        // Without a command: list-units.
        None => return Verdict::of(Effect::Read),
        Some(None) => return Verdict::why(Effect::Unknown, "no command of this tool"),
        Some(Some((_, effect, verb))) => (*effect, *verb),
    };
    if line.has(Means::DryRun) && matches!(verb, Verb::Job | Verb::Start | Verb::Power) {
        return match verb {
            Verb::Power if line.has(Means::When) => rehearsal(),
            Verb::Power if line.has(Means::NextBoot) => {
                Verdict::why(Effect::Mutate, "sets what starts next, dry run or not")
            }
            _ => Verdict::why(Effect::Read, "a dry run"),
        };
    }
    let mut verdict = Verdict::of(effect);
    let units = || line.args.iter().skip(1).map(|(_, unit)| *unit);
    let down = || units().any(|unit| takes_down(unit).is_some());
    // What the machine starts with is a target, as is what `add-wants` adds to.
    let boots = || match line.arg(0) {
        Some(b"set-default") => units().any(|unit| takes_down_as_target(unit).is_some()),
        _ => {
            units().take(1).any(|unit| takes_down_as_target(unit).is_some())
                || units().skip(1).any(|unit| takes_down(unit).is_some())
        }
    };
    // systemctl takes it with `reload-or-restart` alone and refuses the others: guard looks at that.
    if line.has(Means::Marked) && matches!(verb, Verb::Start | Verb::Job) {
        verdict.raise(Effect::Disrupt, "restarts every unit that is marked for it");
    }
    match verb {
        Verb::Power if line.count(Means::Force) >= 2 => {
            verdict.raise(Effect::Destroy, "forced twice: nothing is stopped or written to disk first");
        }
        Verb::Power => verdict.raise(Effect::Disrupt, "takes the machine down"),
        Verb::Start | Verb::StartNow if verb == Verb::Start || line.has(Means::Now) => {
            // What it conflicts with stops: the manager knows.
            verdict.content = true;
            if down() {
                verdict.raise(Effect::Disrupt, "starts a unit that takes the machine down");
            }
            match line.values(Means::JobMode).last() {
                Some(b"isolate") => verdict.raise(Effect::Disrupt, "stops every other unit"),
                Some(b"restart-dependencies") => verdict.raise(Effect::Disrupt, "restarts what needs it"),
                _ => {}
            }
        }
        Verb::Boots if boots() => {
            verdict.raise(Effect::Disrupt, "the machine would go down whenever it starts");
        }
        Verb::Kill if line.values(Means::Signal).last().is_some_and(ends_nothing) => {
            verdict = Verdict::why(Effect::Mutate, "this signal ends nothing");
        }
        Verb::Property => verdict.content = line.args.len() > 2,
        Verb::Reverts => verdict.content = line.args.len() > 1,
        Verb::Now if line.has(Means::Now) => verdict.raise(Effect::Disrupt, "--now stops units"),
        Verb::Clean => {
            let kept: [&[u8]; 4] = [b"runtime", b"cache", b"fdstore", b""];
            let mut kinds = line.values(Means::What).flat_map(|what| what.split(|b| *b == b','));
            if kinds.any(|kind| !kept.contains(&kind)) {
                verdict.raise(Effect::Destroy, "removes the unit's own data, configuration or logs");
            }
        }
        Verb::Sets(shown) if line.args.len() > usize::from(shown) + 1 => verdict.effect = Effect::Mutate,
        _ => {}
    }
    if verdict.effect == Effect::Disrupt && verdict.because.is_empty() {
        verdict.because.push("stops units");
    }
    verdict
}

/// A signal that ends nothing: the test for being there, and those that are ignored where nobody catches them (signal(7)).
/// Not WINCH, by which Apache and nginx's workers stop gracefully.
fn ends_nothing(signal: &[u8]) -> bool {
    let name = signal.to_ascii_uppercase();
    matches!(
        name.strip_prefix(b"SIG").unwrap_or(&name),
        b"0" | b"18" | b"CONT" | b"17" | b"CHLD" | b"23" | b"URG"
    )
}

/// A dry run at a time is planned, and there is one plan (`ScheduleShutdown` of logind): a real one would be replaced.
fn rehearsal() -> Verdict {
    Verdict {
        content: true,
        ..Verdict::why(Effect::Mutate, "a rehearsal takes the place of what is planned")
    }
}

/// `shutdown_parse_argv`: what comes last says what is done.
fn classify_shutdown(line: &Line<'_, Means>) -> Verdict {
    if line.has(Means::Help) {
        return Verdict::why(Effect::Read, "only prints help");
    }
    let last = line.given.iter().rev().find_map(|given| match given.means {
        Some(means @ (Means::Action | Means::Cancel | Means::Show)) => Some(means),
        _ => None,
    });
    match last {
        Some(Means::Cancel) => Verdict::why(Effect::Mutate, "cancels what is planned"),
        Some(Means::Show) => Verdict::of(Effect::Read),
        // Without a time it is a minute from now.
        _ if line.has(Means::DryRun) && !matches!(line.arg(0), Some(b"now" | b"+0")) => rehearsal(),
        _ if line.has(Means::DryRun) => Verdict::why(Effect::Read, "-k only sends a message"),
        _ => Verdict::why(Effect::Disrupt, "takes the machine down"),
    }
}

fn classify_halt(line: &Words<'_>) -> Verdict {
    if line.has(Means::Help) {
        Verdict::why(Effect::Read, "only prints help")
    } else if let Some(planned) = planned(line) {
        // These tools refuse the option; systemctl, which has it, stops nothing by it.
        Verdict::of(if planned == Planned::Shown { Effect::Read } else { Effect::Mutate })
    } else if line.has(Means::RecordOnly) {
        Verdict::why(Effect::Mutate, "-w only writes a record")
    } else if line.has(Means::Force) {
        Verdict::why(Effect::Destroy, "forced: nothing is stopped or written to disk first")
    } else {
        Verdict::why(Effect::Disrupt, "takes the machine down")
    }
}

/// `telinit_parse_argv`: a runlevel, or `q` and `u` for init itself.
fn classify_init(words: &[&[u8]]) -> Verdict {
    if words.contains(&&b"--help"[..]) {
        return Verdict::why(Effect::Read, "only prints help");
    }
    match words.iter().find(|w| !w.starts_with(b"-")) {
        Some(level) => match *level {
            b"q" | b"Q" | b"u" | b"U" => Verdict::of(Effect::Mutate),
            _ => Verdict::why(Effect::Disrupt, "changes the runlevel"),
        },
        None => Verdict::of(Effect::Unknown),
    }
}

/// `service NAME ACTION`; a word that asks for help counts wherever it stands.
fn classify_service(words: &[&[u8]]) -> Verdict {
    if words.iter().any(|w| w.starts_with(b"--h") || matches!(*w, b"-h" | b"--version" | b"-V")) {
        return Verdict::why(Effect::Read, "only prints help");
    }
    if words == [b"--status-all"] {
        return Verdict::of(Effect::Read);
    }
    let (name, action) = service(words);
    match action {
        None => Verdict::of(Effect::Read),
        Some(action) => script_action(name, action),
    }
}

/// The service and the action among the words after `service`. Implementations differ in where options may stand, and
/// `--full-restart` is an action that looks like one.
pub fn service<'a>(words: &[&'a [u8]]) -> (Option<&'a [u8]>, Option<&'a [u8]>) {
    let mut plain = words.iter().filter(|w| !w.starts_with(b"-")).copied();
    let name = plain.next();
    let full = words.iter().find(|w| **w == b"--full-restart").copied();
    (name, full.filter(|_| name.is_some()).or_else(|| plain.next()))
}

/// `invoke-rc.d [options] NAME ACTION`.
fn classify_script(words: &[&[u8]]) -> Verdict {
    let options = words.iter().take_while(|w| w.starts_with(b"-"));
    if options.clone().any(|w| matches!(*w, b"--query" | b"--help" | b"--list" | b"-l" | b"--exists" | b"-e"))
    {
        return Verdict::of(Effect::Read);
    }
    let at = options.count();
    match words.get(at + 1) {
        None => Verdict::of(Effect::Read),
        Some(action) => script_action(words.get(at).copied(), action),
    }
}

fn script_action(name: Option<&[u8]>, action: &[u8]) -> Verdict {
    match effect_of(SERVICE_ACTIONS, action) {
        // Under systemd it is the unit that is started.
        Some(_) if action == b"start" && name.and_then(takes_down).is_some() => {
            Verdict::why(Effect::Disrupt, "starts a unit that takes the machine down")
        }
        Some(effect) if action == b"start" => Verdict { content: true, ..Verdict::of(effect) },
        Some(Effect::Disrupt) => Verdict::why(Effect::Disrupt, "stops a service"),
        Some(effect) => Verdict::of(effect),
        None => Verdict::why(Effect::Unknown, "what this action does is for the script to say"),
    }
}

/// The worst action among the words before `--`; options and names stand around it in any order.
fn first_action(actions: &[(Inline<20>, Effect)], words: &[&[u8]]) -> Verdict {
    if words.iter().any(|w| matches!(*w, b"--help" | b"--version" | b"-?" | b"-V")) {
        return Verdict::why(Effect::Read, "only prints help");
    }
    let before = words.iter().take_while(|w| **w != b"--");
    let worst = before.filter_map(|w| effect_of(actions, w)).max();
    match worst {
        Some(Effect::Disrupt) => Verdict::why(Effect::Disrupt, "stops a database server"),
        Some(effect) => Verdict::of(effect),
        None => Verdict::of(Effect::Unknown),
    }
}

/// journalctl shows; a few of its options do something instead.
fn classify_journal(words: &[&[u8]]) -> Verdict {
    let options = || words.iter().take_while(|w| **w != b"--");
    let begins = |with: &[&str]| options().any(|w| with.iter().any(|start| w.starts_with(start.as_bytes())));
    if begins(&["--vac"]) {
        Verdict::why(Effect::Destroy, "deletes logs")
    } else if begins(&["--rot", "--flu", "--syn", "--rel", "--sm", "--set", "--update"]) {
        Verdict::of(Effect::Mutate)
    } else {
        Verdict::of(Effect::Read)
    }
}

/// kexec(8): what was loaded starts at once with `-e`, and without a word that only loads, unloads or asks.
fn classify_kexec(words: &[&[u8]]) -> Verdict {
    let has = |letter: u8, long: &str| {
        words.iter().any(|w| match w {
            [b'-', b'-', rest @ ..] => rest == long.as_bytes(),
            [b'-', letters @ ..] => letters.contains(&letter),
            _ => false,
        })
    };
    if has(b'h', "help") || has(b'v', "version") {
        Verdict::why(Effect::Read, "only prints help")
    } else if has(b'e', "exec") {
        Verdict::why(Effect::Destroy, "starts another kernel with nothing stopped or written to disk first")
    } else if has(b'S', "status") {
        Verdict::of(Effect::Read)
    } else if has(b'l', "load") || has(b'u', "unload") || has(b'p', "load-panic") {
        Verdict::of(Effect::Mutate)
    } else {
        Verdict::why(Effect::Disrupt, "takes the machine down")
    }
}

/// systemd-tmpfiles(8): `--purge` removes everything its configuration files would make, `/home` among it; `--remove`
/// removes what they mark for it, `--clean` what is old.
fn classify_tmpfiles(words: &[&[u8]]) -> Verdict {
    let has = |begins: &str| words.iter().any(|w| w.starts_with(begins.as_bytes()));
    if has("--h")
        || has("--vers")
        || has("--cat")
        || has("--tldr")
        || has("--dry")
        || words.contains(&&b"-h"[..])
    {
        Verdict::of(Effect::Read)
    } else if has("--pu") {
        Verdict::why(Effect::Destroy, "removes everything its configuration would make")
    } else {
        Verdict::of(Effect::Mutate)
    }
}

fn effect_of(table: &[(Inline<20>, Effect)], word: &[u8]) -> Option<Effect> {
    table.iter().find(|(name, _)| name.is(word)).map(|(_, effect)| *effect)
}

fn classify_small(program: &Small, words: &[&[u8]]) -> Verdict {
    let mut verb = None;
    let (mut passive, mut loses) = (false, false);
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let is = |list: &[&str]| list.iter().any(|l| l.as_bytes() == *word);
        if *word == b"--" {
            verb = verb.or_else(|| rest.next());
            break;
        }
        if !word.starts_with(b"-") {
            verb = verb.or(Some(word));
        } else if is(program.values) {
            rest.next();
        }
        passive |= is(program.passive);
        loses |= is(program.losing);
    }
    if passive {
        return Verdict::of(Effect::Read);
    }
    let effect = match verb {
        Some(verb) => effect_of(program.verbs, verb).unwrap_or(program.other),
        None => program.bare,
    };
    match effect {
        Effect::Disrupt if loses => Verdict::why(Effect::Destroy, "its data goes too"),
        Effect::Disrupt => Verdict::why(Effect::Disrupt, "stops or removes something"),
        Effect::Destroy => Verdict::why(Effect::Destroy, "deletes data"),
        effect => Verdict::of(effect),
    }
}

#[cfg(test)]
mod tests {
    use super::classify as of;
    use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};

    const ROWS: &[(Effect, &str)] = &[
        (Disrupt, "systemctl stop nginx"),
        (Disrupt, "systemctl restart postgresql@15-main"),
        (Disrupt, "systemctl -H root@db1 stop x"),
        (Disrupt, "systemctl --user restart x"),
        (Disrupt, "systemctl reload-or-restart x"),
        (Disrupt, "systemctl disable --now x"),
        (Disrupt, "systemctl preset --now x"),
        (Disrupt, "systemctl preset-all --now"),
        (Mutate, "systemctl preset x"),
        (Disrupt, "systemctl reload-or-restart --marked"),
        (Disrupt, "systemctl restart --marked"),
        (Disrupt, "systemctl reload --marked"),
        (Disrupt, "systemctl start x --marked"),
        (Read, "systemctl reload-or-restart --marked --dry-run"),
        (Mutate, "systemctl unmask --now x"),
        (Disrupt, "systemctl unmask --now reboot.target"),
        (Mutate, "systemctl -M web start nginx"),
        (Mutate, "systemctl disable x"),
        (Disrupt, "systemctl mask x"),
        (Disrupt, "systemctl kill -s KILL x"),
        (Disrupt, "systemctl --dry-run kill x"),
        (Mutate, "systemctl kill -s 0 x"),
        (Mutate, "systemctl kill --signal=SIGCONT x"),
        (Disrupt, "systemctl kill -s CONT -s KILL x"),
        // Who does not catch these ends by them; by WINCH, Apache stops.
        (Disrupt, "systemctl kill -s HUP x"),
        (Disrupt, "systemctl kill -s USR1 x"),
        (Disrupt, "systemctl kill -s WINCH apache2"),
        (Disrupt, "systemctl isolate rescue.target"),
        (Disrupt, "systemctl start reboot.target"),
        (Disrupt, "systemctl start --job-mode=isolate x.target"),
        (Disrupt, "systemctl start --job-mode=restart-dependencies x"),
        (Disrupt, "systemctl start systemd-suspend.service"),
        (Disrupt, "systemctl start systemd-hibernate"),
        (Disrupt, "systemctl start systemd-hybrid-sleep"),
        (Disrupt, "systemctl start suspend-then-hibernate.target"),
        (Disrupt, "systemctl start rescue"),
        (Disrupt, "systemctl start emergency.service"),
        (Disrupt, "systemctl start umount.target"),
        (Disrupt, "systemctl start power*.target"),
        (Disrupt, "systemctl enable --now systemd-reboot"),
        (Disrupt, "systemctl set-default poweroff.target"),
        (Disrupt, "systemctl set-default poweroff"),
        (Disrupt, "systemctl set-default reboot"),
        (Mutate, "systemctl set-default multi-user"),
        (Mutate, "systemctl set-default graphical"),
        (Disrupt, "systemctl add-wants multi-user systemd-reboot"),
        (Mutate, "systemctl add-requires multi-user nginx"),
        (Disrupt, "systemctl start factory-reset.target"),
        (Mutate, "systemctl start factory-reset"),
        (Disrupt, "systemctl add-wants multi-user.target reboot.target"),
        (Mutate, "systemctl set-default multi-user.target"),
        (Mutate, "systemctl enable systemd-suspend.service"),
        (Read, "systemctl start --dry-run reboot.target"),
        (Disrupt, "systemctl restart reboot.target"),
        (Disrupt, "service systemd-reboot start"),
        (Mutate, "systemctl set-property nginx.service MemoryMax=1G"),
        (Mutate, "systemctl start nginx"),
        (Mutate, "systemctl enable --now nginx"),
        (Mutate, "systemctl clean x"),
        (Mutate, "systemctl clean --what=cache,runtime x"),
        (Destroy, "systemctl clean --what=state x"),
        (Destroy, "systemctl clean --what runtime,configuration x"),
        (Destroy, "systemctl clean --wha all x"),
        (Destroy, "systemctl --dry-run clean --what=state x"),
        (Disrupt, "systemctl reboot"),
        (Disrupt, "systemctl -f reboot"),
        (Destroy, "systemctl reboot -ff"),
        (Destroy, "systemctl --force poweroff --force"),
        (Read, "systemctl --dry-run reboot -ff"),
        (Read, "systemctl --dry stop x"),
        (Mutate, "systemctl reboot --when=cancel"),
        (Mutate, "systemctl --when= poweroff"),
        (Mutate, "systemctl --when cancel"),
        (Read, "systemctl reboot --when show"),
        (Read, "systemctl --when=show halt"),
        (Mutate, "reboot --when=cancel"),
        (Read, "poweroff --when=show"),
        (Disrupt, "systemctl reboot --when=+5min"),
        (Disrupt, "systemctl reboot --when=2020-01-01"),
        (Disrupt, "systemctl reboot --when=auto"),
        (Mutate, "systemctl --dry-run --when=+5min reboot"),
        (Mutate, "systemctl --dry-run --firmware-setup reboot"),
        (Disrupt, "systemctl stop x --when=cancel"),
        (Disrupt, "systemctl stop -- --dry-run"),
        (Disrupt, "systemctl -p --dry-run stop x"),
        (Read, "systemctl"),
        (Read, "systemctl status stop"),
        (Read, "systemctl -n 5 status"),
        (Read, "systemctl stop --help"),
        (Read, "systemctl log-level"),
        (Mutate, "systemctl log-level debug"),
        (Mutate, "systemctl daemon-reexec"),
        (Unknown, "systemctl obliterate x"),
        (Disrupt, "systemctl --new-thing stop x"),
        (Disrupt, "shutdown"),
        (Disrupt, "shutdown -r now"),
        (Disrupt, "shutdown -h +5 going down"),
        (Read, "shutdown -k now"),
        (Read, "shutdown -k +0 m"),
        (Mutate, "shutdown -k +5"),
        (Mutate, "shutdown -k"),
        (Mutate, "shutdown -rk 23:00"),
        (Mutate, "shutdown -k -c"),
        (Mutate, "shutdown -c"),
        (Disrupt, "shutdown -c -r now"),
        (Read, "shutdown --show"),
        (Disrupt, "reboot"),
        (Destroy, "reboot -f"),
        (Destroy, "halt -pf"),
        (Destroy, "poweroff --force"),
        (Mutate, "halt -w"),
        (Read, "reboot --help"),
        (Disrupt, "init 0"),
        (Disrupt, "telinit 6"),
        (Mutate, "telinit q"),
        (Disrupt, "service nginx stop"),
        (Disrupt, "service nginx restart"),
        (Disrupt, "service nginx --full-restart"),
        (Disrupt, "service --full-restart nginx"),
        (Disrupt, "service --skip-redirect nginx stop"),
        (Read, "service --full-restart"),
        (Mutate, "service nginx start"),
        (Read, "service nginx status"),
        (Read, "service --status-all"),
        (Read, "service nginx stop --help"),
        (Unknown, "service nginx frobnicate"),
        (Disrupt, "invoke-rc.d --quiet nginx stop"),
        (Read, "invoke-rc.d --query nginx stop"),
        (Disrupt, "pg_ctlcluster 15 main stop -m immediate"),
        (Disrupt, "pg_ctlcluster -m fast 15 main restart"),
        (Read, "pg_ctlcluster 15 main status"),
        (Destroy, "pg_dropcluster --stop 15 main"),
        (Read, "journalctl -u nginx -n 50"),
        (Destroy, "journalctl --rotate --vacuum-time=1s"),
        (Disrupt, "loginctl terminate-user x"),
        (Disrupt, "machinectl poweroff web1"),
        (Disrupt, "machinectl terminate web1"),
        (Destroy, "machinectl remove web1"),
        (Destroy, "machinectl clean --all"),
        (Read, "machinectl list"),
        (Disrupt, "networkctl down eth0"),
        (Destroy, "kexec -e"),
        (Mutate, "kexec -l /boot/vmlinuz --initrd=/boot/initrd"),
        (Disrupt, "kexec /boot/vmlinuz"),
        (Destroy, "systemd-tmpfiles --purge"),
        (Mutate, "systemd-tmpfiles --create"),
        (Destroy, "homectl remove anna"),
        (Read, "hostnamectl"),
        (Read, "do-release-upgrade -c"),
        (Read, "tasksel --list-tasks"),
        (Disrupt, "tasksel remove mail-server"),
        (Read, "tasksel -t remove mail-server"),
        (Disrupt, "snap remove x"),
        (Destroy, "snap remove --purge x"),
        (Destroy, "snap forget 4"),
        (Destroy, "flatpak uninstall --delete-data x"),
        (Read, "apt-key list"),
        (Mutate, "apt-key add -"),
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
        assert!(of(b"ls", &[]).is_none());
    }
}
