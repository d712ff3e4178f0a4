//! The milder command: the caller's own words with the purge taken out, so that data and settings stay. Text to be
//! shown, never to be run.

use crate::engine::effect::Effect;
use crate::engine::packages;
use crate::engine::packages::plan::{Kind, Plan};
use crate::engine::packages::tables::apt::{Act, Key, Programs};
use crate::engine::packages::tables::aptitude::{Act as Does, Means};
use crate::engine::packages::tables::dpkg::Kind as Option_;
use crate::engine::packages::{aptitude, dpkg, grammar};

/// The command that removes in place of purging, when there is an installed package for which that makes a difference
/// and the words can be changed without a doubt about what they then mean.
pub fn safer(plan: &Plan, tool: &str, words: &[&[u8]]) -> Option<String> {
    if !plan.removals().any(|change| change.kind == Kind::Purge && change.version.is_some()) {
        return None;
    }
    let changed = match packages::program(tool.as_bytes()) {
        Some(program) => of_apt(program, words)?,
        None if tool == "aptitude" => of_aptitude(words)?,
        None if tool == "dpkg" => of_dpkg(words)?,
        None => return None,
    };
    // What comes out is read the way the tool reads it: it may remove, and nothing worse.
    let slices: Vec<&[u8]> = changed.iter().map(Vec::as_slice).collect();
    let effect = packages::classify(tool.as_bytes(), &slices)?.effect;
    if effect != Effect::Disrupt {
        return None;
    }
    let texts = changed.iter().map(|word| String::from_utf8(word.clone()).ok());
    let mut line = vec![tool.to_owned()];
    line.extend(texts.collect::<Option<Vec<String>>>()?);
    Some(format!("keep data and settings: {}", shell_words::join(&line)))
}

fn of_apt(program: Programs, words: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
    let line = grammar::read(program, words, grammar::Unknown::Switch);
    if line.refused || !line.unknown.is_empty() || !line.files.is_empty() {
        return None;
    }
    let mut out: Vec<Option<Vec<u8>>> = words.iter().map(|word| Some(word.to_vec())).collect();
    let (at, _) = *line.args.first()?;
    match line.command(program)?.act {
        Act::Purge => *out.get_mut(at)? = Some(b"remove".to_vec()),
        Act::Autopurge => *out.get_mut(at)? = Some(b"autoremove".to_vec()),
        _ => {}
    }
    let mut given = false;
    for setting in line.settings.iter().filter(|s| s.key == Key::Purge) {
        given = true;
        let word = words.get(setting.at)?;
        // One letter of several: the others would go with it.
        if !word.starts_with(b"--") && *word != b"-o" && !word.starts_with(b"-o") {
            return None;
        }
        *out.get_mut(setting.at)? = None;
        if let Some(value) = setting.value_at {
            *out.get_mut(value)? = None;
        }
    }
    let mut out: Vec<Vec<u8>> = out.into_iter().flatten().collect();
    let same = out.iter().map(Vec::as_slice).eq(words.iter().copied());
    if same && !given {
        // A file says so.
        let after = out.iter().position(|word| word == line.args.first().map_or(&b""[..], |(_, w)| *w))? + 1;
        out.insert(after, b"--no-purge".to_vec());
    }
    Some(out)
}

fn of_aptitude(words: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
    let line = aptitude::parse(words);
    if line.strange() {
        return None;
    }
    let mut out: Vec<Option<Vec<u8>>> = words.iter().map(|word| Some(word.to_vec())).collect();
    let (at, name) = *line.args.first()?;
    if aptitude::command(name) == Some(Does::Purge) {
        *out.get_mut(at)? = Some(b"remove".to_vec());
    }
    for (at, word) in line.args.iter().skip(1) {
        if let [name @ .., b'_'] = word {
            *out.get_mut(*at)? = Some([name, &b"-"[..]].concat());
        }
    }
    for given in line.given.iter().filter(|given| given.means == Some(Means::PurgeUnused)) {
        if !words.get(given.at)?.starts_with(b"--") {
            return None;
        }
        *out.get_mut(given.at)? = None;
    }
    Some(out.into_iter().flatten().collect())
}

fn of_dpkg(words: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
    let line = dpkg::parse(words);
    let mut out: Vec<Vec<u8>> = words.iter().map(|word| word.to_vec()).collect();
    for given in line.given.iter().filter(|given| given.kind == Some(Option_::Action(Effect::Destroy))) {
        let word = out.get_mut(given.at)?;
        match word.as_slice() {
            b"--purge" => *word = b"--remove".to_vec(),
            [b'-', letter, ..] if *letter != b'-' => {
                let letter = word.iter_mut().find(|letter| **letter == b'P')?;
                *letter = b'r';
            }
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::packages::plan::Change;

    fn plan(kind: Kind, version: Option<&str>) -> Plan {
        let change = Change {
            name: "p".into(),
            arch: None,
            version: version.map(str::to_owned),
            kind,
            named: true,
            unused: false,
        };
        Plan { changes: vec![change], ..Plan::default() }
    }

    #[test]
    fn the_callers_words_without_the_purge() {
        let purge = plan(Kind::Purge, Some("1"));
        for (line, want) in [
            ("apt-get purge p", "apt-get remove p"),
            ("apt-get -y purge 'p q'", "apt-get -y remove 'p q'"),
            ("apt remove --purge p", "apt remove p"),
            ("apt-get install --purge p-", "apt-get install p-"),
            ("apt-get autoremove --purge", "apt-get autoremove"),
            ("apt-get autopurge", "apt-get autoremove"),
            ("apt-get -o APT::Get::Purge=1 remove p", "apt-get remove p"),
            ("apt-get -oAPT::Get::Purge=1 remove p", "apt-get remove p"),
            // A configuration file says so.
            ("apt-get remove p", "apt-get remove --no-purge p"),
            ("aptitude purge p", "aptitude remove p"),
            ("aptitude install p_", "aptitude install p-"),
            ("dpkg -P p", "dpkg -r p"),
            ("dpkg --force-depends --purge p", "dpkg --force-depends --remove p"),
            ("dpkg -EGP p", "dpkg -EGr p"),
        ] {
            let words = shell_words::split(line).unwrap();
            let slices: Vec<&[u8]> = words.iter().skip(1).map(|w| w.as_bytes()).collect();
            let got = safer(&purge, &words[0], &slices);
            assert_eq!(got.as_deref(), Some(format!("keep data and settings: {want}").as_str()), "{line}");
        }
    }

    #[test]
    fn where_there_is_no_milder_way_none_is_named() {
        let of = |plan: &Plan, tool, words: &[&str]| {
            let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
            safer(plan, tool, &words)
        };
        // A leftover has nothing left that could be removed in place of being purged.
        assert_eq!(of(&plan(Kind::Purge, None), "dpkg", &["-P", "p"]), None);
        assert_eq!(of(&plan(Kind::Remove, Some("1")), "apt-get", &["remove", "p"]), None);
        let purge = plan(Kind::Purge, Some("1"));
        assert_eq!(of(&purge, "apt-get", &["-c", "f", "remove", "p"]), None);
        assert_eq!(of(&purge, "apt-get", &["purge", "--what-is-this", "p"]), None);
        assert_eq!(of(&purge, "tasksel", &["remove", "p"]), None);
    }
}
