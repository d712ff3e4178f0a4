//! Load balancers, of both services.

use super::cli::Cli;
use super::json;
use super::safer_command::Form;
use super::{describe, generic};
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::human::counted;
use crate::engine::impact::{Impact, Protection, Subject};
use serde_json::Value;

const GUARD_RAIL: &str = "deletion_protection.enabled";

/// Looks at what the command hits.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let arn = hit.value("load-balancer-arn");
    match (hit.operation.as_str(), arn) {
        ("delete-load-balancer", Some(arn)) => delete(cli, hit, arn, impact).await,
        ("modify-load-balancer-attributes", Some(arn)) => unprotect(cli, hit, arn, impact).await,
        _ => describe::probe_impact(cli, hit, impact).await,
    }
}

async fn delete(cli: &Cli<'_>, hit: &Hit, arn: &str, impact: &mut Impact) {
    let (answer, listeners, attributes, tags) = tokio::join!(
        async { cli.find(&["elbv2", "describe-load-balancers", "--load-balancer-arns", arn]).await },
        async { cli.find(&["elbv2", "describe-listeners", "--load-balancer-arn", arn]).await },
        async { cli.find(&["elbv2", "describe-load-balancer-attributes", "--load-balancer-arn", arn]).await },
        async { cli.find(&["elbv2", "describe-tags", "--resource-arns", arn]).await },
    );
    let balancer = match answer.map(|a| a.and_then(|a| a.pointer("/LoadBalancers/0").cloned())) {
        Ok(Some(balancer)) => balancer,
        Ok(None) => {
            impact.lower(Effect::Read, format!("no such load balancer: {}", name_of(arn)));
            return;
        }
        Err(why) => {
            generic::named(hit, impact);
            impact.gap(format!("load balancer {}", name_of(arn)), why);
            return;
        }
    };
    let name = hit.resources.first().cloned().unwrap_or_else(|| name_of(arn).to_owned());
    let labels = match tags {
        Ok(tags) => tags.map(|t| json::tags(&t, "/TagDescriptions/0/Tags")).unwrap_or_default(),
        Err(why) => {
            impact.gap("tags of the load balancer", why);
            Vec::new()
        }
    };
    impact.subjects = vec![Subject {
        kind: "load balancer".to_owned(),
        name,
        age_s: json::age_s(&balancer, "/CreatedTime"),
        labels,
        ..Subject::default()
    }];
    impact.subjects_total = 1;
    let dns = json::owned(&balancer, "/DNSName");
    impact.also.push(format!("its name {dns} goes for good"));
    match listeners {
        Ok(answer) => {
            let answer = answer.unwrap_or_default();
            let all = json::list(&answer, "/Listeners");
            let ports: Vec<String> =
                all.iter().filter_map(|l| json::number(l, "/Port")).map(|p| p.to_string()).collect();
            if all.is_empty() {
                impact.also.push("it has no listener".to_owned());
            } else {
                impact.also.push(format!(
                    "{} (port {})",
                    counted(all.len() as u64, "listener"),
                    ports.join(", ")
                ));
            }
        }
        Err(why) => impact.gap("listeners", why),
    }
    match attributes {
        Ok(answer) if is_on(answer.as_ref()) => {
            protects(impact, "is ON: refuses the deletion");
            impact.refused = Some("deletion protection of the load balancer is on".to_owned());
        }
        Ok(_) => {
            let on = Form::new(hit, "elbv2", "modify-load-balancer-attributes")
                .with("load-balancer-arn", &[arn])
                .with("attributes", &[format!("Key={GUARD_RAIL},Value=true")]);
            protects(impact, format!("is OFF; turn on: {}", on.text()));
        }
        Err(why) => impact.gap("deletion protection", why),
    }
}

/// `modify-load-balancer-attributes`: the guard rail goes.
async fn unprotect(cli: &Cli<'_>, hit: &Hit, arn: &str, impact: &mut Impact) {
    generic::named(hit, impact);
    let given = hit.list("attributes").join(" ").replace([' ', '"'], "");
    let off = given.contains(&format!("Key={GUARD_RAIL},Value=false"))
        || given.contains(&format!("Key:{GUARD_RAIL},Value:false"));
    if !off {
        return;
    }
    match cli.find(&["elbv2", "describe-load-balancer-attributes", "--load-balancer-arn", arn]).await {
        Ok(None) => impact.lower(Effect::Read, format!("no such load balancer: {}", name_of(arn))),
        Ok(answer) if is_on(answer.as_ref()) => protects(impact, "is removed by this command"),
        Ok(_) => impact.lower(Effect::Read, "deletion protection is off already"),
        Err(why) => {
            protects(impact, "is removed by this command");
            impact.gap("deletion protection", why);
        }
    }
}

fn is_on(answer: Option<&Value>) -> bool {
    answer.is_some_and(|a| {
        json::list(a, "/Attributes")
            .iter()
            .any(|a| json::text(a, "/Key") == Some(GUARD_RAIL) && json::text(a, "/Value") == Some("true"))
    })
}

/// `…:loadbalancer/app/NAME/ID`
fn name_of(arn: &str) -> &str {
    arn.rsplit('/').nth(1).unwrap_or(arn)
}

fn protects(impact: &mut Impact, effect: impl Into<String>) {
    impact.protections.push(Protection { what: "deletion protection".to_owned(), effect: effect.into() });
}
