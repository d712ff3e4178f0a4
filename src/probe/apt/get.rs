//! apt and apt-get, and tasksel, which ends in apt-get.

use super::Answered;
use super::simulate::{Stage, failure, line_of, misread, owned};
use crate::engine::apt::asked::asked;
use crate::engine::apt::grammar::{Line, Unknown, Value, read};
use crate::engine::apt::plan::Plan;
use crate::engine::apt::{program, rehearsal, simulated};
use crate::engine::classify::classify;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::tools::apt::{Act, Key};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The plan of `apt` or `apt-get` with these words.
pub(super) async fn plan(stage: &Stage<'_>, tool: &str, path: &Path, words: &[OsString]) -> Answered {
    let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
    let name = tool.as_bytes();
    let (Some(kind), Some(rehearsed)) = (program(name), rehearsal(name, &words)) else {
        return Answered::unknown(Why::Unsupported);
    };
    let verdict = classify(name, &words);
    if verdict.effect == Effect::Read && !verdict.content {
        return Answered::nothing();
    }
    let line = read(kind, &words, Unknown::Switch);
    let settings = config_words(&line);
    if line.on(Key::AssumeNo) && stage.settings(&settings).await.is_some_and(|s| s.answers_no()) {
        return Answered::nothing();
    }
    let mut asked = asked(name, &words);
    let (done, matched) =
        tokio::join!(stage.run(path, &rehearsed), stage.matched(tool, &settings, &asked.patterns));
    let done = match done {
        Ok(done) => done,
        Err(why) => return Answered::unknown(why),
    };
    let read = simulated::apt(&done.out);
    if !done.ok {
        // A plan and a failure: nobody knows how much of it holds.
        if read.is_ok_and(|plan| plan.changes.is_empty()) {
            return failed(tool, &done.err, verdict.effect <= Effect::Mutate && !verdict.content)
                .unwrap_or_else(|| Answered::unknown(failure(tool, &done)));
        }
        return Answered::unknown(failure(tool, &done));
    }
    let mut plan = match read {
        Ok(plan) => plan,
        Err(line) => return Answered::unknown(misread(tool)(line)),
    };
    plan.mark_named(&asked, &matched);
    if surprises(&plan) && !asked.doubtful.is_empty() {
        let more = stage.matched(tool, &settings, &std::mem::take(&mut asked.doubtful)).await;
        plan.mark_named(&asked, &[matched, more].concat());
    }
    if surprises(&plan) {
        stage
            .mark_unused(&mut plan, &Replay { line: &line, path, words: &words, tool, settings: &settings })
            .await;
    }
    Answered::known(plan)
}

/// `tasksel remove TASK`: it says by itself how it will call apt-get.
pub(super) async fn tasksel(stage: &Stage<'_>) -> Answered {
    let bytes = stage.bytes();
    if classify(b"tasksel", &bytes).effect == Effect::Read {
        return Answered::nothing();
    }
    // Without a command it asks the person what to do.
    if !bytes.iter().any(|w| matches!(*w, b"install" | b"remove")) {
        return Answered::unknown(Why::Unsupported);
    }
    let words = [&[&b"-t"[..]], bytes.as_slice()].concat();
    let done = match stage.run(stage.request.program, &words).await {
        Ok(done) if done.ok => done,
        Ok(done) => return Answered::unknown(failure("tasksel", &done)),
        Err(why) => return Answered::unknown(why),
    };
    let said: Vec<&[u8]> = done.out.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).collect();
    let Some(at) = said.iter().position(|w| *w == b"apt-get") else {
        return Answered::unknown(Why::Failed("tasksel does not say how it will call apt-get".into()));
    };
    let words = owned(said.get(at + 1..).unwrap_or_default());
    Box::pin(plan(stage, "apt-get", &stage.beside("apt-get"), &words)).await
}

/// Whether something goes that nobody asked for and that is not known to be unused.
fn surprises(plan: &Plan) -> bool {
    plan.removals().any(|change| !change.named && !change.unused)
}

/// What a simulation without a plan means. `harmless`: by its words the command changes no packages.
fn failed(tool: &str, err: &[u8], harmless: bool) -> Option<Answered> {
    let error = line_of(err, "E: ")?;
    let said = error.strip_prefix("E: ").unwrap_or(&error);
    if said.contains("[from -s]") && said.contains("is not understood") {
        // Commands that plan nothing know no simulation.
        return Some(if harmless { Answered::nothing() } else { Answered::unknown(Why::Unsupported) });
    }
    // What others do when apt calls them may go otherwise the next time.
    let theirs = [
        "hook",
        "Sub-process",
        "Sub-process",
        "Problem executing",
        "Could not exec",
        "Unable to write",
        "fork",
    ];
    if theirs.iter().any(|part| said.contains(part)) {
        return Some(Answered::unknown(Why::Failed(format!("{tool}: {said}"))));
    }
    Some(Answered::refused(said.to_owned()))
}

