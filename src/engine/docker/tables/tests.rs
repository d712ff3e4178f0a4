use super::*;

const ALL: [Cli; 3] = [Cli::Docker, Cli::Compose, Cli::Podman];

fn groups(cli: Cli) -> impl Iterator<Item = Group> {
    std::iter::once(cli.top()).chain(cli.groups().iter().filter_map(move |name| cli.group(name.as_bytes())))
}

fn command(cli: Cli, path: &str) -> Option<Row> {
    let (group, name) = path.split_once(' ').unwrap_or(("", path));
    let group = if group.is_empty() { cli.top() } else { cli.group(group.as_bytes())? };
    let (parent, last) = name.rsplit_once('/').unwrap_or(("", name));
    group.command(cli, parent, last.as_bytes())
}

#[test]
fn every_group_is_listed_and_every_line_is_well_formed() {
    let mut rows = 0;
    for cli in ALL {
        for name in cli.groups() {
            assert_eq!(cli.group(name.as_bytes()).map(|group| group.name), Some(*name), "{cli:?}");
        }
        for group in groups(cli) {
            let mut seen: Vec<&str> = Vec::new();
            for line in group.text.split('\n') {
                rows += 1;
                assert!(!line.contains("  ") && line.trim() == line, "{cli:?} {line:?}");
                let (names, rest) = line.split_once(' ').expect("a name and an effect");
                assert!(
                    seen.last().is_none_or(|last| *last < names),
                    "{cli:?} {} {names}: not sorted",
                    group.name
                );
                seen.push(names);
                if let Some(path) = rest.strip_prefix('=') {
                    let found = path
                        .strip_prefix("compose ")
                        .map_or_else(|| command(cli, path), |name| COMPOSE.command(cli, "", name.as_bytes()));
                    assert!(found.is_some(), "{cli:?} {line}");
                    continue;
                }
                let effect = rest.split(' ').next().unwrap_or_default();
                assert!("rmdxuceg".contains(effect.trim_end_matches(['!', '/', '?'])), "{cli:?} {line}");
                let flags: Vec<&str> = rest.split(' ').skip(1).collect();
                let own = flags.iter().filter(|flag| !flag.starts_with('+'));
                let sorted: Vec<&str> = own.map(|flag| read(flag).1.name).collect();
                assert!(sorted.windows(2).all(|w| w[0] < w[1]), "{cli:?} {line}: not sorted");
                for flag in &flags {
                    if let Some(other) = flag.strip_prefix('+') {
                        assert!(group.command(cli, "", other.as_bytes()).is_some(), "{line}");
                        continue;
                    }
                    let (_, read) = read(flag);
                    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
                    assert!(*flag == "*" || read.name.bytes().all(plain), "{cli:?} {line}: {flag}");
                    assert!(!read.name.is_empty());
                    assert_eq!(flags.iter().filter(|f| *f == flag).count(), 1, "{cli:?} {line}: {flag}");
                }
            }
        }
    }
    assert!(rows > 450, "{rows}");
}

#[test]
fn every_line_is_found_by_its_names() {
    for cli in ALL {
        for group in groups(cli) {
            for row in group.commands() {
                let (parent, last) = row.name.rsplit_once('/').unwrap_or(("", row.name));
                let found = group.command(cli, parent, last.as_bytes()).expect(row.name);
                assert_eq!((found.name, found.group, found.kind), (row.name, row.group, row.kind));
            }
        }
    }
    for (cli, path, want) in [
        (Cli::Docker, "rm", "container rm"),
        (Cli::Docker, "container remove", "container rm"),
        (Cli::Docker, "image remove", "image rm"),
        (Cli::Docker, "images", "image ls"),
        (Cli::Docker, "builder build", "image build"),
        (Cli::Docker, "trust key/load", "trust key load"),
        (Cli::Docker, "stack down", "stack rm"),
        (Cli::Podman, "system connection/rm", "system connection remove"),
        (Cli::Podman, "play kube", "kube play"),
        (Cli::Podman, "builder prune", "image prune"),
    ] {
        assert_eq!(command(cli, path).map(|row| row.path()).as_deref(), Some(want), "{path}");
    }
    for (cli, path) in [
        (Cli::Podman, "system rm"),
        (Cli::Docker, "r"),
        (Cli::Docker, "volume "),
        (Cli::Docker, "container |rm"),
        (Cli::Compose, "compose"),
    ] {
        assert!(command(cli, path).is_none(), "{path}");
    }
}

