use super::*;
use proptest::prelude::*;

fn shown(cli: Cli, line: &str) -> String {
    let words: Vec<&[u8]> = line.split(' ').filter(|w| !w.is_empty()).map(str::as_bytes).collect();
    let read = Words::read(cli, &words, false);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut out = match read.found {
        Found::Nothing => "nothing".to_owned(),
        Found::Group(group) => format!("group {group}"),
        Found::Help => "help".to_owned(),
        Found::Unknown(at) => format!("unknown {}", text(read.word(at))),
        Found::Command(row) => row.path(),
    };
    for given in &read.given {
        let level = match given.level {
            Level::Tool => "tool:",
            Level::Compose => "compose:",
            Level::Group => "group:",
            Level::Command => "",
        };
        let name = given.flag.map_or("?", |flag| flag.name);
        out.push_str(&format!(" {level}{name}={}", text(given.value)));
    }
    let operands: Vec<String> = read.operands.iter().map(|(_, word)| text(word)).collect();
    format!("{out} [{}]", operands.join(" "))
}

#[test]
fn words_are_read_as_the_tools_read_them() {
    for (cli, line, want) in [
        (Cli::Docker, "", "nothing []"),
        (Cli::Docker, "-v", "nothing tool:version=true []"),
        (Cli::Docker, "-v volume rm x", "volume rm tool:version=true [x]"),
        (Cli::Docker, "--help volume rm x", "help tool:help=true [x]"),
        (Cli::Docker, "help volume rm", "help []"),
        (Cli::Docker, "volume", "group volume []"),
        (Cli::Docker, "volume --help", "help group:help=true []"),
        (Cli::Docker, "volume rm --help x", "help help=true [x]"),
        (Cli::Docker, "volume rm --help=false x", "volume rm help=false [x]"),
        (Cli::Docker, "volume frobnicate x", "unknown frobnicate []"),
        (Cli::Docker, "scan x", "unknown scan []"),
        (Cli::Docker, "rm -fv web", "container rm force=true volumes=true [web]"),
        (Cli::Docker, "rm -fv=false web", "container rm force=true volumes=false [web]"),
        (Cli::Docker, "rm web -v", "container rm volumes=true [web]"),
        (Cli::Docker, "rm -- -v", "container rm [-v]"),
        (Cli::Docker, "container remove a b", "container rm [a b]"),
        (Cli::Docker, "-cprod ps", "container ls tool:context=prod []"),
        (Cli::Docker, "-c prod ps", "container ls tool:context=prod []"),
        (Cli::Docker, "-Htcp://x ps -a", "container ls tool:host=tcp://x all=true []"),
        (Cli::Docker, "-H=tcp://x images", "image ls tool:host=tcp://x []"),
        (Cli::Docker, "--host tcp://x -D rmi i", "image rm tool:host=tcp://x tool:debug=true [i]"),
        (Cli::Docker, "ps -H x", "container ls ?=true [x]"),
        (
            Cli::Docker,
            "run -v a:/b -eA=b --rm img sh -c x",
            "container run volume=a:/b env=A=b rm=true [img sh -c x]",
        ),
        (Cli::Docker, "run -h web img --help", "container run hostname=web [img --help]"),
        (Cli::Docker, "exec -it db psql -h x", "container exec interactive=true tty=true [db psql -h x]"),
        (Cli::Docker, "stop -t 3 a", "container stop timeout=3 [a]"),
        (Cli::Docker, "trust key load k", "trust key load [k]"),
        (Cli::Docker, "compose", "group compose []"),
        (Cli::Docker, "compose -f a.yml down -v", "compose down compose:file=a.yml volumes=true []"),
        (Cli::Docker, "compose down --volume", "compose down volumes=true []"),
        (Cli::Docker, "compose down --vol", "compose down ?=true []"),
        (Cli::Docker, "compose -v down", "compose down compose:version=true []"),
        (Cli::Docker, "compose --dry-run up -d", "compose up compose:dry-run=true detach=true []"),
        (Cli::Docker, "compose up --dry-run db", "compose up dry-run=true [db]"),
        (Cli::Docker, "compose help down", "help []"),
        (Cli::Docker, "compose frob", "unknown frob []"),
        (
            Cli::Docker,
            "--context p compose -p shop ps",
            "compose ps tool:context=p compose:project-name=shop []",
        ),
        (Cli::Docker, "system df -v", "system df verbose=true []"),
        (Cli::Docker, "buildx build --push -t a .", "buildx build ?=true ?=true [a .]"),
        (Cli::Compose, "down --vol", "compose down volumes=true []"),
        (
            Cli::Compose,
            "-H tcp://x -p s rm -fsv db",
            "compose rm compose:host=tcp://x compose:project-name=s force=true stop=true volumes=true [db]",
        ),
        (Cli::Compose, "logs --tail=50 down", "compose logs tail=50 [down]"),
        (Cli::Compose, "--version", "nothing compose:version=true []"),
        (Cli::Podman, "rm -a", "container rm all=true []"),
        (Cli::Podman, "--log-level debug volume rm -a", "volume rm tool:log-level=debug all=true []"),
        (Cli::Podman, "volume rm --log-level debug x", "volume rm log-level=debug [x]"),
        (Cli::Podman, "system connection remove p", "system connection remove [p]"),
        (Cli::Podman, "play kube --replace f", "kube play replace=true [f]"),
        (Cli::Podman, "compose -f x down -v", "compose down compose:file=x volumes=true []"),
        (Cli::Podman, "rmi -f i", "image rm force=true [i]"),
    ] {
        assert_eq!(shown(cli, line), want, "{cli:?} {line}");
    }
}

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
        "-h",
        "system",
        "prune",
        "-H",
        "-c",
        "--dry-run",
        "-e",
        "--x",
        "up",
        "=",
        "-",
        "--=",
        "-=",
        "trust",
        "key",
    ]);
    let known = known.prop_map(|w| w.as_bytes().to_vec());
    prop::collection::vec(prop_oneof![4 => known, 1 => prop::collection::vec(any::<u8>(), 0..9)], 0..9)
}

proptest! {
    #[test]
    fn any_words_are_read(words in words(), eats: bool) {
        let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        for cli in [Cli::Docker, Cli::Compose, Cli::Podman] {
            let read = Words::read(cli, &slices, eats);
            for (at, word) in &read.operands {
                prop_assert_eq!(slices.get(*at), Some(word));
            }
            for given in &read.given {
                let at = given.value_at.unwrap_or(given.at);
                prop_assert!(slices.get(at).is_some_and(|w| given.value == b"true" || w.ends_with(given.value)));
            }
        }
    }
}
