//! `GUARD_CONFIRM`, and whether it has a say.

use crate::engine::policy::Terms;
use crate::engine::situation::Actor;
use crate::run::exec::CONFIRM;
use crate::ui::stderr;
use crate::world::World;
use std::os::unix::ffi::OsStrExt;

/// Whom a question would be put to.
pub(super) struct Asked {
    /// Who is at work.
    pub actor: Actor,
    /// Whether there is a terminal to ask on.
    pub interactive: bool,
}

/// What the variable says, where it has a say.
///
/// Whoever can be asked is asked: a variable somebody once exported is no answer to this question, and is told so.
pub(super) fn given<'w>(asked: &Asked, terms: &Terms, world: &'w World) -> Option<&'w [u8]> {
    let value = world.set_var(CONFIRM).map(OsStrExt::as_bytes)?;
    if !has_say(asked, terms) {
        stderr::complain(&format!(
            "guard: {CONFIRM} is set, and does not answer where a person can be asked\n"
        ));
        return None;
    }
    Some(value)
}

fn has_say(asked: &Asked, terms: &Terms) -> bool {
    terms.env_confirm_at_terminal || !asked.interactive || asked.actor != Actor::Human
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::policy::Merged;

    #[test]
    fn where_a_person_can_be_asked_only_policy_gives_it_a_say() {
        let (plain, mut lenient) = (Merged::default().terms(), Merged::default().terms());
        lenient.env_confirm_at_terminal = true;
        let world = World::of(&[(CONFIRM, "main/shop")], "/");
        for (actor, interactive, terms, want) in [
            (Actor::Human, true, &plain, false),
            (Actor::Human, true, &lenient, true),
            (Actor::Human, false, &plain, true),
            (Actor::Ci, true, &plain, true),
            (Actor::Agent, true, &plain, true),
            (Actor::Agent, false, &plain, true),
        ] {
            let asked = Asked { actor, interactive };
            let said = given(&asked, terms, &world);
            assert_eq!(said, want.then_some(&b"main/shop"[..]), "{actor:?} {interactive}");
            assert_eq!(given(&asked, terms, &World::of(&[], "/")), None);
            assert_eq!(given(&asked, terms, &World::of(&[(CONFIRM, "")], "/")), None, "empty is unset");
        }
    }
}
