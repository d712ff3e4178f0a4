//! Where a server has written what it had in memory, and whether that is in the copy.

use super::super::content::first_line;
use super::super::in_memory;
use crate::engine::docker::holders::is_below;
use crate::family::docker::probe::Goes;
use serde_json::Value;

/// What became of what was in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is where it is copied from, or where it stays.
    Kept,
    /// It is written to where nothing is copied from, and goes.
    Elsewhere(String),
    /// Nobody said where it is written to.
    Unknown(String),
}

/// Reads the answer to `CONFIG GET dir`, and looks for that directory among the mounts of the container.
pub fn saved(said: &[u8], one: &Value, goes: &Goes) -> Saved {
    let text = String::from_utf8_lossy(said);
    let dir =
        text.strip_prefix("dir\n").map(|dir| dir.trim_end_matches('\n')).filter(|dir| dir.starts_with('/'));
    match dir {
        Some(dir) => match left_out(dir, one, goes) {
            None => Saved::Kept,
            Some(why) => Saved::Elsewhere(format!("it saves to {dir}, {why}")),
        },
        None => Saved::Unknown(format!("CONFIG GET dir: {}", first_line(said))),
    }
}

/// Why what is in this directory of a container is lost with it. Of several mounts the deepest counts.
fn left_out(dir: &str, one: &Value, goes: &Goes) -> Option<&'static str> {
    const MEMORY: &str = "which is in memory";
    let holds = |target: &str| {
        let target = target.trim_end_matches('/');
        dir == target || is_below(dir, target)
    };
    let mounts = one["Mounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mounts = mounts.iter().filter_map(|mount| Some((mount["Destination"].as_str()?, Some(mount))));
    // `--tmpfs` is no mount in an inspection.
    let tmpfs = one["HostConfig"]["Tmpfs"].as_object().into_iter().flat_map(|all| all.keys());
    let all = mounts.chain(tmpfs.map(|target| (target.as_str(), None)));
    let Some((_, deepest)) = all.filter(|(target, _)| holds(target)).max_by_key(|(target, _)| target.len())
    else {
        return Some("which is in no volume");
    };
    let Some(mount) = deepest.filter(|mount| mount["Type"] != "tmpfs") else { return Some(MEMORY) };
    let name = mount["Name"].as_str().unwrap_or_default();
    let volume = goes.volumes.iter().find(|volume| volume.name == name)?;
    in_memory(volume).then_some(MEMORY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::docker::daemon::Volume;
    use serde_json::json;

    #[test]
    fn what_is_saved_outside_of_what_is_copied_is_told() {
        let volume = |name: &str| Volume { name: name.to_owned(), ..Volume::default() };
        let mut memory = volume("memory");
        memory.options.insert("type".to_owned(), "tmpfs".to_owned());
        let goes = Goes { volumes: vec![volume("data"), memory], ..Goes::default() };
        let mount =
            |kind: &str, name: &str, target: &str| json!({"Type": kind, "Name": name, "Destination": target});
        let one = json!({
            "Mounts": [
                mount("volume", "data", "/data"),
                mount("volume", "stays", "/stays/"),
                mount("volume", "memory", "/quick"),
                mount("bind", "", "/srv"),
                mount("tmpfs", "", "/data/tmp"),
                mount("volume", "data", "/data/tmp/deep"),
            ],
            "HostConfig": {"Tmpfs": {"/run": ""}},
        });
        for (dir, want) in [
            ("/data", ""),
            ("/data/redis", ""),
            ("/stays/x", ""),
            ("/srv/redis", ""),
            ("/data/tmp/deep/x", ""),
            ("/tmp", "it saves to /tmp, which is in no volume"),
            ("/", "it saves to /, which is in no volume"),
            ("/database", "it saves to /database, which is in no volume"),
            ("/data/tmp/x", "it saves to /data/tmp/x, which is in memory"),
            ("/quick", "it saves to /quick, which is in memory"),
            ("/run/redis", "it saves to /run/redis, which is in memory"),
        ] {
            let want = if want.is_empty() { Saved::Kept } else { Saved::Elsewhere(want.to_owned()) };
            assert_eq!(saved(format!("dir\n{dir}\n").as_bytes(), &one, &goes), want, "{dir}");
        }
        for (said, why) in [
            ("ERR unknown command 'CONFIG'\n\n", "CONFIG GET dir: ERR unknown command 'CONFIG'"),
            ("dir\n\n", "CONFIG GET dir: dir"),
            ("", "CONFIG GET dir: it ended without a word"),
        ] {
            assert_eq!(saved(said.as_bytes(), &one, &goes), Saved::Unknown(why.to_owned()), "{said:?}");
        }
        assert_eq!(
            saved(b"dir\n/data\n", &json!({}), &goes),
            Saved::Elsewhere("it saves to /data, which is in no volume".into())
        );
    }
}
