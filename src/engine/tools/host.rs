//! What stops a host or something on it: systemctl, shutdown and its kin, init scripts, PostgreSQL's cluster commands; and
//! the smaller programs that end in apt or dpkg. systemctl as of systemd 252 to 257 (`src/systemctl/systemctl.c`,
//! `systemctl-compat-*.c`; systemctl(1), shutdown(8), halt(8)).

use super::inline::{Inline, inline};
use crate::engine::apt::getopt::{Opt, Takes};
use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read};

/// What is particular about a command of systemctl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Nothing.
    Plain,
    /// Enqueues jobs for units, or none with `--dry-run` (`start_unit_one`).
    Job,
    /// Takes the machine down, or does not with `--dry-run`; forced twice it writes nothing to disk first.
    Power,
    /// Stops the units too with `--now`.
    Now,
    /// Removes directories; which ones says `--what`.
    Clean,
    /// Shows a value, sets it when there is one more word than this.
    Sets(u8),
}

/// systemctl's commands.
pub const SYSTEMCTL: &[(Inline<24>, Effect, Verb)] = &[
    (inline("list-units"), Read, Verb::Plain),
    (inline("list-unit-files"), Read, Verb::Plain),
    (inline("list-sockets"), Read, Verb::Plain),
    (inline("list-timers"), Read, Verb::Plain),
    (inline("list-automounts"), Read, Verb::Plain),
    (inline("list-paths"), Read, Verb::Plain),
    (inline("list-jobs"), Read, Verb::Plain),
    (inline("list-machines"), Read, Verb::Plain),
    (inline("list-dependencies"), Read, Verb::Plain),
    (inline("is-active"), Read, Verb::Plain),
    (inline("check"), Read, Verb::Plain),
    (inline("is-failed"), Read, Verb::Plain),
    (inline("is-enabled"), Read, Verb::Plain),
    (inline("is-system-running"), Read, Verb::Plain),
    (inline("status"), Read, Verb::Plain),
    (inline("show"), Read, Verb::Plain),
    (inline("cat"), Read, Verb::Plain),
    (inline("help"), Read, Verb::Plain),
    (inline("get-default"), Read, Verb::Plain),
    (inline("show-environment"), Read, Verb::Plain),
    (inline("whoami"), Read, Verb::Plain),
    (inline("start"), Mutate, Verb::Job),
    (inline("reload"), Mutate, Verb::Job),
    (inline("stop"), Disrupt, Verb::Job),
    (inline("condstop"), Disrupt, Verb::Job),
    (inline("restart"), Disrupt, Verb::Job),
    (inline("try-restart"), Disrupt, Verb::Job),
    (inline("condrestart"), Disrupt, Verb::Job),
    (inline("reload-or-restart"), Disrupt, Verb::Job),
    (inline("reload-or-try-restart"), Disrupt, Verb::Job),
    (inline("try-reload-or-restart"), Disrupt, Verb::Job),
    (inline("force-reload"), Disrupt, Verb::Job),
    (inline("condreload"), Disrupt, Verb::Job),
    (inline("isolate"), Disrupt, Verb::Job),
    // These do not look at --dry-run.
    (inline("kill"), Disrupt, Verb::Plain),
    (inline("freeze"), Disrupt, Verb::Plain),
    (inline("thaw"), Mutate, Verb::Plain),
    (inline("clean"), Mutate, Verb::Clean),
    (inline("enable"), Mutate, Verb::Plain),
    (inline("disable"), Mutate, Verb::Now),
    (inline("reenable"), Mutate, Verb::Now),
    // What is masked cannot be started any more, by anything that needs it either.
    (inline("mask"), Disrupt, Verb::Plain),
    (inline("unmask"), Mutate, Verb::Plain),
    (inline("preset"), Mutate, Verb::Now),
    (inline("preset-all"), Mutate, Verb::Now),
    (inline("link"), Mutate, Verb::Plain),
    (inline("revert"), Mutate, Verb::Plain),
    (inline("add-wants"), Mutate, Verb::Plain),
    (inline("add-requires"), Mutate, Verb::Plain),
    (inline("edit"), Mutate, Verb::Plain),
    (inline("set-default"), Mutate, Verb::Plain),
    (inline("set-property"), Mutate, Verb::Plain),
    (inline("bind"), Mutate, Verb::Plain),
    (inline("mount-image"), Mutate, Verb::Plain),
    (inline("reset-failed"), Mutate, Verb::Plain),
    (inline("cancel"), Mutate, Verb::Plain),
    (inline("set-environment"), Mutate, Verb::Plain),
    (inline("unset-environment"), Mutate, Verb::Plain),
    (inline("import-environment"), Mutate, Verb::Plain),
    (inline("daemon-reload"), Mutate, Verb::Plain),
    (inline("daemon-reexec"), Mutate, Verb::Plain),
    (inline("snapshot"), Mutate, Verb::Plain),
    (inline("delete"), Mutate, Verb::Plain),
    (inline("service-log-level"), Read, Verb::Sets(1)),
    (inline("service-log-target"), Read, Verb::Sets(1)),
    (inline("log-level"), Read, Verb::Sets(0)),
    (inline("log-target"), Read, Verb::Sets(0)),
    (inline("service-watchdogs"), Read, Verb::Sets(0)),
    (inline("halt"), Disrupt, Verb::Power),
    (inline("poweroff"), Disrupt, Verb::Power),
    (inline("reboot"), Disrupt, Verb::Power),
    (inline("kexec"), Disrupt, Verb::Power),
    (inline("soft-reboot"), Disrupt, Verb::Power),
    (inline("suspend"), Disrupt, Verb::Power),
    (inline("hibernate"), Disrupt, Verb::Power),
    (inline("hybrid-sleep"), Disrupt, Verb::Power),
    (inline("suspend-then-hibernate"), Disrupt, Verb::Power),
    (inline("sleep"), Disrupt, Verb::Power),
    (inline("default"), Disrupt, Verb::Power),
    (inline("rescue"), Disrupt, Verb::Power),
    (inline("emergency"), Disrupt, Verb::Power),
    (inline("exit"), Disrupt, Verb::Power),
    (inline("switch-root"), Disrupt, Verb::Plain),
];

