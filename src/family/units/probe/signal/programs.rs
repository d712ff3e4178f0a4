//! What servers do when they catch a signal, as their own manuals say. That a signal is caught tells only that somebody
//! thought of it: Apache and HAProxy catch one in order to stop, a Go program's runtime catches all of them and ends by
//! SIGHUP all the same (os/signal, "Default behavior of signals in Go programs"), and so does Java's.

/// What comes of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It serves on: reads its configuration again, reopens its logs, writes down how it is.
    GoesOn,
    /// It stops, or cuts off whom it serves.
    Stops,
}

use Meaning::{GoesOn, Stops};

/// Program, signal, what comes of it, in words, and where that is written.
type Row = (&'static str, &'static str, Meaning, &'static str, &'static str);

const ROWS: &[Row] = &[
    // Apache kills its children at once for HUP; only USR1 lets them finish.
    (
        "apache2",
        "HUP",
        Stops,
        "ends its children at once and starts new ones",
        "httpd.apache.org, \"Stopping\" (2.4)",
    ),
    ("apache2", "USR1", GoesOn, "restarts gracefully", "httpd.apache.org, \"Stopping\" (2.4)"),
    ("apache2", "WINCH", Stops, "stops gracefully", "httpd.apache.org, \"Stopping\" (2.4)"),
    (
        "httpd",
        "HUP",
        Stops,
        "ends its children at once and starts new ones",
        "httpd.apache.org, \"Stopping\" (2.4)",
    ),
    ("httpd", "USR1", GoesOn, "restarts gracefully", "httpd.apache.org, \"Stopping\" (2.4)"),
    ("httpd", "WINCH", Stops, "stops gracefully", "httpd.apache.org, \"Stopping\" (2.4)"),
    // The master and its workers; a worker leaves out HUP and USR2.
    ("nginx", "HUP", GoesOn, "reads its configuration again", "nginx.org, \"Controlling nginx\""),
    ("nginx", "USR1", GoesOn, "reopens its logs", "nginx.org, \"Controlling nginx\""),
    ("nginx", "USR2", GoesOn, "starts its new program beside the old", "nginx.org, \"Controlling nginx\""),
    ("nginx", "WINCH", Stops, "shuts its workers down", "nginx.org, \"Controlling nginx\""),
    ("haproxy", "HUP", GoesOn, "writes down its servers' state", "HAProxy management guide, chapter 4"),
    ("haproxy", "USR1", Stops, "stops once its clients have left", "HAProxy management guide, chapter 4"),
    ("squid", "HUP", GoesOn, "reads its configuration again", "squid(8), -k reconfigure"),
    ("squid", "USR1", GoesOn, "rotates its logs", "squid(8), -k rotate"),
    ("squid", "USR2", GoesOn, "switches its debugging", "squid(8), -k debug"),
    // Each of its processes; USR1 and USR2 are its own between them, and the checkpointer shuts down by one.
    ("postgres", "HUP", GoesOn, "reads its configuration again", "postgres(1), \"Notes\""),
    (
        "mysqld",
        "HUP",
        GoesOn,
        "flushes logs and tables, reads grants again",
        "MySQL 8.0 manual, \"Unix Signal Handling\"",
    ),
    ("mysqld", "USR1", GoesOn, "flushes its logs", "MySQL 8.0 manual, \"Unix Signal Handling\""),
    (
        "mariadbd",
        "HUP",
        GoesOn,
        "flushes logs and tables, reads grants again",
        "MySQL 5.7 manual, \"Server Response to Signals\"",
    ),
    ("php-fpm", "USR1", GoesOn, "reopens its logs", "php-fpm(8), \"Signals\""),
    ("php-fpm", "USR2", GoesOn, "reloads its workers one after the other", "php-fpm(8), \"Signals\""),
    (
        "gunicorn",
        "HUP",
        GoesOn,
        "starts new workers and lets the old finish",
        "docs.gunicorn.org, \"Signal Handling\"",
    ),
    ("gunicorn", "USR1", GoesOn, "reopens its logs", "docs.gunicorn.org, \"Signal Handling\""),
    (
        "gunicorn",
        "USR2",
        GoesOn,
        "starts its new program beside the old",
        "docs.gunicorn.org, \"Signal Handling\"",
    ),
    ("gunicorn", "WINCH", Stops, "shuts its workers down", "docs.gunicorn.org, \"Signal Handling\""),
    ("unicorn", "WINCH", Stops, "shuts its workers down", "unicorn, SIGNALS"),
    (
        "supervisord",
        "HUP",
        Stops,
        "stops all its programs and starts them again",
        "supervisord.org, \"Signal Handlers\"",
    ),
    ("supervisord", "USR2", GoesOn, "reopens its logs", "supervisord.org, \"Signal Handlers\""),
    ("java", "HUP", Stops, "shuts down", "java(1), -Xrs"),
    ("slapd", "HUP", Stops, "shuts down", "slapd.conf(5), gentlehup"),
    ("openvpn", "HUP", Stops, "closes every tunnel and starts anew", "openvpn(8), \"SIGNALS\""),
    ("openvpn", "USR1", Stops, "closes every tunnel and starts anew", "openvpn(8), \"SIGNALS\""),
    ("openvpn", "USR2", GoesOn, "writes down its clients", "openvpn(8), \"SIGNALS\""),
    ("sshd", "HUP", GoesOn, "reads its configuration again", "sshd(8)"),
    ("cron", "HUP", GoesOn, "reopens its log", "cron(8), \"SIGNALS\" (cronie; Debian's cron 3.0pl1)"),
    ("crond", "HUP", GoesOn, "reopens its log", "cron(8), \"SIGNALS\" (cronie)"),
    ("rsyslogd", "HUP", GoesOn, "reopens its files", "rsyslogd(8), \"SIGNALS\""),
    ("rsyslogd", "USR1", GoesOn, "switches its debugging", "rsyslogd(8), \"SIGNALS\""),
    ("syslog-ng", "HUP", GoesOn, "reads its configuration again", "syslog-ng(8), \"Signals\""),
    (
        "systemd-journald",
        "USR1",
        GoesOn,
        "writes its logs to disk",
        "systemd-journald.service(8), \"Signals\"",
    ),
    ("systemd-journald", "USR2", GoesOn, "rotates its logs", "systemd-journald.service(8), \"Signals\""),
    (
        "systemd-resolved",
        "USR1",
        GoesOn,
        "writes down its caches",
        "systemd-resolved.service(8), \"Signals\"",
    ),
    ("systemd-resolved", "USR2", GoesOn, "empties its caches", "systemd-resolved.service(8), \"Signals\""),
    ("dnsmasq", "HUP", GoesOn, "empties its cache and reads hosts again", "dnsmasq(8), \"NOTES\""),
    ("dnsmasq", "USR1", GoesOn, "writes down how it is", "dnsmasq(8), \"NOTES\""),
    ("dnsmasq", "USR2", GoesOn, "reopens its log", "dnsmasq(8), \"NOTES\""),
    ("named", "HUP", GoesOn, "reads its configuration again", "named(8), \"Signals\""),
    ("unbound", "HUP", GoesOn, "reads its configuration again", "unbound(8)"),
    ("dovecot", "HUP", GoesOn, "reads its configuration again", "dovecot(1), \"SIGNALS\""),
    ("dovecot", "USR1", GoesOn, "reopens its logs", "dovecot(1), \"SIGNALS\""),
    ("auditd", "HUP", GoesOn, "reads its configuration again", "auditd(8), \"SIGNALS\""),
    ("auditd", "USR1", GoesOn, "rotates its logs", "auditd(8), \"SIGNALS\""),
    ("auditd", "USR2", GoesOn, "takes up logging again", "auditd(8), \"SIGNALS\""),
    ("smartd", "HUP", GoesOn, "reads its configuration again", "smartd(8), \"SIGNALS\""),
    ("smartd", "USR1", GoesOn, "checks its disks", "smartd(8), \"SIGNALS\""),
    ("keepalived", "HUP", GoesOn, "reads its configuration again", "keepalived(8), \"SIGNALS\""),
    ("keepalived", "USR1", GoesOn, "writes down how it is", "keepalived(8), \"SIGNALS\""),
    ("keepalived", "USR2", GoesOn, "writes down its statistics", "keepalived(8), \"SIGNALS\""),
    ("NetworkManager", "HUP", GoesOn, "reads its configuration again", "NetworkManager(8), \"SIGNALS\""),
    (
        "NetworkManager",
        "USR1",
        GoesOn,
        "writes the names of its servers again",
        "NetworkManager(8), \"SIGNALS\"",
    ),
    ("tor", "HUP", GoesOn, "reads its configuration again", "tor(1), \"SIGNALS\""),
    ("tor", "USR1", GoesOn, "writes down how it is", "tor(1), \"SIGNALS\""),
    ("tor", "USR2", GoesOn, "writes more into its log", "tor(1), \"SIGNALS\""),
    (
        "dockerd",
        "HUP",
        GoesOn,
        "reads its configuration again",
        "dockerd reference, \"Daemon configuration file\"",
    ),
    ("dockerd", "USR1", GoesOn, "writes down what it does", "Docker, \"Troubleshoot the daemon\""),
    ("prometheus", "HUP", GoesOn, "reads its configuration again", "prometheus.io, \"Configuration\""),
    (
        "alertmanager",
        "HUP",
        GoesOn,
        "reads its configuration again",
        "prometheus.io, \"Alerting configuration\"",
    ),
];

