//! What a command line asks of the service manager: which units, and what becomes of them. Total, words only.

use crate::engine::grammar::getopt::read;
use crate::engine::units;
use crate::engine::units::table::{HALT_OPTIONS, Means, SHUTDOWN_OPTIONS, SYSTEMCTL, Verb};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Something becomes of units.
    Units(Units),
    /// The machine goes down, or most of it stops.
    Down(Down),
    /// Only a message, or a rehearsal, at a time: it takes the place of what is planned.
    Rehearsal,
    /// Nothing stops by it, as far as the words say.
    Nothing,
    /// What the words ask for, the tool leaves out or refuses: why.
    LeftOut(&'static str),
    /// Words that are not understood here.
    Unclear,
}

/// Something that becomes of units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    /// What.
    pub act: Act,
    /// Which units, as systemctl takes them: with their suffix, or as patterns.
    pub names: Vec<String>,
    /// Of the user's own manager.
    pub user: bool,
}

/// What becomes of units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// They start, and what they conflict with stops.
    Start,
    /// They stop.
    Stop,
    /// They stop and start again.
    Restart {
        /// Those that can are only told to read their configuration again.
        reloads: bool,
        /// Those that do not run are left alone.
        only_running: bool,
    },
    /// They cannot be started any more.
    Mask {
        /// And stop.
        now: bool,
    },
    /// Every unit that is marked for it is restarted, or reloaded (`EnqueueMarkedJobs`, systemd 248).
    Marked,
    /// Their processes get a signal.
    Kill {
        /// By its name without `SIG`, in capitals; `TERM` unless the words say otherwise.
        signal: String,
        /// Only the main process of each.
        main: bool,
    },
    /// Their processes stand still.
    Freeze,
    /// Everything else stops.
    Isolate,
    /// Directories of theirs are removed.
    Clean {
        /// Which kinds: `state`, `cache`, `logs`, `configuration`, `runtime`, `all`.
        what: Vec<String>,
    },
    /// What was written about them on this machine is removed.
    Revert,
    /// Their limits change.
    Limit {
        /// `NAME=VALUE`, as written.
        settings: Vec<String>,
    },
}

/// How the machine goes down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    /// In the tool's own word: `reboot`, `poweroff`, `halt`, `suspend` …
    pub how: String,
    /// Nothing is stopped or written to disk first.
    pub forced: bool,
    /// When; `None` for at once.
    pub when: Option<When>,
    /// A word that was taken for something else than the time it looks like (`reboot +5` reboots at once).
    pub stray: Option<String>,
}

/// A time, as written. The two are read differently: `+5` is five minutes to shutdown, five seconds to `--when=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// As shutdown takes it: `+5`, `23:00`.
    Shutdown(String),
    /// As systemd.time(7) has it: `+5min`, `2026-01-31 23:00`, `yesterday`.
    Timestamp(String),
}

impl Down {
    fn now(how: &str, forced: bool) -> Asked {
        Asked::Down(Down { how: how.to_owned(), forced, when: None, stray: None })
    }

    /// By a unit that takes the machine down when it starts.
    fn by_unit(unit: &[u8]) -> Asked {
        let name = text(unit);
        let how = name.split('.').next().unwrap_or_default();
        Down::now(how.strip_prefix("systemd-").unwrap_or(how), false)
    }

    /// Whether everything goes on afterwards where it was.
    pub fn only_sleeps(&self) -> bool {
        ["suspend", "hibernate", "hybrid-sleep", "suspend-then-hibernate", "sleep"]
            .contains(&self.how.as_str())
    }
}

/// Reads the words after a tool's name.
pub fn read_words(tool: &str, words: &[&[u8]]) -> Asked {
    match tool {
        "systemctl" => of_systemctl(words),
        "shutdown" => of_shutdown(words),
        "halt" | "poweroff" | "reboot" | "coldreboot" => of_halt(tool, words),
        "init" | "telinit" => of_init(words),
        "service" => {
            let (name, action) = units::service(words);
            of_script(name, action)
        }
        "invoke-rc.d" | "rc-service" => {
            let mut rest = words.iter().skip_while(|w| w.starts_with(b"-"));
            let name = rest.next().copied();
            of_script(name, rest.next().copied())
        }
        "pg_ctlcluster" => of_cluster(words),
        tool => match tool.rsplit_once("/init.d/") {
            Some((_, name)) => of_script(Some(name.as_bytes()), words.first().copied()),
            None => Asked::Unclear,
        },
    }
}

