//! What the shim lets through by itself: `rm` of plain files where nothing of the machine, of others, or of a database lies. All
//! else is for the full guard to look at, which is no question yet.
//!
//! A mount point among the operands needs no look here: the kernel itself refuses to unlink a file that something is mounted on,
//! and to remove such a directory (`EBUSY`; unlink(2), rmdir(2); Linux, `vfs_unlink` and `vfs_rmdir` in `fs/namei.c`).

use super::grammar::Rm;
use super::places::{self, Places};

/// What became of a question to the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The directory is there, and this is its real path.
    There(Vec<u8>),
    /// Nothing is: `rm` will say so.
    Nothing,
    /// It could not be looked at.
    Hidden,
}

/// Whether `rm` with these words may run without the full guard having looked. `places` is the list that guard keeps; without
/// one nothing passes. `parent` answers where a directory that the words name really is.
pub fn passes<'w>(words: &[&'w [u8]], places: Option<Places<'_>>, parent: &mut impl Parent<'w>) -> bool {
    let rm = Rm::read(words, false);
    let Some(places) = places.filter(|_| !(rm.recursive || rm.strange || rm.late)) else { return false };
    rm.operands.iter().all(|operand| is_plain(operand, places, parent))
}

/// What the system tells about directories as they stand in the words.
pub trait Parent<'w> {
    /// Where it is, its links followed.
    fn parent(&mut self, dir: &'w [u8]) -> &Seen;
}

fn is_plain<'w>(operand: &'w [u8], places: Places<'_>, system: &mut impl Parent<'w>) -> bool {
    let (dir, name) = split(operand);
    if matches!(name, b"" | b"." | b"..") {
        // There is no file without a name; a slash at the end is another matter.
        return operand.is_empty();
    }
    match system.parent(dir) {
        Seen::There(parent) => {
            let path = joined(parent, name);
            !places::is_of_root(&path) && places.touched(&path).is_none()
        }
        seen => *seen == Seen::Nothing,
    }
}

/// The directory of an operand, and its name there. A slash at the end leaves no name.
pub fn split(operand: &[u8]) -> (&[u8], &[u8]) {
    match operand.iter().rposition(|b| *b == b'/') {
        None => (b".", operand),
        Some(slash) => {
            let (dir, name) = operand.split_at(slash);
            (if dir.is_empty() { b"/" } else { dir }, name.get(1..).unwrap_or_default())
        }
    }
}

/// A name in a directory.
pub fn joined(dir: &[u8], name: &[u8]) -> Vec<u8> {
    [dir.strip_suffix(b"/").unwrap_or(dir), b"/", name].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The working directory is `/srv/app`, and so is `/app`.
    struct Made(Seen);

    impl Parent<'_> for Made {
        fn parent(&mut self, dir: &[u8]) -> &Seen {
            self.0 = match dir {
                b"." | b"/app" => Seen::There(b"/srv/app".to_vec()),
                b"gone" => Seen::Nothing,
                b"hidden" => Seen::Hidden,
                b"link" => Seen::There(b"/etc".to_vec()),
                dir if dir.starts_with(b"/") => Seen::There(dir.to_vec()),
                _ => Seen::There(b"/srv/app/sub".to_vec()),
            };
            &self.0
        }
    }

    fn of(words: &[&[u8]], text: Option<&[u8]>) -> bool {
        passes(words, text.and_then(Places::read), &mut Made(Seen::Hidden))
    }

    fn list() -> Vec<u8> {
        places::written(&[b"/srv/pg/15".to_vec()], Some(b"/home/anna"))
    }

    fn pass(line: &str) -> bool {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        of(&words, Some(&list()))
    }

    #[test]
    fn plain_files_pass_where_nothing_of_note_lies() {
        for line in [
            "a",
            "-f a b c",
            "-f",
            "-fv -- a -b",
            "-i a",
            "-d sub/x",
            "/srv/app/a",
            "/app/a",
            "-f gone/x",
            "/tmp/x",
            "/opt/app/x",
            "/home/anna/x",
            "/usr/local/bin/x",
            "/srv/pgx/a",
        ] {
            assert!(pass(line), "{line}");
        }
    }

    #[test]
    fn all_else_goes_to_guard() {
        for line in [
            "-r a",
            "-fR a",
            "--rec a",
            "a -r",
            // With POSIXLY_CORRECT `-f` is a file here.
            "a -f",
            "-x a",
            "--ve a",
            "a/",
            ".",
            "..",
            "sub/..",
            "/",
            "/x",
            "/etc/passwd",
            "link/passwd",
            "/var/lib/x",
            "/var",
            "/var/lib",
            "/boot/x",
            "/usr/bin/x",
            "/srv/pg/15/base/1/2",
            "/srv/pg/15",
            "/srv/pg",
            "/srv",
            "/home/bert/x",
            "/home/anna",
            "/home",
            "/root/x",
            "hidden/x",
            "a /etc/passwd",
        ] {
            assert!(!pass(line), "{line}");
        }
        assert!(!of(&[b"a"], None) && !of(&[b"a"], Some(b"x")), "without a list");
        assert!(of(&[b"/srv/pg/15/x"], Some(&places::written(&[], None))));
    }

    #[test]
    fn operands_are_split_at_their_last_slash() {
        for (operand, dir, name) in [
            ("a", ".", "a"),
            ("/a", "/", "a"),
            ("b/a", "b", "a"),
            ("/b//a", "/b/", "a"),
            ("a/", "a", ""),
            ("/", "/", ""),
        ] {
            assert_eq!(split(operand.as_bytes()), (dir.as_bytes(), name.as_bytes()), "{operand}");
        }
        assert_eq!(joined(b"/", b"a"), b"/a");
        assert_eq!(joined(b"/b", b"a"), b"/b/a");
    }

    fn words() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let known = prop::sample::select(vec![
            "-r",
            "-f",
            "--",
            "--rec",
            "-i",
            "a",
            "/etc/x",
            "/srv/pg/15",
            "b/c",
            "-",
            "--help",
            ".",
            "",
            "-d",
        ]);
        let known = known.prop_map(|w| w.as_bytes().to_vec());
        prop::collection::vec(prop_oneof![known, prop::collection::vec(any::<u8>(), 0..12)], 0..6)
    }

    proptest! {
        #[test]
        fn an_answer_for_every_input_and_never_a_milder_one_with_r(words in words(), at in 0usize..6) {
            let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            let before = of(&slices, Some(&list()));
            let mut more = slices.clone();
            more.insert(at.min(slices.len()), b"-r");
            let after = of(&more, Some(&list()));
            prop_assert!(before || !after);
        }

        #[test]
        fn the_order_of_operands_does_not_matter(mut operands in words()) {
            operands.retain(|w| w.first() != Some(&b'-'));
            let plain = |words: &[Vec<u8>]| of(&words.iter().map(Vec::as_slice).collect::<Vec<_>>(), Some(&list()));
            let before = plain(&operands);
            operands.reverse();
            prop_assert_eq!(before, plain(&operands));
        }
    }
}
