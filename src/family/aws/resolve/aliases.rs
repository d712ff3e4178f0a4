//! `~/.aws/cli/alias`: words of people's own, which may stand in the place of any of the CLI's.

use super::files::File;
use super::ini::Blocks;
use super::paths;
use crate::engine::aws::alias::Aliases;
use crate::engine::escape::escape;
use crate::fail::{Fail, Kind, Result};
use crate::world::World;
use std::ffi::OsStr;
use std::path::PathBuf;

/// The aliases at hand.
#[derive(Clone, Debug)]
pub struct LoadedAliases {
    /// The file they stand in.
    pub path: PathBuf,
    /// What it says.
    pub aliases: Aliases,
}

/// Reads the aliases; `None` when there is no such file. No variable moves it, only `HOME` does.
pub fn aliases(world: &World) -> Result<Option<LoadedAliases>> {
    let file = file(world)?;
    // Malformed ones stop the CLI at every command, whatever it is.
    file.parse(Blocks::Keep)?;
    let Some(bytes) = &file.bytes else { return Ok(None) };
    let shown = escape(file.path.as_bytes());
    let malformed = |why: String| {
        Fail::new(Kind::Data, format!("{shown} cannot be understood, by the AWS CLI no more than by guard"))
            .because(escape(why.as_bytes()))
            .help("correct it; the command was not run")
    };
    if file.forbidden {
        // configparser takes it for empty; an alias nobody can read changes nothing.
        return Ok(None);
    }
    let text = std::str::from_utf8(bytes).map_err(|e| malformed(e.to_string()))?;
    let aliases = Aliases::parse(text).map_err(malformed)?;
    Ok(Some(LoadedAliases { path: PathBuf::from(&file.path), aliases }))
}

pub(super) fn file(world: &World) -> Result<File> {
    let path = paths::expand_user(world, OsStr::new("~/.aws/cli/alias"));
    File::read(world, &path, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::aws::alias::expand;
    use crate::exit::Exit;

    #[test]
    fn aliases_come_from_home() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::of(
            &[("HOME", dir.path().to_str().unwrap()), ("AWS_CONFIG_FILE", "/nonexistent/config")],
            "/",
        );
        assert!(aliases(&world).unwrap().is_none());
        let path = dir.path().join(".aws/cli/alias");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "[toplevel]\nnuke = cloudformation delete-stack --stack-name\n").unwrap();
        let loaded = aliases(&world).unwrap().unwrap();
        assert_eq!(loaded.path, path);
        let expanded = expand(&loaded.aliases, &[b"nuke", b"t1"], Some(1));
        assert_eq!(expanded.words.concat(), b"cloudformationdelete-stack--stack-namet1");

        std::fs::write(&path, "[toplevel]\nx = 1\n[toplevel]\n").unwrap();
        let fail = aliases(&world).unwrap_err();
        assert_eq!(fail.exit(), Exit::Data);
        assert!(fail.to_string().contains("alias:3"), "{fail}");
    }
}