fn of_systemctl(words: &[&[u8]]) -> Asked {
    let line = units::systemctl(words);
    let Some(name) = line.arg(0) else { return Asked::Nothing };
    let Some((_, _, verb)) = SYSTEMCTL.iter().find(|(n, ..)| n.is(name)) else { return Asked::Unclear };
    let dry = line.has(Means::DryRun) && matches!(verb, Verb::Job | Verb::Start | Verb::Power);
    if line.has(Means::Help) || (dry && !(*verb == Verb::Power && line.has(Means::When))) {
        return Asked::Nothing;
    }
    let name = text(name);
    // Which of them take the machine down, whatever starts them.
    let as_target = name == "isolate";
    let takes_down = if as_target { units::takes_down_as_target } else { units::takes_down };
    let down = line.args.iter().skip(1).find_map(|(_, unit)| takes_down(unit));
    let isolates = name == "isolate" || line.values(Means::JobMode).any(|m| m == b"isolate");
    // What stays then is listed by the manager.
    let stays_up = |unit: &[u8]| unit.starts_with(b"rescue") || unit.starts_with(b"emergency");
    let down = down.filter(|unit| !(isolates && stays_up(unit))).map(Down::by_unit);
    let full = if as_target { target } else { unit };
    let names: Vec<String> = line.args.iter().skip(1).map(|(_, w)| full(&text(w))).collect();
    let units = |act: Act| Asked::Units(Units { act, names: names.clone(), user: line.has(Means::User) });
    let restart = |reloads, only_running| units(Act::Restart { reloads, only_running });
    let now = line.has(Means::Now);
    if line.has(Means::Marked) {
        return match name.as_str() {
            "reload-or-restart" if names.is_empty() => units(Act::Marked),
            _ => Asked::LeftOut("systemctl takes --marked with reload-or-restart alone, and with no names"),
        };
    }
    match name.as_str() {
        _ if *verb == Verb::Power => of_power(&name, &line),
        "start" if isolates && down.is_none() => units(Act::Isolate),
        "start" | "restart" | "reload-or-restart" | "isolate" if down.is_some() => {
            down.unwrap_or(Asked::Unclear)
        }
        "start" => units(Act::Start),
        "enable" | "unmask" if now && down.is_some() => down.unwrap_or(Asked::Unclear),
        "enable" | "unmask" if now => units(Act::Start),
        "set-property" => {
            let mut args = line.args.iter().skip(1).map(|(_, w)| text(w));
            let names = args.next().map(|name| unit(&name)).into_iter().collect();
            let act = Act::Limit { settings: args.collect() };
            Asked::Units(Units { act, names, user: line.has(Means::User) })
        }
        "stop" | "condstop" => units(Act::Stop),
        "restart" => restart(false, false),
        "try-restart" | "condrestart" => restart(false, true),
        "reload-or-restart" => restart(true, false),
        "reload-or-try-restart" | "try-reload-or-restart" | "force-reload" | "condreload" => {
            restart(true, true)
        }
        "disable" if now => units(Act::Stop),
        "reenable" if now => restart(false, false),
        // systemctl(1) has --now for enable, disable and mask, of 257 for reenable, too: 252 passes over it here, later
        // ones refuse it once the files are as they should be (`verb_enable`); `preset-all` never looks at it.
        "preset" | "preset-all" if now => Asked::LeftOut("systemctl stops nothing by the --now of a preset"),
        "mask" => units(Act::Mask { now }),
        "kill" => {
            let signal = signal(line.values(Means::Signal).last());
            // What systemd itself makes of them (systemd(1), "Signals").
            match (names.iter().any(|n| n == "init.scope"), signal.as_str()) {
                (true, "RTMIN+3" | "RTMIN+13") => Down::now("halt", signal == "RTMIN+13"),
                (true, "RTMIN+4" | "RTMIN+14") => Down::now("poweroff", signal == "RTMIN+14"),
                (true, "RTMIN+5" | "RTMIN+15" | "INT") => Down::now("reboot", signal == "RTMIN+15"),
                (true, "RTMIN+6" | "RTMIN+16") => Down::now("kexec", signal == "RTMIN+16"),
                _ => {
                    let whom = line.values(Means::Whom).last();
                    units(Act::Kill { signal, main: matches!(whom, Some(b"main" | b"control")) })
                }
            }
        }
        "revert" => units(Act::Revert),
        "freeze" => units(Act::Freeze),
        "isolate" => units(Act::Isolate),
        "clean" => {
            let given = line.values(Means::What).flat_map(|w| w.split(|b| *b == b','));
            let mut what: Vec<String> = given.filter(|w| !w.is_empty()).map(text).collect();
            if what.is_empty() {
                what = vec!["runtime".to_owned(), "cache".to_owned()];
            }
            units(Act::Clean { what })
        }
        "switch-root" => Down::now(&name, false),
        _ => Asked::Nothing,
    }
}

