//! One record of the memory of a terminal: 48 bytes, the same on every machine, written by one write.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0–7 | when, in nanoseconds of a clock that no setting of the time moves |
//! | 8 | always 0x67 |
//! | 9 | the version of this layout, 1 |
//! | 10 | the [`Kind`] of place |
//! | 11 | 1 when the call changes what later ones go by (`config use-context`), 2 when it says where inside (`-n`), else 0 |
//! | 12–15 | 0 |
//! | 16–23 | the key of what the call said ([`Said::key`](super::says::Said::key)) |
//! | 24–47 | device and inode of the first file, 0 where there is none; the latest change of status (ctime, nanoseconds since 1970) of all of them |
//!
//! All numbers are little-endian.

use super::says::Kind;

/// How long a record is.
pub const LEN: usize = 48;
const MARK: u8 = 0x67;
const VERSION: u8 = 1;

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When: nanoseconds of a clock that only ever goes on.
    pub at: u64,
    /// The kind of place the tool goes to.
    pub kind: Kind,
    /// Whether the call changes what later ones go by, and goes nowhere itself.
    pub switches: bool,
    /// Whether it said where inside, so that the default there does not count.
    pub says_inside: bool,
    /// What it said.
    pub key: u64,
    /// The file it went by.
    pub file: Stamp,
}

/// Which file it was, and which content of it; all 0 where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// The device it lies on.
    pub device: u64,
    /// Its inode.
    pub inode: u64,
    /// When its status changed last (`st_ctime`, which nobody sets), or that of another file beside it: nanoseconds since
    /// 1970-01-01T00:00Z.
    pub changed: u64,
}

impl Step {
    /// The bytes.
    pub fn bytes(&self) -> [u8; LEN] {
        let mut out = [0; LEN];
        let head = [
            MARK,
            VERSION,
            self.kind as u8,
            u8::from(self.switches) | u8::from(self.says_inside) << 1,
            0,
            0,
            0,
            0,
        ];
        let words = [
            self.at,
            u64::from_le_bytes(head),
            self.key,
            self.file.device,
            self.file.inode,
            self.file.changed,
        ];
        for (place, word) in out.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        out
    }

    /// Reads them; `None` when they are no record, or one of a guard to come.
    #[cfg(feature = "cli")]
    pub fn of(bytes: &[u8; LEN]) -> Option<Step> {
        let [at, head, key, device, inode, changed] = bytes.as_chunks::<8>().0 else { return None };
        let [MARK, VERSION, kind, flags @ 0..=3, 0, 0, 0, 0] = *head else { return None };
        let number = |word: &[u8; 8]| u64::from_le_bytes(*word);
        Some(Step {
            at: number(at),
            kind: Kind::of(kind)?,
            switches: flags & 1 != 0,
            says_inside: flags & 2 != 0,
            key: number(key),
            file: Stamp { device: number(device), inode: number(inode), changed: number(changed) },
        })
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;

    const STEP: Step = Step {
        at: 0x0102_0304_0506_0708,
        kind: Kind::Account,
        switches: true,
        says_inside: true,
        key: u64::MAX - 1,
        file: Stamp { device: 1, inode: 2, changed: 3 },
    };

    #[test]
    fn what_is_written_is_what_is_read() {
        let bytes = STEP.bytes();
        assert_eq!(Step::of(&bytes), Some(STEP));
        assert_eq!(bytes[..12], [8, 7, 6, 5, 4, 3, 2, 1, 0x67, 1, 2, 3]);
        assert_eq!(bytes[40..], [3, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_is_no_record_is_not_read() {
        for at in 8..16 {
            let mut bytes = STEP.bytes();
            bytes[at] ^= 0x80;
            assert_eq!(Step::of(&bytes), None, "byte {at}");
        }
        assert_eq!(Step::of(&[0; LEN]), None);
    }
}
