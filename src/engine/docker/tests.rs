use super::Effect::{Destroy, Disrupt, Mutate, Read, Unknown};
use super::*;
use crate::engine::classify::{classify, classify_tool, redact, situation};
use crate::engine::tool;
use proptest::prelude::*;

fn of(line: &str) -> Verdict {
    let mut words = line.split(' ').filter(|w| !w.is_empty()).map(str::as_bytes);
    let name = words.next().unwrap_or_default();
    classify(name, &words.collect::<Vec<_>>())
}

fn wrong<'l>(rows: &[(Effect, &'l str)]) -> Vec<(&'l str, Effect)> {
    let judged = rows.iter().map(|(want, line)| (*line, *want, of(line).effect));
    judged.filter(|(_, want, got)| want != got).map(|(line, _, got)| (line, got)).collect()
}

#[test]
fn docker() {
    assert_eq!(
        wrong(&[
            (Read, "docker"),
            (Read, "docker --version"),
            (Read, "docker volume"),
            (Read, "docker ps -a"),
            (Read, "docker -D ps"),
            (Read, "docker logs -f web"),
            (Read, "docker inspect web"),
            (Read, "docker stats --no-stream"),
            (Read, "docker wait web"),
            (Read, "docker system df -v"),
            (Read, "docker system dial-stdio"),
            (Read, "docker context ls"),
            (Read, "docker help rm"),
            (Read, "docker rm --help web"),
            (Read, "docker rm -h web"),
            (Read, "docker --help volume rm x"),
            (Read, "docker swarm join-token worker"),
            (Mutate, "docker swarm join-token --rotate worker"),
            (Mutate, "docker pull nginx"),
            (Mutate, "docker build -t a ."),
            (Mutate, "docker buildx build --frob -t a ."),
            (Mutate, "docker start db"),
            (Mutate, "docker rmi nginx"),
            (Mutate, "docker image prune -af"),
            (Mutate, "docker builder prune -a"),
            (Mutate, "docker cp a web:/a"),
            (Read, "docker cp web:/a ."),
            (Mutate, "docker cp - web:/a"),
            (Disrupt, "docker stop web"),
            (Disrupt, "docker attach web"),
            (Mutate, "docker attach --no-stdin web"),
            (Disrupt, "docker kill -s HUP web"),
            (Disrupt, "docker network rm a"),
            (Disrupt, "docker node update --availability drain n"),
            (Disrupt, "docker node update --availability=drain n"),
            (Mutate, "docker node update --availability active n"),
            (Mutate, "docker node update --label-add a=drain n"),
            (Disrupt, "docker service update --image a web"),
            (Mutate, "docker service update --label-add a=b --detach web"),
            (Disrupt, "docker service scale web=0"),
            (Disrupt, "docker stack deploy --prune -c a.yml s"),
            (Mutate, "docker stack deploy -c a.yml s"),
            (Disrupt, "docker rm -l web/db"),
            (Destroy, "docker rm web"),
            (Destroy, "docker rm -l=false web"),
            (Destroy, "docker -v rm web"),
            (Destroy, "docker container remove --force=false web"),
            (Destroy, "docker volume rm x"),
            (Destroy, "docker volume prune -f"),
            (Destroy, "docker system prune"),
            (Disrupt, "docker swarm leave"),
            (Destroy, "docker swarm leave -f"),
            (Destroy, "docker stack down s"),
            (Destroy, "docker secret rm s"),
            (Unknown, "docker scout cves a"),
            (Unknown, "docker volume frobnicate a"),
            // A flag nobody knows may take the word behind it.
            (Destroy, "docker rm --frob --help web"),
            (Destroy, "docker --frob ps rm x"),
            (Destroy, "docker volume --frob ls rm x"),
            (Read, "docker ps --frob rm"),
        ]),
        []
    );
}

#[test]
fn compose() {
    assert_eq!(
        wrong(&[
            (Read, "docker compose"),
            (Read, "docker compose ps"),
            (Read, "docker compose -p a logs -f down"),
            (Read, "docker compose config --volumes"),
            (Read, "docker compose down -v --dry-run"),
            (Read, "docker compose --dry-run down -v"),
            (Destroy, "docker compose --dry-run=false down -v"),
            (Destroy, "docker compose --dry-run down -v --dry-run=0"),
            (Read, "docker compose down -v --help"),
            (Mutate, "docker compose up -d"),
            (Mutate, "docker compose up --scale web=10"),
            (Disrupt, "docker compose up --scale web=0"),
            (Disrupt, "docker compose up --force-recreate"),
            (Disrupt, "docker compose up --remove-orphans"),
            (Mutate, "docker compose up --remove-orphans=false"),
            (Destroy, "docker compose up -dV"),
            (Disrupt, "docker compose down"),
            (Disrupt, "docker compose down --volumes=false"),
            (Destroy, "docker compose down --volume"),
            (Destroy, "docker --context prod compose -f a -f b down -t 3 -v"),
            (Disrupt, "docker compose rm -sf"),
            (Destroy, "docker compose rm -fsv"),
            (Read, "docker compose wait web"),
            (Disrupt, "docker compose wait --down-project web"),
            (Unknown, "docker compose frobnicate"),
            (Read, "docker-compose --version"),
            (Destroy, "docker-compose down --vol"),
            (Destroy, "docker-compose -H tcp://x -f a down -v"),
            (Disrupt, "docker-compose stop"),
            (Mutate, "docker-compose build --pull"),
            (Read, "docker-compose help down"),
        ]),
        []
    );
}

