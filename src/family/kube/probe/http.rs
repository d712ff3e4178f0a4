//! Requests to the API server: lean answers, one deadline, and reasons in place of errors.

use crate::engine::fact::{Known, Why};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use tokio::time::{Instant, timeout_at};

/// Metadata alone, for one object.
const ONE_META: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
/// Metadata alone, for a list.
const LIST_META: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
/// What `kubectl get` prints: columns and metadata, no content.
const TABLE: &str = "application/json;as=Table;g=meta.k8s.io;v=v1";
/// One page of a list, as client-go's pager asks for.
pub const PAGE: u32 = 500;
/// No single answer may be larger; a page of 500 objects of the largest allowed size would be.
const LARGEST: usize = 128 << 20;

/// A question without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The server said 404.
    Absent,
    /// The server said 410: the list has to start again.
    Expired,
    /// No answer, and why.
    Why(Why),
}

impl Miss {
    /// The reason as a person reads it.
    pub fn why(self) -> Why {
        match self {
            Miss::Absent => Why::Failed("not found".into()),
            Miss::Expired => Why::Failed("the list changed while it was read".into()),
            Miss::Why(why) => why,
        }
    }
}

/// An answer, or the reason why there is none.
pub type Answer<T> = Result<T, Miss>;

/// Turns an answer into a fact.
pub fn known<T>(answer: Answer<T>) -> Known<T> {
    match answer {
        Ok(v) => Known::Known(v),
        Err(miss) => Known::Unknown(miss.why()),
    }
}

/// Access to one API server until one moment.
#[derive(Clone)]
pub struct Api {
    client: Client,
    until: Instant,
}

impl Api {
    /// Requests through `client` end at `until`.
    pub fn new(client: Client, until: Instant) -> Api {
        Api { client, until }
    }

    /// The same server with less time: two thirds of what is left, so that somebody who never answers leaves some of it to
    /// the questions that follow.
    pub fn hurried(&self) -> Api {
        let now = Instant::now();
        let left = self.until.saturating_duration_since(now);
        Api { client: self.client.clone(), until: now + left * 2 / 3 }
    }

    /// When everything has to be over.
    pub fn until(&self) -> Instant {
        self.until
    }

    /// The body and content type at a path (with its query).
    pub async fn bytes(&self, path: &str, accept: &str) -> Answer<(Vec<u8>, String)> {
        let asked = Request::get(path)
            .header(header::ACCEPT, accept)
            .header(header::USER_AGENT, concat!("guard/", env!("CARGO_PKG_VERSION")))
            .body(Body::empty())
            .map_err(|e| Miss::Why(Why::Failed(e.to_string())))?;
        timeout_at(self.until, self.exchange(asked)).await.unwrap_or(Err(Miss::Why(Why::TimedOut)))
    }

    async fn exchange(&self, asked: Request<Body>) -> Answer<(Vec<u8>, String)> {
        let answer = self.client.send(asked).await.map_err(|e| Miss::Why(no_answer(&e)))?;
        let status = answer.status();
        let kind = answer
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let body = http_body_util::Limited::new(answer.into_body(), LARGEST)
            .collect()
            .await
            .map_err(|e| Miss::Why(Why::Unreachable(e.to_string())))?
            .to_bytes();
        if status.is_success() { Ok((body.into(), kind)) } else { Err(refusal(status, &body)) }
    }

    /// One object or document as JSON.
    pub async fn json<T: DeserializeOwned>(&self, path: &str) -> Answer<T> {
        let (body, _) = self.bytes(path, "application/json").await?;
        parse(&body)
    }

    /// Metadata of one object.
    pub async fn meta(&self, path: &str) -> Answer<Meta> {
        let (body, _) = self.bytes(path, ONE_META).await?;
        parse::<Bare>(&body).map(|b| b.metadata)
    }

    /// One page of metadata, unparsed, so that the caller can borrow from it.
    pub async fn meta_page(&self, list: &str, query: &str, token: &str) -> Answer<Vec<u8>> {
        self.bytes(&page(list, query, token), LIST_META).await.map(|(body, _)| body)
    }

    /// One page of whole objects, unparsed.
    pub async fn page(&self, list: &str, query: &str, token: &str) -> Answer<Vec<u8>> {
        self.bytes(&page(list, query, token), "application/json").await.map(|(body, _)| body)
    }

    /// One page of at most `limit` whole objects, unparsed.
    pub async fn page_of(&self, limit: u32, list: &str, query: &str, token: &str) -> Answer<Vec<u8>> {
        self.bytes(&page_of(limit, list, query, token), "application/json").await.map(|(body, _)| body)
    }

    /// One page as a table, unparsed.
    pub async fn table_page(&self, list: &str, query: &str, token: &str) -> Answer<Vec<u8>> {
        self.bytes(&page(list, query, token), TABLE).await.map(|(body, _)| body)
    }

    /// A whole list of what is known to be few or wanted whole, page by page; stops at `most` objects and then says
    /// how many are left. With the server's own answer of 410 it starts again once.
    pub async fn list<T: DeserializeOwned>(
        &self,
        list: &str,
        query: &str,
        meta_only: bool,
        most: usize,
    ) -> Answer<(Vec<T>, u64)> {
        let mut again = true;
        'whole: loop {
            let (mut all, mut token) = (Vec::new(), String::new());
            loop {
                let body = if meta_only {
                    self.meta_page(list, query, &token).await
                } else {
                    self.page(list, query, &token).await
                };
                let page: List<T> = match body {
                    Ok(body) => parse(&body)?,
                    Err(Miss::Expired) if again => {
                        again = false;
                        continue 'whole;
                    }
                    Err(miss) => return Err(miss),
                };
                all.extend(page.items.unwrap_or_default());
                token = page.metadata.cont.unwrap_or_default();
                if token.is_empty() {
                    return Ok((all, 0));
                }
                if all.len() >= most {
                    // Filtered lists come without a count; then at least one more is there.
                    return Ok((all, page.metadata.remaining_item_count.unwrap_or(1)));
                }
            }
        }
    }
}

