//! The code of `guard init` in the real shells, under their strictest modes: it must say nothing, put the shims first,
//! bring them back, and leave everything else as it was.

use guard::app::init::{Args, Shell, code};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Whether a program is there. Where it is not, the test says so and passes; in CI it has to be there.
pub(super) fn have(program: &str) -> bool {
    let found = whereis(program).is_some();
    if !found {
        // nu comes from a registry that may be out of reach; `tests/run` says so then.
        let must = std::env::var_os("CI").is_some() && program != "nu";
        assert!(!must, "{program} is missing; in CI nothing is skipped");
        eprintln!("SKIPPED: {program} is not installed");
    }
    found
}

pub(super) fn whereis(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// Every combination of options and of directories that are awkward to quote.
pub(super) fn matrix(shell: Shell) -> Vec<(String, Args)> {
    let mut all = Vec::new();
    for dir in ["/opt/shims", "/o p/it's $HOME `x`/\\n\"*"] {
        for no_prompt_hook in [false, true] {
            for no_completion in [false, true] {
                let args = Args { no_prompt_hook, no_completion, ..Args::of(shell) };
                all.push((dir.to_owned(), args));
            }
        }
    }
    all
}

pub(super) fn run(program: &str, options: &[&str], script: &str) -> Output {
    let mut command = Command::new(whereis(program).unwrap());
    command
        .args(options)
        .arg("-c")
        .arg(script)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent");
    command.output().unwrap()
}

/// The script ran, printed exactly this and nothing on standard error.
pub(super) fn prints(output: &Output, wanted: &str, what: &str) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((out.trim_end(), err.as_ref(), output.status.code()), (wanted, "", Some(0)), "{what}");
}

const BASH: &[&str] = &["--noprofile", "--norc", "-e", "-u", "-o", "pipefail"];
const ZSH: &[&str] = &["-f", "-e", "-u", "-o", "pipefail"];
const FISH: &[&str] = &["--no-config"];

#[test]
fn bash() {
    if !have("bash") {
        return;
    }
    for (dir, args) in matrix(Shell::Bash) {
        let what = format!("{dir} {args:?}");
        let code = code(&args, &dir).unwrap();
        // Twice: loading it again changes nothing.
        let path = format!("{code}\n{code}\nprintf '%s' \"$PATH\"");
        prints(&run("bash", BASH, &path), &format!("{dir}:/usr/bin:/bin"), &what);
        let back = format!("{code}\nPATH=\"/first:$PATH:/last\"\n__guard_path\nprintf '%s' \"$PATH\"");
        prints(&run("bash", BASH, &back), &format!("{dir}:/first:/usr/bin:/bin:/last"), &what);
        let status = format!("{code}\n(exit 7) || __guard_path || printf '%s' \"$?\"");
        prints(&run("bash", BASH, &status), "7", &what);
        let empty = format!("PATH=\n{code}\nprintf '%s' \"$PATH\"");
        prints(&run("bash", BASH, &empty), &dir, &what);
        let unset = format!("unset PATH\n{code}\nprintf '%s' \"$PATH\"");
        prints(&run("bash", BASH, &unset), &dir, &what);
        let hook = format!("PROMPT_COMMAND='echo mine;'\n{code}\n{code}\nprintf '%s' \"$PROMPT_COMMAND\"");
        let wanted = if args.no_prompt_hook {
            "echo mine;__guard_first"
        } else {
            "echo mine;__guard_first;__guard_path"
        };
        prints(&run("bash", BASH, &hook), wanted, &what);
        if !args.no_prompt_hook {
            let array =
                format!("PROMPT_COMMAND=('echo a' 'echo b')\n{code}\n{code}\ndeclare -p PROMPT_COMMAND");
            let wanted = "declare -a PROMPT_COMMAND=([0]=\"echo a\" [1]=\"echo b\" [2]=\"__guard_first\" [3]=\"__guard_path\")";
            prints(&run("bash", BASH, &array), wanted, &what);
            let none = format!(
                "unset PROMPT_COMMAND\n{code}\nPATH=\"/x:$PATH\"\neval \"$PROMPT_COMMAND\" 2>/dev/null\nprintf '%s' \"${{PATH%%:*}}\""
            );
            prints(&run("bash", BASH, &none), &dir, &what);
        }
    }
}

#[test]
fn aliases_of_the_user_do_not_reach_the_code() {
    if !have("bash") {
        return;
    }
    let args = Args::of(Shell::Bash);
    let aliases = "shopt -s expand_aliases\nfor a in builtin command local return export hash eval complete type declare; do \
                   alias \"$a=echo TAKEN\"; done\n";
    let script = format!("{aliases}{}\nprintf '%s' \"$PATH\"", code(&args, "/s").unwrap());
    prints(&run("bash", BASH, &script), "/s:/usr/bin:/bin", "aliases");
    let k = format!("shopt -s expand_aliases\nalias k=kubectl\n{}\nalias k", code(&args, "/s").unwrap());
    prints(&run("bash", BASH, &k), "alias k='kubectl'", "k stays");
}

