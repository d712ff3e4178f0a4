//! From tokens to a verdict: assignments, branches and loops followed as far as the text tells, wrappers opened, the worst
//! part kept.

mod arrays;
mod assign;
mod blocks;
mod calls;
mod code;
mod containers;
mod fleet;
mod functions;
mod host;
mod prints;
mod programs;
mod recipes;
mod scratch;
mod simple;
mod targets;
mod text;
mod unwrap;

use super::LineVerdict;
use super::expand::{Captured, Field};
use super::lex::{Lexed, Token, lex};
use super::scope::Scope;
use crate::engine::effect::Effect;
use std::rc::Rc;

/// How deep substitutions, `sh -c` and wrappers are followed.
const DEPTH: usize = 24;
/// How many commands are judged for one line, every value of every loop counted.
const COMMANDS: usize = 10_000;
/// How much of what several commands write together is looked at.
const PRINTED: usize = 1 << 20;
/// How many bytes are read for one line, each text as often as it is read. A line itself may have 16 MiB.
const BYTES: usize = 64 << 20;

const NOTHING: LineVerdict = LineVerdict { effect: Effect::Read, guarded: None, unconfirmed: None };

fn worse(a: LineVerdict, b: LineVerdict) -> LineVerdict {
    LineVerdict {
        effect: a.effect.max(b.effect),
        guarded: a.guarded.max(b.guarded),
        unconfirmed: a.unconfirmed.max(b.unconfirmed),
    }
}

const fn unguarded(effect: Effect) -> LineVerdict {
    LineVerdict { effect, guarded: None, unconfirmed: None }
}

/// Judged nothing, but of a command that is not known.
const STRANGE: LineVerdict = unguarded(Effect::Unknown);

/// The verdict on a call of a guarded tool.
const fn guarded_as(effect: Effect) -> LineVerdict {
    LineVerdict { effect, guarded: Some(effect), unconfirmed: Some(effect) }
}

/// What is left of a verdict when only the commands of guarded tools count.
fn only_guarded(verdict: LineVerdict) -> LineVerdict {
    LineVerdict { effect: verdict.guarded.unwrap_or(Effect::Read), ..verdict }
}

/// What is left of a verdict on words that may be no command at all: only what would be refused.
fn only_serious(verdict: LineVerdict) -> LineVerdict {
    if verdict.guarded >= Some(Effect::Disrupt) { only_guarded(verdict) } else { NOTHING }
}

/// What a command or a group of them writes to standard output.
#[derive(Clone, Debug, Default)]
struct Out {
    /// What is known of it.
    text: Vec<u8>,
    /// Words of those that write what is not known: a `sed` script, a template.
    hints: Vec<u8>,
    /// Something else is written, too.
    opaque: bool,
    /// Some of it may not be written: it stands behind a condition.
    maybe: bool,
    /// It is a here document or a here string: written in the line to be read by this command.
    document: bool,
    /// Names in it stand for what they hold in this line: a here document whose delimiter is not quoted.
    shared: bool,
}

impl Out {
    fn unknown() -> Out {
        Out { opaque: true, ..Out::default() }
    }

    /// Adds what the next command writes; false when it is too much to be looked at.
    #[must_use]
    fn append(&mut self, other: Out) -> bool {
        self.opaque |= other.opaque;
        self.maybe |= other.maybe;
        self.shared |= other.shared;
        let mut fits = true;
        if self.text.is_empty() && self.hints.is_empty() {
            (self.text, self.hints) = (other.text, other.hints);
            return fits;
        }
        for (all, more) in [(&mut self.text, other.text), (&mut self.hints, other.hints)] {
            if all.len() + more.len() > PRINTED {
                fits = false;
            } else if !more.is_empty() {
                all.extend_from_slice(&more);
            }
        }
        fits
    }
}

/// What a command reads from.
#[derive(Clone, Default)]
struct Io {
    /// Standard input, when the line puts something there.
    input: Option<Rc<Out>>,
}

/// The reading of one line.
struct Reader {
    scope: Scope,
    captured: Captured,
    /// What is left of the budgets.
    commands: usize,
    bytes: usize,
    /// A budget was used up: what stands behind was not looked at.
    over: bool,
    depth: usize,
    /// Inside a command that runs somewhere else: on another machine, in a container.
    remote: usize,
    /// Inside a container that is thrown away and sees nothing of the host.
    boxed: usize,
    /// On another machine scratch files were taken away, and nothing else is counted of it there.
    scratched: bool,
    /// Inside text that may be no command: words of unknown programs are not tried as commands.
    strict: usize,
    /// Aliases and functions being read.
    active: Vec<Vec<u8>>,
    /// Functions: what their bodies do and print, whether they were called.
    defined: Vec<Defined>,
    /// Sources of `>(…)` in the command being read: they read what it writes.
    sinks: Vec<Vec<u8>>,
    /// What the last `<(…)` writes is not all known.
    process_unknown: bool,
    /// Something may stand between a tool's name and guard: PATH, a function, an alias.
    shadowed: bool,
}

