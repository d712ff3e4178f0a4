//! What a daemon says about one command: containers, volumes, what stands in them, who has them open. A few questions side by side,
//! each with the same deadline; what does not come is a gap.

mod backups;
pub(super) mod client;
mod containers;
mod files;
mod inside;
mod labels;
mod places;
mod volumes;
mod wire;

use super::resolve::Endpoint;
use client::Client;
use labels::Told;
use wire::Listed;

use crate::engine::docker::daemon::{Container, Learnt, Origin, Volume};
use crate::engine::docker::loss::{self, File, Loss};
use crate::engine::docker::second::{Itself, Opening, sharers};
use crate::engine::docker::tables::Cli;
use crate::engine::docker::wish::{Act, New, Unused, Wanted, Wish};
use crate::engine::docker::words::Words;
use crate::engine::fact::{Known, Why};
use crate::run::tasks::block_on;
use crate::world::World;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;
pub use wire::{Info, Top};

/// How long looking may take.
pub const DEADLINE: Duration = Duration::from_secs(4);

/// What is asked.
pub struct Request<'a> {
    /// What the command is about to do.
    pub wish: &'a Wish,
    /// Its words.
    pub words: &'a Words<'a>,
    /// How the daemon is reached.
    pub way: &'a Endpoint,
    /// The command line that would run.
    pub tool: &'a Path,
    /// The process's environment and working directory.
    pub world: &'a World,
    /// How long everything together may take.
    pub deadline: Duration,
    /// Whether somebody would be asked anyway: then everything is wanted, else only whether that becomes so.
    pub asks: bool,
    /// Whether a policy goes by the daemon's own ID.
    pub by_id: bool,
}

/// What the daemon said.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// What goes.
    pub loss: Loss,
    /// The project of Compose that it is about, and how many services its files have.
    pub project: Option<(String, Option<usize>)>,
    /// Whether podman answered, which says another ID each time (`pkg/api/handlers/compat/info.go`).
    pub is_podman: bool,
    /// The daemon itself; `None` where nobody asked.
    pub info: Option<Known<Info>>,
    /// What of it a copy can be taken of.
    pub goes: Goes,
    /// Which directory each volume is that goes, as far as this machine can see it.
    pub identities: Vec<(String, String)>,
}

/// What goes for good, as the daemon knows it.
#[derive(Clone, Debug, Default)]
pub struct Goes {
    /// Volumes, with what is known of each.
    pub volumes: Vec<Volume>,
    /// The databases that keep their data there, by the names of the volumes.
    pub databases: BTreeMap<String, String>,
    /// Containers, by their ids.
    pub containers: Vec<String>,
    /// Whether the daemon's paths are this machine's.
    pub local: bool,
}

/// Asks.
pub fn ask(request: &Request<'_>) -> Answered {
    let (mut answered, places) = block_on(asked(request)).unwrap_or_else(|e| (unasked(&e), Vec::new()));
    backups::find(request.world, places, &mut answered.loss.impact);
    answered
}

/// The same once more, for what goes alone: nobody looks for backups of it.
pub fn going(request: &Request<'_>) -> Answered {
    block_on(asked(request)).map_or_else(|e| unasked(&e), |(answered, _)| answered)
}

fn unasked(why: &std::io::Error) -> Answered {
    let mut answered = Answered::default();
    answered.loss.impact.unseen("containers and volumes", Why::Failed(why.to_string()));
    answered
}

/// Who has the data open that a container would open when it is started, as the screen says it.
///
/// # Errors
/// That could not be looked at.
pub async fn sharers_of(way: &Endpoint, world: &World, name: &str) -> Result<Option<String>, Why> {
    let words = [&b"start"[..], name.as_bytes()];
    let wish = Wish::Start { names: vec![name.to_owned()] };
    let request = Request {
        wish: &wish,
        words: &Words::read(Cli::Docker, &words, false),
        way,
        tool: Path::new(""),
        world,
        deadline: DEADLINE,
        asks: true,
        by_id: false,
    };
    let (answered, _) = asked(&request).await;
    match answered.loss.impact.gaps.first() {
        Some(gap) => Err(gap.why.clone()),
        None => Ok(answered.loss.clashes.first().map(|clash| clash.says.clone())),
    }
}

/// Which volumes there are, or why nobody knows.
type Identities = Result<Vec<(String, String)>, Why>;

/// Asks again who the daemon is and which volumes these are.
pub fn again(request: &Request<'_>, names: &[String]) -> (Known<Info>, Identities) {
    let asks = async {
        let client = Client::new(request.way, request.world, Instant::now() + request.deadline);
        tokio::join!(info(&client), volumes::identities_now(&client, names))
    };
    block_on(asks).unwrap_or_else(|e| (Known::Unknown(Why::Failed(e.to_string())), Ok(Vec::new())))
}

async fn info(client: &Client<'_>) -> Known<Info> {
    known(client.json("/info").await)
}

