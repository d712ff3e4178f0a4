//! The commands of a script that make a copy: from which server or which files each of them takes, and into which files of this
//! machine it puts them.

use super::shell::{self, Command, VARIES, Values, is_plain, is_unknown};
use super::{Program, program};

/// One command that makes a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The program: `pg_dump`.
    pub program: &'static str,
    /// It copies files, and not what a server gives.
    pub copies_files: bool,
    /// The host of the server, where one is named.
    pub host: Option<String>,
    /// Its port.
    pub port: Port,
    /// Its socket, or the directory of that.
    pub socket: Option<String>,
    /// Debian's name of a PostgreSQL cluster: `15/main`.
    pub cluster: Option<String>,
    /// Which server it is stands where nobody here reads: in a service file, in a variable that nobody here has set.
    pub unsure: bool,
    /// The one database it takes, where it takes one and says which.
    pub database: Option<String>,
    /// It runs somewhere else, through this: then which server is meant nobody knows here.
    pub through: Option<&'static str>,
    /// Files and directories of this machine it writes to; of a name that is another each time, the directory.
    pub paths: Vec<String>,
    /// Files and directories it copies.
    pub reads: Vec<String>,
}

/// What a command says of the port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Port {
    /// Nothing: that of its program.
    #[default]
    Usual,
    /// This one.
    Given(u16),
    /// One that only a run knows.
    Varies,
}

/// How the clients of one kind of server say where it is and where their result goes.
struct Options {
    programs: &'static [&'static str],
    host: &'static [&'static str],
    port: &'static [&'static str],
    socket: &'static [&'static str],
    out: &'static [&'static str],
    database: &'static [&'static str],
    /// Variables with the host, the port and the socket.
    variables: [&'static str; 3],
}

/// Manual pages of PostgreSQL 15, MariaDB 10.11, Redis 7.0, the MongoDB Database Tools 100 and etcd 3.5. `-p` of the MariaDB
/// clients is the password.
const OPTIONS: &[Options] = &[
    Options {
        programs: &["pg_dump", "pg_dumpall"],
        host: &["-h", "--host"],
        port: &["-p", "--port"],
        socket: &[],
        out: &["-f", "--file"],
        database: &["-d", "--dbname"],
        variables: ["PGHOST", "PGPORT", ""],
    },
    Options {
        programs: &["pg_basebackup"],
        host: &["-h", "--host"],
        port: &["-p", "--port"],
        socket: &[],
        out: &["-D", "--pgdata"],
        database: &["-d", "--dbname"],
        variables: ["PGHOST", "PGPORT", ""],
    },
    Options {
        programs: &["mysqldump", "mariadb-dump", "mariadb-backup", "xtrabackup"],
        host: &["-h", "--host"],
        port: &["-P", "--port"],
        socket: &["-S", "--socket"],
        out: &["-r", "--result-file", "-T", "--tab", "--target-dir"],
        database: &[],
        variables: ["MYSQL_HOST", "MYSQL_TCP_PORT", "MYSQL_UNIX_PORT"],
    },
    Options {
        programs: &["redis-cli"],
        host: &["-h"],
        port: &["-p"],
        socket: &["-s"],
        out: &["--rdb"],
        database: &[],
        variables: ["", "", ""],
    },
    Options {
        programs: &["mongodump"],
        host: &["-h", "--host"],
        port: &["--port"],
        socket: &[],
        out: &["-o", "--out", "--archive"],
        database: &["-d", "--db"],
        variables: ["", "", ""],
    },
    Options {
        programs: &["etcdctl"],
        host: &[],
        port: &[],
        socket: &[],
        out: &["save"],
        database: &[],
        variables: ["", "", ""],
    },
    Options {
        programs: &["restic", "borg", "kopia", "rclone"],
        host: &[],
        port: &[],
        socket: &[],
        out: &["-r", "--repo"],
        database: &[],
        variables: ["", "", ""],
    },
];

