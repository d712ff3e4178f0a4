//! Commands that run another command: data.
//!
//! Sources: the manual pages of sudo 1.9, coreutils 9, util-linux 2.38, findutils 4.9, OpenSSH 9, procps 4, polkit 122; bash
//! 5.2.

/// How the inner command is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inner {
    /// The words after the wrapper's own options and `skip` operands.
    Words,
    /// As `Words`, but the joined words are a line for a shell.
    Line,
    /// As `Words`, and further words are added that cannot be seen (`xargs`).
    Extended,
    /// As `Line`, but another machine reads the line; without one its shell reads standard input.
    Remote,
    /// A shell: `-c` takes a line, without operands it reads standard input.
    Shell,
    /// `-c` takes a line for a shell; otherwise as `Words`.
    DashC,
}

/// A command that runs another one.
pub(super) struct Wrapper {
    pub name: &'static str,
    /// One-letter options that take a value.
    pub shorts: &'static str,
    /// Long options that take a value as the next word.
    pub longs: &'static [&'static str],
    /// Operands before the inner command.
    pub skip: usize,
    /// `NAME=value` words may stand before the inner command.
    pub assigns: bool,
    pub inner: Inner,
}

const fn w(name: &'static str, shorts: &'static str, skip: usize, inner: Inner) -> Wrapper {
    Wrapper { name, shorts, longs: &[], skip, assigns: false, inner }
}

/// Options of pssh that take the next word.
const PSSH: &[&str] =
    &["hosts", "host", "user", "par", "outdir", "errdir", "timeout", "options", "extra-args", "extra-arg"];

