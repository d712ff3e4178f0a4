//! Which API groups may hold something about copies: by presence of the group. Fields as they are read by the readers beside
//! this table, from the types of velero d30d389, cloudnative-pg a95a534, plugin-barman-cloud 9967e2c, external-snapshotter
//! afb2f0d and Kubernetes 1.36.

/// One group of objects that tell of copies.
#[derive(Debug)]
pub struct Row {
    /// The source, in one word.
    pub name: &'static str,
    /// API group.
    pub group: &'static str,
    /// Whether a reader beside this table reads it; of the others the source is unknown.
    pub read: bool,
}

const fn row(name: &'static str, group: &'static str, read: bool) -> Row {
    Row { name, group, read }
}

/// Every group that is looked for, those that can be read first.
pub const ROWS: &[Row] = &[
    row("velero", "velero.io", true),
    row("cnpg", "postgresql.cnpg.io", true),
    row("cnpg", "barmancloud.cnpg.io", true),
    row("snapshots", "snapshot.storage.k8s.io", true),
    row("cronjobs", "batch", true),
    row("zalando", "acid.zalan.do", false),
    row("pgo", "postgres-operator.crunchydata.com", false),
    row("percona", "pxc.percona.com", false),
    row("percona", "psmdb.percona.com", false),
    row("percona", "pgv2.percona.com", false),
    row("k8up", "k8up.io", false),
    row("stash", "stash.appscode.com", false),
    row("kubestash", "core.kubestash.com", false),
    row("kasten", "config.kio.kasten.io", false),
    row("kanister", "cr.kanister.io", false),
    row("longhorn", "longhorn.io", false),
    row("elastic", "stackconfigpolicy.k8s.elastic.co", false),
    row("mongodb", "mongodb.com", false),
    row("mariadb", "k8s.mariadb.com", false),
    row("mysql", "mysql.oracle.com", false),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_stands_once_and_those_of_one_source_together() {
        for (i, row) in ROWS.iter().enumerate() {
            assert!(ROWS.iter().skip(i + 1).all(|other| other.group != row.group), "{}", row.group);
            let apart = ROWS.iter().skip(i + 1).skip_while(|other| other.name == row.name);
            assert!(apart.clone().all(|other| other.name != row.name), "{}", row.name);
        }
    }
}
