//! The place an AWS command goes to, for the memory of its terminal.

use crate::engine::aws::AwsTarget;
use crate::engine::trail::moved::Place;
use crate::family::trail::Going;

/// Where this one goes; `None` while nobody knows the account.
pub(super) fn of(target: &AwsTarget, name: &str) -> Option<Going> {
    let foreign = target.foreign();
    let account = target.account.value().cloned();
    let identity = foreign.or(account)?;
    let region = target.region.as_ref().filter(|_| !target.global_service);
    Some(Going {
        place: Place {
            name: name.to_owned(),
            address: identity.clone(),
            identity,
            chosen: target.profile.as_ref().map(|profile| profile.value.clone()).unwrap_or_default(),
            inside: region.map(|region| region.value.clone()).unwrap_or_default(),
        },
        inside_counts: true,
    })
}
