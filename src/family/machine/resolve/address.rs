//! The machine's first address and its full name.

use super::read;
use crate::world::World;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::mpsc;
use std::time::Duration;

/// So long the resolver has for the full name.
pub const PATIENCE: Duration = Duration::from_millis(300);

/// Addresses that no machine has (RFC 5737, RFC 3849), and one of each private network for machines without a way out.
const FAR: [(&str, &str); 5] = [
    ("0.0.0.0:0", "192.0.2.1:9"),
    ("[::]:0", "[2001:db8::1]:9"),
    ("0.0.0.0:0", "10.255.255.254:9"),
    ("0.0.0.0:0", "172.31.255.254:9"),
    ("0.0.0.0:0", "192.168.255.254:9"),
];

/// The address this machine would be seen by. Connecting a datagram socket sends nothing: the kernel only chooses a way.
pub fn primary(world: &World) -> Option<String> {
    if !world.is_made_up()
        && let Some(address) = FAR.iter().find_map(|(from, to)| by_route(from, to))
    {
        return Some(address.to_string());
    }
    let table = read::start(&world.absolute("/proc/net/fib_trie"), 256 << 10)?;
    first_local(&String::from_utf8_lossy(&table)).map(|address| address.to_string())
}

fn by_route(from: &str, to: &str) -> Option<IpAddr> {
    let socket = UdpSocket::bind(from).ok()?;
    socket.connect(to).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

/// The first own address in the kernel's table of routes (`/proc/net/fib_trie`): a leaf `|-- ADDRESS`, and below it
/// `/32 host LOCAL`.
fn first_local(table: &str) -> Option<Ipv4Addr> {
    let mut leaf = None;
    for line in table.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse::<Ipv4Addr>().ok();
        } else if line == "/32 host LOCAL"
            && let Some(address) = leaf.filter(|a| !a.is_loopback())
        {
            return Some(address);
        }
    }
    None
}

/// The full name that /etc/hosts has for this one, without asking anybody: the first name of the line, which is what
/// `getaddrinfo` calls canonical.
pub fn in_hosts(world: &World, name: &str) -> Option<String> {
    let text = read::file(&world.absolute("/etc/hosts"), 1 << 20).ok()??;
    let text = String::from_utf8_lossy(&text.bytes);
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let canonical = lines
        .filter_map(|line| {
            let names: Vec<&str> = line.split_ascii_whitespace().skip(1).collect();
            names.iter().any(|n| n.eq_ignore_ascii_case(name)).then(|| names.first().copied()).flatten()
        })
        .find(|full| is_longer(full, name));
    canonical.map(str::to_owned)
}

/// The full name as the system's resolver has it (getaddrinfo(3), `AI_CANONNAME`). It may ask the network, so that it gets
/// a thread of its own and [`PATIENCE`]; a thread that is still waiting then is left behind.
pub fn by_resolver(name: &str) -> Option<String> {
    let wanted = name.to_owned();
    let (tell, told) = mpsc::channel();
    let thread = std::thread::Builder::new().name("resolver".to_owned()).spawn(move || {
        // Nobody may be listening any more.
        let _ = tell.send(canonical(&wanted));
    });
    thread.ok()?;
    let full = told.recv_timeout(PATIENCE).ok().flatten()?;
    is_longer(&full, name).then_some(full)
}

/// Whether a name has more to it than another, and is no alias of the machine itself.
fn is_longer(full: &str, name: &str) -> bool {
    full.contains('.')
        && full.trim_end_matches('.').len() > name.len()
        && !full.to_ascii_lowercase().starts_with("localhost")
        && full.parse::<IpAddr>().is_err()
}

fn canonical(name: &str) -> Option<String> {
    use std::ffi::{CStr, CString};
    let name = CString::new(name).ok()?;
    // SAFETY: all-zero is a valid addrinfo: integers and null pointers.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_flags = libc::AI_CANONNAME;
    hints.ai_socktype = libc::SOCK_DGRAM;
    let mut list: *mut libc::addrinfo = std::ptr::null_mut();
    // SAFETY: the name is NUL-terminated, `hints` is initialised, and `list` is written only on success.
    let rc = unsafe { libc::getaddrinfo(name.as_ptr(), std::ptr::null(), &raw const hints, &raw mut list) };
    if rc != 0 || list.is_null() {
        return None;
    }
    // SAFETY: after success `list` points to at least one entry, and its name is null or NUL-terminated.
    let full = unsafe {
        let name = (*list).ai_canonname;
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    };
    // SAFETY: `list` came from getaddrinfo and is freed once; the name in it was copied.
    unsafe { libc::freeaddrinfo(list) };
    full.map(|full| full.trim_end_matches('.').to_owned()).filter(|full| !full.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::Instant;

    #[test]
    fn own_addresses_out_of_the_table_of_routes() {
        let table = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     +-- 127.0.0.0/8 2 0 2\n        |-- 127.0.0.1\n           /32 host LOCAL\n     |-- 192.168.5.0\n        /24 link UNICAST\n     |-- 192.168.5.4\n        /32 host LOCAL\n";
        assert_eq!(first_local(table), Some(Ipv4Addr::new(192, 168, 5, 4)));
        assert_eq!(first_local("|-- 127.0.0.1\n/32 host LOCAL\n"), None);
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc/net")).unwrap();
        fs::write(root.path().join("proc/net/fib_trie"), table).unwrap();
        let world = World::of(&[], "/").with_root(root.path());
        assert_eq!(primary(&world).as_deref(), Some("192.168.5.4"));
    }

    #[test]
    fn the_full_name_in_the_hosts_file() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("etc")).unwrap();
        let hosts = "127.0.0.1 localhost\n127.0.1.1\tdb1.example.com db1 # db1\n10.0.0.2 web1\n::1 ip6-localhost\n127.0.0.1 localhost.localdomain vm\n";
        fs::write(root.path().join("etc/hosts"), hosts).unwrap();
        let world = World::of(&[], "/").with_root(root.path());
        let full = |name: &str| in_hosts(&world, name);
        assert_eq!(full("db1").as_deref(), Some("db1.example.com"));
        assert_eq!(full("DB1").as_deref(), Some("db1.example.com"));
        assert_eq!(full("web1"), None);
        assert_eq!(full("vm"), None);
        assert_eq!(full("localhost"), None);
        assert_eq!(full("db2"), None);
    }

    #[test]
    fn the_resolver_is_never_waited_for() {
        let start = Instant::now();
        // No such name, by RFC 6761: whether an answer comes or not, it comes in time.
        assert_eq!(by_resolver("host.invalid"), None);
        assert_eq!(by_resolver("a\0b"), None);
        // The resolver itself would try for five seconds and more.
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    }
}
