//! Units on a real systemd: what a start stops, what a limit cuts off, what an everyday line asks.

use crate::booted::{booted, check, texts};
use crate::support::chroot::Root;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What is foretold to stop without having been named.
fn along(found: &Value) -> BTreeSet<String> {
    found["impact"]["groups"].as_array().unwrap().iter().flat_map(|group| texts(&group["names"])).collect()
}

/// The links of the package systemd-sysv, which the test bed has not.
fn with_sysv(root: &Root) {
    root.ok(
        "for name in halt poweroff reboot shutdown telinit init; do ln -s /bin/systemctl /sbin/$name; done",
    );
}

fn active(root: &Root) -> BTreeSet<String> {
    let list = root.ok("systemctl list-units --state=active --plain --no-legend 't-*' | cut -d' ' -f1");
    list.lines().map(|line| line.trim_end_matches(".service").to_owned()).collect()
}

fn unit(root: &Root, name: &str, lines: &str) {
    unit_running(root, name, lines, "/bin/sleep 99999");
}

fn unit_running(root: &Root, name: &str, lines: &str, program: &str) {
    root.write(
        &format!("/etc/systemd/system/t-{name}.service"),
        format!("[Unit]\n{lines}\n[Service]\nExecStart={program}\n[Install]\nWantedBy=multi-user.target\n"),
    );
}

