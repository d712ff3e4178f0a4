//! Any bytes as a kubeconfig: the copy that is pinned leads to the same place as the file.
#![no_main]
use guard::engine::grammar::cobra::parse;
use guard::engine::kube::kubectl;
use guard::family::kube::resolve::kubeconfig::kube;
use guard::world::World;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let resolve = |bytes: &[u8]| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, bytes).unwrap();
        let world = World::of(&[("KUBECONFIG", file.path().to_str().unwrap())], "/").with_root("/nowhere");
        kube(&world, &parse(&kubectl::TABLE, &[b"get", b"pods"]))
    };
    let Ok(first) = resolve(bytes) else { return };
    let pinned = resolve(&first.access.kubeconfig).unwrap();
    assert_eq!(pinned.target.server.value, first.target.server.value);
    assert_eq!(pinned.target.namespace.value, first.target.namespace.value);
    assert_eq!(pinned.target.ca_sha256, first.target.ca_sha256);
});