struct Defined {
    name: Vec<u8>,
    verdict: LineVerdict,
    out: Out,
    called: bool,
}

/// Judges a text as a shell script.
pub(super) fn script(text: &[u8]) -> LineVerdict {
    let mut reader = Reader::new();
    let (verdict, _) = reader.judge(text, &Io::default());
    reader.end(verdict)
}

/// Judges an argv.
pub(super) fn words(words: &[&[u8]]) -> LineVerdict {
    let fields: Vec<Field> =
        words.iter().map(|w| Field { quoted: w.contains(&b' '), ..Field::text(w) }).collect();
    let mut reader = Reader::new();
    let verdict = reader.command(&fields, &Io::default());
    reader.end(verdict)
}

impl Reader {
    fn new() -> Reader {
        let mut scope = Scope::default();
        scope.set(b"IFS", vec![Some(b" ".to_vec())]);
        Reader {
            scope,
            captured: Captured::new(),
            commands: COMMANDS,
            bytes: BYTES,
            over: false,
            depth: 0,
            remote: 0,
            boxed: 0,
            scratched: false,
            strict: 0,
            active: Vec::new(),
            defined: Vec::new(),
            sinks: Vec::new(),
            process_unknown: false,
            shadowed: false,
        }
    }

    /// The verdict on the whole line.
    fn end(self, mut verdict: LineVerdict) -> LineVerdict {
        for function in &self.defined {
            // A body that nothing here calls counts as if it ran. One that is called was read with what it is given,
            // and of the other reading only what is bad whatever it is given counts.
            let counts = if function.called { only_serious(function.verdict) } else { function.verdict };
            verdict = worse(verdict, counts);
        }
        if self.shadowed {
            verdict.unconfirmed = verdict.guarded;
        }
        if self.over {
            verdict = worse(verdict, guarded_as(Effect::Unknown));
        }
        verdict
    }

    /// Takes one command out of the budget.
    fn tick(&mut self) -> bool {
        match self.commands.checked_sub(1) {
            Some(left) => self.commands = left,
            None => self.over = true,
        }
        !self.over
    }

    /// Judges a text as a script, with what its commands read from.
    fn judge(&mut self, text: &[u8], io: &Io) -> (LineVerdict, Out) {
        if self.depth > DEPTH || text.len() > self.bytes {
            self.over = true;
        }
        if self.over {
            return (NOTHING, Out::default());
        }
        self.bytes -= text.len();
        self.depth += 1;
        let outer = std::mem::take(&mut self.sinks);
        let Lexed { tokens, processes, whole } = lex(text);
        let (mut verdict, out) = self.run(&tokens, io);
        for process in &processes {
            verdict = worse(verdict, self.judge(process, &Io::default()).0);
        }
        if !whole {
            verdict = worse(verdict, unguarded(Effect::Unknown));
            if self.strict == 0 {
                verdict = worse(verdict, self.mentioned(text));
            }
        }
        self.sinks = outer;
        self.depth -= 1;
        (verdict, out)
    }

    /// The same for a text that another machine or container reads.
    fn judge_remote(&mut self, text: &[u8], io: &Io) -> LineVerdict {
        self.far(false, |reader| reader.judge(text, io).0)
    }

    /// What another machine or container does: it knows none of the names of this line (unless what it reads is `shared`),
    /// and what is lost there is refused like a guarded command.
    fn far(&mut self, shared: bool, read: impl FnOnce(&mut Reader) -> LineVerdict) -> LineVerdict {
        self.remote += 1;
        let boxed = std::mem::take(&mut self.boxed);
        let verdict = if shared { read(self) } else { self.apart(true, read) };
        self.boxed = boxed;
        self.remote -= 1;
        let verdict = match verdict.effect {
            Effect::Destroy => worse(verdict, guarded_as(Effect::Destroy)),
            _ => verdict,
        };
        if self.remote == 0 && std::mem::take(&mut self.scratched) {
            return worse(verdict, unguarded(Effect::Destroy));
        }
        verdict
    }

    /// What a shell of its own does: it sees only what is exported, and nothing when it is `far` away.
    fn apart(&mut self, far: bool, read: impl FnOnce(&mut Reader) -> LineVerdict) -> LineVerdict {
        // Each time costs what there is to be put aside.
        self.commands = self.commands.saturating_sub(self.scope.size() / 64);
        let outside = self.scope.apart(far);
        let verdict = read(self);
        self.scope.rejoin(outside);
        verdict
    }

    /// Reads a body that may run or not.
    fn maybe(&mut self, tokens: &[Token], io: &Io) -> (LineVerdict, Out) {
        self.scope.enter();
        let judged = self.run(tokens, io);
        self.scope.leave(false);
        judged
    }
}

fn basename(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| b == b'/').next().unwrap_or(path)
}

fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut out = b" '".to_vec();
    for &b in bytes {
        if b == b'\'' {
            out.extend_from_slice(b"'\\''");
        } else {
            out.push(b);
        }
    }
    out.push(b'\'');
    out
}
