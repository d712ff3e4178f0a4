//! What the words of a tool that works on the machine say about packages and units.

use crate::engine::effect::Effect;
use crate::engine::packages::operands::{self, named};
use crate::engine::situation::{Object, Situation};

/// The situation as the words tell it: packages and units by name. The target is left unknown.
pub fn situation(tool: &str, words: &[&[u8]], effect: Effect) -> Situation {
    let named = named(tool.as_bytes(), words);
    let mut s = Situation::of(tool, named.verb, effect);
    let thing = |(kind, name): (operands::Kind, Option<String>)| {
        let resource = match kind {
            operands::Kind::Package => "packages",
            operands::Kind::Unit => "units",
        };
        Object { resource: resource.to_owned(), name, ..Object::default() }
    };
    s.objects = named.things.into_iter().map(thing).collect();
    // A removed package takes its services with it, and a unit those that need it: of the kinds too words know only some.
    s.objects_complete =
        named.complete && !s.objects.is_empty() && s.objects.iter().all(|o| o.name.is_some());
    s.kinds_complete = s.objects_complete;
    s.whole_scope = (effect == Effect::Destroy && s.objects.iter().any(|o| o.resource == "packages")).into();
    s
}
