use super::judge;
use crate::engine::effect::Effect::{self, Destroy, Disrupt, Read};

fn effect(line: &str) -> Effect {
    let words = shell_words::split(line).expect(line);
    judge(&words.iter().map(String::as_bytes).collect::<Vec<_>>()).effect
}

#[test]
fn rows_are_sorted() {
    use crate::engine::tools::programs::{DESTROYS, READS};
    for table in [READS, DESTROYS] {
        assert!(
            table.windows(2).all(|w| w[0].0.bytes() < w[1].0.bytes()),
            "{:?}",
            table.windows(2).find(|w| w[0].0.bytes() >= w[1].0.bytes())
        );
    }
}

#[test]
fn programs() {
    let rows: &[(Effect, &str)] = &[
        (Read, "ls"),
        (Read, "ls -la /data"),
        (Read, "cat /etc/hosts"),
        (Read, "env"),
        (Read, "/usr/bin/env"),
        (Read, "printenv PATH"),
        (Read, "date"),
        (Read, "date +%s"),
        (Disrupt, "date -s 12:00"),
        (Disrupt, "date --set=12:00"),
        (Disrupt, "date 010100002030"),
        (Read, "hostname -f"),
        (Disrupt, "hostname other"),
        (Read, "df -h"),
        (Read, "ps aux"),
        (Read, "top -b -n1"),
        (Read, "grep -rn error /var/log"),
        (Read, "find /data -name '*.log' -size +1M"),
        (Destroy, "find /data -name '*.log' -delete"),
        (Destroy, "find /data -exec rm {} +"),
        (Disrupt, "find /data -exec chmod 600 {} +"),
        (Disrupt, "find / -fprintf /etc/passwd x"),
        (Read, "sort /data/names"),
        (Disrupt, "sort -o /data/names /data/names"),
        (Disrupt, "sort --outp=/data/x /data/names"),
        (Read, "uniq names"),
        (Disrupt, "uniq names other"),
        (Read, "mount"),
        (Disrupt, "mount /dev/sdb /mnt"),
        (Disrupt, "dmesg -C"),
        (Read, "ss -tlnp"),
        (Disrupt, "ss -K dst 10.0.0.1"),
        (Read, "ip addr show"),
        (Disrupt, "ip link set eth0 down"),
        (Read, "nginx -t"),
        (Disrupt, "nginx -s reload"),
        (Read, "java -version"),
        (Disrupt, "java -jar app.jar"),
        (Read, "python3 --version"),
        (Disrupt, "python3 manage.py migrate"),
        (Read, "curl -s localhost:8080/health"),
        (Read, "curl -fsSL -o /dev/null -w '%{http_code}' http://web/"),
        (Read, "curl -H 'Accept: x' --max-time 5 http://web/"),
        (Disrupt, "curl -X POST http://web/stop"),
        (Disrupt, "curl -XDELETE http://es:9200/index"),
        (Disrupt, "curl -d x http://web/"),
        (Disrupt, "curl -o /etc/passwd http://web/"),
        (Read, "wget -qO- http://web/"),
        (Disrupt, "wget http://web/"),
        (Read, "pg_dump shop"),
        (Read, "pg_dump -Fc -h db1 shop"),
        (Disrupt, "pg_dump -f /data/x shop"),
        (Disrupt, "pg_dump --file=/data/x shop"),
        (Read, "pg_isready"),
        (Read, "psql -c 'select count(*) from orders'"),
        (Read, "psql -U app -d shop -Atc 'select 1'"),
        (Read, "psql -c '\\dt'"),
        (Read, "psql -l"),
        (Disrupt, "psql"),
        (Disrupt, "psql -f x.sql"),
        (Disrupt, "psql -c 'vacuum full orders'"),
        (Disrupt, "psql -c 'insert into a values (1)'"),
        (Disrupt, "psql -c 'select pg_terminate_backend(1)'"),
        (Destroy, "psql -c 'drop table x'"),
        (Destroy, "psql -c 'select 1; DROP TABLE x'"),
        (Destroy, "psql --comm='truncate orders'"),
        (Destroy, "psql -c 'delete from orders'"),
        (Destroy, "psql -c 'alter table orders drop column body'"),
        (Read, "psql -c \"select 'drop table x'\""),
        (Read, "psql -c 'select 1 -- drop table x'"),
        (Read, "mysql -uroot -psecret -e 'show processlist'"),
        (Destroy, "mysql -u root -e 'drop database shop'"),
        (Destroy, "mysql --execute='drop database shop'"),
        (Destroy, "mysqladmin drop shop"),
        (Read, "mysqladmin ping"),
        (Read, "mysqldump --single-transaction shop"),
        (Disrupt, "mysqldump -r /data/x shop"),
        (Read, "sqlite3 app.db 'select 1'"),
        (Destroy, "sqlite3 app.db 'drop table t'"),
        (Read, "redis-cli ping"),
        (Read, "redis-cli -h r -p 6379 get flushall"),
        (Read, "redis-cli INFO replication"),
        (Destroy, "redis-cli -n 1 FLUSHDB"),
        (Disrupt, "redis-cli set a b"),
        (Destroy, "mongosh --eval 'db.dropDatabase()'"),
        (Disrupt, "mongosh"),
        (Read, "etcdctl get /registry --prefix --keys-only"),
        (Read, "etcdctl --endpoints=x member list"),
        (Destroy, "etcdctl del /registry --prefix"),
        (Disrupt, "etcdctl member remove x"),
        (Read, "rabbitmqctl list_queues"),
        (Destroy, "rabbitmqctl purge_queue orders"),
        (Destroy, "kafka-topics.sh --delete --topic t"),
        (Read, "kafka-topics.sh --list --bootstrap-server k:9092"),
        (Destroy, "rm -rf /data"),
        (Destroy, "/bin/rm /data/x"),
        (Destroy, "truncate -s 0 /data/x"),
        (Disrupt, "truncate -s +1G /data/x"),
        (Destroy, "dd if=/dev/zero of=/data/x"),
        (Read, "dd if=/data/x of=/dev/null"),
        (Destroy, "mkfs.ext4 /dev/sdb"),
        (Destroy, "dropdb shop"),
        (Destroy, "zfs destroy tank/x"),
        (Disrupt, "sh"),
        (Disrupt, "bash -l"),
        (Disrupt, "sh -c 'ls -la'"),
        (Destroy, "sh -c 'cd /data && rm -rf *'"),
        (Destroy, "bash -lc \"for f in a b; do rm $f; done\""),
        (Destroy, "sh -ec 'echo $(rm -rf /data)'"),
        (Destroy, "sh -c \"psql -c 'drop table x'\""),
        (Disrupt, "sh -c 'echo rm -rf /data'"),
        (Destroy, "sudo -u postgres psql -c 'drop table x'"),
        (Read, "sudo -u postgres psql -c 'select 1'"),
        (Destroy, "env A=b rm -rf /data"),
        (Read, "timeout 5 ls"),
        (Read, "nice -n 5 du -sh /data"),
        (Destroy, "timeout -k 1 5 rm -rf /data"),
        (Read, "kubectl get pods"),
        (Destroy, "kubectl delete ns shop"),
        (Destroy, "kubectl exec a -- kubectl exec b -- rm -rf /data"),
        (Read, "kubectl exec a -- ls"),
        (Destroy, "aws s3 rb s3://logs --force"),
        (Disrupt, "systemctl restart nginx"),
        (Read, "systemctl status nginx"),
        (Disrupt, "./migrate"),
        (Disrupt, "kill 1"),
        (Disrupt, "vi /etc/hosts"),
        (Disrupt, "tee /etc/hosts"),
        (Disrupt, ""),
    ];
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(want, line)| effect(line) != *want)
        .map(|(want, line)| format!("{want} expected, {} given: {line}", effect(line)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn long_and_nested_words_end() {
    let nested: Vec<&[u8]> = [&b"kubectl"[..], b"exec", b"a", b"--"].repeat(20_000);
    assert_eq!(judge(&nested).effect, Disrupt);
    let wrapped: Vec<&[u8]> = [&b"sudo"[..]].repeat(100_000);
    let _ = judge(&wrapped);
}

#[cfg(feature = "cli")]
#[test]
fn tables_of_partiql_are_read_between_comments_and_literals() {
    for (text, want) in [
        ("DELETE FROM \"orders\" WHERE id = 1", vec!["orders"]),
        ("DELETE FROM/**/\"orders\".\"by-date\" WHERE id=1", vec!["orders"]),
        ("delete -- from x\nfrom orders where note = 'from other'", vec!["orders"]),
        ("UPDATE \"my-table\" SET a = 'update x'", vec!["my-table"]),
        ("INSERT INTO Orders VALUE {'from': 'x'}", vec!["Orders"]),
        ("EXISTS(SELECT * FROM \"a\"\"b\" WHERE id = 1)", vec!["a\"b"]),
        ("SELECT 1", vec![]),
    ] {
        assert_eq!(super::sql::tables(text), want, "{text}");
    }
}
