//! Which packages of a plan the person asked for. A name asks for the package of that name; a pattern for what it
//! matches, which the tool itself has to say; everything else in a plan comes along.

use super::grammar::{Unknown, read};
use super::plan::{Change, Plan};
use super::{aptitude, dpkg, program, words};

/// The words that stand for packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Names, with the architecture where one is written.
    pub names: Vec<(String, Option<String>)>,
    /// Patterns, globs, regular expressions and tasks, without sign.
    pub patterns: Vec<Vec<u8>>,
    /// Names that apt takes for regular expressions when there is no package of that name.
    pub doubtful: Vec<Vec<u8>>,
}

/// Reads which packages the words after a tool's name ask for.
pub fn asked(tool: &[u8], line: &[&[u8]]) -> Asked {
    let mut asked = Asked::default();
    if let Some(program) = program(tool) {
        let line = read(program, line, Unknown::Switch);
        let relations = line.args.first().is_some_and(|(_, verb)| *verb == b"satisfy");
        for (_, word) in line.operands() {
            if relations {
                asked.relations(word);
            } else {
                asked.word(words::sign(word).1, true);
            }
        }
    } else if tool == b"aptitude" || tool == b"aptitude-curses" {
        for (_, word) in aptitude::parse(line).args.iter().skip(1) {
            asked.word(aptitude::sign(word).1, false);
        }
    } else if tool == b"dpkg" {
        for (_, word) in &dpkg::parse(line).args {
            asked.word(word, false);
        }
    }
    asked
}

impl Asked {
    fn word(&mut self, word: &[u8], falls_back: bool) {
        // aptitude's patterns may begin with letters: `npostgres~c` is none, `n~c` is.
        let plain = words::is_plain(word) && (falls_back || !word.contains(&b'~'));
        if !plain {
            self.patterns.push(word.to_vec());
            return;
        }
        let name = words::name(word);
        let arch = word.get(name.len()..).and_then(|rest| rest.strip_prefix(b":"));
        let arch = arch.map(words::name).map(|a| String::from_utf8_lossy(a).into_owned());
        self.names.push((String::from_utf8_lossy(name).into_owned(), arch));
        if falls_back && name.contains(&b'.') {
            self.doubtful.push(word.to_vec());
        }
    }

    /// The packages of `Conflicts: a, b (<< 1) | c:i386`.
    fn relations(&mut self, word: &[u8]) {
        let (kind, rest) = match word.iter().position(|b| *b == b':') {
            Some(at) => (word.get(..at).unwrap_or_default(), word.get(at + 1..).unwrap_or_default()),
            None => (&b""[..], word),
        };
        // `p:amd64` is a package of an architecture.
        let kinds: [&[u8]; 5] = [b"depends", b"conflicts", b"breaks", b"recommends", b"suggests"];
        let kind = kind.trim_ascii().to_ascii_lowercase();
        let list = if kinds.iter().any(|k| kind.ends_with(k)) { rest } else { word };
        for relation in list.split(|b| *b == b',' || *b == b'|') {
            let relation = relation.trim_ascii();
            let end = relation.iter().position(|b| b" ([<".contains(b)).unwrap_or(relation.len());
            let name = relation.get(..end).unwrap_or_default();
            if words::is_plain(name) {
                self.word(name, false);
            }
        }
    }

    /// Whether a name that is written asks for this change of the plan.
    fn by_name(&self, change: &Change, all: &[Change]) -> bool {
        self.names.iter().filter(|(name, _)| *name == change.name).any(|(name, arch)| {
            let is = |c: &Change| c.name == *name && c.arch == *arch;
            // The system's own architecture may be written in words, and is left out in a plan.
            is(change) || ((arch.is_none() || change.arch.is_none()) && !all.iter().any(is))
        })
    }
}

impl Plan {
    /// Marks what was asked for: by name, or because a pattern matches it. `matched` holds what the tool says the
    /// patterns match, in the tool's spelling (`name`, `name:arch`).
    pub fn mark_named(&mut self, asked: &Asked, matched: &[String]) {
        let named: Vec<bool> = self
            .changes
            .iter()
            .map(|change| {
                asked.by_name(change, &self.changes) || matched.iter().any(|m| *m == change.full_name())
            })
            .collect();
        for (change, named) in self.changes.iter_mut().zip(named) {
            change.named = named;
        }
    }