/// Units that take the machine down, or most of it, when they are started.
pub const POWER_UNITS: &[Inline<28>] = &[
    inline("halt.target"),
    inline("poweroff.target"),
    inline("reboot.target"),
    inline("kexec.target"),
    inline("soft-reboot.target"),
    inline("shutdown.target"),
    inline("exit.target"),
    inline("rescue.target"),
    inline("emergency.target"),
    inline("suspend.target"),
    inline("hibernate.target"),
    inline("hybrid-sleep.target"),
    inline("sleep.target"),
    inline("ctrl-alt-del.target"),
    inline("runlevel0.target"),
    inline("runlevel1.target"),
    inline("runlevel6.target"),
    inline("systemd-halt.service"),
    inline("systemd-poweroff.service"),
    inline("systemd-reboot.service"),
    inline("systemd-kexec.service"),
];

/// What an option of systemctl, shutdown or halt means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// Nothing that matters here.
    Plain,
    /// Prints help or the version and exits.
    Help,
    /// Shows what would be done, where the command looks at it.
    DryRun,
    /// Does it at once; twice, without telling anybody.
    Force,
    /// Stops or starts the units, too.
    Now,
    /// Which directories `clean` removes.
    What,
    /// How a job goes with those that are queued.
    JobMode,
    /// The signal that is sent.
    Signal,
    /// The manager of the user's own units.
    User,
    /// Another machine, by ssh.
    Host,
    /// A container of this machine.
    Container,
    /// Another root directory.
    Root,
    /// What shutdown is to do.
    Action,
    /// Cancels what is planned.
    Cancel,
    /// Shows what is planned.
    Show,
    /// Only writes a record.
    RecordOnly,
}