/// The words that set the same configuration in another program of the family.
fn config_words(line: &Line<'_>) -> Vec<Vec<u8>> {
    let mut all: Vec<(usize, [Vec<u8>; 2])> = Vec::new();
    for file in &line.files {
        if let Value::Text(name) = file.value {
            all.push((file.at, [b"-c".to_vec(), name.to_vec()]));
        }
    }
    for setting in &line.settings {
        let value = match (setting.value, setting.key) {
            (Value::Text(value), _) => setting.name.map(|name| [name, b"=", value].concat()),
            (Value::Sense(on), Key::AutomaticRemove) => {
                Some(format!("APT::Get::AutomaticRemove={on}").into_bytes())
            }
            (Value::Sense(on), Key::AssumeYes) => Some(format!("APT::Get::Assume-Yes={on}").into_bytes()),
            (Value::Sense(on), Key::ForceYes) => Some(format!("APT::Get::force-yes={on}").into_bytes()),
            (Value::Level(level), Key::Quiet) => Some(format!("quiet={level}").into_bytes()),
            _ => None,
        };
        if let Some(value) = value {
            all.push((setting.at, [b"-o".to_vec(), value]));
        }
    }
    // Later ones count; of those in one word the order is kept.
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().flat_map(|(_, words)| words).collect()
}

/// Settings of apt as files and words make them together.
struct Settings {
    auto_remove: bool,
    yes: bool,
}

impl Settings {
    fn answers_no(&self) -> bool {
        !self.yes
    }
}

/// What a second simulation needs.
struct Replay<'r> {
    line: &'r Line<'r>,
    path: &'r Path,
    words: &'r [&'r [u8]],
    tool: &'r str,
    settings: &'r [Vec<u8>],
}

impl Stage<'_> {
    async fn settings(&self, words: &[Vec<u8>]) -> Option<Settings> {
        const ASK: [&[u8]; 9] = [
            b"shell",
            b"A",
            b"APT::Get::AutomaticRemove/b",
            b"Y",
            b"APT::Get::Assume-Yes/b",
            b"F",
            b"APT::Get::force-yes/b",
            b"Q",
            b"quiet/i",
        ];
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).chain(ASK).collect();
        let done = self.run(&self.beside("apt-config"), &words).await.ok().filter(|done| done.ok)?;
        let text = String::from_utf8_lossy(&done.out).into_owned();
        let value = |name: char| {
            let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix("='"));
            line.and_then(|l| l.strip_suffix('\'')).unwrap_or_default()
        };
        let on = |name| value(name) == "true";
        let loud = value('Q').parse::<i64>().unwrap_or(0) < 2;
        Some(Settings { auto_remove: on('A'), yes: on('Y') || on('F') || !loud })
    }

    /// What the tool says its patterns match: `apt-cache policy` reads names as apt-get does, `apt policy` as apt does.
    /// Without an answer nothing counts as matched.
    async fn matched(&self, tool: &str, settings: &[Vec<u8>], patterns: &[Vec<u8>]) -> Vec<String> {
        if patterns.is_empty() {
            return Vec::new();
        }
        let program = self.beside(if tool == "apt" { "apt" } else { "apt-cache" });
        let ask: [&[u8]; 2] = [b"policy", b"--"];
        let words: Vec<&[u8]> =
            settings.iter().map(Vec::as_slice).chain(ask).chain(patterns.iter().map(Vec::as_slice)).collect();
        let Ok(done) = self.run(&program, &words).await else { return Vec::new() };
        let text = String::from_utf8_lossy(&done.out);
        let names = text.lines().filter(|l| !l.starts_with(' ')).filter_map(|l| l.strip_suffix(':'));
        names.map(str::to_owned).collect()
    }

    /// Tells what goes because nothing needs it any more from what goes because something it needs does: the same
    /// simulation without the removal of what is unused.
    async fn mark_unused(&self, plan: &mut Plan, replay: &Replay<'_>) {
        let Some(kind) = program(replay.tool.as_bytes()) else { return };
        let command = replay.line.command(kind);
        let verb = command.is_some_and(|c| matches!(c.act, Act::Autoremove | Act::Autopurge));
        if verb && replay.line.operands().is_empty() {
            plan.mark_unused(&Plan::default());
            return;
        }
        if !verb && !self.settings(replay.settings).await.is_some_and(|s| s.auto_remove) {
            return;
        }
        let mut words = replay.words.to_vec();
        let at = replay.line.args.first().map(|(at, _)| *at);
        if let Some(word) = at.filter(|_| verb).and_then(|at| words.get_mut(at)) {
            *word = b"remove";
        }
        let end = words.iter().position(|w| *w == b"--").unwrap_or(words.len());
        let (before, rest) = words.split_at(end);
        let words = [before, &[&b"-o"[..], b"APT::Get::AutomaticRemove=0"], rest].concat();
        let Some(words) = rehearsal(replay.tool.as_bytes(), &words) else { return };
        if let Ok(done) = self.run(replay.path, &words).await
            && done.ok
            && let Ok(without) = simulated::apt(&done.out)
        {
            plan.mark_unused(&without);
        }
    }
}
