//! Settings files that are not what the package brought: a purge deletes them.

use super::PackageFacts;
use super::info::Info;
use super::status::{Package, why};
use md5::{Digest, Md5};
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// Larger than any settings file.
const LARGEST: u64 = 4 << 20;

/// Compares them with the MD5 that dpkg noted.
pub(super) fn fill(root: &Path, facts: &mut PackageFacts, package: &Package, info: &Info) {
    for (path, sum) in &package.conffiles {
        let file = root.join(path.trim_start_matches('/'));
        match std::fs::symlink_metadata(&file) {
            Ok(meta) if !meta.is_file() => continue,
            Ok(meta) if meta.len() > LARGEST => {
                facts.changed_settings.push(path.clone());
                continue;
            }
            _ => {}
        }
        match std::fs::read(&file) {
            Ok(bytes) if hex(&bytes) != *sum => facts.changed_settings.push(path.clone()),
            Ok(_) => {}
            // Deleted by hand: there is nothing to lose.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => facts.gap(format!("settings of {}", info.name), why(&e)),
        }
    }
}

/// Whether a file still has this MD5.
pub(super) fn is_as(file: &Path, sum: &str) -> bool {
    let small = std::fs::metadata(file).is_ok_and(|meta| meta.len() <= LARGEST);
    small && std::fs::read(file).is_ok_and(|bytes| hex(&bytes) == sum)
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(32);
    for byte in Md5::digest(bytes) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_files_are_told_from_those_that_came_so() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("etc")).unwrap();
        std::fs::write(root.path().join("etc/same"), "hello\n").unwrap();
        std::fs::write(root.path().join("etc/mine"), "hello world\n").unwrap();
        let sum = "b1946ac92492d2347c6235b4d2611184".to_owned();
        let package = Package {
            conffiles: ["/etc/same", "/etc/mine", "/etc/gone"].map(|p| (p.to_owned(), sum.clone())).to_vec(),
            ..Package::default()
        };
        let mut facts = PackageFacts::default();
        fill(root.path(), &mut facts, &package, &Info::default());
        assert_eq!(facts.changed_settings, ["/etc/mine"]);
        assert!(facts.gaps.is_empty());
    }
}
