//! The words of a kubectl command taken apart, for `guard explain`.

use crate::engine::grammar::cobra::parse;
use crate::engine::grammar::table::Role;
use crate::engine::kube::kubectl::TABLE;
use crate::family::reading::Detail;

/// The command, its flags and its arguments, secrets replaced.
pub(super) fn details(words: &[&[u8]]) -> Vec<Detail> {
    let parsed = parse(&TABLE, words);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let command = if parsed.path().is_empty() { "none of the built-in ones" } else { parsed.path() };
    let mut out = vec![("command", command.to_owned())];
    for given in &parsed.given {
        let name = given
            .flag
            .map_or_else(|| format!("{} (not in the table)", text(given.name)), |f| format!("--{}", f.long));
        let secret = given.flag.is_some_and(|f| f.role == Role::Secret);
        let value = if secret { "***".to_owned() } else { text(given.value) };
        out.push(("flag", format!("{name} = {value} (word {})", given.at + 1)));
    }
    for (at, arg) in &parsed.args {
        out.push(("argument", format!("{} (word {})", text(arg), at + 1)));
    }
    out.extend(parsed.problem.as_ref().map(|problem| ("problem", format!("{problem:?}"))));
    out
}
