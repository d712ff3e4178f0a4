//! What is held for a command of a package manager until it runs.

use super::Packages;
use crate::engine::fact::Known;
use crate::fail::{Fail, Kind, Result};
use crate::family::judge::{Evaluation, Held};
use crate::family::promise::{Copied, Intent};
use crate::run::approval;
use crate::ui::ColourChoice;
use std::time::{Duration, SystemTime};

impl Held for Packages<'_> {
    fn keep(&self, _judged: &Evaluation<'_>, intent: &Intent, choice: ColourChoice) -> Copied {
        self.back_up(intent, choice)
    }

    /// Looks at the machine again, and at what would go: another terminal may have installed or removed something while the
    /// person was reading.
    fn unchanged(&self, _judged: &Evaluation<'_>, prompting: Duration) -> Result<()> {
        self.on.leads_there_still()?;
        let Some(before) = self.on.found() else { return Ok(()) };
        let Some(plan) = self.plan.as_ref().filter(|_| !self.by_hook && !prompting.is_zero()) else {
            return Ok(());
        };
        match self.planned(before).plan {
            Known::Known(again) if again.same_removals(plan) => Ok(()),
            _ => Err(Fail::new(Kind::Refused, "refused: what would go changed while the question stood")
                .because("packages were installed or removed meanwhile, or the plan could not be made again")
                .help("nothing was run; run the command again")),
        }
    }

    /// For the package manager's own hook, which asks nobody about what was answered just now. Without it, it does.
    fn hand_over(&mut self) -> Result<()> {
        if let Some(plan) = self.removing() {
            let _ = approval::leave(plan, SystemTime::now());
        }
        Ok(())
    }
}
