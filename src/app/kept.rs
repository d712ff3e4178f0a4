//! `guard kept`: the copies taken before something was deleted.

use super::{out, record};
use crate::engine::docker::daemon::called;
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::{self, Fail, Result};
use crate::family::docker::keep as volumes;
use crate::family::kube::keep::objects::Manifest;
use crate::family::kube::keep::restore as back;
use crate::family::packages::keep;
use crate::family::packages::keep::manifest::Is;
use crate::family::promise;
use crate::keep::head::{Kept, Kind};
use crate::keep::store;
use crate::prompt::{Answer, Ask, Question, Terminal};
use crate::ui::human::{counted, size};
use crate::ui::screen::{Item, Row, Screen};
use crate::ui::stderr;
use crate::ui::{ColourChoice, human};
use crate::world::World;
use jiff::Timestamp;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// List, show and delete the copies taken before something was deleted
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard kept list
  guard kept show 20261122-013001-4f2a9c07
  guard kept show 20261122-013001-4f2a9c07 -o yaml | less     the manifests themselves
  guard kept prune --older-than 30d")]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands of `guard kept`.
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// Print one line for each copy, oldest first
    List {
        /// Print the manifests of the copies as JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// Print what is in a copy, and what is not
    Show {
        /// The copy, or the beginning of its id
        id: String,
        /// Print what is known about the copy as JSON
        #[arg(long, conflicts_with = "output")]
        json: bool,
        /// `yaml`: print the manifests, ready to be created again, Secrets included
        #[arg(short, long, value_name = "FORMAT")]
        output: Option<Format>,
    },
    /// Delete copies; asks first
    Prune {
        /// Only copies older than this: 12h, 30d, 8w
        #[arg(long, value_name = "AGE", required_unless_present = "all")]
        older_than: Option<String>,
        /// Every copy
        #[arg(long, conflicts_with = "older_than")]
        all: bool,
    },
}

/// How `show` prints manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// YAML documents
    Yaml,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World, choice: ColourChoice) -> Result<Exit> {
    let root = root(world)?;
    match &args.command {
        Command::List { json } => list(&root, *json),
        Command::Show { id, json, output } => show(&root, id, *json, *output),
        Command::Prune { older_than, .. } => prune(&root, older_than.as_deref(), world, choice),
    }
}

/// The directory of all copies.
pub fn root(world: &World) -> Result<PathBuf> {
    promise::root(world).ok_or_else(|| {
        Fail::new(fail::Kind::Usage, "there is no telling where copies are kept")
            .because("neither XDG_STATE_HOME nor HOME is set")
            .help("set HOME")
    })
}

/// What is said of a copy, or of their directory, that cannot be read.
pub(super) fn unread(path: &Path, e: &std::io::Error) -> Fail {
    Fail::new(fail::Kind::Data, format!("{} cannot be read", escape(path.as_os_str().as_encoded_bytes())))
        .because(e.to_string())
}

/// The copy an id, or the beginning of one, stands for.
pub fn find(root: &Path, id: &str) -> Result<(PathBuf, Kept)> {
    let all = store::list(root).map_err(|e| unread(root, &e))?;
    let whole = all.iter().filter(|(name, _)| name == id);
    let begun = all.iter().filter(|(name, _)| name != id && !id.is_empty() && name.starts_with(id));
    let found: Vec<&String> = whole.chain(begun).map(|(name, _)| name).collect();
    if id.is_empty() {
        return Err(Fail::new(fail::Kind::Usage, "an empty id names no copy").help("see `guard kept list`"));
    }
    let name = match found.as_slice() {
        [one] => *one,
        [first, ..] if *first == id => *first,
        [] => {
            return Err(Fail::new(fail::Kind::Usage, format!("there is no copy {}", escape(id.as_bytes())))
                .help("see `guard kept list`"));
        }
        several => {
            return Err(Fail::new(
                fail::Kind::Usage,
                format!("{} copies begin with {}", several.len(), escape(id.as_bytes())),
            )
            .help("give more of the id"));
        }
    };
    let dir = root.join(name);
    let manifest = store::read(&dir).map_err(|e| unread(&dir, &e))?;
    Ok((dir, manifest))
}

fn age(kept: &Kept) -> Option<u64> {
    let when: Timestamp = kept.head.ts.parse().ok()?;
    u64::try_from(Timestamp::now().as_second() - when.as_second()).ok()
}

