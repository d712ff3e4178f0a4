//! What happens on every call of a guarded tool: read the words, and either become the real tool at once or hand over
//! to the full `guard`. No configuration is read here, nothing is printed, and the process stays as the caller made it.

use super::names::{self, Called, Name};
use super::{exec, find, trail};
use crate::engine::aws;
use crate::engine::classify::{classify_tool, says};
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::policy;
use crate::engine::tool::{self, FamilyId, Tool};
use crate::engine::trail::says::Said;
use crate::engine::units;
use crate::engine::verdict::{Goes, Verdict};
use crate::fail::{Fail, Kind};
use crate::run::approval::Process;
use crate::run::self_path;
use std::ffi::{CString, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;

/// The shim's `main`. Returns the exit code; on success it does not return at all.
///
/// # Safety
/// `argv` is the list the system handed to `main`: C strings, ended by a null pointer.
pub unsafe fn main(argv: *const *const c_char) -> u8 {
    // SAFETY: as the caller promises; nothing changes the words.
    let words = unsafe { exec::list(argv) };
    let (argv0, args) = match words.split_first() {
        Some((first, rest)) => (Some(*first), rest),
        None => (None, words.as_slice()),
    };
    let fail = match names::called_as(argv0) {
        // SAFETY: `argv` is as the caller promises, and not empty: it has a name.
        Called::Tool(name) => unsafe { run(&name, args, argv) },
        called => refuse_name(called),
    };
    report(&fail);
    fail.exit().code()
}

/// # Safety
/// `argv` is a list of C strings with at least one, ended by a null pointer; `args` are its words from the second on.
unsafe fn run(name: &Name<'_>, args: &[&[u8]], argv: *const *const c_char) -> Fail {
    if let Some(answer) = selftest(args) {
        print(1, &answer);
        // SAFETY: _exit(2) has no preconditions. There is nothing to flush.
        unsafe { libc::_exit(0) };
    }
    // SAFETY: the shim never changes its environment.
    let env = unsafe { exec::environment() };
    let verdict = classify_tool(name.tool, args);
    if !is_harmless(name.tool, args, &env, &verdict) {
        // SAFETY: `argv` is as the caller promises.
        return unsafe { exec::hand_over(name, argv) };
    }
    let path = var(&env, b"PATH").map(OsStr::from_bytes);
    let tool = match find::find(name.file(), path, &self_path::selves()) {
        Ok(tool) => tool,
        // Policy may name a place that is not on PATH; only the full guard reads policy. Without one: say what is missing.
        Err(missing) => {
            if self_path::full_guard().is_some_and(|full| self_path::may_exist(&full)) {
                // SAFETY: `argv` is as the caller promises.
                unsafe { exec::hand_over(name, argv) };
            }
            return missing.into();
        }
    };
    let depth = match exec::next_depth(&env, &tool) {
        Ok(depth) => depth,
        Err(fail) => return fail,
    };
    let Ok(path) = CString::new(tool.as_os_str().as_bytes()) else {
        return exec::failed(&tool, libc::ENOENT);
    };
    let mut entry = *b"GUARD_DEPTH=0\0";
    if let Some(digit) = entry.get_mut(12) {
        // MAX_DEPTH is one digit; a test holds that.
        *digit = b'0' + depth as u8;
    }
    // Without the variable the CLI's config file may switch the prompt for other words on (`cli_auto_prompt`).
    let quiet = name.tool.family == FamilyId::Aws && var(&env, AUTO_PROMPT).is_none();
    remember(name.tool, args, &env, &verdict);
    let env = hand_on(&env, &entry, quiet);
    // SAFETY: `path` and the entries are C strings, both lists end in a null pointer, and all outlive the call.
    let errno = unsafe { exec::replace_process(path.as_ptr(), argv, env.as_ptr()) };
    exec::failed(&tool, errno)
}

/// The word `guard doctor` calls a tool with to see whether guard answers. No tool has a command of this name.
pub const SELFTEST: &str = "__guard_selftest";

/// The answer to `kubectl __guard_selftest NONCE`: the nonce, guard's version and the file that runs. The real tool is
/// not run, whatever the nonce; no other words are answered.
pub fn selftest(args: &[&[u8]]) -> Option<String> {
    let [word, nonce] = args else { return None };
    if *word != SELFTEST.as_bytes() || !nonce.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let path =
        self_path::own_path().map_or_else(|| "-".to_owned(), |path| escape(path.as_os_str().as_bytes()));
    Some(format!("{SELFTEST} {} {} {path}\n", escape(nonce), env!("CARGO_PKG_VERSION")))
}

/// The variable that makes version 2 of the AWS CLI ask for other words than those guard has seen.
const AUTO_PROMPT: &[u8] = b"AWS_CLI_AUTO_PROMPT";
/// It beats the config file (`ConfigChainFactory` of botocore: the environment before the file).
const NO_PROMPT: &[u8] = b"AWS_CLI_AUTO_PROMPT=off\0";

/// The caller's environment as pointers to the very same strings, with the depth entry put in and `GUARD_CONFIRM`
/// left out; `quiet` adds the entry that keeps the AWS CLI from asking for other words.
fn hand_on(env: &[&[u8]], depth: &[u8], quiet: bool) -> Vec<*const c_char> {
    let mut out = Vec::with_capacity(env.len() + 3);
    if quiet {
        out.push(NO_PROMPT.as_ptr().cast());
    }
    let mut placed = false;
    for entry in env {
        if is_named(entry, exec::CONFIRM.as_bytes()) {
            continue;
        }
        if is_named(entry, exec::DEPTH.as_bytes()) {
            if !placed {
                out.push(depth.as_ptr().cast());
                placed = true;
            }
            continue;
        }
        out.push(entry.as_ptr().cast());
    }
    if !placed {
        out.push(depth.as_ptr().cast());
    }
    out.push(std::ptr::null());
    out
}

fn is_named(entry: &[u8], name: &[u8]) -> bool {
    entry.first() == name.first() && entry.strip_prefix(name).is_some_and(|rest| rest.first() == Some(&b'='))
}

fn var<'a>(env: &[&'a [u8]], name: &[u8]) -> Option<&'a [u8]> {
    env.iter().find(|e| is_named(e, name)).and_then(|e| e.get(name.len() + 1..))
}

