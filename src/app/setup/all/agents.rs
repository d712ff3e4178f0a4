//! The hooks of coding agents: guard's entry in the settings of each agent that this user has.

use super::{Act, Edit, Plan, Step, at_home, read};
use crate::fail::Result;
use crate::policy::files::shown;
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

/// What has to be added for the agents whose directories are there.
pub(super) fn plans(world: &World) -> Result<Vec<Plan>> {
    let there = |agent: &&Agent| at_home(world, agent.directory).is_some_and(|dir| dir.is_dir());
    AGENTS.iter().filter(there).filter_map(|agent| plan(agent, world).transpose()).collect()
}

fn plan(agent: &Agent, world: &World) -> Result<Option<Plan>> {
    let Some(path) = at_home(world, agent.file) else { return Ok(None) };
    let old = read(&path)?;
    let by_hand = format!("left     {}: merge guard's hook in yourself (shell/hooks)", shown(&path));
    let Some((settings, own)) = both(old.as_deref(), agent) else { return Ok(Some(Plan::Cannot(by_hand))) };
    let Some(merged) = merged(&settings, &own) else { return Ok(Some(Plan::Cannot(by_hand))) };
    if old.is_some() && merged == settings {
        return Ok(Some(Plan::Done(format!("present  the hook in {}", shown(&path)))));
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
        let Some((settings, own)) = old.is_some().then(|| both(old.as_deref(), agent)).flatten() else {
            continue;
        };
        let left = without(&settings, &own);
        if left == settings {
            continue;
        }
        // Nothing but what guard brought along: the file was made for it.
        let is_guards = left.as_object().is_some_and(|left| left.iter().all(|(k, v)| own.get(k) == Some(v)));
        edits.push(Edit { path, old, new: (!is_guards).then(|| text(&left)) });
    }
    Ok(edits)
}

/// The agent's settings, and what guard has to say in them. `None` where they are not what is expected.
fn both(old: Option<&str>, agent: &Agent) -> Option<(Value, Value)> {
    let old = old.filter(|text| !text.trim().is_empty());
    let settings = old.map_or(Some(Value::Object(Map::new())), |text| serde_json::from_str(text).ok())?;
    let own = serde_json::from_str(agent.settings).ok()?;
    settings.is_object().then_some((settings, own))
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
            for settings in [json!({}), json!({"model": "x", "hooks": {"Stop": []}}), theirs] {
                let with = merged(&settings, &own).unwrap();
                assert_ne!(with, settings, "{}", agent.called);
                assert_eq!(merged(&with, &own), Some(with.clone()), "twice is once");
                let mut back = without(&with, &own);
                if settings.get("version").is_none()
                    && let Some(back) = back.as_object_mut()
                {
                    back.remove("version");
                }
                assert_eq!(back, settings, "{}", agent.called);
            }
            assert_eq!(merged(&json!({"hooks": []}), &own), None, "another shape is nobody's to change");
            assert_eq!(both(Some("{ // a comment\n}"), agent), None);
            assert_eq!(both(Some("[]"), agent), None);
            assert!(both(Some(" \n"), agent).is_some());
        }
    }
}
