//! The way back: volumes with what was in them, networks, containers. Nothing that is there is touched, and a name that somebody has
//! taken meanwhile ends it before anything is made. What was made is taken away again where a volume could not be filled.

use super::api::{Api, Refused};
use super::body::{RESTORED, container_body, marked, network_body, others_of};
use super::content::{TAR_KEEPS, entries_of, tar, unpacked};
use super::helper::{self, Helper};
use super::manifest::{By, Container, Content, Volume};
use super::way::{AFTERWARDS, Back, UNDER_WAY, image, look, read, there};
use super::{Failed, content, encoded, interrupted};
use crate::engine::docker::daemon::called;
use crate::family::docker::probe;
use crate::keep::stored::{Stored, inside};
use crate::run::child;
use crate::run::tasks::block_on;
use crate::run::uninterrupted::Uninterrupted;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::time::Instant;

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(1800);

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was made.
    pub made: Vec<String>,
    /// Containers that run again.
    pub started: Vec<String>,
    /// What could not be done, and why.
    pub failed: Vec<(String, String)>,
    /// The signal that ended it; what was made is gone again.
    pub interrupted: Option<i32>,
}

/// What was made, to be taken away again.
#[derive(Default)]
struct Made {
    volumes: Vec<String>,
    networks: Vec<String>,
    containers: Vec<String>,
}

/// Makes everything again. `begins` is told what is being made.
pub fn restore(back: &Back<'_>, begins: &dyn Fn(&str)) -> Report {
    let signals = Uninterrupted::start();
    let mut report = Report::default();
    let under_way = back.dir.join(UNDER_WAY);
    // Of a copy that cannot be written to nobody will know.
    let _ = std::fs::write(&under_way, b"");
    let mut made = Made::default();
    let done = block_on(async {
        let api = Api::new(back.way, back.world, Instant::now() + PATIENCE);
        let done = tokio::select! {
            done = carry_out(&api, back, begins, &mut made, &mut report) => done,
            signal = interrupted(&signals) => Err(Failed::Interrupted(signal)),
        };
        if done.is_err() {
            let after = Api::new(back.way, back.world, Instant::now() + AFTERWARDS);
            let names: Vec<String> = made.volumes.clone();
            helper::sweep(&after, &names).await;
            report.failed.extend(take_away(&after, &made).await);
            report.made.clear();
            report.started.clear();
        }
        done
    });
    // Signals have been waited for: whoever ends this in the middle leaves it.
    let _ = std::fs::remove_file(&under_way);
    match done {
        Ok(Ok(())) => {}
        Ok(Err(Failed::Interrupted(signal))) => report.interrupted = Some(signal),
        Ok(Err(Failed::Why(why))) => report.failed.insert(0, ("the way back".to_owned(), why)),
        Err(e) => report.failed.push(("the way back".to_owned(), e.to_string())),
    }
    report
}

