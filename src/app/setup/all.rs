//! `guard setup --all`: everything that makes guard work for one user, step by step, each shown before it is taken; and the way
//! back, which takes away what stands there as guard wrote it and nothing else.

mod agents;
mod shell_line;

use super::super::install;
use super::super::uninstall;
use super::{Args, ask, classify, find, write};
use crate::app::out;
use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::policy::files::shown;
use crate::run::self_path;
use crate::shim::{self, layers, links};
use crate::world::World;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is to be done about one thing.
enum Plan {
    /// It is as it should be.
    Done(String),
    /// It cannot be done here, and why; what to do instead is part of it.
    Cannot(String),
    /// This.
    Do(Step),
}

/// One thing that would be done.
struct Step {
    /// `Link kubectl to guard`: without a mark at its end.
    what: String,
    /// What would be written, and where; safe to show.
    shown: String,
    act: Act,
}

enum Act {
    Links(Vec<String>),
    Edit(Edit),
    Apt(Vec<String>),
}

/// A file that gets another text.
struct Edit {
    path: PathBuf,
    old: Option<String>,
    /// `None` takes the file away.
    new: Option<String>,
}

impl Edit {
    fn shown(&self) -> String {
        let (old, new) = (self.old.as_deref().unwrap_or(""), self.new.as_deref().unwrap_or(""));
        let gone = if self.new.is_none() { " (the file goes)" } else { "" };
        format!("{}{gone}\n{}", shown(&self.path), super::draft::diff(old, new))
    }

    fn make(&self) -> Result<()> {
        write::replace(&self.path, self.old.as_deref(), self.new.as_deref())
    }
}

/// Runs `guard setup --all`.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    if !args.print && !args.yes {
        ask::Asker::possible()?;
    }
    let links = links_step(world)?;
    if args.print {
        return print(&links, world);
    }
    if args.yes {
        return unasked(&links, world);
    }
    let mut asker = ask::Asker::open()?;
    take(&links, &mut asker, world)?;
    // With the links in place a new shell says whether its start-up file is all it has to be.
    let new = shell_line::ask_a_new_one(world);
    for plan in shell_line::plans(world, new)? {
        take(&plan, &mut asker, world)?;
    }
    match find(world, false) {
        // A kubeconfig that cannot be read keeps nobody from the rest.
        Err(fail) => asker.say(&format!("\n{fail}"))?,
        Ok(found) if found.places.is_empty() => asker.say(
            "\nno cluster, no AWS account and no host to classify yet: `guard setup` asks when there are",
        )?,
        Ok(found) => {
            if !classify(&mut asker, found, world)? {
                return asker.leave();
            }
        }
    }
    let mut sudo = None;
    for plan in agents::plans(world, new.knows_guard)?.into_iter().chain(apt(world)) {
        match plan {
            // sudo asks for a password on this very terminal.
            Plan::Do(Step { what, shown, act: Act::Apt(words) }) => {
                sudo = asker.consent_to(&what, &shown)?.then_some(words);
            }
            plan => take(&plan, &mut asker, world)?,
        }
    }
    asker.say("\nopen a new shell, then check with: guard doctor")?;
    drop(asker);
    match sudo {
        Some(words) => spawn(&words),
        None => Ok(Exit::Ok),
    }
}

/// Shows a step, asks, and takes it.
fn take(plan: &Plan, asker: &mut ask::Asker, world: &World) -> Result<()> {
    let step = match plan {
        Plan::Done(said) | Plan::Cannot(said) => return asker.say(said),
        Plan::Do(step) => step,
    };
    if !asker.consent_to(&step.what, &step.shown)? {
        return Ok(());
    }
    // What cannot be done keeps nobody from the rest.
    match act(&step.act, world) {
        Ok(said) => {
            asker.wrote();
            asker.say(said.trim_end())
        }
        Err(fail) => asker.say(&fail.to_string()),
    }
}

/// Every step of this user's, without a question. The exit code says whether one was left for a reason.
fn unasked(links: &Plan, world: &World) -> Result<Exit> {
    let mut text = String::new();
    let mut exit = take_unasked(links, world, &mut text);
    let new = shell_line::ask_a_new_one(world);
    let rest = shell_line::plans(world, new)?.into_iter().chain(agents::plans(world, new.knows_guard)?);
    for plan in rest.chain(apt(world)) {
        if take_unasked(&plan, world, &mut text) != Exit::Ok {
            exit = Exit::Refused;
        }
    }
    text.push_str("left     what is production: a person says it, with `guard setup`\n");
    text.push_str("\nopen a new shell, then check with: guard doctor\n");
    out::print(&text)?;
    Ok(exit)
}

