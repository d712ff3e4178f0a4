//! What timers and tables of cron claim to have of the places of this machine.

use super::super::stored;
use super::super::{Kind, Look, Place};
use super::{How, Last, Runner};
use crate::engine::backup::script::shell::is_plain;
use crate::engine::backup::script::{Port, Step};
use crate::engine::backup::{Covers, Evidence, Outcome, Record, Stored};
use crate::family::machine::links::below;
use std::path::Path;

/// Programs by the kind of server they take from, and the port they ask where none is given.
const OF_KINDS: &[(Kind, &[&str], u16)] = &[
    (Kind::Postgres, &["pg_dump", "pg_dumpall", "pg_basebackup"], 5432),
    (Kind::MySql, &["mysqldump", "mariadb-dump", "mariadb-backup", "xtrabackup"], 3306),
    (Kind::Redis, &["redis-cli"], 6379),
];
/// What a variable says of the server.
const ONLY_A_RUN: &str = "of which server, only a run knows";
/// Programs with a catalogue of their own, which take what their settings say.
const BY_SETTINGS: &[(Kind, &[&str])] = &[(Kind::Postgres, &["wal-g", "wal-e", "pgBackRest", "Barman"])];

/// What the runners claim of each place, with its index.
pub fn records(look: &Look<'_>, runners: &[Runner], places: &[Place]) -> Vec<(usize, Record)> {
    let mut records = Vec::new();
    for (at, place) in places.iter().enumerate() {
        records.extend(
            runners.iter().filter_map(|runner| record(look, runner, place)).map(|record| (at, record)),
        );
    }
    records
}

fn record(look: &Look<'_>, runner: &Runner, place: &Place) -> Option<Record> {
    // The step that covers the most speaks for all.
    let rank = |covers: Covers| match covers {
        Covers::Yes => 0,
        Covers::Unknown => 1,
        Covers::No => 2,
    };
    let told = runner.looks.steps.iter().filter_map(|step| Some((step, of_step(look, step, place)?)));
    let told = told.min_by_key(|(_, (covers, _))| rank(*covers));
    let (step, covers, remark) = match told {
        Some((step, (covers, remark))) => (Some(step), covers, remark),
        // Only a name tells, or a program whose words could not be read.
        None if runner.looks.steps.is_empty() && may_be(runner, place.kind) => {
            (None, Covers::Unknown, Some("of what, it does not say".to_owned()))
        }
        None => return None,
    };
    let mut remarks = match step.map(|step| step.program).or(runner.looks.program) {
        Some(program) => vec![format!("runs {program}")],
        None => vec!["only its name says that it is a backup".to_owned()],
    };
    remarks.extend(remark);
    if runner.looks.hides_failure {
        remarks.push("a dump that fails would look successful".to_owned());
    }
    let tool = match runner.how {
        How::Timer => "timer",
        How::Cron => "cron",
    };
    let (finished_at, outcome) = match &runner.last {
        Last::Ended { at, ok: true } => (Some(*at), Outcome::Ok),
        Last::Ended { at, ok: false } => (Some(*at), Outcome::Failed("it failed".to_owned())),
        Last::Never => (None, Outcome::Failed("it never ran".to_owned())),
        Last::Running => (None, Outcome::Running),
        Last::Unknown(why) => {
            remarks.insert(0, why.to_string());
            (None, Outcome::Unknown)
        }
    };
    Some(Record {
        covers,
        finished_at,
        outcome,
        stored: stored(look, runner, step, place),
        remarks,
        ..Record::of(tool, &runner.name, Evidence::Claimed)
    })
}

