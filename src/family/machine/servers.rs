//! Servers that hold data, by the names of their processes; and where one listens that works in a directory.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// So many processes are looked at for the server of a directory.
const PROCESSES: usize = 20_000;

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

/// Where the server of a directory can be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listening {
    /// Its sockets in the file system.
    pub sockets: Vec<PathBuf>,
    /// Its addresses, as a client on this machine reaches them.
    pub addresses: Vec<SocketAddr>,
}

/// The server of one of these names that works in this directory, by the kernel's own tables (proc(5)): another server of this machine
/// knows nothing of it. `None` where no such process is seen.
///
/// # Errors
/// It runs where the same address leads to another server.
pub fn over(data: &Path, names: &[&str]) -> Result<Option<Listening>, String> {
    let identity = |path: &Path| std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    let Some(own) = identity(data) else { return Ok(None) };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let processes = entries.filter(|e| e.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit));
    let is_it = |process: &PathBuf| {
        let name = std::fs::read_to_string(process.join("comm")).unwrap_or_default();
        names.contains(&name.trim()) && identity(&process.join("cwd/.")) == Some(own)
    };
    let Some(process) = processes.take(PROCESSES).map(|entry| entry.path()).find(is_it) else {
        return Ok(None);
    };
    let same = |namespace: &str| {
        let of = |process: &Path| std::fs::read_link(process.join("ns").join(namespace)).ok();
        of(&process).is_some() && of(&process) == of(Path::new("/proc/self"))
    };
    if !same("net") || !same("mnt") {
        return Err("its server runs in a container".to_owned());
    }
    let handles = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let socket = |link: PathBuf| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok();
    let own: HashSet<u64> =
        handles.filter_map(|handle| std::fs::read_link(handle.path()).ok()).filter_map(socket).collect();
    let table = |name: &str| std::fs::read_to_string(process.join("net").join(name)).unwrap_or_default();
    let mut addresses = addresses_of(&table("tcp"), &own);
    addresses.extend(addresses_of(&table("tcp6"), &own));
    let sockets = sockets_of(&table("unix"), &own).into_iter().map(|path| data.join(path)).collect();
    Ok(Some(Listening { sockets, addresses }))
}

/// A server by the names of [`DATABASES`] that works in one of these directories or has a file of them open, and runs in none of these
/// containers: its name and its number.
pub fn working_in(dirs: &[PathBuf], containers: &[String]) -> Option<(String, u32)> {
    let identity = |path: &Path| std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    let own: Vec<(u64, u64)> = dirs.iter().filter_map(|dir| identity(dir)).collect();
    if own.is_empty() {
        return None;
    }
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.take(PROCESSES).find_map(|pid| {
        let process = PathBuf::from(format!("/proc/{pid}"));
        let name = std::fs::read_to_string(process.join("comm")).ok()?.trim().to_owned();
        if !is_database(&name) || in_one_of(&process, containers) {
            return None;
        }
        let works = || identity(&process.join("cwd/.")).is_some_and(|at| own.contains(&at));
        let has = || {
            let open = std::fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
            open.filter_map(|handle| std::fs::read_link(handle.path()).ok())
                .any(|file| dirs.iter().any(|dir| file.starts_with(dir)))
        };
        (works() || has()).then_some((name, pid))
    })
}

/// Whether a process belongs to one of these containers, by its control group (cgroups(7)).
fn in_one_of(process: &Path, containers: &[String]) -> bool {
    let group = std::fs::read_to_string(process.join("cgroup")).unwrap_or_default();
    containers.iter().any(|id| id.len() >= 12 && group.contains(id.as_str()))
}

/// `Num: RefCount Protocol Flags Type St Inode Path`: those that listen (`__SO_ACCEPTCON`) and have a name in the file system.
fn sockets_of(table: &str, own: &HashSet<u64>) -> Vec<PathBuf> {
    const LISTENS: u64 = 1 << 16;
    let of = |line: &str| {
        let mut fields = line.split_whitespace();
        let flags = u64::from_str_radix(fields.nth(3)?, 16).ok()?;
        let inode: u64 = fields.nth(2)?.parse().ok()?;
        let path = fields.next().filter(|path| !path.starts_with('@'))?;
        (flags & LISTENS != 0 && own.contains(&inode)).then(|| PathBuf::from(path))
    };
    table.lines().filter_map(of).collect()
}

/// `sl local_address rem_address st … inode`: those that listen (state 0A), where every address is this machine's loopback as well.
fn addresses_of(table: &str, own: &HashSet<u64>) -> Vec<SocketAddr> {
    let of = |line: &str| {
        let mut fields = line.split_whitespace();
        let (ip, port) = fields.nth(1)?.split_once(':')?;
        let listens = fields.nth(1)? == "0A";
        let inode: u64 = fields.nth(5)?.parse().ok()?;
        let ip = address(ip)?;
        let ip = match ip {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        let port = u16::from_str_radix(port, 16).ok()?;
        (listens && own.contains(&inode)).then(|| SocketAddr::new(ip, port))
    };
    table.lines().filter_map(of).collect()
}

/// An address as the kernel writes it: words of four bytes in the machine's own order.
fn address(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(hex.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    match hex.len() {
        8 => Some(IpAddr::from(word(0)?)),
        32 => {
            let mut all = [0; 16];
            for (n, four) in all.chunks_mut(4).enumerate() {
                four.copy_from_slice(&word(n * 8)?);
            }
            Some(IpAddr::from(all))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_server_listens() {
        let own = HashSet::from([7, 8]);
        let unix = "Num       RefCount Protocol Flags    Type St Inode Path\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 7 /run/mysqld/mysqld.sock\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 9 /run/other.sock\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 8 @abstract\n\
            0000000000000000: 00000003 00000000 00000000 0001 03 8 /run/talks.sock\n";
        assert_eq!(sockets_of(unix, &own), [PathBuf::from("/run/mysqld/mysqld.sock")]);
        let line = |local: &str, state: &str, inode: u64| {
            format!(
                "   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1\n"
            )
        };
        let any = "00000000000000000000000000000000:18EC";
        let loopback = u32::from_ne_bytes([127, 0, 0, 1]);
        let tcp = [
            line("00000000:18EB", "0A", 7),
            line(&format!("{loopback:08X}:18EC"), "0A", 8),
            line("00000000:0016", "0A", 9),
            line("00000000:18EB", "01", 7),
            line(any, "0A", 7),
        ];
        let found: Vec<String> = addresses_of(&tcp.concat(), &own).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["127.0.0.1:6379", "127.0.0.1:6380", "[::1]:6380"]);
    }

    #[test]
    fn a_server_is_found_by_where_it_works() {
        let dir = tempfile::tempdir().unwrap();
        let name = std::fs::read_to_string("/proc/self/comm").unwrap();
        let name = name.trim();
        assert_eq!(over(dir.path(), &[name]), Ok(None), "nobody works there");
        let here = std::env::current_dir().unwrap();
        assert_eq!(over(&here, &["no such server"]), Ok(None));
        let listens = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let found = over(&here, &[name]).unwrap();
        // Another test's process may be the first one that is seen there.
        assert!(found.is_some(), "{:?}", listens.local_addr());
    }
}
