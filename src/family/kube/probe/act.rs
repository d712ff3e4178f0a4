//! What a command does to the objects it hits.

use crate::engine::grammar::cobra::Parsed;

/// What a command does to the objects it hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// They go.
    Delete,
    /// They get another number of replicas.
    Scale,
    /// Nodes are emptied.
    Drain,
    /// Their pods are made anew.
    Restart,
    /// Their content changes: what of it goes is in the dry run's answer.
    Change,
    /// `--raw` below `finalize` or `eviction`, or something without consequences for objects.
    Other,
}

/// By its words.
pub fn act(parsed: &Parsed<'_>) -> Act {
    match parsed.path() {
        "delete" => Act::Delete,
        "replace" | "apply" if parsed.on("force") => Act::Delete,
        "scale" => Act::Scale,
        "drain" => Act::Drain,
        // What changes the template makes the pods anew as well.
        "rollout restart" | "rollout undo" => Act::Restart,
        "set image" | "set env" | "set resources" | "set serviceaccount" => Act::Restart,
        "patch" | "apply" | "replace" | "label" | "annotate" | "edit" => Act::Change,
        _ => Act::Other,
    }
}
