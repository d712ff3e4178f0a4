//! `guard restore`: creates the objects of a copy again, or installs its packages.

mod apt;
mod docker;

use super::consent::Consent;
use super::consent::put_back::{Asking, Question};
use super::{kept, out, record};
use crate::audit::Target;
use crate::engine::challenge::{Scope, challenge, cluster_name};
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::fact::Known;
use crate::engine::grammar::cobra::parse;
use crate::engine::kube::KubeTarget;
use crate::engine::kube::kubectl::TABLE;
use crate::engine::policy::place::{Classified, classify_target};
use crate::engine::target::Environment;
use crate::exit::Exit;
use crate::fail::{self, Fail, Result};
use crate::family::kube::keep::objects::Manifest;
use crate::family::kube::keep::restore::{self as back, Plan, Report, Settings};
use crate::family::kube::lent::settle;
use crate::family::kube::probe::client::Door;
use crate::family::kube::resolve;
use crate::keep::head::Kind;
use crate::policy;
use crate::prompt::Terminal;
use crate::prompt::progress::Bar;
use crate::ui::screen::{Item, Row, Screen};
use crate::ui::stderr;
use crate::ui::{ColourChoice, human};
use crate::world::World;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// How long the cluster may take to say who it is.
const IDENTITY: Duration = Duration::from_secs(10);
/// How long something that is still being deleted is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Create the objects of a copy again, install its packages again, or fill its volumes again
///
/// Of a cluster, manifests come back, data does not: a claim finds its data again only where its volume was kept
/// (reclaim policy Retain). Objects that a controller makes by itself are left to it, and nothing that is there is
/// overwritten.
///
/// Of a host, apt installs exactly the packages of the copy; their settings, marks and holds are made what they were,
/// and what they replace is saved. Dumps of databases are not loaded: the commands that do are printed.
///
/// Of a daemon, volumes come back with everything that was in them, then networks and containers; those that ran are
/// started. A name that is taken meanwhile refuses, before anything is made.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard restore 20261122-013001-4f2a9c07 --dry-run     what would be created, in which order
  guard restore 20261122-013001-4f2a9c07
  guard restore 20261122-013001-4f2a9c07 --namespace shop-back
  sudo guard restore 20261122-091500-81c3          packages that apt or dpkg removed
  guard restore 20261201-170402-0b7e               volumes and containers that docker removed")]
