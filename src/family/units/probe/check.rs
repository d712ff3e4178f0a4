//! Whether a service would come back: its own check of its configuration, before the restart. Only programs that check
//! and end, each by the very file the service runs.

use super::Request;
use super::manager::quiet;
use crate::engine::fact::Why;
use crate::engine::glob;
use crate::run::child;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use tokio::time::Instant;

/// A check.
struct Row {
    /// The unit, without `.service`.
    unit: &'static str,
    /// Programs that check, of which the first that is there is used.
    programs: &'static [&'static str],
    /// Its words.
    words: &'static [&'static str],
}

const fn row(unit: &'static str, programs: &'static [&'static str], words: &'static [&'static str]) -> Row {
    Row { unit, programs, words }
}

/// nginx(8) `-t`, sshd(8) `-t`, apachectl(8) `-t`, haproxy(1) `-c`, named-checkconf(8), php-fpm(8) `-t`, doveconf(1),
/// promtool(1). None of them starts anything or writes more than its own empty logs. nginx, sshd and postgres were run;
/// the others stand as their manual pages have them.
const CHECKS: &[Row] = &[
    row("nginx", &["/usr/sbin/nginx"], &["-t", "-q"]),
    row("ssh", &["/usr/sbin/sshd"], &["-t"]),
    row("sshd", &["/usr/sbin/sshd"], &["-t"]),
    row("apache2", &["/usr/sbin/apache2ctl"], &["-t"]),
    row("httpd", &["/usr/sbin/apachectl", "/usr/sbin/httpd"], &["-t"]),
    row("haproxy", &["/usr/sbin/haproxy"], &["-c", "-q", "-f", "/etc/haproxy/haproxy.cfg"]),
    row("named", &["/usr/bin/named-checkconf", "/usr/sbin/named-checkconf"], &[]),
    row("bind9", &["/usr/bin/named-checkconf", "/usr/sbin/named-checkconf"], &[]),
    row("php*-fpm", &[], &["-t"]),
    row("dovecot", &["/usr/bin/doveconf"], &["-n"]),
    row("prometheus", &["/usr/bin/promtool"], &["check", "config", "/etc/prometheus/prometheus.yml"]),
];

/// What a check said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// There is no check for this unit.
    None,
    /// The configuration is accepted.
    Good,
    /// It is refused, in the program's own words.
    Bad(String),
    /// The check itself came to nothing.
    Unknown(Why),
}

/// Checks the configuration of the unit with this name (without `.service`).
pub async fn run(request: &Request<'_>, unit: &str, until: Instant) -> Checked {
    if let Some((version, cluster)) = unit.strip_prefix("postgresql@").and_then(|rest| rest.split_once('-')) {
        return postgres(request, version, cluster, until).await;
    }
    let Some(row) = CHECKS.iter().find(|row| glob::matches(row.unit, unit)) else { return Checked::None };
    let own = format!("/usr/sbin/{}", unit.replace("-fpm", "").replace("php", "php-fpm"));
    let mut programs =
        row.programs.iter().copied().chain([own.as_str()].into_iter().filter(|_| row.programs.is_empty()));
    let Some(program) = programs.find(|program| in_root(request, program).is_file()) else {
        return Checked::None;
    };
    let mut command = quiet(&in_root(request, program), request);
    command.args(row.words);
    answer(child::run(command, None, until).await, false)
}

/// postgres(1) `-C`: reads the whole configuration and prints one setting. It refuses to run as root, so that it runs as
/// the owner of the configuration. What it cannot see: a library in `shared_preload_libraries` that is not there.
async fn postgres(request: &Request<'_>, version: &str, cluster: &str, until: Instant) -> Checked {
    let plain = |text: &str| !text.is_empty() && !text.contains('/') && !text.starts_with('.');
    if !plain(version) || !plain(cluster) {
        return Checked::None;
    }
    let program = in_root(request, &format!("/usr/lib/postgresql/{version}/bin/postgres"));
    let dir = in_root(request, &format!("/etc/postgresql/{version}/{cluster}"));
    let Ok(meta) = std::fs::metadata(dir.join("postgresql.conf")) else { return Checked::None };
    if !program.is_file() {
        return Checked::None;
    }
    let mut command = quiet(&program, request);
    command.args(["-C", "data_directory", "-D"]).arg(&dir).current_dir("/");
    if rustix::process::geteuid().is_root() {
        command.uid(meta.uid()).gid(meta.gid());
    }
    answer(child::run(command, None, until).await, true)
}

/// A path below the system's root directory.
fn in_root(request: &Request<'_>, path: &str) -> std::path::PathBuf {
    if request.root == Path::new("/") { path.into() } else { request.root.join(path.trim_start_matches('/')) }
}

/// The line of a failed check that says why.
fn answer(done: Result<child::Done, Why>, is_postgres: bool) -> Checked {
    let done = match done {
        Ok(done) if done.ok => return Checked::Good,
        Ok(done) => done,
        Err(why) => return Checked::Unknown(why),
    };
    let text = [done.err, done.out].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    // Logs stand before the error; what sums up stands behind it.
    let says = |line: &&&str| {
        let line = line.to_ascii_lowercase();
        ["emerg", "fatal", "error", "syntax", "bad configuration", "alert", "invalid"]
            .iter()
            .any(|w| line.contains(w))
    };
    let Some(line) = lines.iter().find(says).or_else(|| lines.last()) else {
        return Checked::Unknown(Why::Failed("the check failed without a word".to_owned()));
    };
    let lower = line.to_ascii_lowercase();
    if lower.contains("permission denied") || lower.contains("must be root") {
        return Checked::Unknown(Why::Forbidden);
    }
    if is_postgres && lower.contains("execution of the postgresql server is not permitted") {
        return Checked::Unknown(Why::Unsupported);
    }
    Checked::Bad((*line).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use child::Done;

    fn of(err: &str) -> Checked {
        answer(Ok(Done { ok: false, code: Some(1), out: Vec::new(), err: err.as_bytes().to_vec() }), false)
    }

    /// As the programs of Debian 12 print them.
    #[test]
    fn the_line_that_says_why() {
        for (err, want) in [
            (
                "nginx: [emerg] unknown directive \"listne\" in /etc/nginx/sites-enabled/default:3\nnginx: configuration file /etc/nginx/nginx.conf test failed\n",
                "nginx: [emerg] unknown directive \"listne\" in /etc/nginx/sites-enabled/default:3",
            ),
            (
                "/etc/ssh/sshd_config: line 3: Bad configuration option: Foo\n/etc/ssh/sshd_config: terminating, 1 bad configuration options\n",
                "/etc/ssh/sshd_config: line 3: Bad configuration option: Foo",
            ),
            (
                "2026-01-01 LOG:  unrecognized configuration parameter \"foo\" in file \"x\" line 8\n2026-01-01 FATAL:  configuration file \"x\" contains errors\n",
                "2026-01-01 FATAL:  configuration file \"x\" contains errors",
            ),
            ("something else\n", "something else"),
        ] {
            assert_eq!(of(err), Checked::Bad(want.to_owned()));
        }
        assert_eq!(
            of("nginx: [emerg] open() \"/x\" failed (13: Permission denied)"),
            Checked::Unknown(Why::Forbidden)
        );
        assert!(matches!(of(""), Checked::Unknown(_)));
        assert_eq!(answer(Err(Why::TimedOut), false), Checked::Unknown(Why::TimedOut));
        assert_eq!(
            answer(Ok(Done { ok: true, code: Some(0), out: Vec::new(), err: b"warning".to_vec() }), false),
            Checked::Good
        );
    }
}
