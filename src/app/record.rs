//! The audit record of a judged call, written before the command runs or right after it was refused.

use super::consent::given::{Consent, Ending};
use crate::audit::{self, Caller, ElapsedMs, Operation, Outcome, Record, Target};
use crate::engine::decide::Decision;
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::impact::Fate;
use crate::fail::{Fail, Kind, Result};
use crate::family::actor;
use crate::family::judge::Evaluation;
use crate::family::promise::Copied;
use crate::ui::{ColourChoice, backup, stderr};
use crate::world::World;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Where records go: the policy's place, else the default one.
pub fn path(judged_path: Option<&str>, world: &World) -> Result<PathBuf> {
    if let Some(path) = judged_path {
        return Ok(PathBuf::from(path));
    }
    audit::default_path(world).ok_or_else(|| {
        Fail::new(Kind::Audit, "there is no place for the audit log")
            .because("neither XDG_STATE_HOME nor HOME is set")
            .help("set HOME, or `audit: path:` in the policy")
    })
}

/// Writes the record of a command that is about to run. Fails when policy demands the record and it cannot be written.
pub fn exec(consent: &Consent<Evaluation<'_>>, copied: &Copied, choice: ColourChoice) -> Result<()> {
    let judged = consent.to();
    let (call, world) = (judged.cx.call, judged.cx.world);
    let mut record = make(judged, consent.ending(), Outcome::Exec, None);
    record.kept.clone_from(&copied.id);
    if copied.id.is_some() {
        record.facts.insert("kept_objects".into(), copied.objects.into());
    }
    if !copied.missing.is_empty() {
        record.facts.insert("not_kept".into(), listed(copied.missing.iter().cloned()));
    }
    let written =
        path(judged.terms.audit_path.as_deref(), world).and_then(|path| audit::append(&record, &path));
    let Err(mut fail) = written else { return Ok(()) };
    let required = judged.terms.audit_required.is_some_and(|least| judged.outcome.assessment.effect >= least);
    if required {
        fail.kind = Kind::Audit;
        return Err(fail.because(format!("{} was not run without its audit record", call.tool)));
    }
    let look = stderr::look(world, choice);
    let text = crate::ui::notice::render_warning(&format!("no audit record: {}", fail.what), look);
    let _ = writeln!(std::io::stderr(), "{text}");
    Ok(())
}

/// Writes the record of a refusal. A refusal stands whether or not it could be recorded.
pub fn refused(judged: &Evaluation<'_>, ending: &Ending, reason: &str) {
    let record = make(judged, ending, Outcome::Refused, Some(reason));
    let written = path(judged.terms.audit_path.as_deref(), judged.cx.world)
        .and_then(|path| audit::append(&record, &path));
    if let Err(fail) = written {
        let _ = writeln!(std::io::stderr(), "guard: warning: no audit record: {}", fail.what);
    }
}

/// What guard itself is about to do, by one of its own commands.
pub struct Own<'a> {
    /// The words behind `guard`.
    pub words: &'a [&'a str],
    /// Where, when it is somewhere else than in guard's own directories.
    pub target: Option<Target>,
    /// How its question was answered.
    pub answer: audit::Answer,
    /// What it does.
    pub effect: Effect,
    /// The copy it is about.
    pub copy: Option<&'a str>,
}

/// Writes the record of one of guard's own commands that changes something: what was put back, and which copies are gone.
pub fn own(own: Own<'_>, audit_path: Option<&str>, world: &World) {
    let words: Vec<String> = own.words.iter().map(|word| escape(word.as_bytes())).collect();
    let mut caller = Caller::of_process(world);
    caller.actor = Some(actor::actor(world).word().to_owned());
    let mut record = Record::new(jiff::Timestamp::now(), audit::entropy(), caller, "guard", &words);
    record.target = own.target;
    record.operation = Operation {
        effect: own.effect.word().to_owned(),
        words: own.effect.word().to_owned(),
        because: Vec::new(),
    };
    record.decision = if own.answer == audit::Answer::NotAsked { "allow" } else { "confirm" }.to_owned();
    record.answer = own.answer;
    record.outcome = Outcome::Exec;
    record.kept = own.copy.map(str::to_owned);
    let written = path(audit_path, world).and_then(|path| audit::append(&record, &path));
    if let Err(fail) = written {
        let _ = writeln!(std::io::stderr(), "guard: warning: no audit record: {}", fail.what);
    }
}

