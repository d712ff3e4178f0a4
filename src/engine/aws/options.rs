//! The options of one operation, where the tables have them.

/// How an option takes its values (`awscli/arguments.py`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// None: one half of a pair `--x`/`--no-x`.
    Switch,
    /// One.
    Value,
    /// Every free word behind it.
    List,
    /// One, if a free word follows.
    Maybe,
}

/// What every operation of a service has besides its own options.
const EVERYWHERE: [(&[u8], Kind); 3] = [
    (b"cli-input-json", Kind::Value),
    (b"cli-input-yaml", Kind::Value),
    (b"generate-cli-skeleton", Kind::Maybe),
];

/// All options of one command.
pub struct Own {
    rows: Vec<(&'static [u8], Kind)>,
    api: bool,
}

impl Own {
    /// The options of a command that is in the list.
    #[cfg(feature = "cli")]
    pub fn of(command: &[u8]) -> Option<Own> {
        let line = crate::engine::aws::tables::options(command)?;
        let api = !line.starts_with('~');
        let names: Vec<&'static str> =
            line.trim_start_matches('~').split(' ').filter(|name| !name.is_empty()).collect();
        // `--disable-api-termination`, `--disable-api-termination Value=true`, `--no-disable-api-termination` of EC2
        // (`awscli/customizations/toplevelbool.py`).
        let has_opposite = |name: &str| names.iter().any(|other| other.strip_prefix("no-") == Some(name));
        let is_opposite = |name: &str| name.strip_prefix("no-").is_some_and(|name| names.contains(&name));
        let kind = |name: &&'static str| match name.as_bytes() {
            [name @ .., b'*'] => (name, Kind::List),
            [name @ .., b'!'] => (name, Kind::Switch),
            plain if has_opposite(name) => (plain, Kind::Maybe),
            plain if is_opposite(name) => (plain, Kind::Switch),
            plain => (plain, Kind::Value),
        };
        let mut rows: Vec<(&'static [u8], Kind)> = names.iter().map(kind).collect();
        if api {
            rows.extend(EVERYWHERE);
        }
        Some(Own { rows, api })
    }

    /// The lean build has no list: the full guard reads what it cannot be sure of.
    #[cfg(not(feature = "cli"))]
    pub fn of(_: &[u8]) -> Option<Own> {
        let _ = EVERYWHERE;
        None
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// The name and kind of one; an empty name beyond the end.
    pub fn row(&self, index: usize) -> (&'static [u8], Kind) {
        self.rows.get(index).copied().unwrap_or((b"", Kind::Switch))
    }

    /// Whether it is an operation of a service's API rather than a command of the CLI's own (`s3 rm`).
    pub fn is_api(&self) -> bool {
        self.api
    }
}