/// Who the daemon is, and whether it is podman.
///
/// # Errors
/// It does not answer.
pub fn who(way: &Endpoint, world: &World) -> Result<(Info, bool), Why> {
    let asks = async {
        let client = Client::new(way, world, Instant::now() + DEADLINE);
        let answer = client.ask(http::Method::GET, "/info").await?;
        let is_podman = answer.is_podman;
        Ok((answer.good()?.json::<Info>()?, is_podman))
    };
    block_on(asks).map_err(|e| Why::Failed(e.to_string()))?
}

fn known<T>(answer: Result<T, Why>) -> Known<T> {
    match answer {
        Ok(value) => Known::Known(value),
        Err(why) => Known::Unknown(why),
    }
}

/// What makes containers, or starts some, and does no more.
fn only_starts(wish: &Wish) -> bool {
    match wish {
        Wish::Create { replaces, .. } => replaces.is_none(),
        Wish::Start { .. } => true,
        Wish::Project(project) => project.act == Act::Change && !project.orphans,
        _ => false,
    }
}

/// What the daemon said, and where databases lie on this machine that go or stop.
async fn asked(request: &Request<'_>) -> (Answered, Vec<backups::Held>) {
    let until = Instant::now() + request.deadline;
    let client = Client::new(request.way, request.world, until);
    let mut answered = Answered::default();
    let starts = only_starts(request.wish);
    if let Wish::Create { mounts, replaces: None, .. } = request.wish
        && mounts.is_empty()
        && !request.asks
        && !request.by_id
    {
        return (answered, Vec::new());
    }
    let wants_who = request.asks || request.by_id;
    if matches!(request.wish, Wish::Own | Wish::Other) && !request.asks {
        answered.info = Some(info(&client).await);
        return (answered, Vec::new());
    }
    let told = labels::told(request);
    let wants_file =
        crate::engine::docker::wish::wants_files(request.wish) && !matches!(told, Told::Labels(_));
    let (file, info, listed) = tokio::join!(
        async { if wants_file { Some(files::read(request, until).await) } else { None } },
        // Who it is matters where somebody is asked.
        async { if starts && !wants_who { None } else { Some(info(&client).await) } },
        containers::list(&client, request.wish),
    );
    answered.is_podman = listed.is_podman;
    let mut learnt = Learnt {
        api: listed.api,
        is_podman: listed.is_podman,
        containers: listed.containers,
        ..Learnt::default()
    };
    let file = file.unwrap_or_else(|| Known::Known(File::default()));
    let file = project(&client, told, file, &learnt).await;
    let services = |file: &File| (!file.by_labels).then_some(file.services.len());
    answered.project =
        file.value().filter(|file| !file.project.is_empty()).map(|f| (f.project.clone(), services(f)));
    if let Wish::Prune(prune) = request.wish
        && prune.volumes == Unused::ByVersion
        && !learnt.is_podman
    {
        learnt.api = files::api_spoken(request, until).await;
    }
    let local = is_here(request.way, info.as_ref());
    let mut openings = openings(request, &learnt, &file);
    places::settle(&client, request.way, &mut openings, &mut learnt).await;
    containers::look(&client, request.wish, &file, &mut learnt).await;
    volumes::look(&client, request.wish, &file, &mut learnt).await;
    let looks = looks(request.wish, &file, &openings, &learnt);
    inside::look(&client, looks, local, &mut learnt).await;
    containers::programs(&client, &openings, &mut learnt).await;
    answered.loss = loss::of(request.wish, &learnt, &file, &openings);
    if !answered.loss.clashes.is_empty() && info.is_none() {
        answered.info = Some(self::info(&client).await);
    } else {
        answered.info = info;
    }
    if local && let Known::Known(all) = &learnt.volumes {
        let lost = &answered.loss.lost;
        answered.identities = volumes::identities(all.iter().filter(|volume| lost.contains(&volume.name)));
    }
    answered.goes = goes(&answered.loss, &learnt, local);
    let places = if local { backups::held(&answered.loss, &learnt) } else { Vec::new() };
    (answered, places)
}

/// The project as Compose will see it.
async fn project(client: &Client<'_>, told: Told, file: Known<File>, learnt: &Learnt) -> Known<File> {
    match (told, file) {
        (Told::Files, file) | (Told::FilesOrLabels(_), file @ Known::Known(_)) => file,
        (Told::Labels(name), _) | (Told::FilesOrLabels(name) | Told::Both(name), Known::Unknown(_)) => {
            labels::file(client, &name, learnt).await
        }
        (Told::Both(name), Known::Known(files)) => match labels::file(client, &name, learnt).await {
            Known::Known(more) => Known::Known(labels::both(files, more)),
            unknown @ Known::Unknown(_) => unknown,
        },
    }
}