    /// Marks as unused what goes in this plan but not in `without`, the plan of the same words without the removal of
    /// what is not needed any more. What the person named is never called so.
    pub fn mark_unused(&mut self, without: &Plan) {
        for change in &mut self.changes {
            let also = without.removals().any(|c| c.name == change.name && c.arch == change.arch);
            change.unused = change.kind != super::plan::Kind::Install && !change.named && !also;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::Kind;
    use super::*;

    fn of(line: &str) -> Asked {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        words.split_first().map(|(tool, rest)| asked(tool, rest)).unwrap_or_default()
    }

    fn change(name: &str, arch: Option<&str>) -> Change {
        Change {
            name: name.into(),
            arch: arch.map(str::to_owned),
            version: Some("1".into()),
            kind: Kind::Remove,
            named: false,
            unused: false,
        }
    }

    fn named(line: &str, changes: &[(&str, Option<&str>)], matched: &[&str]) -> Vec<bool> {
        let changes = changes.iter().map(|(name, arch)| change(name, *arch)).collect();
        let mut plan = Plan { changes, ..Plan::default() };
        plan.mark_named(&of(line), &matched.iter().map(|m| (*m).to_owned()).collect::<Vec<_>>());
        plan.changes.iter().map(|c| c.named).collect()
    }

    #[test]
    fn words_are_names_or_patterns() {
        for (line, names, patterns) in [
            ("apt-get -y purge p q:i386 r=1.0 s/stable", "p q:i386 r s", ""),
            ("apt install p- q+ ~c pg.*-", "p q", "~c pg.*"),
            ("apt-get remove ^pg$ task^ p?", "", "^pg$ task^ p?"),
            ("aptitude purge p_ ~nx_ q&M", "p q", "~nx"),
            ("aptitude purge n~c", "", "n~c"),
            ("dpkg -P p q:i386", "p q:i386", ""),
            ("dpkg -P -a", "", ""),
            ("apt-get satisfy Conflicts:p", "p", ""),
        ] {
            let got = of(line);
            let shown: Vec<String> = got
                .names
                .iter()
                .map(|(name, arch)| match arch {
                    Some(arch) => format!("{name}:{arch}"),
                    None => name.clone(),
                })
                .collect();
            let shown_patterns = got.patterns.join(&b' ');
            assert_eq!(
                (shown.join(" ").as_str(), shown_patterns.as_slice()),
                (names, patterns.as_bytes()),
                "{line}"
            );
        }
        assert_eq!(of("apt-get remove postgresql.15").doubtful, [b"postgresql.15"]);
        let relations: [&[u8]; 3] = [b"satisfy", b"Conflicts: p, q (<< 1) | r:i386", b"s"];
        let names = asked(b"apt-get", &relations).names;
        let names: Vec<&str> = names.iter().map(|(n, _)| n.as_str()).collect();
        assert_eq!(names, ["p", "q", "r", "s"]);
    }

    #[test]
    fn a_name_asks_for_its_own_architecture() {
        let both = [("c", None), ("c", Some("i386")), ("d", None)];
        assert_eq!(named("apt-get remove c", &both, &[]), [true, false, false]);
        assert_eq!(named("apt-get remove c:i386", &both, &[]), [false, true, false]);
        assert_eq!(named("apt-get remove c:amd64 d:amd64", &both, &[]), [true, false, true]);
        assert_eq!(named("apt-get remove c", &[("c", Some("i386"))], &[]), [true]);
        assert_eq!(named("apt-get remove '~nc'", &both, &["c:i386", "d"]), [false, true, true]);
    }

    #[test]
    fn what_would_go_anyway_is_not_unused() {
        let mut plan = Plan {
            changes: vec![change("a", None), change("b", None), change("c", None)],
            ..Plan::default()
        };
        plan.mark_named(&of("apt-get autoremove a"), &[]);
        plan.mark_unused(&Plan { changes: vec![change("b", None)], ..Plan::default() });
        let unused: Vec<bool> = plan.changes.iter().map(|c| c.unused).collect();
        assert_eq!(unused, [false, false, true]);
    }
}
