use super::*;
use proptest::prelude::*;

fn of(text: &str) -> Vec<Step> {
    steps(text, Values::new())
}

#[test]
fn where_it_puts_the_copy() {
    for (text, want) in [
        ("pg_dump shop > /var/backups/x.sql", vec!["/var/backups/x.sql"]),
        ("pg_dump -Fc shop -f /b/shop.dump", vec!["/b/shop.dump"]),
        ("pg_dump --file=/b/shop.dump shop", vec!["/b/shop.dump"]),
        ("pg_basebackup -D /b/base -Ft", vec!["/b/base"]),
        ("D=/b/pg\npg_dumpall | gzip -9 > \"$D/$(date +%F).sql.gz\"", vec!["/b/pg"]),
        ("pg_dump x | tee /b/y >/dev/null", vec!["/b/y"]),
        ("pg_dump x | zstd -o /b/x.zst", vec!["/b/x.zst"]),
        ("cd /b && pg_dump x > x.sql", vec!["/b/x.sql"]),
        ("pg_dump x > x.sql", vec![]),
        ("pg_dump x > $NOBODY/x.sql", vec![]),
        ("pg_dump x > /dev/null", vec![]),
        ("mysqldump -p5432 --result-file=/b/m.sql shop", vec!["/b/m.sql"]),
        ("redis-cli --rdb /b/r.rdb", vec!["/b/r.rdb"]),
        ("restic -r /srv/restic backup /etc", vec!["/srv/restic"]),
        ("su postgres -c 'pg_dump shop >/b/s.sql'", vec!["/b/s.sql"]),
        ("su postgres -c 'pg_dump shop' | gzip >/b/s.gz", vec!["/b/s.gz"]),
        ("sudo -u postgres sh -c 'pg_dump shop' >/b/s", vec!["/b/s"]),
        ("/bin/sh -c pg_dump -Fc shop > /b/s", vec!["/b/s"]),
        // What it is called in the end comes first.
        ("pg_dump x >/b/x.tmp && mv -f /b/x.tmp /b/x", vec!["/b/x"]),
        ("pg_dump x >/b/x; cp -a /b/x /c/", vec!["/c/x", "/b/x"]),
        ("pg_dump x >/b/x; ln -sfn /b/x /b/latest", vec!["/b/latest", "/b/x"]),
        ("pg_dump x >/b/x; install -m 600 /b/x /c/y", vec!["/c/y", "/b/x"]),
        ("pg_dump x >/b/x; sudo mv -t /c /b/x", vec!["/c/x"]),
        ("pg_dump x >/b/x; gzip -f /b/x; mv /b/x.gz /c/z.gz", vec!["/c/z.gz"]),
        ("pg_dump x >/b/x; gzip -k /b/x", vec!["/b/x.gz", "/b/x"]),
        ("T=$(mktemp); pg_dump x >$T; mv $T /b/x", vec!["/b/x"]),
        ("cd /b; pg_dump x >x.tmp; mv x.tmp x", vec!["/b/x"]),
        ("pg_dump x >/b/x; mv /b/y /c/y; echo mv /b/x /c/x; mv /b/x", vec!["/b/x"]),
    ] {
        let found: Vec<String> = of(text).into_iter().flat_map(|step| step.paths).collect();
        assert_eq!(found, want, "{text}");
    }
}

#[test]
fn which_server_it_is() {
    type Want = (Option<&'static str>, Port, Option<&'static str>, Option<&'static str>);
    let rows: Vec<(&str, Want)> = vec![
        ("pg_dump -p 5433 shop", (None, Port::Given(5433), None, Some("shop"))),
        ("pg_dump -p5433 -Fc -Upostgres shop", (None, Port::Given(5433), None, Some("shop"))),
        ("PGPORT=5433 pg_dumpall", (None, Port::Given(5433), None, None)),
        ("export PGPORT=5433\npg_dumpall", (None, Port::Given(5433), None, None)),
        ("pg_dumpall -p $P", (None, Port::Varies, None, None)),
        ("pg_dump -h /run/postgresql shop", (None, Port::Usual, Some("/run/postgresql"), Some("shop"))),
        ("pg_dump -h db2 -d shop", (Some("db2"), Port::Usual, None, Some("shop"))),
        ("pg_dump postgres://u:pw@db2:5433/shop", (Some("db2"), Port::Given(5433), None, Some("shop"))),
        ("pg_dump 'host=db2 port=5433 dbname=shop'", (Some("db2"), Port::Given(5433), None, Some("shop"))),
        ("for d in a b; do pg_dump $d; done", (None, Port::Usual, None, None)),
        ("mysqldump -psecret -P 3307 shop", (None, Port::Given(3307), None, None)),
        ("redis-cli -p 6380 --rdb /b/x", (None, Port::Given(6380), None, None)),
    ];
    for (text, want) in rows {
        let step = of(text).into_iter().next().unwrap();
        let got = (step.host.as_deref(), step.port, step.socket.as_deref(), step.database.as_deref());
        assert_eq!(got, want, "{text}");
    }
    for (text, unsure) in [
        ("pg_dump shop", false),
        ("pg_dump $DB", true),
        ("pg_dump -d \"$URL\"", true),
        ("DB=shop; pg_dump $DB", false),
        ("DB=$(vault read x); pg_dump $DB", true),
        ("pg_dump \"dbname=shop $MORE\"", true),
        ("pg_dump service=x", true),
        ("pg_dump 'service=x host=localhost'", false),
        ("PGSERVICE=x PGHOST=localhost pg_dump shop", true),
        ("pg_dumpall", false),
        ("PGSERVICE=x pg_dumpall", true),
        ("pg_dump -p 5433 $DB", false),
        ("DB=a; pg_dump $DB; DB=b; pg_dump $DB", false),
        ("redis-cli -u $URL --rdb /b/x", true),
        ("mysqldump $DB", false),
    ] {
        assert!(of(text).iter().all(|step| step.unsure == unsure), "{text}");
    }
    assert_eq!(of("redis-cli -u redis://u:p@db9:6380/0 --rdb /b/x")[0].host.as_deref(), Some("db9"));
    assert_eq!(of("pg_dump --cluster 15/main shop")[0].cluster.as_deref(), Some("15/main"));
}

#[test]
fn what_runs_somewhere_else() {
    for (text, want) in [
        ("docker exec -i pg pg_dump shop > /b/x", Some("docker exec")),
        ("docker compose exec -T db pg_dumpall", Some("docker exec")),
        ("/usr/bin/podman exec pg sh -c 'pg_dump shop'", Some("podman exec")),
        ("kubectl -n shop exec pg-0 -- pg_dump shop", Some("kubectl exec")),
        ("ssh db2 pg_dump shop", Some("ssh")),
        ("sudo -u postgres pg_dump shop", None),
        ("su - postgres -c 'pg_dump shop'", None),
    ] {
        assert!(of(text).iter().any(|step| step.through == want), "{text}: {:?}", of(text));
    }
}

#[test]
fn what_it_copies() {
    for (text, want) in [
        ("restic -r /srv/r backup --exclude /etc/x /etc /var/backups", vec!["/etc", "/var/backups"]),
        ("borg create --stats /srv/borg::{now} /var/backups", vec!["/var/backups"]),
        ("borg create ::x /home /srv", vec!["/home", "/srv"]),
    ] {
        assert_eq!(of(text)[0].reads, want, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "(pg_dump|docker exec|mv |gzip -t|service=|postgres://|restic backup| -p| -h|5| /b|>|\\||\n|'|\\$x| |=){0,30}") {
        let _ = of(&text);
    }
}
