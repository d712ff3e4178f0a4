//! Commands that run another command, and commands that are known to change nothing: data.
//!
//! Sources: the manual pages of sudo 1.9, coreutils 9, util-linux 2.38, findutils 4.9, OpenSSH 9, procps 4; bash 5.2.

/// How the inner command is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inner {
    /// The words after the wrapper's own options and `skip` operands.
    Words,
    /// As `Words`, but the joined words are a line for a shell.
    Line,
    /// As `Words`, and further words are added that cannot be seen (`xargs`).
    Extended,
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

/// Sorted by name.
pub(super) const WRAPPERS: &[Wrapper] = &[
    w("ash", "oO", 0, Inner::Shell),
    w("aws-vault", "", 0, Inner::Words),
    w("bash", "oO", 0, Inner::Shell),
    w("builtin", "", 0, Inner::Words),
    w("busybox", "", 0, Inner::Words),
    w("caffeinate", "tw", 0, Inner::Words),
    w("chroot", "", 1, Inner::Words),
    w("chrt", "TPD", 1, Inner::Words),
    w("command", "", 0, Inner::Words),
    w("coproc", "", 0, Inner::Words),
    w("dash", "oO", 0, Inner::Shell),
    Wrapper { name: "doas", shorts: "uC", longs: &[], skip: 0, assigns: true, inner: Inner::Words },
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
    w("fish", "CdDo", 0, Inner::Shell),
    Wrapper {
        name: "flock",
        shorts: "wE",
        longs: &["wait", "timeout", "conflict-exit-code"],
        skip: 1,
        assigns: false,
        inner: Inner::DashC,
    },
    w("ionice", "cnpP", 0, Inner::Words),
    w("ksh", "oO", 0, Inner::Shell),
    w("ltrace", "aAbDeFlnopuwX", 0, Inner::Words),
    w("nice", "n", 0, Inner::Words),
    w("nocorrect", "", 0, Inner::Words),
    w("noglob", "", 0, Inner::Words),
    w("nohup", "", 0, Inner::Words),
    w("nsenter", "tSG", 0, Inner::Words),
    w("rbash", "oO", 0, Inner::Shell),
    Wrapper {
        name: "runuser",
        shorts: "ugGsw",
        longs: &["user", "group", "supp-group", "shell"],
        skip: 0,
        assigns: false,
        inner: Inner::DashC,
    },
    w("setsid", "", 0, Inner::Words),
    w("sh", "oO", 0, Inner::Shell),
    w("ssh", "BbcDEeFIiJLlmOoPpQRSWw", 1, Inner::Line),
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
    w("taskset", "", 1, Inner::Words),
    w("time", "fo", 0, Inner::Words),
    Wrapper {
        name: "timeout",
        shorts: "ks",
        longs: &["kill-after", "signal"],
        skip: 1,
        assigns: false,
        inner: Inner::Words,
    },
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
    w("zsh", "oO", 0, Inner::Shell),
];

/// Commands that change nothing on any guarded system whatever their arguments are; sorted.
pub(super) const HARMLESS: &[&str] = &[
    ":",
    "[",
    "[[",
    "alias",
    "awk",
    "base64",
    "basename",
    "bat",
    "bg",
    "bind",
    "break",
    "cat",
    "cd",
    "clear",
    "cmp",
    "column",
    "comm",
    "compgen",
    "complete",
    "continue",
    "curl-config",
    "cut",
    "date",
    "declare",
    "df",
    "diff",
    "dig",
    "dirname",
    "dirs",
    "disown",
    "du",
    "echo",
    "egrep",
    "exit",
    "export",
    "expr",
    "false",
    "fg",
    "fgrep",
    "file",
    "fold",
    "free",
    "getent",
    "getopts",
    "git",
    "grep",
    "groups",
    "hash",
    "head",
    "help",
    "hexdump",
    "history",
    "host",
    "htop",
    "id",
    "jobs",
    "join",
    "jq",
    "kubectx",
    "kubens",
    "less",
    "let",
    "ll",
    "local",
    "locale",
    "logout",
    "ls",
    "lsof",
    "man",
    "md5sum",
    "mkdir",
    "more",
    "nl",
    "nslookup",
    "od",
    "paste",
    "pgrep",
    "ping",
    "popd",
    "printenv",
    "printf",
    "ps",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readlink",
    "readonly",
    "realpath",
    "return",
    "rev",
    "rg",
    "seq",
    "set",
    "sha1sum",
    "sha256sum",
    "shift",
    "shopt",
    "shuf",
    "sleep",
    "sort",
    "split",
    "stat",
    "stty",
    "tac",
    "tail",
    "tee",
    "test",
    "tldr",
    "top",
    "touch",
    "tput",
    "tr",
    "trap",
    "tree",
    "true",
    "tty",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "uname",
    "uniq",
    "unset",
    "uptime",
    "wait",
    "wc",
    "whatis",
    "whereis",
    "which",
    "who",
    "whoami",
    "xxd",
    "yes",
    "yq",
    "zcat",
    "zgrep",
];

/// Names that mean a guarded tool: (name on the line, tool in the tables). Sorted by name.
pub(super) const GUARDED: &[(&str, &str)] = &[
    ("aws", "aws"),
    ("aws.cmd", "aws"),
    ("aws.exe", "aws"),
    ("k", "kubectl"),
    ("kubecolor", "kubectl"),
    ("kubectl", "kubectl"),
    ("kubectl.exe", "kubectl"),
    ("microk8s.kubectl", "kubectl"),
    ("oc", "kubectl"),
];

/// Tools that work on the host itself whose names are no words of other tools: found behind a wrapper nobody knows, too
/// (`some-wrapper apt-get purge x`). `service`, `init`, `halt` and `reboot` are commands of too many others.
const HOST: &[&str] = &["apt", "apt-get", "aptitude", "dpkg", "systemctl"];

/// Whether the name is unmistakably that of a tool that works on the host itself.
pub(super) fn is_host_tool(name: &[u8]) -> bool {
    HOST.iter().any(|h| h.as_bytes() == name)
}

/// The wrapper with this name.
pub(super) fn wrapper(name: &[u8]) -> Option<&'static Wrapper> {
    let at = WRAPPERS.binary_search_by(|w| w.name.as_bytes().cmp(name)).ok()?;
    WRAPPERS.get(at)
}

/// Whether the command is known to change nothing.
pub(super) fn is_harmless(name: &[u8]) -> bool {
    HARMLESS.binary_search_by(|h| h.as_bytes().cmp(name)).is_ok()
}

/// The guarded tool a command name stands for.
pub(super) fn guarded(name: &[u8]) -> Option<&'static str> {
    let at = GUARDED.binary_search_by(|(n, _)| n.as_bytes().cmp(name)).ok()?;
    GUARDED.get(at).map(|(_, tool)| *tool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_without_duplicates() {
        assert!(WRAPPERS.windows(2).all(|w| w[0].name < w[1].name));
        assert!(HARMLESS.windows(2).all(|w| w[0] < w[1]), "{:?}", HARMLESS.windows(2).find(|w| w[0] >= w[1]));
        assert!(GUARDED.windows(2).all(|w| w[0].0 < w[1].0));
    }
}
