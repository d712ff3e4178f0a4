//! What a home-made job does, by the words of its command, its script and its variables: whether that looks like a backup, of
//! what, and where it goes. A guess in every part: no more than a claim comes of it.

pub mod shell;
pub mod steps;

use super::place;
pub use steps::{Port, Step};

/// What the words of a job look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// The program that makes the copy: `pg_dump`.
    pub program: Option<&'static str>,
    /// The program copies files, so that what the job mounts may be what it copies; a dump only puts its result there.
    pub copies_files: bool,
    /// Nothing but the job's name says that it is one.
    pub by_name_only: bool,
    /// A dump that fails within a pipe would look like one that succeeded.
    pub hides_failure: bool,
    /// Hosts it takes from, as written.
    pub hosts: Vec<String>,
    /// Where it puts it: `s3://acme-pg`.
    pub destination: Option<String>,
    /// The server that holds this, where that is not the cloud's own.
    pub endpoint: Option<String>,
    /// Every command that makes a copy, in their order; none where only a name or an image tells.
    pub steps: Vec<Step>,
}

/// Words that make a copy.
pub struct Program {
    /// The program's name.
    pub name: &'static str,
    /// All of them in this order within one command.
    parts: &'static [&'static str],
    /// It copies files.
    pub copies_files: bool,
}

