//! The manual in `docs/src` as the tests read it: blocks with the marks behind their language, lines with the codes they
//! promise, and how a page is played on a stage.
//!
//! ```text
//! sh,embedded      runs against the embedded API server      tests/program/manual.rs
//! sh,aws           runs against moto                         tests/real/aws_manual.rs
//! sh,debian        runs in a Debian 12 of its own            tests/debian/manual.rs
//! LANG,none(WHY)   is not run, and why
//! yaml,policy      is a policy: the user's; policy,system and policy,project are those
//! yaml,cases       is a file of decision examples
//! LANG,is=PATH     is this file of the repository, to the letter; of a picture, the text on it
//! text             is a picture of a screen, or of a line
//! text,says        every line of it is said by the block before; `…` stands for anything
//! ```
//! With `file=NAME` a block is also written into the home of the stage, for the commands that follow on its page.
//! A command ends with 0, or with the number in a comment behind it: `# exit 3`, `# exit 3: it would ask`.

use super::ended::told;
use std::fs;
use std::path::Path;
use std::process::Output;

/// What becomes of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Commands, run on the stage of this name: `embedded`, `aws` or `debian`.
    Run(&'static str),
    /// Not run, for a reason.
    Left,
    /// A policy of this layer: `user`, `system` or `project`.
    Policy(&'static str),
    /// Decision examples.
    Cases,
    /// A file of the repository.
    Is(String),
    /// Said by the block before it.
    Says,
    /// A picture.
    Text,
}

/// The stages there are.
pub const STAGES: [&str; 3] = ["embedded", "aws", "debian"];

/// One block of a page.
#[derive(Clone, Debug)]
pub struct Block {
    /// `docs/src/aws.md:12`, the line of its first fence.
    pub at: String,
    pub kind: Kind,
    /// What it is called on the stage.
    pub file: Option<String>,
    pub text: String,
}

/// One page.
#[derive(Clone, Debug)]
pub struct Page {
    /// `aws.md`.
    pub name: String,
    pub text: String,
    pub blocks: Vec<Block>,
}

/// Where the manual is.
pub fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/src"))
}

/// Every page but the list of them, and what is wrong with their blocks.
pub fn pages() -> (Vec<Page>, Vec<String>) {
    let mut names: Vec<String> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md") && name != "SUMMARY.md")
        .collect();
    names.sort();
    let mut problems = Vec::new();
    let pages = names.into_iter().map(|name| {
        let text = fs::read_to_string(directory().join(&name)).unwrap();
        let blocks = blocks(&format!("docs/src/{name}"), &text, &mut problems);
        Page { name, text, blocks }
    });
    (pages.collect(), problems)
}

/// The blocks of a text; what is wrong with them goes to `problems`, with file and line.
pub fn blocks(file: &str, text: &str, problems: &mut Vec<String>) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(usize, &str, String)> = None;
    for (number, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(info)) => open = Some((number + 1, info, String::new())),
            (Some(_), Some("")) => {
                let (from, info, text) = open.take().unwrap();
                let at = format!("{file}:{from}");
                match kind(info) {
                    Ok((Kind::Says, _))
                        if !found.last().is_some_and(|b: &Block| matches!(b.kind, Kind::Run(_))) =>
                    {
                        problems.push(format!("{at}: ```{info}: nothing is run before it"));
                    }
                    Ok((kind, file)) => found.push(Block { at, kind, file, text }),
                    Err(why) => problems.push(format!("{at}: ```{info}: {why}")),
                }
            }
            (Some((_, _, text)), _) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    if let Some((from, info, _)) = open {
        problems.push(format!("{file}:{from}: ```{info}: it has no end"));
    }
    found
}

/// What the words behind a fence say.
fn kind(info: &str) -> Result<(Kind, Option<String>), String> {
    let (language, marks) = info.split_once(',').unwrap_or((info, ""));
    let (mut kind, mut file) = (None, None);
    // A reason is the last mark, and may hold commas.
    let (marks, reason) = marks.split_once("none(").map_or((marks, None), |(marks, why)| (marks, Some(why)));
    if let Some(why) = reason {
        let why = why.strip_suffix(')').ok_or("`none(` has no end")?;
        if why.trim().is_empty() {
            return Err("no reason".to_owned());
        }
        kind = Some(Kind::Left);
    }
    for mark in marks.split(',').filter(|mark| !mark.is_empty()) {
        let said = match (language, mark) {
            ("sh", stage) if STAGES.contains(&stage) => {
                Kind::Run(STAGES.into_iter().find(|s| *s == stage).unwrap())
            }
            ("yaml", "policy") => Kind::Policy("user"),
            ("yaml", "system") if kind == Some(Kind::Policy("user")) => {
                kind = Some(Kind::Policy("system"));
                continue;
            }
            ("yaml", "project") if kind == Some(Kind::Policy("user")) => {
                kind = Some(Kind::Policy("project"));
                continue;
            }
            ("yaml", "cases") => Kind::Cases,
            ("text", "says") => Kind::Says,
            (_, mark) => match mark.split_once('=') {
                Some(("file", name)) => {
                    file = Some(name.to_owned());
                    continue;
                }
                Some(("is", path)) => Kind::Is(path.to_owned()),
                _ => return Err(format!("nobody knows the mark {mark:?}")),
            },
        };
        if kind.replace(said).is_some() {
            return Err("two marks that say what it is".to_owned());
        }
    }
    match kind {
        Some(kind) => Ok((kind, file)),
        None if language == "text" => Ok((Kind::Text, file)),
        None => Err("not marked: see tests/support/manual.rs".to_owned()),
    }
}

