//! What a call of dpkg does, from its words. Its options end at the first word that is none (`dpkg_options_parse` in
//! `lib/dpkg/options.c`), so that a dry run has to be asked for before the packages; names are never shortened.

use crate::engine::effect::Effect;
use crate::engine::packages::tables::dpkg::{
    DPKG, DPKG_DEB, DPKG_DIVERT, DPKG_STATOVERRIDE, Kind, Opt, Takes,
};
use crate::engine::verdict::Verdict;

/// One option given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given<'a> {
    /// What it is; `None` when the table does not know it: dpkg refuses the call.
    pub kind: Option<Kind>,
    /// Its value.
    pub value: Option<&'a [u8]>,
    /// The word it stands in.
    pub at: usize,
    /// The word its value is, when that is one of its own.
    pub value_at: Option<usize>,
}

/// The words, read.
#[derive(Clone, Debug, Default)]
pub struct Line<'a> {
    /// Every option, in order.
    pub given: Vec<Given<'a>>,
    /// The first word that is no option, and everything behind it.
    pub args: Vec<(usize, &'a [u8])>,
    /// Where `--` stands.
    pub dash: Option<usize>,
}

/// The options of the program with this name.
fn table(program: &[u8]) -> Option<&'static [Opt]> {
    match program {
        b"dpkg" => Some(DPKG),
        b"dpkg-deb" => Some(DPKG_DEB),
        b"dpkg-divert" => Some(DPKG_DIVERT),
        b"dpkg-statoverride" => Some(DPKG_STATOVERRIDE),
        _ => None,
    }
}

/// Reads the words after `dpkg`.
pub fn parse<'a>(words: &[&'a [u8]]) -> Line<'a> {
    read(DPKG, words)
}

/// Judges the words after the program's name; `None` for a program that is not of this family.
pub(super) fn classify(program: &[u8], words: &[&[u8]]) -> Option<Verdict> {
    if program == b"dpkg-query" || program == b"dpkg-split" {
        return Some(Verdict::of(if program == b"dpkg-query" { Effect::Read } else { Effect::Mutate }));
    }
    let line = read(table(program)?, words);
    Some(judge(program, &line))
}

fn read<'a>(table: &'static [Opt], words: &[&'a [u8]]) -> Line<'a> {
    let mut line = Line::default();
    let mut at = 0;
    while let Some(word) = words.get(at).copied() {
        match word {
            b"--" => {
                line.dash = Some(at);
                at += 1;
                break;
            }
            [b'-', b'-', body @ ..] => at = line.long(table, words, at, body),
            [b'-', letters @ ..] => at = line.shorts(table, words, at, letters),
            _ => break,
        }
        at += 1;
    }
    line.args.extend(words.iter().enumerate().skip(at).map(|(i, w)| (i, *w)));
    line
}

impl<'a> Line<'a> {
    /// Whether an option of this kind was given.
    pub fn has(&self, kind: Kind) -> bool {
        self.given.iter().any(|g| g.kind == Some(kind))
    }

    fn long(&mut self, table: &'static [Opt], words: &[&'a [u8]], at: usize, body: &'a [u8]) -> usize {
        if let Some(opt) = table.iter().find(|o| !body.is_empty() && o.long.is(body)) {
            return self.put(Some(opt), words, at, None);
        }
        for opt in table.iter().filter(|o| o.takes != Takes::Nothing) {
            let sign = if opt.takes == Takes::Suffix { b'-' } else { b'=' };
            let Some([first, value @ ..]) = body.strip_prefix(opt.long.bytes()) else { continue };
            if *first == sign && !opt.long.bytes().is_empty() {
                return self.put(Some(opt), words, at, Some(value));
            }
        }
        self.put(None, words, at, None)
    }

    fn shorts(&mut self, table: &'static [Opt], words: &[&'a [u8]], at: usize, letters: &'a [u8]) -> usize {
        let mut rest = letters;
        if rest.is_empty() {
            return self.put(None, words, at, None);
        }
        while let [letter, after @ ..] = rest {
            let opt = table.iter().find(|o| o.short == *letter && *letter != 0);
            match (opt, after) {
                (Some(opt), [_, ..]) if opt.takes != Takes::Nothing => {
                    let value = after.strip_prefix(b"=").unwrap_or(after);
                    return self.put(Some(opt), words, at, Some(value));
                }
                (opt, []) => return self.put(opt, words, at, None),
                (opt, _) => {
                    self.put(opt, words, at, None);
                }
            }
            rest = after;
        }
        at
    }

    fn put(
        &mut self,
        opt: Option<&'static Opt>,
        words: &[&'a [u8]],
        at: usize,
        attached: Option<&'a [u8]>,
    ) -> usize {
        let takes = opt.map_or(Takes::Nothing, |o| o.takes);
        let next = match (takes, attached) {
            (Takes::Value | Takes::Suffix, None) if at + 1 < words.len() => Some(at + 1),
            _ => None,
        };
        let value = attached.or_else(|| next.and_then(|n| words.get(n).copied()));
        self.given.push(Given { kind: opt.map(|o| o.kind), value, at, value_at: next });
        next.unwrap_or(at)
    }
}

