//! ECS: clusters, services and the tasks that run in them.

use super::cli::Cli;
use super::describe;
use super::describe::{Named, Seen, merge, names};
use super::json;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Group, Impact, Subject};
use serde_json::Value;

/// Looks at the cluster, service, task or machine.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let about: Option<(&str, &str)> = match hit.operation.as_str() {
        "delete-cluster" => Some(("cluster", "ECS cluster")),
        "delete-service" | "update-service" => Some(("service", "ECS service")),
        "stop-task" => Some(("task", "ECS task")),
        "deregister-container-instance" => Some(("container-instance", "container instance")),
        "update-container-instances-state" => Some(("container-instances", "container instance")),
        _ => None,
    };
    let Some((option, kind)) = about.filter(|(option, _)| !hit.list(option).is_empty()) else {
        return describe::probe_impact(cli, hit, impact).await;
    };
    let named = names(hit, option);
    let looks = named.iter().take(describe::DESCRIBED).map(|one| async move {
        match option {
            "cluster" => cluster(cli, hit, one).await,
            "service" => service(cli, hit, one).await,
            "task" => task(cli, hit, one).await,
            _ => machine(cli, hit, one).await,
        }
    });
    let seen = crate::run::tasks::gather(looks).await;
    merge(kind, &named, seen, impact);
}

/// Asks with the command's own cluster; without one ECS takes the cluster called `default`.
async fn ask(cli: &Cli<'_>, hit: &Hit, words: &[&str], at: &str) -> Result<Option<Value>, Why> {
    let mut words = words.to_vec();
    if let Some(cluster) = hit.value("cluster").filter(|_| !words.contains(&"describe-clusters")) {
        words.extend(["--cluster", cluster]);
    }
    // What does not exist stands among the failures, or is a service that was deleted: inactive.
    let answer = cli.find(&words).await?.unwrap_or_default();
    let found = answer.pointer(at).filter(|v| !v.is_null());
    Ok(found.filter(|v| json::text(v, "/status") != Some("INACTIVE")).cloned())
}

fn of(kind: &str, one: &Named, thing: &Value, created: &str) -> Impact {
    Impact {
        subjects: vec![Subject {
            kind: kind.to_owned(),
            name: one.name.clone(),
            age_s: json::age_s(thing, created),
            labels: json::tags(thing, "/tags"),
            ..Subject::default()
        }],
        subjects_total: 1,
        ..Impact::default()
    }
}

/// So many of a kind, without names.
fn group(kind: &str, count: u64, impact: &mut Impact) {
    if count > 0 {
        impact.groups.push(Group { kind: kind.to_owned(), count, ..Group::default() });
    }
}

/// The service answered, but not this.
fn unsaid() -> Why {
    Why::Failed("the answer does not say".to_owned())
}

async fn cluster(cli: &Cli<'_>, hit: &Hit, one: &Named) -> Seen {
    let words = ["ecs", "describe-clusters", "--include", "TAGS", "--clusters", &one.given];
    let cluster = match ask(cli, hit, &words, "/clusters/0").await {
        Err(why) => return Seen::Unseen(why),
        Ok(None) => return Seen::Absent,
        Ok(Some(cluster)) => cluster,
    };
    let mut impact = of("ECS cluster", one, &cluster, "/createdAt");
    let mut count = |at: &str| {
        let n = json::number(&cluster, at);
        if n.is_none() {
            impact.gap(format!("{} of {}", at.trim_start_matches('/'), one.name), unsaid());
        }
        n.unwrap_or_default()
    };
    let (services, running, machines) = (
        count("/activeServicesCount"),
        count("/runningTasksCount") + count("/pendingTasksCount"),
        count("/registeredContainerInstancesCount"),
    );
    group("ECS service", services, &mut impact);
    group("task", running, &mut impact);
    group("container instance", machines, &mut impact);
    let still = [(services, "service"), (running, "task"), (machines, "container instance")];
    let still = still.into_iter().find(|(n, _)| *n > 0);
    match still {
        Some((n, what)) => impact.refused = Some(format!("{} still in it", json::counted(n, what))),
        None => impact.lower(Effect::Disrupt, "it is empty"),
    }
    Seen::There(impact)
}

