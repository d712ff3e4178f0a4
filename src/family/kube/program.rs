//! Which kubectl the command would run. kubectl and oc are known by what their linker wrote into them, k3s and microk8s by
//! the file their links lead to; anything else may set a kubeconfig, a context or a namespace of its own, so it is asked
//! where it goes before a guarded command is.

mod ask;
mod note;

use crate::engine::escape::escape;
use crate::engine::fact::{Source, Why};
use crate::engine::grammar::cobra::{Parsed, parse};
use crate::engine::impact::Gap;
use crate::engine::kube::KubeTarget;
use crate::engine::kube::kubectl::TABLE;
use crate::engine::server::normal_server;
use crate::fail::{self, Fail, Result};
use crate::family::kube::resolve::{ResolvedKube, kubeconfig};
use crate::run::build_info;
use crate::world::World;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub use ask::Goes;

/// Import paths of the `main` packages that are kubectl: upstream's, the Google Cloud SDK's build of it, OpenShift's oc.
const KUBECTL: [&str; 3] =
    ["k8s.io/kubernetes/cmd/kubectl", "k8s.io/kubernetes/cmd/kubectl-sdk", "github.com/openshift/oc/cmd/oc"];

/// A program that is kubectl among other things, with a kubeconfig of its own.
#[derive(Debug)]
struct Kin {
    /// What it is called on the screen.
    name: &'static str,
    /// Names of the file, or of a link on the way to it.
    files: &'static [&'static str],
    /// Its kubeconfigs; the first that is there counts. `~` is the home directory.
    kubeconfigs: &'static [&'static str],
    /// Whether it heeds `KUBECONFIG`.
    heeds_variable: bool,
}

/// k3s: `pkg/kubectl/main.go`, `pkg/server/router.go` (`HomeKubeConfig`). microk8s: `wrappers/microk8s-kubectl.wrapper` and
/// `default-args/kubectl`, which puts `--kubeconfig` before the caller's words.
const KIN: [Kin; 2] = [
    Kin {
        name: "k3s",
        files: &["k3s"],
        kubeconfigs: &["/etc/rancher/k3s/k3s.yaml", "~/.kube/k3s.yaml"],
        heeds_variable: true,
    },
    Kin {
        name: "microk8s",
        files: &["microk8s", "microk8s.kubectl", "microk8s-kubectl.wrapper"],
        kubeconfigs: &["/var/snap/microk8s/current/credentials/client.config"],
        heeds_variable: false,
    },
];

/// A kubectl.
#[derive(Debug)]
pub struct Kubectl<'a> {
    /// The file that will run.
    path: &'a Path,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// kubectl itself.
    Itself,
    /// One with a default kubeconfig of its own.
    Kin(&'static Kin),
    /// Nobody knows.
    Unknown,
}

impl<'a> Kubectl<'a> {
    /// Looks at the file.
    pub fn at(path: &'a Path) -> Kubectl<'a> {
        let names = names(path);
        let is_named = |kin: &&Kin| kin.files.iter().any(|file| names.iter().any(|n| n == file));
        let kind = match KIN.iter().find(is_named) {
            Some(kin) => Kind::Kin(kin),
            None if build_info::main_package(path).is_some_and(|main| KUBECTL.contains(&main.as_str())) => {
                Kind::Itself
            }
            None => Kind::Unknown,
        };
        Kubectl { path, kind }
    }

    /// What it is, where that is not kubectl itself.
    pub fn described(&self) -> &'static str {
        match self.kind {
            Kind::Itself => "",
            Kind::Kin(_) => ", with a kubeconfig of its own",
            Kind::Unknown => {
                ", which is not kubectl itself: it is asked where it goes before a guarded command"
            }
        }
    }

