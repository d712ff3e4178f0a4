//! What the words of one command of the AWS CLI say about the things it hits.

use super::{Hit, names};
use crate::engine::effect::Effect;
use crate::engine::situation::{Object, Situation};
use crate::engine::tool;

/// The situation as the words tell it. The verb is `SERVICE OPERATION`, an object's resource is the service and its
/// kind the thing the operation's name speaks of.
pub fn situation(hit: &Hit, effect: Effect) -> Situation {
    let mut s = Situation::of(tool::AWS.name, hit.verb(), effect);
    let kind = names::kind(hit);
    let object = |name: Option<&String>| Object {
        kind: kind.clone(),
        resource: hit.service.clone(),
        name: name.cloned(),
        ..Object::default()
    };
    s.objects = hit.resources.iter().map(|name| object(Some(name))).collect();
    if s.objects.is_empty() && !hit.service.is_empty() {
        s.objects.push(object(None));
    }
    s.whole_scope = names::whole(hit).into();
    s.kinds_complete = true;
    s.objects_complete = !hit.unread && !hit.resources.is_empty();
    s
}