pub struct Args {
    /// The copy, or the beginning of its id (`guard kept list`)
    pub id: String,
    /// Create the objects in this namespace instead of their own
    #[arg(short, long, value_name = "NS")]
    pub namespace: Option<String>,
    /// Name every object, also when there are many
    #[arg(short, long)]
    pub verbose: bool,
    /// Print what would be created or installed; asks no cluster
    #[arg(long)]
    pub dry_run: bool,
    /// Restore although the cluster is not the one the copy comes from
    #[arg(long)]
    pub to_another_cluster: bool,
    /// Restore although the daemon is not the one the copy comes from
    #[arg(long)]
    pub to_another_daemon: bool,
    /// Of volumes and containers, put back the volumes alone
    #[arg(long)]
    pub data_only: bool,
    /// The kubeconfig to use, as for kubectl
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<String>,
    /// The context to use, as for kubectl
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World, choice: ColourChoice) -> Result<Exit> {
    let root = kept::root(world)?;
    let (dir, kept) = kept::find(&root, &args.id)?;
    let unread = |e| kept::unread(&dir, &e);
    fitting(args, kept.head.kind)?;
    let manifest: Manifest = match kept.head.kind {
        Kind::Kubernetes => kept.manifest().map_err(unread)?,
        Kind::Apt => return apt::run(args, &dir, &kept.manifest().map_err(unread)?, world, choice),
        Kind::Docker => return docker::run(args, &dir, &kept.manifest().map_err(unread)?, world, choice),
    };
    let plan = back::plan(&dir, &manifest).map_err(|e| {
        Fail::new(fail::Kind::Data, format!("copy {} cannot be restored", manifest.id)).because(e.to_string())
    })?;
    if args.namespace.is_some() && manifest.namespaces.len() > 1 {
        return Err(Fail::new(fail::Kind::Usage, "--namespace needs a copy of one namespace")
            .because(format!("this one has {}", manifest.namespaces.len())));
    }
    if let Some(name) = args.namespace.as_deref().filter(|name| !is_label(name)) {
        let name = escape(name.as_bytes());
        return Err(Fail::new(fail::Kind::Usage, format!("`{name}` is no name of a namespace"))
            .help("small letters, digits and dashes: shop-back"));
    }
    if args.dry_run {
        out::print(&listed(&manifest, &plan, args.namespace.as_deref()))?;
        return Ok(Exit::Ok);
    }
    let mut words = vec!["get"];
    for (flag, value) in [("--kubeconfig", &args.kubeconfig), ("--context", &args.context)] {
        words.extend(value.iter().flat_map(|v| [flag, v.as_str()]));
    }
    let words: Vec<&[u8]> = words.into_iter().map(str::as_bytes).collect();
    let table = &TABLE;
    let mut resolved = resolve::kubeconfig::kube(world, &parse(table, &words))?;
    let policy = policy::load(world)?;
    settle(&mut resolved, &policy.terms(), world, true).map_err(|why| {
        Fail::new(fail::Kind::Unavailable, "the cluster cannot be asked")
            .because(escape(why.to_string().as_bytes()))
            .help("log in, and check with `kubectl get ns kube-system`")
    })?;
    let access = &resolved.access;
    let door = Door { kubeconfig: &access.effective, world, plugins: (&access.plugin_policy).into() };
    let uid = back::cluster_uid(&door, IDENTITY);
    let at_home = same_cluster(args, &manifest, uid.as_ref().map(String::as_str))?;
    resolved.target.uid = match uid {
        Ok(uid) => Known::Known(uid),
        Err(why) => Known::Unknown(why),
    };
    let place = classify_target(&resolved.target.seen(), &policy);
    let asking = Asking { policy: &policy, world, choice };
    let consent = agreed(args, &manifest, &plan, &resolved.target, &place, &asking)?;
    let into = args.namespace.clone().map_or_else(|| manifest.namespaces.clone(), |one| vec![one]);
    let name = cluster_name(&resolved.target, place.name.as_deref());
    let target = resolved.target.data(&name, &into);
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
    let settings = Settings { door, namespace: args.namespace.as_deref(), patience: PATIENCE, at_home };
    put_back(consent, &dir, &manifest, &settings, args.verbose)
}

/// Refuses flags that are about another kind of copy.
fn fitting(args: &Args, kind: Kind) -> Result<()> {
    let of_cluster = args.to_another_cluster
        || [&args.namespace, &args.kubeconfig, &args.context].into_iter().any(Option::is_some);
    let of_daemon = args.to_another_daemon || args.data_only;
    let (what, wrong) = match kind {
        Kind::Kubernetes => ("a cluster", of_daemon.then_some(OF_DAEMON)),
        Kind::Apt if of_daemon => ("packages", Some(OF_DAEMON)),
        Kind::Apt => ("packages", of_cluster.then_some(OF_CLUSTER)),
        Kind::Docker => ("volumes", of_cluster.then_some(OF_CLUSTER)),
    };
    match wrong {
        None => Ok(()),
        Some(flags) => Err(Fail::new(fail::Kind::Usage, format!("this is a copy of {what}"))
            .because("it has no use for what was said")
            .help(format!("leave out {flags}"))),
    }
}

/// What only a copy of a cluster has a use for.
const OF_CLUSTER: &str = "--namespace, --to-another-cluster, --kubeconfig and --context";

/// What only a copy of volumes has a use for.
const OF_DAEMON: &str = "--to-another-daemon and --data-only";

/// Whether a namespace can have this name (RFC 1123, a label).
fn is_label(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends = |end: Option<u8>| end.is_some_and(plain);
    name.len() <= 63
        && name.bytes().all(|b| plain(b) || b == b'-')
        && ends(name.bytes().next())
        && ends(name.bytes().next_back())
}

