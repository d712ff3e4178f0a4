//! `guard apt-hook`: the question asked by apt and dpkg themselves, when a call did not pass through the shim or does
//! something else than was confirmed there. Called by the scripts in /usr/lib/guard, and only when packages go.

mod action;
mod agree;
mod aptitude;
mod caller;
mod dpkg;
mod flags;

use super::consent;
use crate::engine::escape::escape;
use crate::engine::packages::hook;
use crate::engine::packages::hook::{SELFTEST, Told};
use crate::engine::packages::plan::Plan;
use crate::engine::packages::status::armed;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::family::call::{Call, Options};
use crate::family::cx::Cx;
use crate::family::packages::PackagesReading;
use crate::family::reading::Reading as _;
use crate::policy;
use crate::prompt::Terminal;
use crate::run::approval::{For, Process, Store};
use crate::run::exec::CONFIRM;
use crate::run::self_path;
use crate::ui::{ColourChoice, stderr};
use crate::world::World;
use agree::Agreed;
use aptitude::Remembered;
use std::fs::File;
use std::io::Read;
use std::os::fd::{FromRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::time::SystemTime;

/// What apt says is never longer: its configuration, and two short lines for each package there is.
const LARGEST: u64 = 64 << 20;

/// Asked by apt and dpkg before packages are removed
#[derive(clap::Args, Debug)]
#[command(hide = true)]
pub struct Args {
    /// Who calls
    #[arg(value_enum)]
    pub stage: Stage,
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Stage {
    /// apt, before it starts dpkg: DPkg::Pre-Install-Pkgs, version 3
    PreInstall,
    /// dpkg, before it does anything: pre-invoke
    Dpkg,
}

/// Runs the subcommand. [`Exit::HookAgrees`] alone lets the packages go.
pub fn run(args: &Args, world: &World, choice: ColourChoice) -> Result<Exit> {
    // Below apt the terminal of dpkg's hook is one that apt writes down (`/var/log/apt/term.log`): colours would stand there.
    let logged = args.stage == Stage::Dpkg && world.set_var("DPKG_FRONTEND_LOCKED").is_some();
    let choice = if logged && choice == ColourChoice::Auto { ColourChoice::Never } else { choice };
    let answer = match args.stage {
        Stage::PreInstall => pre_install(world, choice)?,
        Stage::Dpkg => dpkg::run(world, choice)?,
    };
    Ok(match answer {
        Answer::Agrees(agreed) => agreed.exit(),
        Answer::Selftest => {
            selftest();
            Exit::Refused
        }
    })
}

/// What the hook answers where it does not refuse.
enum Answer {
    /// The packages may go.
    Agrees(Agreed),
    /// `guard doctor` asked which guard was called: it is told, and nothing may go, whatever else is the case.
    Selftest,
}

fn pre_install(world: &World, choice: ColourChoice) -> Result<Answer> {
    let text = read(world)?;
    let mut told = hook::read(&text).map_err(|why| {
        Fail::new(Kind::Data, "what apt is about to remove cannot be read")
            .because(why.to_string())
            .help("run `guard doctor`")
    })?;
    if told.is_selftest() {
        return Ok(Answer::Selftest);
    }
    let (store, now) = (Store::system(), SystemTime::now());
    let caller = caller::of_apt();
    if let Some(agreed) = Agreed::nothing_goes(&told.plan) {
        // Something is taken away for a moment, to come back in the same run.
        pass_on(&agreed, &store, caller.process, &told, now);
        return Ok(Answer::Agrees(agreed));
    }
    // What goes with every purge stands in no text of apt's.
    let armed = armed(&std::fs::read("/var/lib/dpkg/status").unwrap_or_default());
    if let Some(approval) = caller.process.and_then(|process| store.find(For::Call, process, now)) {
        let mut whole = told.plan.clone();
        whole.add_armed(&armed);
        let settled = told.purge.is_some();
        let to_whole = Agreed::to_exactly(&approval, &whole, settled);
        let to_told = (!settled).then(|| Agreed::to_exactly(&approval, &told.plan, settled)).flatten();
        if to_whole.is_some() {
            told.plan = whole;
        }
        approval.settle(&mut told.plan);
        approval.spend();
        if let Some(agreed) = to_whole.or(to_told) {
            pass_on(&agreed, &store, caller.process, &told, now);
            return Ok(Answer::Agrees(agreed));
        }
    }
    flags::fill_in(&mut told, &caller, world, &armed);
    told.plan.add_armed(&armed);
    let agreed = judge(&caller.call, told.plan.clone(), world, choice).map_err(|fail| {
        let remembered = aptitude::forget(&caller, &told.plan);
        with_notes(fail, remembered, world)
    })?;
    pass_on(&agreed, &store, caller.process, &told, now);
    Ok(Answer::Agrees(agreed))
}

/// Judges it, and asks where it has to be asked. Comes back only when the packages may go.
fn judge(call: &Call, plan: Plan, world: &World, choice: ColourChoice) -> Result<Agreed> {
    let policy = policy::load(world)
        .map_err(|fail| fail.because("without its policy guard lets nothing be removed"))?;
    let interactive = Terminal::available().is_ok();
    let options = Options { probe: true, interactive, progress: true, recalls: false, runs: true };
    let reading = PackagesReading::of_plan(call, plan);
    let (raw, words) = (call.words(), reading.invocation().slices());
    let judged = reading.judge(Cx::new(call, &raw, &words, world, &policy, options))?;
    let recorded = consent::ask(judged, choice)?.keep(choice)?.look_again()?.record(choice)?;
    Ok(Agreed::recorded(recorded))
}

/// Adds to a refusal what is so only here.
fn with_notes(fail: Fail, remembered: Remembered, world: &World) -> Fail {
    // sudo takes variables away, unless they stand behind its own name.
    let fail = if fail.kind == Kind::Unanswered && world.set_var("SUDO_USER").is_some() {
        fail.note("sudo", format!("it hands the variable on when called so: sudo env {CONFIRM}='…' COMMAND"))
    } else {
        fail
    };
    remembered.tell(fail)
}

/// Lets dpkg do what was agreed to. Where that cannot be noted dpkg's own hook asks again.
fn pass_on(_: &Agreed, store: &Store, process: Option<Process>, told: &Told, now: SystemTime) {
    let Some(process) = process else { return };
    if let Err(fail) = store.pass_on(process, &told.plan, &told.replaced, now) {
        stderr::complain(&format!(
            "guard: warning: {}: {}; dpkg will ask again\n",
            fail.what,
            fail.because.join("; ")
        ));
    }
}

/// Reads what apt says, from where it says that it does.
fn read(world: &World) -> Result<Vec<u8>> {
    let fd: RawFd = match world.set_var("APT_HOOK_INFO_FD") {
        None => 0,
        Some(number) => number.to_str().and_then(|n| n.parse().ok()).unwrap_or(-1),
    };
    // SAFETY: fcntl(2) with F_GETFD takes any number and changes nothing.
    let open = fd >= 0 && unsafe { libc::fcntl(fd, libc::F_GETFD) } != -1;
    let unreadable = |why: String| {
        Fail::new(Kind::Data, "what apt is about to remove cannot be read")
            .because(why)
            .help("run `guard doctor`")
    };
    if !open {
        return Err(unreadable("APT_HOOK_INFO_FD names no open file".to_owned()));
    }
    // SAFETY: the number is open (looked at above), was handed to this process for this, and nothing else here uses it:
    // the question is asked on /dev/tty.
    let file = unsafe { File::from_raw_fd(fd) };
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text).map_err(|e| unreadable(e.to_string()))?;
    Ok(text)
}

/// The answer to `guard doctor`: which guard was called.
fn selftest() {
    let path =
        self_path::own_path().map_or_else(|| "-".to_owned(), |path| escape(path.as_os_str().as_bytes()));
    stderr::complain(&format!("{SELFTEST} {} {path}\n", env!("CARGO_PKG_VERSION")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_what_is_so_only_here() {
        let sudo = World::of(&[("SUDO_USER", "anna")], "/");
        let told = |kind, remembered, world: &World| {
            let fail = with_notes(Fail::new(kind, "refused").because("x"), remembered, world);
            fail.notes.iter().map(|note| note.about).collect::<Vec<_>>()
        };
        assert_eq!(told(Kind::Unanswered, Remembered::Stays, &sudo), ["sudo", "aptitude"]);
        // Where the variable would have changed nothing there is no telling of it.
        assert_eq!(told(Kind::Refused, Remembered::TakenBack, &sudo), ["aptitude"]);
        assert!(told(Kind::Unanswered, Remembered::Nothing, &World::of(&[], "/")).is_empty());
    }
}
