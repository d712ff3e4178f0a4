//! An object in the form its kind is read in. The kind is known from the path that is asked: what an answer says of
//! itself is not looked at.

mod kinds;

pub(super) use kinds::{
    Budget, Claim, Definition, Job, Pod, Scalable, Service, StatefulSet, Templated, Volume, Whole,
};

use super::catalog::Kind;
use super::http::{Answer, Api, Bare, Meta};
use serde::de::DeserializeOwned;

/// An object of a kind whose content says what a deletion does, or the metadata of another.
#[derive(Clone, Debug)]
pub(super) enum Object {
    /// Metadata alone: of Secrets and ConfigMaps, whose values stay where they are, and of every kind of which nothing
    /// else is looked at (Namespaces, Nodes, StorageClasses, custom kinds).
    Bare(Meta),
    /// PersistentVolumeClaim.
    Claim(Box<Claim>),
    /// CustomResourceDefinition.
    Definition(Definition),
    /// Job.
    Job(Job),
    /// Pod.
    Pod(Pod),
    /// Service.
    Service(Box<Service>),
    /// StatefulSet.
    StatefulSet(StatefulSet),
    /// PersistentVolume.
    Volume(Volume),
}

/// The one table of kinds that are read whole: asks with what makes an [`Object`] of an answer of that kind.
macro_rules! whole {
    ($kind:expr, $ask:ident, $($with:expr),+) => {
        match ($kind.group.as_str(), $kind.resource.as_str()) {
            ("", "persistentvolumeclaims") => Some($ask($($with),+, Object::Claim).await),
            ("", "persistentvolumes") => Some($ask($($with),+, Object::Volume).await),
            ("", "pods") => Some($ask($($with),+, Object::Pod).await),
            ("", "services") => Some($ask($($with),+, Object::Service).await),
            ("apiextensions.k8s.io", "customresourcedefinitions") => {
                Some($ask($($with),+, Object::Definition).await)
            }
            ("apps", "statefulsets") => Some($ask($($with),+, Object::StatefulSet).await),
            ("batch", "jobs") => Some($ask($($with),+, Object::Job).await),
            _ => None,
        }
    };
}

/// The object at a path.
pub(super) async fn get(api: &Api, kind: &Kind, path: &str) -> Answer<Object> {
    match whole!(kind, one, api, path) {
        Some(answer) => answer,
        None => api.meta(path).await.map(Object::Bare),
    }
}

/// A list of them, up to `most`, and how many are left.
pub(super) async fn list(
    api: &Api,
    kind: &Kind,
    path: &str,
    query: &str,
    most: usize,
) -> Answer<(Vec<Object>, u64)> {
    match whole!(kind, all, api, path, query, most) {
        Some(answer) => answer,
        None => {
            let (bare, left) = api.list::<Bare>(path, query, true, most).await?;
            Ok((bare.into_iter().map(|b| Object::Bare(b.metadata)).collect(), left))
        }
    }
}

async fn one<T: DeserializeOwned>(api: &Api, path: &str, form: fn(T) -> Object) -> Answer<Object> {
    api.json(path).await.map(form)
}

async fn all<T: DeserializeOwned>(
    api: &Api,
    path: &str,
    query: &str,
    most: usize,
    form: fn(T) -> Object,
) -> Answer<(Vec<Object>, u64)> {
    let (all, left) = api.list::<T>(path, query, false, most).await?;
    Ok((all.into_iter().map(form).collect(), left))
}

impl Object {
    /// Its metadata.
    pub(super) fn metadata(&self) -> &Meta {
        match self {
            Object::Bare(metadata) => metadata,
            Object::Claim(one) => &one.metadata,
            Object::Definition(one) => &one.metadata,
            Object::Job(one) => &one.metadata,
            Object::Pod(one) => &one.metadata,
            Object::Service(one) => &one.metadata,
            Object::StatefulSet(one) => &one.metadata,
            Object::Volume(one) => &one.metadata,
        }
    }

    pub(super) fn claim(&self) -> Option<&Claim> {
        if let Object::Claim(one) = self { Some(one) } else { None }
    }

    pub(super) fn pod(&self) -> Option<&Pod> {
        if let Object::Pod(one) = self { Some(one) } else { None }
    }

    pub(super) fn stateful_set(&self) -> Option<&StatefulSet> {
        if let Object::StatefulSet(one) = self { Some(one) } else { None }
    }
}
