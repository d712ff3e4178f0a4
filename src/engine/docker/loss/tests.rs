use super::*;
use crate::engine::assess::assess;
use crate::engine::docker::daemon::{Inside, Mounted, State};
use crate::engine::docker::tables::Cli;
use crate::engine::docker::wish;
use crate::engine::docker::words::Words;
use std::collections::BTreeMap;

/// A daemon that is written down in a few words.
#[derive(Default)]
struct Stage {
    containers: Vec<Container>,
    volumes: Vec<Volume>,
    learnt: Learnt,
    file: File,
}

fn made_up(n: u8) -> String {
    format!("{n:02x}").repeat(32)
}

impl Stage {
    fn volume(mut self, name: &str) -> Stage {
        self.volumes.push(Volume { name: name.to_owned(), driver: "local".to_owned(), ..Volume::default() });
        self
    }

    fn inside(mut self, name: &str, inside: Inside) -> Stage {
        self.learnt.inside.insert(Origin::Volume(name.to_owned()), Known::Known(inside));
        self
    }

    /// `project/service` for one of Compose's.
    fn container(
        mut self,
        name: &str,
        runs: bool,
        volumes: &[&str],
        change: impl Fn(&mut Container),
    ) -> Stage {
        let mut one = Container {
            id: format!("{:064x}", self.containers.len() + 0xabc0),
            name: name.replace('/', "-"),
            state: if runs { State::Runs } else { State::Stopped },
            status: if runs { "Up 2 hours".to_owned() } else { "Exited (0) 3 days ago".to_owned() },
            removes_itself: Known::Known(false),
            wrote: Known::Known(vec!["/run".into(), "/run/x.pid".into()]),
            ..Container::default()
        };
        if let Some((project, service)) = name.split_once('/') {
            one.labels.insert("com.docker.compose.project".into(), project.to_owned());
            one.labels.insert("com.docker.compose.service".into(), service.to_owned());
        }
        let mount = |name: &&str| Mounted {
            origin: Origin::Volume((*name).to_owned()),
            source: String::new(),
            target: "/srv/data".to_owned(),
            writable: true,
            is: None,
        };
        one.mounts = volumes.iter().map(mount).collect();
        change(&mut one);
        self.containers.push(one);
        self
    }

    fn api(mut self, version: (u32, u32)) -> Stage {
        self.learnt.api = Some(version);
        self
    }

    fn file(mut self, services: &[&str], volumes: &[(&str, bool)]) -> Stage {
        self.file.project = "shop".to_owned();
        let service = |name: &&str| Service { name: (*name).to_owned(), replicas: 1, ..Service::default() };
        self.file.services = services.iter().map(service).collect();
        let volume =
            |(name, external): &(&str, bool)| FileVolume { name: (*name).to_owned(), external: *external };
        self.file.volumes = volumes.iter().map(volume).collect();
        self
    }

    fn loss(&self, line: &str) -> Loss {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let wish = wish::of(&Words::read(Cli::Docker, &words, false));
        let mut learnt = self.learnt.clone();
        learnt.containers = Known::Known(self.containers.clone());
        learnt.volumes = Known::Known(self.volumes.clone());
        learnt.volumes_total = Some(self.volumes.len() as u64);
        of(&wish, &learnt, &Known::Known(self.file.clone()), &[])
    }

    /// The effect after the facts, what goes for good, what stays, and how far the phrase reaches.
    fn told(&self, line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let verdict = crate::engine::classify::classify(b"docker", &words);
        let loss = self.loss(line);
        let effect = assess(verdict.effect, &loss.impact).effect;
        let rows = |fate: Fate| {
            let rows =
                loss.impact.data.iter().filter(|data| data.fate == fate).map(|data| data.what.as_str());
            rows.collect::<Vec<_>>().join(", ")
        };
        let whole = match &loss.whole {
            None => loss.lost.join("+"),
            Some(Whole::Daemon) => "*".to_owned(),
            Some(Whole::Project(name)) => format!("{name}/*"),
        };
        let mut out = format!("{effect} [{whole}]");
        for (label, rows) in
            [("gone", rows(Fate::Erased)), ("?", rows(Fate::Unknown)), ("kept", rows(Fate::Kept))]
        {
            if !rows.is_empty() {
                out.push_str(&format!(" {label}: {rows}"));
            }
        }
        out
    }
}

fn stage() -> Stage {
    Stage::default()
}

