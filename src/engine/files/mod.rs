//! Files: what the words of `rm` say, and where what they name matters. Pure: words and paths in, data out.
//!
//! What is removed is lost for good: there is no copy, and nobody asks. So every word that names something is `destroy`, a
//! floor that facts lower: a plain file where nothing of note lies, scratch, what a build makes again, what git has elsewhere,
//! nothing at all. Everyday removals of plain files never get so far: the shim lets them through by [`pass`].

pub mod databases;
pub mod grammar;
pub mod pass;
pub mod places;
pub mod scratch;
pub mod unattended;

use super::effect::Effect;
use super::situation::{Object, Situation};
#[cfg(feature = "cli")]
use super::tool::Tool;
use crate::engine::verdict::Verdict;
use grammar::Rm;
use std::borrow::Cow;

/// The command, which is the tool itself.
pub const VERB: &str = "rm";

/// Judges the words after `rm`. Words alone do not say whether POSIXLY_CORRECT is set: the worse of both readings counts.
///
/// Its own question (`-i`, `-I`) lowers nothing. It names the file and not the machine, so that a y on the wrong terminal is the
/// very mistake; and without a terminal it reads standard input (`yes | rm -ri x`).
pub fn classify(words: &[&[u8]]) -> Verdict {
    let rm = Rm::read(words, false);
    judge(&rm, rm.surely_prints)
}

/// The same where it is known how options are read.
pub fn classify_as(words: &[&[u8]], posixly: bool) -> Verdict {
    let rm = Rm::read(words, posixly);
    judge(&rm, rm.prints)
}

fn judge(rm: &Rm<'_>, prints: bool) -> Verdict {
    let (effect, because) = if prints {
        // Nothing before it is done, and an option that is none ends the call.
        (Effect::Read, "only prints help")
    } else if rm.operands.iter().all(|operand| operand.is_empty()) {
        (Effect::Read, "names nothing to remove")
    } else if rm.recursive {
        (Effect::Destroy, "removes directories with all that is in them")
    } else {
        (Effect::Destroy, "removes files for good")
    };
    Verdict::why(effect, because)
}

/// What a policy can look at, by the words: the files as they are named.
pub fn situation(tool: &str, words: &[&[u8]], effect: Effect) -> Situation {
    let rm = Rm::read(words, false);
    let mut found = Situation::of(tool, VERB, effect);
    let file = |operand: &&[u8]| Object {
        resource: "files".to_owned(),
        name: Some(String::from_utf8_lossy(operand).into_owned()),
        ..Object::default()
    };
    found.objects = rm.operands.iter().filter(|operand| !operand.is_empty()).map(file).collect();
    // What is in a directory goes with it.
    found.objects_complete = !rm.recursive && !rm.late && !found.objects.is_empty();
    found.kinds_complete = !found.objects.is_empty();
    let whole = rm.operands.iter().any(|operand| !operand.is_empty() && operand.iter().all(|b| *b == b'/'));
    found.whole_scope = (rm.recursive && whole).into();
    found
}

/// The command, as rules of a policy name it.
#[cfg(feature = "cli")]
pub fn verbs(_: &Tool) -> Vec<String> {
    vec![VERB.to_owned()]
}

