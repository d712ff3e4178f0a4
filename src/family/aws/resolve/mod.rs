//! The account, region and endpoint a command of the AWS CLI goes to, as files and variables tell: the same answers the
//! very CLI gives that will run, with the place each one comes from.
//!
//! The truth about the account is the CLI's own `sts get-caller-identity`, which is asked elsewhere; nothing here talks
//! to the network. The only program started is the CLI itself, once, for its version.

mod aliases;
mod choice;
mod credentials;
mod documents;
mod endpoint;
mod files;
mod ini;
mod keys;
mod paths;
mod prompt;
mod services;
mod version;

use crate::engine::aws::AwsTarget;
use crate::engine::aws::{Hit, arn};
use crate::engine::escape::escape;
use crate::engine::fact::{Source, Sourced};
use crate::engine::server::{is_loopback, server_parts};
use crate::fail::Result;
use crate::world::World;
use files::Files;
use sha2::{Digest as _, Sha256};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

pub use aliases::{LoadedAliases, aliases};
pub use credentials::Step;
pub use documents::{documents, documents_digest};
pub use keys::account_of_access_key;
pub use prompt::auto_prompts;

/// A resolved target, and how guard's own calls get there.
#[derive(Clone, Debug)]
pub struct ResolvedAws {
    /// Where the command goes.
    pub target: AwsTarget,
    /// What guard's own calls and the exec need.
    pub access: AwsAccess,
}

/// What guard's own calls and the exec need.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsAccess {
    /// The major version of the CLI; `None` when it could not be had.
    pub major: Option<u8>,
    /// Its whole version: `1.46.3`.
    pub version: Option<String>,
    /// The global options that guard's own calls repeat.
    pub carry: Vec<OsString>,
    /// Variables to set for the exec, so that what came from files cannot change in between.
    pub freeze: Vec<(String, OsString)>,
    /// SHA-256 over everything that decided. Resolving again before the exec must give the same.
    pub digest: [u8; 32],
    /// The step of the credential chain that answers.
    pub step: Step,
    /// The id (never the secret) of the key at work, or of the one a role is assumed with; not known for logins,
    /// processes, containers and instances.
    pub access_key_id: Option<String>,
    /// The MFA device whose code the CLI may ask for.
    pub mfa: Option<String>,
    /// Whether the credentials are keys whose very bytes are in the digest: whoever they belong to cannot change while
    /// the digest stays the same. Files of other tools, programs, logins, tokens, metadata and whatever a plugin of the
    /// CLI does are read anew at every call.
    pub fixed: bool,
    /// Whether the identity is asked of the same endpoint as the command.
    pub whole: bool,
}

impl AwsAccess {
    /// Whether the CLI can hand out the keys it works with, and it makes a difference.
    pub fn can_hand_out(&self) -> bool {
        self.major == Some(2) && !self.fixed && !matches!(self.step, Step::Unsigned | Step::Refused)
    }

    /// Whether the key is one of AWS's, as far as its id tells; one that is not known may be.
    pub fn is_of_aws(&self) -> bool {
        self.access_key_id.as_deref().is_none_or(keys::is_of_aws)
    }

    /// Whether the same key and profile lead to the same account for as long as half a day: keys, and roles and logins
    /// whose account stands in the files.
    pub fn leads_to_one_account(&self) -> bool {
        self.access_key_id.is_some() || matches!(self.step, Step::Sso | Step::WebIdentity)
    }

    /// Whether finding out who it is may need the person: a code, a browser, whatever a `credential_process` asks.
    pub fn may_prompt(&self) -> bool {
        self.mfa.is_some() || matches!(self.step, Step::Sso | Step::Login | Step::Process)
    }
}