/// Each way in which a start stops something: what was foretold is what really stops.
#[test]
fn a_start_stops_what_it_conflicts_with() {
    let root = booted!("starts");
    unit(&root, "old", "");
    unit(&root, "needs", "Requires=t-old.service\nAfter=t-old.service");
    unit(&root, "new", "Conflicts=t-old.service");
    unit(&root, "wall", "Conflicts=t-victim.service");
    unit(&root, "victim", "");
    unit(&root, "pulls", "Wants=t-new.service");
    unit(&root, "deep", "Requires=t-pulls.service");
    unit_running(&root, "after", "OnSuccess=t-new.service", "/bin/true");
    unit(&root, "plain", "");
    unit_running(&root, "night", "", "/sbin/reboot");
    root.write("/etc/systemd/system/t-tick.timer", "[Timer]\nOnActiveSec=1h\nUnit=t-new.service\n");
    root.ok("systemctl daemon-reload");
    let all = ["t-new", "t-pulls", "t-deep", "t-after", "t-wall", "t-victim", "t-plain"].join(" ");
    for (line, running) in [
        ("systemctl start t-new", "t-old"),
        ("systemctl start t-new", "t-needs"),
        ("systemctl start t-pulls", "t-old"),
        ("systemctl start t-deep", "t-needs"),
        ("systemctl enable --now t-new", "t-old"),
        ("systemctl restart t-new", "t-old"),
        ("systemctl reload-or-restart t-new", "t-needs"),
        ("service t-new start", "t-old"),
        ("systemctl start t-victim", "t-wall"),
        ("systemctl start t-after", "t-old"),
        ("systemctl start t-plain", "t-old"),
        ("systemctl try-restart t-new", "t-old"),
    ] {
        root.run(&format!("systemctl stop {all} t-old t-needs; systemctl disable t-new"));
        root.ok(&format!("systemctl start {running}"));
        let before = active(&root);
        let found = check(&root, line);
        let foretold = along(&found);
        root.ok(line);
        let end = Instant::now() + Duration::from_secs(30);
        let stopped = loop {
            let stopped: BTreeSet<String> = before.difference(&active(&root)).cloned().collect();
            let idle = root.ok("systemctl list-jobs --no-legend").trim().is_empty();
            if (idle && stopped == foretold) || Instant::now() > end {
                break stopped;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        assert_eq!(foretold, stopped, "{line} while {running} runs");
        let (decision, effect) =
            if stopped.is_empty() { ("allow", "mutate") } else { ("confirm", "disrupt") };
        assert_eq!(
            (found["decision"].as_str(), found["effect"].as_str()),
            (Some(decision), Some(effect)),
            "{line}: {found}"
        );
        let why = found["impact"]["surprise"].as_str().unwrap_or_default();
        assert_eq!(why.contains("stops what it conflicts with"), !stopped.is_empty(), "{line}: {why}");
    }
    // Only foretold: it would be this machine's, or come later.
    root.run(&format!("systemctl stop {all}"));
    root.ok("systemctl start t-old");
    assert_eq!(along(&check(&root, "systemctl start t-tick.timer")), BTreeSet::from(["t-old".to_owned()]));
    for line in
        ["systemctl start t-night", "systemctl start systemd-suspend", "systemctl restart reboot.target"]
    {
        let found = check(&root, line);
        assert_eq!(found["effect"], "disrupt", "{line}: {found}");
    }
    // The shim, which lets changes through where nothing speaks against it.
    root.shims(&["systemctl"]);
    let refused = root.run("systemctl start t-new");
    assert_eq!(refused.status.code(), Some(77), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(active(&root).contains("t-old"));
    root.ok("systemctl start t-plain && systemctl start t-plain");
    assert!(active(&root).contains("t-plain"));
}

/// What comes after a stop: what nothing needs any more, and what a unit starts when it has ended.
#[test]
fn a_stop_is_not_the_end() {
    let root = booted!("sequels");
    unit(&root, "dep", "StopWhenUnneeded=yes");
    unit(&root, "deeper", "StopWhenUnneeded=yes");
    unit(&root, "user", "Requires=t-dep.service t-deeper.service\nAfter=t-dep.service");
    unit(&root, "other", "Wants=t-deeper.service");
    unit(&root, "last", "OnSuccess=t-next.service");
    unit(&root, "next", "");
    unit(&root, "fatal", "OnFailure=reboot.target");
    unit(&root, "deadly", "SuccessAction=reboot");
    root.ok("systemctl daemon-reload && systemctl start t-user t-other t-last t-fatal t-deadly");
    let before = active(&root);
    let foretold = along(&check(&root, "systemctl stop t-user"));
    root.ok("systemctl stop t-user");
    let end = Instant::now() + Duration::from_secs(30);
    while active(&root).contains("t-dep") && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut stopped: BTreeSet<String> = before.difference(&active(&root)).cloned().collect();
    stopped.remove("t-user");
    assert_eq!(foretold, stopped);
    assert_eq!(stopped, BTreeSet::from(["t-dep".to_owned()]));
    let also = |line: &str| texts(&check(&root, line)["impact"]["also"]).join("\n");
    assert!(also("systemctl stop t-last").contains("starts t-next then (OnSuccess=)"));
    root.ok("systemctl stop t-last");
    root.ok("systemctl is-active t-next");
    for line in ["systemctl stop t-deadly", "systemctl kill t-fatal", "systemctl restart t-deadly"] {
        assert!(also(line).contains("THE MACHINE"), "{line}: {}", also(line));
    }
}

/// A limit below what is used, and an address list that cuts a server off; the same on something that does not run.
#[test]
fn limits_that_cut_off() {
    let root = booted!("limits");
    for (setting, asks) in [
        ("IPAddressDeny=any", true),
        ("MemoryMax=100K", true),
        ("MemoryMax=8G", false),
        ("MemoryHigh=1K", true),
        ("TasksMax=1", true),
        ("TasksMax=4000", false),
        ("CPUQuota=1%", true),
        ("CPUWeight=50", false),
        ("DevicePolicy=strict", true),
    ] {
        let found = check(&root, &format!("systemctl set-property nginx.service {setting}"));
        assert_eq!(found["decision"] == "confirm", asks, "{setting}: {found}");
        let still = check(&root, &format!("systemctl set-property apt-daily.service {setting}"));
        assert_eq!(still["decision"], "allow", "{setting}: {still}");
    }
}

/// What somebody wrote about a unit, which `revert` removes.
#[test]
fn what_was_written_by_hand() {
    let root = booted!("reverts");
    root.write("/etc/systemd/system/nginx.service.d/by-hand.conf", "[Service]\nNice=3\n");
    root.ok("cp /lib/systemd/system/cron.service /etc/systemd/system/");
    unit(&root, "own", "");
    root.ok("systemctl daemon-reload");
    let removed = |unit: &str| texts(&check(&root, &format!("systemctl revert {unit}"))["impact"]["also"]);
    assert_eq!(removed("nginx"), ["/etc/systemd/system/nginx.service.d/by-hand.conf is removed"]);
    assert_eq!(removed("cron"), ["/etc/systemd/system/cron.service is removed"]);
    assert!(removed("t-own").is_empty() && removed("ssh").is_empty());
    assert_eq!(check(&root, "systemctl revert nginx")["challenge"]["level"], "yes-no");
    assert_eq!(check(&root, "systemctl revert ssh")["decision"], "allow");
    root.ok("systemctl revert nginx cron t-own");
    assert!(!root.has("/etc/systemd/system/nginx.service.d/by-hand.conf"));
    assert!(!root.has("/etc/systemd/system/cron.service") && root.has("/etc/systemd/system/t-own.service"));
}

/// A plan of logind's: called off, looked at, replaced. There is no logind in the test bed: its file is.
#[test]
fn what_is_planned() {
    let root = booted!("plans");
    with_sysv(&root);
    let effect = |line: &str| check(&root, line)["effect"].as_str().unwrap().to_owned();
    let first = |line: &str| texts(&check(&root, line)["impact"]["also"])[0].clone();
    assert!(first("shutdown -r +60").starts_with("AT ONCE: logind"));
    assert_eq!(effect("shutdown -k +5"), "mutate");
    // What runs under its name keeps no plan, but the file is as it would be.
    root.ok("mkdir -p /run/systemd/shutdown && cp /bin/sleep /tmp/systemd-logind");
    root.ok("systemd-run --quiet /tmp/systemd-logind 999 && until pgrep -x systemd-logind >/dev/null; do sleep 0.1; done");
    root.ok("printf 'USEC=%s\\nMODE=reboot\\n' $(( ($(date +%s) + 7300) * 1000000 )) >/run/systemd/shutdown/scheduled");
    for (line, want) in [
        ("systemctl reboot --when=cancel", "mutate"),
        ("systemctl reboot --when=", "mutate"),
        ("systemctl reboot --when=show", "read"),
        ("shutdown -c", "mutate"),
        ("shutdown --show", "read"),
        ("shutdown -k now", "read"),
        ("shutdown -k +5", "disrupt"),
        ("systemctl reboot --dry-run --when=+5min", "disrupt"),
        ("systemctl reboot --dry-run", "read"),
    ] {
        assert_eq!(effect(line), want, "{line}");
    }
    assert!(first("systemctl reboot --when=yesterday").starts_with("AT ONCE: `yesterday` was"));
    assert!(first("systemctl poweroff --when=+5min").starts_with("in 5 min, at `+5min`"));
    assert!(first("reboot +5").starts_with("AT ONCE: `+5` is no time"));
    let also = texts(&check(&root, "shutdown -P +5")["impact"]["also"]);
    assert_eq!(also[1], "takes the place of the reboot planned in 2 hours");
}

/// Lines of an ordinary day on a host nobody has classified.
#[test]
fn an_ordinary_day() {
    const LINES: &[&str] = &[
        "systemctl status nginx",
        "systemctl list-units --failed",
        "systemctl is-active postgresql",
        "systemctl start nginx",
        "systemctl start apt-daily.timer",
        "systemctl enable --now cron",
        "systemctl enable nginx",
        "systemctl disable nginx",
        "systemctl reload nginx",
        "systemctl reload-or-restart nginx",
        "systemctl daemon-reload",
        "systemctl reset-failed",
        "systemctl kill -s HUP cron",
        "systemctl kill -s HUP redis-server",
        "systemctl kill -s USR1 nginx",
        "systemctl restart apt-daily.timer",
        "systemctl stop apt-daily.timer",
        "systemctl stop remote-fs.target",
        "systemctl restart getty.target",
        "systemctl try-restart no-such-unit",
        "systemctl stop no-such-unit",
        "systemctl --user restart syncthing",
        "systemctl --user stop syncthing",
        "systemctl frobnicate nginx",
        "service nginx status",
        "service nginx reload",
        "service no-such-unit frobnicate",
        "systemctl set-property cron.service CPUWeight=50",
        "systemctl edit nginx",
        "shutdown -c",
        "shutdown --show",
        "init q",
        "systemctl restart cron",
        "systemctl restart nginx",
        "systemctl stop nginx",
        "reboot",
    ];
    let root = booted!("ordinary");
    with_sysv(&root);
    let asks: Vec<(&str, Value)> = LINES
        .iter()
        .map(|line| (*line, check(&root, line)))
        .filter(|(_, found)| found["decision"] != "allow")
        .collect();
    let named: Vec<&str> = asks.iter().map(|(line, _)| *line).collect();
    assert_eq!(
        named,
        ["systemctl restart cron", "systemctl restart nginx", "systemctl stop nginx", "reboot"]
    );
    // A y where nobody is served and no data is at stake; the name where it is the machine, data or a client.
    let level = |line: &str| check(&root, line)["challenge"]["level"].as_str().map(str::to_owned);
    for (line, want) in [
        ("systemctl restart cron", "yes-no"),
        ("systemctl stop nginx", "yes-no"),
        ("systemctl restart redis-server", "typed"),
        ("systemctl stop postgresql", "typed"),
        ("systemctl stop ssh", "typed"),
        ("systemctl isolate rescue.target", "typed"),
        ("reboot", "typed"),
    ] {
        assert_eq!(level(line).as_deref(), Some(want), "{line}");
    }
}
