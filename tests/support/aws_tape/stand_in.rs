//! The other end of the stand-in CLI (`tests/support/fake_aws`): takes its words and gives it the tape's answer.

use super::{Answer, Call, Tape};
use crate::support::start::fake_aws;
use rustix::event::{PollFd, PollFlags, Timespec};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A stand-in for the CLI in a directory of its own; it ends with this.
#[derive(Debug)]
pub struct StandIn {
    dir: tempfile::TempDir,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// A program whose calls this tape answers.
    pub fn new(tape: Arc<Tape>) -> StandIn {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(fake_aws(), dir.path().join("aws")).unwrap();
        let listener = UnixListener::bind(dir.path().join("socket")).unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            let mut answering = Vec::new();
            for stream in listener.incoming() {
                if told.load(Ordering::SeqCst) {
                    break;
                }
                // guard asks several things at once, and a real CLI takes its time.
                let tape = Arc::clone(&tape);
                answering.push(std::thread::spawn(move || answer(stream.unwrap(), &tape)));
            }
            // One that panicked has said so.
            answering.into_iter().for_each(|thread| drop(thread.join()));
        });
        StandIn { dir, over, thread: Some(thread) }
    }

    /// The program.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("aws")
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes it; when that fails it is gone already.
        let _ = UnixStream::connect(self.dir.path().join("socket"));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A stand-in that was ended before its answer is no failure of the test.
fn answer(mut stream: UnixStream, tape: &Tape) {
    let mut said = Vec::new();
    if stream.read_to_end(&mut said).is_err() {
        return;
    }
    let Some(call) = read(&said) else { return };
    let Answer { code, out, err } = tape.call(&call, &|patience| is_gone(&stream, patience));
    let head = format!("{code} {}\n", out.len()).into_bytes();
    let _ = stream.write_all(&[head, out, err].concat());
    let _ = stream.shutdown(Shutdown::Both);
}

/// Whether the other end is closed for good within this time; that it has said everything is not enough.
fn is_gone(stream: &UnixStream, patience: Duration) -> bool {
    let mut both = [PollFd::new(stream, PollFlags::empty())];
    let patience = Timespec::try_from(patience).unwrap();
    rustix::event::poll(&mut both, Some(&patience)).is_ok() && both[0].revents().contains(PollFlags::HUP)
}

fn read(said: &[u8]) -> Option<Call> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut fields = said.split(|b| *b == 0);
    let dir = Path::new(&text(fields.next()?)).to_owned();
    let count: usize = text(fields.next()?).parse().ok()?;
    let words = fields.by_ref().take(count).map(text).collect();
    let variable = |field: &[u8]| text(field).split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned()));
    Some(Call { words, vars: fields.filter_map(variable).collect(), dir })
}
