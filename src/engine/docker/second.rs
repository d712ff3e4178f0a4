//! Two servers on one data directory: both start, both write, and neither knows of the other. In containers nothing stops them: each
//! has processes of its own, so that the lock file of the other one names nobody (PostgreSQL 15 in two containers, tried).

use super::daemon::{Container, Inside, Learnt, Mounted, Origin};
use super::holders;
use crate::engine::fact::Known;

/// Somebody who is about to open what it mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What a person calls it: `service db`, `the new container`.
    pub who: String,
    /// Its mounts.
    pub mounts: Vec<Mounted>,
    /// How many of it there will be.
    pub count: u32,
    /// Who of those that are there is it, or is replaced by it: these do not count.
    pub is: Itself,
}

/// Which container is the very one that opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Itself {
    /// None: it is made anew.
    Nobody,
    /// The one of this id.
    Container(String),
    /// Those of this service of this project, but for those that `compose run` made.
    Service {
        /// The project.
        project: String,
        /// The service.
        service: String,
    },
}

impl Itself {
    fn is(&self, container: &Container) -> bool {
        match self {
            Itself::Nobody => false,
            Itself::Container(id) => container.id == *id,
            Itself::Service { project, service } => {
                container.project() == Some(project)
                    && container.service() == Some(service)
                    && !container.is_one_off()
            }
        }
    }
}

/// A directory with two servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The volume or the directory.
    pub what: Origin,
    /// Who has it open, or opens it as well, as the screen says it.
    pub says: String,
}

/// How two mounts lie to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meets {
    /// They lead to the same files.
    Same,
    /// The first one holds the other.
    Above,
    /// The other way round.
    Below,
}

fn meet(one: &Mounted, other: &Mounted) -> Option<Meets> {
    let same = one.origin != Origin::None && one.origin == other.origin;
    if same || (one.is.is_some() && one.is == other.is) {
        return Some(Meets::Same);
    }
    let (one, other) = (one.source.trim_end_matches('/'), other.source.trim_end_matches('/'));
    match () {
        () if one.is_empty() || other.is_empty() => None,
        () if one == other => Some(Meets::Same),
        () if holders::is_below(other, one) => Some(Meets::Above),
        () if holders::is_below(one, other) => Some(Meets::Below),
        () => None,
    }
}

/// What a volume or a directory is called in a sentence.
pub fn told(origin: &Origin, source: &str) -> String {
    match origin {
        Origin::Volume(name) => super::daemon::called(name),
        Origin::Path(path) => path.clone(),
        Origin::None => source.to_owned(),
    }
}

fn inside<'a>(learnt: &'a Learnt, mount: &Mounted) -> Option<&'a Inside> {
    learnt.inside.get(&mount.origin).and_then(Known::value)
}

/// The database in a mount: by what surely is one, else by where containers mount it.
fn database(learnt: &Learnt, mounts: [&Mounted; 2]) -> Option<String> {
    let sure = |mount: &&Mounted| {
        let inside = inside(learnt, mount).filter(|inside| inside.surely && inside.below.is_empty())?;
        inside.database.clone()
    };
    let seen = mounts.iter().find_map(sure);
    seen.or_else(|| mounts.iter().find_map(|mount| holders::at(&mount.target)).map(str::to_owned))
}

/// The server that has the data open: by the programs of the container, else by what is in there. `None` where all that runs is known
/// and nothing of it keeps anything open.
fn server(container: &Container, database: Option<&str>) -> Option<String> {
    let Known::Known(programs) = &container.programs else { return database.map(str::to_owned) };
    let named = programs.iter().find_map(|program| holders::server_of(program)).map(str::to_owned);
    named.or_else(|| {
        let idle = programs.iter().all(|program| holders::is_idle(program));
        database.filter(|_| !idle).map(str::to_owned)
    })
}

/// The containers that have a mount of these open for writing.
pub fn sharers<'a>(
    learnt: &'a Learnt,
    mount: &'a Mounted,
    is: &'a Itself,
) -> impl Iterator<Item = (&'a Container, &'a Mounted)> {
    let others = learnt.all().iter().filter(move |other| other.state.may_run() && !is.is(other));
    others.flat_map(move |other| {
        let shared =
            other.mounts.iter().filter(move |theirs| theirs.writable && meet(mount, theirs).is_some());
        shared.map(move |theirs| (other, theirs))
    })
}

