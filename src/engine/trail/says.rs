//! What of a call's words and variables says where it goes, and which files: read by rows of data, at every harmless call, so
//! without a parse of the words. Which values they are nobody keeps: [`Said::key`] is a keyed hash of them.
//!
//! It does not have to be exact: the same reading makes the key when a place is learnt and when it is looked up, and words that
//! this reading takes for a flag of its own (`-l --context`) only make one place two. The path of a file is no part of the key,
//! for it has many spellings: the file itself is told by its device and inode.

use core::hash::Hasher as _;

/// What of a tool's call says where it goes. A row of data in the folder of its family.
#[derive(Clone, Copy, Debug)]
pub struct Says {
    /// Which kind of place it is.
    pub kind: Kind,
    /// The variables that say it, those that name its files included.
    pub vars: &'static [&'static str],
    /// The flags that say it: the long name, and the letter or 0.
    pub flags: &'static [(&'static str, u8)],
    /// The flags that say where inside: with one of them the place's own default does not count.
    pub inside: &'static [(&'static str, u8)],
    /// The files that say the rest, the one that says most first.
    pub files: &'static [File],
}

/// Which kind of place a tool goes to: one digit in a record, so that no number is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A cluster.
    Cluster = 1,
    /// An account of a cloud.
    Account = 2,
}

impl Kind {
    /// The kind of this number.
    pub const fn of(number: u8) -> Option<Kind> {
        match number {
            1 => Some(Kind::Cluster),
            2 => Some(Kind::Account),
            _ => None,
        }
    }
}

/// A file that says where a call goes, as far as its words and variables do not.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// The index of the flag that names it.
    pub flag: Option<usize>,
    /// The index of the variable that names it.
    pub var: usize,
    /// Whether the variable holds a list.
    pub list: bool,
    /// Where it is without either, below the home directory.
    pub below_home: &'static str,
}

/// More than any row has.
pub const MOST: usize = 12;

/// What one call says.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    says: &'static Says,
    vars: [Option<&'a [u8]>; MOST],
    flags: [Option<&'a [u8]>; MOST],
    home: Option<&'a [u8]>,
    /// Whether it says where inside.
    pub says_inside: bool,
}

impl<'a> Said<'a> {
    /// Reads the words behind the tool's name, and the entries of the environment (`NAME=value`).
    pub fn of(says: &'static Says, words: &[&'a [u8]], env: &[&'a [u8]]) -> Said<'a> {
        let mut said = Said { says, vars: [None; MOST], flags: [None; MOST], home: None, says_inside: false };
        // Most entries begin with no letter that any of the variables begins with.
        let bit = |text: &[u8]| 1u64 << (text.first().copied().unwrap_or(0) & 63);
        let begins = says.vars.iter().fold(0, |bits, name| bits | bit(name.as_bytes()));
        for entry in env {
            // As `getenv` does: the first of a name counts.
            if said.home.is_none() && entry.starts_with(b"HOME=") {
                said.home = entry.get(5..);
                continue;
            }
            if begins & bit(entry) == 0 {
                continue;
            }
            for (slot, name) in said.vars.iter_mut().zip(says.vars) {
                if slot.is_none()
                    && let Some([b'=', value @ ..]) = entry.strip_prefix(name.as_bytes())
                {
                    *slot = Some(value);
                }
            }
        }
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let [b'-', second, ..] = **word else { continue };
            if **word == *b"--" {
                break;
            }
            said.says_inside |= says.inside.iter().any(|flag| value_in(word, flag).is_some());
            for (slot, flag) in said.flags.iter_mut().zip(says.flags) {
                // The last of a flag counts.
                match value_in(word, flag) {
                    Some([]) => *slot = words.next().copied(),
                    Some([b'=', value @ ..]) => *slot = Some(value),
                    Some(value) if second != b'-' => *slot = Some(value),
                    _ => continue,
                }
                break;
            }
        }
        said
    }

    /// The same with another value of this flag (`--context`) or variable (`AWS_PROFILE`), which the row has.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&'a [u8]>) -> Said<'a> {
        let at = match name.strip_prefix("--") {
            Some(long) => {
                let at = self.says.flags.iter().position(|(flag, _)| *flag == long);
                at.and_then(|at| self.flags.get_mut(at))
            }
            None => {
                let at = self.says.vars.iter().position(|var| *var == name);
                at.and_then(|at| self.vars.get_mut(at))
            }
        };
        if let Some(slot) = at {
            *slot = value;
        }
        self
    }

    /// The kind of place.
    pub fn kind(&self) -> Kind {
        self.says.kind
    }

    /// Calls this with the path of every file in their order: the second part follows the first without a separator.
    pub fn each_file(&self, mut look: impl FnMut(&'a [u8], &'static str)) {
        for file in self.says.files {
            let by_flag = file.flag.and_then(|at| self.flags.get(at).copied().flatten());
            let by_var = self.vars.get(file.var).copied().flatten();
            match (by_flag.filter(|path| !path.is_empty()), by_var.filter(|paths| !paths.is_empty())) {
                (Some(path), _) => look(path, ""),
                (None, Some(list)) if file.list => {
                    list.split(|b| *b == b':')
                        .filter(|path| !path.is_empty())
                        .for_each(|path| look(path, ""));
                }
                (None, Some(path)) => look(path, ""),
                (None, None) => {
                    if let Some(home) = self.home.filter(|home| !home.is_empty()) {
                        look(home, file.below_home);
                    }
                }
            }
        }
    }

    /// What it all comes to, by a key of this directory's own: the same words and variables are the same number, and nobody
    /// reads out of it what they were. `others` are numbers that tell the files behind the first.
    pub fn key(&self, secret: [u8; 16], others: &[u64]) -> u64 {
        let mut all = Vec::with_capacity(256);
        all.push(self.says.kind as u8);
        let is_path = |at: usize| self.says.files.iter().any(|file| file.var == at);
        let names_path = |at: usize| self.says.files.iter().any(|file| file.flag == Some(at));
        let vars = self.vars.iter().enumerate().map(|(at, var)| var.filter(|_| !is_path(at)));
        let flags = self.flags.iter().enumerate().map(|(at, flag)| flag.filter(|_| !names_path(at)));
        for part in vars.chain(flags) {
            // An empty variable and none are not the same to every tool.
            let value = part.unwrap_or_default();
            all.extend_from_slice(&(value.len() as u32 * 2 + u32::from(part.is_some())).to_le_bytes());
            all.extend_from_slice(value);
        }
        for number in others {
            all.extend_from_slice(&number.to_le_bytes());
        }
        hash(secret, &all)
    }
}