const fn row(name: &'static str, parts: &'static [&'static str], copies_files: bool) -> Program {
    Program { name, parts, copies_files }
}

/// The first of its words is the program itself.
const PROGRAMS: &[Program] = &[
    row("pg_dumpall", &["pg_dumpall"], false),
    row("pg_dump", &["pg_dump"], false),
    row("pg_basebackup", &["pg_basebackup"], false),
    row("wal-g", &["wal-g", "backup-push"], true),
    row("wal-e", &["wal-e", "backup-push"], true),
    row("pgBackRest", &["pgbackrest", "backup"], true),
    row("Barman", &["barman-cloud-backup"], true),
    row("Barman", &["barman", "backup"], false),
    row("mysqldump", &["mysqldump"], false),
    row("mariadb-dump", &["mariadb-dump"], false),
    row("mariadb-backup", &["mariadb-backup", "--backup"], true),
    row("mariadb-backup", &["mariabackup", "--backup"], true),
    row("xtrabackup", &["xtrabackup", "--backup"], true),
    row("mongodump", &["mongodump"], false),
    row("redis-cli", &["redis-cli", "--rdb"], false),
    row("etcdctl", &["etcdctl", "snapshot", "save"], false),
    row("restic", &["restic", "backup"], true),
    row("kopia", &["kopia", "snapshot", "create"], true),
    row("borg", &["borg", "create"], true),
    row("rclone", &["rclone", "copy"], true),
    row("rclone", &["rclone", "sync"], true),
    row("aws s3", &["aws", "s3", "cp"], true),
    row("aws s3", &["aws", "s3", "sync"], true),
    row("gsutil", &["gsutil", "cp"], true),
    row("Velero", &["velero", "backup", "create"], false),
];

/// Subcommands of these programs that look after copies, or put them back: one of them before the right one, and it is none.
const LOOKS_AFTER: &[&str] = &[
    "forget",
    "prune",
    "check",
    "restore",
    "snapshots",
    "stats",
    "verify",
    "list",
    "delete",
    "expire",
    "info",
    "extract",
];

/// Images that do nothing else.
const IMAGES: &[(&str, &str)] = &[
    ("postgres-backup-local", "pg_dump"),
    ("postgres-backup-s3", "pg_dump"),
    ("pg-backup", "pg_dump"),
    ("pgbackup", "pg_dump"),
    ("mysql-backup", "mysqldump"),
    ("db-backup", "a database dump"),
    ("docker-volume-backup", "docker-volume-backup"),
];

/// Parts of names that only suggest it.
const NAMES: &[&str] = &["backup", "bkp", "dump", "archive", "snapshot"];
/// Parts of names of jobs that look after copies, or put them back.
const OTHERS: &[&str] = &["restore", "prune", "cleanup", "vacuum", "check", "verify", "retention", "delete"];

/// Variables that hold the host of what is dumped.
const HOSTS: &[&str] = &[
    "PGHOST",
    "POSTGRES_HOST",
    "MYSQL_HOST",
    "MARIADB_HOST",
    "MONGO_HOST",
    "REDIS_HOST",
    "DB_HOST",
    "DATABASE_HOST",
];
/// Variables that hold the server of a bucket.
const ENDPOINTS: &[&str] =
    &["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "S3_ENDPOINT", "S3_ENDPOINT_URL", "MC_HOST"];
/// Variables that hold the address of what is dumped.
const ADDRESSES: &[&str] = &["DATABASE_URL", "MONGO_URI", "MONGODB_URI", "PGURI"];
/// Variables that hold where it goes.
const DESTINATIONS: &[&str] =
    &["RESTIC_REPOSITORY", "WALG_S3_PREFIX", "WALE_S3_PREFIX", "BACKUP_URL", "S3_BUCKET", "BORG_REPO"];
/// How places elsewhere are written.
const SCHEMES: &[&str] =
    &["s3://", "gs://", "az://", "azblob://", "sftp://", "ssh://", "b2://", "s3:http", "rest:http"];

/// A job's words.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Its name, and what it is labelled as.
    pub names: Vec<String>,
    /// Images of its containers.
    pub images: Vec<String>,
    /// Command lines and scripts.
    pub texts: Vec<String>,
    /// Variables with plain values.
    pub variables: Vec<(String, String)>,
}

/// So much of a job's text is looked at, in bytes.
pub const LONGEST: usize = 32 << 10;

/// What they look like; `None` where nothing of them is like a backup.
pub fn look(words: &Words) -> Option<Looks> {
    let mut text = words.texts.join("\n");
    text.truncate(text.floor_char_boundary(LONGEST));
    let commands = commands(&text);
    let found = PROGRAMS.iter().find(|row| commands.iter().any(|command| makes(command, row.parts)));
    let by_image = || {
        let image = |part: &str| words.images.iter().any(|image| repository(image).contains(part));
        let volumes = "docker-volume-backup";
        IMAGES.iter().find(|(part, _)| image(part)).map(|(_, program)| (*program, *program == volumes))
    };
    let named = |parts: &[&str]| {
        words.names.iter().any(|name| parts.iter().any(|part| name.to_ascii_lowercase().contains(part)))
    };
    let found = found.map(|row| (row.name, row.copies_files));
    // A job that looks after copies runs none of the programs above, and is one by its name.
    let other = found.is_none() && named(OTHERS);
    let strong = found.or_else(by_image).filter(|_| !other);
    let weak = strong.is_none() && !other && named(NAMES);
    if strong.is_none() && !weak {
        return None;
    }
    let variable = |list: &[&str]| {
        let of = |name: &&str| {
            words.variables.iter().find(|(have, _)| have == *name).map(|(_, value)| value.clone())
        };
        list.iter().find_map(of)
    };
    let tokens: Vec<&str> = commands.iter().flatten().copied().collect();
    let to = destination(&tokens).or_else(|| variable(DESTINATIONS).and_then(|to| bucket(&to)));
    Some(Looks {
        program: strong.map(|(program, _)| program),
        copies_files: strong.is_some_and(|(_, files)| files),
        by_name_only: weak,
        hides_failure: strong.is_some() && !text.contains("pipefail") && dumps_into_pipe(&text),
        hosts: hosts(words, &tokens),
        destination: to,
        endpoint: after(&tokens, &["--endpoint-url"]).or_else(|| variable(ENDPOINTS)),
        steps: steps::steps(&text, words.variables.iter().cloned().collect()),
    })
}

/// The program among the words of a command that makes a copy, and where it stands.
fn program(command: &[&str]) -> Option<(usize, &'static Program)> {
    let row = PROGRAMS.iter().find(|row| makes(command, row.parts))?;
    let first = row.parts.first()?;
    Some((command.iter().position(|token| begins(token, first))?, row))
}

/// Whether a word is this program, by whatever path.
fn begins(token: &str, program: &str) -> bool {
    token == program || token.rsplit('/').next() == Some(program)
}

/// The words of each command of a script, quotes taken off; lines that are comments say nothing.
fn commands(text: &str) -> Vec<Vec<&str>> {
    let quoted = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | ')' | '`' | '<' | '>');
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let parts = lines.flat_map(|line| line.split([';', '|', '&']));
    let words = parts.map(|part| part.split(quoted).filter(|word| !word.is_empty()).collect::<Vec<_>>());
    words.filter(|words| !words.is_empty()).collect()
}

