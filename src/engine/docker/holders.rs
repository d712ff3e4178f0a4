//! Where servers keep their data in containers, and by what files a data directory is known.
//!
//! Paths: the `VOLUME` lines and manuals of the official images (postgres, mysql, mariadb, mongo, redis, valkey, etcd,
//! elasticsearch, influxdb, clickhouse, rabbitmq, cassandra, couchdb, neo4j) and of Bitnami's. Files: what each server makes first.

mod memory;

pub use memory::{Signs, programs};

/// Directories in a container that hold a server's data, by the beginning of the path.
const PLACES: &[(&str, &str)] = &[
    ("/var/lib/postgresql", "PostgreSQL"),
    ("/bitnami/postgresql", "PostgreSQL"),
    ("/home/postgres/pgdata", "PostgreSQL"),
    ("/var/lib/mysql", "MySQL"),
    ("/bitnami/mysql", "MySQL"),
    ("/bitnami/mariadb", "MariaDB"),
    ("/data/db", "MongoDB"),
    ("/data/configdb", "MongoDB"),
    ("/bitnami/mongodb", "MongoDB"),
    ("/var/lib/redis", "Redis"),
    ("/bitnami/redis", "Redis"),
    ("/var/lib/valkey", "Valkey"),
    ("/var/lib/etcd", "etcd"),
    ("/etcd-data", "etcd"),
    ("/bitnami/etcd", "etcd"),
    ("/usr/share/elasticsearch/data", "Elasticsearch"),
    ("/usr/share/opensearch/data", "OpenSearch"),
    ("/var/lib/influxdb", "InfluxDB"),
    ("/var/lib/clickhouse", "ClickHouse"),
    ("/var/lib/rabbitmq", "RabbitMQ"),
    ("/var/lib/cassandra", "Cassandra"),
    ("/opt/couchdb/data", "CouchDB"),
    ("/var/opt/mssql", "SQL Server"),
    ("/opt/oracle/oradata", "Oracle"),
];

/// The server whose data lies at this path of a container: the path itself, or one below or just above it.
pub fn at(target: &str) -> Option<&'static str> {
    let target = target.trim_end_matches('/');
    // `/data` is Redis's, and anybody's.
    let is_there = |place: &str| target == place || is_below(target, place);
    PLACES.iter().find(|(place, _)| is_there(place)).map(|(_, server)| *server)
}

/// Whether a path lies below a directory, and is not that itself.
pub fn is_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

/// A file or directory that only a server's data directory has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    /// Its path from that directory on.
    pub path: &'static str,
    /// The server.
    pub server: &'static str,
    /// Whether the file's first line is the server's version.
    pub version: bool,
    /// Whether nothing but such a directory has it; others stand in anybody's source code.
    pub sure: bool,
}

const fn marker(path: &'static str, server: &'static str) -> Marker {
    Marker { path, server, version: false, sure: false }
}

/// The markers, those that tell most first.
pub const MARKERS: &[Marker] = &[
    Marker { path: "PG_VERSION", server: "PostgreSQL", version: true, sure: true },
    Marker { sure: true, ..marker("ibdata1", "MySQL or MariaDB") },
    Marker { sure: true, ..marker("WiredTiger", "MongoDB") },
    marker("appendonlydir", "Redis"),
    marker("appendonly.aof", "Redis"),
    marker("dump.rdb", "Redis"),
    Marker { sure: true, ..marker("member/snap", "etcd") },
    marker("nodes/0/_state", "Elasticsearch"),
    marker("_state", "Elasticsearch"),
    marker("commitlog", "Cassandra"),
    marker("mnesia", "RabbitMQ"),
    marker("grafana.db", "SQLite (Grafana)"),
    marker("prometheus.yml", "Prometheus"),
];

/// Directories of a volume that a server may keep its data in, where it is not the volume's own: the images of PostgreSQL 18 and
/// later use `18/docker`, Debian's packages `15/main`, many settings `data` and `pgdata`.
pub const BELOW: &[&str] =
    &["", "data", "pgdata", "db", "18/docker", "19/docker", "17/main", "16/main", "15/main", "14/main"];

