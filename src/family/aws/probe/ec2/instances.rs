//! Instances: who they are, their volumes, who starts new ones in their place.

use super::super::cli::Cli;
use super::super::describe::first;
use super::super::generic;
use super::protects;
use super::volumes;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::human::counted;
use crate::engine::impact::{Data, Fate, Impact, Subject};
use crate::family::aws::probe::copies::Copies;
use crate::family::aws::probe::json;
use crate::family::aws::probe::safer_command::Form;
use crate::run::tasks::gather;
use serde_json::Value;

/// So many instances are asked for their protection one by one.
const PROTECTED: usize = 12;
/// So many instances are described in a clause of their own.
const TOLD: usize = 3;

/// A volume at an instance.
struct Volume {
    id: String,
    device: String,
    goes: bool,
}

pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let ids: Vec<&str> = hit.list("instance-ids").iter().map(String::as_str).collect();
    if ids.is_empty() {
        return generic::named(hit, impact);
    }
    let terminates = hit.operation == "terminate-instances";
    let attached = format!("Name=attachment.instance-id,Values={}", ids.join(","));
    let described = [&["ec2", "describe-instances", "--instance-ids"][..], &ids].concat();
    let disks = ["ec2", "describe-volumes", "--filters", &attached];
    let mut rails = Impact::default();
    let (answer, disks, ()) = tokio::join!(
        cli.find(&described),
        async { if terminates { Some(cli.json(&disks).await) } else { None } },
        guard_rail(cli, hit, &ids, &mut rails),
    );
    let answer = match answer {
        Ok(Some(answer)) => answer,
        Ok(None) => {
            impact.lower(Effect::Read, format!("the service knows not all of them: {}", ids.join(", ")));
            return;
        }
        Err(why) => {
            generic::named(hit, impact);
            impact.gap("instances", why.clone());
            if terminates {
                impact.data.push(Data {
                    what: "their volumes".to_owned(),
                    fate: Fate::Unknown,
                    because: "the instances could not be described".to_owned(),
                });
            }
            return;
        }
    };
    let instances: Vec<&Value> =
        json::list(&answer, "/Reservations").iter().flat_map(|r| json::list(r, "/Instances")).collect();
    impact.subjects = instances.iter().map(|i| subject(i)).collect();
    impact.subjects_total = ids.len().max(instances.len()) as u64;
    if nothing_to_do(hit, &instances, impact) {
        return;
    }
    impact.absorb(rails);
    tell(hit, &instances, impact);
    let kinds: Vec<&str> = distinct(instances.iter().filter_map(|i| json::text(i, "/InstanceType")));
    let volumes: Vec<(&Value, Volume)> =
        instances.iter().flat_map(|i| volumes_of(i).into_iter().map(|v| (*i, v))).collect();
    let going: Vec<&str> = volumes
        .iter()
        .filter(|(i, v)| terminates && v.goes && counts(i, v))
        .map(|(_, v)| v.id.as_str())
        .collect();
    let loses_store = hit.operation != "reboot-instances";
    let (stores, snapshots) = tokio::join!(
        async { if loses_store { Some(stores(cli, &kinds).await) } else { None } },
        volumes::snapshots(cli, &going),
    );
    if let Some(Err(why)) = &disks {
        impact.gap("sizes of the volumes", why.clone());
    }
    let disks = disks.and_then(Result::ok).unwrap_or_default();
    if terminates {
        let copies = going.iter().map(|id| {
            let mut found = Copies::of(format!("volume {id}"), Some(id));
            found.of_volume(&snapshots, id);
            async move {
                found.check(cli).await;
                found.done()
            }
        });
        for found in gather(copies).await {
            impact.backups.absorb(found);
        }
        let snapshots = snapshots.map_err(|why| impact.gap("snapshots of the volumes", why)).ok();
        let snapshots = snapshots.as_ref().map(volumes::newest);
        for (_, volume) in volumes.iter().filter(|(i, v)| counts(i, v)) {
            let snapshot = snapshots.as_ref().map(|s| s.get(volume.id.as_str()).cloned());
            impact.data.push(disk(volume, &disks, snapshot));
        }
    }
    match stores {
        Some(Ok(stores)) => {
            for instance in &instances {
                let kind = json::text(instance, "/InstanceType").unwrap_or_default();
                if let Some((_, size)) = stores.iter().find(|(k, _)| k == kind) {
                    impact.data.push(Data {
                        what: format!("instance store of {} ({size})", json::owned(instance, "/InstanceId")),
                        fate: Fate::Erased,
                        because: "it lives only as long as the instance runs".to_owned(),
                    });
                }
            }
        }
        Some(Err(why)) => impact.gap("instance stores", why),
        None => {}
    }
    replaced(terminates, &instances, impact);
}

