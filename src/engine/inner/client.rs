//! Clients of databases and of the web, `find` and `dd`: what their arguments say they do.

use super::super::effect::Effect;
use super::sql::Dialect;
#[cfg(any(feature = "cli", test))]
use super::text;
use super::{DELETES, READS_ONLY, sql};
use crate::engine::inner::programs::{CURL_LONGS, CURL_SWITCHES, CURL_VALUES, REDIS_READS};
use crate::engine::verdict::Verdict;

/// Whether it is a client whose statements and requests are read here.
pub(super) fn is_client(name: &[u8]) -> bool {
    dialect(name).is_some()
        || matches!(
            name,
            b"redis-cli" | b"valkey-cli" | b"keydb-cli" | b"mongosh" | b"mongo" | b"curl" | b"wget"
        )
}

/// What a client of a database speaks that reads statements from standard input.
fn dialect(name: &[u8]) -> Option<Dialect> {
    Some(match name {
        b"psql" | b"cqlsh" | b"clickhouse-client" | b"clickhouse" | b"sqlite3" => Dialect::Postgres,
        b"mysql" | b"mariadb" => Dialect::MySql,
        _ => return None,
    })
}

/// What a client does with what it reads from standard input: `echo 'drop table t' | psql`. It never looks milder than its
/// words, unless those say nothing of statements.
fn fed(name: &[u8], words: &[&[u8]], text: &[u8], by_words: Effect) -> Effect {
    let redis_cli = matches!(name, b"redis-cli" | b"valkey-cli" | b"keydb-cli");
    let by_text = match dialect(name) {
        Some(dialect) => sql::judge(text, dialect),
        None if redis_cli && words.iter().all(|w| w.starts_with(b"-")) => text
            .split(|b| *b == b'\n')
            .map(|line| line.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).collect::<Vec<_>>())
            .filter(|line| !line.is_empty())
            .map(|line| redis(&line))
            .max()
            .unwrap_or(Effect::Disrupt),
        None => return by_words,
    };
    if by_text == Effect::Read && by_words == Effect::Disrupt && only_connects(words) {
        Effect::Read
    } else {
        by_text.max(by_words)
    }
}

/// Whether options only say where to connect and how to print: then what is read from standard input is all that is done.
fn only_connects(words: &[&[u8]]) -> bool {
    let mut rest = words.iter();
    // The first operand of sqlite3 and psql is a database; a second one, or the first of redis-cli, may be a command.
    let mut operands = 0;
    while let Some(word) = rest.next() {
        match *word {
            [b'-', b'-', ..] => {
                let name = word.split(|b| *b == b'=').next().unwrap_or(word);
                let takes = match name {
                    b"--csv" | b"--no-align" | b"--no-psqlrc" | b"--quiet" | b"--tuples-only" => false,
                    b"--database" | b"--dbname" | b"--host" | b"--password" | b"--port" | b"--user"
                    | b"--username" => true,
                    _ => return false,
                };
                if takes && name.len() == word.len() {
                    rest.next();
                }
            }
            [b'-', b'h' | b'p' | b'U' | b'u' | b'd' | b'D' | b'P' | b'n'] => drop(rest.next()),
            [b'-', b'h' | b'p' | b'U' | b'u' | b'd' | b'D' | b'P' | b'n', ..] => {}
            [b'-', letters @ ..] if letters.iter().all(|b| b"AtqXwNsB".contains(b)) => {}
            [b'-', ..] => return false,
            _ => operands += 1,
        }
    }
    operands < 2
}

