//! Which step of the credential chain answers, as far as files and variables tell (`botocore/credentials.py`
//! `create_credential_resolver`, the same order in both versions). Nothing is asked, started or assumed here.

use super::choice::Chosen;
use super::files::{File, Files, Profile};
use super::ini::{Blocks, Value};
use super::keys::{account_of_access_key, account_of_arn};
use crate::engine::aws::Hit;
use crate::engine::aws::arn::is_account;
use crate::engine::escape::escape;
use crate::engine::fact::{Source, Sourced};
use crate::world::World;
use std::ffi::OsStr;

/// One step of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `--no-sign-request`: no identity at all.
    Unsigned,
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    Environment,
    /// `role_arn` of the profile.
    AssumeRole,
    /// A web identity token, of the environment or of the profile.
    WebIdentity,
    /// An SSO login.
    Sso,
    /// Keys of the credentials file.
    CredentialsFile,
    /// The tokens of `aws login`.
    Login,
    /// `credential_process`.
    Process,
    /// Keys of the config file.
    ConfigFile,
    /// `AWS_CREDENTIAL_FILE` of the first EC2 tools.
    Ec2File,
    /// boto's own file.
    BotoFile,
    /// The container's role.
    Container,
    /// The instance's role, if this is an instance at all.
    Instance,
    /// The CLI will refuse what is configured, or there is nothing left to ask.
    Refused,
}

/// So many profiles may stand behind one another as each other's `source_profile`.
const LONGEST_CHAIN: usize = 64;

impl Step {
    /// What botocore calls it (`Credentials.method`); empty where it has no credentials.
    pub const fn method(self) -> &'static str {
        match self {
            Step::Unsigned | Step::Refused => "",
            Step::Environment => "env",
            Step::AssumeRole => "assume-role",
            Step::WebIdentity => "assume-role-with-web-identity",
            Step::Sso => "sso",
            Step::CredentialsFile => "shared-credentials-file",
            Step::Login => "login",
            Step::Process => "custom-process",
            Step::ConfigFile => "config-file",
            Step::Ec2File => "ec2-credentials-file",
            Step::BotoFile => "boto-config",
            Step::Container => "container-role",
            Step::Instance => "iam-role",
        }
    }
}

/// Whose credentials the CLI will use.
pub(super) struct Credentials {
    pub(super) step: Step,
    /// In words: `environment keys`, `role arn:… assumed from profile staging`.
    pub(super) words: String,
    pub(super) from: Source,
    /// The id of the key at work, or of the one that a role is assumed with.
    pub(super) access_key_id: Option<String>,
    pub(super) account: Option<Sourced<String>>,
    /// The device whose code the CLI may ask for.
    pub(super) mfa: Option<String>,
}

impl Credentials {
    fn new(step: Step, words: impl Into<String>, from: Source) -> Credentials {
        Credentials { step, words: words.into(), from, access_key_id: None, account: None, mfa: None }
    }

    fn refused(words: impl Into<String>, from: Source) -> Credentials {
        Credentials::new(Step::Refused, words, from)
    }

    fn with_key(mut self, id: &str, declared: Option<(&str, Source)>) -> Credentials {
        self.account = account_of_access_key(id)
            .map(|account| Sourced::new(account, self.from.clone()))
            .or_else(|| declared_account(declared));
        self.access_key_id = Some(id.to_owned());
        self
    }

    fn with_account(mut self, account: Option<Sourced<String>>) -> Credentials {
        self.account = account;
        self
    }
}

fn declared_account(declared: Option<(&str, Source)>) -> Option<Sourced<String>> {
    declared.filter(|(id, _)| is_account(id)).map(|(id, from)| Sourced::new(id.to_owned(), from))
}

fn env(name: &str) -> Source {
    Source::Env(name.to_owned())
}

const ACCESS_KEY: &str = "aws_access_key_id";
const SECRET_KEY: &str = "aws_secret_access_key";

/// Goes through the chain.
pub(super) fn in_force(world: &World, hit: &Hit, files: &Files, chosen: &Chosen<'_>) -> Credentials {
    if hit.global_on("no-sign-request") {
        return Credentials::new(
            Step::Unsigned,
            "none, the request is not signed",
            Source::Flag("no-sign-request".into()),
        );
    }
    let chain = Chain { world, files };
    if !chosen.by_flag
        && let Some(found) = chain.environment()
    {
        return found;
    }
    chain
        .assume_role(chosen.name(), &mut vec![chosen.name().to_owned()])
        .or_else(|| chain.of_profile(chosen.name(), chosen.by_flag))
        .or_else(|| chain.ec2_file())
        .or_else(|| chain.boto_file())
        .or_else(|| chain.container())
        .unwrap_or_else(|| chain.instance())
}