const fn o(short: u8, long: &str, takes: Takes, means: Means) -> Opt<Means> {
    Opt { short, long: inline(long), takes, means }
}

use Takes::{Nothing, Optional, Value};

/// systemctl's options.
pub const SYSTEMCTL_OPTIONS: &[Opt<Means>] = &[
    o(b'h', "help", Nothing, Means::Help),
    o(0, "version", Nothing, Means::Help),
    o(0, "dry-run", Nothing, Means::DryRun),
    o(b'f', "force", Nothing, Means::Force),
    o(0, "now", Nothing, Means::Now),
    o(0, "what", Value, Means::What),
    o(0, "job-mode", Value, Means::JobMode),
    o(b'H', "host", Value, Means::Host),
    o(b'M', "machine", Value, Means::Container),
    o(b'C', "capsule", Value, Means::Plain),
    o(0, "root", Value, Means::Root),
    o(0, "image", Value, Means::Root),
    o(0, "image-policy", Value, Means::Plain),
    o(b't', "type", Value, Means::Plain),
    o(b'p', "property", Value, Means::Plain),
    o(b'P', "", Value, Means::Plain),
    o(b'a', "all", Nothing, Means::Plain),
    o(b'l', "full", Nothing, Means::Plain),
    o(b'q', "quiet", Nothing, Means::Plain),
    o(b's', "signal", Value, Means::Signal),
    o(b'n', "lines", Value, Means::Plain),
    o(b'o', "output", Value, Means::Plain),
    o(b'i', "", Nothing, Means::Plain),
    o(b'T', "show-transaction", Nothing, Means::Plain),
    o(b'r', "recursive", Nothing, Means::Plain),
    o(b'v', "verbose", Nothing, Means::Plain),
    o(b'.', "", Optional, Means::Plain),
    o(0, "reverse", Nothing, Means::Plain),
    o(0, "after", Nothing, Means::Plain),
    o(0, "before", Nothing, Means::Plain),
    o(0, "show-types", Nothing, Means::Plain),
    o(0, "failed", Nothing, Means::Plain),
    o(0, "fail", Nothing, Means::Plain),
    o(0, "irreversible", Nothing, Means::Plain),
    o(0, "ignore-dependencies", Nothing, Means::Plain),
    o(0, "ignore-inhibitors", Nothing, Means::Plain),
    o(0, "check-inhibitors", Value, Means::Plain),
    o(0, "value", Nothing, Means::Plain),
    o(0, "user", Nothing, Means::User),
    o(0, "system", Nothing, Means::Plain),
    o(0, "global", Nothing, Means::Plain),
    o(0, "wait", Nothing, Means::Plain),
    o(0, "no-block", Nothing, Means::Plain),
    o(0, "legend", Value, Means::Plain),
    o(0, "no-legend", Nothing, Means::Plain),
    o(0, "no-pager", Nothing, Means::Plain),
    o(0, "no-wall", Nothing, Means::Plain),
    o(0, "no-warn", Nothing, Means::Plain),
    o(0, "no-reload", Nothing, Means::Plain),
    o(0, "no-ask-password", Nothing, Means::Plain),
    o(0, "kill-who", Value, Means::Plain),
    o(0, "kill-whom", Value, Means::Plain),
    o(0, "kill-value", Value, Means::Plain),
    o(0, "kill-subgroup", Value, Means::Plain),
    o(0, "runtime", Nothing, Means::Plain),
    o(0, "plain", Nothing, Means::Plain),
    o(0, "state", Value, Means::Plain),
    o(0, "with-dependencies", Nothing, Means::Plain),
    o(0, "preset-mode", Value, Means::Plain),
    o(0, "firmware-setup", Nothing, Means::Plain),
    o(0, "boot-loader-menu", Value, Means::Plain),
    o(0, "boot-loader-entry", Value, Means::Plain),
    o(0, "reboot-argument", Value, Means::Plain),
    o(0, "message", Value, Means::Plain),
    o(0, "timestamp", Value, Means::Plain),
    o(0, "read-only", Nothing, Means::Plain),
    o(0, "mkdir", Nothing, Means::Plain),
    o(0, "marked", Nothing, Means::Plain),
    o(0, "drop-in", Value, Means::Plain),
    o(0, "when", Value, Means::Plain),
    o(0, "stdin", Nothing, Means::Plain),
];

