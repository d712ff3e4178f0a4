//! The go-ahead for what `guard restore` puts back: y/N, or the variable by the same rules as for a guarded command.

use super::given::{Consent, Yes};
use super::variable::{self, Asked};
use crate::app::kept;
use crate::engine::challenge::Challenge;
use crate::engine::policy::Merged;
use crate::engine::situation::Actor;
use crate::fail::{Fail, Kind, Result};
use crate::family::actor;
use crate::prompt::Terminal;
use crate::run::exec::CONFIRM;
use crate::ui::screen::{Item, Screen};
use crate::ui::{ColourChoice, stderr};
use crate::world::World;
use std::time::Instant;

/// Who asks, and by which settings.
pub struct Asking<'a> {
    /// Whether the variable may answer, and where.
    pub policy: &'a Merged,
    /// Variables and files.
    pub world: &'a World,
    /// Whether there are colours.
    pub choice: ColourChoice,
}

/// What is asked before something is put back.
pub struct Question<'a> {
    /// The facts.
    pub screen: Screen,
    /// The question; `None` where the facts are only shown, since nothing is lost and it is not production.
    pub question: Option<Item>,
    /// What the variable would have to name.
    pub challenge: &'a Challenge,
    /// What was left undone where the answer is no.
    pub nothing: &'static str,
}

impl Asking<'_> {
    /// Shows the facts and asks. The go-ahead is for `to`.
    pub fn ask<T>(&self, to: T, asked: Question<'_>) -> Result<Consent<T>> {
        self.answer(asked).map(|yes| Consent::of(to, yes))
    }

    fn answer(&self, asked: Question<'_>) -> Result<Yes> {
        let &Asking { policy, world, choice } = self;
        let Question { screen, question, challenge, nothing } = asked;
        let facts =
            || stderr::complain(&format!("{}\n", screen.facts(stderr::look(world, choice)).trim_end()));
        let Some(question) = question else {
            facts();
            return Ok(Yes::Allowed);
        };
        let terms = policy.terms();
        let whom = Asked { actor: actor::actor(world), interactive: Terminal::available().is_ok() };
        let agent = whom.actor == Actor::Agent;
        if let Some(phrase) = variable::given(&whom, &terms, world) {
            let may = terms.env_confirm && (!agent || policy.agents_confirm());
            if may && challenge.accepts(phrase) {
                facts();
                return Ok(Yes::Variable);
            } else if may && !whom.interactive {
                return Err(Fail::new(Kind::Unanswered, "refused")
                    .because(format!("{CONFIRM} does not name this target"))
                    .because(nothing)
                    .help(format!(
                        "it has to be {}, {}",
                        challenge.variable_pattern(),
                        challenge.variable_stands()
                    )));
            }
        }
        if agent && !policy.agents_terminal() {
            return Err(Fail::new(Kind::Refused, "refused")
                .because("policy lets a coding agent answer no question on a terminal")
                .because(nothing)
                .help(actor::help_without_terminal(world, challenge)));
        }
        let started = Instant::now();
        kept::yes(question, screen, world, choice)
            .map_err(|fail| fail.because(nothing).help(actor::help_without_terminal(world, challenge)))?;
        Ok(Yes::Matched { justification: None, prompting: started.elapsed() })
    }
}
