//! dpkg's own hook: plain `dpkg --remove`, `--purge` and `--install`, and the runs that apt starts. dpkg says only what it does, not
//! to what: the packages stand in its words, or are those marked for it.

use super::action::Action;
use super::agree::{Agreed, Unseen};
use super::aptitude::Remembered;
use super::caller::Caller;
use super::{Answer, caller, judge, with_notes};
use crate::engine::escape::escape;
use crate::engine::fact::Known;
use crate::engine::packages::dpkg::parse;
use crate::engine::packages::hook::SELFTEST;
use crate::engine::packages::plan::Plan;
use crate::engine::packages::status;
use crate::engine::packages::tables::dpkg::Kind;
use crate::engine::tool;
use crate::fail::{self, Fail, Result};
use crate::family::call::Call;
use crate::family::packages::probe::{self, Request};
use crate::run::approval::{For, Process, Seen, Store};
use crate::ui::ColourChoice;
use crate::world::World;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long a rehearsal may take: dpkg reads the head of every file.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn run(world: &World, choice: ColourChoice) -> Result<Answer> {
    let action = Action::of(world);
    if let Some(agreed) = Agreed::by_action(action) {
        return Ok(Answer::Agrees(agreed));
    }
    if action == Action::Unpacks {
        return unpack(world, choice).map(Answer::Agrees);
    }
    let caller = caller::of_dpkg().ok_or_else(|| {
        Fail::new(fail::Kind::Refused, "refused: there is no telling what dpkg is about to remove")
            .because("dpkg names no packages to its hooks, and its words cannot be read from /proc")
            .help("mount /proc there, then run it again")
    })?;
    let words = caller.call.words();
    let line = parse(&words);
    if line.args.iter().any(|(_, word)| *word == SELFTEST.as_bytes()) {
        return Ok(Answer::Selftest);
    }
    if let Some(agreed) = Agreed::rehearsal(&line) {
        return Ok(Answer::Agrees(agreed));
    }
    let database = match world.set_var("DPKG_ADMINDIR") {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from("/var/lib/dpkg"),
    };
    let list = database.join("status");
    let text = fs::read(&list).map_err(|e| {
        let what = format!("dpkg's list of packages cannot be read: {}", escape(list.as_os_str().as_bytes()));
        Fail::new(fail::Kind::Unavailable, what).because(e.to_string())
    })?;
    let plan = status::going(&text, &words, action == Action::Purges);
    agree_to(&caller, plan, world, choice).map(Answer::Agrees)
}

/// What is unpacked may have others make room (deb-control(5): Conflicts with Replaces): dpkg removes those by itself,
/// scripts and all. A rehearsal of the same words says which; where there is none, nothing is known to go.
fn unpack(world: &World, choice: ColourChoice) -> Result<Agreed> {
    let Some(caller) = caller::of_dpkg() else { return Ok(Agreed::unseen(Unseen::NoWords)) };
    let words = caller.call.words();
    let line = parse(&words);
    if let Some(agreed) = Agreed::rehearsal(&line) {
        return Ok(agreed);
    }
    // What is written for dpkg's caller goes to descriptors that are open there, and not here.
    let reports: Vec<usize> = line
        .given
        .iter()
        .filter(|given| given.kind == Some(Kind::Reports))
        .flat_map(|given| [Some(given.at), given.value_at])
        .flatten()
        .collect();
    let words: Vec<OsString> = caller
        .call
        .argv
        .iter()
        .skip(1)
        .enumerate()
        .filter(|(at, _)| !reports.contains(at))
        .map(|(_, word)| word.clone())
        .collect();
    let request = Request {
        tool: "dpkg",
        words: &words,
        program: caller.program.as_deref().unwrap_or(Path::new("/usr/bin/dpkg")),
        world,
        root: Path::new("/"),
        deadline: PATIENCE,
    };
    let answered = probe::plan(&request);
    match answered.plan {
        Known::Known(plan) => agree_to(&caller, plan, world, choice),
        Known::Unknown(_) if answered.error.is_some() => Ok(Agreed::unseen(Unseen::DpkgRefuses)),
        Known::Unknown(why) => Ok(Agreed::unseen(Unseen::Failed(why))),
    }
}

/// Agrees to what nobody has to be asked about, or was asked about before; asks otherwise.
fn agree_to(caller: &Caller, plan: Plan, world: &World, choice: ColourChoice) -> Result<Agreed> {
    if let Some(agreed) = Agreed::nothing_goes(&plan) {
        return Ok(agreed);
    }
    let (store, now) = (Store::system(), SystemTime::now());
    let parent = Process::of(caller.parent);
    // What the shim left for this dpkg; what apt's hook left for the apt that started it, or the shim where that hook
    // was not called.
    let given = [
        (For::Call, caller.process),
        (For::Dpkg, parent.map(|p| p.process)),
        (For::Call, parent.map(|p| p.process)),
    ];
    let approvals = given.into_iter().filter_map(|(step, process)| store.find(step, process?, now));
    if let Some(agreed) = Agreed::to_all(approvals, &plan) {
        return Ok(agreed);
    }
    if parent.is_some_and(|parent| nobody_listens(&parent)) {
        leave_terminal();
    }
    // The words as dpkg reads them, without the channels that apt opened for itself.
    let call = Call { tool: &tool::DPKG, argv: caller.call.argv.clone() };
    judge(&call, plan, world, choice).map_err(|fail| with_notes(fail, Remembered::Nothing, world))
}

/// Whether the terminal here is one that apt made for dpkg (`DPkg::Use-Pty`), with nobody at its other end: apt hands on
/// what comes from its own standard input, and that is no terminal.
fn nobody_listens(parent: &Seen) -> bool {
    let own = Process::of(std::process::id()).map(|own| own.terminal);
    let same = own == Some(parent.terminal);
    // By its name: opening it would wait where it is a pipe.
    let input = fs::read_link(format!("/proc/{}/fd/0", parent.process.pid));
    let terminal = |path: PathBuf| {
        ["/dev/pts/", "/dev/tty", "/dev/console"]
            .iter()
            .any(|t| path.as_os_str().as_bytes().starts_with(t.as_bytes()))
    };
    !same && (parent.terminal == 0 || !input.is_ok_and(terminal))
}

/// Lets go of the controlling terminal. Only this process has none then.
fn leave_terminal() {
    if let Ok(tty) = File::open("/dev/tty") {
        // SAFETY: the descriptor is open; the request takes no argument.
        let _ = unsafe { libc::ioctl(tty.as_raw_fd(), libc::TIOCNOTTY as _) };
    }
}
