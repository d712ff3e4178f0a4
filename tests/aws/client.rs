//! Stands where a test has the AWS CLI: hands its own start (words, variables, directory, descriptors, signals) to the
//! warm CLI of `warm.py` beside it, passes signals on, and ends as that ended. What a warm CLI cannot take over starts
//! the real one in this process. Built by `warm.py` with `rustc` alone.
//!
//! There is no Rust `main`: the runtime's start-up would change signals and descriptors before they are handed on.
#![no_main]

use std::ffi::{CStr, c_char, c_int, c_ulong, c_void};
use std::fs;
use std::io::{Read, Write as _};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};

/// More than the kernel carries in one message.
const MOST: usize = 250;
/// Those that end or move a program and that somebody may send to it.
const SIGNALS: [c_int; 7] = [1, 2, 3, 10, 12, 14, 15];
/// The connection, for the handler.
static CONNECTION: AtomicI32 = AtomicI32::new(-1);

#[repr(C)]
struct Slice {
    base: *const c_void,
    len: usize,
}

#[repr(C)]
struct Message {
    name: *const c_void,
    name_len: u32,
    slices: *const Slice,
    slices_len: usize,
    control: *const c_void,
    control_len: usize,
    flags: c_int,
}

#[repr(C)]
struct Control {
    len: usize,
    level: c_int,
    kind: c_int,
    fds: [c_int; MOST],
}

unsafe extern "C" {
    fn _exit(code: c_int) -> !;
    fn execve(path: *const c_char, argv: *const *const c_char, env: *const *const c_char) -> c_int;
    fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    fn getauxval(kind: c_ulong) -> c_ulong;
    fn getpid() -> c_int;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn send(fd: c_int, bytes: *const c_void, len: usize, flags: c_int) -> isize;
    fn sendmsg(fd: c_int, message: *const Message, flags: c_int) -> isize;
    fn setrlimit(what: c_int, limit: *const [u64; 2]) -> c_int;
    fn signal(signal: c_int, handler: usize) -> usize;
    fn sigprocmask(how: c_int, set: *const [u64; 16], old: *mut [u64; 16]) -> c_int;
    fn umask(mask: u32) -> u32;
}

extern "C" fn forward(signal: c_int) {
    let byte = signal as u8;
    // SAFETY: one byte of this frame; send is allowed in a handler.
    unsafe { send(CONNECTION.load(Ordering::SeqCst), (&raw const byte).cast(), 1, 0x4000) };
}

#[unsafe(no_mangle)]
pub extern "C" fn main(_argc: c_int, argv: *const *const c_char, env: *const *const c_char) -> c_int {
    let home = fs::read_link("/proc/self/exe").ok().and_then(|exe| exe.parent().map(Path::to_owned));
    let Some(home) = home else { fail("no /proc/self/exe") };
    match run(&home, argv, env) {
        Ok(Some(status)) => end(status),
        Ok(None) => {
            let real = fs::read_link(home.join("real")).unwrap_or_else(|e| fail(&format!("no real CLI: {e}")));
            note(&home, "real");
            let mut path = real.into_os_string().into_vec();
            path.push(0);
            // SAFETY: the lists are those of this process.
            unsafe { execve(path.as_ptr().cast(), argv, env) };
            fail("the real CLI does not start")
        }
        Err(error) => fail(&error.to_string()),
    }
}