#[test]
fn podman() {
    assert_eq!(
        wrong(&[
            (Read, "podman ps -a --pod"),
            (Read, "podman-remote images"),
            (Read, "podman kube generate web"),
            (Read, "podman auto-update --dry-run"),
            (Disrupt, "podman auto-update"),
            (Mutate, "podman play kube a.yml"),
            (Disrupt, "podman play kube --replace a.yml"),
            (Disrupt, "podman kube down a.yml"),
            (Destroy, "podman kube down --force a.yml"),
            (Mutate, "podman rmi a"),
            (Destroy, "podman rmi -f a"),
            (Destroy, "podman run --replace --name web nginx"),
            (Destroy, "podman volume prune"),
            (Destroy, "podman rm -a"),
            (Disrupt, "podman stop -a"),
            (Destroy, "podman pod rm -f web"),
            (Destroy, "podman system reset"),
            (Disrupt, "podman network rm a"),
            (Destroy, "podman network rm -f a"),
            (Destroy, "podman compose down -v"),
            (Disrupt, "podman system connection remove a"),
            (Destroy, "podman --log-level debug machine rm"),
            (Unknown, "podman frobnicate"),
        ]),
        []
    );
}

#[test]
fn what_runs_inside_is_judged() {
    assert_eq!(
        wrong(&[
            (Read, "docker exec web ls -la"),
            (Read, "docker exec -it -u root -e A=b web cat /x"),
            (Mutate, "docker exec -it web bash"),
            (Mutate, "docker exec -it db psql shop"),
            (Mutate, "docker exec web npm test"),
            (Disrupt, "docker exec web kill 1"),
            (Disrupt, "docker exec web nginx -s quit"),
            (Disrupt, "docker exec k3s kubectl drain n1"),
            (Mutate, "docker exec k3s kubectl apply -f x.yml"),
            (Mutate, "docker exec web apt-get install -y vim"),
            (Mutate, "docker run --rm bitnami/kubectl apply -f x.yml"),
            (Destroy, "docker run --rm alpine/helm uninstall web"),
            (Mutate, "docker run --rm alpine/helm list"),
            (Disrupt, "docker run --rm --pid host alpine kill 1"),
            (Mutate, "docker run --rm alpine kill 1"),
            (Disrupt, "docker exec web"),
            (Destroy, "docker exec db rm -rf /var/lib/x"),
            (Destroy, "docker exec db dropdb shop"),
            (Destroy, "docker compose exec -T db dropdb shop"),
            (Destroy, "docker-compose exec db dropdb shop"),
            (Destroy, "podman exec -l dropdb shop"),
            (Destroy, "docker exec a docker exec b docker rm c"),
            (Mutate, "docker run --rm alpine ls"),
            (Mutate, "docker run --rm alpine rm -rf /x"),
            (Destroy, "docker run --rm -v x:/x alpine rm -rf /x"),
            (Mutate, "docker run --rm -v x:/x:ro alpine rm -rf /x"),
            (Mutate, "docker run --rm python:3 python manage.py migrate"),
            (Destroy, "docker run --rm postgres dropdb -h db shop"),
            (Destroy, "docker run --rm bitnami/kubectl delete ns shop"),
            (Disrupt, "docker run --rm bitnami/kubectl drain n1"),
            (Mutate, "docker run --rm amazon/aws-cli s3 ls"),
            (Destroy, "docker run --rm --entrypoint kubectl alpine/k8s delete ns shop"),
            (Destroy, "docker compose run --rm web rm -rf /x"),
            (Disrupt, "podman unshare"),
            (Destroy, "podman machine ssh vm1 rm -rf /x"),
            (Destroy, "podman machine ssh rm -rf /x"),
            (Disrupt, "podman machine ssh vm1 ls"),
            (Destroy, "podman unshare rm -rf /x"),
            (Destroy, "kubectl exec dind -- docker volume rm x"),
            (Read, "kubectl exec dind -- docker ps"),
        ]),
        []
    );
    // Words may be nested as deep as argv is long.
    let mut deep = vec!["docker"];
    deep.extend(std::iter::repeat_n(["exec", "a", "docker"], 40_000).flatten());
    let words: Vec<&[u8]> = deep.iter().map(|word| word.as_bytes()).collect();
    assert_eq!(classify(b"docker", &words[1..]).effect, Disrupt);
}

