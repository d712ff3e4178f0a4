//! AWS CLIs whose starts are forks of a Python that has read everything already (`tests/aws/warm.py`): some 0.08 s of
//! processor time instead of 0.5 s. `GUARD_TEST_COLD=1` leaves them all as they are.

use super::aws::{Cli, cache, shared};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Those that this process has started, by version. Their standard input is what keeps them alive.
static STARTED: Mutex<BTreeMap<u8, (PathBuf, Child)>> = Mutex::new(BTreeMap::new());

/// The same CLI, warm: that of `tests/aws/serve` where it runs, else one of this process. A CLI that is no script of a
/// Python beside it stays as it is.
pub fn warm(cli: &Cli) -> Cli {
    let python = cli.path.with_file_name("python");
    let cold = std::env::var_os("GUARD_TEST_COLD").is_some_and(|v| !v.is_empty());
    if cold || !python.is_file() {
        return cli.clone();
    }
    if let Some(shared) = shared() {
        let path = shared.join(format!("v{}/aws", cli.major));
        assert!(path.is_file(), "tests/aws/serve has no CLI {} at {}", cli.major, path.display());
        return Cli { path, major: cli.major };
    }
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    let (path, _) = started.entry(cli.major).or_insert_with(|| start(cli));
    Cli { path: path.clone(), major: cli.major }
}

fn start(cli: &Cli) -> (PathBuf, Child) {
    let dir = tempfile::Builder::new().prefix("guard-warm-").tempdir().unwrap().keep();
    let mut child = Command::new(cli.path.with_file_name("python"))
        .args(["-B", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aws/warm.py")])
        .arg(&dir)
        .arg(&cli.path)
        // What decides how a Python starts is the same for every fork: that of the tests' own commands.
        .env_clear()
        .envs(
            ["PATH", "HOME", "RUSTC", "RUSTUP_HOME", "CARGO_HOME"]
                .iter()
                .filter_map(|n| Some((n, std::env::var_os(n)?))),
        )
        .env("LANG", "C.UTF-8")
        .env("WARM_CACHE", cache().join("aws"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n", "the CLI {} does not get warm", cli.major);
    (dir.join("aws"), child)
}
