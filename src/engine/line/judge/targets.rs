//! Which parts of a file of recipes a call reaches: the targets it names, what they need, what they call.
//!
//! Sources: GNU make 4.4 manual (4 "Writing Rules", 9.2 "Goals"); just 1.36 manual ("Recipe Parameters", "Dependencies");
//! npm 10, npm-run-script(1) and scripts(7). What is not certain is answered by "the whole file".

use super::super::expand::Field;
use super::programs::replaced;
use std::collections::BTreeSet;

/// Options of make that take the next word (make(1)).
const MAKE_VALUES: &[&[u8]] = &[
    b"-C",
    b"-I",
    b"-W",
    b"-f",
    b"-o",
    b"--directory",
    b"--file",
    b"--makefile",
    b"--include-dir",
    b"--assume-new",
    b"--assume-old",
    b"--new-file",
    b"--old-file",
    b"--what-if",
];

/// Options of just that take the next word (just(1)).
const JUST_VALUES: &[&[u8]] = &[
    b"-f",
    b"--justfile",
    b"-d",
    b"--working-directory",
    b"--shell",
    b"--shell-arg",
    b"--dotenv-path",
    b"--dotenv-filename",
    b"--color",
];

/// Scripts that run around others by themselves (npm, scripts(7)).
const LIFECYCLE: &[&[u8]] = &[
    b"dependencies",
    b"install",
    b"postinstall",
    b"postpack",
    b"postprepare",
    b"postpublish",
    b"preinstall",
    b"prepack",
    b"prepare",
    b"preprepare",
    b"prepublish",
    b"prepublishOnly",
    b"publish",
];

/// More names than these are not followed.
const NAMES: usize = 1000;
/// Of a file with more rules or scripts than these all count.
const RULES: usize = 4000;

/// The parts of a file that a call reaches; `None` for all of it.
pub(super) fn called(program: &[u8], text: &[u8], words: &[Field]) -> Option<Vec<u8>> {
    let goals = match program {
        b"make" | b"gmake" => goals(words, MAKE_VALUES)?,
        b"just" => goals(words, JUST_VALUES)?,
        b"npm" | b"pnpm" | b"yarn" | b"bun" => goals(words, &[])?,
        _ => return None,
    };
    match program {
        b"make" | b"gmake" => reached(&rules(text, false)?, goals, true),
        b"just" => reached(&rules(text, true)?, goals, false),
        _ => scripts(text, goals),
    }
}

/// What is asked for: the operands that are no settings.
fn goals<'f>(words: &'f [Field], values: &[&[u8]]) -> Option<Vec<&'f [u8]>> {
    let mut out = Vec::new();
    let mut rest = words.iter();
    while let Some(field) = rest.next() {
        let bytes = field.bytes.as_slice();
        if values.contains(&bytes) {
            rest.next();
        } else if field.unknown {
            return None;
        } else if !bytes.starts_with(b"-") && !bytes.contains(&b'=') {
            out.push(bytes);
        }
    }
    Some(out)
}

/// A part of a file: a rule with its recipe, or what stands between rules.
struct Rule<'t> {
    /// Empty between rules.
    targets: Vec<&'t [u8]>,
    needs: Vec<&'t [u8]>,
    lines: Vec<&'t [u8]>,
}