fn list(root: &Path, json: bool) -> Result<Exit> {
    let all = store::list(root).map_err(|e| unread(root, &e))?;
    let (mut text, mut exit) = (String::new(), Exit::Ok);
    for (id, kept) in &all {
        let read = kept.as_ref().map_err(ToString::to_string);
        match read.and_then(|kept| Ok((kept, holds(kept).map_err(|e| e.to_string())?))) {
            Ok((kept, _)) if json => {
                let _ = writeln!(text, "{}", serde_json::json!(kept));
            }
            Ok((kept, holds)) => {
                let age = age(kept).map_or_else(|| "?".into(), human::span);
                let head = &kept.head;
                let whole = if head.gaps.is_empty() { "" } else { ", incomplete" };
                let _ = writeln!(
                    text,
                    "{id}  {age:>9}  {}  {holds}{whole}, {}  {}",
                    escape(head.place.as_bytes()),
                    size(head.bytes),
                    escape(shell_words::join(&head.argv).as_bytes())
                );
            }
            Err(e) => {
                exit = Exit::Data;
                stderr::complain(&format!(
                    "guard: warning: {} is no whole copy: {e}\n",
                    escape(id.as_bytes())
                ));
            }
        }
    }
    out::print(&text)?;
    if all.is_empty() && !json {
        stderr::complain("no copies are kept\n");
    }
    Ok(exit)
}

/// What a copy holds, in a few words.
fn holds(kept: &Kept) -> std::io::Result<String> {
    let m: keep::Manifest = match kept.head.kind {
        Kind::Kubernetes => {
            let manifest: Manifest = kept.manifest()?;
            return Ok(counted(manifest.objects, "object"));
        }
        Kind::Docker => {
            let manifest: volumes::Manifest = kept.manifest()?;
            let mut parts = vec![counted(manifest.volumes.len() as u64, "volume")];
            if !manifest.containers.is_empty() {
                parts.push(counted(manifest.containers.len() as u64, "container"));
            }
            return Ok(parts.join(", "));
        }
        Kind::Apt => kept.manifest()?,
    };
    let mut parts =
        vec![counted(m.packages.len() as u64, "package"), counted(m.settings() as u64, "settings file")];
    if m.dumps() > 0 {
        parts.push(counted(m.dumps() as u64, "database"));
    }
    Ok(parts.join(", "))
}

fn show(root: &Path, id: &str, json: bool, output: Option<Format>) -> Result<Exit> {
    let (dir, kept) = find(root, id)?;
    if json {
        let text = serde_json::to_string_pretty(&kept).map_err(|e| unread(&dir, &e.into()))?;
        out::print(&format!("{text}\n"))?;
        return Ok(Exit::Ok);
    }
    let manifest: Manifest = match kept.head.kind {
        Kind::Kubernetes => kept.manifest().map_err(|e| unread(&dir, &e))?,
        Kind::Apt | Kind::Docker if output.is_some() => {
            return Err(Fail::new(fail::Kind::Usage, "this copy has no manifests")
                .help(format!("its files lie in {}", escape(dir.as_os_str().as_encoded_bytes()))));
        }
        Kind::Docker => {
            let manifest: volumes::Manifest = kept.manifest().map_err(|e| unread(&dir, &e))?;
            volumes::verify(&dir, &manifest).map_err(|e| unread(&dir, &e))?;
            out::print(&of_daemon(&manifest, &dir))?;
            return Ok(Exit::Ok);
        }
        Kind::Apt => {
            let manifest: keep::Manifest = kept.manifest().map_err(|e| unread(&dir, &e))?;
            keep::verify(&dir, &manifest).map_err(|e| unread(&dir, &e))?;
            out::print(&packages(&manifest, &dir))?;
            return Ok(Exit::Ok);
        }
    };
    let plan = back::plan(&dir, &manifest).map_err(|e| unread(&dir, &e))?;
    if output == Some(Format::Yaml) {
        // One document at a time: a copy may be larger than memory should be.
        let printed = back::manifests(&dir, &plan, |object| {
            let text = serde_yaml::to_string(&object).map_err(std::io::Error::other)?;
            out::print(&format!("---\n{text}")).map_err(|fail| std::io::Error::other(fail.to_string()))
        });
        printed.map_err(|e| unread(&dir, &e))?;
        return Ok(Exit::Ok);
    }
    out::print(&described(&manifest, &plan))?;
    Ok(Exit::Ok)
}