/// Of which server a dump in this file is, by what writes it there: `None` where nothing here does, or where that says no more than the
/// dump itself. A dump names a database and no server.
pub fn whence(
    look: &Look<'_>,
    runners: &[Runner],
    file: &Path,
    database: Option<&str>,
    place: &Place,
) -> Option<(Covers, String)> {
    let writes = |step: &&Step| {
        let of_another = step.database.as_deref().is_some_and(|own| database.is_some_and(|name| name != own));
        !of_another && step.paths.iter().any(|path| file.starts_with(path))
    };
    let steps = runners.iter().flat_map(|runner| &runner.looks.steps).filter(writes);
    let told: Vec<(Covers, Option<String>)> = steps.filter_map(|step| of_step(look, step, place)).collect();
    // One of several may have written it.
    if told.iter().any(|(covers, _)| *covers == Covers::Yes) {
        return None;
    }
    let worst = told.into_iter().find(|(covers, _)| *covers != Covers::Yes)?;
    Some((worst.0, worst.1.unwrap_or_else(|| "of another server".to_owned())))
}

/// Whether something nobody could read may be a backup of a server of this kind.
fn may_be(runner: &Runner, kind: Kind) -> bool {
    let of = |program: &&str| {
        let known =
            OF_KINDS.iter().find(|(_, programs, _)| programs.contains(program)).map(|(kind, ..)| *kind);
        known.is_none_or(|known| known == kind)
    };
    runner.looks.program.as_ref().is_none_or(of)
}

/// Whether a step takes this place, and what a person should know of that; `None` where it is about something else altogether.
fn of_step(look: &Look<'_>, step: &Step, place: &Place) -> Option<(Covers, Option<String>)> {
    if let Some((_, _, usual)) =
        OF_KINDS.iter().find(|(kind, programs, _)| *kind == place.kind && programs.contains(&step.program))
    {
        return Some(of_server(look, step, place, *usual));
    }
    if BY_SETTINGS.iter().any(|(kind, programs)| *kind == place.kind && programs.contains(&step.program)) {
        return Some((Covers::Unknown, Some("of what, its settings say".to_owned())));
    }
    let holds = |read: &String| place.data.starts_with(read) || Path::new(read).starts_with(&place.data);
    // Whether a server starts on files that were copied while it wrote them, nobody knows.
    let copies = step.copies_files && step.through.is_none() && step.reads.iter().any(holds);
    copies.then(|| (Covers::Unknown, Some("files of a running server".to_owned())))
}

fn of_server(look: &Look<'_>, step: &Step, place: &Place, usual: u16) -> (Covers, Option<String>) {
    let one = step.database.as_ref().map(|name| format!("database {name} alone"));
    if let Some(through) = step.through {
        return (Covers::Unknown, Some(format!("of which server, {through} does not say")));
    }
    if let Some(cluster) = &step.cluster {
        let covers = if place.what.ends_with(&format!(" {cluster}")) { Covers::Yes } else { Covers::No };
        return (covers, one);
    }
    if step.unsure {
        return (Covers::Unknown, Some("of which server it is, nobody says".to_owned()));
    }
    if let Some(host) = step.host.as_deref().filter(|host| !is_here(look, host)) {
        let known = is_plain(host);
        let remark = if known { format!("of the server at {host}") } else { ONLY_A_RUN.to_owned() };
        return (Covers::Unknown, Some(remark));
    }
    let asked = match step.port {
        Port::Usual => usual,
        Port::Given(port) => port,
        Port::Varies => return (Covers::Unknown, Some(ONLY_A_RUN.to_owned())),
    };
    // A socket that is no directory is one server's own; only its settings say whose.
    let own_socket = step.socket.as_deref().is_some_and(|socket| socket.ends_with(".sock"));
    match place.port {
        _ if own_socket => (Covers::Unknown, Some("of the server at a socket".to_owned())),
        Some(port) if port == asked => (Covers::Yes, one),
        Some(_) => (Covers::No, Some(format!("of the server on port {asked}"))),
        None => (Covers::Unknown, Some("the port of the server is not known".to_owned())),
    }
}

/// Whether a name leads to this machine for certain.
fn is_here(look: &Look<'_>, host: &str) -> bool {
    let number = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost"
        || number.is_ok_and(|ip| ip.is_loopback())
        || stored::on_host(look.root, host) == crate::engine::backup::Fate::Host
}

