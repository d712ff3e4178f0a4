//! Credentials for kubectls and requests of guard's own: a credential plugin is started once, and its answer is lent to all of
//! them.

use crate::engine::fact::Why;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::policy::Terms;
use crate::fail::Result;
use crate::family::call::Call;
use crate::family::kube::inputs::Inputs;
use crate::family::kube::probe::client;
use crate::family::kube::resolve::{Access, ResolvedKube};
use crate::prompt::progress::Progress;
use crate::run::pin::Pinned;
use crate::ui::stderr::is_dumb;
use crate::world::World;
use std::ffi::OsString;
use std::time::Duration;

/// A plugin that answers sooner is not worth a word.
const PATIENCE: Duration = Duration::from_millis(300);

/// Starts the credential plugin where there is one, before the clock of the probe starts: its answer serves the probe,
/// the dry run and the copy.
pub fn settle(
    resolved: &mut ResolvedKube,
    terms: &Terms,
    world: &World,
    progress: bool,
) -> std::result::Result<(), Why> {
    let Some(plugin) = client::plugin_of(&resolved.access.effective) else { return Ok(()) };
    let name = plugin.rsplit('/').next().unwrap_or_default();
    let _progress = progress
        .then(|| Progress::after(PATIENCE, &format!("waiting for credentials from {name}"), is_dumb(world)));
    let door = client::Door {
        kubeconfig: &resolved.access.effective,
        world,
        plugins: (&resolved.access.plugin_policy).into(),
    };
    let budget = Duration::from_millis(u64::from(terms.credentials_timeout_ms));
    let settled = client::settle(&door, &resolved.access.kubeconfig, budget)?;
    resolved.access.effective = settled.effective;
    resolved.access.settled = Some(settled.children);
    Ok(())
}

/// The kubeconfig lent to kubectls that guard starts, where the caller's would start a credential plugin once more. It is
/// there as long as this is.
pub(super) struct Lent(Option<(OsString, Pinned)>);

impl Lent {
    pub(super) fn of(access: &Access) -> Result<Lent> {
        let pin = access.settled.as_deref().map(|bytes| Pinned::of("the kubeconfig", bytes)).transpose()?;
        Ok(Lent(pin.map(|pin| (pin.shared_path(), pin))))
    }

    pub(super) fn path(&self) -> Option<&OsString> {
        self.0.as_ref().map(|(path, _)| path)
    }
}

/// The caller's words with what was read in the place of files, for kubectls that guard starts; a file that
/// `--kubeconfig` names is replaced by this one.
pub(super) fn held_words(
    inputs: &Inputs,
    call: &Call,
    raw: &Parsed<'_>,
    kubeconfig: Option<&OsString>,
) -> Vec<OsString> {
    let mut words = inputs.argv_for_children(&call.argv);
    let Some(path) = kubeconfig else { return words };
    for given in raw.given.iter().filter(|g| g.flag.is_some_and(|f| f.long == "kubeconfig")) {
        // The words start behind the tool's name.
        let (at, with) = match given.value_at {
            Some(at) => (at, path.clone()),
            None => {
                let mut word = OsString::from("--kubeconfig=");
                word.push(path);
                (given.at, word)
            }
        };
        if let Some(word) = words.get_mut(at + 1) {
            *word = with;
        }
    }
    words
}