fn described(m: &Manifest, plan: &back::Plan) -> String {
    let esc = |t: &str| escape(t.as_bytes());
    let mut text = format!(
        "copy      {}, taken {} before: {}\ncluster   {}  {}{}\nobjects   {} in {}, unchanged since they were written\n",
        m.id,
        esc(&m.ts),
        esc(&shell_words::join(&m.argv)),
        esc(&m.cluster.name),
        esc(&m.cluster.server),
        m.cluster.uid.as_ref().map(|uid| format!("  uid {}", esc(uid))).unwrap_or_default(),
        human::number(m.objects),
        size(m.bytes)
    );
    for (kind, n) in &m.kinds {
        let _ = writeln!(text, "          {n:>6}  {}", esc(kind));
    }
    if !m.secrets {
        text.push_str("secrets   left out\n");
    }
    for gap in &m.gaps {
        let _ = writeln!(text, "missing   {}: {}", esc(&gap.what), esc(&gap.why));
    }
    let _ = writeln!(
        text,
        "restore   {} objects; {} come back by themselves or are left out",
        human::number(plan.steps.len() as u64),
        human::number(plan.left_out.len() as u64)
    );
    text
}

/// A copy of packages, for people.
fn packages(m: &keep::Manifest, dir: &Path) -> String {
    let esc = |t: &str| escape(t.as_bytes());
    let mut text = format!(
        "copy      {}, taken {} before: {}\nhost      {}{}\nfiles     {} in {}, unchanged since they were written\n",
        m.id,
        esc(&m.ts),
        esc(&shell_words::join(&m.argv)),
        esc(&m.host),
        if m.root == "/" { String::new() } else { format!("  the system in {}", esc(&m.root)) },
        size(m.bytes),
        escape(dir.as_os_str().as_encoded_bytes()),
    );
    for package in &m.packages {
        let deb = match (&package.version, &package.deb) {
            (None, _) => "only its settings were left".to_owned(),
            (Some(_), Some(deb)) => size(deb.bytes),
            (Some(_), None) => "NOT in the copy".to_owned(),
        };
        let marks =
            [(package.auto, ", automatic"), (package.want == "hold", ", held"), (package.purged, ", purged")];
        let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
        let version = package.version.as_deref().unwrap_or("-");
        let _ = writeln!(text, "package   {} {}: {deb}{marks}", esc(&package.full_name()), esc(version));
    }
    for file in &m.files {
        let what = match &file.is {
            Is::File { bytes, .. } => size(*bytes),
            Is::Link { target } => format!("-> {}", esc(target)),
            Is::Absent => "was not there".to_owned(),
            Is::Dir => continue,
        };
        let owner = file.owner.name.clone().unwrap_or_else(|| file.owner.id.to_string());
        let _ = writeln!(text, "settings  {}  {} {}  {what}", esc(&file.path), file.mode, esc(&owner));
    }
    for cluster in &m.clusters {
        for one in &cluster.databases {
            let _ = writeln!(
                text,
                "database  {} of PostgreSQL {}: {} rows of {} tables, {} (live {})",
                esc(&one.name),
                esc(&cluster.called()),
                human::number(one.rows),
                human::number(one.tables),
                size(one.dump.bytes),
                size(one.live_bytes)
            );
        }
    }
    for gap in &m.gaps {
        let _ = writeln!(text, "missing   {}: {}", esc(&gap.what), esc(&gap.why));
    }
    text
}

/// A copy of volumes, for people.
fn of_daemon(m: &volumes::Manifest, dir: &Path) -> String {
    let esc = |t: &str| escape(t.as_bytes());
    let mut text = format!(
        "copy      {}, taken {} before: {}\nhost      {}  {}{}\nfiles     {} in {}, unchanged since they were written\n",
        m.id,
        esc(&m.ts),
        esc(&shell_words::join(&m.argv)),
        esc(&m.host),
        esc(&m.daemon.endpoint),
        m.daemon.id.as_ref().map(|id| format!("  id {}", esc(id))).unwrap_or_default(),
        size(m.bytes),
        escape(dir.as_os_str().as_encoded_bytes()),
    );
    for volume in &m.volumes {
        let content = &volume.content;
        let _ = writeln!(
            text,
            "{}: {}{} in {}  {}",
            esc(&called(&volume.name)),
            volume.database.as_ref().map(|what| format!("{}, ", esc(what))).unwrap_or_default(),
            human::bytes(content.live_bytes),
            counted(content.entries, "entry"),
            esc(&content.stored.file),
        );
    }
    for dump in &m.dumps {
        let _ = writeln!(
            text,
            "dump      {} of container {}: {} of {}, {}  {}",
            esc(&dump.database),
            esc(&dump.container),
            counted(dump.rows, "row"),
            counted(dump.tables, "table"),
            size(dump.stored.bytes),
            esc(&dump.stored.file),
        );
    }
    for container in &m.containers {
        let ran = if container.ran { ", ran" } else { "" };
        let _ = writeln!(text, "container {} of {}{ran}", esc(&container.name), esc(&container.image));
    }
    for network in &m.networks {
        let _ = writeln!(text, "network   {}", esc(&network.name));
    }
    for file in &m.files {
        let _ = writeln!(text, "file      {}  {}", esc(&file.path), esc(&file.stored.file));
    }
    for note in &m.notes {
        let _ = writeln!(text, "note      {}", esc(note));
    }
    for gap in &m.gaps {
        let _ = writeln!(text, "missing   {}: {}", esc(&gap.what), esc(&gap.why));
    }
    text
}

