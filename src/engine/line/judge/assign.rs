//! Words that are assignments.

use super::super::expand::Field;
use super::super::lex::{Piece, Word};

/// `NAME=value`, `NAME+=value` (`adds`), `NAME[index]=value`.
pub(super) struct Assignment {
    pub name: Vec<u8>,
    pub value: Word,
    pub adds: bool,
    /// An element of an array is assigned; which one, when the index is a number.
    pub element: Option<Option<usize>>,
}

/// The assignment a word is, when it is one.
pub(super) fn assignment(word: &Word) -> Option<Assignment> {
    let (Piece::Text(first), mut rest) = word.pieces.split_first()? else { return None };
    let end = first.iter().position(|&b| !(b.is_ascii_alphanumeric() || b == b'_'))?;
    let (left, mut value, element);
    if first.get(end) == Some(&b'[') {
        // `a[1]=x`, `a[$i]=x`: the bracket is closed in this piece or behind an expansion.
        let closed = |text: &[u8]| text.windows(2).position(|w| matches!(w, b"]=" | b"]+"));
        let index = first.get(end + 1..).unwrap_or_default();
        left = first.get(..end).unwrap_or_default();
        if let Some(at) = closed(index) {
            value = index.get(at + 1..).unwrap_or_default();
            let number = std::str::from_utf8(index.get(..at).unwrap_or_default());
            element = Some(number.ok().and_then(|n| n.parse().ok()));
        } else {
            let (piece, at) = rest.iter().enumerate().find_map(|(piece, p)| match p {
                Piece::Text(text) => closed(text).map(|at| (piece, at)),
                _ => None,
            })?;
            let Some(Piece::Text(text)) = rest.get(piece) else { return None };
            value = text.get(at + 1..).unwrap_or_default();
            rest = rest.get(piece + 1..).unwrap_or_default();
            element = Some(None);
        }
        let sign = usize::from(value.first() == Some(&b'+'));
        if value.get(sign) != Some(&b'=') {
            return None;
        }
        value = value.get(sign..).unwrap_or_default();
    } else {
        let at = first.iter().position(|&b| b == b'=')?;
        (left, value, element) = (first.get(..at)?, first.get(at..)?, None);
    }
    let name = left.strip_suffix(b"+").unwrap_or(left);
    let starts_well = name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    if !starts_well || !name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return None;
    }
    let value = value.get(1..).unwrap_or_default().to_vec();
    let mut pieces = Vec::with_capacity(rest.len() + 1);
    pieces.push(Piece::Text(value));
    // Values are not split into fields.
    pieces.extend(rest.iter().cloned().map(|piece| match piece {
        Piece::Var { name, .. } => Piece::Var { name, quoted: true },
        Piece::Command { source, back, .. } => Piece::Command { source, quoted: true, back },
        Piece::Param { name, word, alternate, .. } => Piece::Param { name, word, alternate, quoted: true },
        Piece::Braces(list) => Piece::Text([&b"{"[..], &list.join(&b','), b"}"].concat()),
        other => other,
    }));
    Some(Assignment {
        name: name.to_vec(),
        value: Word { pieces, quoted: true },
        adds: left.len() > name.len(),
        element,
    })
}

/// The names and values of words that are assignments of a wrapper (`env A=b`).
pub(super) fn assigned_words<'f>(words: impl Iterator<Item = &'f Field>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let split = |field: &Field| {
        let at = field.bytes.iter().position(|b| *b == b'=').unwrap_or(field.bytes.len());
        let value = field.bytes.get(at + 1..).unwrap_or_default().to_vec();
        (field.bytes.get(..at).unwrap_or_default().to_vec(), value)
    };
    words.map(split).collect()
}
