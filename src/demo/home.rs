//! The throw-away home: a directory that is gone when the story is over, however it ends.

use super::ending::{Stop, Told};
use std::ffi::{CString, OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Where it may lie besides `TMPDIR`, the first that does.
const PLACES: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// The directory. It goes when this is dropped.
pub struct Home {
    path: PathBuf,
    broom: Option<Broom>,
}

impl Home {
    /// Makes one where `fits` says that it can be used; some places cannot be written, or run no programs.
    pub fn make(fits: impl Fn(&Path) -> io::Result<()>) -> Told<Home> {
        let named = std::env::var_os("TMPDIR").map(PathBuf::from).filter(|dir| dir.is_absolute());
        let mut why = Vec::new();
        for place in named.into_iter().chain(PLACES.map(PathBuf::from)) {
            let made = directory(&place).and_then(|path| {
                let home = Home { broom: Broom::for_directory(&path), path };
                fits(&home.path).map(|()| home)
            });
            match made {
                Ok(home) => return Ok(home),
                Err(error) => why.push(format!("{}: {error}", place.display())),
            }
        }
        let why = why.join("; ");
        Err(Stop::Failed(format!("there is no place for a throw-away home ({why}); name one with TMPDIR")))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let gone = remove(&self.path);
        if let Some(broom) = self.broom.take() {
            broom.put_away(gone);
        }
    }
}

/// A new directory that nobody else can look into.
fn directory(place: &Path) -> io::Result<PathBuf> {
    let place = fs::canonicalize(place)?;
    // PATH and KUBECONFIG are lists of paths with colons between them.
    if place.to_str().is_none_or(|path| path.contains(':')) {
        return Err(io::Error::other("its name cannot stand in PATH"));
    }
    let template = CString::new(place.join("guard-demo.XXXXXX").into_os_string().into_vec())?;
    let template = template.into_raw();
    // SAFETY: the template is a C string of ours that mkdtemp overwrites in place, and it is taken back once.
    let (made, path) = unsafe {
        let made = !libc::mkdtemp(template).is_null();
        (made, CString::from_raw(template))
    };
    if made { Ok(OsString::from_vec(path.into_bytes()).into()) } else { Err(io::Error::last_os_error()) }
}

/// Takes the directory away; whether it is gone. What is being ended may write a last file meanwhile.
fn remove(path: &Path) -> bool {
    for _ in 0..100 {
        match fs::remove_dir_all(path) {
            Ok(()) => return true,
            Err(error) if error.kind() == ErrorKind::NotFound && !path.exists() => return true,
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
    false
}

/// A second process, in a session of its own, that takes the directory away when this one could not: it was killed. It
/// knows by its end of a pipe.
struct Broom {
    pid: libc::pid_t,
    pipe: PipeWriter,
}

impl Broom {
    /// Where there can be none, the directory goes with this process alone. To be called while there is one thread.
    fn for_directory(path: &Path) -> Option<Broom> {
        let (read, pipe) = io::pipe().ok()?;
        // SAFETY: there is one thread, so the child may do whatever this process could.
        match unsafe { libc::fork() } {
            -1 => None,
            0 => {
                drop(pipe);
                stand_by(read, path)
            }
            pid => Some(Broom { pid, pipe }),
        }
    }

    /// Tells it that there is nothing to do, and waits for its end. Where something is left it may try.
    fn put_away(mut self, gone: bool) {
        if gone {
            // One that is gone hears nothing.
            let _ = self.pipe.write_all(b".");
        }
        drop(self.pipe);
        // SAFETY: the child is ours; where it was waited for already, this is an error and nothing more.
        unsafe { libc::waitpid(self.pid, std::ptr::null_mut(), 0) };
    }
}

/// The second process: waits for the end of the first one.
fn stand_by(mut pipe: PipeReader, path: &Path) -> ! {
    // SAFETY: plain system calls of a process with one thread; descriptors that are not open are an error and nothing more.
    unsafe {
        libc::setsid();
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT] {
            libc::signal(signal, libc::SIG_IGN);
        }
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        for stream in 0..3 {
            libc::dup2(null, stream);
        }
        // Nothing of the caller's is held open.
        for fd in (3..1024).filter(|fd| *fd != pipe.as_raw_fd()) {
            libc::close(fd);
        }
    }
    let told = pipe.read(&mut [0]).is_ok_and(|bytes| bytes > 0);
    if !told {
        remove(path);
    }
    // SAFETY: ends this process without what the first one registered for its own end.
    unsafe { libc::_exit(0) }
}

/// A word for the shell, whatever is in it.
pub fn quoted(word: &OsStr) -> Vec<u8> {
    let mut out = vec![b'\''];
    for byte in word.as_bytes() {
        match byte {
            b'\'' => out.extend_from_slice(b"'\\''"),
            other => out.push(*other),
        }
    }
    out.push(b'\'');
    out
}