/// Programs that only talk to a server or read its files: one of these with the data of a running server is no second server, and
/// spoils nothing.
const CLIENTS: &[&str] = &[
    "cat",
    "clickhouse-client",
    "df",
    "du",
    "echo",
    "getent",
    "grep",
    "head",
    "id",
    "influx",
    "ls",
    "mariadb",
    "mariadb-dump",
    "md5sum",
    "mongodump",
    "mongosh",
    "mysql",
    "mysqladmin",
    "mysqldump",
    "pg_controldata",
    "pg_dump",
    "pg_dumpall",
    "pg_isready",
    "psql",
    "redis-cli",
    "sha256sum",
    "sleep",
    "stat",
    "tail",
    "test",
    "true",
    "valkey-cli",
    "wc",
];

/// Shells: what they are told counts; without a word somebody sits at one.
const SHELLS: &[&str] = &["ash", "bash", "dash", "sh", "zsh"];

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// What a process is called, by its command line: some servers write what they do behind it, `redis-server *:6379`.
fn named(program: &str) -> &str {
    base(program.split([' ', ':']).next().unwrap_or_default())
}

/// Whether a command only reads, or talks to a server: `tar` packs, a shell is told nothing else.
pub fn is_client(program: &[&[u8]]) -> bool {
    let words: Vec<String> = program.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    only_reads(&words)
}

fn only_reads(words: &[&str]) -> bool {
    let Some((name, rest)) = words.split_first() else { return true };
    match base(name) {
        "tar" => packs(rest),
        name if SHELLS.contains(&name) => {
            match rest.iter().position(|word| word.starts_with('-') && word.ends_with('c')) {
                Some(at) => {
                    let line = rest.get(at + 1).copied().unwrap_or_default();
                    // What a shell makes of more than plain words nobody knows here.
                    !line.contains(['$', '`', '>', '(', '{'])
                        && line
                            .split([';', '|', '&', '\n'])
                            .map(str::trim)
                            .filter(|part| !part.is_empty())
                            .all(|part| only_reads(&part.split_whitespace().collect::<Vec<_>>()))
                }
                None => rest.iter().all(|word| word.starts_with('-')),
            }
        }
        name => CLIENTS.contains(&name),
    }
}

/// Whether tar makes or lists an archive (tar(1)): nothing is unpacked.
fn packs(words: &[&str]) -> bool {
    let first = words.first().map(|word| word.strip_prefix('-').unwrap_or(word)).unwrap_or_default();
    let mut letters = words.iter().skip(1).filter(|word| word.starts_with('-') && !word.starts_with("--"));
    let makes = |letters: &str| letters.contains(['c', 't']) && !letters.contains('x');
    let unpacks = words.iter().any(|word| matches!(*word, "--extract" | "--get" | "--delete"));
    let long = words.iter().any(|word| matches!(*word, "--create" | "--list"));
    !unpacks && (makes(first) || long) && letters.all(|letters| !letters.contains('x'))
}

/// Whether a program that runs in a container keeps nothing open: a reader, a shell, what waits or plans.
pub fn is_idle(program: &str) -> bool {
    const IDLE: &[&str] = &[
        "cron",
        "crond",
        "dumb-init",
        "fcron",
        "init",
        "pause",
        "restic",
        "s6-svscan",
        "supercronic",
        "tini",
    ];
    let first = named(program);
    CLIENTS.contains(&first) || SHELLS.contains(&first) || IDLE.contains(&first) || first == "tar"
}

/// What a program in a container is called, where it is a server that holds data. The names are those of processes.
pub fn server_of(program: &str) -> Option<&'static str> {
    const PROGRAMS: &[(&str, &str)] = &[
        ("postgres", "PostgreSQL"),
        ("postmaster", "PostgreSQL"),
        ("mysqld", "MySQL"),
        ("mariadbd", "MariaDB"),
        ("mongod", "MongoDB"),
        ("etcd", "etcd"),
        ("influxd", "InfluxDB"),
        ("clickhouse-server", "ClickHouse"),
        ("clickhouse-serv", "ClickHouse"),
        ("beam.smp", "an Erlang server"),
        ("java", "a Java server"),
        ("sqlservr", "SQL Server"),
    ];
    let name = named(program);
    let of_files = PROGRAMS.iter().find(|(program, _)| *program == name).map(|(_, server)| *server);
    of_files.or_else(|| memory::by_program(program))
}