/// Judges a client; `None` for other programs.
pub(super) fn judge(name: &[u8], words: &[&[u8]], input: Option<&[u8]>) -> Option<Verdict> {
    let effect = match name {
        b"psql" => psql(words),
        // `-pSECRET`: the password is joined, or asked for.
        b"mysql" | b"mariadb" => {
            let joined = |w: &&&[u8]| !(w.starts_with(b"-p") && w.len() > 2);
            let words: Vec<&[u8]> = words.iter().filter(|w| joined(w)).copied().collect();
            statements(Dialect::MySql, &words, b"e", b"execute", b"hPuDS", &[])
        }
        b"cqlsh" => statements(Dialect::Postgres, words, b"e", b"execute", b"upk", &[b"file"]),
        b"clickhouse-client" | b"clickhouse" => {
            statements(Dialect::Postgres, words, b"q", b"query", b"hud", &[b"queries-file"])
        }
        b"sqlite3" => sqlite(words),
        b"redis-cli" | b"valkey-cli" | b"keydb-cli" => redis(words),
        b"mongosh" | b"mongo" => mongo(words),
        b"curl" => reads_if(curl(words)),
        b"wget" => reads_if(wget(words)),
        // `-z` only tries whether a port answers (nc(1) of OpenBSD and nmap).
        b"nc" | b"ncat" | b"netcat" => {
            let letters = |w: &&&[u8]| w.starts_with(b"-") && !w.starts_with(b"--");
            let has = |letter: u8| words.iter().filter(letters).any(|w| w.contains(&letter));
            reads_if(has(b'z') && !has(b'e') && !has(b'c') && !has(b'l'))
        }
        b"dd" => dd(words),
        b"wipefs" => wipefs(words),
        // `-s +1G`, `'>1G'` and `%4K` never shrink a file.
        b"truncate" if grows(words) => Effect::Disrupt,
        b"kafka-topics" | b"kafka-topics.sh" | b"kafka-consumer-groups" | b"kafka-consumer-groups.sh" => {
            kafka(words)
        }
        b"ip" => reads_if(ip(words)),
        b"hdfs" | b"hadoop" => hdfs(words),
        #[cfg(any(feature = "cli", test))]
        b"sed" => text::sed(words),
        #[cfg(any(feature = "cli", test))]
        b"awk" | b"gawk" | b"mawk" | b"nawk" => text::awk(words),
        _ => return None,
    };
    let effect = match input {
        Some(text) => fed(name, words, text, effect),
        None => effect,
    };
    Some(match effect {
        Effect::Read => Verdict::why(Effect::Read, READS_ONLY),
        Effect::Destroy => Verdict::why(Effect::Destroy, DELETES),
        _ => Verdict::of(Effect::Disrupt),
    })
}

fn reads_if(reads: bool) -> Effect {
    if reads { Effect::Read } else { Effect::Disrupt }
}

/// psql: `-c` may be given often; a file or standard input is not seen here (`startup.c`).
fn psql(words: &[&[u8]]) -> Effect {
    let only = |w: &&&[u8]| matches!(**w, b"-l" | b"--list" | b"-V" | b"--version" | b"--help");
    if words.iter().any(|w| only(&w)) {
        return Effect::Read;
    }
    statements(
        Dialect::Postgres,
        words,
        b"c",
        b"command",
        b"hpUdvFRPT",
        &[b"file", b"output", b"log-file", b"single-transaction"],
    )
}

/// The worst of all statements given by an option; disrupt when there are none, or when what stands elsewhere counts.
fn statements(
    dialect: Dialect,
    words: &[&[u8]],
    short: &[u8],
    long: &[u8],
    values: &[u8],
    unseen: &[&[u8]],
) -> Effect {
    let mut worst: Option<Effect> = None;
    let mut add = |text: &[u8]| worst = worst.max(Some(sql::judge(text, dialect)));
    let mut rest = words.iter();
    let mut hidden = false;
    while let Some(word) = rest.next() {
        if let Some(name) = word.strip_prefix(b"--") {
            let at = name.iter().position(|b| *b == b'=');
            let (name, value) =
                at.map_or((name, None), |at| (name.get(..at).unwrap_or(name), name.get(at + 1..)));
            // GNU's options may be cut short.
            if !name.is_empty() && long.starts_with(name) {
                if let Some(text) = value.or_else(|| rest.next().copied()) {
                    add(text);
                }
            } else {
                hidden |= unseen.iter().any(|u| !name.is_empty() && u.starts_with(name));
            }
            continue;
        }
        let Some(letters) = word.strip_prefix(b"-") else { continue };
        for (at, letter) in letters.iter().enumerate() {
            let joined = letters.get(at + 1..).filter(|j| !j.is_empty());
            if short.contains(letter) {
                if let Some(text) = joined.or_else(|| rest.next().copied()) {
                    add(text);
                }
                break;
            }
            if !unseen.is_empty() && matches!(letter, b'f' | b'o' | b'L') {
                hidden = true;
            }
            if values.contains(letter) {
                if joined.is_none() {
                    rest.next();
                }
                break;
            }
        }
    }
    match worst {
        Some(Effect::Destroy) => Effect::Destroy,
        Some(effect) if !hidden => effect,
        _ => Effect::Disrupt,
    }
}

