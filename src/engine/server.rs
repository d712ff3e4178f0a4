//! API servers and endpoints: their URLs taken apart, compared, and told from those of this machine and of networks that many
//! people have.

use core::net::{IpAddr, Ipv4Addr};

/// Names that only mean something inside a network (RFC 6762, 8375, 9476 and ICANN's `internal`, and the usual ones).
const PRIVATE_DOMAINS: [&str; 9] =
    ["local", "localhost", "internal", "home.arpa", "lan", "intranet", "corp", "home", "svc"];

/// Whether a host is an address or a name that many networks use at the same time.
pub fn is_private(host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return match address {
            IpAddr::V4(v4) => is_private_v4(v4),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => is_private_v4(v4),
                // fc00::/7 (RFC 4193), fe80::/10.
                None => {
                    let first = v6.segments().first().copied().unwrap_or_default();
                    v6.is_loopback()
                        || v6.is_unspecified()
                        || first & 0xfe00 == 0xfc00
                        || first & 0xffc0 == 0xfe80
                }
            },
        };
    }
    let inside = |domain: &&str| host.strip_suffix(*domain).is_some_and(|h| h.is_empty() || h.ends_with('.'));
    !host.contains('.') || PRIVATE_DOMAINS.iter().any(inside)
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    // 100.64.0.0/10 (RFC 6598) is the carriers' and the mesh VPNs' own.
    let shared = matches!(address.octets(), [100, second, ..] if second & 0xc0 == 64);
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || shared
}

/// An API server's URL, taken apart as client-go does: without a scheme (or with a name that only looks like one, as in
/// `localhost:8080`) it is plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerParts<'a> {
    /// Lower-case.
    pub scheme: String,
    /// Lower-case, without brackets.
    pub host: String,
    /// The port, also when it is only the scheme's own.
    pub port: String,
    /// The path without slashes at its end; empty when there is none.
    pub path: &'a str,
}

impl ServerParts<'_> {
    /// `host:port`, an IPv6 address in brackets.
    pub fn host_port(&self) -> String {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        format!("{open}{}{close}:{}", self.host, self.port)
    }
}

/// Takes a server apart. Total: what is no URL is a host.
pub fn server_parts(server: &str) -> ServerParts<'_> {
    let (scheme, rest) = match server.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) && !rest.starts_with('/') && !rest.is_empty() => {
            (scheme.to_ascii_lowercase(), rest)
        }
        _ => ("http".to_owned(), server),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|b| b.is_ascii_digit()) && (!host.contains(':') || host.ends_with(']')) =>
        {
            (host, port)
        }
        _ => (authority, ""),
    };
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let port = match (port.trim_start_matches('0'), scheme.as_str()) {
        ("", "https") => "443",
        ("", _) => "80",
        (port, _) => port,
    };
    ServerParts {
        port: port.to_owned(),
        host: host.trim_end_matches('.').to_lowercase(),
        path: path.trim_end_matches('/'),
        scheme,
    }
}

fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// Whether kubectl speaks TLS with this server. Without TLS it never reads any credentials.
pub fn is_tls(server: &str) -> bool {
    server_parts(server).scheme == "https"
}

/// The server in the one form used for comparing: scheme and host in lower case, the port always written, no slash at
/// the end, no user, query or fragment.
pub fn normal_server(server: &str) -> String {
    let parts = server_parts(server);
    format!("{}://{}{}", parts.scheme, parts.host_port(), parts.path)
}

/// Whether a host is this machine itself.
pub fn is_loopback(host: &str) -> bool {
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    // Connecting to the unspecified address reaches this machine too; k3d writes it.
    if matches!(host, "::1" | "::" | "0:0:0:0:0:0:0:1") {
        return true;
    }
    let numbers: Option<Vec<u8>> = host.split('.').map(|part| part.parse().ok()).collect();
    numbers.is_some_and(|n| n.len() == 4 && (n.first() == Some(&127) || n.iter().all(|b| *b == 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn servers_in_their_normal_form() {
        for (server, want) in [
            ("https://10.0.3.12:6443", "https://10.0.3.12:6443"),
            ("HTTPS://API.Example.com/", "https://api.example.com:443"),
            ("https://api.example.com:443", "https://api.example.com:443"),
            ("https://api.example.com.", "https://api.example.com:443"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("localhost:8080", "http://localhost:8080"),
            ("10.0.0.1", "http://10.0.0.1:80"),
            ("https://[::1]:6443/", "https://[::1]:6443"),
            ("https://[FE80::1]", "https://[fe80::1]:443"),
            ("https://rancher.example/k8s/clusters/c-1/", "https://rancher.example:443/k8s/clusters/c-1"),
            ("https://h/a?x=1#y", "https://h:443/a"),
            ("https://user:pw@h:6443", "https://h:6443"),
            ("https://h:06443", "https://h:6443"),
        ] {
            assert_eq!(normal_server(server), want, "{server}");
        }
    }

    #[test]
    fn only_https_is_tls() {
        assert!(is_tls("https://h") && is_tls("HTTPS://h:1"));
        assert!(!is_tls("http://h") && !is_tls("h:443") && !is_tls("https:///x") && !is_tls(""));
    }

    proptest! {
        #[test]
        fn the_normal_form_is_a_fixed_point(server in "\\PC{0,60}") {
            let once = normal_server(&server);
            prop_assume!(!server_parts(&server).host.contains([':', '@', '[', ']']));
            prop_assume!(!server_parts(&server).host.is_empty());
            prop_assert_eq!(normal_server(&once), once.clone());
        }
    }
}
