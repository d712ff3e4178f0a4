//! The hooks of coding agents: guard's entry in the settings of each agent that this user has.

use super::super::write;
use super::{Act, Edit, Plan, Step, at_home, read};
use crate::engine::escape::escape;
use crate::fail::Result;
use crate::policy::files::shown;
use crate::run::self_path;
use crate::world::World;
use serde_json::{Map, Value};

/// An agent: its directory in the home, the file of its settings, and what stands in there for guard.
struct Agent {
    called: &'static str,
    directory: &'static str,
    file: &'static str,
    settings: &'static str,
}

const AGENTS: [Agent; 2] = [
    Agent {
        called: "Claude Code",
        directory: ".claude",
        file: ".claude/settings.json",
        settings: include_str!("../../../../shell/hooks/claude-code.json"),
    },
    Agent {
        called: "Cursor",
        directory: ".cursor",
        file: ".cursor/hooks.json",
        settings: include_str!("../../../../shell/hooks/cursor.json"),
    },
];

impl Agent {
    /// What stands in its settings for guard: by its name, or by where it is, for a hook that finds no guard blocks everything.
    fn own(&self, guard: &str) -> Option<Value> {
        let mut own: Value = serde_json::from_str(self.settings).ok()?;
        renamed(&mut own, guard);
        Some(own)
    }
}

/// The commands that begin with `guard` begin with another name of it.
fn renamed(value: &mut Value, guard: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix("guard hook") {
                *text = format!("{guard} hook{rest}");
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|one| renamed(one, guard)),
        Value::Object(map) => map.values_mut().for_each(|one| renamed(one, guard)),
        _ => {}
    }
}

/// Where guard is, as a shell reads it.
fn place() -> String {
    self_path::own_path()
        .map_or_else(|| "guard".to_owned(), |path| shell_words::quote(&path.to_string_lossy()).into_owned())
}

/// What has to be added for the agents whose directories are there. `by_name` says that guard is found by its name.
pub(super) fn plans(world: &World, by_name: bool) -> Result<Vec<Plan>> {
    let there = |agent: &&Agent| at_home(world, agent.directory).is_some_and(|dir| dir.is_dir());
    let guard = if by_name { "guard".to_owned() } else { place() };
    AGENTS.iter().filter(there).filter_map(|agent| plan(agent, world, &guard).transpose()).collect()
}

fn plan(agent: &Agent, world: &World, guard: &str) -> Result<Option<Plan>> {
    let (Some(path), Some(own)) = (at_home(world, agent.file), agent.own(guard)) else { return Ok(None) };
    let old = read(&path)?;
    let by_hand = || {
        let hook = escape(own.to_string().as_bytes());
        Ok(Some(Plan::Cannot(format!("left     {}: merge this in yourself: {hook}", shown(&path)))))
    };
    let Some(settings) = settings(old.as_deref()) else { return by_hand() };
    let Some(merged) = merged(&settings, &own) else { return by_hand() };
    // It may stand there by its other name.
    let others = ["guard".to_owned(), place()];
    let is_there =
        others.iter().filter_map(|name| agent.own(name)).any(|own| without(&settings, &own) != settings);
    if is_there {
        return Ok(Some(Plan::Done(format!("present  the hook in {}", shown(&path)))));
    }
    if write::locked(&path).is_some() {
        return by_hand();
    }
    let edit = Edit { path, old, new: Some(text(&merged)) };
    Ok(Some(Plan::Do(Step {
        what: format!("Let {} ask guard before it runs a command", agent.called),
        shown: edit.shown(),
        act: Act::Edit(edit),
    })))
}

