//! One dump that lies in a file, read: what kind it is by its first bytes, what is in it, and whether it is whole.

use super::Look;
use super::dumps::Candidate;
use super::format::{Format, HEAD, format_of};
use super::names;
use crate::engine::backup::content::{Contents, Through};
use crate::engine::backup::sql_dump::{Maker, Part, Reader, SqlDump, ends_whole};
use crate::family::machine::child::{self, Out};
use crate::family::machine::links::below;
use crate::family::machine::postgres::archive;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// A dump that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump {
    /// Who wrote it, as a person calls the tool.
    pub maker: &'static str,
    /// Which program's data it is of.
    pub kind: Of,
    /// The databases in it; one without a name where the dump does not say which.
    pub parts: Vec<Part>,
    /// Keys, of one that has no tables.
    pub keys: Option<u64>,
    /// The major version of the server it is of.
    pub version: Option<String>,
    /// When it was begun, where it says so and that is long before it was written here: it was copied.
    pub begun_at: Option<i64>,
}

impl Dump {
    fn of(dump: SqlDump, candidate: &Candidate) -> Dump {
        let kind = if dump.maker == Maker::MySqlDump { Of::MySql } else { Of::Postgres };
        let completed = dump.completed.as_deref().and_then(moment);
        Dump {
            maker: dump.maker.word(),
            kind,
            parts: dump.parts,
            begun_at: completed.filter(|at| is_copied(*at, candidate)),
            ..Dump::default()
        }
    }

    /// Whether databases may be in it that nobody has seen: only its beginning was read, and its maker puts several into one.
    pub fn may_hold_more(&self) -> bool {
        let begun = |part: &Part| matches!(part.contents.read, Through::Begun { .. });
        self.maker != Maker::PgDump.word() && self.parts.iter().any(begun)
    }
}

/// Which program's data a dump is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Of {
    /// PostgreSQL.
    Postgres,
    /// MySQL or MariaDB.
    MySql,
    /// Redis.
    Redis,
    /// There is nothing in it, so that it is of nobody.
    #[default]
    Nothing,
}

/// So much of the end tells whether it is whole.
const TAIL: u64 = 4 << 10;
/// A copy that is so much younger than what it is of was made later, in seconds.
const COPIED_S: i64 = 26 * 3600;

/// Reads a dump. `None` where it is none.
///
/// # Errors
/// Why nobody can tell what is in it.
pub fn read(look: &Look<'_>, candidate: &Candidate) -> Result<Option<Dump>, String> {
    let path = below(look.root, &candidate.path);
    if candidate.is_dir {
        return if path.join("toc.dat").exists() {
            archived(&path, candidate, look.until).map(Some)
        } else {
            Ok(None)
        };
    }
    let mut file = open(&path).map_err(|e| e.to_string())?;
    let mut head = Vec::with_capacity(HEAD);
    (&mut file).take(HEAD as u64).read_to_end(&mut head).map_err(|e| e.to_string())?;
    match format_of(&head) {
        Format::Strange if names::is_surely_one(&candidate.path) => {
            Err("what it is cannot be told from its beginning".to_owned())
        }
        Format::Strange => Ok(None),
        Format::Empty => Ok(Some(Dump { maker: "dump", parts: vec![Part::default()], ..Dump::default() })),
        Format::Archive => archived(&path, candidate, look.until).map(Some),
        Format::Rdb => redis(&path, look.until).map(Some),
        Format::Sql => sql(file, candidate, look.until).map(Some),
        Format::Packed(program) => packed(program, &path, candidate, look.until),
    }
}

/// Never a device, a pipe, or somebody's link at the last moment.
fn open(path: &Path) -> std::io::Result<File> {
    let path = std::fs::canonicalize(path)?;
    let file = File::options().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(std::io::Error::other("it is no file")) }
}

fn archived(path: &Path, candidate: &Candidate, until: Instant) -> Result<Dump, String> {
    let program = archive::newest_restore().ok_or("there is no pg_restore to read it with")?;
    let found = archive::read(&program, path, until)?;
    let begun = found.begun.as_deref().and_then(moment);
    Ok(Dump {
        maker: "pg_dump",
        kind: Of::Postgres,
        parts: vec![Part { name: found.database, contents: found.contents }],
        version: found.version,
        begun_at: begun.filter(|at| is_copied(*at, candidate)),
        keys: None,
    })
}

