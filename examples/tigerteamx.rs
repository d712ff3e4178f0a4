//! The Tiger Team X incident of 2022, replayed on a real Docker daemon: a second PostgreSQL was started on the data directory of the first
//! one, both wrote, and the backups turned out to be dumps of an empty database.
//!
//! ```text
//! sudo tests/run docker                            # once: fetches the daemon and the images
//! cargo build --example tigerteamx && sudo target/debug/examples/tigerteamx
//! ```
//! Nothing of this machine is touched: the daemon, its containers and their data live in a directory that ends with this program, and
//! what is written to /var/backups is seen by guard alone. It plays two parts, told apart by how it is called: the story; and guard
//! itself (called as `docker` and `guard`).

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
    pub mod cluster;
    pub mod docker;
    pub mod ended;
    pub mod pty;
}
#[path = "telling/mod.rs"]
mod telling;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use support::docker::Daemon;
use support::pty::Pty;
use telling::{Outcome, holds, row, say, shown};

const DATA: &str = "/var/lib/postgresql/data";
/// What somebody typed.
const SECOND: &str = "docker run -d --name wiki_db_new -v wiki:/var/lib/postgresql/data postgres:15";

fn main() -> ExitCode {
    if telling::is_called(&["docker", "guard"]) {
        return guard::app::main();
    }
    telling::end("tigerteamx", story())
}

/// A home with guard in front of docker.
struct Home {
    dir: PathBuf,
    daemon: Daemon,
}

impl Home {
    /// A command line, with guard in front of docker, which sees a `/var/backups` of its own.
    fn command(&self, line: &str) -> Command {
        let mut command = Command::new("unshare");
        let mounts = format!(
            "mount --bind {0}/backups /var/backups && exec setsid -w --ctty sh -c \"$1\"",
            self.dir.display()
        );
        let mounts = if line.ends_with("</dev/null") {
            mounts.replace("--ctty", "").replace("setsid -w ", "setsid -w")
        } else {
            mounts
        };
        command.args(["--mount", "sh", "-c", &mounts, "sh", line]);
        let path = format!("{0}/shims:{0}/real:/usr/sbin:/usr/bin:/sbin:/bin", self.dir.display());
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", &self.dir)
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm-256color");
        command.env("DOCKER_HOST", self.daemon.endpoint()).current_dir(&self.dir).envs(telling::colours());
        command
    }

    fn alone(&self, line: &str) -> Outcome<Output> {
        Ok(self.command(&format!("{line} </dev/null")).output()?)
    }

    /// Its screen up to the question, and the terminal.
    fn asked(&self, line: &str) -> (Pty, String) {
        let mut terminal = Pty::spawn(self.command(line), 80);
        let screen = terminal.expect("tries: ");
        (terminal, screen)
    }

    fn customers(&self, container: &str) -> String {
        self.daemon.sql(container, "select count(*) from customers")
    }
}

