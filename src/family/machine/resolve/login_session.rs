//! How the person came to be here: for the headline alone. Nothing is ever decided by it, because a session in a
//! multiplexer, behind sudo or started by a timer looks like another one.

use super::{doors, read};
use crate::run::proc_stat::Stat;
use crate::world::World;
use std::path::PathBuf;

/// No chain of processes is longer.
const DEEPEST: usize = 64;
/// The number the kernel gives a process that nobody logged in for.
const NOBODY: &str = "4294967295";

/// The clauses, in the order they are read: `ssh from 10.0.0.7`, `sudo by anna`.
pub fn clauses(world: &World) -> Vec<String> {
    let text = |name: &str| world.set_var(name).map(|v| v.to_string_lossy().into_owned());
    let mut out = Vec::new();
    let ancestors = ancestors(world);
    let door = ancestors.iter().position(|(_, name)| doors::by_program(name).is_some());
    let by = door.and_then(|at| ancestors.get(at)).and_then(|(_, name)| doors::by_program(name));
    // sudo takes the variable away; the shell that called it still has it.
    let below = ancestors.iter().take(door.unwrap_or(0)).rev();
    let connection =
        text("SSH_CONNECTION").or_else(|| below.into_iter().find_map(|(pid, _)| their(world, *pid)));
    let from = connection.as_deref().and_then(|c| c.split_whitespace().next());
    match (by.map(|door| door.called), from) {
        (Some(how), Some(from)) => out.push(format!("{how} from {from}")),
        (None, Some(from)) => out.push(format!("ssh from {from}")),
        (Some(how), None) => out.push(format!("over {how}")),
        (None, None) => {}
    }
    let login = login(world);
    let sudo =
        text("SUDO_USER").map(|who| ("sudo", who)).or_else(|| text("DOAS_USER").map(|who| ("doas", who)));
    if let Some((tool, who)) = &sudo {
        out.push(format!("{tool} by {who}"));
    }
    if let Some((uid, name)) = login {
        let told = sudo.as_ref().is_some_and(|(_, who)| Some(who) == name.as_ref());
        if !told && uid != rustix::process::geteuid().as_raw() {
            out.push(format!("logged in as {}", name.unwrap_or_else(|| uid.to_string())));
        }
    }
    out
}

/// The processes above this one, the nearest first: number and name.
pub fn ancestors(world: &World) -> Vec<(u32, String)> {
    let mut out = Vec::new();
    let mut next = parent_of(world, "self").map(|(parent, _)| parent);
    while let Some(pid) = next.filter(|pid| *pid > 0)
        && out.len() < DEEPEST
    {
        let Some((parent, name)) = parent_of(world, &pid.to_string()) else { break };
        out.push((pid, name));
        next = Some(parent);
    }
    out
}

/// The words a process was started with, as far as it shows them; the first few thousand bytes.
pub fn command(world: &World, pid: u32) -> Vec<String> {
    let bytes = read::start(&proc(world, &pid.to_string(), "cmdline"), 4096).unwrap_or_default();
    let words = bytes.split(|b| *b == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// A process's parent and own name.
fn parent_of(world: &World, pid: &str) -> Option<(u32, String)> {
    let line = read::start(&proc(world, pid, "stat"), 4096)?;
    let stat = Stat::of(&line)?;
    Some((stat.parent, String::from_utf8_lossy(stat.name).into_owned()))
}

/// `SSH_CONNECTION` of another process, where it may be read.
fn their(world: &World, pid: u32) -> Option<String> {
    let environ = read::start(&proc(world, &pid.to_string(), "environ"), 256 << 10)?;
    let value = environ.split(|b| *b == 0).find_map(|var| var.strip_prefix(b"SSH_CONNECTION="))?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// Whom the kernel remembers as logged in, through every su and sudo since.
fn login(world: &World) -> Option<(u32, Option<String>)> {
    let text = read::start(&proc(world, "self", "loginuid"), 64)?;
    let text = String::from_utf8_lossy(&text);
    let uid = text.trim();
    if uid == NOBODY {
        return None;
    }
    Some((uid.parse().ok()?, user_name(world, uid)))
}

/// The name /etc/passwd has for a user. Directory services are not asked.
fn user_name(world: &World, uid: &str) -> Option<String> {
    let text = read::file(&world.absolute("/etc/passwd"), 4 << 20).ok()??;
    let text = String::from_utf8_lossy(&text.bytes);
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}

fn proc(world: &World, pid: &str, file: &str) -> PathBuf {
    world.absolute(&format!("/proc/{pid}/{file}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use std::path::Path;

    fn process(root: &Path, pid: &str, name: &str, parent: u32) {
        let dir = root.join("proc").join(pid);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("stat"), format!("1 ({name}) S {parent} 1 1 0\n")).unwrap();
    }

    fn at(root: &Path, vars: &[(&str, &str)]) -> Vec<String> {
        clauses(&World::of(vars, "/").with_root(root))
    }

    #[test]
    fn a_session_behind_sudo_is_still_seen() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        assert!(at(root, &[]).is_empty());
        process(root, "self", "guard", 30);
        process(root, "30", "sudo", 20);
        process(root, "20", "a (b) c", 10);
        process(root, "10", "sshd-session", 1);
        process(root, "1", "systemd", 0);
        assert_eq!(at(root, &[("SUDO_USER", "anna")]), ["over ssh", "sudo by anna"]);
        fs::write(root.join("proc/20/environ"), "A=b\0SSH_CONNECTION=10.0.0.7 51234 10.0.0.1 22\0C=d")
            .unwrap();
        assert_eq!(at(root, &[("SUDO_USER", "anna")]), ["ssh from 10.0.0.7", "sudo by anna"]);
        process(root, "10", "mosh-server", 1);
        assert_eq!(at(root, &[]), ["mosh from 10.0.0.7"]);
        process(root, "10", "gnome-terminal", 1);
        assert!(at(root, &[]).is_empty());
        assert_eq!(at(root, &[("SSH_CONNECTION", "fe80::7 1 fe80::1 22")]), ["ssh from fe80::7"]);
    }

    #[test]
    fn a_login_that_sudo_does_not_tell_of() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        process(root, "self", "guard", 0);
        fs::create_dir_all(root.join("etc")).unwrap();
        fs::write(root.join("etc/passwd"), "root:x:0:0::/:/bin/sh\nanna:x:4711:4711::/:/bin/sh\n").unwrap();
        let login = |uid: &str| fs::write(root.join("proc/self/loginuid"), uid).unwrap();
        login(NOBODY);
        assert!(at(root, &[]).is_empty());
        login("4711");
        assert_eq!(at(root, &[]), ["logged in as anna"]);
        assert_eq!(at(root, &[("SUDO_USER", "anna")]), ["sudo by anna"]);
        assert_eq!(at(root, &[("SUDO_USER", "deploy")]), ["sudo by deploy", "logged in as anna"]);
        login("4712");
        assert_eq!(at(root, &[]), ["logged in as 4712"]);
    }

    #[test]
    fn a_ring_of_parents_ends() {
        let root = tempfile::tempdir().unwrap();
        process(root.path(), "self", "guard", 2);
        process(root.path(), "2", "a", 3);
        process(root.path(), "3", "b", 2);
        assert!(at(root.path(), &[]).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_stat_is_read(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir_all(root.path().join("proc/self")).unwrap();
            fs::write(root.path().join("proc/self/stat"), &bytes).unwrap();
            fs::write(root.path().join("proc/self/loginuid"), &bytes).unwrap();
            let _ = at(root.path(), &[("SSH_CONNECTION", " ")]);
        }
    }
}
