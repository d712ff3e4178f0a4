//! What statements do, as far as one glance tells: literals and comments are taken out, each statement goes by its words.

use super::super::effect::Effect;
use super::super::tools::programs::SELECT_ACTS;

/// The worst of some statements. A backslash command of psql that only describes is a read; every other one is not known.
pub(super) fn judge(text: &[u8]) -> Effect {
    let text = text.trim_ascii();
    if let Some(meta) = text.strip_prefix(b"\\") {
        let describes =
            meta.first() == Some(&b'd') || matches!(meta, b"l" | b"l+" | b"conninfo" | b"x" | b"timing");
        return if describes && !meta.contains(&b'\\') { Effect::Read } else { Effect::Disrupt };
    }
    let bare = bare(text);
    let statements = bare.split(|b| *b == b';').map(words).filter(|words| !words.is_empty());
    statements.map(|words| statement(&words)).max().unwrap_or(Effect::Disrupt)
}

fn words(statement: &[u8]) -> Vec<&[u8]> {
    let part = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    statement.split(|b| !part(*b)).filter(|w| !w.is_empty()).collect()
}

fn statement(words: &[&[u8]]) -> Effect {
    let has = |word: &[u8]| words.contains(&word);
    let [first, second, ..] = words else {
        return match words {
            [b"show" | b"select" | b"commit" | b"begin" | b"rollback"] => Effect::Read,
            _ => Effect::Disrupt,
        };
    };
    match *first {
        b"truncate" => Effect::Destroy,
        b"drop" => match *second {
            b"index" | b"view" | b"function" | b"trigger" | b"procedure" if !has(b"cascade") => {
                Effect::Disrupt
            }
            _ => Effect::Destroy,
        },
        b"delete" | b"update" if !has(b"where") => Effect::Destroy,
        b"delete" => Effect::Destroy,
        b"alter" if has(b"drop") => Effect::Destroy,
        b"explain" if has(b"analyze") || has(b"analyse") => {
            let inner = words.iter().position(|w| matches!(*w, b"delete" | b"update" | b"insert" | b"merge"));
            if inner.is_some() { Effect::Disrupt } else { select(words) }
        }
        b"explain" | b"show" | b"describe" | b"desc" | b"table" | b"values" => Effect::Read,
        b"select" => select(words),
        // `with d as (delete …)`
        b"with" if has(b"delete") => Effect::Destroy,
        b"with" if !has(b"update") && !has(b"insert") && !has(b"merge") => select(words),
        _ => Effect::Disrupt,
    }
}

/// A query reads unless it calls a function that is known to do more.
fn select(words: &[&[u8]]) -> Effect {
    let acts = |w: &&[u8]| SELECT_ACTS.iter().any(|act| w.starts_with(act.bytes()));
    // `for update` locks rows; `for` and `into` as parts of longer names are columns.
    let exact = |w: &&[u8]| !matches!(w.get(..4), Some(b"fore" | b"form" | b"inte")) || w.len() <= 4;
    if words.iter().skip(1).any(|w| acts(w) && exact(w)) { Effect::Disrupt } else { Effect::Read }
}

/// Lower case, without literals and comments.
fn bare(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let skip = match rest {
            [b'\'', ..] => end_of(after, b"'"),
            [b'-', b'-', ..] => end_of(after, b"\n"),
            [b'/', b'*', b'!' | b'M', ..] => 0, // MySQL carries these out
            [b'/', b'*', ..] => end_of(after, b"*/"),
            [b'$', b'$', ..] => 1 + end_of(after.get(1..).unwrap_or_default(), b"$$"),
            _ => 0,
        };
        if skip > 0 {
            out.push(b' ');
            rest = after.get(skip..).unwrap_or_default();
        } else {
            out.push(first.to_ascii_lowercase());
            rest = after;
        }
    }
    out
}

/// How many bytes up to and with the end.
fn end_of(text: &[u8], end: &[u8]) -> usize {
    text.windows(end.len()).position(|w| w == end).map_or(text.len().max(1), |at| at + end.len())
}
