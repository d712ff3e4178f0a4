//! docker, Compose and podman: which daemon a command goes to, what that daemon says would go, and whether a second server would
//! open the data of a first one.

mod probe;
mod reading;
pub mod resolve;
mod screen;

pub use reading::DockerReading;

use super::cx::Cx;
use super::judge::{Evaluation, Facts, Family, Held, Outcome, Pins, target_changed};
use super::machine::Command;
use super::machine::weigh::Said;
use super::promise::Promise;
use super::reading::Reading as _;
use crate::engine::classify::classify;
use crate::engine::docker::desktop::is_desktop;
use crate::engine::docker::loss::Whole;
use crate::engine::docker::tables::Cli;
use crate::engine::docker::wish::{self, Wish};
use crate::engine::docker::words::Words;
use crate::engine::effect::Effect;
use crate::engine::fact::{Known, Source, Sourced, Why};
use crate::engine::impact::{Fate, Impact};
use crate::engine::machine::HostTarget;
use crate::engine::policy::place::{IdKind, Identity, Seen, is_everywhere};
use crate::engine::target::{Part, Target, Value};
use crate::engine::tool::{self, TargetKind};
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind, Result};
use crate::run::exec::EnvEdit;
use crate::ui::view::Sight;
use probe::{Answered, Info, Request};
use resolve::{Daemon, Endpoint, Tls};
use std::path::PathBuf;
use std::time::Duration;

/// One command for a daemon.
pub struct Docker<'a> {
    on: Command<'a>,
    /// Which program it really is: `docker` may be podman by another name.
    cli: Cli,
    daemon: Result<Daemon>,
    wish: Wish,
    answered: Answered,
}

