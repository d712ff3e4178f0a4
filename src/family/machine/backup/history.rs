//! What earlier dumps of the same source held: from the files that are still there, and from what guard itself has written down of
//! those that were overwritten since. What was read once is not read again as long as the file is the same.

use super::dump_file::{Dump, Of};
use super::dumps::Candidate;
use crate::engine::backup::content::{Contents, Earlier, Table, Through};
use crate::engine::backup::sql_dump::Part;
use crate::run::notes::{Notes, key};
use crate::world::World;
use serde_json::{Value, json};

/// In the cache: it tells nothing that the dumps do not, and without it only less can be compared.
const NAME: &str = "dumps.json";
/// So long a series is remembered that nobody looks at, in seconds.
const FRESH: u64 = 400 * 86_400;
/// So many dumps of one series.
const KEPT: usize = 8;
/// So many tables of one dump; of a larger one only the sums are kept, and it is read again.
const TABLES: usize = 200;

/// What is remembered of one series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    entries: Vec<Value>,
}

/// What makes a file the same as before.
fn stamp(of: &Candidate) -> Value {
    json!([of.size, of.written_at, of.inode])
}

impl Memory {
    /// What was written down of a series.
    pub fn recall(world: &World, series: &str) -> Memory {
        let note = Notes::named(world, NAME).and_then(|notes| notes.recall(&key(&[series]), FRESH));
        let entries = note.and_then(|note| note.get("dumps")?.as_array().cloned()).unwrap_or_default();
        Memory { entries }
    }

    /// What was read of this very file.
    pub fn dump(&self, candidate: &Candidate) -> Option<(Dump, i64)> {
        let entry = self.entries.iter().find(|entry| entry.get("file") == Some(&stamp(candidate)))?;
        let parts = entry.get("parts")?.as_array()?.iter().map(part).collect::<Option<Vec<Part>>>()?;
        let kind = match entry.get("kind")?.as_str()? {
            "postgres" => Of::Postgres,
            "mysql" => Of::MySql,
            "redis" => Of::Redis,
            _ => return None,
        };
        let maker = ["pg_dump", "pg_dumpall", "mysqldump", "Redis"]
            .into_iter()
            .find(|maker| entry.get("maker").and_then(Value::as_str) == Some(maker))?;
        let dump = Dump {
            maker,
            kind,
            parts,
            keys: entry.get("keys").and_then(Value::as_u64),
            version: entry.get("version").and_then(Value::as_str).map(str::to_owned),
            begun_at: entry.get("begun_at").and_then(Value::as_i64),
        };
        Some((dump, entry.get("read_at")?.as_i64()?))
    }

    /// Sums of the dumps before this one, newest first, of the database of this name.
    pub fn before(&self, candidate: &Candidate, database: Option<&str>) -> Vec<Earlier> {
        let mut all: Vec<(i64, Earlier)> = self
            .entries
            .iter()
            .filter_map(|entry| {
                let at = entry.get("file")?.get(1)?.as_i64()?;
                let sums = entry.get("sums")?.as_array()?;
                let sum = sums.iter().find(|sum| sum.get(0).is_some_and(|name| name.as_str() == database))?;
                Some((at, Earlier { tables: sum.get(1)?.as_u64()?, rows: sum.get(2)?.as_u64() }))
            })
            .filter(|(at, _)| *at < candidate.written_at)
            .collect();
        all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        all.into_iter().map(|(_, earlier)| earlier).collect()
    }

    /// Takes in what was read just now; whether that is anything new.
    pub fn add(&mut self, candidate: &Candidate, dump: &Dump, now: i64) -> bool {
        // What could not be read to its end may be read further next time.
        let whole =
            |part: &Part| !matches!(part.contents.read, Through::Listed { .. } | Through::Begun { .. });
        if dump.kind == Of::Nothing || !dump.parts.iter().all(whole) || self.dump(candidate).is_some() {
            return false;
        }
        let broken = dump.parts.iter().any(|part| matches!(part.contents.read, Through::Broken(_)));
        let small = dump.parts.iter().map(|part| part.contents.tables.len()).sum::<usize>() <= TABLES;
        let name = |part: &Part| part.name.clone().map_or(Value::Null, Value::String);
        let mut entry = json!({
            "file": stamp(candidate),
            "read_at": now,
            "maker": dump.maker,
            "kind": match dump.kind { Of::MySql => "mysql", Of::Redis => "redis", Of::Postgres | Of::Nothing => "postgres" },
            "keys": dump.keys,
            "version": dump.version,
            "begun_at": dump.begun_at,
        });
        if !broken {
            let sum = |part: &Part| json!([name(part), part.contents.count(), part.contents.rows()]);
            entry["sums"] = dump.parts.iter().map(sum).collect();
        }
        if small {
            let table = |table: &Table| json!([table.name, table.rows]);
            let part = |part: &Part| {
                let tables: Value = part.contents.tables.iter().map(table).collect();
                let broken = match &part.contents.read {
                    Through::Broken(why) => Value::String(why.clone()),
                    _ => Value::Null,
                };
                json!([name(part), tables, part.contents.others, broken, part.contents.defined])
            };
            entry["parts"] = dump.parts.iter().map(part).collect();
        }
        self.entries.retain(|old| old.get("file") != Some(&stamp(candidate)));
        self.entries.push(entry);
        let at = |entry: &Value| entry.get("file").and_then(|file| file.get(1)?.as_i64());
        self.entries.sort_by_key(|entry| std::cmp::Reverse(at(entry)));
        self.entries.truncate(KEPT);
        true
    }

