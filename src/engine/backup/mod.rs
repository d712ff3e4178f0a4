//! What is known of copies of the things that hold data: one [`Record`] per holder and source, and which sources were read at
//! all. Readers fill this in; [`standing`] says what it comes to.

pub mod backed;
pub mod content;
pub mod place;
pub mod script;
pub mod sql_dump;
pub mod standing;

use super::fact::Why;

/// Everything that was found out about copies, for one question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backups {
    /// When it was looked at, in seconds since 1970-01-01T00:00Z.
    pub now: i64,
    /// Whether anybody looked for what holds data among what is hit: without that nothing is known of any.
    pub looked: bool,
    /// What holds data, each with the copies of it that were found.
    pub holders: Vec<Holder>,
    /// The sources that may have one, and whether they were read.
    pub sources: Vec<Source>,
    /// What may hold data and was not looked at.
    pub beyond: Vec<Beyond>,
}

/// Something that may hold data and was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// As a person calls it: `claims of pg`.
    pub what: String,
    /// Why not.
    pub why: Why,
}

/// Something that holds data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// As a person calls it: `claim shop/pg-data-0`.
    pub what: String,
    /// What no other thing has: the uid of a claim, the system identifier of a PostgreSQL cluster, an ARN.
    pub identity: Option<String>,
    /// Copies of it, in no order.
    pub records: Vec<Record>,
}

/// Something that may have copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// In one word: `velero`, `cronjobs`.
    pub name: &'static str,
    /// As one looks for what kept it from being read: `velero.io`.
    pub full: &'static str,
    /// Whether all of it was read.
    pub read: Read,
}

/// Whether a source was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// All of it.
    All,
    /// A part: `within` says which (`shop`), and there may be more for that reason.
    Partly {
        /// What was read.
        within: String,
        /// What kept the rest from being read.
        why: Why,
    },
    /// None of it.
    Not(Why),
}

/// One copy of one holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Who made it, as a person calls the tool: `Velero`.
    pub tool: &'static str,
    /// What it is called there: the name of a Backup, the label of a pgBackRest backup.
    pub object: String,
    /// Whether this holder's data is in it.
    pub covers: Covers,
    /// When it was complete, in seconds since 1970-01-01T00:00Z: never when it was started or due.
    pub finished_at: Option<i64>,
    /// How it ended.
    pub outcome: Outcome,
    /// How much is in it, by every measure its source has.
    pub amounts: Vec<Amount>,
    /// The one before it of the same source.
    pub previous: Option<Previous>,
    /// When its own tool takes it away.
    pub expires: Expiry,
    /// Where it lies.
    pub stored: Stored,
    /// Until when nobody can take it away, in seconds since 1970-01-01T00:00Z.
    pub immutable_until: Option<i64>,
    /// When it was last read back whole, in seconds since 1970-01-01T00:00Z.
    pub read_back_at: Option<i64>,
    /// How sure all this is.
    pub evidence: Evidence,
    /// What else a person should know of it, one short clause each.
    pub remarks: Vec<String>,
}

impl Record {
    /// A record of which nothing is known yet but who says so.
    pub fn of(tool: &'static str, object: impl Into<String>, evidence: Evidence) -> Record {
        Record {
            tool,
            object: object.into(),
            covers: Covers::Unknown,
            finished_at: None,
            outcome: Outcome::Unknown,
            amounts: Vec::new(),
            previous: None,
            expires: Expiry::Unknown,
            stored: Stored::default(),
            immutable_until: None,
            read_back_at: None,
            evidence,
            remarks: Vec::new(),
        }
    }
}

/// Whether a holder's data is in a copy. Covering the namespace around it is not covering the holder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Covers {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// Nobody says.
    #[default]
    Unknown,
}

/// How the making of a copy ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Ok,
    /// With something missing, in the words of its source.
    Partial(String),
    /// It failed, in the words of its source.
    Failed(String),
    /// It has not ended.
    Running,
    /// Nobody says.
    #[default]
    Unknown,
}

/// How much is in a copy, by one measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// How much.
    pub n: u64,
    /// Of what.
    pub unit: Unit,
    /// How much the holder has of it now, where that was asked.
    pub live: Option<u64>,
}

