//! A directory that goes with all that is in it.

use super::database;
use super::git;
use super::ground::{Ground, Weight, tell};
use super::processes::Users;
use super::walk::{self, Found};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::files::databases::Kind;
use crate::engine::files::places::is_below;
use crate::engine::files::scratch;
use crate::engine::human::{bytes, counted, number, span};
use crate::engine::impact::{Data, Fate, Impact, Protection};
use crate::family::packages::probe::facts::Size;
use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is nobody's loss is looked into no deeper: for what was put there by hand all the same.
const SHALLOW: usize = 3;
/// And for no longer.
const GLANCE: Duration = Duration::from_millis(250);
/// A repository in a scratch directory that is older was not made by the script that removes it.
const SETTLED: Duration = Duration::from_secs(60 * 60);
/// No tree is deeper.
const DEEP: usize = 4096;
/// So many repositories are asked about, and so many processes told.
const SEVERAL: usize = 8;

/// Looks at one: how much it matters, how large it is, and why it does not matter.
pub(super) fn look(
    path: &Path,
    meta: &Metadata,
    ground: &Ground<'_>,
    impact: &mut Impact,
) -> (Option<Weight>, u64, Option<String>) {
    let mut weight = Weight::Plain;
    if ground.weight_of_place(path, impact) == Weight::Heavy {
        weight = Weight::Heavy;
    }
    if mounted(path, ground, impact) {
        weight = Weight::Heavy;
    }
    let above = walk::database_above(path);
    if let Some((dir, kind)) = &above {
        part_of(path, dir, kind, ground, impact);
        weight = Weight::Heavy;
    }
    if weight < Weight::Heavy
        && let Some((because, scratch)) = nobodys(path, meta, ground)
        && is_left_behind(path, scratch, ground, impact)
    {
        return (Some(Weight::Light), 0, Some(because));
    }
    let found = walk::through(path, &ground.mounts, &ground.reach(DEEP, ground.until));
    let users = ground.users_of(path, &found.files);
    let databases = above.is_none() && databases(path, &found, &users, ground, impact);
    let used = used(path, &users, impact);
    gaps(path, &found, &users, impact);
    if databases {
        weight = Weight::Heavy;
    }
    if weight < Weight::Heavy && found.size.whole && found.unread.is_none() {
        let again = had_again(path, &found, ground, impact);
        if let Some(because) = again.filter(|_| !used) {
            return (Some(Weight::Light), 0, Some(because));
        }
    } else if !found.repositories.is_empty() || git::tree_of(path).is_some() {
        let _ = had_again(path, &found, ground, impact);
    }
    impact.data.push(Data {
        what: format!("{}: {}", path.display(), amount(&found.size, found.named_elsewhere)),
        fate: Fate::Erased,
        because: "with all that is in it, for good".to_owned(),
    });
    (Some(weight), found.size.bytes.max(1), None)
}

/// Tells what is mounted there. Whether any of it would be emptied.
fn mounted(path: &Path, ground: &Ground<'_>, impact: &mut Impact) -> bool {
    let mut emptied = Vec::new();
    for mount in ground.mounts.at_or_below(path) {
        let name = format!("{} ({})", mount.path.display(), mount.kind);
        if ground.rm.one_file_system && mount.path != path && mount.is_left_by(path) {
            impact.protections.push(Protection {
                what: "--one-file-system".to_owned(),
                effect: format!("leaves what is mounted on {name}"),
            });
        } else {
            emptied.push(name);
        }
    }
    let Some(first) = emptied.first() else { return false };
    let more = match emptied.len() {
        1 => String::new(),
        n => format!(" and {} more", number(n as u64 - 1)),
    };
    tell(impact, format!("{first}{more}: mounted there, emptied as well"));
    true
}

/// Why a directory is nobody's loss, by where it lies, by its name, or by what it says of itself; and whether it is scratch,
/// where people work all the same.
fn nobodys(path: &Path, meta: &Metadata, ground: &Ground<'_>) -> Option<(String, bool)> {
    let (raw, shown) = (path.as_os_str().as_bytes(), path.display());
    // What lies there is kept over a boot: another's may still be wanted.
    // What is mounted there is something else: `mount /dev/backup $(mktemp -d)`.
    let mount = ground.mounts.of(path).map(|mount| mount.path.as_os_str().as_bytes());
    let is_scratch = ground.named(path).is_some_and(|named| {
        scratch::is_scratch(&named)
            && (meta.uid() == ground.user || !named.starts_with(b"/var/tmp/"))
            && !mount.is_some_and(scratch::is_scratch)
    });
    if is_scratch {
        return Some((format!("{shown}: scratch"), true));
    }
    // A home that is mounted is one; what is mounted in it is something else.
    let own = |home: &Vec<u8>| {
        let below = raw.strip_prefix(home.as_slice()).and_then(|rest| rest.strip_prefix(b"/"));
        below.is_some_and(scratch::is_fetched) && !mount.is_some_and(|mount| is_below(mount, home))
    };
    if ground.home.as_ref().is_some_and(own) {
        return Some((format!("{shown}: your own cache"), false));
    }
    if ground.made_again.contains(path) {
        return Some((format!("{shown}: git ignores it, and a build makes it again"), false));
    }
    let has = |evidence: &str| fs::symlink_metadata(path.join(evidence)).is_ok();
    let name = path.file_name().unwrap_or_default().as_bytes();
    // What git keeps is work, whatever it is called.
    let kept = || match (git::tree_of(path), &ground.git) {
        (None, _) => false,
        (Some(tree), Some(git)) => !git.below(&tree, path, false).is_ok_and(|below| below.tracked == 0),
        (Some(_), None) => true,
    };
    if scratch::is_made_beside(name, has) && !kept() {
        return Some((format!("{shown}: made again by what stands beside it"), false));
    }
    let mut head = [0; scratch::CACHE_SIGNATURE.len()];
    let tagged = File::open(path.join(scratch::CACHE_TAG)).and_then(|mut file| file.read_exact(&mut head));
    (tagged.is_ok() && head == scratch::CACHE_SIGNATURE)
        .then(|| (format!("{shown}: marked as a cache"), false))
}

