//! PostgreSQL's clusters of a server package, and what its scripts do to them. A purge drops them wherever their data is, table
//! spaces included.

use super::data::{Ticket, Walker};
use super::info::Info;
use super::status::why;
use super::{Cluster, End, PackageFacts, State, debconf};
use crate::family::machine::links::below;
use crate::family::machine::postgres::cluster::{self, is_version};
use std::collections::HashSet;
use std::io;
use std::path::Path;

/// A cluster whose data is being counted.
pub(super) struct Asked {
    clusters: Vec<(Cluster, Ticket)>,
    failed: Vec<(String, io::Error)>,
}

/// The version a server package is for: `15` of `postgresql-15`.
fn version(name: &str) -> Option<&str> {
    name.strip_prefix("postgresql-").filter(|version| is_version(version))
}

/// Finds the clusters of a server package.
pub(super) fn ask(root: &Path, info: &Info, walker: &Walker) -> Asked {
    let mut asked = Asked { clusters: Vec::new(), failed: Vec::new() };
    let Some(version) = version(&info.name) else { return asked };
    let end = info.script.drops_clusters.as_ref().map(|question| match question {
        Some(question) => End::Asked {
            question: question.clone(),
            deletes: debconf::says_yes(root, &info.templates, question),
        },
        None => End::Purge,
    });
    let end = if info.script.drops_at_removal { end.map(|_| End::Removal) } else { end };
    let (found, failed) = cluster::of_version(root, version);
    asked.failed = failed;
    for found in found {
        let mut paths = vec![below(root, &found.data)];
        paths.extend(found.elsewhere.iter().map(|p| below(root, p)));
        let ticket = walker.ask(paths, Vec::new(), HashSet::new());
        asked.clusters.push((Cluster { found, size: None, end: end.clone() }, ticket));
    }
    asked
}

/// Takes the answers.
pub(super) fn fill(facts: &mut PackageFacts, asked: Asked, walker: &Walker) {
    for (mut cluster, ticket) in asked.clusters {
        match walker.answer(&ticket) {
            Ok(size) => cluster.size = Some(size),
            Err(why) => {
                facts.gap(
                    format!("{} of cluster {}", cluster.found.data.display(), cluster.found.called()),
                    why,
                );
            }
        }
        facts.clusters.push(cluster);
    }
    for (what, error) in asked.failed {
        facts.gap(what, why(&error));
    }
    // Largest first: it is named in the question.
    facts.clusters.sort_by_key(|c| std::cmp::Reverse(c.size.as_ref().map_or(0, |s| s.bytes)));
    if facts.state == State::Leftover {
        facts.clusters.iter_mut().for_each(|c| c.found.pid = None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::packages::postrm::Script;
    use std::time::{Duration, Instant};

    #[test]
    fn versions() {
        assert_eq!(version("postgresql-15"), Some("15"));
        assert_eq!(version("postgresql-9.6"), Some("9.6"));
        assert_eq!(version("postgresql-client-15"), None);
        assert_eq!(version("postgresql-15-postgis-3"), None);
    }

    #[test]
    fn clusters_are_counted_with_what_lies_elsewhere() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, bytes: &[u8]| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        write("etc/postgresql/15/main/postgresql.conf", b"data_directory = '/srv/pg'\n");
        write("etc/postgresql/15/other/postgresql.conf", b"");
        write("srv/pg/base/1", &[7; 20_000]);
        write("space/x", &[7; 10_000]);
        std::fs::create_dir(root.path().join("srv/pg/pg_tblspc")).unwrap();
        std::os::unix::fs::symlink("/space", root.path().join("srv/pg/pg_tblspc/1")).unwrap();
        let info = Info {
            name: "postgresql-15".into(),
            script: Script::read(b"#!/bin/sh\n[ $1 = purge ] && pg_dropcluster 15 main", "postgresql-15"),
            ..Info::default()
        };
        let walker = Walker::start(root.path(), Instant::now() + Duration::from_secs(20));
        let mut facts = PackageFacts { state: State::Installed, ..PackageFacts::default() };
        fill(&mut facts, ask(root.path(), &info, &walker), &walker);
        let [main, other] = facts.clusters.as_slice() else { panic!("{:?}", facts.clusters) };
        assert!(main.size.as_ref().unwrap().bytes >= 30_000, "the largest first");
        assert_eq!((main.found.called().as_str(), &main.end), ("15/main", &Some(End::Purge)));
        assert_eq!(other.found.data, Path::new("/var/lib/postgresql/15/other"));
    }
}