fn page(list: &str, query: &str, token: &str) -> String {
    page_of(PAGE, list, query, token)
}

fn page_of(limit: u32, list: &str, query: &str, token: &str) -> String {
    let mut path = format!("{list}?limit={limit}");
    if !query.is_empty() {
        path.push('&');
        path.push_str(query);
    }
    if !token.is_empty() {
        path.push_str("&continue=");
        path.push_str(&segment(token));
    }
    path
}

/// Text as one segment of a path or value of a query: everything but unreserved characters percent-encoded.
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for &b in text.as_bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(b));
        } else {
            out.push('%');
            for digit in [b >> 4, b & 15] {
                out.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    out
}

/// JSON as one of our own structures.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Answer<T> {
    serde_json::from_slice(body).map_err(|e| Miss::Why(Why::Failed(format!("unreadable answer: {e}"))))
}

/// Why no answer came at all.
fn no_answer(e: &kube::Error) -> Why {
    let mut last = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(e);
    while let Some(e) = cause {
        last = e.to_string();
        cause = e.source();
    }
    if last.contains("timed out") || last.contains("deadline has elapsed") {
        Why::TimedOut
    } else {
        Why::Unreachable(last)
    }
}

/// What a refusal means.
fn refusal(status: StatusCode, body: &[u8]) -> Miss {
    #[derive(Deserialize)]
    struct Said {
        #[serde(default)]
        message: String,
    }
    match status {
        StatusCode::NOT_FOUND => Miss::Absent,
        StatusCode::GONE => Miss::Expired,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Miss::Why(Why::Forbidden),
        // Either the list is not offered, or not in the form asked for.
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_ACCEPTABLE => Miss::Why(Why::Unsupported),
        // The aggregator's answer for an API service without a server behind it.
        StatusCode::SERVICE_UNAVAILABLE => Miss::Why(Why::Stale),
        StatusCode::GATEWAY_TIMEOUT => Miss::Why(Why::TimedOut),
        _ => {
            let said = serde_json::from_slice::<Said>(body).map(|s| s.message).unwrap_or_default();
            let said = if said.is_empty() { status.to_string() } else { said };
            Miss::Why(Why::Failed(said))
        }
    }
}

/// `/version`.
#[derive(Debug, Deserialize)]
pub struct Version {
    /// Such as `v1.36.2-eks-1234`.
    #[serde(rename = "gitVersion", default)]
    pub git_version: String,
}

/// A list's own metadata.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMeta {
    /// Where the next page starts.
    #[serde(rename = "continue", default)]
    pub cont: Option<String>,
    /// How many objects follow this page; left out for filtered lists.
    #[serde(default)]
    pub remaining_item_count: Option<u64>,
}

/// A list of anything.
#[derive(Debug, Deserialize)]
pub struct List<T> {
    /// Paging.
    #[serde(default)]
    pub metadata: ListMeta,
    /// Absent and `null` both mean empty.
    pub items: Option<Vec<T>>,
}

/// An object of which only the metadata counts.
#[derive(Clone, Debug, Deserialize)]
pub struct Bare {
    /// Its metadata.
    pub metadata: Meta,
}

/// The parts of `metadata` that are looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// Name.
    pub name: String,
    /// Namespace, absent for cluster-scoped objects.
    pub namespace: Option<String>,
    /// Unique for all time.
    pub uid: Option<String>,
    /// RFC 3339, UTC.
    pub creation_timestamp: Option<String>,
    /// Set while the deletion waits for finalizers.
    pub deletion_timestamp: Option<String>,
    /// Labels.
    #[serde(deserialize_with = "null_is_default")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(deserialize_with = "null_is_default")]
    pub annotations: BTreeMap<String, String>,
    /// What the deletion waits for.
    #[serde(deserialize_with = "null_is_default")]
    pub finalizers: Vec<String>,
    /// Who it belongs to.
    #[serde(deserialize_with = "null_is_default")]
    pub owner_references: Vec<Owner>,
    /// Who changed what, and when.
    #[serde(deserialize_with = "null_is_default")]
    pub managed_fields: Vec<Managed>,
}

impl Meta {
    /// The owner that manages it.
    pub fn controller(&self) -> Option<&Owner> {
        self.owner_references.iter().find(|o| o.controller == Some(true))
    }

    /// The last recorded change, or the creation.
    pub fn last_change(&self) -> Option<&str> {
        self.managed_fields
            .iter()
            .filter_map(|m| m.time.as_deref())
            .max()
            .or(self.creation_timestamp.as_deref())
    }
}

/// One entry of `ownerReferences`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Owner {
    /// Group and version.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
    /// Whether it manages the object.
    pub controller: Option<bool>,
}

/// One entry of `managedFields`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Managed {
    /// RFC 3339, UTC.
    pub time: Option<String>,
}

/// Go writes empty maps and lists as `null` now and then.
pub fn null_is_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}
