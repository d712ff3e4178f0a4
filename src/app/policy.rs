//! `guard policy`: what is in force and where it comes from, whether a file is valid, whether it decides as written.

use crate::engine::backup::backed::Unmet;
use crate::engine::human::counted;
use crate::engine::policy::builtin;
use crate::engine::policy::place::{IdKind, Place};
use crate::engine::policy::rule::Rule;
use crate::engine::policy::{Ignored, Layer, Merged, Policy};
use crate::engine::situation::Outcome;
use crate::engine::tool::TargetKind;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::family::kube::resolve::kubeconfig;
use crate::policy::files::Found;
use crate::policy::read::LISTS;
use crate::policy::{cases, doubts, files, load, parse, schema};
use crate::world::World;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Show, check and test the policy
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard policy show
  guard policy check .guard.yaml
  guard policy test decisions/*.yaml
  guard policy schema > guard-policy.schema.json")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Show the policy in force: every setting and every rule with its file and line
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check policy files and show every mistake; without FILE, the ones in force
    Check {
        /// Policy files
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Which layer the files are meant for; by default told from the path
        #[arg(long, value_enum)]
        layer: Option<LayerName>,
    },
    /// Run decision examples against the policy they name, or the one in force
    #[command(after_help = CASES)]
    Test {
        /// Files of decision examples
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the JSON schema of policy files
    Schema,
}

/// The format of decision examples.
const CASES: &str = "\
A file of decision examples:

  version: 1
  policy:                       the files to decide by, beside this one; else those in force here
    system: team.yaml           also user: and project:
  cases:
    - command: kubectl delete ns pay
      expect: deny              allow, notice, warn, confirm yes-no, confirm typed or deny
      rules: [xmas]             the rules that have to make it so
      now: 2026-12-24T18:00:00Z needed where a rule looks at the time
      interactive: false        nobody can be asked [default: true]
      actor: agent              human, ci or agent [default: human]
      target:                   where it goes; each of these may be left out
        known: true
        environment: production without it, what the policy makes of the rest
        cluster: acme           also context, server, uid, ca, account, region,
                                endpoint, host, daemon
        namespace: shop
      impact:                   what the live system would say
        effect: destroy
        whole_scope: true
        labels: [tier=critical]

examples/decisions holds more.";

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum LayerName {
    /// /etc/guard/policy.yaml
    System,
    /// ~/.config/guard/policy.yaml
    User,
    /// .guard.yaml
    Project,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    match &args.command {
        Command::Show { json } => {
            let merged = load(world)?;
            let text = if *json { show_json(&merged) } else { show(&merged) };
            print(&text)
        }
        Command::Check { files, layer } => check(files, *layer, world),
        Command::Test { files } => test(files, world),
        Command::Schema => print(&schema::json()),
    }
}

fn print(text: &str) -> Result<Exit> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Fail::new(Kind::Data, "cannot write the answer").because(e.to_string()))
        }
        _ => Ok(Exit::Ok),
    }
}

fn check(given: &[PathBuf], layer: Option<LayerName>, world: &World) -> Result<Exit> {
    let mut report = String::new();
    let mut broken: Vec<Fail> = Vec::new();
    let mut ignored: Vec<Ignored> = Vec::new();
    let known = known(world);
    let mut one = |layer: Layer, path: &Path, text: Result<String>| {
        let read = text.and_then(|text| Ok((parse(&text, path, layer)?, text)));
        match read {
            Ok((policy, text)) => {
                let (rules, word) = (counted(policy.rules.len() as u64, "rule"), layer.word());
                let _ = writeln!(report, "{}: valid as {word} policy, {rules}", files::shown(path));
                for doubt in doubts::doubts(&text, &known) {
                    let _ = writeln!(report, "warning:\n{}", doubt.show(&files::shown(path), &text));
                }
            }
            Err(fail) => broken.push(fail),
        }
    };
    if given.is_empty() {
        for (layer, path) in files::candidates(world) {
            match files::open(world, layer, &path) {
                Ok(Found::Nothing) => {}
                Ok(Found::Text(text)) => one(layer, &path, Ok(text)),
                Ok(Found::Ignored(why)) => {
                    ignored.push(Ignored { file: files::shown(&path), why });
                }
                Err(fail) => one(layer, &path, Err(fail)),
            }
        }
    }
    for path in given {
        let layer = layer.map_or_else(
            || layer_of(path),
            |l| match l {
                LayerName::System => Layer::System,
                LayerName::User => Layer::User,
                LayerName::Project => Layer::Project,
            },
        );
        let at = world.at(path);
        // Whoever checks a file has not installed it yet: owner and mode are looked at where it will stand.
        let text = std::fs::read_to_string(&at).map_err(|e| {
            Fail::new(Kind::Policy, format!("the policy file {} cannot be read", files::shown(path)))
                .because(e.to_string())
        });
        one(layer, path, text);
    }
    for ignored in &ignored {
        let _ = writeln!(report, "{}", ignored.note());
    }
    if report.is_empty() && broken.is_empty() {
        report.push_str("no policy file: the built-in table holds\n");
    }
    print(&report)?;
    let Some(mut all) = broken.pop() else { return Ok(Exit::Ok) };
    // Every file's mistakes, in the order of the files.
    for earlier in broken.into_iter().rev() {
        let because = earlier.because.first().map(|b| format!("because: {b}\n")).unwrap_or_default();
        let text = format!("{}\n{because}\n", earlier.excerpt.unwrap_or_default());
        all.excerpt = Some(format!("{text}{}", all.excerpt.unwrap_or_default()));
        all.what = format!("{}; {}", earlier.what, all.what);
    }
    Err(all)
}

/// The names that are known here: those of the kubeconfig, and those that the policy in force gives.
pub(super) fn known(world: &World) -> doubts::Known {
    let contexts = kubeconfig::contexts(world).unwrap_or_default();
    let mut known = doubts::Known::default();
    for context in contexts {
        known.clusters.push(context.cluster);
        known.contexts.push(context.name);
        known.servers.push(context.server);
    }
    let policy = load(world).unwrap_or_default();
    let places = || policy.layers().flat_map(|layer| &layer.places);
    if !known.clusters.is_empty() {
        known.clusters.extend(places().filter_map(|place| place.name.clone()));
    }
    for place in places() {
        let mut ids = place.identity.iter().filter(|(kind, _)| *kind == IdKind::Account).peekable();
        if ids.peek().is_some() {
            known.accounts.extend(place.name.clone());
        }
        known.accounts.extend(ids.flat_map(|(_, patterns)| patterns.clone()));
        // A daemon has the name of the machine it runs on, too.
        if matches!(place.of, TargetKind::Daemon | TargetKind::Machine) {
            known.daemons.extend(place.name.clone());
            let ids = place.identity.iter().filter(|(kind, _)| *kind == IdKind::Daemon);
            known.daemons.extend(ids.flat_map(|(_, patterns)| patterns.clone()));
        }
    }
    known
}

/// What the files in force say about things nobody here knows, as `file:line: what`.
pub(super) fn doubts_in_force(world: &World) -> Vec<String> {
    let known = known(world);
    let mut all = Vec::new();
    for (layer, path) in files::candidates(world) {
        let Ok(Found::Text(text)) = files::open(world, layer, &path) else { continue };
        let doubts = doubts::doubts(&text, &known).into_iter();
        all.extend(doubts.map(|doubt| format!("{}:{}: {}", files::shown(&path), doubt.at.line, doubt.what)));
    }
    all
}

fn layer_of(path: &Path) -> Layer {
    if path.file_name().is_some_and(|n| n == ".guard.yaml") {
        Layer::Project
    } else if path.starts_with("/etc") {
        Layer::System
    } else {
        Layer::User
    }
}

fn test(given: &[PathBuf], world: &World) -> Result<Exit> {
    let mut report = String::new();
    let mut missed = 0;
    for path in given {
        let at = world.at(path);
        let text = std::fs::read_to_string(&at).map_err(|e| {
            Fail::new(Kind::Data, format!("the decision examples {} cannot be read", files::shown(path)))
                .because(e.to_string())
        })?;
        let file = cases::read(&text, path)?;
        let in_force = if file.policy.is_none() { load(world)? } else { Merged::default() };
        let policy = cases::policy_of(&file, &at, &in_force)?;
        let misses = cases::run(&file, &policy);
        missed += misses.len();
        let _ = writeln!(
            report,
            "{}: {} of {} as expected",
            files::shown(path),
            file.cases.len() - misses.len(),
            file.cases.len()
        );
        for m in misses {
            let _ = writeln!(report, "  {}\n    {}", m.case, m.why);
        }
    }
    print(&report)?;
    if missed == 0 {
        return Ok(Exit::Ok);
    }
    Err(Fail::new(Kind::Policy, format!("not as expected: {}", counted(missed as u64, "decision")))
        .help("change the policy, or the examples if the decision is right"))
}

/// The list of the file that an entry stands in.
fn list_of(place: &Place) -> &'static str {
    LISTS.into_iter().find(|(_, of)| *of == place.of).map_or("", |(key, _)| key)
}

fn place_of(policy: &Policy, line: Option<u32>) -> String {
    line.map_or_else(|| policy.file.clone(), |line| format!("{}:{line}", policy.file))
}

fn outcome(rule: &Rule) -> String {
    let mut text = if rule.freeze { "freeze".to_owned() } else { rule.then.words().to_owned() };
    if rule.relax && rule.then != Outcome::Allow {
        text.insert_str(0, "at most ");
    }
    if rule.justification {
        text.push_str(", justification");
    }
    if rule.show_diff {
        text.push_str(", diff");
    }
    if let Some(demand) = &rule.backup {
        let unmet = match demand.unmet {
            Unmet::Ask => "or that there is none is typed",
            Unmet::Deny => "or it is refused",
        };
        let demanded = format!("{}, {unmet}", demand.words());
        // Where it is met, nothing else follows.
        text = if rule.then == Outcome::Allow { demanded } else { format!("{text}, {demanded}") };
    }
    text
}

fn show(m: &Merged) -> String {
    let mut out = String::new();
    let terms = m.terms();
    let yes_no = |b: bool| if b { "may answer without a terminal" } else { "is forbidden" };
    for p in m.layers() {
        let _ = writeln!(out, "{:<9} {}  mode {}", p.layer.word(), p.file, p.mode.unwrap_or_default().word());
    }
    for ignored in &m.ignored {
        let _ = writeln!(out, "ignored   {}", ignored.note());
    }
    let _ = writeln!(
        out,
        "built-in  mode {}{}",
        m.builtin_mode().word(),
        if m.builtin_is_floor() { ", part of the system's floor" } else { "" }
    );
    let _ = writeln!(
        out,
        "\nprompt    {} attempts, {} s, GUARD_CONFIRM {}{}",
        terms.prompt_attempts,
        terms.prompt_timeout_s,
        yes_no(terms.env_confirm),
        if terms.env_confirm && terms.env_confirm_at_terminal { ", and at one" } else { "" }
    );
    let _ = writeln!(
        out,
        "agents    GUARD_CONFIRM {}, {}",
        yes_no(terms.env_confirm && m.agents_confirm()),
        if m.agents_terminal() { "asked on a terminal of their own" } else { "never asked on a terminal" }
    );
    let _ = writeln!(
        out,
        "terminals where their commands went is {}",
        if m.remembers_terminals() { "remembered" } else { "not remembered" }
    );
    let _ = writeln!(
        out,
        "probe     {} ms, on failure {}",
        terms.probe_timeout_ms,
        terms.probe_on_failure.word()
    );
    let required = terms.audit_required.map_or("never", |e| e.word());
    let _ = writeln!(
        out,
        "audit     {}, required from {required}",
        terms
            .audit_path
            .as_deref()
            .map_or("default place".to_owned(), |p| crate::engine::escape::escape(p.as_bytes()))
    );
    let _ = writeln!(out, "copies    of volumes up to {} MiB", terms.copies_volumes_mib);
    let _ = writeln!(out, "unknown   {}", m.unknown().word());
    for (name, path) in &terms.tools {
        let shown = |t: &str| crate::engine::escape::escape(t.as_bytes());
        let _ = writeln!(out, "tool      {} is {}", shown(name), shown(path));
    }
    for p in m.layers().filter(|p| !p.places.is_empty()) {
        let _ = writeln!(out, "\nplaces of the {} policy", p.layer.word());
        for place in &p.places {
            let ids: Vec<String> =
                place.identity.iter().map(|(k, v)| format!("{} {}", k.word(), v.join("|"))).collect();
            let environment = place.environment.map_or("", |e| e.word());
            let name = place.name.as_deref().unwrap_or("-");
            let line = format!("  {:<8} {name:<20} {environment:<12} {}", list_of(place), ids.join(", "));
            let _ = writeln!(
                out,
                "{}  ({})",
                crate::engine::escape::escape(line.as_bytes()),
                place_of(p, place.line)
            );
        }
    }
    for p in m.layers().filter(|p| !p.rules.is_empty()) {
        let _ = writeln!(out, "\nrules of the {} policy", p.layer.word());
        for r in &p.rules {
            let id = crate::engine::escape::escape(r.id.as_bytes());
            let _ = writeln!(out, "  {id:<32} {:<24} {}", outcome(r), place_of(p, r.line));
        }
    }
    let _ = writeln!(out, "\nbuilt-in rules");
    for row in builtin::TABLE {
        let _ = writeln!(out, "  {:<36} {}", row.id, row.then.words());
    }
    let _ = writeln!(
        out,
        "  {:<36} {} in production and where unclassified",
        builtin::UNKNOWN,
        m.unknown().word()
    );
    let _ = writeln!(out, "  {:<36} deny what would disrupt or destroy", builtin::NO_TARGET);
    out
}

fn show_json(m: &Merged) -> String {
    let terms = m.terms();
    let layers: Vec<Value> = m
        .layers()
        .map(|p| {
            let rules: Vec<Value> = p
                .rules
                .iter()
                .map(|r| json!({ "id": r.id, "then": outcome(r), "relax": r.relax, "reason": r.reason, "line": r.line }))
                .collect();
            let places: Vec<Value> = p
                .places
                .iter()
                .map(|l| {
                    let ids: serde_json::Map<String, Value> =
                        l.identity.iter().map(|(k, v)| (k.word().to_owned(), json!(v))).collect();
                    json!({ "list": list_of(l), "name": l.name, "environment": l.environment.map(|e| e.word()), "identity": ids,
                        "line": l.line })
                })
                .collect();
            json!({
                "layer": p.layer.word(), "file": p.file, "mode": p.mode.unwrap_or_default().word(),
                "rules": rules, "places": places,
            })
        })
        .collect();
    let builtin: Vec<Value> =
        builtin::TABLE.iter().map(|r| json!({ "id": r.id, "then": r.then.words() })).collect();
    let tools: serde_json::Map<String, Value> =
        terms.tools.iter().map(|(n, p)| (n.clone(), json!(p))).collect();
    let all = json!({
        "schema": 1,
        "layers": layers,
        "builtin": { "mode": m.builtin_mode().word(), "floor": m.builtin_is_floor(), "rules": builtin },
        "unknown": m.unknown().word(),
        "prompt": { "attempts": terms.prompt_attempts, "timeout_s": terms.prompt_timeout_s, "env_confirm": terms.env_confirm,
            "env_confirm_at_terminal": terms.env_confirm_at_terminal },
        "agents": { "confirm": terms.env_confirm && m.agents_confirm(), "terminal": m.agents_terminal() },
        "remember_terminals": m.remembers_terminals(),
        "probe": { "timeout_ms": terms.probe_timeout_ms,
            "credentials_timeout_ms": terms.credentials_timeout_ms, "on_failure": terms.probe_on_failure.word() },
        "audit": { "path": terms.audit_path, "required": terms.audit_required.map_or("never", |e| e.word()) },
        "copies": { "volumes_mib": terms.copies_volumes_mib },
        "tools": tools,
    });
    let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
    text.push('\n');
    text
}