/// Programs by which a command runs somewhere else, with the word that has to follow.
const THROUGH: &[(&str, &str, &str)] = &[
    ("docker", "exec", "docker exec"),
    ("docker", "run", "docker run"),
    ("docker-compose", "exec", "docker-compose exec"),
    ("podman", "exec", "podman exec"),
    ("podman", "run", "podman run"),
    ("nerdctl", "exec", "nerdctl exec"),
    ("kubectl", "exec", "kubectl exec"),
    ("oc", "exec", "oc exec"),
    ("lxc", "exec", "lxc exec"),
    ("incus", "exec", "incus exec"),
    ("pct", "exec", "pct exec"),
    ("ssh", "", "ssh"),
    ("nsenter", "", "nsenter"),
    ("chroot", "", "chroot"),
    ("machinectl", "shell", "machinectl shell"),
];

/// Options of the programs that copy files whose value may be a path that is not copied.
const ASIDE: &[&str] = &[
    "-r",
    "--repo",
    "--repository-file",
    "-p",
    "--password-file",
    "-e",
    "--exclude",
    "--iexclude",
    "--exclude-file",
    "--exclude-from",
    "--files-from",
    "--cache-dir",
    "--pattern",
    "--patterns-from",
    "--config",
    "--cacert",
    "-o",
    "--option",
];

/// The steps of a script. `values` are the variables it starts with.
pub fn steps(text: &str, mut values: Values) -> Vec<Step> {
    let commands = shell::commands(text, &mut values);
    let mut steps: Vec<Step> = Vec::new();
    // What each of them writes, as it is written there.
    let mut raw: Vec<Vec<String>> = Vec::new();
    let mut cwd: Option<&str> = None;
    for (i, command) in commands.iter().enumerate() {
        if let [cd, dir, ..] = command.words.as_slice()
            && cd == "cd"
        {
            cwd = Some(dir.as_str()).filter(|dir| dir.starts_with('/') && is_plain(dir));
        }
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        if let Some((at, found)) = program(&words) {
            let (step, written) = step(&commands[i..], at, found, &values, cwd);
            steps.push(step);
            raw.push(written);
        } else if let Some(moved) = moved(&words) {
            for (step, raw) in steps.iter_mut().zip(&mut raw) {
                moved.follow(step, raw, cwd);
            }
        }
    }
    steps
}

/// What a command makes of files: the same under another name.
struct Moved {
    /// Each with what it becomes.
    files: Vec<(String, String)>,
    /// The first ones are gone then.
    away: bool,
}

impl Moved {
    /// A step that has written one of these has written the other as well; that one comes first, where people find it.
    fn follow(&self, step: &mut Step, raw: &mut Vec<String>, cwd: Option<&str>) {
        for (from, to) in &self.files {
            let old = place(from, cwd);
            let same = raw.contains(from) || old.as_ref().is_some_and(|old| step.paths.contains(old));
            if !same || raw.contains(to) {
                continue;
            }
            raw.push(to.clone());
            let Some(new) = place(to, cwd) else { continue };
            step.paths
                .retain(|path| *path != new && !(self.away && is_plain(from) && old.as_ref() == Some(path)));
            step.paths.insert(0, new);
        }
    }
}

/// Programs that pack a file, what they put behind its name, and whether they take the file itself away.
const PACKERS: &[(&str, &str, bool)] = &[
    ("gzip", ".gz", true),
    ("pigz", ".gz", true),
    ("bzip2", ".bz2", true),
    ("xz", ".xz", true),
    ("zstd", ".zst", false),
    ("lz4", ".lz4", false),
];

