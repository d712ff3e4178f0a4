//! `guard restore` of volumes and containers.

use super::Args;
use crate::app::consent::Consent;
use crate::app::consent::put_back::{Asking, Question};
use crate::app::{out, record};
use crate::audit::Target;
use crate::engine::challenge::{HostScope, host_challenge};
use crate::engine::docker::daemon::called;
use crate::engine::docker::tables::Cli;
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::human::{bytes, counted};
use crate::engine::policy::place::classify_target;
use crate::engine::target::Environment;
use crate::exit::Exit;
use crate::fail::{self, Fail, Result};
use crate::family::docker::identity::{self, Found};
use crate::family::docker::keep::restore::{self, Report};
use crate::family::docker::keep::way::{self, Back, Way};
use crate::family::docker::keep::{Manifest, verify};
use crate::keep::head::Kind;
use crate::keep::store;
use crate::policy;
use crate::prompt::progress::{Bar, Progress};
use crate::ui::ColourChoice;
use crate::ui::screen::{Item, Row, Screen};
use crate::ui::stderr;
use crate::world::World;
use std::fmt::Write;
use std::path::Path;

/// Runs the subcommand for a copy of volumes.
pub(super) fn run(
    args: &Args,
    dir: &Path,
    manifest: &Manifest,
    world: &World,
    choice: ColourChoice,
) -> Result<Exit> {
    let reading = Progress::start("reading the copy", stderr::is_dumb(world));
    let whole = verify(dir, manifest);
    drop(reading);
    whole.map_err(|e| {
        Fail::new(fail::Kind::Data, format!("copy {} cannot be restored", manifest.id)).because(e.to_string())
    })?;
    if args.dry_run {
        out::print(&listed(manifest, args.data_only))?;
        return Ok(Exit::Ok);
    }
    let tool = manifest.argv.first().map(String::as_str).unwrap_or_default();
    let cli = Cli::of(crate::engine::tool::called(tool.as_bytes()).unwrap_or(&crate::engine::tool::DOCKER));
    let found = identity::find(world, cli).map_err(|fail| {
        fail.because(format!(
            "the copy is from {} of {}",
            escape(manifest.daemon.endpoint.as_bytes()),
            escape(manifest.host.as_bytes())
        ))
        .help("choose the daemon as for docker, by DOCKER_HOST or `docker context use`; check with `docker info`")
    })?;
    same_daemon(args, manifest, &found)?;
    let data_only = args.data_only;
    let back = Back { dir, manifest, way: &found.daemon.way, local: found.local, data_only, world };
    let way = way::way(&back).map_err(|why| {
        Fail::new(fail::Kind::Unavailable, "what is there could not be looked at")
            .because(escape(why.as_bytes()))
            .help("check with `docker ps`, and run it again")
    })?;
    free(&way, manifest, dir)?;
    let consent = agreed(&back, &found, &way, world, choice)?;
    let report = put_back(consent, world);
    let text = said(&report, manifest);
    // What was made is there whether somebody reads of it or not.
    out::print(&text).inspect_err(|_| stderr::complain(&text))?;
    if let Some(signal) = report.interrupted {
        stderr::complain(&format!(
            "guard: interrupted: what was made is taken away again; run it again: guard restore {}\n",
            manifest.id
        ));
        crate::prompt::signals::die_of(signal);
    }
    if report.failed.is_empty() { Ok(Exit::Ok) } else { Ok(Exit::Unavailable) }
}

/// A copy goes back to where it came from, unless somebody says otherwise.
fn same_daemon(args: &Args, manifest: &Manifest, found: &Found) -> Result<()> {
    let endpoint = &found.daemon.endpoint.value;
    let other = match (&manifest.daemon.id, &found.id) {
        (Some(then), Some(now)) if then == now => return Ok(()),
        (Some(then), Some(now)) => format!("the copy is from the daemon {then}, this is {now}"),
        // What has no name for itself is known by its address.
        (None, None) if *endpoint == manifest.daemon.endpoint => return Ok(()),
        _ => "the daemons do not say both who they are".to_owned(),
    };
    if args.to_another_daemon {
        return Ok(());
    }
    Err(Fail::new(fail::Kind::Refused, "refused: this may not be the daemon the copy comes from")
        .because(escape(other.as_bytes()))
        .because(format!(
            "it was taken on {} ({}), this is {}",
            escape(manifest.host.as_bytes()),
            escape(manifest.daemon.endpoint.as_bytes()),
            escape(endpoint.as_bytes())
        ))
        .help("choose the daemon with DOCKER_HOST or `docker context use`, or say --to-another-daemon"))
}

