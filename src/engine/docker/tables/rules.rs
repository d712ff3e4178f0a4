//! What a command's flags and operands make of it, and why it does what it does.
//!
//! A line is `COMMAND;WHEN;EFFECT;WHY`; the sources stand above the lines they are about. Of several that hold the worst counts.

use super::{Cli, Row};
use crate::engine::effect::Effect;

/// What has to be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Nothing.
    Always,
    /// A switch ends up on, or a flag has a value.
    Given(&'static str),
    /// It does not.
    NotGiven(&'static str),
    /// A value of the flag is this, or ends in `=` and this.
    Is(&'static str, &'static str),
    /// An operand ends in `=` and this.
    Operand(&'static str),
    /// Any flag but these is given.
    Other(&'static str),
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raise {
    /// The condition.
    pub when: When,
    /// The effect is at least this.
    pub effect: Effect,
    /// Said by `guard explain`.
    pub because: &'static str,
}

/// Of docker, Compose and podman alike.
const RULES: &str = "\
container attach;!no-stdin;d;what is typed goes to the program, and Ctrl-C stops it
container kill;*;d;the container stops
container pause;*;d;the container is held
container prune;*;x;every stopped container goes, with what it wrote outside of volumes
container restart;*;d;the container stops for a while
container rm;!link;x;what the container wrote outside of volumes goes with it
container rm;volumes;x;so do its anonymous volumes
container rm;link;d;a link between containers goes
container stop;*;d;the container stops
container update;*;d;the limits of a running container change
checkpoint create;!leave-running;d;the container stops
checkpoint rm;*;x;a checkpoint goes for good
config rm;*;x;Docker keeps no other copy of a config
context rm;*;d;how to reach the place, and its TLS files, go
network disconnect;*;d;the container is cut off
network prune;*;d;every network goes that no container uses
network rm;*;d;the network goes
node demote;*;d;the swarm has one manager less
node rm;*;d;the node leaves the swarm
node update;availability:drain;d;every task leaves the node
node update;role:worker;d;the swarm has one manager less
plugin disable;*;d;what uses the plugin's volumes or networks stops
plugin rm;*;x;the plugin goes with its state
secret rm;*;x;nobody can read a secret back
service rm;*;x;the service and its tasks go, and the only record of how it was set up
service rollback;*;d;tasks are replaced
service scale;*;d;tasks stop where there are to be fewer
service update;~detach,endpoint-mode,label-add,label-rm,no-resolve-image,quiet,rollback-delay,rollback-failure-action,\
rollback-max-failure-ratio,rollback-monitor,rollback-order,rollback-parallelism,update-delay,update-failure-action,\
update-max-failure-ratio,update-monitor,update-order,update-parallelism,with-registry-auth;d;tasks are replaced or stop
stack deploy;prune;d;services that are no longer in the file go
stack rm;*;x;the stack's services, configs, secrets and networks go
swarm ca;rotate;m;every node gets a new certificate
swarm init;force-new-cluster;d;the other managers are left behind
swarm join-token;rotate;m;the old token is worth nothing any more
swarm leave;*;d;the node's tasks stop
swarm leave;force;x;with the last manager the swarm's state goes
swarm unlock-key;rotate;m;the old key is worth nothing any more
system prune;*;x;every stopped container goes, with what it wrote outside of volumes
system prune;volumes;x;so do volumes that no container uses
trust revoke;*;x;signatures go
trust signer/remove;*;d;a signer goes
volume prune;*;x;volumes that no container uses go
volume rm;*;x;the volume's data goes
compose alpha/scale;@0;d;every container of a service stops
compose attach;!no-stdin;d;what is typed goes to the program, and Ctrl-C stops it
compose create;force-recreate;d;running containers are replaced
compose create;remove-orphans;d;containers of the project go that are not in the file
compose create;scale:0;d;every container of a service stops
compose down;*;d;the project's containers and networks go
compose down;volumes;x;the project's named volumes and its anonymous ones go
compose kill;*;d;containers stop
compose pause;*;d;containers are held
compose restart;*;d;containers stop for a while
compose rm;*;d;containers go
compose rm;volumes;x;their anonymous volumes go with them
compose run;remove-orphans;d;containers of the project go that are not in the file
compose scale;@0;d;every container of a service stops
compose stop;*;d;containers stop
compose up;always-recreate-deps;d;running containers are replaced
compose up;force-recreate;d;running containers are replaced
compose up;remove-orphans;d;containers of the project go that are not in the file
compose up;renew-anon-volumes;x;anonymous volumes are made anew: what is in them is left behind
compose up;scale:0;d;every container of a service stops
compose wait;down-project;d;the whole project goes down when the first container stops";

/// Of podman alone: podman-run(1), podman-rmi(1), podman-network-rm(1), podman-kube-play(1) and so on.
const PODMAN: &str = "\
auto-update;!dry-run;d;units whose image is newer are started again
container checkpoint;!leave-running;d;the container stops
container cleanup;rm;x;the container goes
container clone;destroy;x;the container it is made from goes
container create;replace;x;a container of that name goes first
container run;replace;x;a container of that name goes first
image rm;force;x;containers that use the image go first
kube down;*;d;the file's pods go
kube down;force;x;so do the volumes of its claims
kube play;down;d;the file's pods go
kube play;force;x;so do the volumes of its claims
kube play;replace;d;its pods go first
machine os/apply;*;d;the machine changes its system
machine reset;*;x;every machine goes
machine rm;*;x;the machine goes with all that is in it
machine stop;*;d;every container in it stops
network rm;force;x;containers that use the network go
pod kill;*;d;its containers stop
pod pause;*;d;its containers are held
pod prune;*;x;every stopped pod goes with its containers
pod restart;*;d;its containers stop for a while
pod rm;*;x;its containers go with what they wrote outside of volumes
pod stop;*;d;its containers stop
secret create;replace;d;the secret of that name is lost
system check;repair;d;what is damaged goes
system check;force;x;damaged containers go
system connection/remove;*;d;how to reach the place goes
system migrate;*;d;running containers stop
system renumber;*;d;no container may run meanwhile
system reset;*;x;every container, image, volume, network and machine goes";

/// What can be said of a command, and the conditions.
pub fn raises(cli: Cli, row: &Row) -> impl Iterator<Item = Raise> {
    // Nearly all that only reads has none: the lists are not looked through for it.
    let (general, podman) = match cli {
        _ if !row.ruled => ("", ""),
        Cli::Podman => (RULES, PODMAN),
        Cli::Docker | Cli::Compose => (RULES, ""),
    };
    let (group, name) = (row.group, row.name);
    general.split('\n').chain(podman.split('\n')).filter_map(move |line| {
        let rest = match group {
            "" => line,
            group => line.strip_prefix(group)?.strip_prefix(' ')?,
        };
        read(rest.strip_prefix(name)?.strip_prefix(';')?)
    })
}

fn read(line: &'static str) -> Option<Raise> {
    let (when, line) = line.split_once(';')?;
    let (effect, because) = line.split_once(';')?;
    let effect = match effect {
        "x" => Effect::Destroy,
        "d" => Effect::Disrupt,
        _ => Effect::Mutate,
    };
    let when = if when == "*" {
        When::Always
    } else if let Some(flag) = when.strip_prefix('!') {
        When::NotGiven(flag)
    } else if let Some(end) = when.strip_prefix('@') {
        When::Operand(end)
    } else if let Some(list) = when.strip_prefix('~') {
        When::Other(list)
    } else if let Some((flag, value)) = when.split_once(':') {
        When::Is(flag, value)
    } else {
        When::Given(when)
    };
    Some(Raise { when, effect, because })
}

/// Every line, for tests.
#[cfg(test)]
pub(super) fn lines(cli: Cli) -> impl Iterator<Item = &'static str> {
    let podman = if cli == Cli::Podman { PODMAN } else { "" };
    RULES.split('\n').chain(podman.split('\n'))
}