/// The root volume of a member of a group is made from its image again.
fn counts(instance: &Value, volume: &Volume) -> bool {
    group_of(instance).is_none() || json::text(instance, "/RootDeviceName") != Some(volume.device.as_str())
}

fn subject(instance: &Value) -> Subject {
    Subject {
        kind: "EC2 instance".to_owned(),
        name: json::owned(instance, "/InstanceId"),
        age_s: json::age_s(instance, "/LaunchTime"),
        labels: json::tags(instance, "/Tags"),
        ..Subject::default()
    }
}

fn state(instance: &Value) -> &str {
    json::text(instance, "/State/Name").unwrap_or_default()
}

/// Whether the command finds nothing to do: all of them are gone, or stopped, already.
fn nothing_to_do(hit: &Hit, instances: &[&Value], impact: &mut Impact) -> bool {
    let done: &[&str] = match hit.operation.as_str() {
        "stop-instances" => &["stopped", "stopping", "terminated", "shutting-down"],
        _ => &["terminated", "shutting-down"],
    };
    let all = !instances.is_empty() && instances.iter().all(|i| done.contains(&state(i)));
    if all {
        let word = if done.len() > 2 { "stopped" } else { "terminated" };
        impact.lower(Effect::Read, format!("{word} already"));
    }
    all
}

/// Who they are, as people know them, and what they belong to.
fn tell(hit: &Hit, instances: &[&Value], impact: &mut Impact) {
    for instance in instances.iter().take(TOLD) {
        let tags = json::tags(instance, "/Tags");
        let mut parts = Vec::new();
        parts.extend(json::name_tag(&tags).map(|name| format!("called {name}")));
        parts.extend(json::text(instance, "/InstanceType").map(str::to_owned));
        parts.push(state(instance).to_owned());
        parts.extend(json::text(instance, "/PublicIpAddress").map(|ip| format!("at {ip}")));
        impact.also.push(format!("{}: {}", json::owned(instance, "/InstanceId"), parts.join(", ")));
    }
    for (tag, what) in [
        ("aws:cloudformation:stack-name", "CloudFormation stack"),
        ("eks:nodegroup-name", "EKS node group"),
        ("eks:cluster-name", "EKS cluster"),
    ] {
        let of = distinct(instances.iter().filter_map(|i| tag_of(i, tag)));
        if !of.is_empty() {
            impact.also.push(format!("part of {what} {}", first(&of)));
        }
    }
    if hit.operation == "stop-instances" {
        let given_back: Vec<&str> = instances
            .iter()
            .filter(|i| json::text(i, "/NetworkInterfaces/0/Association/IpOwnerId") == Some("amazon"))
            .filter_map(|i| json::text(i, "/PublicIpAddress"))
            .collect();
        if !given_back.is_empty() {
            impact.also.push(format!("public addresses given back: {}", first(&given_back)));
        }
    }
}

fn tag_of<'v>(instance: &'v Value, name: &str) -> Option<&'v str> {
    let tags = json::list(instance, "/Tags");
    tags.iter().find(|t| json::text(t, "/Key") == Some(name)).and_then(|t| json::text(t, "/Value"))
}

fn group_of(instance: &Value) -> Option<&str> {
    tag_of(instance, "aws:autoscaling:groupName")
}

/// Auto Scaling groups start new ones in the place of theirs.
fn replaced(terminates: bool, instances: &[&Value], impact: &mut Impact) {
    let groups = distinct(instances.iter().filter_map(|i| group_of(i)));
    if groups.is_empty() {
        return;
    }
    let names = first(&groups);
    let does = if terminates {
        "starts new ones in their place"
    } else {
        "takes stopped ones for sick and replaces them"
    };
    impact.also.push(format!("Auto Scaling group {names} {does}"));
    let all = instances.iter().all(|i| group_of(i).is_some());
    if terminates && all {
        impact.lower(Effect::Disrupt, format!("Auto Scaling group {names} replaces what is terminated"));
    }
}

fn volumes_of(instance: &Value) -> Vec<Volume> {
    json::list(instance, "/BlockDeviceMappings")
        .iter()
        .filter_map(|m| {
            Some(Volume {
                id: json::text(m, "/Ebs/VolumeId")?.to_owned(),
                device: json::owned(m, "/DeviceName"),
                // Without a word about it the volume is taken for lost.
                goes: json::truth(m, "/Ebs/DeleteOnTermination") != Some(false),
            })
        })
        .collect()
}

