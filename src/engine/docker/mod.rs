//! docker, Compose and podman: what their words say. Pure: words in, data out.
//!
//! [`tables`] has the commands, [`words`] reads a call by them, the rest says what the call does: [`program`] what runs in a
//! container, [`mounts`] what of outside it can reach, `operands` what it names, [`redact`] what must not be written down.

pub mod daemon;
mod data_dir;
pub mod desktop;
pub mod holders;
pub mod loss;
pub mod mounts;
mod operands;
mod program;
mod redact;
pub mod second;
pub mod tables;
pub mod variables;
pub mod whereto;
pub mod wish;
pub mod words;

pub use operands::situation;
pub use program::{program, program_at};
pub use redact::redact;

use super::effect::Effect;
use super::tool::Tool;
use super::verdict::{Goes, Verdict};
use tables::{Cli, Kind, Raise, Row, When};
use words::{Found, Words};

/// Judges a command that runs inside a container, its program first: any tool's, so this folder cannot know how.
pub type Inside = fn(&[&[u8]]) -> Verdict;

impl Cli {
    /// The program a tool of this family is.
    pub fn of(tool: &Tool) -> Cli {
        match tool.name {
            "docker-compose" => Cli::Compose,
            "podman" => Cli::Podman,
            _ => Cli::Docker,
        }
    }
}

/// Judges the words after the tool's name. A flag that nobody knows may take the word behind it or not: the worse of both
/// readings counts.
pub fn classify(tool: &Tool, words: &[&[u8]], inside: Inside) -> Verdict {
    if is_completion(words) {
        return Verdict { completion: true, goes: Goes::Nowhere, ..Verdict::of(Effect::Read) };
    }
    let cli = Cli::of(tool);
    let read = Words::read(cli, words, false);
    let verdict = judge(&read, inside);
    if read.strange { verdict.or_worse(judge(&Words::read(cli, words, true), inside)) } else { verdict }
}

/// The entry points of shell completion: they pass untouched (cobra's `__complete` and `__completeNoDesc`).
pub fn is_completion(words: &[&[u8]]) -> bool {
    matches!(words.first(), Some(&(b"__complete" | b"__completeNoDesc")))
}

/// Judges one reading.
pub fn judge(words: &Words<'_>, inside: Inside) -> Verdict {
    let row = match &words.found {
        Found::Nothing | Found::Group(_) | Found::Help => {
            return Verdict { goes: Goes::Nowhere, ..Verdict::why(Effect::Read, "only prints help") };
        }
        Found::Unknown(_) => {
            return Verdict::why(Effect::Unknown, "no command of this tool: a plugin would run");
        }
        Found::Command(row) => row,
    };
    if words.dry_run() {
        return Verdict::why(Effect::Read, "a dry run");
    }
    if row.kind == Kind::Executes {
        return executes(words, inside);
    }
    let mut verdict = Verdict::of(match row.kind {
        Kind::Reads => Effect::Read,
        Kind::Mutates => Effect::Mutate,
        Kind::Disrupts => Effect::Disrupt,
        Kind::Destroys => Effect::Destroy,
        Kind::Copies => copies(words),
        Kind::Executes | Kind::Group | Kind::Unknown => Effect::Unknown,
    });
    for raise in tables::raises(words.cli, row).filter(|raise| holds(raise, words)) {
        verdict.raise(raise.effect, raise.because);
    }
    if program::makes_container(row) {
        runs(words, &mut verdict, inside);
    }
    if row.is("machine", "ssh") {
        on_machine(words, &mut verdict, inside);
    }
    verdict.content = row.looked_at && (!program::makes_container(row) || may_mount(words, row));
    verdict.goes = whereto::goes(row, verdict.effect);
    verdict
}

/// Whether a new container may share data with others: what its words mount, or what a file of Compose does.
fn may_mount(words: &Words<'_>, row: &Row) -> bool {
    row.group == tables::COMPOSE.name || words.strange || mounts::of(words).next().is_some()
}

