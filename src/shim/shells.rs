//! What a shell of the user's makes of `kubectl`, asked of the shell itself with its own start-up files.

use super::ask::{Ended, ask};
use super::selftest::{self, Answer};
use crate::run::shim::SELFTEST;
use crate::world::World;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How a shell is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// As a terminal window does: interactive.
    Interactive,
    /// As ssh and a console do: login and interactive.
    Login,
}

/// What a shell said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its `PATH`, as entries.
    pub path: Vec<PathBuf>,
    /// What `command -v` gives: a path, the name of a function, an alias.
    pub found: String,
    /// The aliases that name kubectl, as the shell prints them.
    pub aliases: Vec<String>,
    /// Guard's answer when kubectl was called there.
    pub answer: Option<Answer>,
}

/// Whether there are words to ask this shell.
fn question(shell: &Path, nonce: &str) -> Option<String> {
    // Start-up files may print anything, so each part begins with a line nobody else prints.
    let name = shell.file_name()?.to_str()?;
    let (path, rest) = match name {
        "bash" | "zsh" | "sh" | "dash" | "ksh" | "mksh" => ("printf '%s\\n' \"$PATH\"", ""),
        "fish" => ("string join : $PATH", "; true"),
        _ => return None,
    };
    Some(format!(
        "printf '\\n%s\\n' {nonce}-path; {path}; printf '\\n%s\\n' {nonce}-found; command -v kubectl; \
         printf '\\n%s\\n' {nonce}-alias; alias; printf '\\n%s\\n' {nonce}-call; \
         kubectl {SELFTEST} {nonce} 2>/dev/null; printf '\\n%s\\n' {nonce}-end{rest}"
    ))
}

/// Asks a shell. `Err` says why it did not answer.
pub fn inspect(world: &World, shell: &Path, start: Start, patience: Duration) -> Result<Said, String> {
    let nonce = selftest::nonce();
    let Some(question) = question(shell, &nonce) else {
        return Err("guard knows no words to ask this shell".to_owned());
    };
    let mut command = Command::new(shell);
    command.env_clear().envs(world.vars().iter().rev().map(|(k, v)| (k, v)));
    // A prompt framework must not think there is a terminal to draw on.
    command.env("TERM", "dumb").env_remove("GUARD_CONFIRM");
    if start == Start::Login {
        command.arg("-l");
    }
    command.args(["-i", "-c", &question]);
    let (output, ended) = ask(command, patience);
    read(&output, &nonce).ok_or_else(|| match ended {
        Ended::TimedOut => format!("no answer within {} s", patience.as_secs()),
        Ended::NotStarted(why) => format!("it could not be started: {why}"),
        Ended::Itself(_) => "its start-up files end it before it answers".to_owned(),
    })
}

fn read(output: &str, nonce: &str) -> Option<Said> {
    let part = |from: &str, to: &str| {
        let (_, rest) = output.split_once(&format!("{nonce}-{from}\n"))?;
        rest.split_once(&format!("\n{nonce}-{to}\n")).map(|(part, _)| part.trim_matches('\n').to_owned())
    };
    let aliases = part("alias", "call")?;
    Some(Said {
        path: std::env::split_paths(&part("path", "found")?).collect(),
        found: part("found", "alias")?,
        aliases: aliases.lines().filter(|line| names_kubectl(line)).map(str::to_owned).collect(),
        answer: selftest::read(&part("call", "end")?, nonce),
    })
}

/// Whether an alias, as `alias` prints it, has kubectl for its name or among its words.
fn names_kubectl(line: &str) -> bool {
    line.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
        .any(|word| word == "kubectl" || word == "kubecolor")
}

/// The part of an alias that goes past PATH: an absolute path that ends in `/kubectl`.
pub fn absolute_kubectl(alias: &str) -> Option<&str> {
    alias
        .split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '=' | ';' | '|' | '&' | '(' | ')'))
        .find(|word| word.starts_with('/') && word.ends_with("/kubectl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_read_around_the_noise_of_start_up_files() {
        let text = format!(
            "hello\n\nN-path\n/s:/usr/bin\n\nN-found\n/s/kubectl\n\nN-alias\nalias k='kubectl'\nalias ll='ls'\n\nN-call\n\
             {SELFTEST} N 1.0 /x/guard-shim\n\nN-end\nbye\n"
        );
        let said = read(&text, "N").unwrap();
        assert_eq!(said.path, [PathBuf::from("/s"), PathBuf::from("/usr/bin")]);
        assert_eq!((said.found.as_str(), said.aliases.len()), ("/s/kubectl", 1));
        assert_eq!(said.answer.unwrap().path, "/x/guard-shim");
        assert_eq!(read("hello\n", "N"), None);
    }

    #[test]
    fn aliases_that_go_past_path() {
        assert_eq!(absolute_kubectl("alias k='/usr/bin/kubectl -n x'"), Some("/usr/bin/kubectl"));
        assert_eq!(absolute_kubectl("k=/opt/kubectl"), Some("/opt/kubectl"));
        assert_eq!(absolute_kubectl("alias k='kubectl'"), None);
        assert!(
            names_kubectl("alias kubectl=kubecolor")
                && names_kubectl("k=kubectl")
                && !names_kubectl("k=kubectlx")
        );
    }
}