/// What goes, with the size of each volume as it was counted here, or by the daemon.
fn goes(loss: &Loss, learnt: &Learnt, local: bool) -> Goes {
    // There may be a hundred thousand of them.
    let all: BTreeMap<&str, &Volume> =
        learnt.volumes.value().into_iter().flatten().map(|volume| (volume.name.as_str(), volume)).collect();
    let known = loss.erased.iter().filter_map(|name| all.get(name.as_str()).copied());
    let inside = |volume: &Volume| {
        learnt.inside.get(&Origin::Volume(volume.name.clone())).and_then(Known::value).cloned()
    };
    let counted = |volume: &Volume| {
        let inside = inside(volume);
        inside.and_then(|inside| if inside.empty { Some(0) } else { inside.bytes }).or(volume.bytes)
    };
    Goes {
        databases: known
            .clone()
            .filter_map(|volume| Some((volume.name.clone(), inside(volume)?.database?)))
            .collect(),
        volumes: known.map(|volume| Volume { bytes: counted(volume), ..volume.clone() }).collect(),
        containers: loss.removed.clone(),
        local,
    }
}

/// Whether the daemon's paths are this machine's: it listens on a socket here and bears the same name. A socket may lead into a
/// virtual machine, or out of the container that guard runs in.
pub fn is_here(way: &Endpoint, info: Option<&Known<Info>>) -> bool {
    let own = rustix::system::uname();
    let own = own.nodename().to_string_lossy();
    let named = match info {
        Some(Known::Known(info)) => info.name == own,
        Some(Known::Unknown(_)) => false,
        // Nothing is lowered by what is seen then.
        None => true,
    };
    matches!(way, Endpoint::Unix(_)) && named
}

/// Who is about to open what.
fn openings(request: &Request<'_>, learnt: &Learnt, file: &Known<File>) -> Vec<Opening> {
    match request.wish {
        Wish::Create { mounts, serves: true, replaces } => {
            let one =
                replaces.as_ref().and_then(|name| learnt.called(name).first().map(|one| one.id.clone()));
            let is = one.map_or(Itself::Nobody, Itself::Container);
            let mounts: Vec<_> = mounts.iter().flat_map(|new| mounted(new, request.world, learnt)).collect();
            let opening = Opening { who: "the new container".to_owned(), mounts, count: 1, is };
            if opening.mounts.is_empty() { Vec::new() } else { vec![opening] }
        }
        // A restart starts those that do not run.
        Wish::Start { names } | Wish::Containers { names, act: Act::Restart, .. } => {
            let opening = |container: &Container| Opening {
                who: format!("container {}", container.name),
                mounts: container.mounts.clone(),
                count: 1,
                is: Itself::Container(container.id.clone()),
            };
            let stopped = learnt.meant(names).into_iter().filter(|one| !one.state.may_run());
            stopped.map(opening).collect()
        }
        Wish::Project(project) => {
            let mounts: Vec<_> =
                project.mounts.iter().flat_map(|new| mounted(new, request.world, learnt)).collect();
            file.value().map(|file| file.openings(project, &mounts, learnt)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The mounts that one of the words comes to.
fn mounted(new: &New, world: &World, learnt: &Learnt) -> Vec<crate::engine::docker::daemon::Mounted> {
    use crate::engine::docker::daemon::Mounted;
    let target = new.target.clone();
    match &new.wanted {
        Wanted::Volume(name) => {
            vec![Mounted {
                origin: Origin::Volume(name.clone()),
                source: String::new(),
                target,
                writable: true,
                is: None,
            }]
        }
        Wanted::Path(path) => {
            let path = real(&world.at(path));
            vec![Mounted {
                origin: Origin::Path(path.clone()),
                source: path,
                target,
                writable: true,
                is: None,
            }]
        }
        Wanted::Of(name) => {
            learnt.called(name).into_iter().flat_map(|container| container.mounts.clone()).collect()
        }
    }
}

/// The path as the daemon will know it, where links of it can be followed here.
fn real(path: &Path) -> String {
    let clean: PathBuf =
        path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect();
    std::fs::canonicalize(&clean).unwrap_or(clean).to_string_lossy().into_owned()
}

/// What is worth looking into: what goes, and what is opened.
fn looks(wish: &Wish, file: &Known<File>, openings: &[Opening], learnt: &Learnt) -> Vec<inside::Look> {
    let mut all: Vec<inside::Look> = Vec::new();
    let mut put = |look: inside::Look| match all.iter_mut().find(|one| one.origin == look.origin) {
        Some(one) => {
            one.counts |= look.counts;
            one.shared |= look.shared;
        }
        None => all.push(look),
    };
    for name in volumes::going(wish, file, learnt) {
        put(inside::Look { origin: Origin::Volume(name), counts: true, shared: true });
    }
    for opening in openings {
        for mount in opening.mounts.iter().filter(|mount| mount.writable && mount.origin != Origin::None) {
            // Of what nobody else has it is enough to know whether a server of the machine works there.
            let shared = sharers(learnt, mount, &opening.is).next().is_some();
            put(inside::Look { origin: mount.origin.clone(), counts: false, shared });
        }
    }
    all
}

/// A list of containers as it was answered.
struct List {
    containers: Known<Vec<Container>>,
    api: Option<(u32, u32)>,
    is_podman: bool,
}

/// Reads it.
fn read(listed: Vec<Listed>) -> Vec<Container> {
    let now = jiff::Timestamp::now().as_second();
    listed.into_iter().map(|one| one.read(now)).collect()
}

/// A name in a path of the API.
pub(super) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