/// The wait status of the warm CLI; `None` where the real one has to start.
fn run(home: &Path, argv: *const *const c_char, env: *const *const c_char) -> std::io::Result<Option<u32>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let field = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or("0").trim().to_owned();
    let mut fds = inherited()?;
    let mut names: Vec<String> = fds.iter().map(c_int::to_string).collect();
    // SAFETY: constant paths; the flags are O_PATH|O_CLOEXEC and O_RDWR|O_NOCTTY|O_CLOEXEC.
    let (directory, terminal) = unsafe { (open(c".".as_ptr(), 0x28_0000), open(c"/dev/tty".as_ptr(), 0x8_0102)) };
    if directory < 0 || fds.len() + 2 > MOST {
        return Ok(None);
    }
    for (fd, name) in [(directory, "cwd"), (terminal, "tty")] {
        if fd >= 0 {
            fds.push(fd);
            names.push(name.to_owned());
        }
    }
    // SAFETY: both calls only read and set this process's own mask.
    let mask = unsafe {
        let mask = umask(0);
        umask(mask);
        mask
    };
    // SAFETY: the kernel's own lists; AT_EXECFN is the path this program was started by.
    let (words, vars, path) =
        unsafe { (list(argv), list(env), CStr::from_ptr(getauxval(31) as *const c_char).to_bytes()) };
    let head = [field("SigIgn:"), field("SigBlk:"), format!("{mask:o}"), names.join(","), words.len().to_string()];
    let mut parts: Vec<&[u8]> = head.iter().map(String::as_bytes).collect();
    parts.push(path);
    parts.extend(words.iter().skip(1));
    parts.extend(vars);
    let body = parts.join(&0);

    let mut stream = UnixStream::connect(home.join("socket"))?;
    share(&stream, &fds, &(body.len() as u32).to_le_bytes())?;
    stream.write_all(&body)?;
    CONNECTION.store(stream.as_raw_fd(), Ordering::SeqCst);
    for number in SIGNALS {
        // SAFETY: the handler only sends; what was ignored (1) stays ignored.
        unsafe {
            if signal(number, forward as *const () as usize) == 1 {
                signal(number, 1);
            }
        }
    }
    let mut answer = [0; 5];
    stream.read_exact(&mut answer[..1])?;
    if answer[0] == b'C' {
        for number in SIGNALS {
            // SAFETY: as it was found.
            unsafe {
                if signal(number, 0) == 1 {
                    signal(number, 1);
                }
            }
        }
        return Ok(None);
    }
    stream.read_exact(&mut answer[1..])?;
    Ok(Some(u32::from_le_bytes([answer[1], answer[2], answer[3], answer[4]])))
}

/// The descriptors that a program started from here would have.
fn inherited() -> std::io::Result<Vec<c_int>> {
    let mut fds = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        let fd: Option<c_int> = entry?.file_name().to_str().and_then(|n| n.parse().ok());
        // SAFETY: F_GETFD takes nothing and changes nothing.
        fds.extend(fd.filter(|fd| unsafe { fcntl(*fd, 1) } & 1 == 0));
    }
    fds.sort_unstable();
    Ok(fds)
}

/// Sends these bytes with these descriptors.
fn share(stream: &UnixStream, fds: &[c_int], bytes: &[u8]) -> std::io::Result<()> {
    let slice = Slice { base: bytes.as_ptr().cast(), len: bytes.len() };
    // SOL_SOCKET, SCM_RIGHTS.
    let mut control = Control { len: 16 + 4 * fds.len(), level: 1, kind: 1, fds: [0; MOST] };
    control.fds[..fds.len()].copy_from_slice(fds);
    let message = Message {
        name: std::ptr::null(),
        name_len: 0,
        slices: &raw const slice,
        slices_len: 1,
        control: (&raw const control).cast(),
        control_len: control.len.next_multiple_of(8),
        flags: 0,
    };
    // SAFETY: everything pointed at is in this frame.
    let sent = unsafe { sendmsg(stream.as_raw_fd(), &raw const message, 0) };
    if sent == bytes.len() as isize { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

/// Ends as a program with this wait status ended.
fn end(status: u32) -> ! {
    let number = (status & 0x7f) as c_int;
    // SAFETY: only this process's own state; its core would be no help.
    unsafe {
        if number == 0 {
            _exit((status >> 8 & 0xff) as c_int)
        }
        setrlimit(4, &[0, 0]);
        signal(number, 0);
        let mut none = [0; 16];
        sigprocmask(2, &[0; 16], &raw mut none);
        kill(getpid(), number);
        _exit(128 + number)
    }
}

/// One more line for whoever counts.
fn note(home: &Path, what: &str) {
    let log = fs::OpenOptions::new().append(true).create(true).open(home.join("starts"));
    let _ = log.and_then(|mut log| log.write_all(format!("{what}\n").as_bytes()));
}

fn fail(why: &str) -> ! {
    let _ = writeln!(std::io::stderr(), "the warm AWS CLI of the tests: {why}");
    // SAFETY: ends the process.
    unsafe { _exit(70) }
}

unsafe fn list<'a>(mut at: *const *const c_char) -> Vec<&'a [u8]> {
    let mut out = Vec::new();
    // SAFETY: the caller's list ends in a null.
    unsafe {
        while !at.is_null() && !(*at).is_null() {
            out.push(CStr::from_ptr(*at).to_bytes());
            at = at.add(1);
        }
    }
    out
}
