//! The shape of a tool's table: flags with their arity and meaning, commands with their effect and the rules that change
//! it. Rows are `const` data under the folder of its family; adding a tool means adding rows, not code paths.
//!
//! Flags shared by many commands stand once in [`Table::pool`] and commands refer to them by index: every pointer in a
//! table is a relocation that the start of a position-independent program pays for, on each call of each tool.

use crate::engine::effect::Effect;
use std::cmp::Ordering;

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
    /// Its value is `KEY=VALUE`, and the part after `=` must never be written down.
    SecretPair,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What has to be so for a [`Rule`] to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A switch of this name ends up on.
    On(&'static str),
    /// A flag of this name has a value that is not empty.
    Given(&'static str),
    /// Both switches or values are given.
    Both(&'static str, &'static str),
    /// The value of `--raw` ends in this path segment (before `?`), or goes through it when it ends in `/`.
    RawPath(&'static str),
    /// A positional argument stands before `--`.
    Argument,
    /// An argument names an object of one of these kinds, as `KIND/NAME` or as the leading word.
    Kind(&'static [&'static str]),
    /// A label or annotation is removed (`KEY-`) from an object of one of these kinds, or put over what stands there
    /// (`KEY=VALUE --overwrite`).
    TakesKeyOf(&'static [&'static str]),
    /// An argument names this object of one of these kinds, and no namespace but this one is given.
    Names(&'static [&'static str], &'static str, &'static str),
    /// A taint is put on that keeps pods away or drives them out (`KEY=VALUE:NoSchedule`).
    Taints,
    /// The arguments are anything but `POD:FILE FILE`, a copy out of a pod.
    CopiesIn,
}

/// A row that changes a command's effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The condition.
    pub when: When,
    /// The effect is at least this.
    pub effect: Effect,
    /// Said by `guard explain`.
    pub because: &'static str,
}

/// What a command carries besides its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    /// Nothing that could destroy.
    Nothing,
    /// A manifest: `-f`, `-k`, standard input.
    Manifest,
    /// A patch, inline or in a file.
    Patch,
    /// What an editor will leave behind.
    Edit,
    /// Labels or annotations among its arguments.
    Keys,
    /// A program that runs in a pod.
    Program,
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
    /// Switches under which it touches nothing outside its own process (`--local`, `set env --list`).
    pub passive: &'static [&'static str],
    /// What raises the effect.
    pub rules: &'static [Rule],
    /// What it carries that can be worse than its words.
    pub carries: Carries,
    /// Its own flags: ascending indices into [`Table::pool`].
    pub flags: &'static [u16],
    /// First minor version that has it (0 = as old as the oldest supported one).
    pub since: u8,
    /// Last minor version that has it (255 = still there).
    pub until: u8,
}

/// A tool guard knows.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The name it is called by.
    pub name: &'static str,
    /// Flags every command takes, sorted by long name.
    pub globals: &'static [Flag],
    /// The flags of single commands, each once, sorted by long name.
    pub pool: &'static [Flag],
    /// Every command, sorted by path.
    pub commands: &'static [Command],
}

/// Compares a flag's name as typed with a row's: `_` is `-` (`WordSepNormalizeFunc` of k8s.io/component-base).
pub fn compare_name(typed: &[u8], long: &str) -> Ordering {
    let long = long.as_bytes();
    for (t, l) in typed.iter().zip(long) {
        let t = if *t == b'_' { b'-' } else { *t };
        if t != *l {
            return t.cmp(l);
        }
    }
    typed.len().cmp(&long.len())
}

impl Command {
    /// The last word of the path.
    pub fn name(&self) -> &'static str {
        self.path.rsplit(' ').next().unwrap_or(self.path)
    }
}

