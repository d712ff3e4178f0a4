//! When the sources of copies are asked: at once where what is hit holds data, after it is known to do where that shows only then,
//! and not at all where nothing does.

use super::act::Act;
use super::backup::{self, Asked, Doomed};
use super::catalog::Catalog;
use super::http::Api;
use super::object::Object;
use super::operators::operator;
use super::origins::Origins;
use super::stops::{self, Behind};
use super::subjects::Set;
use crate::engine::backup::{Backups, Beyond};
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Definition, Fate, Impact};
use std::collections::BTreeSet;

/// The question about copies of what one command hits.
pub struct Copies {
    doomed: Doomed,
    namespaces: Vec<String>,
    at_once: bool,
    /// Whether what holds data is looked for at all.
    looks: bool,
}

impl Copies {
    /// By what is hit. Only a deletion takes copies along. `here` is the namespace of what has none of its own.
    pub fn of(here: Option<&str>, set: &Set, act: Act) -> Copies {
        let stops = matches!(act, Act::Delete | Act::Scale | Act::Drain | Act::Restart);
        let mut doomed = Doomed::default();
        let mut namespaces: BTreeSet<String> = BTreeSet::new();
        let mut at_once = false;
        for found in set.found.iter().filter(|_| stops) {
            let meta = found.object.metadata();
            let namespace = found.kind.is("", "namespaces");
            namespaces.extend(match &found.object {
                _ if namespace => Some(meta.name.clone()),
                Object::Volume(volume) => {
                    volume.spec.claim_ref.as_ref().and_then(|claim| claim.namespace.clone())
                }
                _ => meta.namespace.clone(),
            });
            at_once |= match &found.object {
                Object::Claim(_) | Object::Volume(_) => true,
                Object::Pod(pod) => pod.spec.claims().next().is_some(),
                Object::StatefulSet(one) => {
                    !one.spec.volume_claim_templates.is_empty() || one.shared_claims().next().is_some()
                }
                Object::Bare(_) | Object::Definition(_) | Object::Job(_) | Object::Service(_) => {
                    namespace || operator(&found.kind.group, &found.kind.kind).is_some()
                }
            };
            if act == Act::Delete {
                doomed.uids.extend(meta.uid.clone());
                if namespace {
                    doomed.namespaces.insert(meta.name.clone());
                }
                if let Object::Claim(_) = &found.object {
                    doomed.claims.insert(format!(
                        "{}/{}",
                        meta.namespace.clone().unwrap_or_default(),
                        meta.name
                    ));
                }
            }
        }
        if namespaces.is_empty() {
            namespaces.extend(here.map(str::to_owned));
        }
        Copies { doomed, namespaces: namespaces.into_iter().collect(), at_once, looks: stops }
    }

    /// Asks the sources, where it is certain already that there is something to ask about.
    pub async fn ask(&self, api: &Api, catalog: &Catalog) -> Option<Asked> {
        if !self.at_once {
            return None;
        }
        Some(backup::ask(api, catalog, &self.namespaces, &self.doomed).await)
    }

    /// What there is of what holds data.
    pub async fn about(
        &self,
        api: &Api,
        catalog: &Catalog,
        asked: Option<Asked>,
        behind: Behind,
        impact: &Impact,
    ) -> Backups {
        if !self.looks {
            return Backups::default();
        }
        // An operator's data whose claims nobody could name.
        let nameless = |data: &&Data| data.fate != Fate::Kept && behind.held.is_empty();
        let nameless = impact
            .data
            .iter()
            .filter(nameless)
            .map(|data| Beyond { what: data.what.clone(), why: Why::NotAsked });
        let nameless: Vec<Beyond> = nameless.take(1).collect();
        let Behind { held, beyond } = stops::known(api, behind).await;
        let beyond: Vec<Beyond> = beyond.into_iter().chain(nameless).collect();
        if held.is_empty() {
            return Backups { looked: true, beyond, ..Backups::default() };
        }
        let asked = match asked {
            Some(asked) => asked,
            None => {
                let mut namespaces: BTreeSet<&str> = backup::held::namespaces(&held);
                namespaces.extend(self.namespaces.iter().map(String::as_str));
                let namespaces: Vec<String> = namespaces.into_iter().map(str::to_owned).collect();
                backup::ask(api, catalog, &namespaces, &self.doomed).await
            }
        };
        let mut backups = asked.about(api, catalog, &held, &self.doomed).await;
        backups.beyond.extend(beyond);
        backups
    }

    /// Where else the definitions of what goes are.
    pub async fn defined(&self, api: &Api, catalog: &Catalog, origins: Origins) -> Vec<Definition> {
        if origins.is_empty() {
            return Vec::new();
        }
        origins.look_up(api, catalog, &self.doomed).await
    }
}
