//! The words of a kubectl command, kuberc applied.

use super::{Kube, explain};
use crate::engine::classify::classify_tool;
use crate::engine::kube::kubectl::TABLE;
use crate::engine::kube::kuberc;
use crate::engine::verdict::Verdict;
use crate::fail::Result;
use crate::family::call::Call;
use crate::family::cx::Cx;
use crate::family::invocation::Invocation;
use crate::family::judge::{Evaluation, judge};
use crate::family::kube::resolve;
use crate::family::kube::resolve::kuberc::LoadedKuberc;
use crate::family::reading::{Detail, Reading};
use crate::world::World;
use std::borrow::Cow;

/// The words, and the preferences that had a say in them.
pub struct KubeReading {
    invocation: Invocation,
    /// The kuberc file in force.
    pub(super) kuberc: Option<LoadedKuberc>,
}

impl KubeReading {
    /// Reads the words.
    ///
    /// # Errors
    /// kuberc cannot be read; kubectl refuses it as well.
    pub fn of(call: &Call, world: &World) -> Result<KubeReading> {
        let raw = call.words();
        let kuberc = resolve::kuberc::load(world, &raw)?;
        let mut rewritten = Vec::new();
        let words = match &kuberc {
            Some(loaded) => {
                let expanded = kuberc::expand(&TABLE, &loaded.kuberc, &raw);
                rewritten.extend(expanded.alias.map(|alias| format!("alias {alias}")));
                rewritten.extend(expanded.defaults);
                expanded.words.into_iter().map(Cow::into_owned).collect()
            }
            None => raw.iter().map(|w| w.to_vec()).collect(),
        };
        let preferences = kuberc.as_ref().map(|k| k.path.clone());
        let invocation = Invocation { words, verdict: Verdict::default(), rewritten, preferences };
        let verdict = classify_tool(call.tool, &invocation.slices());
        Ok(KubeReading { invocation: Invocation { verdict, ..invocation }, kuberc })
    }
}

impl Reading for KubeReading {
    fn invocation(&self) -> &Invocation {
        &self.invocation
    }

    fn judge<'a>(&'a self, cx: Cx<'a>) -> Result<Evaluation<'a>> {
        let tool = cx.tool()?;
        let family = Kube::begin(cx, self, tool.clone())?;
        judge(cx, &self.invocation, tool, family)
    }

    fn details(&self) -> Vec<Detail> {
        explain::details(&self.invocation.slices())
    }
}
