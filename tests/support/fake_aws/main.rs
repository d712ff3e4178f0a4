//! A stand-in for the AWS CLI: hands its words, directory and variables to the test that lies beside it, as
//! `DIR/socket` of the `DIR/aws` it was started as, and ends with what the test says. Built by the tests with `rustc`
//! alone (see `support/start.rs`); the other end is `support/aws_tape/stand_in.rs`.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

/// Not one of the CLI's own: nothing was answered.
const BROKEN: u8 = 97;

fn main() -> ExitCode {
    match ask() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("the stand-in for aws: {error}");
            ExitCode::from(BROKEN)
        }
    }
}

/// Every field ends with a NUL: the directory, the number of words, the words, the variables.
fn ask() -> Result<u8, String> {
    let text = |e: std::io::Error| e.to_string();
    let mut words = std::env::args_os();
    let program = words.next().ok_or("started without a name")?;
    let words: Vec<_> = words.collect();
    let mut said = Vec::new();
    let mut field = |bytes: &[u8]| {
        said.extend_from_slice(bytes);
        said.push(0);
    };
    field(std::env::current_dir().map_err(text)?.as_os_str().as_bytes());
    field(words.len().to_string().as_bytes());
    words.iter().for_each(|word| field(word.as_bytes()));
    for (name, value) in std::env::vars_os() {
        field(&[name.as_bytes(), b"=", value.as_bytes()].concat());
    }
    let socket = Path::new(&program).with_file_name("socket");
    let mut test = UnixStream::connect(&socket).map_err(|e| format!("{}: {e}", socket.display()))?;
    test.write_all(&said).map_err(text)?;
    test.shutdown(Shutdown::Write).map_err(text)?;
    let mut answer = Vec::new();
    test.read_to_end(&mut answer).map_err(text)?;
    // The exit status and the length of standard output in one line, then both streams.
    let end = answer.iter().position(|b| *b == b'\n').ok_or("no answer")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let (code, length) = head.split_once(' ').ok_or("a garbled answer")?;
    let length: usize = length.parse().map_err(|_| "a garbled answer")?;
    let rest = &answer[end + 1..];
    if length > rest.len() {
        return Err("half an answer".to_owned());
    }
    std::io::stdout().write_all(&rest[..length]).map_err(text)?;
    std::io::stderr().write_all(&rest[length..]).map_err(text)?;
    code.parse().map_err(|_| "a garbled answer".to_owned())
}