/// Whether nothing is in it that somebody works with: a database whose server runs; in scratch a repository that has been there
/// for a while, with work that exists nowhere else. A glance, since hundreds of thousands of files may be there.
fn is_left_behind(path: &Path, scratch: bool, ground: &Ground<'_>, impact: &mut Impact) -> bool {
    let until = ground.until.min(Instant::now() + GLANCE);
    let found = walk::through(path, &ground.mounts, &ground.reach(SHALLOW, until));
    // Scripts make repositories in scratch directories, and package managers clone them into what a build makes again.
    let settled = found.repositories.iter().filter(|dir| !scratch || is_settled(dir));
    let settled: Vec<&PathBuf> = settled.take(SEVERAL).collect();
    if !(settled.is_empty() || is_elsewhere(path, &settled, ground, impact)) {
        return false;
    }
    if found.databases.is_empty() {
        return true;
    }
    let users = ground.users_of(path, &found.files);
    let all_seen = users.missed.is_none() && !users.hidden;
    let used = |dir: &Path| users.all.iter().any(|user| user.path.starts_with(dir));
    for (dir, kind) in found.databases.iter().filter(|(dir, _)| all_seen && !used(dir)) {
        impact.also.push(format!("{}: {}, which nobody has open", dir.display(), kind.name));
    }
    all_seen && !found.databases.iter().any(|(dir, _)| used(dir))
}

/// Whether a repository was not made for a moment, as scripts and tests make them in scratch directories.
fn is_settled(dir: &Path) -> bool {
    // Written when it is made, and seldom again; a linked work tree has a file.
    let marks = [".git/description", ".git/config", ".git/info", "description", ".git"];
    let age = |mark: &&str| fs::symlink_metadata(dir.join(mark)).ok()?.modified().ok()?.elapsed().ok();
    marks.iter().filter_map(age).max().is_none_or(|age| age >= SETTLED)
}

/// Whether everything of these repositories can be had again; what cannot is told.
fn is_elsewhere(top: &Path, repositories: &[&PathBuf], ground: &Ground<'_>, impact: &mut Impact) -> bool {
    let Some(git) = &ground.git else {
        let what = format!("what of {} only git has", top.display());
        impact.gap(what, Why::Failed("there is no git on PATH".to_owned()));
        return false;
    };
    let mut elsewhere = true;
    for repository in repositories {
        let shown = repository.display();
        match git.only_here(repository, top) {
            Ok(only) if only.is_elsewhere() => {}
            Ok(only) => {
                elsewhere = false;
                tell(
                    impact,
                    format!("git work that exists nowhere else in {shown}: {}", only.told().join(", ")),
                );
            }
            Err(why) => {
                elsewhere = false;
                impact.gap(format!("git work in {shown}"), why);
            }
        }
    }
    elsewhere
}

/// Tells of the database that a path is a part of.
pub(super) fn part_of(path: &Path, dir: &Path, kind: &Kind, ground: &Ground<'_>, impact: &mut Impact) {
    let users = ground.users_of(dir, &HashSet::new());
    ground.hits_database(dir, kind);
    let database = database::describe(dir, kind, &ground.clusters(), &users);
    if let Some((what, why)) = database.gap {
        impact.gap(what, why);
    }
    let server = database.server.map(|server| format!("; {server}")).unwrap_or_default();
    tell(impact, format!("{} is part of the {} in {}{server}", path.display(), database.name, dir.display()));
}

