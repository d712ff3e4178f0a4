//! Variables that change what words do.

use super::words::Words;
use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::go_bool;
use crate::engine::verdict::Verdict;

/// The variable by which Compose removes containers that its file does not name, in the caller's environment or in the project's
/// `.env` (`cmd/compose/compose.go`).
pub const REMOVE_ORPHANS: &str = "COMPOSE_REMOVE_ORPHANS";
const ORPHANS_GO: &str = "COMPOSE_REMOVE_ORPHANS: containers of the project go that are not in the file";

/// Raises what the words do to what they do together with the variable of this value.
pub fn raise(words: &Words<'_>, value: Option<&[u8]>, verdict: &mut Verdict) {
    if removes_orphans(words, value) {
        verdict.raise(Effect::Disrupt, ORPHANS_GO);
    }
}

/// Whether the variable makes a command remove such containers. A flag beats it; `StringToBool` in `pkg/utils`.
fn removes_orphans(words: &Words<'_>, value: Option<&[u8]>) -> bool {
    let Some(row) = words.row().filter(|row| row.group == super::tables::COMPOSE.name) else { return false };
    let value = value.unwrap_or_default().trim_ascii().to_ascii_lowercase();
    matches!(row.name, "down" | "kill" | "run" | "up")
        && !words.dry_run()
        && words.all_of("remove-orphans").next().is_none()
        && (value == b"y" || go_bool(&value) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::super::tables::Cli;
    use super::*;

    #[test]
    fn orphans_go_where_the_variable_says_so() {
        for (line, value, want) in [
            ("compose up -d", Some("1"), true),
            ("compose up -d", Some(" True "), true),
            ("compose kill", Some("y"), true),
            ("compose up -d", Some("0"), false),
            ("compose up -d", Some("yes"), false),
            ("compose up -d", None, false),
            ("compose up --remove-orphans=false", Some("1"), false),
            ("compose --dry-run up", Some("1"), false),
            ("compose ps", Some("1"), false),
            ("ps", Some("1"), false),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let read = Words::read(Cli::Docker, &words, false);
            assert_eq!(removes_orphans(&read, value.map(str::as_bytes)), want, "{line} {value:?}");
        }
    }
}
