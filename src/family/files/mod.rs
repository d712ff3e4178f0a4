//! `rm`: what stands at the paths it names, and whether any of it can be had again.

pub mod probe;
mod reading;
pub mod unattended;

pub use reading::FilesReading;

use super::cx::Cx;
use super::judge::{Evaluation, Facts, Family, Held, Outcome};
use super::machine::Command;
use super::machine::screen::Words;
use super::machine::weigh::Said;
use super::reading::Reading as _;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::engine::target::Target;
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind, Result};
use crate::ui::view::Sight;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

/// So much longer than its deadline a look may take: what is asked last is begun before it.
const PATIENCE: Duration = Duration::from_secs(1);

/// One removal of files.
pub struct Files<'a> {
    on: Command<'a>,
    /// What is lost, by the names of the phrase.
    lost: Vec<String>,
    /// What stands at each path.
    identities: Vec<(PathBuf, Option<(u64, u64)>)>,
}

impl<'a> Files<'a> {
    fn begin(cx: Cx<'a>, reading: &FilesReading, tool: PathBuf) -> Files<'a> {
        Files {
            on: Command::new(cx, &reading.invocation().verdict, tool),
            lost: Vec::new(),
            identities: Vec::new(),
        }
    }

    /// Looks at what is there. A file system that does not answer holds up the thread that asks, and nobody else.
    fn ask(&self) -> probe::Answered {
        let words: Vec<Vec<u8>> = self.on.cx.raw.iter().map(|word| word.to_vec()).collect();
        let world = self.on.cx.world.clone();
        let deadline = self.on.cx.probe_deadline(probe::DEADLINE);
        let (done, answer) = mpsc::channel();
        let asks = move || {
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            let answered = probe::ask(&probe::Request { words: &words, world: &world, deadline });
            // Nobody listens any more after the deadline.
            let _ = done.send(answered);
        };
        let started = std::thread::Builder::new().name("files".to_owned()).spawn(asks);
        let answered = started.ok().and_then(|_| answer.recv_timeout(deadline + PATIENCE).ok());
        answered.unwrap_or_else(|| {
            let mut late = probe::Answered::default();
            late.impact.unseen("what would go", Why::TimedOut);
            late
        })
    }
}

impl Family for Files<'_> {
    fn resolve(&mut self) {
        self.on.resolve();
    }

    fn wants_facts(&self, asks: bool) -> bool {
        asks || self.on.verdict.content
    }

    fn probe(&mut self, _asks: bool) -> Result<Facts> {
        let answered = {
            let _progress = self.on.progress();
            self.ask()
        };
        if let Some(nothing) = answered.nothing {
            self.on.verdict.effect = Effect::Read;
            self.on.verdict.because.push(nothing);
        }
        self.lost = answered.lost;
        self.identities = answered.identities;
        Ok(Facts { impact: answered.impact, probed: true })
    }

    fn unprobed(&self) -> Impact {
        let mut impact = Impact::default();
        impact.unseen("what would go", Why::NotAsked);
        impact
    }

    fn decide(&self, impact: &Impact, probed: bool) -> Outcome {
        let said = Said { lost: &self.lost, ..Said::default() };
        self.on.decide(said, impact, probed)
    }

    fn verdict(&self) -> &Verdict {
        &self.on.verdict
    }

    fn target(&self, outcome: &Outcome) -> Result<Target> {
        self.on.target(outcome)
    }

    fn sight(&self, impact: &Impact, outcome: &Outcome) -> Sight {
        self.on.sight(impact, outcome, Words { thing: "path", action: "remove" })
    }
}

impl Held for Files<'_> {
    /// Looks at the machine and at the paths again: another terminal may have mounted or moved something there while the person
    /// was reading. What grew or shrank meanwhile is no other thing.
    fn unchanged(&self, judged: &Evaluation<'_>, prompting: Duration) -> Result<()> {
        self.on.leads_there_still()?;
        if prompting.is_zero() || judged.outcome.assessment.effect < Effect::Destroy {
            return Ok(());
        }
        if self.ask().identities == self.identities {
            return Ok(());
        }
        Err(Fail::new(Kind::Refused, "refused: what would go changed while the question stood")
            .because("other things stand at these paths now, or they could not be looked at again")
            .help("nothing was run; run the command again"))
    }
}
