//! What is held for a command for a daemon until it runs.

use super::{Docker, probe};
use crate::engine::docker::daemon::called;
use crate::engine::docker::tables::Cli;
use crate::engine::docker::wish::Wish;
use crate::engine::effect::Effect;
use crate::engine::fact::{Known, Source, Sourced};
use crate::fail::{Fail, Kind, Result};
use crate::family::cx::Cx;
use crate::family::docker::probe::Info;
use crate::family::docker::resolve::{Endpoint, Tls};
use crate::family::judge::{Evaluation, Held, Pins, target_changed};
use crate::family::promise::{Copied, Intent};
use crate::run::exec::EnvEdit;
use crate::ui::ColourChoice;
use std::collections::BTreeSet;
use std::time::Duration;

impl Held for Docker<'_> {
    fn keep(&self, _judged: &Evaluation<'_>, intent: &Intent, choice: ColourChoice) -> Copied {
        self.back_up(intent, choice)
    }

    /// Whether the words still lead to the same daemon, and the same volumes are there: `docker context use` in another terminal leads
    /// elsewhere, and a volume may have been made anew while the person was reading.
    fn unchanged(&self, judged: &Evaluation<'_>, prompting: Duration) -> Result<()> {
        let Ok(before) = &self.daemon else { return Ok(()) };
        let now = self.look()?;
        if !before.is_still(&now) {
            return Err(target_changed(before.told(), now.told(), "docker context ls"));
        }
        // A copy takes its time, also where the answer was there at once.
        let at_once = prompting.is_zero() && self.copy.is_none();
        if at_once || judged.outcome.assessment.effect < Effect::Disrupt {
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
        let changed = |why: String| {
            Fail::new(Kind::Refused, "refused: what would go changed while the question stood")
                .because(why)
                .help("nothing was run; run the command again")
        };
        if let Some((name, _)) = volumes.iter().find(is_another) {
            return Err(changed(format!("volume {name} was made anew meanwhile")));
        }
        // More may go by now: a container that ends leaves volumes that a prune takes along, and nobody has seen or kept those.
        let (was, is) = (&self.answered, self.request(before, true, probe::going));
        if is.loss.impact.unseen && !was.loss.impact.unseen {
            return Err(changed("what goes by now could not be seen".to_owned()));
        }
        let shown: BTreeSet<&String> = was.loss.erased.iter().collect();
        let more = is.loss.erased.iter().find(|name| !shown.contains(name)).map(|name| called(name));
        let more = more.or_else(|| {
            // Containers end all the time; of those that a prune takes along only one with something of its own counts.
            if matches!(self.wish, Wish::Prune(_)) {
                let volumes: BTreeSet<&String> = is.loss.erased.iter().collect();
                let own = |name: &&String| !volumes.contains(name) && !was.loss.lost.contains(name);
                return Some(format!("container {}", is.loss.lost.iter().find(own)?));
            }
            let new = is.loss.removed.iter().find(|id| !was.loss.removed.contains(id))?;
            Some(format!("container {}", new.get(..12).unwrap_or(new)))
        });
        more.map_or(Ok(()), |more| Err(changed(format!("{more} would go as well by now"))))
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
