//! What the shells that this user opens make of the tools' names, and what to add to which file so that they find guard.

use super::report::Check;
use super::{Site, init, shown};
use crate::engine::escape::escape;
use crate::engine::tool;
use crate::shim::shells::Start;
use crate::shim::{links, shells};
use crate::world::World;
use std::path::{Path, PathBuf};

/// What the user's own shell makes of the tools' names.
pub(super) fn checks(site: &Site<'_>, start: Start) -> Vec<Check> {
    let name = match start {
        Start::Interactive => "interactive shell",
        Start::Login => "login shell",
    };
    let Some(shell) = site.world.set_var("SHELL").map(PathBuf::from) else {
        let help = "set SHELL to the shell you use, then run this again";
        return vec![Check::warn(name, "SHELL is not set: not checked", help)];
    };
    let said = match shells::inspect(site.world, &shell, start, &site.tools, site.patience) {
        Ok(said) => said,
        Err(why) => {
            let text = format!("{}: {}", shown(&shell), escape(why.as_bytes()));
            let tool = site.tools.first().copied().unwrap_or(tool::KUBECTL.name);
            let help =
                format!("run `{tool} __guard_selftest 1` there: guard answers with its version and path");
            return vec![Check::warn(name, text, help)];
        }
    };
    let site = &Site {
        world: site.world,
        dir: site.dir.clone(),
        tools: site.tools.clone(),
        patience: site.patience,
        line: advice(site.world, start, &shell, said.knows_guard),
    };
    let each = site.tools.iter().zip(&said.tools);
    let mut checks: Vec<Check> =
        each.map(|(tool, heard)| heard_check(name, &shell, tool, heard, &said.path, site).of(tool)).collect();
    checks.extend(aliases(&said, &site.tools));
    checks
}

/// What to add to which file so that a shell started like this finds guard first. A test does what it says.
fn advice(world: &World, start: Start, shell: &Path, knows_guard: bool) -> String {
    let lines = init::start_up(world, shell, knows_guard);
    let (first, login) = match lines.as_slice() {
        [first, login, ..] => (first, Some(login).filter(|_| start == Start::Login)),
        [first] => (first, None),
        [] => return String::new(),
    };
    let login = login.map(|line| format!("; let ~/{} end with `{}`", line.file, line.text));
    let login = login.unwrap_or_default();
    format!("make `{}` the last line of ~/{} and open a new shell{login}", first.text, first.file)
}

/// The check that a shell's answer about one tool makes.
fn heard_check(
    name: &'static str,
    shell: &Path,
    tool: &str,
    heard: &shells::Heard,
    path: &[PathBuf],
    site: &Site<'_>,
) -> Check {
    let found = escape(heard.found.as_bytes());
    let shell = shown(shell);
    if heard.answer.is_some() {
        return Check::ok(name, format!("{shell}: {tool} is {found}, and guard answers"));
    }
    match path.iter().position(|entry| *entry == site.dir) {
        _ if heard.found.is_empty() => Check::fail(name, format!("{shell}: no {tool}"), site.line.clone()),
        Some(0) if !heard.found.starts_with('/') => {
            let help = format!(
                "a function or alias of that name goes past guard: take it out, or let it call `{tool}` by name"
            );
            Check::fail(name, format!("{shell}: {tool} is {found}"), help)
        }
        Some(0) => {
            let help = "the shell remembers another path: run `hash -r`, and look for `hash -p` in its start-up files";
            Check::fail(name, format!("{shell}: {tool} is {found}, not guard"), help)
        }
        Some(at) => {
            let text = format!("{shell}: {tool} is {found}; guard's directory is entry {} of PATH", at + 1);
            Check::fail(name, text, site.line.clone())
        }
        None => {
            let text = format!("{shell}: {tool} is {found}; guard's directory is not on PATH");
            Check::fail(name, text, site.line.clone())
        }
    }
}

fn aliases(said: &shells::Said, tools: &[&str]) -> Option<Check> {
    let (past, tool) = said.aliases.iter().find_map(|alias| {
        let (path, tool) = shells::absolute(alias, tools)?;
        (!links::is_guard(Path::new(path))).then_some((alias, tool))
    })?;
    let text = format!("{} goes past guard", escape(past.as_bytes()));
    Some(Check::warn("alias", text, format!("let it call `{tool}` by name")))
}

#[cfg(test)]
mod tests {
    use super::super::report::Status;
    use super::*;
    use crate::shim::selftest;
    use std::time::Duration;

    #[test]
    fn each_way_past_guard_has_its_own_advice() {
        let world = World::of(&[], "/");
        let site = Site {
            world: &world,
            dir: "/s".into(),
            tools: vec!["aws"],
            patience: Duration::ZERO,
            line: "LINE".to_owned(),
        };
        let check = |heard: &shells::Heard, path: &[&str]| {
            let path: Vec<PathBuf> = path.iter().map(PathBuf::from).collect();
            heard_check("interactive shell", Path::new("/bin/bash"), "aws", heard, &path, &site)
        };
        let at = |found: &str| shells::Heard { found: found.to_owned(), answer: None };
        for (found, path, help) in [
            ("aws", &["/s", "/usr/bin"][..], "a function or alias"),
            ("alias aws='/usr/bin/aws'", &["/s"], "let it call `aws` by name"),
            ("/usr/bin/aws", &["/s", "/usr/bin"], "the shell remembers"),
            ("/usr/bin/aws", &["/usr/bin", "/s"], "LINE"),
            ("/usr/bin/aws", &["/usr/bin"], "LINE"),
            ("", &["/usr/bin"], "LINE"),
        ] {
            let check = check(&at(found), path);
            assert_eq!(check.status, Status::Fail, "{found}");
            assert!(check.help.unwrap().contains(help), "{found}");
        }
        let answer = selftest::Answer { version: "1".to_owned(), path: "/x".to_owned() };
        let heard = shells::Heard { found: "aws".to_owned(), answer: Some(answer) };
        assert_eq!(check(&heard, &[]).status, Status::Ok);
    }
}
