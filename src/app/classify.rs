//! `guard classify`: the effect of commands from their words alone, for thousands of lines in one process.

use crate::engine::classify::classify_tool;
use crate::engine::line::classify_line;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use std::ffi::OsString;
use std::io::{BufRead, BufWriter, ErrorKind, Read, Write};
use std::os::unix::ffi::OsStrExt;

/// A command line longer than this is answered `unknown` without being read further (Linux limits one argument to
/// 128 KiB and a whole command to a few MiB).
const LONGEST_LINE: u64 = 4 << 20;

/// Judge commands from their words alone, without asking any live system
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard classify kubectl delete ns shop
  printf 'kubectl get pods\\nsudo kubectl drain n1\\n' | guard classify

Prints EFFECT, a tab and the command; EFFECT is read, mutate, disrupt, destroy or unknown.
Without a command, lines are read from standard input as a shell would read them; wrappers,
pipelines and substitutions are looked into.")]
pub struct Args {
    /// The command; what stands behind its name is its own
    #[arg(trailing_var_arg = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Result<Exit> {
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let done = match args.command.split_first() {
        Some((tool, words)) => one(tool, words, &mut out),
        None => lines(std::io::stdin().lock(), &mut out),
    };
    match done.and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Ok),
        // Whoever read our output has seen enough.
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(Exit::Ok),
        Err(e) => Err(Fail::new(Kind::Data, "cannot read or write the command lines").because(e.to_string())),
    }
}

fn one(tool: &OsString, words: &[OsString], out: &mut impl Write) -> std::io::Result<()> {
    let name = tool.as_bytes().rsplit(|&b| b == b'/').next().unwrap_or_default();
    let bytes: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
    let effect = match crate::engine::line::guarded_tool(name) {
        Some(tool) => classify_tool(tool, &bytes).effect,
        None => {
            let all: Vec<&[u8]> = std::iter::once(tool.as_bytes()).chain(bytes.iter().copied()).collect();
            crate::engine::line::judge_words(&all).effect
        }
    };
    out.write_all(effect.word().as_bytes())?;
    out.write_all(b"\t")?;
    let shown: Vec<_> = std::iter::once(tool)
        .chain(words)
        .map(|w| shell_words::quote(&w.to_string_lossy()).into_owned())
        .collect();
    out.write_all(shown.join(" ").as_bytes())?;
    out.write_all(b"\n")
}

fn lines(mut input: impl BufRead, out: &mut impl Write) -> std::io::Result<()> {
    let mut line = Vec::with_capacity(1 << 10);
    loop {
        line.clear();
        if input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let cut = line.last() != Some(&b'\n') && line.len() as u64 == LONGEST_LINE;
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        let effect = if cut { "unknown" } else { classify_line(&line).word() };
        out.write_all(effect.as_bytes())?;
        out.write_all(b"\t")?;
        out.write_all(&line)?;
        out.write_all(b"\n")?;
        if cut {
            input.skip_until(b'\n')?;
        }
    }
}
