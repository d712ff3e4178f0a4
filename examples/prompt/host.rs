//! Made-up facts of commands that work on a host.

use super::{Scene, assessed, data, file};
use guard::engine::challenge::{HostScope, host_challenge};
use guard::engine::effect::Effect;
use guard::engine::fact::{Known, Source, Sourced, Why};
use guard::engine::impact::{Fate, Gap, Impact, Subject};
use guard::engine::machine::HostTarget;
use guard::engine::situation::Level;
use guard::engine::target::Environment;
use guard::ui::CommandLine;

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

fn info(value: &str, line: u32) -> Option<Sourced<String>> {
    Some(Sourced::new(value.to_owned(), file("/etc/machine-info", line)))
}

fn db1() -> HostTarget {
    HostTarget {
        name: Known::Known(Sourced::new("db1".to_owned(), Source::Probe)),
        fqdn: Some("db1.example.com".to_owned()),
        deployment: info("production", 2),
        pretty: info("DB primary", 1),
        location: info("Oslo", 3),
        origin: owned(&["ssh from 10.0.0.7", "sudo by anna"]),
        ..HostTarget::default()
    }
}

fn packages(names: &[&str]) -> Vec<Subject> {
    let package = |name: &&str| Subject {
        kind: "package".to_owned(),
        resource: "packages".to_owned(),
        name: (*name).to_owned(),
        ..Subject::default()
    };
    names.iter().map(package).collect()
}

/// What a phrase says besides the host: data that is lost, what was not named, what stops.
#[derive(Default)]
struct Said<'a> {
    lost: &'a [&'a str],
    unnamed: &'a [&'a str],
    stops: &'a [&'a str],
    unseen: bool,
}

fn scene(name: &'static str, target: HostTarget, effect: Effect, said: &Said<'_>) -> Scene {
    let (lost, unnamed, stops) = (owned(said.lost), owned(said.unnamed), owned(said.stops));
    let scope = HostScope {
        lost: &lost,
        unnamed: &unnamed,
        unseen: said.unseen,
        stops: &stops,
        ..HostScope::default()
    };
    let challenge = host_challenge(&target, None, &scope);
    Scene {
        name,
        environment: Environment::Production,
        why: "DEPLOYMENT in /etc/machine-info:2",
        cluster: target.host_name(None),
        host: Some(target),
        verb: "purge",
        assessment: assessed(effect),
        impact: Impact::default(),
        challenge,
        level: Level::Typed,
        command: CommandLine::of(["apt-get"]),
        copy: Vec::new(),
        safer: None,
        ..super::delete()
    }
}

/// The client tools of a database, and the server that goes with them.
pub fn purge() -> Scene {
    Scene {
        impact: Impact {
            subjects: packages(&["postgresql-15", "postgresql-client-15"]),
            subjects_total: 2,
            surprise: Some(
                "you named 1 package, 2 go; not named by you: postgresql-15 (server, 231 MB, running 41 days, 37 clients)"
                    .to_owned(),
            ),
            data: vec![data(
                "PostgreSQL cluster 15/main: 231 MB in /var/lib/postgresql/15/main, last written 4 s ago",
                Fate::Erased,
                "unless you answer no",
            )],
            also: owned(&["stops postgres of postgresql-15 (running 41 days, 37 clients, port 5432)"]),
            ..Impact::default()
        },
        command: CommandLine::of(["apt-get", "purge", "postgresql-client-15"]),
        copy: owned(&[
            "2 packages (.deb), 6 settings files, a dump of PostgreSQL 15/main (231 MiB) in /root/.local/state/guard/kept; back with: guard restore 20261122-090101-c9a6",
        ]),
        safer: Some("keep data and settings: apt-get remove postgresql-client-15"),
        ..scene("host", db1(), Effect::Destroy, &Said { lost: &["15/main"], ..Said::default() })
    }
}

/// A mail server that goes because another one comes.
pub fn swap() -> Scene {
    Scene {
        verb: "install",
        impact: Impact {
            subjects: packages(&["postfix"]),
            subjects_total: 1,
            surprise: Some("you named 1 package to install, 1 goes; not named by you: postfix".to_owned()),
            also: owned(&["installs exim4-config, exim4-base, libevent-2.1-7 and 4 more"]),
            ..Impact::default()
        },
        command: CommandLine::of(["apt", "install", "exim4-daemon-light"]),
        ..scene("host-install", db1(), Effect::Disrupt, &Said { unnamed: &["postfix"], ..Said::default() })
    }
}

/// A service with clients, on a machine whose name names none.
pub fn restart() -> Scene {
    let target = HostTarget {
        name: Known::Known(Sourced::new("localhost".to_owned(), Source::Probe)),
        static_name: Some(Sourced::new("web-old".to_owned(), file("/etc/hostname", 1))),
        address: Some("10.0.0.9".to_owned()),
        within: Some("container (docker)".to_owned()),
        ..HostTarget::default()
    };
    Scene {
        environment: Environment::Unclassified,
        why: "no policy names it",
        verb: "restart",
        impact: Impact {
            subjects: vec![Subject {
                kind: "unit".to_owned(),
                resource: "units".to_owned(),
                name: "nginx.service".to_owned(),
                ..Subject::default()
            }],
            subjects_total: 1,
            gaps: vec![Gap { what: "what depends on it".to_owned(), why: Why::TimedOut }],
            ..Impact::default()
        },
        command: CommandLine::of(["systemctl", "restart", "nginx"]),
        ..scene("host-restart", target, Effect::Disrupt, &Said { stops: &["nginx"], ..Said::default() })
    }
}

/// Another system below a directory: not this one.
pub fn elsewhere() -> Scene {
    let root = Some(Sourced::new("/mnt/rescue".to_owned(), Source::Flag("root".to_owned())));
    Scene {
        impact: Impact { subjects: packages(&["etcd-server"]), subjects_total: 1, ..Impact::default() },
        command: CommandLine::of(["dpkg", "--root=/mnt/rescue", "-P", "etcd-server"]),
        ..scene(
            "host-elsewhere",
            HostTarget { root, ..db1() },
            Effect::Destroy,
            &Said { lost: &["etcd-server"], ..Said::default() },
        )
    }
}

/// Another machine: nothing is known of it but its name.
pub fn remote() -> Scene {
    let by_flag = |text: &str| Sourced::new(text.to_owned(), Source::Flag("host".to_owned()));
    let target = HostTarget {
        name: Known::Known(by_flag("db2")),
        remote: Some(by_flag("admin@db2")),
        ..HostTarget::default()
    };
    let here = restart();
    let why = Why::Failed("admin@db2 is another machine".to_owned());
    Scene {
        verb: "stop",
        impact: Impact {
            subjects: Vec::new(),
            subjects_total: 0,
            gaps: vec![Gap { what: "what is there".to_owned(), why }],
            ..here.impact
        },
        command: CommandLine::of(["systemctl", "-H", "admin@db2", "stop", "postgresql"]),
        environment: here.environment,
        why: here.why,
        ..scene("host-remote", target, Effect::Disrupt, &Said { unseen: true, ..Said::default() })
    }
}