    /// Writes it down.
    pub fn keep(self, world: &World, series: &str) {
        // Without it less can be compared next time.
        let _ = Notes::named(world, NAME)
            .map(|notes| notes.keep(&key(&[series]), json!({"dumps": self.entries}), FRESH));
    }
}

fn part(value: &Value) -> Option<Part> {
    let table = |value: &Value| {
        Some(Table { name: value.get(0)?.as_str()?.to_owned(), rows: value.get(1)?.as_u64() })
    };
    let tables = value.get(1)?.as_array()?.iter().map(table).collect::<Option<Vec<Table>>>()?;
    let read = value.get(3)?.as_str().map_or(Through::Whole, |why| Through::Broken(why.to_owned()));
    Some(Part {
        name: value.get(0)?.as_str().map(str::to_owned),
        contents: Contents { tables, others: value.get(2)?.as_u64()?, defined: value.get(4)?.as_u64(), read },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(written_at: i64) -> Candidate {
        Candidate { path: "/b/x.dump".into(), is_dir: false, size: 5, written_at, inode: 9 }
    }

    fn dump(rows: u64) -> Dump {
        let contents = Contents {
            tables: vec![Table { name: "public.t".into(), rows: Some(rows) }],
            others: 1,
            read: Through::Whole,
            defined: Some(1),
        };
        let parts = vec![Part { name: Some("shop".into()), contents }];
        Dump { maker: "pg_dump", kind: Of::Postgres, parts, version: Some("15".into()), ..Dump::default() }
    }

    #[test]
    fn the_same_file_is_read_once_and_the_next_is_compared() {
        let home = tempfile::tempdir().unwrap();
        let world = World::of(&[("HOME", home.path().to_str().unwrap())], "/");
        let mut memory = Memory::recall(&world, "/b/#.dump");
        assert_eq!(memory, Memory::default());
        assert!(memory.add(&file(100), &dump(7), 1_000));
        assert!(!memory.add(&file(100), &dump(7), 1_000), "nothing new");
        assert!(memory.add(&file(200), &dump(9), 2_000));
        memory.keep(&world, "/b/#.dump");
        let memory = Memory::recall(&world, "/b/#.dump");
        assert_eq!(memory.dump(&file(200)), Some((dump(9), 2_000)));
        assert_eq!(memory.dump(&Candidate { size: 6, ..file(200) }), None, "it was changed");
        let before = |at, name| memory.before(&file(at), name).iter().map(|e| e.rows).collect::<Vec<_>>();
        assert_eq!(before(300, Some("shop")), [Some(9), Some(7)]);
        assert_eq!(before(200, Some("shop")), [Some(7)]);
        assert_eq!(before(300, None), []);
        assert_eq!(Memory::recall(&world, "/b/other"), Memory::default());
    }

    #[test]
    fn a_broken_one_is_no_measure() {
        let mut memory = Memory::default();
        let mut broken = dump(1);
        broken.parts[0].contents.read = Through::Broken("cut".into());
        assert!(memory.add(&file(100), &broken, 0));
        assert_eq!(memory.dump(&file(100)).map(|(dump, _)| dump), Some(broken));
        assert!(memory.before(&file(200), Some("shop")).is_empty());
        // What was only begun is read again.
        for read in [Through::Listed { ends: true }, Through::Begun { ends: true }] {
            let mut begun = dump(1);
            begun.parts[0].contents.read = read;
            assert!(!memory.add(&file(150), &begun, 0));
        }
    }

    #[test]
    fn only_so_many_are_kept() {
        let mut memory = Memory::default();
        (1..=20).for_each(|at| assert!(memory.add(&file(at), &dump(1), 0)));
        assert_eq!(memory.before(&file(100), Some("shop")).len(), KEPT);
        assert!(memory.dump(&file(12)).is_none() && memory.dump(&file(13)).is_some());
    }
}
