//! From an assessed command and a policy to a decision. Total: a decision for every input.

/// What happens to the command. Only `Allow`, or `Confirm` with a matched answer, ever reaches the exec.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// It runs.
    Allow(Allowed),
    /// It runs after the right answer.
    Confirm(Asked),
    /// It does not run.
    Deny(Denied),
}

/// Terms of an allowed command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Print one line that says where this goes.
    pub notice: bool,
    /// Warnings to print first (policy outcome `warn`, or modes `warn` and `audit` standing down a stronger outcome).
    pub warnings: Vec<String>,
    /// Which rules made it so (ids; built-in ones start with `builtin/`).
    pub rules: Vec<String>,
}

/// Terms of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// How it is asked.
    pub level: Level,
    /// A written justification is demanded and recorded.
    pub justification: bool,
    /// `kubectl diff` (or the tool's like) is shown first.
    pub show_diff: bool,
    /// `GUARD_CONFIRM` may answer when there is no terminal.
    pub env_confirm: bool,
    /// Which rules made it so.
    pub rules: Vec<String>,
}

/// How strongly a person has to confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// y/N, the target named in the question.
    YesNo,
    /// The target's name has to be typed.
    Typed,
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The policy's own reason, or guard's.
    pub reason: String,
    /// Which rules made it so.
    pub rules: Vec<String>,
}
