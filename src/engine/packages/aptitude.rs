//! What a call of aptitude does, from its words.

use super::words::{Sign, is_plain};
use crate::engine::effect::Effect;
use crate::engine::grammar::getopt::{Line, read};
use crate::engine::grammar::inline::Inline;
use crate::engine::packages::tables::aptitude::{Act, COMMANDS, Means, OPTIONS};
use crate::engine::verdict::Verdict;

/// aptitude's words, read.
pub type Words<'a> = Line<'a, Means>;

/// Reads the words after the program's name.
pub fn parse<'a>(words: &[&'a [u8]]) -> Words<'a> {
    read(OPTIONS, words, false)
}

/// The command with this name, in any case of letters.
pub fn command(word: &[u8]) -> Option<Act> {
    let is = |name: &Inline<24>| name.bytes().eq_ignore_ascii_case(word);
    COMMANDS.iter().find(|(name, _)| is(name)).map(|(_, act)| *act)
}

/// Judges the words after the program's name.
pub(super) fn classify(words: &[&[u8]]) -> Verdict {
    let line = parse(words);
    let verdict = judge(&line);
    if line.strange() { verdict.or_worse(judge(&read(OPTIONS, words, true))) } else { verdict }
}

fn judge(line: &Words<'_>) -> Verdict {
    if line.has(Means::Help) {
        return Verdict::why(Effect::Read, "only prints help");
    }
    let Some(name) = line.arg(0) else {
        return Verdict::why(Effect::Unknown, "the full-screen program: what is done in it cannot be told");
    };
    let Some(act) = command(name) else {
        return Verdict::why(Effect::Unknown, "no command of this tool");
    };
    match act {
        Act::Look => return Verdict::of(Effect::Read),
        Act::Note | Act::Fetch => return Verdict::of(Effect::Mutate),
        _ => {}
    }
    if line.has(Means::Simulate) {
        return Verdict::why(Effect::Read, "a simulation");
    }
    if act == Act::Clean {
        return Verdict::of(Effect::Mutate);
    }
    let operands = || line.args.iter().skip(1).map(|(_, word)| *word);
    let none = operands().next().is_none();
    if line.has(Means::DownloadOnly) {
        // aptitude 0.8 remembers what was planned: the next call without the option carries it out.
        return Verdict::why(
            Effect::Mutate,
            "--download-only removes nothing now, but marks it for the next call",
        );
    }
    // What goes along, what is not needed any more and what is pending only a plan can tell.
    let mut verdict = Verdict { content: true, ..Verdict::of(Effect::Mutate) };
    let unsigned = none || operands().any(|w| sign(w).0 == Sign::None);
    match act {
        Act::Remove | Act::Purge if unsigned => {
            verdict.content = false;
            verdict.raise(Effect::Disrupt, "removes packages and what depends on them");
            if act == Act::Purge {
                verdict.raise(Effect::Destroy, "purge scripts run, and delete data");
            }
        }
        Act::Replan => verdict.raise(Effect::Disrupt, "may remove packages"),
        Act::Install if none => verdict.raise(Effect::Disrupt, "carries out everything that is pending"),
        _ => {}
    }
    for word in operands() {
        match sign(word).0 {
            Sign::Minus => verdict.raise(Effect::Disrupt, "a name with - at its end is removed"),
            Sign::Automatic => {
                verdict.raise(Effect::Disrupt, "a name with M at its end goes when nothing needs it")
            }
            Sign::Underscore => verdict.raise(Effect::Destroy, "a name with _ at its end is purged"),
            _ => {}
        }
    }
    if line.has(Means::PurgeUnused) || line.values(Means::Setting).any(purges_unused) {
        verdict.raise(Effect::Destroy, "purges what is not needed any more");
    }
    verdict
}

/// `-o Aptitude::Purge-Unused=true`.
fn purges_unused(setting: &[u8]) -> bool {
    let Some(split) = setting.iter().position(|b| *b == b'=') else { return false };
    let (key, value) = setting.split_at(split);
    let value = value.get(1..).unwrap_or_default();
    key.eq_ignore_ascii_case(b"aptitude::purge-unused") && super::grammar::boolean(value) != Some(false)
}

/// Takes aptitude's sign off a word: `P-`, `P_`, `P+`, `P+M`, `P=`, `P:`, `P&M`, `P&m`, `P&BD` (aptitude(8), "override
/// specifiers").
pub fn sign(word: &[u8]) -> (Sign, &[u8]) {
    if let Some(at) = word.iter().rposition(|b| *b == b'&')
        && let (head, tail @ (b"&M" | b"&m" | b"&BD")) = word.split_at(at)
    {
        return (if tail == b"&M" { Sign::Automatic } else { Sign::Mark }, head);
    }
    match word {
        [head @ .., b'_'] if !head.is_empty() => (Sign::Underscore, head),
        [head @ .., b'='] | [head @ .., b':'] if is_plain(head) => (Sign::Mark, head),
        [head @ .., b'+', b'M'] if !head.is_empty() => (Sign::Automatic, head),
        word => super::words::sign(word),
    }
}

#[cfg(test)]
mod tests {
    use super::super::classify as of;
    use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};

    const ROWS: &[(Effect, &str)] = &[
        (Disrupt, "remove p"),
        (Disrupt, "REMOVE p"),
        (Destroy, "purge ~c"),
        (Destroy, "Purge p"),
        (Disrupt, "remove g++"),
        (Mutate, "remove p+"),
        (Mutate, "purge p= q:"),
        (Disrupt, "purge p+ q-"),
        (Destroy, "install p_"),
        (Disrupt, "safe-upgrade p q-"),
        (Mutate, "safe-upgrade"),
        (Disrupt, "full-upgrade"),
        (Destroy, "full-upgrade p_"),
        (Disrupt, "install"),
        (Mutate, "install p/experimental q&m r&BD s+"),
        (Disrupt, "install p&M"),
        (Disrupt, "safe-upgrade p+M"),
        (Disrupt, "--schedule-only remove p"),
        (Destroy, "--purge-unused install p"),
        (Destroy, "--purge-un remove p"),
        (Destroy, "-o Aptitude::Purge-Unused=true install p"),
        (Mutate, "hold p"),
        (Mutate, "update"),
        (Mutate, "clean"),
        (Read, "-s clean"),
        (Read, "search ~c"),
        (Read, "-F %p -w 80 search purge"),
        (Read, "why p"),
        (Read, "-s purge p"),
        (Read, "purge p -s"),
        (Read, "-ys purge p"),
        (Read, "--sim purge p"),
        (Destroy, "purge -- p -s"),
        (Destroy, "-o -s purge p"),
        (Destroy, "-qs purge p"),
        (Mutate, "-d full-upgrade"),
        (Unknown, ""),
        (Unknown, "-u"),
        (Unknown, "rm p"),
        (Read, "--help"),
    ];

    #[test]
    fn rows() {
        for (want, line) in ROWS {
            let words: Vec<&[u8]> = line.split(' ').filter(|w| !w.is_empty()).map(str::as_bytes).collect();
            assert_eq!(of(b"aptitude", &words).map(|v| v.effect), Some(*want), "aptitude {line}");
        }
    }
}