/// `reboot`, `rescue` and their like, at once or at a time.
fn of_power(name: &str, line: &units::Words<'_>) -> Asked {
    if units::planned(line).is_some() {
        return Asked::Nothing;
    }
    if line.has(Means::DryRun) {
        return Asked::Rehearsal;
    }
    if matches!(name, "rescue" | "emergency" | "default") {
        let names = vec![format!("{name}.target")];
        return Asked::Units(Units { act: Act::Isolate, names, user: line.has(Means::User) });
    }
    let when = line.values(Means::When).last().map(|when| When::Timestamp(text(when)));
    let forced = line.count(Means::Force) >= 2;
    Asked::Down(Down { how: name.to_owned(), forced, when, stray: None })
}

/// A signal by its name, without `SIG`; `TERM` where none is given (the numbers are those of signal(7), x86 and ARM).
pub(super) fn signal(given: Option<&[u8]>) -> String {
    let name = given.map(text).unwrap_or_default().to_ascii_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    match name {
        "" | "15" => "TERM".to_owned(),
        "1" => "HUP".to_owned(),
        "10" => "USR1".to_owned(),
        "12" => "USR2".to_owned(),
        "2" => "INT".to_owned(),
        "17" => "CHLD".to_owned(),
        "18" => "CONT".to_owned(),
        "23" => "URG".to_owned(),
        "28" => "WINCH".to_owned(),
        name => name.to_owned(),
    }
}

/// The first word that is no option is the time, the rest a message (`shutdown_parse_argv`).
fn of_shutdown(words: &[&[u8]]) -> Asked {
    let line = read(SHUTDOWN_OPTIONS, words, false);
    if line.has(Means::Help) {
        return Asked::Nothing;
    }
    let mut how = "poweroff";
    let mut set = |letter: u8| {
        how = match letter {
            b'r' => "reboot",
            b'K' => "kexec",
            b'H' => "halt",
            b'P' => "poweroff",
            b'h' if how != "halt" => "poweroff",
            _ => how,
        };
    };
    let mut letters_of = usize::MAX;
    for given in &line.given {
        let word = words.get(given.at).copied().unwrap_or_default();
        match (given.means, word) {
            (Some(Means::Cancel | Means::Show), _) => return Asked::Nothing,
            (Some(Means::Action), [b'-', b'-', rest @ ..]) => set(match rest {
                [b'r', ..] => b'r',
                [b'h', b'a', ..] => b'H',
                [b'k', ..] => b'K',
                _ => b'P',
            }),
            // Letters stand together in a word: it is read once.
            (_, [b'-', letters @ ..]) if given.at != letters_of && !word.starts_with(b"--") => {
                letters_of = given.at;
                letters.iter().for_each(|letter| set(*letter));
            }
            _ => {}
        }
    }
    let when = line.arg(0).map(text).unwrap_or_else(|| "+1".to_owned());
    let when = (!matches!(when.as_str(), "now" | "+0")).then_some(when);
    if line.has(Means::DryRun) {
        return if when.is_some() { Asked::Rehearsal } else { Asked::Nothing };
    }
    let when = when.map(When::Shutdown);
    Asked::Down(Down { how: how.to_owned(), forced: false, when, stray: None })
}