impl Table {
    /// The command's own flag with this name as typed.
    pub fn own_flag(&self, command: &Command, typed: &[u8]) -> Option<&'static Flag> {
        let pool = self.pool;
        let flag_at = |index: u16| pool.get(usize::from(index));
        let found = command.flags.binary_search_by(|index| match flag_at(*index) {
            Some(flag) => compare_name(typed, flag.long).reverse(),
            None => Ordering::Greater,
        });
        found.ok().and_then(|at| command.flags.get(at)).and_then(|index| flag_at(*index))
    }

    /// The global flag with this name as typed.
    pub fn global_flag(&self, typed: &[u8]) -> Option<&'static Flag> {
        let globals = self.globals;
        globals
            .binary_search_by(|flag| compare_name(typed, flag.long).reverse())
            .ok()
            .and_then(|at| globals.get(at))
    }

    /// The flag with this one-letter form: the command's own first, then the global ones.
    pub fn short_flag(&self, command: Option<&Command>, letter: u8) -> Option<&'static Flag> {
        let pool = self.pool;
        let own = command.and_then(|c| {
            c.flags.iter().filter_map(|i| pool.get(usize::from(*i))).find(|f| f.short == letter)
        });
        own.or_else(|| self.globals.iter().find(|f| f.short == letter))
    }

    /// Whether any command has a flag of this name that takes the next word; `None` when there is no such flag.
    pub fn takes_word(&self, typed: &[u8]) -> Option<bool> {
        if let [letter] = typed {
            let mut rows = self.globals.iter().chain(self.pool).filter(|f| f.short == *letter).peekable();
            return rows.peek().is_some().then(|| rows.any(|f| f.arity == Arity::Value));
        }
        let row = self.global_flag(typed).or_else(|| {
            let pool = self.pool;
            pool.binary_search_by(|f| compare_name(typed, f.long).reverse()).ok().and_then(|at| pool.get(at))
        });
        row.map(|f| f.arity == Arity::Value)
    }

    /// The command with exactly this path.
    pub fn command(&self, path: &str) -> Option<&'static Command> {
        let commands = self.commands;
        commands.binary_search_by(|c| c.path.cmp(path)).ok().and_then(|at| commands.get(at))
    }

    /// The command under `parent` (`None` = the tool itself) that this word names, by name or alias.
    pub fn child(&self, parent: Option<&Command>, word: &[u8]) -> Option<&'static Command> {
        let commands = self.commands;
        if word.contains(&b' ') {
            return None;
        }
        let prefix = parent.map_or("", |p| p.path).as_bytes();
        let found = commands.binary_search_by(|c| compare_path(c.path.as_bytes(), prefix, word));
        if let Some(command) = found.ok().and_then(|at| commands.get(at)) {
            return Some(command);
        }
        let children = match parent {
            None => commands,
            Some(_) => self.descendants(prefix),
        };
        children.iter().find(|c| {
            c.aliases.iter().any(|a| a.as_bytes() == word) && is_child_of(c.path.as_bytes(), prefix)
        })
    }

    /// Whether a command has commands below it.
    pub fn has_children(&self, command: &Command) -> bool {
        !self.descendants(command.path.as_bytes()).is_empty()
    }

    fn descendants(&self, prefix: &[u8]) -> &'static [Command] {
        let commands = self.commands;
        let below =
            |c: &Command| c.path.as_bytes().strip_prefix(prefix).is_some_and(|r| r.first() == Some(&b' '));
        let start = commands.partition_point(|c| c.path.as_bytes() <= prefix);
        let rest = commands.get(start..).unwrap_or(&[]);
        rest.get(..rest.iter().take_while(|c| below(c)).count()).unwrap_or(&[])
    }
}

/// Orders `path` against `prefix word` (joined by a space when there is a prefix), without putting the two together.
fn compare_path(path: &[u8], prefix: &[u8], word: &[u8]) -> Ordering {
    let gap: &[u8] = if prefix.is_empty() { b"" } else { b" " };
    path.iter().cmp(prefix.iter().chain(gap).chain(word))
}

/// Whether `path` is one word longer than `prefix`.
fn is_child_of(path: &[u8], prefix: &[u8]) -> bool {
    match path.iter().rposition(|b| *b == b' ') {
        Some(at) => path.get(..at) == Some(prefix),
        None => prefix.is_empty(),
    }
}
