//! The one line the kernel has about a process, `/proc/PID/stat` (proc_pid_stat(5)), read in one place.

/// What is wanted of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat<'a> {
    /// The name, field 2: the last part of the file it runs, the first 15 bytes of it. Anything may stand in it.
    pub name: &'a [u8],
    /// The number of the parent, field 4.
    pub parent: u32,
    /// The device number of the controlling terminal, field 7; 0 where it has none.
    pub terminal: i64,
    /// When it was started, in clock ticks since the boot, field 22; `None` where the line ends before.
    pub start: Option<u64>,
}

impl<'a> Stat<'a> {
    /// Reads the line; `None` when it is none.
    pub fn of(line: &'a [u8]) -> Option<Stat<'a>> {
        // The name stands in brackets and may hold brackets itself: the last one closes it.
        let closes = line.iter().rposition(|b| *b == b')')?;
        let opens = line.iter().position(|b| *b == b'(').filter(|opens| *opens < closes)?;
        let text = std::str::from_utf8(line.get(closes + 1..)?).ok()?;
        // Behind the name comes field 3.
        let field = |number: usize| text.split_ascii_whitespace().nth(number.checked_sub(3)?);
        Some(Stat {
            name: line.get(opens + 1..closes)?,
            parent: field(4)?.parse().ok()?,
            terminal: field(7).and_then(|field| field.parse().ok()).unwrap_or(0),
            start: field(22).and_then(|field| field.parse().ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_anything() {
        let line = b"42 (a) b (c) S 7 42 42 34816 42 4194304 1 2 3 4 5 6 7 8 20 0 1 0 12345 9 9\n";
        let stat = Stat::of(line).unwrap();
        assert_eq!(
            (stat.name, stat.parent, stat.terminal, stat.start),
            (&b"a) b (c"[..], 7, 34816, Some(12345))
        );
        let short = Stat::of(b"1 (\xff) S 0 1 1 0\n").unwrap();
        assert_eq!((short.name, short.parent, short.start), (&b"\xff"[..], 0, None));
        for line in [&b""[..], b"1 x S 0", b"1 (x", b"1 x) S 0", b"1 (x) S", b"1 (x) S many"] {
            assert_eq!(Stat::of(line), None, "{line:?}");
        }
    }
}
