//! The caller's own words turned into a rehearsal: the same call, so that the plan is the same, which changes nothing.

use super::program;
use crate::engine::packages::tables::apt::{APT, GET};

/// The words that let the same tool show what these words would do, and do nothing; `None` for tools that cannot.
///
/// apt's simulation can be undone by later words (`-s --no-s`), so that it has to be asked for last, before `--`; an
/// option that waits for a value does not take it for one, because it begins with `-`. `APT::Update` is what `--update`
/// sets: with it the lists are fetched in a simulation, too. aptitude and dpkg know no way back, and an option waiting
/// for its value takes any word, so that theirs comes first. With `-v` aptitude prints its plan as apt does, besides its
/// own list. dpkg's own hooks (`--pre-invoke`) run all the same.
///
/// apt refuses `-s` where a command plans nothing (`update`, `download`): then there is nothing to rehearse.
pub fn rehearsal<'a>(tool: &[u8], words: &[&'a [u8]]) -> Option<Vec<&'a [u8]>> {
    const APT_LAST: [&[u8]; 3] = [b"-o", b"APT::Update=0", b"-s"];
    let first: &[&[u8]] = match tool {
        _ if program(tool).is_some_and(|p| p & (APT | GET) != 0) => {
            let dash = words.iter().position(|w| *w == b"--").unwrap_or(words.len());
            let (before, rest) = words.split_at_checked(dash)?;
            return Some([before, &APT_LAST, rest].concat());
        }
        b"aptitude" | b"aptitude-curses" => &[b"-s", b"-y", b"-v"],
        b"dpkg" => &[b"--no-act"],
        _ => return None,
    };
    Some([first, words].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rehearsal_keeps_the_words_and_their_order() {
        for (line, want) in [
            ("apt-get -y remove p", "-y remove p -o APT::Update=0 -s"),
            ("apt remove p -- q", "remove p -o APT::Update=0 -s -- q"),
            ("aptitude remove p", "-s -y -v remove p"),
            ("dpkg -P p", "--no-act -P p"),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let got = words.split_first().and_then(|(tool, rest)| rehearsal(tool, rest)).unwrap_or_default();
            assert_eq!(got.join(&b' '), want.as_bytes(), "{line}");
        }
        assert_eq!(rehearsal(b"systemctl", &[b"stop", b"x"]), None);
        assert_eq!(rehearsal(b"apt-mark", &[b"auto", b"x"]), None);
    }
}
