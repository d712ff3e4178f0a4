//! The global flags that decide where a command goes and as whom. An empty value counts as not given.

use crate::engine::escape::escape;
use crate::engine::fact::{Source, Sourced};
use crate::engine::grammar::cobra::{Parsed, go_bool};
use crate::fail::{Fail, Kind, Result};

/// The flags, as kubectl binds them to its overrides (`toRawKubeConfigLoader`).
pub(crate) struct Flags {
    pub(crate) kubeconfig: Option<String>,
    pub(crate) context: Option<String>,
    pub(crate) cluster: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) server: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) all_namespaces: bool,
    pub(crate) tls_server_name: Option<String>,
    pub(crate) insecure: bool,
    pub(crate) certificate_authority: Option<String>,
    pub(crate) proxy_url: Option<String>,
    pub(crate) disable_compression: bool,
    /// `--request-timeout` is absent or zero.
    pub(crate) no_timeout: bool,
    pub(crate) token: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) client_certificate: Option<String>,
    pub(crate) client_key: Option<String>,
    pub(crate) as_user: Option<String>,
    pub(crate) as_uid: Option<String>,
    pub(crate) as_groups: Vec<String>,
    pub(crate) as_extra: Vec<(String, Vec<String>)>,
}

impl Flags {
    pub(crate) fn of(parsed: &Parsed<'_>) -> Result<Flags> {
        let text =
            |long| parsed.last(long).map(|v| utf8(long, v)).transpose().map(|v| v.filter(|v| !v.is_empty()));
        let all = |long| parsed.all(long).map(|g| utf8(long, g.value)).collect::<Result<Vec<String>>>();
        let on = |long| match parsed.last(long) {
            None => Ok(false),
            Some(value) => go_bool(value).ok_or_else(|| {
                Fail::new(Kind::Data, format!("--{long}={} is no boolean", escape(value)))
                    .because("kubectl would refuse it too")
            }),
        };
        Ok(Flags {
            kubeconfig: text("kubeconfig")?,
            context: text("context")?,
            cluster: text("cluster")?,
            user: text("user")?,
            server: text("server")?,
            namespace: text("namespace")?,
            all_namespaces: on("all-namespaces")?,
            tls_server_name: text("tls-server-name")?,
            insecure: on("insecure-skip-tls-verify")?,
            certificate_authority: text("certificate-authority")?,
            proxy_url: text("proxy-url")?,
            disable_compression: on("disable-compression")?,
            no_timeout: text("request-timeout")?.is_none_or(|t| is_zero(&t)),
            token: text("token")?,
            username: text("username")?,
            password: text("password")?,
            client_certificate: text("client-certificate")?,
            client_key: text("client-key")?,
            as_user: text("as")?,
            as_uid: text("as-uid")?,
            as_groups: all("as-group")?,
            as_extra: extra(all("as-user-extra")?),
        })
    }

    pub(crate) fn acting_as(&self) -> Option<Sourced<String>> {
        self.as_user.clone().map(|v| Sourced::new(v, Source::Flag("as".into())))
    }

    /// A flag that says who, on a server with TLS.
    pub(crate) fn has_credentials(&self) -> bool {
        self.token.is_some()
            || self.username.is_some()
            || self.password.is_some()
            || self.client_certificate.is_some()
    }
}

fn utf8(long: &str, value: &[u8]) -> Result<String> {
    String::from_utf8(value.to_vec()).map_err(|_| {
        Fail::new(Kind::Data, format!("the value of --{long} is no UTF-8 text: {}", escape(value)))
            .help("give it in UTF-8")
    })
}

/// `0`, `0s`, `0m0s`: no digit of it counts.
fn is_zero(duration: &str) -> bool {
    duration.bytes().filter(u8::is_ascii_digit).all(|d| d == b'0')
}

/// `key=value` pairs, grouped by key; what has no `=` is dropped, as kubectl does.
fn extra(pairs: Vec<String>) -> Vec<(String, Vec<String>)> {
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for pair in pairs {
        let Some((key, value)) = pair.split_once('=') else { continue };
        match out.iter_mut().find(|(k, _)| k == key) {
            Some((_, values)) => values.push(value.to_owned()),
            None => out.push((key.to_owned(), vec![value.to_owned()])),
        }
    }
    out
}