/// The words with their secrets replaced: paths are none.
pub fn redact<'a>(words: &'a [&'a [u8]]) -> Vec<Cow<'a, [u8]>> {
    words.iter().map(|word| Cow::Borrowed(*word)).collect()
}

#[cfg(test)]
mod tests {
    use super::Effect::{Destroy, Read};
    use super::*;
    use crate::engine::situation::Whole;
    use proptest::prelude::*;

    fn of(line: &str) -> Verdict {
        classify(&line.split(' ').filter(|w| !w.is_empty()).map(str::as_bytes).collect::<Vec<_>>())
    }

    #[test]
    fn rows() {
        for (want, line) in [
            (Read, ""),
            (Read, "-rf"),
            (Read, "-rf --"),
            (Read, "--help"),
            (Read, "--version"),
            (Read, "-rf --help x"),
            (Read, "--vers"),
            (Read, "--help x -v"),
            (Destroy, "x"),
            (Destroy, "-f x"),
            (Destroy, "-i x"),
            (Destroy, "-rf x"),
            (Destroy, "--recursive --one-file-system x"),
            (Destroy, "-- --help"),
            (Destroy, "-d x"),
            (Destroy, "-rf / --no-preserve-root"),
            // Files of that name where POSIXLY_CORRECT is set.
            (Destroy, "x --help"),
            (Destroy, "-rf x --version"),
            // Another rm may know it.
            (Destroy, "-P x"),
            (Destroy, "--unknown x"),
        ] {
            assert_eq!(of(line).effect, want, "{line}");
        }
        let words: Vec<&[u8]> = vec![b"x", b"--help"];
        assert_eq!(classify_as(&words, false).effect, Read);
        assert_eq!(classify_as(&words, true).effect, Destroy);
    }

    #[test]
    fn the_situation_names_the_files() {
        let of =
            |line: &str| situation("rm", &line.split(' ').map(str::as_bytes).collect::<Vec<_>>(), Destroy);
        let s = of("-f a /b/c");
        let names: Vec<&str> = s.objects.iter().filter_map(|o| o.name.as_deref()).collect();
        assert_eq!((names, s.verb.as_str(), s.objects_complete), (vec!["a", "/b/c"], "rm", true));
        assert!(!of("-r a").objects_complete);
        assert_eq!((of("-r /").whole_scope, of("-r /x").whole_scope), (Whole::Yes, Whole::No));
    }

    const LONG: [&str; 10] = [
        "recursive",
        "dir",
        "force",
        "interactive",
        "one-file-system",
        "preserve-root",
        "no-preserve-root",
        "verbose",
        "help",
        "version",
    ];

    fn words() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let known = prop::sample::select(vec![
            "-r", "-f", "--", "--rec", "-i", "-I", "a", "-rf", "b/c", "-", "--help", "--ver", "", "--int=al",
        ]);
        let known = known.prop_map(|w| w.as_bytes().to_vec());
        prop::collection::vec(prop_oneof![known, prop::collection::vec(any::<u8>(), 0..12)], 0..8)
    }

    proptest! {
        #[test]
        fn total_and_lossless(words in words()) {
            let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            let verdict = classify(&slices);
            prop_assert!(!verdict.because.is_empty());
            let _ = situation("rm", &slices, verdict.effect);
            prop_assert_eq!(redact(&slices).len(), slices.len());
            // Every word is an option, an operand, or the one that ends the options.
            let rm = Rm::read(&slices, true);
            prop_assert!(rm.operands.len() <= slices.len());
        }

        #[test]
        fn r_never_lowers(words in words(), at in 0usize..8) {
            let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            let mut more = slices.clone();
            more.insert(at.min(slices.len()), b"-r");
            prop_assert!(classify(&more).effect >= classify(&slices).effect);
        }

        #[test]
        fn the_order_of_operands_does_not_matter(words in words()) {
            let (mut options, mut operands): (Vec<&[u8]>, Vec<&[u8]>) =
                words.iter().map(Vec::as_slice).filter(|w| *w != b"--").partition(|w| w.len() > 1 && w.starts_with(b"-"));
            options.push(b"--");
            let before = classify(&[options.clone(), operands.clone()].concat());
            operands.reverse();
            prop_assert_eq!(before, classify(&[options, operands].concat()));
        }

        #[test]
        fn an_abbreviation_is_the_whole_word(name in prop::sample::select(LONG.to_vec()), cut in 1usize..16) {
            let short = &name[..cut.min(name.len())];
            let alone = LONG.iter().filter(|long| long.starts_with(short)).count() == 1;
            let read = |name: &str| format!("{:?}", Rm::read(&[format!("--{name}").as_bytes(), b"x"], false));
            if alone || short == name {
                prop_assert_eq!(read(short), read(name));
            }
        }
    }
}
