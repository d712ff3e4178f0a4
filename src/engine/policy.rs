//! The policy as data: layers, rules, places, terms. Reading files is `crate::policy`'s work, judging is
//! [`decide`](super::decide::decide)'s.
//!
//! Four layers, strongest first: the system's file is a floor that nothing below can weaken; a project's file can only
//! tighten; the user's file may relax the built-in table; the built-in table stands when no file says otherwise.

pub mod agents;
pub mod builtin;
pub mod place;
pub mod rule;
pub mod window;

use super::effect::Effect;
use place::{IdKind, Place};
use rule::Rule;

/// The system's policy file: the floor.
pub const SYSTEM: &str = "/etc/guard/policy.yaml";
/// The user's policy file below `$XDG_CONFIG_HOME`, or below `~/.config` when that is unset or empty.
pub const BELOW_CONFIG: &str = "guard/policy.yaml";
/// The directory of configuration below the home directory when `$XDG_CONFIG_HOME` does not say another.
pub const CONFIG_HOME: &str = ".config";
/// The name of a project's policy file, looked for from the working directory upwards.
pub const PROJECT: &str = ".guard.yaml";

/// Who wrote a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// guard's own table.
    BuiltIn,
    /// `~/.config/guard/policy.yaml`.
    User,
    /// `.guard.yaml`.
    Project,
    /// `/etc/guard/policy.yaml`.
    System,
}

impl Layer {
    /// The word used in output and audit records.
    pub const fn word(self) -> &'static str {
        match self {
            Layer::BuiltIn => "built-in",
            Layer::User => "user",
            Layer::Project => "project",
            Layer::System => "system",
        }
    }
}

/// How a layer's own rules are carried out; the words are those of Kubernetes admission policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// As written.
    #[default]
    Enforce,
    /// What would have asked or refused only warns.
    Warn,
    /// Nothing is shown; what would have happened stands in the audit record.
    Audit,
}

impl Mode {
    /// All modes, strongest first.
    pub const ALL: [Mode; 3] = [Mode::Enforce, Mode::Warn, Mode::Audit];

    /// The word used in policy files.
    pub const fn word(self) -> &'static str {
        match self {
            Mode::Enforce => "enforce",
            Mode::Warn => "warn",
            Mode::Audit => "audit",
        }
    }
}

/// What is done with commands whose effect cannot be told from their words (plugins, unreadable lines) when they go to
/// production or an unclassified target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnknownAs {
    /// They pass with one line that says where they go.
    Allow,
    /// y/N: the built-in choice. A plugin may do anything, but most of them read.
    Confirm,
    /// They are refused.
    Deny,
}

impl UnknownAs {
    /// All choices, mildest first.
    pub const ALL: [UnknownAs; 3] = [UnknownAs::Allow, UnknownAs::Confirm, UnknownAs::Deny];

    /// The word used in policy files.
    pub const fn word(self) -> &'static str {
        match self {
            UnknownAs::Allow => "allow",
            UnknownAs::Confirm => "confirm",
            UnknownAs::Deny => "deny",
        }
    }
}

/// What is done when the live system could not be asked about a command that would be asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OnFailure {
    /// The person is asked, with what could not be checked on the screen.
    #[default]
    Ask,
    /// The command is refused (exit 69).
    Refuse,
}

impl OnFailure {
    /// Both choices, mildest first.
    pub const ALL: [OnFailure; 2] = [OnFailure::Ask, OnFailure::Refuse];

    /// The word used in policy files.
    pub const fn word(self) -> &'static str {
        match self {
            OnFailure::Ask => "ask",
            OnFailure::Refuse => "refuse",
        }
    }
}

/// One layer: one file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which layer it is.
    pub layer: Layer,
    /// The file's path as it is shown.
    pub file: String,
    /// How its rules are carried out; `None` when it does not say.
    pub mode: Option<Mode>,
    /// How unknown effects are treated; `None` when it does not say.
    pub unknown: Option<UnknownAs>,
    /// System layer only: the built-in table is part of the floor, so that no user can relax it or stand it down.
    pub builtin_floor: bool,
    /// How often a wrong answer may be given again.
    pub prompt_attempts: Option<u32>,
    /// Seconds until a question refuses by itself.
    pub prompt_timeout_s: Option<u32>,
    /// Whether `GUARD_CONFIRM` may answer without a terminal.
    pub env_confirm: Option<bool>,
    /// Whether it may also answer where a person can be asked.
    pub env_confirm_at_terminal: Option<bool>,
    /// Milliseconds the live system has for its answers.
    pub probe_timeout_ms: Option<u32>,
    /// Milliseconds a credential plugin has for its answer.
    pub credentials_timeout_ms: Option<u32>,
    /// What happens when it gives none.
    pub probe_on_failure: Option<OnFailure>,
    /// Where audit records go.
    pub audit_path: Option<String>,
    /// The mildest effect that is refused when its audit record cannot be written.
    pub audit_required: Option<Effect>,
    /// MiB up to which volumes are copied before they go.
    pub copies_volumes_mib: Option<u32>,
    /// Where the real tools are: (name, absolute path).
    pub tools: Vec<(String, String)>,
    /// What it says about coding agents.
    pub agents: agents::Agents,
    /// Units that may stop and restart things on this machine by themselves.
    pub housekeeping: Vec<String>,
    /// Whether it is remembered where each terminal's commands went.
    pub remember_terminals: Option<bool>,
    /// What is known by name.
    pub places: Vec<Place>,
    /// The rules in their order.
    pub rules: Vec<Rule>,
}