async fn service(cli: &Cli<'_>, hit: &Hit, one: &Named) -> Seen {
    let words = ["ecs", "describe-services", "--include", "TAGS", "--services", &one.given];
    let service = match ask(cli, hit, &words, "/services/0").await {
        Err(why) => return Seen::Unseen(why),
        Ok(None) => return Seen::Absent,
        Ok(Some(service)) => service,
    };
    let mut impact = of("ECS service", one, &service, "/createdAt");
    let (running, desired) =
        (json::number(&service, "/runningCount"), json::number(&service, "/desiredCount"));
    if running.is_none() || desired.is_none() {
        impact.gap(format!("running tasks of {}", one.name), unsaid());
    }
    let (running, desired) = (running.unwrap_or_default(), desired.unwrap_or_default());
    let code = json::text(&service, "/taskDefinition").map(json::tail_of_revision).unwrap_or_default();
    impact.also.push(format!("{} running of {desired} wanted, {code}", json::counted(running, "task")));
    let balancers = json::list(&service, "/loadBalancers").len() as u64;
    if balancers > 0 {
        impact.also.push(format!("serves {}", json::counted(balancers, "load balancer target group")));
    }
    if hit.operation == "delete-service" {
        group("task", running, &mut impact);
        let daemon = json::text(&service, "/schedulingStrategy") == Some("DAEMON");
        if desired > 0 && !daemon && hit.switch("force") != Some(true) {
            impact.refused =
                Some(format!("it still wants {}: --force is not given", json::counted(desired, "task")));
        } else if running == 0 {
            impact.lower(Effect::Disrupt, "no task of it is running");
        }
    } else {
        update(hit, running, desired, &service, &mut impact);
    }
    Seen::There(impact)
}

fn update(hit: &Hit, running: u64, desired: u64, service: &Value, impact: &mut Impact) {
    const PLACE: &[&str] = &["cluster", "service", "desired-count"];
    let wanted = hit.value("desired-count").and_then(|n| n.parse::<u64>().ok());
    if let Some(wanted) = wanted {
        let text = match wanted {
            0 => format!("every task stops: {}", json::counted(running, "task")),
            n => format!("{desired} wanted becomes {n}"),
        };
        impact.also.push(text);
        if hit.options.iter().all(|(name, _)| PLACE.contains(&name.as_str())) {
            match wanted {
                0 if running == 0 && desired == 0 => impact.lower(Effect::Mutate, "no task of it is running"),
                n if n >= desired && n > 0 => impact.lower(Effect::Mutate, "no task stops"),
                _ => {}
            }
        }
    }
    if let Some(code) = hit.value("task-definition") {
        let now = json::owned(service, "/taskDefinition");
        impact.also.push(format!(
            "{} is replaced by {}",
            json::tail_of_revision(&now),
            json::tail_of_revision(code)
        ));
    }
    if hit.switch("force-new-deployment") == Some(true) {
        impact.also.push("every task is replaced".to_owned());
    }
}

async fn task(cli: &Cli<'_>, hit: &Hit, one: &Named) -> Seen {
    let words = ["ecs", "describe-tasks", "--tasks", &one.given];
    let task = match ask(cli, hit, &words, "/tasks/0").await {
        Err(why) => return Seen::Unseen(why),
        Ok(None) => return Seen::Absent,
        Ok(Some(task)) => task,
    };
    let mut impact = of("ECS task", one, &task, "/createdAt");
    if json::text(&task, "/lastStatus") == Some("STOPPED") {
        impact.lower(Effect::Read, "it has stopped already");
    }
    let code = json::text(&task, "/taskDefinitionArn").map(json::tail_of_revision).unwrap_or_default();
    impact.also.push(format!("runs {code}"));
    match json::text(&task, "/group").and_then(|g| g.strip_prefix("service:")) {
        Some(service) => impact.also.push(format!("service {service} starts another one")),
        None => impact.also.push("nothing starts another one".to_owned()),
    }
    Seen::There(impact)
}

async fn machine(cli: &Cli<'_>, hit: &Hit, one: &Named) -> Seen {
    let words = ["ecs", "describe-container-instances", "--container-instances", &one.given];
    let machine = match ask(cli, hit, &words, "/containerInstances/0").await {
        Err(why) => return Seen::Unseen(why),
        Ok(None) => return Seen::Absent,
        Ok(Some(machine)) => machine,
    };
    let mut impact = of("container instance", one, &machine, "/registeredAt");
    impact.also.extend(json::text(&machine, "/ec2InstanceId").map(|id| format!("EC2 instance {id}")));
    let running = json::number(&machine, "/runningTasksCount").unwrap_or_else(|| {
        impact.gap(format!("running tasks of {}", one.name), unsaid());
        0
    });
    group("task", running, &mut impact);
    if hit.operation == "deregister-container-instance" && running > 0 {
        if hit.switch("force") == Some(true) {
            let text = format!("{} run on, seen by nobody", json::counted(running, "task"));
            impact.also.push(text);
        } else {
            impact.refused =
                Some(format!("{} still on it: --force is not given", json::counted(running, "task")));
        }
    }
    Seen::There(impact)
}