/// Whether a command makes a copy by these words: nothing that only looks after copies stands before them, and where it copies
/// from one place to another, it goes out.
fn makes(command: &[&str], parts: &[&str]) -> bool {
    let Some((first, rest)) = parts.split_first() else { return false };
    let Some(at) = command.iter().position(|token| begins(token, first)) else { return false };
    let behind = command.get(at + 1..).unwrap_or_default();
    let mut left = behind.iter();
    for part in rest {
        let Some(_) =
            left.find(|token| *token == part || LOOKS_AFTER.contains(token)).filter(|token| *token == part)
        else {
            return false;
        };
    }
    let remote = |token: &&&str| token.contains(':') && !token.starts_with('-');
    match *first {
        "rclone" | "aws" | "gsutil" => {
            let words: Vec<&&str> = left.filter(|token| !token.starts_with('-') || **token == "-").collect();
            match words.as_slice() {
                [from, to, ..] => remote(to) && !remote(from),
                _ => false,
            }
        }
        _ => true,
    }
}

/// Whether a line takes a dump into a pipe.
fn dumps_into_pipe(text: &str) -> bool {
    text.lines().any(|line| {
        let Some((before, _)) = line.split_once('|') else { return false };
        commands(before).iter().any(|command| {
            PROGRAMS.iter().any(|row| row.parts.first().is_some_and(|first| makes(command, &[first])))
        })
    })
}

/// An image without its registry, tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split(':').next().unwrap_or_default()
}

/// The word behind one of these flags, or behind its `=`.
fn after(tokens: &[&str], flags: &[&str]) -> Option<String> {
    let joined = tokens
        .iter()
        .find_map(|token| flags.iter().find_map(|flag| token.strip_prefix(flag)?.strip_prefix('=')));
    let split = || tokens.windows(2).find(|pair| flags.contains(&pair[0])).map(|pair| pair[1]);
    joined.or_else(split).map(str::to_owned)
}

fn hosts(words: &Words, tokens: &[&str]) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    let mut add = |host: &str| {
        let host = host.trim();
        // What is put in by a variable is not known here.
        let known = !host.is_empty() && !host.starts_with(['$', '-', '/']);
        if known && !hosts.iter().any(|have| have == host) {
            hosts.push(host.to_owned());
        }
    };
    for (name, value) in &words.variables {
        if HOSTS.contains(&name.as_str()) {
            add(value.split(':').next().unwrap_or_default());
        }
        if ADDRESSES.contains(&name.as_str()) {
            address(value).iter().for_each(|host| add(host));
        }
    }
    after(tokens, &["-h", "--host"]).iter().for_each(|host| add(host));
    for token in tokens {
        let database = ["postgres://", "postgresql://", "mysql://", "mongodb://", "mongodb+srv://"];
        if database.iter().any(|scheme| token.starts_with(scheme) || token.contains(&format!("={scheme}"))) {
            address(token).iter().for_each(|host| add(host));
        }
        if let Some(host) = token.strip_prefix("host=") {
            add(host);
        }
    }
    hosts
}

/// The host of an address: `postgres://u:p@pg.shop:5432/db` → `pg.shop`.
fn address(text: &str) -> Option<String> {
    let rest = text.split_once("://")?.1.split(['/', '?']).next()?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    rest.split([':', ',']).next().map(str::to_owned)
}

/// The first place elsewhere among the words.
fn destination(tokens: &[&str]) -> Option<String> {
    let at =
        |token: &&str| SCHEMES.iter().find_map(|scheme| token.find(scheme).map(|at| token[at..].to_owned()));
    // restic writes `s3:https://HOST/BUCKET` and `rest:https://HOST/`.
    tokens.iter().find_map(at).and_then(|to| bucket(&to))
}

