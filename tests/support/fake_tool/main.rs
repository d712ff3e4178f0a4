//! A stand-in for the real tool: writes down the state it was started in, so that a test can compare it with and
//! without guard in between. Built by the tests with `rustc` alone (see `support/start.rs`).
//!
//! There is no Rust `main`: the runtime's start-up would change the very things that are looked at.
//!
//! `FAKE_TOOL_REPORT` names the file to write to, `FAKE_TOOL_EXIT` the exit code, `FAKE_TOOL_STDIN` asks for the bytes
//! of standard input, `FAKE_TOOL_READ` for the content (twice) of every word and variable that is a path below /proc.
#![no_main]

use std::ffi::{CStr, c_char, c_int};
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::os::fd::FromRawFd;

unsafe extern "C" {
    fn umask(mask: u32) -> u32;
    fn _exit(code: c_int) -> !;
}

#[unsafe(no_mangle)]
pub extern "C" fn main(_argc: c_int, argv: *const *const c_char, env: *const *const c_char) -> c_int {
    let (argv, env) = unsafe { (list(argv), list(env)) };
    let var = |name: &str| {
        env.iter().find_map(|e| e.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
    };
    let mut out = String::new();
    for word in &argv {
        let _ = writeln!(out, "argv {}", word.escape_ascii());
    }
    for entry in &env {
        let _ = writeln!(out, "env {}", entry.escape_ascii());
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|l| ["SigBlk", "SigIgn", "SigCgt"].iter().any(|k| l.starts_with(k))) {
        let _ = writeln!(out, "{}", line.replace(":\t", " "));
    }
    let mut fds: Vec<(i32, String)> = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").into_iter().flatten().flatten() {
        let Ok(to) = fs::read_link(entry.path()) else { continue };
        // The directory being read is a descriptor as well.
        if to.to_string_lossy().ends_with("/fd") && to.starts_with("/proc") {
            continue;
        }
        if let Ok(fd) = entry.file_name().to_string_lossy().parse() {
            fds.push((fd, to.to_string_lossy().into_owned()));
        }
    }
    fds.sort();
    for (fd, to) in fds {
        let _ = writeln!(out, "fd {fd} {to}");
    }
    let mask = unsafe { umask(0o77) };
    let _ = writeln!(out, "umask {mask:03o}");
    let _ = writeln!(out, "cwd {:?}", std::env::current_dir());
    let _ = writeln!(out, "exe {:?}", fs::read_link("/proc/self/exe"));
    if var("FAKE_TOOL_STDIN").is_some() {
        let mut bytes = Vec::new();
        let mut stdin = std::mem::ManuallyDrop::new(unsafe { fs::File::from_raw_fd(0) });
        match stdin.read_to_end(&mut bytes) {
            Ok(_) => _ = writeln!(out, "stdin {} {}", bytes.len(), sum(&bytes)),
            Err(err) => _ = writeln!(out, "stdin {err}"),
        }
    }
    if var("FAKE_TOOL_READ").is_some() {
        for text in argv.iter().chain(&env) {
            let text = String::from_utf8_lossy(text);
            for path in text.split(['=', ',']).filter(|p| p.starts_with("/proc/")) {
                for _ in 0..2 {
                    let read = fs::read(path).map(|b| b.escape_ascii().to_string());
                    let _ = writeln!(out, "read {read:?}");
                }
            }
        }
    }
    if let Some(report) = var("FAKE_TOOL_REPORT") {
        let _ = fs::write(String::from_utf8_lossy(report).into_owned(), out);
    }
    let code = var("FAKE_TOOL_EXIT").and_then(|c| std::str::from_utf8(c).ok()?.parse().ok());
    unsafe { _exit(code.unwrap_or(0)) }
}

/// FNV-1a, 64 bit: enough to tell two inputs of a test apart.
fn sum(bytes: &[u8]) -> String {
    let sum = bytes.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
    format!("{sum:016x}")
}

unsafe fn list<'a>(mut at: *const *const c_char) -> Vec<&'a [u8]> {
    let mut out = Vec::new();
    unsafe {
        while !at.is_null() && !(*at).is_null() {
            out.push(CStr::from_ptr(*at).to_bytes());
            at = at.add(1);
        }
    }
    out
}
