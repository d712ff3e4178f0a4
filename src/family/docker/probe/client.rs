//! The Engine API of a daemon, over the way its own command line takes: a socket, TCP, TLS, ssh. hyper speaks, one request after
//! the other on a connection, a few connections at a time.
//!
//! Only what is read is taken out of the answers. The typed clients there are refuse whole answers for a word in a part that
//! nobody asked for: bollard 0.21 a volume whose driver reports a status with values in it, and podman's own states.

use super::super::resolve::{Endpoint, Tls};
use crate::engine::fact::Why;
use crate::run::child;
use crate::world::World;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A list of a hundred thousand volumes has 40 MB.
const LARGEST: usize = 128 << 20;
/// So many requests are under way at once; over ssh, where each has a login of its own, one.
const AT_ONCE: usize = 6;

/// A connection, whatever it goes over.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A daemon that can be asked until its deadline.
pub struct Client<'a> {
    endpoint: &'a Endpoint,
    world: &'a World,
    until: Instant,
    idle: RefCell<Vec<SendRequest<Empty<Bytes>>>>,
    room: Semaphore,
    /// What carries connections over ssh; they end with it.
    carriers: RefCell<Vec<Carrier>>,
}

/// ssh, and what it says meanwhile.
struct Carrier {
    ssh: Child,
    says: Arc<Mutex<Vec<u8>>>,
    /// Ends as soon as ssh says no more.
    listens: Option<JoinHandle<()>>,
}

impl Drop for Carrier {
    fn drop(&mut self) {
        let _ = self.ssh.kill();
        let _ = self.ssh.wait();
    }
}

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// The version of the API that the daemon has, `1.41`.
    pub api: Option<String>,
    /// What stands at a path of a container (`X-Docker-Container-Path-Stat`).
    pub stat: Option<String>,
    /// Whether podman answers.
    pub is_podman: bool,
    /// Its body.
    pub body: Bytes,
}

