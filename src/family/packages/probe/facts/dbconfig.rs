//! Databases that dbconfig-common set up for a package. When the package is *removed*, its prerm may drop the database,
//! also on another host: after the question `PACKAGE/purge`, whose default is no (`dbc_go` in
//! /usr/share/dbconfig-common/dpkg/prerm, dbconfig-common 2.0.24).

use super::info::Info;
use super::status::why;
use super::{Database, PackageFacts, debconf};
use std::io;
use std::path::Path;

/// Reads `/etc/dbconfig-common/PACKAGE.conf`.
pub(super) fn fill(root: &Path, facts: &mut PackageFacts, info: &Info) {
    if !info.installed {
        return;
    }
    let file = root.join("etc/dbconfig-common").join(format!("{}.conf", info.name));
    let bytes = match std::fs::read(&file) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return,
        Err(e) => return facts.gap(format!("the database of {}", info.name), why(&e)),
    };
    let text = String::from_utf8_lossy(&bytes);
    let value = |name: &str| {
        let line = text.lines().find_map(|l| l.trim().strip_prefix(name)?.strip_prefix('='))?;
        let value = line.trim().trim_matches(['\'', '"']);
        (!value.is_empty()).then(|| value.to_owned())
    };
    // Nobody wanted its help when the package came, so it does not help now.
    if value("dbc_install").as_deref() == Some("false") {
        return;
    }
    let Some(name) = value("dbc_dbname") else { return };
    let local = |host: &String| matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
    let answer = |question: &str| debconf::answer(root, &format!("{}/{question}", info.name));
    facts.databases.push(Database {
        kind: value("dbc_dbtype").unwrap_or_else(|| "SQL".to_owned()),
        name,
        host: value("dbc_dbserver").filter(|host| !local(host)),
        dropped: answer("purge").as_deref() == Some("true")
            && answer("dbconfig-remove").as_deref() != Some("false"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_elsewhere_is_seen() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let info = Info { name: "phpmyadmin".into(), installed: true, ..Info::default() };
        let look = || {
            let mut facts = PackageFacts::default();
            fill(root.path(), &mut facts, &info);
            facts.databases
        };
        assert!(look().is_empty());
        write(
            "etc/dbconfig-common/phpmyadmin.conf",
            "# comment\ndbc_install='true'\ndbc_dbtype='mysql'\ndbc_dbserver='db2.example.com'\ndbc_dbname='pma'\n",
        );
        let one = Database {
            kind: "mysql".into(),
            name: "pma".into(),
            host: Some("db2.example.com".into()),
            dropped: false,
        };
        assert_eq!(look(), std::slice::from_ref(&one));
        write("var/cache/debconf/config.dat", "Name: phpmyadmin/purge\nValue: true\n");
        assert_eq!(look(), [Database { dropped: true, ..one }]);
        write("etc/dbconfig-common/phpmyadmin.conf", "dbc_install='false'\ndbc_dbname='pma'\n");
        assert!(look().is_empty());
    }
}
