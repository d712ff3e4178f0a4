//! What a home-made job does, by the words of its command, its script and its variables: whether that looks like a backup, of
//! what, and where it goes. A guess in every part: no more than a claim comes of it.

/// What the words of a job look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// The program that makes the copy: `pg_dump`.
    pub program: Option<&'static str>,
    /// Nothing but the job's name or image says that it is one.
    pub by_name_only: bool,
    /// A dump that fails within a pipe would look like one that succeeded.
    pub hides_failure: bool,
    /// Hosts it takes from, as written.
    pub hosts: Vec<String>,
    /// Where it puts it: `s3://acme-pg`.
    pub destination: Option<String>,
    /// The server that holds this, where that is not the cloud's own.
    pub endpoint: Option<String>,
}

/// Words that make a copy, as they stand in a command line: all of them in this order, the first one a word of its own.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("pg_dumpall", &["pg_dumpall"]),
    ("pg_dump", &["pg_dump"]),
    ("pg_basebackup", &["pg_basebackup"]),
    ("wal-g", &["wal-g", "backup-push"]),
    ("wal-e", &["wal-e", "backup-push"]),
    ("pgBackRest", &["pgbackrest", "backup"]),
    ("Barman", &["barman-cloud-backup"]),
    ("Barman", &["barman", "backup"]),
    ("mysqldump", &["mysqldump"]),
    ("mariadb-dump", &["mariadb-dump"]),
    ("mariadb-backup", &["mariadb-backup", "--backup"]),
    ("mariadb-backup", &["mariabackup", "--backup"]),
    ("xtrabackup", &["xtrabackup", "--backup"]),
    ("mongodump", &["mongodump"]),
    ("redis-cli", &["redis-cli", "--rdb"]),
    ("etcdctl", &["etcdctl", "snapshot", "save"]),
    ("restic", &["restic", "backup"]),
    ("kopia", &["kopia", "snapshot", "create"]),
    ("borg", &["borg", "create"]),
    ("rclone", &["rclone", "copy"]),
    ("rclone", &["rclone", "sync"]),
    ("Velero", &["velero", "backup", "create"]),
];

/// Images that do nothing else.
const IMAGES: &[(&str, &str)] = &[
    ("postgres-backup-local", "pg_dump"),
    ("postgres-backup-s3", "pg_dump"),
    ("pg-backup", "pg_dump"),
    ("pgbackup", "pg_dump"),
    ("mysql-backup", "mysqldump"),
    ("db-backup", "a database dump"),
    ("docker-volume-backup", "a volume copy"),
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
const SCHEMES: &[&str] = &["s3://", "gs://", "az://", "azblob://", "sftp://", "ssh://", "b2://"];

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

/// What they look like; `None` where nothing of them is like a backup.
pub fn look(words: &Words) -> Option<Looks> {
    let text = words.texts.join("\n");
    let tokens: Vec<&str> = tokens(&text).collect();
    let program = PROGRAMS.iter().find(|(_, parts)| stands(&tokens, parts)).map(|(name, _)| *name);
    let copies = || is_copy_out(&tokens);
    let by_image = || {
        let image = |part: &str| words.images.iter().any(|image| repository(image).contains(part));
        IMAGES.iter().find(|(part, _)| image(part)).map(|(_, program)| *program)
    };
    let named = |parts: &[&str]| {
        words.names.iter().any(|name| parts.iter().any(|part| name.to_ascii_lowercase().contains(part)))
    };
    // A job that looks after copies runs none of the programs above, and is one by its name.
    let other = named(OTHERS) && program.is_none();
    let strong = program.or_else(by_image).filter(|_| !other);
    let weak = strong.is_none() && !other && (named(NAMES) || copies());
    if strong.is_none() && !weak {
        return None;
    }
    let variable = |list: &[&str]| {
        let of = |name: &&str| {
            words.variables.iter().find(|(have, _)| have == *name).map(|(_, value)| value.clone())
        };
        list.iter().find_map(of)
    };
    let hides =
        text.contains('|') && !text.contains("pipefail") && strong.is_some() && dumps_into_pipe(&text);
    Some(Looks {
        program: strong,
        by_name_only: weak,
        hides_failure: hides,
        hosts: hosts(words, &tokens),
        destination: destination(&tokens).or_else(|| variable(DESTINATIONS).map(|to| bucket(&to))),
        endpoint: after(&tokens, &["--endpoint-url"]).or_else(|| variable(ENDPOINTS)),
    })
}

/// The words of a script, quotes and separators taken off.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let cut = |c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '|' | '&' | '(' | ')' | '`' | '<' | '>')
    };
    // A line that is a comment says nothing.
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(move |line| line.split(cut)).filter(|word| !word.is_empty())
}

/// Whether these words stand in this order; the first one may have a directory before it.
fn stands(tokens: &[&str], parts: &[&str]) -> bool {
    let Some((first, rest)) = parts.split_first() else { return false };
    let begins = |token: &str| token == *first || token.rsplit('/').next() == Some(first);
    tokens.iter().enumerate().filter(|(_, token)| begins(token)).any(|(at, _)| {
        // No command line is longer than what is looked at behind its first word.
        let mut behind = tokens.iter().skip(at + 1).take(24);
        rest.iter().all(|part| behind.any(|token| token == part))
    })
}

/// `aws s3 cp FILE s3://…`: something goes out.
fn is_copy_out(tokens: &[&str]) -> bool {
    ["cp", "sync", "mv"].iter().any(|verb| stands(tokens, &["aws", "s3", verb]))
        || stands(tokens, &["gsutil", "cp"])
        || stands(tokens, &["mc", "cp"])
}

/// Whether a line takes a dump into a pipe.
fn dumps_into_pipe(text: &str) -> bool {
    text.lines().any(|line| {
        let Some((before, _)) = line.split_once('|') else { return false };
        let tokens: Vec<&str> = tokens(before).collect();
        PROGRAMS.iter().any(|(_, parts)| stands(&tokens, &parts[..1]))
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
    tokens.iter().find_map(at).map(|to| bucket(&to))
}

/// A place without what changes from run to run, and without a login: the bucket.
fn bucket(to: &str) -> String {
    let to = to.strip_prefix("s3:").filter(|rest| !rest.starts_with("//")).unwrap_or(to);
    match to.split_once("://") {
        Some((scheme, rest)) => {
            let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
            let bucket = rest.split(['/', '$', '?']).next().unwrap_or_default();
            format!("{scheme}://{bucket}")
        }
        None => to.split(['$', '?']).next().unwrap_or_default().to_owned(),
    }
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
            ("x", "x", "aws s3 cp /data s3://b/", None),
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
        assert_eq!(looks.endpoint.as_deref(), Some("http://minio.shop.svc:9000"));
    }
}
