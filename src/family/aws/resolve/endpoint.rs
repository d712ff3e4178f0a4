//! Where the requests of a service go when not to AWS's own address (`botocore/configprovider.py`
//! `ConfiguredEndpointProvider`, `botocore/args.py`).

use super::choice::Chosen;
use super::files::Files;
use super::services;
use crate::engine::aws::Hit;
use crate::engine::escape::escape;
use crate::engine::fact::{Source, Sourced};
use crate::engine::server::{is_loopback, server_parts};
use crate::world::World;

/// The endpoint in force for a command, `None` for AWS's own; what is configured and not used becomes a note.
pub(super) fn in_force(
    world: &World,
    hit: &Hit,
    major: Option<u8>,
    files: &Files,
    chosen: &Chosen<'_>,
    region: Option<&str>,
    notes: &mut Vec<String>,
) -> Option<Sourced<String>> {
    if let Some(url) = hit.global("endpoint-url").filter(|u| !u.is_empty()) {
        return Some(Sourced::new(url.to_owned(), Source::Flag("endpoint-url".into())));
    }
    let configured = configured(world, &hit.service, files, chosen, notes)?;
    let shown = escape(without_secrets(&configured.value).as_bytes());
    if let Some(by) = ignored(world, chosen) {
        notes.push(format!("the endpoint {shown} of {} is not used: {by} says so", configured.from));
        return None;
    }
    let fixed = region.is_some_and(|region| services::is_fixed_in_v1(&hit.service, region));
    match major {
        Some(1) if fixed => {
            notes.push(format!(
                "the endpoint {shown} of {} is not used: version 1 of the CLI goes to AWS itself for {}; \
                 only --endpoint-url would change that",
                configured.from, hit.service
            ));
            None
        }
        None if fixed => {
            notes.push(format!(
                "the endpoint {shown} of {} may not be used: the CLI's version is not known, and version 1 \
                 goes to AWS itself for {}",
                configured.from, hit.service
            ));
            None
        }
        _ => Some(configured),
    }
}

/// What makes the CLI ignore every configured endpoint. Only the word `true` counts, and a variable hides the file.
fn ignored(world: &World, chosen: &Chosen<'_>) -> Option<Source> {
    const NAME: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
    let is_true = |text: &str| text.eq_ignore_ascii_case("true");
    match world.var(NAME) {
        Some(value) => value.to_str().is_some_and(is_true).then(|| Source::Env(NAME.into())),
        None => {
            let (value, from) = chosen.profile?.text("ignore_configured_endpoint_urls")?;
            is_true(value).then_some(from)
        }
    }
}

/// What variables and files say, in botocore's order. An empty value says nothing.
pub(super) fn configured(
    world: &World,
    service: &str,
    files: &Files,
    chosen: &Chosen<'_>,
    notes: &mut Vec<String>,
) -> Option<Sourced<String>> {
    let id = services::service_id(service);
    for name in [variable(service), "AWS_ENDPOINT_URL".to_owned()] {
        if let Some(url) = world.set_var(&name) {
            return Some(Sourced::new(url.to_string_lossy().into_owned(), Source::Env(name)));
        }
    }
    let profile = chosen.profile?;
    if let Some((name, from)) = profile.text("services") {
        match files.services.iter().find(|s| s.name == name) {
            Some(section) => {
                if let Some((url, line)) =
                    section.inner(&id.to_lowercase(), "endpoint_url").filter(|(url, _)| !url.is_empty())
                {
                    return Some(Sourced::new(url.to_owned(), files.config_line(line)));
                }
            }
            None => notes.push(format!(
                "{from} names the section [services {}], which does not exist; the CLI refuses that",
                escape(name.as_bytes())
            )),
        }
    }
    let (url, from) = profile.text("endpoint_url").filter(|(url, _)| !url.is_empty())?;
    Some(Sourced::new(url.to_owned(), from))
}

/// The variable that sets the endpoint of one service.
pub(super) fn variable(service: &str) -> String {
    format!("AWS_ENDPOINT_URL_{}", services::service_id(service))
}

/// A URL as it may be shown: without the name and password that may stand before the host.
pub(super) fn without_secrets(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(start);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{host}{path}"),
        None => url.to_owned(),
    }
}

/// Says so when the identity is asked for elsewhere than where the command goes. Gives whether both are one endpoint.
pub(super) fn note_other_sts(
    world: &World,
    hit: &Hit,
    files: &Files,
    chosen: &Chosen<'_>,
    endpoint: Option<&Sourced<String>>,
    notes: &mut Vec<String>,
) -> bool {
    if let Some(url) = hit.global("endpoint-url") {
        // Guard's own calls go there too when it is this machine (`carry`); another one is that of one service.
        return hit.service == "sts" || is_loopback(&server_parts(url).host);
    }
    if hit.service == "sts" || ignored(world, chosen).is_some() {
        return true;
    }
    let sts = configured(world, "sts", files, chosen, &mut Vec::new());
    if sts.as_ref().map(|s| &s.value) == endpoint.map(|e| &e.value) {
        return true;
    }
    let own = |e: Option<&Sourced<String>>| {
        e.map_or("AWS itself".to_owned(), |e| {
            format!("{} ({})", escape(without_secrets(&e.value).as_bytes()), e.from)
        })
    };
    notes.push(format!(
        "the account is asked for at {}, the command goes to {}",
        own(sts.as_ref()),
        own(endpoint)
    ));
    false
}
