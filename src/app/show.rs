//! What a judged call shows: the screen, the one-line notices, the refusal.

use super::call::Call;
use super::judge::Judged;
use super::keeping;
use crate::engine::apt;
use crate::engine::aws;
use crate::engine::challenge::Challenge;
use crate::engine::classify::{NAMESPACES_UNBOUND, Verdict, classify_host, redact};
use crate::engine::decide::{Allowed, Decision, Level};
use crate::engine::fact::{Source, Sourced, Why};
use crate::engine::impact::Impact;
use crate::engine::policy::place::{Domain, domain_of_tool};
use crate::engine::policy::rule::Actor;
use crate::engine::policy::{Ignored, OnFailure};
use crate::engine::target::{AwsTarget, HostTarget, KubeTarget, Target};
use crate::engine::tools;
use crate::exit::Exit;
use crate::fail::Fail;
use crate::ui::{
    self, ColourChoice, CommandLine, Hint, Look, Refusal, Screen, View, render_notice, render_refusal,
};
use crate::world::World;
use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;

/// A judged call, ready to be shown.
pub struct Shown<'a> {
    judged: &'a Judged,
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

/// The caller's words with secrets replaced.
pub fn redacted(call: &Call) -> Vec<Vec<u8>> {
    let mut out = vec![call.name().as_bytes().rsplit(|b| *b == b'/').next().unwrap_or_default().to_vec()];
    out.extend(without_secrets(call.tool, &call.words()));
    out
}

/// Words of a tool with secrets replaced.
pub fn without_secrets(tool: &str, words: &[&[u8]]) -> Vec<Vec<u8>> {
    if tool == "aws" {
        return aws::redact(words).into_iter().map(Cow::into_owned).collect();
    }
    match tools::by_name(tool.as_bytes()) {
        Some(table) => redact(table, words).into_iter().map(Cow::into_owned).collect(),
        None if classify_host(tool.as_bytes(), words).is_some() => {
            apt::redact(words).into_iter().map(Cow::into_owned).collect()
        }
        None => words.iter().map(|_| b"[not shown]".to_vec()).collect(),
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
            let words = CommandLine::of(without_secrets(call.tool, &judged.words.slices()));
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
            nowhere: Nowhere::default(),
            command: CommandLine::of(redacted(call)),
            notes,
            // What is refused takes no copy, and no id leads to one.
            copy: match &judged.decision {
                Decision::Deny(_) => Vec::new(),
                Decision::Allow(_) | Decision::Confirm(_) => {
                    keeping::clauses(&judged.copy, &judged.impact, world)
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
            Err(_) => match domain_of_tool(&self.judged.situation.tool) {
                Some(Domain::Aws) => Target::Aws(&self.nowhere.aws),
                Some(Domain::Machine) => Target::Host(&self.nowhere.host),
                Some(Domain::Kubernetes) | None => Target::Kube(&self.nowhere.kube),
            },
        }
    }

    /// What would have to be typed.
    pub fn challenge(&self) -> Option<&Challenge> {
        Some(&self.judged.challenge)
    }
}

/// Whether the caller is told what would have to be typed: a coding agent is not, unless policy lets it answer.
pub fn tells_phrase(judged: &Judged) -> bool {
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

/// A refusal, ready to be printed: with the facts unless the person has just seen them.
pub fn refusal(
    shown: &Shown<'_>,
    what: &str,
    because: &[String],
    hint: Hint<'_>,
    facts: bool,
    world: &World,
    choice: ColourChoice,
) -> Fail {
    let mut screen = shown.screen().clone();
    if shown.judged.copy.intent().is_some() {
        // What is refused takes no copy, and no id leads to one.
        screen.rows.retain(|row| row.label != "copy");
    }
    let screen = facts.then_some(&screen);
    let refusal = Refusal { screen, what, because, hint };
    Fail::said(Exit::Refused, render_refusal(&refusal, look(world, choice)))
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
        assert_eq!(without_secrets("kubectl", &words).concat(), b"deletensa--token=[redacted]");
        assert!(!without_secrets("unheard-of", &words).concat().windows(3).any(|w| w == b"abc"));
    }
}
