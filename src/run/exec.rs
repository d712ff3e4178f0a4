//! Becoming the tool: `execve` with the caller's own words and environment. Same process, same terminal, same exit
//! code; on success nothing of guard is left.

use super::{names, signals};
use crate::engine::escape::escape;
use crate::fail::{Fail, Kind};
use crate::run::self_path;
use std::ffi::{CString, OsStr, OsString, c_char};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// How many guards stand between the first caller and this process, as a decimal number. Written on the way to every
/// tool: guard cannot know whether that tool is a wrapper which leads back here. It only ever ends a loop, it never
/// skips a check.
pub const DEPTH: &str = "GUARD_DEPTH";
/// More guards than this in one chain is a loop.
pub const MAX_DEPTH: u32 = 8;
/// The answer to a question asked without a terminal. It is for guard alone and never reaches the tool.
pub const CONFIRM: &str = "GUARD_CONFIRM";

/// Changes to the environment. Every entry that is not named keeps its bytes and its place, also entries that are
/// doubled, are no UTF-8 or hold no `=`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvEdit {
    /// Names to set. The first entry of that name is replaced where it stands and others of the name go; a new name
    /// comes last.
    pub set: Vec<(OsString, OsString)>,
    /// Names to leave out.
    pub remove: Vec<OsString>,
}

impl EnvEdit {
    /// Adds a variable.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.set.push((name.into(), value.into()));
    }

    /// Takes a variable out.
    pub fn remove(&mut self, name: impl Into<OsString>) {
        self.remove.push(name.into());
    }

    /// The edited environment.
    pub fn apply(&self, env: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut out: Vec<Vec<u8>> = Vec::with_capacity(env.len() + self.set.len());
        let mut done = vec![false; self.set.len()];
        for entry in env {
            let name = entry.split(|b| *b == b'=').next().unwrap_or(entry);
            if self.remove.iter().any(|n| n.as_bytes() == name) {
                continue;
            }
            match self.set.iter().position(|(n, _)| n.as_bytes() == name) {
                None => out.push(entry.to_vec()),
                Some(i) => {
                    if let (Some((n, v)), Some(done)) = (self.set.get(i), done.get_mut(i))
                        && !std::mem::replace(done, true)
                    {
                        out.push(join(n, v));
                    }
                }
            }
        }
        for ((n, v), done) in self.set.iter().zip(&done) {
            if !done {
                out.push(join(n, v));
            }
        }
        out
    }
}

fn join(name: &OsStr, value: &OsStr) -> Vec<u8> {
    let mut entry = Vec::with_capacity(name.len() + value.len() + 1);
    entry.extend_from_slice(name.as_bytes());
    entry.push(b'=');
    entry.extend_from_slice(value.as_bytes());
    entry
}

/// Becomes the tool. `argv` holds all words, `argv[0]` first. Returns only when that failed.
///
/// The caller's signal dispositions and closed streams are given back first; `GUARD_CONFIRM` is taken out of the
/// environment and `GUARD_DEPTH` counted up.
pub fn exec(tool: &Path, argv: &[OsString], edit: &EnvEdit) -> Fail {
    // SAFETY: guard never changes its own environment, and no other thread of it does.
    let env = unsafe { environment() };
    let depth = match next_depth(&env, tool) {
        Ok(depth) => depth,
        Err(fail) => return fail,
    };
    let mut edit = edit.clone();
    edit.remove(CONFIRM);
    edit.set(DEPTH, depth.to_string());
    let (Ok(path), Ok(words), Ok(env)) = (
        CString::new(tool.as_os_str().as_bytes()),
        argv.iter().map(|w| CString::new(w.as_bytes())).collect::<Result<Vec<_>, _>>(),
        edit.apply(&env).into_iter().map(CString::new).collect::<Result<Vec<_>, _>>(),
    ) else {
        return Fail::new(Kind::Data, "a word of the command holds a NUL byte");
    };
    let words = pointers(&words);
    let env = pointers(&env);
    signals::restore_inherited();
    // SAFETY: all three are NUL-terminated, the two lists end in a null pointer, and all outlive the call.
    let errno = unsafe { replace_process(path.as_ptr(), words.as_ptr(), env.as_ptr()) };
    failed(tool, errno)
}

