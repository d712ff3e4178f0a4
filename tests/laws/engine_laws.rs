//! Laws of the parser and the classifier, for any words.

use crate::cases::cases;
use guard::engine::classify::{classify, redact};
use guard::engine::effect::Effect;
use guard::engine::grammar::cobra::{Problem, Reading, parse, parse_as};
use guard::engine::grammar::table::{Arity, Command, Flag, Role};
use guard::engine::kube::kubectl::TABLE;
use guard::engine::tool::KUBECTL;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn borrowed(words: &[Vec<u8>]) -> Vec<&[u8]> {
    words.iter().map(Vec::as_slice).collect()
}

fn bytes(words: &[&str]) -> Vec<Vec<u8>> {
    words.iter().map(|w| w.as_bytes().to_vec()).collect()
}

fn effect(words: &[Vec<u8>]) -> Effect {
    classify(b"kubectl", &borrowed(words)).effect
}

fn commands() -> Vec<&'static Command> {
    TABLE.commands.iter().filter(|c| !c.path.starts_with("__")).collect()
}

fn flags(command: &Command) -> Vec<&'static Flag> {
    let own: Vec<&Flag> = command.flags.iter().map(|i| &TABLE.pool[usize::from(*i)]).collect();
    let globals = TABLE.globals.iter().filter(|g| own.iter().all(|o| o.long != g.long)).collect::<Vec<_>>();
    own.into_iter().chain(globals).collect()
}

/// A word as people, scripts and mistakes produce it.
fn word() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<String> = TABLE
        .commands
        .iter()
        .flat_map(|c| c.path.split(' '))
        .map(str::to_owned)
        .chain(TABLE.pool.iter().chain(TABLE.globals).map(|f| format!("--{}", f.long)))
        .chain(
            [
                "--",
                "-",
                "",
                "-n",
                "-Af",
                "-itn",
                "-n=x",
                "--dry-run",
                "--dry-run=client",
                "--raw=/x",
                "pods",
                "--=",
                "---",
            ]
            .map(str::to_owned),
        )
        .collect();
    prop_oneof![
        6 => select(known).prop_map(String::into_bytes),
        2 => "-{1,2}[a-zA-Z_=-]{0,6}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..6),
    ]
}

/// The words of a command, and a group of words for each thing said after it.
fn spoken() -> impl Strategy<Value = (&'static Command, Vec<Vec<Vec<u8>>>)> {
    select(commands()).prop_flat_map(|command| {
        let flags = flags(command);
        let group = prop_oneof![
            select(vec!["pods", "web", "ns/x", "a=b", "k-", "-"]).prop_map(|w| bytes(&[w])),
            (select(flags), select(vec!["x", "true", "0", "-A"]), any::<bool>()).prop_map(
                |(f, v, joined)| {
                    match f.arity {
                        Arity::Value if joined => bytes(&[&format!("--{}={v}", f.long)]),
                        Arity::Value => bytes(&[&format!("--{}", f.long), v]),
                        _ => bytes(&[&format!("--{}", f.long)]),
                    }
                }
            ),
        ];
        (Just(command), vec(group, 0..5))
    })
}

