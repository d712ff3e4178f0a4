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
}