fn judge(program: &[u8], line: &Line<'_>) -> Verdict {
    if line.has(Kind::Help) {
        return Verdict::why(Effect::Read, "only prints help");
    }
    let mut verdict = Verdict::of(Effect::Read);
    let mut acts = false;
    for given in &line.given {
        acts |= matches!(given.kind, Some(Kind::Action(_) | Kind::Install | Kind::Selections));
        match given.kind {
            Some(Kind::Action(Effect::Disrupt)) => verdict.raise(Effect::Disrupt, "removes packages"),
            Some(Kind::Action(Effect::Destroy)) => {
                verdict.raise(Effect::Destroy, "purge scripts run, and delete data");
            }
            Some(Kind::Action(Effect::Unknown)) => {
                verdict.raise(Effect::Unknown, "reads its words from elsewhere");
            }
            Some(Kind::Action(effect)) => verdict.effect = verdict.effect.max(effect),
            Some(Kind::Install) => {
                // What has to make room for a file is written in the file (deb-control(5): Conflicts, Replaces, Provides).
                verdict.effect = verdict.effect.max(Effect::Mutate);
                verdict.content = true;
            }
            Some(Kind::Selections) => verdict.raise(Effect::Mutate, "selects what a later run removes"),
            _ => {}
        }
    }
    if line.has(Kind::Action(Effect::Disrupt)) && line.has(Kind::Pending) {
        // The selection says how it goes, not the action (dpkg 1.21: a package selected so is purged by `-r -a`).
        verdict.raise(Effect::Destroy, "--pending purges what was selected to be purged");
    }
    if line.has(Kind::Install) && line.has(Kind::AutoDeconfigure) {
        verdict.raise(Effect::Disrupt, "may deconfigure packages that are in the way");
    }
    // dpkg-divert adds, dpkg refuses.
    if !acts {
        verdict.effect = match program {
            b"dpkg-divert" => Effect::Mutate,
            _ if line.given.iter().any(|g| g.kind.is_none()) => Effect::Unknown,
            _ => Effect::Read,
        };
    }
    if line.has(Kind::NoAct) {
        verdict = Verdict::why(Effect::Read, "a dry run");
    }
    if line.has(Kind::Hook) {
        verdict.raise(Effect::Unknown, "names a command that dpkg runs, in a dry run too");
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::super::classify as of;
    use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};

    const ROWS: &[(Effect, &str)] = &[
        (Disrupt, "dpkg -r p"),
        (Destroy, "dpkg --remove --pending"),
        (Destroy, "dpkg -ra"),
        (Destroy, "dpkg -P p"),
        (Destroy, "dpkg -aP"),
        (Destroy, "dpkg -EGP p"),
        (Destroy, "dpkg --force-all --purge p"),
        (Destroy, "dpkg --force all --purge p"),
        (Destroy, "dpkg --root=/x -P p"),
        (Destroy, "dpkg --admindir --no-act -P p"),
        (Destroy, "dpkg -D1 -P p"),
        (Destroy, "dpkg -D --no-act -P p"),
        (Read, "dpkg --no-act -P p"),
        (Read, "dpkg -P --dry-run p"),
        (Read, "dpkg -P --simulate p"),
        (Destroy, "dpkg -P p --no-act"),
        (Destroy, "dpkg -P -- --no-act p"),
        (Disrupt, "dpkg -r --no-ac p"),
        (Unknown, "dpkg --no-act --pre-invoke=reboot -P p"),
        (Unknown, "dpkg --purg p"),
        (Mutate, "dpkg -i p.deb"),
        (Disrupt, "dpkg -B -i p.deb"),
        (Mutate, "dpkg --configure -a"),
        (Mutate, "dpkg --set-selections"),
        (Mutate, "dpkg --clear-selections"),
        (Mutate, "dpkg --remove-architecture i386"),
        (Read, "dpkg -l"),
        (Read, "dpkg -L p"),
        (Read, "dpkg -S purge"),
        (Read, "dpkg --validate-pkgname p"),
        (Read, "dpkg --assert-multi-arch"),
        (Read, "dpkg --compare-versions 1 lt 2"),
        (Read, "dpkg --help"),
        (Read, "dpkg"),
        (Read, "dpkg -I p.deb"),
        (Mutate, "dpkg -x p.deb /tmp/x"),
        (Mutate, "dpkg-deb -R p.deb x"),
        (Read, "dpkg-deb -c p.deb"),
        (Read, "dpkg-query -W -f x"),
        (Mutate, "dpkg-divert --rename /x"),
        (Read, "dpkg-divert --list"),
        (Read, "dpkg-divert --test --remove /x"),
    ];

    #[test]
    fn what_is_installed_may_take_others_away() {
        for (line, content) in [
            ("-i p.deb", true),
            ("--install p.deb q.deb", true),
            ("--unpack p.deb", true),
            ("--force-depends -i p.deb", true),
            ("-RGEi dir", true),
            ("-iB p.deb", true),
            ("--no-act -i p.deb", false),
            ("-i --help", false),
            ("--configure -a", false),
            ("-r p", false),
            ("-x p.deb /tmp/x", false),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            assert_eq!(of(b"dpkg", &words).map(|v| v.content), Some(content), "{line}");
        }
    }

    #[test]
    fn rows() {
        for (want, line) in ROWS {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let got = words.split_first().and_then(|(tool, rest)| of(tool, rest));
            assert_eq!(got.map(|v| v.effect), Some(*want), "{line}");
        }
    }
}