#[test]
fn a_volume_goes_with_what_is_in_it() {
    let inside = Inside {
        database: Some("PostgreSQL 15".to_owned()),
        bytes: Some(231_000_000),
        written_s: Some(4),
        ..Inside::default()
    };
    let stage = stage()
        .volume("pgdata")
        .volume("used")
        .volume("hollow")
        .inside("pgdata", inside)
        .inside("hollow", Inside { empty: true, ..Inside::default() })
        .container("web", true, &["used"], |_| ());
    for (line, want) in [
        (
            "volume rm pgdata",
            "destroy [pgdata] gone: volume pgdata: PostgreSQL 15, 231 MB, last written 4 s ago",
        ),
        ("volume rm used", "mutate [] kept: volume used"),
        ("volume rm hollow", "mutate []"),
        ("volume rm hollow used", "mutate [] kept: volume used"),
        ("volume rm nope", "mutate []"),
        ("volume rm -f nope", "mutate []"),
        (
            "volume rm pgdata used",
            "destroy [pgdata] gone: volume pgdata: PostgreSQL 15, 231 MB, last written 4 s ago kept: volume used",
        ),
    ] {
        assert_eq!(stage.told(line), want, "{line}");
    }
    assert!(
        stage.told("volume rm pgdata used hollow").starts_with("destroy [*]"),
        "every volume that there is"
    );
}

#[test]
fn a_volume_that_only_leads_elsewhere_takes_no_data_along() {
    let with = |options: &[(&str, &str)], driver: &str| {
        let mut stage = stage().volume("v");
        stage.volumes[0].driver = driver.to_owned();
        stage.volumes[0].options = options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        stage.told("volume rm v")
    };
    let nfs = with(&[("type", "nfs"), ("device", ":/srv")], "local");
    assert_eq!(nfs, "mutate [] kept: volume v: a mount of type nfs");
    for (options, driver) in [
        (&[("type", "tmpfs"), ("device", "tmpfs")][..], "local"),
        (&[("size", "1G")], "local"),
        (&[("device", "x")], "rexray"),
    ] {
        assert!(with(options, driver).starts_with("destroy [v]"), "{options:?} {driver}");
    }
}

#[test]
fn nothing_is_lowered_by_what_nobody_saw() {
    let words: Vec<&[u8]> = vec![b"volume", b"rm", b"pgdata"];
    let wish = wish::of(&Words::read(Cli::Docker, &words, false));
    let unknown = || Known::Unknown(Why::TimedOut);
    let volume = Volume { name: "pgdata".into(), ..Volume::default() };
    for (containers, volumes) in [(true, false), (false, true), (false, false)].map(|(c, v)| {
        let containers = if c { Known::Known(vec![]) } else { unknown_containers() };
        (containers, if v { Known::Known(vec![volume.clone()]) } else { unknown() })
    }) {
        let learnt = Learnt { containers, volumes, ..Learnt::default() };
        let loss = of(&wish, &learnt, &Known::Known(File::default()), &[]);
        assert_eq!(assess(Effect::Destroy, &loss.impact).effect, Effect::Destroy);
        assert!(!loss.impact.gaps.is_empty() && loss.impact.unseen, "{loss:?}");
    }
}

fn unknown_containers() -> Known<Vec<Container>> {
    Known::Unknown(Why::Forbidden)
}

#[test]
fn a_container_goes_with_what_it_wrote() {
    let anonymous = made_up(0xa1);
    let short = &anonymous[..12];
    let wrote = |paths: &'static [&'static str]| {
        move |one: &mut Container| {
            one.wrote = Known::Known(paths.iter().map(|path| (*path).to_owned()).collect())
        }
    };
    let stage = stage()
        .volume(&anonymous)
        .volume("pgdata")
        .container("web", true, &["pgdata"], |_| ())
        .container("app", true, &[], wrote(&["/app", "/app/db.sqlite", "/tmp/x"]))
        .container("db", false, &[&anonymous], |_| ())
        .container("late", true, &[], |one| one.wrote = Known::Unknown(Why::TimedOut))
        .container("own", true, &[], |one| one.removes_itself = Known::Known(true))
        .container("handed", false, &[&anonymous], |one| one.named = Some(vec![anonymous.clone()]))
        .container("who", true, &[], |one| one.removes_itself = Known::Unknown(Why::TimedOut));
    for (line, want) in [
        ("rm -f web", "disrupt [] kept: volume pgdata".to_owned()),
        ("rm -fv web", "disrupt [] kept: volume pgdata".to_owned()),
        ("rm -f app", "destroy [app] gone: own files of container app: /app/db.sqlite".to_owned()),
        // Compose mounts it by its name into the next container: then it stays.
        ("rm -v handed", format!("mutate [] kept: anonymous volume {short}")),
        ("rm db", format!("mutate [] kept: anonymous volume {short}")),
        // The other one has it, too.
        ("rm -v db", format!("mutate [] kept: anonymous volume {short}")),
        ("rm -v db handed", format!("destroy [{anonymous}] gone: anonymous volume {short}")),
        ("rm -f late", "destroy [late] ?: own files of container late".to_owned()),
        ("rm -f nope", "mutate []".to_owned()),
        ("stop web", "disrupt []".to_owned()),
        ("stop own", "destroy []".to_owned()),
        ("restart own", "disrupt []".to_owned()),
        ("stop who", "disrupt []".to_owned()),
    ] {
        assert_eq!(stage.told(line), want, "{line}");
    }
    assert!(stage.loss("stop web").impact.light);
    assert!(!stage.loss("stop who").impact.gaps.is_empty(), "whether it is removed is not known");
    assert!(!stage.loss("rm -f late").impact.light);
}

