//! What a judged call shows: the screen, the one-line notices, the refusal.

use super::call::Call;
use super::judge::Judged;
use super::promise;
use crate::engine::aws;
use crate::engine::challenge::Challenge;
use crate::engine::classify::redact;
use crate::engine::decide::{Allowed, Decision};
use crate::engine::fact::{Source, Sourced, Why};
use crate::engine::impact::Impact;
use crate::engine::kube::classify::NAMESPACES_UNBOUND;
use crate::engine::policy::{Ignored, OnFailure};
use crate::engine::situation::{Actor, Level};
use crate::engine::target::{AwsTarget, HostTarget, KubeTarget, Target};
use crate::engine::tool::TargetKind;
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind};
use crate::ui::{self, ColourChoice, CommandLine, Hint, Look, Refusal, Screen, View, render_notice};
use crate::world::World;
use std::io::{IsTerminal, Write};

/// A judged call, ready to be shown.
pub struct Shown<'a> {
    judged: &'a Judged,
    /// What the called tool works on.
    kind: TargetKind,
    nowhere: Nowhere,
    command: CommandLine,
    notes: Vec<String>,
    copy: Vec<String>,
    home: Option<String>,
    verb: String,
    screen: Screen,
}

/// Targets of which nothing is known.
struct Nowhere {
    kube: KubeTarget,
    aws: AwsTarget,
    host: HostTarget,
}

impl Default for Nowhere {
    fn default() -> Nowhere {
        let unknown = || Sourced::new("unknown".to_owned(), Source::Default);
        Nowhere {
            kube: KubeTarget::at(unknown(), unknown()),
            aws: AwsTarget::default(),
            host: HostTarget::default(),
        }
    }
}

impl<'a> Shown<'a> {
    /// Puts the screen together.
    pub fn new(judged: &'a Judged, call: &Call, world: &World) -> Shown<'a> {
        let mut notes = Vec::new();
        if let Err(why) = &judged.resolved {
            notes.push(format!("the target is not known: {}", why.what));
        }
        if let Some(file) = judged.words.preferences.as_ref().filter(|_| !judged.words.rewritten.is_empty()) {
            // Preferences may hold a password as well as the words do.
            let words = CommandLine::of(redact(call.tool, &judged.words.slices()));
            notes.push(format!("{} turns this into: {} {words}", file.display(), call.tool));
        }
        if let Some(text) = judged.words.aws.as_ref().and_then(|read| read.shell.as_ref()) {
            notes.push(format!("an alias runs a shell line: {}", aws::redact_text(text)));
        }
        notes.extend(judged.policy.ignored.iter().map(Ignored::note));
        if let Decision::Confirm(asked) = &judged.decision {
            notes.extend(asked.notes.iter().cloned());
        }
        let mut shown = Shown {
            judged,
            kind: call.tool.kind(),
            nowhere: Nowhere::default(),
            command: CommandLine::of(call.redacted()),
            notes,
            // What is refused takes no copy, and no id leads to one.
            copy: match &judged.decision {
                Decision::Deny(_) => Vec::new(),
                Decision::Allow(_) | Decision::Confirm(_) => {
                    promise::clauses(&judged.copy, &judged.impact, world)
                }
            },
            home: world.home().map(|h| h.to_string_lossy().into_owned()),
            verb: judged.situation.verb.clone(),
            screen: Screen::default(),
        };
        shown.screen = ui::view::screen(&shown.view());
        if !tells_phrase(judged) {
            shown.screen.rows.retain(|row| !matches!(row.label.as_str(), "answer" | "phrase"));
        }
        shown
    }

    /// The screen for the person at a terminal, who has to read what to type, whoever called.
    pub fn screen_to_ask(&self) -> Screen {
        ui::view::screen_to_ask(&self.view())
    }

    /// The screen.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// What the screen is made from.
    pub fn view(&self) -> View<'_> {
        let level = match &self.judged.decision {
            Decision::Confirm(asked) => asked.level,
            _ => Level::YesNo,
        };
        View {
            environment: self.judged.place.environment,
            environment_why: &self.judged.place.because,
            name: &self.judged.name,
            target: self.target(),
            verb: &self.verb,
            assessment: &self.judged.assessment,
            impact: &self.judged.impact,
            challenge: self.challenge(),
            level,
            attempts: self.judged.terms.prompt_attempts,
            command: &self.command,
            copy: &self.copy,
            safer: self.judged.safer.as_deref(),
            notes: &self.notes,
            home: self.home.as_deref(),
        }
    }

    /// The target; a blank one of the tool's family when it could not be resolved.
    fn target(&self) -> Target<'_> {
        match &self.judged.resolved {
            Ok(resolved) => resolved.target(),
            Err(_) => match self.kind {
                TargetKind::Cluster => Target::Kube(&self.nowhere.kube),
                TargetKind::Account => Target::Aws(&self.nowhere.aws),
                TargetKind::Machine => Target::Host(&self.nowhere.host),
            },
        }
    }

    /// What would have to be typed.
    pub fn challenge(&self) -> Option<&Challenge> {
        Some(&self.judged.challenge)
    }
}

/// Whether the caller is told what would have to be typed: where nothing is asked there is nothing to tell, and a coding
/// agent is not told unless policy lets it answer.
pub fn tells_phrase(judged: &Judged) -> bool {
    if !matches!(judged.decision, Decision::Confirm(_)) || judged.impact.refused.is_some() {
        return false;
    }
    judged.situation.actor != Actor::Agent || (judged.terms.env_confirm && judged.policy.agents_confirm())
}