/// `halt_parse_argv`: `-p` and `--halt` say what is done whatever the tool is called, and the one word that is no option is
/// handed to the next start.
fn of_halt(tool: &str, words: &[&[u8]]) -> Asked {
    let line = read(HALT_OPTIONS, words, false);
    if line.has(Means::Help) || line.has(Means::RecordOnly) || units::planned(&line).is_some() {
        return Asked::Nothing;
    }
    let mut how = if tool == "coldreboot" { "reboot" } else { tool };
    for given in line.given.iter().filter(|given| given.means == Some(Means::Action)) {
        how = match words.get(given.at).copied().unwrap_or_default() {
            [b'-', b'-', b'h', ..] => "halt",
            [b'-', b'-', b'r', ..] => "reboot",
            _ if how == "reboot" => how,
            _ => "poweroff",
        };
    }
    let stray = line.arg(0).map(text);
    Asked::Down(Down { how: how.to_owned(), forced: line.has(Means::Force), when: None, stray })
}

fn of_init(words: &[&[u8]]) -> Asked {
    let isolate =
        |target: &str| Asked::Units(Units { act: Act::Isolate, names: vec![target.to_owned()], user: false });
    match words.iter().find(|w| !w.starts_with(b"-")).copied() {
        Some(b"0") => Down::now("poweroff", false),
        Some(b"6") => Down::now("reboot", false),
        Some(b"1" | b"s" | b"S") => isolate("rescue.target"),
        Some(b"2" | b"3" | b"4") => isolate("multi-user.target"),
        Some(b"5") => isolate("graphical.target"),
        Some(b"q" | b"Q" | b"u" | b"U") => Asked::Nothing,
        _ => Asked::Unclear,
    }
}

fn of_script(name: Option<&[u8]>, action: Option<&[u8]>) -> Asked {
    let Some(name) = name.map(text).filter(|n| !n.is_empty()) else { return Asked::Nothing };
    let name = name.strip_suffix(".sh").unwrap_or(&name);
    let units = |act| Asked::Units(Units { act, names: vec![unit(name)], user: false });
    match action {
        Some(b"start") => match units::takes_down(name.as_bytes()) {
            Some(down) => Down::by_unit(down),
            None => units(Act::Start),
        },
        Some(b"stop" | b"force-stop" | b"graceful-stop" | b"condstop" | b"zap") => units(Act::Stop),
        Some(b"restart" | b"force-restart" | b"--full-restart") => {
            units(Act::Restart { reloads: false, only_running: false })
        }
        Some(b"try-restart" | b"condrestart") => units(Act::Restart { reloads: false, only_running: true }),
        // What it comes to is the script's business; systemd's own redirection reloads where it can.
        Some(b"force-reload" | b"reload-or-restart") => {
            units(Act::Restart { reloads: true, only_running: false })
        }
        Some(b"reload" | b"status" | b"configtest" | b"graceful") | None => Asked::Nothing,
        Some(_) => Asked::Unclear,
    }
}

/// `pg_ctlcluster [options] VERSION CLUSTER ACTION`, or `VERSION-CLUSTER ACTION`; each is a unit of its own.
fn of_cluster(words: &[&[u8]]) -> Asked {
    let mut args = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match *word {
            b"--" => break,
            b"-m" | b"--mode" | b"-o" | b"--options" => {
                rest.next();
            }
            [b'-', ..] => {}
            word => args.push(text(word)),
        }
    }
    let (name, action) = match args.as_slice() {
        [one, action] => (one.clone(), action.as_str()),
        [version, cluster, action, ..] => (format!("{version}-{cluster}"), action.as_str()),
        _ => return Asked::Unclear,
    };
    let act = match action {
        "stop" => Act::Stop,
        "restart" => Act::Restart { reloads: false, only_running: false },
        "start" | "reload" | "status" | "promote" => return Asked::Nothing,
        _ => return Asked::Unclear,
    };
    Asked::Units(Units { act, names: vec![format!("postgresql@{name}.service")], user: false })
}

/// The kinds of units (systemd.unit(5)).
const SUFFIXES: &[&str] = &[
    ".service",
    ".socket",
    ".target",
    ".timer",
    ".path",
    ".mount",
    ".automount",
    ".swap",
    ".slice",
    ".scope",
    ".device",
];

