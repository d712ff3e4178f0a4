//! Sockets in one network namespace: `/proc/PID/net/{tcp,tcp6,udp,udp6,unix}` (proc_net(5); `get_tcp4_sock`,
//! `unix_seq_show` in the kernel).

use super::{text, why};
use crate::engine::fact::Why;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP over either version of IP.
    Tcp,
    /// UDP over either version of IP: nothing tells its clients.
    Udp,
    /// A socket in the file system, or an abstract one (`@name`).
    Unix,
}

/// Something that is listened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// What is spoken.
    pub protocol: Protocol,
    /// Where: `0.0.0.0:5432`, `[::]:80`, `/run/postgresql/.s.PGSQL.5432`.
    pub address: String,
    /// Its port.
    pub port: Option<u16>,
    /// Only this machine reaches it.
    pub is_local: bool,
    /// The sockets' inodes: several processes may listen on one address.
    pub inodes: Vec<u64>,
    /// Connections that are open to it.
    pub clients: u64,
    /// Whom they come from, each address once; none for local sockets.
    pub peers: Vec<IpAddr>,
}

/// More than any machine that still works has: a table that is longer is cut, and said to be.
const LARGEST: u64 = 64 << 20;

struct Socket {
    local: SocketAddr,
    remote: SocketAddr,
    state: u8,
    inode: u64,
}

const ESTABLISHED: u8 = 1;
/// What UDP shows for every socket that is not connected.
const CLOSE: u8 = 7;
const LISTEN: u8 = 10;

pub(super) fn listeners(dir: &Path) -> Result<Vec<Listener>, Why> {
    let read = |name: &str| text(&dir.join(name), LARGEST).map_err(|e| why(&dir.join(name), &e));
    // A kernel without IPv6 has no second table.
    let tcp: Vec<Socket> = sockets(&read("tcp")?).chain(sockets(&read("tcp6").unwrap_or_default())).collect();
    let udp = read("udp").unwrap_or_default() + &read("udp6").unwrap_or_default();
    let mut found: Vec<Listener> = Vec::new();
    for socket in tcp.iter().filter(|s| s.state == LISTEN) {
        add(&mut found, Protocol::Tcp, socket);
    }
    let open: Vec<&Socket> = tcp.iter().filter(|s| s.state == ESTABLISHED).collect();
    for listener in &mut found {
        let Ok(address) = listener.address.parse::<SocketAddr>() else { continue };
        for socket in open.iter().filter(|s| reaches(s.local, address)) {
            listener.clients += 1;
            if !listener.peers.contains(&socket.remote.ip()) {
                listener.peers.push(socket.remote.ip());
            }
        }
    }
    for socket in sockets(&udp).filter(|s| s.state == CLOSE && s.remote.port() == 0) {
        add(&mut found, Protocol::Udp, &socket);
    }
    found.extend(unix(&read("unix").unwrap_or_default()));
    Ok(found)
}

/// Whether a connection to `local` came in by this listening address.
fn reaches(local: SocketAddr, listening: SocketAddr) -> bool {
    local.port() == listening.port() && (listening.ip().is_unspecified() || listening.ip() == local.ip())
}

fn add(found: &mut Vec<Listener>, protocol: Protocol, socket: &Socket) {
    let address = socket.local.to_string();
    if let Some(have) = found.iter_mut().find(|l| l.protocol == protocol && l.address == address) {
        have.inodes.push(socket.inode);
        return;
    }
    found.push(Listener {
        protocol,
        address,
        port: Some(socket.local.port()),
        is_local: socket.local.ip().is_loopback(),
        inodes: vec![socket.inode],
        clients: 0,
        peers: Vec::new(),
    });
}

/// The lines of a table of IP sockets: number, local and remote address, state, …, inode the tenth field.
fn sockets(table: &str) -> impl Iterator<Item = Socket> {
    table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().take(10).collect();
        Some(Socket {
            local: address(fields.get(1)?)?,
            remote: address(fields.get(2)?)?,
            state: u8::from_str_radix(fields.get(3)?, 16).ok()?,
            inode: fields.get(9)?.parse().ok()?,
        })
    })
}

