//! The command that runs in a container: what stands behind `exec CONTAINER` and `run IMAGE`.

use super::tables::{COMPOSE, Kind, Row};
use super::words::Words;
use crate::engine::tool;

/// Images whose entry point is a program with words of its own, by the last part of their name: what stands behind the image are
/// that program's words.
const IMAGES: &[u8] =
    b"aws-cli aws\nawscli aws\nhelm helm\nk8s-kubectl kubectl\nkubectl kubectl\nopenshift-cli oc\n\
    opentofu tofu\nterraform terraform";

/// Programs that reach what lies elsewhere, wherever they run.
const REACH: &[u8] = b"aws\ncockroach\ndropdb\ndropuser\nhelm\nkubectl\nmariadb\nmariadb-admin\nmongo\nmongosh\nmysql\nmysqladmin\n\
    oc\npsql\nredis-cli\nterraform\ntofu\nvalkey-cli";

/// Programs that stop what runs beside them, and the words that make them; `*` whatever the words are.
const STOPS: &[u8] = b"apachectl graceful-stop restart stop\nhalt *\nhttpd restart stop\nkill *\nkillall *\nmysqladmin shutdown\n\
    nginx quit stop\npg_ctl restart stop\npg_ctlcluster restart stop\npkill *\npm2 delete kill reload restart stop\npoweroff *\n\
    rabbitmqctl shutdown stop stop_app\nreboot *\nredis-cli SHUTDOWN shutdown\ns6-svc *\nservice reload restart stop\nshutdown *\n\
    supervisorctl reload restart shutdown stop\nsv down exit restart stop\nsystemctl *\nvalkey-cli SHUTDOWN shutdown";

/// Commands of programs that guard does not know yet, by which things go wherever they are told to; a dry run is none.
const TAKES_AWAY: &[u8] =
    b"helm del delete un uninstall\nterraform -destroy --destroy destroy\ntofu -destroy --destroy destroy";
/// What keeps those from acting.
const SPARES: [&[u8]; 4] = [b"--dry-run", b"-help", b"--help", b"-h"];

/// Whether a command makes a container, and may run a program in it.
pub(super) fn makes_container(row: &Row) -> bool {
    matches!(
        (row.group, row.name),
        ("container", "run" | "create" | "clone") | ("service", "create") | ("compose", "run")
    )
}

/// How many operands stand before the program: the container, the image, the service; `None` for commands without one.
fn before_program(words: &Words<'_>) -> Option<usize> {
    let row = words.row()?;
    match row.kind {
        // `podman unshare CMD`
        Kind::Executes if row.group.is_empty() => Some(0),
        // `podman exec --latest CMD`
        Kind::Executes if row.group != COMPOSE.name && words.on("latest") => Some(0),
        Kind::Executes => Some(1),
        _ if makes_container(row) => Some(1),
        _ => None,
    }
}

/// The index of the word where the program stands that an `exec` runs.
pub fn program_at(words: &Words<'_>) -> Option<usize> {
    let before =
        before_program(words).filter(|_| words.row().is_some_and(|row| row.kind == Kind::Executes))?;
    words.operands.get(before).map(|(at, _)| *at)
}

/// The program and its words, as far as the words name it; what an image starts by itself nobody knows.
pub fn program<'a>(words: &Words<'a>) -> Option<Vec<&'a [u8]>> {
    let before = before_program(words)?;
    let behind = words.operands.get(before..).unwrap_or_default().iter().map(|(_, word)| *word);
    let entry = match words.last("entrypoint") {
        Some(entry) => Some(entry).filter(|entry| !entry.is_empty()),
        None => words.operands.first().filter(|_| before == 1 && is_made(words)).and_then(|(_, image)| {
            entry_of(image).filter(|entry| words.operands.get(1).is_none_or(|(_, first)| first != entry))
        }),
    };
    let all: Vec<&[u8]> = entry.into_iter().chain(behind).collect();
    (!all.is_empty()).then_some(all)
}

fn is_made(words: &Words<'_>) -> bool {
    words.row().is_some_and(|row| makes_container(row) && row.group != COMPOSE.name)
}

/// The program an image starts: `registry/bitnami/kubectl:1.31@sha256:…`.
fn entry_of(image: &[u8]) -> Option<&'static [u8]> {
    let name = image.split(|b| *b == b'@').next().unwrap_or(image);
    let last = name.rsplit(|b| *b == b'/').next().unwrap_or(name);
    let last = last.split(|b| *b == b':').next().unwrap_or(last);
    let mut rows = IMAGES.split(|b| *b == b'\n');
    rows.find_map(|row| row.strip_prefix(last)?.strip_prefix(b" ")).filter(|_| !last.is_empty())
}

fn basename(path: &[u8]) -> &[u8] {
    path.rsplit(|b| *b == b'/').next().unwrap_or(path)
}

/// Whether a program, or the line of a shell, speaks to something that is not in the container.
pub(super) fn speaks_to_others(program: &[&[u8]]) -> bool {
    let reaches = |word: &[u8]| REACH.split(|b| *b == b'\n').any(|name| name == word);
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    program.iter().any(|word| word.split(|b| !is_name(b)).any(|word| !word.is_empty() && reaches(word)))
}

