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
        // Behind the name comes field 3. In one go: the shim reads such a line at every call.
        let mut fields =
            line.get(closes + 1..)?.split(|b| b.is_ascii_whitespace()).filter(|field| !field.is_empty());
        let mut number = |skipped: usize| number(fields.nth(skipped)?);
        let parent = number(1)?;
        let terminal = number(2);
        let start = number(14).and_then(|ticks| u64::try_from(ticks).ok());
        Some(Stat {
            name: line.get(opens + 1..closes)?,
            parent: u32::try_from(parent).ok()?,
            terminal: terminal.unwrap_or(0),
            start,
        })
    }
}

/// A whole number in decimal digits.
fn number(field: &[u8]) -> Option<i64> {
    let (digits, sign) = match field {
        [b'-', digits @ ..] => (digits, -1),
        digits => (digits, 1),
    };
    if digits.is_empty() {
        return None;
    }
    let value = digits.iter().try_fold(0i64, |value, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| value.checked_mul(10)?.checked_add(i64::from(digit))).flatten()
    })?;
    Some(value * sign)
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