/// The depth the tool gets, or why there must be no further hop.
pub(super) fn next_depth(env: &[&[u8]], tool: &Path) -> Result<u32, Fail> {
    // Several entries of the name: the deepest counts. What is no number counts as none; the next hop has one.
    let depth = env.iter().filter_map(|e| depth_of(e)).max().unwrap_or(0);
    if depth < MAX_DEPTH { Ok(depth + 1) } else { Err(looped(tool)) }
}

pub(super) fn depth_of(entry: &[u8]) -> Option<u32> {
    let digits = entry.strip_prefix(DEPTH.as_bytes())?.strip_prefix(b"=")?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0u32, |n, d| n.saturating_mul(10).saturating_add(u32::from(d - b'0'))))
}

/// The error that ends a loop; it names the two ends.
pub(super) fn looped(tool: &Path) -> Fail {
    let own = self_path::own_path().map_or_else(|| "guard".into(), |p| escape(p.as_os_str().as_bytes()));
    let tool = escape(tool.as_os_str().as_bytes());
    Fail::new(Kind::NotExecutable, format!("{own} and {tool} call each other"))
        .because(format!("{DEPTH} is {MAX_DEPTH} or more: so many guards have run in this chain of commands"))
        .help(format!("make {tool} call the real tool by its full path, or take one of the two off PATH"))
}

/// `execve`, and for a script without `#!` what `execvp` and the shells do: hand it to /bin/sh. Returns the error
/// number.
///
/// # Safety
/// `path` is a C string; `argv` and `env` are lists of C strings that end in a null pointer, `argv` with at least one.
pub(super) unsafe fn replace_process(
    path: *const c_char,
    argv: *const *const c_char,
    env: *const *const c_char,
) -> i32 {
    // SAFETY: as the caller promises.
    unsafe { libc::execve(path, argv, env) };
    let errno = self_path::errno();
    if errno != libc::ENOEXEC {
        return errno;
    }
    let shell = c"/bin/sh".as_ptr();
    let mut words = vec![shell, path];
    // SAFETY: `argv` ends in a null pointer, so every place up to that one may be read; argv[0] is not null.
    unsafe {
        let mut at = argv.add(1);
        while !(*at).is_null() {
            words.push(*at);
            at = at.add(1);
        }
    }
    words.push(std::ptr::null());
    // SAFETY: `words` ends in a null pointer and holds C strings that are still alive.
    unsafe { libc::execve(shell, words.as_ptr(), env) };
    errno
}

/// What to say when `execve` came back.
pub(super) fn failed(tool: &Path, errno: i32) -> Fail {
    let shown = escape(tool.as_os_str().as_bytes());
    let why = std::io::Error::from_raw_os_error(errno).to_string();
    match errno {
        libc::ENOENT | libc::ENOTDIR => Fail::new(Kind::NotFound, format!("{shown} cannot be executed"))
            .because(why)
            .help("if the file is there, the interpreter or loader it names is missing"),
        libc::E2BIG => Fail::new(Kind::NotExecutable, format!("{shown} cannot be executed"))
            .because(why)
            .help("shorten the command line or the environment"),
        _ => Fail::new(Kind::NotExecutable, format!("{shown} cannot be executed"))
            .because(why)
            .help(format!("check the permissions and the kind of {shown}")),
    }
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect()
}

/// This process's environment as it stands in memory: every entry, in order, whatever its bytes.
///
/// # Safety
/// Nothing may change the environment while the slices live.
pub(super) unsafe fn environment() -> Vec<&'static [u8]> {
    // SAFETY: `environ` is null or a list that ends in a null pointer.
    unsafe { list(environ()) }
}

/// The bytes of a null-terminated list of C strings.
///
/// # Safety
/// `at` is null or such a list, and stays unchanged while the slices live.
pub(super) unsafe fn list<'a>(mut at: *const *const c_char) -> Vec<&'a [u8]> {
    let mut out = Vec::with_capacity(64);
    // SAFETY: every place up to the null pointer may be read and holds a C string.
    unsafe {
        while !at.is_null() && !(*at).is_null() {
            out.push(std::ffi::CStr::from_ptr(*at).to_bytes());
            at = at.add(1);
        }
    }
    out
}

