//! What guard says of packages before they go: real servers with data and clients, in a throw-away Debian.

use crate::support::chroot::Root;
use crate::support::ended::said;
use serde_json::Value;
use std::fmt::Write as _;

/// The answer to one command: its level, and everything that is told of it, a line each.
fn check(root: &Root, command: &str) -> (String, String) {
    let out = root.run(&format!("guard check --json -- {command}"));
    let answer: Value =
        serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{command}: {e}: {}", said(&out)));
    let impact = &answer["impact"];
    let list = |at: &str| impact[at].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut told = String::new();
    let _ = writeln!(told, "surprise: {}", text(&impact["surprise"]));
    let names: Vec<String> = list("subjects").iter().map(|s| text(&s["name"])).collect();
    let _ = writeln!(told, "goes: {}", names.join(" "));
    for data in list("data") {
        let _ =
            writeln!(told, "{}: {} ({})", text(&data["fate"]), text(&data["what"]), text(&data["because"]));
    }
    for also in list("also") {
        let _ = writeln!(told, "also: {}", text(&also));
    }
    for gap in answer["unchecked"].as_array().cloned().unwrap_or_default() {
        let _ = writeln!(told, "unchecked: {gap}");
    }
    let _ = writeln!(told, "phrase: {}", text(&answer["challenge"]["phrase"]));
    (text(&answer["effect"]), told)
}

/// Asserts the level of each command, and that every one of these is told in this order within some line.
fn hold(root: &Root, rows: &[(&str, &str, &[&[&str]])]) {
    let mut wrong = Vec::new();
    for (command, effect, lines) in rows {
        let (got, told) = check(root, command);
        if got != *effect {
            wrong.push(format!("{command}: {got}, not {effect}\n{told}"));
        }
        for line in *lines {
            let fits = |told: &str| {
                let mut rest = told;
                line.iter().all(|part| match rest.split_once(part) {
                    Some((_, after)) => {
                        rest = after;
                        true
                    }
                    None => false,
                })
            };
            if !told.lines().any(fits) {
                wrong.push(format!("{command}: nothing like {line:?} in\n{told}"));
            }
        }
        if told.contains("unchecked: ") {
            wrong.push(format!("{command}: root can see everything here\n{told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn servers_started_by_hand() {
    let Some(root) = Root::fresh("servers_started_by_hand") else { return };
    root.start("postgres");
    root.start("redis");
    root.start("nginx");
    root.ok("for n in 1 2 3; do su postgres -c \"psql -q prod -c 'select pg_sleep(600)'\" >/dev/null 2>&1 </dev/null & done");
    root.ok("redis-cli -h 127.0.0.1 subscribe x >/dev/null 2>&1 </dev/null &");
    root.ok("until [ $(pgrep -fc 'prod \\[local\\] SELECT') = 3 ]; do sleep 0.1; done");
    root.ok("until ss -Htn state established 'sport = :6379' | grep -q .; do sleep 0.1; done");
    hold(
        &root,
        &[
            // 2011.
            (
                "apt-get remove postgresql-client-15",
                "disrupt",
                &[
                    &[
                        "surprise: you named 1 package, 2 go; not named by you: postgresql-15 (server, ",
                        " MB, running ",
                        ", 3 clients)",
                    ],
                    &["goes: postgresql-15 postgresql-client-15"],
                    &[
                        "kept: PostgreSQL cluster 15/main: ",
                        " MB in /var/lib/postgresql/15/main, last written ",
                        "(a later purge deletes it)",
                    ],
                    &["also: stops postgres of postgresql-15 (running ", ", port 5432, 3 clients)"],
                    &["also: postgresql-15 needs postgresql-client-15"],
                ],
            ),
            (
                "apt-get purge postgresql-client-15",
                "destroy",
                &[
                    &["erased: PostgreSQL cluster 15/main: ", "(unless you answer no)"],
                    &["phrase: db1/15/main"],
                ],
            ),
            // The client's script deletes the server's data.
            (
                "apt-get purge redis-tools",
                "destroy",
                &[
                    &["surprise: ", "redis-server (server, ", "1 client)"],
                    &["erased: redis-tools: ", " kB in /var/lib/redis", "(the purge script asks nobody)"],
                    &["also: stops redis-server (", "port 6379, 1 client from 1 address)"],
                    &["phrase: db1/redis-tools"],
                ],
            ),
            ("apt-get remove nginx", "disrupt", &[&["also: stops nginx (", "port 80)"]]),
            // Removed long ago, its data still there.
            (
                "apt-get purge etcd-server",
                "destroy",
                &[&["erased: etcd-server: 3 MB in /var/lib/etcd"], &["phrase: db1/etcd-server"]],
            ),
            (
                "apt-get purge shop-ledger",
                "destroy",
                &[&["surprise: ", "not named by you: shop"], &["also: shop needs shop-ledger"]],
            ),
            ("apt-get remove openssh-server", "disrupt", &[&["also: openssh-server: the way in by ssh"]]),
            // Nobody has to be asked.
            ("apt-get remove less", "mutate", &[]),
            ("apt-get purge less", "mutate", &[]),
            ("apt-get install less-", "mutate", &[]),
        ],
    );
}

#[test]
#[ignore = "tests/run --all: one more booted systemd"]
fn services_of_systemd() {
    let Some(root) = Root::booted("services_of_systemd") else { return };
    root.start("postgres");
    root.start("redis");
    root.start("postfix");
    hold(
        &root,
        &[
            (
                "apt-get purge redis-tools",
                "destroy",
                &[&["also: stops redis-server.service (running ", "port 6379"]],
            ),
            (
                "apt-get remove postgresql-15",
                "disrupt",
                &[&["also: stops postgresql@15-main.service (running ", "port 5432"]],
            ),
            ("apt-get remove cron", "disrupt", &[&["also: stops cron.service (running "]]),
            // The empty queue of mail is no data.
            (
                "apt-get install exim4-daemon-light",
                "disrupt",
                &[
                    &[
                        "surprise: you named 1 package to install, 1 goes; not named by you: postfix (server, ",
                        "running ",
                    ],
                    &["also: stops postfix"],
                    &["also: installs exim4-daemon-light, "],
                ],
            ),
            ("apt-get purge postfix", "disrupt", &[&["also: settings made here are lost: /etc/postfix"]]),
        ],
    );
    root.ok("echo mail >/var/spool/postfix/deferred/x");
    hold(
        &root,
        &[(
            "apt-get purge postfix",
            "destroy",
            &[&["erased: postfix: ", "/var/spool/postfix", "(the purge script asks nobody)"]],
        )],
    );
}
