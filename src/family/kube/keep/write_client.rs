//! Requests that change something, for the way back alone: created, never overwritten.

use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// No answer is larger.
const LARGEST: usize = 16 << 20;

/// Why a request did not do what it was to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// HTTP status; 0 when there was no answer.
    pub status: u16,
    /// The server's short reason: `AlreadyExists`, `Forbidden`.
    pub reason: String,
    /// The server's words.
    pub message: String,
}

impl Refused {
    fn without_answer(why: impl std::fmt::Display) -> Refused {
        Refused { status: 0, reason: String::new(), message: why.to_string() }
    }

    /// The object is there already.
    pub fn is_there(&self) -> bool {
        self.status == StatusCode::CONFLICT.as_u16() && self.reason == "AlreadyExists"
    }

    /// There is no such object or resource.
    pub fn is_absent(&self) -> bool {
        self.status == StatusCode::NOT_FOUND.as_u16()
    }
}

/// Sends `body` to `path` and returns the object the server answers with.
pub async fn send(
    client: &Client,
    method: &str,
    path: &str,
    kind: &str,
    body: Option<&Value>,
) -> Result<Value, Refused> {
    let bytes = match body {
        Some(value) => serde_json::to_vec(value).map_err(Refused::without_answer)?,
        None => Vec::new(),
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, kind)
        .header(header::USER_AGENT, concat!("guard/", env!("CARGO_PKG_VERSION")))
        .body(if bytes.is_empty() { Body::empty() } else { Body::from(bytes) })
        .map_err(Refused::without_answer)?;
    let exchange = async {
        let answer = client.send(request).await.map_err(Refused::without_answer)?;
        let status = answer.status();
        let body = http_body_util::Limited::new(answer.into_body(), LARGEST)
            .collect()
            .await
            .map_err(Refused::without_answer)?
            .to_bytes();
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(Refused::without_answer);
        }
        Err(refused(status, &body))
    };
    tokio::time::timeout(PATIENCE, exchange)
        .await
        .unwrap_or_else(|_| Err(Refused::without_answer("no answer in 30 s")))
}

fn refused(status: StatusCode, body: &[u8]) -> Refused {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Said {
        message: String,
        reason: String,
    }
    let said = serde_json::from_slice::<Said>(body).unwrap_or_default();
    let message = if said.message.is_empty() { status.to_string() } else { said.message };
    Refused { status: status.as_u16(), reason: said.reason, message }
}

/// GET.
pub async fn get(client: &Client, path: &str) -> Result<Value, Refused> {
    send(client, "GET", path, "application/json", None).await
}

/// POST.
pub async fn create(client: &Client, path: &str, object: &Value) -> Result<Value, Refused> {
    send(client, "POST", path, "application/json", Some(object)).await
}

/// PATCH with a JSON merge patch.
pub async fn merge(client: &Client, path: &str, patch: &Value) -> Result<Value, Refused> {
    send(client, "PATCH", path, "application/merge-patch+json", Some(patch)).await
}
