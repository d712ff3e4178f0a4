//! A running PostgreSQL server, asked over its own socket by its own programs, as the owner of its data: with nothing of the
//! caller's world, without a password, and never past a deadline.

use super::Cluster;
use crate::family::machine::child;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// A running server.
#[derive(Clone, Debug)]
pub struct Server<'a> {
    /// `15`
    pub version: &'a str,
    /// User and group that own the data.
    pub owner: (u32, u32),
    /// Its port.
    pub port: u16,
    /// The directory of its socket.
    pub socket: &'a Path,
    /// When answers are no longer waited for.
    pub until: Instant,
}

/// Where Debian keeps the programs of a version (pg_wrapper(1)).
pub fn programs(version: &str) -> PathBuf {
    Path::new("/usr/lib/postgresql").join(version).join("bin")
}

impl<'a> Server<'a> {
    /// The server of a cluster; `None` where none runs, or none that listens on a socket.
    pub fn of(cluster: &'a Cluster, until: Instant) -> Option<Server<'a>> {
        cluster.pid?;
        let socket = cluster.socket.as_deref().filter(|socket| socket.starts_with("/"))?;
        Some(Server { version: &cluster.version, owner: cluster.owner?, port: cluster.port?, socket, until })
    }

    /// One of the programs that belong to this server, as its owner.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(programs(self.version).join(name));
        command.env_clear().envs([
            ("PATH", "/usr/bin:/bin"),
            ("LC_ALL", "C"),
            ("PGCLIENTENCODING", "UTF8"),
            ("PGCONNECT_TIMEOUT", "10"),
            ("HOME", "/nonexistent"),
        ]);
        command.current_dir("/");
        // Only root can be somebody else; without it this works for the owner alone.
        if rustix::process::geteuid().is_root() {
            use std::os::unix::process::CommandExt as _;
            command.gid(self.owner.1).uid(self.owner.0);
        }
        command
    }

    /// The same, connecting to this server.
    pub fn client(&self, name: &str) -> Command {
        let mut command = self.program(name);
        command.arg("-h").arg(self.socket).args(["-p", &self.port.to_string(), "-w"]);
        command
    }

    /// The fields of all rows that a query has.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub fn ask(&self, database: &str, query: &str) -> Result<Vec<String>, String> {
        let mut psql = self.client("psql");
        psql.args(["-XAtqz0", "-v", "ON_ERROR_STOP=1", "-d", &conninfo(database), "-c", query]);
        let (ended, text) = child::output(psql, self.until)?;
        if !ended.ok {
            return Err(ended.why());
        }
        let mut fields: Vec<String> = text.split('\0').map(str::to_owned).collect();
        // The last record ends with a separator or a line's end.
        if fields.last().is_some_and(|last| last.trim().is_empty()) {
            fields.pop();
        }
        Ok(fields)
    }
}

/// A name as a connection string has it: a bare one with `=` in it would be taken for such a string.
pub fn conninfo(database: &str) -> String {
    format!("dbname='{}'", database.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted() {
        assert_eq!(conninfo("a=b'\\"), "dbname='a=b\\'\\\\'");
    }

    #[test]
    fn only_what_runs_is_asked() {
        let cluster = Cluster {
            owner: Some((1, 1)),
            port: Some(5432),
            socket: Some("/run/postgresql".into()),
            ..Cluster::default()
        };
        assert!(Server::of(&cluster, Instant::now()).is_none());
        assert!(Server::of(&Cluster { pid: Some(9), ..cluster }, Instant::now()).is_some());
    }
}