/// The rules of a makefile or a justfile; `None` where they may be other ones than stand there.
fn rules(text: &[u8], just: bool) -> Option<Vec<Rule<'_>>> {
    const OTHERS: &[&[u8]] = &[
        b"include",
        b"-include",
        b"sinclude",
        b"define",
        b"load",
        b"vpath",
        b"import",
        b"mod",
        b"import?",
        b"mod?",
    ];
    const SPECIAL: &[&[u8]] =
        &[b".DEFAULT", b".DEFAULT_GOAL", b".RECIPEPREFIX", b"$(eval", b"${eval", b"MAKEFILES"];
    if SPECIAL.iter().any(|part| text.windows(part.len()).any(|w| w == *part)) {
        return None;
    }
    let mut rules: Vec<Rule<'_>> = Vec::new();
    let mut goes_on = false;
    for line in text.split(|b| *b == b'\n') {
        let indented = line.first().is_some_and(|b| matches!(b, b'\t' | b' '));
        let more = std::mem::replace(&mut goes_on, line.ends_with(b"\\"));
        let blank = line.trim_ascii().is_empty() || line.trim_ascii_start().starts_with(b"#");
        if (indented || more || blank)
            && let Some(rule) = rules.last_mut()
        {
            // A header that goes on in the next line needs what stands there as well.
            if more && !indented {
                return None;
            }
            if more && rule.lines.len() == 1 {
                rule.needs.extend(words(line));
            }
            rule.lines.push(line);
            continue;
        }
        let first = line.split(|b| b.is_ascii_whitespace()).next().unwrap_or_default();
        if OTHERS.contains(&first) {
            return None;
        }
        let header = header(line, just);
        if rules.len() > RULES {
            return None;
        }
        match (header, rules.last_mut()) {
            (Some((targets, needs)), _) => rules.push(Rule { targets, needs, lines: vec![line] }),
            (None, Some(between)) if between.targets.is_empty() => between.lines.push(line),
            (None, _) => rules.push(Rule { targets: Vec::new(), needs: Vec::new(), lines: vec![line] }),
        }
    }
    Some(rules)
}

type Header<'t> = (Vec<&'t [u8]>, Vec<&'t [u8]>);

/// `a b: c d`, `a: c ; RECIPE`; no assignment (`:=`, `a = b:c`).
fn header(line: &[u8], just: bool) -> Option<Header<'_>> {
    let at = line.iter().position(|b| matches!(b, b':' | b'='))?;
    let (left, right) = line.split_at_checked(at)?;
    // In a justfile parameters with defaults stand before the colon: `deploy env='x':`.
    let at = match right.first() {
        Some(b'=') if just => at + right.iter().position(|b| *b == b':')?,
        Some(b'=') => return None,
        _ if left.starts_with(b"alias ") => at,
        _ => at,
    };
    let (left, right) = line.split_at_checked(at)?;
    let right = right.strip_prefix(b"::").or_else(|| right.strip_prefix(b":"))?;
    if right.first() == Some(&b'=') {
        // `alias a := b` reaches b.
        let alias = left.strip_prefix(b"alias ").filter(|_| just)?;
        return Some((vec![alias.trim_ascii()], words(right.get(1..).unwrap_or_default())));
    }
    let needs = right.split(|b| *b == b';' || *b == b'#').next().unwrap_or_default();
    let targets = match just {
        true => words(left).into_iter().take(1).map(|t| t.strip_prefix(b"@").unwrap_or(t)).collect(),
        false => words(left),
    };
    Some((targets, words(needs)))
}

/// Words between blanks and brackets.
fn words(text: &[u8]) -> Vec<&[u8]> {
    text.split(|b| b.is_ascii_whitespace() || b"()|&\\;'\"".contains(b)).filter(|w| !w.is_empty()).collect()
}

/// The text of every rule that is reached from the goals, and of what stands between rules. `None` where what a rule needs is
/// in a variable.
fn reached(rules: &[Rule<'_>], goals: Vec<&[u8]>, make: bool) -> Option<Vec<u8>> {
    let mut wanted: Vec<Vec<u8>> = goals.into_iter().map(<[u8]>::to_vec).collect();
    if wanted.is_empty() {
        let is_goal = |t: &&&[u8]| !make || !(t.starts_with(b".") || t.contains(&b'%'));
        let no_alias = rules.iter().filter(|r| !r.lines.iter().any(|line| line.starts_with(b"alias ")));
        wanted.extend(no_alias.flat_map(|r| &r.targets).find(is_goal).map(|t| t.to_vec()));
    }
    let names: BTreeSet<&[u8]> = rules.iter().flat_map(|r| r.targets.iter().copied()).collect();
    let mut reached: BTreeSet<usize> = BTreeSet::new();
    let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
    while let Some(name) = wanted.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        if seen.len() > NAMES {
            return None;
        }
        for (at, rule) in rules.iter().enumerate() {
            let Some(stem) = rule.targets.iter().find_map(|t| stem(t, &name)) else { continue };
            reached.insert(at);
            for need in &rule.needs {
                if need.contains(&b'$') {
                    return None;
                }
                wanted.push(replaced(need, b"%", stem));
            }
            // `$(MAKE) clean`, `just clean`: any name of a rule in a recipe that calls itself.
            let calls = |line: &&&[u8]| {
                [&b"make"[..], b"MAKE", b"just"].iter().any(|n| line.windows(4).any(|w| w == *n))
            };
            for line in rule.lines.iter().skip(1).filter(calls) {
                // `$(MAKE) $(NEXT)`
                let rest = replaced(&replaced(line, b"$(MAKE)", b""), b"${MAKE}", b"");
                if rest.contains(&b'$') {
                    return None;
                }
                wanted.extend(words(line).into_iter().filter(|w| names.contains(w)).map(<[u8]>::to_vec));
            }
        }
    }
    let lines = rules
        .iter()
        .enumerate()
        .filter(|(at, rule)| rule.targets.is_empty() || reached.contains(at))
        .flat_map(|(_, rule)| rule.lines.iter().copied());
    Some(lines.collect::<Vec<_>>().join(&b'\n'))
}

