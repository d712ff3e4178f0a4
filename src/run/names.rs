//! The names a guard binary may be called by. The shim and the full `guard` both dispatch on the last part of
//! `argv[0]`, so a symlink made by hand to either of them works.

use crate::engine::tool::{self, TOOLS, Tool};

/// A tool under the name it was called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    /// The last part of `argv[0]`.
    pub called: &'a [u8],
    /// The tool it stands for.
    pub tool: &'static Tool,
}

impl<'a> Name<'a> {
    /// The file to look for on PATH.
    pub fn file(&self) -> &'a [u8] {
        self.tool.file(self.called)
    }
}

/// Every name that makes a guard binary behave as a tool, but for those with a version.
pub fn all() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().flat_map(Tool::names)
}

/// How a guard binary was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called<'a> {
    /// As a guarded tool.
    Tool(Name<'a>),
    /// Under its own name (`guard` or `guard-shim`).
    Own,
    /// Under a name that is in no table.
    Unknown(&'a [u8]),
    /// Without any `argv[0]`. That is an error, never a guess.
    Nameless,
}

/// The name in `argv[0]`: only its last part counts, and a dash in front is what login(1) and `exec -l` put there.
pub fn name_in(argv0: &[u8]) -> &[u8] {
    let base = basename(argv0);
    base.strip_prefix(b"-").unwrap_or(base)
}

/// Reads `argv[0]`.
pub fn called_as(argv0: Option<&[u8]>) -> Called<'_> {
    let Some(argv0) = argv0 else { return Called::Nameless };
    let base = name_in(argv0);
    if base.is_empty() {
        return Called::Nameless;
    }
    if let Some(tool) = tool::called(base) {
        return Called::Tool(Name { called: base, tool });
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

    #[test]
    fn only_the_last_part_of_argv0_counts() {
        let kubectl = Called::Tool(Name { called: b"kubectl", tool: &tool::KUBECTL });
        assert_eq!(called_as(Some(b"kubectl")), kubectl);
        assert_eq!(called_as(Some(b"/opt/guard/shims/kubectl")), kubectl);
        assert_eq!(called_as(Some(b"./guard-shim")), Called::Own);
        assert_eq!(called_as(Some(b"-kubectl")), kubectl);
        assert_eq!(called_as(Some(b"-/opt/guard/shims/kubectl")), kubectl);
        assert_eq!(called_as(Some(b"-guard")), Called::Own);
        assert_eq!(called_as(Some(b"--kubectl")), Called::Unknown(b"-kubectl"));
        assert_eq!(called_as(Some(b"-")), Called::Nameless);
        assert_eq!(called_as(Some(b"/usr/bin/guard")), Called::Own);
        assert_eq!(called_as(Some(b"kubectl-x")), Called::Unknown(b"kubectl-x"));
        assert_eq!(called_as(Some(b"guard/")), Called::Nameless);
        assert_eq!(called_as(Some(b"")), Called::Nameless);
        assert_eq!(called_as(None), Called::Nameless);
    }

    #[test]
    fn none_is_guards_own() {
        assert!(all().all(|name| !OWN.contains(&name.as_bytes())));
    }
}