/// Commands and the codes they end with.
pub fn commands(text: &str) -> Vec<(String, i32)> {
    let mut all = Vec::new();
    let mut whole = String::new();
    let mut until = None::<String>;
    for line in text.lines() {
        whole += line;
        whole.push('\n');
        match &until {
            Some(end) if line != end => continue,
            Some(_) => until = None,
            None => {
                if let Some((_, word)) = line.split_once("<<") {
                    until = Some(word.trim_matches(['\'', '"', '-', ' ']).to_owned());
                    continue;
                }
                if line.ends_with('\\') {
                    continue;
                }
            }
        }
        let command = std::mem::take(&mut whole);
        let code = command.split_once("# exit ").map_or(0, |(_, rest)| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap_or_else(|_| panic!("no number behind `# exit`: {command}"))
        });
        let begins = command.trim_start();
        if !begins.is_empty() && !begins.starts_with('#') {
            all.push((command, code));
        }
    }
    assert!(whole.trim().is_empty(), "a command without an end: {whole}");
    all
}

/// What ends a command's output in what a whole block said.
const MARK: &str = "\u{1e}ended ";

/// Plays a page: writes its files, runs its blocks of one stage, each in one shell, and compares. `run` runs a script of bash
/// without a terminal in the home; `write` writes a file there.
pub fn play(
    page: &Page,
    stage: &str,
    run: &dyn Fn(&str) -> Output,
    write: &dyn Fn(&str, &str),
) -> Result<usize, String> {
    let (mut played, mut said) = (0, None::<String>);
    for block in &page.blocks {
        if let Some(file) = &block.file {
            write(file, &block.text);
        }
        match block.kind {
            Kind::Run(on) if on == stage => {
                played += 1;
                said = Some(played_block(block, run)?);
            }
            Kind::Says => {
                if let Some(said) = &said {
                    is_said(block, said)?;
                }
            }
            _ => said = None,
        }
    }
    Ok(played)
}

fn played_block(block: &Block, run: &dyn Fn(&str) -> Output) -> Result<String, String> {
    let commands = commands(&block.text);
    let mut script = "exec 2>&1\n".to_owned();
    for (command, _) in &commands {
        // The newest copy; who reads has an id of their own.
        let command = command.replace(" ID", " \"$(guard kept list | tail -n 1 | cut -d ' ' -f 1)\"");
        script += &format!("{command}printf '\\n{MARK}%s\\n' \"$?\"\n");
    }
    let output = told(&run(&script)).output;
    let mark = format!("\n{MARK}");
    let mut parts = output.split(&mark);
    let mut said = parts.next().unwrap_or_default().to_owned();
    let mut whole = said.clone();
    for (command, code) in commands {
        let (ended, next) = parts.next().and_then(|part| part.split_once('\n')).unwrap_or(("never", ""));
        if ended != code.to_string() {
            return Err(format!("{}: ends with {ended} and not with {code}:\n{command}{said}", block.at));
        }
        said = next.to_owned();
        whole += next;
    }
    Ok(whole)
}

/// Every line of a picture stands in what was said, part by part.
fn is_said(block: &Block, said: &str) -> Result<(), String> {
    for line in block.text.lines().filter(|line| !line.trim().is_empty()) {
        let parts: Vec<&str> = line.split('…').map(str::trim).filter(|part| !part.is_empty()).collect();
        let holds = |mut text: &str| {
            parts.iter().all(|part| match text.find(part) {
                Some(at) => {
                    text = &text[at + part.len()..];
                    true
                }
                None => false,
            })
        };
        if !said.lines().any(holds) {
            return Err(format!("{}: nobody says {line:?}:\n{said}", block.at));
        }
    }
    Ok(())
}

/// The anchors of a page, as mdBook makes them of its headings.
pub fn anchors(text: &str) -> Vec<String> {
    let mut inside = false;
    let headings = text.lines().filter(|line| {
        inside ^= line.trim_start().starts_with("```");
        !inside && line.starts_with('#')
    });
    let anchor = |heading: &str| {
        let plain = heading.trim_start_matches('#').trim().replace('`', "");
        let kept = plain.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
    };
    headings.map(anchor).collect()
}

/// What a text sets as code, outside of blocks.
pub fn spans(text: &str) -> Vec<String> {
    let mut inside = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    lines.flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The targets of the links of a text, outside of blocks and of words set as code.
pub fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        inside ^= line.trim_start().starts_with("```");
        if inside {
            continue;
        }
        let words: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        let targets = words.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        found.extend(targets.map(|(target, _)| target.to_owned()));
    }
    found
}
