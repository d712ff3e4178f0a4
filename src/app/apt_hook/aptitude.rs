//! aptitude writes down what it is asked for before it calls anybody, and its next call carries that out, whatever it is
//! asked for itself (/var/lib/aptitude/pkgstates, aptitude 0.8). What was refused is taken out of that again.

use super::caller::Caller;
use crate::engine::packages::aptitude::{command, parse};
use crate::engine::packages::plan::{Change, Plan};
use crate::engine::tool;
use crate::fail::Fail;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Waits for a process to end, ten minutes at most, and has aptitude forget what it planned for these packages alone.
const WAIT: &str = "n=0; while kill -0 \"$1\" 2>/dev/null; do n=$((n + 1)); [ $n -lt 3000 ] || exit 0; sleep 0.2; done; \
    shift; exec /usr/bin/aptitude -q -y --schedule-only keep \"$@\"";

/// What the package manager that was refused remembers of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remembered {
    /// It is not aptitude.
    Nothing,
    /// The plan is taken back as soon as it ends.
    TakenBack,
    /// The plan stays until somebody takes it back.
    Stays,
}

impl Remembered {
    /// Tells it together with the refusal.
    pub fn tell(self, fail: Fail) -> Fail {
        const KEEPS: &str = "it keeps its plan for its next call";
        match self {
            Remembered::Nothing => fail,
            Remembered::TakenBack => {
                fail.note("aptitude", format!("{KEEPS}; that is taken back as soon as it ends"))
            }
            Remembered::Stays => {
                fail.note("aptitude", format!("{KEEPS}; `aptitude keep-all` takes that back"))
            }
        }
    }
}

/// Sees to it that the plan is taken back when this aptitude has ended: until then it holds its locks. In its full-screen
/// program the person sees the plan, and keeps it or not.
pub(super) fn forget(caller: &Caller, plan: &Plan) -> Remembered {
    if !caller.call.tool.is(&tool::APTITUDE) {
        return Remembered::Nothing;
    }
    if takes_back(caller, plan) { Remembered::TakenBack } else { Remembered::Stays }
}

/// Whether taking it back was begun.
fn takes_back(caller: &Caller, plan: &Plan) -> bool {
    let words = caller.call.words();
    let (Some(process), Some(_)) = (caller.process, parse(&words).arg(0).and_then(command)) else {
        return false;
    };
    let names: Vec<String> = plan.changes.iter().map(Change::full_name).collect();
    let mut wait = Command::new("/bin/sh");
    wait.args(["-c", WAIT, "sh", &process.pid.to_string()]).args(names).current_dir("/");
    wait.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: setsid(2) is async-signal-safe and takes no pointers. Without it a Ctrl-C meant for aptitude ends this, too.
    unsafe {
        wait.pre_exec(|| {
            libc::setsid();
            Ok(())
        });
    }
    wait.spawn().is_ok()
}
