//! The question before something is put back: y/N, or the variable by the same rules as for a guarded command.

use crate::app::{caller, kept, out, show};
use crate::engine::challenge::Challenge;
use crate::engine::policy::Merged;
use crate::engine::situation::Actor;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::prompt::Terminal;
use crate::run::exec::CONFIRM;
use crate::ui::ColourChoice;
use crate::ui::screen::{Item, Screen};
use crate::world::World;
use std::os::unix::ffi::OsStrExt;

/// Who asks, and by which settings.
pub(super) struct Asking<'a> {
    /// Whether the variable may answer, and where.
    pub policy: &'a Merged,
    pub world: &'a World,
    pub choice: ColourChoice,
}

impl Asking<'_> {
    /// Shows the facts and asks; without a question they are only shown. `nothing` says what was left undone where the
    /// answer is no.
    pub fn consent(
        &self,
        screen: Screen,
        question: Option<Item>,
        challenge: &Challenge,
        nothing: &str,
    ) -> Result<()> {
        let &Asking { policy, world, choice } = self;
        let facts = || out::complain(&format!("{}\n", screen.facts(show::look(world, choice)).trim_end()));
        let Some(question) = question else {
            facts();
            return Ok(());
        };
        let terms = policy.terms();
        let agent = caller::actor(world) == Actor::Agent;
        let terminal = Terminal::available().is_ok();
        if let Some(phrase) = world.set_var(CONFIRM).map(OsStrExt::as_bytes) {
            // Whoever can be asked is asked.
            let person = terminal && caller::actor(world) == Actor::Human && !terms.env_confirm_at_terminal;
            let may = terms.env_confirm && (!agent || policy.agents_confirm());
            if person {
                let line =
                    format!("guard: {CONFIRM} is set, and does not answer where a person can be asked\n");
                out::complain(&line);
            } else if may && challenge.accepts(phrase) {
                facts();
                return Ok(());
            } else if may && !terminal {
                return Err(Fail::new(Exit::Refused, "refused")
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
            return Err(Fail::new(Exit::Refused, "refused")
                .because("policy lets a coding agent answer no question on a terminal")
                .because(nothing)
                .help(caller::help_without_terminal(world, challenge)));
        }
        kept::yes(question, screen, world, choice)
            .map_err(|fail| fail.because(nothing).help(caller::help_without_terminal(world, challenge)))
    }
}
