use super::classify;
use crate::engine::effect::Effect::{self, Destroy, Disrupt, Read};

/// Words of a row: blanks part them but inside quotes; in double ones `\"` is a quote. `\n` is the end of a line.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, '\\') if chars.peek() == Some(&'n') => {
                chars.next();
                word.get_or_insert_default().push('\n');
            }
            (Some('"') | None, '\\') => word.get_or_insert_default().extend(chars.next()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn effect(line: &str) -> Effect {
    let words = split(line);
    classify(&words.iter().map(String::as_bytes).collect::<Vec<_>>()).effect
}

fn all_hold(rows: &[(Effect, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(want, line)| effect(line) != *want)
        .map(|(want, line)| format!("{want} expected, {} given: {line}", effect(line)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rows_are_sorted() {
    use crate::engine::inner::programs::{DESTROYS, READS};
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
        (Read, "sh -c 'ls -la'"),
        (Destroy, "sh -c 'cd /data && rm -rf *'"),
        (Destroy, "bash -lc \"for f in a b; do rm $f; done\""),
        (Destroy, "sh -ec 'echo $(rm -rf /data)'"),
        (Destroy, "sh -c \"psql -c 'drop table x'\""),
        (Read, "sh -c 'echo rm -rf /data'"),
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
    all_hold(rows);
}

#[test]
fn shells_do_what_their_lines_do() {
    let rows: &[(Effect, &str)] = &[
        (Read, "sh -c 'cat /etc/app.conf'"),
        (Read, "sh -c 'cat /etc/app.conf | grep -v \"^#\"'"),
        (Read, "bash -lc 'df -h; free -m && uptime || true'"),
        (Read, "sh -ec 'cd /data && ls -la | wc -l'"),
        (Read, "sh -c 'ls /data 2>/dev/null | head -n 5 2>&1'"),
        (Read, "sh -c 'for f in /etc/*.conf; do echo $f; cat \"$f\"; done'"),
        (Read, "sh -c 'if [ -f /tmp/ready ]; then cat /tmp/ready; else echo no; fi'"),
        (Read, "sh -c 'while read -r l; do echo \"$l\"; done < /etc/hosts'"),
        (Read, "sh -c 'echo $(date) $(hostname -f)'"),
        (Read, "sh -c 'echo `date`; N=$((1 + 2)); echo $N'"),
        (Read, "sh -c 'A=b; echo ${A:-c} # rm -rf /data'"),
        (Read, "sh -c 'psql -U \"$POSTGRES_USER\" -d $POSTGRES_DB -c \"select 1\"'"),
        (Read, "sh -c 'mysql -uroot -p$MYSQL_ROOT_PASSWORD -e \"show processlist\"'"),
        (Read, "sh -c 'curl -s http://$HOSTNAME:8080/health'"),
        (Read, "sh -c 'echo select 1 | psql shop'"),
        (Read, "sh -c 'echo ls | sh'"),
        (Read, "su - postgres -c 'psql -c \"select 1\"'"),
        (Read, "runuser -u postgres -- psql -c 'select 1'"),
        (Read, "busybox sh -c 'ls'"),
        (Read, "command -v rm"),
        (Read, "find /data -name '*.log' -exec ls -l {} +"),
        (Read, "sh -c 'find /etc -name x | xargs cat'"),
        (Read, "sh -c 'diff <(ls /a) <(ls /b)'"),
        (Read, "sh -c 'df -h | awk \"{print \\$5}\"'"),
        (Read, "sed -n 1,5p /etc/hosts"),
        (Read, "sed -e s/a/b/g -e '/x/d' /etc/hosts"),
        (Read, "sed -nE '/a|b/p;$=' x"),
        (Read, "awk -F: '$3 == 0 || $1 ~ /x/ {print $1}' /etc/passwd"),
        (Disrupt, "sed -i s/a/b/ /etc/hosts"),
        (Disrupt, "sed -n -i.bak p x"),
        (Disrupt, "sed 's/a/b/w /etc/x' y"),
        (Disrupt, "sed 's/a/b/e' y"),
        (Disrupt, "sed '1e reboot' x"),
        (Disrupt, "sed 'w /etc/x' y"),
        (Disrupt, "sed '/a/{w /etc/x\n}' y"),
        (Disrupt, "sed -f x.sed y"),
        (Disrupt, "sed --in-place p y"),
        (Disrupt, "sed s/open"),
        (Disrupt, "awk 'BEGIN{system(\"reboot\")}'"),
        (Disrupt, "awk '{print > \"/etc/x\"}' y"),
        (Disrupt, "awk '{print | \"sh\"}' y"),
        (Disrupt, "awk -f x.awk y"),
        (Disrupt, "gawk -i inplace '{print}' y"),
        // what is not told by the text
        (Disrupt, "sh -c '$CMD'"),
        (Disrupt, "sh -c '\"$@\"' _ ls"),
        (Disrupt, "sh -c '$DIR/cat x'"),
        (Disrupt, "sh -c 'find /data $OPTS'"),
        (Disrupt, "sh -c 'find /data \"$@\"' _ -delete"),
        (Disrupt, "sh -c 'sort {-o,x} y'"),
        (Disrupt, "sh -c 'psql -c \"$SQL\"'"),
        (Disrupt, "sh -c 'psql $ARGS'"),
        (Disrupt, "sh -c 'find /data | xargs date'"),
        (Disrupt, "sh -c 'ls | sh'"),
        (Disrupt, "sh -c 'eval \"$X\"'"),
        (Disrupt, "sh -c '. /etc/profile; ls'"),
        (Disrupt, "sh -c 'ls > /data/names'"),
        (Disrupt, "sh -c 'ls >> /data/names 2>&1'"),
        (Disrupt, "sh -c 'ls &> /data/names'"),
        (Disrupt, "sh -c ': > /data/x'"),
        (Disrupt, "sh -c 'LD_PRELOAD=/tmp/x.so ls'"),
        (Disrupt, "sh -c 'ls \"open'"),
        (Disrupt, "sh -c 'echo $(ls'"),
        (Disrupt, "sh -c 'ls; reboot'"),
        (Disrupt, "sh -c 'f() { reboot; }; f'"),
        (Disrupt, "sh -c 'ls() { reboot; }; ls'"),
        (Disrupt, "sh -c 'alias ls=reboot; ls'"),
        (Disrupt, "sh -c 'echo `reboot`'"),
        (Disrupt, "sh -c 'echo \"$(reboot)\"'"),
        (Disrupt, "sh -c 'echo ${x:-$(reboot)}'"),
        (Disrupt, "sh -c 'echo $((reboot))x $((ls); reboot)'"),
        (Disrupt, "sh -c 'cat <(reboot)'"),
        (Disrupt, "sh -c 'ls & reboot'"),
        (Disrupt, "sh -c 'ls | tee /etc/x'"),
        (Disrupt, "sh -c ''"),
        (Disrupt, "sh -s"),
        (Disrupt, "sh /x.sh"),
        (Disrupt, "su - postgres -c 'pg_ctl stop'"),
        (Disrupt, "find / -exec chmod 600 {} ;"),
        (Disrupt, "sh -c \"ls $'a'\""),
        (Disrupt, "sh -x script.sh -c ls"),
        (Read, "bash -euo pipefail -c ls"),
        (Read, "bash --rcfile /x -c ls"),
        (Disrupt, "sh -c 'echo select 1 | psql -o /etc/x'"),
        (Disrupt, "sh -c 'echo select 1 | psql -f x.sql'"),
        (Read, "sh -c 'echo select 1 | psql -U app -h db -At shop'"),
        (Disrupt, "sh -c 'echo get | redis-cli -x set key'"),
        (Read, "sh -c 'echo ping | redis-cli'"),
        // what deletes
        (Destroy, "sh -c 'echo \"truncate orders\" | psql shop'"),
        (Destroy, "sh -c 'psql shop <<< \"drop table x\"'"),
        (Destroy, "sh -c 'psql shop <<E\ndrop table x;\nE\nls'"),
        (Destroy, "sh -c 'echo flushall | redis-cli'"),
        (Destroy, "sh -c 'echo rm -rf /data | sh'"),
        (Destroy, "sh -c 'find /data -mtime +3 | xargs rm -f'"),
        (Destroy, "find /data -type f -exec sh -c 'rm \"$1\"' _ {} ;"),
        (Destroy, "su - postgres -c 'dropdb shop'"),
        (Destroy, "runuser -u postgres -- dropdb shop"),
        (Destroy, "busybox rm -rf /data"),
        (Destroy, "sh -c 'eval rm -rf /data'"),
        (Destroy, "sh -c 'trap \"rm -rf /data\" EXIT; ls'"),
        (Destroy, "sh -c 'cat <<E\nhello\nE\nrm -rf /data'"),
        (Destroy, "sh -c 'if true; then rm -rf /data; fi'"),
        (Destroy, "sh -c '(cd /data; rm -rf x)'"),
        (Destroy, "sh -c '$CMD; rm -rf /data'"),
        (Destroy, "hdfs dfs -rm -r -skipTrash /data"),
        (Destroy, "hadoop fs -rm -r /data"),
        (Destroy, "hdfs namenode -format"),
        (Read, "hdfs dfs -ls /data"),
        (Read, "hdfs fsck /data"),
        (Disrupt, "hdfs dfs -put x /data"),
        (Disrupt, "hdfs dfsadmin -safemode enter"),
    ];
    all_hold(rows);
}

#[test]
fn long_and_nested_words_end() {
    let nested: Vec<&[u8]> = [&b"kubectl"[..], b"exec", b"a", b"--"].repeat(20_000);
    assert_eq!(classify(&nested).effect, Disrupt);
    let wrapped: Vec<&[u8]> = [&b"sudo"[..]].repeat(100_000);
    let _ = classify(&wrapped);
    for part in ["$(", "`", "${", "(", "'", "\"", "<(", "<<E\n", "<<E ", "$((1", "sh -c '", "$((", "eval "] {
        let line = part.repeat(20_000);
        assert!(classify(&[b"sh", b"-c", line.as_bytes()]).effect >= Disrupt, "{part}");
    }
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
