//! What `rm` would take, asked of the live system: what stands at each path, whose it is, who uses it, and whether any of it can
//! be had again; and what that makes of the command.
//!
//! Everything here is bound to one deadline and never fails: what could not be learnt is a gap.

mod database;
mod directory;
mod git;
mod ground;
mod operand;
pub mod places;
mod processes;
mod walk;

use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::files::grammar::Rm;
use crate::engine::files::places::{Places, is_at_or_below, is_of_root};
use crate::engine::files::{classify_as, scratch};
use crate::engine::human::{bytes, counted, number};
use crate::engine::impact::{Data, Fate, Impact, Subject};
use crate::world::World;
use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::family::machine::backup::{self, places as holders};
use crate::run::mounts::Mounts;
use git::Git;
use ground::{Ground, Weight};
use operand::{Operand, What};

/// How long looking at what goes may take: most of it is counting files.
pub const DEADLINE: Duration = Duration::from_secs(3);
/// So many of the paths are told one by one.
const TOLD: usize = 50;
/// So long may finding the databases of the machine take.
const FINDING: Duration = Duration::from_millis(500);

/// So much longer may looking for copies of a database take.
const COPIES: Duration = Duration::from_millis(1_500);

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The words after `rm`.
    pub words: &'a [&'a [u8]],
    /// The process's environment and working directory.
    pub world: &'a World,
    /// How long everything together may take.
    pub deadline: Duration,
}

/// What the system said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// What would go.
    pub impact: Impact,
    /// Nothing would go, and `rm` says so better than anybody else: the words count as a read.
    pub nothing: Option<&'static str>,
    /// What is lost, by the names of the phrase: real paths without their first slash, what counts most first.
    pub lost: Vec<String>,
    /// What stands at each path, by device and inode where it is a file or a directory.
    pub identities: Vec<(PathBuf, Option<(u64, u64)>)>,
}

/// Asks.
pub fn ask(request: &Request<'_>) -> Answered {
    let until = Instant::now() + request.deadline;
    let Request { words, world, .. } = *request;
    let posixly = world.var("POSIXLY_CORRECT").is_some();
    let rm = Rm::read(words, posixly);
    let verdict = classify_as(words, posixly);
    if verdict.effect == Effect::Read {
        let nothing = verdict.because.first().copied();
        return Answered { nothing: nothing.or(Some("it only prints")), ..Answered::default() };
    }
    let operands = operand::look(&rm, world);
    let nothing = |operand: &Operand| match operand.what {
        What::Nothing(why) => Some(why),
        _ => None,
    };
    if operands.iter().all(|operand| nothing(operand).is_some()) {
        let nothing = operands.first().and_then(nothing);
        return Answered { nothing: nothing.or(Some("it names nothing")), ..Answered::default() };
    }
    let text = places::current(world, request.deadline.min(FINDING));
    let user = rustix::process::geteuid().as_raw();
    let home = places::own_home(world);
    let git = Git::find(world, until);
    let mut impact = Impact::default();
    let made_again = made_again(&operands, git.as_ref());
    let ground = Ground {
        rm: &rm,
        world,
        mounts: Mounts::read(),
        places: Places::read(&text),
        home,
        user,
        git,
        made_again,
        alone: operands.len() == 1,
        processes: OnceCell::new(),
        clusters: OnceCell::new(),
        databases: RefCell::default(),
        until,
    };
    if !ground.mounts.known {
        impact.gap("what is mounted there", crate::engine::fact::Why::Unsupported);
    }
    let mut lost: Vec<(Weight, u64, &Path)> = Vec::new();
    let mut light: Vec<String> = Vec::new();
    for operand in &operands {
        let (weight, size, told) = one(operand, &ground, &mut impact);
        let Some(weight) = weight else { continue };
        if impact.subjects.len() < TOLD {
            impact.subjects.push(subject(operand));
        }
        impact.subjects_total += 1;
        if weight == Weight::Light {
            light.extend(told);
        } else {
            lost.push((weight, size, &operand.path));
        }
        impact.whole_scope |= weight == Weight::Heavy;
    }
    let databases = ground.databases.take();
    if !databases.is_empty() {
        holders::tell_second_servers(Path::new("/"), &databases, &mut impact);
        let going = operands.iter().map(|operand| operand.path.clone()).collect();
        impact.backups = backup::find(Path::new("/"), world, databases, going, until + COPIES);
    }
    // Of equals the first one named stays first.
    lost.sort_by_key(|(weight, size, _)| std::cmp::Reverse((*weight, *size)));
    if lost.is_empty() {
        light.dedup();
        let first = light.first().cloned().unwrap_or_else(|| "nothing of note goes".to_owned());
        let more = light.len().saturating_sub(1);
        let because =
            if more == 0 { first } else { format!("{first}, and {} more such", number(more as u64)) };
        impact.lower(Effect::Mutate, because);
    }
    let lost = lost.into_iter().map(|(.., path)| phrase(path)).collect();
    Answered { impact, nothing: None, lost, identities: operands.iter().map(identity).collect() }
}