/// Whether a list has a program with one of these words.
fn listed(list: &[u8], program: &[&[u8]], has: impl Fn(&[u8]) -> bool) -> bool {
    let Some((name, _)) = program.split_first() else { return false };
    let name = basename(name);
    list.split(|b| *b == b'\n').any(|row| {
        let mut words = row.split(|b| *b == b' ');
        words.next() == Some(name) && words.any(|word| word == b"*" || has(word))
    })
}

/// Whether a program is known to stop what runs, or a shell is told to start one that is.
pub(super) fn stops(program: &[&[u8]]) -> bool {
    let Some((name, rest)) = program.split_first() else { return false };
    if listed(STOPS, program, |word| rest.contains(&word)) {
        return true;
    }
    if !matches!(basename(name), b"sh" | b"bash" | b"ash" | b"dash" | b"zsh" | b"ksh") {
        return false;
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    rest.iter().any(|line| {
        let words: Vec<&[u8]> = line.split(|b| !is_name(b)).filter(|word| !word.is_empty()).collect();
        (0..words.len()).any(|at| {
            let from = words.get(at..).unwrap_or_default();
            listed(STOPS, from, |word| from.contains(&word))
        })
    })
}

/// Whether a program that guard does not know takes something away by its words.
pub(super) fn takes_away(program: &[&[u8]]) -> bool {
    let Some((name, rest)) = program.split_first() else { return false };
    tool::called_in_line(basename(name)).is_none()
        && !rest.iter().any(|word| SPARES.contains(word))
        && listed(TAKES_AWAY, program, |word| rest.contains(&word))
}

/// Whether it is a guarded tool whose place is not the container.
pub(super) fn is_of_other_place(program: &[&[u8]]) -> bool {
    let name = program.first().map(|name| basename(name)).unwrap_or_default();
    tool::called_in_line(name).is_some_and(|tool| !tool.is_of_machine())
}

#[cfg(test)]
mod tests {
    use super::super::tables::Cli;
    use super::*;

    fn of(cli: Cli, line: &str) -> Option<String> {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let read = Words::read(cli, &words, false);
        program(&read).map(|all| String::from_utf8_lossy(&all.join(&b' ')).into_owned())
    }

    #[test]
    fn the_program_is_found() {
        for (cli, line, want) in [
            (Cli::Docker, "exec -it db psql -c x", Some("psql -c x")),
            (Cli::Docker, "exec db", None),
            (Cli::Docker, "exec -u root -e A=b db -- ls", Some("-- ls")),
            (Cli::Docker, "run --rm alpine", None),
            (Cli::Docker, "run --rm -v a:/b alpine rm -rf /b", Some("rm -rf /b")),
            (Cli::Docker, "run --entrypoint sh alpine -c x", Some("sh -c x")),
            (Cli::Docker, "run --entrypoint= alpine ls", Some("ls")),
            (Cli::Docker, "run --rm bitnami/kubectl:1.31@sha256:ab delete ns x", Some("kubectl delete ns x")),
            (Cli::Docker, "run --rm bitnami/kubectl kubectl get ns", Some("kubectl get ns")),
            (Cli::Docker, "run --entrypoint aws x/kubectl s3 ls", Some("aws s3 ls")),
            (Cli::Docker, "compose exec -T db psql", Some("psql")),
            (Cli::Docker, "compose run --rm kubectl x", Some("x")),
            (Cli::Docker, "service create nginx a", Some("a")),
            (Cli::Docker, "rm web x", None),
            (Cli::Compose, "exec db ls", Some("ls")),
            (Cli::Podman, "exec -l ls", Some("ls")),
            (Cli::Podman, "unshare rm -rf x", Some("rm -rf x")),
        ] {
            assert_eq!(of(cli, line).as_deref(), want, "{line}");
        }
        assert_eq!(entry_of(b""), None);
        assert_eq!(entry_of(b"aws"), None);
    }

    #[test]
    fn what_stops_and_what_takes_away() {
        let of = |line: &str, judge: fn(&[&[u8]]) -> bool| {
            judge(&line.split('|').map(str::as_bytes).collect::<Vec<_>>())
        };
        for line in
            ["kill|1", "/usr/sbin/nginx|-s|stop", "supervisorctl|restart|app", "sh|-c|sleep 1; kill 1"]
        {
            assert!(of(line, stops), "{line}");
        }
        for line in [
            "npm|stop",
            "nginx|-s|reload",
            "supervisorctl|status",
            "sh|-c|ls",
            "sh",
            "bash|-l",
            "skill|1",
            "",
        ] {
            assert!(!of(line, stops), "{line}");
        }
        for line in
            ["helm|uninstall|web", "helm|-n|shop|delete|web", "terraform|apply|-destroy", "tofu|destroy"]
        {
            assert!(of(line, takes_away), "{line}");
        }
        for line in [
            "helm|uninstall|web|--dry-run",
            "helm|list",
            "terraform|plan",
            "terraform|destroy|-help",
            "rm|delete",
        ] {
            assert!(!of(line, takes_away), "{line}");
        }
    }

    #[test]
    fn what_speaks_to_others() {
        assert!(speaks_to_others(&[b"sh", b"-c", b"ls; psql -h db"]));
        assert!(speaks_to_others(&[b"/usr/bin/psql"]));
        assert!(!speaks_to_others(&[b"rm", b"-rf", b"/x"]));
        assert!(
            is_of_other_place(&[b"kubectl"]) && !is_of_other_place(&[b"apt-get"]) && !is_of_other_place(&[])
        );
    }
}