#[test]
fn zsh() {
    if !have("zsh") {
        return;
    }
    for (dir, args) in matrix(Shell::Zsh) {
        let what = format!("{dir} {args:?}");
        let code = code(&args, &dir).unwrap();
        let path = format!("{code}\n{code}\nprint -rn -- \"$PATH\"");
        prints(&run("zsh", ZSH, &path), &format!("{dir}:/usr/bin:/bin"), &what);
        let back = format!("{code}\nPATH=\"/first:$PATH:/last\"\n__guard_path\nprint -rn -- \"$PATH\"");
        prints(&run("zsh", ZSH, &back), &format!("{dir}:/first:/usr/bin:/bin:/last"), &what);
        let status = format!("{code}\n(exit 7) || __guard_path || print -rn -- \"$?\"");
        prints(&run("zsh", ZSH, &status), "7", &what);
        // Options people set that change what the words of a script mean.
        let odd = format!(
            "setopt ksh_arrays sh_word_split no_unset glob_subst warn_create_global\n{code}\nprint -rn -- \"$PATH\""
        );
        prints(&run("zsh", ZSH, &odd), &format!("{dir}:/usr/bin:/bin"), &what);
        if !args.no_prompt_hook {
            let hooks = format!(
                "mine() {{ : }}\nprecmd_functions=(mine)\n{code}\n{code}\nprint -r -- $precmd_functions"
            );
            prints(&run("zsh", ZSH, &hooks), "mine __guard_first __guard_path", &what);
        }
        let status = Command::new("zsh").args(["-f", "-n", "-c", &code]).output().unwrap();
        assert!(status.status.success() && status.stderr.is_empty(), "{what}");
    }
}

#[test]
fn fish() {
    if !have("fish") {
        return;
    }
    for (dir, args) in matrix(Shell::Fish) {
        let what = format!("{dir} {args:?}");
        let code = code(&args, &dir).unwrap();
        let path = format!("{code}\n{code}\nstring join : $PATH");
        prints(&run("fish", FISH, &path), &format!("{dir}:/usr/bin:/bin"), &what);
        let back = format!("{code}\nset -gx PATH /first $PATH /last\n__guard_path\nstring join : $PATH");
        prints(&run("fish", FISH, &back), &format!("{dir}:/first:/usr/bin:/bin:/last"), &what);
        let status = format!("{code}\nfalse\n__guard_path\necho $status");
        prints(&run("fish", FISH, &status), "1", &what);
        if !args.no_prompt_hook {
            let event = format!(
                "{code}\nemit fish_prompt\nset -gx PATH /first $PATH\nemit fish_prompt\necho $PATH[1]"
            );
            prints(&run("fish", FISH, &event), &dir, &what);
        }
    }
}

/// The code that takes guard out of one shell again.
pub(super) fn off(shell: Shell, dir: &str) -> String {
    code(&Args { off: true, ..Args::of(shell) }, dir).unwrap()
}

#[test]
fn one_shell_is_switched_off_and_stays_off_at_the_next_prompt() {
    for (dir, args) in matrix(Shell::Bash).into_iter().filter(|_| have("bash")) {
        let on = code(&args, &dir).unwrap();
        for hooks in ["", "PROMPT_COMMAND='true;'\n", "PROMPT_COMMAND=('true' 'true')\n"] {
            let prompt = "for one in \"${PROMPT_COMMAND[@]-}\"; do eval \"$one\"; done";
            let script =
                format!("{hooks}{on}\n{}\n{prompt}\n{prompt}\nprintf '%s' \"$PATH\"", off(Shell::Bash, &dir));
            prints(&run("bash", BASH, &script), "/usr/bin:/bin", &format!("{hooks} {dir} {args:?}"));
        }
    }
    for (dir, args) in matrix(Shell::Zsh).into_iter().filter(|_| have("zsh")) {
        let on = code(&args, &dir).unwrap();
        let prompt = "for one in $precmd_functions; do $one; done";
        let script = format!("{on}\n{}\n{prompt}\nprint -rn -- \"$PATH\"", off(Shell::Zsh, &dir));
        prints(&run("zsh", ZSH, &script), "/usr/bin:/bin", &format!("{dir} {args:?}"));
    }
    for (dir, args) in matrix(Shell::Fish).into_iter().filter(|_| have("fish")) {
        let on = code(&args, &dir).unwrap();
        let script = format!("{on}\n{}\nemit fish_prompt\nstring join : $PATH", off(Shell::Fish, &dir));
        prints(&run("fish", FISH, &script), "/usr/bin:/bin", &format!("{dir} {args:?}"));
    }
}

#[test]
fn linters_find_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let write = |shell, name: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, code(&Args::of(shell), "/opt/the shims").unwrap()).unwrap();
        path
    };
    let clean = |program: &str, options: &[&str], file: &Path| {
        let output = Command::new(program).args(options).arg(file).output().unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program}:\n{said}");
    };
    let write_off = |shell, name: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, off(shell, "/opt/the shims")).unwrap();
        path
    };
    if have("shellcheck") {
        clean("shellcheck", &["--shell=bash", "--enable=all"], &write(Shell::Bash, "guard.bash"));
        clean("shellcheck", &["--shell=bash", "--enable=all"], &write_off(Shell::Bash, "off.bash"));
        // In sh, braces around every variable are a matter of taste.
        let options = ["--shell=sh", "--enable=all", "--exclude=SC2250"];
        clean("shellcheck", &options, &write(Shell::Sh, "guard.sh"));
        clean("shellcheck", &options, &write_off(Shell::Sh, "off.sh"));
    }
    if have("fish_indent") {
        clean("fish_indent", &["--check"], &write_off(Shell::Fish, "off.fish"));
        clean("fish_indent", &["--check"], &write(Shell::Fish, "guard.fish"));
    }
    if have("nu") {
        let completions = Command::new(env!("CARGO_BIN_EXE_guard")).args(["completions", "nu"]).output();
        std::fs::write(dir.path().join("complete.nu"), completions.unwrap().stdout).unwrap();
        let bare =
            [write(Shell::Nu, "guard.nu"), write_off(Shell::Nu, "off.nu"), dir.path().join("complete.nu")];
        for file in bare {
            let output = Command::new("nu").args(["--ide-check", "10"]).arg(&file).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success() && !said.contains("\"diagnostic\""), "{said}");
        }
    }
}
