use super::*;
use crate::engine::tool;
use std::fs;

/// docker's own files: `prod` is current, `lab` is there, too.
fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let docker = home.path().join(".docker");
    for (name, host) in [("prod", "ssh://root@db1.example.com:22"), ("lab", "tcp://[2001:db8::7]:2376")] {
        use sha2::Digest as _;
        let digest = crate::keep::atomic_dir::hex(&sha2::Sha256::digest(name.as_bytes()));
        let dir = docker.join("contexts/meta").join(digest);
        fs::create_dir_all(&dir).unwrap();
        let meta = format!(r#"{{"Name":"{name}","Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#);
        fs::write(dir.join("meta.json"), meta).unwrap();
    }
    fs::write(docker.join("config.json"), r#"{"currentContext":"prod"}"#).unwrap();
    home
}

fn found(world: &World, tool: &tool::Tool, line: &str) -> String {
    let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
    match daemon(world, Cli::of(tool), &words) {
        Err(_) => "refused".to_owned(),
        Ok(daemon) => {
            let from = daemon.endpoint.from.to_string();
            let from = from.rsplit('/').next().unwrap_or_default().to_owned();
            let context = daemon.context.map(|context| format!(", context {}", context.value));
            let remote = match daemon.host.target.remote {
                Some(_) => daemon.host.target.name.value().map(|n| n.value.clone()).unwrap_or_default(),
                None => "here".to_owned(),
            };
            format!("{} from {from}{} on {remote}", daemon.endpoint.value, context.unwrap_or_default())
        }
    }
}

#[test]
fn the_daemon_is_found_as_docker_finds_it() {
    let home = home();
    let world = World::of(&[("HOME", &home.path().to_string_lossy())], home.path());
    let host = world.clone().with_var("DOCKER_HOST", "tcp://192.0.2.5:2376");
    let empty = world.clone().with_var("DOCKER_HOST", "");
    let context = world.clone().with_var("DOCKER_CONTEXT", "lab");
    let elsewhere = world.clone().with_var("DOCKER_CONFIG", "/nonexistent");
    let prod = "ssh://root@db1.example.com:22 from meta.json, context prod on db1.example.com";
    for (world, line, want) in [
        (&world, "rm x", prod),
        (&empty, "rm x", prod),
        (&world, "-c lab rm x", "tcp://[2001:db8::7]:2376 from meta.json, context lab on 2001:db8::7"),
        (&world, "-c default rm x", "unix:///var/run/docker.sock from built-in default on here"),
        (&world, "-c gone rm x", "refused"),
        (&world, "-H tcp://web1 rm x", "tcp://web1 from --host on web1"),
        (&world, "-Hunix:///run/x.sock rm x", "unix:///run/x.sock from --host on here"),
        (&world, "-H a -c lab rm x", "refused"),
        (&host, "rm x", "tcp://192.0.2.5:2376 from $DOCKER_HOST on 192.0.2.5"),
        (&host, "-c lab rm x", "tcp://[2001:db8::7]:2376 from meta.json, context lab on 2001:db8::7"),
        (&host, "-c default rm x", "tcp://192.0.2.5:2376 from $DOCKER_HOST on 192.0.2.5"),
        (&context, "rm x", "tcp://[2001:db8::7]:2376 from meta.json, context lab on 2001:db8::7"),
        (&elsewhere, "rm x", "unix:///var/run/docker.sock from built-in default on here"),
        (&world, "--config /nonexistent rm x", "unix:///var/run/docker.sock from built-in default on here"),
        (&world, "run -H x img", prod),
    ] {
        assert_eq!(found(world, &tool::DOCKER, line), want, "{line}");
    }
    assert_eq!(found(&world, &tool::COMPOSE, "-H tcp://web1 down"), "tcp://web1 from --host on web1");
    assert_eq!(found(&world, &tool::PODMAN, "rm x"), "this machine from built-in default on here");
    assert_eq!(
        found(&world, &tool::PODMAN, "--url ssh://core@m1/run/p.sock rm x"),
        "ssh://core@m1/run/p.sock from --url on m1"
    );
    let podman = world.clone().with_var("CONTAINER_CONNECTION", "m2");
    assert_eq!(
        found(&podman, &tool::PODMAN, "rm x"),
        "connection m2 from $CONTAINER_CONNECTION, context m2 on "
    );
}

#[test]
fn podman_elsewhere_is_not_taken_for_this_machine() {
    let home = home();
    let containers = home.path().join(".config/containers");
    fs::create_dir_all(&containers).unwrap();
    let world = World::of(&[("HOME", &home.path().to_string_lossy())], home.path());
    assert_eq!(
        found(&world, &tool::PODMAN, "--remote rm x"),
        "connection by default from --remote on ",
        "where it leads is not known"
    );
    let list =
        r#"{"Connection":{"Default":"prod","Connections":{"prod":{"URI":"ssh://core@db9:22/run/p.sock"}}}}"#;
    fs::write(containers.join("podman-connections.json"), list).unwrap();
    let db9 = "ssh://core@db9:22/run/p.sock from podman-connections.json, context prod on db9";
    for line in ["--remote rm x", "-r rm x", "--connection prod rm x"] {
        assert_eq!(found(&world, &tool::PODMAN, line), db9, "{line}");
    }
    let here = "this machine from built-in default on here";
    for line in ["rm x", "--remote=false rm x"] {
        assert_eq!(
            found(&world, &tool::PODMAN, line),
            here,
            "a default connection alone is not used: {line}"
        );
    }
    fs::write(containers.join("containers.conf"), "[engine]\n  remote = true # laptop\n").unwrap();
    assert_eq!(found(&world, &tool::PODMAN, "rm x"), db9);
}

#[test]
fn a_context_that_is_not_used_is_told() {
    let home = home();
    let world = World::of(&[("HOME", &home.path().to_string_lossy())], home.path());
    let world = world.with_var("DOCKER_HOST", "tcp://192.0.2.5:2376");
    let found = daemon(&world, Cli::Docker, &[b"ps"]).unwrap();
    assert!(found.host.target.notes.iter().any(|note| note.starts_with("context prod (")), "{found:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_no_default() {
    let home = home();
    fs::write(home.path().join(".docker/config.json"), "{").unwrap();
    let world = World::of(&[("HOME", &home.path().to_string_lossy())], home.path());
    assert_eq!(found(&world, &tool::DOCKER, "rm x"), "refused");
    assert_ne!(found(&world, &tool::DOCKER, "-H tcp://a rm x"), "refused");
}