/// What a command moves, copies, links or packs (coreutils 9.1; gzip 1.12, bzip2 1.0, xz 5.4, zstd 1.5, lz4 1.9).
fn moved(words: &[&str]) -> Option<Moved> {
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let movers = ["mv", "cp", "ln", "install"];
    let is = |word: &&str| {
        movers.contains(&base(word).as_str()) || PACKERS.iter().any(|(name, ..)| *name == base(word))
    };
    let at = words.iter().position(is)?;
    // Only what runs another command stands before one.
    let before = words.get(..at)?;
    let runs = ["sudo", "nice", "ionice", "doas", "command", "exec", "timeout"];
    if before.first().is_some_and(|first| !runs.contains(&base(first).as_str())) {
        return None;
    }
    let program = base(words.get(at)?);
    let rest = words.get(at + 1..)?;
    let takes: &[&str] = match program.as_str() {
        "install" => &["-m", "--mode", "-o", "--owner", "-g", "--group", "-t", "-S"],
        "mv" | "cp" | "ln" => &["-t", "-S", "--target-directory", "--suffix"],
        _ => &["-S", "-p", "-T"],
    };
    let mut files: Vec<String> = Vec::new();
    let mut left = rest.iter();
    while let Some(word) = left.next() {
        if takes.contains(word) {
            left.next();
        } else if !word.starts_with('-') {
            files.push((*word).to_owned());
        }
    }
    let flag = |flags: &[&str]| rest.iter().any(|word| flags.contains(word));
    if let Some((_, end, away)) = PACKERS.iter().find(|(name, ..)| *name == program) {
        if flag(&["-d", "-dc", "-cd", "-c", "--decompress", "--stdout", "-t", "-l", "-o"]) {
            return None;
        }
        let away = (*away && !flag(&["-k", "--keep", "-kf", "-fk"])) || flag(&["--rm"]);
        let files = files.into_iter().map(|file| (file.clone(), format!("{file}{end}"))).collect();
        return Some(Moved { files, away });
    }
    let into = value(rest, &["-t", "--target-directory"]).filter(|dir| !dir.starts_with('-'));
    let (to, within) = match into {
        Some(dir) => (dir, true),
        None => (files.pop()?, false),
    };
    let within = within || files.len() > 1 || to.ends_with('/');
    let named = |file: String| {
        let new = if within { format!("{}/{}", to.trim_end_matches('/'), base(&file)) } else { to.clone() };
        (file, new)
    };
    Some(Moved { files: files.into_iter().map(named).collect(), away: program == "mv" })
}