/// A place without what changes from run to run, and without a login. What may be no place but a secret is none.
fn bucket(to: &str) -> Option<String> {
    let to = ["s3:", "rest:"]
        .iter()
        .find_map(|by| to.strip_prefix(by).filter(|rest| rest.starts_with("http")))
        .unwrap_or(to);
    let to = match to.split_once("://") {
        Some((scheme, rest)) => {
            let rest = rest.split('$').next().unwrap_or_default();
            let keep = if ["http", "https"].contains(&scheme) { 2 } else { 1 };
            let parts: Vec<&str> = rest.trim_end_matches('/').split('/').take(keep).collect();
            format!("{scheme}://{}", parts.join("/"))
        }
        None => to.split('$').next().unwrap_or_default().to_owned(),
    };
    Some(place::shown(&to)).filter(|shown| !shown.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &str, image: &str, text: &str) -> Option<Looks> {
        look(&Words {
            names: vec![name.to_owned()],
            images: vec![image.to_owned()],
            texts: vec![text.to_owned()],
            variables: vec![],
        })
    }

    #[test]
    fn what_looks_like_a_backup() {
        for (name, image, text, program) in [
            ("nightly", "postgres:16", "pg_dump -Fc shop > /out/x", Some("pg_dump")),
            ("nightly", "postgres:16", "/usr/lib/postgresql/16/bin/pg_dumpall", Some("pg_dumpall")),
            ("nightly", "x", "set -e; wal-g --config /c backup-push $PGDATA", Some("wal-g")),
            ("nightly", "x", "pgbackrest --stanza=main --type=full backup", Some("pgBackRest")),
            ("nightly", "x", "restic -r s3:s3.example.com/b backup /data", Some("restic")),
            ("nightly", "x", "mysqldump --all-databases | gzip > x.gz", Some("mysqldump")),
            ("nightly", "x", "etcdctl --endpoints=x snapshot save /x.db", Some("etcdctl")),
            ("x", "ghcr.io/acme/postgres-backup-s3:15@sha256:1", "", Some("pg_dump")),
            ("shop-backup", "x", "./run.sh", None),
            ("x", "x", "aws s3 cp /data s3://b/", Some("aws s3")),
            ("x", "x", "rclone sync /data remote:bucket", Some("rclone")),
        ] {
            let looks = job(name, image, text);
            assert_eq!(looks.as_ref().map(|looks| looks.program), Some(program), "{name} {image} {text}");
            assert_eq!(looks.unwrap().by_name_only, program.is_none());
        }
    }

    #[test]
    fn what_does_not() {
        for (name, image, text) in [
            ("mail", "postfix", "sendmail"),
            ("backup-prune", "restic/restic", "restic forget --prune"),
            ("restore-test", "postgres", "pg_restore -d x /in/x"),
            ("vacuum-backup-db", "postgres", "vacuumdb -a"),
            ("load", "postgres", "psql -f /in/x"),
            ("x", "x", "# pg_dump used to run here\ntrue"),
            ("x", "x", "echo not_pg_dump"),
            // What comes in, and what only looks after copies.
            ("x", "x", "rclone copy remote:x /data"),
            ("x", "x", "aws s3 cp s3://b/x /data"),
            ("x", "x", "restic forget --tag backup"),
            ("x", "x", "restic check && echo backup ok"),
        ] {
            assert_eq!(job(name, image, text), None, "{name} {text}");
        }
    }

    #[test]
    fn where_from_and_where_to() {
        let looks =
            job("n", "x", "pg_dump -h pg.shop -Fc shop | aws s3 cp - s3://acme-pg/$(date +%F).dump").unwrap();
        assert_eq!(looks.hosts, ["pg.shop"]);
        assert_eq!(looks.destination.as_deref(), Some("s3://acme-pg"));
        assert!(looks.hides_failure);
        let looks =
            job("n", "x", "set -o pipefail\npg_dump postgres://u:pw@pg:5432/shop | gzip > /b/x").unwrap();
        assert_eq!(
            (looks.hosts, looks.destination, looks.hides_failure),
            (vec!["pg".to_owned()], None, false)
        );
        let words = Words {
            names: vec!["n".to_owned()],
            images: vec![],
            texts: vec!["pg_dump --host=$H shop".to_owned()],
            variables: vec![
                ("PGHOST".to_owned(), "pg-rw".to_owned()),
                ("AWS_ENDPOINT_URL".to_owned(), "http://minio.shop.svc:9000".to_owned()),
                ("S3_BUCKET".to_owned(), "s3://key:secret@pg/x".to_owned()),
            ],
        };
        let looks = look(&words).unwrap();
        assert_eq!(looks.hosts, ["pg-rw"]);
        assert_eq!(looks.destination.as_deref(), Some("s3://pg"));
        assert!(!looks.copies_files);
        assert_eq!(looks.endpoint.as_deref(), Some("http://minio.shop.svc:9000"));
    }

    #[test]
    fn no_secret_is_taken_for_a_place() {
        for (to, want) in [
            ("s3://key:secret@pg/x", Some("s3://pg")),
            ("key:secret@minio:9000/b", None),
            ("rclone::s3,access_key_id=AKIA,secret_access_key=SECRET:b", None),
            ("s3:http://minio.r1.svc:9000/b/x", Some("http://minio.r1.svc:9000/b")),
            ("rest:http://u:p@rest.r2.svc:8000/", Some("http://rest.r2.svc:8000")),
            ("/mnt/backups", Some("/mnt/backups")),
            ("acme-pg", Some("acme-pg")),
        ] {
            assert_eq!(bucket(to).as_deref(), want, "{to}");
        }
    }
}