/// `exec`: what the command does that it runs. What a shell is told, what a client of a database reads and what a program does
/// that nobody knows the words do not say: it changes something, and the full guard looks at it.
fn executes(words: &Words<'_>, inside: Inside) -> Verdict {
    let Some(program) = program(words) else {
        return Verdict::why(Effect::Disrupt, "runs a program nobody knows");
    };
    let judged = inside(&program);
    if judged.effect != Effect::Disrupt || !judged.because.is_empty() {
        return judged;
    }
    if program::stops(&program) || program::is_of_other_place(&program) {
        return Verdict::why(Effect::Disrupt, "stops what runs in the container");
    }
    Verdict { content: true, ..Verdict::why(Effect::Mutate, "runs what its words do not tell") }
}

/// `run`, `create`: a new container has nothing to lose but what it can reach.
fn runs(words: &Words<'_>, verdict: &mut Verdict, inside: Inside) {
    let Some(program) = program(words) else { return };
    if program::takes_away(&program) {
        verdict.raise(Effect::Destroy, "what runs in the container takes things away elsewhere");
    }
    let judged = inside(&program);
    let counts = match judged.effect {
        Effect::Destroy => mounts::reach_out(words) || program::speaks_to_others(&program),
        Effect::Disrupt => {
            program::is_of_other_place(&program) || (program::stops(&program) && mounts::reach_out(words))
        }
        Effect::Read | Effect::Mutate | Effect::Unknown => false,
    };
    if counts {
        let because = judged.because.first().copied().unwrap_or("what runs in the container does more");
        verdict.raise(judged.effect, because);
    }
}

/// `podman machine ssh [NAME] COMMAND`: whether the first word is a name nobody knows, so that both readings count. A shell there
/// reads the words.
fn on_machine(words: &Words<'_>, verdict: &mut Verdict, inside: Inside) {
    let all: Vec<&[u8]> = words.operands.iter().map(|(_, word)| *word).collect();
    for from in [Some(all.as_slice()), all.get(1..)].into_iter().flatten() {
        let judged = inside(&[b"sh", b"-c", &from.join(&b' ')]);
        if judged.effect == Effect::Destroy {
            verdict.raise(judged.effect, "what runs in the machine deletes data");
        }
    }
}

/// `cp`: files of a container are written over; those of this machine are the caller's own.
fn copies(words: &Words<'_>) -> Effect {
    // `web:/etc/x`; a path with a colon begins with a slash or a dot (docker/cli `splitCpArg`).
    let in_container =
        |word: &[u8]| word.contains(&b':') && !word.starts_with(b"/") && !word.starts_with(b".");
    match words.operands.as_slice() {
        [(_, from), (_, to)] if in_container(from) && !in_container(to) => Effect::Read,
        _ => Effect::Mutate,
    }
}

fn holds(raise: &Raise, words: &Words<'_>) -> bool {
    let ends = |value: &[u8], end: &str| {
        value == end.as_bytes() || value.strip_suffix(end.as_bytes()).is_some_and(|rest| rest.ends_with(b"="))
    };
    match raise.when {
        When::Always => true,
        When::Given(flag) => words.on(flag),
        When::NotGiven(flag) => !words.on(flag),
        When::Is(flag, value) => words.all_of(flag).any(|given| ends(given.value, value)),
        When::Operand(value) => words.operands.iter().any(|(_, word)| ends(word, value)),
        When::Other(list) => words.given.iter().any(|given| {
            given.level == words::Level::Command
                && given.flag.is_none_or(|flag| !list.split(',').any(|name| name == flag.name))
        }),
    }
}

/// The commands, as rules of a policy name them; Compose's are `compose down` whoever runs them.
#[cfg(feature = "cli")]
pub fn verbs(tool: &Tool) -> Vec<String> {
    let cli = Cli::of(tool);
    let groups = cli.groups().iter().filter_map(|name| cli.group(name.as_bytes()));
    let mut all: Vec<String> = std::iter::once(cli.top())
        .chain(groups)
        .flat_map(|group| group.commands().map(|row| row.path()).chain([group.name.to_owned()]))
        .filter(|path| !path.is_empty())
        .collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests;
