//! Which account the same credentials led to before: for what passes without a question.

use crate::engine::fact::{Known, Sourced};
use crate::family::aws::probe::remembered::{self, Remembered};
use crate::family::aws::resolve::ResolvedAws;
use crate::run::notes::key;
use crate::world::World;

/// What credentials are remembered by; `None` for those that may lead elsewhere tomorrow, and for what is not AWS.
pub(super) fn memory_key(found: &ResolvedAws) -> Option<String> {
    let target = &found.target;
    if !found.access.leads_to_one_account() || target.endpoint.is_some() {
        return None;
    }
    let text = |part: &Option<Sourced<String>>| part.as_ref().map(|p| p.value.clone()).unwrap_or_default();
    let (profile, credentials) = (text(&target.profile), text(&target.credentials));
    let id = found.access.access_key_id.clone().unwrap_or_default();
    // The key's id, the profile, and where the keys come from in words: a role's ARN is among them.
    Some(key(&[&id, &profile, &credentials]))
}

/// Puts in the account that the same key and profile led to, when that is known.
pub(super) fn recall(world: &World, found: &mut ResolvedAws) {
    if let Some(who) = memory_key(found).and_then(|key| remembered::recall(world, &key)) {
        found.target.account = Known::Known(who.account);
        found.target.principal = Known::Known(who.principal);
        found.target.alias = Known::Known(who.alias);
        found.target.remembered = true;
    }
}

/// Keeps which account answered, for what passes without a question.
pub(super) fn remember(
    world: &World,
    found: &ResolvedAws,
    account: &Known<String>,
    principal: &Known<String>,
    alias: &Known<Option<String>>,
) {
    let (Some(key), Some(account)) = (memory_key(found), account.value()) else { return };
    let principal = principal.value().cloned().unwrap_or_default();
    let alias = alias.value().cloned().flatten();
    remembered::keep(world, &key, &Remembered { account: account.clone(), principal, alias });
}