impl<'a> Docker<'a> {
    fn begin(cx: Cx<'a>, reading: &DockerReading, tool: PathBuf) -> Docker<'a> {
        let daemon = Err(Fail::new(Kind::Bug, "the target was not looked for"));
        let named = Cli::of(cx.call.tool);
        let cli = if named == Cli::Docker && resolve::is_podman(&tool) { Cli::Podman } else { named };
        let mut verdict = reading.invocation().verdict.clone();
        if cli != named {
            // Some words mean more there: `volume prune` takes all that nobody uses.
            verdict = verdict.or_worse(classify(tool::PODMAN.name.as_bytes(), cx.words));
        }
        let wish = wish::of(&Words::read(cli, cx.words, false));
        let on = Command::new(cx, &verdict, tool);
        Docker { on, cli, daemon, wish, answered: Answered::default() }
    }

    fn look(&self) -> Result<Daemon> {
        resolve::daemon(self.on.cx.world, self.cli, self.on.cx.words)
    }

    /// Asks the daemon something, with everything that such a question needs.
    fn request<T>(&self, daemon: &Daemon, asks: bool, ask: impl FnOnce(&Request<'_>) -> T) -> T {
        let words = Words::read(self.cli, self.on.cx.words, false);
        ask(&Request {
            wish: &self.wish,
            words: &words,
            way: &daemon.way,
            tool: &self.on.tool,
            world: self.on.cx.world,
            deadline: self.on.cx.probe_deadline(probe::DEADLINE),
            asks,
            by_id: self.on.cx.policy.goes_by(IdKind::Daemon),
        })
    }

    /// What the daemon says of itself.
    fn info(&self) -> Option<&Info> {
        self.answered.info.as_ref()?.value()
    }

    /// The machine that the daemon says it runs on takes the place of what its address says.
    fn named_by_itself(&mut self) {
        let (Ok(daemon), Some(info)) = (&self.daemon, self.info()) else { return };
        let mut host = daemon.host.clone();
        let before = host.target.name.value().map(|name| name.value.clone());
        if info.name.is_empty() || before.as_ref() == Some(&info.name) {
            return;
        }
        // Nothing that is known of this machine holds of another one, or of a virtual one on it.
        host.target = HostTarget {
            name: Known::Known(Sourced::new(info.name.clone(), Source::Probe)),
            remote: Some(daemon.endpoint.clone()),
            origin: host.target.origin.clone(),
            notes: daemon.notes.clone(),
            ..HostTarget::default()
        };
        self.on.leads_to(Ok(host));
    }

    /// What the daemon is known by besides its machine.
    fn known_by(&self) -> Seen {
        let mut seen = Seen { of: Some(TargetKind::Daemon), ..Seen::default() };
        let Ok(daemon) = &self.daemon else { return seen };
        seen.identities.push(Identity::new(IdKind::Endpoint, daemon.endpoint.value.clone()));
        if is_everywhere(&daemon.endpoint.value) {
            seen.unknown.push(IdKind::Endpoint);
        }
        match self.info().map(|info| info.id.as_str()) {
            // podman has none, and makes one up each time it is asked.
            _ if self.cli == Cli::Podman || self.answered.is_podman => {}
            None | Some("") => seen.unknown.push(IdKind::Daemon),
            Some(id) => seen.identities.push(Identity::new(IdKind::Daemon, id)),
        }
        if let (Endpoint::Unix(path), Some(info)) = (&daemon.way, self.info())
            && is_desktop(&path.to_string_lossy(), &info.name, &info.operating_system)
        {
            seen.local = Some("a daemon of this desktop, by socket and name".to_owned());
        }
        // The name it is reached by may say more than the one it gives itself.
        let reached = daemon.host.target.remote.as_ref().and(daemon.host.target.name.value());
        let told = self.info().is_some_and(|info| reached.is_some_and(|name| name.value != info.name));
        seen.identities
            .extend(reached.filter(|_| told).map(|name| Identity::new(IdKind::Host, name.value.clone())));
        seen
    }

    fn unasked(&self, why: Why) -> Impact {
        let mut impact = Impact::default();
        if self.on.verdict.effect > Effect::Mutate {
            impact.unseen("containers, volumes, and who uses them", why);
        }
        impact
    }
}

impl Family for Docker<'_> {
    fn resolve(&mut self) {
        self.daemon = self.look();
        self.on.leads_to(self.daemon.as_ref().map(|daemon| daemon.host.clone()).map_err(Fail::clone));
    }

    fn wants_facts(&self, asks: bool) -> bool {
        let by_id = self.on.verdict.effect > Effect::Read && self.on.cx.policy.goes_by(IdKind::Daemon);
        asks || by_id || (self.on.verdict.content && self.wish != Wish::Other)
    }

    fn probe(&mut self, asks: bool) -> Result<Facts> {
        let Ok(daemon) = &self.daemon else {
            return Ok(Facts { impact: self.unasked(Why::NotAsked), probed: false });
        };
        self.answered = {
            let _progress = self.on.progress();
            self.request(daemon, asks, probe::ask)
        };
        self.named_by_itself();
        Ok(Facts { impact: self.answered.loss.impact.clone(), probed: true })
    }

    fn unprobed(&self) -> Impact {
        self.unasked(Why::NotAsked)
    }

    fn decide(&self, impact: &Impact, probed: bool) -> Outcome {
        let loss = &self.answered.loss;
        let whole = loss.whole.as_ref().map(|whole| match whole {
            Whole::Daemon => "",
            Whole::Project(name) => name.as_str(),
        });
        // A path is typed without its first slash.
        let lost: Vec<String> =
            loss.lost.iter().map(|name| name.trim_start_matches('/').to_owned()).collect();
        self.on.decide(
            Said {
                lost: &lost,
                whole,
                stops: loss.stops.clone(),
                known_by: self.known_by(),
                ..Said::default()
            },
            impact,
            probed,
        )
    }

    fn verdict(&self) -> &Verdict {
        &self.on.verdict
    }

    fn promise(&mut self, impact: &Impact, _outcome: &Outcome) -> Promise {
        let erased = impact.data.iter().any(|data| data.fate == Fate::Erased);
        if erased {
            Promise::None("guard keeps no copy of volumes and containers".to_owned())
        } else {
            Promise::Nothing
        }
    }

    fn safer(&self, impact: &Impact, _outcome: &Outcome) -> Option<String> {
        let erased = impact.data.iter().any(|data| data.fate == Fate::Erased);
        let clashes = !self.answered.loss.clashes.is_empty();
        wish::safer(&self.wish, clashes).filter(|_| erased || clashes).map(str::to_owned)
    }

    fn target(&self, outcome: &Outcome) -> Result<Target> {
        let daemon = self.daemon.as_ref().map_err(Fail::clone)?;
        let mut target = self.on.target(outcome)?;
        let context = daemon.context.as_ref().map_or(Value::None, Value::from);
        let id = match &self.answered.info {
            None => Value::None,
            Some(Known::Known(info)) if info.id.is_empty() => Value::None,
            Some(info) => Value::live(&info_id(info), "", crate::engine::target::LIVE),
        };
        target.parts.extend([
            Part::new("endpoint", Value::from(&daemon.endpoint)).label("endpoint").record("endpoint"),
            Part::new("context", context).label("context").record("context"),
            Part::new("daemon", id).or_why("daemon_unknown").label("daemon").record("daemon"),
        ]);
        Ok(target)
    }

    fn sight(&self, impact: &Impact, outcome: &Outcome) -> Sight {
        let mut sight = self.on.sight(impact, outcome, screen::words(&self.wish));
        if let Ok(daemon) = &self.daemon {
            let home = self.on.cx.world.home().map(|home| home.to_string_lossy().into_owned());
            let elsewhere = self.on.found().is_some_and(|found| found.target.remote.is_some());
            let rows = screen::daemon(daemon, self.answered.info.as_ref(), elsewhere, home.as_deref());
            // Said with the daemon.
            sight.rows.retain(|row| row.label != "remote");
            sight.rows.splice(0..0, rows);
        }
        let project = self.answered.project.as_ref().map(|(name, services)| screen::project(name, *services));
        sight.rows.splice(0..0, screen::clashes(&self.answered.loss.clashes).into_iter().chain(project));
        sight
    }
}

fn info_id(info: &Known<Info>) -> Known<String> {
    match info {
        Known::Known(info) => Known::Known(info.id.clone()),
        Known::Unknown(why) => Known::Unknown(why.clone()),
    }
}

impl Held for Docker<'_> {
    /// Whether the words still lead to the same daemon, and the same volumes are there: `docker context use` in another terminal leads
    /// elsewhere, and a volume may have been made anew while the person was reading.
    fn unchanged(&self, judged: &Evaluation<'_>, prompting: Duration) -> Result<()> {
        let Ok(before) = &self.daemon else { return Ok(()) };
        let now = self.look()?;
        if !before.is_still(&now) {
            return Err(target_changed(before.told(), now.told(), "docker context ls"));
        }
        if prompting.is_zero() || judged.outcome.assessment.effect < Effect::Disrupt {
            return Ok(());
        }
        let Some(Known::Known(info)) = &self.answered.info else { return Ok(()) };
        let names: Vec<String> = self.answered.identities.iter().map(|(name, _)| name.clone()).collect();
        let (later, volumes) = self.request(before, true, |request| probe::again(request, &names));
        let told = |info: &Info| format!("daemon {} of {}", info.id, info.name);
        match later {
            Known::Known(later) if later.id == info.id || self.answered.is_podman => {}
            Known::Known(later) => return Err(target_changed(told(info), told(&later), "docker info")),
            Known::Unknown(why) => {
                return Err(Fail::new(Kind::Refused, "refused: the daemon could not be asked again")
                    .because(why.to_string())
                    .help("nothing was run; run the command again"));
            }
        }
        // What is gone by now the daemon says itself.
        let volumes = volumes.unwrap_or_default();
        let is_another = |(name, is): &&(String, String)| {
            self.answered.identities.iter().any(|(was_called, was)| was_called == name && was != is)
        };
        match volumes.iter().find(is_another) {
            None => Ok(()),
            Some((name, _)) => {
                Err(Fail::new(Kind::Refused, "refused: what would go changed while the question stood")
                    .because(format!("volume {name} was made anew meanwhile"))
                    .help("nothing was run; run the command again"))
            }
        }
    }

    /// What the flags do not say the variables do: `docker context use` in another terminal changes nothing any more. Where a
    /// context's own certificates are needed it is pinned by its name.
    fn pin(&mut self, cx: Cx<'_>, _allowed: bool) -> Result<Pins> {
        let mut edit = EnvEdit::default();
        if let Ok(daemon) = &self.daemon
            && self.cli != Cli::Podman
        {
            let by_flag = |part: &Sourced<String>| matches!(part.from, Source::Flag(_));
            let secured = matches!(
                &daemon.way,
                Endpoint::Tcp { tls: Some(Tls::Verified { .. } | Tls::Unverified), .. }
            );
            match &daemon.context {
                Some(context) if by_flag(context) => {}
                Some(context) if secured => {
                    edit.remove("DOCKER_HOST");
                    edit.set("DOCKER_CONTEXT", context.value.clone());
                }
                None if by_flag(&daemon.endpoint) => {}
                _ => {
                    edit.set("DOCKER_HOST", daemon.address.clone());
                    edit.remove("DOCKER_CONTEXT");
                }
            }
        }
        Ok(Pins { argv: cx.call.argv.clone(), edit, ..Pins::default() })
    }
}
