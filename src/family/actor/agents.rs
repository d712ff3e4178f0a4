//! Which coding agents there are, and how they are known: by variables they set for what they run, and by the programs
//! they are. A variable is taken away by `env -i`, sudo and ssh; a program above this one stays.

use crate::family::machine::resolve::login_session;
use crate::world::World;
use std::path::Path;

/// How sure it is that an agent is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agency {
    /// Nothing speaks for it.
    None,
    /// A variable that a person's own terminal may have as well. It words the hint of a refusal and nothing else.
    Perhaps,
    /// An agent.
    Certain,
}

/// Variables that agents set for the commands they run, and for nobody else.
///
/// Sources: Claude Code, "Environment variables" (code.claude.com/docs); Cursor, "Terminal" (cursor.com/docs/agent);
/// openai/codex `codex-rs/core/src/spawn.rs` and developers.openai.com/codex/environment-variables; gemini-cli
/// `docs/tools/shell.md`; qwen-code, a fork of it; opencode `packages/opencode/src/index.ts`; goose, "Environment
/// variables" (GOOSE_TERMINAL); cline `src/hosts/vscode/terminal` (CLINE_ACTIVE); vercel/detect-agent, from which
/// AI_AGENT, AUGMENT_AGENT and ANTIGRAVITY_AGENT are; aider and Replit as guard has always had them.
const SURE: &[&str] = &[
    "AI_AGENT",
    "AIDER_SESSION",
    "ANTIGRAVITY_AGENT",
    "AUGMENT_AGENT",
    "CLAUDECODE",
    "CLINE_ACTIVE",
    "CODEX_CI",
    "CODEX_SANDBOX",
    "CODEX_THREAD_ID",
    "CURSOR_AGENT",
    "GEMINI_CLI",
    "GOOSE_TERMINAL",
    "OPENCODE",
    "QWEN_CODE",
    "REPLIT_AGENT",
];

/// Variables that stand in terminals of persons, too: every terminal of the editor (Cursor), of the workspace (Replit),
/// and whatever anybody calls an agent (`AGENT` is also Jenkins', ssh's and monitoring's word).
const PERHAPS: &[&str] = &["AGENT", "CURSOR_TRACE_ID", "REPL_ID"];

/// Programs that are agents and nothing else, by the name of the process or of the script it runs. Editors that hold an
/// agent are not in here: their terminals are people's. Neither are names that other programs have (`goose`, `amp`, `q`).
///
/// Sources: the `bin` entries of the packages below; aider's and openhands' entry points on PyPI; cursor.com/docs/cli.
const PROGRAMS: &[&str] = &[
    "aider",
    "auggie",
    "claude",
    "codex",
    "copilot",
    "cursor-agent",
    "gemini",
    "kiro-cli",
    "kiro-cli-chat",
    "opencode",
    "openhands",
    "qchat",
    "qwen",
];

/// Packages whose scripts have names that say nothing (`cli.js`), by a part of the path.
///
/// Source: the packages' pages on npmjs.com.
const PACKAGES: &[&str] = &[
    "@anthropic-ai/claude-code",
    "@augmentcode/auggie",
    "@github/copilot",
    "@google/gemini-cli",
    "@openai/codex",
    "@qwen-code/qwen-code",
    "@sourcegraph/amp",
    "opencode-ai",
];

/// Programs that run scripts: what they run is what counts.
const INTERPRETERS: &[&str] = &["bun", "deno", "node", "nodejs", "python", "python3"];

/// Whether an agent is at work.
pub fn agency(world: &World) -> Agency {
    let says_so = |names: &[&str]| names.iter().any(|name| super::says_so(world, name));
    if says_so(SURE) || has_agent_above(world) {
        Agency::Certain
    } else if says_so(PERHAPS) {
        Agency::Perhaps
    } else {
        Agency::None
    }
}

fn has_agent_above(world: &World) -> bool {
    login_session::ancestors(world)
        .iter()
        .any(|(pid, name)| is_program(name) || is_agents_command(&login_session::command(world, *pid)))
}

