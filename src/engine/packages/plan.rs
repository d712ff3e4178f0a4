//! What a command of the apt family is going to do, package by package, as the tool itself planned it.

/// The plan of one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Every change, in the tool's order.
    pub changes: Vec<Change>,
    /// What stays and is deconfigured while others change: its prerm runs with `deconfigure` (deb-prerm(5)), and may stop
    /// what runs of it.
    pub deconfigured: Vec<String>,
}

/// What happens to one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name without the architecture.
    pub name: String,
    /// Its architecture, where the tool says it (`libc6:i386`).
    pub arch: Option<String>,
    /// The version that is installed; `None` for what is not (a new package, a leftover whose settings alone remain).
    pub version: Option<String>,
    /// What happens.
    pub kind: Kind,
    /// Whether the person named it.
    pub named: bool,
    /// Whether it goes only because nothing needs it any more (it was installed automatically).
    pub unused: bool,
}

/// What happens to a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It is installed, upgraded, downgraded or installed again.
    Install,
    /// Its files go, settings and data stay.
    Remove,
    /// Its purge script runs as well.
    Purge,
}

impl Change {
    /// The name as dpkg takes it: with the architecture where there is one to say.
    pub fn full_name(&self) -> String {
        match &self.arch {
            Some(arch) => format!("{}:{arch}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Plan {
    /// What goes.
    pub fn removals(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.kind != Kind::Install)
    }

    /// Whether anything goes.
    pub fn removes(&self) -> bool {
        self.removals().next().is_some()
    }

    /// What is there in another version afterwards.
    pub fn upgrades(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.kind == Kind::Install && change.version.is_some())
    }

    /// Adds what goes with every purge: see [`armed`](super::status::armed).
    pub fn add_armed(&mut self, armed: &[Change]) {
        if !self.changes.iter().any(|change| change.kind == Kind::Purge) {
            return;
        }
        for one in armed {
            if !self.removals().any(|c| c.name == one.name && c.arch == one.arch) {
                self.changes.push(one.clone());
            }
        }
    }

    /// Whether the same packages go in the same way in both, in whatever order: the question right before something
    /// runs that was agreed to a while ago. A package may have been upgraded meanwhile; it is the same one all the same.
    pub fn same_removals(&self, other: &Plan) -> bool {
        let set = |plan: &Plan| {
            let mut all: Vec<(String, Kind)> = plan.removals().map(|c| (c.full_name(), c.kind)).collect();
            all.sort();
            all.dedup();
            all
        };
        set(self) == set(other) && self.deconfigured == other.deconfigured
    }
}
