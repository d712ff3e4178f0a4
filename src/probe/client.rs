//! A client for the resolved target: CA, credentials and proxy as kubectl itself would use them, everything under the
//! deadline, and nothing that could prompt.

use super::{Plugins, child};
use crate::engine::fact::Why;
use crate::run::proxy;
use crate::world::World;
use kube::Client;
use kube::config::{AuthInfo, ExecConfig, KubeConfigOptions, Kubeconfig};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// Stands in for "no proxy" while kube reads the file, so that it does not look at this process's variables itself.
const NO_PROXY: &str = "http://proxy.invalid";

/// Everything a client needs to reach one resolved target.
#[derive(Clone, Copy, Debug)]
pub struct Door<'a> {
    /// A kubeconfig (YAML or JSON) that stands for the target alone, every override folded in.
    pub kubeconfig: &'a [u8],
    /// Environment and working directory, for proxies and credential plugins.
    pub world: &'a World,
    /// Whether kuberc lets credential plugins run.
    pub plugins: Plugins<'a>,
}

/// Connects (lazily) to the target.
pub async fn connect(door: &Door<'_>, until: Instant) -> Result<Client, Why> {
    let text = std::str::from_utf8(door.kubeconfig).map_err(|e| failed("kubeconfig", e))?;
    let mut file = Kubeconfig::from_yaml(text).map_err(|e| failed("kubeconfig", e))?;
    let mut proxy = None;
    for cluster in file.clusters.iter_mut().filter_map(|c| c.cluster.as_mut()) {
        proxy = cluster.proxy_url.clone().filter(|p| !p.is_empty());
        cluster.proxy_url = Some(NO_PROXY.into());
    }
    let mut config = kube::Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .map_err(|e| failed("kubeconfig", e))?;
    if proxy.is_none() {
        let https = config.cluster_url.scheme_str() == Some("https");
        proxy = proxy::of_environment(door.world, https, config.cluster_url.host().unwrap_or(""))
            .map(|(_, proxy)| proxy);
    }
    config.proxy_url = proxy.map(|p| p.parse()).transpose().map_err(|e| failed("proxy", e))?;
    let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    config.connect_timeout = Some(left);
    config.read_timeout = Some(left);
    config.write_timeout = Some(left);
    // A server that is busy or an API that is down is a fact to show, not something to wait for.
    config.default_retry = false;
    if let Some(exec) = config.auth_info.exec.take() {
        // kubectl looks at these first too (client-go `transport.HTTPWrappersForConfig`, `exec.UpdateTransportConfig`).
        let settled = config.auth_info.token.is_some()
            || config.auth_info.token_file.is_some()
            || config.auth_info.username.is_some();
        if !settled {
            credentials(&exec, &mut config.auth_info, door, until).await?;
        }
    }
    Client::try_from(config).map_err(|e| failed("client", e))
}

fn failed(what: &str, e: impl std::fmt::Display) -> Why {
    Why::Failed(format!("{what}: {e}"))
}

/// Runs the credential plugin once, without a terminal, and puts its answer in place of the plugin.
///
/// kube's own way runs it without a deadline and hands it guard's standard input.
async fn credentials(
    exec: &ExecConfig,
    auth: &mut AuthInfo,
    door: &Door<'_>,
    until: Instant,
) -> Result<(), Why> {
    #[derive(Deserialize)]
    struct Said {
        status: Option<Status>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        token: Option<String>,
        client_certificate_data: Option<String>,
        client_key_data: Option<String>,
    }
    let program = exec.command.as_deref().unwrap_or_default();
    let allowed = match door.plugins {
        Plugins::All => true,
        Plugins::None => false,
        Plugins::Only(list) => list.iter().any(|one| one == program),
    };
    if !allowed {
        return Err(Why::Failed(format!("kuberc does not let the credential plugin {program} run")));
    }
    let mut spec = json!({ "interactive": false });
    if exec.provide_cluster_info {
        spec["cluster"] = serde_json::to_value(&exec.cluster).map_err(|e| failed(program, e))?;
    }
    let info = json!({ "apiVersion": exec.api_version, "kind": "ExecCredential", "spec": spec });
    let mut command = child::command(program, door.world);
    command.args(exec.args.iter().flatten());
    for pair in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
            command.env(name, value);
        }
    }
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    let done = child::run(command, None, until).await?;
    if !done.ok {
        let said = String::from_utf8_lossy(&done.err);
        let last = said.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("it failed");
        return Err(failed(program, last));
    }
    // YAML is accepted as client-go does; JSON is YAML.
    let said: Said =
        serde_saphyr::from_slice(&done.out).map_err(|_| failed(program, "no credentials in its answer"))?;
    let Some(status) = said.status else { return Err(failed(program, "no credentials in its answer")) };
    if let (Some(cert), Some(key)) = (status.client_certificate_data, status.client_key_data) {
        use base64::Engine as _;
        let encode = |pem: String| base64::engine::general_purpose::STANDARD.encode(pem);
        auth.client_certificate_data = Some(encode(cert));
        auth.client_key_data = Some(encode(key).into());
    }
    auth.token = status.token.map(Into::into);
    Ok(())
}
