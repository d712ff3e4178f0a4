//! Requests that change something at a daemon, and those whose answers are as large as what they are about: for a copy and for the
//! way back alone. Each has a connection of its own; what is only asked goes through the client that asks for facts.

use crate::engine::fact::Why;
use crate::family::docker::probe::client::Client;
use crate::family::docker::resolve::Endpoint;
use crate::world::World;
use futures_util::stream;
use http::{Method, Request, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::{self, Read};
use tokio::time::{Instant, timeout_at};

/// No answer in words is larger.
const LARGEST: usize = 16 << 20;
/// What is sent in one piece.
const PIECE: usize = 64 << 10;

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Why a request did not do what it was to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// HTTP status; 0 when there was no answer.
    pub status: u16,
    /// The daemon's words, or why there are none.
    pub message: String,
}

impl Refused {
    fn without_answer(why: impl std::fmt::Display) -> Refused {
        Refused { status: 0, message: why.to_string() }
    }

    /// There is no such thing.
    pub fn is_absent(&self) -> bool {
        self.status == StatusCode::NOT_FOUND.as_u16()
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Why> for Refused {
    fn from(why: Why) -> Refused {
        Refused::without_answer(why)
    }
}

/// A daemon that something is taken from, or put back into.
pub struct Api<'a> {
    client: Client<'a>,
    until: Instant,
}

impl<'a> Api<'a> {
    /// Nothing is sent before the first request.
    pub fn new(endpoint: &'a Endpoint, world: &'a World, until: Instant) -> Api<'a> {
        Api { client: Client::new(endpoint, world, until), until }
    }

    /// When answers are no longer waited for.
    pub fn until(&self) -> Instant {
        self.until
    }

    /// Asks for JSON.
    ///
    /// # Errors
    /// There is no such thing, or no answer.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refused> {
        let answer = self.client.ask(Method::GET, path).await?;
        let status = answer.status.as_u16();
        let answer = answer.good().map_err(|why| Refused { status, message: why.to_string() })?;
        Ok(answer.json()?)
    }

    /// Makes something, or does something with it; answers with what the daemon says of it, or with null.
    ///
    /// # Errors
    /// It was not done.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        let body = if body.is_null() { nothing() } else { json(body)? };
        self.told(Method::POST, path, "application/json", body).await
    }

    /// Removes something.
    ///
    /// # Errors
    /// It was not removed.
    pub async fn delete(&self, path: &str) -> Result<(), Refused> {
        self.told(Method::DELETE, path, "application/json", nothing()).await.map(|_| ())
    }

    /// Hands every piece of an answer on.
    ///
    /// # Errors
    /// There is none, it breaks off, or nobody takes it.
    pub async fn download(
        &self,
        path: &str,
        taken: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), Refused> {
        self.pieces(Method::GET, path, nothing(), taken).await
    }

    /// The same of what something says that is begun by it.
    ///
    /// # Errors
    /// As for [`Api::download`].
    pub async fn follow(
        &self,
        path: &str,
        body: &Value,
        taken: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), Refused> {
        self.pieces(Method::POST, path, json(body)?, taken).await
    }

    async fn pieces(
        &self,
        method: Method,
        path: &str,
        body: Body,
        mut taken: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), Refused> {
        let got = async {
            let mut body = self.send(method, path, "application/json", body).await?;
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|e| format!("the answer broke off: {e}"));
                if let Ok(data) = frame.map_err(Refused::without_answer)?.into_data() {
                    taken(&data).map_err(Refused::without_answer)?;
                }
            }
            Ok(())
        };
        timeout_at(self.until, got).await.unwrap_or(Err(Why::TimedOut.into()))
    }

    /// Sends an archive, piece by piece.
    ///
    /// # Errors
    /// It was not unpacked.
    pub async fn upload(&self, path: &str, from: impl Read + Send + 'static) -> Result<(), Refused> {
        let pieces = stream::iter(Pieces { from, ended: false });
        let body = StreamBody::new(pieces).boxed_unsync();
        self.told(Method::PUT, path, "application/x-tar", body).await.map(|_| ())
    }

    async fn told(&self, method: Method, path: &str, kind: &str, body: Body) -> Result<Value, Refused> {
        let told = async {
            let body = Limited::new(self.send(method, path, kind, body).await?, LARGEST).collect().await;
            let body = body.map_err(Refused::without_answer)?.to_bytes();
            Ok(serde_json::from_slice(&body).unwrap_or(Value::Null))
        };
        timeout_at(self.until, told).await.unwrap_or(Err(Why::TimedOut.into()))
    }

    async fn send(&self, method: Method, path: &str, kind: &str, body: Body) -> Result<Incoming, Refused> {
        let stream = self.client.stream().await?;
        let broke = |e: hyper::Error| Refused::without_answer(format!("the connection broke: {e}"));
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broke)?;
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "docker")
            .header(header::USER_AGENT, "guard")
            .header(header::CONTENT_TYPE, kind)
            .body(body)
            .map_err(Refused::without_answer)?;
        let answer = sender.send_request(request).await.map_err(broke)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.into_body());
        }
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let said = serde_json::from_slice::<Value>(&body).ok();
        let said = said.and_then(|said| said["message"].as_str().map(str::to_owned));
        let message = said.unwrap_or_else(|| format!("the daemon answered {status}"));
        Err(Refused { status: status.as_u16(), message })
    }
}

fn nothing() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

fn json(value: &Value) -> Result<Body, Refused> {
    let bytes = serde_json::to_vec(value).map_err(Refused::without_answer)?;
    Ok(Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed_unsync())
}

/// What is read, in pieces.
struct Pieces<R> {
    from: R,
    ended: bool,
}

impl<R: Read> Iterator for Pieces<R> {
    type Item = io::Result<Frame<Bytes>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut piece = vec![0; PIECE];
        let read = loop {
            match self.from.read(&mut piece) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.ended = !matches!(&read, Ok(n) if *n > 0);
        match read {
            Ok(0) => None,
            Ok(n) => {
                piece.truncate(n);
                Some(Ok(Frame::data(Bytes::from(piece))))
            }
            Err(e) => Some(Err(e)),
        }
    }
}
