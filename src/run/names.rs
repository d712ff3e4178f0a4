//! The names a guard binary may be called by. The shim and the full `guard` both dispatch on the last part of
//! `argv[0]`, so a symlink made by hand to either of them works.

/// One name a tool is called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The last part of `argv[0]`.
    pub called: &'static str,
    /// The tool it stands for: the key into the engine's tables and the file looked for on PATH.
    pub tool: &'static str,
}

/// Every name that makes a guard binary behave as a tool.
pub const NAMES: &[Name] = &[
    Name { called: "kubectl", tool: "kubectl" },
    Name { called: "k", tool: "kubectl" },
    Name { called: "aws", tool: "aws" },
    Name { called: "apt", tool: "apt" },
    Name { called: "apt-get", tool: "apt-get" },
    Name { called: "aptitude", tool: "aptitude" },
    Name { called: "dpkg", tool: "dpkg" },
    Name { called: "systemctl", tool: "systemctl" },
    Name { called: "service", tool: "service" },
    Name { called: "shutdown", tool: "shutdown" },
    Name { called: "reboot", tool: "reboot" },
    Name { called: "halt", tool: "halt" },
    Name { called: "poweroff", tool: "poweroff" },
    Name { called: "init", tool: "init" },
    Name { called: "telinit", tool: "telinit" },
];

/// How a guard binary was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called<'a> {
    /// As a guarded tool.
    Tool(Name),
    /// Under its own name (`guard` or `guard-shim`).
    Own,
    /// Under a name that is in no table.
    Unknown(&'a [u8]),
    /// Without any `argv[0]`. That is an error, never a guess.
    Nameless,
}

/// Reads `argv[0]`: only its last part counts. A dash in front is what login(1) and `exec -l` put there.
pub fn called_as(argv0: Option<&[u8]>) -> Called<'_> {
    let Some(argv0) = argv0 else { return Called::Nameless };
    let base = basename(argv0);
    let base = base.strip_prefix(b"-").unwrap_or(base);
    if base.is_empty() {
        return Called::Nameless;
    }
    if let Some(name) = NAMES.iter().find(|n| n.called.as_bytes() == base) {
        return Called::Tool(*name);
    }
    if OWN.contains(&base) { Called::Own } else { Called::Unknown(base) }
}

/// The names of guard's own two binaries.
pub const OWN: [&[u8]; 2] = [b"guard", b"guard-shim"];

/// What stands after the last slash.
pub fn basename(path: &[u8]) -> &[u8] {
    path.rsplit(|b| *b == b'/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine;

    #[test]
    fn only_the_last_part_of_argv0_counts() {
        let kubectl = Called::Tool(NAMES[0]);
        assert_eq!(called_as(Some(b"kubectl")), kubectl);
        assert_eq!(called_as(Some(b"/opt/guard/shims/kubectl")), kubectl);
        assert_eq!(called_as(Some(b"./guard-shim")), Called::Own);
        assert_eq!(called_as(Some(b"-kubectl")), kubectl);
        assert_eq!(called_as(Some(b"-/opt/guard/shims/kubectl")), kubectl);
        assert_eq!(called_as(Some(b"-guard")), Called::Own);
        assert_eq!(called_as(Some(b"--kubectl")), Called::Unknown(b"-kubectl"));
        assert_eq!(called_as(Some(b"-")), Called::Nameless);
        assert_eq!(called_as(Some(b"/usr/bin/guard")), Called::Own);
        assert_eq!(called_as(Some(b"kubectl2")), Called::Unknown(b"kubectl2"));
        assert_eq!(called_as(Some(b"guard/")), Called::Nameless);
        assert_eq!(called_as(Some(b"")), Called::Nameless);
        assert_eq!(called_as(None), Called::Nameless);
    }

    #[test]
    fn the_engine_knows_every_tool_by_the_same_name() {
        for name in NAMES.iter().filter(|name| !["kubectl", "aws"].contains(&name.tool)) {
            assert!(engine::host::is_guarded(name.tool.as_bytes()), "{}", name.tool);
        }
        for tool in engine::host::GUARDED {
            assert!(NAMES.iter().any(|name| name.tool == *tool), "{tool}");
        }
    }

    #[test]
    fn no_name_stands_twice_and_none_is_guards_own() {
        for (i, name) in NAMES.iter().enumerate() {
            assert!(NAMES[..i].iter().all(|n| n.called != name.called), "{} twice", name.called);
            assert!(!OWN.contains(&name.called.as_bytes()), "{} is guard's own name", name.called);
        }
    }
}