/// `sqlite3 FILE SQL…`; dot commands do many things.
fn sqlite(words: &[&[u8]]) -> Effect {
    let operands: Vec<&[u8]> = words.iter().filter(|w| w.first() != Some(&b'-')).copied().collect();
    let texts = operands.get(1..).unwrap_or_default();
    let one = |text: &[u8]| match text {
        b".tables" | b".schema" | b".databases" | b".indexes" | b".dump" => Effect::Read,
        [b'.', ..] => Effect::Disrupt,
        text => sql::judge(text, Dialect::Postgres),
    };
    texts.iter().map(|t| one(t)).max().unwrap_or(Effect::Disrupt)
}

fn redis(words: &[&[u8]]) -> Effect {
    let mut rest = words.iter();
    let mut command: Vec<Vec<u8>> = Vec::new();
    while let Some(word) = rest.next() {
        match *word {
            b"-h" | b"-p" | b"-a" | b"-u" | b"-n" | b"-s" | b"-t" | b"--user" | b"--pass" | b"--cacert"
            | b"--cert" | b"--key" => {
                rest.next();
            }
            b"--stat" | b"--bigkeys" | b"--latency" | b"--memkeys" | b"--hotkeys" => return Effect::Read,
            b"-c" | b"--tls" | b"--raw" | b"--no-auth-warning" | b"--no-raw" | b"--insecure" | b"-2"
            | b"-3" | b"--json" => {}
            [b'-', ..] => return Effect::Disrupt,
            word => {
                command = std::iter::once(word)
                    .chain(rest.by_ref().copied())
                    .map(<[u8]>::to_ascii_lowercase)
                    .collect();
            }
        }
    }
    let Some(first) = command.first() else { return Effect::Disrupt };
    let second = command.get(1).map(Vec::as_slice).unwrap_or_default();
    match first.as_slice() {
        b"flushall" | b"flushdb" => Effect::Destroy,
        b"config" | b"client" | b"slowlog" | b"memory" | b"object" | b"cluster" => reads_if(matches!(
            second,
            b"get" | b"list" | b"usage" | b"stats" | b"info" | b"nodes" | b"encoding" | b"len"
        )),
        // `keys *`, `get flushall`: the first word is the command.
        first => reads_if(REDIS_READS.iter().any(|r| r.is(first))),
    }
}

/// mongosh's `--eval`: what drops or empties; anything else may do anything.
fn mongo(words: &[&[u8]]) -> Effect {
    let drops = |w: &&[u8]| {
        [&b"dropDatabase("[..], b".drop(", b"deleteMany({})", b".remove({})", b"dropCollection"]
            .iter()
            .any(|call| w.windows(call.len()).any(|part| part == *call))
    };
    if words.iter().any(drops) { Effect::Destroy } else { Effect::Disrupt }
}

/// Whether curl only asks: a closed list of options, none of which sends, writes or reads further options.
fn curl(words: &[&[u8]]) -> bool {
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if let Some(long) = word.strip_prefix(b"--") {
            match long {
                b"request" => {
                    if !rest.next().is_some_and(|m| asks(m)) {
                        return false;
                    }
                }
                b"output" => {
                    if !rest.next().is_some_and(|f| discards(f)) {
                        return false;
                    }
                }
                long if CURL_LONGS.iter().any(|l| l.is(long)) => {}
                _ => return false,
            }
            continue;
        }
        let Some(letters) = word.strip_prefix(b"-") else { continue };
        for (at, letter) in letters.iter().enumerate() {
            let joined = letters.get(at + 1..).filter(|j| !j.is_empty());
            let mut value = || joined.or_else(|| rest.next().copied()).unwrap_or_default();
            match letter {
                b'X' if asks(value()) => break,
                b'o' if discards(value()) => break,
                letter if CURL_SWITCHES.as_bytes().contains(letter) => {}
                letter if CURL_VALUES.as_bytes().contains(letter) => {
                    value();
                    break;
                }
                _ => return false,
            }
        }
    }
    !words.is_empty()
}

fn asks(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"OPTIONS")
}

fn discards(file: &[u8]) -> bool {
    matches!(file, b"-" | b"/dev/null")
}

