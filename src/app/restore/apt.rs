//! `guard restore` of packages.

use super::Args;
use crate::app::consent::put_back::{Asking, Question};
use crate::app::out;
use crate::app::{consent::Consent, record};
use crate::audit::Target;
use crate::engine::challenge::{HostScope, host_challenge};
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::human::counted;
use crate::engine::packages::plan::Plan;
use crate::engine::policy::place::classify_target;
use crate::engine::target::Environment;
use crate::exit::Exit;
use crate::fail::{self, Fail, Result};
use crate::family::packages::keep::manifest::{Is, Package};
use crate::family::packages::keep::put_settings::State;
use crate::family::packages::keep::restore::{self, Report, Way};
use crate::family::packages::keep::{Manifest, Tools, verify};
use crate::policy;
use crate::run::approval;
use crate::ui::ColourChoice;
use crate::ui::screen::{Item, Row, Screen};
use crate::ui::stderr;
use crate::world::World;
use std::fmt::Write;
use std::path::Path;
use std::time::SystemTime;

/// What apt does besides what is asked for.
type Besides<'p> = Vec<&'p crate::engine::packages::plan::Change>;

/// Runs the subcommand for a copy of packages.
pub(super) fn run(
    args: &Args,
    dir: &Path,
    manifest: &Manifest,
    world: &World,
    choice: ColourChoice,
) -> Result<Exit> {
    let unfit = |e: std::io::Error| {
        Fail::new(fail::Kind::Data, format!("copy {} cannot be restored", manifest.id)).because(e.to_string())
    };
    verify(dir, manifest).map_err(unfit)?;
    if manifest.root != "/" {
        let files = escape(dir.as_os_str().as_encoded_bytes());
        return Err(Fail::new(fail::Kind::Unavailable, "guard installs packages in this system alone")
            .because(format!("the copy is of the system in {}", escape(manifest.root.as_bytes())))
            .help(format!("dpkg --root={} -i {files}/debs/*.deb", escape(manifest.root.as_bytes()))));
    }
    let tools = Tools::find(world)?;
    let mut way = restore::way(dir, manifest, Path::new("/")).map_err(unfit)?;
    let (plan, given_up) = restore::rehearse(&mut way, &tools, world)?;
    let besides = restore::besides(&plan, &way);
    if args.dry_run {
        out::print(&listed(manifest, &way, &besides, &given_up))?;
        out::print(&databases(dir, manifest))?;
        return Ok(Exit::Ok);
    }
    if !rustix::process::geteuid().is_root() {
        return Err(Fail::new(fail::Kind::Refused, "refused: only root can install packages")
            .because("nothing was changed")
            .help(format!("sudo guard restore {}", manifest.id)));
    }
    if way.install.is_empty() && way.without.is_empty() && way.settings.is_empty() {
        let all = given_up.is_empty();
        out::print(&listed(manifest, &way, &besides, &given_up))?;
        out::print(&databases(dir, manifest))?;
        out::print("everything that is in the copy is as it was\n")?;
        return Ok(if all { Exit::Ok } else { Exit::Unavailable });
    }
    let removes = besides.iter().any(|c| c.kind != crate::engine::packages::plan::Kind::Install);
    let put = Put { way: &way, plan: &plan, removes };
    let consent = agreed(manifest, put, &besides, &given_up, world, choice)?;
    let report = put_back(consent, dir, manifest, &tools, world);
    out::print(&said(&report, manifest, &given_up))?;
    out::print(&databases(dir, manifest))?;
    if let Some(signal) = report.interrupted {
        stderr::complain(&format!(
            "guard: interrupted: the way back is NOT complete; run it again: guard restore {}\n",
            manifest.id
        ));
        crate::prompt::signals::die_of(signal);
    }
    if report.failed.is_empty() && given_up.is_empty() { Ok(Exit::Ok) } else { Ok(Exit::Unavailable) }
}

