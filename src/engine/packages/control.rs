//! Files of paragraphs, as dpkg and apt keep them (deb-control(5), deb822(5)): the one reader of `/var/lib/dpkg/status` and its
//! like. Pure and total: any bytes are read as far as they make sense.

/// The paragraphs of a file. Empty lines part them, however many.
pub fn paragraphs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.get(rest.iter().position(|b| *b != b'\n')?..)?;
        let end = rest.windows(2).position(|two| two == b"\n\n").unwrap_or(rest.len());
        let (paragraph, behind) = rest.split_at(end);
        rest = behind;
        Some(paragraph)
    })
}

/// The fields of a paragraph in their order: name, and value with its continuation lines, blanks around it taken off.
pub fn fields(paragraph: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = paragraph;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let mut end = line_end(rest);
            while rest.get(end).is_some_and(|first| matches!(first, b' ' | b'\t')) {
                end += line_end(rest.get(end..).unwrap_or_default());
            }
            let (field, behind) = rest.split_at(end);
            rest = behind;
            let colon = field.iter().position(|b| *b == b':' || *b == b'\n');
            if let Some(at) = colon.filter(|at| field.get(*at) == Some(&b':')) {
                let value = field.get(at + 1..).unwrap_or_default();
                return Some((field.get(..at).unwrap_or_default(), value.trim_ascii()));
            }
        }
        None
    })
}

/// Where the first line ends, its line break included.
fn line_end(text: &[u8]) -> usize {
    text.iter().position(|b| *b == b'\n').map_or(text.len(), |at| at + 1)
}

/// The value of a field. Upper and lower case are the same in names.
pub fn field<'t>(paragraph: &'t [u8], name: &str) -> Option<&'t [u8]> {
    fields(paragraph).find(|(field, _)| field.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
}

/// The settings files of a `Conffiles` value with the digest they had when they were installed: ` /path md5sum`, and a word
/// for what the package does not ship any more. A path may hold blanks.
pub fn conffiles(value: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    value.split(|b| *b == b'\n').filter_map(|line| {
        let line = line.trim_ascii();
        let line =
            line.strip_suffix(b" obsolete").or(line.strip_suffix(b" remove-on-upgrade")).unwrap_or(line);
        let at = line.iter().rposition(|b| *b == b' ')?;
        let (path, digest) = (line.get(..at)?.trim_ascii_end(), line.get(at + 1..)?);
        path.starts_with(b"/").then_some((path, digest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn paragraphs_have_fields_with_continuation_lines() {
        let file =
            b"\nPackage: a\nDepends: b,\n c\nnonsense\nStatus:install ok installed\n\n\n\nPackage: b\n";
        let all: Vec<Vec<(String, String)>> = paragraphs(file)
            .map(|p| fields(p).map(|(name, value)| (text(name), text(value))).collect())
            .collect();
        let row = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            all,
            [
                vec![row("Package", "a"), row("Depends", "b,\n c"), row("Status", "install ok installed")],
                vec![row("Package", "b")],
            ]
        );
        let first = paragraphs(file).next().unwrap();
        assert_eq!(field(first, "PACKAGE"), Some(&b"a"[..]));
        assert_eq!(field(first, "Version"), None);
    }

    #[test]
    fn settings_files_may_hold_blanks() {
        let value = b"\n /etc/a 0123\n /etc/b c 4567 obsolete\n /etc/d newconffile\n etc/e 89\n /etc/f";
        let all: Vec<(String, String)> =
            conffiles(value).map(|(path, digest)| (text(path), text(digest))).collect();
        let row = |path: &str, digest: &str| (path.to_owned(), digest.to_owned());
        assert_eq!(all, [row("/etc/a", "0123"), row("/etc/b c", "4567"), row("/etc/d", "newconffile")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for paragraph in paragraphs(&bytes) {
                prop_assert!(!paragraph.is_empty());
                fields(paragraph).for_each(|(name, _)| assert!(!name.contains(&b'\n')));
            }
        }
    }
}