/// What `%` stands for when a target of a rule may be this name: the same, a pattern, a name in a variable.
fn stem<'n>(target: &[u8], name: &'n [u8]) -> Option<&'n [u8]> {
    if target.contains(&b'$') {
        return Some(name);
    }
    match target.iter().position(|b| *b == b'%').and_then(|at| target.split_at_checked(at)) {
        Some((before, after)) => name.strip_prefix(before)?.strip_suffix(after.get(1..).unwrap_or_default()),
        None => (target == name).then_some(&[]),
    }
}

/// The scripts of `package.json` that are reached; `None` where they cannot be told apart.
fn scripts(text: &[u8], goals: Vec<&[u8]>) -> Option<Vec<u8>> {
    let pairs = pairs(text)?;
    let from = pairs.iter().position(|(key, value)| *key == b"scripts" && value.is_none())?;
    if pairs.len() > RULES {
        return None;
    }
    // Behind the block other keys follow; taking them for scripts adds only what somebody names.
    let all: Vec<(&[u8], &[u8])> =
        pairs.iter().skip(from + 1).filter_map(|(key, value)| Some((*key, (*value)?))).collect();
    let mut wanted: BTreeSet<&[u8]> = goals.into_iter().chain(LIFECYCLE.iter().copied()).collect();
    // `npm t`, `npm restart`
    if wanted.contains(&b"t"[..]) || wanted.contains(&b"tst"[..]) {
        wanted.insert(b"test");
    }
    if wanted.contains(&b"restart"[..]) {
        wanted.extend([&b"stop"[..], b"start"]);
    }
    let mut reached: BTreeSet<&[u8]> = BTreeSet::new();
    let mut out = Vec::new();
    loop {
        let around = |name: &[u8]| {
            let inner = name.strip_prefix(b"pre").or_else(|| name.strip_prefix(b"post"));
            wanted.contains(name) || inner.is_some_and(|inner| wanted.contains(inner))
        };
        let Some((name, script)) = all.iter().find(|(name, _)| !reached.contains(name) && around(name))
        else {
            return Some(out);
        };
        if script.contains(&b'*') && script.windows(3).any(|w| w == b"run") {
            return None; // `npm-run-all clean:*`
        }
        reached.insert(name);
        for (_, script) in all.iter().filter(|(other, _)| other == name) {
            out.push(b'"');
            out.extend_from_slice(script);
            out.extend_from_slice(b"\"\n");
            let next = words(script).into_iter().filter(|w| all.iter().any(|(name, _)| name == w));
            wanted.extend(next.collect::<Vec<_>>());
        }
    }
}

/// A key of JSON, and its value when that is a text.
type Pair<'t> = (&'t [u8], Option<&'t [u8]>);

