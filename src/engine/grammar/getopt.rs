//! Command lines of programs that use GNU `getopt_long`: options anywhere until `--`, letters joined, long names shortened
//! as long as they stay unambiguous.

use crate::engine::grammar::inline::Inline;

/// How an option takes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// Attached, or the next word whatever it is.
    Value,
    /// Attached only.
    Optional,
}

/// One option of a program whose own meanings are `M`.
#[derive(Clone, Copy, Debug)]
pub struct Opt<M> {
    /// Its letter, 0 when there is none.
    pub short: u8,
    /// Its name without dashes, empty when there is none.
    pub long: Inline<28>,
    /// How it takes its value.
    pub takes: Takes,
    /// What it means.
    pub means: M,
}

/// One option given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given<'a, M> {
    /// What it means; `None` when the table does not know it.
    pub means: Option<M>,
    /// Its value, when it has one.
    pub value: Option<&'a [u8]>,
    /// The word it stands in.
    pub at: usize,
    /// The word its value is, when that is one of its own.
    pub value_at: Option<usize>,
}

/// The words, read.
#[derive(Clone, Debug)]
pub struct Line<'a, M> {
    /// Every option, in order.
    pub given: Vec<Given<'a, M>>,
    /// The words that are no options.
    pub args: Vec<(usize, &'a [u8])>,
    /// Where `--` stands.
    pub dash: Option<usize>,
}

impl<'a, M: Copy + PartialEq> Line<'a, M> {
    /// How often an option of this meaning was given.
    pub fn count(&self, means: M) -> usize {
        self.given.iter().filter(|g| g.means == Some(means)).count()
    }

    /// Whether one was given.
    pub fn has(&self, means: M) -> bool {
        self.count(means) > 0
    }

    /// The values given for it, in order.
    pub fn values<'s>(&'s self, means: M) -> impl Iterator<Item = &'a [u8]> + 's {
        self.given.iter().filter(move |g| g.means == Some(means)).filter_map(|g| g.value)
    }

    /// Whether an option was given that the table does not know.
    pub fn strange(&self) -> bool {
        self.given.iter().any(|g| g.means.is_none())
    }

    /// The word that is no option at this place.
    pub fn arg(&self, nth: usize) -> Option<&'a [u8]> {
        self.args.get(nth).map(|(_, word)| *word)
    }
}

/// Reads words. `eats` says whether options that are not in the table take a value.
pub fn read<'a, M: Copy + PartialEq>(table: &[Opt<M>], words: &[&'a [u8]], eats: bool) -> Line<'a, M> {
    let mut line = Line { given: Vec::new(), args: Vec::new(), dash: None };
    let mut at = 0;
    while let Some(word) = words.get(at).copied() {
        match word {
            b"--" => {
                line.dash = Some(at);
                line.args.extend(words.iter().enumerate().skip(at + 1).map(|(i, w)| (i, *w)));
                break;
            }
            [b'-', b'-', body @ ..] => {
                let split = body.iter().position(|b| *b == b'=');
                let name = split.and_then(|s| body.get(..s)).unwrap_or(body);
                let attached = split.and_then(|s| body.get(s + 1..));
                let (means, takes) = match by_long(table, name) {
                    Some(opt) => (Some(opt.means), opt.takes),
                    None if eats => (None, Takes::Value),
                    None => (None, Takes::Optional),
                };
                at = line.put(words, at, means, takes, attached);
            }
            [b'-', letters @ ..] if !letters.is_empty() => {
                let mut rest = letters;
                while let [letter, after @ ..] = rest {
                    let opt = table.iter().find(|o| o.short == *letter && *letter != 0);
                    let takes = match opt {
                        Some(opt) => opt.takes,
                        None if eats => Takes::Value,
                        None => Takes::Nothing,
                    };
                    let means = opt.map(|o| o.means);
                    match (takes, after) {
                        (Takes::Nothing, _) => {
                            line.put(words, at, means, takes, None);
                            rest = after;
                            continue;
                        }
                        (_, []) => at = line.put(words, at, means, takes, None),
                        (_, after) => at = line.put(words, at, means, takes, Some(after)),
                    }
                    break;
                }
            }
            _ => line.args.push((at, word)),
        }
        at += 1;
    }
    line
}