#[test]
fn what_a_server_has_in_memory_goes_with_an_empty_volume() {
    use crate::engine::docker::holders::Signs;
    let names: Vec<String> = (0xd0..0xd6).map(made_up).collect();
    let [named, started, shown, other, unseen, restarts] = &names[..] else { panic!("six") };
    let of = |words: &'static str, programs: &'static [&'static str]| {
        move |one: &mut Container| {
            one.image = "cda7afbb8cc6".to_owned();
            one.signs = Signs::read("cda7afbb8cc6", words.split(' '), []);
            one.programs = match programs {
                [] => Known::Unknown(Why::TimedOut),
                all => Known::Known(all.iter().map(|one| (*one).to_owned()).collect()),
            };
        }
    };
    let mut stage = stage()
        .container("named", true, &[named], |one| one.image = "redis:7".to_owned())
        .container("started", true, &[started], of("docker-entrypoint.sh redis-server", &[]))
        .container("shown", true, &[shown], of("/start.sh", &["tini", "valkey-server *:6379"]))
        .container("other", true, &[other], of("/start.sh", &["node app.js"]))
        .container("unseen", true, &[unseen], of("/start.sh", &[]))
        .container("restarts", true, &[restarts], of("docker-entrypoint.sh redis-server", &[]));
    for name in &names {
        stage = stage.volume(name).inside(name, Inside { empty: true, ..Inside::default() });
    }
    stage.containers[5].status = "Restarting (1) 5 seconds ago".to_owned();
    for (container, volume, goes) in [
        ("named", named, true),
        ("started", started, true),
        ("shown", shown, true),
        ("other", other, false),
        // What nobody saw is not taken for nothing.
        ("unseen", unseen, true),
        ("restarts", restarts, false),
    ] {
        let line = format!("rm -fv {container}");
        let want = match goes {
            true => format!("destroy [{volume}] gone: anonymous volume {}: empty", &volume[..12]),
            false => "disrupt []".to_owned(),
        };
        assert_eq!(stage.told(&line), want, "{line}");
        assert_eq!(stage.loss(&line).impact.gaps.len(), usize::from(container == "unseen"), "{line}");
    }
    let asked: Vec<&str> =
        stage.containers.iter().filter(|one| only_programs_tell(one)).map(|one| one.name.as_str()).collect();
    assert_eq!(asked, ["shown", "other", "unseen"]);
    stage.containers[0].state = State::Stopped;
    assert_eq!(stage.told("rm -v named"), "mutate []", "nothing of it runs");
}

#[test]
fn a_server_of_data_is_not_stopped_lightly() {
    let stage = stage().container("db", true, &["pgdata"], |one| {
        one.mounts[0].target = "/var/lib/postgresql/data".to_owned();
    });
    assert!(!stage.loss("stop db").impact.light);
}

#[test]
fn what_a_prune_takes_depends_on_the_daemon() {
    let anonymous = made_up(0xb2);
    let short = &anonymous[..12];
    let stage = || {
        stage()
            .volume("pgdata")
            .volume(&anonymous)
            .volume("used")
            .volume("of-old")
            .container("web", true, &["used"], |_| ())
            .container("old", false, &["of-old"], |_| ())
    };
    let (old, new) = (stage().api((1, 41)), stage().api((1, 43)));
    for (line, old_takes, new_takes) in [
        (
            "volume prune",
            format!("destroy [*] gone: volume pgdata, anonymous volume {short}"),
            format!("destroy [*] gone: anonymous volume {short} kept: volume pgdata"),
        ),
        (
            "volume prune -a",
            format!("destroy [*] gone: volume pgdata, anonymous volume {short}"),
            format!("destroy [*] gone: volume pgdata, anonymous volume {short}"),
        ),
        (
            "system prune --volumes",
            format!("destroy [*] gone: volume of-old, volume pgdata, anonymous volume {short}"),
            format!("destroy [*] gone: anonymous volume {short} kept: 2 volumes with a name"),
        ),
        ("system prune", "mutate []".to_owned(), "mutate []".to_owned()),
    ] {
        assert_eq!(sorted(&old.told(line)), sorted(&old_takes), "{line}, API 1.41");
        assert_eq!(sorted(&new.told(line)), sorted(&new_takes), "{line}, API 1.43");
    }
    let unknown = stage();
    assert!(unknown.told("volume prune").contains("volume pgdata"), "the worse of both");
    assert!(!unknown.loss("volume prune").impact.gaps.is_empty());
}