/// Reads one step, whose command is the first of these.
fn step(
    commands: &[Command],
    at: usize,
    found: &Program,
    values: &Values,
    cwd: Option<&str>,
) -> (Step, Vec<String>) {
    let empty = Command::default();
    let command = commands.first().unwrap_or(&empty);
    let words: Vec<&str> = command.words.iter().skip(at + 1).map(String::as_str).collect();
    let before: Vec<&str> =
        command.outer.iter().chain(command.words.iter().take(at)).map(String::as_str).collect();
    let variable = |name: &str| {
        let own = command.own.iter().rev().find(|(have, _)| have == name).map(|(_, value)| value);
        own.or_else(|| values.get(name)).cloned().filter(|value| !name.is_empty() && !value.is_empty())
    };
    let mut step = Step { program: found.name, copies_files: found.copies_files, ..Step::default() };
    step.through = through(&before);
    let mut raw = Vec::new();
    let options = OPTIONS.iter().find(|options| options.programs.contains(&found.name));
    if let Some(options) = options {
        step.host = value(&words, options.host).or_else(|| variable(options.variables[0]));
        step.port = port(value(&words, options.port).or_else(|| variable(options.variables[1])));
        step.socket = value(&words, options.socket).or_else(|| variable(options.variables[2]));
        step.database = value(&words, options.database);
        raw.extend(value(&words, options.out));
    }
    if found.name.starts_with("pg_") {
        step.cluster =
            value(&words, &["--cluster"]).or_else(|| variable("PGCLUSTER")).filter(|c| is_plain(c));
        let given = step.database.clone().or_else(|| positional(&words).filter(|_| found.name == "pg_dump"));
        let said = value(&words, options.map_or(&[], |options| options.host)).is_some();
        let address =
            given.as_deref().and_then(address).or_else(|| words.iter().find_map(|word| address(word)));
        let address = address.unwrap_or_default();
        // What a service file says counts for more than the environment and less than the words (libpq, "The Connection Service File").
        let service = address.service || variable("PGSERVICE").is_some();
        step.unsure = service && !said && address.host.is_none();
        // So may a whole connection string do, unless the words say themselves where it goes.
        let opaque = given.as_deref().is_some_and(|given| given.split_whitespace().any(is_unknown));
        step.unsure |= opaque && step.host.is_none() && step.port == Port::Usual && address.host.is_none();
        // An address counts for more than the name of the host, wherever it stands (libpq, `hostaddr`).
        let number = address.hostaddr.or_else(|| variable("PGHOSTADDR"));
        step.host = number.or(address.host).or(step.host);
        step.port = if address.port == Port::Usual { step.port } else { address.port };
        if address.any {
            step.database = address.database;
        } else if found.name == "pg_dump" {
            step.database = given.or_else(|| variable("PGDATABASE"));
        } else {
            // The others take all of them.
            step.database = None;
        }
    }
    if found.name == "redis-cli"
        && let Some(url) = value(&words, &["-u"])
    {
        let address = address(&url).unwrap_or_default();
        step.unsure = !address.any;
        (step.host, step.port) = (address.host, address.port);
    }
    step.database = step.database.filter(|name| is_plain(name));
    // A host that is a path is the directory of a socket.
    if step.host.as_deref().is_some_and(|host| host.starts_with('/')) {
        step.socket = step.host.take();
    }
    if found.copies_files {
        step.reads = copied(&words);
    }
    raw.extend(outputs(commands));
    step.paths.extend(raw.iter().filter_map(|to| place(to, cwd)));
    step.paths.dedup();
    (step, raw)
}

/// Where the output of a pipeline goes: redirections, and files that what stands behind a pipe is told to write.
fn outputs(commands: &[Command]) -> Vec<String> {
    const FILES: [&str; 3] = ["-o", "--output", "-out"];
    let mut found = Vec::new();
    for (i, command) in commands.iter().enumerate() {
        found.extend(command.out.clone());
        if i > 0 {
            let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
            match words.first().map(|word| word.rsplit('/').next().unwrap_or_default()) {
                Some("tee") => {
                    found.extend(words.iter().skip(1).find(|w| !w.starts_with('-')).map(|w| (*w).to_owned()))
                }
                Some("dd") => {
                    found.extend(words.iter().find_map(|word| word.strip_prefix("of=").map(str::to_owned)))
                }
                Some(_) => found.extend(value(&words, &FILES)),
                None => {}
            }
        }
        if !command.piped {
            break;
        }
    }
    found
}

/// Through what a command runs somewhere else.
pub fn through(before: &[&str]) -> Option<&'static str> {
    THROUGH.iter().find_map(|(first, then, told)| {
        let at = before.iter().position(|word| word.rsplit('/').next() == Some(first))?;
        (then.is_empty() || before.iter().skip(at + 1).any(|word| word == then)).then_some(*told)
    })
}

/// The value of an option: behind it, behind its `=`, or joined to its letter.
pub fn value(words: &[&str], flags: &[&str]) -> Option<String> {
    let joined = |word: &&str| {
        flags.iter().find_map(|flag| {
            let rest = word.strip_prefix(flag)?;
            match rest.strip_prefix('=') {
                Some(value) if flag.len() > 2 => Some(value.to_owned()),
                _ => (flag.len() == 2 && !rest.is_empty()).then(|| rest.to_owned()),
            }
        })
    };
    let split = words.windows(2).find(|pair| flags.contains(&pair[0])).map(|pair| pair[1].to_owned());
    split.or_else(|| words.iter().find_map(joined))
}

