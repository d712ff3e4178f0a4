//! An HTTP server on loopback that answers every request with 403 and remembers what it was asked and by whom. It ends
//! with the test process.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Port of the listener that got it.
    pub port: u16,
    pub path: String,
    pub authorization: Option<String>,
    pub impersonate: Option<String>,
}

/// All requests, by the mark in their path (`/serviceaccounts/MARK/token`).
type Log = Arc<Mutex<HashMap<String, Request>>>;

pub struct Recorder {
    log: Log,
    /// Ports that speak TLS.
    pub tls: Vec<u16>,
    /// The port that speaks plain HTTP.
    pub plain: u16,
    /// The certificate all TLS ports show, its own authority.
    pub ca_pem: String,
}

impl Recorder {
    pub fn start(tls_ports: usize) -> Recorder {
        let log = Log::default();
        let key = rcgen::KeyPair::generate().unwrap();
        let cert = rcgen::CertificateParams::new(vec!["127.0.0.1".into(), "localhost".into()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(
                    vec![cert.der().clone()],
                    rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into()),
                )
                .unwrap();
        let config = Arc::new(config);
        let tls = (0..tls_ports).map(|_| listen(log.clone(), Some(config.clone()))).collect();
        let plain = listen(log.clone(), None);
        Recorder { log, tls, plain, ca_pem: cert.pem() }
    }

    /// Takes out the request with this mark.
    pub fn take(&self, mark: &str) -> Option<Request> {
        self.log.lock().unwrap().remove(mark)
    }
}

fn listen(log: Log, tls: Option<Arc<rustls::ServerConfig>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (log, tls) = (log.clone(), tls.clone());
            std::thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
                match tls {
                    Some(config) => {
                        let Ok(session) = rustls::ServerConnection::new(config) else { return };
                        serve(rustls::StreamOwned::new(session, stream), port, &log);
                    }
                    None => serve::<TcpStream>(stream, port, &log),
                }
            });
        }
    });
    port
}

fn serve<S: Read + Write>(mut stream: S, port: u16, log: &Log) {
    let mut head = Vec::new();
    let mut buffer = [0_u8; 4096];
    let end = loop {
        match stream.read(&mut buffer) {
            Ok(n) if n > 0 => head.extend_from_slice(&buffer[..n]),
            _ => return,
        }
        if let Some(end) = head.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
    };
    let text = String::from_utf8_lossy(&head[..end]).into_owned();
    let mut lines = text.split("\r\n");
    let path = lines.next().and_then(|l| l.split(' ').nth(1)).unwrap_or("").to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|l| l.split_once(": ").map(|(k, v)| (k.to_ascii_lowercase(), v.to_owned())))
        .collect();
    let header = |name: &str| headers.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone());
    let request = Request {
        port,
        path: path.clone(),
        authorization: header("authorization"),
        impersonate: header("impersonate-user"),
    };
    if let Some(mark) = path.split("/serviceaccounts/").nth(1).and_then(|rest| rest.split('/').next()) {
        log.lock().unwrap().insert(mark.to_owned(), request);
    }
    // The rest of the body is read, or the answer may be lost with a reset connection.
    let length: usize = header("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    let mut got = head.len() - end - 4;
    while got < length {
        match stream.read(&mut buffer) {
            Ok(n) if n > 0 => got += n,
            _ => break,
        }
    }
    let body = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"recorded","reason":"Forbidden","code":403}"#;
    let _ = write!(
        stream,
        "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.flush();
}