impl std::fmt::Debug for AwsAccess {
    /// Values to set may be URLs with a password in them: only their names are shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwsAccess")
            .field("major", &self.major)
            .field("version", &self.version)
            .field("freeze", &self.freeze.iter().map(|(name, _)| name).collect::<Vec<_>>())
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

/// Finds where the command goes. `cli` is the real program behind the shim.
pub fn resolve(world: &World, hit: &Hit, cli: &Path) -> Result<ResolvedAws> {
    let version = version::of(world, cli);
    resolve_as(world, hit, version.map(|v| (v.major, v.text)))
}

/// The same without starting any program: a version nobody has asked for yet is not known.
pub fn resolve_unasked(world: &World, hit: &Hit, cli: &Path) -> Result<ResolvedAws> {
    let version = version::remembered(world, cli);
    resolve_as(world, hit, version.map(|v| (v.major, v.text)))
}

/// The same for a version that is known already: `(2, "2.15.30")`.
pub fn resolve_as(world: &World, hit: &Hit, version: Option<(u8, String)>) -> Result<ResolvedAws> {
    let major = version.as_ref().map(|(major, _)| *major);
    let mut notes = Vec::new();
    let files = Files::load(world)?;
    for file in [&files.config, &files.credentials].into_iter().filter(|f| f.forbidden) {
        notes.push(format!(
            "{} may not be read by this user; the CLI takes it for empty",
            escape(file.path.as_bytes())
        ));
    }
    let chosen = choice::profile(world, hit, major, &files, &mut notes)?;
    let region = choice::region(world, hit, major, &chosen, &mut notes);
    let credentials = credentials::in_force(world, hit, &files, &chosen);
    note_unused_profile(&chosen, &credentials, region.as_ref(), &mut notes);
    note_broken_session(&files, &chosen, &mut notes);
    note_no_region(world, hit, major, region.as_ref(), &mut notes);
    let region_name = region.as_ref().map(|r| r.value.as_str());
    let endpoint = endpoint::in_force(world, hit, major, &files, &chosen, region_name, &mut notes);
    let whole = endpoint::note_other_sts(world, hit, &files, &chosen, endpoint.as_ref(), &mut notes);
    if version.is_none() {
        notes.push("the CLI's version could not be found out; where versions differ the more careful reading is taken".into());
    }
    if let Some(serial) = &credentials.mfa {
        notes.push(format!("the CLI may ask for a code of {}", escape(serial.as_bytes())));
    }
    let passed_over = passed_over(world, &files, &chosen, &credentials);
    let access = AwsAccess {
        major,
        carry: carry(hit),
        freeze: freeze(hit, region.as_ref(), endpoint.as_ref()),
        digest: digest(
            world,
            hit,
            version.as_ref(),
            &[&files.config, &files.credentials, &aliases::file(world)?],
        ),
        version: version.map(|(_, text)| text),
        fixed: matches!(credentials.step, Step::Environment | Step::CredentialsFile | Step::ConfigFile)
            && !files.plugins,
        whole,
        step: credentials.step,
        access_key_id: credentials.access_key_id.clone(),
        mfa: credentials.mfa,
    };
    let suggested = credentials.account;
    let target = AwsTarget {
        elsewhere: elsewhere(
            hit,
            suggested.as_ref().map(|s| s.value.as_str()),
            region.as_ref().map(|r| r.value.as_str()),
        ),
        profile: chosen.named,
        credentials: Some(Sourced::new(credentials.words, credentials.from)),
        suggested_account: passed_over.or(suggested),
        region,
        global_service: services::is_global(&hit.service),
        endpoint: endpoint.map(|e| Sourced::new(endpoint::without_secrets(&e.value), e.from)),
        access_key_id: credentials.access_key_id,
        notes,
        ..AwsTarget::default()
    };
    Ok(ResolvedAws { target, access })
}

/// A profile that is named but whose credentials are not used: the prompt shows one account, the command hits another.
fn note_unused_profile(
    chosen: &choice::Chosen<'_>,
    credentials: &credentials::Credentials,
    region: Option<&Sourced<String>>,
    notes: &mut Vec<String>,
) {
    let Some(named) = &chosen.named else { return };
    let shown = escape(named.value.as_bytes());
    let also = match region.map(|r| &r.from) {
        Some(Source::File { .. }) => "; the region comes from it all the same",
        _ => "",
    };
    match (&named.from, beats_profile(credentials), credentials.step) {
        (Source::Env(variable), Some(by), _) => {
            notes.push(format!("{variable}={shown} is not used for credentials: {by} beat it{also}"));
        }
        (_, _, Step::Ec2File | Step::BotoFile | Step::Container | Step::Instance) => notes.push(format!(
            "profile {shown} has no credentials of its own, so the CLI goes on to {}{also}",
            credentials.words
        )),
        _ => {}
    }
}

/// What stands before every profile in the chain, when it is that which answers.
fn beats_profile(credentials: &credentials::Credentials) -> Option<&'static str> {
    match (credentials.step, &credentials.from) {
        (Step::Environment, _) => Some("environment keys"),
        (Step::WebIdentity, Source::Env(_)) => Some("the web identity variables"),
        _ => None,
    }
}