impl<'a, M: Copy> Line<'a, M> {
    fn put(
        &mut self,
        words: &[&'a [u8]],
        at: usize,
        means: Option<M>,
        takes: Takes,
        attached: Option<&'a [u8]>,
    ) -> usize {
        let next = match (takes, attached) {
            (Takes::Value, None) if at + 1 < words.len() => Some(at + 1),
            _ => None,
        };
        let value = attached.or_else(|| next.and_then(|n| words.get(n).copied()));
        self.given.push(Given { means, value, at, value_at: next });
        next.unwrap_or(at)
    }
}

/// The whole name, or the only one it is the beginning of (several that mean the same count as one).
fn by_long<'t, M: Copy + PartialEq>(table: &'t [Opt<M>], name: &[u8]) -> Option<&'t Opt<M>> {
    if name.is_empty() {
        return None;
    }
    if let Some(opt) = table.iter().find(|o| o.long.is(name)) {
        return Some(opt);
    }
    let mut begun = table.iter().filter(|o| o.long.bytes().starts_with(name));
    let first = begun.next()?;
    begun.all(|o| o.means == first.means && o.takes == first.takes).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::grammar::inline::inline;

    const fn o(short: u8, long: &str, takes: Takes, means: u8) -> Opt<u8> {
        Opt { short, long: inline(long), takes, means }
    }

    const TABLE: &[Opt<u8>] = &[
        o(b's', "simulate", Takes::Nothing, 1),
        o(b'o', "", Takes::Value, 2),
        o(b'q', "quiet", Takes::Optional, 3),
        o(0, "show-why", Takes::Nothing, 4),
        o(0, "show-deps", Takes::Nothing, 5),
        o(b't', "target", Takes::Value, 6),
    ];

    #[test]
    fn options_are_read_as_getopt_reads_them() {
        for (text, options, args) in [
            ("-s a b", vec![(1, "")], "a b"),
            ("a -s b", vec![(1, "")], "a b"),
            ("a -- -s b", vec![], "a -s b"),
            ("-so K=V a", vec![(1, ""), (2, "K=V")], "a"),
            ("-oK=V a", vec![(2, "K=V")], "a"),
            ("-o -s a", vec![(2, "-s")], "a"),
            ("-q a", vec![(3, "")], "a"),
            ("-q2s a", vec![(3, "2s")], "a"),
            ("--quiet 2 a", vec![(3, "")], "2 a"),
            ("--quiet=2 a", vec![(3, "2")], "a"),
            ("--sim a", vec![(1, "")], "a"),
            ("--show a", vec![(0, "")], "a"),
            ("--show-w a", vec![(4, "")], "a"),
            ("--target x a", vec![(6, "x")], "a"),
            ("- a", vec![], "- a"),
            ("-x a", vec![(0, "")], "a"),
        ] {
            let words: Vec<&[u8]> = text.split(' ').map(str::as_bytes).collect();
            let line = read(TABLE, &words, false);
            let got: Vec<(u8, &str)> = line
                .given
                .iter()
                .map(|g| {
                    (g.means.unwrap_or(0), std::str::from_utf8(g.value.unwrap_or_default()).unwrap_or("?"))
                })
                .collect();
            let left: Vec<&[u8]> = line.args.iter().map(|(_, w)| *w).collect();
            assert_eq!((got, left.join(&b' ')), (options, args.as_bytes().to_vec()), "{text}");
        }
    }

    #[test]
    fn unknown_options_may_be_read_with_a_value() {
        let words: [&[u8]; 3] = [b"--new", b"a", b"b"];
        assert_eq!(read(TABLE, &words, true).args, [(2, &b"b"[..])]);
        assert_eq!(read(TABLE, &words, false).args.len(), 2);
        assert!(read(TABLE, &words, false).strange());
    }
}
