use super::*;
use crate::engine::assess::assess;
use crate::engine::impact::Gap;
use crate::family::machine::postgres;
use crate::family::packages::probe::facts::{Broken, Database, State, Unit};
use crate::run::proc::Listener;
use std::path::PathBuf;

/// `name`, then `!` not named, `~` unused.
fn change(kind: Kind, text: &str) -> Change {
    let name = text.trim_end_matches(['!', '~']);
    let unused = text.ends_with('~');
    Change {
        name: name.to_owned(),
        arch: None,
        version: Some("1".to_owned()),
        kind,
        named: name == text,
        unused,
    }
}

fn plan(kind: Kind, names: &str) -> Plan {
    let changes = names.split(' ').filter(|n| !n.is_empty()).map(|n| change(kind, n)).collect();
    Plan { changes, ..Plan::default() }
}

fn facts(name: &str) -> PackageFacts {
    PackageFacts { name: name.to_owned(), state: State::Installed, ..PackageFacts::default() }
}

fn size(mb: u64) -> Size {
    Size { bytes: mb * 1_000_000, files: 9, whole: true, written_s: Some(4), mounts: Vec::new() }
}

fn store(path: &str, mb: u64, end: End) -> Store {
    Store { path: PathBuf::from(path), size: size(mb), end }
}

fn asked(deletes: bool) -> End {
    End::Asked { question: "q".to_owned(), deletes }
}

fn running(name: &str, unit: &str, clients: u64) -> PackageFacts {
    let process = Process {
        pid: 7,
        name: name.to_owned(),
        unit: Some(unit.to_owned()),
        since_s: Some(41 * 86_400 / 31 * 23),
    };
    let listener = Listener {
        protocol: Protocol::Tcp,
        address: "0.0.0.0:80".to_owned(),
        port: Some(80),
        is_local: false,
        inodes: vec![1],
        clients,
        peers: (1..=clients.min(4)).map(|n| std::net::IpAddr::from([10, 0, 0, n as u8])).collect(),
    };
    PackageFacts {
        processes: vec![process],
        units: vec![Unit { name: unit.to_owned(), since_s: None }],
        listens: vec![listener],
        ..facts(name)
    }
}

fn server() -> PackageFacts {
    let found = postgres::Cluster {
        version: "15".to_owned(),
        name: "main".to_owned(),
        data: PathBuf::from("/var/lib/postgresql/15/main"),
        pid: Some(7),
        ..postgres::Cluster::default()
    };
    let cluster = Cluster { found, size: Some(size(231)), end: Some(asked(true)) };
    PackageFacts {
        clusters: vec![cluster],
        needs: Some("postgresql-client-15".to_owned()),
        purge_adds: true,
        ..running("postgresql-15", "postgresql@15-main.service", 37)
    }
}

fn redis() -> PackageFacts {
    PackageFacts {
        stores: vec![store("/var/lib/redis", 12, End::Purge)],
        purge_adds: true,
        ..facts("redis-tools")
    }
}

