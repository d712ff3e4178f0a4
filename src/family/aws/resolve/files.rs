//! The config and the credentials file: where they are, what stands in them, and how botocore lays one over the other
//! (`botocore/session.py` `full_config`, `botocore/configloader.py` `build_profile_map`).

use super::ini::{self, Bad, Blocks, Ini, Section, Value};
use super::paths;
use crate::engine::escape::escape;
use crate::engine::fact::Source;
use crate::fail::{Fail, Kind, Result};
use crate::world::World;
use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Far more than any of these files has.
const LARGEST: u64 = 16 << 20;

/// One of the CLI's files as it was found.
pub(super) struct File {
    /// The path as it is opened, for messages and sources.
    pub(super) path: String,
    /// What names the file, when a variable does.
    pub(super) named_by: Option<&'static str>,
    /// `None` when there is no regular file of that name; the CLI then goes on without.
    pub(super) bytes: Option<Vec<u8>>,
    /// It is there, but this user may not read it: configparser takes it for empty without a word.
    pub(super) forbidden: bool,
}

/// One profile, the credentials file laid over the config file.
pub(super) struct Profile {
    pub(super) name: String,
    /// Where its first section starts.
    pub(super) at: Source,
    items: Vec<(Source, String, Value)>,
}

/// A `[sso-session x]` or `[services x]`.
pub(super) struct Named {
    pub(super) name: String,
    section: Section,
}

/// Everything that stands in the two files.
pub(super) struct Files {
    pub(super) config: File,
    pub(super) credentials: File,
    /// In the order of the files, config first.
    pub(super) profiles: Vec<Profile>,
    /// Profiles of the config file alone: the last step of the credential chain looks only there.
    pub(super) config_profiles: Vec<Profile>,
    /// Sections of the credentials file under their own names.
    pub(super) credential_sections: Vec<Profile>,
    pub(super) sso_sessions: Vec<Named>,
    pub(super) services: Vec<Named>,
    /// The CLI loads code of somebody else's, which may do anything to the credentials.
    pub(super) plugins: bool,
}

impl Profile {
    fn of(name: &str, section: &Section, path: &str) -> Profile {
        let at = |line| Source::File { path: path.to_owned(), line: Some(line) };
        Profile {
            name: name.to_owned(),
            at: at(section.line),
            items: section.items.iter().map(|i| (at(i.line), i.key.clone(), i.value.clone())).collect(),
        }
    }

    /// Whether the key is there at all, with whatever value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.items.iter().any(|(_, k, _)| k == key)
    }

    /// A text value, also an empty one.
    pub(super) fn text(&self, key: &str) -> Option<(&str, Source)> {
        self.items.iter().find(|(_, k, _)| k == key).and_then(|(at, _, value)| match value {
            Value::Text(text) => Some((text.as_str(), at.clone())),
            Value::Block(_) => None,
        })
    }

    fn lay(&mut self, over: Profile) {
        for (at, key, value) in over.items {
            self.items.retain(|(_, k, _)| *k != key);
            self.items.push((at, key, value));
        }
    }
}

impl Named {
    /// A text value.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match &self.section.item(key)?.value {
            Value::Text(text) => Some(text),
            Value::Block(_) => None,
        }
    }

    /// The keys, in their order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.section.items.iter().map(|i| i.key.as_str())
    }

    /// A value of a nested block with its line.
    pub(super) fn inner(&self, block: &str, key: &str) -> Option<(&str, u32)> {
        match &self.section.item(block)?.value {
            Value::Block(inner) => inner.iter().find(|i| i.key == key).map(|i| (i.value.as_str(), i.line)),
            Value::Text(_) => None,
        }
    }
}