fn take_unasked(plan: &Plan, world: &World, text: &mut String) -> Exit {
    match plan {
        Plan::Done(said) | Plan::Cannot(said) => {
            let _ = writeln!(text, "{said}");
        }
        // It is everybody's machine: that is for a person to say.
        Plan::Do(Step { what, act: Act::Apt(words), .. }) => {
            let _ = writeln!(text, "left     {what}: run `{}`", shell_words::join(words));
        }
        Plan::Do(step) => match act(&step.act, world) {
            Ok(said) => text.push_str(&said),
            Err(fail) => {
                let _ = writeln!(text, "left     {}: {fail}", step.what);
                return Exit::Refused;
            }
        },
    }
    Exit::Ok
}

fn act(act: &Act, world: &World) -> Result<String> {
    match act {
        Act::Links(tools) => {
            let (dir, binary) = (shim::directory(world, None)?, shim::binary(world)?);
            let mut text = String::new();
            install::linked(&mut text, &shim::install(&dir, &binary, tools)?, &binary);
            Ok(text)
        }
        Act::Edit(edit) => {
            edit.make()?;
            Ok(format!("written  {}\n", shown(&edit.path)))
        }
        Act::Apt(words) => spawn(words).map(|_| String::new()),
    }
}

fn print(links: &Plan, world: &World) -> Result<Exit> {
    let mut text = String::new();
    let tell = |plan: &Plan, text: &mut String| {
        let _ = match plan {
            Plan::Done(said) | Plan::Cannot(said) => writeln!(text, "{said}\n"),
            Plan::Do(step) => writeln!(text, "{}:\n{}\n", step.what, step.shown.trim_end()),
        };
    };
    let new = shell_line::ask_a_new_one(world);
    tell(links, &mut text);
    shell_line::plans(world, new)?.iter().for_each(|plan| tell(plan, &mut text));
    match find(world, true) {
        Err(fail) => {
            let _ = writeln!(text, "{fail}\n");
        }
        Ok(found) if found.places.is_empty() => {}
        Ok(found) => {
            let _ = writeln!(
                text,
                "Ask what each of these is, and write it into your policy:\n{}",
                found.print()
            );
        }
    }
    let after = agents::plans(world, new.knows_guard)?.into_iter().chain(apt(world));
    after.for_each(|plan| tell(&plan, &mut text));
    out::print(&text)?;
    Ok(Exit::Ok)
}

/// The links of the tools that are installed.
fn links_step(world: &World) -> Result<Plan> {
    let (dir, binary) = (shim::directory(world, None)?, shim::binary(world)?);
    let present = links::present(world);
    let is_linked = |tool: &&&str| fs::read_link(dir.join(tool)).is_ok_and(|to| to == binary);
    let missing: Vec<String> =
        present.iter().filter(|tool| !is_linked(tool)).map(|tool| (*tool).to_owned()).collect();
    if missing.is_empty() {
        return Ok(Plan::Done(format!("present  links of {} in {}", present.join(", "), shown(&dir))));
    }
    let lines: Vec<String> =
        missing.iter().map(|tool| format!("{} -> {}", shown(&dir.join(tool)), shown(&binary))).collect();
    Ok(Plan::Do(Step {
        what: format!("Link {} to guard", missing.join(", ")),
        shown: lines.join("\n"),
        act: Act::Links(missing),
    }))
}

/// apt's and dpkg's own hooks, where there are apt and dpkg.
fn apt(world: &World) -> Option<Plan> {
    let root = world.absolute("/");
    if !layers::below(&root, "/usr/bin/dpkg").exists() {
        return None;
    }
    if layers::TEXTS.iter().all(|text| text.state(&root) == layers::State::Current) {
        return Some(Plan::Done("present  apt's and dpkg's hooks".to_owned()));
    }
    let words = as_root("install", &["--apt", "--shims"]);
    let is_root = rustix::process::geteuid().is_root();
    let has_sudo =
        std::env::split_paths(world.var("PATH").unwrap_or_default()).any(|dir| dir.join("sudo").is_file());
    if !is_root && !has_sudo {
        return Some(Plan::Cannot(
            "left     apt's and dpkg's hooks: root writes them, and there is no sudo".to_owned(),
        ));
    }
    let settings = layers::TEXTS.iter().filter(|text| text.is_setting()).map(|text| text.path);
    let settings = settings.collect::<Vec<_>>().join(" and ");
    Some(Plan::Do(Step {
        what: "Let apt and dpkg themselves ask before packages are removed".to_owned(),
        shown: format!(
            "{}\n  writes {}, {settings}, and links the host's tools in {}",
            escape(shell_words::join(&words).as_bytes()),
            layers::PROGRAMS,
            layers::SHIMS
        ),
        act: Act::Apt(words),
    }))
}