/// Whether a name has the suffix of a unit.
pub fn is_unit(name: &str) -> bool {
    SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// A unit as systemctl takes it: without a suffix it is a service; paths and patterns are its own business.
fn unit(word: &str) -> String {
    let is_path = word.starts_with('/');
    let is_pattern = word.contains(['*', '?', '[']);
    if is_path || is_pattern || is_unit(word) { word.to_owned() } else { format!("{word}.service") }
}

/// The same for `isolate`, to which it is a target.
fn target(word: &str) -> String {
    match unit(word) {
        name if name == word => name,
        _ => format!("{word}.target"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let (tool, rest) = words.split_first().unwrap();
        match read_words(std::str::from_utf8(tool).unwrap(), rest) {
            Asked::Units(units) => {
                let user = if units.user { " user" } else { "" };
                format!("{:?} {}{user}", units.act, units.names.join(" "))
            }
            Asked::Down(down) => format!(
                "{}{}{}{}",
                down.how,
                if down.forced { " forced" } else { "" },
                down.when
                    .map(|w| match w {
                        When::Shutdown(w) | When::Timestamp(w) => format!(" at {w}"),
                    })
                    .unwrap_or_default(),
                down.stray.map(|w| format!(" given {w}")).unwrap_or_default()
            ),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_lines_ask_for() {
        for (line, want) in [
            ("systemctl stop nginx", "Stop nginx.service"),
            ("systemctl stop nginx.service a.socket b@1", "Stop nginx.service a.socket b@1.service"),
            ("systemctl stop postgresql@* --no-block", "Stop postgresql@*"),
            ("systemctl stop /home", "Stop /home"),
            ("systemctl stop 123", "Stop 123.service"),
            ("systemctl --user restart x", "Restart { reloads: false, only_running: false } x.service user"),
            ("systemctl try-restart x", "Restart { reloads: false, only_running: true } x.service"),
            ("systemctl reload-or-restart x", "Restart { reloads: true, only_running: false } x.service"),
            ("systemctl disable x", "Nothing"),
            ("systemctl disable --now x", "Stop x.service"),
            ("systemctl mask x", "Mask { now: false } x.service"),
            ("systemctl mask --now x", "Mask { now: true } x.service"),
            ("systemctl kill x", "Kill { signal: \"TERM\", main: false } x.service"),
            ("systemctl kill -s SIGHUP x", "Kill { signal: \"HUP\", main: false } x.service"),
            ("systemctl kill --signal=9 x", "Kill { signal: \"9\", main: false } x.service"),
            ("systemctl freeze x", "Freeze x.service"),
            ("systemctl revert x", "Revert x.service"),
            ("systemctl reload-or-restart --marked", "Marked "),
            (
                "systemctl restart --marked",
                "LeftOut(\"systemctl takes --marked with reload-or-restart alone, and with no names\")",
            ),
            (
                "systemctl start x --marked",
                "LeftOut(\"systemctl takes --marked with reload-or-restart alone, and with no names\")",
            ),
            ("systemctl reload-or-restart --marked --dry-run", "Nothing"),
            ("systemctl preset --now x", "LeftOut(\"systemctl stops nothing by the --now of a preset\")"),
            ("systemctl preset x", "Nothing"),
            ("systemctl unmask --now x", "Start x.service"),
            ("systemctl unmask --now reboot.target", "reboot"),
            ("systemctl kill -s 28 x", "Kill { signal: \"WINCH\", main: false } x.service"),
            ("systemctl isolate rescue.target", "Isolate rescue.target"),
            ("systemctl isolate multi-user", "Isolate multi-user.target"),
            ("systemctl isolate poweroff", "poweroff"),
            ("systemctl isolate rescue", "Isolate rescue.target"),
            ("systemctl rescue", "Isolate rescue.target"),
            ("systemctl start --job-mode=isolate x.target", "Isolate x.target"),
            ("systemctl start reboot.target", "reboot"),
            ("systemctl start systemd-halt.service", "halt"),
            ("systemctl start x", "Start x.service"),
            ("systemctl start --dry-run x", "Nothing"),
            ("systemctl enable x", "Nothing"),
            ("systemctl enable --now x", "Start x.service"),
            ("systemctl enable --now systemd-reboot", "reboot"),
            ("systemctl start systemd-suspend", "suspend"),
            ("systemctl restart reboot.target", "reboot"),
            ("systemctl isolate poweroff.target", "poweroff"),
            ("systemctl start --job-mode=isolate poweroff.target", "poweroff"),
            ("systemctl kill -s HUP --kill-whom=main x", "Kill { signal: \"HUP\", main: true } x.service"),
            ("systemctl kill -s SIGRTMIN+5 init.scope", "reboot"),
            (
                "systemctl set-property x MemoryMax=1M TasksMax=2",
                "Limit { settings: [\"MemoryMax=1M\", \"TasksMax=2\"] } x.service",
            ),
            ("systemctl reboot --when=cancel", "Nothing"),
            ("systemctl reboot --when=", "Nothing"),
            ("systemctl poweroff --when=show", "Nothing"),
            ("systemctl reboot --when=+5min", "reboot at +5min"),
            ("systemctl reboot --dry-run --when=+5min", "Rehearsal"),
            ("systemctl reboot --dry-run", "Nothing"),
            ("systemctl clean x", "Clean { what: [\"runtime\", \"cache\"] } x.service"),
            ("systemctl clean --what=state,logs x", "Clean { what: [\"state\", \"logs\"] } x.service"),
            ("systemctl reboot", "reboot"),
            ("systemctl reboot -ff", "reboot forced"),
            ("systemctl suspend", "suspend"),
            ("systemctl", "Nothing"),
            ("systemctl obliterate x", "Unclear"),
            ("service nginx stop", "Stop nginx.service"),
            ("service nginx start", "Start nginx.service"),
            ("service --full-restart nginx", "Restart { reloads: false, only_running: false } nginx.service"),
            ("service systemd-poweroff start", "poweroff"),
            ("service nginx restart", "Restart { reloads: false, only_running: false } nginx.service"),
            ("service nginx status", "Nothing"),
            ("service nginx frobnicate", "Unclear"),
            ("service --status-all", "Nothing"),
            ("invoke-rc.d --quiet nginx stop", "Stop nginx.service"),
            ("/etc/init.d/nginx stop", "Stop nginx.service"),
            ("pg_ctlcluster 15 main stop -m immediate", "Stop postgresql@15-main.service"),
            (
                "pg_ctlcluster -m fast 15-main restart",
                "Restart { reloads: false, only_running: false } postgresql@15-main.service",
            ),
            ("pg_ctlcluster 15 main reload", "Nothing"),
            ("shutdown", "poweroff at +1"),
            ("shutdown -r now", "reboot"),
            ("shutdown -h +5 going down", "poweroff at +5"),
            ("shutdown --reboot 23:00", "reboot at 23:00"),
            ("shutdown --halt now", "halt"),
            ("shutdown -Hh now", "halt"),
            ("shutdown -hH now", "halt"),
            ("shutdown -h -r now", "reboot"),
            ("shutdown -k now", "Nothing"),
            ("shutdown -k +5", "Rehearsal"),
            ("shutdown -k", "Rehearsal"),
            ("shutdown -c", "Nothing"),
            ("reboot", "reboot"),
            ("reboot -f", "reboot forced"),
            ("halt -w", "Nothing"),
            ("halt -p", "poweroff"),
            ("reboot -p", "reboot"),
            ("poweroff --halt", "halt"),
            ("reboot --when=cancel", "Nothing"),
            ("reboot +5", "reboot given +5"),
            ("coldreboot", "reboot"),
            ("init 0", "poweroff"),
            ("telinit 6", "reboot"),
            ("init 1", "Isolate rescue.target"),
            ("telinit q", "Nothing"),
            ("ls x", "Unclear"),
        ] {
            assert_eq!(shown(line), want, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_words_are_read(
            tool in prop::sample::select(vec!["systemctl", "service", "shutdown", "init", "reboot", "pg_ctlcluster", "/etc/init.d/x"]),
            words in prop::collection::vec("[-=a-z0-9@*./+]{0,12}", 0..5),
        ) {
            let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
            let _ = read_words(tool, &words);
        }
    }
}
