//! What a shell of the user's makes of the tools' names, asked of the shell itself with its own start-up files.

use super::ask::{Ended, ask};
use super::selftest::{self, Answer};
use crate::run::shim::SELFTEST;
use crate::world::World;
use std::ffi::OsString;
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
    /// The aliases that name one of the tools, as the shell prints them.
    pub aliases: Vec<String>,
    /// What it makes of each tool, in the order asked.
    pub tools: Vec<Heard>,
    /// Whether `guard` itself is found there: the line of `guard init` needs it.
    pub knows_guard: bool,
}

/// What a shell makes of one tool's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What `command -v` gives: a path, the name of a function, an alias.
    pub found: String,
    /// Guard's answer when the tool was called there.
    pub answer: Option<Answer>,
}

/// The parts of the question, in their order; each begins with a line nobody else prints.
fn parts(tools: &[&str]) -> Vec<String> {
    let mut parts = vec!["path".to_owned()];
    parts.extend(tools.iter().map(|tool| format!("found-{tool}")));
    parts.push("found-guard".to_owned());
    parts.push("alias".to_owned());
    parts.extend(tools.iter().map(|tool| format!("call-{tool}")));
    parts.push("end".to_owned());
    parts
}

/// Whether there are words to ask this shell. Names of tools are guard's own and need no quotes.
fn question(shell: &Path, nonce: &str, tools: &[&str]) -> Option<String> {
    let name = shell.file_name()?.to_str()?;
    let (path, rest) = match name {
        "bash" | "zsh" | "sh" | "dash" | "ash" | "ksh" | "ksh93" | "mksh" => ("printf '%s\\n' \"$PATH\"", ""),
        "fish" => ("string join : $PATH", "; true"),
        "nu" => return Some(question_in_nu(nonce, tools)),
        _ => return None,
    };
    // Nobody types before the first prompt, and what guard does there is done by then.
    let mut text = match name {
        "bash" => "case \"${PROMPT_COMMAND[*]-}\" in *__guard_path*) __guard_path;; esac; ",
        "zsh" => "case \" ${precmd_functions[*]-} \" in *' __guard_path '*) __guard_path;; esac; ",
        "fish" => "functions -q __guard_prompt; and __guard_prompt; ",
        _ => "",
    }
    .to_owned();
    for part in parts(tools) {
        // Start-up files may print anything, so each part begins with a line of its own.
        text.push_str(&format!("printf '\\n%s\\n' {nonce}-{part}"));
        text.push_str(&match part.split_once('-') {
            None if part == "path" => format!("; {path}; "),
            None if part == "alias" => "; alias; ".to_owned(),
            Some(("found", tool)) => format!("; command -v {tool}; "),
            Some((_, tool)) => format!("; {tool} {SELFTEST} {nonce} 2>/dev/null; "),
            None => rest.to_owned(),
        });
    }
    Some(text)
}

/// The same in nu's words.
fn question_in_nu(nonce: &str, tools: &[&str]) -> String {
    let mut text = BEFORE_NUS_PROMPT.to_owned();
    for part in parts(tools) {
        text.push_str(&format!("print \"\\n{nonce}-{part}\"\n"));
        text.push_str(&match part.split_once('-') {
            None if part == "path" => "print ($env.PATH | str join (char esep))\n".to_owned(),
            None if part == "alias" => {
                "print (scope aliases | each {|a| $\"alias ($a.name)='($a.expansion)'\" } | str join \"\\n\")\n".to_owned()
            }
            // The path of a command that nu has itself is the file it is written in.
            Some(("found", tool)) => {
                format!("print (which {tool} | each {{|w| if $w.type == 'external' {{ $w.path }} else {{ $w.command }} }} | get 0? | default '')\n")
            }
            // Bare, a number like 5b2b is the beginning of a size in bytes.
            Some((_, tool)) => format!("try {{ {tool} {SELFTEST} '{nonce}' }}\n"),
            None => String::new(),
        });
    }
    // With no terminal there is no first prompt to go on to.
    text.push_str("exit\n");
    text
}