/// Every directory that would have two servers.
pub fn clashes(openings: &[Opening], learnt: &Learnt) -> Vec<Clash> {
    let mut found: Vec<Clash> = Vec::new();
    let mut put = |mount: &Mounted, says: String| {
        let clash = Clash { what: mount.origin.clone(), says };
        if !found.contains(&clash) {
            found.push(clash);
        }
    };
    for (at, opening) in openings.iter().enumerate() {
        for mount in opening.mounts.iter().filter(|mount| mount.writable && mount.origin != Origin::None) {
            let called = told(&mount.origin, &mount.source);
            for (other, theirs) in sharers(learnt, mount, &opening.is) {
                let meets = meet(mount, theirs);
                let found = database(learnt, [mount, theirs]);
                // Above a database lies many a directory of source code: what mounts that is no server of it.
                let wider = match meets {
                    Some(Meets::Same) | None => None,
                    Some(Meets::Above) => Some(holders::at(&mount.target).is_some()),
                    Some(Meets::Below) => {
                        Some(server(other, None).is_some() || holders::at(&theirs.target).is_some())
                    }
                };
                if wider == Some(false) {
                    continue;
                }
                // Of a server's other mounts, logs and settings, nothing is known to be its data.
                let only = other.mounts.iter().filter(|one| one.writable).count() == 1;
                if found.is_none() && !only && !theirs.target.trim_end_matches('/').ends_with("/data") {
                    continue;
                }
                if let Some(server) = server(other, found.as_deref()) {
                    let up =
                        other.status.strip_prefix("Up ").map_or_else(String::new, |up| format!(", up {up}"));
                    put(mount, format!("{called} is open by {server} of container {}{up}", other.name));
                }
            }
            if let Some(process) = inside(learnt, mount).and_then(|inside| inside.open_by.as_ref()) {
                put(mount, format!("{called} is open by {process}"));
            }
            let own = database(learnt, [mount, mount]);
            if let Some(holds) = own.as_ref().filter(|_| opening.count > 1) {
                put(
                    mount,
                    format!(
                        "{} times {} would open {called}, where {holds} keeps its data",
                        opening.count, opening.who
                    ),
                );
            }
            for other in openings.iter().skip(at + 1) {
                let same = |theirs: &&Mounted| theirs.writable && meet(mount, theirs) == Some(Meets::Same);
                let Some(theirs) = other.mounts.iter().find(same) else { continue };
                if let Some(holds) = database(learnt, [mount, theirs]) {
                    let who = format!("{} and {}", opening.who, other.who);
                    put(mount, format!("{who} would both open {called}, where {holds} keeps its data"));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::daemon::State;
    use super::*;
    use crate::engine::fact::Why;

    fn mount(what: &str, target: &str) -> Mounted {
        let (what, writable) = what.strip_suffix(":ro").map_or((what, true), |what| (what, false));
        let (origin, source) = if what.starts_with('/') {
            (Origin::Path(what.to_owned()), what.to_owned())
        } else {
            (Origin::Volume(what.to_owned()), format!("/var/lib/docker/volumes/{what}/_data"))
        };
        Mounted { origin, source, target: target.to_owned(), writable, is: None }
    }

    fn running(name: &str, mounts: Vec<Mounted>) -> Container {
        let status = "Up 41 days".to_owned();
        Container { name: name.to_owned(), state: State::Runs, status, mounts, ..Container::default() }
    }

    fn opening(mounts: Vec<Mounted>) -> Opening {
        Opening { who: "the new container".to_owned(), mounts, count: 1, is: Itself::Nobody }
    }

    fn said(openings: &[Opening], containers: Vec<Container>) -> String {
        let learnt = Learnt { containers: Known::Known(containers), ..Learnt::default() };
        clashes(openings, &learnt).into_iter().map(|clash| clash.says).collect::<Vec<_>>().join("; ")
    }

    const PG: &str = "/var/lib/postgresql/data";

    #[test]
    fn a_second_server_is_found_where_a_first_one_writes() {
        let open = "is open by PostgreSQL of container app_db_1, up 41 days";
        for (ours, theirs, want) in [
            ("/srv/pg", "/srv/pg", format!("/srv/pg {open}")),
            ("/srv/pg/", "/srv/pg", format!("/srv/pg/ {open}")),
            ("/srv", "/srv/pg", format!("/srv {open}")),
            ("pgdata", "pgdata", format!("volume pgdata {open}")),
            (
                "/var/lib/docker/volumes/pgdata/_data",
                "pgdata",
                format!("/var/lib/docker/volumes/pgdata/_data {open}"),
            ),
            ("/srv/pg2", "/srv/pg", String::new()),
            ("/srv/pg:ro", "/srv/pg", String::new()),
            ("/srv/pg", "/srv/pg:ro", String::new()),
        ] {
            let there = running("app_db_1", vec![mount(theirs, PG)]);
            // Only a server's own place above another one's is meant for its data.
            let at = if ours == "/srv" { PG } else { "/d" };
            assert_eq!(said(&[opening(vec![mount(ours, at)])], vec![there]), want, "{ours} {theirs}");
        }
    }

    #[test]
    fn source_code_around_a_database_is_no_second_server() {
        let db = || running("db", vec![mount("/home/a/app/data/db", PG)]);
        assert_eq!(said(&[opening(vec![mount("/home/a/app", "/code")])], vec![db()]), "");
        let mut web = opening(vec![mount("/home/a/app", "/code")]);
        web.who = "service web".into();
        let mut own = opening(vec![mount("/home/a/app/data/db", PG)]);
        own.who = "service db".into();
        assert_eq!(said(&[own, web], vec![]), "");
    }

    #[test]
    fn a_directory_is_one_whatever_leads_to_it() {
        let mut there = running("db", vec![mount("/srv/link", PG)]);
        there.mounts[0].is = Some((1, 7));
        let mut ours = mount("/srv/pg", "/d");
        ours.is = Some((1, 7));
        assert!(!said(&[opening(vec![ours.clone()])], vec![there.clone()]).is_empty());
        ours.is = Some((1, 8));
        assert_eq!(said(&[opening(vec![ours])], vec![there]), "");
    }

    #[test]
    fn what_runs_says_more_than_what_lies_there() {
        let mut redis = running("redis", vec![mount("rdata", "/data")]);
        redis.programs = Known::Known(vec!["redis-server *:6379".into()]);
        assert!(
            said(&[opening(vec![mount("rdata", "/data")])], vec![redis])
                .contains("open by Redis of container redis")
        );
        // Nobody knows this program, and it runs where a server keeps its data.
        let mut other = running("odd", vec![mount("pgdata", PG)]);
        other.programs = Known::Known(vec!["tini".into(), "keeper".into()]);
        assert!(!said(&[opening(vec![mount("pgdata", PG)])], vec![other]).is_empty());
    }

    #[test]
    fn what_is_no_database_may_be_shared() {
        let there = running("web", vec![mount("uploads", "/srv/www")]);
        assert_eq!(said(&[opening(vec![mount("uploads", "/srv/www")])], vec![there]), "");
    }

    #[test]
    fn a_container_that_runs_no_server_has_nothing_open() {
        let mut copier = running("copier", vec![mount("pgdata", PG)]);
        copier.programs = Known::Known(vec!["crond".into(), "restic backup".into()]);
        assert_eq!(said(&[opening(vec![mount("pgdata", PG)])], vec![copier.clone()]), "");
        copier.programs = Known::Known(vec!["postgres: walwriter".into()]);
        assert!(said(&[opening(vec![mount("pgdata", PG)])], vec![copier.clone()]).contains("PostgreSQL"));
        // Nobody could look: it may.
        copier.programs = Known::Unknown(Why::TimedOut);
        assert!(!said(&[opening(vec![mount("pgdata", PG)])], vec![copier.clone()]).is_empty());
        copier.state = State::Stopped;
        assert_eq!(said(&[opening(vec![mount("pgdata", PG)])], vec![copier]), "");
    }

    #[test]
    fn what_is_replaced_does_not_count() {
        let label = |project: &str, service: &str, one_off: &str| {
            let mut there = running("shop-db-1", vec![mount("pgdata", PG)]);
            for (key, value) in [("project", project), ("service", service), ("oneoff", one_off)] {
                there.labels.insert(format!("com.docker.compose.{key}"), value.to_owned());
            }
            there
        };
        let is = Itself::Service { project: "shop".into(), service: "db".into() };
        let mut db = opening(vec![mount("pgdata", PG)]);
        db.is = is;
        assert_eq!(said(&[db.clone()], vec![label("shop", "db", "False")]), "");
        for other in
            [label("shop", "db-new", "False"), label("shop2", "db", "False"), label("shop", "db", "True")]
        {
            assert!(!said(&[db.clone()], vec![other.clone()]).is_empty(), "{other:?}");
        }
        let mut started = opening(vec![mount("pgdata", PG)]);
        started.is = Itself::Container(String::new());
        assert_eq!(said(&[started], vec![label("shop", "db", "False")]), "");
    }

    #[test]
    fn two_that_start_together_count() {
        let mut twice = opening(vec![mount("pgdata", PG)]);
        twice.who = "service db".into();
        twice.count = 2;
        assert_eq!(
            said(&[twice.clone()], vec![]),
            "2 times service db would open volume pgdata, where PostgreSQL keeps its data"
        );
        twice.count = 1;
        let mut other = twice.clone();
        other.who = "service db-new".into();
        assert_eq!(
            said(&[twice, other], vec![]),
            "service db and service db-new would both open volume pgdata, where PostgreSQL keeps its data"
        );
    }

    #[test]
    fn a_process_of_the_machine_counts() {
        let mut learnt = Learnt { containers: Known::Known(vec![]), ..Learnt::default() };
        let inside =
            Inside { open_by: Some("postgres, process 812 of this machine".into()), ..Inside::default() };
        learnt.inside.insert(Origin::Path("/srv/pg".into()), Known::Known(inside));
        let found = clashes(&[opening(vec![mount("/srv/pg", PG)])], &learnt);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].says, "/srv/pg is open by postgres, process 812 of this machine");
    }
}