struct Chain<'a> {
    world: &'a World,
    files: &'a Files,
}

impl Chain<'_> {
    fn var(&self, name: &str) -> Option<String> {
        self.world.var(name).map(|v| v.to_string_lossy().into_owned())
    }

    fn environment(&self) -> Option<Credentials> {
        let id = self.var("AWS_ACCESS_KEY_ID").filter(|id| !id.is_empty())?;
        let from = env("AWS_ACCESS_KEY_ID");
        if self.world.set_var("AWS_SECRET_ACCESS_KEY").is_none() {
            return Some(Credentials::refused(
                "environment keys without AWS_SECRET_ACCESS_KEY, which the CLI refuses",
                from,
            ));
        }
        let declared = self.var("AWS_ACCOUNT_ID");
        let declared = declared.as_deref().map(|id| (id, env("AWS_ACCOUNT_ID")));
        Some(Credentials::new(Step::Environment, "environment keys", from).with_key(&id, declared))
    }

    /// The steps that depend on a profile, in their order. Without environment variables when a role is assumed from it.
    fn of_profile(&self, name: &str, no_variables: bool) -> Option<Credentials> {
        let profile = self.files.profile(name);
        self.web_identity(name, profile, no_variables)
            .or_else(|| self.sso(name, profile))
            .or_else(|| self.credentials_file(name))
            .or_else(|| login(name, profile))
            .or_else(|| process(name, profile))
            .or_else(|| self.config_file(name))
    }

    fn assume_role(&self, name: &str, visited: &mut Vec<String>) -> Option<Credentials> {
        let profile = self.files.profile(name).filter(|p| assumes_role(p))?;
        let (role, from) = profile.text("role_arn")?;
        let (shown_role, shown) = (escape(role.as_bytes()), escape(name.as_bytes()));
        let refused = |why: String| Some(Credentials::refused(why, from.clone()));
        let (source, credential_source) = (profile.text("source_profile"), profile.text("credential_source"));
        let base = match (source, credential_source) {
            (Some(_), Some(_)) => {
                return refused(format!(
                    "profile {shown} with both source_profile and credential_source, which the CLI refuses"
                ));
            }
            (None, None) => {
                return refused(format!(
                    "profile {shown} with a role_arn but no source_profile, which the CLI refuses"
                ));
            }
            (None, Some((source, _))) => match self.credential_source(source) {
                Some(base) => base,
                None => {
                    return refused(format!(
                        "profile {shown} whose credential_source {} gives nothing, which the CLI refuses",
                        escape(source.as_bytes())
                    ));
                }
            },
            (Some((source, _)), None) => {
                let loops = visited.iter().any(|v| v == source)
                    && !(source == name && self.files.profile(source).is_some_and(has_keys));
                let shown_source = escape(source.as_bytes());
                let Some(entry) = self.files.profile(source).filter(|_| !loops) else {
                    let why = if loops { "leads back to itself" } else { "does not exist" };
                    return refused(format!(
                        "profile {shown} whose source_profile {shown_source} {why}, which the CLI refuses"
                    ));
                };
                // The CLI itself ends such a chain by Python's limit on calls in one another.
                if visited.len() >= LONGEST_CHAIN {
                    return refused(format!(
                        "profile {shown} behind {LONGEST_CHAIN} others, more than guard follows"
                    ));
                }
                visited.push(source.to_owned());
                let base = if has_keys(entry) || !assumes_role(entry) {
                    self.of_profile(source, true)
                } else {
                    self.assume_role(source, visited)
                };
                match base {
                    Some(base) => base,
                    None => {
                        return refused(format!(
                            "profile {shown} whose source_profile {shown_source} has no credentials, \
                             which the CLI refuses"
                        ));
                    }
                }
            }
        };
        if base.step == Step::Refused {
            return Some(base);
        }
        let mut words = format!("role {shown_role} assumed from {}", base.words);
        let mfa = profile.text("mfa_serial").map(|(serial, _)| serial.to_owned());
        if let Some(serial) = &mfa {
            words.push_str(&format!(" with a code of {}", escape(serial.as_bytes())));
        }
        Some(Credentials {
            step: Step::AssumeRole,
            words,
            access_key_id: base.access_key_id,
            account: account_of_arn(role).map(|a| Sourced::new(a.to_owned(), from.clone())),
            from,
            mfa: mfa.or(base.mfa),
        })
    }

    fn credential_source(&self, source: &str) -> Option<Credentials> {
        match source {
            "Environment" => self.environment(),
            "EcsContainer" => self.container(),
            "Ec2InstanceMetadata" => Some(self.instance()),
            _ => None,
        }
    }

    fn web_identity(&self, name: &str, profile: Option<&Profile>, no_variables: bool) -> Option<Credentials> {
        let get = |key: &str, variable: &str| -> Option<(String, Source)> {
            if !no_variables && let Some(value) = self.var(variable) {
                return Some((value, env(variable)));
            }
            profile?.text(key).map(|(value, from)| (value.to_owned(), from))
        };
        let (_, from) = get("web_identity_token_file", "AWS_WEB_IDENTITY_TOKEN_FILE")
            .filter(|(path, _)| !path.is_empty())?;
        let Some((role, role_from)) = get("role_arn", "AWS_ROLE_ARN").filter(|(role, _)| !role.is_empty())
        else {
            return Some(Credentials::refused(
                "a web identity token without a role, which the CLI refuses".to_owned(),
                from,
            ));
        };
        let of = match &from {
            Source::Env(name) => name.clone(),
            _ => format!("profile {}", escape(name.as_bytes())),
        };
        let account = account_of_arn(&role).map(|a| Sourced::new(a.to_owned(), role_from));
        let words = format!("role {} by web identity of {of}", escape(role.as_bytes()));
        Some(Credentials::new(Step::WebIdentity, words, from).with_account(account))
    }

    fn sso(&self, name: &str, profile: Option<&Profile>) -> Option<Credentials> {
        let profile = profile.filter(|p| p.has("sso_role_name") || p.has("sso_account_id"))?;
        let from =
            ["sso_account_id", "sso_role_name"].iter().find_map(|k| profile.text(k)).map(|(_, from)| from)?;
        let shown = escape(name.as_bytes());
        let session = match profile.text("sso_session") {
            Some((session, _)) => match self.files.sso_sessions.iter().find(|s| s.name == session) {
                Some(found) => Some(found),
                None => {
                    return Some(Credentials::refused(
                        format!(
                            "profile {shown} whose sso_session {} does not exist, which the CLI refuses",
                            escape(session.as_bytes())
                        ),
                        from,
                    ));
                }
            },
            None => None,
        };
        let has = |key: &str| profile.has(key) || session.is_some_and(|s| s.text(key).is_some());
        if let Some(missing) =
            ["sso_role_name", "sso_account_id", "sso_start_url", "sso_region"].iter().find(|k| !has(k))
        {
            return Some(Credentials::refused(
                format!("profile {shown} without {missing}, which the CLI refuses"),
                from,
            ));
        }
        let inconsistent = session.and_then(|s| {
            s.keys().find(|key| {
                profile.text(key).is_some_and(|(mine, _)| s.text(key).is_some_and(|theirs| theirs != mine))
            })
        });
        if let Some(key) = inconsistent {
            return Some(Credentials::refused(
                format!(
                    "profile {shown} whose {} is another than its sso_session's, which the CLI refuses",
                    escape(key.as_bytes())
                ),
                from,
            ));
        }
        let get = |key: &str| {
            profile
                .text(key)
                .map(|(v, _)| v)
                .or_else(|| session.and_then(|s| s.text(key)))
                .unwrap_or_default()
        };
        let words = format!(
            "SSO role {} in account {} of profile {shown}",
            escape(get("sso_role_name").as_bytes()),
            escape(get("sso_account_id").as_bytes())
        );
        let account = declared_account(Some((get("sso_account_id"), from.clone())));
        Some(Credentials::new(Step::Sso, words, from).with_account(account))
    }

    fn credentials_file(&self, name: &str) -> Option<Credentials> {
        let entry = self.files.credential_sections.iter().find(|p| p.name == name)?;
        keys_of(entry, Step::CredentialsFile, name)
    }

    fn config_file(&self, name: &str) -> Option<Credentials> {
        let entry = self.files.config_profiles.iter().find(|p| p.name == name)?;
        keys_of(entry, Step::ConfigFile, name)
    }

    fn ec2_file(&self) -> Option<Credentials> {
        let path = self.world.var("AWS_CREDENTIAL_FILE")?;
        let from = env("AWS_CREDENTIAL_FILE");
        let path = super::paths::expand_user(self.world, path);
        let file = File::read(self.world, &path, Some("AWS_CREDENTIAL_FILE")).ok()?;
        let bytes = file.bytes?;
        let id = bytes.split(|b| *b == b'\n').find_map(|line| {
            let at = line.iter().position(|b| *b == b'=')?;
            let (key, value) = line.split_at(at);
            (key.trim_ascii() == b"AWSAccessKeyId").then(|| {
                String::from_utf8_lossy(value.get(1..).unwrap_or_default().trim_ascii()).into_owned()
            })
        })?;
        Some(Credentials::new(Step::Ec2File, "the keys of AWS_CREDENTIAL_FILE", from).with_key(&id, None))
    }

    fn boto_file(&self) -> Option<Credentials> {
        let places: Vec<(&OsStr, Option<&'static str>)> = match self.world.var("BOTO_CONFIG") {
            Some(path) => vec![(path, Some("BOTO_CONFIG"))],
            None => vec![(OsStr::new("/etc/boto.cfg"), None), (OsStr::new("~/.boto"), None)],
        };
        for (place, named_by) in places {
            let path = super::paths::expand_vars(self.world, place);
            let path = super::paths::expand_user(self.world, &path);
            let absolute =
                named_by.is_none().then(|| path.to_str().filter(|p| p.starts_with("/etc/"))).flatten();
            let path = absolute.map_or_else(|| path.clone(), |p| self.world.absolute(p).into_os_string());
            let Ok(file) = File::read(self.world, &path, named_by) else { continue };
            let Ok(ini) = file.parse(Blocks::Parse) else {
                if file.bytes.is_none() {
                    continue;
                }
                let from = Source::File { path: file.path, line: None };
                return Some(Credentials::refused("a boto file that the CLI cannot read", from));
            };
            let item = ini.section("Credentials").and_then(|s| s.item(ACCESS_KEY));
            if let Some((item, Value::Text(id))) = item.map(|i| (i, &i.value)) {
                let from = Source::File { path: file.path.clone(), line: Some(item.line) };
                return Some(
                    Credentials::new(Step::BotoFile, "the keys of boto's file", from).with_key(id, None),
                );
            }
        }
        None
    }

    fn container(&self) -> Option<Credentials> {
        let name = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]
            .into_iter()
            .find(|name| self.world.var(name).is_some())?;
        Some(Credentials::new(Step::Container, "the container's role", env(name)))
    }

    fn instance(&self) -> Credentials {
        const OFF: &str = "AWS_EC2_METADATA_DISABLED";
        if self.var(OFF).is_some_and(|v| v.eq_ignore_ascii_case("true")) {
            return Credentials::refused("none: nothing gives any", env(OFF));
        }
        Credentials::new(Step::Instance, "the instance's role, if this is an instance", Source::Default)
    }
}

