//! Which program a file is, by what the Go linker wrote into it: the import path of its `main` package, the line that
//! `go version -m` prints as `path`. Read from the file's bytes; nothing is run.
//!
//! Layout (Go `debug/buildinfo`): the linker leaves a section `.go.buildinfo` that starts with a magic and, since Go 1.18,
//! holds the version and the module text inline, each behind its length. The module text stands between two marks of 16
//! bytes; where there is no such section to be found the file is searched for the first mark.

use super::trust::open_plain;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// In front of the build information.
const MAGIC: &[u8] = b"\xff Go buildinf:";
/// The strings stand right behind the header of 32 bytes.
const INLINE: u8 = 2;
/// Length of that header.
const HEADER: usize = 32;
/// In front of the module text.
const MARK: [u8; 16] =
    [0x30, 0x77, 0xaf, 0x0c, 0x92, 0x74, 0x08, 0x02, 0x41, 0xe1, 0xc1, 0x07, 0xe6, 0xd6, 0x18, 0xe6];
/// The first line of the module text.
const PATH: &[u8] = b"path\t";
/// A path is not longer than this.
const LONGEST_PATH: usize = 1024;
/// Programs are not larger than this.
const LARGEST: u64 = 512 << 20;
/// How much is read at once.
const BLOCK: usize = 1 << 20;
/// The section table of a program is not larger than this.
const LARGEST_TABLE: usize = 1 << 20;

/// The import path of a Go program's `main` package; `None` for everything else.
pub fn main_package(program: &Path) -> Option<String> {
    let mut file = open_plain(program).ok()?;
    let meta = file.metadata().ok()?;
    if !meta.is_file() || meta.len() > LARGEST {
        return None;
    }
    let head = at(&mut file, 0, 64)?;
    if head.starts_with(b"#!") {
        return None;
    }
    section(&mut file, &head).or_else(|| search(&mut file))
}

/// `len` bytes from `offset` on.
fn at(file: &mut File, offset: u64, len: usize) -> Option<Vec<u8>> {
    file.seek(SeekFrom::Start(offset)).ok()?;
    let mut bytes = vec![0; len];
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// The path in the section of a 64-bit little-endian ELF file, where it stands inline.
fn section(file: &mut File, head: &[u8]) -> Option<String> {
    // e_ident: class 2 is 64 bits, data 1 is little-endian.
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, size, count) = (number(head, 0x28, 8)?, number(head, 0x3a, 2)?, number(head, 0x3c, 2)?);
    let (size, names) = (usize::try_from(size).ok()?, number(head, 0x3e, 2)?);
    let total = size.checked_mul(usize::try_from(count).ok()?).filter(|t| *t <= LARGEST_TABLE)?;
    let table = at(file, table, total)?;
    let sections: Vec<&[u8]> = table.chunks_exact(size.max(0x40)).collect();
    let place = |section: &[u8]| Some((number(section, 0x18, 8)?, number(section, 0x20, 8)?));
    let (offset, len) = place(sections.get(usize::try_from(names).ok()?)?)?;
    let names = at(file, offset, usize::try_from(len).ok().filter(|l| *l <= LARGEST_TABLE)?)?;
    let named = |section: &&&[u8]| {
        let name = number(section, 0, 4).and_then(|at| names.get(usize::try_from(at).ok()?..));
        name.is_some_and(|name| name.starts_with(b".go.buildinfo\0"))
    };
    let (offset, len) = place(sections.iter().find(named)?)?;
    let info = at(file, offset, usize::try_from(len).ok().filter(|l| *l <= LARGEST_TABLE)?)?;
    if !info.starts_with(MAGIC) || info.get(15)? & INLINE == 0 {
        return None;
    }
    let (_, rest) = text(info.get(HEADER..)?)?;
    let (module, _) = text(rest)?;
    path_in(module.get(MARK.len()..)?)
}

fn number(bytes: &[u8], from: usize, len: usize) -> Option<u64> {
    let bytes = bytes.get(from..from.checked_add(len)?)?;
    Some(bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
}

/// A text behind its length (a base-128 number, lowest part first), and what follows it.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut len, mut used) = (0_usize, 0);
    loop {
        let byte = *bytes.get(used)?;
        len |= usize::from(byte & 0x7f).checked_shl(u32::try_from(used).ok()? * 7)?;
        used += 1;
        if byte & 0x80 == 0 {
            break;
        }
        if used > 4 {
            return None;
        }
    }
    let rest = bytes.get(used..)?;
    (len <= rest.len()).then(|| rest.split_at(len))
}