/// The settings without guard's entries.
pub(super) fn back(world: &World) -> Result<Vec<Edit>> {
    let mut edits = Vec::new();
    for agent in &AGENTS {
        let Some(path) = at_home(world, agent.file) else { continue };
        let old = read(&path)?;
        let Some(settings) = old.is_some().then(|| settings(old.as_deref())).flatten() else { continue };
        let names = ["guard".to_owned(), place()];
        let own: Vec<Value> = names.iter().filter_map(|name| agent.own(name)).collect();
        let left = own.iter().fold(settings.clone(), |left, own| without(&left, own));
        let Some(own) = own.first() else { continue };
        if left == settings {
            continue;
        }
        // Nothing but what guard brought along: the file was made for it.
        let is_guards = left.as_object().is_some_and(|left| left.iter().all(|(k, v)| own.get(k) == Some(v)));
        edits.push(Edit { path, old, new: (!is_guards).then(|| text(&left)) });
    }
    Ok(edits)
}

/// The agent's settings. `None` where they are not what is expected.
fn settings(old: Option<&str>) -> Option<Value> {
    let old = old.filter(|text| !text.trim().is_empty());
    let settings = old.map_or(Some(Value::Object(Map::new())), |text| serde_json::from_str(text).ok())?;
    settings.is_object().then_some(settings)
}

fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

/// Both together: entries of lists are added where they are missing, what is there stays. `None` where the two have different
/// shapes.
fn merged(settings: &Value, own: &Value) -> Option<Value> {
    match (settings, own) {
        (Value::Object(settings), Value::Object(own)) => {
            let mut all = settings.clone();
            for (key, value) in own {
                let both =
                    settings.get(key).map_or_else(|| Some(value.clone()), |there| merged(there, value))?;
                all.insert(key.clone(), both);
            }
            Some(Value::Object(all))
        }
        (Value::Array(settings), Value::Array(own)) => {
            let missing = own.iter().filter(|entry| !settings.contains(entry)).cloned();
            Some(Value::Array(settings.iter().cloned().chain(missing).collect()))
        }
        (there, own) => (there == own).then(|| there.clone()),
    }
}

/// The settings without the entries of lists that are guard's, and without lists and objects that held nothing else.
fn without(settings: &Value, own: &Value) -> Value {
    match (settings, own) {
        (Value::Object(settings), Value::Object(own)) => {
            let left = settings.iter().filter_map(|(key, there)| {
                let left = own.get(key).map_or_else(|| there.clone(), |own| without(there, own));
                let emptied = left != *there && matches!(&left, Value::Array(a) if a.is_empty());
                let emptied = emptied || left != *there && left.as_object().is_some_and(Map::is_empty);
                (!emptied).then(|| (key.clone(), left))
            });
            Value::Object(left.collect())
        }
        (Value::Array(settings), Value::Array(own)) => {
            Value::Array(settings.iter().filter(|entry| !own.contains(entry)).cloned().collect())
        }
        (there, _) => there.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_hook_is_added_once_beside_what_is_there_and_taken_away_alone() {
        for agent in &AGENTS {
            let own: Value = serde_json::from_str(agent.settings).unwrap();
            let mut theirs = own.clone();
            let list = theirs["hooks"].as_object_mut().unwrap().values_mut().next().unwrap();
            *list = json!([{"matcher": "Bash", "hooks": [{"type": "command", "command": "theirs"}]}]);
            for old in [json!({}), json!({"model": "x", "hooks": {"Stop": []}}), theirs] {
                let with = merged(&old, &own).unwrap();
                assert_ne!(with, old, "{}", agent.called);
                assert_eq!(merged(&with, &own), Some(with.clone()), "twice is once");
                let mut back = without(&with, &own);
                if old.get("version").is_none()
                    && let Some(back) = back.as_object_mut()
                {
                    back.remove("version");
                }
                assert_eq!(back, old, "{}", agent.called);
            }
            assert_eq!(merged(&json!({"hooks": []}), &own), None, "another shape is nobody's to change");
            assert_eq!(settings(Some("{ // a comment\n}")), None);
            assert_eq!(settings(Some("[]")), None);
            assert!(settings(Some(" \n")).is_some());
            let elsewhere = agent.own("'/opt/my guard'").unwrap();
            assert!(elsewhere.to_string().contains("'/opt/my guard' hook ") && elsewhere != own);
        }
    }
}