/// Creates what was agreed to.
fn put_back(
    consent: Consent<&Plan>,
    dir: &Path,
    manifest: &Manifest,
    settings: &Settings<'_>,
    verbose: bool,
) -> Result<Exit> {
    let plan = consent.spend();
    let dumb = stderr::is_dumb(settings.door.world);
    let mut watch = Watching {
        bar: Bar::start("creating", plan.steps.len() as u64, dumb),
        drawn: !dumb && on_terminal(),
    };
    let report = back::restore(dir, manifest, plan, settings, &mut watch)?;
    drop(watch);
    out::print(&said(&report, manifest, verbose))?;
    if report.failed.is_empty() { Ok(Exit::Ok) } else { Ok(Exit::Unavailable) }
}

/// Shows a bar on the terminal; without one, a line for what is waited for.
struct Watching {
    bar: Bar,
    drawn: bool,
}

impl back::Watch for Watching {
    fn waits(&mut self, what: &str) {
        if self.drawn {
            self.bar.say(what);
        } else {
            stderr::complain(&format!("guard: {}\n", escape(what.as_bytes())));
        }
    }

    fn step(&mut self) {
        self.bar.step();
        self.bar.say("");
    }
}

fn on_terminal() -> bool {
    Terminal::available().is_ok()
}

/// A copy goes back to where it came from, unless somebody says otherwise. Answers whether it does.
fn same_cluster(
    args: &Args,
    manifest: &Manifest,
    now: std::result::Result<&str, &crate::engine::fact::Why>,
) -> Result<bool> {
    let other = match (&manifest.cluster.uid, now) {
        (_, Err(why)) => {
            return Err(Fail::new(fail::Kind::Unavailable, "the cluster does not say who it is")
                .because(escape(why.to_string().as_bytes()))
                .help("check the kubeconfig and context: `kubectl get ns kube-system` has to work"));
        }
        (Some(then), Ok(now)) if then == now => return Ok(true),
        (Some(then), Ok(now)) => format!("the copy is from uid {then}, this is uid {now}"),
        (None, Ok(_)) => "the copy does not say which cluster it is from".to_owned(),
    };
    if args.to_another_cluster {
        return Ok(false);
    }
    Err(Fail::new(fail::Kind::Refused, "refused: this may not be the cluster the copy comes from")
        .because(escape(other.as_bytes()))
        .because(format!(
            "it was taken on {} ({})",
            escape(manifest.cluster.name.as_bytes()),
            escape(manifest.cluster.server.as_bytes())
        ))
        .help("choose the cluster with --kubeconfig or --context, or say --to-another-cluster"))
}

/// Shows where it goes, and asks where that is production, or nobody has said that it is not.
fn agreed<'p>(
    args: &Args,
    manifest: &Manifest,
    plan: &'p Plan,
    target: &KubeTarget,
    place: &Classified,
    asking: &Asking<'_>,
) -> Result<Consent<&'p Plan>> {
    let cluster = cluster_name(target, place.name.as_deref());
    let namespaces = match &args.namespace {
        Some(one) => vec![one.clone()],
        None => manifest.namespaces.clone(),
    };
    let scope = if namespaces.is_empty() {
        Scope::Cluster
    } else {
        Scope::Namespaces { names: namespaces.clone(), whole: false }
    };
    let challenge = challenge(target, place.name.as_deref(), &scope);
    let count = human::number(plan.steps.len() as u64);
    let mut rows = vec![
        Row::list(
            "cluster",
            vec![
                Item::new().strong(&cluster),
                Item::new().say("chosen by ").prose(&target.chosen_by.to_string()),
            ],
            ("", ""),
        )
        .in_full(),
        Row::fact(
            "restore",
            Item::new()
                .say(format!("{count} objects of copy {}, taken ", manifest.id))
                .prose(&manifest.ts)
                .say(" before: ")
                .prose(&shell_words::join(&manifest.argv)),
        ),
    ];
    if !namespaces.is_empty() {
        let names = namespaces.iter().map(|n| Item::new().strong(n));
        rows.push(Row::list("into", names, ("1 more namespace", "more namespaces")));
    }
    let gaps = manifest
        .gaps
        .iter()
        .map(|g| Item::new().prose(&format!("{}: {}", g.what, g.why)))
        .collect::<Vec<_>>();
    if !gaps.is_empty() {
        rows.push(Row::list("missing", gaps, ("1 more", "more")));
    }
    let screen = Screen {
        environment: Some(place.environment),
        headline: vec![Item::new().strong(&cluster), Item::new().name(&target.server.value)],
        rows,
        ..Screen::default()
    };
    let question =
        Item::new().say(format!("Create {count} objects in ")).strong(&challenge.phrase).say("? [y/N]:");
    let asks = place.environment >= Environment::Unclassified;
    let question = asks.then_some(question);
    asking.ask(plan, Question { screen, question, challenge: &challenge, nothing: "nothing was created" })
}

