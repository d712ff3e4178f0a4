//! Tools that are run for a copy: never with guard's own standard input, never past a deadline, in the caller's process
//! group, so that Ctrl-C ends them together with guard.

use crate::world::World;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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

/// Where standard output goes.
pub enum Out<'a> {
    /// Into a file.
    File(File),
    /// Here, piece by piece.
    To(&'a mut dyn FnMut(&[u8])),
}

/// A tool with the variables of the world, its messages in English, guard's own answers left out.
pub fn tool(program: &Path, world: &World) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    // With duplicate names the first counts for `getenv`, the last for `Command`.
    command.envs(
        world.vars().iter().rev().filter(|(k, _)| k != "GUARD_CONFIRM").map(|(k, v)| (k.clone(), v.clone())),
    );
    command.env("LC_ALL", "C").env_remove("LANGUAGE");
    if world.set_var("PATH").is_none() {
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }
    command
}

/// Kills the child when its answer is no longer waited for.
struct Leashed(Child);

impl Drop for Leashed {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// Runs a tool to its end or to the deadline. An error is why there is no answer, in words.
pub fn run(mut command: Command, out: Out<'_>, until: Instant) -> Result<Ended, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |e: io::Error| format!("{name}: {e}");
    let (mut nowhere, file) = (|_: &[u8]| {}, matches!(out, Out::File(_)));
    let sink: &mut dyn FnMut(&[u8]) = match out {
        Out::File(file) => {
            command.stdout(Stdio::from(file));
            &mut nowhere
        }
        Out::To(sink) => {
            command.stdout(Stdio::piped());
            sink
        }
    };
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let mut child = Leashed(command.spawn().map_err(failed)?);
    // The command holds its own end of the file.
    drop(command);
    let mut from = child.0.stdout.take();
    let mut says = child.0.stderr.take();
    let mut said = Vec::new();
    let mut some = vec![0_u8; 64 << 10];
    debug_assert!(file == from.is_none());
    loop {
        if from.is_none() && says.is_none() {
            break;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err("it took too long".to_owned());
        }
        let (mut out_ready, mut err_ready) = (false, false);
        {
            let mut fds = Vec::with_capacity(2);
            fds.extend(from.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)));
            fds.extend(says.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)));
            let wait = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(left.subsec_nanos()) as _,
            };
            match poll(&mut fds, Some(&wait)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(failed(e.into())),
            }
            let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
            if from.is_some() {
                out_ready = ready.next().unwrap_or(false);
            }
            if says.is_some() {
                err_ready = ready.next().unwrap_or(false);
            }
        }
        if out_ready && let Some(pipe) = &mut from {
            match pipe.read(&mut some).map_err(failed)? {
                0 => from = None,
                n => sink(some.get(..n).unwrap_or_default()),
            }
        }
        if err_ready && let Some(pipe) = &mut says {
            match pipe.read(&mut some).map_err(failed)? {
                0 => says = None,
                n => {
                    let room = SAID.saturating_sub(said.len()).min(n);
                    said.extend_from_slice(some.get(..room).unwrap_or_default());
                }
            }
        }
    }
    // Both pipes are closed, so it is ending; one that closes them and lives on is ended at the deadline.
    loop {
        if let Some(status) = child.0.try_wait().map_err(failed)? {
            let said = String::from_utf8_lossy(&said).into_owned();
            return Ok(Ended { ok: status.success(), said });
        }
        if Instant::now() >= until {
            return Err("it took too long".to_owned());
        }
        std::thread::sleep(Duration::from_millis(1));
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
