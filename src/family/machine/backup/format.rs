//! What a dump is by its first bytes, whatever it is called.

use crate::engine::backup::sql_dump::maker_of;

/// So much of the beginning tells what it is.
pub const HEAD: usize = 8 << 10;

/// What a file is by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// pg_dump's own (`PGDMP`), or a tar or directory of it.
    Archive,
    /// Text.
    Sql,
    /// Packed by this program, which unpacks it with `-dc`.
    Packed(&'static str),
    /// Redis.
    Rdb,
    /// No byte.
    Empty,
    /// None of these.
    Strange,
}

/// First bytes (`pg_backup_archiver.h`, RFC 1952, RFC 8878, xz-file-format, bzip2, lz4, Redis's `rdb.c`).
const MAGIC: &[(&[u8], Format)] = &[
    (b"PGDMP", Format::Archive),
    (b"\x1f\x8b", Format::Packed("gzip")),
    (b"\x28\xb5\x2f\xfd", Format::Packed("zstd")),
    (b"\xfd7zXZ\x00", Format::Packed("xz")),
    (b"BZh", Format::Packed("bzip2")),
    (b"\x04\x22\x4d\x18", Format::Packed("lz4")),
    (b"REDIS", Format::Rdb),
];

/// The format of a file that begins so.
pub fn format_of(head: &[u8]) -> Format {
    if head.is_empty() {
        return Format::Empty;
    }
    if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return *format;
    }
    // pg_dump's tar begins with its list; an empty tar is nothing but zeros.
    if head.starts_with(b"toc.dat\0") {
        return Format::Archive;
    }
    if maker_of(head).is_some() { Format::Sql } else { Format::Strange }
}

/// Whether a file begins as the dumps that are read here do, without being packed.
pub fn is_dump(head: &[u8]) -> bool {
    matches!(format_of(head), Format::Archive | Format::Sql | Format::Rdb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes() {
        for (head, want) in [
            (&b"PGDMP\x01"[..], Format::Archive),
            (b"toc.dat\0\0\0", Format::Archive),
            (b"\x1f\x8b\x08", Format::Packed("gzip")),
            (b"REDIS0010", Format::Rdb),
            (b"--\n-- PostgreSQL database dump\n", Format::Sql),
            (b"create table x;", Format::Strange),
            (b"", Format::Empty),
        ] {
            assert_eq!(format_of(head), want);
        }
    }
}