fn assumes_role(profile: &Profile) -> bool {
    profile.has("role_arn") && !profile.has("web_identity_token_file")
}

fn has_keys(profile: &Profile) -> bool {
    profile.has(ACCESS_KEY) || profile.has(SECRET_KEY)
}

fn keys_of(entry: &Profile, step: Step, name: &str) -> Option<Credentials> {
    let (id, from) = entry.text(ACCESS_KEY)?;
    let shown = escape(name.as_bytes());
    if !entry.has(SECRET_KEY) {
        return Some(Credentials::refused(
            format!("profile {shown} without {SECRET_KEY}, which the CLI refuses"),
            from,
        ));
    }
    let words = format!("profile {shown}");
    Some(Credentials::new(step, words, from).with_key(id, entry.text("aws_account_id")))
}

fn login(name: &str, profile: Option<&Profile>) -> Option<Credentials> {
    let (session, from) = profile?.text("login_session")?;
    let account = account_of_arn(session).map(|a| Sourced::new(a.to_owned(), from.clone()));
    let words = format!("the login session of profile {}", escape(name.as_bytes()));
    Some(Credentials::new(Step::Login, words, from).with_account(account))
}

/// Only the program is named: its arguments may hold secrets.
fn process(name: &str, profile: Option<&Profile>) -> Option<Credentials> {
    let profile = profile?;
    let (command, from) = profile.text("credential_process")?;
    let program = shell_words::split(command).ok().and_then(|w| w.into_iter().next()).unwrap_or_default();
    let words = format!(
        "the credential process {} of profile {}",
        escape(program.as_bytes()),
        escape(name.as_bytes())
    );
    let account = declared_account(profile.text("aws_account_id"));
    Some(Credentials::new(Step::Process, words, from).with_account(account))
}