#[cfg(not(target_os = "macos"))]
pub(super) fn environ() -> *const *const c_char {
    unsafe extern "C" {
        static environ: *const *const c_char;
    }
    // SAFETY: `environ` is a plain pointer variable of every C library.
    unsafe { environ }
}

#[cfg(target_os = "macos")]
pub(super) fn environ() -> *const *const c_char {
    // SAFETY: _NSGetEnviron returns the address of the process's `environ`.
    unsafe { (*libc::_NSGetEnviron()).cast_const().cast() }
}

/// Hands the call over to the full `guard` beside this program: same words (`argv[0]` stays the tool's name, which is
/// how the full guard knows), same environment. Returns only when that failed.
///
/// # Safety
/// `argv` is a list of C strings that ends in a null pointer.
pub(super) unsafe fn hand_over(called: &names::Name<'_>, argv: *const *const c_char) -> Fail {
    let missing = |because: String| {
        Fail::new(Kind::NotFound, format!("this {} command needs the full guard, which cannot be started", called.tool.name))
            .because(because)
            .help("install guard again, so that `guard` stands beside `guard-shim`; commands that only read still work")
    };
    let Some(own) = self_path::own_path() else {
        return missing("the system does not tell where guard-shim is".into());
    };
    // A shim under the full guard's name would hand over to itself for ever.
    if own.file_name() == Some(OsStr::new("guard")) {
        return missing(format!("{} is guard-shim under another name", escape(own.as_os_str().as_bytes())));
    }
    let full = own.with_file_name("guard").into_os_string();
    let shown = escape(full.as_bytes());
    let Ok(path) = CString::new(full.into_vec()) else { return missing(shown) };
    // SAFETY: `path` is a C string, `argv` is as the caller promises, `environ` is the process's own list.
    unsafe { libc::execve(path.as_ptr(), argv, environ()) };
    missing(format!("{shown}: {}", std::io::Error::from_raw_os_error(self_path::errno())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn edit(set: &[(&str, &str)], remove: &[&str]) -> EnvEdit {
        EnvEdit {
            set: set.iter().map(|(n, v)| (n.into(), v.into())).collect(),
            remove: remove.iter().map(|n| n.into()).collect(),
        }
    }

    #[test]
    fn what_is_not_named_keeps_its_bytes_and_its_place() {
        let env: Vec<&[u8]> = vec![b"B=2", b"A=1", b"A=\xff", b"loose", b"", b"=x", b"B=", b"KUBECONFIG_X=1"];
        assert_eq!(EnvEdit::default().apply(&env), env);
        let edited = edit(&[("B", "new"), ("KUBECONFIG", "/p")], &["A"]).apply(&env);
        let want: Vec<&[u8]> = vec![b"B=new", b"loose", b"", b"=x", b"KUBECONFIG_X=1", b"KUBECONFIG=/p"];
        assert_eq!(edited, want);
    }

    #[test]
    fn the_depth_counts_up_and_ends_at_the_cap() {
        let tool = Path::new("/usr/bin/kubectl");
        for (env, want) in [
            (vec![], Ok(1)),
            (vec!["GUARD_DEPTH=1"], Ok(2)),
            (vec!["GUARD_DEPTH=7"], Ok(8)),
            (vec!["GUARD_DEPTH=8"], Err(())),
            (vec!["GUARD_DEPTH=1", "GUARD_DEPTH=9"], Err(())),
            (vec!["GUARD_DEPTH=99999999999999999999"], Err(())),
            // No way to set the counter back: what is no number starts at 0 and is a number from then on.
            (vec!["GUARD_DEPTH=-5"], Ok(1)),
            (vec!["GUARD_DEPTH="], Ok(1)),
            (vec!["GUARD_DEPTHX=8"], Ok(1)),
        ] {
            let env: Vec<&[u8]> = env.into_iter().map(str::as_bytes).collect();
            assert_eq!(next_depth(&env, tool).map_err(|_| ()), want, "{env:?}");
        }
    }

    #[test]
    fn a_failed_exec_says_so_with_the_shells_codes() {
        let argv = [OsString::from("kubectl")];
        assert_eq!(
            exec(Path::new("/nonexistent/kubectl"), &argv, &EnvEdit::default()).exit(),
            Exit::NotFound
        );
        assert_eq!(exec(Path::new("/"), &argv, &EnvEdit::default()).exit(), Exit::NotExecutable);
    }
}