/// Whether the words may reach the tool without the full guard having looked at them.
///
/// Reads and completion always may, unless something may stand between the words and what the tool does (aliases of the
/// AWS CLI, its prompt for other words). A change that can neither stop nor lose anything may when nothing stands there
/// that could say otherwise: no policy file, no kubectl preferences (which can add flags to any command).
pub fn is_harmless(tool: &Tool, args: &[&[u8]], env: &[&[u8]], verdict: &Verdict) -> bool {
    let Verdict { effect, content, completion, .. } = *verdict;
    let host = tool.is_of_machine();
    if host && is_decided(tool, |name| var(env, name.as_bytes())) {
        return true;
    }
    let passes = match effect {
        _ if completion => return true,
        // `--assume-no remove`: a configuration file may say yes all the same.
        Effect::Read if host => !content,
        Effect::Read => true,
        Effect::Mutate => !content,
        Effect::Destroy => is_plain_removal(tool, args, env),
        Effect::Unknown | Effect::Disrupt => return false,
    };
    match tool.family {
        FamilyId::Aws => {
            passes
                && !has_aliases(env)
                && !aws::prompts(args, var(env, AUTO_PROMPT))
                && (effect == Effect::Read || !has_policy(env))
        }
        FamilyId::Packages | FamilyId::Units | FamilyId::Files | FamilyId::Docker => {
            passes && (effect == Effect::Read || !has_policy(env))
        }
        FamilyId::Kube => {
            effect == Effect::Read || (passes && !has_preferences(args, env) && !has_policy(env))
        }
    }
}

