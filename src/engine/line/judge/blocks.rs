//! Tokens in their order: where commands end, which of them may not run, what goes through pipes.

use super::super::LineVerdict;
use super::super::expand::joined;
use super::super::lex::{Piece, Token, Word, commands_inside};
use super::simple::{ASSIGNED, Simple};
use super::{DEPTH, Io, NOTHING, Out, Reader, only_guarded, unguarded, worse};
use crate::engine::effect::Effect;
use std::rc::Rc;

/// Words that begin a loop over a list.
const LOOPS: &[&[u8]] = &[b"for", b"foreach", b"select"];

/// How many blocks may be open at once.
const OPEN: usize = 500;
/// Loops inside this many others are read once only: each level doubles what is read.
const REREAD: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The text itself.
    Text,
    /// `( … )`.
    Subshell,
    /// `{ … }`.
    Braces,
    /// `if … fi`.
    If,
    /// `while`, `until`, `for`, `select` … `done`.
    Loop,
    /// `case … esac`.
    Case,
    /// Parentheses where no shell expects any, behind a guarded tool.
    Stray,
}

struct Block {
    kind: Kind,
    /// What its commands read from.
    input: Option<Rc<Out>>,
    out: Out,
    /// Commands joined by `&&` and `||` are being read.
    chain: bool,
    /// A loop: where its body begins, how many names its head assigned, whether it is read for the second time.
    body: usize,
    head: usize,
    again: bool,
    /// A loop: where its first word stands.
    start: usize,
    /// A `case`: a pattern is being read; the last branch is closed.
    pattern: bool,
    ended: bool,
    /// A command that stands around stray parentheses.
    outer: Option<Simple>,
    /// It stands behind a pipe: a shell of its own reads it, and what it assigns is gone with that.
    piped: bool,
    /// The condition of an `if` or a loop is being read, not what it decides about.
    condition: bool,
}

impl Block {
    fn new(kind: Kind, input: Option<Rc<Out>>) -> Block {
        Block {
            kind,
            input,
            out: Out::default(),
            chain: false,
            body: 0,
            head: 0,
            again: false,
            start: 0,
            pattern: false,
            ended: true,
            outer: None,
            piped: false,
            condition: matches!(kind, Kind::If | Kind::Loop),
        }
    }
}

/// The state of one reading of tokens.
pub(super) struct Run<'t> {
    pub tokens: &'t [Token],
    pub at: usize,
    blocks: Vec<Block>,
    simple: Simple,
    verdict: LineVerdict,
    /// The command being put together stands behind a pipe.
    piped: bool,
}

impl Reader {
    /// Reads tokens in their order; what they print comes second.
    pub(super) fn run(&mut self, tokens: &[Token], io: &Io) -> (LineVerdict, Out) {
        let first = Block::new(Kind::Text, io.input.clone());
        let mut run = Run {
            tokens,
            at: 0,
            blocks: vec![first],
            simple: Simple::default(),
            verdict: NOTHING,
            piped: false,
        };
        while let Some(token) = tokens.get(run.at) {
            run.at += 1;
            self.token(&mut run, token);
            if self.over {
                break;
            }
        }
        self.end_command(&mut run, true);
        while run.blocks.len() > 1 {
            self.close(&mut run);
            self.end_command(&mut run, true);
        }
        (run.verdict, run.blocks.pop().map(|b| b.out).unwrap_or_default())
    }

