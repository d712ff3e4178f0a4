//! Servers that have in memory what no file has yet, and by what a container is known to run one: the question and the copy go by the
//! same signs.

use super::named;
use crate::engine::fact::Known;

/// A server that has in memory what it writes down from time to time, and by what a container is known to run it.
struct InMemory {
    /// What it is called.
    server: &'static str,
    /// The name of its images; others begin with it and a dash.
    image: &'static str,
    /// Its program, as it is started and as processes are called.
    program: &'static str,
    /// Variables that its images set, and others too: whoever builds a client of it.
    variables: &'static [&'static str],
}

const fn in_memory(
    server: &'static str,
    image: &'static str,
    program: &'static str,
    variables: &'static [&'static str],
) -> InMemory {
    InMemory { server, image, program, variables }
}

/// These servers; all of them talk like Redis.
const IN_MEMORY: &[InMemory] = &[
    in_memory("Redis", "redis", "redis-server", &["REDIS_VERSION", "REDIS_DOWNLOAD_URL"]),
    in_memory("Valkey", "valkey", "valkey-server", &["VALKEY_VERSION", "VALKEY_DOWNLOAD_URL"]),
    in_memory("KeyDB", "keydb", "keydb-server", &[]),
    in_memory("Dragonfly", "dragonfly", "dragonfly", &[]),
];

/// The server of an image that may have data that no file has yet: `redis:7`, `registry.example.com/bitnami/redis@sha256:…`.
fn by_image(image: &str) -> Option<&'static str> {
    let name = image.rsplit('/').next().unwrap_or(image);
    let name = name.split([':', '@']).next().unwrap_or(name);
    let is_of = |one: &&InMemory| {
        name.strip_prefix(one.image).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    IN_MEMORY.iter().find(is_of).map(|one| one.server)
}

/// The same of a process or a word that starts one.
pub(super) fn by_program(program: &str) -> Option<&'static str> {
    let name = named(program);
    IN_MEMORY.iter().find(|one| one.program == name).map(|one| one.server)
}

/// What an inspection says of a container by which such a server is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// By the image it was made of, or by the program it was started with.
    surely: Option<&'static str>,
    /// By its variables: only where nothing says more.
    perhaps: Option<&'static str>,
}

impl Signs {
    /// Reads them: the image, the words that were started (an entry point may come first, `docker-entrypoint.sh redis-server`), and
    /// the variables, `NAME=VALUE`.
    pub fn read<'w>(
        image: &str,
        words: impl IntoIterator<Item = &'w str>,
        variables: impl IntoIterator<Item = &'w str>,
    ) -> Signs {
        // Further behind stand names of other things: `wait-for redis-server`.
        const FIRST: usize = 2;
        let mut first = words.into_iter().filter(|word| !word.starts_with('-')).take(FIRST);
        let sets = |variable: &str| {
            let name = variable.split('=').next().unwrap_or_default();
            IN_MEMORY.iter().find(|one| one.variables.contains(&name)).map(|one| one.server)
        };
        Signs {
            surely: by_image(image).or_else(|| first.find_map(by_program)),
            perhaps: variables.into_iter().find_map(sets),
        }
    }

    /// The server that has in memory what no file has yet, if it is one. `image` is what a list of containers calls it. Where neither
    /// that nor the words tell, only the programs do.
    pub fn in_memory(&self, image: &str, programs: &Known<Vec<String>>) -> Known<Option<&'static str>> {
        match (by_image(image).or(self.surely), programs, self.perhaps) {
            (Some(server), _, _) => Known::Known(Some(server)),
            (None, Known::Known(all), _) => Known::Known(all.iter().find_map(|one| by_program(one))),
            (None, Known::Unknown(_), Some(server)) => Known::Known(Some(server)),
            (None, Known::Unknown(why), None) => Known::Unknown(why.clone()),
        }
    }

    /// Whether that takes a look at the programs.
    pub fn leave_open(&self, image: &str) -> bool {
        by_image(image).or(self.surely).is_none()
    }
}

/// The column of `GET /containers/ID/top` with the command line of each process, read; `None` where no column has it.
pub fn programs(titles: &[String], processes: Vec<Vec<String>>) -> Option<Vec<String>> {
    let at = titles.iter().position(|title| matches!(title.as_str(), "CMD" | "COMMAND" | "ARGS"))?;
    let of_one = |mut row: Vec<String>| (at < row.len()).then(|| row.swap_remove(at));
    Some(processes.into_iter().filter_map(of_one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fact::Why;

    #[test]
    fn images_of_servers_that_keep_things_in_memory() {
        for (image, want) in [
            ("redis", Some("Redis")),
            ("redis:7-alpine", Some("Redis")),
            ("registry.example.com:5000/bitnami/redis@sha256:aa", Some("Redis")),
            ("redis-stack:latest", Some("Redis")),
            ("valkey/valkey:8", Some("Valkey")),
            ("redisinsight", None),
            ("cda7afbb8cc6", None),
            ("postgres:15", None),
            ("", None),
        ] {
            assert_eq!(by_image(image), want, "{image}");
        }
    }

    #[test]
    fn a_server_that_keeps_things_in_memory_is_told_by_what_runs() {
        let unseen = || Known::Unknown(Why::TimedOut);
        let run = |all: &[&str]| Known::Known(all.iter().map(|one| (*one).to_owned()).collect());
        let told = |words: &str, variables: &[&str], programs: Known<Vec<String>>| {
            let signs = Signs::read("cda7afbb8cc6", words.split(' '), variables.iter().copied());
            (signs.leave_open("acme/cachething:1"), signs.in_memory("acme/cachething:1", &programs))
        };
        // The words say it, and no process is looked at.
        for words in [
            "docker-entrypoint.sh redis-server --save ",
            "/usr/local/bin/redis-server",
            "tini -- redis-server /etc/redis.conf",
        ] {
            assert_eq!(told(words, &[], unseen()), (false, Known::Known(Some("Redis"))), "{words}");
        }
        // A script starts it, and the processes say so.
        let script = "sh -c exec /start.sh";
        let seen = told(script, &[], run(&["tini -- /start.sh", "redis-server *:6379"]));
        assert_eq!(seen, (true, Known::Known(Some("Redis"))));
        assert_eq!(
            told(script, &[], run(&["/usr/bin/keydb-server 0.0.0.0:6379"])).1,
            Known::Known(Some("KeyDB"))
        );
        assert_eq!(told("wait-for db redis-server", &[], run(&["node app.js"])).1, Known::Known(None));
        // Whoever builds a client sets the variable as well.
        let set = ["PATH=/bin", "REDIS_VERSION=7.2.4"];
        assert_eq!(told(script, &set, run(&["php-fpm: master process"])).1, Known::Known(None));
        assert_eq!(told(script, &set, unseen()).1, Known::Known(Some("Redis")));
        assert_eq!(told(script, &["REDIS_VERSIONS=7"], unseen()).1, Known::Unknown(Why::TimedOut));
        // The list may have an id where the container was made of a name.
        assert!(!Signs::read("redis:7", ["/run.sh"], []).leave_open("sha256:cda7"));
    }
}