/// Adds where this call goes to what is remembered of the terminal; where that is not to be, or does not work, nothing is said.
/// Of what goes nowhere only what later calls go by counts.
pub fn remember(tool: &Tool, args: &[&[u8]], env: &[&[u8]], verdict: &Verdict) {
    let Some(says) = says(tool).filter(|_| !verdict.completion) else { return };
    let runtime = var(env, trail::VARIABLE.as_bytes());
    if verdict.goes != Goes::Nowhere && runtime.is_some() {
        let _ = trail::leave(runtime, &Said::of(says, args, env), verdict.goes == Goes::Switches);
    }
}

/// The same for the full guard, in the environment as the caller gave it.
#[cfg(feature = "cli")]
pub fn remember_call(tool: &Tool, words: &[&[u8]]) {
    // SAFETY: guard never changes its own environment.
    let env = unsafe { exec::environment() };
    remember(tool, words, &env, &classify_tool(tool, words));
}

/// Whether files alone go, and none of them lies where it may matter.
fn is_plain_removal(tool: &Tool, args: &[&[u8]], env: &[&[u8]]) -> bool {
    tool.family == FamilyId::Files && super::places::lets_through(args, |name| var(env, name.as_bytes()))
}

/// Whether somebody has decided about this call already: it belongs to a change of packages, or to a `service` that was
/// asked about in this very process.
pub fn is_decided<'a>(tool: &Tool, var: impl Fn(&str) -> Option<&'a [u8]>) -> bool {
    is_decided_below(tool, var, is_below_dpkg)
}

fn is_decided_below<'a>(
    tool: &Tool,
    var: impl Fn(&str) -> Option<&'a [u8]>,
    is_below_dpkg: impl FnOnce() -> bool,
) -> bool {
    let answered =
        tool.is(&tool::SYSTEMCTL) && var(units::ANSWERED) == Some(std::process::id().to_string().as_bytes());
    // Anybody can set a variable: it counts where a change of packages is really under way.
    answered || (var(units::MAINTAINER_SCRIPT).is_some() && is_below_dpkg())
}

/// Whether dpkg, or the program that runs a package's scripts again, is among the processes above this one.
fn is_below_dpkg() -> bool {
    // The kernel keeps the first 15 bytes of `dpkg-reconfigure`.
    let runs_scripts = |name: &[u8]| name == tool::DPKG.name.as_bytes() || name == b"dpkg-reconfigur";
    Process::ancestors().skip(1).filter_map(|seen| seen.process.name()).any(|name| runs_scripts(&name))
}

/// kubectl's kuberc: `--kuberc`, `$KUBERC`, `~/.kube/kuberc`.
fn has_preferences(args: &[&[u8]], env: &[&[u8]]) -> bool {
    if args.iter().any(|w| w.starts_with(b"--kuberc")) {
        return true;
    }
    match var(env, b"KUBERC") {
        Some(b"off") => false,
        Some(path) if !path.is_empty() => true,
        _ => at_home(env, &[b".kube/kuberc"]),
    }
}

/// The AWS CLI's `~/.aws/cli/alias`. Without `HOME` the CLI asks the system for the home directory, which is left to the
/// full guard.
fn has_aliases(env: &[&[u8]]) -> bool {
    match var(env, b"HOME") {
        Some(home) => exists(&[home, b"/.aws/cli/alias"]),
        None => true,
    }
}

/// The places a policy file may stand in.
fn has_policy(env: &[&[u8]]) -> bool {
    let user = match var(env, b"XDG_CONFIG_HOME") {
        Some(dir) if !dir.is_empty() => exists(&[dir, b"/", policy::BELOW_CONFIG.as_bytes()]),
        _ => at_home(env, &[policy::CONFIG_HOME.as_bytes(), b"/", policy::BELOW_CONFIG.as_bytes()]),
    };
    user || exists(&[policy::SYSTEM.as_bytes()]) || project_policy()
}

