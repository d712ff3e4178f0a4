//! A child process that cannot outlive the deadline and never sees guard's own standard input.

use crate::engine::fact::Why;
use crate::world::World;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::unix::pipe;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// More than any dry run or credential needs; what is longer is cut.
pub const LARGEST: usize = 8 << 20;

/// What a child left.
pub struct Done {
    /// Whether it ended with status 0.
    pub ok: bool,
    /// Its status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: Vec<u8>,
    /// Its standard error.
    pub err: Vec<u8>,
}

/// Kills the child and what it has started when the answer is no longer waited for. It stays in guard's own process
/// group, so that Ctrl-C reaches it as well; one that was given a group of its own goes with everything in it.
struct Leashed(Child);

/// How many processes are ended with one child.
const FAMILY: usize = 256;

/// What a process has started and has not waited for, and what those have, as Linux lists them (proc(5),
/// `/proc/PID/task/TID/children`); nothing where there is no such list.
fn family(pid: i32) -> Vec<i32> {
    // Where that list is another namespace's, its numbers are those of other processes here.
    if !std::fs::read_to_string("/proc/self/status").is_ok_and(|status| is_own_table(&status)) {
        return Vec::new();
    }
    let mut all = vec![pid];
    let mut at = 0;
    while let Some(pid) = all.get(at).copied().filter(|_| all.len() < FAMILY) {
        at += 1;
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        for thread in threads {
            let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|c| c.parse::<i32>().ok()));
        }
    }
    all.split_off(1)
}

/// Whether `/proc` counts processes as this one does, by what it says of this one: its numbers from the namespace of `/proc` down
/// to its own (`NSpid`, Linux 4.1).
fn is_own_table(status: &str) -> bool {
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    let numbers = line("NSpid:").or_else(|| line("Pid:")).unwrap_or_default();
    let own = std::process::id().to_string();
    numbers.split_whitespace().eq([own.as_str()])
}

impl Drop for Leashed {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            // Not waited for yet, so that the id is still its own; and a group of that number is the one it made itself. Which one
            // it is in is not asked: in another namespace of processes (pid_namespaces(7)) that one has no number here.
            let pid = rustix::process::Pid::from_child(&self.0);
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
            // Listed before the child ends: then they are somebody else's.
            let others = family(pid.as_raw_nonzero().get());
            let _ = self.0.kill();
            for other in others.into_iter().filter_map(rustix::process::Pid::from_raw) {
                let _ = rustix::process::kill_process(other, rustix::process::Signal::KILL);
            }
            let _ = self.0.wait();
        }
    }
}

/// A command with exactly the given world: its variables (without the answer meant for guard) and working directory.
pub fn command(program: impl AsRef<OsStr>, world: &World) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    // With duplicate names the first counts for `getenv`, the last for `Command`.
    command.envs(world.vars().iter().rev().filter(|(k, _)| k != "GUARD_CONFIRM").map(|(k, v)| (k, v)));
    // The process's own is handed on as it is: it may be one that can be stood in and not entered (`su`).
    let own = std::env::current_dir().is_ok_and(|own| own == world.cwd());
    if !own && !world.cwd().as_os_str().is_empty() {
        command.current_dir(world.cwd());
    }
    command
}

/// Runs to the end or to the deadline. `input` becomes its standard input; without it that is empty.
pub async fn run(mut command: Command, input: Option<&[u8]>, until: Instant) -> Result<Done, Why> {
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    run_as_it_is(command, input, until).await
}

/// Runs to the end or for so long at most, for callers without a runtime.
pub fn wait(command: Command, input: Option<&[u8]>, longest: Duration) -> Result<Done, Why> {
    let done = async { run(command, input, Instant::now() + longest).await };
    crate::run::tasks::block_on(done).map_err(|e| Why::Failed(e.to_string()))?
}

/// The same for a command that has its standard input already (the terminal, where it may ask the person).
pub async fn run_as_it_is(command: Command, input: Option<&[u8]>, until: Instant) -> Result<Done, Why> {
    let mut out = Vec::new();
    let mut keep = |some: &[u8]| append(&mut out, some);
    let done = talk(command, input, until, Out::To(&mut keep)).await?;
    Ok(Done { out, ..done })
}

/// Where standard output goes that is too much to be held.
pub enum Out<'a> {
    /// Into a file.
    File(File),
    /// Here, piece by piece.
    To(&'a mut dyn FnMut(&[u8])),
}

