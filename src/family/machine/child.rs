//! Tools that are run for a question or a copy: never with guard's own standard input, never past a deadline, in the caller's process
//! group, so that Ctrl-C ends them together with guard.

use crate::engine::fact::Why;
use crate::run::child;
use crate::world::World;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

pub use crate::run::child::Out;

/// More of what a tool says on standard error nobody reads.
const SAID: usize = 64 << 10;

/// How a tool ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// With status 0.
    pub ok: bool,
    /// What it said on standard error.
    pub said: String,
}

impl Ended {
    /// The one line of it that says why: apt's first `E:`, else the last line.
    pub fn why(&self) -> String {
        let lines = || self.said.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines().find(|line| line.starts_with("E: "));
        let line = first.or_else(|| lines().next_back()).unwrap_or("it gave no reason");
        line.strip_prefix("E: ").unwrap_or(line).to_owned()
    }
}

/// A tool with the variables of the world, its messages in English, guard's own answers left out.
pub fn tool(program: &Path, world: &World) -> Command {
    let mut command = child::command(program, world);
    command.env("LC_ALL", "C").env_remove("LANGUAGE");
    if world.set_var("PATH").is_none() {
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }
    command
}

/// Runs a tool to its end or to the deadline. An error is why there is no answer, in words.
pub fn run(command: Command, out: Out<'_>, until: Instant) -> Result<Ended, String> {
    let left = until.saturating_duration_since(Instant::now());
    match child::stream(command, out, left) {
        Ok(mut done) => {
            done.err.truncate(SAID);
            Ok(Ended { ok: done.ok, said: String::from_utf8_lossy(&done.err).into_owned() })
        }
        Err(Why::TimedOut) => Err("it took too long".to_owned()),
        Err(Why::Failed(why)) => Err(why),
        Err(why) => Err(why.to_string()),
    }
}

/// The same, with the whole of standard output as text.
pub fn output(command: Command, until: Instant) -> Result<(Ended, String), String> {
    /// No answer that is read as text is longer.
    const LARGEST: usize = 16 << 20;
    let mut all = Vec::new();
    let ended = run(
        command,
        Out::To(&mut |some| {
            let room = LARGEST.saturating_sub(all.len()).min(some.len());
            all.extend_from_slice(some.get(..room).unwrap_or_default());
        }),
        until,
    )?;
    Ok((ended, String::from_utf8_lossy(&all).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn sh(script: &str) -> Command {
        let world = World::of(&[("PATH", "/usr/bin:/bin"), ("GUARD_CONFIRM", "x"), ("LANGUAGE", "de")], "/");
        let mut sh = tool(Path::new("/bin/sh"), &world);
        sh.args(["-c", script]);
        sh
    }

    fn soon(ms: u64) -> Instant {
        Instant::now() + Duration::from_millis(ms)
    }

    #[test]
    fn both_streams_and_the_status_come_back() {
        let (ended, out) =
            output(sh("echo a[$GUARD_CONFIRM$LANGUAGE$LC_ALL]; cat; echo b >&2; exit 3"), soon(60_000))
                .unwrap();
        assert_eq!((ended.ok, out.as_str(), ended.said.as_str()), (false, "a[C]\n", "b\n"));
        let (ended, out) = output(sh("head -c 3000000 /dev/zero; echo >&2 c"), soon(60_000)).unwrap();
        assert_eq!((ended.ok, out.len()), (true, 3_000_000));
    }

    #[test]
    fn the_deadline_ends_it() {
        for script in ["exec sleep 600", "exec >&- 2>&-; sleep 600", "sleep 600 & sleep 600"] {
            let start = Instant::now();
            assert_eq!(output(sh(script), soon(200)).unwrap_err(), "it took too long");
            assert!(start.elapsed() < Duration::from_secs(60));
        }
    }

    #[test]
    fn the_reason_is_one_line() {
        let why = |said: &str| Ended { ok: false, said: said.to_owned() }.why();
        assert_eq!(
            why("W: x\nE: Version '1' for 'a' was not found\nE: more\n"),
            "Version '1' for 'a' was not found"
        );
        assert_eq!(why("one\n\ntwo\n"), "two");
        assert_eq!(why(""), "it gave no reason");
    }
}