/// What stands behind a flag's name in this word: nothing, `=value`, or behind a letter the value itself.
fn value_in<'w>(word: &'w [u8], (long, short): &(&str, u8)) -> Option<&'w [u8]> {
    match word {
        [b'-', b'-', rest @ ..] => {
            let rest = rest.strip_prefix(long.as_bytes())?;
            matches!(rest, [] | [b'=', ..]).then_some(rest)
        }
        [b'-', letter, rest @ ..] if letter == short => Some(rest),
        _ => None,
    }
}

/// SipHash 2-4: the standard library's own, deprecated there for hash tables in favour of one that takes no key.
#[allow(deprecated)]
fn hash(secret: [u8; 16], bytes: &[u8]) -> u64 {
    let whole = u128::from_le_bytes(secret);
    let mut sum = core::hash::SipHasher::new_with_keys(whole as u64, (whole >> 64) as u64);
    sum.write(bytes);
    sum.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::classify::says;
    use crate::engine::tool::{self, TOOLS, Tool};

    const SECRET: [u8; 16] = [7; 16];

    fn said<'a>(tool: &Tool, line: &'a str, env: &'a [&'a str]) -> Said<'a> {
        let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
        let env: Vec<&[u8]> = env.iter().map(|e| e.as_bytes()).collect();
        Said::of(says(tool).unwrap(), &words, &env)
    }

    fn key(line: &str, env: &[&str]) -> u64 {
        said(&tool::KUBECTL, line, env).key(SECRET, &[])
    }

    #[test]
    fn what_says_the_same_is_the_same() {
        let env = ["HOME=/h", "EDITOR=vi"];
        let plain = key("get pods", &env);
        for same in [
            "-n shop get pods -A",
            "delete ns --wait --serverless",
            "exec web -- x --context=b",
            "get --clusterrole=x",
        ] {
            assert_eq!(key(same, &env), plain, "{same}");
        }
        for (a, b) in [
            ("--context a get pods", "get pods --context=a"),
            ("-s http://x get ns", "get ns --server=http://x"),
            ("-shttp://x get ns", "get ns --server http://x"),
            ("--context b --context a get ns", "--context a get ns"),
        ] {
            assert_eq!(key(a, &env), key(b, &env), "{a}");
            assert_ne!(key(a, &env), plain, "{a}");
        }
    }

    #[test]
    fn what_says_another_place_is_another() {
        let mut seen = std::collections::HashSet::new();
        for (line, env) in [
            ("get pods", &["HOME=/h"][..]),
            ("get pods", &["HTTPS_PROXY=http://p", "HOME=/h"]),
            ("get pods --context a", &["HOME=/h"]),
            ("get pods --cluster a", &["HOME=/h"]),
            ("get pods --server a", &["HOME=/h"]),
        ] {
            assert!(seen.insert(key(line, env)), "{line} {env:?}");
        }
        // The file itself is told by its inode, however it is spelt.
        for (line, env) in [
            ("get ns --kubeconfig a", &["HOME=/h"][..]),
            ("get ns", &["KUBECONFIG=/a"]),
            ("get ns", &["HOME=/i"]),
        ] {
            assert_eq!(key(line, env), key("get ns", &["HOME=/h"]), "{line} {env:?}");
        }
        let one = said(&tool::KUBECTL, "get ns", &["HOME=/h"]);
        assert_ne!(one.key(SECRET, &[]), one.key([8; 16], &[]));
        assert_ne!(one.key(SECRET, &[]), one.key(SECRET, &[1]));
    }

    #[cfg(feature = "cli")]
    #[test]
    fn another_value_of_a_flag_or_variable_is_what_is_typed_with_it() {
        let one = said(&tool::KUBECTL, "get ns", &["HOME=/h"]);
        let other = one.with("--context", Some(b"a"));
        assert_eq!(other.key(SECRET, &[]), key("get ns --context=a", &["HOME=/h"]));
        assert_eq!(other.with("--context", None).key(SECRET, &[]), one.key(SECRET, &[]));
        assert_ne!(one.with("HTTPS_PROXY", Some(b"x")).key(SECRET, &[]), one.key(SECRET, &[]));
    }

    #[test]
    fn an_account_is_said_by_profile_region_and_key() {
        let of = |line, env| said(&tool::AWS, line, env).key(SECRET, &[]);
        let plain = of("s3 ls", &["HOME=/h"][..]);
        assert_eq!(of("ec2 describe-instances", &["HOME=/h", "AWS_PAGER="]), plain);
        for (line, env) in [
            ("s3 ls --profile a", &["HOME=/h"][..]),
            ("s3 ls --region a", &["HOME=/h"]),
            ("s3 ls", &["HOME=/h", "AWS_PROFILE=a"]),
            ("s3 ls", &["AWS_ACCESS_KEY_ID=a", "HOME=/h"]),
            ("s3 ls", &["HOME=/h", "AWS_REGION=a"]),
            ("s3 ls", &["HOME=/h", "AWS_ROLE_ARN=a"]),
        ] {
            assert_ne!(of(line, env), plain, "{line} {env:?}");
        }
    }

    #[test]
    fn every_file_is_found() {
        let files = |tool, line, env: &[&str]| {
            let mut all = Vec::new();
            said(tool, line, env)
                .each_file(|path, below| all.push(format!("{}{below}", String::from_utf8_lossy(path))));
            all.join(" ")
        };
        for (line, env, want) in [
            ("get pods", &["HOME=/h"][..], "/h/.kube/config"),
            ("get pods", &["KUBECONFIG=:/a:/b", "HOME=/h"], "/a /b"),
            ("get pods", &["KUBECONFIG=", "HOME=/h"], "/h/.kube/config"),
            ("get pods --kubeconfig /c", &["KUBECONFIG=/a:/b"], "/c"),
            ("get pods", &[], ""),
            ("get pods", &["HOME="], ""),
        ] {
            assert_eq!(files(&tool::KUBECTL, line, env), want, "{line} {env:?}");
        }
        assert_eq!(files(&tool::AWS, "s3 ls", &["HOME=/h"]), "/h/.aws/credentials /h/.aws/config");
        let env = ["AWS_SHARED_CREDENTIALS_FILE=/c:d", "HOME=/h"];
        assert_eq!(files(&tool::AWS, "s3 ls", &env), "/c:d /h/.aws/config");
    }

    #[test]
    fn a_namespace_among_the_words_is_seen() {
        let of = |line| said(&tool::KUBECTL, line, &[]).says_inside;
        for line in [
            "get pods -n a",
            "get pods -na",
            "get pods --namespace=a",
            "get pods -A",
            "get pods --all-namespaces",
        ] {
            assert!(of(line), "{line}");
        }
        for line in ["get pods", "get pods --name x", "exec a -- b -n c", "get --no-headers"] {
            assert!(!of(line), "{line}");
        }
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // The first two rows of the reference implementation's vectors (SipHash 2-4, key 00 01 … 0f).
        let secret: [u8; 16] = core::array::from_fn(|i| i as u8);
        let of = |bytes: &[u8]| hash(secret, bytes);
        assert_eq!(of(b""), 0x726f_db47_dd0e_0e31);
        assert_eq!(of(&[0]), 0x74f8_39c5_93dc_67fd);
    }

    #[test]
    fn no_row_is_longer_than_what_is_read() {
        for says in TOOLS.iter().filter_map(says) {
            assert!(says.vars.len() <= MOST && says.flags.len() <= MOST);
            assert!(says.files.iter().all(|file| file.var < says.vars.len()));
            assert_eq!(Kind::of(says.kind as u8), Some(says.kind));
        }
    }
}
