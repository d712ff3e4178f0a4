//! Repositories of backup tools as the scripts here use them: where, as whom, and with which password. A password that a command
//! would have to give stays unknown, for no command of a script is ever run; but where that command only shows a file, the file
//! is read.

use super::Look;
use super::runners::Runner;
use super::tool::{self, Account};
use crate::engine::backup::script::shell::{self, Command, Values};
use crate::engine::backup::script::steps::{through, value};
use crate::engine::fact::Why;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// So many repositories of one tool are read.
pub const REPOSITORIES: usize = 4;
/// No password and no name of a repository is longer.
const LARGEST: u64 = 4 << 10;

/// One command of a script that runs a backup tool.
pub struct Use<'a> {
    /// The runner it is of.
    pub runner: &'a Runner,
    /// The words behind the program.
    pub words: Vec<String>,
    /// Variables set for it alone.
    own: Vec<(String, String)>,
    /// It runs somewhere else.
    pub through: Option<&'static str>,
}

/// Every command of these runners that runs this program.
pub fn uses<'a>(runners: &'a [Runner], program: &str) -> Vec<Use<'a>> {
    let mut found = Vec::new();
    for runner in runners {
        let mut values: Values = runner.variables.iter().cloned().collect();
        for command in shell::commands(&runner.texts.join("\n"), &mut values) {
            let Some(at) = command.words.iter().position(|word| word.rsplit('/').next() == Some(program))
            else {
                continue;
            };
            let Command { words, own, outer, .. } = command;
            let before: Vec<&str> = outer.iter().chain(words.iter().take(at)).map(String::as_str).collect();
            let through = through(&before);
            let told = |(name, value): (String, String)| match shell::file_of(&value) {
                Some(file) => (name, format!("$(cat {file})")),
                None => (name, value),
            };
            let own = own.into_iter().map(told).collect();
            found.push(Use { runner, words: words.into_iter().skip(at + 1).collect(), own, through });
        }
    }
    found
}

impl Use<'_> {
    /// The value of an option.
    pub fn option(&self, flags: &[&str]) -> Option<String> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        value(&words, flags).filter(|value| !value.is_empty())
    }

    /// The value of a variable, where it is known.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let all = self.own.iter().rev().chain(&self.runner.variables);
        all.into_iter()
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.as_str())
            .filter(|v| !v.is_empty() && shell::is_plain(v))
    }

    /// Variables whose names begin so and whose values are plain; never one that holds a command.
    pub fn variables(&self, prefixes: &[&str]) -> Vec<(String, String)> {
        let all = self.runner.variables.iter().chain(&self.own);
        let wanted = |name: &str| {
            prefixes.iter().any(|prefix| name.starts_with(prefix))
                && !name.ends_with("COMMAND")
                && !name.ends_with("_FD")
        };
        all.filter(|(name, value)| wanted(name) && shell::is_plain(value) && !value.starts_with("$("))
            .cloned()
            .collect()
    }

    /// As whom it runs, and as whom its repository is asked: where guard is not root, as whoever asks.
    ///
    /// # Errors
    /// There is no such account.
    pub fn account(&self, look: &Look<'_>) -> Result<Account, Why> {
        let accounts = tool::accounts(look.root);
        let own = rustix::process::geteuid();
        let name = self.runner.user.as_deref().unwrap_or("root");
        let by_number = name.parse::<u32>().ok();
        let found = accounts.into_iter().find(|account| match own.is_root() {
            true => account.name == name || by_number == Some(account.uid),
            false => account.uid == own.as_raw(),
        });
        found.ok_or_else(|| Why::Failed(format!("there is no user {name}")))
    }
}

/// The first line of a file that holds a secret or a name, as long as it is the account's own or root is asked: nobody is told
/// through its script what only others may read.
///
/// # Errors
/// It could not be read.
pub fn first_line(look: &Look<'_>, path: &str, account: &Account) -> Result<String, Why> {
    let path = crate::family::machine::links::below(look.root, Path::new(path));
    let Some((text, meta)) = tool::read_with_owner(&path, LARGEST)? else {
        return Err(Why::Failed(format!("{}: there is no such file", path.display())));
    };
    if account.uid != 0 && meta.uid() != account.uid {
        return Err(Why::Forbidden);
    }
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// The file that a command only shows: `cat FILE`, also as `$(cat FILE)`.
pub fn shown_file(command: &str) -> Option<&str> {
    let command = command.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(command);
    let mut words = command.split_whitespace();
    let (cat, file, rest) = (words.next()?, words.next()?, words.next());
    let is_cat = ["cat", "/bin/cat", "/usr/bin/cat"].contains(&cat);
    let plain = !file.contains([';', '|', '&', '$', '`', '>', '<']);
    (is_cat && rest.is_none() && file.starts_with('/') && plain).then_some(file)
}

#[cfg(test)]
pub mod tests {
    use super::super::runners::{How, Last};
    use super::*;
    use crate::engine::backup::script::{Words, look};
    use crate::world::World;
    use std::time::Instant;

    /// A runner with this script.
    pub fn runner(text: &str, variables: &[(&str, &str)]) -> Runner {
        let words = Words { names: vec!["x-backup".into()], texts: vec![text.into()], ..Words::default() };
        Runner {
            name: "x-backup.timer".into(),
            how: How::Timer,
            looks: look(&words).unwrap(),
            variables: variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            user: None,
            texts: vec![text.into()],
            last: Last::Never,
        }
    }

    #[test]
    fn commands_of_a_tool() {
        let runners = [
            runner(
                "A=1 restic -r /srv/r backup /etc",
                &[("A", "0"), ("AWS_X", "y"), ("AWS_COMMAND", "rm"), ("AWS_Z", "$(cat /z)")],
            ),
            runner("docker exec x restic backup /etc", &[]),
            runner("pg_dump shop", &[]),
        ];
        let all = uses(&runners, "restic");
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].option(&["-r"]).as_deref(), all[0].variable("A")), (Some("/srv/r"), Some("1")));
        assert_eq!(all[0].variables(&["AWS_"]), [("AWS_X".to_owned(), "y".to_owned())]);
        assert_eq!((all[0].through, all[1].through), (None, Some("docker exec")));
    }

    #[test]
    fn files_that_are_only_shown() {
        for (command, want) in [
            ("cat /root/p", Some("/root/p")),
            ("$(cat /root/p)", Some("/root/p")),
            ("/bin/cat /root/p", Some("/root/p")),
            ("cat /root/p /x", None),
            ("cat p", None),
            ("pass show x", None),
            ("cat /x;rm /y", None),
        ] {
            let got = shown_file(command);
            assert_eq!(got, want, "{command}");
        }
    }

    #[test]
    fn nobody_reads_what_is_somebody_elses() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("p"), "secret\nx\n").unwrap();
        let world = World::of(&[], "/");
        let look = Look { root: dir.path(), world: &world, until: Instant::now(), now: 0 };
        let of = |uid| Account { name: "x".into(), uid, gid: 0, home: "/".into() };
        let own = rustix::process::geteuid().as_raw();
        assert_eq!(first_line(&look, "/p", &of(own)).as_deref(), Ok("secret"));
        assert_eq!(first_line(&look, "/p", &of(own + 4321)), Err(Why::Forbidden));
        assert!(first_line(&look, "/q", &of(own)).is_err());
    }
}