/// What a program does by a signal: the meaning and the words for it. `name` is the file it runs or its short name, with
/// or without a version (`php-fpm8.2`).
pub fn meaning(name: &str, signal: &str) -> Option<(Meaning, &'static str)> {
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let row =
        ROWS.iter().find(|(program, its, ..)| *its == signal && (*program == name || *program == plain))?;
    Some((row.2, row.3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_well_formed() {
        for (n, (program, signal, _, does, source)) in ROWS.iter().enumerate() {
            assert!(["HUP", "USR1", "USR2", "WINCH"].contains(signal), "{program} {signal}");
            assert!(!does.is_empty() && does.len() <= 50 && source.len() > 3, "{program} {signal}");
            let again = ROWS.iter().skip(n + 1).any(|row| (row.0, row.1) == (*program, *signal));
            assert!(!again, "{program} {signal} twice");
        }
    }

    #[test]
    fn versions_are_left_off_and_strangers_are_not_guessed() {
        assert_eq!(meaning("php-fpm8.2", "USR2").map(|m| m.0), Some(GoesOn));
        assert_eq!(meaning("apache2", "WINCH").map(|m| m.0), Some(Stops));
        assert_eq!(meaning("apache2", "HUP").map(|m| m.0), Some(Stops));
        assert_eq!(meaning("etcd", "HUP"), None);
        assert_eq!(meaning("postgres", "USR2"), None);
    }
}