/// Whether wget only prints, or only looks.
fn wget(words: &[&[u8]]) -> bool {
    let prints =
        |w: &&[u8]| matches!(*w, b"-qO-" | b"-O-" | b"-qO" | b"-O" | b"--spider" | b"--output-document=-");
    let plain = |w: &&[u8]| {
        w.first() != Some(&b'-')
            || prints(w)
            || matches!(*w, b"-q" | b"-" | b"-S" | b"-v" | b"-nv" | b"--quiet" | b"--no-check-certificate")
            || w.starts_with(b"--header=")
            || w.starts_with(b"--timeout=")
            || w.starts_with(b"-T")
    };
    let to_stdout = words.windows(2).all(|pair| {
        let (Some(option), Some(file)) = (pair.first(), pair.get(1)) else { return true };
        !matches!(*option, b"-O" | b"-qO") || *file == b"-" || *file == b"/dev/null"
    });
    words.iter().any(prints) && words.iter().all(plain) && to_stdout
}

fn dd(words: &[&[u8]]) -> Effect {
    match words.iter().find_map(|w| w.strip_prefix(b"of=")) {
        Some(b"/dev/null" | b"/dev/stdout") => Effect::Read,
        Some(_) => Effect::Destroy,
        None => Effect::Read,
    }
}

fn grows(words: &[&[u8]]) -> bool {
    let size = words.iter().enumerate().find_map(|(at, w)| match *w {
        b"-s" | b"--size" => words.get(at + 1).copied(),
        w => w.strip_prefix(b"--size=").or_else(|| w.strip_prefix(b"-s")),
    });
    size.and_then(<[u8]>::first).is_some_and(|sign| matches!(sign, b'+' | b'>' | b'%'))
}

fn wipefs(words: &[&[u8]]) -> Effect {
    let erases = |w: &&[u8]| {
        w.starts_with(b"--a")
            || w.starts_with(b"--of")
            || (w.first() == Some(&b'-')
                && w.get(1) != Some(&b'-')
                && (w.contains(&b'a') || w.contains(&b'o')))
    };
    if words.iter().any(erases) { Effect::Destroy } else { Effect::Read }
}

fn kafka(words: &[&[u8]]) -> Effect {
    let has = |option: &[u8]| words.contains(&option);
    if has(b"--delete") || has(b"--delete-offsets") {
        Effect::Destroy
    } else {
        reads_if((has(b"--list") || has(b"--describe")) && !has(b"--reset-offsets") && !has(b"--alter"))
    }
}

/// `hdfs dfs -rm`, `hadoop fs -rm`, `hdfs namenode -format` (Apache Hadoop 3.4, FileSystemShell and HDFSCommands).
fn hdfs(words: &[&[u8]]) -> Effect {
    let first = words.first().copied().unwrap_or_default();
    let removes = |w: &&[u8]| matches!(*w, b"-rm" | b"-rmr" | b"-expunge" | b"-truncate");
    let shows = |w: &&[u8]| {
        matches!(
            *w,
            b"-cat"
                | b"-checksum"
                | b"-count"
                | b"-df"
                | b"-du"
                | b"-dus"
                | b"-find"
                | b"-getfacl"
                | b"-getfattr"
                | b"-head"
                | b"-help"
                | b"-ls"
                | b"-lsr"
                | b"-stat"
                | b"-tail"
                | b"-test"
                | b"-text"
                | b"-usage"
        )
    };
    let has = |word: &[u8]| words.contains(&word);
    match first {
        b"dfs" | b"fs" if words.iter().any(removes) => Effect::Destroy,
        b"dfs" | b"fs" => reads_if(words.iter().any(shows)),
        b"namenode" if has(b"-format") => Effect::Destroy,
        b"dfsadmin" => reads_if(has(b"-report") || has(b"-help")),
        b"fsck" if has(b"-delete") => Effect::Destroy,
        b"fsck" => reads_if(!has(b"-move")),
        b"version" | b"classpath" | b"getconf" | b"groups" => Effect::Read,
        _ => Effect::Disrupt,
    }
}

/// `ip addr`, `ip route show`.
fn ip(words: &[&[u8]]) -> bool {
    let mut operands = words.iter().filter(|w| w.first() != Some(&b'-'));
    operands.next().is_some()
        && operands.next().is_none_or(|verb| matches!(*verb, b"show" | b"list" | b"ls" | b"get" | b"s"))
}
