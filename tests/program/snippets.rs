//! The snippets people copy into their pipelines, run as they stand.

use crate::support::ended::told;
use crate::support::machine::Machine;
use crate::support::shop::{scene, shop};
use serde_json::{Value, json};
use std::path::Path;

/// A cluster as the snippets expect it: `staging-eu`, with a namespace that holds something.
fn preview() -> crate::support::embedded::Seed {
    shop()
        .object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "preview-42"}}))
        .object(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "preview-42"}}))
}

/// Runs lines in one shell as a runner does, with guard on PATH.
fn run(s: &Machine, lines: &str, variables: &[(String, String)]) -> crate::support::ended::Ended {
    let guard = Path::new(env!("CARGO_BIN_EXE_guard")).parent().unwrap();
    let added = std::fs::read_to_string(s.at("github-path")).unwrap_or_default();
    let mut path: Vec<String> = added.lines().rev().map(str::to_owned).collect();
    path.extend([guard.display().to_string(), s.path()]);
    let mut command = s.command("/bin/bash", &["-e", "-c", lines]);
    command.env("PATH", path.join(":")).env("CI", "true").env("CI_PROJECT_DIR", s.at("project"));
    command.env("RUNNER_TEMP", s.at("temp")).env("GITHUB_PATH", s.at("github-path"));
    command.envs(variables.iter().map(|(k, v)| (k, v)));
    told(&s.alone(command, b""))
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

#[test]
fn the_job_for_github_removes_the_preview() {
    let (cluster, s) = scene!(preview(), "staging-eu");
    let workflow = yaml(include_str!("../../shell/ci/github-actions.yml"));
    let steps = workflow["jobs"]["remove-preview"]["steps"].as_array().unwrap();
    for step in steps {
        let lines = step["run"].as_str().unwrap();
        let variables = step["env"].as_object().into_iter().flatten();
        let variables: Vec<(String, String)> =
            variables.map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect();
        run(&s, lines, &variables).is(0);
    }
    assert!(!cluster.exists("/api/v1/namespaces/preview-42"));
    assert!(cluster.exists("/api/v1/namespaces/shop"));
}

#[test]
fn the_job_for_gitlab_removes_the_preview() {
    let (cluster, s) = scene!(preview(), "staging-eu");
    let pipeline = yaml(include_str!("../../shell/ci/gitlab-ci.yml"));
    let job = &pipeline["remove-preview"];
    let lines = ["before_script", "script"].into_iter().flat_map(|part| job[part].as_array().unwrap());
    let lines: Vec<&str> = lines.map(|l| l.as_str().unwrap()).collect();
    run(&s, &lines.join("\n"), &[]).is(0);
    assert!(!cluster.exists("/api/v1/namespaces/preview-42"));
    assert!(cluster.exists("/api/v1/namespaces/shop"));
}