fn port(text: Option<String>) -> Port {
    match text {
        None => Port::Usual,
        Some(text) => text.trim().parse().map_or(Port::Varies, Port::Given),
    }
}

/// What a connection string or an address says.
#[derive(Default)]
struct Address {
    /// It is one.
    any: bool,
    host: Option<String>,
    /// The number of the host.
    hostaddr: Option<String>,
    port: Port,
    database: Option<String>,
    /// The rest stands in a service file.
    service: bool,
}

/// Reads a connection string or an address (libpq, "Connection Strings"; redis-cli's are like those).
fn address(word: &str) -> Option<Address> {
    let schemes = ["postgres://", "postgresql://", "redis://", "rediss://"];
    let known =
        |value: &str| Some(value.replace("%2F", "/").replace("%2f", "/")).filter(|value| !value.is_empty());
    if let Some(rest) = schemes.iter().find_map(|scheme| word.strip_prefix(scheme)) {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (server, path) = rest.split_once('/').unwrap_or((rest, ""));
        let server = server.rsplit_once('@').map_or(server, |(_, server)| server);
        let (host, number) = match server.rsplit_once(':') {
            Some((host, number)) if !number.ends_with(']') => (host, number),
            _ => (server, ""),
        };
        let field = |name: &str| {
            query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).and_then(known)
        };
        return Some(Address {
            any: true,
            host: known(host).or_else(|| field("host")),
            hostaddr: field("hostaddr"),
            port: port(known(number).or_else(|| field("port"))),
            database: known(path).or_else(|| field("dbname")),
            service: field("service").is_some(),
        });
    }
    let field = |name: &str| {
        let found = word.split_whitespace().find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        found.map(|value| value.trim_matches('\'').to_owned())
    };
    let (host, hostaddr, number, database) =
        (field("host"), field("hostaddr"), field("port"), field("dbname"));
    let service = field("service").is_some();
    let any = service || [&host, &hostaddr, &number, &database].iter().any(|field| field.is_some());
    any.then(|| Address { any, host, hostaddr, port: port(number), database, service })
}

/// The one word of pg_dump that is no option and no value of one.
fn positional(words: &[&str]) -> Option<String> {
    const TAKE: [&str; 16] = [
        "-d",
        "-f",
        "-h",
        "-p",
        "-U",
        "-F",
        "-Z",
        "-j",
        "-n",
        "-N",
        "-t",
        "-T",
        "-E",
        "-S",
        "-e",
        "--cluster",
    ];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if TAKE.contains(word) {
            words.next();
        } else if !word.starts_with('-') {
            return Some((*word).to_owned());
        }
    }
    None
}

/// Paths among the words of a program that copies files.
fn copied(words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut before = "";
    for word in words {
        if word.starts_with('/') && is_plain(word) && !ASIDE.contains(&before) && !word.contains("::") {
            found.push((*word).to_owned());
        }
        before = word;
    }
    found
}

/// A place in the file system without what is another each time: the directory that holds it.
fn place(to: &str, cwd: Option<&str>) -> Option<String> {
    let whole = match (to.starts_with('/'), cwd) {
        (true, _) => to.to_owned(),
        (false, Some(cwd)) if !to.contains(':') => {
            format!("{}/{}", cwd.trim_end_matches('/'), to.trim_start_matches("./"))
        }
        _ => return None,
    };
    let varies = |c: char| c == VARIES || matches!(c, '*' | '?' | '[' | '%' | '\u{0}');
    let fixed = match whole.find(varies) {
        Some(at) => whole.get(..at)?.rsplit_once('/')?.0,
        None => whole.trim_end_matches('/'),
    };
    let below =
        |dir: &str| fixed.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let known = !fixed.is_empty() && !below("/dev") && !below("/proc");
    known.then(|| fixed.to_owned())
}

#[cfg(test)]
mod tests;
