//! What of a call's words and variables says where it goes, and which file: read by rows of data, at every harmless call, so
//! without a parse of the words. Which values they are nobody keeps: [`Said::key`] is a keyed hash of them.
//!
//! It does not have to be exact: the same reading makes the key when a place is learnt and when it is looked up, and words that
//! this reading takes for a flag of its own (`-l --context`) only make one place two.

use core::hash::Hasher as _;

/// What of a tool's call says where it goes. A row of data in the folder of its family.
#[derive(Clone, Copy, Debug)]
pub struct Says {
    /// Which kind of place it is: one digit in a record, so that no number is used twice.
    pub kind: Kind,
    /// The variables that say it; the file's own stands among them.
    pub vars: &'static [&'static str],
    /// The flags that say it: the long name, and the letter or 0.
    pub flags: &'static [(&'static str, u8)],
    /// The file that says the rest.
    pub file: File,
}

/// Which kind of place a tool goes to.
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

/// The file that says where a call goes, when its words and variables do not.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// The index of the flag that names it, beyond the last for none.
    pub flag: usize,
    /// The index of the variable that names it.
    pub var: usize,
    /// Whether the variable holds a list, of which the first counts.
    pub list: bool,
    /// Where it is without either, below the home directory.
    pub below_home: &'static str,
}

/// More than any row has.
pub const MOST: usize = 8;