/// Tells of the databases in it. Whether there are any.
fn databases(path: &Path, found: &Found, users: &Users, ground: &Ground<'_>, impact: &mut Impact) -> bool {
    if found.databases.is_empty() {
        return false;
    }
    let clusters = ground.clusters();
    let all_seen = users.missed.is_none() && !users.hidden;
    for (dir, kind) in &found.databases {
        let database = database::describe(dir, kind, &clusters, users);
        ground.hits_database(dir, kind);
        if let Some((what, why)) = database.gap {
            impact.gap(what, why);
        }
        let at = if dir == path { String::new() } else { format!(" in {}", dir.display()) };
        let runs = database.server.as_ref().map(|server| format!("; {server}")).unwrap_or_default();
        impact.raise(Effect::Destroy, format!("{}{at}{runs}", database.name));
        let size = if dir == path {
            amount(&found.size, 0)
        } else {
            amount(&walk::through(dir, &ground.mounts, &ground.reach(DEEP, ground.until)).size, 0)
        };
        impact.data.push(Data {
            what: format!("{}: {size} in {}", database.name, dir.display()),
            fate: Fate::Erased,
            because: match &database.server {
                Some(server) => server.clone(),
                None if all_seen => "its server does not run".to_owned(),
                None => "whether its server runs could not be seen".to_owned(),
            },
        });
        if let Some(server) = database.server {
            let told = format!("{}, {server}", database.name);
            impact.surprise.get_or_insert(told);
        }
    }
    true
}

/// Tells who uses it. Whether anybody does.
fn used(path: &Path, users: &Users, impact: &mut Impact) -> bool {
    let mut told: Vec<String> = Vec::new();
    for user in &users.all {
        let unit = user.process.unit.as_ref().map(|unit| format!(" ({unit})")).unwrap_or_default();
        let one = format!("{}{unit} {}", user.process.name, user.how);
        if !told.contains(&one) {
            told.push(one);
        }
    }
    let Some(first) = told.first() else { return false };
    impact.raise(Effect::Disrupt, format!("{}: {first}", path.display()));
    let more = told.len().saturating_sub(SEVERAL);
    impact.also.extend(told.iter().take(SEVERAL).map(|one| format!("{}: {one}", path.display())));
    if more > 0 {
        impact.also.push(format!("{} use {}", counted(more as u64, "other process"), path.display()));
    }
    true
}

fn gaps(path: &Path, found: &Found, users: &Users, impact: &mut Impact) {
    if let Some((at, why)) = &found.unread {
        impact.gap(format!("what is in {}", at.display()), why.clone());
    } else if !found.size.whole {
        impact.gap(format!("all that is in {}", path.display()), Why::TimedOut);
    }
    if let Some(why) = &users.missed {
        impact.gap(format!("who has files in {} open", path.display()), why.clone());
    } else if users.hidden && found.foreign {
        // What is the caller's own alone is the caller's to judge.
        impact.gap("what processes of other users have open", Why::Forbidden);
    }
}

/// Why all of it can be had again, if it can; what exists nowhere else is told.
fn had_again(path: &Path, found: &Found, ground: &Ground<'_>, impact: &mut Impact) -> Option<String> {
    let shown = path.display();
    if found.size.files == 0 && found.size.whole {
        let names = match found.named_elsewhere {
            0 => "no file is in it".to_owned(),
            n => format!("other names of its {} stay", counted(n, "file")),
        };
        return Some(format!("{shown}: {names}"));
    }
    let tree = git::tree_of(path);
    if tree.is_none() && found.repositories.is_empty() {
        return None;
    }
    let some: Vec<&PathBuf> = found.repositories.iter().take(SEVERAL).collect();
    if let more @ 1.. = found.repositories.len().saturating_sub(SEVERAL) {
        let what = format!("git work of {} in {shown}", counted(more as u64, "more repository"));
        impact.gap(what, Why::NotAsked);
    }
    let elsewhere = is_elsewhere(path, &some, ground, impact) && found.repositories.len() <= SEVERAL;
    let git = ground.git.as_ref()?;
    if found.repositories.first().is_some_and(|first| first == path) {
        return elsewhere.then(|| format!("{shown}: all of it is on a remote"));
    }
    let tree = tree?;
    match git.below(&tree, path, false) {
        Ok(below) if below.is_kept() => (elsewhere && found.repositories.is_empty())
            .then(|| format!("{shown}: git in {} has all of it", tree.display())),
        Ok(below) => {
            let told = below.told().join(", ");
            if below.changed + below.untracked > 0 {
                tell(impact, format!("git work that is in no commit in {shown}: {told}"));
            }
            None
        }
        Err(why) => {
            impact.gap(format!("git work in {shown}"), why);
            None
        }
    }
}

/// `231 MB in 1,204 files, last written 4 s ago`, `at least 12 GB …`.
fn amount(size: &Size, named_elsewhere: u64) -> String {
    let least = if size.whole { "" } else { "at least " };
    let mut text = format!("{least}{} in {}", bytes(size.bytes), counted(size.files, "file"));
    if let Some(seconds) = size.written_s {
        text.push_str(&format!(", last written {} ago", span(seconds)));
    }
    if named_elsewhere > 0 {
        text.push_str(&format!("; {} with other names that stay", counted(named_elsewhere, "file")));
    }
    text
}
