//! The mark every guard binary carries, so that one guard never takes another (an older build, a copy under the name
//! `kubectl`) for the real tool.
//!
//! On Linux it is an ELF note in the program headers: it survives `strip` and renaming, and is found with one read of
//! the file's first page. On macOS it is a section of its own, named in the load commands.

/// How much of a file's start is read. Program headers and notes stand in the first page; Mach-O load commands need
/// a little more.
const HEAD: usize = if cfg!(target_os = "macos") { 16 * 1024 } else { 4096 };

const OWNER: [u8; 8] = *b"guard\0\0\0";
const KIND: u32 = 0x6775_6172; // "guar"

#[repr(C, align(4))]
struct Note {
    name_size: u32,
    desc_size: u32,
    kind: u32,
    name: [u8; 8],
    desc: [u8; 4],
}

#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".note.guard"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__TEXT,__guard_mark"))]
static MARK: Note = Note { name_size: 6, desc_size: 4, kind: KIND, name: OWNER, desc: *b"v1\0\0" };

/// Whether the file carries guard's mark. A file that cannot be read carries none.
///
/// `path_z` ends in a NUL byte.
pub fn is_marked(path_z: &[u8]) -> bool {
    if path_z.last() != Some(&0) {
        return false;
    }
    let flags = libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NONBLOCK | libc::O_NOCTTY;
    // SAFETY: the path is NUL-terminated (checked above).
    let fd = unsafe { libc::open(path_z.as_ptr().cast(), flags) };
    if fd < 0 {
        return false;
    }
    let mut head = std::mem::MaybeUninit::<[u8; HEAD]>::uninit();
    // SAFETY: `fd` is open and `head` is writable for its own length.
    let n = unsafe { libc::read(fd, head.as_mut_ptr().cast(), HEAD) };
    // SAFETY: `fd` was opened above and is closed once.
    unsafe { libc::close(fd) };
    let n = usize::try_from(n).unwrap_or(0);
    // SAFETY: read(2) has filled the first `n` bytes, and `n` is at most HEAD; after an error it is 0.
    has_mark(unsafe { std::slice::from_raw_parts(head.as_ptr().cast::<u8>(), n) })
}

/// Looks for the mark in the first bytes of a file.
fn has_mark(head: &[u8]) -> bool {
    match head.get(..4) {
        Some(b"\x7fELF") => elf_has_mark(head) == Some(true),
        Some(b"\xcf\xfa\xed\xfe") => mach_o_has_mark(head) == Some(true),
        _ => false,
    }
}

/// ELF (System V ABI, chapters 4 and 5), little-endian, 32 and 64 bit: walks the `PT_NOTE` segments.
fn elf_has_mark(head: &[u8]) -> Option<bool> {
    const PT_NOTE: u32 = 4;
    let wide = match (head.get(4)?, head.get(5)?) {
        (1, 1) => false,
        (2, 1) => true,
        _ => return None,
    };
    let table = if wide { u64_at(head, 32)? } else { u64::from(u32_at(head, 28)?) };
    let (size_at, count_at) = if wide { (54, 56) } else { (42, 44) };
    let (size, count) = (usize::from(u16_at(head, size_at)?), usize::from(u16_at(head, count_at)?));
    let mut at = usize::try_from(table).ok()?;
    for _ in 0..count {
        if u32_at(head, at)? == PT_NOTE {
            let (offset, length) = if wide {
                (u64_at(head, at.checked_add(8)?)?, u64_at(head, at.checked_add(32)?)?)
            } else {
                let word = |skip| Some(u64::from(u32_at(head, at.checked_add(skip)?)?));
                (word(4)?, word(16)?)
            };
            let start = usize::try_from(offset).ok()?;
            let end = start.checked_add(usize::try_from(length).ok()?)?.min(head.len());
            if head.get(start..end).is_some_and(|notes| notes_have_mark(notes) == Some(true)) {
                return Some(true);
            }
        }
        at = at.checked_add(size)?;
    }
    Some(false)
}

fn notes_have_mark(mut notes: &[u8]) -> Option<bool> {
    loop {
        let (name, desc) = (u32_at(notes, 0)? as usize, u32_at(notes, 4)? as usize);
        if u32_at(notes, 8)? == KIND && notes.get(12..20)? == OWNER {
            return Some(true);
        }
        let next = 12usize.checked_add(pad(name)?)?.checked_add(pad(desc)?)?;
        notes = notes.get(next..)?;
    }
}

fn pad(n: usize) -> Option<usize> {
    Some(n.checked_add(3)? & !3)
}

/// Mach-O, 64 bit, little-endian (`mach-o/loader.h`): walks the sections named in the load commands.
fn mach_o_has_mark(head: &[u8]) -> Option<bool> {
    const LC_SEGMENT_64: u32 = 0x19;
    let count = u32_at(head, 16)?;
    let mut at = 32usize;
    for _ in 0..count {
        let size = u32_at(head, at.checked_add(4)?)? as usize;
        if u32_at(head, at)? == LC_SEGMENT_64 {
            let sections = u32_at(head, at.checked_add(64)?)? as usize;
            for i in 0..sections {
                let section = at.checked_add(72)?.checked_add(i.checked_mul(80)?)?;
                if head.get(section..section.checked_add(16)?)? == b"__guard_mark\0\0\0\0" {
                    return Some(true);
                }
            }
        }
        if size == 0 {
            return None;
        }
        at = at.checked_add(size)?;
    }
    Some(false)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn this_program_is_marked_and_others_are_not() {
        let mut own = crate::run::self_path::own_path().unwrap().into_os_string().into_encoded_bytes();
        own.push(0);
        assert!(is_marked(&own));
        assert!(!is_marked(b"/bin/sh\0"));
        assert!(!is_marked(b"/nonexistent\0"));
        assert!(!is_marked(b"/\0"));
    }

    /// One segment with two sections, the second of them the mark, as `otool -l` would list it.
    #[test]
    fn a_mach_o_section_is_found() {
        let mut file = vec![0u8; 32];
        file[..4].copy_from_slice(b"\xcf\xfa\xed\xfe");
        file[16..20].copy_from_slice(&1u32.to_le_bytes());
        let mut segment = vec![0u8; 72 + 160];
        let size = segment.len() as u32;
        segment[..4].copy_from_slice(&0x19u32.to_le_bytes());
        segment[4..8].copy_from_slice(&size.to_le_bytes());
        segment[64..68].copy_from_slice(&2u32.to_le_bytes());
        segment[72..78].copy_from_slice(b"__text");
        let mut marked = segment.clone();
        marked[152..164].copy_from_slice(b"__guard_mark");
        assert!(has_mark(&[file.clone(), marked].concat()));
        assert!(!has_mark(&[file, segment].concat()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(elf in any::<bool>(), bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let mut file: Vec<u8> = if elf { b"\x7fELF\x02\x01".to_vec() } else { b"\xcf\xfa\xed\xfe".to_vec() };
            file.extend(bytes);
            let _ = has_mark(&file);
        }
    }
}
