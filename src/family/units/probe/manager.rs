//! The service manager, asked through systemctl itself: `show`, which only reads.

use super::Request;
use crate::engine::fact::Why;
use crate::run::child::{self, Done};
use crate::run::find::{self, Lookup};
use crate::run::{exec, self_path};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::time::Instant;

/// A way to the manager, bound to one deadline.
pub struct Manager<'a> {
    request: &'a Request<'a>,
    program: PathBuf,
    user: bool,
    until: Instant,
}

/// A unit as the manager has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Its whole name.
    pub id: String,
    /// `loaded`, `not-found`, `masked` …
    pub load: String,
    /// `active`, `inactive`, `failed`, `activating` …
    pub active: String,
    /// `running`, `exited`, `dead` …
    pub sub: String,
    /// Its main process.
    pub main_pid: Option<u32>,
    /// Microseconds of the monotonic clock at which it became active.
    pub active_since: Option<u64>,
    /// How often the manager itself has started it again.
    pub restarts: u64,
    /// Whether the manager starts it again when its process goes: `no`, `always`, `on-failure` …
    pub restart: String,
    /// Whether it can read its configuration again without stopping.
    pub can_reload: bool,
    /// The signal by which it does that, where its unit sends one to the main process: `HUP`.
    pub reload_signal: Option<String>,
    /// What it is marked for, `needs-restart` or `needs-reload`; `None` where the manager does not say.
    pub markers: Option<Vec<String>>,
    /// systemctl refuses to stop it.
    pub refuses_stop: bool,
    /// Its control group.
    pub cgroup: Option<String>,
    /// What stops with it.
    pub dependents: Vec<String>,
    /// What starts it again: sockets, timers, paths.
    pub triggered_by: Vec<String>,
    /// Directories below `/var/lib`, `/var/cache`, `/var/log`, `/etc` and `/run`, by the words of `clean --what=`.
    pub directories: Vec<(&'static str, String)>,
    /// It goes on when another target is isolated.
    pub ignores_isolate: bool,
    /// What stops when it starts.
    pub conflicts: Vec<String>,
    /// What starts with it.
    pub pulls: Vec<String>,
    /// What needs it: while one of these runs, it is not unneeded.
    pub needed_by: Vec<String>,
    /// It stops when nothing that runs needs it any more.
    pub unneeded_stops: bool,
    /// What it starts: the service of a timer, a path or a socket.
    pub triggers: Vec<String>,
    /// What starts when it has ended, well or not: the setting and the unit.
    pub then: Vec<(&'static str, String)>,
    /// What happens to the machine when it has ended, well or not: the setting and its value.
    pub machine: Vec<(&'static str, String)>,
    /// The programs it starts, each with its words.
    pub starts: Vec<String>,
    /// Bytes of memory its control group uses.
    pub memory: Option<u64>,
    /// Tasks in it.
    pub tasks: Option<u64>,
    /// Nanoseconds of processors it has used.
    pub cpu_ns: Option<u64>,
    /// Addresses it may not talk to.
    pub denies_addresses: bool,
    /// Devices it may use are listed already.
    pub lists_devices: bool,
    /// The files it is made of, its own first.
    pub files: Vec<String>,
}

impl Unit {
    /// Whether something of it runs, or is about to.
    pub fn is_active(&self) -> bool {
        !matches!(self.active.as_str(), "inactive" | "failed" | "")
    }

    /// Whether there is such a unit.
    pub fn exists(&self) -> bool {
        !matches!(self.load.as_str(), "not-found" | "bad-setting" | "error") || self.is_active()
    }

    /// Its name as people say it: services without their suffix.
    pub fn name(&self) -> &str {
        self.id.strip_suffix(".service").unwrap_or(&self.id)
    }

    /// Whether its name ends so.
    pub fn is_a(&self, kind: &str) -> bool {
        self.id.ends_with(kind)
    }
}

/// The directories that `clean` removes, by the setting that names them and the word of `--what=` (systemd.exec(5)).
const DIRECTORIES: [(&str, &str); 5] = [
    ("StateDirectory", "state"),
    ("CacheDirectory", "cache"),
    ("LogsDirectory", "logs"),
    ("ConfigurationDirectory", "configuration"),
    ("RuntimeDirectory", "runtime"),
];

/// What stops when a unit stops (`atom_map` in `src/core/unit-dependency-atom.c`: `UNIT_ATOM_PROPAGATE_STOP`).
const PROPAGATES: [&str; 5] = ["RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf", "PropagatesStopTo"];

/// What starts with a unit (`UNIT_ATOM_PULL_IN_START` and its like in the same table).
const PULLS: [&str; 4] = ["Requires", "BindsTo", "Wants", "Upholds"];
/// What stops when a unit starts (`UNIT_ATOM_PULL_IN_STOP`): the relation holds in both directions.
const CONFLICTS: [&str; 2] = ["Conflicts", "ConflictedBy"];
/// What keeps a unit from being unneeded (`UNIT_ATOM_PINS_STOP_WHEN_UNNEEDED`).
const NEEDED_BY: [&str; 5] = ["RequiredBy", "RequisiteOf", "WantedBy", "BoundBy", "UpheldBy"];
/// What is started when a unit has ended.
const THEN: [&str; 2] = ["OnSuccess", "OnFailure"];
/// What becomes of the machine then (systemd.unit(5)).
const MACHINE: [&str; 2] = ["SuccessAction", "FailureAction"];

/// Names asked about in one call: what is printed of a unit is up to 4 KiB, and an answer has a largest size.
const AT_ONCE: usize = 1_500;
/// Bytes of names in one call: the arguments of a program are limited.
const BYTES_AT_ONCE: usize = 96 << 10;

impl<'a> Manager<'a> {
    /// The systemctl that belongs to the tool that will run: itself, or the first real one on the search path.
    pub fn new(request: &'a Request<'a>, user: bool, until: Instant) -> Result<Manager<'a>, Why> {
        let program = if request.tool == "systemctl" {
            request.program.to_owned()
        } else {
            let selves = self_path::selves();
            let path = request.world.var("PATH");
            let what = Lookup { tool: b"systemctl", path, selves: &selves, shim_dirs: &[], fixed: None };
            find::lookup(&what).map_err(|_| Why::Failed("systemctl is not installed".to_owned()))?
        };
        Ok(Manager { request, program, user, until })
    }

    /// Every unit of these names, in the order given; patterns give every loaded unit they match.
    pub async fn show(&self, names: &[String]) -> Result<Vec<Unit>, Why> {
        let mut units = Vec::new();
        // Several names may mean one unit.
        let mut seen = BTreeSet::new();
        let mut rest = names;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |name: &&String| {
                bytes += name.len();
                bytes <= BYTES_AT_ONCE
            };
            let count = rest.iter().take(AT_ONCE).take_while(fits).count().max(1);
            let (now, later) = rest.split_at(count);
            units.extend(self.show_some(now).await?.into_iter().filter(|unit| seen.insert(unit.id.clone())));
            rest = later;
        }
        Ok(units)
    }

    async fn show_some(&self, names: &[String]) -> Result<Vec<Unit>, Why> {
        let mut words: Vec<OsString> = vec!["show".into(), "--no-pager".into()];
        if self.user {
            words.insert(0, "--user".into());
        }
        words.push(format!("--property={}", properties()).into());
        words.push("--".into());
        words.extend(names.iter().map(OsString::from));
        let done = self.run(&words).await?;
        let units = parse(&String::from_utf8_lossy(&done.out));
        if !done.ok || (units.is_empty() && !done.err.trim_ascii().is_empty()) {
            return Err(failure(&done));
        }
        Ok(units)
    }

    /// Whether systemctl lists a command of this name; `None` when it does not say.
    pub async fn has_command(&self, name: &str) -> Option<bool> {
        const FEWEST: usize = 20;
        let done = self.run(&["--help".into()]).await.ok().filter(|done| done.ok)?;
        let text = String::from_utf8_lossy(&done.out);
        let lines = text.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let commands: Vec<&str> = lines
            .filter_map(|line| line.split_ascii_whitespace().next())
            .filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
            .collect();
        (commands.len() >= FEWEST).then(|| commands.contains(&name))
    }

    /// Names of the units a target brings with it, itself among them.
    pub async fn pulled_in_by(&self, target: &str) -> Result<Vec<String>, Why> {
        let words = ["list-dependencies", "--plain", "--all", "--no-pager", "--", target];
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let done = self.run(&words).await?;
        if !done.ok {
            return Err(failure(&done));
        }
        let out = String::from_utf8_lossy(&done.out);
        // Where standard output is no terminal, no state stands before the names.
        let names =
            out.lines().map(|line| line.trim_matches(|c: char| c.is_whitespace() || "●○×".contains(c)));
        Ok(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// What stops with these units, and with those in turn, nearest first; only what is active.
    pub async fn dependents(&self, of: &[Unit]) -> Result<Vec<Unit>, Why> {
        const DEEPEST: usize = 16;
        let mut known: BTreeSet<String> = of.iter().map(|unit| unit.id.clone()).collect();
        let mut found: Vec<Unit> = Vec::new();
        let mut next: Vec<String> = of.iter().flat_map(|unit| unit.dependents.clone()).collect();
        for _ in 0..DEEPEST {
            next.retain(|name| known.insert(name.clone()));
            if next.is_empty() {
                return Ok(found);
            }
            let units = self.show(&next).await?;
            next = units.iter().filter(|u| u.is_active()).flat_map(|u| u.dependents.clone()).collect();
            found.extend(units.into_iter().filter(Unit::is_active));
        }
        Err(Why::Failed("units that depend on each other without an end".to_owned()))
    }

    async fn run(&self, words: &[OsString]) -> Result<Done, Why> {
        let mut command = quiet(&self.program, self.request);
        command.args(words);
        child::run(command, None, self.until).await
    }
}

/// A program asked by guard itself: untranslated, without a pager, and never answered by another guard as a first call.
pub fn quiet(program: &Path, request: &Request<'_>) -> Command {
    let world = request.world;
    let mut command = child::command(program, world);
    let depth = world.var(exec::DEPTH).and_then(OsStr::to_str).and_then(|d| d.parse().ok());
    command
        .env(exec::DEPTH, depth.unwrap_or(0_u32).saturating_add(1).to_string())
        .env("LC_ALL", "C")
        .env("SYSTEMD_PAGER", "")
        .env("SYSTEMD_COLORS", "0")
        .env("SYSTEMD_URLIFY", "0")
        .env_remove("SYSTEMD_LOG_LEVEL");
    command
}

fn properties() -> String {
    let own = [
        "Id",
        "LoadState",
        "ActiveState",
        "SubState",
        "MainPID",
        "ActiveEnterTimestampMonotonic",
        "NRestarts",
        "Restart",
        "CanReload",
        "RefuseManualStop",
        "ControlGroup",
        "TriggeredBy",
        "IgnoreOnIsolate",
        "StopWhenUnneeded",
        "Triggers",
        "ExecStart",
        "ExecReload",
        "Markers",
        "MemoryCurrent",
        "TasksCurrent",
        "CPUUsageNSec",
        "IPAddressDeny",
        "DeviceAllow",
        "FragmentPath",
        "DropInPaths",
    ];
    let directories = DIRECTORIES.iter().map(|(setting, _)| *setting);
    let mut all: Vec<&str> = own.into_iter().chain(PROPAGATES).chain(PULLS).chain(CONFLICTS).collect();
    all.extend(NEEDED_BY.into_iter().filter(|name| !PROPAGATES.contains(name)));
    all.extend(THEN.into_iter().chain(MACHINE).chain(directories));
    all.join(",")
}

/// Reads what `systemctl show` prints: `Key=value` lines, an empty line between units. Total.
pub fn parse(out: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut unit = Unit::default();
    for line in out.lines().chain([""]) {
        if line.is_empty() {
            if !unit.id.is_empty() {
                units.push(std::mem::take(&mut unit));
            }
            unit = Unit::default();
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        if value.is_empty() {
            if key == "Markers" {
                unit.markers = Some(Vec::new());
            }
            continue;
        }
        let words = || value.split_ascii_whitespace().map(str::to_owned);
        let number = || value.parse::<u64>().ok().filter(|n| *n > 0);
        match key {
            "Id" => value.clone_into(&mut unit.id),
            "LoadState" => value.clone_into(&mut unit.load),
            "ActiveState" => value.clone_into(&mut unit.active),
            "SubState" => value.clone_into(&mut unit.sub),
            "MainPID" => unit.main_pid = number().and_then(|n| u32::try_from(n).ok()),
            "ActiveEnterTimestampMonotonic" => unit.active_since = number(),
            "NRestarts" => unit.restarts = number().unwrap_or(0),
            "Restart" => value.clone_into(&mut unit.restart),
            "CanReload" => unit.can_reload = value == "yes",
            "RefuseManualStop" => unit.refuses_stop = value == "yes",
            "ControlGroup" => unit.cgroup = (!value.is_empty()).then(|| value.to_owned()),
            "TriggeredBy" => unit.triggered_by = words().collect(),
            "IgnoreOnIsolate" => unit.ignores_isolate = value == "yes",
            "StopWhenUnneeded" => unit.unneeded_stops = value == "yes",
            "Triggers" => unit.triggers = words().collect(),
            "ExecStart" => unit.starts.extend(argv(value).map(str::to_owned)),
            "ExecReload" => {
                unit.reload_signal = argv(value).and_then(sent).or_else(|| unit.reload_signal.take());
            }
            "Markers" => unit.markers = Some(words().collect()),
            "MemoryCurrent" => unit.memory = value.parse().ok(),
            "TasksCurrent" => unit.tasks = value.parse().ok(),
            "CPUUsageNSec" => unit.cpu_ns = value.parse().ok(),
            "IPAddressDeny" => unit.denies_addresses = true,
            "DeviceAllow" => unit.lists_devices = true,
            "FragmentPath" => unit.files.insert(0, value.to_owned()),
            "DropInPaths" => unit.files.extend(words()),
            key => {
                if PROPAGATES.contains(&key) {
                    unit.dependents.extend(words());
                }
                if NEEDED_BY.contains(&key) {
                    unit.needed_by.extend(words());
                } else if PULLS.contains(&key) {
                    unit.pulls.extend(words());
                } else if CONFLICTS.contains(&key) {
                    unit.conflicts.extend(words());
                }
                if let Some(setting) = THEN.iter().find(|setting| **setting == key) {
                    unit.then.extend(words().map(|name| (*setting, name)));
                }
                if let Some(setting) = MACHINE.iter().find(|setting| **setting == key && value != "none") {
                    unit.machine.push((setting, value.to_owned()));
                }
                if let Some((_, word)) = DIRECTORIES.iter().find(|(setting, _)| *setting == key) {
                    unit.directories.extend(words().map(|dir| (*word, dir)));
                }
            }
        }
    }
    units
}

fn failure(done: &Done) -> Why {
    let text = String::from_utf8_lossy(&done.err);
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    match first {
        Some(line) if line.contains("Access denied") || line.contains("Permission denied") => Why::Forbidden,
        Some(line) => Why::Failed(line.to_owned()),
        None => Why::Failed("systemctl said nothing".to_owned()),
    }
}

/// The words of a program that a unit starts: `{ path=/bin/kill ; argv[]=/bin/kill -HUP $MAINPID ; … }`.
fn argv(value: &str) -> Option<&str> {
    value.split_once("argv[]=").map(|(_, argv)| argv.split(" ; ").next().unwrap_or_default())
}

/// The signal that `kill` sends to the main process (kill(1), procps-ng 4).
fn sent(argv: &str) -> Option<String> {
    let mut words = argv.split_ascii_whitespace();
    let program = words.next()?.rsplit('/').next()?;
    if program != "kill" || !words.clone().any(|word| matches!(word, "$MAINPID" | "${MAINPID}")) {
        return None;
    }
    let first = words.next()?;
    let name = match first {
        "-s" | "--signal" => words.next()?,
        word => word.strip_prefix("--signal=").or_else(|| word.strip_prefix('-'))?,
    };
    Some(super::requested_units::signal(Some(name.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Printed by systemd 252 as the first process of a test bed; nothing in it was changed.
    const SHOWN: &str = include_str!("../../../../tests/systemd/show-252.txt");

    #[test]
    fn units_as_systemd_prints_them() {
        let units = parse(SHOWN);
        let shown: Vec<String> = units
            .iter()
            .map(|u| {
                format!(
                    "{} {} {} pid {:?} reload {} stops [{}] dirs {:?}",
                    u.name(),
                    u.load,
                    u.sub,
                    u.main_pid,
                    u.can_reload,
                    u.dependents.join(" "),
                    u.directories
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "web loaded running pid Some(47) reload true stops [app.service part.service] dirs [(\"state\", \"webstate\"), (\"cache\", \"webcache\")]",
                "app loaded running pid Some(48) reload false stops [] dirs []",
                "postgresql loaded exited pid None reload true stops [postgresql@15-main.service postgresql@15-b.service] dirs []",
                "nope not-found dead pid None reload false stops [] dirs []",
                "postgresql@15-main loaded running pid Some(46) reload false stops [] dirs []",
                "postgresql@15-b loaded running pid Some(62) reload false stops [] dirs []",
            ]
        );
        let web = units.iter().find(|u| u.id == "web.service").unwrap();
        assert!(web.is_active() && web.exists());
        assert_eq!(web.cgroup.as_deref(), Some("/system.slice/web.service"));
        let none = units.iter().find(|u| u.id == "nope.service").unwrap();
        assert!(!none.is_active() && !none.exists());
    }

    proptest! {
        #[test]
        fn any_answer_is_read(out in "(Id|MainPID|RequiredBy|StateDirectory|x|=|\n|a| |[0-9]){0,40}") {
            prop_assert!(parse(&out).iter().all(|u| !u.id.is_empty()));
        }
    }

    #[test]
    fn the_signal_of_a_reload() {
        for (argv, want) in [
            ("/bin/kill -HUP $MAINPID", Some("HUP")),
            ("/usr/bin/kill -s USR2 ${MAINPID}", Some("USR2")),
            ("kill --signal=SIGHUP $MAINPID", Some("HUP")),
            ("/bin/kill -1 $MAINPID", Some("HUP")),
            ("/bin/kill $MAINPID", None),
            ("/bin/kill -HUP 17", None),
            ("/usr/sbin/nginx -s reload", None),
            ("/bin/sh -c kill -HUP $MAINPID", None),
            ("", None),
        ] {
            assert_eq!(sent(argv).as_deref(), want, "{argv}");
        }
        let shown = "{ path=/bin/kill ; argv[]=/bin/kill -HUP $MAINPID ; ignore_errors=no }";
        assert_eq!(argv(shown).and_then(sent).as_deref(), Some("HUP"));
    }
}
