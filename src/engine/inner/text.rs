//! Programs that work on text and have a language of their own, in which files can be written and programs started: `sed`,
//! `awk`. (GNU sed 4.9 manual, 3.1 to 3.8; POSIX.1-2017 awk; gawk(1).)

use super::super::effect::Effect;

fn reads_if(reads: bool) -> Effect {
    if reads { Effect::Read } else { Effect::Disrupt }
}

/// `sed -n 1,5p FILE`, `sed 's/a/b/g'`: what only prints.
pub(super) fn sed(words: &[&[u8]]) -> Effect {
    let mut scripts: Vec<&[u8]> = Vec::new();
    let mut operands = 0;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match *word {
            b"-e" | b"--expression" => scripts.extend(rest.next()),
            b"--quiet" | b"--silent" | b"--regexp-extended" | b"--null-data" | b"--unbuffered"
            | b"--sandbox" => {}
            [b'-', b'-', ..] => match word.strip_prefix(b"--expression=") {
                Some(script) => scripts.push(script),
                None => return Effect::Disrupt,
            },
            [b'-', letters @ .., b'e'] if letters.iter().all(|b| b"nErzu".contains(b)) => {
                scripts.extend(rest.next())
            }
            [b'-', letters @ ..] if !letters.is_empty() && letters.iter().all(|b| b"nErzu".contains(b)) => {}
            [b'-', _, ..] => return Effect::Disrupt,
            operand => {
                if scripts.is_empty() && operands == 0 {
                    scripts.push(operand);
                }
                operands += 1;
            }
        }
    }
    reads_if(!scripts.is_empty() && scripts.iter().all(|script| only_prints(script)))
}

/// Whether a script of sed consists of addresses, substitutions and the commands that print, leave out and end.
fn only_prints(script: &[u8]) -> bool {
    let mut rest = script;
    loop {
        let blank = |b: &u8| b.is_ascii_whitespace() || b";{}".contains(b);
        rest = rest.get(rest.iter().position(|b| !blank(b)).unwrap_or(rest.len())..).unwrap_or_default();
        // Addresses: numbers, `$`, `/regex/`, between them a comma, behind them a `!`.
        while let Some(first) = rest.first() {
            rest = match first {
                b'/' => match behind(rest, 1) {
                    Some(behind) => behind.strip_prefix(b"I").unwrap_or(behind),
                    None => return false,
                },
                b if b.is_ascii_digit() || b"$,!~+ ".contains(b) => rest.get(1..).unwrap_or_default(),
                _ => break,
            };
        }
        let Some((command, more)) = rest.split_first() else { return true };
        rest = match command {
            b'p' | b'd' | b'q' | b'=' | b'n' | b'N' | b'P' | b'D' | b'g' | b'G' | b'h' | b'H' | b'x'
            | b'l' => more,
            b's' | b'y' => {
                let Some(behind) = behind(rest.get(1..).unwrap_or_default(), 2) else { return false };
                let flags =
                    behind.iter().position(|b| !b"gpiIm0123456789".contains(b)).unwrap_or(behind.len());
                behind.get(flags..).unwrap_or_default()
            }
            _ => return false,
        };
        if rest.first().is_some_and(|b| !blank(b) && *b != b'}') {
            return false;
        }
    }
}

/// What stands behind so many texts, each of which ends with the sign that begins the first.
fn behind(text: &[u8], texts: usize) -> Option<&[u8]> {
    let (sign, mut rest) = text.split_first()?;
    for _ in 0..texts {
        let mut at = 0;
        while rest.get(at)? != sign {
            at += 1 + usize::from(rest.get(at) == Some(&b'\\'));
        }
        rest = rest.get(at + 1..)?;
    }
    Some(rest)
}

/// `awk '{print $1}'`: a program that starts nothing and writes no file.
pub(super) fn awk(words: &[&[u8]]) -> Effect {
    let mut rest = words.iter();
    let program = loop {
        match rest.next().copied() {
            Some(b"-F" | b"-v") => drop(rest.next()),
            Some(option) if option.starts_with(b"-F") || option.starts_with(b"-v") => {}
            Some(option) if option.starts_with(b"-") => return Effect::Disrupt,
            Some(program) => break program,
            None => return Effect::Disrupt,
        }
    };
    let has = |part: &[u8]| program.windows(part.len()).any(|w| w == part);
    let pipes = program.iter().filter(|b| **b == b'|').count()
        != 2 * program.windows(2).filter(|w| w == b"||").count();
    reads_if(
        !(pipes
            || has(b">")
            || has(b"system")
            || has(b"getline")
            || has(b"@")
            || program.contains(&b'$') && has(b"$(")),
    )
}
