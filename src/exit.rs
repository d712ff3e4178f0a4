//! Exit codes: a public contract, after BSD `sysexits.h` and the shells. When the real tool ran, the code is its own.

/// Why guard itself ended. The numbers never change their meaning; new reasons get new variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Nothing to report.
    Ok = 0,
    /// `guard hook`: the agent's command is blocked. The number is the agents', not guard's: nothing else blocks.
    HookBlocks = 2,
    /// `guard check`: the command would be asked about.
    WouldAsk = 3,
    /// `guard apt-hook`: what is removed may go. Not 0, so that a file that is no guard any more cannot say it.
    HookAgrees = 40,
    /// guard's own command line is wrong (`EX_USAGE`).
    Usage = 64,
    /// argv, a manifest or a kubeconfig cannot be understood (`EX_DATAERR`).
    Data = 65,
    /// A probe that policy requires could not be made (`EX_UNAVAILABLE`).
    Unavailable = 69,
    /// A bug in guard (`EX_SOFTWARE`).
    Bug = 70,
    /// The audit record could not be written (`EX_IOERR`).
    Audit = 74,
    /// Refused: by policy, a wrong phrase, a declined question, a deadline, no terminal (`EX_NOPERM`).
    Refused = 77,
    /// The policy is invalid or unsafe (`EX_CONFIG`).
    Policy = 78,
    /// The real tool was found but cannot be executed.
    NotExecutable = 126,
    /// The real tool was not found.
    NotFound = 127,
    /// Interrupted by Ctrl-C (128 + SIGINT).
    Interrupted = 130,
}

impl Exit {
    /// The number handed to the parent process.
    pub const fn code(self) -> u8 {
        self as u8
    }
}
