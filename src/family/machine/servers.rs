//! Servers that hold data, by the names of their processes.

/// Programs that hold data, by their process's name, and what they are.
pub const DATABASES: &[(&str, &str)] = &[
    ("postgres", "PostgreSQL"),
    ("mysqld", "MySQL"),
    ("mariadbd", "MariaDB"),
    ("mongod", "MongoDB"),
    ("redis-server", "Redis"),
    ("valkey-server", "Valkey"),
    ("etcd", "etcd"),
    ("influxd", "InfluxDB"),
    ("clickhouse-serv", "ClickHouse"),
    ("slapd", "OpenLDAP"),
    ("beam.smp", "an Erlang server (RabbitMQ, CouchDB)"),
    ("ceph-osd", "a Ceph OSD"),
    ("glusterfsd", "GlusterFS"),
    ("nfsd", "an NFS server"),
];

/// Whether a process of this name holds data.
pub fn is_database(name: &str) -> bool {
    DATABASES.iter().any(|(database, _)| *database == name)
}
