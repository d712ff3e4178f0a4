//! The command line of GNU `rm` (coreutils 9.1, `src/rm.c`; rm(1)): options anywhere until `--`, long names and the values of
//! `--interactive` shortened, the last of `-f -i -I --interactive` counts.
//!
//! What another `rm` makes of the same words (uutils, busybox, the BSDs) is never milder than what is read here: an option
//! that is not known takes nothing away, and a name that GNU refuses to have shortened counts as given.

/// rm's long options, each with what it means: the letter that means the same, or a digit where none does.
/// `---presume-input-tty` is there for its own test suite.
const LONG: &[u8] = b"r recursive\nd dir\nf force\n1 interactive\n2 one-file-system\n3 preserve-root\n\
    4 no-preserve-root\nv verbose\nv -presume-input-tty\n5 help\n6 version";
/// Its letters. `-v` takes and leaves nothing.
const LETTERS: &[u8] = b"rRdfiIv";
/// WHEN of `--interactive`, each with the letter that means the same.
const WHEN: &[u8] = b"n never\nn no\nn none\nI once\ni always\ni yes";

/// What a word means in a table like these: the whole word, or the beginning of one, or of several that mean the same
/// (getopt_long(3), `argmatch`).
fn meaning(table: &[u8], word: &[u8]) -> Option<u8> {
    let mut found = None;
    let mut several = false;
    for row in table.split(|b| *b == b'\n') {
        if let [means, _, name @ ..] = row
            && name.starts_with(word)
        {
            if name.len() == word.len() {
                return Some(*means);
            }
            several |= found.is_some_and(|other| other != *means);
            found = Some(*means);
        }
    }
    found.filter(|_| !several)
}

/// Whom rm asks by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asks {
    /// About what is write-protected, where its standard input is a terminal.
    #[default]
    Protected,
    /// Nobody.
    Never,
    /// Once, where more than three are named or whole directories go.
    Once,
    /// About each.
    Always,
}

/// What becomes of `/` and of what is mounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Root {
    /// `/` itself is refused.
    #[default]
    Kept,
    /// So is whatever lies on another file system than the directory it is in.
    KeptAll,
    /// `/` goes as well.
    Lost,
}

/// The words after `rm`, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rm<'a> {
    /// Directories go with all that is in them.
    pub recursive: bool,
    /// Empty directories go.
    pub directories: bool,
    /// Whom it asks.
    pub asks: Asks,
    /// That nothing is there is no error.
    pub force: bool,
    /// What lies on another file system than the operand stays.
    pub one_file_system: bool,
    /// What becomes of `/`.
    pub root: Root,
    /// `--help`, `--version`: nothing else is done.
    pub prints: bool,
    /// One of these stands before every operand.
    pub surely_prints: bool,
    /// An option is among the words that the table does not know.
    pub strange: bool,
    /// An option stands behind an operand: with POSIXLY_CORRECT in the environment that is an operand, too.
    pub late: bool,
    /// What is to be removed.
    pub operands: Vec<&'a [u8]>,
}

