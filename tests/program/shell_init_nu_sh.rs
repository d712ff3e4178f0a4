//! The code of `guard init` for nu and for every POSIX shell, in the real ones.

use super::shell_init::{have, matrix, off, prints, run};
use guard::app::init::{Shell, code};
use std::process::Command;

/// How each POSIX shell is started, in its strictest modes.
const SH: &[(&str, &[&str])] = &[
    ("dash", &["-e", "-u"]),
    ("busybox", &["sh", "-e", "-u"]),
    ("mksh", &["-e", "-u"]),
    ("bash", &["--posix", "--norc", "-e", "-u"]),
    ("zsh", &["--emulate", "sh", "-f", "-e", "-u"]),
];

#[test]
fn sh() {
    for (program, options) in SH.iter().filter(|(program, _)| have(program)) {
        for (dir, args) in matrix(Shell::Sh) {
            let what = format!("{program} {dir} {args:?}");
            let code = code(&args, &dir).unwrap();
            for (path, wanted) in [
                ("PATH=/usr/bin:/bin", format!("{dir}:/usr/bin:/bin")),
                ("PATH=/usr/bin:", format!("{dir}:/usr/bin:")),
                ("PATH=:/usr/bin", format!("{dir}::/usr/bin")),
                ("PATH='/a b:/c\"d:/usr/bin'", format!("{dir}:/a b:/c\"d:/usr/bin")),
                ("PATH=", dir.clone()),
                ("unset PATH", dir.clone()),
            ] {
                let script = format!("{path}\n{code}\n{code}\n/usr/bin/printf '%s' \"$PATH\"");
                prints(&run(program, options, &script), &wanted, &format!("{what} {path}"));
            }
            let back = format!("{code}\nPATH=\"/first:$PATH:/last\"\n{code}\n/usr/bin/printf '%s' \"$PATH\"");
            prints(&run(program, options, &back), &format!("{dir}:/first:/usr/bin:/bin:/last"), &what);
            let off = off(Shell::Sh, &dir);
            let gone = format!("{code}\n{off}\n{off}\n/usr/bin/printf '%s' \"$PATH\"");
            prints(&run(program, options, &gone), "/usr/bin:/bin", &what);
            let all = format!("{code}\n{off}\nPATH=\n{off}\n/usr/bin/printf '%s' \"$PATH\"");
            prints(&run(program, options, &all), "", &what);
        }
        let mine =
            "unset HOME\nalias set='echo TAKEN' unset='echo TAKEN' export='echo TAKEN' true='echo TAKEN'\n";
        let aliases = format!(
            "{mine}{}\n/usr/bin/printf '%s' \"$PATH\"",
            code(&guard::app::init::Args::of(Shell::Sh), "/s").unwrap()
        );
        prints(&run(program, options, &aliases), "/s:/usr/bin:/bin", program);
    }
}

/// A tool that was run before is looked for again: the shell forgets where it was.
#[test]
fn sh_forgets_where_tools_were() {
    let dir = tempfile::tempdir().unwrap();
    for (name, says) in [("one", "real"), ("two", "guarded")] {
        let tool = dir.path().join(name).join("kubectl");
        std::fs::create_dir(tool.parent().unwrap()).unwrap();
        std::fs::write(dir.path().join("text"), format!("#!/bin/sh\necho {says}\n")).unwrap();
        let mut install = Command::new("install");
        install.args(["-m", "755"]).arg(dir.path().join("text")).arg(&tool);
        assert!(install.status().unwrap().success());
    }
    let shims = dir.path().join("two").display().to_string();
    let code = code(&guard::app::init::Args::of(Shell::Sh), &shims).unwrap();
    let script = format!("PATH='{}/one':$PATH\nkubectl\n{code}\nkubectl", dir.path().display());
    for (program, options) in SH.iter().filter(|(program, _)| have(program)) {
        prints(&run(program, options, &script), "real\nguarded", program);
    }
}

const NU: &[&str] = &["--no-config-file"];

#[test]
fn nu() {
    if !have("nu") {
        return;
    }
    let show = "print ($env.PATH | str join ':')";
    for (dir, args) in matrix(Shell::Nu) {
        let what = format!("{dir} {args:?}");
        let code = code(&args, &dir).unwrap();
        let off = off(Shell::Nu, &dir);
        // Each case is an evaluation of its own: a start of nu costs more than all of them.
        let mut script = String::new();
        let mut wanted = Vec::new();
        for (path, then) in [
            ("[/usr/bin /bin]", format!("{dir}:/usr/bin:/bin")),
            ("'/usr/bin:/bin'", format!("{dir}:/usr/bin:/bin")),
            ("['/a b' '/c\"d' /usr/bin '']", format!("{dir}:/a b:/c\"d:/usr/bin:")),
            ("['']", dir.clone()),
            ("[]", dir.clone()),
        ] {
            script.push_str(&format!("$env.PATH = {path}\n{code}\n{code}\n{show}\n"));
            wanted.push(then);
        }
        script.push_str(&format!("hide-env PATH\n{code}\n{show}\n"));
        wanted.push(dir.clone());
        script.push_str(&format!("$env.PATH = [/first ...$env.PATH /last]\n{code}\n{show}\n"));
        wanted.push(format!("{dir}:/first:/last"));
        let hooks = "print ($env.config.hooks | select pre_prompt pre_execution | values | each { length } | to nuon)";
        script.push_str(&format!(
            "$env.config.hooks.pre_prompt ++= [{{|| 1 }} '1']\n{code}\n{code}\n{hooks}\n"
        ));
        wanted.push(if args.no_prompt_hook { "[2, 0]" } else { "[3, 1]" }.to_owned());
        script.push_str(&format!("{off}\n{off}\n{show}\n{hooks}\n"));
        wanted.extend(["/first:/last".to_owned(), "[2, 0]".to_owned()]);
        prints(&run("nu", NU, &script), &wanted.join("\n"), &what);
    }
}
