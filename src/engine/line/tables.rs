//! Names on a line: commands that change nothing, those that take text, names of guarded tools. Data.

use crate::engine::tool::{self, Tool};

/// Commands that change nothing on any guarded system whatever their arguments are; sorted.
pub(super) const HARMLESS: &[&str] = &[
    "((",
    ":",
    "[",
    "[[",
    "alias",
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

/// Commands that take text, and whose quoted words and here documents are therefore no commands, beside those that change
/// nothing ([`HARMLESS`]): forges, trackers, mail, requests, other agents. Sorted.
const TEXT: &[&str] = &[
    "acli",
    "aider",
    "apply_patch",
    "applypatch",
    "bd",
    "bitbucket",
    "claude",
    "codex",
    "cowsay",
    "curl",
    "cursor-agent",
    "dd",
    "dialog",
    "ed",
    "figlet",
    "gemini",
    "gh",
    "git",
    "glab",
    "gpg",
    "gum",
    "hg",
    "http",
    "https",
    "hub",
    "jira",
    "jj",
    "linear",
    "llm",
    "logger",
    "lynx",
    "mail",
    "mailx",
    "mdcat",
    "msmtp",
    "mutt",
    "notify-send",
    "ollama",
    "opencode",
    "openssl",
    "osc",
    "pandoc",
    "patch",
    "pbcopy",
    "say",
    "sed",
    "sendmail",
    "sl",
    "slack",
    "sponge",
    "svn",
    "taskwarrior",
    "tea",
    "tk",
    "todo.sh",
    "wall",
    "wget",
    "whiptail",
    "wl-copy",
    "write",
    "xclip",
    "xh",
    "xmessage",
    "xsel",
    "zenity",
];

/// Whether quoted words and here documents of this command are text.
pub(super) fn takes_text(name: &[u8]) -> bool {
    is_harmless(name) || TEXT.binary_search_by(|t| t.as_bytes().cmp(name)).is_ok()
}

/// Long options whose value is text for people, whatever the program is. Sorted.
const MESSAGES: &[&str] = &[
    "--body",
    "--caption",
    "--comment",
    "--description",
    "--message",
    "--note",
    "--notes",
    "--reason",
    "--subject",
    "--summary",
    "--title",
];

/// Verbs of programs that keep records of what people say, behind which `-m` and `-t` hold text as well.
pub(super) const RECORDS: &[&str] = &[
    "amend", "annotate", "comment", "commit", "create", "describe", "desc", "edit", "issue", "merge",
    "modify", "mr", "new", "note", "notes", "pr", "release", "review", "save", "squash", "stash", "submit",
    "tag", "update",
];

/// Whether an option's value is text for people; `records` when a verb of [`RECORDS`] stands before it.
pub(super) fn is_message(option: &[u8], records: bool) -> bool {
    let letters =
        || matches!(option, [b'-', flags @ .., b'm' | b't'] if flags.iter().all(|b| b"asv".contains(b)));
    MESSAGES.binary_search_by(|m| m.as_bytes().cmp(option)).is_ok() || (records && letters())
}

/// Clients of databases, whose quoted words and here documents are statements. Sorted.
const DATABASE_CLIENTS: &[&str] = &[
    "bq",
    "clickhouse-client",
    "cqlsh",
    "duckdb",
    "influx",
    "mariadb",
    "mongo",
    "mongosh",
    "mysql",
    "psql",
    "redis-cli",
    "sqlite3",
    "usql",
];

/// Whether it is a client of a database.
pub(super) fn is_database_client(name: &[u8]) -> bool {
    DATABASE_CLIENTS.binary_search_by(|c| c.as_bytes().cmp(name)).is_ok()
}

/// Commands that print nothing: in `$(…)` and before a pipe they leave what the others print as it is. Sorted.
const SILENT: &[&str] = &[
    "((", ":", "[", "[[", "cd", "chmod", "exit", "false", "let", "mkdir", "return", "set", "shopt", "sleep",
    "test", "touch", "trap", "true", "umask", "unset", "wait",
];

/// Whether it prints nothing.
pub(super) fn is_silent(name: &[u8]) -> bool {
    SILENT.binary_search_by(|s| s.as_bytes().cmp(name)).is_ok()
}

/// Commands that hand on what they read, in another order or less of it. Sorted.
const FILTERS: &[&str] = &[
    "cat", "egrep", "fgrep", "grep", "head", "less", "more", "nl", "sed", "sort", "tac", "tail", "tee", "tr",
    "uniq",
];

/// Whether it hands on what it reads.
pub(super) fn is_filter(name: &[u8]) -> bool {
    FILTERS.binary_search_by(|f| f.as_bytes().cmp(name)).is_ok()
}

/// Variables whose value the shell or a common program runs as a command.
pub(super) const RUN_AS_COMMAND: &[&str] = &[
    "BROWSER",
    "EDITOR",
    "FZF_DEFAULT_COMMAND",
    "GIT_EDITOR",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH_COMMAND",
    "KUBE_EDITOR",
    "LESSCLOSE",
    "LESSOPEN",
    "MANPAGER",
    "PAGER",
    "PROMPT_COMMAND",
    "VISUAL",
];

/// Programs of which an argument or standard input is code, in which other programs may be started. Sorted by name; a
/// version may follow it (`python3.12`).
const INTERPRETERS: &[&str] = &[
    "bun",
    "deno",
    "expect",
    "gawk",
    "groovy",
    "irb",
    "jshell",
    "julia",
    "lua",
    "node",
    "nodejs",
    "osascript",
    "perl",
    "php",
    "pypy",
    "python",
    "ruby",
    "tclsh",
    "ts-node",
    "tsx",
];

/// Whether it runs code it is given.
pub(super) fn is_interpreter(name: &[u8]) -> bool {
    INTERPRETERS.binary_search_by(|i| i.as_bytes().cmp(unversioned(name))).is_ok()
}

fn unversioned(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|b| !b.is_ascii_digit() && *b != b'.').map_or(0, |at| at + 1);
    name.get(..end).unwrap_or_default()
}