#[test]
fn flags_are_found() {
    let rm = command(Cli::Docker, "rm").expect("a command");
    let switch = |name| Some(Flag { name, arity: Arity::Switch });
    assert_eq!(rm.flag(b"force"), switch("force"));
    assert_eq!(rm.letter(b'v'), switch("volumes"));
    assert_eq!((rm.flag(b"forc"), rm.flag(b""), rm.letter(b'x'), rm.letter(b'.')), (None, None, None, None));
    let create = command(Cli::Docker, "create").expect("a command");
    assert_eq!(create.letter(b'v'), Some(Flag { name: "volume", arity: Arity::Value }));
    assert_eq!(create.flag(b"rm"), switch("rm"));
    let down = command(Cli::Compose, "down").expect("a command");
    assert_eq!(down.flag(b"volume"), switch("volumes"));
    assert_eq!(down.beginning(b"vol"), switch("volumes"));
    assert_eq!(down.beginning(b"r"), None, "several begin so");
    assert_eq!(flag_in(podman::GLOBALS, b"url"), Some(Flag { name: "url", arity: Arity::Value }));
    assert_eq!(letter_in(docker::GLOBALS, b'H'), Some(Flag { name: "host", arity: Arity::Value }));
    let build = command(Cli::Podman, "build").expect("a command");
    assert_eq!(build.flag(b"pull").map(|flag| flag.arity), Some(Arity::Optional("true")));
}

#[test]
fn every_rule_is_about_a_command_and_its_flags() {
    for line in rules::lines(Cli::Podman) {
        let (path, rest) = line.split_once(';').expect("a command");
        let clis = ALL.into_iter().filter(|cli| match path.strip_prefix("compose ") {
            Some(_) => *cli == Cli::Docker,
            None => *cli != Cli::Compose,
        });
        let rows: Vec<(Cli, Row)> = clis.filter_map(|cli| command(cli, path).map(|row| (cli, row))).collect();
        assert!(!rows.is_empty(), "{path}");
        let when = rest.split(';').next().unwrap_or_default();
        let flags: Vec<&str> = match when.as_bytes() {
            [b'*' | b'@', ..] => continue,
            [b'~', ..] => when[1..].split(',').collect(),
            _ => vec![when.trim_start_matches('!').split(':').next().unwrap_or_default()],
        };
        for flag in flags {
            let known = rows.iter().any(|(_, row)| row.flag(flag.as_bytes()).is_some());
            // What version 1 of Compose, or a newer tool, has besides.
            assert!(known || flag == "no-resolve-image", "{line}: {flag}");
        }
        assert!(rows.iter().any(|(cli, row)| raises(*cli, row).count() > 0), "{line}");
    }
    for cli in ALL {
        for row in groups(cli).flat_map(Group::commands) {
            let path = match row.group {
                "" => row.name.to_owned(),
                group => format!("{group} {}", row.name),
            };
            let about = |line: &str| line.split(';').next() == Some(path.as_str());
            let any = rules::lines(cli).any(about);
            assert_eq!(row.ruled, any, "{cli:?} {path}: the table says otherwise than the rules");
        }
    }
}

#[test]
fn lists_of_globals_are_sorted() {
    for list in [Cli::Docker.globals(), Cli::Podman.globals(), Cli::Compose.globals(), COMPOSE_GLOBALS] {
        let names: Vec<&str> = list.split(' ').map(|flag| read(flag).1.name).collect();
        assert!(names.windows(2).all(|w| w[0] < w[1]), "{list}");
        for flag in list.split(' ') {
            let (letter, flag) = read(flag);
            assert_eq!(flag_in(list, flag.name.as_bytes()), Some(flag));
            assert!(letter == 0 || letter_in(list, letter) == Some(flag), "{}", flag.name);
        }
    }
}
