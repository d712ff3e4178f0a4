//! Directories of databases, by the files that stand in them: each server writes some of a name that nothing else has, and
//! refuses to start on a directory without.

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What it is called.
    pub name: &'static str,
    /// Names that stand in its directory together.
    files: &'static [&'static str],
    /// How its server's program is called, or begins; empty where that says nothing.
    pub server: &'static str,
}

const fn kind(name: &'static str, files: &'static [&'static str], server: &'static str) -> Kind {
    Kind { name, files, server }
}

/// The kinds, from the servers' own sources and manuals.
const KINDS: &[Kind] = &[
    // src/include/catalog/pg_control.h; "Database File Layout" in PostgreSQL's manual.
    kind("PostgreSQL cluster", &["PG_VERSION", "base", "global"], "postgres"),
    // A database, or what a table space holds of one.
    kind("PostgreSQL database", &["PG_VERSION", "pg_filenode.map"], "postgres"),
    // storage/innobase: the system tablespace.
    kind("MySQL or MariaDB data", &["ibdata1"], "m"),
    // src/third_party/wiredtiger: the file that says which of its versions wrote the directory.
    kind("MongoDB data", &["WiredTiger", "WiredTiger.wt"], "mongod"),
    kind("Redis data", &["dump.rdb"], "redis-server"),
    kind("Redis data", &["appendonlydir"], "redis-server"),
    kind("Redis data", &["appendonly.aof"], "redis-server"),
    // server/storage: `member/snap` and `member/wal`.
    kind("etcd data", &["snap", "wal"], "etcd"),
    kind("Elasticsearch data", &["node.lock", "_state"], "java"),
    kind("Cassandra data", &["commitlog", "data", "saved_caches"], "java"),
    kind("Kafka logs", &["meta.properties", "recovery-point-offset-checkpoint"], "java"),
    kind("ZooKeeper data", &["myid", "version-2"], "java"),
    kind("ClickHouse data", &["metadata", "store", "uuid"], "clickhouse"),
    kind("InfluxDB data", &["meta", "wal", "data"], "influxd"),
    kind("InfluxDB data", &["influxd.bolt", "engine"], "influxd"),
    kind("Prometheus data", &["chunks_head", "wal"], "prometheus"),
    kind("Consul or Vault data", &["raft", "node-id"], ""),
    kind("Vault data", &["raft", "vault.db"], "vault"),
    kind("CouchDB data", &["_dbs.couch"], "beam"),
    // The directory of an LDAP server's own database (slapd-mdb(5)).
    kind("LDAP data", &["data.mdb", "lock.mdb"], "slapd"),
];

/// The kind of database whose directory has files of these names.
pub fn kind_of(has: impl Fn(&str) -> bool) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.files.iter().all(|name| has(name)))
}

/// Whether a file of this name may be one of those that tell a database's directory.
pub fn is_telling(name: &str) -> bool {
    KINDS.iter().any(|kind| kind.files.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_told_by_their_files() {
        for (files, want) in [
            (&["PG_VERSION", "base", "global", "pg_wal"][..], Some("PostgreSQL cluster")),
            (&["PG_VERSION", "pg_filenode.map", "112"], Some("PostgreSQL database")),
            (&["ibdata1", "mysql"], Some("MySQL or MariaDB data")),
            (&["WiredTiger", "WiredTiger.wt", "mongod.lock"], Some("MongoDB data")),
            (&["dump.rdb"], Some("Redis data")),
            (&["snap", "wal"], Some("etcd data")),
            (&["base", "global"], None),
            (&["wal"], None),
            (&["WiredTiger"], None),
            (&[], None),
        ] {
            assert_eq!(kind_of(|name| files.contains(&name)).map(|k| k.name), want, "{files:?}");
        }
        assert!(is_telling("PG_VERSION") && !is_telling("x"));
        assert!(KINDS.iter().all(|kind| !kind.files.is_empty()));
    }
}