/// What the smaller programs of systemd have in common: which machine they work on (`TRANSPORT_OPTIONS` in their manual
/// pages). Read with unknown options taken for switches.
pub const TRANSPORT_OPTIONS: &[Opt<Means>] =
    &[o(b'H', "host", Value, Means::Host), o(b'M', "machine", Value, Means::Container)];

/// The programs these are options of.
pub const TRANSPORTED: &[Inline<20>] = &[
    inline("loginctl"),
    inline("machinectl"),
    inline("hostnamectl"),
    inline("timedatectl"),
    inline("localectl"),
    inline("journalctl"),
    inline("systemd-run"),
    inline("busctl"),
];

/// shutdown's options (`shutdown_parse_argv`), with those of sysvinit that it still takes.
pub const SHUTDOWN_OPTIONS: &[Opt<Means>] = &[
    o(0, "help", Nothing, Means::Help),
    o(b'H', "halt", Nothing, Means::Action),
    o(b'P', "poweroff", Nothing, Means::Action),
    o(b'r', "reboot", Nothing, Means::Action),
    o(b'K', "kexec", Nothing, Means::Action),
    o(b'h', "", Nothing, Means::Action),
    o(b'k', "", Nothing, Means::DryRun),
    o(b'c', "", Nothing, Means::Cancel),
    o(0, "show", Nothing, Means::Show),
    o(0, "no-wall", Nothing, Means::Plain),
    o(b'a', "", Nothing, Means::Plain),
    o(b'f', "", Nothing, Means::Plain),
    o(b'F', "", Nothing, Means::Plain),
    o(b't', "", Value, Means::Plain),
];

/// The options of halt, poweroff and reboot (`halt_parse_argv`). One `-f` is there what two are to systemctl.
pub const HALT_OPTIONS: &[Opt<Means>] = &[
    o(0, "help", Nothing, Means::Help),
    o(0, "halt", Nothing, Means::Plain),
    o(b'p', "poweroff", Nothing, Means::Plain),
    o(0, "reboot", Nothing, Means::Plain),
    o(b'f', "force", Nothing, Means::Force),
    o(b'w', "wtmp-only", Nothing, Means::RecordOnly),
    o(b'd', "no-wtmp", Nothing, Means::Plain),
    o(b'n', "no-sync", Nothing, Means::Plain),
    o(0, "no-wall", Nothing, Means::Plain),
    o(b'i', "", Nothing, Means::Plain),
    o(b'h', "", Nothing, Means::Plain),
];

/// What init scripts are asked to do, through `service`, `invoke-rc.d`, `rc-service` or by their path.
pub const SERVICE_ACTIONS: &[(Inline<20>, Effect)] = &[
    (inline("start"), Mutate),
    (inline("reload"), Mutate),
    (inline("status"), Read),
    (inline("configtest"), Read),
    (inline("stop"), Disrupt),
    (inline("restart"), Disrupt),
    (inline("force-reload"), Disrupt),
    (inline("force-restart"), Disrupt),
    (inline("force-stop"), Disrupt),
    (inline("graceful"), Mutate),
    (inline("graceful-stop"), Disrupt),
    (inline("try-restart"), Disrupt),
    (inline("condrestart"), Disrupt),
    (inline("condstop"), Disrupt),
    (inline("reload-or-restart"), Disrupt),
    (inline("--full-restart"), Disrupt),
    (inline("zap"), Disrupt),
];