impl Policy {
    /// A layer that says nothing.
    pub fn empty(layer: Layer, file: impl Into<String>) -> Policy {
        Policy {
            layer,
            file: file.into(),
            mode: None,
            unknown: None,
            builtin_floor: false,
            prompt_attempts: None,
            prompt_timeout_s: None,
            env_confirm: None,
            env_confirm_at_terminal: None,
            probe_timeout_ms: None,
            credentials_timeout_ms: None,
            probe_on_failure: None,
            audit_path: None,
            audit_required: None,
            copies_volumes_mib: None,
            tools: Vec::new(),
            agents: agents::Agents::default(),
            housekeeping: Vec::new(),
            remember_terminals: None,
            places: Vec::new(),
            rules: Vec::new(),
        }
    }
}

/// All layers together. `Merged::default()` is the policy of a machine without any file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// The floor.
    pub system: Option<Policy>,
    /// The user's own file.
    pub user: Option<Policy>,
    /// The project's files, nearest directory first; every one of them only tightens.
    pub project: Vec<Policy>,
    /// Project files that were found and do not count.
    pub ignored: Vec<Ignored>,
}

/// A policy file that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its path as it is shown.
    pub file: String,
    /// Why it does not.
    pub why: String,
}

impl Ignored {
    /// The line that says so.
    pub fn note(&self) -> String {
        format!("{} is not used as policy: {}", self.file, self.why)
    }
}

/// The settings that hold once all layers are put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How often a wrong answer may be given again.
    pub prompt_attempts: u32,
    /// Seconds until a question refuses by itself.
    pub prompt_timeout_s: u32,
    /// Whether `GUARD_CONFIRM` may answer without a terminal.
    pub env_confirm: bool,
    /// Whether it may also answer where a person can be asked.
    pub env_confirm_at_terminal: bool,
    /// Milliseconds the live system has for its answers.
    pub probe_timeout_ms: u32,
    /// Milliseconds a credential plugin has for its answer.
    pub credentials_timeout_ms: u32,
    /// What happens when it gives none.
    pub probe_on_failure: OnFailure,
    /// Where audit records go; `None` is the default place.
    pub audit_path: Option<String>,
    /// The mildest effect that is refused when its audit record cannot be written; `None` never refuses.
    pub audit_required: Option<Effect>,
    /// MiB up to which volumes are copied before they go.
    pub copies_volumes_mib: u32,
    /// Where the real tools are, when a policy says so.
    pub tools: Vec<(String, String)>,
}

/// A person who mistyped may try again twice.
const ATTEMPTS: u32 = 3;
/// Two minutes are enough to read ten lines; after that nobody is at the keyboard.
const PROMPT_TIMEOUT_S: u32 = 120;
/// A login by SSO or an assumed role takes seconds; a browser nobody answers takes for ever.
const CREDENTIALS_TIMEOUT_MS: u32 = 20_000;
/// What is copied in a minute or so.
const COPIES_VOLUMES_MIB: u32 = 2048;
/// The longest a person waits for facts before the question comes anyway.
const PROBE_TIMEOUT_MS: u32 = 1_500;

impl Merged {
    /// Every layer that exists, strongest first.
    pub fn layers(&self) -> impl Iterator<Item = &Policy> {
        self.system.iter().chain(&self.project).chain(&self.user)
    }

    /// Whether some place or rule of any layer goes by this kind of identity: then it has to be known, whatever the
    /// command.
    pub fn goes_by(&self, kind: IdKind) -> bool {
        let named = |identity: &[(IdKind, Vec<String>)]| identity.iter().any(|(k, _)| *k == kind);
        self.layers().any(|p| {
            p.places.iter().any(|p| named(&p.identity)) || p.rules.iter().any(|r| named(&r.when.identity))
        })
    }