    /// The file, when it is certain to keep `--dry-run` a dry run.
    pub fn for_dry_runs(&self) -> Option<&'a Path> {
        (!matches!(self.kind, Kind::Unknown)).then_some(self.path)
    }

    /// The world as this kubectl sees it: where it has a default kubeconfig of its own, that one.
    pub fn world<'w>(&self, parsed: &Parsed<'_>, world: &'w World) -> Cow<'w, World> {
        match self.own_kubeconfig(parsed, world) {
            Some((_, file)) => Cow::Owned(world.clone().with_var("KUBECONFIG", file)),
            None => Cow::Borrowed(world),
        }
    }

    /// Says in the target where the kubeconfig comes from, when it is this program's own.
    pub fn explain(&self, parsed: &Parsed<'_>, world: &World, target: &mut KubeTarget) {
        let Some((kin, file)) = self.own_kubeconfig(parsed, world) else { return };
        let (shown, heeded) = (escape(file.as_os_str().as_bytes()), kin.heeds_variable);
        let when = if heeded { "without KUBECONFIG it takes" } else { "it always takes" };
        target.notes.push(format!("kubectl is {}: {when} {shown}", kin.name));
        if target.chosen_by == Source::Env("KUBECONFIG".into()) {
            target.chosen_by = Source::File { path: file.to_string_lossy().into_owned(), line: None };
        }
    }

    fn own_kubeconfig(&self, parsed: &Parsed<'_>, world: &World) -> Option<(&'static Kin, PathBuf)> {
        let Kind::Kin(kin) = self.kind else { return None };
        let named = parsed.last("kubeconfig").is_some_and(|file| !file.is_empty());
        if named || (kin.heeds_variable && world.set_var("KUBECONFIG").is_some()) {
            return None;
        }
        let place = |path: &&str| match path.strip_prefix("~/") {
            Some(rest) => world.home().map(|home| home.join(rest)),
            None => Some(world.absolute(path)),
        };
        let file = kin.kubeconfigs.iter().filter_map(place).find(|file| file.exists())?;
        Some((kin, file))
    }

    /// Whether a guarded command would go where guard thinks: what is not known by itself is asked. Gives back what it
    /// did not say.
    pub fn confirm(
        &self,
        resolved: &ResolvedKube,
        parsed: &Parsed<'_>,
        world: &World,
    ) -> Result<Option<Gap>> {
        if !matches!(self.kind, Kind::Unknown) {
            return Ok(None);
        }
        let note = note::Note::of(self.path, resolved, parsed, world);
        let goes = match note.as_ref().and_then(note::Note::recall) {
            Some(goes) => goes,
            None => {
                let goes = ask::where_it_goes(self.path, parsed, world);
                if let Some(note) = note.filter(|_| self.differs(&goes, &resolved.target).is_none()) {
                    note.keep(&goes);
                }
                goes
            }
        };
        match self.differs(&goes, &resolved.target) {
            Some(fail) => Err(fail),
            None if goes.namespace.is_none() => Ok(Some(Gap {
                what: format!(
                    "the namespace that {} itself would use",
                    escape(self.path.as_os_str().as_bytes())
                ),
                why: Why::Failed("it did not say".to_owned()),
            })),
            None => Ok(None),
        }
    }

    /// Why this is not the place guard would name.
    fn differs(&self, goes: &Goes, target: &KubeTarget) -> Option<Fail> {
        let same_server =
            goes.server.as_ref().map(|s| normal_server(s) == normal_server(&target.server.value));
        let same_cluster = goes.uid.as_ref().zip(target.uid.value()).map(|(a, b)| a == b);
        let elsewhere = same_server == Some(false) || same_cluster == Some(false);
        let beside = !target.all_namespaces
            && goes.namespace.as_ref().is_some_and(|namespace| *namespace != target.namespace.value);
        let silent = same_server.is_none() && same_cluster.is_none();
        if !(elsewhere || beside || silent) {
            return None;
        }
        let tool = escape(self.path.as_os_str().as_bytes());
        let show = |text: &str| escape(text.as_bytes());
        let fail = |what: String| {
            Fail::new(fail::Kind::Refused, what).help(format!(
                "let policy name the real one (tools: {{kubectl: {{path: …}}}}), or give KUBECONFIG, --context and -n what {tool} sets"
            ))
        };
        if silent {
            return Some(
                fail(format!("refused: {tool} is not kubectl, and does not say where it goes"))
                    .because("asked for an object of the cluster, it named no server"),
            );
        }
        let is = |server: &str, namespace: &str| format!("{}, namespace {}", show(server), show(namespace));
        let its = is(
            goes.server.as_deref().unwrap_or("an unknown server"),
            goes.namespace.as_deref().unwrap_or("unknown"),
        );
        let cluster = if same_cluster == Some(false) { ", another cluster" } else { "" };
        Some(
            fail(format!("refused: {tool} goes elsewhere than kubectl would with these words"))
                .because(format!("it goes to {its}{cluster}"))
                .because(format!(
                    "kubectl would go to {}",
                    is(&target.server.value, &target.namespace.value)
                )),
        )
    }
}

/// The target of a command. What matters of `config use-context` is the place it leads to, not the one that is left.
pub fn target(parsed: &Parsed<'_>, world: &World) -> Result<ResolvedKube> {
    let to = parsed.args.first().filter(|_| parsed.path() == "config use-context");
    if let Some((_, name)) = to {
        let flag = [b"--context=", *name].concat();
        let words: Vec<&[u8]> =
            std::iter::once(flag.as_slice()).chain(parsed.words.iter().copied()).collect();
        // One that does not exist is kubectl's to refuse.
        if let Ok(found) = kubeconfig::kube(world, &parse(&TABLE, &words)) {
            return Ok(found);
        }
    }
    kubeconfig::kube(world, parsed)
}

/// The names on the way to a file: its own, those of the links, the file's behind them.
fn names(path: &Path) -> Vec<String> {
    let name = |path: &Path| path.file_name().map(OsStr::to_string_lossy).map(Cow::into_owned);
    let mut at = path.to_owned();
    let mut names: Vec<String> = Vec::new();
    // The kernel gives up after 40 links; so does this.
    for _ in 0..40 {
        names.extend(name(&at));
        let Ok(target) = std::fs::read_link(&at) else { break };
        at = at.parent().unwrap_or(Path::new("/")).join(target);
    }
    names
}

#[cfg(test)]
mod tests;
