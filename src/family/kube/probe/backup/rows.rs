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
    /// The resources that are read; none where nothing here can read them, and then the source is unknown.
    pub resources: &'static [&'static str],
}

const fn row(name: &'static str, group: &'static str, resources: &'static [&'static str]) -> Row {
    Row { name, group, resources }
}

/// Every group that is looked for, those that can be read first.
pub const ROWS: &[Row] = &[
    row("velero", "velero.io", &["backups", "schedules", "backupstoragelocations"]),
    row("cnpg", "postgresql.cnpg.io", &["backups", "scheduledbackups", "clusters"]),
    row("cnpg", "barmancloud.cnpg.io", &["objectstores"]),
    row("snapshots", "snapshot.storage.k8s.io", &["volumesnapshots", "volumesnapshotcontents"]),
    row("cronjobs", "batch", &["cronjobs", "jobs"]),
    row("zalando", "acid.zalan.do", &[]),
    row("pgo", "postgres-operator.crunchydata.com", &[]),
    row("percona", "pxc.percona.com", &[]),
    row("percona", "psmdb.percona.com", &[]),
    row("percona", "pgv2.percona.com", &[]),
    row("k8up", "k8up.io", &[]),
    row("stash", "stash.appscode.com", &[]),
    row("kubestash", "core.kubestash.com", &[]),
    row("kasten", "config.kio.kasten.io", &[]),
    row("kanister", "cr.kanister.io", &[]),
    row("longhorn", "longhorn.io", &[]),
    row("elastic", "stackconfigpolicy.k8s.elastic.co", &[]),
    row("mongodb", "mongodb.com", &[]),
    row("mariadb", "k8s.mariadb.com", &[]),
    row("mysql", "mysql.oracle.com", &[]),
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