fn prune(root: &Path, older_than: Option<&str>, world: &World, choice: ColourChoice) -> Result<Exit> {
    let least = older_than.map(seconds).transpose()?;
    let all = store::list(root).map_err(|e| unread(root, &e))?;
    // What cannot be read has no age that could be trusted: only --all takes it.
    let old = |manifest: &std::io::Result<Kept>| match (least, manifest) {
        (None, _) => true,
        (Some(least), Ok(m)) => age(m).is_some_and(|age| age >= least),
        (Some(_), Err(_)) => false,
    };
    let chosen: Vec<&String> = all.iter().filter(|(_, m)| old(m)).map(|(id, _)| id).collect();
    if chosen.is_empty() {
        stderr::complain("no copies to delete\n");
        return Ok(Exit::Ok);
    }
    let what = if chosen.len() == 1 { "1 copy".to_owned() } else { format!("{} copies", chosen.len()) };
    let left = all.len() - chosen.len();
    let asked = Item::new().say(format!("Delete {what} for good ({left} stay)? [y/N]:"));
    let ids = chosen.iter().map(|id| Item::new().name(id));
    let screen = Screen { rows: vec![Row::list("copies", ids, ("1 more", "more"))], ..Screen::default() };
    if let Err(fail) = yes(asked, screen, world, choice) {
        return Err(fail.because("no copy was deleted"));
    }
    let words: Vec<&str> = ["kept", "prune"].into_iter().chain(chosen.iter().map(|id| id.as_str())).collect();
    let deed = record::Own {
        words: &words,
        target: None,
        answer: crate::audit::Answer::Matched,
        effect: Effect::Destroy,
        copy: None,
    };
    let terms = crate::policy::load(world).unwrap_or_default().terms();
    record::own(deed, terms.audit_path.as_deref(), world);
    for id in chosen {
        store::delete(root, id).map_err(|e| {
            Fail::new(fail::Kind::Data, format!("copy {} cannot be deleted", escape(id.as_bytes())))
                .because(e.to_string())
        })?;
    }
    store::sweep(root).map_err(|e| unread(root, &e))?;
    out::print(&format!("deleted {what}\n"))?;
    Ok(Exit::Ok)
}

/// Asks y/N at the terminal; anything but yes is a refusal.
pub fn yes(question: Item, mut screen: Screen, world: &World, choice: ColourChoice) -> Result<()> {
    use crate::engine::challenge::Challenge;
    use crate::engine::situation::Level;
    screen.question = question;
    let challenge = Challenge::new("", "answer");
    let answer = Terminal::new(world, choice).ask(&screen, &Question::new(&challenge, Level::YesNo));
    let why = match answer {
        Answer::Matched { .. } => return Ok(()),
        Answer::NoTerminal(absent) => absent.because(),
        Answer::Interrupted(signal) => crate::prompt::signals::die_of(signal),
        Answer::TimedOut => "nobody answered in time",
        Answer::Declined | Answer::Mismatched | Answer::NotAlso | Answer::Unexplained => "the answer was no",
    };
    Err(Fail::new(fail::Kind::Refused, "refused").because(why))
}

/// `12h`, `30d`, `8w` in seconds.
fn seconds(text: &str) -> Result<u64> {
    human::seconds(text).ok_or_else(|| {
        Fail::new(fail::Kind::Usage, format!("`{}` is no age", escape(text.as_bytes())))
            .help("write 12h, 30d or 8w")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes() {
        assert_eq!(seconds("30d").ok(), Some(2_592_000));
        assert!(seconds("30").is_err());
        for (bytes, want) in
            [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1025, "2 KiB"), (3 << 20, "3 MiB")]
        {
            assert_eq!(size(bytes), want);
        }
    }
}