impl<'a> Client<'a> {
    /// Nothing is sent before the first question.
    pub fn new(endpoint: &'a Endpoint, world: &'a World, until: Instant) -> Client<'a> {
        let at_once = if matches!(endpoint, Endpoint::Ssh { .. }) { 1 } else { AT_ONCE };
        Client {
            endpoint,
            world,
            until,
            idle: RefCell::default(),
            room: Semaphore::new(at_once),
            carriers: RefCell::default(),
        }
    }

    /// Whether most of its time is over.
    pub fn is_late(&self) -> bool {
        const REST: Duration = Duration::from_millis(500);
        Instant::now() + REST >= self.until
    }

    /// Asks, and reads the answer as JSON.
    ///
    /// # Errors
    /// No answer in time, another status than 200, or something else than was expected.
    pub async fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, Why> {
        let answer = self.ask(Method::GET, path).await?;
        answer.good()?.json()
    }

    /// Asks.
    ///
    /// # Errors
    /// No answer in time.
    pub async fn ask(&self, method: Method, path: &str) -> Result<Answer, Why> {
        let asked = async {
            let _place = self.room.acquire().await.map_err(|_| Why::TimedOut)?;
            let idle = self.idle.borrow_mut().pop();
            let mut sender = match idle {
                Some(sender) if !sender.is_closed() => sender,
                _ => self.connect().await?,
            };
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("Host", "docker")
                .header("User-Agent", "guard")
                .body(Empty::new())
                .map_err(|e| Why::Failed(e.to_string()))?;
            let response = async {
                sender.ready().await?;
                sender.send_request(request).await
            };
            let response = match response.await {
                Ok(response) => response,
                Err(e) => return Err(self.broke(&e).await),
            };
            let header = |name: &str| {
                response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
            };
            let (status, api) = (response.status(), header("Api-Version"));
            let (stat, podman) = (header("X-Docker-Container-Path-Stat"), header("Libpod-Api-Version"));
            let body = Limited::new(response.into_body(), LARGEST).collect().await;
            let body = body.map_err(|e| Why::Unreachable(format!("the answer broke off: {e}")))?.to_bytes();
            self.idle.borrow_mut().push(sender);
            Ok(Answer { status, api, stat, is_podman: podman.is_some(), body })
        };
        timeout_at(self.until, asked).await.unwrap_or(Err(Why::TimedOut))
    }

    /// Why a connection broke: in ssh's own words where it is one of those.
    async fn broke(&self, error: &hyper::Error) -> Why {
        const LAST_WORDS: Duration = Duration::from_secs(1);
        let listens = self.carriers.borrow_mut().last_mut().and_then(|last| last.listens.take());
        if let Some(listens) = listens {
            // It closes its end of the connection a moment before it says why.
            let _ = timeout_at(self.until.min(Instant::now() + LAST_WORDS), listens).await;
        }
        let carriers = self.carriers.borrow();
        let said = carriers.last().and_then(|last| last_line(&last.says.lock().ok()?));
        match said {
            Some(line) => Why::Unreachable(format!("ssh: {line}")),
            None => Why::Unreachable(format!("the connection broke: {error}")),
        }
    }

    async fn connect(&self) -> Result<SendRequest<Empty<Bytes>>, Why> {
        let stream = self.stream().await?;
        let broke = |e: hyper::Error| Why::Unreachable(format!("it does not speak HTTP: {e}"));
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broke)?;
        tokio::spawn(connection);
        Ok(sender)
    }

    /// A connection for one request that is not a question.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn stream(&self) -> Result<Box<dyn Stream>, Why> {
        match self.endpoint {
            Endpoint::Unix(path) => {
                let stream = UnixStream::connect(path).await.map_err(|e| no_socket(path, &e))?;
                Ok(Box::new(stream))
            }
            Endpoint::Tcp { host, port, tls } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await;
                let stream =
                    stream.map_err(|e| Why::Unreachable(format!("{host}:{port}: {}", reason(&e))))?;
                match tls {
                    None => Ok(Box::new(stream)),
                    Some(tls) => {
                        let name =
                            ServerName::try_from(host.clone()).map_err(|e| Why::Failed(e.to_string()))?;
                        let secured = TlsConnector::from(Arc::new(config(tls)?)).connect(name, stream).await;
                        Ok(Box::new(secured.map_err(|e| Why::Unreachable(format!("TLS: {}", reason(&e))))?))
                    }
                }
            }
            Endpoint::Ssh { user, host, port, path } => {
                self.over_ssh(user.as_deref(), host, *port, path.as_deref())
            }
            Endpoint::Other(why) => Err(Why::Failed((*why).to_owned())),
        }
    }

    /// As the command line does it (docker/cli `cli/connhelper/connhelper.go`): the other machine's own docker hands the connection
    /// on. Nobody is asked for a password: its own ssh is not either, it runs in a session without a terminal
    /// (`cli/connhelper/commandconn`), and where that gets in this one does.
    fn over_ssh(
        &self,
        user: Option<&str>,
        host: &str,
        port: Option<u16>,
        path: Option<&str>,
    ) -> Result<Box<dyn Stream>, Why> {
        let failed = |e: std::io::Error| Why::Failed(format!("ssh: {e}"));
        let (own, theirs) = std::os::unix::net::UnixStream::pair().map_err(failed)?;
        own.set_nonblocking(true).map_err(failed)?;
        let mut ssh = child::command("ssh", self.world);
        ssh.args(["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-T"]);
        if let Some(user) = user {
            ssh.args(["-l", user]);
        }
        if let Some(port) = port {
            ssh.args(["-p", &port.to_string()]);
        }
        ssh.args(["--", host, "docker"]);
        if let Some(path) = path {
            ssh.arg(format!("--host unix://{path}"));
        }
        ssh.args(["system", "dial-stdio"]);
        let input = theirs.try_clone().map_err(failed)?;
        ssh.stdin(Stdio::from(OwnedFd::from(input)))
            .stdout(Stdio::from(OwnedFd::from(theirs)))
            .stderr(Stdio::piped());
        let mut started = ssh.spawn().map_err(failed)?;
        let says: Arc<Mutex<Vec<u8>>> = Arc::default();
        let listens = started.stderr.take().map(|err| child::listen(err.into(), Arc::clone(&says)));
        self.carriers.borrow_mut().push(Carrier { ssh: started, says, listens });
        Ok(Box::new(UnixStream::from_std(own).map_err(failed)?))
    }
}

/// The last line that says something: before it come banners and warnings.
fn last_line(said: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(said);
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    // Some of its lines begin with its own name.
    Some(last.trim_start_matches("ssh: ").trim_end_matches('.').to_owned())
}

