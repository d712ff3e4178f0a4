//! `show: diff`: what the server has against what the command would make of it, before the question.

use super::Kube;
use crate::engine::grammar::cobra::parse;
use crate::engine::kube::kubectl::TABLE;
use crate::fail::{Fail, Kind, Result};
use crate::family::cx::Cx;
use crate::prompt::progress::Progress;
use crate::run::child;
use crate::ui::stderr::is_dumb;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::time::Duration;

/// So long a comparison may take: it fetches every object.
const PATIENCE: Duration = Duration::from_secs(60);

/// Flags of the caller's command that `kubectl diff` knows as well and that change what is compared.
const SHARED: &[&str] = &[
    "filename",
    "kustomize",
    "recursive",
    "selector",
    "server-side",
    "force-conflicts",
    "field-manager",
    "prune",
    "prune-allowlist",
    "concurrency",
];

/// Shows `kubectl diff` of the same manifests on the terminal. Commands without manifests have nothing to compare.
pub(super) fn show(kube: &Kube<'_>, cx: Cx<'_>, tool: &Path) -> Result<()> {
    // The bytes that were judged; words that kubectl's preferences changed are compared as they are.
    let held: Vec<Vec<u8>> =
        kube.inputs.argv_for_children(&cx.call.argv).into_iter().skip(1).map(OsStringExt::into_vec).collect();
    let held: Vec<&[u8]> = held.iter().map(Vec::as_slice).collect();
    let parsed = parse(&TABLE, if cx.words == cx.raw { &held } else { cx.words });
    if !matches!(parsed.path(), "apply" | "replace" | "create") {
        return Ok(());
    }
    let mut words: Vec<OsString> = vec!["diff".into()];
    for given in &parsed.given {
        let Some(flag) = given.flag else { continue };
        let global = TABLE.globals.iter().any(|g| g.long == flag.long);
        if !global && !SHARED.contains(&flag.long) {
            continue;
        }
        let mut word = b"--".to_vec();
        word.extend_from_slice(flag.long.as_bytes());
        word.push(b'=');
        word.extend_from_slice(given.value);
        words.push(OsString::from_vec(word));
    }
    let Ok(mut tty) = OpenOptions::new().write(true).open("/dev/tty") else { return Ok(()) };
    let cannot = |why: String| {
        Fail::new(Kind::Unavailable, "the difference that policy wants shown could not be made").because(why)
    };
    let mut command = child::command(tool, cx.world);
    command.args(&words);
    let done = {
        let _progress = Progress::start("comparing with the cluster", is_dumb(cx.world));
        child::wait(command, kube.inputs.stdin(), PATIENCE).map_err(|why| cannot(why.to_string()))?
    };
    tty.write_all(&done.out).and_then(|()| tty.write_all(&done.err)).map_err(|e| cannot(e.to_string()))?;
    // kubectl diff: 0 no difference, 1 differences found, more than 1 an error.
    match done.code {
        Some(0 | 1) => Ok(()),
        code => Err(Fail::new(Kind::Unavailable, "the difference that policy wants shown could not be made")
            .because(format!("kubectl diff ended with {}", code.map_or("a signal".into(), |c| c.to_string())))
            .help("run `kubectl diff` with the same files by hand")),
    }
}