fn make(judged: &Evaluation<'_>, ending: &Ending, outcome: Outcome, reason: Option<&str>) -> Record {
    let (call, place) = (judged.cx.call, &judged.outcome.place);
    let words: Vec<String> = call.redacted().iter().skip(1).map(|w| escape(w)).collect();
    let mut caller = Caller::of_process(judged.cx.world);
    caller.actor = Some(judged.outcome.situation.actor.word().to_owned());
    let mut record = Record::new(jiff::Timestamp::now(), audit::entropy(), caller, call.tool.name, &words);
    if let Ok(target) = &judged.target {
        record.target = Some(Target::of(target, place.environment, place.name.as_deref()));
    }
    record.operation = Operation {
        effect: judged.outcome.assessment.effect.word().to_owned(),
        words: judged.outcome.assessment.words.word().to_owned(),
        because: judged.outcome.assessment.because.clone(),
    };
    record.facts = facts(judged);
    record.decision = match &judged.outcome.decision {
        Decision::Allow(a) if !a.warnings.is_empty() => "warn",
        Decision::Allow(_) => "allow",
        Decision::Confirm(_) => "confirm",
        Decision::Deny(_) => "deny",
    }
    .to_owned();
    record.rules = judged.outcome.decision.rules().to_vec();
    if matches!(judged.outcome.decision, Decision::Confirm(_)) {
        record.challenge = Some(judged.outcome.challenge.kind.clone().into_owned());
    }
    record.answer = ending.answer();
    record.justification = ending.justification().map(str::to_owned);
    record.reason = reason.map(str::to_owned);
    record.outcome = outcome;
    record.elapsed_ms = ElapsedMs {
        resolve: milliseconds(judged.resolving),
        probe: milliseconds(judged.probing),
        prompt: milliseconds(ending.prompting()),
    };
    record
}

fn milliseconds(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

/// A list of the record: a line of the log is for people and for `jq`, not for ten thousand names.
fn listed(texts: impl Iterator<Item = String>) -> serde_json::Value {
    const MOST: usize = 1000;
    let mut texts = texts;
    let mut list: Vec<serde_json::Value> = texts.by_ref().take(MOST).map(serde_json::Value::from).collect();
    if let more @ 1.. = texts.count() {
        list.push(format!("… {more} more").into());
    }
    list.into()
}

fn facts(judged: &Evaluation<'_>) -> serde_json::Map<String, serde_json::Value> {
    let impact = &judged.impact;
    let mut map = serde_json::Map::new();
    if let Some(Ok(moving)) = judged.moving.as_ref().map(serde_json::to_value) {
        map.insert("moved".into(), moving);
    }
    if judged.outcome.assessment.words <= Effect::Mutate && impact.subjects.is_empty() {
        return map;
    }
    let goes: u64 = impact.groups.iter().map(|g| g.count).sum();
    map.insert("subjects".into(), impact.subjects_total.into());
    map.insert("objects".into(), goes.into());
    let lost = impact.data.iter().filter(|d| d.fate != Fate::Kept).map(|d| d.what.clone());
    map.insert("data".into(), listed(lost));
    if !impact.backups.is_empty() {
        map.insert("backup".into(), listed(backup::lines(&impact.backups).into_iter()));
    }
    let gaps = impact.gaps.iter().map(|g| format!("{}: {}", g.what, g.why));
    map.insert("unchecked".into(), listed(gaps));
    if !judged.outcome.decision.stood_down().is_empty() {
        let down = judged.outcome.decision.stood_down().iter().cloned().map(serde_json::Value::from);
        map.insert("stood_down".into(), down.collect());
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let list = |n: usize| listed((0..n).map(|i| i.to_string()));
        assert_eq!(list(0), serde_json::json!([]));
        assert_eq!(list(1000).as_array().map(Vec::len), Some(1000));
        let long = list(2500);
        assert_eq!(
            (long.as_array().map(Vec::len), &long[1000]),
            (Some(1001), &serde_json::json!("… 1500 more"))
        );
    }
}
