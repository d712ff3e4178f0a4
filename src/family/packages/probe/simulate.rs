//! The tools of the apt family, asked by guard itself: the same binary, environment and files, so that the plan is the
//! one the command will carry out.

use super::Request;
use crate::engine::fact::Why;
use crate::engine::packages::simulated::Misread;
use crate::run::child::{self, Done};
use crate::run::exec;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::time::Instant;

/// One request, and the time by which everything has to be answered.
pub struct Stage<'a> {
    /// What is asked.
    pub request: &'a Request<'a>,
    until: Instant,
}

impl<'a> Stage<'a> {
    /// The clock starts now.
    pub(super) fn new(request: &'a Request<'a>) -> Stage<'a> {
        Stage { request, until: Instant::now() + request.deadline }
    }

    /// The words as bytes.
    pub fn bytes(&self) -> Vec<&'a [u8]> {
        self.request.words.iter().map(|w| w.as_bytes()).collect()
    }

    /// Runs a program of the family to its end: the caller's environment, the tool's own untranslated texts, no standard
    /// input, a process group of its own.
    pub async fn run<W: AsRef<[u8]>>(&self, program: &Path, words: &[W]) -> Result<Done, Why> {
        let done = Box::pin(child::run(self.command(program, words), None, self.until)).await?;
        if done.out.len() >= child::LARGEST {
            return Err(Why::Failed(format!("more than {} MiB of answer", child::LARGEST >> 20)));
        }
        Ok(done)
    }

    fn command<W: AsRef<[u8]>>(&self, program: &Path, words: &[W]) -> Command {
        let world = self.request.world;
        let mut command = child::command(program, world);
        let depth = world.var(exec::DEPTH).and_then(OsStr::to_str).and_then(|d| d.parse().ok());
        command
            .args(words.iter().map(|w| OsStr::from_bytes(w.as_ref())))
            .env(exec::DEPTH, depth.unwrap_or(0_u32).saturating_add(1).to_string())
            .env("LC_ALL", "C")
            .env_remove("COLUMNS")
            .process_group(0);
        command
    }

    /// Another program that belongs to the tool: beside it, else where Debian has it.
    pub fn beside(&self, name: &str) -> PathBuf {
        let beside = self.request.program.with_file_name(name);
        if beside.is_file() { beside } else { Path::new("/usr/bin").join(name) }
    }

    /// Why nothing can be replayed: a word names a pipe or a terminal, which can be read only once.
    pub(super) fn read_once(&self) -> Option<Why> {
        let world = self.request.world;
        let config = world.set_var("APT_CONFIG").map(OsStr::to_owned);
        // Words are looked at as they are, and by what stands behind `=` in them (`-c=FILE`, `--config-file=FILE`).
        let words = self.request.words.iter().filter(|w| w.as_bytes().contains(&b'/'));
        let parts = words.flat_map(|word| {
            let value =
                word.as_bytes().iter().position(|b| *b == b'=').and_then(|at| word.as_bytes().get(at + 1..));
            let joined = word.as_bytes().strip_prefix(b"-c");
            let whole = Some(word.as_bytes());
            [whole, value, joined].into_iter().flatten().map(|p| OsStr::from_bytes(p).to_owned())
        });
        parts.chain(config).find_map(|path| {
            let kind = std::fs::metadata(world.at(&path)).ok()?.file_type();
            let once = kind.is_fifo() || kind.is_char_device() || kind.is_socket();
            once.then(|| Why::Failed(format!("{} can be read only once", path.to_string_lossy())))
        })
    }
}

/// Whether a word is no command of a program: it stands nowhere in its file, where a table of the commands' names would
/// be. For what is no program of the machine's own kind (a script in front of it) nobody can say.
pub fn knows_no(program: &Path, word: &[u8]) -> bool {
    let Ok(file) = std::fs::read(program) else { return false };
    // The end of a longer word is that word's end, too: the linker keeps one of both.
    let name = [word, b"\0"].concat();
    !word.is_empty() && file.starts_with(b"\x7fELF") && !file.windows(name.len()).any(|part| part == name)
}

/// The tool's first line that begins so, without colours.
pub fn line_of(stream: &[u8], begins: &str) -> Option<String> {
    let text = String::from_utf8_lossy(stream);
    text.lines().map(|line| plain(line.trim())).find(|line| line.starts_with(begins))
}

/// Colours begin with an escape and end with an `m`.
fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// Why an answer that was given is none.
pub fn misread(tool: &str) -> impl Fn(Misread) -> Why {
    move |line| Why::Failed(format!("{tool} printed what is not understood: {}", line.0))
}

/// What a program that failed said, in one line.
pub fn failure(tool: &str, done: &Done) -> Why {
    let text = String::from_utf8_lossy(&done.err);
    let last = text.lines().map(str::trim).rfind(|l| !l.is_empty());
    Why::Failed(format!("{tool}: {}", last.unwrap_or("it failed without a word")))
}

/// Words as the system has them.
pub fn owned(words: &[&[u8]]) -> Vec<OsString> {
    words.iter().map(|w| OsStr::from_bytes(w).to_owned()).collect()
}
