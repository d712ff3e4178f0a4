//! Copies of objects: the manifests as the server had them, taken right before a deletion, and the way back. What has to be taken
//! off them before they can be created again is decided when they are restored ([`rules`]). Contents of volumes are not in it and
//! cannot be.

pub mod capture;
pub mod objects;
pub mod restore;
pub mod rules;
mod write_client;
