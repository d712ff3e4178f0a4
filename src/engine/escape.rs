//! Text from outside, made safe to show: no control characters, no bidirectional overrides, nothing invisible.

/// Escapes text for a terminal line. What is harmless stays as it is; everything else becomes `\xHH` (bytes that are
/// no UTF-8), `\u{H}` (control, bidi, invisible and separator characters) or `\\` (the backslash itself), so that two
/// different inputs never look the same.
pub fn escape(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '\\' {
                out.push_str("\\\\");
            } else if is_harmless(c) {
                out.push(c);
            } else {
                push_code(&mut out, c);
            }
        }
        for byte in chunk.invalid() {
            out.push_str("\\x");
            push_hex(&mut out, u32::from(*byte), 2);
        }
    }
    out
}

fn push_code(out: &mut String, c: char) {
    out.push_str("\\u{");
    push_hex(out, c as u32, 1);
    out.push('}');
}

fn push_hex(out: &mut String, value: u32, min_digits: u32) {
    let digits = (8 - value.leading_zeros() / 4).max(min_digits);
    for i in (0..digits).rev() {
        out.push(char::from_digit((value >> (i * 4)) & 15, 16).unwrap_or('0'));
    }
}

/// Characters that may reach the terminal as they are.
///
/// Kept out: C0, C1 and DEL, soft hyphen, combining grapheme joiner, Arabic letter mark, Hangul and Khmer fillers,
/// zero-width and directional marks, embeddings, isolates, line and paragraph separators, interlinear and variation
/// marks, the byte-order mark and the tag block (Unicode 16, general categories Cc, Cf, Zl, Zp and the
/// Default_Ignorable_Code_Point property), and every space that is not U+0020.
fn is_harmless(c: char) -> bool {
    !matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}'
        | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{1680}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}' | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays() {
        assert_eq!(escape("kubectl delete ns größe".as_bytes()), "kubectl delete ns größe");
    }

    #[test]
    fn control_bidi_and_raw_bytes_become_visible() {
        assert_eq!(escape(b"a\x1b[2Jb\xffc"), "a\\u{1b}[2Jb\\xffc");
        assert_eq!(escape("x\u{202e}y\u{200b}".as_bytes()), "x\\u{202e}y\\u{200b}");
        assert_eq!(escape(b"\\x1b"), "\\\\x1b");
    }

    /// The inverse: that there is one shows that no two inputs look the same.
    fn unescape(text: &str) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            out.extend_from_slice(&rest.as_bytes()[..at]);
            rest = &rest[at + 1..];
            if let Some(more) = rest.strip_prefix('\\') {
                out.push(b'\\');
                rest = more;
            } else if let Some(more) = rest.strip_prefix('x') {
                out.push(u8::from_str_radix(more.get(..2)?, 16).ok()?);
                rest = &more[2..];
            } else {
                let (code, more) = rest.strip_prefix("u{")?.split_once('}')?;
                let c = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = more;
            }
        }
        out.extend_from_slice(rest.as_bytes());
        Some(out)
    }

    /// Every character that directs, hides or separates text, by name.
    #[test]
    fn nothing_that_directs_or_hides_text_gets_through() {
        let bidi =
            "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        let hidden = "\u{ad}\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{fe0f}\u{e0001}\u{e0041}\u{3164}\u{2028}\u{2029}\u{85}\u{a0}";
        for c in bidi.chars().chain(hidden.chars()) {
            let shown = escape(c.to_string().as_bytes());
            assert!(shown.is_ascii() && shown.starts_with("\\u{"), "{shown}");
        }
    }

    proptest::proptest! {
        #[test]
        fn escaped_text_is_harmless_and_unique(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..64)) {
            let shown = escape(&bytes);
            proptest::prop_assert!(shown.chars().all(|c| is_harmless(c) && !c.is_control()));
            proptest::prop_assert_eq!(unescape(&shown), Some(bytes));
        }

        #[test]
        fn the_same_for_text_with_odd_characters(
            text in "[a\\\\xu{}0-9\u{0}-\u{9f}\u{200b}-\u{206f}\u{fe00}-\u{feff}\u{e0000}-\u{e0fff}]{0,32}"
        ) {
            let shown = escape(text.as_bytes());
            proptest::prop_assert!(shown.chars().all(|c| is_harmless(c) && !c.is_control()));
            proptest::prop_assert_eq!(unescape(&shown), Some(text.into_bytes()));
        }
    }
}