/// Hooks of guard's are run as nu does before the first prompt. Text among them can be evaluated nowhere else but in another nu,
/// which tells what `PATH` is then.
const BEFORE_NUS_PROMPT: &str = "\
let guards = ($env.config.hooks.pre_prompt | where {|hook| try { '__guard_path' in $hook } catch { false }})
for hook in $guards {
    if ($hook | describe) == 'string' {
        try { $env.PATH = (^$nu.current-exe -n -c ($hook ++ \"\\nprint ($env.PATH | to nuon)\") | from nuon) }
    } else {
        do --env $hook.code
    }
}
";

/// Asks a shell. `Err` says why it did not answer.
pub fn inspect(
    world: &World,
    shell: &Path,
    start: Start,
    tools: &[&str],
    patience: Duration,
) -> Result<Said, String> {
    let nonce = selftest::nonce();
    let Some(question) = question(shell, &nonce, tools) else {
        return Err("guard knows no words to ask this shell".to_owned());
    };
    let mut command = Command::new(shell);
    command.env_clear().envs(session(world));
    let is_nu = shell.ends_with("nu");
    match start {
        // What is told with -c is run before nu reads all its files, and nu finds no words behind a script.
        Start::Login if is_nu => command.args(["-l", "-e", &question]),
        Start::Interactive if is_nu => command.env(QUESTION, &question).args([
            "-l",
            "-c",
            &format!("exec $nu.current-exe -e $env.{QUESTION}"),
        ]),
        Start::Login => command.args(["-l", "-i", "-c", &question]),
        // A window's shell inherits what the session's login shell made of the environment, and nothing of this one.
        Start::Interactive => {
            let is_fish = shell.ends_with("fish");
            let become_it = if is_fish { "exec $argv[1] -i -c $argv[2]" } else { "exec \"$0\" -i -c \"$1\"" };
            command.args(["-l", "-c", become_it]).arg(shell).arg(&question)
        }
    };
    let (output, ended) = ask(command, patience);
    read(&output, &nonce, tools).ok_or_else(|| match ended {
        Ended::TimedOut => format!("no answer within {} s", patience.as_secs()),
        Ended::NotStarted(why) => format!("it could not be started: {why}"),
        Ended::Itself(_) => "its start-up files end it before it answers".to_owned(),
    })
}

/// The variable in which one nu hands the question to the next.
const QUESTION: &str = "__GUARD_QUESTION";

/// Variables that a login sets for whoever logs in.
const OF_A_LOGIN: [&str; 6] = ["HOME", "USER", "LOGNAME", "SHELL", "LANG", "XDG_RUNTIME_DIR"];

/// The environment a login starts from: who it is, and the `PATH` of the system.
fn session(world: &World) -> Vec<(&'static str, OsString)> {
    let own = OF_A_LOGIN.iter().filter_map(|name| Some((*name, world.set_var(name)?.to_owned())));
    let mut all: Vec<(&'static str, OsString)> = own.collect();
    // A prompt framework must not think there is a terminal to draw on.
    all.push(("TERM", "dumb".into()));
    all.push(("PATH", system_path(world).into()));
    all
}

/// What `PATH` is at login: pam_env's file, else login(1)'s, else what shells are built with.
fn system_path(world: &World) -> String {
    let is_root = rustix::process::geteuid().is_root();
    let read = |path: &str| std::fs::read_to_string(world.absolute(path)).unwrap_or_default();
    let environment = read("/etc/environment");
    let from_pam = environment.lines().filter_map(|line| line.trim().strip_prefix("PATH=")).next_back();
    if let Some(path) = from_pam {
        return path.trim_matches('"').to_owned();
    }
    let key = if is_root { "ENV_SUPATH" } else { "ENV_PATH" };
    let definitions = read("/etc/login.defs");
    let by_login = definitions.lines().filter_map(|line| line.trim().strip_prefix(key)).next_back();
    if let Some(path) = by_login.map(|value| value.trim()).filter(|value| !value.is_empty()) {
        return path.strip_prefix("PATH=").unwrap_or(path).to_owned();
    }
    let sbin = if is_root { "/usr/local/sbin:/usr/sbin:/sbin:" } else { "" };
    format!("{sbin}/usr/local/bin:/usr/bin:/bin")
}

fn read(output: &str, nonce: &str, tools: &[&str]) -> Option<Said> {
    let parts = parts(tools);
    let part = |name: &str| {
        let at = parts.iter().position(|part| part == name)?;
        let (_, rest) = output.split_once(&format!("{nonce}-{name}\n"))?;
        let (text, _) = rest.split_once(&format!("\n{nonce}-{}\n", parts.get(at + 1)?))?;
        Some(text.trim_matches('\n').to_owned())
    };
    let heard = |tool: &&str| {
        let answer = selftest::read(&part(&format!("call-{tool}"))?, nonce);
        Some(Heard { found: part(&format!("found-{tool}"))?, answer })
    };
    Some(Said {
        path: std::env::split_paths(&part("path")?).collect(),
        aliases: part("alias")?.lines().filter(|line| names_one(line, tools)).map(str::to_owned).collect(),
        tools: tools.iter().map(heard).collect::<Option<_>>()?,
        knows_guard: !part("found-guard")?.is_empty(),
    })
}

/// Whether an alias, as `alias` prints it, has one of the tools for its name or among its words.
fn names_one(line: &str, tools: &[&str]) -> bool {
    line.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
        .any(|word| tools.contains(&word) || word == "kubecolor")
}

/// The part of an alias that goes past PATH: an absolute path that ends in one of the tools' names, and that name.
pub fn absolute<'a>(alias: &'a str, tools: &[&'a str]) -> Option<(&'a str, &'a str)> {
    alias
        .split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '=' | ';' | '|' | '&' | '(' | ')'))
        .filter(|word| word.starts_with('/'))
        .find_map(|word| {
            let name = word.rsplit('/').next()?;
            tools.contains(&name).then_some((word, name))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_read_around_the_noise_of_start_up_files() {
        let text = format!(
            "hello\n\nN-path\n/s:/usr/bin\n\nN-found-kubectl\n/s/kubectl\n\nN-found-aws\n\nN-found-guard\n/x/guard\n\nN-alias\nalias k='kubectl'\n\
             alias ll='ls'\n\nN-call-kubectl\n{SELFTEST} N 1.0 /x/guard-shim\n\nN-call-aws\nusage\n\nN-end\nbye\n"
        );
        let said = read(&text, "N", &["kubectl", "aws"]).unwrap();
        assert_eq!(said.path, [PathBuf::from("/s"), PathBuf::from("/usr/bin")]);
        assert_eq!((said.tools[0].found.as_str(), said.aliases.len()), ("/s/kubectl", 1));
        assert_eq!(said.tools[0].answer.as_ref().unwrap().path, "/x/guard-shim");
        assert_eq!(said.tools[1], Heard::default());
        assert!(said.knows_guard);
        assert_eq!(read("hello\n", "N", &["kubectl"]), None);
    }

    #[test]
    fn a_login_starts_from_the_systems_path() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("etc")).unwrap();
        let world =
            World::of(&[("PATH", "/mine"), ("HOME", "/h"), ("AWS_PROFILE", "x")], "/").with_root(dir.path());
        assert!(system_path(&world).ends_with("/usr/local/bin:/usr/bin:/bin"));
        let own = "ENV_SUPATH\tPATH=/l:/sbin\nENV_PATH PATH=/l\n";
        std::fs::write(dir.path().join("etc/login.defs"), own).unwrap();
        assert!(system_path(&world).starts_with("/l"));
        std::fs::write(dir.path().join("etc/environment"), "# x\nPATH=\"/pam:/bin\"\n").unwrap();
        assert_eq!(system_path(&world), "/pam:/bin");
        let names: Vec<&str> = session(&world).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["HOME", "TERM", "PATH"]);
    }

    #[test]
    fn aliases_that_go_past_path() {
        let tools = ["kubectl", "aws"];
        let past = |alias| absolute(alias, &tools).map(|(path, _)| path);
        assert_eq!(past("alias k='/usr/bin/kubectl -n x'"), Some("/usr/bin/kubectl"));
        assert_eq!(past("k=/opt/kubectl"), Some("/opt/kubectl"));
        assert_eq!(past("alias awsp='/usr/local/bin/aws --profile prod'"), Some("/usr/local/bin/aws"));
        assert_eq!(past("alias k='kubectl'"), None);
        assert!(names_one("alias kubectl=kubecolor", &tools) && names_one("k=kubectl", &tools));
        assert!(!names_one("k=kubectlx", &tools) && !names_one("k=kubectl", &["aws"]));
    }
}
