//! Scripts that run in a container, by its own shell, and end with guard: with its connection, however that ends, and after a while.

use super::super::api::{Api, Refused};
use super::super::content::first_line;
use crate::family::docker::probe::encoded;
use serde_json::{Value, json};
use std::io;
use std::time::Duration;

/// More of what a tool says on standard error nobody reads.
const SAID: usize = 16 << 10;

/// What is around a script. Standard input is the connection; whoever watches looks once a second whether that is there.
///
/// Whatever is started here is waited for by who started it, and the group is signalled as a whole: what is left over the first
/// process of the container gets for a child of its own, and where that is PostgreSQL and the child died of a signal, it takes it
/// for a crash and ends every session (15, tried). Runtimes make what they execute the leader of a group (runc `nsexec.c`).
fn framed(script: &str, most: Duration) -> String {
    let most = most.as_secs();
    format!(
        "exec 3<&0
( {script} ) </dev/null 3<&- & asked=$!
read -r _ <&3 >/dev/null 2>&1 & listens=$!
trap '' TERM
{{ trap 'kill -HUP $!; wait; exit' HUP; n=0
while kill -0 $asked; do
{{ [ $n -lt {most} ] && kill -0 $listens; }} || kill -TERM -$$ || kill -TERM $asked
sleep 1 & wait; n=$((n+1))
done; }} </dev/null >/dev/null 2>&1 3<&- & watches=$!
wait $asked 2>/dev/null; ended=$?
kill -0 $listens 2>/dev/null || echo its connection ended >&2
exec 2>/dev/null
kill -TERM $listens; kill -HUP $watches; wait
exit $ended"
    )
}

/// Runs a script in a container for so long at most, and hands on what it writes to standard output.
///
/// # Errors
/// It could not be run, or failed: in its own words.
pub async fn run(
    api: &Api<'_>,
    container: &str,
    user: &str,
    script: &str,
    most: Duration,
    mut taken: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), Refused> {
    let body = json!({
        "AttachStdin": true,
        "AttachStdout": true,
        "AttachStderr": true,
        "User": user,
        "Cmd": ["sh", "-c", framed(script, most)],
    });
    let made = api.post(&format!("/containers/{}/exec", encoded(container)), &body).await?;
    let id = made["Id"].as_str().unwrap_or_default().to_owned();
    let mut streams = Streams::default();
    let start = json!({ "Detach": false, "Tty": false });
    let path = format!("/exec/{}/start", encoded(&id));
    // What the daemon reads from this connection is the script's input: nothing comes, until it is closed.
    api.follow(&path, &start, |some| streams.take(some, &mut taken)).await?;
    let ended: Value = api.get(&format!("/exec/{}/json", encoded(&id))).await?;
    if ended["ExitCode"].as_i64() == Some(0) {
        return Ok(());
    }
    Err(Refused { status: 0, message: first_line(&streams.said) })
}

/// Two streams in one: eight bytes say which and how much comes (Engine API, `POST /containers/{id}/attach`).
#[derive(Default)]
struct Streams {
    head: Vec<u8>,
    left: usize,
    is_error: bool,
    said: Vec<u8>,
}

impl Streams {
    fn take(&mut self, mut some: &[u8], taken: &mut impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        const HEAD: usize = 8;
        while !some.is_empty() {
            if self.left == 0 {
                let (head, rest) = some.split_at((HEAD - self.head.len()).min(some.len()));
                self.head.extend_from_slice(head);
                some = rest;
                if let [stream, _, _, _, a, b, c, d] = *self.head.as_slice() {
                    (self.is_error, self.left) = (stream == 2, u32::from_be_bytes([a, b, c, d]) as usize);
                    self.head.clear();
                }
                continue;
            }
            let (piece, rest) = some.split_at(self.left.min(some.len()));
            self.left -= piece.len();
            some = rest;
            if self.is_error {
                let room = SAID.saturating_sub(self.said.len()).min(piece.len());
                self.said.extend_from_slice(piece.get(..room).unwrap_or_default());
            } else {
                taken(piece)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};
    use std::time::Instant;

    #[test]
    fn two_streams_are_told_apart_wherever_they_are_cut() {
        let whole: Vec<u8> = [
            &[1, 0, 0, 0, 0, 0, 0, 3][..],
            b"abc",
            &[2, 0, 0, 0, 0, 0, 0, 5],
            b"wrong",
            &[1, 0, 0, 0, 0, 0, 0, 0],
            &[1, 0, 0, 0, 0, 0, 0, 1],
            b"d",
        ]
        .concat();
        for size in 1..whole.len() {
            let (mut streams, mut out) = (Streams::default(), Vec::new());
            for piece in whole.chunks(size) {
                let mut taken = |some: &[u8]| {
                    out.extend_from_slice(some);
                    Ok(())
                };
                streams.take(piece, &mut taken).unwrap();
            }
            assert_eq!((out.as_slice(), streams.said.as_slice()), (&b"abcd"[..], &b"wrong"[..]), "{size}");
        }
    }

    /// The script in a group of its own, with a connection that stays until it is closed.
    fn started(script: &str, most: u64) -> Child {
        let framed = framed(script, Duration::from_secs(most));
        let mut shell = Command::new("sh");
        shell.args(["-c", &framed]).process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// How it ended, what it wrote, and whether any of its group is left.
    fn ended(mut shell: Child) -> (Option<i32>, String, bool) {
        let group = rustix::process::Pid::from_child(&shell);
        let code = shell.wait().unwrap().code();
        let mut text = String::new();
        shell.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        shell.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        let is_left = rustix::process::test_kill_process_group(group).is_ok();
        (code, text, is_left)
    }

    #[test]
    fn a_script_ends_with_what_it_came_to() {
        for (script, code, text) in
            [("echo all; exit 0", 0, "all\n"), ("echo why >&2; exit 7", 7, "why\n"), ("exec false", 1, "")]
        {
            let mut shell = started(script, 60);
            let input = shell.stdin.take();
            assert_eq!(ended(shell), (Some(code), text.to_owned(), false), "{script}");
            drop(input);
        }
    }

    #[test]
    fn a_script_ends_with_the_connection_or_its_time() {
        // The last one hears no signal: nothing of it is left over when it has come to its end.
        let deaf = "trap '' TERM; sleep 3; exit 1";
        for script in ["exec sleep 60", "trap : TERM; said=$(sleep 60); echo got >&2; exit 1", deaf] {
            let mut shell = started(script, 60);
            let input = shell.stdin.take();
            std::thread::sleep(Duration::from_millis(300));
            assert!(shell.try_wait().unwrap().is_none(), "{script}");
            let began = Instant::now();
            drop(input);
            let (code, text, is_left) = ended(shell);
            assert!(began.elapsed() < Duration::from_secs(30), "{script}");
            assert!(!is_left && code != Some(0) && text.contains("its connection ended"), "{script}: {text}");
        }
        let mut shell = started("exec sleep 60", 1);
        let mut input = shell.stdin.take().unwrap();
        let began = Instant::now();
        let (code, _, is_left) = ended(shell);
        assert!(!is_left && code != Some(0) && began.elapsed() < Duration::from_secs(30));
        assert!(input.write_all(b"x").is_err(), "nobody reads it any more");
    }
}
