//! What is held for a command of the AWS CLI until it runs.

use super::{Aws, AwsReading, no_account};
use crate::engine::aws::{self, grammar};
use crate::engine::decide::Decision;
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::fact::{Known, Sourced};
use crate::fail::{Fail, Kind, Result};
use crate::family::aws::probe;
use crate::family::aws::resolve;
use crate::family::aws::resolve::ResolvedAws;
use crate::family::cx::Cx;
use crate::family::judge::{Evaluation, Held, Pins, target_changed};
use crate::run::exec::EnvEdit;
use std::time::Duration;

impl Held for Aws<'_> {
    fn unchanged(&self, judged: &Evaluation<'_>, _prompting: Duration) -> Result<()> {
        match &self.resolved {
            Ok(before) => self.leads_there_still(judged, before),
            // Nothing was known that could have changed. What would stop or lose something there is refused by then, unless
            // a policy's mode stands that rule down.
            Err(_) => Ok(()),
        }
    }

    /// Gives the command the very keys that guard asked with. The words without `--profile`, which would make the CLI pass
    /// over them; the profile stands in a variable instead.
    fn pin(&mut self, cx: Cx<'_>, _allowed: bool) -> Result<Pins> {
        let mut edit = EnvEdit::default();
        if let Ok(before) = &self.resolved {
            for (name, value) in &before.access.freeze {
                edit.set(name, value);
            }
        }
        let argv = cx.call.argv.clone();
        let Some(keys) = &self.keys else { return Ok(Pins { argv, edit, held: Vec::new() }) };
        for (name, value) in keys.variables() {
            match value {
                Some(value) => edit.set(name, value),
                None => edit.remove(name),
            }
        }
        let profile = grammar::profile_places(cx.raw, 2);
        let kept = |at: usize| at.checked_sub(1).is_none_or(|at| !profile.contains(&at));
        let argv = argv.into_iter().enumerate().filter(|(at, _)| kept(*at)).map(|(_, word)| word).collect();
        Ok(Pins { argv, edit, held: Vec::new() })
    }
}

impl Aws<'_> {
    /// Looks at everything again before the command runs: files, variables, documents, and the account itself wherever it
    /// may be another one by now. It cannot be where the credentials are keys whose bytes have not changed, and need not be
    /// asked for where the command gets the very keys that were asked with.
    fn leads_there_still(&self, judged: &Evaluation<'_>, before: &ResolvedAws) -> Result<()> {
        let Cx { call, world, .. } = self.cx;
        let changed = |was, is| target_changed(was, is, "aws sts get-caller-identity");
        let now = AwsReading::of(call, world)?;
        if !now.is_same(self.reading) {
            return Err(Fail::new(
                Kind::Refused,
                "refused: a file that the command reads changed while the question stood",
            )
            .because("what would run is not what was confirmed")
            .help("nothing was run; run the command again"));
        }
        let passes = matches!(judged.outcome.decision, Decision::Allow(_))
            && self.verdict.effect <= Effect::Mutate
            && !self.asked;
        let resolve = if passes { resolve::resolve_unasked } else { resolve::resolve };
        let resolved = resolve(world, &now.hit, &self.tool)?;
        if resolved.access.digest != before.access.digest {
            return Err(changed(described(before), described(&resolved)));
        }
        if !self.asked || before.access.fixed || self.keys.is_some() {
            return Ok(());
        }
        let words = call.argv.get(1..).unwrap_or_default();
        let request = probe::Request { terminal: true, ..self.request(&now, words, before, false) };
        let (account, arn) = probe::identity(&request).map_err(|error| no_account(&error))?;
        let target = &before.target;
        let who = (target.account.value(), target.principal.value().map(|arn| without_session(arn)));
        if who == (Some(&account), Some(without_session(&arn))) {
            return Ok(());
        }
        let name = |known: &Known<String>| {
            known.value().map_or_else(|| "unknown".to_owned(), |v| escape(v.as_bytes()))
        };
        let was = format!("account {}, {}", name(&target.account), name(&target.principal));
        Err(changed(was, format!("account {}, {}", escape(account.as_bytes()), escape(arn.as_bytes()))))
    }
}

/// The place in a few words, for a message.
fn described(resolved: &ResolvedAws) -> String {
    let part = |label: &str, part: &Option<Sourced<String>>| {
        part.as_ref().map(|s| format!("{label} {} from {}", aws::redact_text(&s.value), s.from))
    };
    let target = &resolved.target;
    let parts = [
        part("profile", &target.profile),
        part("credentials", &target.credentials),
        part("region", &target.region),
        part("endpoint", &target.endpoint),
    ];
    escape(parts.into_iter().flatten().collect::<Vec<_>>().join(", ").as_bytes())
}

/// A principal without the name of its session: a role that is assumed anew is the same role.
fn without_session(arn: &str) -> &str {
    let Some(at) = arn.find(":assumed-role/") else { return arn };
    match arn.rfind('/') {
        Some(end) if end > at + ":assumed-role/".len() => arn.get(..end).unwrap_or(arn),
        _ => arn,
    }
}

#[cfg(test)]
mod tests {
    use super::without_session;

    #[test]
    fn a_session_is_no_other_principal() {
        for (arn, want) in [
            ("arn:aws:sts::1:assumed-role/admin/botocore-session-1", "arn:aws:sts::1:assumed-role/admin"),
            ("arn:aws:sts::1:assumed-role/admin", "arn:aws:sts::1:assumed-role/admin"),
            ("arn:aws:iam::1:user/ops/anna", "arn:aws:iam::1:user/ops/anna"),
            ("arn:aws:iam::1:root", "arn:aws:iam::1:root"),
        ] {
            assert_eq!(without_session(arn), want);
        }
    }
}
