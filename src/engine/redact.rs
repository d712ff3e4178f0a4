//! What must never be written down, whatever tool's words it stands in.

/// What stands in the place of a secret.
pub const REDACTED: &[u8] = b"[redacted]";

/// `NAME=VALUE` with the value replaced; `None` for what has no `=`: it holds no value.
pub fn without_value(pair: &[u8]) -> Option<Vec<u8>> {
    let at = pair.iter().position(|b| *b == b'=')?;
    let mut hidden = pair.get(..=at)?.to_vec();
    hidden.extend_from_slice(REDACTED);
    Some(hidden)
}

/// The word with the `USER:PASSWORD` of every URL in it replaced; `None` when there is none.
pub fn without_userinfo(word: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = word;
    while let Some(at) = rest.windows(3).position(|w| w == b"://") {
        let (head, tail) = rest.split_at_checked(at + 3)?;
        let end = tail.iter().position(|b| matches!(b, b'/' | b'?' | b'#' | b' ' | b'"' | b'\'' | b','));
        let authority = tail.get(..end.unwrap_or(tail.len())).unwrap_or(tail);
        out.extend_from_slice(head);
        rest = tail;
        let sign =
            authority.iter().rposition(|b| *b == b'@').or_else(|| behind_odd_password(tail, authority));
        if let Some(sign) = sign {
            out.extend_from_slice(REDACTED);
            rest = tail.get(sign..)?;
        }
    }
    if out.is_empty() {
        return None;
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// Where the sign stands behind a password that holds what ends an authority: `anna:s3/cr3t@host`. A colon that no port
/// follows says that there is one.
fn behind_odd_password(tail: &[u8], authority: &[u8]) -> Option<usize> {
    let colon = authority.iter().position(|b| *b == b':')?;
    let port = authority.get(colon + 1..)?;
    if authority.starts_with(b"[") || (!port.is_empty() && port.iter().all(u8::is_ascii_digit)) {
        return None;
    }
    let end = tail.iter().position(|b| matches!(b, b' ' | b'"' | b'\'' | b'\n'));
    tail.get(..end.unwrap_or(tail.len()))?.iter().rposition(|b| *b == b'@')
}
