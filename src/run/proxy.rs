//! The proxy that Go's `net/http` takes from the environment (`golang.org/x/net/http/httpproxy`), and kubectl with it.

use crate::world::World;
use std::net::IpAddr;

/// The proxy for a host (brackets around an IPv6 address allowed), and the variable that names it.
pub fn of_environment(world: &World, https: bool, host: &str) -> Option<(&'static str, String)> {
    let var = |names: [&'static str; 2]| {
        let one = |name| world.set_var(name).and_then(|v| v.to_str()).map(|v| (name, v.to_owned()));
        names.into_iter().find_map(one)
    };
    let (name, proxy) =
        var(if https { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] })?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|a| a.is_loopback()) {
        return None;
    }
    let spared = var(["NO_PROXY", "no_proxy"]).map(|(_, v)| v).unwrap_or_default();
    let spares = |entry: &str| {
        let entry = entry.trim().to_ascii_lowercase();
        let entry = entry
            .rsplit_once(':')
            .filter(|(h, p)| !h.contains(':') && p.parse::<u16>().is_ok())
            .map_or(entry.as_str(), |(h, _)| h);
        if entry.is_empty() {
            return false;
        }
        if entry == "*" || entry == host {
            return true;
        }
        if let (Some(address), Some((net, bits))) = (address, entry.split_once('/')) {
            return in_network(address, net, bits);
        }
        let suffix = entry.strip_prefix("*.").or(entry.strip_prefix('.')).unwrap_or(entry);
        address.is_none() && host.strip_suffix(suffix).is_some_and(|front| front.ends_with('.'))
    };
    if spared.split(',').any(spares) {
        return None;
    }
    Some((name, if proxy.contains("://") { proxy } else { format!("http://{proxy}") }))
}

fn in_network(address: IpAddr, net: &str, bits: &str) -> bool {
    let (Ok(net), Ok(bits)) = (net.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    match (address, net) {
        (IpAddr::V4(a), IpAddr::V4(n)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            a.to_bits() & mask == n.to_bits() & mask
        }
        (IpAddr::V6(a), IpAddr::V6(n)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            a.to_bits() & mask == n.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_as_go_picks_them() {
        // (HTTPS_PROXY, NO_PROXY, host, proxy)
        let rows = [
            ("http://p:1", "", "api.example.com", Some("http://p:1")),
            ("p:1", "", "api.example.com", Some("http://p:1")),
            ("http://p:1", "", "127.0.0.1", None),
            ("http://p:1", "", "localhost", None),
            ("http://p:1", "", "[::1]", None),
            ("http://p:1", "example.com", "api.example.com", None),
            ("http://p:1", ".example.com", "api.example.com", None),
            ("http://p:1", "*.example.com", "api.example.com", None),
            ("http://p:1", "ample.com", "api.example.com", Some("http://p:1")),
            ("http://p:1", "10.0.0.0/8", "10.1.2.3", None),
            ("http://p:1", "10.0.0.0/8", "11.1.2.3", Some("http://p:1")),
            ("http://p:1", "x, *", "11.1.2.3", None),
            ("http://p:1", "10.1.2.3:6443", "10.1.2.3", None),
            ("", "", "api.example.com", None),
        ];
        for (proxy, spared, host, want) in rows {
            let world = World::of(&[("HTTPS_PROXY", proxy), ("NO_PROXY", spared)], "/");
            let got = of_environment(&world, true, host).map(|(_, proxy)| proxy);
            assert_eq!(got.as_deref(), want, "{proxy} {spared} {host}");
        }
    }
}