/// A path as the phrase has it behind the host's name and a slash.
fn phrase(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let rest = bytes.strip_prefix(b"/").filter(|rest| !rest.is_empty()).unwrap_or(bytes);
    // Two names that differ in a byte nobody can type are two phrases.
    std::str::from_utf8(rest).map_or_else(|_| escape(rest), str::to_owned)
}

fn subject(operand: &Operand) -> Subject {
    let kind = match &operand.what {
        What::Link(_) => "link",
        What::Directory(_) | What::Empty => "directory",
        What::Other(kind) => kind,
        What::File(_) | What::Hidden(_) | What::Nothing(_) => "file",
    };
    Subject {
        kind: kind.to_owned(),
        resource: "files".to_owned(),
        name: operand.path.display().to_string(),
        ..Subject::default()
    }
}

/// What of the operands a build makes again, by their names and by what git is told to ignore; one question for a work tree.
/// Where git does not answer nothing is.
fn made_again(operands: &[Operand], git: Option<&Git<'_>>) -> HashSet<PathBuf> {
    let Some(git) = git else { return HashSet::new() };
    let mut trees: HashMap<PathBuf, Vec<&Path>> = HashMap::new();
    for operand in
        operands.iter().filter(|operand| matches!(operand.what, What::Directory(_) | What::File(_)))
    {
        let named = operand.path.file_name().is_some_and(|name| scratch::is_made_again(name.as_bytes()));
        if let Some(tree) = git::tree_of(&operand.path).filter(|_| named) {
            trees.entry(tree).or_default().push(&operand.path);
        }
    }
    trees.iter().filter_map(|(tree, paths)| git.ignored(tree, paths).ok()).flatten().collect()
}

/// Looks at one path: how much it matters, how large it is, and why it does not matter. `None`: nothing goes.
fn one(operand: &Operand, ground: &Ground<'_>, impact: &mut Impact) -> (Option<Weight>, u64, Option<String>) {
    let path = operand.path.as_path();
    let shown = path.display();
    match &operand.what {
        What::Nothing(_) => (None, 0, None),
        What::Hidden(why) => {
            impact.gap(format!("what is at {shown}"), why.clone());
            (Some(Weight::Plain), 0, None)
        }
        What::Directory(meta) => directory::look(path, meta, ground, impact),
        What::File(meta) => {
            let weight = file(path, meta, ground, impact);
            let light = weight == Weight::Light;
            (
                Some(weight),
                meta.len(),
                light.then(|| format!("{shown} is a plain file where nothing of note lies")),
            )
        }
        What::Link(to) => {
            let weight = link(path, to.as_deref(), ground, impact);
            (Some(weight), 0, Some(format!("{shown} is a link: what it leads to stays")))
        }
        What::Empty => {
            let weight = ground.weight_of_place(path, impact);
            (Some(weight), 0, Some(format!("{shown} is empty")))
        }
        What::Other(kind) => {
            let weight = ground.weight_of_place(path, impact);
            (Some(weight), 0, Some(format!("{shown} is a {kind}")))
        }
    }
}

fn file(path: &Path, meta: &Metadata, ground: &Ground<'_>, impact: &mut Impact) -> Weight {
    let shown = path.display();
    let above = walk::database_above(path);
    if let Some((dir, kind)) = &above {
        directory::part_of(path, dir, kind, ground, impact);
    } else if meta.len() == 0 {
        // Nothing is in it: a mark, a lock.
        return Weight::Light;
    }
    let weight = if above.is_some() { Weight::Heavy } else { ground.weight_of_place(path, impact) };
    if weight > Weight::Light {
        let names = match meta.nlink() {
            _ if !ground.alone => String::new(),
            0 | 1 => String::new(),
            n => format!(" ({} of it stay)", counted(n - 1, "other name")),
        };
        impact.data.push(Data {
            what: format!("{shown}: {}{names}", bytes(meta.len())),
            fate: Fate::Erased,
            because: "a file, for good".to_owned(),
        });
    }
    weight
}

/// A link goes alone; but where the system, or a database, is reached by it, what needs it stops.
fn link(path: &Path, to: Option<&Path>, ground: &Ground<'_>, impact: &mut Impact) -> Weight {
    let leads = to.map(|to| to.display().to_string()).unwrap_or_else(|| "nothing".to_owned());
    // One of the places themselves, or above one; of what lies in one only the link is lost.
    let is_way = |path: &[u8]| {
        ground.places.and_then(|places| places.touched(path)).is_some_and(|place| is_at_or_below(place, path))
    };
    let named = ground.named(path);
    let is_system = named.is_some_and(|named| is_way(&named) || is_of_root(&named));
    let is_way = is_way(path.as_os_str().as_bytes());
    let serves = to.is_some_and(|to| walk::database_above(&to.join("x")).is_some());
    if is_way || is_system || serves {
        impact.raise(
            Effect::Disrupt,
            format!("{} leads to {leads}: what looks there finds nothing", path.display()),
        );
        return Weight::Heavy;
    }
    Weight::Light
}

/// What stands at a path.
fn identity(operand: &Operand) -> (PathBuf, Option<(u64, u64)>) {
    let same = match &operand.what {
        What::File(meta) | What::Directory(meta) => Some((meta.dev(), meta.ino())),
        _ => None,
    };
    (operand.path.clone(), same)
}

#[cfg(test)]
mod tests;
