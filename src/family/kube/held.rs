//! What is held for a kubectl command until it runs.

use super::{Kube, KubeReading, program};
use crate::engine::escape::escape;
use crate::engine::grammar::cobra::parse;
use crate::engine::grammar::table::Role;
use crate::engine::kube::kubectl::TABLE;
use crate::fail::Result;
use crate::family::cx::Cx;
use crate::family::judge::{Evaluation, Held, Pins, target_changed};
use crate::family::kube::resolve::ResolvedKube;
use crate::family::promise::{Copied, Intent};
use crate::family::reading::Reading;
use crate::run::exec::EnvEdit;
use crate::run::pin::Pinned;
use crate::ui::ColourChoice;
use std::path::Path;
use std::time::Duration;

impl Held for Kube<'_> {
    fn keep(&self, judged: &Evaluation<'_>, intent: &Intent, choice: ColourChoice) -> Copied {
        self.back_up(judged, intent, choice)
    }

    fn unchanged(&self, judged: &Evaluation<'_>, _prompting: Duration) -> Result<()> {
        // Nothing was known of an unknown target that could have changed. What would stop or lose something there is refused
        // by then, unless a policy's mode stands that rule down.
        if let Ok(before) = &self.resolved {
            self.leads_there_still(judged.cx, before)?;
        }
        self.inputs.recheck()
    }

    fn pin(&mut self, cx: Cx<'_>, allowed: bool) -> Result<Pins> {
        let mut edit = EnvEdit::default();
        let mut held = Vec::new();
        if let Ok(before) = &self.resolved {
            // A plugin may be the one that switches contexts, and `config` writes the files: those need the files themselves.
            let reads_only = self.parsed.command.is_some() && !super::situation::is_local_only(&self.parsed);
            if reads_only && !before.access.in_cluster && !before.access.writes_back {
                self.inputs.pin_kubeconfig(&self.raw, &before.access.kubeconfig)?;
            }
            if reads_only {
                held.extend(self.pin_preferences(&mut edit)?);
            }
        }
        if allowed {
            self.inputs.release_files();
        }
        let argv = self.inputs.argv(&cx.call.argv);
        self.inputs.env(&mut edit);
        Ok(Pins { argv, edit, held })
    }

    fn hand_over(&mut self) -> Result<()> {
        self.inputs.install()
    }

    fn show_difference(&self, cx: Cx<'_>, tool: &Path) -> Result<()> {
        super::diff::show(self, cx, tool)
    }
}

impl Kube<'_> {
    /// Reads the words and resolves the target again.
    fn leads_there_still(&self, cx: Cx<'_>, before: &ResolvedKube) -> Result<()> {
        let again = KubeReading::of(cx.call, cx.world)?;
        let slices = again.invocation().slices();
        let parsed = parse(&TABLE, &slices);
        let now = program::target(&parsed, &self.program().world(&parsed, cx.world))?;
        if slices == cx.words && now.access.digest == before.access.digest {
            return Ok(());
        }
        let place = |r: &ResolvedKube| {
            let context =
                r.target.context.as_ref().map(|c| format!("context {}, ", c.value)).unwrap_or_default();
            let (server, namespace) = (&r.target.server.value, &r.target.namespace.value);
            escape(format!("{context}{server}, namespace {namespace}").as_bytes())
        };
        Err(target_changed(place(before), place(&now), "kubectl config current-context"))
    }

    /// Holds kubectl's preferences as they were read; where there were none, none that appear now are taken.
    fn pin_preferences(&mut self, edit: &mut EnvEdit) -> Result<Option<Pinned>> {
        let named = self.raw.role(Role::Preferences).is_some();
        match &self.reading.kuberc {
            Some(kuberc) if named => self.inputs.pin_preferences(&self.raw, &kuberc.bytes).map(|()| None),
            Some(kuberc) => {
                let pinned = Pinned::of("the kuberc file", &kuberc.bytes)?;
                edit.set("KUBERC", pinned.shared_path());
                Ok(Some(pinned))
            }
            // kubectl refuses the flag together with the variable.
            None if named => Ok(None),
            None => {
                edit.set("KUBERC", "off");
                Ok(None)
            }
        }
    }
}