/// The account of a profile that a variable names and whose credentials are not used: the one the person has in mind.
fn passed_over(
    world: &World,
    files: &Files,
    chosen: &choice::Chosen<'_>,
    credentials: &credentials::Credentials,
) -> Option<Sourced<String>> {
    beats_profile(credentials)?;
    let named = chosen.named.as_ref().filter(|_| !chosen.by_flag)?;
    let as_named = choice::Chosen { named: Some(named.clone()), by_flag: true, profile: chosen.profile };
    let account = credentials::in_force(world, &Hit::default(), files, &as_named).account?;
    Some(Sourced::new(account.value, named.from.clone()))
}

/// A profile's `sso_session` has to be whole even where other credentials are used: the CLI looks at it for every client
/// (`botocore/tokens.py`).
fn note_broken_session(files: &Files, chosen: &choice::Chosen<'_>, notes: &mut Vec<String>) {
    let Some((name, from)) = chosen.profile.and_then(|p| p.text("sso_session")) else { return };
    let session = files.sso_sessions.iter().find(|s| s.name == name);
    let whole =
        session.is_some_and(|s| ["sso_start_url", "sso_region"].iter().all(|key| s.text(key).is_some()));
    if !whole {
        let what = if session.is_some() { "is not whole" } else { "does not exist" };
        let name = escape(name.as_bytes());
        notes.push(format!(
            "{from} names the section [sso-session {name}], which {what}; the CLI refuses that"
        ));
    }
}

/// Version 2 asks the instance's metadata where nothing else says a region.
fn note_no_region(
    world: &World,
    hit: &Hit,
    major: Option<u8>,
    region: Option<&Sourced<String>>,
    notes: &mut Vec<String>,
) {
    let off = world.var("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true"));
    let hidden = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().any(|name| world.var(name).is_some());
    if region.is_none() && major != Some(1) && !off && !hidden && !services::is_global(&hit.service) {
        notes.push("no region is set; on an EC2 instance version 2 of the CLI takes the instance's".into());
    }
}

/// The global options that guard's own calls repeat. An endpoint only when it is this machine itself: anything else is
/// an address of one service, and the identity is asked of another.
fn carry(hit: &Hit) -> Vec<OsString> {
    const VALUES: [&str; 5] = ["profile", "region", "ca-bundle", "cli-read-timeout", "cli-connect-timeout"];
    const SWITCHES: [&str; 2] = ["no-verify-ssl", "no-sign-request"];
    let mut out: Vec<OsString> = Vec::new();
    let mut give = |name: &str, value: &str| out.push(format!("--{name}={value}").into());
    for name in VALUES {
        if let Some(value) = hit.global(name) {
            give(name, value);
        }
    }
    if let Some(url) = hit.global("endpoint-url").filter(|url| is_loopback(&server_parts(url).host)) {
        give("endpoint-url", url);
    }
    out.extend(SWITCHES.iter().filter(|s| hit.global_on(s)).map(|s| format!("--{s}").into()));
    out
}

/// What came from files, as variables that beat the files.
fn freeze(
    hit: &Hit,
    region: Option<&Sourced<String>>,
    endpoint: Option<&Sourced<String>>,
) -> Vec<(String, OsString)> {
    let mut out = vec![("AWS_CLI_AUTO_PROMPT".to_owned(), OsString::from("off"))];
    // `configure` writes these very files.
    if hit.service == "configure" {
        return out;
    }
    let from_file = |s: Option<&Sourced<String>>| {
        s.filter(|s| matches!(s.from, Source::File { .. })).map(|s| OsString::from(&s.value))
    };
    if let Some(region) = from_file(region) {
        out.push(("AWS_REGION".into(), region.clone()));
        out.push(("AWS_DEFAULT_REGION".into(), region));
    }
    if let Some(url) = from_file(endpoint) {
        out.push((endpoint::variable(&hit.service), url));
    }
    out
}

