//! What the words name: the start of a situation that a probe completes.

use super::program::{makes_container, program};
use super::tables::{COMPOSE, Cli, Kind, Row};
use super::words::{Found, Words};
use crate::engine::effect::Effect;
use crate::engine::situation::{Object, Situation};
use crate::engine::tool::Tool;

/// What the operands of a command are called.
fn resource(row: &Row, nth: usize) -> &'static str {
    match (row.group, row.name) {
        ("compose", _) => "services",
        ("network", "connect" | "disconnect") if nth > 0 => "containers",
        ("", "inspect") => "objects",
        ("container", _) => "containers",
        ("image" | "manifest", _) => "images",
        ("volume", _) => "volumes",
        ("network", _) => "networks",
        ("pod", _) => "pods",
        ("service", _) => "services",
        ("stack", _) => "stacks",
        ("node", _) => "nodes",
        ("secret", _) => "secrets",
        ("config", _) => "configs",
        ("context", _) => "contexts",
        ("plugin", _) => "plugins",
        ("machine", _) => "machines",
        ("checkpoint", _) => {
            if nth == 0 {
                "containers"
            } else {
                "checkpoints"
            }
        }
        _ => "",
    }
}

/// What a policy can look at, by the words.
pub fn situation(tool: &Tool, words: &[&[u8]], effect: Effect) -> Situation {
    let read = Words::read(Cli::of(tool), words, false);
    let row = match &read.found {
        Found::Command(row) => row,
        Found::Nothing | Found::Help => return Situation::of(tool.name, "", effect),
        Found::Group(group) => return Situation::of(tool.name, *group, effect),
        Found::Unknown(at) => {
            let word = words.get(*at).copied().unwrap_or_default();
            return Situation::of(tool.name, String::from_utf8_lossy(word), effect);
        }
    };
    let mut found = Situation::of(tool.name, row.path(), effect);
    let object = |resource: &str, name: &[u8]| Object {
        resource: resource.to_owned(),
        name: Some(String::from_utf8_lossy(name).into_owned()),
        ..Object::default()
    };
    let named = named(&read, row);
    let known = named.iter().enumerate().map(|(nth, name)| (resource(row, nth), *name));
    found.objects =
        known.filter(|(resource, _)| !resource.is_empty()).map(|(kind, name)| object(kind, name)).collect();
    found.whole_scope = takes_whole(&read, row, !named.is_empty()).into();
    let chosen = ["filter", "cidfile", "pod-id-file", "latest", "all"].into_iter().any(|flag| read.on(flag));
    found.kinds_complete = !found.objects.is_empty() && !chosen && !read.strange && row.group != COMPOSE.name;
    found.objects_complete = found.kinds_complete && !read.on("depend") && !read.on("volumes");
    found
}

/// The names among the operands.
fn named<'a>(words: &Words<'a>, row: &Row) -> Vec<&'a [u8]> {
    if makes_container(row) && row.group != COMPOSE.name {
        return words.last("name").into_iter().collect();
    }
    let all = words.operands.iter().map(|(_, word)| *word);
    let first = row.kind == Kind::Executes || makes_container(row) || row.is("container", "update");
    let all: Vec<&[u8]> = if first && row.kind != Kind::Disrupts {
        let behind = program(words).map_or(0, |program| program.len());
        all.take(words.operands.len().saturating_sub(behind).min(1)).collect()
    } else {
        all.collect()
    };
    // `SERVICE=REPLICAS`, `CONTAINER:PATH`.
    let sign = match (row.name, row.kind) {
        ("scale" | "alpha/scale", _) => b'=',
        (_, Kind::Copies) => b':',
        _ => return all,
    };
    let part = |word: &'a [u8]| {
        let at = word.iter().position(|b| *b == sign)?;
        word.get(..at)
    };
    all.into_iter().filter_map(part).collect()
}

/// Whether all of something goes: a prune, `--all`, a project.
fn takes_whole(words: &Words<'_>, row: &Row, names: bool) -> bool {
    let takes_away = matches!(row.kind, Kind::Disrupts | Kind::Destroys) || row.name == "rm";
    let prunes = matches!(row.name, "prune" | "reset");
    let project = row.group == COMPOSE.name && matches!(row.name, "down" | "rm") && !names;
    let all = row.group != COMPOSE.name && words.on("all");
    prunes || project || (takes_away && all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::situation::Whole;
    use crate::engine::tool;

    fn of(tool: &Tool, line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let s = situation(tool, &words, Effect::Destroy);
        let names: Vec<String> = s
            .objects
            .iter()
            .map(|o| format!("{}/{}", o.resource, o.name.as_deref().unwrap_or("?")))
            .collect();
        let whole = if s.whole_scope == Whole::Yes { ", whole" } else { "" };
        let complete = if s.objects_complete { ", complete" } else { "" };
        format!("{}: {}{whole}{complete}", s.verb, names.join(" "))
    }

    #[test]
    fn words_name_things() {
        for (line, want) in [
            ("volume rm pgdata", "volume rm: volumes/pgdata, complete"),
            ("rm -f web db", "container rm: containers/web containers/db, complete"),
            ("rm -fv web", "container rm: containers/web"),
            ("volume prune", "volume prune: , whole"),
            ("system prune -a", "system prune: , whole"),
            ("compose down -v", "compose down: , whole"),
            ("compose rm -sf web", "compose rm: services/web"),
            ("compose up -d web", "compose up: services/web"),
            ("compose exec db psql -c x", "compose exec: services/db"),
            ("exec db psql", "container exec: containers/db, complete"),
            ("run --name web nginx sh", "container run: containers/web, complete"),
            ("run nginx", "container run: "),
            ("cp a web:/x", "container cp: containers/web, complete"),
            ("service scale web=0 db=2", "service scale: services/web services/db, complete"),
            ("network disconnect -f net web", "network disconnect: networks/net containers/web, complete"),
            ("system df", "system df: "),
            ("volume", "volume: "),
            ("scan x", "scan: "),
            ("rm --frobnicate x", "container rm: containers/x"),
        ] {
            assert_eq!(of(&tool::DOCKER, line), want, "{line}");
        }
        assert_eq!(of(&tool::PODMAN, "rm -a"), "container rm: , whole");
        assert_eq!(of(&tool::PODMAN, "system reset"), "system reset: , whole");
        assert_eq!(of(&tool::COMPOSE, "down -v"), "compose down: , whole");
    }
}
