//! Looking back: the steps of this terminal.

use super::leave::FULL;
use super::place::Dir;
use super::terminal::Terminal;
use crate::engine::trail::says::Kind;
use crate::engine::trail::step::{LEN, Step};

/// The steps of a terminal that went to a place of this kind, oldest first. One that has no file has been nowhere.
///
/// # Errors
/// The error number of what was in the way.
pub fn steps(dir: &Dir, terminal: &Terminal, kind: Kind) -> Result<Vec<Step>, i32> {
    let mut all = Vec::new();
    for name in [terminal.old_file(), terminal.file()] {
        match dir.tail(&name, FULL + LEN as u64) {
            // What is left of a record that a full file system cut off stands at the end.
            Ok(bytes) => all.extend(bytes.as_chunks::<LEN>().0.iter().filter_map(Step::of)),
            Err(libc::ENOENT) => {}
            Err(other) => return Err(other),
        }
    }
    all.retain(|step| step.kind == kind);
    Ok(all)
}