/// What becomes of one volume when its instance is terminated.
fn disk(volume: &Volume, disks: &Value, snapshot: Option<Option<String>>) -> Data {
    let size = json::list(disks, "/Volumes")
        .iter()
        .find(|d| json::text(d, "/VolumeId") == Some(volume.id.as_str()))
        .and_then(|d| json::number(d, "/Size"))
        .map(|n| format!("{n} GiB, "))
        .unwrap_or_default();
    let what = format!("volume {} ({size}{})", volume.id, volume.device);
    if !volume.goes {
        return Data { what, fate: Fate::Kept, because: "no DeleteOnTermination".to_owned() };
    }
    let because = match snapshot {
        Some(Some(snapshot)) => format!("DeleteOnTermination; {snapshot}"),
        Some(None) => "DeleteOnTermination; no snapshot of it".to_owned(),
        None => "DeleteOnTermination".to_owned(),
    };
    Data { what, fate: Fate::Erased, because }
}

/// Types with an instance store, and its size.
async fn stores(cli: &Cli<'_>, kinds: &[&str]) -> Result<Vec<(String, String)>, Why> {
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let words = [&["ec2", "describe-instance-types", "--instance-types"][..], kinds].concat();
    let answer = cli.json(&words).await?;
    let with_store = json::list(&answer, "/InstanceTypes").iter().filter_map(|t| {
        let size = json::number(t, "/InstanceStorageInfo/TotalSizeInGB")?;
        Some((json::owned(t, "/InstanceType"), format!("{size} GB")))
    });
    Ok(with_store.collect())
}

fn distinct<'v>(all: impl Iterator<Item = &'v str>) -> Vec<&'v str> {
    let mut out: Vec<&str> = Vec::new();
    for one in all {
        if !out.contains(&one) {
            out.push(one);
        }
    }
    out
}

/// Protection against termination, or against stopping, of each instance.
async fn guard_rail(cli: &Cli<'_>, hit: &Hit, ids: &[&str], impact: &mut Impact) {
    let (attribute, member, what, switch) = match hit.operation.as_str() {
        "terminate-instances" => (
            "disableApiTermination",
            "/DisableApiTermination/Value",
            "termination protection",
            "disable-api-termination",
        ),
        "stop-instances" => {
            ("disableApiStop", "/DisableApiStop/Value", "stop protection", "disable-api-stop")
        }
        _ => return,
    };
    let asked = ids.iter().take(PROTECTED).map(|id| async move {
        let words = ["ec2", "describe-instance-attribute", "--instance-id", id, "--attribute", attribute];
        (*id, cli.find(&words).await)
    });
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for (id, answer) in gather(asked).await {
        match answer {
            Ok(Some(answer)) if json::truth(&answer, member) == Some(true) => on.push(id),
            Ok(Some(_)) => off.push(id),
            Ok(None) => {}
            Err(why) => impact.gap(format!("{what} of {id}"), why),
        }
    }
    if ids.len() > PROTECTED {
        impact.gap(format!("{what} of {} more", ids.len() - PROTECTED), Why::NotAsked);
    }
    if !on.is_empty() {
        protects(impact, what, format!("of {} is ON: refuses the command", first(&on)));
        impact.refused = Some(format!("{what} of {} is on", first(&on)));
    } else if let Some(id) = off.first() {
        let turn_on =
            Form::new(hit, "ec2", "modify-instance-attribute").with("instance-id", &[id]).on(switch);
        let of = if off.len() > 1 {
            format!("of {} ", counted(off.len() as u64, "instance"))
        } else {
            String::new()
        };
        protects(impact, what, format!("{of}is OFF; turn on: {}", turn_on.text()));
    }
}

/// `modify-instance-attribute`: the guard rails that it takes away.
pub(super) async fn unprotect(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    generic::named(hit, impact);
    let Some(id) = hit.value("instance-id") else { return };
    let is_false = |value: Option<&str>| {
        value.is_some_and(|v| {
            v.eq_ignore_ascii_case("false")
                || v.replace(['{', '}', '"', ' '], "").eq_ignore_ascii_case("Value=false")
        })
    };
    for (switch, attribute, member, what) in [
        (
            "disable-api-termination",
            "disableApiTermination",
            "/DisableApiTermination/Value",
            "termination protection",
        ),
        ("disable-api-stop", "disableApiStop", "/DisableApiStop/Value", "stop protection"),
    ] {
        let generic_form = hit.value("attribute") == Some(attribute) && is_false(hit.value("value"));
        if hit.switch(switch) != Some(false) && !is_false(hit.value(switch)) && !generic_form {
            continue;
        }
        let words = ["ec2", "describe-instance-attribute", "--instance-id", id, "--attribute", attribute];
        match cli.find(&words).await {
            Ok(None) => impact.lower(Effect::Read, format!("no such instance: {id}")),
            Ok(Some(answer)) if json::truth(&answer, member) == Some(false) => {
                impact.lower(Effect::Read, format!("{what} is off already"));
            }
            Ok(Some(_)) => protects(impact, what, "is removed by this command"),
            Err(why) => {
                protects(impact, what, "is removed by this command");
                impact.gap(format!("{what} of {id}"), why);
            }
        }
    }
}
