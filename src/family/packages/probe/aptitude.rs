//! aptitude.

use super::Answered;
use super::simulate::{Stage, failure, knows_no, line_of, misread};
use crate::engine::fact::Why;
use crate::engine::packages::aptitude::{command, parse};
use crate::engine::packages::requested_packages::asked;
use crate::engine::packages::tables::aptitude::{Act, Means};
use crate::engine::packages::{rehearsal, simulated};

/// The plan of aptitude with the request's words.
pub(super) async fn plan(stage: &Stage<'_>) -> Answered {
    let words = stage.bytes();
    let line = parse(&words);
    let act = line.arg(0).and_then(command);
    if let (None, Some(word), false) = (act, line.arg(0), line.strange())
        && knows_no(stage.request.program, word)
    {
        return Answered::refused(format!("Unknown command \"{}\"", String::from_utf8_lossy(word)));
    }
    let (Some(act), false) = (act, line.has(Means::Screen)) else {
        // The full-screen program would start.
        return Answered::unknown(Why::Unsupported);
    };
    if line.has(Means::Help)
        || line.has(Means::Simulate)
        || matches!(act, Act::Look | Act::Note | Act::Fetch | Act::Clean)
    {
        return Answered::nothing();
    }
    if line.has(Means::Schedule) {
        // It is stored for the next call, in a simulation too.
        return Answered::unknown(Why::Unsupported);
    }
    let Some(rehearsed) = rehearsal(b"aptitude", &words) else { return Answered::unknown(Why::Unsupported) };
    let asked = asked(b"aptitude", &words);
    let program = stage.request.program;
    let (done, matched) = tokio::join!(stage.run(program, &rehearsed), stage.search(&asked.patterns));
    let done = match done {
        Ok(done) => done,
        Err(why) => return Answered::unknown(why),
    };
    if !done.ok {
        return match line_of(&done.err, "E: ") {
            Some(line) => Answered::refused(line.trim_start_matches("E: ").to_owned()),
            None => Answered::unknown(failure("aptitude", &done)),
        };
    }
    match simulated::aptitude(&done.out) {
        Ok(Some(mut plan)) => {
            plan.mark_named(&asked, &matched);
            Answered::known(plan)
        }
        // Marks alone are set without a plan.
        Ok(None) if act == Act::Mark => Answered::nothing(),
        Ok(None) => Answered::unknown(failure("aptitude", &done)),
        Err(line) => Answered::unknown(misread("aptitude")(line)),
    }
}

impl Stage<'_> {
    /// What aptitude says its patterns match.
    async fn search(&self, patterns: &[Vec<u8>]) -> Vec<String> {
        if patterns.is_empty() {
            return Vec::new();
        }
        let ask: [&[u8]; 5] = [b"-F", b"%p", b"--disable-columns", b"search", b"--"];
        let words: Vec<&[u8]> = ask.into_iter().chain(patterns.iter().map(Vec::as_slice)).collect();
        let Ok(done) = self.run(self.request.program, &words).await else { return Vec::new() };
        String::from_utf8_lossy(&done.out).lines().map(|l| l.trim().to_owned()).collect()
    }
}