impl<'a> Rm<'a> {
    /// Reads the words. With `posixly` options end at the first operand, as where POSIXLY_CORRECT is set (getopt(3)).
    ///
    /// Read by hand and not by [`getopt`](crate::engine::grammar::getopt): that would be its code once more in the shim, for a
    /// tool none of whose options takes the word behind it.
    pub fn read(words: &[&'a [u8]], posixly: bool) -> Rm<'a> {
        let mut rm = Rm::default();
        let mut ended = false;
        for word in words {
            match word {
                [b'-', rest @ ..] if !(ended || rest.is_empty()) => {
                    rm.late |= !rm.operands.is_empty();
                    match rest {
                        b"-" => ended = true,
                        [b'-', long @ ..] => rm.take_long(long),
                        letters => letters.iter().for_each(|letter| {
                            rm.take(*letter, LETTERS.contains(letter));
                        }),
                    }
                }
                word => {
                    rm.operands.push(word);
                    ended |= posixly;
                }
            }
        }
        rm
    }

    fn take_long(&mut self, long: &[u8]) {
        let split = long.iter().position(|b| *b == b'=').unwrap_or(long.len());
        let (name, value) = long.split_at_checked(split).unwrap_or((long, b""));
        let means = meaning(LONG, name).filter(|_| !name.is_empty());
        let means = match (means, value) {
            (Some(b'1'), []) => Some(b'i'),
            (Some(b'1'), [_, when @ ..]) => meaning(WHEN, when),
            (Some(b'3'), [_, all @ ..]) => (all == b"all").then_some(b'7'),
            (means, _) => means,
        };
        self.take(means.unwrap_or(0), means.is_some());
    }

    fn take(&mut self, means: u8, known: bool) {
        self.strange |= !known;
        match means {
            _ if !known => {}
            b'r' | b'R' => self.recursive = true,
            b'd' => self.directories = true,
            b'f' => (self.asks, self.force) = (Asks::Never, true),
            b'n' => self.asks = Asks::Never,
            b'i' => (self.asks, self.force) = (Asks::Always, false),
            b'I' => (self.asks, self.force) = (Asks::Once, false),
            b'2' => self.one_file_system = true,
            b'3' => self.root = Root::Kept,
            b'4' => self.root = Root::Lost,
            b'7' => self.root = Root::KeptAll,
            b'5' | b'6' => {
                self.prints = true;
                self.surely_prints |= self.operands.is_empty();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rm<'a>(line: &'a str, posixly: bool) -> Rm<'a> {
        let words: Vec<&[u8]> = line.split(' ').filter(|w| !w.is_empty()).map(str::as_bytes).collect();
        Rm::read(&words, posixly)
    }

    fn shown(rm: &Rm<'_>) -> String {
        let mut out: Vec<String> = Vec::new();
        let flags = [
            (rm.recursive, "r"),
            (rm.directories, "d"),
            (rm.force, "f"),
            (rm.one_file_system, "x"),
            (rm.prints, "prints"),
            (rm.strange, "strange"),
            (rm.late, "late"),
        ];
        out.extend(flags.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).to_owned()));
        if rm.asks != Asks::default() {
            out.push(format!("{:?}", rm.asks));
        }
        if rm.root != Root::default() {
            out.push(format!("{:?}", rm.root));
        }
        let operands: Vec<String> =
            rm.operands.iter().map(|w| String::from_utf8_lossy(w).into_owned()).collect();
        format!("{}: {}", out.join(" "), operands.join(" "))
    }

    #[test]
    fn words_are_read_as_rm_reads_them() {
        for (line, want) in [
            ("a b", ": a b"),
            ("-rf a", "r f Never: a"),
            ("-fr -- -a --help", "r f Never: -a --help"),
            ("-R a", "r: a"),
            ("a -r", "r late: a"),
            ("-r a -- b", "r late: a b"),
            ("--rec --for a", "r f Never: a"),
            ("--r a", "r: a"),
            ("--d a", "d: a"),
            ("-dv a", "d: a"),
            ("-f -i a", "Always: a"),
            ("-i -f a", "f Never: a"),
            ("-if a", "f Never: a"),
            ("-fI a", "Once: a"),
            ("--interactive a", "Always: a"),
            ("--in=al a", "Always: a"),
            ("--interactive=y a", "Always: a"),
            ("--interactive=o a", "Once: a"),
            ("--interactive=n a", "Never: a"),
            ("--interactive=none a", "Never: a"),
            ("-f --interactive=never a", "f Never: a"),
            ("-f --interactive=once a", "Once: a"),
            ("--interactive= a", "strange: a"),
            ("--interactive=x a", "strange: a"),
            ("--one a", "x: a"),
            ("--preserve-root a", ": a"),
            ("--pre=all a", "KeptAll: a"),
            ("--preserve-root=al a", "strange: a"),
            ("--no-preserve-root -r /", "r Lost: /"),
            // GNU refuses this one to be shortened.
            ("--no-pres -r /", "r Lost: /"),
            ("--no-preserve-root --preserve-root /", ": /"),
            ("---presume-input-tty a", ": a"),
            ("--- a", ": a"),
            ("--ver a", "strange: a"),
            ("--verb a", ": a"),
            ("--vers a", "prints: a"),
            ("--h -rf a", "r f prints Never: a"),
            ("a --help", "prints late: a"),
            ("-x a", "strange: a"),
            ("-rPx a", "r strange: a"),
            ("-", ": -"),
            ("", ": "),
            ("-- ", ": "),
        ] {
            assert_eq!(shown(&rm(line, false)), want, "{line}");
        }
    }

    #[test]
    fn options_end_at_the_first_operand_where_posix_counts() {
        for (line, want) in [
            ("-f a -r", "f Never: a -r"),
            ("a --help", ": a --help"),
            ("a -- b", ": a -- b"),
            ("-- a -- b", ": a -- b"),
            ("-r -- -a b", "r: -a b"),
            ("-r", "r: "),
            ("--help a", "prints: a"),
        ] {
            assert_eq!(shown(&rm(line, true)), want, "{line}");
        }
    }
}
