//! `guard apt-hook`: the question asked by apt and dpkg themselves, when a call did not pass through the shim or does
//! something else than was confirmed there. Called by the scripts in /usr/lib/guard, and only when packages go.

mod aptitude;
mod caller;
mod dpkg;
mod flags;

use super::call::Call;
use super::intercept;
use super::judge::{How, host::judge_plan};
use super::out;
use crate::engine::apt::hook::{self, SELFTEST};
use crate::engine::apt::plan::{Change, Plan};
use crate::engine::apt::status::armed;
use crate::engine::escape::escape;
use crate::engine::tool;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::policy;
use crate::prompt::Terminal;
use crate::run::exec::CONFIRM;
use crate::run::home;
use crate::run::token::{For, Process, Store};
use crate::ui::ColourChoice;
use crate::world::World;
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
    match args.stage {
        Stage::PreInstall => pre_install(world, choice),
        Stage::Dpkg => dpkg::run(world, choice),
    }
}

fn pre_install(world: &World, choice: ColourChoice) -> Result<Exit> {
    let text = read(world)?;
    let mut told = hook::read(&text).map_err(|why| {
        Fail::new(Exit::Data, "what apt is about to remove cannot be read")
            .because(why.to_string())
            .help("run `guard doctor`")
    })?;
    if told.is_selftest() {
        return Err(selftest());
    }
    let (store, now) = (Store::system(), SystemTime::now());
    let caller = caller::of_apt();
    if !told.plan.removes() {
        // Something is taken away for a moment, to come back in the same run.
        pass_on(&store, caller.process, &told.plan, &told.replaced, now);
        return Ok(Exit::HookAgrees);
    }
    // What goes with every purge stands in no text of apt's.
    let armed = armed(&std::fs::read("/var/lib/dpkg/status").unwrap_or_default());
    if let Some(approval) = caller.process.and_then(|process| store.find(For::Call, process, now)) {
        let mut whole = told.plan.clone();
        whole.add_armed(&armed);
        let fits = |plan: &Plan| {
            let removals: Vec<&Change> = plan.removals().collect();
            approval.is_exactly(&removals, told.purge.is_some())
        };
        let exactly = fits(&whole) || (told.purge.is_none() && fits(&told.plan));
        if fits(&whole) {
            told.plan = whole;
        }
        approval.settle(&mut told.plan);
        approval.spend();
        if exactly {
            pass_on(&store, caller.process, &told.plan, &told.replaced, now);
            return Ok(Exit::HookAgrees);
        }
    }
    flags::fill_in(&mut told, &caller, world, &armed);
    told.plan.add_armed(&armed);
    judge(&caller.call, told.plan.clone(), world, choice).map_err(|fail| {
        let back = caller.call.tool.is(&tool::APTITUDE) && aptitude::takes_back(&caller, &told.plan);
        with_hints(fail, &caller.call, world, back)
    })?;
    pass_on(&store, caller.process, &told.plan, &told.replaced, now);
    Ok(Exit::HookAgrees)
}

/// Judges it, and asks where it has to be asked. Comes back only when the packages may go.
fn judge(call: &Call, plan: Plan, world: &World, choice: ColourChoice) -> Result<()> {
    let policy = policy::load(world)
        .map_err(|fail| fail.because("without its policy guard lets nothing be removed"))?;
    let how = How { probe: true, interactive: Terminal::available().is_ok(), progress: true };
    let judged = judge_plan(call, plan, policy, world, how)?;
    intercept::consent(&judged, call, world, choice)
}

/// Adds to a refusal what is so only here.
fn with_hints(mut fail: Fail, call: &Call, world: &World, back: bool) -> Fail {
    if let Some(said) = &mut fail.said {
        said.truncate(said.trim_end().len());
        // sudo takes variables away, unless they stand behind its own name.
        if said.contains(CONFIRM) && world.set_var("SUDO_USER").is_some() {
            said.push_str(&format!(
                "\n  sudo: it hands the variable on when called so: sudo env {CONFIRM}='…' COMMAND"
            ));
        }
        if back {
            said.push_str(
                "\n  aptitude: it keeps its plan for its next call; that is taken back as soon as it ends",
            );
        } else if call.tool.is(&tool::APTITUDE) {
            said.push_str(
                "\n  aptitude: it keeps its plan for its next call; `aptitude keep-all` takes that back",
            );
        }
    }
    fail
}

/// Lets dpkg do what was agreed to. Where that cannot be noted dpkg's own hook asks again.
fn pass_on(store: &Store, process: Option<Process>, plan: &Plan, replaced: &[Change], now: SystemTime) {
    let Some(process) = process else { return };
    if let Err(fail) = store.pass_on(process, plan, replaced, now) {
        out::complain(&format!(
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
        Fail::new(Exit::Data, "what apt is about to remove cannot be read")
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

/// The answer to `guard doctor`: which guard was called. It is a refusal, whatever else is the case.
fn selftest() -> Fail {
    let path = home::own_path().map_or_else(|| "-".to_owned(), |path| escape(path.as_os_str().as_bytes()));
    Fail::said(Exit::Refused, format!("{SELFTEST} {} {path}", env!("CARGO_PKG_VERSION")))
}