fn listed(manifest: &Manifest, plan: &Plan, namespace: Option<&str>) -> String {
    let mut text = format!(
        "copy {} of {} ({})\n",
        manifest.id,
        escape(manifest.cluster.name.as_bytes()),
        escape(manifest.cluster.server.as_bytes())
    );
    for step in &plan.steps {
        let _ = writeln!(text, "create    {}", escape(step.called_in(namespace).as_bytes()));
    }
    lines(&mut text, "leave out", &plan.left_out);
    text
}

fn lines(text: &mut String, label: &str, rows: &[(String, String)]) {
    for (what, why) in rows {
        let _ = writeln!(text, "{label:<9} {}: {}", escape(what.as_bytes()), escape(why.as_bytes()));
    }
}

fn said(report: &Report, manifest: &Manifest, verbose: bool) -> String {
    let mut text = String::new();
    each(&mut text, "created ", &report.created, "", verbose);
    each(&mut text, "is there", &report.there, ": left as it is", verbose);
    let left_out: Vec<String> = report.left_out.iter().map(|(what, why)| format!("{what}: {why}")).collect();
    each(&mut text, "left out", &left_out, "", verbose);
    for note in &report.notes {
        let _ = writeln!(text, "note      {}", escape(note.as_bytes()));
    }
    for gap in &manifest.gaps {
        let gap = format!("{}: {}", gap.what, gap.why);
        let _ = writeln!(text, "missing   {} (not in the copy)", escape(gap.as_bytes()));
    }
    // What did not come back is never summed up.
    lines(&mut text, "FAILED", &report.failed);
    let _ = writeln!(
        text,
        "{} created, {} there already, {} left out, {} failed",
        human::number(report.created.len() as u64),
        human::number(report.there.len() as u64),
        human::number(report.left_out.len() as u64),
        human::number(report.failed.len() as u64)
    );
    text
}

/// A line for each thing, or, where they are many, one with how many there are of each kind.
fn each(text: &mut String, label: &str, things: &[String], after: &str, verbose: bool) {
    const MANY: usize = 40;
    if verbose || things.len() <= MANY {
        for thing in things {
            let _ = writeln!(text, "{label}  {}{after}", escape(thing.as_bytes()));
        }
        return;
    }
    // Things begin with their kind; in the order in which it first came.
    let mut kinds: Vec<(&str, u64)> = Vec::new();
    for kind in things.iter().filter_map(|thing| thing.split(' ').next()) {
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let kinds: Vec<String> =
        kinds.iter().map(|(kind, n)| human::counted(*n, &escape(kind.as_bytes()))).collect();
    let _ = writeln!(text, "{label}  {}{after} (-v names each)", kinds.join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_counted_and_a_few_are_named() {
        let mut text = String::new();
        let few = ["Secret shop/a".to_owned(), "Secret shop/b".to_owned()];
        each(&mut text, "created ", &few, "", false);
        assert_eq!(text, "created   Secret shop/a\ncreated   Secret shop/b\n");
        let many: Vec<String> = (0..3000)
            .map(|n| format!("{} shop/x-{n}", if n % 3 == 0 { "Secret" } else { "ConfigMap" }))
            .collect();
        let mut text = String::new();
        each(&mut text, "is there", &many, ": left as it is", false);
        assert_eq!(text, "is there  1,000 Secrets, 2,000 ConfigMaps: left as it is (-v names each)\n");
        let mut text = String::new();
        each(&mut text, "created ", &many, "", true);
        assert_eq!(text.lines().count(), 3000);
    }
}