/// Refuses where a name is taken, or an image is not there.
fn free(way: &Way, manifest: &Manifest, dir: &Path) -> Result<()> {
    const SHOWN: usize = 8;
    let told = |all: &[String]| {
        let mut text =
            all.iter().take(SHOWN).map(|one| escape(one.as_bytes())).collect::<Vec<_>>().join(", ");
        if all.len() > SHOWN {
            let _ = write!(text, " and {} more", all.len() - SHOWN);
        }
        text
    };
    if !way.taken.is_empty() {
        let one = way.taken.len() == 1;
        let fail = Fail::new(fail::Kind::Refused, "refused: what is in the copy is there already")
            .because(format!("{} {} there", told(&way.taken), if one { "is" } else { "are" }))
            .because("nothing was made, and nothing of it touched");
        let commands = way.earlier.commands();
        if commands.is_empty() {
            return Err(fail.help(
                "rename or remove what is there, if you are sure that nobody needs it; then run it again",
            ));
        }
        let how = match way.earlier.broken {
            true => "was broken off: what it made may be half filled",
            false => "made it, and came to its end",
        };
        return Err(fail
            .because(format!("an earlier restore of this copy {how}"))
            .because(format!("what takes it away: {}", escape(commands.join("; ").as_bytes())))
            .help("if nobody needs what it made, take it away and run it again"));
    }
    if !way.absent.is_empty() {
        let others = others_with(way, manifest, dir);
        let fail = Fail::new(fail::Kind::Refused, "refused: a volume that containers mount is not there")
            .because(format!(
                "{}: neither there nor in this copy; an empty one would take its place",
                told(&way.absent)
            ))
            .because("nothing was made");
        return Err(match others.first() {
            Some(id) => fail.help(format!("put it back first: guard restore {id} --data-only")),
            None => fail.help("make it (docker volume create), or put back the volumes alone: --data-only"),
        });
    }
    if !way.images.is_empty() {
        return Err(Fail::new(fail::Kind::Unavailable, "an image that containers are made of is not there")
            .because(format!("missing: {}", told(&way.images)))
            .because("nothing was made")
            .help("docker pull each of them (or load it), then run it again; --data-only puts back the volumes alone"));
    }
    Ok(())
}

/// The other copies that hold one of the volumes that are not there, the newest first.
fn others_with(way: &Way, manifest: &Manifest, dir: &Path) -> Vec<String> {
    let all = dir.parent().and_then(|root| store::list(root).ok()).unwrap_or_default();
    let holds = |(_, kept): &store::Entry| {
        let kept = kept.as_ref().ok().filter(|kept| kept.head.kind == Kind::Docker)?;
        let other: Manifest = kept.manifest().ok()?;
        let has = other.volumes.iter().any(|volume| way.absent.contains(&volume.name));
        (has && other.daemon.id == manifest.daemon.id).then_some(other.id)
    };
    let mut ids: Vec<String> = all.iter().filter_map(holds).collect();
    ids.sort();
    ids.reverse();
    ids
}

/// Makes what was agreed to.
fn put_back(consent: Consent<&Back<'_>>, world: &World) -> Report {
    let back = consent.spend();
    let more = back.manifest.containers.len() + back.manifest.networks.len();
    let steps = back.manifest.volumes.len() + if back.data_only { 0 } else { more };
    let bar = Bar::start("restoring", steps as u64, stderr::is_dumb(world));
    let begun = std::cell::Cell::new(false);
    restore::restore(back, &|name| {
        if begun.replace(true) {
            bar.step();
        }
        bar.say(name);
    })
}

