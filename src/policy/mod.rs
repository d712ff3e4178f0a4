//! Policy files: found, checked for who may have written them, read with every mistake shown, put together.
//!
//! Missing files are fine. A broken or unsafe one is an error value: the pipeline still lets reads pass and refuses
//! what would stop or lose something.

pub mod cases;
pub mod doubts;
pub mod example;
pub mod files;
pub mod keys;
pub mod read;
pub mod schema;
pub mod tree;
pub mod vocabulary;
mod zone;

use crate::engine::policy::{Ignored, Layer, Merged, Policy};
use crate::fail::{Fail, Kind, Result};
use crate::world::World;
use std::path::Path;
use tree::Problem;

/// Reads and merges every policy file that exists for this process.
pub fn load(world: &World) -> Result<Merged> {
    let mut merged = Merged::default();
    for (layer, path) in files::candidates(world) {
        let text = match files::open(world, layer, &path)? {
            files::Found::Nothing => continue,
            files::Found::Text(text) => text,
            files::Found::Ignored(why) => {
                merged.ignored.push(Ignored { file: files::shown(&path), why });
                continue;
            }
        };
        let policy = parse(&text, &path, layer)?;
        match layer {
            Layer::System => merged.system = Some(policy),
            Layer::User => merged.user = Some(policy),
            _ => merged.project.push(policy),
        }
    }
    Ok(merged)
}

/// Reads the text of one file.
pub fn parse(text: &str, path: &Path, layer: Layer) -> Result<Policy> {
    let shown = files::shown(path);
    read::read(text, &shown, layer).map_err(|problems| invalid(&problems, &shown, text))
}

/// Every problem of one file as one error.
pub fn invalid(problems: &[Problem], file: &str, text: &str) -> Fail {
    let excerpt: Vec<String> = problems.iter().map(|p| p.show(file, text)).collect();
    let count = match problems.len() {
        1 => String::new(),
        n => format!(" ({n} mistakes)"),
    };
    Fail::new(Kind::Policy, format!("the policy file {file} is not valid{count}"))
        .excerpt(excerpt.join("\n"))
        .help("correct it; `guard policy schema` prints every key")
}