/// A project's policy file in the working directory or above it. A directory that cannot be named counts as having one.
fn project_policy() -> bool {
    let Ok(dir) = std::env::current_dir() else { return true };
    let mut dir = dir.as_os_str().as_bytes();
    loop {
        if exists(&[dir, b"/", policy::PROJECT.as_bytes()]) {
            return true;
        }
        match dir.iter().rposition(|b| *b == b'/') {
            Some(slash) => dir = dir.get(..slash).unwrap_or_default(),
            None => return false,
        }
    }
}

fn at_home(env: &[&[u8]], below: &[&[u8]]) -> bool {
    let Some(home) = var(env, b"HOME").filter(|home| !home.is_empty()) else { return false };
    let mut parts = vec![home, b"/"];
    parts.extend_from_slice(below);
    exists(&parts)
}

/// Whether something stands there. What cannot be looked at counts as there: the full guard then says why.
fn exists(parts: &[&[u8]]) -> bool {
    let mut path = parts.concat();
    path.push(0);
    !matches!(self_path::stat(&path), Err(libc::ENOENT | libc::ENOTDIR))
}

/// Called under a name that is no tool's.
fn refuse_name(called: Called<'_>) -> Fail {
    let what = match called {
        Called::Nameless => "there is no argv[0], so there is no telling which tool was meant".to_string(),
        Called::Unknown(name) => format!("`{}` is no tool guard knows", escape(name)),
        _ => "guard-shim is not called by its own name: tools' names are linked to it".to_string(),
    };
    let known: Vec<&str> = names::all().collect();
    Fail::new(Kind::Usage, what)
        .because(format!("it answers to: {}", known.join(", ")))
        .help("run `guard install` to make the links, `guard doctor` to see them")
}

/// One write to standard error; there is no other place for it.
fn report(fail: &Fail) {
    print(2, &format!("{fail}\n"));
}

