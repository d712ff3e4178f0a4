//! apt and apt-get, and tasksel, which ends in apt-get.

use super::Answered;
use super::simulate::{Stage, failure, knows_no, line_of, misread, owned};
use crate::engine::classify::classify;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::packages::grammar::{Line, Unknown, Value, read};
use crate::engine::packages::plan::{Kind, Plan};
use crate::engine::packages::requested_packages::{Asked, asked};
use crate::engine::packages::tables::apt::{Act, Key};
use crate::engine::packages::{program, rehearsal, simulated, words};
use crate::run::child::Done;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// One command line of apt or apt-get.
struct Call<'c> {
    tool: &'c str,
    path: &'c Path,
    words: Vec<&'c [u8]>,
    line: Line<'c>,
    act: Option<Act>,
    /// The words that set the same configuration in another program of the family.
    settings: Vec<Vec<u8>>,
    asked: Asked,
}

/// The plan of `apt` or `apt-get` with these words.
pub(super) async fn plan(stage: &Stage<'_>, tool: &str, path: &Path, words: &[OsString]) -> Answered {
    let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
    let Some(kind) = program(tool.as_bytes()) else { return Answered::unknown(Why::Unsupported) };
    let verdict = classify(tool.as_bytes(), &words);
    if verdict.effect == Effect::Read && !verdict.content {
        return Answered::nothing();
    }
    let line = read(kind, &words, Unknown::Switch);
    let call = Call {
        tool,
        path,
        act: line.command(kind).map(|c| c.act),
        settings: config_words(&line),
        asked: asked(tool.as_bytes(), &words),
        words,
        line,
    };
    if let (None, Some((_, word))) = (call.act, call.line.args.first())
        && knows_no(path, word)
    {
        // It cannot be rehearsed, because nothing is known of its options; nor does it run.
        return Answered::refused(format!("Invalid operation {}", String::from_utf8_lossy(word)));
    }
    if call.line.on(Key::AssumeNo) && stage.settings(&call).await.is_some_and(|s| !s.yes) {
        return Answered::nothing();
    }
    if let Some(plan) = stage.short_way(&call).await {
        return Answered::known(plan);
    }
    let (done, matched) =
        tokio::join!(stage.replay(&call, &call.words, &[]), stage.matched(&call, &call.asked.patterns));
    let done = match done {
        Ok(done) => done,
        Err(why) => return Answered::unknown(why),
    };
    let read = simulated::apt(&done.out);
    if !done.ok {
        // A plan and a failure: nobody knows how much of it holds.
        let harmless = verdict.effect <= Effect::Mutate && !verdict.content;
        let none = read.is_ok_and(|plan| plan.changes.is_empty());
        let refused = if none { refusal(tool, &done.err, harmless) } else { None };
        return refused.unwrap_or_else(|| Answered::unknown(failure(tool, &done)));
    }
    let mut plan = match read {
        Ok(plan) => plan,
        Err(line) => return Answered::unknown(misread(tool)(line)),
    };
    plan.mark_named(&call.asked, &matched);
    if surprises(&plan) && !call.asked.doubtful.is_empty() {
        let more = stage.matched(&call, &call.asked.doubtful).await;
        plan.mark_named(&call.asked, &[matched, more].concat());
    }
    if surprises(&plan)
        && let Some(without) = stage.without_unused(&call, &[]).await
    {
        plan.mark_unused(&without);
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
    if said.is_empty() {
        // A task that is not there, or of which nothing is installed.
        return Answered::nothing();
    }
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
fn refusal(tool: &str, err: &[u8], harmless: bool) -> Option<Answered> {
    let error = line_of(err, "E: ")?;
    let said = error.strip_prefix("E: ").unwrap_or(&error);
    if said.contains("[from -s]") && said.contains("is not understood") {
        // Commands that plan nothing know no simulation.
        return Some(if harmless { Answered::nothing() } else { Answered::unknown(Why::Unsupported) });
    }
    // What others do when apt calls them may go otherwise the next time.
    let theirs = ["hook", "Sub-process", "Problem executing", "Could not exec", "Unable to write", "fork"];
    if theirs.iter().any(|part| said.contains(part)) {
        return Some(Answered::unknown(Why::Failed(format!("{tool}: {said}"))));
    }
    Some(Answered::refused(said.to_owned()))
}

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

impl Call<'_> {
    /// Whether the command itself says that what nothing needs any more goes.
    fn removes_unused(&self) -> bool {
        matches!(self.act, Some(Act::Autoremove | Act::Autopurge))
    }

    /// Whether the command removes packages that it names, and does nothing else: no patterns, no versions, no
    /// releases, nothing that is installed.
    fn only_removes(&self) -> bool {
        let bare = |word: &[u8]| {
            words::sign(word).0 == words::Sign::None
                && words::is_plain(word)
                && !word.iter().any(|b| b"=/~".contains(b))
        };
        matches!(self.act, Some(Act::Remove | Act::Purge | Act::Autoremove | Act::Autopurge))
            && self.line.operands().iter().all(|(_, word)| bare(word))
            && !self.line.on(Key::FixBroken)
    }
}

/// Settings of apt as files and words make them together.
struct Settings {
    auto_remove: bool,
    yes: bool,
}

/// Words that let apt forget what could be installed: then it has no index to read.
const WITHOUT_LISTS: [&[u8]; 6] = [
    b"-o",
    b"Dir::State::lists=/nonexistent/lists",
    b"-o",
    // Not the real ones, which would be written anew without the lists.
    b"Dir::Cache::pkgcache=",
    b"-o",
    b"Dir::Cache::srcpkgcache=",
];

impl Stage<'_> {
    /// The simulation of these words.
    async fn replay(&self, call: &Call<'_>, words: &[&[u8]], also: &[&[u8]]) -> Result<Done, Why> {
        let end = words.iter().position(|w| *w == b"--").unwrap_or(words.len());
        let (before, rest) = words.split_at(end);
        let words = [before, also, rest].concat();
        let rehearsed = rehearsal(call.tool.as_bytes(), &words).ok_or(Why::Unsupported)?;
        self.run(call.path, &rehearsed).await
    }

    /// The plan of the same words without the removal of what nothing needs any more; `None` when nothing is removed for
    /// that reason, or nobody knows.
    async fn without_unused(&self, call: &Call<'_>, also: &[&[u8]]) -> Option<Plan> {
        const KEEP: [&[u8]; 2] = [b"-o", b"APT::Get::AutomaticRemove=0"];
        if call.removes_unused() && call.line.operands().is_empty() {
            return Some(Plan::default());
        }
        if !call.removes_unused() && !self.settings(call).await.is_some_and(|s| s.auto_remove) {
            return None;
        }
        let mut words = call.words.clone();
        let verb = call.line.args.first().filter(|_| call.removes_unused());
        if let Some(word) = verb.and_then(|(at, _)| words.get_mut(*at)) {
            *word = b"remove";
        }
        let done = self.replay(call, &words, &[also, &KEEP].concat()).await.ok().filter(|done| done.ok)?;
        simulated::apt(&done.out).ok()
    }

    /// Packages that are removed by name, and nothing depends on them: then apt has nothing to solve, and what could be
    /// installed in their place makes no difference. Without the lists, which it has to read otherwise, it takes a tenth
    /// of the time. `None`: the long way, because something would come along (for which apt may find something else to
    /// install) or because anything else is not as plain.
    async fn short_way(&self, call: &Call<'_>) -> Option<Plan> {
        let read = |done: Done| done.ok.then(|| simulated::apt(&done.out).ok()).flatten();
        if !call.only_removes() {
            return None;
        }
        let mut plan = read(self.replay(call, &call.words, &WITHOUT_LISTS).await.ok()?)?;
        plan.mark_named(&call.asked, &[]);
        let plain = |plan: &Plan| plan.changes.iter().all(|c| c.named && c.kind != Kind::Install);
        if plain(&plan) {
            return Some(plan);
        }
        // Besides them only what nothing needs any more.
        let mut without = self.without_unused(call, &WITHOUT_LISTS).await?;
        without.mark_named(&call.asked, &[]);
        plan.mark_unused(&without);
        let removes = plan.changes.iter().all(|c| c.kind != Kind::Install && (c.named || c.unused));
        (plain(&without) && removes).then_some(plan)
    }

    async fn settings(&self, call: &Call<'_>) -> Option<Settings> {
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
        let words: Vec<&[u8]> = call.settings.iter().map(Vec::as_slice).chain(ASK).collect();
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
    async fn matched(&self, call: &Call<'_>, patterns: &[Vec<u8>]) -> Vec<String> {
        if patterns.is_empty() {
            return Vec::new();
        }
        let program = self.beside(if call.tool == "apt" { "apt" } else { "apt-cache" });
        let ask: [&[u8]; 2] = [b"policy", b"--"];
        let settings = call.settings.iter().map(Vec::as_slice);
        let words: Vec<&[u8]> = settings.chain(ask).chain(patterns.iter().map(Vec::as_slice)).collect();
        let Ok(done) = self.run(&program, &words).await else { return Vec::new() };
        let text = String::from_utf8_lossy(&done.out);
        let names = text.lines().filter(|l| !l.starts_with(' ')).filter_map(|l| l.strip_suffix(':'));
        names.map(str::to_owned).collect()
    }
}