impl Answer {
    /// The answer, where its status says that there is one.
    ///
    /// # Errors
    /// It does not: why, in the daemon's own words.
    pub fn good(self) -> Result<Answer, Why> {
        if self.status.is_success() {
            return Ok(self);
        }
        if matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(Why::Forbidden);
        }
        #[derive(serde::Deserialize)]
        struct Said {
            message: String,
        }
        let said = serde_json::from_slice::<Said>(&self.body).map(|said| said.message);
        Err(Why::Failed(said.unwrap_or_else(|_| format!("the daemon answered {}", self.status))))
    }

    /// Its body, read.
    ///
    /// # Errors
    /// It is something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Why> {
        serde_json::from_slice(&self.body)
            .map_err(|e| Why::Failed(format!("the daemon's answer cannot be read: {e}")))
    }

    /// The version of the API in numbers.
    pub fn version(&self) -> Option<(u32, u32)> {
        let (major, minor) = self.api.as_deref()?.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }
}

fn no_socket(path: &Path, error: &std::io::Error) -> Why {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            Why::Failed(format!("no permission to use {}", path.display()))
        }
        std::io::ErrorKind::NotFound => Why::Unreachable(format!("there is no {}", path.display())),
        std::io::ErrorKind::ConnectionRefused => {
            Why::Unreachable(format!("no daemon listens at {}", path.display()))
        }
        _ => Why::Unreachable(format!("{}: {}", path.display(), reason(error))),
    }
}

/// An error without the number that `io::Error` puts behind it.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Client and server are told by the same three files as docker's own (docker/go-connections `tlsconfig`).
fn config(tls: &Tls) -> Result<ClientConfig, Why> {
    let Tls::Verified { ca, cert, key } = tls else {
        return Err(Why::Failed("it is not checked who answers (TLS without verification)".to_owned()));
    };
    let told = |path: &Path, what: &str| Why::Failed(format!("TLS: {} {what}", path.display()));
    let certificates = |path: &Path| -> Result<Vec<CertificateDer<'static>>, Why> {
        let pem = std::fs::read(path).map_err(|e| told(path, &reason(&e)))?;
        CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|_| told(path, "holds no certificate"))
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(ca)?);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| Why::Failed(e.to_string()))?
        .with_root_certificates(roots);
    if !cert.exists() && !key.exists() {
        return Ok(config.with_no_client_auth());
    }
    let pem = std::fs::read(key).map_err(|e| told(key, &reason(&e)))?;
    let own = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| told(key, "holds no key"))?;
    config.with_client_auth_cert(certificates(cert)?, own).map_err(|e| Why::Failed(format!("TLS: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_socket_does_not_answer() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("docker.sock");
        let world = World::of(&[], "/");
        let ask = |endpoint: &Endpoint| {
            let asked = async {
                let until = Instant::now() + Duration::from_secs(5);
                Client::new(endpoint, &world, until).ask(Method::GET, "/info").await.err()
            };
            crate::run::tasks::block_on(asked).unwrap().map(|why| why.to_string()).unwrap_or_default()
        };
        let told = |what: &str| format!("unreachable ({what} {})", at.display());
        assert_eq!(ask(&Endpoint::Unix(at.clone())), told("there is no"));
        drop(std::os::unix::net::UnixListener::bind(&at).unwrap());
        assert_eq!(ask(&Endpoint::Unix(at.clone())), told("no daemon listens at"));
        let nowhere = Endpoint::Tcp { host: "127.0.0.1".into(), port: 1, tls: None };
        assert_eq!(ask(&nowhere), "unreachable (127.0.0.1:1: Connection refused)");
        assert_eq!(ask(&Endpoint::Other("a named pipe")), "a named pipe");
    }

    #[test]
    fn what_daemons_say_when_they_refuse() {
        let answer = |status: u16, body: &'static str| Answer {
            status: StatusCode::from_u16(status).unwrap(),
            api: Some("1.41".into()),
            stat: None,
            is_podman: false,
            body: Bytes::from_static(body.as_bytes()),
        };
        let why = |status, body| answer(status, body).good().err().map(|why| why.to_string());
        assert_eq!(why(200, ""), None);
        assert_eq!(why(404, r#"{"message":"no such volume"}"#).as_deref(), Some("no such volume"));
        assert_eq!(why(403, "{}").as_deref(), Some("forbidden"));
        assert_eq!(why(502, "<html>").as_deref(), Some("the daemon answered 502 Bad Gateway"));
        assert_eq!(answer(200, "").version(), Some((1, 41)));
        assert!(answer(200, "[").json::<Vec<u8>>().is_err());
    }
}