/// A program whose first operand says what it does.
#[derive(Clone, Copy, Debug)]
pub struct Small {
    /// Its name.
    pub name: Inline<20>,
    /// Its commands.
    pub verbs: &'static [(Inline<20>, Effect)],
    /// Any other command.
    pub other: Effect,
    /// No command at all.
    pub bare: Effect,
    /// Options that take the next word as their value.
    pub values: &'static [&'static str],
    /// Options with which nothing is done.
    pub passive: &'static [&'static str],
    /// Options with which what stops something loses something.
    pub losing: &'static [&'static str],
}

const NO: &[&str] = &[];

const fn small(
    name: &str,
    verbs: &'static [(Inline<20>, Effect)],
    other: Effect,
    bare: Effect,
    values: &'static [&'static str],
    passive: &'static [&'static str],
    losing: &'static [&'static str],
) -> Small {
    Small { name: inline(name), verbs, other, bare, values, passive, losing }
}

const UNKNOWN: Effect = Effect::Unknown;

/// The smaller programs (their manual pages in Debian 12; PostgreSQL's from postgresql-common 248).
pub const SMALL: &[Small] = &[
    small(
        "tasksel",
        &[(inline("install"), Mutate), (inline("remove"), Disrupt)],
        UNKNOWN,
        UNKNOWN,
        &["--debconf-apt-progress"],
        &["-t", "--test", "--list-tasks", "--task-packages", "--task-desc"],
        NO,
    ),
    small(
        "apt-key",
        &[
            (inline("list"), Read),
            (inline("finger"), Read),
            (inline("export"), Read),
            (inline("exportall"), Read),
            (inline("verify"), Read),
        ],
        Mutate,
        Read,
        &["--keyring"],
        NO,
        NO,
    ),
    small("add-apt-repository", &[], Mutate, Mutate, NO, &["-l", "--list"], NO),
    small("apt-add-repository", &[], Mutate, Mutate, NO, &["-l", "--list"], NO),
    small("apt-file", &[(inline("update"), Mutate), (inline("purge"), Mutate)], Read, Read, NO, NO, NO),
    small(
        "apt-ftparchive",
        &[(inline("generate"), Mutate), (inline("clean"), Mutate)],
        Read,
        Read,
        NO,
        NO,
        NO,
    ),
    small("apt-sortpkgs", &[], Read, Read, NO, NO, NO),
    small("apt-listchanges", &[], Read, Read, NO, NO, NO),
    small("apt-show-versions", &[], Read, Read, NO, NO, NO),
    small("apt-extracttemplates", &[], Mutate, Mutate, NO, NO, NO),
    small("dpkg-trigger", &[], Mutate, Mutate, NO, &["--no-act", "--check-supported"], NO),
    small("dpkg-source", &[], Mutate, Mutate, NO, NO, NO),
    small("dpkg-buildpackage", &[], Mutate, Mutate, NO, NO, NO),
    small("dpkg-name", &[], Mutate, Mutate, NO, NO, NO),
    small("dpkg-architecture", &[], Read, Read, NO, NO, NO),
    small("dpkg-vendor", &[], Read, Read, NO, NO, NO),
    small("dpkg-parsechangelog", &[], Read, Read, NO, NO, NO),
    small("dpkg-checkbuilddeps", &[], Read, Read, NO, NO, NO),
    small("dpkg-scanpackages", &[], Read, Read, NO, NO, NO),
    small("dpkg-scansources", &[], Read, Read, NO, NO, NO),
    small(
        "do-release-upgrade",
        &[],
        Disrupt,
        Disrupt,
        NO,
        &["-c", "--check-dist-upgrade-only", "-h", "--help"],
        NO,
    ),
    small("dpkg-reconfigure", &[], Mutate, Mutate, NO, NO, NO),
    small("deborphan", &[], Read, Read, NO, NO, NO),
    small("debfoster", &[], Disrupt, Disrupt, NO, NO, NO),
    small("gdebi", &[], Mutate, Mutate, NO, NO, NO),
    small("unattended-upgrade", &[], Mutate, Mutate, NO, &["--dry-run"], NO),
    small("unattended-upgrades", &[], Mutate, Mutate, NO, &["--dry-run"], NO),
    small(
        "dselect",
        &[
            (inline("access"), Mutate),
            (inline("update"), Mutate),
            (inline("select"), Mutate),
            (inline("config"), Mutate),
            (inline("install"), Disrupt),
            (inline("remove"), Disrupt),
        ],
        UNKNOWN,
        UNKNOWN,
        &["--admindir", "--instdir"],
        NO,
        NO,
    ),
    small(
        "wajig",
        &[
            (inline("install"), Mutate),
            (inline("update"), Mutate),
            (inline("upgrade"), Mutate),
            (inline("remove"), Disrupt),
            (inline("autoremove"), Disrupt),
            (inline("removeorphans"), Disrupt),
            (inline("dist-upgrade"), Disrupt),
            (inline("purge"), Destroy),
            (inline("purgeorphans"), Destroy),
            (inline("purgeremoved"), Destroy),
            (inline("list"), Read),
            (inline("search"), Read),
            (inline("show"), Read),
        ],
        UNKNOWN,
        UNKNOWN,
        NO,
        &["--simulate"],
        NO,
    ),
    small(
        "pkcon",
        &[
            (inline("remove"), Disrupt),
            (inline("upgrade-system"), Disrupt),
            (inline("install"), Mutate),
            (inline("install-local"), Mutate),
            (inline("update"), Mutate),
            (inline("refresh"), Mutate),
            (inline("download"), Mutate),
            (inline("repo-enable"), Mutate),
            (inline("repo-disable"), Mutate),
            (inline("search"), Read),
            (inline("resolve"), Read),
            (inline("backend-details"), Read),
            (inline("get-updates"), Read),
            (inline("get-packages"), Read),
            (inline("get-details"), Read),
            (inline("get-files"), Read),
            (inline("depends-on"), Read),
            (inline("required-by"), Read),
        ],
        UNKNOWN,
        Read,
        &["--filter"],
        NO,
        NO,
    ),
    small(
        "snap",
        &[
            (inline("remove"), Disrupt),
            (inline("disable"), Disrupt),
            (inline("stop"), Disrupt),
            (inline("restart"), Disrupt),
            (inline("revert"), Disrupt),
            (inline("forget"), Destroy),
            (inline("restore"), Destroy),
            (inline("reboot"), Disrupt),
            (inline("install"), Mutate),
            (inline("refresh"), Mutate),
            (inline("enable"), Mutate),
            (inline("start"), Mutate),
            (inline("set"), Mutate),
            (inline("unset"), Mutate),
            (inline("connect"), Mutate),
            (inline("disconnect"), Mutate),
            (inline("save"), Mutate),
            (inline("download"), Mutate),
            (inline("list"), Read),
            (inline("info"), Read),
            (inline("find"), Read),
            (inline("get"), Read),
            (inline("services"), Read),
            (inline("saved"), Read),
            (inline("check-snapshot"), Read),
            (inline("changes"), Read),
            (inline("tasks"), Read),
            (inline("logs"), Read),
            (inline("connections"), Read),
            (inline("interfaces"), Read),
            (inline("version"), Read),
            (inline("whoami"), Read),
            (inline("warnings"), Read),
            (inline("known"), Read),
            (inline("help"), Read),
        ],
        UNKNOWN,
        Read,
        NO,
        &["--help", "-h"],
        &["--purge"],
    ),
    small(
        "flatpak",
        &[
            (inline("uninstall"), Disrupt),
            (inline("remove"), Disrupt),
            (inline("kill"), Disrupt),
            (inline("install"), Mutate),
            (inline("update"), Mutate),
            (inline("mask"), Mutate),
            (inline("pin"), Mutate),
            (inline("repair"), Mutate),
            (inline("list"), Read),
            (inline("info"), Read),
            (inline("search"), Read),
            (inline("history"), Read),
            (inline("remotes"), Read),
            (inline("remote-ls"), Read),
            (inline("remote-info"), Read),
            (inline("ps"), Read),
            (inline("config"), Mutate),
        ],
        UNKNOWN,
        Read,
        &["--installation", "--arch"],
        &["--help", "--version"],
        &["--delete-data"],
    ),
    // What else comes with systemd.
    small(
        "hostnamectl",
        &[(inline("status"), Read)],
        Mutate,
        Read,
        &["-H", "-M"],
        &["-h", "--help", "--version"],
        NO,
    ),
    small(
        "timedatectl",
        &[
            (inline("status"), Read),
            (inline("show"), Read),
            (inline("list-timezones"), Read),
            (inline("timesync-status"), Read),
            (inline("show-timesync"), Read),
        ],
        Mutate,
        Read,
        &["-H", "-M", "-p"],
        &["-h", "--help", "--version"],
        NO,
    ),
    small(
        "loginctl",
        &[
            (inline("list-sessions"), Read),
            (inline("session-status"), Read),
            (inline("show-session"), Read),
            (inline("list-users"), Read),
            (inline("user-status"), Read),
            (inline("show-user"), Read),
            (inline("list-seats"), Read),
            (inline("seat-status"), Read),
            (inline("show-seat"), Read),
            (inline("terminate-session"), Disrupt),
            (inline("terminate-user"), Disrupt),
            (inline("terminate-seat"), Disrupt),
            (inline("kill-session"), Disrupt),
            (inline("kill-user"), Disrupt),
            // elogind, where there is no systemd.
            (inline("poweroff"), Disrupt),
            (inline("reboot"), Disrupt),
            (inline("halt"), Disrupt),
            (inline("suspend"), Disrupt),
            (inline("hibernate"), Disrupt),
        ],
        Mutate,
        Read,
        &["-H", "-M", "-p", "-P", "-s", "-n", "-o"],
        &["-h", "--help", "--version"],
        NO,
    ),
    // PostgreSQL on Debian.
    small("pg_dropcluster", &[], Destroy, Destroy, NO, &["--help"], NO),
    small("pg_createcluster", &[], Mutate, Mutate, NO, &["--help"], NO),
    small("pg_lsclusters", &[], Read, Read, NO, NO, NO),
    small("pg_upgradecluster", &[], Disrupt, Disrupt, NO, &["--help"], NO),
    small("pg_renamecluster", &[], Disrupt, Disrupt, NO, &["--help"], NO),
    small("pm-suspend", &[], Disrupt, Disrupt, NO, &["--help"], NO),
    small("pm-hibernate", &[], Disrupt, Disrupt, NO, &["--help"], NO),
    small("pm-suspend-hybrid", &[], Disrupt, Disrupt, NO, &["--help"], NO),
    small("update-rc.d", &[], Mutate, Mutate, NO, NO, NO),
    small("runlevel", &[], Read, Read, NO, NO, NO),
];

/// What `pg_ctlcluster` and `pg_ctl` are asked to do.
pub const CLUSTER_ACTIONS: &[(Inline<20>, Effect)] = &[
    (inline("start"), Mutate),
    (inline("reload"), Mutate),
    (inline("init"), Mutate),
    (inline("initdb"), Mutate),
    (inline("logrotate"), Mutate),
    (inline("status"), Read),
    (inline("stop"), Disrupt),
    (inline("restart"), Disrupt),
    (inline("promote"), Disrupt),
    (inline("kill"), Disrupt),
];