fn said(command: &Command, groups: &[Vec<Vec<u8>>]) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = command.path.split(' ').map(|w| w.as_bytes().to_vec()).collect();
    words.extend(groups.iter().flatten().cloned());
    words
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(1024), failure_persistence: None, ..ProptestConfig::default() })]

    /// Nothing panics, and every word is accounted for exactly once.
    #[test]
    fn parse_is_lossless(words in vec(word(), 0..9), eat in vec(0..9_usize, 0..4)) {
        let words = borrowed(&words);
        for reading in [Reading::Tool, Reading::Loose, Reading::Eat(&eat)] {
            let parsed = parse_as(&TABLE, &words, reading);
            prop_assert_eq!(parsed.words, &words[..]);
            let mut uses = vec![0_usize; words.len()];
            parsed.command_at.as_slice().iter().for_each(|at| uses[*at] += 1);
            parsed.args.iter().for_each(|(at, bytes)| { assert_eq!(words[*at], *bytes); uses[*at] += 1; });
            let mut flag_words: Vec<usize> = parsed.given.iter().map(|g| g.at).collect();
            flag_words.dedup();
            flag_words.iter().for_each(|at| uses[*at] += 1);
            for given in &parsed.given {
                if let Some(at) = given.value_at {
                    prop_assert_eq!(words[at], given.value);
                    uses[at] += 1;
                }
            }
            let unused: Vec<&[u8]> = uses.iter().zip(&words).filter(|(n, _)| **n == 0).map(|(_, w)| *w).collect();
            prop_assert!(uses.iter().all(|n| *n <= 1), "{:?}", uses);
            prop_assert!(unused.is_empty() || (parsed.dash.is_some() && unused == [b"--"]), "{:?}", unused);
        }
        classify(b"kubectl", &words);
        prop_assert_eq!(redact(&KUBECTL, &words).len(), words.len());
    }

    /// `--flag v` and `--flag=v` are the same for flags that take a value.
    #[test]
    fn a_value_may_stand_apart((command, groups) in spoken(), pick in any::<Index>(), value in "[a-z-]{1,5}") {
        let values: Vec<&Flag> = flags(command).into_iter().filter(|f| f.arity == Arity::Value).collect();
        let flag = pick.get(&values);
        let mut apart = said(command, &groups);
        let mut joined = apart.clone();
        apart.extend(bytes(&[&format!("--{}", flag.long), &value]));
        joined.extend(bytes(&[&format!("--{}={value}", flag.long)]));
        prop_assert_eq!(effect(&apart), effect(&joined));
        let (apart, joined) = (borrowed(&apart), borrowed(&joined));
        prop_assert_eq!(parse(&TABLE, &apart).last(flag.long), parse(&TABLE, &joined).last(flag.long));
    }

    /// Global flags may stand anywhere before `--`.
    #[test]
    fn global_flags_stand_anywhere((command, groups) in spoken(), pick in any::<Index>(), place in any::<Index>(), apart in any::<bool>()) {
        let own = |g: &&Flag| TABLE.own_flag(command, g.long.as_bytes()).is_none() && g.role != Role::Help;
        let globals: Vec<&Flag> = TABLE.globals.iter().filter(own).collect();
        let flag = pick.get(&globals);
        let token = match flag.arity {
            Arity::Value if apart => bytes(&[&format!("--{}", flag.long), "v"]),
            Arity::Value => bytes(&[&format!("--{}=v", flag.long)]),
            _ => bytes(&[&format!("--{}", flag.long)]),
        };
        let path = command.path.split(' ').map(|w| bytes(&[w]));
        let mut all: Vec<Vec<Vec<u8>>> = path.chain(groups.iter().cloned()).collect();
        let plain: Vec<Vec<u8>> = all.iter().flatten().cloned().collect();
        all.insert(place.index(all.len() + 1), token);
        let moved: Vec<Vec<u8>> = all.into_iter().flatten().collect();
        prop_assert_eq!(effect(&plain), effect(&moved), "{:?}", moved);
        prop_assert_eq!(parse(&TABLE, &borrowed(&moved)).path(), parse(&TABLE, &borrowed(&plain)).path());
    }

    /// One more token never lowers the effect, except one that keeps kubectl from acting.
    #[test]
    fn a_token_never_lowers((command, groups) in spoken(), pick in any::<Index>(), positional in any::<bool>()) {
        let quiet = |f: &&&Flag| matches!(f.role, Role::Help | Role::DryRun) || ["local", "list"].contains(&f.long);
        let flags = flags(command);
        let loud: Vec<&&Flag> = flags.iter().filter(|f| !quiet(f)).collect();
        let mut words = said(command, &groups);
        let before = effect(&words);
        if positional {
            words.extend(bytes(&["more"]));
        } else {
            let flag = pick.get(&loud);
            words.extend(bytes(&[&match flag.arity {
                Arity::Value => format!("--{}=v", flag.long),
                _ => format!("--{}", flag.long),
            }]));
        }
        prop_assert!(effect(&words) >= before, "{:?}", words);
    }

    /// A flag nobody knows never lowers the effect either, wherever it stands behind the command.
    #[test]
    fn an_unknown_flag_never_lowers((command, groups) in spoken(), place in any::<Index>()) {
        let plain = said(command, &groups);
        let mut all = groups.clone();
        all.insert(place.index(all.len() + 1), bytes(&["--no-such-flag"]));
        let words = said(command, &all);
        prop_assert!(effect(&words) >= effect(&plain), "{:?}", words);
        let words = borrowed(&words);
        prop_assert!(matches!(parse(&TABLE, &words).problem, Some(Problem::UnknownFlag(_))));
    }
}

/// The same shape of words through every command: help and an honoured dry run read, `--raw` beats the dry run.
#[test]
fn what_keeps_kubectl_from_acting() {
    for command in commands() {
        let words = said(command, &[bytes(&["x", "--help"])]);
        assert_eq!(effect(&words), Effect::Read, "{}", command.path);
        let has = |long: &str| TABLE.own_flag(command, long.as_bytes()).is_some();
        if has("dry-run") {
            for (token, read) in [
                ("--dry-run", true),
                ("--dry_run=server", true),
                ("--dry-run=client", true),
                ("--dry-run=true", true),
                ("--dry-run=1", true),
                ("--dry-run=none", false),
                ("--dry-run=false", false),
                ("--dry-run=0", false),
                ("--dry-run=Client", false),
                ("--dry-run=", false),
            ] {
                let got = effect(&said(command, &[bytes(&["x", "y"]), bytes(&[token])]));
                assert_eq!(
                    got == Effect::Read,
                    read || command.effect == Effect::Read,
                    "{} {token}",
                    command.path
                );
            }
            let twice = said(command, &[bytes(&["--dry-run=server", "--dry-run=none"])]);
            assert_eq!(effect(&twice), effect(&said(command, &[])), "{}", command.path);
            let behind = said(command, &[bytes(&["--", "--dry-run=client"])]);
            assert_ne!(effect(&behind) == Effect::Read, command.effect != Effect::Read, "{}", command.path);
        }
        if has("raw") && has("dry-run") && command.effect != Effect::Read {
            let raw = said(command, &[bytes(&["--raw=/api/v1/namespaces/x", "--dry-run=server"])]);
            assert_ne!(effect(&raw), Effect::Read, "{}", command.path);
        }
    }
}
