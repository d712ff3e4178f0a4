//! The embedded API server (`src/demo/embedded`) as the tests fill and start it: what does not do there fails the test.

#[path = "../../src/demo/embedded/mod.rs"]
mod server;

use serde_json::Value;
use std::path::{Path, PathBuf};

pub use server::*;

impl Seed {
    /// Adds the objects of a YAML stream. Owners and definitions come before what needs them; an owner reference
    /// may leave out the uid; `creationTimestamp` may say how old an object is.
    #[must_use]
    pub fn yaml(mut self, text: &str) -> Seed {
        use serde::Deserialize;
        for document in serde_yaml::Deserializer::from_str(text) {
            let value = Value::deserialize(document).expect("a seed is valid YAML");
            if !value.is_null() {
                self = self.object(value);
            }
        }
        self
    }

    /// Adds the objects of a YAML file.
    #[must_use]
    pub fn file(self, path: impl AsRef<Path>) -> Seed {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("seed {}: {e}", path.display()));
        self.yaml(&text)
    }
}

impl Embedded {
    /// Starts a server; it answers when this returns.
    pub fn start(seed: Seed) -> Embedded {
        Embedded::serve(seed).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Opens a port for one more user and returns its URL.
    pub fn user(&self, name: &str, rights: Rights) -> String {
        self.open(name, rights).expect("a free loopback port")
    }

    /// Writes a kubeconfig with all rights, one context named `embedded`, and returns its path.
    pub fn kubeconfig(&self, path: impl Into<PathBuf>) -> PathBuf {
        let path = path.into();
        std::fs::write(&path, Embedded::kubeconfig_for(&self.url, "embedded", None))
            .expect("write a kubeconfig");
        path
    }

    /// Puts one more object in place, as a seed would.
    pub fn add(&self, value: Value) {
        self.put(value).unwrap_or_else(|why| panic!("seed: {why}"));
    }
}