    /// True when no policy file was found.
    pub fn is_empty(&self) -> bool {
        self.layers().next().is_none()
    }

    /// Whether it is remembered where each terminal's commands went: unless the system's or the user's file says no.
    pub fn remembers_terminals(&self) -> bool {
        self.system.iter().chain(&self.user).all(|p| p.remember_terminals != Some(false))
    }

    /// How the built-in table is carried out: the user may roll guard out step by step, unless the system keeps the
    /// table in its floor.
    pub fn builtin_mode(&self) -> Mode {
        let of = |p: &Option<Policy>| p.as_ref().and_then(|p| p.mode);
        if self.builtin_is_floor() {
            return of(&self.system).unwrap_or_default();
        }
        of(&self.user).or_else(|| of(&self.system)).unwrap_or_default()
    }

    /// Whether the built-in table belongs to the system's floor.
    pub fn builtin_is_floor(&self) -> bool {
        self.system.as_ref().is_some_and(|p| p.builtin_floor)
    }

    /// How unknown effects are treated: the user's word, or the built-in one, but never milder than what the system or
    /// a project says.
    pub fn unknown(&self) -> UnknownAs {
        let user = self.user.as_ref().and_then(|p| p.unknown);
        let system = self.system.as_ref().and_then(|p| p.unknown);
        let built_in = system.unwrap_or(UnknownAs::Confirm);
        let base = match user {
            Some(user) if self.builtin_is_floor() => user.max(built_in),
            Some(user) => user,
            None => built_in,
        };
        let floor = system.into_iter().chain(self.project.iter().filter_map(|p| p.unknown)).max();
        floor.map_or(base, |floor| base.max(floor))
    }

    /// The settings that hold. Of two layers that both speak the stricter one counts, so that a user may tighten what
    /// the system says and never loosen it; a project only tightens what holds without it. Paths and waiting times come
    /// from the strongest layer that names one, and never from a project.
    pub fn terms(&self) -> Terms {
        fn said<'a, T>(
            layers: impl Iterator<Item = &'a Policy>,
            f: impl Fn(&'a Policy) -> Option<T>,
        ) -> Vec<T> {
            layers.filter_map(f).collect()
        }
        let own = || self.system.iter().chain(&self.user);
        let project = || self.project.iter();
        let least = |f: fn(&Policy) -> Option<u32>, otherwise: u32| {
            let base = said(own(), f).into_iter().min().unwrap_or(otherwise);
            said(project(), f).into_iter().fold(base, u32::min).max(1)
        };
        let mut tools: Vec<(String, String)> = Vec::new();
        for (name, path) in own().flat_map(|p| &p.tools) {
            if !tools.iter().any(|(have, _)| have == name) {
                tools.push((name.clone(), path.clone()));
            }
        }
        // `never` (kept as read) holds only when no layer asks for more, and is no word for a project.
        let required = said(own(), |p| p.audit_required);
        let base = match required.iter().copied().filter(|e| *e != Effect::Read).min() {
            None if required.is_empty() => Some(Effect::Disrupt),
            least => least,
        };
        let asked = said(project(), |p| p.audit_required.filter(|e| *e != Effect::Read));
        Terms {
            prompt_attempts: least(|p| p.prompt_attempts, ATTEMPTS),
            prompt_timeout_s: least(|p| p.prompt_timeout_s, PROMPT_TIMEOUT_S),
            env_confirm: said(self.layers(), |p| p.env_confirm).into_iter().all(|allowed| allowed),
            probe_timeout_ms: own().find_map(|p| p.probe_timeout_ms).unwrap_or(PROBE_TIMEOUT_MS),
            probe_on_failure: said(self.layers(), |p| p.probe_on_failure)
                .into_iter()
                .max()
                .unwrap_or_default(),
            // Off unless the user's or the system's file says so, and nobody says no.
            env_confirm_at_terminal: {
                let said = said(self.layers(), |p| Some((p.layer, p.env_confirm_at_terminal?)));
                said.iter().any(|(layer, may)| *may && *layer != Layer::Project)
                    && said.iter().all(|(_, may)| *may)
            },
            credentials_timeout_ms: own()
                .find_map(|p| p.credentials_timeout_ms)
                .unwrap_or(CREDENTIALS_TIMEOUT_MS),
            audit_path: own().find_map(|p| p.audit_path.clone()),
            audit_required: asked.into_iter().chain(base).min(),
            copies_volumes_mib: own().find_map(|p| p.copies_volumes_mib).unwrap_or(COPIES_VOLUMES_MIB),
            tools,
        }
    }
}
