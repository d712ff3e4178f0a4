//! Everything up to the decision, for a call, a check or an explanation alike: words → target → facts → decision.
//! Nothing here asks a person or runs the command. Each family of tools has its own way there; what comes out is one.

pub mod aws;
pub mod host;
pub mod housekeeping;
pub mod kube;

use super::call::{Call, How};
use super::promise;
use crate::engine::assess::Assessment;
use crate::engine::challenge::Challenge;
use crate::engine::decide::{Cause, Decision};
use crate::engine::effect::Effect;
use crate::engine::impact::Impact;
use crate::engine::policy::place::Classified;
use crate::engine::policy::{Merged, Terms};
use crate::engine::situation::Situation;
use crate::engine::tool::FamilyId;
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind, Result};
use crate::resolve::Resolved;
use crate::resolve::kuberc::LoadedKuberc;
use crate::run::find::{self, Lookup};
use crate::run::home;
use crate::run::inputs::Inputs;
use crate::world::World;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the words alone say, the tool's own preferences applied.
pub struct Words {
    /// The words as the tool will read them: aliases and defaults expanded.
    pub words: Vec<Vec<u8>>,
    /// The verdict on them.
    pub verdict: Verdict,
    /// What the preferences did to them, for the screen: `alias bye`, `--namespace=b`; empty when they did nothing.
    pub rewritten: Vec<String>,
    /// The file that holds the preferences, when there is one.
    pub preferences: Option<PathBuf>,
    /// The kuberc file in force.
    pub kuberc: Option<LoadedKuberc>,
    /// What a command line of the AWS CLI says.
    pub aws: Option<Box<aws::AwsWords>>,
}

impl Words {
    /// Whether the words alone say that nothing changes. What apt reads elsewhere may say yes to a removal that the words
    /// decline (`--assume-no`).
    pub fn only_read(&self, call: &Call) -> bool {
        let Verdict { effect, content, completion, .. } = &self.verdict;
        *completion || (*effect == Effect::Read && !(*content && call.tool.is_of_machine()))
    }

    /// The words as slices, for the parser.
    pub fn slices(&self) -> Vec<&[u8]> {
        self.words.iter().map(Vec::as_slice).collect()
    }
}

/// Reads the words, preferences and aliases applied.
pub fn read_words(call: &Call, world: &World) -> Result<Words> {
    match call.tool.family {
        FamilyId::Kube => kube::read_words(call, world),
        FamilyId::Aws => aws::read_words(call, world),
        FamilyId::Packages | FamilyId::Units => Ok(host::read_words(call)),
    }
}

/// A command judged: every stage's result.
pub struct Judged {
    /// The words and what they say.
    pub words: Words,
    /// The policy in force.
    pub policy: Merged,
    /// Its settings.
    pub terms: Terms,
    /// The target, or why it could not be resolved.
    pub resolved: Result<Resolved>,
    /// Files and standard input the command reads, pinned; empty for tools whose files are compared instead.
    pub inputs: Inputs,
    /// The real tool.
    pub tool: PathBuf,
    /// What would be lost.
    pub impact: Impact,
    /// What the target is to its people.
    pub place: Classified,
    /// The name of the cluster or account as the phrase spells it.
    pub name: String,
    /// What answers a typed question.
    pub challenge: Challenge,
    /// Words and facts weighed.
    pub assessment: Assessment,
    /// What the rules looked at.
    pub situation: Situation,
    /// The verdict.
    pub decision: Decision,
    /// Whether a copy of what goes is taken before the command runs.
    pub copy: promise::Promise,
    /// A command that keeps data which would be lost.
    pub safer: Option<String>,
    /// What is known of a command that works on a host.
    pub host: Option<Box<host::HostFacts>>,
    /// What was established of a command of the AWS CLI.
    pub aws: Option<Box<aws::AwsFacts>>,
    /// Time spent on the target.
    pub resolving: Duration,
    /// Time spent asking the live system.
    pub probing: Duration,
}

impl Judged {
    /// Why the target is not known, when that alone is what refuses the command.
    pub fn unresolved(&self) -> Option<Fail> {
        let fail = self.resolved.as_ref().err()?;
        let alone = matches!(&self.decision, Decision::Deny(d) if d.cause == Cause::NoTarget);
        alone.then(|| fail.clone())
    }
}

/// Finds the real tool of this name, as the policy and PATH say.
pub fn real_tool(tool: &OsStr, terms: &Terms, world: &World) -> Result<PathBuf> {
    let fixed =
        terms.tools.iter().find(|(name, _)| OsStr::new(name) == tool).map(|(_, path)| Path::new(path));
    let selves = home::selves();
    let path = world.var("PATH");
    find::lookup(&Lookup { tool: tool.as_bytes(), path, selves: &selves, shim_dirs: &[], fixed })
        .map_err(Fail::from)
}

/// Judges a call. `words` come from [`read_words`]; the policy has been read.
pub fn judge(call: &Call, words: Words, policy: Merged, world: &World, how: How) -> Result<Judged> {
    match call.tool.family {
        FamilyId::Kube => kube::judge(call, words, policy, world, how),
        FamilyId::Aws => aws::judge(call, words, policy, world, how),
        FamilyId::Packages | FamilyId::Units => host::judge(call, words, policy, world, how),
    }
}

/// Refuses a command whose target moved while the person was reading; `look` is a command that shows where it is now.
pub fn target_changed(was: String, is: String, look: &str) -> Fail {
    Fail::new(Kind::Refused, "refused: the target changed while the question stood")
        .because(format!("it was {was}"))
        .because(format!("it is now {is}"))
        .help(format!("nothing was run; look at `{look}`, then run the command again"))
}

/// What the last stages give.
pub struct Outcome {
    /// What the target is to its people.
    pub place: Classified,
    /// The name of the target as the phrase spells it.
    pub name: String,
    /// What answers a typed question.
    pub challenge: Challenge,
    /// Words and facts weighed.
    pub assessment: Assessment,
    /// What the rules looked at.
    pub situation: Situation,
    /// The verdict.
    pub decision: Decision,
}