/// Runs to the end or to the deadline without input, for callers without a runtime; standard output goes elsewhere.
pub fn stream(command: Command, out: Out<'_>, longest: Duration) -> Result<Done, Why> {
    let done = async { pour(command, out, Instant::now() + longest).await };
    crate::run::tasks::block_on(done).map_err(|e| Why::Failed(e.to_string()))?
}

/// The same within a runtime.
pub async fn pour(mut command: Command, out: Out<'_>, until: Instant) -> Result<Done, Why> {
    command.stdin(Stdio::null());
    talk(command, None, until, out).await
}

async fn talk(mut command: Command, input: Option<&[u8]>, until: Instant, out: Out<'_>) -> Result<Done, Why> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |e: io::Error| Why::Failed(format!("{name}: {e}"));
    let mut nowhere = |_: &[u8]| {};
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
    command.stderr(Stdio::piped());
    let mut child = Leashed(command.spawn().map_err(failed)?);
    // The command holds its own end of a file.
    drop(command);
    let [from, says] = [child.0.stdout.take().map(OwnedFd::from), child.0.stderr.take().map(OwnedFd::from)];
    let stdin = child.0.stdin.take().map(OwnedFd::from);
    let mut err = Vec::new();
    let talk = async {
        let mut keep = |some: &[u8]| append(&mut err, some);
        let (out, err, fed) =
            tokio::join!(read(from, sink), read(says, &mut keep), feed(stdin, input.unwrap_or_default()));
        // A child that does not want its input closes the pipe; that is its business.
        let _ = fed;
        out.and(err)
    };
    timeout_at(until, talk).await.map_err(|_| Why::TimedOut)?.map_err(failed)?;
    // Both pipes are closed, so it is ending; a process that closes them and lives on is ended at the deadline.
    loop {
        if let Some(status) = child.0.try_wait().map_err(failed)? {
            return Ok(Done { ok: status.success(), code: status.code(), out: Vec::new(), err });
        }
        if Instant::now() >= until {
            return Err(Why::TimedOut);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Reads what a child writes, as long as it writes, into what others look at meanwhile. For within a runtime.
pub fn listen(fd: OwnedFd, into: Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut keep = |some: &[u8]| {
            if let Ok(mut all) = into.lock() {
                append(&mut all, some);
            }
        };
        // What could not be read nobody needs.
        let _ = read(Some(fd), &mut keep).await;
    })
}

/// Keeps what fits.
fn append(all: &mut Vec<u8>, some: &[u8]) {
    let room = LARGEST.saturating_sub(all.len()).min(some.len());
    all.extend_from_slice(some.get(..room).unwrap_or_default());
}

async fn read<S: FnMut(&[u8]) + ?Sized>(fd: Option<OwnedFd>, sink: &mut S) -> io::Result<()> {
    let Some(fd) = fd else { return Ok(()) };
    let from = pipe::Receiver::from_owned_fd(nonblocking(fd)?)?;
    // On the heap: the caller's future holds two of these for each child under way.
    let mut some = vec![0; 16 << 10];
    loop {
        from.readable().await?;
        match from.try_read(&mut some) {
            Ok(0) => return Ok(()),
            Ok(n) => sink(some.get(..n).unwrap_or_default()),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e),
        }
    }
}

