//! The table of built-in kinds against a real API server: names, groups and where the objects live.

use crate::support::cluster::Cluster;
use guard::engine::kube::kinds::{KINDS, Placed, placed, placed_kind};

#[test]
fn every_kind_of_a_server_stands_in_the_table_as_it_is() {
    let Some(cluster) = Cluster::start() else { return };
    let listed = cluster.run(&["api-resources", "--no-headers"]);
    let mut seen = 0;
    for line in listed.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [resource, short @ .., version, namespaced, kind] = words.as_slice() else { panic!("{line}") };
        let group = version.split_once('/').map_or("", |(group, _)| group);
        // Reviews are questions to the server, no objects; definitions of other tests come and go.
        let review = kind.ends_with("Review");
        if review || !(group.is_empty() || !group.contains('.') || group.ends_with(".k8s.io")) {
            continue;
        }
        let want = Some(if *namespaced == "true" { Placed::Namespaced } else { Placed::Cluster });
        assert_eq!(placed_kind(group, kind), want, "{line}");
        let names = std::iter::once(*resource).chain(short.iter().flat_map(|s| s.split(',')));
        for name in names {
            assert_eq!(placed(name), want, "{name} of {line}");
        }
        seen += 1;
    }
    assert!(seen > 50 && KINDS.len() >= seen, "{seen} of {}", KINDS.len());
}