    fn token(&mut self, run: &mut Run<'_>, token: &Token) {
        if run.in_pattern() && self.pattern(run, token) {
            return;
        }
        if run.simple.is_test() && !matches!(token, Token::Word(_)) {
            return; // `[[ a && b < c ]]`
        }
        match token {
            Token::Word(word) => self.word(run, word),
            // `for i (a b) …` of zsh
            Token::Open if run.simple.is_head(LOOPS) && run.simple.words.len() == 2 => {
                run.simple.words.push(Word { pieces: vec![Piece::Text(b"in".to_vec())], quoted: false });
                while let Some(token) = run.tokens.get(run.at) {
                    run.at += 1;
                    match token {
                        Token::Word(word) => run.simple.words.push(word.clone()),
                        Token::Close => break,
                        _ => {}
                    }
                }
                self.end_command(run, true);
                self.loop_body(run);
            }
            // `name() {`
            Token::Open if run.simple.words.len() == 1 && run.peek() == Some(&Token::Close) => {
                let name = run.simple.words.first().and_then(Word::bare).map(<[u8]>::to_vec);
                run.at += 1;
                run.simple = Simple::default();
                self.define(run, &name.unwrap_or_default());
            }
            // `aws … (text)`: bash and its kin refuse the line, fish would run what is inside. Guarded commands in there
            // count, and the words go on behind it.
            Token::Open if run.simple.names_guarded() => {
                let mut block = Block::new(Kind::Stray, None);
                block.outer = Some(std::mem::take(&mut run.simple));
                self.push(run, block);
            }
            Token::Open => {
                let input = self.begin_block(run);
                self.scope.enter();
                self.push(run, Block::new(Kind::Subshell, input));
            }
            Token::Close => self.close_parenthesis(run),
            Token::Redirect(op, word) => {
                let before = run.simple.input.clone();
                let verdict = self.redirect(&mut run.simple, op, word);
                run.verdict = worse(run.verdict, verdict);
                let reads = matches!(*op, b"<" | b"<>" | b"<<<");
                if let Some(input) = run.simple.input.clone().filter(|_| reads) {
                    run.simple.input = before;
                    self.late(run, input);
                }
            }
            Token::Here { body, quoted } => {
                if !quoted {
                    for source in commands_inside(body) {
                        let (inner, _) = self.judge(&source, &Io::default());
                        run.verdict = worse(run.verdict, only_guarded(inner));
                    }
                }
                let input = Out { text: body.clone(), document: true, shared: !quoted, ..Out::default() };
                self.late(run, Rc::new(input));
            }
            // `CMD |` at the end of a line
            Token::End if run.piped && run.simple.input.is_some() && run.simple.is_empty() => {}
            Token::Pipe => {
                let out = self.finish_apart(run);
                run.simple = Simple { input: Some(Rc::new(out)), ..Simple::default() };
                run.piped = true;
            }
            Token::And | Token::Or => {
                self.end_command(run, false);
                let block = run.top();
                if !block.chain {
                    block.chain = true;
                    self.scope.enter();
                } else if *token == Token::Or {
                    self.scope.branch(true);
                }
            }
            Token::End => self.end_command(run, true),
            Token::Background => {
                run.piped = true;
                self.end_command(run, true);
            }
            Token::BranchEnd => {
                self.end_command(run, true);
                let block = run.top();
                if block.kind == Kind::Case {
                    (block.pattern, block.ended) = (true, true);
                    self.scope.branch(false);
                }
            }
        }
    }

    /// A word of a `case` pattern; they are no command. False when the token is none of theirs.
    fn pattern(&mut self, run: &mut Run<'_>, token: &Token) -> bool {
        match token {
            Token::Word(word) if word.bare() == Some(b"esac") => return false,
            Token::Word(word) if word.bare() == Some(b"*") => self.scope.exhaust(),
            Token::Close => {
                let block = run.top();
                (block.pattern, block.ended) = (false, false);
                run.simple = Simple::default();
            }
            _ => {}
        }
        true
    }