async fn feed(fd: Option<OwnedFd>, mut rest: &[u8]) -> io::Result<()> {
    let Some(fd) = fd else { return Ok(()) };
    let to = pipe::Sender::from_owned_fd(nonblocking(fd)?)?;
    while !rest.is_empty() {
        to.ready(Interest::WRITABLE).await?;
        match to.try_write(rest) {
            Ok(n) => rest = rest.get(n..).unwrap_or_default(),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

fn nonblocking(fd: OwnedFd) -> io::Result<OwnedFd> {
    let flags = rustix::fs::fcntl_getfl(fd.as_fd())?;
    rustix::fs::fcntl_setfl(fd.as_fd(), flags | rustix::fs::OFlags::NONBLOCK)?;
    Ok(fd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go(script: &str, input: Option<&[u8]>, ms: u64) -> (Result<Done, Why>, Duration) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let start = std::time::Instant::now();
        let done = runtime.block_on(async {
            let mut sh =
                command("/bin/sh", &World::of(&[("PATH", "/usr/bin:/bin"), ("GUARD_CONFIRM", "x")], "/"));
            sh.args(["-c", script]);
            run(sh, input, Instant::now() + Duration::from_millis(ms)).await
        });
        (done, start.elapsed())
    }

    #[test]
    fn both_streams_and_the_status_come_back() {
        let done =
            go("echo a; echo b >&2; pwd; echo \"[$GUARD_CONFIRM]\"; exit 3", None, 60_000).0.ok().unwrap();
        assert!(!done.ok);
        assert_eq!(done.out, b"a\n/\n[]\n");
        assert_eq!(done.err, b"b\n");
    }

    #[test]
    fn input_larger_than_a_pipe_arrives_whole() {
        let input = vec![b'x'; 1 << 20];
        assert_eq!(go("wc -c", Some(&input), 60_000).0.ok().unwrap().out.trim_ascii(), b"1048576");
        // Not reading it is no error either.
        assert!(go("true", Some(&input), 60_000).0.ok().unwrap().ok);
    }

    #[test]
    fn standard_input_is_empty_without_input() {
        assert_eq!(go("wc -c", None, 60_000).0.ok().unwrap().out.trim_ascii(), b"0");
    }

    /// With a group of its own, and without, as a credential plugin has none.
    #[test]
    fn what_a_child_has_started_ends_with_it() {
        ends_as_a_whole(Some(0));
        ends_as_a_whole(None);
    }

    fn ends_as_a_whole(group: Option<i32>) {
        use rustix::fs::{CWD, FileType, Mode, OFlags};
        use std::os::unix::process::CommandExt as _;
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("alive");
        rustix::fs::mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let alive =
            rustix::fs::open(&fifo, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())
                .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let done = runtime.block_on(async {
            let mut sh = command("/bin/sh", &World::of(&[("PATH", "/usr/bin:/bin")], dir.path()));
            sh.args(["-c", "(exec sleep 600 >alive) & wait"]);
            if let Some(group) = group {
                sh.process_group(group);
            }
            run(sh, None, Instant::now() + Duration::from_secs(1)).await
        });
        assert_eq!(done.err(), Some(Why::TimedOut));
        // Its end is reached when nobody holds it open any more.
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        while rustix::io::read(&alive, &mut [0]) != Ok(0) {
            assert!(std::time::Instant::now() < deadline, "a grandchild outlived the deadline");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_table_of_other_processes_is_told() {
        let own = std::process::id();
        for (status, is) in [
            (format!("Pid:\t{own}\nNSpid:\t{own}\n"), true),
            (format!("Pid:\t{own}\n"), true),
            (format!("Pid:\t900\nNSpid:\t900\t{own}\n"), false),
            (format!("Pid:\t{own}\nNSpid:\t{own}\t7\n"), false),
            (String::new(), false),
        ] {
            assert_eq!(is_own_table(&status), is, "{status}");
        }
    }

    /// In a new namespace of processes the group of whoever made it has no number (pid_namespaces(7)).
    #[test]
    fn the_deadline_ends_the_child_where_its_group_has_no_number() {
        const INSIDE: &str = "GUARD_TEST_INSIDE";
        if std::env::var_os(INSIDE).is_some() {
            let (done, _) = go("exec sleep 600", None, 200);
            assert_eq!(done.err(), Some(Why::TimedOut));
            let (done, _) = go("(exec sleep 600) & wait", None, 200);
            assert_eq!(done.err(), Some(Why::TimedOut));
            return;
        }
        let own = std::env::current_exe().unwrap();
        let name = "run::child::tests::the_deadline_ends_the_child_where_its_group_has_no_number";
        let unshare = |words: &[&str]| {
            let mut command = Command::new("unshare");
            command.args(words).env(INSIDE, "1").stdin(Stdio::null());
            command
        };
        let words = ["--user", "--map-root-user", "--pid", "--fork"];
        // Whoever may make no namespace cannot see what happens in one.
        if !unshare(&words).arg("true").output().is_ok_and(|done| done.status.success()) {
            return eprintln!("skipped: no namespace can be made here");
        }
        let done = unshare(&words).arg(own).args(["--exact", name, "--nocapture"]).output().unwrap();
        let said =
            format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success() && said.contains("1 passed"), "{said}");
    }

    #[test]
    fn the_deadline_ends_the_child() {
        let (done, took) = go("echo $$ >&2; exec sleep 600", None, 200);
        assert_eq!(done.err(), Some(Why::TimedOut));
        assert!(took < Duration::from_secs(60), "{took:?}");
        let (done, took) = go("exec >&- 2>&-; sleep 600", None, 200);
        assert_eq!(done.err(), Some(Why::TimedOut));
        assert!(took < Duration::from_secs(60), "{took:?}");
    }
}
