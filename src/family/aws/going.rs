//! The place an AWS command goes to, for the memory of its terminal.

use super::memory::recall;
use super::resolve;
use crate::engine::aws::{self, AwsTarget, Documents};
use crate::engine::policy::{Merged, place};
use crate::engine::trail::moved::Place;
use crate::family::trail::{Going, Other};
use crate::world::World;
use std::path::Path;

/// So many profiles are looked up for steps that nobody has named.
const PROFILES: usize = 32;

/// Where this one goes; `None` while nobody knows the account.
pub(super) fn of(target: &AwsTarget, name: &str) -> Option<Going> {
    let identity = target.foreign().or_else(|| target.account.value().cloned())?;
    Some(Going { place: place_of(target, name.to_owned(), identity), inside_counts: true })
}

fn place_of(target: &AwsTarget, name: String, identity: String) -> Place {
    let region = target.region.as_ref().filter(|_| !target.global_service);
    Place {
        name,
        address: identity.clone(),
        identity,
        chosen: target.profile.as_ref().map(|profile| profile.value.clone()).unwrap_or_default(),
        inside: region.map(|region| region.value.clone()).unwrap_or_default(),
    }
}

/// Where each profile would lead, by `--profile`, by the variable, and where neither is given. Nobody is asked: an account that is
/// not remembered is told by its profile.
pub(super) fn others(world: &World, policy: &Merged, tool: &Path) -> Vec<Other> {
    const VARIABLE: &str = "AWS_PROFILE";
    const FLAG: &str = "--profile";
    let profiles = resolve::profiles(world).unwrap_or_default();
    let names: Vec<String> = profiles.into_iter().take(PROFILES).map(|profile| profile.name).collect();
    let found = |world: &World, profile: Option<&str>, by_flag: bool, with| {
        let mut words: Vec<&[u8]> = vec![b"ec2", b"create-tags"];
        words.extend(
            profile.filter(|_| by_flag).into_iter().flat_map(|name| [FLAG.as_bytes(), name.as_bytes()]),
        );
        let hit = aws::hit(&words, &Documents::none());
        let mut found = resolve::resolve_unasked(world, &hit, tool).ok()?;
        recall(world, &mut found);
        let target = &found.target;
        let called = place::classify_target(&target.seen(), policy).name;
        let going = of(target, &target.account_name(called.as_deref()));
        let by_profile = || {
            let name = format!("profile {}", profile.unwrap_or("default"));
            let account = target.suggested_account.as_ref().map(|account| account.value.clone());
            place_of(target, name.clone(), account.unwrap_or(name))
        };
        Some(Other { with, place: going.map_or_else(by_profile, |going| going.place) })
    };
    let mut all: Vec<Option<Other>> = Vec::new();
    for name in &names {
        all.push(found(world, Some(name), true, vec![(FLAG, Some(name.clone()))]));
        let by_variable = world.clone().with_var(VARIABLE, name);
        all.push(found(&by_variable, Some(name), false, vec![(FLAG, None), (VARIABLE, Some(name.clone()))]));
    }
    all.push(found(world, world.set_var(VARIABLE).and_then(|name| name.to_str()), false, vec![(FLAG, None)]));
    let by_none = world.clone().without_var(VARIABLE);
    all.push(found(&by_none, None, false, vec![(FLAG, None), (VARIABLE, None)]));
    all.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A home with a profile of each kind: by key, by SSO, at an endpoint that is not AWS's.
    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let config = "[profile keys]\nregion = eu-west-1\n[profile sso]\nsso_account_id = 222222222222\n\
                      sso_start_url = https://x\nsso_region = eu-west-1\nsso_role_name = r\n\
                      [profile store]\nendpoint_url = https://minio.example:9000\n";
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        let keys = "[keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
        std::fs::write(home.path().join(".aws/credentials"), keys).unwrap();
        home
    }

    #[test]
    fn every_profile_is_a_place_by_flag_and_by_variable() {
        let home = home();
        let world = World::of(&[("HOME", home.path().to_str().unwrap()), ("AWS_PROFILE", "keys")], "/");
        let all = others(&world, &Merged::default(), Path::new("/nonexistent/aws"));
        let led = |with: &[(&'static str, Option<&str>)]| {
            let same = |other: &&Other| {
                other.with.iter().map(|(name, value)| (*name, value.as_deref())).eq(with.iter().copied())
            };
            all.iter().find(same).map(|other| &other.place).unwrap_or_else(|| panic!("{with:?}"))
        };
        for (profile, name, identity, inside) in [
            ("keys", "profile keys", "profile keys", "eu-west-1"),
            ("sso", "profile sso", "222222222222", ""),
            ("store", "minio.example:9000", "minio.example:9000", ""),
        ] {
            let by_flag = led(&[("--profile", Some(profile))]);
            assert_eq!((by_flag.name.as_str(), by_flag.identity.as_str()), (name, identity));
            assert_eq!(by_flag.inside, inside, "{profile}");
            let by_variable = led(&[("--profile", None), ("AWS_PROFILE", Some(profile))]);
            assert_eq!(by_variable, by_flag);
        }
        assert_eq!(led(&[("--profile", None)]).name, "profile keys");
        assert_eq!(led(&[("--profile", None), ("AWS_PROFILE", None)]).name, "profile default");
    }
}