/// How standard error is written to.
pub fn look(world: &World, choice: ColourChoice) -> Look {
    Look::of(world, choice, std::io::stderr().is_terminal(), None)
}

fn say(text: &str) {
    // Whoever closed standard error does not want to hear it; the command goes its way all the same.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Notices and warnings of an allowed command.
pub fn allowed(shown: &Shown<'_>, allowed: &Allowed, world: &World, choice: ColourChoice) {
    let look = look(world, choice);
    if allowed.notice {
        say(&format!("{}\n", render_notice(&shown.view(), look)));
    }
    if let Some(text) = shown.judged.words.verdict.because.iter().find(|b| **b == NAMESPACES_UNBOUND) {
        say(&format!("{}\n", ui::notice::render_warning(text, look)));
    }
    if let Some(text) = passed_untried(&shown.judged.words.verdict, &shown.judged.impact) {
        say(&format!("{}\n", ui::notice::render_warning(&text, look)));
    }
    for ignored in &shown.judged.policy.ignored {
        say(&format!("{}\n", ui::notice::render_warning(&ignored.note(), look)));
    }
    for warning in &allowed.warnings {
        say(&format!("{}\n", ui::notice::render_warning(warning, look)));
    }
}

/// What to say of a change that passes although there was no time to see what its content takes away. Other reasons are
/// left to the tool: it meets them itself and says so.
fn passed_untried(verdict: &Verdict, impact: &Impact) -> Option<String> {
    let late = impact.gaps.iter().find(|gap| gap.why == Why::TimedOut).filter(|_| verdict.content)?;
    Some(format!("not checked in time: {}", late.what))
}

/// One line for the log of a pipeline: the question was answered by the variable.
pub fn confirmed_by_variable(shown: &Shown<'_>, world: &World, choice: ColourChoice) {
    let look = look(world, choice);
    say(&format!("{}\n", shown.screen.facts(look).trim_end()));
    say("guard: confirmed by GUARD_CONFIRM\n");
}

/// Whether policy demands answers from the live system that could not be had.
pub fn must_know(judged: &Judged) -> bool {
    judged.terms.probe_on_failure == OnFailure::Refuse
        && judged
            .impact
            .gaps
            .iter()
            .any(|g| matches!(g.why, Why::TimedOut | Why::Unreachable(_) | Why::Failed(_)))
}

/// Why a command does not run.
pub struct Refused<'a> {
    /// What kind of refusal it is.
    pub kind: Kind,
    /// What happened.
    pub what: &'static str,
    /// The reasons.
    pub because: Vec<String>,
    /// The one thing to do.
    pub hint: Hint<'a>,
    /// Whether the facts have to be shown with it.
    pub facts: Facts,
}

/// Whether the person has just seen the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facts {
    /// They stand on the terminal.
    Seen,
    /// They go with the refusal.
    Unseen,
}

impl<'a> Refused<'a> {
    /// A plain refusal for one reason, with the facts and nothing to do about it.
    pub fn because(why: impl Into<String>) -> Refused<'a> {
        Refused {
            kind: Kind::Refused,
            what: "refused",
            because: vec![why.into()],
            hint: Hint::None,
            facts: Facts::Unseen,
        }
    }

    /// Of another kind.
    pub fn kind(self, kind: Kind) -> Refused<'a> {
        Refused { kind, ..self }
    }

    /// With something to do about it.
    pub fn hint(self, hint: Hint<'a>) -> Refused<'a> {
        Refused { hint, ..self }
    }

    /// With the facts, or without.
    pub fn facts(self, facts: Facts) -> Refused<'a> {
        Refused { facts, ..self }
    }
}

/// A refusal, ready to be printed.
pub fn refusal(shown: &Shown<'_>, refused: &Refused<'_>, world: &World, choice: ColourChoice) -> Fail {
    let mut screen = shown.screen().clone();
    if shown.judged.copy.intent().is_some() {
        // What is refused takes no copy, and no id leads to one.
        screen.rows.retain(|row| row.label != "copy");
    }
    let Refused { kind, what, because, hint, facts } = refused;
    let screen = (*facts == Facts::Unseen).then_some(&screen);
    let refusal = Refusal { screen, what, because, hint: *hint };
    ui::notice::refuse(&refusal, *kind, look(world, choice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_passes_untried_is_told() {
        let mut impact = Impact::default();
        let content = Verdict { content: true, ..Verdict::default() };
        assert_eq!(passed_untried(&content, &impact), None);
        impact.gap("the volumes", Why::Forbidden);
        assert_eq!(passed_untried(&content, &impact), None);
        impact.gap("what the change takes away", Why::TimedOut);
        let said = passed_untried(&content, &impact);
        assert_eq!(said.as_deref(), Some("not checked in time: what the change takes away"));
        assert_eq!(passed_untried(&Verdict::default(), &impact), None);
    }

    #[test]
    fn no_secret_is_shown() {
        let words: Vec<&[u8]> = vec![b"delete", b"ns", b"a", b"--token=abc"];
        assert_eq!(redact(&crate::engine::tool::KUBECTL, &words).concat(), b"deletensa--token=[redacted]");
    }
}
