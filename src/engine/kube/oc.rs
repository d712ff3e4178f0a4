//! The commands that only `oc` has, beside kubectl's: OpenShift's client takes kubectl's words and adds its own
//! (OpenShift CLI 4.x, `oc help` and "OpenShift CLI developer/administrator command reference"). What stands in neither
//! table is unknown, as with kubectl.

use super::classify::{Inside, classify_words};
use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};
use crate::engine::grammar::cobra::parse;
use crate::engine::grammar::table::{Arity, Carries, Command, Flag, Role, Rule, Table, When};
use crate::engine::kube::kubectl;
use crate::engine::verdict::Verdict;

/// The tool's name.
pub const NAME: &str = "oc";

/// Judges the words when they name one of `oc`'s own commands.
pub fn classify(words: &[&[u8]], inside: Inside) -> Option<Verdict> {
    let parsed = parse(&TABLE, words);
    // A group stands here only for the commands of its own below it.
    let command = parsed.command.filter(|c| !TABLE.has_children(c))?;
    (!command.path.is_empty()).then(|| classify_words(&TABLE, words, inside))
}

const TABLE: Table = Table { name: NAME, globals: kubectl::TABLE.globals, pool: POOL, commands: COMMANDS };

const POOL: &[Flag] =
    &[Flag { long: "confirm", short: 0, arity: Arity::Switch, role: Role::Plain, since: 0, until: 255 }];

/// `oc adm prune …` only shows what would go until it is told otherwise.
const PRUNES: &[Rule] = &[Rule { when: When::On("confirm"), effect: Destroy, because: "--confirm deletes" }];

const fn cmd(path: &'static str, effect: Effect) -> Command {
    Command {
        path,
        aliases: &[],
        effect,
        passive: &[],
        rules: &[],
        carries: Carries::Nothing,
        flags: &[],
        since: 0,
        until: 255,
    }
}

const fn prune(path: &'static str) -> Command {
    Command { rules: PRUNES, flags: &[0], ..cmd(path, Read) }
}

/// Sorted by path.
#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    cmd("adm", Read),
    cmd("adm catalog", Unknown),
    cmd("adm groups", Unknown),
    cmd("adm inspect", Read),
    cmd("adm migrate", Disrupt),
    cmd("adm must-gather", Mutate),
    cmd("adm new-project", Mutate),
    cmd("adm node-logs", Read),
    cmd("adm policy", Mutate),
    cmd("adm prune", Read),
    prune("adm prune auth"),
    prune("adm prune builds"),
    prune("adm prune deployments"),
    prune("adm prune groups"),
    prune("adm prune images"),
    cmd("adm release", Read),
    cmd("adm release extract", Read),
    cmd("adm release info", Read),
    cmd("adm release mirror", Unknown),
    cmd("adm release new", Unknown),
    cmd("adm top", Read),
    cmd("adm upgrade", Disrupt),
    cmd("adm verify-image-signature", Read),
    cmd("adm wait-for-stable-cluster", Read),
    cmd("cancel-build", Disrupt),
    cmd("ex", Unknown),
    cmd("extract", Read),
    cmd("get-token", Read),
    cmd("idle", Disrupt),
    cmd("image", Read),
    cmd("image append", Mutate),
    cmd("image extract", Read),
    cmd("image info", Read),
    cmd("image mirror", Mutate),
    cmd("import-image", Mutate),
    cmd("login", Read),
    cmd("logout", Read),
    cmd("new-app", Mutate),
    cmd("new-build", Mutate),
    cmd("new-project", Mutate),
    cmd("observe", Unknown),
    cmd("policy", Mutate),
    cmd("process", Read),
    cmd("project", Read),
    cmd("projects", Read),
    cmd("registry", Read),
    cmd("registry info", Read),
    cmd("registry login", Read),
    cmd("request-project", Mutate),
    cmd("rollback", Disrupt),
    cmd("rsh", Disrupt),
    cmd("rsync", Disrupt),
    cmd("start-build", Mutate),
    cmd("status", Read),
    cmd("tag", Mutate),
    cmd("whoami", Read),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::classify::classify as of_tool;

    #[test]
    fn the_commands_stand_in_order() {
        let wrong = COMMANDS.windows(2).find(|pair| pair[0].path >= pair[1].path);
        assert!(wrong.is_none(), "{wrong:?}");
    }

    #[test]
    fn its_own_commands_and_kubectls() {
        let rows = [
            (Read, "login -u me https://api.example:6443"),
            (Read, "project shop"),
            (Read, "-n shop status --suggest"),
            (Read, "whoami -t"),
            (Read, "get pods"),
            (Read, "adm top nodes"),
            (Read, "adm prune builds --keep-complete=5"),
            (Destroy, "adm prune builds --keep-complete=5 --confirm"),
            (Destroy, "delete project shop"),
            (Destroy, "delete ns shop"),
            (Mutate, "new-project shop"),
            (Disrupt, "idle web"),
            (Disrupt, "rsh web-1 bash"),
            (Disrupt, "adm upgrade --to-latest"),
            (Unknown, "adm ocp-certificates regenerate-top-level"),
            (Unknown, "what-is-this"),
        ];
        for (want, line) in rows {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            assert_eq!(of_tool(NAME.as_bytes(), &words).effect, want, "{line}");
        }
        // Only oc has them.
        assert_eq!(of_tool(b"kubectl", &[b"login"]).effect, Unknown);
    }
}
