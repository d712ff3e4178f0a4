//! The words of a command of the AWS CLI, aliases and documents applied.

use super::{Aws, explain};
use crate::engine::aws::alias::{self, Aliases};
use crate::engine::aws::documents::{self, Documents};
use crate::engine::aws::{self, Hit};
use crate::engine::effect::Effect;
use crate::engine::line;
use crate::engine::verdict::Verdict;
use crate::fail::Result;
use crate::family::aws::resolve;
use crate::family::call::Call;
use crate::family::cx::Cx;
use crate::family::invocation::Invocation;
use crate::family::judge::{Evaluation, judge};
use crate::family::reading::{Detail, Reading};
use crate::world::World;

/// The words, and what they say with documents and aliases.
pub struct AwsReading {
    invocation: Invocation,
    /// The command taken apart.
    pub(super) hit: Hit,
    /// The documents its words name, as they were read.
    documents: Documents,
    /// The line an alias hands to a shell in place of the command.
    pub(super) shell: Option<String>,
    /// The words that people put in the place of the CLI's own.
    pub(super) aliases: Aliases,
}

impl AwsReading {
    /// Reads the words.
    ///
    /// # Errors
    /// The file of the aliases cannot be read; the CLI refuses it as well.
    pub fn of(call: &Call, world: &World) -> Result<AwsReading> {
        let raw = call.words();
        let loaded = resolve::aliases(world)?;
        // Which version runs is not known yet; with `None` an alias of either counts.
        let aliases = loaded.as_ref().map(|l| l.aliases.clone()).unwrap_or_default();
        let expanded = alias::expand(&aliases, &raw, None);
        let words = expanded.words;
        let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let (documents, verdict) = match &expanded.shell {
            Some(text) => (Documents::default(), of_shell(text)),
            None => {
                let verdict = aws::classify(&slices);
                let wanted = if verdict.effect > Effect::Read || verdict.content {
                    documents::wanted(&slices)
                } else {
                    Vec::new()
                };
                if wanted.is_empty() {
                    (Documents::default(), verdict)
                } else {
                    let documents = resolve::documents(world, &wanted);
                    let verdict = aws::classify_with(&slices, &documents);
                    (documents, verdict)
                }
            }
        };
        let hit = if expanded.shell.is_some() { Hit::default() } else { aws::hit(&slices, &documents) };
        let preferences = loaded.map(|l| l.path);
        let invocation = Invocation { verdict, rewritten: expanded.used, preferences, words };
        Ok(AwsReading { invocation, hit, documents, shell: expanded.shell, aliases })
    }

    /// Whether another reading found the same command, documents included.
    pub(super) fn is_same(&self, other: &AwsReading) -> bool {
        let of = |r: &AwsReading| {
            (r.invocation.words.clone(), r.hit.clone(), r.shell.clone(), r.documents.clone())
        };
        of(self) == of(other)
    }
}

impl Reading for AwsReading {
    fn invocation(&self) -> &Invocation {
        &self.invocation
    }

    fn judge<'a>(&'a self, cx: Cx<'a>) -> Result<Evaluation<'a>> {
        let tool = cx.tool()?;
        let family = Aws::begin(cx, self, tool.clone())?;
        judge(cx, &self.invocation, tool, family)
    }

    fn details(&self) -> Vec<Detail> {
        explain::details(self)
    }
}

/// An alias that runs a shell line: what the line does, and never less than unknown.
fn of_shell(text: &str) -> Verdict {
    let judged = line::judge_line(text.as_bytes());
    Verdict {
        effect: judged.effect.max(Effect::Unknown),
        because: vec!["an alias puts a shell line in the place of the command"],
        ..Verdict::default()
    }
}