/// Whether a path that a container wrote outside of its mounts holds nothing anybody would miss: what a start makes anew, what is
/// there only while something runs, and the files the daemon itself lays over a container's own (moby `daemon/container_operations_unix.go`).
pub fn is_passing(path: &str) -> bool {
    const TREES: &[&str] = &[
        "/run",
        "/var/run",
        "/tmp",
        "/var/tmp",
        "/var/cache",
        "/dev",
        "/proc",
        "/sys",
        "/var/lock",
        "/run/lock",
    ];
    const FILES: &[&str] = &[
        "/",
        "/etc",
        "/etc/hosts",
        "/etc/hostname",
        "/etc/resolv.conf",
        "/etc/mtab",
        "/.dockerenv",
        "/root",
        "/root/.ash_history",
        "/root/.bash_history",
        "/var",
        "/var/lib",
        "/var/log",
        "/home",
        "/usr",
        "/opt",
        "/srv",
        "/mnt",
    ];
    FILES.contains(&path)
        || TREES.iter().any(|tree| path == *tree || is_below(path, tree))
        || path.ends_with(".pid")
        || path.contains("/__pycache__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_lies_where_images_keep_it() {
        for (target, want) in [
            ("/var/lib/postgresql/data", Some("PostgreSQL")),
            ("/var/lib/postgresql/data/", Some("PostgreSQL")),
            ("/var/lib/postgresql", Some("PostgreSQL")),
            ("/var/lib/mysql", Some("MySQL")),
            ("/var/lib/mysql-files", None),
            ("/data/db", Some("MongoDB")),
            ("/data", None),
            ("/srv/www", None),
            ("", None),
        ] {
            assert_eq!(at(target), want, "{target}");
        }
    }

    #[test]
    fn programs_are_known_by_their_names() {
        assert_eq!(server_of("postgres: checkpointer"), Some("PostgreSQL"));
        assert_eq!(server_of("/usr/lib/postgresql/15/bin/postgres -D /x"), Some("PostgreSQL"));
        assert_eq!(server_of("sh -c postgres"), None);
        assert_eq!(server_of("valkey-server *:6379"), Some("Valkey"));
        let client = |line: &str| is_client(&line.split(' ').map(str::as_bytes).collect::<Vec<_>>());
        for line in [
            "/usr/bin/psql -c x",
            "tar czf /b/x.tgz -C /d .",
            "tar -cf - /d",
            "tar tf x",
            "sh",
            "bash -l",
            "ls /d",
        ] {
            assert!(client(line), "{line}");
        }
        for line in
            ["postgres", "tar xzf /b/x.tgz -C /d", "tar -C /d -xf x", "cp x /d", "rsync -a a b", "python x"]
        {
            assert!(!client(line), "{line}");
        }
        let shell = |line: &str| is_client(&[b"sh", b"-c", line.as_bytes()]);
        assert!(shell("tar czf /backup/x.tgz -C /d .") && shell("ls /d | wc -l"));
        assert!(!shell("rm -rf /d") && !shell("tar xf x; ls") && !shell("ls >/d/x"));
        assert!(is_idle("crond -f") && is_idle("restic backup"));
        assert!(!is_idle("postgres: walwriter") && !is_idle("ora_pmon"));
    }

    #[test]
    fn only_what_a_start_makes_anew_is_passing() {
        for path in
            ["/run/nginx.pid", "/tmp/x", "/var/cache/nginx/client_temp", "/etc/hosts", "/app/web.pid", "/run"]
        {
            assert!(is_passing(path), "{path}");
        }
        for path in [
            "/var/lib/app/db.sqlite",
            "/etc/nginx/nginx.conf",
            "/home/app/x",
            "/runner/x",
            "/var/log/app.log",
            "/data",
        ] {
            assert!(!is_passing(path), "{path}");
        }
    }
}
