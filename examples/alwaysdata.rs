//! The alwaysdata incident of 2011, replayed on a real Debian: `apt-get purge postgresql-client-…` was meant for a
//! package of client tools, and took the running server and every customer's database with it.
//!
//! ```text
//! sudo tests/run apt                               # once: builds the Debian, with a PostgreSQL and its data
//! cargo build --example alwaysdata && sudo target/debug/examples/alwaysdata
//! ```
//! Nothing of this machine is touched: everything happens in copies of that Debian, in memory, which end with this
//! program. It plays two parts, told apart by how it is called: the story; and guard itself (called as `apt-get` and
//! `guard`, inside).

#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test support: the tests use the rest, and its failure is theirs"
)]
#[path = "../tests/support"]
mod support {
    pub mod chroot;
    pub mod ended;
    pub mod pty;
}
#[path = "telling/mod.rs"]
mod telling;

use std::process::ExitCode;
use support::chroot::{Release, Root};
use support::pty::Pty;
use telling::{Outcome, holds, row, say, shown};

const PURGE: &str = "apt-get purge postgresql-client-15";
/// The same line of a script.
const SCRIPTED: &str = "DEBIAN_FRONTEND=noninteractive apt-get -y purge postgresql-client-15";
/// What somebody thought to be a backup: the definitions without the data.
const NIGHTLY: &str =
    "#!/bin/sh\nsu postgres -c 'pg_dump --schema-only prod' >/var/backups/postgresql/prod.sql\n";
const DATA: &str = "/var/lib/postgresql/15/main";

fn main() -> ExitCode {
    if telling::is_called(&["apt-get", "guard"]) {
        return guard::app::main();
    }
    telling::end("alwaysdata", story())
}

fn story() -> Outcome<ExitCode> {
    let Some(bare) = server(false)? else {
        say("This story needs root and a Debian to take packages from: `sudo tests/run apt` builds it.")?;
        return Ok(ExitCode::SUCCESS);
    };
    say("db1 runs PostgreSQL with the database `prod`; in it a table of 120000 customers.")?;
    say(&format!("\n1. As it was: without guard, in a copy of its own.\n\nroot@db1:~# {SCRIPTED}"))?;
    let out = bare.run(SCRIPTED);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    for line in
        said.lines().filter(|l| ["Removing p", "Purging", "Dropping"].iter().any(|w| l.starts_with(w)))
    {
        say(line)?;
    }
    say("")?;
    holds("one package was named, the server went as well", !bare.in_state("ii", &["postgresql-15"]))?;
    holds("and the data with it", !bare.has(DATA))?;
    drop(bare);

    let Some(db1) = server(true)? else { return Err("the second copy cannot be had".into()) };
    say(&format!("\n2. With guard in front of apt-get.\n\nroot@db1:~# {PURGE}"))?;
    let mut terminal = asked(&db1);
    let screen = terminal.expect("tries: ");
    shown(&screen)?;
    terminal.send("db1\n");
    shown(&terminal.expect(">: "))?;
    terminal.send("\x04");
    let code = ended(&mut terminal, ">: ")?;
    let backup = row(&screen, "backup");
    holds("the question said that there is no backup", backup.starts_with("backup NONE FOUND in: dumps, "))?;
    holds("the name of the machine alone did not open the door", code == 77)?;
    holds("the server answers", db1.customers() == Some(120_000))?;

    say("\n3. The same line in a script, where nobody can be asked.\n")?;
    for (confirm, claim) in [
        ("", "without a terminal it is refused"),
        ("GUARD_CONFIRM=db1 ", "a confirmation of less than what is lost does not count"),
    ] {
        let line = format!("{confirm}{SCRIPTED}");
        say(&format!("root@db1:~# {line} </dev/null"))?;
        let out = db1.run(&line);
        shown(&String::from_utf8_lossy(&out.stderr))?;
        holds(claim, out.status.code() == Some(77) && db1.customers() == Some(120_000))?;
    }

    say(&format!(
        "\n4. Had there been a dump every night.\n\nroot@db1:~# cat /etc/cron.daily/dump\n{NIGHTLY}"
    ))?;
    db1.ok("install -d -o postgres /var/backups/postgresql");
    db1.write("/etc/cron.daily/dump", NIGHTLY);
    db1.ok("chmod +x /etc/cron.daily/dump && cd / && /etc/cron.daily/dump");
    say(&format!("root@db1:~# {PURGE}"))?;
    let mut terminal = asked(&db1);
    let screen = terminal.expect("tries: ");
    shown(&screen)?;
    terminal.send("\x04");
    let code = ended(&mut terminal, "tries: ")?;
    let backup = row(&screen, "backup");
    holds("the question said that it holds no table", backup.contains("EMPTY: 0 of 1 table "))?;
    holds("and nothing went", code == 77 && db1.customers() == Some(120_000))?;

    say("\n5. What takes nothing away is nobody's question.\n")?;
    let line = "apt-get -y --reinstall install less";
    say(&format!("root@db1:~# {line}"))?;
    let out = db1.run(line);
    holds("it ran", out.status.success() && !String::from_utf8_lossy(&out.stderr).contains("guard"))?;
    holds("the server answers", db1.customers() == Some(120_000))?;
    Ok(ExitCode::SUCCESS)
}

/// A copy of the machine with its database running; with guard in front of apt-get or not.
fn server(guarded: bool) -> Outcome<Option<Root>> {
    let own = std::env::current_exe()?;
    let binds: &[_] = &[(own, "/usr/local/bin/guard")];
    let Some(root) = Root::enter(Release::Twelve, false, binds, "alwaysdata") else { return Ok(None) };
    if guarded {
        root.ok("ln -s /usr/local/bin/guard /usr/local/sbin/apt-get");
    }
    root.start("postgres");
    Ok(Some(root))
}

/// The purge on a terminal, with guard's question on it.
fn asked(db1: &Root) -> Pty {
    // The session that the terminal belongs to has to be one of inside, or no process there is in its foreground.
    let mut command = db1.command(&["setsid", "--ctty", "/bin/sh", "-c", PURGE]);
    command.envs(telling::colours());
    Pty::spawn(command, 80)
}

/// Waits for the end, shows what came after the last question, and gives the exit code.
fn ended(terminal: &mut Pty, question: &str) -> Outcome<i32> {
    let code = terminal.code();
    shown(terminal.output().rsplit(question).next().unwrap_or_default())?;
    say(&format!("root@db1:~# echo $?\n{code}\n"))?;
    Ok(code)
}