#[test]
fn what_may_share_data_goes_to_the_full_guard() {
    for (line, want) in [
        ("docker run -v a:/a img", true),
        ("docker run --mount source=a,target=/a img", true),
        ("docker create --volumes-from db img", true),
        ("docker run --rm img", false),
        ("docker start db", true),
        ("docker exec -it web bash", true),
        ("docker exec web ls", false),
        ("docker-compose start", true),
        ("docker compose up -d", true),
        ("docker compose run web", true),
        ("docker compose create", true),
        ("docker stack deploy -c a s", true),
        ("docker pull a", false),
        ("docker ps", false),
        ("docker compose --dry-run up", false),
        ("podman start db", true),
        ("podman run -v a:/a img", true),
    ] {
        assert_eq!(of(line).content, want, "{line}");
    }
}

#[test]
fn completion_passes() {
    assert!(of("docker __complete rm w").completion);
    assert!(of("docker-compose __completeNoDesc down").completion);
    assert!(!of("docker rm __complete").completion);
}

#[test]
fn what_goes_to_no_daemon() {
    for (line, want) in [
        ("docker", Goes::Nowhere),
        ("docker rm --help", Goes::Nowhere),
        ("docker context ls", Goes::Nowhere),
        ("docker context use prod", Goes::Switches),
        ("podman system connection default a", Goes::Switches),
        ("docker compose config", Goes::Nowhere),
        ("docker ps", Goes::Out),
        ("docker rm x", Goes::Out),
        ("docker exec a ls", Goes::Out),
        ("docker scout x", Goes::Out),
    ] {
        assert_eq!(of(line).goes, want, "{line}");
    }
}

#[cfg(feature = "cli")]
#[test]
fn commands_have_names() {
    let all = verbs(&tool::DOCKER);
    for verb in
        ["volume rm", "container rm", "compose down", "system prune", "volume", "trust key load", "login"]
    {
        assert!(all.iter().any(|known| known == verb), "{verb}");
    }
    for verb in ["rm", "ps", "container remove", "compose"] {
        assert_eq!(all.iter().any(|known| known == verb), verb == "compose", "{verb}");
    }
    assert!(verbs(&tool::COMPOSE).iter().any(|known| known == "compose down"));
    assert!(verbs(&tool::PODMAN).iter().any(|known| known == "pod rm"));
}

const TOOLS: [&Tool; 3] = [&tool::DOCKER, &tool::COMPOSE, &tool::PODMAN];

fn words() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let known = prop::sample::select(vec![
        "rm",
        "-v",
        "volume",
        "compose",
        "down",
        "--volumes",
        "-f",
        "run",
        "exec",
        "--",
        "a",
        "-it",
        "--help",
        "system",
        "prune",
        "-H",
        "-c",
        "--dry-run",
        "-e",
        "--x",
        "up",
        "cp",
        "scale",
        "a=0",
        "start",
        "service",
        "update",
        "docker",
    ]);
    let known = known.prop_map(|w| w.as_bytes().to_vec());
    prop::collection::vec(prop_oneof![6 => known, 1 => prop::collection::vec(any::<u8>(), 0..9)], 0..9)
}

proptest! {
    #[test]
    fn total_and_lossless(words in words()) {
        let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        for tool in TOOLS {
            let verdict = classify_tool(tool, &slices);
            prop_assert_eq!(redact(tool, &slices).len(), slices.len());
            prop_assert_eq!(situation(tool.name, &slices).effect, verdict.effect);
        }
    }

    /// Of a volume, a container and a project: more words behind the command never make it milder, but those that ask for help
    /// or a dry run.
    #[test]
    fn more_words_never_lower(mut words in words(), at in 0usize..3) {
        words.retain(|w| !w.starts_with(b"--d") && !w.starts_with(b"--h") && !w.starts_with(b"-h") && w != b"--");
        // A cluster of letters, a name cut off, what is no switch: other flags than those that were meant.
        words.retain(|w| !w.starts_with(b"-") || matches!(w.as_slice(), b"-v" | b"-f" | b"--volumes" | b"--x"));
        let line = [&["volume", "rm", "x"][..], &["rm", "x"], &["compose", "down"]][at];
        let before: Vec<&[u8]> = line.iter().map(|w| w.as_bytes()).collect();
        let mut after = before.clone();
        after.extend(words.iter().map(Vec::as_slice));
        prop_assert!(classify_tool(&tool::DOCKER, &after).effect >= classify_tool(&tool::DOCKER, &before).effect);
    }

    #[test]
    fn globals_change_nothing(words in words()) {
        let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let mut more: Vec<&[u8]> = vec![b"-D", b"--log-level", b"rm", b"-ca", b"-v", b"-H=x"];
        more.extend(&slices);
        let completes = is_completion(&slices);
        prop_assert!(completes || classify_tool(&tool::DOCKER, &more).effect == classify_tool(&tool::DOCKER, &slices).effect);
    }

    #[test]
    fn the_order_of_operands_does_not_matter(mut names in prop::collection::vec("[a-z]{1,4}", 1..5)) {
        names.retain(|name| name != "help");
        let line = |names: &[String]| {
            let words: Vec<&[u8]> = [&b"rm"[..], b"-v"].into_iter().chain(names.iter().map(|n| n.as_bytes())).collect();
            classify_tool(&tool::DOCKER, &words)
        };
        let before = line(&names);
        names.reverse();
        prop_assert_eq!(before, line(&names));
    }
}