/// The kernel keeps the first 15 bytes of a process's name.
fn is_program(name: &str) -> bool {
    PROGRAMS.contains(&name)
}

/// Whether a command line is an agent's: its program, or the script an interpreter runs.
fn is_agents_command(words: &[String]) -> bool {
    let Some(first) = words.first() else { return false };
    let base = |word: &str| {
        let name = Path::new(word).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.split('.').next().unwrap_or_default().to_owned()
    };
    let program = base(first);
    if is_program(&program) {
        return true;
    }
    let interprets = INTERPRETERS
        .iter()
        .any(|name| program.strip_prefix(name).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit())));
    let script = words.iter().skip(1).find(|word| !word.starts_with('-')).filter(|_| interprets);
    script.is_some_and(|script| {
        is_program(&base(script)) || PACKAGES.iter().any(|package| within(script, package))
    })
}

/// Whether a path goes through a package's directory.
fn within(path: &str, package: &str) -> bool {
    path.split("/node_modules/")
        .skip(1)
        .any(|rest| rest.strip_prefix(package).is_some_and(|rest| rest.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn variables_say_so_surely_or_perhaps() {
        let root = tempfile::tempdir().unwrap();
        let of = |vars: &[(&str, &str)]| agency(&World::of(vars, "/").with_root(root.path()));
        assert_eq!(of(&[]), Agency::None);
        for name in SURE {
            assert_eq!(of(&[(name, "1")]), Agency::Certain, "{name}");
            assert_eq!(of(&[(name, "0")]), Agency::None, "{name}");
        }
        for name in PERHAPS {
            assert_eq!(of(&[(name, "x")]), Agency::Perhaps, "{name}");
            assert_eq!(of(&[(name, "x"), ("CLAUDECODE", "1")]), Agency::Certain, "{name}");
        }
    }

    #[test]
    fn commands_of_agents_and_of_others() {
        for (line, want) in [
            ("claude", true),
            ("/usr/local/bin/claude --continue", true),
            ("node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js", true),
            ("node --max-old-space-size=8192 /usr/local/bin/gemini -p x", true),
            ("/usr/bin/python3.11 /home/a/.local/bin/aider --yes", true),
            ("bun /root/.bun/install/global/node_modules/opencode-ai/bin/x.js", true),
            ("codex exec x", true),
            ("cursor-agent -p", true),
            ("node server.js claude", false),
            ("bash -c claude", false),
            ("vim codex.md", false),
            ("/usr/share/cursor/cursor --type=ptyHost", false),
            ("node /x/node_modules/@openai/codex-notes/cli.js", false),
            ("goose up", false),
            ("python3 -m http.server", false),
            ("", false),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(is_agents_command(&words), want, "{line}");
        }
    }

    #[test]
    fn an_agent_anywhere_above_counts() {
        let root = tempfile::tempdir().unwrap();
        let process = |pid: &str, name: &str, parent: u32, command: &str| {
            let dir = root.path().join("proc").join(pid);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("stat"), format!("1 ({name}) S {parent} 1 1 0\n")).unwrap();
            fs::write(dir.join("cmdline"), command.replace(' ', "\0")).unwrap();
        };
        let of = || agency(&World::of(&[], "/").with_root(root.path()));
        process("self", "guard", 40, "kubectl delete ns shop");
        process("40", "make", 30, "make clean");
        process("30", "sudo", 20, "sudo -i");
        process("20", "bash", 10, "/bin/bash -c make");
        process("10", "node", 1, "node /usr/bin/vite");
        process("1", "systemd", 0, "/sbin/init");
        assert_eq!(of(), Agency::None);
        process("10", "node", 1, "node /usr/lib/node_modules/@openai/codex/bin/codex.js");
        assert_eq!(of(), Agency::Certain);
        process("10", "claude", 1, "x");
        assert_eq!(of(), Agency::Certain);
    }
}