#[test]
fn a_prune_that_takes_nothing_is_no_loss() {
    assert_eq!(stage().api((1, 43)).volume("pgdata").told("volume prune"), "mutate [] kept: volume pgdata");
    assert_eq!(stage().api((1, 43)).told("volume prune"), "mutate []");
}

fn sorted(told: &str) -> Vec<String> {
    let mut words: Vec<String> = told.split([',', ':']).map(|word| word.trim().to_owned()).collect();
    words.sort();
    words
}

#[test]
fn a_project_goes_with_its_volumes() {
    let anonymous = made_up(0xc3);
    let short = &anonymous[..12];
    let stage = stage()
        .volume("shop_pgdata")
        .volume("shared")
        .volume(&anonymous)
        .container("shop/db", true, &["shop_pgdata"], |_| ())
        .container("shop/web", true, &[&anonymous], |_| ())
        .container("shop/orphan", true, &[], |_| ())
        .container("other/db", true, &["shared"], |_| ())
        .file(&["db", "web"], &[("shop_pgdata", false), ("shared", true), ("shop_never", false)]);
    for (line, want) in [
        (
            "compose down -v",
            format!(
                "destroy [shop/*] gone: anonymous volume {short}, volume shop_pgdata kept: volume shared"
            ),
        ),
        ("compose down", format!("disrupt [] kept: volume shop_pgdata, anonymous volume {short}")),
        ("compose rm -sfv web", format!("destroy [{anonymous}] gone: anonymous volume {short}")),
        ("compose stop", "disrupt []".to_owned()),
        ("compose stop nope", "mutate []".to_owned()),
    ] {
        assert_eq!(sorted(&stage.told(line)), sorted(&want), "{line}");
    }
    let names = |line: &str| stage.loss(line).stops;
    assert_eq!(names("compose down"), ["shop-db", "shop-web"]);
    assert_eq!(names("compose down --remove-orphans"), ["shop-db", "shop-web", "shop-orphan"]);
    assert_eq!(names("compose up -d --remove-orphans"), ["shop-orphan"]);
    assert_eq!(names("compose restart db"), ["shop-db"]);
    // Nothing is known of the project: everything may be its own.
    let words: Vec<&[u8]> = "compose down -v".split(' ').map(str::as_bytes).collect();
    let wish = wish::of(&Words::read(Cli::Docker, &words, false));
    let learnt = Learnt { containers: Known::Known(vec![]), ..Learnt::default() };
    let loss = of(&wish, &learnt, &Known::Unknown(Why::TimedOut), &[]);
    assert!(loss.impact.unseen && assess(Effect::Destroy, &loss.impact).effect == Effect::Destroy);
}

#[test]
fn two_servers_raise_what_their_words_do_not() {
    let mut learnt = Learnt { containers: Known::Known(vec![]), ..Learnt::default() };
    let mount = Mounted {
        origin: Origin::Path("/srv/pg".into()),
        source: "/srv/pg".into(),
        target: "/var/lib/postgresql/data".into(),
        writable: true,
        is: None,
    };
    let opening = Opening {
        who: "the new container".into(),
        mounts: vec![mount.clone()],
        count: 1,
        is: crate::engine::docker::second::Itself::Nobody,
    };
    let create = Wish::Create { mounts: vec![], serves: true, replaces: None };
    let file = Known::Known(File::default());
    let quiet = of(&create, &learnt, &file, std::slice::from_ref(&opening));
    assert_eq!(assess(Effect::Mutate, &quiet.impact).effect, Effect::Mutate);
    learnt.containers = Known::Known(vec![Container {
        name: "app_db_1".into(),
        state: State::Runs,
        status: "Up 41 days".into(),
        mounts: vec![mount],
        labels: BTreeMap::new(),
        ..Container::default()
    }]);
    let loud = of(&create, &learnt, &file, std::slice::from_ref(&opening));
    assert_eq!(assess(Effect::Mutate, &loud.impact).effect, Effect::Destroy);
    assert_eq!(loud.lost, ["/srv/pg"]);
    learnt.containers = Known::Unknown(Why::Forbidden);
    let blind = of(&create, &learnt, &file, std::slice::from_ref(&opening));
    assert!(!blind.impact.gaps.is_empty(), "it is said that nobody could look");
}