async fn carry_out(
    api: &Api<'_>,
    back: &Back<'_>,
    begins: &dyn Fn(&str),
    made: &mut Made,
    report: &mut Report,
) -> Result<(), Failed> {
    // Somebody may have taken a name while the question stood.
    if let Some(taken) = look(api, back).await.map_err(Failed::Why)?.taken.first() {
        return Err(Failed::Why(format!("{taken} is there by now")));
    }
    for volume in &back.manifest.volumes {
        begins(&called(&volume.name));
        fill(api, back, volume, made)
            .await
            .map_err(|why| Failed::Why(format!("{}: {why}", called(&volume.name))))?;
        report.made.push(called(&volume.name));
    }
    if back.data_only {
        return Ok(());
    }
    for network in &back.manifest.networks {
        let path = format!("/networks/{}", encoded(&network.name));
        if there(api, &path).await.map_err(Failed::Why)?.is_some() {
            continue;
        }
        begins(&network.name);
        let said = read(back.dir, &network.inspect).map_err(Failed::Why)?;
        match api.post("/networks/create", &marked(network_body(&said), &back.manifest.id)).await {
            Ok(answer) => {
                made.networks.extend(answer["Id"].as_str().map(str::to_owned));
                report.made.push(format!("network {}", network.name));
            }
            Err(refused) => report.failed.push((format!("network {}", network.name), refused.message)),
        }
    }
    for one in &back.manifest.definitions {
        if there(api, &format!("/volumes/{}", encoded(&one.name))).await.map_err(Failed::Why)?.is_some() {
            continue;
        }
        match define(api, back, &one.name, &one.inspect).await {
            Ok(_) => {
                made.volumes.push(one.name.clone());
                report.made.push(format!("{}, as it was told", called(&one.name)));
            }
            Err(why) => report.failed.push((called(&one.name), why)),
        }
    }
    // From here on what is there stays: data counts more than all or nothing.
    let mut started: Vec<(String, String, String)> = Vec::new();
    for container in in_order(back).map_err(Failed::Why)? {
        begins(&container.name);
        match make(api, back, container, made).await {
            Ok((id, began)) => {
                report.made.push(format!("container {}", container.name));
                if container.ran {
                    started.push((began, container.name.clone(), id));
                }
            }
            Err(why) => report.failed.push((format!("container {}", container.name), why)),
        }
    }
    started.sort();
    for (_, name, id) in started {
        begins(&name);
        // Somebody may have begun to work with what it mounts: two servers on one directory are worse than one that does not run.
        let open = match probe::sharers_of(back.way, back.world, &name).await {
            Ok(open) => open,
            Err(why) => Some(format!("whether another server has its data open could not be seen: {why}")),
        };
        if let Some(why) = open {
            report.failed.push((format!("start of container {name}"), why));
            continue;
        }
        match api.post(&format!("/containers/{}/start", encoded(&id)), &Value::Null).await {
            Ok(_) => report.started.push(name),
            Err(refused) => report.failed.push((format!("start of container {name}"), refused.message)),
        }
    }
    Ok(())
}

/// Makes a volume. A daemon that has one of this name answers with that: only what bears this copy's label was made here.
async fn define(api: &Api<'_>, back: &Back<'_>, name: &str, inspect: &Stored) -> Result<Value, String> {
    let said = read(back.dir, inspect)?;
    let body = json!({
        "Name": name,
        "Driver": said["Driver"],
        "DriverOpts": said["Options"].as_object().cloned().unwrap_or_default(),
        "Labels": said["Labels"],
    });
    if there(api, &format!("/volumes/{}", encoded(name))).await?.is_some() {
        return Err("it is there by now".to_owned());
    }
    let made = api
        .post("/volumes/create", &marked(body, &back.manifest.id))
        .await
        .map_err(|refused| refused.message)?;
    if made["Labels"][RESTORED].as_str() == Some(&back.manifest.id) {
        return Ok(made);
    }
    Err("somebody else has made one of this name meanwhile".to_owned())
}

/// Makes a volume and puts into it what was in it.
async fn fill(api: &Api<'_>, back: &Back<'_>, volume: &Volume, own: &mut Made) -> Result<(), String> {
    let made = define(api, back, &volume.name, &volume.inspect).await?;
    own.volumes.push(volume.name.clone());
    let content = &volume.content;
    let from = inside(back.dir, &content.stored.file).map_err(|e| e.to_string())?;
    if !content::lies_in(&from, &content.top).map_err(|e| e.to_string())? {
        return Err(format!("what is in the copy does not lie in {}", content.top));
    }
    match place(back, &made, content) {
        Some((dir, above)) if content::has_tar(api.until()).await => {
            unpack_here(&from, &above, api.until()).await?;
            let there = entries_of(&dir).map_err(|e| e.to_string())?;
            if there == content.entries {
                return Ok(());
            }
            Err(format!("{there} files and directories came back, {} are in the copy", content.entries))
        }
        _ => {
            let helper = Helper::with(api, &volume.name, &format!("/{}", content.top)).await?;
            let tar = unpacked(&from).map_err(|e| e.to_string())?;
            let path = format!("/containers/{}/archive?path=%2F", encoded(helper.id()));
            let done = api.upload(&path, tar).await.map_err(|refused| refused.message);
            helper.remove(api).await?;
            done
        }
    }
}