    fn word(&mut self, run: &mut Run<'_>, word: &Word) {
        if run.simple.words.is_empty() && self.keyword(run, word) {
            return;
        }
        // What follows a closed block or a whole `[[ … ]]` without a separator begins a command of its own: the short
        // forms of zsh (`if [[ … ]] CMD`, `while (…) CMD`).
        let ended = run.simple.closed.is_some()
            || (run.simple.is_head(&[b"[["]) && !run.simple.is_test() && !run.simple.is_only_head());
        // `while true { … }` and `{ … }` without a `;` before the brace.
        let brace = match word.bare() {
            Some(b"{") => run.top().condition,
            Some(b"}") => run.top().kind == Kind::Braces,
            _ => false,
        };
        if ended || (brace && !run.simple.words.is_empty()) {
            self.end_command(run, false);
            self.word(run, word);
            return;
        }
        // `for i do …; done`
        if run.simple.is_head(LOOPS) && run.simple.words.len() == 2 && word.bare() == Some(b"do") {
            self.end_command(run, true);
            self.loop_body(run);
            return;
        }
        run.simple.words.push(word.clone());
        let [first, second, rest @ ..] = run.simple.words.as_slice() else { return };
        match (first.bare(), rest) {
            (Some(b"case"), [r#in]) if r#in.bare() == Some(b"in") => {
                let words = [second.clone()];
                run.simple = Simple::default();
                let verdict = self.substitutions(&words);
                run.verdict = worse(run.verdict, verdict);
                let input = self.begin_block(run);
                let mut block = Block::new(Kind::Case, input);
                block.pattern = true;
                self.push(run, block);
                self.scope.enter();
            }
            (Some(b"function"), []) => {
                let name = second.bare().unwrap_or_default().to_vec();
                if run.peek() == Some(&Token::Open) && run.tokens.get(run.at + 1) == Some(&Token::Close) {
                    run.at += 2;
                }
                run.simple = Simple::default();
                self.define(run, &name);
            }
            _ => {}
        }
    }

    /// A reserved word at a command's place.
    fn keyword(&mut self, run: &mut Run<'_>, word: &Word) -> bool {
        match word.bare() {
            Some(b"if") => self.open(run, Kind::If),
            Some(b"while" | b"until") => self.open(run, Kind::Loop),
            Some(b"for" | b"select") => {
                self.open(run, Kind::Loop);
                return false; // its words are a command of their own
            }
            Some(b"foreach") if run.tokens.get(run.at + 1) == Some(&Token::Open) => {
                self.open(run, Kind::Loop);
                return false;
            }
            // fish, and `foreach` of zsh
            Some(b"end") if matches!(run.top().kind, Kind::If | Kind::Loop) => {
                self.end_chain(run);
                self.close(run);
            }
            Some(b"{") => {
                let piped = std::mem::take(&mut run.piped);
                let input = self.begin_block(run);
                let mut block = Block::new(Kind::Braces, input);
                block.piped = piped;
                self.push(run, block);
                self.scope.enter();
            }
            Some(b"do") => self.loop_body(run),
            Some(b"then") => run.top().condition = false,
            Some(b"!") => {}
            Some(b"elif" | b"else") => {
                self.end_chain(run);
                if run.top().kind == Kind::If {
                    self.scope.branch(word.bare() == Some(b"else"));
                }
            }
            Some(b"fi") => self.close_kind(run, Kind::If),
            Some(b"esac") => self.close_kind(run, Kind::Case),
            Some(b"}") => self.close_kind(run, Kind::Braces),
            Some(b"done") => {
                self.end_chain(run);
                let depth = run.blocks.iter().filter(|b| b.kind == Kind::Loop).count();
                let block = run.top();
                // What a loop leaves in its variables its next round begins with.
                if block.kind == Kind::Loop
                    && !block.again
                    && depth <= REREAD
                    && self.scope.changes() > block.head
                {
                    block.again = true;
                    run.at = block.body;
                    self.scope.leave(false);
                    self.scope.enter();
                } else {
                    self.close_kind(run, Kind::Loop);
                }
            }
            _ => return false,
        }
        true
    }

    fn open(&mut self, run: &mut Run<'_>, kind: Kind) {
        let input = self.begin_block(run);
        let mut block = Block::new(kind, input);
        block.body = run.at;
        block.start = run.at - 1;
        self.push(run, block);
        self.scope.enter();
    }

    fn push(&mut self, run: &mut Run<'_>, block: Block) {
        self.over |= run.blocks.len() > OPEN;
        run.blocks.push(block);
    }

    /// What a block that begins here reads from.
    fn begin_block(&mut self, run: &mut Run<'_>) -> Option<Rc<Out>> {
        let simple = std::mem::take(&mut run.simple);
        if !simple.words.is_empty() {
            let inherited = run.top().input.clone();
            let (verdict, _) = self.finish(&simple, inherited);
            run.verdict = worse(run.verdict, verdict);
        }
        simple.input.or_else(|| run.top().input.clone())
    }

    fn close_kind(&mut self, run: &mut Run<'_>, kind: Kind) {
        if run.top().kind == kind && run.blocks.len() > 1 {
            self.close(run);
        }
    }

    /// Ends the innermost block; what it printed is what stands in the place of a command now.
    fn close(&mut self, run: &mut Run<'_>) {
        let Some(block) = run.blocks.pop() else { return };
        if block.chain {
            self.scope.leave(false);
        }
        match block.kind {
            Kind::Subshell | Kind::If | Kind::Loop => self.scope.leave(false),
            Kind::Case => self.scope.leave(block.ended),
            Kind::Braces => {
                let apart = block.piped || matches!(run.peek(), Some(Token::Pipe | Token::Background));
                if !apart {
                    self.scope.exhaust();
                }
                self.scope.leave(false);
            }
            Kind::Text | Kind::Stray => {}
        }
        run.simple = match block.outer {
            Some(outer) => outer,
            None => {
                let looped = (block.kind == Kind::Loop).then_some((block.start, run.at));
                Simple { closed: Some(block.out), looped, ..Simple::default() }
            }
        };
    }

    fn close_parenthesis(&mut self, run: &mut Run<'_>) {
        match run.top().kind {
            Kind::Stray => {
                let before = run.verdict;
                run.verdict = NOTHING;
                self.end_command(run, true);
                run.verdict = worse(before, only_guarded(run.verdict));
                self.close(run);
            }
            Kind::Subshell => {
                self.end_command(run, true);
                self.close(run);
            }
            _ => self.end_command(run, true),
        }
    }

    /// Ends a command; its output joins that of the block. `list` when the list of `&&` and `||` ends with it.
    fn end_command(&mut self, run: &mut Run<'_>, list: bool) {
        let mut out = self.finish_command(run);
        let block = run.top();
        out.maybe |=
            (block.chain || matches!(block.kind, Kind::If | Kind::Loop | Kind::Case)) && !out.text.is_empty();
        let fits = block.out.append(out);
        self.over |= !fits;
        if list {
            self.end_chain(run);
        }
    }

    /// Ends a list of `&&` and `||`.
    fn end_chain(&mut self, run: &mut Run<'_>) {
        if std::mem::take(&mut run.top().chain) {
            self.scope.leave(false);
        }
    }

    fn loop_body(&mut self, run: &mut Run<'_>) {
        let head = self.scope.changes();
        let at = run.at;
        let block = run.top();
        (block.body, block.head, block.condition) = (at, head, false);
    }

    /// The same for a command that a shell of its own runs: what it assigns may be gone, so that it only adds.
    fn finish_apart(&mut self, run: &mut Run<'_>) -> Out {
        run.piped = false;
        self.scope.enter();
        let out = self.finish_command(run);
        self.scope.leave(false);
        out
    }

    fn finish_command(&mut self, run: &mut Run<'_>) -> Out {
        if run.piped {
            return self.finish_apart(run);
        }
        let mut simple = std::mem::take(&mut run.simple);
        if let Some(out) = simple.closed.take() {
            run.verdict = worse(run.verdict, self.sunk(&out));
            return self.redirected(&simple, out);
        }
        if simple.words.is_empty() {
            self.sinks.clear();
            // `$(<FILE)`
            return match simple.input.take_if(|input| !input.document) {
                Some(input) => self.redirected(&simple, input.as_ref().clone()),
                None => Out::default(),
            };
        }
        let inherited = run.top().input.clone();
        let (verdict, out) = self.finish(&simple, inherited);
        run.verdict = worse(run.verdict, verdict);
        run.verdict = worse(run.verdict, self.sunk(&out));
        self.redirected(&simple, out)
    }

    /// What a command writes is read by the commands in its `>(…)`.
    fn sunk(&mut self, out: &Out) -> LineVerdict {
        let mut verdict = NOTHING;
        for source in std::mem::take(&mut self.sinks) {
            let io = Io { input: Some(Rc::new(out.clone())) };
            self.scope.enter();
            verdict = worse(verdict, self.judge(&source, &io).0);
            self.scope.leave(false);
        }
        verdict
    }

    /// What is left to be printed when output goes to a file, which is remembered.
    fn redirected(&mut self, simple: &Simple, out: Out) -> Out {
        match &simple.output {
            Some((path, appends)) => {
                self.scope.write(path, out.text, *appends, out.shared);
                Out::default()
            }
            None => out,
        }
    }

    /// What is redirected into a command; `done <<E`: into a block that is read already. A loop is read again with it.
    fn late(&mut self, run: &mut Run<'_>, input: Rc<Out>) {
        let looped = run.simple.looped.and_then(|(from, to)| run.tokens.get(from..to));
        let long = input.text.split(|b| *b == b'\n').count() > ASSIGNED;
        if run.simple.closed.is_some() && (looped.is_none() || long) {
            let verdict = self.as_text(&input.text);
            run.verdict = worse(run.verdict, verdict);
        }
        if self.depth > DEPTH {
            self.over = true;
        } else if let Some(tokens) = looped {
            self.depth += 1;
            let (verdict, out) = self.run(tokens, &Io { input: Some(Rc::clone(&input)) });
            run.verdict = worse(run.verdict, verdict);
            run.simple.closed = Some(out);
            self.depth -= 1;
        }
        run.simple.input = Some(input);
    }

    fn redirect(&mut self, simple: &mut Simple, op: &'static [u8], word: &Word) -> LineVerdict {
        let words = std::slice::from_ref(word);
        let verdict = self.substitutions(words);
        let target = joined(&super::super::expand::expand(words, &self.scope, &self.captured, 0).fields);
        match op {
            b"<<<" => {
                simple.input = Some(Rc::new(Out { text: target, document: true, ..Out::default() }));
            }
            b"<" | b"<>" => {
                let text = self.scope.read(&target);
                let opaque = text.is_none();
                let text = text.unwrap_or_default();
                simple.input = Some(Rc::new(Out { text, opaque, ..Out::default() }));
            }
            b">&" | b"<&" => {}
            _ => {
                if target == b"/proc/sysrq-trigger" {
                    // `b` and `o` go down at once, with nothing written to disk.
                    return worse(verdict, unguarded(Effect::Destroy));
                }
                if target != b"/dev/null" && target != b"/dev/stderr" && target != b"/dev/stdout" {
                    simple.output = Some((target, op.ends_with(b">>")));
                }
            }
        }
        verdict
    }
}

impl Run<'_> {
    pub fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn in_pattern(&self) -> bool {
        self.blocks.last().is_some_and(|b| b.pattern)
    }

    fn top(&mut self) -> &mut Block {
        if self.blocks.is_empty() {
            self.blocks.push(Block::new(Kind::Text, None));
        }
        let last = self.blocks.len() - 1;
        &mut self.blocks[last]
    }
}