/// Where it puts the copy: what goes to another machine lies there, else what it writes here.
fn stored(look: &Look<'_>, runner: &Runner, step: Option<&Step>, place: &Place) -> Stored {
    let remote = runner.looks.destination.as_deref().filter(|to| to.contains("://"));
    if let Some(to) = remote {
        return stored::at_address(look.root, to, runner.looks.endpoint.as_deref());
    }
    let Some(path) = step.and_then(|step| step.paths.first()) else { return Stored::default() };
    let mut stored = stored::in_path(look.root, Path::new(path), place);
    // The file may be gone, or never have been.
    if !below(look.root, Path::new(path)).exists() {
        stored.unreachable = Some(format!("{path} is not there"));
    }
    stored
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::backup::script::{Words, look as look_at};
    use crate::engine::fact::Why;
    use crate::world::World;
    use std::time::Instant;

    fn runner(text: &str, last: Last) -> Runner {
        let words =
            Words { names: vec!["pg-backup.timer".into()], texts: vec![text.into()], ..Words::default() };
        Runner {
            name: "pg-backup.timer".into(),
            how: How::Timer,
            looks: look_at(&words).unwrap(),
            variables: vec![],
            user: None,
            texts: vec![text.into()],
            last,
        }
    }

    #[test]
    fn a_dump_is_of_the_server_that_its_script_asks() {
        let world = World::of(&[], "/");
        let look = Look { root: Path::new("/"), world: &world, until: Instant::now(), now: 0 };
        let own = place("PostgreSQL cluster 15/main", Kind::Postgres, Some(5432));
        let of = |script: &str, file: &str, database: Option<&str>| {
            let runners = [runner(script, Last::Never)];
            whence(&look, &runners, Path::new(file), database, &own).map(|(covers, _)| covers)
        };
        let shop = "/b/shop.dump";
        assert_eq!(of("pg_dump -Fc shop > /b/shop.dump", shop, Some("shop")), None);
        assert_eq!(of("pg_dump -p 5433 shop > /b/shop.dump", shop, Some("shop")), Some(Covers::No));
        assert_eq!(
            of("docker exec pg pg_dump shop > /b/shop.dump", shop, Some("shop")),
            Some(Covers::Unknown)
        );
        assert_eq!(of("docker exec pg pg_dump shop > /b/shop.dump", "/c/shop.dump", Some("shop")), None);
        assert_eq!(of("docker exec pg pg_dump crm > /b/$(date +%F).dump", "/b/1.dump", Some("shop")), None);
        for script in [
            "pg_dump -h db9 -Fc shop > /b/x.tmp && mv /b/x.tmp /b/shop.dump",
            "T=$(mktemp); pg_dump -h db9 -Fc shop > $T; cp $T /b/shop.dump",
            "pg_dump 'service=remote dbname=shop' > /b/shop.dump",
            "PGSERVICE=remote pg_dump shop > /b/shop.dump",
            "PGHOSTADDR=10.9.9.9 pg_dump shop > /b/shop.dump",
            "pg_dump \"$URL\" > /b/shop.dump",
            "pg_dump -d \"$URL\" > /b/shop.dump",
            "URL=$(cat /etc/url); pg_dump \"$URL\" > /b/shop.dump",
            "pg_dump postgres:///shop?host=db9 > /b/shop.dump",
            "pg_dump postgres:///?service=remote > /b/shop.dump",
            "pg_dump -h $H shop > /b/shop.dump",
        ] {
            assert_eq!(of(script, shop, Some("shop")), Some(Covers::Unknown), "{script}");
        }
        for script in [
            "pg_dump -Fc shop > /b/x.tmp && mv /b/x.tmp /b/shop.dump",
            "pg_dump -h localhost \"$DB\" > /b/shop.dump",
            "PGSERVICE=remote pg_dump -h localhost shop > /b/shop.dump",
            "pg_dump postgres:///shop?host=%2Frun%2Fpostgresql > /b/shop.dump",
            "PGHOSTADDR=127.0.0.1 pg_dump shop > /b/shop.dump",
            "for db in shop crm; do pg_dump $db > /b/$db.dump; done",
            "one() { pg_dump \"$1\" > /b/$1.dump; }; one shop",
            "psql -Atc x | while read db; do pg_dump \"$db\" > /b/$db.dump; done",
        ] {
            assert_eq!(of(script, shop, Some("shop")), None, "{script}");
        }
    }

    fn place(what: &str, kind: Kind, port: Option<u16>) -> Place {
        let data = "/var/lib/postgresql/15/main".into();
        Place { what: what.into(), kind, data, elsewhere: vec![], port, ..Place::default() }
    }

    fn told(text: &str, last: Last) -> Vec<(usize, Record)> {
        let world = World::of(&[], "/");
        let look = Look { root: Path::new("/"), world: &world, until: Instant::now(), now: 0 };
        let places = [
            place("PostgreSQL cluster 15/main", Kind::Postgres, Some(5432)),
            place("PostgreSQL cluster 15/b", Kind::Postgres, Some(5433)),
            place("MariaDB", Kind::MySql, Some(3306)),
        ];
        records(&look, &[runner(text, last)], &places)
    }

    #[test]
    fn whom_a_script_covers() {
        use Covers::{No, Unknown, Yes};
        let done = || Last::Ended { at: 7, ok: true };
        for (text, want) in [
            ("pg_dumpall > /b/x", vec![(0, Yes), (1, No)]),
            ("pg_dump -p 5433 shop > /b/x", vec![(0, No), (1, Yes)]),
            ("pg_dump --cluster 15/b shop", vec![(0, No), (1, Yes)]),
            ("pg_dump -p 5432 a; pg_dump -p 5433 b", vec![(0, Yes), (1, Yes)]),
            ("pg_dump -h 127.0.0.1 shop", vec![(0, Yes), (1, No)]),
            ("pg_dump -h db2.example.org shop", vec![(0, Unknown), (1, Unknown)]),
            ("pg_dump -p $P shop", vec![(0, Unknown), (1, Unknown)]),
            ("docker exec pg pg_dump shop", vec![(0, Unknown), (1, Unknown)]),
            ("pgbackrest --stanza=main backup", vec![(0, Unknown), (1, Unknown)]),
            ("mysqldump --all-databases > /b/x", vec![(2, Yes)]),
            ("restic backup /home", vec![]),
            ("restic backup /var/lib", vec![(0, Unknown), (1, Unknown), (2, Unknown)]),
            ("/opt/acme/run", vec![(0, Unknown), (1, Unknown), (2, Unknown)]),
        ] {
            let got: Vec<(usize, Covers)> =
                told(text, done()).into_iter().map(|(at, record)| (at, record.covers)).collect();
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn how_it_ended() {
        let of = |last: Last| told("pg_dumpall | gzip > /b/x", last).remove(0).1;
        let never = of(Last::Never);
        assert_eq!((never.outcome, never.finished_at), (Outcome::Failed("it never ran".into()), None));
        let done = of(Last::Ended { at: 7, ok: true });
        assert_eq!(
            (done.outcome, done.finished_at, done.evidence),
            (Outcome::Ok, Some(7), Evidence::Claimed)
        );
        assert!(done.remarks.contains(&"a dump that fails would look successful".to_owned()));
        assert!(done.stored.unreachable.is_some(), "nothing is there");
        assert_eq!(of(Last::Ended { at: 7, ok: false }).outcome, Outcome::Failed("it failed".into()));
        assert_eq!(of(Last::Running).outcome, Outcome::Running);
        let cron = of(Last::Unknown(Why::Failed("cron keeps no result".into())));
        assert_eq!(
            (cron.outcome, cron.remarks.first().map(String::as_str)),
            (Outcome::Unknown, Some("cron keeps no result"))
        );
    }
}