/// What is put back, and what apt does for it.
struct Put<'w, 'm> {
    way: &'w Way<'m>,
    plan: &'w Plan,
    /// Whether something goes for it.
    removes: bool,
}

/// Installs and writes what was agreed to.
fn put_back(
    consent: Consent<Put<'_, '_>>,
    dir: &Path,
    manifest: &Manifest,
    tools: &Tools,
    world: &World,
) -> Report {
    let Put { way, plan, removes } = consent.spend();
    if removes {
        // Asked a moment ago; apt's own hook need not ask once more. Without the note it does.
        let _ = approval::leave(plan, SystemTime::now());
    }
    restore::restore(dir, manifest, way, tools, world, removes)
}

fn named(package: &Package) -> Item {
    let version = package.version.as_deref().unwrap_or_default();
    Item::new().strong(&package.name).say(" ").name(version)
}

/// Shows what will be done, and asks where that is production, or something goes for it.
fn agreed<'w, 'm>(
    manifest: &Manifest,
    put: Put<'w, 'm>,
    besides: &Besides<'_>,
    given_up: &[&Package],
    world: &World,
    choice: ColourChoice,
) -> Result<Consent<Put<'w, 'm>>> {
    let Put { way, removes, .. } = put;
    use crate::engine::packages::plan::Kind;
    let host = crate::family::machine::resolve::host(world, b"apt-get", &[b"install"])?;
    let policy = policy::load(world)?;
    let place = classify_target(&host.target.seen(), &policy);
    let name = host.target.host_name(place.name.as_deref());
    let challenge = host_challenge(&host.target, place.name.as_deref(), &HostScope::default());
    let count = way.install.len() + way.without.len();
    let mut rows = vec![Row::fact(
        "copy",
        Item::new()
            .say(format!("{}, taken ", manifest.id))
            .prose(&manifest.ts)
            .say(" on ")
            .name(&manifest.host)
            .say(" before: ")
            .prose(&shell_words::join(&manifest.argv)),
    )];
    let mut list = |label: &str, items: Vec<Item>, more: (&'static str, &'static str)| {
        if !items.is_empty() {
            rows.push(Row::list(label, items, more));
        }
    };
    let items = way.install.iter().map(|item| match &item.now {
        Some(now) if Some(now) != item.package.version.as_ref() => {
            named(item.package).say(" in place of ").name(now)
        }
        _ => named(item.package),
    });
    list("installs", items.collect(), ("1 more package", "more packages"));
    list("fetches", way.without.iter().map(|p| named(p)).collect(), ("1 more package", "more packages"));
    let gone = |kind: fn(Kind) -> bool| {
        besides.iter().filter(move |c| kind(c.kind)).map(|c| Item::new().strong(c.full_name())).collect()
    };
    list("REMOVES", gone(|k| k != Kind::Install), ("1 more package", "more packages"));
    list("also", gone(|k| k == Kind::Install), ("1 more package", "more packages"));
    let settings = |wanted: State| {
        let of = way.settings.iter().filter(move |(_, state)| *state == wanted);
        of.map(|(f, _)| Item::new().name(&f.path)).collect::<Vec<Item>>()
    };
    list("settings", settings(State::Gone), ("1 more file", "more files"));
    list("replaces", settings(State::Differs), ("1 more file", "more files"));
    let missing = given_up.iter().map(|p| named(p).say(" is not in the copy, and no mirror has it"));
    let gaps = manifest.gaps.iter().map(|g| Item::new().prose(&format!("{}: {}", g.what, g.why)));
    list("missing", missing.chain(gaps).collect(), ("1 more", "more"));
    let screen = Screen {
        environment: Some(place.environment),
        headline: vec![Item::new().strong(&name)],
        rows,
        ..Screen::default()
    };
    let what = match (count, way.settings.len()) {
        (0, n) => format!("Put {n} settings back on "),
        (n, _) => format!("Install {n} packages again on "),
    };
    let question = Item::new().say(what).strong(&name).say("? [y/N]:");
    let asks = removes || place.environment >= Environment::Unclassified;
    let asking = Asking { policy: &policy, world, choice };
    let question = asks.then_some(question);
    let question = Question { screen, question, challenge: &challenge, nothing: "nothing was changed" };
    let consent = asking.ask(put, question)?;
    let target = host.target.data(&name);
    record::own(
        record::Own {
            words: &["restore", &manifest.id],
            target: Some(Target::of(&target, place.environment, place.name.as_deref())),
            answer: consent.ending().answer(),
            effect: if removes { Effect::Disrupt } else { Effect::Mutate },
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

/// What would be done.
fn listed(manifest: &Manifest, way: &Way<'_>, besides: &Besides<'_>, given_up: &[&Package]) -> String {
    use crate::engine::packages::plan::Kind;
    let mut text = String::new();
    line(&mut text, "copy", &format!("{} of {}", manifest.id, manifest.host));
    let with_version =
        |p: &Package| format!("{} {}", p.full_name(), p.version.as_deref().unwrap_or_default());
    for item in &way.install {
        let now = match &item.now {
            Some(now) if Some(now) != item.package.version.as_ref() => format!(" in place of {now}"),
            _ => String::new(),
        };
        line(&mut text, "install", &format!("{}{now}", with_version(item.package)));
    }
    for package in &way.without {
        line(&mut text, "fetch", &with_version(package));
    }
    for change in besides {
        let label = if change.kind == Kind::Install { "also" } else { "REMOVE" };
        line(&mut text, label, &change.full_name());
    }
    for package in &way.there {
        line(&mut text, "is there", &with_version(package));
    }
    for (file, state) in &way.settings {
        let what = match (state, &file.is) {
            (_, Is::Absent) => "take away",
            (State::Gone, _) => "write",
            _ => "replace",
        };
        line(&mut text, what, &file.path);
    }
    for package in given_up {
        line(
            &mut text,
            "MISSING",
            &format!("{}: not in the copy, and no mirror has it", with_version(package)),
        );
    }
    for gap in &manifest.gaps {
        line(&mut text, "missing", &format!("{}: {} (not in the copy)", gap.what, gap.why));
    }
    text
}

/// What was done.
fn said(report: &Report, manifest: &Manifest, given_up: &[&Package]) -> String {
    let mut text = String::new();
    let rows = [
        ("installed", &report.installed),
        ("is there", &report.there),
        ("settings", &report.written),
        ("replaced", &report.replaced),
        ("marked", &report.marked),
        ("note", &report.notes),
    ];
    for (label, all) in rows {
        for one in all {
            line(&mut text, label, one);
        }
    }
    if let Some(aside) = &report.aside {
        line(&mut text, "saved", &format!("what was replaced lies in {}", aside.display()));
    }
    for gap in &manifest.gaps {
        line(&mut text, "missing", &format!("{}: {} (not in the copy)", gap.what, gap.why));
    }
    for package in given_up {
        line(&mut text, "FAILED", &format!("{}: not in the copy, and no mirror has it", package.full_name()));
    }
    for (what, why) in &report.failed {
        line(&mut text, "FAILED", &format!("{what}: {why}"));
    }
    let _ = writeln!(
        text,
        "{} installed, {} there already, {} put back, {} failed",
        counted(report.installed.len() as u64, "package"),
        report.there.len(),
        counted((report.written.len() + report.replaced.len()) as u64, "settings file"),
        report.failed.len() + given_up.len()
    );
    text
}

/// How a person loads the dumps.
fn databases(dir: &Path, manifest: &Manifest) -> String {
    let mut text = String::new();
    for cluster in &manifest.clusters {
        let _ = writeln!(
            text,
            "database  dumps of PostgreSQL {} are not loaded by themselves; in this order, as root:",
            escape(cluster.called().as_bytes())
        );
        for command in restore::commands(dir, cluster, Path::new("/")) {
            let _ = writeln!(text, "  {}", escape(command.as_bytes()));
        }
    }
    text
}