/// Accounts and regions that the arguments name and that are not the target's own. Without a known account every one
/// named is told.
pub fn elsewhere(hit: &Hit, account: Option<&str>, region: Option<&str>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for arn in arn::elsewhere(hit) {
        let place = if arn.option.is_empty() {
            "the arguments".to_owned()
        } else {
            format!("--{}", escape(arn.option.as_bytes()))
        };
        if !arn.account.is_empty() && account.is_none_or(|a| a != arn.account) {
            out.push(format!("account {} (in {place})", arn.account));
        }
        let regional = !services::is_global(&hit.service) && !arn.region.is_empty();
        if regional && region.is_some_and(|r| r != arn.region) {
            out.push(format!("region {} (in {place})", escape(arn.region.as_bytes())));
        }
    }
    out
}

/// Everything that decided. Tokens and role sessions that the CLI renews by itself are left out.
fn digest(world: &World, hit: &Hit, version: Option<&(u8, String)>, files: &[&files::File]) -> [u8; 32] {
    let mut sum = Sha256::new();
    let mut take = |part: &[u8]| {
        sum.update((part.len() as u64).to_le_bytes());
        sum.update(part);
    };
    take(version.map_or("", |(_, text)| text).as_bytes());
    for (name, value) in &hit.globals {
        take(name.as_bytes());
        take(value.as_deref().unwrap_or_default().as_bytes());
    }
    let mut variables: Vec<_> = world
        .vars()
        .iter()
        .filter(|(name, _)| {
            let name = name.as_bytes();
            name.starts_with(b"AWS_") || matches!(name, b"HOME" | b"BOTO_CONFIG")
        })
        .collect();
    variables.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, value) in variables {
        take(name.as_bytes());
        take(value.as_bytes());
    }
    for file in files {
        take(file.path.as_bytes());
        take(if file.bytes.is_some() { b"file" } else { b"none" });
        take(file.bytes.as_deref().unwrap_or_default());
    }
    sum.finalize().into()
}

/// One profile of the files at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileSummary {
    /// Its name.
    pub name: String,
    /// Its region, when it has one.
    pub region: Option<String>,
    /// The account that its entry suggests.
    pub account: Option<Sourced<String>>,
    /// Where its credentials come from, in words.
    pub credentials: String,
    /// Where it stands.
    pub at: Source,
}

/// Every profile of the files at hand, in their order.
pub fn profiles(world: &World) -> Result<Vec<ProfileSummary>> {
    let files = Files::load(world)?;
    Ok(files
        .profiles
        .iter()
        .map(|profile| {
            let chosen = choice::Chosen {
                named: Some(Sourced::new(profile.name.clone(), Source::Flag("profile".into()))),
                by_flag: true,
                profile: Some(profile),
            };
            let credentials = credentials::in_force(world, &Hit::default(), &files, &chosen);
            ProfileSummary {
                name: profile.name.clone(),
                region: profile.text("region").map(|(r, _)| r.to_owned()).filter(|r| !r.is_empty()),
                account: credentials.account,
                credentials: credentials.words,
                at: profile.at.clone(),
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_keys_beat_still_says_which_account_was_meant() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let config = "[profile staging]\nsso_account_id = 222222222222\nsso_start_url = https://x\n\
                      sso_region = eu-west-1\nsso_role_name = r\nregion = eu-west-1\n";
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        let home = home.path().to_str().unwrap();
        let keys = [("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "s")];
        let all = [&[("HOME", home), ("AWS_PROFILE", "staging")][..], &keys].concat();
        let resolved = resolve_as(&World::of(&all, "/"), &Hit::default(), Some((2, "2.1.0".into()))).unwrap();
        let suggested = resolved.target.suggested_account.unwrap();
        assert_eq!(suggested, Sourced::new("222222222222".into(), Source::Env("AWS_PROFILE".into())));
        // Without the keys the profile's own account is what files say of it.
        let world = World::of(&all[..2], "/");
        let resolved = resolve_as(&world, &Hit::default(), Some((2, "2.1.0".into()))).unwrap();
        assert_ne!(resolved.target.suggested_account.unwrap().from, Source::Env("AWS_PROFILE".into()));
    }
}