fn spawn(words: &[String]) -> Result<Exit> {
    let Some((program, rest)) = words.split_first() else { return Ok(Exit::Ok) };
    let status = Command::new(program).args(rest).status();
    match status {
        Ok(status) if status.success() => Ok(Exit::Ok),
        Ok(status) => Err(Fail::new(Kind::Refused, format!("`{}` did not work", shell_words::join(words)))
            .because(status.to_string())
            .help("run it by hand; everything else is done")),
        Err(e) => {
            Err(Fail::new(Kind::NotFound, format!("`{program}` could not be started")).because(e.to_string()))
        }
    }
}

/// Takes everything back: `guard uninstall --all`. What is told is returned, with the command that is left for root.
pub fn undo(world: &World) -> Result<Exit> {
    let (mut text, mut exit) = (String::new(), Exit::Ok);
    for edit in agents::back(world)?.into_iter().chain(shell_line::back(world)?) {
        let word = if edit.new.is_some() { "edited " } else { "removed" };
        // One file that cannot be written keeps nothing else in place.
        let _ = match edit.make() {
            Ok(()) => writeln!(text, "{word}  {}", shown(&edit.path)),
            Err(fail) => {
                exit = Exit::Refused;
                writeln!(text, "left     {}: {}", shown(&edit.path), fail.because.join("; "))
            }
        };
    }
    let by_root = rustix::process::geteuid().is_root();
    uninstall::links(&mut text, &shim::directory(world, None)?, &[], by_root)?;
    text.push_str("\nyour policy, the audit log and the copies stay: ");
    text.push_str(&stays(world));
    text.push('\n');
    out::print(&text)?;
    if !layers::are_switched_on(&world.absolute("/")) {
        return Ok(exit);
    }
    // They are for everybody on this machine: that is for a person to say.
    let words = as_root("uninstall", &["--apt"]);
    if let Ok(mut asker) = ask::Asker::open() {
        let consented = asker.consent_to(
            "Take apt's and dpkg's hooks away for everybody on this machine",
            &escape(shell_words::join(&words).as_bytes()),
        )?;
        asker.wrote();
        drop(asker);
        return if consented { spawn(&words) } else { Ok(exit) };
    }
    out::print(&format!("left     apt's and dpkg's hooks: run `{}`\n", shell_words::join(&words)))?;
    Ok(exit)
}

/// This guard with these words, by sudo unless root runs it.
fn as_root(command: &str, rest: &[&str]) -> Vec<String> {
    let own =
        self_path::own_path().map_or_else(|| "guard".to_owned(), |path| path.to_string_lossy().into_owned());
    let sudo = (!rustix::process::geteuid().is_root()).then(|| "sudo".to_owned());
    let words = std::iter::once(command).chain(rest.iter().copied()).map(str::to_owned);
    sudo.into_iter().chain([own]).chain(words).collect()
}

/// Where what stays is.
fn stays(world: &World) -> String {
    let policy = crate::policy::files::user_path(world);
    let audit = crate::audit::default_path(world).and_then(|path| path.parent().map(Path::to_owned));
    let there: Vec<String> =
        [policy, audit].into_iter().flatten().filter(|path| path.exists()).map(|p| shown(&p)).collect();
    if there.is_empty() { "there are none".to_owned() } else { there.join(", ") }
}

/// A file of the user's below the home directory; `None` without a home.
fn at_home(world: &World, path: &str) -> Option<PathBuf> {
    world.home().map(|home| home.join(path))
}

/// Reads a file that may not be there.
fn read(path: &Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| {
            Fail::new(Kind::Data, format!("{} is no text", escape(path.as_os_str().as_bytes())))
                .help("look at it; nothing was written")
        }),
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(e) => Err(Fail::new(Kind::Data, format!("{} cannot be read", shown(path)))
            .because(e.to_string())
            .help("look at it; nothing was written")),
    }
}
