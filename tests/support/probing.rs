//! One kubectl command put through parse, resolve and probe, as the pipeline does it.

use guard::engine::assess::{Assessment, assess};
use guard::engine::classify::classify;
use guard::engine::effect::Effect;
use guard::engine::grammar::cobra::parse;
use guard::engine::impact::{Fate, Impact};
use guard::engine::kube::documents::Documents;
use guard::engine::kube::kubectl;
use guard::engine::verdict::Verdict;
use guard::family::kube::probe::{self, Plugins, Probed, Request};
use guard::family::kube::resolve;
use guard::world::World;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A place to run commands from.
pub struct Caller {
    home: tempfile::TempDir,
    kubeconfig: PathBuf,
    kubectl: Option<PathBuf>,
    /// Contents of `-f` inputs.
    pub documents: Documents,
    /// For everything together. Long by default: the machine may be busy, and the deadline has tests of its own.
    pub deadline: Duration,
}

/// What came of it.
pub struct Told {
    pub probed: Probed,
    pub verdict: Verdict,
    pub assessed: Assessment,
}

impl Caller {
    pub fn new(kubeconfig: &Path, kubectl: Option<&Path>) -> Caller {
        Caller {
            home: tempfile::tempdir().unwrap(),
            kubeconfig: kubeconfig.to_owned(),
            kubectl: kubectl.map(Path::to_owned),
            documents: Documents::default(),
            deadline: Duration::from_secs(60),
        }
    }

    /// Hands in a manifest: written to a file for kubectl, and as bytes for guard.
    pub fn file(&mut self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        let path = path.display().to_string();
        self.documents = Documents::default();
        self.documents.add(&path, text.as_bytes());
        path
    }

    pub fn world(&self) -> World {
        let home = self.home.path().display().to_string();
        let kubeconfig = self.kubeconfig.display().to_string();
        World::of(
            &[
                ("HOME", home.as_str()),
                ("PATH", "/usr/bin:/bin"),
                ("KUBERC", "off"),
                ("KUBECONFIG", kubeconfig.as_str()),
            ],
            self.home.path(),
        )
    }

    /// Asks about `kubectl ARGS`, which is not run.
    pub fn ask(&self, args: &[&str]) -> Told {
        self.with(args, probe::kube)
    }

    /// The same with the request in hand.
    pub fn with(&self, args: &[&str], probe: impl FnOnce(&Request<'_>) -> Probed) -> Told {
        let world = self.world();
        let words: Vec<&[u8]> = args.iter().map(|a| a.as_bytes()).collect();
        let owned: Vec<OsString> = args.iter().map(OsString::from).collect();
        let parsed = parse(&kubectl::TABLE, &words);
        let verdict = classify(b"kubectl", &words);
        let resolved = resolve::kubeconfig::kube(&world, &parsed).unwrap();
        let probed = probe(&Request {
            held: &[],
            stdin: None,
            parsed: &parsed,
            words: &owned,
            target: &resolved.target,
            effective_kubeconfig: &resolved.access.effective,
            documents: &self.documents,
            kubectl: self.kubectl.as_deref(),
            world: &world,
            deadline: self.deadline,
            verdict: &verdict,
            plugins: Plugins::All,
            kubeconfig: None,
        });
        let assessed = assess(verdict.effect, &probed.impact);
        Told { probed, verdict, assessed }
    }
}

impl Told {
    pub fn impact(&self) -> &Impact {
        &self.probed.impact
    }

    pub fn effect(&self) -> Effect {
        self.assessed.effect
    }

    /// Nothing was left unchecked.
    #[track_caller]
    pub fn whole(&self) -> &Told {
        assert!(self.impact().gaps.is_empty(), "{:#?}", self.impact());
        self
    }

    /// `Kind count` of every group, joined.
    pub fn groups(&self) -> String {
        let one = |g: &guard::engine::impact::Group| format!("{} {}", g.kind, g.count);
        self.impact().groups.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// The fate of the data whose name begins so.
    #[track_caller]
    pub fn fate(&self, what: &str) -> Fate {
        let found = self.impact().data.iter().find(|d| d.what.starts_with(what));
        found.unwrap_or_else(|| panic!("no data {what}: {:#?}", self.impact())).fate
    }

    #[track_caller]
    pub fn says(&self, clause: &str) -> &Told {
        let all = format!(
            "{:?} {:?} {:?}",
            self.impact().also,
            self.impact().consequences,
            self.impact().protections
        );
        assert!(all.contains(clause), "no {clause:?} in {:#?}", self.impact());
        self
    }

    #[track_caller]
    pub fn has_gap(&self, what: &str) -> &Told {
        let gaps = &self.impact().gaps;
        assert!(gaps.iter().any(|g| g.what.contains(what)), "no gap {what:?} in {gaps:?}");
        self
    }
}