/// Sorted by name.
pub(super) const WRAPPERS: &[Wrapper] = &[
    w("ash", "oO", 0, Inner::Shell),
    w("autossh", "MBbcDEeFIiJLlmOoPpQRSWw", 1, Inner::Remote),
    w("bash", "oO", 0, Inner::Shell),
    w("builtin", "", 0, Inner::Words),
    w("busybox", "", 0, Inner::Words),
    w("caffeinate", "tw", 0, Inner::Words),
    w("chronic", "", 0, Inner::Words),
    w("chroot", "", 1, Inner::Words),
    w("chrt", "TPD", 1, Inner::Words),
    Wrapper {
        name: "clush",
        shorts: "wxgXlofutRm",
        longs: &["hostfile", "user", "fanout", "options", "topology", "worker", "mode", "outdir", "errdir"],
        skip: 0,
        assigns: false,
        inner: Inner::Remote,
    },
    w("command", "", 0, Inner::Words),
    w("coproc", "", 0, Inner::Words),
    w("csh", "", 0, Inner::Shell),
    w("dash", "oO", 0, Inner::Shell),
    Wrapper {
        name: "dbus-run-session",
        shorts: "",
        longs: &["config-file", "dbus-daemon"],
        skip: 0,
        assigns: false,
        inner: Inner::Words,
    },
    Wrapper { name: "doas", shorts: "uC", longs: &[], skip: 0, assigns: true, inner: Inner::Words },
    Wrapper {
        name: "dsh",
        shorts: "rmgfoFN",
        longs: &["remoteshell", "machine", "group", "file", "remoteshellopt", "forklimit", "num-topology"],
        skip: 0,
        assigns: false,
        inner: Inner::Remote,
    },
    Wrapper {
        name: "dumb-init",
        shorts: "r",
        longs: &["rewrite"],
        skip: 0,
        assigns: false,
        inner: Inner::Words,
    },
    Wrapper {
        name: "env",
        shorts: "uC",
        longs: &["unset", "chdir"],
        skip: 0,
        assigns: true,
        inner: Inner::Words,
    },
    w("eval", "", 0, Inner::Line),
    w("exec", "a", 0, Inner::Words),
    w("fakeroot", "lsibu", 0, Inner::Words),
    w("fish", "CdDo", 0, Inner::Shell),
    Wrapper {
        name: "flock",
        shorts: "wE",
        longs: &["wait", "timeout", "conflict-exit-code"],
        skip: 1,
        assigns: false,
        inner: Inner::DashC,
    },
    w("gosu", "", 1, Inner::Words),
    w("ionice", "cnpP", 0, Inner::Words),
    w("ksh", "oO", 0, Inner::Shell),
    w("ltrace", "aAbDeFlnopuwX", 0, Inner::Words),
    w("mksh", "oO", 0, Inner::Shell),
    w("mosh", "p", 1, Inner::Remote),
    w("nice", "n", 0, Inner::Words),
    w("nocorrect", "", 0, Inner::Words),
    w("noglob", "", 0, Inner::Words),
    w("nohup", "", 0, Inner::Words),
    Wrapper {
        name: "nsenter",
        shorts: "tSG",
        longs: &["target", "setuid", "setgid"],
        skip: 0,
        assigns: false,
        inner: Inner::Words,
    },
    w("nu", "", 0, Inner::Shell),
    Wrapper {
        name: "parallel-ssh",
        shorts: "hHlpoetOxXg",
        longs: PSSH,
        skip: 0,
        assigns: false,
        inner: Inner::Remote,
    },
    w("pdsh", "fluwx", 0, Inner::Remote),
    Wrapper { name: "pkexec", shorts: "u", longs: &["user"], skip: 0, assigns: false, inner: Inner::Words },
    w("prlimit", "p", 0, Inner::Words),
    w("proxychains", "f", 0, Inner::Words),
    w("proxychains4", "f", 0, Inner::Words),
    Wrapper {
        name: "pssh",
        shorts: "hHlpoetOxXg",
        longs: PSSH,
        skip: 0,
        assigns: false,
        inner: Inner::Remote,
    },
    w("pwsh", "", 0, Inner::Shell),
    w("rbash", "oO", 0, Inner::Shell),
    Wrapper {
        name: "run0",
        shorts: "ugDM",
        longs: &[
            "user",
            "group",
            "unit",
            "property",
            "description",
            "slice",
            "nice",
            "chdir",
            "setenv",
            "machine",
        ],
        skip: 0,
        assigns: false,
        inner: Inner::Words,
    },
    Wrapper {
        name: "runuser",
        shorts: "ugGsw",
        longs: &["user", "group", "supp-group", "shell"],
        skip: 0,
        assigns: false,
        inner: Inner::DashC,
    },
    Wrapper {
        name: "script",
        shorts: "ceoBIOTmEt",
        longs: &["echo", "log-in", "log-out", "log-io", "log-timing", "logging-format", "output-limit"],
        skip: 0,
        assigns: false,
        inner: Inner::DashC,
    },
    w("setarch", "", 1, Inner::Words),
    w("setpriv", "", 0, Inner::Words),
    w("setsid", "", 0, Inner::Words),
    w("sg", "", 1, Inner::DashC),
    w("sh", "oO", 0, Inner::Shell),
    w("ssh", "BbcDEeFIiJLlmOoPpQRSWw", 1, Inner::Remote),
    w("sshpass", "pfdPe", 0, Inner::Words),
    w("stdbuf", "ioe", 0, Inner::Words),
    w("strace", "abeEIoOpPsSuUX", 0, Inner::Words),
    Wrapper {
        name: "su",
        shorts: "gGswT",
        longs: &["group", "supp-group", "shell", "whitelist-environment"],
        skip: 1,
        assigns: false,
        inner: Inner::DashC,
    },
    w("su-exec", "", 1, Inner::Words),
    Wrapper {
        name: "sudo",
        shorts: "ughpCRrtTUD",
        longs: &[
            "user",
            "group",
            "host",
            "prompt",
            "close-from",
            "chroot",
            "role",
            "type",
            "command-timeout",
            "other-user",
            "chdir",
        ],
        skip: 0,
        assigns: true,
        inner: Inner::Words,
    },
    w("systemd-cat", "tp", 0, Inner::Words),
    Wrapper {
        name: "systemd-run",
        shorts: "puEMHC",
        longs: &[
            "property",
            "unit",
            "description",
            "slice",
            "service-type",
            "uid",
            "gid",
            "nice",
            "working-directory",
            "setenv",
            "background",
            "on-active",
            "on-boot",
            "on-startup",
            "on-unit-active",
            "on-unit-inactive",
            "on-calendar",
            "path-property",
            "socket-property",
            "timer-property",
            "machine",
            "host",
            "capsule",
            "job-mode",
            "json",
        ],
        skip: 0,
        assigns: false,
        inner: Inner::Words,
    },
    w("taskset", "", 1, Inner::Words),
    w("tcsh", "", 0, Inner::Shell),
    w("time", "fo", 0, Inner::Words),
    Wrapper {
        name: "timeout",
        shorts: "ks",
        longs: &["kill-after", "signal"],
        skip: 1,
        assigns: false,
        inner: Inner::Words,
    },
    w("tini", "pe", 0, Inner::Words),
    w("torify", "", 0, Inner::Words),
    w("torsocks", "", 0, Inner::Words),
    w("toybox", "", 0, Inner::Words),
    w("tsocks", "", 0, Inner::Words),
    w("unbuffer", "", 0, Inner::Words),
    w("unshare", "SGRw", 0, Inner::Words),
    Wrapper {
        name: "watch",
        shorts: "nq",
        longs: &["interval", "equexit"],
        skip: 0,
        assigns: false,
        inner: Inner::Line,
    },
    Wrapper {
        name: "xargs",
        shorts: "IEnLPsad",
        longs: &[
            "replace",
            "max-args",
            "max-lines",
            "max-procs",
            "max-chars",
            "arg-file",
            "delimiter",
            "process-slot-var",
        ],
        skip: 0,
        assigns: false,
        inner: Inner::Extended,
    },
    w("xonsh", "", 0, Inner::Shell),
    w("yash", "oO", 0, Inner::Shell),
    w("zsh", "oO", 0, Inner::Shell),
];

/// The wrapper with this name.
pub(super) fn wrapper(name: &[u8]) -> Option<&'static Wrapper> {
    let at = WRAPPERS.binary_search_by(|w| w.name.as_bytes().cmp(name)).ok()?;
    WRAPPERS.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_without_duplicates() {
        assert!(WRAPPERS.windows(2).all(|w| w[0].name < w[1].name));
    }
}
