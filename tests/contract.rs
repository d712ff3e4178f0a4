//! The same questions to a real API server and to the embedded one: what the embedded server claims holds.

#[path = "support/embedded/mod.rs"]
mod embedded;

#[test]
fn starts() {
    let server = embedded::Embedded::start(embedded::Seed::new());
    assert!(server.exists("/api/v1/namespaces/kube-system"));
}