/// Shows where it goes, and asks where that is production, or nobody has said that it is not.
fn agreed<'b, 'm>(
    back: &'b Back<'m>,
    found: &Found,
    way: &Way,
    world: &World,
    choice: ColourChoice,
) -> Result<Consent<&'b Back<'m>>> {
    let policy = policy::load(world)?;
    let manifest = back.manifest;
    let place = classify_target(&found.seen, &policy);
    let name = found.machine.host_name(place.name.as_deref());
    let challenge = host_challenge(&found.machine, place.name.as_deref(), &HostScope::default());
    let endpoint = Item::new().name(&found.daemon.endpoint.value);
    let daemon = match &found.id {
        Some(id) => {
            Item::new().say(format!("id {}…, ", id.chars().take(14).collect::<String>())).join(&endpoint)
        }
        None => endpoint,
    };
    let mut rows = vec![
        Row::fact("daemon", daemon),
        Row::fact(
            "copy",
            Item::new()
                .say(format!("{}, taken ", manifest.id))
                .prose(&manifest.ts)
                .say(" before: ")
                .prose(&shell_words::join(&manifest.argv)),
        ),
    ];
    let mut list = |label: &str, items: Vec<Item>, more: (&'static str, &'static str)| {
        if !items.is_empty() {
            rows.push(Row::list(label, items, more));
        }
    };
    let volume = |volume: &crate::family::docker::keep::manifest::Volume| {
        let size = bytes(volume.content.live_bytes);
        Item::new().strong(called(&volume.name).trim_start_matches("volume ")).say(format!(" ({size})"))
    };
    list("volumes", manifest.volumes.iter().map(volume).collect(), ("1 more volume", "more volumes"));
    let container = |one: &crate::family::docker::keep::manifest::Container| {
        Item::new().strong(&one.name).say(if one.ran { " (to be started)" } else { "" })
    };
    let all = !back.data_only;
    list(
        "containers",
        manifest.containers.iter().filter(|_| all).map(container).collect(),
        ("1 more container", "more containers"),
    );
    let missing = manifest.networks.iter().filter(|network| all && !way.there.contains(&network.name));
    list("networks", missing.map(|n| Item::new().strong(&n.name)).collect(), ("1 more", "more"));
    let gaps = manifest.gaps.iter().map(|gap| Item::new().prose(&format!("{}: {}", gap.what, gap.why)));
    list("missing", gaps.collect(), ("1 more", "more"));
    list("note", way.notes.iter().map(|note| Item::new().prose(note)).collect(), ("1 more", "more"));
    let screen = Screen {
        environment: Some(place.environment),
        headline: vec![Item::new().strong(&name)],
        rows,
        ..Screen::default()
    };
    let what = counted(manifest.volumes.len() as u64, "volume");
    let question = Item::new().say(format!("Make {what} again on ")).strong(&name).say("? [y/N]:");
    let asks = place.environment >= Environment::Unclassified;
    let question = Question {
        screen,
        question: asks.then_some(question),
        challenge: &challenge,
        nothing: "nothing was made",
    };
    let consent = Asking { policy: &policy, world, choice }.ask(back, question)?;
    let target = found.machine.data(&name);
    record::own(
        record::Own {
            words: &["restore", &manifest.id],
            target: Some(Target::of(&target, place.environment, place.name.as_deref())),
            answer: consent.ending().answer(),
            effect: Effect::Mutate,
            copy: Some(&manifest.id),
        },
        policy.terms().audit_path.as_deref(),
        world,
    );
    Ok(consent)
}

fn line(text: &mut String, label: &str, what: &str) {
    let _ = writeln!(text, "{label:<9} {}", escape(what.as_bytes()));
}

/// What would be made.
fn listed(manifest: &Manifest, data_only: bool) -> String {
    let mut text = String::new();
    line(&mut text, "copy", &format!("{} of {} ({})", manifest.id, manifest.host, manifest.daemon.endpoint));
    for volume in &manifest.volumes {
        let (size, entries) = (bytes(volume.content.live_bytes), counted(volume.content.entries, "entry"));
        line(&mut text, "make", &format!("{}, {size} in {entries}", called(&volume.name)));
    }
    for network in manifest.networks.iter().filter(|_| !data_only) {
        line(&mut text, "make", &format!("network {}, if it is not there", network.name));
    }
    for container in manifest.containers.iter().filter(|_| !data_only) {
        let then = if container.ran { ", and start it" } else { "" };
        line(&mut text, "make", &format!("container {} of {}{then}", container.name, container.image));
    }
    dumps(&mut text, manifest);
    missing(&mut text, manifest);
    text
}

/// Where the dumps lie: what was in the volumes is put back as it was, and nobody needs them unless that does not start.
fn dumps(text: &mut String, manifest: &Manifest) {
    for dump in &manifest.dumps {
        let (rows, tables) = (counted(dump.rows, "row"), counted(dump.tables, "table"));
        let what = format!("{} of container {}", dump.database, dump.container);
        line(text, "dump", &format!("{what}: {rows} of {tables}, in {} of the copy", dump.stored.file));
    }
}

fn missing(text: &mut String, manifest: &Manifest) {
    for gap in &manifest.gaps {
        line(text, "missing", &format!("{}: {} (not in the copy)", gap.what, gap.why));
    }
}

/// What was done.
fn said(report: &Report, manifest: &Manifest) -> String {
    let mut text = String::new();
    for one in &report.made {
        line(&mut text, "made", one);
    }
    for one in &report.started {
        line(&mut text, "started", &format!("container {one}"));
    }
    dumps(&mut text, manifest);
    missing(&mut text, manifest);
    for (what, why) in &report.failed {
        line(&mut text, "FAILED", &format!("{what}: {why}"));
    }
    let _ = writeln!(
        text,
        "{} made, {} started, {} failed",
        report.made.len(),
        report.started.len(),
        report.failed.len()
    );
    text
}