/// The path on the first line of a module text.
fn path_in(module: &[u8]) -> Option<String> {
    let line = module.strip_prefix(PATH)?;
    let end = line.iter().take(LONGEST_PATH).position(|b| *b == b'\n')?;
    String::from_utf8(line.get(..end)?.to_vec()).ok()
}

/// Searches the whole file for the module text: older programs, other formats.
fn search(file: &mut File) -> Option<String> {
    file.seek(SeekFrom::Start(0)).ok()?;
    // What may stand across two blocks is kept for the next look.
    let kept = MARK.len() + PATH.len() + LONGEST_PATH;
    let (mut buffer, mut filled) = (vec![0; BLOCK + kept], 0);
    loop {
        let n = file.read(buffer.get_mut(filled..)?).ok()?;
        filled += n;
        let seen = buffer.get(..filled)?;
        let mut from = 0;
        while let Some(hit) = seen.get(from..)?.windows(2).position(|w| w == [0x30, 0x77]) {
            from += hit;
            if let Some(rest) = seen.get(from..)?.strip_prefix(&MARK)
                && let Some(path) = path_in(rest)
            {
                return Some(path);
            }
            from += 1;
        }
        if n == 0 {
            return None;
        }
        if filled > kept {
            buffer.copy_within(filled - kept..filled, 0);
            filled = kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn module(path: &str) -> Vec<u8> {
        [&MARK[..], b"path\t", path.as_bytes(), b"\nmod\tx\tv1\t\n", &MARK[..]].concat()
    }

    fn read(bytes: &[u8]) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("program");
        fs::write(&file, bytes).unwrap();
        main_package(&file)
    }

    /// An ELF file with two sections: the names and the build information.
    fn elf(flags: u8, path: &str) -> Vec<u8> {
        let names = b"\0.shstrtab\0.go.buildinfo\0";
        let module = module(path);
        let mut info = [MAGIC, &[8, flags], &[0; 16]].concat();
        info.push(8);
        info.extend(b"go1.26.1");
        info.extend([0x80 | (module.len() & 0x7f) as u8, (module.len() >> 7) as u8]);
        info.extend(&module);
        let mut file = vec![0; 64];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        let mut rows = Vec::new();
        for (name, content) in [(1_u32, &names[..]), (11, &info)] {
            let mut row = vec![0; 64];
            row[..4].copy_from_slice(&name.to_le_bytes());
            row[0x18..0x20].copy_from_slice(&(file.len() as u64).to_le_bytes());
            row[0x20..0x28].copy_from_slice(&(content.len() as u64).to_le_bytes());
            file.extend(content);
            rows.extend(row);
        }
        let table = file.len() as u64;
        file[0x28..0x30].copy_from_slice(&table.to_le_bytes());
        file[0x3a..0x3c].copy_from_slice(&64_u16.to_le_bytes());
        file[0x3c..0x3e].copy_from_slice(&2_u16.to_le_bytes());
        file.extend(rows);
        file
    }

    #[test]
    fn the_section_says_which_program_it_is() {
        let path = "k8s.io/kubernetes/cmd/kubectl";
        let whole = elf(INLINE, path);
        assert_eq!(read(&whole).as_deref(), Some(path));
        // Strings elsewhere, as before Go 1.18, are searched for.
        assert_eq!(read(&elf(0, path)).as_deref(), Some(path));
        // Cut anywhere it is no panic, whatever is still found.
        for len in 0..whole.len() {
            let _ = read(&whole[..len]);
        }
    }

    #[test]
    fn other_formats_are_searched_and_scripts_are_not() {
        let mut far = vec![b'0'; BLOCK + 20];
        far.extend(module("example.com/tool"));
        assert_eq!(read(&far).as_deref(), Some("example.com/tool"));
        assert_eq!(read(&[b"#!/bin/sh\n".to_vec(), module("example.com/tool")].concat()), None);
        assert_eq!(read(b"\x7fELF"), None);
        assert_eq!(read(&MARK), None);
        assert_eq!(main_package(Path::new("/")), None);
    }
}
