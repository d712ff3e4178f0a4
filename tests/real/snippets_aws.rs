//! The jobs for accounts that people copy into their pipelines, run as they stand against the CLI and the account they name.

use crate::support::aws_stage::Scene;
use crate::support::ended::{Ended, told};
use serde_json::Value;
use std::path::Path;

/// Runs lines in one shell as a runner does, with guard on PATH.
fn run(s: &Scene, lines: &str, variables: &[(String, String)]) -> Ended {
    let guard = Path::new(env!("CARGO_BIN_EXE_guard")).parent().unwrap();
    let added = std::fs::read_to_string(s.stage.at("github-path")).unwrap_or_default();
    let mut path: Vec<String> = added.lines().rev().map(str::to_owned).collect();
    // The runner has the CLI, and no shim before the job makes one.
    path.extend([guard.display().to_string(), s.stage.at("real").display().to_string()]);
    path.push(std::env::var("PATH").unwrap());
    let mut command = s.stage.command("/bin/bash", &["-e", "-c", lines]);
    command.env("PATH", path.join(":")).env("CI", "true").env("CI_PROJECT_DIR", s.stage.at("project"));
    command.env("RUNNER_TEMP", s.stage.at("temp")).env("GITHUB_PATH", s.stage.at("github-path"));
    command.envs(variables.iter().map(|(k, v)| (k, v)));
    told(&s.stage.alone(command, b""))
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

fn variables(of: &Value) -> Vec<(String, String)> {
    of.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect()
}

#[test]
fn the_job_for_github_removes_the_stack() {
    let Some(s) = Scene::new("ci-github") else { return };
    s.small_stack("preview-42");
    s.small_stack("preview-43");
    let job = &yaml(include_str!("../../shell/ci/github-actions.yml"))["jobs"]["remove-preview-stack"];
    for step in job["steps"].as_array().unwrap() {
        // The runner's own credentials are those of the scene.
        let Some(lines) = step["run"].as_str() else { continue };
        run(&s, lines, &[variables(&job["env"]), variables(&step["env"])].concat()).is(0);
    }
    assert!(!s.has_stack("preview-42") && s.has_stack("preview-43"));
}

#[test]
fn the_job_for_gitlab_removes_the_stack() {
    let Some(s) = Scene::new("ci-gitlab") else { return };
    s.small_stack("preview-42");
    let job = &yaml(include_str!("../../shell/ci/gitlab-ci.yml"))["remove-preview-stack"];
    let lines = ["before_script", "script"].into_iter().flat_map(|part| job[part].as_array().unwrap());
    let lines: Vec<&str> = lines.map(|l| l.as_str().unwrap()).collect();
    run(&s, &lines.join("\n"), &variables(&job["variables"])).is(0);
    assert!(!s.has_stack("preview-42"));
}