/// `0100007F:1538`: words of the machine's own byte order, then the port. IPv4 inside IPv6 becomes IPv4.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| Some(u32::from_str_radix(ip.get(at * 8..at * 8 + 8)?, 16).ok()?.to_ne_bytes());
    let ip: IpAddr = match ip.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let mut bytes = [0; 16];
            for (at, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(at)?);
            }
            let ip = Ipv6Addr::from(bytes);
            ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4)
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// Local stream sockets with a name. What a server has accepted carries the name of the socket it came in by.
fn unix(table: &str) -> Vec<Listener> {
    const ACCEPTS: u64 = 1 << 16;
    const CONNECTED: &str = "03";
    struct Row<'a> {
        flags: u64,
        state: &'a str,
        inode: u64,
        path: &'a str,
    }
    let rows: Vec<Row<'_>> = table
        .lines()
        .filter_map(|line| {
            // Num RefCount Protocol Flags Type St Inode Path; the path is the rest, and may hold spaces.
            let mut rest = line;
            let mut fields = [""; 7];
            for field in &mut fields {
                rest = rest.trim_start();
                (*field, rest) = rest.split_once(' ')?;
            }
            let [_, _, _, flags, _, state, inode] = fields;
            Some(Row {
                flags: u64::from_str_radix(flags, 16).ok()?,
                state,
                inode: inode.parse().ok()?,
                path: rest,
            })
        })
        .filter(|row| !row.path.is_empty())
        .collect();
    let mut found: Vec<Listener> = rows
        .iter()
        .filter(|row| row.flags & ACCEPTS != 0)
        .map(|row| Listener {
            protocol: Protocol::Unix,
            address: row.path.to_owned(),
            port: None,
            is_local: true,
            inodes: vec![row.inode],
            clients: 0,
            peers: Vec::new(),
        })
        .collect();
    for row in rows.iter().filter(|row| row.flags & ACCEPTS == 0 && row.state == CONNECTED) {
        if let Some(listener) = found.iter_mut().find(|l| l.address == row.path) {
            listener.clients += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    // Tables as a little-endian machine prints them.
    const TCP: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   104        0 11 1 0 100 0 0 10 0
   1: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105        0 12 1 0 100 0 0 10 0
   2: 0701000A:1538 0901000A:C350 01 00000000:00000000 00:00000000 00000000   104        0 21 1 0 100 0 0 10 0
   3: 0701000A:1538 0901000A:C351 01 00000000:00000000 00:00000000 00000000   104        0 22 1 0 100 0 0 10 0
   4: 0901000A:C350 0701000A:1538 01 00000000:00000000 00:00000000 00000000     0        0 23 1 0 100 0 0 10 0
   5: 0701000A:1538 0B01000A:C352 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 100 0 0 10 0
";
    const TCP6: &str = "  sl  local_address remote_address st\n   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 31 1 0\n   1: 0000000000000000FFFF00000701000A:0050 0000000000000000FFFF00000C01000A:D000 01 00000000:00000000 00:00000000 00000000 0 0 32 1 0\n";
    const UDP: &str = "   sl  local_address\n  10: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 41 2 0\n  11: 0701000A:0044 0100000A:0043 01 00000000:00000000 00:00000000 00000000 0 0 42 2 0\n";
    const UNIX: &str = "Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01    51 /run/a b.sock
0000000000000000: 00000003 00000000 00000000 0001 03    52 /run/a b.sock
0000000000000000: 00000003 00000000 00000000 0001 03    53
0000000000000000: 00000002 00000000 00000000 0002 01    54 /run/systemd/notify
";

    #[test]
    #[cfg(target_endian = "little")]
    fn who_listens_and_for_how_many() {
        let dir = tempfile::tempdir().unwrap();
        for (name, table) in [("tcp", TCP), ("tcp6", TCP6), ("udp", UDP), ("unix", UNIX)] {
            fs::write(dir.path().join(name), table).unwrap();
        }
        let found = listeners(dir.path()).unwrap();
        let shown: Vec<String> = found
            .iter()
            .map(|l| format!("{:?} {} {} {} {:?}", l.protocol, l.address, l.clients, l.is_local, l.inodes))
            .collect();
        assert_eq!(
            shown,
            [
                "Tcp 0.0.0.0:5432 2 false [11]",
                "Tcp 127.0.0.1:3306 0 true [12]",
                "Tcp [::]:80 1 false [31]",
                "Udp 0.0.0.0:53 0 false [41]",
                "Unix /run/a b.sock 1 true [51]",
            ]
        );
        assert_eq!(found[0].peers, ["10.0.1.9".parse::<IpAddr>().unwrap()]);
        assert_eq!(found[2].peers, ["10.0.1.12".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn no_table_is_no_answer() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(listeners(dir.path()), Err(Why::Failed(_))));
    }

    proptest! {
        #[test]
        fn any_table_is_read(table in "[0-9A-F: /\n.a]{0,200}") {
            let _ = sockets(&table).count();
            let _ = unix(&table);
        }
    }
}
