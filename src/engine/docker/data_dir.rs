//! Where a server that a command starts is told to keep its data: then a directory far above is no directory of source code.

use super::program::program;
use super::words::Words;

/// Variables that say it (the official images of PostgreSQL; Bitnami's of the others).
const VARIABLES: &[&[u8]] = &[b"PGDATA", b"POSTGRESQL_DATA_DIR", b"MYSQL_DATA_DIR", b"MARIADB_DATA_DIR"];

/// Flags of the servers that say it: postgres(1), mysqld, mongod, redis-server, etcd.
const FLAGS: &[&[u8]] = &[b"-D", b"--pgdata", b"--datadir", b"--dbpath", b"--dir", b"--data-dir"];

/// Every such directory among the words of `run` and `create`.
pub(super) fn told(words: &Words<'_>) -> Vec<String> {
    let mut all: Vec<&[u8]> = Vec::new();
    for given in words.given.iter().filter(|given| given.flag.is_some_and(|flag| flag.name == "env")) {
        let at = given.value.iter().position(|byte| *byte == b'=');
        if let Some((name, value)) = at.and_then(|at| given.value.split_at_checked(at))
            && VARIABLES.contains(&name)
        {
            all.extend(value.get(1..));
        }
    }
    let program = program(words).unwrap_or_default();
    for (at, word) in program.iter().enumerate() {
        let joined = |flag: &&&[u8]| {
            let rest = word.strip_prefix(**flag)?;
            if flag.starts_with(b"--") {
                rest.strip_prefix(b"=")
            } else {
                Some(rest).filter(|rest| !rest.is_empty())
            }
        };
        match FLAGS.contains(word) {
            true => all.extend(program.get(at + 1).copied()),
            false => all.extend(FLAGS.iter().find_map(|flag| joined(&flag))),
        }
    }
    let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
    all.into_iter().filter(|path| path.starts_with(b"/")).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tables::Cli;
    use super::*;

    #[test]
    fn servers_are_told_where_their_data_lies() {
        for (line, want) in [
            ("run -e PGDATA=/x/pg postgres", "/x/pg"),
            ("run --env=PGDATA=/x/pg postgres postgres -D /x/other", "/x/pg /x/other"),
            ("run postgres postgres -D/x/pg", "/x/pg"),
            ("run mariadb --datadir=/x/my", "/x/my"),
            ("run mariadb --datadir /x/my", "/x/my"),
            ("run redis redis-server --dir /x", "/x"),
            ("run -e PATH=/x postgres -c a=b", ""),
            ("run -e PGDATA postgres", ""),
            ("run postgres -D relative", ""),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            assert_eq!(told(&Words::read(Cli::Docker, &words, false)).join(" "), want, "{line}");
        }
    }
}