impl Files {
    /// Reads both files as this world has them.
    pub(super) fn load(world: &World) -> Result<Files> {
        let config = File::find(world, "AWS_CONFIG_FILE", "~/.aws/config")?;
        let credentials = File::find(world, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")?;
        let mut files = Files {
            profiles: Vec::new(),
            config_profiles: Vec::new(),
            credential_sections: Vec::new(),
            sso_sessions: Vec::new(),
            services: Vec::new(),
            plugins: false,
            config,
            credentials,
        };
        for section in files.config.parse(Blocks::Parse)?.sections {
            files.take(section);
        }
        for section in files.credentials.parse(Blocks::Parse)?.sections {
            let profile = || Profile::of(&section.name, &section, &files.credentials.path);
            files.credential_sections.push(profile());
            match files.profiles.iter_mut().find(|p| p.name == section.name) {
                Some(known) => known.lay(profile()),
                None => files.profiles.push(profile()),
            }
        }
        Ok(files)
    }

    /// One section of the config file. A later one of the same meaning replaces the earlier one whole.
    fn take(&mut self, section: Section) {
        let profile = section.name.starts_with("profile");
        if profile || section.name == "default" {
            let name = if profile { second_word(&section.name) } else { Some(section.name.clone()) };
            let Some(name) = name else { return };
            for list in [&mut self.profiles, &mut self.config_profiles] {
                list.retain(|p| p.name != name);
                list.push(Profile::of(&name, &section, &self.config.path));
            }
            return;
        }
        self.plugins |= section.name == "plugins";
        let list = if section.name.starts_with("sso-session") {
            &mut self.sso_sessions
        } else if section.name.starts_with("services") {
            &mut self.services
        } else {
            return;
        };
        if let Some(name) = second_word(&section.name) {
            list.retain(|n| n.name != name);
            list.push(Named { name, section });
        }
    }

    pub(super) fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|p| p.name == name)
    }

    /// A line of the config file as a source.
    pub(super) fn config_line(&self, line: u32) -> Source {
        Source::File { path: self.config.path.clone(), line: Some(line) }
    }
}

/// The name in `profile x` or `profile "x y"`: the second of exactly two words.
fn second_word(header: &str) -> Option<String> {
    let words = shell_words::split(header).ok()?;
    match <[String; 2]>::try_from(words) {
        Ok([_, name]) => Some(name),
        Err(_) => None,
    }
}

impl File {
    /// Finds and reads the file that a variable names, or the CLI's own.
    pub(super) fn find(world: &World, variable: &'static str, default: &str) -> Result<File> {
        let (given, named_by) = match world.var(variable) {
            Some(path) => (path.to_owned(), Some(variable)),
            None => (OsString::from(default), None),
        };
        // botocore expands variables first here, and the home directory first for `file://`.
        let path = paths::expand_user(world, &paths::expand_vars(world, &given));
        File::read(world, &path, named_by)
    }

    /// Reads a file of the CLI's. What is no regular file does not exist for the CLI.
    pub(super) fn read(world: &World, path: &OsStr, named_by: Option<&'static str>) -> Result<File> {
        let shown = path.to_string_lossy().into_owned();
        let mut file = File { path: shown, named_by, bytes: None, forbidden: false };
        let at: PathBuf = world.at(Path::new(path));
        if path.is_empty() || !std::fs::metadata(&at).is_ok_and(|m| m.is_file()) {
            return Ok(file);
        }
        let mut bytes = Vec::new();
        let read = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
            .open(&at)
            .and_then(|f| f.take(LARGEST + 1).read_to_end(&mut bytes));
        match read {
            Ok(_) if bytes.len() as u64 > LARGEST => {
                return Err(Fail::new(
                    Kind::Data,
                    format!("{} is larger than {} MiB", escape(file.path.as_bytes()), LARGEST >> 20),
                )
                .help("check the file; the command was not run"));
            }
            Ok(_) => file.bytes = Some(bytes),
            Err(_) => {
                file.bytes = Some(Vec::new());
                file.forbidden = true;
            }
        }
        Ok(file)
    }

    pub(super) fn parse(&self, blocks: Blocks) -> Result<Ini> {
        let Some(bytes) = &self.bytes else { return Ok(Ini::default()) };
        ini::parse(bytes, blocks).map_err(|bad| malformed(&self.path, bytes, &bad))
    }
}

fn malformed(path: &str, bytes: &[u8], bad: &Bad) -> Fail {
    let name = escape(path.as_bytes());
    let line = usize::try_from(bad.line).unwrap_or(usize::MAX).saturating_sub(1);
    let line = bytes.split(|b| *b == b'\n').nth(line).unwrap_or_default();
    let shown = harmless_part(line);
    let number = bad.line.to_string();
    let pad = " ".repeat(number.len());
    Fail::new(Kind::Data, format!("{name} cannot be understood, by the AWS CLI no more than by guard"))
        .excerpt(format!("{pad} --> {name}:{number}\n{number} | {shown}\n{pad} | ^"))
        .because(escape(bad.why.as_bytes()))
        .help(format!("correct line {number}; the command was not run"))
}

/// What may be shown of a line that might hold a secret: a section's header, or a key that looks like one.
fn harmless_part(line: &[u8]) -> String {
    let line = line.trim_ascii();
    if line.first() == Some(&b'[') && line.last() == Some(&b']') && line.len() <= 80 {
        return escape(line);
    }
    let end = line.iter().position(|b| !(b.is_ascii_lowercase() || *b == b'_')).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let whole_word = rest.first().is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b':'));
    if !whole_word || word.is_empty() || word.len() > 32 {
        return "...".into();
    }
    let word = escape(word);
    if rest.is_empty() { word } else { format!("{word} ...") }
}