fn story() -> Outcome<ExitCode> {
    let Some(daemon) = Daemon::start("tigerteamx", &["postgres", "busybox"]) else {
        say("This story needs root and a Docker daemon: `sudo tests/run docker` fetches it.")?;
        return Ok(ExitCode::SUCCESS);
    };
    let home = home(daemon)?;
    let daemon = &home.daemon;
    say("wiki_db runs PostgreSQL on the volume `wiki`; in it a table of 120000 customers.")?;
    for (name, volume) in [("wiki_db", "wiki"), ("copy_db", "copy")] {
        daemon.postgres(name, volume, &[]);
        daemon.sql(name, "create table customers as select generate_series(1, 120000) as id; checkpoint");
    }

    say("\n1. As it was: without guard, on a copy of the volume.\n")?;
    let line = SECOND.replace("wiki:", "copy:").replace("wiki_db_new", "copy_db_new");
    say(&format!("root@db1:~# {line}"))?;
    daemon.ok(&line.split(' ').skip(1).collect::<Vec<_>>());
    daemon.answers("copy_db_new");
    daemon.sql("copy_db", "insert into customers values (200001)");
    daemon.sql("copy_db_new", "insert into customers values (200002)");
    holds("both servers run, and both take what is written to them", true)?;
    let one = daemon.sql("copy_db", "select count(*) from customers where id = 200002");
    let other = daemon.sql("copy_db_new", "select count(*) from customers where id = 200001");
    holds("neither sees what the other one took", (one.as_str(), other.as_str()) == ("0", "0"))?;
    daemon.docker(&["rm", "-f", "copy_db", "copy_db_new"]);

    say(&format!("\n2. With guard in front of docker.\n\nroot@db1:~# {SECOND}"))?;
    let (mut terminal, screen) = home.asked(SECOND);
    shown(&screen)?;
    terminal.send("\x04");
    let code = terminal.code();
    let said = row(&screen, "second");
    holds(
        "the question said who has the data open",
        said.contains("volume wiki is open by PostgreSQL of container wiki_db, up "),
    )?;
    holds(
        "it did not begin",
        code == 77 && daemon.docker(&["inspect", "wiki_db_new"]).status.code() == Some(1),
    )?;
    say(&format!("\nroot@db1:~# {SECOND} </dev/null"))?;
    let out = home.alone(SECOND)?;
    holds("nor does it in a script", out.status.code() == Some(77))?;
    holds("the customers are there", home.customers("wiki_db") == "120000")?;
    if daemon.has_compose("tigerteamx") {
        compose(&home)?;
    }

    say("\n3. To look only, it may be mounted read-only; and who takes its place is no second one.\n")?;
    for line in [
        format!("docker run --rm -v wiki:{DATA}:ro busybox ls {DATA}/PG_VERSION"),
        "docker restart wiki_db".to_owned(),
    ] {
        say(&format!("root@db1:~# {line}"))?;
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        if words.first() == Some(&"run") {
            let out = home.alone(&line)?;
            shown(&format!(
                "{}{}",
                String::from_utf8_lossy(&out.stderr),
                String::from_utf8_lossy(&out.stdout)
            ))?;
            holds("it ran without a question", out.status.success())?;
        } else {
            daemon.ok(&words);
            daemon.answers("wiki_db");
        }
    }

    say("\n4. The nightly dump is of the new server, which has a volume of its own, and is empty.\n")?;
    daemon.postgres("wiki_db_new", "wiki_new", &[]);
    let dump = daemon.docker(&["exec", "wiki_db_new", "pg_dump", "-U", "postgres", "postgres"]);
    fs::write(home.dir.join("backups/wiki.sql"), &dump.stdout)?;
    say("root@db1:~# docker exec wiki_db_new pg_dump -U postgres postgres >/var/backups/wiki.sql")?;
    daemon.ok(&["rm", "-f", "wiki_db"]);
    let line = "docker volume rm wiki";
    say(&format!("root@db1:~# {line}"))?;
    let (mut terminal, screen) = home.asked(line);
    shown(&screen)?;
    terminal.send("\x04");
    let code = terminal.code();
    holds(
        "the question said what is in the volume",
        row(&screen, "data").contains("volume wiki: PostgreSQL 15, "),
    )?;
    holds("and that the backup holds nothing", row(&screen, "backup").starts_with("backup EMPTY: "))?;
    holds("and nothing went", code == 77 && daemon.volumes().contains(&"wiki".to_owned()))?;
    Ok(ExitCode::SUCCESS)
}

/// The same by Compose: a project of another name, which mounts the volume of the first.
fn compose(home: &Home) -> Outcome<()> {
    let file = "services:\n  db:\n    image: postgres:15\n    volumes: [\"wiki:/var/lib/postgresql/data\"]\n\
                volumes:\n  wiki: {external: true}\n";
    fs::create_dir_all(home.dir.join("wiki-new"))?;
    fs::write(home.dir.join("wiki-new/compose.yaml"), file)?;
    let line = "docker compose -f wiki-new/compose.yaml up -d";
    say(&format!("\nroot@db1:~# {line} </dev/null"))?;
    let out = home.alone(line)?;
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    shown(&said)?;
    holds("Compose does not start it either", out.status.code() == Some(77))?;
    holds("for the same reason", row(&said, "second").contains("is open by PostgreSQL of container wiki_db"))
}

fn home(daemon: Daemon) -> Outcome<Home> {
    let dir = daemon.dir().join("desk");
    for part in ["shims", "real", "backups", ".docker", ".config/guard"] {
        fs::create_dir_all(dir.join(part))?;
    }
    symlink(std::env::current_exe()?, dir.join("shims/docker"))?;
    symlink(daemon.cli(), dir.join("real/docker"))?;
    if let Some(plugins) = daemon.plugins() {
        symlink(plugins, dir.join(".docker/cli-plugins"))?;
    }
    let id = daemon.ok(&["info", "-f", "{{.ID}}"]);
    let policy =
        format!("version: 1\ndaemons:\n- {{name: db1, environment: production, daemon: \"{id}\"}}\n");
    fs::write(Path::new(&dir).join(".config/guard/policy.yaml"), policy)?;
    Ok(Home { dir, daemon })
}
