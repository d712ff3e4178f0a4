//! Names that are not what they look like: a Cyrillic `а` in `prod-eu`, a character no keyboard types.

/// What is odd about a name somebody has to type, in words for the screen; `None` for plain ASCII.
///
/// A small check for one question only: could this name be taken for another one, or not be typed at all? Scripts are
/// told apart by their blocks, coarsely; every letter outside ASCII is worth a word anyway.
pub fn oddity(name: &str) -> Option<String> {
    if name.chars().any(|c| c.is_ascii_control()) {
        return Some("holds control characters; it cannot be typed as it is shown".to_owned());
    }
    if name.starts_with(' ') || name.ends_with(' ') || name.contains("  ") {
        return Some("begins or ends with a blank, or holds several in a row".to_owned());
    }
    let odd: Vec<char> = name.chars().filter(|c| !c.is_ascii()).collect();
    let first = odd.first()?;
    let mut scripts: Vec<&str> = name.chars().filter_map(script).collect();
    scripts.sort_unstable();
    scripts.dedup();
    if scripts.len() > 1 {
        return Some(format!("mixes {} letters; it may look like another name", scripts.join(" and ")));
    }
    Some(format!("has characters outside ASCII, the first is U+{:04X}", u32::from(*first)))
}

/// The script of a letter, by block; `None` for everything that belongs to no script alone.
fn script(c: char) -> Option<&'static str> {
    Some(match c {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{2c60}'..='\u{2c7f}' => {
            "Latin"
        }
        '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => "full-width Latin",
        '\u{1d400}'..='\u{1d7ff}' => "mathematical",
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => "Greek",
        '\u{400}'..='\u{52f}'
        | '\u{1c80}'..='\u{1c8f}'
        | '\u{2de0}'..='\u{2dff}'
        | '\u{a640}'..='\u{a69f}' => "Cyrillic",
        '\u{530}'..='\u{58f}' => "Armenian",
        '\u{590}'..='\u{5ff}' => "Hebrew",
        '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => "Arabic",
        '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' => "Cherokee",
        '\u{3040}'..='\u{30ff}' => "Japanese",
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => "Han",
        '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' => "Hangul",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names() {
        assert_eq!(oddity("prod-eu/shop"), None);
        assert_eq!(oddity("arn:aws:eks:eu-west-1:111111111111:cluster/prod"), None);
        let told = |name| oddity(name).unwrap_or_default();
        // The second letter is U+0430, Cyrillic.
        assert!(told("m\u{430}in").contains("mixes Cyrillic and Latin"), "{}", told("m\u{430}in"));
        assert!(told("größe").contains("U+00F6"));
        assert!(told("кластер").contains("outside ASCII"));
        assert!(told("\u{ff50}rod").contains("mixes Latin and full-width Latin"));
        assert!(told("a\x1bb").contains("control"));
        assert!(told(" main").contains("blank"));
    }
}
