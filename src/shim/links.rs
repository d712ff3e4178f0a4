//! Making and removing the links. Nothing that is not guard's is ever overwritten or removed.

use crate::engine::escape::escape;
use crate::engine::tool::{self, Linked, TOOLS};
use crate::fail::{Fail, Kind, Result};
use crate::run::{elf_note, find, names, self_path};
use crate::world::World;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where the links go: `given`, else `$XDG_DATA_HOME/guard/shims`, else `~/.local/share/guard/shims`.
pub fn directory(world: &World, given: Option<&Path>) -> Result<PathBuf> {
    if let Some(dir) = given {
        return Ok(world.at(dir));
    }
    let data = world.set_var("XDG_DATA_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    let home = || world.home().filter(|home| home.is_absolute()).map(|home| home.join(".local/share"));
    data.or_else(home).map(|dir| dir.join("guard/shims")).ok_or_else(|| {
        Fail::new(Kind::Usage, "there is no telling where the shims are")
            .because("neither HOME nor XDG_DATA_HOME is set")
            .help("name the directory with --dir")
    })
}

/// The `guard-shim` that links point to: the one beside this guard.
///
/// When a directory on PATH leads to that same file (`/opt/homebrew/bin`, `/usr/local/bin`), its path there is taken:
/// it stays valid when an upgrade moves the file behind it.
pub fn binary(world: &World) -> Result<PathBuf> {
    let own = self_path::own_path()
        .ok_or_else(|| Fail::new(Kind::Bug, "the system does not tell where guard itself is"))?;
    let beside = own.with_file_name("guard-shim");
    let real = fs::canonicalize(&beside).map_err(|e| {
        Fail::new(Kind::NotFound, format!("{} is missing", shown(&beside)))
            .because(e.to_string())
            .help("install guard with both of its binaries in one directory")
    })?;
    let path = world.var("PATH").unwrap_or_default();
    let stable = std::env::split_paths(path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join("guard-shim"))
        .find(|candidate| fs::canonicalize(candidate).is_ok_and(|found| found == real));
    Ok(stable.unwrap_or(real))
}

/// What stands where a link of guard's would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing.
    Free,
    /// A link of guard's, wherever it points to.
    Ours,
    /// Anything else.
    Foreign,
}

/// Looks at one place. A symlink is guard's when it names a file called `guard-shim` or one that carries guard's mark.
pub fn place(link: &Path) -> Place {
    let Ok(meta) = fs::symlink_metadata(link) else { return Place::Free };
    if !meta.is_symlink() {
        return Place::Foreign;
    }
    let named = fs::read_link(link).is_ok_and(|to| to.file_name().is_some_and(|name| name == "guard-shim"));
    if named || is_guard(link) { Place::Ours } else { Place::Foreign }
}

/// Whether a file, behind its links, is a guard binary.
pub fn is_guard(path: &Path) -> bool {
    let mut path_z = path.as_os_str().as_bytes().to_vec();
    path_z.push(0);
    elf_note::is_marked(&path_z)
}

/// The tools that are linked without being asked for by name.
pub fn tools() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().filter(|tool| tool.linked != Linked::WhenAsked).map(|tool| tool.name)
}

/// The tools that are installed on this machine; all of them where none is, so that guard is there first.
pub fn present(world: &World) -> Vec<&'static str> {
    let selves = self_path::selves();
    let found: Vec<&str> =
        tools().filter(|tool| find::find(tool.as_bytes(), world.var("PATH"), &selves).is_ok()).collect();
    if found.is_empty() { tools().collect() } else { found }
}

/// Every tool that can be linked, those that have to be asked for by name among them.
pub fn all() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().map(|tool| tool.name)
}

/// The tools whose names stand in the directory of the links, guard's or not.
pub fn linked(dir: &Path) -> Vec<&'static str> {
    all().filter(|tool| place(&dir.join(tool)) != Place::Free).collect()
}

/// What [`install`] did with one tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// A new link.
    New(PathBuf),
    /// A link of guard's that pointed elsewhere now points here.
    Moved(PathBuf),
    /// It was there already.
    Kept(PathBuf),
}

/// Links each tool in `dir` to `shim`. All places are looked at first: either all tools are linked or none.
pub fn install(dir: &Path, shim: &Path, tools: &[String]) -> Result<Vec<Made>> {
    for tool in tools {
        if tool::called(tool.as_bytes()).is_none() {
            let known: Vec<&str> = names::all().collect();
            return Err(Fail::new(
                Kind::Usage,
                format!("`{}` is no tool guard knows", escape(tool.as_bytes())),
            )
            .help(format!("choose from: {}", known.join(", "))));
        }
        let link = dir.join(tool);
        if place(&link) == Place::Foreign {
            return Err(Fail::new(
                Kind::Refused,
                format!("{} is not guard's and stays as it is", shown(&link)),
            )
            .help("move it away, or choose another directory with --dir"));
        }
    }
    fs::create_dir_all(dir).map_err(|e| cannot("create", dir, &e))?;
    tools.iter().map(|tool| link(&dir.join(tool), shim)).collect()
}

fn link(link: &Path, shim: &Path) -> Result<Made> {
    match fs::read_link(link) {
        Ok(to) if to == shim => return Ok(Made::Kept(link.to_owned())),
        Ok(_) => {}
        Err(_) => {
            return match std::os::unix::fs::symlink(shim, link) {
                Ok(()) => Ok(Made::New(link.to_owned())),
                Err(e) => Err(cannot("create", link, &e)),
            };
        }
    }
    // Another name first, then renamed over the old link: there is no moment without a shim.
    let mut name = OsString::from(".guard-");
    name.push(link.file_name().unwrap_or_default());
    name.push(std::process::id().to_string());
    let new = link.with_file_name(name);
    let made = std::os::unix::fs::symlink(shim, &new).and_then(|()| fs::rename(&new, link));
    if let Err(e) = made {
        let _ = fs::remove_file(&new);
        return Err(cannot("replace", link, &e));
    }
    Ok(Made::Moved(link.to_owned()))
}

/// What [`uninstall`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Links that are gone.
    pub links: Vec<PathBuf>,
    /// What stands in the directory and is not guard's.
    pub left: Vec<PathBuf>,
    /// The directory was empty then and is gone too.
    pub directory: bool,
}

/// Removes guard's links from a directory: those of `tools`, or all when none is named.
pub fn uninstall(dir: &Path, tools: &[String]) -> Result<Removed> {
    let mut removed = unlink(dir, tools)?;
    removed.directory = removed.left.is_empty() && fs::remove_dir(dir).is_ok();
    Ok(removed)
}

/// The same for a directory that is not guard's own: it stays.
pub fn unlink(dir: &Path, tools: &[String]) -> Result<Removed> {
    let mut removed = Removed::default();
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(removed),
        Err(e) => return Err(cannot("read", dir, &e)),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    for path in paths {
        let named = path.file_name().is_some_and(|name| tools.iter().any(|tool| name == tool.as_str()));
        if place(&path) != Place::Ours {
            removed.left.push(path);
        } else if tools.is_empty() || named {
            fs::remove_file(&path).map_err(|e| cannot("remove", &path, &e))?;
            removed.links.push(path);
        }
    }
    Ok(removed)
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Fail {
    Fail::new(Kind::Refused, format!("cannot {verb} {}", shown(path)))
        .because(error.to_string())
        .help("choose a directory you may write to with --dir")
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}