/// What code in a language calls to start another program: (interpreters, calls).
const STARTS: &[(&[&str], &[&str])] = &[
    (
        &["python", "pypy"],
        &[
            "system(",
            "popen",
            "Popen",
            "subprocess",
            "check_call",
            "check_output",
            "os.exec",
            "os.spawn",
            "pty.spawn",
            "getoutput",
            "import sh",
        ],
    ),
    (
        &["node", "nodejs", "bun", "deno", "ts-node", "tsx"],
        &[
            "child_process",
            "exec(",
            "execSync",
            "execFile",
            "spawn",
            "execa",
            "Deno.Command",
            "Deno.run",
            "$`",
        ],
    ),
    (&["osascript"], &["do shell script"]),
];

/// The same for every other language.
const STARTS_ELSEWHERE: &[&str] = &[
    "system",
    "popen",
    "exec(",
    "exec \"",
    "exec '",
    "exec kubectl",
    "spawn",
    "`",
    "qx",
    "%x",
    "Open3",
    "passthru",
    "proc_open",
    "os.execute",
    "run(",
    "sh(",
];

/// What code in this interpreter's language calls to start another program.
pub(super) fn starts(interpreter: &[u8]) -> &'static [&'static str] {
    let name = unversioned(interpreter);
    let row = STARTS.iter().find(|(names, _)| names.iter().any(|n| n.as_bytes() == name));
    row.map_or(STARTS_ELSEWHERE, |(_, calls)| calls)
}

/// Images whose entry point is a guarded tool, by the last part of their name.
const IMAGES: &[(&str, Tool)] = &[
    ("aws-cli", tool::AWS),
    ("awscli", tool::AWS),
    ("k8s-kubectl", tool::KUBECTL),
    ("kubectl", tool::KUBECTL),
    ("openshift-cli", tool::OC),
];

/// The guarded tool an image runs: `registry/bitnami/kubectl:1.31@sha256:…`.
pub(super) fn image(name: &[u8]) -> Option<&'static Tool> {
    let name = name.split(|b| *b == b'@').next().unwrap_or(name);
    // `nixpkgs#kubectl` stands for its program as well.
    let last = name.rsplit(|b| matches!(b, b'/' | b'#')).next().unwrap_or(name);
    let last = last.split(|b| *b == b':').next().unwrap_or(last);
    IMAGES.iter().find(|(i, _)| i.as_bytes() == last).map(|(_, tool)| tool)
}

/// Programs that take a tool's words and call it: (name on the line, the tool).
const STAND_INS: &[(&str, Tool)] = &[("kubecolor", tool::KUBECTL), ("microk8s.kubectl", tool::KUBECTL)];

/// Whether the name is unmistakably that of a tool that works on the host itself.
pub(super) fn is_host_tool(name: &[u8]) -> bool {
    tool::called_in_line(name).is_some_and(|tool| tool.is_of_machine() && tool.unmistakable)
}

/// Whether the command is known to change nothing.
pub(super) fn is_harmless(name: &[u8]) -> bool {
    HARMLESS.binary_search_by(|h| h.as_bytes().cmp(name)).is_ok()
}

/// The tool of a cluster or an account that a command's name stands for.
pub(super) fn guarded(name: &[u8]) -> Option<&'static Tool> {
    let stand_in = || STAND_INS.iter().find(|(n, _)| n.as_bytes() == name).map(|(_, tool)| tool);
    tool::called_in_line(name).filter(|tool| !tool.is_of_machine()).or_else(stand_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_without_duplicates() {
        assert!(HARMLESS.windows(2).all(|w| w[0] < w[1]), "{:?}", HARMLESS.windows(2).find(|w| w[0] >= w[1]));
        for table in [TEXT, SILENT, FILTERS, INTERPRETERS, DATABASE_CLIENTS, MESSAGES] {
            assert!(table.windows(2).all(|w| w[0] < w[1]), "{:?}", table.windows(2).find(|w| w[0] >= w[1]));
        }
    }
}
