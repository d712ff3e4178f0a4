//! Phrases are put together from parts, and cut to what a person types: 128 visible characters of ASCII.

use super::{LONGEST, typeable_form};

/// A part of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    text: String,
    /// May be cut when the whole gets too long.
    name: bool,
}

impl Part {
    /// A name, in the form in which it can be typed.
    pub(super) fn name(text: &str) -> Part {
        Part { text: typeable_form(text), name: true }
    }

    /// What guard itself says: slashes, kinds, counts.
    pub(super) fn fixed(text: &str) -> Part {
        Part { text: typeable_form(text), name: false }
    }

    /// How many bytes it takes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }
}

/// What stands for the rest of a name that is too long: a digest of the whole name follows.
const CUT: char = '~';
/// So much of a name stands at least.
const LEAST: usize = 8;

/// The parts, one after the other, the longest names cut where the whole is longer than anybody types.
pub(super) fn fitted(parts: &[Part]) -> String {
    let total: usize = parts.iter().map(Part::len).sum();
    let room = (total > LONGEST).then(|| {
        let fixed: usize = parts.iter().filter(|p| !p.name).map(Part::len).sum();
        let names: Vec<usize> = parts.iter().filter(|p| p.name).map(Part::len).collect();
        // The largest length under which all names fit: the short ones stay whole.
        let fits = |cap: usize| names.iter().map(|len| (*len).min(cap)).sum::<usize>() + fixed <= LONGEST;
        (LEAST..=LONGEST).rev().find(|cap| fits(*cap)).unwrap_or(LEAST)
    });
    let mut out = String::new();
    for part in parts {
        match room.filter(|cap| part.name && part.len() > *cap) {
            Some(cap) => out.push_str(&cut(&part.text, cap)),
            None => out.push_str(&part.text),
        }
    }
    // Only where guard's own words alone are too long, which none are.
    out.truncate(LONGEST);
    out
}

/// A name's beginning, and a digest of all of it.
fn cut(text: &str, room: usize) -> String {
    let kept = room.saturating_sub(5);
    let mut head: String = text.chars().take(kept).collect();
    // Not in the middle of `\u{20}`.
    if let Some(at) = head.rfind("\\u{").filter(|at| !head.get(*at..).is_some_and(|tail| tail.contains('}')))
    {
        head.truncate(at);
    }
    format!("{head}{CUT}{}", short_digest(&[text.to_owned()]))
}

/// Four hexadecimal digits over a list of names: enough that the answer for one list is not the answer for another by
/// accident; nobody who could choose the names gains anything by a collision. FNV-1a, 64 bits, folded.
pub(super) fn short_digest(names: &[String]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in names.iter().flat_map(|n| n.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let folded = hash ^ (hash >> 32);
    format!("{:04x}", (folded ^ (folded >> 16)) & 0xffff)
}
