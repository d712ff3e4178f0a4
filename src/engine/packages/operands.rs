//! What a command line that works on the host names: its command, and the packages or units it is about.

use super::grammar::{Unknown, read};
use super::{aptitude, dpkg, program, words};
use crate::engine::packages::tables::dpkg::{DPKG, Kind as Option_};
use crate::engine::units;
use std::collections::BTreeSet;

/// What kind of thing is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Packages.
    Package,
    /// Units of the service manager.
    Unit,
}

/// What is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The command: `purge`, `restart`; the tool's own name where the tool is the command (`reboot`).
    pub verb: String,
    /// Each thing once, in the order given: its kind, and its name without sign, architecture, version, release and
    /// `.service`; `None` for a pattern or a file, of which words do not say what it matches.
    pub things: Vec<(Kind, Option<String>)>,
    /// The words name everything that is hit. Never so for what pulls others along, which is everything but dpkg.
    pub complete: bool,
}

/// Reads what the words after a tool's name name.
pub fn named(tool: &[u8], words: &[&[u8]]) -> Named {
    let mut named = if let Some(program) = program(tool) {
        let line = read(program, words, Unknown::Switch);
        let mut args = line.args.iter().map(|(_, w)| *w);
        let verb = args.next().map(text).unwrap_or_default();
        let satisfy = verb == "satisfy" || verb == "build-dep";
        let things = args.map(|w| if satisfy { None } else { package(words::sign(w).1) });
        Named { verb, things: things.map(|n| (Kind::Package, n)).collect(), complete: false }
    } else {
        match tool {
            b"aptitude" | b"aptitude-curses" => {
                let line = aptitude::parse(words);
                let mut args = line.args.iter().map(|(_, w)| *w);
                let verb = args.next().map(|w| text(&w.to_ascii_lowercase())).unwrap_or_default();
                let things = args.map(|w| (Kind::Package, package(aptitude::sign(w).1)));
                Named { verb, things: things.collect(), complete: false }
            }
            b"dpkg" => of_dpkg(words),
            b"systemctl" => {
                let line = units::systemctl(words);
                let mut args = line.args.iter().map(|(_, w)| *w);
                let verb = args.next().map(text).unwrap_or_default();
                Named { verb, things: args.map(|w| (Kind::Unit, unit(w))).collect(), complete: false }
            }
            b"service" | b"invoke-rc.d" | b"rc-service" => {
                let mut args = words.iter().filter(|w| !w.starts_with(b"-"));
                let name = args.next();
                let verb = args.next().map(|w| text(w)).unwrap_or_default();
                Named {
                    verb,
                    things: name.map(|n| (Kind::Unit, unit(n))).into_iter().collect(),
                    complete: false,
                }
            }
            b"halt" | b"poweroff" | b"reboot" | b"coldreboot" | b"shutdown" | b"init" | b"telinit" => {
                Named { verb: text(tool), ..Named::default() }
            }
            _ => {
                let verb = words.iter().find(|w| !w.starts_with(b"-")).map(|w| text(w)).unwrap_or_default();
                Named { verb, ..Named::default() }
            }
        }
    };
    let mut seen = BTreeSet::new();
    let new: Vec<bool> = named.things.iter().map(|thing| thing.1.is_none() || seen.insert(thing)).collect();
    let mut new = new.into_iter();
    named.things.retain(|_| new.next().unwrap_or(true));
    named
}

fn of_dpkg(words: &[&[u8]]) -> Named {
    let line = dpkg::parse(words);
    let acts = |kind: Option<Option_>| {
        matches!(kind, Some(Option_::Action(_) | Option_::Install | Option_::Selections))
    };
    // The action by its long name, however it was written.
    let action = line.given.iter().find(|g| acts(g.kind)).and_then(|g| words.get(g.at));
    let verb = action.map(|word| match word {
        [b'-', b'-', long @ ..] => text(long),
        [b'-', letters @ ..] => {
            let opt = letters.iter().find_map(|l| DPKG.iter().find(|o| o.short == *l && acts(Some(o.kind))));
            opt.map(|o| text(o.long.bytes())).unwrap_or_default()
        }
        _ => String::new(),
    });
    let removes = matches!(verb.as_deref(), Some("remove" | "purge"));
    let things = line.args.iter().map(|(_, w)| (Kind::Package, if removes { package(w) } else { None }));
    Named {
        verb: verb.unwrap_or_default(),
        things: things.collect(),
        complete: removes && !line.has(Option_::Pending),
    }
}

/// A package's bare name, unless the word is a pattern or a file.
fn package(word: &[u8]) -> Option<String> {
    let plain = words::is_plain(word) && !word.ends_with(b".deb");
    plain.then(|| text(words::name(word))).filter(|name| !name.is_empty())
}

/// A unit's name, unless the word is a pattern.
fn unit(word: &[u8]) -> Option<String> {
    let pattern = word.iter().any(|b| b"*?[".contains(b));
    (!pattern).then(|| text(word.strip_suffix(b".service").unwrap_or(word)))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_what_they_are_about() {
        for (line, verb, things) in [
            ("apt-get -y purge redis-tools", "purge", "redis-tools"),
            ("apt-get remove p:amd64 q/stable r=1.0 p", "remove", "p q r"),
            ("apt install p- q+ g++ ./x.deb", "install", "p q g++ ?"),
            ("apt purge ~c ?config-files pg*", "purge", "? ? ?"),
            ("apt-get -t remove purge p", "purge", "p"),
            ("apt-get satisfy Conflicts:p", "satisfy", "?"),
            ("aptitude PURGE p_ q&M r=", "purge", "p q r"),
            ("dpkg -EP p q:i386", "purge", "p q"),
            ("dpkg --force-all --remove p", "remove", "p"),
            ("dpkg -i p.deb", "install", "?"),
            ("systemctl -H db1 restart postgresql.service nginx pg@*", "restart", "postgresql nginx ?"),
            ("service nginx stop", "stop", "nginx"),
            ("reboot -f", "reboot", ""),
            ("snap remove x", "remove", ""),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let found = words.split_first().map(|(tool, rest)| named(tool, rest)).unwrap_or_default();
            let shown: Vec<&str> = found.things.iter().map(|(_, n)| n.as_deref().unwrap_or("?")).collect();
            assert_eq!((found.verb.as_str(), shown.join(" ")), (verb, things.to_owned()), "{line}");
        }
        assert!(named(b"dpkg", &[b"-P", b"p"]).complete);
        assert!(!named(b"dpkg", &[b"-P", b"-a"]).complete);
        assert!(!named(b"apt-get", &[b"purge", b"p"]).complete);
    }
}
