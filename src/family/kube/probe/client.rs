//! A client for the resolved target: CA, credentials and proxy as kubectl itself would use them, everything under the
//! deadline, and nothing that could prompt.

use super::Plugins;
use crate::engine::fact::Why;
use crate::run::child;
use crate::run::proxy;
use crate::world::World;
use kube::Client;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode, KubeConfigOptions, Kubeconfig};
use serde::Deserialize;
use serde_json::{Value, json};
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
    if let Some(exec) = plugin(&mut config.auth_info) {
        let said = credentials(&exec, door, until).await?;
        said.put_into(&mut config.auth_info);
    }
    Client::try_from(config).map_err(|e| failed("client", e))
}

fn failed(what: &str, e: impl std::fmt::Display) -> Why {
    Why::Failed(format!("{what}: {e}"))
}

/// Takes out the credential plugin, when it is the one that counts: kubectl looks at tokens and passwords first
/// (client-go `transport.HTTPWrappersForConfig`, `exec.UpdateTransportConfig`).
fn plugin(auth: &mut AuthInfo) -> Option<ExecConfig> {
    let exec = auth.exec.take()?;
    let settled = auth.token.is_some() || auth.token_file.is_some() || auth.username.is_some();
    (!settled).then_some(exec)
}

/// What a credential plugin answered.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

impl Credentials {
    /// Certificate and key as kubeconfigs have them.
    fn pair(&self) -> Option<(String, String)> {
        use base64::Engine as _;
        let encode = |pem: &String| base64::engine::general_purpose::STANDARD.encode(pem);
        Some((encode(self.client_certificate_data.as_ref()?), encode(self.client_key_data.as_ref()?)))
    }

    fn put_into(self, auth: &mut AuthInfo) {
        if let Some((certificate, key)) = self.pair() {
            auth.client_certificate_data = Some(certificate);
            auth.client_key_data = Some(key.into());
        }
        auth.token = self.token.map(Into::into);
    }

    /// The same in a kubeconfig: the plugin of every user in it is replaced.
    fn put_into_file(&self, kubeconfig: &[u8]) -> Option<Vec<u8>> {
        let mut file: Value = serde_saphyr::from_slice(kubeconfig).ok()?;
        for user in file.get_mut("users")?.as_array_mut()? {
            let Some(user) = user.get_mut("user").and_then(Value::as_object_mut) else { continue };
            if user.remove("exec").is_none() {
                continue;
            }
            if let Some((certificate, key)) = self.pair() {
                user.insert("client-certificate-data".into(), certificate.into());
                user.insert("client-key-data".into(), key.into());
            }
            if let Some(token) = &self.token {
                user.insert("token".into(), token.clone().into());
            }
        }
        serde_json::to_vec(&file).ok()
    }
}

/// Two kubeconfigs with what the credential plugin answered in its place: guard's own, and the one for its children.
#[derive(Debug)]
pub struct Settled {
    /// For guard's client.
    pub effective: Vec<u8>,
    /// For a kubectl that guard starts with the caller's words.
    pub children: Vec<u8>,
}

/// The credential plugin that has to be started to reach the target, by its command.
pub fn plugin_of(effective: &[u8]) -> Option<String> {
    let mut file = Kubeconfig::from_yaml(std::str::from_utf8(effective).ok()?).ok()?;
    let auth = file.auth_infos.first_mut()?.auth_info.as_mut()?;
    plugin(auth)?.command
}

/// Starts the credential plugin, once for everything guard asks, and puts its answer where the plugin stood. `children` is
/// the kubeconfig that guard's own kubectls are given.
pub fn settle(door: &Door<'_>, children: &[u8], budget: Duration) -> Result<Settled, Why> {
    let text = std::str::from_utf8(door.kubeconfig).map_err(|e| failed("kubeconfig", e))?;
    let mut file = Kubeconfig::from_yaml(text).map_err(|e| failed("kubeconfig", e))?;
    let cluster = file.clusters.first().and_then(|c| c.cluster.clone());
    let auth = file.auth_infos.first_mut().and_then(|a| a.auth_info.as_mut());
    let Some(mut exec) = auth.and_then(plugin) else {
        return Err(Why::Failed("kubeconfig: no credential plugin".to_owned()));
    };
    exec.cluster = cluster.filter(|_| exec.provide_cluster_info).and_then(|c| (&c).try_into().ok());
    let said = async { credentials(&exec, door, Instant::now() + budget).await };
    let said = crate::run::tasks::block_on(said).map_err(|e| Why::Failed(e.to_string()))??;
    let unread = || Why::Failed("kubeconfig: it cannot be read".to_owned());
    Ok(Settled {
        effective: said.put_into_file(door.kubeconfig).ok_or_else(unread)?,
        children: said.put_into_file(children).ok_or_else(unread)?,
    })
}

/// Runs the credential plugin once, without a terminal.
///
/// kube's own way runs it without a deadline and hands it guard's standard input.
async fn credentials(exec: &ExecConfig, door: &Door<'_>, until: Instant) -> Result<Credentials, Why> {
    #[derive(Deserialize)]
    struct Said {
        status: Option<Credentials>,
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
    if exec.interactive_mode == Some(ExecInteractiveMode::Always) {
        return Err(Why::Failed(format!(
            "the credential plugin {program} wants a terminal, and guard gives it none"
        )));
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
    let done = child::run(command, None, until).await.map_err(|why| match why {
        Why::TimedOut => Why::Failed(format!("the credential plugin {program} did not answer in time")),
        other => other,
    })?;
    if !done.ok {
        let said = String::from_utf8_lossy(&done.err);
        let last = said.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("it failed");
        return Err(failed(program, last));
    }
    // YAML is accepted as client-go does; JSON is YAML.
    let said: Said =
        serde_saphyr::from_slice(&done.out).map_err(|_| failed(program, "no credentials in its answer"))?;
    said.status.ok_or_else(|| failed(program, "no credentials in its answer"))
}
