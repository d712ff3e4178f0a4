//! The shape of a tool's table: flags with their arity and meaning, commands with their effect. Rows are `const` data
//! under [`tools`](super::tools); adding a tool means adding rows, not code paths.

use super::effect::Effect;

/// How a flag takes its value (spf13/pflag grammar).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// A boolean: never eats the next word; `--f=false` unsets it.
    Switch,
    /// Takes `=v` or the next word.
    Value,
    /// Takes a value only after `=`; the bare flag means this value (pflag's `NoOptDefVal`).
    Optional(&'static str),
}

/// What a flag means to guard, whatever its tool calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing in particular.
    Plain,
    /// Names the kubeconfig file.
    Kubeconfig,
    /// Names the context.
    Context,
    /// Names the cluster entry.
    Cluster,
    /// Names the user entry.
    User,
    /// Gives the endpoint itself.
    Server,
    /// Gives the namespace.
    Namespace,
    /// Widens the command to every namespace.
    AllNamespaces,
    /// Says who acts (impersonation, tokens are [`Role::Secret`]).
    Actor,
    /// Its value must never be written down.
    Secret,
    /// The tool's own dry run.
    DryRun,
    /// Reads objects from a file, directory, URL or standard input.
    Filename,
    /// Chooses objects by label or field.
    Selector,
    /// Names a preferences file that can change later words (kubectl's kuberc).
    Preferences,
    /// Prints help and does nothing else.
    Help,
}

/// One flag of a tool or command.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Long name without dashes, words joined by `-`.
    pub long: &'static str,
    /// One-letter form, 0 when there is none.
    pub short: u8,
    /// How the value is taken.
    pub arity: Arity,
    /// What it means to guard.
    pub role: Role,
    /// First minor version that has it (0 = as old as the oldest supported one).
    pub since: u8,
    /// Last minor version that has it (255 = still there).
    pub until: u8,
}

/// One command of a tool: a leaf or a group.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// The words that name it, joined by one space: `delete`, `rollout restart`.
    pub path: &'static str,
    /// Other last words that mean the same (`sa` for `set serviceaccount`).
    pub aliases: &'static [&'static str],
    /// Its effect when nothing in the arguments changes it.
    pub effect: Effect,
    /// Its own flags.
    pub flags: &'static [Flag],
}

/// A tool guard knows.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// The name it is called by.
    pub name: &'static str,
    /// Flags every command takes.
    pub globals: &'static [Flag],
    /// Every command, sorted by path.
    pub commands: &'static [Command],
}