/// Whether a dump made then was only copied here.
fn is_copied(made_at: i64, candidate: &Candidate) -> bool {
    candidate.written_at.saturating_sub(made_at) > COPIED_S
}

/// `2026-11-30 02:15:12`, whose zone nobody says; mysqldump fills the hour with a blank (`2026-11-30  2:15:12`).
fn moment(text: &str) -> Option<i64> {
    let text = text.replacen("  ", " 0", 1);
    let text = text.get(..19)?;
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

fn sql(mut file: File, candidate: &Candidate, until: Instant) -> Result<Dump, String> {
    file.seek(SeekFrom::Start(0)).map_err(|e| e.to_string())?;
    let mut reader = Reader::default();
    let mut piece = vec![0; 1 << 20];
    let mut all = true;
    loop {
        match file.read(&mut piece).map_err(|e| e.to_string())? {
            0 => break,
            n => reader.read(piece.get(..n).unwrap_or_default()),
        }
        if Instant::now() >= until {
            all = false;
            break;
        }
    }
    let dump = reader.finish(all).ok_or("its beginning changed while it was read")?;
    let maker = dump.maker;
    let mut dump = Dump::of(dump, candidate);
    if !all {
        // Its end alone tells whether it is whole.
        let mut tail = Vec::new();
        let read = file
            .seek(SeekFrom::Start(candidate.size.saturating_sub(TAIL)))
            .and_then(|_| file.take(TAIL * 2).read_to_end(&mut tail));
        if read.is_ok() {
            let ended = match ends_whole(maker, &tail) {
                true => Through::Begun { ends: true },
                false => Through::Broken("it does not end as a whole one does".to_owned()),
            };
            dump.parts.iter_mut().for_each(|part| part.contents.read.clone_from(&ended));
        }
    }
    Ok(dump)
}

/// What a program unpacks, as the one the file belongs to.
fn packed(
    program: &'static str,
    path: &Path,
    candidate: &Candidate,
    until: Instant,
) -> Result<Option<Dump>, String> {
    let program = Path::new("/usr/bin").join(program);
    let program = if program.exists() {
        program
    } else {
        Path::new("/bin").join(program.file_name().unwrap_or_default())
    };
    if !program.exists() {
        return Err(format!(
            "there is no {} to read it with",
            program.file_name().unwrap_or_default().to_string_lossy()
        ));
    }
    let mut command = Command::new(&program);
    command
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C")])
        .current_dir("/")
        .arg("-dc")
        .arg(path);
    as_owner(&mut command, path);
    let mut reader = Reader::default();
    let mut bytes = 0_u64;
    let mut head = Vec::new();
    let ended = child::run(
        command,
        Out::To(&mut |some| {
            bytes += some.len() as u64;
            let room = HEAD.saturating_sub(head.len()).min(some.len());
            head.extend_from_slice(some.get(..room).unwrap_or_default());
            reader.read(some);
        }),
        until,
    );
    let all = match ended {
        Ok(ended) if ended.ok => true,
        // Whatever ended it without a word, or kept it from reading, was not the file.
        Ok(ended) if ended.said.trim().is_empty() || ended.said.contains("Permission denied") => {
            return Err(ended.why());
        }
        Ok(ended) => {
            let read = Through::Broken(format!("it cannot be unpacked: {}", ended.why()));
            let contents = Contents { read, ..Contents::default() };
            let dump = reader.finish(false).map(|dump| Dump::of(dump, candidate));
            let dump = dump.map(|dump| Dump { parts: vec![Part { name: None, contents }], ..dump });
            return if dump.is_none() {
                Err(format!("it cannot be unpacked: {}", ended.why()))
            } else {
                Ok(dump)
            };
        }
        Err(_) => false,
    };
    // An empty one takes twenty bytes: what should have been dumped failed in a pipe.
    if all && bytes == 0 {
        return Ok(Some(Dump { maker: "dump", parts: vec![Part::default()], ..Dump::default() }));
    }
    match format_of(&head) {
        Format::Archive => Err("an archive of pg_dump that was packed once more".to_owned()),
        Format::Rdb => Err("a dump of Redis that was packed".to_owned()),
        Format::Packed(_) => Err("it was packed twice".to_owned()),
        Format::Strange if !all || names::is_surely_one(&candidate.path) => {
            Err("what it is cannot be told from its beginning".to_owned())
        }
        _ => Ok(reader.finish(all).map(|dump| Dump::of(dump, candidate))),
    }
}

/// What somebody else has written is not read as root.
fn as_owner(command: &mut Command, path: &Path) {
    if rustix::process::geteuid().is_root()
        && let Ok(meta) = std::fs::metadata(path)
        && meta.uid() != 0
    {
        command.gid(meta.gid()).uid(meta.uid());
    }
}

/// Keys of a dump of Redis, counted by its own tool, which checks the sum as well (`redis-check-rdb.c`).
fn redis(path: &Path, until: Instant) -> Result<Dump, String> {
    let program = PathBuf::from("/usr/bin/redis-check-rdb");
    if !program.exists() {
        return Err("there is no redis-check-rdb to read it with".to_owned());
    }
    let mut command = Command::new(program);
    command.env_clear().envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C")]).current_dir("/").arg(path);
    as_owner(&mut command, path);
    let (ended, text) = child::output(command, until)?;
    let keys = text.lines().find_map(|line| {
        let (before, _) = line.split_once(" keys read")?;
        before.rsplit(' ').next()?.parse::<u64>().ok()
    });
    let read =
        if ended.ok { Through::Whole } else { Through::Broken("redis-check-rdb refuses it".to_owned()) };
    let part = Part { name: None, contents: Contents { read, ..Contents::default() } };
    Ok(Dump { maker: "Redis", kind: Of::Redis, parts: vec![part], keys, ..Dump::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use std::time::Duration;

    #[test]
    fn what_lies_there() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::of(&[], "/");
        let look = Look {
            root: Path::new("/"),
            world: &world,
            until: Instant::now() + Duration::from_secs(60),
            now: 0,
        };
        let write = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            Candidate { path, is_dir: false, size: bytes.len() as u64, written_at: 0, inode: 0 }
        };
        let text = b"--\n-- PostgreSQL database dump\n--\nCOPY public.t (a) FROM stdin;\n1\n\\.\n--\n-- PostgreSQL database dump complete\n--\n";
        let dump = read(&look, &write("x.sql", text)).unwrap().unwrap();
        assert_eq!((dump.maker, dump.parts[0].contents.rows()), ("pg_dump", Some(1)));
        // What should have been dumped failed, and its pipe did not notice.
        let empty = Some((Of::Nothing, 0));
        let said = |dump: Option<Dump>| dump.map(|dump| (dump.kind, dump.parts[0].contents.count()));
        assert_eq!(said(read(&look, &write("y.sql", b"")).unwrap()), empty);
        let gzip = [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(said(read(&look, &write("y.sql.gz", &gzip)).unwrap()), empty);
        assert_eq!(read(&look, &write("z.bak", b"insert into t values (1);")).unwrap(), None);
        // It is called like a dump, and nobody can tell: that is not nothing.
        assert!(read(&look, &write("z.sql", b"insert into t values (1);")).is_err());
        assert!(read(&look, &write("y.sql.gz", &gzip[..12])).is_err());
        // Its time is over: its end tells that it is no whole one.
        let late = Look { until: Instant::now(), ..look };
        let cut = read(&late, &write("c.sql", &text[..60])).unwrap().unwrap();
        assert!(matches!(cut.parts[0].contents.read, Through::Broken(_)), "{cut:?}");
        let whole = read(&late, &write("x.sql", text)).unwrap().unwrap();
        assert_eq!(whole.parts[0].contents.read, Through::Begun { ends: true });
        assert!(!whole.may_hold_more(), "pg_dump writes one database");
        let all = b"--\n-- PostgreSQL database cluster dump\n--\n\\connect shop\nCOPY public.t (a) FROM stdin;\n1\n\\.\n--\n-- PostgreSQL database cluster dump complete\n--\n";
        assert!(read(&late, &write("all.sql", all)).unwrap().unwrap().may_hold_more());
        assert!(!read(&look, &write("all.sql", all)).unwrap().unwrap().may_hold_more());
    }
}