/// The directory of a volume that was made a moment ago, and the one it lies in, where that is here and may be written.
fn place(back: &Back<'_>, made: &Value, content: &Content) -> Option<(PathBuf, PathBuf)> {
    let dir = PathBuf::from(made["Mountpoint"].as_str()?);
    let here = back.local
        && content.by == By::Tar
        && rustix::process::geteuid().is_root()
        && dir.is_absolute()
        && dir.file_name().is_some_and(|name| name == content.top.as_str())
        && std::fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_none());
    let above = dir.parent()?.to_owned();
    here.then_some((dir, above))
}

/// Unpacks a copy where the volume lies, with attributes and holes.
async fn unpack_here(from: &Path, above: &Path, until: Instant) -> Result<(), String> {
    let mut content = unpacked(from).map_err(|e| e.to_string())?;
    let (read, mut write) = io::pipe().map_err(|e| e.to_string())?;
    let mut tar = tar();
    tar.args(["--extract", "--file=-", "--preserve-permissions", "--same-owner"]);
    tar.args(TAR_KEEPS).arg("--directory").arg(above).stdin(Stdio::from(read));
    // It ends with the pipe: tar reads to the end, or is gone.
    let feeding = std::thread::spawn(move || io::copy(&mut content, &mut write).map(|_| ()));
    let done = child::run_as_it_is(tar, None, until).await.map_err(|why| why.to_string())?;
    let fed = feeding.join().unwrap_or_else(|_| Err(io::Error::other("the copy could not be read")));
    if !done.ok {
        return Err(content::first_line(&done.err));
    }
    fed.map_err(|e| e.to_string())
}

/// Makes a container; answers with its id and when it had begun to run.
async fn make(
    api: &Api<'_>,
    back: &Back<'_>,
    container: &Container,
    made: &mut Made,
) -> Result<(String, String), String> {
    let said = read(back.dir, &container.inspect)?;
    let Some((image, _)) = image(api, container, &said).await? else {
        return Err(format!("its image {} is not there", container.image));
    };
    let (body, others) = container_body(&said, &image, &back.manifest.containers);
    let path = format!("/containers/create?name={}", encoded(&container.name));
    let body = marked(body, &back.manifest.id);
    let answer = api.post(&path, &body).await.map_err(|refused| refused.message)?;
    let id = answer["Id"].as_str().ok_or("the daemon did not say which container it made")?.to_owned();
    made.containers.push(id.clone());
    for (network, endpoint) in others {
        let body = json!({ "Container": id, "EndpointConfig": endpoint });
        let joined = api.post(&format!("/networks/{}/connect", encoded(&network)), &body).await;
        joined.map_err(|refused: Refused| format!("network {network}: {refused}"))?;
    }
    Ok((id, said["State"]["StartedAt"].as_str().unwrap_or_default().to_owned()))
}

/// The containers, those first that others share something with.
fn in_order<'m>(back: &Back<'m>) -> Result<Vec<&'m Container>, String> {
    let mut left: Vec<(&Container, Vec<String>)> = Vec::new();
    for container in &back.manifest.containers {
        let said = read(back.dir, &container.inspect)?;
        left.push((container, others_of(&said["HostConfig"])));
    }
    let mut order: Vec<&Container> = Vec::new();
    while !left.is_empty() {
        let waits = |of: &[String]| {
            left.iter().any(|(other, _)| of.iter().any(|word| *word == other.name || *word == other.id))
        };
        // In a circle nobody is the first.
        let next = left.iter().position(|(_, of)| !waits(of)).unwrap_or(0);
        order.push(left.remove(next).0);
    }
    Ok(order)
}

/// Takes away what was made, and says of what is left why.
async fn take_away(api: &Api<'_>, made: &Made) -> Vec<(String, String)> {
    let mut left = Vec::new();
    let of = |kind: &str, query: &str, names: &[String]| -> Vec<(String, String)> {
        let path = |name: &String| format!("/{kind}/{}{query}", encoded(name));
        names.iter().rev().map(|name| (name.clone(), path(name))).collect()
    };
    let all = of("containers", "?force=1", &made.containers)
        .into_iter()
        .chain(of("networks", "", &made.networks))
        .chain(of("volumes", "", &made.volumes));
    for (name, path) in all {
        if let Err(refused) = api.delete(&path).await
            && !refused.is_absent()
        {
            left.push((format!("{name} is left"), refused.message));
        }
    }
    left
}