/// (what is done, to what, the facts, the level of the words, the level of all).
#[test]
fn levels_by_what_goes() {
    use Effect::{Destroy, Disrupt, Mutate};
    use Kind::{Purge, Remove};
    let adds = |mut f: PackageFacts| {
        f.purge_adds = true;
        f
    };
    let with = |f: PackageFacts, change: fn(&mut PackageFacts)| {
        let mut f = f;
        change(&mut f);
        f
    };
    type Row = (&'static str, Kind, &'static str, Vec<PackageFacts>, Effect, Effect);
    let rows: Vec<Row> = vec![
        ("nothing to it", Remove, "cowsay", vec![facts("cowsay")], Disrupt, Mutate),
        ("a purge that does what a removal does", Purge, "cowsay", vec![facts("cowsay")], Destroy, Mutate),
        ("settings made here", Purge, "nginx", vec![adds(facts("nginx"))], Destroy, Disrupt),
        ("it runs", Remove, "nginx", vec![running("nginx", "nginx.service", 12)], Disrupt, Disrupt),
        (
            "it runs, purged",
            Purge,
            "nginx",
            vec![adds(running("nginx", "nginx.service", 12))],
            Destroy,
            Disrupt,
        ),
        ("the client's script deletes the data", Purge, "redis-tools", vec![redis()], Destroy, Destroy),
        ("apt.conf purges", Purge, "redis-tools", vec![redis()], Disrupt, Destroy),
        ("data stays, until a purge", Remove, "redis-tools", vec![redis()], Disrupt, Disrupt),
        (
            "2011",
            Remove,
            "postgresql-client-15 postgresql-15!",
            vec![facts("postgresql-client-15"), server()],
            Disrupt,
            Disrupt,
        ),
        (
            "2011, purged",
            Purge,
            "postgresql-client-15 postgresql-15!",
            vec![facts("postgresql-client-15"), server()],
            Destroy,
            Destroy,
        ),
        ("an installation that takes one along", Remove, "postfix!", vec![facts("postfix")], Mutate, Disrupt),
        ("one that purges it", Purge, "redis-tools!", vec![redis()], Mutate, Destroy),
        ("unused", Remove, "a~ b~", vec![facts("a"), facts("b")], Disrupt, Mutate),
        ("unused, says apt, but it runs", Remove, "a~", vec![running("a", "a.service", 0)], Disrupt, Disrupt),
        ("not named", Remove, "a b!", vec![facts("a"), facts("b")], Disrupt, Disrupt),
        (
            "the way in",
            Remove,
            "a",
            vec![with(facts("a"), |f| f.vital = Some("the way in by ssh".into()))],
            Mutate,
            Disrupt,
        ),
        ("marked", Remove, "a", vec![with(facts("a"), |f| f.marks = vec!["Essential"])], Mutate, Disrupt),
        (
            "cron",
            Remove,
            "a",
            vec![with(facts("a"), |f| f.jobs = vec!["/etc/cron.d/a".into()])],
            Disrupt,
            Disrupt,
        ),
        (
            "a timer",
            Remove,
            "a",
            vec![with(facts("a"), |f| f.units = vec![Unit::default()])],
            Disrupt,
            Disrupt,
        ),
        (
            "a library in use",
            Remove,
            "a",
            vec![with(facts("a"), |f| f.borrowers = vec![Process::default()])],
            Mutate,
            Disrupt,
        ),
        (
            "an unused library that old processes have",
            Remove,
            "a~",
            vec![with(facts("a"), |f| f.borrowers = vec![Process::default()])],
            Disrupt,
            Mutate,
        ),
        (
            "a script nobody can read",
            Purge,
            "a",
            vec![with(facts("a"), |f| f.unclear = vec!["rm -rf $X".into()])],
            Disrupt,
            Destroy,
        ),
        (
            "its removal alone harms nothing",
            Remove,
            "a",
            vec![with(facts("a"), |f| f.unclear = vec!["rm -rf $X".into()])],
            Disrupt,
            Mutate,
        ),
        (
            "a removal of which nobody knows what it runs",
            Remove,
            "a",
            vec![with(facts("a"), |f| {
                f.unclear = vec!["wipe".into()];
                f.unclear_at_removal = vec!["wipe".into()];
            })],
            Disrupt,
            Destroy,
        ),
        (
            "what stays needs it and runs",
            Remove,
            "a",
            vec![with(facts("a"), |f| f.broken = vec![Broken { name: "b".into(), runs: true }])],
            Disrupt,
            Disrupt,
        ),
        (
            "what stays needs it and does not run",
            Remove,
            "a",
            vec![with(facts("a"), |f| f.broken = vec![Broken { name: "b".into(), runs: false }])],
            Disrupt,
            Mutate,
        ),
        (
            "deleted at removal already",
            Remove,
            "a",
            vec![with(facts("a"), |f| f.stores = vec![store("/srv/a", 1, End::Removal)])],
            Disrupt,
            Destroy,
        ),
        (
            "asks, default no",
            Purge,
            "a",
            vec![with(facts("a"), |f| f.stores = vec![store("/srv/a", 1, asked(false))])],
            Destroy,
            Destroy,
        ),
        (
            "asks, default yes",
            Purge,
            "a",
            vec![with(facts("a"), |f| f.stores = vec![store("/srv/a", 1, asked(true))])],
            Disrupt,
            Destroy,
        ),
        (
            "data no script deletes",
            Purge,
            "a",
            vec![adds(with(facts("a"), |f| f.stores = vec![store("/srv/a", 9000, End::Stays)]))],
            Destroy,
            Disrupt,
        ),
        (
            "a database on another host",
            Remove,
            "a",
            vec![with(facts("a"), |f| f.databases = vec![Database { dropped: true, ..Database::default() }])],
            Disrupt,
            Destroy,
        ),
        (
            "one that is kept unless asked for",
            Remove,
            "a",
            vec![with(facts("a"), |f| f.databases = vec![Database::default()])],
            Disrupt,
            Disrupt,
        ),
        (
            "what could not be checked",
            Remove,
            "a",
            vec![with(facts("a"), |f| f.gaps = vec![Gap { what: "x".into(), why: Why::TimedOut }])],
            Disrupt,
            Disrupt,
        ),
        ("no facts", Purge, "a", vec![], Destroy, Destroy),
        ("nothing goes", Kind::Install, "a", vec![], Disrupt, Mutate),
    ];
    let wrong: Vec<String> = rows
        .into_iter()
        .filter_map(|(name, kind, names, facts, words, want)| {
            let got = assess(words, &impact_of(&plan(kind, names), &facts)).effect;
            (got != want).then(|| format!("{name}: {got}, not {want}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_incident_as_it_is_told() {
    let facts = [facts("postgresql-client-15"), server()];
    let plan = plan(Kind::Purge, "postgresql-client-15 postgresql-15!");
    let impact = impact_of(&plan, &facts);
    assert_eq!(
        impact.surprise.as_deref(),
        Some(
            "you named 1 package, 2 go; not named by you: postgresql-15 (server, 231 MB, running 30 days, 37 clients)"
        )
    );
    let names: Vec<&str> = impact.subjects.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["postgresql-15", "postgresql-client-15"], "what was not named comes first");
    let data: Vec<String> =
        impact.data.iter().map(|d| format!("{:?} {} ({})", d.fate, d.what, d.because)).collect();
    assert_eq!(
        data,
        [
            "Erased PostgreSQL cluster 15/main: 231 MB in /var/lib/postgresql/15/main, last written 4 s ago (unless you answer no)"
        ]
    );
    assert_eq!(
        impact.also,
        [
            "stops postgresql@15-main.service (running 30 days, port 80, 37 clients from 4 addresses)",
            "postgresql-15 needs postgresql-client-15"
        ]
    );
    assert_eq!(lost_things(&plan, &facts), ["15/main"]);
    assert!(impact.gaps.is_empty());
}

#[test]
fn a_removal_says_that_the_data_stays() {
    let impact = impact_of(&plan(Kind::Remove, "postgresql-15"), &[server()]);
    let [data] = impact.data.as_slice() else { panic!("{:?}", impact.data) };
    assert_eq!((data.fate, data.because.as_str()), (Fate::Kept, LATER));
    assert_eq!(impact.surprise, None);
}

/// aptitude purges what was named and only removes what goes with it.
#[test]
fn a_removal_beside_a_purge_loses_nothing() {
    let mut plan = plan(Kind::Purge, "postgresql-client-15");
    plan.changes.extend(self::plan(Kind::Remove, "postgresql-15!").changes);
    let impact = impact_of(&plan, &[facts("postgresql-client-15"), server()]);
    assert_eq!(assess(Effect::Destroy, &impact).effect, Effect::Disrupt);
    assert_eq!(impact.data.first().map(|d| d.fate), Some(Fate::Kept));
}

#[test]
fn the_phrase_names_what_is_lost_most_first() {
    let mut big = redis();
    big.name = "influxdb".to_owned();
    big.stores = vec![store("/var/lib/influxdb", 900, End::Purge)];
    let all = [redis(), big, server(), facts("cowsay")];
    assert_eq!(
        lost_things(&plan(Kind::Purge, "cowsay redis-tools influxdb postgresql-15"), &all),
        ["15/main", "influxdb", "redis-tools"]
    );
    assert_eq!(lost_things(&plan(Kind::Purge, "cowsay"), &all), ["cowsay"]);
    assert!(lost_things(&plan(Kind::Remove, "redis-tools"), &all).is_empty());
}

#[test]
fn many_packages_are_grouped_and_the_worst_comes_first() {
    let names = "a b! c! d! e! f~ g~";
    let all: Vec<PackageFacts> = "a b c d e f g"
        .split(' ')
        .map(|n| if n == "d" { running(n, "d.service", 1) } else { facts(n) })
        .collect();
    let impact = impact_of(&plan(Kind::Remove, names), &all);
    let groups: Vec<String> = impact.groups.iter().map(|g| format!("{} {}", g.count, g.kind)).collect();
    assert_eq!(groups, ["4 unnamed package", "1 named package", "2 unused package"]);
    assert_eq!(impact.subjects.first().map(|s| s.name.as_str()), Some("d"));
    assert_eq!(
        impact.surprise.as_deref(),
        Some(
            "you named 1 package, 7 go; not named by you: d (server, running 30 days, 1 client), b, c, 1 more"
        )
    );
}

#[test]
fn an_installation_that_takes_another_away_says_so() {
    let mut plan = plan(Kind::Remove, "postfix!");
    plan.changes.push(Change { version: None, ..change(Kind::Install, "exim4-daemon-light") });
    let impact = impact_of(&plan, &[facts("postfix")]);
    assert_eq!(
        impact.surprise.as_deref(),
        Some("you named 1 package to install, 1 goes; not named by you: postfix")
    );
    assert_eq!(impact.also, ["installs exim4-daemon-light"]);
}

#[test]
fn settings_jobs_and_the_rest_are_told() {
    let mut one = facts("nginx-common");
    one.changed_settings = ["/etc/nginx/nginx.conf", "/etc/default/nginx"].map(str::to_owned).to_vec();
    one.deleted_settings = vec!["/etc/nginx".to_owned()];
    one.jobs = vec!["/etc/cron.daily/x".to_owned()];
    one.borrowers = vec![Process { name: "app".to_owned(), ..Process::default() }; 2];
    one.unclear = vec!["rm -rf $DIR".to_owned()];
    let impact = impact_of(&plan(Kind::Purge, "nginx-common"), &[one]);
    assert_eq!(
        impact.also,
        [
            "settings made here are lost: /etc/nginx, /etc/default/nginx",
            "no longer run by cron: /etc/cron.daily/x",
            "nginx-common is loaded by app"
        ]
    );
    let [data] = impact.data.as_slice() else { panic!("{:?}", impact.data) };
    assert_eq!(
        (data.fate, data.what.as_str()),
        (Fate::Unknown, "what nginx-common's purge script does: rm -rf $DIR")
    );
}

#[test]
fn what_is_deconfigured_or_upgraded_is_not_taken_for_nothing() {
    let upgrade = plan(Kind::Install, "nginx curl");
    let impact = impact_of(&upgrade, &[]);
    assert_eq!(assess(Effect::Disrupt, &impact).effect, Effect::Mutate);
    assert_eq!(impact.also, ["upgrades nginx, curl: what their scripts do by it was not looked at"]);
    let breaks = Plan { deconfigured: vec!["app".to_owned()], ..upgrade };
    let impact = impact_of(&breaks, &[]);
    assert_eq!(assess(Effect::Mutate, &impact).effect, Effect::Disrupt);
    let removal = Plan { deconfigured: vec!["app".to_owned()], ..plan(Kind::Remove, "cowsay") };
    let impact = impact_of(&removal, &[facts("cowsay")]);
    assert_eq!(assess(Effect::Disrupt, &impact).effect, Effect::Disrupt);
    // A plan that deconfigures something else meanwhile is another one.
    assert!(!removal.same_removals(&plan(Kind::Remove, "cowsay")));
}