/// `"key": "value"` pairs; without a value where the value is no text. `None` where a text does not end.
fn pairs(text: &[u8]) -> Option<Vec<Pair<'_>>> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut key: Option<&[u8]> = None;
    while let Some(at) = rest.iter().position(|b| *b == b'"') {
        let (between, inside) = (rest.get(..at)?, rest.get(at + 1..)?);
        let mut end = 0;
        while *inside.get(end)? != b'"' {
            end += 1 + usize::from(inside.get(end) == Some(&b'\\'));
        }
        let (word, after) = (inside.get(..end)?, inside.get(end + 1..)?);
        let is_value = key.is_some() && between.trim_ascii() == b":";
        match key.take() {
            Some(key) if is_value => out.push((key, Some(word))),
            before => {
                out.extend(before.map(|key| (key, None)));
                key = Some(word);
            }
        }
        rest = after;
    }
    out.extend(key.map(|key| (key, None)));
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(program: &str, text: &str, line: &str) -> Option<String> {
        let words: Vec<Field> = line.split_whitespace().map(|w| Field::text(w.as_bytes())).collect();
        called(program.as_bytes(), text.as_bytes(), &words).map(|t| String::from_utf8_lossy(&t).into_owned())
    }

    #[test]
    fn only_what_is_called_counts() {
        const MAKE: &str = "K = kubectl\nall: build\n\tone\nbuild:\n\ttwo\nclean: a.o\n\tthree\n\nnuke: clean\n\tfour\n\
            again:\n\t$(MAKE) nuke\n%.o: %.c\n\tfive\n";
        const JUST: &str = "set shell := ['sh']\nalias n := nuke\nbuild:\n  two\nnuke env='x': build\n  four\nlater:\n  just nuke\n";
        const NPM: &str = r#"{"name": "x", "scripts": {"build": "two", "nuke": "four", "prebuild": "one", "all": "npm run nuke"}}"#;
        for (program, text, line, has, lacks) in [
            ("make", MAKE, "", "one two kubectl", "three four"),
            ("make", MAKE, "build", "two", "one three four"),
            ("make", MAKE, "-j4 -C dir build V=1", "two", "one three four"),
            ("make", MAKE, "-f nuke build", "two", "three four"),
            ("make", MAKE, "again", "four", "one two"),
            ("just", JUST, "", "two", "four"),
            ("just", JUST, "n prod", "two four", "just"),
            ("just", JUST, "later", "four two", ""),
            ("npm", NPM, "run build", "one two", "four"),
            ("npm", NPM, "run all", "four", "one two"),
            ("yarn", NPM, "build", "one two", "four"),
            ("npm", NPM, "install", "", "one two four"),
        ] {
            let got = of(program, text, line).unwrap_or_else(|| panic!("{program} {line}: the whole"));
            for word in has.split_whitespace() {
                assert!(got.contains(word), "{program} {line}: {word} in {got}");
            }
            for word in lacks.split_whitespace() {
                assert!(!got.contains(word), "{program} {line}: {word} in {got}");
            }
        }
    }

    #[test]
    fn large_files_count_as_a_whole() {
        let make: String = (0..20_000).map(|n| format!("a{n}: a{}\n\tone\n", n + 1)).collect();
        assert_eq!(of("make", &make, "a0"), None);
        let npm: String = (0..20_000).map(|n| format!("\"a{n}\": \"npm run a{}\",", n + 1)).collect();
        assert_eq!(of("npm", &format!("{{\"scripts\": {{{npm}}}}}"), "run a0"), None);
    }

    #[test]
    fn what_is_not_certain_is_the_whole_file() {
        for (program, text, line) in [
            ("make", "include other.mk\nall:\n\tone\n", "all"),
            ("make", "all: $(STEPS)\n\tone\nnuke:\n\ttwo\n", "all"),
            ("make", ".DEFAULT_GOAL := nuke\nall:\n\tone\n", ""),
            ("make", "all: a \\\nnuke\n\tone\n", "all"),
            ("make", "all:\n\t$(MAKE) $(NEXT)\nnuke:\n\ttwo\n", "all"),
            ("make", "%: x%\n\ttwo\n", "a"),
            ("just", "import 'x'\nall:\n  one\n", "all"),
            ("npm", r#"{"scripts": {"all": "npm-run-all x:*", "x:a": "two"}}"#, "run all"),
            ("npm", r#"{"scripts": {"all": "open"#, "run all"),
            ("npm", "{}", "run all"),
            ("rake", "task :x", "x"),
        ] {
            assert_eq!(of(program, text, line), None, "{program} {line}: {text}");
        }
        let unknown = Field { unknown: true, ..Field::text(b"$T") };
        assert_eq!(called(b"make", b"a:\n\tone\n", &[unknown]), None);
    }
}