fn print(fd: i32, text: &str) {
    // SAFETY: the buffer is valid for its length.
    unsafe { libc::write(fd, text.as_ptr().cast(), text.len()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_depth_fits_its_digit() {
        const { assert!(exec::MAX_DEPTH < 10) };
    }

    #[test]
    fn containers_that_may_share_data_go_to_the_full_guard() {
        let home = tempfile::tempdir().expect("a directory");
        let entry = format!("HOME={}", home.path().display());
        let passes = |line: &str| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let tool = &tool::DOCKER;
            is_harmless(tool, &words, &[entry.as_bytes()], &classify_tool(tool, &words))
        };
        for line in [
            "ps -a",
            "compose ps",
            "logs -f db",
            "exec db ls",
            "compose --dry-run down -v",
            "context ls",
            "__complete rm",
        ] {
            assert!(passes(line), "{line}");
        }
        for line in [
            "rm web",
            "stop web",
            "run -v pgdata:/d img",
            "start db",
            "compose up -d",
            "compose run web ls",
            "exec -it db bash",
            "scout cves img",
        ] {
            assert!(!passes(line), "{line}");
        }
    }

    #[test]
    fn reads_of_aws_pass_unless_something_may_stand_between() {
        let tool = &tool::AWS;
        let home = tempfile::tempdir().expect("a directory");
        let entry = format!("HOME={}", home.path().display());
        let passes = |line: &str, env: &[&str]| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let env: Vec<&[u8]> = env.iter().map(|e| e.as_bytes()).collect();
            is_harmless(tool, &words, &env, &classify_tool(tool, &words))
        };
        let env = [entry.as_str()];
        for line in
            ["ec2 describe-instances", "eks get-token --cluster-name c", "s3 ls", "ec2 wait instance-running"]
        {
            assert!(passes(line, &env), "{line}");
        }
        for line in
            ["ec2 terminate-instances --instance-ids i", "nuke", "--cli-auto-prompt ec2 describe-instances"]
        {
            assert!(!passes(line, &env), "{line}");
        }
        // What the arguments may change is for the full guard to read.
        for line in [
            "dynamodb batch-write-item --request-items file://x",
            "dsql update-cluster --no-deletion-protection-enabled",
        ] {
            assert!(!passes(line, &env), "{line}");
        }
        assert!(!passes("ec2 describe-instances", &[&entry, "AWS_CLI_AUTO_PROMPT=on"]));
        assert!(passes("ec2 describe-instances", &[&entry, "AWS_CLI_AUTO_PROMPT=on-partial"]));
        assert!(!passes("ec2", &[&entry, "AWS_CLI_AUTO_PROMPT=on-partial"]));
        assert!(!passes("ec2 describe-instances", &[]));
        std::fs::create_dir_all(home.path().join(".aws/cli")).expect("a directory");
        std::fs::write(home.path().join(".aws/cli/alias"), "[toplevel]\nec2 = !true\n").expect("a file");
        assert!(!passes("ec2 describe-instances", &env));
    }

    #[test]
    fn what_packages_do_to_units_was_decided_with_them() {
        let passes = |line: &str, env: &[&str]| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let tool = tool::called(words[0]).expect("a tool");
            let (words, env) = (&words[1..], env.iter().map(|e| e.as_bytes()).collect::<Vec<_>>());
            is_harmless(tool, words, &env, &classify_tool(tool, words))
        };
        for line in
            ["apt list --installed", "apt-get -s remove p", "dpkg -l", "systemctl status ssh", "apt update"]
        {
            assert!(passes(line, &[]), "{line}");
        }
        let careful = [
            "apt-get remove p",
            "apt install p",
            "apt-get --assume-no remove p",
            "apt upgrade",
            "dpkg -P p",
            "systemctl stop ssh",
            "reboot",
            "service ssh stop",
            "init 0",
        ];
        for line in careful {
            assert!(!passes(line, &[]), "{line}");
            assert!(!passes(line, &["DPKG_MAINTSCRIPT_NAME=postrm"]), "{line}: no dpkg is above this test");
            let tool = line.split(' ').next().and_then(tool::named).expect("a tool");
            let set = |name: &str| (name == units::MAINTAINER_SCRIPT).then_some(&b"postrm"[..]);
            assert!(is_decided_below(tool, set, || true) && !is_decided_below(tool, set, || false), "{line}");
            assert!(!is_decided_below(tool, |_| None, || true), "{line}");
        }
        let own = format!("GUARD_ANSWERED={}", std::process::id());
        assert!(passes("systemctl stop ssh", &[&own]));
        assert!(!passes("systemctl stop ssh", &["GUARD_ANSWERED=1"]) && !passes("reboot", &[&own]));
    }

    #[test]
    fn the_environment_is_handed_on_as_it_is() {
        // SAFETY: the pointers point into literals of this test.
        let bytes = |list: Vec<*const c_char>| unsafe { exec::list(list.as_ptr()) };
        let z = |entries: &[&'static str]| -> Vec<&'static [u8]> {
            entries.iter().map(|e| e.strip_suffix('\0').unwrap_or(e).as_bytes()).collect()
        };
        let env = z(&["B=2\0", "A=1\0", "A=2\0", "GUARD_DEPTHS=1\0", "loose\0", "\0"]);
        let depth = b"GUARD_DEPTH=1\0";
        let mut want = env.clone();
        want.push(b"GUARD_DEPTH=1");
        assert_eq!(bytes(hand_on(&env, depth, false)), want);
        let env = z(&["GUARD_DEPTH=0\0", "GUARD_CONFIRM=main\0", "X=1\0", "GUARD_DEPTH=5\0"]);
        assert_eq!(bytes(hand_on(&env, depth, false)), z(&["GUARD_DEPTH=1\0", "X=1\0"]));
        let quiet = z(&["AWS_CLI_AUTO_PROMPT=off\0", "GUARD_DEPTH=1\0", "X=1\0"]);
        assert_eq!(bytes(hand_on(&env, depth, true)), quiet);
    }
}