/// What is counted of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Bytes as the source counts them: compressed, logical or allocated.
    Bytes,
    /// Tables of a database.
    Tables,
    /// Rows of all tables.
    Rows,
    /// Items of a document store, or objects of a cluster.
    Items,
    /// Files.
    Files,
    /// Keys of a key-value store.
    Keys,
}

impl Unit {
    /// One of them; bytes are written by themselves.
    pub const fn word(self) -> &'static str {
        match self {
            Unit::Bytes => "byte",
            Unit::Tables => "table",
            Unit::Rows => "row",
            Unit::Items => "item",
            Unit::Files => "file",
            Unit::Keys => "key",
        }
    }
}

/// The copy before another, of the same source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Previous {
    /// When it was complete, in seconds since 1970-01-01T00:00Z.
    pub finished_at: i64,
    /// How much was in it, by the first measure of the other.
    pub n: u64,
}

/// When a copy goes by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// Never, or not before somebody takes it away.
    Never,
    /// At this moment, in seconds since 1970-01-01T00:00Z.
    At(i64),
    /// Nobody says.
    #[default]
    Unknown,
}

/// Where a copy lies, and what takes it along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// As a person calls it: `s3://acme-pg`; empty where nobody says.
    pub at: String,
    /// With what it goes.
    pub fate: Fate,
    /// Why it goes with that: `class Delete`.
    pub because: String,
    /// Why it cannot be read now, where that is known: `location minio is Unavailable`.
    pub unreachable: Option<String>,
}

/// With what a copy goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// With nothing that this holder depends on: another account, another site.
    Nothing,
    /// With the account, the region or the credentials it shares with the holder.
    Account,
    /// With the host.
    Host,
    /// With the storage system both lie on.
    Storage,
    /// With the cluster.
    Cluster,
    /// Nobody knows.
    #[default]
    Unknown,
    /// With what this very command takes away.
    Command,
}

impl Fate {
    /// As it is said behind a copy; nothing of what is best or not known.
    pub const fn says(self) -> Option<&'static str> {
        match self {
            Fate::Nothing => Some("elsewhere"),
            Fate::Account => Some("same account"),
            Fate::Host => Some("same host"),
            Fate::Storage => Some("same storage"),
            Fate::Cluster => Some("same cluster"),
            Fate::Unknown | Fate::Command => None,
        }
    }

    /// The word used in output and records.
    pub const fn word(self) -> &'static str {
        match self {
            Fate::Nothing => "nothing",
            Fate::Account => "account",
            Fate::Host => "host",
            Fate::Storage => "storage",
            Fate::Cluster => "cluster",
            Fate::Unknown => "unknown",
            Fate::Command => "command",
        }
    }
}

/// How sure a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// A job, timer or CronJob that looks like a backup ended well: that is about the job, not about the data.
    Claimed,
    /// The backup tool's own catalogue lists it as finished for this holder.
    Recorded,
    /// There is something in it, and it has not shrunk against the one before and against the holder.
    Measured,
    /// It was read back whole.
    Verified,
}

impl Evidence {
    /// All of them, the least sure first.
    pub const ALL: [Evidence; 4] =
        [Evidence::Claimed, Evidence::Recorded, Evidence::Measured, Evidence::Verified];

    /// The word used on the screen, in output and in policy files.
    pub const fn word(self) -> &'static str {
        match self {
            Evidence::Claimed => "claimed",
            Evidence::Recorded => "recorded",
            Evidence::Measured => "measured",
            Evidence::Verified => "verified",
        }
    }
}

impl Backups {
    /// Takes in what another question found. What only one of them read all of was not read for both.
    pub fn absorb(&mut self, other: Backups) {
        self.now = self.now.max(other.now);
        self.looked |= other.looked;
        self.beyond.extend(other.beyond);
        self.holders.extend(other.holders);
        for source in other.sources {
            match self.sources.iter_mut().find(|mine| mine.name == source.name) {
                Some(mine) if mine.read == Read::All => mine.read = source.read,
                Some(_) => {}
                None => self.sources.push(source),
            }
        }
    }
}