/// What one call says.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    says: &'static Says,
    vars: [Option<&'a [u8]>; MOST],
    flags: [Option<&'a [u8]>; MOST],
    home: Option<&'a [u8]>,
}

impl<'a> Said<'a> {
    /// Reads the words behind the tool's name, and the entries of the environment (`NAME=value`).
    pub fn of(says: &'static Says, words: &[&'a [u8]], env: &[&'a [u8]]) -> Said<'a> {
        let mut said = Said { says, vars: [None; MOST], flags: [None; MOST], home: None };
        for entry in env {
            // As `getenv` does: the first of a name counts.
            if said.home.is_none() && entry.starts_with(b"HOME=") {
                said.home = entry.get(5..);
                continue;
            }
            for (slot, name) in said.vars.iter_mut().zip(says.vars) {
                if slot.is_none()
                    && entry.first() == name.as_bytes().first()
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
            for (slot, (long, short)) in said.flags.iter_mut().zip(says.flags) {
                let rest = match second {
                    b'-' => word.get(2..).and_then(|word| word.strip_prefix(long.as_bytes())),
                    letter if letter == *short => word.get(2..),
                    _ => continue,
                };
                // The last of a flag counts.
                match rest {
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

    /// The path of the file, without the home directory when the second says that it lies below that.
    pub fn file(&self) -> Option<(&'a [u8], &'static str)> {
        let file = self.says.file;
        let by_flag = self.flags.get(file.flag).copied().flatten().filter(|path| !path.is_empty());
        let by_var = self.vars.get(file.var).copied().flatten();
        let by_var = match by_var {
            Some(list) if file.list => list.split(|b| *b == b':').find(|path| !path.is_empty()),
            one => one.filter(|path| !path.is_empty()),
        };
        by_flag
            .or(by_var)
            .map(|path| (path, ""))
            .or_else(|| Some((self.home.filter(|home| !home.is_empty())?, file.below_home)))
    }

    /// What it all comes to, by a key of this directory's own: the same words and variables are the same number, and nobody
    /// reads out of it what they were.
    pub fn key(&self, secret: [u8; 16]) -> u64 {
        let mut all = Vec::with_capacity(256);
        all.push(self.says.kind as u8);
        // What the home directory is only matters where the file lies below it.
        let home = self.file().filter(|(_, below)| !below.is_empty()).map(|(home, _)| home);
        for part in self.vars.iter().chain(&self.flags).chain([&home]) {
            // An empty variable and none are not the same to every tool.
            let value = part.unwrap_or_default();
            all.extend_from_slice(&(value.len() as u32 * 2 + u32::from(part.is_some())).to_le_bytes());
            all.extend_from_slice(value);
        }
        hash(secret, &all)
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
        said(&tool::KUBECTL, line, env).key(SECRET)
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
            ("get pods", &["HOME=/i"]),
            ("get pods", &["KUBECONFIG=", "HOME=/h"]),
            ("get pods", &["KUBECONFIG=/a", "HOME=/h"]),
            ("get pods", &["KUBECONFIG=/a:/b", "HOME=/h"]),
            ("get pods --context a", &["HOME=/h"]),
            ("get pods --cluster a", &["HOME=/h"]),
            ("get pods --server a", &["HOME=/h"]),
            ("get pods --kubeconfig a", &["HOME=/h"]),
            ("get pods --context", &["HOME=/h"]),
        ] {
            // A flag without its value is refused by the tool.
            assert!(seen.insert(key(line, env)) || line.ends_with("--context"), "{line} {env:?}");
        }
        assert_eq!(
            key("get ns", &["KUBECONFIG=/a", "HOME=/h"]),
            key("get ns", &["KUBECONFIG=/a", "HOME=/i"])
        );
        let one = said(&tool::KUBECTL, "get ns", &["HOME=/h"]);
        assert_ne!(one.key(SECRET), one.key([8; 16]));
        assert_eq!(one.with("--context", Some(b"a")).key(SECRET), key("get ns --context=a", &["HOME=/h"]));
        assert_eq!(
            one.with("KUBECONFIG", Some(b"/a")).key(SECRET),
            key("get ns", &["KUBECONFIG=/a", "HOME=/h"])
        );
        assert_eq!(one.with("--context", Some(b"a")).with("--context", None).key(SECRET), one.key(SECRET));
    }

    #[test]
    fn an_account_is_said_by_profile_region_and_key() {
        let of = |line, env| said(&tool::AWS, line, env).key(SECRET);
        let plain = of("s3 ls", &["HOME=/h"][..]);
        assert_eq!(of("ec2 describe-instances", &["HOME=/h", "AWS_PAGER="]), plain);
        for (line, env) in [
            ("s3 ls --profile a", &["HOME=/h"][..]),
            ("s3 ls --region a", &["HOME=/h"]),
            ("s3 ls", &["HOME=/h", "AWS_PROFILE=a"]),
            ("s3 ls", &["AWS_ACCESS_KEY_ID=a", "HOME=/h"]),
            ("s3 ls", &["HOME=/h", "AWS_REGION=a"]),
        ] {
            assert_ne!(of(line, env), plain, "{line} {env:?}");
        }
    }

    #[test]
    fn the_first_file_counts() {
        for (line, env, want) in [
            ("get pods", &["HOME=/h"][..], Some(("/h", "/.kube/config"))),
            ("get pods", &["KUBECONFIG=:/a:/b", "HOME=/h"], Some(("/a", ""))),
            ("get pods", &["KUBECONFIG=:", "HOME=/h"], Some(("/h", "/.kube/config"))),
            ("get pods --kubeconfig /c", &["KUBECONFIG=/a"], Some(("/c", ""))),
            ("get pods", &[], None),
            ("get pods", &["HOME="], None),
        ] {
            let want = want.map(|(path, below)| (path.as_bytes(), below));
            assert_eq!(said(&tool::KUBECTL, line, env).file(), want, "{line} {env:?}");
        }
        let aws = said(&tool::AWS, "s3 ls", &["HOME=/h"]);
        assert_eq!(aws.file(), Some((&b"/h"[..], "/.aws/credentials")));
        let env = ["AWS_SHARED_CREDENTIALS_FILE=/c:d"];
        assert_eq!(said(&tool::AWS, "s3 ls", &env).file(), Some((&b"/c:d"[..], "")));
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
            assert!(says.file.var < says.vars.len());
            assert_eq!(Kind::of(says.kind as u8), Some(says.kind));
        }
    }
}
