//! Starting programs in exactly the state a test wants, and the fake tool that says in which state it was started.

use std::ffi::CString;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The built fake tool.
pub fn fake_tool() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| built("fake_tool"))
}

/// The built stand-in for the AWS CLI.
pub fn fake_aws() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| built("fake_aws"))
}

/// The program of `tests/support/NAME/main.rs`. Compiled once, into a name made of its source's content.
fn built(name: &str) -> PathBuf {
    let source = format!("{}/tests/support/{name}/main.rs", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(&source).unwrap();
    let sum = text.iter().fold(0u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(*b)));
    let at = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{sum:x}"));
    if !at.exists() {
        // The compiler names its other files after this one, up to a dot.
        let part = at.with_file_name(format!("{}-{name}", std::process::id()));
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let built = Command::new(rustc)
            .args(["--edition=2024", "--crate-name", name, "-Copt-level=1", &source, "-o"])
            .arg(&part)
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        // Of several tests that build it at once the first wins: one that runs already is never replaced.
        let linked = std::fs::hard_link(&part, &at);
        assert!(linked.is_ok() || at.exists(), "{linked:?}");
        let _ = std::fs::remove_file(&part);
    }
    at
}

/// One program start, every part of it chosen.
#[derive(Clone)]
pub struct Start {
    pub program: PathBuf,
    pub argv: Vec<Vec<u8>>,
    pub env: Vec<Vec<u8>>,
    pub ignored: Vec<i32>,
    pub blocked: Vec<i32>,
    pub closed: Vec<i32>,
    /// Descriptors opened on /dev/null.
    pub opened: Vec<i32>,
    pub umask: u32,
    pub cwd: PathBuf,
    pub stdin: Option<Vec<u8>>,
}

/// How it ended.
#[derive(Debug)]
pub struct End {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Start {
    pub fn of(program: impl Into<PathBuf>, argv: &[&str]) -> Start {
        Start {
            program: program.into(),
            argv: argv.iter().map(|w| w.as_bytes().to_vec()).collect(),
            env: Vec::new(),
            ignored: Vec::new(),
            blocked: Vec::new(),
            closed: Vec::new(),
            opened: Vec::new(),
            umask: 0o022,
            cwd: "/".into(),
            stdin: None,
        }
    }

    pub fn env(mut self, entry: impl AsRef<[u8]>) -> Start {
        self.env.push(entry.as_ref().to_vec());
        self
    }

    /// Starts it and waits for its end. The test's own environment is not handed on.
    pub fn run(&self) -> End {
        let z = |bytes: &[u8]| CString::new(bytes).unwrap();
        let program = z(self.program.as_os_str().as_bytes());
        let argv: Vec<CString> = self.argv.iter().map(|w| z(w)).collect();
        let env: Vec<CString> = self.env.iter().map(|e| z(e)).collect();
        let this = self.clone();
        let mut command = Command::new("/nonexistent");
        command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).current_dir(&self.cwd);
        let prepare = move || {
            let list = |of: &[CString]| -> Vec<*const libc::c_char> {
                of.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect()
            };
            let (argv, env) = (list(&argv), list(&env));
            // SAFETY: the child has one thread; these calls only change its own state, and the lists outlive the exec.
            unsafe {
                // A test runner in the background hands down an ignored SIGINT of its own.
                for signal in [libc::SIGPIPE, libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP] {
                    libc::signal(signal, libc::SIG_DFL);
                }
                for signal in &this.ignored {
                    libc::signal(*signal, libc::SIG_IGN);
                }
                let mut mask = std::mem::zeroed();
                libc::sigemptyset(&raw mut mask);
                for signal in &this.blocked {
                    libc::sigaddset(&raw mut mask, *signal);
                }
                libc::sigprocmask(libc::SIG_SETMASK, &raw const mask, std::ptr::null_mut());
                libc::umask(this.umask as libc::mode_t);
                for fd in &this.opened {
                    let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
                    if null != *fd {
                        libc::dup2(null, *fd);
                        libc::close(null);
                    }
                }
                for fd in &this.closed {
                    libc::close(*fd);
                }
                libc::execve(program.as_ptr(), argv.as_ptr(), env.as_ptr());
            }
            Err(std::io::Error::last_os_error())
        };
        // SAFETY: see above; the closure ends in execve or an error.
        let mut child = unsafe { command.pre_exec(prepare) }.spawn().unwrap();
        if let Some(bytes) = self.stdin.clone() {
            let mut stdin = child.stdin.take().unwrap();
            std::thread::spawn(move || stdin.write_all(&bytes));
        }
        let mut stderr = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = Vec::new();
            stderr.read_to_end(&mut text).map(|_| text)
        });
        let mut stdout = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
        let status = child.wait().unwrap();
        End {
            code: status.code(),
            signal: status.signal(),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&errors.join().unwrap().unwrap()).into_owned(),
        }
    }

    /// Runs it with a report asked for, and gives back the end and the report.
    pub fn report(&self, dir: &Path) -> (End, String) {
        let at = dir.join("report");
        let _ = std::fs::remove_file(&at);
        let start = self.clone().env(format!("FAKE_TOOL_REPORT={}", at.display()));
        let end = start.run();
        (end, without_pipe_numbers(&std::fs::read_to_string(&at).unwrap_or_default()))
    }
}

/// Every start has pipes of its own.
fn without_pipe_numbers(report: &str) -> String {
    let line = |line: &str| {
        line.split(" pipe:[").next().map(|l| if l == line { l.into() } else { format!("{l} pipe") })
    };
    report.lines().filter_map(line).map(|l| l + "\n").collect()
}

/// A signal mask of a report, as bits: signal n is bit n-1.
pub fn mask(report: &str, name: &str) -> u64 {
    let line = report.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
    u64::from_str_radix(line.unwrap_or_else(|| panic!("no {name} in {report}")), 16).unwrap()
}

/// The bits of these signals.
pub fn bits(signals: &[i32]) -> u64 {
    signals.iter().fold(0, |bits, n| bits | 1 << (n - 1))
}
