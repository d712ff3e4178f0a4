//! What dumps are called: by the ends of their names, and without what changes from one time to the next.

use std::path::Path;

/// Ends of names of dumps; what packs them may follow.
const ENDS: &[&str] =
    &["sql", "dump", "pgdump", "psql", "backup", "bak", "custom", "rdb", "tar", "pg", "dmp"];
/// Those that mean nothing else.
const SURE_ENDS: &[&str] = &["sql", "dump", "pgdump", "psql", "rdb"];
/// Programs that pack a dump, by the end of its name.
const PACKED: &[&str] = &["gz", "zst", "xz", "bz2", "lz4"];

/// Whether a file is called as nothing but a dump is: where nobody can tell what is in it, it is not taken for something else.
pub fn is_surely_one(path: &Path) -> bool {
    path.file_name().is_some_and(|name| has_end(&name.to_string_lossy(), SURE_ENDS))
}

/// `shop.sql.gz`, `shop-2026-11-30.dump`, `dump.rdb`
pub fn is_named_like_one(name: &str) -> bool {
    has_end(name, ENDS)
}

fn has_end(name: &str, ends: &[&str]) -> bool {
    let mut parts: Vec<&str> = name.split('.').collect();
    if parts.len() > 1 && parts.last().is_some_and(|end| PACKED.contains(end)) {
        parts.pop();
    }
    // Rotated ones have a number or a day behind: `shop.sql.1`, `shop.dump-20261130`.
    let is_end = |part: &&str| {
        let part = part.to_ascii_lowercase();
        ends.iter().any(|end| {
            part.strip_prefix(end)
                .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b'_'))
        })
    };
    parts.iter().skip(1).any(is_end)
}

/// Words in a name that change from one time to the next.
const CHANGING: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
    "latest",
    "daily",
    "weekly",
    "monthly",
];

/// A path without what changes from one time to the next: numbers, days, months. Only the last two parts change by themselves; a
/// server's own number stands further up.
pub fn series_of(path: &Path) -> String {
    key_of(path, |word| is_number(word) || is_word_of_time(word))
}

/// Mostly digits: `20261130`, `02h15m`, `v2`.
fn is_number(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits > 0 && digits * 2 >= word.len()
}

fn is_word_of_time(word: &str) -> bool {
    CHANGING.contains(&word.to_ascii_lowercase().as_str())
}

/// Certainly a time: days and months, and what has the digits of a year at least. How often a dump is made may be the name of a
/// database as well.
pub fn is_time(word: &str) -> bool {
    let often = ["daily", "weekly", "monthly", "latest"].contains(&word.to_ascii_lowercase().as_str());
    (is_word_of_time(word) && !often)
        || (is_number(word) && word.bytes().filter(u8::is_ascii_digit).count() >= 4)
}

/// A path without those of its words that change.
pub fn key_of(path: &Path, changes: fn(&str) -> bool) -> String {
    let parts: Vec<String> =
        path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    let fixed = parts.len().saturating_sub(2);
    let each = parts
        .iter()
        .enumerate()
        .map(|(i, part)| if i < fixed { part.clone() } else { without_time(part, changes) });
    each.collect::<Vec<_>>().join("/")
}

fn without_time(name: &str, changes: fn(&str) -> bool) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        // The rest of a date follows its year: `2026-11-30`.
        let goes_on = out.ends_with('#') && word.len() <= 2 && word.bytes().all(|b| b.is_ascii_digit());
        if !word.is_empty() && (changes(word) || goes_on) {
            if !out.ends_with('#') {
                out.push('#');
            }
        } else {
            out.push_str(word);
        }
        word.clear();
    };
    for c in name.chars() {
        if c.is_alphanumeric() {
            word.push(c);
            continue;
        }
        flush(&mut word, &mut out);
        // `2026-11-30` and `20261130` are one.
        if !(out.ends_with('#') && matches!(c, '-' | '_' | ':' | '+')) {
            out.push(c);
        }
    }
    flush(&mut word, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dumps() {
        for (name, is) in [
            ("shop.sql", true),
            ("shop.sql.gz", true),
            ("shop-2026-11-30.dump", true),
            ("shop.sql.1", true),
            ("shop.dump-20261130", true),
            ("dump.rdb", true),
            ("pg_backup.tar.zst", true),
            ("dpkg.status.0", false),
            ("apt.extended_states.1.gz", false),
            ("notes.txt", false),
            ("sql", false),
            ("alternatives.tar.0", true),
        ] {
            assert_eq!(is_named_like_one(name), is, "{name}");
        }
    }

    #[test]
    fn one_dump_at_different_times() {
        let same = |a: &str, b: &str| series_of(Path::new(a)) == series_of(Path::new(b));
        assert!(same("/b/shop-2026-11-30.dump", "/b/shop-20261201.dump"));
        assert!(same("/b/2026-11-30/shop.dump", "/b/2026-12-01/shop.dump"));
        assert!(same("/b/shop_2026-11-30_02h15m.Monday.sql.gz", "/b/shop_2026-12-01_02h14m.Tuesday.sql.gz"));
        assert!(same("/b/shop.sql.1", "/b/shop.sql.2"));
        assert!(!same("/b/shop-1.dump", "/b/crm-1.dump"));
        assert!(!same("/srv/db1/x/shop.dump", "/srv/db2/x/shop.dump"), "another server's");
        assert!(same("/b/daily/shop.dump", "/b/weekly/shop.dump"));
    }
}
